/* content_test.c — what a disclosed proof opens, and that it opens nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/pack.h"
#include "sample.h"

static uint8_t bytes[PROOF_BYTES_MAX];
static struct payload_codec *codec;

static const struct {
    const char *says;
    uint16_t flags;
    size_t text;
} cases[] = {
    {"plain", 0, 20},
    {"compressed", 0, 900},
    {"personal", RECORD_PERSONAL, 20},
    {"personal and compressed", RECORD_PERSONAL, 900},
    {"clear", RECORD_CLEAR, 20},
};

static void test_disclosed_content_opens_without_the_epoch_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct sample s;
        static struct sample_record record;
        static struct proof proof;
        struct proof_problem problem;
        struct bytes body, name;
        size_t len = 0;
        print_message("content that is %s\n", cases[i].says);
        sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
        sample_write(&s, &record, codec,
                     (struct sample_wish){.count = 256, .index = 200, .flags = cases[i].flags, .text = cases[i].text});
        struct proof_opening opening = sample_opening(&s, &record);
        assert_int_equal(proof_make(bytes, sizeof(bytes), &len, false, &record.source, NULL, 0, &opening), MUSTER_OK);
        assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
        assert_true(proof.disclosed);
        assert_int_equal(proof_open(&proof, codec, &body, &problem), MUSTER_OK);
        assert_true(pack_get_run(body, 0, &name));
        assert_int_equal(name.len, cases[i].text);
        assert_int_equal(name.at[0], 'a');
        assert_null(memmem(bytes, len, s.epoch_key.b, sizeof(s.epoch_key.b)));
        /* Another key opens nothing. */
        if (cases[i].flags & RECORD_CLEAR)
            continue;
        opening.key[3] ^= 4;
        assert_int_equal(proof_make(bytes, sizeof(bytes), &len, false, &record.source, NULL, 0, &opening), MUSTER_OK);
        assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
        assert_int_equal(proof_open(&proof, codec, &body, &problem),
                         cases[i].flags & RECORD_PERSONAL ? MUSTER_ECOMMITMENT : MUSTER_EDECRYPT);
    }
}

static void test_without_disclosing_there_is_nothing_to_open(void **state)
{
    static struct sample s;
    static struct sample_record record;
    static struct proof proof;
    struct proof_problem problem;
    struct bytes body;
    size_t len = 0;
    (void)state;
    sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
    sample_write(&s, &record, codec, sample_plain());
    assert_int_equal(proof_make(bytes, sizeof(bytes), &len, false, &record.source, NULL, 0, NULL), MUSTER_OK);
    assert_int_equal(proof_read(&proof, bytes, len, &problem), MUSTER_OK);
    assert_int_equal(proof_open(&proof, codec, &body, &problem), MUSTER_ENOTFOUND);
}

static void test_the_key_of_one_message_is_the_key_of_no_other(void **state)
{
    static struct sample s;
    static struct sample_record one, two;
    struct message_key key;
    struct bytes body;
    (void)state;
    sample_agency(&s, 1, "Yibin", 3, false, NULL, 0);
    sample_write(&s, &one, codec, (struct sample_wish){.count = 1, .text = 20});
    sample_write(&s, &two, codec, (struct sample_wish){.count = 1, .text = 20});
    assert_int_equal(payload_message_key(&key, (struct bytes){one.payload, one.payload_len}, &s.epoch_key), MUSTER_OK);
    assert_memory_not_equal(key.b, s.epoch_key.b, sizeof(key.b));
    assert_int_equal(
        payload_open_disclosed(codec, &body, (struct bytes){one.payload, one.payload_len}, &s.log, &one.header, &key),
        MUSTER_OK);
    assert_int_equal(
        payload_open_disclosed(codec, &body, (struct bytes){two.payload, two.payload_len}, &s.log, &two.header, &key),
        MUSTER_EDECRYPT);
}

/* message_open against seal: every length up to two blocks, bound data, and one bit of each. */
static void test_message_open_opens_what_was_sealed(void **state)
{
    uint8_t plain[130], sealed[130 + SEAL_TAG_BYTES], out[130];
    struct seal_key key;
    struct seal_nonce nonce;
    struct message_key own;
    struct bytes aad = {(const uint8_t *)"place", 5}, other = {(const uint8_t *)"plage", 5};
    (void)state;
    memset(key.b, 0x42, sizeof(key.b));
    for (size_t i = 0; i < sizeof(nonce.b); i++)
        nonce.b[i] = (uint8_t)(i * 11);
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 5);
    message_key_of(&own, &key, &nonce);
    for (size_t len = 0; len <= sizeof(plain); len++) {
        seal(sealed, plain, len, &aad, &nonce, &key);
        assert_int_equal(message_open(out, sealed, len + SEAL_TAG_BYTES, &aad, &nonce, &own), MUSTER_OK);
        assert_memory_equal(out, plain, len);
        assert_int_equal(message_open(out, sealed, len + SEAL_TAG_BYTES, &other, &nonce, &own), MUSTER_EDECRYPT);
        sealed[len / 2] ^= 1;
        assert_int_equal(message_open(out, sealed, len + SEAL_TAG_BYTES, &aad, &nonce, &own), MUSTER_EDECRYPT);
    }
    assert_int_equal(message_open(out, sealed, SEAL_TAG_BYTES - 1, &aad, &nonce, &own), MUSTER_ETRUNCATED);
}

/* What a writer of ours never makes is refused even if it opens: the padding, its length, unknown flags. */
static void test_plain_text_of_another_shape_is_refused(void **state)
{
    static const struct {
        const char *says;
        size_t len, at;
        uint8_t value;
        enum muster_error want;
    } shapes[] = {
        {"takes what a writer makes", 32, 0, 0, MUSTER_OK},
        {"refuses a byte in the padding", 32, 31, 1, MUSTER_EBADVALUE},
        {"refuses more padding than needed", 64, 0, 0, MUSTER_EBADVALUE},
        {"refuses a flag that is not known", 32, 0, 8, MUSTER_EBADVALUE},
        {"refuses a length beyond the end", 32, 3, 1, MUSTER_EBADVALUE},
        {"refuses what is no msgpack", 32, 6, 0xc1, MUSTER_EBADVALUE},
    };
    struct log_id log = {{7}};
    struct seal_key key = {{1}};
    struct seal_nonce nonce = {{2}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct record_header header = {.version = 1, .operation = 2, .kind = 1, .schema = 1, .sequence = 1};
        uint8_t plain[64] = {0}, payload[24 + 64 + SEAL_TAG_BYTES], whole[RECORD_HEADER_MAX],
                bound[32 + RECORD_BOUND_BYTES];
        struct message_key own;
        struct bytes body, aad = {bound, sizeof(bound)};
        print_message("payload_open_disclosed %s\n", shapes[i].says);
        plain[2] = 1;
        plain[6] = 0x80; /* an empty map */
        plain[shapes[i].at] |= shapes[i].value;
        record_header_write(whole, &header);
        memcpy(bound, log.b, 32);
        memcpy(bound + 32, whole, RECORD_BOUND_BYTES);
        memcpy(payload, nonce.b, 24);
        seal(payload + 24, plain, shapes[i].len, &aad, &nonce, &key);
        message_key_of(&own, &key, &nonce);
        assert_int_equal(payload_open_disclosed(codec, &body,
                                                (struct bytes){payload, 24 + shapes[i].len + SEAL_TAG_BYTES}, &log,
                                                &header, &own),
                         shapes[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disclosed_content_opens_without_the_epoch_key),
        cmocka_unit_test(test_without_disclosing_there_is_nothing_to_open),
        cmocka_unit_test(test_the_key_of_one_message_is_the_key_of_no_other),
        cmocka_unit_test(test_message_open_opens_what_was_sealed),
        cmocka_unit_test(test_plain_text_of_another_shape_is_refused),
    };
    if (crypto_start() != MUSTER_OK || !(codec = payload_codec_new()))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    payload_codec_free(codec);
    return failed;
}
