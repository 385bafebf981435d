/* cap_parse.h — from the XML of a CAP alert to a tree that keeps every rule of the table. */
#ifndef MUSTER_FORMATS_READ_CAP_PARSE_H
#define MUSTER_FORMATS_READ_CAP_PARSE_H

#include "formats/problem.h"

#include <jansson.h>

enum {
    CAP_DEPTH_MAX = 32,              /* nesting, signatures included */
    CAP_TEXT_BYTES_MAX = 128 * 1024, /* one value that is kept */
    CAP_PARTS_MAX = 3000             /* values of one alert that are kept: a record has room for no more */
};

/* *alert becomes an object with the elements' names: a string for what stands once, an array for what may
 * stand often; info is an array of objects, area of each info too.  eventCode, parameter and geocode are
 * "NAME=VALUE" strings in every version.  White space at the ends of texts is gone, empty elements are
 * left out, derefUri too.
 * returns  MUSTER_OK; what markup_check returns; EMARKUP (not well-formed), EDEPTH, ETOOBIG, EVERSION (a
 *          newer CAP), ESCHEMA (not CAP, or a rule of the table is broken).  On error *alert is NULL and
 *          *problem names the first place; problem->more counts the others. */
MUST_USE enum muster_error cap_parse(const void *bytes, size_t len, const char *name, json_t **alert,
                                     struct format_problem *problem);

#endif
