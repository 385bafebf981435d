#include "protocol/kinds/field.h"

#include "base/ids.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/geo.h"
#include "protocol/kinds/time3339.h"
#include "protocol/kinds/ucum.h"

#include <string.h>

static const char *const type_names[] = {
    [FIELD_TEXT] = "text",     [FIELD_TOKEN] = "token", [FIELD_TOKENS] = "tokens", [FIELD_TEXTS] = "texts",
    [FIELD_INT] = "int",       [FIELD_DECIMAL] = "decimal", [FIELD_TIME] = "time", [FIELD_POINT] = "point",
    [FIELD_AREA] = "area",     [FIELD_OBJECT] = "object", [FIELD_LINKS] = "links", [FIELD_FLAG] = "flag",
    [FIELD_EVIDENCE] = "evidence",
};

/* What a person is told to write; as nouns behind "is not". */
static const char *const type_nouns[] = {
    [FIELD_TEXT] = "a text",
    [FIELD_TOKEN] = "a text",
    [FIELD_TOKENS] = "a list of texts",
    [FIELD_TEXTS] = "a list of texts",
    [FIELD_INT] = "a whole number",
    [FIELD_DECIMAL] = "a decimal number as text",
    [FIELD_TIME] = "a time as text",
    [FIELD_POINT] = "a point as text",
    [FIELD_AREA] = "a list of areas as text",
    [FIELD_OBJECT] = "an object id of 16 bytes",
    [FIELD_LINKS] = "a list of pairs of a role and an object id of 16 bytes",
    [FIELD_FLAG] = "yes or no",
    [FIELD_EVIDENCE] = "a pair of media type and bytes",
};

const char *field_type_name(enum field_type type)
{
    return (size_t)type < ARRAY_LEN(type_names) ? type_names[type] : "unknown";
}

const char *field_form_name(enum field_form form)
{
    static const char *const names[] = {
        [FORM_UCUM] = "ucum",       [FORM_GLIDE] = "glide",       [FORM_LATITUDE] = "latitude",
        [FORM_LONGITUDE] = "longitude", [FORM_COUNTRY] = "country", [FORM_CURRENCY] = "currency",
        [FORM_SHARE] = "share",     [FORM_PAIR] = "pair",         [FORM_PAIR_DECIMAL] = "pair-decimal",
        [FORM_RATIO] = "ratio",
    };
    return (size_t)form < ARRAY_LEN(names) ? names[form] : NULL;
}

bool field_is_list(const struct field *field)
{
    return field->type == FIELD_TOKENS || field->type == FIELD_TEXTS || field->type == FIELD_AREA ||
           field->type == FIELD_LINKS;
}

static enum muster_error wrong_type(const struct field *f, struct kind_problem *problem)
{
    return problem_set(problem, MUSTER_EBADVALUE, f, NULL, "%s: the value is not %s", f->name, type_nouns[f->type]);
}

static enum muster_error wrong_form(const struct field *f, struct bytes run, const char *why, enum muster_error error,
                                    struct kind_problem *problem)
{
    char quoted[QUOTE_BYTES];
    return problem_set(problem, error, f, NULL, "%s: %s does not fit: %s", f->name,
                       problem_quote(quoted, run.at, run.len), why);
}

enum { CHOICES_BYTES = 200 };

/* " (latent, warned, ...)": what there is to choose from, when nothing near can be suggested. */
static const char *choices(char out[CHOICES_BYTES], const char *const *tokens)
{
    size_t n = 2;
    memcpy(out, " (", 3);
    for (; *tokens; tokens++) {
        size_t len = strlen(*tokens);
        if (n + len + sizeof(", ...)") > CHOICES_BYTES) {
            memcpy(out + n, ", ...", 5);
            n += 5;
            break;
        }
        if (n > 2) {
            memcpy(out + n, ", ", 2);
            n += 2;
        }
        memcpy(out + n, *tokens, len);
        n += len;
    }
    memcpy(out + n, ")", 2);
    return out;
}

static enum muster_error token_check(const struct field *f, struct bytes run, struct kind_problem *problem)
{
    if (token_index(f->tokens, run.at, run.len) >= 0)
        return MUSTER_OK;
    if (!problem) /* the way of every record that others wrote: no search for words that nobody reads */
        return MUSTER_ETOKEN;
    char quoted[QUOTE_BYTES], list[CHOICES_BYTES];
    const char *near = token_suggest(f->tokens, f->vocab, run.at, run.len);
    return problem_set(problem, MUSTER_ETOKEN, f, near, "%s: %s is none of its %s%s", f->name,
                       problem_quote(quoted, run.at, run.len), f->type == FIELD_LINKS ? "roles" : "values",
                       near ? "" : choices(list, f->tokens));
}

static bool letters(struct bytes run, size_t from, size_t to)
{
    for (size_t i = 0; i < run.len; i++)
        if (run.at[i] < 'A' || run.at[i] > 'Z')
            return false;
    return run.len >= from && run.len <= to;
}

/* HH-YYYY-NNNNNN-CCC */
static bool is_glide(struct bytes run)
{
    static const char shape[] = "AA-0000-000000-AAA";
    if (run.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < run.len; i++) {
        uint8_t c = run.at[i];
        bool fits = shape[i] == 'A' ? c >= 'A' && c <= 'Z' : shape[i] == '0' ? c >= '0' && c <= '9' : c == '-';
        if (!fits)
            return false;
    }
    return true;
}

static enum muster_error decimal_check(const struct field *f, struct bytes run, struct kind_problem *problem)
{
    static const struct decimal one = {.whole = 1}, lat = {.whole = 90}, lon = {.whole = 180};
    const char *why = "";
    struct decimal d;
    enum muster_error error = decimal_parse(&d, (const char *)run.at, run.len, &why);
    if (error)
        return wrong_form(f, run, why, error, problem);
    struct decimal size = d.negative ? decimal_negate(d) : d;
    if ((f->flags & FIELD_POSITIVE) && d.negative)
        why = "it cannot be below zero";
    else if (f->form == FORM_LATITUDE && decimal_compare(&size, &lat) > 0)
        why = "a latitude lies between -90 and 90";
    else if (f->form == FORM_LONGITUDE && decimal_compare(&size, &lon) > 0)
        why = "a longitude lies between -180 and 180";
    else if (f->form == FORM_SHARE && decimal_compare(&size, &one) > 0)
        why = "a share lies between 0 and 1";
    else
        return MUSTER_OK;
    return wrong_form(f, run, why, MUSTER_EBADVALUE, problem);
}

/* NAME=TEXT, NAME=DECIMAL, A/B=DECIMAL from 1 to 9; NULL if it fits. */
static const char *pair_fault(enum field_form form, struct bytes run)
{
    static const struct decimal one = {.whole = 1}, nine = {.whole = 9};
    const char *equals = memchr(run.at, '=', run.len);
    size_t name = equals ? (size_t)(equals - (const char *)run.at) : 0, value = equals ? run.len - name - 1 : 0;
    const uint8_t *slash = memchr(run.at, '/', name);
    const char *why = NULL;
    struct decimal d;
    if (!name || !value)
        return form == FORM_RATIO ? "a comparison is written A/B=3" : "an item is written NAME=VALUE";
    if (form == FORM_PAIR)
        return NULL;
    if (decimal_parse(&d, equals + 1, value, &why))
        return why;
    if (form == FORM_PAIR_DECIMAL)
        return NULL;
    if (!slash || slash == run.at || slash + 1 == run.at + name)
        return "a comparison is written A/B=3";
    if (decimal_compare(&d, &one) < 0 || decimal_compare(&d, &nine) > 0)
        return "a comparison lies between 1 and 9; name the weightier one first";
    return NULL;
}

static enum muster_error text_check(const struct field *f, struct bytes run, struct kind_problem *problem)
{
    const char *why = "";
    enum muster_error error = MUSTER_OK;
    if (run.len == 0 && !field_is_list(f))
        return MUSTER_OK;
    if (f->form >= FORM_PAIR && (why = pair_fault(f->form, run)) != NULL)
        error = MUSTER_EBADVALUE;
    else if (f->form == FORM_UCUM)
        error = ucum_check((const char *)run.at, run.len, &why);
    else if (f->form == FORM_GLIDE && !is_glide(run))
        error = MUSTER_EBADVALUE, why = "a GLIDE number is written like FL-2024-000199-ESP";
    else if (f->form == FORM_COUNTRY && !letters(run, 2, 3))
        error = MUSTER_EBADVALUE, why = "a country is its ISO 3166-1 code, like CN or CHN";
    else if (f->form == FORM_CURRENCY && !letters(run, 3, 3))
        error = MUSTER_EBADVALUE, why = "a currency is its ISO 4217 code, like CNY";
    return error ? wrong_form(f, run, why, error, problem) : MUSTER_OK;
}

/* One text, as a value of its own or as an item of a list. */
static enum muster_error run_check(const struct field *f, const struct pack_value *v, struct kind_problem *problem)
{
    struct time3339 at;
    struct geo_point point;
    enum geo_shape shape;
    const char *why = "";
    if (v->type != PACK_TEXT)
        return wrong_type(f, problem);
    struct bytes run = v->u.run;
    const char *text = (const char *)run.at;
    if (f->type == FIELD_TOKEN || f->type == FIELD_TOKENS)
        return token_check(f, run, problem);
    if (run.len > f->max_bytes)
        return problem_set(problem, MUSTER_ETOOBIG, f, NULL, "%s: the text has %zu bytes, and at most %u are allowed",
                           f->name, run.len, (unsigned)f->max_bytes);
    switch (f->type) {
    case FIELD_DECIMAL:
        return decimal_check(f, run, problem);
    case FIELD_TIME:
        if (time3339_parse(&at, text, run.len, &why))
            return wrong_form(f, run, why, MUSTER_EBADVALUE, problem);
        return MUSTER_OK;
    case FIELD_POINT:
        if (geo_point_parse(&point, text, run.len, &why))
            return wrong_form(f, run, why, MUSTER_EBADVALUE, problem);
        return MUSTER_OK;
    case FIELD_AREA:
        if (geo_area_check(text, run.len, &shape, &why))
            return wrong_form(f, run, why, MUSTER_EBADVALUE, problem);
        return MUSTER_OK;
    case FIELD_TEXTS:
        if (run.len == 0)
            return wrong_form(f, run, "an item of the list is empty", MUSTER_EBADVALUE, problem);
        return text_check(f, run, problem);
    default:
        return text_check(f, run, problem);
    }
}

static enum muster_error link_check(const struct field *f, struct cursor *c, struct kind_problem *problem)
{
    struct pack_value pair, role, object;
    if (!pack_next(c, &pair, true) || pair.type != PACK_ARRAY || pair.u.count != 2 || !pack_next(c, &role, false) ||
        !pack_next(c, &object, false) || role.type != PACK_TEXT || object.type != PACK_BYTES ||
        object.u.run.len != OBJECT_ID_BYTES)
        return wrong_type(f, problem);
    return token_check(f, role.u.run, problem);
}

/* Tokens are a set: a repeated one is a slip of the hand. */
static bool token_repeats(struct cursor start, uint32_t before, struct bytes run)
{
    struct pack_value v;
    while (before-- && pack_next(&start, &v, false))
        if (v.u.run.len == run.len && memcmp(v.u.run.at, run.at, run.len) == 0)
            return true;
    return false;
}

static enum muster_error list_check(const struct field *f, const struct pack_value *value, struct kind_problem *problem)
{
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    struct pack_value list, item;
    if (value->type != PACK_ARRAY || !pack_next(&c, &list, true))
        return wrong_type(f, problem);
    if (list.u.count > f->max_items)
        return problem_set(problem, MUSTER_ETOOBIG, f, NULL, "%s: the list has %u items, and at most %u are allowed",
                           f->name, (unsigned)list.u.count, (unsigned)f->max_items);
    struct cursor start = c;
    for (uint32_t i = 0; i < list.u.count; i++) {
        enum muster_error error;
        if (f->type == FIELD_LINKS)
            error = link_check(f, &c, problem);
        else if (!pack_next(&c, &item, false))
            error = wrong_type(f, problem);
        else
            error = run_check(f, &item, problem);
        if (error)
            return error;
        if (f->type == FIELD_TOKENS && token_repeats(start, i, item.u.run))
            return wrong_form(f, item.u.run, "it stands in the list twice", MUSTER_EDUPLICATE, problem);
    }
    return MUSTER_OK;
}

static enum muster_error evidence_check(const struct field *f, const struct pack_value *v, struct kind_problem *problem)
{
    struct pack_value media, run;
    if (v->type != PACK_MAP || v->u.count != 2 || !pack_get(v->whole, 1, &media) || !pack_get(v->whole, 2, &run) ||
        media.type != PACK_TEXT || run.type != PACK_BYTES)
        return wrong_type(f, problem);
    if (media.u.run.len == 0 || media.u.run.len > FIELD_LINE_BYTES)
        return problem_set(problem, MUSTER_EBADVALUE, f, NULL, "%s: its media type has 1 to %d bytes", f->name,
                           FIELD_LINE_BYTES);
    if (run.u.run.len > f->max_bytes)
        return problem_set(problem, MUSTER_ETOOBIG, f, NULL, "%s: the file has %zu bytes, and at most %u are allowed",
                           f->name, run.u.run.len, (unsigned)f->max_bytes);
    return MUSTER_OK;
}

enum muster_error field_check(const struct field *f, const struct pack_value *v, struct kind_problem *problem)
{
    if (v->type == PACK_NIL)
        return MUSTER_OK;
    if (field_is_list(f))
        return list_check(f, v, problem);
    switch (f->type) {
    case FIELD_INT:
        if ((v->type != PACK_UINT && v->type != PACK_INT) || (v->type == PACK_UINT && v->u.uint > INT64_MAX))
            return wrong_type(f, problem);
        if ((f->flags & FIELD_POSITIVE) && v->type == PACK_INT)
            return problem_set(problem, MUSTER_EBADVALUE, f, NULL, "%s: %lld does not fit: it cannot be below zero",
                               f->name, (long long)v->u.sint);
        return MUSTER_OK;
    case FIELD_OBJECT:
        return v->type == PACK_BYTES && v->u.run.len == OBJECT_ID_BYTES ? MUSTER_OK : wrong_type(f, problem);
    case FIELD_FLAG:
        return v->type == PACK_BOOL ? MUSTER_OK : wrong_type(f, problem);
    case FIELD_EVIDENCE:
        return evidence_check(f, v, problem);
    default:
        return run_check(f, v, problem);
    }
}

bool field_says_nothing(const struct pack_value *v)
{
    return v->type == PACK_NIL || (v->type == PACK_TEXT && v->u.run.len == 0) ||
           (v->type == PACK_ARRAY && v->u.count == 0);
}

static bool rank_of(const struct field *f, const struct pack_value *v, int64_t *out)
{
    int i = v->type == PACK_TEXT && f->ranks ? token_index(f->tokens, v->u.run.at, v->u.run.len) : -1;
    if (i >= 0)
        *out = f->ranks[i];
    return i >= 0;
}

static bool rank_of_list(const struct field *f, const struct pack_value *v, int64_t *out)
{
    struct cursor c = cursor_over(v->whole.at, v->whole.len);
    struct pack_value item;
    int64_t rank;
    bool any = false;
    if (v->type != PACK_ARRAY || !pack_next(&c, &item, true))
        return false;
    while (pack_next(&c, &item, false))
        if (rank_of(f, &item, &rank) && (!any || rank > *out)) {
            *out = rank;
            any = true;
        }
    return any;
}

bool field_number_value(const struct field *f, const struct pack_value *v, int64_t *out)
{
    struct decimal d;
    struct time3339 at;
    switch (f->type) {
    case FIELD_TOKEN:
        return rank_of(f, v, out);
    case FIELD_TOKENS:
        return rank_of_list(f, v, out);
    case FIELD_INT:
        if (v->type == PACK_INT)
            *out = v->u.sint;
        else if (v->type == PACK_UINT && v->u.uint <= INT64_MAX)
            *out = (int64_t)v->u.uint;
        else
            return false;
        return true;
    case FIELD_FLAG:
        if (v->type != PACK_BOOL)
            return false;
        *out = v->u.boolean;
        return true;
    case FIELD_DECIMAL:
        if (v->type != PACK_TEXT || decimal_parse(&d, (const char *)v->u.run.at, v->u.run.len, NULL))
            return false;
        (void)decimal_scaled(&d, 6, out); /* beyond its ends, the end is the order */
        return true;
    case FIELD_TIME:
        if (v->type != PACK_TEXT || time3339_parse(&at, (const char *)v->u.run.at, v->u.run.len, NULL))
            return false;
        *out = at.ms;
        return true;
    default:
        return false;
    }
}
