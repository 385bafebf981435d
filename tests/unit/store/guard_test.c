/* guard_test.c — damage and returns that only the hash of a value or the guard sees. */
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

static size_t flip_all(const char *path, const char *needle)
{
    size_t len, found = 0;
    uint8_t *bytes = scratch_read(path, &len), *at = bytes;
    while ((at = memmem(at, len - (size_t)(at - bytes), needle, strlen(needle))) != NULL) {
        at[strlen(needle) / 2] ^= 0x10;
        found++;
    }
    scratch_write(path, bytes, len);
    free(bytes);
    return found;
}

static bool count_visit(void *user, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)user;
    return true;
}

static const struct {
    const char *says, *file, *needle;
    enum table table;
    const char *key;
} flips[] = {
    {"in a short value of main", "main/data.mdb", "the canary of meta",     T_META,    "canary"},
    {"in a long value of main",  "main/data.mdb", "the canary of segments", T_SEGMENT, "canary"},
    {"in a key's bytes",         "keys/data.mdb", "the canary of keys",     T_KEY,     "canary"},
};

static void test_a_flipped_bit_is_damage_not_a_value(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(flips); i++) {
        uint8_t segment[5000] = {0};
        struct damage damage = {0};
        struct bytes value;
        size_t visits = 0;
        print_message("a flipped bit %s is found\n", flips[i].says);
        memcpy(segment + 3000, "the canary of segments", 22);
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "canary", text("the canary of meta")), MUSTER_OK);
        assert_int_equal(put_one(store, T_SEGMENT, "canary", (struct bytes){segment, sizeof segment}),
                         MUSTER_OK);
        assert_int_equal(put_one(store, T_KEY, "canary", text("the canary of keys")), MUSTER_OK);
        assert_int_equal(put_one(store, flips[i].table, "before", text("x")), MUSTER_OK);
        assert_int_equal(store_check(store, note_damage, &damage), 4);
        struct damage piecewise = {.count = 0};
        struct store_walk walk;
        store_walk_start(store, &walk);
        assert_int_equal(walk.of, 4);
        while (store_check_some(store, &walk, 1, note_damage, &piecewise)) {
        }
        assert_int_equal(walk.seen, 4);
        assert_int_equal(piecewise.count, damage.count);
        assert_int_equal(damage.count, 0);
        store_close(store);

        assert_true(flip_all(scratch_join(path, w->dir, flips[i].file), flips[i].needle) > 0);
        store = open_or_fail(w, w->dir, NULL);
        const struct storage *s = store_storage(store);
        assert_int_equal(s->get(s->self, flips[i].table, text(flips[i].key), &value), MUSTER_EDAMAGED);
        assert_int_equal(s->scan(s->self, flips[i].table, text(""), text(""), false, count_visit, &visits),
                         MUSTER_EDAMAGED);
        assert_int_equal(visits, 1); /* what lies before it is shown */
        assert_true(holds(store, flips[i].table, "before", "x"));
        assert_int_equal(store_check(store, note_damage, &damage), 4);
        assert_int_equal(damage.count, 1);
        assert_int_equal(damage.table, flips[i].table);
        assert_string_equal(damage.key, flips[i].key);
        assert_int_equal(put_one(store, flips[i].table, flips[i].key, text("healed")), MUSTER_OK);
        assert_true(holds(store, flips[i].table, flips[i].key, "healed"));
        store_close(store);
        scratch_remove(w->dir);
    }
}

/* What happens to the directory between a clean end and the next start. */
static void leave_alone(struct world *w)
{
    (void)w;
}

static void restore_backup(struct world *w)
{
    char from[SCRATCH_PATH_MAX], to[SCRATCH_PATH_MAX];
    size_t len;
    uint8_t *bytes = scratch_read(scratch_join(from, w->other, "main/data.mdb"), &len);
    scratch_write(scratch_join(to, w->dir, "main/data.mdb"), bytes, len);
    free(bytes);
}

static void damage_guard(struct world *w)
{
    char path[SCRATCH_PATH_MAX];
    size_t len;
    uint8_t *bytes = scratch_read(scratch_join(path, w->dir, "guard"), &len);
    char *digit = memchr(bytes, '\n', len);
    assert_non_null(digit);
    digit[7]++; /* the number of commits, one higher: the sum no longer fits */
    scratch_write(path, bytes, len);
    free(bytes);
}

/* The newest meta page gets a number that makes the other one the newest. */
static void damage_meta(struct world *w)
{
    enum { PAGE = 4096, NUMBER_AT = 16 + 24 + 96 + 8 };
    char path[SCRATCH_PATH_MAX];
    size_t len;
    uint64_t number[2];
    uint8_t *bytes = scratch_read(scratch_join(path, w->dir, "main/data.mdb"), &len);
    memcpy(&number[0], bytes + NUMBER_AT, 8);
    memcpy(&number[1], bytes + PAGE + NUMBER_AT, 8);
    int newest = number[1] > number[0];
    number[newest] -= 2;
    memcpy(bytes + newest * PAGE + NUMBER_AT, &number[newest], 8);
    scratch_write(path, bytes, len);
    free(bytes);
}

static const struct {
    const char *says;
    void (*act)(struct world *w);
    bool behind;
    const char *holds;
} returns[] = {
    {"is level after a clean end",                                        leave_alone,    false, "2"},
    {"is ahead of a restored backup",                                     restore_backup, true,  "1"},
    {"counts as ahead when it is gone",                                   lose_guard,     true,  "2"},
    {"counts as ahead when it is damaged",                                damage_guard,   true,  "2"},
    {"is ahead when a damaged meta page brings the previous commit back", damage_meta,    true,  "1"},
};

static void test_the_guard_sees_an_earlier_commit(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(returns); i++) {
        print_message("the guard %s\n", returns[i].says);
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
        store_close(store);
        scratch_copy(w->dir, w->other);
        store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("2")), MUSTER_OK);
        store_close(store);
        returns[i].act(w);
        for (int start = 0; start < 2; start++) { /* it stays so until it is accepted */
            store = open_or_fail(w, w->dir, NULL);
            assert_true(holds(store, T_META, "n", returns[i].holds));
            assert_int_equal(store_guard_behind(store), returns[i].behind);
            assert_int_equal(put_one(store, T_LOG, "new incarnation", text("1")), MUSTER_OK);
            if (start == 0)
                store_close(store);
        }
        assert_int_equal(store_guard_accept(store), MUSTER_OK);
        store_close(store);
        store = open_or_fail(w, w->dir, NULL);
        assert_false(store_guard_behind(store));
        store_close(store);
        scratch_remove(w->dir);
        scratch_remove(w->other);
    }
}

static const char *const lost_files[] = {"main/data.mdb", "keys/data.mdb"};

static void test_a_lost_file_is_not_made_anew(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(lost_files); i++) {
        char path[SCRATCH_PATH_MAX];
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
        store_close(store);
        assert_int_equal(truncate(scratch_join(path, w->dir, lost_files[i]), 0), 0);
        for (int gone = 0; gone < 2; gone++) { /* first empty, then gone */
            assert_int_equal(store_open(w->dir, NULL, &store, &w->problem), MUSTER_EDAMAGED);
            assert_non_null(strstr(w->problem.sentence, lost_files[i]));
            assert_non_null(strstr(w->problem.sentence, "is gone or empty"));
            if (!gone)
                assert_int_equal(unlink(path), 0);
        }
        scratch_remove(w->dir);
    }
}

/* Keys are in no backup: without guard and keys the node starts as after a restore. */
static void test_a_restore_without_keys_starts_behind_the_guard(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    struct store *store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
    assert_int_equal(put_one(store, T_KEY, "k", text("1")), MUSTER_OK);
    store_close(store);
    assert_int_equal(unlink(scratch_join(path, w->dir, "keys/data.mdb")), 0);
    lose_guard(w);
    store = open_or_fail(w, w->dir, NULL);
    assert_true(store_guard_behind(store));
    assert_true(holds(store, T_META, "n", "1"));
    assert_true(holds(store, T_KEY, "k", NULL));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_flipped_bit_is_damage_not_a_value),
        WORLD_TEST(test_the_guard_sees_an_earlier_commit),
        WORLD_TEST(test_a_lost_file_is_not_made_anew),
        WORLD_TEST(test_a_restore_without_keys_starts_behind_the_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
