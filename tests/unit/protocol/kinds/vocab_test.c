/* The lists of the standards, written down a second time: a token that goes missing or changes a letter
 * is found here. */
#include "protocol/kinds/vocab.h"
#include "base/error.h"
#include "base/text.h"
#include "unit/protocol/kinds/unit.h"

static const struct {
    const char *vocab, *tokens; /* separated by | */
} lists[] = {
    {"CAP-1.2/status", "Actual|Exercise|System|Test|Draft"},
    {"CAP-1.2/msgType", "Alert|Update|Cancel|Ack|Error"},
    {"CAP-1.2/scope", "Public|Restricted|Private"},
    {"CAP-1.2/category", "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other"},
    {"CAP-1.2/responseType", "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None"},
    {"CAP-1.2/urgency", "Immediate|Expected|Future|Past|Unknown"},
    {"CAP-1.2/severity", "Extreme|Severe|Moderate|Minor|Unknown"},
    {"CAP-1.2/certainty", "Observed|Likely|Possible|Unlikely|Unknown"},
    {"TLP-2.0", "TLP:RED|TLP:AMBER+STRICT|TLP:AMBER|TLP:GREEN|TLP:CLEAR"},
    {"PAP", "RED|AMBER|GREEN|CLEAR"},
    {"muster-1/phase", "latent|warned|active|recovery|closed"},
    {"muster-1/incident-link", "causes|part-of|secondary-to|duplicates"},
    {"CN-2024/class", "自然灾害|事故灾难|公共卫生事件|社会安全事件"},
    {"CN-2024/grade", "特别重大|重大|较大|一般"},
    {"CN-2024/warning-level", "一级|二级|三级|四级"},
    {"CN-2024/response-level", "一级|二级|三级|四级"},
    {"GDACS/alert", "Red|Orange|Green"},
    {"ICS/complexity", "Type 1|Type 2|Type 3|Type 4|Type 5"},
    {"EDXL-SitRep-1.0/reportConfidence", "HighlyConfident|SomewhatConfident|Unsure|NoConfidence"},
    {"ICS+NIEM/resource-status", "Available|Committed|Assigned|Out of Service|Unknown"},
    {"NIEM/availability", "Available|Committed|Unknown"},
    {"muster-1/resource-link", "part-of|held-at|assigned-to|substitutes|duplicates"},
    {"NIMS/type", "Type 1|Type 2|Type 3|Type 4|Type 5|Type 6|Type 7"},
    {"EDXL-HAVE-1.0/FacilityStatus", "Normal|Compromised|Evacuating|Closed"},
    {"EDXL-HAVE-1.0/ClinicalStatus", "Normal|Level1|Level2|Full"},
    {"EDXL-HAVE-1.0/EMSTraffic", "Normal|Advisory|Closed|NotApplicable"},
    {"EDXL-HAVE-1.0/SecurityStatus", "Normal|Elevated|RestrictedAccess|Lockdown|Quarantine"},
    {"EDXL-HAVE-1.0/EOCStatus", "Active|Inactive"},
    {"EDXL-HAVE-1.0/DeconCapacity", "Inactive|Open|Full|Exceeded"},
    {"EDXL-HAVE-1.0/MorgueCapacity", "Open|Full|Exceeded"},
    {"EDXL-HAVE-1.0/CapacityStatus", "VacantAvailable|NotAvailable"},
    {"EDXL-HAVE-1.0/ResourceStatus", "Adequate|Insufficient"},
    {"EDXL-HAVE-1.0/Offload", "Normal|Delayed"},
    {"EDXL-HAVE-1.0/BedType", "AdultICU|PediatricICU|Pediatrics|MedicalSurgical|Psychiatric|NegativeFlowIsolation|"
                              "OtherIsolation|OperatingRooms|Burn"},
    {"muster-1/evaluation-type", "after-action|performance|exercise|lessons"},
    {"muster-1/evaluation-source", "measures|cites|finding|replaces"},
    {"HSEEP/rating", "P|S|M|U"},
    {"HSEEP/mission-area", "Prevention|Protection|Mitigation|Response|Recovery"},
    {"HSEEP/capability-element", "Planning|Organization|Equipment|Training|Exercise"},
    {"NIEM/document-approval", "Draft|Under Review|Approved|Rejected|Retired"},
    {"muster-1/request", "draft|submitted|approved|sourcing|committed|fulfilled|closed|rejected|cancelled"},
    {"ICS-213RR/priority", "Urgent|Routine|Low"},
    {"muster-1/request-link", "for|part-of|wants|replaces|duplicates|because-of"},
    {"EDXL-RM-1.0/MessageContentType", "RequestResource|ResponseToRequestResource|RequisitionResource|"
     "CommitResource|RequestInformation|ResponseToRequestInformation|"
     "OfferUnsolicitedResource|ReleaseResource|RequestReturn|"
     "ResponseToRequestReturn|RequestQuote|ResponseToRequestQuote|"
     "RequestResourceDeploymentStatus|ReportResourceDeploymentStatus|"
     "RequestExtendedDeploymentDuration|"
     "ResponseToRequestExtendedDeploymentDuration"},
    {"muster-1/deployment", "offered|committed|dispatched|arrived|released|returning|returned|consumed|"
     "refused|withdrawn|lost"},
    {"EDXL-RM-1.0/ResponseType", "Accept|Provisional|Decline"},
    {"NIEM/deployment-status", "Requested|Accepted|Rejected|Mobilized|En-route|Staging|Camp|On Scene"},
    {"muster-1/deployment-link", "answers|moves|for|part-of|replaces|under"},
    {"muster-1/task", "assigned|acknowledged|started|done|closed|declined|escalated|cancelled"},
    {"muster-1/task-link", "for|part-of|after|because-of|replaces|duplicates"},
    {"muster-1/warning", "draft|verified|issued|adjusted|lifted|expired|rejected|withdrawn"},
    {"muster-1/warning-link", "adjusts|lifts|about|cites|part-of|replaces|duplicates"},
    {"muster-1/release", "draft|verified|approved|published|corrected|rejected|withdrawn"},
    {"muster-1/release-link", "cites|about|corrects|counters|part-of|replaces"},
    {"muster-1/rumour", "unverified|false|confirmed"},
    {"muster-1/rumour-link", "about|countered-by|cites|part-of|duplicates"},
    {"Admiralty/reliability", "A|B|C|D|E|F"},
    {"Admiralty/credibility", "1|2|3|4|5|6"},
    {"muster-1/observation", "unverified|confirmed|false|expired"},
    {"muster-1/observation-source", "sensor|field-team|remote-sensing|public|media|agency"},
    {"muster-1/observation-link", "about|confirms|contradicts|part-of|replaces|duplicates"},
    {"muster-1/trend", "rising|steady|falling"},
    {"EDXL-SitRep-1.0/reportType", "FieldObservation|SituationInformation|ResponseResourcesTotals|"
     "CasualtyAndIllnessSummary|ManagementReportingSummary"},
    {"ICS-209/report-version", "Initial|Update|Final"},
    {"muster-1/sitrep-link", "about|cites|continues|part-of|replaces"},
    {"muster-1/aggregation", "weighted-sum|weighted-product|maximum|dimension-product"},
    {"AHP/random-index", "AHPWR|ahpsurvey|none"},
    {"AHP/group", "single|geometric-mean|arithmetic-mean|consensus"},
    {"muster-1/indicator-set-link", "replaces|cites|compares|part-of"},
    {"muster-1/assessment-method", "AHP|expert-interview|case-comparison|scenario|statistical|model|"
     "field-survey"},
    {"muster-1/assessment-link", "about|cites|replaces|compares|part-of"},
    {"CN-2024/plan-stage", "规划|编制|审批|发布|备案|培训|宣传|演练|评估|修订|废止"},
    {"CN-2024/plan-type", "总体|专项|部门|单位|联合"},
    {"CN-2013/revision-trigger", "law|command|risk|resource|information|finding|other"},
    {"muster-1/plan-link", "closes|replaces|part-of|annex-to|cites|for"},
    {"muster-1/exercise", "planned|ready|running|paused|finished|evaluated|cancelled"},
    {"HSEEP/exercise-type", "Seminar|Workshop|Tabletop|Game|Drill|Functional|Full-Scale"},
    {"muster-1/exercise-link", "tests|about|part-of|continues|cites"},
    {"muster-1/finding", "open|accepted|disputed|closed"},
    {"HSEEP/finding", "strength|improvement"},
    {"muster-1/finding-link", "found-in|about|cites|duplicates|part-of"},
    {"muster-1/corrective-action", "open|in-progress|done|verified|cancelled"},
    {"muster-1/corrective-action-link", "closes|for|after|part-of|replaces"},
    {"muster-1/organisation", "active|standby|closed"},
    {"muster-1/function", "decide|execute|support"},
    {"INSARAG/class", "Light|Medium|Heavy"},
    {"muster-1/organisation-link", "part-of|reports-to|supports|for|replaces|duplicates"},
    {"muster-1/role", "vacant|held|relieved|ended"},
    {"muster-1/role-link", "reports-to|stands-in-for|part-of|under|replaces"},
    {"muster-1/mandate", "draft|in-force|suspended|revoked|expired"},
    {"muster-1/mandate-link", "under|replaces|revokes|for|cites"},
    {"muster-1/loss", "estimated|surveyed|verified|final|withdrawn"},
    {"muster-1/loss-type", "human|housing|infrastructure|agriculture|industry|public-service|culture|"
     "environment|other"},
    {"NIEM/damage", "Affected|Minor|Major|Destroyed|Inaccessible"},
    {"NIEM/people", "Killed|Injured|Infected|Displaced|IDPS|Refugees|InCamp|NonCamp"},
    {"muster-1/loss-link", "because-of|about|part-of|replaces|duplicates|cites"},
    {"muster-1/recovery-project", "proposed|approved|running|suspended|completed|audited|cancelled"},
    {"EMAC/reimbursement", "draft|submitted|approved|paid|rejected"},
    {"muster-1/recovery-project-link", "repairs|funded-by|because-of|part-of|after|replaces"},
    {"muster-1/agreement", "offered|ended"},
    {"muster-1/onward", "none|members|with-consent|free"},
};

static void test_vocabularies_are_complete(void **state)
{
    (void)state;
    const char *id, *const *tokens;
    size_t i = 0;
    for (; vocab_at(i, &id, &tokens); i++) {
        char joined[1024] = "";
        for (size_t t = 0; tokens[t]; t++) {
            strcat(joined, t ? "|" : "");
            strcat(joined, tokens[t]);
        }
        print_message("%s holds its tokens\n", id);
        assert_in_range(i, 0, ARRAY_LEN(lists) - 1);
        assert_string_equal(id, lists[i].vocab);
        assert_string_equal(joined, lists[i].tokens);
    }
    assert_int_equal(i, ARRAY_LEN(lists));
}

static void test_every_token_has_two_labels(void **state)
{
    (void)state;
    const char *id, *const *tokens;
    for (size_t i = 0; vocab_at(i, &id, &tokens); i++)
        for (size_t t = 0; tokens[t]; t++) {
            const char *en = token_label(id, tokens[t], LANG_EN), *zh = token_label(id, tokens[t], LANG_ZH);
            assert_non_null(en);
            assert_non_null(zh);
            assert_true(*en && *zh && text_is_utf8(zh, strlen(zh)));
            assert_int_equal(token_index(tokens, tokens[t], strlen(tokens[t])), t);
        }
    assert_string_equal(token_label("CAP-1.2/severity", "Severe", LANG_ZH), "严重");
    assert_null(token_label("CAP-1.2/severity", "severe", LANG_ZH));
    assert_null(token_label("CAP-9/severity", "Severe", LANG_ZH));
}

static const struct {
    const char *says, *typed;
    const char *const *tokens;
    const char *vocab, *want;
} suggestions[] = {
    {"wrong case", "severe", cap_severity_tokens, cap_severity_vocab, "Severe"},
    {"a missing letter", "Extrem", cap_severity_tokens, cap_severity_vocab, "Extreme"},
    {"two swapped letters", "Sevree", cap_severity_tokens, cap_severity_vocab, "Severe"},
    {"two swapped letters of three", "Mte", cap_category_tokens, cap_category_vocab, "Met"},
    {"a Chinese label", "严重", cap_severity_tokens, cap_severity_vocab, "Severe"},
    {"an English label", "all-clear", cap_response_type_tokens, cap_response_type_vocab, "AllClear"},
    {"no dash", "secondary to", incident_role_tokens, incident_role_vocab, "secondary-to"},
    {"underscores", "out_of_service", resource_status_tokens, resource_status_vocab, "Out of Service"},
    {"another word", "purple", cap_severity_tokens, cap_severity_vocab, NULL},
    {"nothing", "", cap_severity_tokens, cap_severity_vocab, NULL},
    {"one letter for another", "X", hseep_rating_tokens, hseep_rating_vocab, NULL},
    {"a very long word", "severeseveresevereseveresevereseveresevere", cap_severity_tokens, cap_severity_vocab, NULL},
};

static void test_suggestions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(suggestions); i++) {
        const char *got = token_suggest(suggestions[i].tokens, suggestions[i].vocab, suggestions[i].typed,
                                        strlen(suggestions[i].typed));
        print_message("a suggestion for %s\n", suggestions[i].says);
        if (suggestions[i].want) {
            assert_non_null(got);
            assert_string_equal(got, suggestions[i].want);
        } else {
            assert_null(got);
        }
    }
}

static const struct {
    const char *says;
    const char *const *tokens;
    const signed char *ranks;
    const char *more, *less;
} orders[] = {
    {"extreme is above severe", cap_severity_tokens, cap_severity_ranks, "Extreme", "Severe"},
    {"minor is above unknown", cap_severity_tokens, cap_severity_ranks, "Minor", "Unknown"},
    {"immediate is above future", cap_urgency_tokens, cap_urgency_ranks, "Immediate", "Future"},
    {"active is above warned", incident_phase_tokens, incident_phase_ranks, "active", "warned"},
    {"recovery is above closed", incident_phase_tokens, incident_phase_ranks, "recovery", "closed"},
    {"特别重大 is above 重大", cn_grade_tokens, cn_grade_ranks, "特别重大", "重大"},
    {"较大 is above 一般", cn_grade_tokens, cn_grade_ranks, "较大", "一般"},
    {"level I is the highest warning", cn_warning_tokens, cn_warning_ranks, "一级", "二级"},
    {"amber strict is stricter than amber", tlp_tokens, tlp_ranks, "TLP:AMBER+STRICT", "TLP:AMBER"},
    {"out of service is above available", resource_status_tokens, resource_status_ranks, "Out of Service", "Available"},
    {"unable is above major challenges", hseep_rating_tokens, hseep_rating_ranks, "U", "M"},
};

static void test_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        int more = token_index(orders[i].tokens, orders[i].more, strlen(orders[i].more));
        int less = token_index(orders[i].tokens, orders[i].less, strlen(orders[i].less));
        print_message("%s\n", orders[i].says);
        assert_true(more >= 0 && less >= 0);
        assert_true(orders[i].ranks[more] > orders[i].ranks[less]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabularies_are_complete),
        cmocka_unit_test(test_every_token_has_two_labels),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
