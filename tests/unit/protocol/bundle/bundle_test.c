/* bundle_test.c — nodes that never have a connection, and a stick that is carried between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

static struct bundle_report report; /* large */

/* A file from one node to another; the report is in `report`. */
static enum muster_error carry(struct world *w, size_t from, size_t to, const struct bundle_order *order, size_t *bytes)
{
    struct bundle_made made;
    enum muster_error error = world_bundle_out(w, from, to, order, &made);
    assert_int_equal(error, MUSTER_OK);
    if (bytes)
        *bytes = made.len;
    error = world_bundle_in(w, to, made.bytes, made.len, &report);
    if (error)
        print_message("refused: %s\n", report.text.sentence);
    free(made.bytes);
    return error;
}

static void assert_equal_states(struct world *w, const struct space_id *space, size_t nodes, uint64_t objects)
{
    uint64_t count;
    struct hash first = world_digest(w, 0, space, &count);
    assert_int_equal(count, objects);
    for (size_t i = 1; i < nodes; i++) {
        struct hash other = world_digest(w, i, space, &count);
        assert_int_equal(count, objects);
        assert_memory_equal(first.b, other.b, sizeof(first.b));
    }
}

/* A founder and a newcomer with an invite, who have never been connected. */
static struct world *two(uint64_t seed, struct space_id *space)
{
    struct world *w = world_new(seed);
    world_node(w, "Yibin");
    world_node(w, "Zhaotong");
    assert_int_equal(world_space(w, 0, "flood", false, space), MUSTER_OK);
    assert_int_equal(world_invite(w, 0, space, 1, RIGHT_WRITE), MUSTER_OK);
    return w;
}

static void test_a_newcomer_with_only_a_stick_becomes_a_member(void **state)
{
    (void)state;
    struct space_id space;
    struct space_view view;
    struct object_id object;
    size_t first, second;
    struct world *w = two(1, &space);
    for (int i = 0; i < 20; i++)
        assert_int_equal(world_incident(w, 0, &space, "Jinsha dike", i ? NULL : &object), MUSTER_OK);
    assert_int_equal(carry(w, 0, 1, NULL, &first), MUSTER_OK);
    assert_true(report.mine && report.fresh > 0 && report.refused == 0 && report.missing == 0);
    assert_int_equal(report.known, 0);
    assert_equal_states(w, &space, 2, 20);
    assert_true(core_space_by_id(world_core(w, 1), &space, &view));
    assert_int_equal(view.right, RIGHT_WRITE);
    assert_int_equal(view.waiting_segments, 0);
    /* It writes, and its file brings that back, with its receipt. */
    assert_int_equal(world_incident(w, 1, &space, "Road G247", NULL), MUSTER_OK);
    assert_int_equal(world_rename(w, 1, &space, &object, "mine"), MUSTER_ENOTOWNER);
    assert_int_equal(carry(w, 1, 0, NULL, &second), MUSTER_OK);
    assert_true(report.echo); /* it answers the founder's file */
    assert_equal_states(w, &space, 2, 21);
    print_message("20 incidents to a newcomer: %zu bytes; the reply: %zu bytes\n", first, second);
    assert_true(second < first);
    /* What they both know is not carried again. */
    struct bundle_made made;
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &made), MUSTER_OK);
    assert_int_equal(made.segments, 0);
    free(made.bytes);
    world_free(w);
}

static void test_many_exchanges_reach_equal_states(void **state)
{
    (void)state;
    struct space_id space;
    struct object_id mine, theirs;
    struct world *w = two(2, &space);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(world_incident(w, 0, &space, "A0", &mine), MUSTER_OK);
    assert_int_equal(world_incident(w, 1, &space, "B0", &theirs), MUSTER_OK);
    uint64_t objects = 2;
    for (int round = 0; round < 8; round++) {
        char name[32];
        snprintf(name, sizeof(name), "round %d", round);
        for (int i = 0; i < round; i++, objects++)
            assert_int_equal(world_incident(w, i % 2 ? 0 : 1, &space, name, NULL), MUSTER_OK);
        assert_int_equal(world_rename(w, 0, &space, &mine, name), MUSTER_OK);
        assert_int_equal(world_rename(w, 1, &space, &theirs, name), MUSTER_OK);
        assert_int_equal(carry(w, round % 2 ? 0 : 1, round % 2 ? 1 : 0, NULL, NULL), MUSTER_OK);
        world_run(w, 1000);
    }
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(carry(w, 1, 0, NULL, NULL), MUSTER_OK);
    assert_equal_states(w, &space, 2, objects);
    world_free(w);
}

static void test_a_stick_carries_what_others_wrote(void **state)
{
    (void)state;
    struct space_id space;
    struct world *w = two(3, &space);
    size_t c = world_node(w, "Chengdu");
    assert_int_equal(world_invite(w, 0, &space, c, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(world_incident(w, 1, &space, "by Zhaotong", NULL), MUSTER_OK);
    /* Chengdu, which has met nobody, hears of all through Zhaotong, whose card it has never seen. */
    assert_int_equal(carry(w, 1, c, NULL, NULL), MUSTER_OK);
    assert_int_equal(report.refused, 0);
    assert_int_equal(world_incident(w, c, &space, "by Chengdu", NULL), MUSTER_OK);
    assert_int_equal(carry(w, c, 0, NULL, NULL), MUSTER_OK);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_equal_states(w, &space, 3, 2);
    world_free(w);
}

static void test_an_old_file_taken_again_changes_nothing(void **state)
{
    (void)state;
    struct space_id space;
    struct bundle_made old, again;
    struct world *w = two(4, &space);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(world_incident(w, 1, &space, "first", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(w, 1, 0, NULL, &old), MUSTER_OK);
    assert_int_equal(world_bundle_in(w, 0, old.bytes, old.len, &report), MUSTER_OK);
    world_run(w, 1000);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(world_incident(w, 0, &space, "second", NULL), MUSTER_OK);
    assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
    assert_int_equal(carry(w, 1, 0, NULL, NULL), MUSTER_OK);
    assert_equal_states(w, &space, 2, 2);
    struct core_counters before, after;
    core_counters(world_core(w, 0), &before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_bundle_in(w, 0, old.bytes, old.len, &report), MUSTER_OK);
        assert_int_equal(report.fresh, 0);
        assert_int_equal(report.refused, 0);
        assert_true(report.known > 0);
    }
    core_counters(world_core(w, 0), &after);
    assert_int_equal(after.segments_in, before.segments_in);
    assert_equal_states(w, &space, 2, 2);
    /* Nor does its older receipt count: what was acknowledged since is not sent again. */
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &again), MUSTER_OK);
    assert_int_equal(again.segments, 0);
    free(again.bytes);
    free(old.bytes);
    world_free(w);
}

/* RULES I5: an echo of before the restart says nothing of what was written since then, and lost. */
static void test_only_an_answer_to_this_process_is_an_echo(void **state)
{
    (void)state;
    static const struct { const char *says; bool fresh; } cases[] = {
        {"an answer to a file of this process is an echo", true},
        {"a file that was made before this process began is none", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct space_id space;
        struct bundle_made before;
        struct log_view log;
        size_t own = 0;
        struct world *w = two(5 + i, &space);
        print_message("%s\n", cases[i].says);
        assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
        assert_int_equal(world_incident(w, 1, &space, "before", NULL), MUSTER_OK);
        assert_int_equal(carry(w, 1, 0, NULL, NULL), MUSTER_OK);
        assert_int_equal(world_bundle_out(w, 0, 1, NULL, &before), MUSTER_OK);
        world_restart(w, 1);
        if (cases[i].fresh) {
            assert_int_equal(carry(w, 1, 0, NULL, NULL), MUSTER_OK);
            assert_int_equal(carry(w, 0, 1, NULL, NULL), MUSTER_OK);
        } else {
            assert_int_equal(world_bundle_in(w, 1, before.bytes, before.len, &report), MUSTER_OK);
        }
        assert_int_equal(report.echo, cases[i].fresh);
        assert_int_equal(world_incident(w, 1, &space, "after", NULL), MUSTER_OK);
        for (size_t l = 0; core_log_at(world_core(w, 1), 0, l, &log); l++)
            own += log.own && log.role == 0;
        assert_int_equal(own, cases[i].fresh ? 1 : 2); /* without an echo it goes on in a new log */
        free(before.bytes);
        world_free(w);
    }
}

static void test_parts_are_useful_alone_and_in_any_order(void **state)
{
    (void)state;
    struct space_id space;
    struct world *w = two(7, &space);
    struct bundle_made parts[16];
    size_t count = 0;
    for (int i = 0; i < 900; i++)
        assert_int_equal(world_incident(w, 0, &space, "one of very many incidents along the river", NULL), MUSTER_OK);
    struct bundle_order order = {.part_bytes = BUNDLE_PART_BYTES_MIN};
    do {
        assert_true(count < ARRAY_LEN(parts));
        assert_int_equal(world_bundle_out(w, 0, 1, &order, &parts[count]), MUSTER_OK);
        order.from_log = parts[count].next_log;
        order.from_position = parts[count].next_position;
    } while (parts[count++].more);
    assert_true(count >= 3);
    uint64_t sent = 0;
    for (size_t i = count; i-- > 0;) { /* what is left behind each is what the following ones bring */
        assert_true(i + 1 == count ? parts[i].left == 0 : parts[i].left > parts[i + 1].left);
        assert_true(parts[i].left <= sent);
        sent += parts[i].segments;
        assert_memory_equal(parts[i].state.b, parts[0].state.b, HASH_BYTES);
    }
    for (size_t i = count; i-- > 0;) { /* the last one first */
        assert_int_equal(world_bundle_in(w, 1, parts[i].bytes, parts[i].len, &report), MUSTER_OK);
        print_message("part %zu: %zu bytes, %llu new, %llu missing\n", i + 1, parts[i].len, (unsigned long long)report.fresh,
                      (unsigned long long)report.missing);
        assert_true(report.fresh > 0 || i + 1 == count);
        assert_int_equal(report.missing > 0, i > 0);
        assert_int_equal(report.more, i + 1 < count);
        free(parts[i].bytes);
    }
    assert_equal_states(w, &space, 2, 900);
    struct bundle_made later;
    assert_int_equal(world_incident(w, 0, &space, "one that was not there before", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &later), MUSTER_OK);
    assert_memory_not_equal(later.state.b, parts[0].state.b, HASH_BYTES);
    free(later.bytes);
    world_free(w);
}

static void test_an_import_that_fails_halfway_goes_on_when_repeated(void **state)
{
    (void)state;
    struct space_id space;
    struct bundle_made made;
    struct world *w = two(8, &space);
    for (int i = 0; i < 50; i++)
        assert_int_equal(world_incident(w, 0, &space, "incident", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &made), MUSTER_OK);
    world_fail_commits(w, 1, 1, MUSTER_EFULL);
    assert_int_equal(world_bundle_in(w, 1, made.bytes, made.len, &report), MUSTER_EFULL);
    /* Intake rests for a while: the repetition waits for that. */
    assert_int_equal(world_bundle_in(w, 1, made.bytes, made.len, &report), MUSTER_OK);
    assert_equal_states(w, &space, 2, 50);
    /* A restart in the middle loses no more than what was not durable. */
    assert_int_equal(world_incident(w, 0, &space, "one more", NULL), MUSTER_OK);
    free(made.bytes);
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &made), MUSTER_OK);
    world_restart(w, 1);
    assert_int_equal(world_bundle_in(w, 1, made.bytes, made.len, &report), MUSTER_OK);
    assert_equal_states(w, &space, 2, 51);
    free(made.bytes);
    world_free(w);
}

static void test_a_connection_tells_what_a_bundle_need_not_carry(void **state)
{
    (void)state;
    struct space_id space;
    struct bundle_made made;
    struct world *w = two(9, &space);
    for (int i = 0; i < 30; i++)
        assert_int_equal(world_incident(w, 0, &space, "over the line", NULL), MUSTER_OK);
    world_connect(w, 1, 0);
    assert_true(world_settle(w, 60000));
    world_cut(w, 1, 0);
    world_run(w, 1000);
    assert_int_equal(world_incident(w, 0, &space, "on the stick", NULL), MUSTER_OK);
    assert_int_equal(world_bundle_out(w, 0, 1, NULL, &made), MUSTER_OK);
    assert_int_equal(world_bundle_in(w, 1, made.bytes, made.len, &report), MUSTER_OK);
    assert_true(report.fresh == 1);
    assert_equal_states(w, &space, 2, 31);
    free(made.bytes);
    /* All of it goes when that is asked for. */
    struct bundle_order all = {.all = true};
    assert_int_equal(carry(w, 0, 1, &all, NULL), MUSTER_OK);
    assert_int_equal(report.fresh, 0);
    assert_true(report.known >= 31);
    /* And then the line again. */
    world_connect(w, 0, 1);
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_incident(w, 1, &space, "live", NULL), MUSTER_OK);
    world_run(w, 2000);
    assert_equal_states(w, &space, 2, 32);
    world_free(w);
}

static void test_a_bundle_while_connected_harms_no_session(void **state)
{
    (void)state;
    struct space_id space;
    struct world *w = two(10, &space);
    world_connect(w, 1, 0);
    assert_true(world_settle(w, 60000));
    struct bundle_order all = {.all = true};
    assert_int_equal(carry(w, 0, 1, &all, NULL), MUSTER_OK);
    assert_int_equal(carry(w, 1, 0, &all, NULL), MUSTER_OK);
    assert_true(world_linked(w, 0, 1));
    assert_int_equal(world_events(w, 0, "node.cloned") + world_events(w, 1, "node.cloned"), 0);
    assert_int_equal(world_incident(w, 1, &space, "live", NULL), MUSTER_OK);
    world_run(w, 2000);
    assert_equal_states(w, &space, 2, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_newcomer_with_only_a_stick_becomes_a_member),
        cmocka_unit_test(test_many_exchanges_reach_equal_states),
        cmocka_unit_test(test_a_stick_carries_what_others_wrote),
        cmocka_unit_test(test_an_old_file_taken_again_changes_nothing),
        cmocka_unit_test(test_only_an_answer_to_this_process_is_an_echo),
        cmocka_unit_test(test_parts_are_useful_alone_and_in_any_order),
        cmocka_unit_test(test_an_import_that_fails_halfway_goes_on_when_repeated),
        cmocka_unit_test(test_a_connection_tells_what_a_bundle_need_not_carry),
        cmocka_unit_test(test_a_bundle_while_connected_harms_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
