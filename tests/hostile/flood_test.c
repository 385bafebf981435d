/* flood_test.c — too many connections, from one address and in all, and the descriptors that they cost. */
#include "hostile/party.h"
#include "hostile/zmtp.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAP = 8, FLOOD = 40, WAVE = 1500, FEW_DESCRIPTORS = 256, MANY_CONNECTIONS = 400 };

static void still_serves(struct party *a)
{
    struct party b = {0};
    party_open(&b, a->loop);
    pair_up(a, &b);
    party_stop(&b);
}

/* Opens `number` connections and keeps what is left of them until the number that was cut is known. */
static void flood_attack(struct attack *attack)
{
    int fds[FLOOD];
    size_t cut = 0;
    uint8_t greeting[64];
    for (int i = 0; i < FLOOD; i++)
        fds[i] = tcp_connect(attack->endpoint);
    /* A connection that stays sends its greeting's first 10 bytes; one that is cut may have, too, but
     * its end follows.  So: read to the end with what has arrived by the time all were judged. */
    for (int i = FLOOD - 1; i >= attack->number; i--)
        cut += tcp_closed(fds[i]);
    attack->sent = cut;
    attack->result = tcp_get(fds[0], greeting, 10);
    for (int i = 0; i < FLOOD; i++)
        close(fds[i]);
}

static bool no_strangers(void *arg)
{
    struct link_counters counters;
    link_count(((struct party *)arg)->link, &counters);
    return counters.strangers == 0;
}

static void test_caps_hold(void **state)
{
    static const struct {
        const char *says;
        unsigned connections, per_address, per_loopback;
        const char *journal;
    } cases[] = {
        {"the cap of this machine's connections holds", 100, 1, CAP, "too many connections from one address"},
        {"the cap of all connections holds", CAP, 100, 100, "too many connections\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct party a = {0};
        struct link_counters counters;
        struct link_config config;
        zloop_t *loop = party_loop();
        print_message("%s\n", cases[i].says);
        party_keys(&a);
        party_config(&a, &config);
        config.connections = cases[i].connections;
        config.per_address = cases[i].per_address;
        config.per_loopback = cases[i].per_loopback;
        config.handshake_ms = config.silent_ms = 30000; /* only a cap can have cut */
        party_start(&a, loop, &config);
        struct attack attack = {.run = flood_attack, .endpoint = party_endpoint(&a), .number = CAP};
        attack_run(loop, &attack);
        assert_true(attack.result);
        assert_int_equal(attack.sent, FLOOD - CAP);
        RUN_UNTIL(loop, no_strangers, &a);
        link_count(a.link, &counters);
        assert_int_equal(counters.refused_caps, FLOOD - CAP);
        assert_true(party_journal_has(&a, cases[i].journal));
        assert_true(counters.journal_left_out > 0); /* the journal is not flooded with it */
        still_serves(&a);
        party_stop(&a);
        zloop_destroy(&loop);
    }
}

static void wave_attack(struct attack *attack)
{
    for (int i = 0; i < WAVE; i++) {
        int fd = tcp_connect(attack->endpoint);
        if (fd >= 0)
            close(fd);
    }
    attack->result = true;
}

/* The loop stands still meanwhile: nobody but the guard reads the monitor, and libzmq's I/O thread, which
 * writes into it, must not wait for anybody. */
static void test_a_wave_of_connections_does_not_stop_the_io_thread(void **state)
{
    (void)state;
    struct party a = {0};
    zloop_t *loop = party_loop();
    party_open(&a, loop);
    struct attack attack = {.run = wave_attack, .endpoint = party_endpoint(&a)};
    attack_start(&attack);
    attack_join(&attack);
    assert_true(attack.result);
    still_serves(&a);
    RUN_UNTIL(loop, no_strangers, &a);
    party_stop(&a);
    zloop_destroy(&loop);
}

/* The attacker is a process of its own, so that it has descriptors enough. */
static void crowd(int from, int to)
{
    char endpoint[64] = "";
    int fds[MANY_CONNECTIONS];
    if (read(from, endpoint, sizeof endpoint) <= 0)
        _exit(1);
    for (int i = 0; i < MANY_CONNECTIONS; i++)
        fds[i] = tcp_connect(endpoint);
    if (write(to, "c", 1) != 1 || read(from, endpoint, 1) < 0) /* until the parent has looked */
        _exit(1);
    for (int i = 0; i < MANY_CONNECTIONS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    _exit(0);
}

static bool readable(void *arg)
{
    zmq_pollitem_t item = {.fd = *(int *)arg, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, 0) == 1;
}

static void test_few_descriptors_are_not_used_up(void **state)
{
    (void)state;
    struct rlimit before, few;
    int there[2], back[2], status = 1;
    struct party a = {0};
    assert_int_equal(pipe(there) | pipe(back), 0);
    pid_t child = fork();
    if (child == 0) {
        close(there[1]); /* so that it ends with the test, whatever happens */
        close(back[0]);
        crowd(there[0], back[1]);
    }
    assert_true(child > 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = FEW_DESCRIPTORS;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);

    zloop_t *loop = party_loop();
    struct link_config config;
    struct link_counters counters;
    party_keys(&a);
    party_config(&a, &config);
    config.per_loopback = 1000; /* so that only the descriptors bound it */
    party_start(&a, loop, &config);
    assert_true(party_journal_has(&a, "connections-lowered"));
    assert_true(write(there[1], party_endpoint(&a), strlen(party_endpoint(&a))) > 0);
    RUN_UNTIL(loop, readable, &back[0]);
    run_turns(loop, 20);
    link_count(a.link, &counters);
    if (counters.accept_failed > 0) /* for a moment, when the guard is slower than the crowd */
        print_message("  %u accepts found no descriptor\n", (unsigned)counters.accept_failed);
    assert_true(counters.refused_caps >= MANY_CONNECTIONS - FEW_DESCRIPTORS / 2);
    int spare = dup(0); /* there still are some */
    assert_true(spare >= 0);
    close(spare);
    assert_int_equal(write(there[1], "e", 1), 1);
    RUN_UNTIL(loop, no_strangers, &a);
    still_serves(&a);
    party_stop(&a);
    zloop_destroy(&loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps_hold),
        cmocka_unit_test(test_a_wave_of_connections_does_not_stop_the_io_thread),
        cmocka_unit_test(test_few_descriptors_are_not_used_up),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
