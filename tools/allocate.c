/* muster allocate: who gets how much from where, why, and what was rejected; and whether somebody else's plan is right. */
#include "tools/allocate_inputs.h"
#include "tools/allocate_work.h"
#include "tools/arguments.h"
#include "tools/files.h"
#include "tools/memory.h"
#include "tools/quantity.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"
#include "tools/workflow.h"

#include <inttypes.h>
#include <string.h>

enum { PLAN_FILE_MAX = 4 * 1024 * 1024, WITHIN_KM_MAX = 20038 };

static const struct column line_columns[] = {
    {"from",  N_("from"), 0, NULL},
    {"to",    N_("to"), 0, NULL},
    {"units", N_("units"), COLUMN_RIGHT, NULL},
    {"km",    N_("km"), COLUMN_RIGHT, NULL},
    {"by",    N_("promised by"), COLUMN_CUT | COLUMN_SPARE, NULL},
    {"because", N_("why"), COLUMN_TITLE | COLUMN_CUT, NULL},
};
static const struct view line_view = {.columns = line_columns, .count = ARRAY_LEN(line_columns), .id_path = "from", .items = "lines",
                                      .none = N_("nothing can be given")};

/* The words of a plan, as people say them. */
static const struct {
    const char *word, *says;
} reasons[] = {
    {"nearest",              N_("the nearest")},
    {"nearer-used-up",       N_("what is nearer is used up")},
    {"nearer-serves-others", N_("what is nearer serves others")},
    {"least-together",       N_("the shortest way for all together")},
    {"too-far",              N_("too far")},
    {"nothing-free",         N_("nothing of it can be promised safely")},
    {"not-needed",           N_("not needed: met otherwise")},
    {"serves-others",        N_("all of it serves others")},
    {"another-unit",         N_("counted in another unit")},
    {"no-quantity",          N_("does not say how many")},
    {"branches",             N_("changed in several places at once")},
    {"covered",              N_("covered already")},
    {"too-many",             N_("too many for one plan")},
};

static const char *says(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (strcmp(reasons[i].word, word) == 0)
            return _(reasons[i].says);
    return word;
}

/* The lines of a plan as they are shown. */
static json_t *lines_rows(const json_t *inputs, const json_t *plan)
{
    json_t *rows = json_array();
    const json_t *lines = json_object_get(plan, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *row = json_copy(json_array_get(lines, i));
        long long metres = value_int_at(row, "metres");
        const json_t *source = json_array_get(json_object_get(inputs, "sources"), (size_t)value_int_at(row, "source"));
        json_object_set_new(row, "km", metres >= ALLOCATE_METRES_MAX ? json_string(_("not known"))
                                                                     : json_sprintf("%lld.%lld", metres / 1000, metres / 100 % 10));
        json_object_set_new(row, "because", json_string(says(value_text_at(row, "why"))));
        json_object_set_new(row, "by", json_string(value_text_at(source, "agency")));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void lines_say(struct tool *tool, const json_t *inputs, const json_t *plan)
{
    json_t *rows = lines_rows(inputs, plan);
    view_table(tool, rows, &line_view);
    json_decref(rows);
}

/* In every form but the screen. */
static bool plan_print(struct tool *tool, json_t *answer, const json_t *inputs, const json_t *plan)
{
    tool_cells_english(tool);
    json_t *rows = json_pack("{s:O?, s:o}", "space", json_object_get(answer, "space"), "lines", lines_rows(inputs, plan));
    bool printed = tool_print_json(tool, answer) || view_print(tool, rows, &line_view);
    json_decref(rows);
    return printed;
}

static void rest_say(struct tool *tool, const json_t *inputs, const json_t *plan, const json_t *left_out)
{
    const json_t *unmet = json_object_get(plan, "unmet"), *rejected = json_object_get(plan, "rejected");
    const char *ranks[] = {"urgent", "routine", "low"};
    for (size_t i = 0; i < json_array_size(unmet); i++) {
        const json_t *one = json_array_get(unmet, i);
        screen_line(tool, "unmet: %lld of %lld for %s", value_int_at(one, "units"), value_int_at(one, "of"), value_text_at(one, "to"));
    }
    for (size_t i = 0; i < json_array_size(rejected); i++) {
        const json_t *one = json_array_get(rejected, i);
        const json_t *source = json_array_get(json_object_get(inputs, "sources"), (size_t)value_int_at(one, "source"));
        screen_line(tool, "not from %s (%s) to %s: %s", value_text_at(one, "from"), value_text_at(source, "agency"), value_text_at(one, "to"),
                    says(value_text_at(one, "why")));
    }
    for (size_t i = 0; i < json_array_size(left_out); i++) {
        const json_t *one = json_array_get(left_out, i);
        screen_line(tool, "left out: %s (%s): %s", value_text_at(one, "short"), value_text_at(one, "name"), says(value_text_at(one, "why")));
    }
    for (size_t r = 0; r < ARRAY_LEN(ranks); r++) {
        const char *share = value_text_at(json_object_get(json_object_get(plan, "totals"), "smallest_share"), ranks[r]);
        if (share[0])
            screen_line(tool, "%s: %lld unmet, the smallest share is %s", r == 0 ? _("urgent") : r == 1 ? _("routine") : _("low"),
                        value_int_at(json_object_get(json_object_get(plan, "totals"), "unmet"), ranks[r]), share);
    }
    screen_line(tool, "%lld of %lld served; from the best plan that there is: %lld", value_int_at(plan, "totals.served"),
                value_int_at(plan, "totals.asked"), value_int_at(plan, "gap"));
}

/* Offers what this agency may promise; the names of the offers into `made`. */
static int propose(struct tool *tool, const struct allocate_inputs *g, const json_t *plan, const char *hash, json_t *made)
{
    const json_t *lines = json_object_get(plan, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        size_t source = (size_t)value_int_at(line, "source"), demand = (size_t)value_int_at(line, "demand");
        json_t *got = NULL;
        if (!value_true_at(json_array_get(json_object_get(g->inputs, "sources"), source), "yours"))
            continue;
        int code = delivery_bring(tool, "offered", json_array_get(g->requests, demand), json_array_get(g->resources, source),
                                  value_int_at(line, "units"), false,
                                  json_pack("{s:o}", "comments", json_sprintf("muster allocate 1, inputs %s", hash)), &got);
        if (code)
            return code; /* those before stand, and are offers as any other */
        json_array_append_new(made, json_pack("{s:O, s:O, s:O, s:O, s:O}", "object", json_object_get(got, "object"), "short",
                                              json_object_get(got, "short"), "from", json_object_get(line, "from"), "to",
                                              json_object_get(line, "to"), "units", json_object_get(line, "units")));
        json_decref(got);
    }
    return 0;
}

static void made_say(struct tool *tool, const json_t *plan, const json_t *made, bool proposes)
{
    for (size_t i = 0; i < json_array_size(made); i++) {
        const json_t *one = json_array_get(made, i);
        screen_line(tool, "%s: offered, %lld from %s to %s", value_text_at(one, "short"), value_int_at(one, "units"), value_text_at(one, "from"),
                    value_text_at(one, "to"));
    }
    size_t others = json_array_size(json_object_get(plan, "lines")) - json_array_size(made);
    if (proposes && others)
        screen_line(tool, "lines for other agencies to offer: %zu; nothing was written for them", others);
    else if (!proposes)
        screen_line(tool, "nothing was written; --propose offers what this agency may promise");
}

static int plan_and_show(struct tool *tool, const struct allocate_inputs *g, bool proposes)
{
    char hash[65];
    struct fault fault;
    json_t *plan = allocate_plan_json(g->inputs, &fault), *made = json_array();
    int code = plan ? 0 : tool_fail(tool, &fault);
    allocate_hash(hash, g->inputs);
    if (!code && proposes)
        code = propose(tool, g, plan, hash, made);
    json_t *answer = json_pack("{s:i, s:O, s:s, s:O, s:O*, s:O, s:O, s:O}", "muster", 1, "space", g->space, "hash", hash, "inputs", g->inputs, "plan",
                               plan, "left_out", g->left_out, "offers", made, "complete", g->complete);
    if (!code && !plan_print(tool, answer, g->inputs, plan)) {
        screen_top(tool, answer);
        screen_line(tool, "%s, in %s: who gets how much from where", value_text_at(g->inputs, "what"),
                    value_text_at(g->inputs, "unit")[0] ? value_text_at(g->inputs, "unit") : _("units"));
        lines_say(tool, g->inputs, plan);
        rest_say(tool, g->inputs, plan, g->left_out);
        made_say(tool, plan, made, proposes);
    }
    json_decref(answer);
    json_decref(made);
    json_decref(plan);
    return code;
}

static int wish_read(struct tool *tool, const struct arguments *args, struct allocate_wish *wish)
{
    const char *first = option_get(args, "first"), *within = option_get(args, "within");
    char *end = NULL;
    *wish = (struct allocate_wish){.what = args->words[0], .unit = option_get(args, "unit"), .incident = option_get(args, "incident")};
    if (first && strcmp(first, "way") != 0 && strcmp(first, "share") != 0)
        return tool_usage(tool, "muster allocate Pumps --first share", "--first is way or share, not %s", first);
    wish->share_first = first && strcmp(first, "share") == 0;
    if (!within)
        return 0;
    long km = strtol(within, &end, 10);
    if (end == within || *end || km < 1 || km > WITHIN_KM_MAX)
        return tool_usage(tool, "muster allocate Pumps --within 150", "--within %s is no whole number of kilometres", within);
    wish->within_km = (double)km;
    return 0;
}

static int allocate_run(struct tool *tool, const struct arguments *args)
{
    struct allocate_wish wish;
    struct allocate_inputs g = {.inputs = NULL};
    int code = wish_read(tool, args, &wish);
    if (!code)
        code = allocate_inputs_get(&g, tool, &wish);
    if (!code)
        code = plan_and_show(tool, &g, option_get(args, "propose") && !tool->set.dry_run);
    allocate_inputs_free(&g);
    return code == TOOL_DONE ? 0 : code;
}

/* --- somebody else's --------------------------------------------------------------------------------------------------- */

static int wrong(struct tool *tool, enum muster_error error, const char *path, const char *what)
{
    struct fault fault;
    fault_set(&fault, error, "%s: %s", path, what);
    fault_step(&fault, "ask whoever made the plan for the file again: muster allocate WHAT --json > FILE");
    return tool_fail(tool, &fault);
}

static int verify_run(struct tool *tool, const struct arguments *args)
{
    const char *path = args->words[0];
    struct fault fault;
    char *text = NULL, hash[65];
    size_t len = 0;
    int code = 0;
    if (file_load_text(path, PLAN_FILE_MAX, &text, &len, &fault))
        return tool_fail(tool, &fault);
    json_t *file = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *plan = NULL;
    const json_t *inputs = json_object_get(file, "inputs"), *theirs = json_object_get(file, "plan");
    free(text);
    if (!json_is_object(inputs) || !json_is_object(theirs)) {
        code = wrong(tool, MUSTER_EUSAGE, path, _("it is no plan of muster allocate --json"));
    } else {
        allocate_hash(hash, inputs);
        if (strcmp(hash, value_text_at(file, "hash")) != 0)
            code = wrong(tool, MUSTER_EFIGURES, path, _("the inputs are not those that the plan was made from: their hash is another"));
        else if (!(plan = allocate_plan_json(inputs, &fault)))
            code = tool_fail(tool, &fault);
        else if (!json_equal(plan, theirs))
            code = wrong(tool, MUSTER_EFIGURES, path, _("the inputs give another plan than the one in the file"));
    }
    if (!code) {
        json_t *answer = json_pack("{s:i, s:O*, s:s, s:O}", "muster", 1, "space", json_object_get(file, "space"), "hash", hash, "plan", plan);
        if (!plan_print(tool, answer, inputs, plan)) {
            lines_say(tool, inputs, plan);
            rest_say(tool, inputs, plan, json_object_get(file, "left_out"));
            screen_line(tool, "the plan is right: its inputs give the same; hash %.16s", hash);
        }
        json_decref(answer);
    }
    json_decref(plan);
    json_decref(file);
    return code;
}

static const struct option_row allocate_options[] = {
    {"incident", 0, "ID",   "only requests for this incident"},
    {"unit",     0, "UNIT", "only what is counted in it, if not that of the first request"},
    {"within",   0, "KM",   "nothing goes further than that"},
    {"first",    0, "WORD", "after the need: way (the shortest, if not said) or share (the fairest)"},
    {"propose",  0, NULL,   "write the offers of this agency; without it nothing is written"},
    {NULL,       0, NULL,   NULL},
};

const struct command command_allocate = {
    .name = "allocate",
    .args = "WHAT",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | PUBLISHES | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .options = allocate_options,
    .run = allocate_run,
    .help = "plan who gets how much of a resource from where, and why",
    .detail =
        "WHAT is a type, name or code, as requests and resources have it. Open requests are set against the units that somebody may promise "
        "safely, in whole units: as little as possible of what is urgent stays unmet, then of the routine, then of the rest; then the shortest "
        "way or the largest smallest share; last the least cost. The plan is exact; each line says why, and what was rejected. With --json it "
        "is a file that anybody can compute again (allocate verify).",
    .example = "muster allocate Pumps\nmuster allocate Pumps --within 150 --first share\nmuster allocate Pumps --propose",
    .exits = QUANTITY_EXITS,
    .keys = "muster space hash inputs plan left_out offers complete",
};

const struct command command_allocate_verify = {
    .name = "allocate verify",
    .args = "FILE",
    .group = GROUP_RESOURCES,
    .flags = OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = verify_run,
    .help = "compute a plan again from the inputs in its file, and compare",
    .detail = "FILE is what muster allocate --json has printed. No node is needed. It ends with 9 if the plan is another one.",
    .example = "muster allocate verify plan.json",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster space hash plan",
};
