/* circles.h — links that lead back to where they began, for people (protocol/object/circle.h). */
#ifndef MUSTER_NODE_CIRCLES_H
#define MUSTER_NODE_CIRCLES_H

#include "node/json.h"
#include "node/todo.h"
#include "protocol/object/circle.h"
#include "protocol/object/succession.h"

enum { NAMES_BYTES = 200 /* "inc-a > inc-b > inc-a" */ };

/* May this node write that body, as far as its links go?  object NULL: of a new one; beside: what is written together with it, or
 * NULL.  OK; ECIRCLE with a sentence that names the circle. */
MUST_USE enum muster_error circle_refuse(struct node *node, const struct space_view *space, const struct object_id *object,
                                         const struct kind *kind, struct bytes body, const struct circle_beside *beside,
                                         struct kind_problem *problem);
/* Of an object that lies on a circle, of links or of successors (role superseded-by): "circle" {role, objects:[{id, short}], message, do:[command]}. */
void circle_add(struct node *node, const struct space_view *space, const struct object_id *id, const struct object_stored *state,
                json_t *item);
/* May `by` take the place of the object?  OK; EDUPLICATE, it has it already; ECIRCLE, the object has taken the place of `by` itself
 * (out: the way back, as far as SUCCESSION_MAX objects are followed). */
MUST_USE enum muster_error succession_check(struct node *node, const struct space_view *space, const struct object_id *object,
                                            const struct object_id *by, char out[NAMES_BYTES]);
/* The objects whose place that one takes, as a list of {id, short}. */
json_t *succession_json(struct node *node, const struct space_view *space, const struct object_id *successor);
/* A source of todo: circles, of links and of successors, that a change of an object of this agency opens. */
void todo_circles(struct todo *todo);

#endif
