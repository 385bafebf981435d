/* state.h — the stored state of an object: what people see, in a form that is equal on equal nodes.
 *
 *   state = canonical || local
 *   canonical = version 1 || kind 2 || flags 2 || owner 32 || term 32 || created 8 || changed 8 || revision 4
 *               || head count 1 || heads 32 each, ascending || conflict mask 8 || erased mask 8
 *               || view length 4 || view (msgpack map {field: value}, ascending field numbers)
 *   local     = log number 4 || sequence 8 (of the last change, for the fast path) || simple 1
 *               || feed numbers 8 + 8 (of its newest change and newest erasure, feed.h) || erased records 4, unless all are 0
 *                  and nothing follows || length 4 || the view with the state that counts, if another was written (sound.h)
 *
 * Evidence is not kept in the view but named by its size: {1: media type, 3: bytes}; the record that set it
 * has it. */
#ifndef MUSTER_PROTOCOL_OBJECT_STATE_H
#define MUSTER_PROTOCOL_OBJECT_STATE_H

#include "base/bytes.h"
#include "base/ids.h"

enum object_flags {
    OBJECT_SIMPLE = 1 << 0, /* one log wrote it all, one head: a later update of that log just goes on top */
    OBJECT_CONFLICT = 1 << 1, /* concurrent heads */
    OBJECT_RETRACTED = 1 << 2,
    OBJECT_PROPOSALS = 1 << 3, /* an open proposal waits for the owner */
    OBJECT_ORPHAN = 1 << 4,    /* records are here, the create that starts it is not */
    OBJECT_JOINT = 1 << 5,
    OBJECT_LATE = 1 << 6, /* late or disputed records are listed beside it */
    OBJECT_DISPUTED = 1 << 7,
    OBJECT_SUPERSEDED = 1 << 8, /* a head says that another object takes its place */
    OBJECT_OFFERED = 1 << 9     /* command of it is offered, and nobody has answered */
};
/* Of so many bytes 64 values fit a view. */
enum { OBJECT_TIGHT_VALUE_MAX = 7 * 1024 };
enum { OBJECT_HEADS_MAX = 64, OBJECT_STATE_MAX = 256 * 1024 };

struct object_stored {
    uint16_t kind, flags;
    struct agency_id owner;
    struct hash term;
    uint64_t created, changed; /* HLC of the create; the greatest of what counts */
    uint32_t revision;         /* content records that count */
    uint8_t head_count;
    struct record_id heads[OBJECT_HEADS_MAX];
    uint64_t conflict_mask; /* fields that concurrent records set: the value shown is provisional */
    uint64_t erased_mask;   /* fields whose value was erased */
    struct bytes view;      /* borrowed; its state is the one that counts */
    struct bytes written;   /* the canonical view, if a step that does not count has set another state; NULL: `view` is it */
    uint32_t log;           /* local */
    uint64_t sequence;      /* local */
    bool simple;            /* local */
    uint64_t feed_put, feed_erased; /* local: its entries in T_FEED, 0 for none */
    uint32_t erased_records;        /* local: how many of its records are erased */
    size_t canonical_len;
};

/* Has a step that does not count set the state last (SPEC S7.1.7)? */
bool object_stored_unsound(const struct object_stored *state);
/* out of `size` bytes; 0 when it does not fit. */
size_t object_stored_write(uint8_t *out, size_t size, const struct object_stored *state);
/* Does it fit so many bytes, whatever feed numbers it is given? */
bool object_stored_fits(const struct object_stored *state, size_t size);
MUST_USE enum muster_error object_stored_read(struct object_stored *out, struct bytes value);

/* The view after a change: of `under` the fields that are not in `mask`, of `over` those that are, as the record header
 * says (a field that the header names and the body lacks is shown as never set).  nil is kept (a cleared field was set).
 * Evidence (a map with key 2) is replaced by its size.  out of `size` bytes; 0 when it does not fit. */
size_t object_view_merge(uint8_t *out, size_t size, struct bytes under, struct bytes over, uint64_t mask);
/* The same for views that are too large: a value of more than value_max bytes is named by its size, as evidence is. */
size_t object_view_merge_tight(uint8_t *out, size_t size, struct bytes under, struct bytes over, uint64_t mask,
                               size_t value_max);

#endif
