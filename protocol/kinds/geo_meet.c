/* geo_meet.c — do two areas have a point in common?  Polygons are plane figures in latitude and longitude, circles lie on
 * the sphere; a circle and an edge are compared at the edge's nearest point in a plane that is true at the circle's centre. */
#include "protocol/kinds/geo_outline.h"


#include <stdlib.h>

enum { MEET_PAIRS_MAX = 4 * 1024 * 1024 }; /* pairs of edges that are compared: polygons of 2,048 points each */

/* --- an area that was read --------------------------------------------------------------------------------------- */

enum muster_error geo_outline_read(struct geo_outline *out, const char *text, size_t len)
{
    enum geo_shape shape;
    size_t at = 0, spaces = 0;
    *out = (struct geo_outline){.points = NULL};
    if (geo_area_check(text, len, &shape, NULL) || geo_area_box(&out->box, text, len))
        return MUSTER_EBADVALUE;
    out->shape = shape;
    if (shape == GEO_CIRCLE)
        return geo_circle_parse(&out->circle, text, len);
    for (size_t i = 0; i < len; i++)
        spaces += text[i] == ' ';
    out->points = malloc((spaces + 1) * sizeof(*out->points)); /* each point stands behind one */
    if (!out->points)
        return MUSTER_EBUSY;
    while (out->count < spaces && geo_polygon_next(text, len, &at, &out->points[out->count]))
        out->count++;
    return MUSTER_OK;
}

void geo_outline_free(struct geo_outline *outline)
{
    free(outline->points);
    *outline = (struct geo_outline){.points = NULL};
}

bool geo_outline_has(const struct geo_outline *outline, struct geo_point point)
{
    bool inside = false;
    if (outline->shape == GEO_CIRCLE)
        return geo_is_within(outline->circle.centre, point, outline->circle.radius_km);
    if (point.lat < outline->box.south || point.lat > outline->box.north || point.lon < outline->box.west ||
        point.lon > outline->box.east)
        return false;
    for (size_t i = 0; i + 1 < outline->count; i++) { /* a ray to the east crosses each edge once at most */
        struct geo_point a = outline->points[i], b = outline->points[i + 1];
        if ((a.lat > point.lat) != (b.lat > point.lat) &&
            point.lon < a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon))
            inside = !inside;
    }
    return inside;
}

/* --- two of them -------------------------------------------------------------------------------------------------- */

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

static bool circle_meets(const struct geo_circle *circle, const struct geo_outline *polygon, size_t *work)
{
    if (geo_outline_has(polygon, circle->centre))
        return true;
    *work += polygon->count;
    for (size_t i = 0; i + 1 < polygon->count; i++)
        if (geo_is_within(nearest_on(polygon->points[i], polygon->points[i + 1], circle->centre), circle->centre, circle->radius_km))
            return true;
    return false;
}

/* Does the box around an edge touch the other box? */
static bool edge_touches(struct geo_point a, struct geo_point b, const struct geo_box *box)
{
    return (a.lat >= box->south || b.lat >= box->south) && (a.lat <= box->north || b.lat <= box->north) &&
           (a.lon >= box->west || b.lon >= box->west) && (a.lon <= box->east || b.lon <= box->east);
}

static bool polygons_meet(const struct geo_outline *one, const struct geo_outline *two, size_t *work)
{
    size_t pairs = 0;
    bool meet = geo_outline_has(two, one->points[0]) || geo_outline_has(one, two->points[0]);
    *work += one->count + two->count;
    for (size_t i = 0; i + 1 < one->count && !meet && pairs <= MEET_PAIRS_MAX; i++) {
        if (!edge_touches(one->points[i], one->points[i + 1], &two->box))
            continue;
        pairs += two->count;
        for (size_t k = 0; k + 1 < two->count && !meet && pairs <= MEET_PAIRS_MAX; k++)
            meet = edges_cross(one->points[i], one->points[i + 1], two->points[k], two->points[k + 1]);
    }
    *work += pairs;
    return meet;
}

bool geo_outlines_meet(const struct geo_outline *one, const struct geo_outline *two, size_t *work)
{
    const struct geo_box *a = &one->box, *b = &two->box;
    ++*work;
    if (a->south > b->north || b->south > a->north || a->west > b->east || b->west > a->east)
        return false;
    if (one->shape == GEO_CIRCLE && two->shape == GEO_CIRCLE)
        return geo_is_within(one->circle.centre, two->circle.centre, one->circle.radius_km + two->circle.radius_km);
    if (one->shape == GEO_CIRCLE)
        return circle_meets(&one->circle, two, work);
    if (two->shape == GEO_CIRCLE)
        return circle_meets(&two->circle, one, work);
    return polygons_meet(one, two, work);
}

bool geo_areas_meet(const char *one, size_t one_len, const char *two, size_t two_len)
{
    struct geo_outline a = {.points = NULL}, b = {.points = NULL};
    size_t work = 0;
    bool meet = geo_outline_read(&a, one, one_len) == MUSTER_OK && geo_outline_read(&b, two, two_len) == MUSTER_OK &&
                geo_outlines_meet(&a, &b, &work);
    geo_outline_free(&a);
    geo_outline_free(&b);
    return meet;
}
