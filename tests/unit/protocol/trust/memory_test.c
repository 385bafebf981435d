/* memory_test.c — when memory runs out at any point the control says so, and can be freed.
 *
 * Linked with --wrap=calloc,--wrap=realloc: the fold's own files are part of this test, so that its calls come
 * here. */
#include "sample.h"

#include "protocol/trust/epochs.h"
#include "protocol/trust/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static unsigned calls, failing; /* the failing-th call and all later ones fail; 0: none */

static bool fails(void)
{
    return ++calls >= failing && failing != 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

enum { OPERATIONS = 40, CALLS_MAX = 5000 };

/* Adds members, a policy, an epoch, a removal, a cut, an operation that waits; MUSTER_OK or what refused. */
static enum muster_error tell(struct control *control)
{
    static const uint8_t value[] = "7";
    struct agency_id a = sample_agency('A'), b = sample_agency('B'), admins[] = {a, b};
    struct control_policy policy = {1, {value, sizeof value}};
    struct control_cut cut = {.position = 3};
    struct control_op op = {.id = sample_id(1),
                            .by = a,
                            .verb = CONTROL_GENESIS,
                            .admins = admins,
                            .admins_count = 2,
                            .policy = &policy,
                            .policy_count = 1};
    enum muster_error error = control_add(control, &op);
    static const enum control_verb verbs[] = {CONTROL_ADD,     CONTROL_POLICY,  CONTROL_APPROVE, CONTROL_EPOCH,
                                              CONTROL_ADD,     CONTROL_REMOVE,  CONTROL_APPROVE, CONTROL_CUT,
                                              CONTROL_APPROVE, CONTROL_SUSPEND, CONTROL_LIFT};

    for (uint32_t n = 2; n <= OPERATIONS && error == MUSTER_OK; n++) {
        struct record_id dep = sample_id(n == OPERATIONS ? 99 : n - 1), target = sample_id(n - 1);
        op = (struct control_op){.id = sample_id(n),
                                 .by = n % 2 ? a : b,
                                 .deps = &dep,
                                 .deps_count = 1,
                                 .verb = verbs[n % ARRAY_LEN(verbs)],
                                 .who = sample_agency('E' + n / 6),
                                 .right = RIGHT_WRITE,
                                 .target = target,
                                 .policy = &policy,
                                 .policy_count = 1,
                                 .to = admins,
                                 .to_count = 2,
                                 .wraps = &target,
                                 .wraps_count = 1,
                                 .cuts = &cut,
                                 .cuts_count = 1};
        error = control_add(control, &op);
    }
    return error;
}

/* Every question; true if the state could be told. */
static bool ask(struct control *control)
{
    static struct control_limits limits;
    struct agency_id e = sample_agency('E');
    struct record_id id = sample_id(5), other = sample_id(2), list[4];
    struct object_id object = {{0}};
    struct control_reassign reassign[1];
    struct log_id log = {{1}};
    bool limited = control_log_limit(control, &log, &e, &id, 1, &limits) == MUSTER_OK;
    bool epochs = epochs_of(control) != NULL, drafted = epoch_draft(control) != NULL;

    (void)epoch_next_wraps(control, NULL, NULL, list, ARRAY_LEN(list));
    (void)control_judge(control, &id);
    (void)control_saw(control, &id, &other);
    (void)control_heads(control, list, ARRAY_LEN(list));
    (void)control_reassigns(control, &object, reassign, 1);
    (void)forward_notice(control, &e, list, ARRAY_LEN(list));
    if (control_state(control) == NULL) {
        assert_false(forward_decide(control, &e, &id).allowed);
        assert_false(epoch_may_deliver(control, &id, &e));
        return false;
    }
    return limited && epochs && drafted;
}

static void test_each_failing_call_is_reported(void **state)
{
    unsigned needed, refused = 0, untold = 0;

    (void)state;
    calls = failing = 0;
    struct control *control = control_new();
    assert_int_equal(tell(control), MUSTER_OK);
    assert_true(ask(control));
    control_free(control);
    needed = calls;
    print_message("%u allocations\n", needed);
    assert_in_range(needed, 50, CALLS_MAX);

    for (unsigned n = 1; n <= needed; n++) {
        calls = 0;
        failing = n;
        control = control_new();
        if (control == NULL) {
            assert_int_equal(n, 1);
            continue;
        }
        enum muster_error error = tell(control);
        bool told = ask(control);
        failing = 0;
        assert_true(error == MUSTER_OK || error == MUSTER_EBUSY);
        assert_false(told); /* every call below `needed` was needed */
        refused += error != MUSTER_OK;
        untold += error == MUSTER_OK;
        assert_null(control_state(control)); /* and it stays so when there is memory again */
        control_free(control);
    }
    print_message("%u refused an operation, %u could not tell the state\n", refused, untold);
    assert_int_equal(refused + untold, needed - 1);
    assert_true(untold > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_failing_call_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
