/* markup.h — a look at a file's XML before a parser sees it.
 *
 * libxml2 alone is not enough: entities blow up, thousands of attributes on one tag take seconds, and
 * a DOCTYPE reads other files.  One pass over the bytes refuses all of that; what passes is UTF-8
 * without DOCTYPE, with short tags. */
#ifndef MUSTER_FORMATS_READ_MARKUP_H
#define MUSTER_FORMATS_READ_MARKUP_H

#include "formats/problem.h"

enum {
    MARKUP_BYTES_MAX = 256 * 1024, /* a whole XML file */
    MARKUP_TAG_BYTES_MAX = 4096    /* one tag with its attributes */
};

/* MUSTER_OK; ETRUNCATED for an empty file; ETOOBIG; EENCODING or EUTF8 (also for a declared encoding
 * other than UTF-8 or US-ASCII); EMARKUP if the file is no XML; ESCHEMA for a DOCTYPE.  On error
 * *problem names the line. */
MUST_USE enum muster_error markup_check(const void *bytes, size_t len, const char *name,
                                        struct format_problem *problem);
/* The same for a file of at most max bytes. */
MUST_USE enum muster_error markup_check_sized(const void *bytes, size_t len, size_t max, const char *name,
                                              struct format_problem *problem);

#endif
