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

struct check {
    enum table table;
    void (*damaged)(void *user, enum table table, struct bytes key);
    void *user;
    uint64_t seen;
};

static void check_table(struct check *check, MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *cursor;
    MDB_val k, v;
    if (mdb_cursor_open(txn, dbi, &cursor) != 0)
        return;
    for (int rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST); rc == 0;
         rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        struct bytes value;
        check->seen++;
        if (stored_value(check->table, bytes_of(&k), &v, &value) != MUSTER_OK && check->damaged)
            check->damaged(check->user, check->table, bytes_of(&k));
    }
    mdb_cursor_close(cursor);
}

uint64_t store_check(struct store *store, void (*damaged)(void *user, enum table table, struct bytes key),
                     void *user)
{
    struct check check = {.damaged = damaged, .user = user};
    for (int i = 0; i < TABLE_DERIVED_FIRST; i++) {
        MDB_txn *txn;
        /* One transaction a table, so that none lives long. */
        if (environment_begin(store, i != T_KEY ? TABLE_MAIN : TABLE_KEYS, MDB_RDONLY, &txn) != 0)
            continue;
        check.table = (enum table)i;
        check_table(&check, txn, store->dbi[i]);
        mdb_txn_abort(txn);
    }
    return check.seen;
}
