/* zap.h — who may connect: the ZAP handler of one ZeroMQ context, in the loop (RFC 27).
 *
 * Without a handler libzmq admits every stranger, and a stranger's own metadata becomes the User-Id.
 * So: the handler is bound before any other socket of the context, closed after the last one, and a
 * handler that can no longer answer ends the process.  The User-Id it gives is the client's CURVE
 * key in 64 hex digits.  It is asked once per handshake only: whoever may no longer talk is cut by
 * the caller. */
#ifndef MUSTER_NODE_ZAP_H
#define MUSTER_NODE_ZAP_H

#include "crypto/crypto.h"

#include <czmq.h>

#define ZAP_DOMAIN "muster"

enum {
    ZAP_KEY_HEX = 64,
    ZAP_ADDRESS_MAX = 64,
    ZAP_TURN = 64,                /* requests answered before the loop goes on */
    ZAP_ENFORCE_DOMAIN_OPTION = 93 /* ZMQ_ZAP_ENFORCE_DOMAIN: works, but the packaged header hides it */
};

/* May this key connect from this address?  false refuses (400).  The key and the address are borrowed. */
typedef bool zap_decide_fn(void *user, const struct curve_public *key, const char *address);

struct zap {
    zloop_t *loop;
    void *socket;
    zap_decide_fn *decide;
    void *user;
    uint64_t malformed; /* requests that no libzmq sends; answered with 500 */
};

/* Binds the handler in `context` and polls it in `loop`.  zap must stay where it is until zap_stop.
 * MUSTER_OK; EBUSY when there are no descriptors; EDUPLICATE when the context has a handler already. */
MUST_USE enum muster_error zap_start(struct zap *zap, void *context, zloop_t *loop, zap_decide_fn *decide,
                                     void *user);
/* Answers what is waiting, without a loop.  For tests and for the time between start and loop. */
void zap_answer(struct zap *zap);
void zap_stop(struct zap *zap);

/* Puts a server socket under this handler: CURVE server with the secret key, domain and the option that
 * refuses everybody while there is no handler.  EINTERNAL when libzmq knows one of the options not. */
MUST_USE enum muster_error zap_protect(void *server, const struct curve_secret *secret);

#endif
