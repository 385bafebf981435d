/* The line that is joined by: what people do to it, and the three messages that go over its connection. */
#include "member.h"
#include "protocol/trust/line.h"
#include "protocol/trust/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct node {
    struct node_keys keys;
    struct sign_secret sign;
    struct agency_id agency;
    uint8_t card[CARD_BYTES_MAX];
    size_t card_len;
};

static void make_node(struct node *n)
{
    n->card_len = member_make(&n->keys, &n->sign, n->card, &n->agency);
}

static struct line line_to(const struct node *n, const char *endpoint)
{
    struct line line = {.node = n->keys.curve, .expires_minutes = 30000000};
    line_node_hash(line.is, &n->agency, &n->keys.sign);
    for (size_t i = 0; i < LINE_TOKEN_BYTES; i++)
        line.token[i] = (uint8_t)(7 * i + 1);
    snprintf(line.endpoint, sizeof(line.endpoint), "%s", endpoint);
    return line;
}

static const struct {
    const char *says, *endpoint;
    bool fits;
} places[] = {
    {"takes an address", "tcp://192.0.2.7:7117", true},
    {"takes an IPv6 address", "tcp://[2001:db8::17]:7117", true},
    {"takes a name", "tcp://muster.yibin-fire.example:65535", true},
    {"takes the longest name that the screen holds", "tcp://a123456789.b123456789.c123456789.d123456789.e123456789.f123456789.a:17", true},
    {"refuses a longer one", "tcp://a123456789.b123456789.c123456789.d123456789.e123456789.f123456789.ab:17", false},
    {"refuses what a short code has no letter for", "tcp://fire_1.example:7117", false},
    {"refuses another scheme", "ipc://x:1", false},
};

static void test_line_write_and_read(void **state)
{
    (void)state;
    struct node *n = calloc(1, sizeof(*n));
    char text[LINE_TEXT_MAX + 1];
    assert_non_null(n);
    make_node(n);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct line line = line_to(n, places[i].endpoint), got;
        print_message("line_write %s\n", places[i].says);
        size_t len = line_write(text, &line);
        assert_int_equal(len > 0, places[i].fits);
        if (!len)
            continue;
        assert_true(len <= LINE_TEXT_MAX && strlen(text) == len);
        assert_int_equal(strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), len); /* a QR code's short form */
        assert_int_equal(line_read(&got, text, len), MUSTER_OK);
        assert_memory_equal(&got.node, &line.node, 32);
        assert_memory_equal(got.is, line.is, LINE_NODE_BYTES);
        assert_memory_equal(got.token, line.token, LINE_TOKEN_BYTES);
        assert_int_equal(got.expires_minutes, line.expires_minutes);
        assert_string_equal(got.endpoint, line.endpoint);
    }
    free(n);
}

/* What people and programs do to a line on its way. */
static void test_line_read_survives_and_refuses(void **state)
{
    (void)state;
    struct node *n = calloc(1, sizeof(*n));
    char text[LINE_TEXT_MAX + 1], changed[2 * LINE_TEXT_MAX + 4];
    struct line got;
    assert_non_null(n);
    make_node(n);
    struct line line = line_to(n, "tcp://[2001:db8::17]:7117");
    size_t len = line_write(text, &line), out = 0;
    for (size_t i = 0; i < len; i++) { /* lower case, wrapped, spaced, O for 0, I for 1 */
        char c = text[i];
        bool coded = i >= LINE_PREFIX_CHARS && i < LINE_PREFIX_CHARS + LINE_BASE32_CHARS;
        changed[out++] = coded && c == '0' ? 'o' : coded && c == '1' ? 'I' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        if (i % 40 == 39)
            changed[out++] = '\n';
    }
    assert_int_equal(line_read(&got, changed, out), MUSTER_OK);
    assert_string_equal(got.endpoint, line.endpoint);
    for (size_t i = LINE_PREFIX_CHARS; i < len; i++) { /* every single slip */
        memcpy(changed, text, len);
        changed[i] = text[i] == '7' ? '8' : text[i] == '/' ? 'Q' : '7';
        assert_int_not_equal(line_read(&got, changed, len), MUSTER_OK);
    }
    for (size_t i = 0; i < len; i++)
        assert_int_not_equal(line_read(&got, text, i), MUSTER_OK);
    static const struct {
        const char *says, *text;
        enum muster_error want;
    } rows[] = {
        {"what is no line", "-----BEGIN MUSTER CARD-----", MUSTER_ENOTFOUND},
        {"nothing", "", MUSTER_ENOTFOUND},
        {"a later version", "MUSTER2:00/x", MUSTER_EVERSION},
        {"a beginning", "MUSTER1:", MUSTER_ETRUNCATED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("line_read refuses %s\n", rows[i].says);
        assert_int_equal(line_read(&got, rows[i].text, strlen(rows[i].text)), rows[i].want);
    }
    memset(changed, 'A', sizeof(changed));
    memcpy(changed, text, len);
    assert_int_equal(line_read(&got, changed, sizeof(changed)), MUSTER_ETOOBIG);
    free(n);
}

static void test_keys_come_from_the_token_alone(void **state)
{
    (void)state;
    struct curve_public a, b;
    struct curve_secret secret;
    uint8_t token[LINE_TOKEN_BYTES] = {1};
    line_keys(&a, &secret, token);
    line_keys(&b, &secret, token);
    assert_memory_equal(&a, &b, sizeof(a));
    token[15] = 1;
    line_keys(&b, &secret, token);
    assert_memory_not_equal(&a, &b, sizeof(a));
}

static void test_a_knock_is_bound_to_its_line(void **state)
{
    (void)state;
    struct node *n = calloc(1, sizeof(*n));
    uint8_t *bytes = malloc(KNOCK_BYTES_MAX);
    struct card *card = malloc(sizeof(*card));
    struct curve_public called = {{1}}, line = {{2}}, other = {{3}};
    struct bytes got;
    assert_true(n && bytes && card);
    make_node(n);
    size_t len = knock_write(bytes, &called, &line, (struct bytes){n->card, n->card_len}, &n->sign);
    assert_int_equal(knock_read(card, &got, &called, &line, bytes, len), MUSTER_OK);
    assert_int_equal(got.len, n->card_len);
    assert_memory_equal(card->agency.b, n->agency.b, HASH_BYTES);
    assert_int_equal(knock_read(card, &got, &called, &other, bytes, len), MUSTER_ESIGNATURE);
    assert_int_equal(knock_read(card, &got, &other, &line, bytes, len), MUSTER_ESIGNATURE);
    assert_int_equal(knock_read(card, &got, &called, &line, bytes, len - 1), MUSTER_ETRUNCATED);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 4;
        assert_int_not_equal(knock_read(card, &got, &called, &line, bytes, len), MUSTER_OK);
        bytes[i] ^= 4;
    }
    free(card);
    free(bytes);
    free(n);
}

static void test_an_answer_is_of_the_line_s_node(void **state)
{
    (void)state;
    struct node *n = calloc(1, sizeof(*n)), *stranger = calloc(1, sizeof(*stranger));
    uint8_t *bytes = malloc(KNOCK_ANSWER_MAX);
    struct card *card = malloc(sizeof(*card));
    struct knock_answer got, answer = {.state = KNOCK_ACCEPTED, .invite = {(const uint8_t *)"sealed", 6}};
    assert_true(n && stranger && bytes && card);
    make_node(n);
    make_node(stranger);
    struct line line = line_to(n, "tcp://192.0.2.7:7117");
    answer.card = (struct bytes){n->card, n->card_len};
    size_t len = knock_answer_write(bytes, &answer);
    assert_int_equal(knock_answer_read(&got, card, &line, bytes, len), MUSTER_OK);
    assert_int_equal(got.state, KNOCK_ACCEPTED);
    assert_memory_equal(got.invite.at, "sealed", 6);
    assert_int_equal(knock_answer_read(&got, card, &line, bytes, len - 1), MUSTER_ETRUNCATED);
    bytes[8] = KNOCK_REFUSED; /* only who is accepted gets an invite */
    assert_int_equal(knock_answer_read(&got, card, &line, bytes, len), MUSTER_EBADVALUE);
    answer = (struct knock_answer){.state = KNOCK_REFUSED, .error = MUSTER_EEXPIRED, .card = {stranger->card, stranger->card_len}};
    len = knock_answer_write(bytes, &answer);
    assert_int_equal(knock_answer_read(&got, card, &line, bytes, len), MUSTER_EWRONGPEER);
    struct line mixed = line_to(stranger, "tcp://192.0.2.7:7117");
    mixed.node = n->keys.curve; /* the right identity behind another transport key */
    assert_int_equal(knock_answer_read(&got, card, &mixed, bytes, len), MUSTER_EWRONGPEER);
    free(card);
    free(bytes);
    free(stranger);
    free(n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_write_and_read),
        cmocka_unit_test(test_line_read_survives_and_refuses),
        cmocka_unit_test(test_keys_come_from_the_token_alone),
        cmocka_unit_test(test_a_knock_is_bound_to_its_line),
        cmocka_unit_test(test_an_answer_is_of_the_line_s_node),
    };
    return crypto_start() == MUSTER_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
