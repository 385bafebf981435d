/* environment.c — opening one LMDB environment, and what its errors mean.
 *
 * main and keys carry no flag that trades durability for speed: without sync of the meta page 44 % of power
 * cuts lose the last acknowledged commit, without any sync half of the files do not open.  No WRITEMAP
 * anywhere: a full disk would end in SIGBUS.  One named table for each table of the core: segments can then
 * be appended at the end of their own tree, which packs pages densely. */
#include "store/inside.h"

#include "store/bytecheck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAP_BYTES_DEFAULT  (UINT64_C(1) << 40)
#define MAP_BYTES_MIN      (UINT64_C(1) << 30) /* where halving stops */
#define KEYS_MAP_BYTES_MAX (UINT64_C(1) << 33)

enum { READERS_MAX = 16, TABLES_MAX = 32 };

_Static_assert((int)TABLES_MAX <= (int)BYTECHECK_TREES_MAX, "the byte check sees all tables");
_Static_assert((int)TABLE_COUNT + 3 <= (int)TABLES_MAX, "tables and the private ones fit one environment");

enum muster_error store_error(int rc)
{
    switch (rc) {
    case 0:
        return MUSTER_OK;
    case MDB_NOTFOUND:
        return MUSTER_ENOTFOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return MUSTER_EFULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return MUSTER_EDAMAGED;
    case MDB_VERSION_MISMATCH:
        return MUSTER_EFORMAT;
    default:
        return MUSTER_ESTORE;
    }
}

uint64_t disk_free_now(struct store *store)
{
    struct statvfs disk;
    int rc;
    do
        rc = fstatvfs(store->dir_fd, &disk);
    while (rc != 0 && errno == EINTR);
    store->disk_free = rc == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
    store->disk_asked_ms = monotonic_ms();
    return store->disk_free;
}

/* A write that found room for a part of its bytes only is EIO to LMDB, and a full disk to us. */
enum muster_error store_error_at(struct store *store, int rc)
{
    if (rc == EIO && disk_free_now(store) < STORE_RESERVE_MIN)
        return MUSTER_EFULL;
    return store_error(rc);
}

static bool map_can_shrink(int rc, uint64_t map)
{
    return (rc == ENOMEM || rc == EINVAL || rc == EFBIG || rc == EAGAIN) && map / 2 >= MAP_BYTES_MIN;
}

static int environment_map(struct store *store, enum table_environment which, const char *path, unsigned flags)
{
    flags |= MDB_NOTLS;
    if (which == TABLE_DERIVED)
        flags |= MDB_NOSYNC | MDB_NORDAHEAD; /* random keys: reading ahead fetches what nobody wants */
    uint64_t map = store->map_bytes ? store->map_bytes : MAP_BYTES_DEFAULT;
    if (which == TABLE_KEYS && map > KEYS_MAP_BYTES_MAX)
        map = KEYS_MAP_BYTES_MAX;
    for (;;) {
        MDB_env *env = NULL;
        int rc = mdb_env_create(&env);
        if (!rc)
            rc = mdb_env_set_mapsize(env, map);
        if (!rc)
            rc = mdb_env_set_maxdbs(env, TABLES_MAX);
        if (!rc)
            rc = mdb_env_set_maxreaders(env, READERS_MAX);
        if (!rc)
            rc = mdb_env_open(env, path, flags, 0600);
        if (!rc) {
            store->env[which] = env;
            mapped_find(store, which);
            return 0;
        }
        if (env)
            mdb_env_close(env);
        if (!map_can_shrink(rc, map))
            return rc;
        map /= 2;
    }
}

static const struct {
    const char *name;
    enum table_environment environment;
} tables[TABLE_COUNT] = {
#define X(name, environment, what) {#name, TABLE_##environment},
    MUSTER_TABLES(X)
#undef X
};

/* All handles once, in a transaction that commits: those of an aborted one would be closed with it. */
static int tables_open(struct store *store, enum table_environment which)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env[which], NULL, 0, &txn);
    if (rc)
        return rc;
    for (int i = 0; i < TABLE_COUNT && !rc; i++)
        if (tables[i].environment == which)
            rc = mdb_dbi_open(txn, tables[i].name, MDB_CREATE, &store->dbi[i]);
    if (!rc && which == TABLE_MAIN)
        rc = mdb_dbi_open(txn, "store.counter", MDB_CREATE, &store->counter_dbi);
    if (!rc && which == TABLE_MAIN)
        rc = mdb_dbi_open(txn, "store.history", MDB_CREATE, &store->history_dbi);
    if (!rc && which == TABLE_KEYS)
        rc = mdb_dbi_open(txn, "store.pending", MDB_CREATE, &store->pending_dbi);
    if (!rc)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

int environment_shadow(struct store *shadow, enum table_environment which, const char *path)
{
    int rc = environment_map(shadow, which, path, MDB_NOSUBDIR | MDB_NOLOCK);
    if (!rc && (rc = tables_open(shadow, which)) != 0) {
        mdb_env_close(shadow->env[which]);
        shadow->env[which] = NULL;
    }
    return rc;
}

static void directory_sync(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

enum muster_error environment_open(struct store *store, enum table_environment which,
                                   struct store_problem *problem)
{
    const char *name = environment_name(which);
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    int rc = mkdirat(store->dir_fd, name, 0700) == 0 || errno == EEXIST ? 0 : errno;
    if (!rc)
        rc = environment_map(store, which, path, 0);
    if (!rc) {
        int dead = 0;
        mdb_reader_check(store->env[which], &dead);
        store->stale_readers += (uint64_t)dead;
        rc = tables_open(store, which);
    }
    if (!rc) {
        directory_sync(store->dir_fd, name);
        fsync(store->dir_fd);
        return MUSTER_OK;
    }
    enum muster_error error = store_error_at(store, rc);
    problem_say(problem, "%s/%s cannot be opened: %s. %s", store->dir, name, mdb_strerror(rc),
                error == MUSTER_EFULL
                    ? "Free space on the disk and start again."
                    : "Check the owner of the directory, the limits of the service and the disk.");
    return error == MUSTER_ENOTFOUND ? MUSTER_ESTORE : error;
}

int environment_begin(struct store *store, enum table_environment which, unsigned flags, MDB_txn **txn)
{
    struct store_problem unread;
    if (!store->env[which] && environment_open(store, which, &unread) != MUSTER_OK)
        return ENOMEM;
    return mdb_txn_begin(store->env[which], NULL, flags, txn);
}

enum muster_error environment_again(struct store *store, enum table_environment which, struct store_problem *problem)
{
    if (which != TABLE_DERIVED && store->reading[which]) {
        mdb_txn_abort(store->reading[which]);
        store->reading[which] = NULL;
        store->reading_live[which] = false;
    }
    mdb_env_close(store->env[which]);
    store->env[which] = NULL;
    return environment_open(store, which, problem);
}
