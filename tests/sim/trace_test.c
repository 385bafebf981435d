/* trace_test.c — the traces of logs and of sessions, fed to the real placing code as real segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/core_inner.h"
#include "support/world.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEGMENTS_MAX = 64, PASSES = 8, HAND = 0x7ffffff0 };

struct sample {
    const char *id, *prev;
    uint64_t no;
    bool is_signed;
    struct segment_id real;
    uint8_t item[1024];
    size_t len;
};

struct bench {
    struct world *w;
    struct space_id space;
    uint8_t genesis[LOG_GENESIS_MAX];
    size_t genesis_len;
    struct log_id log;
    struct sign_secret secret;
    struct sample samples[SEGMENTS_MAX];
    size_t count;
};

/* --- a node that is fed by hand ------------------------------------------------------------------------------- */

static void feed_by_hand(struct world *w, size_t node, struct event *event)
{
    struct core *core = world_core(w, node);
    event->wall_ms = core->wall_ms;
    event->mono_ms = core->mono_ms;
    memset(event->chance, 7, sizeof(event->chance));
    struct actions got = core_step(core, event);
    struct action *copy = malloc((got.count + 1) * sizeof(*copy));
    size_t count = got.count;
    memcpy(copy, got.at, count * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        struct event next = {.kind = EVENT_IDLE};
        if (copy[i].kind == ACTION_VERIFY) {
            verify_job_run(copy[i].job);
            next.kind = EVENT_VERIFIED;
            next.u.verified.job = copy[i].job;
            feed_by_hand(w, node, &next);
        } else if (copy[i].kind == ACTION_COMMIT) {
            assert_int_equal(memory_store_commit(world_store(w, node), copy[i].changes, copy[i].count), MUSTER_OK);
            next.kind = EVENT_COMMITTED;
            feed_by_hand(w, node, &next);
        }
    }
    free(copy);
}

/* A session that nobody is at the other end of: the author's agency, with the space open. */
static struct session *session_by_hand(struct bench *b, size_t node)
{
    struct core *core = world_core(b->w, node);
    struct session *session = calloc(1, sizeof(*session));
    size_t slot = 0;
    while (core->sessions[slot])
        slot++;
    session->conn = HAND;
    session->stage = SESSION_SYNCING;
    session->agency = world_agency(b->w, 0);
    session->heard_mono = session->ping_mono = session->up_mono = core->mono_ms;
    session->spaces = calloc(1, sizeof(*session->spaces));
    session->space_count = 1;
    session->spaces[0].space = space_find(core, &b->space)->number;
    session->spaces[0].opened = true;
    memset(session->spaces[0].tag, 0x5a, 16);
    core->sessions[slot] = session;
    core->counters.sessions++;
    return session;
}

static void deliver(struct bench *b, size_t node, const struct sample **run, size_t count)
{
    static uint8_t bytes[MESSAGE_BYTES_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct seg seg = {.lane = LANE_CONTROL, .log = b->log, .genesis = {b->genesis, b->genesis_len}};
    struct segment_chain chain = {.space = b->space, .log = b->log};
    struct session *session = session_by_hand(b, node);
    memcpy(seg.tag, session->spaces[0].tag, 16);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    for (size_t i = 0; i < count; i++)
        segment_wire_write(&w, &chain, run[i]->item, run[i]->len);
    frame_end(&w, begin);
    struct event event = {.kind = EVENT_MESSAGE};
    event.u.message.conn = HAND;
    event.u.message.bytes = (struct bytes){bytes, writer_len(&w)};
    feed_by_hand(b->w, node, &event);
    event = (struct event){.kind = EVENT_IDLE};
    feed_by_hand(b->w, node, &event);
    event = (struct event){.kind = EVENT_DOWN};
    event.u.down.conn = HAND;
    feed_by_hand(b->w, node, &event);
}

/* --- real segments for a trace ----------------------------------------------------------------------------------- */

static const struct sample *sample_of(const struct bench *b, const char *id)
{
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->samples[i].id, id) == 0)
            return &b->samples[i];
    return NULL;
}

static void make_segment(struct bench *b, struct sample *s, bool exercise)
{
    struct record_id id;
    uint8_t header_bytes[RECORD_HEADER_MAX];
    struct segment_record record = {.parts = RECORD_HAS_PAYLOAD,
                                    .header = {.version = FORMAT_VERSION, .operation = 1, .flags = RECORD_CLEAR, .kind = 2,
                                               .schema = 1, .sequence = s->no, .payload_len = (uint32_t)strlen(s->id),
                                               .payload_hash = payload_hash_of(s->id, strlen(s->id))},
                                    .payload = {(const uint8_t *)s->id, strlen(s->id)}};
    struct segment_header header = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = LANE_ROUTINE, .count = 1,
                                    .space = b->space, .log = b->log, .position = s->no, .first_sequence = s->no};
    const struct sample *below = sample_of(b, s->prev);
    if (s->no == 1 && strcmp(s->prev, "L") == 0)
        memcpy(header.prev.b, b->log.b, HASH_BYTES);
    else if (below)
        header.prev = below->real;
    else {
        struct hash unknown = crypto_hash1("trace", s->prev, strlen(s->prev));
        memcpy(header.prev.b, unknown.b, HASH_BYTES);
    }
    struct writer w = writer_over(s->item, sizeof(s->item));
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    segment_record_write(&w, &record);
    id = record_id_of(&b->log, header_bytes, record_header_write(header_bytes, &record.header));
    segment_item_finish(s->item, &header, &id, exercise, &b->secret);
    if (!s->is_signed)
        memset(s->item + SEGMENT_HEADER_BYTES - 64, 0x11, 64);
    s->len = writer_len(&w);
    s->real = segment_id_of(s->item);
}

/* An author with a space, and nodes that are its members; then the trace's segments in the author's name. */
static void bench_make(struct bench *b, size_t nodes, json_t *segments)
{
    memset(b, 0, sizeof(*b));
    b->w = world_new(77);
    for (size_t i = 0; i <= nodes; i++)
        world_node(b->w, i ? "member" : "author");
    assert_int_equal(world_space(b->w, 0, "trace", false, &b->space), MUSTER_OK);
    for (size_t i = 1; i <= nodes; i++) {
        assert_int_equal(world_invite(b->w, 0, &b->space, i, RIGHT_WRITE), MUSTER_OK);
        world_connect(b->w, i, 0);
    }
    assert_true(world_settle(b->w, 60000));
    for (size_t i = 1; i <= nodes; i++)
        world_cut(b->w, i, 0);
    struct core *author = world_core(b->w, 0);
    struct space *space = space_find(author, &b->space);
    struct log_genesis g = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .role = LOG_DATA, .space = b->space,
                            .agency = author->self, .node = author->config.keys.sign};
    uint8_t seed[32] = {9};
    sign_keys_from_seed(&g.incarnation, &b->secret, seed);
    g.ctl_count = (uint8_t)control_heads(space->control, g.ctl, CTL_HEADS_MAX);
    b->genesis_len = log_genesis_make(b->genesis, &g, space->exercise, &author->config.sign_secret, &b->secret);
    b->log = log_id_of(b->genesis, b->genesis_len);
    size_t i;
    json_t *one;
    json_array_foreach(segments, i, one)
    {
        assert_true(b->count < SEGMENTS_MAX);
        b->samples[b->count++] = (struct sample){.id = json_string_value(json_object_get(one, "id")),
                                                 .prev = json_string_value(json_object_get(one, "prev")),
                                                 .no = (uint64_t)json_integer_value(json_object_get(one, "no")),
                                                 .is_signed = json_is_true(json_object_get(one, "signed"))};
    }
    for (uint64_t no = 1; no <= 256; no++) /* what a segment points to comes first */
        for (size_t k = 0; k < b->count; k++)
            if (b->samples[k].no == no)
                make_segment(b, &b->samples[k], space->exercise);
}

/* --- comparing ------------------------------------------------------------------------------------------------------ */

static const char *id_at(struct bench *b, struct core *core, const struct log *log, uint64_t position)
{
    struct bytes item;
    if (log_item_at(core, log, position, &item) != MUSTER_OK)
        return "?";
    struct segment_id id = segment_id_of(item.at);
    for (size_t i = 0; i < b->count; i++)
        if (segment_id_eq(&b->samples[i].real, &id))
            return b->samples[i].id;
    return "?";
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* fork_at, prefix and what lies loose beyond it, as the traces write them. */
static json_t *state_of(struct bench *b, size_t node)
{
    struct core *core = world_core(b->w, node);
    const struct log *log = log_find(core, &b->log);
    const char *loose[SEGMENTS_MAX];
    size_t count = 0;
    if (!log || (!log->prefix && !log->interval_count))
        return NULL;
    json_t *prefix = json_array(), *rest = json_array();
    uint64_t end = log->fork_at ? log->fork_at : UINT64_MAX;
    for (uint64_t at = log_next_held(log, 1); at && at < end; at = log_next_held(log, at + 1)) {
        if (at <= log->prefix)
            json_array_append_new(prefix, json_string(id_at(b, core, log, at)));
        else
            loose[count++] = id_at(b, core, log, at);
    }
    qsort(loose, count, sizeof(*loose), by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rest, json_string(loose[i]));
    return json_pack("{s:o,s:o,s:o}", "fork_at", log->fork_at ? json_integer((json_int_t)log->fork_at) : json_null(), "prefix", prefix,
                     "loose", rest);
}

static unsigned differs(struct bench *b, size_t node, json_t *expect, const char *name)
{
    json_t *want = json_object_get(expect, "L"), *got = state_of(b, node);
    unsigned wrong = 0;
    static const char *const keys[] = {"fork_at", "prefix", "loose"};
    if (!want != !got && want && (json_array_size(json_object_get(want, "disputed")) || json_array_size(json_object_get(want, "prefix")) ||
                                  json_array_size(json_object_get(want, "loose"))))
        wrong = 1;
    for (size_t k = 0; want && got && k < 3; k++)
        wrong += !json_equal(json_object_get(want, keys[k]), json_object_get(got, keys[k]));
    if (wrong) {
        char *w = json_dumps(want ? want : expect, JSON_COMPACT), *g = got ? json_dumps(got, JSON_COMPACT) : NULL;
        print_error("%s, node %zu: is %s, expected %s\n", name, node - 1, g ? g : "nothing", w);
        free(w);
        free(g);
    }
    json_decref(got);
    return wrong != 0;
}

/* --- the traces ------------------------------------------------------------------------------------------------------ */

static unsigned run_log(json_t *trace)
{
    json_t *segments = json_object_get(json_object_get(trace, "input"), "segments"), *orders = json_object_get(trace, "orders");
    const char *name = json_string_value(json_object_get(trace, "name"));
    unsigned wrong = 0;
    for (size_t o = 0; o <= json_array_size(orders); o++) {
        struct bench *b = malloc(sizeof(*b));
        bench_make(b, 1, segments);
        for (int pass = 0; pass < PASSES; pass++) /* what was refused alone may come again (L3) */
            for (size_t i = 0; i < b->count; i++) {
                size_t at = o ? (size_t)json_integer_value(json_array_get(json_array_get(orders, o - 1), i)) : i;
                const struct sample *one = &b->samples[at];
                deliver(b, 1, &one, 1);
            }
        wrong += differs(b, 1, json_object_get(trace, "expect"), name);
        world_free(b->w);
        free(b);
    }
    return wrong;
}

static unsigned run_sync(json_t *trace)
{
    json_t *input = json_object_get(trace, "input"), *expect = json_object_get(trace, "expect"), *delivery;
    const char *name = json_string_value(json_object_get(trace, "name"));
    size_t nodes = (size_t)json_integer_value(json_object_get(input, "nodes")), i;
    struct bench *b = malloc(sizeof(*b));
    unsigned wrong = 0;
    bench_make(b, nodes, json_object_get(input, "segments"));
    json_array_foreach(json_object_get(input, "deliveries"), i, delivery)
    {
        const struct sample *run[SEGMENTS_MAX];
        json_t *ids = json_array_get(delivery, 1);
        for (size_t k = 0; k < json_array_size(ids); k++)
            run[k] = sample_of(b, json_string_value(json_array_get(ids, k)));
        deliver(b, 1 + (size_t)json_integer_value(json_array_get(delivery, 0)), run, json_array_size(ids));
    }
    for (int again = 0; again < 2; again++) { /* sessions, and fresh ones after them */
        for (size_t x = 1; x <= nodes; x++)
            for (size_t y = 1; y < x; y++)
                world_connect(b->w, x, y);
        world_run(b->w, 40000);
        for (size_t x = 1; x <= nodes; x++)
            for (size_t y = 1; y < x; y++)
                world_cut(b->w, x, y);
    }
    for (size_t n = 0; n < nodes; n++)
        wrong += differs(b, n + 1, json_array_get(expect, n), name);
    world_free(b->w);
    free(b);
    return wrong;
}

static void run_file(const char *file, const char *area, unsigned (*run)(json_t *trace), unsigned most)
{
    char *line = NULL;
    size_t size = 0;
    unsigned count = 0, wrong = 0;
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    while (getline(&line, &size, in) > 0) {
        json_t *trace = json_loads(line, 0, NULL);
        assert_non_null(trace);
        if (strcmp(json_string_value(json_object_get(trace, "area")), area) == 0) {
            count++;
            wrong += run(trace) > 0;
        }
        json_decref(trace);
    }
    free(line);
    fclose(in);
    print_message("%u traces of %s, %u differ\n", count, area, wrong);
    assert_int_equal(count, most);
    assert_int_equal(wrong, 0);
}

#define TRACES MUSTER_SOURCE_DIR "/tests/model/log/"

static void test_a_log_is_the_same_whatever_came_first(void **state)
{
    (void)state;
    run_file(TRACES "log.ndjson", "log", run_log, 60);
}

static void test_nodes_that_meet_come_to_rest_equal(void **state)
{
    (void)state;
    run_file(TRACES "sync.ndjson", "sync", run_sync, 60);
}

static void test_no_counterexample_goes_wrong(void **state)
{
    (void)state;
    run_file(TRACES "counterexamples.ndjson", "sync", run_sync, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_log_is_the_same_whatever_came_first),
        cmocka_unit_test(test_nodes_that_meet_come_to_rest_equal),
        cmocka_unit_test(test_no_counterexample_goes_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
