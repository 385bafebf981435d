/* rest_test.c — reading and changing much more than may be mapped maps no more than that; what a large transaction took is
 * given back. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    VALUES = 20 * 1024,
    VALUE_BYTES = 3000, /* one a page */
    SPARE = 4 * 1024 * 1024 /* looks between two questions to the system, and how exactly it counts */
};

/* What this process may have mapped: up to the bound of all its memory, or the least, beside the text that it had before. */
struct memory {
    size_t all, files;
};

static struct memory memory_now(void)
{
    unsigned long pages = 0, resident = 0, files = 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu %lu", &pages, &resident, &files), 3);
    fclose(file);
    return (struct memory){resident * page, files * page};
}

/* What the rows below do, and how much was mapped at most while they did. */
struct run {
    const struct storage *s;
    size_t text, most; /* bytes of files that were mapped: before; at most, beside those */
    uint32_t pairs;
};

static void look_at_map(struct run *run)
{
    struct memory now = memory_now();
    size_t bytes = now.files > run->text ? now.files - run->text : 0, own = now.all - now.files;
    size_t may = own < STORE_PRIVATE_MAX - (size_t)STORE_MAPPED_MIN ? STORE_PRIVATE_MAX - own : STORE_MAPPED_MIN;
    assert_in_range(bytes, 0, may + SPARE);
    run->most = bytes > run->most ? bytes : run->most;
}

/* The n-th of all in an order that jumps about. */
static struct bytes key_of(uint8_t out[4], uint32_t n)
{
    put_be32(out, n * 7919 % VALUES);
    return (struct bytes){out, 4};
}

static void value_get(struct run *run, uint32_t n)
{
    uint8_t key[4];
    struct bytes value;
    assert_int_equal(run->s->get(run->s->self, T_OBJECT, key_of(key, n), &value), MUSTER_OK);
    assert_int_equal(value.len, VALUE_BYTES);
}

static void value_change(struct run *run, uint32_t n)
{
    static uint8_t bytes[VALUE_BYTES];
    uint8_t key[4];
    struct change change = {T_OBJECT, key_of(key, n), {bytes, sizeof bytes}};
    assert_int_equal(run->s->derive(run->s->self, &change, 1), MUSTER_OK);
}

static bool pair_seen(void *user, struct bytes key, struct bytes value)
{
    struct run *run = user;
    (void)key;
    if (++run->pairs % 64 == 0)
        look_at_map(run);
    return value.len == VALUE_BYTES;
}

static void all_scanned(struct run *run, uint32_t n)
{
    struct bytes none = {NULL, 0};
    if (n)
        return; /* all at once */
    assert_int_equal(run->s->scan(run->s->self, T_OBJECT, none, none, false, pair_seen, run), MUSTER_OK);
    assert_int_equal(run->pairs, VALUES);
}

static const struct {
    const char *says;
    void (*act)(struct run *run, uint32_t n);
} rows[] = {
    {"single values of all over the file are read", value_get   },
    {"the file is read from one end to the other",  all_scanned },
    {"values of all over the file are changed",     value_change},
};

static void each_value(struct store *store, struct run *run, void (*act)(struct run *run, uint32_t n))
{
    for (uint32_t n = 0; n < VALUES; n++) {
        act(run, n);
        if (n % 64 == 0)
            look_at_map(run);
        if (n % 1024 == 1023)
            assert_int_equal(store_derived_commit(store), MUSTER_OK);
    }
}

static void test_reading_maps_no_more_than_it_may(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    struct run fill = {.s = store_storage(store), .text = memory_now().files};
    assert_true((size_t)VALUES * VALUE_BYTES > STORE_PRIVATE_MAX + (size_t)SPARE); /* or it would show nothing */
    each_value(store, &fill, value_change);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].says);
        store_rest(store);
        struct run run = {.s = store_storage(store), .text = memory_now().files};
        each_value(store, &run, rows[i].act);
        assert_true(run.most > STORE_MAPPED_MIN / 2); /* what was looked at does count */
        store_rest(store);
        assert_in_range(memory_now().files, 0, run.text + SPARE);
    }
    store_close(store);
}

static void test_what_a_large_transaction_took_is_given_back(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    struct run run = {.s = store_storage(store)};
    assert_false(store_trim(store)); /* nothing large yet */
    for (uint32_t n = 0; n < VALUES; n++)
        value_change(&run, n);
    assert_true(store_trim(store));
    assert_false(store_trim(store));
    for (uint32_t n = 0; n < VALUES; n++)
        value_get(&run, n);
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_OK);
    assert_int_equal(put_one(store, T_META, "durable", text("1")), MUSTER_OK);
    store_close(store);
    store = open_or_fail(w, w->dir, NULL);
    assert_true(holds(store, T_OBJECT, "more", "1"));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_reading_maps_no_more_than_it_may),
        WORLD_TEST(test_what_a_large_transaction_took_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
