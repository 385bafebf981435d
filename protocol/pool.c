#include "protocol/core_inner.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 256 * 1024 };

struct pool_chunk {
    struct pool_chunk *next;
    size_t used, size;
    _Alignas(16) uint8_t bytes[];
};

void *pool_take(struct pool *pool, size_t len)
{
    size_t need = (len + 15) & ~(size_t)15;
    struct pool_chunk *chunk = pool->chunks;
    if (pool->bound && pool->used + need > pool->bound)
        return NULL;
    if (!chunk || chunk->size - chunk->used < need) {
        size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;
        chunk = malloc(sizeof(*chunk) + size);
        if (!chunk)
            return NULL;
        *chunk = (struct pool_chunk){.next = pool->chunks, .size = size};
        pool->chunks = chunk;
    }
    void *taken = chunk->bytes + chunk->used;
    chunk->used += need;
    pool->used += need;
    return taken;
}

void *pool_copy(struct pool *pool, const void *bytes, size_t len)
{
    void *to = pool_take(pool, len ? len : 1);
    if (to && len)
        memcpy(to, bytes, len);
    return to;
}

void pool_reset(struct pool *pool)
{
    struct pool_chunk *keep = NULL;
    for (struct pool_chunk *c = pool->chunks, *next; c; c = next) {
        next = c->next;
        if (!keep && c->size == CHUNK_BYTES)
            keep = c;
        else
            free(c);
    }
    if (keep) {
        keep->next = NULL;
        keep->used = 0;
    }
    pool->chunks = keep;
    pool->used = 0;
}

void pool_free(struct pool *pool)
{
    for (struct pool_chunk *c = pool->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *pool = (struct pool){.bound = pool->bound};
}
