/* trace_test.c — the control fold, epochs and forwarding give the states that the traces expect. */
#include "trace.h"

#include "protocol/trust/epochs.h"
#include "protocol/trust/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const files[] = {
    MUSTER_SOURCE_DIR "/tests/model/traces/control.ndjson",
    MUSTER_SOURCE_DIR "/tests/model/traces/gossip.ndjson",
    MUSTER_SOURCE_DIR "/tests/model/traces/counterexamples_control.ndjson",
    MUSTER_SOURCE_DIR "/tests/model/traces/hostile_control.ndjson",
};

enum {
    RANDOM_TRACES = 160 + 113,
    CONTROL_TRACES = RANDOM_TRACES + 16,
    CONTROL_ORDERS = 3 * RANDOM_TRACES + 2 * 16,
    GOSSIP_TRACES = 40 + 3
};

/* Keys of `want` that differ in `got`, printed; their number. */
static unsigned differences(const char *name, const json_t *want, const json_t *got)
{
    unsigned wrong = 0;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)want, key, value)
    {
        const json_t *found = json_object_get(got, key);
        if (found != NULL && json_equal(value, found))
            continue;
        char *expected = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
        char *is = found == NULL ? NULL : json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
        print_error("%s: %s is %s, expected %s\n", name, key, is == NULL ? "missing" : is, expected);
        free(expected);
        free(is);
        wrong++;
    }
    return wrong;
}

/* asking: for the state after each operation, so that what an answer leaves behind is seen to do no harm. */
static struct control *fold(const struct trace_op *ops, const size_t *order, size_t count, bool asking)
{
    struct control *control = control_new();

    assert_non_null(control);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(control_add(control, &ops[order[i]].op), MUSTER_OK);
        if (asking)
            assert_true(control_state(control) != NULL && epochs_of(control) != NULL && epoch_draft(control) != NULL);
    }
    return control;
}

/* One control trace in its own order and in each of `orders`; returns how many orders were folded. */
static unsigned check_control(const json_t *trace, unsigned *wrong)
{
    const json_t *input = json_object_get(trace, "input"), *orders = json_object_get(trace, "orders");
    const char *name = json_string_value(json_object_get(trace, "name"));
    struct trace_op *ops = calloc(TRACE_OPS_MAX, sizeof *ops);
    struct names names = names_new();
    size_t count = trace_ops(&names, json_object_get(input, "ops"), ops, TRACE_OPS_MAX);

    for (size_t k = 0; k <= json_array_size(orders); k++) {
        size_t order[TRACE_OPS_MAX];
        for (size_t i = 0; i < count; i++)
            order[i] = k == 0 ? i : (size_t)json_integer_value(json_array_get(json_array_get(orders, k - 1), i));
        struct control *control = fold(ops, order, count, k % 2 == 0);
        json_t *got = trace_state(&names, control, json_object_get(input, "logs"));
        *wrong += differences(name, json_object_get(trace, "expect"), got);
        json_decref(got);
        control_free(control);
    }
    unsigned folded = 1 + (unsigned)json_array_size(orders);
    names_free(&names);
    free(ops);
    return folded;
}

/* -- gossip: agencies meet and exchange control under the forwarding rule --------------------------------- */
enum { PEOPLE_MAX = 8 };

struct party {
    const char *name;
    struct agency_id id;
    bool held[TRACE_OPS_MAX];
};

static struct control *view_of(const struct party *p, const struct trace_op *ops, size_t count)
{
    struct control *control = control_new();

    assert_non_null(control);
    for (size_t i = 0; i < count; i++)
        if (p->held[i])
            assert_int_equal(control_add(control, &ops[i].op), MUSTER_OK);
    return control;
}

static void show(struct control *from, const struct party *sender, struct control *to, struct party *receiver,
                 const struct trace_op *ops, size_t count)
{
    if (!forward_takes(to, &sender->id, false))
        return;
    for (size_t i = 0; i < count; i++)
        if (sender->held[i] && forward_decide(from, &receiver->id, &ops[i].op.id).allowed)
            receiver->held[i] = true;
}

static void meet(struct party *a, struct party *b, const struct trace_op *ops, size_t count)
{
    struct control *of_a = view_of(a, ops, count), *of_b = view_of(b, ops, count);

    show(of_a, a, of_b, b, ops, count);
    show(of_b, b, of_a, a, ops, count);
    control_free(of_a);
    control_free(of_b);
}

static json_t *party_json(struct names *names, const struct party *p, const struct trace_op *ops, size_t count)
{
    struct control *control = view_of(p, ops, count);
    const struct control_member *self = control_member(control, &p->id);
    json_t *state = trace_state(names, control, NULL), *out = json_object(), *held = json_object();
    json_t *list = json_array();
    const char *key;
    json_t *value;

    for (size_t i = 0; i < count; i++)
        if (p->held[i])
            json_object_set_new(held, trace_text(names, ops[i].op.id.b), json_true());
    char *sorted = json_dumps(held, JSON_SORT_KEYS);
    json_t *again = json_loads(sorted, 0, NULL); /* jansson keeps the order of insertion */
    json_object_foreach(again, key, value) json_array_append_new(list, json_string(key));
    json_object_set_new(out, "held", list);
    json_object_set_new(out, "right", json_string(right_name(self == NULL ? RIGHT_NONE : self->right)));
    json_object_set(out, "members", json_object_get(state, "members"));
    json_object_set(out, "suspended", json_object_get(state, "suspended"));
    free(sorted);
    json_decref(again);
    json_decref(held);
    json_decref(state);
    control_free(control);
    return out;
}

static struct party *party_named(struct party *people, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(people[i].name, name) == 0)
            return &people[i];
    fail_msg("the trace has no agency %s", name);
    return NULL;
}

static void check_gossip(const json_t *trace, unsigned *wrong)
{
    const json_t *input = json_object_get(trace, "input"), *meetings = json_object_get(input, "meetings");
    struct trace_op *ops = calloc(TRACE_OPS_MAX, sizeof *ops);
    struct names names = names_new();
    size_t count = trace_ops(&names, json_object_get(input, "ops"), ops, TRACE_OPS_MAX), people_count = 0;
    struct party people[PEOPLE_MAX];
    json_t *got = json_object(), *ids;
    const char *key;

    memset(people, 0, sizeof people);
    json_object_foreach(json_object_get(input, "start"), key, ids)
    {
        struct party *p = &people[people_count++];
        p->name = key;
        p->id = trace_agency(&names, key);
        for (size_t k = 0; k < json_array_size(ids); k++)
            for (size_t i = 0; i < count; i++)
                p->held[i] |=
                    strcmp(trace_text(&names, ops[i].op.id.b), json_string_value(json_array_get(ids, k))) == 0;
    }
    for (size_t k = 0; k < json_array_size(meetings); k++) {
        const json_t *pair = json_array_get(meetings, k);
        meet(party_named(people, people_count, json_string_value(json_array_get(pair, 0))),
             party_named(people, people_count, json_string_value(json_array_get(pair, 1))), ops, count);
    }
    for (size_t i = 0; i < people_count; i++)
        json_object_set_new(got, people[i].name, party_json(&names, &people[i], ops, count));
    *wrong += differences(json_string_value(json_object_get(trace, "name")), json_object_get(trace, "expect"), got);
    json_decref(got);
    names_free(&names);
    free(ops);
}

static void test_every_trace_gives_its_state_in_every_order(void **state)
{
    unsigned traces = 0, orders = 0, gossips = 0, wrong = 0;

    (void)state;
    for (size_t f = 0; f < ARRAY_LEN(files); f++) {
        FILE *in = fopen(files[f], "r");
        char *line = NULL;
        size_t room = 0;
        assert_non_null(in);
        while (getline(&line, &room, in) > 0) {
            json_t *trace = json_loads(line, 0, NULL);
            assert_non_null(trace);
            if (strcmp(json_string_value(json_object_get(trace, "area")), "control") == 0) {
                orders += check_control(trace, &wrong);
                traces++;
            } else {
                check_gossip(trace, &wrong);
                gossips++;
            }
            json_decref(trace);
        }
        free(line);
        fclose(in);
    }
    print_message("%u control traces in %u orders, %u gossip traces\n", traces, orders, gossips);
    assert_int_equal(wrong, 0);
    assert_int_equal(traces, CONTROL_TRACES); /* a trace that got lost tests nothing */
    assert_int_equal(orders, CONTROL_ORDERS);
    assert_int_equal(gossips, GOSSIP_TRACES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_trace_gives_its_state_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
