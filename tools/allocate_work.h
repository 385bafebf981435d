/* allocate_work.h — what a plan is computed from, as JSON that travels, and the plan that follows from it.
 *
 *   inputs  {"what", "unit", "order": "way" or "share", "within_km": N or null,
 *            "sources": [{"id", "short", "name", "agency", "agency_id", "yours", "record", "units", "cost", "point"}],
 *            "demands": [{"id", "short", "name", "agency", "record", "units", "priority", "point", "needed_by"}],
 *            "metres": [[…]]}                 from each source to each demand; null: too far
 *   plan    {"lines": [{"from", "to", "source", "demand", "units", "metres", "why"}], "unmet": […], "rejected": […], "totals": {…}, "gap"} */
#ifndef MUSTER_TOOLS_ALLOCATE_WORK_H
#define MUSTER_TOOLS_ALLOCATE_WORK_H

#include "client/fault.h"
#include "decide/allocate.h"

struct allocate_work {
    struct allocate_input in;
    struct allocate_plan plan;
};

/* Hash over the inputs, compact, members sorted (SPEC S7.8.14). */
void allocate_hash(char out[65], const json_t *inputs);
/* The plan that the inputs give; the caller's, NULL with a fault: EBADVALUE for inputs that are not of the form above or out of bounds,
 * ETOOBIG for too many. */
json_t *allocate_plan_json(const json_t *inputs, struct fault *fault);

#endif
