/* muster log: an activity log (ICS 214) of an object and of what names it. */
#include "tools/arguments.h"
#include "tools/html.h"
#include "tools/memory.h"
#include "tools/moment.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

enum { ACTIVITY_FIELDS_MAX = 4, ACTIVITY_VALUE_BYTES = 60 };

static const struct column log_columns[] = {
    {"time",          "DATE/TIME", "日期/时间", COLUMN_TIME,                 NULL},
    {"activity",      "ACTIVITY",  "主要活动",  COLUMN_CUT | COLUMN_TITLE,   NULL},
    {"agency.name",   "AGENCY",    "机构",      COLUMN_CUT,                  NULL},
    {"operator.name", "BY",        "操作员",    COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"node",          "NODE",      "节点",      COLUMN_FILE,                 NULL},
    {"op",            "DONE",      "操作",      COLUMN_FILE,                 NULL},
    {"object.short",  "OBJECT",    "对象",      COLUMN_FILE,                 NULL},
    {"state",         "STATE",     "状态",      COLUMN_FILE,                 NULL},
    {"record",        "RECORD",    "记录",      COLUMN_FILE,                 NULL},
};
static const struct view log_view = {.columns = log_columns,
                                     .count = ARRAY_LEN(log_columns),
                                     .id_path = "record",
                                     .none_en = "nothing was recorded in that time",
                                     .none_zh = "该时段无记录"};

/* "update req-7k2q9: status approved "Boats"", and its state when it does not count. */
static char *activity_text(struct tool *tool, const json_t *item)
{
    char *text = NULL;
    size_t len = 0, shown = 0;
    const char *state = value_text_at(item, "state"), *name;
    const struct kind *kind = kind_by_name(value_text_at(item, "object.kind"));
    json_t *value, *fields = json_copy(json_object_get(item, "fields"));
    FILE *stream = memory_stream(&text, &len);
    fprintf(stream, "%s %s", value_text_at(item, "op"), value_text_at(item, "object.short"));
    json_object_foreach(fields, name, value)
    {
        const struct field *field = kind ? field_by_name(kind, name) : NULL;
        if ((field && field->flags & FIELD_TITLE) || shown == ACTIVITY_FIELDS_MAX)
            continue;
        char *label = value_label(value, field, tool->set.lang);
        size_t cut = strlen(label);
        bool whole = cut <= ACTIVITY_VALUE_BYTES;
        for (cut = whole ? cut : ACTIVITY_VALUE_BYTES; cut && ((uint8_t)label[cut] & 0xc0) == 0x80;)
            cut--; /* not in the middle of a character */
        fprintf(stream, "%s%s %.*s%s", shown++ ? ", " : ": ", field ? screen_word(tool, field->label_en, field->label_zh) : name,
                (int)cut, label, whole ? "" : "…");
        free(label);
    }
    fprintf(stream, "%s\"%s\"", shown ? "; " : " ", value_text_at(item, "object.title"));
    if (value_text_at(item, "reason")[0])
        fprintf(stream, " – %s", value_text_at(item, "reason"));
    if (state[0] && strcmp(state, "counts") != 0)
        fprintf(stream, " [%s]", state);
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
    snprintf(out, size, screen_word(tool, "%s to %s", "%s 至 %s"), from, to);
}

static void log_html(struct tool *tool, const json_t *answer, const struct arguments *args)
{
    char line[512], now[VALUE_TIME_BYTES];
    const json_t *items = json_object_get(answer, "items");
    html_begin(tool, screen_word(tool, "Activity log (ICS 214)", "活动日志 (ICS 214)"), value_true_at(answer, "space.exercise"));
    html_fields_begin(tool);
    snprintf(line, sizeof line, "%s (%s)", value_text_at(answer, "object.title"), value_text_at(answer, "object.short"));
    html_field(tool, screen_word(tool, "1. Incident name", "1. 事件名称"), line);
    period_text(tool, items, args, line, sizeof line);
    html_field(tool, screen_word(tool, "2. Operational period", "2. 行动时段"), line);
    html_field(tool, screen_word(tool, "3. Name (node)", "3. 名称(节点)"), value_text_at(answer, "node.name"));
    html_field(tool, screen_word(tool, "5. Home agency", "5. 所属机构"), value_text_at(answer, "node.agency.name"));
    html_fields_end(tool);
    html_title(tool, "7. Activity log", "7. 活动记录");
    html_table(tool, items, &log_view);
    time_now(now);
    snprintf(line, sizeof line, "%s %s, %s", screen_word(tool, "8. Prepared by", "8. 编制"), value_text_at(answer, "node.agency.name"), now);
    html_line(tool, line);
    html_end(tool);
}

static void log_text(struct tool *tool, const json_t *answer, const struct arguments *args)
{
    char line[512];
    screen_head(tool, answer);
    fputc('\n', tool->out);
    screen_line(tool, "%s", screen_word(tool, "ACTIVITY LOG (ICS 214)", "活动日志 (ICS 214)"));
    snprintf(line, sizeof line, "%s (%s)", value_text_at(answer, "object.title"), value_text_at(answer, "object.short"));
    screen_field(tool, screen_word(tool, "incident", "事件"), 9, line);
    period_text(tool, json_object_get(answer, "items"), args, line, sizeof line);
    screen_field(tool, screen_word(tool, "period", "时段"), 9, line);
    screen_field(tool, screen_word(tool, "agency", "机构"), 9, value_text_at(answer, "node.agency.name"));
    fputc('\n', tool->out);
    view_table(tool, json_object_get(answer, "items"), &log_view);
    fputc('\n', tool->out);
    if (value_true_at(answer, "partial"))
        screen_line(tool, "%s", screen_word(tool, "there is more: give --since and --until", "内容过多:请用 --since 与 --until 限定"));
    screen_complete(tool, json_object_get(answer, "complete"));
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
        char *text = activity_text(tool, json_array_get(items, i));
        json_object_set_new(json_array_get(items, i), "activity", json_string(text));
        free(text);
    }
    if (option_get(args, "html"))
        log_html(tool, answer, args);
    else if (files)
        code = view_list(tool, answer, &log_view);
    else {
        tool_page(tool);
        log_text(tool, answer, args);
    }
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
    .flags = NEEDS_NODE | PAGES,
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
