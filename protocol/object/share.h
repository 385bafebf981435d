/* share.h — which records of an object are folded when there are more than a fold takes (SPEC S7.1.8).
 *
 * Everybody who may write can write about any object, and most of what a stranger writes is void: it must not use up the room of
 * those whose object it is, and what is left out must be the same on every node.  So the room is shared by agency: the one that
 * created the object has three quarters of it and what the others leave; they have a quarter, and what it leaves, each as much. */
#ifndef MUSTER_PROTOCOL_OBJECT_SHARE_H
#define MUSTER_PROTOCOL_OBJECT_SHARE_H

#include "protocol/object/record.h"

enum { SHARE_CREATOR = OBJECT_RECORDS_MAX / 4 * 3 };

struct share_entry {
    const struct agency_id *by;
    const struct log_id *log;
    uint64_t sequence;
    uint64_t arrival; /* the caller's, as is index */
    uint16_t index;
    bool root;        /* a create whose id is the object's (S4.1.3): it comes first */
};

/* Leaves those that are folded, in any order, at the front; returns their number: all, if they are at most OBJECT_RECORDS_MAX.
 * creator   the agency of the fitting create; NULL: it is not here, and nobody has a share of its own
 * Of an agency the first ones count: a root, then by sequence, then log id.  What a call leaves out a call with more entries leaves
 * out too, as long as the creator is the same: entries can be given in pieces. */
size_t share_select(struct share_entry *entries, size_t count, const struct agency_id *creator);

#endif
