#include "formats/problem.h"

#include "base/text.h"
#include "lang/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops a character that snprintf cut in its middle. */
static void end_whole(char *text)
{
    size_t len = strlen(text), back = 0;
    while (back < 4 && back < len && ((unsigned char)text[len - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back >= len)
        return;
    if (!text_is_utf8(text + len - 1 - back, back + 1))
        text[len - 1 - back] = '\0';
}

enum muster_error format_problem_set(struct format_problem *problem, enum muster_error code, const char *file, size_t line,
                              const char *field, const char *format, ...)
{
    va_list arguments;
    *problem = (struct format_problem){.code = code, .line = line};
    if (file) {
        text_for_terminal(problem->file, sizeof problem->file, file, strlen(file));
    }
    if (field) {
        text_for_terminal(problem->field, sizeof problem->field, field, strlen(field));
    }
    va_start(arguments, format);
    vsnprintf(problem->sentence, sizeof problem->sentence, lang_text(format), arguments);
    va_end(arguments);
    end_whole(problem->sentence);
    return code;
}

struct format_problem *format_problems_next(struct format_problems *problems, struct format_problem *scratch)
{
    problems->total++;
    if (problems->count < PROBLEMS_MAX)
        return &problems->at[problems->count++];
    return scratch;
}

size_t format_problem_text(char *out, size_t size, const struct format_problem *problem)
{
    int wrote;
    const char *colon = problem->file[0] ? ":" : "";
    if (problem->line)
        wrote = snprintf(out, size, "%s%s%zu: %s", problem->file, problem->file[0] ? ":" : "line ", problem->line,
                         problem->sentence);
    else
        wrote = snprintf(out, size, "%s%s%s%s", problem->file, colon, problem->file[0] ? " " : "", problem->sentence);
    return wrote < 0 ? 0 : (size_t)wrote;
}

const char *format_problem_quote(char out[PROBLEM_QUOTE_BYTES], const void *text, size_t len)
{
    enum { ROOM = PROBLEM_QUOTE_BYTES - 4 };
    if (text_for_terminal(out, ROOM, text, len) >= ROOM) {
        size_t n = strlen(out);
        memcpy(out + n, "...", 4);
    }
    return out;
}
