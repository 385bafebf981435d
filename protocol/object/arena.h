/* arena.h — memory for one fold, from a block that the caller gives.
 *
 * Nothing is given back: the caller reuses the whole block once it has read the result.  A fold
 * takes its working space and its lists from the same block. */
#ifndef MUSTER_PROTOCOL_OBJECT_ARENA_H
#define MUSTER_PROTOCOL_OBJECT_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum { ARENA_ALIGN = 16 };

struct object_arena {
    uint8_t *at; /* the caller's block, aligned as malloc aligns */
    size_t size, used;
};

/* count items of size bytes each, zeroed; NULL if the block is full (nothing is used up then).
 * count 0 gives a pointer that must not be read. */
void *object_arena_take(struct object_arena *arena, size_t count, size_t size);
/* The bytes that object_arena_take uses for them. */
size_t object_arena_need(size_t count, size_t size);

#endif
