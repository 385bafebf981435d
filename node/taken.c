#include "node/taken.h"

#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

struct hash taken_id(struct bytes file)
{
    uint8_t len[8];
    put_le64(len, file.len);
    return crypto_hash2("muster/1/bundle-taken", len, sizeof(len), file.at, file.len < TAKEN_HEAD_BYTES ? file.len : TAKEN_HEAD_BYTES);
}

void taken_add(struct taken_list *taken, const struct hash *id, const struct agency_id *agency)
{
    if (taken_find(taken, id))
        return;
    if (!taken->rows)
        taken->rows = calloc(TAKEN_MAX, sizeof(*taken->rows));
    if (taken->rows)
        taken->rows[taken->count++ % TAKEN_MAX] = (struct taken_row){*id, *agency};
}

const struct taken_row *taken_find(const struct taken_list *taken, const struct hash *id)
{
    for (size_t i = 0; i < TAKEN_MAX && i < taken->count; i++)
        if (memcmp(taken->rows[i].id.b, id->b, HASH_BYTES) == 0)
            return &taken->rows[i];
    return NULL;
}

void taken_free(struct taken_list *taken)
{
    free(taken->rows);
    *taken = (struct taken_list){.rows = NULL};
}
