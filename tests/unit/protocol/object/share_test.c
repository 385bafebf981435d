/* share_test.c — the room of an object that has too many records: by agency, whatever order they come in (S7.1.8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/object/share.h"

#include <stdlib.h>

enum { AGENCIES = 12, ALL_MAX = 4 * OBJECT_RECORDS_MAX };

static struct agency_id agencies[AGENCIES];
static struct log_id logs[AGENCIES][2]; /* each agency has two */

static void name_all(void)
{
    for (uint8_t a = 0; a < AGENCIES; a++) {
        agencies[a].b[0] = (uint8_t)(0xc0 - a * 3);
        for (uint8_t l = 0; l < 2; l++)
            logs[a][l].b[0] = (uint8_t)(a * 2 + 1 - l);
    }
}

/* So many records of an agency, two logs in turn; of the creator the first is the root. */
static size_t put(struct share_entry *at, size_t agency, size_t count, bool creator)
{
    for (size_t i = 0; i < count; i++)
        at[i] = (struct share_entry){.by = &agencies[agency], .log = &logs[agency][i % 2], .sequence = i / 2 + 1 + (creator ? 70000 : 0),
                                     .arrival = agency * 1000000 + i, .root = creator && i == count - 1};
    return count;
}

static void shuffle(struct share_entry *at, size_t count, uint64_t seed)
{
    for (size_t i = count; i > 1; i--) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t k = (size_t)(seed >> 33) % i;
        struct share_entry swap = at[i - 1];
        at[i - 1] = at[k];
        at[k] = swap;
    }
}

static size_t kept_of(const struct share_entry *at, size_t count, size_t agency)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        kept += agency_id_eq(at[i].by, &agencies[agency]);
    return kept;
}

enum { T = OBJECT_RECORDS_MAX };

static const struct share_case {
    const char *says;
    size_t have[AGENCIES]; /* the first is the creator */
    size_t kept[3];        /* of the first three */
} cases[] = {
    {"what fits is all folded", {40000, 25536}, {40000, 25536}},
    {"one alone has all the room", {T + 1000}, {T}},
    {"a stranger's flood takes nothing from who created it", {40000, 2 * T}, {40000, T - 40000}},
    {"who created it keeps three quarters", {60000, 2 * T}, {SHARE_CREATOR, T - SHARE_CREATOR}},
    {"two strangers share the rest", {60000, T, T}, {SHARE_CREATOR, T / 8, T / 8}},
    {"who needs little gets it all, a flood has the rest", {1000, 500, 3 * T}, {1000, 500, T - 1500}},
    {"ten floods at once leave a little to each", {10, 50000, 50000, 20000, 20000, 20000, 20000, 20000, 20000, 20000, 20000, 4},
     {10, (T - 14) / 10, (T - 14) / 10}},
};

static int by_place(const void *a, const void *b)
{
    const struct share_entry *x = a, *y = b;
    return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

/* The same in pieces, as a scan gives them. */
static size_t in_pieces(struct share_entry *at, size_t count, struct share_entry *room, size_t piece)
{
    size_t held = 0;
    for (size_t i = 0; i < count; i++) {
        if (held == T + piece)
            held = share_select(room, held, &agencies[0]);
        room[held++] = at[i];
    }
    return share_select(room, held, &agencies[0]);
}

static void test_shares(void **state)
{
    (void)state;
    struct share_entry *all = calloc(ALL_MAX, sizeof(*all)), *one = calloc(ALL_MAX, sizeof(*one)), *two = calloc(ALL_MAX, sizeof(*two));
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        size_t count = 0;
        for (size_t a = 0; a < AGENCIES; a++)
            count += put(all + count, a, cases[c].have[a], a == 0);
        assert_true(count <= ALL_MAX);
        memcpy(one, all, count * sizeof(*all));
        size_t first = share_select(one, count, &agencies[0]);
        assert_true(first <= T);
        for (size_t a = 0; a < 3; a++)
            if (kept_of(one, first, a) != cases[c].kept[a])
                fail_msg("%s: %zu of agency %zu, not %zu", cases[c].says, kept_of(one, first, a), a, cases[c].kept[a]);
        bool root = false;
        for (size_t i = 0; i < first; i++)
            root = root || one[i].root;
        assert_true(root); /* whatever its sequence */
        qsort(one, first, sizeof(*one), by_place);
        for (uint64_t seed = 1; seed <= 2; seed++) {
            shuffle(all, count, seed);
            size_t second = seed == 1 ? share_select(memcpy(two, all, count * sizeof(*all)), count, &agencies[0])
                                      : in_pieces(all, count, two, 10000 * seed);
            qsort(two, second, sizeof(*two), by_place);
            assert_int_equal(first, second);
            for (size_t i = 0; i < first; i++)
                if (one[i].arrival != two[i].arrival)
                    fail_msg("%s: another order keeps others", cases[c].says);
        }
    }
    free(all);
    free(one);
    free(two);
}

/* Of an agency the first by sequence stay: what comes later never takes the place of what counted. */
static void test_the_first_of_an_agency_stay(void **state)
{
    (void)state;
    struct share_entry *all = calloc(ALL_MAX, sizeof(*all));
    size_t count = put(all, 0, 10, true);
    count += put(all + count, 1, 2 * T, false);
    shuffle(all, count, 7);
    size_t kept = share_select(all, count, &agencies[0]);
    for (size_t i = 0; i < kept; i++)
        assert_true(all[i].by == &agencies[0] || all[i].sequence <= (T - 10) / 2 + 1);
    assert_int_equal(kept, T);
    free(all);
}

int main(void)
{
    name_all();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares), cmocka_unit_test(test_the_first_of_an_agency_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
