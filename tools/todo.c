/* muster todo: what needs this agency, with a command for each. */
#include "tools/completeness.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column todo_columns[] = {
    {"urgency",      N_("URGENCY"),   COLUMN_FILE,                NULL},
    {"source",       N_("SOURCE"),   COLUMN_FILE,                NULL},
    {"space",        N_("SPACE"),   COLUMN_FILE,                NULL},
    {"exercise",     N_("EXERCISE"),  COLUMN_FILE,                NULL},
    {"object.short", N_("OBJECT"),   COLUMN_FILE,                NULL},
    {"object.id",    N_("ID"),   COLUMN_FILE,                NULL},
    {"due",          N_("DUE"),   COLUMN_FILE | COLUMN_TIME,  NULL},
    {"message",      N_("WHAT"),   COLUMN_FILE,                NULL},
    {"do",           N_("DO"),   COLUMN_FILE,                NULL},
};
static const struct view todo_view = {.columns = todo_columns,
                                      .count = ARRAY_LEN(todo_columns),
                                      .id_path = "object.id",
                                      .none = N_("nothing needs you")};

static const struct {
    const char *urgency, *en;
} parts[] = {
    {"now",   N_("now: late, or lost if nobody acts")},
    {"soon",  N_("soon")                 },
    {"later", N_("when there is time")               },
};

static void item_print(struct tool *tool, const json_t *item, bool named)
{
    char due[VALUE_TIME_BYTES] = "", text[1024];
    const char *space = value_text_at(item, "space");
    if (value_text_at(item, "due")[0])
        time_shorter(due, value_text_at(item, "due"));
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", value_true_at(item, "exercise") ? "EXERCISE 演练 " : "",
             named && space[0] ? space : "", named && space[0] ? ": " : "", value_text_at(item, "message"), due[0] ? " (" : "", due,
             due[0] ? ")" : "");
    screen_field(tool, "-", 1, text);
    const json_t *steps = json_object_get(item, "do");
    for (size_t i = 0; i < json_array_size(steps); i++)
        screen_line(tool, "      %s", json_string_value(json_array_get(steps, i)));
}

static void todo_print(struct tool *tool, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items"), *spaces = json_object_get(answer, "spaces");
    screen_top(tool, answer);
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        bool titled = false;
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *item = json_array_get(items, i);
            if (strcmp(value_text_at(item, "urgency"), parts[p].urgency) != 0)
                continue;
            if (!titled)
                screen_title(tool, parts[p].en);
            titled = true;
            item_print(tool, item, json_array_size(spaces) > 1);
        }
    }
    if (!json_array_size(items)) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _(todo_view.none));
    }
    if (value_true_at(answer, "partial")) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("there is more than could be looked at: muster todo --source SOURCE"));
    }
    screen_foot(tool, answer);
}

static int todo_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    (void)args;
    url_start(&url, "/v1/todo");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "source", option_get(args, "source"));
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    bool waits = json_array_size(json_object_get(answer, "items")) > 0;
    if (tool->set.output == OUTPUT_TABLE)
        todo_print(tool, answer);
    else if (!tool_print_data(tool, answer))
        code = view_list(tool, answer, &todo_view);
    json_decref(answer);
    return tool->set.strict && waits ? EXIT_INCOMPLETE : code;
}

static const struct option_row todo_options[] = {
    {"source", 0, "SOURCE", "only of one kind: tasks, requests, offers, promises, …"},
    {NULL,     0, NULL,     NULL                                                    },
};

const struct command command_todo = {
    .name = "todo",
    .args = "",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .options = todo_options,
    .run = todo_run,
    .help = "what needs this agency, with a command for each",
    .detail = "Sources: branches, transfers, proposals, promises, tasks, own-tasks, approve, requests, offers, deliveries, sent, "
              "stock, approvals, logs, alarms, agreements, partners, knocks. With --strict it ends with 5 when there is anything.",
    .example = "muster todo\nmuster todo --source requests --json",
    .exits = EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster node items partial spaces",
};
