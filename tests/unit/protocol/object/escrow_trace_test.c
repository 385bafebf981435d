/* escrow_trace_test.c — escrow_fold agrees with every trace of the model, key by key, in every order. */
#include "protocol/object/escrow.h"
#include "unit/protocol/object/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TRACE_RECORDS_MAX = 64, TRACE_FROM_MAX = 8, TRACE_LOGS_MAX = 8, TRACE_OBJECTS_MAX = 4 };

struct scene { /* one trace, read */
    struct escrow_record records[TRACE_RECORDS_MAX];
    struct escrow_units from[TRACE_RECORDS_MAX][TRACE_FROM_MAX];
    struct escrow_log logs[TRACE_LOGS_MAX];
    struct escrow_object objects[TRACE_OBJECTS_MAX];
    struct escrow_input input;
    const char *name;
};

static const struct {
    const char *name;
    enum object_op op;
} ops[] = {
    {"mint",    OP_MINT   },
    {"grant",   OP_GRANT  },
    {"commit",  OP_COMMIT },
    {"cover",   OP_COVER  },
    {"return",  OP_RETURN },
    {"release", OP_RELEASE},
    {"reclaim", OP_RECLAIM},
};

static const char *text_of(const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "";
}

static void object_id_from(struct object_id *out, const char *name)
{
    uint8_t bytes[32];
    trace_id(bytes, name, false);
    memcpy(out->b, bytes, sizeof out->b);
}

static uint64_t sequence_or(const json_t *log, const char *key, uint64_t otherwise)
{
    const json_t *value = json_object_get(log, key);
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : otherwise;
}

static void read_from(struct scene *scene, size_t at, const json_t *in)
{
    struct escrow_record *out = &scene->records[at];
    struct escrow_units *from = scene->from[at];
    size_t i;
    const json_t *pair;
    out->from = from;
    json_array_foreach(json_object_get(in, "from"), i, pair)
    {
        assert_true(i < TRACE_FROM_MAX);
        trace_id_of(from[i].right.b, json_array_get(pair, 0), true);
        from[i].units = (uint64_t)json_integer_value(json_array_get(pair, 1));
        out->from_count = i + 1;
    }
    if (json_object_get(in, "right")) {
        trace_id_of(from[0].right.b, json_object_get(in, "right"), true);
        from[0].units = (uint64_t)json_integer_value(json_object_get(in, "units"));
        out->from_count = 1;
    } else {
        out->units = (uint64_t)json_integer_value(json_object_get(in, "units"));
    }
}

/* The traces name an object in mints and bare promises only, and have one: it is everybody's. */
static void read_record(struct scene *scene, size_t at, const json_t *in, const json_t *input)
{
    struct escrow_record *out = &scene->records[at];
    const json_t *owner =
        json_object_iter_value(json_object_iter((json_t *)(uintptr_t)json_object_get(input, "objects")));
    const json_t *log = json_object_get(json_object_get(input, "logs"), text_of(in, "log"));
    *out = (struct escrow_record){0};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(ops[i].name, text_of(in, "op")) == 0)
            out->op = (uint8_t)ops[i].op;
    assert_int_not_equal(out->op, 0);
    trace_id_of(out->id.b, json_object_get(in, "id"), true);
    trace_id_of(out->log.b, json_object_get(in, "log"), false);
    trace_id_of(out->to.b, json_object_get(in, "to"), false);
    out->seq = (uint64_t)json_integer_value(json_object_get(in, "seq"));
    out->mint = json_equal(json_object_get(log, "by"), owner) ? MINT_BY_OWNER : MINT_BY_STRANGER;
    out->object = scene->objects[0].id;
    const char *about = out->op == OP_RETURN ? "reclaim" : "commit";
    if (json_object_get(in, about))
        trace_id_of(out->about.b, json_object_get(in, about), true);
    read_from(scene, at, in);
}

static int log_order(const void *x, const void *y)
{
    return log_id_cmp(&((const struct escrow_log *)x)->id, &((const struct escrow_log *)y)->id);
}

static void read_scene(struct scene *scene, const json_t *trace, const json_t *order)
{
    json_t *in = json_object_get(trace, "input"), *item;
    const json_t *records = json_object_get(in, "records"), *gone = json_object_get(in, "gone");
    const char *name;
    memset(scene, 0, sizeof *scene);
    scene->name = text_of(trace, "name");
    struct escrow_input *input = &scene->input;
    *input = (struct escrow_input){.records = scene->records, .logs = scene->logs, .objects = scene->objects};
    json_object_foreach(json_object_get(in, "logs"), name, item)
    {
        assert_true(input->logs_count < TRACE_LOGS_MAX);
        struct escrow_log *log = &scene->logs[input->logs_count++];
        trace_id(log->id.b, name, false);
        log->prefix = sequence_or(item, "prefix", 0);
        log->fork_at = sequence_or(item, "fork_at", ESCROW_NEVER);
        log->cut = sequence_or(item, "cut", ESCROW_NEVER);
    }
    qsort(scene->logs, input->logs_count, sizeof scene->logs[0], log_order);
    assert_int_equal(json_object_size(json_object_get(in, "objects")), 1);
    json_object_foreach(json_object_get(in, "objects"), name, item)
    {
        struct escrow_object *object = &scene->objects[input->objects_count++];
        object_id_from(&object->id, name);
        object->owner_is_member = true;
        for (size_t i = 0; i < json_array_size(gone); i++)
            object->owner_is_member &= !json_equal(json_array_get(gone, i), item);
    }
    for (size_t i = 0; i < json_array_size(records); i++) {
        size_t from = order ? (size_t)json_integer_value(json_array_get(order, i)) : i;
        assert_true(input->count < TRACE_RECORDS_MAX);
        read_record(scene, input->count++, json_array_get(records, from), in);
    }
}

/* -- comparing ----------------------------------------------------------------------------- */

static size_t record_named(const struct scene *scene, const char *id)
{
    uint8_t bytes[32];
    trace_id(bytes, id, true);
    for (size_t i = 0; i < scene->input.count; i++)
        if (memcmp(scene->records[i].id.b, bytes, sizeof bytes) == 0)
            return i;
    fail_msg("%s: record %s is not there", scene->name, id);
    return 0;
}

static void compare_promises(const struct scene *scene, json_t *want, const struct escrow_state *state)
{
    size_t promises = 0;
    const char *id;
    json_t *word;
    for (size_t i = 0; i < scene->input.count; i++)
        promises += state->records[i].word != WORD_NONE;
    assert_int_equal(promises, json_object_size(want));
    json_object_foreach(want, id, word)
    {
        const char *got = escrow_word_text((enum escrow_word)state->records[record_named(scene, id)].word);
        if (strcmp(got, json_string_value(word)) != 0)
            fail_msg("%s: promise %s is %s, not %s", scene->name, id, got, json_string_value(word));
    }
}

static void compare_void(const struct scene *scene, const json_t *want, const struct escrow_state *state)
{
    size_t found = 0, i;
    const json_t *id;
    for (i = 0; i < scene->input.count; i++)
        found += state->records[i].status == ESCROW_VOID;
    if (found != json_array_size(want))
        fail_msg("%s: %zu records are void, not %zu", scene->name, found, json_array_size(want));
    json_array_foreach(want, i, id)
        assert_int_equal(state->records[record_named(scene, json_string_value(id))].status, ESCROW_VOID);
}

static void compare_rights(const struct scene *scene, json_t *want, const struct escrow_state *state)
{
    const char *id;
    json_t *right;
    uint32_t at = 0;
    assert_int_equal(json_object_size(want), state->rights_count);
    for (uint32_t i = 1; i < state->rights_count; i++)
        assert_true(record_id_cmp(&scene->records[state->rights[i - 1].record].id,
                                  &scene->records[state->rights[i].record].id) < 0);
    json_object_foreach(want, id, right)
    {
        uint8_t holder[32];
        struct object_id object;
        size_t record = record_named(scene, id);
        for (at = 0; at < state->rights_count && state->rights[at].record != record; at++)
            ;
        if (at == state->rights_count)
            fail_msg("%s: there is no right %s", scene->name, id);
        const struct escrow_right *got = &state->rights[at];
        const json_t *rest = json_object_get(right, "rest");
        trace_id_of(holder, json_object_get(right, "holder"), false);
        object_id_from(&object, text_of(right, "object"));
        assert_memory_equal(holder, got->holder.b, sizeof holder);
        assert_true(object_id_eq(&object, &got->object));
        assert_int_equal(got->left, json_integer_value(json_object_get(right, "left")));
        assert_int_equal(got->rest.firm, json_integer_value(json_array_get(rest, 0)));
        assert_int_equal(got->rest.soft, json_integer_value(json_array_get(rest, 1)));
        assert_int_equal(got->rest.lost, json_integer_value(json_array_get(rest, 2)));
        assert_int_equal(got->rest.firm + got->rest.soft + got->rest.lost, got->left);
    }
}

static void compare_state(const struct scene *scene, const json_t *expect, const struct escrow_state *state)
{
    json_t *capacity = json_object_get(expect, "capacity"), *safe = json_object_get(expect, "safe");
    compare_promises(scene, json_object_get(expect, "promises"), state);
    compare_void(scene, json_object_get(expect, "void"), state);
    compare_rights(scene, json_object_get(expect, "rights"), state);
    /* An object that is not named has none: the traces have one object. */
    assert_int_equal(json_integer_value(json_object_iter_value(json_object_iter(capacity))),
                     state->objects[0].capacity);
    assert_int_equal(json_integer_value(json_object_iter_value(json_object_iter(safe))),
                     state->objects[0].safe);
    assert_int_equal(json_object_size(expect), 5);
}

static size_t folds;

/* Folds in a block of exactly the promised size: the sanitizer sees a byte too far. */
static void fold_and_compare(const json_t *trace, const json_t *order)
{
    static struct scene scene;
    struct escrow_state state;
    read_scene(&scene, trace, order);
    size_t size = escrow_fold_bytes(&scene.input);
    struct object_arena arena = {.at = malloc(size), .size = size};
    assert_non_null(arena.at);
    assert_int_equal(escrow_fold(&state, &scene.input, &arena), MUSTER_OK);
    compare_state(&scene, json_object_get(trace, "expect"), &state);
    free(arena.at);
    folds++;
}

static void visit(const json_t *trace)
{
    size_t i;
    const json_t *order;
    fold_and_compare(trace, NULL);
    json_array_foreach(json_object_get(trace, "orders"), i, order) fold_and_compare(trace, order);
}

static void test_escrow_fold_agrees_with_the_model(void **state)
{
    static const struct {
        const char *says, *file;
        size_t traces;
    } cases[] = {
        {"agrees on promises of honest and lying agencies", "escrow.ndjson",                 160},
        {"agrees on the smallest trace for every fix",      "escrow-counterexamples.ndjson", 4  },
        {"agrees on records without any sense",             "escrow-mixed.ndjson",           150},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        folds = 0;
        size_t traces = traces_each(cases[i].file, visit);
        print_message("escrow_fold %s: %zu folds\n", cases[i].says, folds);
        assert_int_equal(traces, cases[i].traces);
        assert_true(folds >= 2 * traces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_escrow_fold_agrees_with_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
