/* summary.h — an object's state as a store keeps it: compact, with a short way for the usual write.
 *
 * Most objects are written by one log of their owner, one change after the other.  For those,
 * object_append gives the next summary without the earlier records; for all else it declines and
 * the caller folds again.  Both ways give the same bytes. */
#ifndef MUSTER_PROTOCOL_OBJECT_SUMMARY_H
#define MUSTER_PROTOCOL_OBJECT_SUMMARY_H

#include "base/bytes.h"
#include "protocol/object/fold.h"

enum {
    SUMMARY_VERSION = 1,
    SUMMARY_HEADS_MAX = 16,
    LOCATOR_BYTES = 16,
    SUMMARY_BYTES_MAX = 1 + 2 + 3 * HASH_BYTES + 8 + 1 + SUMMARY_HEADS_MAX * HASH_BYTES + 3 * 8 +
                        OBJECT_FIELDS * LOCATOR_BYTES
};

/* Where the store finds a record; opaque here. */
struct locator {
    uint8_t b[LOCATOR_BYTES];
};

/* Bits of object_summary.flags; append, never renumber: they are stored. */
enum {
    SUMMARY_EXISTS = 1,
    SUMMARY_JOINT = 2,
    SUMMARY_CONFLICT = 4, /* more than one head */
    SUMMARY_RETRACTED = 8,
    SUMMARY_HEADS_MANY = 16, /* more heads than are listed: fold to see them */
    SUMMARY_PLAIN = 32,      /* all held records are live content of one log in the first term */
    SUMMARY_OPEN = 64,       /* a proposal waits for an answer */
    SUMMARY_LATE = 128,      /* late records are listed beside it */
    SUMMARY_DISPUTED = 256,
    SUMMARY_HELD = 512,
    SUMMARY_FLAGS_ALL = 1023
};

struct object_summary {
    uint16_t flags;
    struct agency_id owner;
    struct hash term;
    struct log_id log; /* the one log, if plain; else zeroes */
    uint64_t last_seq; /* its newest record of the object, if plain; else 0 */
    uint8_t heads_count;
    struct record_id heads[SUMMARY_HEADS_MAX]; /* the first by id */
    uint64_t set, erased,
        several; /* bit f: field f was set; what it shows is erased; several records set it */
    struct locator fields[OBJECT_FIELDS]; /* of the provisional record of each set field; else zeroes */
};

/* The summary of a folded state.  locators[i] belongs to input->records[i]. */
void object_summary_make(struct object_summary *out, const struct object_state *state,
                         const struct object_input *input, const struct locator *locators);

/* Adds one record that was not in the fold.
 * returns true: *summary is now what folding all records would give (an update, resolve, supersede
 *         or retract by the one log of a plain object, live, in the same term, newest of its log);
 *         false: *summary is untouched, fold again.
 * Only right while no control decision about the object or its log has changed since. */
MUST_USE bool object_append(struct object_summary *summary, const struct object_record *record,
                            const struct locator *at);

/* Stored form: writes at most SUMMARY_BYTES_MAX bytes; the writer remembers overflow. */
void object_summary_write(struct writer *w, const struct object_summary *summary);
/* MUSTER_OK, ETRUNCATED, ETRAILING, EVERSION or EBADVALUE; *out is untouched on error.  Reads only
 * what object_summary_write could have written, so that equal states are equal bytes. */
MUST_USE enum muster_error object_summary_read(struct object_summary *out, const uint8_t *bytes, size_t len);

#endif
