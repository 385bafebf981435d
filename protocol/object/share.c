#include "protocol/object/share.h"

#include <stdlib.h>

static int by_rank(const void *a, const void *b)
{
    const struct share_entry *x = a, *y = b;
    int order = agency_id_cmp(x->by, y->by);
    if (!order)
        order = (int)y->root - (int)x->root;
    if (!order && x->sequence != y->sequence)
        order = x->sequence < y->sequence ? -1 : 1;
    if (!order)
        order = log_id_cmp(x->log, y->log);
    if (!order && x->arrival != y->arrival)
        order = x->arrival < y->arrival ? -1 : 1;
    return order ? order : (int)x->index - (int)y->index;
}

/* The end of the run of one agency that begins at `from`. */
static size_t run_end(const struct share_entry *entries, size_t count, size_t from)
{
    size_t end = from;
    while (end < count && agency_id_eq(entries[end].by, entries[from].by))
        end++;
    return end;
}

static bool is_creator(const struct share_entry *entry, const struct agency_id *creator)
{
    return creator && agency_id_eq(entry->by, creator);
}

/* What the others use together if each has at most `level`. */
static size_t used_by_others(const struct share_entry *entries, size_t count, const struct agency_id *creator, size_t level)
{
    size_t used = 0;
    for (size_t at = 0, end; at < count; at = end) {
        end = run_end(entries, count, at);
        if (!is_creator(&entries[at], creator))
            used += end - at < level ? end - at : level;
    }
    return used;
}

size_t share_select(struct share_entry *entries, size_t count, const struct agency_id *creator)
{
    size_t own = 0, kept = 0;
    if (count <= OBJECT_RECORDS_MAX)
        return count;
    qsort(entries, count, sizeof(*entries), by_rank);
    for (size_t i = 0; i < count; i++)
        own += is_creator(&entries[i], creator);
    size_t others = count - own, left = others < OBJECT_RECORDS_MAX ? OBJECT_RECORDS_MAX - others : 0;
    size_t share = left > SHARE_CREATOR ? left : SHARE_CREATOR;
    if (own > share)
        own = share;
    size_t room = OBJECT_RECORDS_MAX - own, low = 0, high = room;
    while (low < high) { /* the highest level at which all have room */
        size_t middle = high - (high - low) / 2;
        if (used_by_others(entries, count, creator, middle) <= room)
            low = middle;
        else
            high = middle - 1;
    }
    for (size_t at = 0, end; at < count; at = end) {
        end = run_end(entries, count, at);
        size_t most = is_creator(&entries[at], creator) ? own : low;
        for (size_t i = at; i < end && i - at < most; i++)
            entries[kept++] = entries[i];
    }
    return kept;
}
