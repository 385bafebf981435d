/* crypto.h — hashes, signatures and sealing, over libsodium.
 *
 * Every purpose has its own key type.  Every hash and signature starts with a domain string
 * (SPEC 3.2): H(domain, bytes) = BLAKE2b-256(domain || 0x00 || bytes).  Secrets are wiped with
 * crypto_wipe.  Functions that can fail in the world return enum muster_error.  Nothing allocates, except
 * that signing and verifying more than 512 bytes borrows a bounded buffer for the call.  Outputs do not
 * overlap inputs. */
#ifndef MUSTER_CRYPTO_CRYPTO_H
#define MUSTER_CRYPTO_CRYPTO_H

#include "base/bytes.h"
#include "base/ids.h"

#define MUSTER_KEY_TYPE(name, size)                                                                                    \
    struct name {                                                                                                      \
        uint8_t b[size];                                                                                               \
    }

MUSTER_KEY_TYPE(sign_public, 32);  /* Ed25519: agency roots, nodes, incarnations, operators */
MUSTER_KEY_TYPE(sign_secret, 64);  /* seed and public key, as libsodium keeps it */
MUSTER_KEY_TYPE(box_public, 32);   /* X25519: what epoch keys and invites are sealed to */
MUSTER_KEY_TYPE(box_secret, 32);
MUSTER_KEY_TYPE(curve_public, 32); /* X25519: the transport's CURVE key, never used for anything else */
MUSTER_KEY_TYPE(curve_secret, 32);
MUSTER_KEY_TYPE(seal_key, 32);     /* XChaCha20-Poly1305: an epoch's or a record's key */
MUSTER_KEY_TYPE(seal_nonce, 24);
MUSTER_KEY_TYPE(signature, 64);

enum { SEAL_TAG_BYTES = 16, BOX_SEAL_BYTES = 48, SIGN_PARTS_MAX = 256 * 1024 };

/* Once per process, before anything else.  EINTERNAL if libsodium cannot start. */
MUST_USE enum muster_error crypto_start(void);
/* Whether secrets can be locked in memory (RLIMIT_MEMLOCK); the daemon logs the answer. */
bool crypto_can_lock(void);

/* Random bytes of the operating system.  Never called by protocol/; the only other functions that draw
 * at random are sign_keys, box_keys, curve_keys and box_seal. */
void crypto_random(void *out, size_t len);
void crypto_wipe(void *secret, size_t len);
/* Whether two secrets of one length are the same, in constant time. */
bool crypto_same(const void *a, const void *b, size_t len);

/* H(domain, part || part || ...); parts is an array of `count`.  Where one part ends is not hashed: the
 * caller's format fixes the lengths.  (Not called crypto_hash: libsodium exports that name.) */
struct hash crypto_hash_parts(const char *domain, const struct bytes *parts, size_t count);
struct hash crypto_hash1(const char *domain, const void *bytes, size_t len);
struct hash crypto_hash2(const char *domain, const void *a, size_t a_len, const void *b, size_t b_len);
/* Keyed BLAKE2b of out_len bytes (16..32, asserted) over domain || 0x00 || bytes.  The length is part of
 * the hash: a short one is not the beginning of a long one. */
void crypto_keyed(void *out, size_t out_len, const char *domain, const uint8_t key[32], const void *bytes, size_t len);

/* Signatures cover domain || 0x00 || parts, parts together at most SIGN_PARTS_MAX (asserted when signing).
 * Verify is strict: canonical S, no small-order or non-canonical keys.  OK; ESIGNATURE; ETOOBIG for more
 * than SIGN_PARTS_MAX, or when there is no memory for them. */
void sign_keys_from_seed(struct sign_public *public_key, struct sign_secret *secret, const uint8_t seed[32]);
void sign_keys(struct sign_public *public_key, struct sign_secret *secret);
void crypto_sign_parts(struct signature *out, const struct sign_secret *secret, const char *domain,
                       const struct bytes *parts, size_t count);
MUST_USE enum muster_error crypto_verify_parts(const struct signature *signature, const struct sign_public *key,
                                               const char *domain, const struct bytes *parts, size_t count);

/* Pairs, drawn at random or made from a seed (the same seed, the same pair), and the public half of a secret
 * one. */
void box_keys(struct box_public *public_key, struct box_secret *secret);
void box_keys_from_seed(struct box_public *public_key, struct box_secret *secret, const uint8_t seed[32]);
void curve_keys(struct curve_public *public_key, struct curve_secret *secret);
void curve_public_of(struct curve_public *public_key, const struct curve_secret *secret);
void box_public_of(struct box_public *public_key, const struct box_secret *secret);

/* Anonymous sealed box: out holds len + BOX_SEAL_BYTES.  The ephemeral key is drawn at random, hence
 * not for protocol/.  EBADVALUE for a key of small order. */
MUST_USE enum muster_error box_seal(uint8_t *out, const void *bytes, size_t len, const struct box_public *to);
/* The same with the ephemeral seed given (32 random bytes, used once): for protocol/, whose chance comes
 * in events.  Opens with box_open. */
MUST_USE enum muster_error box_seal_seeded(uint8_t *out, const void *bytes, size_t len, const struct box_public *to,
                                           const uint8_t seed[32]);
/* out holds len - BOX_SEAL_BYTES.  ETRUNCATED, EDECRYPT. */
MUST_USE enum muster_error box_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct box_public *public_key,
                                    const struct box_secret *secret);

/* The commitment to a key: H("muster/1/key-commitment", key).  It is signed where the key is announced
 * and checked before anything is opened with the key. */
struct hash seal_commitment(const struct seal_key *key);
/* out holds len + SEAL_TAG_BYTES; aad is bound, not stored. */
void seal(uint8_t *out, const void *bytes, size_t len, const struct bytes *aad, const struct seal_nonce *nonce,
          const struct seal_key *key);
/* out holds len - SEAL_TAG_BYTES.  ETRUNCATED, EDECRYPT. */
MUST_USE enum muster_error seal_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct bytes *aad,
                                     const struct seal_nonce *nonce, const struct seal_key *key);

/* Deterministic stream of bytes from a 32-byte seed and a label: for protocol/, which draws nonces and
 * keys from the chance that its events carry.  ChaCha20 (RFC 8439, nonce and first counter 0) under the
 * key BLAKE2b-256(keyed with seed, "muster/1/expand" || 0x00 || label || 0x00 || counter as u64 LE). */
void crypto_expand(void *out, size_t len, const uint8_t seed[32], const char *label, uint64_t counter);

/* The shared key of a CURVE public and secret key: 0, or -1 for a public key of small order (k is then
 * not a secret).  For node/beforenm.c, and to refuse such a key before it is dialled. */
int crypto_curve_beforenm(unsigned char k[32], const unsigned char pk[32], const unsigned char sk[32]);

#endif
