/* read.c — get and scan.
 *
 * Durable tables are read through one read transaction an environment, opened when first needed, reset at the
 * end of the loop's step and before each commit: a reader that stays open makes the file grow without end.
 * Derived tables are read through their open write transaction, so that they show changes not yet committed.
 */
#include "store/inside.h"

#include <string.h>

static const enum table_environment environments[TABLE_COUNT] = {
#define X(name, environment, what) TABLE_##environment,
    MUSTER_TABLES(X)
#undef X
};

void store_read_end(struct store *store)
{
    for (int i = 0; i < DURABLE_ENVIRONMENTS && !store->scans; i++)
        if (store->reading_live[i]) {
            mdb_txn_reset(store->reading[i]);
            store->reading_live[i] = false;
        }
}

static enum muster_error reading(struct store *store, enum table table, MDB_txn **txn)
{
    enum table_environment which = environments[table];
    if (which == TABLE_DERIVED)
        return derived_transaction(store, txn);
    int rc = 0;
    if (!store->reading_live[which])
        rc = store->reading[which]
                 ? mdb_txn_renew(store->reading[which])
                 : environment_begin(store, which, MDB_RDONLY, &store->reading[which]);
    if (rc)
        return store_error(rc) == MUSTER_EDAMAGED ? MUSTER_EDAMAGED : MUSTER_ESTORE;
    store->reading_live[which] = true;
    *txn = store->reading[which];
    return MUSTER_OK;
}

static enum muster_error value_open(enum table table, struct bytes key, const MDB_val *stored,
                                    struct bytes *value)
{
    if (environments[table] != TABLE_DERIVED)
        return stored_value(table, key, stored, value);
    *value = bytes_of(stored);
    return MUSTER_OK;
}

enum muster_error read_get(void *self, enum table table, struct bytes key, struct bytes *value)
{
    struct store *store = self;
    MDB_txn *txn;
    if ((unsigned)table >= TABLE_COUNT || !key_is_legal(key))
        return MUSTER_EINTERNAL;
    enum muster_error error;
    if (gather_get(store, table, key, &error, value))
        return error;
    error = reading(store, table, &txn);
    if (error)
        return error;
    MDB_val k = val_of(key), v;
    mapped_look(store);
    int rc = mdb_get(txn, store->dbi[table], &k, &v);
    return rc ? store_error(rc) : value_open(table, key, &v, value);
}

/* The smallest key behind all that start with prefix; false if there is none. */
static bool prefix_end(struct bytes prefix, uint8_t out[STORAGE_KEY_MAX], size_t *len)
{
    size_t n = prefix.len;
    while (n && prefix.at[n - 1] == 0xff)
        n--;
    *len = n;
    if (n == 0)
        return false;
    memcpy(out, prefix.at, n);
    out[n - 1]++;
    return true;
}

static int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static bool starts_with(const MDB_val *key, struct bytes prefix)
{
    return key->mv_size >= prefix.len &&
           (prefix.len == 0 || memcmp(key->mv_data, prefix.at, prefix.len) == 0);
}

static int forwards_first(MDB_cursor *cursor, struct bytes prefix, struct bytes from, MDB_val *k, MDB_val *v)
{
    struct bytes first = bytes_compare(from, prefix) > 0 ? from : prefix;
    *k = val_of(first);
    return mdb_cursor_get(cursor, k, v, first.len ? MDB_SET_RANGE : MDB_FIRST);
}

/* The last key that is <= from (if there is a from) and lies before the end of the prefix. */
static int backwards_first(MDB_cursor *cursor, struct bytes prefix, struct bytes from, MDB_val *k, MDB_val *v)
{
    uint8_t end[STORAGE_KEY_MAX];
    size_t end_len;
    bool bounded = prefix_end(prefix, end, &end_len);
    struct bytes limit = {end, end_len};
    bool from_counts = from.len && (!bounded || bytes_compare(from, limit) < 0);
    if (!from_counts && !bounded)
        return mdb_cursor_get(cursor, k, v, MDB_LAST);
    struct bytes target = from_counts ? from : limit;
    *k = val_of(target);
    int rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        return mdb_cursor_get(cursor, k, v, MDB_LAST);
    if (rc || (from_counts && bytes_compare(bytes_of(k), from) == 0))
        return rc;
    return mdb_cursor_get(cursor, k, v, MDB_PREV);
}

enum muster_error read_scan(void *self, enum table table, struct bytes prefix, struct bytes from,
                            bool backwards, storage_visit visit, void *user)
{
    struct store *store = self;
    MDB_txn *txn;
    MDB_cursor *cursor;
    if ((unsigned)table >= TABLE_COUNT || prefix.len > STORAGE_KEY_MAX || from.len > STORAGE_KEY_MAX)
        return MUSTER_EINTERNAL;
    enum muster_error error = gather_before_read(store, table);
    if (!error)
        error = reading(store, table, &txn);
    if (error)
        return error;
    int rc = mdb_cursor_open(txn, store->dbi[table], &cursor);
    if (rc)
        return store_error(rc);
    store->scans++;
    MDB_val k, v;
    mapped_look(store);
    rc = backwards ? backwards_first(cursor, prefix, from, &k, &v)
                   : forwards_first(cursor, prefix, from, &k, &v);
    while (!rc && starts_with(&k, prefix)) {
        struct bytes key = bytes_of(&k), value;
        mapped_step(store, key.at);
        error = value_open(table, key, &v, &value);
        if (error || !visit(user, key, value))
            break;
        rc = mdb_cursor_get(cursor, &k, &v, backwards ? MDB_PREV : MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    store->scans--;
    return error || rc == MDB_NOTFOUND ? error : store_error(rc);
}
