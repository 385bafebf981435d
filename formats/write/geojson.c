/* geojson.c — RFC 7946: one FeatureCollection, a feature an object, its fields as properties.
 *
 * Beside what the standard has, the collection says from which space it is, whether it is an exercise, and as of
 * when it is complete; "foreign members" that readers may ignore.  An object that is nowhere has geometry null. */
#include "formats/column.h"
#include "formats/write/shape.h"
#include "formats/write/rows.h"

#include <string.h>

static void member(struct export *e, const char *name, const char *text)
{
    out_format(&e->out, ",\"%s\":", name);
    out_json_string(&e->out, text, strlen(text));
}

static void geojson_begin(struct export *e)
{
    out_text(&e->out, "{\"type\":\"FeatureCollection\"");
    member(e, "name", e->head.space);
    member(e, "generator", "muster");
    member(e, "written", e->head.now);
    member(e, "complete_as_of", e->head.as_of);
    out_format(&e->out, ",\"exercise\":%s,\"features\":[\n", e->head.exercise ? "true" : "false");
}

static void position(struct out *out, struct shape_point p)
{
    out_text(out, "[");
    out_e7(out, p.lon_e7);
    out_text(out, ",");
    out_e7(out, p.lat_e7);
    out_text(out, "]");
}

static void polygons(struct out *out, const struct shape *s)
{
    bool many = s->polygon_count > 1;
    out_format(out, "{\"type\":\"%s\",\"coordinates\":%s", many ? "MultiPolygon" : "Polygon", many ? "[" : "");
    for (size_t i = 0, at = 0; i < s->polygon_count; i++) {
        out_text(out, i ? ",[[" : "[[");
        for (size_t from = at; at < s->ends[i]; at++) {
            out_text(out, at > from ? "," : "");
            position(out, s->points[at]);
        }
        out_text(out, "]]");
    }
    out_text(out, many ? "]}" : "}");
}

static void geometry(struct out *out, const struct shape *s)
{
    bool both = s->has_point && s->polygon_count;
    if (!s->has_point && !s->polygon_count) {
        out_text(out, "null");
        return;
    }
    if (both)
        out_text(out, "{\"type\":\"GeometryCollection\",\"geometries\":[");
    if (s->polygon_count)
        polygons(out, s);
    if (s->has_point) {
        out_format(out, "%s{\"type\":\"Point\",\"coordinates\":", both ? "," : "");
        position(out, s->place);
        out_text(out, "}");
    }
    if (both)
        out_text(out, "]}");
}

/* What a map has no use for, because the geometry says it or it is a file. */
static bool is_property(const char *name)
{
    static const char *const others[] = {"area", "location", "lat", "lon", "original", "attachments"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return true;
}

static enum muster_error geojson_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    struct out *out = &e->out;
    struct shape shape;
    shape_of(&shape, item);
    bool failed = shape.failed;
    out_text(out, e->count ? ",\n{\"type\":\"Feature\",\"id\":" : "{\"type\":\"Feature\",\"id\":");
    out_json_string(out, item_text(item, "id"), strlen(item_text(item, "id")));
    out_text(out, ",\"geometry\":");
    geometry(out, &shape);
    shape_clear(&shape);
    out_text(out, ",\"properties\":{\"kind\":");
    out_json_string(out, item_text(item, "kind"), strlen(item_text(item, "kind")));
    member(e, "short", item_text(item, "short"));
    const json_t *owner = json_object_get(item, "owner");
    member(e, "owner", item_text(owner, "name"));
    member(e, "created", item_text(item, "created"));
    member(e, "changed", item_text(item, "changed"));
    out_format(out, ",\"exercise\":%s", e->head.exercise ? "true" : "false");
    json_t *fields = (json_t *)(uintptr_t)item_fields(item);
    for (void *i = json_object_iter(fields); i; i = json_object_iter_next(fields, i)) {
        const char *name = json_object_iter_key(i);
        char column[COLUMN_NAME_BYTES];
        if (!is_property(name))
            continue;
        out_text(out, ",");
        name = column_name(column, name);
        out_json_string(out, name, strlen(name));
        out_text(out, ":");
        out_json(out, json_object_iter_value(i));
    }
    out_text(out, "}}");
    return failed ? format_problem_set(problem, MUSTER_ETOOBIG, NULL, 0, "area", "%s has more points than a file may hold",
                                       item_text(item, "short"))
                  : MUSTER_OK;
}

static void geojson_end(struct export *e)
{
    out_text(&e->out, "\n]}\n");
}

const struct export_format export_geojson = {
    .name = "geojson",
    .media_type = "application/geo+json",
    .suffix = "geojson",
    .help = "RFC 7946, for maps",
    .begin = geojson_begin,
    .item = geojson_item,
    .end = geojson_end,
};
