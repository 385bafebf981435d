#include "tools/indicators.h"

#include "lang/lang.h"
#include "protocol/kinds/decimal.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

size_t indicator_pair(const char *item, const char **value)
{
    const char *equals = strchr(item, '=');
    if (!equals || equals == item || (size_t)(equals - item) >= INDICATOR_CODE_BYTES)
        return 0;
    *value = equals + 1;
    return (size_t)(equals - item);
}

size_t indicator_find(const struct indicators *set, const char *code, size_t len)
{
    for (size_t i = 0; i < set->count; i++)
        if (strlen(set->at[i].code) == len && memcmp(set->at[i].code, code, len) == 0)
            return i;
    return INDICATOR_NONE;
}

const char *indicator_above(const struct indicators *set, size_t parent)
{
    return parent == INDICATOR_NONE ? set->id : set->at[parent].code;
}

static enum muster_error codes_read(struct indicators *set, struct fault *fault)
{
    const json_t *list = json_object_get(set->fields, "indicators");
    size_t count = json_array_size(list);
    set->at = memory_get((count + 1) * sizeof(*set->at));
    for (size_t i = 0; i < count && i < INDICATORS_MAX; i++) {
        const char *item = json_string_value(json_array_get(list, i)), *name = "";
        size_t len = item ? indicator_pair(item, &name) : 0;
        if (!len)
            continue; /* of a later version of the format: it has no code, so nothing can name it */
        if (indicator_find(set, item, len) != INDICATOR_NONE) {
            fault_set(fault, MUSTER_EBADVALUE, "the indicator \"%.*s\" is there twice", (int)len, item);
            fault_step(fault, "muster update %s indicators=… gives every indicator its own code", set->id);
            return MUSTER_EBADVALUE;
        }
        char *code = memory_get(len + 1);
        memcpy(code, item, len);
        set->at[set->count++] = (struct indicator){code, name, INDICATOR_NONE, 0};
    }
    return MUSTER_OK;
}

static enum muster_error parents_read(struct indicators *set, struct fault *fault)
{
    const json_t *list = json_object_get(set->fields, "parents");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i)), *above = "";
        size_t len = item ? indicator_pair(item, &above) : 0;
        size_t child = indicator_find(set, item ? item : "", len), parent = indicator_find(set, above, strlen(above));
        if (!len || child == INDICATOR_NONE || parent == INDICATOR_NONE) {
            fault_set(fault, MUSTER_EBADVALUE, "parents: \"%.100s\" names an indicator that there is not", item ? item : "");
            fault_step(fault, "muster show %s lists the indicators", set->id);
            return MUSTER_EBADVALUE;
        }
        set->at[child].parent = parent;
    }
    for (size_t i = 0; i < set->count; i++) {
        size_t up = set->at[i].parent, steps = 0;
        for (; up != INDICATOR_NONE && steps <= set->count; steps++)
            up = set->at[up].parent;
        if (steps > set->count) {
            fault_set(fault, MUSTER_EBADVALUE, "parents: \"%.100s\" stands above itself", set->at[i].code);
            fault_step(fault, "muster update %s parents=… makes a tree of them", set->id);
            return MUSTER_EBADVALUE;
        }
        if (set->at[i].parent != INDICATOR_NONE)
            set->at[set->at[i].parent].children++;
    }
    return MUSTER_OK;
}

enum muster_error indicators_read(struct indicators *out, const json_t *object, struct fault *fault)
{
    *out = (struct indicators){.fields = json_object_get(object, "fields")};
    const char *id = value_text_at(object, "short");
    snprintf(out->id, sizeof out->id, "%s", id[0] ? id : value_text_at(object, "id"));
    if (strcmp(value_text_at(object, "kind"), "indicator-set") != 0) {
        fault_set(fault, MUSTER_EKIND, "%s is no indicator set but a record of the kind %s", out->id, value_text_at(object, "kind"));
        fault_step(fault, "muster list indicator-set");
        return MUSTER_EKIND;
    }
    enum muster_error error = codes_read(out, fault);
    return error ? error : parents_read(out, fault);
}

void indicators_free(struct indicators *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->at[i].code);
    free(set->at);
    *set = (struct indicators){.at = NULL};
}

/* --- judgements ------------------------------------------------------------------------------------------------------ */

static size_t place_in(const struct indicator_group *group, size_t indicator)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i] == indicator)
            return i;
    return INDICATOR_NONE;
}

static enum muster_error group_make(struct indicator_group *group, const struct indicators *set, size_t parent, struct fault *fault)
{
    *group = (struct indicator_group){.parent = parent};
    for (size_t i = 0; i < set->count; i++) {
        if (set->at[i].parent != parent)
            continue;
        if (group->count == AHP_ITEMS_MAX) {
            fault_set(fault, MUSTER_ETOOBIG, "under %s stand more than %d indicators: nobody can compare so many in pairs",
                      indicator_above(set, parent), AHP_ITEMS_MAX);
            fault_step(fault, "muster update %s parents=… puts those that belong together under one of their own", set->id);
            return MUSTER_ETOOBIG;
        }
        group->items[group->count++] = i;
    }
    ahp_matrix_start(&group->matrix, group->count);
    return MUSTER_OK;
}

static enum muster_error item_wrong(const struct indicators *set, const char *item, const char *why, struct fault *fault)
{
    fault_set(fault, MUSTER_EBADVALUE, "matrix: the judgement \"%.100s\" cannot be used: %s", item, why);
    fault_step(fault, "muster show %s lists the indicators and judgements", set->id);
    return MUSTER_EBADVALUE;
}

/* "A/B=3" into the group that both stand in. */
static enum muster_error judgement_take(struct indicator_group *groups, size_t count, const struct indicators *set, const char *item,
                                        const struct indicator_group *filled, struct fault *fault)
{
    const char *text = "", *slash, *why;
    size_t len = indicator_pair(item, &text);
    struct decimal d;
    int64_t value;
    slash = len ? memchr(item, '/', len) : NULL;
    if (!slash || decimal_parse(&d, text, strlen(text), &why) || !decimal_scaled(&d, 4, &value) || value > AHP_SCALE_MAX * AHP_ENTRY ||
        value < AHP_ENTRY || d.negative)
        return item_wrong(set, item, _("it is not of the form A/B=3"), fault);
    size_t a = indicator_find(set, item, (size_t)(slash - item)), b = indicator_find(set, slash + 1, len - (size_t)(slash - item) - 1);
    if (a == INDICATOR_NONE || b == INDICATOR_NONE)
        return item_wrong(set, item, _("there is no such indicator"), fault);
    if (a == b || set->at[a].parent != set->at[b].parent)
        return item_wrong(set, item, _("only indicators under one parent are compared"), fault);
    for (size_t g = 0; g < count; g++) {
        size_t i = place_in(&groups[g], a), j = place_in(&groups[g], b);
        if (i == INDICATOR_NONE || j == INDICATOR_NONE)
            continue;
        if (filled && filled->parent == groups[g].parent)
            return MUSTER_OK;
        if (groups[g].matrix.entry[i][j])
            return item_wrong(set, item, _("the two are compared twice"), fault);
        ahp_matrix_set(&groups[g].matrix, i, j, (int32_t)value);
    }
    return MUSTER_OK;
}

enum muster_error indicator_matrix_fault(const struct indicator_group *group, char *const *codes, bool mean, const char *where,
                                         struct fault *fault)
{
    size_t row, column;
    enum ahp_fault wrong = ahp_matrix_fault(&group->matrix, mean, &row, &column);
    enum muster_error error = wrong == AHP_MISSING ? MUSTER_EMISSING : MUSTER_EBADVALUE;
    const char *a = codes[row], *b = codes[column];
    switch (wrong) {
    case AHP_SOUND:
        return MUSTER_OK;
    case AHP_MISSING:
        fault_set(fault, error, "%s: nobody has compared %.100s with %.100s", where, a, b);
        fault_why(fault, "what is not said is not taken for equal");
        fault_step(fault, "give %.100s/%.100s a judgement: 1 if they matter equally, else 2 to 9, the weightier one first", a, b);
        return error;
    case AHP_DIAGONAL:
        fault_set(fault, error, "%s: row %.100s, column %.100s: an indicator compared with itself is 1", where, a, b);
        break;
    case AHP_NOT_RECIPROCAL:
        fault_set(fault, error, "%s: row %.100s, column %.100s says something else than row %.100s, column %.100s", where, a, b, b, a);
        fault_why(fault, "if the one matters 3 times as much, the other matters 1/3 times as much; one of the two cells may stay empty");
        break;
    case AHP_OFF_SCALE:
        fault_set(fault, error, "%s: row %.100s, column %.100s is off the scale", where, a, b);
        fault_why(fault, "one person's judgement is a whole number from 1 to 9, or one of 1/2 to 1/9");
        break;
    }
    fault_step(fault, "correct that judgement and give the command again");
    return error;
}

enum muster_error indicator_groups(struct indicator_group **groups, size_t *count, const struct indicators *set,
                                   const struct indicator_group *filled, struct fault *fault)
{
    const json_t *list = json_object_get(set->fields, "matrix");
    bool mean = strcmp(value_text_at(set->fields, "group_method"), "geometric-mean") == 0;
    struct indicator_group *all = memory_get((set->count + 1) * sizeof(*all));
    enum muster_error error = MUSTER_OK;
    *groups = all;
    *count = 0;
    for (size_t i = 0; i <= set->count && !error; i++) {
        size_t parent = i ? i - 1 : INDICATOR_NONE;
        if (i && !set->at[parent].children)
            continue;
        error = group_make(&all[*count], set, parent, fault);
        if (all[*count].count > 1)
            (*count)++;
    }
    for (size_t i = 0; i < json_array_size(list) && !error; i++) {
        const char *item = json_string_value(json_array_get(list, i)); /* of a later version it may be something else */
        error = judgement_take(all, *count, set, item ? item : "", filled, fault);
    }
    for (size_t g = 0; g < *count && !error; g++) {
        char *codes[AHP_ITEMS_MAX];
        bool given = filled && filled->parent == all[g].parent;
        if (given)
            all[g] = *filled;
        for (size_t i = 0; i < all[g].count; i++)
            codes[i] = set->at[all[g].items[i]].code;
        error = indicator_matrix_fault(&all[g], codes, mean || given, set->id, fault);
    }
    return error;
}
