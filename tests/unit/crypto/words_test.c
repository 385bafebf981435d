/* mirrors crypto/words.c */
#include "crypto/crypto.h"
#include "crypto/vector.h"
#include "crypto/words.h"
#include "unit/crypto/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_the_list_is_the_published_one(void **state)
{
    (void)state;
    static char text[2048 * 10];
    size_t len = 0;
    uint8_t got[32], want[32];
    for (unsigned i = 0; i < 2048; i++) {
        if (i)
            assert_true(strcmp(pair_word(i - 1), pair_word(i)) < 0);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", pair_word(i));
    }
    assert_null(pair_word(2048));
    vector_sha256(got, text, len);
    assert_true(hex_to(want, 32, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"));
    assert_memory_equal(got, want, 32);
}

static void pair_holds(const struct vector *v)
{
    struct hash hash;
    char text[PAIR_TEXT_BYTES];
    memcpy(hash.b, vector_bytes(v, "hash", 32), 32);
    pair_words(text, &hash);
    assert_string_equal(text, vector_text(v, "words"));
    assert_int_equal(pair_check(&hash, text, 1, PAIR_WORDS), MUSTER_OK);
    pair_digits(text, &hash);
    assert_string_equal(text, vector_text(v, "digits"));
    assert_int_equal(pair_check(&hash, text, 1, PAIR_GROUPS), MUSTER_OK);
}

static void test_words_and_digits_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(vectors_each("crypto.txt", "pair", pair_holds), 4);
}

/* The 30 digits, divided by 2^11 nine times, give the words again: both spell the same number. */
static void test_words_and_digits_agree(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 200; round++) {
        struct hash hash = crypto_hash1("muster/1/test", &round, sizeof(round));
        char digits[PAIR_TEXT_BYTES], words[PAIR_TEXT_BYTES], again[PAIR_TEXT_BYTES] = "";
        pair_digits(digits, &hash);
        pair_words(words, &hash);
        assert_int_equal(strlen(digits), PAIR_GROUPS * PAIR_GROUP_DIGITS + PAIR_GROUPS - 1);
        unsigned index[PAIR_WORDS] = {0};
        for (const char *d = digits; *d; d++) {
            unsigned carry = *d == ' ' ? 0 : (unsigned)(*d - '0');
            for (unsigned i = PAIR_WORDS; *d != ' ' && i-- > 0; carry >>= 11) {
                carry += index[i] * 10;
                index[i] = carry & 2047;
            }
            assert_int_equal(carry, 0);
        }
        for (unsigned i = 0; i < PAIR_WORDS; i++) {
            if (i)
                strcat(again, " ");
            strcat(again, pair_word(index[i]));
        }
        assert_string_equal(words, again);
    }
}

/* The code of "pair 2" in crypto.txt. */
static const char code_hex[] = "ae3b2e2ef61bde9af3feda8325784d1f00d48d037e08b0f8e56dc2fcd6018d1b";

static const struct {
    const char *says, *typed;
    unsigned first, last;
    enum muster_error want;
} cases[] = {
    {"takes all words",                      "purchase sunny merry umbrella sadness estate soup swap lobster", 1, 9, MUSTER_OK},
    {"takes capitals, lines and dashes",     "\tPurchase-SUNNY\nmerry  umbrella sadness\r\nestate soup swap lobster ", 1, 9, MUSTER_OK},
    {"takes some of the words",              "merry umbrella", 3, 4, MUSTER_OK},
    {"takes the last word",                  "lobster", 9, 9, MUSTER_OK},
    {"takes all groups",                     "43137 54914 19310 05750 83210 23001", 1, 6, MUSTER_OK},
    {"takes digits without spaces",          "431375491419310057508321023001", 1, 6, MUSTER_OK},
    {"takes digits in other groups",         "431-375-491-419-310-057-508-321-023-001", 1, 6, MUSTER_OK},
    {"takes some of the groups",             "05750 83210", 4, 5, MUSTER_OK},
    {"takes full-width digits and spaces",   "０５７５０　８３２１０", 4, 5, MUSTER_OK},
    {"takes full-width letters",             "ｍｅｒｒｙ　ｕｍｂｒｅｌｌａ", 3, 4, MUSTER_OK},
    {"refuses one other word",               "purchase sunny merry umbrella sadness estate soup swap local", 1, 9, MUSTER_EPAIRCODE},
    {"refuses words in another order",       "sunny purchase merry umbrella sadness estate soup swap lobster", 1, 9, MUSTER_EPAIRCODE},
    {"refuses a word cut short",             "merr umbrella", 3, 4, MUSTER_EPAIRCODE},
    {"refuses a word with more behind it",   "merryx umbrella", 3, 4, MUSTER_EPAIRCODE},
    {"refuses other words of the code",      "umbrella sadness", 3, 4, MUSTER_EPAIRCODE},
    {"refuses one other digit",              "43137 54914 19310 05750 83210 23002", 1, 6, MUSTER_EPAIRCODE},
    {"refuses other groups of the code",     "43137 54914", 2, 3, MUSTER_EPAIRCODE},
    {"does not understand nothing",          "", 1, 9, MUSTER_EUSAGE},
    {"does not understand blanks",           " - \n", 1, 9, MUSTER_EUSAGE},
    {"does not understand a word too few",   "purchase sunny merry umbrella sadness estate soup swap", 1, 9, MUSTER_EUSAGE},
    {"does not understand a word too many",  "merry umbrella sadness", 3, 4, MUSTER_EUSAGE},
    {"does not understand a digit too few",  "0575 83210", 4, 5, MUSTER_EUSAGE},
    {"does not understand a digit too many", "05750 832100", 4, 5, MUSTER_EUSAGE},
    {"does not understand a mixture",        "merry 05750", 3, 4, MUSTER_EUSAGE},
    {"does not understand other signs",      "merry, umbrella", 3, 4, MUSTER_EUSAGE},
    {"does not understand other letters",    "mérry umbrella", 3, 4, MUSTER_EUSAGE},
    {"does not understand broken UTF-8",     "merry \xff umbrella", 3, 4, MUSTER_EUSAGE},
    {"knows no group 0",                     "05750", 0, 0, MUSTER_EUSAGE},
    {"knows no group 7",                     "05750 83210", 6, 7, MUSTER_EUSAGE},
    {"knows no word 10",                     "merry umbrella", 9, 10, MUSTER_EUSAGE},
    {"knows no range backwards",             "merry", 4, 3, MUSTER_EUSAGE},
    {"knows no range without end",           "merry", 1, 4294967295u, MUSTER_EUSAGE},
};

static void test_pair_check_takes_what_was_spoken_and_nothing_else(void **state)
{
    (void)state;
    struct hash hash;
    assert_true(hex_to(hash.b, 32, code_hex));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("pair_check %s\n", cases[i].says);
        assert_int_equal(pair_check(&hash, cases[i].typed, cases[i].first, cases[i].last), cases[i].want);
    }
}

static void test_pair_check_bounds_what_is_typed(void **state)
{
    (void)state;
    struct hash hash;
    char typed[PAIR_TYPED_MAX + 2];
    assert_true(hex_to(hash.b, 32, code_hex));
    memset(typed, ' ', sizeof(typed));
    memcpy(typed, "05750", 5);
    typed[PAIR_TYPED_MAX] = '\0';
    assert_int_equal(pair_check(&hash, typed, 4, 4), MUSTER_OK);
    typed[PAIR_TYPED_MAX] = ' ';
    typed[PAIR_TYPED_MAX + 1] = '\0';
    assert_int_equal(pair_check(&hash, typed, 4, 4), MUSTER_EUSAGE);
    for (size_t i = 0; i < PAIR_TYPED_MAX; i++)
        typed[i] = i % 2 ? ' ' : 'a'; /* as many words as fit */
    typed[PAIR_TYPED_MAX] = '\0';
    assert_int_equal(pair_check(&hash, typed, 1, 9), MUSTER_EUSAGE);
    memset(typed, '9', PAIR_TYPED_MAX);
    assert_int_equal(pair_check(&hash, typed, 1, 6), MUSTER_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list_is_the_published_one),
        cmocka_unit_test(test_words_and_digits_are_the_published_ones),
        cmocka_unit_test(test_words_and_digits_agree),
        cmocka_unit_test(test_pair_check_takes_what_was_spoken_and_nothing_else),
        cmocka_unit_test(test_pair_check_bounds_what_is_typed),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
