#include "decide/allocate.h"

#include <stdlib.h>
#include <string.h>

/* What a unit costs, part by part: a fair share that is not given, the ranks, the way, the money.  Giving one is a cost below zero. */
enum { PART_FLOOR, PART_RANK, PART_WAY = PART_RANK + ALLOCATE_RANKS, PART_MONEY, PARTS };

struct cost {
    int64_t part[PARTS];
};

static int cost_compare(const struct cost *a, const struct cost *b)
{
    for (int i = 0; i < PARTS; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

static struct cost cost_plus(const struct cost *a, const struct cost *b, int sign)
{
    struct cost sum;
    for (int i = 0; i < PARTS; i++)
        sum.part[i] = a->part[i] + sign * b->part[i];
    return sum;
}

/* Of a unit from a source to a demand, and of one that a demand gets, as one of its fair share or beyond it. */
static struct cost way_cost(const struct allocate_input *in, size_t i, size_t j)
{
    struct cost c = {{0}};
    c.part[PART_WAY] = in->metres[i][j];
    c.part[PART_MONEY] = in->sources[i].cost;
    return c;
}

static struct cost need_cost(const struct allocate_input *in, size_t j, bool in_floor)
{
    struct cost c = {{0}};
    c.part[PART_FLOOR] = in_floor ? -1 : 0;
    c.part[PART_RANK + in->demands[j].rank] = -1;
    return c;
}

/* --- the shortest path of changes -------------------------------------------------------------------------------------- */

struct work {
    const struct allocate_input *in;
    struct allocate_plan *plan;
    int64_t given[ALLOCATE_SIDE_MAX], got[ALLOCATE_SIDE_MAX];
    struct cost to_source[ALLOCATE_SIDE_MAX], to_demand[ALLOCATE_SIDE_MAX];
    bool source_seen[ALLOCATE_SIDE_MAX], demand_seen[ALLOCATE_SIDE_MAX];
    size_t source_from[ALLOCATE_SIDE_MAX], demand_from[ALLOCATE_SIDE_MAX]; /* SIZE_MAX: the stock itself */
};

/* Source after source, demand after demand, until nothing changes: Bellman and Ford. */
static bool relax(struct work *w)
{
    bool changed = false;
    for (size_t i = 0; i < w->in->source_count; i++)
        for (size_t j = 0; j < w->in->demand_count; j++) {
            if (w->in->metres[i][j] == ALLOCATE_NO_WAY)
                continue;
            struct cost way = way_cost(w->in, i, j);
            struct cost there = cost_plus(&w->to_source[i], &way, 1);
            if (w->source_seen[i] && (!w->demand_seen[j] || cost_compare(&there, &w->to_demand[j]) < 0)) {
                w->to_demand[j] = there, w->demand_from[j] = i;
                w->demand_seen[j] = changed = true;
            }
            struct cost back = cost_plus(&w->to_demand[j], &way, -1);
            if (w->plan->units[i][j] > 0 && w->demand_seen[j] && (!w->source_seen[i] || cost_compare(&back, &w->to_source[i]) < 0)) {
                w->to_source[i] = back, w->source_from[i] = j;
                w->source_seen[i] = changed = true;
            }
        }
    return changed;
}

/* The demand at the end of the cheapest path; demand_count if there is none left. */
static size_t path_find(struct work *w)
{
    const struct allocate_input *in = w->in;
    struct cost best = {{0}};
    size_t end = in->demand_count;
    memset(w->demand_seen, 0, sizeof w->demand_seen);
    for (size_t i = 0; i < in->source_count; i++) {
        w->source_seen[i] = w->given[i] < in->sources[i].units;
        w->source_from[i] = SIZE_MAX;
        w->to_source[i] = (struct cost){{0}};
    }
    while (relax(w))
        ;
    for (size_t j = 0; j < in->demand_count; j++) {
        if (!w->demand_seen[j] || w->got[j] >= in->demands[j].units)
            continue;
        struct cost need = need_cost(in, j, w->got[j] < w->plan->floor[j]), all = cost_plus(&w->to_demand[j], &need, 1);
        if (end == in->demand_count || cost_compare(&all, &best) < 0)
            best = all, end = j;
    }
    return end;
}

/* Sends along the path as many units as fit. */
static void path_send(struct work *w, size_t end)
{
    const struct allocate_input *in = w->in;
    int64_t limit = w->got[end] < w->plan->floor[end] ? w->plan->floor[end] : in->demands[end].units, units = limit - w->got[end];
    size_t first = 0;
    for (size_t j = end; j != SIZE_MAX; j = w->source_from[first]) {
        first = w->demand_from[j];
        size_t before = w->source_from[first];
        if (before != SIZE_MAX && w->plan->units[first][before] < units)
            units = w->plan->units[first][before];
    }
    if (in->sources[first].units - w->given[first] < units)
        units = in->sources[first].units - w->given[first];
    for (size_t j = end; j != SIZE_MAX;) {
        size_t i = w->demand_from[j], before = w->source_from[i];
        w->plan->units[i][j] += units;
        if (before != SIZE_MAX)
            w->plan->units[i][before] -= units;
        j = before;
    }
    w->given[first] += units;
    w->got[end] += units;
}

/* The best plan under the plan's floors, and its figures; false if they cannot all be kept. */
static bool solve(struct work *w)
{
    const struct allocate_input *in = w->in;
    struct allocate_plan *plan = w->plan;
    bool kept = true;
    memset(plan->units, 0, sizeof plan->units);
    memset(w->given, 0, sizeof w->given);
    memset(w->got, 0, sizeof w->got);
    for (size_t end; (end = path_find(w)) < in->demand_count;)
        path_send(w, end);
    plan->way = plan->cost = 0;
    for (int r = 0; r < ALLOCATE_RANKS; r++)
        plan->unmet[r] = 0, plan->share[r] = -1;
    for (size_t j = 0; j < in->demand_count; j++) {
        const struct allocate_demand *d = &in->demands[j];
        int32_t share = (int32_t)(w->got[j] * ALLOCATE_SHARE / d->units);
        plan->unmet[d->rank] += d->units - w->got[j];
        if (plan->share[d->rank] < 0 || share < plan->share[d->rank])
            plan->share[d->rank] = share;
        kept = kept && w->got[j] >= plan->floor[j];
        for (size_t i = 0; i < in->source_count; i++) {
            plan->way += plan->units[i][j] ? plan->units[i][j] * in->metres[i][j] : 0;
            plan->cost += plan->units[i][j] * in->sources[i].cost;
        }
    }
    return kept;
}

static void floors_set(struct allocate_plan *plan, const struct allocate_input *in, int rank, int64_t share)
{
    for (size_t j = 0; j < in->demand_count; j++)
        if (in->demands[j].rank == rank)
            plan->floor[j] = (share * in->demands[j].units + ALLOCATE_SHARE - 1) / ALLOCATE_SHARE;
}

static enum muster_error check(const struct allocate_input *in)
{
    if (in->source_count > ALLOCATE_SIDE_MAX || in->demand_count > ALLOCATE_SIDE_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < in->source_count; i++)
        if (in->sources[i].units < 0 || in->sources[i].units > ALLOCATE_UNITS_MAX || in->sources[i].cost < 0 ||
            in->sources[i].cost > ALLOCATE_COST_MAX)
            return MUSTER_EBADVALUE;
    for (size_t j = 0; j < in->demand_count; j++) {
        if (in->demands[j].units < 1 || in->demands[j].units > ALLOCATE_UNITS_MAX || in->demands[j].rank < 0 ||
            in->demands[j].rank >= ALLOCATE_RANKS)
            return MUSTER_EBADVALUE;
        for (size_t i = 0; i < in->source_count; i++)
            if (in->metres[i][j] < ALLOCATE_NO_WAY || in->metres[i][j] > ALLOCATE_METRES_MAX)
                return MUSTER_EBADVALUE;
    }
    return in->order == ALLOCATE_WAY_FIRST || in->order == ALLOCATE_SHARE_FIRST ? MUSTER_OK : MUSTER_EBADVALUE;
}

/* The largest fair share of the rank that takes nothing from what comes before it. */
static void share_find(struct work *w, int rank, const struct allocate_plan *base)
{
    int64_t low = 0, high = ALLOCATE_SHARE;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        floors_set(w->plan, w->in, rank, middle);
        bool keeps = solve(w) && memcmp(w->plan->unmet, base->unmet, sizeof base->unmet) == 0 &&
                     (w->in->order == ALLOCATE_SHARE_FIRST || w->plan->way == base->way);
        if (keeps)
            low = middle;
        else
            high = middle - 1;
    }
    floors_set(w->plan, w->in, rank, low);
}

enum muster_error allocate(struct allocate_plan *out, const struct allocate_input *in)
{
    enum muster_error error = check(in);
    struct work *w = error ? NULL : calloc(1, sizeof(*w));
    struct allocate_plan *base = error ? NULL : calloc(1, sizeof(*base));
    if (!error && (!w || !base))
        error = MUSTER_EBUSY;
    if (!error) {
        *out = (struct allocate_plan){.way = 0};
        *w = (struct work){.in = in, .plan = out};
        (void)solve(w);
        *base = *out;
        for (int rank = 0; rank < ALLOCATE_RANKS; rank++)
            share_find(w, rank, base);
        (void)solve(w);
    }
    free(base);
    free(w);
    return error;
}

/* --- is it the best? ------------------------------------------------------------------------------------------------- */

/* Nodes: the stock (0), sources, demands, and the end.  A change along an edge is a unit more there, or one less the other way round. */
struct edge {
    size_t from, to;
    struct cost cost;
};

static size_t edges_of(struct edge *edges, const struct allocate_plan *plan, const struct allocate_input *in, const int64_t *given,
                       const int64_t *got)
{
    size_t n = 0, end = 1 + in->source_count + in->demand_count;
    const struct cost nothing = {{0}};
    for (size_t i = 0; i < in->source_count; i++) {
        if (given[i] < in->sources[i].units)
            edges[n++] = (struct edge){0, 1 + i, nothing};
        if (given[i] > 0)
            edges[n++] = (struct edge){1 + i, 0, nothing};
        for (size_t j = 0; j < in->demand_count; j++) {
            struct cost way = way_cost(in, i, j);
            size_t demand = 1 + in->source_count + j;
            if (in->metres[i][j] != ALLOCATE_NO_WAY)
                edges[n++] = (struct edge){1 + i, demand, way};
            if (plan->units[i][j] > 0)
                edges[n++] = (struct edge){demand, 1 + i, cost_plus(&nothing, &way, -1)};
        }
    }
    for (size_t j = 0; j < in->demand_count; j++) {
        struct cost need = need_cost(in, j, false);
        size_t demand = 1 + in->source_count + j;
        if (got[j] < in->demands[j].units)
            edges[n++] = (struct edge){demand, end, need};
        if (got[j] > plan->floor[j])
            edges[n++] = (struct edge){end, demand, cost_plus(&nothing, &need, -1)};
    }
    edges[n++] = (struct edge){end, 0, nothing}; /* one more in all, or one less */
    edges[n++] = (struct edge){0, end, nothing};
    return n;
}

bool allocate_is_best(const struct allocate_plan *plan, const struct allocate_input *in)
{
    int64_t given[ALLOCATE_SIDE_MAX] = {0}, got[ALLOCATE_SIDE_MAX] = {0};
    if (check(in) != MUSTER_OK)
        return false;
    for (size_t i = 0; i < in->source_count; i++)
        for (size_t j = 0; j < in->demand_count; j++) {
            int64_t units = plan->units[i][j];
            if (units < 0 || units > ALLOCATE_UNITS_MAX || (units > 0 && in->metres[i][j] == ALLOCATE_NO_WAY))
                return false;
            given[i] += units;
            got[j] += units;
        }
    for (size_t i = 0; i < in->source_count; i++)
        if (given[i] > in->sources[i].units)
            return false;
    for (size_t j = 0; j < in->demand_count; j++)
        if (got[j] > in->demands[j].units || got[j] < plan->floor[j])
            return false;
    size_t nodes = 2 + in->source_count + in->demand_count;
    struct edge *edges = calloc(2 * (in->source_count + 1) * (in->demand_count + 1) + 2 * nodes, sizeof(*edges));
    struct cost *to = calloc(nodes, sizeof(*to)); /* from everywhere at once: all begin at nothing */
    size_t count = edges && to ? edges_of(edges, plan, in, given, got) : 0;
    bool changed = true;
    for (size_t pass = 0; pass <= nodes && changed && count; pass++) {
        changed = false;
        for (size_t e = 0; e < count; e++) {
            struct cost there = cost_plus(&to[edges[e].from], &edges[e].cost, 1);
            if (cost_compare(&there, &to[edges[e].to]) < 0)
                to[edges[e].to] = there, changed = true;
        }
    }
    free(to);
    free(edges);
    return count && !changed;
}
