/* geojson_shape.h — a geometry of GeoJSON as the place and area of an object; for geojson.c alone. */
#ifndef MUSTER_FORMATS_READ_GEOJSON_SHAPE_H
#define MUSTER_FORMATS_READ_GEOJSON_SHAPE_H

#include "formats/read/made.h"

/* Puts it into the fields that the kind has for it; null: it is nowhere.  ESCHEMA, ETOOBIG with a sentence that names
 * the feature: what is wrong with the geometry, or that the kind has no place for it. */
MUST_USE enum muster_error geojson_place(struct made *made, const json_t *geometry, const char *file, size_t feature,
                                         struct format_problem *problem);

#endif
