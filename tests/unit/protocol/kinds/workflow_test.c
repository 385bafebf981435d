/* workflow_test.c — which state leads where, of every kind that has steps. */
#include "protocol/kinds/kinds.h"
#include "unit/protocol/kinds/unit.h"

static struct bytes state_body(const struct kind *kind, const char *state, uint8_t *out, size_t size)
{
    struct writer w = writer_over(out, size);
    pack_map(&w, state ? 2 : 1);
    pack_uint(&w, 0);
    pack_text(&w, "x", 1);
    if (state) {
        pack_uint(&w, field_flagged(kind, FIELD_STATE)->number);
        pack_text(&w, state, strlen(state));
    }
    assert_false(w.failed);
    return (struct bytes){out, writer_len(&w)};
}

static const struct {
    const char *says;
    const struct kind *kind;
    const char *from, *to; /* from NULL: a create; "": an object without a state */
    const char *refusal;   /* NULL: allowed */
} rows[] = {
    {"a request is drafted", &kind_request, NULL, "draft", NULL},
    {"a request is not born fulfilled", &kind_request, NULL, "fulfilled",
     "status: every new request starts as draft, submitted; not as fulfilled"},
    {"a request is approved", &kind_request, "submitted", "approved", NULL},
    {"a draft is not approved", &kind_request, "draft", "approved",
     "status: draft leads to submitted, cancelled; not to approved"},
    {"a state is written again", &kind_request, "committed", "committed", NULL},
    {"a closed request stays closed", &kind_request, "closed", "sourcing",
     "status: closed is the end of the request; it does not lead on to sourcing"},
    {"a deployment leaves", &kind_deployment, "committed", "dispatched", NULL},
    {"an offer does not arrive", &kind_deployment, "offered", "arrived",
     "status: offered leads to committed, refused, withdrawn; not to arrived"},
    {"what was returned stays returned", &kind_deployment, "returned", "dispatched",
     "status: returned is the end of the deployment; it does not lead on to dispatched"},
    {"a state of a newer node leads anywhere", &kind_deployment, "teleported", "arrived", NULL},
    {"an object without a state gets any", &kind_deployment, "", "arrived", NULL},
    {"a change of other fields is no step", &kind_deployment, "offered", NULL, NULL},
    {"a refusal says why", &kind_deployment, "offered", "refused",
     "reason: it is missing, and every deployment that is refused states it"},
    {"a warning is not issued by half", &kind_warning, "verified", "issued",
     "category: it is missing, and every warning that is issued states it"},
    {"a phase comes back", &kind_incident, "closed", "active", NULL},
    {"a phase is not skipped", &kind_incident, "latent", "recovery",
     "phase: latent leads to warned, active, closed; not to recovery"},
    {"a resource changes freely", &kind_resource, "Out of Service", "Assigned", NULL},
};

static void test_steps_are_judged_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t old[64], new[64];
        const struct kind *kind = rows[i].kind;
        struct bytes before = {old, 0}, body = state_body(kind, rows[i].to, new, sizeof new);
        struct kind_problem problem = {.sentence = ""};
        const struct kind_step *step = &kind_request.steps[0];
        if (rows[i].from)
            before = state_body(kind, *rows[i].from ? rows[i].from : NULL, old, sizeof old);
        enum muster_error error = kind_step_check(kind, before, body, &step, &problem);
        print_message("%s: %s\n", rows[i].says, problem.sentence);
        bool needs = rows[i].refusal && strstr(rows[i].refusal, "it is missing");
        assert_int_equal(error, !rows[i].refusal ? MUSTER_OK : needs ? MUSTER_EMISSING : MUSTER_ESTEP);
        if (rows[i].refusal) {
            assert_string_equal(problem.sentence, rows[i].refusal);
            assert_int_equal(problem.error, error);
            assert_true(problem.field >= 0);
            assert_null(step);
        }
        assert_int_equal(kind_step_check(kind, before, body, NULL, NULL), error);
    }
}

static void test_a_step_tells_who_takes_it(void **state)
{
    (void)state;
    uint8_t old[64], new[64];
    const struct kind_step *step = NULL;
    struct bytes before = state_body(&kind_request, "submitted", old, sizeof old);
    struct bytes body = state_body(&kind_request, "approved", new, sizeof new);
    assert_int_equal(kind_step_check(&kind_request, before, body, &step, NULL), MUSTER_OK);
    assert_non_null(step);
    assert_int_equal(step->who, PARTY_APPROVER);
    assert_string_equal(kind_party_name(step->who), "approver");
    assert_ptr_equal(kind_step_find(&kind_request, "submitted", "approved"), step);
    assert_null(kind_step_find(&kind_request, "draft", "approved"));
    assert_int_equal(kind_step_check(&kind_request, before, before, &step, NULL), MUSTER_OK);
    assert_null(step);
}

/* What a step needs may stand in the object already, or come with the step; a body that clears it takes it away. */
static void test_a_step_needs_what_it_states(void **state)
{
    (void)state;
    static const struct {
        const char *says, *before, *body; /* the reason; "": cleared; NULL: not in it */
        enum muster_error want;
    } rows_of_needs[] = {
        {"it stands there", "broken bridge", NULL, MUSTER_OK},  {"it comes along", NULL, "broken bridge", MUSTER_OK},
        {"it is nowhere", NULL, NULL, MUSTER_EMISSING},         {"it is empty", NULL, "", MUSTER_EMISSING},
        {"it is cleared", "broken bridge", "", MUSTER_EMISSING}, {"it was empty before", "", NULL, MUSTER_EMISSING},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows_of_needs); i++) {
        uint8_t bytes[2][64];
        const char *reasons[] = {rows_of_needs[i].before, rows_of_needs[i].body}, *states[] = {"offered", "withdrawn"};
        struct bytes bodies[2];
        for (size_t b = 0; b < 2; b++) {
            struct writer w = writer_over(bytes[b], sizeof bytes[b]);
            pack_map(&w, reasons[b] ? 2 : 1);
            pack_uint(&w, field_by_name(&kind_deployment, "status")->number);
            pack_text(&w, states[b], strlen(states[b]));
            if (reasons[b]) {
                pack_uint(&w, field_by_name(&kind_deployment, "reason")->number);
                if (*reasons[b] || b == 0)
                    pack_text(&w, reasons[b], strlen(reasons[b]));
                else
                    writer_u8(&w, 0xc0);
            }
            assert_false(w.failed);
            bodies[b] = (struct bytes){bytes[b], writer_len(&w)};
        }
        print_message("%s\n", rows_of_needs[i].says);
        assert_int_equal(kind_step_check(&kind_deployment, bodies[0], bodies[1], NULL, NULL), rows_of_needs[i].want);
    }
}

/* A number above its kind's limit is written with a reason only, whichever of the two comes first. */
static void test_a_limit_wants_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *says, *before[2], *body[2]; /* cr, override_reason; "": cleared; NULL: not in it */
        enum muster_error want;
    } limits[] = {
        {"at the limit", {NULL, NULL}, {"0.10", NULL}, MUSTER_OK},
        {"the same with more places", {NULL, NULL}, {"0.1000", NULL}, MUSTER_OK},
        {"above it", {NULL, NULL}, {"0.1001", NULL}, MUSTER_ECONSISTENCY},
        {"above it, with a reason", {NULL, NULL}, {"0.31", "in haste"}, MUSTER_OK},
        {"above it, the reason stands there", {NULL, "in haste"}, {"0.31", NULL}, MUSTER_OK},
        {"the reason is taken away", {"0.31", "in haste"}, {NULL, ""}, MUSTER_ECONSISTENCY},
        {"both are taken away", {"0.31", "in haste"}, {"", ""}, MUSTER_OK},
        {"other fields of what somebody else wrote", {"0.31", NULL}, {NULL, NULL}, MUSTER_OK},
    };
    const struct kind *kind = kind_by_name("indicator-set");
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        static const char *const names[] = {"cr", "override_reason"};
        uint8_t bytes[2][64];
        struct bytes bodies[2];
        struct kind_problem problem = {.sentence = ""};
        for (size_t b = 0; b < 2; b++) {
            const char *const *texts = b ? limits[i].body : limits[i].before;
            struct writer w = writer_over(bytes[b], sizeof bytes[b]);
            pack_map(&w, (uint32_t)((texts[0] != NULL) + (texts[1] != NULL)));
            for (size_t f = 0; f < 2; f++) {
                if (!texts[f])
                    continue;
                pack_uint(&w, field_by_name(kind, names[f])->number);
                if (*texts[f])
                    pack_text(&w, texts[f], strlen(texts[f]));
                else
                    writer_u8(&w, 0xc0);
            }
            bodies[b] = (struct bytes){bytes[b], writer_len(&w)};
        }
        print_message("%s\n", limits[i].says);
        assert_int_equal(kind_step_check(kind, bodies[0], bodies[1], NULL, &problem), limits[i].want);
        assert_int_equal(strstr(problem.sentence, "override_reason") != NULL, limits[i].want != MUSTER_OK);
    }
}

static bool leads_to(const struct kind *kind, const char *to)
{
    for (size_t i = 0; i < kind->step_count; i++)
        if (strcmp(kind->steps[i].to, to) == 0)
            return true;
    return false;
}

/* Every token is a state that something leads to; rows of one state stand together; approval means two people. */
static void test_every_workflow_is_whole(void **state)
{
    (void)state;
    size_t with = 0;
    for (size_t k = 0; k < kind_count(); k++) {
        const struct kind *kind = kind_at(k);
        const struct field *field = field_flagged(kind, FIELD_STATE);
        bool approver = false;
        if (!kind->step_count)
            continue;
        with++;
        print_message("%s has a whole workflow\n", kind->name);
        assert_null(kind->steps[0].from);
        for (size_t i = 0; i < kind->step_count; i++) {
            const struct kind_step *step = &kind->steps[i];
            assert_true(token_index(field->tokens, step->to, strlen(step->to)) >= 0);
            assert_true(!step->from || token_index(field->tokens, step->from, strlen(step->from)) >= 0);
            assert_ptr_equal(kind_step_find(kind, step->from, step->to), step); /* no row twice */
            assert_true(!step->from || strcmp(step->from, step->to) != 0);
            for (const char *name = step->needs; name; name = name[strcspn(name, " ")] ? strchr(name, ' ') + 1 : NULL)
                assert_non_null(field_find(kind, name, strcspn(name, " "), NULL));
            approver = approver || step->who == PARTY_APPROVER;
            for (size_t j = 0; i && step->from && j + 1 < i; j++)
                if (kind->steps[j].from && strcmp(kind->steps[j].from, step->from) == 0)
                    assert_string_equal(kind->steps[i - 1].from, step->from);
        }
        for (const char *const *token = field->tokens; *token; token++)
            assert_true(leads_to(kind, *token));
        assert_int_equal((kind->flags & KIND_SEPARATE) != 0, approver);
    }
    assert_true(with >= 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_judged_with_a_sentence),
        cmocka_unit_test(test_a_step_tells_who_takes_it),
        cmocka_unit_test(test_a_step_needs_what_it_states),
        cmocka_unit_test(test_a_limit_wants_a_reason),
        cmocka_unit_test(test_every_workflow_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
