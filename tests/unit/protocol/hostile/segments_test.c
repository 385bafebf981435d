/* segments_test.c — forged segments: each is refused, what it was made from is not, and the honest ones go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scene.h"

#include <stdlib.h>

static struct evil_log mine, other;
static struct evil_segment first, second, third, forged;

static void wrong_key(struct evil *e)
{
    forged = second;
    evil_segment_seal(e, &forged, &other.secret);
    evil_give(e, &mine, &forged);
}

static void no_signature(struct evil *e)
{
    forged = second;
    memset(forged.item + SEGMENT_HEADER_BYTES - 64, 0, 64);
    evil_give(e, &mine, &forged);
}

static void exercise(struct evil *e)
{
    forged = second;
    e->exercise = !e->exercise;
    evil_segment_seal(e, &forged, &mine.secret);
    e->exercise = !e->exercise;
    evil_give(e, &mine, &forged);
}

static void into_another_log(struct evil *e)
{
    evil_give(e, &other, &first);
}

static void into_alices_log(struct evil *e)
{
    struct evil_log alices = mine;
    struct log_view view;
    for (size_t i = 0; core_log_at(world_core(e->w, ALICE), 0, i, &view); i++)
        if (view.own) {
            alices.id = view.id;
            alices.genesis_len = 0;
            forged = second;
            forged.header.log = view.id;
            evil_segment_seal(e, &forged, &mine.secret);
            evil_give(e, &alices, &forged);
        }
}

static void anothers_genesis(struct evil *e)
{
    struct evil_log alices = other;
    evil_segment_make(e, &forged, &alices, NULL, "as if from Alice");
    memcpy(alices.genesis + 4 + HASH_BYTES, world_agency(e->w, ALICE).b, HASH_BYTES); /* its agency */
    alices.id = log_id_of(alices.genesis, alices.genesis_len);
    evil_give(e, &alices, &forged);
}

static void another_id(struct evil *e)
{
    struct evil_log named = other;
    named.id.b[0] ^= 1;
    evil_give(e, &named, &first);
}

static void no_genesis(struct evil *e)
{
    struct evil_log bare;
    evil_log_open(e, &bare, false);
    bare.genesis_len = 0;
    evil_give(e, &bare, &first);
}

static void foreign_prev(struct evil *e)
{
    forged = first;
    forged.header.prev.b[0] ^= 1;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void position_zero(struct evil *e)
{
    forged = first;
    forged.header.position = 0;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void position_beyond_counting(struct evil *e)
{
    forged = first;
    forged.header.position = UINT64_MAX;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void no_records(struct evil *e)
{
    forged = first;
    forged.header.count = 0;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void more_records_than_there_are(struct evil *e)
{
    forged = first;
    forged.header.count = SEGMENT_RECORDS_MAX;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void more_records_than_allowed(struct evil *e)
{
    forged = first;
    forged.header.count = UINT32_MAX;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static void changed_payload(struct evil *e)
{
    forged = first;
    forged.item[forged.len - 1] ^= 1;
    evil_give(e, &mine, &forged);
}

static void later_format(struct evil *e)
{
    forged = first;
    forged.header.version = FORMAT_VERSION + 1;
    evil_segment_seal(e, &forged, &mine.secret);
    evil_give(e, &mine, &forged);
}

static const struct {
    const char *says;
    void (*act)(struct evil *e);
    enum muster_error said;
} rows[] = {
    {"signed with another log's key",                       wrong_key,                   MUSTER_ESIGNATURE   },
    {"not signed at all",                                   no_signature,                MUSTER_ESIGNATURE   },
    {"of an exercise, in an actual space",                  exercise,                    MUSTER_ESIGNATURE   },
    {"transplanted into another log",                       into_another_log,            MUSTER_ESIGNATURE   },
    {"written into Alice's log",                            into_alices_log,             MUSTER_ESIGNATURE   },
    {"of a log with another agency in its genesis",         anothers_genesis,            MUSTER_EUNKNOWN_NODE},
    {"of a log under another name than its genesis has",    another_id,                  MUSTER_EHASH        },
    {"of an unknown log without its genesis",               no_genesis,                  MUSTER_EUNKNOWN_LOG },
    {"the first one behind something that is not its log",  foreign_prev,                MUSTER_ECHAIN       },
    {"at position 0",                                       position_zero,               MUSTER_EBADVALUE    },
    {"at a position beyond counting",                       position_beyond_counting,    MUSTER_EBADVALUE    },
    {"without records",                                     no_records,                  MUSTER_EBADVALUE    },
    {"with a count of records that are not there",          more_records_than_there_are, MUSTER_ETRUNCATED   },
    {"with a count beyond the limit",                       more_records_than_allowed,   MUSTER_ETOOBIG      },
    {"with one bit of a payload changed",                   changed_payload,             MUSTER_ESIGNATURE   },
    {"of a later format",                                   later_format,                MUSTER_EVERSION     },
};

static void test_a_forged_segment_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct scene s;
    struct core_counters before, after;
    scene_open(&s, 31, RIGHT_WRITE);
    evil_log_open(s.evil, &mine, false);
    evil_log_open(s.evil, &other, false);
    evil_segment_make(s.evil, &first, &mine, NULL, "first");
    evil_segment_make(s.evil, &second, &mine, &first, "second");
    evil_segment_make(s.evil, &third, &mine, &second, "third");
    evil_connect(s.evil);
    evil_segment_make(s.evil, &forged, &other, NULL, "other");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].says);
        core_counters(world_core(s.w, ALICE), &before);
        s.evil->said = MUSTER_OK;
        rows[i].act(s.evil);
        world_run(s.w, 1500);
        core_counters(world_core(s.w, ALICE), &after);
        assert_int_equal(s.evil->said, rows[i].said);
        assert_true(after.segments_refused > before.segments_refused);
        assert_int_equal(after.segments_in, before.segments_in);
    }
    scene_goes_on(&s);
    /* Nothing that was refused is remembered: the real ones are taken, in any order. */
    evil_connect(s.evil);
    evil_give(s.evil, &mine, &third);
    evil_give(s.evil, &mine, &first);
    evil_give(s.evil, &mine, &second);
    world_run(s.w, 2000);
    s.objects += 3;
    scene_goes_on(&s);
    scene_close(&s);
}

/* A run whose last segment does not verify: what stands before and verifies is taken. */
static void test_what_is_good_in_a_run_is_taken(void **state)
{
    (void)state;
    struct scene s;
    static uint8_t frame[MESSAGE_BYTES_MAX];
    scene_open(&s, 32, RIGHT_WRITE);
    evil_log_open(s.evil, &mine, false);
    evil_segment_make(s.evil, &first, &mine, NULL, "first");
    evil_segment_make(s.evil, &second, &mine, &first, "second");
    evil_segment_make(s.evil, &third, &mine, &second, "third");
    memset(third.item + SEGMENT_HEADER_BYTES - 64, 0, 64);
    evil_connect(s.evil);
    const struct evil_segment *run[] = {&first, &second, &third};
    evil_send(s.evil, frame, evil_seg(s.evil, frame, &mine, run, 3));
    world_run(s.w, 2000);
    assert_int_equal(s.evil->said, MUSTER_ESIGNATURE);
    s.objects += 2;
    scene_goes_on(&s);
    scene_close(&s);
}

/* The same bytes again, from the author and from others: one record. */
static void test_a_segment_counts_once(void **state)
{
    (void)state;
    struct scene s;
    struct core_counters counters;
    scene_open(&s, 33, RIGHT_WRITE);
    evil_log_open(s.evil, &mine, false);
    evil_segment_make(s.evil, &first, &mine, NULL, "first");
    evil_connect(s.evil);
    for (int i = 0; i < 200; i++)
        evil_give(s.evil, &mine, &first);
    world_run(s.w, 2000);
    core_counters(world_core(s.w, ALICE), &counters);
    assert_true(counters.segments_duplicate >= 90);
    s.objects += 1;
    scene_goes_on(&s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forged_segment_is_refused_with_its_reason),
        cmocka_unit_test(test_what_is_good_in_a_run_is_taken),
        cmocka_unit_test(test_a_segment_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
