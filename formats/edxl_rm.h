/* edxl_rm.h — EDXL-RM 1.0: what each message may and must have, and what its times are called; for writer and reader. */
#ifndef MUSTER_FORMATS_EDXL_RM_H
#define MUSTER_FORMATS_EDXL_RM_H

#include "base/bytes.h"

#include <stddef.h>

#define EDXL_RM_NAMESPACE "urn:oasis:names:tc:emergency:EDXL:RM:1.0"

enum rm_schedule { /* one bit a type */
    REQUESTED_ARRIVAL = 1 << 0,
    ESTIMATED_ARRIVAL = 1 << 1,
    ACTUAL_ARRIVAL = 1 << 2,
    ESTIMATED_DEPARTURE = 1 << 3,
    ACTUAL_DEPARTURE = 1 << 4,
    RETURN_DEPARTURE = 1 << 5, /* EstimatedReturnDeparture */
    RETURN_ARRIVAL = 1 << 6,   /* EstimatedReturnArrival */
    RETURNED = 1 << 7,         /* ActualReturnArrival */
    BEGIN_AVAILABLE = 1 << 8,
    END_AVAILABLE = 1 << 9,
    COMMITTED = 1 << 10,
    CURRENT = 1 << 11,
    REPORT_TO = 1 << 12,
    SCHEDULE_ALL = (1 << 13) - 1
};

enum { NEVER, MAY, MUST };

struct rm_message {
    const char *name;
    unsigned char preceding, response, quantity, time, funding;
    unsigned schedules;
};
enum { RM_AT_REQUEST, RM_AT_RESPONSE, RM_AT_COMMIT, RM_AT_OFFER, RM_AT_REPORT, RM_MESSAGES };
extern const struct rm_message rm_messages[RM_MESSAGES];

/* A time of an object and the place that goes with it. */
struct rm_schedule_row {
    const char *kind, *time, *place, *type; /* fields of the item; place may be NULL */
    enum rm_schedule bit;
};
/* NULL behind the last. */
const struct rm_schedule_row *rm_schedule_at(size_t i);

#endif
