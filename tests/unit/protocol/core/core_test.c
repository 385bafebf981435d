/* core_test.c — timelines of a few nodes over the real core, with queues for links and memory for disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/log/payload.h"
#include "protocol/wire/frame.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_equal_states(struct world *w, const struct space_id *space, size_t nodes, uint64_t objects)
{
    uint64_t count;
    struct hash first = world_digest(w, 0, space, &count);
    assert_int_equal(count, objects);
    for (size_t i = 1; i < nodes; i++) {
        struct hash other = world_digest(w, i, space, &count);
        assert_int_equal(count, objects);
        assert_memory_equal(first.b, other.b, sizeof(first.b));
    }
}

static void test_a_record_travels_from_one_agency_to_another(void **state)
{
    (void)state;
    struct world *w = world_new(1);
    size_t a = world_node(w, "Yibin"), b = world_node(w, "Zhaotong");
    struct space_id space;
    struct object_id object;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "Jinsha dike", &object), MUSTER_OK);
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 1);
    /* Live, both ways. */
    assert_int_equal(world_incident(w, b, &space, "Road G247", NULL), MUSTER_OK);
    assert_int_equal(world_rename(w, a, &space, &object, "Jinsha dike, breach"), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 2);
    /* Only the owner changes an object. */
    assert_int_equal(world_rename(w, b, &space, &object, "mine"), MUSTER_ENOTOWNER);
    world_free(w);
}

static void test_a_node_that_was_away_catches_up(void **state)
{
    (void)state;
    struct world *w = world_new(2);
    size_t a = world_node(w, "A"), b = world_node(w, "B"), c = world_node(w, "C");
    struct space_id space;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, c, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, b, a);
    world_connect(w, c, a);
    world_connect(w, c, b);
    assert_true(world_settle(w, 60000));
    world_cut(w, c, a);
    world_cut(w, c, b);
    struct object_id objects[30];
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof(name), "incident %d", i);
        assert_int_equal(world_incident(w, i % 2 ? a : b, &space, name, &objects[i]), MUSTER_OK);
    }
    for (int i = 0; i < 30; i += 3)
        assert_int_equal(world_rename(w, i % 2 ? a : b, &space, &objects[i], "changed"), MUSTER_OK);
    assert_int_equal(world_incident(w, c, &space, "seen alone", NULL), MUSTER_OK);
    world_run(w, 5000);
    /* C comes back and meets only B: A's records come through B. */
    world_restart(w, c);
    world_connect(w, c, b);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 31);
    world_free(w);
}

/* Counts segments and questions for them, and whether a genesis was along. */
struct sent_count {
    unsigned segments, geneses, wants;
};

static bool count_sent(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    struct sent_count *count = user;
    struct seg seg;
    (void)from;
    (void)to;
    if (bytes[0] == FRAME_SEG && seg_read(&seg, (struct bytes){bytes + FRAME_HEADER_BYTES, *len - FRAME_HEADER_BYTES}) == MUSTER_OK) {
        count->segments++;
        count->geneses += seg.genesis.len > 0;
    }
    count->wants += bytes[0] == FRAME_WANT;
    return true;
}

/* Who meets again and finds nothing changed knows what the other holds: the next record goes out by itself, once, and
 * without the genesis (S5.4.1). */
static void test_equal_digests_say_what_the_peer_holds(void **state)
{
    (void)state;
    struct world *w = world_new(23);
    size_t a = world_node(w, "A"), b = world_node(w, "B");
    struct space_id space;
    struct sent_count count = {0};
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "before", NULL), MUSTER_OK);
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    world_cut(w, a, b);
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    world_set_filter(w, count_sent, &count);
    assert_int_equal(world_incident(w, a, &space, "after", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 2);
    assert_int_equal(count.segments, 1);
    assert_int_equal(count.geneses, 0);
    assert_int_equal(count.wants, 0);
    world_free(w);
}

static void test_a_space_joined_over_a_live_link_arrives_at_once(void **state)
{
    (void)state;
    struct world *w = world_new(12);
    size_t a = world_node(w, "A"), b = world_node(w, "B");
    struct space_id first, second;
    assert_int_equal(world_space(w, a, "flood", false, &first), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &first, b, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_space(w, a, "landslide", false, &second), MUSTER_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(world_incident(w, a, &second, "x", NULL), MUSTER_OK);
    /* The invite reaches B by hand, after its node has heard of a space that it does not know. */
    assert_int_equal(world_add(w, a, &second, b, RIGHT_WRITE), MUSTER_OK);
    world_run(w, 1000);
    assert_int_equal(world_incident(w, a, &second, "y", NULL), MUSTER_OK);
    world_run(w, 1000);
    assert_int_equal(world_join(w, b, &second, a), MUSTER_OK);
    world_run(w, 1000);
    assert_equal_states(w, &second, 2, 21);
    assert_int_equal(world_events(w, b, "segment.refused"), 0);
    world_free(w);
}

static void test_many_records_of_three_writers_converge_after_a_cut(void **state)
{
    (void)state;
    enum { EACH = 10000, BATCH = 500 };
    struct world *w = world_new(3);
    struct space_id space;
    for (size_t i = 0; i < 3; i++)
        world_node(w, i == 0 ? "A" : i == 1 ? "B" : "C");
    assert_int_equal(world_space(w, 0, "load", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, 0, &space, 1, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(w, 0, &space, 2, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, 1, 0);
    world_connect(w, 2, 0);
    world_connect(w, 2, 1);
    assert_true(world_settle(w, 60000));
    struct write_item *items = calloc(BATCH, sizeof(*items));
    struct write_result *results = calloc(BATCH, sizeof(*results));
    uint8_t body[] = {0x81, 0x00, 0xa4, 't', 'e', 's', 't'};
    for (int i = 0; i < BATCH; i++)
        items[i] = (struct write_item){.operation = 1, .kind = 2, .schema = 1, .mask = 1, .body = {body, sizeof(body)}};
    for (int round = 0; round < EACH / BATCH; round++) {
        if (round == 7)
            world_cut(w, 0, 1);
        if (round == 15)
            world_connect(w, 1, 0);
        for (size_t n = 0; n < 3; n++) {
            assert_int_equal(world_write(w, n, &space, items, results, BATCH), MUSTER_OK);
            for (int i = 0; i < BATCH; i++)
                assert_int_equal(results[i].error, MUSTER_OK);
        }
        world_run(w, TICK_MS);
    }
    assert_true(world_settle(w, 600000));
    assert_equal_states(w, &space, 3, 3 * EACH);
    free(items);
    free(results);
    world_free(w);
}

static void test_a_failed_commit_loses_nothing_and_publishes_nothing(void **state)
{
    (void)state;
    struct world *w = world_new(4);
    size_t a = world_node(w, "A"), b = world_node(w, "B");
    struct space_id space;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "first", NULL), MUSTER_OK);
    world_connect(w, b, a);
    assert_true(world_settle(w, 60000));
    world_fail_commits(w, a, 1, MUSTER_EFULL);
    assert_int_equal(world_incident(w, a, &space, "second", NULL), MUSTER_EFULL);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 1);
    world_run(w, 6000); /* intake rests for five seconds */
    assert_int_equal(world_incident(w, a, &space, "third", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 2);
    /* The same on the receiving side. */
    world_fail_commits(w, b, 2, MUSTER_EFULL);
    assert_int_equal(world_incident(w, a, &space, "fourth", NULL), MUSTER_OK);
    world_run(w, 30000);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 3);
    world_free(w);
}

static void test_what_is_derived_can_be_made_again(void **state)
{
    (void)state;
    struct world *w = world_new(5);
    size_t a = world_node(w, "A");
    struct space_id space;
    struct object_id object;
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(world_incident(w, a, &space, "x", &object), MUSTER_OK);
    assert_int_equal(world_rename(w, a, &space, &object, "y"), MUSTER_OK);
    struct hash before = world_digest(w, a, &space, NULL);
    memory_store_derived_reset(world_store(w, a));
    world_restart(w, a);
    struct hash after = world_digest(w, a, &space, NULL);
    assert_memory_equal(before.b, after.b, sizeof(before.b));
    world_free(w);
}

static void test_an_exercise_space_works_like_an_actual_one(void **state)
{
    (void)state;
    struct world *w = world_new(6);
    size_t a = world_node(w, "A"), b = world_node(w, "B");
    struct space_id space;
    assert_int_equal(world_space(w, a, "drill", true, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, b, a);
    assert_int_equal(world_incident(w, a, &space, "inject 1", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_incident(w, b, &space, "inject 2", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 2);
    world_free(w);
}

static bool nothing_special(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    (void)user, (void)from, (void)to, (void)bytes, (void)len;
    return true;
}

static void test_a_reader_reads_and_does_not_write(void **state)
{
    (void)state;
    struct world *w = world_new(7);
    size_t a = world_node(w, "A"), b = world_node(w, "B"), c = world_node(w, "C");
    struct space_id space;
    world_set_filter(w, nothing_special, NULL);
    assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, b, RIGHT_READ), MUSTER_OK);
    assert_int_equal(world_invite(w, a, &space, c, RIGHT_RELAY), MUSTER_OK);
    assert_int_equal(world_incident(w, a, &space, "a sentence nobody may hear", NULL), MUSTER_OK);
    world_connect(w, b, a);
    world_connect(w, c, a);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 2, 1);
    assert_int_equal(world_incident(w, b, &space, "no", NULL), MUSTER_ENORIGHT);
    uint64_t objects;
    world_digest(w, c, &space, &objects);
    assert_int_equal(objects, 0); /* carries, does not read */
    assert_false(world_seen_on_wire(w, "a sentence nobody may hear", 26));
    assert_true(world_seen_on_wire(w, "muster test", 11)); /* the search itself finds what is there */
    world_free(w);
}

/* Every byte of every message in turn, one bit changed: refused or harmless, and all is well afterwards. */
struct flipper {
    uint64_t at, seen;
    bool on;
};

static bool flip(void *user, size_t from, size_t to, uint8_t *bytes, size_t *len)
{
    struct flipper *f = user;
    (void)from, (void)to;
    if (f->on && f->at >= f->seen && f->at < f->seen + *len)
        bytes[f->at - f->seen] ^= 1 << (f->at % 8);
    f->seen += *len;
    return true;
}

static void test_a_flipped_bit_harms_nobody(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 9000; at += 61) {
        struct flipper f = {.at = at, .on = true};
        struct world *w = world_new(8);
        size_t a = world_node(w, "A"), b = world_node(w, "B");
        struct space_id space;
        assert_int_equal(world_space(w, a, "flood", false, &space), MUSTER_OK);
        assert_int_equal(world_invite(w, a, &space, b, RIGHT_WRITE), MUSTER_OK);
        assert_int_equal(world_incident(w, a, &space, "one", NULL), MUSTER_OK);
        world_set_filter(w, flip, &f);
        world_connect(w, b, a);
        world_run(w, 2000);
        f.on = false;
        world_cut(w, a, b);
        world_connect(w, b, a);
        assert_true(world_settle(w, 120000));
        assert_int_equal(world_incident(w, b, &space, "two", NULL), MUSTER_OK);
        assert_true(world_settle(w, 120000));
        assert_equal_states(w, &space, 2, 2);
        world_free(w);
    }
}

static size_t own_logs(struct world *w, size_t node, const struct space_id *space)
{
    struct space_view view;
    struct log_view log;
    size_t count = 0;
    assert_true(core_space_by_id(world_core(w, node), space, &view));
    for (size_t i = 0; core_log_at(world_core(w, node), view.number, i, &log); i++)
        count += log.own && log.role == 0;
    return count;
}

static void three_agencies(struct world *w, struct space_id *space)
{
    for (size_t i = 0; i < 3; i++)
        world_node(w, i == 0 ? "A" : i == 1 ? "B" : "C");
    assert_int_equal(world_space(w, 0, "flood", false, space), MUSTER_OK);
    assert_int_equal(world_invite(w, 0, space, 1, RIGHT_WRITE), MUSTER_OK);
    assert_int_equal(world_invite(w, 0, space, 2, RIGHT_WRITE), MUSTER_OK);
    world_connect(w, 1, 0);
    world_connect(w, 2, 0);
    world_connect(w, 2, 1);
    assert_true(world_settle(w, 60000));
}

static void test_two_echoes_let_an_old_log_go_on(void **state)
{
    (void)state;
    struct world *w = world_new(9);
    struct space_id space;
    three_agencies(w, &space);
    assert_int_equal(world_incident(w, 0, &space, "one", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    world_restart(w, 0);
    world_connect(w, 1, 0);
    world_connect(w, 2, 0);
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_incident(w, 0, &space, "two", NULL), MUSTER_OK);
    assert_int_equal(own_logs(w, 0, &space), 1);
    /* Control too goes on: a rename of rights needs a confirmed log (I9). */
    assert_int_equal(world_invite(w, 0, &space, 2, RIGHT_READ), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 2);
    world_free(w);
}

static void test_equal_control_is_an_echo_although_data_differ(void **state)
{
    (void)state;
    struct world *w = world_new(12);
    struct space_id space;
    three_agencies(w, &space);
    assert_int_equal(world_incident(w, 0, &space, "before", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    world_restart(w, 0);
    assert_int_equal(world_incident(w, 1, &space, "while it was away", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    world_connect(w, 1, 0);
    world_connect(w, 2, 0);
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_invite(w, 0, &space, 2, RIGHT_READ), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 2);
    world_free(w);
}

static void test_who_must_write_before_that_opens_a_new_log(void **state)
{
    (void)state;
    struct world *w = world_new(10);
    struct space_id space;
    three_agencies(w, &space);
    assert_int_equal(world_incident(w, 0, &space, "one", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    world_restart(w, 0);
    world_connect(w, 1, 0); /* one echo is not enough */
    assert_true(world_settle(w, 60000));
    assert_int_equal(world_invite(w, 0, &space, 2, RIGHT_READ), MUSTER_EUNCONFIRMED);
    assert_int_equal(world_incident(w, 0, &space, "two", NULL), MUSTER_OK);
    assert_int_equal(own_logs(w, 0, &space), 2);
    assert_int_equal(world_incident(w, 0, &space, "three", NULL), MUSTER_OK);
    assert_int_equal(own_logs(w, 0, &space), 2);
    world_connect(w, 2, 0);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 3);
    world_free(w);
}

static void test_a_restored_backup_never_forks_its_log(void **state)
{
    (void)state;
    struct world *w = world_new(11);
    struct space_id space;
    three_agencies(w, &space);
    assert_int_equal(world_incident(w, 0, &space, "one", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    struct memory_store *backup = memory_store_clone(world_store(w, 0));
    assert_int_equal(world_incident(w, 0, &space, "after the backup", NULL), MUSTER_OK);
    assert_true(world_settle(w, 60000));
    world_restore(w, 0, backup);
    world_connect(w, 1, 0);
    world_connect(w, 2, 0);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 2); /* what was lost came back from the partners */
    assert_int_equal(world_incident(w, 0, &space, "a new life", NULL), MUSTER_OK);
    assert_int_equal(own_logs(w, 0, &space), 2);
    assert_true(world_settle(w, 60000));
    assert_equal_states(w, &space, 3, 3);
    struct log_view log;
    for (size_t n = 0; n < 3; n++)
        for (size_t i = 0; core_log_at(world_core(w, n), 0, i, &log); i++)
            assert_int_equal(log.fork_at, 0);
    assert_true(world_events(w, 0, "log.restored") > 0);
    world_free(w);
}

static void test_an_operator_signs_inside_the_payload(void **state)
{
    (void)state;
    struct payload_codec *codec = payload_codec_new();
    struct sign_public key;
    struct sign_secret secret;
    struct log_id log = {{7}};
    struct space_id space = {{8}}, other = {{9}};
    struct seal_key epoch = {{1}};
    struct seal_nonce nonce = {{2}};
    struct record_header header = {.version = 1, .operation = 1, .kind = 1, .schema = 1, .sequence = 5, .mask = 1};
    uint8_t body[] = {0x81, 0x00, 0xa4, 't', 'e', 's', 't'}, seed[32] = {3}, sealed[512];
    size_t len;
    struct payload_operator by, found;
    struct bytes opened;
    assert_int_equal(crypto_start(), MUSTER_OK);
    sign_keys_from_seed(&key, &secret, seed);
    payload_operator_sign(&by, &key, &secret, &space, &log, &header, (struct bytes){body, sizeof(body)});
    assert_int_equal(payload_seal_by(codec, sealed, &len, (struct bytes){body, sizeof(body)}, &log, &header, &nonce, &epoch, &by),
                     MUSTER_OK);
    assert_int_equal(payload_open(codec, &opened, (struct bytes){sealed, len}, &log, &header, &epoch), MUSTER_OK);
    assert_int_equal(opened.len, sizeof(body));
    assert_memory_equal(opened.at, body, sizeof(body));
    assert_true(payload_operator_of(codec, &found));
    assert_int_equal(payload_operator_verify(&found, &space, &log, &header, opened), MUSTER_OK);
    assert_int_equal(payload_operator_verify(&found, &other, &log, &header, opened), MUSTER_ESIGNATURE);
    header.sequence++; /* moved to another place */
    assert_int_equal(payload_operator_verify(&found, &space, &log, &header, opened), MUSTER_ESIGNATURE);
    header.sequence--;
    assert_int_equal(payload_seal(codec, sealed, &len, (struct bytes){body, sizeof(body)}, &log, &header, &nonce, &epoch), MUSTER_OK);
    assert_int_equal(payload_open(codec, &opened, (struct bytes){sealed, len}, &log, &header, &epoch), MUSTER_OK);
    assert_false(payload_operator_of(codec, &found));
    payload_codec_free(codec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_travels_from_one_agency_to_another),
        cmocka_unit_test(test_a_node_that_was_away_catches_up),
        cmocka_unit_test(test_equal_digests_say_what_the_peer_holds),
        cmocka_unit_test(test_a_space_joined_over_a_live_link_arrives_at_once),
        cmocka_unit_test(test_many_records_of_three_writers_converge_after_a_cut),
        cmocka_unit_test(test_a_failed_commit_loses_nothing_and_publishes_nothing),
        cmocka_unit_test(test_what_is_derived_can_be_made_again),
        cmocka_unit_test(test_an_exercise_space_works_like_an_actual_one),
        cmocka_unit_test(test_a_reader_reads_and_does_not_write),
        cmocka_unit_test(test_a_flipped_bit_harms_nobody),
        cmocka_unit_test(test_an_operator_signs_inside_the_payload),
        cmocka_unit_test(test_two_echoes_let_an_old_log_go_on),
        cmocka_unit_test(test_equal_control_is_an_echo_although_data_differ),
        cmocka_unit_test(test_who_must_write_before_that_opens_a_new_log),
        cmocka_unit_test(test_a_restored_backup_never_forks_its_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
