/* hlc.h — hybrid logical clock: 48 bits of milliseconds, 16 bits of counter, in one u64.
 *
 * It labels records and breaks ties after causality; it never rejects or hides one (RULES G1,
 * DESIGN 6).  The local clock never moves further than HLC_LEAD_MS_MAX beyond the wall clock. */
#ifndef MUSTER_BASE_HLC_H
#define MUSTER_BASE_HLC_H

#include <stdint.h>

enum { HLC_LEAD_MS_MAX = 60 * 1000 };

static inline uint64_t hlc_ms(uint64_t hlc)
{
    return hlc >> 16;
}

/* The next local label: after `last`, at or after wall_ms. */
uint64_t hlc_next(uint64_t last, uint64_t wall_ms);
/* The local clock after seeing `seen`: never beyond wall_ms + HLC_LEAD_MS_MAX. */
uint64_t hlc_see(uint64_t last, uint64_t seen, uint64_t wall_ms);

#endif
