#include "protocol/object/steps.h"

static const uint8_t steps[] = {OP_UPDATE, OP_RETRACT, OP_SUPERSEDE, OP_RESOLVE, OP_OFFER,  OP_TAKE,
                                OP_REFUSE, OP_PROPOSE, OP_ACCEPT,    OP_DECLINE, OP_CREATE};

static void set(struct object_verdict *v, enum muster_error error, enum step_why why)
{
    v->error = error;
    v->why = why;
}

static uint32_t record_named(const struct object_look *look, const struct record_id *id)
{
    for (uint32_t i = 0; i < look->count; i++)
        if (record_id_eq(&look->records[i].id, id))
            return i;
    return OBJECT_NONE;
}

static void takes(struct object_verdict *v, const struct object_look *look, uint32_t record)
{
    v->record = record;
    v->about = look->records[record].id;
}

static bool offered_to(const struct object_record *offer, struct agency_id *who)
{
    const struct hash *to = object_ref(offer, REF_TO_AGENCY);
    if (to)
        memcpy(who->b, to->b, HASH_BYTES);
    return to != NULL;
}

static bool all_erased(const struct object_state *state)
{
    bool erased = state->set != 0;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        erased = erased && (!(state->set >> f & 1) || state->fields[f].provisional.erased);
    return erased;
}

static bool several_setters(const struct object_state *state)
{
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if ((state->set >> f & 1) && state->fields[f].count > 1)
            return true;
    return false;
}

static void judge_offer(struct object_verdict *v, const struct object_look *look, const struct object_step *step)
{
    for (uint32_t i = 0; i < look->state.offers_count; i++)
        if (look->state.offers[i].answer == OFFER_OPEN) {
            takes(v, look, look->state.offers[i].record);
            (void)offered_to(&look->records[v->record], &v->who);
            set(v, MUSTER_ESTEP, STEP_OFFERED);
            return;
        }
    if (agency_id_eq(&step->to, &step->by))
        set(v, MUSTER_ESTEP, STEP_TO_SELF);
}

/* A take or refuse of the offer that is named, or of the only one that is open for this agency. */
static void judge_taking(struct object_verdict *v, const struct object_look *look, const struct object_step *step)
{
    const struct object_state *state = &look->state;
    bool named = !record_id_none(&step->about), other = false;
    uint32_t found = 0;
    for (uint32_t i = 0; i < state->offers_count; i++) {
        const struct object_record *offer = &look->records[state->offers[i].record];
        struct agency_id to;
        if ((named && !record_id_eq(&offer->id, &step->about)) || !offered_to(offer, &to))
            continue;
        bool mine = agency_id_eq(&to, &step->by);
        if (state->offers[i].answer != OFFER_OPEN) {
            if (named) {
                takes(v, look, state->offers[i].record);
                set(v, MUSTER_ESTEP, STEP_ANSWERED);
                return;
            }
        } else if (mine) {
            takes(v, look, state->offers[i].record);
            found++;
        } else {
            v->who = to;
            v->about = offer->id;
            other = true;
        }
    }
    if (found > 1)
        set(v, MUSTER_ESTEP, STEP_SEVERAL);
    else if (!found && other)
        set(v, MUSTER_ESTEP, STEP_NOT_NAMED);
    else if (!found)
        set(v, MUSTER_ESTEP, named ? STEP_OTHER_THING : STEP_NO_OFFER);
}

static bool is_late(const struct object_state *state, uint32_t record)
{
    for (uint32_t i = 0; i < state->late.count; i++)
        if (state->late.at[i] == record)
            return true;
    return false;
}

/* An answer to the proposal that is named, or to the only open one.  A late record can be accepted too, by name, if
 * it sets fields: an accept carries their values, and nothing else of what it cites (O7). */
static void judge_answer(struct object_verdict *v, const struct object_look *look, const struct object_step *step)
{
    const struct object_state *state = &look->state;
    uint32_t found = 0, named = record_id_none(&step->about) ? OBJECT_NONE : record_named(look, &step->about);
    if (!record_id_none(&step->about)) {
        if (named != OBJECT_NONE && step->op == OP_ACCEPT && is_late(state, named)) {
            takes(v, look, named);
            if (!look->records[named].mask)
                set(v, MUSTER_ESTEP, STEP_NO_VALUES);
            return;
        }
        for (uint32_t i = 0; named != OBJECT_NONE && i < state->proposals_count; i++)
            if (state->proposals[i].record == named) {
                takes(v, look, named);
                if (state->proposals[i].answer != ANSWER_OPEN)
                    set(v, MUSTER_ESTEP, STEP_ANSWERED);
                return;
            }
        set(v, MUSTER_ESTEP, STEP_OTHER_THING);
        return;
    }
    for (uint32_t i = 0; i < state->proposals_count; i++)
        if (state->proposals[i].answer == ANSWER_OPEN) {
            takes(v, look, state->proposals[i].record);
            found++;
        }
    if (found != 1)
        set(v, MUSTER_ESTEP, found ? STEP_SEVERAL : STEP_NO_PROPOSAL);
}

static void judge(struct object_verdict *v, const struct object_look *look, const struct object_step *step)
{
    const struct object_state *state = &look->state;
    bool owner = agency_id_eq(&state->owner, &step->by), change = object_op_is_content(step->op);
    *v = (struct object_verdict){.record = OBJECT_NONE, .who = state->owner};
    if (!state->exists) {
        set(v, MUSTER_ENOTFOUND, STEP_NO_OBJECT);
        return;
    }
    if ((step->op == OP_PROPOSE || step->op == OP_ACCEPT || step->op == OP_OFFER) && all_erased(state)) {
        set(v, MUSTER_EERASED, STEP_ERASED);
        return;
    }
    /* A joint object's changes are everybody's; to give command away, and to decline, stays with its owner (S7.2.8). */
    if ((change || step->op == OP_OFFER || step->op == OP_DECLINE) && !owner && !(change && state->joint)) {
        set(v, MUSTER_ENOTOWNER, STEP_NOT_OWNER);
        return;
    }
    switch (step->op) {
    case OP_UPDATE:
    case OP_RETRACT:
    case OP_SUPERSEDE:
    case OP_PROPOSE:
        return;
    case OP_RESOLVE:
        if (!state->conflict && !several_setters(state))
            set(v, MUSTER_ESTEP, STEP_ONE_BRANCH);
        return;
    case OP_OFFER:
        judge_offer(v, look, step);
        return;
    case OP_TAKE:
    case OP_REFUSE:
        judge_taking(v, look, step);
        return;
    case OP_ACCEPT:
    case OP_DECLINE:
        judge_answer(v, look, step);
        return;
    default:
        set(v, MUSTER_ESTEP, STEP_UNKNOWN);
    }
}

/* Could it be done at all, with the right record named and somebody else as the receiver? */
static bool possible(const struct object_look *look, const struct agency_id *by, uint8_t op)
{
    struct object_verdict v;
    judge(&v, look, &(struct object_step){.op = op, .by = *by});
    return v.error == MUSTER_OK || v.why == STEP_SEVERAL;
}

void object_step_judge(struct object_verdict *verdict, const struct object_look *look, const struct object_step *step)
{
    uint32_t legal = 0;
    for (size_t i = 0; i < sizeof(steps); i++)
        if (possible(look, &step->by, steps[i]))
            legal |= UINT32_C(1) << steps[i];
    judge(verdict, look, step);
    verdict->legal = legal;
}
