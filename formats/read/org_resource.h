/* org_resource.h — what organisations can send: one row a type of resource, as resources. */
#ifndef MUSTER_FORMATS_READ_ORG_RESOURCE_H
#define MUSTER_FORMATS_READ_ORG_RESOURCE_H

#include "formats/read/profile.h"

/* Items of the kind resource from a CSV file; see profile_read for everything. */
MUST_USE enum muster_error org_resource_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                                     json_t **items, struct format_problems *problems);

#endif
