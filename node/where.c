#include "node/where.h"

#include "base/pack.h"
#include "protocol/kinds/geo.h"

#include <stdio.h>
#include <string.h>

bool where_near(struct where *where, const char *text)
{
    const char *comma = strrchr(text, ',');
    struct geo_circle circle;
    int len = comma ? snprintf(where->area, sizeof(where->area), "CIRCLE %.*s %s", (int)(comma - text), text, comma + 1) : 0;
    return len > 0 && len < WHERE_BYTES && geo_circle_parse(&circle, where->area, (size_t)len) == MUSTER_OK;
}

static bool meets(const struct where *where, struct bytes area)
{
    return geo_areas_meet(where->area, strlen(where->area), (const char *)area.at, area.len);
}

static bool point_fits(const struct where *where, struct bytes text)
{
    struct geo_point point;
    return geo_point_parse(&point, (const char *)text.at, text.len, NULL) == MUSTER_OK &&
           geo_area_contains(where->area, strlen(where->area), point);
}

/* Any item of the value for which the test says yes. */
static bool any_item(const struct where *where, const struct pack_value *value,
                     bool (*test)(const struct where *where, struct bytes text))
{
    struct pack_value each;
    if (value->type == PACK_TEXT)
        return test(where, value->u.run);
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    size_t items = 0;
    if (value->type == PACK_ARRAY && pack_next(&c, &each, true))
        while (items++ < 1024 && pack_next(&c, &each, false))
            if (each.type == PACK_TEXT && test(where, each.u.run))
                return true;
    return false;
}

static bool pair_fits(const struct where *where, const struct kind *kind, struct bytes view)
{
    char text[2 * GEO_POINT_CHARS_MAX + 2];
    struct bytes lat = {NULL, 0}, lon = {NULL, 0};
    for (size_t i = 0; i < kind->count; i++) {
        if (kind->fields[i].form == FORM_LATITUDE)
            (void)pack_get_run(view, kind->fields[i].number, &lat);
        if (kind->fields[i].form == FORM_LONGITUDE)
            (void)pack_get_run(view, kind->fields[i].number, &lon);
    }
    if (!lat.len || !lon.len || lat.len > GEO_POINT_CHARS_MAX || lon.len > GEO_POINT_CHARS_MAX)
        return false;
    int len = snprintf(text, sizeof(text), "%.*s,%.*s", (int)lat.len, (const char *)lat.at, (int)lon.len, (const char *)lon.at);
    return point_fits(where, (struct bytes){(const uint8_t *)text, (size_t)len});
}

/* The part behind SCHEME=, without the zeros at the end of a Chinese code that mean "all of it". */
static struct bytes code_part(struct bytes text, struct bytes *scheme)
{
    const uint8_t *equals = memchr(text.at, '=', text.len);
    *scheme = (struct bytes){text.at, equals ? (size_t)(equals - text.at) : 0};
    return equals ? (struct bytes){equals + 1, text.len - (size_t)(equals + 1 - text.at)} : text;
}

static bool all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0;
}

static bool code_fits(const struct where *where, struct bytes text)
{
    struct bytes wanted_scheme, scheme;
    struct bytes wanted = code_part((struct bytes){(const uint8_t *)where->code, strlen(where->code)}, &wanted_scheme);
    struct bytes code = code_part(text, &scheme);
    if (wanted_scheme.len && (wanted_scheme.len != scheme.len || memcmp(wanted_scheme.at, scheme.at, scheme.len) != 0))
        return false;
    while (all_digits(wanted) && wanted.len > 2 && wanted.len % 2 == 0 && memcmp(wanted.at + wanted.len - 2, "00", 2) == 0)
        wanted.len -= 2;
    if (!all_digits(wanted) || wanted.len % 2) /* not of levels of two digits: as it is */
        return wanted.len == code.len && memcmp(wanted.at, code.at, code.len) == 0;
    return wanted.len <= code.len && memcmp(wanted.at, code.at, wanted.len) == 0;
}

static bool is_code(const struct field *field)
{
    return strcmp(field->name, "geocode") == 0 || strcmp(field->name, "place_code") == 0;
}

bool where_passes(const struct where *where, const struct kind *kind, struct bytes view)
{
    bool there = !where->area[0], coded = !where->code[0];
    for (size_t i = 0; kind && i < kind->count && !(there && coded); i++) {
        const struct field *field = &kind->fields[i];
        struct pack_value value;
        bool place = field->type == FIELD_POINT || field->type == FIELD_AREA;
        if (!(place || is_code(field)) || !pack_get(view, field->number, &value))
            continue;
        if (place)
            there = there || any_item(where, &value, field->type == FIELD_POINT ? point_fits : meets);
        else
            coded = coded || any_item(where, &value, code_fits);
    }
    return coded && (there || (kind && pair_fits(where, kind, view)));
}
