/* quota.c — what an agency may write into a space a day, by the space's policy (RULES D5).
 *
 * Nothing is dropped: what comes unasked is taken.  Beyond the quota this node asks for no more of that agency's data
 * until its own next day, and says so.  The counts are of this process; a restart begins them anew. */
#include "protocol/core_inner.h"
#include "protocol/trust/policy.h"

#include <stdlib.h>

enum { DAY_MS = 86400000, MEGABYTE = 1000000 };

/* The day's count of an agency; NULL: none yet, or without memory. */
static struct quota_count *count_of(struct core *core, struct space *space, const struct agency_id *agency, bool make)
{
    uint64_t day = core->wall_ms / DAY_MS;
    if (space->quota_day != day)
        space->quota_used = 0;
    space->quota_day = day;
    for (size_t i = 0; i < space->quota_used; i++)
        if (agency_id_eq(&space->quotas[i].agency, agency))
            return &space->quotas[i];
    if (!make)
        return NULL;
    if (space->quota_used == space->quota_size) { /* one a member with a log: bounded by those */
        size_t size = space->quota_size ? space->quota_size * 2 : 16;
        struct quota_count *bigger = realloc(space->quotas, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        space->quotas = bigger;
        space->quota_size = size;
    }
    space->quotas[space->quota_used] = (struct quota_count){.agency = *agency};
    return &space->quotas[space->quota_used++];
}

void quota_add(struct core *core, const struct log *log, size_t bytes)
{
    struct quota_count *count = log->genesis.role == LOG_DATA && !agency_id_eq(&log->genesis.agency, &core->self)
                                    ? count_of(core, core->spaces[log->space], &log->genesis.agency, true)
                                    : NULL;
    if (count)
        count->bytes += bytes;
}

uint64_t quota_allows(struct core *core, const struct log *log)
{
    struct space *space = core->spaces[log->space];
    if (log->genesis.role != LOG_DATA || !space->joined)
        return UINT64_MAX;
    uint64_t most = policy_in_force(space->control, POLICY_QUOTA_MB, 0) * MEGABYTE;
    struct quota_count *count = most ? count_of(core, space, &log->genesis.agency, false) : NULL;
    if (!most)
        return UINT64_MAX;
    if (!count || count->bytes < most)
        return 1 + (most - (count ? count->bytes : 0)) / SEGMENT_ITEM_MAX; /* however large they are, no more than one too many */
    if (!count->told)
        core_event(core, "quota.spent", &log->genesis.agency,
                   "more than %llu MB of it in %s today: no more is asked for before tomorrow",
                   (unsigned long long)(most / MEGABYTE), space->genesis.name);
    count->told = true;
    return 0;
}
