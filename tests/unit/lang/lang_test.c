#include "base/error.h"
#include "lang/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_BYTES = 512 };

/* --- a catalogue made here ----------------------------------------------------------------------------------------- */

static void number_put(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> 8 * i);
}

/* The .mo file of rows that are sorted by msgid; its length. */
static size_t file_make(uint8_t out[FILE_BYTES], const char *const rows[][2], size_t count)
{
    size_t at = 28 + 16 * count;
    memset(out, 0, FILE_BYTES);
    number_put(out, 0x950412de);
    number_put(out + 8, (uint32_t)count);
    number_put(out + 12, 28);
    number_put(out + 16, (uint32_t)(28 + 8 * count));
    for (size_t text = 0; text < 2; text++)
        for (size_t i = 0; i < count; i++) {
            uint8_t *row = out + 28 + text * 8 * count + 8 * i;
            number_put(row, (uint32_t)strlen(rows[i][text]));
            number_put(row + 4, (uint32_t)at);
            memcpy(out + at, rows[i][text], strlen(rows[i][text]) + 1);
            at += strlen(rows[i][text]) + 1;
        }
    return at;
}

static const char *const sentences[][2] = {{"", "Language: zh_CN\n"}, {"a sentence", "一句话"}, {"empty", ""}, {"people\004MISSING", "失踪"}};

static void test_find(void **state)
{
    static const struct {
        const char *says, *msgid, *want;
    } rows[] = {
        {"a sentence has its translation", "a sentence", "一句话"},
        {"one with a context is another one", "people\004MISSING", "失踪"},
        {"without its context it has none", "MISSING", NULL},
        {"an empty translation is none", "empty", NULL},
        {"the file's header is no sentence", "", NULL},
        {"what begins like one is not that one", "a sentenc", NULL},
        {"what goes on behind one is not that one", "a sentence.", NULL},
        {"what would come last", "zzz", NULL},
    };
    uint8_t bytes[FILE_BYTES];
    struct catalogue catalogue;
    (void)state;
    assert_true(catalogue_read(&catalogue, bytes, file_make(bytes, sentences, ARRAY_LEN(sentences))));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *found = catalogue_find(&catalogue, rows[i].msgid);
        print_message("%s\n", rows[i].says);
        if (rows[i].want)
            assert_string_equal(found, rows[i].want);
        else
            assert_null(found);
    }
}

/* A damaged file gives English sentences and nothing worse: every byte of it made large in turn, and every length. */
static void test_damage(void **state)
{
    uint8_t whole[FILE_BYTES], *bytes;
    struct catalogue catalogue;
    size_t len = file_make(whole, sentences, ARRAY_LEN(sentences)), found = 0;
    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        assert_non_null(bytes = malloc(cut + 1)); /* of its own, so that a sanitizer sees a step too far */
        memcpy(bytes, whole, cut);
        if (catalogue_read(&catalogue, bytes, cut) && catalogue_find(&catalogue, "people\004MISSING"))
            found++;
        free(bytes);
    }
    assert_int_equal(found, 0); /* the last sentence is only in the whole file */
    for (size_t place = 0; place < len; place++) {
        assert_non_null(bytes = malloc(len));
        memcpy(bytes, whole, len);
        bytes[place] ^= 0xff;
        if (catalogue_read(&catalogue, bytes, len))
            for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
                (void)catalogue_find(&catalogue, sentences[i][0]);
        free(bytes);
    }
    static const struct {
        const char *says;
        size_t place;
        uint32_t number;
    } rows[] = {{"another magic number", 0, 1}, {"a later revision", 4, 1}, {"more sentences than there can be", 8, 0x7fffffff},
                {"keys behind the end", 12, 0xfffffff0}, {"texts behind the end", 16, 0xfffffff0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t damaged[FILE_BYTES];
        print_message("%s\n", rows[i].says);
        memcpy(damaged, whole, len);
        number_put(damaged + rows[i].place, rows[i].number);
        assert_false(catalogue_read(&catalogue, damaged, len));
    }
}

/* --- the one that was built ---------------------------------------------------------------------------------------- */

static void test_languages(void **state)
{
    static const struct {
        const char *name;
        bool chinese;
    } rows[] = {{"zh", true}, {"zh-CN", true}, {"zh_CN.UTF-8", true}, {"en", false}, {"de_DE", false}, {"C.UTF-8", false}, {"", false}, {NULL, false}};
    (void)state;
    assert_string_equal(lang_text("yes"), "yes"); /* before anything is asked for */
    assert_true(lang_start());
    assert_true(lang_start());
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        lang_use(rows[i].name);
        print_message("%s\n", rows[i].name ? rows[i].name : "none");
        assert_int_equal(lang_name() != NULL, rows[i].chinese);
        assert_string_equal(lang_text("yes"), rows[i].chinese ? "是" : "yes");
        assert_string_equal(lang_text(NC_("people", "MISSING")), rows[i].chinese ? "失踪" : "MISSING");
        assert_string_equal(lang_text("no such sentence"), "no such sentence");
    }
    lang_use(NULL);
}

static void test_environment(void **state)
{
    static const char *const names[] = {"LANG", "LC_MESSAGES", "LC_ALL", "MUSTER_LANG"}; /* each counts before those in front of it */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    assert_null(lang_of_environment());
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv(names[i], names[i], 1);
        assert_string_equal(lang_of_environment(), names[i]);
    }
    setenv("MUSTER_LANG", "", 1);
    assert_string_equal(lang_of_environment(), "LC_ALL");
}

/* --- a sentence of the core ------------------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3))) keep(struct said *said, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    said_set(said, format, list);
    va_end(list);
}

static void test_said_keeps_arguments(void **state)
{
    struct said said;
    (void)state;
    keep(&said, "%s: %.3s has %zu of %d, %llu and %lld; %u%% %.*s %c", "name", "abcdef", (size_t)7, -3, 1ULL << 40, -(1LL << 40), 9U, 2, "xyz", '!');
    static const char *const want[] = {"name", "abc", "7", "-3", "1099511627776", "-1099511627776", "9", "xy", "!"};
    assert_int_equal(said.count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(said_argument(&said, i), want[i]);
    assert_string_equal(said_argument(&said, ARRAY_LEN(want)), "");
    char longer[2 * SAID_ARGUMENT_BYTES];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    keep(&said, "%s %s %s", longer, longer, "end"); /* cut where there is no more room, and no step further */
    assert_int_equal(strlen(said_argument(&said, 0)), SAID_ARGUMENT_BYTES - 1);
}

static void test_said_again(void **state)
{
    struct said said;
    char sentence[256] = "phase: \"x\" does not fit: write yes or no", want[256];
    (void)state;
    assert_true(lang_start());
    keep(&said, "%s: %s does not fit: %s", "phase", "\"x\"", "write yes or no");
    lang_use(NULL);
    lang_said(sentence, sizeof sentence, &said, "active");
    assert_string_equal(sentence, "phase: \"x\" does not fit: write yes or no"); /* English stays as it was composed */
    lang_use("zh");
    lang_said(sentence, sizeof sentence, &said, NULL);
    snprintf(want, sizeof want, lang_text("%s: %s does not fit: %s"), "phase", "\"x\"", lang_text("write yes or no"));
    assert_string_equal(sentence, want);
    assert_null(strstr(sentence, "yes or no")); /* an argument of several words is one of ours */
    lang_said(sentence, sizeof sentence, &said, "active");
    assert_non_null(strstr(sentence, "active"));
    char small[8] = "phase";
    lang_said(small, sizeof small, &said, "active"); /* cut, and terminated */
    assert_true(strlen(small) < sizeof small);
    char nothing[8] = "";
    lang_said(nothing, sizeof nothing, &said, NULL); /* no sentence was made: what `said` holds means nothing */
    assert_string_equal(nothing, "");
    lang_use(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_environment), cmocka_unit_test(test_languages),
        cmocka_unit_test(test_said_keeps_arguments), cmocka_unit_test(test_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
