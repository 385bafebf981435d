/* onward.h — may an object go on from its space into another one, under the terms that bind this agency there? */
#ifndef MUSTER_NODE_ONWARD_H
#define MUSTER_NODE_ONWARD_H

#include "node/agreements.h"

/* The answer of the one function that decides (onward_judge).  state: the object as it is in `from`, borrowed.
 * title   of the agreement that was asked, "" without one */
enum onward_rule onward_of(struct node *node, const struct space_view *from, const struct space_view *to, const struct object_id *object,
                           const struct object_stored *state, char title[HELD_TITLE_BYTES]);

#endif
