/* zap_test.c — the handler's answers, asked as libzmq asks, and as it never does. */
#include "node/zap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ASKED_MAX = 8, LONG = 300 };

static char long_frame[LONG + 1];

#define KNOWN "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define OTHER "oooooooooooooooooooooooooooooooo"
#define KNOWN_HEX "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"

static const struct {
    const char *says;
    const char *asked[ASKED_MAX]; /* up to the first NULL */
    const char *status, *user_id;
} cases[] = {
    {"admits a known key", {"1.0", "1", "muster", "192.0.2.1", "", "CURVE", KNOWN}, "200", KNOWN_HEX},
    {"refuses another key", {"1.0", "1", "muster", "192.0.2.1", "", "CURVE", OTHER}, "400", ""},
    {"does not mind an identity", {"1.0", "1", "muster", "192.0.2.1", "name", "CURVE", KNOWN}, "200", KNOWN_HEX},
    {"fails another version", {"2.0", "1", "muster", "192.0.2.1", "", "CURVE", KNOWN}, "500", ""},
    {"fails another domain", {"1.0", "1", "global", "192.0.2.1", "", "CURVE", KNOWN}, "500", ""},
    {"fails an empty domain", {"1.0", "1", "", "192.0.2.1", "", "CURVE", KNOWN}, "500", ""},
    {"fails the mechanism NULL", {"1.0", "1", "muster", "192.0.2.1", "", "NULL", KNOWN}, "500", ""},
    {"fails the mechanism PLAIN", {"1.0", "1", "muster", "192.0.2.1", "", "PLAIN", "user", "password"}, "500", ""},
    {"fails a short key", {"1.0", "1", "muster", "192.0.2.1", "", "CURVE", "kkk"}, "500", ""},
    {"fails a missing key", {"1.0", "1", "muster", "192.0.2.1", "", "CURVE"}, "500", ""},
    {"fails a frame too many", {"1.0", "1", "muster", "192.0.2.1", "", "CURVE", KNOWN, "x"}, "500", ""},
    {"fails a long address", {"1.0", "1", "muster", long_frame, "", "CURVE", KNOWN}, "500", ""},
    {"fails a long mechanism", {"1.0", "1", "muster", "192.0.2.1", "", long_frame, KNOWN}, "500", ""},
    {"fails a long request id", {"1.0", long_frame, "muster", "192.0.2.1", "", "CURVE", KNOWN}, "500", ""},
    {"fails one frame", {"1.0"}, "500", ""},
};

static bool known(void *user, const struct curve_public *key, const char *address)
{
    size_t *asked = user;
    ++*asked;
    assert_string_equal(address, "192.0.2.1");
    return memcmp(key->b, KNOWN, sizeof key->b) == 0;
}

static void expect_frame(void *socket, const char *want)
{
    char got[LONG + 1];
    int len = zmq_recv(socket, got, sizeof got - 1, 0);
    assert_true(len >= 0 && (size_t)len < sizeof got);
    got[len] = '\0';
    assert_string_equal(got, want);
}

static void *asker(void *context)
{
    const int none = 0, patience = 10000;
    void *socket = zmq_socket(context, ZMQ_REQ);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(zmq_connect(socket, "inproc://zeromq.zap.01"), 0);
    return socket;
}

static void test_the_handler_answers_every_request(void **state)
{
    (void)state;
    struct zap zap;
    size_t decided = 0, failed = 0;
    void *context = zmq_ctx_new();
    memset(long_frame, 'x', LONG);
    assert_int_equal(zap_start(&zap, context, NULL, known, &decided), MUSTER_OK);
    void *socket = asker(context);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t frames = 0;
        print_message("the handler %s\n", cases[i].says);
        while (frames < ASKED_MAX && cases[i].asked[frames])
            frames++;
        for (size_t n = 0; n < frames; n++)
            assert_true(zmq_send(socket, cases[i].asked[n], strlen(cases[i].asked[n]),
                                 n + 1 < frames ? ZMQ_SNDMORE : 0) >= 0);
        zap_answer(&zap);
        expect_frame(socket, "1.0");
        expect_frame(socket, frames > 1 && strlen(cases[i].asked[1]) < LONG ? cases[i].asked[1] : "");
        expect_frame(socket, cases[i].status);
        char text[LONG];
        assert_true(zmq_recv(socket, text, sizeof text, 0) > 0);
        expect_frame(socket, cases[i].user_id);
        expect_frame(socket, "");
        failed += cases[i].status[0] == '5';
    }
    assert_int_equal(zap.malformed, failed);
    assert_int_equal(decided, ARRAY_LEN(cases) - failed); /* nobody is asked about nonsense */
    zmq_close(socket);
    zap_stop(&zap);
    zmq_ctx_term(context);
}

static void test_there_is_one_handler_in_a_context(void **state)
{
    (void)state;
    struct zap first, second;
    size_t decided = 0;
    void *context = zmq_ctx_new();
    assert_int_equal(zap_start(&first, context, NULL, known, &decided), MUSTER_OK);
    assert_int_equal(zap_start(&second, context, NULL, known, &decided), MUSTER_EDUPLICATE);
    zap_stop(&second);
    zap_stop(&first);
    zap_stop(&first); /* twice is once */
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_handler_answers_every_request),
        cmocka_unit_test(test_there_is_one_handler_in_a_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
