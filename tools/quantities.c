/* muster quantities: who may promise how much of a resource, what is promised, and what does not hold. */
#include "tools/arguments.h"
#include "tools/completeness.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdio.h>
#include <string.h>

static const struct column right_columns[] = {
    {"holder.agency.name", N_("holder"), COLUMN_TITLE | COLUMN_CUT, NULL},
    {"holder.node",        N_("node"),     COLUMN_CUT,                NULL},
    {"left",               N_("units"),     COLUMN_RIGHT,              NULL},
    {"firm",               N_("firm"),     COLUMN_RIGHT,              NULL},
    {"soft",               N_("risk"),     COLUMN_RIGHT,              NULL},
    {"lost",               N_("lost"),     COLUMN_RIGHT | COLUMN_SPARE, NULL},
    {"note",               "",       COLUMN_SCREEN,             NULL},
    {"since",              N_("since"),       COLUMN_TIME | COLUMN_SPARE, NULL},
};
static const struct view right_view = {.columns = right_columns, .count = ARRAY_LEN(right_columns), .id_path = "right",
                                       .items = "rights", .none = N_("no rights")};

static const struct column promise_columns[] = {
    {"promise",     N_("promise"), 0,                         NULL},
    {"agency.name", N_("by"), COLUMN_TITLE | COLUMN_CUT, NULL},
    {"op",          N_("what"), COLUMN_WORD,               NULL},
    {"units",       N_("units"), COLUMN_RIGHT,              NULL},
    {"state",       N_("state"), COLUMN_WORD,               NULL},
    {"time",        N_("time"), COLUMN_TIME | COLUMN_SPARE, NULL},
};
static const struct view promise_view = {.columns = promise_columns, .count = ARRAY_LEN(promise_columns),
                                         .id_path = "record", .items = "promises", .none = N_("nothing is promised")};

static const struct column bad_columns[] = {
    {"short",       N_("resource"), 0,                         NULL},
    {"promise",     N_("promise"), 0,                         NULL},
    {"agency.name", N_("by"), COLUMN_TITLE | COLUMN_CUT, NULL},
    {"op",          N_("what"), COLUMN_WORD,               NULL},
    {"units",       N_("units"), COLUMN_RIGHT,              NULL},
    {"state",       N_("state"), COLUMN_WORD,               NULL},
    {"time",        N_("time"), COLUMN_TIME | COLUMN_SPARE, NULL},
    {"do",          N_("do"), COLUMN_FILE,               NULL},
};
static const struct view bad_view = {.columns = bad_columns, .count = ARRAY_LEN(bad_columns), .id_path = "record",
                                     .none = N_("every promise holds")};

enum { PROMISE_DIGITS = 12 };

static void promises_name(json_t *list)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        char digits[PROMISE_DIGITS + 1];
        snprintf(digits, sizeof digits, "%s", value_text_at(each, "record"));
        json_object_set_new(each, "promise", json_string(digits));
    }
}

static void rights_note(struct tool *tool, json_t *list)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        const char *note = value_true_at(each, "spendable")       ? _("yours")
                           : value_true_at(each, "holder.closed") ? _("stuck")
                           : value_true_at(each, "holder.own")    ? _("stuck")
                                                                  : "";
        json_object_set_new(each, "note", json_string(note));
    }
}

static void does_print(struct tool *tool, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        char line[400];
        if (!value_text_at(each, "do")[0])
            continue;
        snprintf(line, sizeof line, "%s %s: %s", value_text_at(each, "promise"), word_said(value_text_at(each, "state")),
                 value_text_at(each, "do"));
        screen_field(tool, _("do"), 4, line);
    }
}

static void one_print(struct tool *tool, const json_t *answer)
{
    const json_t *sums = json_object_get(answer, "quantities");
    screen_top(tool, answer);
    fputc('\n', tool->out);
    screen_line(tool, "%s %s: minted %lld, free here %lld, free elsewhere %lld",
                value_text_at(answer, "short"), value_text_at(answer, "unit"), value_int_at(sums, "minted"),
                value_int_at(sums, "free"), value_int_at(sums, "elsewhere"));
    screen_line(tool, "promised: %lld safe, %lld at risk, %lld lost; void records: %lld",
                value_int_at(sums, "safe"), value_int_at(sums, "at_risk"), value_int_at(sums, "lost"),
                value_int_at(sums, "void"));
    if (value_int_at(sums, "stuck"))
        screen_line(tool, "stuck: %lld, in logs that nobody writes any more; what is still on the shelf is minted again",
                    value_int_at(sums, "stuck"));
    screen_title(tool, "rights");
    view_table(tool, json_object_get(answer, "rights"), &right_view);
    screen_title(tool, "promises");
    view_table(tool, json_object_get(answer, "promises"), &promise_view);
    does_print(tool, json_object_get(answer, "promises"));
    screen_foot(tool, answer);
}

static int quantities_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer;
    if (args->count) {
        url_start(&url, "/v1/objects");
        url_segment(&url, args->words[0]);
        url_segment(&url, "quantities");
    } else {
        url_start(&url, "/v1/quantities");
    }
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    const char *list = args->count ? "promises" : "items";
    if (tool->set.output != OUTPUT_JSON && tool->set.output != OUTPUT_NDJSON) {
        promises_name(json_object_get(answer, list));
        rights_note(tool, json_object_get(answer, "rights"));
    }
    if (args->count && tool->set.output == OUTPUT_TABLE) {
        one_print(tool, answer);
    } else {
        code = view_list(tool, answer, args->count ? &promise_view : &bad_view);
        if (!args->count && tool->set.output == OUTPUT_TABLE) {
            does_print(tool, json_object_get(answer, "items"));
            screen_foot(tool, answer);
        }
    }
    json_decref(answer);
    return code;
}

const struct command command_quantities = {
    .name = "quantities",
    .args = "[RESOURCE]",
    .group = GROUP_RESOURCES,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 1,
    .run = quantities_run,
    .help = "who may promise how much, and what does not hold",
    .detail = "Without RESOURCE: every promise of the space that is void, at risk or lost, with what to do. A promise is safe "
              "when its units are nobody else's to promise, whatever happens elsewhere.",
    .example = "muster quantities res-7k2q9\nmuster quantities",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster space node complete",
};
