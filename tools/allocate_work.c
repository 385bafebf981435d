#include "tools/allocate_work.h"

#include "crypto/crypto.h"
#include "protocol/kinds/decimal.h"
#include "tools/ahp_work.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

void allocate_hash(char out[65], const json_t *inputs)
{
    char *text = json_dumps(inputs, JSON_COMPACT | JSON_SORT_KEYS);
    struct hash hash = crypto_hash1("muster/1/allocation", text ? text : "", text ? strlen(text) : 0);
    hex_from(out, hash.b, HASH_BYTES);
    free(text);
}

static int rank_of(const char *priority)
{
    return strcmp(priority, "Urgent") == 0 ? 0 : strcmp(priority, "Low") == 0 ? 2 : 1; /* what says nothing is routine */
}

/* Hundredths of a currency, cut off; nothing said: 0. */
static int64_t cost_of(const json_t *source)
{
    struct decimal d;
    const char *why, *text = value_text_at(source, "cost");
    int64_t cost;
    return text[0] && decimal_parse(&d, text, strlen(text), &why) == MUSTER_OK && decimal_scaled(&d, 2, &cost) ? cost : 0;
}

static bool inputs_parse(struct allocate_input *in, const json_t *inputs)
{
    const json_t *sources = json_object_get(inputs, "sources"), *demands = json_object_get(inputs, "demands"),
                 *metres = json_object_get(inputs, "metres");
    const char *order = value_text_at(inputs, "order");
    in->source_count = json_array_size(sources);
    in->demand_count = json_array_size(demands);
    in->order = strcmp(order, "share") == 0 ? ALLOCATE_SHARE_FIRST : ALLOCATE_WAY_FIRST;
    if ((strcmp(order, "share") != 0 && strcmp(order, "way") != 0) || json_array_size(metres) != in->source_count ||
        in->source_count > ALLOCATE_SIDE_MAX || in->demand_count > ALLOCATE_SIDE_MAX)
        return false;
    for (size_t j = 0; j < in->demand_count; j++) {
        const json_t *demand = json_array_get(demands, j);
        if (!json_is_integer(json_object_get(demand, "units")))
            return false;
        in->demands[j] = (struct allocate_demand){value_int_at(demand, "units"), rank_of(value_text_at(demand, "priority"))};
    }
    for (size_t i = 0; i < in->source_count; i++) {
        const json_t *source = json_array_get(sources, i), *row = json_array_get(metres, i);
        if (!json_is_integer(json_object_get(source, "units")) || json_array_size(row) != in->demand_count)
            return false;
        in->sources[i] = (struct allocate_source){value_int_at(source, "units"), cost_of(source)};
        for (size_t j = 0; j < in->demand_count; j++) {
            const json_t *way = json_array_get(row, j);
            if (!json_is_integer(way) && !json_is_null(way))
                return false;
            in->metres[i][j] = json_is_null(way) ? ALLOCATE_NO_WAY : json_integer_value(way) < 0 ? INT64_MIN : json_integer_value(way);
        }
    }
    return true;
}

/* --- the plan, and why it is so ------------------------------------------------------------------------------------------ */

static int64_t given_by(const struct allocate_work *w, size_t i)
{
    int64_t sum = 0;
    for (size_t j = 0; j < w->in.demand_count; j++)
        sum += w->plan.units[i][j];
    return sum;
}

static int64_t got_by(const struct allocate_work *w, size_t j)
{
    int64_t sum = 0;
    for (size_t i = 0; i < w->in.source_count; i++)
        sum += w->plan.units[i][j];
    return sum;
}

/* Why a demand is served from there: what became of the sources that are nearer. */
static const char *why_served(const struct allocate_work *w, size_t i, size_t j)
{
    const char *why = "nearest";
    for (size_t k = 0; k < w->in.source_count; k++) {
        int64_t way = w->in.metres[k][j];
        if (way == ALLOCATE_NO_WAY || way >= w->in.metres[i][j] || !w->in.sources[k].units)
            continue;
        if (given_by(w, k) < w->in.sources[k].units)
            return "least-together";
        why = w->plan.units[k][j] ? "nearer-used-up" : "nearer-serves-others";
    }
    return why;
}

static const char *why_not(const struct allocate_work *w, size_t i, size_t j)
{
    if (w->in.metres[i][j] == ALLOCATE_NO_WAY)
        return "too-far";
    if (!w->in.sources[i].units)
        return "nothing-free";
    return got_by(w, j) == w->in.demands[j].units ? "not-needed" : "serves-others";
}

static const json_t *short_of(const json_t *inputs, const char *list, size_t i)
{
    return json_object_get(json_array_get(json_object_get(inputs, list), i), "short");
}

static json_t *totals_json(const struct allocate_work *w)
{
    static const char *const ranks[ALLOCATE_RANKS] = {"urgent", "routine", "low"};
    json_t *unmet = json_object(), *shares = json_object();
    int64_t asked = 0, served = 0;
    char cost[32];
    for (size_t j = 0; j < w->in.demand_count; j++)
        asked += w->in.demands[j].units, served += got_by(w, j);
    for (int r = 0; r < ALLOCATE_RANKS; r++) {
        char share[32];
        json_object_set_new(unmet, ranks[r], json_integer(w->plan.unmet[r]));
        ahp_text(share, w->plan.share[r], ALLOCATE_SHARE);
        json_object_set_new(shares, ranks[r], w->plan.share[r] < 0 ? json_null() : json_string(share));
    }
    ahp_text(cost, w->plan.cost, 100);
    return json_pack("{s:I, s:I, s:o, s:o, s:I, s:s}", "asked", (json_int_t)asked, "served", (json_int_t)served, "unmet", unmet, "smallest_share",
                     shares, "unit_metres", (json_int_t)w->plan.way, "cost", cost);
}

static json_t *plan_json(const struct allocate_work *w, const json_t *inputs)
{
    json_t *lines = json_array(), *rejected = json_array(), *unmet = json_array();
    for (size_t j = 0; j < w->in.demand_count; j++) {
        json_t *to = json_incref((json_t *)(uintptr_t)short_of(inputs, "demands", j));
        for (size_t i = 0; i < w->in.source_count; i++) {
            json_t *from = json_incref((json_t *)(uintptr_t)short_of(inputs, "sources", i));
            int64_t units = w->plan.units[i][j], way = w->in.metres[i][j];
            if (units)
                json_array_append_new(lines, json_pack("{s:o, s:O, s:I, s:I, s:I, s:I, s:s}", "from", from, "to", to, "source", (json_int_t)i, "demand",
                                                       (json_int_t)j, "units", (json_int_t)units, "metres", (json_int_t)way, "why",
                                                       why_served(w, i, j)));
            else
                json_array_append_new(rejected, json_pack("{s:o, s:O, s:I, s:I, s:s}", "from", from, "to", to, "source", (json_int_t)i, "demand",
                                                          (json_int_t)j, "why", why_not(w, i, j)));
        }
        int64_t left = w->in.demands[j].units - got_by(w, j);
        if (left)
            json_array_append_new(unmet, json_pack("{s:O, s:I, s:I}", "to", to, "units", (json_int_t)left, "of", (json_int_t)w->in.demands[j].units));
        json_decref(to);
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:i}", "lines", lines, "unmet", unmet, "rejected", rejected, "totals", totals_json(w), "gap",
                     allocate_is_best(&w->plan, &w->in) ? 0 : 1);
}

json_t *allocate_plan_json(const json_t *inputs, struct fault *fault)
{
    struct allocate_work *w = memory_get(sizeof(*w));
    json_t *plan = NULL;
    enum muster_error error = inputs_parse(&w->in, inputs) ? allocate(&w->plan, &w->in) : MUSTER_EBADVALUE;
    if (error) {
        fault_set(fault, error, "the inputs cannot be planned with");
        fault_why(fault, "at most %d sources and %d requests, each of at most %d units", ALLOCATE_SIDE_MAX, ALLOCATE_SIDE_MAX, ALLOCATE_UNITS_MAX);
        fault_step(fault, "name one incident with --incident, or a shorter way with --within");
    } else {
        plan = plan_json(w, inputs);
    }
    free(w);
    return plan;
}
