/* field_line.c — what this node does not write into a text of one line, and others may have. */
#include "base/text.h"
#include "protocol/kinds/field.h"

bool field_is_line(const struct field *f)
{
    if (f->type == FIELD_TEXTS)
        return f->max_bytes <= FIELD_LINES_BYTES && !(f->flags & FIELD_ALIAS);
    return f->type == FIELD_TEXT && f->max_bytes <= FIELD_LINE_BYTES;
}

enum muster_error field_line_check(const struct field *f, const char *text, size_t len, struct kind_problem *problem)
{
    uint32_t control = field_is_line(f) ? text_control(text, len) : 0;
    if (!control)
        return MUSTER_OK;
    return problem_set(problem, MUSTER_EBADVALUE, f, NULL,
                       "%s: it is a text of one line, and there is a line end or control character in it (U+%04X); put a "
                       "space in its place",
                       f->name, (unsigned)control);
}
