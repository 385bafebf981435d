#include "node/where.h"

#include "lang/lang.h"

#include "base/pack.h"
#include "node/fields_json.h"
#include "protocol/kinds/area_code.h"
#include "protocol/kinds/areas.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = 1024 }; /* of a list that are looked at */

bool where_in(struct where *where, const char *text, const char **why)
{
    static const struct field asked = {.number = 0, .name = "area", .type = FIELD_AREA};
    struct geo_flaw flaw;
    *why = _("it is longer than 8 kB");
    if (strlen(text) >= WHERE_BYTES)
        return false;
    if (geo_simple_check(text, strlen(text), &flaw) == MUSTER_EBADVALUE) {
        *why = problem_text(&where->flaw, area_refuse(&where->flaw, &asked, 1, &flaw));
        return false;
    }
    memcpy(where->area, text, strlen(text) + 1);
    *why = "there is no memory for it";
    return geo_outline_read(&where->outline, text, strlen(text)) == MUSTER_OK;
}

bool where_near(struct where *where, const char *text)
{
    const char *comma = strrchr(text, ','), *why;
    char circle[GEO_POINT_CHARS_MAX * 2];
    int len = comma ? snprintf(circle, sizeof(circle), "CIRCLE %.*s %s", (int)(comma - text), text, comma + 1) : 0;
    return len > 0 && (size_t)len < sizeof(circle) && where_in(where, circle, &why);
}

void where_free(struct where *where)
{
    geo_outline_free(&where->outline);
}

static bool meets(struct where *where, struct bytes area)
{
    struct geo_outline outline = {.points = NULL};
    bool meet = geo_outline_read(&outline, (const char *)area.at, area.len) == MUSTER_OK &&
                geo_outlines_meet(&where->outline, &outline, &where->work);
    where->work += area.len / 8; /* reading it takes its time too */
    geo_outline_free(&outline);
    return meet;
}

static bool point_fits(struct where *where, struct bytes text)
{
    struct geo_point point;
    where->work += where->outline.count;
    return geo_point_parse(&point, (const char *)text.at, text.len, NULL) == MUSTER_OK &&
           geo_outline_has(&where->outline, point);
}

static bool code_fits(struct where *where, struct bytes text)
{
    return area_code_contains((struct bytes){(const uint8_t *)where->code, strlen(where->code)}, text);
}

/* Any item of the value for which the test says yes. */
static bool any_item(struct where *where, const struct pack_value *value, bool (*test)(struct where *where, struct bytes text))
{
    struct pack_value each;
    if (value->type == PACK_TEXT)
        return test(where, value->u.run);
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    size_t items = 0;
    if (value->type == PACK_ARRAY && pack_next(&c, &each, true))
        while (items++ < ITEMS_MAX && pack_next(&c, &each, false))
            if (each.type == PACK_TEXT && test(where, each.u.run))
                return true;
    return false;
}

static bool pair_fits(struct where *where, const struct kind *kind, struct bytes view)
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

bool where_passes(struct where *where, const struct kind *kind, struct bytes view)
{
    bool there = !where->area[0], coded = !where->code[0];
    for (size_t i = 0; kind && i < kind->count && !(there && coded); i++) {
        const struct field *field = &kind->fields[i];
        struct pack_value value;
        bool place = field->type == FIELD_POINT || field->type == FIELD_AREA, code = area_code_field(field);
        if ((!place || there) && (!code || coded))
            continue;
        if (!pack_get(view, field->number, &value))
            continue;
        if (place)
            there = any_item(where, &value, field->type == FIELD_POINT ? point_fits : meets);
        else
            coded = any_item(where, &value, code_fits);
    }
    return coded && (there || (kind && pair_fits(where, kind, view)));
}
