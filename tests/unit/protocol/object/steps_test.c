/* steps_test.c — which steps are legal, for whom, and what is said when they are not. */
#include "protocol/object/steps.h"
#include "unit/protocol/object/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OBJECT "create 01 O.1/1 set=ab"
#define OFFERED OBJECT "; offer 02 O.1/2 term=01 to=P"
#define PROPOSED OBJECT "; propose 05 P.1/1 set=a dep=01"

static void look_of(struct object_look *out, struct sample *sample, const char *records, const char *assigned)
{
    sample_read(sample, records, assigned);
    size_t size = object_fold_bytes(&sample->input);
    *out = (struct object_look){.count = sample->input.count, .records = sample->records, .memory = malloc(size + 1)};
    struct object_arena arena = {.at = out->memory, .size = size};
    assert_non_null(out->memory);
    assert_int_equal(object_fold(&out->state, &sample->input, &arena), MUSTER_OK);
}

static void test_a_step_is_judged_before_it_is_written(void **state)
{
    /* clang-format off */
    static const struct {
        const char *says, *records, *assigned;
        uint8_t op;
        char by;
        uint8_t about;
        enum step_why want;
        char who;
        uint8_t found;
    } rows[] = {
        {"the owner updates", OBJECT, NULL, OP_UPDATE, 'O', 0, STEP_LEGAL, 'O', 0},
        {"another does not", OBJECT, NULL, OP_UPDATE, 'P', 0, STEP_NOT_OWNER, 'O', 0},
        {"another proposes", OBJECT, NULL, OP_PROPOSE, 'P', 0, STEP_LEGAL, 'O', 0},
        {"anybody changes a joint object", OBJECT " joint", NULL, OP_UPDATE, 'P', 0, STEP_LEGAL, 'O', 0},
        {"but only its owner gives it away", OBJECT " joint", NULL, OP_OFFER, 'P', 0, STEP_NOT_OWNER, 'O', 0},
        {"whom a majority named updates", OBJECT, "01 Q f0", OP_UPDATE, 'Q', 0, STEP_LEGAL, 'Q', 0},
        {"who owned it before does not", OBJECT, "01 Q f0", OP_UPDATE, 'O', 0, STEP_NOT_OWNER, 'Q', 0},
        {"nothing is changed before its create is here", "update 02 O.1/2 term=01 set=a", NULL, OP_UPDATE, 'O', 0, STEP_NO_OBJECT, 0, 0},

        {"the owner offers", OBJECT, NULL, OP_OFFER, 'O', 0, STEP_LEGAL, 'O', 0},
        {"once at a time", OFFERED, NULL, OP_OFFER, 'O', 0, STEP_OFFERED, 'P', 2},
        {"again when it was refused", OFFERED "; refuse 03 P.1/1 offer=02", NULL, OP_OFFER, 'O', 0, STEP_LEGAL, 'O', 0},
        {"who is named takes", OFFERED, NULL, OP_TAKE, 'P', 0, STEP_LEGAL, 'O', 2},
        {"by the offer's name too", OFFERED, NULL, OP_TAKE, 'P', 2, STEP_LEGAL, 'O', 2},
        {"or refuses", OFFERED, NULL, OP_REFUSE, 'P', 0, STEP_LEGAL, 'O', 2},
        {"nobody else takes", OFFERED, NULL, OP_TAKE, 'Q', 0, STEP_NOT_NAMED, 'P', 2},
        {"nobody else refuses", OFFERED, NULL, OP_REFUSE, 'O', 2, STEP_NOT_NAMED, 'P', 2},
        {"what was not offered is not taken", OBJECT, NULL, OP_TAKE, 'P', 0, STEP_NO_OFFER, 'O', 0},
        {"what was refused is not taken", OFFERED "; refuse 03 P.1/1 offer=02", NULL, OP_TAKE, 'P', 2, STEP_ANSWERED, 'O', 2},
        {"nor twice", OFFERED "; take 03 P.1/1 offer=02", NULL, OP_TAKE, 'P', 2, STEP_ANSWERED, 'P', 2},
        {"nor behind a majority's word", OFFERED, "01 Q f0", OP_TAKE, 'P', 2, STEP_ANSWERED, 'Q', 2},
        {"a proposal is no offer", PROPOSED, NULL, OP_TAKE, 'P', 5, STEP_OTHER_THING, 'O', 0},
        {"nor does a second offer of a term count", OFFERED "; offer 03 O.1/3 term=01 to=Q", NULL, OP_TAKE, 'Q', 3, STEP_ANSWERED, 'O', 3},

        {"the owner accepts", PROPOSED, NULL, OP_ACCEPT, 'O', 0, STEP_LEGAL, 'O', 5},
        {"or declines", PROPOSED, NULL, OP_DECLINE, 'O', 5, STEP_LEGAL, 'O', 5},
        {"another does neither", PROPOSED, NULL, OP_ACCEPT, 'P', 5, STEP_NOT_OWNER, 'O', 0},
        {"nor the other", PROPOSED, NULL, OP_DECLINE, 'P', 5, STEP_NOT_OWNER, 'O', 0},
        {"an answer is given once", PROPOSED "; decline 06 O.1/2 term=01 proposal=05", NULL, OP_ACCEPT, 'O', 5, STEP_ANSWERED, 'O', 5},
        {"there is none to answer", OBJECT, NULL, OP_ACCEPT, 'O', 0, STEP_NO_PROPOSAL, 'O', 0},
        {"of several one has to be named", PROPOSED "; propose 06 Q.1/1 set=b", NULL, OP_ACCEPT, 'O', 0, STEP_SEVERAL, 'O', 6},
        {"the next owner answers", PROPOSED "; offer 02 O.1/2 term=01 to=P; take 03 P.1/2 offer=02", NULL, OP_ACCEPT, 'P', 5, STEP_LEGAL, 'P', 5},
        {"what came late is accepted by name",
         OFFERED "; take 03 P.1/1 offer=02; update 04 O.1/3 term=01 set=a", NULL, OP_ACCEPT, 'P', 4, STEP_LEGAL, 'P', 4},
        {"and is not declined",
         OFFERED "; take 03 P.1/1 offer=02; update 04 O.1/3 term=01 set=a", NULL, OP_DECLINE, 'P', 4, STEP_OTHER_THING, 'P', 0},
        {"a late word that sets no field has nothing to be taken over",
         OFFERED "; take 03 P.1/1 offer=02; retract 04 O.1/3 term=01", NULL, OP_ACCEPT, 'P', 4, STEP_NO_VALUES, 'P', 4},
        {"nor has a late answer",
         PROPOSED "; offer 02 O.1/2 term=01 to=P; take 03 P.1/2 offer=02; decline 04 O.1/3 term=01 proposal=05", NULL, OP_ACCEPT, 'P', 4,
         STEP_NO_VALUES, 'P', 4},
        {"what counts is not accepted again", OBJECT "; update 02 O.1/2 term=01 set=a", NULL, OP_ACCEPT, 'O', 2, STEP_OTHER_THING, 'O', 0},

        {"branches are resolved", OBJECT "; update 02 O.2/1 term=01 set=a", NULL, OP_RESOLVE, 'O', 0, STEP_LEGAL, 'O', 0},
        {"a field of two values too",
         OBJECT "; update 02 O.2/1 term=01 dep=01 set=a; update 03 O.1/2 term=01 set=a; update 04 O.3/1 term=01 dep=02,03 set=b",
         NULL, OP_RESOLVE, 'O', 0, STEP_LEGAL, 'O', 0},
        {"one branch needs no resolving", OBJECT, NULL, OP_RESOLVE, 'O', 0, STEP_ONE_BRANCH, 'O', 0},
        {"to what was erased nothing is proposed", OBJECT "; erase 02 O.1/2 target=01", NULL, OP_PROPOSE, 'P', 0, STEP_ERASED, 'O', 0},
        {"what was erased is not handed on", OBJECT "; erase 02 O.1/2 target=01", NULL, OP_OFFER, 'O', 0, STEP_ERASED, 'O', 0},
        {"its owner writes it anew", OBJECT "; erase 02 O.1/2 target=01", NULL, OP_UPDATE, 'O', 0, STEP_LEGAL, 'O', 0},
        {"an unknown operation", OBJECT, NULL, 99, 'O', 0, STEP_UNKNOWN, 'O', 0},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        struct object_look look;
        struct object_verdict v;
        struct object_step step = {.op = rows[i].op, .by.b = {(uint8_t)rows[i].by}, .about.b = {rows[i].about}, .to.b = {'P'}};
        print_message("%s\n", rows[i].says);
        look_of(&look, &sample, rows[i].records, rows[i].assigned);
        object_step_judge(&v, &look, &step);
        assert_int_equal(v.why, rows[i].want);
        assert_int_equal(v.error == MUSTER_OK, rows[i].want == STEP_LEGAL);
        assert_int_equal(v.who.b[0], rows[i].who);
        assert_int_equal(v.about.b[0], rows[i].found);
        free(look.memory);
    }
}

static void test_nobody_offers_to_himself(void **state)
{
    struct sample sample;
    struct object_look look;
    struct object_verdict v;
    (void)state;
    look_of(&look, &sample, OBJECT, NULL);
    object_step_judge(&v, &look, &(struct object_step){.op = OP_OFFER, .by.b = {'O'}, .to.b = {'O'}});
    assert_int_equal(v.why, STEP_TO_SELF);
    assert_int_equal(v.error, MUSTER_ESTEP);
    free(look.memory);
}

static void test_a_verdict_says_what_is_legal_now(void **state)
{
#define BIT(op) (UINT32_C(1) << (op))
    static const struct {
        const char *says, *records;
        char by;
        uint32_t legal;
    } rows[] = {
        {"the owner of a quiet object", OBJECT, 'O',
         BIT(OP_UPDATE) | BIT(OP_RETRACT) | BIT(OP_SUPERSEDE) | BIT(OP_OFFER) | BIT(OP_PROPOSE)},
        {"anybody else", OBJECT, 'P', BIT(OP_PROPOSE)},
        {"to whom it is offered", OFFERED, 'P', BIT(OP_PROPOSE) | BIT(OP_TAKE) | BIT(OP_REFUSE)},
        {"its owner meanwhile", OFFERED, 'O', BIT(OP_UPDATE) | BIT(OP_RETRACT) | BIT(OP_SUPERSEDE) | BIT(OP_PROPOSE)},
        {"the owner beside two proposals", PROPOSED "; propose 06 Q.1/1 set=b", 'O',
         BIT(OP_UPDATE) | BIT(OP_RETRACT) | BIT(OP_SUPERSEDE) | BIT(OP_OFFER) | BIT(OP_PROPOSE) | BIT(OP_ACCEPT) |
             BIT(OP_DECLINE)},
        {"of branches", OBJECT " joint; update 02 P.1/1 set=a; update 03 Q.1/1 set=a dep=01", 'Q',
         BIT(OP_UPDATE) | BIT(OP_RETRACT) | BIT(OP_SUPERSEDE) | BIT(OP_PROPOSE) | BIT(OP_RESOLVE)},
        {"what is not there", "update 02 O.1/2 term=01", 'O', 0},
    };
#undef BIT
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        struct object_look look;
        struct object_verdict v;
        print_message("%s\n", rows[i].says);
        look_of(&look, &sample, rows[i].records, NULL);
        object_step_judge(&v, &look, &(struct object_step){.op = OP_UPDATE, .by.b = {(uint8_t)rows[i].by}});
        assert_int_equal(v.legal, rows[i].legal);
        free(look.memory);
    }
}

/* -- what the fold says beside heads and fields ------------------------------------------------- */

static void test_the_fold_says_what_became_of_offers(void **state)
{
    static const struct {
        const char *says, *records, *assigned;
        enum object_offer_answer want;
    } rows[] = {
        {"open", OFFERED, NULL, OFFER_OPEN},
        {"taken", OFFERED "; take 03 P.1/1 offer=02", NULL, OFFER_TAKEN},
        {"refused", OFFERED "; refuse 03 P.1/1 offer=02", NULL, OFFER_REFUSED},
        {"still open when another refuses", OFFERED "; refuse 03 Q.1/1 offer=02", NULL, OFFER_OPEN},
        {"lapsed by a majority's word", OFFERED, "01 Q f0", OFFER_LAPSED},
        {"lapsed where a take came too late", OFFERED "; take 03 P.1/1 offer=02", "01 Q f0", OFFER_LAPSED},
        {"void of another agency", OBJECT "; offer 02 Q.1/1 term=01 to=P", NULL, OFFER_VOID},
        {"void without a receiver", OBJECT "; offer 02 O.1/2 term=01", NULL, OFFER_VOID},
        {"void without a term", OBJECT "; offer 02 O.1/2 to=P", NULL, OFFER_VOID},
        {"void behind another one", OBJECT "; offer 03 O.1/2 term=01 to=Q; offer 02 O.1/3 term=01 to=P", NULL, OFFER_VOID},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        struct object_look look;
        print_message("an offer is %s\n", rows[i].says);
        look_of(&look, &sample, rows[i].records, rows[i].assigned);
        assert_true(look.state.offers_count > 0);
        assert_int_equal(look.records[look.state.offers[0].record].id.b[0], 2);
        assert_int_equal(look.state.offers[0].answer, rows[i].want);
        free(look.memory);
    }
}

static void test_the_fold_says_of_which_branch_a_record_is(void **state)
{
    static const struct {
        uint8_t id;
        uint64_t branches;
        bool counts;
    } rows[] = {
        {1, 3, true}, /* before both */
        {2, 1, true}, {3, 1, true}, {4, 2, true}, {5, 0, false}, {6, 0, false},
    };
    struct sample sample;
    struct object_look look;
    (void)state;
    look_of(&look, &sample,
            OBJECT "; update 02 O.1/2 term=01 set=a; update 03 O.1/3 term=01 set=b; update 04 O.2/1 term=01 dep=01 set=a; "
                   "update 05 P.1/1 term=01 set=a; propose 06 P.1/2 set=a", NULL);
    assert_int_equal(look.state.heads.count, 2);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(look.records[i].id.b[0], rows[i].id);
        assert_int_equal(look.state.branches[i], rows[i].branches);
        assert_int_equal(look.state.counts[i], rows[i].counts);
    }
    free(look.memory);
    look_of(&look, &sample, OBJECT, NULL);
    assert_null(look.state.branches);
    free(look.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_is_judged_before_it_is_written),
        cmocka_unit_test(test_nobody_offers_to_himself),
        cmocka_unit_test(test_a_verdict_says_what_is_legal_now),
        cmocka_unit_test(test_the_fold_says_what_became_of_offers),
        cmocka_unit_test(test_the_fold_says_of_which_branch_a_record_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
