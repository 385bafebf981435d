/* lies_test.c — a member that withholds, boasts, floods and asks for the impossible: others' records go on, memory stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t frame[MESSAGE_BYTES_MAX];
static struct evil_log mine;
static struct evil_segment segment, far_segment;

static bool log_of(struct scene *s, size_t node, const struct log_id *id, struct log_view *out)
{
    for (size_t i = 0; core_log_at(world_core(s->w, node), 0, i, out); i++)
        if (memcmp(out->id.b, id->b, HASH_BYTES) == 0)
            return true;
    return false;
}

static void own_data_log(struct scene *s, size_t node, struct log_view *out)
{
    for (size_t i = 0; core_log_at(world_core(s->w, node), 0, i, out); i++)
        if (out->own && out->role == LOG_DATA)
            return;
    fail();
}

/* Bob's records reach Alice although Mallory says that she has many more of them, and delivers none. */
static void test_who_boasts_is_not_waited_for(void **state)
{
    (void)state;
    struct scene s;
    struct log_view bobs, view;
    struct segment_id head = {{7}};
    scene_open(&s, 71, RIGHT_WRITE);
    scene_goes_on(&s);
    own_data_log(&s, BOB, &bobs);
    evil_connect(s.evil);
    world_cut(s.w, ALICE, BOB);
    evil_send(s.evil, frame, evil_heads(s.evil, frame, &bobs.id, UINT64_MAX / 8, &head, 0));
    world_run(s.w, 1000);
    assert_true(s.evil->got[FRAME_WANT] > 0); /* she is believed at first */
    assert_int_equal(world_incident(s.w, BOB, &s.space, "what Alice must hear", NULL), MUSTER_OK);
    s.objects++;
    world_connect(s.w, BOB, ALICE);
    world_run(s.w, 12000);
    assert_true(log_of(&s, ALICE, &bobs.id, &view));
    own_data_log(&s, BOB, &bobs);
    assert_int_equal(view.prefix, bobs.prefix);
    assert_true(view.highest > view.prefix); /* and Alice does not say that all is there: somebody claims more */
    /* From now on nobody waits for her, however often she says it again. */
    for (int i = 0; i < 10; i++) {
        uint64_t wants = s.evil->got[FRAME_WANT];
        evil_connect(s.evil);
        evil_send(s.evil, frame, evil_heads(s.evil, frame, &bobs.id, UINT64_MAX / 8, &head, 0));
        world_run(s.w, 300);
        (void)wants;
    }
    scene_goes_on(&s);
    scene_close(&s);
}

/* A hole of 2^60 positions in Mallory's log: nobody steps through it, and what is asked for behind it comes. */
static void test_a_hole_beyond_counting_costs_nothing(void **state)
{
    (void)state;
    struct scene s;
    struct log_view view;
    scene_open(&s, 72, RIGHT_WRITE);
    evil_log_open(s.evil, &mine, false);
    evil_segment_make(s.evil, &segment, &mine, NULL, "first");
    evil_segment_make(s.evil, &far_segment, &mine, &segment, "far away");
    far_segment.header.position = SEGMENT_POSITION_MAX;
    evil_segment_seal(s.evil, &far_segment, &mine.secret);
    evil_connect(s.evil);
    evil_give(s.evil, &mine, &segment);
    evil_give(s.evil, &mine, &far_segment);
    world_run(s.w, 3000);
    assert_true(log_of(&s, BOB, &mine.id, &view));
    assert_int_equal(view.highest, SEGMENT_POSITION_MAX);
    assert_int_equal(view.intervals, 1);
    evil_send(s.evil, frame, evil_want(s.evil, frame, &mine.id, 2, UINT64_MAX / 8));
    world_run(s.w, 3000);
    scene_agrees(&s);
    scene_close(&s);
}

/* --- floods: what is sent 10,000 times ------------------------------------------------------------------------- */

static size_t errors(struct evil *e, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    for (int i = 0; i < 100; i++) {
        uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
        struct hash item;
        evil_random(e, &item, sizeof(item));
        err_write(&w, (enum muster_error)evil_number(e, 40), &item, "%s%n");
        frame_end(&w, begin);
    }
    return writer_len(&w);
}

static size_t unknown_logs(struct evil *e, uint8_t *out)
{
    struct log_id id;
    struct segment_id head;
    evil_random(e, &id, sizeof(id));
    evil_random(e, &head, sizeof(head));
    return evil_heads(e, out, &id, 1 + evil_number(e, 1000), &head, 0);
}

static size_t new_logs(struct evil *e, uint8_t *out)
{
    static struct evil_log fresh;
    const struct evil_segment *list[] = {&segment};
    evil_log_open(e, &fresh, false);
    return evil_seg(e, out, &fresh, list, 1);
}

static size_t all_of_it(struct evil *e, uint8_t *out)
{
    struct log_view view;
    for (size_t i = 0; core_log_at(world_core(e->w, ALICE), 0, i, &view); i++)
        if (view.own && view.role == LOG_DATA)
            return evil_want(e, out, &view.id, 1 + evil_number(e, 5), 1 + evil_number(e, UINT64_MAX / 8));
    return 0;
}

static size_t many_spaces(struct evil *e, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SPACES, 0);
    for (int i = 0; i < SPACES_MAX; i++) {
        struct space_entry entry;
        evil_random(e, &entry, sizeof(entry));
        memcpy(entry.tag, e->tag, sizeof(entry.tag)); /* one space, a thousand times */
        writer_put(&w, entry.tag, 16);
        writer_put(&w, entry.control, 16);
        writer_put(&w, entry.data, 16);
    }
    frame_end(&w, begin);
    return writer_len(&w);
}

static size_t control_wanted(struct evil *e, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    for (int i = 0; i < 64; i++)
        ctlheads_write(&w, e->tag, e->ctl, 0);
    return writer_len(&w);
}

static size_t keys_wanted(struct evil *e, uint8_t *out)
{
    struct record_id same[64];
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    for (int i = 0; i < 64; i++)
        same[i] = e->epoch;
    keyreq_write(&w, e->tag, same, 64);
    return writer_len(&w);
}

static size_t small_pieces(struct evil *e, uint8_t *out)
{
    struct frag f = {.lane = (uint8_t)evil_number(e, 5), .total = FRAME_BODY_MAX, .piece = {(const uint8_t *)"x", 1}};
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    frag_write(&w, &f);
    return writer_len(&w);
}

static size_t pings(struct evil *e, uint8_t *out)
{
    (void)e;
    struct writer w = writer_over(out, MESSAGE_BYTES_MAX);
    for (int i = 0; i < 5000; i++) {
        uint8_t *begin = frame_begin(&w, FRAME_PING, 0);
        writer_u64(&w, 1);
        frame_end(&w, begin);
    }
    return writer_len(&w);
}

static size_t noise(struct evil *e, uint8_t *out)
{
    size_t len = evil_number(e, 300);
    evil_random(e, out, len);
    return len;
}

static const struct {
    const char *says;
    size_t (*make)(struct evil *e, uint8_t *out);
    int count;
    uint64_t answers; /* messages of the given kind that so many may cost, at most; 0: as many as there are */
    enum frame_type kind;
} floods[] = {
    {"complaints",                                 errors,         1000,  0,     FRAME_ERR     },
    {"heads of logs that nobody knows",            unknown_logs,   10000, 0,     FRAME_WANT    },
    {"new logs, with a segment of another",        new_logs,       1000,  200,   FRAME_ERR     },
    {"demands for everything",                     all_of_it,      10000, 0,     FRAME_SEG     },
    {"one space a thousand times a frame",         many_spaces,    500,   520,   FRAME_CTLHEADS},
    {"demands for all of control",                 control_wanted, 1000,  400,   FRAME_SEG     },
    {"demands for one key",                        keys_wanted,    1000,  1000,  FRAME_KEY     },
    {"pieces of nothing",                          small_pieces,   10000, 0,     FRAME_ERR     },
    {"pings",                                      pings,          50,    0,     FRAME_PONG    },
    {"noise",                                      noise,          10000, 0,     FRAME_ERR     },
};

static void test_a_flood_leaves_room_for_others(void **state)
{
    (void)state;
    for (size_t f = 0; f < ARRAY_LEN(floods); f++) {
        struct scene s;
        uint64_t got = 0;
        scene_open(&s, 80 + f, RIGHT_WRITE);
        evil_log_open(s.evil, &mine, false);
        evil_segment_make(s.evil, &segment, &mine, NULL, "of one log");
        evil_connect(s.evil);
        world_run(s.w, 1000);
        size_t before = evil_heap();
        for (int i = 0; i < floods[f].count; i++) {
            if (!evil_is_up(s.evil)) {
                got += s.evil->got[floods[f].kind];
                evil_connect(s.evil);
            }
            evil_send(s.evil, frame, floods[f].make(s.evil, frame));
            if (i % 100 == 99)
                world_run(s.w, TICK_MS);
        }
        world_run(s.w, 1000);
        got += s.evil->got[floods[f].kind];
        size_t after = evil_heap();
        print_message("%s: %llu answers, %ld kB more\n", floods[f].says, (unsigned long long)got,
                      ((long)after - (long)before) / 1024);
        assert_true(after < before + 8 * 1024 * 1024);
        if (floods[f].answers)
            assert_true(got <= floods[f].answers);
        scene_goes_on(&s);
        world_cut(s.w, MALLORY, ALICE);
        scene_goes_on(&s);
        scene_close(&s);
    }
}

/* Whoever reports again and again that this node runs twice makes it open one log, not one after the other. */
static void test_a_cry_of_clones_is_heard_once(void **state)
{
    (void)state;
    struct scene s;
    struct log_view view;
    size_t own = 0;
    scene_open(&s, 95, RIGHT_WRITE);
    evil_connect(s.evil);
    for (int i = 0; i < 30; i++) {
        struct writer w = writer_over(frame, sizeof(frame));
        uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
        err_write(&w, MUSTER_ECLONED, NULL, "twice");
        frame_end(&w, begin);
        evil_send(s.evil, frame, writer_len(&w));
        world_run(s.w, TICK_MS);
        assert_int_equal(world_incident(s.w, ALICE, &s.space, "x", NULL), MUSTER_OK);
        s.objects++;
    }
    for (size_t i = 0; core_log_at(world_core(s.w, ALICE), 0, i, &view); i++)
        own += view.own && view.role == LOG_DATA;
    assert_int_equal(own, 2);
    scene_goes_on(&s);
    scene_close(&s);
}

/* A reader who writes: its records are carried and shown to nobody. */
static void test_what_a_reader_writes_counts_for_nothing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 96, RIGHT_READ);
    evil_log_open(s.evil, &mine, false);
    evil_segment_make(s.evil, &segment, &mine, NULL, "not mine to say");
    evil_connect(s.evil);
    evil_give(s.evil, &mine, &segment);
    world_run(s.w, 2000);
    scene_goes_on(&s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_boasts_is_not_waited_for),
        cmocka_unit_test(test_a_hole_beyond_counting_costs_nothing),
        cmocka_unit_test(test_a_flood_leaves_room_for_others),
        cmocka_unit_test(test_a_cry_of_clones_is_heard_once),
        cmocka_unit_test(test_what_a_reader_writes_counts_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
