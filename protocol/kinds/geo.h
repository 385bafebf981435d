/* geo.h — places as text: WGS-84, latitude first, degrees with a point.
 *
 *   point    28.77,104.62
 *   polygon  POLYGON 38.47,-120.14 38.34,-119.95 38.52,-119.74 38.47,-120.14    (closed, 4 pairs or more)
 *   circle   CIRCLE 32.9525,-115.5527 20                                        (radius in km)
 *
 * Text is walked in place, whatever its length; nothing is stored.  Polygons are plane figures in latitude
 * and longitude, as CAP leaves them: one that crosses the date line is two polygons. */
#ifndef MUSTER_PROTOCOL_KINDS_GEO_H
#define MUSTER_PROTOCOL_KINDS_GEO_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { GEO_POINT_CHARS_MAX = 64, GEO_RADIUS_KM_MAX = 20038 }; /* half way round the earth */

struct geo_point {
    double lat, lon;
};

struct geo_box {
    double south, west, north, east;
};

enum geo_shape { GEO_POLYGON, GEO_CIRCLE };

struct geo_circle {
    struct geo_point centre;
    double radius_km;
};

/* OK, EBADVALUE; *why, if not NULL, says it in a phrase. */
MUST_USE enum muster_error geo_point_parse(struct geo_point *out, const char *text, size_t len, const char **why);
/* The same for one area; *shape says which.  Exact: one space between parts, none at the ends. */
MUST_USE enum muster_error geo_area_check(const char *text, size_t len, enum geo_shape *shape, const char **why);
/* EBADVALUE if it is no circle. */
MUST_USE enum muster_error geo_circle_parse(struct geo_circle *out, const char *text, size_t len);
/* Walks the points of a polygon, the closing one included: start with *at = 0; false behind the last or at
 * malformed text. */
bool geo_polygon_next(const char *text, size_t len, size_t *at, struct geo_point *out);

/* The smallest box around a valid area; a circle over a pole or the date line gets all longitudes.
 * EBADVALUE. */
MUST_USE enum muster_error geo_area_box(struct geo_box *out, const char *text, size_t len);
void geo_circle_box(struct geo_box *out, const struct geo_circle *circle);
/* Is the point inside?  Polygon: even-odd rule; edges south and west belong to it.  Circle: great circle on a
 * sphere of 6371.0088 km.  False for malformed text. */
bool geo_area_contains(const char *text, size_t len, struct geo_point point);
/* Does the second area lie in the first, borders included (geo_cover.c)?  Certain where it says yes: a circle in a polygon is
 * taken as its box; of a polygon with more than 2,048 points, or one that crosses itself, the answer is no.  False for malformed
 * text. */
bool geo_area_covers(const char *outer, size_t outer_len, const char *inner, size_t inner_len);
/* Have the two areas a point in common (geo_meet.c)?  Of polygons with more than 4,194,304 pairs of edges only a corner of one
 * in the other counts.  False for malformed text. */
bool geo_areas_meet(const char *one, size_t one_len, const char *two, size_t two_len);
/* Are two points at most that far apart?  */
bool geo_is_within(struct geo_point a, struct geo_point b, double km);

#endif
