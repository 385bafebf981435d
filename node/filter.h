/* filter.h — which objects of a list are shown: by owner, by the value of fields, by a piece of text. */
#ifndef MUSTER_NODE_FILTER_H
#define MUSTER_NODE_FILTER_H

#include "node/where.h"
#include "protocol/object/state.h"

enum { FILTERS_MAX = 16, FILTER_NAME_BYTES = 64, FILTER_BYTES = 512 };

struct filter { /* the field has that value, or one of its items has */
    char name[FILTER_NAME_BYTES], value[FILTER_BYTES];
};

struct filters {
    struct filter at[FILTERS_MAX];
    size_t count;
    const char *q; /* NULL; else a piece of a title or of a field that is searched, ASCII letters of either case */
    uint64_t since, until; /* HLC: last changed then or later, and before; 0: whenever */
    struct where where;
    bool has_owner;
    struct agency_id owner;
};

/* Does the object pass all of them?  No filter lets everything pass. */
bool filters_pass(struct filters *filters, const struct object_stored *state);

#endif
