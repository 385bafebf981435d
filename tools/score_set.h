/* score_set.h — what an indicator set says about scoring, and readings scored by it. */
#ifndef MUSTER_TOOLS_SCORE_SET_H
#define MUSTER_TOOLS_SCORE_SET_H

#include "decide/score.h"
#include "tools/indicators.h"

enum { SCORE_SET_UNIT = 1000000 /* measured values, bounds and words of the scale are in millionths */ };

struct score_set {
    struct indicators set;
    struct score_node *nodes;                      /* set.count of them */
    struct score_bounds { int64_t from, to; } *bounds; /* equal: none are stated */
    struct score_word { const char *word; size_t len; int64_t score; } *words;
    size_t word_count;
    int64_t lowest, highest; /* of the scale; equal: there is none */
    enum score_method method;
    int32_t thresholds[SCORE_LEVELS_MAX], slack;
    const char *levels[SCORE_LEVELS_MAX]; /* tokens of CN-2024/warning-level, the lowest first */
    size_t level_count;
};

/* readings: one for each indicator without others below it. */
struct score_figures {
    struct score_result result;
    const char *level;       /* token; NULL: below all thresholds */
    int32_t *scores, *changes; /* millionths, of all nodes; ten-thousandths; the caller's by score_figures_free */
    const char **readings;   /* as typed, NULL where none belongs; borrowed */
    size_t count;
};

/* From the fields of an indicator-set (which must outlive it) under that name.  Errors with a sentence: those of indicators_read; EMISSING
 * without aggregation or weights; EBADVALUE for what cannot be read, weights under one parent that are further than 0.01 from 1 together,
 * thresholds that are no warning level or do not rise.  score_set_free in any case. */
MUST_USE enum muster_error score_set_read(struct score_set *out, const json_t *object, struct fault *fault);
void score_set_free(struct score_set *set);

/* The texts of an assessment's `inputs`, "" for what is none; the array is the caller's, what it points at belongs to the inputs. */
const char **score_readings(const json_t *inputs, size_t *count);
/* Scores "CODE=READING" texts.  before: the level until now, NULL: none.  hangs: also what the result hangs on, `changes`.  EUSAGE for a code that is none or twice and a reading that is none,
 * EMISSING for one that is not given.  score_figures_free in any case. */
MUST_USE enum muster_error score_figures_make(struct score_figures *out, const struct score_set *set, const char *const *texts, size_t count,
                                              const char *before, bool hangs, struct fault *fault);
void score_figures_free(struct score_figures *figures);

/* The fields of an assessment that figures give: scores, inputs, result, level, likelihood, severity, extent, sensitivity. */
json_t *score_figures_fields(const struct score_set *set, const struct score_figures *figures);
/* 1, 2, … of a level of the set from the lowest; of one that the set has not, how many of its levels are lower; NULL: 0. */
size_t score_level_place(const struct score_set *set, const char *level);

#endif
