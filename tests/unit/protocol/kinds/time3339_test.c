#include "protocol/kinds/time3339.h"
#include "unit/protocol/kinds/unit.h"

static const struct {
    const char *says, *text;
    bool good;
    int64_t ms;
    int zone;
} rows[] = {
    {"reads the epoch", "1970-01-01T00:00:00Z", true, 0, 0},
    {"reads a zone east", "1970-01-01T08:00:00+08:00", true, 0, 480},
    {"reads a zone west", "2021-12-27T10:08:00-06:00", true, 1640621280000, -360},
    {"reads CAP's UTC", "2021-12-27T16:08:00-00:00", true, 1640621280000, 0},
    {"reads half an hour of zone", "2026-05-01T05:30:00+05:30", true, 1777593600000, 330},
    {"reads before 1970", "1969-12-31T23:59:59Z", true, -1000, 0},
    {"reads the first year", "0001-01-01T00:00:00Z", true, -62135596800000, 0},
    {"reads the last second", "9999-12-31T23:59:59Z", true, 253402300799000, 0},
    {"reads tenths", "2026-05-01T00:00:00.5Z", true, 1777593600500, 0},
    {"cuts below the ms", "2026-05-01T00:00:00.123999999Z", true, 1777593600123, 0},
    {"reads a leap day", "2024-02-29T12:00:00Z", true, 1709208000000, 0},
    {"reads the leap day of 2000", "2000-02-29T00:00:00Z", true, 951782400000, 0},
    {"reads the leap second of 2016", "2016-12-31T23:59:60Z", true, 1483228799999, 0},
    {"reads a leap second in a zone", "2017-01-01T07:59:60+08:00", true, 1483228799999, 480},
    {"reads the leap second of June 2015", "2015-06-30T23:59:60Z", true, 1435708799999, 0},
    {"refuses a leap second elsewhere", "2016-12-30T23:59:60Z", false, 0, 0},
    {"refuses a leap second at noon", "2016-12-31T12:00:60Z", false, 0, 0},
    {"refuses 29 February 2023", "2023-02-29T12:00:00Z", false, 0, 0},
    {"refuses 29 February 1900", "1900-02-29T12:00:00Z", false, 0, 0},
    {"refuses 31 April", "2026-04-31T00:00:00Z", false, 0, 0},
    {"refuses month 0", "2026-00-10T00:00:00Z", false, 0, 0},
    {"refuses month 13", "2026-13-10T00:00:00Z", false, 0, 0},
    {"refuses day 0", "2026-01-00T00:00:00Z", false, 0, 0},
    {"refuses year 0", "0000-01-01T00:00:00Z", false, 0, 0},
    {"refuses hour 24", "2026-01-01T24:00:00Z", false, 0, 0},
    {"refuses minute 60", "2026-01-01T00:60:00Z", false, 0, 0},
    {"refuses second 61", "2016-12-31T23:59:61Z", false, 0, 0},
    {"refuses a time without zone", "2026-05-01T00:00:00", false, 0, 0},
    {"refuses a fraction without zone", "2026-05-01T00:00:00.5", false, 0, 0},
    {"refuses a date alone", "2026-05-01", false, 0, 0},
    {"refuses a space for the T", "2026-05-01 00:00:00Z", false, 0, 0},
    {"refuses lower case", "2026-05-01t00:00:00z", false, 0, 0},
    {"refuses an empty fraction", "2026-05-01T00:00:00.Z", false, 0, 0},
    {"refuses ten digits of fraction", "2026-05-01T00:00:00.1234567890Z", false, 0, 0},
    {"refuses a comma", "2026-05-01T00:00:00,5Z", false, 0, 0},
    {"refuses a zone without colon", "2026-05-01T00:00:00+0800", false, 0, 0},
    {"refuses a zone without minutes", "2026-05-01T00:00:00+08", false, 0, 0},
    {"refuses zone hour 24", "2026-05-01T00:00:00+24:00", false, 0, 0},
    {"refuses zone minute 60", "2026-05-01T00:00:00+08:60", false, 0, 0},
    {"refuses something behind", "2026-05-01T00:00:00Z ", false, 0, 0},
    {"refuses letters for digits", "2026-O5-01T00:00:00Z", false, 0, 0},
    {"refuses a signed number", "2026-05-01T-1:00:00Z", false, 0, 0},
    {"refuses nothing", "", false, 0, 0},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct time3339 got = {.zone_minutes = 7777};
        const char *why = NULL;
        print_message("time3339_parse %s\n", rows[i].says);
        assert_int_equal(time3339_parse(&got, rows[i].text, strlen(rows[i].text), &why),
                         rows[i].good ? MUSTER_OK : MUSTER_EBADVALUE);
        if (rows[i].good) {
            assert_true(got.ms == rows[i].ms);
            assert_int_equal(got.zone_minutes, rows[i].zone);
        } else {
            assert_non_null(why);
            assert_int_equal(got.zone_minutes, 7777);
        }
    }
}

static void test_every_shorter_time_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "2026-05-01T08:00:00.250+08:00";
    struct time3339 got;
    assert_int_equal(time3339_parse(&got, whole, strlen(whole), NULL), MUSTER_OK);
    for (size_t len = 0; len < strlen(whole); len++)
        assert_int_equal(time3339_parse(&got, whole, len, NULL), MUSTER_EBADVALUE);
}

static const struct {
    const char *says;
    int64_t ms;
    int zone;
    const char *utc, *local; /* "" where there is no such year */
} format_rows[] = {
    {"the epoch", 0, 480, "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00"},
    {"a ms before the epoch", -1, -90, "1969-12-31T23:59:59.999Z", "1969-12-31T22:29:59.999-01:30"},
    {"a leap day", 1709208000000, 0, "2024-02-29T12:00:00Z", "2024-02-29T12:00:00+00:00"},
    {"the last day of a leap year", 1735603200000, 60, "2024-12-31T00:00:00Z", "2024-12-31T01:00:00+01:00"},
    {"the first ms", -62135596800000, 0, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"},
    {"the last ms", 253402300799999, 0, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999+00:00"},
    {"one too late", 253402300800000, 0, "", ""},
    {"one too early", -62135596800001, 0, "", ""},
    {"the end of int64", INT64_MAX, 1, "", ""},
    {"the start of int64", INT64_MIN, -1, "", ""},
};

static void test_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(format_rows); i++) {
        char utc[TIME_FORMAT_BYTES], local[TIME_FORMAT_BYTES];
        print_message("time3339_format of %s\n", format_rows[i].says);
        assert_int_equal(time3339_format(utc, format_rows[i].ms), strlen(format_rows[i].utc));
        assert_int_equal(time3339_format_zone(local, format_rows[i].ms, format_rows[i].zone), strlen(format_rows[i].local));
        assert_string_equal(utc, format_rows[i].utc);
        assert_string_equal(local, format_rows[i].local);
    }
}

static void test_what_is_formatted_is_read_back(void **state)
{
    (void)state;
    /* A prime step over all years meets every month, leap year and time of day. */
    for (int64_t ms = -62135596800000; ms < 253402300800000; ms += 86399999 * INT64_C(997) + 7919) {
        char text[TIME_FORMAT_BYTES];
        struct time3339 got;
        size_t len = time3339_format(text, ms);
        assert_int_equal(time3339_parse(&got, text, len, NULL), MUSTER_OK);
        assert_true(got.ms == ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_every_shorter_time_is_refused),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_what_is_formatted_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
