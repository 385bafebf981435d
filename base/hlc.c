#include "base/hlc.h"

uint64_t hlc_next(uint64_t last, uint64_t wall_ms)
{
    uint64_t wall = wall_ms << 16;
    return wall > last ? wall : last + 1;
}

uint64_t hlc_see(uint64_t last, uint64_t seen, uint64_t wall_ms)
{
    uint64_t limit = (wall_ms + HLC_LEAD_MS_MAX) << 16;
    if (seen > limit)
        seen = limit;
    return seen > last ? seen : last;
}
