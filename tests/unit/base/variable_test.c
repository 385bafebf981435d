/* variable_test.c — what is like a known variable and is none is found, and nothing else. */
#include "base/variable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_unknown_variables_are_found_in_their_order(void **state)
{
    static const char *const entries[] = {"PATH=/bin", "MUSTER_SPACE=flood", "MUSTER_SPACEE=flood", "MUSTER_TEST_ANY=1", "muster_space=x",
                                          "MUSTER_=x", "MUSTER_LONG=1",      "MUSTER_NAME",         "MUSTERD_X=1"};
    enum { COUNT = sizeof(entries) / sizeof(entries[0]), ENTRY_BYTES = 32 };
    static char text[COUNT][ENTRY_BYTES];
    char *environment[COUNT + 1] = {NULL};
    for (size_t i = 0; i < COUNT; i++)
        environment[i] = strcpy(text[i], entries[i]);
    static const char *const want[] = {"MUSTER_SPACEE", "MUSTER_", "MUSTER_NAME"};
    char name[VARIABLE_BYTES_MAX];
    size_t at = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(variable_unknown_next(environment, &at, name));
        assert_string_equal(name, want[i]);
    }
    assert_false(variable_unknown_next(environment, &at, name));
    at = 0;
    assert_false(variable_unknown_next(NULL, &at, name));
}

static void test_a_long_name_is_cut(void **state)
{
    char entry[3 * VARIABLE_BYTES_MAX], name[VARIABLE_BYTES_MAX];
    char *const environment[] = {entry, NULL};
    size_t at = 0;
    (void)state;
    memset(entry, 'X', sizeof(entry));
    memcpy(entry, VARIABLE_PREFIX, VARIABLE_PREFIX_BYTES);
    entry[sizeof(entry) - 1] = '\0';
    assert_true(variable_unknown_next(environment, &at, name));
    assert_int_equal(strlen(name), VARIABLE_BYTES_MAX - 1);
}

static void test_rows_have_the_prefix_and_stand_once(void **state)
{
    const struct variable *row, *other;
    (void)state;
    for (size_t i = 0; (row = variable_at(i)) != NULL; i++) {
        assert_memory_equal(row->name, VARIABLE_PREFIX, VARIABLE_PREFIX_BYTES);
        for (size_t k = 0; (other = variable_at(k)) != NULL; k++)
            assert_true(k == i || strcmp(row->name, other->name) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_variables_are_found_in_their_order),
        cmocka_unit_test(test_a_long_name_is_cut),
        cmocka_unit_test(test_rows_have_the_prefix_and_stand_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
