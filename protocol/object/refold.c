/* refold.c — the whole fold of one object, from its stored records. */
#include "protocol/object/apply.h"
#include "protocol/object/fold.h"

#include "base/pack.h"

#include <stdlib.h>

enum muster_error stored_item(struct core *core, uint64_t arrival, struct log **log, struct bytes *item)
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

enum muster_error open_body(struct core *core, struct log *log, const struct segment_header *segment,
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
    if (log->status == CONTROL_LOG_NO_RIGHT || log_limits(log, position))
        return PLACE_CUT_OFF;
    return log_disputes(log, position) ? PLACE_DISPUTED : PLACE_LIVE;
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
    uint8_t key[OBJECT_KEY], place[INDEX_KEY];
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

enum muster_error fold_again(struct core *core, struct space *space, const struct object_id *object)
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
