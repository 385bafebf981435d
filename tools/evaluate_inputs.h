/* evaluate_inputs.h — what the records say of a response, gathered for decide/evaluate.h. */
#ifndef MUSTER_TOOLS_EVALUATE_INPUTS_H
#define MUSTER_TOOLS_EVALUATE_INPUTS_H

#include "decide/evaluate.h"
#include "tools/tool.h"

struct evaluate_inputs {
    struct evaluate_input in;
    char hash[65];  /* of all that went in: nodes that hold the same records say the same */
    json_t *space, *complete, *node; /* of the answers it was gathered from; borrowed until evaluate_inputs_free */
    json_t *answers;
};

/* Requests, deliveries, situation reports and releases about the incident (a full id), asked or written within the period
 * (milliseconds; EVALUATE_NEVER: no bound).  0, or the exit code after a fault was printed.  Free it in any case. */
int evaluate_inputs_get(struct evaluate_inputs *out, struct tool *tool, const char *incident, int64_t from_ms, int64_t to_ms);
void evaluate_inputs_free(struct evaluate_inputs *inputs);

#endif
