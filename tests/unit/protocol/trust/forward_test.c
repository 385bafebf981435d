/* forward_test.c — who is sent what, and who is given which key. */
#include "sample.h"

#include "protocol/trust/epochs.h"
#include "protocol/trust/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A, B, C are admins; D writes; S is suspended; N has right none; R was removed (6, approved by 7). */
static const struct sample_op story[] = {
    {2, 'A', {1}, CONTROL_ADD, 'D', RIGHT_WRITE},
    {3, 'A', {2}, CONTROL_ADD, 'S', RIGHT_WRITE},
    {4, 'B', {3}, CONTROL_SUSPEND, 'S', 0},
    {5, 'A', {4}, CONTROL_ADD, 'R', RIGHT_READ},
    {6, 'B', {5}, CONTROL_REMOVE, 'R', 0},
    {7, 'A', {6}, CONTROL_APPROVE, 6, 0},
    {8, 'A', {7}, CONTROL_ADD, 'N', RIGHT_READ},
    {9, 'B', {8}, CONTROL_SET_RIGHT, 'N', RIGHT_NONE},
    {10, 'C', {5}, CONTROL_ACK, 0, 0}, /* beside the removal */
};

enum { DATA = 0 };

static const struct {
    const char *says;
    uint32_t peer, item;
    bool allowed;
    enum forward_rule rule;
} rows[] = {
    {"a writer gets data", 'D', DATA, true, FORWARD_MEMBER},
    {"a writer gets control", 'D', 9, true, FORWARD_MEMBER},
    {"a writer gets control that is not held here yet", 'D', 99, true, FORWARD_MEMBER},
    {"a suspended member gets no data", 'S', DATA, false, FORWARD_SUSPENDED},
    {"a suspended member gets control", 'S', 4, true, FORWARD_MEMBER},
    {"a removed agency gets no data", 'R', DATA, false, FORWARD_REMOVED},
    {"a removed agency gets its removal", 'R', 6, true, FORWARD_REMOVAL_NOTICE},
    {"a removed agency gets the approvals of it", 'R', 7, true, FORWARD_REMOVAL_NOTICE},
    {"a removed agency gets what is in their past", 'R', 1, true, FORWARD_REMOVAL_NOTICE},
    {"a removed agency gets nothing after", 'R', 8, false, FORWARD_NOT_A_MEMBER},
    {"a removed agency gets nothing beside", 'R', 10, false, FORWARD_NOT_A_MEMBER},
    {"a removed agency gets nothing that is not held", 'R', 99, false, FORWARD_NOT_A_MEMBER},
    {"who was lowered to nothing gets no data", 'N', DATA, false, FORWARD_NOT_A_MEMBER},
    {"who was lowered to nothing gets no control", 'N', 9, false, FORWARD_NOT_A_MEMBER},
    {"a stranger gets no data", 'X', DATA, false, FORWARD_NOT_A_MEMBER},
    {"a stranger gets no control", 'X', 1, false, FORWARD_NOT_A_MEMBER},
};

static void test_each_peer_is_sent_what_the_rules_say(void **state)
{
    struct control *control = sample_space(3, HISTORY_ALL);

    (void)state;
    sample_add_all(control, story, ARRAY_LEN(story));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct agency_id peer = sample_agency(rows[i].peer);
        struct record_id item = sample_id(rows[i].item);
        struct forward_decision d = forward_decide(control, &peer, rows[i].item == DATA ? NULL : &item);
        print_message("%s\n", rows[i].says);
        assert_int_equal(d.rule, rows[i].rule);
        assert_int_equal(d.allowed, rows[i].allowed);
    }
    control_free(control);
}

static void test_the_notice_is_the_removal_and_what_it_rests_on(void **state)
{
    struct control *control = sample_space(3, HISTORY_ALL);
    struct agency_id removed = sample_agency('R'), member = sample_agency('D');
    struct record_id notice[16];

    (void)state;
    sample_add_all(control, story, ARRAY_LEN(story));
    assert_int_equal(forward_notice(control, &removed, notice, ARRAY_LEN(notice)), 7);
    for (uint32_t i = 0; i < 7; i++)
        assert_memory_equal(notice[i].b, sample_id(i + 1).b, HASH_BYTES);
    assert_int_equal(forward_notice(control, &removed, notice, 3), 3);
    assert_int_equal(forward_notice(control, &member, notice, ARRAY_LEN(notice)), 0);
    control_free(control);
}

static void test_strangers_show_control_alone_and_see_no_tag(void **state)
{
    struct control *control = sample_space(3, HISTORY_ALL);
    struct agency_id stranger = sample_agency('X'), member = sample_agency('D');

    (void)state;
    sample_add_all(control, story, ARRAY_LEN(story));
    assert_true(forward_takes(control, &stranger, false));
    assert_false(forward_takes(control, &stranger, true));
    assert_true(forward_takes(control, &member, true));
    assert_false(forward_shows_tag(control, &stranger));
    assert_true(forward_shows_tag(control, &member));
    control_free(control);
}

/* -- keys ------------------------------------------------------------------------------------------------ */
static void add_epoch(struct control *control, uint32_t id, uint32_t by, uint32_t after, const char *to)
{
    struct agency_id readers[8];
    struct record_id dep = sample_id(after);
    struct control_op op = {.id = sample_id(id),
                            .by = sample_agency(by),
                            .deps = &dep,
                            .deps_count = 1,
                            .verb = CONTROL_EPOCH,
                            .to = readers,
                            .to_count = strlen(to)};

    for (size_t i = 0; i < op.to_count; i++)
        readers[i] = sample_agency((uint32_t)to[i]);
    assert_int_equal(control_add(control, &op), MUSTER_OK);
}

/* Two admins, the epoch 2 for both, then E joins (3) as a reader. */
static struct control *space_with_newcomer(enum control_history history)
{
    struct control *control = sample_space(2, history);

    add_epoch(control, 2, 'A', 1, "AB");
    sample_add(control, &(struct sample_op){3, 'A', {2}, CONTROL_ADD, 'E', RIGHT_READ});
    return control;
}

static const struct {
    const char *says;
    enum control_history history;
    bool still_usable, to_newcomer;
} histories[] = {
    {"with history an epoch serves on, and newcomers get its key", HISTORY_ALL, true, true},
    {"without, a newcomer ends it and does not get its key", HISTORY_JOIN, false, false},
};

static void test_a_newcomer_reads_what_the_history_rule_says(void **state)
{
    struct record_id first = sample_id(2), absent = sample_id(99), no_epoch = sample_id(3);
    struct agency_id b = sample_agency('B'), e = sample_agency('E'), x = sample_agency('X');

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(histories); i++) {
        struct control *control = space_with_newcomer(histories[i].history);
        print_message("%s\n", histories[i].says);
        assert_int_equal(sample_verdict(control, 2), CONTROL_EFFECTIVE);
        assert_int_equal(epoch_current(control, NULL, NULL) != NULL, histories[i].still_usable);
        assert_int_equal(epoch_wanted(control, NULL, NULL), !histories[i].still_usable);
        assert_true(epoch_may_deliver(control, &first, &b));
        assert_int_equal(epoch_may_deliver(control, &first, &e), histories[i].to_newcomer);
        assert_false(epoch_may_deliver(control, &first, &x));
        assert_false(epoch_may_deliver(control, &absent, &b));
        assert_false(epoch_may_deliver(control, &no_epoch, &b));
        assert_int_equal(epoch_draft(control)->to_count, 3);
        assert_int_equal(epoch_draft(control)->allowed_to_writers, !histories[i].still_usable);
        control_free(control);
    }
}

static void test_an_epoch_for_others_than_the_readers_is_void(void **state)
{
    struct control *control = space_with_newcomer(HISTORY_ALL);

    (void)state;
    add_epoch(control, 4, 'A', 3, "AB");
    add_epoch(control, 5, 'A', 3, "ABEX");
    add_epoch(control, 6, 'E', 3, "ABE"); /* a reader opens none */
    add_epoch(control, 7, 'B', 3, "ABE");
    assert_int_equal(sample_verdict(control, 4), CONTROL_NOT_ALLOWED);
    assert_int_equal(sample_verdict(control, 5), CONTROL_NOT_ALLOWED);
    assert_int_equal(sample_verdict(control, 6), CONTROL_NOT_ALLOWED);
    assert_int_equal(sample_verdict(control, 7), CONTROL_EFFECTIVE);
    control_free(control);
}

static bool holds_first(void *arg, const struct record_id *epoch)
{
    (void)arg;
    struct record_id first = sample_id(2);
    return record_id_eq(epoch, &first);
}

static bool holds_none(void *arg, const struct record_id *epoch)
{
    (void)arg;
    (void)epoch;
    return false;
}

static void test_a_writer_seals_under_an_epoch_whose_key_it_holds(void **state)
{
    struct control *control = space_with_newcomer(HISTORY_ALL);
    struct record_id wraps[4];

    (void)state;
    add_epoch(control, 4, 'A', 3, "ABE");
    assert_memory_equal(epoch_current(control, NULL, NULL)->id.b, sample_id(4).b, HASH_BYTES);
    assert_int_equal(epoch_current(control, NULL, NULL)->generation, 2);
    assert_memory_equal(epoch_current(control, holds_first, NULL)->id.b, sample_id(2).b, HASH_BYTES);
    assert_null(epoch_current(control, holds_none, NULL));
    assert_true(epoch_wanted(control, holds_none, NULL));
    assert_int_equal(epoch_next_wraps(control, NULL, NULL, wraps, 4), 1);
    assert_memory_equal(wraps[0].b, sample_id(4).b, HASH_BYTES);
    assert_int_equal(epoch_next_wraps(control, holds_first, NULL, wraps, 4), 1);
    assert_memory_equal(wraps[0].b, sample_id(2).b, HASH_BYTES);
    assert_int_equal(epoch_next_wraps(control, holds_none, NULL, wraps, 4), 0);
    control_free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_peer_is_sent_what_the_rules_say),
        cmocka_unit_test(test_the_notice_is_the_removal_and_what_it_rests_on),
        cmocka_unit_test(test_strangers_show_control_alone_and_see_no_tag),
        cmocka_unit_test(test_a_newcomer_reads_what_the_history_rule_says),
        cmocka_unit_test(test_an_epoch_for_others_than_the_readers_is_void),
        cmocka_unit_test(test_a_writer_seals_under_an_epoch_whose_key_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
