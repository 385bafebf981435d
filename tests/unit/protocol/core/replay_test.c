/* replay_test.c — views made anew: whatever other threads open ahead, and wherever the process ends, the tables are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/log/payload.h"
#include "protocol/object/op.h"
#include "support/bulk.h"
#include "support/world.h"

#include <stdio.h>

enum { A, B, REST_MS = 60000, OBJECTS = 150, BULK = 50, KEPT_MAX = 8 };

static struct world *w;
static struct memory_store *plain; /* what a node's store is when its core has made all views anew by itself */
static struct payload_codec *codec;
static struct memory_store *kept[KEPT_MAX]; /* what a process leaves that ends behind each moment at which it kept what was made */
static size_t kept_count;

/* Two agencies: objects and changes of them, more segments than one job takes; what one record said is erased; then more records
 * than are folded in one go, and behind them changes of the first objects. */
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
    world_erase(w, A, &space, &objects[5]);
    world_bulk(w, B, &space, BULK);
    assert_true(world_settle(w, REST_MS));
    for (size_t i = 1; i < OBJECTS; i += 2)
        assert_int_equal(world_rename(w, i % 3 ? A : B, &space, &objects[i], "renamed at last"), MUSTER_OK);
    assert_true(world_settle(w, REST_MS));
    world_stop(w, A);
    world_stop(w, B);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    memory_store_free(plain);
    for (size_t i = 0; i < kept_count; i++)
        memory_store_free(kept[i]);
    payload_codec_free(codec);
    world_free(w);
    return 0;
}

/* --- threads of the shell, played ------------------------------------------------------------------------------------- */

struct played {
    bool at_once, late;       /* opens when given; when collected */
    enum opening_state says;  /* what it says then */
    bool slow;                /* and that only if it is waited for */
    size_t given, collected, asked;
};

static void give(void *self, struct opening *job)
{
    struct played *p = self;
    p->given++;
    if (p->at_once)
        opening_run(job, codec);
}

static enum opening_state collect(void *self, struct opening *job, bool wait)
{
    struct played *p = self;
    if (p->slow && !wait && p->asked++ % 3)
        return OPENING_RUNS;
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
    assert_false(memory_store_gathers(copy));
    core_free(core);
    return copy;
}

static void test_whoever_opens_the_bodies_the_tables_are_the_same(void **state)
{
    static const struct {
        const char *says;
        struct played threads;
    } rows[] = {
        {"each job is opened as it is given", {.at_once = true, .says = OPENING_RUN}},
        {"each is opened when it is asked for", {.late = true, .says = OPENING_RUN}},
        {"some are waited for", {.late = true, .says = OPENING_RUN, .slow = true}},
        {"none is begun: the core does it", {.says = OPENING_LEFT}},
        {"none is begun, which is said late", {.says = OPENING_LEFT, .slow = true}},
        {"a thread has no memory to open anything", {.says = OPENING_RUN}},
    };
    (void)state;
    plain = made_anew(NULL);
    assert_int_equal(memory_store_count(plain, T_OBJECT), OBJECTS + BULK * WORLD_BULK_ITEMS);
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

/* --- a process that ends on the way -------------------------------------------------------------------------------------- */

static enum muster_error keep(void *self)
{
    assert_true(kept_count < KEPT_MAX);
    kept[kept_count++] = memory_store_clone(self);
    return MUSTER_OK;
}

/* As a node starts that finds derived tables. */
static void go_on(struct memory_store *store)
{
    struct core *core;
    assert_int_equal(core_new(&core, world_config(w, A), memory_store_storage(store)), MUSTER_OK);
    core_free(core);
}

static void test_wherever_the_process_ends_the_next_one_makes_the_same_tables(void **state)
{
    (void)state;
    struct memory_store *copy = memory_store_clone(world_store(w, A));
    struct core *core;
    memory_store_derived_reset(copy);
    struct storage storage = *memory_store_storage(copy);
    storage.keep = keep;
    assert_int_equal(core_new(&core, world_config(w, A), &storage), MUSTER_OK);
    core_free(core);
    assert_true(memory_store_same(plain, copy, T_APPLIED, (enum table)(TABLE_COUNT - 1)));
    memory_store_free(copy);
    assert_true(kept_count >= 3);
    for (size_t i = 0; i < kept_count; i++) {
        size_t records = memory_store_count(kept[i], T_RECORD);
        assert_true(records < memory_store_count(plain, T_RECORD));
        assert_true(i == 0 || records > memory_store_count(kept[i - 1], T_RECORD));
        struct memory_store *next = memory_store_clone(kept[i]);
        go_on(next);
        if (!memory_store_same(plain, next, T_APPLIED, (enum table)(TABLE_COUNT - 1)))
            fail_msg("behind moment %zu the tables differ", i);
        memory_store_free(next);
    }
}

static bool take_key(void *user, struct bytes key, struct bytes value)
{
    struct change *change = user;
    static uint8_t copy[STORAGE_KEY_MAX];
    (void)value;
    memcpy(copy, key.at, key.len);
    change->key = (struct bytes){copy, key.len};
    return false;
}

/* One object is missing in what was kept: only a process that begins anew sees it again. */
static void test_what_was_kept_and_is_not_all_is_made_anew(void **state)
{
    static const struct {
        const char *says;
        bool marked;
    } rows[] = {{"what was kept is believed", false}, {"it is marked: all is folded again", true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct memory_store *store = memory_store_clone(kept[1]);
        const struct storage *storage = memory_store_storage(store);
        struct bytes none = {NULL, 0};
        struct change lost = {.table = T_OBJECT}, mark = {T_APPLIED, {(const uint8_t *)"anew", 4}, {(const uint8_t *)"", 0}};
        assert_int_equal(storage->scan(storage->self, T_OBJECT, none, none, false, take_key, &lost), MUSTER_OK);
        assert_int_equal(storage->derive(storage->self, &lost, 1), MUSTER_OK);
        if (rows[i].marked)
            assert_int_equal(storage->derive(storage->self, &mark, 1), MUSTER_OK);
        go_on(store);
        bool same = memory_store_same(plain, store, T_OBJECT, T_OBJECT);
        if (same != rows[i].marked)
            fail_msg("%s: the objects are %s", rows[i].says, same ? "all there" : "not all there");
        if (rows[i].marked)
            assert_true(memory_store_same(plain, store, T_APPLIED, (enum table)(TABLE_COUNT - 1)));
        memory_store_free(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whoever_opens_the_bodies_the_tables_are_the_same),
        cmocka_unit_test(test_wherever_the_process_ends_the_next_one_makes_the_same_tables),
        cmocka_unit_test(test_what_was_kept_and_is_not_all_is_made_anew),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
