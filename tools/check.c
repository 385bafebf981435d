/* muster check: reads everything that the node holds and says what does not fit. */
#include "tools/long.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/verbs.h"

static void findings_print(struct tool *tool, const json_t *list, const char *en, const char *zh)
{
    if (json_array_size(list) == 0)
        return;
    screen_title(tool, en, zh);
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *text = value_raw(json_array_get(list, i));
        screen_line(tool, "  %s", text);
        free(text);
    }
}

static void check_print(struct tool *tool, const json_t *answer)
{
    screen_head(tool, answer);
    screen_line(tool,
                screen_word(tool, "read %lld values, %lld segments, %lld records, %lld signatures",
                            "已读取 %lld 个值、%lld 个段、%lld 条记录、%lld 个签名"),
                value_int_at(answer, "values"), value_int_at(answer, "segments"),
                value_int_at(answer, "records"), value_int_at(answer, "signatures"));
    screen_line(tool, screen_word(tool, "read %lld entries of the audit", "已读取 %lld 条审计记录"),
                value_int_at(answer, "audit_entries"));
    findings_print(tool, json_object_get(answer, "damaged"), "damaged", "损坏");
    findings_print(tool, json_object_get(answer, "quarantined"), "set aside", "隔离");
    if (value_int_at(answer, "healing"))
        screen_line(tool, screen_word(tool, "%lld of them are asked for again from partners", "其中 %lld 个正向伙伴重新索取"),
                    value_int_at(answer, "healing"));
    screen_line(tool, "%s",
                value_true_at(answer, "ok") ? screen_word(tool, "all is well", "一切正常")
                                            : screen_word(tool, "not all is well", "存在问题"));
}

static const struct long_word words[] = {
    {"audit",    "reading the audit",   "读取审计",   false},
    {"values",   "reading values",      "读取数据",   false},
    {"segments", "verifying",           "验证签名",   false},
    {NULL,       NULL,                  NULL,         false},
};

static int check_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    (void)args;
    url_start(&url, "/v1/check");
    int code = tool_long(tool, "POST", &url, words, &answer);
    if (code)
        return code;
    if (!tool_print_json(tool, answer))
        check_print(tool, answer);
    if (!value_true_at(answer, "ok")) {
        code = EXIT_INCOMPLETE;
        tool_hint(tool, "damage is healed from partners as soon as they are there; or restore a backup");
    }
    json_decref(answer);
    return code;
}

const struct command command_check = {
    .name = "check",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .run = check_run,
    .help = "read everything the node holds and verify it",
    .detail = "The node goes on working meanwhile; ctrl-C ends the check. Damaged records are asked for again from partners that hold them; run it once more to see that they came. Ends "
              "with 5 when something is damaged or set aside.",
    .example = "muster check && echo sound",
    .exits = EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster values segments records signatures damaged quarantined healing ok",
};
