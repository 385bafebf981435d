/* muster search: objects by the words that they say. */
#include "tools/memory.h"
#include "tools/records.h"
#include "tools/verbs.h"

#include <string.h>

enum { SEARCH_LIMIT_MAX = 200 };

/* The words as one text: "dike breach" and dike breach are the same search. */
static char *words_joined(const struct arguments *args)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    for (size_t i = 0; i < args->count; i++)
        fprintf(stream, "%s%s", i ? " " : "", args->words[i]);
    memory_stream_end(stream);
    return text;
}

static int limit_add(struct tool *tool, const struct arguments *args, struct url *url)
{
    const char *text = option_get(args, "limit");
    char *end = NULL;
    long limit = text ? strtol(text, &end, 10) : 50;
    if (limit < 1 || limit > SEARCH_LIMIT_MAX || (text && *end))
        return tool_usage(tool, "muster search dike --limit 50", "--limit is 1 to %d, not \"%s\"", SEARCH_LIMIT_MAX, text);
    url_query(url, "limit", text);
    return 0;
}

static int search_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    int code = 0;
    const char *name = option_get(args, "kind");
    const struct kind *kind = name ? record_kind(tool, name, &code) : NULL;
    url_start(&url, "/v1/search");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "kind", kind ? kind->name : NULL);
    url_query(&url, "cursor", option_get(args, "cursor"));
    if (!code)
        code = limit_add(tool, args, &url);
    char *text = words_joined(args);
    url_query(&url, "q", text);
    free(text);
    if (!code)
        code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    struct record_view *view = memory_get(sizeof *view);
    record_view_fill(view, kind);
    view->view.none = N_("nothing says that");
    if (tool->set.output == OUTPUT_TABLE)
        records_mark(tool, json_object_get(answer, "items"));
    code = view_list(tool, answer, &view->view);
    if (json_is_false(json_object_get(answer, "index_complete")))
        tool_say(tool, "new records are still being indexed: search again in a moment");
    free(view);
    json_decref(answer);
    return code;
}

static const struct option_row search_options[] = {
    {"kind",   0, "KIND",   "only objects of this kind"           },
    {"limit",  0, "N",      "at most N objects, 1 to 200; 50 unless said"},
    {"cursor", 0, "CURSOR", "go on where an earlier search ended" },
    {NULL,     0, NULL,     NULL                                  },
};

const struct command command_search = {
    .name = "search",
    .args = "WORD…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = search_options,
    .run = search_run,
    .help = "objects that say all these words, newest first",
    .detail = "In the title and in every text that is searched (muster help KIND), whatever the case or width of the letters. "
              "Words of Latin, Cyrillic, Arabic and other scripts with spaces are found as whole words; Chinese, Japanese, Korean "
              "and Thai as they are typed, one character or more. Of a long text the first 4,096 bytes are searched. What was "
              "erased is not found any more.",
    .example = "muster search 溃坝 宜宾\nmuster search dike breach --kind incident",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space complete items next",
};
