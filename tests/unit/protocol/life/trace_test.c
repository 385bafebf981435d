/* trace_test.c — the traces of lives (tests/model/log), driven through real cores: what the node decides at each event is
 * what the model decides, but for the differences that tests/model/log/README.md names.  No log of the node ever forks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/protocol/life/town.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INCARNATIONS = 32, TRACES_LIFE = 80, TRACES_RARE = 57, TRACES_COUNTEREXAMPLES = 3 };

/* An incarnation of the model is a log here; its number 1 may stand at another position. */
struct incarnation {
    bool known;
    struct log_id log;
    int64_t before; /* position of its number 0 */
};

struct run {
    struct town town;
    struct incarnation incarnations[INCARNATIONS];
    const char *name;
    size_t event;
    unsigned differences;
};

/* Where the product decides otherwise, on purpose; tests/model/log/README.md says why.  Every row must come true. */
static const struct {
    const char *trace;
    size_t event;
    const char *word; /* what the node decides instead */
} otherwise[] = {
    {"life-6",     6, "new-incarnation"           }, /* a copy is told of it, whichever log the original goes on in */
    {"live-clone", 9, "in a log opened just now"  }, /* both are told once the copy has come again */
};

static bool differs_at(const struct run *r, const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(otherwise); i++)
        if (strcmp(otherwise[i].trace, r->name) == 0 && otherwise[i].event == r->event)
            return strcmp(otherwise[i].word, word) == 0;
    return false;
}

static size_t partner_named(const char *name)
{
    assert_true(name && strchr("PQR", name[0]));
    return (size_t)(name[0] - 'P');
}

static const struct incarnation *incarnation_of(const struct run *r, const struct log_id *log)
{
    for (size_t i = 0; i < INCARNATIONS; i++)
        if (r->incarnations[i].known && log_id_eq(&r->incarnations[i].log, log))
            return &r->incarnations[i];
    return NULL;
}

/* The model went on in a known incarnation: so did the node.  It opened one: the log was never seen before. */
static const char *word_of_write(struct run *r, const struct place *at, const char *expect)
{
    unsigned number;
    long long no;
    if (sscanf(expect, "incarnation %u no %lld", &number, &no) != 2 || number >= INCARNATIONS)
        return "wrote";
    struct incarnation *expected = &r->incarnations[number];
    const struct incarnation *is = incarnation_of(r, &at->log);
    if (!expected->known && !is)
        *expected = (struct incarnation){true, at->log, 0};
    else if (!is)
        return "in a log opened just now";
    is = is ? is : expected;
    return is == expected && (int64_t)at->position - is->before == no ? expect : "at another place";
}

static void one_event(struct run *r, const json_t *event, const char *expect)
{
    const char *what = json_string_value(json_array_get(event, 0)), *word = NULL;
    size_t machine = (size_t)json_integer_value(json_array_get(event, 1));
    struct town *t = &r->town;
    struct place at;
    if (strcmp(what, "start") == 0)
        word = town_start(t, machine);
    else if (strcmp(what, "meet") == 0)
        word = town_meet(t, machine, partner_named(json_string_value(json_array_get(event, 2))));
    else if (strcmp(what, "write") == 0)
        word = town_write(t, machine, &at);
    else if (strcmp(what, "guard") == 0)
        word = town_guard(t, machine);
    else if (strcmp(what, "snapshot") == 0)
        word = town_snapshot(t, machine);
    else if (strcmp(what, "restore") == 0 || strcmp(what, "restore-db") == 0)
        word = town_restore(t, machine, strcmp(what, "restore-db") == 0);
    else if (strcmp(what, "clone") == 0)
        word = town_clone(t, machine);
    else
        fail_msg("%s: no event is called %s", r->name, what);
    if (strcmp(word, "wrote") == 0)
        word = word_of_write(r, &at, expect);
    bool same = strcmp(word, expect) == 0;
    if (!same && !differs_at(r, word))
        fail_msg("%s, event %zu (%s %zu): %s, the model says %s", r->name, r->event, what, machine, word, expect);
    r->differences += !same;
    town_is_not_forked(t);
}

static void one_trace(const json_t *trace, uint64_t seed, unsigned *differences)
{
    struct run r = {.differences = 0};
    const json_t *input = json_object_get(trace, "input"), *events = json_object_get(input, "events"),
                 *expect = json_object_get(trace, "expect");
    const char *liar = json_string_value(json_object_get(input, "liar")), *lie = json_string_value(json_object_get(input, "lie"));
    r.name = json_string_value(json_object_get(trace, "name"));
    assert_true(r.name && json_array_size(events) > 0 && json_array_size(events) == json_array_size(expect));
    town_open(&r.town, seed, !liar ? LIE_NONE : lie && strcmp(lie, "high") == 0 ? LIE_HIGH : LIE_LOW, liar ? partner_named(liar) : 0);
    r.incarnations[0] = (struct incarnation){true, r.town.machines[0].guard.log, (int64_t)r.town.machines[0].guard.position};
    for (r.event = 0; r.event < json_array_size(events); r.event++)
        one_event(&r, json_array_get(events, r.event), json_string_value(json_array_get(expect, r.event)));
    town_close(&r.town);
    *differences += r.differences;
}

static size_t traces_of(const char *file, unsigned *differences)
{
    char path[1024], *line = NULL;
    size_t size = 0, count = 0;
    snprintf(path, sizeof(path), "%s/tests/model/log/%s", MUSTER_SOURCE_DIR, file);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    while (getline(&line, &size, stream) > 0) {
        json_error_t error;
        json_t *trace = json_loads(line, 0, &error);
        if (!trace)
            fail_msg("%s: %s", file, error.text);
        const char *area = json_string_value(json_object_get(trace, "area"));
        if (area && strcmp(area, "life") == 0)
            one_trace(trace, 900 + count++, differences);
        json_decref(trace);
    }
    free(line);
    fclose(stream);
    return count;
}

static void test_lives_are_led_as_the_model_leads_them(void **state)
{
    (void)state;
    unsigned differences = 0;
    assert_int_equal(traces_of("life.ndjson", &differences), TRACES_LIFE);
    assert_int_equal(traces_of("life-rare.ndjson", &differences), TRACES_RARE);
    assert_int_equal(traces_of("counterexamples.ndjson", &differences), TRACES_COUNTEREXAMPLES);
    assert_int_equal(differences, ARRAY_LEN(otherwise));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lives_are_led_as_the_model_leads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
