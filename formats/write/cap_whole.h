/* cap_whole.h — an alert that came in, written again element by element in the words of CAP 1.2.
 *
 * Of a message of 1.0 or 1.1: times get the zone that 1.2 wants, Very Likely is Likely (CAP 1.1, 3.2.2), what 1.2 demands
 * and the older one did not say is Restricted, Other and application/octet-stream; a value that 1.2 does not allow, and a
 * password, are left out.  Of any: the embedded file of a resource and the signature are in the original alone. */
#ifndef MUSTER_FORMATS_WRITE_CAP_WHOLE_H
#define MUSTER_FORMATS_WRITE_CAP_WHOLE_H

#include "formats/write/out.h"

/* The <alert> without an XML declaration, appended to out.
 * alert     the tree of formats/read/cap_parse.h; it is upgraded in place
 * exercise  the status is never Actual then
 * tlp       the label that goes into <code> as well; NULL: none
 * returns   false, and nothing is appended, when a required element has no value that is allowed */
bool cap_whole_write(struct out *out, json_t *alert, bool exercise, const char *tlp);

#endif
