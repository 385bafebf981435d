#include "tools/score_set.h"

#include "lang/lang.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/vocab.h"
#include "tools/ahp_work.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

static const char *const dimension_names[SCORE_DIMENSIONS] = {"likelihood", "severity", "extent"};

static bool number_read(const char *text, size_t len, int64_t *out)
{
    struct decimal d;
    const char *why;
    return decimal_parse(&d, text, len, &why) == MUSTER_OK && decimal_scaled(&d, 6, out);
}

static const char *item_at(const json_t *list, size_t i, const char **value, size_t *len)
{
    const char *item = json_string_value(json_array_get(list, i));
    *value = "";
    *len = item ? indicator_pair(item, value) : 0;
    return *len ? item : "";
}

static enum muster_error wrong(const struct score_set *s, const char *field, const char *item, const char *why, struct fault *fault)
{
    fault_set(fault, MUSTER_EBADVALUE, "%s: %s: \"%.100s\" cannot be used: %s", s->set.id, field, item, why);
    fault_step(fault, "muster update %s %s=…", s->set.id, field);
    return MUSTER_EBADVALUE;
}

/* --- the parts of a set ------------------------------------------------------------------------------------------------ */

static enum muster_error dimensions_read(struct score_set *s, struct fault *fault)
{
    const json_t *list = json_object_get(s->set.fields, "dimensions");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name;
        size_t len, d = 0;
        const char *item = item_at(list, i, &name, &len);
        size_t at = indicator_find(&s->set, item, len);
        while (d < SCORE_DIMENSIONS && strcmp(dimension_names[d], name) != 0)
            d++;
        if (!len || at == INDICATOR_NONE || d == SCORE_DIMENSIONS)
            return wrong(s, "dimensions", item, _("it is not CODE=likelihood, severity or extent of an indicator"), fault);
        s->nodes[at].dimension = (enum score_dimension)d;
    }
    return MUSTER_OK;
}

static enum muster_error weights_add_up(const struct score_set *s, struct fault *fault)
{
    for (size_t i = 0; i <= s->set.count; i++) {
        size_t parent = i ? i - 1 : INDICATOR_NONE, n = 0;
        int64_t sum = 0;
        for (size_t k = 0; k < s->set.count; k++)
            if (s->set.at[k].parent == parent)
                sum += s->nodes[k].weight, n++;
        if (!n || s->method == SCORE_MAXIMUM || (sum >= 990000 && sum <= 1010000))
            continue;
        char text[32];
        ahp_text(text, sum, AHP_WEIGHT);
        fault_set(fault, MUSTER_EBADVALUE, "%s: the weights under %s add up to %s instead of 1", s->set.id, indicator_above(&s->set, parent), text);
        fault_step(fault, "muster ahp %s --store computes them from judgements", s->set.id);
        return MUSTER_EBADVALUE;
    }
    return MUSTER_OK;
}

static enum muster_error weights_read(struct score_set *s, struct fault *fault)
{
    const json_t *list = json_object_get(s->set.fields, "weights");
    bool *given = memory_get(s->set.count + 1);
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < json_array_size(list) && !error; i++) {
        const char *text;
        size_t len;
        int64_t weight = 0;
        const char *item = item_at(list, i, &text, &len);
        size_t at = indicator_find(&s->set, item, len);
        if (!len || at == INDICATOR_NONE || given[at] || !number_read(text, strlen(text), &weight) || weight < 0 || weight > SCORE_ONE)
            error = wrong(s, "weights", item, _("it is not CODE=WEIGHT, from 0 to 1, of an indicator, once"), fault);
        else
            s->nodes[at].weight = (int32_t)weight, given[at] = true;
    }
    for (size_t i = 0; i < s->set.count && !error; i++) {
        size_t siblings = 0;
        for (size_t k = 0; k < s->set.count; k++)
            siblings += s->set.at[k].parent == s->set.at[i].parent;
        if (siblings == 1)
            s->nodes[i].weight = SCORE_ONE; /* the only one has all of it */
        else if (!given[i] && s->method != SCORE_MAXIMUM) {
            error = MUSTER_EMISSING;
            fault_set(fault, error, "%s: the weight of %s is missing", s->set.id, s->set.at[i].code);
            fault_step(fault, "muster ahp %s --store computes them from judgements", s->set.id);
        }
    }
    free(given);
    return error ? error : weights_add_up(s, fault);
}

static enum muster_error bounds_read(struct score_set *s, struct fault *fault)
{
    const json_t *list = json_object_get(s->set.fields, "bounds");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text;
        size_t len;
        int64_t from = 0, to = 0;
        const char *item = item_at(list, i, &text, &len), *dots = strstr(text, "..");
        size_t at = indicator_find(&s->set, item, len);
        if (!len || at == INDICATOR_NONE || !dots || !number_read(text, (size_t)(dots - text), &from) ||
            !number_read(dots + 2, strlen(dots + 2), &to) || from == to)
            return wrong(s, "bounds", item, _("it is not CODE=from..to of an indicator, two different numbers"), fault);
        s->bounds[at] = (struct score_bounds){from, to};
    }
    return MUSTER_OK;
}

static enum muster_error scale_read(struct score_set *s, struct fault *fault)
{
    const json_t *list = json_object_get(s->set.fields, "scale");
    s->words = memory_get((json_array_size(list) + 1) * sizeof(*s->words));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text;
        size_t len;
        int64_t score = 0;
        const char *item = item_at(list, i, &text, &len);
        if (!len || !number_read(text, strlen(text), &score))
            return wrong(s, "scale", item, _("it is not WORD=SCORE"), fault);
        if (!s->word_count || score < s->lowest)
            s->lowest = score;
        if (!s->word_count || score > s->highest)
            s->highest = score;
        s->words[s->word_count++] = (struct score_word){item, len, score};
    }
    return MUSTER_OK;
}

static int rank_of(const char *level)
{
    int i = token_index(cn_warning_tokens, level, strlen(level));
    return i < 0 ? 0 : cn_warning_ranks[i];
}

static enum muster_error thresholds_read(struct score_set *s, struct fault *fault)
{
    const json_t *list = json_object_get(s->set.fields, "thresholds");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text;
        size_t len;
        int64_t score = 0;
        const char *item = item_at(list, i, &text, &len);
        int token = token_index(cn_warning_tokens, item, len);
        if (!len || token < 0 || s->level_count == SCORE_LEVELS_MAX || !number_read(text, strlen(text), &score) || score < 0 || score > SCORE_ONE)
            return wrong(s, "thresholds", item, _("it is not a warning level, 一级 to 四级, and a score from 0 to 1"), fault);
        size_t at = s->level_count++;
        for (; at > 0 && cn_warning_ranks[token] < rank_of(s->levels[at - 1]); at--) {
            s->levels[at] = s->levels[at - 1];
            s->thresholds[at] = s->thresholds[at - 1];
        }
        s->levels[at] = cn_warning_tokens[token];
        s->thresholds[at] = (int32_t)score;
    }
    for (size_t i = 1; i < s->level_count; i++)
        if (s->thresholds[i] <= s->thresholds[i - 1] || s->levels[i] == s->levels[i - 1])
            return wrong(s, "thresholds", s->levels[i], _("a higher level begins at a higher score, each level once"), fault);
    const char *slack = value_text_at(s->set.fields, "hysteresis");
    int64_t value = 0;
    if (slack[0] && (!number_read(slack, strlen(slack), &value) || value < 0 || value > SCORE_ONE))
        return wrong(s, "hysteresis", slack, _("it is not a number from 0 to 1"), fault);
    s->slack = (int32_t)value;
    return MUSTER_OK;
}

static enum muster_error method_read(struct score_set *s, struct fault *fault)
{
    static const char *const names[SCORE_METHODS] = {"weighted-sum", "weighted-product", "maximum", "dimension-product"};
    const char *name = value_text_at(s->set.fields, "aggregation");
    int m = 0;
    while (m < SCORE_METHODS && strcmp(names[m], name) != 0)
        m++;
    s->method = (enum score_method)m;
    if (m < SCORE_METHODS)
        return MUSTER_OK;
    fault_set(fault, name[0] ? MUSTER_ETOKEN : MUSTER_EMISSING, "%s does not say how scores become one in a way that is known here%s%.40s", s->set.id,
              name[0] ? ": " : "", name);
    fault_step(fault, "muster update %s aggregation=weighted-sum", s->set.id);
    fault_step(fault, "muster update %s aggregation=dimension-product", s->set.id);
    return name[0] ? MUSTER_ETOKEN : MUSTER_EMISSING;
}

enum muster_error score_set_read(struct score_set *out, const json_t *object, struct fault *fault)
{
    *out = (struct score_set){.nodes = NULL};
    enum muster_error error = indicators_read(&out->set, object, fault);
    size_t count = out->set.count;
    if (error)
        return error;
    out->nodes = memory_get((count + 1) * sizeof(*out->nodes));
    out->bounds = memory_get((count + 1) * sizeof(*out->bounds));
    for (size_t i = 0; i < count; i++)
        out->nodes[i] = (struct score_node){.parent = out->set.at[i].parent, .dimension = SCORE_DIMENSIONS};
    error = method_read(out, fault);
    if (!error)
        error = dimensions_read(out, fault);
    if (!error)
        error = weights_read(out, fault);
    if (!error)
        error = bounds_read(out, fault);
    if (!error)
        error = scale_read(out, fault);
    return error ? error : thresholds_read(out, fault);
}

void score_set_free(struct score_set *set)
{
    indicators_free(&set->set);
    free(set->nodes);
    free(set->bounds);
    free(set->words);
    *set = (struct score_set){.nodes = NULL};
}

size_t score_level_place(const struct score_set *set, const char *level)
{
    size_t place = 0;
    for (size_t i = 0; i < set->level_count && level; i++)
        if (rank_of(set->levels[i]) <= rank_of(level))
            place = i + 1;
    return place;
}

/* --- readings -------------------------------------------------------------------------------------------------------- */

static bool reading_score(const struct score_set *s, size_t at, const char *text, int32_t *score)
{
    int64_t value;
    for (size_t i = 0; i < s->word_count; i++)
        if (strlen(text) == s->words[i].len && memcmp(text, s->words[i].word, s->words[i].len) == 0) {
            *score = score_between(s->words[i].score, s->lowest, s->highest);
            return true;
        }
    if (!number_read(text, strlen(text), &value))
        return false;
    if (s->bounds[at].from != s->bounds[at].to) {
        *score = score_between(value, s->bounds[at].from, s->bounds[at].to);
        return true;
    }
    int64_t low = s->word_count ? s->lowest : 0, high = s->word_count ? s->highest : SCORE_SET_UNIT;
    if (value < low || value > high)
        return false;
    *score = score_between(value, low, high);
    return true;
}

static enum muster_error reading_wrong(const struct score_set *s, size_t at, const char *text, struct fault *fault)
{
    fault_set(fault, MUSTER_EUSAGE, "%s: \"%.60s\" is no reading of it", s->set.at[at].code, text);
    if (s->bounds[at].from != s->bounds[at].to)
        fault_why(fault, "it is measured: a number without its unit");
    else if (s->word_count)
        fault_why(fault, "it is rated by a word of the set's scale, or by a number from the lowest to the highest score of it");
    else
        fault_why(fault, "the set has neither bounds nor a scale for it: it is rated from 0 to 1");
    fault_step(fault, "muster show %s", s->set.id);
    return MUSTER_EUSAGE;
}

static enum muster_error reading_take(struct score_figures *f, const struct score_set *s, const char *text, struct fault *fault)
{
    const char *value = "";
    size_t len = indicator_pair(text, &value), at = indicator_find(&s->set, text, len);
    if (!len || at == INDICATOR_NONE) {
        fault_set(fault, MUSTER_EUSAGE, "\"%.100s\" names no indicator of %s", text, s->set.id);
        fault_step(fault, "muster show %s lists the indicators", s->set.id);
        return MUSTER_EUSAGE;
    }
    if (s->set.at[at].children || f->readings[at]) {
        fault_set(fault, MUSTER_EUSAGE, s->set.at[at].children ? "%s has no reading of its own: those below it have" : "%s is given twice",
                  s->set.at[at].code);
        fault_step(fault, "muster show %s lists the indicators", s->set.id);
        return MUSTER_EUSAGE;
    }
    if (!reading_score(s, at, value, &f->scores[at]))
        return reading_wrong(s, at, value, fault);
    f->readings[at] = value;
    return MUSTER_OK;
}

const char **score_readings(const json_t *inputs, size_t *count)
{
    *count = json_array_size(inputs);
    const char **texts = memory_get((*count + 1) * sizeof(*texts));
    for (size_t i = 0; i < *count; i++)
        texts[i] = json_is_string(json_array_get(inputs, i)) ? json_string_value(json_array_get(inputs, i)) : "";
    return texts;
}

enum muster_error score_figures_make(struct score_figures *out, const struct score_set *set, const char *const *texts, size_t count,
                                     const char *before, bool hangs, struct fault *fault)
{
    size_t n = set->set.count;
    *out = (struct score_figures){.scores = memory_get((n + 1) * sizeof(int32_t)), .changes = memory_get((n + 1) * sizeof(int32_t)),
                                  .readings = memory_get((n + 1) * sizeof(char *)), .count = n};
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++)
        error = reading_take(out, set, texts[i], fault);
    for (size_t i = 0; i < n && !error; i++) {
        if (out->readings[i] || set->set.at[i].children)
            continue;
        error = MUSTER_EMISSING;
        fault_set(fault, error, "the reading of %s is missing (%.100s)", set->set.at[i].code, set->set.at[i].name);
        fault_why(fault, "what is not known is not taken for nothing");
        fault_step(fault, "give it as %s=VALUE", set->set.at[i].code);
    }
    for (size_t i = 0; i < n; i++)
        set->nodes[i].score = out->scores[i];
    if (!error && (error = score_compute(&out->result, set->nodes, n, set->method)) != MUSTER_OK) {
        fault_set(fault, error, "%s cannot be computed with: its indicators, weights and dimensions do not fit together", set->set.id);
        fault_why(fault, "a dimension does not stand below another one, and a product of dimensions wants one");
        fault_step(fault, "muster show %s", set->set.id);
    }
    for (size_t i = 0; i < n && hangs && !error; i++)
        error = score_sensitivity(&out->changes[i], set->nodes, n, set->method, i);
    if (error)
        return error;
    size_t level = score_level(out->result.result, set->thresholds, set->level_count, score_level_place(set, before), set->slack);
    out->level = level ? set->levels[level - 1] : NULL;
    return MUSTER_OK;
}

void score_figures_free(struct score_figures *figures)
{
    free(figures->scores);
    free(figures->changes);
    free(figures->readings);
    *figures = (struct score_figures){.scores = NULL};
}

static void number_set(json_t *fields, const char *name, int32_t value)
{
    char text[32];
    ahp_text(text, value, SCORE_RESULT);
    if (value >= 0)
        json_object_set_new(fields, name, json_string(text));
}

json_t *score_figures_fields(const struct score_set *set, const struct score_figures *figures)
{
    json_t *fields = json_object(), *scores = json_array(), *inputs = json_array(), *changes = json_array();
    for (size_t i = 0; i < figures->count; i++) {
        const char *code = set->set.at[i].code;
        int32_t change = figures->changes[i];
        char text[32];
        ahp_text(text, change < 0 ? -change : change, SCORE_RESULT);
        json_array_append_new(changes, json_sprintf("%s=%s%s", code, change < 0 ? "-" : "", text));
        if (!figures->readings[i])
            continue;
        ahp_text(text, figures->scores[i], SCORE_ONE);
        json_array_append_new(scores, json_sprintf("%s=%s", code, text));
        json_array_append_new(inputs, json_sprintf("%s=%s", code, figures->readings[i]));
    }
    json_object_set_new(fields, "scores", scores);
    json_object_set_new(fields, "inputs", inputs);
    json_object_set_new(fields, "sensitivity", changes);
    number_set(fields, "result", figures->result.result);
    for (size_t d = 0; d < SCORE_DIMENSIONS; d++)
        number_set(fields, dimension_names[d], figures->result.dimensions[d]);
    if (figures->level)
        json_object_set_new(fields, "level", json_string(figures->level));
    return fields;
}
