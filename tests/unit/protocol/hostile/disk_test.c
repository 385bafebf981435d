/* disk_test.c — commits that fail at any moment: nothing in memory stays ahead of the disk, and nothing names what never was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/world.h"

#include <stdio.h>

enum { A, B, C };

static void rest(struct world *w)
{
    world_run(w, 6000); /* intake rests for five seconds after a failure */
}

static void assert_equal(struct world *w, const struct space_id *space, uint64_t objects)
{
    uint64_t count;
    struct hash first = world_digest(w, A, space, &count);
    assert_int_equal(count, objects);
    for (size_t i = B; i <= C; i++) {
        struct hash other = world_digest(w, i, space, &count);
        assert_int_equal(count, objects);
        assert_memory_equal(first.b, other.b, sizeof(first.b));
    }
}

/* What A does with a full disk, before it does it again with room. */
static enum muster_error makes_a_space(struct world *w, struct space_id *space)
{
    return world_space(w, A, "another", false, space);
}

static enum muster_error invites(struct world *w, struct space_id *space)
{
    return world_invite(w, A, space, C, RIGHT_WRITE);
}

static enum muster_error writes(struct world *w, struct space_id *space)
{
    return world_incident(w, A, space, "on a full disk", NULL);
}

static const struct {
    const char *says;
    enum muster_error (*act)(struct world *w, struct space_id *space);
} rows[] = {
    {"a space that could not be stored is not there",                       makes_a_space},
    {"an invitation that could not be stored is named by no later one",     invites      },
    {"a first record, its log and its epoch that could not be stored",      writes       },
};

static void test_what_was_not_stored_was_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world *w = world_new(300 + i);
        struct space_id space, other;
        print_message("%s\n", rows[i].says);
        for (size_t n = 0; n < 3; n++)
            world_node(w, n == A ? "A" : n == B ? "B" : "C");
        assert_int_equal(world_space(w, A, "flood", false, &space), MUSTER_OK);
        assert_int_equal(world_invite(w, A, &space, B, RIGHT_WRITE), MUSTER_OK);
        world_connect(w, B, A);
        assert_true(world_settle(w, 60000));
        size_t spaces = core_spaces(world_core(w, A));
        world_fail_commits(w, A, 1, MUSTER_EFULL);
        other = space;
        assert_int_equal(rows[i].act(w, &other), MUSTER_EFULL);
        assert_int_equal(core_spaces(world_core(w, A)), spaces);
        world_run(w, 1000);
        rest(w);
        assert_int_equal(world_invite(w, A, &space, C, RIGHT_WRITE), MUSTER_OK);
        world_connect(w, C, A);
        assert_true(world_settle(w, 60000));
        for (size_t n = A; n <= C; n++)
            assert_int_equal(world_incident(w, n, &space, "with room", NULL), MUSTER_OK);
        assert_true(world_settle(w, 60000));
        assert_equal(w, &space, 3);
        /* And the disk opens again: numbers have no gaps. */
        world_restart(w, A);
        world_connect(w, B, A);
        world_connect(w, C, A);
        assert_true(world_settle(w, 60000));
        assert_equal(w, &space, 3);
        world_free(w);
    }
}

/* The first, second … n-th commit of B fails, while it joins, learns logs, keys and records. */
static void test_any_commit_of_a_newcomer_may_fail(void **state)
{
    (void)state;
    for (unsigned fail = 1; fail <= 12; fail++) {
        struct world *w = world_new(320 + fail);
        struct space_id space;
        for (size_t n = 0; n < 3; n++)
            world_node(w, n == A ? "A" : n == B ? "B" : "C");
        assert_int_equal(world_space(w, A, "flood", false, &space), MUSTER_OK);
        assert_int_equal(world_invite(w, A, &space, B, RIGHT_WRITE), MUSTER_OK);
        assert_int_equal(world_invite(w, A, &space, C, RIGHT_WRITE), MUSTER_OK);
        world_connect(w, C, A);
        assert_true(world_settle(w, 60000));
        assert_int_equal(world_incident(w, A, &space, "one", NULL), MUSTER_OK);
        assert_int_equal(world_incident(w, C, &space, "two", NULL), MUSTER_OK);
        world_connect(w, B, A);
        /* So far in the exchange, then two commits fail. */
        for (unsigned t = 0; t < fail; t++)
            world_deliver(w, 2 + t % 3);
        world_fail_commits(w, B, 2, MUSTER_EFULL);
        world_run(w, 30000);
        assert_equal(w, &space, 2);
        assert_int_equal(world_incident(w, B, &space, "three", NULL), MUSTER_OK);
        world_run(w, 3000);
        assert_equal(w, &space, 3);
        world_restart(w, B);
        world_connect(w, B, A);
        world_run(w, 3000);
        assert_equal(w, &space, 3);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_stored_was_not),
        cmocka_unit_test(test_any_commit_of_a_newcomer_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
