#include "protocol/object/past.h"

void index_sort(uint32_t *at, uint32_t *scratch, uint32_t count,
                int (*cmp)(const void *context, uint32_t x, uint32_t y), const void *context)
{
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t start = 0; start < count; start += 2 * width) {
            uint64_t middle = start + width < count ? start + width : count;
            uint64_t end = middle + width < count ? middle + width : count;
            uint64_t left = start, right = middle, to = start;
            while (left < middle && right < end)
                scratch[to++] = cmp(context, at[right], at[left]) < 0 ? at[right++] : at[left++];
            while (left < middle)
                scratch[to++] = at[left++];
            while (right < end)
                scratch[to++] = at[right++];
        }
        memcpy(at, scratch, count * sizeof *at);
    }
}

static int by_id_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct object_record *records = context;
    return record_id_cmp(&records[x].id, &records[y].id);
}

/* Live records first, so that the line of a log is one run. */
static int by_line_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct object_record *a = (const struct object_record *)context + x;
    const struct object_record *b = (const struct object_record *)context + y;
    bool away_a = a->place != PLACE_LIVE, away_b = b->place != PLACE_LIVE;
    if (away_a != away_b)
        return away_a ? 1 : -1;
    int logs = log_id_cmp(&a->log, &b->log);
    if (logs)
        return logs;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return record_id_cmp(&a->id, &b->id);
}

uint32_t past_find(const struct past *past, const struct hash *id)
{
    uint32_t low = 0, high = past->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = memcmp(past->records[past->by_id[middle]].id.b, id->b, HASH_BYTES);
        if (c == 0)
            return past->by_id[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return OBJECT_NONE;
}

static bool leads_into_past(uint8_t role)
{
    return role == REF_DEP || role == REF_OFFER || role == REF_PROPOSAL;
}

/* Working space of the search for circles: one walk in depth without recursion. */
struct walk {
    uint32_t *index, *low;    /* 0: not yet met; else the number of the meeting, and the lowest reached */
    uint32_t *circle;         /* the number of the circle a record is in, from 1; 0: undecided */
    uint32_t *next;           /* the edge to follow next: 0 is the line, n the nth named */
    uint32_t *path, *pending; /* records being walked; records met but not decided */
    uint32_t path_len, pending_len, met, circles, ordered;
};

/* The record behind edge number `edge` of x: OBJECT_NONE leads nowhere; false behind the last. */
static bool edge_of(const struct past *past, uint32_t x, uint32_t edge, uint32_t *to)
{
    if (edge == 0) {
        *to = past->before[x];
        return true;
    }
    uint32_t at = past->first[x] + edge - 1;
    if (at >= past->first[x + 1])
        return false;
    *to = past->named[at];
    return true;
}

static void walk_meet(struct walk *w, uint32_t x)
{
    w->index[x] = w->low[x] = ++w->met;
    w->path[w->path_len++] = x;
    w->pending[w->pending_len++] = x;
}

/* x closes a circle (mostly of itself alone): everything pending from x on belongs to it. */
static void walk_close(struct walk *w, struct past *past, uint32_t x, uint32_t *scratch)
{
    uint32_t start = w->ordered, y;
    w->circles++;
    do {
        y = w->pending[--w->pending_len];
        w->circle[y] = w->circles;
        past->order[w->ordered++] = y;
    } while (y != x);
    /* Within a circle only the order of logs is left, and this sort respects it. */
    index_sort(past->order + start, scratch, w->ordered - start, by_line_cmp, past->records);
}

static void walk_from(struct walk *w, struct past *past, uint32_t root, uint32_t *scratch)
{
    walk_meet(w, root);
    while (w->path_len) {
        uint32_t x = w->path[w->path_len - 1], to;
        if (edge_of(past, x, w->next[x], &to)) {
            w->next[x]++;
            if (to == OBJECT_NONE)
                continue;
            if (!w->index[to])
                walk_meet(w, to);
            else if (!w->circle[to] && w->index[to] < w->low[x])
                w->low[x] = w->index[to];
            continue;
        }
        w->path_len--;
        if (w->low[x] == w->index[x])
            walk_close(w, past, x, scratch);
        if (w->path_len) {
            uint32_t below = w->path[w->path_len - 1];
            if (w->low[x] < w->low[below])
                w->low[below] = w->low[x];
        }
    }
}

/* Puts the records in order and leaves out the references within circles. */
static enum muster_error past_order(struct past *past, uint32_t *scratch, struct object_arena *arena)
{
    uint32_t count = past->count;
    struct walk w = {.index = object_arena_take(arena, count, sizeof(uint32_t)),
                     .low = object_arena_take(arena, count, sizeof(uint32_t)),
                     .circle = object_arena_take(arena, count, sizeof(uint32_t)),
                     .next = object_arena_take(arena, count, sizeof(uint32_t)),
                     .path = object_arena_take(arena, count, sizeof(uint32_t)),
                     .pending = object_arena_take(arena, count, sizeof(uint32_t))};
    if (!w.index || !w.low || !w.circle || !w.next || !w.path || !w.pending)
        return MUSTER_ETOOBIG;
    for (uint32_t i = 0; i < count; i++)
        if (!w.index[past->by_id[i]])
            walk_from(&w, past, past->by_id[i], scratch);
    for (uint32_t x = 0; x < count; x++)
        for (uint32_t at = past->first[x]; at < past->first[x + 1]; at++)
            if (past->named[at] != OBJECT_NONE && w.circle[past->named[at]] == w.circle[x])
                past->named[at] = OBJECT_NONE;
    return MUSTER_OK;
}

static size_t named_max(const struct object_record *records, uint32_t count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        for (size_t r = 0; r < records[i].refs_count; r++)
            total += leads_into_past(records[i].refs[r].role);
    return total;
}

static void past_name(struct past *past)
{
    uint32_t to = 0;
    for (uint32_t x = 0; x < past->count; x++) {
        const struct object_record *record = &past->records[x];
        past->first[x] = to;
        for (size_t r = 0; r < record->refs_count; r++) {
            uint32_t found =
                leads_into_past(record->refs[r].role) ? past_find(past, &record->refs[r].hash) : OBJECT_NONE;
            if (found != OBJECT_NONE)
                past->named[to++] = found;
        }
    }
    past->first[past->count] = to;
}

enum muster_error past_build(struct past *out, const struct object_record *records, uint32_t count,
                             struct object_arena *arena)
{
    struct past past = {.records = records, .count = count};
    past.by_id = object_arena_take(arena, count, sizeof(uint32_t));
    past.before = object_arena_take(arena, count, sizeof(uint32_t));
    past.first = object_arena_take(arena, (size_t)count + 1, sizeof(uint32_t));
    past.order = object_arena_take(arena, count, sizeof(uint32_t));
    past.named = object_arena_take(arena, named_max(records, count), sizeof(uint32_t));
    uint32_t *scratch = object_arena_take(arena, count, sizeof(uint32_t));
    if (!past.by_id || !past.before || !past.first || !past.order || !past.named || !scratch)
        return MUSTER_ETOOBIG;

    for (uint32_t i = 0; i < count; i++)
        past.by_id[i] = past.order[i] = i;
    index_sort(past.by_id, scratch, count, by_id_cmp, records);
    for (uint32_t i = 1; i < count; i++)
        if (record_id_eq(&records[past.by_id[i - 1]].id, &records[past.by_id[i]].id))
            return MUSTER_EDUPLICATE;

    index_sort(past.order, scratch, count, by_line_cmp, records);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t x = past.order[i], last = i ? past.order[i - 1] : OBJECT_NONE;
        bool follows = last != OBJECT_NONE && records[x].place == PLACE_LIVE &&
                       records[last].place == PLACE_LIVE && log_id_eq(&records[x].log, &records[last].log);
        past.before[x] = follows ? last : OBJECT_NONE;
    }
    past_name(&past);
    enum muster_error error = past_order(&past, scratch, arena);
    if (error == MUSTER_OK)
        *out = past;
    return error;
}

size_t past_bytes(size_t count, size_t refs)
{
    return 10 * object_arena_need(count, sizeof(uint32_t)) + object_arena_need(count + 1, sizeof(uint32_t)) +
           object_arena_need(refs, sizeof(uint32_t));
}

void past_spread(const struct past *past, const uint64_t *from, uint64_t *into)
{
    for (uint32_t i = 0; i < past->count; i++)
        into[i] = 0;
    for (uint32_t i = past->count; i-- > 0;) {
        uint32_t x = past->order[i];
        uint64_t bits = from[x] | into[x];
        if (!bits)
            continue;
        if (past->before[x] != OBJECT_NONE)
            into[past->before[x]] |= bits;
        for (uint32_t at = past->first[x]; at < past->first[x + 1]; at++)
            if (past->named[at] != OBJECT_NONE)
                into[past->named[at]] |= bits;
    }
}
