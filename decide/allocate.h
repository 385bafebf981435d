/* allocate.h — who gets how much of one resource from where: exact, in whole units, the same on every machine.
 *
 * In this order: as little as possible of what is urgent stays unmet, then of the routine, then of the rest; then either the least
 * way (units times metres) and, among plans with that, the largest smallest share of each rank, or the two the other way round;
 * last the least cost.  Minimum-cost flow by successive shortest paths over costs that are compared part by part (SPEC S7.8.12). */
#ifndef MUSTER_DECIDE_ALLOCATE_H
#define MUSTER_DECIDE_ALLOCATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ALLOCATE_SIDE_MAX = 64,         /* sources, and demands */
    ALLOCATE_UNITS_MAX = 1000000,   /* of one of them */
    ALLOCATE_RANKS = 3,             /* 0 urgent, 1 routine, 2 low */
    ALLOCATE_METRES_MAX = 20037508, /* half around the earth; also a way that is not known */
    ALLOCATE_SHARE = 10000          /* shares are in ten-thousandths */
};
#define ALLOCATE_COST_MAX INT64_C(10000000000) /* of a unit, in hundredths */
#define ALLOCATE_NO_WAY (-1)

enum allocate_order { ALLOCATE_WAY_FIRST, ALLOCATE_SHARE_FIRST };

struct allocate_source {
    int64_t units, cost; /* cost of one unit, in hundredths */
};

struct allocate_demand {
    int64_t units;
    int rank;
};

struct allocate_input {
    struct allocate_source sources[ALLOCATE_SIDE_MAX];
    struct allocate_demand demands[ALLOCATE_SIDE_MAX];
    size_t source_count, demand_count;
    int64_t metres[ALLOCATE_SIDE_MAX][ALLOCATE_SIDE_MAX]; /* from a source to a demand; ALLOCATE_NO_WAY: it may not serve it */
    enum allocate_order order;
};

struct allocate_plan {
    int64_t units[ALLOCATE_SIDE_MAX][ALLOCATE_SIDE_MAX]; /* from a source to a demand */
    int64_t floor[ALLOCATE_SIDE_MAX];                    /* what the fair share gives each demand at least */
    int64_t unmet[ALLOCATE_RANKS], way, cost;            /* units; units times metres; hundredths */
    int32_t share[ALLOCATE_RANKS]; /* the smallest part that a demand of the rank gets, cut off; -1: there is none of it */
};

/* EBADVALUE for a number out of its bounds, ETOOBIG for more than ALLOCATE_SIDE_MAX, EBUSY without memory. */
MUST_USE enum muster_error allocate(struct allocate_plan *out, const struct allocate_input *in);
/* Is the plan one that can be carried out, and is none better than it beside its fair shares?  By looking for a cycle of changes that
 * would cost less: another way than the one that it was found by. */
bool allocate_is_best(const struct allocate_plan *plan, const struct allocate_input *in);

#endif
