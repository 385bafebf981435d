/* gpkg_test.c — the GeoPackage holds what the objects said, and SQLite finds nothing wrong with it. */
#include "unit/formats/sample.h"

#include "base/bytes.h"
#include "formats/gpkg.h"

#include <sqlite3.h>
#include <unistd.h>

#define PATH "formats_gpkg_test.gpkg"

static void item_put(struct gpkg *gpkg, const char *id, const char *kind, const char *fields)
{
    struct format_problem problem;
    json_t *item = json_pack("{s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:b, s:o}", "id", id, "short", "x", "kind", kind, "owner",
                             "name", "anna", "created", "2026-05-01T07:00:00Z", "changed", "2026-05-01T07:30:00Z", "conflict",
                             0, "fields", json_loads(fields, 0, NULL));
    assert_non_null(item);
    assert_int_equal(gpkg_item(gpkg, item, &problem), MUSTER_OK);
    json_decref(item);
}

/* The first column of the first row, as text; the caller frees it. */
static char *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const unsigned char *text = sqlite3_column_text(stmt, 0);
    char *copy = strdup(text ? (const char *)text : "NULL");
    sqlite3_finalize(stmt);
    return copy;
}

static const struct {
    const char *says, *sql, *want;
} questions[] = {
    {"is whole", "PRAGMA integrity_check", "ok"},
    {"says what it is", "PRAGMA application_id", "1196444487"},
    {"and which version", "PRAGMA user_version", "10300"},
    {"has a table a kind", "SELECT count(*) FROM gpkg_contents", "2"},
    {"is marked", "SELECT group_concat(DISTINCT exercise) FROM incident", "EXERCISE"},
    {"also where the tables are listed", "SELECT count(*) FROM gpkg_contents WHERE description LIKE 'EXERCISE: flood%'", "2"},
    {"keeps hostile text as text", "SELECT name FROM incident WHERE fid = 1", "'); DROP TABLE incident; --"},
    {"keeps numbers", "SELECT affected + 1 FROM incident WHERE fid = 1", "13"},
    {"joins lists", "SELECT category FROM incident WHERE fid = 1", "Met;Geo"},
    {"indexes what is somewhere", "SELECT count(*) FROM rtree_incident_geom", "1"},
    {"with its box", "SELECT minx <= 1 AND maxx >= 2 AND miny <= 10 AND maxy >= 20 AND maxx < 2.01 FROM rtree_incident_geom", "1"},
    {"writes geometries as the standard says", "SELECT hex(substr(geom, 1, 8)) FROM incident WHERE fid = 1", "47500003E6100000"},
    {"a polygon of one ring of five points", "SELECT hex(substr(geom, 41, 13)) FROM incident WHERE fid = 1",
     "01030000000100000005000000"},
    {"leaves out what is nowhere", "SELECT count(*) FROM incident WHERE geom IS NULL", "1"},
    {"a point", "SELECT hex(substr(geom, 41, 5)) FROM resource", "0101000000"},
    {"has the triggers of its index", "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'incident'", "6"},
    {"times have milliseconds", "SELECT changed_at FROM resource", "2026-05-01T07:30:00.000Z"},
    {"labels are carried", "SELECT tlp FROM resource", "TLP:AMBER"},
};

static void test_a_geopackage_holds_the_objects(void **state)
{
    struct export_head head = {.space = "flood", .space_id = "aa", .agency = "anna", .agency_id = "bb",
                               .now = "2026-05-01T08:00:00Z", .as_of = "", .exercise = true};
    struct format_problem problem;
    struct gpkg *gpkg;
    sqlite3 *db;
    (void)state;
    unlink(PATH);
    assert_int_equal(gpkg_open(&gpkg, PATH, &head, &problem), MUSTER_OK);
    item_put(gpkg, "01", "incident", "{\"name\":\"'); DROP TABLE incident; --\",\"affected\":12,\"category\":[\"Met\",\"Geo\"],"
                                     "\"area\":[\"POLYGON 10,1 10,2 20,2 20,1 10,1\"]}");
    item_put(gpkg, "02", "incident", "{\"name\":\"somewhere\"}");
    item_put(gpkg, "03", "resource", "{\"name\":\"tent\",\"lat\":\"28.5\",\"lon\":\"104.25\",\"tlp\":\"TLP:AMBER\"}");
    assert_int_equal(gpkg_close(gpkg, &problem), MUSTER_OK);
    assert_int_equal(sqlite3_open_v2(PATH, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        char *got = ask(db, questions[i].sql);
        print_message("%s\n", questions[i].says);
        assert_string_equal(got, questions[i].want);
        free(got);
    }
    sqlite3_close(db);
    unlink(PATH);
}

static void test_what_cannot_be_written_is_said(void **state)
{
    struct export_head head = {.space = "flood", .space_id = "aa", .agency = "anna", .agency_id = "bb", .now = "", .as_of = ""};
    struct format_problem problem;
    struct gpkg *gpkg;
    (void)state;
    assert_int_equal(gpkg_open(&gpkg, "/nonexistent/x.gpkg", &head, &problem), MUSTER_EIO);
    assert_null(gpkg);
    assert_non_null(strstr(problem.sentence, "GeoPackage"));
    unlink(PATH);
    assert_int_equal(gpkg_open(&gpkg, PATH, &head, &problem), MUSTER_OK);
    json_t *item = json_pack("{s:s, s:s, s:{}}", "id", "01", "kind", "nothing", "fields");
    assert_int_equal(gpkg_item(gpkg, item, &problem), MUSTER_EKIND);
    json_decref(item);
    assert_int_equal(gpkg_close(gpkg, &problem), MUSTER_OK);
    unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_geopackage_holds_the_objects),
        cmocka_unit_test(test_what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
