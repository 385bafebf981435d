/* Sealing to a public key (X25519 sealed box) and under a shared key (XChaCha20-Poly1305). */
#include "crypto/crypto.h"

#include <sodium.h>

_Static_assert(BOX_SEAL_BYTES == crypto_box_SEALBYTES, "a box is libsodium's sealed box");
_Static_assert(SEAL_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "the tag is Poly1305's");
_Static_assert(sizeof(struct seal_nonce) == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "24 bytes of nonce");

void box_keys(struct box_public *public_key, struct box_secret *secret)
{
    crypto_box_keypair(public_key->b, secret->b);
}

void box_keys_from_seed(struct box_public *public_key, struct box_secret *secret, const uint8_t seed[32])
{
    crypto_box_seed_keypair(public_key->b, secret->b, seed);
}

void curve_keys(struct curve_public *public_key, struct curve_secret *secret)
{
    crypto_box_keypair(public_key->b, secret->b);
}

void curve_public_of(struct curve_public *public_key, const struct curve_secret *secret)
{
    crypto_scalarmult_base(public_key->b, secret->b);
}

void box_public_of(struct box_public *public_key, const struct box_secret *secret)
{
    crypto_scalarmult_base(public_key->b, secret->b);
}

enum muster_error box_seal(uint8_t *out, const void *bytes, size_t len, const struct box_public *to)
{
    uint8_t seed[crypto_box_SEEDBYTES];
    randombytes_buf(seed, sizeof(seed));
    enum muster_error error = box_seal_seeded(out, bytes, len, to, seed);
    sodium_memzero(seed, sizeof(seed));
    return error;
}

/* What crypto_box_seal does, with the ephemeral key given.  The shared key is made by the function that is
 * named after its curve: crypto_box_beforenm, which libsodium's own sealing calls, is replaced in the daemon
 * by one that never fails, and a key of small order would pass. */
enum muster_error box_seal_seeded(uint8_t *out, const void *bytes, size_t len, const struct box_public *to,
                                  const uint8_t seed[32])
{
    uint8_t once_public[crypto_box_PUBLICKEYBYTES], once_secret[crypto_box_SECRETKEYBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES], shared[crypto_box_BEFORENMBYTES];
    crypto_generichash_state state;
    crypto_box_seed_keypair(once_public, once_secret, seed);
    int failed = crypto_box_curve25519xsalsa20poly1305_beforenm(shared, to->b, once_secret);
    if (!failed) {
        crypto_generichash_init(&state, NULL, 0, sizeof(nonce));
        crypto_generichash_update(&state, once_public, sizeof(once_public));
        crypto_generichash_update(&state, to->b, sizeof(to->b));
        crypto_generichash_final(&state, nonce, sizeof(nonce));
        memcpy(out, once_public, sizeof(once_public));
        failed = crypto_box_easy_afternm(out + sizeof(once_public), bytes, len, nonce, shared);
    }
    sodium_memzero(once_secret, sizeof(once_secret));
    sodium_memzero(shared, sizeof(shared));
    return failed ? MUSTER_EBADVALUE : MUSTER_OK;
}

enum muster_error box_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct box_public *public_key,
                           const struct box_secret *secret)
{
    if (len < BOX_SEAL_BYTES)
        return MUSTER_ETRUNCATED;
    return crypto_box_seal_open(out, sealed, len, public_key->b, secret->b) == 0 ? MUSTER_OK : MUSTER_EDECRYPT;
}

struct hash seal_commitment(const struct seal_key *key)
{
    return crypto_hash1("muster/1/key-commitment", key->b, sizeof(key->b));
}

void seal(uint8_t *out, const void *bytes, size_t len, const struct bytes *aad, const struct seal_nonce *nonce,
          const struct seal_key *key)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, bytes, len, aad ? aad->at : NULL, aad ? aad->len : 0, NULL,
                                               nonce->b, key->b);
}

enum muster_error seal_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct bytes *aad,
                            const struct seal_nonce *nonce, const struct seal_key *key)
{
    if (len < SEAL_TAG_BYTES)
        return MUSTER_ETRUNCATED;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, len, aad ? aad->at : NULL,
                                                            aad ? aad->len : 0, nonce->b, key->b);
    return failed ? MUSTER_EDECRYPT : MUSTER_OK;
}
