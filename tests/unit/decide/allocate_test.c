/* allocate_test.c — plans that one can find by hand, and all plans of small cases tried out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "decide/allocate.h"

#include <stdlib.h>
#include <string.h>

#define X ALLOCATE_NO_WAY

static const struct {
    const char *says;
    size_t sources, demands;
    int64_t have[3], cost[3], need[3];
    int rank[3];
    int64_t metres[3][3];
    enum allocate_order order;
    int64_t units[3][3];
} rows[] = {
    {"the nearest serves", 2, 1, {10, 10}, {0}, {6}, {0}, {{500}, {200}}, ALLOCATE_WAY_FIRST, {{0}, {6}}},
    {"what one has not, the other gives", 2, 1, {10, 4}, {0}, {6}, {0}, {{500}, {200}}, ALLOCATE_WAY_FIRST, {{2}, {4}}},
    {"the urgent goes before the near", 1, 2, {5}, {0}, {5, 5}, {1, 0}, {{10, 9000}}, ALLOCATE_WAY_FIRST, {{0, 5}}},
    {"who can go to one place only leaves the other to whom it is near", 2, 2, {5, 5}, {0}, {5, 5}, {0, 0}, {{100, 300}, {200, X}},
     ALLOCATE_WAY_FIRST, {{0, 5}, {5, 0}}},
    {"the least way together is not the nearest of each", 2, 2, {1, 1}, {0}, {1, 1}, {1, 1}, {{1, 2}, {3, 10}}, ALLOCATE_WAY_FIRST,
     {{0, 1}, {1, 0}}},
    {"the way first: all to the near one", 1, 2, {6}, {0}, {6, 6}, {1, 1}, {{100, 200}}, ALLOCATE_WAY_FIRST, {{6, 0}}},
    {"the share first: as much to each", 1, 2, {6}, {0}, {6, 6}, {1, 1}, {{100, 200}}, ALLOCATE_SHARE_FIRST, {{3, 3}}},
    {"equally near: shared", 1, 2, {6}, {0}, {6, 6}, {1, 1}, {{100, 100}}, ALLOCATE_WAY_FIRST, {{3, 3}}},
    {"a share is one of the need", 1, 2, {6}, {0}, {8, 4}, {1, 1}, {{100, 100}}, ALLOCATE_WAY_FIRST, {{4, 2}}},
    {"a fair share takes nothing from the urgent", 1, 2, {6}, {0}, {6, 6}, {0, 2}, {{100, 100}}, ALLOCATE_SHARE_FIRST, {{6, 0}}},
    {"equally near: the cheaper", 2, 1, {9, 9}, {300, 200}, {5}, {1}, {{100}, {100}}, ALLOCATE_WAY_FIRST, {{0}, {5}}},
    {"nobody may", 1, 1, {9}, {0}, {5}, {0}, {{X}}, ALLOCATE_WAY_FIRST, {{0}}},
    {"there is nothing", 1, 1, {0}, {0}, {5}, {0}, {{7}}, ALLOCATE_WAY_FIRST, {{0}}},
};

static void test_plans_by_hand(void **state)
{
    (void)state;
    struct allocate_input *in = calloc(1, sizeof(*in));
    struct allocate_plan *plan = calloc(1, sizeof(*plan));
    assert_non_null(in);
    assert_non_null(plan);
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        *in = (struct allocate_input){.source_count = rows[k].sources, .demand_count = rows[k].demands, .order = rows[k].order};
        for (size_t i = 0; i < rows[k].sources; i++) {
            in->sources[i] = (struct allocate_source){rows[k].have[i], rows[k].cost[i]};
            memcpy(in->metres[i], rows[k].metres[i], sizeof rows[k].metres[i]);
        }
        for (size_t j = 0; j < rows[k].demands; j++)
            in->demands[j] = (struct allocate_demand){rows[k].need[j], rows[k].rank[j]};
        print_message("%s\n", rows[k].says);
        assert_int_equal(allocate(plan, in), MUSTER_OK);
        for (size_t i = 0; i < rows[k].sources; i++)
            for (size_t j = 0; j < rows[k].demands; j++)
                assert_int_equal(plan->units[i][j], rows[k].units[i][j]);
        assert_true(allocate_is_best(plan, in));
    }
    free(plan);
    free(in);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* What is to be small, first to last, with the shares where the order puts them; exact shares as got * (product of the other needs). */
struct measure {
    int64_t part[8];
};

static struct measure measured(const struct allocate_input *in, int64_t units[3][3])
{
    struct measure m = {{0}};
    size_t way = in->order == ALLOCATE_WAY_FIRST ? 3 : 6, share = in->order == ALLOCATE_WAY_FIRST ? 4 : 3;
    for (size_t r = 0; r < 3; r++)
        m.part[share + r] = -ALLOCATE_SHARE;
    for (size_t j = 0; j < in->demand_count; j++) {
        int64_t got = 0, rank = in->demands[j].rank;
        for (size_t i = 0; i < in->source_count; i++) {
            got += units[i][j];
            m.part[way] += units[i][j] * in->metres[i][j];
            m.part[7] += units[i][j] * in->sources[i].cost;
        }
        m.part[rank] += in->demands[j].units - got;
        int64_t part = -(got * ALLOCATE_SHARE / in->demands[j].units);
        if (part > m.part[share + (size_t)rank])
            m.part[share + (size_t)rank] = part;
    }
    return m;
}

static int measure_compare(const struct measure *a, const struct measure *b)
{
    for (size_t i = 0; i < 8; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

/* Every plan of two sources and two or three demands, by counting. */
static void try_all(const struct allocate_input *in, int64_t units[3][3], size_t cell, struct measure *best, bool *any)
{
    size_t i = cell / in->demand_count, j = cell % in->demand_count;
    if (i == in->source_count) {
        struct measure m = measured(in, units);
        if (!*any || measure_compare(&m, best) < 0)
            *best = m;
        *any = true;
        return;
    }
    int64_t left = in->sources[i].units, wants = in->demands[j].units;
    for (size_t k = 0; k < j; k++)
        left -= units[i][k];
    for (size_t k = 0; k < i; k++)
        wants -= units[k][j];
    if (in->metres[i][j] == ALLOCATE_NO_WAY)
        left = 0;
    for (int64_t n = 0; n <= left && n <= wants; n++) {
        units[i][j] = n;
        try_all(in, units, cell + 1, best, any);
    }
    units[i][j] = 0;
}

static void test_no_plan_is_better(void **state)
{
    (void)state;
    uint32_t seed = 42;
    struct allocate_input *in = calloc(1, sizeof(*in));
    struct allocate_plan *plan = calloc(1, sizeof(*plan));
    assert_non_null(in);
    assert_non_null(plan);
    for (size_t round = 0; round < 400; round++) {
        *in = (struct allocate_input){.source_count = 1 + draw(&seed, 2), .demand_count = 1 + draw(&seed, 3),
                                      .order = round % 2 ? ALLOCATE_SHARE_FIRST : ALLOCATE_WAY_FIRST};
        for (size_t i = 0; i < in->source_count; i++)
            in->sources[i] = (struct allocate_source){draw(&seed, 6), draw(&seed, 3)};
        for (size_t j = 0; j < in->demand_count; j++)
            in->demands[j] = (struct allocate_demand){1 + draw(&seed, 4), (int)draw(&seed, 2)};
        for (size_t i = 0; i < in->source_count; i++)
            for (size_t j = 0; j < in->demand_count; j++)
                in->metres[i][j] = draw(&seed, 6) ? (int64_t)draw(&seed, 4) : ALLOCATE_NO_WAY;
        int64_t units[3][3] = {{0}}, found[3][3] = {{0}};
        struct measure best = {{0}};
        bool any = false;
        try_all(in, units, 0, &best, &any);
        assert_int_equal(allocate(plan, in), MUSTER_OK);
        for (size_t i = 0; i < in->source_count; i++)
            memcpy(found[i], plan->units[i], sizeof found[i]);
        struct measure mine = measured(in, found);
        assert_int_equal(measure_compare(&mine, &best), 0);
        assert_true(allocate_is_best(plan, in));
        for (size_t i = 0; i < in->source_count; i++) /* the judge is no rubber stamp: a unit less is never the best */
            for (size_t j = 0; j < in->demand_count; j++)
                if (plan->units[i][j] > plan->floor[j]) {
                    plan->units[i][j]--;
                    assert_false(allocate_is_best(plan, in));
                    plan->units[i][j]++;
                }
    }
    free(plan);
    free(in);
}

static void test_the_largest_case_and_wrong_numbers(void **state)
{
    (void)state;
    uint32_t seed = 1;
    struct allocate_input *in = calloc(1, sizeof(*in));
    struct allocate_plan *plan = calloc(1, sizeof(*plan));
    assert_non_null(in);
    assert_non_null(plan);
    in->source_count = in->demand_count = ALLOCATE_SIDE_MAX;
    for (size_t i = 0; i < ALLOCATE_SIDE_MAX; i++) {
        in->sources[i] = (struct allocate_source){ALLOCATE_UNITS_MAX, ALLOCATE_COST_MAX};
        in->demands[i] = (struct allocate_demand){ALLOCATE_UNITS_MAX, (int)(i % ALLOCATE_RANKS)};
        for (size_t j = 0; j < ALLOCATE_SIDE_MAX; j++)
            in->metres[i][j] = ALLOCATE_METRES_MAX - (int64_t)draw(&seed, 100000);
    }
    assert_int_equal(allocate(plan, in), MUSTER_OK);
    assert_int_equal(plan->unmet[0] + plan->unmet[1] + plan->unmet[2], 0);
    assert_int_equal(plan->cost, ALLOCATE_SIDE_MAX * ALLOCATE_UNITS_MAX * ALLOCATE_COST_MAX); /* it fits */
    in->demands[3].units = 0;
    assert_int_equal(allocate(plan, in), MUSTER_EBADVALUE);
    in->demands[3].units = 1;
    in->metres[2][2] = ALLOCATE_METRES_MAX + 1;
    assert_int_equal(allocate(plan, in), MUSTER_EBADVALUE);
    in->metres[2][2] = 0;
    in->sources[1].cost = -1;
    assert_int_equal(allocate(plan, in), MUSTER_EBADVALUE);
    in->sources[1].cost = 0;
    in->demands[1].rank = ALLOCATE_RANKS;
    assert_int_equal(allocate(plan, in), MUSTER_EBADVALUE);
    in->demands[1].rank = 0;
    in->source_count = ALLOCATE_SIDE_MAX + 1;
    assert_int_equal(allocate(plan, in), MUSTER_ETOOBIG);
    *in = (struct allocate_input){.source_count = 0};
    assert_int_equal(allocate(plan, in), MUSTER_OK);
    assert_int_equal(plan->share[0], -1);
    free(plan);
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_by_hand),
        cmocka_unit_test(test_no_plan_is_better),
        cmocka_unit_test(test_the_largest_case_and_wrong_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
