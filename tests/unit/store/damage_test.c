/* damage_test.c — a damaged data file ends in an error with a sentence, or in a store that tells no lie;
 * never in a signal.  Each damage is opened in a process of its own.  MUSTER_DAMAGES: how many of each kind
 * (40). */
#include "crypto/crypto.h"
#include "scratch.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, RECORDS = 900, DAMAGES = 40, LONG_EVERY = 50, DELETED_EVERY = 7, LONG_BYTES = 9000 };

/* What the child tells with its exit code. */
enum verdict { REFUSED = 10, OPENED_WHOLE, OPENED_WITH_DAMAGE, OPENED_BEHIND, LIED, SILENT };

struct world {
    char base[SCRATCH_PATH_MAX], good[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX];
};

static size_t record_make(uint64_t n, uint8_t *value)
{
    uint64_t seed = n;
    size_t len = n % LONG_EVERY == 0 ? LONG_BYTES : 100 + n % 900;
    for (size_t i = 0; i < len; i++)
        value[i] = (uint8_t)scratch_random(&seed);
    return len;
}

static bool record_is_deleted(uint64_t n)
{
    return n % DELETED_EVERY == 3;
}

static enum table record_table(uint64_t n)
{
    static const enum table tables[] = {T_SEGMENT, T_POSITION, T_STATE, T_KEY};
    return tables[n % 4];
}

/* A store with several tables, long values, and a free list. */
static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct store *store;
    struct store_problem problem;
    static uint8_t value[LONG_BYTES];
    scratch_make(w->base);
    scratch_join(w->good, w->base, "good");
    scratch_join(w->dir, w->base, "damaged");
    assert_int_equal(crypto_start(), MUSTER_OK);
    assert_int_equal(store_open(w->good, NULL, &store, &problem), MUSTER_OK);
    for (uint64_t n = 0; n < RECORDS; n++) {
        uint8_t key[8];
        put_be64(key, n);
        struct change change = {
            record_table(n), {key,            8     },
             { value, record_make(n, value)}
        };
        assert_int_equal(store_commit(store, &change, 1, false), MUSTER_OK);
    }
    for (uint64_t n = 0; n < RECORDS; n++)
        if (record_is_deleted(n)) {
            uint8_t key[8];
            put_be64(key, n);
            assert_int_equal(store_commit(store,
                                          &(struct change){
                                              record_table(n), {key,  8},
                                               {NULL, 0}
            },
                                          1, false),
                             MUSTER_OK);
        }
    store_close(store);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    scratch_remove(w->base);
    free(w);
    return 0;
}

/* ---- the kinds: each changes the bytes of a file, and may make it shorter ---- */

static size_t cut_anywhere(uint8_t *bytes, size_t len, uint64_t *seed)
{
    (void)bytes;
    return (size_t)(scratch_random(seed) % len);
}

static size_t cut_at_a_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    (void)bytes;
    return (size_t)(scratch_random(seed) % (len / PAGE)) * PAGE;
}

static uint8_t *any_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    return bytes + (size_t)(scratch_random(seed) % (len / PAGE)) * PAGE;
}

static size_t noise_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    uint8_t *page = any_page(bytes, len, seed);
    for (size_t i = 0; i < PAGE; i++)
        page[i] = (uint8_t)scratch_random(seed);
    return len;
}

static size_t zero_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    memset(any_page(bytes, len, seed), 0, PAGE);
    return len;
}

static size_t misplaced_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    uint8_t *to = any_page(bytes, len, seed);
    memmove(to, any_page(bytes, len, seed), PAGE);
    return len;
}

/* The right number in its header, another page's contents: a write that went astray and was half noticed. */
static size_t disguised_page(uint8_t *bytes, size_t len, uint64_t *seed)
{
    uint8_t *to = any_page(bytes, len, seed);
    memmove(to + 8, any_page(bytes, len, seed) + 8, PAGE - 8);
    return len;
}

static size_t bit_in_meta(uint8_t *bytes, size_t len, uint64_t *seed)
{
    size_t bit = (size_t)(scratch_random(seed) % (152 * 8));
    uint8_t *page = bytes + (scratch_random(seed) % 2 ? PAGE : 0);
    page[bit / 8] ^= (uint8_t)(1u << bit % 8);
    return len;
}

static size_t bit_anywhere(uint8_t *bytes, size_t len, uint64_t *seed)
{
    size_t bit = (size_t)(scratch_random(seed) % (len * 8));
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    return len;
}

/* Where it hurts: header, offsets, and the first bytes of an entry. */
static size_t word_in_structure(uint8_t *bytes, size_t len, uint64_t *seed)
{
    uint8_t *page = any_page(bytes, len, seed);
    uint16_t word = (uint16_t)scratch_random(seed);
    size_t at = (size_t)(scratch_random(seed) % 24) * 2;
    if (scratch_random(seed) % 2) { /* in the header of an entry */
        uint16_t entry;
        memcpy(&entry, page + 16 + at / 6, sizeof entry);
        at = entry % (PAGE - 8) / 2 * 2 + (size_t)(scratch_random(seed) % 4) * 2;
    }
    memcpy(page + at, &word, sizeof word);
    return len;
}

static const struct {
    const char *says;
    size_t (*act)(uint8_t *bytes, size_t len, uint64_t *seed);
} kinds[] = {
    {"a file cut anywhere",                                     cut_anywhere     },
    {"a file cut between two pages",                            cut_at_a_page    },
    {"a page of noise",                                         noise_page       },
    {"a page of zeroes",                                        zero_page        },
    {"a page that is a copy of another",                        misplaced_page   },
    {"a page with another one's contents under its own number", disguised_page   },
    {"a flipped bit in a meta page",                            bit_in_meta      },
    {"a flipped bit anywhere",                                  bit_anywhere     },
    {"a wrong word in a page's structure",                      word_in_structure},
};

/* ---- the child ---- */

static bool visit_nothing(void *user, struct bytes key, struct bytes value)
{
    (void)key;
    ++*(uint64_t *)user;
    return value.at != NULL;
}

/* Every record is right, or known to be damaged; it may be missing only if the guard says so. */
static enum verdict records_judge(struct store *store)
{
    static uint8_t want[LONG_BYTES];
    const struct storage *s = store_storage(store);
    bool behind = store_guard_behind(store), damaged = false;
    for (uint64_t n = 0; n < RECORDS; n++) {
        uint8_t key[8];
        struct bytes value;
        put_be64(key, n);
        enum muster_error error = s->get(s->self, record_table(n), (struct bytes){key, 8}, &value);
        damaged = damaged || error == MUSTER_EDAMAGED;
        size_t len = record_make(n, want);
        if (error == MUSTER_OK && (value.len != len || memcmp(value.at, want, len) != 0))
            return LIED;
        if ((error == MUSTER_OK) == record_is_deleted(n) && error != MUSTER_EDAMAGED && !behind)
            return LIED;
        if (error != MUSTER_OK && error != MUSTER_ENOTFOUND && error != MUSTER_EDAMAGED)
            return LIED;
    }
    return damaged ? OPENED_WITH_DAMAGE : behind ? OPENED_BEHIND : OPENED_WHOLE;
}

/* Uses the store hard: the walk over everything, changes in every table, a scrub, a close. */
static void store_use(struct store *store)
{
    static uint8_t value[LONG_BYTES];
    uint64_t visits = 0;
    const struct storage *s = store_storage(store);
    struct bytes none = {NULL, 0};
    store_check(store, NULL, NULL);
    for (int table = 0; table < TABLE_COUNT; table++)
        for (int backwards = 0; backwards < 2; backwards++)
            if (s->scan(s->self, (enum table)table, none, none, backwards, visit_nothing, &visits) ==
                MUSTER_EINTERNAL)
                abort();
    for (uint64_t n = 0; n < RECORDS; n += 5) {
        uint8_t key[8];
        put_be64(key, n);
        struct change change = {
            record_table(n), {key,                    8         },
             { n % 2 ? value : NULL, n % 2 ? record_make(n, value) : 0}
        };
        if (store_commit(store, &change, 1, false) == MUSTER_EINTERNAL)
            abort();
    }
    if (store_scrub(store, NULL) == MUSTER_EINTERNAL)
        abort();
    store_close(store);
}

static enum verdict child(struct world *w)
{
    struct store *store;
    struct store_problem problem;
    enum muster_error error = store_open(w->dir, NULL, &store, &problem);
    if (error)
        return (error == MUSTER_EDAMAGED || error == MUSTER_EFORMAT) && strlen(problem.sentence) > 40
                   ? REFUSED
                   : SILENT;
    enum verdict verdict = records_judge(store);
    store_use(store);
    return verdict;
}

static enum verdict verdict_of(struct world *w, const char *says, uint64_t seed)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit((int)child(w));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("%s, seed %llu: signal %d", says, (unsigned long long)seed, WTERMSIG(status));
    if (WEXITSTATUS(status) == LIED || WEXITSTATUS(status) == SILENT)
        fail_msg("%s, seed %llu: %s", says, (unsigned long long)seed,
                 WEXITSTATUS(status) == LIED ? "wrong bytes or a missing record"
                                             : "an error without its sentence");
    return (enum verdict)WEXITSTATUS(status);
}

static void damage_one(struct world *w, const char *file, size_t kind, uint64_t seed)
{
    char path[SCRATCH_PATH_MAX];
    size_t len;
    scratch_copy(w->good, w->dir);
    uint8_t *bytes = scratch_read(scratch_join(path, w->dir, file), &len);
    len = kinds[kind].act(bytes, len, &seed);
    scratch_write(path, bytes, len);
    free(bytes);
}

static void test_no_damage_ends_in_a_signal_or_a_lie(void **state)
{
    struct world *w = *state;
    const char *asked = getenv("MUSTER_DAMAGES");
    uint64_t rounds = asked ? strtoull(asked, NULL, 10) : DAMAGES;
    for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
        unsigned count[SILENT + 1] = {0};
        for (uint64_t seed = 1; seed <= rounds; seed++) {
            damage_one(w, seed % 4 == 0 ? "keys/data.mdb" : "main/data.mdb", kind, seed * 1000 + kind);
            count[verdict_of(w, kinds[kind].says, seed)]++;
            scratch_remove(w->dir);
        }
        print_message("%s: %u refused, %u opened whole, %u with known damage, %u behind the guard\n",
                      kinds[kind].says, count[REFUSED], count[OPENED_WHOLE], count[OPENED_WITH_DAMAGE],
                      count[OPENED_BEHIND]);
        assert_int_equal(
            count[REFUSED] + count[OPENED_WHOLE] + count[OPENED_WITH_DAMAGE] + count[OPENED_BEHIND], rounds);
        assert_true(rounds < DAMAGES || count[REFUSED] > 0); /* a kind that is never noticed tests nothing */
    }
}

static void test_the_undamaged_copy_opens_whole(void **state)
{
    struct world *w = *state;
    scratch_copy(w->good, w->dir);
    assert_int_equal(verdict_of(w, "no damage", 0), OPENED_WHOLE);
    scratch_remove(w->dir);
}

/* The judge itself: it must see a wrong value and a missing one. */
static void test_the_judge_sees_a_lie(void **state)
{
    struct world *w = *state;
    for (int missing = 0; missing < 2; missing++) {
        uint8_t key[8];
        struct store *store;
        struct store_problem problem;
        struct bytes wrong = {missing ? NULL : key, missing ? 0 : sizeof key};
        put_be64(key, RECORDS / 2);
        assert_false(record_is_deleted(RECORDS / 2));
        scratch_copy(w->good, w->dir);
        assert_int_equal(store_open(w->dir, NULL, &store, &problem), MUSTER_OK);
        assert_int_equal(records_judge(store), OPENED_WHOLE);
        struct change change = {
            record_table(RECORDS / 2), {key, 8},
               wrong
        };
        assert_int_equal(store_commit(store, &change, 1, false), MUSTER_OK);
        assert_int_equal(records_judge(store), LIED);
        store_close(store);
        scratch_remove(w->dir);
    }
}

/* The sentence names the file, the page and the remedy. */
static void test_the_sentence_names_page_and_remedy(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    struct store *store;
    struct store_problem problem;
    scratch_copy(w->good, w->dir);
    assert_int_equal(truncate(scratch_join(path, w->dir, "main/data.mdb"), 40 * PAGE), 0);
    assert_int_equal(store_open(w->dir, NULL, &store, &problem), MUSTER_EDAMAGED);
    print_message("%s\n", problem.sentence);
    assert_non_null(strstr(problem.sentence, "main/data.mdb is damaged: page "));
    assert_non_null(strstr(problem.sentence, "Restore the directory from a backup"));
    scratch_remove(w->dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_undamaged_copy_opens_whole),
        cmocka_unit_test(test_the_judge_sees_a_lie),
        cmocka_unit_test(test_the_sentence_names_page_and_remedy),
        cmocka_unit_test(test_no_damage_ends_in_a_signal_or_a_lie),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
