/* derived.c — the cache of what the durable tables mean.
 *
 * It is changed inside one write transaction that stays open until store_derived_commit, and its commits do
 * not sync.  A killed process loses the open transaction only; a machine that stops may leave any mixture of
 * pages.  DIR/derived/boot tells the two apart: it names the boot of the machine while the environment is
 * open, and is durable before the first change. */
#include "store/inside.h"

#include "store/bytecheck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DERIVED   "derived"
#define BOOT_FILE DERIVED "/boot"
#define DATA_FILE DERIVED "/data.mdb"

enum { DERIVED_FORMAT = 4, MARKER_BYTES = 128 };

static void boot_id(char out[BOOT_ID_BYTES])
{
    ssize_t len = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", out, BOOT_ID_BYTES);
    if (len != BOOT_ID_BYTES - 1)
        snprintf(out, BOOT_ID_BYTES, "unknown");
}

static void marker_print(char out[MARKER_BYTES], const char *boot, const char *state)
{
    int len = snprintf(out, MARKER_BYTES, "muster derived %d\n%s\n%s\n", DERIVED_FORMAT, boot, state);
    memset(out + len, '\n', MARKER_BYTES - (size_t)len); /* of one size, to be overwritten in place */
}

static enum muster_error marker_write(struct store *store, const char *state)
{
    char boot[BOOT_ID_BYTES], text[MARKER_BYTES];
    boot_id(boot);
    marker_print(text, boot, state);
    int marker = file_open_of_size(store->dir_fd, BOOT_FILE, sizeof text);
    if (marker >= 0) { /* so that a full disk does not keep the node from starting; it fits one sector */
        bool written = pwrite(marker, text, sizeof text, 0) == (ssize_t)sizeof text && fsync(marker) == 0;
        close(marker);
        return written ? MUSTER_OK : MUSTER_EIO;
    }
    enum muster_error error = file_replace(store->dir_fd, BOOT_FILE, BOOT_FILE ".new", text, sizeof text);
    int fd = openat(store->dir_fd, DERIVED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!error && (fd < 0 || fsync(fd) != 0))
        error = MUSTER_EIO;
    if (fd >= 0)
        close(fd);
    return error;
}

/* May the pages that are there be believed?  *checked: they were all synced, no look at them is needed. */
static bool marker_vouches(struct store *store, bool *checked)
{
    char text[MARKER_BYTES + 1], boot[BOOT_ID_BYTES], want[MARKER_BYTES];
    *checked = false;
    if (file_read(store->dir_fd, BOOT_FILE, text, sizeof text) != MARKER_BYTES)
        return false;
    boot_id(boot);
    marker_print(want, boot, "open");
    if (memcmp(text, want, sizeof want) == 0)
        return strcmp(boot, "unknown") != 0;
    /* After a clean end any boot will do. */
    char *line = strchr(text, '\n');
    char *state = line ? strchr(line + 1, '\n') : NULL;
    if (!state || strncmp(state, "\nclean\n", 7) != 0)
        return false;
    *line = '\0';
    snprintf(want, sizeof want, "muster derived %d", DERIVED_FORMAT);
    *checked = strcmp(text, want) == 0;
    return *checked;
}

static void derived_remove(struct store *store)
{
    static const char *const files[] = {DATA_FILE, DERIVED "/lock.mdb", BOOT_FILE, BOOT_FILE ".new"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        unlinkat(store->dir_fd, files[i], 0);
}

static bool derived_is_usable(struct store *store)
{
    char path[PATH_MAX + 32];
    struct store_problem ignored;
    struct stat st;
    bool checked, present;
    if (fstatat(store->dir_fd, DATA_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0 ||
        !marker_vouches(store, &checked))
        return false;
    snprintf(path, sizeof path, "%s/" DATA_FILE, store->dir);
    enum muster_error error = checked
                                  ? bytecheck_metas(path, DATA_FILE, &present, &ignored)
                                  : bytecheck_file(path, DATA_FILE, BYTECHECK_NEWEST, NULL, NULL, &ignored);
    return error == MUSTER_OK;
}

enum muster_error derived_open(struct store *store, struct store_problem *problem)
{
    if (mkdirat(store->dir_fd, DERIVED, 0700) != 0 && errno != EEXIST) {
        enum muster_error error = errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
        problem_say(problem,
                    "%s/" DERIVED " cannot be made: %s. Check the owner of the directory and the disk.",
                    store->dir, strerror(errno));
        return error;
    }
    store->derived_is_new = !derived_is_usable(store);
    if (store->derived_is_new)
        derived_remove(store);
    enum muster_error error = marker_write(store, "open");
    if (error)
        problem_say(problem,
                    "%s/" BOOT_FILE
                    " cannot be written: %s. Free space, or check the owner of the directory.",
                    store->dir, strerror(errno));
    else
        error = environment_open(store, TABLE_DERIVED, problem);
    return error;
}

/* Cursors of a write transaction are gone when it ends. */
static void deriving_ended(struct store *store)
{
    store->deriving = NULL;
    store->derived_changes = 0;
    memset(store->writing, 0, sizeof store->writing);
}

/* What was derived and not committed is gone: back to the last commit.  Nothing without a transaction. */
static void deriving_drop(struct store *store)
{
    gather_drop(store);
    if (store->deriving)
        mdb_txn_abort(store->deriving);
    deriving_ended(store);
}

static void cursors_close(struct store *store, enum table table)
{
    for (size_t i = 0; i < WRITE_CURSORS; i++) {
        MDB_cursor **of = &store->writing[table - TABLE_DERIVED_FIRST][i].cursor;
        if (*of)
            mdb_cursor_close(*of);
        *of = NULL;
    }
}

/* Most keys come behind one that came lately and began alike: a cursor that stands there needs no way down the tree. */
static int derived_put(struct store *store, MDB_txn *txn, enum table table, MDB_val *key, MDB_val *value)
{
    enum { ALIKE = 13, PAGE = 4096 }; /* space, kind, index and term */
    size_t alike = table != T_INDEX ? 0 : key->mv_size < ALIKE ? key->mv_size : ALIKE;
    size_t which = bytes_place(0, key->mv_data, alike) % WRITE_CURSORS;
    MDB_cursor **cursor = &store->writing[table - TABLE_DERIVED_FIRST][which].cursor;
    uintptr_t *page = &store->writing[table - TABLE_DERIVED_FIRST][which].page;
    MDB_val there, unread;
    int rc = *cursor ? 0 : mdb_cursor_open(txn, store->dbi[table], cursor);
    if (!rc)
        rc = mdb_cursor_put(*cursor, key, value, 0);
    if (!rc && mdb_cursor_get(*cursor, &there, &unread, MDB_GET_CURRENT) == 0 && *page != (uintptr_t)there.mv_data / PAGE) {
        *page = (uintptr_t)there.mv_data / PAGE;
        mapped_look(store); /* it was copied from the file */
    }
    return rc;
}

static int derived_delete(struct store *store, MDB_txn *txn, enum table table, MDB_val *key)
{
    cursors_close(store, table); /* pages may merge under them */
    mapped_look(store);
    int rc = mdb_del(txn, store->dbi[table], key, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

enum muster_error derived_transaction(struct store *store, MDB_txn **txn)
{
    struct store_problem unread;
    if (!store->env[TABLE_DERIVED] && environment_open(store, TABLE_DERIVED, &unread) != MUSTER_OK)
        return MUSTER_ESTORE; /* found no room to begin again */
    if (!store->deriving) {
        int rc = mdb_txn_begin(store->env[TABLE_DERIVED], NULL, 0, &store->deriving);
        if (rc) {
            store->deriving = NULL;
            return store_error_at(store, rc);
        }
    }
    *txn = store->deriving;
    return MUSTER_OK;
}

enum muster_error derived_put_now(struct store *store, enum table table, struct bytes key, struct bytes value)
{
    MDB_txn *txn;
    MDB_val k = val_of(key), v = val_of(value);
    enum muster_error error = derived_transaction(store, &txn);
    if (error)
        return error;
    int rc = value.at ? derived_put(store, txn, table, &k, &v) : derived_delete(store, txn, table, &k);
    if (rc) {
        /* A failed transaction is good for nothing: back to its beginning. */
        deriving_drop(store);
        error = store->derived_lost = store_error_at(store, rc);
    }
    return error;
}

enum muster_error derived_change(void *self, const struct change *changes, size_t count)
{
    struct store *store = self;
    if (store->scans)
        return MUSTER_EINTERNAL;
    if (store->derived_lost)
        return MUSTER_ESTORE; /* or there would be a gap */
    for (size_t i = 0; i < count; i++)
        if ((unsigned)changes[i].table < TABLE_DERIVED_FIRST || (unsigned)changes[i].table >= TABLE_COUNT ||
            !key_is_legal(changes[i].key) || changes[i].value.len > STORE_VALUE_MAX)
            return MUSTER_EINTERNAL;
    enum muster_error error = MUSTER_OK;
    store->derived_changes += count;
    changes_note(store, TABLE_DERIVED, store->derived_changes);
    for (size_t i = 0; i < count && !error; i++)
        if (!gather_put(store, &changes[i], &error))
            error = derived_put_now(store, changes[i].table, changes[i].key, changes[i].value);
    return error;
}

/* A commit that finds no room takes the whole transaction with it: with less than this it is not even tried, and what was
 * derived stays readable in memory until there is room. */
enum { DERIVED_ROOM = 2 * STORE_RESERVE_MIN };

enum muster_error store_derived_commit(struct store *store)
{
    if (store->scans)
        return MUSTER_EINTERNAL;
    if (store->derived_lost)
        return MUSTER_ESTORE;
    enum muster_error error = gather_flush(store);
    MDB_txn *txn = store->deriving;
    if (error)
        return error;
    if (txn && disk_free_now(store) < DERIVED_ROOM)
        return MUSTER_EFULL;
    deriving_ended(store);
    int rc = txn ? mdb_txn_commit(txn) : 0;
    return rc ? store->derived_lost = store_error_at(store, rc) : MUSTER_OK;
}

enum muster_error store_derived_lost(const struct store *store)
{
    return store->derived_lost;
}

enum muster_error store_derived_again(struct store *store)
{
    struct store_problem unread;
    enum muster_error was = store->derived_lost;
    if (store->scans)
        return MUSTER_EINTERNAL;
    deriving_drop(store);
    store->derived_lost = MUSTER_OK;
    if (!was || !store->env[TABLE_DERIVED])
        return MUSTER_OK;
    enum muster_error error = was == MUSTER_EDAMAGED ? store_derived_reset(store) : environment_again(store, TABLE_DERIVED, &unread);
    if (error)
        store->derived_lost = error;
    return error;
}

enum muster_error derived_keep(void *self)
{
    struct store *store = self;
    if (store->deriving && disk_free_now(store) < DERIVED_ROOM)
        return MUSTER_OK;
    return store_derived_commit(store);
}

void derived_close(struct store *store)
{
    if (!store->env[TABLE_DERIVED])
        return;
    bool kept = store_derived_commit(store) == MUSTER_OK && mdb_env_sync(store->env[TABLE_DERIVED], 1) == 0;
    deriving_drop(store); /* if there was no room: it is made again at the next start */
    mdb_env_close(store->env[TABLE_DERIVED]);
    store->env[TABLE_DERIVED] = NULL;
    /* Without the clean marker the next start looks at the bytes, or begins anew: both are right. */
    if (kept && marker_write(store, "clean") != MUSTER_OK)
        return;
}

enum muster_error store_derived_reset(struct store *store)
{
    struct store_problem problem;
    if (store->scans)
        return MUSTER_EINTERNAL;
    deriving_drop(store);
    if (store->env[TABLE_DERIVED])
        mdb_env_close(store->env[TABLE_DERIVED]);
    store->env[TABLE_DERIVED] = NULL;
    store->derived_lost = MUSTER_OK;
    derived_remove(store);
    return derived_open(store, &problem);
}

bool store_derived_is_new(const struct store *store)
{
    return store->derived_is_new;
}
