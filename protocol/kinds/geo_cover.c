/* geo_cover.c — does one area lie in another?  Where that cannot be said for certain the answer is no. */
#include "protocol/kinds/geo_simple.h"

#include <stdlib.h>

enum { COVER_POINTS_MAX = 2048 }; /* of a polygon; of more the answer is no */
static const double NEAR = 1e-9;  /* degrees: a tenth of a millimetre */

struct outline {
    struct geo_point *at;
    size_t count; /* the closing point included */
};

/* A polygon's points, or the corners of the box around a circle. */
static bool outline_of(struct outline *out, const char *text, size_t len)
{
    enum geo_shape shape;
    struct geo_box box;
    size_t at = 0;
    if (geo_area_check(text, len, &shape, NULL))
        return false;
    out->count = 0;
    if (shape == GEO_CIRCLE) {
        if (geo_area_box(&box, text, len))
            return false;
        const struct geo_point corners[] = {
            {box.south, box.west}, {box.south, box.east}, {box.north, box.east}, {box.north, box.west}, {box.south, box.west}};
        for (; out->count < sizeof(corners) / sizeof(corners[0]); out->count++)
            out->at[out->count] = corners[out->count];
        return true;
    }
    while (out->count < COVER_POINTS_MAX && geo_polygon_next(text, len, &at, &out->at[out->count]))
        out->count++;
    return at >= len;
}

/* Twice the area of the triangle: above zero when c is to the left of a -> b. */
static double turn(struct geo_point a, struct geo_point b, struct geo_point c)
{
    return (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon);
}

static bool between(double a, double b, double x)
{
    return (a <= b ? a : b) - NEAR <= x && x <= (a <= b ? b : a) + NEAR;
}

static bool on_edge(struct geo_point a, struct geo_point b, struct geo_point p)
{
    double t = turn(a, b, p);
    return t < NEAR && t > -NEAR && between(a.lat, b.lat, p.lat) && between(a.lon, b.lon, p.lon);
}

/* Inside or on the border: two areas that share one are not apart. */
static bool inside(const struct outline *o, struct geo_point p)
{
    bool in = false;
    for (size_t i = 0; i + 1 < o->count; i++) {
        struct geo_point a = o->at[i], b = o->at[i + 1];
        if (on_edge(a, b, p))
            return true;
        if ((a.lat > p.lat) != (b.lat > p.lat) && p.lon < a.lon + (p.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon))
            in = !in;
    }
    return in;
}

static bool opposite(double x, double y)
{
    return (x > NEAR && y < -NEAR) || (x < -NEAR && y > NEAR);
}

static bool crosses(const struct outline *o, struct geo_point c, struct geo_point d)
{
    for (size_t i = 0; i + 1 < o->count; i++)
        if (opposite(turn(o->at[i], o->at[i + 1], c), turn(o->at[i], o->at[i + 1], d)) &&
            opposite(turn(c, d, o->at[i]), turn(c, d, o->at[i + 1])))
            return true;
    return false;
}

static bool outline_covers(const struct outline *outer, const struct outline *inner)
{
    for (size_t i = 0; i + 1 < inner->count; i++) {
        struct geo_point a = inner->at[i], b = inner->at[i + 1], middle = {(a.lat + b.lat) / 2, (a.lon + b.lon) / 2};
        if (!inside(outer, a) || !inside(outer, middle) || crosses(outer, a, b))
            return false;
    }
    return inner->count > 1;
}

/* Round: with its corners the whole of a polygon lies in it. */
static bool circle_covers(const struct geo_circle *outer, const struct outline *inner)
{
    for (size_t i = 0; i < inner->count; i++)
        if (!geo_is_within(outer->centre, inner->at[i], outer->radius_km))
            return false;
    return inner->count > 0;
}

bool geo_area_covers(const char *outer, size_t outer_len, const char *inner, size_t inner_len)
{
    struct geo_circle circle, small;
    struct outline o = {.at = malloc(COVER_POINTS_MAX * sizeof(struct geo_point))};
    struct outline i = {.at = malloc(COVER_POINTS_MAX * sizeof(struct geo_point))};
    enum geo_shape shape;
    struct geo_flaw flaw; /* what an outline that crosses itself encloses is not certain */
    bool covers = false;
    if (o.at && i.at && geo_area_check(outer, outer_len, &shape, NULL) == MUSTER_OK && outline_of(&i, inner, inner_len) &&
        geo_simple_check(outer, outer_len, &flaw) == MUSTER_OK && geo_simple_check(inner, inner_len, &flaw) == MUSTER_OK) {
        if (shape == GEO_POLYGON)
            covers = outline_of(&o, outer, outer_len) && outline_covers(&o, &i);
        else if (geo_circle_parse(&circle, outer, outer_len) == MUSTER_OK)
            covers = circle_covers(&circle, &i) ||
                     (geo_circle_parse(&small, inner, inner_len) == MUSTER_OK && small.radius_km <= circle.radius_km &&
                      geo_is_within(circle.centre, small.centre, circle.radius_km - small.radius_km));
    }
    free(o.at);
    free(i.at);
    return covers;
}
