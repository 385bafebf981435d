/* payload.h — from a msgpack body to the sealed payload of a record, and back (SPEC 4.3).
 *
 *   payload    = nonce 24 || [key commitment 32, personal records only] || XChaCha20-Poly1305(plain) || tag 16
 *   plain      = flags 1 || dictionary 1 || length 4 || content || zeroes up to a multiple of 32
 *   content    = body, or zstd(body) with the kind's dictionary; with flag 2 the body is followed by the operator who
 *                pressed the button: public key 32 || signature 64 over space id, log id, those 48 bytes, the
 *                count of references and the references, and the body
 *   bound data = log id || first 48 bytes of the record header
 *
 * Compression leaks length, hence the padding.  A control operation's payload is its body, in clear. */
#ifndef MUSTER_PROTOCOL_LOG_PAYLOAD_H
#define MUSTER_PROTOCOL_LOG_PAYLOAD_H

#include "crypto/crypto.h"
#include "crypto/disclose.h"
#include "protocol/log/record.h"

enum { PAYLOAD_PAD = 32, PAYLOAD_OVERHEAD_MAX = 24 + 32 + 6 + PAYLOAD_PAD + SEAL_TAG_BYTES };

/* Compression contexts and a scratch buffer; one a thread. */
struct payload_codec;
struct payload_codec *payload_codec_new(void); /* NULL without memory */
void payload_codec_free(struct payload_codec *codec);

/* Seals body for the record whose header has everything but payload_len and payload_hash, which are filled in.
 * key: the epoch's key, or the record's own for a personal one (RECORD_PERSONAL in the flags).  out holds
 * PAYLOAD_BYTES_MAX.  ETOOBIG when the body is over BODY_BYTES_MAX or does not fit. */
MUST_USE enum muster_error payload_seal(struct payload_codec *codec, uint8_t *out, size_t *len, struct bytes body,
                                        const struct log_id *log, struct record_header *header,
                                        const struct seal_nonce *nonce, const struct seal_key *key);

/* Who pressed the button: signs inside the payload, so that operators come and go without touching the transport. */
struct payload_operator {
    struct sign_public key;
    struct signature signature;
};
/* The operator's signature for a record that is about to be sealed. */
void payload_operator_sign(struct payload_operator *out, const struct sign_public *key, const struct sign_secret *secret,
                           const struct space_id *space, const struct log_id *log, const struct record_header *header,
                           struct bytes body);
MUST_USE enum muster_error payload_operator_verify(const struct payload_operator *by, const struct space_id *space,
                                                   const struct log_id *log, const struct record_header *header,
                                                   struct bytes body);
/* payload_seal with an operator (NULL: none). */
MUST_USE enum muster_error payload_seal_by(struct payload_codec *codec, uint8_t *out, size_t *len, struct bytes body,
                                           const struct log_id *log, struct record_header *header,
                                           const struct seal_nonce *nonce, const struct seal_key *key,
                                           const struct payload_operator *by);
/* The operator of the payload that was opened last; false if it names none.  Not verified yet. */
bool payload_operator_of(const struct payload_codec *codec, struct payload_operator *out);

/* Opens a payload; the body is borrowed from the codec until its next use and has passed pack_check.  For RECORD_CLEAR the
 * body is the payload itself and key may be NULL.  ECOMMITMENT, EDECRYPT, EBADVALUE, ETOOBIG, or pack_check's. */
MUST_USE enum muster_error payload_open(struct payload_codec *codec, struct bytes *body, struct bytes payload,
                                        const struct log_id *log, const struct record_header *header,
                                        const struct seal_key *key);

/* Showing one sealed record to somebody who must not read the others: the key of this message alone, made from its
 * epoch's key.  Not for personal records: they have a key of their own, which is committed to.  ETRUNCATED. */
MUST_USE enum muster_error payload_message_key(struct message_key *out, struct bytes payload, const struct seal_key *key);
/* payload_open with it, stricter: the padding must be what a writer makes.  EBADVALUE for a clear or personal record. */
MUST_USE enum muster_error payload_open_disclosed(struct payload_codec *codec, struct bytes *body, struct bytes payload,
                                                  const struct log_id *log, const struct record_header *header,
                                                  const struct message_key *key);

/* The record key of a personal record under the epoch's key: nonce || sealed key || tag, bound to the record's place. */
void payload_wrap(uint8_t out[24 + 32 + 16], const struct log_id *log, const struct record_header *header,
                  const struct seal_key *record_key, const struct seal_nonce *nonce, const struct seal_key *epoch_key);
MUST_USE enum muster_error payload_unwrap(struct seal_key *record_key, struct bytes wrap, const struct log_id *log,
                                          const struct record_header *header, const struct seal_key *epoch_key);

#endif
