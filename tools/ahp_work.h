/* ahp_work.h — the weights of an indicator set from its judgements: gathered, solved, and as JSON. */
#ifndef MUSTER_TOOLS_AHP_WORK_H
#define MUSTER_TOOLS_AHP_WORK_H

#include "tools/indicators.h"

struct ahp_group_work {
    struct indicator_group group;
    struct ahp_result result;
};

struct ahp_work {
    struct indicators set;
    struct ahp_group_work *groups;
    size_t count;
    size_t worst;      /* the group with the highest CR; the first of several */
    enum ahp_ri table;
    const char *table_name; /* "none" where no group has more than two */
    size_t experts;         /* files that the judgements came from; 0: the record's */
};

/* Solves every group of the set.  ri: the name of a table, NULL: the set's own, else AHPWR.  paths: files with the judgements of one
 * person each, about the indicators under one parent; their geometric mean takes the place of the record's.  All errors of
 * indicators_read, indicator_groups and matrix_file_load; EUSAGE for a table that there is not; EBADVALUE for files that are not about
 * one group of the set; EMISSING for a set without two indicators to compare.  ahp_work_free in any case. */
MUST_USE enum muster_error ahp_work_do(struct ahp_work *out, const json_t *object, const char *ri, const char *const *paths, size_t count,
                                       struct fault *fault);
/* The same from files alone: what they name is the set. */
MUST_USE enum muster_error ahp_work_files(struct ahp_work *out, const char *ri, const char *const *paths, size_t count,
                                          struct fault *fault);
void ahp_work_free(struct ahp_work *work);

/* The fields of the record that the work gives: weights, lambda_max, ci, cr, ri_table, and with files matrix, group_method, respondents. */
json_t *ahp_work_fields(const struct ahp_work *work);
/* [{under, items:[{code, name, weight, falls_to, rises_to}], lambda_max, ci, cr, mend}] */
json_t *ahp_work_groups(const struct ahp_work *work);
/* The first field whose value in the record is another than computed, to as many places as the record writes; NULL: none.  What the record
 * does not state does not differ, but weights must be there: `missing` is then true. */
const char *ahp_work_differs(const struct ahp_work *work, char theirs[INDICATOR_CODE_BYTES + 32], char mine[32], bool *missing);

/* A number of `unit` parts as text with as many places as unit has zeroes: 172959 of 1000000 is "0.172959". */
void ahp_text(char out[32], int64_t value, int64_t unit);
/* An entry as people write it: "3", "1/3", "2.4495", "1/2.4495". */
void ahp_entry_text(char out[32], int32_t entry);

#endif
