#include "protocol/object/quantity_room.h"

#include <stdlib.h>

enum { ENTRIES_MAX = 4 * ESCROW_RECORDS_MAX };

static int by_rank(const void *a, const void *b)
{
    const struct quantity_entry *x = a, *y = b;
    int order = agency_id_cmp(x->by, y->by);
    if (!order && x->place != y->place)
        order = x->place < y->place ? -1 : 1;
    return order ? order : log_id_cmp(x->log_id, y->log_id);
}

static void limit(struct quantity_room *room, uint32_t log, uint64_t place)
{
    size_t i = 0;
    while (i < room->limit_count && room->limits[i].log != log)
        i++;
    if (i < room->limit_count) {
        if (place < room->limits[i].place)
            room->limits[i].place = place;
        return;
    }
    if (room->limit_count == room->limit_size) {
        size_t size = room->limit_size ? room->limit_size * 2 : 16;
        struct quantity_limit *bigger = realloc(room->limits, size * sizeof(*bigger));
        room->failed |= !bigger;
        if (!bigger)
            return;
        room->limits = bigger;
        room->limit_size = size;
    }
    room->limits[room->limit_count++] = (struct quantity_limit){log, place};
}

/* Of each agency the first stay.  What goes never comes back: more records only push further. */
static void cut(struct quantity_room *room)
{
    size_t kept = 0, of = 0;
    qsort(room->at, room->count, sizeof(*room->at), by_rank);
    for (size_t i = 0; i < room->count; i++) {
        of = i && agency_id_eq(room->at[i].by, room->at[i - 1].by) ? of + 1 : 0;
        if (of < QUANTITY_ROOM)
            room->at[kept++] = room->at[i];
        else
            limit(room, room->at[i].log, room->at[i].place);
    }
    room->count = kept;
    room->full = kept > ESCROW_RECORDS_MAX;
}

void quantity_room_add(struct quantity_room *room, const struct quantity_entry *entry)
{
    if (room->full || room->failed)
        return;
    if (room->count == room->size && room->size == ENTRIES_MAX)
        cut(room);
    else if (room->count == room->size) {
        size_t size = room->size ? room->size * 2 : 64;
        struct quantity_entry *bigger = realloc(room->at, size * sizeof(*bigger));
        room->failed |= !bigger;
        if (!bigger)
            return;
        room->at = bigger;
        room->size = size;
    }
    if (!room->full)
        room->at[room->count++] = *entry;
}

void quantity_room_close(struct quantity_room *room)
{
    if (room->count > QUANTITY_ROOM)
        cut(room);
}

uint64_t quantity_room_limit(const struct quantity_room *room, uint32_t log)
{
    for (size_t i = 0; i < room->limit_count; i++)
        if (room->limits[i].log == log)
            return room->limits[i].place;
    return UINT64_MAX;
}

size_t quantity_room_of(const struct quantity_room *room, const struct agency_id *agency)
{
    size_t count = 0;
    for (size_t i = 0; i < room->count; i++)
        count += agency_id_eq(room->at[i].by, agency);
    return count;
}

void quantity_room_free(struct quantity_room *room)
{
    free(room->at);
    free(room->limits);
    *room = (struct quantity_room){.count = 0};
}
