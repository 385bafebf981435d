/* mirrors crypto/backup.c: whole, or it says what is wrong. */
#include "crypto/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct file {
    uint8_t *at;
    size_t len, size, read;
    bool refuses;
};

static bool file_put(void *user, const void *bytes, size_t len)
{
    struct file *f = user;
    if (f->refuses)
        return false;
    if (f->len + len > f->size) {
        f->size = 2 * (f->len + len);
        f->at = realloc(f->at, f->size);
        assert_non_null(f->at);
    }
    memcpy(f->at + f->len, bytes, len);
    f->len += len;
    return true;
}

/* In pieces of odd sizes, as pipes give them. */
static long file_get(void *user, void *out, size_t size)
{
    struct file *f = user;
    size_t n = f->len - f->read < size ? f->len - f->read : size;
    if (n > 4099)
        n = 4099;
    memcpy(out, f->at + f->read, n);
    f->read += n;
    return (long)n;
}

static uint8_t byte_of(size_t part, size_t i)
{
    return (uint8_t)(part * 31 + i * 7);
}

static const size_t parts[] = {20, 0, 1, BACKUP_PART_MAX, BACKUP_PART_MAX - 5, 300, BACKUP_PART_MAX, 11};

static struct file file_made(const struct box_public *to, size_t count)
{
    static uint8_t bytes[BACKUP_PART_MAX];
    struct file f = {.at = NULL};
    struct backup_writer *w;
    uint8_t lock[BACKUP_LOCK_BYTES + KEYFILE_BYTES_MAX];
    size_t lock_len = backup_lock(lock, (const uint8_t *)"abc", 3);
    assert_int_equal(lock_len, BACKUP_LOCK_BYTES + 3);
    assert_true(file_put(&f, lock, lock_len));
    assert_int_equal(backup_writer_new(&w, to, file_put, &f), MUSTER_OK);
    for (size_t p = 0; p < count; p++) {
        for (size_t i = 0; i < parts[p]; i++)
            bytes[i] = byte_of(p, i);
        assert_int_equal(backup_write(w, p == 0 ? BACKUP_ABOUT : BACKUP_DATA, bytes, parts[p]), MUSTER_OK);
    }
    assert_int_equal(backup_writer_end(w), MUSTER_OK);
    backup_writer_free(w);
    return f;
}

/* Reads all parts; what the reader says in the end. */
static enum muster_error file_read(struct file *f, const struct box_secret *secret, size_t *count)
{
    struct backup_reader *r;
    struct bytes part;
    enum backup_part type = BACKUP_ABOUT;
    f->read = 0;
    *count = 0;
    enum muster_error error = backup_reader_new(&r, file_get, f);
    if (error)
        return error;
    error = backup_reader_open(r, secret);
    while (!error && (error = backup_read(r, &type, &part)) == MUSTER_OK && type) {
        assert_true(*count < ARRAY_LEN(parts));
        assert_int_equal(part.len, parts[*count]);
        for (size_t i = 0; i < part.len; i++)
            assert_int_equal(part.at[i], byte_of(*count, i));
        ++*count;
    }
    backup_reader_free(r);
    return error;
}

static enum muster_error file_check(struct file *f)
{
    struct backup_reader *r;
    f->read = 0;
    enum muster_error error = backup_reader_new(&r, file_get, f);
    if (!error)
        error = backup_reader_check(r);
    if (!error)
        assert_int_equal(backup_reader_bytes(r), f->len);
    backup_reader_free(r);
    return error;
}

static void test_what_was_written_is_read_by_its_key_only(void **state)
{
    struct box_public to, other;
    struct box_secret secret, wrong;
    (void)state;
    box_keys(&to, &secret);
    box_keys(&other, &wrong);
    for (size_t n = 0; n <= ARRAY_LEN(parts); n++) {
        struct file f = file_made(&to, n);
        size_t count;
        assert_int_equal(file_read(&f, &secret, &count), MUSTER_OK);
        assert_int_equal(count, n);
        assert_int_equal(file_check(&f), MUSTER_OK);
        assert_int_equal(file_read(&f, &wrong, &count), MUSTER_EWRONGPEER);
        free(f.at);
    }
}

static void test_the_key_file_in_the_lock_comes_back(void **state)
{
    struct box_public to;
    struct box_secret secret;
    struct backup_reader *r;
    (void)state;
    box_keys(&to, &secret);
    struct file f = file_made(&to, 2);
    assert_int_equal(backup_reader_new(&r, file_get, &f), MUSTER_OK);
    struct bytes lock = backup_reader_lock(r);
    struct box_public said = backup_reader_to(r);
    assert_int_equal(lock.len, 3);
    assert_memory_equal(lock.at, "abc", 3);
    assert_memory_equal(said.b, to.b, sizeof(to.b));
    backup_reader_free(r);
    free(f.at);
}

/* Cut at any place: never OK, with the key or without. */
static void test_a_file_that_is_cut_off_is_not_taken(void **state)
{
    struct box_public to;
    struct box_secret secret;
    (void)state;
    box_keys(&to, &secret);
    struct file f = file_made(&to, 4);
    size_t whole = f.len, count;
    for (size_t len = 0; len < whole; len += len < 400 || whole - len < 100 ? 1 : 997) {
        f.len = len;
        enum muster_error opened = file_read(&f, &secret, &count), checked = file_check(&f);
        assert_true(opened == MUSTER_ETRUNCATED || opened == MUSTER_EBADVALUE || opened == MUSTER_EDECRYPT);
        assert_true(checked == MUSTER_ETRUNCATED || checked == MUSTER_EBADVALUE || checked == MUSTER_EHASH);
    }
    f.len = whole;
    assert_true(file_put(&f, "x", 1));
    assert_int_not_equal(file_read(&f, &secret, &count), MUSTER_OK);
    assert_int_not_equal(file_check(&f), MUSTER_OK);
    free(f.at);
}

/* A flipped bit behind the lock is found by both; by the holder of the key before any part behind it is given. */
static void test_a_flipped_bit_is_found(void **state)
{
    struct box_public to;
    struct box_secret secret;
    (void)state;
    box_keys(&to, &secret);
    struct file f = file_made(&to, 4);
    size_t first = BACKUP_LOCK_BYTES + 3, count;
    for (size_t at = first; at < f.len; at += at < first + 400 ? 1 : 1009) {
        f.at[at] ^= 1;
        assert_int_not_equal(file_read(&f, &secret, &count), MUSTER_OK);
        assert_int_not_equal(file_check(&f), MUSTER_OK);
        f.at[at] ^= 1;
    }
    assert_int_equal(file_read(&f, &secret, &count), MUSTER_OK);
    free(f.at);
}

static void test_what_it_is_not_is_said(void **state)
{
    struct box_public to;
    struct box_secret secret;
    size_t count;
    (void)state;
    box_keys(&to, &secret);
    struct file f = file_made(&to, 1);
    f.at[BACKUP_MAGIC_BYTES] = BACKUP_VERSION + 1;
    assert_int_equal(file_read(&f, &secret, &count), MUSTER_EVERSION);
    f.at[0] = 'm';
    assert_int_equal(file_read(&f, &secret, &count), MUSTER_EBADVALUE);
    free(f.at);
}

static void test_a_full_disk_is_said(void **state)
{
    struct file f = {.refuses = true};
    struct backup_writer *w;
    struct box_public to;
    struct box_secret secret;
    (void)state;
    box_keys(&to, &secret);
    assert_int_equal(backup_writer_new(&w, &to, file_put, &f), MUSTER_EIO);
    assert_null(w);
    f.refuses = false;
    assert_int_equal(backup_writer_new(&w, &to, file_put, &f), MUSTER_OK);
    f.refuses = true;
    assert_int_equal(backup_writer_end(w), MUSTER_EIO);
    backup_writer_free(w);
    free(f.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read_by_its_key_only),
        cmocka_unit_test(test_the_key_file_in_the_lock_comes_back),
        cmocka_unit_test(test_a_file_that_is_cut_off_is_not_taken),
        cmocka_unit_test(test_a_flipped_bit_is_found),
        cmocka_unit_test(test_what_it_is_not_is_said),
        cmocka_unit_test(test_a_full_disk_is_said),
    };
    if (crypto_start() != MUSTER_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
