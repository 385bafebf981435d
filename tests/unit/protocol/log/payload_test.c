/* payload_test.c — a body sealed and opened again: only with its key, at its place, and padded so that its length tells little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "protocol/log/payload.h"

#include <stdlib.h>

static struct payload_codec *codec;
static struct log_id in_log = {{1}};
static struct seal_nonce nonce = {{2}};
static struct seal_key key = {{3}}, other_key = {{4}};
static uint8_t payload[PAYLOAD_BYTES_MAX], body[BODY_BYTES_MAX + 8];

static int start(void **state)
{
    (void)state;
    codec = payload_codec_new();
    return crypto_start() == MUSTER_OK && codec ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    payload_codec_free(codec);
    return 0;
}

static struct record_header header_of(uint16_t kind, uint16_t flags)
{
    return (struct record_header){.version = FORMAT_VERSION, .operation = 1, .kind = kind, .flags = flags, .sequence = 5};
}

/* A map of one text of so many letters; `noise`: letters that do not compress. */
static struct bytes text_body(size_t letters, bool noise)
{
    static uint8_t text[BODY_BYTES_MAX];
    uint8_t seed[32] = {9};
    crypto_expand(text, letters, seed, "test/text", 0);
    for (size_t i = 0; i < letters; i++)
        text[i] = noise ? (uint8_t)(32 + text[i] % 95) : 'a';
    struct writer w = writer_over(body, sizeof(body));
    pack_map(&w, 1);
    pack_uint(&w, 0);
    pack_text(&w, (const char *)text, letters);
    return (struct bytes){body, writer_len(&w)};
}

static void test_a_body_comes_back(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 20, 40, 60, 61, 100, 1000, 10000, 64 * 1024, BODY_BYTES_MAX - 16};
    static const uint16_t kinds[] = {0, 1, 2, 3, 7, 23, 999};
    for (size_t l = 0; l < ARRAY_LEN(lengths); l++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            for (unsigned variant = 0; variant < 4; variant++) {
                struct record_header h = header_of(kinds[k], variant & 1 ? RECORD_PERSONAL : 0);
                struct bytes in = text_body(lengths[l], variant & 2), got;
                size_t len, sealed;
                assert_int_equal(payload_seal(codec, payload, &len, in, &in_log, &h, &nonce, &key), MUSTER_OK);
                sealed = len - 24 - SEAL_TAG_BYTES - (variant & 1 ? 32 : 0);
                assert_int_equal(sealed % PAYLOAD_PAD, 0); /* compression leaks length: steps of 32 */
                assert_true(len <= in.len + PAYLOAD_OVERHEAD_MAX);
                assert_int_equal(h.payload_len, len);
                struct hash is = payload_hash_of(payload, len);
                assert_true(hash_eq(&is, &h.payload_hash));
                assert_int_equal(payload_open(codec, &got, (struct bytes){payload, len}, &in_log, &h, &key), MUSTER_OK);
                assert_int_equal(got.len, in.len);
                assert_memory_equal(got.at, in.at, in.len);
            }
}

static void test_a_body_of_the_largest_size_and_no_more(void **state)
{
    (void)state;
    struct record_header h = header_of(1, RECORD_PERSONAL);
    size_t len;
    struct bytes in = text_body(BODY_BYTES_MAX - 7, true);
    assert_true(in.len <= BODY_BYTES_MAX && in.len > BODY_BYTES_MAX - 8);
    assert_int_equal(payload_seal(codec, payload, &len, in, &in_log, &h, &nonce, &key), MUSTER_OK);
    in.len = BODY_BYTES_MAX + 1;
    assert_int_equal(payload_seal(codec, payload, &len, in, &in_log, &h, &nonce, &key), MUSTER_ETOOBIG);
}

static void test_it_opens_only_as_what_it_is(void **state)
{
    (void)state;
    struct log_id elsewhere = {{9}};
    for (unsigned personal = 0; personal < 2; personal++) {
        struct record_header h = header_of(1, personal ? RECORD_PERSONAL : 0), changed;
        struct bytes got;
        size_t len;
        assert_int_equal(payload_seal(codec, payload, &len, text_body(200, false), &in_log, &h, &nonce, &key), MUSTER_OK);
        struct bytes sealed = {payload, len};
        /* The commitment is looked at first: one ciphertext can open under two keys. */
        assert_int_equal(payload_open(codec, &got, sealed, &in_log, &h, &other_key),
                         personal ? MUSTER_ECOMMITMENT : MUSTER_EDECRYPT);
        assert_int_equal(payload_open(codec, &got, sealed, &elsewhere, &h, &key), MUSTER_EDECRYPT);
        changed = h;
        changed.sequence++;
        assert_int_equal(payload_open(codec, &got, sealed, &in_log, &changed, &key), MUSTER_EDECRYPT);
        changed = h;
        changed.mask ^= 1;
        assert_int_equal(payload_open(codec, &got, sealed, &in_log, &changed, &key), MUSTER_EDECRYPT);
        changed = h;
        changed.operation++;
        assert_int_equal(payload_open(codec, &got, sealed, &in_log, &changed, &key), MUSTER_EDECRYPT);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(payload_open(codec, &got, sealed, &in_log, &h, &key), MUSTER_OK);
            payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t cut = 0; cut < len; cut++)
            assert_int_not_equal(payload_open(codec, &got, (struct bytes){payload, cut}, &in_log, &h, &key), MUSTER_OK);
        assert_int_equal(payload_open(codec, &got, sealed, &in_log, &h, &key), MUSTER_OK);
    }
}

/* What an author with the key can put inside, which no signature forbids. */
static void seal_raw(struct record_header *h, const uint8_t *plain, size_t plain_len, size_t *len)
{
    uint8_t whole[RECORD_HEADER_MAX], bound[HASH_BYTES + RECORD_BOUND_BYTES];
    struct bytes aad = {bound, sizeof(bound)};
    memcpy(bound, in_log.b, HASH_BYTES);
    record_header_write(whole, h);
    memcpy(bound + HASH_BYTES, whole, RECORD_BOUND_BYTES);
    struct writer w = writer_over(payload, sizeof(payload));
    writer_put(&w, nonce.b, sizeof(nonce.b));
    seal(writer_skip(&w, plain_len + SEAL_TAG_BYTES), plain, plain_len, &aad, &nonce, &key);
    *len = writer_len(&w);
}

static void test_what_an_author_puts_inside_is_bounded(void **state)
{
    (void)state;
    /* flags, dictionary, length 4, content; the frame of the last says that it holds 4 GB */
    static const struct {
        const char *says;
        uint8_t plain[32];
        enum muster_error want;
    } rows[] = {
        {"an empty map is a body",                {0, 0, 1, 0, 0, 0, 0x80},                         MUSTER_OK        },
        {"nothing is none",                       {0, 0, 0, 0, 0, 0},                               MUSTER_ETRUNCATED},
        {"a length beyond the content is none",   {0, 0, 27, 0, 0, 0, 0x80},                        MUSTER_EBADVALUE },
        {"nor one beyond counting",               {0, 0, 255, 255, 255, 255, 0x80},                 MUSTER_EBADVALUE },
        {"an unknown flag is refused",            {2, 0, 1, 0, 0, 0, 0x80},                         MUSTER_EBADVALUE },
        {"compressed noise is refused",           {1, 0, 4, 0, 0, 0, 1, 2, 3, 4},                   MUSTER_EBADVALUE },
        {"a promise of 4 GB is refused unopened", {1, 0, 9, 0, 0, 0, 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 255, 255, 255, 255},
                                                                                                    MUSTER_ETOOBIG   },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct record_header h = header_of(1, 0);
        struct bytes got;
        size_t len;
        print_message("%s\n", rows[i].says);
        seal_raw(&h, rows[i].plain, sizeof(rows[i].plain), &len);
        assert_int_equal(payload_open(codec, &got, (struct bytes){payload, len}, &in_log, &h, &key), rows[i].want);
    }
}

static void test_a_wrap_gives_the_records_key_to_who_has_the_epochs(void **state)
{
    (void)state;
    uint8_t wrap[RECORD_BOUND_BYTES + 64];
    struct record_header h = header_of(1, RECORD_PERSONAL), changed = h;
    struct seal_key got;
    struct log_id elsewhere = {{9}};
    enum { LEN = 24 + 32 + 16 };
    payload_wrap(wrap, &in_log, &h, &other_key, &nonce, &key);
    assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN}, &in_log, &h, &key), MUSTER_OK);
    assert_memory_equal(got.b, other_key.b, sizeof(got.b));
    assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN}, &in_log, &h, &other_key), MUSTER_EDECRYPT);
    assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN}, &elsewhere, &h, &key), MUSTER_EDECRYPT);
    changed.sequence++;
    assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN}, &in_log, &changed, &key), MUSTER_EDECRYPT);
    assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN - 1}, &in_log, &h, &key), MUSTER_ETRUNCATED);
    for (size_t bit = 0; bit < 8 * LEN; bit++) {
        wrap[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(payload_unwrap(&got, (struct bytes){wrap, LEN}, &in_log, &h, &key), MUSTER_EDECRYPT);
        wrap[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_comes_back),
        cmocka_unit_test(test_a_body_of_the_largest_size_and_no_more),
        cmocka_unit_test(test_it_opens_only_as_what_it_is),
        cmocka_unit_test(test_what_an_author_puts_inside_is_bounded),
        cmocka_unit_test(test_a_wrap_gives_the_records_key_to_who_has_the_epochs),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
