/* sniff_test.c — a file is recognised by its contents. */
#include "unit/formats/sample.h"

#include "formats/read/sniff.h"

static const struct {
    const char *file;
    enum format_kind want;
} real[] = {
    {"cap/google-canada.cap", FORMAT_CAP},
    {"cap/google-invalid.cap", FORMAT_CAP},
    {"cap/nws-5c2cf27b.xml", FORMAT_CAP},
    {"cap/ipaws-5e6dd964.xml", FORMAT_CAP},
    {"resources/eden-warehouse_stock.csv", FORMAT_STOCK},
    {"resources/eden-org_resource.csv", FORMAT_ORG_RESOURCE},
    {"resources/eden-hospital.csv", FORMAT_HOSPITAL},
    {"hxl/input-valid-latin1.csv", FORMAT_UNKNOWN},
    {"hxl/input-untagged.csv", FORMAT_UNKNOWN},
};

static void test_sniff_knows_real_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real); i++) {
        size_t len;
        unsigned char *bytes = sample_read(real[i].file, &len);
        struct format_problem problem;
        print_message("sniff takes %s for %s\n", real[i].file, format_kind_name(real[i].want));
        assert_int_equal(sniff(real[i].file, bytes, len, &problem), real[i].want);
        if (real[i].want == FORMAT_UNKNOWN)
            assert_sentence(&problem);
        else
            assert_string_equal(problem.sentence, "");
        free(bytes);
    }
}

static const struct {
    const char *says, *text;
    enum format_kind want;
} texts[] = {
    {"an empty file is unknown", "", FORMAT_UNKNOWN},
    {"white space is unknown", " \r\n\t", FORMAT_UNKNOWN},
    {"a mark alone is unknown", "\xef\xbb\xbf", FORMAT_UNKNOWN},
    {"a web page is unknown", "<html></html>", FORMAT_UNKNOWN},
    {"prose is unknown", "Dear all, please find attached\nnothing\n", FORMAT_UNKNOWN},
    {"bytes are unknown", "\x01\x02\xff\xfe", FORMAT_UNKNOWN},
    {"headings with a mark are known", "\xef\xbb\xbfItem Name;Quantity\nTent;5\n", FORMAT_STOCK},
    {"headings alone are known", "Item Name,Quantity", FORMAT_STOCK},
    {"a stock list with a strange column is one", "Item Name,Quantity,Colour\n", FORMAT_STOCK},
    {"a stock list in Latin-1 is one", "Item Name,Quantity\nCaf\xe9,1\n", FORMAT_STOCK},
    {"a stock list with a broken quote is one", "Item Name,Quantity\n\"Tent,1\n", FORMAT_STOCK},
    {"a stock list of mixed encodings is one", "Item Name,Quantity\nCaf\xe9,1\nCaf\xc3\xa9,2\n", FORMAT_STOCK},
    {"tags are known", "x,y\n#item,#item+quantity\n", FORMAT_STOCK},
};

static void test_sniff_judges_by_contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct format_problem problem;
        print_message("%s\n", texts[i].says);
        assert_int_equal(sniff("any.name", texts[i].text, strlen(texts[i].text), &problem), texts[i].want);
        if (texts[i].want == FORMAT_UNKNOWN)
            assert_sentence(&problem);
    }
}

static void test_kinds_have_names(void **state)
{
    (void)state;
    for (int kind = FORMAT_CAP; kind <= FORMAT_HOSPITAL; kind++)
        assert_int_equal(format_kind_by_name(format_kind_name((enum format_kind)kind)), kind);
    assert_int_equal(format_kind_by_name("pdf"), FORMAT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sniff_knows_real_files),
        cmocka_unit_test(test_sniff_judges_by_contents),
        cmocka_unit_test(test_kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
