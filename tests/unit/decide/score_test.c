/* score_test.c — one figure and a level from scores and weights, in cases that one can compute by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "decide/score.h"

#define TOP SIZE_MAX
#define NO SCORE_DIMENSIONS
#define M(thousandths) ((thousandths) * 1000)

static const struct {
    const char *says;
    struct score_node nodes[6];
    size_t count;
    enum score_method method;
    enum muster_error want;
    int32_t result, dimensions[SCORE_DIMENSIONS];
} rows[] = {
    {"one indicator is the whole", {{TOP, M(1000), M(400), NO}}, 1, SCORE_WEIGHTED_SUM, MUSTER_OK, 4000, {-1, -1, -1}},
    {"a weighted sum", {{TOP, M(667), M(900), SCORE_LIKELIHOOD}, {TOP, M(333), M(300), SCORE_SEVERITY}}, 2, SCORE_WEIGHTED_SUM, MUSTER_OK,
     7002, {9000, 3000, -1}},
    {"weights that add up to 0.99 count by their parts",
     {{TOP, M(330), M(1000), NO}, {TOP, M(330), M(1000), NO}, {TOP, M(330), M(400), NO}}, 3, SCORE_WEIGHTED_SUM, MUSTER_OK, 8000, {-1, -1, -1}},
    {"likelihood times severity times extent",
     {{TOP, M(500), M(800), SCORE_LIKELIHOOD}, {TOP, M(300), M(500), SCORE_SEVERITY}, {TOP, M(200), M(250), SCORE_EXTENT}}, 3,
     SCORE_DIMENSION_PRODUCT, MUSTER_OK, 1000, {8000, 5000, 2500}},
    {"a tree: the dimension stands above",
     {{TOP, M(500), 0, SCORE_LIKELIHOOD}, {TOP, M(500), 0, SCORE_SEVERITY}, {0, M(750), M(800), NO}, {0, M(250), M(400), NO}, {1, M(1000), M(500), NO}},
     5, SCORE_DIMENSION_PRODUCT, MUSTER_OK, 3500, {7000, 5000, -1}},
    {"the same tree, summed",
     {{TOP, M(500), 0, SCORE_LIKELIHOOD}, {TOP, M(500), 0, SCORE_SEVERITY}, {0, M(750), M(800), NO}, {0, M(250), M(400), NO}, {1, M(1000), M(500), NO}},
     5, SCORE_WEIGHTED_SUM, MUSTER_OK, 6000, {7000, 5000, -1}},
    {"a dimension in two places weighs by what each carries",
     {{TOP, M(800), 0, NO}, {TOP, M(200), M(100), SCORE_SEVERITY}, {0, M(500), M(900), SCORE_SEVERITY}, {0, M(500), M(300), SCORE_LIKELIHOOD}},
     4, SCORE_WEIGHTED_SUM, MUSTER_OK, 5000, {3000, 6333, -1}}, /* severity: (0.2 * 0.1 + 0.4 * 0.9) / 0.6 */
    {"the highest", {{TOP, 0, M(200), SCORE_EXTENT}, {TOP, 0, M(900), SCORE_SEVERITY}}, 2, SCORE_MAXIMUM, MUSTER_OK, 9000, {-1, 9000, 2000}},
    {"a weighted product of equals is their value", {{TOP, M(300), M(640), NO}, {TOP, M(700), M(640), NO}}, 2, SCORE_WEIGHTED_PRODUCT, MUSTER_OK,
     6400, {-1, -1, -1}},
    {"the root of 0.9 times 0.4", {{TOP, M(500), M(900), NO}, {TOP, M(500), M(400), NO}}, 2, SCORE_WEIGHTED_PRODUCT, MUSTER_OK, 6000, {-1, -1, -1}},
    {"nothing of one makes a product nothing", {{TOP, M(900), M(1000), NO}, {TOP, M(100), 0, NO}}, 2, SCORE_WEIGHTED_PRODUCT, MUSTER_OK, 0,
     {-1, -1, -1}},
    {"without a weight it makes none", {{TOP, M(900), M(1000), NO}, {TOP, 0, 0, NO}}, 2, SCORE_WEIGHTED_PRODUCT, MUSTER_OK, 10000, {-1, -1, -1}},
    {"a half is rounded up", {{TOP, M(500), 100, NO}, {TOP, M(500), 0, NO}}, 2, SCORE_WEIGHTED_SUM, MUSTER_OK, 1, {-1, -1, -1}},
    {"no indicators", {{0}}, 0, SCORE_WEIGHTED_SUM, MUSTER_EMISSING, 0, {0}},
    {"no weights at all", {{TOP, 0, M(500), NO}, {TOP, 0, M(500), NO}}, 2, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE, 0, {0}},
    {"a score above one", {{TOP, M(500), M(1001), NO}}, 1, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE, 0, {0}},
    {"a weight below zero", {{TOP, -1, M(100), NO}}, 1, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE, 0, {0}},
    {"a parent that there is not", {{7, M(500), M(100), NO}}, 1, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE, 0, {0}},
    {"two that stand above each other", {{1, M(500), M(100), NO}, {0, M(500), M(100), NO}}, 2, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE, 0, {0}},
    {"severity below likelihood", {{TOP, M(500), 0, SCORE_LIKELIHOOD}, {0, M(500), M(100), SCORE_SEVERITY}}, 2, SCORE_WEIGHTED_SUM, MUSTER_EBADVALUE,
     0, {0}},
    {"a product of dimensions without one", {{TOP, M(500), M(100), NO}}, 1, SCORE_DIMENSION_PRODUCT, MUSTER_EBADVALUE, 0, {0}},
};

static void test_scores_become_one_figure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct score_result got = {.result = -7};
        print_message("%s\n", rows[i].says);
        assert_int_equal(score_compute(&got, rows[i].nodes, rows[i].count, rows[i].method), rows[i].want);
        assert_int_equal(got.result, rows[i].want ? -7 : rows[i].result);
        for (size_t d = 0; d < SCORE_DIMENSIONS && !rows[i].want; d++)
            assert_int_equal(got.dimensions[d], rows[i].dimensions[d]);
    }
    struct score_node many[SCORE_NODES_MAX + 1];
    for (size_t i = 0; i <= SCORE_NODES_MAX; i++) /* the deepest tree that there can be */
        many[i] = (struct score_node){i ? i - 1 : TOP, M(1000), M(300), NO};
    struct score_result got;
    assert_int_equal(score_compute(&got, many, SCORE_NODES_MAX, SCORE_WEIGHTED_PRODUCT), MUSTER_OK);
    assert_int_equal(got.result, 3000);
    assert_int_equal(score_compute(&got, many, SCORE_NODES_MAX + 1, SCORE_WEIGHTED_SUM), MUSTER_ETOOBIG);
}

static void test_readings_become_scores(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        int64_t value, from, to;
        int32_t want;
    } readings[] = {
        {"in the middle", 272, 268, 276, 500000},     {"below the lowest", 200, 268, 276, 0},
        {"above the highest", 300, 268, 276, 1000000}, {"a third", 1, 0, 3, 333333},
        {"two thirds, rounded", 2, 0, 3, 666667},      {"less is worse", 12, 20, 10, 800000},
        {"at the end of everything", INT64_MAX, INT64_MIN, INT64_MAX, 1000000}, {"at its beginning", INT64_MIN, INT64_MIN, INT64_MAX, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
        print_message("%s\n", readings[i].says);
        assert_int_equal(score_between(readings[i].value, readings[i].from, readings[i].to), readings[i].want);
    }
}

static void test_levels_hold_from_their_thresholds(void **state)
{
    (void)state;
    static const int32_t thresholds[] = {M(200), M(400), M(600), M(800)};
    static const struct {
        const char *says;
        int32_t result;
        size_t before;
        int32_t slack;
        size_t want;
    } levels[] = {
        {"below all", 1999, 0, 0, 0},
        {"at the first", 2000, 0, 0, 1},
        {"just below the highest", 7999, 0, 0, 3},
        {"at the highest", 8000, 0, 0, 4},
        {"a little less than before holds the level", 7600, 4, M(50), 4},
        {"much less does not", 7400, 4, M(50), 3},
        {"a fall of two levels stops where it holds", 3600, 4, M(50), 2},
        {"a rise is not delayed", 8000, 2, M(50), 4},
        {"nor made by the slack", 7600, 3, M(50), 3},
        {"without a level before", 1900, 0, M(50), 0},
        {"the lowest is held too", 1900, 1, M(50), 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        print_message("%s\n", levels[i].says);
        assert_int_equal(score_level(levels[i].result, thresholds, ARRAY_LEN(thresholds), levels[i].before, levels[i].slack), levels[i].want);
    }
    assert_int_equal(score_level(9000, thresholds, 0, 0, 0), 0);
}

/* Digits of the mathematical constants; the last of the 17 may differ by what was cut off on the way. */
static void test_logarithm_and_power(void **state)
{
    (void)state;
    static const struct {
        int64_t value, want;
    } logarithms[] = {
        {1000000000000, 0},
        {500000000000, -69314718055994531},
        {100000000000, -230258509299404568},
        {900000000000, -10536051565782630},
        {1, -2763102111592854821}, /* the smallest value that there is */
    };
    for (size_t i = 0; i < ARRAY_LEN(logarithms); i++)
        assert_in_range(score_ln(logarithms[i].value) - logarithms[i].want + 100, 0, 200);
    assert_in_range(score_exp(-100000000000000000) - 36787944117144232 + 100, 0, 200);
    assert_int_equal(score_exp(0), 100000000000000000);
    for (int64_t value = 1; value <= 1000000000000; value = value * 7 / 5 + 1) /* there and back */
        assert_in_range(score_exp(score_ln(value)) / 100000 - value + 2, 0, 4);
}

static void test_how_the_result_hangs_on_a_weight(void **state)
{
    (void)state;
    static const struct score_node two[] = {{TOP, M(500), M(900), NO}, {TOP, M(500), M(300), NO}};
    int32_t change = 0;
    assert_int_equal(score_sensitivity(&change, two, 2, SCORE_WEIGHTED_SUM, 0), MUSTER_OK);
    assert_int_equal(change, 143); /* (0.55 * 0.9 + 0.5 * 0.3) / 1.05 is 0.6143 */
    assert_int_equal(score_sensitivity(&change, two, 2, SCORE_WEIGHTED_SUM, 1), MUSTER_OK);
    assert_int_equal(change, -143);
    assert_int_equal(score_sensitivity(&change, two, 2, SCORE_MAXIMUM, 1), MUSTER_OK);
    assert_int_equal(change, 0);
    assert_int_equal(score_sensitivity(&change, two, 0, SCORE_MAXIMUM, 1), MUSTER_EMISSING);
}

/* More of any indicator is never less of the result, whatever the tree. */
static void test_more_is_never_less(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (size_t round = 0; round < 2000; round++) {
        struct score_node nodes[12];
        struct score_result low, high;
        size_t count = 2 + round % 11;
        for (size_t i = 0; i < count; i++) {
            uint32_t draws[4];
            for (size_t k = 0; k < 4; k++)
                draws[k] = (seed = seed * 1664525 + 1013904223) >> 8;
            nodes[i] = (struct score_node){i && draws[0] % 3 ? draws[1] % i : TOP, (int32_t)(1 + draws[2] % SCORE_ONE),
                                           (int32_t)(draws[3] % SCORE_ONE), NO};
        }
        enum score_method method = (enum score_method)(round % 3);
        assert_int_equal(score_compute(&low, nodes, count, method), MUSTER_OK);
        nodes[round % count].score += (SCORE_ONE - nodes[round % count].score) / 2;
        assert_int_equal(score_compute(&high, nodes, count, method), MUSTER_OK);
        assert_true(high.result >= low.result);
        assert_true(low.result >= 0 && high.result <= SCORE_RESULT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_become_one_figure),       cmocka_unit_test(test_readings_become_scores),
        cmocka_unit_test(test_levels_hold_from_their_thresholds), cmocka_unit_test(test_logarithm_and_power),
        cmocka_unit_test(test_how_the_result_hangs_on_a_weight), cmocka_unit_test(test_more_is_never_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
