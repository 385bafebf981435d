/* alarm_test.c — which facts raise which alarm, at the moment 1000 days after 1970; rows read as sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "decide/alarm.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define NOW (1000 * DAY)
#define NONE 0
#define BIT(rule) (UINT32_C(1) << ALARM_##rule)

static const struct {
    const char *says;
    struct alarm_facts facts;
    uint32_t want;
} rows[] = {
#define F(of, ...) {.subject = ALARM_OF_##of, ##__VA_ARGS__}
    {"a lot without a date never expires", F(RESOURCE), NONE},
    {"a lot that ended yesterday has expired", F(RESOURCE, .until_ms = NOW - DAY), BIT(EXPIRED)},
    {"a lot ends in the moment that is written on it", F(RESOURCE, .until_ms = NOW), BIT(EXPIRED)},
    {"a lot that is used up need not be looked at any more", F(RESOURCE, .until_ms = NOW - DAY, .empty = true), NONE},
    {"a lot is told of thirty days ahead", F(RESOURCE, .until_ms = NOW + 30 * DAY), BIT(EXPIRES_SOON)},
    {"and not earlier", F(RESOURCE, .until_ms = NOW + 30 * DAY + 1), NONE},
    {"a shelf below its minimum, empty or not", F(RESOURCE, .below = true, .empty = true), BIT(BELOW_MINIMUM)},
    {"expired and below its minimum are two alarms", F(RESOURCE, .until_ms = NOW - 1, .below = true), BIT(EXPIRED) | BIT(BELOW_MINIMUM)},
    {"a mandate that ended and still says in-force", F(MANDATE, .until_ms = NOW - 1), BIT(MANDATE_EXPIRED)},
    {"a mandate that was ended in time", F(MANDATE, .until_ms = NOW - 1, .over = true), NONE},
    {"a mandate is told of a day ahead", F(MANDATE, .until_ms = NOW + DAY), BIT(MANDATE_EXPIRES)},
    {"a mandate with two days left", F(MANDATE, .until_ms = NOW + 2 * DAY), NONE},
    {"an agreement is told of two weeks ahead", F(AGREEMENT, .until_ms = NOW + 14 * DAY), BIT(AGREEMENT_EXPIRES)},
    {"an agreement that has ended", F(AGREEMENT, .until_ms = NOW - 1), BIT(AGREEMENT_EXPIRED)},
    {"an agreement that its owner has ended", F(AGREEMENT, .until_ms = NOW - 1, .over = true), NONE},
    {"a certificate a month ahead", F(CERTIFICATE, .until_ms = NOW + 29 * DAY), BIT(CERTIFICATE_EXPIRES)},
    {"a certificate that has expired", F(CERTIFICATE, .until_ms = NOW - 1), BIT(CERTIFICATE_EXPIRED)},
    {"a request that is not met in time", F(REQUEST, .until_ms = NOW - 1), BIT(REQUEST_OVERDUE)},
    {"a request that was met", F(REQUEST, .until_ms = NOW - 1, .over = true), NONE},
    {"a request that has an hour left", F(REQUEST, .until_ms = NOW + HOUR), NONE},
    {"a task that nobody has acknowledged in time, with a day to go", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW + DAY),
     BIT(TASK_UNACKNOWLEDGED)},
    {"the same where it is passed on to", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW + DAY, .passed_to_us = true),
     BIT(TASK_UNACKNOWLEDGED) | BIT(TASK_ESCALATED)},
    {"a task that is to be passed on to us, in time", F(TASK, .word_by_ms = NOW + 1, .until_ms = NOW + DAY, .passed_to_us = true), NONE},
    {"its owner passes it on before its clock does", F(TASK, .word_by_ms = NOW + 1, .escalated = true, .passed_to_us = true),
     BIT(TASK_ESCALATED)},
    {"acknowledged late is acknowledged", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW + DAY, .word = true, .passed_to_us = true), NONE},
    {"acknowledged and not done by the deadline", F(TASK, .word_by_ms = NOW - DAY, .until_ms = NOW - 1, .word = true), BIT(TASK_OVERDUE)},
    {"past the deadline without any word", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW - 1), BIT(TASK_UNACKNOWLEDGED) | BIT(TASK_OVERDUE)},
    {"the assignee says that it is done, the owner has not written it down", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW - 1, .word = true, .done = true), NONE},
    {"a task that was called off", F(TASK, .word_by_ms = NOW - 1, .until_ms = NOW - 1, .over = true, .passed_to_us = true), NONE},
    {"a task without times waits for ever", F(TASK), NONE},
    {"a member that was heard of an hour ago", F(MEMBER, .heard_ms = NOW - HOUR, .silence_ms = HOUR), BIT(MEMBER_SILENT)},
    {"a member that was heard of within the hour", F(MEMBER, .heard_ms = NOW - HOUR + 1, .silence_ms = HOUR), NONE},
    {"a member that has not come yet is not silent", F(MEMBER, .silence_ms = HOUR), NONE},
    {"a log with two branches", F(LOG, .forked = true), BIT(LOG_FORKED)},
    {"a log with one", F(LOG), NONE},
    {"what it names was retracted", F(LINK, .source = ALARM_SOURCE_RETRACTED), BIT(SOURCE_CHANGED)},
    {"what it names was superseded", F(LINK, .source = ALARM_SOURCE_SUPERSEDED), BIT(SOURCE_CHANGED)},
    {"what it names was erased", F(LINK, .source = ALARM_SOURCE_ERASED), BIT(SOURCE_CHANGED)},
    {"what it names stands", F(LINK), NONE},
    {"every promise holds", F(PROMISES), NONE},
    {"promises void, lost and at risk are three alarms", F(PROMISES, .voids = 1, .lost = 2, .at_risk = 3),
     BIT(PROMISE_VOID) | BIT(PROMISE_LOST) | BIT(PROMISE_AT_RISK)},
};

static void test_alarm_judge_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t got = alarm_judge(&rows[i].facts, NOW);
        if (got != rows[i].want)
            fail_msg("%s: %#x instead of %#x", rows[i].says, got, rows[i].want);
    }
}

static void test_alarm_every_rule_can_hold(void **state)
{
    uint32_t held = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        held |= rows[i].want;
    assert_int_equal(held, (UINT32_C(1) << ALARM_RULES) - 1);
}

static void test_alarm_rows_are_whole(void **state)
{
    static const struct alarm_words words = {"WHAT", "ID", "OTHER", "WHEN", "NUMBER", "SPACE", "LEAST"};
    (void)state;
    for (size_t r = 0; r < ALARM_RULES; r++) {
        const struct alarm_row *row = alarm_row((enum alarm_rule)r);
        char text[400];
        assert_int_equal(alarm_named(row->name), r);
        assert_true(row->severity < ALARM_SEVERITIES && row->holds != NULL);
        alarm_say(text, sizeof(text), row->says, &words);
        assert_null(strchr(text, '{')); /* every place is known */
        assert_non_null(strstr(text, "WHAT"));
        alarm_say(text, sizeof(text), row->remedy, &words);
        assert_null(strchr(text, '{'));
        assert_non_null(strstr(row->remedy, "muster "));
        assert_null(strstr(text, "WHAT")); /* it may be pasted into a shell: no words of others */
        assert_null(strstr(text, "OTHER"));
        assert_null(strstr(text, "SPACE"));
    }
    assert_int_equal(alarm_named("no-such-rule"), ALARM_RULES);
    assert_null(alarm_row(ALARM_RULES));
    assert_int_equal(alarm_severity_named("critical"), ALARM_CRITICAL);
    assert_int_equal(alarm_severity_named("loud"), ALARM_SEVERITIES);
}

static void test_alarm_say_keeps_its_bounds(void **state)
{
    static const struct {
        const char *says, *pattern, *what;
        size_t size;
        const char *want;
    } texts[] = {
        {"a place in the middle", "of {what} two", "x", 32, "of x two"},
        {"a title with braces is no pattern", "{what}!", "{id}", 32, "{id}!"},
        {"a place that nobody knows stays", "{which} {what}", "x", 32, "{which} x"},
        {"a brace without its end", "a {what", "x", 32, "a {what"},
        {"a missing word is empty", "<{other}>", "x", 32, "<>"},
        {"cut at a whole character", "{what}", "洪水", 6, "洪"},
        {"room for nothing", "{what}", "洪水", 1, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char out[33];
        memset(out, '#', sizeof(out));
        alarm_say(out, texts[i].size, texts[i].pattern, &(struct alarm_words){.what = texts[i].what, .id = "ID"});
        if (strcmp(out, texts[i].want) != 0)
            fail_msg("%s: \"%s\"", texts[i].says, out);
        for (size_t b = texts[i].size; b < sizeof(out); b++)
            assert_int_equal(out[b], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarm_judge_by_rows),
        cmocka_unit_test(test_alarm_every_rule_can_hold),
        cmocka_unit_test(test_alarm_rows_are_whole),
        cmocka_unit_test(test_alarm_say_keeps_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
