/* muster pending: who knocked and was refused. */
#include "tools/verbs.h"
#include "tools/view.h"

static const struct column pending_columns[] = {
    {"time",    "LAST",  "最近", COLUMN_TIME,  NULL},
    {"count",   "TIMES", "次数", COLUMN_RIGHT, NULL},
    {"address", "FROM",  "来自", 0,            NULL},
    {"code",    "CODE",  "代码", 0,            NULL},
    {"message", "WHY",   "原因", COLUMN_CUT,   NULL},
    {"key",     "KEY",   "密钥", COLUMN_FILE,  NULL},
};

static const struct view pending_view = {.columns = pending_columns,
                                         .count = ARRAY_LEN(pending_columns),
                                         .id_path = "key",
                                         .none_en = "nobody has been refused",
                                         .none_zh = "无被拒绝的连接"};

static int pending_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    (void)args;
    int code = tool_get(tool, "/v1/pending", &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &pending_view);
    json_decref(answer);
    return code;
}

const struct command command_pending = {
    .name = "pending",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .run = pending_run,
    .help = "who knocked at this node and was refused, and why",
    .example = "muster pending",
    .exits = EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster items",
};
