/* cap_whole_test.c — an alert that came in is written again whole; what is said to the public is an alert from when it is. */
#include "unit/formats/sample.h"

#include "formats/read/cap.h"
#include "formats/read/cap_parse.h"
#include "formats/read/cap_table.h"
#include "formats/write/cap.h"
#include "formats/write/cap_spoken.h"
#include "formats/write/cap_whole.h"

#define NAMESPACE(version) "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:" version "\">"
#define HEAD "<identifier>i</identifier><sender>s</sender><sent>2026-05-01T08:00:00+08:00</sent><status>Actual</status>"
#define INFO "<event>e</event><urgency>Past</urgency><severity>Minor</severity><certainty>Likely</certainty>"

static json_t *tree_of(const char *text, size_t len)
{
    struct format_problem problem;
    json_t *alert = NULL;
    enum muster_error error = cap_parse(text, len, "alert.xml", &alert, &problem);
    if (error)
        print_message("%s\n%.*s\n", problem.sentence, (int)len, text);
    assert_int_equal(error, MUSTER_OK);
    return alert;
}

static char *written(json_t *alert, bool exercise, const char *tlp)
{
    struct out out = {0};
    assert_true(cap_whole_write(&out, alert, exercise, tlp));
    out_bytes(&out, "", 1);
    assert_false(out.failed);
    return out.at;
}

static void test_what_was_read_is_written_and_read_again(void **state)
{
    static const char *const files[] = {
        "cap/google-43b080713727.cap", "cap/google-australia.cap",     "cap/google-canada.cap",
        "cap/google-weather.cap",      "cap/ipaws-5e6dd964.xml",       "cap/ipaws-5e6dd9de.xml",
        "cap/nws-5c2cf27b.xml",        "cap/oasis-1.2-appendix-a1.xml", "cap/oasis-1.2-appendix-a2.xml",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        size_t len;
        unsigned char *bytes = sample_read(files[i], &len);
        json_t *before = tree_of((const char *)bytes, len);
        char *text = written(before, false, NULL); /* before is in the words of 1.2 now */
        json_t *after = tree_of(text, strlen(text));
        print_message("%s\n", files[i]);
        char *again = written(after, false, NULL);
        assert_string_equal(text, again);
        assert_int_equal(json_array_size(json_object_get(before, "info")), json_array_size(json_object_get(after, "info")));
        free(again);
        free(text);
        free(bytes);
        json_decref(before);
        json_decref(after);
    }
}

static const struct {
    const char *says, *alert, *has, *lacks;
    const char *tlp;
    bool exercise;
} wholes[] = {
    {"of two infos both", NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope><info><category>Met</category>" INFO
     "</info><info><language>zh-CN</language><category>Met</category><event>洪水</event><urgency>Past</urgency>"
     "<severity>Minor</severity><certainty>Likely</certainty></info></alert>", "<event>洪水</event>", "<area>", NULL, false},
    {"a name with = keeps it", NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope><info><category>Met</category>" INFO
     "<parameter><valueName>a\\?b=c</valueName><value>d=e\\</value></parameter></info></alert>",
     "<valueName>a\\?b=c</valueName>\n<value>d=e\\</value>", "\\=", NULL, false},
    {"an older one gets what 1.2 demands", "<alert xmlns=\"http://www.incident.com/cap/1.0\"><identifier>i</identifier><sender>s</sender>"
     "<sent>2026-05-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><password>secret</password><info>"
     "<event>e</event><urgency>Past</urgency><severity>Minor</severity><certainty>Very Likely</certainty></info></alert>",
     "<scope>Restricted</scope>\n<restriction>" CAP_WRITE_MEMBERS "</restriction>\n<info>\n<category>Other</category>", "secret", NULL, false},
    {"Very Likely is Likely", "<alert xmlns=\"http://www.incident.com/cap/1.0\"><identifier>i</identifier><sender>s</sender>"
     "<sent>2026-05-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><info><event>e</event>"
     "<urgency>Past</urgency><severity>Minor</severity><certainty>Very Likely</certainty></info></alert>",
     "<certainty>Likely</certainty>", "Very", NULL, false},
    {"an exercise is never actual", NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope></alert>",
     "<status>Exercise</status>", "Actual", NULL, true},
    {"a label is a code beside the others", NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope><code>P:1</code></alert>",
     "<code>P:1</code>\n<code>TLP:GREEN</code>", "restriction", "TLP:GREEN", false},
};

static void test_a_whole_alert_is_in_the_words_of_1_2(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wholes); i++) {
        json_t *alert = tree_of(wholes[i].alert, strlen(wholes[i].alert));
        char *text = written(alert, wholes[i].exercise, wholes[i].tlp);
        print_message("%s\n", wholes[i].says);
        assert_non_null(strstr(text, wholes[i].has));
        assert_null(strstr(text, wholes[i].lacks));
        json_decref(tree_of(text, strlen(text)));
        free(text);
        json_decref(alert);
    }
}

static void test_a_tree_that_lacks_something_is_not_written(void **state)
{
    struct out out = {0};
    json_t *alert = tree_of(NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope></alert>",
                            strlen(NAMESPACE("1.2") HEAD "<msgType>Alert</msgType><scope>Public</scope></alert>"));
    (void)state;
    json_object_set_new(alert, "msgType", json_string("Perhaps"));
    out_text(&out, "before");
    assert_false(cap_whole_write(&out, alert, false, NULL));
    assert_int_equal(out.len, strlen("before"));
    out_clear(&out);
    json_decref(alert);
}

#define TOLD "\"name\":\"Evacuation\",\"status\":\"published\","

static const struct {
    const char *says, *fields, *type, *has, *lacks;
    enum muster_error want;
} releases[] = {
    {"a draft is no message", "{\"name\":\"x\",\"status\":\"draft\"}", "Alert", "", "alert", MUSTER_ESCHEMA},
    {"nor is one that is approved", "{\"name\":\"x\",\"status\":\"approved\"}", "Alert", "", "alert", MUSTER_ESCHEMA},
    {"a draft that was withdrawn takes nothing back", "{\"name\":\"x\",\"status\":\"withdrawn\"}", "Alert", "", "alert", MUSTER_ESCHEMA},
    {"what was told and is withdrawn does", "{\"name\":\"x\",\"status\":\"withdrawn\"}", "Cancel", "<msgType>Cancel</msgType>",
     "Update", MUSTER_OK},
    {"its text is the description", "{" TOLD "\"text\":\"a & b\"}", "Alert", "<description>a &amp; b</description>", "<text>", MUSTER_OK},
    {"its name is the headline", "{" TOLD "\"text\":\"x\"}", "Alert", "<headline>Evacuation</headline>", "level", MUSTER_OK},
    {"unless it has one", "{" TOLD "\"headline\":\"All out\"}", "Alert", "<headline>All out</headline>", "<headline>Ev", MUSTER_OK},
    {"its claims are parameters", "{" TOLD "\"claims\":[\"evacuated=1200\"]}", "Alert",
     "<valueName>evacuated</valueName>\n<value>1200</value>", "claims", MUSTER_OK},
    {"a list of audiences is one text", "{" TOLD "\"audience\":[\"a\",\"b\"]}", "Alert", "<audience>a; b</audience>", "<area>", MUSTER_OK},
    {"for everybody is public", "{" TOLD "\"tlp\":\"TLP:CLEAR\"}", "Alert", "<scope>Public</scope>", "Restricted", MUSTER_OK},
    {"without a label it is not", "{" TOLD "\"text\":\"x\"}", "Alert", "<scope>Restricted</scope>", "Public", MUSTER_OK},
    {"an embargo that is over is none", "{" TOLD "\"embargo_until\":\"2026-05-01T15:59:59+08:00\"}", "Alert", "<alert", "embargo", MUSTER_OK},
    {"one that is not holds", "{" TOLD "\"embargo_until\":\"2026-05-01T16:00:01+08:00\"}", "Alert", "", "alert", MUSTER_ESCHEMA},
};

static void test_a_release_is_an_alert_once_it_was_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct cap_message message = {.identifier = "muster.x.1", .sender = "a", .sent = "2026-05-01T07:30:00Z",
                                      .msg_type = releases[i].type,
                                      .references = strcmp(releases[i].type, "Cancel") == 0 ? "a,b,2026-05-01T07:00:00-00:00" : ""};
        struct export e = {.head = {.space = "flood", .space_id = "00", .agency = "a", .agency_id = "aa", .now = "2026-05-01T08:00:00Z",
                                    .as_of = ""}, .message = &message};
        struct format_problem problem;
        json_t *item = json_pack("{s:s, s:s, s:s, s:o}", "id", "0190f2c3000102030405060708090a0b", "short", "rel-abcde", "kind",
                                 "release", "fields", json_loads(releases[i].fields, 0, NULL));
        print_message("%s\n", releases[i].says);
        assert_int_equal(export_format_by_name("cap")->item(&e, item, &problem), releases[i].want);
        out_bytes(&e.out, "", 1);
        assert_non_null(strstr(e.out.at, releases[i].has));
        assert_null(strstr(e.out.at, releases[i].lacks));
        if (releases[i].want)
            assert_sentence(&problem);
        else
            json_decref(tree_of(e.out.at, strlen(e.out.at)));
        export_clear(&e);
        json_decref(item);
    }
}

/* Every element that CAP 1.2 has outside of resources, each with its own name in its value where it may say anything. */
static const char everything[] =
    NAMESPACE("1.2") "<identifier>identifier</identifier><sender>sender</sender><sent>2026-05-01T08:00:00+08:00</sent>"
    "<status>Actual</status><msgType>Update</msgType><source>source</source><scope>Private</scope><restriction>restriction</restriction>"
    "<addresses>addresses</addresses><code>code</code><note>note</note><references>a,b,2026-05-01T07:00:00+08:00</references>"
    "<incidents>incidents</incidents><info><language>zh-CN</language><category>Met</category><event>event</event>"
    "<responseType>Shelter</responseType><urgency>Past</urgency><severity>Minor</severity><certainty>Likely</certainty>"
    "<audience>audience</audience><eventCode><valueName>a</valueName><value>eventCode</value></eventCode>"
    "<effective>2026-05-01T08:01:00+08:00</effective><onset>2026-05-01T08:02:00+08:00</onset>"
    "<expires>2026-05-01T08:03:00+08:00</expires><senderName>senderName</senderName><headline>headline</headline>"
    "<description>description</description><instruction>instruction</instruction><web>http://web.example</web><contact>contact</contact>"
    "<parameter><valueName>a</valueName><value>parameter</value></parameter><area><areaDesc>areaDesc</areaDesc>"
    "<polygon>1,1 1,2 2,2 1,1</polygon><circle>1,1 5</circle><geocode><valueName>a</valueName><value>geocode</value></geocode>"
    "<altitude>1</altitude><ceiling>2</ceiling></area></info></alert>";

/* What docs/FORMATS.md prints: an element becomes that field, and is written from it. */
static void test_every_element_becomes_its_field_and_comes_from_it(void **state)
{
    struct format_problem problem;
    struct export e = {.head = {.space = "flood", .space_id = "00", .agency = "a", .agency_id = "aa", .now = "2026-05-01T08:00:00Z",
                                .as_of = ""}};
    json_t *items;
    size_t count, read = 0;
    const struct cap_row *rows = cap_rows(&count);
    (void)state;
    assert_int_equal(cap_read(everything, strlen(everything), "all.xml", &items, &problem), MUSTER_OK);
    json_t *fields = json_object_get(json_array_get(items, 0), "fields");
    json_t *item = json_pack("{s:s, s:s, s:s, s:O}", "id", "0190f2c3000102030405060708090a0b", "short", "inc-abcde", "kind",
                             "incident", "fields", fields);
    assert_int_equal(export_format_by_name("cap")->item(&e, item, &problem), MUSTER_OK);
    out_bytes(&e.out, "", 1);
    for (size_t i = 0; i < count; i++) {
        const char *field = cap_field_of(rows[i].name);
        char element[80];
        snprintf(element, sizeof element, "<%s>", rows[i].name);
        if (!field || rows[i].to < CAP_1_2 || strcmp(rows[i].parent, "resource") == 0)
            continue;
        print_message("%s: %s\n", rows[i].name, field);
        read++;
        assert_non_null(strstr(everything, element));
        assert_non_null(json_object_get(fields, field));
        assert_non_null(field_by_name(kind_by_name("incident"), field));
        assert_true(cap_write_knows(rows[i].parent, rows[i].name));
        assert_non_null(strstr(e.out.at, element));
    }
    assert_true(read > 30);
    export_clear(&e);
    json_decref(item);
    json_decref(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_read_is_written_and_read_again),
        cmocka_unit_test(test_a_whole_alert_is_in_the_words_of_1_2),
        cmocka_unit_test(test_a_tree_that_lacks_something_is_not_written),
        cmocka_unit_test(test_every_element_becomes_its_field_and_comes_from_it),
        cmocka_unit_test(test_a_release_is_an_alert_once_it_was_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
