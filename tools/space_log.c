/* muster space log: the control operations of a space. */
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

static const struct column operation_columns[] = {
    {"operation", N_("OPERATION"),       COLUMN_CUT,                NULL},
    {"time",      N_("TIME"),       COLUMN_TIME | COLUMN_LOOSE, NULL},
    {"by.name",   N_("BY"),          COLUMN_CUT | COLUMN_TITLE, NULL},
    {"verb",      N_("WHAT"),       0,                         NULL},
    {"who.name",  N_("AGENCY"),       COLUMN_CUT,                NULL},
    {"right",     N_("RIGHT"),       COLUMN_SPARE,              NULL},
    {"verdict",   N_("STATE"),       COLUMN_TITLE,              NULL},
    {"missing",   N_("MISSING"),       COLUMN_CUT,                NULL},
    {"needed",    N_("NEEDED"),       COLUMN_FILE | COLUMN_RIGHT, NULL},
    {"signed",    N_("SIGNED"),       COLUMN_FILE,               NULL},
    {"stale",     N_("STALE"),       COLUMN_FILE,               NULL},
    {"target",    N_("TARGET"), COLUMN_FILE,               NULL},
};
static const struct view operation_view = {.columns = operation_columns,
                                           .count = ARRAY_LEN(operation_columns),
                                           .id_path = "operation",
                                           .none = N_("no operations yet")};

static const struct column limit_columns[] = {
    {"log",         N_("LOG"),    COLUMN_CUT,                NULL},
    {"agency.name", N_("AGENCY"),    COLUMN_CUT | COLUMN_TITLE, NULL},
    {"prefix",      N_("HELD TO"),    COLUMN_RIGHT,              NULL},
    {"limit",       N_("COUNTS TO"),    COLUMN_RIGHT,              NULL},
    {"beyond",      N_("SET ASIDE"),    COLUMN_RIGHT,              NULL},
    {"fork_at",     N_("FORKED AT"), COLUMN_RIGHT,              NULL},
};
static const struct view limit_view = {.columns = limit_columns,
                                       .count = ARRAY_LEN(limit_columns),
                                       .id_path = "log",
                                       .none = ""};

/* What waits for a signature, so that it can be pasted; the logs of which not all counts. */
static void rest_print(struct tool *tool, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items"), *logs = json_object_get(answer, "logs");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (value_int_at(item, "still") > 0 && !value_true_at(item, "stale"))
            screen_line(tool, "waits for %lld more: muster space approve %.12s",
                        value_int_at(item, "still"), value_text_at(item, "operation"));
    }
    if (!json_array_size(logs))
        return;
    screen_title(tool, "logs of which not all counts");
    view_table(tool, logs, &limit_view);
}

static int space_log_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    const char *name = args->count ? args->words[0] : NULL;
    json_t *answer;
    int code = name ? 0 : tool_space(tool, &name);
    if (code)
        return code;
    url_start(&url, "/v1/spaces");
    url_segment(&url, name);
    url_segment(&url, "control");
    code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &operation_view);
    if (tool->set.output == OUTPUT_TABLE)
        rest_print(tool, answer);
    json_decref(answer);
    return code;
}

const struct command command_space_log = {
    .name = "space log",
    .args = "[SPACE]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 1,
    .run = space_log_run,
    .help = "who decided what in a space, and what waits for whom",
    .example = "muster space log flood-2026",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};
