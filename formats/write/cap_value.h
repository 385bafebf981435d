/* cap_value.h — one value of an alert, written only if the table of CAP 1.2 allows it. */
#ifndef MUSTER_FORMATS_WRITE_CAP_VALUE_H
#define MUSTER_FORMATS_WRITE_CAP_VALUE_H

#include "formats/read/cap_rules.h"
#include "formats/write/out.h"

#define CAP_1_2_NAMESPACE "urn:oasis:names:tc:emergency:cap:1.2"

/* The element with its value: text of the row's type; NAME=VALUE for a row that is a group of both; a polygon's or circle's
 * numbers.  A time is written as CAP wants it.  False, with the reason where there is one: the row does not allow it, and
 * nothing was written. */
bool cap_value_write(struct out *out, const struct cap_row *row, const char *text, char reason[CAP_REASON_MAX]);

#endif
