/* duty.h — separation of duties: who approves is another operator than those who wrote. */
#ifndef MUSTER_NODE_DUTY_H
#define MUSTER_NODE_DUTY_H

#include "node/node.h"
#include "protocol/kinds/kinds.h"

/* May that operator (NULL: nobody in particular) write this?
 * step    the step of the object's state, NULL if it does not change
 * object  NULL in a create
 * An agency without operators has nobody to tell apart: everything is allowed.  Else records are a coordinator's, and where
 * the kind asks for it (KIND_SEPARATE) a step of PARTY_APPROVER is an approver's who signed no record of the object; records
 * that name nobody speak against nobody.  EROLE, EDUTY, with a sentence. */
MUST_USE enum muster_error duty_check(struct node *node, const struct node_operator *operator, const struct kind *kind,
                                      const struct kind_step *step, uint32_t space, const struct object_id *object,
                                      struct kind_problem *problem);

#endif
