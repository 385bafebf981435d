/* edxl_have.h — EDXL-HAVE 1.0: which element of a hospital is which field of a resource; for writer and reader. */
#ifndef MUSTER_FORMATS_EDXL_HAVE_H
#define MUSTER_FORMATS_EDXL_HAVE_H

#include "base/bytes.h"

#include <stddef.h>

struct have_row {
    const char *group, *inner, *element; /* GROUP/INNER/ELEMENT of the hospital; inner NULL: GROUP/ELEMENT */
    const char *field;
};
/* In the order in which a group's elements stand; NULL behind the last. */
const struct have_row *have_row_at(size_t i);

#endif
