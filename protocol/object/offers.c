#include "protocol/object/offers.h"

#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"

#include <stdlib.h>

enum {
    OFFER_PREFIX = 1 + 4 + OBJECT_ID_BYTES,
    OFFER_KEY = OFFER_PREFIX + HASH_BYTES,
    OFFER_VALUE = 4 + 8 + HASH_BYTES,
    OFFERS_ROUND = OFFERS_DISPUTED_MAX /* so that one round finds what a fold adds */
};

bool offers_inside(struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    struct cursor c;
    if (segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < header.count; i++)
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return false;
        else if (record.header.operation == OP_OFFER)
            return true;
    return false;
}

/* --- the index ------------------------------------------------------------------------------------------------------- */

void offers_note(struct core *core, struct log *log, struct bytes item)
{
    struct space *space = core->spaces[log->space];
    struct segment_header header;
    struct segment_record record;
    uint8_t value[OFFER_VALUE], place[ERASURE_PLACE_KEY], key[OFFER_KEY], bytes[RECORD_HEADER_MAX];
    if (log->genesis.role != LOG_DATA || !offers_inside(item))
        return;
    struct segment_id id = segment_id_of(item.at);
    for (uint32_t i = 0; segment_item_record(item.at, item.len, i, &header, &record) == MUSTER_OK; i++) {
        if (record.header.operation != OP_OFFER)
            continue;
        struct record_id offer = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        put_be32(value, log->number);
        put_be64(value + 4, header.position);
        memcpy(value + 12, id.b, HASH_BYTES);
        place[0] = 'q';
        put_be32(place + 1, space->number);
        memcpy(place + 5, value, OFFER_VALUE);
        (void)derive(core, T_ERASURE, place, sizeof(place), NULL, 0);
        key[0] = 'o';
        object_key(key + 1, space, &record.header.object);
        memcpy(key + OFFER_PREFIX, offer.b, HASH_BYTES);
        (void)derive(core, T_ERASURE, key, sizeof(key), value, sizeof(value));
        if (log_disputes(log, header.position)) {
            struct object_id object = record.header.object;
            apply_again(core, space, &object);
        }
    }
    log->offers = true;
}

/* Does an entry of that log at that position count in dispute?  Beyond a limit it does not, nor where the log had no right. */
static bool counts(const struct log *log, uint64_t position)
{
    return log->genesis.role == LOG_DATA && log->status != CONTROL_LOG_NO_RIGHT && !log_limits(log, position) &&
           log_disputes(log, position);
}

struct entries {
    struct core *core;
    uint32_t log; /* its entries alone; 0: those that count in dispute */
    size_t count;
    uint8_t keys[OFFERS_ROUND][OFFER_KEY];
    uint8_t values[OFFERS_ROUND][OFFER_VALUE];
};

static bool take_entry(void *user, struct bytes key, struct bytes value)
{
    struct entries *e = user;
    if (key.len != OFFER_KEY || value.len != OFFER_VALUE)
        return true;
    uint32_t number = get_be32(value.at);
    bool fits = number && number <= e->core->log_count &&
                (e->log ? number == e->log : counts(e->core->logs[number - 1], get_be64(value.at + 4)));
    if (!fits)
        return true;
    memcpy(e->keys[e->count], key.at, OFFER_KEY);
    memcpy(e->values[e->count++], value.at, OFFER_VALUE);
    return e->count < OFFERS_ROUND;
}

void offers_refold(struct core *core, struct log *log)
{
    struct space *space = core->spaces[log->space];
    struct entries *e = log->offers ? malloc(sizeof(*e)) : NULL;
    uint8_t from[OFFER_KEY + 1] = {'o'};
    size_t len = 5;
    put_be32(from + 1, space->number);
    if (!e)
        return;
    do {
        *e = (struct entries){.core = core, .log = log->number};
        if (core->storage.scan(core->storage.self, T_ERASURE, (struct bytes){from, 5}, (struct bytes){from, len}, false,
                               take_entry, e) != MUSTER_OK)
            break;
        for (size_t i = 0; i < e->count; i++) {
            struct object_id object;
            memcpy(object.b, e->keys[i] + 5, OBJECT_ID_BYTES);
            if (i + 1 == e->count || memcmp(e->keys[i], e->keys[i + 1], OFFER_PREFIX) != 0)
                apply_again(core, space, &object);
        }
        if (e->count) {
            memcpy(from, e->keys[e->count - 1], OFFER_KEY);
            from[OFFER_KEY] = 0; /* behind it */
            len = sizeof(from);
        }
    } while (e->count == OFFERS_ROUND);
    free(e);
}

static bool load_one(void *user, struct bytes key, struct bytes value)
{
    struct core *core = user;
    if (key.len == OFFER_KEY && value.len == OFFER_VALUE && get_be32(value.at) && get_be32(value.at) <= core->log_count)
        core->logs[get_be32(value.at) - 1]->offers = true;
    return true;
}

/* The next segment beside a log that holds erases or offers, from `from` on. */
struct beside {
    uint8_t from[12 + HASH_BYTES + 1]; /* the last one and a zero: behind it */
    size_t from_len;
    uint8_t *copy; /* SEGMENT_ITEM_MAX */
    size_t len;    /* 0: none is left */
};

static bool take_beside(void *user, struct bytes key, struct bytes value)
{
    struct beside *b = user;
    if (key.len != 12 + HASH_BYTES || value.len > SEGMENT_ITEM_MAX || (!offers_inside(value) && !erasure_inside(value)))
        return true;
    memcpy(b->from, key.at, key.len);
    b->from[key.len] = 0;
    b->from_len = key.len + 1;
    memcpy(b->copy, value.at, value.len);
    b->len = value.len;
    return false;
}

static bool is_noted(struct core *core, const struct log *log, const struct beside *b)
{
    uint8_t place[ERASURE_PLACE_KEY];
    struct bytes known;
    put_be32(place + 1, log->space);
    memcpy(place + 5, b->from, 12 + HASH_BYTES);
    for (const char *kind = "pq"; *kind; kind++) {
        place[0] = (uint8_t)*kind;
        if (core->storage.get(core->storage.self, T_ERASURE, (struct bytes){place, sizeof(place)}, &known) == MUSTER_OK)
            return true;
    }
    return false;
}

/* What lies beside a forked log decides over what is in view: its index is whole before anybody looks. */
static enum muster_error note_beside(struct core *core, struct log *log)
{
    struct beside b = {.from_len = 4, .copy = malloc(SEGMENT_ITEM_MAX)};
    enum muster_error error = b.copy ? MUSTER_OK : MUSTER_EBUSY;
    put_be32(b.from, log->number);
    while (!error) {
        b.len = 0;
        error = core->storage.scan(core->storage.self, T_BRANCH, (struct bytes){b.from, 4}, (struct bytes){b.from, b.from_len}, false,
                                   take_beside, &b);
        if (error || !b.len)
            break;
        if (is_noted(core, log, &b))
            continue;
        erasure_note(core, log, (struct bytes){b.copy, b.len});
        offers_note(core, log, (struct bytes){b.copy, b.len});
    }
    free(b.copy);
    return error;
}

enum muster_error offers_load(struct core *core)
{
    static const uint8_t all = 'o';
    struct bytes prefix = {&all, 1};
    enum muster_error error = core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, load_one, core);
    for (size_t l = 0; l < core->log_count && !error; l++)
        if (core->logs[l]->fork_at && core->logs[l]->genesis.role == LOG_DATA)
            error = note_beside(core, core->logs[l]);
    return error;
}

/* --- for a fold ---------------------------------------------------------------------------------------------------------- */

/* The header of the offer, from the segment that the entry names. */
static bool load(struct core *core, const uint8_t *key, const uint8_t *value, struct object_held *held, struct object_record *out)
{
    uint8_t place[ERASURE_PLACE_KEY] = {'q'}, bytes[RECORD_HEADER_MAX];
    struct segment_header header;
    struct segment_record record;
    struct bytes item;
    uint64_t position;
    memcpy(place + 1, key + 1, 4);
    memcpy(place + 5, value, OFFER_VALUE);
    struct log *log = erasure_place(core, place, &position, &item);
    for (uint32_t i = 0; log && segment_item_record(item.at, item.len, i, &header, &record) == MUSTER_OK; i++) {
        struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        if (memcmp(id.b, key + OFFER_PREFIX, HASH_BYTES) != 0)
            continue;
        *held = (struct object_held){.index = (uint16_t)i, .position = position, .header = record.header};
        object_record_of(out, log, &held->header);
        out->place = PLACE_DISPUTED;
        return true;
    }
    return false;
}

static bool found_one(void *user, struct bytes key, struct bytes value)
{
    struct entries *e = user;
    (void)take_entry(user, key, value);
    return !e->count;
}

bool offers_touch(struct core *core, const struct space *space, const struct object_id *object)
{
    uint8_t prefix[OFFER_PREFIX] = {'o'};
    struct bytes of = {prefix, sizeof(prefix)};
    struct entries *e = space->forked ? malloc(sizeof(*e)) : NULL;
    if (!e)
        return space->forked; /* without memory: it is looked at as a whole */
    *e = (struct entries){.core = core};
    object_key(prefix + 1, space, object);
    bool any = core->storage.scan(core->storage.self, T_ERASURE, of, of, false, found_one, e) != MUSTER_OK || e->count;
    free(e);
    return any;
}

size_t offers_disputed(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                       struct object_held held[OFFERS_DISPUTED_MAX], struct object_record out[OFFERS_DISPUTED_MAX])
{
    uint8_t prefix[OFFER_PREFIX] = {'o'};
    struct bytes of = {prefix, sizeof(prefix)};
    size_t count = 0;
    struct entries *e = space->forked ? calloc(1, sizeof(*e)) : NULL;
    if (!e)
        return 0;
    e->core = core;
    object_key(prefix + 1, space, object);
    if (core->storage.scan(core->storage.self, T_ERASURE, of, of, false, take_entry, e) != MUSTER_OK)
        e->count = 0;
    for (size_t i = 0; i < e->count; i++)
        if (load(core, e->keys[i], e->values[i], &held[count], &out[count]) && held[count].header.hlc < until)
            count++;
    free(e);
    return count;
}
