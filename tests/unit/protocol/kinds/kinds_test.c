#include "protocol/kinds/kinds.h"
#include "base/limits.h"
#include "base/text.h"
#include "unit/protocol/kinds/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the tables ---- */

static void test_reserved_kinds_are_distinct(void **state)
{
    (void)state;
    for (uint16_t i = 1; i <= 23; i++) {
        assert_non_null(kind_name(i));
        assert_int_equal(strlen(kind_prefix(i)), 3);
        assert_true(strlen(kind_name(i)) + 2 <= KIND_NAME_BYTES);
        for (uint16_t j = 1; j < i; j++) {
            assert_string_not_equal(kind_name(i), kind_name(j));
            assert_string_not_equal(kind_prefix(i), kind_prefix(j));
        }
    }
    assert_null(kind_name(0));
    assert_null(kind_name(24));
    assert_null(kind_prefix(UINT16_MAX));
    assert_string_equal(kind_name(KIND_TASK), "task");
    assert_int_equal(KIND_TASK, 23);
}

static const struct {
    const char *says, *name;
    uint16_t want; /* 0: none */
} names[] = {
    {"the name", "incident", 1},  {"the plural", "resources", 2}, {"the prefix", "eva", 3},
    {"a reserved kind", "agreement", 0}, {"a plural of a plural", "incidentss", 0}, {"another case", "Incident", 0},
    {"nothing", "", 0},           {"half a name", "inciden", 0},
};

static void test_kinds_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct kind *kind = kind_by_name(names[i].name);
        print_message("kind_by_name of %s\n", names[i].says);
        assert_int_equal(kind ? kind->number : 0, names[i].want);
    }
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        assert_ptr_equal(kind_by_number(kind->number), kind);
        assert_ptr_equal(kind_by_prefix(kind->prefix), kind);
        assert_string_equal(kind->name, kind_name(kind->number));
        assert_string_equal(kind->prefix, kind_prefix(kind->number));
    }
    assert_null(kind_at(kind_count()));
    assert_null(kind_by_number(KIND_TASK + 1));
    struct kind_problem problem;
    assert_null(kind_find("incidnet", &problem));
    assert_string_equal(problem.sentence, "\"incidnet\" is not a kind that this node knows; did you mean \"incident\"?");
    assert_null(kind_find("资源", &problem));
    assert_string_equal(problem.suggestion, "resource");
    assert_ptr_equal(kind_find("inc", &problem), &kind_incident);
}

static void test_tables_are_sound(void **state)
{
    (void)state;
    for (size_t k = 0; k < kind_count(); k++) {
        const struct kind *kind = kind_at(k);
        uint64_t used = 0;
        unsigned titles = 0, states = 0, whens = 0;
        assert_true(kind->schema >= 1 && kind->examples[0] && *kind->help);
        for (size_t i = 0; i < kind->count; i++) {
            const struct field *f = &kind->fields[i];
            print_message("%s.%s is sound\n", kind->name, f->name);
            assert_in_range(f->number, 0, FIELD_NUMBER_MAX);
            assert_false(used >> f->number & 1);
            used |= UINT64_C(1) << f->number;
            assert_ptr_equal(field_by_name(kind, f->name), f);
            assert_ptr_equal(field_by_number(kind, f->number), f);
            assert_true(f->label_en && *f->label_en && f->label_zh && text_is_utf8(f->label_zh, strlen(f->label_zh)));
            assert_string_not_equal(field_type_name(f->type), "unknown");
            bool has_tokens = f->type == FIELD_TOKEN || f->type == FIELD_TOKENS || f->type == FIELD_LINKS;
            assert_int_equal(f->tokens != NULL, has_tokens);
            assert_int_equal(f->vocab != NULL, has_tokens);
            if (has_tokens)
                assert_non_null(token_label(f->vocab, f->tokens[0], LANG_ZH));
            if (field_is_list(f))
                assert_in_range(f->max_items, 1, 512);
            bool has_bytes = !has_tokens && f->type != FIELD_INT && f->type != FIELD_OBJECT && f->type != FIELD_FLAG;
            assert_int_equal(f->max_bytes > 0, has_bytes);
            assert_true(f->max_bytes < BODY_BYTES_MAX);
            assert_int_equal(f->width > 0, (f->flags & FIELD_LIST) != 0);
            titles += (f->flags & FIELD_TITLE) != 0;
            states += (f->flags & FIELD_STATE) != 0;
            whens += (f->flags & FIELD_WHEN) != 0;
        }
        assert_int_equal(titles, 1);
        assert_int_equal(states, 1);
        assert_int_equal(whens, 1);
        assert_string_equal(field_flagged(kind, FIELD_TITLE)->name, "name");
        assert_true(field_flagged(kind, FIELD_TITLE)->flags & FIELD_REQUIRED);
    }
}

/* Numbers and types are in records for ever: a row here is never changed, only added. */
static const struct {
    const struct kind *kind;
    const char *fields; /* number name type */
} frozen[] = {
    {&kind_incident,
     "0 name text,1 alias texts,2 tlp token,3 phase token,4 links links,5 category tokens,6 event text,7 urgency token,"
     "8 severity token,9 certainty token,10 area_desc text,11 area area,12 geocode texts,13 headline text,"
     "14 description text,15 instruction text,16 response_type tokens,17 audience text,18 language text,19 effective time,"
     "20 onset time,21 expires time,22 sender_name text,23 web text,24 contact text,25 event_code texts,26 parameter texts,"
     "27 cap_status token,28 msg_type token,29 scope token,30 sender text,31 identifier text,32 sent time,33 source text,"
     "34 restriction text,35 addresses text,36 note text,37 references texts,38 info_count int,39 original evidence,"
     "40 event_class token,41 grade token,42 confidence token,43 affected int,44 location point,45 started time,"
     "46 complexity token,47 command text,48 plan_clause text,49 authorised_by text,50 glide text,60 attachments texts"},
    {&kind_resource,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 resource_type text,6 category text,"
     "7 quantity decimal,8 unit text,9 unit_text text,10 minimum decimal,11 lot text,12 expires time,13 code text,"
     "14 catalog text,15 tracking text,16 nims_kind text,17 nims_type token,18 availability token,19 counted time,"
     "20 owner_org text,21 branch text,22 supplier text,23 unit_value decimal,24 currency text,25 contact text,"
     "26 status_text text,27 comments text,30 site text,31 country text,32 adm1 text,33 adm2 text,34 adm3 text,"
     "35 place_code text,36 lat decimal,37 lon decimal,40 facility_status token,41 clinical_status token,"
     "42 ems_traffic token,43 security_status token,44 beds_total int,45 beds_available int,46 staffing token,"
     "47 supplies token,60 attachments texts"},
    {&kind_evaluation,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 sources links,5 report_type token,6 subject object,"
     "7 period_from time,8 period_to time,9 mission_area tokens,10 capability text,11 objective text,12 rating token,"
     "13 strengths texts,14 areas_for_improvement texts,15 corrective_actions texts,16 capability_element tokens,"
     "17 prepared_by text,18 approved_by text,19 comments text,20 request_to_offer_s int,21 offer_to_arrival_s int,"
     "22 fill_rate decimal,23 timeliness decimal,24 over_supply decimal,25 cost_per_unit decimal,26 currency text,"
     "27 score decimal,28 method text,30 scenario text,31 sponsor text,32 participants texts,60 attachments texts"},
    {&kind_request,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 resource_type text,"
     "7 quantity decimal,8 unit text,9 unit_text text,10 needed_by time,11 priority token,12 deliver_to text,"
     "13 deliver_point point,14 place_code text,15 code text,16 catalog text,17 nims_kind text,18 nims_type token,"
     "19 until time,20 requester text,21 justification text,22 beneficiaries int,23 substitutes texts,"
     "24 suggested_sources texts,25 assignment text,26 request_number text,27 approved_by text,"
     "28 approved_at time,29 reason text,30 order_number text,31 funding text,32 cost decimal,33 currency text,"
     "40 rm_message token,41 rm_message_id text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_deployment,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 request object,6 resource object,"
     "7 quantity decimal,8 unit text,9 unit_text text,10 incident object,11 response token,12 reason text,"
     "13 eta time,14 offered_at time,15 committed_at time,16 dispatched_at time,17 arrived_at time,"
     "18 released_at time,19 return_eta time,20 returned_at time,21 available_from time,22 available_until time,"
     "23 origin text,24 destination text,25 destination_point point,26 carrier text,27 tracking text,"
     "28 position point,29 position_at time,30 supplier text,31 receiver text,32 report_to text,"
     "33 assignment text,34 quantity_arrived decimal,35 quantity_returned decimal,36 discrepancy text,"
     "37 personnel int,38 niem_status token,39 cost decimal,40 currency text,41 funding text,42 rm_message token,"
     "43 rm_message_id text,58 contact text,59 comments text,60 attachments texts"},
};

static void test_numbers_are_for_ever(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LEN(frozen), kind_count());
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        char listed[4096] = "";
        for (unsigned n = 0; n <= FIELD_NUMBER_MAX; n++) {
            const struct field *f = field_by_number(frozen[i].kind, n);
            size_t at = strlen(listed);
            if (f)
                snprintf(listed + at, sizeof(listed) - at, "%s%u %s %s", at ? "," : "", n, f->name, field_type_name(f->type));
        }
        assert_string_equal(listed, frozen[i].fields);
    }
}

/* ---- bodies ---- */

struct pair {
    const char *field, *text;
};

static struct bytes body_of(const struct kind *kind, const struct pair *pairs, size_t count, uint8_t *out, size_t size)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct field *f = field_by_name(kind, pairs[i].field);
        assert_non_null(f);
        pack_uint(&w, f->number);
        assert_int_equal(field_pack(f, pairs[i].text, strlen(pairs[i].text), &w, NULL), MUSTER_OK);
    }
    assert_false(w.failed);
    return (struct bytes){out, writer_len(&w)};
}

static const struct pair flood[] = {
    {"name", "Min River flood"}, {"phase", "active"},      {"category", "Met;Geo"},
    {"severity", "Severe"},      {"affected", "1200"},     {"location", "28.77,104.62"},
    {"grade", "较大"},           {"alias", "cap:a,b,c"},   {"area", "CIRCLE 28.77,104.62 20"},
    {"links", "causes:0190f2c3a1b20011223344556677889f"},
};

static void test_a_body_is_checked_and_masked(void **state)
{
    (void)state;
    uint8_t bytes[512];
    uint64_t mask = 7;
    struct kind_problem problem;
    struct bytes body = body_of(&kind_incident, flood, ARRAY_LEN(flood), bytes, sizeof(bytes));
    assert_int_equal(kind_check(&kind_incident, body, true, &mask, &problem), MUSTER_OK);
    uint64_t want = 0;
    for (size_t i = 0; i < ARRAY_LEN(flood); i++)
        want |= UINT64_C(1) << field_by_name(&kind_incident, flood[i].field)->number;
    assert_true(mask == want);

    static const struct pair change[] = {{"severity", "Extreme"}, {"glide", ""}};
    body = body_of(&kind_incident, change, ARRAY_LEN(change), bytes, sizeof(bytes));
    assert_int_equal(kind_check(&kind_incident, body, false, &mask, &problem), MUSTER_OK);
    assert_true(mask == (UINT64_C(1) << 8 | UINT64_C(1) << 50)); /* a cleared field is set, too */
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *says;
    const struct kind *kind;
    bool is_create;
    const char *bytes;
    size_t len;
    enum muster_error want;
    int field;
    const char *sentence;
} bodies[] = {
    {"an incident without category", &kind_incident, true, BYTES("\x82\x00\xa1x\x03\xa6" "active"), MUSTER_EMISSING, 5, "category: it is missing, and every incident needs one"},
    {"an incident without name", &kind_incident, true, BYTES("\x82\x03\xa6" "active\x05\x91\xa3Met"), MUSTER_EMISSING, 0, "name: it is missing"},
    {"a resource without name", &kind_resource, true, BYTES("\x80"), MUSTER_EMISSING, 0, "every resource needs one"},
    {"an evaluation without type", &kind_evaluation, true, BYTES("\x81\x00\xa1x"), MUSTER_EMISSING, 5, "report_type: it is missing"},
    {"an empty name", &kind_resource, true, BYTES("\x81\x00\xa0"), MUSTER_EMISSING, 0, "it cannot be empty"},
    {"a cleared name", &kind_resource, false, BYTES("\x81\x00\xc0"), MUSTER_EMISSING, 0, "it cannot be empty"},
    {"no category at all", &kind_incident, false, BYTES("\x81\x05\x90"), MUSTER_EMISSING, 5, "it cannot be empty"},
    {"a field that does not exist", &kind_resource, true, BYTES("\x82\x00\xa1x\x3f\x01"), MUSTER_EFIELD, -1, "resource has no field number 63"},
    {"a field number beyond the mask", &kind_resource, true, BYTES("\x82\x00\xa1x\x40\x01"), MUSTER_EFIELD, -1, "resource has no field number 64"},
    {"a field with a huge number", &kind_resource, false, BYTES("\x81\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x01"), MUSTER_EFIELD, -1, "18446744073709551615"},
    {"a field named by text", &kind_resource, false, BYTES("\x81\xa4name\xa1x"), MUSTER_EFIELD, -1, "not named by its number"},
    {"a negative field", &kind_resource, false, BYTES("\x81\xff\xa1x"), MUSTER_EFIELD, -1, "not named by its number"},
    {"an unknown token", &kind_incident, false, BYTES("\x81\x08\xa6severe"), MUSTER_ETOKEN, 8, "did you mean \"Severe\"?"},
    {"a number for a text", &kind_incident, false, BYTES("\x81\x06\x07"), MUSTER_EBADVALUE, 6, "event: the value is not a text"},
    {"a text for a list", &kind_incident, false, BYTES("\x81\x05\xa3Met"), MUSTER_EBADVALUE, 5, "category: the value is not a list of texts"},
    {"a float for a number", &kind_incident, false, BYTES("\x81\x2b\xca\x3f\x80\x00\x00"), MUSTER_EBADVALUE, 43, "not a whole number"},
    {"a number beyond int64", &kind_incident, false, BYTES("\x81\x2b\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), MUSTER_EBADVALUE, 43, "not a whole number"},
    {"a number for a decimal", &kind_resource, false, BYTES("\x81\x07\x05"), MUSTER_EBADVALUE, 7, "a decimal number as text"},
    {"an object of 15 bytes", &kind_evaluation, false, BYTES("\x81\x06\xc4\x0f" "012345678901234"), MUSTER_EBADVALUE, 6, "object id of 16 bytes"},
    {"a link that is no pair", &kind_incident, false, BYTES("\x81\x04\x91\x91\xa6" "causes"), MUSTER_EBADVALUE, 4, "list of pairs"},
    {"a link to an object id of 15 bytes", &kind_incident, false, BYTES("\x81\x04\x91\x92\xa6" "causes\xc4\x0f" "012345678901234"), MUSTER_EBADVALUE, 4, "object id of 16 bytes"},
    {"a link as text", &kind_incident, false, BYTES("\x81\x04\x91\xa6" "causes"), MUSTER_EBADVALUE, 4, "list of pairs"},
    {"an empty item", &kind_incident, false, BYTES("\x81\x01\x91\xa0"), MUSTER_EBADVALUE, 1, "an item of the list is empty"},
    {"evidence that is bytes alone", &kind_incident, false, BYTES("\x81\x27\xc4\x01x"), MUSTER_EBADVALUE, 39, "media type and bytes"},
    {"evidence with an empty media type", &kind_incident, false, BYTES("\x81\x27\x82\x01\xa0\x02\xc4\x01x"), MUSTER_EBADVALUE, 39, "its media type has 1 to 256 bytes"},
    {"evidence with more parts", &kind_incident, false, BYTES("\x81\x27\x83\x01\xa1x\x02\xc4\x01x\x03\x01"), MUSTER_EBADVALUE, 39, "media type and bytes"},
    {"a field twice", &kind_incident, false, BYTES("\x82\x06\xa1x\x06\xa1y"), MUSTER_EDUPLICATE, -1, "the incident cannot be written"},
    {"a list for a body", &kind_incident, false, BYTES("\x90"), MUSTER_EBADVALUE, -1, "not a map of fields"},
    {"no bytes at all", &kind_incident, false, BYTES(""), MUSTER_ETRUNCATED, -1, "the incident cannot be written"},
    {"bytes behind the end", &kind_incident, false, BYTES("\x80\x00"), MUSTER_ETRAILING, -1, "bytes behind the end"},
    {"a body of an unknown kind", NULL, true, BYTES("\x80"), MUSTER_EKIND, -1, "does not know the kind"},
};

static void test_own_bodies_are_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct bytes body = {(const uint8_t *)bodies[i].bytes, bodies[i].len};
        struct kind_problem problem = {.sentence = ""};
        uint64_t mask = 7;
        enum muster_error got = kind_check(bodies[i].kind, body, bodies[i].is_create, &mask, &problem);
        print_message("refuses %s: %s\n", bodies[i].says, problem.sentence);
        assert_int_equal(got, bodies[i].want);
        assert_int_equal(problem.error, bodies[i].want);
        assert_int_equal(problem.field, bodies[i].field);
        assert_non_null(strstr(problem.sentence, bodies[i].sentence));
        assert_true(mask == 0);
        assert_int_equal(kind_check(bodies[i].kind, body, bodies[i].is_create, &mask, NULL), bodies[i].want);
    }
}

static void test_a_body_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, BODY_BYTES_MAX + 1);
    uint64_t mask;
    assert_non_null(bytes);
    assert_int_equal(kind_check(&kind_incident, (struct bytes){bytes, BODY_BYTES_MAX + 1}, false, &mask, NULL), MUSTER_ETOOBIG);
    free(bytes);
}

static void test_fields_are_found_by_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *says, *typed, *want;
    } rows[] = {
        {"a slip", "sevrity", "severity"},   {"another case", "Severity", "severity"},
        {"a dash", "area-desc", "area_desc"}, {"a Chinese label", "等级", "grade"},
        {"an English label", "people affected", "affected"}, {"nothing near", "colour of the sky", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kind_problem problem;
        print_message("field_find of %s\n", rows[i].says);
        assert_null(field_find(&kind_incident, rows[i].typed, strlen(rows[i].typed), &problem));
        assert_int_equal(problem.error, MUSTER_EFIELD);
        assert_non_null(strstr(problem.sentence, "incident has no field \""));
        if (rows[i].want) {
            assert_non_null(problem.suggestion);
            assert_string_equal(problem.suggestion, rows[i].want);
        } else {
            assert_null(problem.suggestion);
        }
    }
    assert_non_null(field_find(&kind_incident, "severity=Severe", 8, NULL));
}

/* ---- what others wrote ---- */

static void test_view_never_refuses_contents(void **state)
{
    (void)state;
    /* name, a token of a newer standard, a field of a newer table, a text key, a cleared field, a number
     * beyond the mask */
    static const uint8_t bytes[] = "\x86\x00\xa1x\x08\xa4Huge\x3e\x93\x01\x02\x03\xa3new\xc3\x06\xc0\x41\x01";
    static const struct {
        bool known, understood, cleared;
        enum muster_error why;
        const char *text;
    } want[] = {
        {true, true, false, MUSTER_OK, "x"},
        {true, false, false, MUSTER_ETOKEN, "Huge"},
        {false, false, false, MUSTER_EFIELD, "[1;2;3]"},
        {false, false, false, MUSTER_EFIELD, "yes"},
        {true, true, true, MUSTER_OK, ""},
        {false, false, false, MUSTER_EFIELD, "1"},
    };
    struct bytes body = {bytes, sizeof(bytes) - 1};
    struct kind_view view;
    struct field_view field;
    assert_int_equal(kind_view(&view, &kind_incident, body), MUSTER_OK);
    assert_true(view.mask == (UINT64_C(1) << 0 | UINT64_C(1) << 8 | UINT64_C(1) << 62 | UINT64_C(1) << 6));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        char text[64];
        assert_true(kind_view_next(&view, &field));
        assert_int_equal(field.field != NULL, want[i].known);
        assert_int_equal(field.understood, want[i].understood);
        assert_int_equal(field.cleared, want[i].cleared);
        assert_int_equal(field.why, want[i].why);
        (void)field_text(field.field, &field.value, text, sizeof(text));
        assert_string_equal(text, want[i].text);
    }
    assert_false(kind_view_next(&view, &field));

    assert_int_equal(kind_view(&view, NULL, body), MUSTER_OK); /* a kind of a newer version */
    size_t count = 0;
    for (; kind_view_next(&view, &field); count++)
        assert_true(!field.understood && !field.field);
    assert_int_equal(count, ARRAY_LEN(want));
}

/* ---- hostile bytes ---- */

static void walk(const struct kind *kind, struct bytes body)
{
    struct kind_view view;
    struct field_view field;
    uint64_t mask;
    struct kind_problem problem;
    char text[48];
    int64_t number;
    enum muster_error checked = kind_check(kind, body, true, &mask, &problem);
    assert_true(checked == MUSTER_OK || mask == 0);
    if (kind_view(&view, kind, body)) {
        assert_int_not_equal(checked, MUSTER_OK);
        return;
    }
    while (kind_view_next(&view, &field)) {
        (void)field_text(field.field, &field.value, text, sizeof(text));
        if (field.field)
            (void)field_number_value(field.field, &field.value, &number);
        assert_true(strlen(text) < sizeof(text));
        if (checked == MUSTER_OK)
            assert_true(field.understood);
    }
}

/* Copies to the heap, so that a read beyond the end is seen by the sanitizers. */
static void walk_copy(const struct kind *kind, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    walk(kind, (struct bytes){copy, len});
    free(copy);
}

static void test_every_cut_and_every_changed_byte_is_survived(void **state)
{
    (void)state;
    uint8_t bytes[512];
    uint64_t mask;
    struct bytes body = body_of(&kind_incident, flood, ARRAY_LEN(flood), bytes, sizeof(bytes));
    for (size_t len = 0; len < body.len; len++) {
        assert_int_not_equal(kind_check(&kind_incident, (struct bytes){bytes, len}, true, &mask, NULL), MUSTER_OK);
        walk_copy(&kind_incident, bytes, len);
    }
    static const uint8_t hostile[] = {0x00, 0x3f, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc3, 0xc4,
                                      0xc6, 0xc7, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff};
    for (size_t i = 0; i < body.len; i++) {
        uint8_t kept = bytes[i];
        for (size_t h = 0; h < ARRAY_LEN(hostile); h++) {
            bytes[i] = hostile[h];
            walk_copy(&kind_incident, bytes, body.len);
            walk_copy(&kind_evaluation, bytes, body.len);
        }
        bytes[i] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserved_kinds_are_distinct),
        cmocka_unit_test(test_kinds_are_found),
        cmocka_unit_test(test_tables_are_sound),
        cmocka_unit_test(test_numbers_are_for_ever),
        cmocka_unit_test(test_a_body_is_checked_and_masked),
        cmocka_unit_test(test_own_bodies_are_refused_with_a_sentence),
        cmocka_unit_test(test_a_body_beyond_the_limit_is_refused),
        cmocka_unit_test(test_fields_are_found_by_what_was_meant),
        cmocka_unit_test(test_view_never_refuses_contents),
        cmocka_unit_test(test_every_cut_and_every_changed_byte_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
