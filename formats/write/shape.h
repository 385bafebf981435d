/* shape.h — where an item is, as plane figures in longitude and latitude for maps of others.
 *
 * Polygons are closed, counter-clockwise, and cut at 180 degrees (RFC 7946, 3.1.9); a circle becomes a polygon of
 * SHAPE_CIRCLE_POINTS sides.  Coordinates are ten-millionths of a degree, about a centimetre. */
#ifndef MUSTER_FORMATS_WRITE_SHAPE_H
#define MUSTER_FORMATS_WRITE_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAPE_CIRCLE_POINTS = 64, SHAPE_POINTS_MAX = 1 << 20, SHAPE_E7 = 10000000 };

struct shape_point {
    int64_t lon_e7, lat_e7;
};

struct shape { /* all zero to begin with */
    struct shape_point *points;
    size_t point_count, point_size;
    size_t *ends; /* polygon i goes from ends[i - 1] (or 0) to ends[i] */
    size_t polygon_count, polygon_size;
    bool has_point;           /* a place beside the polygons */
    struct shape_point place; /* of `location`, `position`, `lat` and `lon`… */
    bool failed;              /* no memory, or too many points: what is here is not all */
};

/* Everything that says where the item is: areas, points, lat and lon.  Malformed values are left out. */
void shape_of(struct shape *out, const json_t *item);
void shape_clear(struct shape *shape);
/* The box around it; false if it is nowhere. */
bool shape_box(const struct shape *shape, struct shape_point *least, struct shape_point *most);

#endif
