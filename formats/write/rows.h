/* rows.h — the rows of all formats; for the files of this folder. */
#ifndef MUSTER_FORMATS_WRITE_ROWS_H
#define MUSTER_FORMATS_WRITE_ROWS_H

#include "formats/write/export.h"

extern const struct export_format export_ndjson, export_geojson, export_csv, export_hxl, export_cap, export_edxl_rm,
    export_edxl_have, export_atom;

#endif
