/* gather_test.c — changes that wait to be put in order are seen by whoever reads, and leave what putting each at once leaves. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/memory_store.h"

enum { CHANGES = 30000, KEY_MAX = 48, VALUE_MAX = 700, BIG = 300 * 1024, LOOK_EVERY = 997, KEEP_EVERY = 7001 };

static const enum table tables[] = {T_OBJECT, T_RECORD, T_INDEX, T_FEED, T_WORD, T_LINK};

struct pairs {
    uint64_t sum;
    size_t count;
};

static bool add_pair(void *user, struct bytes key, struct bytes value)
{
    struct pairs *p = user;
    p->sum = p->sum * 31 + bytes_place(1, key.at, key.len);
    p->sum = p->sum * 31 + bytes_place(2, value.at, value.len);
    p->count++;
    return true;
}

static struct pairs all_of(const struct storage *storage, enum table table, bool backwards)
{
    struct pairs p = {0, 0};
    struct bytes none = {NULL, 0};
    assert_int_equal(storage->scan(storage->self, table, none, none, backwards, add_pair, &p), MUSTER_OK);
    return p;
}

static void assert_same(const struct storage *a, const struct storage *b, const char *when)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (int backwards = 0; backwards < 2; backwards++) {
            struct pairs p = all_of(a, tables[t], backwards), q = all_of(b, tables[t], backwards);
            if (p.count != q.count || p.sum != q.sum)
                fail_msg("%s: table %zu has %zu pairs, %zu are right", when, t, p.count, q.count);
        }
}

static void assert_same_value(const struct storage *a, const struct storage *b, const struct change *c)
{
    struct bytes x, y;
    enum muster_error one = a->get(a->self, c->table, c->key, &x), other = b->get(b->self, c->table, c->key, &y);
    assert_int_equal(one, other);
    if (!one)
        assert_true(x.len == y.len && (x.len == 0 || memcmp(x.at, y.at, x.len) == 0));
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Few keys, of several lengths, some the beginning of others: so that they meet, change and go. */
static struct change any_change(uint32_t *seed, uint8_t key[KEY_MAX], uint8_t *value)
{
    struct change c = {.table = tables[next(seed) % ARRAY_LEN(tables)], .key = {key, 1 + next(seed) % KEY_MAX}};
    memset(key, 0, KEY_MAX);
    for (size_t i = 0; i < 3; i++)
        key[next(seed) % c.key.len] = (uint8_t)(next(seed) % 4);
    size_t len = next(seed) % 2000 ? next(seed) % VALUE_MAX : BIG;
    memset(value, (int)(next(seed) & 0xff), len);
    if (next(seed) % 4)
        c.value = (struct bytes){value, len};
    return c;
}

static void test_gathered_changes_are_the_same_changes(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    struct memory_store *memory = memory_store_new();
    const struct storage *gathered = store_storage(store), *plain = memory_store_storage(memory);
    uint8_t key[KEY_MAX], *value = malloc(BIG);
    uint32_t seed = 4242;
    assert_non_null(value);
    assert_int_equal(gathered->gather(gathered->self, true), MUSTER_OK);
    for (size_t i = 1; i <= CHANGES; i++) {
        struct change c = any_change(&seed, key, value);
        assert_int_equal(gathered->derive(gathered->self, &c, 1), MUSTER_OK);
        assert_int_equal(plain->derive(plain->self, &c, 1), MUSTER_OK);
        if (i % 3 == 0)
            assert_same_value(gathered, plain, &c);
        if (i % LOOK_EVERY == 0)
            assert_same(gathered, plain, "on the way");
        if (i % KEEP_EVERY == 0)
            assert_int_equal(gathered->keep(gathered->self), MUSTER_OK);
    }
    assert_int_equal(gathered->gather(gathered->self, false), MUSTER_OK);
    assert_same(gathered, plain, "at the end");
    store_close(store);
    store = open_or_fail(w, w->dir, NULL);
    assert_same(store_storage(store), plain, "opened again");
    store_close(store);
    memory_store_free(memory);
    free(value);
}

/* What did not fit is told, at the latest when gathering ends; the table is as it was kept. */
static void test_what_cannot_be_put_is_told(void **state)
{
    struct world *w = *state;
    struct store_options options = {.map_bytes = 1 << 20};
    struct store *store = open_or_fail(w, w->dir, &options);
    const struct storage *storage = store_storage(store);
    static uint8_t value[60000];
    assert_int_equal(put_one(store, T_OBJECT, "kept", text("1")), MUSTER_OK);
    assert_int_equal(storage->keep(storage->self), MUSTER_OK);
    assert_int_equal(storage->gather(storage->self, true), MUSTER_OK);
    for (int i = 0; i < 40; i++) {
        char key[16];
        snprintf(key, sizeof key, "big%d", i);
        (void)put_one(store, T_RECORD, key, (struct bytes){value, sizeof value});
    }
    assert_int_equal(storage->gather(storage->self, false), MUSTER_EFULL);
    assert_true(holds(store, T_OBJECT, "kept", "1"));
    assert_true(holds(store, T_RECORD, "big0", NULL));
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_ESTORE); /* there would be a gap before it */
    assert_int_equal(store_derived_again(store), MUSTER_OK);
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_OK);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_gathered_changes_are_the_same_changes),
        WORLD_TEST(test_what_cannot_be_put_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
