/* json_items.h — NDJSON and GeoJSON: objects as muster exports them, and maps of others.
 *
 * NDJSON   one object a line: a line of muster export -o ndjson, a "put" of the change feed, or {"kind", "fields"}.
 *          A line that is no such object is refused alone.
 * GeoJSON  RFC 7946: a FeatureCollection or one Feature.  The kind is the property "kind", else --kind.  Properties with a
 *          field's name are that field, others go into the comments.  A point becomes location, lat and lon, or the first
 *          point that the kind has; polygons become areas: rings must be closed and within the earth, what crosses 180
 *          degrees is cut there, holes are filled (with a notice).  A geometry that the kind cannot hold refuses the
 *          feature.  Positions are kept to seven decimals, about a centimetre.
 * Both: the id of an object of muster becomes its key, so that it is not doubled, here or where it comes from. */
#ifndef MUSTER_FORMATS_READ_JSON_ITEMS_H
#define MUSTER_FORMATS_READ_JSON_ITEMS_H

#include "formats/read/reader.h"

enum {
    GEOJSON_BYTES_MAX = 24 * 1024 * 1024, /* the tree of a map takes ten times as much memory */
    NDJSON_LINE_MAX = 1024 * 1024,
    GEOJSON_RING_POINTS_MAX = 100000
};

/* The readers of both, for reader.c; as reader_run. */
MUST_USE enum muster_error ndjson_run(const struct reader_input *input, struct reader_output *output);
MUST_USE enum muster_error geojson_run(const struct reader_input *input, struct reader_output *output);

/* {"kind", "id"?, "fields", "exercise"?, "erased"?, ...} as an item; NULL with *problem filled when it is none (OK: it is
 * left out on purpose and counted).  For this folder. */
struct made_tally;
json_t *json_item(const json_t *object, const struct kind *wanted, json_t *seen, struct made_tally *tally,
                  struct format_problem *problem);

#endif
