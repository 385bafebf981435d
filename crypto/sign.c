/* Ed25519 over a domain and parts.  libsodium signs one run of bytes, so the parts are put together
 * first: nearly always (a header, a statement) on the stack, the rest on the heap and bounded. */
#include "crypto/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

enum { NEAR_BYTES = 512 + 64 }; /* parts of 512 bytes and a domain */

struct message {
    uint8_t near[NEAR_BYTES];
    uint8_t *far; /* NULL, or owned */
    const uint8_t *at;
    size_t len;
};

static enum muster_error message_join(struct message *m, const char *domain, const struct bytes *parts, size_t count)
{
    size_t domain_len = strlen(domain) + 1, left = SIGN_PARTS_MAX; /* the NUL belongs to it */
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > left)
            return MUSTER_ETOOBIG;
        left -= parts[i].len;
    }
    m->len = domain_len + (SIGN_PARTS_MAX - left);
    m->far = m->len > sizeof(m->near) ? malloc(m->len) : NULL;
    if (!m->far && m->len > sizeof(m->near))
        return MUSTER_ETOOBIG;
    uint8_t *to = m->far ? m->far : m->near;
    m->at = to;
    memcpy(to, domain, domain_len);
    to += domain_len;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(to, parts[i].at, parts[i].len);
        to += parts[i].len;
    }
    return MUSTER_OK;
}

void sign_keys_from_seed(struct sign_public *public_key, struct sign_secret *secret, const uint8_t seed[32])
{
    crypto_sign_seed_keypair(public_key->b, secret->b, seed);
}

void sign_keys(struct sign_public *public_key, struct sign_secret *secret)
{
    crypto_sign_keypair(public_key->b, secret->b);
}

void crypto_sign_parts(struct signature *out, const struct sign_secret *secret, const char *domain,
                       const struct bytes *parts, size_t count)
{
    struct message m;
    enum muster_error error = message_join(&m, domain, parts, count);
    assert(error == MUSTER_OK); /* what we sign is bounded by our own formats */
    crypto_sign_detached(out->b, NULL, m.at, m.len, secret->b);
    free(m.far);
}

enum muster_error crypto_verify_parts(const struct signature *signature, const struct sign_public *key,
                                      const char *domain, const struct bytes *parts, size_t count)
{
    struct message m;
    enum muster_error error = message_join(&m, domain, parts, count);
    if (error)
        return error;
    if (crypto_sign_verify_detached(signature->b, m.at, m.len, key->b) != 0)
        error = MUSTER_ESIGNATURE;
    free(m.far);
    return error;
}
