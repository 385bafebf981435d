/* area_code.h — codes of areas: 511502, GB2260=511502, SAME=006109.
 *
 * Codes of levels of two digits contain each other: 5115 and 511500 (the zeros mean "all of it") contain 511502.  Others are
 * compared as they are.  A code without SCHEME= is meant in every scheme. */
#ifndef MUSTER_PROTOCOL_KINDS_AREA_CODE_H
#define MUSTER_PROTOCOL_KINDS_AREA_CODE_H

#include "base/bytes.h"

#include <stdbool.h>

enum { AREA_CODE_LEVELS_MAX = 6 }; /* twelve digits: a village of China */

struct field;

/* Does a field of that name hold codes of areas? */
bool area_code_field(const struct field *field);
/* What is looked for, behind its scheme and without the zeros at its end. */
struct bytes area_code_wanted(struct bytes wanted);
/* Does what is looked for contain the code? */
bool area_code_contains(struct bytes wanted, struct bytes code);
/* All that area_code_wanted may be of whoever looks for this code, into out; their number.  0: too many to say. */
size_t area_code_found_by(struct bytes out[AREA_CODE_LEVELS_MAX + 1], struct bytes code);

#endif
