/* mirrors base/text.c */
#include "base/text.h"
#include "unit/base/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *says, *text;
    bool want;
} blanks[] = {
    {"of nothing is not blank",            "",                         false},
    {"of one space is blank",              " ",                        true },
    {"of tabs and line ends is blank",     "\t\r\n",                   true },
    {"of the widest space is blank",       "\u3000",                   true },
    {"of spaces that do not break is blank", "\u00a0\u202f",           true },
    {"of marks without width is blank",    "\u200b\u200e\ufeff",       true },
    {"with one letter is not",             " \u3000x ",                false},
    {"with one character is not",          "\u3000\u6865",             false},
    {"with a byte that is none is not",    " \xff",                     false},
};

static const struct {
    const char *says, *text;
    uint32_t want;
} controls[] = {
    {"of nothing has none",                 "",                  0     },
    {"in English has none",                 "Tent ~ 5",          0     },
    {"in Chinese has none",                 "\u5e10\u7bf7\u3000",  0     },
    {"that is read from right to left has none", "\u200fabc",    0     },
    {"of two lines has one",                "a\nb",              0x0a  },
    {"with a tab has one",                  "a\tb",              0x09  },
    {"that colours a terminal has one",     "a\x1b[31m",         0x1b  },
    {"with a delete has one",               "a\x7f",             0x7f  },
    {"with a C1 character has one",         "a\xc2\x85",        0x85  },
    {"with a separator of lines has one",   "\u5e10\u2028",      0x2028},
    {"with a separator of paragraphs has one", "\u2029",         0x2029},
};

static void test_text_control(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
        print_message("a text %s\n", controls[i].says);
        assert_int_equal(text_control(controls[i].text, strlen(controls[i].text)), controls[i].want);
    }
}

static void test_text_is_blank(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(blanks); i++) {
        print_message("a text %s\n", blanks[i].says);
        assert_int_equal(text_is_blank(blanks[i].text, strlen(blanks[i].text)), blanks[i].want);
    }
    assert_false(text_is_blank(NULL, 0));
}

typedef size_t escape_fn(char *out, size_t size, const void *text, size_t len);

static const struct {
    const char *says, *bytes;
    size_t len;
    bool want;
} utf8s[] = {
    {"takes nothing",                       "", 0, true},
    {"takes Latin",                         "Brücke", 7, true},
    {"takes Chinese",                       "桥", 3, true},
    {"takes the last code point",           "\xf4\x8f\xbf\xbf", 4, true},
    {"takes the one before the surrogates", "\xed\x9f\xbf", 3, true},
    {"refuses NUL",                         "a\0b", 3, false},
    {"takes a long plain text",             "0123456789abcdef~0123456789", 27, true},
    {"takes Chinese behind plain text",     "0123456789\xe6\xa1\xa5", 13, true},
    {"refuses NUL within plain text",       "01234\0006789abcdef", 17, false},
    {"refuses NUL behind plain text",       "0123456789abcdef\0", 17, false},
    {"refuses 0xff behind plain text",      "0123456789abcdef\xff", 17, false},
    {"refuses NUL in two bytes",            "\xc0\x80", 2, false},
    {"refuses a slash in two bytes",        "\xc0\xaf", 2, false},
    {"refuses a slash in three bytes",      "\xe0\x80\xaf", 3, false},
    {"refuses a slash in four bytes",       "\xf0\x80\x80\xaf", 4, false},
    {"refuses a surrogate",                 "\xed\xa0\x80", 3, false},
    {"refuses beyond the last code point",  "\xf4\x90\x80\x80", 4, false},
    {"refuses five bytes",                  "\xf8\x88\x80\x80\x80", 5, false},
    {"refuses a lone continuation",         "\x80", 1, false},
    {"refuses a missing continuation",      "\xe6\xa1", 2, false},
    {"refuses a start in the middle",       "\xe6\xe6\xa1\xa5", 4, false},
    {"refuses 0xff",                        "\xff", 1, false},
};

static void test_text_is_utf8_is_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(utf8s); i++) {
        print_message("text_is_utf8 %s\n", utf8s[i].says);
        assert_int_equal(text_is_utf8(utf8s[i].bytes, utf8s[i].len), utf8s[i].want);
    }
    assert_true(text_is_utf8(NULL, 0));
}

static const struct {
    escape_fn *escape;
    const char *says, *text, *want;
} cases[] = {
    {text_for_terminal, "terminal: leaves words as they are",      "Wasser 水 🚑", "Wasser 水 🚑"},
    {text_for_terminal, "terminal: one line stays one line",       "a\nb\tc\r", "a b c "},
    {text_for_terminal, "terminal: shows an escape sequence",      "\x1b[2J", "<U+001B>[2J"},
    {text_for_terminal, "terminal: shows DEL",                     "\x7f", "<U+007F>"},
    {text_for_terminal, "terminal: shows the C1 form of ESC [",    "\xc2\x9b" "2J", "<U+009B>2J"},
    {text_for_terminal, "terminal: shows a raw C1 byte as broken", "\x9b" "2J", "\xef\xbf\xbd" "2J"},
    {text_for_terminal, "terminal: shows bidi override",           "a\u202eb", "a<U+202E>b"},
    {text_for_terminal, "terminal: shows bidi isolate",            "a\u2066b\u2069", "a<U+2066>b<U+2069>"},
    {text_for_terminal, "terminal: shows bidi marks",              "\u200e\u200f\u061c", "<U+200E><U+200F><U+061C>"},
    {text_for_terminal, "terminal: shows zero width",              "a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"},
    {text_for_terminal, "terminal: shows line separators",         "a\u2028b\u2029", "a<U+2028>b<U+2029>"},
    {text_for_terminal, "terminal: shows tag characters",          "a\U000e0041", "a<U+E0041>"},
    {text_for_terminal, "terminal: shows empty letters",           "\u3164\u115f\uffa0", "<U+3164><U+115F><U+FFA0>"},
    {text_for_terminal, "terminal: broken UTF-8 is one sign",      "a\xe6\xa1", "a\ufffd\ufffd"},
    {text_for_markup,   "markup: escapes its five signs",          "<a href='x'>\"&", "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"},
    {text_for_markup,   "markup: keeps lines and tabs",            "a\n\tb", "a\n\tb"},
    {text_for_markup,   "markup: keeps a bare carriage return",   "a\rb\r\n", "a&#13;b&#13;\n"},
    {text_for_markup,   "markup: replaces what XML forbids",       "\x01\x1b\ufffe\uffff", "\ufffd\ufffd\ufffd\ufffd"},
    {text_for_markup,   "markup: replaces broken UTF-8",           "\xc0\xbc", "\ufffd\ufffd"},
    {text_for_csv,      "csv: leaves a plain cell",                "ten tents", "ten tents"},
    {text_for_csv,      "csv: quotes separators",                  "a,b", "\"a,b\""},
    {text_for_csv,      "csv: quotes the other separator",         "a;b", "\"a;b\""},
    {text_for_csv,      "csv: doubles quotes",                     "a\"b", "\"a\"\"b\""},
    {text_for_csv,      "csv: quotes lines",                       "a\nb", "\"a\nb\""},
    {text_for_csv,      "csv: disarms a formula",                  "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""},
    {text_for_csv,      "csv: an apostrophe before a formula gets another", "'=1", "\"''=1\""},
    {text_for_csv,      "csv: other apostrophes stay",             "'tis", "'tis"},
    {text_for_csv,      "csv: an apostrophe before a number stays", "'-12", "'-12"},
    {text_for_csv,      "csv: disarms plus",                       "+1+cmd", "\"'+1+cmd\""},
    {text_for_csv,      "csv: disarms minus",                      "-1-cmd", "\"'-1-cmd\""},
    {text_for_csv,      "csv: disarms at",                         "@SUM(A1)", "\"'@SUM(A1)\""},
    {text_for_csv,      "csv: disarms a tab before a formula",     "\t=1", "\"'\t=1\""},
    {text_for_csv,      "csv: disarms a return before a formula",  "\r=1", "\"'\r=1\""},
    {text_for_csv,      "csv: disarms a line before a formula",    "\n=1", "\"'\n=1\""},
    {text_for_csv,      "csv: disarms a full-width formula",       "＝1+1", "\"'＝1+1\""},
    {text_for_csv,      "csv: disarms a lone minus",               "-", "\"'-\""},
    {text_for_csv,      "csv: leaves a negative number",           "-12.5", "-12.5"},
    {text_for_csv,      "csv: leaves a signed number",             "+3", "+3"},
    {text_for_csv,      "csv: quotes outer blanks",                " a", "\" a\""},
    {text_for_csv,      "csv: an empty cell is empty",             "", ""},
    {text_for_log,      "log: quotes",                             "a b", "\"a b\""},
    {text_for_log,      "log: no field can be forged",             "x\" level=\"ok", "\"x\\\" level=\\\"ok\""},
    {text_for_log,      "log: no line can be forged",              "a\nb", "\"a\\u000ab\""},
    {text_for_log,      "log: escapes its own escape",             "a\\n", "\"a\\\\n\""},
    {text_for_log,      "log: shows bidi and controls",            "\u202e\x1b\x7f", "\"\\u202e\\u001b\\u007f\""},
    {text_for_log,      "log: keeps all bits of tag characters",   "\U000e0041", "\"\\U000e0041\""},
    {text_for_log,      "log: an empty value is two quotes",       "", "\"\""},
};

static void test_text_is_escaped_for_where_it_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[200];
        print_message("%s\n", cases[i].says);
        size_t len = cases[i].escape(got, sizeof(got), cases[i].text, strlen(cases[i].text));
        assert_string_equal(got, cases[i].want);
        assert_int_equal(len, strlen(cases[i].want));
    }
}

static escape_fn *const escapes[] = {text_for_terminal, text_for_markup, text_for_csv, text_for_log};

/* In a buffer of every size: the same wanted length, never beyond the end, whole characters, and (but for the
 * closing quote of a log value) the beginning of the whole text. */
static void test_a_cut_ends_at_a_whole_character(void **state)
{
    (void)state;
    static const char text[] = "水\u202e<\"\\'🚑\xff\U000e0041=z";
    for (size_t e = 0; e < ARRAY_LEN(escapes); e++) {
        char whole[200], got[202];
        size_t want = escapes[e](whole, sizeof(whole), text, strlen(text));
        assert_int_equal(want, strlen(whole));
        assert_int_equal(escapes[e](NULL, 0, text, strlen(text)), want);
        for (size_t size = 1; size <= want + 1; size++) {
            memset(got, 'Z', sizeof(got));
            assert_int_equal(escapes[e](got, size, text, strlen(text)), want);
            size_t len = strlen(got);
            assert_true(len < size && got[size] == 'Z');
            assert_true(text_is_utf8(got, len));
            if (escapes[e] == text_for_log && len) {
                assert_true(len >= 2 && got[len - 1] == '"');
                len--;
            }
            assert_memory_equal(got, whole, len);
            assert_true(size < want + 1 || strcmp(got, whole) == 0);
            assert_true(size < 12 || len + 12 > size); /* no piece is longer than 11 bytes: little is wasted */
        }
    }
}

/* Whatever bytes come: valid UTF-8 goes out, and for terminals and logs no control character. */
static void test_no_bytes_get_through_unescaped(void **state)
{
    (void)state;
    struct chance chance = {99};
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        char got[400];
        size_t len = chance_below(&chance, sizeof(bytes) + 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(chance_below(&chance, 3) ? chance_u64(&chance) >> 32 : 0x80 + chance_below(&chance, 0x40));
        for (size_t e = 0; e < ARRAY_LEN(escapes); e++) {
            size_t wanted = escapes[e](got, sizeof(got), bytes, len);
            assert_true(wanted < sizeof(got));
            assert_true(text_is_utf8(got, wanted));
            if (escapes[e] == text_for_markup)
                assert_null(strpbrk(got, "<>\"'"));
            if (escapes[e] != text_for_terminal && escapes[e] != text_for_log)
                continue;
            for (const uint8_t *at = (const uint8_t *)got, *end = at + wanted; at < end;) {
                uint32_t c = text_next(&at, end);
                assert_true(c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !(c >= 0x2028 && c <= 0x202e));
            }
        }
    }
}

static void test_empty_text_may_be_null(void **state)
{
    (void)state;
    char got[8];
    for (size_t e = 0; e < ARRAY_LEN(escapes); e++) {
        escapes[e](got, sizeof(got), NULL, 0);
        assert_string_equal(got, escapes[e] == text_for_log ? "\"\"" : "");
    }
}

static void test_text_next_always_moves_on(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {'a', 0xff, 0xe6, 0xa1, 0xa5, 0xf0, 0x9f};
    static const uint32_t want[] = {'a', 0xfffd, 0x6865, 0xfffd, 0xfffd};
    const uint8_t *at = bytes;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(text_next(&at, bytes + sizeof(bytes)), want[i]);
    assert_ptr_equal(at, bytes + sizeof(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_utf8_is_strict),
        cmocka_unit_test(test_text_is_blank),
        cmocka_unit_test(test_text_control),
        cmocka_unit_test(test_text_is_escaped_for_where_it_goes),
        cmocka_unit_test(test_a_cut_ends_at_a_whole_character),
        cmocka_unit_test(test_no_bytes_get_through_unescaped),
        cmocka_unit_test(test_empty_text_may_be_null),
        cmocka_unit_test(test_text_next_always_moves_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
