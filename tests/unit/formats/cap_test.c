/* cap_test.c — real alerts become incidents, and every rule that the field gets wrong is told. */
#include "unit/formats/sample.h"

#include "formats/read/cap.h"

static const char alert[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n"
                            "<identifier>a-1</identifier>\n"
                            "<sender>ops@flood.example</sender>\n"
                            "<sent>2026-05-12T14:28:01+08:00</sent>\n"
                            "<status>Actual</status>\n"
                            "<msgType>Alert</msgType>\n"
                            "<scope>Public</scope>\n"
                            "<info>\n"
                            "<language>zh-CN</language>\n"
                            "<category>Met</category>\n"
                            "<event>flood</event>\n"
                            "<urgency>Expected</urgency>\n"
                            "<severity>Severe</severity>\n"
                            "<certainty>Likely</certainty>\n"
                            "<area>\n"
                            "<areaDesc>Leshan</areaDesc>\n"
                            "<polygon>29.5,103.7 29.6,103.7 29.6,103.8 29.5,103.7</polygon>\n"
                            "<circle>29.5,103.7 12.5</circle>\n"
                            "</area>\n"
                            "</info>\n"
                            "</alert>\n";

static json_t *read_text(const char *text, enum muster_error want, struct format_problem *problem)
{
    json_t *items = NULL;
    enum muster_error got = cap_read(text, strlen(text), "test.cap", &items, problem);
    if (got != want)
        print_message("    got %s: %s\n", error_name(got), problem->sentence);
    assert_int_equal(got, want);
    return items;
}

static const char *field(json_t *items, const char *name)
{
    return json_string_value(json_object_get(json_object_get(json_array_get(items, 0), "fields"), name));
}

static json_t *list(json_t *items, const char *name)
{
    return json_object_get(json_object_get(json_array_get(items, 0), "fields"), name);
}

/* ---- real files ---- */

static const struct {
    const char *file, *name, *phase, *certainty;
    size_t areas, infos;
} real[] = {
    {"cap/google-43b080713727.cap", "Homeland Security Sets Code ORANGE", "active", "Likely", 0, 1},
    {"cap/google-australia.cap", "Yerong Creek Structure Fire", "warned", "Observed", 1, 2},
    {"cap/google-canada.cap", "severe thunderstorm watch", "closed", "Observed", 2, 2},
    {"cap/google-earthquake.cap", "EQ 6.3 Neiafu, Tonga - PRELIMINARY REPORT", "active", "Likely", 1, 1},
    {"cap/google-no_optional_fields.cap", "Alert USGS-earthquakes-us2010apcd.6.20100831T000925.496Z", "warned", NULL, 0, 0},
    {"cap/google-weather.cap",
     "Flash Flood Watch issued August 30 at 4:07AM MDT expiring August 30 at 12:00PM MDT by NWS GreatFalls", "warned",
     "Possible", 0, 1},
    {"cap/ipaws-5e6dd964.xml", "ADR Test Message", "warned", "Unknown", 0, 1},
    {"cap/ipaws-5e6dd9de.xml", "Cancel AS-NV-58d33e3a-1f9a-4909-9d59-34e90b33b3e8", "closed", NULL, 0, 0},
    {"cap/nws-5c2cf27b.xml",
     "Blizzard Warning issued December 27 at 10:08AM CST until December 27 at 6:00PM CST by NWS Duluth", "warned",
     "Likely", 0, 1},
    {"cap/oasis-1.0-appendix-a1.xml", "Homeland Security Sets Code ORANGE", "active", "Likely", 0, 1},
    {"cap/oasis-1.0-appendix-a2.xml", "SEVERE THUNDERSTORM WARNING", "active", "Likely", 1, 1},
    {"cap/oasis-1.1-appendix-a1.xml", "Homeland Security Sets Code ORANGE", "active", "Likely", 0, 1},
    {"cap/oasis-1.1-appendix-a2.xml", "SEVERE THUNDERSTORM WARNING", "active", "Observed", 1, 1},
    {"cap/oasis-1.2-appendix-a1.xml", "Homeland Security Sets Code ORANGE", "active", "Likely", 0, 1},
    {"cap/oasis-1.2-appendix-a2.xml", "SEVERE THUNDERSTORM WARNING", "active", "Observed", 1, 1},
};

static void test_real_alerts_become_incidents(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real); i++) {
        size_t len;
        unsigned char *bytes = sample_read(real[i].file, &len);
        struct format_problem problem;
        json_t *items = NULL, *item;
        print_message("cap_read takes %s\n", real[i].file);
        assert_int_equal(cap_read(bytes, len, real[i].file, &items, &problem), MUSTER_OK);
        assert_string_equal(problem.sentence, "");
        assert_int_equal(json_array_size(items), 1);
        item = json_array_get(items, 0);
        assert_string_equal(json_string_value(json_object_get(item, "op")), "create");
        assert_string_equal(json_string_value(json_object_get(item, "kind")), "incident");
        assert_true(strncmp(json_string_value(json_object_get(item, "key")), "cap:", 4) == 0);
        assert_true(json_string_length(json_object_get(item, "key")) <= 200);
        assert_string_equal(field(items, "name"), real[i].name);
        assert_string_equal(field(items, "phase"), real[i].phase);
        if (real[i].certainty)
            assert_string_equal(field(items, "certainty"), real[i].certainty);
        else
            assert_null(field(items, "certainty"));
        assert_int_equal(json_array_size(list(items, "area")), real[i].areas);
        assert_int_equal(json_integer_value(list(items, "info_count")), real[i].infos);
        assert_true(json_array_size(list(items, "category")) >= 1);
        assert_string_equal(json_string_value(json_object_get(list(items, "original"), "media_type")),
                            "application/cap+xml");
        assert_int_equal(json_string_length(json_object_get(list(items, "original"), "base64")), (len + 2) / 3 * 4);
        json_decref(items);
        free(bytes);
    }
}

static void test_malformed_real_alerts_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *file, *field;
        size_t line, more;
    } bad[] = {
        {"cap/google-invalid.cap", "scope", 9, 0},
        {"cap/google-noaa_errors.cap", "references", 13, 4}, /* urgency, severity, certainty, polygon */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        size_t len;
        unsigned char *bytes = sample_read(bad[i].file, &len);
        struct format_problem problem;
        json_t *items = NULL;
        print_message("cap_read refuses %s\n", bad[i].file);
        assert_int_equal(cap_read(bytes, len, bad[i].file, &items, &problem), MUSTER_ESCHEMA);
        assert_null(items);
        assert_int_equal(problem.line, bad[i].line);
        assert_string_equal(problem.field, bad[i].field);
        assert_int_equal(problem.more, bad[i].more);
        assert_sentence(&problem);
        free(bytes);
    }
}

/* ---- rules, one change of a good alert each ---- */

static const struct {
    const char *says, *old, *new;
    size_t line;
    const char *sentence; /* a part of it */
} rules[] = {
    {"refuses a missing sender", "<sender>ops@flood.example</sender>\n", "", 4, "<sender> is missing"},
    {"refuses an empty event", "<event>flood</event>", "<event> </event>", 12, "<event> is empty"},
    {"refuses a token in another case", "<status>Actual</status>", "<status>actual</status>", 6, "one of Actual, Exercise"},
    {"refuses a token with a space", "<urgency>Expected<", "<urgency>Expected <", 13, "to the letter"},
    {"refuses a certainty of CAP 1.0", "<certainty>Likely<", "<certainty>Very Likely<", 15, "one of Observed, Likely"},
    {"refuses a polygon that is not closed", "29.6,103.8 29.5,103.7<", "29.6,103.8 29.5,103.6<", 18, "not closed"},
    {"refuses a polygon of three places", "29.6,103.7 29.6,103.8 29.5", "29.6,103.7 29.5", 18, "at least 4"},
    {"refuses a latitude beyond the pole", "<polygon>29.5,103.7", "<polygon>95.5,103.7", 18, "not on the earth"},
    {"refuses a longitude beyond 180", "29.6,103.8 ", "29.6,183.8 ", 18, "not on the earth"},
    {"refuses a place without comma", "29.6,103.8 ", "29.6 103.8 ", 18, "is no place"},
    {"refuses an exponent", "29.6,103.8 ", "2e1,103.8 ", 18, "is no place"},
    {"refuses a negative radius", "103.7 12.5<", "103.7 -12.5<", 19, "not negative"},
    {"refuses a circle without radius", "103.7 12.5<", "103.7<", 19, "radius"},
    {"refuses a time without zone", ":01+08:00<", ":01<", 5, "zone is missing"},
    {"refuses Z in CAP 1.2", ":01+08:00<", ":01Z<", 5, "-00:00 is UTC"},
    {"refuses a fraction in CAP 1.2", ":01+08:00<", ":01.5+08:00<", 5, "no fractions"},
    {"refuses February 30", "2026-05-12T", "2026-02-30T", 5, "no such day"},
    {"refuses hour 24", "T14:28", "T24:28", 5, "no such day or time"},
    {"refuses a date alone", "2026-05-12T14:28:01+08:00", "2026-05-12", 5, "written like"},
    {"refuses a comma in the identifier", "<identifier>a-1<", "<identifier>a,1<", 3, "no white space, comma"},
    {"refuses a space in the sender", "<sender>ops@", "<sender>ops @", 4, "no white space, comma"},
    {"refuses & in the sender", "<sender>ops@", "<sender>ops&amp;", 4, "no white space, comma"},
    {"refuses Restricted without restriction", "<scope>Public<", "<scope>Restricted<", 8, "<restriction>"},
    {"refuses Private without addresses", "<scope>Public<", "<scope>Private<", 8, "<addresses>"},
    {"refuses an Update without references", "<msgType>Alert<", "<msgType>Update<", 7, "<references>"},
    {"refuses a Cancel without references", "<msgType>Alert<", "<msgType>Cancel<", 7, "<references>"},
    {"refuses an Ack without references", "<msgType>Alert<", "<msgType>Ack<", 7, "<references>"},
    {"refuses an Error without references", "<msgType>Alert<", "<msgType>Error<", 7, "<references>"},
    {"refuses a reference that is no triple", "</scope>", "</scope><references>a-0</references>", 8, "sender,identifier,sent"},
    {"refuses a reference without zone", "</scope>", "</scope><references>o@f,a-0,2026-05-12T14:28:01</references>", 8,
     "no time of sending"},
    {"refuses an alert that refers to itself", "</scope>",
     "</scope><references>ops@flood.example,a-1,2026-05-12T14:28:01+08:00</references>", 8, "refers to itself"},
    {"refuses two statuses", "<status>Actual</status>", "<status>Actual</status><status>Test</status>", 6, "more than once"},
    {"refuses elements in another order", "<event>flood</event>\n<urgency>Expected</urgency>",
     "<urgency>Expected</urgency>\n<event>flood</event>", 13, "demands it before"},
    {"refuses an element that CAP does not know", "<event>", "<colour>red</colour><event>", 12, "knows no <colour>"},
    {"refuses a password, which only CAP 1.0 has", "<scope>", "<password>x</password><scope>", 8, "though it is in 1.0"},
    {"refuses an element of a stranger", "<event>", "<x:y xmlns:x=\"urn:x\"/><event>", 12, "namespace"},
    {"refuses an attribute", "<event>", "<event kind=\"1\">", 12, "attribute"},
    {"refuses an element inside a text", "flood<", "flood <b>now</b><", 12, "only text"},
    {"refuses text between elements", "<event>", "hello <event>", 11, "between the elements"},
    {"refuses a resource without mimeType", "<area>", "<resource><resourceDesc>map</resourceDesc></resource><area>", 16,
     "<mimeType> is missing"},
    {"refuses an area without words", "<areaDesc>Leshan</areaDesc>\n", "", 17, "<areaDesc> is missing"},
    {"refuses a size that is no number", "<area>",
     "<resource><resourceDesc>m</resourceDesc><mimeType>a/b</mimeType><size>big</size></resource><area>", 16,
     "whole number"},
    {"refuses CAP 1.3", "cap:1.2", "cap:1.3", 2, "CAP 1.0, 1.1 and 1.2"},
};

static void test_rules_that_the_field_gets_wrong(void **state)
{
    struct format_problem problem;
    json_decref(read_text(alert, MUSTER_OK, &problem)); /* the canary: unchanged, it is taken */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        char *text = sample_replace(alert, rules[i].old, rules[i].new);
        json_t *items = NULL;
        print_message("cap_read %s\n", rules[i].says);
        enum muster_error got = cap_read(text, strlen(text), "test.cap", &items, &problem);
        assert_true(got == MUSTER_ESCHEMA || got == MUSTER_EVERSION);
        assert_null(items);
        if (problem.line != rules[i].line || !strstr(problem.sentence, rules[i].sentence))
            print_message("    line %zu: %s\n", problem.line, problem.sentence);
        assert_int_equal(problem.line, rules[i].line);
        assert_non_null(strstr(problem.sentence, rules[i].sentence));
        assert_string_equal(problem.file, "test.cap");
        free(text);
    }
}

static const struct {
    const char *says, *old, *new, *field, *want;
} conversions[] = {
    {"takes a headline as name", "<area>", "<headline>Flood in Leshan</headline><area>", "name", "Flood in Leshan"},
    {"makes a name of event and area", "Leshan", "Leshan", "name", "flood, Leshan"},
    {"calls an expected one warned", "Leshan", "Leshan", "phase", "warned"},
    {"calls an immediate one active", ">Expected<", ">Immediate<", "phase", "active"},
    {"calls a past one active", ">Expected<", ">Past<", "phase", "active"},
    {"calls an unknown urgency warned", ">Expected<", ">Unknown<", "phase", "warned"},
    {"calls an AllClear closed", "<urgency>", "<responseType>AllClear</responseType><urgency>", "phase", "closed"},
    {"does not close for AllClear beside others", "<urgency>",
     "<responseType>AllClear</responseType><responseType>Monitor</responseType><urgency>", "phase", "warned"},
    {"closes for a Cancel", "<msgType>Alert</msgType>\n<scope>Public</scope>",
     "<msgType>Cancel</msgType><scope>Public</scope><references>o@f,a-0,2026-05-12T14:28:01-00:00</references>", "phase",
     "closed"},
    {"keeps the time as it is written", "Leshan", "Leshan", "sent", "2026-05-12T14:28:01+08:00"},
    {"keeps -00:00", "01+08:00", "01-00:00", "sent", "2026-05-12T14:28:01-00:00"},
    {"prefers the info in English", "</info>",
     "</info><info><language>en</language><category>Met</category><event>FLOOD</event><urgency>Past</urgency>"
     "<severity>Minor</severity><certainty>Observed</certainty></info>",
     "event", "FLOOD"},
    {"counts a missing language as English", "<language>zh-CN</language>\n", "", "language", "en-US"},
    {"unfolds a line", "Leshan", "Leshan,\n    Yibin", "area_desc", "Leshan, Yibin"},
    {"reads entities of XML", "Leshan", "A &lt; B &amp; C &#x4E50;", "area_desc", "A < B & C \xe4\xb9\x90"},
    {"reads CDATA", "Leshan", "<![CDATA[A < B]]>", "area_desc", "A < B"},
};

static void test_what_becomes_of_an_alert(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conversions); i++) {
        char *text = sample_replace(alert, conversions[i].old, conversions[i].new);
        struct format_problem problem;
        json_t *items = read_text(text, MUSTER_OK, &problem);
        print_message("cap_read %s\n", conversions[i].says);
        assert_non_null(field(items, conversions[i].field));
        assert_string_equal(field(items, conversions[i].field), conversions[i].want);
        json_decref(items);
        free(text);
    }
}

static void test_areas_are_tidy_and_not_forgotten(void **state)
{
    struct format_problem problem;
    char *text = sample_replace(alert, "29.6,103.8 ", "\n  +29.6,+103.8  ");
    (void)state;
    char *two = sample_replace(text, "</info>",
                               "</info><info><category>Met</category><event>f</event><urgency>Past</urgency>"
                               "<severity>Minor</severity><certainty>Observed</certainty><area><areaDesc>x</areaDesc>"
                               "<circle>1,2 3</circle><circle>29.5,103.7 12.5</circle></area></info>");
    json_t *items = read_text(two, MUSTER_OK, &problem), *area = list(items, "area");
    assert_int_equal(json_array_size(area), 3); /* the circle that stands twice is there once */
    assert_string_equal(json_string_value(json_array_get(area, 0)),
                        "POLYGON 29.5,103.7 29.6,103.7 29.6,103.8 29.5,103.7");
    assert_string_equal(json_string_value(json_array_get(area, 1)), "CIRCLE 29.5,103.7 12.5");
    assert_string_equal(json_string_value(json_array_get(area, 2)), "CIRCLE 1,2 3");
    json_decref(items);
    free(two);
    free(text);
}

static void test_an_update_names_what_it_supersedes(void **state)
{
    struct format_problem problem;
    (void)state;
    char *text = sample_replace(alert, "<msgType>Alert</msgType>\n<scope>Public</scope>",
                                "<msgType>Update</msgType><scope>Public</scope><references>o@f,a-0,2026-05-12T14:28:01+08:00"
                                "\n o@f,b-0,2026-05-12T14:29:01+08:00</references>");
    json_t *items = read_text(text, MUSTER_OK, &problem);
    json_t *keys = json_object_get(json_array_get(items, 0), "supersedes");
    assert_int_equal(json_array_size(keys), 2);
    assert_string_equal(json_string_value(json_array_get(keys, 0)), "cap:o@f,a-0,2026-05-12T14:28:01+08:00");
    assert_string_equal(json_string_value(json_array_get(keys, 1)), "cap:o@f,b-0,2026-05-12T14:29:01+08:00");
    assert_int_equal(json_array_size(list(items, "references")), 2);
    json_decref(items);
    free(text);
    items = read_text(alert, MUSTER_OK, &problem);
    assert_null(json_object_get(json_array_get(items, 0), "supersedes"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "key")),
                        "cap:ops@flood.example,a-1,2026-05-12T14:28:01+08:00");
    json_decref(items);
}

static void test_a_reference_has_the_key_of_what_it_names(void **state)
{
    char id[301], *text, *update;
    struct format_problem problem;
    (void)state;
    memset(id, 'x', 300);
    id[300] = '\0';
    char element[400], reference[600];
    snprintf(element, sizeof element, "<identifier>%s<", id);
    text = sample_replace(alert, "<identifier>a-1<", element);
    json_t *old = read_text(text, MUSTER_OK, &problem);
    const char *key = json_string_value(json_object_get(json_array_get(old, 0), "key"));
    assert_int_equal(strlen(key), 4 + 64); /* too long for a key: its hash */
    snprintf(reference, sizeof reference,
             "<msgType>Cancel</msgType><scope>Public</scope><references>ops@flood.example,%s,2026-05-12T14:28:01+08:00"
             "</references>",
             id);
    update = sample_replace(alert, "<msgType>Alert</msgType>\n<scope>Public</scope>", reference);
    json_t *new = read_text(update, MUSTER_OK, &problem);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_array_get(new, 0), "supersedes"), 0)), key);
    json_decref(old);
    json_decref(new);
    free(text);
    free(update);
}

static void test_statuses_decide_where_an_alert_may_go(void **state)
{
    static const struct {
        const char *says, *status;
        size_t items;
        bool exercise;
    } statuses[] = {
        {"an Actual alert is real", "Actual", 1, false},
        {"an Exercise is marked", "Exercise", 1, true},
        {"a Test is marked", "Test", 1, true},
        {"a Draft is marked", "Draft", 1, true},
        {"a System message is no incident", "System", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char element[64];
        struct format_problem problem;
        snprintf(element, sizeof element, "<status>%s<", statuses[i].status);
        char *text = sample_replace(alert, "<status>Actual<", element);
        json_t *items = read_text(text, MUSTER_OK, &problem);
        print_message("%s\n", statuses[i].says);
        assert_int_equal(json_array_size(items), statuses[i].items);
        assert_int_equal(json_is_true(json_object_get(json_array_get(items, 0), "exercise")), statuses[i].exercise);
        if (statuses[i].items == 0)
            assert_sentence(&problem);
        json_decref(items);
        free(text);
    }
}

static void test_older_versions_have_their_own_rules(void **state)
{
    static const struct {
        const char *says, *uri, *old, *new;
        enum muster_error want;
    } versions[] = {
        {"CAP 1.1 takes Z", "urn:oasis:names:tc:emergency:cap:1.1", "01+08:00", "01Z", MUSTER_OK},
        {"CAP 1.1 takes fractions", "urn:oasis:names:tc:emergency:cap:1.1", "01+08:00", "01.25+08:00", MUSTER_OK},
        {"CAP 1.1 takes no time without zone", "urn:oasis:names:tc:emergency:cap:1.1", "01+08:00", "01", MUSTER_ESCHEMA},
        {"CAP 1.1 has no AllClear", "urn:oasis:names:tc:emergency:cap:1.1", "<urgency>",
         "<responseType>AllClear</responseType><urgency>", MUSTER_ESCHEMA},
        {"CAP 1.0 has no responseType", "http://www.incident.com/cap/1.0", "<urgency>",
         "<responseType>Shelter</responseType><urgency>", MUSTER_ESCHEMA},
        {"CAP 1.0 has Very Likely", "http://www.incident.com/cap/1.0", ">Likely<", ">Very Likely<", MUSTER_OK},
        {"CAP 1.0 has no Observed", "http://www.incident.com/cap/1.0", ">Likely<", ">Observed<", MUSTER_ESCHEMA},
        {"CAP 1.0 needs no scope", "http://www.incident.com/cap/1.0", "<scope>Public</scope>", "", MUSTER_OK},
        {"CAP 1.0 is known by its other namespace", "urn:oasis:names:tc:emergency:cap:1.0", "Leshan", "Leshan", MUSTER_OK},
        {"CAP 1.0 writes codes as pairs", "http://www.incident.com/cap/1.0", "<area>", "<parameter>A=1</parameter><area>",
         MUSTER_OK},
        {"CAP 1.0 writes no codes without =", "http://www.incident.com/cap/1.0", "<area>", "<parameter>A</parameter><area>",
         MUSTER_ESCHEMA},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct format_problem problem;
        char *text = sample_replace(alert, "urn:oasis:names:tc:emergency:cap:1.2", versions[i].uri);
        char *changed = sample_replace(text, versions[i].old, versions[i].new);
        print_message("%s\n", versions[i].says);
        json_t *items = read_text(changed, versions[i].want, &problem);
        if (strstr(versions[i].says, "Very Likely"))
            assert_string_equal(field(items, "certainty"), "Likely");
        json_decref(items);
        free(changed);
        free(text);
    }
}

static void test_long_texts_are_cut_with_a_notice(void **state)
{
    struct format_problem problem;
    size_t len = 20000;
    char *wide = malloc(len + 64);
    (void)state;
    strcpy(wide, "<description>");
    while (strlen(wide) < len)
        strcat(wide, "\xe6\xb4\xaa\xe6\xb0\xb4\xe6\xb4\xaa\xe6\xb0\xb4\xe6\xb4\xaa\xe6\xb0\xb4\xe6\xb4\xaa\xe6\xb0\xb4");
    strcat(wide, "</description><area>");
    char *text = sample_replace(alert, "<area>", wide);
    json_t *items = read_text(text, MUSTER_OK, &problem);
    assert_non_null(field(items, "description"));
    assert_true(strlen(field(items, "description")) <= 16 * 1024);
    assert_true(strlen(field(items, "description")) > 16 * 1024 - 8);
    assert_non_null(strstr(problem.sentence, "description"));
    json_decref(items);
    free(text);
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_alerts_become_incidents),
        cmocka_unit_test(test_malformed_real_alerts_are_refused_with_their_line),
        cmocka_unit_test(test_rules_that_the_field_gets_wrong),
        cmocka_unit_test(test_what_becomes_of_an_alert),
        cmocka_unit_test(test_areas_are_tidy_and_not_forgotten),
        cmocka_unit_test(test_an_update_names_what_it_supersedes),
        cmocka_unit_test(test_a_reference_has_the_key_of_what_it_names),
        cmocka_unit_test(test_statuses_decide_where_an_alert_may_go),
        cmocka_unit_test(test_older_versions_have_their_own_rules),
        cmocka_unit_test(test_long_texts_are_cut_with_a_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
