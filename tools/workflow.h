/* workflow.h — a delivery, as the verbs that make one begin it. */
#ifndef MUSTER_TOOLS_WORKFLOW_H
#define MUSTER_TOOLS_WORKFLOW_H

#include "tools/tool.h"

/* A new delivery in that state ("offered", "committed"), with its units promised; request (a full item, like the resource) may be NULL.
 * Takes the fields.  0 and the item's answer, the caller's, in *answer; or the exit code after the fault was printed. */
int delivery_bring(struct tool *tool, const char *status, const json_t *request, const json_t *resource, long long units, bool at_risk,
                   json_t *fields, json_t **answer);

#endif
