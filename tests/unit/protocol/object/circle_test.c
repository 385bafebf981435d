/* circle_test.c — links that lead back to where they began: found before they are written, and noted when two have written apart
 * what closes one (SPEC S7.6.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/kinds/link.h"
#include "protocol/object/circle.h"
#include "protocol/object/indexed.h"
#include "protocol/object/op.h"
#include "protocol/object/succession.h"
#include "support/memory_store.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANNA, BORIS, OBJECTS = 6, LINKS = 4, NAME = 0, LINKS_FIELD = 4 };

struct link { /* "A part-of B" of a row: letters are objects; X the one that is asked about, not made yet if lower case */
    const char *role;
    char to;
};

struct fixture {
    struct world *w;
    struct space_id space;
    struct object_id at[OBJECTS]; /* A.. */
};

static void begin(struct fixture *f)
{
    f->w = world_new(7);
    memset(f->at, 0, sizeof(f->at));
    assert_int_equal(world_node(f->w, "Anna"), ANNA);
    assert_int_equal(world_node(f->w, "Boris"), BORIS);
    world_connect(f->w, ANNA, BORIS);
    assert_true(world_settle(f->w, 60000));
    assert_int_equal(world_space(f->w, ANNA, "flood", false, &f->space), MUSTER_OK);
    assert_int_equal(world_invite(f->w, ANNA, &f->space, BORIS, RIGHT_WRITE), MUSTER_OK);
    assert_true(world_settle(f->w, 60000));
}

static struct bytes body_of(struct fixture *f, const struct link *links, uint8_t *room, size_t size)
{
    struct writer w = writer_over(room, size);
    uint32_t count = 0;
    while (count < LINKS && links[count].role)
        count++;
    pack_map(&w, 2);
    pack_uint(&w, NAME);
    pack_text(&w, "Basin", 5);
    pack_uint(&w, LINKS_FIELD);
    pack_array(&w, count);
    for (uint32_t i = 0; i < count; i++) {
        pack_array(&w, 2);
        pack_text(&w, links[i].role, strlen(links[i].role));
        pack_bytes(&w, f->at[links[i].to - 'A'].b, OBJECT_ID_BYTES);
    }
    return (struct bytes){room, writer_len(&w)};
}

/* Whether a node asks beforehand is its own affair: a core takes it. */
static void put(struct fixture *f, size_t by, char object, const struct link *links)
{
    uint8_t room[512];
    struct object_id *id = &f->at[object - 'A'], none = {{0}};
    bool creates = object_id_eq(id, &none);
    struct write_item item = {.operation = creates ? OP_CREATE : OP_UPDATE, .kind = KIND_INCIDENT, .schema = 1, .object = *id,
                              .mask = 1 << NAME | 1 << LINKS_FIELD, .body = body_of(f, links, room, sizeof(room))};
    struct write_result result;
    assert_int_equal(world_write(f->w, by, &f->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    *id = result.object;
}

static const struct row {
    const char *says;
    struct link links[OBJECTS][LINKS]; /* of A, B, .. that are there */
    struct link asked[LINKS];
    char object; /* whose links they are to be; 0: of one that is not made yet */
    const char *circle; /* "?": the new one; NULL: none */
} rows[] = {
    {"a part of what is part of it", {{{"part-of", 'B'}}, {{NULL, 0}}}, {{"part-of", 'A'}}, 'B', "BA"},
    {"a part of itself", {{{NULL, 0}}}, {{"part-of", 'A'}}, 'A', "A"},
    {"over three", {{{"part-of", 'B'}}, {{"part-of", 'C'}}, {{NULL, 0}}}, {{"part-of", 'A'}}, 'C', "CAB"},
    {"a part of one that is part of another", {{{"part-of", 'B'}}, {{NULL, 0}}, {{NULL, 0}}}, {{"part-of", 'C'}}, 'B', NULL},
    {"two parts of the same", {{{"part-of", 'C'}}, {{"part-of", 'C'}}, {{NULL, 0}}}, {{"part-of", 'A'}, {"part-of", 'C'}}, 'B', NULL},
    {"another role back", {{{"part-of", 'B'}}, {{NULL, 0}}}, {{"causes", 'A'}}, 'B', NULL},
    {"each caused by the other", {{{"causes", 'B'}}, {{NULL, 0}}}, {{"causes", 'A'}}, 'B', "BA"},
    {"the same said from both ends", {{{"causes", 'B'}}, {{NULL, 0}}}, {{"secondary-to", 'A'}}, 'B', NULL},
    {"it causes what causes it, said by one", {{{NULL, 0}}}, {{"causes", 'A'}, {"secondary-to", 'A'}}, 0, "?A"},
    {"it causes what causes it, said from both ends", {{{"secondary-to", 'B'}}, {{NULL, 0}}}, {{"secondary-to", 'A'}}, 'B', "BA"},
    {"a chain said from either end", {{{"causes", 'B'}}, {{NULL, 0}}, {{"secondary-to", 'B'}}, {{NULL, 0}}},
     {{"secondary-to", 'C'}, {"causes", 'A'}}, 'D', "DABC"},
    {"a new one cannot close what nobody could name", {{{"part-of", 'B'}}, {{NULL, 0}}}, {{"part-of", 'A'}}, 0, NULL},
    {"duplicates of each other", {{{"duplicates", 'B'}}, {{NULL, 0}}}, {{"duplicates", 'A'}}, 'B', "BA"},
    {"the link that is changed counts no more", {{{"part-of", 'B'}}, {{"part-of", 'C'}}, {{NULL, 0}}}, {{NULL, 0}}, 'B', NULL},
};

static void test_a_circle_is_found_before_it_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct fixture f;
        struct circle circle = {.count = 0};
        uint8_t room[512];
        char found[OBJECTS + 2] = "";
        begin(&f);
        for (char o = 'A' + OBJECTS - 1; o >= 'A'; o--) /* what is named is there first */
            if (row->links[o - 'A'][0].role || strchr(row->circle ? row->circle : "ABC", o))
                put(&f, ANNA, o, (const struct link[LINKS]){{NULL, 0}});
        for (char o = 'A'; o < 'A' + OBJECTS; o++)
            if (row->links[o - 'A'][0].role)
                put(&f, ANNA, o, row->links[o - 'A']);
        bool is = core_circle_find(world_core(f.w, ANNA), 0, row->object ? &f.at[row->object - 'A'] : NULL, KIND_INCIDENT,
                                   body_of(&f, row->asked, room, sizeof(room)), NULL, &circle);
        for (size_t k = 0; is && k < circle.count && k < OBJECTS; k++) {
            found[k] = '?';
            for (char o = 'A'; o < 'A' + OBJECTS; o++)
                found[k] = object_id_eq(&circle.at[k], &f.at[o - 'A']) && (k || row->object) ? o : found[k];
        }
        if (strcmp(found, row->circle ? row->circle : "") != 0)
            fail_msg("%s: \"%s\", not \"%s\"", row->says, found, row->circle ? row->circle : "");
        world_free(f.w);
    }
}

/* Several that are written together, the last of which is asked about. */
static const struct {
    const char *says;
    struct link links[OBJECTS][LINKS]; /* of A to D as they are stored */
    struct {
        char object; /* 0: a new one */
        bool unsure;
        struct link links[LINKS];
    } beside[3];
    size_t count; /* of beside */
    char object;
    struct link asked[LINKS];
    const char *circle; /* "?": the new one; "+": another new one */
} together[] = {
    {"each a part of the other", {{{NULL, 0}}}, {{'A', false, {{"part-of", 'B'}}}}, 1, 'B', {{"part-of", 'A'}}, "BA"},
    {"over three of them", {{{NULL, 0}}}, {{'A', false, {{"part-of", 'B'}}}, {'B', false, {{"part-of", 'C'}}}}, 2, 'C', {{"part-of", 'A'}}, "CAB"},
    {"over one that is stored", {{{NULL, 0}}, {{"part-of", 'C'}}}, {{'A', false, {{"part-of", 'B'}}}}, 1, 'C', {{"part-of", 'A'}}, "CAB"},
    {"another role", {{{NULL, 0}}}, {{'A', false, {{"part-of", 'B'}}}}, 1, 'B', {{"causes", 'A'}}, NULL},
    {"turned round, the old link first taken away", {{{"part-of", 'B'}}}, {{'A', false, {{NULL, 0}}}}, 1, 'B', {{"part-of", 'A'}}, NULL},
    {"turned round, though the first may be refused still", {{{"part-of", 'B'}}}, {{'A', true, {{NULL, 0}}}}, 1, 'B', {{"part-of", 'A'}}, "BA"},
    {"set twice: the later holds", {{{NULL, 0}}}, {{'A', false, {{"part-of", 'B'}}}, {'A', false, {{"part-of", 'C'}}}}, 2, 'B', {{"part-of", 'A'}}, NULL},
    {"set twice, the later unsure: either may hold", {{{NULL, 0}}}, {{'A', false, {{"part-of", 'B'}}}, {'A', true, {{"part-of", 'C'}}}}, 2, 'B', {{"part-of", 'A'}}, "BA"},
    {"said from both ends", {{{NULL, 0}}}, {{'A', false, {{"secondary-to", 'B'}}}}, 1, 'B', {{"secondary-to", 'A'}}, "BA"},
    {"a new one between two", {{{NULL, 0}}}, {{0, false, {{"causes", 'A'}, {"secondary-to", 'B'}}}}, 1, 'A', {{"causes", 'B'}}, "AB+"},
    {"a new one that closes it", {{{NULL, 0}}}, {{'A', false, {{"causes", 'B'}}}}, 1, 0, {{"causes", 'A'}, {"secondary-to", 'B'}}, "?AB"},
    {"new ones that close none", {{{NULL, 0}}}, {{0, false, {{"part-of", 'A'}}}, {0, false, {{"secondary-to", 'A'}}}}, 2, 0, {{"causes", 'A'}}, NULL},
};

static void test_items_that_are_written_together_close_no_circle(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(together); i++) {
        struct fixture f;
        struct circle circle = {.count = 0};
        struct circle_beside *beside = circle_beside_new();
        uint8_t room[512], rooms[3][512];
        char found[OBJECTS + 2] = "";
        begin(&f);
        for (char o = 'A'; o < 'A' + OBJECTS; o++)
            put(&f, ANNA, o, (const struct link[LINKS]){{NULL, 0}});
        for (char o = 'A'; o < 'A' + OBJECTS; o++)
            if (together[i].links[o - 'A'][0].role)
                put(&f, ANNA, o, together[i].links[o - 'A']);
        for (size_t k = 0; k < together[i].count; k++) {
            char o = together[i].beside[k].object;
            struct write_item item = {.operation = o ? OP_UPDATE : OP_CREATE, .kind = KIND_INCIDENT, .schema = 1,
                                      .mask = 1 << NAME | 1 << LINKS_FIELD,
                                      .body = body_of(&f, together[i].beside[k].links, rooms[k], sizeof(rooms[k]))};
            if (o)
                item.object = f.at[o - 'A'];
            assert_true(circle_beside_add(beside, &item, !together[i].beside[k].unsure));
        }
        bool is = core_circle_find(world_core(f.w, ANNA), 0, together[i].object ? &f.at[together[i].object - 'A'] : NULL, KIND_INCIDENT,
                                   body_of(&f, together[i].asked, room, sizeof(room)), beside, &circle);
        for (size_t k = 0; is && k < circle.count && k < OBJECTS; k++) {
            found[k] = circle_object_is_new(&circle.at[k]) ? '+' : '?';
            for (char o = 'A'; o < 'A' + OBJECTS; o++)
                found[k] = object_id_eq(&circle.at[k], &f.at[o - 'A']) && (k || together[i].object) ? o : found[k];
        }
        if (strcmp(found, together[i].circle ? together[i].circle : "") != 0)
            fail_msg("%s: \"%s\", not \"%s\"", together[i].says, found, together[i].circle ? together[i].circle : "");
        circle_beside_free(beside);
        world_free(f.w);
    }
}

struct told {
    size_t count, objects;
    const char *role;
};

static bool take_circle(void *user, const struct circle *circle)
{
    struct told *t = user;
    t->count++;
    t->objects = circle->count;
    t->role = link_chain_role(circle->chain);
    return true;
}

static struct told told_at(struct fixture *f, size_t node)
{
    struct told t = {0, 0, ""};
    core_circles(world_core(f->w, node), 0, take_circle, &t);
    return t;
}

/* Over a cut each links its own to the other's: both are kept, both nodes tell of it, and one change mends it. */
/* Both know all that either wrote while they were apart, and have walked along it. */
static void meet_again(struct fixture *f)
{
    world_connect(f->w, ANNA, BORIS);
    assert_true(world_settle(f->w, 60000));
    world_run(f->w, 2000);
}

static void test_a_circle_of_two_authors_is_told_until_it_is_mended(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    put(&f, ANNA, 'A', (const struct link[LINKS]){{NULL, 0}});
    put(&f, BORIS, 'B', (const struct link[LINKS]){{NULL, 0}});
    assert_true(world_settle(f.w, 60000));
    world_cut(f.w, ANNA, BORIS);
    put(&f, ANNA, 'A', (const struct link[LINKS]){{"part-of", 'B'}});
    put(&f, BORIS, 'B', (const struct link[LINKS]){{"part-of", 'A'}});
    world_run(f.w, 1000);
    assert_int_equal(told_at(&f, ANNA).count, 0);
    meet_again(&f);
    for (size_t node = ANNA; node <= BORIS; node++) {
        struct told t = told_at(&f, node);
        assert_int_equal(t.count, 1);
        assert_int_equal(t.objects, 2);
        assert_string_equal(t.role, "part-of");
    }
    struct hash a = world_digest(f.w, ANNA, &f.space, NULL), b = world_digest(f.w, BORIS, &f.space, NULL);
    assert_true(hash_eq(&a, &b));
    world_restart(f.w, ANNA);
    world_connect(f.w, ANNA, BORIS);
    assert_true(world_settle(f.w, 60000));
    assert_int_equal(told_at(&f, ANNA).count, 1);
    put(&f, BORIS, 'B', (const struct link[LINKS]){{NULL, 0}});
    assert_true(world_settle(f.w, 60000));
    world_run(f.w, 2000);
    assert_int_equal(told_at(&f, ANNA).count, 0);
    assert_int_equal(told_at(&f, BORIS).count, 0);
    world_free(f.w);
}

static void supersede(struct fixture *f, size_t by, char object, char successor)
{
    uint8_t room[64];
    struct writer w = writer_over(room, sizeof(room));
    pack_map(&w, 1);
    pack_uint(&w, BODY_SUCCESSOR);
    pack_bytes(&w, f->at[successor - 'A'].b, OBJECT_ID_BYTES);
    struct write_item item = {.operation = OP_SUPERSEDE, .kind = KIND_INCIDENT, .schema = 1, .object = f->at[object - 'A'],
                              .body = {room, writer_len(&w)}};
    struct write_result result;
    assert_int_equal(world_write(f->w, by, &f->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
}

/* Which of A.. take part, as letters, of those whose place that one takes. */
static const char *formers_at(struct fixture *f, size_t node, char successor, char out[OBJECTS + 1])
{
    struct object_id former[SUCCESSION_MAX];
    size_t len = 0, count = core_succession_to(world_core(f->w, node), 0, &f->at[successor - 'A'], former);
    for (char o = 'A'; o < 'A' + OBJECTS; o++)
        for (size_t i = 0; i < count; i++)
            if (object_id_eq(&former[i], &f->at[o - 'A']))
                out[len++] = o;
    out[len] = '\0';
    return out;
}

/* A by B here, B by C and C by A there: none of the three counts, and both nodes say so until one counts again. */
static void test_a_circle_of_successors_is_told_until_it_is_mended(void **state)
{
    struct fixture f;
    char formers[OBJECTS + 1];
    (void)state;
    begin(&f);
    put(&f, ANNA, 'A', (const struct link[LINKS]){{NULL, 0}});
    for (char o = 'B'; o <= 'D'; o++)
        put(&f, BORIS, o, (const struct link[LINKS]){{NULL, 0}});
    assert_true(world_settle(f.w, 60000));
    world_cut(f.w, ANNA, BORIS);
    supersede(&f, ANNA, 'A', 'B');
    supersede(&f, BORIS, 'B', 'C');
    supersede(&f, BORIS, 'D', 'C');
    supersede(&f, BORIS, 'C', 'A');
    world_run(f.w, 2000);
    assert_int_equal(told_at(&f, ANNA).count, 0);
    assert_int_equal(told_at(&f, BORIS).count, 0);
    meet_again(&f);
    for (size_t node = ANNA; node <= BORIS; node++) {
        struct told t = told_at(&f, node);
        assert_int_equal(t.count, 1);
        assert_int_equal(t.objects, 3);
        assert_string_equal(formers_at(&f, node, 'C', formers), "BD");
        assert_string_equal(formers_at(&f, node, 'A', formers), "C");
        assert_string_equal(formers_at(&f, node, 'D', formers), "");
    }
    world_restart(f.w, ANNA);
    world_connect(f.w, ANNA, BORIS);
    assert_true(world_settle(f.w, 60000));
    assert_int_equal(told_at(&f, ANNA).count, 1);
    put(&f, BORIS, 'B', (const struct link[LINKS]){{NULL, 0}});
    assert_true(world_settle(f.w, 60000));
    world_run(f.w, 2000);
    for (size_t node = ANNA; node <= BORIS; node++) {
        assert_int_equal(told_at(&f, node).count, 0);
        assert_string_equal(formers_at(&f, node, 'C', formers), "D");
    }
    world_free(f.w);
}

static void derive_now(struct memory_store *store, enum table table, const uint8_t *key, size_t len, bool put)
{
    const struct storage *storage = memory_store_storage(store);
    struct change change = {.table = table, .key = {key, len}, .value = {put ? (const uint8_t *)"" : NULL, 0}};
    assert_int_equal(storage->derive(storage->self, &change, 1), MUSTER_OK);
}

/* The last commit of the derived tables knew of the object only that it waits; what was noted since is gone with them. */
static void test_a_circle_is_told_again_when_the_views_have_gone_back(void **state)
{
    struct fixture f;
    uint8_t due[WORD_DUE_KEY], note[1 + 4 + OBJECT_ID_BYTES] = {'c'};
    (void)state;
    begin(&f);
    put(&f, ANNA, 'A', (const struct link[LINKS]){{NULL, 0}});
    put(&f, ANNA, 'B', (const struct link[LINKS]){{"part-of", 'A'}});
    put(&f, ANNA, 'A', (const struct link[LINKS]){{"part-of", 'B'}});
    world_run(f.w, 2000);
    assert_int_equal(told_at(&f, ANNA).count, 1);
    struct memory_store *store = world_store(f.w, ANNA);
    for (char o = 'A'; o <= 'B'; o++) {
        memcpy(note + 5, f.at[o - 'A'].b, OBJECT_ID_BYTES);
        derive_now(store, T_APPLIED, note, sizeof(note), false);
    }
    index_due_key(due, CIRCLE_DUE, 0, &f.at[0]);
    derive_now(store, T_WORD, due, sizeof(due), true);
    world_run(f.w, 2000);
    assert_int_equal(told_at(&f, ANNA).count, 0); /* memory thinks that nothing waits */
    memory_store_derived_keep(store);
    put(&f, ANNA, 'C', (const struct link[LINKS]){{NULL, 0}});
    memory_store_derived_fail(store, 0);
    assert_true(memory_store_derived_lost(store));
    core_views_lost(world_core(f.w, ANNA));
    memory_store_derived_again(store);
    assert_int_equal(core_views_again(world_core(f.w, ANNA)), MUSTER_OK);
    world_run(f.w, 2000);
    assert_int_equal(told_at(&f, ANNA).count, 1);
    world_free(f.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_circle_is_found_before_it_is_written),
        cmocka_unit_test(test_items_that_are_written_together_close_no_circle),
        cmocka_unit_test(test_a_circle_of_two_authors_is_told_until_it_is_mended),
        cmocka_unit_test(test_a_circle_of_successors_is_told_until_it_is_mended),
        cmocka_unit_test(test_a_circle_is_told_again_when_the_views_have_gone_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
