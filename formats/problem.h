/* problem.h — what is wrong with a file, in a form that a person can act on.
 *
 * One problem is one place: file, line, field, the code of base/error.h and one sentence that says
 * what, why and what to do.  Text quoted from the file is escaped for a terminal.  Nothing allocates. */
#ifndef MUSTER_FORMATS_PROBLEM_H
#define MUSTER_FORMATS_PROBLEM_H

#include "base/error.h"

#include <stddef.h>

enum {
    PROBLEM_FILE_MAX = 160,     /* bytes of the file's name that are kept */
    PROBLEM_FIELD_MAX = 64,     /* bytes of an element's or column's name */
    PROBLEM_SENTENCE_MAX = 640, /* bytes of the sentence, NUL included */
    PROBLEM_QUOTE_BYTES = 96,     /* bytes of a quoted value after escaping, NUL included */
    PROBLEMS_MAX = 32           /* problems of one file that are kept; the others are counted */
};

struct format_problem {
    char file[PROBLEM_FILE_MAX];
    char field[PROBLEM_FIELD_MAX]; /* element or column; "" if none */
    char sentence[PROBLEM_SENTENCE_MAX];
    enum muster_error code; /* MUSTER_OK with a sentence: a notice, nothing was refused */
    size_t line;            /* from 1; 0 if no line is meant */
    size_t more;            /* further problems of the same file that are not described */
};

/* The first PROBLEMS_MAX problems in the order of lines; total counts all. */
struct format_problems {
    struct format_problem at[PROBLEMS_MAX];
    size_t count, total;
};

/* Fills *problem; file and field may be NULL.  The sentence is cut at PROBLEM_SENTENCE_MAX.
 * Returns code, so that a reader can end with it. */
enum muster_error format_problem_set(struct format_problem *problem, enum muster_error code, const char *file, size_t line,
                              const char *field, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The next place in the list, with the file and line filled in, or a scratch place when the list is
 * full (its contents are lost, total still counts).  Never NULL. */
struct format_problem *format_problems_next(struct format_problems *problems, struct format_problem *scratch);

/* "FILE:LINE: SENTENCE", always NUL-terminated.  Returns the bytes wanted without NUL. */
size_t format_problem_text(char *out, size_t size, const struct format_problem *problem);

/* A value from a file, safe for a terminal, cut with "..." when long.  Returns out. */
const char *format_problem_quote(char out[PROBLEM_QUOTE_BYTES], const void *text, size_t len);

#endif
