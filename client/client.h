/* client.h — asking the node on this machine: HTTP/1.1 and JSON over its unix socket (docs/API.md).
 *
 * One connection a request; one deadline covers connecting, sending and the whole answer.  No state is
 * kept between requests, so a client may be copied.  Not for several threads at once with one fault. */
#ifndef MUSTER_CLIENT_CLIENT_H
#define MUSTER_CLIENT_CLIENT_H

#include "client/fault.h"
#include "client/url.h"

#include <stdint.h>

enum {
    CLIENT_TIMEOUT_MS_DEFAULT = 30 * 1000,
    CLIENT_TIMEOUT_MS_MAX = 24 * 3600 * 1000,
    CLIENT_REQUEST_MAX = 4 * 1024 * 1024, /* a request body: the node refuses more */
    CLIENT_FILE_MAX = 66 * 1024 * 1024, /* a request body that is a file */
    CLIENT_SOCKET_BYTES = 108
};
#define CLIENT_SOCKET_DEFAULT "/run/muster/api.sock"

struct client {
    const char *socket; /* borrowed */
    int timeout_ms;
    const char *language; /* of the node's sentences, "zh"; NULL: English.  Borrowed */
};

struct client_bytes { /* an answer that is not JSON: evidence */
    char media_type[96], parameters[96]; /* "x/y", and what stood behind its semicolon */
    uint8_t *at; /* the caller frees it */
    size_t len;
};

/* Sends one request and waits for its answer.
 * method       "GET" or "POST"
 * url          borrowed; one that overflowed is EUSAGE
 * body         JSON, borrowed; NULL for none
 * answer       the JSON object, owned by the caller, on OK only
 * fault        filled when the result is not OK: the node's own words for a refused request, else a
 *              sentence on why the node was not reached or not understood
 * returns      OK, or the fault's error (EINTERNAL for a code of a newer node; fault->code has its name) */
MUST_USE enum muster_error client_call(const struct client *client, const char *method, const struct url *url,
                                       const json_t *body, json_t **answer, struct fault *fault);
/* The same for a GET whose answer is bytes with a media type; a JSON error is a fault as above. */
MUST_USE enum muster_error client_get_bytes(const struct client *client, const struct url *url,
                                            struct client_bytes *out, struct fault *fault);

/* A POST whose body is JSON already, in two: the caller does something else while the node works.
 * begin   sends len bytes of text, borrowed for the call, at most CLIENT_REQUEST_MAX, and leaves *out open on OK
 * finish  waits for the answer, as client_call, and closes it; each of the two may take the client's timeout
 * drop    closes it without an answer: what the node has begun goes on.  Nothing when it is closed */
struct client_post {
    int fd; /* -1: closed */
};
MUST_USE enum muster_error client_post_begin(const struct client *client, const struct url *url, const char *text,
                                             size_t len, struct client_post *out, struct fault *fault);
MUST_USE enum muster_error client_post_finish(const struct client *client, struct client_post *post, json_t **answer,
                                              struct fault *fault);
void client_post_drop(struct client_post *post);

/* A POST whose body is a file, up to CLIENT_FILE_MAX, and whose answer is JSON, as for client_call. */
MUST_USE enum muster_error client_send_file(const struct client *client, const struct url *url, const void *bytes,
                                            size_t len, json_t **answer, struct fault *fault);
/* A POST of JSON whose answer is bytes with a media type, as for client_get_bytes. */
MUST_USE enum muster_error client_post_for_bytes(const struct client *client, const struct url *url, const json_t *body,
                                                 struct client_bytes *out, struct fault *fault);

/* A GET whose answer goes on, taken piece by piece as it arrives.  The timeout of the client is that of silence: the
 * node sends an empty line from time to time.
 * take     sees every byte once, in order; false ends the reading, which is then OK
 * returns  OK at the end of the answer; a refused request and everything else as for client_call */
typedef bool (*client_take)(void *user, const char *bytes, size_t len);
MUST_USE enum muster_error client_stream(const struct client *client, const struct url *url, client_take take, void *user,
                                         struct fault *fault);
/* The same for a POST of JSON. */
MUST_USE enum muster_error client_post_stream(const struct client *client, const struct url *url, const json_t *body,
                                              client_take take, void *user, struct fault *fault);

#endif
