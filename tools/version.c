/* muster version: of this program, and of the node if it answers. */
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/verbs.h"

static int version_run(struct tool *tool, const struct arguments *args)
{
    (void)args;
    const char *node = value_text_at(tool_status(tool), "version");
    json_t *answer =
        json_pack("{s:s, s:o}", "version", MUSTER_VERSION, "node", node[0] ? json_string(node) : json_null());
    if (!tool_print_data(tool, answer)) {
        screen_line(tool, "muster %s", MUSTER_VERSION);
        if (node[0])
            screen_line(tool, "musterd %s", node);
    }
    json_decref(answer);
    return 0;
}

const struct command command_version = {
    .name = "version",
    .args = "",
    .group = GROUP_RUN,
    .words_min = 0,
    .words_max = 0,
    .run = version_run,
    .help = "the version of muster, and of the node if it answers",
    .example = "muster version",
    .keys = "muster version node",
    .rows = "version node",
};
