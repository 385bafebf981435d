#include "protocol/trust/policy.h"

#include "base/pack.h"

static const struct policy_row rows[] = {
    {POLICY_ADMINS_MIN, "admins-min", "nothing is proposed that would leave fewer admins", 1, 64, true},
    {POLICY_RETENTION_DAYS, "retention-days", "how long personal data may be kept", 1, 36500, false},
    {POLICY_QUOTA_MB, "quota-mb", "megabytes that an agency may write a day", 1, 1000000, false},
    {POLICY_CONFIRM_FIRST, "confirm-first", "highest right before the pair code was typed: 1 relay, 2 read, 3 write, 4 admin",
     RIGHT_RELAY, RIGHT_ADMIN, false},
};

const struct policy_row *policy_at(size_t i)
{
    return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

const struct policy_row *policy_by_field(uint32_t field)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].field == field)
            return &rows[i];
    return NULL;
}

const struct policy_row *policy_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool policy_number(struct bytes value, uint64_t *out)
{
    struct pack_value v;
    struct cursor c = cursor_over(value.at, value.len);
    if (!value.at || pack_check(value.at, value.len) != MUSTER_OK || !pack_next(&c, &v, false) || v.type != PACK_UINT)
        return false;
    *out = v.u.uint;
    return true;
}

int policy_stricter(void *unused, uint32_t field, const struct bytes *a, const struct bytes *b)
{
    const struct policy_row *row = policy_by_field(field);
    uint64_t x, y;
    (void)unused;
    if (!row || !policy_number(*a, &x) || !policy_number(*b, &y) || x == y)
        return 0;
    return (x > y) == row->more_is_stricter ? -1 : 1;
}

uint64_t policy_in_force(struct control *control, uint32_t field, uint64_t otherwise)
{
    const struct control_policy *policy = control_policy(control, field);
    uint64_t number;
    return policy && policy_number(policy->value, &number) ? number : otherwise;
}
