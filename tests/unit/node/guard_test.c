/* guard_test.c — addresses, and what the guard tells; its cutting is in tests/hostile. */
#include "node/guard.h"
#include "node/link.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A connected pair on loopback; the listener stays open for its port. */
static void connected(int family, int out[3])
{
    struct sockaddr_storage at = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (family == AF_INET)
        ((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_loopback;
    out[2] = socket(family, SOCK_STREAM, 0);
    out[0] = socket(family, SOCK_STREAM, 0);
    assert_int_equal(bind(out[2], (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(out[2], 1), 0);
    assert_int_equal(getsockname(out[2], (struct sockaddr *)&at, &len), 0);
    assert_int_equal(connect(out[0], (struct sockaddr *)&at, len), 0);
    out[1] = accept(out[2], NULL, NULL);
    assert_true(out[1] >= 0);
}

static void test_a_descriptor_is_cut_only_while_it_is_that_peers(void **state)
{
    (void)state;
    int pair[3];
    char text[PEER_ADDRESS_TEXT], byte;
    struct peer_address peer, other;
    connected(AF_INET, pair);
    assert_true(peer_address_of(&peer, pair[1]));
    assert_false(peer.v6);
    assert_true(peer_address_loopback(&peer));
    assert_int_equal(strncmp(peer_address_text(text, &peer), "127.0.0.1:", 10), 0);
    other = peer;
    other.port++;
    assert_false(peer_cut(pair[1], &other));
    assert_false(peer_reset(pair[1], &other));
    assert_int_equal(send(pair[0], "x", 1, 0), 1);
    assert_int_equal(recv(pair[1], &byte, 1, 0), 1);
    assert_true(peer_cut(pair[1], &peer));
    assert_int_equal(recv(pair[0], &byte, 1, 0), 0);
    for (int i = 0; i < 3; i++)
        close(pair[i]);
    assert_false(peer_address_of(&peer, -1));
    assert_false(peer_address_of(&peer, STDIN_FILENO));
    assert_false(peer_cut(pair[1], &other));
}

static void test_addresses_have_their_text(void **state)
{
    static const struct {
        const char *says;
        struct peer_address address;
        const char *text;
        bool loopback;
    } cases[] = {
        {"IPv4", {.port = 4000, .b = {192, 0, 2, 1}}, "192.0.2.1:4000", false},
        {"IPv4 of this machine", {.port = 1, .b = {127, 3, 2, 1}}, "127.3.2.1:1", true},
        {"IPv6", {.v6 = true, .port = 4000, .b = {0x20, 1, 0x0d, 0xb8, [15] = 7}}, "[2001:db8::7]:4000", false},
        {"IPv6 of this machine", {.v6 = true, .port = 65535, .b = {[15] = 1}}, "[::1]:65535", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[PEER_ADDRESS_TEXT];
        print_message("an address of %s\n", cases[i].says);
        assert_string_equal(peer_address_text(text, &cases[i].address), cases[i].text);
        assert_int_equal(peer_address_loopback(&cases[i].address), cases[i].loopback);
        for (size_t n = 0; n < ARRAY_LEN(cases); n++)
            assert_int_equal(peer_address_same(&cases[i].address, &cases[n].address), i == n);
    }
}

static void test_every_reason_has_its_words(void **state)
{
    (void)state;
    for (int i = 1; i < GUARD_CUT_COUNT; i++)
        assert_true(strlen(guard_cut_text((enum guard_cut)i)) > 0);
    for (int i = 0; i < LINK_REASON_COUNT; i++) {
        assert_true(strlen(link_reason_name((enum link_reason)i)) > 0);
        assert_true(strlen(link_reason_text((enum link_reason)i)) > 0);
    }
    assert_string_equal(guard_cut_text(GUARD_CUT_COUNT), "unknown");
    assert_string_equal(link_reason_text(LINK_REASON_COUNT), "unknown");
}

/* It starts and stops with nothing to guard, and what was delivered before anything was heard of a
 * connection harms nobody. */
static void test_the_guard_starts_and_stops(void **state)
{
    (void)state;
    struct guard *guard = NULL;
    struct guard_event event;
    struct guard_counters counters;
    const struct guard_limits limits = {.connections = 8, .per_address = 2, .per_loopback = 2, .silent_ms = 1000};
    assert_int_equal(guard_start(&guard, &limits), MUSTER_OK);
    for (int i = 0; i < GUARD_EARLY_MAX * 2 + 1; i++)
        guard_delivered(guard, i, &(struct peer_address){.port = (uint16_t)i}, 100);
    guard_drained(guard, GUARD_LISTENER);
    guard_drained(guard, 7);
    assert_false(guard_take(guard, &event));
    guard_count(guard, &counters);
    assert_int_equal(counters.connections, 0);
    guard_stop(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_descriptor_is_cut_only_while_it_is_that_peers),
        cmocka_unit_test(test_addresses_have_their_text),
        cmocka_unit_test(test_every_reason_has_its_words),
        cmocka_unit_test(test_the_guard_starts_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
