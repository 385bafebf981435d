/* fake_node.h — something that answers like a node (or like a broken one) on a unix socket, in a thread. */
#ifndef TESTS_UNIT_CLIENT_FAKE_NODE_H
#define TESTS_UNIT_CLIENT_FAKE_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAKE_ROUTES_MAX = 32, FAKE_ASKED_MAX = 64, FAKE_TARGET_BYTES = 1024 };

enum fake_way {
    FAKE_ANSWER, /* status and body, with Content-Length */
    FAKE_CHUNKS, /* the same in chunks of 7 bytes */
    FAKE_RAW,    /* body is everything that is sent */
    FAKE_HOLD    /* nothing is sent until fake_node_stop */
};

struct fake_route {
    const char *request; /* "GET /v1/status": method and the target's beginning, up to '?' exact */
    int status;
    const char *body;
    enum fake_way way;
    size_t body_len; /* 0: strlen(body) */
};

struct fake_node;
/* Serves routes (borrowed; ended by one without request) until fake_node_stop; any other request is 404
 * ENOTFOUND. Each request to POST /v1/records without a route of its own is answered with one "stored" per
 * item; a rehearsal of it with Red Cross as the only recipient too. */
struct fake_node *fake_node_start(const struct fake_route *routes);
void fake_node_stop(struct fake_node *node);
const char *fake_node_socket(const struct fake_node *node);
const char *
fake_node_folder(const struct fake_node *node); /* a fresh one, removed at the end if it is empty */
/* The requests so far: "GET /v1/objects?kind=incident"; NULL behind the last. */
const char *fake_node_asked(struct fake_node *node, size_t i);
/* The JSON body of the i-th request, borrowed; NULL if it had none. */
const json_t *fake_node_body(struct fake_node *node, size_t i);

#endif
