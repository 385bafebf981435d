/* indicators.h — an indicator set as it stands in its record: codes, their tree, weights and judgements.
 *
 * Codes and names are texts of others: they are escaped where they reach a terminal.  Bounded by the kind's table. */
#ifndef MUSTER_TOOLS_INDICATORS_H
#define MUSTER_TOOLS_INDICATORS_H

#include "client/fault.h"
#include "decide/ahp.h"

#include <jansson.h>

enum { INDICATORS_MAX = 512, INDICATOR_CODE_BYTES = 257 };
#define INDICATOR_NONE SIZE_MAX

struct indicator {
    char *code;  /* "L1"; owned */
    const char *name;
    size_t parent;   /* INDICATOR_NONE: it stands at the top */
    size_t children;
};

struct indicators {
    struct indicator *at;
    size_t count;
    const json_t *fields; /* of the record; borrowed */
    char id[80];          /* short id of the set, or the file that it is from */
};

/* Indicators that stand under one parent, in the order of the set. */
struct indicator_group {
    size_t parent; /* INDICATOR_NONE: the top */
    size_t items[AHP_ITEMS_MAX], count;
    struct ahp_matrix matrix;
};

/* From the full item of an indicator-set, which must outlive it.  EKIND for another kind, EBADVALUE with a sentence for a code that is
 * there twice, a parent that is none, a tree that goes in a circle. */
MUST_USE enum muster_error indicators_read(struct indicators *out, const json_t *object, struct fault *fault);
void indicators_free(struct indicators *set);
/* The place of a code, INDICATOR_NONE if there is none. */
size_t indicator_find(const struct indicators *set, const char *code, size_t len);
/* "CODE=VALUE": the length of CODE, and *value behind the sign; 0 if it is not of that form. */
size_t indicator_pair(const char *item, const char **value);
/* What stands above a group, for a person: a code, or the id of the set. */
const char *indicator_above(const struct indicators *set, size_t parent);

/* The groups of the set that have two indicators or more, with the judgements that the record holds; *groups is the caller's.
 * ETOOBIG for a group of more than AHP_ITEMS_MAX, EBADVALUE for a judgement between indicators that do not stand under one parent,
 * for one that is given twice, and EMISSING for one that is not given, each with a sentence that names it.  `filled`: groups whose
 * judgements come from elsewhere: all of theirs in the record are ignored; NULL: none. */
MUST_USE enum muster_error indicator_groups(struct indicator_group **groups, size_t *count, const struct indicators *set,
                                            const struct indicator_group *filled, struct fault *fault);
/* Says what is wrong with the judgements of a group; `where` is a file or the id of a set. */
enum muster_error indicator_matrix_fault(const struct indicator_group *group, char *const *codes, bool mean, const char *where,
                                         struct fault *fault);

#endif
