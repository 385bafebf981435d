/* sniff.h — what a file is, by its contents. */
#ifndef MUSTER_FORMATS_READ_SNIFF_H
#define MUSTER_FORMATS_READ_SNIFF_H

#include "formats/problem.h"

#include <stdbool.h>

enum format_kind { FORMAT_UNKNOWN, FORMAT_CAP, FORMAT_STOCK, FORMAT_ORG_RESOURCE, FORMAT_HOSPITAL, FORMAT_TABLE, FORMAT_GEOJSON, FORMAT_NDJSON,
    FORMAT_EDXL_RM, FORMAT_EDXL_HAVE };

/* Looks at the first SNIFF_BYTES bytes or, if there are fewer, at all.  The name serves messages only: what
 * a file is called says little about what it is.  FORMAT_UNKNOWN with a sentence in *problem that says
 * what was seen and which tables there are.  A table with broken rows or encoding is recognised by its
 * headings all the same: its reader says what is wrong. */
enum { SNIFF_BYTES = 64 * 1024 };
enum format_kind sniff(const char *name, const void *bytes, size_t len, struct format_problem *problem);

/* Is it, by its first bytes, a file of another program that no reader takes whatever it is called: packed, a spreadsheet,
 * a document, a database?  Then *problem says which, and what to do (EENCODING). */
bool sniff_foreign(const char *name, const void *bytes, size_t len, struct format_problem *problem);

/* Is it one of the tables with columns of their own (profile.h): stock, org-resource, hospital? */
bool format_kind_is_profile(enum format_kind kind);
/* For a sentence: all of them. */
#define FORMAT_NAMES "cap, stock, org-resource, hospital, csv, geojson, ndjson, edxl-rm, edxl-have"

/* "cap", "stock", "org-resource", "hospital", "csv", "geojson", "ndjson", "edxl-rm",
 * "edxl-have", "unknown"; and back (FORMAT_UNKNOWN if there is no such). */
const char *format_kind_name(enum format_kind kind);
enum format_kind format_kind_by_name(const char *name);

#endif
