/* zmtp.h — ZMTP 3 and CURVE by hand, so that a test can break any rule of it.
 *
 * Blocking sockets with a timeout; meant for a thread of its own.  Functions return false when the other
 * side closed, answered something else, or did not answer in time. */
#ifndef MUSTER_TESTS_HOSTILE_ZMTP_H
#define MUSTER_TESTS_HOSTILE_ZMTP_H

#include "crypto/crypto.h"

#include <stdbool.h>

/* A sender whose peer has cut it may wait for its window long after: ZMTP_STUCK_S is the end of it. */
enum { ZMTP_TIMEOUT_S = 10, ZMTP_STUCK_S = 2, ZMTP_FRAME_MAX = 512 * 1024 };

struct zmtp {
    int fd;
    uint8_t short_public[32], short_secret[32]; /* ours of this connection */
    uint8_t their_short[32], shared[32];
    uint64_t nonce;
    bool server;
};

/* A connection to tcp://127.0.0.1:PORT; -1 when it is refused. */
int tcp_connect(const char *endpoint);
/* A listening socket on 127.0.0.1; its endpoint in text (at least 64 bytes). */
int tcp_listen(char *text);
int tcp_accept(int listener);
bool tcp_put(int fd, const void *bytes, size_t len);
bool tcp_get(int fd, void *bytes, size_t len);
/* Waits until the other side has closed (true) or the timeout is over (false); reads and drops. */
bool tcp_closed(int fd);

bool zmtp_greeting(int fd, bool server);
bool zmtp_frame_put(int fd, uint8_t flags, const void *body, size_t len);
bool zmtp_frame_get(int fd, uint8_t *flags, uint8_t *body, size_t size, size_t *len);

/* Appends one property; returns the new length. */
size_t zmtp_property(uint8_t *metadata, size_t len, const char *name, const void *value, size_t value_len);
/* Connects and goes through HELLO, WELCOME and INITIATE with this metadata; true when READY came. */
bool curve_connect(struct zmtp *z, const char *endpoint, const struct curve_public *server,
                   const struct curve_public *public_key, const struct curve_secret *secret, const void *metadata,
                   size_t metadata_len);
/* The first half: HELLO sent, WELCOME opened. */
bool curve_hello(struct zmtp *z, const char *endpoint, const struct curve_public *server, uint8_t cookie[96]);
/* One encrypted part; flags 1: more parts follow, 2: a command.  len at most ZMTP_FRAME_MAX - 64. */
bool curve_put(struct zmtp *z, uint8_t flags, const void *bytes, size_t len);
/* A server's side up to its WELCOME, with this short-term key in it; the client's goes to *z. */
bool curve_welcome(struct zmtp *z, int fd, const struct curve_secret *server, const uint8_t short_public[32]);
/* The whole of it, whoever the client is; curve_put then speaks as the server. */
bool curve_serve(struct zmtp *z, int fd, const struct curve_secret *server);

#endif
