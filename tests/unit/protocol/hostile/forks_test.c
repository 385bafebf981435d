/* forks_test.c — a member that writes two histories: the same place of the fork at all, whoever heard which first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 90, PARTS = 3 }; /* segments of a branch; the first position that differs */

static struct evil_log log_of_two;
static struct evil_segment *branch[2]; /* by position */

static void make_branches(struct evil *e, uint64_t length, uint64_t parts)
{
    evil_log_open(e, &log_of_two, false);
    for (int b = 0; b < 2; b++) {
        branch[b] = calloc(length + 1, sizeof(**branch));
        for (uint64_t p = 1; p <= length; p++) {
            char text[32];
            snprintf(text, sizeof(text), "%d at %d", p < parts ? 0 : b, (int)p);
            if (b && p < parts)
                branch[1][p] = branch[0][p];
            else
                evil_segment_make(e, &branch[b][p], &log_of_two, p > 1 ? &branch[b][p - 1] : NULL, text);
        }
    }
}

static void free_branches(void)
{
    free(branch[0]);
    free(branch[1]);
}

static void give(struct scene *s, size_t to, int b, uint64_t position)
{
    s->evil->victim = to;
    if (!evil_is_up(s->evil))
        evil_connect(s->evil);
    evil_give(s->evil, &log_of_two, &branch[b][position]);
    world_run(s->w, TICK_MS);
}

static uint64_t fork_at(struct scene *s, size_t node)
{
    struct log_view view;
    for (size_t i = 0; core_log_at(world_core(s->w, node), 0, i, &view); i++)
        if (memcmp(view.id.b, log_of_two.id.b, HASH_BYTES) == 0)
            return view.fork_at;
    return UINT64_MAX;
}

static void assert_forked_everywhere(struct scene *s, uint64_t position)
{
    assert_int_equal(fork_at(s, ALICE), position);
    assert_int_equal(fork_at(s, BOB), position);
    s->objects += position - 1; /* what lies before the fork counts */
    scene_goes_on(s);
}

/* What Alice and Bob are given, and in which order. */
static void both_to_alice(struct scene *s)
{
    for (uint64_t p = 1; p <= 5; p++)
        give(s, ALICE, 0, p);
    for (uint64_t p = PARTS; p <= 5; p++)
        give(s, ALICE, 1, p);
}

static void both_to_alice_the_other_way(struct scene *s)
{
    for (uint64_t p = 1; p <= 5; p++)
        give(s, ALICE, 1, p);
    for (uint64_t p = PARTS; p <= 5; p++)
        give(s, ALICE, 0, p);
}

static void newest_first(struct scene *s)
{
    for (uint64_t p = 5; p >= 1; p--)
        give(s, ALICE, 0, p);
    for (uint64_t p = 5; p >= PARTS; p--)
        give(s, ALICE, 1, p);
}

static void in_turn(struct scene *s)
{
    for (uint64_t p = 1; p <= 5; p++) {
        give(s, ALICE, 0, p);
        give(s, ALICE, 1, p);
    }
}

static void one_to_each(struct scene *s)
{
    world_cut(s->w, ALICE, BOB);
    for (uint64_t p = 1; p <= 5; p++)
        give(s, ALICE, 0, p);
    world_cut(s->w, MALLORY, ALICE);
    for (uint64_t p = 1; p <= 5; p++)
        give(s, BOB, 1, p);
    world_cut(s->w, MALLORY, BOB);
    world_connect(s->w, BOB, ALICE);
}

static void one_to_each_of_other_lengths(struct scene *s)
{
    world_cut(s->w, ALICE, BOB);
    for (uint64_t p = 1; p <= 8; p++)
        give(s, ALICE, 0, p);
    world_cut(s->w, MALLORY, ALICE);
    for (uint64_t p = 1; p <= 4; p++)
        give(s, BOB, 1, p);
    world_cut(s->w, MALLORY, BOB);
    world_connect(s->w, BOB, ALICE);
}

static void far_beyond_the_fork(struct scene *s)
{
    world_cut(s->w, ALICE, BOB);
    for (uint64_t p = 1; p <= LENGTH; p++)
        give(s, ALICE, 0, p);
    world_cut(s->w, MALLORY, ALICE);
    for (uint64_t p = 1; p <= LENGTH; p++)
        give(s, BOB, 1, p);
    world_cut(s->w, MALLORY, BOB);
    world_connect(s->w, BOB, ALICE);
}

static void only_alice_hears_both(struct scene *s)
{
    world_cut(s->w, ALICE, BOB);
    for (uint64_t p = 1; p <= 5; p++)
        give(s, BOB, 0, p);
    world_cut(s->w, MALLORY, BOB);
    both_to_alice(s);
    world_cut(s->w, MALLORY, ALICE);
    world_connect(s->w, BOB, ALICE);
}

static const struct {
    const char *says;
    void (*act)(struct scene *s);
} rows[] = {
    {"Alice hears one branch, then the other",                    both_to_alice               },
    {"Alice hears them the other way round",                      both_to_alice_the_other_way },
    {"Alice hears each branch from its end",                      newest_first                },
    {"Alice hears them in turn",                                  in_turn                     },
    {"Alice hears one, Bob the other; then they meet",            one_to_each                 },
    {"so, and one branch is longer",                              one_to_each_of_other_lengths},
    {"so, and they meet long after the branches parted",          far_beyond_the_fork         },
    {"Bob hears one, Alice both: she shows him",                  only_alice_hears_both       },
};

static void test_a_fork_is_at_the_same_place_for_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s;
        print_message("%s\n", rows[i].says);
        scene_open(&s, 40 + i, RIGHT_WRITE);
        make_branches(s.evil, LENGTH, PARTS);
        rows[i].act(&s);
        world_run(s.w, 8000);
        assert_forked_everywhere(&s, PARTS);
        /* And after a start from what was stored, with what is derived made again. */
        memory_store_derived_reset(world_store(s.w, BOB));
        world_restart(s.w, BOB);
        world_connect(s.w, BOB, ALICE);
        world_run(s.w, 2000);
        assert_int_equal(fork_at(&s, BOB), PARTS);
        scene_goes_on(&s);
        free_branches();
        scene_close(&s);
    }
}

/* A gap in the numbering is a fork at the segment that makes it, whichever of the two comes first. */
static void test_a_gap_in_the_sequence_is_found_from_both_sides(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct scene s;
        scene_open(&s, 60, RIGHT_WRITE);
        make_branches(s.evil, 4, 4);
        struct evil_segment *third = &branch[0][3];
        evil_segment_make(s.evil, third, &log_of_two, &(struct evil_segment){.header = {.position = 2, .first_sequence = 9,
                          .count = 1}, .id = branch[0][2].id}, "a gap before it");
        give(&s, ALICE, 0, 1);
        give(&s, ALICE, 0, order ? 3 : 2);
        give(&s, ALICE, 0, order ? 2 : 3);
        world_run(s.w, 4000);
        assert_forked_everywhere(&s, 3);
        free_branches();
        scene_close(&s);
    }
}

/* Thousands of segments for one position: a few are kept. */
static void test_many_branches_take_little_room(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 61, RIGHT_WRITE);
    make_branches(s.evil, 2, 1);
    give(&s, ALICE, 0, 1);
    struct evil_segment *another = malloc(sizeof(*another));
    for (int i = 0; i < 2000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "branch %d", i);
        evil_segment_make(s.evil, another, &log_of_two, NULL, text);
        evil_give(s.evil, &log_of_two, another);
        if (i % 50 == 0)
            world_run(s.w, TICK_MS);
    }
    world_run(s.w, 2000);
    assert_true(memory_store_count(world_store(s.w, ALICE), T_BRANCH) <= 8);
    assert_true(memory_store_count(world_store(s.w, BOB), T_BRANCH) <= 8);
    assert_forked_everywhere(&s, 1);
    free(another);
    free_branches();
    scene_close(&s);
}

/* An admin with two control histories: it adds one agency on one, another on the other, and goes on on both. */
static void assert_same_members(struct scene *s)
{
    struct space_view alice, bob;
    assert_true(core_space_by_id(world_core(s->w, ALICE), &s->space, &alice));
    assert_true(core_space_by_id(world_core(s->w, BOB), &s->space, &bob));
    const struct control_state *a = control_state(alice.control), *b = control_state(bob.control);
    assert_int_equal(a->member_count, b->member_count);
    assert_memory_equal(a->members, b->members, a->member_count * sizeof(*a->members));
    assert_int_equal(a->effective_count, b->effective_count);
    assert_memory_equal(a->effective, b->effective, a->effective_count * sizeof(*a->effective));
    assert_int_equal(a->void_count, b->void_count);
    assert_int_equal(a->forked_count, 1);
    assert_int_equal(b->forked_count, 1);
    assert_memory_equal(a->forked, b->forked, sizeof(*a->forked));
}

static void test_all_judge_both_histories_of_an_admin(void **state)
{
    (void)state;
    for (int order = 0; order < 8; order++) { /* 1: which first; 2: each to another; 4: the second from its end, and longer */
        struct scene s;
        uint8_t body[2][64];
        scene_open(&s, 62, RIGHT_ADMIN);
        evil_log_open(s.evil, &log_of_two, true);
        for (int b = 0; b < 2; b++) {
            branch[b] = calloc(5, sizeof(**branch));
            for (uint64_t p = 1; p <= 4; p++) {
                struct agency_id who = {{(uint8_t)(10 * b + (int)p)}};
                size_t len = operation_add(body[b], sizeof(body[b]), &who, RIGHT_READ, (struct bytes){NULL, 0});
                if (b && p == 1)
                    branch[1][1] = branch[0][1];
                else
                    evil_control_make(s.evil, &branch[b][p], &log_of_two, p > 1 ? &branch[b][p - 1] : NULL, CTL_ADD,
                                      (struct bytes){body[b], len});
            }
        }
        if (order & 2)
            world_cut(s.w, ALICE, BOB);
        for (uint64_t p = 1; p <= (order & 4 ? 2 : 4); p++)
            give(&s, ALICE, order & 1, p);
        if (order & 2)
            world_cut(s.w, MALLORY, ALICE);
        for (uint64_t p = 1; p <= 4; p++)
            give(&s, order & 2 ? BOB : ALICE, !(order & 1), order & 4 ? 5 - p : p);
        world_cut(s.w, MALLORY, s.evil->victim);
        if (order & 2)
            world_connect(s.w, BOB, ALICE);
        world_run(s.w, 8000);
        assert_same_members(&s);
        world_restart(s.w, ALICE);
        world_connect(s.w, BOB, ALICE);
        world_run(s.w, 3000);
        assert_same_members(&s);
        scene_goes_on(&s);
        free_branches();
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fork_is_at_the_same_place_for_all),
        cmocka_unit_test(test_a_gap_in_the_sequence_is_found_from_both_sides),
        cmocka_unit_test(test_many_branches_take_little_room),
        cmocka_unit_test(test_all_judge_both_histories_of_an_admin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
