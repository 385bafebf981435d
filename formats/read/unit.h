/* unit.h — what people write in a unit column, as UCUM.
 *
 * Counts have no unit of their own; UCUM keeps the word in braces, and it says nothing about the size. */
#ifndef MUSTER_FORMATS_READ_UNIT_H
#define MUSTER_FORMATS_READ_UNIT_H

#include <stdbool.h>
#include <stddef.h>

enum { UNIT_BYTES = 66 }; /* 64 characters, the longest unit of a record, with room for NUL */

/* "pcs" -> "{pcs}", "KGs" -> "kg", "L" -> "L".  Words that are not known become an annotation of themselves,
 * "drum" -> "{drum}", when they are plain letters and digits; false otherwise (out is then empty). */
bool unit_from_text(char out[UNIT_BYTES], const char *text);

#endif
