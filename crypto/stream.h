/* stream.h — sealing a long run of bytes in chunks, so that nothing can be cut off, added or moved.
 *
 * XChaCha20-Poly1305 as libsodium's secretstream does it: chunks of STREAM_CHUNK_BYTES, each with its own tag, chained,
 * the last one marked as the last.  A stream without its last chunk, or with bytes behind it, does not open.  It does
 * not commit to its key: whoever keeps keys from elsewhere compares seal_commitment first. */
#ifndef MUSTER_CRYPTO_STREAM_H
#define MUSTER_CRYPTO_STREAM_H

#include "crypto/crypto.h"

enum {
    STREAM_CHUNK_BYTES = 64 * 1024, /* of plain bytes; the last chunk may be shorter, or empty */
    STREAM_CHUNK_EXTRA = 17,        /* of each chunk: its kind 1, its tag 16 */
    STREAM_HEADER_BYTES = 24
};

/* How long `len` bytes are when sealed. */
size_t stream_sealed_len(size_t len);
/* out holds stream_sealed_len(len).  header: random, used once with this key, stored beside the stream.  aad is bound
 * to the first chunk, not stored. */
void stream_seal(uint8_t *out, const void *bytes, size_t len, const struct bytes *aad,
                 const uint8_t header[STREAM_HEADER_BYTES], const struct seal_key *key);
/* out holds `len` bytes; *plain is how many of them are the contents.  ETRUNCATED: the end is missing; ETRAILING: there
 * is something behind it; EDECRYPT.  On an error nothing is left in out. */
MUST_USE enum muster_error stream_open(uint8_t *out, size_t *plain, const uint8_t *sealed, size_t len,
                                       const struct bytes *aad, const uint8_t header[STREAM_HEADER_BYTES],
                                       const struct seal_key *key);

#endif
