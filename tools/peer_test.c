/* muster peer test: step by step, where the way to a partner ends. */
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/way.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_COLUMNS = 18 }; /* "membership  FAILED" */

static int steps_print(struct tool *tool, const json_t *steps)
{
    bool failed = false;
    screen_head(tool, NULL);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        bool ok = value_true_at(step, "ok");
        char label[LABEL_COLUMNS + 1];
        snprintf(label, sizeof label, "%-11s %s", value_text_at(step, "step"),
                 ok ? _("ok") : _("FAILED"));
        screen_field(tool, label, LABEL_COLUMNS, value_text_at(step, "message"));
        char *remedy = value_raw(json_object_get(step, "do"));
        if (!ok && !failed && remedy[0])
            screen_field(tool, _("do"), LABEL_COLUMNS, remedy);
        free(remedy);
        failed |= !ok;
    }
    if (failed && strcmp(value_text_at(json_array_get(steps, json_array_size(steps) - 1), "step"), "disk") != 0)
        screen_line(tool, "%s", _("  what comes behind it was not tried"));
    return 0;
}

static int peer_test_run(struct tool *tool, const struct arguments *args)
{
    enum { PATIENCE_MS = 15 * 1000 }; /* a call that nobody answers ends after 10 s */
    struct fault fault;
    json_t *answer = NULL;
    int code = 0;
    if (way_test(tool, args->words[0], PATIENCE_MS, &answer, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    const json_t *steps = json_object_get(answer, "steps");
    if (!tool_print_data(tool, answer))
        steps_print(tool, steps);
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!value_true_at(json_array_get(steps, i), "ok"))
            code = EXIT_INCOMPLETE;
    json_decref(answer);
    return code;
}

const struct command command_peer_test = {
    .name = "peer test",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .run = peer_test_run,
    .help = "try the way to a partner, step by step",
    .detail = "Steps: name, tcp, curve (with the other side's reason), clock, membership, right, disk. Ends with 5 when one "
              "fails; the first failure says what to do. Waits up to 15 seconds for an answer to the call.",
    .example = "muster peer test \"Red Cross\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster steps",
    .rows = "steps: step ok waits message do",
};
