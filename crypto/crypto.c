/* Start, chance and hashes; hashing is a hot path (two per record): the state lives on the stack. */
#include "crypto/crypto.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(crypto_generichash_BYTES == HASH_BYTES, "a hash is BLAKE2b-256");

enum { LOCK_TRY_BYTES = 16 * 1024 }; /* room for the few secrets of a node */

enum muster_error crypto_start(void)
{
    return sodium_init() < 0 ? MUSTER_EINTERNAL : MUSTER_OK;
}

bool crypto_can_lock(void)
{
    uint8_t tried[LOCK_TRY_BYTES];
    if (sodium_mlock(tried, sizeof(tried)) != 0)
        return false;
    return sodium_munlock(tried, sizeof(tried)) == 0;
}

void crypto_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void crypto_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}

bool crypto_same(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

/* The NUL behind the domain is hashed with it, so that no domain is the beginning of another. */
static void hash_domain(crypto_generichash_state *state, const char *domain)
{
    crypto_generichash_update(state, (const uint8_t *)domain, strlen(domain) + 1);
}

struct hash crypto_hash_parts(const char *domain, const struct bytes *parts, size_t count)
{
    struct hash out;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof(out.b));
    hash_domain(&state, domain);
    for (size_t i = 0; i < count; i++)
        if (parts[i].len)
            crypto_generichash_update(&state, parts[i].at, parts[i].len);
    crypto_generichash_final(&state, out.b, sizeof(out.b));
    return out;
}

struct hash crypto_hash1(const char *domain, const void *bytes, size_t len)
{
    return crypto_hash_parts(domain, &(struct bytes){bytes, len}, 1);
}

struct hash crypto_hash2(const char *domain, const void *a, size_t a_len, const void *b, size_t b_len)
{
    const struct bytes parts[] = {{a, a_len}, {b, b_len}};
    return crypto_hash_parts(domain, parts, ARRAY_LEN(parts));
}

void crypto_keyed(void *out, size_t out_len, const char *domain, const uint8_t key[32], const void *bytes, size_t len)
{
    assert(out_len >= crypto_generichash_BYTES_MIN && out_len <= HASH_BYTES);
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, out_len);
    hash_domain(&state, domain);
    if (len)
        crypto_generichash_update(&state, bytes, len);
    crypto_generichash_final(&state, out, out_len);
    sodium_memzero(&state, sizeof(state));
}

void crypto_expand(void *out, size_t len, const uint8_t seed[32], const char *label, uint64_t counter)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    uint8_t number[8], key[crypto_stream_chacha20_ietf_KEYBYTES];
    crypto_generichash_state state;
    put_le64(number, counter);
    crypto_generichash_init(&state, seed, 32, sizeof(key));
    hash_domain(&state, "muster/1/expand");
    hash_domain(&state, label);
    crypto_generichash_update(&state, number, sizeof(number));
    crypto_generichash_final(&state, key, sizeof(key));
    crypto_stream_chacha20_ietf(out, len, nonce, key);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(&state, sizeof(state));
}
