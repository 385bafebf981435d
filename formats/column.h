/* column.h — what a field is called in a table or a map.
 *
 * Files say more of an object than its fields (id, owner, times, marks); a field that has such a name is called
 * field_NAME there: the `owner` of a loss beside the agency that owns the record. */
#ifndef MUSTER_FORMATS_COLUMN_H
#define MUSTER_FORMATS_COLUMN_H

#include "protocol/kinds/kinds.h"

enum { COLUMN_NAME_BYTES = 64 };

/* The field's name, or out. */
const char *column_name(char out[COLUMN_NAME_BYTES], const char *field);
/* The field of that column, or NULL. */
const struct field *column_field(const struct kind *kind, const char *column);

#endif
