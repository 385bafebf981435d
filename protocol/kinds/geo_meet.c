/* geo_meet.c — do two areas have a point in common?  Polygons are plane figures in latitude and longitude, circles lie on
 * the sphere; a circle and an edge are compared at the edge's nearest point in a plane that is true at the circle's centre. */
#include "protocol/kinds/geo.h"

#include "base/bytes.h"

enum { MEET_PAIRS_MAX = 4 * 1024 * 1024 }; /* pairs of edges that are compared: polygons of 2,048 points each */

/* Cosine of degrees by its series: the core links no libm, and metres do not matter here. */
static double cosine_of(double degrees)
{
    double x = degrees * 3.14159265358979323846 / 180, term = 1, sum = 1;
    for (int n = 1; n <= 8; n++) {
        term *= -x * x / ((2.0 * n - 1) * (2.0 * n));
        sum += term;
    }
    return sum;
}

static double turn(struct geo_point a, struct geo_point b, struct geo_point c)
{
    return (b.lat - a.lat) * (c.lon - a.lon) - (b.lon - a.lon) * (c.lat - a.lat);
}

static bool edges_cross(struct geo_point a, struct geo_point b, struct geo_point c, struct geo_point d)
{
    return (turn(a, b, c) > 0) != (turn(a, b, d) > 0) && (turn(c, d, a) > 0) != (turn(c, d, b) > 0);
}

/* The point of the edge that is nearest to p. */
static struct geo_point nearest_on(struct geo_point a, struct geo_point b, struct geo_point p)
{
    double scale = cosine_of(p.lat), ax = (a.lon - p.lon) * scale, ay = a.lat - p.lat;
    double dx = (b.lon - a.lon) * scale, dy = b.lat - a.lat, len = dx * dx + dy * dy;
    double t = len > 0 ? -(ax * dx + ay * dy) / len : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return (struct geo_point){a.lat + t * (b.lat - a.lat), a.lon + t * (b.lon - a.lon)};
}

static bool circle_meets(const struct geo_circle *circle, struct bytes polygon)
{
    const char *text = (const char *)polygon.at;
    struct geo_point a, b;
    size_t at = 0;
    if (geo_area_contains(text, polygon.len, circle->centre))
        return true;
    if (!geo_polygon_next(text, polygon.len, &at, &a))
        return false;
    for (; geo_polygon_next(text, polygon.len, &at, &b); a = b)
        if (geo_is_within(nearest_on(a, b, circle->centre), circle->centre, circle->radius_km))
            return true;
    return false;
}

static bool polygons_meet(struct bytes one, struct bytes two)
{
    const char *x = (const char *)one.at, *y = (const char *)two.at;
    struct geo_point a, b, c, d;
    size_t at = 0, pairs = 0;
    if (geo_polygon_next(x, one.len, &at, &a) && geo_area_contains(y, two.len, a))
        return true;
    size_t other = 0;
    if (geo_polygon_next(y, two.len, &other, &c) && geo_area_contains(x, one.len, c))
        return true;
    for (at = 0, (void)geo_polygon_next(x, one.len, &at, &a); geo_polygon_next(x, one.len, &at, &b); a = b)
        for (other = 0, (void)geo_polygon_next(y, two.len, &other, &c); geo_polygon_next(y, two.len, &other, &d); c = d)
            if (++pairs > MEET_PAIRS_MAX || edges_cross(a, b, c, d))
                return pairs <= MEET_PAIRS_MAX;
    return false;
}

bool geo_areas_meet(const char *one, size_t one_len, const char *two, size_t two_len)
{
    enum geo_shape first, second;
    struct geo_circle circle, other;
    struct geo_box a, b;
    if (geo_area_check(one, one_len, &first, NULL) || geo_area_check(two, two_len, &second, NULL) ||
        geo_area_box(&a, one, one_len) || geo_area_box(&b, two, two_len))
        return false;
    if (a.south > b.north || b.south > a.north || a.west > b.east || b.west > a.east)
        return false;
    if (first == GEO_CIRCLE && second == GEO_CIRCLE)
        return geo_circle_parse(&circle, one, one_len) == MUSTER_OK && geo_circle_parse(&other, two, two_len) == MUSTER_OK &&
               geo_is_within(circle.centre, other.centre, circle.radius_km + other.radius_km);
    if (first == GEO_CIRCLE)
        return geo_circle_parse(&circle, one, one_len) == MUSTER_OK &&
               circle_meets(&circle, (struct bytes){(const uint8_t *)two, two_len});
    if (second == GEO_CIRCLE)
        return geo_circle_parse(&circle, two, two_len) == MUSTER_OK &&
               circle_meets(&circle, (struct bytes){(const uint8_t *)one, one_len});
    return polygons_meet((struct bytes){(const uint8_t *)one, one_len}, (struct bytes){(const uint8_t *)two, two_len});
}
