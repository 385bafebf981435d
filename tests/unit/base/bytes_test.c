/* mirrors base/bytes.c */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_what_a_writer_writes_a_cursor_reads(void **state)
{
    (void)state;
    uint8_t buffer[64], run[3];
    struct writer w = writer_over(buffer, sizeof(buffer));
    writer_u8(&w, 0xab);
    writer_u16(&w, 0x1234);
    writer_u32(&w, 0xdeadbeef);
    writer_u64(&w, 0x0123456789abcdefull);
    writer_varint(&w, 300);
    writer_put(&w, "abc", 3);
    assert_int_equal(writer_len(&w), 1 + 2 + 4 + 8 + 2 + 3);
    assert_memory_equal(buffer, "\xab\x34\x12\xef\xbe\xad\xde\xef\xcd\xab\x89\x67\x45\x23\x01\xac\x02" "abc", 20);

    struct cursor c = cursor_over(buffer, writer_len(&w));
    assert_int_equal(cursor_u8(&c), 0xab);
    assert_int_equal(cursor_u16(&c), 0x1234);
    assert_int_equal(cursor_u32(&c), 0xdeadbeef);
    assert_true(cursor_u64(&c) == 0x0123456789abcdefull);
    assert_int_equal(cursor_varint(&c), 300);
    assert_int_equal(cursor_end(&c), MUSTER_ETRAILING);
    assert_int_equal(cursor_left(&c), 3);
    cursor_copy(&c, run, 3);
    assert_memory_equal(run, "abc", 3);
    assert_int_equal(cursor_end(&c), MUSTER_OK);
}

/* After the first failure everything reads as nothing, even what would have fitted. */
static void test_a_cursor_remembers_its_first_failure(void **state)
{
    (void)state;
    uint8_t bytes[3] = {1, 2, 3}, run[2] = {9, 9};
    struct cursor c = cursor_over(bytes, sizeof(bytes));
    assert_int_equal(cursor_u32(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0);
    assert_null(cursor_take(&c, 0));
    cursor_copy(&c, run, 2);
    assert_memory_equal(run, "\0\0", 2);
    assert_int_equal(cursor_left(&c), 0);
    assert_int_equal(cursor_end(&c), MUSTER_ETRUNCATED);
    c = cursor_over(bytes, sizeof(bytes));
    assert_null(cursor_take(&c, SIZE_MAX));
    assert_int_equal(cursor_end(&c), MUSTER_ETRUNCATED);
}

static void test_nothing_is_a_cursor_too(void **state)
{
    (void)state;
    struct cursor none = cursor_over(NULL, 0), wrong = cursor_over(NULL, 5);
    assert_int_equal(cursor_end(&none), MUSTER_OK);
    cursor_take(&none, 0);
    assert_false(none.failed);
    assert_int_equal(cursor_u8(&none), 0);
    assert_int_equal(cursor_end(&none), MUSTER_ETRUNCATED);
    assert_int_equal(cursor_end(&wrong), MUSTER_ETRUNCATED);
    struct writer w = writer_over(NULL, 0);
    writer_put(&w, NULL, 0);
    assert_false(w.failed);
    writer_u8(&w, 1);
    assert_true(w.failed);
}

static void test_a_writer_never_writes_beyond_its_buffer(void **state)
{
    (void)state;
    uint8_t buffer[8];
    memset(buffer, 0x55, sizeof(buffer));
    struct writer w = writer_over(buffer, 5);
    writer_u32(&w, 1);
    writer_u16(&w, 2); /* one byte too much */
    writer_u8(&w, 3);  /* would fit, but a hole is worse than nothing */
    assert_true(w.failed);
    assert_int_equal(writer_len(&w), 0);
    assert_null(writer_skip(&w, 0));
    assert_memory_equal(buffer + 4, "\x55\x55\x55\x55", 4);
    w = writer_over(buffer, 5);
    assert_null(writer_skip(&w, SIZE_MAX));
}

static const struct {
    const char *says, *bytes;
    size_t len;
    uint64_t want;
    bool fails;
} varints[] = {
    {"reads zero",                        "\x00", 1, 0, false},
    {"reads one byte",                    "\x7f", 1, 127, false},
    {"reads two bytes",                   "\x80\x01", 2, 128, false},
    {"reads the largest number",          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, UINT64_MAX, false},
    {"reads 2^63",                        "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10, 1ull << 63, false},
    {"refuses nothing",                   "", 0, 0, true},
    {"refuses an end in the middle",      "\x80", 1, 0, true},
    {"refuses zero in two bytes",         "\x80\x00", 2, 0, true},
    {"refuses 127 in two bytes",          "\xff\x00", 2, 0, true},
    {"refuses a zero tenth byte",         "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, 0, true},
    {"refuses 2^64",                      "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, 0, true},
    {"refuses eleven bytes",              "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x81\x00", 11, 0, true},
};

static void test_cursor_varint_takes_the_shortest_form_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(varints); i++) {
        print_message("cursor_varint %s\n", varints[i].says);
        struct cursor c = cursor_over(varints[i].bytes, varints[i].len);
        assert_true(cursor_varint(&c) == varints[i].want);
        assert_int_equal(c.failed, varints[i].fails);
    }
}

static void test_varints_of_every_length_come_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++)
        for (int less = 0; less < 2; less++) {
            uint64_t value = (bits < 64 ? 1ull << bits : 0) - (uint64_t)less;
            uint8_t buffer[10];
            struct writer w = writer_over(buffer, sizeof(buffer));
            writer_varint(&w, value);
            struct cursor c = cursor_over(buffer, writer_len(&w));
            assert_true(cursor_varint(&c) == value);
            assert_int_equal(cursor_end(&c), MUSTER_OK);
        }
}

static void test_big_endian_keys_sort_like_their_numbers(void **state)
{
    (void)state;
    static const uint64_t rising[] = {0, 1, 255, 256, 65535, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(rising); i++) {
        uint8_t key[8], before[8];
        put_be64(key, rising[i]);
        assert_true(get_be64(key) == rising[i]);
        put_be64(before, rising[i ? i - 1 : 0]);
        assert_true(i == 0 || memcmp(before, key, 8) < 0);
        put_be32(key, (uint32_t)rising[i]);
        assert_int_equal(get_be32(key), (uint32_t)rising[i]);
        put_le32(key, (uint32_t)rising[i]);
        assert_int_equal(get_le32(key), (uint32_t)rising[i]);
        put_le64(key, rising[i]);
        assert_true(get_le64(key) == rising[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_writer_writes_a_cursor_reads),
        cmocka_unit_test(test_a_cursor_remembers_its_first_failure),
        cmocka_unit_test(test_nothing_is_a_cursor_too),
        cmocka_unit_test(test_a_writer_never_writes_beyond_its_buffer),
        cmocka_unit_test(test_cursor_varint_takes_the_shortest_form_only),
        cmocka_unit_test(test_varints_of_every_length_come_back),
        cmocka_unit_test(test_big_endian_keys_sort_like_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
