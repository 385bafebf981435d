/* ahp_test.c — weights from judgements: published examples, what is refused, and what must hold for any matrix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "decide/ahp.h"

#include <stdlib.h>
#include <string.h>

/* "1 5 1/3;1/5 1 2;…" as a matrix; each cell as it stands. */
static struct ahp_matrix matrix_of(const char *text)
{
    struct ahp_matrix m = {.count = 0};
    size_t row = 0, column = 0;
    for (char *end; *text; text = end) {
        long value = strtol(text, &end, 10), under = *end == '/' ? strtol(end + 1, &end, 10) : 1;
        m.entry[row][column++] = (int32_t)(under > 1 ? -under * AHP_ENTRY : value * AHP_ENTRY);
        if (*end == ';')
            row++, column = 0, end++;
    }
    m.count = row + 1;
    return m;
}

#define HOUSE(seven_of_three, three_of_seven)                                                                                      \
    "1 5 3 7 6 6 1/3 1/4;1/5 1 1/3 5 3 3 1/5 1/7;1/3 3 1 6 3 4 " seven_of_three " 1/5;1/7 1/5 1/6 1 1/3 1/4 1/7 1/8;"             \
    "1/6 1/3 1/3 3 1 1/2 1/5 1/6;1/6 1/3 1/4 4 2 1 1/5 1/6;3 5 " three_of_seven " 7 5 5 1 1/2;4 7 5 8 6 6 2 1"

static const struct {
    const char *says, *matrix;
    enum ahp_ri table;
    int32_t weights[AHP_ITEMS_MAX]; /* as published, in thousandths */
    int32_t lambda, cr;             /* ten-thousandths, as published to three digits or two */
    int32_t lambda_within, cr_within;
} published[] = {
    /* T. L. Saaty, Decision-making with the AHP: Why is the principal eigenvector necessary, EJOR 145 (2003), tables 1 and 3. */
    {"the house of 2003, a family's first judgements", HOUSE("6", "1/6"), AHP_RI_AHPWR, {173, 54, 188, 18, 31, 36, 167, 333},
     96690, 1700, 5, 50},
    {"the house of 2003, with the judgement mended", HOUSE("1/2", "2"), AHP_RI_AHPWR, {175, 62, 103, 19, 34, 41, 221, 345}, 88110, 830,
     10, 20},
    /* T. L. Saaty, Decision making with the analytic hierarchy process, Int. J. Services Sciences 1 (2008), table 3. */
    {"drinks in the United States, 2008",
     "1 9 5 2 1 1 1/2;1/9 1 1/3 1/9 1/9 1/9 1/9;1/5 3 1 1/3 1/4 1/3 1/9;1/2 9 3 1 1/2 1 1/3;1 9 4 2 1 2 1/2;1 9 3 1 1/2 1 1/3;"
     "2 9 9 3 2 3 1",
     AHP_RI_AHPWR, {177, 19, 42, 116, 190, 129, 327}, 71766, 220, 5, 5},
    {"two items never contradict each other", "1 3;1/3 1", AHP_RI_AHPSURVEY, {750, 250}, 20000, 0, 0, 0},
    {"one item has all the weight", "1", AHP_RI_AHPWR, {1000}, 10000, 0, 0, 0},
    {"three that agree", "1 2 4;1/2 1 2;1/4 1/2 1", AHP_RI_AHPWR, {571, 286, 143}, 30000, 0, 0, 0},
};

static void test_published_examples(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(published); k++) {
        struct ahp_matrix m = matrix_of(published[k].matrix);
        struct ahp_result got;
        print_message("%s\n", published[k].says);
        assert_int_equal(ahp_solve(&got, &m, published[k].table), MUSTER_OK);
        for (size_t i = 0; i < m.count; i++)
            assert_in_range(got.weights[i] - published[k].weights[i] * 1000 + 1000, 450, 1550);
        assert_in_range(got.lambda - published[k].lambda + 1000, 1000 - published[k].lambda_within, 1000 + published[k].lambda_within);
        assert_in_range(got.cr - published[k].cr + 1000, 1000 - published[k].cr_within, 1000 + published[k].cr_within);
    }
}

/* The digits that every machine must get; checked once against a power iteration in binary floating point. */
static void test_figures_are_fixed(void **state)
{
    (void)state;
    static const int32_t weights[] = {173017, 53976, 188110, 17508, 31044, 36322, 166834, 333189};
    struct ahp_matrix m = matrix_of(HOUSE("6", "1/6"));
    struct ahp_result got;
    assert_int_equal(ahp_solve(&got, &m, AHP_RI_AHPWR), MUSTER_OK);
    for (size_t i = 0; i < ARRAY_LEN(weights); i++)
        assert_int_equal(got.weights[i], weights[i]);
    assert_int_equal(got.lambda, 96689);
    assert_int_equal(got.ci, 2384);
    assert_int_equal(got.cr, 1691);
    assert_int_equal(ahp_solve(&got, &m, AHP_RI_AHPSURVEY), MUSTER_OK);
    assert_int_equal(got.cr, 1697); /* the same matrix: the table decides */
}

/* Saaty names the same judgement, the neighbourhood against the condition, and the same change. */
static void test_the_worst_judgement_is_named(void **state)
{
    (void)state;
    struct ahp_matrix m = matrix_of(HOUSE("6", "1/6"));
    struct ahp_result solved;
    struct ahp_mend mend = {.a = 0};
    assert_int_equal(ahp_solve(&solved, &m, AHP_RI_AHPWR), MUSTER_OK);
    assert_true(ahp_mend(&mend, &m, &solved, AHP_RI_AHPWR));
    assert_int_equal(mend.a, 2);
    assert_int_equal(mend.b, 6);
    assert_int_equal(mend.said, 6 * AHP_ENTRY);
    assert_true(mend.better < 0 && mend.better >= -4 * AHP_ENTRY);
    assert_true(mend.cr <= 830);
    ahp_matrix_set(&m, mend.a, mend.b, mend.better);
    assert_int_equal(ahp_solve(&solved, &m, AHP_RI_AHPWR), MUSTER_OK);
    assert_int_equal(solved.cr, mend.cr);
    m = matrix_of("1 2 4;1/2 1 2;1/4 1/2 1");
    assert_int_equal(ahp_solve(&solved, &m, AHP_RI_AHPWR), MUSTER_OK);
    assert_false(ahp_mend(&mend, &m, &solved, AHP_RI_AHPWR));
}

static void test_faults_are_found_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *says, *matrix;
        bool mean;
        enum ahp_fault want;
        size_t row, column;
    } rows[] = {
        {"a whole matrix", "1 3;1/3 1", false, AHP_SOUND, 0, 0},
        {"a judgement that nobody gave", "1 0 3;0 1 2;1/3 1/2 1", false, AHP_MISSING, 0, 1},
        {"one that is not the reciprocal", "1 3 2;1/3 1 2;1/3 1/2 1", false, AHP_NOT_RECIPROCAL, 0, 2},
        {"more than nine times", "1 12;1/12 1", false, AHP_OFF_SCALE, 0, 1},
        {"a diagonal that is not one", "1 3;1/3 2", false, AHP_DIAGONAL, 1, 1},
        {"equal from both sides", "1 1;1 1", false, AHP_SOUND, 0, 0},
        {"equal is not twice as much", "1 1;2 1", false, AHP_NOT_RECIPROCAL, 0, 1},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct ahp_matrix m = matrix_of(rows[k].matrix);
        struct ahp_result got;
        size_t row = 0, column = 0;
        print_message("%s\n", rows[k].says);
        assert_int_equal(ahp_matrix_fault(&m, rows[k].mean, &row, &column), rows[k].want);
        if (rows[k].want != AHP_SOUND) {
            assert_int_equal(row, rows[k].row);
            assert_int_equal(column, rows[k].column);
        }
        assert_int_equal(ahp_solve(&got, &m, AHP_RI_AHPWR), rows[k].want ? MUSTER_EBADVALUE : MUSTER_OK);
    }
    struct ahp_matrix m;
    size_t row, column;
    ahp_matrix_start(&m, 2);
    ahp_matrix_set(&m, 0, 1, 25000);
    assert_int_equal(ahp_matrix_fault(&m, false, &row, &column), AHP_OFF_SCALE); /* one person says whole numbers */
    assert_int_equal(ahp_matrix_fault(&m, true, &row, &column), AHP_SOUND);
    m.entry[0][1] = INT32_MIN;
    assert_int_equal(ahp_matrix_fault(&m, true, &row, &column), AHP_OFF_SCALE);
    m.count = AHP_ITEMS_MAX + 1;
    struct ahp_result got;
    assert_int_equal(ahp_solve(&got, &m, AHP_RI_AHPWR), MUSTER_ETOOBIG);
}

static void test_several_people_become_one_matrix(void **state)
{
    (void)state;
    static const struct {
        const char *says, *first, *second, *third;
        int32_t want;
    } rows[] = {
        {"two who agree", "1 3;1/3 1", "1 3;1/3 1", NULL, 30000},
        {"one says the contrary", "1 3;1/3 1", "1 1/3;3 1", NULL, 10000},
        {"2 and 8 are 4 together", "1 2;1/2 1", "1 8;1/8 1", NULL, 40000},
        {"the root of two", "1 2;1/2 1", "1 1;1 1", NULL, 14142},
        {"the cube root of 2/9 is less than one", "1 2;1/2 1", "1 1/9;9 1", "1 1;1 1", -16510},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct ahp_matrix all[3] = {matrix_of(rows[k].first), matrix_of(rows[k].second)}, mean;
        size_t count = rows[k].third ? 3 : 2;
        if (rows[k].third)
            all[2] = matrix_of(rows[k].third);
        print_message("%s\n", rows[k].says);
        assert_int_equal(ahp_mean(&mean, all, count), MUSTER_OK);
        assert_int_equal(mean.entry[0][1], rows[k].want);
        assert_int_equal(mean.entry[1][0], rows[k].want == AHP_ENTRY ? AHP_ENTRY : -rows[k].want);
    }
    struct ahp_matrix crowd[AHP_EXPERTS_MAX + 1], mean;
    for (size_t k = 0; k <= AHP_EXPERTS_MAX; k++)
        crowd[k] = matrix_of("1 9;1/9 1");
    assert_int_equal(ahp_mean(&mean, crowd, AHP_EXPERTS_MAX), MUSTER_OK);
    assert_int_equal(mean.entry[0][1], 90000); /* the largest numbers that there are still fit */
    assert_int_equal(ahp_mean(&mean, crowd, AHP_EXPERTS_MAX + 1), MUSTER_ETOOBIG);
    assert_int_equal(ahp_mean(&mean, crowd, 0), MUSTER_EUSAGE);
    crowd[1] = matrix_of("1 2 2;1/2 1 1;1/2 1 1");
    assert_int_equal(ahp_mean(&mean, crowd, 2), MUSTER_EBADVALUE);
}

/* A small generator: the same matrices in every run. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static void test_what_holds_for_any_matrix(void **state)
{
    (void)state;
    uint32_t seed = 20261126;
    for (size_t round = 0; round < 300; round++) {
        struct ahp_matrix m, turned;
        struct ahp_result a, b;
        size_t n = 1 + draw(&seed, AHP_ITEMS_MAX), sum = 0;
        ahp_matrix_start(&m, n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++) {
                int32_t value = (int32_t)(1 + draw(&seed, 9)) * AHP_ENTRY;
                ahp_matrix_set(&m, i, j, draw(&seed, 2) ? value : -value);
            }
        ahp_matrix_start(&turned, n); /* the same items in the opposite order */
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                ahp_matrix_set(&turned, n - 1 - i, n - 1 - j, m.entry[i][j]);
        assert_int_equal(ahp_solve(&a, &m, AHP_RI_AHPWR), MUSTER_OK);
        assert_int_equal(ahp_solve(&b, &turned, AHP_RI_AHPWR), MUSTER_OK);
        assert_int_equal(a.cr, b.cr);
        assert_true(a.lambda >= (int32_t)n * AHP_ENTRY);
        for (size_t i = 0; i < n; i++) {
            assert_true(a.weights[i] > 0);
            assert_in_range(a.weights[i] - b.weights[n - 1 - i] + 1, 0, 2); /* the last digit may go to the other of a draw */
            sum += (size_t)a.weights[i];
            struct ahp_range range = ahp_weight_range(&a, n, i);
            assert_true(range.falls_to <= a.weights[i]);
            assert_true(range.rises_to == -1 || range.rises_to >= a.weights[i]);
        }
        assert_int_equal(sum, AHP_WEIGHT);
    }
}

static void test_how_far_a_weight_may_move(void **state)
{
    (void)state;
    struct ahp_result r = {.weights = {500000, 300000, 200000}};
    struct ahp_range first = ahp_weight_range(&r, 3, 0), second = ahp_weight_range(&r, 3, 1), third = ahp_weight_range(&r, 3, 2);
    assert_int_equal(first.rises_to, -1);
    assert_int_equal(first.falls_to, 375000);  /* then the other two have 0.375 and 0.25 */
    assert_int_equal(second.rises_to, 416667); /* then the first has 0.416667 */
    assert_int_equal(second.falls_to, 222222);
    assert_int_equal(third.rises_to, 272727);
    assert_int_equal(third.falls_to, -1);
    r = (struct ahp_result){.weights = {500000, 500000}};
    first = ahp_weight_range(&r, 2, 0);
    assert_int_equal(first.falls_to, 500000); /* a draw: any change makes an order */
    assert_int_equal(first.rises_to, 500000);
}

static void test_tables_have_names(void **state)
{
    (void)state;
    assert_int_equal(ahp_ri_by_name("AHPWR"), AHP_RI_AHPWR);
    assert_int_equal(ahp_ri_by_name("ahpsurvey"), AHP_RI_AHPSURVEY);
    assert_int_equal(ahp_ri_by_name("Saaty"), AHP_RI_COUNT);
    assert_string_equal(ahp_ri_name(AHP_RI_AHPSURVEY), "ahpsurvey");
    assert_int_equal(ahp_random_index(AHP_RI_AHPWR, 2), 0);
    assert_int_equal(ahp_random_index(AHP_RI_AHPWR, 15), 15900000);
    assert_int_equal(ahp_random_index(AHP_RI_AHPSURVEY, 3), 5251686);
    assert_int_equal(ahp_random_index(AHP_RI_AHPSURVEY, 16), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_examples),
        cmocka_unit_test(test_figures_are_fixed),
        cmocka_unit_test(test_the_worst_judgement_is_named),
        cmocka_unit_test(test_faults_are_found_where_they_are),
        cmocka_unit_test(test_several_people_become_one_matrix),
        cmocka_unit_test(test_what_holds_for_any_matrix),
        cmocka_unit_test(test_how_far_a_weight_may_move),
        cmocka_unit_test(test_tables_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
