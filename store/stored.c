/* stored.c — a value of main or keys as it lies on disk: the value, then 8 bytes of a hash over table,
 * key and value.
 *
 * LMDB has no checksums: a flipped bit would come back as a fact.  With table and key inside the hash a
 * value that turns up under another key is damage too. */
#include "store/inside.h"

#include "crypto/crypto.h"

#include <string.h>

struct bytes bytes_of(const MDB_val *v)
{
    return (struct bytes){.at = v->mv_data, .len = v->mv_size};
}

MDB_val val_of(struct bytes b)
{
    /* LMDB takes a plain pointer for what it only reads. */
    union {
        const uint8_t *in;
        void *out;
    } pointer = {.in = b.at};
    return (MDB_val){.mv_size = b.len, .mv_data = pointer.out};
}

bool key_is_legal(struct bytes key)
{
    return key.at && key.len >= 1 && key.len <= STORAGE_KEY_MAX;
}

static struct hash stored_hash(unsigned table, struct bytes key, struct bytes value)
{
    uint8_t head[2] = {(uint8_t)table, (uint8_t)key.len};
    struct bytes parts[] = {
        {head, sizeof head},
        key, value
    };
    return crypto_hash_parts("muster/1/stored", parts, ARRAY_LEN(parts));
}

int stored_put(MDB_txn *txn, MDB_dbi dbi, unsigned table, struct bytes key, struct bytes value,
               unsigned flags)
{
    MDB_val k = val_of(key), v = {.mv_size = value.len + STORED_HASH_BYTES};
    struct hash hash = stored_hash(table, key, value);
    int rc = mdb_put(txn, dbi, &k, &v, flags | MDB_RESERVE);
    if (rc)
        return rc;
    if (value.len)
        memcpy(v.mv_data, value.at, value.len);
    memcpy((uint8_t *)v.mv_data + value.len, hash.b, STORED_HASH_BYTES);
    return 0;
}

enum muster_error stored_value(unsigned table, struct bytes key, const MDB_val *stored, struct bytes *value)
{
    if (stored->mv_size < STORED_HASH_BYTES)
        return MUSTER_EDAMAGED;
    struct bytes inner = {.at = stored->mv_data, .len = stored->mv_size - STORED_HASH_BYTES};
    struct hash hash = stored_hash(table, key, inner);
    if (memcmp(hash.b, inner.at + inner.len, STORED_HASH_BYTES) != 0)
        return MUSTER_EDAMAGED;
    *value = inner;
    return MUSTER_OK;
}
