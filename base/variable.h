/* variable.h — the environment variables that muster and musterd know: MUSTER_ and a name.
 *
 * A variable that begins so and stands in no row was probably mistyped, and would be ignored in silence.  Variables of the
 * tests begin with MUSTER_TEST_, or are rows. */
#ifndef MUSTER_BASE_VARIABLE_H
#define MUSTER_BASE_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VARIABLE_PREFIX "MUSTER_"
enum { VARIABLE_PREFIX_BYTES = sizeof(VARIABLE_PREFIX) - 1, VARIABLE_BYTES_MAX = 128 };

enum variable_use {
    VARIABLE_SETTING, /* of musterd, or of muster: what a person may have meant */
    VARIABLE_GIVEN,   /* set by musterd for commands that it runs */
    VARIABLE_TEST     /* of tests and builds */
};

struct variable {
    const char *name; /* with the prefix */
    enum variable_use use;
};

/* NULL behind the last. */
const struct variable *variable_at(size_t i);

/* The next variable of the environment (NAME=VALUE, NULL-ended) from *at on that has the prefix and that nobody knows: its
 * name, cut at VARIABLE_BYTES_MAX.  False behind the last.  environment may be NULL. */
bool variable_unknown_next(char *const *environment, size_t *at, char name[VARIABLE_BYTES_MAX]);

#endif
