/* Sealed streams: see stream.h. */
#include "crypto/stream.h"

#include <sodium.h>

_Static_assert(STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES, "24 bytes of header");
_Static_assert(STREAM_CHUNK_EXTRA == crypto_secretstream_xchacha20poly1305_ABYTES, "17 bytes a chunk");
_Static_assert(sizeof(struct seal_key) == crypto_secretstream_xchacha20poly1305_KEYBYTES, "32 bytes of key");

enum { SEALED_CHUNK = STREAM_CHUNK_BYTES + STREAM_CHUNK_EXTRA };

size_t stream_sealed_len(size_t len)
{
    size_t chunks = len ? (len + STREAM_CHUNK_BYTES - 1) / STREAM_CHUNK_BYTES : 1;
    return len + chunks * STREAM_CHUNK_EXTRA;
}

/* Beginning to write would draw the header at random; beginning to read makes the same state from a given one. */
static void begin(crypto_secretstream_xchacha20poly1305_state *state, const uint8_t header[STREAM_HEADER_BYTES],
                  const struct seal_key *key)
{
    (void)crypto_secretstream_xchacha20poly1305_init_pull(state, header, key->b);
}

void stream_seal(uint8_t *out, const void *bytes, size_t len, const struct bytes *aad,
                 const uint8_t header[STREAM_HEADER_BYTES], const struct seal_key *key)
{
    crypto_secretstream_xchacha20poly1305_state state;
    const uint8_t *at = bytes;
    begin(&state, header, key);
    for (bool first = true, last = false; !last; first = false) {
        size_t chunk = len < STREAM_CHUNK_BYTES ? len : STREAM_CHUNK_BYTES;
        bool bound = first && aad;
        last = chunk == len;
        crypto_secretstream_xchacha20poly1305_push(&state, out, NULL, at, chunk, bound ? aad->at : NULL, bound ? aad->len : 0,
                                                   last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                                        : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
        out += chunk + STREAM_CHUNK_EXTRA;
        at = chunk ? at + chunk : at;
        len -= chunk;
    }
    sodium_memzero(&state, sizeof(state));
}

enum muster_error stream_open(uint8_t *out, size_t *plain, const uint8_t *sealed, size_t len, const struct bytes *aad,
                              const uint8_t header[STREAM_HEADER_BYTES], const struct seal_key *key)
{
    crypto_secretstream_xchacha20poly1305_state state;
    enum muster_error error = MUSTER_OK;
    size_t done = 0;
    bool last = false;
    begin(&state, header, key);
    for (bool first = true; !error && !last; first = false) {
        size_t chunk = len < SEALED_CHUNK ? len : SEALED_CHUNK;
        unsigned char tag;
        bool bound = first && aad;
        if (chunk < STREAM_CHUNK_EXTRA) {
            error = MUSTER_ETRUNCATED;
        } else if (crypto_secretstream_xchacha20poly1305_pull(&state, out + done, NULL, &tag, sealed, chunk,
                                                              bound ? aad->at : NULL, bound ? aad->len : 0) != 0) {
            error = MUSTER_EDECRYPT;
        } else {
            done += chunk - STREAM_CHUNK_EXTRA;
            sealed += chunk;
            len -= chunk;
            last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
            if (last && len)
                error = MUSTER_ETRAILING;
            else if (!last && chunk < SEALED_CHUNK)
                error = MUSTER_ETRUNCATED;
        }
    }
    if (error)
        sodium_memzero(out, done);
    else
        *plain = done;
    sodium_memzero(&state, sizeof(state));
    return error;
}
