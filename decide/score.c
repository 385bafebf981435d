#include "decide/score.h"

#include <stdbool.h>

/* Values and weights inside are in 10^-12. */
static const int64_t one = 1000000000000;

static int64_t divide(__int128 a, __int128 b)
{
    return (int64_t)((a + b / 2) / b);
}

int32_t score_between(int64_t value, int64_t from, int64_t to)
{
    __int128 part = (__int128)value - from, whole = (__int128)to - from;
    if (whole < 0)
        part = -part, whole = -whole;
    if (part <= 0 || whole == 0)
        return 0;
    return part >= whole ? SCORE_ONE : (int32_t)divide(part * SCORE_ONE, whole);
}

/* --- logarithm and power, by whole numbers ---------------------------------------------------------------------------- */

static const int64_t unit = 100000000000000000; /* 10^-17: the logarithm of 10^-12 still fits */
static const int64_t ln_two = 69314718055994531;

int64_t score_ln(int64_t value)
{
    __int128 m = (__int128)value * (unit / one), sum = 0;
    int doubled = 0;
    for (; m < unit / 3 * 2; doubled++)
        m *= 2;
    __int128 z = (m - unit) * unit / (m + unit), term = z;
    for (int i = 1; term != 0; i += 2) {
        sum += term / i;
        term = term * z / unit * z / unit;
    }
    return (int64_t)(2 * sum - (__int128)doubled * ln_two);
}

int64_t score_exp(int64_t power)
{
    int64_t halved = -power / ln_two;
    __int128 rest = (__int128)power + (__int128)halved * ln_two, sum = unit, term = unit;
    if (halved > 62)
        return 0;
    for (int i = 1; term != 0; i++) {
        term = term * rest / unit / i;
        sum += term;
    }
    return (int64_t)(sum >> halved);
}

/* --- several values become one ---------------------------------------------------------------------------------------- */

struct gather {
    enum score_method method;
    __int128 sum, weights; /* of weight times value, or times its logarithm; of the weights */
    int64_t most;
    bool nothing, zero; /* there was no value; one with a weight was 0, which a product is then too */
};

static struct gather gather_start(enum score_method method)
{
    return (struct gather){.method = method, .nothing = true};
}

static void gather_add(struct gather *g, int64_t weight, int64_t value)
{
    g->nothing = false;
    g->weights += weight;
    if (value > g->most)
        g->most = value;
    if (g->method != SCORE_WEIGHTED_PRODUCT)
        g->sum += (__int128)weight * value;
    else if (value > 0)
        g->sum += (__int128)weight * score_ln(value);
    else
        g->zero |= weight > 0;
}

/* Of at least one value; weights that are all zero give no value at all: -1. */
static int64_t gather_value(const struct gather *g)
{
    if (g->method == SCORE_MAXIMUM)
        return g->most;
    if (g->weights == 0)
        return -1;
    if (g->method != SCORE_WEIGHTED_PRODUCT)
        return divide(g->sum, g->weights);
    return g->zero ? 0 : divide(score_exp((int64_t)(g->sum / g->weights)), unit / one);
}

/* --- the tree --------------------------------------------------------------------------------------------------------- */

struct tree {
    const struct score_node *nodes;
    size_t count, raised; /* the node whose weight counts a tenth more; SIZE_MAX: none */
    enum score_method method;
    size_t depth[SCORE_NODES_MAX], deepest;
    bool parent[SCORE_NODES_MAX];
    int64_t value[SCORE_NODES_MAX];
};

static int64_t weight_of(const struct tree *t, size_t i)
{
    return (int64_t)t->nodes[i].weight * (i == t->raised ? 11 : 10);
}

static enum muster_error depths(struct tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct score_node *node = &t->nodes[i];
        if (node->weight < 0 || node->weight > SCORE_ONE || node->score < 0 || node->score > SCORE_ONE)
            return MUSTER_EBADVALUE;
        t->parent[i] = false;
    }
    t->deepest = 0;
    for (size_t i = 0; i < t->count; i++) {
        enum score_dimension mine = t->nodes[i].dimension;
        size_t depth = 0;
        for (size_t up = t->nodes[i].parent; up != SIZE_MAX; up = t->nodes[up].parent) {
            if (up >= t->count || ++depth > t->count)
                return MUSTER_EBADVALUE;
            if (mine < SCORE_DIMENSIONS && t->nodes[up].dimension < SCORE_DIMENSIONS && t->nodes[up].dimension != mine)
                return MUSTER_EBADVALUE;
        }
        if (depth)
            t->parent[t->nodes[i].parent] = true;
        t->depth[i] = depth;
        if (depth > t->deepest)
            t->deepest = depth;
    }
    return MUSTER_OK;
}

/* The value of the children of one node, or of the top (SIZE_MAX). */
static int64_t below(const struct tree *t, size_t parent)
{
    struct gather g = gather_start(t->method);
    for (size_t i = 0; i < t->count; i++)
        if (t->nodes[i].parent == parent)
            gather_add(&g, weight_of(t, i), t->value[i]);
    return g.nothing ? -1 : gather_value(&g);
}

/* How much of the whole a node carries: the product of its part of the weights at each step up, in 10^-12. */
static int64_t carries(const struct tree *t, size_t node)
{
    int64_t share = one;
    for (size_t i = node; i != SIZE_MAX; i = t->nodes[i].parent) {
        int64_t all = 0;
        for (size_t k = 0; k < t->count; k++)
            all += t->nodes[k].parent == t->nodes[i].parent ? weight_of(t, k) : 0;
        share = all ? divide((__int128)share * weight_of(t, i), all) : 0;
    }
    return share;
}

/* Its own dimension, with none above it. */
static bool heads_dimension(const struct tree *t, size_t i, enum score_dimension dimension)
{
    if (t->nodes[i].dimension != dimension)
        return false;
    for (size_t up = t->nodes[i].parent; up != SIZE_MAX; up = t->nodes[up].parent)
        if (t->nodes[up].dimension == dimension)
            return false;
    return true;
}

static int64_t dimension_value(const struct tree *t, enum score_dimension dimension)
{
    struct gather g = gather_start(t->method);
    for (size_t i = 0; i < t->count; i++)
        if (heads_dimension(t, i, dimension))
            gather_add(&g, t->method == SCORE_MAXIMUM ? one : carries(t, i), t->value[i]);
    return g.nothing ? -1 : gather_value(&g);
}

static enum muster_error compute(struct score_result *out, struct tree *t)
{
    int64_t product = one;
    bool any = false;
    for (size_t depth = t->deepest + 1; depth-- > 0;)
        for (size_t i = 0; i < t->count; i++) {
            if (t->depth[i] != depth)
                continue;
            t->value[i] = t->parent[i] ? below(t, i) : (int64_t)t->nodes[i].score * (one / SCORE_ONE);
            if (t->value[i] < 0)
                return MUSTER_EBADVALUE;
        }
    for (int d = 0; d < SCORE_DIMENSIONS; d++) {
        int64_t value = dimension_value(t, (enum score_dimension)d);
        out->dimensions[d] = value < 0 ? -1 : (int32_t)divide(value, one / SCORE_RESULT);
        if (value >= 0)
            product = divide((__int128)product * value, one), any = true;
    }
    int64_t result = t->method == SCORE_DIMENSION_PRODUCT ? (any ? product : -1) : below(t, SIZE_MAX);
    if (result < 0)
        return MUSTER_EBADVALUE;
    out->result = (int32_t)divide(result, one / SCORE_RESULT);
    return MUSTER_OK;
}

static enum muster_error run(struct score_result *out, const struct score_node *nodes, size_t count, enum score_method method, size_t raised)
{
    struct score_result result;
    if (!count)
        return MUSTER_EMISSING;
    if (count > SCORE_NODES_MAX)
        return MUSTER_ETOOBIG;
    struct tree tree = {.nodes = nodes, .count = count, .raised = raised, .method = method};
    enum muster_error error = method < SCORE_METHODS ? depths(&tree) : MUSTER_EBADVALUE;
    if (!error)
        error = compute(&result, &tree);
    if (!error)
        *out = result;
    return error;
}

enum muster_error score_compute(struct score_result *out, const struct score_node *nodes, size_t count, enum score_method method)
{
    return run(out, nodes, count, method, SIZE_MAX);
}

enum muster_error score_sensitivity(int32_t *out, const struct score_node *nodes, size_t count, enum score_method method, size_t node)
{
    struct score_result now, then;
    enum muster_error error = run(&now, nodes, count, method, SIZE_MAX);
    if (!error)
        error = run(&then, nodes, count, method, node);
    if (!error)
        *out = then.result - now.result;
    return error;
}

size_t score_level(int32_t result, const int32_t *thresholds, size_t count, size_t before, int32_t slack)
{
    int64_t fine = (int64_t)result * (SCORE_ONE / SCORE_RESULT);
    size_t level = count;
    for (; level > 0; level--) {
        int64_t from = thresholds[level - 1];
        if (fine >= from || (level <= before && fine >= from - slack))
            break;
    }
    return level;
}
