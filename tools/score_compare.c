#include "tools/score_compare.h"

#include "tools/ahp_work.h"
#include "tools/arguments.h"
#include "tools/memory.h"
#include "tools/pages.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"

#include <string.h>

static const struct column compare_columns[] = {
    {"short",       N_("assessment"), 0, NULL},
    {"assessed_at", N_("at"),         COLUMN_TIME | COLUMN_SPARE, NULL},
    {"level",       N_("had"),        0, NULL},
    {"would",       N_("would have"), 0, NULL},
    {"result",      N_("result"),     COLUMN_RIGHT, NULL},
    {"new_result",  N_("new result"), COLUMN_RIGHT, NULL},
    {"change",      N_("change"),     COLUMN_FILE, NULL},
    {"says",        N_("change"),     COLUMN_SCREEN | COLUMN_CUT, NULL},
    {"name",        N_("name"),       COLUMN_TITLE | COLUMN_CUT | COLUMN_SPARE, NULL},
};
static const struct view compare_view = {.columns = compare_columns, .count = ARRAY_LEN(compare_columns), .id_path = "id",
                                         .none = N_("there are no assessments to compare with")};

struct counts {
    json_int_t compared, same, higher, lower, not_comparable;
};

/* One assessment by the set; what cannot be rated says why. */
static json_t *row_make(const struct tool *tool, const json_t *item, const struct score_set *set, struct counts *counts)
{
    const json_t *inputs = value_at(item, "fields.inputs");
    size_t count;
    const char **texts = score_readings(inputs, &count), *had = value_text_at(item, "fields.level");
    struct score_figures f = {.scores = NULL};
    struct fault fault;
    char result[32] = "";
    const char *change, *would = "";
    bool rated = score_figures_make(&f, set, texts, count, NULL, false, &fault) == MUSTER_OK;
    if (rated) {
        size_t before = score_level_place(set, had[0] ? had : NULL), after = score_level_place(set, f.level);
        would = f.level ? f.level : "";
        change = strcmp(would, had) == 0 ? "same" : after > before ? "higher" : after < before ? "lower" : "same";
        counts->higher += strcmp(change, "higher") == 0;
        counts->lower += strcmp(change, "lower") == 0;
        counts->same += strcmp(change, "same") == 0;
        counts->compared++;
        ahp_text(result, f.result.result, SCORE_RESULT);
    } else {
        change = fault.message;
        counts->not_comparable++;
    }
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", value_text_at(item, "id"), "short", value_text_at(item, "short"), "name",
                            value_text_at(item, "fields.name"), "assessed_at", value_text_at(item, "fields.assessed_at"), "level", had, "would", would,
                            "result", value_text_at(item, "fields.result"), "new_result", result, "change", change);
    if (tool->set.output == OUTPUT_TABLE) /* for a person, in their language */
        json_object_set_new(row, "says", json_string(strcmp(change, "same") == 0     ? _("the same")
                                                     : strcmp(change, "higher") == 0 ? _("higher")
                                                     : strcmp(change, "lower") == 0  ? _("lower")
                                                                                     : change));
    score_figures_free(&f);
    free(texts);
    return row;
}

static int store(struct tool *tool, const json_t *object, const struct counts *c)
{
    json_t *fields = json_pack("{s:o}", "back_test",
                               json_sprintf("muster score --compare: of %lld past assessments %lld would have the same level, %lld a higher one, %lld "
                                            "a lower one; %lld could not be compared",
                                            (long long)(c->compared + c->not_comparable), (long long)c->same, (long long)c->higher,
                                            (long long)c->lower, (long long)c->not_comparable));
    return record_change(tool, object, fields);
}

int score_compare_run(struct tool *tool, const struct arguments *args, const json_t *object, const struct score_set *set)
{
    struct counts c = {0};
    struct url url;
    json_t *answer = NULL, *rows = json_array();
    url_start(&url, "/v1/objects");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "kind", "assessment");
    int code = pages_get(tool, &url, PAGE_MAX, NULL, true, &answer);
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (!value_true_at(item, "retracted") && !value_true_at(item, "erased"))
            json_array_append_new(rows, row_make(tool, item, set, &c));
    }
    if (code) {
        json_decref(rows);
        return code;
    }
    json_object_set_new(answer, "items", rows);
    json_object_set_new(answer, "next", json_null());
    json_object_set_new(answer, "set", json_string(value_text_at(object, "id")));
    json_object_set_new(answer, "counts", json_pack("{s:I, s:I, s:I, s:I, s:I}", "compared", c.compared, "same", c.same, "higher", c.higher, "lower",
                                                    c.lower, "not_comparable", c.not_comparable));
    if (option_get(args, "store")) {
        code = store(tool, object, &c);
    } else {
        code = view_list(tool, answer, &compare_view);
        if (tool->set.output == OUTPUT_TABLE)
            screen_line(tool, "the same level %lld, a higher one %lld, a lower one %lld, not comparable %lld", (long long)c.same, (long long)c.higher,
                        (long long)c.lower, (long long)c.not_comparable);
    }
    json_decref(answer);
    return code;
}
