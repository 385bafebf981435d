#include "protocol/object/fold.h"

#include "base/limits.h"

#include <limits.h>

enum { FOLD_TAKES = 64 }; /* takes, or heads, whose past is looked at in one pass: the bits of a word */

/* What is known of a record while its object is folded. */
struct mark {
    bool valid, content; /* it counts; it counts and can be a head */
    bool erased, held;
    bool late;
    uint8_t answer; /* enum object_answer, of a proposal */
    uint32_t term;  /* its place in the chain if its agency owned it, or OBJECT_NONE */
};

struct fold {
    const struct object_input *input;
    const struct object_record *records;
    uint32_t count;
    struct past past;
    struct terms terms;
    struct mark *marks;
    uint64_t *from, *into; /* for past_spread */
    struct object_arena *arena;
};

static bool is_controller(const struct fold *f, const struct agency_id *agency)
{
    for (size_t i = 0; i < f->input->controllers_count; i++)
        if (agency_id_eq(&f->input->controllers[i], agency))
            return true;
    return false;
}

/* E1, E2: an erase counts from a disputed stretch too.  E4: a hold or its end only if live. */
static void mark_targets(struct fold *f, uint32_t x, bool erase)
{
    const struct object_record *record = &f->records[x];
    bool controller = is_controller(f, &record->by);
    for (size_t r = 0; r < record->refs_count; r++) {
        uint32_t target =
            record->refs[r].role == REF_TARGET ? past_find(&f->past, &record->refs[r].hash) : OBJECT_NONE;
        if (target == OBJECT_NONE)
            continue;
        const struct object_record *aim = &f->records[target];
        if (!erase)
            f->marks[target].held = true;
        else if (object_op_is_erasable(aim->op) && (controller || agency_id_eq(&record->by, &aim->by)))
            f->marks[target].erased = true;
    }
}

static enum muster_error find_erasures(struct fold *f)
{
    bool *lifted = object_arena_take(f->arena, f->count, sizeof(bool));
    if (!lifted)
        return MUSTER_ETOOBIG;
    for (uint32_t x = 0; x < f->count; x++) {
        const struct object_record *record = &f->records[x];
        if (record->op != OP_UNHOLD || record->place != PLACE_LIVE || !is_controller(f, &record->by))
            continue;
        for (size_t r = 0; r < record->refs_count; r++) {
            uint32_t hold =
                record->refs[r].role == REF_HOLD ? past_find(&f->past, &record->refs[r].hash) : OBJECT_NONE;
            if (hold != OBJECT_NONE)
                lifted[hold] = true;
        }
    }
    for (uint32_t x = 0; x < f->count; x++) {
        const struct object_record *record = &f->records[x];
        if (record->op == OP_ERASE && record->place != PLACE_CUT_OFF)
            mark_targets(f, x, true);
        if (record->op == OP_HOLD && record->place == PLACE_LIVE && !lifted[x] &&
            is_controller(f, &record->by))
            mark_targets(f, x, false);
        if (record->majority_erased && object_op_is_erasable(record->op))
            f->marks[x].erased = true;
        if (record->majority_held)
            f->marks[x].held = true;
    }
    return MUSTER_OK;
}

/* What the author of the take or reassign that began a term had seen. */
static void mark_seen(struct fold *f, const struct object_term *term, uint64_t bit)
{
    if (term->record != OBJECT_NONE)
        f->from[term->record] |= bit;
    for (size_t i = 0; term->assigned && i < term->assigned->seen_count; i++) {
        struct hash id;
        memcpy(id.b, term->assigned->seen[i].b, HASH_BYTES);
        uint32_t x = past_find(&f->past, &id);
        if (x != OBJECT_NONE)
            f->from[x] |= bit;
    }
}

/* O4: whether the record of a former term was seen by the take or reassign that ended it, for 64 of them a pass. */
static void find_late(struct fold *f)
{
    for (uint32_t start = 0; start + 1 < f->terms.count; start += FOLD_TAKES) {
        uint32_t end = f->terms.count - 1 - start < FOLD_TAKES ? f->terms.count - 1 : start + FOLD_TAKES;
        bool asked = false;
        for (uint32_t x = 0; x < f->count; x++) {
            f->from[x] = 0;
            asked |= f->marks[x].term != OBJECT_NONE && f->marks[x].term >= start && f->marks[x].term < end;
        }
        if (!asked)
            continue;
        for (uint32_t t = start; t < end; t++)
            mark_seen(f, &f->terms.chain[t + 1], UINT64_C(1) << (t - start));
        past_spread(&f->past, f->from, f->into);
        for (uint32_t x = 0; x < f->count; x++) {
            uint32_t term = f->marks[x].term;
            if (term != OBJECT_NONE && term >= start && term < end)
                f->marks[x].late = !((f->into[x] | f->from[x]) >> (term - start) & 1);
        }
    }
}

/* O2: under which term a change was written, if its agency owned that term. */
static void find_term(struct fold *f, uint32_t x, bool joint)
{
    const struct object_record *record = &f->records[x];
    struct mark *mark = &f->marks[x];
    bool content = object_op_is_content(record->op);
    mark->term = OBJECT_NONE;
    if (record->place != PLACE_LIVE || !(content || record->op == OP_DECLINE || record->op == OP_TAKE))
        return;
    if (record->op == OP_CREATE || record->op == OP_TAKE) {
        struct hash id;
        memcpy(id.b, record->id.b, HASH_BYTES);
        mark->valid = terms_find(&f->terms, &id) != OBJECT_NONE;
        return;
    }
    if (joint && content) {
        mark->valid = true;
        return;
    }
    const struct hash *named = object_ref(record, REF_TERM);
    if (!named)
        return;
    uint32_t term = terms_find(&f->terms, named), written = past_find(&f->past, named);
    if (term != OBJECT_NONE && agency_id_eq(&f->terms.chain[term].owner, &record->by)) {
        mark->valid = true; /* find_late decides */
        mark->term = term;
    } else if (content && written != OBJECT_NONE && agency_id_eq(&f->records[written].by, &record->by)) {
        mark->late = true; /* of a term that lost to another */
    }
}

static void find_valid(struct fold *f, bool joint)
{
    for (uint32_t x = 0; x < f->count; x++)
        find_term(f, x, joint);
    find_late(f);
    for (uint32_t x = 0; x < f->count; x++) {
        struct mark *mark = &f->marks[x];
        mark->valid = mark->valid && !mark->late;
        mark->content = mark->valid && object_op_is_content(f->records[x].op);
    }
}

static void find_answers(struct fold *f)
{
    for (uint32_t x = 0; x < f->count; x++) {
        const struct object_record *record = &f->records[x];
        if (!f->marks[x].valid || (record->op != OP_ACCEPT && record->op != OP_DECLINE))
            continue;
        const struct hash *named = object_ref(record, REF_PROPOSAL);
        uint32_t proposal = named ? past_find(&f->past, named) : OBJECT_NONE;
        if (proposal == OBJECT_NONE)
            continue;
        if (record->op == OP_ACCEPT)
            f->marks[proposal].answer = ANSWER_ACCEPTED;
        else if (f->marks[proposal].answer == ANSWER_OPEN)
            f->marks[proposal].answer = ANSWER_DECLINED;
    }
}

/* -- lists --------------------------------------------------------------------------------- */

static bool is_head(const struct fold *f, uint32_t x)
{
    return f->marks[x].content && !f->into[x];
}

static bool is_late(const struct fold *f, uint32_t x)
{
    return f->marks[x].late;
}

static bool is_erased(const struct fold *f, uint32_t x)
{
    return f->marks[x].erased;
}

static bool is_held(const struct fold *f, uint32_t x)
{
    return f->marks[x].held;
}

/* O8.  `into` is 1 for agencies that owned the object at some time. */
static bool is_disputed(const struct fold *f, uint32_t x)
{
    return f->records[x].place == PLACE_DISPUTED && object_op_is_content(f->records[x].op) && f->into[x];
}

static enum muster_error list_build(struct fold *f, struct object_list *out,
                                    bool (*has)(const struct fold *f, uint32_t x))
{
    uint32_t count = 0;
    for (uint32_t x = 0; x < f->count; x++)
        count += has(f, x);
    uint32_t *at = object_arena_take(f->arena, count, sizeof(uint32_t));
    if (!at)
        return MUSTER_ETOOBIG;
    *out = (struct object_list){.at = at};
    for (uint32_t n = 0; n < f->count; n++)
        if (has(f, f->past.by_id[n]))
            at[out->count++] = f->past.by_id[n];
    return MUSTER_OK;
}

static int owner_cmp(const void *context, uint32_t x, uint32_t y)
{
    const struct object_term *chain = context;
    return agency_id_cmp(&chain[x].owner, &chain[y].owner);
}

static enum muster_error list_disputed(struct fold *f, struct object_state *out)
{
    uint32_t count = f->terms.count;
    uint32_t *owners = object_arena_take(f->arena, count, sizeof(uint32_t));
    uint32_t *scratch = object_arena_take(f->arena, count, sizeof(uint32_t));
    if (!owners || !scratch)
        return MUSTER_ETOOBIG;
    for (uint32_t t = 0; t < count; t++)
        owners[t] = t;
    index_sort(owners, scratch, count, owner_cmp, f->terms.chain);
    for (uint32_t x = 0; x < f->count; x++) {
        uint32_t low = 0, high = count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (agency_id_cmp(&f->terms.chain[owners[middle]].owner, &f->records[x].by) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        f->into[x] = out->joint ||
                     (low < count && agency_id_eq(&f->terms.chain[owners[low]].owner, &f->records[x].by));
    }
    return list_build(f, &out->disputed, is_disputed);
}

static enum muster_error list_heads(struct fold *f, struct object_state *out)
{
    for (uint32_t x = 0; x < f->count; x++)
        f->from[x] = f->marks[x].content;
    past_spread(&f->past, f->from, f->into);
    enum muster_error error = list_build(f, &out->heads, is_head);
    for (uint32_t n = 0; error == MUSTER_OK && n < out->heads.count; n++)
        out->retracted |= f->records[out->heads.at[n]].op == OP_RETRACT;
    out->conflict = out->heads.count > 1;
    return error;
}

/* Which heads lie behind each record: what stands side by side in a conflict. */
static enum muster_error find_branches(struct fold *f, struct object_state *out)
{
    uint64_t *branches = object_arena_take(f->arena, f->count, sizeof *branches);
    if (!branches)
        return MUSTER_ETOOBIG;
    if (!out->conflict)
        return MUSTER_OK;
    memset(f->from, 0, f->count * sizeof *f->from);
    for (uint32_t h = 0; h < out->heads.count && h < FOLD_TAKES; h++)
        f->from[out->heads.at[h]] = UINT64_C(1) << h;
    past_spread(&f->past, f->from, branches);
    for (uint32_t x = 0; x < f->count; x++)
        branches[x] |= f->from[x];
    out->branches = branches;
    return MUSTER_OK;
}

static enum object_offer_answer offer_answer(const struct fold *f, uint32_t x, const bool *taken)
{
    const struct object_record *offer = &f->records[x];
    const struct hash *named = object_ref(offer, REF_TERM);
    uint32_t term = named ? terms_find(&f->terms, named) : OBJECT_NONE;
    if (term == OBJECT_NONE || !object_ref(offer, REF_TO_AGENCY) || !agency_id_eq(&f->terms.chain[term].owner, &offer->by))
        return OFFER_VOID;
    if (taken[x])
        return OFFER_TAKEN;
    if (f->terms.refused[x])
        return OFFER_REFUSED;
    if (term + 1 < f->terms.count)
        return OFFER_LAPSED;
    return f->terms.stands[x] ? OFFER_OPEN : OFFER_VOID;
}

static enum muster_error list_offers(struct fold *f, struct object_state *out)
{
    uint32_t count = 0;
    bool *taken = object_arena_take(f->arena, f->count, sizeof *taken);
    for (uint32_t x = 0; x < f->count; x++)
        count += f->records[x].op == OP_OFFER && f->records[x].place != PLACE_CUT_OFF;
    struct object_offer *at = object_arena_take(f->arena, count, sizeof *at);
    if (!taken || !at)
        return MUSTER_ETOOBIG;
    for (uint32_t t = 1; t < f->terms.count; t++)
        if (f->terms.chain[t].record != OBJECT_NONE && f->terms.offer_of[f->terms.chain[t].record] != OBJECT_NONE)
            taken[f->terms.offer_of[f->terms.chain[t].record]] = true;
    out->offers = at;
    for (uint32_t n = 0; n < f->count; n++) {
        uint32_t x = f->past.by_id[n];
        if (f->records[x].op == OP_OFFER && f->records[x].place != PLACE_CUT_OFF)
            at[out->offers_count++] = (struct object_offer){.record = x, .answer = offer_answer(f, x, taken)};
    }
    return MUSTER_OK;
}

static enum muster_error list_counts(struct fold *f, struct object_state *out)
{
    bool *counts = object_arena_take(f->arena, f->count, sizeof *counts);
    if (!counts)
        return MUSTER_ETOOBIG;
    for (uint32_t x = 0; x < f->count; x++)
        counts[x] = f->marks[x].valid;
    out->counts = counts;
    return MUSTER_OK;
}

static bool proposal_shows(const struct fold *f, uint32_t x)
{
    return f->records[x].op == OP_PROPOSE &&
           (f->records[x].place == PLACE_LIVE || f->marks[x].answer != ANSWER_OPEN);
}

static enum muster_error list_proposals(struct fold *f, struct object_state *out)
{
    uint32_t count = 0;
    for (uint32_t x = 0; x < f->count; x++)
        count += proposal_shows(f, x);
    struct object_proposal *at = object_arena_take(f->arena, count, sizeof *at);
    if (!at)
        return MUSTER_ETOOBIG;
    out->proposals = at;
    for (uint32_t n = 0; n < f->count; n++) {
        uint32_t x = f->past.by_id[n];
        if (proposal_shows(f, x))
            at[out->proposals_count++] =
                (struct object_proposal){.record = x, .answer = (enum object_answer)f->marks[x].answer};
    }
    return MUSTER_OK;
}

/* -- fields -------------------------------------------------------------------------------- */

static int weight(const struct fold *f, unsigned field, const struct object_setter *setter)
{
    if (!f->input->rank || setter->erased)
        return INT_MIN;
    return f->input->rank(f->input->rank_context, field, setter->record);
}

/* Setters come by rising id, so the last of equal weight and time is the one with the greatest. */
static struct object_setter find_provisional(const struct fold *f, unsigned field,
                                             const struct object_setter *setters, uint32_t count)
{
    struct object_setter best = setters[0];
    int best_weight = count > 1 ? weight(f, field, &best) : 0;
    for (uint32_t n = 1; n < count; n++) {
        int w = weight(f, field, &setters[n]);
        uint64_t hlc = f->records[setters[n].record].hlc, best_hlc = f->records[best.record].hlc;
        if (w > best_weight || (w == best_weight && hlc >= best_hlc)) {
            best = setters[n];
            best_weight = w;
        }
    }
    return best;
}

/* O5: a setter shows unless a later change sets the same field.  E3: erased or not. */
static enum muster_error find_fields(struct fold *f, struct object_state *out)
{
    uint32_t counts[OBJECT_FIELDS] = {0};
    struct object_setter *lists[OBJECT_FIELDS] = {0};
    for (uint32_t x = 0; x < f->count; x++)
        f->from[x] = f->marks[x].content ? f->records[x].mask : 0;
    past_spread(&f->past, f->from, f->into);
    for (uint32_t x = 0; x < f->count; x++)
        for (uint64_t shown = f->from[x] & ~f->into[x]; shown; shown &= shown - 1)
            counts[__builtin_ctzll(shown)]++;
    for (unsigned field = 0; field < OBJECT_FIELDS; field++)
        if (counts[field] &&
            !(lists[field] = object_arena_take(f->arena, counts[field], sizeof(struct object_setter))))
            return MUSTER_ETOOBIG;
    for (uint32_t n = 0; n < f->count; n++) {
        uint32_t x = f->past.by_id[n];
        for (uint64_t shown = f->from[x] & ~f->into[x]; shown; shown &= shown - 1) {
            unsigned field = (unsigned)__builtin_ctzll(shown);
            lists[field][out->fields[field].count++] =
                (struct object_setter){.record = x, .erased = f->marks[x].erased};
        }
    }
    for (unsigned field = 0; field < OBJECT_FIELDS; field++) {
        if (!counts[field])
            continue;
        out->set |= UINT64_C(1) << field;
        out->fields[field].setters = lists[field];
        out->fields[field].provisional = find_provisional(f, field, lists[field], counts[field]);
    }
    return MUSTER_OK;
}

/* -- all of it ----------------------------------------------------------------------------- */

static enum muster_error fold_existing(struct fold *f, struct object_state *out)
{
    const struct object_term *last = &f->terms.chain[f->terms.count - 1];
    out->exists = true;
    out->joint = f->records[f->terms.chain[0].record].joint;
    out->owner = last->owner;
    out->term = last->id;
    out->terms = f->terms.chain;
    out->terms_count = f->terms.count;
    find_valid(f, out->joint);
    find_answers(f);
    enum muster_error error = list_heads(f, out);
    if (error == MUSTER_OK)
        error = find_branches(f, out);
    if (error == MUSTER_OK)
        error = find_fields(f, out);
    if (error == MUSTER_OK)
        error = list_disputed(f, out);
    if (error == MUSTER_OK)
        error = list_build(f, &out->late, is_late);
    if (error == MUSTER_OK)
        error = list_proposals(f, out);
    if (error == MUSTER_OK)
        error = list_offers(f, out);
    if (error == MUSTER_OK)
        error = list_counts(f, out);
    return error;
}

static bool input_fits(const struct object_input *input)
{
    if (input->count > OBJECT_INPUT_MAX || input->assigned_count > OBJECT_ASSIGNED_MAX ||
        input->controllers_count > OBJECT_CONTROLLERS_MAX)
        return false;
    for (size_t i = 0; i < input->count; i++)
        if (input->records[i].refs_count > REFS_MAX)
            return false;
    return true;
}

enum muster_error object_fold(struct object_state *out, const struct object_input *input,
                              struct object_arena *arena)
{
    if (!input_fits(input))
        return MUSTER_ETOOBIG;
    struct fold f = {
        .input = input, .records = input->records, .count = (uint32_t)input->count, .arena = arena};
    struct object_state state = {0};
    f.marks = object_arena_take(arena, f.count, sizeof *f.marks);
    f.from = object_arena_take(arena, f.count, sizeof *f.from);
    f.into = object_arena_take(arena, f.count, sizeof *f.into);
    if (!f.marks || !f.from || !f.into)
        return MUSTER_ETOOBIG;
    enum muster_error error = past_build(&f.past, f.records, f.count, arena);
    if (error == MUSTER_OK)
        error = find_erasures(&f);
    if (error == MUSTER_OK)
        error = terms_build(&f.terms, &f.past, input->assigned, input->assigned_count, arena);
    if (error == MUSTER_OK)
        error = list_build(&f, &state.erased, is_erased);
    if (error == MUSTER_OK)
        error = list_build(&f, &state.held, is_held);
    if (error == MUSTER_OK && f.terms.count)
        error = fold_existing(&f, &state);
    if (error == MUSTER_OK)
        *out = state;
    return error;
}

size_t object_fold_bytes(const struct object_input *input)
{
    size_t count = input->count, refs = 0, setters = 0;
    for (size_t i = 0; i < count; i++) {
        refs += input->records[i].refs_count;
        setters += (size_t)__builtin_popcountll(input->records[i].mask);
    }
    size_t room = count + input->assigned_count;
    return object_arena_need(count, sizeof(struct mark)) + 2 * object_arena_need(count, sizeof(uint64_t)) +
           past_bytes(count, refs) + object_arena_need(count, sizeof(bool)) +
           terms_bytes(count, input->assigned_count) + 5 * object_arena_need(count, sizeof(uint32_t)) +
           2 * object_arena_need(room, sizeof(uint32_t)) +
           object_arena_need(count, sizeof(struct object_proposal)) +
           object_arena_need(count, sizeof(struct object_offer)) + object_arena_need(count, sizeof(uint64_t)) +
           2 * object_arena_need(count, sizeof(bool)) +
           object_arena_need(setters, sizeof(struct object_setter)) + OBJECT_FIELDS * ARENA_ALIGN;
}
