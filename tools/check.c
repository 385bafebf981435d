/* muster check: reads everything that the node holds and says what does not fit. */
#include "tools/long.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/verbs.h"

static void findings_print(struct tool *tool, const json_t *list, const char *en)
{
    if (json_array_size(list) == 0)
        return;
    screen_title(tool, en);
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *text = value_raw(json_array_get(list, i));
        screen_line(tool, "  %s", text);
        free(text);
    }
}

static void check_print(struct tool *tool, const json_t *answer)
{
    screen_head(tool, answer);
    screen_line(tool, "read %lld values, %lld segments, %lld records, %lld signatures",
                value_int_at(answer, "values"), value_int_at(answer, "segments"),
                value_int_at(answer, "records"), value_int_at(answer, "signatures"));
    screen_line(tool, "read %lld entries of the audit",
                value_int_at(answer, "audit_entries"));
    findings_print(tool, json_object_get(answer, "damaged"), N_("damaged"));
    findings_print(tool, json_object_get(answer, "quarantined"), N_("set aside"));
    if (value_int_at(answer, "healing"))
        screen_line(tool, "%lld of them are asked for again from partners",
                    value_int_at(answer, "healing"));
    screen_line(tool, "%s",
                value_true_at(answer, "ok") ? _("all is well")
                                            : _("not all is well"));
}

/* Each finding a row: damaged ones by the part of the data that is, set aside ones by their record. */
static json_t *finding_rows(const json_t *answer)
{
    static const char *const states[] = {"damaged", "quarantined"}, *const names[] = {"log", "key", "record", "audit_entry"};
    json_t *rows = json_array();
    for (size_t s = 0; s < ARRAY_LEN(states); s++) {
        const json_t *list = json_object_get(answer, states[s]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            json_t *row = json_is_object(one) ? json_copy((json_t *)(uintptr_t)one) : json_pack("{s:O}", "why", one);
            for (size_t k = 0; k < ARRAY_LEN(names); k++)
                if (json_object_get(one, names[k]))
                    json_object_set_new(row, "finding", json_copy(json_object_get(one, names[k])));
            json_object_set_new(row, "state", json_string(states[s]));
            json_array_append_new(rows, row);
        }
    }
    return rows;
}

static const struct long_word words[] = {
    {"audit",    N_("reading the audit"),   false},
    {"values",   N_("reading values"),   false},
    {"segments", N_("verifying"),   false},
    {NULL, NULL, false},
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
    json_t *rows = json_pack("{s:o}", "items", finding_rows(answer));
    if (!tool_print_json(tool, answer) && !tool_print_data(tool, rows))
        check_print(tool, answer);
    json_decref(rows);
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
    .rows = "items: finding state why table position",
};
