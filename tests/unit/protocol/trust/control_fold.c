/* control_fold — reads one control trace a line, {"ops": [...], "logs": [...]} (or {"input": ...}), and
 * writes its state as one line of JSON.  tests/model/compare_control.py compares it with another fold. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    struct trace_op *ops = calloc(TRACE_OPS_MAX, sizeof *ops);

    while (ops != NULL && getline(&line, &room, stdin) > 0) {
        json_t *trace = json_loads(line, 0, NULL);
        const json_t *input = json_object_get(trace, "input") == NULL ? trace : json_object_get(trace, "input");
        struct names names = names_new();
        size_t count = trace_ops(&names, json_object_get(input, "ops"), ops, TRACE_OPS_MAX);
        struct control *control = control_new();

        if (trace == NULL || control == NULL)
            return 2;
        for (size_t i = 0; i < count; i++)
            if (control_add(control, &ops[i].op) != MUSTER_OK)
                return 2;
        json_t *state = trace_state(&names, control, json_object_get(input, "logs"));
        char *text = json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS);
        puts(text);
        fflush(stdout);
        free(text);
        json_decref(state);
        json_decref(trace);
        control_free(control);
        names_free(&names);
    }
    free(line);
    free(ops);
    return 0;
}
