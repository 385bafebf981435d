/* circles.h — links that lead back to where they began, for people (protocol/object/circle.h). */
#ifndef MUSTER_NODE_CIRCLES_H
#define MUSTER_NODE_CIRCLES_H

#include "node/json.h"
#include "node/todo.h"
#include "protocol/object/circle.h"

/* May this node write that body, as far as its links go?  object NULL: of a new one.  OK; ECIRCLE with a sentence that names the
 * circle. */
MUST_USE enum muster_error circle_refuse(struct node *node, const struct space_view *space, const struct object_id *object,
                                         const struct kind *kind, struct bytes body, struct kind_problem *problem);
/* May the object be superseded by that one?  ECIRCLE when the other's place was taken, over some more perhaps, by the object. */
MUST_USE enum muster_error circle_refuse_successor(struct node *node, const struct space_view *space, const struct object_id *object,
                                                   const struct object_id *successor, struct kind_problem *problem);
/* Of an object that lies on a circle: "circle" {role, objects:[{id, short}], message, do:[command]}. */
void circle_add(struct node *node, const struct space_view *space, const struct object_id *id, const struct object_stored *state,
                json_t *item);
/* A source of todo: circles that a change of an object of this agency opens. */
void todo_circles(struct todo *todo);

#endif
