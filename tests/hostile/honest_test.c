/* honest_test.c — two honest nodes: what is sent arrives, and the protections leave them alone. */
#include "hostile/party.h"

#include "hostile/zmtp.h"

#include <string.h>
#include <unistd.h>

enum { MANY = 10000, LARGE_EVERY = 500, SMALL_MAX = 3000 };

/* A stream of numbered messages whose size and bytes follow from their number. */
struct stream {
    struct party *from, *to;
    uint32_t next, expected, count;
    size_t busy;
};

static size_t stream_message(uint8_t *out, uint32_t number)
{
    size_t len = number % LARGE_EVERY == 0 ? MESSAGE_BYTES_MAX : 4 + number * 2654435761u % SMALL_MAX;
    put_be32(out, number);
    for (size_t i = 4; i < len; i++)
        out[i] = (uint8_t)(number * 31 + i);
    return len;
}

static void stream_pump(struct stream *s)
{
    static uint8_t bytes[MESSAGE_BYTES_MAX];
    while (s->next < s->count) {
        size_t len = stream_message(bytes, s->next);
        enum muster_error error = link_send(s->from->link, s->from->last_conn, bytes, len);
        if (error == MUSTER_EBUSY) {
            s->busy++;
            return;
        }
        assert_int_equal(error, MUSTER_OK);
        s->next++;
    }
}

static void stream_take(struct party *p, struct link_conn conn, const uint8_t *bytes, size_t len)
{
    static uint8_t wanted[MESSAGE_BYTES_MAX];
    struct stream *s = p->test;
    (void)conn;
    if (len == 1)
        return; /* the greetings of party.c */
    assert_int_equal(len, stream_message(wanted, s->expected));
    assert_memory_equal(bytes, wanted, len);
    s->expected++;
}

static bool streams_done(void *arg)
{
    struct stream *s = arg;
    for (int i = 0; i < 2; i++)
        stream_pump(&s[i]);
    return s[0].expected == s[0].count && s[1].expected == s[1].count;
}

static void test_ten_thousand_messages_each_way_arrive_intact(void **state)
{
    (void)state;
    struct party a = {0}, b = {0};
    zloop_t *loop = party_loop();
    struct link_counters counters;
    party_open(&a, loop);
    party_open(&b, loop);
    pair_up(&a, &b);
    struct stream s[2] = {{.from = &a, .to = &b, .count = MANY}, {.from = &b, .to = &a, .count = MANY}};
    a.test = &s[1];
    b.test = &s[0];
    a.on_message = b.on_message = stream_take;
    RUN_UNTIL(loop, streams_done, s);
    assert_int_equal(a.downs + b.downs, 0);
    link_count(a.link, &counters);
    assert_int_equal(counters.messages_in, MANY + 1);
    assert_int_equal(counters.connections, 1);
    assert_true(counters.bytes_in > MANY);
    party_stop(&a);
    party_stop(&b);
    zloop_destroy(&loop);
}

static bool received_all(void *arg)
{
    struct stream *s = arg;
    return s->expected == s->next;
}

static bool ready_told(void *arg)
{
    return ((struct party *)arg)->readies > 0;
}

/* The receiver's loop stands still.  The sender is told so, keeps its order, and is told when there is
 * room; a healthy peer beside is served meanwhile, and the guard does not take the silence for an
 * attack. */
static void test_a_peer_that_stands_still_makes_busy_then_ready(void **state)
{
    (void)state;
    struct party a = {0}, slow = {0}, healthy = {0};
    zloop_t *loop = party_loop(), *slow_loop = party_loop();
    party_open(&a, loop);
    party_open(&slow, loop);
    pair_up(&a, &slow);
    struct link_conn to_slow = a.last_conn;
    party_stop(&slow); /* its loop must be its own: start it again there */
    slow = (struct party){.key = slow.key, .secret = slow.secret};
    party_open(&slow, slow_loop);
    party_admit(&slow, &a.key);
    struct link_dial dial;
    assert_int_equal(link_dial(slow.link, party_endpoint(&a), &a.key, &dial), MUSTER_OK);
    for (int i = 0; i < 10000 && (slow.messages == 0 || a.last_conn.n == to_slow.n); i++) {
        run_turns(slow_loop, 1);
        run_turns(loop, 1);
    }
    assert_int_not_equal(a.last_conn.n, to_slow.n);
    assert_true(slow.messages > 0);
    to_slow = a.last_conn;

    struct stream s = {.from = &a, .to = &slow, .count = 2000};
    slow.test = &s;
    slow.on_message = stream_take;
    for (int i = 0; i < 500 && s.busy < 20; i++) {
        stream_pump(&s);
        run_turns(loop, 2);
    }
    assert_true(s.busy >= 20);
    assert_true(s.next < s.count);
    size_t before = a.readies;

    party_open(&healthy, loop);
    pair_up(&a, &healthy);
    for (int i = 0; i < 200; i++) {
        uint8_t bytes[100] = {0};
        while (link_send(a.link, a.last_conn, bytes, sizeof bytes) == MUSTER_EBUSY)
            run_turns(loop, 1);
    }
    run_turns(loop, 20);
    assert_true(healthy.messages >= 200);
    assert_true(healthy.conns_count == 1 && slow.downs == 0);

    uint32_t sent = s.next;
    while (s.expected < sent) {
        run_turns(slow_loop, 1);
        run_turns(loop, 1);
    }
    a.readies = a.readies > before; /* told at least once */
    RUN_UNTIL(loop, ready_told, &a);
    assert_true(received_all(&s));
    assert_int_equal(slow.downs, 0);
    party_stop(&a);
    party_stop(&slow);
    party_stop(&healthy);
    zloop_destroy(&loop);
    zloop_destroy(&slow_loop);
}

static bool first_down(void *arg)
{
    return ((struct party *)arg)->downs > 0;
}

static void test_a_removed_key_is_cut_while_it_streams(void **state)
{
    static const struct {
        const char *says;
        bool review;
    } cases[] = {
        {"at once when the members are reviewed", true},
        {"by its next message otherwise", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct party a = {0}, b = {0};
        zloop_t *loop = party_loop();
        print_message("a removed key is cut %s\n", cases[i].says);
        party_open(&a, loop);
        party_open(&b, loop);
        pair_up(&a, &b);
        struct stream s[2] = {{.from = &b, .to = &a, .count = UINT32_MAX}, {0}};
        a.test = &s[0];
        a.on_message = stream_take;
        for (int n = 0; n < 100; n++) {
            stream_pump(&s[0]);
            run_turns(loop, 1);
        }
        assert_true(a.messages > 10);
        size_t heard = a.messages;
        party_forget(&a, &b.key);
        if (cases[i].review) {
            link_review(a.link);
        } else {
            stream_pump(&s[0]);
        }
        RUN_UNTIL(loop, first_down, &a);
        assert_int_equal(a.messages, heard);
        assert_int_equal(a.last_down, LINK_NOT_ADMITTED);
        RUN_UNTIL(loop, first_down, &b);
        assert_true(party_journal_has(&a, "peer-refused"));
        party_stop(&a);
        party_stop(&b);
        zloop_destroy(&loop);
    }
}

static bool twice_up(void *arg)
{
    struct party *p = arg;
    return p->ups == 2 && p->downs == 1;
}

static void test_the_same_key_twice_leaves_the_newest(void **state)
{
    (void)state;
    struct party a = {0}, b = {0}, twin = {0};
    zloop_t *loop = party_loop();
    struct link_dial dial;
    party_open(&a, loop);
    party_open(&b, loop);
    struct link_dial first = pair_up(&a, &b);
    struct link_conn old = a.last_conn;
    assert_int_equal(link_undial(b.link, (struct link_dial){first.n + 1}), MUSTER_ENOTFOUND);
    twin.key = b.key;
    twin.secret = b.secret;
    party_open(&twin, loop);
    party_admit(&twin, &a.key);
    assert_int_equal(link_dial(twin.link, party_endpoint(&a), &a.key, &dial), MUSTER_OK);
    RUN_UNTIL(loop, twice_up, &a);
    assert_int_equal(a.last_down, LINK_REPLACED);
    assert_int_not_equal(a.last_conn.n, old.n);
    assert_int_equal(link_send(a.link, old, (const uint8_t *)"x", 1), MUSTER_ENOTFOUND);
    party_stop(&a);
    party_stop(&b);
    party_stop(&twin);
    zloop_destroy(&loop);
}

struct look {
    struct party *party;
    struct link_dial dial;
    enum link_reason reason;
};

static bool reason_shown(void *arg)
{
    struct look *l = arg;
    struct link_dial_info info;
    assert_int_equal(link_dial_look(l->party->link, l->dial, &info), MUSTER_OK);
    return info.reason == l->reason && info.calls >= 2;
}

static bool is_up(void *arg)
{
    return ((struct party *)arg)->conns_count > 0;
}

static void test_a_call_shows_its_reason_and_succeeds_when_it_is_gone(void **state)
{
    (void)state;
    struct party a = {0}, b = {0};
    zloop_t *loop = party_loop();
    struct link_dial_info info;
    char endpoint[64];
    int listener = tcp_listen(endpoint);
    struct link_config config;
    struct look look = {.party = &b, .reason = LINK_REFUSED};
    close(listener); /* a port that nobody listens on */
    party_keys(&a);
    party_open(&b, loop);
    party_admit(&b, &a.key);
    assert_int_equal(link_dial(b.link, endpoint, &a.key, &look.dial), MUSTER_OK);
    RUN_UNTIL(loop, reason_shown, &look);

    party_config(&a, &config);
    config.listen[0] = endpoint;
    party_start(&a, loop, &config);
    look.reason = LINK_NOT_KNOWN_THERE;
    RUN_UNTIL(loop, reason_shown, &look);
    assert_true(party_journal_has(&a, "stranger"));
    assert_int_equal(a.ups, 0);

    party_admit(&a, &b.key);
    link_dial_now(b.link, look.dial);
    RUN_UNTIL(loop, is_up, &b);
    assert_int_equal(link_dial_look(b.link, look.dial, &info), MUSTER_OK);
    assert_int_equal(info.state, LINK_DIAL_UP);
    assert_string_equal(info.endpoint, endpoint);
    RUN_UNTIL(loop, is_up, &a);

    party_stop(&a); /* the other side goes away and comes back */
    a = (struct party){.key = a.key, .secret = a.secret};
    RUN_UNTIL(loop, first_down, &b);
    party_admit(&a, &b.key);
    party_start(&a, loop, &config);
    RUN_UNTIL(loop, is_up, &a);

    assert_int_equal(link_undial(b.link, look.dial), MUSTER_OK);
    assert_int_equal(link_dial_look(b.link, look.dial, &info), MUSTER_ENOTFOUND);
    RUN_UNTIL(loop, first_down, &a);
    run_turns(loop, 200); /* several pauses: it is not called again */
    assert_int_equal(a.conns_count, 0);
    party_stop(&a);
    party_stop(&b);
    zloop_destroy(&loop);
}

static void test_a_wrong_server_key_is_a_failed_handshake(void **state)
{
    (void)state;
    struct party a = {0}, b = {0}, other = {0};
    zloop_t *loop = party_loop();
    struct look look = {.party = &b, .reason = LINK_HANDSHAKE_CLOSED};
    party_open(&a, loop);
    party_open(&b, loop);
    party_keys(&other);
    party_admit(&a, &b.key);
    assert_int_equal(link_dial(b.link, party_endpoint(&a), &other.key, &look.dial), MUSTER_OK);
    RUN_UNTIL(loop, reason_shown, &look);
    assert_int_equal(a.ups + b.ups, 0);
    party_stop(&a);
    party_stop(&b);
    zloop_destroy(&loop);
}

static void test_a_name_is_resolved(void **state)
{
    (void)state;
#if defined(__SANITIZE_THREAD__)
    skip(); /* the C library's look-up starts threads that ThreadSanitizer does not see: it crashes on them */
#endif
    struct party a = {0}, b = {0};
    zloop_t *loop = party_loop();
    char endpoint[64];
    struct link_dial dial;
    party_open(&a, loop);
    party_open(&b, loop);
    party_admit(&a, &b.key);
    party_admit(&b, &a.key);
    snprintf(endpoint, sizeof endpoint, "tcp://localhost%s", strrchr(party_endpoint(&a), ':'));
    assert_int_equal(link_dial(b.link, endpoint, &a.key, &dial), MUSTER_OK);
    RUN_UNTIL(loop, is_up, &b);
    party_stop(&b); /* also with a lookup at work */
    party_open(&b, loop);
    assert_int_equal(link_dial(b.link, "tcp://no.such.name.invalid:7117", &a.key, &dial), MUSTER_OK);
    run_turns(loop, 5);
    party_stop(&b);
    party_stop(&a);
    zloop_destroy(&loop);
}

static void test_what_cannot_be_dialled_is_refused(void **state)
{
    static const struct {
        const char *says, *endpoint;
        bool weak;
        enum muster_error want;
    } cases[] = {
        {"another transport", "ipc:///tmp/x", false, MUSTER_EENDPOINT},
        {"this process", "inproc://zeromq.zap.01", false, MUSTER_EENDPOINT},
        {"a printf format", "tcp://%s%n:7117", false, MUSTER_EENDPOINT},
        {"a source address", "tcp://127.0.0.1:1;127.0.0.1:2", false, MUSTER_EENDPOINT},
        {"nothing", "", false, MUSTER_EENDPOINT},
        {"a key of small order", "tcp://127.0.0.1:7117", true, MUSTER_EBADVALUE},
    };
    (void)state;
    struct party a = {0};
    struct curve_public weak = {{0}};
    struct link_dial dial = {77};
    zloop_t *loop = party_loop();
    party_open(&a, loop);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("link_dial refuses %s\n", cases[i].says);
        assert_int_equal(link_dial(a.link, cases[i].endpoint, cases[i].weak ? &weak : &a.key, &dial), cases[i].want);
        assert_int_equal(dial.n, 77);
    }
    party_stop(&a);
    zloop_destroy(&loop);
}

static void test_the_first_bytes_are_bounded_until_the_peer_speaks(void **state)
{
    (void)state;
    struct party a = {0}, b = {0};
    zloop_t *loop = party_loop();
    struct link_dial dial;
    static const uint8_t bytes[LINK_FIRST_BYTES_MAX + 1];
    party_open(&a, loop);
    party_open(&b, loop);
    party_admit(&a, &b.key);
    party_admit(&b, &a.key);
    assert_int_equal(link_dial(b.link, party_endpoint(&a), &a.key, &dial), MUSTER_OK);
    RUN_UNTIL(loop, is_up, &b);
    assert_int_equal(link_send(b.link, b.last_conn, bytes, sizeof bytes), MUSTER_EBUSY); /* behind 'h' */
    assert_int_equal(link_send(b.link, b.last_conn, bytes, 100), MUSTER_OK);
    assert_int_equal(link_send(b.link, b.last_conn, bytes, 0), MUSTER_ETOOBIG);
    assert_int_equal(link_send(b.link, b.last_conn, bytes, (size_t)MESSAGE_BYTES_MAX + 1), MUSTER_ETOOBIG);
    RUN_UNTIL(loop, is_up, &a);
    assert_int_equal(b.readies, 0);
    assert_int_equal(link_send(a.link, a.last_conn, bytes, 1), MUSTER_OK);
    RUN_UNTIL(loop, ready_told, &b);
    assert_int_equal(link_send(b.link, b.last_conn, bytes, sizeof bytes), MUSTER_OK);
    party_stop(&a);
    party_stop(&b);
    zloop_destroy(&loop);
}

static bool some_busy(void *arg)
{
    struct stream *s = arg;
    stream_pump(&s[0]);
    stream_pump(&s[1]);
    return s[0].busy > 3 && s[1].busy > 3 && s[0].expected > 50 && s[1].expected > 50;
}

/* Everything in flight, messages waiting everywhere, calls under way: the stop comes to its end. */
static void test_stop_under_load_completes(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct party a = {0}, b = {0};
        zloop_t *loop = party_loop();
        struct link_dial dial;
        party_open(&a, loop);
        party_open(&b, loop);
        pair_up(&a, &b);
        for (int i = 0; i < 10; i++)
            assert_int_equal(link_dial(b.link, "tcp://127.0.0.1:1", &a.key, &dial), MUSTER_OK);
        struct stream s[2] = {{.from = &a, .to = &b, .count = UINT32_MAX}, {.from = &b, .to = &a, .count = UINT32_MAX}};
        a.test = &s[1];
        b.test = &s[0];
        a.on_message = b.on_message = stream_take;
        RUN_UNTIL(loop, some_busy, s);
        party_stop(round == 0 ? &b : &a);
        party_stop(round == 0 ? &a : &b);
        zloop_destroy(&loop);
    }
}

static void test_start_refuses_what_cannot_work(void **state)
{
    (void)state;
    struct party a = {0}, b = {0};
    zloop_t *loop = party_loop();
    struct link_config config;
    struct link *link = NULL;
    party_open(&a, loop);
    party_keys(&b);
    party_config(&b, &config);
    config.listen[0] = party_endpoint(&a);
    assert_int_equal(link_start(&link, loop, &config), MUSTER_EADDRINUSE);
    config.listen[0] = "tcp://localhost:0";
    assert_int_equal(link_start(&link, loop, &config), MUSTER_EENDPOINT);
    config.listen[0] = "tcp://127.0.0.1:0";
    config.heartbeat_timeout_ms = config.heartbeat_ms - 1;
    assert_int_equal(link_start(&link, loop, &config), MUSTER_ECONFIG);
    assert_null(link);
    party_config(&b, &config);
    config.listen_count = 0; /* a node that only dials */
    party_start(&b, loop, &config);
    assert_null(link_endpoint(b.link, 0));
    pair_up(&a, &b);
    party_stop(&b);
    party_stop(&a);
    zloop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_thousand_messages_each_way_arrive_intact),
        cmocka_unit_test(test_a_peer_that_stands_still_makes_busy_then_ready),
        cmocka_unit_test(test_a_removed_key_is_cut_while_it_streams),
        cmocka_unit_test(test_the_same_key_twice_leaves_the_newest),
        cmocka_unit_test(test_a_call_shows_its_reason_and_succeeds_when_it_is_gone),
        cmocka_unit_test(test_a_wrong_server_key_is_a_failed_handshake),
        cmocka_unit_test(test_a_name_is_resolved),
        cmocka_unit_test(test_what_cannot_be_dialled_is_refused),
        cmocka_unit_test(test_the_first_bytes_are_bounded_until_the_peer_speaks),
        cmocka_unit_test(test_stop_under_load_completes),
        cmocka_unit_test(test_start_refuses_what_cannot_work),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
