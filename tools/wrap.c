#include "tools/wrap.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* Marks that begin no line and that end none, those of Chinese by number. */
#define CLOSING "\uff0c\u3002\uff1b\uff1a\u3001\uff1f\uff01\uff09\u300b\u300d\u300f\u201d\u2019\u2026\u00b7,.;:?!)]}\"'/%"
#define OPENING "\uff08\u300a\u300c\u300e\u201c\u2018([{\"'/#$-"

static bool is_one_of(uint32_t c, const char *marks)
{
    const uint8_t *at = (const uint8_t *)marks, *end = at + strlen(marks);
    while (at < end)
        if (text_next(&at, end) == c)
            return true;
    return false;
}

/* May a line end between these two? */
static bool may_part(uint32_t before, uint32_t after)
{
    bool wide = utf8proc_charwidth((utf8proc_int32_t)before) == 2 || utf8proc_charwidth((utf8proc_int32_t)after) == 2;
    return wide && !is_one_of(after, CLOSING) && !is_one_of(before, OPENING);
}

const char *wrap_end(const char *text, size_t room, bool whole)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text), *place = NULL;
    uint32_t before = ' ';
    size_t width = 0;
    while (at < end) {
        const uint8_t *start = at;
        uint32_t c = text_next(&at, end);
        if (before != ' ' && (c == ' ' || may_part(before, c))) {
            place = start;
            if (width > room)
                return (const char *)place;
        }
        width += (size_t)utf8proc_charwidth((utf8proc_int32_t)c);
        if (width > room && c != ' ' && (place || !whole))
            return (const char *)(place ? place : start > (const uint8_t *)text ? start : at);
        before = c;
    }
    return (const char *)end;
}
