/* hxl.h — the tags of the Humanitarian Exchange Language (hxlstandard.org, core tags 1.1) for the fields of all kinds.
 *
 * One table for the writer and the reader.  A field without a tag of its own is #meta+FIELD, so that no column is
 * without one. */
#ifndef MUSTER_FORMATS_HXL_H
#define MUSTER_FORMATS_HXL_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

enum { HXL_TAG_BYTES = 64 };

/* The tag of the field of that kind: from the table, or made in out. */
const char *hxl_tag(char out[HXL_TAG_BYTES], const char *kind, const char *field);

/* A row of the table; NULL behind the last. */
struct hxl_row {
    const char *kind, *field, *tag; /* kind NULL: of any kind that has such a field and no row of its own */
};
const struct hxl_row *hxl_row_at(size_t i);

/* Columns that stand behind a kind's fields in a table that muster writes. */
struct hxl_behind {
    const char *name, *member, *tag; /* member of the item, or of its owner */
};
const struct hxl_behind *hxl_behind_at(size_t i); /* NULL behind the last */

/* Has the cell this tag, and all attributes demanded?  "#geo +lat +dd" is a "#geo+lat". */
bool hxl_tag_fits(const char *cell, const char *wanted);
/* How much a tag demands: itself and its attributes. */
size_t hxl_tag_weight(const char *tag);
/* Is it formed like one: #letter…, then letters, digits, _, + and spaces? */
bool hxl_is_tag(const char *cell);

#endif
