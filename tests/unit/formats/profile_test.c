/* profile_test.c — tables of stock, organisations' resources and hospitals become resources. */
#include "unit/formats/sample.h"

#include "formats/read/hospital.h"
#include "formats/read/org_resource.h"
#include "formats/read/stock.h"
#include "formats/read/unit.h"

static struct format_problems problems; /* 30 kB: not for the stack */

static json_t *fields_of(json_t *items, size_t i)
{
    return json_object_get(json_array_get(items, i), "fields");
}

static const char *text_of(json_t *items, size_t i, const char *field)
{
    return json_string_value(json_object_get(fields_of(items, i), field));
}

static const char *key_of(json_t *items, size_t i)
{
    return json_string_value(json_object_get(json_array_get(items, i), "key"));
}

static json_t *read_stock(const char *text, enum muster_error want, size_t refused)
{
    json_t *items = NULL;
    assert_int_equal(stock_read(text, strlen(text), "t.csv", TEXT_UTF8, &items, &problems), want);
    assert_int_equal(problems.total, refused);
    return items;
}

/* ---- real files ---- */

typedef enum muster_error read_fn(const void *, size_t, const char *, enum text_encoding, json_t **,
                                  struct format_problems *);

static const struct {
    const char *file;
    read_fn *read;
    size_t items, probe;
    const char *field, *want;
} real[] = {
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "name", "Bath Towel"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "quantity", "11000"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "unit", "{pcs}"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "unit_text", "pcs"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "site", "NROC Warehouse C"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 0, "currency", "PHP"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 15, "unit_value", "15.59395833"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 16, "tracking", "FO-12005"},
    {"resources/eden-warehouse_stock.csv", stock_read, 152, 10, "unit", "kg"},
    {"resources/eden-org_resource.csv", org_resource_read, 7, 0, "name", "Digger, Indiana Department of Homeland Security"},
    {"resources/eden-org_resource.csv", org_resource_read, 7, 0, "resource_type", "Digger"},
    {"resources/eden-org_resource.csv", org_resource_read, 7, 6, "quantity", "12"},
    {"resources/eden-org_resource.csv", org_resource_read, 7, 6, "country", "US"},
    {"resources/eden-hospital.csv", hospital_read, 90, 0, "name", "Tubmanburg Government Hospital - Holding Centre"},
    {"resources/eden-hospital.csv", hospital_read, 90, 0, "facility_status", "Normal"},
    {"resources/eden-hospital.csv", hospital_read, 90, 0, "status_text", "Functional"},
    {"resources/eden-hospital.csv", hospital_read, 90, 0, "resource_type", "hospital"},
    {"resources/eden-hospital.csv", hospital_read, 90, 1, "status", "Unknown"},
    {"resources/eden-hospital.csv", hospital_read, 90, 3, "lat", "7.02794"},
};

static void test_real_tables_become_resources(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real); i++) {
        size_t len;
        unsigned char *bytes = sample_read(real[i].file, &len);
        json_t *items = NULL;
        print_message("row %zu of %s has %s %s\n", real[i].probe, real[i].file, real[i].field, real[i].want);
        assert_int_equal(real[i].read(bytes, len, real[i].file, TEXT_UTF8, &items, &problems), MUSTER_OK);
        assert_int_equal(problems.total, 0);
        assert_int_equal(json_array_size(items), real[i].items);
        assert_non_null(text_of(items, real[i].probe, real[i].field));
        assert_string_equal(text_of(items, real[i].probe, real[i].field), real[i].want);
        assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "kind")), "resource");
        json_decref(items);
        free(bytes);
    }
}

static void test_missing_is_not_zero(void **state)
{
    size_t len;
    unsigned char *bytes = sample_read("resources/eden-hospital.csv", &len);
    json_t *items = NULL;
    (void)state;
    assert_int_equal(hospital_read(bytes, len, "h", TEXT_UTF8, &items, &problems), MUSTER_OK);
    assert_int_equal(json_integer_value(json_object_get(fields_of(items, 0), "beds_total")), 12);
    assert_null(json_object_get(fields_of(items, 1), "beds_total"));
    assert_null(json_object_get(fields_of(items, 1), "facility_status")); /* Pending: not sure what it is */
    assert_string_equal(text_of(items, 1, "status_text"), "Pending");
    json_decref(items);
    free(bytes);
}

static void test_keys_are_one_a_row_and_the_same_next_time(void **state)
{
    static const char *const files[] = {"resources/eden-hospital.csv", "resources/eden-warehouse_stock.csv"};
    static read_fn *const reads[] = {hospital_read, stock_read};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        size_t len;
        unsigned char *bytes = sample_read(files[i], &len);
        json_t *first = NULL, *second = NULL, *seen = json_object();
        assert_int_equal(reads[i](bytes, len, NULL, TEXT_UTF8, &first, &problems), MUSTER_OK);
        assert_int_equal(reads[i](bytes, len, NULL, TEXT_UTF8, &second, &problems), MUSTER_OK);
        for (size_t k = 0; k < json_array_size(first); k++) {
            assert_string_equal(key_of(first, k), key_of(second, k));
            assert_true(strlen(key_of(first, k)) <= 200);
            json_object_set_new(seen, key_of(first, k), json_true());
        }
        assert_int_equal(json_object_size(seen), json_array_size(first));
        json_decref(seen);
        json_decref(first);
        json_decref(second);
        free(bytes);
    }
}

static void test_a_key_follows_the_contents_and_not_their_form(void **state)
{
    static const char *const forms[] = {
        "Item Name,Quantity,Comments\nTent,5,\"dry, new\"\n",
        "\xef\xbb\xbfQuantity;Item Name;Comments\r\n5;\"Tent\";dry, new\r\n",
        "item_name\tqty\tcomments\n Tent \t5\tdry, new",
        "#item,#item+quantity,#description\nTent,5,\"dry, new\"\n",
    };
    (void)state;
    json_t *first = read_stock(forms[0], MUSTER_OK, 0);
    for (size_t i = 1; i < ARRAY_LEN(forms); i++) {
        json_t *other = read_stock(forms[i], MUSTER_OK, 0);
        assert_string_equal(key_of(first, 0), key_of(other, 0));
        assert_true(json_equal(fields_of(first, 0), fields_of(other, 0)));
        json_decref(other);
    }
    json_t *changed = read_stock("Item Name,Quantity,Comments\nTent,6,\"dry, new\"\n", MUSTER_OK, 0);
    assert_string_not_equal(key_of(first, 0), key_of(changed, 0));
    json_t *twice = read_stock("Item Name,Quantity,Comments\nTent,5,\"dry, new\"\nTent,5,\"dry, new\"\n", MUSTER_OK, 0);
    assert_string_equal(key_of(first, 0), key_of(twice, 0));
    assert_int_equal(strlen(key_of(twice, 1)), strlen(key_of(first, 0)) + 2);
    assert_string_equal(key_of(twice, 1) + strlen(key_of(first, 0)), "-2");
    json_decref(first);
    json_decref(changed);
    json_decref(twice);
}

/* ---- rows ---- */

static const struct {
    const char *says, *row; /* under Item Name,Quantity,Unit,Lat,Lon,Country */
    enum muster_error want;
    const char *field, *value; /* of a row that goes in */
} rows[] = {
    {"takes a full row", "Tent,5,pcs,29.5,103.7,cn", MUSTER_OK, "country", "CN"},
    {"takes a row without quantity", "Tent,,,,,", MUSTER_OK, "name", "Tent"},
    {"keeps a country's name as a comment", "Tent,5,,,,China", MUSTER_OK, "comments", "Country: China"},
    {"keeps a unit that it does not know", "Tent,5,drum,,,", MUSTER_OK, "unit", "{drum}"},
    {"keeps an unusual unit in words alone", "Tent,5,big {box},,,", MUSTER_OK, "unit_text", "big {box}"},
    {"takes a plus", "Tent,5,,+29.5,,", MUSTER_OK, "lat", "29.5"},
    {"refuses fewer cells", "Tent,5,pcs", MUSTER_ECOLUMNS, NULL, NULL},
    {"refuses more cells", "Tent,5,pcs,1,2,CN,x", MUSTER_ECOLUMNS, NULL, NULL},
    {"refuses a row without name", ",5,pcs,,,", MUSTER_EMISSING, NULL, NULL},
    {"refuses words for a number", "Tent,many,pcs,,,", MUSTER_EBADVALUE, "Quantity", NULL},
    {"refuses a comma in a number", "Tent,\"1,500\",pcs,,,", MUSTER_EBADVALUE, "Quantity", NULL},
    {"refuses less than nothing", "Tent,-5,pcs,,,", MUSTER_EBADVALUE, "Quantity", NULL},
    {"refuses a latitude of 91", "Tent,5,pcs,91,0,", MUSTER_EBADVALUE, "Lat", NULL},
    {"refuses a longitude of 181", "Tent,5,pcs,0,181,", MUSTER_EBADVALUE, "Lon", NULL},
};

static void test_a_bad_row_is_refused_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[400];
        bool good = rows[i].want == MUSTER_OK;
        snprintf(text, sizeof text, "Item Name,Quantity,Unit,Lat,Lon,Country\nBoat,1,pcs,,,\n%s\nRope,9,m,,,\n", rows[i].row);
        print_message("stock_read %s\n", rows[i].says);
        json_t *items = read_stock(text, MUSTER_OK, good ? 0 : 1);
        assert_int_equal(json_array_size(items), good ? 3 : 2);
        if (good) {
            assert_non_null(text_of(items, 1, rows[i].field));
            assert_string_equal(text_of(items, 1, rows[i].field), rows[i].value);
        } else {
            assert_int_equal(problems.at[0].code, rows[i].want);
            assert_int_equal(problems.at[0].line, 3);
            if (rows[i].field)
                assert_string_equal(problems.at[0].field, rows[i].field);
            assert_sentence(&problems.at[0]);
        }
        json_decref(items);
    }
}

static void test_many_bad_rows_are_counted(void **state)
{
    char text[4096] = "Item Name,Quantity\n";
    (void)state;
    for (size_t i = 0; i < PROBLEMS_MAX + 20; i++)
        strcat(text, "Tent,x\n");
    json_t *items = read_stock(text, MUSTER_OK, PROBLEMS_MAX + 20);
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_int_equal(problems.at[PROBLEMS_MAX - 1].line, PROBLEMS_MAX + 1);
    assert_int_equal(json_array_size(items), 0);
    json_decref(items);
}

static void test_long_texts_stand_whole_in_the_comments(void **state)
{
    char text[1200], name[401];
    (void)state;
    memset(name, 'n', 400);
    name[400] = '\0';
    snprintf(text, sizeof text, "Item Name,Quantity\n%s,1\n", name);
    json_t *items = read_stock(text, MUSTER_OK, 0);
    assert_int_equal(strlen(text_of(items, 0, "name")), 256);
    assert_non_null(strstr(text_of(items, 0, "comments"), name));
    json_decref(items);
}

/* ---- headings ---- */

static const struct {
    const char *says, *text;
    enum muster_error want;
    size_t line;
    const char *sentence;
} headings[] = {
    {"refuses a heading that it does not know", "Item Name,Quantity,Colour\nTent,1,red\n", MUSTER_ECOLUMNS, 1, "\"Colour\""},
    {"names the columns found", "Item Name,Quantity,Colour\nTent,1,red\n", MUSTER_ECOLUMNS, 1, "found: Item Name, Quantity, Colour"},
    {"names the columns expected", "Item Name,Colour\n", MUSTER_ECOLUMNS, 1, "Item Name, Quantity, Unit of Measure"},
    {"refuses a table without quantity", "Item Name,Warehouse\nTent,A\n", MUSTER_ECOLUMNS, 1, "\"Quantity\" is missing"},
    {"refuses a table without headings", "Tent,5\nBoat,6\n", MUSTER_ECOLUMNS, 1, "missing"},
    {"refuses an empty file", "", MUSTER_ETRUNCATED, 1, "empty"},
    {"refuses Latin-1", "Item Name,Quantity\nCaf\xe9,1\n", MUSTER_EUTF8, 2, "latin1"},
    {"refuses a mixture", "Item Name,Quantity\nCaf\xe9,1\nCaf\xc3\xa9,1\n", MUSTER_EENCODING, 2, "mixes"},
    {"refuses a stray quote", "Item Name,Quantity\nTent,\"1\nBoat,2\n", MUSTER_EMARKUP, 3, "line 2"},
};

static void test_a_table_that_is_not_understood_is_refused_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headings); i++) {
        print_message("stock_read %s\n", headings[i].says);
        json_t *items = read_stock(headings[i].text, headings[i].want, 1);
        assert_null(items);
        assert_int_equal(problems.count, 1);
        assert_int_equal(problems.at[0].line, headings[i].line);
        if (!strstr(problems.at[0].sentence, headings[i].sentence))
            print_message("    %s\n", problems.at[0].sentence);
        assert_non_null(strstr(problems.at[0].sentence, headings[i].sentence));
    }
}

static void test_tags_are_preferred_to_headings(void **state)
{
    static const char text[] = "Was?,Wieviel?,Wo?,Farbe\n#item+name,#item +quantity,#loc,#indicator+colour\nTent,5,Leshan,red\n";
    (void)state;
    json_t *items = read_stock(text, MUSTER_OK, 0);
    assert_int_equal(json_array_size(items), 1);
    assert_string_equal(text_of(items, 0, "name"), "Tent");
    assert_string_equal(text_of(items, 0, "quantity"), "5");
    assert_string_equal(text_of(items, 0, "site"), "Leshan");
    assert_string_equal(text_of(items, 0, "comments"), "#indicator+colour: red"); /* nothing is lost */
    json_decref(items);
}

static void test_latin1_is_read_when_it_is_said(void **state)
{
    static const char text[] = "Item Name,Quantity\nCaf\xe9,1\n";
    json_t *items = NULL;
    (void)state;
    assert_int_equal(stock_read(text, sizeof text - 1, "t", TEXT_LATIN1, &items, &problems), MUSTER_OK);
    assert_string_equal(text_of(items, 0, "name"), "Caf\xc3\xa9");
    json_decref(items);
}

static void test_units_become_ucum(void **state)
{
    static const struct {
        const char *word, *unit;
    } units[] = {{"kg", "kg"},     {"KGS", "kg"},    {"g", "g"},       {"L", "L"},       {"litres", "L"}, {"pcs", "{pcs}"},
                 {"box", "{box}"}, {"bx", "{box}"},  {"bags", "{bag}"}, {"cs", "{case}"}, {"pck", "{pack}"}, {"Unit", "{unit}"},
                 {"drum", "{drum}"}, {"", ""},       {"two words", ""}, {"a{b}", ""},     {"\xe7\xae\xb1", ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        char unit[UNIT_BYTES] = "?";
        print_message("unit_from_text \"%s\" is \"%s\"\n", units[i].word, units[i].unit);
        assert_int_equal(unit_from_text(unit, units[i].word), units[i].unit[0] != '\0');
        assert_string_equal(unit, units[i].unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_tables_become_resources),
        cmocka_unit_test(test_missing_is_not_zero),
        cmocka_unit_test(test_keys_are_one_a_row_and_the_same_next_time),
        cmocka_unit_test(test_a_key_follows_the_contents_and_not_their_form),
        cmocka_unit_test(test_a_bad_row_is_refused_alone),
        cmocka_unit_test(test_many_bad_rows_are_counted),
        cmocka_unit_test(test_long_texts_stand_whole_in_the_comments),
        cmocka_unit_test(test_a_table_that_is_not_understood_is_refused_whole),
        cmocka_unit_test(test_tags_are_preferred_to_headings),
        cmocka_unit_test(test_latin1_is_read_when_it_is_said),
        cmocka_unit_test(test_units_become_ucum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
