/* succession.h — which object takes another one's place: what a supersede says (op.h), followed from both ends.
 *
 * A head that is a supersede names its successor.  The way back is noted with the record:
 *
 *   T_APPLIED  's' || space 4 || successor 16 || object 16 -> nothing; it may have been taken back since: whoever reads asks the
 *              object itself */
#ifndef MUSTER_PROTOCOL_OBJECT_SUCCESSION_H
#define MUSTER_PROTOCOL_OBJECT_SUCCESSION_H

#include "protocol/core.h"
#include "protocol/object/state.h"

enum {
    SUCCESSION_MAX = 64,      /* objects that are followed */
    SUCCESSION_NOTES_MAX = 256 /* notes of one successor that are read */
};

struct circle;

/* The objects that the heads of the object put in its place; returns their number. */
size_t core_succession_of(struct core *core, uint32_t space, const struct object_id *object, struct object_id out[OBJECT_HEADS_MAX]);
/* The objects whose place that one takes, in the order of their ids; returns their number.  Those whose supersede stands, and no
 * others. */
size_t core_succession_to(struct core *core, uint32_t space, const struct object_id *successor, struct object_id out[SUCCESSION_MAX]);
/* Do successors lead from `by` to the object?  Then *out is the circle that the object is on if `by` takes its place. */
bool core_succession_leads(struct core *core, uint32_t space, const struct object_id *by, const struct object_id *object,
                           struct circle *out);
/* Is the object on a circle of successors, none of which counts then? */
bool core_succession_circle(struct core *core, uint32_t space, const struct object_id *object, struct circle *out);

#endif
