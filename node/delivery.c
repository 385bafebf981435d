#include "node/delivery.h"

#include "base/pack.h"
#include "node/lookup.h"
#include "protocol/object/state.h"

#include <string.h>

enum { TEXT_BYTES = 64 };

/* A text field of a view or body; "" without one. */
static void text_of(char out[TEXT_BYTES], uint16_t kind_number, struct bytes view, const char *name)
{
    const struct kind *kind = kind_by_number(kind_number);
    const struct field *field = kind ? field_by_name(kind, name) : NULL;
    struct pack_value value;
    out[0] = '\0';
    if (field && pack_get(view, field->number, &value) && value.type == PACK_TEXT && value.u.run.len < TEXT_BYTES) {
        memcpy(out, value.u.run.at, value.u.run.len);
        out[value.u.run.len] = '\0';
    }
}

/* The object that the body names in that field, as it is here. */
static bool named_state(struct node *node, uint32_t space, struct bytes body, const char *name, struct object_id *id,
                        struct object_stored *state)
{
    const struct field *field = field_by_name(&kind_deployment, name);
    return field && pack_get_fixed(body, field->number, id->b, OBJECT_ID_BYTES) &&
           lookup_state(node, space, id, state) == MUSTER_OK;
}

static enum muster_error unit_fits(const char *unit, const char *other, const char *what, struct kind_problem *problem)
{
    if (!unit[0] || !other[0] || strcmp(unit, other) == 0)
        return MUSTER_OK;
    return problem_set(problem, MUSTER_EUSAGE, field_by_name(&kind_deployment, "unit"), NULL,
                       "unit: the delivery counts %s and the %s %s: units of one cannot answer for the other", unit, what, other);
}

const char *delivery_over(const struct object_stored *state)
{
    static const char *const over[] = {"cancelled", "rejected", "fulfilled", "closed"};
    char status[TEXT_BYTES];
    if (state->flags & (OBJECT_RETRACTED | OBJECT_SUPERSEDED))
        return "withdrawn";
    if (state->kind != KIND_REQUEST)
        return NULL;
    text_of(status, state->kind, state->view, "status");
    for (size_t i = 0; i < ARRAY_LEN(over); i++)
        if (strcmp(status, over[i]) == 0)
            return over[i];
    return NULL;
}

enum muster_error delivery_check(struct node *node, uint32_t space, const struct kind *kind, struct bytes body,
                                 struct kind_problem *problem)
{
    struct object_id id;
    struct object_stored state;
    char status[TEXT_BYTES], unit[TEXT_BYTES], other[TEXT_BYTES];
    enum muster_error error = MUSTER_OK;
    if (kind->number != KIND_DEPLOYMENT)
        return MUSTER_OK;
    text_of(status, KIND_DEPLOYMENT, body, "status");
    text_of(unit, KIND_DEPLOYMENT, body, "unit");
    if (strcmp(status, "offered") != 0 && strcmp(status, "committed") != 0)
        return MUSTER_OK;
    if (named_state(node, space, body, "request", &id, &state)) {
        const char *over = delivery_over(&state);
        if (over)
            return problem_set(problem, MUSTER_ESTEP, NULL, NULL, "the request is %s: nothing is brought for it any more", over);
        text_of(other, state.kind, state.view, "unit");
        error = unit_fits(unit, other, "request", problem);
    }
    if (!error && named_state(node, space, body, "resource", &id, &state)) {
        text_of(other, state.kind, state.view, "unit");
        error = unit_fits(unit, other, "resource", problem);
    }
    return error;
}
