/* allocate_inputs.h — open requests and stock that can be promised safely, gathered from the records held here. */
#ifndef MUSTER_TOOLS_ALLOCATE_INPUTS_H
#define MUSTER_TOOLS_ALLOCATE_INPUTS_H

#include "tools/tool.h"

struct allocate_wish {
    const char *what;     /* a type, name or code, as requests and resources have it; case does not matter */
    const char *unit;     /* NULL: that of the first request */
    const char *incident; /* NULL: all */
    bool share_first;
    double within_km; /* 0: however far */
};

struct allocate_inputs {
    json_t *inputs;    /* as allocate_work.h says */
    json_t *left_out;  /* [{"short", "name", "why"}]: what fits in name and could not be planned with */
    json_t *requests, *resources; /* full items, in the order of demands and sources */
    json_t *space, *complete;
};

/* 0, or the exit code after the fault was printed; allocate_inputs_free in any case.  3 when nothing of that name is asked for. */
int allocate_inputs_get(struct allocate_inputs *out, struct tool *tool, const struct allocate_wish *wish);
void allocate_inputs_free(struct allocate_inputs *inputs);

#endif
