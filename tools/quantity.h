/* quantity.h — what the verbs of quantities and of the resource workflow share. */
#ifndef MUSTER_TOOLS_QUANTITY_H
#define MUSTER_TOOLS_QUANTITY_H

#include "tools/tool.h"

#define UNITS_AT_ONCE_MAX 1000000000000LL /* Of what was written, in csv and tsv: of the verbs here, and of those of workflow.c where they promise plainly. */
#define QUANTITY_ROWS "records op object short units"

/* what one record may name (ESCROW_UNITS_MAX) */
/* A whole number above zero, at most that; 0, or 2 after a usage fault was printed. */
int units_read(struct tool *tool, const char *text, long long *units);
/* POST /v1/quantities; takes the body.  0 and, if answer is not NULL, what the node says; else it is printed. */
int quantity_send(struct tool *tool, json_t *body, json_t **answer);
/* {"op", "object", "units"}, units 0: none. */
json_t *quantity_body(struct tool *tool, const char *op, const char *object, long long units);
/* The object as the node has it, and its kind; 0, or the exit code after the fault was printed. */
int object_get(struct tool *tool, const char *id, json_t **object);

#define QUANTITY_EXITS                                                                                                 \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |     \
     EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE))
#define QUANTITY_KEYS "muster space node complete object short op units records quantities"

#endif
