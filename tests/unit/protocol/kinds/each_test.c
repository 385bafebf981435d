/* each_test.c — every kind, from the side of who fills it in: what is taken, what is refused, and with which words. */
#include "protocol/kinds/kinds.h"
#include "unit/protocol/kinds/unit.h"

#include <stdlib.h>

#define OBJECT "0190f2c3a1b20011223344556677889f"

enum { PAIRS = 8, BODY = 2048 };

struct given {
    const char *field, *text;
};

static const struct {
    const char *says, *kind;
    struct given given[PAIRS];
    enum muster_error want; /* of the first field that is refused, or of the whole body */
    const char *sentence;   /* in it; NULL: taken */
} rows[] = {
    {"a request with what, how much, by when", "request", {{"name", "Boats"}, {"status", "submitted"}, {"quantity", "12"},
     {"unit", "{boat}"}, {"needed_by", "2026-07-14T18:00:00+08:00"}, {"priority", "Urgent"}, {"incident", OBJECT}}, MUSTER_OK, NULL},
    {"a request with no state", "request", {{"name", "Boats"}}, MUSTER_EMISSING, "status: it is missing"},
    {"a request for less than nothing", "request", {{"quantity", "-1"}}, MUSTER_EBADVALUE, "below zero"},
    {"a request in words for a unit", "request", {{"unit", "boats of wood"}}, MUSTER_EBADVALUE, "unit: "},
    {"a priority of another form", "request", {{"priority", "High"}}, MUSTER_ETOKEN, "(Urgent, Routine, Low)"},
    {"a deployment offered unasked", "deployment", {{"name", "Tents"}, {"status", "offered"}, {"quantity", "40"},
     {"unit", "{tent}"}, {"resource", OBJECT}, {"available_until", "2026-07-20T00:00:00Z"}}, MUSTER_OK, NULL},
    {"a state of the paper", "deployment", {{"status", "En-route"}}, MUSTER_ETOKEN, "status: \"En-route\" is none of its values"},
    {"NIEM's state in its own field", "deployment", {{"name", "x"}, {"status", "dispatched"}, {"niem_status", "En-route"}}, MUSTER_OK, NULL},
    {"an ETA without zone", "deployment", {{"eta", "2026-07-14T18:00"}}, MUSTER_EBADVALUE, "eta: "},
    {"a task with owner and deadline", "task", {{"name", "Close the G246"}, {"status", "assigned"}, {"assignee", "Police"},
     {"deadline", "2026-07-14T16:00:00+08:00"}, {"escalate_to", "Headquarters"}}, MUSTER_OK, NULL},
    {"a task half done and more", "task", {{"progress", "1.5"}}, MUSTER_EBADVALUE, "between 0 and 1"},
    {"a sitrep with figures", "sitrep", {{"name", "No. 3"}, {"report_type", "SituationInformation"}, {"dead", "0"},
     {"affected", "1200"}, {"casualties_notified", "no"}, {"needs", "24h=12 boats"}}, MUSTER_OK, NULL},
    {"a sitrep of no type", "sitrep", {{"name", "No. 3"}}, MUSTER_EMISSING, "report_type: it is missing"},
    {"fewer than no dead", "sitrep", {{"dead", "-1"}}, MUSTER_EBADVALUE, "below zero"},
    {"a reading", "observation", {{"name", "Lizhuang"}, {"property", "level"}, {"value", "-0.35"}, {"unit", "m"},
     {"series", "2026-07-14T12:00:00+08:00=271.10"}}, MUSTER_OK, NULL},
    {"a reading in words", "observation", {{"value", "high"}}, MUSTER_EBADVALUE, "value: "},
    {"a series of words", "observation", {{"series", "noon=high"}}, MUSTER_EBADVALUE, "series: "},
    {"a warning by the law", "warning", {{"name", "暴雨"}, {"status", "draft"}, {"level", "二级"}, {"event_class", "自然灾害"},
     {"area_desc", "南溪区"}, {"measures", "转移"}, {"matters", "内涝"}}, MUSTER_OK, NULL},
    {"a warning without level", "warning", {{"name", "暴雨"}, {"status", "draft"}}, MUSTER_EMISSING, "level: it is missing"},
    {"a level by its colour", "warning", {{"level", "level II, orange"}}, MUSTER_ETOKEN, "did you mean \"二级\"?"},
    {"a release with its claims", "release", {{"name", "16:00"}, {"status", "draft"}, {"claims", "evacuated=1200"},
     {"links", "cites:" OBJECT ";counters:" OBJECT}}, MUSTER_OK, NULL},
    {"a claim without a figure", "release", {{"claims", "evacuated"}}, MUSTER_EBADVALUE, "NAME=VALUE"},
    {"a rumour with its grading", "rumour", {{"name", "Dam"}, {"status", "unverified"}, {"reliability", "F"}, {"credibility", "6"}},
     MUSTER_OK, NULL},
    {"a grading in words", "rumour", {{"reliability", "good"}}, MUSTER_ETOKEN, "reliability: "},
    {"an indicator set", "indicator-set", {{"name", "County"}, {"indicators", "L1=level;S1=people"}, {"matrix", "L1/S1=2"},
     {"weights", "L1=0.667;S1=0.333"}, {"cr", "0"}, {"ri_table", "AHPWR"}}, MUSTER_OK, NULL},
    {"a set of nothing", "indicator-set", {{"name", "County"}}, MUSTER_EMISSING, "indicators: it is missing"},
    {"a comparison that is a reciprocal", "indicator-set", {{"matrix", "L1/S1=0.5"}}, MUSTER_EBADVALUE, "weightier one first"},
    {"an assessment", "assessment", {{"name", "Nanxi"}, {"set", OBJECT}, {"scores", "L1=3;S1=2.5"}, {"result", "0.71"},
     {"level", "二级"}, {"respondents", "5"}}, MUSTER_OK, NULL},
    {"a likelihood of two", "assessment", {{"likelihood", "2"}}, MUSTER_EBADVALUE, "between 0 and 1"},
    {"a plan with clauses", "plan", {{"name", "防汛"}, {"stage", "编制"}, {"clauses", "4.2=Open the EOC;4.3=转移"},
     {"response_table", "二级/Fire=Evacuate"}, {"required_resources", "Boat=12 {boat}"}}, MUSTER_OK, NULL},
    {"a stage in English", "plan", {{"stage", "published"}}, MUSTER_ETOKEN, "did you mean \"发布\"?"},
    {"a clause without a number", "plan", {{"clauses", "Open the EOC"}}, MUSTER_EBADVALUE, "NAME=VALUE"},
    {"an exercise", "exercise", {{"name", "Drill"}, {"status", "planned"}, {"exercise_type", "Functional"},
     {"mission_area", "Response;Recovery"}, {"injects", "00:30=Bridge closed"}}, MUSTER_OK, NULL},
    {"an exercise of no type", "exercise", {{"exercise_type", "Rehearsal"}}, MUSTER_ETOKEN, "Drill"},
    {"a finding", "finding", {{"name", "Late"}, {"status", "open"}, {"rating", "M"}, {"element", "Training"}, {"source", OBJECT}},
     MUSTER_OK, NULL},
    {"a rating in words", "finding", {{"rating", "bad"}}, MUSTER_ETOKEN, "(P, S, M, U)"},
    {"a corrective action", "corrective-action", {{"name", "Rota"}, {"status", "open"}, {"finding", OBJECT}, {"progress", "0.2"},
     {"responsible", "EMB"}}, MUSTER_OK, NULL},
    {"an action about no known element", "corrective-action", {{"element", "Money"}}, MUSTER_ETOKEN, "element: "},
    {"an organisation", "organisation", {{"name", "HQ"}, {"function", "decide;support"}, {"country", "CN"}}, MUSTER_OK, NULL},
    {"a country by its name", "organisation", {{"country", "China"}}, MUSTER_EBADVALUE, "ISO 3166-1"},
    {"a role that is held", "role", {{"name", "IC"}, {"status", "held"}, {"holder", "Yibin 01"}, {"reports_to", OBJECT}}, MUSTER_OK, NULL},
    {"a role above nobody", "role", {{"reports_to", "the mayor"}}, MUSTER_EBADVALUE, "32 hex digits"},
    {"a mandate with its end", "mandate", {{"name", "Night"}, {"status", "draft"}, {"expires", "2026-07-15T08:00:00+08:00"},
     {"response_levels", "一级;二级"}, {"onward", "no"}}, MUSTER_OK, NULL},
    {"a mandate for ever", "mandate", {{"name", "Night"}, {"status", "draft"}}, MUSTER_EMISSING, "expires: it is missing"},
    {"a loss", "loss", {{"name", "Houses"}, {"status", "surveyed"}, {"damage", "Destroyed"}, {"value", "38600000.00"},
     {"currency", "CNY"}, {"people_group", "InCamp"}}, MUSTER_OK, NULL},
    {"a loss in a currency of its own", "loss", {{"currency", "yuan"}}, MUSTER_EBADVALUE, "ISO 4217"},
    {"a recovery project", "recovery-project", {{"name", "Rebuild"}, {"status", "proposed"}, {"funds", "Red Cross=1200000"},
     {"claim_status", "draft"}, {"progress", "0"}}, MUSTER_OK, NULL},
    {"funds without an amount", "recovery-project", {{"funds", "Red Cross=much"}}, MUSTER_EBADVALUE, "funds: "},
};

static void test_what_people_fill_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct kind *kind = kind_by_name(rows[i].kind);
        struct kind_problem problem = {.sentence = ""};
        uint8_t bytes[BODY];
        uint64_t mask;
        uint32_t count = 0;
        enum muster_error error = MUSTER_OK;
        assert_non_null(kind);
        while (count < PAIRS && rows[i].given[count].field)
            count++;
        struct writer w = writer_over(bytes, sizeof bytes);
        pack_map(&w, count);
        for (uint32_t n = 0; n < count && !error; n++) {
            const struct field *f = field_by_name(kind, rows[i].given[n].field);
            assert_non_null(f);
            pack_uint(&w, f->number);
            error = field_pack(f, rows[i].given[n].text, strlen(rows[i].given[n].text), &w, &problem);
        }
        if (!error)
            error = kind_check(kind, (struct bytes){bytes, writer_len(&w)}, true, &mask, &problem);
        print_message("%s: %s\n", rows[i].says, problem.sentence);
        assert_int_equal(error, rows[i].want);
        if (rows[i].sentence)
            assert_non_null(strstr(problem.sentence, rows[i].sentence));
    }
}

static bool row_of(const struct kind *kind, bool taken)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].kind, kind->name) == 0 && (rows[i].sentence == NULL) == taken)
            return true;
    return false;
}

/* incident, resource and evaluation have their rows in kinds_test.c; an agreement where it is made. */
static void test_no_kind_is_left_out(void **state)
{
    (void)state;
    for (size_t k = 0; k < kind_count(); k++)
        if (kind_at(k)->number > KIND_EVALUATION && kind_at(k)->number != KIND_AGREEMENT) {
            print_message("%s has a row that is taken and one that is refused\n", kind_at(k)->name);
            assert_true(row_of(kind_at(k), true) && row_of(kind_at(k), false));
        }
}

/* A map with a map in it is no value of any field; nil clears all but the required ones. */
static void test_every_field_refuses_what_it_is_not(void **state)
{
    (void)state;
    for (size_t k = 0; k < kind_count(); k++) {
        const struct kind *kind = kind_at(k);
        for (size_t i = 0; i < kind->count; i++) {
            const struct field *f = &kind->fields[i];
            const uint8_t map[] = {0x81, f->number, 0x81, 0x07, 0x80}, nil[] = {0x81, f->number, 0xc0};
            struct kind_problem problem = {.sentence = ""};
            uint64_t mask = 0;
            print_message("%s.%s\n", kind->name, f->name);
            assert_int_equal(kind_check(kind, (struct bytes){map, sizeof map}, false, &mask, &problem), MUSTER_EBADVALUE);
            assert_ptr_equal(strstr(problem.sentence, f->name), problem.sentence);
            assert_int_equal(kind_check(kind, (struct bytes){nil, sizeof nil}, false, &mask, &problem),
                             f->flags & FIELD_REQUIRED ? MUSTER_EMISSING : MUSTER_OK);
            assert_true(f->flags & FIELD_REQUIRED || mask == UINT64_C(1) << f->number);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_people_fill_in),
        cmocka_unit_test(test_no_kind_is_left_out),
        cmocka_unit_test(test_every_field_refuses_what_it_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
