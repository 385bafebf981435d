/* careless.c — a musterd that asks nobody whose step it is, and writes any text into any field (tests only).
 *
 * No switch of musterd lets it write a step that is not its agency's, or two lines where there is one: what node/side.c and
 * protocol/kinds/field_line.c decide is decided here, in their place, and all else is musterd as it is.  What it signs arrives at honest nodes like any other record. */
#include "node/side.h"

enum muster_error side_check(struct node *node, uint32_t space, const struct object_id *object, const struct kind *kind,
                             struct bytes body, const struct kind_step **step, struct kind_problem *problem)
{
    *step = NULL;
    return MUSTER_OK;
}

bool field_is_line(const struct field *field)
{
    return false;
}

enum muster_error field_line_check(const struct field *field, const char *text, size_t len, struct kind_problem *problem)
{
    return MUSTER_OK;
}
