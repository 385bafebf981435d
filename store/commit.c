/* commit.c — a batch of changes as one durable transaction (RULES I1). */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    DISK_ASK_MS = 1000,    /* how old the known free space may be */
    GUARD_WRITE_MS = 1000, /* RULES I2: once a second while writing */
    READERS_CHECK_MS = 60 * 1000
};

static const struct bytes counter_key = {(const uint8_t *)"commits", 7};

int change_apply(struct store *store, MDB_txn *txn, const struct change *change)
{
    MDB_val key = val_of(change->key);
    MDB_dbi dbi = store->dbi[change->table];
    if (!change->value.at) {
        int rc = mdb_del(txn, dbi, &key, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc;
    }
    bool rising = change->table == T_SEGMENT || change->table == T_AUDIT;
    if (!rising)
        mapped_look(store); /* the page that is copied */
    if (!rising)
        return stored_put(txn, dbi, change->table, change->key, change->value, 0);
    /* At the end of the tree pages are filled instead of split; refused at once for any other key. */
    int rc = stored_put(txn, dbi, change->table, change->key, change->value, MDB_APPEND);
    return rc == MDB_KEYEXIST ? stored_put(txn, dbi, change->table, change->key, change->value, 0) : rc;
}

enum muster_error counter_read(struct store *store, uint64_t *commits)
{
    MDB_txn *txn;
    MDB_val key = val_of(counter_key), v;
    *commits = 0;
    int rc = environment_begin(store, TABLE_MAIN, MDB_RDONLY, &txn);
    if (rc)
        return store_error(rc);
    rc = mdb_get(txn, store->counter_dbi, &key, &v);
    enum muster_error error = rc == MDB_NOTFOUND ? MUSTER_OK : store_error(rc);
    if (!rc) {
        struct bytes value;
        error = stored_value(TABLE_COUNTER, counter_key, &v, &value);
        if (!error && value.len != sizeof *commits)
            error = MUSTER_EDAMAGED;
        if (!error)
            *commits = get_be64(value.at);
    }
    mdb_txn_abort(txn);
    return error;
}

int counter_put(struct store *store, MDB_txn *txn, uint64_t number)
{
    uint8_t counter[sizeof number];
    put_be64(counter, number);
    return stored_put(txn, store->counter_dbi, TABLE_COUNTER, counter_key, (struct bytes){counter, sizeof counter}, 0);
}

/* Of two of one key the later one comes behind. */
static int by_key(const void *a, const void *b)
{
    const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;
    size_t shared = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = memcmp(x->key.at, y->key.at, shared);
    if (!order && x->key.len != y->key.len)
        order = x->key.len < y->key.len ? -1 : 1;
    return order ? order : x < y ? -1 : x > y;
}

/* Keys of T_ONCE are hashes: put in their order, each page of the table is looked at once and then left. */
static int changes_apply(struct store *store, MDB_txn *txn, const struct change *changes, size_t count)
{
    const struct change **once = malloc((count ? count : 1) * sizeof *once); /* NULL: in any order */
    size_t onces = 0;
    int rc = 0;
    for (size_t i = 0; i < count && !rc; i++) {
        if (once && changes[i].table == T_ONCE)
            once[onces++] = &changes[i];
        else if (changes[i].table != T_KEY)
            rc = change_apply(store, txn, &changes[i]);
    }
    if (onces)
        qsort(once, onces, sizeof *once, by_key);
    for (size_t i = 0; i < onces && !rc; i++)
        rc = change_apply(store, txn, once[i]);
    free(once);
    return rc;
}

enum muster_error main_commit(struct store *store, const struct change *changes, size_t count,
                              uint64_t number)
{
    MDB_txn *txn;
    int rc = environment_begin(store, TABLE_MAIN, 0, &txn);
    if (rc)
        return store_error_at(store, rc);
    rc = changes_apply(store, txn, changes, count);
    if (!rc)
        rc = counter_put(store, txn, number);
    if (!rc)
        rc = mdb_txn_commit(txn); /* frees the transaction whatever it returns */
    else
        mdb_txn_abort(txn);
    if (rc)
        return store_error_at(store, rc);
    store->commits = number;
    changes_note(store, TABLE_MAIN, count);
    spool_add(store, changes, count);
    return MUSTER_OK;
}

static bool reserve_touched(struct store *store)
{
    if (monotonic_ms() - store->disk_asked_ms >= DISK_ASK_MS)
        disk_free_now(store);
    return store->disk_free < store->reserve_bytes;
}

static enum muster_error changes_judge(const struct change *changes, size_t count, bool *main, bool *keys)
{
    *main = *keys = false;
    for (size_t i = 0; i < count; i++) {
        const struct change *c = &changes[i];
        if ((unsigned)c->table >= TABLE_DERIVED_FIRST || !key_is_legal(c->key) ||
            c->value.len > STORE_VALUE_MAX)
            return MUSTER_EINTERNAL;
        *(c->table == T_KEY ? keys : main) = true;
    }
    return MUSTER_OK;
}

/* What is due now and then; none of it can fail the commit that has just become durable. */
static void commit_after(struct store *store)
{
    int64_t now = monotonic_ms();
    if (now - store->guard_written_ms >= GUARD_WRITE_MS) {
        store->guard.commits = store->commits;
        store->guard_written_ms = now;
        if (guard_write(store, false) != MUSTER_OK)
            store->guard_written_ms -= GUARD_WRITE_MS; /* again with the next commit */
    }
    if (now - store->readers_checked_ms >= READERS_CHECK_MS) {
        store->readers_checked_ms = now;
        for (int i = 0; i < ENVIRONMENTS; i++) {
            int dead = 0;
            mdb_reader_check(store->env[i], &dead);
            store->stale_readers += (uint64_t)dead;
        }
    }
}

enum muster_error store_commit(struct store *store, const struct change *changes, size_t count, bool bulk)
{
    bool main, keys;
    enum muster_error error = changes_judge(changes, count, &main, &keys);
    if (error || store->scans)
        return MUSTER_EINTERNAL;
    if (count == 0)
        return MUSTER_OK;
    if (bulk && reserve_touched(store))
        return MUSTER_EFULL;
    store_read_end(store);
    uint64_t number = store->commits + 1;
    if (keys && !main)
        error = keys_commit_alone(store, changes, count);
    else if (!keys) {
        error = keys_settle(store); /* a batch not yet taken back must not meet its own number in main */
        if (!error)
            error = main_commit(store, changes, count, number);
    } else {
        error = keys_prepare(store, changes, count, number);
        if (!error)
            error = main_commit(store, changes, count, number);
        /* Takes the keys back if main failed.  If even that finds no room it is tried again before the next
         * commit and at the next start; until then keys without a use lie in the table, which harms nothing.
         */
        enum muster_error settled = keys_settle(store);
        (void)settled;
    }
    if (!error) {
        store->changes += count;
        commit_after(store);
    }
    return error;
}
