/* mirrors crypto/crypto.c, sign.c, seal.c and vector.c */
#include "crypto/crypto.h"
#include "crypto/vector.h"
#include "unit/crypto/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char domain[] = "muster/1/test";

static struct bytes bytes_of(const struct vector *v, const char *key)
{
    return (struct bytes){vector_bytes(v, key, 0), vector_len(v, key)};
}

static void rfc8032_holds(const struct vector *v)
{
    assert_int_equal(vector_ed25519(vector_bytes(v, "seed", 32), vector_bytes(v, "public", 32),
                                    vector_bytes(v, "message", 0), vector_len(v, "message"),
                                    vector_bytes(v, "signature", 64)),
                     MUSTER_OK);
}

/* The same bytes must come out however they are cut into parts. */
static void hash_holds(const struct vector *v)
{
    const char *under = vector_text(v, "domain");
    struct bytes data = bytes_of(v, "data");
    const uint8_t *want = vector_bytes(v, "hash", 32);
    struct hash whole = crypto_hash1(under, data.at, data.len);
    assert_memory_equal(whole.b, want, 32);
    for (size_t cut = 0; cut <= data.len; cut += 1 + data.len / 7) {
        const struct bytes parts[] = {{data.at, cut}, {NULL, 0}, {data.at + cut, data.len - cut}};
        struct hash two = crypto_hash2(under, data.at, cut, data.at + cut, data.len - cut);
        struct hash three = crypto_hash_parts(under, parts, ARRAY_LEN(parts));
        assert_memory_equal(two.b, want, 32);
        assert_memory_equal(three.b, want, 32);
    }
}

static void keyed_holds(const struct vector *v)
{
    uint8_t got[32];
    size_t len = vector_len(v, "hash");
    crypto_keyed(got, len, vector_text(v, "domain"), vector_bytes(v, "key", 32), vector_bytes(v, "data", 0),
                 vector_len(v, "data"));
    assert_memory_equal(got, vector_bytes(v, "hash", 0), len);
}

static void seal_holds(const struct vector *v)
{
    struct seal_key key;
    struct seal_nonce nonce;
    uint8_t out[VECTOR_BYTES_MAX];
    struct bytes message = bytes_of(v, "message"), aad = bytes_of(v, "aad"), sealed = bytes_of(v, "sealed");
    memcpy(key.b, vector_bytes(v, "key", 32), 32);
    memcpy(nonce.b, vector_bytes(v, "nonce", 24), 24);
    assert_int_equal(sealed.len, message.len + SEAL_TAG_BYTES);
    seal(out, message.at, message.len, &aad, &nonce, &key);
    assert_memory_equal(out, sealed.at, sealed.len);
    assert_int_equal(seal_open(out, sealed.at, sealed.len, &aad, &nonce, &key), MUSTER_OK);
    assert_memory_equal(out, message.at, message.len);
    if (aad.len)
        assert_int_equal(seal_open(out, sealed.at, sealed.len, NULL, &nonce, &key), MUSTER_EDECRYPT);
    for (size_t bit = 0; bit < 8 * sealed.len; bit += 1 + sealed.len / 16) {
        uint8_t bent[VECTOR_BYTES_MAX];
        memcpy(bent, sealed.at, sealed.len);
        bent[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(seal_open(out, bent, sealed.len, &aad, &nonce, &key), MUSTER_EDECRYPT);
    }
    for (size_t len = 0; len < sealed.len; len += 1 + sealed.len / 64)
        assert_int_equal(seal_open(out, sealed.at, len, &aad, &nonce, &key),
                         len < SEAL_TAG_BYTES ? MUSTER_ETRUNCATED : MUSTER_EDECRYPT);
}

static void commitment_holds(const struct vector *v)
{
    struct seal_key key;
    memcpy(key.b, vector_bytes(v, "key", 32), 32);
    struct hash got = seal_commitment(&key);
    assert_memory_equal(got.b, vector_bytes(v, "hash", 32), 32);
}

static void box_holds(const struct vector *v)
{
    struct box_public to, again;
    struct box_secret secret;
    uint8_t out[VECTOR_BYTES_MAX];
    struct bytes message = bytes_of(v, "message"), sealed = bytes_of(v, "sealed");
    box_keys_from_seed(&to, &secret, vector_bytes(v, "to_seed", 32));
    box_public_of(&again, &secret);
    assert_memory_equal(to.b, vector_bytes(v, "to_public", 32), 32);
    assert_memory_equal(secret.b, vector_bytes(v, "to_secret", 32), 32);
    assert_memory_equal(again.b, to.b, 32);
    assert_int_equal(sealed.len, message.len + BOX_SEAL_BYTES);
    assert_int_equal(box_seal_seeded(out, message.at, message.len, &to, vector_bytes(v, "seed", 32)), MUSTER_OK);
    assert_memory_equal(out, sealed.at, sealed.len);
    assert_int_equal(box_open(out, sealed.at, sealed.len, &to, &secret), MUSTER_OK);
    assert_memory_equal(out, message.at, message.len);
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(box_open(out, sealed.at, len, &to, &secret),
                         len < BOX_SEAL_BYTES ? MUSTER_ETRUNCATED : MUSTER_EDECRYPT);
}

static void expand_holds(const struct vector *v)
{
    uint8_t got[256];
    size_t len = vector_len(v, "out");
    crypto_expand(got, len, vector_bytes(v, "seed", 32), vector_text(v, "label"),
                  get_le64(vector_bytes(v, "counter", 8)));
    assert_memory_equal(got, vector_bytes(v, "out", 0), len);
}

static void sign_holds(const struct vector *v)
{
    struct sign_public public_key;
    struct sign_secret secret;
    struct signature got;
    struct bytes message = bytes_of(v, "message");
    const struct bytes halves[] = {{message.at, message.len / 2},
                                   {message.at + message.len / 2, message.len - message.len / 2}};
    sign_keys_from_seed(&public_key, &secret, vector_bytes(v, "seed", 32));
    assert_memory_equal(public_key.b, vector_bytes(v, "public", 32), 32);
    crypto_sign_parts(&got, &secret, vector_text(v, "domain"), halves, 2);
    assert_memory_equal(got.b, vector_bytes(v, "signature", 64), 64);
    assert_int_equal(crypto_verify_parts(&got, &public_key, vector_text(v, "domain"), &message, 1), MUSTER_OK);
    assert_int_equal(crypto_verify_parts(&got, &public_key, "muster/1/tesu", &message, 1), MUSTER_ESIGNATURE);
}

static const struct {
    const char *says, *file, *name;
    void (*holds)(const struct vector *v);
    size_t count;
} vectors[] = {
    {"Ed25519 as in RFC 8032",                    "rfc8032.txt", "rfc8032",    rfc8032_holds,    4},
    {"hashes are BLAKE2b-256 under a domain",     "crypto.txt",  "hash",       hash_holds,       6},
    {"keyed hashes of 16 to 32 bytes",            "crypto.txt",  "keyed",      keyed_holds,      4},
    {"sealing is XChaCha20-Poly1305",             "crypto.txt",  "seal",       seal_holds,       5},
    {"the commitment to a key is its hash",       "crypto.txt",  "commitment", commitment_holds, 1},
    {"a box is made again from its seed",         "crypto.txt",  "box",        box_holds,        3},
    {"expanding is ChaCha20 under a derived key", "crypto.txt",  "expand",     expand_holds,     3},
    {"signatures cover the domain and all parts", "crypto.txt",  "sign",       sign_holds,       5},
};

static void test_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        print_message("%s\n", vectors[i].says);
        assert_int_equal(vectors_each(vectors[i].file, vectors[i].name, vectors[i].holds), vectors[i].count);
    }
}

/* A signed message of our own, to be bent. */
struct signed_message {
    struct sign_public key;
    struct sign_secret secret;
    struct signature signature;
    uint8_t text[40];
};

static struct signed_message sample(void)
{
    struct signed_message s = {.text = "the bridge at kilometre 12 is closed"};
    sign_keys(&s.key, &s.secret);
    crypto_sign_parts(&s.signature, &s.secret, domain, &(struct bytes){s.text, sizeof(s.text)}, 1);
    return s;
}

static enum muster_error verify(const struct signed_message *s)
{
    return crypto_verify_parts(&s->signature, &s->key, domain, &(struct bytes){s->text, sizeof(s->text)}, 1);
}

static void bend(uint8_t *bytes, size_t bit)
{
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void test_a_signature_is_refused_when_any_bit_flips(void **state)
{
    (void)state;
    struct signed_message s = sample();
    assert_int_equal(verify(&s), MUSTER_OK);
    struct {
        uint8_t *bytes;
        size_t len;
    } covered[] = {{s.signature.b, 64}, {s.key.b, 32}, {s.text, sizeof(s.text)}};
    for (size_t i = 0; i < ARRAY_LEN(covered); i++)
        for (size_t bit = 0; bit < 8 * covered[i].len; bit++) {
            bend(covered[i].bytes, bit);
            assert_int_equal(verify(&s), MUSTER_ESIGNATURE);
            bend(covered[i].bytes, bit);
        }
    assert_int_equal(verify(&s), MUSTER_OK);
}

/* S + L fits the equation as well as S does; two signatures for one message must not both count. */
static void test_a_signature_with_s_beyond_the_order_is_refused(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                      0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct signed_message s = sample();
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += s.signature.b[32 + i] + order[i];
        s.signature.b[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(verify(&s), MUSTER_ESIGNATURE);
}

static const struct {
    const char *says;
    uint8_t key[32];
} weak_keys[] = {
    {"the neutral point",                     {1}},
    {"the point of order two",                {0xec, [1 ... 30] = 0xff, [31] = 0x7f}},
    {"a point of order four",                 {0}},
    {"the neutral point, not canonical",      {0xee, [1 ... 30] = 0xff, [31] = 0x7f}},
    {"y = p, not canonical",                  {0xed, [1 ... 30] = 0xff, [31] = 0x7f}},
    {"the neutral point with its sign set",   {1, [31] = 0x80}},
};

/* Under a key of small order the signature R = neutral, S = 0 fits every message in a lax verifier. */
static void test_keys_of_small_order_are_refused(void **state)
{
    (void)state;
    struct signed_message s = sample();
    for (size_t i = 0; i < ARRAY_LEN(weak_keys); i++) {
        print_message("refuses %s\n", weak_keys[i].says);
        struct signed_message forged = s;
        memcpy(forged.key.b, weak_keys[i].key, 32);
        assert_int_equal(verify(&forged), MUSTER_ESIGNATURE);
        memset(forged.signature.b, 0, 64);
        forged.signature.b[0] = 1;
        assert_int_equal(verify(&forged), MUSTER_ESIGNATURE);
    }
}

static void test_signed_parts_keep_their_bound(void **state)
{
    (void)state;
    struct signed_message s = sample();
    uint8_t *much = calloc(1, SIGN_PARTS_MAX + 1);
    assert_non_null(much);
    struct bytes parts[] = {{much, SIGN_PARTS_MAX}, {much, 0}};
    crypto_sign_parts(&s.signature, &s.secret, domain, parts, 2);
    assert_int_equal(crypto_verify_parts(&s.signature, &s.key, domain, parts, 2), MUSTER_OK);
    parts[1].len = 1;
    assert_int_equal(crypto_verify_parts(&s.signature, &s.key, domain, parts, 2), MUSTER_ETOOBIG);
    parts[1].len = SIZE_MAX; /* the sum would wrap to something small */
    assert_int_equal(crypto_verify_parts(&s.signature, &s.key, domain, parts, 2), MUSTER_ETOOBIG);
    free(much);
}

static void test_a_domain_is_never_the_beginning_of_another(void **state)
{
    (void)state;
    struct hash short_domain = crypto_hash1("muster/1/a", "bc", 2);
    struct hash long_domain = crypto_hash1("muster/1/ab", "c", 1);
    assert_false(hash_eq(&short_domain, &long_domain));
}

static void test_commitments_tell_keys_apart(void **state)
{
    (void)state;
    struct seal_key key = {{0}};
    struct hash first = seal_commitment(&key);
    for (size_t bit = 0; bit < 256; bit++) {
        struct seal_key other = key;
        bend(other.b, bit);
        struct hash second = seal_commitment(&other);
        assert_false(hash_eq(&first, &second));
    }
}

static void test_boxes_open_for_their_reader_only(void **state)
{
    (void)state;
    struct box_public to, other;
    struct box_secret secret, others;
    uint8_t sealed[5 + BOX_SEAL_BYTES], twin[sizeof(sealed)], out[5];
    box_keys(&to, &secret);
    box_keys(&other, &others);
    assert_int_equal(box_seal(sealed, "epoch", 5, &to), MUSTER_OK);
    assert_int_equal(box_seal(twin, "epoch", 5, &to), MUSTER_OK);
    assert_memory_not_equal(sealed, twin, sizeof(sealed));
    assert_int_equal(box_open(out, sealed, sizeof(sealed), &to, &secret), MUSTER_OK);
    assert_memory_equal(out, "epoch", 5);
    assert_int_equal(box_open(out, sealed, sizeof(sealed), &other, &others), MUSTER_EDECRYPT);
    for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
        bend(sealed, bit);
        assert_int_equal(box_open(out, sealed, sizeof(sealed), &to, &secret), MUSTER_EDECRYPT);
        bend(sealed, bit);
    }
}

/* As in the daemon, where libzmq must never see this fail; libsodium finds this one too.  Our own refusal of
 * weak keys must not rest on it. */
int crypto_box_beforenm(unsigned char *k, const unsigned char *pk, const unsigned char *sk);

int crypto_box_beforenm(unsigned char *k, const unsigned char *pk, const unsigned char *sk)
{
    if (crypto_curve_beforenm(k, pk, sk) != 0)
        crypto_random(k, 32);
    return 0;
}

static void test_boxes_to_weak_keys_are_refused(void **state)
{
    (void)state;
    static const struct box_public weak[] = {{{0}}, {{1}}};
    uint8_t sealed[5 + BOX_SEAL_BYTES], seed[32] = {7};
    for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
        assert_int_equal(box_seal(sealed, "epoch", 5, &weak[i]), MUSTER_EBADVALUE);
        assert_int_equal(box_seal_seeded(sealed, "epoch", 5, &weak[i], seed), MUSTER_EBADVALUE);
    }
}

static void test_curve_keys_belong_together(void **state)
{
    (void)state;
    struct curve_public drawn, derived;
    struct curve_secret secret;
    curve_keys(&drawn, &secret);
    curve_public_of(&derived, &secret);
    assert_memory_equal(drawn.b, derived.b, 32);
}

static void test_expanded_streams_differ_by_seed_label_and_counter(void **state)
{
    (void)state;
    static const struct {
        uint8_t seed;
        const char *label;
        uint64_t counter;
    } streams[] = {{1, "nonce", 0}, {2, "nonce", 0}, {1, "key", 0}, {1, "nonce", 1}, {1, "", 0}};
    uint8_t out[ARRAY_LEN(streams)][32];
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        uint8_t seed[32] = {streams[i].seed}, longer[100];
        crypto_expand(out[i], 32, seed, streams[i].label, streams[i].counter);
        crypto_expand(longer, sizeof(longer), seed, streams[i].label, streams[i].counter);
        assert_memory_equal(out[i], longer, 32);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(out[i], out[j], 32);
    }
}

static void test_secrets_are_wiped_and_compared(void **state)
{
    (void)state;
    uint8_t a[32], b[32], zero[32] = {0};
    crypto_random(a, sizeof(a));
    memcpy(b, a, sizeof(a));
    assert_true(crypto_same(a, b, sizeof(a)));
    bend(b, 255);
    assert_false(crypto_same(a, b, sizeof(a)));
    assert_memory_not_equal(a, zero, sizeof(a));
    crypto_wipe(a, sizeof(a));
    assert_memory_equal(a, zero, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_a_signature_is_refused_when_any_bit_flips),
        cmocka_unit_test(test_a_signature_with_s_beyond_the_order_is_refused),
        cmocka_unit_test(test_keys_of_small_order_are_refused),
        cmocka_unit_test(test_signed_parts_keep_their_bound),
        cmocka_unit_test(test_a_domain_is_never_the_beginning_of_another),
        cmocka_unit_test(test_commitments_tell_keys_apart),
        cmocka_unit_test(test_boxes_open_for_their_reader_only),
        cmocka_unit_test(test_boxes_to_weak_keys_are_refused),
        cmocka_unit_test(test_curve_keys_belong_together),
        cmocka_unit_test(test_expanded_streams_differ_by_seed_label_and_counter),
        cmocka_unit_test(test_secrets_are_wiped_and_compared),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
