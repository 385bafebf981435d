#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "canary.h"

#include "base/pack.h"
#include "protocol/object/state.h"

struct search {
    const void *bytes;
    size_t len;
    bool found;
};

static bool search_value(void *user, struct bytes key, struct bytes value)
{
    struct search *s = user;
    (void)key;
    s->found = value.len >= s->len && memmem(value.at, value.len, s->bytes, s->len) != NULL;
    return !s->found;
}

bool store_holds(struct party *p, size_t node, const void *bytes, size_t len)
{
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    struct search s = {bytes, len, false};
    struct bytes none = {NULL, 0};
    for (int table = 0; table < TABLE_COUNT && !s.found; table++)
        assert_int_equal(storage->scan(storage->self, (enum table)table, none, none, false, search_value, &s), MUSTER_OK);
    return s.found;
}

struct find {
    struct canary *c;
    bool found;
};

static bool find_sealed(void *user, struct bytes key, struct bytes value)
{
    struct find *f = user;
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    (void)key;
    for (uint32_t i = 0; !f->found && segment_item_record(value.at + 4, value.len - 4, i, &header, &record) == MUSTER_OK; i++) {
        struct record_id id = record_id_of(&header.log, bytes, record_header_write(bytes, &record.header));
        if (!record_id_eq(&id, &f->c->record) || !record.payload.at)
            continue;
        memcpy(f->c->sealed, record.payload.at, record.payload.len);
        f->c->len = record.payload.len;
        f->found = true;
    }
    return !f->found;
}

bool canary_sealed(struct party *p, size_t node, struct canary *c)
{
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    struct find f = {c, false};
    struct bytes none = {NULL, 0};
    assert_int_equal(storage->scan(storage->self, T_SEGMENT, none, none, false, find_sealed, &f), MUSTER_OK);
    return f.found;
}

void canary_write(struct party *p, size_t by, struct canary *out)
{
    memset(out, 0, sizeof(*out));
    assert_int_equal(world_incident(p->w, by, &p->space, CANARY, &out->object), MUSTER_OK);
    assert_int_equal(core_object_records(world_core(p->w, by), 0, &out->object, &out->record, 1), 1);
    assert_true(canary_sealed(p, by, out));
    assert_true(canary_lies_at(p, by, out));
}

bool canary_lies_at(struct party *p, size_t node, const struct canary *c)
{
    return store_holds(p, node, c->sealed, c->len) || store_holds(p, node, CANARY, strlen(CANARY));
}

static bool state_of(struct party *p, size_t node, const struct canary *c, struct object_stored *out)
{
    const struct storage *storage = memory_store_storage(world_store(p->w, node));
    uint8_t key[4 + OBJECT_ID_BYTES] = {0};
    struct bytes value;
    memcpy(key + 4, c->object.b, OBJECT_ID_BYTES);
    return storage->get(storage->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK &&
           object_stored_read(out, value) == MUSTER_OK;
}

bool canary_is_shown(struct party *p, size_t node, const struct canary *c)
{
    struct object_stored state;
    return state_of(p, node, c, &state) &&
           memmem(state.view.at, state.view.len, CANARY, strlen(CANARY)) != NULL;
}

bool canary_is_erased(struct party *p, size_t node, const struct canary *c)
{
    struct object_stored state;
    return state_of(p, node, c, &state) && state.erased_mask != 0 && !canary_is_shown(p, node, c);
}

enum muster_error canary_say(struct party *p, size_t by, uint8_t operation, const struct canary *c,
                             const struct record_id *target, struct record_id *out)
{
    uint8_t body[64];
    struct record_ref ref = {.role = operation == OP_UNHOLD ? REF_HOLD : REF_TARGET};
    struct write_item item = {.operation = operation, .schema = 1, .object = c->object, .refs = &ref, .ref_count = 1};
    struct write_result result;
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 1);
    pack_uint(&w, 1);
    pack_text(&w, "error", 5);
    item.body = (struct bytes){body, writer_len(&w)};
    memcpy(ref.hash.b, target->b, HASH_BYTES);
    enum muster_error error = world_write(p->w, by, &p->space, &item, &result, 1);
    if (out)
        *out = result.record;
    return error ? error : result.error;
}
