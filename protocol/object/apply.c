/* apply.c — from stored segments to the derived tables: what people see.
 *
 * Derived tables follow the durable ones in order of arrival and can be made again from them at any time.
 * Most records are a create, or an update by the log that wrote everything so far: those go on top.  All
 * else folds the whole object again (fold.h); a test compares the two ways. */
#include "protocol/object/circle_inner.h"
#include "protocol/object/apply.h"
#include "protocol/log/opened.h"
#include "protocol/object/erasure.h"
#include "protocol/object/indexed.h"
#include "protocol/object/links.h"
#include "protocol/object/note.h"
#include "protocol/object/offers.h"
#include "protocol/object/quantity_inner.h"
#include "protocol/object/sound.h"
#include "protocol/object/sum.h"
#include "protocol/mutant.h"
#include "protocol/kinds/kinds.h"

#include "base/pack.h"

#include <stdlib.h>

/* Tables that refuse a change went back to their last commit: from here on, within this step, too, they mean nothing until they
 * are applied again. */
static enum muster_error table_change(struct core *core, const struct change *change)
{
    enum muster_error error = core->storage.derive(core->storage.self, change, 1);
    if (error && error != MUSTER_EINTERNAL)
        core->behind = VIEWS_LOST;
    return error;
}

enum muster_error derive(struct core *core, enum table table, const void *key, size_t key_len, const void *value,
                                size_t len)
{
    static const uint8_t empty[1];
    struct change change = {table, {key, key_len}, {value ? value : empty, len}};
    return table_change(core, &change);
}

enum muster_error underive(struct core *core, enum table table, const void *key, size_t key_len)
{
    struct change change = {table, {key, key_len}, {NULL, 0}};
    return table_change(core, &change);
}

void object_key(uint8_t out[OBJECT_KEY], const struct space *space, const struct object_id *object)
{
    put_be32(out, space->number);
    memcpy(out + 4, object->b, OBJECT_ID_BYTES);
}

enum muster_error object_state(const struct core *core, const struct space *space, const struct object_id *object,
                               struct object_stored *out)
{
    uint8_t key[OBJECT_KEY];
    struct bytes value;
    object_key(key, space, object);
    enum muster_error error = core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value);
    return error ? error : object_stored_read(out, value);
}

void index_key(uint8_t out[INDEX_KEY], const struct space *space, uint16_t kind, uint64_t changed,
               const struct object_id *object)
{
    put_be32(out, space->number);
    out[4] = (uint8_t)(kind >> 8);
    out[5] = (uint8_t)kind;
    out[6] = INDEX_CHANGED;
    put_be64(out + 7, changed);
    memcpy(out + 15, object->b, OBJECT_ID_BYTES);
}

/* --- aliases: identifiers of other systems that find the object ------------------------------------- */

static void note_alias(struct core *core, const struct space *space, struct bytes text, const struct object_id *object,
                       bool forget)
{
    uint8_t key[4 + 16];
    struct hash h = crypto_hash1("muster/1/alias", text.at, text.len);
    put_be32(key, space->number);
    memcpy(key + 4, h.b, 16);
    struct bytes known;
    bool is = core->storage.get(core->storage.self, T_ALIAS, (struct bytes){key, sizeof(key)}, &known) == MUSTER_OK;
    if (forget && is && known.len == OBJECT_ID_BYTES && memcmp(known.at, object->b, OBJECT_ID_BYTES) == 0)
        (void)underive(core, T_ALIAS, key, sizeof(key));
    if (!forget && !is)
        (void)derive(core, T_ALIAS, key, sizeof(key), object->b, OBJECT_ID_BYTES);
}

static void each_alias(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                       const struct object_id *object, bool forget)
{
    const struct kind *kind = kind_by_number(kind_number);
    for (size_t i = 0; kind && i < kind->count; i++) {
        struct pack_value value, each;
        if (!(kind->fields[i].flags & FIELD_ALIAS) || !pack_get(body, kind->fields[i].number, &value))
            continue;
        if (value.type == PACK_TEXT)
            note_alias(core, space, value.u.run, object, forget);
        struct cursor c = cursor_over(value.whole.at, value.whole.len);
        if (value.type == PACK_ARRAY && pack_next(&c, &each, true))
            while (pack_next(&c, &each, false))
                if (each.type == PACK_TEXT)
                    note_alias(core, space, each.u.run, object, forget);
    }
}

void note_aliases(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                  const struct object_id *object)
{
    each_alias(core, space, kind_number, body, object, false);
    erasure_note_blobs(core, space, body, object);
}

void forget_aliases(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                    const struct object_id *object)
{
    each_alias(core, space, kind_number, body, object, true);
}

/* --- storing an object's state -------------------------------------------------------------------------- */

enum muster_error store_state(struct core *core, struct space *space, const struct object_id *object,
                                     struct object_stored *state, const struct object_stored *before)
{
    uint8_t key[OBJECT_KEY], place[INDEX_KEY];
    uint8_t *out = core->state_scratch + OBJECT_SCRATCH;
    if (!object_stored_fits(state, OBJECT_SCRATCH + SOUND_VIEW_MAX))
        return MUSTER_ETOOBIG; /* before anything is noted */
    feed_note(core, space, object, state, before);
    size_t len = object_stored_write(out, OBJECT_SCRATCH + SOUND_VIEW_MAX, state);
    bool was = before && !(before->flags & OBJECT_ORPHAN), is = !(state->flags & OBJECT_ORPHAN);
    if (was && (!is || before->changed != state->changed || before->kind != state->kind)) {
        index_key(place, space, before->kind, before->changed, object);
        (void)underive(core, T_INDEX, place, sizeof(place));
    }
    if (is && (!was || before->changed != state->changed || before->kind != state->kind)) {
        index_key(place, space, state->kind, state->changed, object);
        (void)derive(core, T_INDEX, place, sizeof(place), NULL, 0);
    }
    if (was || is)
        index_change(core, space, object, was ? before : NULL, is ? state : NULL);
    if (is && !was)
        space->objects++;
    if (was && !is)
        space->objects--;
    object_key(key, space, object);
    return derive(core, T_OBJECT, key, sizeof(key), out, len);
}

/* --- one record ------------------------------------------------------------------------------------------- */

/* What finds the object from elsewhere; most bodies hold nothing of it. */
static void note_names(struct core *core, const struct space *space, const struct record_header *header, struct bytes body,
                       const struct opened_facts *facts)
{
    if (facts && !facts->names)
        return;
    note_aliases(core, space, header->kind, body, &header->object);
    note_links(core, space, header->kind, body, &header->object);
}

static enum muster_error fresh(struct core *core, struct space *space, const struct log *log,
                               const struct object_record *record, const struct record_header *header, struct bytes body,
                               const struct opened_facts *facts)
{
    struct object_stored state;
    if (!sound_begins(header->kind, record->joint, body))
        return MUSTER_ETOOBIG;
    object_stored_first(&state, record, log->number);
    state.view = body;
    if (!facts || !facts->plain) {
        state.view.at = core->state_scratch;
        state.view.len = object_view_merge(core->state_scratch, OBJECT_SCRATCH - 8192, (struct bytes){NULL, 0}, body,
                                           header->mask);
    }
    note_names(core, space, header, body, facts);
    return store_state(core, space, &header->object, &state, NULL);
}

static enum muster_error on_top(struct core *core, struct space *space, const struct object_stored *before,
                                const struct object_record *record, const struct record_header *header, struct bytes body,
                                const struct opened_facts *facts)
{
    struct object_stored state;
    object_stored_next(&state, before, record);
    state.view.at = core->state_scratch;
    state.view.len = object_view_merge(core->state_scratch, OBJECT_SCRATCH - 8192, before->view, body, header->mask);
    note_names(core, space, header, body, facts);
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

/* The records of one segment on their way into the views. */
struct pass {
    struct core *core;
    struct space *space;
    struct log *log;
    const struct segment_header *segment;
    uint64_t arrival;
    struct segment_record *records;
    const struct opened *opened; /* bodies that were opened ahead, or NULL */
    bool *put_off; /* of each record: its object is folded behind a later one of the segment */
};

/* The next record of the segment that is about the same object; `count` if there is none. */
static uint32_t comes_again(const struct pass *p, uint32_t index)
{
    uint32_t next = index + 1;
    while (next < p->segment->count &&
           !object_id_eq(&p->records[next].header.object, &p->records[index].header.object))
        next++;
    return next;
}

static enum muster_error note_record(struct pass *p, uint32_t index)
{
    const struct record_header *header = &p->records[index].header;
    uint8_t key[RECORD_KEY], value[RECORD_VALUE];
    object_key(key, p->space, &header->object);
    put_be64(key + OBJECT_KEY, p->arrival);
    key[OBJECT_KEY + 8] = (uint8_t)(index >> 8);
    key[OBJECT_KEY + 9] = (uint8_t)index;
    struct writer w = writer_over(value, sizeof(value));
    writer_u8(&w, header->operation);
    writer_u16(&w, header->flags);
    writer_u16(&w, header->kind);
    writer_u64(&w, header->mask);
    writer_u64(&w, header->hlc);
    writer_u32(&w, p->log->number);
    writer_u64(&w, header->sequence);
    return derive(p->core, T_RECORD, key, sizeof(key), value, writer_len(&w));
}

/* The fold's record, with as few hashes as need be. */
static void record_made(const struct pass *p, uint32_t index, struct object_record *out)
{
    const struct opened_facts *facts = opened_facts_of(p->opened, index);
    if (facts)
        object_record_known(out, p->log, &p->records[index].header, &facts->id, facts->root);
    else
        object_record_of(out, p->log, &p->records[index].header);
}

/* A record as it is read, and the hash of its payload, unless that is known. */
static enum muster_error read_record(const struct pass *p, struct cursor *records, uint32_t index)
{
    const struct opened_facts *facts = opened_facts_of(p->opened, index);
    struct segment_record *record = &p->records[index];
    uint64_t sequence = p->segment->first_sequence + index;
    if (!facts)
        return segment_record_read(records, sequence, record);
    enum muster_error error = segment_record_skim(records, sequence, record);
    if (!error && record->payload.at)
        record->header.payload_hash = facts->payload_hash;
    return error;
}

/* The short way, if there is one: ETOOBIG when the object has to be folded as a whole. */
static enum muster_error short_way(struct pass *p, uint32_t index, struct bytes body)
{
    const struct record_header *header = &p->records[index].header;
    const struct opened_facts *facts = opened_facts_of(p->opened, index);
    struct core *core = p->core;
    uint8_t key[OBJECT_KEY];
    struct bytes stored;
    struct control_reassign moved;
    if (offers_touch(core, p->space, &header->object))
        return MUSTER_ETOOBIG;
    object_key(key, p->space, &header->object);
    enum muster_error known = core->storage.get(core->storage.self, T_OBJECT, (struct bytes){key, sizeof(key)}, &stored);
    struct object_record record;
    if (known == MUSTER_ENOTFOUND) {
        if (header->operation != OP_CREATE)
            return MUSTER_ETOOBIG;
        record_made(p, index, &record);
        return record.root_id_fits && !control_reassigns(p->space->control, &header->object, &moved, 1)
                   ? fresh(core, p->space, p->log, &record, header, body, facts)
                   : MUSTER_ETOOBIG; /* a majority may be faster than its create */
    }
    uint8_t *kept = known ? NULL : malloc(stored.len); /* borrowed until the next change */
    if (!kept)
        return known ? MUSTER_ETOOBIG : MUSTER_EBUSY;
    struct object_stored before;
    enum muster_error error = MUSTER_ETOOBIG;
    memcpy(kept, stored.at, stored.len);
    record_made(p, index, &record);
    if (object_stored_read(&before, (struct bytes){kept, stored.len}) == MUSTER_OK &&
        object_stored_goes_on(&before, &record, p->log->number))
        error = on_top(core, p->space, &before, &record, header, body, facts);
    free(kept);
    return error;
}

/* Folds the object as a whole, or leaves that to its next record in the segment: once a segment is enough. */
static enum muster_error long_way(struct pass *p, uint32_t index, const struct opened_body *opened)
{
    uint32_t again = comes_again(p, index);
    if (again == p->segment->count)
        return fold_again(p->core, p->space, &p->records[index].header.object, opened);
    p->put_off[again] = true;
    return MUSTER_OK;
}

/* A record of a quantity is noted beside the object, whether its body is one or not. */
static void note_quantity(struct pass *p, uint32_t index, enum muster_error no_body, struct bytes body)
{
    const struct record_header *header = &p->records[index].header;
    uint8_t bytes[RECORD_HEADER_MAX];
    struct record_id id = record_id_of(&p->log->id, bytes, record_header_write(bytes, header));
    bool waits = no_body == MUSTER_EERASED || no_body == MUSTER_ENOKEY;
    if (no_body)
        body = (struct bytes){NULL, 0};
    quantity_note(p->core, p->space, p->log, p->segment->position, (uint16_t)index, p->arrival, header, &id,
                  waits ? NULL : &body);
}

static enum muster_error apply_record(struct pass *p, uint32_t index)
{
    const struct segment_record *record = &p->records[index];
    struct core *core = p->core;
    struct opened_body opened = {p->arrival, index, {NULL, 0}};
    bool hidden = erasure_touches(core, p->log, &record->header) && erasure_hides(core, p->log, &record->header, NULL);
    enum muster_error no_body = hidden ? MUSTER_EERASED : MUSTER_OK;
    if (!no_body && !(record->payload.at && opened_get(p->opened, index, &opened.body)))
        no_body = open_body(core, p->log, p->segment, record, &opened.body);
    bool quantity = object_op_is_quantity(record->header.operation);
    if (quantity)
        note_quantity(p, index, no_body, opened.body);
    enum muster_error error = no_body && no_body != MUSTER_EERASED && no_body != MUSTER_ENOKEY ? no_body : note_record(p, index);
    if (error) { /* set aside; what came before it in the segment still has to be folded */
        if (p->put_off[index])
            (void)long_way(p, index, NULL);
        return error;
    }
    p->space->records++;
    core->counters.records_folded++;
    core->hlc = hlc_see(core->hlc, record->header.hlc, core->wall_ms);
    if (quantity) /* it changes nothing of what the object is (S7.4.9) */
        return p->put_off[index] ? long_way(p, index, NULL) : MUSTER_OK;
    if (record->header.operation == OP_SUPERSEDE && !no_body)
        succession_note_body(core, p->space->number, &record->header.object, opened.body);
    error = p->put_off[index] || no_body ? MUSTER_ETOOBIG : short_way(p, index, opened.body);
    return error == MUSTER_ETOOBIG ? long_way(p, index, no_body ? NULL : &opened) : error;
}

/* --- segments --------------------------------------------------------------------------------------------- */

/* What waits: 'w' || space 4 || arrival 8 -> log 4. */
static void waiting_key(uint8_t out[13], const struct space *space, uint64_t arrival)
{
    out[0] = 'w';
    put_be32(out + 1, space->number);
    put_be64(out + 5, arrival);
}

/* OK when it was folded or never will be as things are; EWAITS when it must be looked at again.  again: it waited. */
static enum muster_error try_segment(struct core *core, struct log *log, uint64_t arrival, struct bytes item,
                                     const struct opened *opened, bool again)
{
    struct space *space = core->spaces[log->space];
    struct segment_header header;
    struct cursor records;
    struct record_id epoch;
    struct seal_key key;
    if (segment_item_open(&header, &records, item.at, item.len) != MUSTER_OK)
        return MUSTER_EDAMAGED;
    if (log_limits(log, header.position))
        return MUSTER_EWAITS;
    if (MUTANT(6, 0, log_disputes(log, header.position)))
        return MUSTER_EWAITS; /* disputed: shown by status, folded if a cut settles the fork */
    memcpy(epoch.b, header.epoch.b, HASH_BYTES);
    if (!space_key(space, &epoch, &key))
        return MUSTER_EWAITS;
    crypto_wipe(&key, sizeof(key));
    struct pass p = {.core = core, .space = space, .log = log, .segment = &header, .arrival = arrival, .opened = opened,
                     .records = malloc(header.count * sizeof(*p.records)), .put_off = calloc(header.count, sizeof(*p.put_off))};
    enum muster_error read = p.records && p.put_off ? MUSTER_OK : MUSTER_EWAITS;
    for (uint32_t i = 0; i < header.count && !read; i++)
        if (read_record(&p, &records, i) != MUSTER_OK)
            read = MUSTER_EDAMAGED;
    for (uint32_t i = 0; i < header.count && !read; i++) {
        enum muster_error error = apply_record(&p, i);
        if (core->behind == VIEWS_LOST)
            break; /* no fault of the record: all is applied again */
        if (error) {
            set_aside(core, space, log, &header, i, error);
            erasure_held(core, space, &p.records[i].header.object, arrival, (uint16_t)i, true);
        } else if (again) {
            erasure_held(core, space, &p.records[i].header.object, arrival, (uint16_t)i, false);
        }
    }
    free(p.records);
    free(p.put_off);
    return read;
}

/* Its records are in no view: an erase has to find them all the same. */
static void mark_held(struct core *core, const struct space *space, uint64_t arrival, struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    struct cursor records;
    if (segment_item_open(&header, &records, item.at, item.len) != MUSTER_OK)
        return;
    for (uint32_t i = 0; i < header.count; i++)
        if (segment_record_skim(&records, header.first_sequence + i, &record) == MUSTER_OK)
            erasure_held(core, space, &record.header.object, arrival, (uint16_t)i, true);
}

void apply_segment(struct core *core, struct log *log, uint64_t arrival, struct bytes item, const struct opened *opened)
{
    if (log->genesis.role != LOG_DATA)
        return;
    struct space *space = core->spaces[log->space];
    uint8_t key[13], value[4];
    if (try_segment(core, log, arrival, item, opened, false) == MUSTER_EWAITS) {
        quantity_note_waiting(core, log, arrival, item);
        waiting_key(key, space, arrival);
        put_be32(value, log->number);
        if (derive(core, T_APPLIED, key, sizeof(key), value, sizeof(value)) == MUSTER_OK)
            space->waiting++;
        mark_held(core, space, arrival, item);
    }
    erasure_see(core, log, item);
    erasure_note(core, log, item);
    offers_note(core, log, item);
}

void apply_again(struct core *core, struct space *space, const struct object_id *object)
{
    if (core->behind != VIEWS_LOST && fold_again(core, space, object, NULL) != MUSTER_OK && core->behind != VIEWS_LOST)
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
            mark_held(core, space, w->arrivals[i], (struct bytes){copy, item.len});
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
            enum muster_error found = stored_item(core, w->arrivals[i], &log, &item);
            if (found == MUSTER_ENOTFOUND) { /* of a branch that a cut has put aside */
                waiting_key(key, space, w->arrivals[i]);
                (void)underive(core, T_APPLIED, key, sizeof(key));
                space->waiting--;
                progress = true;
            }
            if (copy && found == MUSTER_OK && item.len <= SEGMENT_ITEM_MAX) {
                memcpy(copy, item.at, item.len);
                if (try_segment(core, log, w->arrivals[i], (struct bytes){copy, item.len}, NULL, true) == MUSTER_EWAITS) {
                    quantity_note_waiting(core, log, w->arrivals[i], (struct bytes){copy, item.len}); /* a key came? */
                } else {
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
    put_be64(value, core->applied + MUTANT(14, 2, 0)); /* what is staged or in flight has numbers already and is not folded */
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
