/* muster ahp: weights from pairwise judgements, how far they contradict each other, and whether somebody else's weights are right. */
#include "tools/ahp_work.h"
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/quantity.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>

static const struct column weight_columns[] = {
    {"code",     N_("code"),     COLUMN_CUT,   NULL},
    {"weight",   N_("weight"),   COLUMN_RIGHT, NULL},
    {"falls_to", N_("may fall to"), COLUMN_RIGHT, NULL},
    {"rises_to", N_("may rise to"), COLUMN_RIGHT, NULL},
    {"name",     N_("indicator"), COLUMN_TITLE | COLUMN_CUT, NULL},
};
static const struct view weight_view = {.columns = weight_columns, .count = ARRAY_LEN(weight_columns), .id_path = "code",
                                        .items = "items", .none = N_("no indicators")};

static bool accepted(const struct ahp_work *work)
{
    return work->groups[work->worst].result.cr <= AHP_CR_ACCEPTED;
}

static void mend_say(struct tool *tool, const json_t *mend)
{
    if (!json_is_object(mend) || strcmp(value_text_at(mend, "said"), value_text_at(mend, "better")) == 0)
        return;
    screen_line(tool, "furthest from the others: %s/%s is %s; with %s CR would be %s", value_text_at(mend, "a"), value_text_at(mend, "b"),
                value_text_at(mend, "said"), value_text_at(mend, "better"), value_text_at(mend, "cr"));
}

static void group_say(struct tool *tool, const struct ahp_work *work, const json_t *group)
{
    const char *under = value_text_at(group, "under");
    if (work->count > 1)
        screen_title(tool, under[0] ? under : N_("the top"));
    view_table(tool, json_object_get(group, "items"), &weight_view);
    screen_line(tool, "λmax %s  CI %s  CR %s (%s)", value_text_at(group, "lambda_max"), value_text_at(group, "ci"),
                value_text_at(group, "cr"), work->table_name);
    mend_say(tool, json_object_get(group, "mend"));
}

static json_t *answer_make(const struct ahp_work *work, const json_t *object)
{
    const struct ahp_result *worst = &work->groups[work->worst].result;
    char cr[32];
    ahp_text(cr, worst->cr, AHP_ENTRY);
    json_t *answer = json_pack("{s:i, s:o, s:s, s:I, s:s, s:b}", "muster", 1, "groups", ahp_work_groups(work), "ri_table", work->table_name,
                               "experts", (json_int_t)work->experts, "cr", cr, "accepted", accepted(work));
    if (object) {
        json_object_set_new(answer, "set", json_string(value_text_at(object, "id")));
        json_object_set(answer, "space", json_object_get(object, "space"));
        json_object_set(answer, "heads", json_object_get(object, "heads"));
    }
    return answer;
}

/* With csv, tsv and id: the indicators of all groups. */
static bool weights_print(struct tool *tool, json_t *answer)
{
    const json_t *groups = json_object_get(answer, "groups");
    json_t *items = json_array(), *whole = json_pack("{s:O?, s:o}", "space", json_object_get(answer, "space"), "items", items);
    for (size_t g = 0; g < json_array_size(groups); g++)
        json_array_extend(items, json_object_get(json_array_get(groups, g), "items"));
    bool printed = tool_print_json(tool, answer) || view_print(tool, whole, &weight_view);
    json_decref(whole);
    return printed;
}

static int show(struct tool *tool, const struct ahp_work *work, const json_t *object)
{
    json_t *answer = answer_make(work, object);
    if (!weights_print(tool, answer)) {
        const json_t *groups = json_object_get(answer, "groups");
        if (object) {
            screen_head(tool, object);
            screen_line(tool, "weights of %s", value_text_at(object, "fields.name"));
        }
        for (size_t g = 0; g < json_array_size(groups); g++)
            group_say(tool, work, json_array_get(groups, g));
        screen_line(tool, "%s", accepted(work) ? _("the judgements agree well enough: CR is at most 0.10")
                                               : _("the judgements contradict each other too much: CR is above 0.10"));
    }
    json_decref(answer);
    return 0;
}

static int contradicts(struct tool *tool, const struct ahp_work *work)
{
    struct fault fault;
    char cr[32];
    ahp_text(cr, work->groups[work->worst].result.cr, AHP_ENTRY);
    fault_set(&fault, MUSTER_ECONSISTENCY, "the judgements under %s contradict each other too much: CR is %s, and 0.10 is accepted",
              indicator_above(&work->set, work->groups[work->worst].group.parent), cr);
    json_t *groups = ahp_work_groups(work);
    const json_t *mend = json_object_get(json_array_get(groups, work->worst), "mend");
    fault_why(&fault, "%s/%s is %s, which is furthest from what the others say; with %s CR would be %s", value_text_at(mend, "a"),
              value_text_at(mend, "b"), value_text_at(mend, "said"), value_text_at(mend, "better"), value_text_at(mend, "cr"));
    fault_step(&fault, "ask whoever judged to look at that one again");
    fault_step(&fault, "muster ahp %s --store --override \"why it is accepted\"", work->set.id);
    json_decref(groups);
    return tool_fail(tool, &fault);
}

static int store(struct tool *tool, const struct ahp_work *work, const json_t *object, const char *override)
{
    if (!accepted(work) && !override)
        return contradicts(tool, work);
    json_t *fields = ahp_work_fields(work);
    if (!accepted(work))
        json_object_set_new(fields, "override_reason", json_string(override));
    else if (value_text_at(work->set.fields, "override_reason")[0])
        json_object_set_new(fields, "override_reason", json_null());
    return record_change(tool, object, fields);
}

static size_t paths_of(const struct arguments *args, const char *paths[AHP_EXPERTS_MAX + 1])
{
    size_t count = 0;
    for (const char *path; count <= AHP_EXPERTS_MAX && (path = option_nth(args, "matrix", count)) != NULL;)
        paths[count++] = path;
    return count;
}

static int ahp_run(struct tool *tool, const struct arguments *args)
{
    const char *paths[AHP_EXPERTS_MAX + 1], *ri = option_get(args, "ri"), *why = option_get(args, "override");
    size_t count = paths_of(args, paths);
    struct ahp_work work = {.groups = NULL};
    struct fault fault;
    json_t *object = NULL;
    if (!args->count && (!count || option_get(args, "store")))
        return tool_usage(tool, "muster ahp ind-4c8rp", "%s", count ? _("there is no set to store the weights in")
                                                                    : _("an indicator set, or --matrix FILE.csv, must be named"));
    if (why && !why[0])
        return tool_usage(tool, "muster ahp ind-4c8rp --store --override \"two of three experts are away\"", "--override wants a reason");
    int code = args->count ? object_get(tool, args->words[0], &object) : 0;
    if (code)
        return code;
    if (object ? ahp_work_do(&work, object, ri, paths, count, &fault) : ahp_work_files(&work, ri, paths, count, &fault))
        code = tool_fail(tool, &fault);
    else
        code = option_get(args, "store") ? store(tool, &work, object, why) : show(tool, &work, object);
    ahp_work_free(&work);
    json_decref(object);
    return code;
}

static int verify_run(struct tool *tool, const struct arguments *args)
{
    struct ahp_work work = {.groups = NULL};
    struct fault fault;
    json_t *object = NULL;
    char theirs[INDICATOR_CODE_BYTES + 32], mine[32];
    bool missing = false;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    const char *differs = NULL;
    if (ahp_work_do(&work, object, NULL, NULL, 0, &fault)) {
        code = tool_fail(tool, &fault);
    } else if ((differs = ahp_work_differs(&work, theirs, mine, &missing)) != NULL && !missing) {
        fault_set(&fault, MUSTER_EFIGURES, "%s is %s in the record, and %s by its judgements", differs, theirs, mine);
        fault_step(&fault, "muster ahp %s shows all that its judgements give", work.set.id);
        fault_step(&fault, "muster history %s shows who wrote the weights", work.set.id);
        code = tool_fail(tool, &fault);
    } else if (missing) {
        fault_set(&fault, MUSTER_EMISSING, "%s states no weights yet", work.set.id);
        fault_step(&fault, "muster ahp %s --store", work.set.id);
        code = tool_fail(tool, &fault);
    } else {
        json_t *answer = answer_make(&work, object);
        if (!weights_print(tool, answer)) {
            screen_head(tool, object);
            screen_line(tool, "the weights are right: the judgements in the record give the same");
            if (!accepted(&work))
                screen_line(tool, "CR is above 0.10, accepted because: %s", value_text_at(work.set.fields, "override_reason"));
        }
        json_decref(answer);
    }
    ahp_work_free(&work);
    json_decref(object);
    return code;
}

static const struct option_row ahp_options[] = {
    {"matrix",   0, "FILE",   "judgements from a table instead of the record's; several: of several people"},
    {"ri",       0, "TABLE",  "the random indices: AHPWR (if the set names none) or ahpsurvey"},
    {"store",    0, NULL,     "write weights, λmax, CI and CR into the set"},
    {"override", 0, "REASON", "store although CR is above 0.10; the reason is part of the record"},
    {NULL,       0, NULL,     NULL},
};

const struct command command_ahp = {
    .name = "ahp",
    .args = "[INDICATOR-SET]",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES | OWN_ROWS,
    .words_min = 0,
    .words_max = 1,
    .options = ahp_options,
    .run = ahp_run,
    .help = "weights of indicators from pairwise judgements, and how consistent these are",
    .detail =
        "Saaty's analytic hierarchy process: indicators under one parent are compared in pairs, 1 (equal) to 9; the principal eigenvector "
        "gives the weights, CR says how far the judgements contradict each other. Up to 0.10 is accepted. Beside each weight stands how "
        "far it may move until the order of the indicators changes. A FILE has codes above and at the side and one person's judgements "
        "in the cells (3, 1/3); of several files the geometric mean counts.",
    .example = "muster ahp ind-4c8rp\nmuster ahp --matrix li.csv\nmuster ahp ind-4c8rp --matrix li.csv --matrix wang.csv --store",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |
             EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster groups ri_table experts cr accepted set space heads",
};

const struct command command_ahp_verify = {
    .name = "ahp verify",
    .args = "INDICATOR-SET",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = verify_run,
    .help = "compute the weights of a set again from its judgements, and compare",
    .detail = "The figures must be the same, to as many places as the record writes. It ends with 9 if they are not.",
    .example = "muster ahp verify ind-4c8rp",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster groups ri_table experts cr accepted set space heads",
};
