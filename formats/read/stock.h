/* stock.h — a warehouse list: one row an item, as resources. */
#ifndef MUSTER_FORMATS_READ_STOCK_H
#define MUSTER_FORMATS_READ_STOCK_H

#include "formats/read/profile.h"

/* Items of the kind resource from a CSV file; see profile_read for everything. */
MUST_USE enum muster_error stock_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                                     json_t **items, struct format_problems *problems);

#endif
