/* ahead.h — stored segments in order of arrival, read and opened ahead of the fold.
 *
 *   T_SEGMENT -> jobs of some segments each, AHEAD_JOBS of them at most -> the shell's threads open their bodies
 *                                                                       -> the core folds one after the other
 *
 * What no thread has begun when its turn comes the core does itself, and others while it would wait; without threads it does
 * all.  The result is the same. */
#ifndef MUSTER_PROTOCOL_OBJECT_AHEAD_H
#define MUSTER_PROTOCOL_OBJECT_AHEAD_H

#include "protocol/core_inner.h"
#include "protocol/log/opened.h"

enum {
    AHEAD_JOBS = 8,
    AHEAD_BYTES = 32 * 1024, /* of segments in one job, and one segment more at most */
    AHEAD_SEGMENTS = 128
};

struct ahead_segment {
    uint64_t arrival;
    struct log *log;
    struct bytes item;           /* borrowed until the next call */
    const struct opened *opened; /* the same; NULL where nothing was opened */
};

struct ahead;
/* The segments behind that arrival.  NULL without memory. */
struct ahead *ahead_new(struct core *core, uint64_t arrival);
/* ENOTFOUND behind the last one.  EDAMAGED, ESTORE, EBUSY: those before were given, nothing comes behind it.  Bytes of one
 * segment that are damaged stop nobody's start: it is passed over and counted, its records are in no view until a check has
 * asked partners for it (SPEC 4.8.2). */
MUST_USE enum muster_error ahead_next(struct ahead *ahead, struct ahead_segment *out);
/* The arrival up to which all was given or passed over. */
uint64_t ahead_at(const struct ahead *ahead);
/* Waits for the threads.  NULL is allowed. */
void ahead_free(struct ahead *ahead);

#endif
