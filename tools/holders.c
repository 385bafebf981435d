/* muster holders: which member has which version of an object, and who has not been told that it was withdrawn. */
#include "tools/completeness.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column columns[] = {
    {"agency.name",  N_("MEMBER"),       COLUMN_CUT | COLUMN_TITLE,   NULL},
    {"agency.id",    N_("AGENCY"),       COLUMN_FILE,                 NULL},
    {"right",        N_("RIGHT"),       COLUMN_SPARE,                NULL},
    {"reached",      N_("VERSION"),       COLUMN_SCREEN,               NULL},
    {"version",      N_("VERSION"),       COLUMN_FILE | COLUMN_RIGHT,  NULL},
    {"missing",      N_("MISSING"),       COLUMN_FILE | COLUMN_RIGHT,  NULL},
    {"newest.time",  N_("OF"), COLUMN_TIME,                 NULL},
    {"state",        N_("STATE"),       COLUMN_FILE,                 NULL},
    {"told",         N_("TOLD"),    COLUMN_FILE,                 NULL},
    {"say",          N_("STATE"),       COLUMN_SCREEN | COLUMN_CUT,  NULL},
    {"silent_since", N_("SILENT SINCE"),    COLUMN_TIME,                 NULL},
};

static const struct view holders_view = {
    .columns = columns, .count = ARRAY_LEN(columns), .id_path = "agency.id", .none = N_("no members")};

/* One word or two of what matters about a row. */
static const char *row_says(struct tool *tool, const json_t *item)
{
    const char *state = value_text_at(item, "state");
    bool untold = json_is_false(json_object_get(item, "told"));
    if (value_true_at(item, "here"))
        return _("this agency");
    if (strcmp(state, "none") == 0)
        return _("nothing, as far as known");
    if (value_true_at(item, "past"))
        return _("NO MEMBER ANY MORE, KEEPS IT");
    if (untold)
        return _("HAS IT, NOT TOLD");
    if (!value_true_at(item, "reads"))
        return _("carries it, cannot read");
    return strcmp(state, "behind") == 0 ? _("older version") : _("current");
}

static void rows_fill(struct tool *tool, const json_t *answer)
{
    long long versions = value_int_at(answer, "versions");
    json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        char text[64];
        snprintf(text, sizeof text, "%lld/%lld", value_int_at(item, "version"), versions);
        json_object_set_new(item, "reached", json_string(text));
        json_object_set_new(item, "say", json_string(row_says(tool, item)));
    }
}

static void withdrawal_print(struct tool *tool, const json_t *answer)
{
    const json_t *withdrawal = json_object_get(answer, "withdrawal"), *items = json_object_get(answer, "items");
    size_t untold = 0, others = 0, gone = 0;
    char time[VALUE_TIME_BYTES];
    if (!json_is_object(withdrawal))
        return;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        bool past = value_true_at(item, "past");
        gone += past && !value_true_at(item, "told") && value_int_at(item, "version") > 0;
        others += !past && !value_true_at(item, "here");
        untold += !past && !value_true_at(item, "told");
    }
    time_short(time, value_text_at(withdrawal, "time"));
    screen_line(tool, "%s", "");
    screen_line(tool, "%s by %s, %s", value_text_at(withdrawal, "op"),
                value_text_at(withdrawal, "agency.name"), time);
    if (others && !untold)
        screen_line(tool, "all %zu other members have said that they know", others);
    else
        screen_line(tool, "%zu of %zu other members have not said that they know", untold, others);
    if (gone)
        screen_line(tool, "%zu more are no members now and will not hear of it here: call them",
                    gone);
}

static int holders_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "holders");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE)
        rows_fill(tool, answer);
    code = view_list(tool, answer, &holders_view);
    if (tool->set.output == OUTPUT_TABLE) {
        withdrawal_print(tool, answer);
        screen_foot(tool, answer);
    }
    json_decref(answer);
    return code;
}

const struct command command_holders = {
    .name = "holders",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = holders_run,
    .help = "who has which version of an object, and who was not told",
    .detail = "Counted is what a member itself has said that it holds, over a connection or with a bundle. VERSION is the newest change it "
              "holds, of all there are. After a retraction, those who hold the object and have not said that they know come first: "
              "call them. Who left or was removed stands in the list with what it had: it keeps that, and nothing reaches it "
              "through the space.",
    .example = "muster holders inc-7k2q9",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_REFUSED),
    .keys = "muster versions withdrawal items",
};
