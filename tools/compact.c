/* muster compact: disk space back that deleted data left behind. */
#include "tools/bundle.h"
#include "tools/long.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

static const struct long_word words[] = {
    {"copying", N_("copying"), true },
    {NULL,      NULL,          false},
};

static int compact_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    (void)args;
    url_start(&url, "/v1/compact");
    int code = tool_long(tool, "POST", &url, words, &answer);
    if (code)
        return code == TOOL_DONE ? 0 : code;
    if (!tool_print_data(tool, answer)) {
        char before[32], after[32];
        bundle_size(before, value_int_at(answer, "before"));
        bundle_size(after, value_int_at(answer, "after"));
        screen_head(tool, answer);
        screen_line(tool, "the data file has %s instead of %s", after, before);
    }
    json_decref(answer);
    return 0;
}

const struct command command_compact = {
    .name = "compact",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE | NO_ID,
    .words_min = 0,
    .words_max = 0,
    .run = compact_run,
    .help = "give back disk space that deleted data left behind",
    .detail = "The node's data file does not shrink by itself: what an erasure or retention frees is used again by what comes. "
              "This writes the file again without it, beside the old one, and then puts it in its place; the node goes on "
              "working, and a crash at any moment leaves one of the two. It needs as much free disk as is in use, and is "
              "worth it after much was erased; muster doctor says how much would come back. Change feeds go on where they are. "
              "Keys and what is derived from the records stay as they are too: the folder derived/ may be removed while musterd is "
              "stopped, and is made anew.",
    .example = "muster compact",
    .exits = EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster before after",
    .rows = "- before after",
};
