/* keys.c — one batch over two environments.
 *
 * Keys lie apart from main so that no backup holds them, and LMDB has no transaction over two environments.
 * A batch that changes both goes in three steps:
 *
 *   1. keys: put the new values, and a pending record: the number of the commit of main, what the puts
 * replaced, and the keys still to be deleted
 *   2. main: the commit of that number
 *   3. keys: settle: the number was reached -> delete the keys to be deleted; not reached -> put back what
 * the puts replaced.  Remove the record.
 *
 * A kill between two steps is settled at the next start.  Nothing secret stays longer than until step 3. */
#include "store/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* pending record: number of the commit u64, then for each change
 *   what u8 | key length u16 | value length u32 | key | old value   */
enum pending_what { PENDING_NEW = 1, PENDING_REPLACED = 2, PENDING_DELETE = 3 };
enum { PENDING_HEAD_BYTES = 8, PENDING_ITEM_BYTES = 7 };

static const struct bytes pending_key = {(const uint8_t *)"batch", 5};

static int pending_put(struct store *store, MDB_txn *txn, struct bytes record)
{
    return stored_put(txn, store->pending_dbi, TABLE_PENDING, pending_key, record, 0);
}

/* Describes one change, before it is made; then makes it if it is a put. */
static int pending_change(struct store *store, MDB_txn *txn, const struct change *change, struct writer *w)
{
    MDB_val key = val_of(change->key), stored;
    struct bytes old = {NULL, 0};
    int rc = mdb_get(txn, store->dbi[T_KEY], &key, &stored);
    if (rc && rc != MDB_NOTFOUND)
        return rc;
    enum pending_what what = !change->value.at ? PENDING_DELETE : rc ? PENDING_NEW : PENDING_REPLACED;
    if (what == PENDING_REPLACED && stored_value(T_KEY, change->key, &stored, &old) != MUSTER_OK)
        what = PENDING_NEW; /* what was damaged need not come back */
    writer_u8(w, (uint8_t)what);
    writer_u16(w, (uint16_t)change->key.len);
    writer_u32(w, (uint32_t)old.len);
    writer_put(w, change->key.at, change->key.len);
    if (old.len)
        writer_put(w, old.at, old.len);
    if (w->failed)
        return MDB_BAD_VALSIZE;
    return what == PENDING_DELETE ? 0 : change_apply(store, txn, change);
}

/* An upper bound for the record: old values are as long as they are. */
static size_t pending_size(struct store *store, MDB_txn *txn, const struct change *changes, size_t count)
{
    size_t size = PENDING_HEAD_BYTES;
    for (size_t i = 0; i < count; i++) {
        MDB_val key = val_of(changes[i].key), stored;
        if (changes[i].table != T_KEY)
            continue;
        size += PENDING_ITEM_BYTES + changes[i].key.len + changes[i].value.len;
        if (mdb_get(txn, store->dbi[T_KEY], &key, &stored) == 0)
            size += stored.mv_size;
    }
    return size;
}

/* Of several changes of one key in a batch only the last is made, so that a record has one item a key. */
static bool key_changes_again(const struct change *changes, size_t count, size_t i)
{
    struct bytes key = changes[i].key;
    for (size_t j = i + 1; j < count; j++)
        if (changes[j].table == T_KEY && changes[j].key.len == key.len &&
            memcmp(changes[j].key.at, key.at, key.len) == 0)
            return true;
    return false;
}

enum muster_error keys_prepare(struct store *store, const struct change *changes, size_t count,
                               uint64_t number)
{
    MDB_txn *txn;
    enum muster_error error = keys_settle(store);
    if (error)
        return error;
    int rc = environment_begin(store, TABLE_KEYS, 0, &txn);
    if (rc)
        return store_error_at(store, rc);
    size_t size = pending_size(store, txn, changes, count);
    uint8_t *record = malloc(size);
    struct writer w = writer_over(record, record ? size : 0);
    writer_u64(&w, number);
    rc = record ? 0 : ENOMEM;
    for (size_t i = 0; i < count && !rc; i++)
        if (changes[i].table == T_KEY && !key_changes_again(changes, count, i))
            rc = pending_change(store, txn, &changes[i], &w);
    if (!rc)
        rc = pending_put(store, txn, (struct bytes){record, writer_len(&w)});
    if (!rc)
        rc = mdb_txn_commit(txn);
    else
        mdb_txn_abort(txn);
    if (record)
        explicit_bzero(record, size); /* old keys were in it */
    free(record);
    store->pending_known_empty = false;
    return store_error_at(store, rc);
}

/* Does or undoes what one item says. */
static int pending_item(struct store *store, MDB_txn *txn, struct cursor *c, bool happened)
{
    uint8_t what = cursor_u8(c);
    size_t key_len = cursor_u16(c), value_len = cursor_u32(c);
    struct bytes key = {cursor_take(c, key_len), key_len}, value = {cursor_take(c, value_len), value_len};
    if (c->failed || !key_is_legal(key))
        return MDB_CORRUPTED;
    bool remove = happened ? what == PENDING_DELETE : what == PENDING_NEW;
    bool put_back = !happened && what == PENDING_REPLACED;
    if (!remove && !put_back)
        return 0;
    return change_apply(store, txn,
                        &(struct change){
                            T_KEY, key, put_back ? value : (struct bytes){NULL, 0}
    });
}

static int pending_settle(struct store *store, MDB_txn *txn, struct bytes record)
{
    struct cursor c = cursor_over(record.at, record.len);
    bool happened = cursor_u64(&c) <= store->commits;
    int rc = 0;
    while (cursor_left(&c) && !rc)
        rc = pending_item(store, txn, &c, happened);
    return rc;
}

enum muster_error keys_settle(struct store *store)
{
    MDB_txn *txn;
    MDB_val key = val_of(pending_key), stored;
    struct bytes record;
    if (store->pending_known_empty)
        return MUSTER_OK;
    int rc = environment_begin(store, TABLE_KEYS, 0, &txn);
    if (rc)
        return store_error_at(store, rc);
    uint8_t *copy = NULL;
    rc = mdb_get(txn, store->pending_dbi, &key, &stored);
    if (rc == MDB_NOTFOUND) {
        mdb_txn_abort(txn);
        store->pending_known_empty = true;
        return MUSTER_OK;
    }
    if (!rc && stored_value(TABLE_PENDING, pending_key, &stored, &record) != MUSTER_OK)
        rc = MDB_CORRUPTED;
    /* A copy, since changing the table may move the bytes that LMDB lends. */
    if (!rc && !(copy = malloc(record.len + 1)))
        rc = ENOMEM;
    if (!rc) {
        memcpy(copy, record.at, record.len);
        rc = pending_settle(store, txn, (struct bytes){copy, record.len});
    }
    if (!rc)
        rc = mdb_del(txn, store->pending_dbi, &key, NULL);
    if (!rc)
        rc = mdb_txn_commit(txn);
    else
        mdb_txn_abort(txn);
    if (copy)
        explicit_bzero(copy, record.len);
    free(copy);
    store->pending_known_empty = !rc;
    return store_error_at(store, rc);
}

enum muster_error keys_commit_alone(struct store *store, const struct change *changes, size_t count)
{
    MDB_txn *txn;
    enum muster_error error = keys_settle(store);
    if (error)
        return error;
    int rc = environment_begin(store, TABLE_KEYS, 0, &txn);
    if (rc)
        return store_error_at(store, rc);
    for (size_t i = 0; i < count && !rc; i++)
        rc = change_apply(store, txn, &changes[i]);
    if (!rc)
        rc = mdb_txn_commit(txn);
    else
        mdb_txn_abort(txn);
    return store_error_at(store, rc);
}
