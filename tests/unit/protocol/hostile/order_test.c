/* order_test.c — the state is a function of the set of segments held (RULES G1), whatever the order, route and grouping.
 *
 * Three agencies write at random, at times apart from each other: creates, updates, withdrawals, proposals, acceptances,
 * offers, takes, erasures.  All their segments, and those of a member with two histories, are then given to a fresh node in
 * many random orders, in runs and one by one, some of them lost at first.  Every time the digest is the same, byte for
 * byte; and it is the same when what is derived is made again from what is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/op.h"
#include "support/evil.h"

#include <stdio.h>
#include <stdlib.h>

enum { WRITERS = 3, FRESH = 3, MALLORY = 4, OBJECTS_MAX = 64, RECORDS_MAX = 512, PIECES_MAX = 1024, STEPS = 160 };

struct piece {
    struct evil_log *log;
    struct evil_segment *segment;
    bool control;
};

struct object {
    struct object_id id;
    struct record_id create;
};

struct history {
    struct world *w;
    struct space_id space;
    uint64_t dice;
    struct object objects[OBJECTS_MAX];
    size_t object_count;
    struct { struct object_id object; struct record_id id; uint8_t op; } records[RECORDS_MAX];
    size_t record_count;
    struct evil_log logs[32];
    size_t log_count;
    struct piece pieces[PIECES_MAX];
    size_t piece_count;
};

static uint64_t throw_dice(struct history *h, uint64_t below)
{
    uint8_t seed[32] = {0}, out[8];
    put_le64(seed, h->dice++);
    crypto_expand(out, sizeof(out), seed, "test/order", 0);
    return get_le64(out) % below;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static size_t make_body(struct history *h, uint8_t *out, size_t size, uint64_t *mask)
{
    struct writer w = writer_over(out, size);
    *mask = 1 + throw_dice(h, 255);
    uint64_t shown = *mask;
    if (throw_dice(h, 8) == 0) /* a field that the header names and the body lacks */
        shown &= shown - 1;
    pack_map(&w, (uint32_t)__builtin_popcountll(shown));
    for (unsigned f = 0; f < 8; f++)
        if (shown >> f & 1) {
            char text[64];
            int len = snprintf(text, sizeof(text), "value %llu of %u", (unsigned long long)h->dice, f);
            pack_uint(&w, f);
            pack_text(&w, text, (size_t)len);
        }
    return writer_len(&w);
}

/* The newest record of that operation on an object; none: zeroes. */
static struct hash newest(const struct history *h, const struct object_id *object, uint8_t op)
{
    struct hash found = {{0}};
    for (size_t i = 0; i < h->record_count; i++)
        if (h->records[i].op == op && (!object || memcmp(h->records[i].object.b, object->b, OBJECT_ID_BYTES) == 0))
            memcpy(found.b, h->records[i].id.b, HASH_BYTES);
    return found;
}

static void one_write(struct history *h)
{
    static const uint8_t ops[] = {OP_CREATE,  OP_CREATE, OP_UPDATE, OP_UPDATE,  OP_UPDATE, OP_UPDATE, OP_UPDATE,
                                  OP_PROPOSE, OP_ACCEPT, OP_DECLINE, OP_RETRACT, OP_RESOLVE, OP_OFFER, OP_TAKE, OP_REFUSE,
                                  OP_ERASE};
    uint8_t body[1024], op = h->object_count ? ops[throw_dice(h, ARRAY_LEN(ops))] : OP_CREATE;
    if (h->object_count == OBJECTS_MAX && op == OP_CREATE)
        op = OP_UPDATE;
    struct write_item item = {.operation = op, .kind = KIND_INCIDENT, .schema = 1, .flash = throw_dice(h, 10) == 0};
    struct write_result result;
    struct record_ref refs[2];
    if (op != OP_CREATE)
        item.object = h->objects[throw_dice(h, h->object_count)].id;
    item.body = (struct bytes){body, make_body(h, body, sizeof(body), &item.mask)};
    if (!object_op_is_content(op) && op != OP_PROPOSE)
        item.mask = 0;
    item.refs = refs;
    if (op == OP_ACCEPT || op == OP_DECLINE)
        refs[item.ref_count++] = (struct record_ref){REF_PROPOSAL, newest(h, &item.object, OP_PROPOSE)};
    if (op == OP_OFFER) {
        refs[item.ref_count].role = REF_TO_AGENCY;
        memcpy(refs[item.ref_count++].hash.b, world_agency(h->w, throw_dice(h, WRITERS)).b, HASH_BYTES);
    }
    if (op == OP_TAKE || op == OP_REFUSE)
        refs[item.ref_count++] = (struct record_ref){REF_OFFER, newest(h, &item.object, OP_OFFER)};
    if (op == OP_ERASE)
        refs[item.ref_count++] = (struct record_ref){REF_TARGET, newest(h, &item.object, OP_UPDATE)};
    if (world_write(h->w, throw_dice(h, WRITERS), &h->space, &item, &result, 1) != MUSTER_OK || result.error)
        return; /* not its owner, most often */
    if (op == OP_CREATE)
        h->objects[h->object_count++] = (struct object){result.object, result.record};
    h->records[h->record_count].object = result.object;
    h->records[h->record_count].id = result.record;
    h->records[h->record_count++].op = op;
}

static void write_history(struct history *h)
{
    for (size_t i = 0; i < STEPS && h->record_count < RECORDS_MAX; i++) {
        size_t a = throw_dice(h, WRITERS), b = (a + 1) % WRITERS;
        switch (throw_dice(h, 12)) {
        case 0:
            world_cut(h->w, a, b);
            break;
        case 1:
            world_connect(h->w, a, b);
            break;
        case 2:
            world_run(h->w, 500);
            break;
        default:
            one_write(h);
        }
    }
    for (size_t a = 0; a < WRITERS; a++)
        world_connect(h->w, a, (a + 1) % WRITERS);
    world_connect(h->w, MALLORY, 0);
    world_run(h->w, 20000);
}

/* --- taking all segments from the first writer's disk ----------------------------------------------------------- */

static bool take_log(void *user, struct bytes key, struct bytes value)
{
    struct history *h = user;
    struct log_genesis g;
    struct evil_log *log = &h->logs[h->log_count++];
    assert_true(h->log_count < ARRAY_LEN(h->logs) && get_be32(key.at) == h->log_count);
    log->genesis_len = value.len - 4;
    memcpy(log->genesis, value.at + 4, log->genesis_len);
    log->id = log_id_of(log->genesis, log->genesis_len);
    assert_int_equal(log_genesis_read(&g, log->genesis, log->genesis_len), MUSTER_OK);
    log->control = g.role == LOG_CONTROL;
    return true;
}

static void add_piece(struct history *h, struct evil_log *log, const struct evil_segment *segment)
{
    assert_true(h->piece_count < PIECES_MAX);
    struct evil_segment *copy = malloc(sizeof(*copy));
    *copy = *segment;
    h->pieces[h->piece_count++] = (struct piece){log, copy, log->control};
}

static bool take_segment(void *user, struct bytes key, struct bytes value)
{
    static struct evil_segment s;
    (void)key;
    s.len = value.len - 4;
    memcpy(s.item, value.at + 4, s.len);
    s.id = segment_id_of(s.item);
    assert_int_equal(segment_header_read(&s.header, s.item), MUSTER_OK);
    add_piece(user, &((struct history *)user)->logs[get_be32(value.at) - 1], &s);
    return true;
}

/* A log of Mallory's with two histories: one create that counts, and two ways to go on. */
static void add_fork(struct history *h, struct evil *e)
{
    static struct evil_segment first, one, two;
    struct evil_log *log = &h->logs[h->log_count++];
    evil_log_open(e, log, false);
    evil_segment_make(e, &first, log, NULL, "counts");
    evil_segment_make(e, &one, log, &first, "one way");
    evil_segment_make(e, &two, log, &first, "another way");
    add_piece(h, log, &first);
    add_piece(h, log, &one);
    add_piece(h, log, &two);
    evil_segment_make(e, &first, log, &one, "further one way");
    add_piece(h, log, &first);
}

/* --- giving them to the fresh node ------------------------------------------------------------------------------ */

static void shuffle(struct history *h)
{
    for (size_t i = h->piece_count; i > 1; i--) {
        size_t j = throw_dice(h, i);
        struct piece p = h->pieces[i - 1];
        h->pieces[i - 1] = h->pieces[j];
        h->pieces[j] = p;
    }
}

static void send_piece(struct evil *e, const struct piece *p)
{
    if (!evil_is_up(e))
        evil_connect(e);
    evil_give(e, p->log, p->segment);
}

static void give_all(struct history *h, struct evil *e)
{
    for (int round = 0; round < 8; round++) {
        bool lossy = round < 3;
        shuffle(h);
        for (size_t i = 0; i < h->piece_count; i++) {
            if (lossy && throw_dice(h, 3) == 0)
                continue;
            send_piece(e, &h->pieces[i]);
            if (throw_dice(h, 6) == 0)
                world_run(h->w, TICK_MS * throw_dice(h, 4));
        }
        world_run(h->w, 1000);
    }
}

static void test_any_order_gives_the_same_state(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct history *h = calloc(1, sizeof(*h));
        struct hash reference = {{0}};
        uint64_t objects = 0;
        *h = (struct history){.w = world_new(100 + seed), .dice = seed << 32};
        static const char *const names[] = {"A", "B", "C", "fresh", "Mallory"};
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            world_node(h->w, names[i]);
        assert_int_equal(world_space(h->w, 0, "flood", false, &h->space), MUSTER_OK);
        for (size_t i = 1; i < ARRAY_LEN(names); i++)
            assert_int_equal(world_invite(h->w, 0, &h->space, i, RIGHT_WRITE), MUSTER_OK);
        world_connect(h->w, 1, 0);
        world_connect(h->w, 2, 0);
        world_run(h->w, 1000);
        write_history(h);
        struct hash a = world_digest(h->w, 0, &h->space, &objects);
        for (size_t i = 1; i < WRITERS; i++) {
            struct hash other = world_digest(h->w, i, &h->space, NULL);
            assert_memory_equal(a.b, other.b, sizeof(a.b));
        }
        const struct storage *disk = memory_store_storage(world_store(h->w, 0));
        struct bytes none = {NULL, 0};
        assert_int_equal(disk->scan(disk->self, T_LOG, none, none, false, take_log, h), MUSTER_OK);
        assert_int_equal(disk->scan(disk->self, T_SEGMENT, none, none, false, take_segment, h), MUSTER_OK);
        struct memory_store *empty = memory_store_clone(world_store(h->w, FRESH));
        struct evil *e = evil_new(h->w, MALLORY, FRESH, &h->space);
        for (int trial = 0; trial < 6; trial++) {
            uint64_t count;
            if (trial == 3)
                add_fork(h, e);
            world_restore(h->w, FRESH, memory_store_clone(empty));
            give_all(h, e);
            struct hash now = world_digest(h->w, FRESH, &h->space, &count);
            if (trial < 3)
                reference = a;
            else if (trial == 3)
                reference = now;
            assert_int_equal(count, objects + (trial >= 3));
            assert_memory_equal(now.b, reference.b, sizeof(now.b));
            /* The fast way and the whole fold: what is derived is made again. */
            memory_store_derived_reset(world_store(h->w, FRESH));
            world_restart(h->w, FRESH);
            now = world_digest(h->w, FRESH, &h->space, &count);
            assert_memory_equal(now.b, reference.b, sizeof(now.b));
        }
        print_message("%zu records of %zu objects in %zu segments\n", h->record_count, h->object_count, h->piece_count);
        assert_true(h->record_count > 40);
        for (size_t i = 0; i < h->piece_count; i++)
            free(h->pieces[i].segment);
        memory_store_free(empty);
        evil_free(e);
        world_free(h->w);
        free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order_gives_the_same_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
