/* series_test.c — what the messages of an object are called, and which of others they follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tools/export_series.h"
#include "tools/memory.h"

#include <stdlib.h>
#include <string.h>

/* Records of a row: "HLC op fields" of an object, with "!" for one that does not count. */
struct told {
    const char *id, *kind, *takes, *former; /* whose place it takes, ids with spaces between; predecessor */
    const char *records[8];
};

#define CAME "{\"sender\":\"s@x\",\"identifier\":\"i-1\",\"sent\":\"2026-05-01T08:00:00+08:00\"}"
#define ISSUED "{\"status\":\"issued\"}"

static const struct row {
    const char *says;
    struct told objects[4]; /* the first is asked for */
    const char *want;       /* identifiers, the last is what it says now */
} rows[] = {
    {"one that was never changed", {{"a", "incident", "", "", {"1 create {}"}}}, "muster.a.1"},
    {"each version that counts", {{"a", "incident", "", "", {"1 create {}", "2 update {}", "!3 update {}", "4 retract {}"}}},
     "muster.a.1 muster.a.2 muster.a.3"},
    {"one that came in", {{"a", "incident", "", "", {"1 create " CAME}}}, "i-1"},
    {"changed here", {{"a", "incident", "", "", {"1 create " CAME, "2 update {}"}}}, "i-1 muster.a.2"},
    {"a place taken", {{"a", "incident", "b", "", {"2 create {}"}}, {"b", "incident", "", "", {"1 create {}", "3 supersede a"}}},
     "muster.a.1 muster.b.1 muster.b.2 muster.a.1.1"},
    {"and a change behind it", {{"a", "incident", "b", "", {"2 create {}", "4 update {}"}}, {"b", "incident", "", "", {"1 create {}", "3 supersede a"}}},
     "muster.a.1 muster.b.1 muster.b.2 muster.a.1.1 muster.a.2.1"},
    {"and one before it", {{"a", "incident", "b", "", {"2 create {}", "3 update {}"}}, {"b", "incident", "", "", {"1 create {}", "4 supersede a"}}},
     "muster.a.1 muster.a.2 muster.b.1 muster.b.2 muster.a.2.1"},
    {"by a message that came in: that is said of it here", {{"a", "incident", "b", "", {"2 create " CAME}}, {"b", "incident", "", "", {"1 create {}", "3 supersede a"}}},
     "i-1 muster.b.1 muster.b.2 muster.a.1.1"},
    {"two places", {{"a", "incident", "b c", "", {"2 create {}"}}, {"b", "incident", "", "", {"1 create {}", "5 supersede a"}},
      {"c", "incident", "", "", {"1 create {}", "3 supersede a"}}},
     "muster.a.1 muster.c.1 muster.c.2 muster.a.1.1 muster.b.1 muster.b.2 muster.a.1.2"},
    {"over two steps", {{"a", "incident", "b", "", {"4 create {}"}}, {"b", "incident", "c", "", {"2 create {}", "5 supersede a"}},
      {"c", "incident", "", "", {"1 create {}", "3 supersede b"}}},
     "muster.a.1 muster.b.1 muster.c.1 muster.c.2 muster.b.1.1 muster.b.2.1 muster.a.1.1"},
    {"a circle ends", {{"a", "incident", "b", "", {"1 create {}", "3 supersede b"}}, {"b", "incident", "a", "", {"2 create {}", "4 supersede a"}}},
     "muster.a.1 muster.a.2 muster.b.1 muster.b.2 muster.a.2.1"},
    {"of one that is not here", {{"a", "incident", "x", "", {"1 create {}"}}}, "muster.a.1"},
    {"a clock that goes back orders nothing", {{"a", "incident", "", "", {"5 create {}", "3 update {}"}}}, "muster.a.1 muster.a.2"},
    {"a draft says nothing", {{"a", "warning", "", "", {"1 create {}"}}}, ""},
    {"its issue is the first", {{"a", "warning", "", "", {"1 create {}", "2 update " ISSUED, "3 update {}"}}}, "muster.a.1 muster.a.2"},
    {"in the place of a draft", {{"a", "warning", "b", "", {"1 create " ISSUED}}, {"b", "warning", "", "", {"1 create {}", "2 supersede a"}}},
     "muster.a.1"},
    {"issued after it took the place", {{"a", "warning", "b", "", {"2 create {}", "4 update " ISSUED}},
      {"b", "warning", "", "", {"1 create " ISSUED, "3 supersede a"}}}, "muster.b.1 muster.b.2 muster.a.1"},
    {"a predecessor is named from the first on", {{"a", "warning", "", "b", {"2 create " ISSUED}}, {"b", "warning", "", "", {"1 create " ISSUED}}},
     "muster.b.1 muster.a.1"},
    {"what it says later by the next", {{"a", "warning", "", "b", {"2 create " ISSUED}}, {"b", "warning", "", "", {"1 create " ISSUED, "3 update {}"}}},
     "muster.b.1 muster.a.1"},
    {"which then names it", {{"a", "warning", "", "b", {"2 create " ISSUED, "4 update {}"}}, {"b", "warning", "", "", {"1 create " ISSUED, "3 update {}"}}},
     "muster.b.1 muster.a.1 muster.b.2 muster.a.2"},
    {"a predecessor that is superseded too", {{"a", "warning", "b", "b", {"2 create " ISSUED}}, {"b", "warning", "", "", {"1 create " ISSUED, "3 supersede a"}}},
     "muster.b.1 muster.a.1 muster.b.2 muster.a.1.1"},
};

static const struct told *told_of(const struct row *row, const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(row->objects) && row->objects[i].id; i++)
        if (strcmp(row->objects[i].id, id) == 0)
            return &row->objects[i];
    return NULL;
}

static enum muster_error object_give(void *user, const char *id, json_t **out)
{
    const struct told *t = told_of(user, id);
    json_t *takes = json_array();
    for (const char *at = t ? t->takes : ""; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        json_array_append_new(takes, json_pack("{s:s%}", "id", at, len));
        at += len;
    }
    *out = !t ? NULL : json_pack("{s:s, s:s, s:O, s:{s:s}}", "id", id, "kind", t->kind, "takes_place_of", takes, "fields", "predecessor", t->former);
    json_decref(takes);
    return t ? MUSTER_OK : MUSTER_ENOTFOUND;
}

static enum muster_error history_give(void *user, const char *id, json_t **out)
{
    const struct told *t = told_of(user, id);
    json_t *items = json_array();
    for (size_t i = 0; t && i < ARRAY_LEN(t->records) && t->records[i]; i++) {
        const char *record = t->records[i];
        bool counts = record[0] != '!';
        char hlc[17], op[16], rest[200], time[32];
        assert_int_equal(sscanf(record + !counts, "%16s %15s %199[^\n]", hlc, op, rest), 3);
        snprintf(time, sizeof time, "2026-07-01T08:00:0%.1sZ", hlc);
        json_t *fields = rest[0] == '{' ? json_loads(rest, 0, NULL) : json_object();
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s}}", "state", counts ? "counts" : "void", "op", op, "hlc", hlc,
                                               "time", time, "fields", fields, "by", "id", rest[0] == '{' ? "" : rest));
    }
    *out = json_pack("{s:o}", "items", items);
    return t ? MUSTER_OK : MUSTER_ENOTFOUND;
}

static char *identifiers(const struct series *series)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    for (size_t i = 0; i < series->count; i++)
        fprintf(stream, "%s%s", i ? " " : "", series->said[i].identifier);
    memory_stream_end(stream);
    return text;
}

static void test_messages_have_their_names_and_those_they_follow(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct row row = rows[i];
        struct series_source source = {&row, object_give, history_give, "anna", "00"};
        json_t *object;
        enum muster_error error;
        struct series *series = series_of(&source, "a", &object, &error);
        assert_int_equal(error, MUSTER_OK);
        char *text = identifiers(series);
        if (strcmp(text, rows[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].says, text, rows[i].want);
        assert_int_equal(series->first, series->count == 1);
        free(text);
        free(series);
        json_decref(object);
    }
}

/* A history of many versions, each of which counts. */
enum { MANY = 200 };

static enum muster_error many_give(void *user, const char *id, json_t **out)
{
    json_t *items = json_array();
    (void)user;
    (void)id;
    for (int i = 0; i < MANY; i++) {
        char hlc[17];
        snprintf(hlc, sizeof hlc, "%016d", i);
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:{}}", "state", "counts", "op", "update", "hlc", hlc, "time",
                                               "2026-07-01T08:00:00Z", "fields"));
    }
    *out = json_pack("{s:o}", "items", items);
    return MUSTER_OK;
}

static void test_of_many_messages_the_oldest_are_forgotten(void **state)
{
    struct row row = rows[0];
    struct series_source source = {&row, object_give, many_give, "anna", "00"};
    json_t *object;
    enum muster_error error;
    struct series *series = series_of(&source, "a", &object, &error);
    (void)state;
    assert_int_equal(series->count, SERIES_SAID_MAX);
    assert_string_equal(series->said[SERIES_SAID_MAX - 1].identifier, "muster.a.200");
    assert_string_equal(series->said[0].identifier, "muster.a.150");
    assert_false(series->first);
    free(series);
    json_decref(object);
}

static enum muster_error refuse(void *user, const char *id, json_t **out)
{
    (void)user;
    (void)id;
    *out = NULL;
    return MUSTER_EDAMAGED;
}

static void test_what_cannot_be_asked_for_is_said(void **state)
{
    struct row row = rows[0];
    struct series_source source = {&row, object_give, refuse, "anna", "00"};
    json_t *object;
    enum muster_error error;
    (void)state;
    assert_null(series_of(&source, "a", &object, &error));
    assert_int_equal(error, MUSTER_EDAMAGED);
    json_decref(object);
    assert_null(series_of(&source, "x", &object, &error));
    assert_int_equal(error, MUSTER_ENOTFOUND);
    assert_null(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_have_their_names_and_those_they_follow),
        cmocka_unit_test(test_of_many_messages_the_oldest_are_forgotten),
        cmocka_unit_test(test_what_cannot_be_asked_for_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
