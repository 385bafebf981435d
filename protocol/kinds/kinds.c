#include "protocol/kinds/kinds.h"

#include "base/limits.h"
#include "base/text.h"
#include "protocol/kinds/nearest.h"

#include <string.h>

static const struct kind *const kinds[] = {
    &kind_incident, &kind_resource, &kind_evaluation, &kind_sitrep, &kind_observation, &kind_warning, &kind_release,
    &kind_rumour, &kind_request, &kind_deployment, &kind_indicator_set, &kind_assessment, &kind_plan, &kind_exercise,
    &kind_finding, &kind_corrective_action, &kind_organisation, &kind_role, &kind_mandate, &kind_loss,
    &kind_recovery_project, &kind_task,
    &kind_agreement,
};

static const struct reserved {
    const char *name, *prefix;
} reserved[] = {
#define X(constant, number, name, prefix) [number] = {name, prefix},
    MUSTER_KINDS(X)
#undef X
};

size_t kind_count(void)
{
    return ARRAY_LEN(kinds);
}

const struct kind *kind_at(size_t i)
{
    return i < ARRAY_LEN(kinds) ? kinds[i] : NULL;
}

const struct kind *kind_by_number(uint16_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i]->number == number)
            return kinds[i];
    return NULL;
}

const struct kind *kind_by_prefix(const char *prefix)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i]->prefix, prefix) == 0)
            return kinds[i];
    return NULL;
}

const struct kind *kind_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i]->name);
        if (strncmp(kinds[i]->name, name, n) == 0 && (name[n] == 0 || strcmp(name + n, "s") == 0))
            return kinds[i];
    }
    return kind_by_prefix(name);
}

const char *kind_name(uint16_t number)
{
    return number < ARRAY_LEN(reserved) ? reserved[number].name : NULL;
}

const char *kind_prefix(uint16_t number)
{
    return number < ARRAY_LEN(reserved) ? reserved[number].prefix : NULL;
}

const struct kind *kind_find(const char *name, struct kind_problem *problem)
{
    const struct kind *kind = kind_by_name(name);
    if (kind)
        return kind;
    struct nearest best = nearest_to(name, strlen(name));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        nearest_try(&best, kinds[i]->name, kinds[i]->name);
        nearest_try(&best, kinds[i]->label_zh, kinds[i]->name);
    }
    char quoted[QUOTE_BYTES];
    (void)problem_set(problem, MUSTER_EKIND, NULL, best.answer, "%s is not a kind that this node knows",
                      problem_quote(quoted, name, strlen(name)));
    return NULL;
}

static const struct field *field_named(const struct kind *kind, const char *name, size_t len)
{
    for (size_t i = 0; i < kind->count; i++)
        if (strncmp(kind->fields[i].name, name, len) == 0 && kind->fields[i].name[len] == '\0')
            return &kind->fields[i];
    return NULL;
}

const struct field *field_by_name(const struct kind *kind, const char *name)
{
    return field_named(kind, name, strlen(name));
}

const struct field *field_by_number(const struct kind *kind, uint64_t number)
{
    for (size_t i = 0; i < kind->count; i++)
        if (kind->fields[i].number == number)
            return &kind->fields[i];
    return NULL;
}

const struct field *field_find(const struct kind *kind, const char *name, size_t len, struct kind_problem *problem)
{
    const struct field *field = field_named(kind, name, len);
    if (field)
        return field;
    struct nearest best = nearest_to(name, len);
    for (size_t i = 0; i < kind->count; i++) {
        nearest_try(&best, kind->fields[i].name, kind->fields[i].name);
        nearest_try(&best, kind->fields[i].label_en, kind->fields[i].name);
        nearest_try(&best, kind->fields[i].label_zh, kind->fields[i].name);
    }
    char quoted[QUOTE_BYTES];
    (void)problem_set(problem, MUSTER_EFIELD, NULL, best.answer, "%s has no field %s", kind->name,
                      problem_quote(quoted, name, len));
    return NULL;
}

const struct field *field_flagged(const struct kind *kind, enum field_flag flag)
{
    for (size_t i = 0; i < kind->count; i++)
        if (kind->fields[i].flags & flag)
            return &kind->fields[i];
    return NULL;
}

static enum muster_error pair_check(const struct kind *kind, struct cursor *c, uint64_t *mask,
                                    struct kind_problem *problem)
{
    struct pack_value key, value;
    if (!pack_next(c, &key, false) || !pack_next(c, &value, false))
        return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the record's fields cannot be read");
    if (key.type != PACK_UINT)
        return problem_set(problem, MUSTER_EFIELD, NULL, NULL, "a field of the %s is not named by its number", kind->name);
    const struct field *field = field_by_number(kind, key.u.uint);
    if (!field)
        return problem_set(problem, MUSTER_EFIELD, NULL, NULL, "%s has no field number %llu", kind->name,
                           (unsigned long long)key.u.uint);
    if ((field->flags & FIELD_REQUIRED) && field_says_nothing(&value))
        return problem_set(problem, MUSTER_EMISSING, field, NULL, "%s: every %s needs one; it cannot be empty",
                           field->name, kind->name);
    if ((field->flags & FIELD_TITLE) && value.type == PACK_TEXT && text_is_blank(value.u.run.at, value.u.run.len))
        return problem_set(problem, MUSTER_EMISSING, field, NULL, "%s: it is blank, and every %s needs one that can be read", field->name,
                           kind->name);
    *mask |= UINT64_C(1) << field->number;
    return field_check(field, &value, problem);
}

enum muster_error kind_check(const struct kind *kind, struct bytes body, bool is_create, uint64_t *mask,
                             struct kind_problem *problem)
{
    struct cursor c;
    uint32_t pairs;
    uint64_t seen = 0;
    *mask = 0;
    if (!kind)
        return problem_set(problem, MUSTER_EKIND, NULL, NULL, "this node does not know the kind");
    if (body.len > BODY_BYTES_MAX)
        return problem_set(problem, MUSTER_ETOOBIG, NULL, NULL, "the %s has %zu bytes, and a record holds at most %d",
                           kind->name, body.len, BODY_BYTES_MAX);
    enum muster_error error = pack_check(body.at, body.len);
    if (error)
        return problem_set(problem, error, NULL, NULL, "the %s cannot be written: %s", kind->name, error_what(error));
    if (!pack_pairs(body, &c, &pairs))
        return problem_set(problem, MUSTER_EBADVALUE, NULL, NULL, "the %s is not a map of fields", kind->name);
    while (pairs-- && !error)
        error = pair_check(kind, &c, &seen, problem);
    for (size_t i = 0; i < kind->count && is_create && !error; i++) {
        const struct field *f = &kind->fields[i];
        if ((f->flags & FIELD_REQUIRED) && !(seen >> f->number & 1))
            error = problem_set(problem, MUSTER_EMISSING, f, NULL, "%s: it is missing, and every %s needs one", f->name,
                                kind->name);
    }
    if (!error)
        *mask = seen;
    return error;
}

enum muster_error kind_view(struct kind_view *view, const struct kind *kind, struct bytes body)
{
    struct cursor walk;
    uint32_t pairs;
    struct pack_value key, value;
    enum muster_error error = pack_check(body.at, body.len);
    *view = (struct kind_view){.kind = kind};
    if (error)
        return error;
    if (!pack_pairs(body, &view->at, &view->left))
        return MUSTER_EBADVALUE;
    walk = view->at;
    for (pairs = view->left; pairs && pack_next(&walk, &key, false) && pack_next(&walk, &value, false); pairs--)
        if (key.type == PACK_UINT && key.u.uint <= FIELD_NUMBER_MAX)
            view->mask |= UINT64_C(1) << key.u.uint;
    return MUSTER_OK;
}

bool kind_view_next(struct kind_view *view, struct field_view *out)
{
    *out = (struct field_view){.why = MUSTER_EFIELD};
    if (view->left == 0 || !pack_next(&view->at, &out->key, false) || !pack_next(&view->at, &out->value, false))
        return false;
    view->left--;
    out->cleared = out->value.type == PACK_NIL;
    if (view->kind && out->key.type == PACK_UINT)
        out->field = field_by_number(view->kind, out->key.u.uint);
    if (out->field)
        out->why = field_check(out->field, &out->value, NULL);
    out->understood = out->why == MUSTER_OK;
    return true;
}
