#include "protocol/object/sum.h"

static bool only_one_log(const struct object_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!object_op_is_content(records[i].op) || records[i].place != PLACE_LIVE ||
            !log_id_eq(&records[i].log, &records[0].log))
            return false;
    return true;
}

/* Has the agency a say in what the object is?  Others' updates are void: they neither count nor make it look new. */
static bool has_owned(const struct object_state *folded, const struct agency_id *agency)
{
    bool has = folded->joint;
    for (uint32_t i = 0; i < folded->terms_count && !has; i++)
        has = agency_id_eq(&folded->terms[i].owner, agency);
    return has;
}

static uint16_t sum_flags(const struct object_state *folded, const struct object_record *records)
{
    unsigned flags = 0;
    if (folded->conflict)
        flags |= OBJECT_CONFLICT;
    if (folded->retracted)
        flags |= OBJECT_RETRACTED;
    if (folded->joint)
        flags |= OBJECT_JOINT;
    if (folded->late.count)
        flags |= OBJECT_LATE;
    if (folded->disputed.count)
        flags |= OBJECT_DISPUTED;
    for (size_t i = 0; i < folded->proposals_count; i++)
        if (folded->proposals[i].answer == ANSWER_OPEN)
            flags |= OBJECT_PROPOSALS;
    for (size_t i = 0; i < folded->offers_count; i++)
        if (folded->offers[i].answer == OFFER_OPEN)
            flags |= OBJECT_OFFERED;
    for (size_t i = 0; i < folded->heads.count; i++)
        if (records[folded->heads.at[i]].op == OP_SUPERSEDE)
            flags |= OBJECT_SUPERSEDED;
    return (uint16_t)flags;
}

void object_stored_sum(struct object_stored *out, const struct object_state *folded, const struct object_record *records,
                       size_t count)
{
    *out = (struct object_stored){.flags = OBJECT_ORPHAN};
    if (!folded->exists)
        return;
    out->flags = sum_flags(folded, records);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(records[i].id.b, folded->terms[0].id.b, HASH_BYTES) == 0) {
            out->kind = records[i].kind;
            out->created = records[i].hlc;
        }
        if (!object_op_is_content(records[i].op) || records[i].place != PLACE_LIVE || !has_owned(folded, &records[i].by))
            continue;
        out->revision++;
        if (records[i].hlc > out->changed)
            out->changed = records[i].hlc;
    }
    out->owner = folded->owner;
    out->term = folded->term;
    out->head_count = (uint8_t)(folded->heads.count > OBJECT_HEADS_MAX ? OBJECT_HEADS_MAX : folded->heads.count);
    for (size_t i = 0; i < out->head_count; i++)
        out->heads[i] = records[folded->heads.at[i]].id;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if ((folded->set >> f & 1) && folded->fields[f].count > 1)
            out->conflict_mask |= UINT64_C(1) << f;
    /* What an erasure, a hold or an assignment has touched is looked at as a whole each time. */
    out->simple = !folded->joint && folded->heads.count == 1 && folded->terms_count == 1 && !folded->erased.count &&
                  !folded->held.count && only_one_log(records, count);
    for (size_t i = 0; i < count; i++)
        if (out->simple && records[i].seq > out->sequence)
            out->sequence = records[i].seq;
}

void object_stored_first(struct object_stored *out, const struct object_record *record, uint32_t log)
{
    /* field by field: emptying the places of heads that it has not costs more than all else */
    out->kind = record->kind;
    out->flags = record->joint ? OBJECT_JOINT : 0;
    out->owner = record->by;
    out->created = out->changed = record->hlc;
    out->revision = out->head_count = 1;
    out->conflict_mask = out->erased_mask = 0;
    out->view = out->written = (struct bytes){NULL, 0};
    out->log = log;
    out->sequence = record->joint ? 0 : record->seq;
    out->simple = !record->joint;
    out->feed_put = out->feed_erased = 0;
    out->erased_records = 0;
    out->canonical_len = 0;
    memcpy(out->term.b, record->id.b, HASH_BYTES);
    out->heads[0] = record->id;
}

bool object_stored_goes_on(const struct object_stored *state, const struct object_record *record, uint32_t log)
{
    if (!state->simple || state->revision >= OBJECT_RECORDS_MAX || state->log != log || record->seq <= state->sequence ||
        (record->op != OP_UPDATE && record->op != OP_RESOLVE))
        return false;
    bool term = false;
    for (size_t i = 0; i < record->refs_count; i++)
        if (record->refs[i].role == REF_TERM) {
            if (term || !hash_eq(&record->refs[i].hash, &state->term))
                return false;
            term = true;
        }
    return term;
}

void object_stored_next(struct object_stored *out, const struct object_stored *before, const struct object_record *record)
{
    *out = *before;
    out->flags = (uint16_t)(out->flags & ~(unsigned)(OBJECT_RETRACTED | OBJECT_SUPERSEDED));
    if (record->hlc > out->changed)
        out->changed = record->hlc;
    out->revision++;
    out->head_count = 1;
    out->heads[0] = record->id;
    out->sequence = record->seq;
    out->erased_mask &= ~record->mask;
    out->written = (struct bytes){NULL, 0};
}
