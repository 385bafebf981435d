/* genesis.h — the first statement of a log: whose it is, in which space, and what went before.
 *
 * Log id = H("muster/1/log-id", the whole genesis, signatures included).  Signed by the node's key and by
 * the incarnation's key, which signs all segments (RULES L1, SPEC 4.4). */
#ifndef MUSTER_PROTOCOL_LOG_GENESIS_H
#define MUSTER_PROTOCOL_LOG_GENESIS_H

#include "base/ids.h"
#include "base/limits.h"
#include "crypto/crypto.h"

enum log_role { LOG_DATA = 0, LOG_CONTROL = 1 };
enum log_reason { LOG_FIRST = 0, LOG_RESTORED = 1, LOG_CLONED = 2, LOG_UNCONFIRMED = 3, LOG_FORKED = 4, LOG_REGRANTED = 5 };

struct log_genesis {
    uint8_t version, algorithm, role, reason;
    struct space_id space;
    struct agency_id agency;
    struct sign_public node;
    struct sign_public incarnation;
    struct log_id predecessor; /* none: zeroes */
    uint64_t predecessor_position;
    struct segment_id predecessor_head;
    uint8_t ctl_count;
    struct record_id ctl[CTL_HEADS_MAX]; /* control heads known at opening, strictly ascending (EBADVALUE) */
    struct signature node_signature, incarnation_signature;
};

/* Signs and writes; out holds LOG_GENESIS_MAX.  Returns the length.  `exercise` is the space's property and part
 * of the signature's domain. */
size_t log_genesis_make(uint8_t *out, struct log_genesis *genesis, bool exercise, const struct sign_secret *node,
                        const struct sign_secret *incarnation);
/* Structure only.  EVERSION, EALGORITHM, EBADVALUE, ETOOBIG, ETRUNCATED, ETRAILING. */
MUST_USE enum muster_error log_genesis_read(struct log_genesis *out, const void *bytes, size_t len);
/* Both signatures.  ESIGNATURE. */
MUST_USE enum muster_error log_genesis_verify(const void *bytes, size_t len, bool exercise);
struct log_id log_id_of(const void *genesis, size_t len);

#endif
