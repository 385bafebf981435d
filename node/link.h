/* link.h — encrypted messages between nodes, over ZeroMQ with CURVE, in one loop.
 *
 * One listening socket for everybody who calls, one socket for each peer that is called.  A connection
 * has a number that is never used again; `up` tells of it once, `down` ends it once, always from the
 * loop and never inside a call of this header.  All calls and callbacks are of the loop's thread;
 * callbacks may call anything here but link_stop.
 *
 * Delivery is not promised: what was sent and what was received in the last seconds of a connection may
 * be lost.  Only the session's own acknowledgement tells.
 *
 * The side that dials speaks first: an accepted connection is up when its first message is here, and is
 * cut if that takes longer than `silent_ms`.  Until the peer has spoken, the dialling side may send
 * LINK_FIRST_BYTES_MAX in all.
 *
 * Build: the executable exports crypto_box_beforenm (node/beforenm.c): link it with -rdynamic, or with
 * -Wl,--export-dynamic-symbol=crypto_box_beforenm; never link libzmq statically.  link_start refuses to
 * start otherwise. */
#ifndef MUSTER_NODE_LINK_H
#define MUSTER_NODE_LINK_H

#include "base/limits.h"
#include "crypto/crypto.h"

#include <czmq.h>

enum {
    LINK_LISTEN_MAX = 4,
    LINK_DIALS_MAX = 128,
    LINK_CONNECTIONS_MAX = 4096,
    LINK_FIRST_BYTES_MAX = 8 * 1024,
    LINK_SEND_MESSAGES = 16, /* waiting in libzmq for one peer (ZMQ_SNDHWM), and one more in link */
    LINK_ADDRESS_TEXT = ENDPOINT_BYTES_MAX
};

struct link;
struct link_conn {
    uint64_t n; /* 0 is none */
};
struct link_dial {
    uint64_t n; /* 0 is none */
};

/* Why a connection ended, or a call did not succeed: the sentence for people, in the words of a status
 * screen. */
#define LINK_REASONS(X)                                                                                                \
    X(NONE, "none")                                                                                                    \
    X(CLOSED_HERE, "closed by this node")                                                                              \
    X(GONE, "the connection ended")                                                                                    \
    X(REPLACED, "the same node has connected again")                                                                   \
    X(NOT_ADMITTED, "the node's key is not admitted here")                                                             \
    X(IDENTITY, "the peer changed or hid its identity; it does not run muster")                                        \
    X(MULTIPART, "the peer sent a message of several parts; it does not run muster")                                   \
    X(HELD_TOO_MUCH, "the peer sent bytes that never became a message")                                                \
    X(TOO_MANY, "this node has no room for another connection")                                                        \
    X(UNDIALLED, "this node no longer calls the peer")                                                                 \
    X(REFUSED, "the other machine refuses connections on this port; is musterd running there?")                        \
    X(NO_ROUTE, "there is no route to the other machine; is the network up?")                                          \
    X(TIMEOUT, "the other machine does not answer; a firewall may be in between")                                      \
    X(NO_NAME, "the host name cannot be resolved; is the name server reachable?")                                      \
    X(HANDSHAKE, "the handshake failed: the other side is not a muster node, or its key is not the one on its card")   \
    X(HANDSHAKE_CLOSED, "the connection ended during the handshake; the key of the other node may have changed, or it "     \
                        "has no room")                                                                                 \
    X(LATER, "the other node asks to be called later (300)")                                                           \
    X(NOT_KNOWN_THERE, "the other node does not admit this node's key (400); give it your newest card")                \
    X(OTHER_FAILED, "the other node could not check this node's key (500)")                                            \
    X(NO_DESCRIPTORS, "this node is out of descriptors; raise LimitNOFILE")

#define X(name, text) LINK_##name,
enum link_reason { LINK_REASONS(X) LINK_REASON_COUNT };
#undef X
/* "HANDSHAKE" and its sentence; static strings, "unknown" for other values. */
const char *link_reason_name(enum link_reason reason);
const char *link_reason_text(enum link_reason reason);

struct link_callbacks {
    void *user;
    /* May this key talk to us now?  Asked at the handshake, before `up` and for every message: it must be
     * quick.  Whoever is not admitted any more is cut by its next message; link_review cuts at once.
     * *reason is for the journal (static, may be left).  Missing: nobody is admitted. */
    bool (*admit)(void *user, const struct curve_public *key, const char *address, const char **reason);
    void (*up)(void *user, struct link_conn conn, const struct curve_public *peer, bool dialled, const char *address);
    /* One message, 0..MESSAGE_BYTES_MAX bytes, borrowed for the call. */
    void (*message)(void *user, struct link_conn conn, const uint8_t *bytes, size_t len);
    void (*down)(void *user, struct link_conn conn, enum link_reason reason);
    /* link_send said EBUSY before and there is room again. */
    void (*ready)(void *user, struct link_conn conn);
    /* A line for the journal: an event's name ("peer-refused") and key=value text, safe to print.  At
     * most a few a second; what was left out is counted in a later line. */
    void (*journal)(void *user, const char *event, const char *text);
};

struct link_config { /* link_config_default first, then what differs */
    struct curve_public public_key;
    struct curve_secret secret_key;
    const char *listen[LINK_LISTEN_MAX]; /* tcp://ADDRESS:PORT; none for a node that only dials */
    size_t listen_count;
    unsigned connections;  /* accepted, all together; lowered to what the descriptors allow */
    unsigned per_address;  /* of one IPv4 address or one IPv6 /64 */
    unsigned per_loopback; /* of this machine */
    unsigned handshake_ms, silent_ms, connect_ms;
    unsigned heartbeat_ms, heartbeat_timeout_ms;
    unsigned redial_min_ms, redial_max_ms; /* doubled from call to call, with jitter */
    uint64_t seed;                         /* of the jitter */
    struct link_callbacks callbacks;
};

/* handshake 6 s (three round trips over a satellite), silent 10 s, connect 10 s, heartbeat 10 s / 30 s, redial 1..60 s, 1024 connections, 64 of
 * one address. */
void link_config_default(struct link_config *config);

/* Starts listening; everything else happens in `loop`, which must run in this thread.  The secret is
 * copied and wiped at link_stop.  Call zsys_handler_set(NULL) before anything of CZMQ in the process
 * (also done here).
 * returns  MUSTER_OK; EENDPOINT; EADDRINUSE; ECONFIG for numbers out of range; EBUSY without
 *          descriptors or memory; EINTERNAL when the executable or libzmq lacks a protection */
MUST_USE enum muster_error link_start(struct link **out, zloop_t *loop, const struct link_config *config);
/* Cuts everything, waits for libzmq's threads, calls no callback.  NULL is allowed. */
void link_stop(struct link *link);

/* The endpoint listened on, with the port that the system chose; NULL beyond the last. */
const char *link_endpoint(const struct link *link, size_t index);

/* Keeps a connection to a peer: calls it, and calls again after every end with a growing pause.
 * endpoint  tcp://HOST:PORT (endpoint.h); key: the server's CURVE key from its card
 * returns   MUSTER_OK; EENDPOINT; EBADVALUE for a key of small order; EBUSY beyond LINK_DIALS_MAX */
MUST_USE enum muster_error link_dial(struct link *link, const char *endpoint, const struct curve_public *key,
                                     struct link_dial *out);
/* The same with another key pair than the node's own: whoever joins by a line is not known by its key yet. */
MUST_USE enum muster_error link_dial_as(struct link *link, const char *endpoint, const struct curve_public *key,
                                        const struct curve_public *as, const struct curve_secret *secret,
                                        struct link_dial *out);
/* Ends it and its connection at once.  ENOTFOUND. */
MUST_USE enum muster_error link_undial(struct link *link, struct link_dial dial);

enum link_dial_state { LINK_DIAL_WAITING, LINK_DIAL_RESOLVING, LINK_DIAL_CONNECTING, LINK_DIAL_UP };

struct link_dial_info {
    enum link_dial_state state;
    enum link_reason reason;  /* of the last end or failure */
    unsigned failures;        /* calls since the last connection that lasted */
    uint64_t calls;           /* in all */
    uint32_t next_ms;         /* until the next call, when waiting */
    struct link_conn conn;    /* when up */
    char endpoint[ENDPOINT_BYTES_MAX];
};
MUST_USE enum muster_error link_dial_look(struct link *link, struct link_dial dial, struct link_dial_info *out);
/* Calls now instead of after the pause (the network came back, somebody is waiting). */
void link_dial_now(struct link *link, struct link_dial dial);

/* Sends one message of len 1..MESSAGE_BYTES_MAX bytes, copied.
 * returns  MUSTER_OK: it waits or is on its way; EBUSY: not taken, `ready` will come (unless `down` does);
 *          ENOTFOUND: the connection has ended; ETOOBIG, also for a first message of a dialled connection
 *          beyond LINK_FIRST_BYTES_MAX */
MUST_USE enum muster_error link_send(struct link *link, struct link_conn conn, const uint8_t *bytes, size_t len);
/* Shuts the connection down at once: no message of it is delivered any more; `down` follows.  A dialled
 * peer is called again unless link_undial says otherwise.  Unknown connections are ignored. */
void link_close(struct link *link, struct link_conn conn);
/* Asks `admit` about every connection again and cuts those that are not admitted any more. */
void link_review(struct link *link);

struct link_counters {
    unsigned connections, dialled_up, strangers; /* now; strangers have not delivered a message yet */
    uint64_t accepted, refused_keys, refused_caps, cut_undelivered, cut_silent, cut_shape, handshakes_failed,
        accept_failed, messages_in, messages_out, bytes_in, bytes_out, busy, calls, calls_failed, journal_left_out;
};
void link_count(const struct link *link, struct link_counters *out);

#endif
