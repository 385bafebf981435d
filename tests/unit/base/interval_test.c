/* mirrors base/interval.c: random operations beside a bitmap that is too simple to be wrong */
#include "base/interval.h"
#include "unit/base/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { POSITIONS = 120, ROUNDS = 20000 };

/* How many runs of ones: what the set must count. */
static size_t runs(const bool map[POSITIONS + 2])
{
    size_t n = 0;
    for (unsigned p = 1; p <= POSITIONS; p++)
        n += map[p] && !map[p - 1];
    return n;
}

static void same(const struct interval_set *set, const bool map[POSITIONS + 2])
{
    assert_int_equal(set->count, runs(map));
    for (unsigned p = 0; p <= POSITIONS + 1; p++)
        assert_int_equal(interval_has(set, p), map[p]);
    for (size_t i = 0; i < set->count; i++) { /* sorted, disjoint, not touching */
        assert_true(set->at[i].first <= set->at[i].last);
        assert_true(i == 0 || set->at[i - 1].last + 1 < set->at[i].first);
    }
}

static void gap_holds(const struct interval_set *set, const bool map[POSITIONS + 2], unsigned from, unsigned to)
{
    struct interval gap = {0, 0};
    unsigned first = from, last;
    while (first <= to && map[first])
        first++;
    bool want = first <= to;
    assert_int_equal(interval_gap(set, from, to, &gap), want);
    if (!want)
        return;
    for (last = first; last < to && !map[last + 1];)
        last++;
    assert_int_equal(gap.first, first);
    assert_int_equal(gap.last, last);
}

static void test_random_operations_agree_with_a_bitmap(void **state)
{
    (void)state;
    struct chance chance = {20240117};
    struct interval array[12];
    struct interval_set set = interval_set_over(array, ARRAY_LEN(array));
    bool map[POSITIONS + 2] = {false};
    unsigned full = 0, gaps = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned first = 1 + (unsigned)chance_below(&chance, POSITIONS);
        unsigned last = first + (unsigned)chance_below(&chance, 1 + chance_below(&chance, 12));
        last = last > POSITIONS ? POSITIONS : last;
        bool add = chance_below(&chance, 2), after[POSITIONS + 2];
        memcpy(after, map, sizeof(map));
        memset(after + first, add, last - first + 1);
        enum muster_error want = runs(after) > ARRAY_LEN(array) ? MUSTER_ETOOBIG : MUSTER_OK;
        assert_int_equal(add ? interval_add(&set, first, last) : interval_remove(&set, first, last), want);
        if (want == MUSTER_OK)
            memcpy(map, after, sizeof(map));
        full += want != MUSTER_OK;
        gaps += map[first] && !map[first - 1];
        same(&set, map);
        unsigned from = 1 + (unsigned)chance_below(&chance, POSITIONS);
        gap_holds(&set, map, from, from + (unsigned)chance_below(&chance, POSITIONS - from + 1));
    }
    assert_true(full > 100 && gaps > 100); /* the rounds met a full array and real gaps */
}

static void test_the_ends_of_the_numbers_do_not_wrap(void **state)
{
    (void)state;
    struct interval array[4], gap;
    struct interval_set set = interval_set_over(array, ARRAY_LEN(array));
    assert_int_equal(interval_add(&set, UINT64_MAX, UINT64_MAX), MUSTER_OK);
    assert_int_equal(interval_add(&set, 0, 0), MUSTER_OK);
    assert_int_equal(set.count, 2);
    assert_true(interval_gap(&set, 0, UINT64_MAX, &gap));
    assert_true(gap.first == 1 && gap.last == UINT64_MAX - 1);
    assert_int_equal(interval_add(&set, 1, UINT64_MAX - 1), MUSTER_OK);
    assert_int_equal(set.count, 1);
    assert_false(interval_gap(&set, 0, UINT64_MAX, &gap));
    assert_int_equal(interval_remove(&set, 5, UINT64_MAX), MUSTER_OK);
    assert_true(set.count == 1 && array[0].first == 0 && array[0].last == 4);
    assert_int_equal(interval_remove(&set, 0, UINT64_MAX), MUSTER_OK);
    assert_int_equal(set.count, 0);
}

static void test_intervals_backwards_are_refused(void **state)
{
    (void)state;
    struct interval array[4], gap;
    struct interval_set set = interval_set_over(array, ARRAY_LEN(array));
    assert_int_equal(interval_add(&set, 1, 10), MUSTER_OK);
    assert_int_equal(interval_add(&set, 20, 15), MUSTER_EBADVALUE);
    assert_int_equal(interval_remove(&set, 5, 3), MUSTER_EBADVALUE);
    assert_false(interval_gap(&set, 20, 15, &gap));
    assert_true(set.count == 1 && array[0].first == 1 && array[0].last == 10);
}

static void test_a_set_without_room_holds_nothing(void **state)
{
    (void)state;
    struct interval_set set = interval_set_over(NULL, 0);
    assert_int_equal(interval_add(&set, 1, 1), MUSTER_ETOOBIG);
    assert_false(interval_has(&set, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_agree_with_a_bitmap),
        cmocka_unit_test(test_the_ends_of_the_numbers_do_not_wrap),
        cmocka_unit_test(test_intervals_backwards_are_refused),
        cmocka_unit_test(test_a_set_without_room_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
