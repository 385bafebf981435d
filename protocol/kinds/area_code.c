#include "protocol/kinds/area_code.h"

#include "protocol/kinds/field.h"

#include <string.h>

bool area_code_field(const struct field *field)
{
    return (field->type == FIELD_TEXTS && strcmp(field->name, "geocode") == 0) ||
           (field->type == FIELD_TEXT && strcmp(field->name, "place_code") == 0);
}

/* The part behind SCHEME=, and the scheme. */
static struct bytes code_part(struct bytes text, struct bytes *scheme)
{
    const uint8_t *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
    *scheme = (struct bytes){text.at, equals ? (size_t)(equals - text.at) : 0};
    return equals ? (struct bytes){equals + 1, text.len - (size_t)(equals + 1 - text.at)} : text;
}

static size_t digits_of(struct bytes text)
{
    size_t count = 0;
    while (count < text.len && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

static bool has_levels(struct bytes code)
{
    return code.len > 0 && code.len % 2 == 0 && digits_of(code) == code.len;
}

struct bytes area_code_wanted(struct bytes wanted)
{
    struct bytes scheme, code = code_part(wanted, &scheme);
    while (has_levels(code) && code.len > 2 && memcmp(code.at + code.len - 2, "00", 2) == 0)
        code.len -= 2;
    return code;
}

bool area_code_contains(struct bytes wanted, struct bytes text)
{
    struct bytes wanted_scheme, scheme, code = code_part(text, &scheme), part = area_code_wanted(wanted);
    (void)code_part(wanted, &wanted_scheme);
    if (wanted_scheme.len && (wanted_scheme.len != scheme.len || memcmp(wanted_scheme.at, scheme.at, scheme.len) != 0))
        return false;
    if (has_levels(part) ? part.len > code.len : part.len != code.len)
        return false;
    return part.len == 0 || memcmp(part.at, code.at, part.len) == 0;
}

size_t area_code_found_by(struct bytes out[AREA_CODE_LEVELS_MAX + 1], struct bytes text)
{
    struct bytes scheme, code = code_part(text, &scheme);
    size_t digits = digits_of(code), count = 0;
    if (digits / 2 > AREA_CODE_LEVELS_MAX)
        return 0;
    out[count++] = code;
    for (size_t len = 2; len <= digits; len += 2)
        if (len != code.len)
            out[count++] = (struct bytes){code.at, len};
    return count;
}
