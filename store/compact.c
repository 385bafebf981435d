/* compact.c — main/ written again without its free pages, and put in the place of the old file.
 *
 *   begin: the new file data.mdb.compact, and a spool of what is committed from now on
 *   copy:  another thread reads one moment of main/ (store_copy_run) and writes it into the new file
 *   finish: the spool is put into the new file, in its order; fsync; rename over data.mdb; fsync of the folder; opened again
 *
 * Commits between begin and the moment that the copy is of are in both; putting them twice in their order gives the same.
 * Between the last commit and the rename nothing else runs, so that the new file has all that was acknowledged.  Before the
 * rename a crash leaves the old file and one of another name, which the next start removes; after it, the new one. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPACT_FILE "main/data.mdb.compact"
#define DATA_FILE    "main/data.mdb"

enum {
    SPOOL_BYTES_MAX = 64 * 1024 * 1024, /* putting them again takes about a second, in which nothing else goes on */
    SPOOL_BYTES_MIN = 64 * 1024,
    SPOOL_HEAD_BYTES = 1 + 1 + 2 + 4 /* table, put or delete, length of key, of value */
};
_Static_assert(STORAGE_KEY_MAX <= UINT16_MAX && STORE_VALUE_MAX <= UINT32_MAX, "lengths fit the spool");

/* --- the spool -------------------------------------------------------------------------------------------- */

static bool spool_room(struct spool *spool, size_t len)
{
    size_t size = spool->size ? spool->size : SPOOL_BYTES_MIN;
    while (size < spool->len + len)
        size *= 2;
    if (size == spool->size)
        return true;
    uint8_t *bigger = size > SPOOL_BYTES_MAX ? NULL : realloc(spool->at, size);
    if (!bigger)
        return false;
    spool->at = bigger;
    spool->size = size;
    return true;
}

void spool_add(struct store *store, const struct change *changes, size_t count)
{
    struct spool *spool = &store->spool;
    for (size_t i = 0; spool->on && !spool->over && i < count; i++) {
        const struct change *c = &changes[i];
        size_t len = SPOOL_HEAD_BYTES + c->key.len + c->value.len;
        if (c->table == T_KEY)
            continue;
        if (!spool_room(spool, len)) {
            spool->over = true;
            break;
        }
        struct writer w = writer_over(spool->at + spool->len, len);
        writer_u8(&w, (uint8_t)c->table);
        writer_u8(&w, c->value.at != NULL);
        writer_u16(&w, (uint16_t)c->key.len);
        writer_u32(&w, (uint32_t)c->value.len);
        writer_put(&w, c->key.at, c->key.len);
        if (c->value.len)
            writer_put(&w, c->value.at, c->value.len);
        spool->len += len;
    }
}

static void spool_end(struct store *store)
{
    free(store->spool.at);
    store->spool = (struct spool){.on = false};
}

static int spool_put(const struct spool *spool, struct store *into, MDB_txn *txn)
{
    static const uint8_t nothing[1];
    struct cursor c = cursor_over(spool->at, spool->len);
    int rc = 0;
    while (!rc && cursor_left(&c)) {
        struct change change = {.table = (enum table)cursor_u8(&c)};
        bool put = cursor_u8(&c) != 0;
        change.key.len = cursor_u16(&c);
        change.value.len = cursor_u32(&c);
        change.key.at = cursor_take(&c, change.key.len);
        change.value.at = change.value.len ? cursor_take(&c, change.value.len) : nothing;
        if (!put)
            change.value.at = NULL;
        rc = c.failed ? EINVAL : change_apply(into, txn, &change);
    }
    return rc;
}

/* --- room -------------------------------------------------------------------------------------------------- */

enum muster_error store_space(struct store *store, struct store_space *out)
{
    MDB_txn *txn;
    MDB_cursor *cursor = NULL;
    MDB_envinfo info;
    MDB_stat stat;
    MDB_val k, v;
    uint64_t pages = 0;
    *out = (struct store_space){.bytes = 0};
    int rc = environment_begin(store, TABLE_MAIN, MDB_RDONLY, &txn);
    if (rc)
        return store_error(rc);
    rc = mdb_cursor_open(txn, 0, &cursor); /* 0: LMDB's own table of free pages, lists that begin with their length */
    for (int at = rc ? MDB_NOTFOUND : mdb_cursor_get(cursor, &k, &v, MDB_FIRST); at == 0;
         at = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        size_t count = 0;
        if (v.mv_size >= sizeof count)
            memcpy(&count, v.mv_data, sizeof count);
        pages += count;
    }
    if (cursor)
        mdb_cursor_close(cursor);
    if (!rc)
        rc = mdb_env_info(store->env[TABLE_MAIN], &info);
    if (!rc)
        rc = mdb_env_stat(store->env[TABLE_MAIN], &stat);
    mdb_txn_abort(txn);
    if (rc)
        return store_error(rc);
    out->bytes = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    out->free_bytes = pages * stat.ms_psize;
    return MUSTER_OK;
}

/* --- the new file -------------------------------------------------------------------------------------------- */

void compact_leftover_remove(const struct store *store)
{
    unlinkat(store->dir_fd, COMPACT_FILE, 0); /* mostly there is none */
}

void store_compact_drop(struct store *store)
{
    if (store->compact_fd < 0)
        return;
    close(store->compact_fd);
    store->compact_fd = -1;
    compact_leftover_remove(store);
    spool_end(store);
    store_copy_end(store);
}

enum muster_error store_compact_begin(struct store *store, int *fd, struct store_problem *problem)
{
    struct store_problem unread;
    struct store_space space;
    problem = problem ? problem : &unread;
    enum muster_error error = store_copy_begin(store);
    if (error) {
        problem_say(problem, "A backup or a compaction is being made. Try again when it has ended.");
        return error;
    }
    error = store_space(store, &space);
    uint64_t needed = space.bytes - space.free_bytes + store->reserve_bytes, there = disk_free_now(store);
    if (!error && there < needed) {
        problem_say(problem,
                    "There is no room for a second file beside %s/" DATA_FILE ": %llu MB are needed, %llu MB are free. "
                    "Free space on the disk, or move the directory to a larger one.",
                    store->dir, (unsigned long long)(needed / 1000000), (unsigned long long)(there / 1000000));
        error = MUSTER_EFULL;
    } else if (!error) {
        store->compact_fd =
            openat(store->dir_fd, COMPACT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (store->compact_fd < 0) {
            error = store_error_at(store, errno);
            problem_say(problem, "%s/" COMPACT_FILE " cannot be made: %s. Check the disk.", store->dir, strerror(errno));
        }
    }
    if (error) {
        store_copy_end(store);
        return error;
    }
    store->spool = (struct spool){.on = true};
    *fd = store->compact_fd;
    return MUSTER_OK;
}

/* The spool and the count of commits into the new file. */
static int shadow_fill(struct store *store, const char *path)
{
    struct store *shadow = calloc(1, sizeof *shadow);
    MDB_txn *txn;
    if (!shadow)
        return ENOMEM;
    shadow->map_bytes = store->map_bytes;
    int rc = environment_shadow(shadow, TABLE_MAIN, path);
    if (!rc) {
        rc = mdb_txn_begin(shadow->env[TABLE_MAIN], NULL, 0, &txn);
        if (!rc) {
            rc = spool_put(&store->spool, shadow, txn);
            if (!rc)
                rc = counter_put(shadow, txn, store->commits);
            if (!rc)
                rc = mdb_txn_commit(txn);
            else
                mdb_txn_abort(txn);
        }
        mdb_env_close(shadow->env[TABLE_MAIN]);
    }
    free(shadow);
    return rc;
}

/* From the rename on the new file is the one, whatever comes after; the folder's fsync makes that last, and is tried until
 * the environment is opened again (environment_open). */
static int file_swap(struct store *store)
{
    int rc = 0, folder = openat(store->dir_fd, "main", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(store->compact_fd) != 0 ||
        renameat(store->dir_fd, COMPACT_FILE, store->dir_fd, DATA_FILE) != 0)
        rc = errno;
    else
        (void)fsync(folder);
    if (folder >= 0)
        close(folder);
    return rc;
}

enum muster_error store_compact_finish(struct store *store, struct store_problem *problem)
{
    struct store_problem unread;
    char path[PATH_MAX + 32];
    problem = problem ? problem : &unread;
    if (store->compact_fd < 0 || store->scans)
        return MUSTER_EINTERNAL;
    snprintf(path, sizeof path, "%s/" COMPACT_FILE, store->dir);
    enum muster_error error = store->spool.over ? MUSTER_EBUSY : MUSTER_OK;
    if (error)
        problem_say(problem, "More was written meanwhile than can be put into the new file. The old one stays; try again at a "
                             "quieter moment.");
    store_read_end(store);
    int rc = error ? 0 : shadow_fill(store, path);
    if (!error && !rc)
        rc = file_swap(store);
    if (rc) {
        error = store_error_at(store, rc);
        problem_say(problem, "%s cannot be finished: %s. The old file stays.", path, mdb_strerror(rc));
    }
    store_compact_drop(store); /* after the rename there is nothing of that name */
    return error ? error : environment_again(store, TABLE_MAIN, problem);
}
