/* statistics.c — figures for metrics, and the walk over every stored value. */
#include "store/inside.h"

#include <string.h>

static uint64_t environment_bytes(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (!env || mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0)
        return 0;
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

void store_statistics(struct store *store, struct store_statistics *out)
{
    *out = (struct store_statistics){.main_bytes = environment_bytes(store->env[TABLE_MAIN]),
                                     .derived_bytes = environment_bytes(store->env[TABLE_DERIVED]),
                                     .keys_bytes = environment_bytes(store->env[TABLE_KEYS]),
                                     .commits = store->commits,
                                     .changes = store->changes,
                                     .disk_free_bytes = disk_free_now(store),
                                     .readers = store->stale_readers};
}

static int walk_begin(struct store *store, unsigned table, MDB_txn **txn)
{
    return environment_begin(store, table != T_KEY ? TABLE_MAIN : TABLE_KEYS, MDB_RDONLY, txn);
}

void store_walk_start(struct store *store, struct store_walk *walk)
{
    *walk = (struct store_walk){.table = 0};
    for (unsigned i = 0; i < TABLE_DERIVED_FIRST; i++) {
        MDB_txn *txn;
        MDB_stat stat;
        if (walk_begin(store, i, &txn) != 0)
            continue;
        if (mdb_stat(txn, store->dbi[i], &stat) == 0)
            walk->of += stat.ms_entries;
        mdb_txn_abort(txn);
    }
}

/* The first pair behind the key that was seen last. */
static int walk_go_on(MDB_cursor *cursor, const struct store_walk *walk, MDB_val *k, MDB_val *v)
{
    struct bytes last = {walk->key, walk->key_len};
    if (!last.len)
        return mdb_cursor_get(cursor, k, v, MDB_FIRST);
    *k = val_of(last);
    int rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
    if (!rc && k->mv_size == last.len && memcmp(k->mv_data, last.at, last.len) == 0)
        rc = mdb_cursor_get(cursor, k, v, MDB_NEXT);
    return rc;
}

/* Up to *left values of the table that the walk stands in; true when the table has more. */
static bool walk_table(struct store *store, struct store_walk *walk, MDB_txn *txn, uint64_t *left,
                       void (*damaged)(void *user, enum table table, struct bytes key), void *user)
{
    MDB_cursor *cursor;
    MDB_val k, v;
    if (mdb_cursor_open(txn, store->dbi[walk->table], &cursor) != 0)
        return false;
    int rc = walk_go_on(cursor, walk, &k, &v);
    for (; rc == 0 && *left; rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        struct bytes key = bytes_of(&k), value;
        walk->seen++;
        --*left;
        if (stored_value(walk->table, key, &v, &value) != MUSTER_OK && damaged)
            damaged(user, (enum table)walk->table, key);
        walk->key_len = key.len <= sizeof walk->key ? key.len : sizeof walk->key;
        memcpy(walk->key, key.at, walk->key_len);
    }
    mdb_cursor_close(cursor);
    return rc == 0;
}

bool store_check_some(struct store *store, struct store_walk *walk, uint64_t max,
                      void (*damaged)(void *user, enum table table, struct bytes key), void *user)
{
    while (walk->table < TABLE_DERIVED_FIRST && max) {
        MDB_txn *txn;
        bool more = false;
        /* One transaction a table and a call, so that none lives long. */
        if (walk_begin(store, walk->table, &txn) == 0) {
            more = walk_table(store, walk, txn, &max, damaged, user);
            mdb_txn_abort(txn);
        }
        if (!more) {
            walk->table++;
            walk->key_len = 0;
        }
    }
    return walk->table < TABLE_DERIVED_FIRST;
}

uint64_t store_check(struct store *store, void (*damaged)(void *user, enum table table, struct bytes key),
                     void *user)
{
    struct store_walk walk;
    store_walk_start(store, &walk);
    while (store_check_some(store, &walk, UINT64_MAX, damaged, user)) {
    }
    return walk.seen;
}
