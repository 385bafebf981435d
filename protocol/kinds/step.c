/* step.c — the workflows of kinds: which state leads where. */
#include "protocol/kinds/kinds.h"

#include <string.h>

const char *kind_party_name(enum kind_party who)
{
    static const char *const names[] = {
        [PARTY_OWNER] = "owner", [PARTY_APPROVER] = "approver", [PARTY_PARTNER] = "partner"};
    return (size_t)who < ARRAY_LEN(names) ? names[who] : "unknown";
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

const struct kind_step *kind_step_find(const struct kind *kind, const char *from, const char *to)
{
    for (size_t i = 0; i < kind->step_count; i++)
        if (same(kind->steps[i].from, from) && strcmp(kind->steps[i].to, to) == 0)
            return &kind->steps[i];
    return NULL;
}

/* The token of the state in a body; NULL if it sets none, or none that this node knows. */
static const char *state_of(const struct field *field, struct bytes body)
{
    struct pack_value v;
    if (!body.len || !pack_get(body, field->number, &v) || v.type != PACK_TEXT)
        return NULL;
    int i = token_index(field->tokens, v.u.run.at, v.u.run.len);
    return i < 0 ? NULL : field->tokens[i];
}

enum { NEXT_BYTES = 200 };

static void next_states(const struct kind *kind, const char *from, char out[NEXT_BYTES])
{
    size_t n = 0;
    *out = 0;
    for (size_t i = 0; i < kind->step_count; i++) {
        size_t len = strlen(kind->steps[i].to);
        if (!same(kind->steps[i].from, from) || n + len + 3 > NEXT_BYTES)
            continue;
        memcpy(out + n, ", ", 2);
        memcpy(out + n + (n ? 2 : 0), kind->steps[i].to, len + 1);
        n += len + (n ? 2 : 0);
    }
}

/* Does the field say something once the body is in? */
static bool field_is_said(const struct field *field, struct bytes before, struct bytes body)
{
    struct pack_value v;
    if (pack_get(body, field->number, &v))
        return !field_says_nothing(&v);
    return before.len && pack_get(before, field->number, &v) && !field_says_nothing(&v);
}

/* The first field that the step needs and that says nothing; NULL if all do. */
static const struct field *needed_field(const struct kind *kind, const struct kind_step *step, struct bytes before,
                                        struct bytes body)
{
    for (const char *name = step->needs, *end; name; name = *end ? end + 1 : NULL) {
        end = strchr(name, ' ');
        end = end ? end : name + strlen(name);
        const struct field *field = field_find(kind, name, (size_t)(end - name), NULL);
        if (field && !field_is_said(field, before, body))
            return field;
    }
    return NULL;
}

/* Is the number that stands in the object then within the bound, or is its reason said? */
static enum muster_error limit_check(const struct kind *kind, struct bytes before, struct bytes body, struct kind_problem *problem)
{
    const struct kind_limit *limit = kind->limit;
    const struct field *field = limit ? field_by_name(kind, limit->field) : NULL;
    const struct field *unless = limit ? field_by_name(kind, limit->unless) : NULL;
    struct pack_value v, reason;
    struct decimal d;
    const char *why;
    char most[DECIMAL_TEXT_BYTES];
    if (!field || !unless || (!pack_get(body, field->number, &v) && !pack_get(body, unless->number, &reason)))
        return MUSTER_OK; /* a change of other fields: what stands there was judged, or is somebody else's */
    if (!pack_get(body, field->number, &v) && !(before.len && pack_get(before, field->number, &v)))
        return MUSTER_OK;
    if (v.type != PACK_TEXT || decimal_parse(&d, (const char *)v.u.run.at, v.u.run.len, &why) ||
        decimal_compare(&d, &limit->most) <= 0 || field_is_said(unless, before, body))
        return MUSTER_OK;
    decimal_text(most, &limit->most);
    return problem_set(problem, limit->error, field, NULL, "%s: it is above %s, and %s does not say why that is accepted", field->name,
                       most, unless->name);
}

enum muster_error kind_step_check(const struct kind *kind, struct bytes before, struct bytes body,
                                  const struct kind_step **step, struct kind_problem *problem)
{
    const struct field *field = field_flagged(kind, FIELD_STATE);
    const struct kind_step *unused;
    char next[NEXT_BYTES];
    step = step ? step : &unused;
    *step = NULL;
    enum muster_error over = limit_check(kind, before, body, problem);
    if (over)
        return over;
    if (!kind->step_count || !field)
        return MUSTER_OK;
    const char *to = state_of(field, body), *from = state_of(field, before);
    if (!to || (before.len && !from) || same(from, to))
        return MUSTER_OK;
    *step = kind_step_find(kind, from, to);
    const struct field *missing = *step ? needed_field(kind, *step, before, body) : NULL;
    if (missing) {
        *step = NULL;
        return problem_set(problem, MUSTER_EMISSING, missing, NULL, "%s: it is missing, and every %s that is %s states it",
                           missing->name, kind->name, to);
    }
    if (*step)
        return MUSTER_OK;
    next_states(kind, from, next);
    if (!from)
        return problem_set(problem, MUSTER_ESTEP, field, NULL, "%s: every new %s starts as %s; not as %s", field->name, kind->name,
                           next, to);
    if (!*next)
        return problem_set(problem, MUSTER_ESTEP, field, NULL, "%s: %s is the end of the %s; it does not lead on to %s",
                           field->name, from, kind->name, to);
    return problem_set(problem, MUSTER_ESTEP, field, NULL, "%s: %s leads to %s; not to %s", field->name, from, next, to);
}
