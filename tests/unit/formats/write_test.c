/* write_test.c — what goes out says what came in, in the words and escapes of each format. */
#include "unit/formats/sample.h"

#include "formats/read/cap.h"
#include "formats/read/cap_table.h"
#include "formats/write/cap.h"
#include "formats/write/shape.h"
#include "formats/write/sql.h"

#define HEAD \
    (struct export_head){.space = "flood", .space_id = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", \
                         .agency = "Red Cross", .agency_id = "aa", .now = "2026-05-01T08:00:00Z", .as_of = ""}

static json_t *item_of(const char *kind, const char *fields)
{
    json_t *item = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:i, s:b, s:b, s:b}", "id",
                             "0190f2c3000102030405060708090a0b", "short", "obj-abcde", "kind", kind, "owner", "id", "bb", "name",
                             "Fire, \"and\" rescue", "created", "2026-05-01T07:00:00Z", "changed", "2026-05-01T07:30:00Z",
                             "revision", 1, "conflict", 0, "provisional", 0, "retracted", 0);
    json_t *parsed = json_loads(fields, 0, NULL);
    assert_non_null(item);
    assert_non_null(parsed);
    json_object_set_new(item, "fields", parsed);
    return item;
}

/* The whole file of that one item, NUL-terminated; the caller frees it. */
static char *file_of(const char *form, json_t *item, bool exercise, enum muster_error want, struct format_problem *problem)
{
    const struct export_format *format = export_format_by_name(form);
    struct export e = {.head = HEAD};
    assert_non_null(format);
    e.head.exercise = exercise;
    e.kind = kind_by_name(item_text(item, "kind"));
    if (format->begin)
        format->begin(&e);
    assert_int_equal(format->item(&e, item, problem), want);
    e.count += !want;
    if (format->end)
        format->end(&e);
    out_bytes(&e.out, "", 1);
    assert_false(e.out.failed);
    char *text = strdup(e.out.at);
    export_clear(&e);
    return text;
}

static char *simple(const char *form, const char *kind, const char *fields)
{
    struct format_problem problem;
    json_t *item = item_of(kind, fields);
    char *text = file_of(form, item, false, MUSTER_OK, &problem);
    json_decref(item);
    return text;
}

/* --- CAP: in, out, in ------------------------------------------------------------------------------------- */

static const char *const alerts[] = {
    "cap/google-43b080713727.cap", "cap/google-australia.cap", "cap/google-canada.cap", "cap/google-earthquake.cap",
    "cap/google-no_optional_fields.cap", "cap/google-weather.cap", "cap/ipaws-5e6dd964.xml", "cap/ipaws-5e6dd9de.xml",
    "cap/nws-5c2cf27b.xml", "cap/oasis-1.0-appendix-a1.xml", "cap/oasis-1.0-appendix-a2.xml",
    "cap/oasis-1.1-appendix-a1.xml", "cap/oasis-1.1-appendix-a2.xml", "cap/oasis-1.2-appendix-a1.xml",
    "cap/oasis-1.2-appendix-a2.xml",
};

static json_t *fields_read(const void *bytes, size_t len)
{
    struct format_problem problem;
    json_t *items;
    enum muster_error error = cap_read(bytes, len, "out.cap", &items, &problem);
    if (error)
        print_message("%s\n%.*s\n", problem.sentence, (int)len, (const char *)bytes);
    assert_int_equal(error, MUSTER_OK);
    assert_int_equal(json_array_size(items), 1);
    json_t *fields = json_incref(json_object_get(json_array_get(items, 0), "fields"));
    json_decref(items);
    json_object_del(fields, "original"); /* the file itself, which is another one now */
    if (json_integer_value(json_object_get(fields, "info_count")) > 1) /* the others are in the original */
        json_object_set_new(fields, "info_count", json_integer(1));
    return fields;
}

/* Times as CAP 1.2 writes them: 1.0 and 1.1 allowed Z and fractions. */
static void times_exact(json_t *fields)
{
    static const char *const times[] = {"sent", "effective", "onset", "expires"};
    char exact[CAP_WRITE_ID_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        const char *text = json_string_value(json_object_get(fields, times[i]));
        if (text && cap_write_time(exact, text))
            json_object_set_new(fields, times[i], json_string(exact));
    }
}

static void test_an_alert_that_came_in_goes_out_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(alerts); i++) {
        size_t len;
        unsigned char *bytes = sample_read(alerts[i], &len);
        struct format_problem problem;
        json_t *before = fields_read(bytes, len), *item = item_of("incident", "{}");
        print_message("%s\n", alerts[i]);
        times_exact(before);
        json_object_set(item, "fields", before);
        char *text = file_of("cap", item, false, MUSTER_OK, &problem);
        json_t *after = fields_read(text, strlen(text));
        const char *name;
        json_t *value;
        json_object_foreach(before, name, value)
        {
            if (!json_equal(value, json_object_get(after, name)))
                print_message("  %s differs\n", name);
            assert_true(json_equal(value, json_object_get(after, name)));
        }
        assert_int_equal(json_object_size(before), json_object_size(after));
        free(text);
        json_decref(after);
        json_decref(before);
        json_decref(item);
        free(bytes);
    }
}

static const struct {
    const char *says, *fields, *has, *lacks;
    bool exercise;
} own[] = {
    {"an incident of one's own is restricted to those who may see it", "{\"name\":\"Dike\",\"tlp\":\"TLP:AMBER\"}",
     "<scope>Restricted</scope>\n<restriction>TLP:AMBER</restriction>\n<code>TLP:AMBER</code>", "<note>", false},
    {"what nobody said is unknown", "{\"name\":\"Dike\"}", "<urgency>Unknown</urgency>\n<severity>Unknown</severity>",
     "Immediate", false},
    {"an exercise is never actual", "{\"name\":\"Dike\",\"cap_status\":\"Actual\"}", "<status>Exercise</status>",
     "<status>Actual", true},
    {"and says so in words", "{\"name\":\"Dike\"}", "<note>EXERCISE flood</note>", "<status>Actual", true},
    {"a place is a circle without radius", "{\"name\":\"Dike\",\"location\":\"28.77,104.62\",\"geocode\":[\"P=1\"]}",
     "<areaDesc>Dike</areaDesc>\n<circle>28.77,104.62 0</circle>\n<geocode>", "polygon", false},
    {"text is escaped", "{\"name\":\"a & b <c>\"}", "<event>a &amp; b &lt;c&gt;</event>", "<c>", false},
    {"a token of another list is left out", "{\"name\":\"Dike\",\"response_type\":[\"Panic\",\"Shelter\"]}",
     "<responseType>Shelter</responseType>", "Panic", false},
    {"UTC is written as CAP wants it", "{\"name\":\"Dike\",\"onset\":\"2026-05-01T08:00:00.500Z\"}",
     "<onset>2026-05-01T08:00:00-00:00</onset>", "500", false},
    {"an area that is none is left out", "{\"name\":\"Dike\",\"area\":[\"POLYGON 1,1 2,2 1,1\"],\"area_desc\":\"here\"}",
     "<areaDesc>here</areaDesc>", "<polygon>", false},
};

static void test_cap_says_what_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        const struct export_format *format = export_format_by_name("cap");
        struct cap_message message = {.identifier = "muster.x.1", .sender = "a", .sent = "2026-05-01T07:30:00Z",
                                      .msg_type = "Alert", .references = ""};
        struct export e = {.head = HEAD, .message = &message};
        struct format_problem problem;
        json_t *item = item_of("incident", own[i].fields);
        print_message("%s\n", own[i].says);
        e.head.exercise = own[i].exercise;
        assert_int_equal(format->item(&e, item, &problem), MUSTER_OK);
        out_bytes(&e.out, "", 1);
        assert_non_null(strstr(e.out.at, own[i].has));
        assert_null(strstr(e.out.at, own[i].lacks));
        json_t *again = fields_read(e.out.at, strlen(e.out.at)); /* what goes out can come in */
        json_decref(again);
        export_clear(&e);
        json_decref(item);
    }
}

#define ISSUED "\"name\":\"Flood\",\"status\":\"issued\",\"level\":\"二级\",\"category\":[\"Met\"],"

static const struct {
    const char *says, *fields, *has, *lacks;
    enum muster_error want;
} warnings[] = {
    {"a draft is no message", "{\"name\":\"Flood\",\"status\":\"draft\",\"level\":\"二级\"}", "", "alert", MUSTER_ESCHEMA},
    {"nor is one that was rejected", "{\"name\":\"Flood\",\"status\":\"rejected\",\"level\":\"二级\"}", "", "alert", MUSTER_ESCHEMA},
    {"its level is a severity", "{" ISSUED "\"matters\":\"water\"}", "<severity>Severe</severity>", "Unknown</severity>", MUSTER_OK},
    {"unless it states one", "{" ISSUED "\"severity\":\"Minor\"}", "<severity>Minor</severity>", "Severe", MUSTER_OK},
    {"what to do is its instruction", "{" ISSUED "\"measures\":\"leave\"}", "<instruction>leave</instruction>", "measures", MUSTER_OK},
    {"its moments have CAP's names", "{" ISSUED "\"starts\":\"2026-05-01T08:00:00Z\",\"ends\":\"2026-05-02T08:00:00Z\"}",
     "<onset>2026-05-01T08:00:00-00:00</onset>\n<expires>2026-05-02T08:00:00-00:00</expires>", "starts", MUSTER_OK},
    {"what is for everybody is public", "{" ISSUED "\"tlp\":\"TLP:CLEAR\"}", "<scope>Public</scope>", "Restricted", MUSTER_OK},
    {"what is not, is not", "{" ISSUED "\"tlp\":\"TLP:AMBER\"}", "<scope>Restricted</scope>", "Public", MUSTER_OK},
};

static void test_a_warning_is_an_alert_once_it_was_issued(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(warnings); i++) {
        struct cap_message message = {.identifier = "muster.x.1", .sender = "a", .sent = "2026-05-01T07:30:00Z", .msg_type = "Alert",
                                      .references = ""};
        struct export e = {.head = HEAD, .message = &message};
        struct format_problem problem;
        json_t *item = item_of("warning", warnings[i].fields), *untouched = json_deep_copy(item);
        print_message("%s\n", warnings[i].says);
        assert_int_equal(export_format_by_name("cap")->item(&e, item, &problem), warnings[i].want);
        assert_true(json_equal(item, untouched));
        out_bytes(&e.out, "", 1);
        assert_non_null(strstr(e.out.at, warnings[i].has));
        assert_null(strstr(e.out.at, warnings[i].lacks));
        if (!warnings[i].want)
            json_decref(fields_read(e.out.at, strlen(e.out.at))); /* what goes out can come in */
        export_clear(&e);
        json_decref(item);
        json_decref(untouched);
    }
}

static void test_cap_without_a_required_element_is_refused(void **state)
{
    struct format_problem problem;
    json_t *item = item_of("incident", "{\"name\":\"Dike\",\"identifier\":\"has, a comma\",\"sender\":\"a\"}");
    (void)state;
    char *text = file_of("cap", item, false, MUSTER_ESCHEMA, &problem);
    assert_string_equal(text, "");
    assert_string_equal(problem.field, "identifier");
    assert_non_null(strstr(problem.sentence, "<identifier>"));
    free(text);
    json_decref(item);
}

/* A row of the table that must be there, and that the writer has no source for, would refuse every alert. */
static void test_cap_has_a_source_for_every_required_row(void **state)
{
    size_t count, required = 0;
    const struct cap_row *rows = cap_rows(&count);
    char *text = simple("cap", "incident",
                        "{\"name\":\"Dike\",\"identifier\":\"i\",\"sender\":\"s\",\"sent\":\"2026-05-01T07:30:00Z\",\"area_desc\":\"x\"}");
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char element[80];
        bool ours = strcmp(rows[i].parent, "alert") == 0 || strcmp(rows[i].parent, "info") == 0 ||
                    strcmp(rows[i].parent, "area") == 0;
        if (!ours || !rows[i].min || rows[i].to < CAP_1_2)
            continue;
        snprintf(element, sizeof element, "<%s>", rows[i].name);
        required++;
        assert_non_null(strstr(text, element));
    }
    assert_true(required >= 10);
    free(text);
}

static void test_senders_and_identifiers_fit_cap(void **state)
{
    static const struct {
        const char *name, *want;
    } cases[] = {{"ops@flood.example", "ops@flood.example"}, {"Red Cross", "Red_Cross"}, {"宜宾", "aa"},
                 {"a,b", "aa"}, {"", "aa"}, {"<&>", "aa"}};
    char out[CAP_WRITE_ID_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cap_write_sender(out, cases[i].name, "aa");
        assert_string_equal(out, cases[i].want);
    }
    cap_write_identifier(out, "0190", 3);
    assert_string_equal(out, "muster.0190.3");
    assert_false(cap_write_time(out, "2026-05-01"));
}

/* --- maps ------------------------------------------------------------------------------------------------------ */

static json_t *geometry_of(const char *fields)
{
    char *text = simple("geojson", "incident", fields);
    json_error_t where;
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!all)
        print_message("%s\n%s\n", where.text, text);
    assert_non_null(all);
    json_t *geometry = json_incref(json_object_get(json_array_get(json_object_get(all, "features"), 0), "geometry"));
    json_decref(all);
    free(text);
    return geometry;
}

static const struct {
    const char *says, *fields, *want;
} maps[] = {
    {"longitude comes first", "{\"location\":\"28.77,104.62\"}", "{\"type\":\"Point\",\"coordinates\":[104.62,28.77]}"},
    {"what is nowhere has no geometry", "{\"name\":\"x\"}", "null"},
    {"a clockwise ring is turned", "{\"area\":[\"POLYGON 0,0 1,0 1,1 0,1 0,0\"]}",
     "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}"},
    {"across the date line there are two polygons", "{\"area\":[\"POLYGON 10,179 10,-179 20,-179 20,179 10,179\"]}",
     "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[179,10],[180,10],[180,20],[179,20],[179,10]]],"
     "[[[-180,10],[-179,10],[-179,20],[-180,20],[-180,10]]]]}"},
    {"an area and a place are a collection", "{\"area\":[\"POLYGON 0,0 0,1 1,1 0,0\"],\"location\":\"0.5,0.75\"}",
     "{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Polygon\",\"coordinates\":"
     "[[[0,0],[1,0],[1,1],[0,0]]]},{\"type\":\"Point\",\"coordinates\":[0.75,0.5]}]}"},
    {"what is no place is none", "{\"location\":\"91,0\",\"area\":[\"POLYGON nonsense\"]}", "null"},
    {"a circle without radius is a place", "{\"area\":[\"CIRCLE 1,2 0\"]}", "{\"type\":\"Point\",\"coordinates\":[2,1]}"},
};

static void test_geojson_draws_what_the_fields_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        json_t *got = geometry_of(maps[i].fields), *want = json_loads(maps[i].want, JSON_DECODE_ANY, NULL);
        /* 104.62 and such are read into reals twice in the same way, and are equal */
        char *text = json_dumps(got, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)),
             *wanted = json_dumps(want, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        print_message("%s\n", maps[i].says);
        assert_string_equal(text, wanted);
        free(text);
        free(wanted);
        json_decref(got);
        json_decref(want);
    }
}

static void test_a_circle_is_closed_and_round(void **state)
{
    json_t *item = item_of("incident", "{\"area\":[\"CIRCLE 0,10 111.195\"]}"); /* one degree */
    struct shape shape;
    struct shape_point least, most;
    (void)state;
    shape_of(&shape, item);
    assert_false(shape.failed);
    assert_int_equal(shape.polygon_count, 1);
    assert_int_equal(shape.point_count, SHAPE_CIRCLE_POINTS + 1);
    assert_true(shape_box(&shape, &least, &most));
    assert_in_range(least.lon_e7, 89990000, 90010000);
    assert_in_range(most.lon_e7, 109990000, 110010000);
    assert_in_range(most.lat_e7, 9990000, 10010000);
    shape_clear(&shape);
    json_decref(item);
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *says, *form, *fields, *has;
} tables[] = {
    {"a formula is harmless", "csv", "{\"name\":\"=1+1\"}", "'=1+1"},
    {"a negative number stays one", "csv", "{\"name\":\"x\",\"quantity\":\"-5\"}", ",-5,"},
    {"quotes are doubled", "csv", "{\"name\":\"a \\\"b\\\", c\"}", "\"a \"\"b\"\", c\""},
    {"lists are joined", "csv", "{\"name\":\"x\",\"alias\":[\"a;1\",\"b\"]}", "a\\;1;b"},
    {"names have tags under them", "hxl", "{\"name\":\"x\"}", "\r\n#meta+id,#item+name,#status,"},
    {"labels are carried", "hxl", "{\"name\":\"x\",\"tlp\":\"TLP:RED\"}", ",TLP:RED,"},
};

static void test_tables_are_safe_in_a_spreadsheet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        char *text = simple(tables[i].form, "resource", tables[i].fields);
        print_message("%s\n", tables[i].says);
        assert_non_null(strstr(text, tables[i].has));
        free(text);
    }
}

/* Every kind's table has as many tags as names, and each is a tag. */
static void test_hxl_tags_every_column(void **state)
{
    (void)state;
    for (size_t k = 0; kind_at(k); k++) {
        char *text = simple("hxl", kind_at(k)->name, "{}"), *at = text;
        char *names = strsep(&at, "\n"), *row = strsep(&at, "\n");
        size_t commas = 0;
        assert_non_null(row);
        for (const char *c = names; *c; c++)
            commas += *c == ',';
        row[strcspn(row, "\r")] = '\0';
        for (char *tag; (tag = strsep(&row, ","));) {
            assert_int_equal(tag[0], '#');
            assert_int_equal(strspn(tag + 1, "abcdefghijklmnopqrstuvwxyz0123456789_+"), strlen(tag + 1));
            commas--;
        }
        assert_int_equal(commas, (size_t)-1);
        free(text);
    }
}

static void test_exercises_are_marked_everywhere(void **state)
{
    static const struct {
        const char *form, *kind, *fields, *mark;
    } cases[] = {
        {"ndjson", "incident", "{\"name\":\"x\"}", "\"exercise\":true"},
        {"geojson", "incident", "{\"name\":\"x\"}", "\"exercise\":true"},
        {"csv", "incident", "{\"name\":\"x\"}", ",EXERCISE\r\n"},
        {"hxl", "incident", "{\"name\":\"x\"}", ",EXERCISE\r\n"},
        {"cap", "incident", "{\"name\":\"x\",\"identifier\":\"i\",\"sender\":\"s\",\"sent\":\"2026-05-01T07:30:00Z\"}",
         "<status>Exercise</status>"},
        {"atom", "incident",
         "{\"name\":\"x\",\"identifier\":\"i\",\"sender\":\"s\",\"sent\":\"2026-05-01T07:30:00Z\",\"scope\":\"Public\"}",
         "<title>EXERCISE"},
        {"edxl-rm", "request", "{\"name\":\"x\"}", "<distributionStatus>Exercise</distributionStatus>"},
        {"edxl-have", "resource", "{\"name\":\"x\",\"beds_total\":1}", "<distributionStatus>Exercise</distributionStatus>"},
    };
    (void)state;
    size_t formats = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct format_problem problem;
        json_t *item = item_of(cases[i].kind, cases[i].fields);
        char *marked = file_of(cases[i].form, item, true, MUSTER_OK, &problem),
             *plain = file_of(cases[i].form, item, false, MUSTER_OK, &problem);
        print_message("%s\n", cases[i].form);
        assert_non_null(strstr(marked, cases[i].mark));
        assert_null(strstr(plain, cases[i].mark));
        free(marked);
        free(plain);
        json_decref(item);
    }
    while (export_format_at(formats))
        formats++;
    assert_int_equal(formats, ARRAY_LEN(cases)); /* none was forgotten here */
}

/* --- EDXL and Atom ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *says, *kind, *fields, *message, *lacks;
} messages[] = {
    {"a request", "request", "{\"name\":\"Boats\",\"quantity\":\"12\",\"unit\":\"{boat}\",\"needed_by\":\"2026-05-02T08:00:00Z\"}",
     "<RequestResource ", "PrecedingMessageID"},
    {"an offer that nobody asked for", "deployment", "{\"status\":\"offered\",\"funding\":\"ours\"}",
     "<OfferUnsolicitedResource ", "FundCode"},
    {"an answer names the request and has no actual times", "deployment",
     "{\"status\":\"offered\",\"request\":\"00112233445566778899aabbccddeeff\",\"arrived_at\":\"2026-05-02T08:00:00Z\"}",
     "<PrecedingMessageID>urn:uuid:00112233-4455-6677-8899-aabbccddeeff</PrecedingMessageID>", "ActualArrival"},
    {"a refusal declines", "deployment",
     "{\"status\":\"refused\",\"request\":\"00112233445566778899aabbccddeeff\"}", "<rm:ResponseType>Decline</rm:ResponseType>",
     "CommitResource"},
    {"a promise with quantity and time commits", "deployment",
     "{\"status\":\"committed\",\"quantity\":\"2\",\"eta\":\"2026-05-02T08:00:00Z\",\"request\":\"00112233445566778899aabbccddeeff\"}",
     "<CommitResource ", "ReportResource"},
    {"a promise without time can only be reported", "deployment",
     "{\"status\":\"committed\",\"quantity\":\"2\",\"request\":\"00112233445566778899aabbccddeeff\"}",
     "<ReportResourceDeploymentStatus ", "CommitResource"},
    {"what is under way is reported with its times", "deployment",
     "{\"status\":\"arrived\",\"arrived_at\":\"2026-05-02T08:00:00Z\"}", "<ScheduleType>ActualArrival</ScheduleType>",
     "ResponseType"},
};

static void test_edxl_rm_keeps_the_rules_of_each_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        char *text = simple("edxl-rm", messages[i].kind, messages[i].fields);
        print_message("%s\n", messages[i].says);
        assert_non_null(strstr(text, messages[i].message));
        assert_null(strstr(text, messages[i].lacks));
        free(text);
    }
}

static void test_edxl_carries_the_strictest_label(void **state)
{
    struct export e = {.head = HEAD};
    struct format_problem problem;
    const struct export_format *format = export_format_by_name("edxl-have");
    static const char *const labels[] = {"TLP:GREEN", "TLP:AMBER+STRICT", "TLP:CLEAR"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        json_t *item = item_of("resource", "{\"name\":\"H\",\"beds_total\":5,\"beds_available\":0}");
        json_object_set_new(json_object_get(item, "fields"), "tlp", json_string(labels[i]));
        assert_int_equal(format->item(&e, item, &problem), MUSTER_OK);
        json_decref(item);
    }
    format->end(&e);
    out_bytes(&e.out, "", 1);
    assert_non_null(strstr(e.out.at, "<combinedConfidentiality>TLP:AMBER+STRICT</combinedConfidentiality>"));
    assert_non_null(strstr(e.out.at, "<have:CapacityStatus>NotAvailable</have:CapacityStatus>"));
    export_clear(&e);
    json_t *tent = item_of("resource", "{\"name\":\"Tent\"}");
    assert_int_equal(format->item(&e, tent, &problem), MUSTER_ESCHEMA);
    assert_non_null(strstr(problem.sentence, "no facility"));
    json_decref(tent);
    export_clear(&e);
}

static void test_atom_holds_back_what_is_not_released(void **state)
{
    static const struct {
        const char *says, *fields;
        enum muster_error want;
    } cases[] = {
        {"public and clear", "{\"name\":\"x\",\"identifier\":\"i\",\"sender\":\"s\",\"sent\":\"2026-05-01T07:30:00Z\",\"scope\":\"Public\",\"tlp\":\"TLP:CLEAR\"}", MUSTER_OK},
        {"public, but labelled", "{\"name\":\"x\",\"scope\":\"Public\",\"tlp\":\"TLP:GREEN\"}", MUSTER_ESCHEMA},
        {"restricted", "{\"name\":\"x\",\"scope\":\"Restricted\"}", MUSTER_ESCHEMA},
        {"without a word about it", "{\"name\":\"x\"}", MUSTER_ESCHEMA},
        {"public, but no alert", "{\"name\":\"x\",\"scope\":\"Public\"}", MUSTER_ESCHEMA},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct format_problem problem;
        json_t *item = item_of("incident", cases[i].fields);
        print_message("%s\n", cases[i].says);
        char *text = file_of("atom", item, false, cases[i].want, &problem);
        assert_true((strstr(text, "<entry>") != NULL) == (cases[i].want == MUSTER_OK));
        free(text);
        json_decref(item);
    }
}

/* --- escapes --------------------------------------------------------------------------------------------------------- */

static void test_each_target_has_its_escapes(void **state)
{
    static const char hostile[] = "a\\b\tc\nd\"e\x1b[31m\xe2\x80\xae<f>&";
    struct out out = {0};
    (void)state;
    struct sql_feed feed = {.lines = 0};
    assert_int_equal(sql_feed_line(&feed, hostile, strlen(hostile)), MUSTER_OK);
    sql_feed_end(&feed);
    sql_feed_end(&feed); /* once is enough */
    out_bytes(&feed.out, "", 1);
    assert_string_equal(feed.out.at, "BEGIN;\nSET LOCAL client_encoding TO 'UTF8';\nCOPY muster.inbox (line) FROM STDIN;\n"
                                     "a\\\\b\\tc\\nd\"e\x1b[31m\xe2\x80\xae<f>&\n\\.\nSELECT muster.apply();\nCOMMIT;\n");
    sql_feed_clear(&feed);
    out_json_string(&out, hostile, strlen(hostile));
    out_bytes(&out, "", 1);
    assert_string_equal(out.at, "\"a\\\\b\\tc\\nd\\\"e\\u001b[31m\\u202e<f>&\"");
    out.len = 0;
    out_element(&out, "x", hostile);
    out_bytes(&out, "", 1);
    assert_string_equal(out.at, "<x>a\\b\tc\nd&quot;e\xef\xbf\xbd[31m\xe2\x80\xae&lt;f&gt;&amp;</x>\n");
    out.len = 0;
    out_e7(&out, -1046200000);
    out_bytes(&out, "", 1);
    assert_string_equal(out.at, "-104.62");
    out_clear(&out);
    assert_null(out.at);
}

static void test_out_fails_rather_than_grow_without_bound(void **state)
{
    struct out out = {0};
    char *block = calloc(1, 1 << 20);
    (void)state;
    for (size_t i = 0; i <= OUT_BYTES_MAX >> 20 && !out.failed; i++)
        out_bytes(&out, block, 1 << 20);
    assert_true(out.failed);
    assert_true(out.len <= OUT_BYTES_MAX);
    out_clear(&out);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alert_that_came_in_goes_out_the_same),
        cmocka_unit_test(test_cap_says_what_is_known),
        cmocka_unit_test(test_a_warning_is_an_alert_once_it_was_issued),
        cmocka_unit_test(test_cap_without_a_required_element_is_refused),
        cmocka_unit_test(test_cap_has_a_source_for_every_required_row),
        cmocka_unit_test(test_senders_and_identifiers_fit_cap),
        cmocka_unit_test(test_geojson_draws_what_the_fields_say),
        cmocka_unit_test(test_a_circle_is_closed_and_round),
        cmocka_unit_test(test_tables_are_safe_in_a_spreadsheet),
        cmocka_unit_test(test_hxl_tags_every_column),
        cmocka_unit_test(test_exercises_are_marked_everywhere),
        cmocka_unit_test(test_edxl_rm_keeps_the_rules_of_each_message),
        cmocka_unit_test(test_edxl_carries_the_strictest_label),
        cmocka_unit_test(test_atom_holds_back_what_is_not_released),
        cmocka_unit_test(test_each_target_has_its_escapes),
        cmocka_unit_test(test_out_fails_rather_than_grow_without_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
