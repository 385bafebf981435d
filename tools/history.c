/* muster history: the records of one object, oldest first. */
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

enum { CHANGES_MAX = 6, CHANGE_BYTES = 48 };

/* "severity=Extreme, phase=active, …": what a record set, for one line. */
static char *changes_text(const json_t *fields)
{
    char *text = NULL;
    size_t len = 0, shown = 0;
    const char *name;
    json_t *value, *all = json_copy((json_t *)(uintptr_t)fields);
    FILE *stream = memory_stream(&text, &len);
    json_object_foreach(all, name, value)
    {
        char *raw = value_raw(value);
        if (shown < CHANGES_MAX)
            fprintf(stream, "%s%s=%.*s%s", shown ? ", " : "", name, CHANGE_BYTES, raw,
                    strlen(raw) > CHANGE_BYTES ? "…" : "");
        free(raw);
        shown++;
    }
    if (shown > CHANGES_MAX)
        fprintf(stream, ", +%zu", shown - CHANGES_MAX);
    memory_stream_end(stream);
    json_decref(all);
    return text;
}

static const struct column history_columns[] = {
    {"time",        "TIME",     "时间",    COLUMN_TIME,                NULL},
    {"record",      "RECORD",   "记录",    COLUMN_FILE,                NULL},
    {"op",          "DONE",     "操作",    0,                          NULL},
    {"agency.name", "BY",       "机构",    COLUMN_CUT,                 NULL},
    {"agency.id",   "BY",       "机构",    COLUMN_FILE,                NULL},
    {"node",        "NODE",     "节点",    COLUMN_FILE,                NULL},
    {"operator.name", "OPERATOR", "操作员", COLUMN_CUT | COLUMN_SPARE, NULL},
    {"operator.state", "SIGNED", "签名",    COLUMN_CUT | COLUMN_LOOSE, NULL},
    {"sequence",    "SEQUENCE", "序号",    COLUMN_FILE | COLUMN_RIGHT, NULL},
    {"state",       "STATE",    "状态",    0,                          NULL},
    {"changes",     "FIELDS",   "字段",    COLUMN_SCREEN | COLUMN_CUT, NULL},
    {"fields",      "FIELDS",   "字段",    COLUMN_FILE,                NULL},
};

static const struct view history_view = {.columns = history_columns,
                                         .count = ARRAY_LEN(history_columns),
                                         .id_path = "record",
                                         .none_en = "no records",
                                         .none_zh = "无记录"};

static int history_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "history");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items) && tool->set.output == OUTPUT_TABLE; i++) {
        json_t *item = json_array_get(items, i);
        char *text = changes_text(json_object_get(item, "fields"));
        json_object_set_new(item, "changes", json_string(text));
        free(text);
    }
    tool_page(tool);
    code = view_list(tool, answer, &history_view);
    json_decref(answer);
    return code;
}

const struct command command_history = {
    .name = "history",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PAGES,
    .words_min = 1,
    .words_max = 1,
    .run = history_run,
    .help = "who changed an object, when and how, oldest first",
    .detail = "STATE: counts, late (written unseen by a former owner), disputed, quarantined, erased, waits.",
    .example = "muster history inc-7k2q9",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};
