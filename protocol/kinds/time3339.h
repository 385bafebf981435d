/* time3339.h — points in time as RFC 3339 writes them, always with a zone. */
#ifndef MUSTER_PROTOCOL_KINDS_TIME3339_H
#define MUSTER_PROTOCOL_KINDS_TIME3339_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TIME_TEXT_MAX = 40,   /* 19 characters, fraction of up to 9 digits, zone; some room */
    TIME_FORMAT_BYTES = 32
};

struct time3339 {
    int64_t ms;           /* since 1970-01-01T00:00:00Z; finer digits are cut off */
    int16_t zone_minutes; /* east of UTC */
};

/* Strict: YYYY-MM-DDThh:mm:ss[.1-9 digits](Z|+hh:mm|-hh:mm), upper case, years 0001 to 9999, real dates.
 * -00:00 is UTC.  Second 60 only where UTC has a leap second (23:59 at the end of June or December); it
 * counts as the last ms of second 59.  EBADVALUE; *why, if not NULL, says it in a phrase. */
MUST_USE enum muster_error time3339_parse(struct time3339 *out, const char *text, size_t len, const char **why);
/* UTC with Z, and three digits of fraction unless they are zero.  Returns the length; 0 and an empty text for
 * years outside 0001 to 9999. */
size_t time3339_format(char out[TIME_FORMAT_BYTES], int64_t ms);
/* The same as local time of a zone with its numeric offset (CAP wants +00:00 and not Z). */
size_t time3339_format_zone(char out[TIME_FORMAT_BYTES], int64_t ms, int zone_minutes);

#endif
