/* muster space: create, list, show, use. */
#include "tools/completeness.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdlib.h>
#include <string.h>

static int create_body(struct tool *tool, const struct arguments *args, json_t **body)
{
    const char *days = option_get(args, "retention"), *history = option_get(args, "history");
    *body = json_pack("{s:s, s:b}", "name", args->words[0], "exercise", option_get(args, "exercise") != NULL);
    if (option_get(args, "purpose"))
        json_object_set_new(*body, "purpose", json_string(option_get(args, "purpose")));
    if (history && strcmp(history, "all") != 0 && strcmp(history, "join") != 0)
        return tool_usage(tool, "--history all", "--history is all or join, not \"%s\"", history);
    if (history)
        json_object_set_new(*body, "history", json_string(history));
    char *end = NULL;
    long count = days ? strtol(days, &end, 10) : 0;
    if (days && (*end || count < 1 || count > 36500))
        return tool_usage(tool, "--retention 365", "--retention is a number of days, not \"%s\"", days);
    if (days)
        json_object_set_new(*body, "retention_days", json_integer(count));
    return 0;
}

static void create_print(struct tool *tool, const json_t *answer, bool exercise)
{
    const json_t *warnings = json_object_get(answer, "warnings");
    const char *name = value_text_at(answer, "space.name");
    screen_head(tool, answer);
    screen_line(tool, "created the %sspace %s",
                exercise ? _("exercise ") : "", name);
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *warning = json_array_get(warnings, i);
        char *text =
            json_is_object(warning) ? memory_copy(value_text_at(warning, "message")) : value_raw(warning);
        screen_line(tool, "%s: %s", _("note"), text);
        free(text);
    }
    tool_hint(tool, "next: muster invite CARDFILE --space %s --right write", name);
}

static int space_create_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *body, *answer = NULL;
    int code = create_body(tool, args, &body);
    if (!code) {
        url_start(&url, "/v1/spaces");
        code = tool_call(tool, "POST", &url, body, &answer);
        if (!code && tool->set.output == OUTPUT_TABLE)
            create_print(tool, answer, option_get(args, "exercise"));
        else if (!code)
            (void)tool_print_data(tool, answer);
    }
    json_decref(body);
    json_decref(answer);
    return code;
}

static const struct option_row create_options[] = {
    {"purpose",   0, "TEXT",     "what the space is for; members see it"              },
    {"exercise",  0, NULL,       "an exercise: its records never count as actual ones"},
    {"history",   0, "all|join", "what new members can read: all, or from joining on" },
    {"retention", 0, "DAYS",     "how long personal data is kept"                     },
    {NULL,        0, NULL,       NULL                                                 },
};

const struct command command_space_create = {
    .name = "space create",
    .args = "NAME",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = create_options,
    .run = space_create_run,
    .help = "a new space to share in; this agency is its first admin",
    .detail = "Three admins or more are recommended: with fewer one lost agency can block the space.",
    .example = "muster space create flood-2026 --purpose \"Jinsha flood, joint command\"",
    .exits =
        EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster space warnings",
    .rows = "space.id space.name space.exercise",
};

static const struct column space_columns[] = {
    {"name",       N_("SPACE"),       0,            NULL},
    {"id",         N_("ID"),       COLUMN_FILE,  NULL},
    {"exercise",   N_("EXERCISE"),       0,            NULL},
    {"right",      N_("RIGHT"),       0,            NULL},
    {"members",    N_("MEMBERS"),       COLUMN_RIGHT, NULL},
    {"created",    N_("CREATED"),       COLUMN_TIME,  NULL},
    {"history",    N_("HISTORY"),       COLUMN_FILE,  NULL},
    {"controller", N_("CONTROLLER"), COLUMN_FILE,  NULL},
    {"purpose",    N_("PURPOSE"),       COLUMN_CUT,   NULL},
};

static const struct view space_view = {.columns = space_columns,
                                       .count = ARRAY_LEN(space_columns),
                                       .id_path = "id",
                                       .none = N_("no space yet: muster space create NAME, or muster join FILE")};

static int space_list_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    (void)args;
    int code = tool_get(tool, "/v1/spaces", &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &space_view);
    json_decref(answer);
    return code;
}

const struct command command_space_list = {
    .name = "space list",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = space_list_run,
    .help = "the spaces of this node",
    .example = "muster space list",
    .exits = EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};

static const struct column member_columns[] = {
    {"agency.name", N_("AGENCY"),       COLUMN_CUT | COLUMN_TITLE, NULL},
    {"agency.id",   N_("ID"),       COLUMN_FILE,               NULL},
    {"right",       N_("RIGHT"),       0,                         NULL},
    {"suspended",   N_("SUSPENDED"),       0,                         NULL},
    {"nodes",       N_("NODES"),       COLUMN_CUT,                NULL},
    {"confirmed",   N_("BY VOICE"), 0,                         NULL},
};
static const struct view member_view = {.columns = member_columns,
                                        .count = ARRAY_LEN(member_columns),
                                        .id_path = "agency.id",
                                        .items = "members",
                                        .none = N_("no members")};

static const struct column log_columns[] = {
    {"agency.name", N_("AGENCY"),    COLUMN_CUT | COLUMN_TITLE, NULL},
    {"role",        N_("LOG"),    0,                         NULL},
    {"prefix",      N_("COMPLETE TO"), COLUMN_RIGHT,              NULL},
    {"holes",       N_("HOLES"),    COLUMN_RIGHT,              NULL},
    {"records",     N_("RECORDS"),    COLUMN_RIGHT,              NULL},
    {"fork_at",     N_("FORKED AT"), COLUMN_RIGHT,              NULL},
};
static const struct view log_view = {.columns = log_columns,
                                     .count = ARRAY_LEN(log_columns),
                                     .id_path = "id",
                                     .none = N_("no logs yet")};

static void space_print(struct tool *tool, json_t *answer)
{
    char *purpose = value_raw(json_object_get(answer, "purpose"));
    json_t *head = json_pack("{s:s, s:b}", "name", value_text_at(answer, "name"), "exercise",
                             value_true_at(answer, "exercise"));
    json_t *top = json_pack("{s:o, s:O?, s:O?, s:O?}", "space", head, "node", json_object_get(answer, "node"), "unconfirmed",
                            json_object_get(answer, "unconfirmed"), "complete", json_object_get(answer, "complete"));
    screen_top(tool, top);
    screen_field(tool, _("purpose"), 8, purpose);
    screen_field(tool, _("id"), 8, value_text_at(answer, "id"));
    screen_field(tool, _("history"), 8, value_text_at(answer, "history"));
    screen_title(tool, "members");
    view_table(tool, json_object_get(answer, "members"), &member_view);
    screen_title(tool, "logs");
    view_table(tool, json_object_get(answer, "logs"), &log_view);
    screen_foot(tool, answer);
    json_decref(top);
    free(purpose);
}

static int space_show_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    const char *name = args->count ? args->words[0] : NULL;
    json_t *answer;
    int code = name ? 0 : tool_space(tool, &name);
    if (code)
        return code;
    url_start(&url, "/v1/spaces");
    url_segment(&url, name);
    code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE)
        space_print(tool, answer);
    else if (!tool_print_data(tool, answer))
        view_list(tool, answer, &member_view);
    json_decref(answer);
    return 0;
}

const struct command command_space_show = {
    .name = "space show",
    .args = "[SPACE]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 1,
    .run = space_show_run,
    .help = "members, rights and logs of a space",
    .example = "muster space show flood-2026",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster id name members logs",
};

static int space_use_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    struct fault fault;
    json_t *answer;
    const char *name = args->count ? args->words[0] : NULL;
    if (name) {
        url_start(&url, "/v1/spaces");
        url_segment(&url, name);
        int code = tool_call(tool, "GET", &url, NULL, &answer);
        if (code)
            return code;
        json_decref(answer);
        if (strpbrk(name, "\n\r") || name[strspn(name, " \t")] == '\0' || strlen(name) >= SETTING_BYTES)
            return tool_usage(tool, "use the space's id", "this name cannot be kept in a settings file");
    }
    if (settings_write("space", name, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    json_t *chosen = json_pack("{s:s?}", "space", name);
    (void)tool_print_data(tool, chosen);
    json_decref(chosen);
    if (name)
        tool_say(tool, "from now on: --space %s, unless MUSTER_SPACE or --space say otherwise", name);
    else
        tool_say(tool, "from now on no space is chosen by itself");
    return 0;
}

const struct command command_space_use = {
    .name = "space use",
    .args = "[SPACE]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 1,
    .run = space_use_run,
    .help = "the space that is meant when none is named",
    .detail =
        "Kept in your settings file; MUSTER_SPACE and --space come first. Without SPACE it is forgotten.",
    .example = "muster space use flood-2026",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .rows = "space",
};
