/* ahp.h — weights from pairwise judgements (Saaty's analytic hierarchy process), the same on every machine.
 *
 * A judgement says which of two items matters more, and how many times: 1 to 9.  The weights are the principal eigenvector of the
 * matrix of all judgements, lambda its eigenvalue; CI = (lambda - n) / (n - 1), CR = CI / RI.  Whole numbers throughout, rounded
 * to the nearest, a half upwards, where SPEC S7.8 says so: nothing depends on a processor's floating point.  Nothing allocates. */
#ifndef MUSTER_DECIDE_AHP_H
#define MUSTER_DECIDE_AHP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AHP_ITEMS_MAX = 15,
    AHP_EXPERTS_MAX = 64,
    AHP_ENTRY = 10000,         /* entries, lambda, CI and CR are in ten-thousandths */
    AHP_WEIGHT = 1000000,      /* weights in millionths */
    AHP_SCALE_MAX = 9,
    AHP_CR_ACCEPTED = 1000,    /* 0.1000 */
    AHP_ROUNDS = 1000          /* of the power iteration; fewer once a round changes nothing */
};

enum ahp_ri { AHP_RI_AHPWR, AHP_RI_AHPSURVEY, AHP_RI_COUNT };

/* entry[i][j]: how many times i matters as much as j.  Positive: i weighs that much more; negative: j weighs that much more
 * than i (so that a reciprocal is exact); 0: not said.  The diagonal is AHP_ENTRY. */
struct ahp_matrix {
    size_t count;
    int32_t entry[AHP_ITEMS_MAX][AHP_ITEMS_MAX];
};

enum ahp_fault { AHP_SOUND, AHP_MISSING, AHP_DIAGONAL, AHP_OFF_SCALE, AHP_NOT_RECIPROCAL };

struct ahp_result {
    int32_t weights[AHP_ITEMS_MAX]; /* millionths; they add up to exactly one */
    int32_t lambda, ci, cr;         /* ten-thousandths */
    int64_t fine[AHP_ITEMS_MAX];    /* the weights before rounding, in 10^-12 */
    int64_t fine_ci;
};

/* The judgement that is furthest from what the others say together, and what would mend it. */
struct ahp_mend {
    size_t a, b;
    int32_t said, better; /* entries, as in a matrix */
    int32_t cr;           /* of the matrix with the better one */
};

/* How far one weight may move, the others keeping their proportions, until it changes places with its neighbour in the order;
 * -1: there is none on that side. */
struct ahp_range {
    int32_t falls_to, rises_to;
};

/* An empty matrix: ones on the diagonal, nothing else said.  count 1..AHP_ITEMS_MAX. */
void ahp_matrix_start(struct ahp_matrix *matrix, size_t count);
/* Says one judgement in both places.  value: an entry other than 0. */
void ahp_matrix_set(struct ahp_matrix *matrix, size_t a, size_t b, int32_t value);
/* The first thing that is wrong, row by row, and where.  `mean`: the entries are means of several people's, so that any number
 * from 1 to 9 is on the scale; else whole numbers only. */
enum ahp_fault ahp_matrix_fault(const struct ahp_matrix *matrix, bool mean, size_t *row, size_t *column);

/* The mean random index of n items in 10^-7, 0 for n <= 2.  The tables are those of the R packages AHPWR and ahpsurvey. */
int64_t ahp_random_index(enum ahp_ri table, size_t count);
const char *ahp_ri_name(enum ahp_ri table);
/* AHP_RI_COUNT if there is none of that name. */
enum ahp_ri ahp_ri_by_name(const char *name);

/* EBADVALUE for a matrix that has a fault, ETOOBIG beyond AHP_ITEMS_MAX items. */
MUST_USE enum muster_error ahp_solve(struct ahp_result *out, const struct ahp_matrix *matrix, enum ahp_ri table);
/* False when all judgements agree, or there are fewer than three items. */
bool ahp_mend(struct ahp_mend *out, const struct ahp_matrix *matrix, const struct ahp_result *solved, enum ahp_ri table);
/* Geometric mean of each judgement over `count` matrices of the same size: the nearest ten-thousandth, exactly.  EBADVALUE for one
 * with a fault or of another size, ETOOBIG beyond AHP_EXPERTS_MAX, EUSAGE for none. */
MUST_USE enum muster_error ahp_mean(struct ahp_matrix *out, const struct ahp_matrix *matrices, size_t count);
struct ahp_range ahp_weight_range(const struct ahp_result *solved, size_t count, size_t item);

#endif
