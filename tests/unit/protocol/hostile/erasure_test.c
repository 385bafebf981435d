/* erasure_test.c — payloads left out without a reason, and brought again although they are erased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include "protocol/object/op.h"

#include <stdlib.h>

static struct evil_log mine;
static struct evil_segment first, bare, second, erase;

struct search {
    const void *bytes;
    size_t len;
    bool found;
};

static bool search_value(void *user, struct bytes key, struct bytes value)
{
    struct search *s = user;
    (void)key;
    s->found = value.len >= s->len && memmem(value.at, value.len, s->bytes, s->len) != NULL;
    return !s->found;
}

/* The sealed payload of the only record of a segment. */
static struct bytes payload_of(const struct evil_segment *segment)
{
    struct segment_header header;
    struct segment_record record;
    assert_int_equal(segment_item_record(segment->item, segment->len, 0, &header, &record), MUSTER_OK);
    return record.payload;
}

static bool lies_at(struct scene *s, size_t node, const struct evil_segment *segment)
{
    const struct storage *storage = memory_store_storage(world_store(s->w, node));
    struct bytes none = {NULL, 0}, payload = payload_of(segment);
    struct search search = {payload.at, payload.len, false};
    for (int table = 0; table < TABLE_COUNT && !search.found; table++)
        assert_int_equal(storage->scan(storage->self, (enum table)table, none, none, false, search_value, &search), MUSTER_OK);
    return search.found;
}

static uint64_t held_of_mine(struct scene *s, size_t node)
{
    struct log_view log;
    for (size_t i = 0; core_log_at(world_core(s->w, node), 0, i, &log); i++)
        if (log_id_eq(&log.id, &mine.id))
            return log.prefix;
    return 0;
}

static void without_payload(struct evil_segment *out, const struct evil_segment *of)
{
    static const bool gone[SEGMENT_RECORDS_MAX] = {true};
    *out = *of;
    out->len = segment_item_strip(out->item, of->item, of->len, gone);
    assert_true(out->len > 0 && out->len < of->len);
}

static struct record_id record_of(const struct evil_segment *segment, struct object_id *object)
{
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    assert_int_equal(segment_item_record(segment->item, segment->len, 0, &header, &record), MUSTER_OK);
    *object = record.header.object;
    return record_id_of(&mine.id, bytes, record_header_write(bytes, &record.header));
}

static void make_all(struct scene *s)
{
    struct object_id object;
    evil_connect(s->evil);
    evil_log_open(s->evil, &mine, false);
    evil_segment_make(s->evil, &first, &mine, NULL, "of a person");
    without_payload(&bare, &first);
    struct record_id id = record_of(&first, &object);
    evil_segment_make(s->evil, &second, &mine, &first, "of a dike");
    evil_erase_make(s->evil, &erase, &mine, &second, &object, &id);
}

static void test_a_copy_without_payload_waits_for_its_reason(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5100, RIGHT_WRITE);
    make_all(&s);
    evil_give(s.evil, &mine, &bare);
    world_run(s.w, 500);
    assert_int_equal(s.evil->said, MUSTER_EWAITS);
    assert_int_equal(held_of_mine(&s, ALICE), 0);
    evil_give(s.evil, &mine, &second);
    evil_give(s.evil, &mine, &erase); /* behind a hole: it counts (E2) */
    world_run(s.w, 500);
    evil_give(s.evil, &mine, &bare);
    world_run(s.w, 2000);
    assert_int_equal(held_of_mine(&s, ALICE), 3);
    assert_int_equal(held_of_mine(&s, BOB), 3);
    scene_agrees(&s);
    scene_close(&s);
}

static void test_what_is_erased_is_not_stored_when_it_comes(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5110, RIGHT_WRITE);
    make_all(&s);
    evil_give(s.evil, &mine, &second);
    evil_give(s.evil, &mine, &erase);
    world_run(s.w, 1000);
    evil_give(s.evil, &mine, &first);
    world_run(s.w, 1000);
    assert_int_equal(held_of_mine(&s, ALICE), 3);
    assert_false(lies_at(&s, ALICE, &first));
    assert_false(lies_at(&s, BOB, &first));
    assert_true(lies_at(&s, ALICE, &second)); /* or the search finds nothing at all */
    scene_agrees(&s);
    scene_close(&s);
}

static void test_what_was_erased_does_not_come_back(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 5120, RIGHT_WRITE);
    make_all(&s);
    evil_give(s.evil, &mine, &first);
    evil_give(s.evil, &mine, &second);
    world_run(s.w, 1000);
    assert_true(lies_at(&s, ALICE, &first));
    assert_true(lies_at(&s, BOB, &first));
    evil_give(s.evil, &mine, &erase);
    world_run(s.w, 2000);
    assert_false(lies_at(&s, ALICE, &first));
    assert_false(lies_at(&s, BOB, &first));
    for (int i = 0; i < 3; i++)
        evil_give(s.evil, &mine, &first);
    world_run(s.w, 2000);
    assert_false(lies_at(&s, ALICE, &first));
    assert_false(lies_at(&s, BOB, &first));
    scene_agrees(&s);
    scene_close(&s);
}

static void test_nobody_erases_what_is_not_his(void **state)
{
    (void)state;
    struct scene s;
    struct object_id alices;
    struct record_id record;
    scene_open(&s, 5130, RIGHT_WRITE);
    evil_connect(s.evil);
    assert_int_equal(world_incident(s.w, ALICE, &s.space, "of Alice", &alices), MUSTER_OK);
    s.objects++;
    assert_int_equal(core_object_records(world_core(s.w, ALICE), 0, &alices, &record, 1), 1);
    evil_log_open(s.evil, &mine, false);
    evil_erase_make(s.evil, &erase, &mine, NULL, &alices, &record);
    evil_give(s.evil, &mine, &erase);
    world_run(s.w, 2000);
    assert_int_equal(held_of_mine(&s, BOB), 1);
    assert_false(core_scrub_due(world_core(s.w, ALICE)));
    scene_goes_on(&s);
    scene_close(&s);
}

/* More erases in one log than it may have holes: all are kept, and the log can be completed. */
static void test_more_erases_than_holes_are_kept_beside_the_log(void **state)
{
    (void)state;
    enum { MANY = INTERVALS_MAX + 60 };
    struct scene s;
    struct evil_segment *all = calloc(2 * MANY, sizeof(*all)), copy;
    scene_open(&s, 5140, RIGHT_WRITE);
    evil_connect(s.evil);
    evil_log_open(s.evil, &mine, false);
    for (size_t i = 0; i < MANY; i++) {
        struct object_id object;
        evil_segment_make(s.evil, &all[2 * i], &mine, i ? &all[2 * i - 1] : NULL, "of a person");
        struct record_id id = record_of(&all[2 * i], &object);
        evil_erase_make(s.evil, &all[2 * i + 1], &mine, &all[2 * i], &object, &id);
    }
    for (size_t i = MANY; i-- > 0;) { /* every other position, the last first */
        evil_give(s.evil, &mine, &all[2 * i + 1]);
        if (i % 64 == 0)
            world_run(s.w, 300);
    }
    world_run(s.w, 2000);
    assert_true(memory_store_count(world_store(s.w, ALICE), T_BRANCH) >= MANY - INTERVALS_MAX);
    for (size_t i = 0; i < MANY; i++) {
        without_payload(&copy, &all[2 * i]);
        evil_give(s.evil, &mine, &copy);
        evil_give(s.evil, &mine, &all[2 * i + 1]);
        if (i % 64 == 0)
            world_run(s.w, 300);
    }
    world_run(s.w, 5000);
    assert_int_equal(held_of_mine(&s, ALICE), 2 * MANY);
    free(all);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_without_payload_waits_for_its_reason),
        cmocka_unit_test(test_what_is_erased_is_not_stored_when_it_comes),
        cmocka_unit_test(test_what_was_erased_does_not_come_back),
        cmocka_unit_test(test_nobody_erases_what_is_not_his),
        cmocka_unit_test(test_more_erases_than_holes_are_kept_beside_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
