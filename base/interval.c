#include "base/interval.h"

#include <string.h>

struct interval_set interval_set_over(struct interval *array, size_t size)
{
    return (struct interval_set){.at = array, .count = 0, .size = size};
}

/* Index of the first interval whose last is at or after position. */
static size_t find(const struct interval_set *set, uint64_t position)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->at[middle].last < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool interval_has(const struct interval_set *set, uint64_t position)
{
    size_t i = find(set, position);
    return i < set->count && set->at[i].first <= position;
}

/* Replace entries from..to (exclusive) by `count` new ones. */
static enum muster_error splice(struct interval_set *set, size_t from, size_t to, const struct interval *with,
                                size_t count)
{
    if (set->count - (to - from) + count > set->size)
        return MUSTER_ETOOBIG;
    memmove(set->at + from + count, set->at + to, (set->count - to) * sizeof(*set->at));
    for (size_t i = 0; i < count; i++)
        set->at[from + i] = with[i];
    set->count = set->count - (to - from) + count;
    return MUSTER_OK;
}

enum muster_error interval_add(struct interval_set *set, uint64_t first, uint64_t last)
{
    if (first > last)
        return MUSTER_EBADVALUE;
    size_t from = find(set, first > 0 ? first - 1 : 0), to = from;
    struct interval joined = {first, last};
    for (; to < set->count && (last == UINT64_MAX || set->at[to].first <= last + 1); to++) {
        if (set->at[to].first < joined.first)
            joined.first = set->at[to].first;
        if (set->at[to].last > joined.last)
            joined.last = set->at[to].last;
    }
    return splice(set, from, to, &joined, 1);
}

enum muster_error interval_remove(struct interval_set *set, uint64_t first, uint64_t last)
{
    if (first > last)
        return MUSTER_EBADVALUE;
    size_t from = find(set, first), to = from, count = 0;
    struct interval rest[2];
    for (; to < set->count && set->at[to].first <= last; to++) {
        if (set->at[to].first < first)
            rest[count++] = (struct interval){set->at[to].first, first - 1};
        if (set->at[to].last > last)
            rest[count++] = (struct interval){last + 1, set->at[to].last};
    }
    return splice(set, from, to, rest, count);
}

bool interval_gap(const struct interval_set *set, uint64_t from, uint64_t to, struct interval *gap)
{
    size_t i = find(set, from);
    if (i < set->count && set->at[i].first <= from) {
        if (set->at[i].last >= to)
            return false;
        from = set->at[i++].last + 1;
    }
    if (from > to)
        return false;
    *gap = (struct interval){from, to};
    if (i < set->count && set->at[i].first <= to)
        gap->last = set->at[i].first - 1;
    return true;
}
