#include "crypto/keyfile.h"

#include "crypto/crypto.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_BYTES = 9,
    LAYOUT_VERSION = 1,
    PURPOSE_BYTES = KEYFILE_PURPOSE_MAX + 1,
    KDF_PLAIN = 0,
    KDF_ARGON2ID = 1,
    SALT_BYTES = crypto_pwhash_SALTBYTES,
    HEAD_PLAIN = MAGIC_BYTES + 1 + PURPOSE_BYTES + 1,
    HEAD_SEALED = HEAD_PLAIN + 4 + 8 + SALT_BYTES + sizeof(struct seal_nonce),
    FILE_MAX = HEAD_SEALED + KEYFILE_SECRET_MAX + SEAL_TAG_BYTES + HASH_BYTES
};
_Static_assert((int)FILE_MAX == (int)KEYFILE_BYTES_MAX, "the bound that others see");
_Static_assert(HEAD_PLAIN == 27 && HEAD_SEALED == 79 && SALT_BYTES == 16, "the layout of keyfile.h");

static const char magic[MAGIC_BYTES + 1] = "MUSTERKEY";

static enum muster_error derive(struct seal_key *key, const char *passphrase, const uint8_t salt[SALT_BYTES],
                                uint32_t passes, uint64_t memory)
{
    int failed = crypto_pwhash(key->b, sizeof(key->b), passphrase, strlen(passphrase), salt, passes, (size_t)memory,
                               crypto_pwhash_ALG_ARGON2ID13);
    return failed ? MUSTER_EBUSY : MUSTER_OK;
}

static struct hash check_of(const uint8_t *file, size_t len)
{
    return crypto_hash1("muster/1/keyfile", file, len);
}

/* The file's bytes from the secret; the length, or 0 with *error set. */
static size_t encode(uint8_t file[FILE_MAX], const char *purpose, const void *secret, size_t len,
                     const char *passphrase, enum muster_error *error)
{
    struct writer w = writer_over(file, FILE_MAX);
    uint8_t padded[PURPOSE_BYTES] = {0};
    struct seal_key key;
    memcpy(padded, purpose, strlen(purpose));
    writer_put(&w, magic, MAGIC_BYTES);
    writer_u8(&w, LAYOUT_VERSION);
    writer_put(&w, padded, sizeof(padded));
    writer_u8(&w, passphrase ? KDF_ARGON2ID : KDF_PLAIN);
    if (passphrase) {
        uint8_t salt[SALT_BYTES];
        struct seal_nonce nonce;
        crypto_random(salt, sizeof(salt));
        crypto_random(nonce.b, sizeof(nonce.b));
        writer_u32(&w, crypto_pwhash_OPSLIMIT_MODERATE);
        writer_u64(&w, crypto_pwhash_MEMLIMIT_MODERATE);
        writer_put(&w, salt, sizeof(salt));
        writer_put(&w, nonce.b, sizeof(nonce.b));
        *error = derive(&key, passphrase, salt, crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE);
        if (*error)
            return 0;
        seal(writer_skip(&w, len + SEAL_TAG_BYTES), secret, len, &(struct bytes){file, HEAD_SEALED}, &nonce, &key);
        crypto_wipe(&key, sizeof(key));
    } else {
        writer_put(&w, secret, len);
    }
    struct hash check = check_of(file, writer_len(&w));
    writer_put(&w, check.b, sizeof(check.b));
    assert(!w.failed);
    return writer_len(&w);
}

/* The secret out of a file's bytes, into plain[]; they are a stranger's until the check has passed. */
static enum muster_error decode(const uint8_t *file, size_t file_len, const char *purpose, const char *passphrase,
                                uint8_t plain[KEYFILE_SECRET_MAX], size_t *len)
{
    if (file_len < HEAD_PLAIN + HASH_BYTES)
        return MUSTER_EKEYFILE;
    struct hash want = check_of(file, file_len - HASH_BYTES);
    if (memcmp(want.b, file + file_len - HASH_BYTES, HASH_BYTES) != 0)
        return MUSTER_EKEYFILE;

    struct cursor c = cursor_over(file, file_len - HASH_BYTES);
    uint8_t padded[PURPOSE_BYTES] = {0}, salt[SALT_BYTES];
    memcpy(padded, purpose, strlen(purpose));
    if (memcmp(cursor_take(&c, MAGIC_BYTES), magic, MAGIC_BYTES) != 0 || cursor_u8(&c) != LAYOUT_VERSION ||
        memcmp(cursor_take(&c, PURPOSE_BYTES), padded, PURPOSE_BYTES) != 0)
        return MUSTER_EKEYFILE;
    uint8_t kdf = cursor_u8(&c);
    if (kdf == KDF_PLAIN) {
        *len = cursor_left(&c);
        if (*len < 1 || *len > KEYFILE_SECRET_MAX)
            return MUSTER_EKEYFILE;
        cursor_copy(&c, plain, *len);
        return MUSTER_OK;
    }
    struct seal_nonce nonce;
    struct seal_key key;
    uint32_t passes = cursor_u32(&c);
    uint64_t memory = cursor_u64(&c);
    cursor_copy(&c, salt, sizeof(salt));
    cursor_copy(&c, nonce.b, sizeof(nonce.b));
    size_t sealed_len = cursor_left(&c);
    if (kdf != KDF_ARGON2ID || sealed_len <= SEAL_TAG_BYTES || sealed_len > KEYFILE_SECRET_MAX + SEAL_TAG_BYTES ||
        passes < crypto_pwhash_OPSLIMIT_MIN || memory < crypto_pwhash_MEMLIMIT_MIN)
        return MUSTER_EKEYFILE;
    if (passes > crypto_pwhash_OPSLIMIT_MODERATE || memory > crypto_pwhash_MEMLIMIT_MODERATE)
        return MUSTER_ETOOBIG;
    if (!passphrase)
        return MUSTER_EPASSPHRASE;
    enum muster_error error = derive(&key, passphrase, salt, passes, memory);
    if (error)
        return error;
    error = seal_open(plain, cursor_take(&c, sealed_len), sealed_len, &(struct bytes){file, HEAD_SEALED}, &nonce, &key);
    crypto_wipe(&key, sizeof(key));
    *len = sealed_len - SEAL_TAG_BYTES;
    return error ? MUSTER_EPASSPHRASE : MUSTER_OK;
}

static bool name_fits(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= KEYFILE_NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static void purpose_assert(const char *purpose)
{
    size_t len = strlen(purpose);
    assert(len >= 1 && len <= KEYFILE_PURPOSE_MAX);
}

static enum muster_error io_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? MUSTER_EFULL : MUSTER_EIO;
}

static enum muster_error write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return io_error();
        bytes += done;
        len -= (size_t)done;
    }
    return fsync(fd) == 0 ? MUSTER_OK : io_error();
}

/* Gives the finished file its name; without `replace` never in place of another one. */
static enum muster_error rename_in(int dir, const char *from, const char *to, bool replace)
{
    if (replace)
        return renameat(dir, from, dir, to) == 0 ? MUSTER_OK : io_error();
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return MUSTER_OK;
    if (errno == EEXIST)
        return MUSTER_EDUPLICATE;
    if (errno != EINVAL && errno != ENOSYS)
        return io_error();
    /* a file system without that flag: a hard link never replaces either */
    if (linkat(dir, from, dir, to, 0) != 0)
        return errno == EEXIST ? MUSTER_EDUPLICATE : io_error();
    return unlinkat(dir, from, 0) == 0 ? MUSTER_OK : io_error();
}

enum muster_error keyfile_write(int dir, const char *name, const char *purpose, const void *secret, size_t len,
                                const char *passphrase, int replace)
{
    uint8_t file[FILE_MAX];
    char temporary[KEYFILE_NAME_MAX + sizeof(".new")];
    enum muster_error error = MUSTER_OK;
    size_t file_len;
    int fd;
    purpose_assert(purpose);
    assert(len >= 1 && len <= KEYFILE_SECRET_MAX);
    if (!name_fits(name) || (passphrase && !*passphrase))
        return MUSTER_EUSAGE;
    if (!replace && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return MUSTER_EDUPLICATE; /* before the passphrase costs a second */
    snprintf(temporary, sizeof(temporary), "%s.new", name);
    file_len = encode(file, purpose, secret, len, passphrase, &error);
    if (error)
        goto out;
    if (unlinkat(dir, temporary, 0) != 0 && errno != ENOENT) { /* left by a crash */
        error = MUSTER_EIO;
        goto out;
    }
    fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        error = io_error();
        goto out;
    }
    error = write_all(fd, file, file_len);
    if (close(fd) != 0 && !error)
        error = io_error();
    if (!error)
        error = rename_in(dir, temporary, name, replace);
    if (error)
        unlinkat(dir, temporary, 0);
    else if (fsync(dir) != 0)
        error = io_error();
out:
    crypto_wipe(file, sizeof(file));
    return error;
}

/* Opens what may be anything: O_NONBLOCK, or a FIFO would hold us; O_NOFOLLOW, or a link would lead us. */
static enum muster_error open_own(int dir, const char *name, int *fd)
{
    struct stat st;
    *fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return errno == ENOENT                     ? MUSTER_ENOTFOUND
               : errno == ELOOP || errno == ENXIO  ? MUSTER_ENOTFILE
                                                   : MUSTER_EIO;
    if (fstat(*fd, &st) != 0)
        return MUSTER_EIO;
    if (!S_ISREG(st.st_mode))
        return MUSTER_ENOTFILE;
    if ((st.st_mode & 077) || (st.st_uid != geteuid() && st.st_uid != 0))
        return MUSTER_EMODE;
    return MUSTER_OK;
}

/* Up to size bytes; *len is what there was.  EKEYFILE if the file has more. */
static enum muster_error read_all(int fd, uint8_t *bytes, size_t size, size_t *len)
{
    for (*len = 0; *len <= size;) {
        uint8_t beyond;
        ssize_t got = *len < size ? read(fd, bytes + *len, size - *len) : read(fd, &beyond, 1);
        if (got == 0)
            return MUSTER_OK;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return MUSTER_EIO;
        *len += (size_t)got;
    }
    return MUSTER_EKEYFILE;
}

enum muster_error keyfile_read(int dir, const char *name, const char *purpose, void *secret, size_t size, size_t *len,
                               const char *passphrase)
{
    uint8_t file[FILE_MAX], plain[KEYFILE_SECRET_MAX];
    size_t file_len, plain_len;
    int fd;
    purpose_assert(purpose);
    if (!name_fits(name))
        return MUSTER_EUSAGE;
    enum muster_error error = open_own(dir, name, &fd);
    if (!error)
        error = read_all(fd, file, sizeof(file), &file_len);
    if (fd >= 0)
        close(fd);
    if (!error)
        error = decode(file, file_len, purpose, passphrase, plain, &plain_len);
    if (!error && plain_len > size)
        error = MUSTER_ETOOBIG;
    if (!error) {
        memcpy(secret, plain, plain_len);
        *len = plain_len;
    }
    crypto_wipe(plain, sizeof(plain));
    crypto_wipe(file, sizeof(file));
    return error;
}

enum muster_error keyfile_make(uint8_t out[KEYFILE_BYTES_MAX], size_t *out_len, const char *purpose, const void *secret,
                               size_t len, const char *passphrase)
{
    enum muster_error error = MUSTER_OK;
    purpose_assert(purpose);
    assert(len >= 1 && len <= KEYFILE_SECRET_MAX);
    if (passphrase && !*passphrase)
        return MUSTER_EUSAGE;
    *out_len = encode(out, purpose, secret, len, passphrase, &error);
    return error;
}

enum muster_error keyfile_open_bytes(const uint8_t *bytes, size_t bytes_len, const char *purpose, void *secret, size_t size,
                                     size_t *len, const char *passphrase)
{
    uint8_t plain[KEYFILE_SECRET_MAX];
    size_t plain_len = 0;
    purpose_assert(purpose);
    enum muster_error error = bytes_len > KEYFILE_BYTES_MAX ? MUSTER_EKEYFILE
                                                            : decode(bytes, bytes_len, purpose, passphrase, plain, &plain_len);
    if (!error && plain_len > size)
        error = MUSTER_ETOOBIG;
    if (!error) {
        memcpy(secret, plain, plain_len);
        *len = plain_len;
    }
    crypto_wipe(plain, sizeof(plain));
    return error;
}

bool keyfile_is(const void *bytes, size_t len)
{
    return len >= MAGIC_BYTES && memcmp(bytes, magic, MAGIC_BYTES) == 0;
}
