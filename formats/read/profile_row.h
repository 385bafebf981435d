/* profile_row.h — the rows of a matched table as items; for profile.c alone. */
#ifndef MUSTER_FORMATS_READ_PROFILE_ROW_H
#define MUSTER_FORMATS_READ_PROFILE_ROW_H

#include "formats/read/profile.h"

/* The second half of profile_run.  Only EBUSY (no memory) is an error; it fills problems->at[0]. */
MUST_USE enum muster_error profile_rows(const struct profile *profile, const struct table *table,
                                        const struct profile_map *map, const char *name,
                                        struct reader_output *output);

#endif
