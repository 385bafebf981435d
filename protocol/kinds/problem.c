#include "protocol/kinds/field.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { QUOTED_MAX = 48 };

const char *problem_quote(char out[QUOTE_BYTES], const void *text, size_t len)
{
    char safe[QUOTED_MAX + 1];
    size_t wanted = text_for_terminal(safe, sizeof(safe), text, len);
    snprintf(out, QUOTE_BYTES, "\"%s%s\"", safe, wanted > QUOTED_MAX ? "…" : "");
    return out;
}

enum muster_error problem_set(struct kind_problem *problem, enum muster_error error, const struct field *field,
                              const char *suggestion, const char *format, ...)
{
    if (!problem)
        return error;
    problem->error = error;
    problem->field = field ? field->number : -1;
    problem->suggestion = suggestion;
    va_list args;
    va_start(args, format);
    vsnprintf(problem->sentence, sizeof(problem->sentence), format, args);
    va_end(args);
    va_start(args, format);
    said_set(&problem->said, format, args);
    va_end(args);
    if (suggestion) {
        size_t n = strlen(problem->sentence);
        snprintf(problem->sentence + n, sizeof(problem->sentence) - n, "; did you mean \"%s\"?", suggestion);
    }
    return error;
}
