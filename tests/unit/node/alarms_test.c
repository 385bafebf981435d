/* alarms_test.c — raised once, cleared once, acknowledged, bounded, and remembered over a restart; and who knocked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "node/alarms.h"
#include "node/knocks.h"
#include "unit/store/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    char folder[SCRATCH_PATH_MAX];
    struct store *store;
    struct alarms alarms;
    unsigned cleared;
};

static void open_store(struct bench *b)
{
    struct store_problem problem = {""};
    assert_int_equal(store_open(b->folder, NULL, &b->store, &problem), MUSTER_OK);
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    scratch_make(b->folder);
    open_store(b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    alarms_free(&b->alarms);
    store_close(b->store);
    scratch_remove(b->folder);
    free(b);
    return 0;
}

static void restart(struct bench *b)
{
    alarms_free(&b->alarms);
    store_close(b->store);
    open_store(b);
    alarms_load(&b->alarms, b->store);
}

static struct alarm alarm_of(enum alarm_rule rule, uint32_t subject, uint64_t number)
{
    struct alarm alarm = {.rule = rule, .number = number, .text = "text"};
    alarm_id(alarm.id, rule, &alarm.space, &subject, sizeof(subject));
    return alarm;
}

static void count_cleared(void *user, const struct alarm *alarm)
{
    struct bench *b = user;
    assert_true(alarm->round > 0);
    b->cleared++;
}

static enum alarm_found found(struct bench *b, enum alarm_rule rule, uint32_t subject, uint64_t number, uint64_t now_ms)
{
    struct alarm alarm = alarm_of(rule, subject, number);
    return alarms_found(&b->alarms, &alarm, now_ms, NULL);
}

static struct alarm *only(struct bench *b)
{
    assert_int_equal(b->alarms.count, 1);
    return &b->alarms.at[0];
}

static void test_alarm_is_raised_once_and_cleared_once(void **state)
{
    struct bench *b = *state;
    alarms_begin(&b->alarms);
    assert_int_equal(found(b, ALARM_EXPIRED, 1, 1, 100), ALARM_FOUND_NEW);
    assert_int_equal(found(b, ALARM_EXPIRED, 1, 1, 200), ALARM_FOUND_KNOWN);
    alarms_end(&b->alarms, count_cleared, b);
    alarms_begin(&b->alarms);
    assert_int_equal(found(b, ALARM_EXPIRED, 1, 1, 300), ALARM_FOUND_KNOWN);
    assert_int_equal(only(b)->raised_ms, 100);
    alarms_end(&b->alarms, count_cleared, b);
    assert_int_equal(b->cleared, 0);
    alarms_begin(&b->alarms);
    alarms_end(&b->alarms, count_cleared, b);
    assert_int_equal(b->cleared, 1);
    assert_int_equal(b->alarms.count, 0);
}

static void test_alarm_ids_are_of_rule_space_and_subject(void **state)
{
    struct alarm a = alarm_of(ALARM_EXPIRED, 1, 1), same = alarm_of(ALARM_EXPIRED, 1, 9), rule = alarm_of(ALARM_EXPIRES_SOON, 1, 1),
                 subject = alarm_of(ALARM_EXPIRED, 2, 1), space = a;
    uint32_t one = 1;
    (void)state;
    space.space.b[0] = 1;
    alarm_id(space.id, ALARM_EXPIRED, &space.space, &one, sizeof(one));
    assert_memory_equal(a.id, same.id, ALARM_ID_BYTES);
    assert_memory_not_equal(a.id, rule.id, ALARM_ID_BYTES);
    assert_memory_not_equal(a.id, subject.id, ALARM_ID_BYTES);
    assert_memory_not_equal(a.id, space.id, ALARM_ID_BYTES);
}

static void test_alarm_is_remembered_over_a_restart(void **state)
{
    struct bench *b = *state;
    struct alarm_counts counts;
    bool several;
    char id[2 * ALARM_ID_BYTES + 1];
    alarms_begin(&b->alarms);
    assert_int_equal(found(b, ALARM_EXPIRED, 1, 1, 100), ALARM_FOUND_NEW);
    assert_int_equal(found(b, ALARM_EXPIRED, 2, 1, 150), ALARM_FOUND_NEW);
    alarms_end(&b->alarms, count_cleared, b);
    struct alarm first = alarm_of(ALARM_EXPIRED, 1, 1);
    struct alarm *row = alarms_named(&b->alarms, hex_from(id, first.id, ALARM_ID_BYTES), &several);
    assert_non_null(row);
    alarms_acknowledge(row, 1000, 160);
    assert_int_equal(alarms_keep(&b->alarms, b->store), MUSTER_OK);
    restart(b);
    alarms_count(&b->alarms, &counts);
    assert_int_equal(counts.open[ALARM_WARNING] + counts.acknowledged, 0); /* nobody has looked yet: nothing is shown */
    assert_null(alarms_named(&b->alarms, id, &several));
    alarms_begin(&b->alarms);
    assert_int_equal(found(b, ALARM_EXPIRED, 1, 1, 900), ALARM_FOUND_KNOWN); /* not raised again */
    alarms_end(&b->alarms, count_cleared, b);
    assert_int_equal(b->cleared, 0); /* the other one is gone without a word: nobody was shown it in this life */
    assert_int_equal(only(b)->raised_ms, 100);
    assert_int_equal(only(b)->acked_ms, 160);
    assert_int_equal(only(b)->acked_by, 1000);
    assert_int_equal(alarms_keep(&b->alarms, b->store), MUSTER_OK);
    restart(b);
    assert_int_equal(b->alarms.count, 1); /* and its row has gone from the disk */
}

static void test_alarm_that_grows_is_open_again(void **state)
{
    struct bench *b = *state;
    alarms_begin(&b->alarms);
    assert_int_equal(found(b, ALARM_PROMISE_VOID, 1, 2, 100), ALARM_FOUND_NEW);
    alarms_acknowledge(only(b), 0, 110);
    assert_int_equal(found(b, ALARM_PROMISE_VOID, 1, 2, 120), ALARM_FOUND_KNOWN);
    assert_int_equal(found(b, ALARM_PROMISE_VOID, 1, 1, 130), ALARM_FOUND_KNOWN);
    assert_true(only(b)->acked_ms != 0);
    assert_int_equal(found(b, ALARM_PROMISE_VOID, 1, 3, 140), ALARM_FOUND_WORSE);
    assert_int_equal(only(b)->acked_ms, 0);
    assert_int_equal(only(b)->raised_ms, 100);
}

static void test_alarms_of_one_agency_are_bounded(void **state)
{
    struct bench *b = *state;
    struct alarm theirs = {.theirs = true, .agency = {{7}}}, ours = alarm_of(ALARM_LOG_FORKED, 1, 1);
    struct alarm_counts counts;
    alarms_begin(&b->alarms);
    for (uint32_t i = 0; i < ALARMS_AGENCY_MAX + 5; i++) {
        alarm_id(theirs.id, ALARM_EXPIRED, &theirs.space, &i, sizeof(i));
        assert_int_equal(alarms_found(&b->alarms, &theirs, 1, NULL), i < ALARMS_AGENCY_MAX ? ALARM_FOUND_NEW : ALARM_FOUND_NO_ROOM);
    }
    assert_int_equal(alarms_found(&b->alarms, &ours, 1, NULL), ALARM_FOUND_NEW); /* others have room */
    alarms_count(&b->alarms, &counts);
    assert_int_equal(counts.no_room, 5);
    for (uint32_t i = 0; i < ALARMS_MAX; i++)
        (void)found(b, ALARM_EXPIRED, i, 1, 1);
    assert_int_equal(b->alarms.count, ALARMS_MAX);
    assert_int_equal(alarms_keep(&b->alarms, b->store), MUSTER_OK);
    restart(b);
    assert_int_equal(b->alarms.count, ALARMS_MAX);
}

static void test_alarms_are_sorted_by_need(void **state)
{
    struct bench *b = *state;
    const struct alarm *list[4];
    alarms_begin(&b->alarms);
    (void)found(b, ALARM_EXPIRES_SOON, 1, 1, 10);
    (void)found(b, ALARM_EXPIRED, 2, 1, 30);
    (void)found(b, ALARM_EXPIRED, 3, 1, 20);
    (void)found(b, ALARM_LOG_FORKED, 4, 1, 40);
    alarms_acknowledge(&b->alarms.at[3], 0, 50);
    for (size_t i = 0; i < 4; i++)
        list[i] = &b->alarms.at[i];
    alarms_sort(list, 4);
    assert_int_equal(list[0]->raised_ms, 20);
    assert_int_equal(list[1]->raised_ms, 30);
    assert_int_equal(list[2]->rule, ALARM_EXPIRES_SOON);
    assert_int_equal(list[3]->rule, ALARM_LOG_FORKED); /* somebody looks after it */
}

/* --- who knocked ---------------------------------------------------------------------------------------------------------- */

static struct curve_public key_of(uint32_t n)
{
    struct curve_public key = {{0}};
    put_le32(key.b, n);
    return key;
}

static void test_knocks_last_over_a_restart(void **state)
{
    struct bench *b = *state;
    struct knocks *knocks = calloc(1, sizeof(*knocks)), *after = calloc(1, sizeof(*after));
    struct curve_public key = key_of(1);
    assert_true(knocks && after);
    knocks_add(knocks, &key, "192.0.2.1:4711", MUSTER_EUNKNOWN_NODE, 100);
    knocks_add(knocks, &key, "192.0.2.2:4712", MUSTER_ENOTMEMBER, 200);
    knocks_keep(knocks, b->store, 5, true);
    assert_false(knocks->changed);
    restart(b);
    knocks_load(after, b->store);
    assert_int_equal(after->count, 1);
    assert_int_equal(after->at[0].count, 2);
    assert_int_equal(after->at[0].time_ms, 200);
    assert_int_equal(after->at[0].why, MUSTER_ENOTMEMBER);
    assert_string_equal(after->at[0].address, "192.0.2.2:4712");
    free(after);
    free(knocks);
}

static void test_knocks_cause_no_write_each(void **state)
{
    struct bench *b = *state;
    struct knocks *knocks = calloc(1, sizeof(*knocks));
    uint64_t writes = 0;
    assert_non_null(knocks);
    for (uint32_t i = 0; i < 10000; i++) { /* ten a second, a thousand seconds, each another key */
        struct curve_public key = key_of(i);
        knocks_add(knocks, &key, "192.0.2.1:4711", MUSTER_EUNKNOWN_NODE, i);
        knocks_keep(knocks, b->store, UINT64_C(1000000) + i * 100, false);
        writes += !knocks->changed;
    }
    assert_in_range(writes, 1, 10000 * 100 / KNOCKS_KEEP_MS + 1);
    assert_int_equal(knocks->count, KNOCKS_MAX);
    for (size_t i = 0; i < knocks->count; i++)
        assert_true(knocks->at[i].time_ms >= 10000 - KNOCKS_MAX); /* the longest silent one gave way */
    free(knocks);
}

static void test_knocks_read_keeps_its_bounds(void **state)
{
    struct knocks *knocks = calloc(1, sizeof(*knocks)), *out = calloc(1, sizeof(*out));
    uint8_t *bytes = malloc(KNOCKS_VALUE_MAX + 1);
    struct curve_public key = key_of(3);
    (void)state;
    assert_true(knocks && out && bytes);
    knocks_add(knocks, &key, "x", MUSTER_EUNKNOWN_NODE, 1);
    size_t len = knocks_write(knocks, bytes);
    assert_true(len > 0);
    bytes[len] = 0;
    for (size_t cut = 0; cut <= len + 1; cut++) {
        enum muster_error error = knocks_read(out, (struct bytes){bytes, cut});
        assert_int_equal(error == MUSTER_OK, cut == len);
        assert_int_equal(out->count, cut == len);
    }
    bytes[0] ^= 1;
    assert_int_equal(knocks_read(out, (struct bytes){bytes, len}), MUSTER_EVERSION);
    bytes[0] ^= 1;
    bytes[3] = 0xff; /* more than there may be */
    assert_int_equal(knocks_read(out, (struct bytes){bytes, len}), MUSTER_EBADVALUE);
    free(bytes);
    free(out);
    free(knocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_alarm_is_raised_once_and_cleared_once, set_up, tear_down),
        cmocka_unit_test(test_alarm_ids_are_of_rule_space_and_subject),
        cmocka_unit_test_setup_teardown(test_alarm_is_remembered_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alarm_that_grows_is_open_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alarms_of_one_agency_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alarms_are_sorted_by_need, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_knocks_last_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_knocks_cause_no_write_each, set_up, tear_down),
        cmocka_unit_test(test_knocks_read_keeps_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
