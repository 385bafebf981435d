/* segment_test.c — records and segments: stored and wire forms, the tree, and every bit that may not be another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/merkle.h"
#include "protocol/object/op.h"
#include "protocol/log/segment.h"

#include <stdlib.h>

struct made {
    uint8_t item[SEGMENT_ITEM_MAX];
    size_t len;
    struct segment_header header;
    struct segment_id id;
    struct record_id ids[SEGMENT_RECORDS_MAX];
};

static struct sign_public author;
static struct sign_secret secret;
static struct log_id in_log = {{1}};
static struct made one, two, three;

static int start(void **state)
{
    uint8_t seed[32] = {7};
    (void)state;
    if (crypto_start() != MUSTER_OK)
        return -1;
    sign_keys_from_seed(&author, &secret, seed);
    return 0;
}

/* Every fourth is personal and has a wrap, unless it has no payload. */
static bool wrapped(uint32_t i)
{
    return i % 4 == 1 && i % 3 != 2;
}

/* A segment of `count` records; every third without its payload, some with a wrap, more and more references. */
static void make(struct made *out, const struct made *before, uint32_t count, uint8_t epoch)
{
    static const uint8_t payload[300] = {1, 2, 3}, wrap[RECORD_WRAP_BYTES] = {9};
    struct segment_header *h = &out->header;
    *h = (struct segment_header){.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = LANE_ROUTINE, .count = count,
                                 .space = {{2}}, .log = in_log, .position = 1, .first_sequence = 1, .epoch = {{epoch}}};
    memcpy(h->prev.b, in_log.b, HASH_BYTES);
    if (before) {
        h->position = before->header.position + 1;
        h->first_sequence = before->header.first_sequence + before->header.count;
        h->prev = before->id;
    }
    struct writer w = writer_over(out->item, sizeof(out->item));
    writer_skip(&w, SEGMENT_HEADER_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        struct segment_record r = {.header = {.version = FORMAT_VERSION, .operation = (uint8_t)i, .flags = (uint16_t)((i & ~2u) | (wrapped(i) ? RECORD_PERSONAL : 0)),
                                              .kind = 3, .schema = 4, .object = {{5}}, .sequence = h->first_sequence + i,
                                              .hlc = UINT64_MAX - i, .mask = 1ull << i % 64, .payload_len = 10 + i,
                                              .ref_count = (uint8_t)(i % (REFS_MAX + 1))}};
        for (size_t n = 0; n < r.header.ref_count; n++)
            r.header.refs[n] = (struct record_ref){(uint8_t)(200 + n), {{(uint8_t)n}}};
        if (wrapped(i)) {
            size_t n = r.header.ref_count < REFS_MAX ? r.header.ref_count++ : REFS_MAX - 1;
            r.header.refs[n] = (struct record_ref){REF_WRAP, wrap_hash_of(wrap, sizeof(wrap))};
            r.wrap = (struct bytes){wrap, sizeof(wrap)};
        }
        if (i % 3 != 2)
            r.payload = (struct bytes){payload, r.header.payload_len};
        r.header.payload_hash = payload_hash_of(payload, r.header.payload_len);
        segment_record_write(&w, &r);
        uint8_t bytes[RECORD_HEADER_MAX];
        out->ids[i] = record_id_of(&in_log, bytes, record_header_write(bytes, &r.header));
    }
    out->len = writer_len(&w);
    segment_item_finish(out->item, h, out->ids, false, &secret);
    out->id = segment_id_of(out->item);
}

static void test_a_record_header_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (uint8_t refs = 0; refs <= REFS_MAX; refs++) {
        uint8_t bytes[RECORD_HEADER_MAX + 1], again[RECORD_HEADER_MAX];
        struct record_header h = {.version = FORMAT_VERSION, .operation = 2, .flags = 0xffff, .kind = 3, .schema = 4,
                                  .object = {{6}}, .sequence = UINT64_MAX, .hlc = 8, .mask = 9, .payload_len = 10,
                                  .payload_hash = {{11}}, .ref_count = refs}, got = {.version = 77};
        for (size_t n = 0; n < refs; n++)
            h.refs[n] = (struct record_ref){(uint8_t)n, {{(uint8_t)(n + 1)}}};
        size_t len = record_header_write(bytes, &h);
        assert_int_equal(len, RECORD_HEADER_MIN + 33 * (size_t)refs);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_not_equal(record_header_read(&got, bytes, cut), MUSTER_OK);
        bytes[len] = 0;
        assert_int_equal(record_header_read(&got, bytes, len + 1), MUSTER_ETRAILING);
        assert_int_equal(got.version, 77); /* untouched by what was refused */
        assert_int_equal(record_header_read(&got, bytes, len), MUSTER_OK);
        assert_int_equal(record_header_write(again, &got), len);
        assert_memory_equal(again, bytes, len);
        bytes[RECORD_HEADER_MIN - 1] = REFS_MAX + 1;
        assert_int_equal(record_header_read(&got, bytes, len), MUSTER_ETOOBIG);
    }
}

static void test_an_objects_id_belongs_to_its_create(void **state)
{
    (void)state;
    struct log_id other = {{2}};
    struct object_id id = object_id_of(&in_log, 5, (uint64_t)1760000000000 << 16), later;
    later = object_id_of(&in_log, 5, (uint64_t)1760000000001 << 16);
    assert_true(object_id_fits(&id, &in_log, 5) && object_id_fits(&later, &in_log, 5));
    assert_false(object_id_fits(&id, &in_log, 6));
    assert_false(object_id_fits(&id, &other, 5));
    assert_true(memcmp(id.b, later.b, OBJECT_ID_BYTES) < 0); /* stores append */
    for (size_t byte = 6; byte < OBJECT_ID_BYTES; byte++) {
        later = id;
        later.b[byte] ^= 1;
        assert_false(object_id_fits(&later, &in_log, 5));
    }
}

static const struct {
    const char *says;
    size_t at;
    uint64_t value;
    size_t bytes;
    enum muster_error want;
} headers[] = {
    {"a later version is not read",                 0,   FORMAT_VERSION + 1,      1, MUSTER_EVERSION  },
    {"another algorithm is not read",               1,   2,                       1, MUSTER_EALGORITHM},
    {"no records are no segment",                   4,   0,                       4, MUSTER_EBADVALUE },
    {"257 are too many",                            4,   SEGMENT_RECORDS_MAX + 1, 4, MUSTER_ETOOBIG   },
    {"256 are not",                                 4,   SEGMENT_RECORDS_MAX,     4, MUSTER_OK        },
    {"position 0 is none",                          72,  0,                       8, MUSTER_EBADVALUE },
    {"the last position can be counted on from",    72,  SEGMENT_POSITION_MAX,    8, MUSTER_OK        },
    {"the next cannot",                             72,  SEGMENT_POSITION_MAX + 1, 8, MUSTER_EBADVALUE},
    {"sequence 0 is none",                          80,  0,                       8, MUSTER_EBADVALUE },
    {"a sequence beyond counting is none",          80,  UINT64_MAX,              8, MUSTER_EBADVALUE },
};

static void test_a_header_keeps_its_bounds(void **state)
{
    (void)state;
    make(&one, NULL, 3, 1);
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        uint8_t bytes[SEGMENT_HEADER_BYTES], value[8];
        struct segment_header got;
        print_message("%s\n", headers[i].says);
        memcpy(bytes, one.item, sizeof(bytes));
        put_le64(value, headers[i].value);
        memcpy(bytes + headers[i].at, value, headers[i].bytes);
        assert_int_equal(segment_header_read(&got, bytes), headers[i].want);
    }
}

/* Every bit of a stored segment is bound. */
static void test_no_bit_of_a_segment_may_be_another(void **state)
{
    (void)state;
    make(&one, NULL, 5, 1);
    assert_int_equal(segment_item_check(one.item, one.len, NULL), MUSTER_OK);
    assert_int_equal(segment_verify(one.item, false, &author), MUSTER_OK);
    assert_int_equal(segment_verify(one.item, true, &author), MUSTER_ESIGNATURE);
    size_t unbound = 0;
    for (size_t bit = 0; bit < 8 * one.len; bit++) {
        one.item[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bool hashes = segment_item_check(one.item, one.len, NULL) == MUSTER_OK;
        bool signature = segment_verify(one.item, false, &author) == MUSTER_OK;
        struct segment_id id = segment_id_of(one.item);
        if (bit < 8 * SEGMENT_HEADER_BYTES) {
            assert_false(signature && hashes);
            assert_false(segment_id_eq(&id, &one.id));
        } else {
            unbound += hashes;
        }
        one.item[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(unbound, 0);
    for (size_t cut = 0; cut < one.len; cut++)
        assert_int_not_equal(segment_item_check(one.item, cut, NULL), MUSTER_OK);
    one.item[one.len] = 0;
    assert_int_equal(segment_item_check(one.item, one.len + 1, NULL), MUSTER_ETRAILING);
}

static void test_a_record_is_found_in_its_segment(void **state)
{
    (void)state;
    make(&one, NULL, SEGMENT_RECORDS_MAX, 1);
    for (uint32_t i = 0; i < SEGMENT_RECORDS_MAX; i++) {
        struct segment_header header;
        struct segment_record record;
        uint8_t bytes[RECORD_HEADER_MAX];
        assert_int_equal(segment_item_record(one.item, one.len, i, &header, &record), MUSTER_OK);
        struct record_id id = record_id_of(&in_log, bytes, record_header_write(bytes, &record.header));
        assert_memory_equal(id.b, one.ids[i].b, HASH_BYTES);
        assert_int_equal(record.payload.at != NULL, i % 3 != 2);
        assert_int_equal(record.wrap.at != NULL, wrapped(i));
    }
    struct segment_header header;
    struct segment_record record;
    assert_int_equal(segment_item_record(one.item, one.len, SEGMENT_RECORDS_MAX, &header, &record), MUSTER_ENOTFOUND);
}

/* A record is proved by its path to the root, for any number of records; and no other is. */
static void test_a_path_proves_one_record(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 255, 256};
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        make(&one, NULL, counts[c], 1);
        struct hash leaves[SEGMENT_RECORDS_MAX], path[MERKLE_PATH_MAX];
        memcpy(leaves, one.ids, counts[c] * sizeof(*leaves));
        for (uint32_t i = 0; i < counts[c]; i += 1 + counts[c] / 9) {
            size_t len = merkle_path(path, leaves, counts[c], i);
            assert_int_equal(merkle_verify(&one.header.root, &leaves[i], counts[c], i, path, len), MUSTER_OK);
            for (uint32_t j = 0; j < counts[c]; j += 1 + counts[c] / 9)
                if (j != i) {
                    assert_int_not_equal(merkle_verify(&one.header.root, &leaves[j], counts[c], i, path, len), MUSTER_OK);
                    assert_int_not_equal(merkle_verify(&one.header.root, &leaves[i], counts[c], j, path, len), MUSTER_OK);
                }
        }
    }
}

/* --- wire ----------------------------------------------------------------------------------------------------------------- */

static size_t to_wire(uint8_t *wire, size_t size, const struct made *const *list, size_t count)
{
    struct writer w = writer_over(wire, size);
    struct segment_chain chain = {.space = {{2}}, .log = in_log};
    for (size_t i = 0; i < count; i++)
        segment_wire_write(&w, &chain, list[i]->item, list[i]->len);
    return writer_len(&w);
}

static const struct {
    const char *says;
    size_t order[3], count;
    uint8_t epochs[3];
} runs[] = {
    {"one alone, with all",                             {0},       1, {1, 1, 1}},
    {"one from the middle of its log",                  {1},       1, {1, 1, 1}},
    {"three in a row, of one epoch",                    {0, 1, 2}, 3, {1, 1, 1}},
    {"three in a row, of three epochs",                 {0, 1, 2}, 3, {1, 2, 3}},
    {"with a gap between them",                         {0, 2},    2, {1, 1, 2}},
    {"from the last to the first",                      {2, 1, 0}, 3, {1, 2, 2}},
    {"the same one twice",                              {1, 1},    2, {1, 1, 1}},
};

static void test_what_is_written_to_the_wire_is_rebuilt(void **state)
{
    (void)state;
    static uint8_t wire[4 * SEGMENT_ITEM_MAX], item[SEGMENT_ITEM_MAX];
    for (size_t r = 0; r < ARRAY_LEN(runs); r++) {
        print_message("%s\n", runs[r].says);
        make(&one, NULL, 3, runs[r].epochs[0]);
        make(&two, &one, 1, runs[r].epochs[1]);
        make(&three, &two, 7, runs[r].epochs[2]);
        const struct made *all[] = {&one, &two, &three}, *list[3];
        for (size_t i = 0; i < runs[r].count; i++)
            list[i] = all[runs[r].order[i]];
        size_t len = to_wire(wire, sizeof(wire), list, runs[r].count);
        struct segment_chain chain = {.space = {{2}}, .log = in_log};
        struct cursor c = cursor_over(wire, len);
        for (size_t i = 0; i < runs[r].count; i++) {
            struct segment_header header;
            struct record_id ids[SEGMENT_RECORDS_MAX];
            size_t item_len;
            uint32_t without;
            assert_int_equal(segment_wire_read(&c, &chain, item, sizeof(item), &item_len, &header, ids, &without), MUSTER_OK);
            assert_int_equal(item_len, list[i]->len);
            assert_memory_equal(item, list[i]->item, item_len);
            assert_memory_equal(ids, list[i]->ids, list[i]->header.count * sizeof(*ids));
            assert_int_equal(without, list[i]->header.count / 3);
            assert_true(segment_id_eq(&chain.id, &list[i]->id));
        }
        assert_int_equal(cursor_left(&c), 0);
    }
}

static void test_a_wire_form_cut_or_changed_is_another_or_none(void **state)
{
    (void)state;
    static uint8_t wire[2 * SEGMENT_ITEM_MAX], item[SEGMENT_ITEM_MAX];
    struct segment_header header;
    static struct record_id ids[SEGMENT_RECORDS_MAX];
    size_t item_len;
    uint32_t without;
    make(&one, NULL, 3, 1);
    const struct made *list[] = {&one};
    size_t len = to_wire(wire, sizeof(wire), list, 1);
    for (size_t cut = 0; cut < len; cut++) {
        struct segment_chain chain = {.space = {{2}}, .log = in_log};
        uint8_t *exact = malloc(cut ? cut : 1);
        memcpy(exact, wire, cut);
        struct cursor c = cursor_over(exact, cut);
        assert_int_not_equal(segment_wire_read(&c, &chain, item, sizeof(item), &item_len, &header, ids, &without), MUSTER_OK);
        free(exact);
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct segment_chain chain = {.space = {{2}}, .log = in_log};
        wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct cursor c = cursor_over(wire, len);
        if (segment_wire_read(&c, &chain, item, sizeof(item), &item_len, &header, ids, &without) == MUSTER_OK &&
            segment_id_eq(&chain.id, &one.id))
            assert_memory_equal(item, one.item, SEGMENT_HEADER_BYTES);
        wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* The first of a frame leaves nothing out: there is nothing to know it from. */
    struct segment_chain chain = {.space = {{2}}, .log = in_log};
    wire[2] = WIRE_PLACE;
    struct cursor c = cursor_over(wire, len);
    assert_int_equal(segment_wire_read(&c, &chain, item, sizeof(item), &item_len, &header, ids, &without), MUSTER_EBADVALUE);
}

/* Of more than one record a segment is at most 64 kB long, of one as long as a record can be. */
static void test_a_segment_of_many_is_short(void **state)
{
    (void)state;
    static uint8_t wire[2 * SEGMENT_ITEM_MAX], item[SEGMENT_ITEM_MAX], payload[PAYLOAD_BYTES_MAX];
    static const struct {
        uint32_t count;
        size_t payload;
        enum muster_error want;
    } rows[] = {
        {1, PAYLOAD_BYTES_MAX, MUSTER_OK     },
        {2, 30 * 1024,         MUSTER_OK     },
        {2, 40 * 1024,         MUSTER_ETOOBIG},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct writer w = writer_over(wire, sizeof(wire));
        uint8_t zeroes[128] = {0};
        writer_u8(&w, FORMAT_VERSION);
        writer_u8(&w, ALGORITHM_1);
        writer_u8(&w, WIRE_PREV | WIRE_EPOCH | WIRE_PLACE);
        writer_u16(&w, 0);
        writer_varint(&w, rows[i].count);
        writer_varint(&w, 1);
        writer_varint(&w, 1);
        writer_put(&w, zeroes, 128);
        for (uint32_t n = 0; n < rows[i].count; n++) {
            struct segment_record r = {.header = {.payload_len = (uint32_t)rows[i].payload}, .payload = {payload, rows[i].payload}};
            segment_record_write(&w, &r);
        }
        struct segment_chain chain = {.space = {{2}}, .log = in_log};
        struct cursor c = cursor_over(wire, writer_len(&w));
        struct segment_header header;
        static struct record_id ids[SEGMENT_RECORDS_MAX];
        size_t len;
        uint32_t without;
        assert_int_equal(segment_wire_read(&c, &chain, item, sizeof(item), &len, &header, ids, &without), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_header_is_read_as_it_was_written),
        cmocka_unit_test(test_an_objects_id_belongs_to_its_create),
        cmocka_unit_test(test_a_header_keeps_its_bounds),
        cmocka_unit_test(test_no_bit_of_a_segment_may_be_another),
        cmocka_unit_test(test_a_record_is_found_in_its_segment),
        cmocka_unit_test(test_a_path_proves_one_record),
        cmocka_unit_test(test_what_is_written_to_the_wire_is_rebuilt),
        cmocka_unit_test(test_a_wire_form_cut_or_changed_is_another_or_none),
        cmocka_unit_test(test_a_segment_of_many_is_short),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
