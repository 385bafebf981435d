#include "sim/crypto_fake.h"

#include "crypto/crypto.h"

static bool fake_on; /* set once before any thread starts */

void crypto_fake_use(bool fake)
{
    fake_on = fake;
}

void __real_sign_keys_from_seed(struct sign_public *public_key, struct sign_secret *secret, const uint8_t seed[32]);
void __real_crypto_sign_parts(struct signature *out, const struct sign_secret *secret, const char *domain, const struct bytes *parts, size_t count);
enum muster_error __real_crypto_verify_parts(const struct signature *signature, const struct sign_public *key, const char *domain,
                                             const struct bytes *parts, size_t count);
void __real_box_keys_from_seed(struct box_public *public_key, struct box_secret *secret, const uint8_t seed[32]);
void __real_curve_public_of(struct curve_public *public_key, const struct curve_secret *secret);
enum muster_error __real_box_seal_seeded(uint8_t *out, const void *bytes, size_t len, const struct box_public *to, const uint8_t seed[32]);
enum muster_error __real_box_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct box_public *public_key,
                                  const struct box_secret *secret);

void __wrap_sign_keys_from_seed(struct sign_public *public_key, struct sign_secret *secret, const uint8_t seed[32]);
void __wrap_crypto_sign_parts(struct signature *out, const struct sign_secret *secret, const char *domain, const struct bytes *parts, size_t count);
enum muster_error __wrap_crypto_verify_parts(const struct signature *signature, const struct sign_public *key, const char *domain,
                                             const struct bytes *parts, size_t count);
void __wrap_box_keys_from_seed(struct box_public *public_key, struct box_secret *secret, const uint8_t seed[32]);
void __wrap_curve_public_of(struct curve_public *public_key, const struct curve_secret *secret);
enum muster_error __wrap_box_seal_seeded(uint8_t *out, const void *bytes, size_t len, const struct box_public *to, const uint8_t seed[32]);
enum muster_error __wrap_box_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct box_public *public_key,
                                  const struct box_secret *secret);

void __wrap_sign_keys_from_seed(struct sign_public *public_key, struct sign_secret *secret, const uint8_t seed[32])
{
    if (!fake_on) {
        __real_sign_keys_from_seed(public_key, secret, seed);
        return;
    }
    struct hash h = crypto_hash1("fake/sign", seed, 32);
    memcpy(public_key->b, h.b, 32);
    memcpy(secret->b, seed, 32);
    memcpy(secret->b + 32, h.b, 32);
}

static struct hash mark(const uint8_t key[32], const char *domain, const struct bytes *parts, size_t count)
{
    struct bytes all[12] = {{key, 32}, {(const uint8_t *)domain, strlen(domain) + 1}};
    for (size_t i = 0; i < count && i < 10; i++)
        all[2 + i] = parts[i];
    return crypto_hash_parts("fake/signature", all, 2 + (count < 10 ? count : 10));
}

void __wrap_crypto_sign_parts(struct signature *out, const struct sign_secret *secret, const char *domain, const struct bytes *parts, size_t count)
{
    if (!fake_on) {
        __real_crypto_sign_parts(out, secret, domain, parts, count);
        return;
    }
    struct hash h = mark(secret->b + 32, domain, parts, count);
    memcpy(out->b, h.b, 32);
    memcpy(out->b + 32, h.b, 32);
}

enum muster_error __wrap_crypto_verify_parts(const struct signature *signature, const struct sign_public *key, const char *domain,
                                             const struct bytes *parts, size_t count)
{
    if (!fake_on)
        return __real_crypto_verify_parts(signature, key, domain, parts, count);
    struct hash h = mark(key->b, domain, parts, count);
    return memcmp(signature->b, h.b, 32) == 0 && memcmp(signature->b + 32, h.b, 32) == 0 ? MUSTER_OK : MUSTER_ESIGNATURE;
}

void __wrap_box_keys_from_seed(struct box_public *public_key, struct box_secret *secret, const uint8_t seed[32])
{
    if (!fake_on) {
        __real_box_keys_from_seed(public_key, secret, seed);
        return;
    }
    struct hash h = crypto_hash1("fake/box", seed, 32);
    memcpy(secret->b, seed, 32);
    memcpy(public_key->b, h.b, 32);
}

void __wrap_curve_public_of(struct curve_public *public_key, const struct curve_secret *secret)
{
    if (!fake_on) {
        __real_curve_public_of(public_key, secret);
        return;
    }
    struct hash h = crypto_hash1("fake/curve", secret->b, 32);
    memcpy(public_key->b, h.b, 32);
}

/* 32 bytes for the ephemeral key, then the plain text under a stream, then 16 bytes of tag. */
enum muster_error __wrap_box_seal_seeded(uint8_t *out, const void *bytes, size_t len, const struct box_public *to, const uint8_t seed[32])
{
    if (!fake_on)
        return __real_box_seal_seeded(out, bytes, len, to, seed);
    struct hash ephemeral = crypto_hash1("fake/ephemeral", seed, 32);
    struct hash key = crypto_hash2("fake/shared", ephemeral.b, 32, to->b, 32);
    const uint8_t *plain = bytes;
    memcpy(out, ephemeral.b, 32);
    for (size_t i = 0; i < len; i++)
        out[32 + i] = plain[i] ^ key.b[i % 32];
    struct hash tag = crypto_hash2("fake/tag", key.b, 32, out + 32, len);
    memcpy(out + 32 + len, tag.b, 16);
    return MUSTER_OK;
}

enum muster_error __wrap_box_open(uint8_t *out, const uint8_t *sealed, size_t len, const struct box_public *public_key,
                                  const struct box_secret *secret)
{
    if (!fake_on)
        return __real_box_open(out, sealed, len, public_key, secret);
    if (len < BOX_SEAL_BYTES)
        return MUSTER_ETRUNCATED;
    struct hash own = crypto_hash1("fake/box", secret->b, 32);
    struct hash key = crypto_hash2("fake/shared", sealed, 32, own.b, 32);
    struct hash tag = crypto_hash2("fake/tag", key.b, 32, sealed + 32, len - BOX_SEAL_BYTES);
    if (memcmp(tag.b, sealed + len - 16, 16) != 0 || memcmp(own.b, public_key->b, 32) != 0)
        return MUSTER_EDECRYPT;
    for (size_t i = 0; i < len - BOX_SEAL_BYTES; i++)
        out[i] = sealed[32 + i] ^ key.b[i % 32];
    return MUSTER_OK;
}
