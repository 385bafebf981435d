/* mirrors crypto/keyfile.c */
#include "crypto/crypto.h"
#include "crypto/keyfile.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 512, PLAIN_BYTES = 27 + 32 + 32, SEALED_BYTES = 79 + 32 + 16 + 32 };

static char root[] = "/tmp/muster-keyfile-XXXXXX";
static int dir;
static const uint8_t secret[32] = "thirty-two bytes nobody may know";

static size_t slurp(const char *name, uint8_t bytes[FILE_BYTES])
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t len = read(fd, bytes, FILE_BYTES);
    assert_true(len >= 0);
    close(fd);
    return (size_t)len;
}

static void spit(const char *name, const uint8_t *bytes, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void gone(const char *name)
{
    if (unlinkat(dir, name, 0) != 0)
        unlinkat(dir, name, AT_REMOVEDIR);
    assert_int_equal(faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static enum muster_error read_from(const char *name, const char *purpose, const char *passphrase)
{
    uint8_t got[KEYFILE_SECRET_MAX] = {0xee};
    size_t len = 77;
    enum muster_error error = keyfile_read(dir, name, purpose, got, sizeof(got), &len, passphrase);
    if (error) { /* untouched */
        assert_int_equal(len, 77);
        assert_int_equal(got[0], 0xee);
    } else {
        assert_int_equal(len, sizeof(secret));
        assert_memory_equal(got, secret, sizeof(secret));
    }
    return error;
}

static void test_a_plain_secret_comes_back_with_mode_0600(void **state)
{
    (void)state;
    uint8_t bytes[FILE_BYTES], small[31];
    size_t len = 0;
    struct stat st;
    mode_t before = umask(0);
    assert_int_equal(keyfile_write(dir, "plain", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    umask(before);
    assert_int_equal(fstatat(dir, "plain", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(read_from("plain", "node-sign", NULL), MUSTER_OK);
    assert_int_equal(read_from("plain", "node-sign", "not needed"), MUSTER_OK);
    assert_int_equal(keyfile_read(dir, "plain", "node-sign", small, sizeof(small), &len, NULL), MUSTER_ETOOBIG);
    assert_int_equal(slurp("plain", bytes), PLAIN_BYTES);
    assert_memory_equal(bytes, "MUSTERKEY\x01node-sign\0\0\0\0\0\0\0\0", 27);
    assert_memory_equal(bytes + 27, secret, 32);
    assert_int_equal(faccessat(dir, "plain.new", F_OK, 0), -1);
    gone("plain");
}

static void test_secrets_of_every_size_come_back(void **state)
{
    (void)state;
    uint8_t many[KEYFILE_SECRET_MAX], got[KEYFILE_SECRET_MAX];
    crypto_random(many, sizeof(many));
    for (size_t size = 1; size <= KEYFILE_SECRET_MAX; size = size < 4 ? size + 1 : size * 2) {
        size_t len = 0;
        assert_int_equal(keyfile_write(dir, "sized", "0123456789abcde", many, size, NULL, 1), MUSTER_OK);
        assert_int_equal(keyfile_read(dir, "sized", "0123456789abcde", got, sizeof(got), &len, NULL), MUSTER_OK);
        assert_int_equal(len, size);
        assert_memory_equal(got, many, size);
    }
    gone("sized");
}

static void test_a_file_is_replaced_only_when_asked(void **state)
{
    (void)state;
    uint8_t before[FILE_BYTES], after[FILE_BYTES], other[32] = {1};
    assert_int_equal(keyfile_write(dir, "kept", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    size_t len = slurp("kept", before);
    assert_int_equal(keyfile_write(dir, "kept", "node-sign", other, 32, NULL, 0), MUSTER_EDUPLICATE);
    assert_int_equal(slurp("kept", after), len);
    assert_memory_equal(before, after, len);
    assert_int_equal(keyfile_write(dir, "kept", "node-box", secret, 32, NULL, 1), MUSTER_OK);
    assert_int_equal(read_from("kept", "node-box", NULL), MUSTER_OK);
    gone("kept");
    assert_int_equal(symlinkat("nowhere", dir, "link"), 0);
    assert_int_equal(keyfile_write(dir, "link", "node-sign", secret, 32, NULL, 0), MUSTER_EDUPLICATE);
    gone("link");
}

/* A temporary file of a crash, or one that somebody laid as a trap, is not written through. */
static void test_a_left_temporary_file_is_not_followed(void **state)
{
    (void)state;
    uint8_t bytes[FILE_BYTES];
    spit("victim", (const uint8_t *)"safe", 4);
    assert_int_equal(symlinkat("victim", dir, "node.new"), 0);
    assert_int_equal(keyfile_write(dir, "node", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    assert_int_equal(slurp("victim", bytes), 4);
    assert_memory_equal(bytes, "safe", 4);
    assert_int_equal(read_from("node", "node-sign", NULL), MUSTER_OK);
    gone("victim");
    gone("node");
}

static void make_wide(void) { assert_int_equal(fchmodat(dir, "odd", 0644, 0), 0); }
static void make_group(void) { assert_int_equal(fchmodat(dir, "odd", 0640, 0), 0); }
static void make_writable(void) { assert_int_equal(fchmodat(dir, "odd", 0602, 0), 0); }
static void make_read_only(void) { assert_int_equal(fchmodat(dir, "odd", 0400, 0), 0); }
static void make_missing(void) { gone("odd"); }
static void make_nothing(void) {}

static void make_link(void)
{
    assert_int_equal(renameat(dir, "odd", dir, "real"), 0);
    assert_int_equal(symlinkat("real", dir, "odd"), 0);
}

static void make_directory(void)
{
    gone("odd");
    assert_int_equal(mkdirat(dir, "odd", 0700), 0);
}

static void make_fifo(void)
{
    gone("odd");
    assert_int_equal(mkfifoat(dir, "odd", 0600), 0);
}

static void make_empty(void) { spit("odd", NULL, 0); }

static void make_huge(void)
{
    int fd = openat(dir, "odd", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 1L << 30), 0);
    close(fd);
}

static const struct {
    const char *says;
    void (*make)(void);
    const char *purpose;
    enum muster_error want;
} files[] = {
    {"takes a file as it was written",  make_nothing,   "node-sign",  MUSTER_OK       },
    {"takes a read-only file",          make_read_only, "node-sign",  MUSTER_OK       },
    {"refuses a file all can read",     make_wide,      "node-sign",  MUSTER_EMODE    },
    {"refuses a file the group reads",  make_group,     "node-sign",  MUSTER_EMODE    },
    {"refuses a file others can write", make_writable,  "node-sign",  MUSTER_EMODE    },
    {"refuses a symbolic link",         make_link,      "node-sign",  MUSTER_ENOTFILE },
    {"refuses a directory",             make_directory, "node-sign",  MUSTER_ENOTFILE },
    {"refuses a FIFO without waiting",  make_fifo,      "node-sign",  MUSTER_ENOTFILE },
    {"says that there is none",         make_missing,   "node-sign",  MUSTER_ENOTFOUND},
    {"refuses an empty file",           make_empty,     "node-sign",  MUSTER_EKEYFILE },
    {"refuses a file of a gigabyte",    make_huge,      "node-sign",  MUSTER_EKEYFILE },
    {"refuses another purpose",         make_nothing,   "node-box",   MUSTER_EKEYFILE },
    {"refuses the purpose's beginning", make_nothing,   "node-sig",   MUSTER_EKEYFILE },
    {"refuses a purpose with more",     make_nothing,   "node-signs", MUSTER_EKEYFILE },
};

static void test_keyfile_read_trusts_no_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        print_message("keyfile_read %s\n", files[i].says);
        assert_int_equal(keyfile_write(dir, "odd", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
        files[i].make();
        assert_int_equal(read_from("odd", files[i].purpose, NULL), files[i].want);
        gone("odd");
        unlinkat(dir, "real", 0);
    }
}

/* Only root can give a file away. */
static void test_another_users_file_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(keyfile_write(dir, "theirs", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    assert_int_equal(fchownat(dir, "theirs", 12345, 12345, 0), 0);
    assert_int_equal(read_from("theirs", "node-sign", NULL), MUSTER_EMODE);
    gone("theirs");
}

static const char *const bad_names[] = {"", ".", "..", "a/b", "/etc/key", "../key"};

static void test_names_stay_in_their_directory(void **state)
{
    (void)state;
    char longest[KEYFILE_NAME_MAX + 2];
    memset(longest, 'n', sizeof(longest));
    longest[KEYFILE_NAME_MAX + 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(bad_names); i++) {
        assert_int_equal(keyfile_write(dir, bad_names[i], "node-sign", secret, 32, NULL, 1), MUSTER_EUSAGE);
        assert_int_equal(read_from(bad_names[i], "node-sign", NULL), MUSTER_EUSAGE);
    }
    assert_int_equal(keyfile_write(dir, longest, "node-sign", secret, 32, NULL, 0), MUSTER_EUSAGE);
    longest[KEYFILE_NAME_MAX] = '\0';
    assert_int_equal(keyfile_write(dir, longest, "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    gone(longest);
}

/* Every shorter file and every flipped bit is told from a key file, before a passphrase is spent on it. */
static void damage_is_told(const char *name, size_t len)
{
    uint8_t bytes[FILE_BYTES + 1];
    assert_int_equal(slurp(name, bytes), len);
    for (size_t cut = 0; cut < len; cut++) {
        spit("damaged", bytes, cut);
        assert_int_equal(read_from("damaged", "node-sign", "right"), MUSTER_EKEYFILE);
    }
    bytes[len] = 0;
    spit("damaged", bytes, len + 1);
    assert_int_equal(read_from("damaged", "node-sign", "right"), MUSTER_EKEYFILE);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        spit("damaged", bytes, len);
        assert_int_equal(read_from("damaged", "node-sign", "right"), MUSTER_EKEYFILE);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    gone("damaged");
}

static void test_damage_to_a_plain_file_is_told(void **state)
{
    (void)state;
    assert_int_equal(keyfile_write(dir, "plain", "node-sign", secret, 32, NULL, 0), MUSTER_OK);
    damage_is_told("plain", PLAIN_BYTES);
    gone("plain");
}

/* Changes bytes of a sealed file and makes the check fit again, as a hostile author would. */
static void forge(const uint8_t *bytes, size_t len, size_t at, uint64_t value, size_t width)
{
    uint8_t forged[FILE_BYTES], number[8];
    memcpy(forged, bytes, len);
    put_le64(number, value);
    memcpy(forged + at, number, width);
    struct hash check = crypto_hash1("muster/1/keyfile", forged, len - 32);
    memcpy(forged + len - 32, check.b, 32);
    spit("forged", forged, len);
}

static const struct {
    const char *says;
    size_t at, width;
    uint64_t value;
    enum muster_error want;
} forgeries[] = {
    {"refuses another version",                 9,  1, 2,              MUSTER_EKEYFILE   },
    {"refuses a purpose without its end",       25, 1, 'x',            MUSTER_EKEYFILE   },
    {"refuses another way from the passphrase", 26, 1, 2,              MUSTER_EKEYFILE   },
    {"refuses no pass",                         27, 4, 0,              MUSTER_EKEYFILE   },
    {"refuses one pass more than ours",         27, 4, 4,              MUSTER_ETOOBIG    },
    {"refuses passes for years",                27, 4, UINT32_MAX,     MUSTER_ETOOBIG    },
    {"refuses no memory",                       31, 8, 0,              MUSTER_EKEYFILE   },
    {"refuses a byte of memory more than ours", 31, 8, (256u << 20) + 1, MUSTER_ETOOBIG  },
    {"refuses a terabyte",                      31, 8, 1ull << 40,     MUSTER_ETOOBIG    },
    {"refuses all memory",                      31, 8, UINT64_MAX,     MUSTER_ETOOBIG    },
    {"refuses fewer passes than it was sealed with", 27, 4, 1,         MUSTER_EPASSPHRASE},
};

static void test_a_sealed_secret_needs_its_passphrase(void **state)
{
    (void)state;
    uint8_t bytes[FILE_BYTES];
    assert_int_equal(keyfile_write(dir, "sealed", "node-sign", secret, 32, "", 0), MUSTER_EUSAGE);
    assert_int_equal(keyfile_write(dir, "sealed", "node-sign", secret, 32, "right", 0), MUSTER_OK);
    assert_int_equal(read_from("sealed", "node-sign", "right"), MUSTER_OK);
    assert_int_equal(read_from("sealed", "node-sign", "wrong"), MUSTER_EPASSPHRASE);
    assert_int_equal(read_from("sealed", "node-sign", NULL), MUSTER_EPASSPHRASE);
    assert_int_equal(read_from("sealed", "node-box", "right"), MUSTER_EKEYFILE);
    assert_int_equal(slurp("sealed", bytes), SEALED_BYTES);
    for (size_t i = 0; i + 8 <= SEALED_BYTES; i++)
        assert_memory_not_equal(bytes + i, secret, 8);
    damage_is_told("sealed", SEALED_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(forgeries); i++) {
        print_message("keyfile_read %s\n", forgeries[i].says);
        forge(bytes, SEALED_BYTES, forgeries[i].at, forgeries[i].value, forgeries[i].width);
        assert_int_equal(read_from("forged", "node-sign", "right"), forgeries[i].want);
    }
    gone("forged");
    gone("sealed");
}

static int start(void **state)
{
    (void)state;
    if (crypto_start() != MUSTER_OK || !mkdtemp(root))
        return -1;
    dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -1 : 0;
}

/* An empty directory goes; one with a file left in it says that a test or the room left a file. */
static int end(void **state)
{
    (void)state;
    close(dir);
    return rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_secret_comes_back_with_mode_0600),
        cmocka_unit_test(test_secrets_of_every_size_come_back),
        cmocka_unit_test(test_a_file_is_replaced_only_when_asked),
        cmocka_unit_test(test_a_left_temporary_file_is_not_followed),
        cmocka_unit_test(test_keyfile_read_trusts_no_file),
        cmocka_unit_test(test_another_users_file_is_refused),
        cmocka_unit_test(test_names_stay_in_their_directory),
        cmocka_unit_test(test_damage_to_a_plain_file_is_told),
        cmocka_unit_test(test_a_sealed_secret_needs_its_passphrase),
    };
    return cmocka_run_group_tests(tests, start, end);
}
