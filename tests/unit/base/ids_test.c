/* mirrors base/ids.c */
#include "base/ids.h"
#include "unit/base/chance.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_hex_and_base32_come_back(void **state)
{
    (void)state;
    struct chance chance = {7};
    for (size_t len = 0; len <= 40; len++) {
        uint8_t bytes[40], again[40];
        char text[81];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)chance_u64(&chance);
        assert_int_equal(strlen(hex_from(text, bytes, len)), 2 * len);
        assert_true(hex_to(again, len, text));
        assert_memory_equal(bytes, again, len);
        assert_int_equal(strlen(base32_from(text, bytes, len)), (8 * len + 4) / 5);
        assert_int_equal(base32_to(again, sizeof(again), text), len);
        assert_memory_equal(bytes, again, len);
        if (len)
            assert_int_equal(base32_to(again, len - 1, text), -1);
    }
}

static const struct {
    const char *says, *text;
    bool want;
} hexes[] = {
    {"takes small letters",          "00ff7a", true },
    {"takes capitals",               "00FF7A", true },
    {"refuses a digit too few",      "00ff7",  false},
    {"refuses a digit too many",     "00ff7a0", false},
    {"refuses nothing",              "",       false},
    {"refuses a letter beyond f",    "00fg7a", false},
    {"refuses a space",              "00 f7a", false},
    {"refuses the sign before '0'",  "00/f7a", false},
    {"refuses the sign before 'a'",  "00`f7a", false},
    {"refuses the sign before 'A'",  "00@f7a", false},
    {"refuses bytes beyond ASCII",   "00\xc1\xc1" "7a", false},
};

static void test_hex_to_takes_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hexes); i++) {
        uint8_t out[3] = {9, 9, 9};
        print_message("hex_to %s\n", hexes[i].says);
        assert_int_equal(hex_to(out, 3, hexes[i].text), hexes[i].want);
        assert_memory_equal(out, hexes[i].want ? "\x00\xff\x7a" : "\x09\x09\x09", 3);
    }
}

/* "muster" is 0x6d7573746572: 01101 10101 11010 10111 00110 11101 00011 00101 01110 010(00) */
static const struct {
    const char *says, *text;
    long want;
} base32s[] = {
    {"takes small letters",                 "dntq6x35e8",         6 },
    {"takes capitals",                      "DNTQ6X35E8",         6 },
    {"takes dashes and white space",        "-dntq 6x35\n\te8\r", 6 },
    {"refuses u, which is too like v",      "dntu6x35e8",         -1},
    {"refuses another sign",                "dnt_6x35e8",         -1},
    {"refuses more than there is room for", "dntq6x35e8dntq6x",   -1},
};

static void test_base32_to_reads_what_people_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(base32s); i++) {
        uint8_t out[6] = {0};
        print_message("base32_to %s\n", base32s[i].says);
        assert_int_equal(base32_to(out, sizeof(out), base32s[i].text), base32s[i].want);
        if (base32s[i].want > 0)
            assert_memory_equal(out, "muster", 6);
    }
    uint8_t alike[3], plain[3];
    assert_int_equal(base32_to(alike, 3, "OoIiL"), 3);
    assert_int_equal(base32_to(plain, 3, "00111"), 3);
    assert_memory_equal(alike, plain, 3);
}

static void test_ids_compare_bytewise_and_know_none(void **state)
{
    (void)state;
    struct log_id low = {{0}}, high = {{0}};
    assert_true(log_id_none(&low));
    assert_true(log_id_eq(&low, &high));
    high.b[31] = 1;
    assert_false(log_id_none(&high));
    assert_true(log_id_cmp(&low, &high) < 0);
    low.b[0] = 0x80; /* unsigned, and the first byte counts most */
    assert_true(log_id_cmp(&low, &high) > 0);
    assert_int_equal(sizeof(struct object_id), OBJECT_ID_BYTES);
    assert_int_equal(sizeof(struct hash), HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_and_base32_come_back),
        cmocka_unit_test(test_hex_to_takes_exactly_its_bytes),
        cmocka_unit_test(test_base32_to_reads_what_people_type),
        cmocka_unit_test(test_ids_compare_bytewise_and_know_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
