#include "protocol/log/opened.h"

#include "base/pack.h"
#include "protocol/log/segment.h"
#include "protocol/object/links.h"
#include "protocol/object/op.h"
#include "protocol/object/state.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t at, len; /* len 0: not opened */
    struct opened_facts facts;
};

struct opened {
    size_t size; /* of all of it */
    size_t used; /* by bodies */
    uint32_t count;
    struct place places[]; /* and behind them the bodies */
};

static uint8_t *bodies_of(struct opened *opened)
{
    return (uint8_t *)(opened->places + opened->count);
}

static const struct seal_key *key_of(const struct segment_header *segment, const struct opened_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(keys[i].epoch.b, segment->epoch.b, HASH_BYTES) == 0)
            return &keys[i].key;
    return NULL;
}

/* spare: behind the body, to lay the view. */
static struct opened_facts facts_of(const struct record_header *header, const struct record_id *id,
                                    bool root, struct bytes body, uint8_t *spare, size_t size)
{
    size_t len = size < body.len ? 0 : object_view_merge(spare, size, (struct bytes){NULL, 0}, body, header->mask);
    return (struct opened_facts){.payload_hash = header->payload_hash,
                                 .id = *id,
                                 .root = root,
                                 .names = body_names(header->kind, body),
                                 .plain = len && len == body.len && memcmp(spare, body.at, len) == 0};
}

/* Fills in the places; how many bytes of bodies there are. */
static size_t open_all(struct opened *opened, size_t room, struct payload_codec *codec, const struct log_id *log,
                       const struct segment_header *segment, struct cursor *records, const struct seal_key *key)
{
    size_t used = 0;
    for (uint32_t i = 0; i < segment->count; i++) {
        struct segment_record record;
        struct bytes body;
        if (segment_record_read(records, segment->first_sequence + i, &record) != MUSTER_OK)
            break;
        if (!record.payload.at || (record.header.flags & (RECORD_CLEAR | RECORD_PERSONAL)))
            continue;
        if (payload_open(codec, &body, record.payload, log, &record.header, key) != MUSTER_OK)
            continue;
        if (body.len > room - used)
            break;
        uint8_t *at = bodies_of(opened) + used, bytes[RECORD_HEADER_MAX];
        struct record_id id = record_id_of(log, bytes, record_header_write(bytes, &record.header));
        memcpy(at, body.at, body.len);
        used += body.len;
        opened->places[i] = (struct place){(uint32_t)(used - body.len), (uint32_t)body.len,
                                           facts_of(&record.header, &id, object_id_fits(&record.header.object, log, record.header.sequence),
                                                    body, at + body.len, room - used)};
    }
    return used;
}

struct opened *opened_make(struct payload_codec *codec, const struct log_id *log, const uint8_t *item, size_t len,
                           const struct opened_key *keys, size_t count)
{
    struct segment_header segment;
    struct cursor records;
    if (segment_item_open(&segment, &records, item, len) != MUSTER_OK)
        return NULL;
    const struct seal_key *key = key_of(&segment, keys, count);
    size_t fixed = sizeof(struct opened) + segment.count * sizeof(struct place), room = OPENED_SHARE * len;
    struct opened *opened = key ? malloc(fixed + room) : NULL;
    if (!opened)
        return NULL;
    memset(opened, 0, fixed);
    opened->count = segment.count;
    size_t used = open_all(opened, room, codec, log, &segment, &records, key);
    opened->size = fixed + used;
    opened->used = used;
    struct opened *smaller = used ? realloc(opened, opened->size) : NULL;
    if (!used)
        free(opened);
    return used && smaller ? smaller : used ? opened : NULL;
}

struct opened *opened_new(void)
{
    size_t fixed = sizeof(struct opened) + SEGMENT_RECORDS_MAX * sizeof(struct place);
    struct opened *opened = calloc(1, fixed);
    if (!opened)
        return NULL;
    opened->count = SEGMENT_RECORDS_MAX;
    opened->size = fixed;
    return opened;
}

/* So that a realloc leaves no copy of a body behind. */
static bool make_room(struct opened **opened, size_t more)
{
    struct opened *from = *opened;
    size_t fixed = sizeof(struct opened) + from->count * sizeof(struct place);
    if (fixed + from->used + more <= from->size)
        return true;
    size_t size = fixed + 2 * (from->used + more);
    struct opened *bigger = malloc(size);
    if (!bigger)
        return false;
    memcpy(bigger, from, fixed + from->used);
    bigger->size = size;
    opened_free(from);
    *opened = bigger;
    return true;
}

void opened_add(struct opened **opened, uint32_t index, const struct record_header *header, const struct record_id *id,
                struct bytes body)
{
    if (!*opened || index >= (*opened)->count || !body.len || header->flags & (RECORD_CLEAR | RECORD_PERSONAL) ||
        body.len > BODY_BYTES_MAX || pack_check(body.at, body.len) != MUSTER_OK || !make_room(opened, 2 * body.len))
        return;
    struct opened *o = *opened;
    uint8_t *at = bodies_of(o) + o->used;
    memcpy(at, body.at, body.len);
    o->places[index] = (struct place){(uint32_t)o->used, (uint32_t)body.len,
                                      facts_of(header, id, header->operation == OP_CREATE, body, at + body.len, body.len)};
    o->used += body.len;
}

void opened_free(struct opened *opened)
{
    if (opened)
        crypto_wipe(bodies_of(opened), opened->size - sizeof(*opened) - opened->count * sizeof(struct place));
    free(opened);
}

size_t opened_bytes(const struct opened *opened)
{
    return opened ? opened->size : 0;
}

bool opened_get(const struct opened *opened, uint32_t index, struct bytes *body)
{
    if (!opened || index >= opened->count || !opened->places[index].len)
        return false;
    const struct place *place = &opened->places[index];
    *body = (struct bytes){(const uint8_t *)(opened->places + opened->count) + place->at, place->len};
    return true;
}

const struct opened_facts *opened_facts_of(const struct opened *opened, uint32_t index)
{
    return opened && index < opened->count && opened->places[index].len ? &opened->places[index].facts : NULL;
}
