/* limits_test.c — how far a data log counts after removals, lowerings and cuts. */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { STEPS_MAX = 9, LIMITS_MAX = 2, LOG = 500, HEAD = 600 };

/* One step of a story: an operation as in sample.h and, where it cuts, the log's position that it keeps. */
struct step {
    struct sample_op op;
    uint64_t keeps; /* 0: a removal that lists nothing, or a cut to nothing */
};

/* The log LOG is E's, opened under the control head `ctl`; A, B and C are admins. */
static const struct {
    const char *says;
    struct step steps[STEPS_MAX];
    uint32_t ctl;
    enum control_log_status status;
    uint64_t limits[LIMITS_MAX];
    size_t count;
} rows[] = {
    {"a writer's log is open", {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0}}, 2, CONTROL_LOG_OPEN, {0}, 0},
    {"a reader's log counts nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_READ}, 0}},
     2,
     CONTROL_LOG_NO_RIGHT,
     {0},
     1},
    {"a log opened before the grant counts nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0}},
     1,
     CONTROL_LOG_NO_RIGHT,
     {0},
     1},
    {"a log opened under what is not held waits",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0}},
     99,
     CONTROL_LOG_WAITING,
     {0},
     0},
    {"a proposed removal limits nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0}, {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7}},
     2,
     CONTROL_LOG_OPEN,
     {0},
     0},
    {"a removal keeps what it lists",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {7},
     1},
    {"a removal that lists nothing keeps nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 0},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {0},
     1},
    {"of two removals both limits hold",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'C', {2}, CONTROL_REMOVE, 'E', 0}, 5},
      {{6, 'B', {5, 4}, CONTROL_APPROVE, 5, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {5, 7},
     2},
    {"lowering to read limits as a removal does",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0}, {{3, 'B', {2}, CONTROL_SET_RIGHT, 'E', RIGHT_READ}, 4}},
     2,
     CONTROL_LOG_LIMITED,
     {4},
     1},
    {"a later cut supersedes the removal's",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'A', {4}, CONTROL_CUT, 0, 0}, 9},
      {{6, 'B', {5}, CONTROL_APPROVE, 5, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {9},
     1},
    {"a proposed cut supersedes nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'A', {4}, CONTROL_CUT, 0, 0}, 9}},
     2,
     CONTROL_LOG_LIMITED,
     {7},
     1},
    {"a cut beside the removal supersedes nothing",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'C', {2}, CONTROL_CUT, 0, 0}, 9},
      {{6, 'B', {5, 4}, CONTROL_APPROVE, 5, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {7, 9},
     2},
    {"the newest cut holds alone",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_CUT, 0, 0}, 3},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'A', {4}, CONTROL_CUT, 0, 0}, 8},
      {{6, 'B', {5}, CONTROL_APPROVE, 5, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {8},
     1},
    {"after a return the old log keeps its limit",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'A', {4}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{6, 'B', {5}, CONTROL_APPROVE, 5, 0}, 0}},
     2,
     CONTROL_LOG_LIMITED,
     {7},
     1},
    {"after a return a new log is open",
     {{{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{3, 'A', {2}, CONTROL_REMOVE, 'E', 0}, 7},
      {{4, 'B', {3}, CONTROL_APPROVE, 3, 0}, 0},
      {{5, 'A', {4}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0},
      {{6, 'B', {5}, CONTROL_APPROVE, 5, 0}, 0}},
     6,
     CONTROL_LOG_OPEN,
     {0},
     0},
};

static void step_add(struct control *control, const struct step *s)
{
    struct record_id deps[ARRAY_LEN(s->op.after)];
    struct control_cut cut = {.position = s->keeps};
    struct control_op op = {.id = sample_id(s->op.id),
                            .by = sample_agency(s->op.by),
                            .deps = deps,
                            .verb = s->op.verb,
                            .right = s->op.right,
                            .who = sample_agency(s->op.who),
                            .target = sample_id(s->op.who),
                            .cuts = &cut,
                            .cuts_count = s->keeps > 0,
                            .cut_position = s->keeps};

    while (op.deps_count < ARRAY_LEN(deps) && s->op.after[op.deps_count] != 0) {
        deps[op.deps_count] = sample_id(s->op.after[op.deps_count]);
        op.deps_count++;
    }
    memcpy(cut.log.b, sample_id(LOG).b, HASH_BYTES);
    memcpy(cut.head.b, sample_id(HEAD + (uint32_t)s->keeps).b, HASH_BYTES);
    memcpy(op.cut_of.b, cut.log.b, HASH_BYTES);
    memcpy(op.cut_head.b, cut.head.b, HASH_BYTES);
    assert_int_equal(control_add(control, &op), MUSTER_OK);
}

static void test_each_log_counts_as_far_as_the_rules_say(void **state)
{
    static struct control_limits found;
    struct agency_id by = sample_agency('E');
    struct log_id log;

    (void)state;
    memcpy(log.b, sample_id(LOG).b, HASH_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct control *control = sample_space(3, HISTORY_ALL);
        struct record_id ctl = sample_id(rows[i].ctl);
        print_message("%s\n", rows[i].says);
        for (size_t k = 0; k < STEPS_MAX && rows[i].steps[k].op.id != 0; k++)
            step_add(control, &rows[i].steps[k]);
        assert_int_equal(control_log_limit(control, &log, &by, &ctl, 1, &found), MUSTER_OK);
        assert_int_equal(found.status, rows[i].status);
        assert_int_equal(found.count, rows[i].count);
        for (size_t k = 0; k < found.count; k++) {
            uint64_t position = rows[i].limits[k];
            struct record_id head = sample_id(position == 0 ? LOG : HEAD + (uint32_t)position);
            assert_int_equal(found.at[k].position, position);
            assert_memory_equal(found.at[k].head.b, head.b, HASH_BYTES);
        }
        control_free(control);
    }
}

static void test_a_log_with_too_many_limits_counts_nothing(void **state)
{
    static struct control_limits found;
    struct agency_id by = sample_agency('E');
    struct record_id ctl = sample_id(2);
    struct log_id log;
    struct control *control = sample_space(1, HISTORY_ALL);

    (void)state;
    memcpy(log.b, sample_id(LOG).b, HASH_BYTES);
    step_add(control, &(struct step){{2, 'A', {1}, CONTROL_ADD, 'E', RIGHT_WRITE}, 0});
    for (uint32_t n = 0; n <= CONTROL_LIMITS_MAX; n++) {
        enum muster_error error = control_log_limit(control, &log, &by, &ctl, 1, &found);
        assert_int_equal(error, MUSTER_OK);
        assert_int_equal(found.count, n);
        step_add(control, &(struct step){{3 + n, 'A', {2 + n}, CONTROL_SET_RIGHT, 'E', RIGHT_READ}, 9 + n});
    }
    assert_int_equal(control_log_limit(control, &log, &by, &ctl, 1, &found), MUSTER_ETOOBIG);
    assert_int_equal(found.status, CONTROL_LOG_LIMITED);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.at[0].position, 0);
    control_free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_log_counts_as_far_as_the_rules_say),
        cmocka_unit_test(test_a_log_with_too_many_limits_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
