/* disclose.h — opening one sealed message to somebody who must not open the others.
 *
 * XChaCha20-Poly1305 makes a key for each message of its own: HChaCha20(key, first 16 bytes of the nonce).  That
 * key opens every message whose nonce begins with those 16 bytes, which are random, and so this one alone; it
 * says nothing of the key it was made from.
 *
 * Caveat: like the key itself it is not committed to.  Whoever made the ciphertext can have made it so that it
 * opens under two keys; for a ciphertext that somebody else made, another key is as hard to find as a tag of
 * 128 bits (SPEC 4.7). */
#ifndef MUSTER_CRYPTO_DISCLOSE_H
#define MUSTER_CRYPTO_DISCLOSE_H

#include "crypto/crypto.h"

MUSTER_KEY_TYPE(message_key, 32); /* of one sealed message */

/* The key of the message that was sealed with that nonce under that key. */
void message_key_of(struct message_key *out, const struct seal_key *key, const struct seal_nonce *nonce);
/* seal_open with the message's own key: out holds len - SEAL_TAG_BYTES.  ETRUNCATED, EDECRYPT. */
MUST_USE enum muster_error message_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct bytes *aad,
                                        const struct seal_nonce *nonce, const struct message_key *key);

#endif
