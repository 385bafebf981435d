/* member_test.c — peers with an admitted key that break the rules all the same. */
#include "hostile/party.h"
#include "hostile/zmtp.h"

#include "node/guard.h"
#include "node/zap.h"

#include <string.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024, MEMORY_GROWTH_MAX = 64 * MEGABYTE, SENT_MAX = 512 * MEGABYTE };

enum { PART_MORE = 1, PART_COMMAND = 2 };

static bool is_up(void *arg)
{
    return ((struct party *)arg)->conns_count > 0;
}

static bool is_down(void *arg)
{
    return ((struct party *)arg)->downs > 0;
}

static void still_serves(struct party *a)
{
    struct party b = {0};
    party_open(&b, a->loop);
    pair_up(a, &b);
    party_stop(&b);
}

static bool member_connect(struct attack *attack, struct zmtp *z, const void *name, size_t name_len)
{
    uint8_t *metadata = malloc(name_len + 256);
    size_t len = zmtp_property(metadata, 0, "Socket-Type", "DEALER", 6);
    len = zmtp_property(metadata, len, "Identity", name, name_len);
    bool in = curve_connect(z, attack->endpoint, &attack->victim->key, &attack->key, &attack->secret, metadata, len);
    free(metadata);
    return in;
}

static struct attack member_of(struct party *a, void (*run)(struct attack *))
{
    struct attack attack = {.run = run, .endpoint = party_endpoint(a), .victim = a};
    curve_keys(&attack.key, &attack.secret);
    party_admit(a, &attack.key);
    return attack;
}

/* ---- the shape of a message ---- */

static const struct name_case {
    const char *says;
    size_t len;
    uint8_t first;
    bool in;
} name_cases[] = {
    {"a name that libzmq gives is taken", 0, 0, true},
    {"a name of 200 kB is cut", 200000, 'x', false},
    {"a name of 255 bytes is cut", 255, 'x', false},
    {"a name of 6 bytes is cut", 6, 0, false},
    {"a name of 5 bytes that does not start with zero is cut", 5, 'x', false},
};

static void name_attack(struct attack *attack)
{
    const struct name_case *c = &name_cases[attack->number];
    uint8_t *name = malloc(c->len + 1);
    struct zmtp z;
    memset(name, c->first, c->len);
    attack->result = member_connect(attack, &z, name, c->len) && curve_put(&z, 0, "h", 1);
    uint8_t answer;
    attack->result = attack->result && tcp_get(z.fd, &answer, 1); /* cut, or answered by the victim */
    close(z.fd);
    free(name);
}

static void test_a_name_of_its_own_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        struct party a = {.answers = true};
        zloop_t *loop = party_loop();
        print_message("%s\n", name_cases[i].says);
        party_open(&a, loop);
        struct attack attack = member_of(&a, name_attack);
        attack.number = (int)i;
        attack_run(loop, &attack);
        assert_int_equal(attack.result, name_cases[i].in);
        assert_int_equal(a.ups, name_cases[i].in);
        run_turns(loop, 20);
        assert_int_equal(party_journal_has(&a, "peer-cut"), !name_cases[i].in);
        if (!name_cases[i].in)
            still_serves(&a);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

enum shape { TWO_PARTS_FIRST, TWO_PARTS_LATER, SILENT, PINGS, SHAPE_COUNT };

static const struct {
    const char *says, *journal;
    bool up;
} shape_cases[SHAPE_COUNT] = {
    [TWO_PARTS_FIRST] = {"a first message of two parts is cut", "several parts", false},
    [TWO_PARTS_LATER] = {"a later message of two parts is cut", "several parts", true},
    [SILENT] = {"a member that says nothing is cut", "no message in time", false},
    [PINGS] = {"a member that only pings is cut", "a message that does not end", true},
};

static void shape_attack(struct attack *attack)
{
    struct zmtp z;
    uint8_t ping[] = "\x04PING\x00\x0a";
    attack->result = false;
    if (!member_connect(attack, &z, "", 0))
        return;
    if (attack->number != SILENT && attack->number != TWO_PARTS_FIRST)
        curve_put(&z, 0, "h", 1);
    if (attack->number == TWO_PARTS_FIRST || attack->number == TWO_PARTS_LATER) {
        curve_put(&z, PART_MORE, "a", 1);
        curve_put(&z, 0, "b", 1);
    }
    for (int i = 0; attack->number == PINGS && i < 1000000; i++) {
        if (!curve_put(&z, PART_COMMAND, ping, sizeof ping - 1))
            break;
        uint8_t pong[4096]; /* read the answers, so that the victim's replies do not stop it first */
        while (recv(z.fd, pong, sizeof pong, MSG_DONTWAIT) > 0)
            ;
    }
    attack->result = tcp_closed(z.fd);
    close(z.fd);
}

static void test_the_shape_of_a_conversation_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct party a = {0};
        zloop_t *loop = party_loop();
        struct link_config config;
        print_message("%s\n", shape_cases[i].says);
        party_keys(&a);
        party_config(&a, &config);
        config.silent_ms = 300;
        party_start(&a, loop, &config);
        struct attack attack = member_of(&a, shape_attack);
        attack.number = (int)i;
        attack_run(loop, &attack);
        assert_true(attack.result);
        assert_int_equal(a.ups, shape_cases[i].up);
        if (shape_cases[i].up)
            RUN_UNTIL(loop, is_down, &a);
        run_turns(loop, 20);
        assert_true(party_journal_has(&a, shape_cases[i].journal));
        still_serves(&a);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

/* ---- the message that never ends ---- */

static const size_t part_sizes[] = {0, 60000};

/* Speaks first, waits for the answer so that it counts as accepted, then sends parts for ever. */
static void endless_attack(struct attack *attack)
{
    size_t part = part_sizes[attack->number];
    uint8_t *bytes = calloc(1, part + 1), answer;
    struct zmtp z;
    attack->result = false;
    attack->sent = 0;
    if (member_connect(attack, &z, "", 0) && curve_put(&z, 0, "h", 1) && tcp_get(z.fd, &answer, 1)) {
        while (attack->sent < SENT_MAX && curve_put(&z, PART_MORE, bytes, part))
            attack->sent += part + GUARD_FRAME_OVERHEAD;
        attack->result = attack->sent < SENT_MAX;
    }
    close(z.fd);
    free(bytes);
}

static void test_an_endless_message_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(part_sizes); i++) {
        struct party a = {.answers = true};
        zloop_t *loop = party_loop();
        struct link_counters counters;
        print_message("endless parts of %zu bytes are cut\n", part_sizes[i]);
        party_open(&a, loop);
        struct attack attack = member_of(&a, endless_attack);
        attack.number = (int)i;
        size_t before = memory_bytes(), most = before;
        attack_start(&attack);
        while (!attack_done(&attack)) {
            run_turns(loop, 2);
            if (memory_bytes() > most)
                most = memory_bytes();
        }
        attack_join(&attack);
        assert_true(attack.result);
        print_message("  after %zu kB, memory grew by %zu kB\n", attack.sent / 1024, (most - before) / 1024);
        assert_true(most - before < MEMORY_GROWTH_MAX);
        RUN_UNTIL(loop, is_down, &a);
        assert_int_equal(a.last_down, LINK_HELD_TOO_MUCH);
        assert_true(party_journal_has(&a, "a message that does not end"));
        link_count(a.link, &counters);
        assert_int_equal(counters.cut_undelivered, 1);
        still_serves(&a);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

static bool everybody(void *user, const struct curve_public *key, const char *address)
{
    (void)user;
    (void)key;
    (void)address;
    return true;
}

enum { CANARY_BYTES = 8 * MEGABYTE };

static void canary_attack(struct attack *attack)
{
    static const uint8_t bytes[60000];
    struct zmtp z;
    attack->sent = 0;
    attack->result = member_connect(attack, &z, "", 0) && curve_put(&z, 0, "h", 1);
    while (attack->result && attack->sent < CANARY_BYTES) {
        attack->result = curve_put(&z, PART_MORE, bytes, sizeof bytes);
        attack->sent += sizeof bytes;
    }
    close(z.fd);
}

/* The same against a ROUTER with every limit that libzmq has, but without the guard. */
static void test_canary_libzmq_alone_takes_an_endless_message(void **state)
{
    (void)state;
    const int none = 0, few = GUARD_QUEUE_MESSAGES;
    const int64_t largest = MESSAGE_BYTES_MAX;
    char endpoint[64];
    size_t len = sizeof endpoint;
    struct party a = {0};
    struct zap zap;
    void *context = zmq_ctx_new();
    party_keys(&a);
    assert_int_equal(zap_start(&zap, context, NULL, everybody, NULL), MUSTER_OK);
    void *router = zmq_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(router, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(router, ZMQ_RCVHWM, &few, sizeof few);
    zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    assert_int_equal(zap_protect(router, &a.secret), MUSTER_OK);
    assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &len);
    struct attack attack = {.run = canary_attack, .endpoint = endpoint, .victim = &a};
    curve_keys(&attack.key, &attack.secret);
    attack_start(&attack);
    while (!attack_done(&attack)) {
        zap_answer(&zap);
        zmq_poll(NULL, 0, 1);
    }
    attack_join(&attack);
    assert_true(attack.result); /* it all went in */
    zmq_close(router);
    zap_stop(&zap);
    zmq_ctx_term(context);
}

/* ---- what must not be cut ---- */

enum { ROUNDS = 40, PINGS_A_ROUND = 1500 };

struct talk {
    struct party *party;
    size_t wanted;
};

static bool heard(void *arg)
{
    struct talk *t = arg;
    return t->party->messages >= t->wanted || t->party->downs > 0;
}

/* Heartbeats are never delivered.  Over weeks they are more than the limit, with a message now and then. */
static void pinging_attack(struct attack *attack)
{
    struct zmtp z;
    uint8_t ping[] = "\x04PING\x00\x0a", drop[4096];
    attack->result = member_connect(attack, &z, "", 0) && curve_put(&z, 0, "h", 1) && tcp_get(z.fd, drop, 1);
    for (int i = 0; i < ROUNDS && attack->result; i++) {
        for (int n = 0; n < PINGS_A_ROUND && attack->result; n++) {
            attack->result = curve_put(&z, PART_COMMAND, ping, sizeof ping - 1);
            attack->sent += GUARD_FRAME_OVERHEAD + sizeof ping;
            while (recv(z.fd, drop, sizeof drop, MSG_DONTWAIT) > 0)
                ;
        }
        /* The greeting is answered: several rounds through the victim's loop for each heap of pings. */
        for (int n = 0; n < 6 && attack->result; n++) {
            attack->result = curve_put(&z, 0, "h", 1);
            usleep(25000); /* the attack's pace: longer than the guard's */
        }
    }
    attack->fd = z.fd;
}

static void test_heartbeats_do_not_add_up_against_an_honest_peer(void **state)
{
    (void)state;
    struct party a = {.answers = true};
    zloop_t *loop = party_loop();
    party_open(&a, loop);
    struct attack attack = member_of(&a, pinging_attack);
    attack_run(loop, &attack);
    assert_true(attack.result);
    struct talk talk = {&a, 1 + 6 * ROUNDS};
    RUN_UNTIL(loop, heard, &talk);
    assert_int_equal(a.downs, 0);
    print_message("%zu kB of heartbeats were forgiven\n", attack.sent / 1024);
    close(attack.fd);
    party_stop(&a);
    zloop_destroy(&loop);
}

static void edge_attack(struct attack *attack)
{
    static const uint8_t subscribe[] = "\x01topic", large[MESSAGE_BYTES_MAX + 1];
    struct zmtp z;
    attack->result = member_connect(attack, &z, "", 0) && curve_put(&z, 0, "h", 1) && curve_put(&z, 0, "", 0) &&
                     curve_put(&z, 0, subscribe, sizeof subscribe - 1) && tcp_get(z.fd, z.shared, 0);
    attack->fd = z.fd;
    if (attack->number)
        attack->result = curve_put(&z, 0, large, sizeof large) && tcp_closed(z.fd);
}

static void test_sizes_at_the_edge(void **state)
{
    (void)state;
    for (int large = 0; large < 2; large++) {
        struct party a = {0};
        zloop_t *loop = party_loop();
        print_message("%s\n", large ? "a byte more than a message may have is cut" : "an empty message is a message");
        party_open(&a, loop);
        struct attack attack = member_of(&a, edge_attack);
        attack.number = large;
        attack_run(loop, &attack);
        assert_true(attack.result);
        if (large) {
            run_turns(loop, 20);
            assert_int_equal(a.conns_count, 0);
        } else {
            struct talk talk = {&a, 3};
            RUN_UNTIL(loop, heard, &talk);
            assert_int_equal(a.bytes, 1 + 0 + 6);
            RUN_UNTIL(loop, is_up, &a);
        }
        close(attack.fd);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_of_its_own_is_cut),
        cmocka_unit_test(test_the_shape_of_a_conversation_is_kept),
        cmocka_unit_test(test_an_endless_message_is_cut),
        cmocka_unit_test(test_canary_libzmq_alone_takes_an_endless_message),
        cmocka_unit_test(test_heartbeats_do_not_add_up_against_an_honest_peer),
        cmocka_unit_test(test_sizes_at_the_edge),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
