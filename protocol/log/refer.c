/* refer.c — what an own record about an object refers to: its term, the heads that were seen, what it answers.
 *
 * Here too the last look at whether the step is legal: nothing that would count for nothing is written (steps.h). */
#include "protocol/core_inner.h"
#include "protocol/object/apply.h"
#include "protocol/object/steps.h"

static void add_ref(struct record_header *header, enum ref_role role, const uint8_t hash[HASH_BYTES])
{
    header->refs[header->ref_count].role = (uint8_t)role;
    memcpy(header->refs[header->ref_count++].hash.b, hash, HASH_BYTES);
}

/* Is it changed by another write that goes into the same segments?  Then what the client saw is not what it changes. */
static bool changed_beside(const struct space *space, const struct write_item *item)
{
    for (size_t i = 0; i < space->write_count && &space->writes[i].item != item; i++)
        if (space->writes[i].item.operation != OP_CREATE && object_id_eq(&space->writes[i].item.object, &item->object) &&
            space->writes[i].result->error == MUSTER_EWAITS)
            return true;
    return false;
}

static bool seen_all(const struct object_stored *state, const struct write_item *item)
{
    if (item->seen_count != state->head_count)
        return false;
    for (size_t h = 0; h < state->head_count; h++) {
        size_t i = 0;
        while (i < item->seen_count && !record_id_eq(&item->seen[i], &state->heads[h]))
            i++;
        if (i == item->seen_count)
            return false;
    }
    return true;
}

static const struct hash *ref_of(const struct write_item *item, enum ref_role role)
{
    for (size_t i = 0; i < item->ref_count; i++)
        if (item->refs[i].role == role)
            return &item->refs[i].hash;
    return NULL;
}

static bool is_step(uint8_t op)
{
    return op == OP_OFFER || op == OP_TAKE || op == OP_REFUSE || op == OP_PROPOSE || op == OP_ACCEPT || op == OP_DECLINE;
}

/* Steps that answer something, or that are answered: the whole object is looked at. */
static enum muster_error judge(struct core *core, struct space *space, const struct write_item *item)
{
    struct object_look look;
    struct object_verdict verdict;
    struct object_step step = {.op = item->operation, .by = core->self};
    const struct hash *about = ref_of(item, item->operation == OP_TAKE || item->operation == OP_REFUSE ? REF_OFFER : REF_PROPOSAL);
    const struct hash *to = ref_of(item, REF_TO_AGENCY);
    if (about)
        memcpy(step.about.b, about->b, HASH_BYTES);
    else if (item->operation != OP_OFFER && item->operation != OP_PROPOSE)
        return MUSTER_ESTEP; /* an answer without what it answers */
    if (to)
        memcpy(step.to.b, to->b, HASH_BYTES);
    else if (item->operation == OP_OFFER)
        return MUSTER_ESTEP;
    enum muster_error error = look_at(core, space, &item->object, &look);
    if (error)
        return error;
    object_step_judge(&verdict, &look, &step);
    bool full = look.count >= OBJECT_RECORDS_MAX; /* one more might not be folded (S7.1.8) */
    object_look_free(&look);
    return verdict.error ? verdict.error : full ? MUSTER_ETOOBIG : MUSTER_OK;
}

enum muster_error write_refer(struct core *core, struct space *space, const struct log *log,
                              const struct write_item *item, struct record_header *header)
{
    struct object_stored state;
    if (item->operation == OP_ERASE || item->operation == OP_HOLD || item->operation == OP_UNHOLD) {
        for (size_t i = 0; i < item->ref_count; i++) /* they name their targets, held or not, and build on nothing (S7.3.4) */
            header->refs[header->ref_count++] = item->refs[i];
        return MUSTER_OK;
    }
    enum muster_error error = object_state(core, space, &item->object, &state);
    if (!error && state.flags & OBJECT_ORPHAN)
        error = MUSTER_ENOTFOUND;
    if (error)
        return error;
    bool change = object_op_is_content(item->operation);
    if (change && !(state.flags & OBJECT_JOINT) && !agency_id_eq(&state.owner, &core->self))
        return MUSTER_ENOTOWNER;
    if (item->seen_count && (!seen_all(&state, item) || changed_beside(space, item)))
        return MUSTER_ECHANGED;
    if (item->operation == OP_RESOLVE && state.head_count < 2 && !state.conflict_mask)
        return MUSTER_ESTEP;
    if (is_step(item->operation)) {
        error = changed_beside(space, item) ? MUSTER_ECHANGED : judge(core, space, item);
        if (error)
            return error;
    }
    if (change || item->operation == OP_OFFER || item->operation == OP_DECLINE)
        add_ref(header, REF_TERM, state.term.b);
    /* What is signed is named by whoever signs it, never by what has become a head meanwhile (S7.7.1). */
    for (size_t i = 0; item->operation != OP_SIGN && i < state.head_count && header->ref_count < REFS_MAX - item->ref_count; i++) {
        if (log && state.simple && state.log == log->number && memcmp(state.heads[i].b, state.term.b, HASH_BYTES) == 0 && change)
            continue; /* the order of this log has it in the past already; a term alone would not (S7.1.1) */
        add_ref(header, REF_DEP, state.heads[i].b);
    }
    for (size_t i = 0; i < item->ref_count; i++)
        header->refs[header->ref_count++] = item->refs[i];
    return MUSTER_OK;
}
