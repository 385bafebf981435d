#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

void scene_open(struct scene *s, uint64_t seed, enum right right)
{
    *s = (struct scene){.w = world_new(seed)};
    world_node(s->w, "Alice");
    world_node(s->w, "Bob");
    world_node(s->w, "Mallory");
    assert_int_equal(world_space(s->w, ALICE, "flood", false, &s->space), MUSTER_OK);
    assert_int_equal(world_invite(s->w, ALICE, &s->space, BOB, RIGHT_WRITE), MUSTER_OK);
    if (right != RIGHT_NONE)
        assert_int_equal(world_invite(s->w, ALICE, &s->space, MALLORY, right), MUSTER_OK);
    assert_int_equal(world_incident(s->w, ALICE, &s->space, "Jinsha dike", NULL), MUSTER_OK);
    s->objects = 1;
    world_connect(s->w, BOB, ALICE);
    if (right != RIGHT_NONE)
        world_connect(s->w, MALLORY, ALICE);
    assert_true(world_settle(s->w, 60000));
    s->evil = evil_new(s->w, MALLORY, ALICE, &s->space);
}

void scene_close(struct scene *s)
{
    evil_free(s->evil);
    world_free(s->w);
}

static void both_write(struct scene *s)
{
    assert_int_equal(world_incident(s->w, ALICE, &s->space, "seen by Alice", NULL), MUSTER_OK);
    assert_int_equal(world_incident(s->w, BOB, &s->space, "seen by Bob", NULL), MUSTER_OK);
    world_run(s->w, 2000);
    s->objects += 2;
}

void scene_agrees(struct scene *s)
{
    uint64_t alice, bob;
    both_write(s);
    struct hash a = world_digest(s->w, ALICE, &s->space, &alice), b = world_digest(s->w, BOB, &s->space, &bob);
    assert_true(alice >= s->objects);
    assert_int_equal(alice, bob);
    assert_memory_equal(a.b, b.b, sizeof(a.b));
}

void scene_goes_on(struct scene *s)
{
    uint64_t objects;
    scene_agrees(s);
    world_digest(s->w, BOB, &s->space, &objects);
    assert_int_equal(objects, s->objects);
}
