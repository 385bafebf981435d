/* careless.c — a musterd that asks nobody whose step it is (tests only).
 *
 * No switch of musterd lets it write a step that is not its agency's: what node/side.c decides is decided here, in its place, and
 * all else is musterd as it is.  What it signs arrives at honest nodes like any other record. */
#include "node/side.h"

enum muster_error side_check(struct node *node, uint32_t space, const struct object_id *object, const struct kind *kind,
                             struct bytes body, const struct kind_step **step, struct kind_problem *problem)
{
    *step = NULL;
    return MUSTER_OK;
}
