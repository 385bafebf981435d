/* muster score: a risk by an indicator set, kept with all that somebody else needs to compute it again. */
#include "tools/ahp_work.h"
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/moment.h"
#include "tools/quantity.h"
#include "tools/records.h"
#include "tools/revision.h"
#include "tools/score_compare.h"
#include "tools/score_set.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <string.h>
#include <time.h>

enum { RECORD_DIGITS = 64, LABEL_WIDTH = 12 };

/* What the sentence in method_text begins with; a later way of computing is another number. */
#define METHOD "muster score 1, set "
#define METHOD_AFTER ", after "

static const struct column score_columns[] = {
    {"code",    N_("code"),    COLUMN_CUT,                NULL},
    {"reading", N_("value"),   COLUMN_RIGHT,              NULL},
    {"score",   N_("score"),   COLUMN_RIGHT,              NULL},
    {"weight",  N_("weight"),  COLUMN_RIGHT,              NULL},
    {"change",  N_("change"),  COLUMN_RIGHT | COLUMN_SPARE, NULL},
    {"name",    N_("indicator"), COLUMN_TITLE | COLUMN_CUT, NULL},
};
static const struct view score_view = {.columns = score_columns, .count = ARRAY_LEN(score_columns), .id_path = "code", .items = "items",
                                       .none = N_("no indicators")};

/* What goes into a computation beside the readings. */
struct basis {
    json_t *set, *after, *incident; /* full items; after and incident may be NULL */
    const char *set_record, *after_record;
};

static void basis_free(struct basis *b)
{
    json_decref(b->set);
    json_decref(b->after);
    json_decref(b->incident);
}

static int basis_get(struct tool *tool, const struct arguments *args, struct basis *b)
{
    int code = object_get(tool, args->words[0], &b->set);
    if (!code && !(b->set_record = revision_of(tool, b->set, &code)))
        return code;
    if (!code && option_get(args, "after"))
        code = object_get(tool, option_get(args, "after"), &b->after);
    if (!code && b->after && strcmp(value_text_at(b->after, "kind"), "assessment") != 0)
        return tool_usage(tool, "muster list assessments", "--after %s is no assessment", option_get(args, "after"));
    if (!code && b->after && !(b->after_record = revision_of(tool, b->after, &code)))
        return code;
    if (!code && option_get(args, "incident"))
        code = object_get(tool, option_get(args, "incident"), &b->incident);
    return code;
}

static int moment_take(struct tool *tool, const struct arguments *args, char out[TIME_FORMAT_BYTES])
{
    const char *text = option_get(args, "at");
    if (!text)
        return time3339_format(out, (int64_t)time(NULL) * 1000), 0;
    if (moment_read(out, text, false))
        return 0;
    return tool_usage(tool, "muster score ind-4c8rp L1=272.5 --at 2026-07-14T08:00:00+08:00", "--at %s is no time", text);
}

static json_t *record_fields(const struct basis *b, const struct score_set *set, const struct score_figures *figures, const char *name,
                             const char *at)
{
    json_t *fields = score_figures_fields(set, figures);
    const char *title = name ? name : value_text_at(b->incident ? b->incident : b->set, "fields.name");
    json_object_set_new(fields, "name", json_string(title));
    json_object_set_new(fields, "status", json_string("Draft"));
    json_object_set_new(fields, "assessed_at", json_string(at));
    json_object_set_new(fields, "set", json_string(value_text_at(b->set, "id")));
    if (b->incident)
        json_object_set_new(fields, "incident", json_string(value_text_at(b->incident, "id")));
    if (value_text_at(b->set, "fields.cr")[0])
        json_object_set_new(fields, "method", json_pack("[s]", "AHP"));
    json_object_set_new(fields, "method_text", json_sprintf(METHOD "%s%s%s", b->set_record, b->after ? METHOD_AFTER : "",
                                                            b->after ? b->after_record : ""));
    if (b->after)
        json_object_set_new(fields, "links", json_pack("[{s:s, s:s}]", "role", "replaces", "object", value_text_at(b->after, "id")));
    return fields;
}

static json_t *rows(const struct score_set *set, const struct score_figures *figures)
{
    json_t *items = json_array();
    for (size_t i = 0; i < figures->count; i++) {
        char score[32] = "", weight[32], change[32];
        int32_t by = figures->changes[i];
        if (figures->readings[i])
            ahp_text(score, figures->scores[i], SCORE_ONE);
        ahp_text(weight, set->nodes[i].weight, SCORE_ONE);
        ahp_text(change, by < 0 ? -by : by, SCORE_RESULT);
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "code", set->set.at[i].code, "name", set->set.at[i].name, "reading",
                                               figures->readings[i] ? figures->readings[i] : "", "score", score, "weight", weight, "change",
                                               json_sprintf("%s%s", by < 0 ? "-" : "+", change)));
    }
    return items;
}

static void figures_say(struct tool *tool, const json_t *set, const json_t *fields, const struct score_set *s, const struct score_figures *f)
{
    static const char *const names[] = {"likelihood", "severity", "extent", "result"};
    json_t *items = rows(s, f);
    screen_head(tool, set);
    screen_line(tool, "%s, rated by %s", value_text_at(fields, "name"), value_text_at(set, "fields.name"));
    view_table(tool, items, &score_view);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct field *field = field_by_name(&kind_assessment, names[i]);
        if (value_text_at(fields, names[i])[0])
            screen_field(tool, screen_label(tool, field->label_en, field->label_zh), LABEL_WIDTH, value_text_at(fields, names[i]));
    }
    const char *label = f->level ? token_label("CN-2024/warning-level", f->level, tool->set.lang) : NULL;
    screen_field(tool, _("level"), LABEL_WIDTH, label ? label : f->level ? f->level : _("none: below all thresholds"));
    json_decref(items);
}

/* Says what was computed, and writes it unless it is only tried out. */
static int finish(struct tool *tool, const struct arguments *args, const struct basis *b, const struct score_set *set,
                  const struct score_figures *figures, const char *at)
{
    bool tries = option_get(args, "try") != NULL, screen = tool->set.output == OUTPUT_TABLE;
    json_t *fields = record_fields(b, set, figures, option_get(args, "name"), at), *got = NULL;
    int code = 0;
    if (screen)
        figures_say(tool, b->set, fields, set, figures);
    if (!tries)
        code = record_post(tool, json_pack("{s:s, s:s, s:O}", "op", "create", "kind", "assessment", "fields", fields), &got);
    if (!code && !screen) {
        json_t *answer = json_pack("{s:i, s:O, s:s, s:s, s:O, s:o, s:o*, s:o*}", "muster", 1, "space", json_object_get(b->set, "space"), "set",
                                   value_text_at(b->set, "id"), "set_record", b->set_record, "fields", fields, "items", rows(set, figures),
                                   "object", json_incref(json_object_get(got, "object")), "short", json_incref(json_object_get(got, "short")));
        (void)view_print(tool, answer, &score_view);
        json_decref(answer);
    } else if (!code && got) {
        screen_line(tool, "assessment %s: stored", value_text_at(got, "short"));
    }
    json_decref(got);
    json_decref(fields);
    return code;
}

static int score_run(struct tool *tool, const struct arguments *args)
{
    struct basis b = {.set = NULL};
    struct score_set set = {.nodes = NULL};
    struct score_figures figures = {.scores = NULL};
    struct fault fault;
    char at[TIME_FORMAT_BYTES];
    int code = moment_take(tool, args, at);
    if (!code)
        code = basis_get(tool, args, &b);
    if (!code && score_set_read(&set, b.set, &fault))
        code = tool_fail(tool, &fault);
    else if (!code && option_get(args, "compare"))
        code = score_compare_run(tool, args, b.set, &set);
    else if (!code && score_figures_make(&figures, &set, (const char *const *)args->words + 1, args->count - 1,
                                         b.after ? value_text_at(b.after, "fields.level") : NULL, true, &fault))
        code = tool_fail(tool, &fault);
    else if (!code)
        code = finish(tool, args, &b, &set, &figures, at);
    score_figures_free(&figures);
    score_set_free(&set);
    basis_free(&b);
    return code == TOOL_DONE ? 0 : code;
}

/* --- again, at somebody else's ----------------------------------------------------------------------------------------- */

static bool record_read(char out[RECORD_DIGITS + 1], const char *text)
{
    if (strspn(text, "0123456789abcdef") < RECORD_DIGITS)
        return false;
    snprintf(out, RECORD_DIGITS + 1, "%.*s", RECORD_DIGITS, text);
    return true;
}

/* "muster score 1, set RECORD[, after RECORD]" */
static bool method_read(const char *text, char set[RECORD_DIGITS + 1], char after[RECORD_DIGITS + 1])
{
    after[0] = 0;
    if (strncmp(text, METHOD, strlen(METHOD)) != 0 || !record_read(set, text + strlen(METHOD)))
        return false;
    text += strlen(METHOD) + RECORD_DIGITS;
    if (!*text)
        return true;
    return strncmp(text, METHOD_AFTER, strlen(METHOD_AFTER)) == 0 && record_read(after, text + strlen(METHOD_AFTER));
}

static const char *replaced(const json_t *fields)
{
    const json_t *links = json_object_get(fields, "links");
    for (size_t i = 0; i < json_array_size(links); i++)
        if (strcmp(value_text_at(json_array_get(links, i), "role"), "replaces") == 0)
            return value_text_at(json_array_get(links, i), "object");
    return "";
}

/* The item of an indicator-set as it stood at that record. */
static int set_then(struct tool *tool, const char *id, const char *record, json_t **set)
{
    json_t *fields = NULL;
    int code = object_get(tool, id, set);
    if (!code)
        code = revision_fields(tool, id, record, &fields);
    if (!code)
        json_object_set_new(*set, "fields", fields);
    return code;
}

static int judge(struct tool *tool, const json_t *assessment, const json_t *set, const struct score_set *s, const struct score_figures *f)
{
    static const char *const names[] = {"scores", "result", "level", "likelihood", "severity", "extent", "sensitivity"};
    const json_t *theirs = json_object_get(assessment, "fields");
    const char *differs = NULL, *id = value_text_at(assessment, "short");
    json_t *mine = score_figures_fields(s, f);
    struct fault fault;
    int code = 0;
    for (size_t i = 0; i < ARRAY_LEN(names) && !differs; i++) {
        const json_t *a = json_object_get(mine, names[i]), *b = json_object_get(theirs, names[i]);
        if ((a || (b && !json_is_null(b))) && !(a && b && json_equal(a, b)))
            differs = names[i];
    }
    if (differs) {
        char *said = value_raw(json_object_get(theirs, differs)), *found = value_raw(json_object_get(mine, differs));
        fault_set(&fault, MUSTER_EFIGURES, "%s is %.120s in %s, and %.120s by its readings and the set that it names", differs, said[0] ? said : "-",
                  id, found[0] ? found : "-");
        fault_step(&fault, "muster history %s shows who wrote the figures", id);
        free(said);
        free(found);
        code = tool_fail(tool, &fault);
    } else {
        json_t *answer = json_pack("{s:i, s:O, s:O, s:O, s:o}", "muster", 1, "space", json_object_get(assessment, "space"), "set",
                                   json_object_get(set, "id"), "fields", theirs, "items", rows(s, f));
        if (!view_print(tool, answer, &score_view)) {
            figures_say(tool, set, theirs, s, f);
            screen_line(tool, "the figures are right: its readings and the set that it names give the same");
        }
        json_decref(answer);
    }
    json_decref(mine);
    return code;
}

static int verify_run(struct tool *tool, const struct arguments *args)
{
    char set_record[RECORD_DIGITS + 1], after_record[RECORD_DIGITS + 1];
    json_t *assessment = NULL, *set = NULL, *after = NULL;
    struct score_set s = {.nodes = NULL};
    struct score_figures f = {.scores = NULL};
    struct fault fault;
    int code = object_get(tool, args->words[0], &assessment);
    if (code)
        return code;
    const json_t *fields = json_object_get(assessment, "fields"), *inputs = json_object_get(fields, "inputs");
    size_t count;
    const char **texts = score_readings(inputs, &count);
    if (!method_read(value_text_at(fields, "method_text"), set_record, after_record)) {
        fault_set(&fault, MUSTER_EMISSING, "%s does not say by which state of which set it was computed", value_text_at(assessment, "short"));
        fault_why(&fault, "only what muster score has written can be computed again");
        fault_step(&fault, "muster show %s", value_text_at(assessment, "short"));
        code = tool_fail(tool, &fault);
    }
    if (!code)
        code = set_then(tool, value_text_at(fields, "set"), set_record, &set);
    if (!code && after_record[0])
        code = revision_fields(tool, replaced(fields), after_record, &after);
    if (!code && (score_set_read(&s, set, &fault) ||
                  score_figures_make(&f, &s, texts, count, after ? value_text_at(after, "level") : NULL, true, &fault))) {
        fault.exit = EXIT_PROOF;
        code = tool_fail(tool, &fault);
    } else if (!code) {
        code = judge(tool, assessment, set, &s, &f);
    }
    score_figures_free(&f);
    score_set_free(&s);
    free(texts);
    json_decref(after);
    json_decref(set);
    json_decref(assessment);
    return code;
}

static const struct option_row score_options[] = {
    {"incident", 0, "ID",   "the incident or threat that is rated"},
    {"name",     0, "TEXT", "what the assessment is called, if not like the incident"},
    {"at",       0, "TIME", "the moment that the readings speak of, if not now"},
    {"after",    0, "ID",   "the assessment before: its level is left only when the set's hysteresis allows it"},
    {"try",      0, NULL,   "compute and show, write nothing"},
    {"compare",  0, NULL,   "back-test: what level past assessments would have had by this set"},
    {"store",    0, NULL,   "with --compare: write what came of it into the set"},
    {NULL,       0, NULL,   NULL},
};

const struct command command_score = {
    .name = "score",
    .args = "INDICATOR-SET CODE=READING…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES | OWN_ROWS,
    .words_min = 1,
    .words_max = SCORE_NODES_MAX + 1,
    .options = score_options,
    .run = score_run,
    .help = "rate a risk by an indicator set: likelihood, severity, extent, warning level",
    .detail =
        "Each indicator without others below it gets a reading: a number between its bounds, a word of the set's scale, or a score. Weights "
        "and aggregation of the set make one figure of them, its thresholds a warning level. The assessment that is written names the exact "
        "state of the set, so that it stays what it is when the set changes and anybody can compute it again (score verify). `change` is that "
        "of the result when a weight rises by a tenth. --compare rates past assessments by their own readings again.",
    .example = "muster score ind-4c8rp L1=272.5 S1=high --incident inc-7k2q9\nmuster score ind-4c8rp L1=274 S1=high --try\n"
               "muster score ind-4c8rp --compare",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |
             EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster space set set_record fields items object short counts? complete?",
};

const struct command command_score_verify = {
    .name = "score verify",
    .args = "ASSESSMENT",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 1,
    .words_max = 1,
    .run = verify_run,
    .help = "compute an assessment again from its readings and its set, and compare",
    .detail = "The set counts as it stood when the assessment was made, from its history here. All figures must be the same, digit by digit; it ends "
              "with 9 if they are not.",
    .example = "muster score verify ass-6t2wk",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster space set fields items",
};
