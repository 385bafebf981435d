/* policy.h — the fields of a space's policy: names, bounds, and which of two values is the stricter (RULES C13).
 *
 * A value is a msgpack number.  Fields of a later version are kept and shown as a number; of two of their values the
 * bytewise smaller is in force (SPEC 6.5.13). */
#ifndef MUSTER_PROTOCOL_TRUST_POLICY_H
#define MUSTER_PROTOCOL_TRUST_POLICY_H

#include "protocol/trust/control.h"

enum policy_field { POLICY_ADMINS_MIN = 1, POLICY_RETENTION_DAYS = 2, POLICY_QUOTA_MB = 3, POLICY_CONFIRM_FIRST = 4 };

struct policy_row {
    uint32_t field;
    const char *name, *help;
    uint64_t least, most;
    bool more_is_stricter;
};

/* NULL behind the last; NULL for one that is not known. */
const struct policy_row *policy_at(size_t i);
const struct policy_row *policy_by_field(uint32_t field);
const struct policy_row *policy_by_name(const char *name);
/* The number that a value holds; false if it is none. */
bool policy_number(struct bytes value, uint64_t *out);
/* For control_order. */
int policy_stricter(void *unused, uint32_t field, const struct bytes *a, const struct bytes *b);
/* The number in force, or `otherwise`. */
uint64_t policy_in_force(struct control *control, uint32_t field, uint64_t otherwise);

#endif
