#include "protocol/kinds/areas.h"

#include "base/pack.h"

enum { POINT_SHOWN = 40 }; /* bytes of a point in a sentence */

/* False when enough was found. */
static bool value_look(const struct field *field, const struct pack_value *value, area_flawed *take, void *user)
{
    struct pack_value list, item;
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    bool goes_on = true;
    if (field->type != FIELD_AREA || value->type != PACK_ARRAY || !pack_next(&c, &list, true))
        return true;
    for (size_t n = 1; goes_on && n <= field->max_items && pack_next(&c, &item, false); n++) {
        struct geo_flaw flaw;
        if (item.type == PACK_TEXT && geo_simple_check((const char *)item.u.run.at, item.u.run.len, &flaw) == MUSTER_EBADVALUE)
            goes_on = take(user, field, n, &flaw);
    }
    return goes_on;
}

void areas_look(const struct kind *kind, struct bytes body, area_flawed *take, void *user)
{
    struct pack_value value;
    for (size_t i = 0; kind && i < kind->count; i++)
        if (kind->fields[i].type == FIELD_AREA && pack_get(body, kind->fields[i].number, &value) &&
            !value_look(&kind->fields[i], &value, take, user))
            return;
}

static int shown(size_t len)
{
    return len < POINT_SHOWN ? (int)len : POINT_SHOWN;
}

enum muster_error area_refuse(struct kind_problem *problem, const struct field *field, size_t item, const struct geo_flaw *flaw)
{
    const struct geo_edge *a = &flaw->one, *b = &flaw->two;
    switch (flaw->fault) {
    case GEO_CROSSES:
        return problem_set(problem, MUSTER_EBADVALUE, field, NULL,
                           "%s %zu is no simple polygon: its edge %zu (%.*s to %.*s) crosses its edge %zu (%.*s to %.*s)", field->name,
                           item, a->number, shown(a->from_len), a->from, shown(a->to_len), a->to, b->number, shown(b->from_len),
                           b->from, shown(b->to_len), b->to);
    case GEO_NO_AREA:
        return problem_set(problem, MUSTER_EBADVALUE, field, NULL,
                           "%s %zu encloses nothing: all its points lie on one line, or it runs back along itself", field->name, item);
    case GEO_INTRICATE:
        return problem_set(problem, MUSTER_EBADVALUE, field, NULL,
                           "%s %zu has too many edges side by side to see whether they cross: draw it with fewer points", field->name,
                           item);
    default:
        return problem_set(problem, MUSTER_EBADVALUE, field, NULL, "%s %zu is no area: %s", field->name, item,
                           flaw->why ? flaw->why : "");
    }
}

struct refusing {
    struct kind_problem *problem;
    enum muster_error error;
};

static bool refuse_first(void *user, const struct field *field, size_t item, const struct geo_flaw *flaw)
{
    struct refusing *r = user;
    r->error = area_refuse(r->problem, field, item, flaw);
    return false;
}

enum muster_error areas_check(const struct kind *kind, struct bytes body, struct kind_problem *problem)
{
    struct refusing r = {problem, MUSTER_OK};
    areas_look(kind, body, refuse_first, &r);
    return r.error;
}

enum muster_error area_value_check(const struct field *field, const struct pack_value *value, struct kind_problem *problem)
{
    struct refusing r = {problem, MUSTER_OK};
    (void)value_look(field, value, refuse_first, &r);
    return r.error;
}
