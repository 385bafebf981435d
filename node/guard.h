/* guard.h — bounds what strangers and members can make libzmq hold.
 *
 * libzmq's own limits count parts and whole messages.  A message whose parts never end is counted by
 * nobody, and a handshake that never ends costs memory until its timer.  The guard is a thread that
 * reads the socket monitors (an unread monitor stops libzmq's I/O thread) and so knows every
 * connection's descriptor.  For each it compares the bytes that libzmq took from the kernel with the
 * bytes that were delivered as messages, and shuts the descriptor down when too much lies between.
 * It looks every GUARD_SWEEP_MS while there are strangers or bytes come in, every GUARD_IDLE_MS while
 * there are quiet connections only, and not at all without connections.  (An epoll of its own cannot
 * tell it: libzmq takes the bytes first, and epoll reports only what is still there.)
 *
 * An honest peer is never cut, however long the loop stands still: libzmq stops reading when
 * GUARD_QUEUE_MESSAGES whole messages wait, so between the kernel and the loop there are at most
 * those, one in the loop's hands and one that is not complete (the assertion below).  A peer that has
 * not yet delivered one accepted message has GUARD_FIRST_BYTES_MAX; the dialling side keeps within it
 * (link.h).
 *
 * Trap: descriptors are reused.  Before a shutdown the peer's address and port are compared. */
#ifndef MUSTER_NODE_GUARD_H
#define MUSTER_NODE_GUARD_H

#include "base/error.h"
#include "base/limits.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_SWEEP_MS = 20,
    GUARD_IDLE_MS = 100,
    GUARD_BUSY_BYTES = 1024, /* of one connection between two looks: more than heartbeats */
    GUARD_FRAME_OVERHEAD = 42, /* of a CURVE message: 9 frame header, 8 name, 8 nonce, 16 tag, 1 flags */
    GUARD_READ_BYTES = 8192,   /* libzmq's read buffer */
    GUARD_QUEUE_MESSAGES = 4,  /* ZMQ_RCVHWM of every guarded socket */
    GUARD_UNDELIVERED_MAX = 1664 * 1024,
    GUARD_FIRST_BYTES_MAX = 16 * 1024,
    GUARD_WATCHED_MAX = 256, /* sockets with a monitor */
    GUARD_EARLY_MAX = 1024, /* connections that delivered before the guard heard of them */
    GUARD_EVENTS_SOFT_MAX = 4096, /* waiting events beyond which news for the journal is dropped */
    GUARD_LISTENER = 0       /* the source number of the listening socket */
};

_Static_assert(GUARD_UNDELIVERED_MAX > (GUARD_QUEUE_MESSAGES + 2) * (MESSAGE_BYTES_MAX + GUARD_FRAME_OVERHEAD) +
                                           GUARD_READ_BYTES,
               "what an honest peer can have waiting is below the limit");

/* A peer's address and port; IPv4 addresses stand as IPv4 also when they came mapped. */
struct peer_address {
    bool v6;
    uint16_t port;
    uint8_t b[16]; /* IPv4 in the first four */
};

enum { PEER_ADDRESS_TEXT = 64 };

/* The peer of a connected descriptor; false when it has none (any more). */
bool peer_address_of(struct peer_address *out, int fd);
bool peer_address_same(const struct peer_address *a, const struct peer_address *b);
bool peer_address_loopback(const struct peer_address *a);
/* "192.0.2.1:4000" or "[2001:db8::1]:4000"; out holds PEER_ADDRESS_TEXT.  Returns out. */
char *peer_address_text(char *out, const struct peer_address *address);
/* Shuts fd down if it still is the connection of that peer.  What the kernel has taken is still sent. */
bool peer_cut(int fd, const struct peer_address *peer);
/* The same against a peer that breaks the rules: with a reset, so that nothing of it is kept. */
bool peer_reset(int fd, const struct peer_address *peer);

struct guard_limits {
    unsigned connections;  /* accepted connections, all together */
    unsigned per_address;  /* of one IPv4 address or one IPv6 /64 */
    unsigned per_loopback; /* the same for this machine's own addresses */
    uint32_t silent_ms;    /* an accepted connection delivers its first message within this */
};

#define GUARD_CUTS(X)                                                                                                  \
    X(NONE, "")                                                                                                        \
    X(TOO_MANY, "too many connections")                                                                                \
    X(TOO_MANY_OF_ADDRESS, "too many connections from one address")                                                    \
    X(UNDELIVERED, "a message that does not end")                                                                      \
    X(FIRST_BYTES, "too many bytes before the first message")                                                          \
    X(SILENT, "no message in time")
#define X(name, text) GUARD_CUT_##name,
enum guard_cut { GUARD_CUTS(X) GUARD_CUT_COUNT };
#undef X
/* The words of the rows above, for the journal and the console. */
const char *guard_cut_text(enum guard_cut cut);

enum guard_kind {
    GUARD_CONNECTED,       /* a dialled socket has a connection: fd, peer */
    GUARD_READY,           /* its handshake succeeded */
    GUARD_HANDSHAKE_ERRNO, /* its handshake failed: value is an errno */
    GUARD_HANDSHAKE_PROTOCOL,
    GUARD_HANDSHAKE_STATUS, /* value is the ZAP status: 300, 400 or 500 */
    GUARD_NOT_CONNECTED,    /* the attempt failed before there was a connection */
    GUARD_GONE,             /* a dialled connection, or an accepted one that has delivered, ended: fd, peer, cut */
    GUARD_WAS_CUT      /* for the journal: peer, cut */
};

struct guard_event {
    enum guard_kind kind;
    uint32_t source; /* GUARD_LISTENER or the number given to guard_watch */
    int fd, value;
    struct peer_address peer;
    enum guard_cut cut;
};

struct guard_counters {
    uint64_t accepted, accept_failed, handshakes_failed;
    uint64_t cuts[GUARD_CUT_COUNT];
    unsigned connections; /* accepted ones at this moment */
};

struct guard;

/* Starts the thread (all signals blocked in it).  EBUSY without descriptors, memory or threads. */
MUST_USE enum muster_error guard_start(struct guard **out, const struct guard_limits *limits);
/* Every watched socket's monitor must have been stopped before: the guard reads each to its end, so that
 * no monitor is ever left unread.  Joins the thread, frees everything. */
void guard_stop(struct guard *guard);

/* Monitors `socket` (not yet bound or connected) under a source number.  EBUSY when something is short. */
MUST_USE enum muster_error guard_watch(struct guard *guard, void *context, void *socket, uint32_t source);
/* Stops the monitor of `socket`; to be called before zmq_close. */
void guard_unwatch(void *socket);

/* A whole accepted message of `bytes` bytes came from descriptor fd, a connection of that peer.  The
 * guard need not have heard of the connection yet: its monitor is another way than the message's. */
void guard_delivered(struct guard *guard, int fd, const struct peer_address *peer, size_t bytes);
/* The socket with that source has nothing more to give at this moment. */
void guard_drained(struct guard *guard, uint32_t source);

/* Readable while there are events. */
int guard_fd(const struct guard *guard);
bool guard_take(struct guard *guard, struct guard_event *out);
void guard_count(struct guard *guard, struct guard_counters *out);

#endif
