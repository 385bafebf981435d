/* apply.c — from stored segments to the derived tables: what people see.
 *
 * Derived tables follow the durable ones in order of arrival and can be made again from them at any time.
 * Most records are a create, or an update by the log that wrote everything so far: those go on top.  All
 * else folds the whole object again (fold.h); a test compares the two ways. */
#include "protocol/core_inner.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/fold.h"
#include "protocol/object/state.h"

#include "base/pack.h"

#include <stdlib.h>

enum { OBJECT_KEY = 4 + OBJECT_ID_BYTES, RECORD_KEY = OBJECT_KEY + 8 + 2, RECORD_VALUE = 1 + 2 + 2 + 8 + 8 + 4 + 8 };
enum { INDEX_CHANGED = 'c' };

static enum muster_error derive(struct core *core, enum table table, const void *key, size_t key_len, const void *value,
                                size_t len)
{
    static const uint8_t empty[1];
    struct change change = {table, {key, key_len}, {value ? value : empty, len}};
    return core->storage.derive(core->storage.self, &change, 1);
}

static enum muster_error underive(struct core *core, enum table table, const void *key, size_t key_len)
{
    struct change change = {table, {key, key_len}, {NULL, 0}};
    return core->storage.derive(core->storage.self, &change, 1);
}

static void object_key(uint8_t out[OBJECT_KEY], const struct space *space, const struct object_id *object)
{
    put_be32(out, space->number);
    memcpy(out + 4, object->b, OBJECT_ID_BYTES);
}

static void index_key(uint8_t out[4 + 2 + 1 + 8 + OBJECT_ID_BYTES], const struct space *space, uint16_t kind,
                      uint64_t changed, const struct object_id *object)
{
    put_be32(out, space->number);
    out[4] = (uint8_t)(kind >> 8);
    out[5] = (uint8_t)kind;
    out[6] = INDEX_CHANGED;
    put_be64(out + 7, changed);
    memcpy(out + 15, object->b, OBJECT_ID_BYTES);
}

/* --- aliases: identifiers of other systems that find the object ------------------------------------- */

static void note_alias(struct core *core, const struct space *space, struct bytes text, const struct object_id *object)
{
    uint8_t key[4 + 16];
    struct hash h = crypto_hash1("muster/1/alias", text.at, text.len);
    put_be32(key, space->number);
    memcpy(key + 4, h.b, 16);
    struct bytes known;
    if (core->storage.get(core->storage.self, T_ALIAS, (struct bytes){key, sizeof(key)}, &known) == MUSTER_OK)
        return;
    (void)derive(core, T_ALIAS, key, sizeof(key), object->b, OBJECT_ID_BYTES);
}

static void note_aliases(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                         const struct object_id *object)
{
    const struct kind *kind = kind_by_number(kind_number);
    for (size_t i = 0; kind && i < kind->count; i++) {
        struct pack_value value, each;
        if (!(kind->fields[i].flags & FIELD_ALIAS) || !pack_get(body, kind->fields[i].number, &value))
            continue;
        if (value.type == PACK_TEXT)
            note_alias(core, space, value.u.run, object);
        struct cursor c = cursor_over(value.whole.at, value.whole.len);
        if (value.type == PACK_ARRAY && pack_next(&c, &each, true))
            while (pack_next(&c, &each, false))
                if (each.type == PACK_TEXT)
                    note_alias(core, space, each.u.run, object);
    }
}

/* --- storing an object's state -------------------------------------------------------------------------- */

static enum muster_error store_state(struct core *core, struct space *space, const struct object_id *object,
                                     struct object_stored *state, const struct object_stored *before)
{
    uint8_t key[OBJECT_KEY], place[4 + 2 + 1 + 8 + OBJECT_ID_BYTES];
    uint8_t *out = core->state_scratch + OBJECT_SCRATCH;
    size_t len = object_stored_write(out, OBJECT_SCRATCH, state);
    if (!len)
        return MUSTER_ETOOBIG;
    bool was = before && !(before->flags & OBJECT_ORPHAN), is = !(state->flags & OBJECT_ORPHAN);
    if (was && (!is || before->changed != state->changed || before->kind != state->kind)) {
        index_key(place, space, before->kind, before->changed, object);
        (void)underive(core, T_INDEX, place, sizeof(place));
    }
    if (is && (!was || before->changed != state->changed || before->kind != state->kind)) {
        index_key(place, space, state->kind, state->changed, object);
        (void)derive(core, T_INDEX, place, sizeof(place), NULL, 0);
    }
    if (is && !was)
        space->objects++;
    if (was && !is)
        space->objects--;
    object_key(key, space, object);
    return derive(core, T_OBJECT, key, sizeof(key), out, len);
}

/* --- opening a stored record ----------------------------------------------------------------------------- */

static enum muster_error stored_item(struct core *core, uint64_t arrival, struct log **log, struct bytes *item)
{
    uint8_t key[8];
    struct bytes value;
    put_be64(key, arrival);
    enum muster_error error = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){key, 8}, &value);
    if (error)
        return error;
    if (value.len < 4 + SEGMENT_HEADER_BYTES || get_be32(value.at) == 0 || get_be32(value.at) > core->log_count)
        return MUSTER_EDAMAGED;
    *log = core->logs[get_be32(value.at) - 1];
    *item = (struct bytes){value.at + 4, value.len - 4};
    return MUSTER_OK;
}

static enum muster_error open_body(struct core *core, struct log *log, const struct segment_header *segment,
                                   const struct segment_record *record, struct bytes *body)
{
    struct seal_key key;
    struct record_id epoch;
    if (!record->payload.at)
        return MUSTER_EERASED;
    if (record->header.flags & RECORD_CLEAR)
        return payload_open(core->codec, body, record->payload, &log->id, &record->header, NULL);
    memcpy(epoch.b, segment->epoch.b, HASH_BYTES);
    if (!space_key(core->spaces[log->space], &epoch, &key))
        return MUSTER_ENOKEY;
    enum muster_error error = MUSTER_OK;
    if (record->header.flags & RECORD_PERSONAL) {
        struct seal_key own = {{0}};
        error = record->wrap.at ? payload_unwrap(&own, record->wrap, &log->id, &record->header, &key) : MUSTER_ENOKEY;
        key = own;
        crypto_wipe(&own, sizeof(own));
    }
    if (!error)
        error = payload_open(core->codec, body, record->payload, &log->id, &record->header, &key);
    crypto_wipe(&key, sizeof(key));
    return error;
}

enum muster_error core_record_open(struct core *core, uint64_t arrival, uint16_t index, struct segment_header *segment,
                                   struct record_header *header, struct record_id *id, struct bytes *body)
{
    struct log *log;
    struct bytes item;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    enum muster_error error = stored_item(core, arrival, &log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, index, segment, &record);
    if (error)
        return error;
    *header = record.header;
    *id = record_id_of(&log->id, bytes, record_header_write(bytes, header));
    return open_body(core, log, segment, &record, body);
}

/* --- the whole fold of one object ----------------------------------------------------------------------- */

struct held {
    uint64_t arrival;
    uint16_t index;
    uint16_t kind;
    struct record_header header;
};

struct gathered {
    struct core *core;
    struct held *held;
    size_t count, size;
    bool failed;
};

static bool gather_key(void *user, struct bytes key, struct bytes value)
{
    struct gathered *g = user;
    (void)value;
    if (key.len != RECORD_KEY)
        return true;
    if (g->count == g->size) {
        size_t size = g->size ? g->size * 2 : 16;
        struct held *bigger = size <= OBJECT_RECORDS_MAX * 2 ? realloc(g->held, size * sizeof(*bigger)) : NULL;
        g->failed = !bigger;
        if (!bigger)
            return false;
        g->held = bigger;
        g->size = size;
    }
    g->held[g->count++] = (struct held){.arrival = get_be64(key.at + OBJECT_KEY),
                                        .index = (uint16_t)(key.at[OBJECT_KEY + 8] << 8 | key.at[OBJECT_KEY + 9])};
    return true;
}

static uint8_t place_of(const struct log *log, uint64_t position)
{
    if (log->status == CONTROL_LOG_NO_RIGHT || position > log->limit)
        return PLACE_CUT_OFF;
    return log->fork_at && position >= log->fork_at ? PLACE_DISPUTED : PLACE_LIVE;
}

/* Fills the fold's record from the stored one. */
static enum muster_error load_record(struct core *core, const struct object_id *object, struct held *held,
                                     struct object_record *out)
{
    struct log *log;
    struct bytes item;
    struct segment_header segment;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    enum muster_error error = stored_item(core, held->arrival, &log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, held->index, &segment, &record);
    if (error)
        return error;
    held->header = record.header;
    held->kind = record.header.kind;
    *out = (struct object_record){.id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header)),
                                  .log = log->id, .seq = record.header.sequence, .by = log->genesis.agency,
                                  .op = record.header.operation, .place = place_of(log, segment.position),
                                  .joint = record.header.flags & RECORD_JOINT,
                                  .root_id_fits = record.header.operation == OP_CREATE &&
                                                  object_id_fits(object, &log->id, record.header.sequence),
                                  .hlc = record.header.hlc, .mask = record.header.mask, .refs = held->header.refs,
                                  .refs_count = held->header.ref_count};
    return MUSTER_OK;
}

/* The values of the fields, each from the record that the fold chose; nothing if they do not fit.  Whether they fit does
 * not depend on the order of the records: each field comes from one of them, so the sum only grows. */
static struct bytes fill_view(struct core *core, struct space *space, const struct object_id *object,
                              const struct object_state *folded, const struct held *held, size_t count,
                              struct object_stored *out, size_t value_max)
{
    size_t len = 0;
    out->erased_mask = 0;
    uint8_t *view = core->state_scratch, *next = malloc(OBJECT_SCRATCH);
    for (size_t r = 0; r < count && next; r++) {
        uint64_t mask = 0;
        for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
            if (!(folded->set >> f & 1) || folded->fields[f].provisional.record != r)
                continue;
            if (folded->fields[f].provisional.erased)
                out->erased_mask |= 1ull << f;
            else
                mask |= 1ull << f;
        }
        struct segment_header segment;
        struct record_header header;
        struct record_id id;
        struct bytes body;
        if (!mask)
            continue;
        if (core_record_open(core, held[r].arrival, held[r].index, &segment, &header, &id, &body) != MUSTER_OK) {
            out->erased_mask |= mask;
            continue;
        }
        note_aliases(core, space, header.kind, body, object);
        len = object_view_merge_tight(next, OBJECT_SCRATCH - 8192, (struct bytes){view, len}, body, mask, value_max);
        if (!len) {
            free(next);
            return (struct bytes){NULL, 0};
        }
        memcpy(view, next, len);
    }
    if (!len && next) {
        struct writer w = writer_over(view, OBJECT_SCRATCH);
        pack_map(&w, 0);
        len = writer_len(&w);
    }
    free(next);
    return (struct bytes){view, len};
}

static struct bytes make_view(struct core *core, struct space *space, const struct object_id *object,
                              const struct object_state *folded, const struct held *held, size_t count,
                              struct object_stored *out)
{
    struct bytes view = fill_view(core, space, object, folded, held, count, out, SIZE_MAX);
    if (view.len)
        return view;
    out->simple = false; /* long values are named by their size: a change may make room for them again */
    return fill_view(core, space, object, folded, held, count, out, OBJECT_TIGHT_VALUE_MAX);
}

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

static void summarise(struct object_stored *out, const struct object_state *folded, const struct object_record *records,
                      const struct held *held, size_t count)
{
    if (!folded->exists) {
        out->flags |= OBJECT_ORPHAN;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!object_op_is_content(records[i].op) || records[i].place != PLACE_LIVE || !has_owned(folded, &records[i].by))
            continue;
        out->revision++;
        if (records[i].hlc > out->changed)
            out->changed = records[i].hlc;
    }
    for (size_t i = 0; i < count; i++)
        if (memcmp(records[i].id.b, folded->terms[0].id.b, HASH_BYTES) == 0) {
            out->kind = held[i].kind;
            out->created = records[i].hlc;
        }
    out->owner = folded->owner;
    out->term = folded->term;
    out->head_count = (uint8_t)(folded->heads.count > OBJECT_HEADS_MAX ? OBJECT_HEADS_MAX : folded->heads.count);
    for (size_t i = 0; i < out->head_count; i++)
        out->heads[i] = records[folded->heads.at[i]].id;
    if (folded->conflict)
        out->flags |= OBJECT_CONFLICT;
    if (folded->retracted)
        out->flags |= OBJECT_RETRACTED;
    if (folded->joint)
        out->flags |= OBJECT_JOINT;
    if (folded->late.count)
        out->flags |= OBJECT_LATE;
    if (folded->disputed.count)
        out->flags |= OBJECT_DISPUTED;
    for (size_t i = 0; i < folded->proposals_count; i++)
        if (folded->proposals[i].answer == ANSWER_OPEN)
            out->flags |= OBJECT_PROPOSALS;
    for (unsigned f = 0; f < OBJECT_FIELDS; f++)
        if ((folded->set >> f & 1) && folded->fields[f].count > 1)
            out->conflict_mask |= 1ull << f;
    out->simple = !folded->joint && folded->heads.count == 1 && only_one_log(records, count);
    for (size_t i = 0; i < count; i++)
        if (out->simple && records[i].seq > out->sequence)
            out->sequence = records[i].seq;
}

/* No record of it counts any more. */
static enum muster_error no_object(struct core *core, struct space *space, const struct object_id *object)
{
    uint8_t key[OBJECT_KEY], place[4 + 2 + 1 + 8 + OBJECT_ID_BYTES];
    struct bytes value;
    struct object_stored before;
    object_key(key, space, object);
    if (core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value) != MUSTER_OK)
        return MUSTER_OK;
    if (object_stored_read(&before, value) == MUSTER_OK && !(before.flags & OBJECT_ORPHAN)) {
        index_key(place, space, before.kind, before.changed, object);
        (void)underive(core, T_INDEX, place, sizeof(place));
        space->objects--;
    }
    return underive(core, T_OBJECT, key, sizeof(key));
}

static enum muster_error fold_again(struct core *core, struct space *space, const struct object_id *object)
{
    uint8_t key[OBJECT_KEY];
    struct gathered g = {.core = core};
    object_key(key, space, object);
    struct bytes prefix = {key, sizeof(key)}, value;
    enum muster_error error = core->storage.scan(core->storage.self, T_RECORD, prefix, prefix, false, gather_key, &g);
    struct object_record *records = calloc(g.count ? g.count : 1, sizeof(*records));
    struct object_arena arena = {0};
    struct object_state *folded = calloc(1, sizeof(*folded));
    if (!error && (g.failed || !records || !folded))
        error = MUSTER_EBUSY;
    if (!error && !g.count) {
        error = no_object(core, space, object);
        goto out;
    }
    for (size_t i = 0; i < g.count && !error; i++)
        error = load_record(core, object, &g.held[i], &records[i]);
    struct control_reassign assigned[64];
    struct object_assigned moved[64];
    size_t assigned_count = error ? 0 : control_reassigns(space->control, object, assigned, ARRAY_LEN(assigned));
    for (size_t i = 0; i < assigned_count; i++) {
        moved[i] = (struct object_assigned){.agency = assigned[i].to};
        memcpy(moved[i].id.b, assigned[i].id.b, HASH_BYTES);
        memcpy(moved[i].term.b, assigned[i].after.b, HASH_BYTES);
    }
    struct object_input input = {.records = records, .count = g.count, .assigned = moved, .assigned_count = assigned_count,
                                 .controllers = &space->genesis.controller, .controllers_count = 1};
    void *memory = NULL;
    if (!error) {
        size_t bytes = object_fold_bytes(&input);
        memory = malloc(bytes);
        arena = (struct object_arena){.at = memory, .size = bytes};
        error = memory ? object_fold(folded, &input, &arena) : MUSTER_EBUSY;
    }
    if (!error) {
        struct object_stored state = {.kind = 0}, before;
        struct object_stored *old = NULL;
        uint8_t *kept = NULL;
        summarise(&state, folded, records, g.held, g.count);
        if (state.simple) {
            struct log *log = log_find(core, &records[0].log);
            state.log = log ? log->number : 0;
        }
        state.view = make_view(core, space, object, folded, g.held, g.count, &state);
        if (core->storage.get(core->storage.self, T_OBJECT, prefix, &value) == MUSTER_OK && (kept = malloc(value.len))) {
            memcpy(kept, value.at, value.len);
            if (object_stored_read(&before, (struct bytes){kept, value.len}) == MUSTER_OK)
                old = &before;
        }
        error = store_state(core, space, object, &state, old);
        free(kept);
    }
    free(memory);
out:
    free(folded);
    free(records);
    free(g.held);
    return error;
}

/* --- one record ------------------------------------------------------------------------------------------- */

static enum muster_error fresh(struct core *core, struct space *space, const struct log *log,
                               const struct record_header *header, const struct record_id *id, struct bytes body)
{
    struct object_stored state = {.kind = header->kind, .owner = log->genesis.agency, .created = header->hlc,
                                  .changed = header->hlc, .revision = 1, .head_count = 1, .log = log->number,
                                  .sequence = header->sequence, .simple = !(header->flags & RECORD_JOINT),
                                  .flags = header->flags & RECORD_JOINT ? OBJECT_JOINT : 0};
    memcpy(state.term.b, id->b, HASH_BYTES);
    state.heads[0] = *id;
    state.view.at = core->state_scratch;
    state.view.len = object_view_merge(core->state_scratch, OBJECT_SCRATCH - 8192, (struct bytes){NULL, 0}, body,
                                       header->mask);
    note_aliases(core, space, header->kind, body, &header->object);
    return store_state(core, space, &header->object, &state, NULL);
}

/* A later change by the log that wrote everything so far. */
static bool goes_on_top(const struct object_stored *state, const struct log *log, const struct record_header *header)
{
    if (!state->simple || state->log != log->number || header->sequence <= state->sequence ||
        (header->operation != OP_UPDATE && header->operation != OP_RESOLVE))
        return false;
    bool term = false;
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == REF_TERM) {
            if (term || !hash_eq(&header->refs[i].hash, &state->term))
                return false;
            term = true;
        }
    return term;
}

static enum muster_error on_top(struct core *core, struct space *space, const struct object_stored *before,
                                const struct log *log, const struct record_header *header, const struct record_id *id,
                                struct bytes body)
{
    struct object_stored state = *before;
    state.flags = (uint16_t)(state.flags & ~OBJECT_RETRACTED);
    state.changed = header->hlc > before->changed ? header->hlc : before->changed;
    state.revision++;
    state.head_count = 1;
    state.heads[0] = *id;
    state.sequence = header->sequence;
    state.erased_mask &= ~header->mask;
    state.view.at = core->state_scratch;
    state.view.len = object_view_merge(core->state_scratch, OBJECT_SCRATCH - 8192, before->view, body, header->mask);
    note_aliases(core, space, header->kind, body, &header->object);
    (void)log;
    return state.view.len ? store_state(core, space, &header->object, &state, before) : MUSTER_ETOOBIG;
}

/* A record whose contents are void, with the reason: kept and relayed, in no view, looked at again after an upgrade. */
static void set_aside(struct core *core, struct space *space, struct log *log, const struct segment_header *segment,
                      uint32_t index, enum muster_error why)
{
    uint8_t key[4 + 8 + 2], value[2];
    put_be32(key, log->number);
    put_be64(key + 4, segment->position);
    key[12] = (uint8_t)(index >> 8);
    key[13] = (uint8_t)index;
    put_le16(value, (uint16_t)why);
    if (stage_put(core, T_QUARANTINE, key, sizeof(key), value, sizeof(value)) == MUSTER_OK)
        space->quarantined++;
    core_event(core, "record.set_aside", &log->genesis.agency, "sequence %llu: %s",
               (unsigned long long)(segment->first_sequence + index), error_what(why));
}

static enum muster_error apply_record(struct core *core, struct space *space, struct log *log,
                                      const struct segment_header *segment, const struct segment_record *record,
                                      uint64_t arrival, uint32_t index)
{
    const struct record_header *header = &record->header;
    uint8_t key[RECORD_KEY], value[RECORD_VALUE], bytes[RECORD_HEADER_MAX];
    struct bytes stored, body = {NULL, 0};
    enum muster_error opened = open_body(core, log, segment, record, &body);
    if (opened && opened != MUSTER_EERASED && opened != MUSTER_ENOKEY)
        return opened;
    object_key(key, space, &header->object);
    put_be64(key + OBJECT_KEY, arrival);
    key[OBJECT_KEY + 8] = (uint8_t)(index >> 8);
    key[OBJECT_KEY + 9] = (uint8_t)index;
    struct writer w = writer_over(value, sizeof(value));
    writer_u8(&w, header->operation);
    writer_u16(&w, header->flags);
    writer_u16(&w, header->kind);
    writer_u64(&w, header->mask);
    writer_u64(&w, header->hlc);
    writer_u32(&w, log->number);
    writer_u64(&w, header->sequence);
    enum muster_error error = derive(core, T_RECORD, key, sizeof(key), value, writer_len(&w));
    if (error)
        return error;
    space->records++;
    core->counters.records_folded++;
    core->hlc = hlc_see(core->hlc, header->hlc, core->wall_ms);

    struct object_stored before;
    enum muster_error known = core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, OBJECT_KEY}, &stored);
    uint8_t *kept = NULL;
    if (known == MUSTER_OK) { /* borrowed until the next change: keep a copy while this object is changed */
        kept = malloc(stored.len);
        if (!kept)
            return MUSTER_EBUSY;
        memcpy(kept, stored.at, stored.len);
        known = object_stored_read(&before, (struct bytes){kept, stored.len});
    }
    struct control_reassign moved;
    bool create = known == MUSTER_ENOTFOUND && header->operation == OP_CREATE &&
                  object_id_fits(&header->object, &log->id, header->sequence) &&
                  !control_reassigns(space->control, &header->object, &moved, 1); /* a majority was faster than its create */
    bool top = known == MUSTER_OK && goes_on_top(&before, log, header);
    if (!opened && (create || top)) {
        struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, header));
        error = create ? fresh(core, space, log, header, &id, body) : on_top(core, space, &before, log, header, &id, body);
    } else {
        error = MUSTER_ETOOBIG;
    }
    if (error == MUSTER_ETOOBIG)
        error = fold_again(core, space, &header->object);
    free(kept);
    return error;
}

/* --- segments --------------------------------------------------------------------------------------------- */

/* What waits: 'w' || space 4 || arrival 8 -> log 4. */
static void waiting_key(uint8_t out[13], const struct space *space, uint64_t arrival)
{
    out[0] = 'w';
    put_be32(out + 1, space->number);
    put_be64(out + 5, arrival);
}

/* OK when it was folded or never will be as things are; EWAITS when it must be looked at again. */
static enum muster_error try_segment(struct core *core, struct log *log, uint64_t arrival, struct bytes item)
{
    struct space *space = core->spaces[log->space];
    struct segment_header header;
    struct cursor records;
    struct record_id epoch;
    struct seal_key key;
    if (segment_item_open(&header, &records, item.at, item.len) != MUSTER_OK)
        return MUSTER_EDAMAGED;
    if (header.position > log->limit)
        return MUSTER_EWAITS;
    if (log->fork_at && header.position >= log->fork_at)
        return MUSTER_EWAITS; /* disputed: shown by status, folded if a cut settles the fork */
    memcpy(epoch.b, header.epoch.b, HASH_BYTES);
    if (!space_key(space, &epoch, &key))
        return MUSTER_EWAITS;
    crypto_wipe(&key, sizeof(key));
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record record;
        if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
            return MUSTER_EDAMAGED;
        enum muster_error error = apply_record(core, space, log, &header, &record, arrival, i);
        if (error)
            set_aside(core, space, log, &header, i, error);
    }
    return MUSTER_OK;
}

void apply_segment(struct core *core, struct log *log, uint64_t arrival, struct bytes item)
{
    if (log->genesis.role != LOG_DATA)
        return;
    if (try_segment(core, log, arrival, item) != MUSTER_EWAITS)
        return;
    struct space *space = core->spaces[log->space];
    uint8_t key[13], value[4];
    waiting_key(key, space, arrival);
    put_be32(value, log->number);
    if (derive(core, T_APPLIED, key, sizeof(key), value, sizeof(value)) == MUSTER_OK)
        space->waiting++;
}

void apply_again(struct core *core, struct space *space, const struct object_id *object)
{
    if (fold_again(core, space, object) != MUSTER_OK)
        core_event(core, "object.not_folded", NULL, "an object cannot be folded again; its last state is shown");
}

/* One segment that was folded leaves the views; true if it was in them. */
static bool withdraw_item(struct core *core, struct space *space, uint64_t arrival, struct bytes item)
{
    struct segment_header header;
    struct cursor records;
    struct segment_record record;
    struct object_id *objects = malloc(SEGMENT_RECORDS_MAX * sizeof(*objects));
    size_t count = 0;
    if (!objects || segment_item_open(&header, &records, item.at, item.len) != MUSTER_OK) {
        free(objects);
        return false;
    }
    for (uint32_t i = 0; i < header.count; i++) {
        uint8_t key[RECORD_KEY];
        struct bytes known;
        if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
            break;
        object_key(key, space, &record.header.object);
        put_be64(key + OBJECT_KEY, arrival);
        key[OBJECT_KEY + 8] = (uint8_t)(i >> 8);
        key[OBJECT_KEY + 9] = (uint8_t)i;
        if (core->storage.get(core->storage.self, T_RECORD, (struct bytes){key, sizeof(key)}, &known) != MUSTER_OK)
            continue;
        (void)underive(core, T_RECORD, key, sizeof(key));
        space->records--;
        size_t o = 0;
        while (o < count && memcmp(objects[o].b, record.header.object.b, OBJECT_ID_BYTES) != 0)
            o++;
        objects[o] = record.header.object;
        count += o == count;
    }
    for (size_t i = 0; i < count; i++)
        apply_again(core, space, &objects[i]);
    free(objects);
    return true;
}

enum { WAITING_ROUND = 1024 };

struct waiting {
    uint64_t arrivals[WAITING_ROUND];
    size_t count;
    uint64_t last; /* position of the last one */
};

static bool collect_waiting(void *user, struct bytes key, struct bytes value)
{
    struct waiting *w = user;
    (void)value;
    if (key.len == 13)
        w->arrivals[w->count++] = get_be64(key.at + 5);
    return w->count < WAITING_ROUND;
}

static bool collect_arrivals(void *user, struct bytes key, struct bytes value)
{
    struct waiting *w = user;
    if (key.len == 12 && value.len >= 8) {
        w->arrivals[w->count++] = get_be64(value.at);
        w->last = get_be64(key.at + 4);
    }
    return w->count < WAITING_ROUND;
}

void apply_withdraw(struct core *core, struct log *log, uint64_t from)
{
    struct space *space = core->spaces[log->space];
    struct waiting *w = log->genesis.role == LOG_DATA ? malloc(sizeof(*w)) : NULL;
    uint8_t *copy = w ? malloc(SEGMENT_ITEM_MAX) : NULL, key[13], value[4];
    put_be32(value, log->number);
    while (copy) {
        w->count = 0;
        put_be32(key, log->number);
        put_be64(key + 4, from);
        if (core->storage.scan(core->storage.self, T_POSITION, (struct bytes){key, 4}, (struct bytes){key, 12}, false,
                               collect_arrivals, w) != MUSTER_OK || !w->count)
            break;
        for (size_t i = 0; i < w->count; i++) {
            struct log *of;
            struct bytes item, known;
            waiting_key(key, space, w->arrivals[i]);
            if (w->arrivals[i] > core->applied ||
                core->storage.get(core->storage.self, T_APPLIED, (struct bytes){key, 13}, &known) == MUSTER_OK ||
                stored_item(core, w->arrivals[i], &of, &item) != MUSTER_OK || item.len > SEGMENT_ITEM_MAX)
                continue;
            memcpy(copy, item.at, item.len);
            if (withdraw_item(core, space, w->arrivals[i], (struct bytes){copy, item.len}) &&
                derive(core, T_APPLIED, key, 13, value, sizeof(value)) == MUSTER_OK)
                space->waiting++;
        }
        from = w->last + 1;
    }
    free(copy);
    free(w);
    apply_note(core);
}

void apply_waiting(struct core *core, struct space *space)
{
    struct waiting *w = space->waiting ? malloc(sizeof(*w)) : NULL;
    uint8_t key[13];
    uint64_t from = 0;
    bool progress = false;
    while (w) {
        w->count = 0;
        waiting_key(key, space, from);
        if (core->storage.scan(core->storage.self, T_APPLIED, (struct bytes){key, 5}, (struct bytes){key, 13}, false,
                               collect_waiting, w) != MUSTER_OK || !w->count)
            break;
        for (size_t i = 0; i < w->count; i++) {
            struct log *log;
            struct bytes item;
            uint8_t *copy = malloc(SEGMENT_ITEM_MAX);
            if (copy && stored_item(core, w->arrivals[i], &log, &item) == MUSTER_OK && item.len <= SEGMENT_ITEM_MAX) {
                memcpy(copy, item.at, item.len);
                if (try_segment(core, log, w->arrivals[i], (struct bytes){copy, item.len}) != MUSTER_EWAITS) {
                    waiting_key(key, space, w->arrivals[i]);
                    (void)underive(core, T_APPLIED, key, sizeof(key));
                    space->waiting--;
                    progress = true;
                }
            }
            free(copy);
        }
        from = w->arrivals[w->count - 1] + 1;
    }
    free(w);
    if (progress)
        apply_note(core);
}

/* 'n' || space 4 -> objects 8, records 8, waiting 8; "arrival" -> how far everything is. */
void apply_note(struct core *core)
{
    uint8_t value[24];
    put_be64(value, core->applied); /* what is staged or in flight has numbers already and is not folded */
    (void)derive(core, T_APPLIED, "arrival", 7, value, 8);
    for (size_t i = 0; i < core->space_count; i++) {
        uint8_t key[5] = {'n'};
        put_be32(key + 1, core->spaces[i]->number);
        put_be64(value, core->spaces[i]->objects);
        put_be64(value + 8, core->spaces[i]->records);
        put_be64(value + 16, core->spaces[i]->waiting);
        (void)derive(core, T_APPLIED, key, sizeof(key), value, sizeof(value));
    }
}

/* --- catching up and starting over ------------------------------------------------------------------------- */

enum { CLEAR_ROUND = 512 };

struct clear {
    uint8_t keys[CLEAR_ROUND][STORAGE_KEY_MAX];
    size_t lens[CLEAR_ROUND];
    size_t count;
    uint8_t last[STORAGE_KEY_MAX]; /* durable tables change with the commit only: go on behind it */
    size_t last_len;
};

static bool collect_keys(void *user, struct bytes key, struct bytes value)
{
    struct clear *c = user;
    (void)value;
    if (key.len <= STORAGE_KEY_MAX) {
        memcpy(c->keys[c->count], key.at, key.len);
        c->lens[c->count++] = key.len;
    }
    return c->count < CLEAR_ROUND;
}

static enum muster_error clear_derived(struct core *core)
{
    struct clear *c = calloc(1, sizeof(*c));
    enum muster_error error = c ? MUSTER_OK : MUSTER_EBUSY;
    struct bytes none = {NULL, 0};
    for (int table = TABLE_DERIVED_FIRST; table < TABLE_COUNT && !error; table++) {
        do {
            c->count = 0;
            error = core->storage.scan(core->storage.self, (enum table)table, none, none, false, collect_keys, c);
            for (size_t i = 0; i < c->count && !error; i++)
                error = underive(core, (enum table)table, c->keys[i], c->lens[i]);
        } while (c->count && !error);
    }
    while (c && !error) { /* what was set aside gets another chance */
        c->count = 0;
        error = core->storage.scan(core->storage.self, T_QUARANTINE, none, (struct bytes){c->last, c->last_len}, false,
                                   collect_keys, c);
        for (size_t i = 0; i < c->count && !error; i++)
            error = stage_delete(core, T_QUARANTINE, c->keys[i], c->lens[i]);
        if (c->count < CLEAR_ROUND)
            break;
        memcpy(c->last, c->keys[c->count - 1], c->lens[c->count - 1]);
        c->last_len = c->lens[c->count - 1];
    }
    free(c);
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->quarantined = core->spaces[i]->objects = core->spaces[i]->records = core->spaces[i]->waiting = 0;
    return error;
}

struct replay {
    struct core *core;
    uint64_t next;
    enum muster_error error;
    uint8_t *copy;
    size_t len;
    uint32_t log;
};

static bool take_one(void *user, struct bytes key, struct bytes value)
{
    struct replay *r = user;
    if (key.len != 8 || value.len < 4 || value.len - 4 > SEGMENT_ITEM_MAX || get_be32(value.at) == 0 ||
        get_be32(value.at) > r->core->log_count) {
        r->error = MUSTER_EDAMAGED;
        return false;
    }
    r->next = get_be64(key.at);
    r->log = get_be32(value.at) - 1;
    r->len = value.len - 4;
    memcpy(r->copy, value.at + 4, r->len);
    return false;
}

/* Another version of the software may understand what this one's predecessor set aside. */
static bool upgraded(struct core *core)
{
    struct bytes name = {(const uint8_t *)"software", 8}, value;
    size_t len = strlen(core->config.software);
    if (core->storage.get(core->storage.self, T_META, name, &value) == MUSTER_OK && value.len == len &&
        memcmp(value.at, core->config.software, len) == 0)
        return false;
    return stage_put(core, T_META, name.at, name.len, core->config.software, len) == MUSTER_OK;
}

static bool count_one(void *user, struct bytes key, struct bytes value)
{
    struct core *core = user;
    (void)value;
    if (key.len == 14 && get_be32(key.at) && get_be32(key.at) <= core->log_count)
        core->spaces[core->logs[get_be32(key.at) - 1]->space]->quarantined++;
    return true;
}

enum muster_error apply_catch_up(struct core *core)
{
    struct bytes value;
    uint64_t applied = 0;
    enum muster_error error =
        core->storage.get(core->storage.self, T_APPLIED, (struct bytes){(const uint8_t *)"arrival", 7}, &value);
    bool over = error == MUSTER_ENOTFOUND || core->config.derived_is_new || core->fold_over;
    if (!core->fold_over && upgraded(core))
        over = true;
    if (!error && value.len == 8)
        applied = get_be64(value.at);
    core->config.derived_is_new = core->fold_over = false;
    if (over) {
        error = clear_derived(core);
        applied = 0;
    }
    for (size_t i = 0; i < core->space_count && !over; i++) {
        uint8_t key[5] = {'n'};
        put_be32(key + 1, core->spaces[i]->number);
        if (core->storage.get(core->storage.self, T_APPLIED, (struct bytes){key, 5}, &value) != MUSTER_OK || value.len != 24)
            continue;
        core->spaces[i]->objects = get_be64(value.at);
        core->spaces[i]->records = get_be64(value.at + 8);
        core->spaces[i]->waiting = get_be64(value.at + 16);
    }
    if (!over && !error) {
        struct bytes none = {NULL, 0};
        for (size_t i = 0; i < core->space_count; i++)
            core->spaces[i]->quarantined = 0;
        error = core->storage.scan(core->storage.self, T_QUARANTINE, none, none, false, count_one, core);
    }
    struct replay r = {.core = core, .copy = malloc(SEGMENT_ITEM_MAX)};
    while (r.copy && !error) {
        uint8_t key[8];
        put_be64(key, applied + 1);
        r.next = 0;
        error = core->storage.scan(core->storage.self, T_SEGMENT, (struct bytes){NULL, 0}, (struct bytes){key, 8}, false,
                                   take_one, &r);
        if (!error)
            error = r.error;
        if (error || !r.next)
            break;
        apply_segment(core, core->logs[r.log], r.next, (struct bytes){r.copy, r.len});
        applied = r.next;
    }
    free(r.copy);
    core->applied = applied;
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->dirty |= core->spaces[i]->waiting > 0;
    if (!error)
        apply_note(core);
    return error;
}

/* --- digest --------------------------------------------------------------------------------------------------- */

struct digest {
    struct hash sum;
    uint64_t objects;
};

static bool add_object(void *user, struct bytes key, struct bytes value)
{
    struct digest *d = user;
    struct object_stored state;
    if (key.len != OBJECT_KEY || object_stored_read(&state, value) != MUSTER_OK || (state.flags & OBJECT_ORPHAN))
        return true;
    struct bytes parts[] = {{d->sum.b, HASH_BYTES}, {key.at + 4, OBJECT_ID_BYTES}, {value.at, state.canonical_len}};
    d->sum = crypto_hash_parts("muster/1/objects", parts, ARRAY_LEN(parts));
    d->objects++;
    return true;
}

enum muster_error core_digest(struct core *core, uint32_t space, struct hash *out, uint64_t *objects)
{
    struct digest d = {.objects = 0};
    uint8_t prefix[4];
    put_be32(prefix, space);
    enum muster_error error = core->storage.scan(core->storage.self, T_OBJECT, (struct bytes){prefix, 4},
                                                 (struct bytes){prefix, 4}, false, add_object, &d);
    *out = d.sum;
    *objects = d.objects;
    return error;
}
