/* note.h — a record of a quantity as T_QUANTITY keeps it; for quantity*.c and apply.c alone. */
#ifndef MUSTER_PROTOCOL_OBJECT_NOTE_H
#define MUSTER_PROTOCOL_OBJECT_NOTE_H

#include "protocol/object/quantity.h"

enum note_reading {
    NOTE_READ,
    NOTE_WAITS, /* its key is not here yet: nothing behind it in its log counts for the object (Q3) */
    NOTE_BROKEN /* its body is no quantity's: void */
};

enum { NOTE_BYTES_MAX = 1 + 1 + 4 + 8 + 8 + HASH_BYTES + 8 + 3 * HASH_BYTES + OBJECT_ID_BYTES + 1 +
                        REFS_MAX * (HASH_BYTES + 8) };

struct quantity_note {
    uint64_t arrival;
    uint16_t index;
    uint8_t op, reading, from_count;
    uint32_t log;
    uint64_t position, hlc, units;
    struct record_id id;
    struct hash about, term;
    struct log_id to;
    struct object_id for_what;
    struct escrow_units from[REFS_MAX];
};

/* From a pair of T_QUANTITY; false if it is no such pair. */
bool quantity_note_read(struct quantity_note *out, struct bytes key, struct bytes value);
/* Notes the quantities of a segment that is not folded: it waits for a key, or a fork or a limit keeps it out. */
void quantity_note_waiting(struct core *core, struct log *log, uint64_t arrival, struct bytes item);

#endif
