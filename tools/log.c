/* muster log: an activity log (ICS 214) of an object and of what names it. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/html.h"
#include "tools/memory.h"
#include "tools/moment.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

enum { ACTIVITY_FIELDS_MAX = 4, ACTIVITY_VALUE_BYTES = 60 };

static const struct column log_columns[] = {
    {"time",          N_("DATE/TIME"), COLUMN_TIME,                 NULL},
    {"activity",      N_("ACTIVITY"),  COLUMN_CUT | COLUMN_TITLE | COLUMN_WRAP, NULL},
    {"agency.name",   N_("AGENCY"),      COLUMN_CUT,                  NULL},
    {"operator.name", N_("BY"),    COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"node",          N_("NODE"),      COLUMN_FILE,                 NULL},
    {"op",            N_("DONE"),      COLUMN_FILE,                 NULL},
    {"object.short",  N_("OBJECT"),      COLUMN_FILE,                 NULL},
    {"state",         N_("STATE"),      COLUMN_FILE,                 NULL},
    {"record",        N_("RECORD"),      COLUMN_FILE,                 NULL},
};
static const struct view log_view = {.columns = log_columns,
                                     .count = ARRAY_LEN(log_columns),
                                     .id_path = "record",
                                     .none = N_("nothing was recorded in that time")};

/* "update req-7k2q9: status approved "Boats"", and its state when it does not count. */
static char *activity_text(struct tool *tool, const json_t *item, const json_t *names)
{
    char *text = NULL;
    size_t len = 0, shown = 0;
    const char *state = value_text_at(item, "state"), *name;
    const struct kind *kind = kind_by_name(value_text_at(item, "object.kind"));
    json_t *value, *fields = json_copy(json_object_get(item, "fields"));
    FILE *stream = memory_stream(&text, &len);
    fprintf(stream, "%s %s", word_said(value_text_at(item, "op")), value_text_at(item, "object.short"));
    json_object_foreach(fields, name, value)
    {
        const struct field *field = kind ? field_by_name(kind, name) : NULL;
        if ((field && field->flags & FIELD_TITLE) || shown == ACTIVITY_FIELDS_MAX)
            continue;
        json_t *named = value_named(value, names);
        char *label = json_is_null(value) ? memory_copy(_("(cleared)")) : value_label(named, field, tool->set.lang);
        json_decref(named);
        size_t cut = strlen(label);
        bool whole = cut <= ACTIVITY_VALUE_BYTES;
        for (cut = whole ? cut : ACTIVITY_VALUE_BYTES; cut && ((uint8_t)label[cut] & 0xc0) == 0x80;)
            cut--; /* not in the middle of a character */
        fprintf(stream, "%s%s %.*s%s", shown++ ? ", " : ": ", field ? screen_label(tool, field->label_en, field->label_zh) : name,
                (int)cut, label, whole ? "" : "…");
        free(label);
    }
    fprintf(stream, "%s\"%s\"", shown ? "; " : " ", value_text_at(item, "object.title"));
    if (value_text_at(item, "reason")[0])
        fprintf(stream, " – %s", value_text_at(item, "reason"));
    if (state[0] && strcmp(state, "counts") != 0)
        fprintf(stream, " [%s]", word_said(state));
    memory_stream_end(stream);
    json_decref(fields);
    return text;
}

/* An end of the period as a moment: what the option says, else `other`. */
static void period_end(char out[VALUE_TIME_BYTES], const struct arguments *args, const char *option, const char *other)
{
    char moment[TIME_FORMAT_BYTES];
    const char *text = option_get(args, option);
    if (text && moment_read(moment, text, strcmp(option, "until") == 0))
        time_short(out, moment);
    else
        time_short(out, other);
}

static void period_text(struct tool *tool, const json_t *items, const struct arguments *args, char *out, size_t size)
{
    char from[VALUE_TIME_BYTES], to[VALUE_TIME_BYTES], now[VALUE_TIME_BYTES];
    time_now(now);
    period_end(from, args, "since", json_array_size(items) ? value_text_at(json_array_get(items, 0), "time") : now);
    period_end(to, args, "until", now);
    snprintf(out, size, _("%s to %s"), from, to);
}

static void log_html(struct tool *tool, const json_t *answer, const struct arguments *args)
{
    char line[512], now[VALUE_TIME_BYTES];
    const json_t *items = json_object_get(answer, "items");
    html_begin(tool, _("Activity log (ICS 214)"), value_true_at(answer, "space.exercise"));
    html_fields_begin(tool);
    snprintf(line, sizeof line, "%s (%s)", value_text_at(answer, "object.title"), value_text_at(answer, "object.short"));
    html_field(tool, _("1. Incident name"), line);
    period_text(tool, items, args, line, sizeof line);
    html_field(tool, _("2. Operational period"), line);
    html_field(tool, _("3. Name (node)"), value_text_at(answer, "node.name"));
    html_field(tool, _("5. Home agency"), value_text_at(answer, "node.agency.name"));
    html_fields_end(tool);
    html_complete(tool, answer);
    html_title(tool, N_("7. Activity log"));
    html_table(tool, items, &log_view);
    time_now(now);
    snprintf(line, sizeof line, "%s %s, %s", _("8. Prepared by"), value_text_at(answer, "node.agency.name"), now);
    html_line(tool, line);
    html_end(tool);
}

static void log_text(struct tool *tool, const json_t *answer, const struct arguments *args)
{
    char line[512];
    screen_top(tool, answer);
    fputc('\n', tool->out);
    screen_line(tool, "%s", _("ACTIVITY LOG (ICS 214)"));
    snprintf(line, sizeof line, "%s (%s)", value_text_at(answer, "object.title"), value_text_at(answer, "object.short"));
    screen_field(tool, _("incident"), 9, line);
    period_text(tool, json_object_get(answer, "items"), args, line, sizeof line);
    screen_field(tool, _("period"), 9, line);
    screen_field(tool, _("agency"), 9, value_text_at(answer, "node.agency.name"));
    fputc('\n', tool->out);
    view_table(tool, json_object_get(answer, "items"), &log_view);
    if (value_true_at(answer, "partial")) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("there is more: give --since and --until"));
    }
    screen_foot(tool, answer);
}

static int log_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "log");
    url_query(&url, "space", tool->set.space);
    int code = moment_option(tool, args, "since", &url);
    if (!code)
        code = moment_option(tool, args, "until", &url);
    if (!code)
        code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *items = json_object_get(answer, "items");
    bool files = tool->set.output != OUTPUT_TABLE && !option_get(args, "html");
    for (size_t i = 0; i < json_array_size(items) && tool->set.output != OUTPUT_JSON && tool->set.output != OUTPUT_NDJSON; i++) {
        char *text = activity_text(tool, json_array_get(items, i), json_object_get(answer, "names"));
        json_object_set_new(json_array_get(items, i), "activity", json_string(text));
        free(text);
    }
    if (option_get(args, "html"))
        log_html(tool, answer, args);
    else if (files)
        code = view_list(tool, answer, &log_view);
    else
        log_text(tool, answer, args);
    json_decref(answer);
    return code;
}

static const struct option_row log_options[] = {
    {"since", 0, "TIME", "from then on: 2h, 3d (ago), a date, RFC 3339"},
    {"until", 0, "TIME", "what was before that time"                   },
    {"html",  0, NULL,   "a page for print"                            },
    {NULL,    0, NULL,   NULL                                          },
};

const struct command command_log = {
    .name = "log",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .options = log_options,
    .run = log_run,
    .help = "an activity log (ICS 214): an object and what names it",
    .detail = "Every record about the object and about the requests, deliveries, tasks and reports that name it, in order of the time "
              "that its author's clock showed; in brackets what does not count, and why.",
    .example = "muster log inc-7k2q9 --since 12h\nmuster log inc-7k2q9 --since 2026-07-14 --until 2026-07-14 --html > ics214.html",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space complete object items partial",
};
