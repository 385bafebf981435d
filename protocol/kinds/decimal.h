/* decimal.h — exact decimal numbers as people write them: -?digits[.digits], no exponent.
 *
 * Quantities are never binary fractions: 0.1 + 0.2 is 0.3 at every node. */
#ifndef MUSTER_PROTOCOL_KINDS_DECIMAL_H
#define MUSTER_PROTOCOL_KINDS_DECIMAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DECIMAL_CHARS_MAX = 24,   /* the whole text */
    DECIMAL_WHOLE_DIGITS = 18,
    DECIMAL_PLACES_MAX = 18,
    DECIMAL_TEXT_BYTES = 40   /* -, 18 digits, point, 18 digits, NUL */
};

struct decimal {
    bool negative;     /* never for zero */
    uint8_t places;    /* digits behind the point, as written */
    uint64_t whole;    /* < 10^18 */
    uint64_t fraction; /* in units of 10^-18, < 10^18 */
};

/* OK; EBADVALUE (another form), ETOOBIG (more digits or characters than above); *why, if why is not NULL, says it in a
 * phrase.  "+1", ".5", "1." and "1e3" are refused; leading zeroes are read. */
MUST_USE enum muster_error decimal_parse(struct decimal *out, const char *text, size_t len, const char **why);
/* Less than, equal to or greater than 0, by value: 1.0 equals 1. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
/* ETOOBIG if the sum has more than DECIMAL_WHOLE_DIGITS digits; *out is then untouched. */
MUST_USE enum muster_error decimal_add(struct decimal *out, const struct decimal *a, const struct decimal *b);
struct decimal decimal_negate(struct decimal d);
/* With `places` digits behind the point; NUL-terminated.  Returns its length. */
size_t decimal_text(char out[DECIMAL_TEXT_BYTES], const struct decimal *d);
/* The value times 10^places (0..18), towards zero; false (and the nearest end of int64_t) if it does not fit. */
bool decimal_scaled(const struct decimal *d, unsigned places, int64_t *out);

#endif
