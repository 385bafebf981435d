/* muster mint, grant, cover, reclaim: rights to promise units of a resource. */
#include "tools/quantity.h"

#include "tools/arguments.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"
#include "tools/verbs.h"

#include <stdlib.h>

int units_read(struct tool *tool, const char *text, long long *units)
{
    char *end = NULL;
    *units = strtoll(text, &end, 10);
    if (end != text && !*end && *units > 0 && *units <= UNITS_AT_ONCE_MAX)
        return 0;
    return tool_usage(tool, "muster commit res-7k2q9 25", "units are a whole number, 1 to %lld, not \"%.40s\"", UNITS_AT_ONCE_MAX,
                      text);
}

json_t *quantity_body(struct tool *tool, const char *op, const char *object, long long units)
{
    json_t *body = tool_body(tool);
    json_object_set_new(body, "op", json_string(op));
    json_object_set_new(body, "object", json_string(object));
    if (units)
        json_object_set_new(body, "units", json_integer(units));
    return body;
}

static void quantity_said(struct tool *tool, const json_t *answer)
{
    const json_t *sums = json_object_get(answer, "quantities");
    screen_head(tool, answer);
    screen_line(tool, "%s %lld of %s: written", value_text_at(answer, "op"),
                value_int_at(answer, "units"), value_text_at(answer, "short"));
    screen_line(tool, "minted %lld, free here %lld, promised safely %lld, at risk %lld",
                value_int_at(sums, "minted"), value_int_at(sums, "free"), value_int_at(sums, "safe"),
                value_int_at(sums, "at_risk"));
}

/* What was written, in every form. */
static void quantity_print(struct tool *tool, json_t *answer)
{
    if (tool->set.output == OUTPUT_TABLE)
        quantity_said(tool, answer);
    else
        (void)view_rows(tool, answer, QUANTITY_ROWS);
}

int quantity_send(struct tool *tool, json_t *body, json_t **answer)
{
    struct url url;
    json_t *got = NULL;
    url_start(&url, "/v1/quantities");
    int code = tool_call(tool, "POST", &url, body, &got);
    json_decref(body);
    if (code)
        return code;
    if (answer) {
        *answer = got;
        return 0;
    }
    quantity_print(tool, got);
    json_decref(got);
    return 0;
}

int object_get(struct tool *tool, const char *id, json_t **object)
{
    struct url url;
    url_start(&url, "/v1/objects");
    url_segment(&url, id);
    url_query(&url, "space", tool->set.space);
    return tool_call(tool, "GET", &url, NULL, object);
}

/* --- mint ------------------------------------------------------------------------------------------------ */

static int mint_run(struct tool *tool, const struct arguments *args)
{
    long long units = 0;
    json_t *resource = NULL, *answer = NULL;
    int code = args->count > 1 ? units_read(tool, args->words[1], &units) : 0;
    if (!code)
        code = object_get(tool, args->words[0], &resource);
    if (!code)
        code = quantity_send(tool, quantity_body(tool, "mint", args->words[0], units), &answer);
    if (!code) {
        const char *says = value_text_at(resource, "fields.quantity");
        long long minted = value_int_at(answer, "quantities.minted") - value_int_at(answer, "quantities.stuck");
        bool beyond = says[0] && (double)minted > strtod(says, NULL);
        quantity_print(tool, answer);
        if (beyond)
            tool_say(tool, "%lld are minted, and its field quantity says %s: is that so? Nobody can un-mint; muster update %s "
                     "quantity=N says what there is", minted, says, value_text_at(answer, "short"));
    }
    json_decref(answer);
    json_decref(resource);
    return code;
}

const struct command command_mint = {
    .name = "mint",
    .args = "RESOURCE [UNITS]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 2,
    .run = mint_run,
    .help = "say how many units of a resource there are to promise",
    .detail = "Only the resource's owner does so. Without UNITS: what its field quantity says, less what is minted already; "
              "units that stand in a former log of this node count as gone, so that a new count mints them again.",
    .example = "muster mint res-7k2q9 40\nmuster mint res-7k2q9",
    .exits = QUANTITY_EXITS,
    .keys = QUANTITY_KEYS,
    .rows = QUANTITY_ROWS,
};

/* --- grant ------------------------------------------------------------------------------------------------ */

static int grant_run(struct tool *tool, const struct arguments *args)
{
    long long units;
    int code = units_read(tool, args->words[1], &units);
    if (code)
        return code;
    json_t *body = quantity_body(tool, "grant", args->words[0], units);
    json_object_set_new(body, "to", json_string(args->words[2]));
    if (option_get(args, "at-risk"))
        json_object_set_new(body, "at_risk", json_true());
    return quantity_send(tool, body, NULL);
}

static const struct option_row grant_options[] = {
    {"at-risk", 0, NULL, "units that are at risk, too"},
    {NULL,      0, NULL, NULL                         },
};

const struct command command_grant = {
    .name = "grant",
    .args = "RESOURCE UNITS AGENCY",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 3,
    .words_max = 3,
    .options = grant_options,
    .run = grant_run,
    .help = "give another agency the right to promise units",
    .detail = "From then on it promises them alone, with or without a connection. AGENCY may be the name of one of its "
              "nodes. A unique asset is one unit: granting it hands it on.",
    .example = "muster grant res-7k2q9 15 \"Red Cross\"",
    .exits = QUANTITY_EXITS,
    .keys = QUANTITY_KEYS,
    .rows = QUANTITY_ROWS,
};

/* --- cover ------------------------------------------------------------------------------------------------ */

static int cover_run(struct tool *tool, const struct arguments *args)
{
    json_t *body = quantity_body(tool, "cover", args->words[0], 0);
    json_object_set_new(body, "record", json_string(args->words[1]));
    return quantity_send(tool, body, NULL);
}

const struct command command_cover = {
    .name = "cover",
    .args = "RESOURCE PROMISE",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 2,
    .words_max = 2,
    .run = cover_run,
    .help = "back a promise that was given at risk with rights",
    .detail = "PROMISE is the beginning of its record, as `muster quantities RESOURCE` lists it.",
    .example = "muster cover res-7k2q9 3f9a1c22b0d4",
    .exits = QUANTITY_EXITS,
    .keys = QUANTITY_KEYS,
    .rows = QUANTITY_ROWS,
};

/* --- reclaim ---------------------------------------------------------------------------------------------- */

static int reclaim_run(struct tool *tool, const struct arguments *args)
{
    long long units;
    int code = units_read(tool, args->words[1], &units);
    if (code)
        return code;
    json_t *body = quantity_body(tool, "reclaim", args->words[0], units);
    json_object_set_new(body, "to", json_string(args->words[2]));
    return quantity_send(tool, body, NULL);
}

const struct command command_reclaim = {
    .name = "reclaim",
    .args = "RESOURCE UNITS AGENCY",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 3,
    .words_max = 3,
    .run = reclaim_run,
    .help = "take back units that were granted and may still be spent",
    .detail = "They are at risk until AGENCY answers with `muster return`, or a cut ends its log (`muster space cut`): till "
              "then it may have promised them where this node cannot see it.",
    .example = "muster reclaim res-7k2q9 10 \"Red Cross\"",
    .exits = QUANTITY_EXITS,
    .keys = QUANTITY_KEYS,
    .rows = QUANTITY_ROWS,
};
