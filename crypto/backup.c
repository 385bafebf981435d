/* Sealed files of parts: see backup.h. */
#include "crypto/backup.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SEALED_CHUNK = STREAM_CHUNK_BYTES + STREAM_CHUNK_EXTRA, FRAME_BYTES = 5, KEY_BYTES = 32 + BOX_SEAL_BYTES };
_Static_assert(BACKUP_HEAD_BYTES == 32 + KEY_BYTES + HASH_BYTES + STREAM_HEADER_BYTES, "the layout of backup.h");

static const char magic[BACKUP_MAGIC_BYTES + 1] = "MUSTERBACKUP";
static const char domain[] = "muster/1/backup"; /* hashed with its NUL, as everywhere */

static void hash_begin(crypto_generichash_state *state)
{
    (void)crypto_generichash_init(state, NULL, 0, HASH_BYTES);
    (void)crypto_generichash_update(state, (const uint8_t *)domain, sizeof(domain));
}

size_t backup_lock(uint8_t *out, const uint8_t *keyfile, size_t keyfile_len)
{
    struct writer w = writer_over(out, BACKUP_LOCK_BYTES + KEYFILE_BYTES_MAX);
    writer_put(&w, magic, BACKUP_MAGIC_BYTES);
    writer_u8(&w, BACKUP_VERSION);
    writer_u16(&w, (uint16_t)keyfile_len);
    if (keyfile_len)
        writer_put(&w, keyfile, keyfile_len);
    assert(!w.failed);
    return writer_len(&w);
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

struct backup_writer {
    backup_put *put;
    void *user;
    crypto_generichash_state hash;
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t head[BACKUP_HEAD_BYTES];
    bool first;
    size_t used;
    uint8_t plain[STREAM_CHUNK_BYTES], sealed[SEALED_CHUNK];
};

static enum muster_error out_put(struct backup_writer *w, const void *bytes, size_t len)
{
    (void)crypto_generichash_update(&w->hash, bytes, len);
    return w->put(w->user, bytes, len) ? MUSTER_OK : MUSTER_EIO;
}

enum muster_error backup_writer_new(struct backup_writer **out, const struct box_public *to, backup_put *put, void *user)
{
    struct backup_writer *w = calloc(1, sizeof(*w));
    struct seal_key key;
    *out = NULL;
    if (!w)
        return MUSTER_EBUSY;
    w->put = put;
    w->user = user;
    w->first = true;
    hash_begin(&w->hash);
    crypto_random(key.b, sizeof(key.b));
    uint8_t *commitment = w->head + 32 + KEY_BYTES, *header = commitment + HASH_BYTES;
    struct hash fixed = seal_commitment(&key);
    memcpy(w->head, to->b, 32);
    memcpy(commitment, fixed.b, HASH_BYTES);
    enum muster_error error = box_seal(w->head + 32, key.b, sizeof(key.b), to);
    (void)crypto_secretstream_xchacha20poly1305_init_push(&w->stream, header, key.b);
    crypto_wipe(&key, sizeof(key));
    if (!error)
        error = out_put(w, w->head, sizeof(w->head));
    if (error)
        backup_writer_free(w);
    else
        *out = w;
    return error;
}

static enum muster_error chunk_out(struct backup_writer *w, bool last)
{
    (void)crypto_secretstream_xchacha20poly1305_push(&w->stream, w->sealed, NULL, w->plain, w->used, w->first ? w->head : NULL,
                                                     w->first ? sizeof(w->head) : 0,
                                                     last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                                          : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    size_t len = w->used + STREAM_CHUNK_EXTRA;
    w->first = false;
    w->used = 0;
    return out_put(w, w->sealed, len);
}

static enum muster_error plain_put(struct backup_writer *w, const uint8_t *bytes, size_t len)
{
    enum muster_error error = MUSTER_OK;
    while (len && !error) {
        size_t room = sizeof(w->plain) - w->used, n = len < room ? len : room;
        memcpy(w->plain + w->used, bytes, n);
        w->used += n;
        bytes += n;
        len -= n;
        if (w->used == sizeof(w->plain))
            error = chunk_out(w, false);
    }
    return error;
}

enum muster_error backup_write(struct backup_writer *w, enum backup_part type, const void *bytes, size_t len)
{
    uint8_t frame[FRAME_BYTES];
    assert(len <= BACKUP_PART_MAX);
    frame[0] = (uint8_t)type;
    put_le32(frame + 1, (uint32_t)len);
    enum muster_error error = plain_put(w, frame, sizeof(frame));
    return error ? error : plain_put(w, bytes, len);
}

enum muster_error backup_writer_end(struct backup_writer *w)
{
    uint8_t end[HASH_BYTES];
    enum muster_error error = chunk_out(w, true);
    if (error)
        return error;
    (void)crypto_generichash_final(&w->hash, end, sizeof(end));
    return w->put(w->user, end, sizeof(end)) ? MUSTER_OK : MUSTER_EIO;
}

void backup_writer_free(struct backup_writer *w)
{
    if (w)
        crypto_wipe(w, sizeof(*w));
    free(w);
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

struct backup_reader {
    backup_get *get;
    void *user;
    uint64_t bytes;
    crypto_generichash_state hash;
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t lock[KEYFILE_BYTES_MAX], head[BACKUP_HEAD_BYTES];
    size_t lock_len;
    bool first, last;
    /* What was read and not used: a chunk and the end are looked for in it. */
    size_t waiting;
    uint8_t in[SEALED_CHUNK + HASH_BYTES];
    size_t plain_len, plain_at;
    uint8_t plain[STREAM_CHUNK_BYTES], part[BACKUP_PART_MAX];
};

/* Up to `len` bytes, less only at the end of the file. */
static enum muster_error in_get(struct backup_reader *r, uint8_t *out, size_t len, size_t *got)
{
    *got = 0;
    while (*got < len) {
        long n = r->get(r->user, out + *got, len - *got);
        if (n < 0 || (size_t)n > len - *got)
            return MUSTER_EIO;
        if (n == 0)
            break;
        *got += (size_t)n;
        r->bytes += (uint64_t)n;
    }
    return MUSTER_OK;
}

static enum muster_error in_all(struct backup_reader *r, uint8_t *out, size_t len)
{
    size_t got;
    enum muster_error error = in_get(r, out, len, &got);
    return error ? error : got < len ? MUSTER_ETRUNCATED : MUSTER_OK;
}

enum muster_error backup_reader_new(struct backup_reader **out, backup_get *get, void *user)
{
    struct backup_reader *r = calloc(1, sizeof(*r));
    uint8_t lock[BACKUP_LOCK_BYTES];
    *out = NULL;
    if (!r)
        return MUSTER_EBUSY;
    r->get = get;
    r->user = user;
    r->first = true;
    enum muster_error error = in_all(r, lock, sizeof(lock));
    if (error == MUSTER_ETRUNCATED || (!error && memcmp(lock, magic, BACKUP_MAGIC_BYTES) != 0))
        error = MUSTER_EBADVALUE;
    if (!error && lock[BACKUP_MAGIC_BYTES] != BACKUP_VERSION)
        error = MUSTER_EVERSION;
    r->lock_len = error ? 0 : get_le16(lock + BACKUP_MAGIC_BYTES + 1);
    if (!error && r->lock_len > sizeof(r->lock))
        error = MUSTER_EBADVALUE;
    if (!error)
        error = in_all(r, r->lock, r->lock_len);
    if (!error)
        error = in_all(r, r->head, sizeof(r->head));
    hash_begin(&r->hash);
    (void)crypto_generichash_update(&r->hash, r->head, sizeof(r->head));
    if (error)
        backup_reader_free(r);
    else
        *out = r;
    return error;
}

struct bytes backup_reader_lock(const struct backup_reader *r)
{
    return (struct bytes){r->lock, r->lock_len};
}

struct box_public backup_reader_to(const struct backup_reader *r)
{
    struct box_public to;
    memcpy(to.b, r->head, sizeof(to.b));
    return to;
}

enum muster_error backup_reader_open(struct backup_reader *r, const struct box_secret *secret)
{
    struct box_public public_key;
    struct seal_key key;
    box_public_of(&public_key, secret);
    if (memcmp(public_key.b, r->head, sizeof(public_key.b)) != 0)
        return MUSTER_EWRONGPEER;
    enum muster_error error = box_open(key.b, r->head + 32, KEY_BYTES, &public_key, secret);
    if (error)
        return error;
    struct hash commitment = seal_commitment(&key);
    if (memcmp(commitment.b, r->head + 32 + KEY_BYTES, HASH_BYTES) != 0)
        error = MUSTER_ECOMMITMENT;
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&r->stream, r->head + 32 + KEY_BYTES + HASH_BYTES, key.b);
    crypto_wipe(&key, sizeof(key));
    return error;
}

/* Fills `in`; what is in it then is a whole chunk and what follows, or the last chunk and the end. */
static enum muster_error in_fill(struct backup_reader *r)
{
    size_t got;
    enum muster_error error = in_get(r, r->in + r->waiting, sizeof(r->in) - r->waiting, &got);
    r->waiting += got;
    return error ? error : r->waiting < HASH_BYTES ? MUSTER_ETRUNCATED : MUSTER_OK;
}

static void in_drop(struct backup_reader *r, size_t len)
{
    (void)crypto_generichash_update(&r->hash, r->in, len);
    memmove(r->in, r->in + len, r->waiting - len);
    r->waiting -= len;
}

static enum muster_error end_check(struct backup_reader *r)
{
    uint8_t end[HASH_BYTES];
    (void)crypto_generichash_final(&r->hash, end, sizeof(end));
    return r->waiting != HASH_BYTES            ? MUSTER_ETRAILING
           : memcmp(end, r->in, sizeof(end)) ? MUSTER_EHASH
                                               : MUSTER_OK;
}

static enum muster_error chunk_in(struct backup_reader *r)
{
    unsigned char tag;
    unsigned long long plain;
    enum muster_error error = in_fill(r);
    if (error)
        return error;
    size_t chunk = r->waiting - HASH_BYTES < SEALED_CHUNK ? r->waiting - HASH_BYTES : SEALED_CHUNK;
    if (chunk < STREAM_CHUNK_EXTRA)
        return MUSTER_ETRUNCATED;
    if (crypto_secretstream_xchacha20poly1305_pull(&r->stream, r->plain, &plain, &tag, r->in, chunk, r->first ? r->head : NULL,
                                                   r->first ? sizeof(r->head) : 0) != 0)
        return r->waiting < sizeof(r->in) ? MUSTER_ETRUNCATED : MUSTER_EDECRYPT;
    r->first = false;
    r->plain_len = (size_t)plain;
    r->plain_at = 0;
    r->last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    in_drop(r, chunk);
    if (!r->last)
        return chunk < SEALED_CHUNK ? MUSTER_ETRUNCATED : MUSTER_OK;
    error = in_fill(r);
    return error ? error : end_check(r);
}

/* Plain bytes of the parts; *got is less only behind the last chunk. */
static enum muster_error plain_get(struct backup_reader *r, uint8_t *out, size_t len, size_t *got)
{
    enum muster_error error = MUSTER_OK;
    *got = 0;
    while (*got < len && !error) {
        size_t left = r->plain_len - r->plain_at, n = left < len - *got ? left : len - *got;
        memcpy(out + *got, r->plain + r->plain_at, n);
        *got += n;
        r->plain_at += n;
        if (*got < len && r->last)
            break;
        if (*got < len)
            error = chunk_in(r);
    }
    return error;
}

enum muster_error backup_read(struct backup_reader *r, enum backup_part *type, struct bytes *part)
{
    uint8_t frame[FRAME_BYTES];
    size_t got, len;
    *type = 0;
    *part = (struct bytes){NULL, 0};
    enum muster_error error = plain_get(r, frame, sizeof(frame), &got);
    if (error || (got == 0 && r->last))
        return error;
    len = get_le32(frame + 1);
    if (got < sizeof(frame) || len > sizeof(r->part) || frame[0] == 0)
        return MUSTER_EBADVALUE;
    error = plain_get(r, r->part, len, &got);
    if (!error && got < len)
        error = MUSTER_EBADVALUE;
    if (error)
        return error;
    *type = frame[0];
    *part = (struct bytes){r->part, len};
    return MUSTER_OK;
}

enum muster_error backup_reader_check(struct backup_reader *r)
{
    for (;;) {
        enum muster_error error = in_fill(r);
        if (error)
            return error;
        if (r->waiting < sizeof(r->in)) {
            in_drop(r, r->waiting - HASH_BYTES);
            return end_check(r);
        }
        in_drop(r, SEALED_CHUNK);
    }
}

uint64_t backup_reader_bytes(const struct backup_reader *r)
{
    return r->bytes;
}

void backup_reader_free(struct backup_reader *r)
{
    if (r)
        crypto_wipe(r, sizeof(*r));
    free(r);
}
