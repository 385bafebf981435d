/* score.h — how great a risk is, by an indicator set: from scores and weights to one figure and a warning level.
 *
 * Scores, weights and values are millionths, 0 to 1.  Inside everything is in 10^-12; SPEC S7.8.7 to S7.8.11 say each rounding.
 * Nothing allocates. */
#ifndef MUSTER_DECIDE_SCORE_H
#define MUSTER_DECIDE_SCORE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SCORE_NODES_MAX = 512,
    SCORE_LEVELS_MAX = 8,
    SCORE_ONE = 1000000,
    SCORE_RESULT = 10000 /* results are in ten-thousandths */
};

enum score_dimension { SCORE_LIKELIHOOD, SCORE_SEVERITY, SCORE_EXTENT, SCORE_DIMENSIONS };
enum score_method { SCORE_WEIGHTED_SUM, SCORE_WEIGHTED_PRODUCT, SCORE_MAXIMUM, SCORE_DIMENSION_PRODUCT, SCORE_METHODS };

struct score_node {
    size_t parent;                  /* index, SIZE_MAX: it stands at the top */
    int32_t weight;                 /* among those under the same parent; not negative */
    int32_t score;                  /* of a node without children */
    enum score_dimension dimension; /* its own; SCORE_DIMENSIONS: none, or that of what stands above it */
};

struct score_result {
    int32_t result;                       /* ten-thousandths */
    int32_t dimensions[SCORE_DIMENSIONS]; /* the same; -1: nothing has that dimension */
};

/* The value of each node from the leaves up, then of the dimensions, then the result.
 * ETOOBIG beyond SCORE_NODES_MAX; EBADVALUE for a score or weight out of bounds, weights under one parent that are all zero, a parent
 * that is none or stands below its child, a node with a dimension below one with another, and SCORE_DIMENSION_PRODUCT without a
 * dimension; EMISSING without nodes. */
MUST_USE enum muster_error score_compute(struct score_result *out, const struct score_node *nodes, size_t count, enum score_method method);
/* The change of the result, in ten-thousandths, when the weight of the node rises by a tenth and the others keep their proportions. */
MUST_USE enum muster_error score_sensitivity(int32_t *out, const struct score_node *nodes, size_t count, enum score_method method,
                                             size_t node);

/* A reading between two bounds as a score: at `from` 0, at `to` 1, beyond them no less and no more; from may be the larger.  All in
 * the same unit, not equal. */
int32_t score_between(int64_t value, int64_t from, int64_t to);

/* thresholds: from which score each level holds, in millionths, the lowest level first, each above the one before; below the first
 * there is no level, which is 0, the first is level 1.  before: the level until now, 0 for none: it is left only when the result is
 * more than `slack` below its threshold. */
size_t score_level(int32_t result, const int32_t *thresholds, size_t count, size_t before, int32_t slack);

/* In 10^-17: the natural logarithm of a value in 10^-12 above 0 and up to 1, and e to a power up to 0 (S7.8.9). */
int64_t score_ln(int64_t value);
int64_t score_exp(int64_t power);

#endif
