/* control_memory.c — memory of the control fold, and finding operations and agencies by id. */
#include "protocol/trust/control_inner.h"

#include <stdlib.h>

enum { ARENA_CHUNK_BYTES = 64 * 1024, TABLE_SIZE_MIN = 64, LIST_ROOM_MIN = 4 };

bool ctl_grow(struct control *c, void **at, uint32_t *room, uint32_t need, size_t size)
{
    uint32_t more = *room < LIST_ROOM_MIN ? LIST_ROOM_MIN : *room;
    void *moved;

    if (need <= *room)
        return true;
    while (more < need)
        more *= 2;
    moved = realloc(*at, (size_t)more * size);
    if (moved == NULL) {
        c->broken = true;
        return false;
    }
    *at = moved;
    *room = more;
    return true;
}

bool ctl_reserve(struct control *c, struct list *list, uint32_t room)
{
    void *at = list->at;
    bool done = ctl_grow(c, &at, &list->room, room, sizeof *list->at);

    list->at = at;
    return done;
}

bool ctl_push(struct control *c, struct list *list, uint32_t value)
{
    if (!ctl_reserve(c, list, list->count + 1))
        return false;
    list->at[list->count++] = value;
    return true;
}

bool ctl_bits_reserve(struct control *c, struct bits *bits, uint32_t words)
{
    uint32_t room = bits->words;
    void *at = bits->at;

    if (!ctl_grow(c, &at, &room, words, sizeof *bits->at))
        return false;
    bits->at = at;
    if (room > bits->words)
        memset(bits->at + bits->words, 0, (room - bits->words) * sizeof *bits->at);
    bits->words = room;
    return true;
}

void ctl_bits_free(struct bits *bits)
{
    free(bits->at);
    *bits = (struct bits){0};
}

void *ctl_take(struct control *c, size_t size)
{
    void *out;

    size = (size + 15) & ~(size_t)15;
    if (size > c->arena_left) {
        size_t room = size > ARENA_CHUNK_BYTES ? size : ARENA_CHUNK_BYTES;
        struct chunk *chunk = calloc(1, 16 + room);

        _Static_assert(sizeof(struct chunk) <= 16, "a chunk's header fits before its bytes");
        if (chunk == NULL) {
            c->broken = true;
            return NULL;
        }
        chunk->next = c->arena;
        c->arena = chunk;
        c->arena_at = (uint8_t *)chunk + 16;
        c->arena_left = room;
    }
    out = c->arena_at;
    c->arena_at += size;
    c->arena_left -= size;
    return out;
}

/* -- lookups ----------------------------------------------------------------------------------------- */
/* Ids are hashes, but nodes and agencies of the tests are names: mix all bytes. */
static uint32_t id_mark(const uint8_t *id)
{
    uint64_t mark = 0x9e3779b97f4a7c15u;

    for (int i = 0; i < 4; i++)
        mark = (mark ^ get_le64(id + 8 * i)) * 0xff51afd7ed558ccdu, mark ^= mark >> 32;
    return (uint32_t)mark;
}

/* The id of entry i of the array that the table indexes. */
static const uint8_t *entry_id(const struct control *c, const struct table *t, uint32_t i)
{
    return t == &c->by_id ? c->nodes[i].id.b : c->agents[i].id.b;
}

static uint32_t table_find(const struct control *c, const struct table *t, const uint8_t *id)
{
    if (t->size == 0)
        return NOWHERE;
    for (uint32_t at = id_mark(id) & (t->size - 1); t->slot[at] != 0; at = (at + 1) & (t->size - 1))
        if (memcmp(entry_id(c, t, t->slot[at] - 1), id, HASH_BYTES) == 0)
            return t->slot[at] - 1;
    return NOWHERE;
}

static void table_put(const struct control *c, struct table *t, uint32_t index)
{
    uint32_t at = id_mark(entry_id(c, t, index)) & (t->size - 1);

    while (t->slot[at] != 0)
        at = (at + 1) & (t->size - 1);
    t->slot[at] = index + 1;
}

/* The table is at most half full. */
bool ctl_table_add(struct control *c, struct table *t, uint32_t index)
{
    if (2 * (index + 1) > t->size) {
        uint32_t size = t->size == 0 ? TABLE_SIZE_MIN : 2 * t->size;
        uint32_t *slot = calloc(size, sizeof *slot);
        if (slot == NULL) {
            c->broken = true;
            return false;
        }
        free(t->slot);
        t->slot = slot;
        t->size = size;
        for (uint32_t i = 0; i < index; i++)
            table_put(c, t, i);
    }
    table_put(c, t, index);
    return true;
}

uint32_t ctl_node(const struct control *c, const struct record_id *id)
{
    return table_find(c, &c->by_id, id->b);
}

uint32_t ctl_agent(const struct control *c, const struct agency_id *id)
{
    return table_find(c, &c->by_agency, id->b);
}
