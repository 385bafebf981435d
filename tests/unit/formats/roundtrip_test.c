/* roundtrip_test.c — what an exporter writes its reader reads: every field of every kind, and hostile texts in all of
 * them. */
#include "unit/formats/hostile_texts.h"
#include "unit/formats/sample.h"

#include "formats/read/reader.h"
#include "formats/write/export.h"

enum { ID_HEX = 32 };
#define ID "0190f2c3000102030405060708090a0b"
#define OTHER "0190f2c3aaaaaaaaaaaaaaaaaaaaaaaa"

/* --- an object that says everything ---------------------------------------------------------------------------------- */

static const char *formed(enum field_form form, const char *text)
{
    switch (form) {
    case FORM_ANY:
        return text;
    case FORM_UCUM:
        return "{tent}";
    case FORM_GLIDE:
        return "FL-2026-000093-CHN";
    case FORM_COUNTRY:
        return "CN";
    case FORM_CURRENCY:
        return "CNY";
    case FORM_PAIR:
        return "name=a;b\\c";
    default:
        return "1";
    }
}

static json_t *value_of(const struct kind *kind, const struct field *field, const char *text)
{
    const char *last = "";
    for (size_t i = 0; field->tokens && field->tokens[i]; i++)
        last = field->tokens[i];
    switch (field->type) {
    case FIELD_TEXT:
        return json_string(formed(field->form, text));
    case FIELD_TOKEN:
        for (size_t i = 0; (field->flags & FIELD_STATE) && i < kind->step_count; i++)
            if (!kind->steps[i].from)
                return json_string(kind->steps[i].to);
        return json_string(last);
    case FIELD_TOKENS:
        return json_pack("[s, s]", field->tokens[0], last);
    case FIELD_TEXTS:
        return json_pack("[s, s]", formed(field->form, text), "a;b\\c");
    case FIELD_INT:
        return json_integer(12);
    case FIELD_DECIMAL:
        return json_string(field->form == FORM_ANY ? "12.50" : "28.5");
    case FIELD_TIME:
        return json_string("2026-05-01T08:00:00+08:00");
    case FIELD_POINT:
        return json_string("28.5,104.25");
    case FIELD_AREA:
        return json_pack("[s, s]", "POLYGON 10,20 10,21 11,21 10,20", "CIRCLE 32.9,-115.5 20");
    case FIELD_OBJECT:
        return json_string(OTHER);
    case FIELD_LINKS:
        return json_pack("[{s:s, s:s}]", "role", last, "object", OTHER);
    case FIELD_FLAG:
        return json_true();
    case FIELD_EVIDENCE:
        return json_pack("{s:s, s:i}", "media_type", "text/plain", "bytes", 7);
    }
    return NULL;
}

static json_t *item_full(const struct kind *kind, const char *text)
{
    json_t *fields = json_object();
    for (size_t i = 0; i < kind->count; i++)
        json_object_set_new(fields, kind->fields[i].name, value_of(kind, &kind->fields[i], text));
    json_t *item = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:i, s:b, s:b, s:o}", "id", ID, "short", "x-abcde",
                             "kind", kind->name, "owner", "id", "bb", "name", text, "created", "2026-05-01T07:00:00Z",
                             "changed", "2026-05-01T07:30:00Z", "revision", 1, "conflict", 0, "retracted", 0, "fields",
                             fields);
    assert_non_null(item);
    return item;
}

/* --- out and in -------------------------------------------------------------------------------------------------------- */

static char *written(const struct export_format *format, const struct kind *kind, const json_t *item, size_t *len)
{
    struct format_problem problem = {.code = MUSTER_OK};
    struct export e = {.kind = kind,
                       .head = {.space = "flood", .space_id = "00", .agency = "Red Cross", .agency_id = "aa",
                                .now = "2026-05-01T08:00:00Z", .as_of = ""}};
    if (format->begin)
        format->begin(&e);
    assert_int_equal(format->item(&e, item, &problem), MUSTER_OK);
    e.count++;
    if (format->end)
        format->end(&e);
    assert_false(e.out.failed);
    char *text = malloc(e.out.len + 1);
    assert_non_null(text);
    memcpy(text, e.out.at, e.out.len);
    text[*len = e.out.len] = '\0';
    export_clear(&e);
    return text;
}

static bool collect(void *user, json_t *item, size_t line)
{
    (void)line;
    return json_array_append_new(user, item) == 0;
}

/* All items of the file, as the format that it is found to be. */
static json_t *read_back(const char *text, size_t len, enum format_kind want, const struct kind *kind)
{
    static struct format_problems problems;
    struct format_problem problem;
    enum format_kind format = sniff("out", text, len, &problem);
    const struct reader_input input = {text, len, "out", TEXT_UTF8, kind};
    struct reader_output output = {.user = json_array(), .item = collect, .problems = &problems};
    if (kind == NULL) /* nobody said what it is */
        assert_int_equal(format, want);
    enum muster_error error = reader_run(want, &input, &output);
    if (error || output.refused)
        print_message("%s\n%s\n", problems.at[0].sentence, text);
    assert_int_equal(error, MUSTER_OK);
    assert_int_equal(output.refused, 0);
    return output.user;
}

/* As a text: lists and their text form are the same to the node. */
static char *as_text(const json_t *value)
{
    struct out out = {0};
    item_value(&out, value);
    out_bytes(&out, "", 1);
    assert_false(out.failed);
    return out.at;
}

/* What the format does not hold, and says so: docs/FORMATS.md. */
static bool is_lost(const char *format, const struct kind *kind, const struct field *field)
{
    bool geo = strcmp(format, "geojson") == 0;
    if (field->type == FIELD_EVIDENCE || strcmp(field->name, "attachments") == 0)
        return true;
    return geo && field->type == FIELD_AREA && kind; /* the circle has become a polygon */
}

/* Line ends and tabs in a text of one line: what is read from cells has a space there. */
static void breaks_fold(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++) {
        bool is = strchr("\n\r\t", *at) != NULL;
        if (!is || to == text || to[-1] != ' ')
            *to++ = is ? ' ' : *at;
    }
    *to = '\0';
}

static void compare(const char *format, const struct kind *kind, const json_t *before, const json_t *after, bool trims)
{
    for (size_t i = 0; i < kind->count; i++) {
        const struct field *field = &kind->fields[i];
        const json_t *was = json_object_get(before, field->name), *is = json_object_get(after, field->name);
        if (is_lost(format, kind, field)) {
            assert_true(field->type == FIELD_AREA || is == NULL);
            continue;
        }
        char *a = as_text(was), *b = is ? as_text(is) : strdup("(nothing)");
        if (trims && field_is_line(field) && is)
            breaks_fold(a);
        size_t start = 0, len = strlen(a);
        while (trims && len > 0 && a[len - 1] == ' ')
            len--;
        while (trims && start < len && a[start] == ' ')
            start++;
        if (strlen(b) != len - start || memcmp(a + start, b, len - start) != 0)
            print_message("%s of a %s in %s: \"%s\" became \"%s\"\n", field->name, kind->name, format, a, b);
        assert_int_equal(strlen(b), len - start);
        assert_memory_equal(a + start, b, len - start);
        free(a);
        free(b);
    }
}

static const struct {
    const char *format;
    enum format_kind read;
    bool trims;
} forms[] = {
    {"ndjson",  FORMAT_NDJSON,  false},
    {"geojson", FORMAT_GEOJSON, false},
    {"csv",     FORMAT_TABLE,   true },
    {"hxl",     FORMAT_TABLE,   true },
};

static void round_trip(size_t form, const struct kind *kind, const char *text, bool say_kind)
{
    const struct export_format *format = export_format_by_name(forms[form].format);
    size_t len;
    json_t *item = item_full(kind, text);
    char *file = written(format, kind, item, &len);
    json_t *items = read_back(file, len, forms[form].read, say_kind ? kind : NULL), *got = json_array_get(items, 0);
    assert_int_equal(json_array_size(items), 1);
    assert_string_equal(json_string_value(json_object_get(got, "kind")), kind->name);
    assert_string_equal(json_string_value(json_object_get(got, "key")), "muster:" ID);
    assert_string_equal(json_string_value(json_object_get(got, "unless")), ID);
    compare(forms[form].format, kind, item_fields(item), json_object_get(got, "fields"), forms[form].trims);
    json_decref(items);
    json_decref(item);
    free(file);
}

static void test_every_field_of_every_kind_comes_back(void **state)
{
    (void)state;
    for (size_t form = 0; form < ARRAY_LEN(forms); form++)
        for (size_t k = 0; kind_at(k); k++) {
            print_message("%s of %s\n", forms[form].format, kind_at(k)->name);
            round_trip(form, kind_at(k), "Min river", false); /* the file alone says which kind it is */
        }
}

static void test_hostile_texts_come_back_unharmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
        for (size_t form = 0; form < ARRAY_LEN(forms); form++) {
            print_message("%s through %s\n", hostile[i].says, forms[form].format);
            round_trip(form, kind_by_name("request"), hostile[i].text, true);
        }
}

static void test_no_cell_begins_like_a_formula(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        size_t len;
        json_t *item = item_full(kind_by_name("request"), hostile[i].text);
        char *file = written(export_format_by_name("csv"), kind_by_name("request"), item, &len);
        /* The name is the second cell of the second line. */
        const char *cell = strstr(file, ID ",") + ID_HEX + 1;
        cell += *cell == '"';
        print_message("%s: %.12s\n", hostile[i].says, cell);
        assert_null(strchr("=+@\t\r", *cell));
        assert_true(*cell != '-' || strncmp(cell, "-12.5,", 6) == 0); /* a number is none */
        free(file);
        json_decref(item);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_of_every_kind_comes_back),
        cmocka_unit_test(test_hostile_texts_come_back_unharmed),
        cmocka_unit_test(test_no_cell_begins_like_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
