/* edxl_test.c — messages of EDXL-RM and HAVE: what muster writes it reads, what others write is not lost, and what breaks
 * a rule is refused with it. */
#include "unit/formats/sample.h"

#include "formats/read/reader.h"
#include "formats/write/export.h"

#define ID "0190f2c3000102030405060708090a0b"
#define REQUEST "0190f2c3aaaaaaaaaaaaaaaaaaaaaaaa"
#define RM " xmlns=\"urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg\" xmlns:rm=\"urn:oasis:names:tc:emergency:EDXL:RM:1.0\""
#define HAVE "<HospitalStatus xmlns=\"urn:oasis:names:tc:emergency:EDXL:HAVE:1.0\" xmlns:x=\"urn:oasis:names:tc:ciq:xnl:3\">"

static struct format_problems problems;

static bool collect(void *user, json_t *item, size_t line)
{
    (void)line;
    return json_array_append_new(user, item) == 0;
}

static json_t *read_all(enum format_kind format, const char *text, enum muster_error want, size_t refused)
{
    const struct reader_input input = {text, strlen(text), "m.xml", TEXT_UTF8, NULL};
    struct reader_output output = {.user = json_array(), .item = collect, .problems = &problems};
    struct format_problem problem;
    assert_int_equal(sniff("m.xml", text, strlen(text), &problem), format);
    enum muster_error error = reader_run(format, &input, &output);
    if (error != want || output.refused != refused)
        print_message("%s\n%s\n", problems.count ? problems.at[0].sentence : "no problem", text);
    assert_int_equal(error, want);
    assert_int_equal(output.refused, refused);
    return output.user;
}

static const char *field(const json_t *items, const char *name)
{
    static char number[32];
    const json_t *value = json_object_get(json_object_get(json_array_get(items, 0), "fields"), name);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        return number;
    }
    return json_is_string(value) ? json_string_value(value) : "";
}

/* --- muster's own, out and in ---------------------------------------------------------------------------------------- */

static char *exported(const char *form, const char *kind, const char *fields, bool exercise)
{
    const struct export_format *format = export_format_by_name(form);
    struct format_problem problem;
    struct export e = {.kind = kind_by_name(kind),
                       .head = {.space = "flood", .space_id = "00112233", .agency = "Red Cross", .agency_id = "aa",
                                .now = "2026-05-01T08:00:00Z", .as_of = "", .exercise = exercise}};
    json_t *parsed = json_loads(fields, 0, NULL);
    assert_non_null(parsed);
    json_t *item = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:i, s:o}", "id", ID, "short", "x-abcde", "kind", kind,
                             "owner", "id", "bb", "name", "Yibin", "changed", "2026-05-01T07:30:00Z", "revision", 1, "fields",
                             parsed);
    assert_int_equal(format->item(&e, item, &problem), MUSTER_OK);
    e.count++;
    format->end(&e);
    out_bytes(&e.out, "", 1);
    char *text = strdup(e.out.at);
    json_decref(item);
    export_clear(&e);
    return text;
}

static const struct {
    const char *says, *form, *kind, *fields;
    const char *more; /* fields that the message adds */
} trips[] = {
    {"a request", "edxl-rm", "request",
     "{\"name\":\"Boats\",\"status\":\"submitted\",\"quantity\":\"12\",\"unit\":\"{boat}\",\"priority\":\"Urgent\","
     "\"needed_by\":\"2026-05-02T08:00:00+08:00\",\"deliver_to\":\"Nanxi pier\",\"until\":\"2026-05-09T08:00:00Z\","
     "\"resource_type\":\"boat\",\"justification\":\"water rises\",\"assignment\":\"evacuation\",\"funding\":\"F-1\","
     "\"contact\":\"duty room\",\"code\":\"B7\",\"tlp\":\"TLP:AMBER\",\"incident\":\"" REQUEST "\"}",
     "requester rm_message rm_message_id"},
    {"an offer", "edxl-rm", "deployment",
     "{\"name\":\"Pumps\",\"status\":\"offered\",\"quantity\":\"8\",\"unit_text\":\"pcs\","
     "\"eta\":\"2026-05-02T08:00:00Z\",\"destination\":\"Nanxi\",\"available_from\":\"2026-05-01T08:00:00Z\","
     "\"available_until\":\"2026-05-05T08:00:00Z\",\"assignment\":\"pumping\"}",
     "supplier rm_message rm_message_id contact"},
    {"an answer", "edxl-rm", "deployment",
     "{\"name\":\"Boats\",\"status\":\"offered\",\"request\":\"" REQUEST "\",\"response\":\"Provisional\",\"reason\":\"if the "
     "road is open\",\"quantity\":\"8\",\"eta\":\"2026-05-02T08:00:00Z\"}",
     "supplier rm_message rm_message_id contact"},
    {"a refusal", "edxl-rm", "deployment",
     "{\"name\":\"Boats\",\"status\":\"refused\",\"request\":\"" REQUEST "\",\"response\":\"Decline\",\"reason\":\"none "
     "left\"}",
     "supplier rm_message rm_message_id contact"},
    {"a commitment", "edxl-rm", "deployment",
     "{\"name\":\"Boats\",\"status\":\"committed\",\"request\":\"" REQUEST "\",\"response\":\"Accept\",\"quantity\":\"8\","
     "\"unit\":\"{boat}\",\"committed_at\":\"2026-05-01T08:00:00Z\",\"funding\":\"F-1\",\"comments\":\"with crew\"}",
     "supplier rm_message rm_message_id contact"},
    {"a resource", "edxl-rm", "resource",
     "{\"name\":\"Tents\",\"status\":\"Available\",\"resource_type\":\"tent\",\"quantity\":\"40\",\"unit\":\"{tent}\","
     "\"availability\":\"Available\",\"counted\":\"2026-05-01T08:00:00Z\",\"site\":\"Depot 2\",\"code\":\"T1\","
     "\"comments\":\"dry\",\"owner_org\":\"Yibin\",\"contact\":\"depot\"}",
     ""},
    {"a hospital", "edxl-have", "resource",
     "{\"name\":\"City hospital\",\"lat\":\"28.5\",\"lon\":\"104.25\",\"ems_traffic\":\"Advisory\",\"beds_total\":100,"
     "\"beds_available\":7,\"facility_status\":\"Normal\",\"clinical_status\":\"Level1\",\"security_status\":\"Elevated\","
     "\"staffing\":\"Adequate\",\"supplies\":\"Insufficient\",\"comments\":\"no CT\",\"tlp\":\"TLP:RED\"}",
     "counted"},
};

static bool is_more(const char *list, const char *name)
{
    const char *at = strstr(list, name);
    size_t len = strlen(name);
    return at && (at[len] == ' ' || at[len] == '\0') && (at == list || at[-1] == ' ');
}

static void test_what_muster_writes_it_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(trips); i++) {
        bool have = strcmp(trips[i].form, "edxl-have") == 0;
        char *text = exported(trips[i].form, trips[i].kind, trips[i].fields, false);
        json_t *items = read_all(have ? FORMAT_EDXL_HAVE : FORMAT_EDXL_RM, text, MUSTER_OK, 0), *value;
        json_t *item = json_array_get(items, 0), *got = json_object_get(item, "fields");
        json_t *before = json_loads(trips[i].fields, 0, NULL);
        const char *name;
        print_message("%s\n", trips[i].says);
        assert_int_equal(json_array_size(items), 1);
        assert_string_equal(json_string_value(json_object_get(item, "kind")), trips[i].kind);
        assert_string_equal(json_string_value(json_object_get(item, "unless")), ID);
        json_object_foreach(before, name, value) {
            if (!json_equal(value, json_object_get(got, name)))
                print_message("  %s differs\n%s\n", name, text);
            assert_true(json_equal(value, json_object_get(got, name)));
        }
        json_object_foreach(got, name, value) {
            if (!json_object_get(before, name) && !is_more(trips[i].more, name))
                print_message("  %s is new\n%s\n", name, text);
            assert_true(json_object_get(before, name) || is_more(trips[i].more, name));
        }
        json_decref(before);
        json_decref(items);
        free(text);
    }
}

static void test_an_exercise_stays_one(void **state)
{
    (void)state;
    for (int exercise = 0; exercise < 2; exercise++) {
        char *text = exported("edxl-rm", "request", "{\"name\":\"x\",\"status\":\"draft\"}", exercise);
        json_t *items = read_all(FORMAT_EDXL_RM, text, MUSTER_OK, 0);
        assert_true(json_is_true(json_object_get(json_array_get(items, 0), "exercise")) == exercise);
        json_decref(items);
        free(text);
    }
}

/* --- of others ------------------------------------------------------------------------------------------------------ */

#define MESSAGE(name, head, body)                                                                                      \
    "<" name RM "><MessageID>m-1</MessageID>" head "<ResourceInformation>" body "</ResourceInformation></" name ">"
#define TENT "<Resource><Name>Tent</Name></Resource>"

static const struct {
    const char *says, *text;
    enum format_kind format;
    size_t refused;
    const char *field, *value; /* of the item, or a piece of the sentence when it is refused */
} others[] = {
    {"a requisition is a request", MESSAGE("RequisitionResource", "", TENT), FORMAT_EDXL_RM, 0, "status", "submitted"},
    {"a message keeps its own id", MESSAGE("RequestResource", "", TENT), FORMAT_EDXL_RM, 0, "rm_message_id", "m-1"},
    {"what has no field is a comment", MESSAGE("RequestResource", "", TENT "<Resource><Height>2 m</Height></Resource>"),
     FORMAT_EDXL_RM, 0, "comments", "Height: 2 m"},
    {"a time of another type is a comment",
     MESSAGE("RequestResource", "", TENT "<ScheduleInformation><ScheduleType>Route</ScheduleType><DateTime>2026-05-01T08:00:00Z"
                                         "</DateTime></ScheduleInformation>"),
     FORMAT_EDXL_RM, 0, "comments", "Route: 2026-05-01T08:00:00Z"},
    {"a quantity in words is a comment",
     MESSAGE("RequestResource", "", TENT "<AssignmentInformation><Quantity><rm:QuantityText>a dozen</rm:QuantityText></Quantity>"
                                         "</AssignmentInformation>"),
     FORMAT_EDXL_RM, 0, "comments", "QuantityText: a dozen"},
    {"a resource without a name is called by its type",
     MESSAGE("RequestResource", "", "<Resource><TypeStructure><rm:Value>boat</rm:Value></TypeStructure></Resource>"),
     FORMAT_EDXL_RM, 0, "name", "boat"},
    {"an answer to a message of others names it in words",
     MESSAGE("ResponseToRequestResource", "<PrecedingMessageID>x-7</PrecedingMessageID>",
             TENT "<ResponseInformation><rm:ResponseType>Accept</rm:ResponseType></ResponseInformation>"),
     FORMAT_EDXL_RM, 0, "comments", "PrecedingMessageID: x-7"},
    {"a deployment's finer status is NIEM's",
     MESSAGE("ReportResourceDeploymentStatus", "",
             "<Resource><Name>Tent</Name><ResourceStatus><DeploymentStatus><rm:Value>En-route</rm:Value></DeploymentStatus>"
             "</ResourceStatus></Resource>"),
     FORMAT_EDXL_RM, 0, "", ""},
    {"an answer without a type is refused",
     MESSAGE("ResponseToRequestResource", "<PrecedingMessageID>x</PrecedingMessageID>", TENT), FORMAT_EDXL_RM, 1, NULL,
     "<ResponseType>"},
    {"an answer to nothing is refused",
     MESSAGE("ResponseToRequestResource", "",
             TENT "<ResponseInformation><rm:ResponseType>Accept</rm:ResponseType></ResponseInformation>"),
     FORMAT_EDXL_RM, 1, NULL, "<PrecedingMessageID>"},
    {"a commitment without a quantity is refused",
     MESSAGE("CommitResource", "<PrecedingMessageID>x</PrecedingMessageID>",
             TENT "<ResponseInformation><rm:ResponseType>Accept</rm:ResponseType></ResponseInformation>"),
     FORMAT_EDXL_RM, 1, NULL, "<Quantity>"},
    {"a commitment without a time is refused",
     MESSAGE("CommitResource", "<PrecedingMessageID>x</PrecedingMessageID>",
             TENT "<ResponseInformation><rm:ResponseType>Accept</rm:ResponseType></ResponseInformation>"
                  "<AssignmentInformation><Quantity/></AssignmentInformation>"),
     FORMAT_EDXL_RM, 1, NULL, "<ScheduleInformation>"},
    {"a message without an id is refused", "<RequestResource" RM "><ResourceInformation/></RequestResource>", FORMAT_EDXL_RM, 1,
     NULL, "<MessageID>"},
    {"a message without a resource is refused", "<RequestResource" RM "><MessageID>m</MessageID></RequestResource>",
     FORMAT_EDXL_RM, 1, NULL, "<ResourceInformation>"},
    {"a place in another system is a comment",
     HAVE "<Hospital><Organization><OrganizationGeoLocation><Point srsName=\"EPSG:3857\"><pos>1 2</pos></Point>"
          "</OrganizationGeoLocation></Organization></Hospital></HospitalStatus>",
     FORMAT_EDXL_HAVE, 0, "comments", "@srsName: EPSG:3857; pos: 1 2"},
    {"beds of several types add up",
     HAVE "<Hospital><HospitalBedCapacityStatus><BedCapacity><BedType>Burn</BedType><Capacity><AvailableCount>2</AvailableCount>"
          "</Capacity></BedCapacity><BedCapacity><BedType>AdultICU</BedType><Capacity><AvailableCount>3</AvailableCount></Capacity>"
          "</BedCapacity></HospitalBedCapacityStatus></Hospital></HospitalStatus>",
     FORMAT_EDXL_HAVE, 0, "beds_available", "5"},
    {"and are told apart in the comments",
     HAVE "<Hospital><HospitalBedCapacityStatus><BedCapacity><BedType>Burn</BedType><Capacity><AvailableCount>2</AvailableCount>"
          "</Capacity></BedCapacity><BedCapacity><BedType>AdultICU</BedType><Capacity><AvailableCount>3</AvailableCount></Capacity>"
          "</BedCapacity></HospitalBedCapacityStatus></Hospital></HospitalStatus>",
     FORMAT_EDXL_HAVE, 0, "comments", "Burn AvailableCount: 2; AdultICU AvailableCount: 3"},
    {"a count that is none is a comment",
     HAVE "<Hospital><HospitalBedCapacityStatus><BedCapacity><Capacity><AvailableCount>many</AvailableCount></Capacity></BedCapacity>"
          "</HospitalBedCapacityStatus></Hospital></HospitalStatus>",
     FORMAT_EDXL_HAVE, 0, "comments", "AvailableCount: many"},
};

static void test_messages_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        print_message("%s\n", others[i].says);
        json_t *items = read_all(others[i].format, others[i].text, MUSTER_OK, others[i].refused);
        assert_int_equal(json_array_size(items), others[i].refused ? 0 : 1);
        if (others[i].refused)
            assert_non_null(strstr(problems.at[0].sentence, others[i].value));
        else if (others[i].field[0])
            assert_non_null(strstr(field(items, others[i].field), others[i].value));
        else /* a report: a state of a workflow that is begun anew, the finer one kept */
            assert_string_equal(field(items, "niem_status"), "En-route");
        json_decref(items);
    }
}

static void test_several_resources_of_one_message(void **state)
{
    (void)state;
    json_t *items = read_all(FORMAT_EDXL_RM,
                             "<RequestResource" RM "><MessageID>m-1</MessageID><ResourceInformation>" TENT
                             "</ResourceInformation><ResourceInformation>" TENT "</ResourceInformation></RequestResource>",
                             MUSTER_OK, 0);
    assert_int_equal(json_array_size(items), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 0), "key")), "edxl-rm:m-1");
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 1), "key")), "edxl-rm:m-1#2");
    json_decref(items);
}

static void test_talk_is_passed_over_with_a_notice(void **state)
{
    (void)state;
    json_t *items = read_all(FORMAT_EDXL_RM, MESSAGE("RequestReturn", "", TENT), MUSTER_OK, 0);
    assert_int_equal(json_array_size(items), 0);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.at[0].code, MUSTER_OK);
    assert_non_null(strstr(problems.at[0].sentence, "by hand: 1"));
    json_decref(items);
}

/* --- hostile ---------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *says, *text;
    enum muster_error error;
} hostile[] = {
    {"a DOCTYPE", "<!DOCTYPE a [<!ENTITY b \"x\">]><a xmlns=\"urn:oasis:names:tc:emergency:EDXL:RM:1.0\">&b;</a>", MUSTER_ESCHEMA},
    {"half a message", "<RequestResource" RM "><MessageID>m", MUSTER_EMARKUP},
    {"an element closed by another", "<RequestResource" RM "><a></b></RequestResource>", MUSTER_EMARKUP},
    {"a distribution without messages", "<EDXLDistribution><note>urn:oasis:names:tc:emergency:EDXL:RM:1.0</note></EDXLDistribution>",
     MUSTER_ESCHEMA},
    {"two roots", "<a" RM "/><b/>", MUSTER_EMARKUP},
};

static void test_hostile_messages_are_refused_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        print_message("%s\n", hostile[i].says);
        json_t *items = read_all(FORMAT_EDXL_RM, hostile[i].text, hostile[i].error, 0);
        assert_int_equal(json_array_size(items), 0);
        assert_true(strlen(problems.at[0].sentence) > 10);
        json_decref(items);
    }
}

static void test_bounds(void **state)
{
    static const char root[] = "<RequestResource" RM ">";
    size_t room = 3 * 1024 * 1024;
    char *text = malloc(room);
    (void)state;
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, room, "%s", root);
    for (size_t i = 0; i < 1000; i++)
        n += (size_t)snprintf(text + n, room - n, "<a>");
    json_decref(read_all(FORMAT_EDXL_RM, text, MUSTER_EDEPTH, 0));
    n = (size_t)snprintf(text, room, "%s", root);
    for (size_t i = 0; i < 450000; i++)
        n += (size_t)snprintf(text + n, room - n, "<a/>");
    json_decref(read_all(FORMAT_EDXL_RM, text, MUSTER_ETOOBIG, 0));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_muster_writes_it_reads),
        cmocka_unit_test(test_an_exercise_stays_one),
        cmocka_unit_test(test_messages_of_others),
        cmocka_unit_test(test_several_resources_of_one_message),
        cmocka_unit_test(test_talk_is_passed_over_with_a_notice),
        cmocka_unit_test(test_hostile_messages_are_refused_whole),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
