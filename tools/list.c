/* muster list: objects, filtered, sorted, paged. */
#include "tools/fields.h"
#include "tools/memory.h"
#include "tools/moment.h"
#include "tools/pages.h"
#include "tools/records.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <string.h>

/* FIELD=VALUE as a query; the field and, if it has tokens, the token must exist. */
static int filter_add(struct tool *tool, struct url *url, const struct kind *kind, const char *word)
{
    const char *equals = strchr(word, '=');
    struct kind_problem problem;
    struct fault fault;
    char name[64];
    if (!equals || !kind)
        return tool_usage(tool, "muster list incidents severity=Extreme", "\"%s\" is not KIND FIELD=VALUE",
                          word);
    const struct field *field = field_find(kind, word, (size_t)(equals - word), &problem);
    if (!field) {
        fault_from_problem(&fault, &problem, kind);
        return tool_fail(tool, &fault);
    }
    if (!equals[1])
        return tool_usage(tool, "leave the filter out", "%s= has no value to look for", field->name);
    if (field->tokens && field->type != FIELD_LINKS &&
        token_index(field->tokens, equals + 1, strlen(equals + 1)) < 0) {
        const char *meant = token_suggest(field->tokens, field->vocab, equals + 1, strlen(equals + 1));
        fault_set(&fault, MUSTER_ETOKEN, "%s is never \"%s\"", field->name, equals + 1);
        if (meant)
            fault_step(&fault, "did you mean %s=%s?", field->name, meant);
        fault_step(&fault, "muster help %s", kind->name);
        return tool_fail(tool, &fault);
    }
    snprintf(name, sizeof name, "%s", field->name);
    url_query(url, name, equals + 1);
    return 0;
}

int record_query(struct tool *tool, const struct arguments *args, struct url *url, const struct kind **kind)
{
    int code = 0;
    url_start(url, "/v1/objects");
    url_query(url, "space", tool->set.space);
    *kind = NULL;
    if (args->count > 0 && strchr(args->words[0], '='))
        return tool_usage(tool, "muster list incidents severity=Extreme", "\"%s\" is asked of no kind; name the kind before it",
                          args->words[0]);
    if (args->count > 0 && !(*kind = record_kind(tool, args->words[0], &code)))
        return code;
    if (*kind)
        url_query(url, "kind", (*kind)->name);
    for (size_t i = 1; i < args->count && !code; i++)
        code = filter_add(tool, url, *kind, args->words[i]);
    static const char *const sorts[] = {"changed", "name", "kind", NULL}, *const orders[] = {"asc", "desc",
                                                                                             NULL};
    const char *sort = option_get(args, "sort"), *order = option_get(args, "order");
    if (!code && sort && token_index(sorts, sort, strlen(sort)) < 0)
        code = tool_usage(tool, "muster list --sort changed", "--sort is changed, name or kind, not \"%s\"",
                          sort);
    if (!code && order && token_index(orders, order, strlen(order)) < 0)
        code = tool_usage(tool, "muster list --order asc", "--order is asc or desc, not \"%s\"", order);
    url_query(url, "sort", sort);
    url_query(url, "order", order);
    url_query(url, "q", option_get(args, "search"));
    static const char *const bounds[] = {"owner", "near", "in", "code"}; /* the node checks them */
    static const char *const moments[] = {"since", "until", "at"};
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++)
        url_query(url, bounds[i], option_get(args, bounds[i]));
    for (size_t i = 0; i < ARRAY_LEN(moments) && !code; i++)
        code = moment_option(tool, args, moments[i], url);
    return code;
}

static int limit_read(struct tool *tool, const struct arguments *args, long *limit)
{
    const char *text = option_get(args, "limit");
    char *end = NULL;
    *limit = option_get(args, "all") ? PAGE_MAX : 50;
    if (!text)
        return 0;
    *limit = strtol(text, &end, 10);
    if (*limit >= 1 && *limit <= PAGE_MAX && !*end)
        return 0;
    return tool_usage(tool, "muster list --all", "--limit is 1 to %d, not \"%s\"", PAGE_MAX, text);
}

/* Does an option leave something out? */
static bool narrows(const struct arguments *args)
{
    static const char *const names[] = {"search", "owner", "since", "until", "at", "near", "in", "code", "cursor"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (option_get(args, names[i]))
            return true;
    return false;
}

static int list_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    const struct kind *kind;
    json_t *answer;
    long limit;
    int code = limit_read(tool, args, &limit);
    if (!code)
        code = record_query(tool, args, &url, &kind);
    if (!code)
        code = pages_get(tool, &url, limit, option_get(args, "cursor"), option_get(args, "all"), &answer);
    if (code)
        return code;
    struct record_view *view = memory_get(sizeof *view);
    record_view_fill(view, kind);
    if (args->count > 1 || narrows(args))
        view->view.none = N_("nothing fits");
    if (tool->set.output == OUTPUT_TABLE)
        records_mark(tool, json_object_get(answer, "items"));
    code = view_list(tool, answer, &view->view);
    if (json_is_false(json_object_get(answer, "index_complete")))
        tool_say(tool, "the index of places and links is not complete yet: this list took a slower way, and is complete all the same");
    free(view);
    json_decref(answer);
    return code;
}

static const struct option_row list_options[] = {
    {"sort",   0, "BY",       "changed (newest first), name or kind"       },
    {"order",  0, "asc|desc", "direction of --sort"                        },
    {"limit",  0, "N",        "at most N objects, 1 to 500; 50 unless said"},
    {"all",    0, NULL,       "all of them, at most 100000"                },
    {"cursor", 0, "CURSOR",   "go on where an earlier list ended"          },
    {"search", 0, "TEXT",     "only objects in whose text this occurs"     },
    {"owner",  0, "AGENCY",   "only objects of this agency"                },
    {"since",  0, "TIME",     "changed then or later: 2h, 3d (ago), a date, RFC 3339"},
    {"until",  0, "TIME",     "changed before that time"},
    {"at",     0, "TIME",     "as it was: from the records before that time"},
    {"near",   0, "LAT,LON,KM", "only what lies, or reaches, that near"     },
    {"in",     0, "AREA",     "only what meets a POLYGON or CIRCLE (muster help incident)"},
    {"code",   0, "CODE",     "only what has that area code, or one inside it"},
    {NULL,     0, NULL,       NULL                                         },
};

const struct command command_list = {
    .name = "list",
    .alias = "ls",
    .args = "[KIND [FIELD=VALUE…]]",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = WORDS_ANY,
    .options = list_options,
    .run = list_run,
    .help = "objects of a kind, newest change first",
    .detail = "Filters are exact; several of them must all fit. The line below the first says how complete the list is.\n"
              "With --at each object is as the records written before that moment add up, and the list is marked so; what has changed "
              "since comes first; what was erased since is not shown again. Clocks of partners decide what was before.",
    .example =
        "muster list incidents severity=Extreme\nmuster ls resources --sort name -o csv --excel > stock.csv\n"
        "muster list incidents phase=active --near 28.77,104.62,30\nmuster list incidents --at 2026-03-01T14:00:00+08:00",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space complete items next",
};
