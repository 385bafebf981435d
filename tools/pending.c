/* muster pending: who knocked with a line and waits, and who was refused; accept and refuse. */
#include "tools/arguments.h"
#include "tools/exchange.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column pending_columns[] = {
    {"time",    N_("LAST"), COLUMN_TIME,  NULL},
    {"count",   N_("TIMES"), COLUMN_RIGHT, NULL},
    {"address", N_("FROM"), 0,            NULL},
    {"code",    N_("CODE"), 0,            NULL},
    {"message", N_("WHY"), COLUMN_CUT,   NULL},
    {"key",     N_("KEY"), COLUMN_FILE,  NULL},
};

static const struct view pending_view = {.columns = pending_columns,
                                         .count = ARRAY_LEN(pending_columns),
                                         .id_path = "key",
                                         .none = N_("nobody has been refused")};

static const struct column line_columns[] = {
    {"id",          N_("LINE"),   0,                         NULL},
    {"state",       N_("STATE"), 0,                         NULL},
    {"agency.name", N_("WHO"), COLUMN_CUT | COLUMN_TITLE, NULL},
    {"node",        N_("NODE"), COLUMN_CUT | COLUMN_SPARE, NULL},
    {"space",       N_("SPACE"), COLUMN_CUT,                NULL},
    {"right",       N_("RIGHT"), 0,                         NULL},
    {"expires",     N_("UNTIL"),   COLUMN_TIME | COLUMN_LOOSE, NULL},
};
static const struct view line_view = {.columns = line_columns, .count = ARRAY_LEN(line_columns), .id_path = "id"};

/* On a screen the lines, with what to do about each that waits, below those who were refused. */
static void lines_print(struct tool *tool, const json_t *lines)
{
    if (!json_array_size(lines))
        return;
    screen_title(tool, "lines for newcomers");
    view_table(tool, lines, &line_view);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        if (strcmp(value_text_at(line, "state"), "waits") != 0)
            continue;
        screen_line(tool, "%s waits: muster pending accept %s, or muster pending refuse %s",
                    value_text_at(line, "agency.name"), value_text_at(line, "id"), value_text_at(line, "id"));
    }
}

static int pending_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    (void)args;
    int code = tool_get(tool, "/v1/pending", &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &pending_view);
    if (tool->set.output == OUTPUT_TABLE)
        lines_print(tool, json_object_get(answer, "lines"));
    json_decref(answer);
    return code;
}

const struct command command_pending = {
    .name = "pending",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = pending_run,
    .help = "who knocked at this node: with a line, or in vain and why",
    .example = "muster pending",
    .exits = EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};

static int decide(struct tool *tool, const char *who, const char *what, json_t *body, json_t **answer)
{
    struct url url;
    url_start(&url, "/v1/pending");
    url_segment(&url, who);
    url_segment(&url, what);
    int code = tool_call(tool, "POST", &url, body, answer);
    json_decref(body);
    return code;
}

static int accept_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    json_t *body = json_pack("{s:s*, s:b}", "right", option_get(args, "right"), "another_agency",
                             (int)(option_get(args, "another-agency") != NULL));
    int code = decide(tool, args->words[0], "accept", body, &answer);
    if (code)
        return code;
    if (!tool_print_data(tool, answer)) {
        screen_head(tool, NULL);
        screen_line(tool, "%s is added to %s with the right to %s",
                    value_text_at(answer, "agency.name"), value_text_at(answer, "space"), value_text_at(answer, "right"));
        pair_print(tool, json_object_get(answer, "pair"), value_text_at(answer, "agency.name"), false);
        if (value_int_at(answer, "still") > 0)
            tool_say(tool, "it is no member before %lld more of the admins approve: muster space log", value_int_at(answer, "still"));
    }
    json_decref(answer);
    return code;
}

static const struct option_row accept_options[] = {
    {"right",          0, "RIGHT", "another right than the line says"},
    {"another-agency", 0, NULL,    "it is another agency of a name that is known"                },
    {NULL,             0, NULL,    NULL                                                          },
};

const struct command command_pending_accept = {
    .name = "pending accept",
    .args = "WHO",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = accept_options,
    .run = accept_run,
    .help = "add who came with a line to its space",
    .detail = "WHO is the line's id, or the agency's name or id. Shows the pair code for the telephone call.",
    .example = "muster pending accept \"Red Cross\"\nmuster pending accept \"Red Cross\" --right read",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster agency pair space",
    .rows = "agency.id agency.name space right still pair.digits pair.words told",
};

static int refuse_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    int code = decide(tool, args->words[0], "refuse", NULL, &answer);
    if (code)
        return code;
    if (!tool_print_data(tool, answer))
        screen_line(tool, "%s is refused, and told so; its line is spent",
                    value_text_at(answer, "agency.name"));
    json_decref(answer);
    return 0;
}

const struct command command_pending_refuse = {
    .name = "pending refuse",
    .args = "WHO",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .run = refuse_run,
    .help = "refuse who came with a line",
    .example = "muster pending refuse \"Red Cross\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster agency refused",
    .rows = "agency.id agency.name refused",
};
