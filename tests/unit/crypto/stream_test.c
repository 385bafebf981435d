/* mirrors crypto/stream.c: whole, or not at all. */
#include "crypto/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct seal_key key = {{1, 2, 3}};
static const uint8_t header[STREAM_HEADER_BYTES] = {9, 8, 7};

static const struct { const char *says; size_t len, chunks; } sizes[] = {
    {"nothing",                    0,                          1},
    {"one byte",                   1,                          1},
    {"a byte less than a chunk",   STREAM_CHUNK_BYTES - 1,     1},
    {"one chunk",                  STREAM_CHUNK_BYTES,         1},
    {"a byte more than a chunk",   STREAM_CHUNK_BYTES + 1,     2},
    {"three chunks and something", 3 * STREAM_CHUNK_BYTES + 5, 4},
};

static uint8_t *plain_of(size_t len)
{
    uint8_t *plain = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        plain[i] = (uint8_t)(i * 7);
    return plain;
}

static void test_what_was_sealed_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t sealed_len = stream_sealed_len(sizes[i].len), got = 77;
        uint8_t *plain = plain_of(sizes[i].len), *sealed = malloc(sealed_len), *out = malloc(sealed_len);
        struct bytes aad = {(const uint8_t *)"head", 4};
        print_message("opens %s\n", sizes[i].says);
        assert_int_equal(sealed_len, sizes[i].len + sizes[i].chunks * STREAM_CHUNK_EXTRA);
        stream_seal(sealed, plain, sizes[i].len, &aad, header, &key);
        assert_int_equal(stream_open(out, &got, sealed, sealed_len, &aad, header, &key), MUSTER_OK);
        assert_int_equal(got, sizes[i].len);
        assert_memory_equal(out, plain, got);
        free(plain);
        free(sealed);
        free(out);
    }
}

static void test_what_was_changed_does_not(void **state)
{
    (void)state;
    size_t len = 2 * STREAM_CHUNK_BYTES + 100, sealed_len = stream_sealed_len(len), got, chunk = STREAM_CHUNK_BYTES + STREAM_CHUNK_EXTRA;
    uint8_t *plain = plain_of(len), *sealed = malloc(sealed_len + chunk), *out = malloc(sealed_len + chunk), *moved = malloc(sealed_len);
    struct bytes aad = {(const uint8_t *)"head", 4}, other = {(const uint8_t *)"hood", 4};
    struct seal_key wrong = key;
    uint8_t begin[STREAM_HEADER_BYTES];
    stream_seal(sealed, plain, len, &aad, header, &key);
    static const struct { const char *says; size_t at; } bits[] = {
        {"in the kind of the first chunk", 0}, {"in its contents", 1000}, {"in its tag", STREAM_CHUNK_BYTES + 10},
        {"in the second chunk", STREAM_CHUNK_BYTES + 100}, {"in the last byte", 2 * STREAM_CHUNK_BYTES + 100 + 3 * STREAM_CHUNK_EXTRA - 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
        print_message("refuses a wrong bit %s\n", bits[i].says);
        sealed[bits[i].at] ^= 1;
        assert_int_equal(stream_open(out, &got, sealed, sealed_len, &aad, header, &key), MUSTER_EDECRYPT);
        sealed[bits[i].at] ^= 1;
    }
    /* Cut: at a chunk's border the missing end shows, elsewhere the tag does. */
    assert_int_equal(stream_open(out, &got, sealed, 2 * chunk, &aad, header, &key), MUSTER_ETRUNCATED);
    assert_int_equal(stream_open(out, &got, sealed, chunk, &aad, header, &key), MUSTER_ETRUNCATED);
    assert_int_equal(stream_open(out, &got, sealed, 2 * chunk + 16, &aad, header, &key), MUSTER_ETRUNCATED);
    assert_int_equal(stream_open(out, &got, sealed, sealed_len - 1, &aad, header, &key), MUSTER_EDECRYPT);
    assert_int_equal(stream_open(out, &got, sealed, 0, &aad, header, &key), MUSTER_ETRUNCATED);
    /* Nothing of what could be opened is left behind. */
    memset(out, 0xee, sealed_len);
    assert_int_equal(stream_open(out, &got, sealed, 2 * chunk, &aad, header, &key), MUSTER_ETRUNCATED);
    for (size_t i = 0; i < 2 * STREAM_CHUNK_BYTES; i++)
        assert_int_equal(out[i], 0);
    /* Chunks that changed places, other bound data, another key, another header. */
    memcpy(moved, sealed + chunk, chunk);
    memcpy(moved + chunk, sealed, chunk);
    memcpy(moved + 2 * chunk, sealed + 2 * chunk, sealed_len - 2 * chunk);
    assert_int_equal(stream_open(out, &got, moved, sealed_len, &aad, header, &key), MUSTER_EDECRYPT);
    assert_int_equal(stream_open(out, &got, sealed, sealed_len, &other, header, &key), MUSTER_EDECRYPT);
    assert_int_equal(stream_open(out, &got, sealed, sealed_len, NULL, header, &key), MUSTER_EDECRYPT);
    wrong.b[0] ^= 1;
    assert_int_equal(stream_open(out, &got, sealed, sealed_len, &aad, header, &wrong), MUSTER_EDECRYPT);
    memcpy(begin, header, sizeof(begin));
    begin[23] ^= 1;
    assert_int_equal(stream_open(out, &got, sealed, sealed_len, &aad, begin, &key), MUSTER_EDECRYPT);
    /* A whole short stream with something behind it, as long as a chunk. */
    stream_seal(sealed, plain, STREAM_CHUNK_BYTES, &aad, header, &key);
    memset(sealed + chunk, 0, chunk);
    assert_int_equal(stream_open(out, &got, sealed, chunk + 1, &aad, header, &key), MUSTER_ETRAILING);
    free(plain);
    free(sealed);
    free(out);
    free(moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_opens),
        cmocka_unit_test(test_what_was_changed_does_not),
    };
    return crypto_start() == MUSTER_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
