/* edxl.h — the envelope EDXL-DE 1.0 around messages of the family: what says EXERCISE and how far it may go. */
#ifndef MUSTER_FORMATS_WRITE_EDXL_H
#define MUSTER_FORMATS_WRITE_EDXL_H

#include "formats/write/export.h"

/* One contentObject begins and ends in e->body; the message stands between.  `about` describes it. */
void edxl_content_begin(struct export *e, const json_t *item, const char *about);
void edxl_content_end(struct export *e);
/* The whole distribution to e->out: type is Report, Request or Response. */
void edxl_end(struct export *e, const char *type);
/* "urn:uuid:…" of an object's id, as an element. */
void edxl_id(struct out *out, const char *element, const char *hex);

#endif
