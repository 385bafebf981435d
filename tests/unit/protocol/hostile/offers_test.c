/* offers_test.c — command that was handed over stays there, although the log of the one who gave it is forked (RULES O6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include "protocol/kinds/kinds.h"
#include "protocol/object/look.h"
#include "protocol/session/explain.h"

#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 6, PARTS = 3, SETTLE_MS = 3000 };

static struct evil_log mine;
static struct evil_segment *way[2]; /* by position; they part at PARTS, the first holds the offer at LENGTH */

static struct record_id record_of(const struct evil_segment *segment, struct object_id *object)
{
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    assert_int_equal(segment_item_record(segment->item, segment->len, 0, &header, &record), MUSTER_OK);
    if (object)
        *object = record.header.object;
    return record_id_of(&mine.id, bytes, record_header_write(bytes, &record.header));
}

/* Mallory's object, offered to `whom` on the way that it shows first. */
static struct object_id make(struct scene *s, size_t whom)
{
    struct object_id object;
    struct agency_id to = world_agency(s->w, whom);
    evil_connect(s->evil);
    evil_log_open(s->evil, &mine, false);
    for (int b = 0; b < 2; b++)
        way[b] = calloc(LENGTH + 1, sizeof(**way));
    for (int b = 0; b < 2; b++)
        for (uint64_t p = 1; p <= LENGTH; p++) {
            char text[32];
            snprintf(text, sizeof(text), "%d at %d", b, (int)p);
            if (b && p < PARTS)
                way[b][p] = way[0][p];
            else
                evil_segment_make(s->evil, &way[b][p], &mine, p > 1 ? &way[b][p - 1] : NULL, text);
        }
    struct record_id term = record_of(&way[0][1], &object);
    evil_offer_make(s->evil, &way[0][LENGTH], &mine, &way[0][LENGTH - 1], &object, &term, &to);
    return object;
}

static void unmake(void)
{
    free(way[0]);
    free(way[1]);
}

static void give(struct scene *s, size_t to, int b, uint64_t from, uint64_t until)
{
    s->evil->victim = to;
    evil_connect(s->evil);
    for (uint64_t p = from; p <= until; p++)
        evil_give(s->evil, &mine, &way[b][p]);
    world_run(s->w, SETTLE_MS);
}

static void take(struct scene *s, size_t by, const struct object_id *object)
{
    struct record_id offer = record_of(&way[0][LENGTH], NULL);
    struct record_ref ref = {.role = REF_OFFER};
    static const uint8_t empty[] = {0x80};
    memcpy(ref.hash.b, offer.b, HASH_BYTES);
    struct write_item item = {.operation = OP_TAKE, .kind = KIND_INCIDENT, .schema = 1, .object = *object, .body = {empty, 1},
                              .refs = &ref, .ref_count = 1};
    struct write_result result;
    assert_int_equal(world_write(s->w, by, &s->space, &item, &result, 1), MUSTER_OK);
    assert_int_equal(result.error, MUSTER_OK);
    world_run(s->w, SETTLE_MS);
}

static void assert_owner(struct scene *s, size_t node, const struct object_id *object, size_t owner)
{
    struct space_view view;
    struct object_look look;
    struct agency_id want = world_agency(s->w, owner);
    assert_true(core_space_by_id(world_core(s->w, node), &s->space, &view));
    assert_int_equal(core_object_look(world_core(s->w, node), view.number, object, &look), MUSTER_OK);
    assert_true(look.state.exists);
    assert_memory_equal(look.state.owner.b, want.b, HASH_BYTES);
    object_look_free(&look);
}

static uint64_t fork_at(struct scene *s, size_t node)
{
    struct log_view view;
    for (size_t i = 0; core_log_at(world_core(s->w, node), 0, i, &view); i++)
        if (log_id_eq(&view.id, &mine.id))
            return view.fork_at;
    return UINT64_MAX;
}

static void assert_both(struct scene *s, const struct object_id *object, size_t owner)
{
    assert_int_equal(fork_at(s, ALICE), PARTS);
    assert_int_equal(fork_at(s, BOB), PARTS);
    assert_owner(s, ALICE, object, owner);
    assert_owner(s, BOB, object, owner);
    scene_agrees(s);
}

/* What Alice says of Bob and that object. */
static void assert_explained(struct scene *s, const struct object_id *object, enum explain_rule rule)
{
    struct explanation e;
    struct record_id newest = {{0}};
    struct agency_id bob = world_agency(s->w, BOB);
    assert_int_equal(core_explain(world_core(s->w, ALICE), 0, &bob, object, &newest, &e), MUSTER_OK);
    assert_string_equal(explain_rule_name(e.rule), explain_rule_name(rule));
    assert_true(e.rule != EXPLAIN_DISPUTED || strstr(explain_rule_change(e.rule), "majority"));
}

/* Both had folded the transfer when the other branch came. */
static void test_what_was_taken_stays_taken(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5200, RIGHT_WRITE);
    struct object_id object = make(&s, BOB), object_beyond;
    give(&s, ALICE, 0, 1, LENGTH);
    assert_owner(&s, BOB, &object, MALLORY);
    take(&s, BOB, &object);
    assert_owner(&s, ALICE, &object, BOB);
    give(&s, ALICE, 1, PARTS, PARTS + 1);
    assert_both(&s, &object, BOB);
    assert_explained(&s, &object, EXPLAIN_HOLDS);
    (void)record_of(&way[0][PARTS], &object_beyond);
    assert_explained(&s, &object_beyond, EXPLAIN_DISPUTED);
    world_restart(s.w, BOB); /* from what is stored, and with its views made again */
    world_connect(s.w, BOB, ALICE);
    world_run(s.w, SETTLE_MS);
    assert_both(&s, &object, BOB);
    unmake();
    scene_close(&s);
}

/* Bob heard of the fork before the offer was written: it lies beyond what a forked log gives him, and comes all the same. */
static void test_an_offer_reaches_who_knew_of_the_fork_first(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5201, RIGHT_WRITE);
    struct object_id object = make(&s, ALICE);
    give(&s, ALICE, 0, 1, PARTS - 1);
    world_cut(s.w, ALICE, BOB);
    give(&s, BOB, 0, PARTS, PARTS);
    give(&s, BOB, 1, PARTS, PARTS);
    assert_int_equal(fork_at(&s, BOB), PARTS);
    give(&s, ALICE, 0, PARTS, LENGTH);
    assert_int_equal(fork_at(&s, ALICE), 0);
    take(&s, ALICE, &object);
    assert_owner(&s, ALICE, &object, ALICE);
    assert_owner(&s, BOB, &object, MALLORY);
    world_connect(s.w, ALICE, BOB);
    world_run(s.w, SETTLE_MS);
    assert_both(&s, &object, ALICE);
    unmake();
    scene_close(&s);
}

/* The two learn of it while they are connected, each from the other side. */
static void test_an_offer_is_told_when_the_fork_is_found(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5202, RIGHT_WRITE);
    struct object_id object = make(&s, ALICE);
    give(&s, ALICE, 0, 1, PARTS);
    world_cut(s.w, ALICE, BOB);
    give(&s, ALICE, 0, PARTS + 1, LENGTH);
    take(&s, ALICE, &object);
    give(&s, BOB, 1, PARTS, LENGTH);
    world_connect(s.w, BOB, ALICE);
    world_run(s.w, SETTLE_MS);
    assert_both(&s, &object, ALICE);
    unmake();
    scene_close(&s);
}

/* Both know it before they meet: nothing is news when they do. */
static void test_an_offer_is_told_when_they_meet_again(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5203, RIGHT_WRITE);
    struct object_id object = make(&s, ALICE);
    give(&s, ALICE, 0, 1, PARTS);
    world_cut(s.w, ALICE, BOB);
    give(&s, ALICE, 0, PARTS + 1, LENGTH);
    take(&s, ALICE, &object);
    give(&s, ALICE, 1, PARTS, PARTS);
    give(&s, BOB, 1, PARTS, PARTS);
    assert_int_equal(fork_at(&s, BOB), PARTS);
    world_connect(s.w, BOB, ALICE);
    world_run(s.w, SETTLE_MS);
    assert_both(&s, &object, ALICE);
    unmake();
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_taken_stays_taken),
        cmocka_unit_test(test_an_offer_reaches_who_knew_of_the_fork_first),
        cmocka_unit_test(test_an_offer_is_told_when_the_fork_is_found),
        cmocka_unit_test(test_an_offer_is_told_when_they_meet_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
