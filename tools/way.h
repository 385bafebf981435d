/* way.h — testing the way to a partner: name, TCP, CURVE, clock, membership, right, disk (POST /v1/peers/test). */
#ifndef MUSTER_TOOLS_WAY_H
#define MUSTER_TOOLS_WAY_H

#include "tools/tool.h"

/* Asks the node, again and again while a step says that it waits for an answer and patience_ms have not gone by.
 * *answer: {steps:[{step, ok, waits, message, do}]}, the caller's, on OK. */
enum muster_error way_test(struct tool *tool, const char *agency, int patience_ms, json_t **answer, struct fault *fault);
/* The first step that failed; NULL: none. */
const json_t *way_failed(const json_t *answer);
/* Is that step among those that are fine? */
bool way_passed(const json_t *answer, const char *step);

#endif
