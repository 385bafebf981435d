/* replay_test.c — views made anew: whatever other threads open ahead, and wherever the process ends, the tables are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/log/payload.h"
#include "support/world.h"

#include <stdio.h>

enum { A, B, REST_MS = 60000, OBJECTS = 150 };

static struct world *w;
static struct memory_store *plain; /* what a node's store is when its core has made all views anew by itself */
static struct payload_codec *codec;

/* Two agencies: objects, changes of them, proposals of the other, renamed ones; more segments than one job takes. */
static int start(void **state)
{
    struct space_id space;
    struct object_id objects[OBJECTS];
    char name[64];
    (void)state;
    if (crypto_start() != MUSTER_OK || !(codec = payload_codec_new()))
        return -1;
    w = world_new(83);
    (void)world_node(w, "Adamstown");
    (void)world_node(w, "Bridgeford");
    assert_int_equal(world_space(w, A, "replay", false, &space), MUSTER_OK);
    world_connect(w, A, B);
    assert_true(world_settle(w, REST_MS));
    assert_int_equal(world_invite(w, A, &space, B, RIGHT_WRITE), MUSTER_OK);
    assert_true(world_settle(w, REST_MS));
    for (size_t i = 0; i < OBJECTS; i++) {
        snprintf(name, sizeof(name), "dike %zu of the long reach, watched day and night", i);
        assert_int_equal(world_incident(w, i % 3 ? A : B, &space, name, &objects[i]), MUSTER_OK);
        if (i % 5 == 0)
            assert_int_equal(world_rename(w, i % 3 ? A : B, &space, &objects[i], "renamed"), MUSTER_OK);
    }
    assert_true(world_settle(w, REST_MS));
    world_stop(w, A);
    world_stop(w, B);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    memory_store_free(plain);
    payload_codec_free(codec);
    world_free(w);
    return 0;
}

/* --- threads of the shell, played ------------------------------------------------------------------------------------- */

struct played {
    bool at_once, late, says; /* opens when given; when collected; what it says then */
    size_t given, collected;
};

static void give(void *self, struct opening *job)
{
    struct played *p = self;
    p->given++;
    if (p->at_once)
        opening_run(job, codec);
}

static bool collect(void *self, struct opening *job)
{
    struct played *p = self;
    p->collected++;
    if (p->late)
        opening_run(job, codec);
    return p->says;
}

/* A copy of A's store whose views were made anew. */
static struct memory_store *made_anew(struct played *played)
{
    struct memory_store *copy = memory_store_clone(world_store(w, A));
    struct core_config config = *world_config(w, A);
    struct core_openers openers = {played, give, collect};
    struct core *core;
    memory_store_derived_reset(copy);
    config.openers = played ? &openers : NULL;
    assert_int_equal(core_new(&core, &config, memory_store_storage(copy)), MUSTER_OK);
    core_free(core);
    return copy;
}

static void test_whoever_opens_the_bodies_the_tables_are_the_same(void **state)
{
    static const struct {
        const char *says;
        struct played threads;
    } rows[] = {
        {"each job is opened as it is given", {.at_once = true, .says = true}},
        {"each is opened when it is waited for", {.late = true, .says = true}},
        {"none is begun: the core does it", {.says = false}},
        {"a thread has no memory to open anything", {.says = true}},
    };
    (void)state;
    plain = made_anew(NULL);
    assert_true(memory_store_count(plain, T_OBJECT) == OBJECTS);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct played threads = rows[i].threads;
        struct memory_store *made = made_anew(&threads);
        if (!memory_store_same(plain, made, T_APPLIED, (enum table)(TABLE_COUNT - 1)))
            fail_msg("%s: the tables differ", rows[i].says);
        if (threads.given < 2 || threads.given != threads.collected)
            fail_msg("%s: %zu given, %zu collected", rows[i].says, threads.given, threads.collected);
        memory_store_free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whoever_opens_the_bodies_the_tables_are_the_same),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
