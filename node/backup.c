#include "node/backup.h"

#include "crypto/backup.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/turn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct part { /* what goes in front of the data */
    enum backup_part type;
    uint8_t *at;
    size_t len;
};

struct backup {
    struct node *node;
    struct MHD_Connection *connection;
    struct box_public to;
    struct part *parts;
    size_t count, size;
    bool failed, suspended, watching, threads, copying, keys;
    int copied[2], sealed[2]; /* pipes: main/ as copied, the file as sealed */
    pthread_t copier, sealer;
    atomic_int copy_error, whole;
    uint64_t started_ms, bytes;
};

/* --- what goes in front ---------------------------------------------------------------------------------------------- */

static bool part_add(struct backup *b, enum backup_part type, const void *head, size_t head_len, const void *bytes, size_t len)
{
    if (b->count == b->size) {
        size_t size = b->size ? b->size * 2 : 64;
        struct part *bigger = size > BACKUP_PARTS_MAX ? NULL : realloc(b->parts, size * sizeof(*bigger));
        if (!bigger)
            return !(b->failed = true);
        b->parts = bigger;
        b->size = size;
    }
    uint8_t *at = head_len + len > BACKUP_PART_MAX ? NULL : malloc(head_len + len + 1);
    if (!at)
        return !(b->failed = true);
    memcpy(at, head, head_len);
    memcpy(at + head_len, bytes, len);
    b->parts[b->count++] = (struct part){type, at, head_len + len};
    return true;
}

/* Epoch keys are as long as a sealing key; what else lies in that table are keys of own logs, which no backup holds. */
static bool key_add(void *user, struct bytes key, struct bytes value)
{
    struct backup *b = user;
    uint8_t head[1 + STORAGE_KEY_MAX];
    _Static_assert(sizeof(struct seal_key) != sizeof(struct sign_secret), "told apart by their length");
    if (value.len != sizeof(struct seal_key))
        return true;
    head[0] = (uint8_t)key.len;
    memcpy(head + 1, key.at, key.len);
    return part_add(b, BACKUP_KEY, head, 1 + key.len, value.at, value.len);
}

/* A regular file of the folder secrets: its name and its bytes. */
static void secret_add(struct backup *b, int dir, const char *name)
{
    uint8_t head[1 + NAME_MAX], bytes[BACKUP_SECRET_BYTES_MAX];
    struct stat st;
    size_t name_len = strlen(name);
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t len = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)sizeof(bytes) ? read(fd, bytes, sizeof(bytes)) : -1;
    close(fd);
    if (len < 0 || name_len > NAME_MAX)
        return;
    head[0] = (uint8_t)name_len;
    memcpy(head + 1, name, name_len);
    part_add(b, BACKUP_SECRET, head, 1 + name_len, bytes, (size_t)len);
    crypto_wipe(bytes, sizeof(bytes));
}

static void secrets_add(struct backup *b)
{
    char path[CONFIG_PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/secrets", b->node->config.data);
    DIR *listing = opendir(path);
    const struct dirent *entry;
    for (size_t n = 0; listing && n < BACKUP_SECRETS_MAX && (entry = readdir(listing)) != NULL;)
        if (entry->d_name[0] != '.') {
            secret_add(b, dirfd(listing), entry->d_name);
            n++;
        }
    if (listing)
        closedir(listing);
}

static bool about_add(struct backup *b)
{
    struct node *node = b->node;
    struct store_statistics disk;
    struct space_view space;
    json_int_t records = 0;
    size_t spaces = 0;
    for (; core_space_at(node->core, spaces, &space); spaces++)
        records += (json_int_t)space.records;
    store_statistics(node->store, &disk);
    json_t *json = json_pack("{s:i, s:i, s:s, s:o, s:o, s:{s:o, s:o}, s:b, s:I, s:I, s:I, s:I}", "muster", 1, "format", STORE_FORMAT,
                             "software", MUSTER_VERSION, "made", json_time(node_wall_ms()), "agency",
                             json_agency(node, &node->own.identity.agency), "node", "id", json_hex(node->own.keys.sign.b, 32), "name",
                             json_text(node->own.node_name, strlen(node->own.node_name)), "keys", (int)b->keys, "spaces",
                             (json_int_t)spaces, "records", records, "commits", (json_int_t)disk.commits, "main_bytes",
                             (json_int_t)disk.main_bytes);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    bool good = text && part_add(b, BACKUP_ABOUT, "", 0, text, strlen(text));
    free(text);
    json_decref(json);
    return good;
}

static bool front_make(struct backup *b)
{
    const struct storage *storage = store_storage(b->node->store);
    struct bytes none = {NULL, 0};
    if (!about_add(b))
        return false;
    if (!b->keys)
        return true;
    secrets_add(b);
    return storage->scan(storage->self, T_KEY, none, none, false, key_add, b) == MUSTER_OK && !b->failed;
}

/* --- threads ----------------------------------------------------------------------------------------------------------- */

static void *copier_run(void *argument)
{
    struct backup *b = argument;
    atomic_store(&b->copy_error, (int)store_copy_run(b->node->store, b->copied[1]));
    close(b->copied[1]);
    return NULL;
}

static bool pipe_put(void *user, const void *bytes, size_t len)
{
    const struct backup *b = user;
    const uint8_t *at = bytes;
    while (len) {
        ssize_t n = write(b->sealed[1], at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false; /* the client has gone */
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* What comes out of the copier, in whole parts. */
static enum muster_error data_seal(struct backup *b, struct backup_writer *writer)
{
    uint8_t *bytes = malloc(BACKUP_PART_MAX);
    enum muster_error error = bytes ? MUSTER_OK : MUSTER_EBUSY;
    for (size_t used = 0; !error;) {
        ssize_t n = read(b->copied[0], bytes + used, BACKUP_PART_MAX - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            used += (size_t)n;
        if (n < 0)
            error = MUSTER_EIO;
        else if (used && (used == BACKUP_PART_MAX || n == 0)) {
            error = backup_write(writer, BACKUP_DATA, bytes, used);
            used = 0;
        }
        if (n == 0)
            break;
    }
    free(bytes);
    return error;
}

static void *sealer_run(void *argument)
{
    struct backup *b = argument;
    struct backup_writer *writer;
    enum muster_error error = backup_writer_new(&writer, &b->to, pipe_put, b);
    for (size_t i = 0; i < b->count && !error; i++)
        error = backup_write(writer, b->parts[i].type, b->parts[i].at, b->parts[i].len);
    if (!error)
        error = data_seal(b, writer);
    if (!error)
        error = (enum muster_error)atomic_load(&b->copy_error); /* set before its pipe ended */
    if (!error)
        error = backup_writer_end(writer);
    backup_writer_free(writer);
    atomic_store(&b->whole, !error);
    close(b->copied[0]); /* the copier does not wait for a reader that has gone */
    close(b->sealed[1]);
    return NULL;
}

static void pipe_close(int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static bool threads_start(struct backup *b)
{
    if (pipe2(b->copied, O_CLOEXEC) != 0 || pipe2(b->sealed, O_CLOEXEC) != 0 ||
        fcntl(b->sealed[0], F_SETFL, O_NONBLOCK) != 0)
        return false;
    (void)fcntl(b->copied[0], F_SETPIPE_SZ, BACKUP_PIPE_BYTES); /* else they are smaller, and slower */
    (void)fcntl(b->sealed[0], F_SETPIPE_SZ, BACKUP_PIPE_BYTES);
    if (store_copy_begin(b->node->store) != MUSTER_OK)
        return false;
    b->copying = true;
    atomic_store(&b->copy_error, MUSTER_EINTERNAL);
    if (pthread_create(&b->sealer, NULL, sealer_run, b) != 0)
        return false;
    if (pthread_create(&b->copier, NULL, copier_run, b) != 0) {
        close(b->copied[1]); /* the sealer ends: the copy's error stands */
        close(b->sealed[0]);
        b->copied[1] = b->sealed[0] = -1;
        pthread_join(b->sealer, NULL);
        b->copied[0] = b->sealed[1] = -1;
        return false;
    }
    b->threads = true;
    return true;
}

/* --- the answer --------------------------------------------------------------------------------------------------------- */

static int on_sealed(zloop_t *loop, zmq_pollitem_t *item, void *argument);

static void watch(struct backup *b, bool on)
{
    zmq_pollitem_t item = {.fd = b->sealed[0], .events = ZMQ_POLLIN};
    if (on == b->watching)
        return;
    b->watching = on;
    if (!on)
        zloop_poller_end(b->node->loop, &item);
    else if (zloop_poller(b->node->loop, &item, on_sealed, b) == 0)
        zloop_poller_set_tolerant(b->node->loop, &item);
    else
        b->failed = true; /* the tick's turn reads on */
}

static void resume(struct backup *b)
{
    if (!b->suspended)
        return;
    b->suspended = false;
    MHD_resume_connection(b->connection);
    turn_mark(b->node);
}

static int on_sealed(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct backup *b = argument;
    (void)loop;
    (void)item;
    watch(b, false);
    resume(b);
    return 0;
}

static ssize_t backup_content(void *user, uint64_t offset, char *out, size_t max)
{
    struct backup *b = user;
    (void)offset;
    if (b->failed || node_mono_ms() - b->started_ms > BACKUP_LONGEST_MS)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t n = read(b->sealed[0], out, max);
    if (n > 0) {
        b->bytes += (uint64_t)n;
        return n;
    }
    if (n == 0)
        return atomic_load(&b->whole) ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
    if (errno != EAGAIN && errno != EINTR)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    watch(b, true);
    if (b->failed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    b->suspended = true;
    MHD_suspend_connection(b->connection);
    return 0;
}

static void backup_tell(struct backup *b)
{
    struct node *node = b->node;
    bool whole = atomic_load(&b->whole);
    const char *name = whole ? EVENT_NAME_BACKUP_MADE : EVENT_NAME_BACKUP_FAILED;
    char text[AUDIT_TEXT_BYTES];
    enum muster_error error = (enum muster_error)atomic_load(&b->copy_error);
    if (whole)
        snprintf(text, sizeof(text), "%llu bytes, %s keys", (unsigned long long)b->bytes, b->keys ? "with" : "without");
    else
        snprintf(text, sizeof(text), "%s", error && error != MUSTER_EIO ? _(error_what(error)) : "it was not read to its end");
    journal_write(&node->journal, name, NULL, text);
    if (whole) {
        audit_add(&node->audit, node_wall_ms(), name, NULL, text);
        care_note(node, CARE_BACKUP);
    }
}

static void backup_free(void *user)
{
    struct backup *b = user;
    watch(b, false);
    if (b->threads) {
        close(b->sealed[0]); /* whoever still writes into it ends */
        pthread_join(b->sealer, NULL);
        pthread_join(b->copier, NULL);
        b->copied[0] = b->copied[1] = b->sealed[0] = b->sealed[1] = -1;
        backup_tell(b);
    }
    pipe_close(b->copied);
    pipe_close(b->sealed);
    if (b->copying)
        store_copy_end(b->node->store);
    for (size_t i = 0; i < b->count; i++) {
        crypto_wipe(b->parts[i].at, b->parts[i].len);
        free(b->parts[i].at);
    }
    free(b->parts);
    if (b->node->backup == b)
        b->node->backup = NULL;
    free(b);
}

void backup_end(struct node *node)
{
    if (!node->backup)
        return;
    node->backup->failed = true;
    watch(node->backup, false);
    resume(node->backup);
}

/* --- the request -------------------------------------------------------------------------------------------------------- */

static bool backup_may(struct request *request, struct backup *b)
{
    struct node *node = request->node;
    bool bad = false;
    const char *to = request_text(request, "to", 64, &bad);
    b->keys = json_is_true(json_object_get(request->json, "keys"));
    if (bad)
        return false;
    if (!to || !hex_to(b->to.b, sizeof(b->to.b), to))
        request_refuse(request, MUSTER_EUSAGE, "\"to\" is not a public key of 64 hex digits");
    else if (b->keys && request->uid != 0 && request->uid != geteuid())
        request_refuse(request, MUSTER_EPERMISSION, "user %u may not take the node's keys with it: root may, and the user of musterd",
                       request->uid);
    else if (node->backup)
        request_refuse(request, MUSTER_EBUSY, "a backup is being made already");
    else if (core_scrub_due(node->core))
        request_refuse(request, MUSTER_EBUSY, "erased bytes are still being overwritten, and would be in the backup");
    else
        return true;
    return false;
}

void api_backup(struct request *request)
{
    struct backup *b = calloc(1, sizeof(*b));
    if (!b)
        return;
    b->node = request->node;
    b->connection = request->connection;
    b->copied[0] = b->copied[1] = b->sealed[0] = b->sealed[1] = -1;
    b->started_ms = node_mono_ms();
    if (!backup_may(request, b)) {
        backup_free(b);
        return;
    }
    node_keep_audit(b->node, true);
    if (!front_make(b) || !threads_start(b)) {
        request_refuse(request, MUSTER_EBUSY, "there is no memory, thread or descriptor left for a backup");
        backup_free(b);
        return;
    }
    b->node->backup = b;
    request_stream(request, "application/vnd.muster.backup", backup_content, backup_free, b);
}
