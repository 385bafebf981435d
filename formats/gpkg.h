/* gpkg.h — a GeoPackage (OGC 12-128r18, version 1.3): one SQLite file, a feature table a kind.
 *
 * Each kind that occurs has a table of its name with the object's id, a geometry (or NULL), the fields of the kind,
 * owner, times, space and the EXERCISE mark, and an R-tree over the geometries.  The file appears under its name
 * when it is whole.  Beside read/file.c the only part of this room that touches the file system. */
#ifndef MUSTER_FORMATS_GPKG_H
#define MUSTER_FORMATS_GPKG_H

#include "formats/write/export.h"

struct gpkg;

/* A new database at `path`, which must not exist: the caller names a temporary one and renames it after
 * gpkg_close.  EIO, EFULL, with a sentence. */
MUST_USE enum muster_error gpkg_open(struct gpkg **out, const char *path, const struct export_head *head,
                                     struct format_problem *problem);
/* One item; its kind's table is made with the first one.  EKIND for a kind without a table of fields; EIO, EFULL. */
MUST_USE enum muster_error gpkg_item(struct gpkg *gpkg, const json_t *item, struct format_problem *problem);
/* Writes the extents and ends the file; EIO, EFULL.  The handle is gone in any case; NULL is allowed. */
MUST_USE enum muster_error gpkg_close(struct gpkg *gpkg, struct format_problem *problem);

#endif
