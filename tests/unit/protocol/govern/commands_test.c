/* commands_test.c — what each governing command answers, and what it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "party.h"
#include "protocol/trust/epochs.h"
#include "protocol/trust/policy.h"

#include "base/pack.h"

static const enum right three_admins[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_WRITE, RIGHT_READ};
static const enum right one_admin[] = {RIGHT_ADMIN, RIGHT_WRITE, RIGHT_READ, RIGHT_RELAY, RIGHT_WRITE};

static const struct {
    const char *says;
    bool many; /* admins */
    size_t by;
    enum command_kind kind;
    size_t who;
    enum right right;
    enum muster_error want;
    enum control_verdict verdict;
    uint32_t needed;
} rows[] = {
    {"one admin raises a reader to write", true, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"one admin lowers a writer", true, BORIS, COMMAND_SET_RIGHT, DORA, RIGHT_READ, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"a new admin needs a majority", true, ANNA, COMMAND_SET_RIGHT, DORA, RIGHT_ADMIN, MUSTER_OK, CONTROL_WAITS_FOR_APPROVALS, 2},
    {"lowering an admin needs a majority", true, ANNA, COMMAND_SET_RIGHT, BORIS, RIGHT_READ, MUSTER_OK, CONTROL_WAITS_FOR_APPROVALS, 2},
    {"removing needs a majority", true, ANNA, COMMAND_REMOVE, DORA, RIGHT_NONE, MUSTER_OK, CONTROL_WAITS_FOR_APPROVALS, 2},
    {"the only admin is a majority", false, ANNA, COMMAND_REMOVE, BORIS, RIGHT_NONE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"one admin suspends a member", true, CHEN, COMMAND_SUSPEND, DORA, RIGHT_NONE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"suspending an admin needs a majority", true, CHEN, COMMAND_SUSPEND, ANNA, RIGHT_NONE, MUSTER_OK, CONTROL_WAITS_FOR_APPROVALS, 2},
    {"a writer leaves by itself", true, DORA, COMMAND_REMOVE, DORA, RIGHT_NONE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"an admin leaves by itself", true, BORIS, COMMAND_REMOVE, BORIS, RIGHT_NONE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"an admin opens a new epoch", true, BORIS, COMMAND_ROTATE, BORIS, RIGHT_NONE, MUSTER_OK, CONTROL_EFFECTIVE, 1},
    {"a writer removes nobody", true, DORA, COMMAND_REMOVE, ERIK, RIGHT_NONE, MUSTER_ENORIGHT, CONTROL_UNKNOWN, 0},
    {"a writer gives no rights", true, DORA, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, MUSTER_ENORIGHT, CONTROL_UNKNOWN, 0},
    {"a reader suspends nobody", true, ERIK, COMMAND_SUSPEND, DORA, RIGHT_NONE, MUSTER_ENORIGHT, CONTROL_UNKNOWN, 0},
    {"the last admin does not leave", false, ANNA, COMMAND_REMOVE, ANNA, RIGHT_NONE, MUSTER_ELASTADMIN, CONTROL_UNKNOWN, 0},
    {"the last admin does not step down", false, ANNA, COMMAND_SET_RIGHT, ANNA, RIGHT_WRITE, MUSTER_ELASTADMIN, CONTROL_UNKNOWN, 0},
    {"a right that it has already", true, ANNA, COMMAND_SET_RIGHT, DORA, RIGHT_WRITE, MUSTER_EDUPLICATE, CONTROL_UNKNOWN, 0},
    {"nobody is lifted who is not suspended", true, ANNA, COMMAND_LIFT, DORA, RIGHT_NONE, MUSTER_EDUPLICATE, CONTROL_UNKNOWN, 0},
};

static void test_each_command_says_what_came_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct party p;
        struct command_outcome outcome = {.judged.verdict = CONTROL_UNKNOWN};
        print_message("%s\n", rows[i].says);
        party_open(&p, 700 + i, rows[i].many ? three_admins : one_admin, 5);
        assert_int_equal(party_govern(&p, rows[i].by, rows[i].kind, rows[i].who, rows[i].right, &outcome), rows[i].want);
        assert_int_equal(outcome.judged.verdict, rows[i].verdict);
        assert_int_equal(outcome.judged.needed, rows[i].needed);
        if (rows[i].want == MUSTER_ENORIGHT || rows[i].want == MUSTER_ELASTADMIN)
            assert_int_equal(world_events(p.w, rows[i].by, "control.denied"), 1);
        if (rows[i].want == MUSTER_OK && rows[i].kind != COMMAND_ROTATE)
            assert_true(world_events(p.w, rows[i].by, "control.written") >= 1);
        party_settle(&p);
        if (rows[i].want == MUSTER_OK) { /* all others judge it the same */
            size_t away = rows[i].who == rows[i].by ? rows[i].who : 99;
            for (size_t n = 0; n < 5; n++)
                if (n != away && party_member(&p, ANNA == away ? BORIS : ANNA, n))
                    assert_int_equal(control_judge(party_control(&p, n), &outcome.operation).verdict, rows[i].verdict);
        }
        party_close(&p);
    }
}

static void test_approvals_are_counted_and_refused_with_a_reason(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome first, again, lowered;
    struct agency_id missing[8];
    party_open(&p, 800, three_admins, 5);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, DORA, RIGHT_NONE, &first), MUSTER_OK);
    assert_int_equal(control_missing(party_control(&p, ANNA), &first.operation, missing, 8), 2);
    /* The same again, by her or by another admin, is told where it waits. */
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, DORA, RIGHT_NONE, &again), MUSTER_EPROPOSED);
    assert_memory_equal(again.operation.b, first.operation.b, HASH_BYTES);
    party_settle(&p);
    assert_int_equal(party_govern(&p, BORIS, COMMAND_REMOVE, DORA, RIGHT_NONE, &again), MUSTER_EPROPOSED);
    assert_int_equal(party_approve(&p, ANNA, &first.operation, &again), MUSTER_EDUPLICATE);
    assert_int_equal(party_approve(&p, DORA, &first.operation, &again), MUSTER_ENORIGHT);
    assert_non_null(party_member(&p, BORIS, DORA));
    assert_int_equal(party_approve(&p, BORIS, &first.operation, &again), MUSTER_OK);
    assert_int_equal(again.judged.verdict, CONTROL_EFFECTIVE);
    assert_int_equal(again.judged.signed_by, 2);
    assert_null(party_member(&p, BORIS, DORA));
    assert_int_equal(party_approve(&p, CHEN, &(struct record_id){{7}}, &again), MUSTER_ENOTFOUND);
    party_settle(&p);
    assert_int_equal(party_approve(&p, CHEN, &first.operation, &again), MUSTER_EDUPLICATE);
    /* When others are admins meanwhile, no approval counts any more: it has to be proposed again. */
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, CHEN, RIGHT_WRITE, &lowered), MUSTER_OK);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_REMOVE, ERIK, RIGHT_NONE, &first), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_approve(&p, BORIS, &lowered.operation, &again), MUSTER_OK);
    assert_int_equal(again.judged.verdict, CONTROL_EFFECTIVE);
    assert_int_equal(party_approve(&p, BORIS, &first.operation, &again), MUSTER_ESTALE);
    assert_int_equal(party_govern(&p, BORIS, COMMAND_REMOVE, ERIK, RIGHT_NONE, &again), MUSTER_OK);
    party_close(&p);
}

static enum muster_error set_policy(struct party *p, size_t by, uint32_t field, uint64_t number, struct command_outcome *outcome)
{
    uint8_t bytes[16];
    struct writer w = writer_over(bytes, sizeof(bytes));
    pack_uint(&w, number);
    struct control_policy policy = {field, {bytes, writer_len(&w)}};
    struct command command = {.kind = COMMAND_POLICY, .space_id = p->space, .policy = &policy, .policy_count = 1};
    return world_govern(p->w, by, &command, outcome);
}

static void test_a_policy_holds_and_impossible_ones_are_refused(void **state)
{
    (void)state;
    static const struct { const char *says; uint32_t field; uint64_t number; enum muster_error want; } policies[] = {
        {"more admins than there are", POLICY_ADMINS_MIN, 4, MUSTER_EPOLICY},
        {"no day of retention at all", POLICY_RETENTION_DAYS, 0, MUSTER_EPOLICY},
        {"a field of no version known here", 4711, 1, MUSTER_EFIELD},
        {"as many admins as there are", POLICY_ADMINS_MIN, 3, MUSTER_OK},
    };
    struct party p;
    struct command_outcome outcome;
    party_open(&p, 810, three_admins, 5);
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        print_message("%s\n", policies[i].says);
        assert_int_equal(set_policy(&p, ANNA, policies[i].field, policies[i].number, &outcome), policies[i].want);
    }
    assert_int_equal(world_events(p.w, ANNA, "control.denied"), 3);
    party_settle(&p);
    assert_int_equal(policy_in_force(party_control(&p, CHEN), POLICY_ADMINS_MIN, 0), 0);
    assert_int_equal(party_approve(&p, CHEN, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(policy_in_force(party_control(&p, BORIS), POLICY_ADMINS_MIN, 0), 3);
    assert_int_equal(party_govern(&p, BORIS, COMMAND_REMOVE, CHEN, RIGHT_NONE, &outcome), MUSTER_EPOLICY);
    /* Of two values at one time the stricter is in force, everywhere: the shorter time, the greater number. */
    struct command_outcome longer, shorter;
    party_part(&p, ANNA);
    party_part(&p, BORIS);
    assert_int_equal(set_policy(&p, ANNA, POLICY_RETENTION_DAYS, 30, &longer), MUSTER_OK);
    assert_int_equal(set_policy(&p, BORIS, POLICY_RETENTION_DAYS, 7, &shorter), MUSTER_OK);
    party_meet(&p, ANNA);
    party_meet(&p, BORIS);
    party_settle(&p);
    assert_int_equal(party_approve(&p, CHEN, &longer.operation, &outcome), MUSTER_OK);
    assert_int_equal(party_approve(&p, CHEN, &shorter.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(policy_in_force(party_control(&p, i), POLICY_RETENTION_DAYS, 0), 7);
    party_close(&p);
}

static enum muster_error confirm(struct party *p, size_t by, size_t who)
{
    struct command command = {.kind = COMMAND_CONFIRM, .agency = world_agency(p->w, who)};
    struct command_outcome outcome;
    return world_govern(p->w, by, &command, &outcome);
}

/* Who signs decides: Anna has called Erik, Boris has not. */
static void test_rights_wait_for_the_call_where_the_policy_says_so(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome outcome, proposal;
    party_open(&p, 811, three_admins, 5);
    assert_int_equal(set_policy(&p, ANNA, POLICY_CONFIRM_FIRST, 0, &outcome), MUSTER_EPOLICY);
    assert_int_equal(set_policy(&p, ANNA, POLICY_CONFIRM_FIRST, 5, &outcome), MUSTER_EPOLICY);
    assert_int_equal(set_policy(&p, ANNA, POLICY_CONFIRM_FIRST, RIGHT_READ, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, &proposal), MUSTER_OK); /* not in force yet */
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_READ, &proposal), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_approve(&p, CHEN, &outcome.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, &outcome), MUSTER_EVOICE);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, DORA, RIGHT_READ, &outcome), MUSTER_OK); /* lower is free */
    assert_int_equal(confirm(&p, ANNA, ERIK), MUSTER_OK);
    assert_int_equal(party_govern(&p, BORIS, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, &outcome), MUSTER_EVOICE);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SET_RIGHT, ERIK, RIGHT_ADMIN, &proposal), MUSTER_OK);
    assert_int_equal(proposal.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    party_settle(&p);
    assert_int_equal(party_approve(&p, BORIS, &proposal.operation, &outcome), MUSTER_EVOICE);
    assert_int_equal(confirm(&p, BORIS, ERIK), MUSTER_OK);
    assert_int_equal(party_approve(&p, BORIS, &proposal.operation, &outcome), MUSTER_OK);
    party_settle(&p);
    for (size_t i = 0; i < 5; i++) /* the fold knows nothing of calls */
        assert_int_equal(party_member(&p, i, ERIK)->right, RIGHT_ADMIN);
    party_close(&p);
}

static void test_a_suspended_member_gets_control_and_no_data(void **state)
{
    (void)state;
    struct party p;
    struct command_outcome outcome;
    party_open(&p, 820, three_admins, 5);
    assert_int_equal(world_incident(p.w, ANNA, &p.space, "before", NULL), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_objects(&p, DORA), 1);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_SUSPEND, DORA, RIGHT_NONE, &outcome), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(world_incident(p.w, BORIS, &p.space, "meanwhile", NULL), MUSTER_OK);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "not this", NULL), MUSTER_ESUSPENDED);
    assert_int_equal(party_govern(&p, CHEN, COMMAND_SET_RIGHT, ERIK, RIGHT_WRITE, NULL), MUSTER_OK);
    party_settle(&p);
    assert_int_equal(party_objects(&p, ERIK), 2);
    assert_int_equal(party_objects(&p, DORA), 1);
    assert_true(party_member(&p, DORA, DORA)->suspended);
    assert_int_equal(party_member(&p, DORA, ERIK)->right, RIGHT_WRITE);
    /* It reconnects: still nothing.  Chen alone does not lift what Anna did; Anna does. */
    party_part(&p, DORA);
    party_meet(&p, DORA);
    party_settle(&p);
    assert_int_equal(party_objects(&p, DORA), 1);
    assert_int_equal(party_govern(&p, CHEN, COMMAND_LIFT, DORA, RIGHT_NONE, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS);
    party_settle(&p);
    assert_int_equal(party_govern(&p, ANNA, COMMAND_LIFT, DORA, RIGHT_NONE, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_EFFECTIVE);
    party_settle(&p);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "again", NULL), MUSTER_OK);
    party_settle(&p);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(party_objects(&p, i), 3);
    party_close(&p);
}

static void test_a_relay_carries_what_it_cannot_read(void **state)
{
    (void)state;
    struct party p;
    party_open(&p, 830, one_admin, 5); /* Dora relays */
    for (size_t i = 0; i < 5; i++)
        party_part(&p, i);
    world_connect(p.w, ANNA, DORA);
    assert_int_equal(world_incident(p.w, ANNA, &p.space, "through others' hands", NULL), MUSTER_OK);
    party_settle(&p);
    world_cut(p.w, ANNA, DORA);
    world_connect(p.w, BORIS, DORA);
    party_settle(&p);
    assert_int_equal(party_objects(&p, BORIS), 1);
    assert_int_equal(party_objects(&p, DORA), 0);
    assert_int_equal(world_incident(p.w, DORA, &p.space, "no", NULL), MUSTER_ENORIGHT);
    const struct epochs *epochs = epochs_of(party_control(&p, DORA));
    assert_true(epochs->count > 0);
    for (size_t i = 0; i < epochs->count; i++)
        assert_false(core_epoch_held(world_core(p.w, DORA), &epochs->list[i].id));
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_command_says_what_came_of_it),
        cmocka_unit_test(test_approvals_are_counted_and_refused_with_a_reason),
        cmocka_unit_test(test_a_policy_holds_and_impossible_ones_are_refused),
        cmocka_unit_test(test_rights_wait_for_the_call_where_the_policy_says_so),
        cmocka_unit_test(test_a_suspended_member_gets_control_and_no_data),
        cmocka_unit_test(test_a_relay_carries_what_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
