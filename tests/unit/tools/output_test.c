/* mirrors tools/view.c, screen.c, value.c, failure.c: hostile text in every form, and widths that fit. */
#include "tools/failure.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/view.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVIL "\x1b[31mred\xe2\x80\xae\xc2\x9bx\nnew=line" /* escape, right-to-left override, C1, line end */

static json_t *answer_make(const char *name, bool exercise)
{
    json_t *fields = json_pack("{s:s, s:s, s:[s], s:s, s:i}", "name", name, "phase", "active", "category",
                               "Met", "severity", "Severe", "affected", 12000);
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:o}", "id", "0190f2c30190f2c30190f2c30190f2c3",
                  "short", "inc-7k2q9", "kind", "incident", "owner", "id", "11", "name", "宜宾市应急管理局",
                  "changed", "2020-03-01T14:00:00Z", "fields", fields);
    return json_pack("{s:{s:s, s:s, s:b}, s:{s:{s:s}, s:s}, s:{s:s, s:i, s:i, s:[{s:{s:s}, s:s}]}, s:[o]}",
                     "space", "id", "ab", "name", "flood", "exercise", exercise, "node", "agency", "name",
                     "Yibin", "name", "yibin-1", "complete", "as_of", "2020-03-01T14:05:00Z", "logs", 37,
                     "of", 41, "silent", "agency", "name", "Red Cross", "since", "2020-03-01T11:20:00Z",
                     "items", item);
}

/* What view_list prints of a list of incidents, and its exit code. */
static char *list_print(enum output output, enum lang lang, bool excel, bool strict, json_t *answer,
                        int *code)
{
    static struct record_view view;
    struct tool tool = {
        .set = {.output = output, .lang = lang, .excel = excel, .strict = strict},
        .width = 80,
        .err = stderr
    };
    char *text = NULL;
    size_t len = 0;
    assert_true(lang_start());
    lang_use(lang == LANG_ZH ? "zh" : NULL);
    tool.out = open_memstream(&text, &len);
    record_view_fill(&view, kind_by_name("incident"));
    if (output == OUTPUT_TABLE)
        records_mark(&tool, json_object_get(answer, "items"));
    *code = view_list(&tool, answer, &view.view);
    fclose(tool.out);
    json_decref(answer);
    return text;
}

static const enum output all_outputs[] = {OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_ID};

static void test_nothing_steers_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_outputs); i++) {
        int code;
        char *text = list_print(all_outputs[i], LANG_EN, false, false, answer_make(EVIL, false), &code);
        assert_null(strchr(text, '\x1b'));
        assert_null(strstr(text, "\xe2\x80\xae"));
        assert_null(strstr(text, "\xc2\x9b"));
        free(text);
    }
}

static void test_json_keeps_the_value(void **state)
{
    int code;
    (void)state;
    char *text =
        list_print(OUTPUT_JSON, LANG_EN, false, false, answer_make(EVIL "\xf3\xa0\x81\x81", false), &code);
    json_t *back = json_loads(text, JSON_REJECT_DUPLICATES, NULL),
           *want = answer_make(EVIL "\xf3\xa0\x81\x81", false);
    assert_int_equal(json_integer_value(json_object_get(back, "muster")), 1);
    assert_true(json_equal(json_object_get(back, "items"), json_object_get(want, "items")));
    assert_null(strstr(text, "\xf3\xa0\x81\x81")); /* a tag character is written as a pair of surrogates */
    json_decref(back);
    json_decref(want);
    free(text);
}

static const struct {
    const char *says, *name, *cell;
} csv_cases[] = {
    {"disarms a formula",          "=1+1",         "\"'=1+1\""      },
    {"disarms an at sign",         "@SUM(A1)",     "\"'@SUM(A1)\""  },
    {"quotes a comma and a quote", "a,\"b\"",      "\"a,\"\"b\"\"\""},
    {"keeps Chinese as it is",     "岷江洪水", "岷江洪水"   },
};

static void test_csv_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(csv_cases); i++) {
        int code;
        char *text =
                 list_print(OUTPUT_CSV, LANG_EN, true, false, answer_make(csv_cases[i].name, false), &code),
             want[128];
        print_message("csv %s\n", csv_cases[i].says);
        snprintf(want, sizeof want, "c3,incident,%s,active,", csv_cases[i].cell);
        assert_memory_equal(text,
                            "\xEF\xBB\xBF"
                            "id,kind,name,phase,",
                            22);
        if (!strstr(text, want))
            fail_msg("no \"%s\" in:\n%s", want, text);
        free(text);
    }
}

static void test_tsv_has_one_line_a_row(void **state)
{
    int code;
    size_t lines = 0, tabs = 0, tabs_first = 0;
    (void)state;
    char *text = list_print(OUTPUT_TSV, LANG_EN, false, false, answer_make("a\tb\nc\\d", false), &code);
    for (const char *at = text; *at; at++) {
        lines += *at == '\n';
        tabs += *at == '\t';
        if (lines == 0)
            tabs_first = tabs;
    }
    assert_int_equal(lines, 2);
    assert_int_equal(tabs, 2 * tabs_first);
    assert_non_null(strstr(text, "a\\tb\\nc\\\\d"));
    free(text);
}

static const struct {
    const char *says, *rows;
    enum output output;
    const char *want;
} row_cases[] = {
    {"csv has the named members",            "items: step ok message", OUTPUT_CSV, "step,ok,message\r\ntcp,false,\"a, b\"\r\ncurve,true,\r\n"},
    {"tsv too",                              "items: step message",    OUTPUT_TSV, "step\tmessage\ntcp\ta, b\ncurve\t\n"                      },
    {"id is the first column",               "items: step ok",         OUTPUT_ID,  "tcp\ncurve\n"                                              },
    {"an answer can be the one row",         "name about.size",        OUTPUT_CSV, "name,about.size\r\nx,7\r\n"                                },
    {"a row that nothing names has no id",   "- about.size",           OUTPUT_ID,  ""                                                          },
    {"a row that nothing names has columns", "- about.size",           OUTPUT_CSV, "about.size\r\n7\r\n"                                       },
};

static void test_rows_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row_cases); i++) {
        struct tool tool = {.set = {.output = row_cases[i].output}, .width = 80, .err = stderr};
        char *text = NULL;
        size_t len = 0;
        tool.out = open_memstream(&text, &len);
        json_t *answer = json_pack("{s:s, s:{s:i}, s:[{s:s, s:b, s:s}, {s:s, s:b}]}", "name", "x", "about", "size", 7, "items", "step", "tcp", "ok", 0,
                                   "message", "a, b", "step", "curve", "ok", 1);
        print_message("%s\n", row_cases[i].says);
        assert_true(view_rows(&tool, answer, row_cases[i].rows));
        tool.set.output = OUTPUT_TABLE;
        assert_false(view_rows(&tool, answer, row_cases[i].rows)); /* a person gets the screen */
        fclose(tool.out);
        assert_string_equal(text, row_cases[i].want);
        json_decref(answer);
        free(text);
    }
}

static void test_every_line_of_a_table_fits(void **state)
{
    static const char *const names[] = {
        "x", "岷江洪水岷江洪水岷江洪水岷江洪水岷江洪水岷江洪水岷江洪水岷江洪水", EVIL EVIL EVIL,
        "a very long name of a very long flood on a very long river in a long year"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
            int code;
            char *text = list_print(OUTPUT_TABLE, (enum lang)lang, false, false, answer_make(names[i], false),
                                    &code),
                 *rest = text, *line;
            assert_non_null(
                strstr(text, lang == LANG_ZH ? "严重" : "Severe")); /* severity is never left out */
            assert_non_null(strstr(text, "inc-7k2q9"));
            while ((line = strsep(&rest, "\n")))
                if (screen_width(line) > 80)
                    fail_msg("%zu columns: %s", screen_width(line), line);
            free(text);
        }
}

static void test_the_head_of_a_list(void **state)
{
    int code;
    (void)state;
    char *text = list_print(OUTPUT_TABLE, LANG_EN, false, false, answer_make("x", false), &code);
    assert_int_equal(strncmp(text, "flood  ACTUAL  node yibin-1 (Yibin)  ", 37), 0);
    assert_non_null(
        strstr(text, "\ncomplete as of 2020-03-01 14:05Z for 37 of 41 logs; Red Cross silent since"));
    assert_true(strstr(text, "complete as of") < strstr(text, "inc-7k2q9")); /* at the head */
    assert_int_equal(code, 0);
    free(text);
    text = list_print(OUTPUT_TABLE, LANG_ZH, false, true, answer_make("x", true), &code);
    assert_int_equal(
        strncmp(text, "flood  EXERCISE 演练  节点 yibin-1", strlen("flood  EXERCISE 演练  节点 yibin-1")), 0);
    assert_int_equal(code, EXIT_INCOMPLETE); /* --strict */
    free(text);
}

static void test_screen_cut(void **state)
{
    static const struct {
        const char *says, *text;
        size_t width;
        const char *want;
    } rows[] = {
        {"keeps what fits",               "abc",          3, "abc"   },
        {"cuts with a sign",              "abcdef",       4, "abc…"},
        {"never halves a wide character", "岷江洪水", 4, "岷…"},
        {"keeps wide ones that fit",      "岷江",       4, "岷江"}
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", rows[i].text);
        print_message("screen_cut %s\n", rows[i].says);
        assert_string_equal(screen_cut(text, rows[i].width), rows[i].want);
    }
}

static void test_failure_shapes(void **state)
{
    struct fault fault;
    char *text = NULL;
    size_t len = 0;
    (void)state;
    lang_use(NULL);
    fault_set(&fault, MUSTER_ENOTFOUND, "no %s", EVIL);
    fault_why(&fault, "because");
    fault_step(&fault, "muster list");
    FILE *stream = open_memstream(&text, &len);
    failure_print(stream, &fault, false);
    fclose(stream);
    assert_null(strchr(text, '\x1b'));
    assert_int_equal(strncmp(text, "muster: no <U+001B>", 19), 0);
    assert_non_null(strstr(text, "\n  why:  because\n  do:   muster list\n  code: ENOTFOUND\n"));
    free(text);
    stream = open_memstream(&text, &len);
    failure_print(stream, &fault, true);
    fclose(stream);
    json_t *json = json_loads(text, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "error"), "exit")), 3);
    assert_int_equal(strchr(text, '\n') - text, (long)strlen(text) - 1); /* one line */
    json_decref(json);
    free(text);
}

static void test_a_reason_that_repeats_is_left_out(void **state)
{
    struct fault fault;
    char *text = NULL;
    size_t len = 0;
    (void)state;
    fault_set(&fault, MUSTER_ENOTFOUND, "inc-zzzzz: nothing has this name or id here");
    fault_why(&fault, "nothing has this name or id here");
    FILE *stream = open_memstream(&text, &len);
    failure_print(stream, &fault, false);
    fclose(stream);
    assert_null(strstr(text, "why:"));
    free(text);
}

static void test_a_command_to_paste_stays_in_one_line(void **state)
{
    static const char command[] = "muster agreement propose \"Red Cross\" --space flood-2026 name=\"Jinsha flood\" kinds=incident tlp_max=TLP:AMBER";
    static const char sentence[] = "muster space knows: create, list, show, use, log, right, remove, suspend, lift, policy, approve";
    struct fault fault;
    char *text = NULL, *rest, *line;
    size_t len = 0, longest = 0;
    (void)state;
    fault_set(&fault, MUSTER_EUSAGE, "no");
    fault_why(&fault, "%s", sentence);
    fault_step(&fault, "%s", command);
    FILE *stream = open_memstream(&text, &len);
    failure_print(stream, &fault, false);
    fclose(stream);
    assert_non_null(strstr(text, command));
    assert_null(strstr(text, sentence));
    for (rest = text; (line = strsep(&rest, "\n"));)
        if (!strstr(line, command) && strlen(line) > longest)
            longest = strlen(line);
    assert_true(longest <= 80);
    free(text);
}

static void test_a_table_of_nothing(void **state)
{
    static const struct column columns[] = {{"name", "NAME", 0, NULL}};
    static const struct {
        const char *says, *none, *want;
    } rows[] = {{"says what there is not", "no lots", "no lots\n"}, {"or nothing", NULL, ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct view view = {.columns = columns, .count = 1, .none = rows[i].none};
        struct tool tool = {.width = 80, .err = stderr};
        char *text = NULL;
        size_t len = 0;
        json_t *items = json_array();
        tool.out = open_memstream(&text, &len);
        view_table(&tool, items, &view);
        fclose(tool.out);
        print_message("%s\n", rows[i].says);
        assert_string_equal(text, rows[i].want);
        free(text);
        json_decref(items);
    }
}

static void test_time_short(void **state)
{
    static const char *const rows[][2] = {
        {"2020-03-01T14:05:09Z",      "2020-03-01 14:05Z"     },
        {"2020-03-01T14:05:09+08:00", "2020-03-01 14:05+08:00"},
        {"2020-03-01T14:05:09.123Z",  "2020-03-01 14:05Z"     },
        {"yesterday",                 "yesterday"             },
        {"",                          ""                      }
    };
    char out[VALUE_TIME_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        time_short(out, rows[i][0]);
        assert_string_equal(out, rows[i][1]);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_steers_a_terminal),
        cmocka_unit_test(test_json_keeps_the_value),
        cmocka_unit_test(test_csv_cells),
        cmocka_unit_test(test_tsv_has_one_line_a_row),
        cmocka_unit_test(test_rows_in_words),
        cmocka_unit_test(test_every_line_of_a_table_fits),
        cmocka_unit_test(test_the_head_of_a_list),
        cmocka_unit_test(test_screen_cut),
        cmocka_unit_test(test_failure_shapes),
        cmocka_unit_test(test_a_reason_that_repeats_is_left_out),
        cmocka_unit_test(test_a_command_to_paste_stays_in_one_line),
        cmocka_unit_test(test_a_table_of_nothing),
        cmocka_unit_test(test_time_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
