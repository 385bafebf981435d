/* muster upgrade: which formats the data have had, and the copies from before; --confirm removes those. */
#include "tools/arguments.h"
#include "tools/ask.h"
#include "tools/bundle.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"
#include "tools/verbs.h"

static void upgrade_print(struct tool *tool, const json_t *answer)
{
    const json_t *history = json_object_get(answer, "history"), *items = json_object_get(answer, "items");
    char time[VALUE_TIME_BYTES], size[32];
    screen_head(tool, answer);
    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *row = json_array_get(history, i);
        if (value_text_at(row, "since")[0]) {
            time_short(time, value_text_at(row, "since"));
            screen_line(tool, "data of format %lld since %s, muster %s", value_int_at(row, "format"), time, value_text_at(row, "version"));
        } else {
            screen_line(tool, "data of format %lld before", value_int_at(row, "format"));
        }
    }
    if (!json_array_size(items))
        screen_line(tool, "%s", _("no copy of before an upgrade is kept"));
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *kept = json_array_get(items, i);
        time_short(time, value_text_at(kept, "made"));
        bundle_size(size, value_int_at(kept, "bytes"));
        screen_line(tool, "kept: format %lld, as of %s, %s", value_int_at(kept, "format"), time, size);
        screen_line(tool, "      %s", value_text_at(kept, "path"));
    }
    if (json_array_size(items))
        tool_hint(tool, "muster upgrade --confirm removes it, when all is well");
}

/* The formats that the data have had, and the copies that are kept: a row each. */
static json_t *upgrade_rows(const json_t *answer)
{
    static const char *const parts[][2] = {{"history", "format"}, {"items", "kept"}};
    json_t *rows = json_array();
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        const json_t *list = json_object_get(answer, parts[p][0]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            json_t *row = json_copy(json_array_get(list, i));
            json_object_set_new(row, "about", json_string(parts[p][1]));
            json_array_append_new(rows, row);
        }
    }
    return rows;
}

static int confirm(struct tool *tool)
{
    int code;
    json_t *answer;
    struct url url;
    code = tool_get(tool, "/v1/upgrade", &answer); /* nobody is asked about what is not there */
    if (code)
        return code;
    bool none = json_array_size(json_object_get(answer, "items")) == 0;
    json_decref(answer);
    if (!none && !ask_yes(tool, &code, _("Remove the copies of the data from before the upgrade? There is no way back to the older version then.")))
        return code;
    url_start(&url, "/v1/upgrade/confirm");
    code = tool_call(tool, "POST", &url, NULL, &answer);
    if (code)
        return code == TOOL_DONE ? 0 : code;
    if (!view_rows(tool, answer, "- removed bytes")) {
        char size[32];
        bundle_size(size, value_int_at(answer, "bytes"));
        if (none)
            screen_line(tool, "%s", _("no copy of before an upgrade is kept"));
        else
            screen_line(tool, "%lld copies removed, %s", value_int_at(answer, "removed"), size);
    }
    json_decref(answer);
    return 0;
}

static int upgrade_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    if (option_get(args, "confirm"))
        return confirm(tool);
    int code = tool_get(tool, "/v1/upgrade", &answer);
    if (code)
        return code;
    json_t *rows = json_pack("{s:o}", "rows", upgrade_rows(answer));
    if (!tool_print_json(tool, answer) && !tool_print_data(tool, rows))
        upgrade_print(tool, answer);
    json_decref(rows);
    json_decref(answer);
    return 0;
}

static const struct option_row upgrade_options[] = {
    {"confirm", 0, NULL, "all is well: remove the copies from before"},
    {NULL,      0, NULL, NULL                                        },
};

const struct command command_upgrade = {
    .name = "upgrade",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .options = upgrade_options,
    .run = upgrade_run,
    .help = "show what an upgrade changed in the data, and the copy it kept",
    .detail = "A musterd that needs the data in a newer format copies them first, into DIR/kept, and then makes them new by itself "
              "when it starts. The copy stays until --confirm, which status and doctor remind of: what is erased meanwhile still "
              "lies in it. How to go back to it stands in OPERATIONS.",
    .example = "muster upgrade\nmuster upgrade --confirm --yes",
    .exits = EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster",
    .rows = "rows: path about format since version made bytes",
};
