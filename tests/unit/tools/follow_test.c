/* follow_test.c — reading a backup back behind its writer. */
#include "tools/follow.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTS = 200 }; /* of 64 kB: three windows and a bit */

struct file {
    char path[64];
    int fd;
    uint64_t bytes;
    struct follow follow;
    struct box_public to;
    struct box_secret secret;
};

static bool put(void *user, const void *bytes, size_t len)
{
    struct file *file = user;
    assert_true(write(file->fd, bytes, len) == (ssize_t)len);
    file->bytes += len;
    follow_written(&file->follow, file->bytes);
    return true;
}

static void file_begin(struct file *file, bool with_secret)
{
    uint8_t lock[BACKUP_LOCK_BYTES + KEYFILE_BYTES_MAX];
    *file = (struct file){.path = "/tmp/muster-follow-test-XXXXXX"};
    file->fd = mkstemp(file->path);
    assert_true(file->fd >= 0);
    box_keys(&file->to, &file->secret);
    assert_int_equal(follow_start(&file->follow, file->path, with_secret ? &file->secret : NULL), MUSTER_OK);
    assert_true(put(file, lock, backup_lock(lock, NULL, 0)));
}

static void file_write(struct file *file, unsigned parts)
{
    static uint8_t part[BACKUP_PART_MAX];
    struct backup_writer *writer;
    assert_int_equal(backup_writer_new(&writer, &file->to, put, file), MUSTER_OK);
    assert_int_equal(backup_write(writer, BACKUP_ABOUT, "{}", 2), MUSTER_OK);
    for (unsigned i = 0; i < parts; i++)
        assert_int_equal(backup_write(writer, BACKUP_DATA, part, sizeof part), MUSTER_OK);
    assert_int_equal(backup_writer_end(writer), MUSTER_OK);
    backup_writer_free(writer);
}

static void file_end(struct file *file)
{
    follow_free(&file->follow);
    close(file->fd);
    unlink(file->path);
}

static void test_what_is_read_back(void **state)
{
    static const struct {
        const char *says;
        bool secret;
        unsigned parts;
        long harm; /* this byte is changed behind the writer's back, before its window may be read; -1: none */
        bool cut;
        enum muster_error error;
    } cases[] = {
        {"a whole file of several windows, by its hash", false, PARTS, -1, false, MUSTER_OK},
        {"the same, opened", true, PARTS, -1, false, MUSTER_OK},
        {"a file shorter than a window", false, 1, -1, false, MUSTER_OK},
        {"a byte that the disk changed, by the hash", false, 3, 100000, false, MUSTER_EHASH},
        {"a byte that the disk changed, opened", true, 3, 100000, false, MUSTER_EDECRYPT},
        {"a file whose end the disk has lost", false, 3, -1, true, MUSTER_EHASH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file file;
        print_message("%s\n", cases[i].says);
        file_begin(&file, cases[i].secret);
        file_write(&file, cases[i].parts);
        if (cases[i].harm >= 0) {
            uint8_t byte;
            assert_int_equal(pread(file.fd, &byte, 1, cases[i].harm), 1);
            byte ^= 1;
            assert_int_equal(pwrite(file.fd, &byte, 1, cases[i].harm), 1);
        }
        if (cases[i].cut)
            assert_int_equal(ftruncate(file.fd, (off_t)file.bytes - 1), 0);
        assert_int_equal(follow_end(&file.follow), cases[i].error);
        if (cases[i].secret) {
            assert_non_null(file.follow.about);
            assert_true(file.follow.about_len == 2 && memcmp(file.follow.about, "{}", 2) == 0);
        } else {
            assert_null(file.follow.about);
        }
        file_end(&file);
    }
}

static void test_a_writer_that_gives_up(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file, false);
    file_write(&file, PARTS);
    follow_abandon(&file.follow); /* it waits for the end, and gets none */
    assert_int_not_equal(file.follow.error, MUSTER_OK);
    file_end(&file);
    struct follow never;
    assert_int_equal(follow_start(&never, "/nonexistent/file", NULL), MUSTER_EIO);
    follow_free(&never);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_back),
        cmocka_unit_test(test_a_writer_that_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
