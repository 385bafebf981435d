/* bundle_forks_test.c — a member that writes two histories, and honest ones who have only a stick between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/evil.h"

#include <stdio.h>
#include <stdlib.h>

enum { ALICE, BOB, MALLORY, LENGTH = 8, PARTS = 3 }; /* segments of a branch; the first position that differs */

static struct bundle_report report; /* large */
static struct evil_log log_of_two;
static struct evil_segment branch[2][LENGTH + 1]; /* by position */

static void carry(struct world *w, size_t from, size_t to)
{
    struct bundle_made made;
    assert_int_equal(world_bundle_out(w, from, to, NULL, &made), MUSTER_OK);
    assert_int_equal(world_bundle_in(w, to, made.bytes, made.len, &report), MUSTER_OK);
    assert_int_equal(report.refused, 0); /* disputed is no refusal */
    world_run(w, 1000);
    free(made.bytes);
}

static void make_branches(struct evil *e)
{
    evil_log_open(e, &log_of_two, false);
    for (int b = 0; b < 2; b++)
        for (uint64_t p = 1; p <= LENGTH; p++) {
            char text[32];
            snprintf(text, sizeof(text), "%d at %d", p < PARTS ? 0 : b, (int)p);
            if (b && p < PARTS)
                branch[1][p] = branch[0][p];
            else
                evil_segment_make(e, &branch[b][p], &log_of_two, p > 1 ? &branch[b][p - 1] : NULL, text);
        }
}

static void give(struct world *w, struct evil *e, size_t to, int b)
{
    e->victim = to;
    evil_connect(e);
    for (uint64_t p = 1; p <= LENGTH; p++) {
        evil_give(e, &log_of_two, &branch[b][p]);
        world_run(w, TICK_MS);
    }
    world_cut(w, MALLORY, to);
}

static uint64_t fork_at(struct world *w, size_t node)
{
    struct log_view view;
    for (size_t i = 0; core_log_at(world_core(w, node), 0, i, &view); i++)
        if (memcmp(view.id.b, log_of_two.id.b, HASH_BYTES) == 0)
            return view.fork_at;
    return UINT64_MAX;
}

static const struct {
    const char *says;
    int alice[2], bob; /* branches that they hear from the liar; -1: none */
    size_t way[4];     /* who makes the files, in turn, for the other one */
    size_t files;
} cases[] = {
    {"one who heard both tells the other",                     {0, 1},  -1, {ALICE},                    1},
    {"the two histories meet in the first file",               {0, -1}, 1,  {ALICE, BOB},               2},
    {"and the same when the other one begins",                 {0, -1}, 1,  {BOB, ALICE},               2},
    {"one who learned of it from a file answers with a proof", {0, -1}, 1,  {ALICE, BOB, ALICE, BOB},   4},
};

static void test_forks_travel_on_sticks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world *w = world_new(40 + i);
        struct space_id space;
        uint64_t alice, bob;
        print_message("%s\n", cases[i].says);
        world_node(w, "Alice");
        world_node(w, "Bob");
        world_node(w, "Mallory");
        assert_int_equal(world_space(w, ALICE, "flood", false, &space), MUSTER_OK);
        assert_int_equal(world_invite(w, ALICE, &space, BOB, RIGHT_WRITE), MUSTER_OK);
        assert_int_equal(world_invite(w, ALICE, &space, MALLORY, RIGHT_WRITE), MUSTER_OK);
        assert_int_equal(world_incident(w, ALICE, &space, "Jinsha dike", NULL), MUSTER_OK);
        world_connect(w, MALLORY, ALICE);
        assert_true(world_settle(w, 60000));
        carry(w, ALICE, BOB);
        carry(w, BOB, ALICE);
        struct evil *e = evil_new(w, MALLORY, ALICE, &space);
        make_branches(e);
        for (size_t b = 0; b < 2; b++)
            if (cases[i].alice[b] >= 0)
                give(w, e, ALICE, cases[i].alice[b]);
        if (cases[i].bob >= 0)
            give(w, e, BOB, cases[i].bob);
        for (size_t f = 0; f < cases[i].files; f++)
            carry(w, cases[i].way[f], cases[i].way[f] == ALICE ? BOB : ALICE);
        assert_int_equal(fork_at(w, ALICE), PARTS);
        assert_int_equal(fork_at(w, BOB), PARTS);
        struct hash a = world_digest(w, ALICE, &space, &alice), b = world_digest(w, BOB, &space, &bob);
        assert_int_equal(alice, 1 + PARTS - 1); /* what lies before the fork counts */
        assert_int_equal(bob, alice);
        assert_memory_equal(a.b, b.b, sizeof(a.b));
        evil_free(e);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forks_travel_on_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
