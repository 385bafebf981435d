/* endpoint.h — tcp://HOST:PORT and nothing else.
 *
 * Endpoints come from other agencies' cards.  libzmq would also open ipc:// and inproc://, and CZMQ
 * takes an endpoint as a printf format, so no byte of a card reaches either of them unparsed: a
 * struct endpoint is the only form that node/ dials or binds. */
#ifndef MUSTER_NODE_ENDPOINT_H
#define MUSTER_NODE_ENDPOINT_H

#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum { ENDPOINT_HOST_MAX = 253, ENDPOINT_LABEL_MAX = 63 };

enum endpoint_host { ENDPOINT_IPV4, ENDPOINT_IPV6, ENDPOINT_NAME };

struct endpoint {
    enum endpoint_host kind;
    uint16_t port;
    char host[ENDPOINT_HOST_MAX + 1]; /* without brackets; lower case; NUL-terminated */
};

/* An endpoint that can be dialled: an IPv4 address, a bracketed IPv6 address (no zone) or a DNS name,
 * and a port of 1..65535 without leading zeroes.  The unspecified and multicast addresses are refused.
 * text      NUL-terminated; not kept
 * returns   MUSTER_OK, MUSTER_EENDPOINT; on error *out is untouched */
MUST_USE enum muster_error endpoint_parse(struct endpoint *out, const char *text);

/* An endpoint to listen on: an address (names are refused, they may change), the unspecified address
 * allowed, port 0 allowed (the system chooses).  Returns as endpoint_parse. */
MUST_USE enum muster_error endpoint_parse_listen(struct endpoint *out, const char *text);

/* The text form, which parses to the same endpoint.  out holds ENDPOINT_BYTES_MAX.  Returns out. */
char *endpoint_text(char *out, const struct endpoint *endpoint);

#endif
