/* quantity_room.h — how many records of one object's quantities each agency has room for (SPEC S7.4.13).
 *
 * Whoever may write can write quantity records about any object, void ones too.  So that nobody uses up the room of those who hold
 * the rights, an agency's own room is fixed: what lies behind it in its logs waits, as behind a hole (RULES Q3), whatever others do. */
#ifndef MUSTER_PROTOCOL_OBJECT_QUANTITY_ROOM_H
#define MUSTER_PROTOCOL_OBJECT_QUANTITY_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"
#include "protocol/object/escrow.h"

enum { QUANTITY_ROOM = ESCROW_RECORDS_MAX / 4 }; /* records of an agency */

/* One record: where it stands. */
struct quantity_entry {
    const struct agency_id *by;
    const struct log_id *log_id; /* orders records of one place in several logs of an agency */
    uint32_t log;
    uint64_t place; /* position * 256 + index: it grows along a log */
};

/* The first place of a log that has no room any more. */
struct quantity_limit {
    uint32_t log;
    uint64_t place;
};

struct quantity_room {
    struct quantity_entry *at;
    size_t count, size;
    struct quantity_limit *limits; /* by log */
    size_t limit_count, limit_size;
    bool failed; /* no memory */
    bool full;   /* more than ESCROW_RECORDS_MAX have room: too many agencies at once */
};

/* Counts one record; any order. */
void quantity_room_add(struct quantity_room *room, const struct quantity_entry *entry);
/* After the last: limits stand. */
void quantity_room_close(struct quantity_room *room);
/* UINT64_MAX without a limit. */
uint64_t quantity_room_limit(const struct quantity_room *room, uint32_t log);
/* How many of that agency have room. */
size_t quantity_room_of(const struct quantity_room *room, const struct agency_id *agency);
void quantity_room_free(struct quantity_room *room);

#endif
