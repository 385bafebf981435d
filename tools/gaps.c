/* muster gaps: what is asked for and not covered, and stock below its minimum. */
#include "tools/completeness.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column gap_columns[] = {
    {"short",         N_("REQUEST"),   COLUMN_SCREEN,               NULL},
    {"id",            N_("ID"),   COLUMN_FILE,                 NULL},
    {"title",         N_("NAME"),   COLUMN_CUT | COLUMN_TITLE,   NULL},
    {"resource_type", N_("TYPE"),   COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"missing",       N_("MISSING"),   COLUMN_RIGHT,                NULL},
    {"needed",        N_("NEEDED"),   COLUMN_RIGHT,                NULL},
    {"promised",      N_("PROMISED"), COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"arrived",       N_("ARRIVED"),   COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"offered",       N_("OFFERED"), COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"unit",          N_("UNIT"),   COLUMN_CUT,                  NULL},
    {"needed_by",     NC_("time", "BY"),   COLUMN_TIME | COLUMN_SPARE,  NULL},
    {"priority",      N_("PRIORITY"), COLUMN_FILE,                 NULL},
    {"status",        N_("STATUS"),   COLUMN_FILE,                 NULL},
    {"owner.name",    N_("OWNER"),   COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"incident.short", N_("INCIDENT"),  COLUMN_FILE,                 NULL},
    {"incident.title", N_("INCIDENT"),  COLUMN_FILE,                 NULL},
};
static const struct view gap_view = {.columns = gap_columns,
                                     .count = ARRAY_LEN(gap_columns),
                                     .id_path = "id",
                                     .none = N_("every request is covered")};

static const struct column stock_columns[] = {
    {"short",         N_("STOCK"),   COLUMN_SCREEN,             NULL},
    {"title",         N_("NAME"),   COLUMN_CUT | COLUMN_TITLE, NULL},
    {"missing",       N_("MISSING"),   COLUMN_RIGHT,              NULL},
    {"quantity",      N_("THERE"),   COLUMN_RIGHT,              NULL},
    {"minimum",       N_("MINIMUM"),   COLUMN_RIGHT,              NULL},
    {"unit",          N_("UNIT"),   COLUMN_CUT,                NULL},
    {"site",          N_("SITE"),   COLUMN_CUT | COLUMN_SPARE, NULL},
    {"owner.name",    N_("OWNER"),   COLUMN_CUT | COLUMN_SPARE, NULL},
};
static const struct view stock_view = {.columns = stock_columns,
                                       .count = ARRAY_LEN(stock_columns),
                                       .id_path = "id",
                                       .none = N_("no stock is below its minimum")};

static const char *incident_of(const json_t *item)
{
    return value_text_at(item, "incident.id");
}

/* The requests of one incident, which stand one behind the other: a table for each.  whole: of all incidents. */
static void gaps_print(struct tool *tool, json_t *answer, bool whole)
{
    const json_t *items = json_object_get(answer, "items");
    screen_top(tool, answer);
    if (!json_array_size(items)) {
        fputc('\n', tool->out);
        view_table(tool, items, &gap_view);
    }
    for (size_t i = 0; i < json_array_size(items);) {
        const json_t *first = json_array_get(items, i);
        json_t *part = json_array();
        for (; i < json_array_size(items) && strcmp(incident_of(json_array_get(items, i)), incident_of(first)) == 0; i++)
            json_array_append(part, json_array_get(items, i));
        const char *title = value_text_at(first, "incident.title"), *name = value_text_at(first, "incident.short");
        fputc('\n', tool->out);
        if (incident_of(first)[0])
            screen_line(tool, "%s  %s", name[0] ? name : incident_of(first), title);
        else
            screen_line(tool, "%s", _("for no incident in particular"));
        view_table(tool, part, &gap_view);
        json_decref(part);
    }
    if (whole) { /* stock is of no incident */
        screen_title(tool, "stock below its minimum");
        view_table(tool, json_object_get(answer, "stock"), &stock_view);
    }
    if (value_true_at(answer, "partial")) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("not all could be looked at: muster gaps INCIDENT"));
    }
    screen_foot(tool, answer);
}

static int gaps_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/gaps");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "incident", args->count ? args->words[0] : NULL);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        gaps_print(tool, answer, args->count == 0);
        code = tool->set.strict && complete_lacks(json_object_get(answer, "complete")) ? EXIT_INCOMPLETE : 0;
    } else {
        code = view_list(tool, answer, &gap_view);
    }
    json_decref(answer);
    return code;
}

const struct command command_gaps = {
    .name = "gaps",
    .args = "[INCIDENT]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 1,
    .run = gaps_run,
    .help = "what is asked for and not covered, and stock below its minimum",
    .detail = "By incident and type. MISSING is what neither was promised nor has arrived, in the unit of the request; deliveries "
              "in another unit do not count, and offers do not until they are taken.",
    .example = "muster gaps\nmuster gaps inc-7k2q9 -o csv",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space complete items stock partial",
};
