#include "formats/gpkg.h"

#include "formats/column.h"

#include "base/bytes.h"
#include "formats/write/shape.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GPKG_TABLES_MAX = 32,
    GPKG_SQL_BYTES = 16 * 1024,
    GPKG_APPLICATION_ID = 0x47504b47, /* "GPKG" */
    GPKG_VERSION = 10300,
    WGS_84 = 4326,
    /* parameters before and behind the fields of a table */
    FIRST_FIELD = 3,
    BEHIND = 6
};

struct table {
    const struct kind *kind;
    sqlite3_stmt *insert, *index;
    sqlite3_int64 rows;
    struct shape_point least, most;
    bool has_box;
};

struct gpkg {
    sqlite3 *db;
    struct export_head head;
    struct table tables[GPKG_TABLES_MAX];
    size_t count;
};

static enum muster_error failed(const struct gpkg *g, struct format_problem *problem)
{
    int code = sqlite3_errcode(g->db);
    return format_problem_set(problem, code == SQLITE_FULL ? MUSTER_EFULL : MUSTER_EIO, NULL, 0, NULL,
                              "the GeoPackage cannot be written: %s", sqlite3_errmsg(g->db));
}

static bool run(struct gpkg *g, const char *sql)
{
    return sqlite3_exec(g->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- the file --------------------------------------------------------------------------------------------------- */

static const char schema[] =
    "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,"
    " organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);"
    "INSERT INTO gpkg_spatial_ref_sys VALUES"
    " ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL), ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL),"
    " ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
    "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],"
    "UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', NULL);"
    "CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,"
    " description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,"
    " srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));"
    "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL REFERENCES gpkg_contents(table_name),"
    " column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,"
    " srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id), z TINYINT NOT NULL, m TINYINT NOT NULL,"
    " PRIMARY KEY (table_name, column_name), UNIQUE (table_name));"
    "CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,"
    " scope TEXT NOT NULL, UNIQUE (table_name, column_name, extension_name));";

enum muster_error gpkg_open(struct gpkg **out, const char *path, const struct export_head *head,
                            struct format_problem *problem)
{
    char sql[160];
    struct gpkg *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g)
        return format_problem_set(problem, MUSTER_EBUSY, NULL, 0, NULL, "there is no memory for the GeoPackage");
    g->head = *head;
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; PRAGMA synchronous=OFF;"
             "PRAGMA journal_mode=MEMORY; BEGIN;", GPKG_APPLICATION_ID, GPKG_VERSION);
    /* No sync and no WAL: the file is nobody's until it has been closed, synced and renamed. */
    if (sqlite3_open_v2(path, &g->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL) ==
            SQLITE_OK && run(g, sql) && run(g, schema)) {
        *out = g;
        return MUSTER_OK;
    }
    enum muster_error error = failed(g, problem);
    sqlite3_close(g->db);
    free(g);
    return error;
}

/* --- tables -------------------------------------------------------------------------------------------------------- */

static bool is_column(const struct field *field)
{
    return field->type != FIELD_EVIDENCE && strcmp(field->name, "attachments") != 0;
}

static const char *type_of(const struct field *field)
{
    return field->type == FIELD_INT ? "INTEGER" : field->type == FIELD_FLAG ? "BOOLEAN" : "TEXT";
}

/* Names come from the kind tables: letters, digits and _, so that quotes are enough. */
static void table_sql(struct out *sql, const struct kind *kind)
{
    char name[COLUMN_NAME_BYTES];
    out_format(sql, "CREATE TABLE \"%s\" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, object TEXT "
                    "UNIQUE NOT NULL", kind->name);
    for (size_t i = 0; i < kind->count; i++)
        if (is_column(&kind->fields[i]))
            out_format(sql, ", \"%s\" %s", column_name(name, kind->fields[i].name), type_of(&kind->fields[i]));
    out_text(sql, ", owner_agency TEXT, created_at DATETIME, changed_at DATETIME, conflict BOOLEAN, space TEXT, exercise "
                  "TEXT);");
    out_format(sql, "CREATE VIRTUAL TABLE \"rtree_%s_geom\" USING rtree(id, minx, maxx, miny, maxy);", kind->name);
    out_format(sql, "INSERT INTO gpkg_extensions VALUES ('%s', 'geom', 'gpkg_rtree_index', "
                    "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');", kind->name);
    out_bytes(sql, "", 1);
}

static void insert_sql(struct out *sql, const struct kind *kind)
{
    size_t columns = 0;
    for (size_t i = 0; i < kind->count; i++)
        columns += is_column(&kind->fields[i]);
    out_format(sql, "INSERT INTO \"%s\" VALUES (?1, ?2", kind->name);
    for (size_t i = 0; i < columns + 1 + BEHIND; i++)
        out_format(sql, ", ?%zu", FIRST_FIELD + i);
    out_text(sql, ")");
    out_bytes(sql, "", 1);
}

static bool prepare(struct gpkg *g, struct table *t)
{
    struct out sql = {0};
    char text[128];
    table_sql(&sql, t->kind);
    bool ok = !sql.failed && run(g, sql.at);
    sql.len = 0;
    insert_sql(&sql, t->kind);
    ok = ok && !sql.failed && sqlite3_prepare_v2(g->db, sql.at, -1, &t->insert, NULL) == SQLITE_OK;
    snprintf(text, sizeof text, "INSERT INTO \"rtree_%s_geom\" VALUES (?1, ?2, ?3, ?4, ?5)", t->kind->name);
    ok = ok && sqlite3_prepare_v2(g->db, text, -1, &t->index, NULL) == SQLITE_OK;
    out_clear(&sql);
    return ok;
}

static struct table *table_of(struct gpkg *g, const char *kind)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->tables[i].kind->name, kind) == 0)
            return &g->tables[i];
    const struct kind *known = kind_by_name(kind);
    if (!known || g->count == GPKG_TABLES_MAX)
        return NULL;
    struct table *t = &g->tables[g->count];
    *t = (struct table){.kind = known};
    if (!prepare(g, t))
        return NULL;
    g->count++;
    return t;
}

/* --- geometries: the header of the standard, then well-known binary -------------------------------------------------- */

static void put_u32(struct out *out, uint32_t value)
{
    uint8_t bytes[4];
    put_le32(bytes, value);
    out_bytes(out, bytes, sizeof bytes);
}

static void put_degrees(struct out *out, int64_t e7)
{
    double value = (double)e7 / SHAPE_E7;
    uint64_t bits;
    uint8_t bytes[8];
    memcpy(&bits, &value, sizeof bits);
    put_le64(bytes, bits);
    out_bytes(out, bytes, sizeof bytes);
}

static void put_type(struct out *out, uint32_t type)
{
    out_bytes(out, "\x01", 1); /* little-endian */
    put_u32(out, type);
}

static void put_point(struct out *out, struct shape_point p)
{
    put_degrees(out, p.lon_e7);
    put_degrees(out, p.lat_e7);
}

static void put_polygons(struct out *out, const struct shape *s)
{
    if (s->polygon_count > 1) {
        put_type(out, 6); /* MultiPolygon */
        put_u32(out, (uint32_t)s->polygon_count);
    }
    for (size_t i = 0, at = 0; i < s->polygon_count; i++) {
        put_type(out, 3); /* Polygon of one ring */
        put_u32(out, 1);
        put_u32(out, (uint32_t)(s->ends[i] - at));
        for (; at < s->ends[i]; at++)
            put_point(out, s->points[at]);
    }
}

static void geometry(struct out *out, const struct shape *s, struct shape_point least, struct shape_point most)
{
    static const uint8_t header[] = {'G', 'P', 0, 0x03 /* little-endian, with an envelope of four */};
    out_bytes(out, header, sizeof header);
    put_u32(out, WGS_84);
    put_degrees(out, least.lon_e7);
    put_degrees(out, most.lon_e7);
    put_degrees(out, least.lat_e7);
    put_degrees(out, most.lat_e7);
    bool both = s->has_point && s->polygon_count;
    if (both) {
        put_type(out, 7); /* GeometryCollection */
        put_u32(out, 2);
    }
    if (s->polygon_count)
        put_polygons(out, s);
    if (s->has_point) {
        put_type(out, 1);
        put_point(out, s->place);
    }
}

/* --- rows ------------------------------------------------------------------------------------------------------------ */

static void bind_value(struct out *text, sqlite3_stmt *stmt, int at, const json_t *value)
{
    if (!value || json_is_null(value)) {
        sqlite3_bind_null(stmt, at);
    } else if (json_is_integer(value)) {
        sqlite3_bind_int64(stmt, at, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        sqlite3_bind_int(stmt, at, json_is_true(value));
    } else {
        text->len = 0;
        item_value(text, value);
        sqlite3_bind_text(stmt, at, text->at, (int)text->len, SQLITE_TRANSIENT);
    }
}

/* DATETIME wants milliseconds. */
static void bind_time(sqlite3_stmt *stmt, int at, const char *time)
{
    char text[40];
    size_t len = strlen(time);
    if (len == sizeof "2026-03-01T14:05:09Z" - 1 && (size_t)snprintf(text, sizeof text, "%.19s.000Z", time) < sizeof text)
        sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
    else if (len)
        sqlite3_bind_text(stmt, at, time, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(stmt, at);
}

static void bind_row(struct gpkg *g, struct table *t, const json_t *item)
{
    struct out text = {0};
    const json_t *owner = json_object_get(item, "owner");
    int at = FIRST_FIELD;
    bind_value(&text, t->insert, at++, json_object_get(item, "id"));
    for (size_t i = 0; i < t->kind->count; i++)
        if (is_column(&t->kind->fields[i]))
            bind_value(&text, t->insert, at++, json_object_get(item_fields(item), t->kind->fields[i].name));
    bind_value(&text, t->insert, at++, json_object_get(owner, "name"));
    bind_time(t->insert, at++, item_text(item, "created"));
    bind_time(t->insert, at++, item_text(item, "changed"));
    bind_value(&text, t->insert, at++, json_object_get(item, "conflict"));
    sqlite3_bind_text(t->insert, at++, g->head.space, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(t->insert, at++, g->head.exercise ? "EXERCISE" : "no", -1, SQLITE_STATIC);
    out_clear(&text);
}

static bool index_add(struct table *t, struct shape_point least, struct shape_point most)
{
    sqlite3_bind_int64(t->index, 1, t->rows);
    sqlite3_bind_double(t->index, 2, (double)least.lon_e7 / SHAPE_E7);
    sqlite3_bind_double(t->index, 3, (double)most.lon_e7 / SHAPE_E7);
    sqlite3_bind_double(t->index, 4, (double)least.lat_e7 / SHAPE_E7);
    sqlite3_bind_double(t->index, 5, (double)most.lat_e7 / SHAPE_E7);
    bool ok = sqlite3_step(t->index) == SQLITE_DONE;
    sqlite3_reset(t->index);
    if (!t->has_box) {
        t->least = least;
        t->most = most;
    }
    t->has_box = true;
    t->least.lon_e7 = least.lon_e7 < t->least.lon_e7 ? least.lon_e7 : t->least.lon_e7;
    t->least.lat_e7 = least.lat_e7 < t->least.lat_e7 ? least.lat_e7 : t->least.lat_e7;
    t->most.lon_e7 = most.lon_e7 > t->most.lon_e7 ? most.lon_e7 : t->most.lon_e7;
    t->most.lat_e7 = most.lat_e7 > t->most.lat_e7 ? most.lat_e7 : t->most.lat_e7;
    return ok;
}

enum muster_error gpkg_item(struct gpkg *g, const json_t *item, struct format_problem *problem)
{
    struct table *t = table_of(g, item_text(item, "kind"));
    struct shape shape;
    struct shape_point least, most;
    struct out blob = {0};
    if (!t)
        return kind_by_name(item_text(item, "kind"))
                   ? failed(g, problem)
                   : format_problem_set(problem, MUSTER_EKIND, NULL, 0, NULL, "%.40s is of a kind without columns here",
                                        item_text(item, "short"));
    shape_of(&shape, item);
    bool placed = !shape.failed && shape_box(&shape, &least, &most);
    t->rows++;
    sqlite3_bind_int64(t->insert, 1, t->rows);
    if (placed) {
        geometry(&blob, &shape, least, most);
        sqlite3_bind_blob(t->insert, 2, blob.at, (int)blob.len, SQLITE_STATIC);
    } else {
        sqlite3_bind_null(t->insert, 2);
    }
    bind_row(g, t, item);
    bool ok = !blob.failed && sqlite3_step(t->insert) == SQLITE_DONE;
    enum muster_error error = ok && (!placed || index_add(t, least, most)) ? MUSTER_OK : failed(g, problem);
    sqlite3_reset(t->insert);
    sqlite3_clear_bindings(t->insert);
    out_clear(&blob);
    shape_clear(&shape);
    return error;
}

/* --- keeping the R-tree right when others edit the file: the triggers that the extension demands.  The functions in
 * them are those of the program that edits; nothing here fires them. */

static const struct {
    const char *name, *when, *then; /* %s: the table; NEW and OLD have fid and geom */
} triggers[] = {
    {"insert", "AFTER INSERT ON \"%s\" WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))", "put"},
    {"update1", "AFTER UPDATE OF geom ON \"%s\" WHEN OLD.fid = NEW.fid AND (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))",
     "put"},
    {"update2", "AFTER UPDATE OF geom ON \"%s\" WHEN OLD.fid = NEW.fid AND (NEW.geom IS NULL OR ST_IsEmpty(NEW.geom))",
     "drop"},
    {"update3", "AFTER UPDATE ON \"%s\" WHEN OLD.fid != NEW.fid AND (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))",
     "move"},
    {"update4", "AFTER UPDATE ON \"%s\" WHEN OLD.fid != NEW.fid AND (NEW.geom IS NULL OR ST_IsEmpty(NEW.geom))", "drop"},
    {"delete", "AFTER DELETE ON \"%s\" WHEN OLD.geom NOT NULL", "drop"},
};

static bool triggers_add(struct gpkg *g, const char *table)
{
    bool ok = true;
    struct out sql = {0};
    for (size_t i = 0; i < ARRAY_LEN(triggers) && ok; i++) {
        const char *rest = strstr(triggers[i].when, "%s");
        sql.len = 0;
        out_format(&sql, "CREATE TRIGGER \"rtree_%s_geom_%s\" ", table, triggers[i].name);
        out_bytes(&sql, triggers[i].when, (size_t)(rest - triggers[i].when));
        out_text(&sql, table);
        out_text(&sql, rest + 2);
        out_text(&sql, " BEGIN ");
        if (strcmp(triggers[i].then, "put") != 0)
            out_format(&sql, "DELETE FROM \"rtree_%s_geom\" WHERE id = OLD.fid; ", table);
        if (strcmp(triggers[i].then, "drop") != 0)
            out_format(&sql, "INSERT OR REPLACE INTO \"rtree_%s_geom\" VALUES (NEW.fid, ST_MinX(NEW.geom), "
                             "ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); ", table);
        out_text(&sql, "END;");
        out_bytes(&sql, "", 1);
        ok = !sql.failed && run(g, sql.at);
    }
    out_clear(&sql);
    return ok;
}

/* --- the end ---------------------------------------------------------------------------------------------------------- */

static bool contents_add(struct gpkg *g, const struct table *t)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(g->db, "INSERT INTO gpkg_contents VALUES (?1, 'features', ?1, ?2, ?3, ?4, ?5, ?6, ?7, 4326)",
                                 -1, &stmt, NULL) == SQLITE_OK;
    char about[320];
    snprintf(about, sizeof about, "%s%.200s, complete as of %.32s", g->head.exercise ? "EXERCISE: " : "", g->head.space,
             g->head.as_of[0] ? g->head.as_of : "unknown");
    if (ok) {
        sqlite3_bind_text(stmt, 1, t->kind->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, about, -1, SQLITE_STATIC);
        bind_time(stmt, 3, g->head.now);
        if (t->has_box) {
            sqlite3_bind_double(stmt, 4, (double)t->least.lon_e7 / SHAPE_E7);
            sqlite3_bind_double(stmt, 5, (double)t->least.lat_e7 / SHAPE_E7);
            sqlite3_bind_double(stmt, 6, (double)t->most.lon_e7 / SHAPE_E7);
            sqlite3_bind_double(stmt, 7, (double)t->most.lat_e7 / SHAPE_E7);
        }
        ok = sqlite3_step(stmt) == SQLITE_DONE;
    }
    sqlite3_finalize(stmt);
    char column[160];
    snprintf(column, sizeof column, "INSERT INTO gpkg_geometry_columns VALUES ('%s', 'geom', 'GEOMETRY', 4326, 0, 0)",
             t->kind->name);
    return ok && run(g, column);
}

enum muster_error gpkg_close(struct gpkg *g, struct format_problem *problem)
{
    if (!g)
        return MUSTER_OK;
    bool ok = true;
    for (size_t i = 0; i < g->count; i++) {
        ok = ok && contents_add(g, &g->tables[i]) && triggers_add(g, g->tables[i].kind->name);
        sqlite3_finalize(g->tables[i].insert);
        sqlite3_finalize(g->tables[i].index);
    }
    ok = ok && run(g, "COMMIT");
    enum muster_error error = ok ? MUSTER_OK : failed(g, problem);
    sqlite3_close(g->db);
    free(g);
    return error;
}
