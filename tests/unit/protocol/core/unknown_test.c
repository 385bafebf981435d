/* unknown_test.c — what a newer node writes: a kind, fields and tokens that this one has no row for are carried,
 * folded and shown like all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "protocol/object/state.h"
#include "support/memory_store.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { NEWER_KIND = 999, NEWER_FIELD = 62 };

/* {0: name, 5: ["two", 2], 62: {"deep": true}}; of an incident 5 is a list of tokens and 62 nothing. */
static struct bytes body_of(const char *name, uint8_t *out, size_t size)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, 3);
    pack_uint(&w, 0);
    pack_text(&w, name, strlen(name));
    pack_uint(&w, 5);
    pack_array(&w, 2);
    pack_text(&w, "two", 3);
    pack_uint(&w, 2);
    pack_uint(&w, NEWER_FIELD);
    pack_map(&w, 1);
    pack_text(&w, "deep", 4);
    writer_u8(&w, 0xc3);
    assert_false(w.failed);
    return (struct bytes){out, writer_len(&w)};
}

static const struct {
    const char *says;
    uint16_t kind;
    const char *shown[3]; /* of 0, 5 and 62 */
    bool known[3];
} rows[] = {
    {"a kind of a newer node", NEWER_KIND, {"Rebuilt", "[two;2]", "{deep=yes}"}, {false, false, false}},
    {"the last number there is", UINT16_MAX, {"Rebuilt", "[two;2]", "{deep=yes}"}, {false, false, false}},
    {"a known kind with newer contents", KIND_INCIDENT, {"Rebuilt", "[two;2]", "{deep=yes}"}, {true, true, false}},
};

static void assert_shown(struct world *w, size_t node, const struct space_id *space, const struct object_id *object, size_t row)
{
    static const uint64_t keys[] = {0, 5, NEWER_FIELD};
    struct core *core = world_core(w, node);
    struct space_view at;
    struct object_stored state;
    struct kind_view view;
    struct field_view field;
    const struct kind *kind = kind_by_number(rows[row].kind);
    assert_true(core_space_by_id(core, space, &at));
    const struct storage *storage = memory_store_storage(world_store(w, node));
    uint8_t place[4 + OBJECT_ID_BYTES];
    struct bytes stored;
    put_be32(place, at.number);
    memcpy(place + 4, object->b, OBJECT_ID_BYTES);
    assert_int_equal(storage->get(storage->self, T_OBJECT, (struct bytes){place, sizeof place}, &stored), MUSTER_OK);
    assert_int_equal(object_stored_read(&state, stored), MUSTER_OK);
    assert_int_equal(state.kind, rows[row].kind);
    assert_int_equal(state.revision, 2);
    assert_int_equal(kind_view(&view, kind, state.view), MUSTER_OK);
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        assert_true(kind_view_next(&view, &field));
        assert_int_equal(field.key.u.uint, keys[i]);
        assert_int_equal(field.field != NULL, rows[row].known[i]);
        (void)field_text(field.field, &field.value, text, sizeof text);
        assert_string_equal(text, rows[row].shown[i]);
    }
    assert_false(kind_view_next(&view, &field));
}

static void test_what_is_unknown_is_carried_and_shown(void **state)
{
    (void)state;
    struct world *w = world_new(7);
    size_t a = world_node(w, "Newer"), b = world_node(w, "Carrier"), c = world_node(w, "Reader");
    struct space_id space;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, c, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, b, a);
    world_connect(w, c, b); /* what the reader gets came through a node that does not know it either */
    assert_true(world_settle(w, 60000));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t bytes[128];
        struct write_result result;
        struct write_item item = {.operation = OP_CREATE, .kind = rows[i].kind, .schema = 9,
                                  .mask = 1 | 1 << 5 | UINT64_C(1) << NEWER_FIELD, .body = body_of("Built", bytes, sizeof bytes)};
        uint64_t objects;
        print_message("%s\n", rows[i].says);
        assert_int_equal(world_write(w, a, &space, &item, &result, 1), MUSTER_OK);
        item.operation = OP_UPDATE;
        item.object = result.object;
        item.body = body_of("Rebuilt", bytes, sizeof bytes);
        assert_int_equal(world_write(w, a, &space, &item, &result, 1), MUSTER_OK);
        assert_true(world_settle(w, 60000));
        struct hash first = world_digest(w, a, &space, &objects);
        assert_int_equal(objects, i + 1);
        for (size_t node = b; node <= c; node++) {
            struct hash other = world_digest(w, node, &space, &objects);
            assert_memory_equal(first.b, other.b, sizeof first.b);
            assert_shown(w, node, &space, &item.object, i);
        }
        world_restart(w, c);
        world_connect(w, c, b);
        assert_true(world_settle(w, 60000));
        assert_shown(w, c, &space, &item.object, i);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_unknown_is_carried_and_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
