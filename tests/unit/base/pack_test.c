/* mirrors base/pack.c: hostile items, and agreement with msgpack-c on honest ones */
#include "base/limits.h"
#include "base/pack.h"
#include "unit/base/chance.h"

#include <msgpack.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROW(says, bytes, want) {says, bytes, sizeof(bytes) - 1, want}

static const struct {
    const char *says, *bytes;
    size_t len;
    enum muster_error want;
} cases[] = {
    ROW("takes nil",                               "\xc0", MUSTER_OK),
    ROW("takes a map",                             "\x82\x01\xa1x\x02\xc4\x01\x00", MUSTER_OK),
    ROW("takes a key as number and as text",       "\x82\x01\xc0\xa1\x31\xc0", MUSTER_OK),
    ROW("takes one key as text and as bytes",      "\x82\xa1x\xc0\xc4\x01x\xc0", MUSTER_OK),
    ROW("takes one key and its negative",          "\x82\x01\xc0\xff\xc0", MUSTER_OK),
    ROW("takes one key in two maps",               "\x92\x81\x01\xc0\x81\x01\xc0", MUSTER_OK),
    ROW("takes a key inside the value of the same","\x81\x01\x81\x01\xc0", MUSTER_OK),
    ROW("takes a finite double",                   "\xcb\x7f\xef\xff\xff\xff\xff\xff\xff", MUSTER_OK),
    ROW("takes empty parts",                       "\x94\x80\x90\xa0\xc4\x00", MUSTER_OK),
    ROW("refuses nothing",                         "", MUSTER_ETRUNCATED),
    ROW("refuses a byte behind the end",           "\xc0\xc0", MUSTER_ETRAILING),
    ROW("refuses an array of 2^32 - 1",            "\xdd\xff\xff\xff\xff", MUSTER_ETRUNCATED),
    ROW("refuses a map of 2^32 - 1",               "\xdf\xff\xff\xff\xff", MUSTER_ETRUNCATED),
    ROW("refuses a text of 2^32 - 1",              "\xdb\xff\xff\xff\xff", MUSTER_ETRUNCATED),
    ROW("refuses bytes of 2^32 - 1",               "\xc6\xff\xff\xff\xff", MUSTER_ETRUNCATED),
    ROW("refuses a map that misses a value",       "\x82\x01\xc0\x02", MUSTER_ETRUNCATED),
    ROW("refuses a key twice",                     "\x82\x01\xc0\x01\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a key twice, once longer",        "\x82\x01\xc0\xcd\x00\x01\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a key twice, once as signed",     "\x82\x01\xc0\xd0\x01\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a negative key twice",            "\x82\xff\xc0\xd1\xff\xff\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a text key twice",                "\x83\xa1x\xc0\x01\xc0\xd9\x01x\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a bytes key twice",               "\x82\xc4\x01x\xc0\xc5\x00\x01x\xc0", MUSTER_EDUPLICATE),
    ROW("refuses an empty key twice",              "\x82\xa0\xc0\xa0\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a key twice deep inside",         "\x91\x81\x01\x82\x05\xc0\x05\xc0", MUSTER_EDUPLICATE),
    ROW("refuses a map as key",                    "\x81\x80\xc0", MUSTER_EBADVALUE),
    ROW("refuses an array as key",                 "\x81\xdc\x00\x00\xc0", MUSTER_EBADVALUE),
    ROW("refuses nil as key",                      "\x81\xc0\xc0", MUSTER_EBADVALUE),
    ROW("refuses a truth value as key",            "\x81\xc3\xc0", MUSTER_EBADVALUE),
    ROW("refuses a float as key",                  "\x81\xca\x3f\x80\x00\x00\xc0", MUSTER_EBADVALUE),
    ROW("refuses text that is no UTF-8",           "\xa1\xff", MUSTER_EUTF8),
    ROW("refuses NUL in text",                     "\xa3" "a\0b", MUSTER_EUTF8),
    ROW("refuses a key that is no UTF-8",          "\x81\xa1\x80\xc0", MUSTER_EUTF8),
    ROW("refuses NaN",                             "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", MUSTER_EBADVALUE),
    ROW("refuses a short NaN",                     "\xca\x7f\xc0\x00\x00", MUSTER_EBADVALUE),
    ROW("refuses infinity",                        "\xcb\xff\xf0\x00\x00\x00\x00\x00\x00", MUSTER_EBADVALUE),
    ROW("refuses the byte that nothing has",       "\xc1", MUSTER_EBADVALUE),
    ROW("refuses an extension type",               "\xd4\x01\x00", MUSTER_EBADVALUE),
    ROW("refuses a long extension type",           "\xc9\xff\xff\xff\xff\x01", MUSTER_EBADVALUE),
};

static void test_pack_check_refuses_what_is_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("pack_check %s\n", cases[i].says);
        assert_int_equal(pack_check(cases[i].bytes, cases[i].len), cases[i].want);
    }
}

/* depth arrays or maps around nil */
static enum muster_error nested(unsigned depth, bool maps)
{
    uint8_t bytes[4096];
    size_t len = 0;
    for (unsigned i = 1; i < depth; i++) {
        bytes[len++] = maps ? 0x81 : 0x91;
        if (maps)
            bytes[len++] = 0x01;
    }
    bytes[len++] = 0xc0;
    return pack_check(bytes, len);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    for (int maps = 0; maps < 2; maps++) {
        assert_int_equal(nested(PACK_DEPTH_MAX, maps), MUSTER_OK);
        assert_int_equal(nested(PACK_DEPTH_MAX + 1, maps), MUSTER_EDEPTH);
        assert_int_equal(nested(2000, maps), MUSTER_EDEPTH);
    }
}

static void test_the_number_of_parts_is_bounded(void **state)
{
    (void)state;
    uint8_t bytes[PACK_ITEMS_MAX + 16];
    for (uint32_t count = PACK_ITEMS_MAX - 2; count <= PACK_ITEMS_MAX + 1; count++) {
        struct writer w = writer_over(bytes, sizeof(bytes));
        pack_array(&w, count);
        memset(writer_skip(&w, count), 0xc0, count);
        assert_int_equal(pack_check(bytes, writer_len(&w)), count < PACK_ITEMS_MAX ? MUSTER_OK : MUSTER_EDEPTH);
    }
}

enum { MANY = PACK_ITEMS_MAX / 2 - 1 };

/* As many keys as an item may have, in three orders; then with each of some keys once more. */
static void test_equal_keys_are_found_in_the_largest_map(void **state)
{
    (void)state;
    static uint8_t bytes[8 * MANY];
    for (unsigned order = 0; order < 3; order++)
        for (unsigned twice = 0; twice < MANY; twice += 97) {
            struct writer w = writer_over(bytes, sizeof(bytes));
            pack_map(&w, MANY);
            for (unsigned i = 0; i < MANY; i++) {
                unsigned place = i == MANY - 1 && twice ? twice - 1 : i;
                pack_uint(&w, order == 0 ? place : order == 1 ? MANY - place : place * 1013 % 2053);
                pack_bool(&w, true);
            }
            assert_int_equal(pack_check(bytes, writer_len(&w)), twice ? MUSTER_EDUPLICATE : MUSTER_OK);
        }
}

static uint32_t sample(uint8_t *bytes, size_t size)
{
    struct writer w = writer_over(bytes, size);
    pack_map(&w, 6);
    pack_uint(&w, 1);
    pack_text(&w, "水 water", 9);
    pack_int(&w, -5);
    pack_bytes(&w, "\x00\x01\x02", 3);
    pack_text(&w, "name", 4);
    pack_array(&w, 3);
    pack_uint(&w, UINT64_MAX);
    pack_int(&w, INT64_MIN);
    pack_bool(&w, true);
    pack_uint(&w, 300);
    pack_map(&w, 1);
    pack_uint(&w, 1);
    pack_bool(&w, false);
    pack_uint(&w, 4);
    pack_uint(&w, 70000);
    pack_uint(&w, 5);
    pack_text(&w, "", 0);
    return (uint32_t)writer_len(&w);
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[128];
    size_t len = sample(bytes, sizeof(bytes));
    assert_true(len > 40);
    assert_int_equal(pack_check(bytes, len), MUSTER_OK);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(pack_check(bytes, cut), MUSTER_ETRUNCATED);
    for (size_t size = 0; size < len; size++)
        assert_int_equal(sample(bytes, size), 0); /* a writer without room says so */
}

static void test_values_are_found_under_their_keys(void **state)
{
    (void)state;
    uint8_t bytes[128], three[3];
    struct bytes map = {bytes, sample(bytes, sizeof(bytes))}, run;
    struct pack_value v;
    uint64_t number;
    assert_true(pack_get_run(map, 1, &run));
    assert_int_equal(run.len, 9);
    assert_memory_equal(run.at, "水 water", 9);
    assert_true(pack_get_fixed(map, -5, three, 3));
    assert_memory_equal(three, "\x00\x01\x02", 3);
    assert_false(pack_get_fixed(map, -5, three, 2)); /* another length */
    assert_false(pack_get_fixed(map, 1, three, 9));  /* text is not bytes */
    assert_true(pack_get_uint(map, 4, &number));
    assert_int_equal(number, 70000);
    assert_false(pack_get_uint(map, 1, &number)); /* another type */
    assert_false(pack_get_run(map, 4, &run));
    assert_false(pack_get(map, 2, &v)); /* absent */
    assert_false(pack_get(map, 0, &v)); /* a text key is no number */
    assert_true(pack_get_run(map, 5, &run));
    assert_int_equal(run.len, 0);
    assert_true(pack_get_text(map, "name", &v));
    assert_true(v.type == PACK_ARRAY && v.u.count == 3);
    assert_false(pack_get_text(map, "nam", &v));
    assert_true(pack_get(map, 300, &v)); /* a value that is a map is its own bytes */
    assert_true(pack_get(v.whole, 1, &v) && v.type == PACK_BOOL && !v.u.boolean);
    assert_false(pack_get((struct bytes){NULL, 0}, 1, &v));
    assert_false(pack_get((struct bytes){(const uint8_t *)"\x01", 1}, 1, &v)); /* no map */
}

/* Entering an array stands at its first part, not entering stands behind it. */
static void test_pack_next_enters_or_passes(void **state)
{
    (void)state;
    static const char bytes[] = "\x92\x91\x07\x08\x09";
    struct cursor c = cursor_over(bytes, 5);
    struct pack_value v;
    assert_true(pack_next(&c, &v, false) && v.type == PACK_ARRAY && v.whole.len == 4);
    assert_true(pack_next(&c, &v, false) && v.u.uint == 9);
    assert_false(pack_next(&c, &v, false));
    c = cursor_over(bytes, 5);
    assert_true(pack_next(&c, &v, true) && v.u.count == 2);
    assert_true(pack_next(&c, &v, true) && v.u.count == 1 && v.whole.len == 2);
    assert_true(pack_next(&c, &v, true) && v.u.uint == 7 && v.whole.len == 1);
    assert_true(pack_next(&c, &v, true) && v.u.uint == 8);
}

/* --- beside msgpack-c ------------------------------------------------------------------------- */

static const char *const texts[] = {"", "x", "桥", "a text that is longer than thirty-one bytes, so that it needs a length"};

static void random_item(struct chance *chance, msgpack_packer *p, unsigned depth)
{
    uint64_t number = chance_u64(chance) >> chance_below(chance, 64);
    const char *text = texts[chance_below(chance, ARRAY_LEN(texts))];
    uint32_t count = (uint32_t)chance_below(chance, depth < 4 ? 20 : 3);
    switch (chance_below(chance, depth < PACK_DEPTH_MAX ? 9 : 7)) {
    case 0:
        msgpack_pack_nil(p);
        break;
    case 1:
        if (number & 1)
            msgpack_pack_true(p);
        else
            msgpack_pack_false(p);
        break;
    case 2:
        msgpack_pack_uint64(p, number);
        break;
    case 3:
        msgpack_pack_int64(p, -(int64_t)(number >> 1));
        break;
    case 4:
        if (number & 1)
            msgpack_pack_double(p, (double)number / 3);
        else
            msgpack_pack_float(p, (float)number / 3);
        break;
    case 5:
        msgpack_pack_str(p, strlen(text));
        msgpack_pack_str_body(p, text, strlen(text));
        break;
    case 6:
        msgpack_pack_bin(p, strlen(text));
        msgpack_pack_bin_body(p, text, strlen(text));
        break;
    case 7:
        msgpack_pack_array(p, count);
        while (count--)
            random_item(chance, p, depth + 1);
        break;
    default:
        msgpack_pack_map(p, count);
        for (uint32_t i = 0; i < count; i++) {
            msgpack_pack_int64(p, (int64_t)(i * 11) - 40); /* distinct keys */
            random_item(chance, p, depth + 1);
        }
    }
}

static void same(const msgpack_object *theirs, struct cursor *c)
{
    struct pack_value v;
    assert_true(pack_next(c, &v, true));
    switch (theirs->type) {
    case MSGPACK_OBJECT_NIL:
        assert_int_equal(v.type, PACK_NIL);
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        assert_true(v.type == PACK_BOOL && v.u.boolean == theirs->via.boolean);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        assert_true(v.type == PACK_UINT && v.u.uint == theirs->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        assert_true(v.type == PACK_INT && v.u.sint == theirs->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        assert_true(v.type == PACK_FLOAT && memcmp(&v.u.real, &theirs->via.f64, sizeof(double)) == 0);
        break;
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN: /* one layout in msgpack-c's union */
        assert_int_equal(v.type, theirs->type == MSGPACK_OBJECT_STR ? PACK_TEXT : PACK_BYTES);
        assert_int_equal(v.u.run.len, theirs->via.str.size);
        assert_memory_equal(v.u.run.at, theirs->via.str.ptr, v.u.run.len);
        break;
    case MSGPACK_OBJECT_ARRAY:
        assert_true(v.type == PACK_ARRAY && v.u.count == theirs->via.array.size);
        for (uint32_t i = 0; i < v.u.count; i++)
            same(&theirs->via.array.ptr[i], c);
        break;
    case MSGPACK_OBJECT_MAP:
        assert_true(v.type == PACK_MAP && v.u.count == theirs->via.map.size);
        for (uint32_t i = 0; i < v.u.count; i++) {
            same(&theirs->via.map.ptr[i].key, c);
            same(&theirs->via.map.ptr[i].val, c);
        }
        break;
    default:
        fail_msg("msgpack-c read a type that was never written: %d", (int)theirs->type);
    }
}

/* What pack_check takes, msgpack-c reads to the same end and with the same values. */
static void agrees(const uint8_t *bytes, size_t len)
{
    msgpack_unpacked theirs;
    size_t end = 0;
    struct cursor c = cursor_over(bytes, len);
    msgpack_unpacked_init(&theirs);
    assert_int_equal(msgpack_unpack_next(&theirs, (const char *)bytes, len, &end), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(end, len);
    same(&theirs.data, &c);
    assert_int_equal(cursor_end(&c), MUSTER_OK);
    msgpack_unpacked_destroy(&theirs);
}

static void test_honest_and_bent_items_are_read_as_msgpack_c_reads_them(void **state)
{
    (void)state;
    struct chance chance = {4711};
    unsigned honest = 0, taken = 0, refused = 0;
    for (unsigned round = 0; round < 3000; round++) {
        msgpack_sbuffer buffer;
        msgpack_packer p;
        msgpack_sbuffer_init(&buffer);
        msgpack_packer_init(&p, &buffer, msgpack_sbuffer_write);
        random_item(&chance, &p, 1);
        uint8_t *bytes = malloc(buffer.size); /* exactly as long, so that a read beyond is seen */
        assert_non_null(bytes);
        memcpy(bytes, buffer.data, buffer.size);
        enum muster_error error = pack_check(bytes, buffer.size);
        assert_true(error == MUSTER_OK || error == MUSTER_EDEPTH); /* the latter: too many parts */
        if (error == MUSTER_OK) {
            agrees(bytes, buffer.size);
            honest++;
        }
        for (unsigned bend = 0; bend < 8 && error == MUSTER_OK; bend++) {
            size_t at = chance_below(&chance, buffer.size);
            uint8_t before = bytes[at];
            bytes[at] = (uint8_t)chance_u64(&chance);
            if (pack_check(bytes, buffer.size) == MUSTER_OK) {
                agrees(bytes, buffer.size);
                taken++;
            } else {
                refused++;
            }
            bytes[at] = before;
        }
        free(bytes);
        msgpack_sbuffer_destroy(&buffer);
    }
    assert_true(honest > 2000 && taken > 500 && refused > 500); /* each way was really walked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack_check_refuses_what_is_hostile),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_the_number_of_parts_is_bounded),
        cmocka_unit_test(test_equal_keys_are_found_in_the_largest_map),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_values_are_found_under_their_keys),
        cmocka_unit_test(test_pack_next_enters_or_passes),
        cmocka_unit_test(test_honest_and_bent_items_are_read_as_msgpack_c_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
