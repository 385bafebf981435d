/* again_test.c — the derived tables go back to an earlier moment while the node runs: it catches up by itself, with the same
 * views as if nothing had been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/index.h"
#include "protocol/object/op.h"
#include "support/bulk.h"
#include "support/memory_store.h"
#include "support/world.h"

#include <stdio.h>

enum { A, B, REST_MS = 60000, OBJECTS = 60 };

struct scene {
    struct world *w;
    struct space_id space;
    struct object_id objects[OBJECTS];
    struct memory_store *kept; /* A's, as of its last good commit of derived tables */
};

static void nothing(struct scene *s)
{
    (void)s;
}

static void new_objects(struct scene *s)
{
    for (size_t i = OBJECTS / 2; i < OBJECTS; i++)
        assert_int_equal(world_incident(s->w, i % 2, &s->space, "a second dike", &s->objects[i]), MUSTER_OK);
}

static void changes(struct scene *s)
{
    for (size_t i = 0; i < OBJECTS / 2; i++)
        assert_int_equal(world_rename(s->w, i % 2, &s->space, &s->objects[i], "it holds"), MUSTER_OK);
}

static void an_erase(struct scene *s)
{
    assert_int_equal(world_rename(s->w, A, &s->space, &s->objects[2], "a name that must go"), MUSTER_OK);
    assert_true(world_settle(s->w, REST_MS));
    world_erase(s->w, A, &s->space, &s->objects[2]);
}

static void a_suspension(struct scene *s)
{
    struct command command = {.kind = COMMAND_SUSPEND, .space_id = s->space, .agency = world_agency(s->w, B)};
    assert_int_equal(world_rename(s->w, B, &s->space, &s->objects[1], "before it"), MUSTER_OK);
    assert_true(world_settle(s->w, REST_MS));
    assert_int_equal(world_command(s->w, A, &command), MUSTER_OK);
}

static void more_than_a_slice(struct scene *s)
{
    world_bulk(s->w, B, &s->space, 40);
    changes(s);
}

static const struct {
    const char *says;
    void (*act)(struct scene *s); /* behind the last good commit */
} rows[] = {
    {"nothing was written since",                        nothing          },
    {"new objects",                                      new_objects      },
    {"changes of objects that were kept",                changes          },
    {"what a record said was erased",                    an_erase         },
    {"a member was suspended",                           a_suspension     },
    {"more records than one slice",                      more_than_a_slice},
};

/* A's store, in a core that makes all views anew. */
static struct memory_store *made_anew(struct scene *s)
{
    struct memory_store *copy = memory_store_clone(world_store(s->w, A));
    struct core_config config = *world_config(s->w, A);
    struct core *core;
    memory_store_derived_reset(copy);
    config.derived_is_new = true;
    assert_int_equal(core_new(&core, &config, memory_store_storage(copy)), MUSTER_OK);
    for (uint64_t ms = 0; ms < 2000; ms += TICK_MS) {
        struct event tick = {.kind = EVENT_TICK, .wall_ms = UINT64_C(1800000000000) + ms, .mono_ms = 1 + ms};
        (void)core_step(core, &tick);
    }
    while (!core_words_catch_up(core, 1000))
        ;
    core_free(core);
    return copy;
}

static void lose_views(struct scene *s)
{
    memory_store_derived_back(world_store(s->w, A), s->kept);
    core_views_lost(world_core(s->w, A));
    assert_true(core_views_behind(world_core(s->w, A)));
}

/* Two agencies that share a space and have nothing in it yet. */
static void scene_begin(struct scene *s)
{
    (void)world_node(s->w, "Adamstown");
    (void)world_node(s->w, "Bridgeford");
    assert_int_equal(world_space(s->w, A, "again", false, &s->space), MUSTER_OK);
    world_connect(s->w, A, B);
    assert_true(world_settle(s->w, REST_MS));
    assert_int_equal(world_invite(s->w, A, &s->space, B, RIGHT_WRITE), MUSTER_OK);
    assert_true(world_settle(s->w, REST_MS));
}

static void test_views_are_as_if_nothing_had_been(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s = {.w = world_new(900 + i)};
        uint64_t objects, others;
        struct write_result result;
        struct write_item item = {.operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1, .body = {(const uint8_t *)"\x80", 1}};
        print_message("behind the last commit: %s\n", rows[i].says);
        scene_begin(&s);
        for (size_t n = 0; n < OBJECTS / 2; n++)
            assert_int_equal(world_incident(s.w, n % 2, &s.space, "a dike of the long reach", &s.objects[n]), MUSTER_OK);
        assert_true(world_settle(s.w, REST_MS));
        s.kept = memory_store_clone(world_store(s.w, A));
        rows[i].act(&s);
        assert_true(world_settle(s.w, REST_MS));
        struct hash before = world_digest(s.w, A, &s.space, &objects);

        lose_views(&s);
        assert_int_equal(world_write(s.w, A, &s.space, &item, &result, 1), MUSTER_EVIEWS);
        world_run(s.w, 2000); /* it goes on without them */
        lose_views(&s);       /* nothing that it did meanwhile is in the tables: they took no change */
        assert_int_equal(core_views_again(world_core(s.w, A)), MUSTER_OK);
        assert_false(memory_store_gathers(world_store(s.w, A))); /* also where a slice was not all */
        assert_true(world_settle(s.w, REST_MS));
        assert_false(memory_store_gathers(world_store(s.w, A)));
        assert_false(core_views_behind(world_core(s.w, A)));
        struct hash after = world_digest(s.w, A, &s.space, &others);
        assert_int_equal(others, objects);
        assert_memory_equal(after.b, before.b, sizeof(after.b));
        while (!core_words_catch_up(world_core(s.w, A), 1000))
            ;
        struct memory_store *anew = made_anew(&s);
        for (int t = T_RECORD; t <= T_LINK; t++)
            if (!memory_store_same(world_store(s.w, A), anew, (enum table)t, (enum table)t))
                fail_msg("table %d: %zu pairs, %zu when made anew", t, memory_store_count(world_store(s.w, A), (enum table)t),
                         memory_store_count(anew, (enum table)t));
        assert_true(memory_store_same(world_store(s.w, A), anew, T_WORD, T_WORD));
        memory_store_free(anew);
        memory_store_free(s.kept);
        world_free(s.w);
    }
}

/* The change that is refused is one of many within a step: the records of that step have no fault. */
static void test_no_record_is_set_aside_because_the_tables_refuse_a_change(void **state)
{
    static const size_t changes_taken[] = {0, 1, 5, 50, 700};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changes_taken); i++) {
        struct scene s = {.w = world_new(950 + i)};
        print_message("refused after %zu changes\n", changes_taken[i]);
        scene_begin(&s);
        struct memory_store *store = world_store(s.w, A);
        memory_store_derived_keep(store);
        memory_store_derived_fail(store, changes_taken[i]);
        world_bulk(s.w, B, &s.space, 2);
        assert_true(world_settle(s.w, REST_MS));
        assert_true(memory_store_derived_lost(store));
        assert_true(core_views_are_lost(world_core(s.w, A))); /* nobody had to say so */
        assert_int_equal(world_events(s.w, A, "record.set_aside"), 0);
        memory_store_derived_again(store);
        assert_int_equal(core_views_again(world_core(s.w, A)), MUSTER_OK);
        assert_true(world_settle(s.w, REST_MS));
        assert_false(core_views_behind(world_core(s.w, A)));
        assert_int_equal(memory_store_count(store, T_QUARANTINE), 0);
        struct hash here = world_digest(s.w, A, &s.space, NULL), there = world_digest(s.w, B, &s.space, NULL);
        assert_memory_equal(here.b, there.b, sizeof(here.b));
        world_free(s.w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_are_as_if_nothing_had_been),
        cmocka_unit_test(test_no_record_is_set_aside_because_the_tables_refuse_a_change),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
