/* words_test.c — what a text is found by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/object/words.h"

#include <stdio.h>
#include <string.h>

struct line {
    char text[8192];
    size_t len;
};

static bool add(void *user, struct bytes word)
{
    struct line *line = user;
    int wrote = snprintf(line->text + line->len, sizeof(line->text) - line->len, "%s%.*s", line->len ? "|" : "", (int)word.len,
                         (const char *)word.at);
    line->len += (size_t)wrote;
    return line->len + 300 < sizeof(line->text);
}

static struct bytes text(const char *from)
{
    return (struct bytes){(const uint8_t *)from, strlen(from)};
}

static const struct {
    const char *says, *from, *words, *query;
} cases[] = {
    {"cuts English at what is no letter", "Dike breach, Yibin!", "dike|breach|yibin", "dike|breach|yibin"},
    {"folds case and width", "ＦＬＯＯＤ Straße", "flood|strasse", "flood|strasse"},
    {"makes pairs of Chinese and keeps each character", "泸州水位", "泸|泸州|州|州水|水|水位|位", "泸州|州水|水位"},
    {"searches one character alone", "桥", "桥", "桥"},
    {"cuts between scripts", "GB2260=511500号", "gb2260|511500|号", "gb2260|511500|号"},
    {"keeps digits and letters together", "pump DN150 4in", "pump|dn150|4in", "pump|dn150|4in"},
    {"composes accents", "Caf\x65\xcc\x81", "caf\xc3\xa9", "caf\xc3\xa9"},
    {"folds Cyrillic and Greek", "МОСТ ΝΕΡΌ", "мост|νερό", "мост|νερό"},
    {"makes pairs of Thai", "น้ำ", NULL, NULL},
    {"takes half-width Katakana for the whole", "ﾎﾟﾝﾌﾟ", "ポ|ポン|ン|ンプ|プ", "ポン|ンプ"},
    {"finds nothing in signs", "— … !? \xe3\x80\x82", "", ""},
    {"finds nothing in an empty text", "", "", ""},
    {"finds nothing in what is no UTF-8", "ab\xff" "cd", "", ""},
    {"drops what hides inside a word", "flo\xe2\x80\x8b" "od", "flood", "flood"},
};

static void test_words_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct line words = {.len = 0}, query = {.len = 0};
        print_message("words_walk %s\n", cases[i].says);
        words_walk(text(cases[i].from), false, add, &words);
        words_walk(text(cases[i].from), true, add, &query);
        if (!cases[i].words) {
            assert_true(words.len > query.len && query.len > 0);
            continue;
        }
        assert_string_equal(words.text, cases[i].words);
        assert_string_equal(query.text, cases[i].query);
    }
}

static const struct {
    const char *says, *text, *query;
    bool found;
} found[] = {
    {"finds a whole word", "The dike has failed", "DIKE", true},
    {"does not find a piece of a word", "The dikes have failed", "dike", false},
    {"finds a run of Chinese inside another", "宜宾市泸州水位上涨", "泸州水位", true},
    {"does not find pairs that stand apart", "泸州 州水 水位", "泸州水位", false},
    {"does not find across an end of sentence", "宜宾。泸州", "宾泸", false},
    {"finds a number as a whole", "code 511500", "511500", true},
    {"does not find a number inside another", "code 5115001", "511500", false},
    {"finds Latin that stands in Chinese", "需要pump三台", "Pump", true},
};

static void test_words_piece_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(found); i++) {
        char flat[4096], query[4096];
        size_t len = words_flat(flat, sizeof(flat), text(found[i].text)), wanted = words_flat(query, sizeof(query), text(found[i].query));
        print_message("words_piece_in %s\n", found[i].says);
        assert_true(wanted > 2);
        struct bytes piece = {(const uint8_t *)query + 1, wanted - 2}; /* one piece: spaces stand around it */
        assert_int_equal(words_piece_in((struct bytes){(const uint8_t *)flat, len}, piece), found[i].found);
    }
}

/* One letter of the longest compatibility form, again and again: bounded, and nothing beyond the array is touched. */
static void test_words_of_a_text_that_swells(void **state)
{
    (void)state;
    static char swelling[WORDS_TEXT_BYTES + 1];
    struct line words = {.len = 0};
    for (size_t at = 0; at + 3 <= WORDS_TEXT_BYTES; at += 3)
        memcpy(swelling + at, "\xef\xb7\xba", 3);
    words_walk(text(swelling), false, add, &words);
    assert_true(words.len > 0);
}

static void test_words_end_with_the_bound(void **state)
{
    (void)state;
    static char longer[2 * WORDS_TEXT_BYTES];
    struct line words = {.len = 0};
    memset(longer, ' ', sizeof(longer) - 1);
    memcpy(longer, "first", 5);
    memcpy(longer + WORDS_TEXT_BYTES + 10, "beyond", 6);
    words_walk(text(longer), false, add, &words);
    assert_string_equal(words.text, "first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_walk),
        cmocka_unit_test(test_words_piece_in),
        cmocka_unit_test(test_words_of_a_text_that_swells),
        cmocka_unit_test(test_words_end_with_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
