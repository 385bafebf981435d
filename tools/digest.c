/* muster digest: one number that is equal on nodes that hold the same. */
#include "tools/long.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/tool.h"

static const struct long_word words[] = {
    {"objects", N_("reading objects"), false},
    {NULL, NULL, false},
};

static int digest_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    (void)args;
    url_start(&url, "/v1/digest");
    url_query(&url, "space", tool->set.space);
    int code = tool_long(tool, "GET", &url, words, &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, answer);
        screen_line(tool, "%s", value_text_at(answer, "digest"));
        screen_line(tool, "%lld objects, %lld records",
                    value_int_at(answer, "objects"), value_int_at(answer, "records"));
        if (value_int_at(answer, "quantity_objects"))
            screen_line(tool, "%s (quantities of %lld objects)",
                        value_text_at(answer, "quantities"), value_int_at(answer, "quantity_objects"));
    } else {
        (void)tool_print_data(tool, answer);
    }
    if (value_true_at(answer, "moved"))
        tool_hint(tool, "the space changed while it was read: to compare nodes, repeat it at a quieter moment");
    json_decref(answer);
    return 0;
}

const struct command command_digest = {
    .name = "digest",
    .args = "",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .run = digest_run,
    .help = "a number that is equal on all nodes that hold the same",
    .detail = "It is of one moment, or \"moved\" says that the space changed while it was read, several times over. The "
              "node goes on working meanwhile.",
    .example = "muster digest -s flood-2026",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space digest objects records quantities moved",
    .rows = "digest space.name objects records quantities quantity_objects moved",
};
