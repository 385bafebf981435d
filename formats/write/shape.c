#include "formats/write/shape.h"

#include "formats/write/export.h"
#include "protocol/kinds/geo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RADIANS (3.14159265358979323846 / 180)
#define EARTH_KM 6371.0088

static int64_t e7_of(double degrees)
{
    return (int64_t)(degrees * SHAPE_E7 + (degrees < 0 ? -0.5 : 0.5));
}

static void point_add(struct shape *s, double lat, double lon)
{
    if (s->failed || s->point_count == SHAPE_POINTS_MAX) {
        s->failed = true;
        return;
    }
    if (s->point_count == s->point_size) {
        size_t size = s->point_size ? s->point_size * 2 : 64;
        struct shape_point *bigger = realloc(s->points, size * sizeof *bigger);
        if (!bigger) {
            s->failed = true;
            return;
        }
        s->points = bigger;
        s->point_size = size;
    }
    s->points[s->point_count++] = (struct shape_point){e7_of(lon), e7_of(lat)};
}

/* --- polygons --------------------------------------------------------------------------------------------- */

/* Twice the area of what lies behind `from`: positive for counter-clockwise. */
static double turned(const struct shape *s, size_t from)
{
    double sum = 0;
    for (size_t i = from; i + 1 < s->point_count; i++)
        sum += (double)s->points[i].lon_e7 * (double)s->points[i + 1].lat_e7 -
               (double)s->points[i + 1].lon_e7 * (double)s->points[i].lat_e7;
    return sum;
}

/* Ends the polygon that began at `from`: closed and counter-clockwise; one without area is forgotten. */
static void polygon_end(struct shape *s, size_t from)
{
    if (s->failed || s->point_count < from + 3) {
        s->point_count = from;
        return;
    }
    struct shape_point first = s->points[from], last = s->points[s->point_count - 1];
    if (first.lon_e7 != last.lon_e7 || first.lat_e7 != last.lat_e7)
        point_add(s, (double)first.lat_e7 / SHAPE_E7, (double)first.lon_e7 / SHAPE_E7);
    double area = turned(s, from);
    if (s->failed || s->point_count < from + 4 || (area < 1 && area > -1)) {
        s->point_count = from;
        return;
    }
    for (size_t a = from, b = s->point_count - 1; area < 0 && a < b; a++, b--) {
        struct shape_point swap = s->points[a];
        s->points[a] = s->points[b];
        s->points[b] = swap;
    }
    if (s->polygon_count == s->polygon_size) {
        size_t size = s->polygon_size ? s->polygon_size * 2 : 8, *bigger = realloc(s->ends, size * sizeof *bigger);
        if (!bigger) {
            s->failed = true;
            return;
        }
        s->ends = bigger;
        s->polygon_size = size;
    }
    s->ends[s->polygon_count++] = s->point_count;
}

struct ring { /* longitudes go on beyond 180 where the line crosses it */
    struct geo_point *at;
    size_t count;
};

/* What of the ring lies west (or east) of a meridian, into out: Sutherland and Hodgman. */
static size_t clip(struct geo_point *out, const struct geo_point *in, size_t count, double meridian, bool west)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct geo_point a = in[i], b = in[(i + 1) % count];
        bool a_in = west ? a.lon <= meridian : a.lon >= meridian, b_in = west ? b.lon <= meridian : b.lon >= meridian;
        if (a_in)
            out[n++] = a;
        if (a_in != b_in)
            out[n++] = (struct geo_point){.lat = a.lat + (b.lat - a.lat) * (meridian - a.lon) / (b.lon - a.lon),
                                          .lon = meridian};
    }
    return n;
}

/* The ring as one polygon, or as the pieces into which the meridian of 180 degrees cuts it. */
static void ring_add(struct shape *s, const struct ring *ring)
{
    double west = ring->at[0].lon, east = west;
    for (size_t i = 1; i < ring->count; i++) {
        west = ring->at[i].lon < west ? ring->at[i].lon : west;
        east = ring->at[i].lon > east ? ring->at[i].lon : east;
    }
    /* One cut gives at most 3/2 of the points, two give 9/4. */
    struct geo_point *one = malloc(5 * (ring->count + 4) * sizeof *one);
    if (!one) {
        s->failed = true;
        return;
    }
    struct geo_point *two = one + 2 * (ring->count + 4);
    for (int turn = -1; turn <= 1; turn++) {
        double from = -180 + 360.0 * turn, to = from + 360;
        if (east <= from || west >= to)
            continue;
        size_t start = s->point_count, n = clip(one, ring->at, ring->count, to, true);
        n = n ? clip(two, one, n, from, false) : 0;
        for (size_t i = 0; i < n; i++)
            point_add(s, two[i].lat, two[i].lon - 360.0 * turn);
        polygon_end(s, start);
    }
    free(one);
}

static void polygon_add(struct shape *s, const char *text, size_t len)
{
    struct ring ring = {malloc((len / 4 + 2) * sizeof(struct geo_point)), 0};
    struct geo_point point;
    size_t at = 0;
    double shift = 0;
    if (!ring.at) {
        s->failed = true;
        return;
    }
    while (ring.count < len / 4 + 2 && geo_polygon_next(text, len, &at, &point)) {
        double before = ring.count ? ring.at[ring.count - 1].lon - shift : point.lon;
        if (point.lon - before > 180) /* the shorter way round the earth */
            shift -= 360;
        else if (point.lon - before < -180)
            shift += 360;
        ring.at[ring.count++] = (struct geo_point){point.lat, point.lon + shift};
    }
    if (ring.count > 3 && shift == 0 /* else it goes round a pole, and no plane figure says that */)
        ring_add(s, &(struct ring){ring.at, ring.count - 1});
    free(ring.at);
}

static void circle_add(struct shape *s, const char *text, size_t len)
{
    struct geo_circle circle;
    struct geo_point points[SHAPE_CIRCLE_POINTS];
    if (geo_circle_parse(&circle, text, len) != MUSTER_OK)
        return;
    double lat = circle.centre.lat * RADIANS, far = circle.radius_km / EARTH_KM;
    if (circle.centre.lat + far / RADIANS >= 90 || circle.centre.lat - far / RADIANS <= -90) {
        double top = circle.centre.lat + far / RADIANS >= 90 ? 90 : circle.centre.lat + far / RADIANS;
        double bottom = circle.centre.lat - far / RADIANS <= -90 ? -90 : circle.centre.lat - far / RADIANS;
        struct geo_point cap[] = {{bottom, -180}, {bottom, 180}, {top, 180}, {top, -180}}; /* a pole is inside */
        ring_add(s, &(struct ring){cap, 4});
        return;
    }
    if (circle.radius_km <= 0) {
        s->has_point = true;
        s->place = (struct shape_point){e7_of(circle.centre.lon), e7_of(circle.centre.lat)};
        return;
    }
    for (size_t i = 0; i < SHAPE_CIRCLE_POINTS; i++) {
        double bearing = -360.0 * (double)i / SHAPE_CIRCLE_POINTS * RADIANS;
        double to = asin(sin(lat) * cos(far) + cos(lat) * sin(far) * cos(bearing));
        double by = atan2(sin(bearing) * sin(far) * cos(lat), cos(far) - sin(lat) * sin(to));
        points[i] = (struct geo_point){to / RADIANS, circle.centre.lon + by / RADIANS};
    }
    ring_add(s, &(struct ring){points, SHAPE_CIRCLE_POINTS});
}

/* --- places ------------------------------------------------------------------------------------------------ */

static void place_set(struct shape *s, const char *text)
{
    struct geo_point point;
    if (geo_point_parse(&point, text, strlen(text), NULL) != MUSTER_OK)
        return;
    s->has_point = true;
    s->place = (struct shape_point){e7_of(point.lon), e7_of(point.lat)};
}

void shape_of(struct shape *out, const json_t *item)
{
    const json_t *areas = json_object_get(item_fields(item), "area");
    /* the last one that is there */
    static const char *const places[] = {"deliver_point", "destination_point", "position", "location"};
    const char *lat = item_field(item, "lat"), *lon = item_field(item, "lon");
    char pair[GEO_POINT_CHARS_MAX + 1];
    *out = (struct shape){0};
    for (size_t i = 0; i < json_array_size(areas); i++) {
        const char *text = json_string_value(json_array_get(areas, i));
        enum geo_shape which;
        size_t len = text ? strlen(text) : 0;
        if (!text || geo_area_check(text, len, &which, NULL) != MUSTER_OK)
            continue;
        if (which == GEO_POLYGON)
            polygon_add(out, text, len);
        else
            circle_add(out, text, len);
    }
    if (lat && lon && (size_t)snprintf(pair, sizeof pair, "%s,%s", lat, lon) < sizeof pair)
        place_set(out, pair);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (item_field(item, places[i]))
            place_set(out, item_field(item, places[i]));
}

void shape_clear(struct shape *shape)
{
    free(shape->points);
    free(shape->ends);
    *shape = (struct shape){0};
}

static void box_grow(struct shape_point *least, struct shape_point *most, struct shape_point p)
{
    least->lon_e7 = p.lon_e7 < least->lon_e7 ? p.lon_e7 : least->lon_e7;
    least->lat_e7 = p.lat_e7 < least->lat_e7 ? p.lat_e7 : least->lat_e7;
    most->lon_e7 = p.lon_e7 > most->lon_e7 ? p.lon_e7 : most->lon_e7;
    most->lat_e7 = p.lat_e7 > most->lat_e7 ? p.lat_e7 : most->lat_e7;
}

bool shape_box(const struct shape *shape, struct shape_point *least, struct shape_point *most)
{
    if (!shape->has_point && !shape->polygon_count)
        return false;
    *least = *most = shape->has_point ? shape->place : shape->points[0];
    for (size_t i = 0; i < shape->point_count; i++)
        box_grow(least, most, shape->points[i]);
    return true;
}
