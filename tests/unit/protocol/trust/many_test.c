/* many_test.c — ten thousand operations, a thousand members: the right state, in any order.  Times are
 * printed, not asserted. */
#include "sample.h"

#include "protocol/trust/epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

enum { MANY = 10000, FIRST_MEMBER = 1000, ADMINS = 9 };

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Builds ops[2..MANY] (1 is the genesis) and says what must become of them. */
struct story {
    const char *says;
    void (*write)(struct sample_op *ops);
    bool backwards; /* the last one first: everything waits for the genesis' child */
    size_t members, removed, effective, forked;
};

/* Nine admins in turn, each on the one before: every operation adds a member. */
static void write_adds(struct sample_op *ops)
{
    for (uint32_t n = 2; n <= MANY; n++)
        ops[n] = (struct sample_op){n, 'A' + n % ADMINS, {n - 1}, CONTROL_ADD, FIRST_MEMBER + n, RIGHT_WRITE};
}

/* Three admins write at the same time and meet every third operation. */
static void write_meetings(struct sample_op *ops)
{
    for (uint32_t n = 2; n <= MANY; n++) {
        uint32_t round = (n - 2) / 3, first = 2 + 3 * (round == 0 ? 0 : round - 1);
        ops[n] = (struct sample_op){n,           'A' + (n - 2) % 3, {first, first + 1, first + 2},
                                    CONTROL_ADD, FIRST_MEMBER + n,  RIGHT_WRITE};
        if (round == 0)
            ops[n].after[0] = 1, ops[n].after[1] = ops[n].after[2] = 0;
    }
}

/* A thousand members, and then one after the other is removed and added again, five of nine agreeing. */
static void write_changes(struct sample_op *ops)
{
    static const char signers[] = "ABCDEGHIAB";
    uint32_t n = 2, who = 2;

    for (; n <= 1001; n++)
        ops[n] = (struct sample_op){n, 'A', {n - 1}, CONTROL_ADD, FIRST_MEMBER + n, RIGHT_WRITE};
    for (; n <= MANY; n++) {
        uint32_t step = (n - 1002) % 10;
        enum control_verb verb = step == 0 ? CONTROL_REMOVE : step == 5 ? CONTROL_ADD : CONTROL_APPROVE;
        ops[n] = (struct sample_op){n,
                                    (uint32_t)signers[step],
                                    {n - 1},
                                    verb,
                                    verb == CONTROL_APPROVE ? n - step % 5 : FIRST_MEMBER + who,
                                    RIGHT_READ};
        who += step == 9;
    }
}

/* A tenth admin is made and unmade all the time, six of nine or ten agreeing. */
static void write_crowns(struct sample_op *ops)
{
    ops[2] = (struct sample_op){2, 'B', {1}, CONTROL_ADD, FIRST_MEMBER, RIGHT_WRITE};
    for (uint32_t n = 3; n <= MANY; n++) {
        uint32_t step = (n - 3) % 6, round = (n - 3) / 6;
        ops[n] = (struct sample_op){n,
                                    'A' + step,
                                    {n - 1},
                                    step == 0 ? CONTROL_SET_RIGHT : CONTROL_APPROVE,
                                    step == 0 ? FIRST_MEMBER : n - step,
                                    round % 2 == 0 ? RIGHT_ADMIN : RIGHT_READ};
    }
}

/* A forks its line at the start; then B and C go on for ten thousand operations. */
static void write_after_fork(struct sample_op *ops)
{
    ops[2] = (struct sample_op){2, 'A', {1}, CONTROL_ADD, FIRST_MEMBER + 2, RIGHT_WRITE};
    ops[3] = (struct sample_op){3, 'A', {1}, CONTROL_ADD, FIRST_MEMBER + 3, RIGHT_WRITE};
    ops[4] = (struct sample_op){4, 'B', {2}, CONTROL_ADD, FIRST_MEMBER + 4, RIGHT_WRITE};
    ops[5] = (struct sample_op){5, 'C', {4, 3}, CONTROL_ADD, FIRST_MEMBER + 5, RIGHT_WRITE};
    for (uint32_t n = 6; n <= MANY; n++)
        ops[n] = (struct sample_op){n, 'B' + n % 2, {n - 1}, CONTROL_ADD, FIRST_MEMBER + n, RIGHT_WRITE};
}

/* A proposes E as an admin, so that E matters to every count of admins; then writes two thousand branches that
 * add E; B and C go on beside them and build on every fourth, until none is left. */
static void write_liar(struct sample_op *ops)
{
    enum { BRANCHES = 2000 };

    ops[2] = (struct sample_op){2, 'A', {1}, CONTROL_ADD, FIRST_MEMBER, RIGHT_ADMIN};
    for (uint32_t n = 3; n < 3 + BRANCHES; n++)
        ops[n] = (struct sample_op){n, 'A', {2}, CONTROL_ADD, FIRST_MEMBER, RIGHT_WRITE};
    ops[3 + BRANCHES] = (struct sample_op){3 + BRANCHES, 'B', {2}, CONTROL_ADD, FIRST_MEMBER + 1, RIGHT_WRITE};
    for (uint32_t n = 4 + BRANCHES; n <= MANY; n++)
        ops[n] = (struct sample_op){n,           'B' + n % 2,      {n - 1, n % 4 == 0 ? n - 1 - BRANCHES : 0},
                                    CONTROL_ADD, FIRST_MEMBER + n, RIGHT_WRITE};
}

static const struct story stories[] = {
    {"nine admins add in turn", write_adds, false, ADMINS + MANY - 1, 0, MANY, 0},
    {"the same, the last one first", write_adds, true, ADMINS + MANY - 1, 0, MANY, 0},
    {"three admins write at once", write_meetings, false, ADMINS + MANY - 1, 0, MANY, 0},
    /* the last return has four signatures when the story ends */
    {"removals and returns", write_changes, false, ADMINS + 1000 - 1, 900, MANY - 1, 0},
    /* the last crowning has two */
    {"an admin made and unmade", write_crowns, false, ADMINS + 1, 0, MANY - 1, 0},
    /* five hundred branches are built on; the others and the proposal are void */
    {"two thousand branches", write_liar, false, ADMINS + 2 + MANY - 2003, 0, MANY - 1501, 1},
    {"everything after a fork", write_after_fork, false, ADMINS + MANY - 1, 0, MANY, 1},
};

static void test_ten_thousand_operations(void **state)
{
    struct sample_op *ops = calloc(MANY + 1, sizeof *ops);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        const struct story *s = &stories[i];
        struct control *control = sample_space(ADMINS, HISTORY_ALL);
        s->write(ops);
        double start = seconds();
        for (uint32_t n = 2; n <= MANY; n++)
            sample_add(control, &ops[s->backwards ? MANY + 2 - n : n]);
        double added = seconds();
        const struct control_state *now = control_state(control);
        double folded = seconds();
        assert_non_null(now);
        print_message("%s: %.0f ms, state %.0f ms: %zu members, %zu removed, %zu effective, %zu void\n", s->says,
                      1e3 * (added - start), 1e3 * (folded - added), now->member_count, now->removed_count,
                      now->effective_count, now->void_count);
        assert_int_equal(now->waiting_count, 0);
        assert_int_equal(now->member_count, s->members);
        assert_int_equal(now->removed_count, s->removed);
        assert_int_equal(now->effective_count, s->effective);
        assert_int_equal(now->void_count, MANY - s->effective);
        assert_int_equal(now->admin_count, ADMINS - s->forked);
        assert_int_equal(now->forked_count, s->forked);
        control_free(control);
    }
    free(ops);
}

/* A thousand members; then each new one is followed by an epoch for all readers, as its author saw them. */
static void test_five_hundred_epochs_for_a_thousand_members(void **state)
{
    enum { BEFORE = 1000, EPOCHS = 500 };
    struct control *control = sample_space(ADMINS, HISTORY_JOIN);
    uint32_t n = 2;

    (void)state;
    for (; n <= BEFORE; n++)
        sample_add(control, &(struct sample_op){n, 'A', {n - 1}, CONTROL_ADD, FIRST_MEMBER + n, RIGHT_READ});
    double start = seconds();
    for (uint32_t e = 0; e < EPOCHS; e++, n += 2) {
        struct record_id dep = sample_id(n);
        struct control_op op = {.id = sample_id(n + 1), .by = sample_agency('A'), .deps = &dep, .deps_count = 1};
        sample_add(control, &(struct sample_op){n, 'A', {n - 1}, CONTROL_ADD, FIRST_MEMBER + n, RIGHT_READ});
        const struct epoch_draft *draft = epoch_draft(control);
        assert_non_null(draft);
        op.verb = CONTROL_EPOCH;
        op.to = draft->to;
        op.to_count = draft->to_count;
        assert_int_equal(control_add(control, &op), MUSTER_OK);
    }
    const struct epoch *current = epoch_current(control, NULL, NULL);
    print_message("%d epochs: %.0f ms\n", EPOCHS, 1e3 * (seconds() - start));
    assert_non_null(current);
    assert_int_equal(current->generation, EPOCHS);
    assert_int_equal(current->to_count, ADMINS + BEFORE - 1 + EPOCHS);
    assert_int_equal(epochs_of(control)->count, EPOCHS);
    control_free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_thousand_operations),
        cmocka_unit_test(test_five_hundred_epochs_for_a_thousand_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
