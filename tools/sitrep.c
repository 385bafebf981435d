/* muster sitrep: a situation report of an incident, as text or as a page for print. */
#include "tools/arguments.h"
#include "tools/html.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

#define COLUMNS(rows) .columns = (rows), .count = ARRAY_LEN(rows)
#define ID_COLUMN {"short", "ID", "编号", 0, NULL}
#define NAME_COLUMN {"title", "NAME", "名称", COLUMN_CUT | COLUMN_TITLE, NULL}
#define OWNER_COLUMN {"owner.name", "OWNER", "机构", COLUMN_CUT | COLUMN_SPARE, NULL}

static const struct column part_columns[] = {ID_COLUMN, NAME_COLUMN, {"phase", "PHASE", "阶段", 0, NULL},
                                             {"severity", "SEVERITY", "严重程度", 0, NULL}, OWNER_COLUMN};
static const struct column report_columns[] = {ID_COLUMN,
                                               {"period_to", "AS OF", "截至", COLUMN_TIME, NULL},
                                               {"dead", "DEAD", "死亡", COLUMN_RIGHT, NULL},
                                               {"missing", "MISSING", "失踪", COLUMN_RIGHT, NULL},
                                               {"injured", "INJURED", "受伤", COLUMN_RIGHT, NULL},
                                               {"evacuated", "EVACUATED", "已转移", COLUMN_RIGHT, NULL},
                                               {"summary", "SUMMARY", "概要", COLUMN_CUT | COLUMN_SPARE, NULL},
                                               OWNER_COLUMN};
static const struct column need_columns[] = {ID_COLUMN, NAME_COLUMN,
                                             {"missing", "MISSING", "缺口", COLUMN_RIGHT, NULL},
                                             {"needed", "NEEDED", "需求", COLUMN_RIGHT, NULL},
                                             {"promised", "PROMISED", "已承诺", COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                             {"arrived", "ARRIVED", "已到", COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                             {"unit", "UNIT", "单位", COLUMN_CUT, NULL},
                                             {"needed_by", "BY", "期限", COLUMN_TIME | COLUMN_SPARE, NULL},
                                             OWNER_COLUMN};
static const struct column delivery_columns[] = {ID_COLUMN, NAME_COLUMN, {"status", "STATUS", "状态", 0, NULL},
                                                 {"quantity", "QUANTITY", "数量", COLUMN_RIGHT, NULL},
                                                 {"unit", "UNIT", "单位", COLUMN_CUT, NULL},
                                                 {"eta", "ETA", "预计到达", COLUMN_TIME | COLUMN_SPARE, NULL},
                                                 OWNER_COLUMN};
static const struct column stock_columns[] = {ID_COLUMN, NAME_COLUMN,
                                              {"quantity", "QUANTITY", "数量", COLUMN_RIGHT | COLUMN_LOOSE, NULL},
                                              {"quantities.free", "FREE", "可用", COLUMN_RIGHT, NULL},
                                              {"quantities.safe", "SAFE", "可靠承诺", COLUMN_RIGHT, NULL},
                                              {"quantities.at_risk", "AT RISK", "有风险", COLUMN_RIGHT, NULL},
                                              {"unit", "UNIT", "单位", COLUMN_CUT, NULL},
                                              OWNER_COLUMN};
static const struct column task_columns[] = {ID_COLUMN, NAME_COLUMN, {"status", "STATUS", "状态", 0, NULL},
                                             {"assignee", "ASSIGNEE", "承办方", COLUMN_CUT, NULL},
                                             {"deadline", "DEADLINE", "截止", COLUMN_TIME | COLUMN_SPARE, NULL}};
static const struct column seen_columns[] = {ID_COLUMN, NAME_COLUMN, {"property", "WHAT", "要素", COLUMN_CUT, NULL},
                                             {"value", "VALUE", "数值", COLUMN_RIGHT, NULL}, {"unit", "UNIT", "单位", COLUMN_CUT, NULL},
                                             {"observed_at", "TIME", "时间", COLUMN_TIME | COLUMN_SPARE, NULL}};
static const struct column warning_columns[] = {ID_COLUMN, NAME_COLUMN, {"level", "LEVEL", "级别", 0, NULL},
                                                {"status", "STATUS", "状态", 0, NULL},
                                                {"ends", "ENDS", "结束", COLUMN_TIME | COLUMN_SPARE, NULL}, OWNER_COLUMN};
static const struct column loss_columns[] = {ID_COLUMN, NAME_COLUMN, {"loss_type", "TYPE", "类型", COLUMN_CUT, NULL},
                                             {"killed", "KILLED", "死亡", COLUMN_RIGHT, NULL},
                                             {"injured", "INJURED", "受伤", COLUMN_RIGHT, NULL},
                                             {"missing", "MISSING", "失踪", COLUMN_RIGHT, NULL}, OWNER_COLUMN};

/* The parts of a report in their order.  Those marked `always` say so when there is nothing. */
static const struct part {
    const char *member, *en, *zh;
    bool always;
    struct view view;
} parts[] = {
    {"parts", "incidents within it, or that it caused", "下属及次生事件", false, {COLUMNS(part_columns), .none_en = "none", .none_zh = "无"}},
    {"sitreps", "figures", "数据", true,
     {COLUMNS(report_columns), .none_en = "nobody has reported figures", .none_zh = "尚无数据上报"}},
    {"losses", "losses", "损失", false, {COLUMNS(loss_columns), .none_en = "none", .none_zh = "无"}},
    {"requests", "needs", "需求", true, {COLUMNS(need_columns), .none_en = "nothing is asked for", .none_zh = "无资源请求"}},
    {"deployments", "deployments", "资源调派", true, {COLUMNS(delivery_columns), .none_en = "nothing is under way", .none_zh = "无调派"}},
    {"resources", "resources, and what is promised of them", "资源及承诺", true,
     {COLUMNS(stock_columns), .none_en = "none is assigned", .none_zh = "无"}},
    {"tasks", "tasks", "任务", false, {COLUMNS(task_columns), .none_en = "none", .none_zh = "无"}},
    {"observations", "observations", "观测", false, {COLUMNS(seen_columns), .none_en = "none", .none_zh = "无"}},
    {"warnings", "warnings", "预警", false, {COLUMNS(warning_columns), .none_en = "none", .none_zh = "无"}},
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
        const char *label = screen_word(tool, field->label_en, field->label_zh);
        if (html)
            html_field(tool, label, text);
        else
            screen_field(tool, label, 14, text);
        free(text);
    }
    const char *owner = value_text_at(incident, "owner.name");
    if (html)
        html_field(tool, screen_word(tool, "owner", "所属机构"), owner);
    else
        screen_field(tool, screen_word(tool, "owner", "所属机构"), 14, owner);
}

/* What is not known, a sentence each; at most `size` of them. */
enum { UNKNOWN_MAX = 8, UNKNOWN_BYTES = 512 };

static size_t unknown_lines(struct tool *tool, const json_t *answer, char lines[UNKNOWN_MAX][UNKNOWN_BYTES])
{
    static const struct {
        const char *path, *en, *zh;
    } counts[] = {
        {"unknown.waiting_for_key", "segments that cannot be opened yet, for lack of a key", "尚缺密钥的数据段"},
        {"unknown.quarantined",     "records that are set aside as void",  "因内容无效被隔离的记录"},
        {"unknown.forks",           "logs with two branches",              "有分叉的日志"          },
    };
    const json_t *fields = value_at(answer, "unknown.fields");
    size_t count = 0, len = 0;
    for (size_t i = 0; i < json_array_size(fields) && len < UNKNOWN_BYTES; i++) {
        const struct field *field = field_by_name(kind_by_number(KIND_INCIDENT), json_string_value(json_array_get(fields, i)));
        int wrote = snprintf(lines[0] + len, UNKNOWN_BYTES - len, "%s%s", i ? ", " : screen_word(tool, "nobody has said: ", "尚未说明:"),
                             field ? screen_word(tool, field->label_en, field->label_zh) : "?");
        len += (size_t)wrote;
    }
    count += json_array_size(fields) > 0;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (value_int_at(answer, counts[i].path))
            snprintf(lines[count++], UNKNOWN_BYTES, "%s: %lld", screen_word(tool, counts[i].en, counts[i].zh),
                     value_int_at(answer, counts[i].path));
    if (value_true_at(answer, "partial"))
        snprintf(lines[count++], UNKNOWN_BYTES, "%s",
                 screen_word(tool, "there is more than this report could look at", "内容过多,报告未包括全部"));
    const json_t *silent = value_at(answer, "complete.silent");
    for (size_t i = 0; i < json_array_size(silent) && count < UNKNOWN_MAX; i++) {
        char since[VALUE_TIME_BYTES];
        time_short(since, value_text_at(json_array_get(silent, i), "since"));
        snprintf(lines[count++], UNKNOWN_BYTES, screen_word(tool, "what %.100s has done since %s", "%.100s 自 %s 起的情况"),
                 value_text_at(json_array_get(silent, i), "agency.name"), since[0] ? since : "?");
    }
    return count;
}

static void report_title(struct tool *tool, const json_t *answer, char *out, size_t size)
{
    snprintf(out, size, "%s: %s (%s)", screen_word(tool, "Situation report", "情况报告"),
             value_text_at(answer, "incident.fields.name"), value_text_at(answer, "incident.short"));
}

static void report_text(struct tool *tool, const json_t *answer)
{
    char title[512], (*lines)[UNKNOWN_BYTES] = memory_get(UNKNOWN_MAX * sizeof *lines);
    report_title(tool, answer, title, sizeof title);
    screen_head(tool, answer);
    fputc('\n', tool->out);
    screen_line(tool, "%s", title);
    head_each(tool, answer, false);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const json_t *items = json_object_get(answer, parts[i].member);
        if (!json_array_size(items) && !parts[i].always)
            continue;
        screen_title(tool, parts[i].en, parts[i].zh);
        view_table(tool, items, &parts[i].view);
    }
    screen_title(tool, "what is not known", "未知情况");
    size_t count = unknown_lines(tool, answer, lines);
    for (size_t i = 0; i < count; i++)
        screen_field(tool, "-", 1, lines[i]);
    if (!count)
        screen_line(tool, "%s", screen_word(tool, "nothing that this node knows of", "无"));
    fputc('\n', tool->out);
    screen_complete(tool, json_object_get(answer, "complete"));
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
    html_fields_begin(tool);
    head_each(tool, answer, true);
    html_fields_end(tool);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const json_t *items = json_object_get(answer, parts[i].member);
        if (!json_array_size(items) && !parts[i].always)
            continue;
        html_title(tool, parts[i].en, parts[i].zh);
        html_table(tool, items, &parts[i].view);
    }
    html_title(tool, "what is not known", "未知情况");
    size_t count = unknown_lines(tool, answer, lines);
    for (size_t i = 0; i < count; i++)
        html_line(tool, lines[i]);
    if (!count)
        html_line(tool, screen_word(tool, "nothing that this node knows of", "无"));
    char *complete = NULL;
    size_t len = 0;
    FILE *out = tool->out;
    tool->out = memory_stream(&complete, &len); /* the same words as on a screen */
    screen_complete(tool, json_object_get(answer, "complete"));
    memory_stream_end(tool->out);
    tool->out = out;
    html_line(tool, complete);
    free(complete);
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
    bool missing = screen_incomplete(json_object_get(answer, "complete"));
    if (option_get(args, "html"))
        report_html(tool, answer);
    else if (!tool_print_json(tool, answer)) {
        tool_page(tool);
        report_text(tool, answer);
    }
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
    .flags = NEEDS_NODE | PAGES,
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
