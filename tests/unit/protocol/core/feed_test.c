/* feed_test.c — what a change feed is read from: each object once, the newest change last, numbers that only grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/object/feed.h"
#include "protocol/storage.h"
#include "support/memory_store.h"
#include "support/world.h"

#include <stdio.h>

enum { ENTRIES_MAX = 64 };

struct entries {
    struct {
        uint64_t number;
        struct object_id object;
        enum feed_what what;
    } at[ENTRIES_MAX];
    size_t count;
};

static bool take(void *user, struct bytes key, struct bytes value)
{
    struct entries *e = user;
    assert_int_equal(key.len, FEED_KEY_BYTES);
    assert_int_equal(value.len, FEED_VALUE_BYTES);
    assert_true(e->count < ENTRIES_MAX);
    e->at[e->count].number = get_be64(key.at + 4);
    memcpy(e->at[e->count].object.b, value.at, OBJECT_ID_BYTES);
    e->at[e->count++].what = value.at[OBJECT_ID_BYTES];
    return true;
}

static struct entries feed_of(struct world *w, size_t node)
{
    const struct storage *storage = memory_store_storage(world_store(w, node));
    struct entries e = {.count = 0};
    assert_int_equal(storage->scan(storage->self, T_FEED, (struct bytes){NULL, 0}, (struct bytes){NULL, 0}, false, take, &e),
                     MUSTER_OK);
    return e;
}

static void assert_ends_with(const struct entries *e, const struct object_id *object, enum feed_what what)
{
    assert_true(e->count > 0);
    assert_memory_equal(e->at[e->count - 1].object.b, object->b, OBJECT_ID_BYTES);
    assert_int_equal(e->at[e->count - 1].what, what);
}

static void test_an_object_stands_in_the_feed_once(void **state)
{
    struct world *w = world_new(7);
    size_t a = world_node(w, "Yibin"), b = world_node(w, "Zhaotong");
    struct space_id space;
    struct object_id first, second;
    (void)state;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "dike", &first), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "road", &second), MUSTER_OK);
    struct entries e = feed_of(w, a);
    assert_int_equal(e.count, 2);
    assert_ends_with(&e, &second, FEED_CHANGED);
    uint64_t before = e.at[1].number;
    for (int i = 0; i < 5; i++)
        assert_int_equal(world_rename(w, a, &space, &first, "dike, breach"), MUSTER_OK);
    e = feed_of(w, a);
    assert_int_equal(e.count, 2);
    assert_ends_with(&e, &first, FEED_CHANGED);
    assert_true(e.at[1].number > before);
    assert_int_equal(e.at[1].number, core_feed_last(world_core(w, a), 0));
    /* The other node has numbers of its own, for what comes to it. */
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    e = feed_of(w, b);
    assert_int_equal(e.count, 2);
    assert_int_equal(world_rename(w, a, &space, &second, "road, open"), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    e = feed_of(w, b);
    assert_int_equal(e.count, 2);
    assert_ends_with(&e, &second, FEED_CHANGED);
    world_free(w);
}

static void test_numbers_go_on_after_a_restart(void **state)
{
    struct world *w = world_new(8);
    size_t a = world_node(w, "Yibin");
    struct space_id space;
    struct object_id object;
    (void)state;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "dike", &object), MUSTER_OK);
    uint64_t generation = core_feed_generation(world_core(w, a), 42), last = core_feed_last(world_core(w, a), 0);
    assert_int_equal(generation, 42);
    assert_int_equal(core_feed_generation(world_core(w, a), 43), 42); /* made once */
    world_restart(w, a);
    assert_int_equal(core_feed_generation(world_core(w, a), 0), 42);
    assert_int_equal(core_feed_last(world_core(w, a), 0), last);
    assert_int_equal(world_rename(w, a, &space, &object, "dike, breach"), MUSTER_OK);
    assert_true(core_feed_last(world_core(w, a), 0) > last);
    assert_true(core_feed_moves(world_core(w, a)) > 0);
    world_free(w);
}

static void test_a_feed_without_a_reader_has_no_generation(void **state)
{
    struct world *w = world_new(9);
    size_t a = world_node(w, "Yibin");
    struct space_id space;
    (void)state;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(core_feed_generation(world_core(w, a), 0), 0);
    assert_int_equal(core_feed_last(world_core(w, a), 0), 0);
    assert_int_equal(core_feed_last(world_core(w, a), 999), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_object_stands_in_the_feed_once),
        cmocka_unit_test(test_numbers_go_on_after_a_restart),
        cmocka_unit_test(test_a_feed_without_a_reader_has_no_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
