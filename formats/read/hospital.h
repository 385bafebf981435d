/* hospital.h — a list of hospitals and treatment centres, as resources. */
#ifndef MUSTER_FORMATS_READ_HOSPITAL_H
#define MUSTER_FORMATS_READ_HOSPITAL_H

#include "formats/read/profile.h"

/* Items of the kind resource from a CSV file; see profile_read for everything. */
MUST_USE enum muster_error hospital_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                                     json_t **items, struct format_problems *problems);

#endif
