/* server_test.c — servers that do harm to whoever dials them. */
#include "hostile/party.h"
#include "hostile/zmtp.h"

#include "node/guard.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_WANTED = 4, MEGABYTE = 1024 * 1024, SENT_MAX = 512 * MEGABYTE };

static const uint8_t zero_key[32];

/* One hostile answer to each call, until the listener is shut down. */
struct server {
    struct attack attack;
    void (*serve)(struct server *server, int fd);
    size_t accepted;
};

static void server_run(struct attack *attack)
{
    struct server *server = (struct server *)attack;
    for (;;) {
        int fd = tcp_accept(attack->listener);
        if (fd < 0)
            return;
        server->accepted++;
        server->serve(server, fd);
        close(fd);
    }
}

static void server_open(struct server *server, char *endpoint)
{
    server->attack.run = server_run;
    server->attack.listener = tcp_listen(endpoint);
    curve_keys(&server->attack.key, &server->attack.secret);
    attack_start(&server->attack);
}

static void server_close(struct server *server)
{
    shutdown(server->attack.listener, SHUT_RDWR);
    attack_join(&server->attack);
    close(server->attack.listener);
}

/* ---- what it answers ---- */

static void serve_zero_key(struct server *server, int fd)
{
    struct zmtp z;
    curve_welcome(&z, fd, &server->attack.secret, zero_key);
    tcp_closed(fd);
}

static void serve_nothing(struct server *server, int fd)
{
    (void)server;
    tcp_closed(fd);
}

static void serve_close(struct server *server, int fd)
{
    (void)server;
    (void)fd;
}

static void serve_noise(struct server *server, int fd)
{
    (void)server;
    char noise[4096];
    memset(noise, 'h', sizeof noise);
    tcp_put(fd, noise, sizeof noise);
    tcp_closed(fd);
}

/* Anybody on the way can forge this: it is not authenticated. */
static void serve_error_400(struct server *server, int fd)
{
    (void)server;
    zmtp_greeting(fd, true);
    zmtp_frame_put(fd, 4, "\x05" "ERROR" "\x03" "400", 10);
    tcp_closed(fd);
}

static void serve_error_noise(struct server *server, int fd)
{
    (void)server;
    zmtp_greeting(fd, true);
    zmtp_frame_put(fd, 4, "\x05" "ERROR" "\x04" "hhhh", 11);
    tcp_closed(fd);
}

static void serve_ready_close(struct server *server, int fd)
{
    struct zmtp z;
    curve_serve(&z, fd, &server->attack.secret);
}

static void serve_bulk(struct server *server, int fd)
{
    static const uint8_t bytes[200 * 1024] = "\x07WELCOME";
    const uint8_t head[9] = {6, 0, 0, 0, 0, 0, 3, 0x20, 1};
    (void)server;
    zmtp_greeting(fd, true);
    tcp_put(fd, head, sizeof head);
    tcp_put(fd, bytes, sizeof bytes);
    tcp_closed(fd);
}

static const struct {
    const char *says;
    void (*serve)(struct server *, int);
    enum link_reason reason, or; /* libzmq does not always tell a protocol error from a close */
} cases[] = {
    {"a WELCOME with the key 0", serve_zero_key, LINK_HANDSHAKE, LINK_HANDSHAKE_CLOSED},
    {"no answer after the connection", serve_nothing, LINK_HANDSHAKE, LINK_HANDSHAKE_CLOSED},
    {"accept, then close", serve_close, LINK_HANDSHAKE_CLOSED, LINK_NONE},
    {"noise", serve_noise, LINK_HANDSHAKE, LINK_HANDSHAKE_CLOSED},
    {"a forged error 400", serve_error_400, LINK_NOT_KNOWN_THERE, LINK_NONE},
    {"an error that is no status", serve_error_noise, LINK_HANDSHAKE, LINK_HANDSHAKE_CLOSED},
    {"a handshake, then close", serve_ready_close, LINK_GONE, LINK_NONE},
    {"200 kB before the handshake is done", serve_bulk, LINK_HELD_TOO_MUCH, LINK_NONE},
};

struct look {
    struct party *party;
    struct link_dial dial;
    struct link_dial_info info;
};

static bool called_enough(void *arg)
{
    struct look *l = arg;
    assert_int_equal(link_dial_look(l->party->link, l->dial, &l->info), MUSTER_OK);
    return l->info.calls >= CALLS_WANTED && l->info.state == LINK_DIAL_WAITING;
}

static bool is_up(void *arg)
{
    return ((struct party *)arg)->conns_count > 0;
}

/* Whatever the server does, the node lives, shows a reason, calls again, and serves honest peers. */
static void test_the_dialler_survives_and_calls_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct party a = {0}, honest = {0};
        struct server server = {.serve = cases[i].serve};
        struct look look = {.party = &a};
        zloop_t *loop = party_loop();
        struct link_config config;
        char endpoint[64];
        print_message("the dialler survives %s\n", cases[i].says);
        server_open(&server, endpoint);
        party_keys(&a);
        party_config(&a, &config);
        config.handshake_ms = 300;
        party_start(&a, loop, &config);
        party_admit(&a, &server.attack.key);
        assert_int_equal(link_dial(a.link, endpoint, &server.attack.key, &look.dial), MUSTER_OK);
        RUN_UNTIL(loop, called_enough, &look);
        if (look.info.reason != cases[i].reason && look.info.reason != cases[i].or)
            print_error("  %s\n", link_reason_text(look.info.reason));
        assert_true(look.info.reason == cases[i].reason || look.info.reason == cases[i].or);
        assert_true(look.info.failures >= CALLS_WANTED);
        party_open(&honest, loop);
        pair_up(&a, &honest);
        party_stop(&a);
        party_stop(&honest);
        server_close(&server);
        zloop_destroy(&loop);
    }
}

/* The pause doubles up to its largest; it does not start again because a connection was accepted. */
static void test_the_pause_grows(void **state)
{
    (void)state;
    struct party a = {0};
    struct server server = {.serve = serve_ready_close};
    struct look look = {.party = &a};
    zloop_t *loop = party_loop();
    struct link_config config;
    char endpoint[64];
    server_open(&server, endpoint);
    party_keys(&a);
    party_config(&a, &config);
    config.redial_min_ms = 100000; /* never over in this test: each next call is asked for */
    config.redial_max_ms = 1000000;
    party_start(&a, loop, &config);
    party_admit(&a, &server.attack.key);
    assert_int_equal(link_dial(a.link, endpoint, &server.attack.key, &look.dial), MUSTER_OK);
    for (unsigned calls = 1; calls <= 6; calls++) {
        uint64_t whole = (uint64_t)config.redial_min_ms << (calls - 1);
        do
            run_turns(loop, 1);
        while (!(called_enough(&look), look.info.calls == calls && look.info.state == LINK_DIAL_WAITING));
        if (whole > config.redial_max_ms)
            whole = config.redial_max_ms;
        print_message("after %u calls the pause is %u ms\n", calls, look.info.next_ms);
        assert_true(look.info.next_ms > whole / 2 - 60000 / 2 && look.info.next_ms <= whole);
        assert_int_equal(look.info.failures, calls);
        link_dial_now(a.link, look.dial);
    }
    party_stop(&a);
    server_close(&server);
    zloop_destroy(&loop);
}

static void serve_endless(struct server *server, int fd)
{
    static const uint8_t bytes[60000];
    struct zmtp z;
    if (!curve_serve(&z, fd, &server->attack.secret) || !curve_put(&z, 0, "w", 1))
        return;
    server->attack.sent = 0;
    while (server->attack.sent < SENT_MAX && curve_put(&z, 1, bytes, sizeof bytes))
        server->attack.sent += sizeof bytes;
}

static bool is_down(void *arg)
{
    return ((struct party *)arg)->downs > 0;
}

static void test_an_endless_message_of_a_server_is_cut(void **state)
{
    (void)state;
    struct party a = {0};
    struct server server = {.serve = serve_endless};
    zloop_t *loop = party_loop();
    struct link_dial dial;
    char endpoint[64];
    server_open(&server, endpoint);
    party_open(&a, loop);
    party_admit(&a, &server.attack.key);
    assert_int_equal(link_dial(a.link, endpoint, &server.attack.key, &dial), MUSTER_OK);
    RUN_UNTIL(loop, is_up, &a);
    RUN_UNTIL(loop, is_down, &a);
    assert_int_equal(a.last_down, LINK_HELD_TOO_MUCH);
    assert_int_equal(link_undial(a.link, dial), MUSTER_OK);
    run_turns(loop, 5);
    party_stop(&a);
    server_close(&server);
    assert_true(server.attack.sent < SENT_MAX);
    zloop_destroy(&loop);
}

typedef int beforenm_fn(unsigned char *, const unsigned char *, const unsigned char *);

static beforenm_fn *beforenm_of(void *where)
{
    union {
        void *object;
        beforenm_fn *function;
    } found = {.object = dlsym(where, "crypto_box_beforenm")};
    assert_non_null(found.object);
    return found.function;
}

/* What libzmq is given is ours and never fails; libsodium's own fails, and libzmq asserts. */
static void test_canary_libsodium_refuses_the_key_and_libzmq_dies_of_it(void **state)
{
    (void)state;
    unsigned char k[32];
    struct curve_public public_key;
    struct curve_secret secret;
    curve_keys(&public_key, &secret);
    assert_int_equal(beforenm_of(RTLD_DEFAULT)(k, zero_key, secret.b), 0);
    assert_int_equal(beforenm_of(RTLD_NEXT)(k, zero_key, secret.b), -1);

    struct server server = {.serve = serve_zero_key};
    char endpoint[64], key[41];
    int status = 0;
    server_open(&server, endpoint);
    assert_non_null(zmq_z85_encode(key, server.attack.key.b, 32));
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO); /* libzmq's last words */
        execl(HOSTILE_VICTIM, HOSTILE_VICTIM, endpoint, key, (char *)NULL);
        _exit(3);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    server_close(&server);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_dialler_survives_and_calls_again),
        cmocka_unit_test(test_the_pause_grows),
        cmocka_unit_test(test_an_endless_message_of_a_server_is_cut),
        cmocka_unit_test(test_canary_libsodium_refuses_the_key_and_libzmq_dies_of_it),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
