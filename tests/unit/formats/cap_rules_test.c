/* cap_rules_test.c — the table of CAP is in order, and references are cut where they should be. */
#include "unit/formats/sample.h"

#include "formats/read/cap_rules.h"

static void test_the_table_hangs_together(void **state)
{
    size_t count;
    const struct cap_row *rows = cap_rows(&count);
    (void)state;
    assert_true(count > 50 && count <= CAP_ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t same = 0, parents = 0;
        assert_true(rows[i].from <= rows[i].to);
        assert_int_equal(rows[i].type == CAP_TOKEN, rows[i].tokens != NULL);
        assert_true(rows[i].max == CAP_MANY || rows[i].min <= rows[i].max);
        for (size_t k = 0; k < count; k++) {
            same += strcmp(rows[k].name, rows[i].name) == 0 && strcmp(rows[k].parent, rows[i].parent) == 0 &&
                    rows[k].from <= rows[i].to && rows[i].from <= rows[k].to;
            parents += rows[k].type == CAP_GROUP && strcmp(rows[k].name, rows[i].parent) == 0;
        }
        assert_int_equal(same, 1); /* one row for a name, a parent and a version */
        assert_int_equal(parents > 0, rows[i].parent[0] != '\0');
    }
}

static void test_references_are_cut_into_triples(void **state)
{
    static const struct {
        const char *says, *text;
        size_t words, triples;
    } cases[] = {
        {"nothing in an empty text", "", 0, 0},
        {"nothing in white space", " \n\t ", 0, 0},
        {"one triple", "a,b,c", 1, 1},
        {"triples on several lines", "a,b,c\n  d,e,f\td,e,g ", 3, 3},
        {"no triple of two parts", "a,b", 1, 0},
        {"no triple of four parts", "a,b,c,d", 1, 0},
        {"no triple with an empty part", ",b,c a,,c a,b,", 3, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *at = cases[i].text;
        struct cap_reference reference;
        size_t words = 0, triples = 0;
        bool triple;
        print_message("cap_reference_next finds %s\n", cases[i].says);
        for (; cap_reference_next(&at, &reference, &triple); words++)
            triples += triple;
        assert_int_equal(words, cases[i].words);
        assert_int_equal(triples, cases[i].triples);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_hangs_together),
        cmocka_unit_test(test_references_are_cut_into_triples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
