/* enrol.h — a new node asks its agency to certify it.
 *
 *   request = "MUSTER1R" || signing key 32 || box key 32 || curve key 32 || name length 1 || name ||
 *             signature 64 by that signing key over all before, domain "muster/1/request"
 *
 * Text form REQUEST (armour.h).  It holds no secret and asks for nothing but the statement: whoever signs it compares the
 * fingerprint with the one on the new node's screen (SPEC 6.2). */
#ifndef MUSTER_PROTOCOL_TRUST_ENROL_H
#define MUSTER_PROTOCOL_TRUST_ENROL_H

#include "protocol/trust/identity.h"

enum { ENROL_FIXED = 8 + 3 * 32 + 1 + 64, ENROL_BYTES_MAX = ENROL_FIXED + NAME_BYTES_MAX };

struct enrolment {
    struct node_keys keys;
    char name[NAME_BYTES_MAX + 1];
};

/* out holds ENROL_BYTES_MAX; returns the length. */
size_t enrol_write(uint8_t *out, const struct enrolment *enrolment, const struct sign_secret *secret);
/* ETOOBIG, ETRUNCATED, EVERSION, ETRAILING, EBADVALUE (name), ESIGNATURE; on an error *out is untouched. */
MUST_USE enum muster_error enrol_read(struct enrolment *out, const void *bytes, size_t len);

#endif
