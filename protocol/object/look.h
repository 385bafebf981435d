/* look.h — one object as a whole: its records as they are stored, and what they add up to.
 *
 * Records of its quantities are not among them (quantity.h).  For whoever folds an object again, judges a next step, or shows its history.  The bodies stay where they are:
 * core_record_open reads one by its arrival number and index. */
#ifndef MUSTER_PROTOCOL_OBJECT_LOOK_H
#define MUSTER_PROTOCOL_OBJECT_LOOK_H

#include "protocol/object/fold.h"

enum {
    LOOK_ASSIGNED_MAX = OBJECT_ASSIGNED_MAX, /* reassignments of one object that are looked at: the first by id */
    LOOK_WAITING_SEGMENTS = 1024 /* segments in which records that stand in no view are looked for */
};

struct object_held {
    uint64_t arrival; /* of its segment */
    uint16_t index;   /* in it */
    uint64_t position; /* of the segment in its log */
    struct record_header header;
};

struct object_look {
    size_t count;
    struct object_record *records;
    struct object_held *held; /* of records[i] */
    struct object_state state;
    void *memory; /* of the state */
    bool opened;  /* bodies were opened to weigh values that conflict: what was open before is no more */
};

/* A record that is held and stands in no view yet. */
enum waiting_why {
    WAITING_DISPUTE, /* its log is forked there, and no cut settles it (RULES L6) */
    WAITING_LIMIT,   /* beyond what control lets count: quarantined (RULES D3) */
    WAITING_KEY      /* the key of its epoch is not here */
};

struct waiting_record {
    uint64_t arrival;
    uint16_t index;
    struct record_header header;
    struct record_id id;
    struct log_id log;
    struct agency_id by;
    enum waiting_why why;
};

/* Frees what a look holds; *look may be zeroes. */
void object_look_free(struct object_look *look);

#endif
