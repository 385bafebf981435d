#include "formats/read/geojson_shape.h"

#include "formats/read/json_items.h"
#include "formats/write/shape.h"
#include "lang/lang.h"
#include "protocol/kinds/areas.h"

#include <math.h>
#include <string.h>

enum { COLLECTION_DEPTH_MAX = 8 };

struct placing {
    struct made *made;
    const char *file;
    size_t feature;
    struct format_problem *problem;
    json_t *areas;
    bool has_point;
    char point[64], lat[24], lon[24];
};

__attribute__((format(printf, 3, 4))) static enum muster_error wrong(struct placing *p, enum muster_error code,
                                                                     const char *format, ...)
{
    char sentence[PROBLEM_SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return format_problem_set(p->problem, code, p->file, 0, "geometry", "feature %zu: %s", p->feature, sentence);
}

/* --- positions ------------------------------------------------------------------------------------------------------ */

static void degrees(char out[24], double value)
{
    struct out text = {0};
    out_e7(&text, (int64_t)llround(value * SHAPE_E7));
    snprintf(out, 24, "%.*s", (int)text.len, text.at ? text.at : "");
    out_clear(&text);
}

/* [longitude, latitude, height?] */
static enum muster_error position(struct placing *p, const json_t *value, double *lat, double *lon)
{
    const json_t *x = json_array_get(value, 0), *y = json_array_get(value, 1);
    if (!json_is_number(x) || !json_is_number(y))
        return wrong(p, MUSTER_ESCHEMA, _("a position is not a list of longitude and latitude"));
    *lon = json_number_value(x);
    *lat = json_number_value(y);
    if (!(*lat >= -90 && *lat <= 90) || !(*lon >= -360 && *lon <= 360))
        return wrong(p, MUSTER_ESCHEMA,
                     _("the position %.6g, %.6g is not on the earth; GeoJSON has longitude first, then latitude, in degrees"), *lon,
                     *lat);
    while (*lon > 180)
        *lon -= 360;
    while (*lon < -180)
        *lon += 360;
    return MUSTER_OK;
}

static enum muster_error point_take(struct placing *p, const json_t *coordinates)
{
    double lat, lon;
    if (p->has_point)
        return wrong(p, MUSTER_ESCHEMA, _("it has several points, and an object is at one place; make it several features"));
    enum muster_error error = position(p, coordinates, &lat, &lon);
    if (error)
        return error;
    degrees(p->lat, lat);
    degrees(p->lon, lon);
    snprintf(p->point, sizeof p->point, "%s,%s", p->lat, p->lon);
    p->has_point = true;
    return MUSTER_OK;
}

/* --- polygons ------------------------------------------------------------------------------------------------------ */

static void point_text(struct out *text, double lat, double lon)
{
    out_text(text, " ");
    out_e7(text, (int64_t)llround(lat * SHAPE_E7));
    out_text(text, ",");
    out_e7(text, (int64_t)llround(lon * SHAPE_E7));
}

static enum muster_error area_add(struct placing *p, const struct out *text)
{
    const struct field *field = field_by_name(p->made->kind, "area");
    struct geo_flaw flaw;
    struct kind_problem problem;
    if (field && !text->failed && geo_simple_check(text->at, text->len, &flaw) == MUSTER_EBADVALUE) {
        enum muster_error error = area_refuse(&problem, field, json_array_size(p->areas) + 1, &flaw);
        lang_said(problem.sentence, sizeof problem.sentence, &problem.said, problem.suggestion);
        return wrong(p, error, "%s", problem.sentence);
    }
    p->made->no_memory |= text->failed || json_array_append_new(p->areas, json_stringn(text->at, text->len)) != 0;
    return MUSTER_OK;
}

/* What crosses 180 degrees becomes pieces on both sides. */
static enum muster_error area_cut(struct placing *p, const struct out *whole)
{
    json_t *item = json_pack("{s:{s:[s%]}}", "fields", "area", whole->at, whole->len);
    struct shape shape;
    shape_of(&shape, item);
    json_decref(item);
    bool failed = shape.failed || !shape.polygon_count;
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0, at = 0; i < shape.polygon_count && !error; i++) {
        struct out text = {0};
        out_text(&text, "POLYGON");
        for (; at < shape.ends[i]; at++)
            point_text(&text, (double)shape.points[at].lat_e7 / SHAPE_E7, (double)shape.points[at].lon_e7 / SHAPE_E7);
        error = area_add(p, &text);
        out_clear(&text);
    }
    shape_clear(&shape);
    return failed ? wrong(p, MUSTER_ESCHEMA, _("its ring goes round a pole or has no area, which a record cannot say")) : error;
}

static enum muster_error ring_take(struct placing *p, const json_t *ring)
{
    size_t count = json_array_size(ring);
    double lat = 0, lon = 0, before = 0;
    bool crosses = false;
    enum muster_error error = MUSTER_OK;
    if (count < 4)
        return wrong(p, MUSTER_ESCHEMA, _("a ring has %zu positions, and it takes 4 to enclose anything"), count);
    if (count > GEOJSON_RING_POINTS_MAX)
        return wrong(p, MUSTER_ETOOBIG, _("a ring has %zu positions, more than a record holds; simplify it"), count);
    if (!json_equal(json_array_get(ring, 0), json_array_get(ring, count - 1)))
        return wrong(p, MUSTER_ESCHEMA, _("a ring is not closed: its last position must be its first one again"));
    struct out text = {0};
    out_text(&text, "POLYGON");
    for (size_t i = 0; i < count && !error; i++) {
        error = position(p, json_array_get(ring, i), &lat, &lon);
        crosses |= i > 0 && fabs(lon - before) > 180;
        before = lon;
        if (!error)
            point_text(&text, lat, lon);
    }
    if (!error && crosses)
        error = area_cut(p, &text);
    else if (!error)
        error = area_add(p, &text);
    out_clear(&text);
    return error;
}

static enum muster_error polygon_take(struct placing *p, const json_t *rings)
{
    if (json_array_size(rings) == 0)
        return wrong(p, MUSTER_ESCHEMA, _("a polygon has no ring"));
    enum muster_error error = ring_take(p, json_array_get(rings, 0));
    p->made->tally->holes += !error && json_array_size(rings) > 1;
    return error;
}

/* --- geometries ----------------------------------------------------------------------------------------------------- */

static enum muster_error geometry_take(struct placing *p, const json_t *geometry, int depth)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *at = json_object_get(geometry, "coordinates"), *many = json_object_get(geometry, "geometries");
    enum muster_error error = MUSTER_OK;
    char quoted[PROBLEM_QUOTE_BYTES];
    if (!type || depth > COLLECTION_DEPTH_MAX)
        return wrong(p, MUSTER_ESCHEMA, type ? _("geometries are nested too deep") : _("the geometry has no type"));
    if (strcmp(type, "Point") == 0)
        return point_take(p, at);
    if (strcmp(type, "MultiPoint") == 0 && json_array_size(at) == 1)
        return point_take(p, json_array_get(at, 0));
    if (strcmp(type, "Polygon") == 0)
        return polygon_take(p, at);
    if (strcmp(type, "MultiPolygon") == 0) {
        for (size_t i = 0; i < json_array_size(at) && !error; i++)
            error = polygon_take(p, json_array_get(at, i));
        return error;
    }
    if (strcmp(type, "GeometryCollection") == 0) {
        for (size_t i = 0; i < json_array_size(many) && !error; i++)
            error = geometry_take(p, json_array_get(many, i), depth + 1);
        return error;
    }
    return wrong(p, MUSTER_ESCHEMA,
                 _("it is a %s, and an object has a point or polygons; draw it as a polygon, or take the feature out"),
                 format_problem_quote(quoted, type, strlen(type)));
}

/* The first field of the kind that holds a point and says nothing yet; lat and lon count as one. */
static bool point_put(struct placing *p)
{
    static const char *const names[] = {"location", "deliver_point", "destination_point", "position"};
    const struct kind *kind = p->made->kind;
    if (!field_by_name(kind, "location") && field_by_name(kind, "lat") && field_by_name(kind, "lon")) {
        made_text_named(p->made, "lat", p->lat);
        return made_text_named(p->made, "lon", p->lon);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (field_by_name(kind, names[i]))
            return made_has(p->made, names[i]) || made_text_named(p->made, names[i], p->point);
    return false;
}

enum muster_error geojson_place(struct made *made, const json_t *geometry, const char *file, size_t feature,
                                struct format_problem *problem)
{
    struct placing p = {.made = made, .file = file, .feature = feature, .problem = problem, .areas = json_array()};
    const struct field *area = field_by_name(made->kind, "area");
    enum muster_error error = MUSTER_OK;
    if (geometry && !json_is_null(geometry))
        error = geometry_take(&p, geometry, 0);
    if (!error && json_array_size(p.areas) && !area)
        error = wrong(&p, MUSTER_ESCHEMA, _("it is an area, and a %s is at a point; give it one, or another --kind"),
                      made->kind->name);
    else if (!error && json_array_size(p.areas) > (area ? area->max_items : 0))
        error = wrong(&p, MUSTER_ETOOBIG, _("it has %zu polygons, and a record holds %u; split it"),
                      json_array_size(p.areas), area ? area->max_items : 0u);
    else if (!error && json_array_size(p.areas))
        made_json(made, area, p.areas);
    if (!error && p.has_point && !point_put(&p))
        error = wrong(&p, MUSTER_ESCHEMA, _("it is a point, and a %s has no place; take the geometry out, or give another --kind"),
                      made->kind->name);
    json_decref(p.areas);
    return error;
}
