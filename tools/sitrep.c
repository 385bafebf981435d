/* muster sitrep: a situation report of an incident, as text or as a page for print. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/html.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

#define COLUMNS(rows) .columns = (rows), .count = ARRAY_LEN(rows)
#define ID_COLUMN {"short", N_("ID"), 0, NULL}
#define NAME_COLUMN {"title", N_("NAME"), COLUMN_CUT | COLUMN_TITLE, NULL}
#define OWNER_COLUMN {"owner.name", N_("OWNER"), COLUMN_CUT | COLUMN_SPARE, NULL}

static const struct column part_columns[] = {ID_COLUMN, NAME_COLUMN, {"phase", N_("PHASE"), 0, NULL},
                                             {"severity", N_("SEVERITY"), 0, NULL}, OWNER_COLUMN};
static const struct column report_columns[] = {ID_COLUMN,
                                               {"period_to", N_("AS OF"), COLUMN_TIME, NULL},
                                               {"dead", N_("DEAD"), COLUMN_RIGHT, NULL},
                                               {"missing", NC_("people", "MISSING"), COLUMN_RIGHT, NULL},
                                               {"injured", N_("INJURED"), COLUMN_RIGHT, NULL},
                                               {"evacuated", N_("EVACUATED"), COLUMN_RIGHT, NULL},
                                               {"summary", N_("SUMMARY"), COLUMN_CUT | COLUMN_SPARE, NULL},
                                               OWNER_COLUMN};
static const struct column need_columns[] = {ID_COLUMN, NAME_COLUMN,
                                             {"missing", N_("MISSING"), COLUMN_RIGHT, NULL},
                                             {"needed", N_("NEEDED"), COLUMN_RIGHT, NULL},
                                             {"promised", N_("PROMISED"), COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                             {"arrived", N_("ARRIVED"), COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                             {"unit", N_("UNIT"), COLUMN_CUT, NULL},
                                             {"needed_by", NC_("time", "BY"), COLUMN_TIME | COLUMN_SPARE, NULL},
                                             OWNER_COLUMN};
static const struct column delivery_columns[] = {ID_COLUMN, NAME_COLUMN, {"status", N_("STATUS"), 0, NULL},
                                                 {"quantity", N_("QUANTITY"), COLUMN_RIGHT, NULL},
                                                 {"unit", N_("UNIT"), COLUMN_CUT, NULL},
                                                 {"eta", N_("ETA"), COLUMN_TIME | COLUMN_SPARE, NULL},
                                                 OWNER_COLUMN};
static const struct column stock_columns[] = {ID_COLUMN, NAME_COLUMN,
                                              {"quantity", N_("QUANTITY"), COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                              {"quantities.free", N_("FREE"), COLUMN_RIGHT, NULL},
                                              {"quantities.safe", N_("SAFE"), COLUMN_RIGHT, NULL},
                                              {"quantities.at_risk", N_("AT RISK"), COLUMN_RIGHT, NULL},
                                              {"unit", N_("UNIT"), COLUMN_CUT, NULL},
                                              OWNER_COLUMN};
static const struct column task_columns[] = {ID_COLUMN, NAME_COLUMN, {"status", N_("STATUS"), 0, NULL},
                                             {"assignee", N_("ASSIGNEE"), COLUMN_CUT, NULL},
                                             {"deadline", N_("DEADLINE"), COLUMN_TIME | COLUMN_SPARE, NULL}};
static const struct column seen_columns[] = {ID_COLUMN, NAME_COLUMN, {"property", NC_("observed", "WHAT"), COLUMN_CUT, NULL},
                                             {"value", N_("VALUE"), COLUMN_RIGHT, NULL}, {"unit", N_("UNIT"), COLUMN_CUT, NULL},
                                             {"observed_at", N_("TIME"), COLUMN_TIME | COLUMN_SPARE, NULL}};
static const struct column warning_columns[] = {ID_COLUMN, NAME_COLUMN, {"level", N_("LEVEL"), 0, NULL},
                                                {"status", N_("STATUS"), 0, NULL},
                                                {"ends", N_("ENDS"), COLUMN_TIME | COLUMN_SPARE, NULL}, OWNER_COLUMN};
static const struct column loss_columns[] = {ID_COLUMN, NAME_COLUMN, {"loss_type", N_("TYPE"), COLUMN_CUT, NULL},
                                             {"killed", N_("KILLED"), COLUMN_RIGHT, NULL},
                                             {"injured", N_("INJURED"), COLUMN_RIGHT, NULL},
                                             {"missing", NC_("people", "MISSING"), COLUMN_RIGHT, NULL}, OWNER_COLUMN};

/* The parts of a report in their order.  Those marked `always` say so when there is nothing. */
static const struct part {
    const char *member, *en;
    bool always;
    struct view view;
} parts[] = {
    {"parts", N_("incidents within it, or that it caused"), false, {COLUMNS(part_columns), .none = N_("none")}},
    {"sitreps", N_("figures"), true,
     {COLUMNS(report_columns), .none = N_("nobody has reported figures")}},
    {"losses", N_("losses"), false, {COLUMNS(loss_columns), .none = N_("none")}},
    {"requests", N_("needs"), true, {COLUMNS(need_columns), .none = N_("nothing is asked for")}},
    {"deployments", N_("deployments"), true, {COLUMNS(delivery_columns), .none = N_("nothing is under way")}},
    {"resources", N_("resources, and what is promised of them"), true,
     {COLUMNS(stock_columns), .none = N_("none is assigned")}},
    {"tasks", N_("tasks"), false, {COLUMNS(task_columns), .none = N_("none")}},
    {"observations", N_("observations"), false, {COLUMNS(seen_columns), .none = N_("none")}},
    {"warnings", N_("warnings"), false, {COLUMNS(warning_columns), .none = N_("none")}},
};

/* What the head of the report says of the incident. */
static const char *const head_fields[] = {"phase", "category", "event", "grade", "severity", "urgency", "certainty", "onset", "affected",
                                          "command", "area_desc", "area", "geocode", "headline", "description", "instruction"};

static void head_each(struct tool *tool, const json_t *answer, bool html)
{
    const struct kind *kind = kind_by_number(KIND_INCIDENT);
    const json_t *incident = json_object_get(answer, "incident"), *fields = json_object_get(incident, "fields");
    for (size_t i = 0; i < ARRAY_LEN(head_fields); i++) {
        const struct field *field = field_by_name(kind, head_fields[i]);
        const json_t *value = json_object_get(fields, head_fields[i]);
        if (!field || !value || json_is_null(value))
            continue;
        char *text = value_label(value, field, tool->set.lang);
        const char *label = screen_label(tool, field->label_en, field->label_zh);
        if (html)
            html_field(tool, label, text);
        else
            screen_field(tool, label, 14, text);
        free(text);
    }
    const char *owner = value_text_at(incident, "owner.name");
    if (html)
        html_field(tool, _("owner"), owner);
    else
        screen_field(tool, _("owner"), 14, owner);
}

/* What is not known, a sentence each; at most `size` of them. */
enum { UNKNOWN_MAX = 8, UNKNOWN_BYTES = 512 };

static size_t unknown_lines(struct tool *tool, const json_t *answer, char lines[UNKNOWN_MAX][UNKNOWN_BYTES])
{
    static const struct {
        const char *path, *en;
    } counts[] = {
        {"unknown.waiting_for_key", N_("segments that cannot be opened yet, for lack of a key")},
        {"unknown.quarantined",     N_("records that are set aside as void")},
        {"unknown.forks",           N_("logs with two branches")          },
    };
    const json_t *fields = value_at(answer, "unknown.fields");
    size_t count = 0, len = 0;
    for (size_t i = 0; i < json_array_size(fields) && len < UNKNOWN_BYTES; i++) {
        const struct field *field = field_by_name(kind_by_number(KIND_INCIDENT), json_string_value(json_array_get(fields, i)));
        int wrote = snprintf(lines[0] + len, UNKNOWN_BYTES - len, "%s%s", i ? ", " : _("nobody has said: "),
                             field ? screen_label(tool, field->label_en, field->label_zh) : "?");
        len += (size_t)wrote;
    }
    count += json_array_size(fields) > 0;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (value_int_at(answer, counts[i].path))
            snprintf(lines[count++], UNKNOWN_BYTES, "%s: %lld", _(counts[i].en),
                     value_int_at(answer, counts[i].path));
    if (value_true_at(answer, "partial"))
        snprintf(lines[count++], UNKNOWN_BYTES, "%s",
                 _("there is more than this report could look at"));
    const json_t *silent = value_at(answer, "complete.silent");
    for (size_t i = 0; i < json_array_size(silent) && count < UNKNOWN_MAX; i++) {
        char since[VALUE_TIME_BYTES];
        time_short(since, value_text_at(json_array_get(silent, i), "since"));
        snprintf(lines[count++], UNKNOWN_BYTES, _("what %.100s has done since %s"),
                 value_text_at(json_array_get(silent, i), "agency.name"), since[0] ? since : "?");
    }
    return count;
}

static void report_title(struct tool *tool, const json_t *answer, char *out, size_t size)
{
    snprintf(out, size, "%s: %s (%s)", _("Situation report"),
             value_text_at(answer, "incident.fields.name"), value_text_at(answer, "incident.short"));
}

/* Tokens of rows, as a person reads them. */
static void rows_label(struct tool *tool, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i), *value;
        const struct kind *kind = kind_by_name(value_text_at(item, "kind"));
        void *next;
        const char *name;
        json_object_foreach_safe(item, next, name, value)
        {
            const struct field *field = kind && json_is_string(value) ? field_by_name(kind, name) : NULL;
            if (!field || field->type != FIELD_TOKEN)
                continue;
            char *label = value_label(value, field, tool->set.lang);
            json_object_set_new(item, name, json_string(label));
            free(label);
        }
    }
}

static void report_text(struct tool *tool, const json_t *answer)
{
    char title[512], (*lines)[UNKNOWN_BYTES] = memory_get(UNKNOWN_MAX * sizeof *lines);
    report_title(tool, answer, title, sizeof title);
    screen_top(tool, answer);
    fputc('\n', tool->out);
    screen_line(tool, "%s", title);
    head_each(tool, answer, false);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const json_t *items = json_object_get(answer, parts[i].member);
        if (!json_array_size(items) && !parts[i].always)
            continue;
        screen_title(tool, parts[i].en);
        view_table(tool, items, &parts[i].view);
    }
    screen_title(tool, "what is not known");
    size_t count = unknown_lines(tool, answer, lines);
    for (size_t i = 0; i < count; i++)
        screen_field(tool, "-", 1, lines[i]);
    if (!count)
        screen_line(tool, "%s", _("nothing that this node knows of"));
    screen_foot(tool, answer);
    free(lines);
}

static void report_html(struct tool *tool, const json_t *answer)
{
    char title[512], line[512], time[VALUE_TIME_BYTES], (*lines)[UNKNOWN_BYTES] = memory_get(UNKNOWN_MAX * sizeof *lines);
    report_title(tool, answer, title, sizeof title);
    html_begin(tool, title, value_true_at(answer, "space.exercise"));
    time_short(time, value_text_at(answer, "time"));
    snprintf(line, sizeof line, "%s – %s – %s %s", value_text_at(answer, "space.name"),
             value_true_at(answer, "space.exercise") ? "EXERCISE 演练" : "ACTUAL", value_text_at(answer, "node.agency.name"), time);
    html_line(tool, line);
    html_complete(tool, answer);
    html_fields_begin(tool);
    head_each(tool, answer, true);
    html_fields_end(tool);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const json_t *items = json_object_get(answer, parts[i].member);
        if (!json_array_size(items) && !parts[i].always)
            continue;
        html_title(tool, parts[i].en);
        html_table(tool, items, &parts[i].view);
    }
    html_title(tool, N_("what is not known"));
    size_t count = unknown_lines(tool, answer, lines);
    for (size_t i = 0; i < count; i++)
        html_line(tool, lines[i]);
    if (!count)
        html_line(tool, _("nothing that this node knows of"));
    html_end(tool);
    free(lines);
}

static int sitrep_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "sitrep");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    bool missing = complete_lacks(json_object_get(answer, "complete"));
    bool html = option_get(args, "html") != NULL;
    for (size_t i = 0; i < ARRAY_LEN(parts) && (html || tool->set.output == OUTPUT_TABLE); i++)
        rows_label(tool, json_object_get(answer, parts[i].member));
    if (html)
        report_html(tool, answer);
    else if (!tool_print_data(tool, answer))
        report_text(tool, answer);
    json_decref(answer);
    return tool->set.strict && missing ? EXIT_INCOMPLETE : 0;
}

static const struct option_row sitrep_options[] = {
    {"html", 0, NULL, "a page for print: one file, no scripts"},
    {NULL,   0, NULL, NULL                                    },
};

const struct command command_sitrep = {
    .name = "sitrep",
    .args = "INCIDENT",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | NO_ROWS,
    .words_min = 1,
    .words_max = 1,
    .options = sitrep_options,
    .run = sitrep_run,
    .help = "a situation report: phase, needs, what comes, what is unknown",
    .detail = "What belongs to an incident is what names it (muster show), and the deliveries that answer its requests. In the same "
              "order on every node that holds the same. To send a report as a record: muster new sitrep incident=ID.",
    .example = "muster sitrep inc-7k2q9\nmuster sitrep inc-7k2q9 --html > report.html",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space complete incident requests deployments resources tasks unknown partial",
};
