#include "protocol/object/escrow.h"

#include "protocol/mutant.h"
#include "protocol/object/escrow_inner.h"

const struct escrow_log *escrow_log_find(const struct escrow_input *input, const struct log_id *id)
{
    size_t low = 0, high = input->logs_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = log_id_cmp(&input->logs[middle].id, id);
        if (c == 0)
            return &input->logs[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static uint32_t object_find(const struct escrow_input *input, const struct object_id *id)
{
    size_t low = 0, high = input->objects_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = object_id_cmp(&input->objects[middle].id, id);
        if (c == 0)
            return (uint32_t)middle;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return OBJECT_NONE;
}

static enum stand stand_of(const struct escrow_input *input, const struct escrow_record *record)
{
    const struct escrow_log *log = escrow_log_find(input, &record->log);
    if (!log)
        return STAND_PENDING;
    if (record->seq > log->cut)
        return STAND_CUT_OFF;
    if (record->seq >= log->fork_at)
        return STAND_DISPUTED;
    return record->seq > log->prefix ? STAND_PENDING : STAND_FIRM;
}

/* -- pass 1: validity ---------------------------------------------------------------------- */

/* Units that the record takes of the right behind entry `at`, over all its entries for that right. */
static uint64_t units_of(const struct escrow *e, uint32_t x, size_t at)
{
    const struct escrow_record *record = &e->records[x];
    uint64_t sum = 0;
    for (size_t i = 0; i < record->from_count; i++)
        if (record_id_eq(&record->from[i].right, &record->from[at].right))
            sum += record->from[i].units;
    return sum;
}

static uint64_t units_total(const struct escrow_record *record)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < record->from_count; i++)
        sum += record->from[i].units;
    return sum;
}

static bool units_fit(const struct escrow_record *record)
{
    if (record->units > ESCROW_UNITS_MAX)
        return false;
    for (size_t i = 0; i < record->from_count; i++)
        if (record->from[i].units > ESCROW_UNITS_MAX)
            return false;
    return true;
}

/* Q2, Q3.  VALID if the rights bear it, VOID if they never can, WAITING while one is unknown.
 * Whatever is not judged yet (in a circle of references, see past.h) is unknown. */
static enum escrow_status spend(struct escrow *e, uint32_t x)
{
    const struct escrow_record *record = &e->records[x];
    const uint32_t *named = e->named + e->first[x];
    bool firm = e->stands[x] == STAND_FIRM && record->op != OP_RECLAIM, unknown = false;
    size_t count = record->from_count;
    if (!count)
        return ESCROW_VOID;
    /* What is void whatever still arrives comes first: so it can make nothing else wait. */
    for (size_t i = 0; i < count; i++) {
        const struct right *right = named[i] == OBJECT_NONE ? NULL : &e->rights[named[i]];
        if (right && right->held ? firm && !log_id_eq(right->holder, &record->log)
                                 : right && e->judged[named[i]].status != ESCROW_WAITING)
            return ESCROW_VOID;
    }
    for (size_t i = 0; i < count; i++)
        unknown |=
            named[i] == OBJECT_NONE || !e->rights[named[i]].held || (firm && e->rights[named[i]].tainted);
    if (unknown) {
        for (size_t i = 0; firm && i < count; i++)
            if (named[i] != OBJECT_NONE)
                e->rights[named[i]].tainted = true;
        return ESCROW_WAITING;
    }
    for (size_t i = 0; i < count; i++)
        if (!object_id_eq(e->rights[named[i]].object, &record->object))
            return ESCROW_VOID;
    if (record->op == OP_RECLAIM)
        return log_id_eq(e->rights[named[0]].giver, &record->log) && record->from[0].units ? ESCROW_VALID
                                                                                           : ESCROW_VOID;
    if (!firm)
        return ESCROW_VALID;
    for (size_t i = 0; i < count; i++) {
        uint64_t units = units_of(e, x, i);
        if (!units || MUTANT(16, false, units > e->rights[named[i]].left))
            return ESCROW_VOID;
    }
    for (size_t i = 0; i < count; i++)
        e->rights[named[i]].left -= record->from[i].units;
    return ESCROW_VALID;
}

/* Only a promise of the same log, before it, still standing, that had rights. */
static enum escrow_status release(struct escrow *e, uint32_t x)
{
    const struct escrow_record *record = &e->records[x];
    struct hash id;
    memcpy(id.b, record->about.b, HASH_BYTES);
    uint32_t old = past_find(&e->past, &id);
    if (e->stands[x] != STAND_FIRM || old == OBJECT_NONE || e->judged[old].status != ESCROW_VALID ||
        e->records[old].op != OP_COMMIT || !log_id_eq(&e->records[old].log, &record->log) ||
        e->records[old].seq >= record->seq)
        return ESCROW_VOID;
    for (size_t i = 0; i < e->records[old].from_count; i++)
        e->rights[e->named[e->first[old] + i]].left += e->records[old].from[i].units;
    e->judged[old].status = ESCROW_RELEASED;
    return ESCROW_VALID;
}

static enum escrow_status mint(const struct escrow *e, uint32_t x)
{
    const struct escrow_record *record = &e->records[x];
    if (record->mint == MINT_WAITS || object_find(e->input, &record->object) == OBJECT_NONE)
        return ESCROW_WAITING;
    return record->mint == MINT_BY_OWNER && record->units ? ESCROW_VALID : ESCROW_VOID;
}

static bool names_reclaim(const struct escrow_record *record)
{
    return record->op == OP_RETURN && !record_id_none(&record->about);
}

/* A return that answers a reclaim makes no right: the reclaim has made it already (Q6).  It stays
 * valid whatever the record it names turns out to be, else its arrival would change what is safe. */
static void right_make(struct escrow *e, uint32_t x)
{
    const struct escrow_record *record = &e->records[x];
    struct right *right = &e->rights[x];
    if (record->op != OP_MINT && record->op != OP_GRANT && record->op != OP_RECLAIM &&
        (record->op != OP_RETURN || names_reclaim(record)))
        return;
    right->held = true;
    right->giver = &record->log;
    right->holder = record->op == OP_GRANT    ? &record->to
                    : record->op == OP_RETURN ? e->rights[e->named[e->first[x]]].giver
                                              : &record->log;
    right->object = &record->object;
    right->units = right->left = record->op == OP_MINT ? record->units : units_total(record);
}

static bool is_quantity(uint8_t op)
{
    return op >= OP_MINT && op <= OP_RECLAIM;
}

static void judge(struct escrow *e, uint32_t x)
{
    static const uint8_t places[] = {ESCROW_WAITING, ESCROW_VALID, ESCROW_DISPUTED, ESCROW_CUT_OFF};
    const struct escrow_record *record = &e->records[x];
    uint8_t place = places[e->stands[x]];
    bool one = record->op == OP_RETURN || record->op == OP_RECLAIM;
    bool none = record->op == OP_MINT || record->op == OP_RELEASE;
    enum escrow_status status;
    if (e->stands[x] == STAND_PENDING)
        return; /* it waits */
    if (!is_quantity(record->op) || !units_fit(record) || (one && record->from_count != 1) ||
        (none && record->from_count))
        status = ESCROW_VOID;
    else if (record->op == OP_MINT)
        status = mint(e, x);
    else if (record->op == OP_RELEASE)
        status = release(e, x);
    else if (record->op == OP_COMMIT && !record->from_count)
        status = place == ESCROW_VALID ? ESCROW_UNBACKED : (enum escrow_status)place;
    else
        status = spend(e, x);
    if (status == ESCROW_VALID) {
        status = (enum escrow_status)place;
        right_make(e, x);
    }
    e->judged[x].status = (uint8_t)status;
}

/* -- words and totals ---------------------------------------------------------------------- */

static enum escrow_word word_of(const struct escrow_judgement *judged)
{
    static const uint8_t words[] = {
        [ESCROW_WAITING] = WORD_WAITING,   [ESCROW_VOID] = WORD_VOID,        [ESCROW_UNBACKED] = WORD_AT_RISK,
        [ESCROW_RELEASED] = WORD_RELEASED, [ESCROW_DISPUTED] = WORD_AT_RISK, [ESCROW_CUT_OFF] = WORD_CUT_OFF};
    if (judged->status != ESCROW_VALID)
        return (enum escrow_word)words[judged->status];
    return judged->drawn.lost ? WORD_LOST : judged->drawn.soft ? WORD_AT_RISK : WORD_SAFE;
}

/* Q7: a promise without rights is covered by one safe cover of at least its units. */
static void cover(struct escrow *e, uint32_t x)
{
    struct hash id;
    memcpy(id.b, e->records[x].about.b, HASH_BYTES);
    uint32_t promise = past_find(&e->past, &id);
    if (e->judged[x].word == WORD_SAFE && promise != OBJECT_NONE &&
        e->judged[promise].status == ESCROW_UNBACKED &&
        object_id_eq(&e->records[promise].object, &e->records[x].object) &&
        units_total(&e->records[x]) >= e->records[promise].units)
        e->judged[promise].word = WORD_COVERED;
}

static void find_words(struct escrow *e)
{
    for (uint32_t x = 0; x < e->count; x++)
        if (e->records[x].op == OP_COMMIT || e->records[x].op == OP_COVER)
            e->judged[x].word = (uint8_t)word_of(&e->judged[x]);
    for (uint32_t x = 0; x < e->count; x++)
        if (e->records[x].op == OP_COVER)
            cover(e, x);
}

/* A covered promise is counted by its cover. */
static void find_totals(const struct escrow *e, struct escrow_total *totals)
{
    for (uint32_t x = 0; x < e->count; x++) {
        const struct escrow_record *record = &e->records[x];
        uint32_t object = object_find(e->input, &record->object);
        if (object == OBJECT_NONE)
            continue;
        if (record->op == OP_MINT && e->judged[x].status == ESCROW_VALID &&
            e->input->objects[object].owner_is_member)
            totals[object].capacity += record->units;
        if (e->judged[x].word == WORD_SAFE)
            totals[object].safe += units_total(record);
    }
}

static enum muster_error list_rights(const struct escrow *e, struct escrow_state *out)
{
    uint32_t count = 0;
    for (uint32_t x = 0; x < e->count; x++)
        count += e->rights[x].held;
    struct escrow_right *list = object_arena_take(e->arena, count, sizeof *list);
    if (!list)
        return MUSTER_ETOOBIG;
    out->rights = list;
    for (uint32_t n = 0; n < e->count; n++) {
        uint32_t x = e->past.by_id[n];
        const struct right *right = &e->rights[x];
        if (right->held)
            list[out->rights_count++] = (struct escrow_right){.record = x,
                                                              .holder = *right->holder,
                                                              .giver = *right->giver,
                                                              .object = *right->object,
                                                              .units = right->units,
                                                              .left = right->left,
                                                              .rest = right->rest};
    }
    return MUSTER_OK;
}

/* -- all of it ----------------------------------------------------------------------------- */

/* The order of judging: behind the log's record before it, and behind the rights it names. */
static enum muster_error escrow_order(struct escrow *e, uint32_t entries)
{
    struct object_record *lines = object_arena_take(e->arena, e->count, sizeof *lines);
    struct record_ref *refs = object_arena_take(e->arena, entries, sizeof *refs);
    if (!lines || !refs)
        return MUSTER_ETOOBIG;
    for (uint32_t x = 0; x < e->count; x++) {
        const struct escrow_record *record = &e->records[x];
        e->stands[x] = (uint8_t)stand_of(e->input, record);
        lines[x].id = record->id;
        lines[x].log = record->log;
        lines[x].seq = record->seq;
        lines[x].place = e->stands[x] == STAND_FIRM ? PLACE_LIVE : PLACE_DISPUTED;
        lines[x].refs = refs + e->first[x];
        lines[x].refs_count = record->from_count;
        for (size_t i = 0; i < record->from_count; i++) {
            struct record_ref *ref = &refs[e->first[x] + i];
            ref->role = REF_DEP;
            memcpy(ref->hash.b, record->from[i].right.b, HASH_BYTES);
        }
    }
    enum muster_error error = past_build(&e->past, lines, e->count, e->arena);
    for (uint32_t at = 0; error == MUSTER_OK && at < entries; at++)
        e->named[at] = past_find(&e->past, &refs[at].hash);
    return error;
}

static size_t entries_of(const struct escrow_input *input)
{
    size_t entries = 0;
    for (size_t i = 0; i < input->count; i++)
        entries += input->records[i].from_count;
    return entries;
}

static bool input_fits(const struct escrow_input *input)
{
    if (input->count > ESCROW_RECORDS_MAX || input->logs_count > ESCROW_LOGS_MAX ||
        input->objects_count > ESCROW_OBJECTS_MAX)
        return false;
    for (size_t i = 0; i < input->count; i++)
        if (input->records[i].from_count > REFS_MAX)
            return false;
    return true;
}

enum muster_error escrow_fold(struct escrow_state *out, const struct escrow_input *input,
                              struct object_arena *arena)
{
    if (!input_fits(input))
        return MUSTER_ETOOBIG;
    struct escrow e = {
        .input = input, .records = input->records, .count = (uint32_t)input->count, .arena = arena};
    struct escrow_state state = {0};
    uint32_t entries = 0;
    e.stands = object_arena_take(arena, e.count, sizeof *e.stands);
    e.first = object_arena_take(arena, e.count, sizeof *e.first);
    e.rights = object_arena_take(arena, e.count, sizeof *e.rights);
    e.judged = object_arena_take(arena, e.count, sizeof *e.judged);
    e.named = object_arena_take(arena, entries_of(input), sizeof *e.named);
    e.taken = object_arena_take(arena, entries_of(input), sizeof *e.taken);
    struct escrow_total *totals = object_arena_take(arena, input->objects_count, sizeof *totals);
    if (!e.stands || !e.first || !e.rights || !e.judged || !e.named || !e.taken || !totals)
        return MUSTER_ETOOBIG;
    for (uint32_t x = 0; x < e.count; x++) {
        e.first[x] = entries;
        entries += (uint32_t)e.records[x].from_count;
    }
    enum muster_error error = escrow_order(&e, entries);
    if (error == MUSTER_OK)
        for (uint32_t n = 0; n < e.count; n++)
            judge(&e, e.past.order[n]);
    if (error == MUSTER_OK)
        error = escrow_draw(&e);
    if (error == MUSTER_OK)
        error = list_rights(&e, &state);
    if (error != MUSTER_OK)
        return error;
    find_words(&e);
    find_totals(&e, totals);
    state.records = e.judged;
    state.objects = totals;
    *out = state;
    return MUSTER_OK;
}

size_t escrow_fold_bytes(const struct escrow_input *input)
{
    size_t count = input->count, entries = entries_of(input);
    return object_arena_need(count, sizeof(uint8_t)) + object_arena_need(count, sizeof(uint32_t)) +
           object_arena_need(count, sizeof(struct right)) +
           object_arena_need(count, sizeof(struct escrow_judgement)) +
           object_arena_need(entries, sizeof(uint32_t)) +
           object_arena_need(entries, sizeof(struct escrow_parts)) +
           object_arena_need(input->objects_count, sizeof(struct escrow_total)) +
           object_arena_need(count, sizeof(struct object_record)) +
           object_arena_need(entries, sizeof(struct record_ref)) + past_bytes(count, entries) +
           escrow_draw_bytes(count, entries) + object_arena_need(count, sizeof(struct escrow_right));
}

const char *escrow_word_text(enum escrow_word word)
{
    static const char *const texts[] = {"",     "safe",    "at-risk",  "covered", "lost",
                                        "void", "waiting", "released", "cut-off"};
    return (unsigned)word < ARRAY_LEN(texts) ? texts[word] : "";
}
