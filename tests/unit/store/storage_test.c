/* storage_test.c — the rows of struct storage, against LMDB and against memory alike. */
#include "crypto/crypto.h"
#include "scratch.h"
#include "store/store.h"
#include "support/memory_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { SUBJECTS = 2, SUBJECT_STORE = 0, SUBJECT_MEMORY = 1 };
static const char *const subject_names[SUBJECTS] = {"store", "memory"};

struct world {
    char base[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX];
    struct store *store;
    struct memory_store *memory;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct store_problem problem;
    scratch_make(w->base);
    scratch_join(w->dir, w->base, "data");
    assert_int_equal(crypto_start(), MUSTER_OK);
    assert_int_equal(store_open(w->dir, NULL, &w->store, &problem), MUSTER_OK);
    w->memory = memory_store_new();
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    store_close(w->store);
    memory_store_free(w->memory);
    scratch_remove(w->base);
    free(w);
    return 0;
}

static const struct storage *storage_of(struct world *w, int subject)
{
    return subject == SUBJECT_STORE ? store_storage(w->store) : memory_store_storage(w->memory);
}

static enum muster_error commit(struct world *w, int subject, const struct change *changes, size_t count)
{
    return subject == SUBJECT_STORE ? store_commit(w->store, changes, count, false)
                                    : memory_store_commit(w->memory, changes, count);
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct change put(enum table table, struct bytes key, struct bytes value)
{
    return (struct change){table, key, value};
}

static struct change drop(enum table table, struct bytes key)
{
    return (struct change){
        table, key, {NULL, 0}
    };
}

static enum muster_error change_one(struct world *w, int subject, struct change change)
{
    const struct storage *s = storage_of(w, subject);
    return (unsigned)change.table >= TABLE_DERIVED_FIRST ? s->derive(s->self, &change, 1)
                                                         : commit(w, subject, &change, 1);
}

/* Keys as they were visited, "~" for byte 0xff, each followed by a space. */
struct seen {
    char text[512];
    size_t left;
};

static bool see(void *user, struct bytes key, struct bytes value)
{
    struct seen *seen = user;
    size_t at = strlen(seen->text);
    assert_true(at + key.len + 2 < sizeof seen->text);
    assert_int_equal(value.len, key.len); /* each pair of these rows holds its key */
    assert_memory_equal(value.at, key.at, key.len);
    for (size_t i = 0; i < key.len; i++)
        seen->text[at++] = key.at[i] == 0xff ? '~' : (char)key.at[i];
    seen->text[at++] = ' ';
    seen->text[at] = '\0';
    return --seen->left > 0;
}

static const char *const scan_keys[] = {"a",     "ab",        "abc", "abd",  "b",
                                        "b\xff", "b\xff\xff", "c",   "\xff", "\xff\xff"};

static const struct {
    const char *says, *prefix, *from;
    bool backwards;
    size_t stop_after;
    const char *want;
} scans[] = {
    {"visits everything in order",                                        "",       "",             false, 0, "a ab abc abd b b~ b~~ c ~ ~~ "},
    {"visits everything backwards",                                       "",       "",             true,  0, "~~ ~ c b~~ b~ b abd abc ab a "},
    {"keeps to a prefix",                                                 "ab",     "",             false, 0, "ab abc abd "                  },
    {"keeps to a prefix backwards",                                       "ab",     "",             true,  0, "abd abc ab "                  },
    {"begins at a key that is there",                                     "ab",     "abc",          false, 0, "abc abd "                     },
    {"begins behind a key that is not there",                             "ab",     "abcc",         false, 0, "abd "                         },
    {"begins at the prefix when told to begin before it",                 "ab",     "a",            false, 0, "ab abc abd "                  },
    {"sees nothing when told to begin behind the prefix",                 "ab",     "b",            false, 0, ""                             },
    {"goes back from a key that is there",                                "ab",     "abc",          true,  0, "abc ab "                      },
    {"goes back from a key that is not there",                            "ab",     "abcc",         true,  0, "abc ab "                      },
    {"goes back from the end of the prefix when told to begin behind it", "ab",     "b",            true,  0, "abd abc ab "                  },
    {"sees nothing going back from before the prefix",                    "ab",     "a",            true,  0, ""                             },
    {"goes back from the prefix itself",                                  "ab",     "ab",           true,  0, "ab "                          },
    {"ends a prefix that ends in ff",                                     "b\xff",  "",             true,  0, "b~~ b~ "                      },
    {"ends a prefix of ff alone",                                         "\xff",   "",             true,  0, "~~ ~ "                        },
    {"goes back within a prefix of ff",                                   "\xff",   "\xff",         true,  0, "~ "                           },
    {"goes back from behind everything",                                  "",       "\xff\xff\xff", true,  0, "~~ ~ c b~~ b~ b abd abc ab a "},
    {"goes back from before everything",                                  "",       "A",            true,  0, ""                             },
    {"stops when told",                                                   "",       "",             false, 2, "a ab "                        },
    {"stops when told, backwards",                                        "b",      "",             true,  1, "b~~ "                         },
    {"sees nothing under a prefix that nobody has",                       "zz",     "",             false, 0, ""                             },
    {"sees nothing backwards under a prefix that nobody has",             "zz",     "",             true,  0, ""                             },
    {"sees nothing under a prefix longer than the keys",                  "abcdef", "",             true,  0, ""                             },
};

static void test_scan_keeps_order_and_bounds(void **state)
{
    struct world *w = *state;
    static const enum table tables[] = {T_LOG, T_KEY, T_OBJECT};
    for (int subject = 0; subject < SUBJECTS; subject++)
        for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
            const struct storage *s = storage_of(w, subject);
            for (size_t i = 0; i < ARRAY_LEN(scan_keys); i++) /* in an order that is not theirs */
                assert_int_equal(
                    change_one(w, subject,
                               put(tables[t], text(scan_keys[i * 7 % 10]), text(scan_keys[i * 7 % 10]))),
                    MUSTER_OK);
            for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
                struct seen seen = {.left = scans[i].stop_after ? scans[i].stop_after : SIZE_MAX};
                print_message("%s: scan of table %d %s\n", subject_names[subject], (int)tables[t],
                              scans[i].says);
                assert_int_equal(s->scan(s->self, tables[t], text(scans[i].prefix), text(scans[i].from),
                                         scans[i].backwards, see, &seen),
                                 MUSTER_OK);
                assert_string_equal(seen.text, scans[i].want);
            }
        }
}

static void test_scan_of_an_empty_table_sees_nothing(void **state)
{
    struct world *w = *state;
    for (int subject = 0; subject < SUBJECTS; subject++)
        for (int table = 0; table < TABLE_COUNT; table++)
            for (int backwards = 0; backwards < 2; backwards++) {
                const struct storage *s = storage_of(w, subject);
                struct seen seen = {.left = SIZE_MAX};
                assert_int_equal(
                    s->scan(s->self, (enum table)table, text(""), text(""), backwards, see, &seen),
                    MUSTER_OK);
                assert_string_equal(seen.text, "");
            }
}

static const struct {
    const char *says;
    size_t len;
    enum muster_error want;
} keys[] = {
    {"refuses an empty key",                  0,                   MUSTER_EINTERNAL},
    {"takes a key of one byte",               1,                   MUSTER_OK       },
    {"takes the longest key",                 STORAGE_KEY_MAX,     MUSTER_OK       },
    {"refuses a key one byte longer",         STORAGE_KEY_MAX + 1, MUSTER_EINTERNAL},
    {"refuses a key as long as LMDB's bound", 511,                 MUSTER_EINTERNAL},
    {"refuses a key beyond LMDB's bound",     512,                 MUSTER_EINTERNAL},
};

static void test_keys_keep_their_bounds(void **state)
{
    struct world *w = *state;
    uint8_t key_bytes[512];
    static const enum table tables[] = {T_META, T_SEGMENT, T_KEY, T_INDEX};
    memset(key_bytes, 'k', sizeof key_bytes);
    for (int subject = 0; subject < SUBJECTS; subject++)
        for (size_t t = 0; t < ARRAY_LEN(tables); t++)
            for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                const struct storage *s = storage_of(w, subject);
                struct bytes key = {key_bytes, keys[i].len}, value;
                print_message("%s: table %d %s\n", subject_names[subject], (int)tables[t], keys[i].says);
                assert_int_equal(change_one(w, subject, put(tables[t], key, text("v"))), keys[i].want);
                assert_int_equal(s->get(s->self, tables[t], key, &value), keys[i].want);
                assert_int_equal(change_one(w, subject, drop(tables[t], key)), keys[i].want);
            }
}

static void test_values_of_every_size_come_back(void **state)
{
    struct world *w = *state;
    static const size_t sizes[] = {0, 1, 8, 600, 2020, 4079, 4080, 4096, 9000, 200 * 1024, 3 * 1024 * 1024};
    static const enum table tables[] = {T_SEGMENT, T_KEY, T_RECORD};
    uint8_t *value = malloc(sizes[ARRAY_LEN(sizes) - 1]);
    for (int subject = 0; subject < SUBJECTS; subject++)
        for (size_t t = 0; t < ARRAY_LEN(tables); t++)
            for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
                const struct storage *s = storage_of(w, subject);
                uint8_t key[8];
                struct bytes got;
                put_be64(key, i);
                memset(value, 'a' + (int)i, sizes[i]);
                assert_int_equal(
                    change_one(w, subject,
                               put(tables[t], (struct bytes){key, 8}, (struct bytes){value, sizes[i]})),
                    MUSTER_OK);
                assert_int_equal(s->get(s->self, tables[t], (struct bytes){key, 8}, &got), MUSTER_OK);
                assert_non_null(got.at);
                assert_int_equal(got.len, sizes[i]);
                assert_memory_equal(got.at, value, sizes[i]);
            }
    free(value);
}

static void test_every_table_gives_back_what_it_took(void **state)
{
    struct world *w = *state;
    for (int subject = 0; subject < SUBJECTS; subject++) {
        const struct storage *s = storage_of(w, subject);
        for (int table = 0; table < TABLE_COUNT; table++) {
            struct bytes got;
            assert_int_equal(change_one(w, subject, put((enum table)table, text("every"), text("one"))), MUSTER_OK);
            assert_int_equal(s->get(s->self, (enum table)table, text("every"), &got), MUSTER_OK);
            assert_int_equal(got.len, 3);
            assert_memory_equal(got.at, "one", 3);
        }
    }
}

static void test_refusals_change_nothing(void **state)
{
    struct world *w = *state;
    for (int subject = 0; subject < SUBJECTS; subject++) {
        const struct storage *s = storage_of(w, subject);
        struct bytes value;
        struct change wrong_commit[] = {put(T_META, text("first"), text("1")),
                                        put(T_OBJECT, text("x"), text("1"))};
        struct change wrong_derive[] = {put(T_OBJECT, text("first"), text("1")),
                                        put(T_META, text("x"), text("1"))};
        struct change bad_key[] = {put(T_META, text("first"), text("1")), put(T_META, text(""), text("1"))};
        struct change too_big[] = {
            put(T_META, text("big"), (struct bytes){(const uint8_t *)"", STORE_VALUE_MAX + 1})};
        assert_int_equal(commit(w, subject, wrong_commit, 2), MUSTER_EINTERNAL);
        assert_int_equal(commit(w, subject, bad_key, 2), MUSTER_EINTERNAL);
        assert_int_equal(commit(w, subject, too_big, 1), MUSTER_EINTERNAL);
        assert_int_equal(s->derive(s->self, wrong_derive, 2), MUSTER_EINTERNAL);
        assert_int_equal(s->get(s->self, TABLE_COUNT, text("x"), &value), MUSTER_EINTERNAL);
        assert_int_equal(s->get(s->self, T_META, text("first"), &value), MUSTER_ENOTFOUND);
        assert_int_equal(s->get(s->self, T_OBJECT, text("first"), &value), MUSTER_ENOTFOUND);
        assert_int_equal(commit(w, subject, NULL, 0), MUSTER_OK);
    }
}

static void test_a_batch_is_applied_in_order(void **state)
{
    struct world *w = *state;
    static const enum table tables[] = {T_META, T_KEY, T_SEGMENT};
    for (int subject = 0; subject < SUBJECTS; subject++)
        for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
            const struct storage *s = storage_of(w, subject);
            struct bytes value;
            struct change changes[] = {
                put(tables[t], text("a"), text("1")), put(tables[t], text("b"), text("1")),
                put(tables[t], text("a"), text("2")), drop(tables[t], text("b")),
                drop(tables[t], text("never")),       drop(tables[t], text("c")),
                put(tables[t], text("c"), text("3")), put(T_LOG, text("beside"), text("x")),
            };
            assert_int_equal(commit(w, subject, changes, ARRAY_LEN(changes)), MUSTER_OK);
            assert_int_equal(s->get(s->self, tables[t], text("a"), &value), MUSTER_OK);
            assert_memory_equal(value.at, "2", 1);
            assert_int_equal(s->get(s->self, tables[t], text("b"), &value), MUSTER_ENOTFOUND);
            assert_int_equal(s->get(s->self, tables[t], text("c"), &value), MUSTER_OK);
            assert_memory_equal(value.at, "3", 1);
        }
}

struct meddler {
    struct world *w;
    int subject, visits;
};

/* Changes nothing, since a scan runs; nested reads are fine. */
static bool meddle(void *user, struct bytes key, struct bytes value)
{
    struct meddler *m = user;
    const struct storage *s = storage_of(m->w, m->subject);
    struct seen seen = {.left = SIZE_MAX};
    struct bytes got;
    assert_int_equal(change_one(m->w, m->subject, drop(T_META, key)), MUSTER_EINTERNAL);
    assert_int_equal(change_one(m->w, m->subject, drop(T_OBJECT, key)), MUSTER_EINTERNAL);
    assert_int_equal(s->get(s->self, T_META, key, &got), MUSTER_OK);
    assert_ptr_equal(got.at, value.at);
    assert_int_equal(s->scan(s->self, T_META, text(""), text(""), true, see, &seen), MUSTER_OK);
    assert_string_equal(seen.text, "b a ");
    m->visits++;
    return true;
}

static void test_nothing_changes_during_a_scan(void **state)
{
    struct world *w = *state;
    for (int subject = 0; subject < SUBJECTS; subject++) {
        struct meddler m = {w, subject, 0};
        const struct storage *s = storage_of(w, subject);
        struct change changes[] = {put(T_META, text("a"), text("a")), put(T_META, text("b"), text("b"))};
        assert_int_equal(commit(w, subject, changes, 2), MUSTER_OK);
        assert_int_equal(s->scan(s->self, T_META, text(""), text(""), false, meddle, &m), MUSTER_OK);
        assert_int_equal(m.visits, 2);
        assert_int_equal(commit(w, subject, changes, 2), MUSTER_OK);
    }
}

/* Both subjects side by side: what one shows, the other shows. */
struct side {
    struct hash hash;
    size_t count;
};

static bool side_add(void *user, struct bytes key, struct bytes value)
{
    struct side *side = user;
    struct bytes parts[] = {
        {side->hash.b, sizeof side->hash},
        key, value
    };
    side->hash = crypto_hash_parts("test", parts, ARRAY_LEN(parts));
    side->count++;
    return true;
}

static void random_change(uint64_t *seed, bool derived, struct change *change, uint8_t key[8],
                          const uint8_t *pool)
{
    static const enum table durable[] = {T_META, T_SEGMENT, T_POSITION, T_KEY}, cache[] = {T_OBJECT, T_INDEX};
    size_t len = 1 + scratch_random(seed) % 3;
    for (size_t i = 0; i < len; i++)
        key[i] = (uint8_t) "\x00\x01pqrs\xfe\xff"[scratch_random(seed) % 8];
    change->table = derived ? cache[scratch_random(seed) % 2] : durable[scratch_random(seed) % 4];
    change->key = (struct bytes){key, len};
    change->value = (struct bytes){NULL, 0};
    if (scratch_random(seed) % 3)
        change->value = (struct bytes){pool, scratch_random(seed) % (scratch_random(seed) % 10 ? 700 : 9000)};
}

static void compare_scans(struct world *w, uint64_t *seed)
{
    static const enum table tables[] = {T_META, T_SEGMENT, T_POSITION, T_KEY, T_OBJECT, T_INDEX};
    enum table table = tables[scratch_random(seed) % ARRAY_LEN(tables)];
    uint8_t prefix[8], from[8];
    struct change a, b;
    bool backwards = scratch_random(seed) % 2;
    random_change(seed, false, &a, prefix, prefix);
    random_change(seed, false, &b, from, prefix);
    a.key.len = scratch_random(seed) % (a.key.len + 1);
    b.key.len = scratch_random(seed) % (b.key.len + 1);
    struct side sides[SUBJECTS] = {0};
    for (int subject = 0; subject < SUBJECTS; subject++) {
        const struct storage *s = storage_of(w, subject);
        assert_int_equal(s->scan(s->self, table, a.key, b.key, backwards, side_add, &sides[subject]),
                         MUSTER_OK);
    }
    assert_int_equal(sides[0].count, sides[1].count);
    assert_memory_equal(&sides[0].hash, &sides[1].hash, sizeof sides[0].hash);
}

static void test_store_and_memory_tell_the_same(void **state)
{
    struct world *w = *state;
    enum { ROUNDS = 1500, BATCH_MAX = 12 };
    uint64_t seed = 20240607;
    char path[SCRATCH_PATH_MAX];
    uint8_t pool[9000], key_bytes[BATCH_MAX][8];
    struct change changes[BATCH_MAX];
    for (size_t i = 0; i < sizeof pool; i++)
        pool[i] = (uint8_t)scratch_random(&seed);
    for (int round = 0; round < ROUNDS; round++) {
        bool derived = scratch_random(&seed) % 2;
        size_t count = 1 + scratch_random(&seed) % BATCH_MAX;
        for (size_t i = 0; i < count; i++)
            random_change(&seed, derived, &changes[i], key_bytes[i], pool);
        for (int subject = 0; subject < SUBJECTS; subject++) {
            const struct storage *s = storage_of(w, subject);
            assert_int_equal(
                derived ? s->derive(s->self, changes, count) : commit(w, subject, changes, count), MUSTER_OK);
        }
        compare_scans(w, &seed);
        if (scratch_random(&seed) % 16 == 0)
            assert_int_equal(store_derived_commit(w->store), MUSTER_OK);
        if (scratch_random(&seed) % 4 == 0)
            store_read_end(w->store);
        if (scratch_random(&seed) % 256 == 0) {
            struct store_problem problem;
            store_close(w->store);
            /* A file with another time than it was left with is checked byte by byte: healthy ones pass. */
            assert_int_equal(utimes(scratch_join(path, w->dir, "main/data.mdb"), NULL), 0);
            assert_int_equal(utimes(scratch_join(path, w->dir, "keys/data.mdb"), NULL), 0);
            assert_int_equal(store_open(w->dir, NULL, &w->store, &problem), MUSTER_OK);
            assert_false(store_derived_is_new(w->store));
        }
    }
}

static void test_memory_store_clones_fails_and_forgets(void **state)
{
    struct world *w = *state;
    const struct storage *s = memory_store_storage(w->memory);
    struct change durable = put(T_META, text("a"), text("1")), cache = put(T_OBJECT, text("o"), text("1"));
    assert_int_equal(memory_store_commit(w->memory, &durable, 1), MUSTER_OK);
    assert_int_equal(s->derive(s->self, &cache, 1), MUSTER_OK);
    struct memory_store *clone = memory_store_clone(w->memory);
    assert_true(memory_store_same(w->memory, clone, T_META, T_ALIAS));

    memory_store_fail_next(w->memory, MUSTER_EFULL);
    struct change more = put(T_META, text("b"), text("2"));
    assert_int_equal(memory_store_commit(w->memory, &more, 1), MUSTER_EFULL);
    assert_int_equal(memory_store_count(w->memory, T_META), 1);
    assert_int_equal(memory_store_commit(w->memory, &more, 1), MUSTER_OK);
    assert_int_equal(memory_store_count(w->memory, T_META), 2);
    assert_false(memory_store_same(w->memory, clone, T_META, T_META));

    memory_store_derived_reset(w->memory);
    assert_int_equal(memory_store_count(w->memory, T_OBJECT), 0);
    assert_int_equal(memory_store_count(w->memory, T_META), 2);
    assert_int_equal(memory_store_count(clone, T_OBJECT), 1);
    memory_store_free(clone);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_scan_keeps_order_and_bounds),
        T(test_scan_of_an_empty_table_sees_nothing),
        T(test_keys_keep_their_bounds),
        T(test_values_of_every_size_come_back),
        T(test_every_table_gives_back_what_it_took), T(test_refusals_change_nothing),
        T(test_a_batch_is_applied_in_order),
        T(test_nothing_changes_during_a_scan),
        T(test_store_and_memory_tell_the_same),
        T(test_memory_store_clones_fails_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
