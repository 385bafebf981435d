/* control_test.c — the control fold row by row: who may, what waits, what is refused. */
#include "sample.h"

#include "protocol/trust/epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { STEPS_MAX = 6 };

/* A space of three admins A, B, C; what becomes of the operation 9, and of the agency E or of `about`. */
static const struct {
    const char *says;
    struct sample_op ops[STEPS_MAX];
    enum control_verdict verdict;
    uint32_t about;
    int right;
} rows[] = {
    {"one admin adds a writer", {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}}, CONTROL_EFFECTIVE, 'E', RIGHT_WRITE},
    {"a stranger adds nobody", {{9, 'X', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}}, CONTROL_NOT_ALLOWED, 'E', -1},
    {"a writer adds nobody",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, {9, 'E', {2}, CONTROL_ADD, 'F', RIGHT_READ}},
     CONTROL_NOT_ALLOWED,
     'F',
     -1},
    {"one admin alone makes no admin",
     {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_ADMIN}},
     CONTROL_WAITS_FOR_APPROVALS,
     'E',
     -1},
    {"two of three make one",
     {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_ADMIN}, {10, 'B', {9}, CONTROL_APPROVE, 9, 0}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_ADMIN},
    {"the author's own approval is no second one",
     {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_ADMIN}, {10, 'A', {9}, CONTROL_APPROVE, 9, 0}},
     CONTROL_WAITS_FOR_APPROVALS,
     'E',
     -1},
    {"an approval by one who is no admin counts nothing",
     {{2, 'A', {1}, CONTROL_ADD, 'F', RIGHT_WRITE},
      {9, 'A', {2}, CONTROL_REMOVE, 'F', 0},
      {10, 'F', {9}, CONTROL_APPROVE, 9, 0}},
     CONTROL_WAITS_FOR_APPROVALS,
     'F',
     RIGHT_WRITE},
    {"an approval that saw other admins counts nothing",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_ADMIN},
      {9, 'A', {2}, CONTROL_REMOVE, 'C', 0},
      {10, 'B', {2}, CONTROL_APPROVE, 2, 0},
      {11, 'B', {9, 10}, CONTROL_APPROVE, 9, 0}},
     CONTROL_WAITS_FOR_APPROVALS,
     'C',
     RIGHT_ADMIN},
    {"anybody leaves alone", {{9, 'C', {1}, CONTROL_REMOVE, 'C', 0}}, CONTROL_EFFECTIVE, 'C', -1},
    {"the only admin does not leave",
     {{2, 'B', {1}, CONTROL_REMOVE, 'B', 0},
      {3, 'C', {2}, CONTROL_REMOVE, 'C', 0},
      {9, 'A', {3}, CONTROL_REMOVE, 'A', 0}},
     CONTROL_NOT_ALLOWED,
     'A',
     RIGHT_ADMIN},
    {"the only admin does not lower itself",
     {{2, 'B', {1}, CONTROL_REMOVE, 'B', 0},
      {3, 'C', {2}, CONTROL_REMOVE, 'C', 0},
      {9, 'A', {3}, CONTROL_SET_RIGHT, 'A', RIGHT_WRITE}},
     CONTROL_NOT_ALLOWED,
     'A',
     RIGHT_ADMIN},
    {"the last of several admins may leave while another is left",
     {{2, 'B', {1}, CONTROL_REMOVE, 'B', 0}, {9, 'C', {2}, CONTROL_REMOVE, 'C', 0}},
     CONTROL_EFFECTIVE,
     'C',
     -1},
    {"who is no member is not removed", {{9, 'A', {1}, CONTROL_REMOVE, 'X', 0}}, CONTROL_NOT_ALLOWED, 'X', -1},
    {"who was removed is not added by one admin",
     {{2, 'A', {1}, CONTROL_REMOVE, 'C', 0},
      {3, 'B', {2}, CONTROL_APPROVE, 2, 0},
      {9, 'A', {3}, CONTROL_ADD, 'C', RIGHT_READ}},
     CONTROL_WAITS_FOR_APPROVALS,
     'C',
     -1},
    {"who was removed is added by both that are left",
     {{2, 'A', {1}, CONTROL_REMOVE, 'C', 0},
      {3, 'B', {2}, CONTROL_APPROVE, 2, 0},
      {9, 'A', {3}, CONTROL_ADD, 'C', RIGHT_READ},
      {10, 'B', {9}, CONTROL_APPROVE, 9, 0}},
     CONTROL_EFFECTIVE,
     'C',
     RIGHT_READ},
    {"an add that had not seen the removal in force does not beat it",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ},
      {3, 'A', {2}, CONTROL_REMOVE, 'E', 0},
      {9, 'C', {2, 3}, CONTROL_ADD, 'E', RIGHT_WRITE},
      {4, 'B', {3}, CONTROL_APPROVE, 3, 0}},
     CONTROL_EFFECTIVE,
     'E',
     -1},
    {"what a removed admin adds behind the removal's back is contested",
     {{2, 'A', {1}, CONTROL_REMOVE, 'C', 0},
      {3, 'B', {2}, CONTROL_APPROVE, 2, 0},
      {9, 'C', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}},
     CONTROL_CONTESTED,
     'E',
     -1},
    {"what the removal had seen stands",
     {{9, 'C', {1}, CONTROL_ADD, 'E', RIGHT_WRITE},
      {2, 'A', {9}, CONTROL_REMOVE, 'C', 0},
      {3, 'B', {2}, CONTROL_APPROVE, 2, 0}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_WRITE},
    {"an add in a forked line that nobody built on is contested",
     {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, {3, 'A', {1}, CONTROL_ACK, 0, 0}},
     CONTROL_CONTESTED,
     'E',
     -1},
    {"an add in a forked line that another admin built on stands",
     {{9, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, {3, 'A', {1}, CONTROL_ACK, 0, 0}, {4, 'B', {9}, CONTROL_ACK, 0, 0}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_WRITE},
    {"of two concurrent rights the lower one holds",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ},
      {9, 'B', {2}, CONTROL_SET_RIGHT, 'E', RIGHT_WRITE},
      {3, 'C', {2}, CONTROL_SET_RIGHT, 'E', RIGHT_RELAY}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_RELAY},
    {"one admin suspends a member, who stays one",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ}, {9, 'B', {2}, CONTROL_SUSPEND, 'E', 0}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_READ},
    {"another admin alone does not lift it",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ},
      {3, 'B', {2}, CONTROL_SUSPEND, 'E', 0},
      {9, 'C', {3}, CONTROL_LIFT, 3, 0}},
     CONTROL_WAITS_FOR_APPROVALS,
     'E',
     RIGHT_READ},
    {"the suspending agency alone does",
     {{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ},
      {3, 'B', {2}, CONTROL_SUSPEND, 'E', 0},
      {9, 'B', {3}, CONTROL_LIFT, 3, 0}},
     CONTROL_EFFECTIVE,
     'E',
     RIGHT_READ},
    {"what builds on an operation that is not held waits",
     {{9, 'A', {1, 7}, CONTROL_ADD, 'E', RIGHT_WRITE}},
     CONTROL_WAITING,
     'E',
     -1},
    {"what a newer version says does nothing",
     {{9, 'A', {1}, CONTROL_OTHER, 'E', RIGHT_WRITE}},
     CONTROL_NOT_UNDERSTOOD,
     'E',
     -1},
    {"what is not held is unknown", {{2, 'A', {1}, CONTROL_ACK, 0, 0}}, CONTROL_UNKNOWN, 'E', -1},
};

static size_t steps(const struct sample_op *ops)
{
    size_t count = 0;

    while (count < STEPS_MAX && ops[count].id != 0)
        count++;
    return count;
}

static void test_each_row_holds_forwards_and_backwards(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t count = steps(rows[i].ops);
        print_message("%s\n", rows[i].says);
        for (int backwards = 0; backwards < 2; backwards++) {
            struct control *control = sample_space(3, HISTORY_ALL);
            for (size_t k = 0; k < count; k++)
                sample_add(control, &rows[i].ops[backwards ? count - 1 - k : k]);
            assert_int_equal(sample_verdict(control, 9), rows[i].verdict);
            assert_int_equal(sample_right(control, rows[i].about), rows[i].right);
            control_free(control);
        }
    }
}

/* -- bounds -------------------------------------------------------------------------------------------- */
static const struct {
    const char *says;
    size_t deps, admins, to, wraps, cuts, policy, value;
    int verb, right;
    enum muster_error want;
} bounds[] = {
    {"takes an operation full to its bounds", CONTROL_DEPS_MAX, CONTROL_LIST_MAX, CONTROL_LIST_MAX, CONTROL_LIST_MAX,
     CONTROL_LIST_MAX, CONTROL_POLICY_MAX, CONTROL_POLICY_BYTES_MAX, CONTROL_EPOCH, RIGHT_ADMIN, MUSTER_OK},
    {"refuses one dep too many", CONTROL_DEPS_MAX + 1, 0, 0, 0, 0, 0, 0, CONTROL_ACK, 0, MUSTER_ETOOBIG},
    {"refuses one admin too many", 0, CONTROL_LIST_MAX + 1, 0, 0, 0, 0, 0, CONTROL_GENESIS, 0, MUSTER_ETOOBIG},
    {"refuses one recipient too many", 0, 0, CONTROL_LIST_MAX + 1, 0, 0, 0, 0, CONTROL_EPOCH, 0, MUSTER_ETOOBIG},
    {"refuses one wrap too many", 0, 0, 0, CONTROL_LIST_MAX + 1, 0, 0, 0, CONTROL_EPOCH, 0, MUSTER_ETOOBIG},
    {"refuses one cut too many", 0, 0, 0, 0, CONTROL_LIST_MAX + 1, 0, 0, CONTROL_REMOVE, 0, MUSTER_ETOOBIG},
    {"refuses one field too many", 0, 0, 0, 0, 0, CONTROL_POLICY_MAX + 1, 0, CONTROL_POLICY, 0, MUSTER_ETOOBIG},
    {"refuses a value too long", 0, 0, 0, 0, 0, 1, CONTROL_POLICY_BYTES_MAX + 1, CONTROL_POLICY, 0, MUSTER_ETOOBIG},
    {"refuses a verb that does not exist", 0, 0, 0, 0, 0, 0, 0, CONTROL_OTHER + 1, 0, MUSTER_EBADVALUE},
    {"refuses a right that does not exist", 0, 0, 0, 0, 0, 0, 0, CONTROL_ADD, RIGHT_ADMIN + 1, MUSTER_EBADVALUE},
};

static void test_an_operation_keeps_its_bounds(void **state)
{
    static struct record_id ids[CONTROL_LIST_MAX + 1];
    static struct agency_id agencies[CONTROL_LIST_MAX + 1];
    static struct control_cut cuts[CONTROL_LIST_MAX + 1];
    static struct control_policy policy[CONTROL_POLICY_MAX + 1];
    static uint8_t value[CONTROL_POLICY_BYTES_MAX + 1];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        ids[i] = sample_id(1000 + (uint32_t)i), agencies[i] = sample_agency(1000 + (uint32_t)i);
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        struct control *control = sample_space(3, HISTORY_ALL);
        for (size_t k = 0; k < ARRAY_LEN(policy); k++)
            policy[k] = (struct control_policy){(uint32_t)k, {value, bounds[i].value}};
        struct control_op op = {
            .id = sample_id(9),
            .by = sample_agency('A'),
            .deps = ids,
            .deps_count = bounds[i].deps,
            .verb = (enum control_verb)bounds[i].verb,
            .right = (enum right)bounds[i].right,
            .admins = agencies,
            .admins_count = bounds[i].admins,
            .to = agencies,
            .to_count = bounds[i].to,
            .wraps = ids,
            .wraps_count = bounds[i].wraps,
            .cuts = cuts,
            .cuts_count = bounds[i].cuts,
            .policy = policy,
            .policy_count = bounds[i].policy,
        };
        print_message("control_add %s\n", bounds[i].says);
        assert_int_equal(control_add(control, &op), bounds[i].want);
        assert_int_equal(sample_verdict(control, 9), bounds[i].want == MUSTER_OK ? CONTROL_WAITING : CONTROL_UNKNOWN);
        assert_int_equal(sample_right(control, 'A'), RIGHT_ADMIN);
        control_free(control);
    }
}

static void test_a_space_holds_no_more_than_its_bound(void **state)
{
    struct control *control = sample_space(1, HISTORY_ALL);
    struct record_id absent = sample_id(UINT32_MAX);
    struct control_op op = {.by = sample_agency('A'), .deps = &absent, .deps_count = 1, .verb = CONTROL_ACK};

    (void)state;
    for (uint32_t n = 2; n <= CONTROL_OPS_MAX; n++) { /* they wait: what is bounded is what is held */
        op.id = sample_id(n);
        assert_int_equal(control_add(control, &op), MUSTER_OK);
    }
    op.id = sample_id(CONTROL_OPS_MAX + 1);
    assert_int_equal(control_add(control, &op), MUSTER_ETOOBIG);
    op.id = sample_id(CONTROL_OPS_MAX);
    assert_int_equal(control_add(control, &op), MUSTER_OK); /* held already */
    assert_int_equal(control_state(control)->waiting_count, CONTROL_OPS_MAX - 1);
    control_free(control);
}

/* -- the rest ------------------------------------------------------------------------------------------- */
static void test_the_same_operation_again_is_ignored(void **state)
{
    struct control *control = sample_space(3, HISTORY_ALL);
    struct sample_op add = {2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE};

    (void)state;
    sample_add(control, &add);
    add.right = RIGHT_READ; /* an id is a hash: other contents under it are none */
    sample_add(control, &add);
    assert_int_equal(control_state(control)->effective_count, 2);
    assert_int_equal(sample_right(control, 'E'), RIGHT_WRITE);
    control_free(control);
}

static void test_a_pinned_genesis_is_the_only_root(void **state)
{
    static const struct sample_op add = {2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE};
    struct record_id pin = sample_id(1);

    (void)state;
    for (int pinned = 0; pinned < 2; pinned++) {
        struct control *control = control_new();
        struct agency_id admins[2] = {sample_agency('A'), sample_agency('X')};
        struct control_op genesis = {
            .id = pin, .by = admins[0], .verb = CONTROL_GENESIS, .admins = &admins[0], .admins_count = 1};
        assert_non_null(control);
        if (pinned)
            control_pin(control, &pin);
        assert_int_equal(control_add(control, &genesis), MUSTER_OK);
        sample_add(control, &add);
        memset(genesis.id.b, 0, sizeof genesis.id.b);
        genesis.id.b[HASH_BYTES - 1] = 1; /* smaller than the true one */
        genesis.by = admins[1];
        genesis.admins = &admins[1];
        assert_int_equal(control_add(control, &genesis), MUSTER_OK);
        assert_int_equal(sample_right(control, 'X'), pinned ? -1 : RIGHT_ADMIN);
        assert_int_equal(sample_right(control, 'A'), pinned ? RIGHT_ADMIN : -1);
        assert_int_equal(sample_right(control, 'E'), RIGHT_WRITE);
        control_free(control);
    }
}

static void test_heads_name_one_branch_of_a_line_the_one_held_first(void **state)
{
    static const struct sample_op left = {2, 'A', {1}, CONTROL_ACK, 0, 0}, right = {3, 'A', {1}, CONTROL_ACK, 0, 0},
                                  above = {4, 'B', {3}, CONTROL_ACK, 0, 0}, beside = {5, 'C', {1}, CONTROL_ACK, 0, 0};
    struct record_id heads[4];

    (void)state;
    struct control *control = sample_space(3, HISTORY_ALL);
    assert_int_equal(control_heads(control, heads, 4), 1);
    sample_add(control, &left);
    sample_add(control, &right);
    sample_add(control, &above); /* built on the other branch: not mine to build on */
    sample_add(control, &beside);
    assert_int_equal(control_heads(control, heads, 4), 2);
    assert_memory_equal(&heads[0], sample_id(5).b, HASH_BYTES);
    assert_memory_equal(&heads[1], sample_id(2).b, HASH_BYTES);
    assert_int_equal(control_heads(control, heads, 1), 1);
    control_free(control);

    control = sample_space(3, HISTORY_ALL);
    sample_add(control, &above); /* waits: what counts is when it became complete */
    sample_add(control, &right);
    sample_add(control, &left);
    assert_int_equal(control_heads(control, heads, 4), 1);
    assert_memory_equal(&heads[0], sample_id(4).b, HASH_BYTES);
    control_free(control);
}

static int longest_first(void *arg, uint32_t field, const struct bytes *a, const struct bytes *b)
{
    (void)arg;
    (void)field;
    return (a->len < b->len) - (a->len > b->len);
}

static void add_policy(struct control *control, uint32_t id, uint32_t by, uint32_t after, const char *value)
{
    struct record_id dep = sample_id(after);
    struct control_policy field = {7, {(const uint8_t *)value, strlen(value)}};
    struct control_op op = {.id = sample_id(id),
                            .by = sample_agency(by),
                            .deps = &dep,
                            .deps_count = 1,
                            .verb = CONTROL_POLICY,
                            .policy = &field,
                            .policy_count = 1};

    assert_int_equal(control_add(control, &op), MUSTER_OK);
}

static void test_of_concurrent_policies_the_strictest_by_the_fields_order_holds(void **state)
{
    (void)state;
    for (int ordered = 0; ordered < 2; ordered++) {
        struct control *control = sample_space(2, HISTORY_ALL);
        const struct control_policy *found;
        if (ordered)
            control_order(control, longest_first, NULL);
        add_policy(control, 2, 'A', 1, "amber");
        add_policy(control, 3, 'B', 1, "white and more");
        sample_add(control, &(struct sample_op){4, 'B', {2, 3}, CONTROL_APPROVE, 2, 0});
        assert_non_null(control_policy(control, 7));
        sample_add(control, &(struct sample_op){5, 'A', {2, 3}, CONTROL_APPROVE, 3, 0});
        found = control_policy(control, 7);
        assert_non_null(found);
        assert_memory_equal(found->value.at, ordered ? "white" : "amber", 5);
        assert_null(control_policy(control, 8));
        control_free(control);
    }
}

static void test_a_judgement_counts_signatures(void **state)
{
    struct control *control = sample_space(5, HISTORY_ALL);
    struct record_id id = sample_id(2);
    struct control_judgement j;

    (void)state;
    sample_add(control, &(struct sample_op){2, 'A', {1}, CONTROL_REMOVE, 'E', 0});
    sample_add(control, &(struct sample_op){3, 'B', {2}, CONTROL_APPROVE, 2, 0});
    j = control_judge(control, &id);
    assert_int_equal(j.verdict, CONTROL_WAITS_FOR_APPROVALS);
    assert_true(j.majority);
    assert_int_equal(j.needed, 3);
    assert_int_equal(j.signed_by, 2);
    sample_add(control, &(struct sample_op){4, 'C', {2}, CONTROL_APPROVE, 2, 0});
    j = control_judge(control, &id);
    assert_int_equal(j.verdict, CONTROL_EFFECTIVE);
    assert_int_equal(j.signed_by, 3);
    struct record_id last = sample_id(4), side = sample_id(3);
    assert_true(control_saw(control, &last, &id));
    assert_false(control_saw(control, &id, &last));
    assert_false(control_saw(control, &last, &side));
    control_free(control);
}

static void test_a_majority_reassigns_an_object(void **state)
{
    struct control *control = sample_space(2, HISTORY_ALL);
    struct record_id dep = sample_id(1);
    struct record_id seen = sample_id(78);
    struct object_id object = {{42}}, other = {{43}};
    struct control_reassign found[2];
    struct control_op op = {.id = sample_id(2),
                            .by = sample_agency('A'),
                            .deps = &dep,
                            .deps_count = 1,
                            .verb = CONTROL_REASSIGN,
                            .object = object,
                            .to_agency = sample_agency('B'),
                            .after = sample_id(77),
                            .seen = &seen,
                            .seen_count = 1};

    (void)state;
    assert_int_equal(control_add(control, &op), MUSTER_OK);
    assert_int_equal(control_reassigns(control, &object, found, 2), 0);
    sample_add(control, &(struct sample_op){3, 'B', {2}, CONTROL_APPROVE, 2, 0});
    assert_int_equal(control_reassigns(control, &other, found, 2), 0);
    assert_int_equal(control_reassigns(control, &object, found, 2), 1);
    assert_memory_equal(&found[0].id, &op.id, HASH_BYTES);
    assert_memory_equal(&found[0].to, &op.to_agency, HASH_BYTES);
    assert_memory_equal(&found[0].after, &op.after, HASH_BYTES);
    assert_int_equal(found[0].seen_count, 1);
    assert_memory_equal(found[0].seen, &seen, HASH_BYTES);
    /* Of more than are asked for the first by id, whichever came first. */
    for (uint8_t id = 30, before = 3; id > 10; before = (uint8_t)(id + 1), id -= 10) {
        dep = sample_id(before);
        op.id = sample_id(id);
        assert_int_equal(control_add(control, &op), MUSTER_OK);
        sample_add(control, &(struct sample_op){(uint8_t)(id + 1), 'B', {id}, CONTROL_APPROVE, id, 0});
    }
    struct record_id first = sample_id(2), second = sample_id(20);
    assert_int_equal(control_reassigns(control, &object, found, 2), 2);
    assert_memory_equal(&found[0].id, &first, HASH_BYTES);
    assert_memory_equal(&found[1].id, &second, HASH_BYTES);
    control_free(control);
}

static void test_without_a_genesis_there_is_nothing(void **state)
{
    struct control *control = control_new();
    struct agency_id a = sample_agency('A');

    (void)state;
    assert_non_null(control);
    assert_false(control_state(control)->founded);
    assert_null(control_member(control, &a));
    assert_null(epoch_current(control, NULL, NULL));
    assert_false(epoch_wanted(control, NULL, NULL));
    assert_int_equal(epoch_draft(control)->to_count, 0);
    sample_add(control, &(struct sample_op){9, 'A', {0}, CONTROL_ADD, 'E', RIGHT_WRITE});
    assert_int_equal(sample_verdict(control, 9), CONTROL_NOT_ALLOWED);
    assert_int_equal(control_state(control)->member_count, 0);
    control_free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_holds_forwards_and_backwards),
        cmocka_unit_test(test_an_operation_keeps_its_bounds),
        cmocka_unit_test(test_a_space_holds_no_more_than_its_bound),
        cmocka_unit_test(test_the_same_operation_again_is_ignored),
        cmocka_unit_test(test_a_pinned_genesis_is_the_only_root),
        cmocka_unit_test(test_heads_name_one_branch_of_a_line_the_one_held_first),
        cmocka_unit_test(test_of_concurrent_policies_the_strictest_by_the_fields_order_holds),
        cmocka_unit_test(test_a_judgement_counts_signatures),
        cmocka_unit_test(test_a_majority_reassigns_an_object),
        cmocka_unit_test(test_without_a_genesis_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
