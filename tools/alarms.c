/* muster alarms: what somebody has to be told, and who has taken note. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdio.h>
#include <string.h>

enum { ALARM_DIGITS = 8, ALARM_ACK_MAX = 64 };

static const struct column columns[] = {
    {"digits",       N_("id"),   0,                          NULL},
    {"mark",         "",         COLUMN_SCREEN,              NULL},
    {"severity",     N_("severity"),   0,                          NULL},
    {"alarm",        N_("alarm"),   0,                          NULL},
    {"object.short", N_("object"),   0,                          NULL},
    {"space.name",   N_("space"),   COLUMN_CUT | COLUMN_SPARE,  NULL},
    {"since",        N_("since"),     COLUMN_TIME | COLUMN_SPARE, NULL},
    {"state",        N_("state"),   0,                          NULL},
    {"text",         N_("text"),   COLUMN_FILE,                NULL},
    {"do",           N_("do"),   COLUMN_FILE,                NULL},
    {"exercise",     "",         COLUMN_FILE,                NULL},
};
static const struct view alarms_view = {.columns = columns, .count = ARRAY_LEN(columns), .id_path = "id",
                                        .none = N_("no alarm")};

static const struct option_row options[] = {
    {"severity", 0, "LEVEL", "notice, warning or critical, and what is worse"},
    {"open", 0, NULL, "leave out what somebody has acknowledged"},
    {NULL, 0, NULL, NULL},
};

/* What the table has beside the answer; a person reads the sentences below it. */
static size_t prepare(json_t *items)
{
    size_t i, open = 0;
    json_t *each;
    json_array_foreach(items, i, each)
    {
        char digits[ALARM_DIGITS + 1];
        snprintf(digits, sizeof digits, "%s", value_text_at(each, "id"));
        json_object_set_new(each, "digits", json_string(digits));
        json_object_set_new(each, "mark", json_string(value_true_at(each, "exercise") ? "EXERCISE 演练" : ""));
        open += strcmp(value_text_at(each, "state"), "open") == 0;
    }
    return open;
}

static void sentences_print(struct tool *tool, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *each = json_array_get(items, i);
        char line[800];
        if (strcmp(value_text_at(each, "state"), "open") != 0)
            continue;
        snprintf(line, sizeof line, "%s%s. %s %s", value_true_at(each, "exercise") ? "EXERCISE 演练: " : "", value_text_at(each, "text"),
                 _("Do:"), value_text_at(each, "do"));
        screen_field(tool, value_text_at(each, "digits"), ALARM_DIGITS, line);
    }
}

static int alarms_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/alarms");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "severity", option_get(args, "severity"));
    url_query(&url, "open", option_get(args, "open") ? "1" : NULL);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *items = json_object_get(answer, "items");
    bool json = tool->set.output == OUTPUT_JSON || tool->set.output == OUTPUT_NDJSON;
    size_t open = 0;
    for (size_t i = 0; i < json_array_size(items); i++)
        open += strcmp(value_text_at(json_array_get(items, i), "state"), "open") == 0;
    if (!json)
        (void)prepare(items);
    code = view_list(tool, answer, &alarms_view);
    if (tool->set.output == OUTPUT_TABLE) {
        sentences_print(tool, items);
        if (value_int_at(answer, "counts.no_room"))
            screen_line(tool, "and %lld more, for which there is no room",
                        value_int_at(answer, "counts.no_room"));
        screen_foot(tool, answer);
    }
    json_decref(answer);
    return code ? code : tool->set.strict && open ? EXIT_INCOMPLETE : 0;
}

const struct command command_alarms = {
    .name = "alarms",
    .args = "",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = alarms_run,
    .options = options,
    .help = "what expired, runs short, is late, silent or void",
    .detail = "An alarm is raised once and cleared by itself when its reason is gone. With --strict it ends with 5 when one of those "
              "listed is open. The setting alarm_hook names a program that the node runs for each: its environment has "
              "MUSTER_ALARM, MUSTER_STATE (raised, cleared), MUSTER_SEVERITY, MUSTER_SPACE, MUSTER_EXERCISE (yes, no), "
              "MUSTER_OBJECT, MUSTER_SHORT, MUSTER_TEXT, MUSTER_DO and MUSTER_ID. What it keeps of MUSTER_TEXT no erasure reaches.",
    .example = "muster alarms\nmuster alarms --severity critical --open --strict",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items counts looked hook spaces",
};

/* --- taking note ------------------------------------------------------------------------------------------------------ */

static int ack_run(struct tool *tool, const struct arguments *args)
{
    int code = 0;
    for (size_t i = 0; i < args->count && !code; i++) {
        struct url url;
        json_t *answer, *body = json_object();
        url_start(&url, "/v1/alarms");
        url_segment(&url, args->words[i]);
        url_segment(&url, "ack");
        code = tool_call(tool, "POST", &url, body, &answer);
        json_decref(body);
        if (code)
            break;
        if (!tool_print_data(tool, answer))
            screen_line(tool, "acknowledged: %s", value_text_at(answer, "text"));
        json_decref(answer);
    }
    return code == TOOL_DONE ? 0 : code;
}

const struct command command_alarms_ack = {
    .name = "alarms ack",
    .args = "ID…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = ALARM_ACK_MAX,
    .run = ack_run,
    .help = "say that somebody looks after an alarm",
    .detail = "It stays in the list, marked, until its reason is gone, and is open again when there is more of it. ID: at least 4 "
              "digits.",
    .example = "muster alarms ack 3f2a9c41",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster id alarm severity state text",
    .rows = "id alarm severity state since text acknowledged.time acknowledged.user",
};
