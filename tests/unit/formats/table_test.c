/* table_test.c — cells, lines and delimiters of text files. */
#include "unit/formats/sample.h"

#include "formats/read/decode.h"
#include "formats/read/table.h"

static const struct {
    const char *says, *text;
    enum muster_error want;
    size_t rows, cells; /* of the first row */
    size_t last_line;   /* where the last row begins */
    const char *last;   /* its first cell */
} tables[] = {
    {"commas", "a,b,c\n1,2,3\n", MUSTER_OK, 2, 3, 2, "1"},
    {"semicolons", "a;b,x;c\n1;2;3\n", MUSTER_OK, 2, 3, 2, "1"},
    {"tabs", "a\tb\tc\n1\t\t3\n", MUSTER_OK, 2, 3, 2, "1"},
    {"one column", "a\n1\n2\n", MUSTER_OK, 3, 1, 3, "2"},
    {"no line end at the end", "a,b\n1,2", MUSTER_OK, 2, 2, 2, "1"},
    {"lines of DOS", "a,b\r\n1,2\r\n", MUSTER_OK, 2, 2, 2, "1"},
    {"lines of an old Mac", "a,b\r1,2\r3,4\r", MUSTER_OK, 3, 2, 3, "3"},
    {"empty lines between rows", "a,b\n\n\n1,2\n\n", MUSTER_OK, 2, 2, 4, "1"},
    {"a delimiter inside quotes", "\"a;;;;\",b\n\"1,1\",2\n", MUSTER_OK, 2, 2, 2, "1,1"},
    {"a line end inside quotes", "a,b\n\"1\n\n1\",2\n3,4\n", MUSTER_OK, 3, 2, 5, "3"},
    {"doubled quotes", "a,b\n\"say \"\"no\"\"\",2\n", MUSTER_OK, 2, 2, 2, "say \"no\""},
    {"white space around cells", " a , b \n\" 1 \", 2\n", MUSTER_OK, 2, 2, 2, "1"},
    {"empty cells", ",,\n,,\n", MUSTER_OK, 2, 3, 2, ""},
    {"nothing", "", MUSTER_ETRUNCATED, 0, 0, 1, NULL},
    {"empty lines alone", "\n\n\n", MUSTER_ETRUNCATED, 0, 0, 1, NULL},
    {"a quote that is never closed", "a,b\n1,2\n\"3,4\n5,6\n", MUSTER_EMARKUP, 0, 0, 4, NULL},
    {"text behind a closing quote", "a,b\n\"1\"x,2\n", MUSTER_EMARKUP, 0, 0, 2, NULL},
    {"a quote inside a bare cell", "a,b\n5\" pipe,2\n", MUSTER_EMARKUP, 0, 0, 2, NULL},
};

static void test_table_read_finds_rows_and_their_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct table table;
        struct format_problem problem;
        print_message("table_read meets %s\n", tables[i].says);
        assert_int_equal(table_read(&table, tables[i].text, strlen(tables[i].text), "t.csv", &problem), tables[i].want);
        assert_int_equal(table.row_count, tables[i].rows);
        if (tables[i].want == MUSTER_OK) {
            const struct table_row *last = &table.rows[table.row_count - 1];
            assert_int_equal(table.rows[0].count, tables[i].cells);
            assert_int_equal(last->line, tables[i].last_line);
            assert_string_equal(table_cell(&table, last, 0), tables[i].last);
            assert_string_equal(table_cell(&table, last, 99), "");
        } else {
            assert_int_equal(problem.line, tables[i].last_line);
            assert_sentence(&problem);
        }
        table_clear(&table);
    }
}

static void test_table_read_keeps_its_bounds(void **state)
{
    struct table table;
    struct format_problem problem;
    size_t size = TABLE_BYTES_MAX + 16;
    char *text = malloc(size);
    (void)state;
    memset(text, 'a', size);
    assert_int_equal(table_read(&table, text, size, NULL, &problem), MUSTER_ETOOBIG);
    memcpy(text, "x,y\n", 4);
    text[TABLE_CELL_BYTES_MAX + 5] = '\n';
    assert_int_equal(table_read(&table, text, TABLE_CELL_BYTES_MAX + 6, NULL, &problem), MUSTER_OK);
    assert_false(table.rows[0].too_long);
    assert_true(table.rows[1].too_long);
    table_clear(&table);
    memset(text, ',', 100);
    text[99] = '\n';
    assert_int_equal(table_read(&table, text, 100, NULL, &problem), MUSTER_ETOOBIG);
    for (size_t i = 0; i < size; i += 2)
        memcpy(text + i, "a\n", 2);
    assert_int_equal(table_read(&table, text, 2 * (TABLE_ROWS_MAX + 1), NULL, &problem), MUSTER_ETOOBIG);
    assert_int_equal(table_read(&table, text, 2 * TABLE_ROWS_MAX, NULL, &problem), MUSTER_OK);
    assert_int_equal(table.row_count, TABLE_ROWS_MAX);
    table_clear(&table);
    free(text);
}

static const struct {
    const char *says, *bytes;
    enum text_encoding encoding;
    enum muster_error want;
    size_t line;
    const char *text;
} texts[] = {
    {"plain text", "abc", TEXT_UTF8, MUSTER_OK, 0, "abc"},
    {"UTF-8", "caf\xc3\xa9", TEXT_UTF8, MUSTER_OK, 0, "caf\xc3\xa9"},
    {"UTF-8 with a mark", "\xef\xbb\xbf" "abc", TEXT_UTF8, MUSTER_OK, 0, "abc"},
    {"nothing", "", TEXT_UTF8, MUSTER_OK, 0, ""},
    {"Latin-1 that is not said to be", "a\nb\ncaf\xe9\n", TEXT_UTF8, MUSTER_EUTF8, 3, NULL},
    {"Latin-1 that is said to be", "a\ncaf\xe9", TEXT_LATIN1, MUSTER_OK, 0, "a\ncaf\xc3\xa9"},
    {"a mixture", "caf\xc3\xa9\ncaf\xe9\n", TEXT_UTF8, MUSTER_EENCODING, 2, NULL},
    {"a mixture that is said to be Latin-1", "caf\xe9\ncaf\xc3\xa9\n", TEXT_LATIN1, MUSTER_EENCODING, 2, NULL},
    {"UTF-8 that is said to be Latin-1", "caf\xc3\xa9\n", TEXT_LATIN1, MUSTER_EENCODING, 1, NULL},
    {"Windows-1252 that is said to be Latin-1", "a\n\x93quote\x94\n", TEXT_LATIN1, MUSTER_EENCODING, 2, NULL},
    {"UTF-16", "\xff\xfe" "a", TEXT_UTF8, MUSTER_EENCODING, 1, NULL},
};

static void test_decode_text_takes_what_it_can_and_names_the_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct format_problem problem;
        size_t len = 99;
        char *text = NULL;
        print_message("decode_text meets %s\n", texts[i].says);
        assert_int_equal(decode_text(texts[i].bytes, strlen(texts[i].bytes), texts[i].encoding, "t", &text, &len, &problem),
                         texts[i].want);
        if (texts[i].text) {
            assert_string_equal(text, texts[i].text);
            assert_int_equal(len, strlen(text));
        } else {
            assert_null(text);
            assert_int_equal(problem.line, texts[i].line);
            assert_sentence(&problem);
        }
        free(text);
    }
}

static void test_numbers_are_exact_or_refused(void **state)
{
    static const struct {
        const char *text;
        bool want;
        int64_t nano;
    } numbers[] = {
        {"0", true, 0}, {"12.5", true, 12500000000}, {"-0.000000001", true, -1}, {"+7", true, 7000000000},
        {"999999999.999999999", true, 999999999999999999}, {"1.0000000009", true, 1000000000},
        {"", false, 0}, {"-", false, 0}, {".5", false, 0}, {"5.", false, 0}, {"1e3", false, 0}, {"1,5", false, 0},
        {"0x10", false, 0}, {"nan", false, 0}, {"1 ", false, 0}, {"1000000000", false, 0},
        {"1.0000000000000000001", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t nano = 42;
        print_message("nano_parse \"%s\"\n", numbers[i].text);
        assert_int_equal(nano_parse(numbers[i].text, strlen(numbers[i].text), &nano), numbers[i].want);
        assert_true(nano == (numbers[i].want ? numbers[i].nano : 42));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_read_finds_rows_and_their_lines),
        cmocka_unit_test(test_table_read_keeps_its_bounds),
        cmocka_unit_test(test_decode_text_takes_what_it_can_and_names_the_line),
        cmocka_unit_test(test_numbers_are_exact_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
