/* muster gaps: what is asked for and not covered, and stock below its minimum. */
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column gap_columns[] = {
    {"short",         "REQUEST",  "请求",   COLUMN_SCREEN,               NULL},
    {"id",            "ID",       "编号",   COLUMN_FILE,                 NULL},
    {"title",         "NAME",     "名称",   COLUMN_CUT | COLUMN_TITLE,   NULL},
    {"resource_type", "TYPE",     "类型",   COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"missing",       "MISSING",  "缺口",   COLUMN_RIGHT,                NULL},
    {"needed",        "NEEDED",   "需求",   COLUMN_RIGHT,                NULL},
    {"promised",      "PROMISED", "已承诺", COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"arrived",       "ARRIVED",  "已到",   COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"offered",       "OFFERED",  "已提供", COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"unit",          "UNIT",     "单位",   COLUMN_CUT,                  NULL},
    {"needed_by",     "BY",       "期限",   COLUMN_TIME | COLUMN_SPARE,  NULL},
    {"priority",      "PRIORITY", "优先级", COLUMN_FILE,                 NULL},
    {"status",        "STATUS",   "状态",   COLUMN_FILE,                 NULL},
    {"owner.name",    "OWNER",    "机构",   COLUMN_CUT | COLUMN_SPARE,   NULL},
    {"incident.short", "INCIDENT", "事件",  COLUMN_FILE,                 NULL},
    {"incident.title", "INCIDENT", "事件",  COLUMN_FILE,                 NULL},
};
static const struct view gap_view = {.columns = gap_columns,
                                     .count = ARRAY_LEN(gap_columns),
                                     .id_path = "id",
                                     .none_en = "every request is covered",
                                     .none_zh = "所有请求均已满足"};

static const struct column stock_columns[] = {
    {"short",         "STOCK",   "物资",   COLUMN_SCREEN,             NULL},
    {"title",         "NAME",    "名称",   COLUMN_CUT | COLUMN_TITLE, NULL},
    {"missing",       "MISSING", "缺口",   COLUMN_RIGHT,              NULL},
    {"quantity",      "THERE",   "现有",   COLUMN_RIGHT,              NULL},
    {"minimum",       "MINIMUM", "最低",   COLUMN_RIGHT,              NULL},
    {"unit",          "UNIT",    "单位",   COLUMN_CUT,                NULL},
    {"site",          "SITE",    "地点",   COLUMN_CUT | COLUMN_SPARE, NULL},
    {"owner.name",    "OWNER",   "机构",   COLUMN_CUT | COLUMN_SPARE, NULL},
};
static const struct view stock_view = {.columns = stock_columns,
                                       .count = ARRAY_LEN(stock_columns),
                                       .id_path = "id",
                                       .none_en = "no stock is below its minimum",
                                       .none_zh = "无低于最低储备的物资"};

static const char *incident_of(const json_t *item)
{
    return value_text_at(item, "incident.id");
}

/* The requests of one incident, which stand one behind the other: a table for each. */
static void gaps_print(struct tool *tool, json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    screen_head(tool, answer);
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
            screen_line(tool, "%s", screen_word(tool, "for no incident in particular", "未关联事件"));
        view_table(tool, part, &gap_view);
        json_decref(part);
    }
    screen_title(tool, "stock below its minimum", "低于最低储备");
    view_table(tool, json_object_get(answer, "stock"), &stock_view);
    fputc('\n', tool->out);
    if (value_true_at(answer, "partial"))
        screen_line(tool, "%s", screen_word(tool, "not all could be looked at: muster gaps INCIDENT", "未能全部检查:muster gaps 事件"));
    screen_complete(tool, json_object_get(answer, "complete"));
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
        gaps_print(tool, answer);
        code = tool->set.strict && screen_incomplete(json_object_get(answer, "complete")) ? EXIT_INCOMPLETE : 0;
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
    .flags = NEEDS_NODE,
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
