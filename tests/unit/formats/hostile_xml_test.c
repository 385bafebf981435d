/* hostile_xml_test.c — files that want to hurt are refused, with their code, line and a sentence. */
#include "unit/formats/sample.h"

#include "formats/read/cap.h"
#include "formats/read/markup.h"

#define NS "xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\""

static const struct {
    const char *says, *text;
    enum muster_error want;
    size_t line;
} files[] = {
    {"an empty file", "", MUSTER_ETRUNCATED, 1},
    {"white space alone", " \n \n", MUSTER_EMARKUP, 3},
    {"a text", "hello\n", MUSTER_EMARKUP, 1},
    {"JSON", "{\"alert\":1}", MUSTER_EMARKUP, 1},
    {"an unclosed alert", "<alert " NS ">\n<identifier>1</identifier>\n", MUSTER_EMARKUP, 0},
    {"an alert that is cut in a tag", "<alert " NS ">\n<identi", MUSTER_EMARKUP, 2},
    {"crossed elements", "<alert " NS ">\n<a></b>\n</alert>", MUSTER_EMARKUP, 2},
    {"two alerts in one file", "<alert " NS "/>\n<alert " NS "/>", MUSTER_EMARKUP, 2},
    {"a bare &", "<alert " NS ">\n<sender>a & b</sender></alert>", MUSTER_EMARKUP, 2},
    {"an entity of nobody", "<alert " NS ">\n<sender>&lol;</sender></alert>", MUSTER_EMARKUP, 2},
    {"a control character by number", "<alert " NS ">\n<sender>&#1;</sender></alert>", MUSTER_EMARKUP, 2},
    {"a NUL by number", "<alert " NS ">\n<sender>&#0;</sender></alert>", MUSTER_EMARKUP, 2},
    {"a DOCTYPE", "<?xml version=\"1.0\"?>\n<!DOCTYPE alert>\n<alert " NS "/>", MUSTER_ESCHEMA, 2},
    {"an entity bomb",
     "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;&x;\"><!ENTITY z \"&y;&y;&y;&y;\">]>\n<alert " NS
     "><sender>&z;</sender></alert>",
     MUSTER_ESCHEMA, 1},
    {"an external entity",
     "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<alert " NS "><sender>&x;</sender></alert>",
     MUSTER_ESCHEMA, 1},
    {"an external DTD", "\n<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\"><alert " NS "/>", MUSTER_ESCHEMA, 2},
    {"a parameter entity", "<!DOCTYPE a [<!ENTITY % p SYSTEM \"/dev/zero\"> %p;]><alert/>", MUSTER_ESCHEMA, 1},
    {"an alert without namespace", "\n<alert><identifier>1</identifier></alert>", MUSTER_ESCHEMA, 2},
    {"an alert of another namespace", "<alert xmlns=\"urn:x\"/>", MUSTER_ESCHEMA, 1},
    {"an alert of an unbound prefix", "<cap:alert/>", MUSTER_ESCHEMA, 1},
    {"a feed", "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry/></feed>", MUSTER_ESCHEMA, 1},
    {"a web page", "<html><body>404</body></html>", MUSTER_ESCHEMA, 1},
    {"a Latin-1 declaration", "<?xml version=\"1.0\" encoding='ISO-8859-1'?>\n<alert " NS "/>", MUSTER_EENCODING, 1},
    {"an encoding of nobody", "<?xml version=\"1.0\" encoding=\"x-lol\"?><alert " NS "/>", MUSTER_EENCODING, 1},
    {"a Latin-1 byte", "<alert " NS ">\n<sender>caf\xe9</sender></alert>", MUSTER_EUTF8, 2},
    {"a surrogate in UTF-8", "<alert " NS ">\n\n<sender>\xed\xa0\x80</sender></alert>", MUSTER_EUTF8, 3},
    {"an overlong slash", "<alert " NS "><sender>\xc0\xaf</sender></alert>", MUSTER_EUTF8, 1},
    {"an unclosed comment", "<alert " NS ">\n<!-- <sender>", MUSTER_EMARKUP, 2},
    {"an unclosed CDATA", "<alert " NS ">\n<note><![CDATA[x</note></alert>", MUSTER_EMARKUP, 2},
    {"an attribute without quotes", "<alert " NS ">\n<note a=1/></alert>", MUSTER_EMARKUP, 2},
    {"an attribute twice", "<alert " NS ">\n<note a=\"1\" a=\"2\"/></alert>", MUSTER_EMARKUP, 2},
};

static void refuse(const char *says, const void *bytes, size_t len, enum muster_error want, size_t line)
{
    struct format_problem problem;
    json_t *items = NULL;
    enum muster_error got = cap_read(bytes, len, "evil.xml", &items, &problem);
    print_message("cap_read refuses %s\n", says);
    if (got != want || (line && problem.line != line))
        print_message("    got %s, line %zu: %s\n", error_name(got), problem.line, problem.sentence);
    assert_int_equal(got, want);
    assert_null(items);
    assert_int_equal(problem.code, want);
    if (line)
        assert_int_equal(problem.line, line);
    assert_true(problem.line > 0);
    assert_sentence(&problem);
}

static void test_hostile_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        refuse(files[i].says, files[i].text, strlen(files[i].text), files[i].want, files[i].line);
}

/* head, then `count` times `piece` (with its number if it has a %zu), then tail. */
static char *repeat(const char *head, const char *piece, size_t count, const char *tail)
{
    size_t n = 0, size = strlen(head) + count * (strlen(piece) + 12) + strlen(tail) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    n += (size_t)sprintf(text, "%s", head);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(piece, "a%zu=\"\" ") == 0)
            n += (size_t)sprintf(text + n, "a%zu=\"\" ", i);
        else
            n += (size_t)sprintf(text + n, "%s", piece);
    }
    sprintf(text + n, "%s", tail);
    return text;
}

static const struct {
    const char *says, *head, *piece, *tail;
    size_t count;
    enum muster_error want;
    size_t line;
} large[] = {
    {"200,000 attributes", "<alert " NS ">\n<note ", "a%zu=\"\" ", "/></alert>", 200000, MUSTER_ETOOBIG, 1},
    {"5,000 attributes", "<alert " NS ">\n<note ", "a%zu=\"\" ", "/></alert>", 5000, MUSTER_ETOOBIG, 2},
    {"nesting 40 deep", "<alert " NS "><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n", "<x>", "", 40,
     MUSTER_EDEPTH, 2},
    {"nesting 50,000 deep", "<alert " NS ">\n", "<x>", "", 50000, MUSTER_EDEPTH, 2},
    {"a text of 1 MB", "<alert " NS ">\n<note>", "0123456789abcdef", "</note></alert>", 65536, MUSTER_ETOOBIG, 1},
    {"a text of 200 kB", "<alert " NS ">\n<note>", "0123456789abcdef", "</note></alert>", 12500, MUSTER_ETOOBIG, 2},
    {"10,000 codes", "<alert " NS ">\n", "<code>1</code>", "</alert>", 10000, MUSTER_ETOOBIG, 2},
    {"20,000 broken elements", "<alert " NS ">\n", "<y/>", "</alert>", 20000, MUSTER_ESCHEMA, 2},
    {"a comment of 1 MB", "<!--\n", "0123456789abcdef", "-->", 65536, MUSTER_ETOOBIG, 1},
};

static void test_large_things_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(large); i++) {
        char *text = repeat(large[i].head, large[i].piece, large[i].count, large[i].tail);
        refuse(large[i].says, text, strlen(text), large[i].want, large[i].line);
        free(text);
    }
}

static void test_bytes_that_are_no_text_are_refused(void **state)
{
    static const char nul[] = "<alert " NS ">\n<sender>a\0b</sender></alert>";
    static const char wide[] = "\xff\xfe<\0a\0/\0>\0";
    static const char wide_big[] = "\xfe\xff\0<\0a";
    unsigned char all[256];
    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    refuse("a NUL byte", nul, sizeof nul - 1, MUSTER_EENCODING, 2);
    refuse("UTF-16", wide, sizeof wide - 1, MUSTER_EENCODING, 1);
    refuse("UTF-16 the other way round", wide_big, sizeof wide_big - 1, MUSTER_EENCODING, 1);
    refuse("all bytes there are", all, sizeof all, MUSTER_EENCODING, 1);
}

static void test_an_alert_cut_anywhere_is_refused(void **state)
{
    size_t len;
    unsigned char *bytes = sample_read("cap/oasis-1.2-appendix-a2.xml", &len);
    size_t end = len;
    (void)state;
    while (bytes[end - 1] != '>') /* only white space stands behind the last tag */
        end--;
    for (size_t cut = 0; cut < end; cut++) {
        struct format_problem problem;
        json_t *items = NULL;
        unsigned char *copy = malloc(cut + 1); /* a block of its own, so that a sanitizer sees the end */
        memcpy(copy, bytes, cut);
        enum muster_error got = cap_read(copy, cut, "cut.xml", &items, &problem);
        assert_true(got == MUSTER_EMARKUP || (got == MUSTER_ETRUNCATED && cut == 0));
        assert_null(items);
        assert_true(problem.line > 0);
        assert_sentence(&problem);
        free(copy);
    }
    free(bytes);
}

static void test_a_mark_in_front_is_no_matter(void **state)
{
    size_t len;
    unsigned char *bytes = sample_read("cap/oasis-1.2-appendix-a1.xml", &len), *marked = malloc(len + 3);
    struct format_problem problem;
    json_t *items = NULL;
    (void)state;
    memcpy(marked, "\xef\xbb\xbf", 3);
    memcpy(marked + 3, bytes, len);
    assert_int_equal(cap_read(marked, len + 3, NULL, &items, &problem), MUSTER_OK);
    assert_int_equal(json_array_size(items), 1);
    json_decref(items);
    free(marked);
    free(bytes);
}

static void test_quoted_text_cannot_play_with_the_terminal(void **state)
{
    static const char text[] = "<alert " NS ">\n<identifier>a\xe2\x80\xae b</identifier></alert>";
    struct format_problem problem;
    json_t *items = NULL;
    (void)state;
    assert_int_equal(cap_read(text, sizeof text - 1, "x\033[2J.xml", &items, &problem), MUSTER_ESCHEMA);
    assert_null(strstr(problem.sentence, "\xe2\x80\xae"));
    assert_non_null(strstr(problem.sentence, "<U+202E>"));
    assert_null(strchr(problem.file, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_files_are_refused),
        cmocka_unit_test(test_large_things_are_refused),
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused),
        cmocka_unit_test(test_an_alert_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_mark_in_front_is_no_matter),
        cmocka_unit_test(test_quoted_text_cannot_play_with_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
