#include "crypto/vector.h"

#include <sodium.h>
#include <string.h>

enum muster_error vector_ed25519(const uint8_t seed[32], const uint8_t public_key[32], const void *message, size_t len,
                                 const uint8_t signature[64])
{
    uint8_t derived[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], made[crypto_sign_BYTES];
    crypto_sign_seed_keypair(derived, secret, seed);
    if (memcmp(derived, public_key, sizeof(derived)) != 0)
        return MUSTER_EBADVALUE;
    crypto_sign_detached(made, NULL, message, len, secret);
    if (memcmp(made, signature, sizeof(made)) != 0)
        return MUSTER_EHASH;
    return crypto_sign_verify_detached(signature, message, len, public_key) == 0 ? MUSTER_OK : MUSTER_ESIGNATURE;
}

void vector_sha256(uint8_t out[32], const void *bytes, size_t len)
{
    crypto_hash_sha256(out, bytes, len);
}
