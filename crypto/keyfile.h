/* keyfile.h — one secret in one file, readable by its owner only.
 *
 * A file wider than 0600, a symbolic link, another owner's file or anything but a regular file is
 * refused (EMODE, ENOTFILE).  With a passphrase the secret is sealed under Argon2id (MODERATE);
 * a file that asks for more than that is refused (ETOOBIG), so that a hostile file cannot take all
 * memory.  Layout: SPEC 8. */
#ifndef MUSTER_CRYPTO_KEYFILE_H
#define MUSTER_CRYPTO_KEYFILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { KEYFILE_SECRET_MAX = 256 };

/* Writes dir-relative `name` with mode 0600: temporary file, fsync, rename, fsync of the directory.  Refuses to
 * overwrite (EDUPLICATE) unless `replace`.  passphrase NULL: plain.  EIO, EFULL. */
MUST_USE enum muster_error keyfile_write(int dir, const char *name, const char *purpose, const void *secret, size_t len,
                                         const char *passphrase, int replace);
/* Reads it; the purpose (at most 15 characters, inside the file) must fit.  *len is the length found, at
 * most size.  ENOTFOUND, EMODE, ENOTFILE, EKEYFILE, EPASSPHRASE, ETOOBIG, EIO. */
MUST_USE enum muster_error keyfile_read(int dir, const char *name, const char *purpose, void *secret, size_t size,
                                        size_t *len, const char *passphrase);

#endif
