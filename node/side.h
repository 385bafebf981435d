/* side.h — the workflow of a joint object before this node writes into it: the step leads on from the state that counts, and is
 * a step of this agency's side (protocol/object/story.h). */
#ifndef MUSTER_NODE_SIDE_H
#define MUSTER_NODE_SIDE_H

#include "node/node.h"
#include "protocol/kinds/kinds.h"

/* May this node's agency take the step that an update's body takes?  As kind_step_check, whose errors it has; ESTEP too for a step
 * of the other side, with the ones it can take.  *step may be NULL on return: no step was taken. */
MUST_USE enum muster_error side_check(struct node *node, uint32_t space, const struct object_id *object, const struct kind *kind,
                                      struct bytes body, const struct kind_step **step, struct kind_problem *problem);

#endif
