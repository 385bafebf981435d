/* erasure.c — the index of erases and holds, and what it answers (RULES E1-E5). */
#include "protocol/object/erasure.h"

#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/object/offers.h"

#include <stdlib.h>

enum { PLACE_VALUE = 4 + 8 + HASH_BYTES, TARGET_PREFIX = 1 + 4 + OBJECT_ID_BYTES + HASH_BYTES + 1 + HASH_BYTES };

/* --- the filter: most objects have nothing erased, and nobody pays for looking --------------------------------------- */

static uint32_t filter_bit(const struct object_id *object)
{
    return get_le32(object->b + OBJECT_ID_BYTES - 4) % (ERASURE_FILTER_BYTES * 8);
}

void erasure_mark(struct core *core, const struct object_id *object)
{
    uint32_t bit = filter_bit(object);
    core->erasures.filter[bit / 8] |= (uint8_t)(1u << bit % 8);
    core->erasures.any = true;
}

bool erasure_touches(const struct core *core, const struct log *log, const struct record_header *header)
{
    uint32_t bit = filter_bit(&header->object);
    return header->sequence <= log->retained || (core->erasures.filter[bit / 8] >> bit % 8 & 1);
}

/* --- does one entry count? ------------------------------------------------------------------------------------------- */

enum strictness { SIGNED, COUNTS, LIVE }; /* of any place; not beyond a limit (E2); nor in dispute (holds) */

static bool on_main(struct core *core, uint32_t log, uint64_t position, const uint8_t *segment)
{
    uint64_t arrival;
    struct segment_id id;
    return log_place_stored(core, log, position, &arrival, &id) == MUSTER_OK && memcmp(id.b, segment, HASH_BYTES) == 0;
}

static bool entry_counts(struct core *core, struct bytes value, enum strictness strictness)
{
    if (value.len != PLACE_VALUE || !get_be32(value.at) || get_be32(value.at) > core->log_count)
        return false;
    if (strictness == SIGNED)
        return true;
    const struct log *log = core->logs[get_be32(value.at) - 1];
    uint64_t position = get_be64(value.at + 4);
    if (log_limits(log, position))
        return false;
    bool disputed = log_disputes(log, position), main = on_main(core, log->number, position, value.at + 12);
    if (!main && log->fork_at && position >= log->fork_at && !disputed)
        return false; /* a cut has settled the fork for another branch: nothing else ever counts (C11) */
    return strictness == COUNTS || (main && !disputed);
}

struct look {
    struct core *core;
    enum strictness strictness;
    bool (*also)(struct look *look, const uint8_t *record); /* a further condition, or NULL */
    const struct space *space;
    const struct object_id *object;
    size_t seen;
    bool found;
};

static bool look_one(void *user, struct bytes key, struct bytes value)
{
    struct look *look = user;
    if (key.len != ERASURE_TARGET_KEY)
        return true;
    look->found = entry_counts(look->core, value, look->strictness) &&
                  (!look->also || look->also(look, key.at + TARGET_PREFIX));
    return !look->found && ++look->seen < ERASURE_SCAN_MAX;
}

static void target_prefix(uint8_t *key, const struct space *space, const struct object_id *object, const uint8_t *target,
                          uint8_t operation, const struct agency_id *by)
{
    key[0] = 't';
    put_be32(key + 1, space->number);
    memcpy(key + 5, object->b, OBJECT_ID_BYTES);
    memcpy(key + 5 + OBJECT_ID_BYTES, target, HASH_BYTES);
    key[5 + OBJECT_ID_BYTES + HASH_BYTES] = operation;
    memcpy(key + 6 + OBJECT_ID_BYTES + HASH_BYTES, by->b, HASH_BYTES);
}

static bool signed_by(struct core *core, const struct space *space, const struct object_id *object, const uint8_t *target,
                      uint8_t operation, const struct agency_id *by, enum strictness strictness,
                      bool (*also)(struct look *look, const uint8_t *record))
{
    uint8_t key[TARGET_PREFIX];
    struct look look = {core, strictness, also, space, object, 0, false};
    target_prefix(key, space, object, target, operation, by);
    struct bytes prefix = {key, sizeof(key)};
    return core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, look_one, &look) == MUSTER_OK &&
           look.found;
}

static bool not_lifted(struct look *look, const uint8_t *record)
{
    return !signed_by(look->core, look->space, look->object, record, OP_UNHOLD, &look->space->genesis.controller, LIVE, NULL);
}

bool erasure_lifted(struct core *core, const struct space *space, const struct object_id *object, const struct record_id *hold)
{
    return signed_by(core, space, object, hold->b, OP_UNHOLD, &space->genesis.controller, LIVE, NULL);
}

/* --- the three questions --------------------------------------------------------------------------------------------- */

static struct record_id id_of(const struct log *log, const struct record_header *header, const struct record_id *id)
{
    uint8_t bytes[RECORD_HEADER_MAX];
    return id ? *id : record_id_of(&log->id, bytes, record_header_write(bytes, header));
}

static bool is_erased(struct core *core, const struct log *log, const struct record_header *header,
                      const struct record_id *given, enum strictness strictness)
{
    const struct space *space = core->spaces[log->space];
    if (log->genesis.role != LOG_DATA || !object_op_is_erasable(header->operation) || !erasure_touches(core, log, header))
        return false;
    if (header->sequence <= log->retained)
        return true;
    struct record_id id = id_of(log, header, given);
    return erasure_by_majority(space, &header->object, &id, CTL_ERASE) ||
           signed_by(core, space, &header->object, id.b, OP_ERASE, &log->genesis.agency, strictness, NULL) ||
           signed_by(core, space, &header->object, id.b, OP_ERASE, &space->genesis.controller, strictness, NULL);
}

bool erasure_hides(struct core *core, const struct log *log, const struct record_header *header, const struct record_id *id)
{
    return is_erased(core, log, header, id, COUNTS);
}

bool erasure_excuses(struct core *core, const struct log *log, const struct record_header *header,
                     const struct record_id *id)
{
    return is_erased(core, log, header, id, SIGNED);
}

bool erasure_keeps(struct core *core, const struct log *log, const struct record_header *header,
                   const struct record_id *given)
{
    const struct space *space = core->spaces[log->space];
    struct record_id id = id_of(log, header, given);
    return erasure_by_majority(space, &header->object, &id, CTL_HOLD) ||
           signed_by(core, space, &header->object, id.b, OP_HOLD, &space->genesis.controller, LIVE, not_lifted);
}

/* --- whole items ----------------------------------------------------------------------------------------------------- */

struct bytes erasure_item(struct core *core, const struct log *log, struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    bool gone[SEGMENT_RECORDS_MAX] = {false}, any = false, near = false;
    if (log->genesis.role != LOG_DATA || (!core->erasures.any && !log->retained) ||
        segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return item;
    for (uint32_t i = 0; i < header.count; i++) {
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return item;
        if (record.payload.at && erasure_touches(core, log, &record.header))
            near = gone[i] = true;
    }
    for (uint32_t i = 0; i < header.count && near; i++) { /* now with its hash, for the id */
        gone[i] = gone[i] && segment_item_record(item.at, item.len, i, &header, &record) == MUSTER_OK &&
                  erasure_hides(core, log, &record.header, NULL);
        any |= gone[i];
    }
    size_t len = any ? segment_item_strip(core->scratch, item.at, item.len, gone) : 0;
    return len ? (struct bytes){core->scratch, len} : item;
}

bool erasure_lacks(struct core *core, const struct log *log, struct bytes item)
{
    struct segment_header header;
    struct cursor c;
    if (segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return true;
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record record;
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return true;
        bool whole = record.payload.at && (!(record.header.flags & RECORD_PERSONAL) || record.wrap.at);
        if (whole)
            continue;
        if (segment_item_record(item.at, item.len, i, &header, &record) != MUSTER_OK ||
            !erasure_excuses(core, log, &record.header, NULL))
            return true;
    }
    return false;
}

static bool is_about_erasure(uint8_t operation)
{
    return operation == OP_ERASE || operation == OP_HOLD || operation == OP_UNHOLD;
}

bool erasure_inside(struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    bool found = false;
    if (segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < header.count && !found; i++)
        found = segment_record_skim(&c, header.first_sequence + i, &record) == MUSTER_OK &&
                is_about_erasure(record.header.operation);
    return found;
}

/* --- keeping the index ----------------------------------------------------------------------------------------------- */

static void note_record(struct core *core, struct log *log, const struct record_header *header, const struct record_id *id,
                        const uint8_t place[PLACE_VALUE])
{
    const struct space *space = core->spaces[log->space];
    uint8_t role = header->operation == OP_UNHOLD ? REF_HOLD : REF_TARGET;
    for (size_t r = 0; r < header->ref_count; r++) {
        uint8_t key[ERASURE_TARGET_KEY];
        if (header->refs[r].role != role)
            continue;
        target_prefix(key, space, &header->object, header->refs[r].hash.b, header->operation, &log->genesis.agency);
        memcpy(key + TARGET_PREFIX, id->b, HASH_BYTES);
        (void)derive(core, T_ERASURE, key, sizeof(key), place, PLACE_VALUE);
    }
    erasure_mark(core, &header->object);
    erasure_queue(core, space, &header->object);
}

void erasure_note(struct core *core, struct log *log, struct bytes item)
{
    const struct space *space = core->spaces[log->space];
    struct segment_header header;
    uint8_t place[PLACE_VALUE], key[ERASURE_PLACE_KEY], bytes[RECORD_HEADER_MAX];
    if (log->genesis.role != LOG_DATA || !erasure_inside(item) ||
        segment_item_open(&header, &(struct cursor){0}, item.at, item.len) != MUSTER_OK)
        return;
    struct segment_id id = segment_id_of(item.at);
    put_be32(place, log->number);
    put_be64(place + 4, header.position);
    memcpy(place + 12, id.b, HASH_BYTES);
    key[0] = 'p';
    put_be32(key + 1, space->number);
    memcpy(key + 5, place, PLACE_VALUE);
    (void)derive(core, T_ERASURE, key, sizeof(key), NULL, 0);
    log->erases = true;
    struct object_id *objects = malloc(SEGMENT_RECORDS_MAX * sizeof(*objects));
    size_t count = 0;
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record record;
        if (segment_item_record(item.at, item.len, i, &header, &record) != MUSTER_OK)
            break;
        if (!is_about_erasure(record.header.operation))
            continue;
        struct record_id record_id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        note_record(core, log, &record.header, &record_id, place);
        if (objects)
            objects[count++] = record.header.object;
    }
    for (size_t i = 0; i < count; i++) /* views first: bytes follow */
        apply_again(core, core->spaces[log->space], &objects[i]);
    free(objects);
    /* Copies without payload that were refused may be taken now. */
    for (size_t l = 0; l < core->log_count; l++)
        if (core->logs[l]->space == log->space && core->logs[l]->lacked) {
            core->logs[l]->lacked = false;
            core->logs[l]->asked_of = 0;
        }
}

static bool count_aside(void *user, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    return ++*(size_t *)user < ERASURE_ASIDE_MAX;
}

enum muster_error erasure_aside(struct core *core, struct log *log, const struct segment_header *header, struct bytes item,
                                const struct segment_id *id, enum muster_error error)
{
    uint8_t key[12 + HASH_BYTES];
    struct bytes known, all = {key, 4};
    size_t held = 0;
    put_be32(key, log->number);
    put_be64(key + 4, header->position);
    memcpy(key + 12, id->b, HASH_BYTES);
    if (log->genesis.role != LOG_DATA ||
        core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key, sizeof(key)}, &known) != MUSTER_ENOTFOUND ||
        core->storage.scan(core->storage.self, T_BRANCH, all, all, false, count_aside, &held) != MUSTER_OK ||
        held + core->erasures.aside_staged >= ERASURE_ASIDE_MAX ||
        stage_put(core, T_BRANCH, key, sizeof(key), item.at, item.len) != MUSTER_OK)
        return error;
    core->erasures.aside_staged++;
    core->stage.urgent = true;
    erasure_fresh(core, log, header->position, id, item);
    return MUSTER_OK;
}

void erasure_fresh(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id,
                   struct bytes item)
{
    struct erasures *e = &core->erasures;
    if (log->genesis.role != LOG_DATA || (!erasure_inside(item) && !offers_inside(item)))
        return;
    if (e->fresh_count == ARRAY_LEN(e->fresh)) {
        e->reread = true; /* more than fit: all that lies beside logs is looked at again */
        return;
    }
    e->fresh[e->fresh_count].log = log_index(core, log);
    e->fresh[e->fresh_count].position = position;
    e->fresh[e->fresh_count++].id = *id;
}

void erasure_committed(struct core *core)
{
    struct erasures *e = &core->erasures;
    size_t kept = 0;
    uint8_t *copy = e->fresh_count ? malloc(SEGMENT_ITEM_MAX) : NULL;
    e->aside_staged = 0;
    for (size_t i = 0; copy && i < e->fresh_count; i++) {
        uint8_t key[12 + HASH_BYTES];
        struct bytes item;
        struct log *log = e->fresh[i].log < core->log_count ? core->logs[e->fresh[i].log] : NULL;
        if (!log)
            continue;
        put_be32(key, log->number);
        put_be64(key + 4, e->fresh[i].position);
        memcpy(key + 12, e->fresh[i].id.b, HASH_BYTES);
        if (core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key, sizeof(key)}, &item) != MUSTER_OK ||
            item.len > SEGMENT_ITEM_MAX) {
            e->fresh[kept++] = e->fresh[i]; /* with the next commit */
            continue;
        }
        memcpy(copy, item.at, item.len);
        erasure_note(core, log, (struct bytes){copy, item.len});
        offers_note(core, log, (struct bytes){copy, item.len});
        tell_all(core, log, e->fresh[i].position, (struct bytes){copy, item.len});
    }
    if (copy)
        e->fresh_count = kept;
    free(copy);
}

void erasure_see(struct core *core, const struct log *log, struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    if (log->genesis.role != LOG_DATA || (!core->erasures.any && !log->retained) ||
        segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return;
    for (uint32_t i = 0; i < header.count; i++) {
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return;
        if (record.payload.at && erasure_touches(core, log, &record.header))
            erasure_queue(core, core->spaces[log->space], &record.header.object);
    }
}

void erasure_held(struct core *core, const struct space *space, const struct object_id *object, uint64_t arrival,
                  uint16_t index, bool held)
{
    uint8_t key[ERASURE_HELD_KEY];
    key[0] = 'h';
    object_key(key + 1, space, object);
    put_be64(key + 1 + OBJECT_KEY, arrival);
    key[ERASURE_HELD_KEY - 2] = (uint8_t)(index >> 8);
    key[ERASURE_HELD_KEY - 1] = (uint8_t)index;
    if (held)
        (void)derive(core, T_ERASURE, key, sizeof(key), NULL, 0);
    else
        (void)underive(core, T_ERASURE, key, sizeof(key));
}

/* --- attachments ----------------------------------------------------------------------------------------------------- */

void erasure_note_blobs(struct core *core, const struct space *space, struct bytes body, const struct object_id *object)
{
    struct erasure_blobs named = {.count = 0};
    erasure_blobs_of(body, &named);
    for (size_t i = 0; i < named.count; i++) {
        uint8_t key[ERASURE_BLOB_KEY];
        key[0] = 'b';
        put_be32(key + 1, space->number);
        memcpy(key + 5, named.at[i].b, HASH_BYTES);
        memcpy(key + 5 + HASH_BYTES, object->b, OBJECT_ID_BYTES);
        (void)derive(core, T_ERASURE, key, sizeof(key), NULL, 0);
    }
}

static void blob_add(struct erasure_blobs *out, struct bytes text)
{
    struct blob_ref ref;
    if (text.len > 5 && memcmp(text.at, "blob:", 5) == 0 && out->count < ERASURE_BLOBS_MAX &&
        blob_text_read(&ref, (const char *)text.at, text.len) == MUSTER_OK)
        out->at[out->count++] = ref.id;
}

void erasure_blobs_of(struct bytes body, struct erasure_blobs *out)
{
    struct cursor c;
    struct pack_value key, value, each;
    uint32_t pairs;
    if (!pack_pairs(body, &c, &pairs))
        return;
    for (uint32_t i = 0; i < pairs && pack_next(&c, &key, false) && pack_next(&c, &value, false); i++) {
        if (value.type == PACK_TEXT)
            blob_add(out, value.u.run);
        if (value.type != PACK_ARRAY)
            continue;
        struct cursor list = cursor_over(value.whole.at, value.whole.len);
        if (pack_next(&list, &each, true))
            while (pack_next(&list, &each, false))
                if (each.type == PACK_TEXT)
                    blob_add(out, each.u.run);
    }
}
