/* limits_test.c — a forked log and a cut: one branch counts, the same at all, whichever each had held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "party.h"
#include "unit/protocol/hostile/scene.h"

#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 3, LENGTH = 90, BRANCHES = 2 };

static struct evil_log forked;
static struct evil_segment *branch[BRANCHES]; /* by position */

static void make_branches(struct evil *e)
{
    evil_log_open(e, &forked, false);
    for (int b = 0; b < BRANCHES; b++) {
        branch[b] = calloc(LENGTH + 1, sizeof(**branch));
        for (uint64_t p = 1; p <= LENGTH; p++) {
            char text[32];
            snprintf(text, sizeof(text), "%d at %d", p < PARTS ? 0 : b, (int)p);
            if (b && p < PARTS)
                branch[1][p] = branch[0][p];
            else
                evil_segment_make(e, &branch[b][p], &forked, p > 1 ? &branch[b][p - 1] : NULL, text);
        }
    }
}

static void give(struct scene *s, size_t to, int b, uint64_t last)
{
    s->evil->victim = to;
    if (!evil_is_up(s->evil))
        evil_connect(s->evil);
    for (uint64_t p = 1; p <= last; p++) {
        evil_give(s->evil, &forked, &branch[b][p]);
        world_run(s->w, TICK_MS);
    }
    world_cut(s->w, MALLORY, to);
}

static uint64_t objects_of(struct scene *s, size_t node)
{
    uint64_t objects;
    (void)world_digest(s->w, node, &s->space, &objects);
    return objects;
}

static void assert_agreed(struct scene *s, uint64_t counted)
{
    struct hash a = world_digest(s->w, ALICE, &s->space, NULL), b = world_digest(s->w, BOB, &s->space, NULL);
    assert_int_equal(objects_of(s, ALICE), s->objects + counted);
    assert_int_equal(objects_of(s, BOB), s->objects + counted);
    assert_memory_equal(a.b, b.b, sizeof(a.b));
}

static const struct {
    const char *says;
    int alice, bob;         /* the branch that each is given */
    uint64_t alice_to, bob_to;
    int named;              /* the branch and position of the cut's head */
    uint64_t position;
    uint64_t counted;
} rows[] = {
    {"the cut names what Alice holds", 0, 1, 8, 8, 0, 8, 8},
    {"the cut names what Bob holds", 0, 1, 8, 8, 1, 8, 8},
    {"it names the middle of a branch", 0, 1, 8, 8, 1, 5, 5},
    {"it names the very place of the fork", 0, 1, 8, 8, 1, PARTS, PARTS},
    {"Bob's branch is the longer one", 0, 1, 5, 12, 1, 12, 12},
    {"it names what lies before the fork", 0, 1, 8, 8, 0, PARTS - 1, PARTS - 1},
    {"the branch is longer than a run", 0, 1, LENGTH, LENGTH, 1, LENGTH, LENGTH},
};

static void test_a_cut_settles_a_fork_for_everybody(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s;
        struct command_outcome outcome;
        print_message("%s\n", rows[i].says);
        scene_open(&s, 970 + i, RIGHT_WRITE);
        make_branches(s.evil);
        world_cut(s.w, MALLORY, ALICE);
        world_cut(s.w, ALICE, BOB);
        give(&s, ALICE, rows[i].alice, rows[i].alice_to);
        give(&s, BOB, rows[i].bob, rows[i].bob_to);
        world_connect(s.w, BOB, ALICE);
        world_run(s.w, 5000);
        assert_agreed(&s, PARTS - 1); /* in dispute from there on */
        struct command cut = {.kind = COMMAND_CUT, .space_id = s.space, .log = forked.id, .position = rows[i].position};
        memcpy(cut.head.b, branch[rows[i].named][rows[i].position].id.b, HASH_BYTES);
        assert_int_equal(world_govern(s.w, ALICE, &cut, &outcome), MUSTER_OK);
        assert_int_equal(outcome.judged.verdict, CONTROL_EFFECTIVE);
        world_run(s.w, 30000);
        assert_agreed(&s, rows[i].counted);
        /* And after a start. */
        world_restart(s.w, ALICE);
        world_restart(s.w, BOB);
        assert_agreed(&s, rows[i].counted);
        world_connect(s.w, BOB, ALICE);
        world_run(s.w, 5000);
        assert_agreed(&s, rows[i].counted);
        for (int b = 0; b < BRANCHES; b++)
            free(branch[b]);
        scene_close(&s);
    }
}

static bool is_admin(struct scene *s, size_t node)
{
    struct space_view view;
    struct agency_id mallory = world_agency(s->w, MALLORY);
    assert_true(core_space_by_id(world_core(s->w, node), &s->space, &view));
    const struct control_member *member = control_member(view.control, &mallory);
    return member && member->admin;
}

static bool is_member(struct scene *s, size_t node, const struct agency_id *who)
{
    struct space_view view;
    assert_true(core_space_by_id(world_core(s->w, node), &s->space, &view));
    return control_member(view.control, who) != NULL;
}

/* An admin that decides two things at one time loses its vote, until the others say which of the two counts. */
static void test_a_cut_of_a_control_line_gives_the_vote_back(void **state)
{
    (void)state;
    struct scene s;
    struct evil_log line;
    struct evil_segment *two = calloc(2, sizeof(*two));
    struct agency_id guests[2] = {{{1}}, {{2}}};
    struct command_outcome outcome;
    static const enum right admins[] = {RIGHT_ADMIN, RIGHT_ADMIN, RIGHT_ADMIN};
    struct party p;
    party_open(&p, 990, admins, 3);
    for (size_t i = ALICE; i <= BOB; i++)
        world_cut(p.w, MALLORY, i);
    s = (struct scene){.w = p.w, .space = p.space, .evil = evil_new(p.w, MALLORY, ALICE, &p.space)};
    evil_log_open(s.evil, &line, true);
    for (int b = 0; b < 2; b++) {
        uint8_t body[64];
        size_t len = operation_add(body, sizeof(body), &guests[b], RIGHT_READ, (struct bytes){NULL, 0});
        evil_control_make(s.evil, &two[b], &line, NULL, CTL_ADD, (struct bytes){body, len});
    }
    assert_true(is_admin(&s, ALICE) && is_admin(&s, BOB));
    for (int b = 0; b < 2; b++) {
        s.evil->victim = b ? BOB : ALICE;
        if (!evil_is_up(s.evil))
            evil_connect(s.evil);
        evil_give(s.evil, &line, &two[b]);
        world_run(s.w, 200);
        world_cut(s.w, MALLORY, s.evil->victim);
    }
    world_run(s.w, 8000);
    for (size_t node = ALICE; node <= BOB; node++) {
        assert_false(is_admin(&s, node));
        assert_false(is_member(&s, node, &guests[0]) || is_member(&s, node, &guests[1]));
    }
    struct command cut = {.kind = COMMAND_CUT, .space_id = s.space, .agency = world_agency(s.w, MALLORY)};
    assert_int_equal(world_govern(s.w, ALICE, &cut, &outcome), MUSTER_OK); /* at what Alice saw first */
    assert_int_equal(outcome.judged.verdict, CONTROL_WAITS_FOR_APPROVALS); /* they saw one branch: three admins */
    world_run(s.w, 2000);
    assert_int_equal(party_approve(&p, BOB, &outcome.operation, &outcome), MUSTER_OK);
    assert_int_equal(outcome.judged.verdict, CONTROL_EFFECTIVE);
    world_run(s.w, 5000);
    for (size_t node = ALICE; node <= BOB; node++) {
        assert_true(is_admin(&s, node));
        assert_true(is_member(&s, node, &guests[0]));
        assert_false(is_member(&s, node, &guests[1]));
    }
    free(two);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cut_settles_a_fork_for_everybody),
        cmocka_unit_test(test_a_cut_of_a_control_line_gives_the_vote_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
