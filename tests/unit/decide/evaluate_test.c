/* evaluate_test.c — the measures of a response, in small cases that one can count by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "decide/evaluate.h"

#include "base/bytes.h"

#define NEVER EVALUATE_NEVER
#define NOTHING EVALUATE_NOTHING
#define UNITS(n) ((int64_t)(n) * EVALUATE_UNIT)
#define S(n) ((int64_t)(n) * 1000)

static const struct {
    const char *says;
    struct evaluate_request requests[3];
    struct evaluate_delivery deliveries[4];
    size_t request_count, delivery_count;
    int64_t request_to_offer, offer_to_arrival, fill, on_time, over;
} rows[] = {
    {"nothing was asked: nothing is known", {{0}}, {{0}}, 0, 0, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING},
    {"asked and never answered: filled to nothing", {{S(10), NEVER, UNITS(4)}}, {{0}}, 1, 0, NOTHING, NOTHING, 0, NOTHING, 0},
    {"two of four arrive, one of them late",
     {{S(10), S(100), UNITS(4)}},
     {{0, S(30), S(35), S(90), UNITS(1), NEVER, 0}, {0, S(40), NEVER, S(101), UNITS(1), NEVER, 0}},
     1, 2, 20, 60, 5000, 2500, 0},
    {"the receiver's count is what counts",
     {{S(0), NEVER, UNITS(3)}}, {{0, S(0), NEVER, S(10), UNITS(3), UNITS(2), 0}}, 1, 1, 0, 10, 6666, NOTHING, 0},
    {"too much for one does not fill another",
     {{S(0), NEVER, UNITS(2)}, {S(0), NEVER, UNITS(2)}},
     {{0, S(5), NEVER, S(10), UNITS(4), NEVER, 0}}, 2, 1, 5, 5, 5000, NOTHING, 5000},
    {"a refusal is no offer",
     {{S(0), NEVER, UNITS(1)}},
     {{0, S(5), NEVER, NEVER, UNITS(1), NEVER, 1}, {0, NEVER, S(60), NEVER, UNITS(1), NEVER, 0}}, 1, 2, 60, NOTHING, 0, NOTHING, 0},
    {"what answers no request arrives all the same, and fills none",
     {{S(0), NEVER, UNITS(1)}}, {{SIZE_MAX, S(5), NEVER, S(25), UNITS(1), NEVER, 0}}, 1, 1, NOTHING, 20, 0, NOTHING, 0},
    {"without quantities each is one",
     {{S(0), NEVER, NEVER}, {S(0), NEVER, NEVER}}, {{1, S(8), NEVER, S(9), NEVER, NEVER, 0}}, 2, 1, 8, 1, 5000, NOTHING, 0},
    {"a clock behind the other: no time, and not a negative one",
     {{S(100), NEVER, UNITS(1)}}, {{0, S(90), NEVER, S(80), UNITS(1), NEVER, 0}}, 1, 1, 0, 0, 10000, NOTHING, 0},
    {"of two the lower one is the median",
     {{S(0), NEVER, UNITS(1)}, {S(0), NEVER, UNITS(1)}},
     {{0, S(7), NEVER, NEVER, UNITS(1), NEVER, 0}, {1, S(70), NEVER, NEVER, UNITS(1), NEVER, 0}}, 2, 2, 7, NOTHING, 0, NOTHING, 0},
};

static void test_each_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct evaluate_input in = {.requests = rows[i].requests, .deliveries = rows[i].deliveries,
                                    .request_count = rows[i].request_count, .delivery_count = rows[i].delivery_count};
        struct evaluate_result out;
        print_message("%s\n", rows[i].says);
        assert_int_equal(evaluate(&out, &in), MUSTER_OK);
        assert_int_equal(out.request_to_offer_s, rows[i].request_to_offer);
        assert_int_equal(out.offer_to_arrival_s, rows[i].offer_to_arrival);
        assert_int_equal(out.fill_rate, rows[i].fill);
        assert_int_equal(out.on_time, rows[i].on_time);
        assert_int_equal(out.over_supply, rows[i].over);
    }
}

static void test_spans_have_medians(void **state)
{
    static const struct evaluate_span spans[] = {{S(0), S(30)}, {S(0), S(10)}, {S(50), S(70)}};
    struct evaluate_input in = {.reports = spans, .report_count = 3, .first_words = spans, .first_word_count = 1,
                                .corrections = spans + 1, .correction_count = 2};
    struct evaluate_result out;
    (void)state;
    assert_int_equal(evaluate(&out, &in), MUSTER_OK);
    assert_int_equal(out.report_s, 20);
    assert_int_equal(out.first_word_s, 30);
    assert_int_equal(out.correction_s, 10);
    assert_int_equal(out.reports, 3);
    assert_int_equal(out.offers, 0);
}

static void test_impossible_inputs_are_refused(void **state)
{
    static const struct evaluate_request negative = {0, NEVER, -5}, one = {0, NEVER, UNITS(1)};
    static const struct evaluate_delivery elsewhere = {7, 0, 0, 0, 0, 0, 0};
    struct evaluate_result out;
    struct evaluate_input in = {.requests = &negative, .request_count = 1};
    (void)state;
    assert_int_equal(evaluate(&out, &in), MUSTER_EBADVALUE);
    in = (struct evaluate_input){.requests = &one, .request_count = 1, .deliveries = &elsewhere, .delivery_count = 1};
    assert_int_equal(evaluate(&out, &in), MUSTER_EBADVALUE);
    in = (struct evaluate_input){.report_count = EVALUATE_ITEMS_MAX + 1};
    assert_int_equal(evaluate(&out, &in), MUSTER_ETOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_case),
        cmocka_unit_test(test_spans_have_medians),
        cmocka_unit_test(test_impossible_inputs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
