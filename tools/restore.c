/* muster restore: a data directory out of a backup, where there is none.
 *
 * Nothing of a running node is touched, and nothing that exists is written over.  The file `format` comes last: a
 * directory without it is refused by musterd, so that an interrupted restore is never started. */
#include "tools/backup.h"

#include "base/limits.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS_BYTES_MAX = 16 * 1024 * 1024 - 32 };

struct restoring {
    struct tool *tool;
    const char *path;
    int dir, secrets, data;
    uid_t uid; /* who the directory is for */
    gid_t gid;
    bool made, give;
    uint8_t *keys; /* what becomes keys.restored */
    size_t keys_len, keys_size, keys_count, secret_count;
    uint64_t data_bytes;
    long long format; /* of the data, as the backup says */
};

static int dir_fail(struct restoring *r, enum muster_error error, const char *step, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int dir_fail(struct restoring *r, enum muster_error error, const char *step, const char *format, ...)
{
    struct fault fault;
    char text[FAULT_TEXT_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, _(format), list);
    va_end(list);
    fault_set(&fault, error, "%s", text);
    fault_step(&fault, "%s", _(step));
    return tool_fail(r->tool, &fault);
}

static int disk_fail(struct restoring *r, const char *name)
{
    int number = errno;
    bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return dir_fail(r, full ? MUSTER_EFULL : MUSTER_EIO, full ? "free space on that disk, or choose another" : "check its owner and its disk",
                    "%s/%s cannot be written: %s", r->path, name, lang_errno(number));
}

/* --- the directory ------------------------------------------------------------------------------------------------------- */

static bool is_empty(int dir)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    bool empty = listing != NULL;
    while (empty && (entry = readdir(listing)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, "lost+found") == 0;
    if (listing)
        closedir(listing);
    return empty;
}

static int directory_begin(struct restoring *r)
{
    struct stat st;
    r->made = mkdir(r->path, 0700) == 0;
    if (!r->made && errno != EEXIST)
        return dir_fail(r, errno == ENOENT ? MUSTER_ENOTFOUND : errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO,
                        "make its parent directory, or choose another", "%s cannot be made: %s", r->path, lang_errno(errno));
    r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->dir < 0 || fstat(r->dir, &st) != 0)
        return dir_fail(r, MUSTER_EIO, "name a directory", "%s cannot be opened: %s", r->path, lang_errno(errno));
    if (!is_empty(r->dir))
        return dir_fail(r, MUSTER_EDUPLICATE, "move it away, or name another directory",
                        "%s is not empty, and a restore never writes over anything", r->path);
    r->uid = st.st_uid;
    r->gid = st.st_gid;
    r->give = geteuid() == 0 && r->uid != 0; /* made for the service's user: what is in it is theirs too */
    if (fchmod(r->dir, 0700) != 0 || mkdirat(r->dir, "main", 0700) != 0 || mkdirat(r->dir, "secrets", 0700) != 0)
        return disk_fail(r, "main");
    r->secrets = openat(r->dir, "secrets", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->data = openat(r->dir, "main/data.mdb", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return r->secrets < 0 || r->data < 0 ? disk_fail(r, "main/data.mdb") : 0;
}

static bool all_put(int fd, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool file_put(struct restoring *r, int dir, const char *name, const void *bytes, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && all_put(fd, bytes, len) && fsync(fd) == 0 && (!r->give || fchown(fd, r->uid, r->gid) == 0);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return good;
}

/* What was made is taken away again: the next try finds an empty directory. */
static void directory_undo(struct restoring *r)
{
    DIR *listing = r->secrets >= 0 ? fdopendir(dup(r->secrets)) : NULL;
    const struct dirent *entry;
    while (listing && (entry = readdir(listing)))
        if (entry->d_name[0] != '.')
            unlinkat(r->secrets, entry->d_name, 0);
    if (listing)
        closedir(listing);
    unlinkat(r->dir, "main/data.mdb", 0);
    unlinkat(r->dir, "keys.restored", 0);
    unlinkat(r->dir, "main", AT_REMOVEDIR);
    unlinkat(r->dir, "secrets", AT_REMOVEDIR);
    if (r->made)
        rmdir(r->path);
}

/* --- parts ----------------------------------------------------------------------------------------------------------------- */

/* Names are those of key files: nothing that leads elsewhere. */
static bool name_fits(const uint8_t *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || ((name[i] == '.' || name[i] == '-') && i)))
            return false;
    return len > 0 && len < 128;
}

static int secret_put(struct restoring *r, struct bytes part)
{
    char name[128];
    size_t len = part.len ? part.at[0] : 0;
    if (part.len < 1 + len || !name_fits(part.at + 1, len))
        return dir_fail(r, MUSTER_EDAMAGED, "take an earlier backup", "a key file in the backup has no proper name");
    memcpy(name, part.at + 1, len);
    name[len] = '\0';
    r->secret_count++;
    return file_put(r, r->secrets, name, part.at + 1 + len, part.len - 1 - len) ? 0 : disk_fail(r, name);
}

static int key_put(struct restoring *r, struct bytes part)
{
    size_t len = 2 + part.len;
    if (r->keys_len + len > r->keys_size) {
        size_t size = r->keys_size ? 2 * r->keys_size : 64 * 1024;
        uint8_t *bigger = part.len > UINT16_MAX || r->keys_len + len > KEYS_BYTES_MAX ? NULL : malloc(size + HASH_BYTES);
        if (!bigger)
            return dir_fail(r, MUSTER_ETOOBIG, "free memory, and try again", "the backup holds more keys than there is room for");
        if (r->keys) {
            memcpy(bigger, r->keys, r->keys_len);
            crypto_wipe(r->keys, r->keys_len);
        }
        free(r->keys);
        r->keys = bigger;
        r->keys_size = size;
    }
    r->keys[r->keys_len] = (uint8_t)part.len;
    r->keys[r->keys_len + 1] = (uint8_t)(part.len >> 8);
    memcpy(r->keys + r->keys_len + 2, part.at, part.len);
    r->keys_len += len;
    r->keys_count++;
    return 0;
}

static int part_put(struct restoring *r, enum backup_part type, struct bytes part)
{
    switch (type) {
    case BACKUP_SECRET:
        return secret_put(r, part);
    case BACKUP_KEY:
        return key_put(r, part);
    case BACKUP_DATA:
        r->data_bytes += part.len;
        return all_put(r->data, part.at, part.len) ? 0 : disk_fail(r, "main/data.mdb");
    default:
        return 0; /* of a newer version */
    }
}

static int parts_put(struct restoring *r, struct backup_file *file)
{
    enum backup_part type = BACKUP_ABOUT;
    int code = 0;
    while (!code && type) {
        struct bytes part;
        enum muster_error error = backup_read(file->reader, &type, &part);
        code = error ? backup_file_fail(r->tool, file, error) : type ? part_put(r, type, part) : 0;
    }
    if (!code)
        progress_end(&file->progress, backup_reader_bytes(file->reader));
    if (!code && !r->data_bytes)
        code = dir_fail(r, MUSTER_EDAMAGED, "take an earlier backup", "there are no data in the backup");
    return code;
}

static bool given(struct restoring *r, int dir, const char *name)
{
    return !r->give || fchownat(dir, name, r->uid, r->gid, AT_SYMLINK_NOFOLLOW) == 0;
}

static int directory_end(struct restoring *r)
{
    char format[32];
    if (r->keys_len) {
        struct hash hash = crypto_hash1("muster/1/restored", r->keys, r->keys_len);
        memcpy(r->keys + r->keys_len, hash.b, HASH_BYTES);
        if (!file_put(r, r->dir, "keys.restored", r->keys, r->keys_len + HASH_BYTES))
            return disk_fail(r, "keys.restored");
    }
    if (fsync(r->data) != 0 || fsync(r->secrets) != 0 || !given(r, r->dir, "main") || !given(r, r->dir, "main/data.mdb") ||
        !given(r, r->dir, "secrets"))
        return disk_fail(r, "main/data.mdb");
    int len = snprintf(format, sizeof format, "muster data %lld\n", r->format); /* musterd makes it newer when it starts */
    if (!file_put(r, r->dir, "format", format, (size_t)len) || fsync(r->dir) != 0)
        return disk_fail(r, "format");
    return 0;
}

/* --- the verb ---------------------------------------------------------------------------------------------------------------- */

static int about_check(struct restoring *r, const json_t *about)
{
    long long format = value_int_at(about, "format");
    r->format = format >= 1 ? format : DATA_FORMAT;
    if (format <= DATA_FORMAT)
        return 0;
    return dir_fail(r, MUSTER_EFORMAT, "install the version that made it, or a newer one",
                    "the backup is of data format %lld (muster %s), and this muster knows formats up to %d", format,
                    value_text_at(about, "software"), DATA_FORMAT);
}

static void restored_print(struct tool *tool, const struct restoring *r, const json_t *about)
{
    char made[VALUE_TIME_BYTES];
    time_short(made, value_text_at(about, "made"));
    screen_line(tool, "%s: %s, node %s, as of %s", r->path,
                value_text_at(about, "agency.name"), value_text_at(about, "node.name"), made);
    screen_line(tool, "%lld records in %lld spaces, %zu key files, %zu keys of epochs",
                value_int_at(about, "records"), value_int_at(about, "spaces"), r->secret_count, r->keys_count);
    screen_line(tool, "%s", _("It is a new incarnation: the node goes on in new logs, and what it wrote after the backup comes back from "
                              "partners that hold it."));
    screen_line(tool, "%s", _("Make sure that the old node does not run any more, then start this one."));
    if (!r->secret_count) {
        screen_line(tool, "The backup holds no keys. Put the node's key file at %s/secrets/node.key,", r->path);
        screen_line(tool, "%s", _("mode 0600; if it is lost, begin a new node of the agency: muster help init"));
    }
    tool_hint(tool, "musterd --data %s", r->path);
}

static int restore_into(struct tool *tool, struct restoring *r, struct backup_file *file, const json_t *about)
{
    int code = about_check(r, about);
    if (code)
        return code;
    code = directory_begin(r);
    bool begun = !code || r->data >= 0 || r->secrets >= 0;
    if (!code)
        code = parts_put(r, file);
    if (!code)
        code = directory_end(r);
    if (code && begun)
        directory_undo(r);
    else if (code && r->made)
        rmdir(r->path);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:O, s:I, s:I, s:b}", "muster", 1, "directory", r->path, "about", about,
                                                "key_files", (json_int_t)r->secret_count, "epoch_keys", (json_int_t)r->keys_count,
                                                "new_incarnation", 1)))
        restored_print(tool, r, about);
    return code;
}

static int restore_run(struct tool *tool, const struct arguments *args)
{
    struct restoring r = {.tool = tool, .path = args->words[1], .dir = -1, .secrets = -1, .data = -1};
    struct backup_file file;
    json_t *about = NULL;
    int code = backup_file_open(tool, &file, args->words[0], _("restoring"));
    if (!code)
        code = backup_file_unlock(tool, args, &file);
    if (!code)
        code = backup_file_about(tool, &file, &about);
    if (!code)
        code = restore_into(tool, &r, &file, about);
    backup_file_close(&file);
    const int fds[] = {r.data, r.secrets, r.dir};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (r.keys)
        crypto_wipe(r.keys, r.keys_size);
    free(r.keys);
    json_decref(about);
    return code;
}

static const struct option_row restore_options[] = {
    {"key",             0, "FILE", "the key file that opens it"                              },
    {"passphrase-file", 0, "FILE", "the passphrase is the first line of this file"           },
    {NULL,              0, NULL,   NULL                                                      },
};

const struct command command_restore = {
    .name = "restore",
    .args = "FILE DIRECTORY",
    .group = GROUP_RUN,
    .flags = 0,
    .words_min = 2,
    .words_max = 2,
    .options = restore_options,
    .run = restore_run,
    .help = "make a data directory out of a backup",
    .detail = "Needs no running node, and an empty directory or none. The backup is looked at byte by byte as it is "
              "read; when anything is wrong nothing is left behind. A restored node is a new incarnation: it never "
              "writes into its old logs, since it cannot know what it wrote after the backup. Partners give back what "
              "they hold of that. As root, the files get the owner of the directory.",
    .example = "muster restore /media/disk/yibin-20260301-1405.muster-backup /var/lib/muster --key backup.key",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster directory about key_files epoch_keys new_incarnation",
    .rows = "directory about.agency.name about.made about.records key_files epoch_keys new_incarnation",
};
