#include "tools/ahp_work.h"

#include "lang/lang.h"
#include "protocol/kinds/decimal.h"
#include "tools/matrix_file.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <inttypes.h>
#include <string.h>

void ahp_text(char out[32], int64_t value, int64_t unit)
{
    int n = snprintf(out, 24, "%" PRId64 ".", value / unit); /* never above 31 - 6 digits: the values here are small */
    for (int64_t rest = value % unit, u = unit / 10; u > 0 && n < 30; u /= 10)
        out[n++] = (char)('0' + rest / u % 10);
    out[n] = 0;
}

void ahp_entry_text(char out[32], int32_t entry)
{
    int32_t size = entry < 0 ? -entry : entry;
    if (size % AHP_ENTRY == 0)
        snprintf(out, 32, "%s%d", entry < 0 ? "1/" : "", size / AHP_ENTRY);
    else
        snprintf(out, 32, "%s%d.%04d", entry < 0 ? "1/" : "", size / AHP_ENTRY, size % AHP_ENTRY);
}

static enum muster_error table_choose(struct ahp_work *work, const char *ri, struct fault *fault)
{
    const char *own = value_text_at(work->set.fields, "ri_table");
    const char *name = ri ? ri : own[0] && strcmp(own, "none") != 0 ? own : "AHPWR";
    work->table = ahp_ri_by_name(name);
    work->table_name = "none";
    for (size_t g = 0; g < work->count; g++)
        if (work->groups[g].group.count > 2)
            work->table_name = name;
    if (work->table < AHP_RI_COUNT)
        return MUSTER_OK;
    fault_set(fault, MUSTER_EUSAGE, "there is no table of random indices \"%.40s\"", name);
    fault_step(fault, "--ri AHPWR, or --ri ahpsurvey");
    return MUSTER_EUSAGE;
}

static enum muster_error solve_all(struct ahp_work *work, const char *ri, struct fault *fault)
{
    enum muster_error error = table_choose(work, ri, fault);
    for (size_t g = 0; g < work->count && !error; g++) {
        error = ahp_solve(&work->groups[g].result, &work->groups[g].group.matrix, work->table);
        if (error)
            fault_set(fault, error, "the judgements under %s cannot be solved", indicator_above(&work->set, work->groups[g].group.parent));
        else if (work->groups[g].result.cr > work->groups[work->worst].result.cr)
            work->worst = g;
    }
    return error;
}

/* --- several people ---------------------------------------------------------------------------------------------------- */

/* The files as one matrix over the codes of the first. */
static enum muster_error files_mean(struct matrix_file *first, const char *const *paths, size_t count, struct fault *fault)
{
    struct ahp_matrix *all = memory_get((count + 1) * sizeof(*all));
    struct matrix_file other = {.matrix = {.count = 0}};
    enum muster_error error = matrix_file_load(first, paths[0], fault);
    all[0] = first->matrix;
    for (size_t k = 1; k < count && !error; k++) {
        size_t at[AHP_ITEMS_MAX] = {0};
        error = matrix_file_load(&other, paths[k], fault);
        bool same = !error && other.matrix.count == first->matrix.count;
        for (size_t i = 0; i < first->matrix.count && same; i++) {
            for (at[i] = 0; at[i] < other.matrix.count && strcmp(other.codes[at[i]], first->codes[i]) != 0;)
                at[i]++;
            same = at[i] < other.matrix.count;
        }
        if (!error && !same) {
            error = MUSTER_EBADVALUE;
            fault_set(fault, error, "%s and %s do not compare the same indicators", paths[0], paths[k]);
            fault_step(fault, "give files about the same codes together, others in a second command");
        }
        all[k] = first->matrix;
        for (size_t i = 0; i < all[k].count && !error; i++)
            for (size_t j = 0; j < all[k].count; j++)
                all[k].entry[i][j] = other.matrix.entry[at[i]][at[j]];
        matrix_file_free(&other);
    }
    if (!error && count > 1) {
        error = ahp_mean(&first->matrix, all, count);
        if (error) {
            fault_set(fault, error, "the judgements of %zu people cannot be made one; at most %d can", count, AHP_EXPERTS_MAX);
            fault_step(fault, "give fewer files");
        }
    }
    free(all);
    return error;
}

/* The group of the set that the file's codes are, in the order of the set. */
static enum muster_error file_group(struct indicator_group *out, const struct indicators *set, const struct matrix_file *file,
                                    const char *path, struct fault *fault)
{
    size_t at[AHP_ITEMS_MAX], siblings = 0, n = 0;
    const char *wrong = NULL;
    *out = (struct indicator_group){.parent = INDICATOR_NONE};
    for (size_t i = 0; i < file->matrix.count && !wrong; i++) {
        size_t found = indicator_find(set, file->codes[i], strlen(file->codes[i]));
        if (found == INDICATOR_NONE || (i && set->at[found].parent != out->parent))
            wrong = file->codes[i];
        else
            out->parent = set->at[found].parent;
    }
    for (size_t i = 0; i < set->count && !wrong; i++) {
        if (set->at[i].parent != out->parent)
            continue;
        siblings++;
        for (size_t k = 0; k < file->matrix.count; k++)
            if (strcmp(file->codes[k], set->at[i].code) == 0)
                at[n] = k, out->items[n++] = i;
        if (n < siblings)
            wrong = set->at[i].code;
    }
    if (wrong) {
        fault_set(fault, MUSTER_EBADVALUE, "%s: \"%.100s\" shows that it is not about the indicators under one parent of %s", path, wrong,
                  set->id);
        fault_step(fault, "compare all indicators under one parent in a file, and nothing else; muster show %s lists them", set->id);
        return MUSTER_EBADVALUE;
    }
    out->count = n;
    ahp_matrix_start(&out->matrix, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            out->matrix.entry[i][j] = file->matrix.entry[at[i]][at[j]];
    return MUSTER_OK;
}

enum muster_error ahp_work_do(struct ahp_work *out, const json_t *object, const char *ri, const char *const *paths, size_t count,
                              struct fault *fault)
{
    struct matrix_file file = {.matrix = {.count = 0}};
    struct indicator_group given, *groups = NULL;
    *out = (struct ahp_work){.experts = count};
    enum muster_error error = indicators_read(&out->set, object, fault);
    if (!error && !count && strcmp(value_text_at(out->set.fields, "group_method"), "arithmetic-mean") == 0) {
        error = MUSTER_EBADVALUE;
        fault_set(fault, error, "the weights of %s are means of several people's weights: there is no one matrix to solve", out->set.id);
        fault_step(fault, "muster ahp %s --matrix A.csv --matrix B.csv makes one of their judgements", out->set.id);
    }
    if (!error && count)
        error = files_mean(&file, paths, count, fault);
    if (!error && count)
        error = file_group(&given, &out->set, &file, paths[0], fault);
    if (!error)
        error = indicator_groups(&groups, &out->count, &out->set, count ? &given : NULL, fault);
    if (!error && !out->count) {
        error = MUSTER_EMISSING;
        fault_set(fault, error, "%s has no two indicators under one parent: there is nothing to compare", out->set.id);
        fault_step(fault, "muster update %s indicators=…", out->set.id);
    }
    if (!error) {
        out->groups = memory_get(out->count * sizeof(*out->groups));
        for (size_t g = 0; g < out->count; g++)
            out->groups[g].group = groups[g];
        error = solve_all(out, ri, fault);
    }
    free(groups);
    matrix_file_free(&file);
    return error;
}

enum muster_error ahp_work_files(struct ahp_work *out, const char *ri, const char *const *paths, size_t count, struct fault *fault)
{
    struct matrix_file file = {.matrix = {.count = 0}};
    *out = (struct ahp_work){.experts = count};
    snprintf(out->set.id, sizeof out->set.id, "%s", paths[0]);
    enum muster_error error = files_mean(&file, paths, count, fault);
    if (!error) {
        size_t n = file.matrix.count;
        out->set.at = memory_get(n * sizeof(*out->set.at));
        out->groups = memory_get(sizeof(*out->groups));
        out->count = 1;
        out->groups[0].group = (struct indicator_group){.parent = INDICATOR_NONE, .count = n, .matrix = file.matrix};
        for (size_t i = 0; i < n; i++) {
            out->set.at[i] = (struct indicator){memory_copy(file.codes[i]), "", INDICATOR_NONE, 0};
            out->groups[0].group.items[i] = i;
        }
        out->set.count = n;
        error = solve_all(out, ri, fault);
    }
    matrix_file_free(&file);
    return error;
}

void ahp_work_free(struct ahp_work *work)
{
    indicators_free(&work->set);
    free(work->groups);
    *work = (struct ahp_work){.groups = NULL};
}

/* --- results ----------------------------------------------------------------------------------------------------------- */

static json_t *text_of(int64_t value, int64_t unit)
{
    char text[32];
    ahp_text(text, value, unit);
    return json_string(text);
}

static void matrix_field(json_t *list, const struct ahp_work *work, const struct ahp_group_work *g)
{
    for (size_t i = 0; i < g->group.count; i++)
        for (size_t j = i + 1; j < g->group.count; j++) {
            int32_t entry = g->group.matrix.entry[i][j];
            const char *a = work->set.at[g->group.items[i]].code, *b = work->set.at[g->group.items[j]].code;
            char text[32];
            ahp_entry_text(text, entry < 0 ? -entry : entry);
            json_array_append_new(list, json_sprintf("%s/%s=%s", entry < 0 ? b : a, entry < 0 ? a : b, text));
        }
}

json_t *ahp_work_fields(const struct ahp_work *work)
{
    const struct ahp_result *worst = &work->groups[work->worst].result;
    json_t *fields = json_object(), *weights = json_array(), *matrix = json_array();
    bool *done = memory_get(work->set.count + 1);
    for (size_t g = 0; g < work->count; g++) {
        const struct ahp_group_work *each = &work->groups[g];
        matrix_field(matrix, work, each);
        for (size_t i = 0; i < each->group.count; i++) {
            char text[32];
            ahp_text(text, each->result.weights[i], AHP_WEIGHT);
            done[each->group.items[i]] = true;
            json_array_append_new(weights, json_sprintf("%s=%s", work->set.at[each->group.items[i]].code, text));
        }
    }
    for (size_t i = 0; i < work->set.count; i++)
        if (!done[i]) /* the only one under its parent has all of it */
            json_array_append_new(weights, json_sprintf("%s=1.000000", work->set.at[i].code));
    free(done);
    json_object_set_new(fields, "weights", weights);
    json_object_set_new(fields, "lambda_max", text_of(worst->lambda, AHP_ENTRY));
    json_object_set_new(fields, "ci", text_of(worst->ci, AHP_ENTRY));
    json_object_set_new(fields, "cr", text_of(worst->cr, AHP_ENTRY));
    json_object_set_new(fields, "ri_table", json_string(work->table_name));
    if (work->experts) {
        json_object_set(fields, "matrix", matrix);
        json_object_set_new(fields, "group_method", json_string(work->experts > 1 ? "geometric-mean" : "single"));
        json_object_set_new(fields, "respondents", json_integer((json_int_t)work->experts));
    }
    json_decref(matrix);
    return fields;
}

static json_t *mend_json(const struct ahp_work *work, const struct ahp_group_work *g)
{
    struct ahp_mend mend;
    char said[32], better[32];
    if (!ahp_mend(&mend, &g->group.matrix, &g->result, work->table))
        return json_null();
    ahp_entry_text(said, mend.said);
    ahp_entry_text(better, mend.better);
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "a", work->set.at[g->group.items[mend.a]].code, "b",
                     work->set.at[g->group.items[mend.b]].code, "said", said, "better", better, "cr", text_of(mend.cr, AHP_ENTRY));
}

json_t *ahp_work_groups(const struct ahp_work *work)
{
    json_t *groups = json_array();
    for (size_t k = 0; k < work->count; k++) {
        const struct ahp_group_work *g = &work->groups[k];
        json_t *items = json_array();
        for (size_t i = 0; i < g->group.count; i++) {
            const struct indicator *each = &work->set.at[g->group.items[i]];
            struct ahp_range range = ahp_weight_range(&g->result, g->group.count, i);
            json_array_append_new(
                items, json_pack("{s:s, s:s, s:o, s:o, s:o}", "code", each->code, "name", each->name, "weight",
                                 text_of(g->result.weights[i], AHP_WEIGHT), "falls_to",
                                 range.falls_to < 0 ? json_null() : text_of(range.falls_to, AHP_WEIGHT), "rises_to",
                                 range.rises_to < 0 ? json_null() : text_of(range.rises_to, AHP_WEIGHT)));
        }
        json_array_append_new(
            groups, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "under",
                              g->group.parent == INDICATOR_NONE ? json_null() : json_string(work->set.at[g->group.parent].code), "items",
                              items, "lambda_max", text_of(g->result.lambda, AHP_ENTRY), "ci", text_of(g->result.ci, AHP_ENTRY), "cr",
                              text_of(g->result.cr, AHP_ENTRY), "mend", mend_json(work, g)));
    }
    return groups;
}

/* Is `text` the value of `unit` parts, rounded to as many places as it writes? */
static bool says(const char *text, int64_t value, int64_t unit)
{
    struct decimal d;
    const char *why;
    int64_t theirs, step = unit;
    if (decimal_parse(&d, text, strlen(text), &why) || d.negative)
        return false;
    unsigned places = d.places;
    for (unsigned i = 0; i < places && step > 1; i++)
        step /= 10;
    if (!decimal_scaled(&d, 6, &theirs))
        return false;
    int64_t scale = AHP_WEIGHT / unit;
    return theirs == (value + step / 2) / step * step * scale;
}

const char *ahp_work_differs(const struct ahp_work *work, char theirs[INDICATOR_CODE_BYTES + 32], char mine[32], bool *missing)
{
    const struct ahp_result *worst = &work->groups[work->worst].result;
    const struct {
        const char *field;
        int64_t value;
    } rows[] = {{"lambda_max", worst->lambda}, {"ci", worst->ci}, {"cr", worst->cr}};
    const json_t *weights = json_object_get(work->set.fields, "weights");
    *missing = !json_array_size(weights);
    for (size_t g = 0; g < work->count; g++)
        for (size_t i = 0; i < work->groups[g].group.count; i++) {
            const char *code = work->set.at[work->groups[g].group.items[i]].code, *found = NULL;
            for (size_t k = 0; k < json_array_size(weights) && !found; k++) {
                const char *item = json_string_value(json_array_get(weights, k)), *value = "";
                size_t len = item ? indicator_pair(item, &value) : 0;
                if (len == strlen(code) && memcmp(item, code, len) == 0)
                    found = value;
            }
            if (found && says(found, work->groups[g].result.weights[i], AHP_WEIGHT))
                continue;
            snprintf(theirs, INDICATOR_CODE_BYTES + 32, "%.256s=%.24s", code, found ? found : "?");
            ahp_text(mine, work->groups[g].result.weights[i], AHP_WEIGHT);
            return "weights";
        }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text = value_text_at(work->set.fields, rows[i].field);
        if (!text[0] || says(text, rows[i].value, AHP_ENTRY))
            continue;
        snprintf(theirs, INDICATOR_CODE_BYTES + 32, "%.64s", text);
        ahp_text(mine, rows[i].value, AHP_ENTRY);
        return rows[i].field;
    }
    return NULL;
}
