/* sum.h — from a fold to the state that is stored, and the short way from one stored state to the next.
 *
 * Most objects are written by one log of their owner, one change after the other.  For those the next state follows from the
 * one before and the new record; all else is folded again (fold.h).  Both ways give the same bytes; the view, which is made of
 * bodies, is the caller's part. */
#ifndef MUSTER_PROTOCOL_OBJECT_SUM_H
#define MUSTER_PROTOCOL_OBJECT_SUM_H

#include "protocol/object/fold.h"
#include "protocol/object/state.h"

/* Of folded records: all but the view, the erased mask and `log` (0).  simple: object_stored_goes_on may be asked of it. */
void object_stored_sum(struct object_stored *out, const struct object_state *folded, const struct object_record *records,
                       size_t count);

/* The state after the create of an object of which nothing else is known.  `record` is live and its id fits. */
void object_stored_first(struct object_stored *out, const struct object_record *record, uint32_t log);

/* Is this live record a later change by the log that wrote everything so far, in the same term?  `log`: its number. */
bool object_stored_goes_on(const struct object_stored *state, const struct object_record *record, uint32_t log);
/* The state after it: *out is *before with it on top; the view stays to be merged. */
void object_stored_next(struct object_stored *out, const struct object_stored *before, const struct object_record *record);

#endif
