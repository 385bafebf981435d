/* vector.h — single algorithms, for published test vectors only.
 *
 * The rest of the house signs and hashes under a domain (crypto.h), which no published vector has.
 * These functions let tests/vectors/crypto be checked against the very library in use.  Nothing but
 * tests calls them. */
#ifndef MUSTER_CRYPTO_VECTOR_H
#define MUSTER_CRYPTO_VECTOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Does the seed give the public key, does signing the message give the signature, and does it verify?
 * OK; EBADVALUE (another public key), EHASH (another signature), ESIGNATURE (does not verify). */
MUST_USE enum muster_error vector_ed25519(const uint8_t seed[32], const uint8_t public_key[32], const void *message,
                                          size_t len, const uint8_t signature[64]);
/* SHA-256, for the checksum under which the word list is published. */
void vector_sha256(uint8_t out[32], const void *bytes, size_t len);

#endif
