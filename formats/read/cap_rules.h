/* cap_rules.h — what one value of a CAP alert may be, by the type of its row.
 *
 * Pure functions over text.  Each says yes, or gives the reason in words that follow
 * "<urgency> is "soon", but ...". */
#ifndef MUSTER_FORMATS_READ_CAP_RULES_H
#define MUSTER_FORMATS_READ_CAP_RULES_H

#include "formats/read/cap_table.h"

enum { CAP_REASON_MAX = 320, CAP_RADIUS_KM_MAX = 20038 /* half way round the earth */ };

/* Is the value of the row's type?  The text is without white space at its ends for every type but
 * CAP_TOKEN and CAP_ID, and not empty except for CAP_VALUE.  On false, reason is filled. */
bool cap_value_fits(const struct cap_row *row, enum cap_version version, const char *text, size_t len,
                    char reason[CAP_REASON_MAX]);

/* May an element of this type be empty and then count as absent? */
bool cap_type_may_be_empty(enum cap_type type);

/* One sender,identifier,sent of a references text; pieces point into it. */
struct cap_reference {
    const char *sender, *identifier, *sent;
    size_t sender_len, identifier_len, sent_len;
};

/* The next word of *at (NUL-terminated text), moved behind it.  False at the end.  *triple tells whether the
 * word is a triple; if not, only sender (the whole word) is set. */
bool cap_reference_next(const char **at, struct cap_reference *out, bool *triple);

/* "Collapsed" polygon or circle: numbers without '+', single spaces.  out holds len + 1 bytes. */
void cap_shape_tidy(char *out, const char *text, size_t len);

#endif
