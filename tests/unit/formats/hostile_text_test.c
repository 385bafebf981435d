/* hostile_text_test.c — hostile texts out and back through the formats of XML and the map's database: what comes back is what
 * went out, or differs by what docs/FORMATS.md says.  Through NDJSON, GeoJSON, CSV and HXL: roundtrip_test.c. */
#include "unit/formats/hostile_texts.h"
#include "unit/formats/sample.h"

#include "base/text.h"
#include "formats/gpkg.h"
#include "formats/read/cap.h"
#include "formats/read/reader.h"
#include "formats/read/xml_tree.h"
#include "formats/write/cap.h"

#include <sqlite3.h>
#include <unistd.h>

#define ID "0190f2c3000102030405060708090a0b"
#define PATH "formats_hostile_text_test.gpkg"
#define HEAD \
    (struct export_head){.space = "flood", .space_id = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", \
                         .agency = "Red Cross", .agency_id = "aa", .now = "2026-05-01T08:00:00Z", .as_of = ""}

/* --- what is said to happen to a text: docs/FORMATS.md, "Escapes" ---------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Characters that XML 1.0 forbids are U+FFFD; spaces at the ends are gone; in a field of one line (line) white space is one
 * space.  The caller frees it. */
static char *expected(const char *text, bool line)
{
    char *out = malloc(3 * strlen(text) + 1);
    size_t n = 0;
    assert_non_null(out);
    for (const char *at = text; *at; at++) {
        bool forbidden = ((unsigned char)*at < 0x20 && !is_space(*at));
        bool none = strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0;
        if (forbidden || none) {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
            at += none ? 2 : 0;
        } else if (!line || !is_space(*at)) {
            out[n++] = *at;
        } else if (n && out[n - 1] != ' ') {
            out[n++] = ' ';
        }
    }
    while (n && is_space(out[n - 1]))
        n--;
    out[n] = '\0';
    size_t start = 0;
    while (is_space(out[start]))
        start++;
    memmove(out, out + start, n - start + 1);
    return out;
}

/* --- out and back ------------------------------------------------------------------------------------------------------------- */

enum { PROSE, LINE };

static const struct {
    const char *format, *kind, *fields; /* beside the hostile one */
    const char *field;
    const char *before; /* in front of the text, and kept: NAME= of a pair */
    int shape;
    enum format_kind read;
} places[] = {
    {"cap", "incident", "{\"name\":\"x\"}", "description", "", PROSE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "instruction", "", PROSE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "headline", "", LINE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "sender_name", "", LINE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "area_desc", "", LINE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "note", "", LINE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "event", "", LINE, FORMAT_CAP},
    {"cap", "incident", "{\"name\":\"x\"}", "parameter", "level=", PROSE, FORMAT_CAP},
    {"cap", "warning", "{\"name\":\"x\",\"status\":\"issued\"}", "matters", "", PROSE, FORMAT_CAP},
    {"cap", "release", "{\"name\":\"x\",\"status\":\"published\"}", "text", "", PROSE, FORMAT_CAP},
    {"edxl-rm", "request", "{\"status\":\"submitted\"}", "name", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "request", "{\"name\":\"x\",\"status\":\"submitted\"}", "justification", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "request", "{\"name\":\"x\",\"status\":\"submitted\"}", "assignment", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "request", "{\"name\":\"x\",\"status\":\"submitted\"}", "contact", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "request", "{\"name\":\"x\",\"status\":\"submitted\"}", "funding", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "request", "{\"name\":\"x\",\"status\":\"submitted\",\"needed_by\":\"2026-05-01T08:00:00Z\"}", "deliver_to", "",
     PROSE, FORMAT_EDXL_RM},
    {"edxl-rm", "resource", "{\"status\":\"Available\"}", "name", "", PROSE, FORMAT_EDXL_RM},
    {"edxl-have", "resource", "{\"facility_status\":\"Normal\"}", "name", "", PROSE, FORMAT_EDXL_HAVE},
    {"edxl-have", "resource", "{\"name\":\"x\",\"facility_status\":\"Normal\"}", "comments", "", PROSE, FORMAT_EDXL_HAVE},
};

/* The name of what the reader calls the field, which an alert of a warning or release has from CAP. */
static const char *read_name(size_t place)
{
    bool spoken = strcmp(places[place].kind, "warning") == 0 || strcmp(places[place].kind, "release") == 0;
    return spoken ? "description" : places[place].field;
}

static json_t *item_of(const char *kind, const char *fields, const char *field, const char *before, const char *text)
{
    json_t *item = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:i, s:b, s:b, s:o}", "id", ID, "short", "x-abcde", "kind",
                             kind, "owner", "id", "bb", "name", "anna", "created", "2026-05-01T07:00:00Z", "changed",
                             "2026-05-01T07:30:00Z", "revision", 1, "conflict", 0, "retracted", 0, "fields",
                             json_loads(fields, 0, NULL));
    json_t *value = json_sprintf("%s%s", before, text);
    const struct field *row = field_by_name(kind_by_name(kind), field);
    assert_non_null(item);
    assert_non_null(row);
    json_object_set_new(json_object_get(item, "fields"), field, row->type == FIELD_TEXTS ? json_pack("[o]", value) : value);
    return item;
}

static char *written(const char *form, const json_t *item, size_t *len)
{
    const struct export_format *format = export_format_by_name(form);
    struct cap_message message = {.identifier = "muster.x.1", .sender = "a", .sent = "2026-05-01T07:30:00Z", .msg_type = "Alert",
                                  .references = ""};
    struct export e = {.kind = kind_by_name(item_text(item, "kind")), .head = HEAD, .message = &message};
    struct format_problem problem = {.code = MUSTER_OK};
    if (format->begin)
        format->begin(&e);
    assert_int_equal(format->item(&e, item, &problem), MUSTER_OK);
    e.count++;
    if (format->end)
        format->end(&e);
    out_bytes(&e.out, "", 1);
    assert_false(e.out.failed);
    char *text = malloc(e.out.len);
    assert_non_null(text);
    memcpy(text, e.out.at, e.out.len);
    *len = e.out.len - 1;
    export_clear(&e);
    return text;
}

static bool collect(void *user, json_t *item, size_t line)
{
    (void)line;
    return json_array_append_new(user, item) == 0;
}

static json_t *read_back(const char *text, size_t len, enum format_kind format)
{
    static struct format_problems problems;
    const struct reader_input input = {text, len, "out", TEXT_UTF8, NULL};
    struct reader_output output = {.user = json_array(), .item = collect, .problems = &problems};
    enum muster_error error = reader_run(format, &input, &output);
    if (error || output.refused)
        print_message("%s\n%s\n", problems.at[0].sentence, text);
    assert_int_equal(error, MUSTER_OK);
    assert_int_equal(output.refused, 0);
    assert_int_equal(json_array_size(output.user), 1);
    return output.user;
}

static void assert_text(const char *says, const char *where, const char *want, const char *got)
{
    if (!got || strcmp(want, got) != 0)
        print_message("%s in %s: \"%s\" became \"%s\"\n", says, where, want, got ? got : "(nothing)");
    assert_non_null(got);
    assert_string_equal(want, got);
}

/* Of a message the field says it, of an alert the element. */
static bool is_line(size_t place)
{
    return places[place].shape == LINE ||
           (places[place].read != FORMAT_CAP && field_is_line(field_by_name(kind_by_name(places[place].kind), places[place].field)));
}

static void test_hostile_texts_come_back_from_alerts_and_messages(void **state)
{
    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(places); p++)
        for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
            size_t len;
            json_t *item = item_of(places[p].kind, places[p].fields, places[p].field, places[p].before, hostile[i].text);
            char *file = written(places[p].format, item, &len);
            json_t *items = read_back(file, len, places[p].read);
            const json_t *got = json_object_get(json_object_get(json_array_get(items, 0), "fields"), read_name(p));
            const char *text = json_string_value(json_is_array(got) ? json_array_get(got, 0) : got);
            char *want = expected(hostile[i].text, is_line(p));
            size_t skip = strlen(places[p].before);
            assert_text(hostile[i].says, places[p].field, want, text && strlen(text) >= skip ? text + skip : text);
            free(want);
            json_decref(items);
            free(file);
            json_decref(item);
        }
}

static void test_hostile_texts_stay_in_their_place_in_a_feed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        size_t len;
        struct xml_tree *tree;
        struct format_problem problem;
        json_t *item = item_of("release", "{\"status\":\"published\",\"tlp\":\"TLP:CLEAR\"}", "text", "", hostile[i].text);
        json_object_set_new(json_object_get(item, "fields"), "name", json_string(hostile[i].text));
        char *file = written("atom", item, &len), *want = expected(hostile[i].text, false);
        assert_int_equal(xml_tree_read(&tree, file, len, "feed", &problem), MUSTER_OK);
        struct xml_node *feed = xml_tree_root(tree);
        assert_text(hostile[i].says, "title", want, xml_text(xml_at(feed, "entry/title")));
        assert_text(hostile[i].says, "summary", want, xml_text(xml_at(feed, "entry/summary")));
        assert_text(hostile[i].says, "description", want, xml_text(xml_at(feed, "entry/content/alert/info/description")));
        assert_null(xml_next(xml_at(feed, "entry")));
        xml_tree_free(tree);
        free(want);
        free(file);
        json_decref(item);
    }
}

static void test_hostile_texts_are_data_in_a_geopackage(void **state)
{
    struct format_problem problem;
    struct export_head head = HEAD;
    struct gpkg *gpkg;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    (void)state;
    (void)unlink(PATH);
    head.space = hostile[0].text;
    assert_int_equal(gpkg_open(&gpkg, PATH, &head, &problem), MUSTER_OK);
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        json_t *item = item_of("resource", "{}", "name", "", hostile[i].text);
        json_object_set_new(item, "id", json_sprintf("%032zx", i));
        assert_int_equal(gpkg_item(gpkg, item, &problem), MUSTER_OK);
        json_decref(item);
    }
    assert_int_equal(gpkg_close(gpkg, &problem), MUSTER_OK);
    assert_int_equal(sqlite3_open_v2(PATH, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM resource ORDER BY fid", -1, &stmt, NULL), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_text(hostile[i].says, "GeoPackage", hostile[i].text, (const char *)sqlite3_column_text(stmt, 0));
        assert_int_equal(sqlite3_column_bytes(stmt, 0), strlen(hostile[i].text));
    }
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    (void)unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_texts_come_back_from_alerts_and_messages),
        cmocka_unit_test(test_hostile_texts_stay_in_their_place_in_a_feed),
        cmocka_unit_test(test_hostile_texts_are_data_in_a_geopackage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
