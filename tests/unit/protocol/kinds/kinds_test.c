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
    {"a kind of nobody", "volcano", 0}, {"a plural of a plural", "incidentss", 0}, {"another case", "Incident", 0},
    {"nothing", "", 0},           {"half a name", "inciden", 0},
    {"a name of two words", "recovery-project", 22}, {"its plural", "corrective-actions", 16}, {"another's prefix", "rel", 7},
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
     "27 score decimal,28 method text,29 report_delay_s int,30 scenario text,31 sponsor text,32 participants texts,33 first_word_s int,34 correction_s int,60 attachments texts"},
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
    {&kind_sitrep,
     "0 name text,1 alias texts,2 tlp token,3 version token,4 links links,5 incident object,6 report_type token,"
     "7 number int,8 period_from time,9 period_to time,10 confidence token,11 urgency token,12 severity token,"
     "13 summary text,14 area_desc text,15 area area,16 geocode texts,17 size decimal,18 size_unit text,"
     "19 contained decimal,20 dead int,21 missing int,22 injured int,23 evacuated int,24 sheltered int,"
     "25 affected int,26 responders_dead int,27 responders_injured int,28 structures_threatened int,"
     "29 structures_damaged int,30 structures_destroyed int,31 life_safety text,32 weather text,"
     "33 projected texts,34 objectives texts,35 threat text,36 needs texts,37 strategy text,"
     "38 planned_actions text,39 cost decimal,40 currency text,41 projected_end time,42 projected_cost decimal,"
     "43 personnel int,44 agencies texts,45 commander text,46 complexity token,47 prepared_by text,"
     "48 approved_by text,49 routing text,50 next_report time,51 eoc_status token,52 response_level token,"
     "53 casualties_notified flag,58 contact text,59 comments text,60 attachments texts"},
    {&kind_observation,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 property text,"
     "7 value decimal,8 unit text,9 observed_at time,10 trend token,11 location point,12 area area,13 place text,"
     "14 place_code text,15 threshold decimal,16 uncertainty decimal,17 series texts,18 description text,"
     "19 valid_until time,20 source_type token,21 source text,22 station text,23 station_code text,24 method text,"
     "25 certainty token,26 reliability token,27 credibility token,28 reason text,58 contact text,"
     "59 comments text,60 attachments texts"},
    {&kind_warning,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 category tokens,6 event_class token,"
     "7 level token,8 event text,9 starts time,10 ends time,11 area area,12 area_desc text,13 geocode texts,"
     "14 matters text,15 measures text,16 issuer text,17 issued_at time,18 incident object,19 predecessor object,"
     "20 author_role text,21 approved_by text,22 legal_basis text,23 lifted_at time,24 reason text,"
     "25 indicator text,26 gdacs token,30 urgency token,31 severity token,32 certainty token,"
     "33 response_type tokens,34 msg_type token,35 identifier text,36 references texts,37 language text,"
     "58 contact text,59 comments text,60 attachments texts"},
    {&kind_release,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 headline text,"
     "7 text text,8 claims texts,9 language text,10 audience texts,11 embargo_until time,12 published_at time,"
     "13 known_at time,14 channels texts,15 web text,20 author_role text,21 verified_by text,22 approved_by text,"
     "23 spokesperson text,24 risk_check text,25 legal_basis text,26 reason text,27 corrects object,"
     "30 msg_type token,31 identifier text,32 references texts,33 scope token,40 reach int,41 survey text,"
     "58 contact text,59 comments text,60 attachments texts"},
    {&kind_rumour,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 claim text,"
     "7 heard_at time,8 channel text,9 spread int,10 web texts,11 language text,12 area_desc text,13 harm text,"
     "14 severity token,20 reliability token,21 credibility token,22 basis text,23 verified_by text,"
     "24 verified_at time,25 counter_release object,58 contact text,59 comments text,60 attachments texts"},
    {&kind_indicator_set,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 version text,6 purpose text,"
     "7 indicators texts,8 parents texts,9 dimensions texts,10 units texts,11 scale texts,12 bounds texts,"
     "13 weights texts,14 thresholds texts,15 aggregation token,16 description text,17 hysteresis decimal,20 matrix texts,"
     "21 lambda_max decimal,22 cr decimal,23 ci decimal,24 ri_table token,25 group_method token,"
     "26 respondents int,27 override_reason text,30 effective time,31 author_role text,32 approved_by text,"
     "33 reason text,34 back_test text,35 review_by time,58 contact text,59 comments text,60 attachments texts"},
    {&kind_assessment,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 set object,6 incident object,"
     "7 assessed_at time,8 scores texts,9 inputs texts,10 area_desc text,11 area area,12 geocode texts,"
     "13 scenario text,20 result decimal,21 level token,22 likelihood decimal,23 severity decimal,"
     "24 extent decimal,25 grade token,26 recommendation text,27 sensitivity texts,30 method tokens,"
     "31 method_text text,32 respondents int,33 confidence token,34 assessor text,35 approved_by text,"
     "36 valid_until time,37 reason text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_plan,
     "0 name text,1 alias texts,2 tlp token,3 stage token,4 links links,5 plan_type token,6 version text,"
     "7 event_class tokens,8 category tokens,9 scope text,10 basis texts,11 clauses texts,12 criteria texts,"
     "13 response_table texts,14 required_resources texts,15 organisation text,16 geocode texts,17 contacts texts,"
     "18 language text,20 effective time,21 issuer text,22 approved_by text,23 approved_at time,"
     "24 published_at time,25 filed_with text,26 filed_at time,27 filing_due time,28 filing_number text,"
     "30 last_drill time,31 drill_due time,32 review_due time,33 revision_trigger tokens,34 reason text,"
     "35 author_role text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_exercise,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 exercise_type token,6 from time,"
     "7 to time,8 sponsor text,9 participants texts,10 mission_area tokens,11 capabilities texts,"
     "12 objectives texts,13 threat text,14 scenario text,15 scope text,16 plan object,17 plan_clauses texts,"
     "20 place text,21 location point,22 injects texts,23 rules text,24 controller text,25 evaluators text,"
     "26 personnel int,27 cost decimal,28 currency text,29 reason text,58 contact text,59 comments text,"
     "60 attachments texts"},
    {&kind_finding,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 source object,6 finding_type token,"
     "7 capability text,8 element tokens,9 rating token,10 observation text,11 analysis text,12 reference text,"
     "13 plan object,14 recommendation text,15 root_cause text,16 observed_at time,17 observer text,"
     "18 agency text,19 reason text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_corrective_action,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 finding object,6 issue text,"
     "7 action text,8 element token,9 responsible text,10 priority token,11 started time,12 due time,"
     "13 completed_at time,14 progress decimal,15 capability text,16 outcome text,17 verified_by text,"
     "18 reason text,19 plan object,20 cost decimal,21 currency text,58 contact text,59 comments text,"
     "60 attachments texts"},
    {&kind_organisation,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 function tokens,"
     "7 sector text,8 org_type text,9 parent object,10 agency text,11 activated_at time,12 closed_at time,"
     "13 duties texts,14 capabilities texts,15 languages texts,16 legal_basis text,17 hours text,18 radio text,"
     "19 web text,20 country text,21 adm1 text,22 adm2 text,23 adm3 text,24 place_code text,25 location point,"
     "26 address text,30 eoc_status token,31 eoc_level text,32 eoc_scheme text,33 insarag token,34 staff int,"
     "58 contact text,59 comments text,60 attachments texts"},
    {&kind_role,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 organisation object,6 incident object,"
     "7 position text,8 function token,9 duties texts,10 may_write texts,11 may_approve texts,"
     "12 reports_to object,13 qualifications texts,14 languages texts,15 plan object,16 plan_clause text,"
     "20 holder text,21 from time,22 until time,23 substitutes texts,24 shift text,25 operational_period text,"
     "26 reason text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_mandate,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 role object,6 organisation object,"
     "7 delegated_by text,8 delegate text,9 powers texts,10 response_levels tokens,11 warning_levels tokens,"
     "12 kinds texts,13 limit decimal,14 currency text,15 onward flag,16 conditions text,17 legal_basis text,"
     "18 plan object,19 plan_clause text,20 from time,21 expires time,22 area_desc text,23 geocode texts,"
     "24 incident object,25 approved_by text,26 reason text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_loss,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 loss_type token,"
     "7 damage token,8 quantity decimal,9 unit text,10 unit_text text,11 value decimal,12 currency text,"
     "13 insured decimal,14 damage_code text,15 hxl texts,16 owner text,17 resource object,18 grade token,"
     "19 services text,20 killed int,21 injured int,22 infected int,23 displaced int,24 missing int,25 people int,"
     "26 people_group token,27 livestock int,30 surveyed_at time,31 method text,32 surveyor text,"
     "33 confidence token,34 location point,35 area_desc text,36 geocode texts,37 verified_by text,"
     "38 claim_number text,39 reason text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_recovery_project,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 sector text,"
     "7 objective text,8 implementer text,9 started time,10 due time,11 completed_at time,12 progress decimal,"
     "13 milestones texts,14 beneficiaries int,15 location point,16 area_desc text,17 geocode texts,"
     "18 outcome text,19 reason text,20 budget decimal,21 spent decimal,22 currency text,23 aid_received decimal,"
     "24 aid_distributed decimal,25 funds texts,26 materials_received texts,27 materials_distributed texts,"
     "30 claim_status token,31 claim_number text,32 claim_amount decimal,33 claim_to text,34 audited_by text,"
     "35 audited_at time,36 audit_result text,58 contact text,59 comments text,60 attachments texts"},
    {&kind_task,
     "0 name text,1 alias texts,2 tlp token,3 status token,4 links links,5 incident object,6 assignee text,"
     "7 assignee_role text,8 priority token,9 assigned_by text,10 deadline time,11 acknowledge_by time,"
     "12 acknowledged_at time,13 escalate_to text,14 escalated_at time,15 started_at time,16 completed_at time,"
     "20 instructions text,21 outcome text,22 reason text,23 location point,24 place text,25 plan object,"
     "26 plan_clause text,27 request object,28 progress decimal,58 contact text,59 comments text,"
     "60 attachments texts"},
    {&kind_agreement,
     "0 name text,1 alias texts,2 tlp token,3 standing token,5 parties texts,6 kinds texts,7 area area,8 geocode texts,"
     "9 valid_from time,10 valid_to time,11 purpose text,12 tlp_max token,13 onward token,14 retention_days int,"
     "15 space text,16 legal_basis text,17 area_desc text,58 contact text,59 comments text,60 attachments texts"},
};

static void test_numbers_are_for_ever(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LEN(frozen), kind_count());
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        char listed[4096] = "";
        print_message("%s keeps its numbers\n", frozen[i].kind->name);
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
    {"a name of blanks", &kind_resource, true, BYTES("\x81\x00\xa2  "), MUSTER_EMISSING, 0, "name: it is blank, and every resource needs one"},
    {"a change to one", &kind_resource, false, BYTES("\x81\x00\xa3\xe3\x80\x80"), MUSTER_EMISSING, 0, "it is blank"},
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
