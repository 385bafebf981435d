#include "protocol/object/arena.h"

#include <string.h>

size_t object_arena_need(size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - ARENA_ALIGN) / size)
        return SIZE_MAX;
    return (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

void *object_arena_take(struct object_arena *arena, size_t count, size_t size)
{
    size_t need = object_arena_need(count, size);
    if (need > arena->size - arena->used)
        return NULL;
    uint8_t *taken = arena->at + arena->used;
    if (need)
        memset(taken, 0, need);
    arena->used += need;
    return taken;
}
