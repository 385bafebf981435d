/* said.h — a sentence as it was composed: its format, and its arguments as text.
 *
 * The core says why it refuses something in English and knows no other language; who shows it to a person can say the same again
 * in theirs (lang_said), without the core having asked anybody. */
#ifndef MUSTER_BASE_SAID_H
#define MUSTER_BASE_SAID_H

#include <stdarg.h>
#include <stddef.h>

enum { SAID_ARGUMENT_BYTES = 384, SAID_ARGUMENTS_MAX = 12 };

struct said {
    const char *format; /* static; a key of the catalogue */
    size_t count;
    char arguments[SAID_ARGUMENT_BYTES]; /* `count` texts, each with its NUL; cut where there is no more room */
};

/* Keeps format and arguments: conversions of texts and whole numbers, with precision and length; flags and widths are not kept. */
void said_set(struct said *said, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* The argument of that place, from 0; "" behind the last. */
const char *said_argument(const struct said *said, size_t place);

#endif
