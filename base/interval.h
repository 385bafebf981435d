/* interval.h — a sorted set of disjoint, non-touching intervals of positions, in a fixed array.
 *
 * It says which segments of a log are held beyond its contiguous prefix (RULES L4).  Bounds are
 * inclusive; positions start at 1. */
#ifndef MUSTER_BASE_INTERVAL_H
#define MUSTER_BASE_INTERVAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    uint64_t first, last;
};

struct interval_set {
    struct interval *at; /* the caller's array of `size` entries */
    size_t count, size;
};

/* An empty set over the caller's array, which must outlive it. */
struct interval_set interval_set_over(struct interval *array, size_t size);
bool interval_has(const struct interval_set *set, uint64_t position);
/* Adds first..last, joining neighbours.  MUSTER_ETOOBIG (set unchanged) if the array is full;
 * MUSTER_EBADVALUE if first is behind last. */
MUST_USE enum muster_error interval_add(struct interval_set *set, uint64_t first, uint64_t last);
/* Removes first..last, splitting where needed.  MUSTER_ETOOBIG (set unchanged) if a split has no room;
 * MUSTER_EBADVALUE if first is behind last. */
MUST_USE enum muster_error interval_remove(struct interval_set *set, uint64_t first, uint64_t last);
/* The first gap at or after `from` and not beyond `to`; false if there is none. */
bool interval_gap(const struct interval_set *set, uint64_t from, uint64_t to, struct interval *gap);

#endif
