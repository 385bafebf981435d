/* geo_outline.h — an area that is read once and compared with many, and the cells of the earth that it touches.
 *
 * Cells are for indexes: squares of an eighth of a degree or of four degrees, in rows from the south; beyond 80 degrees north
 * and south, where meridians meet, a row is one cell.  What touches an area touches one of its cells. */
#ifndef MUSTER_PROTOCOL_KINDS_GEO_OUTLINE_H
#define MUSTER_PROTOCOL_KINDS_GEO_OUTLINE_H

#include "protocol/kinds/geo.h"

#include <stdint.h>

struct geo_outline {
    enum geo_shape shape;
    struct geo_box box;
    struct geo_circle circle; /* of a circle */
    struct geo_point *points; /* of a polygon, the closing one included; owned */
    size_t count;
};

/* OK, EBADVALUE, EBUSY (no memory: one point takes 16 bytes); geo_outline_free in any case. */
MUST_USE enum muster_error geo_outline_read(struct geo_outline *out, const char *text, size_t len);
void geo_outline_free(struct geo_outline *outline);
/* Is the point inside?  As geo_area_contains. */
bool geo_outline_has(const struct geo_outline *outline, struct geo_point point);
/* As geo_areas_meet; *work grows by the edges and pairs of edges that were looked at. */
bool geo_outlines_meet(const struct geo_outline *one, const struct geo_outline *two, size_t *work);

enum { GEO_BOXES_MAX = 2 };
/* The boxes around a valid area, a little wider than it: two for a circle over the date line.  Their number; 0: it is no area. */
size_t geo_area_boxes(struct geo_box out[GEO_BOXES_MAX], const char *text, size_t len);

enum geo_cells { GEO_CELLS_FINE, GEO_CELLS_COARSE };
/* The numbers of the cells that the box touches, at most max; max + 1 when there are more, and then nothing is written. */
size_t geo_cells_of(uint32_t *out, size_t max, enum geo_cells size, const struct geo_box *box);

#endif
