/* mirrors client/http.c: answers whole, in pieces of any size, and broken ones. */
#include "client/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *says, *bytes;
    enum muster_error want; /* of feeding all of it, then closing */
    const char *body;
} cases[] = {
    {"reads a body with a length",                 HEAD "Content-Length: 5\r\n\r\nhello",                                            MUSTER_OK,         "hello"},
    {"reads an empty body",                        HEAD "Content-Length: 0\r\n\r\n",                                                 MUSTER_OK,         ""     },
    {"reads a body that ends with the connection", HEAD "\r\nhello",                                                                 MUSTER_OK,         "hello"},
    {"reads chunks",                               HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;note=x\r\nlo\r\n0\r\n\r\n",
     MUSTER_OK,                                                                                                                                         "hello"},
    {"reads a trailer",                            HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\n\r\n",                  MUSTER_OK,         ""     },
    {"skips 100 Continue",                         "HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 1\r\n\r\nx",                MUSTER_OK,         "x"    },
    {"accepts bare line feeds",                    "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",                                        MUSTER_OK,         "x"    },
    {"refuses a missing last byte",                HEAD "Content-Length: 6\r\n\r\nhello",                                            MUSTER_ETRUNCATED, NULL   },
    {"refuses a head without end",                 HEAD "Content-Length: 5\r\n",                                                     MUSTER_ETRUNCATED, NULL   },
    {"refuses chunks without an end",              HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
     MUSTER_ETRUNCATED,                                                                                                                                 NULL   },
    {"refuses bytes behind the end",               HEAD "Content-Length: 4\r\n\r\nhello",                                            MUSTER_ETRAILING,  NULL   },
    {"refuses two lengths",                        HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",                       MUSTER_EBADVALUE,
     NULL                                                                                                                                                      },
    {"refuses a length beside chunks",             HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
     MUSTER_EBADVALUE,                                                                                                                                  NULL   },
    {"refuses a negative length",                  HEAD "Content-Length: -1\r\n\r\n",                                                MUSTER_EBADVALUE,  NULL   },
    {"refuses a length with a sign",               HEAD "Content-Length: +5\r\n\r\nhello",                                           MUSTER_EBADVALUE,  NULL   },
    {"refuses a length of 20 digits",              HEAD "Content-Length: 99999999999999999999\r\n\r\n",                              MUSTER_ETOOBIG,
     NULL                                                                                                                                                      },
    {"refuses a length beyond its bound",          HEAD "Content-Length: 67108865\r\n\r\n",                                          MUSTER_ETOOBIG,    NULL   },
    {"refuses a chunk beyond its bound",           HEAD "Transfer-Encoding: chunked\r\n\r\n4000001\r\n",                             MUSTER_ETOOBIG,
     NULL                                                                                                                                                      },
    {"refuses a chunk size that is no number",     HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
     MUSTER_EBADVALUE,                                                                                                                                  NULL   },
    {"refuses a chunk without its line end",       HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
     MUSTER_EBADVALUE,                                                                                                                                  NULL   },
    {"refuses an unknown transfer encoding",       HEAD "Transfer-Encoding: gzip\r\n\r\n",                                           MUSTER_EBADVALUE,  NULL   },
    {"refuses a folded header",                    HEAD "X: a\r\n b\r\n\r\n",                                                        MUSTER_EBADVALUE,  NULL   },
    {"refuses another protocol",                   "SSH-2.0-OpenSSH\r\n\r\n",                                                        MUSTER_EBADVALUE,  NULL   },
    {"refuses a status of two digits",             "HTTP/1.1 20 OK\r\n\r\n",                                                         MUSTER_EBADVALUE,  NULL   },
    {"refuses nothing at all",                     "",                                                                               MUSTER_ETRUNCATED, NULL   },
};

static enum muster_error feed_all(struct http_reader *reader, const char *bytes, size_t piece)
{
    size_t len = strlen(bytes);
    for (size_t at = 0; at < len; at += piece) {
        enum muster_error error = http_reader_feed(reader, bytes + at, len - at < piece ? len - at : piece);
        if (error)
            return error;
    }
    return http_reader_close(reader);
}

static void test_http_reader_in_pieces(void **state)
{
    static const size_t pieces[] = {1, 2, 3, 7, 4096};
    (void)state;
    struct http_reader *reader = malloc(sizeof *reader);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t p = 0; p < ARRAY_LEN(pieces); p++) {
            http_reader_start(reader);
            if (p == 0)
                print_message("http_reader %s\n", cases[i].says);
            assert_int_equal(feed_all(reader, cases[i].bytes, pieces[p]), cases[i].want);
            if (cases[i].body) {
                assert_int_equal(reader->body_len, strlen(cases[i].body));
                assert_string_equal(reader->body ? (const char *)reader->body : "", cases[i].body);
            }
            http_reader_clear(reader);
        }
    free(reader);
}

static void test_http_reader_bounds_a_head_without_end(void **state)
{
    (void)state;
    struct http_reader *reader = malloc(sizeof *reader);
    enum muster_error error = MUSTER_OK;
    size_t fed = 0;
    http_reader_start(reader);
    for (; !error && fed < 4 * HTTP_HEAD_MAX; fed++)
        error = http_reader_feed(reader, "a", 1);
    assert_int_equal(error, MUSTER_ETOOBIG);
    assert_int_equal(fed, HTTP_HEAD_MAX + 1);
    http_reader_clear(reader);
    free(reader);
}

static void test_http_reader_bounds_trailers(void **state)
{
    (void)state;
    struct http_reader *reader = malloc(sizeof *reader);
    static const char head[] = HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n";
    http_reader_start(reader);
    assert_int_equal(http_reader_feed(reader, head, strlen(head)), MUSTER_OK);
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; !error && i < HTTP_TRAILER_MAX; i++)
        error = http_reader_feed(reader, "a: b\r\n", 6);
    assert_int_equal(error, MUSTER_ETOOBIG);
    http_reader_clear(reader);
    free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_reader_in_pieces),
        cmocka_unit_test(test_http_reader_bounds_a_head_without_end),
        cmocka_unit_test(test_http_reader_bounds_trailers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
