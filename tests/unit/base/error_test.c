/* mirrors base/error.c: the table is the contract of the wire and of every message a person reads */
#include "base/error.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Numbers as they stand in the table, in its order. */
static const int numbers[] = {
#define X(code, number, exit_code, what, remedy) (number),
    MUSTER_ERRORS(X)
#undef X
};

static void test_numbers_are_dense_and_unique(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LEN(numbers), MUSTER_ERROR_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        assert_int_equal(numbers[i], i);
}

static void sentence(const char *text)
{
    size_t len = strlen(text);
    assert_true(len >= 4 && !isspace((unsigned char)text[0]) && !isspace((unsigned char)text[len - 1]));
    assert_true(text[len - 1] != '.'); /* the screen joins what and remedy itself */
    assert_null(strstr(text, "  "));
}

static void test_every_error_says_what_happened_and_what_to_do(void **state)
{
    (void)state;
    for (int i = 0; i < MUSTER_ERROR_COUNT; i++) {
        enum muster_error error = (enum muster_error)i;
        assert_int_equal(error_by_name(error_name(error)), error);
        sentence(error_what(error));
        if (error != MUSTER_OK) {
            assert_int_equal(error_name(error)[0], 'E');
            sentence(error_remedy(error));
            for (int j = 1; j < i; j++)
                assert_string_not_equal(error_what(error), error_what((enum muster_error)j));
        }
        assert_true(error == MUSTER_OK ? error_exit(error) == 0 : error_exit(error) > 0 && error_exit(error) < 64);
    }
}

/* Numbers of a newer version come over the wire. */
static void test_unknown_numbers_have_words_too(void **state)
{
    (void)state;
    static const int unknown[] = {MUSTER_ERROR_COUNT, 65535, -1};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_string_equal(error_name((enum muster_error)unknown[i]), "EUNKNOWN");
        sentence(error_what((enum muster_error)unknown[i]));
        sentence(error_remedy((enum muster_error)unknown[i]));
        assert_int_equal(error_exit((enum muster_error)unknown[i]), 1);
    }
    assert_int_equal(error_by_name("EUNHEARDOF"), MUSTER_EINTERNAL);
    assert_int_equal(error_by_name(""), MUSTER_EINTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_dense_and_unique),
        cmocka_unit_test(test_every_error_says_what_happened_and_what_to_do),
        cmocka_unit_test(test_unknown_numbers_have_words_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
