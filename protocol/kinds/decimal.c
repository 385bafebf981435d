#include "protocol/kinds/decimal.h"

#include <stdio.h>

#define TEN_18 UINT64_C(1000000000000000000)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum muster_error refuse(const char **why, enum muster_error error, const char *phrase)
{
    if (why)
        *why = phrase;
    return error;
}

enum muster_error decimal_parse(struct decimal *out, const char *text, size_t len, const char **why)
{
    struct decimal d = {.negative = false};
    size_t i = 0, digits = 0;
    if (len > DECIMAL_CHARS_MAX)
        return refuse(why, MUSTER_ETOOBIG, "a number has at most 24 characters");
    if (i < len && text[i] == '-') {
        d.negative = true;
        i++;
    }
    size_t start = i;
    for (; i < len && is_digit(text[i]); i++) {
        if (d.whole >= TEN_18 / 10)
            return refuse(why, MUSTER_ETOOBIG, "a number has at most 18 digits before the point");
        d.whole = d.whole * 10 + (uint64_t)(text[i] - '0');
    }
    digits = i - start;
    if (digits > 0 && i < len && text[i] == '.') {
        uint64_t unit = TEN_18 / 10;
        for (i++; i < len && is_digit(text[i]); i++, d.places++, unit /= 10) {
            if (d.places == DECIMAL_PLACES_MAX)
                return refuse(why, MUSTER_ETOOBIG, "a number has at most 18 digits behind the point");
            d.fraction += unit * (uint64_t)(text[i] - '0');
        }
        if (d.places == 0)
            digits = 0;
    }
    if (digits == 0 || i != len)
        return refuse(why, MUSTER_EBADVALUE, "a number is written like 12 or -12.5, without unit, exponent or grouping");
    if (d.whole == 0 && d.fraction == 0)
        d.negative = false;
    *out = d;
    return MUSTER_OK;
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
    if (a->whole != b->whole)
        return a->whole < b->whole ? -1 : 1;
    return a->fraction == b->fraction ? 0 : a->fraction < b->fraction ? -1 : 1;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_size(b, a) : compare_size(a, b);
}

enum muster_error decimal_add(struct decimal *out, const struct decimal *a, const struct decimal *b)
{
    struct decimal sum = {.places = a->places > b->places ? a->places : b->places};
    if (a->negative == b->negative) {
        sum.negative = a->negative;
        sum.fraction = a->fraction + b->fraction; /* < 2 * 10^18: fits */
        sum.whole = a->whole + b->whole + sum.fraction / TEN_18;
        sum.fraction %= TEN_18;
        if (sum.whole >= TEN_18)
            return MUSTER_ETOOBIG;
    } else {
        const struct decimal *big = compare_size(a, b) >= 0 ? a : b, *small = big == a ? b : a;
        uint64_t borrow = big->fraction < small->fraction;
        sum.fraction = big->fraction + borrow * TEN_18 - small->fraction;
        sum.whole = big->whole - small->whole - borrow;
        sum.negative = big->negative && (sum.whole || sum.fraction);
    }
    *out = sum;
    return MUSTER_OK;
}

struct decimal decimal_negate(struct decimal d)
{
    d.negative = !d.negative && (d.whole || d.fraction);
    return d;
}

size_t decimal_text(char out[DECIMAL_TEXT_BYTES], const struct decimal *d)
{
    uint64_t fraction = d->fraction;
    for (unsigned i = d->places; i < DECIMAL_PLACES_MAX; i++)
        fraction /= 10;
    int n = d->places ? snprintf(out, DECIMAL_TEXT_BYTES, "%s%llu.%0*llu", d->negative ? "-" : "",
                                 (unsigned long long)d->whole, (int)d->places, (unsigned long long)fraction)
                      : snprintf(out, DECIMAL_TEXT_BYTES, "%s%llu", d->negative ? "-" : "", (unsigned long long)d->whole);
    return (size_t)n;
}

bool decimal_scaled(const struct decimal *d, unsigned places, int64_t *out)
{
    uint64_t unit = 1, fraction = d->fraction, size;
    for (unsigned i = 0; i < places && i < DECIMAL_PLACES_MAX; i++)
        unit *= 10;
    fraction /= TEN_18 / unit;
    if (__builtin_mul_overflow(d->whole, unit, &size) || __builtin_add_overflow(size, fraction, &size) ||
        size > INT64_MAX) {
        *out = d->negative ? INT64_MIN : INT64_MAX;
        return false;
    }
    *out = d->negative ? -(int64_t)size : (int64_t)size;
    return true;
}
