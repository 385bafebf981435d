/* delivery.h — what a new delivery answers and takes from: an open request, in the unit that was asked for. */
#ifndef MUSTER_NODE_DELIVERY_H
#define MUSTER_NODE_DELIVERY_H

#include "node/node.h"
#include "protocol/kinds/kinds.h"

/* Why nothing is brought or promised for that object any more: "withdrawn" (retracted, or another one took its place), or the last
 * status of a request, "cancelled"; NULL while it may be. */
const char *delivery_over(const struct object_stored *state);
/* The body of a delivery that is about to be created; of other kinds, and of a refusal, nothing is asked.
 * ESTEP: its request is over; EUSAGE: it counts in another unit than the request or the resource; each with a sentence. */
MUST_USE enum muster_error delivery_check(struct node *node, uint32_t space, const struct kind *kind, struct bytes body,
                                          struct kind_problem *problem);

#endif
