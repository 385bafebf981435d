#include "protocol/object/summary.h"

/* Whether object_append may go on from here: one log's content, all of it counting, nothing beside. */
static bool is_plain(const struct object_state *state, const struct object_input *input)
{
    if (!state->exists || state->terms_count != 1 || state->heads.count != 1 || state->late.count ||
        state->disputed.count || state->erased.count || state->held.count || state->proposals_count)
        return false;
    const struct object_record *root = &input->records[state->terms[0].record];
    for (size_t i = 0; i < input->count; i++) {
        const struct object_record *record = &input->records[i];
        if (record->place != PLACE_LIVE || !object_op_is_content(record->op) ||
            !log_id_eq(&record->log, &root->log))
            return false;
        if (record->op == OP_CREATE && record != root)
            return false;
        const struct hash *term = object_ref(record, REF_TERM);
        if (record != root && (!term || !hash_eq(term, &state->term)))
            return false;
    }
    return true;
}

static uint16_t summary_flags(const struct object_state *state, bool plain)
{
    unsigned flags = 0;
    flags |= state->exists ? SUMMARY_EXISTS : 0;
    flags |= state->joint ? SUMMARY_JOINT : 0;
    flags |= state->conflict ? SUMMARY_CONFLICT : 0;
    flags |= state->retracted ? SUMMARY_RETRACTED : 0;
    flags |= state->heads.count > SUMMARY_HEADS_MAX ? SUMMARY_HEADS_MANY : 0;
    flags |= plain ? SUMMARY_PLAIN : 0;
    flags |= state->late.count ? SUMMARY_LATE : 0;
    flags |= state->disputed.count ? SUMMARY_DISPUTED : 0;
    flags |= state->held.count ? SUMMARY_HELD : 0;
    for (uint32_t i = 0; i < state->proposals_count; i++)
        if (state->proposals[i].answer == ANSWER_OPEN)
            flags |= SUMMARY_OPEN;
    return (uint16_t)flags;
}

void object_summary_make(struct object_summary *out, const struct object_state *state,
                         const struct object_input *input, const struct locator *locators)
{
    bool plain = is_plain(state, input);
    *out = (struct object_summary){
        .flags = summary_flags(state, plain), .owner = state->owner, .term = state->term};
    if (plain) {
        out->log = input->records[state->heads.at[0]].log;
        for (size_t i = 0; i < input->count; i++)
            if (input->records[i].seq > out->last_seq)
                out->last_seq = input->records[i].seq;
    }
    for (uint32_t i = 0; i < state->heads.count && i < SUMMARY_HEADS_MAX; i++)
        out->heads[out->heads_count++] = input->records[state->heads.at[i]].id;
    out->set = state->set;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        const struct object_field *field = &state->fields[f];
        if (!field->count)
            continue;
        out->fields[f] = locators[field->provisional.record];
        out->several |= field->count > 1 ? UINT64_C(1) << f : 0;
        out->erased |= field->provisional.erased ? UINT64_C(1) << f : 0;
    }
}

bool object_append(struct object_summary *summary, const struct object_record *record,
                   const struct locator *at)
{
    if (!(summary->flags & SUMMARY_PLAIN) || record->place != PLACE_LIVE || record->majority_erased ||
        record->majority_held)
        return false;
    if (record->op != OP_UPDATE && record->op != OP_RETRACT && record->op != OP_RESOLVE &&
        record->op != OP_SUPERSEDE)
        return false;
    const struct hash *term = object_ref(record, REF_TERM);
    if (!term || !hash_eq(term, &summary->term) || !log_id_eq(&record->log, &summary->log) ||
        !agency_id_eq(&record->by, &summary->owner) || record->seq <= summary->last_seq)
        return false;

    /* All that is held comes before it in its own log, so it alone is head (RULES O5). */
    summary->heads_count = 1;
    summary->heads[0] = record->id;
    summary->last_seq = record->seq;
    summary->flags = (uint16_t)((summary->flags & ~SUMMARY_RETRACTED) |
                                (record->op == OP_RETRACT ? SUMMARY_RETRACTED : 0));
    summary->set |= record->mask;
    for (uint64_t mask = record->mask; mask; mask &= mask - 1)
        summary->fields[__builtin_ctzll(mask)] = *at;
    return true;
}

void object_summary_write(struct writer *w, const struct object_summary *summary)
{
    writer_u8(w, SUMMARY_VERSION);
    writer_u16(w, summary->flags);
    writer_put(w, summary->owner.b, HASH_BYTES);
    writer_put(w, summary->term.b, HASH_BYTES);
    writer_put(w, summary->log.b, HASH_BYTES);
    writer_u64(w, summary->last_seq);
    writer_u8(w, summary->heads_count);
    for (unsigned i = 0; i < summary->heads_count; i++)
        writer_put(w, summary->heads[i].b, HASH_BYTES);
    writer_u64(w, summary->set);
    writer_u64(w, summary->erased);
    writer_u64(w, summary->several);
    for (uint64_t mask = summary->set; mask; mask &= mask - 1)
        writer_put(w, summary->fields[__builtin_ctzll(mask)].b, LOCATOR_BYTES);
}

static bool summary_fits(const struct object_summary *s)
{
    bool many = s->flags & SUMMARY_HEADS_MANY, conflict = s->flags & SUMMARY_CONFLICT;
    if (s->flags & ~SUMMARY_FLAGS_ALL || (s->erased | s->several) & ~s->set)
        return false;
    if (conflict != (s->heads_count > 1) || (many && s->heads_count != SUMMARY_HEADS_MAX))
        return false;
    for (unsigned i = 1; i < s->heads_count; i++)
        if (record_id_cmp(&s->heads[i - 1], &s->heads[i]) >= 0)
            return false;
    if (!(s->flags & SUMMARY_EXISTS))
        return !s->heads_count && !s->set && !s->last_seq && !(s->flags & SUMMARY_PLAIN);
    if (s->flags & SUMMARY_PLAIN)
        return s->heads_count == 1 && !s->several && !s->erased;
    return log_id_none(&s->log) && !s->last_seq;
}

enum muster_error object_summary_read(struct object_summary *out, const uint8_t *bytes, size_t len)
{
    struct cursor c = cursor_over(bytes, len);
    struct object_summary s = {0};
    uint8_t version = cursor_u8(&c);
    if (!c.failed && version != SUMMARY_VERSION)
        return MUSTER_EVERSION;
    s.flags = cursor_u16(&c);
    cursor_copy(&c, s.owner.b, HASH_BYTES);
    cursor_copy(&c, s.term.b, HASH_BYTES);
    cursor_copy(&c, s.log.b, HASH_BYTES);
    s.last_seq = cursor_u64(&c);
    s.heads_count = cursor_u8(&c);
    if (s.heads_count > SUMMARY_HEADS_MAX)
        return MUSTER_EBADVALUE;
    for (unsigned i = 0; i < s.heads_count; i++)
        cursor_copy(&c, s.heads[i].b, HASH_BYTES);
    s.set = cursor_u64(&c);
    s.erased = cursor_u64(&c);
    s.several = cursor_u64(&c);
    for (uint64_t mask = s.set; mask; mask &= mask - 1)
        cursor_copy(&c, s.fields[__builtin_ctzll(mask)].b, LOCATOR_BYTES);
    enum muster_error error = cursor_end(&c);
    if (error == MUSTER_OK && !summary_fits(&s))
        error = MUSTER_EBADVALUE;
    if (error == MUSTER_OK)
        *out = s;
    return error;
}
