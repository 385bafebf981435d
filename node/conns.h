/* conns.h — the connections of the link under the numbers that the core uses, with what waits for each.
 *
 * What the link does not take (EBUSY) waits here, in order, until it is ready; a peer that does not read for
 * CONN_QUEUE_BYTES_MAX is cut.  A connection that the core closes is cut a moment later, so that the reason
 * reaches the peer. */
#ifndef MUSTER_NODE_CONNS_H
#define MUSTER_NODE_CONNS_H

#include "node/link.h"
#include "protocol/core.h"

enum { CONNS_MAX = 2048, CONN_QUEUE_BYTES_MAX = 16 * 1024 * 1024, CONN_CLOSE_MS = 200 };

struct conn_message;
struct conn {
    conn_id id; /* 0: free */
    struct link_conn link;
    struct curve_public key;
    bool dialled, closing;
    uint64_t close_mono_ms;
    struct conn_message *first, *last;
    size_t queued;
    char address[LINK_ADDRESS_TEXT];
};

struct conns {
    struct conn *at;
    size_t count; /* places in use, free ones among them */
    conn_id last_id;
};

/* NULL without room. */
struct conn *conns_add(struct conns *conns, struct link_conn link, const struct curve_public *key, bool dialled,
                       const char *address);
struct conn *conns_by_link(const struct conns *conns, struct link_conn link);
struct conn *conns_by_id(const struct conns *conns, conn_id id);
/* The connection with that peer, in that direction; NULL if there is none. */
struct conn *conns_by_key(const struct conns *conns, const struct curve_public *key, bool dialled);
void conns_remove(struct conn *conn);
void conns_free(struct conns *conns);
/* MUSTER_OK: sent or waiting; ETOOBIG: the queue is full; other: the link's errors. */
MUST_USE enum muster_error conn_send(struct link *link, struct conn *conn, struct bytes bytes);
/* The link is ready again. */
MUST_USE enum muster_error conn_drain(struct link *link, struct conn *conn);

#endif
