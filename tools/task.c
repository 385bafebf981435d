/* muster task ack, start, done, decline: the word of whoever a task is given to.
 *
 * A task is its giver's object, so the word of another agency is a proposal, signed in its own log: it counts at once wherever it
 * arrives, and the giver writes it into the task with muster accept.  The giver's own word is a change like any other. */
#include "tools/arguments.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

static int say(struct tool *tool, const struct arguments *args, const char *word, const char *text)
{
    struct url url;
    json_t *answer, *body = json_object();
    json_object_set_new(body, "word", json_string(word));
    if (text)
        json_object_set_new(body, "text", json_string(text));
    url_start(&url, "/v1/tasks");
    url_segment(&url, args->words[0]);
    url_segment(&url, "say");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code == TOOL_DONE ? 0 : code;
    if (!tool_print_data(tool, answer)) {
        bool told = strcmp(value_text_at(answer, "state"), "said") == 0;
        screen_head(tool, answer);
        screen_line(tool, told ? _("%s: said to its owner that it is %s")
                               : _("%s: now %s"),
                    value_text_at(answer, "short"), value_text_at(answer, "status"));
    }
    json_decref(answer);
    return 0;
}

static int ack_run(struct tool *tool, const struct arguments *args)
{
    return say(tool, args, "acknowledge", NULL);
}

static int start_run(struct tool *tool, const struct arguments *args)
{
    return say(tool, args, "start", NULL);
}

static int done_run(struct tool *tool, const struct arguments *args)
{
    return say(tool, args, "done", option_get(args, "outcome"));
}

static int decline_run(struct tool *tool, const struct arguments *args)
{
    const char *reason = option_get(args, "reason");
    if (!reason || !reason[0])
        return tool_usage(tool, "say why: --reason TEXT", "a task is declined with a reason");
    return say(tool, args, "decline", reason);
}

static const struct option_row done_options[] = {{"outcome", 0, "TEXT", "what came of it"}, {NULL, 0, NULL, NULL}};
static const struct option_row decline_options[] = {{"reason", 0, "TEXT", "why"}, {NULL, 0, NULL, NULL}};

enum {
    TASK_EXITS = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    TASK_FLAGS = NEEDS_NODE | PUBLISHES
};
#define TASK_KEYS "muster space node complete object short record status state"

const struct command command_task_ack = {
    .name = "task ack",
    .args = "TASK",
    .group = GROUP_EVERY_DAY,
    .flags = TASK_FLAGS,
    .words_min = 1,
    .words_max = 1,
    .run = ack_run,
    .help = "acknowledge a task that is given to this agency",
    .detail = "A task is made with muster new task, and muster list task shows all. The word counts as soon as it arrives, also "
              "before the giver has accepted it into the task; until then muster alarms says that nobody has acknowledged.",
    .example = "muster task ack tas-9d2ck",
    .exits = TASK_EXITS,
    .keys = TASK_KEYS,
    .rows = "object short record status state",
};
const struct command command_task_start = {
    .name = "task start",
    .args = "TASK",
    .group = GROUP_EVERY_DAY,
    .flags = TASK_FLAGS,
    .words_min = 1,
    .words_max = 1,
    .run = start_run,
    .help = "say that a task has begun",
    .example = "muster task start tas-9d2ck",
    .exits = TASK_EXITS,
    .keys = TASK_KEYS,
    .rows = "object short record status state",
};
const struct command command_task_done = {
    .name = "task done",
    .args = "TASK",
    .group = GROUP_EVERY_DAY,
    .flags = TASK_FLAGS,
    .words_min = 1,
    .words_max = 1,
    .run = done_run,
    .options = done_options,
    .help = "say that a task is done",
    .example = "muster task done tas-9d2ck --outcome \"all 214 houses are empty\"",
    .exits = TASK_EXITS,
    .keys = TASK_KEYS,
    .rows = "object short record status state",
};
const struct command command_task_decline = {
    .name = "task decline",
    .args = "TASK",
    .group = GROUP_EVERY_DAY,
    .flags = TASK_FLAGS,
    .words_min = 1,
    .words_max = 1,
    .run = decline_run,
    .options = decline_options,
    .help = "say that this agency will not do a task, and why",
    .example = "muster task decline tas-9d2ck --reason \"both boats are out\"",
    .exits = TASK_EXITS,
    .keys = TASK_KEYS,
    .rows = "object short record status state",
};
