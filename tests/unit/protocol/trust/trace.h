/* trace.h — control traces (tests/model/traces): their operations as struct control_op, and the state of a
 * control as the JSON that they expect. */
#ifndef MUSTER_TESTS_TRUST_TRACE_H
#define MUSTER_TESTS_TRUST_TRACE_H

#include "protocol/trust/control.h"

#include <jansson.h>

enum { TRACE_OPS_MAX = 256, TRACE_LIST_MAX = 64 };

struct trace_op {
    struct control_op op;
    struct record_id deps[TRACE_LIST_MAX], wraps[TRACE_LIST_MAX];
    struct agency_id admins[TRACE_LIST_MAX], to[TRACE_LIST_MAX];
    struct control_cut cuts[TRACE_LIST_MAX];
    struct control_policy policy[TRACE_LIST_MAX];
    uint8_t values[TRACE_LIST_MAX][8];
};

/* The names of a trace: bytes of an id (as hex) -> its text. */
struct names {
    json_t *of;
    json_t *fields; /* policy fields; a field's number is its index */
};

/* Reads the operations of an array; exits with a message on a trace that it does not understand. */
struct names names_new(void);
void names_free(struct names *names);
size_t trace_ops(struct names *names, const json_t *ops, struct trace_op *out, size_t max);
struct record_id trace_id(struct names *names, const char *text);
struct agency_id trace_agency(struct names *names, const char *text);
/* The text of an id that the trace has named. */
const char *trace_text(const struct names *names, const void *id);

/* {"members": ..., "admins": ...}: every key that a control trace expects.  logs: the trace's, or NULL. */
json_t *trace_state(struct names *names, struct control *control, const json_t *logs);

#endif
