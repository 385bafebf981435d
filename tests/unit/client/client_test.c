/* mirrors client/client.c, url.c and fault.c: against a node that answers well, badly and not at all. */
#include "client/client.h"
#include "unit/client/fake_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ERROR_BODY                                                                                           \
    "{\"error\":{\"code\":\"EPAIRCODE\",\"exit\":4,\"message\":\"no\",\"why\":\"w\",\"do\":[\"a\",\"b\"],"   \
    "\"object\":\"x\"}}"
#define NEWER_BODY "{\"error\":{\"code\":\"ENEWER\",\"exit\":8,\"message\":\"of tomorrow\"}}"

static const struct {
    const char *says;
    struct fake_route route;
    enum muster_error want;
    const char *code; /* in the fault */
    int exit;
} cases[] = {
    {"takes an answer",                       {"GET /x", 200, "{\"a\":1}", FAKE_ANSWER, 0}, MUSTER_OK,        NULL,           0},
    {"takes an answer in chunks",             {"GET /x", 200, "{\"a\":1}", FAKE_CHUNKS, 0}, MUSTER_OK,        NULL,           0},
    {"gives the node's own words",
     {"GET /x", 403, ERROR_BODY, FAKE_ANSWER, 0},
     MUSTER_EPAIRCODE,                                                                                        "EPAIRCODE",
     4                                                                                                                         },
    {"keeps a code of a newer node",
     {"GET /x", 409, NEWER_BODY, FAKE_ANSWER, 0},
     MUSTER_EINTERNAL,                                                                                        "ENEWER",
     8                                                                                                                         },
    {"refuses an error without a reason",
     {"GET /x", 500, "oops", FAKE_ANSWER, 0},
     MUSTER_EINTERNAL,                                                                                        "EINTERNAL",
     1                                                                                                                         },
    {"refuses what is no JSON",               {"GET /x", 200, "{\"a\":", FAKE_ANSWER, 0},   MUSTER_EINTERNAL, "EINTERNAL",    1},
    {"refuses duplicate keys",
     {"GET /x", 200, "{\"a\":1,\"a\":2}", FAKE_ANSWER, 0},
     MUSTER_EINTERNAL,                                                                                        "EINTERNAL",
     1                                                                                                                         },
    {"refuses JSON that is no object",
     {"GET /x", 200, "[1]", FAKE_ANSWER, 0},
     MUSTER_EINTERNAL,                                                                                        "EINTERNAL",
     1                                                                                                                         },
    {"refuses a redirection",                 {"GET /x", 302, "{}", FAKE_ANSWER, 0},        MUSTER_EINTERNAL, "EINTERNAL",    1},
    {"refuses another protocol",
     {"GET /x", 0, "220 smtp ready\r\n\r\n", FAKE_RAW, 0},
     MUSTER_EINTERNAL,                                                                                        "EINTERNAL",
     1                                                                                                                         },
    {"says when the answer is cut",
     {"GET /x", 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a\"", FAKE_RAW, 0},
     MUSTER_EUNREACHABLE,                                                                                     "EUNREACHABLE",
     6                                                                                                                         },
    {"says when the node hangs up at once",
     {"GET /x", 0, "", FAKE_RAW, 0},
     MUSTER_EUNREACHABLE,                                                                                     "EUNREACHABLE",
     6                                                                                                                         },
    {"refuses a huge answer before it comes",
     {"GET /x", 0, "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", FAKE_RAW, 0},
     MUSTER_ETOOBIG,                                                                                          "ETOOBIG",
     1                                                                                                                         },
    {"gives up on a node that is silent",     {"GET /x", 0, "", FAKE_HOLD, 0},              MUSTER_ETIMEOUT,  "ETIMEOUT",     7},
};

static void test_client_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct fake_route routes[] = {
            cases[i].route, {NULL, 0, NULL, FAKE_ANSWER, 0}
        };
        struct fake_node *node = fake_node_start(routes);
        struct client client = {fake_node_socket(node), cases[i].route.way == FAKE_HOLD ? 50 : 20000, NULL};
        struct fault fault = {.exit = 0};
        struct url url;
        json_t *answer = NULL;
        print_message("client_call %s\n", cases[i].says);
        url_start(&url, "/x");
        assert_int_equal(client_call(&client, "GET", &url, NULL, &answer, &fault), cases[i].want);
        if (cases[i].want == MUSTER_OK) {
            assert_int_equal(json_integer_value(json_object_get(answer, "a")), 1);
        } else {
            assert_null(answer);
            assert_string_equal(fault.code, cases[i].code);
            assert_int_equal(fault.exit, cases[i].exit);
            assert_true(fault.message[0] != '\0');
        }
        json_decref(answer);
        fake_node_stop(node);
    }
}

static void test_client_post_in_two(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fake_route routes[] = {
            cases[i].route, {NULL, 0, NULL, FAKE_ANSWER, 0}
        };
        routes[0].request = "POST /x";
        struct fake_node *node = fake_node_start(routes);
        struct client client = {fake_node_socket(node), cases[i].route.way == FAKE_HOLD ? 50 : 20000, NULL};
        struct client_post post;
        struct fault fault = {.exit = 0};
        struct url url;
        json_t *answer = NULL;
        print_message("client_post %s\n", cases[i].says);
        url_start(&url, "/x");
        assert_int_equal(client_post_begin(&client, &url, "{\"b\":2}", 7, &post, &fault), MUSTER_OK);
        assert_true(post.fd >= 0);
        assert_int_equal(client_post_finish(&client, &post, &answer, &fault), cases[i].want);
        assert_int_equal(post.fd, -1);
        if (cases[i].want == MUSTER_OK) {
            assert_int_equal(json_integer_value(json_object_get(answer, "a")), 1);
            assert_int_equal(json_integer_value(json_object_get(fake_node_body(node, 0), "b")), 2);
        } else {
            assert_null(answer);
            assert_string_equal(fault.code, cases[i].code);
        }
        json_decref(answer);
        client_post_drop(&post); /* it is closed already */
        fake_node_stop(node);
    }
}

static void test_client_says_why_nothing_answers(void **state)
{
    struct client client = {"/nonexistent/muster.sock", 1000, NULL};
    struct fault fault;
    struct url url;
    json_t *answer;
    char longer[200];
    (void)state;
    url_start(&url, "/x");
    assert_int_equal(client_call(&client, "GET", &url, NULL, &answer, &fault), MUSTER_EUNREACHABLE);
    assert_int_equal(fault.exit, 6);
    assert_non_null(strstr(fault.message, "/nonexistent/muster.sock"));
    assert_string_equal(fault.steps[0], "systemctl start musterd");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    client.socket = longer;
    assert_int_equal(client_call(&client, "GET", &url, NULL, &answer, &fault), MUSTER_EUSAGE);
}

static void test_client_refuses_what_is_too_long_to_ask(void **state)
{
    struct client client = {"/nonexistent/muster.sock", 1000, NULL};
    struct fault fault;
    struct url url;
    json_t *answer;
    char value[URL_BYTES_MAX];
    (void)state;
    memset(value, ' ', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    url_start(&url, "/x");
    url_query(&url, "q", value);
    assert_int_equal(client_call(&client, "GET", &url, NULL, &answer, &fault), MUSTER_EUSAGE);
    char *text = calloc(1, CLIENT_REQUEST_MAX + 1);
    memset(text, 'a', CLIENT_REQUEST_MAX);
    json_t *body = json_pack("{s:s}", "card", text);
    url_start(&url, "/x");
    assert_int_equal(client_call(&client, "POST", &url, body, &answer, &fault), MUSTER_ETOOBIG);
    json_decref(body);
    struct client_post post;
    assert_int_equal(client_post_begin(&client, &url, text, CLIENT_REQUEST_MAX + 1, &post, &fault), MUSTER_ETOOBIG);
    assert_int_equal(post.fd, -1);
    assert_int_equal(client_post_begin(&client, &url, text, 1, &post, &fault), MUSTER_EUNREACHABLE);
    assert_int_equal(post.fd, -1);
    free(text);
}

static void test_client_sends_what_it_was_given(void **state)
{
    const struct fake_route routes[] = {
        {"POST /v1/spaces/a%2Fb%20%E6%B4%AA", 200, "{}", FAKE_ANSWER, 0},
        {NULL,                                0,   NULL, FAKE_ANSWER, 0}
    };
    struct fake_node *node = fake_node_start(routes);
    struct client client = {fake_node_socket(node), 20000, NULL};
    struct fault fault;
    struct url url;
    json_t *answer, *body = json_pack("{s:s}", "name", "洪水");
    (void)state;
    url_start(&url, "/v1/spaces");
    url_segment(&url, "a/b 洪");
    url_query(&url, "q", "x&y=z");
    url_query(&url, "left-out", NULL);
    assert_int_equal(client_call(&client, "POST", &url, body, &answer, &fault), MUSTER_OK);
    assert_string_equal(fake_node_asked(node, 0), "POST /v1/spaces/a%2Fb%20%E6%B4%AA?q=x%26y%3Dz");
    assert_true(json_equal(fake_node_body(node, 0), body));
    json_decref(answer);
    json_decref(body);
    fake_node_stop(node);
}

static void test_client_get_bytes(void **state)
{
    static const char raw[] =
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n\x89P\0G";
    const struct fake_route routes[] = {
        {"GET /e", 0, raw,  FAKE_RAW,    sizeof raw - 1},
        {NULL,     0, NULL, FAKE_ANSWER, 0             }
    };
    struct fake_node *node = fake_node_start(routes);
    struct client client = {fake_node_socket(node), 20000, NULL};
    struct client_bytes bytes;
    struct fault fault;
    struct url url;
    (void)state;
    url_start(&url, "/e");
    assert_int_equal(client_get_bytes(&client, &url, &bytes, &fault), MUSTER_OK);
    assert_string_equal(bytes.media_type, "image/png");
    assert_int_equal(bytes.len, 4);
    assert_memory_equal(bytes.at, "\x89P\0G", 4);
    free(bytes.at);
    url_start(&url, "/missing");
    assert_int_equal(client_get_bytes(&client, &url, &bytes, &fault), MUSTER_ENOTFOUND);
    assert_int_equal(fault.exit, 3);
    fake_node_stop(node);
}

static void test_fault_cuts_at_whole_characters(void **state)
{
    struct fault fault;
    char text[2 * FAULT_TEXT_BYTES] = "x";
    (void)state;
    for (size_t at = 1; at + 4 < sizeof text; at += 3)
        memcpy(text + at, "洪", 4);
    fault_set(&fault, MUSTER_EUSAGE, "%s", text);
    json_t *json = json_string(fault.message); /* NULL for a torn character */
    assert_non_null(json);
    assert_true(strlen(fault.message) > FAULT_TEXT_BYTES - 5);
    json_decref(json);
    for (int i = 0; i < FAULT_STEPS_MAX + 3; i++)
        fault_step(&fault, "step %d", i);
    assert_int_equal(fault.steps_count, FAULT_STEPS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_call),
        cmocka_unit_test(test_client_post_in_two),
        cmocka_unit_test(test_client_says_why_nothing_answers),
        cmocka_unit_test(test_client_refuses_what_is_too_long_to_ask),
        cmocka_unit_test(test_client_sends_what_it_was_given),
        cmocka_unit_test(test_client_get_bytes),
        cmocka_unit_test(test_fault_cuts_at_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
