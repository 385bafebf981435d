/* stranger_test.c — peers without an admitted key, and what would happen without the handler. */
#include "hostile/party.h"
#include "hostile/zmtp.h"

#include "node/guard.h"
#include "node/zap.h"

#include <string.h>
#include <unistd.h>

static bool is_up(void *arg)
{
    return ((struct party *)arg)->conns_count > 0;
}

/* The victim still serves: an honest peer gets in after all that. */
static void still_serves(struct party *a)
{
    struct party b = {0};
    party_open(&b, a->loop);
    pair_up(a, &b);
    party_stop(&b);
}

static void curve_attack(struct attack *attack)
{
    struct zmtp z;
    uint8_t metadata[256];
    char hex[ZAP_KEY_HEX + 1];
    size_t len = zmtp_property(metadata, 0, "Socket-Type", "DEALER", 6);
    hex_from(hex, attack->victim->admitted[0].b, 32);
    if (attack->number)
        len = zmtp_property(metadata, len, "User-Id", hex, ZAP_KEY_HEX);
    attack->result = curve_connect(&z, attack->endpoint, &attack->victim->key, &attack->key, &attack->secret, metadata,
                                   len);
    if (attack->result)
        curve_put(&z, 0, "h", 1);
    attack->fd = z.fd; /* what is closed at once may never be told of */
}

static void test_a_stranger_is_refused(void **state)
{
    static const struct {
        const char *says;
        bool spoofs, admitted;
    } cases[] = {
        {"a stranger is refused", false, false},
        {"a stranger whose metadata names an admitted key as User-Id is refused", true, false},
        {"an admitted key gets in with the same words", true, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct party a = {0}, friend = {0};
        char hex[ZAP_KEY_HEX + 1];
        zloop_t *loop = party_loop();
        print_message("%s\n", cases[i].says);
        party_open(&a, loop);
        party_keys(&friend);
        party_admit(&a, &friend.key);
        struct attack attack = {
            .run = curve_attack, .victim = &a, .endpoint = party_endpoint(&a), .number = cases[i].spoofs};
        curve_keys(&attack.key, &attack.secret);
        if (cases[i].admitted)
            party_admit(&a, &attack.key);
        attack_run(loop, &attack);
        assert_int_equal(attack.result, cases[i].admitted);
        assert_int_equal(party_journal_has(&a, hex_from(hex, attack.key.b, 32)), !cases[i].admitted);
        assert_int_equal(party_journal_has(&a, "127.0.0.1"), !cases[i].admitted);
        if (cases[i].admitted) {
            RUN_UNTIL(loop, is_up, &a);
            assert_memory_equal(a.peers[0].b, attack.key.b, 32); /* not the one it named */
        } else {
            run_turns(loop, 20);
            assert_int_equal(a.ups, 0);
            still_serves(&a);
        }
        close(attack.fd);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

/* ---- libzmq alone: what the handler and its two options are for ---- */

struct door {
    void *context, *router;
    struct zap zap;
    char endpoint[64];
    struct party who; /* the keys */
};

static bool everybody(void *user, const struct curve_public *key, const char *address)
{
    (void)user;
    (void)key;
    (void)address;
    return true;
}

enum door_kind { WITH_HANDLER, NO_HANDLER, HANDLER_ENDED, NO_HANDLER_NO_OPTION };

static void door_open(struct door *d, enum door_kind kind)
{
    const int none = 0, off = 0;
    size_t len = sizeof d->endpoint;
    memset(d, 0, sizeof *d);
    party_keys(&d->who);
    party_admit(&d->who, &d->who.key);
    d->context = zmq_ctx_new();
    if (kind == WITH_HANDLER || kind == HANDLER_ENDED)
        assert_int_equal(zap_start(&d->zap, d->context, NULL, everybody, NULL), MUSTER_OK);
    d->router = zmq_socket(d->context, ZMQ_ROUTER);
    zmq_setsockopt(d->router, ZMQ_LINGER, &none, sizeof none);
    assert_int_equal(zap_protect(d->router, &d->who.secret), MUSTER_OK);
    if (kind == NO_HANDLER_NO_OPTION)
        assert_int_equal(zmq_setsockopt(d->router, ZAP_ENFORCE_DOMAIN_OPTION, &off, sizeof off), 0);
    if (kind == NO_HANDLER_NO_OPTION)
        zmq_setsockopt(d->router, ZMQ_ZAP_DOMAIN, "", 0);
    assert_int_equal(zmq_bind(d->router, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(d->router, ZMQ_LAST_ENDPOINT, d->endpoint, &len);
    if (kind == HANDLER_ENDED)
        zap_stop(&d->zap);
}

static void door_close(struct door *d)
{
    zmq_close(d->router);
    zap_stop(&d->zap);
    zmq_ctx_term(d->context);
}

/* Lets the handler answer until the attack is over and, when it got in, its message is here. */
static bool door_wait(struct door *d, struct attack *attack)
{
    zmq_pollitem_t item = {.socket = d->router, .events = ZMQ_POLLIN};
    attack_start(attack);
    while (!attack_done(attack)) {
        if (d->zap.socket)
            zap_answer(&d->zap);
        zmq_poll(NULL, 0, 1);
    }
    attack_join(attack);
    return attack->result && zmq_poll(&item, 1, ZMTP_TIMEOUT_S * 1000) == 1;
}

static void test_nobody_is_admitted_without_a_handler(void **state)
{
    static const struct {
        const char *says;
        enum door_kind kind;
        bool admitted;
    } cases[] = {
        {"with the handler a key that it accepts gets in", WITH_HANDLER, true},
        {"without a handler nobody gets in", NO_HANDLER, false},
        {"after the handler has ended nobody gets in", HANDLER_ENDED, false},
        {"(canary) without domain and option 93 libzmq admits the stranger", NO_HANDLER_NO_OPTION, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct door d;
        char hex[ZAP_KEY_HEX + 1];
        zmq_msg_t name, body;
        print_message("%s\n", cases[i].says);
        door_open(&d, cases[i].kind);
        struct attack attack = {.run = curve_attack, .victim = &d.who, .endpoint = d.endpoint, .number = 1};
        curve_keys(&attack.key, &attack.secret);
        assert_int_equal(door_wait(&d, &attack), cases[i].admitted);
        if (cases[i].admitted) {
            zmq_msg_init(&name);
            zmq_msg_init(&body);
            assert_true(zmq_msg_recv(&name, d.router, 0) == 5 && zmq_msg_recv(&body, d.router, 0) == 1);
            /* polled first, so the first frame has no metadata; and whose word is the User-Id? */
            assert_null(zmq_msg_gets(&name, "User-Id"));
            const struct curve_public *said = cases[i].kind == WITH_HANDLER ? &attack.key : &d.who.admitted[0];
            assert_string_equal(zmq_msg_gets(&body, "User-Id"), hex_from(hex, said->b, 32));
            assert_non_null(zmq_msg_gets(&body, "__fd"));
            zmq_msg_close(&name);
            zmq_msg_close(&body);
        }
        close(attack.fd);
        door_close(&d);
    }
}

/* ---- bytes that are no handshake ---- */

enum garbage { HTTP, NOISE, NULL_MECHANISM, GIANT_FRAME, HALF_GREETING, CLOSE_AT_ONCE, ZERO_KEY_HELLO, GARBAGE_COUNT };

static void garbage_send(int fd, enum garbage kind)
{
    uint8_t bytes[4096] = {0};
    switch (kind) {
    case HTTP:
        tcp_put(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
        break;
    case NOISE:
        crypto_random(bytes, sizeof bytes);
        tcp_put(fd, bytes, sizeof bytes);
        break;
    case NULL_MECHANISM:
        tcp_put(fd, (const uint8_t[64]){0xff, [9] = 0x7f, [10] = 3, 1, 'N', 'U', 'L', 'L'}, 64);
        break;
    case GIANT_FRAME:
        zmtp_greeting(fd, false);
        tcp_put(fd, (const uint8_t[9]){6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9);
        break;
    case HALF_GREETING:
        tcp_put(fd, (const uint8_t[11]){0xff, [9] = 0x7f, [10] = 3}, 11);
        break;
    case ZERO_KEY_HELLO:
        zmtp_greeting(fd, false);
        memcpy(bytes, "\x05HELLO\x01", 7);
        zmtp_frame_put(fd, 4, bytes, 200);
        break;
    case CLOSE_AT_ONCE:
    case GARBAGE_COUNT:
        break;
    }
}

static void garbage_attack(struct attack *attack)
{
    attack->result = true;
    for (int kind = 0; kind < GARBAGE_COUNT; kind++) {
        int fd = tcp_connect(attack->endpoint);
        garbage_send(fd, (enum garbage)kind);
        /* all are let go, by protocol or by the handshake's timer */
        if (kind != CLOSE_AT_ONCE && !tcp_closed(fd))
            attack->result = false;
        close(fd);
    }
}

static void party_open_short(struct party *a, zloop_t *loop)
{
    struct link_config config;
    party_keys(a);
    party_config(a, &config);
    config.handshake_ms = 300;
    party_start(a, loop, &config);
}

static void test_garbage_is_let_go(void **state)
{
    (void)state;
    struct party a = {0};
    struct link_counters counters;
    zloop_t *loop = party_loop();
    party_open_short(&a, loop);
    struct attack attack = {.run = garbage_attack, .endpoint = party_endpoint(&a)};
    attack_run(loop, &attack);
    assert_true(attack.result);
    assert_int_equal(a.ups, 0);
    still_serves(&a);
    link_count(a.link, &counters);
    assert_int_equal(counters.accepted, GARBAGE_COUNT + 1);
    assert_true(counters.handshakes_failed > 0);
    party_stop(&a);
    zloop_destroy(&loop);
}

/* Not a byte, or one byte now and then: the handshake's timer does not start again with each. */
static void slow_attack(struct attack *attack)
{
    const uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3, 1, 'C', 'U', 'R', 'V', 'E'};
    int quiet = tcp_connect(attack->endpoint), slow = tcp_connect(attack->endpoint);
    for (size_t i = 0; i < sizeof greeting && tcp_put(slow, greeting + i, 1); i++)
        usleep(20000); /* the attack's pace, no synchronisation */
    attack->result = tcp_closed(quiet) && tcp_closed(slow);
    close(quiet);
    close(slow);
}

static bool no_strangers(void *arg)
{
    struct link_counters counters;
    link_count(((struct party *)arg)->link, &counters);
    return counters.strangers == 0;
}

static void test_a_slow_handshake_is_let_go(void **state)
{
    (void)state;
    struct party a = {0};
    zloop_t *loop = party_loop();
    party_open_short(&a, loop);
    struct attack attack = {.run = slow_attack, .endpoint = party_endpoint(&a)};
    attack_run(loop, &attack);
    assert_true(attack.result);
    RUN_UNTIL(loop, no_strangers, &a);
    still_serves(&a);
    party_stop(&a);
    zloop_destroy(&loop);
}

/* A command frame of 200 kB before any authentication: libzmq would hold it until its timer. */
static void bulky_attack(struct attack *attack)
{
    static uint8_t body[200 * 1024] = "\x05HELLO";
    int fd = tcp_connect(attack->endpoint);
    const uint8_t head[9] = {6, 0, 0, 0, 0, 0, 3, 0x20, 0};
    zmtp_greeting(fd, false);
    tcp_put(fd, head, sizeof head);
    tcp_put(fd, body, sizeof body - 1); /* the last byte never comes */
    attack->result = tcp_closed(fd);
    close(fd);
}

static void test_bytes_before_authentication_are_bounded(void **state)
{
    (void)state;
    struct party a = {0};
    zloop_t *loop = party_loop();
    struct link_config config;
    party_keys(&a);
    party_config(&a, &config);
    config.handshake_ms = 60000; /* so that only the guard can have cut */
    config.silent_ms = 60000;
    party_start(&a, loop, &config);
    struct attack attack = {.run = bulky_attack, .endpoint = party_endpoint(&a)};
    attack_run(loop, &attack);
    assert_true(attack.result);
    run_turns(loop, 20);
    assert_true(party_journal_has(&a, "too many bytes before the first message"));
    still_serves(&a);
    party_stop(&a);
    zloop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stranger_is_refused),
        cmocka_unit_test(test_nobody_is_admitted_without_a_handler),
        cmocka_unit_test(test_garbage_is_let_go),
        cmocka_unit_test(test_a_slow_handshake_is_let_go),
        cmocka_unit_test(test_bytes_before_authentication_are_bounded),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
