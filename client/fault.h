/* fault.h — one thing that went wrong, as a person is told it: what, why, what to do, the code.
 *
 * The node's answers and the CLI's own findings have this one shape.  Texts are cut at the buffers'
 * ends at whole UTF-8 characters and are raw: whoever prints them escapes them first. */
#ifndef MUSTER_CLIENT_FAULT_H
#define MUSTER_CLIENT_FAULT_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAULT_TEXT_BYTES = 512, FAULT_STEPS_MAX = 4, FAULT_CODE_BYTES = 32, FAULT_OBJECT_BYTES = 80 };

struct fault {
    char code[FAULT_CODE_BYTES]; /* a row of the error table, "ENOTFOUND"; empty: nothing went wrong */
    int exit;                    /* of the CLI, 1..10 */
    char message[FAULT_TEXT_BYTES];
    char why[FAULT_TEXT_BYTES];
    char steps[FAULT_STEPS_MAX][FAULT_TEXT_BYTES]; /* commands or sentences, the best first */
    size_t steps_count;
    char object[FAULT_OBJECT_BYTES];
};

/* Starts a fault: code and exit of the error's row, the message from the format, no why, no steps.
 * Returns the exit code, so that a verb can `return fault_set(...)`. */
int fault_set(struct fault *fault, enum muster_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The reason behind the message. */
void fault_why(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One more thing to do; beyond FAULT_STEPS_MAX it is left out. */
void fault_step(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fills a fault from {"code","exit","message","why","do",...}.  Missing parts come from the error's row.
 * False if it is no such object; *fault is then untouched. */
bool fault_from_json(struct fault *fault, const json_t *error);
/* {"error":{...}}; the caller owns it. */
json_t *fault_json(const struct fault *fault);

#endif
