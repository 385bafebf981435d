/* Reading a backup file: what `muster backup --verify` and `muster restore` share. */
#include "tools/backup.h"

#include "tools/bundle.h"
#include "tools/files.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long next_bytes(void *user, void *out, size_t size)
{
    struct backup_file *file = user;
    ssize_t n;
    do
        n = read(file->fd, out, size);
    while (n < 0 && errno == EINTR);
    if (n > 0 && file->reader)
        progress_at(&file->progress, backup_reader_bytes(file->reader));
    return (long)n;
}

int backup_file_open(struct tool *tool, struct backup_file *file, const char *path, const char *label)
{
    struct fault fault;
    struct stat st;
    *file = (struct backup_file){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), .path = path};
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        fault_set(&fault, errno == ENOENT ? MUSTER_ENOTFOUND : errno == EACCES ? MUSTER_EPERMISSION : MUSTER_EIO, "cannot read %s",
                  path);
        fault_why(&fault, "%s", lang_errno(errno));
        fault_step(&fault, "check the path: %s", path);
        return tool_fail(tool, &fault);
    }
    if (!S_ISREG(st.st_mode)) {
        fault_set(&fault, MUSTER_ENOTFILE, "%s is not a regular file", path);
        return tool_fail(tool, &fault);
    }
    progress_start(&file->progress, tool, "read", label, (uint64_t)st.st_size, true);
    enum muster_error error = backup_reader_new(&file->reader, next_bytes, file);
    return error ? backup_file_fail(tool, file, error) : 0;
}

void backup_file_close(struct backup_file *file)
{
    progress_drop(&file->progress);
    backup_reader_free(file->reader);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct backup_file){.fd = -1};
}

int backup_file_fail(struct tool *tool, struct backup_file *file, enum muster_error error)
{
    struct fault fault;
    const char *path = file->path;
    progress_drop(&file->progress); /* before the sentence */
    switch (error) {
    case MUSTER_EBADVALUE:
        fault_set(&fault, error, "%s is not a backup of muster, or not whole", path);
        fault_step(&fault, "give a file that muster backup has written");
        break;
    case MUSTER_ETRUNCATED:
    case MUSTER_EHASH:
    case MUSTER_EDECRYPT:
    case MUSTER_ECOMMITMENT:
    case MUSTER_ETRAILING:
        fault_set(&fault, MUSTER_EDAMAGED, "%s is damaged or cut off", path);
        fault_why(&fault, "its bytes are not those that were written");
        fault_step(&fault, "copy it again, or take an earlier backup");
        break;
    case MUSTER_EWRONGPEER:
        fault_set(&fault, error, "%s is sealed to another key", path);
        fault_step(&fault, "name the key file that belongs to it: --key FILE");
        break;
    default:
        fault_set(&fault, error, "%s cannot be used: %s", path, _(error_what(error)));
        fault_step(&fault, "%s", error_remedy(error));
    }
    return tool_fail(tool, &fault);
}

int backup_file_unlock_with(struct tool *tool, struct backup_file *file, const struct box_secret *secret)
{
    enum muster_error error = backup_reader_open(file->reader, secret);
    return error ? backup_file_fail(tool, file, error) : 0;
}

/* The bytes of a key file, however it was found. */
static int secret_open(struct tool *tool, const struct arguments *args, const char *path, struct bytes keyfile, struct box_secret *out)
{
    char passphrase[PASSPHRASE_BYTES] = "";
    struct fault fault;
    size_t len = 0;
    enum muster_error error = keyfile_open_bytes(keyfile.at, keyfile.len, BACKUP_PURPOSE, out->b, sizeof(out->b), &len, NULL);
    int code = 0;
    if (error == MUSTER_EPASSPHRASE) {
        code = passphrase_get(tool, args, false, path, passphrase);
        error = code ? MUSTER_OK
                     : keyfile_open_bytes(keyfile.at, keyfile.len, BACKUP_PURPOSE, out->b, sizeof(out->b), &len, passphrase);
    }
    crypto_wipe(passphrase, sizeof passphrase);
    if (!code && !error && len != sizeof(out->b))
        error = MUSTER_EKEYFILE;
    if (error) {
        fault_set(&fault, error, "%s cannot be opened: %s", path, _(error_what(error)));
        fault_step(&fault, "%s", error_remedy(error));
        code = tool_fail(tool, &fault);
    }
    return code;
}

int backup_file_unlock(struct tool *tool, const struct arguments *args, struct backup_file *file)
{
    struct bytes lock = backup_reader_lock(file->reader);
    const char *key = option_get(args, "key");
    struct box_secret secret;
    struct fault fault;
    char *text = NULL;
    size_t len = 0;
    int code = 0;
    if (!lock.len && !key)
        return tool_usage(tool, "repeat with --key FILE", "%s is sealed to a key, and no key file was named", file->path);
    if (key && file_load_text(key, KEYFILE_BYTES_MAX, &text, &len, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    struct bytes keyfile = key ? (struct bytes){(const uint8_t *)text, len} : lock;
    code = secret_open(tool, args, key ? key : file->path, keyfile, &secret);
    if (!code)
        code = backup_file_unlock_with(tool, file, &secret);
    crypto_wipe(&secret, sizeof secret);
    if (text)
        crypto_wipe(text, len);
    free(text);
    return code;
}

int backup_file_about(struct tool *tool, struct backup_file *file, json_t **about)
{
    enum backup_part type;
    struct bytes part;
    enum muster_error error = backup_read(file->reader, &type, &part);
    *about = NULL;
    if (!error && type == BACKUP_ABOUT)
        *about = json_loadb((const char *)part.at, part.len, JSON_REJECT_DUPLICATES, NULL);
    if (!error && !json_is_object(*about)) {
        json_decref(*about);
        *about = NULL;
        error = MUSTER_EBADVALUE;
    }
    return error ? backup_file_fail(tool, file, error) : 0;
}

void backup_print(struct tool *tool, const json_t *about, const char *path, uint64_t bytes)
{
    char size[32], made[VALUE_TIME_BYTES];
    bundle_size(size, (long long)bytes);
    time_short(made, value_text_at(about, "made"));
    screen_line(tool, "%s  %s", path, size);
    screen_field(tool, _("agency"), 8, value_text_at(about, "agency.name"));
    screen_field(tool, _("node"), 8, value_text_at(about, "node.name"));
    screen_field(tool, _("as of"), 8, made);
    screen_line(tool, "  %lld records in %lld spaces", value_int_at(about, "records"),
                value_int_at(about, "spaces"));
    screen_line(tool, "  %s",
                value_true_at(about, "keys") ? _("with the node's keys and the keys of epochs")
                                             : _("without keys: what is sealed opens with the keys that members give"));
}
