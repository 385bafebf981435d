/* link_inner.h — what the link_*.c files share.
 *
 * link_start.c   start, stop, sockets, the loop's handlers, the journal
 * link_conn.c    the table of connections, how they begin and end
 * link_receive.c frames from the sockets, judged and delivered
 * link_send.c    sending, the one message that waits, readiness
 * link_dial.c    calling peers
 * link_reach.c   names, and why a call did not even connect
 *
 * A handler never frees a connection or a dial while it works on one: it marks them, and link_settle,
 * at the end of the loop's handlers, calls `down` and frees. */
#ifndef MUSTER_NODE_LINK_INNER_H
#define MUSTER_NODE_LINK_INNER_H

#include "node/endpoint.h"
#include "node/guard.h"
#include "node/link.h"
#include "node/zap.h"

#include <netdb.h>

enum {
    ROUTING_BYTES = 5,   /* of the names that libzmq gives: 0 and four bytes that count up */
    LINK_TURN = 64,      /* messages of one socket before the loop goes on */
    LINK_TICK_MS = 100,  /* deadlines of calls */
    LINK_FLUSH_MS = 5,   /* between attempts to send what waits */
    LINK_NAMES = 1024,   /* buckets of connections by name; names count up, so they spread evenly */
    LINK_ENDED_MAX = 1024, /* names of ended connections, whose last messages may still come */
    LINK_LASTED_MS = 30000, /* a connection that lasted this long clears the pause of its dial */
    LINK_RESOLVE_MS = 15000,
    LINK_PROBE_MS = 3000,
    JOURNAL_BURST = 20,
    JOURNAL_MS = 500, /* a line more may be written after so long */
    JOURNAL_TEXT_MAX = 512
};

struct dial;

struct conn {
    struct link_conn id;
    bool used, ended;
    bool told;   /* `up` was called */
    bool spoke;  /* a message came from the peer */
    bool wants;  /* EBUSY was answered */
    bool owes;   /* `ready` is due */
    bool waiting; /* pending holds a message */
    enum link_reason reason;
    struct dial *dial; /* NULL when accepted */
    struct conn *next; /* of the same bucket of names */
    uint8_t routing[ROUTING_BYTES];
    struct curve_public key;
    int fd;
    struct peer_address peer;
    char address[LINK_ADDRESS_TEXT];
    size_t first_bytes;
    zmq_msg_t pending;
};

struct dial {
    struct link *link;
    bool used, dropped;
    struct link_dial id;
    struct endpoint endpoint;
    struct curve_public key;
    bool as; /* it calls with this key pair instead of the node's */
    struct curve_public as_public;
    struct curve_secret as_secret;
    enum link_dial_state state;
    enum link_reason reason, told; /* told: what the journal has last */
    unsigned failures;
    uint64_t calls, next_ms, deadline_ms, up_ms;
    uint32_t source; /* of the present call's events */
    void *socket;
    struct conn *conn;
    int fd;
    struct peer_address peer;
    char numeric[ENDPOINT_BYTES_MAX]; /* what the present call connects to */
    struct sockaddr_storage address;
    socklen_t address_len;
    struct lookup *lookup;
    int probe_fd;
    uint64_t probe_deadline_ms;
};

struct link {
    zloop_t *loop;
    struct link_config config;
    struct link_callbacks calls;
    void *context, *router;
    struct zap zap;
    struct guard *guard;
    int wake_fd, tick_timer, flush_timer; /* timers: -1 without */
    char endpoints[LINK_LISTEN_MAX][ENDPOINT_BYTES_MAX];

    struct conn *conns;
    size_t conns_size;
    struct conn *names[LINK_NAMES];
    uint64_t serial;
    size_t ended_count, owes_count, waiting_count;
    uint32_t ended_names[LINK_ENDED_MAX];
    size_t ended_names_count; /* ever */

    struct dial dials[LINK_DIALS_MAX];
    size_t dropped_count;
    struct lookup *orphans; /* of calls given up while the resolver was at work */
    uint32_t sources;
    uint64_t jitter;

    unsigned journal_left;
    uint64_t journal_ms, journal_missed;
    struct link_counters counters;
};

uint64_t link_now_ms(void);
void link_journal(struct link *link, const char *event, const char *form, ...) __attribute__((format(printf, 3, 4)));
/* Makes the loop call link_settle soon; for calls that come from outside of its handlers. */
void link_wake(struct link *link);
/* The options that every message socket has. */
MUST_USE enum muster_error socket_bound(const struct link *link, void *socket);

/* Connections.  conn_begin: NULL when there is no place or the key is not admitted (*why says it). */
struct conn *conn_find(struct link *link, struct link_conn id);
struct conn *conn_of_routing(struct link *link, const uint8_t *routing);
bool conn_name_ended(const struct link *link, const uint8_t *routing);
void conn_name_end(struct link *link, const uint8_t *routing);
struct conn *conn_begin(struct link *link, struct dial *dial, const struct curve_public *key, const char *address,
                        int fd, const struct peer_address *peer, enum link_reason *why);
/* Tells of it; routing is the name of an accepted one, NULL for a dialled one. */
void conn_up(struct link *link, struct conn *conn, const uint8_t *routing);
void conn_end(struct link *link, struct conn *conn, enum link_reason reason);
bool key_admitted(struct link *link, const struct curve_public *key, const char *address);
void link_settle(struct link *link);

/* Receiving.  Each returns whether the socket may have more. */
bool router_receive(struct link *link);
bool dealer_receive(struct dial *dial);

/* Sending. */
void conn_forget_pending(struct link *link, struct conn *conn);
/* The peer has spoken: the first bytes are no longer counted. */
void conn_spoke(struct link *link, struct conn *conn);

/* Calling. */
void dial_event(struct link *link, const struct guard_event *event);
void dial_tick(struct dial *dial, uint64_t now);
/* Into the journal, once, why the last call ended. */
void dial_tell(struct dial *dial);
void dial_conn_ended(struct dial *dial, enum link_reason reason);
void dial_free(struct dial *dial);

/* Names and reasons.  reach_begin: MUSTER_OK when dial.numeric and dial.address are filled,
 * EWAITS while the name is looked up, ENOTFOUND when it has none. */
enum muster_error reach_begin(struct dial *dial);
enum muster_error reach_look(struct dial *dial);
void reach_end(struct dial *dial);
/* Frees lookups that were given up and are done; with `wait`, waits a moment for the others. */
void reach_tidy(struct link *link, bool wait);
/* Finds out why the address cannot be connected to; sets dial.reason, which is LINK_NONE until then, and tells it. */
void probe_begin(struct dial *dial, uint64_t now);
void probe_tick(struct dial *dial, uint64_t now);
void probe_end(struct dial *dial);

/* Whether libzmq calls our crypto_box_beforenm (beforenm.c). */
bool beforenm_ready(void);

#endif
