/* opened_test.c — bodies opened ahead are those that opening one by one gives; what is not to be opened stays shut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/kinds/kinds.h"
#include "protocol/log/opened.h"
#include "protocol/log/segment.h"
#include "protocol/object/op.h"

#include "base/pack.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 8, LONG = 6, ROOT = 1, MASKED = 5 }; /* MASKED: its header does not say that it sets its field */

static const struct log_id in_log = {{3}};
static const struct opened_key keys[] = {{{{8}}, {{80}}}, {{{9}}, {{90}}}};
static struct payload_codec *codec;

struct made {
    uint8_t item[SEGMENT_ITEM_MAX];
    size_t len;
};

/* Record 2 is without its payload, 3 in clear, 4 sealed to another key; 6 opens to more than there is room for. */
static void make(struct made *out, uint8_t epoch)
{
    static uint8_t payloads[RECORDS][PAYLOAD_BYTES_MAX];
    struct sign_public author;
    struct sign_secret secret;
    uint8_t seed[32] = {7};
    struct record_id ids[RECORDS];
    sign_keys_from_seed(&author, &secret, seed);
    struct segment_header h = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = LANE_ROUTINE, .count = RECORDS,
                               .space = {{2}}, .log = in_log, .position = 1, .first_sequence = 1, .epoch = {{epoch}}};
    memcpy(h.prev.b, in_log.b, HASH_BYTES);
    struct writer w = writer_over(out->item, sizeof(out->item));
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint8_t body[20000];
        struct writer b = writer_over(body, sizeof(body));
        char text[16384];
        int len = snprintf(text, sizeof(text), "record %u", i);
        for (int at = len; i == LONG && at < 16000; at++)
            text[len = at] = (char)('a' + at % 23);
        pack_map(&b, 1);
        pack_uint(&b, 5);
        pack_text(&b, text, (size_t)len);
        struct segment_record r = {.header = {.version = FORMAT_VERSION, .operation = OP_CREATE, .kind = KIND_INCIDENT, .schema = 1,
                                              .object = {{5}}, .sequence = 1 + i, .hlc = 77, .mask = i == MASKED ? 0 : 1u << 5, .flags = i == 3 ? RECORD_CLEAR : 0}};
        struct seal_nonce nonce = {{(uint8_t)(i + 1)}};
        if (i == ROOT)
            r.header.object = object_id_of(&in_log, r.header.sequence, r.header.hlc);
        struct seal_key other = {{55}};
        size_t sealed = 0;
        if (i == 3) {
            memcpy(payloads[i], body, sealed = writer_len(&b));
            r.header.payload_len = (uint32_t)sealed;
            r.header.payload_hash = payload_hash_of(payloads[i], (uint32_t)sealed);
        } else {
            assert_int_equal(payload_seal(codec, payloads[i], &sealed, (struct bytes){body, writer_len(&b)}, &in_log, &r.header,
                                          &nonce, i == 4 ? &other : &keys[1].key), MUSTER_OK);
        }
        if (i != 2)
            r.payload = (struct bytes){payloads[i], sealed};
        segment_record_write(&w, &r);
        uint8_t bytes[RECORD_HEADER_MAX];
        ids[i] = record_id_of(&in_log, bytes, record_header_write(bytes, &r.header));
    }
    out->len = writer_len(&w);
    segment_item_finish(out->item, &h, ids, false, &secret);
}

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

static void test_what_is_opened_ahead_is_what_opening_gives(void **state)
{
    static struct made m;
    struct segment_header header;
    (void)state;
    make(&m, 9);
    struct opened *opened = opened_make(codec, &in_log, m.item, m.len, keys, ARRAY_LEN(keys));
    assert_non_null(opened);
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct segment_record record;
        struct bytes ahead, now;
        assert_int_equal(segment_item_record(m.item, m.len, i, &header, &record), MUSTER_OK);
        bool is = opened_get(opened, i, &ahead);
        assert_int_equal(is, i < LONG && i != 2 && i != 3 && i != 4); /* behind what does not fit nothing is tried */
        if (!is) {
            assert_null(opened_facts_of(opened, i));
            continue;
        }
        assert_int_equal(payload_open(codec, &now, record.payload, &in_log, &record.header, &keys[1].key), MUSTER_OK);
        assert_int_equal(ahead.len, now.len);
        assert_memory_equal(ahead.at, now.at, now.len);
        const struct opened_facts *facts = opened_facts_of(opened, i);
        uint8_t bytes[RECORD_HEADER_MAX];
        struct record_id id = record_id_of(&in_log, bytes, record_header_write(bytes, &record.header));
        assert_memory_equal(facts->payload_hash.b, record.header.payload_hash.b, HASH_BYTES);
        assert_memory_equal(facts->id.b, id.b, HASH_BYTES);
        assert_int_equal(facts->root, object_id_fits(&record.header.object, &in_log, record.header.sequence));
        assert_int_equal(facts->root, i == ROOT);
        assert_int_equal(facts->plain, i != MASKED);
    }
    struct bytes none;
    assert_false(opened_get(opened, RECORDS, &none));
    assert_true(opened_bytes(opened) < OPENED_SHARE * m.len + 1024);
    opened_free(opened);
}

static void test_without_the_epochs_key_nothing_is_opened(void **state)
{
    static struct made m;
    struct bytes body;
    (void)state;
    make(&m, 9);
    assert_null(opened_make(codec, &in_log, m.item, m.len, keys, 1)); /* of another epoch */
    assert_null(opened_make(codec, &in_log, m.item, m.len, NULL, 0));
    assert_null(opened_make(codec, &in_log, m.item, SEGMENT_HEADER_BYTES - 1, keys, ARRAY_LEN(keys)));
    make(&m, 8); /* of an epoch whose key does not fit */
    assert_null(opened_make(codec, &in_log, m.item, m.len, keys, ARRAY_LEN(keys)));
    assert_false(opened_get(NULL, 0, &body));
    assert_int_equal(opened_bytes(NULL), 0);
    opened_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_opened_ahead_is_what_opening_gives),
        cmocka_unit_test(test_without_the_epochs_key_nothing_is_opened),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
