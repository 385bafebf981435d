/* escrow_inner.h — what the two passes of escrow.c and units.c share; for no other file. */
#ifndef MUSTER_PROTOCOL_OBJECT_ESCROW_INNER_H
#define MUSTER_PROTOCOL_OBJECT_ESCROW_INNER_H

#include "protocol/object/escrow.h"
#include "protocol/object/past.h"

enum stand { STAND_PENDING, STAND_FIRM, STAND_DISPUTED, STAND_CUT_OFF };

struct right { /* of each record; held is false if it made none */
    bool held;
    bool tainted; /* a spend of it by its holder waits: later ones wait with it (Q3) */
    const struct log_id *holder, *giver;
    const struct object_id *object;
    uint64_t units, left;
    struct escrow_parts origin, rest;
};

struct escrow {
    const struct escrow_input *input;
    const struct escrow_record *records;
    uint32_t count;
    struct past past;
    uint8_t *stands;                 /* enum stand of each record */
    uint32_t *first;                 /* where a record's entries start in the arrays by entry */
    uint32_t *named;                 /* by entry of `from`: the record of the right, or OBJECT_NONE */
    struct escrow_parts *taken;      /* by entry: what was drawn for it */
    struct right *rights;            /* by record */
    struct escrow_judgement *judged; /* by record */
    struct object_arena *arena;
};

/* The log, or NULL. */
const struct escrow_log *escrow_log_find(const struct escrow_input *input, const struct log_id *id);

/* Pass 2: what every unit of every right is, once all records are judged. */
MUST_USE enum muster_error escrow_draw(struct escrow *e);
/* Bytes of arena that escrow_draw needs at most, for so many entries in all. */
size_t escrow_draw_bytes(size_t count, size_t entries);

#endif
