/* muster backup: a sealed copy of all that this node holds, made while it works, read back before it counts. */
#include "tools/backup.h"

#include "tools/bundle.h"
#include "tools/files.h"
#include "tools/follow.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC_HEAD "muster backup key\n"
enum { PUBLIC_BYTES = sizeof PUBLIC_HEAD - 1 + 64 + 1, TRIES_MAX = 90, TRY_MS = 2000, SILENCE_MS = 5 * 60 * 1000, HAND_OVER_BYTES = 1024 * 1024 };

/* --- keys of one's own ------------------------------------------------------------------------------------------------ */

static int make_key(struct tool *tool, const struct arguments *args)
{
    const char *path = args->words[0];
    char passphrase[PASSPHRASE_BYTES] = "", public_path[PATH_MAX], text[PUBLIC_BYTES + 1];
    uint8_t keyfile[KEYFILE_BYTES_MAX];
    struct box_public to;
    struct box_secret secret;
    struct fault fault;
    size_t len = 0;
    int code = passphrase_get(tool, args, true, path, passphrase);
    if (code)
        return code;
    box_keys(&to, &secret);
    enum muster_error error = keyfile_make(keyfile, &len, BACKUP_PURPOSE, secret.b, sizeof(secret.b), passphrase);
    crypto_wipe(passphrase, sizeof passphrase);
    crypto_wipe(&secret, sizeof secret);
    snprintf(public_path, sizeof public_path, "%s.pub", path);
    memcpy(text, PUBLIC_HEAD, sizeof PUBLIC_HEAD - 1);
    hex_from(text + sizeof PUBLIC_HEAD - 1, to.b, sizeof(to.b));
    text[PUBLIC_BYTES - 1] = '\n';
    if (error) {
        fault_set(&fault, error, "no key can be made: %s", _(error_what(error)));
        return tool_fail(tool, &fault);
    }
    if (file_save(path, keyfile, len, FILE_SECRET, &fault) != MUSTER_OK ||
        file_save(public_path, text, PUBLIC_BYTES, tool->set.yes ? FILE_REPLACE : 0, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    if (!print_data_of(tool, json_pack("{s:i, s:s, s:s}", "muster", 1, "key", path, "public", public_path))) {
        screen_line(tool, "%s opens backups: keep it in a safe, away from this node", path);
        screen_line(tool, "%s seals them: muster backup --to %s", public_path,
                    public_path);
    }
    return 0;
}

static int public_load(struct tool *tool, const char *path, struct box_public *to)
{
    struct fault fault;
    char *text = NULL;
    size_t len = 0, head = sizeof PUBLIC_HEAD - 1;
    enum muster_error error = file_load_text(path, KEYFILE_BYTES_MAX, &text, &len, &fault);
    if (error && error != MUSTER_ETOOBIG)
        return tool_fail(tool, &fault);
    if (keyfile_is(text, len)) {
        free(text);
        fault_set(&fault, MUSTER_EKEYFILE, "%s is the secret half of a backup key", path);
        fault_why(&fault, "a backup is sealed to the public half, which opens nothing; the secret half belongs away from this node");
        fault_step(&fault, "muster backup --to %s.pub", path);
        return tool_fail(tool, &fault);
    }
    if (len == PUBLIC_BYTES)
        text[len - 1] = '\0';
    bool good = len == PUBLIC_BYTES && memcmp(text, PUBLIC_HEAD, head) == 0 && hex_to(to->b, sizeof(to->b), text + head);
    free(text);
    if (good)
        return 0;
    fault_set(&fault, MUSTER_EKEYFILE, "%s is not the public half of a backup key", path);
    fault_step(&fault, "muster backup --make-key FILE makes FILE and FILE.pub");
    return tool_fail(tool, &fault);
}

/* --- looking at one ------------------------------------------------------------------------------------------------------ */

/* To its end; with the key every part, else the hash of its end.  *about stays NULL without a key. */
static int file_read(struct tool *tool, struct backup_file *file, bool unlocked, json_t **about, uint64_t *bytes)
{
    enum backup_part type = BACKUP_ABOUT;
    enum muster_error error = MUSTER_OK;
    struct bytes part;
    int code = unlocked ? backup_file_about(tool, file, about) : 0;
    if (code)
        return code;
    if (!unlocked)
        error = backup_reader_check(file->reader);
    while (unlocked && !error && type)
        error = backup_read(file->reader, &type, &part);
    *bytes = backup_reader_bytes(file->reader);
    if (!error)
        progress_end(&file->progress, *bytes);
    return error ? backup_file_fail(tool, file, error) : 0;
}

/* The node keeps when that was done last; without one nothing is missed. */
static void verified_tell(struct tool *tool, uint64_t bytes, bool opened)
{
    struct client client = tool->client;
    struct fault unread;
    struct url url;
    json_t *body = json_pack("{s:I, s:b}", "bytes", (json_int_t)bytes, "opened", (int)opened), *answer = NULL;
    url_start(&url, "/v1/backup/verified");
    if (client_call(&client, "POST", &url, body, &answer, &unread) != MUSTER_OK)
        answer = NULL;
    json_decref(answer);
    json_decref(body);
}

static int verify(struct tool *tool, const struct arguments *args)
{
    struct backup_file file;
    json_t *about = NULL;
    uint64_t bytes = 0;
    const char *path = args->words[0];
    int code = backup_file_open(tool, &file, path, _("reading"));
    bool locked = !code && backup_reader_lock(file.reader).len > 0;
    bool unlock = option_get(args, "key") || (locked && (option_get(args, "passphrase-file") || tool->can_ask));
    if (!code && unlock)
        code = backup_file_unlock(tool, args, &file);
    if (!code)
        code = file_read(tool, &file, unlock, &about, &bytes);
    backup_file_close(&file);
    if (!code)
        verified_tell(tool, bytes, unlock);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:I, s:b, s:O?}", "muster", 1, "file", path, "bytes", (json_int_t)bytes,
                                                "opened", (int)unlock, "about", about))) {
        if (about)
            backup_print(tool, about, path, bytes);
        screen_line(tool, "%s", unlock ? _("it is whole, and opens")
                                       : _("it is whole; with its key muster looks inside too: --key FILE"));
    }
    json_decref(about);
    return code;
}

/* --- making ---------------------------------------------------------------------------------------------------------------- */

struct making {
    struct tool *tool;
    struct file_draft draft;
    struct progress progress;
    struct follow follow; /* reads it back, a window behind */
    uint64_t bytes;       /* of the stream */
    uint64_t handed;      /* of the file, to the system */
    size_t lock_len;
    bool failed;
};

/* What was written goes to the disk at once, and not all of it at the end; then it may be read back. */
static bool hand_over(struct making *m)
{
    uint64_t bytes = m->lock_len + m->bytes;
    if (fflush(m->draft.out) != 0)
        return !(m->failed = true);
    (void)sync_file_range(fileno(m->draft.out), (off_t)m->handed, (off_t)(bytes - m->handed), SYNC_FILE_RANGE_WRITE);
    m->handed = bytes;
    follow_written(&m->follow, bytes);
    return true;
}

static bool take(void *user, const char *bytes, size_t len)
{
    struct making *m = user;
    if (fwrite(bytes, 1, len, m->draft.out) != len)
        return !(m->failed = true);
    m->bytes += len;
    progress_at(&m->progress, m->bytes);
    return m->lock_len + m->bytes - m->handed < HAND_OVER_BYTES || hand_over(m);
}

/* The node may still be overwriting erased bytes, which would be in the backup: that takes a minute or two. */
static enum muster_error stream_take(struct tool *tool, struct making *m, const json_t *body, struct fault *fault)
{
    struct url url;
    struct client client = tool->client;
    enum muster_error error = MUSTER_EBUSY;
    url_start(&url, "/v1/backup");
    client.timeout_ms = SILENCE_MS;
    for (int tries = 0; error == MUSTER_EBUSY && tries < TRIES_MAX && !m->bytes; tries++) {
        if (tries)
            (void)poll(NULL, 0, TRY_MS);
        error = client_post_stream(&client, &url, body, take, m, fault);
    }
    return error;
}

/* To its end: durable, then read back from the disk, not from memory, as far as the system allows it. */
static int read_back(struct tool *tool, struct making *m, json_t **about)
{
    struct backup_file file = {.fd = -1, .path = m->draft.temporary};
    struct fault fault;
    if (!hand_over(m) || fsync(fileno(m->draft.out)) != 0) {
        fault_set(&fault, MUSTER_EFULL, "%s cannot be written to its end", m->draft.path);
        fault_step(&fault, "free space on that disk, or choose another");
        return tool_fail(tool, &fault);
    }
    enum muster_error error = follow_end(&m->follow);
    if (!error && m->follow.about) {
        *about = json_loadb((const char *)m->follow.about, m->follow.about_len, JSON_REJECT_DUPLICATES, NULL);
        error = json_is_object(*about) ? MUSTER_OK : MUSTER_EBADVALUE;
    }
    return error ? backup_file_fail(tool, &file, error) : 0;
}

static int made_print(struct tool *tool, const struct making *m, const char *path, const json_t *about, bool keys)
{
    uint64_t bytes = m->lock_len + m->bytes;
    if (print_data_of(tool, json_pack("{s:i, s:s, s:I, s:b, s:b, s:O?}", "muster", 1, "file", path, "bytes", (json_int_t)bytes, "keys",
                                      (int)keys, "verified", 1, "about", about)))
        return 0;
    if (about) {
        backup_print(tool, about, path, bytes);
    } else {
        char size[32];
        bundle_size(size, (long long)bytes);
        screen_line(tool, "%s  %s", path, size);
    }
    screen_line(tool, "%s", _("it was read back: it is whole"));
    tool_hint(tool, "muster restore %s DIRECTORY makes a data directory of it", path);
    if (!keys)
        tool_hint(tool, "it holds no keys: keep the folder secrets elsewhere, or repeat with --with-keys");
    return 0;
}

static int lock_write(struct tool *tool, struct making *m, const char *passphrase, const struct box_secret *secret)
{
    uint8_t keyfile[KEYFILE_BYTES_MAX], lock[BACKUP_LOCK_BYTES + KEYFILE_BYTES_MAX];
    struct fault fault;
    size_t len = 0;
    enum muster_error error = passphrase ? keyfile_make(keyfile, &len, BACKUP_PURPOSE, secret->b, sizeof(secret->b), passphrase) : MUSTER_OK;
    m->lock_len = error ? 0 : backup_lock(lock, keyfile, len);
    if (!error && fwrite(lock, 1, m->lock_len, m->draft.out) != m->lock_len)
        error = MUSTER_EIO;
    if (!error)
        return 0;
    fault_set(&fault, error, "the backup cannot be begun: %s", _(error_what(error)));
    return tool_fail(tool, &fault);
}

static int make_file(struct tool *tool, const char *path, const struct box_public *to, const struct box_secret *secret,
                     const char *passphrase, bool keys)
{
    struct making m = {.tool = tool};
    struct fault fault;
    char hex[65];
    json_t *about = NULL, *body = NULL;
    if (file_draft_open(&m.draft, path, FILE_SECRET | (tool->set.yes ? FILE_REPLACE : 0), &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    char *buffer = malloc(HAND_OVER_BYTES);
    if (buffer)
        (void)setvbuf(m.draft.out, buffer, _IOFBF, HAND_OVER_BYTES);
    int code = lock_write(tool, &m, passphrase, secret);
    enum muster_error error = follow_start(&m.follow, m.draft.temporary, secret);
    if (!code && error) {
        fault_set(&fault, error, "the backup cannot be begun: %s", _(error_what(error)));
        code = tool_fail(tool, &fault);
    }
    hex_from(hex, to->b, sizeof(to->b));
    body = json_pack("{s:s, s:b}", "to", hex, "keys", (int)keys);
    progress_start(&m.progress, tool, "backup", _("copying"),
                   (uint64_t)value_int_at(tool_status(tool), "disk.main_bytes"), true);
    error = code ? MUSTER_OK : stream_take(tool, &m, body, &fault);
    if (error || m.failed)
        progress_drop(&m.progress);
    else
        progress_end(&m.progress, m.bytes);
    if (m.failed) {
        fault_set(&fault, MUSTER_EFULL, "%s cannot be written", path);
        fault_why(&fault, "its disk is full, or it was pulled out");
        fault_step(&fault, "free space there, or choose another disk");
    }
    if (!code && (error || m.failed))
        code = tool_fail(tool, &fault);
    if (!code)
        code = read_back(tool, &m, &about);
    if (!code && file_draft_keep(&m.draft, &fault) != MUSTER_OK)
        code = tool_fail(tool, &fault);
    follow_free(&m.follow);
    file_draft_drop(&m.draft);
    free(buffer);
    if (!code)
        code = made_print(tool, &m, path, about, keys);
    json_decref(about);
    json_decref(body);
    return code;
}

static int make(struct tool *tool, const struct arguments *args)
{
    const char *to_file = option_get(args, "to"), *wish = args->count ? args->words[0] : NULL;
    char path[PATH_MAX], passphrase[PASSPHRASE_BYTES] = "";
    struct box_public to;
    struct box_secret secret;
    const json_t *status = tool_status(tool);
    bundle_path(path, wish, json_object_get(status, "agency"), BACKUP_SUFFIX, 0);
    int code = to_file ? public_load(tool, to_file, &to) : passphrase_get(tool, args, true, path, passphrase);
    if (!code && !to_file)
        box_keys(&to, &secret);
    if (!code)
        code = make_file(tool, path, &to, to_file ? NULL : &secret, to_file ? NULL : passphrase, option_get(args, "with-keys") != NULL);
    crypto_wipe(passphrase, sizeof passphrase);
    crypto_wipe(&secret, sizeof secret);
    return code;
}

static int backup_run(struct tool *tool, const struct arguments *args)
{
    bool key = option_get(args, "make-key") != NULL, look = option_get(args, "verify") != NULL;
    if (key && look)
        return tool_usage(tool, "give one of the two", "--make-key and --verify are two different things");
    if ((key || look) && !args->count)
        return tool_usage(tool, "muster backup --verify FILE", "the file is missing");
    return key ? make_key(tool, args) : look ? verify(tool, args) : make(tool, args);
}

static const struct option_row backup_options[] = {
    {"to",              0, "FILE.pub", "seal it to this key; else to a passphrase"            },
    {"with-keys",       0, NULL,       "the keys of node and epochs too; root only"},
    {"passphrase-file", 0, "FILE",     "the passphrase is the first line of this file"        },
    {"verify",          0, NULL,       "look at a backup: is it whole?"},
    {"key",             0, "FILE",     "with --verify: the key file that opens it"            },
    {"make-key",        0, NULL,       "make a pair of keys, FILE and FILE.pub"},
    {NULL,              0, NULL,       NULL                                                   },
};

const struct command command_backup = {
    .name = "backup",
    .args = "[FILE|FOLDER]",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 1,
    .options = backup_options,
    .run = backup_run,
    .help = "write a sealed copy of all that this node holds",
    .detail = "The node goes on working; the copy is of one moment. It is sealed as it is made and read back before it "
              "gets its name. Keys of own logs are never in it: a restored node goes on in new logs. Without --with-keys "
              "it holds no other keys either, so that it is of no use to a thief who also has its passphrase: what is "
              "sealed opens again with keys that members of the spaces give. A space without other members has nobody to "
              "give them. For a timer make a key once, keep FILE in a safe and leave FILE.pub on the node.",
    .example = "muster backup --make-key backup.key\nmuster backup --to backup.key.pub --with-keys /media/disk\nmuster backup --verify "
               "yibin-20260301-1405.muster-backup",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster file? bytes?",
    .rows = "file bytes",
};
