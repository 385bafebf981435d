/* look.h — one object as a whole: its records as they are stored, and what they add up to.
 *
 * Records of its quantities are not among them (quantity.h).  For whoever folds an object again, judges a next step, or shows its history.  The bodies stay where they are:
 * core_record_open reads one by its arrival number and index. */
#ifndef MUSTER_PROTOCOL_OBJECT_LOOK_H
#define MUSTER_PROTOCOL_OBJECT_LOOK_H

#include "protocol/object/fold.h"

enum { LOOK_ASSIGNED_MAX = 64 }; /* reassignments of one object that are looked at (SPEC 11) */

struct object_held {
    uint64_t arrival; /* of its segment */
    uint16_t index;   /* in it */
    struct record_header header;
};

struct object_look {
    size_t count;
    struct object_record *records;
    struct object_held *held; /* of records[i] */
    struct object_state state;
    void *memory; /* of the state */
};

/* Frees what a look holds; *look may be zeroes. */
void object_look_free(struct object_look *look);

#endif
