#include "protocol/kinds/decimal.h"
#include "unit/protocol/kinds/unit.h"

static const struct {
    const char *says, *text;
    enum muster_error want;
    const char *back; /* decimal_text */
} parse_rows[] = {
    {"reads a whole number", "12", MUSTER_OK, "12"},
    {"reads zero", "0", MUSTER_OK, "0"},
    {"reads a fraction", "12.50", MUSTER_OK, "12.50"},
    {"keeps the places as written", "1.000", MUSTER_OK, "1.000"},
    {"reads below zero", "-0.5", MUSTER_OK, "-0.5"},
    {"knows no negative zero", "-0.00", MUSTER_OK, "0.00"},
    {"reads leading zeroes", "007.1", MUSTER_OK, "7.1"},
    {"keeps zeroes behind the point", "3.0005", MUSTER_OK, "3.0005"},
    {"reads 18 digits", "999999999999999999", MUSTER_OK, "999999999999999999"},
    {"reads 18 places", "0.123456789012345678", MUSTER_OK, "0.123456789012345678"},
    {"refuses 19 digits with a fraction", "-1234567890123456789.012", MUSTER_ETOOBIG, NULL},
    {"reads 24 characters that fit", "-123456789012345678.0123", MUSTER_OK, "-123456789012345678.0123"},
    {"refuses 25 characters", "123456789012345678.012345", MUSTER_ETOOBIG, NULL},
    {"refuses 19 digits", "1234567890123456789", MUSTER_ETOOBIG, NULL},
    {"refuses 19 places", "0.1234567890123456789", MUSTER_ETOOBIG, NULL},
    {"refuses nothing", "", MUSTER_EBADVALUE, NULL},
    {"refuses a sign alone", "-", MUSTER_EBADVALUE, NULL},
    {"refuses a plus", "+1", MUSTER_EBADVALUE, NULL},
    {"refuses a point first", ".5", MUSTER_EBADVALUE, NULL},
    {"refuses a point last", "5.", MUSTER_EBADVALUE, NULL},
    {"refuses two points", "1.2.3", MUSTER_EBADVALUE, NULL},
    {"refuses an exponent", "1e3", MUSTER_EBADVALUE, NULL},
    {"refuses grouping", "1,000", MUSTER_EBADVALUE, NULL},
    {"refuses a unit", "5kg", MUSTER_EBADVALUE, NULL},
    {"refuses white space", " 5", MUSTER_EBADVALUE, NULL},
    {"refuses infinity", "inf", MUSTER_EBADVALUE, NULL},
    {"refuses other digits", "١٢", MUSTER_EBADVALUE, NULL},
};

static void test_parse_reads_what_text_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parse_rows); i++) {
        struct decimal d = {.places = 77};
        char text[DECIMAL_TEXT_BYTES];
        const char *why = NULL;
        print_message("decimal_parse %s\n", parse_rows[i].says);
        assert_int_equal(decimal_parse(&d, parse_rows[i].text, strlen(parse_rows[i].text), &why), parse_rows[i].want);
        if (parse_rows[i].want) {
            assert_non_null(why);
            assert_int_equal(d.places, 77);
        } else {
            assert_int_equal(decimal_text(text, &d), strlen(parse_rows[i].back));
            assert_string_equal(text, parse_rows[i].back);
        }
    }
}

static struct decimal of(const char *text)
{
    struct decimal d = {0};
    assert_int_equal(decimal_parse(&d, text, strlen(text), NULL), MUSTER_OK);
    return d;
}

static const struct {
    const char *a, *b, *sum; /* NULL: does not fit */
    int order;
} sum_rows[] = {
    {"0.1", "0.2", "0.3", -1},
    {"1.0", "1", "2.0", 0},
    {"-1", "1", "0", -1},
    {"-0.25", "0.20", "-0.05", -1},
    {"0.999999999999999999", "0.000000000000000001", "1.000000000000000000", 1},
    {"10", "-0.5", "9.5", 1},
    {"-10", "-0.5", "-10.5", -1},
    {"-3", "-4", "-7", 1},
    {"5", "-7.25", "-2.25", 1},
    {"999999999999999999", "0.5", "999999999999999999.5", 1},
    {"999999999999999999", "1", NULL, 1},
    {"-999999999999999999.5", "-0.5", NULL, -1},
};

static void test_sums_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sum_rows); i++) {
        struct decimal a = of(sum_rows[i].a), b = of(sum_rows[i].b), sum = {.places = 77}, other;
        char text[DECIMAL_TEXT_BYTES];
        print_message("%s + %s\n", sum_rows[i].a, sum_rows[i].b);
        assert_int_equal(decimal_compare(&a, &b), sum_rows[i].order);
        assert_int_equal(decimal_compare(&b, &a), -sum_rows[i].order);
        if (!sum_rows[i].sum) {
            assert_int_equal(decimal_add(&sum, &a, &b), MUSTER_ETOOBIG);
            assert_int_equal(sum.places, 77);
            continue;
        }
        assert_int_equal(decimal_add(&sum, &a, &b), MUSTER_OK);
        assert_int_equal(decimal_add(&other, &b, &a), MUSTER_OK);
        decimal_text(text, &sum);
        assert_string_equal(text, sum_rows[i].sum);
        assert_int_equal(decimal_compare(&sum, &other), 0);
        struct decimal minus = decimal_negate(b), back;
        assert_int_equal(decimal_add(&back, &sum, &minus), MUSTER_OK);
        assert_int_equal(decimal_compare(&back, &a), 0);
    }
}

static const struct {
    const char *text;
    unsigned places;
    bool fits;
    int64_t want;
} scaled_rows[] = {
    {"12.5", 6, true, 12500000},
    {"-12.5", 0, true, -12},
    {"0.0000009", 6, true, 0},
    {"9223372036854", 6, true, 9223372036854000000},
    {"9223372036855", 6, false, INT64_MAX},
    {"7", 18, true, 7000000000000000000},
    {"-999999999999999999", 1, false, INT64_MIN},
    {"-10", 18, false, INT64_MIN},
};

static void test_scaled_ends_at_the_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scaled_rows); i++) {
        struct decimal d = of(scaled_rows[i].text);
        int64_t got = 1;
        print_message("%s times 10^%u\n", scaled_rows[i].text, scaled_rows[i].places);
        assert_int_equal(decimal_scaled(&d, scaled_rows[i].places, &got), scaled_rows[i].fits);
        assert_true(got == scaled_rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads_what_text_writes),
        cmocka_unit_test(test_sums_are_exact),
        cmocka_unit_test(test_scaled_ends_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
