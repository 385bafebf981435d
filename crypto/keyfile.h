/* keyfile.h — one secret in one file, readable by its owner only.
 *
 * A file wider than 0600 or of another owner (EMODE), a symbolic link or anything but a regular file
 * (ENOTFILE) is refused.  With a passphrase the secret is sealed under Argon2id (libsodium's MODERATE:
 * 3 passes, 256 MiB); a file that asks for more than that is refused before it is obeyed (ETOOBIG), so
 * that a hostile file cannot take all memory.
 *
 * Bytes, little-endian:
 *
 *   offset  size  field
 *        0     9  "MUSTERKEY"
 *        9     1  version of the layout, 1
 *       10    16  purpose, NUL padded; the last byte is always NUL
 *       26     1  kdf: 0 plain, 1 Argon2id
 *   kdf 0:
 *       27   n    secret, 1..KEYFILE_SECRET_MAX bytes
 *     27+n    32  check
 *   kdf 1:
 *       27     4  Argon2id passes (u32)
 *       31     8  Argon2id memory in bytes (u64)
 *       39    16  salt
 *       55    24  nonce
 *       79  n+16  secret sealed with XChaCha20-Poly1305; bytes 0..78 are the associated data
 *     95+n    32  check
 *
 * check = H("muster/1/keyfile", all bytes before it) tells damage from a wrong passphrase; it proves
 * nothing about who wrote the file. */
#ifndef MUSTER_CRYPTO_KEYFILE_H
#define MUSTER_CRYPTO_KEYFILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYFILE_SECRET_MAX = 256, KEYFILE_PURPOSE_MAX = 15, KEYFILE_NAME_MAX = 128 };

/* Writes the file `name` in the directory open as `dir` with mode 0600: temporary file NAME.new, fsync,
 * rename, fsync of the directory.
 * dir          a descriptor opened for reading (not AT_FDCWD, not O_PATH: it is synced)
 * name         1..KEYFILE_NAME_MAX bytes without '/' (EUSAGE)
 * purpose      1..KEYFILE_PURPOSE_MAX bytes, secret 1..KEYFILE_SECRET_MAX (asserted: they are ours)
 * passphrase   NULL: plain; an empty one is refused (EUSAGE)
 * replace      without it an existing file stays as it is (EDUPLICATE)
 * returns      OK, EUSAGE, EDUPLICATE, EFULL, EIO; EBUSY without memory for Argon2id */
MUST_USE enum muster_error keyfile_write(int dir, const char *name, const char *purpose, const void *secret, size_t len,
                                         const char *passphrase, int replace);
/* Reads it.
 * purpose      what the caller needs the key for; the file must say the same (EKEYFILE)
 * secret, len  *len is the length found, at most size; on error both are untouched
 * passphrase   ignored by a plain file
 * returns      OK, EUSAGE, ENOTFOUND, EMODE, ENOTFILE, EKEYFILE (damaged, another purpose or version),
 *              EPASSPHRASE (wrong, or none given for a sealed file), ETOOBIG (the secret is longer than
 *              size, or the file asks for more than MODERATE), EBUSY (no memory for Argon2id), EIO */
MUST_USE enum muster_error keyfile_read(int dir, const char *name, const char *purpose, void *secret, size_t size,
                                        size_t *len, const char *passphrase);

/* The bytes of such a file, for one that lies inside another; and back.  The same bounds and errors. */
enum { KEYFILE_BYTES_MAX = 79 + KEYFILE_SECRET_MAX + 16 + 32 };
MUST_USE enum muster_error keyfile_make(uint8_t out[KEYFILE_BYTES_MAX], size_t *out_len, const char *purpose, const void *secret,
                                        size_t len, const char *passphrase);
MUST_USE enum muster_error keyfile_open_bytes(const uint8_t *bytes, size_t bytes_len, const char *purpose, void *secret, size_t size,
                                              size_t *len, const char *passphrase);

/* Does it begin as such a file does?  Says nothing about whether it is whole. */
bool keyfile_is(const void *bytes, size_t len);

#endif
