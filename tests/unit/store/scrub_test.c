/* scrub_test.c — no byte of an erased value stays in a file. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static size_t canaries(struct world *w, const char *canary)
{
    char path[SCRATCH_PATH_MAX];
    return scratch_find(scratch_join(path, w->dir, "main/data.mdb"), canary, strlen(canary)) +
           scratch_find(scratch_join(path, w->dir, "keys/data.mdb"), canary, strlen(canary));
}

static void test_scrub_leaves_no_erased_byte(void **state)
{
    struct world *w = *state;
    enum { COMMITS = 300 };
    static uint8_t long_value[20000];
    struct store *store = open_or_fail(w, w->dir, NULL);
    uint64_t seed = 7;
    char key[16], value[700];
    for (int i = 0; i < COMMITS; i++) { /* erasable and other values side by side, long and short */
        bool erasable = i % 3 == 0;
        snprintf(key, sizeof key, "%04d", (int)(scratch_random(&seed) % 200));
        snprintf(value, sizeof value, "%s number %d %0*d", erasable ? "CANARY of a person" : "fact", i,
                 (int)(scratch_random(&seed) % 600), 0);
        memcpy(long_value + 9000, value, strlen(value) + 1);
        assert_int_equal(put_one(store, erasable ? T_POSITION : T_META, key, text(value)), MUSTER_OK);
        if (i % 20 == 0)
            assert_int_equal(put_one(store, T_KEY, key, text("CANARY key")), MUSTER_OK);
        if (i % 10 == 0)
            assert_int_equal(put_one(store, T_POSITION, "long",
                                     (struct bytes){long_value, 9000 + scratch_random(&seed) % 11000}),
                             MUSTER_OK);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%04d", i);
        struct change changes[] = {
            {T_POSITION, text(key), {NULL, 0}},
            {T_KEY,      text(key), {NULL, 0}}
        };
        assert_int_equal(store_commit(store, changes, 2, false), MUSTER_OK);
    }
    assert_int_equal(put_one(store, T_POSITION, "long", (struct bytes){NULL, 0}), MUSTER_OK);
    assert_true(canaries(w, "CANARY of a person") > 0); /* else this test shows nothing */
    assert_true(canaries(w, "CANARY key") > 0);
    if (store_scrub(store, &w->problem) != MUSTER_OK)
        fail_msg("%s", w->problem.sentence);
    assert_int_equal(canaries(w, "CANARY of a person"), 0);
    assert_int_equal(canaries(w, "CANARY key"), 0);

    struct damage damage = {0};
    uint64_t values = store_check(store, note_damage, &damage);
    assert_true(values > 50);
    assert_int_equal(damage.count, 0);
    assert_int_equal(put_one(store, T_META, "after", text("1")), MUSTER_OK);
    for (int i = 0; i < 60; i++) { /* nothing of it comes back with what is written later */
        snprintf(key, sizeof key, "later%d", i);
        assert_int_equal(put_one(store, T_META, key, text("1")), MUSTER_OK);
        assert_int_equal(put_one(store, T_META, key, (struct bytes){NULL, 0}), MUSTER_OK);
        assert_int_equal(canaries(w, "CANARY of a person"), 0);
    }
    assert_int_equal(canaries(w, "CANARY key"), 0);
    store_close(store);
    lose_guard(w); /* so that every byte is looked at */
    store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(store_check(store, note_damage, &damage), values + 1);
    assert_int_equal(damage.count, 0);
    store_close(store);
}

static size_t derived_canaries(struct world *w, const char *canary)
{
    char path[SCRATCH_PATH_MAX];
    return scratch_find(scratch_join(path, w->dir, "derived/data.mdb"), canary, strlen(canary));
}

static void test_scrub_leaves_no_plain_text_in_views(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    const struct storage *s = store_storage(store);
    uint64_t seed = 11;
    char key[16], value[3000];
    for (int i = 0; i < 400; i++) { /* views that change again and again, some of them of a person */
        bool erasable = i % 3 == 0;
        snprintf(key, sizeof key, "%04d", (int)(scratch_random(&seed) % 150));
        snprintf(value, sizeof value, "%s number %d %0*d", erasable ? "CANARY of a person" : "fact", i,
                 (int)(scratch_random(&seed) % 2500), 0);
        struct change change = {T_OBJECT, text(key), text(value)};
        assert_int_equal(s->derive(s->self, &change, 1), MUSTER_OK);
        if (i % 7 == 0)
            assert_int_equal(store_derived_commit(store), MUSTER_OK);
    }
    for (int i = 0; i < 150; i++) {
        snprintf(key, sizeof key, "%04d", i);
        struct change change = {T_OBJECT, text(key), text(i % 2 ? "erased" : "another fact")};
        assert_int_equal(s->derive(s->self, &change, 1), MUSTER_OK);
    }
    assert_int_equal(store_derived_commit(store), MUSTER_OK);
    assert_true(derived_canaries(w, "CANARY of a person") > 0); /* else this test shows nothing */
    if (store_scrub(store, &w->problem) != MUSTER_OK)
        fail_msg("%s", w->problem.sentence);
    assert_int_equal(derived_canaries(w, "CANARY of a person"), 0);
    struct bytes found;
    assert_int_equal(s->get(s->self, T_OBJECT, text("0001"), &found), MUSTER_OK);
    assert_memory_equal(found.at, "erased", 6);
    store_close(store);
    store = open_or_fail(w, w->dir, NULL); /* and it is as healthy as before: nothing has to be made anew */
    assert_false(store_derived_is_new(store));
    s = store_storage(store);
    assert_int_equal(s->get(s->self, T_OBJECT, text("0148"), &found), MUSTER_OK);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_scrub_leaves_no_erased_byte),
        WORLD_TEST(test_scrub_leaves_no_plain_text_in_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
