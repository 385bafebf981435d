/* killed_test.c — a process that ends between a commit and what follows from it: at its next start it shows what the others
 * show.  The derived tables are still there, as after a kill. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/trust/control.h"
#include "support/world.h"

enum { ADMIN, WRITER, READER, REST_MS = 60000, RECORDS = 3 };

struct scene {
    struct world *w;
    struct space_id space;
};

/* The writer wrote what the reader holds and the admin does not. */
static void scene_open(struct scene *s, uint64_t seed)
{
    static const char *const names[] = {"Admin", "Writer", "Reader"};
    s->w = world_new(seed);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(world_node(s->w, names[i]), i);
    assert_int_equal(world_space(s->w, ADMIN, "killed", false, &s->space), MUSTER_OK);
    for (size_t i = WRITER; i <= READER; i++) {
        world_connect(s->w, ADMIN, i);
        assert_true(world_settle(s->w, REST_MS));
        assert_int_equal(world_invite(s->w, ADMIN, &s->space, i, RIGHT_WRITE), MUSTER_OK);
        assert_true(world_settle(s->w, REST_MS));
    }
    world_cut(s->w, ADMIN, WRITER);
    world_cut(s->w, ADMIN, READER);
    world_connect(s->w, WRITER, READER);
    assert_true(world_settle(s->w, REST_MS));
    for (size_t i = 0; i < RECORDS; i++)
        assert_int_equal(world_incident(s->w, WRITER, &s->space, "beyond the limit", NULL), MUSTER_OK);
    assert_true(world_settle(s->w, REST_MS));
    world_cut(s->w, WRITER, READER);
}

static bool reader_knows_removal(struct scene *s)
{
    struct space_view view;
    struct agency_id writer = world_agency(s->w, WRITER);
    assert_true(core_space_by_id(world_core(s->w, READER), &s->space, &view));
    return !control_member(view.control, &writer);
}

static uint64_t reader_objects(struct scene *s)
{
    uint64_t objects;
    (void)world_digest(s->w, READER, &s->space, &objects);
    return objects;
}

static void test_what_a_removal_leaves_out_leaves_the_views_after_a_kill(void **state)
{
    (void)state;
    struct scene s;
    uint64_t objects;
    scene_open(&s, 61);
    assert_int_equal(reader_objects(&s), RECORDS);
    struct command remove = {.kind = COMMAND_REMOVE, .space_id = s.space, .agency = world_agency(s.w, WRITER)};
    assert_int_equal(world_govern(s.w, ADMIN, &remove, NULL), MUSTER_OK);

    world_connect(s.w, ADMIN, READER);
    for (int i = 0; i < 20 && !reader_knows_removal(&s); i++) {
        world_die_in_commit(s.w, READER);
        world_run(s.w, 5000);
        assert_true(world_is_dead(s.w, READER));
        world_start(s.w, READER, false);
        if (!reader_knows_removal(&s))
            world_connect(s.w, ADMIN, READER);
    }
    assert_true(reader_knows_removal(&s));
    assert_int_equal(reader_objects(&s), RECORDS); /* the kill came before they left */

    world_connect(s.w, ADMIN, READER);
    assert_true(world_settle(s.w, REST_MS));
    struct hash admin = world_digest(s.w, ADMIN, &s.space, &objects), reader = world_digest(s.w, READER, &s.space, NULL);
    assert_int_equal(reader_objects(&s), objects);
    assert_true(hash_eq(&admin, &reader));
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_removal_leaves_out_leaves_the_views_after_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
