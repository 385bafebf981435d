#include "protocol/log/payload.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"

#include <stdlib.h>
#include <zstd.h>

enum { PLAIN_COMPRESSED = 1, PLAIN_OPERATOR = 2, OPERATOR_BYTES = 32 + 64, PLAIN_HEAD = 6, DICTIONARIES_MAX = 8, LEVEL = 3, COMPRESS_MIN = 64 };

struct payload_codec {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *inflate;
    ZSTD_CDict *compress_with[DICTIONARIES_MAX];
    ZSTD_DDict *inflate_with[DICTIONARIES_MAX];
    bool has_operator;
    struct payload_operator by; /* of the payload opened last */
    uint8_t plain[PAYLOAD_BYTES_MAX];
    uint8_t body[BODY_BYTES_MAX + OPERATOR_BYTES];
    uint8_t signed_body[BODY_BYTES_MAX + OPERATOR_BYTES];
};

struct payload_codec *payload_codec_new(void)
{
    struct payload_codec *codec = calloc(1, sizeof(*codec));
    if (!codec)
        return NULL;
    codec->compress = ZSTD_createCCtx();
    codec->inflate = ZSTD_createDCtx();
    if (!codec->compress || !codec->inflate) {
        payload_codec_free(codec);
        return NULL;
    }
    return codec;
}

void payload_codec_free(struct payload_codec *codec)
{
    if (!codec)
        return;
    ZSTD_freeCCtx(codec->compress);
    ZSTD_freeDCtx(codec->inflate);
    for (size_t i = 0; i < DICTIONARIES_MAX; i++) {
        ZSTD_freeCDict(codec->compress_with[i]);
        ZSTD_freeDDict(codec->inflate_with[i]);
    }
    crypto_wipe(codec, sizeof(*codec));
    free(codec);
}

/* A kind is compressed with the dictionary of its own number, if it has one (SPEC 4.3). */
static uint8_t dictionary_of(uint16_t kind)
{
    struct bytes dictionary;
    return kind < DICTIONARIES_MAX && kind_dictionary((uint8_t)kind, &dictionary) ? (uint8_t)kind : 0;
}

static size_t compress_body(struct payload_codec *codec, uint8_t *out, size_t size, struct bytes body, uint8_t dictionary)
{
    size_t len;
    if (dictionary) {
        if (!codec->compress_with[dictionary]) {
            struct bytes bytes;
            if (kind_dictionary(dictionary, &bytes))
                codec->compress_with[dictionary] = ZSTD_createCDict(bytes.at, bytes.len, LEVEL);
        }
        if (!codec->compress_with[dictionary])
            return 0;
        len = ZSTD_compress_usingCDict(codec->compress, out, size, body.at, body.len, codec->compress_with[dictionary]);
    } else {
        len = ZSTD_compressCCtx(codec->compress, out, size, body.at, body.len, LEVEL);
    }
    return ZSTD_isError(len) || len >= body.len ? 0 : len;
}

static enum muster_error inflate_body(struct payload_codec *codec, struct bytes *body, struct bytes content,
                                      uint8_t dictionary)
{
    unsigned long long size = ZSTD_getFrameContentSize(content.at, content.len);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return MUSTER_EBADVALUE;
    if (size > sizeof(codec->body))
        return MUSTER_ETOOBIG;
    size_t len;
    if (dictionary) {
        struct bytes bytes;
        if (dictionary >= DICTIONARIES_MAX || !kind_dictionary(dictionary, &bytes))
            return MUSTER_EVERSION; /* a dictionary of a later version: waits, as unknown kinds do */
        if (!codec->inflate_with[dictionary])
            codec->inflate_with[dictionary] = ZSTD_createDDict(bytes.at, bytes.len);
        if (!codec->inflate_with[dictionary])
            return MUSTER_EBUSY;
        len = ZSTD_decompress_usingDDict(codec->inflate, codec->body, sizeof(codec->body), content.at, content.len,
                                         codec->inflate_with[dictionary]);
    } else {
        len = ZSTD_decompressDCtx(codec->inflate, codec->body, sizeof(codec->body), content.at, content.len);
    }
    if (ZSTD_isError(len) || len != size)
        return MUSTER_EBADVALUE;
    *body = (struct bytes){codec->body, len};
    return MUSTER_OK;
}

struct bound {
    uint8_t bytes[HASH_BYTES + RECORD_BOUND_BYTES];
};

static struct bytes bind(struct bound *bound, const struct log_id *log, const struct record_header *header)
{
    uint8_t whole[RECORD_HEADER_MAX];
    record_header_write(whole, header);
    memcpy(bound->bytes, log->b, HASH_BYTES);
    memcpy(bound->bytes + HASH_BYTES, whole, RECORD_BOUND_BYTES);
    return (struct bytes){bound->bytes, sizeof(bound->bytes)};
}

enum muster_error payload_seal(struct payload_codec *codec, uint8_t *out, size_t *len, struct bytes body,
                               const struct log_id *log, struct record_header *header, const struct seal_nonce *nonce,
                               const struct seal_key *key)
{
    return payload_seal_by(codec, out, len, body, log, header, nonce, key, NULL);
}

enum muster_error payload_seal_by(struct payload_codec *codec, uint8_t *out, size_t *len, struct bytes body,
                                  const struct log_id *log, struct record_header *header, const struct seal_nonce *nonce,
                                  const struct seal_key *key, const struct payload_operator *by)
{
    if (body.len > BODY_BYTES_MAX)
        return MUSTER_ETOOBIG;
    if (by) {
        memcpy(codec->signed_body, body.at, body.len);
        memcpy(codec->signed_body + body.len, by->key.b, sizeof(by->key.b));
        memcpy(codec->signed_body + body.len + sizeof(by->key.b), by->signature.b, sizeof(by->signature.b));
        body = (struct bytes){codec->signed_body, body.len + OPERATOR_BYTES};
    }
    uint8_t dictionary = dictionary_of(header->kind);
    size_t content = 0;
    if (body.len >= COMPRESS_MIN)
        content = compress_body(codec, codec->plain + PLAIN_HEAD, sizeof(codec->plain) - PLAIN_HEAD - PAYLOAD_PAD, body,
                                dictionary);
    bool compressed = content > 0;
    if (!compressed) {
        content = body.len;
        memcpy(codec->plain + PLAIN_HEAD, body.at, body.len);
    }
    codec->plain[0] = (uint8_t)((compressed ? PLAIN_COMPRESSED : 0) | (by ? PLAIN_OPERATOR : 0));
    codec->plain[1] = compressed ? dictionary : 0;
    put_le32(codec->plain + 2, (uint32_t)content);
    size_t plain = (PLAIN_HEAD + content + PAYLOAD_PAD - 1) / PAYLOAD_PAD * PAYLOAD_PAD;
    memset(codec->plain + PLAIN_HEAD + content, 0, plain - PLAIN_HEAD - content);

    bool personal = header->flags & RECORD_PERSONAL;
    struct writer w = writer_over(out, PAYLOAD_BYTES_MAX);
    writer_put(&w, nonce->b, sizeof(nonce->b));
    if (personal) {
        struct hash commitment = seal_commitment(key);
        writer_put(&w, commitment.b, sizeof(commitment.b));
    }
    uint8_t *sealed = writer_skip(&w, plain + SEAL_TAG_BYTES);
    if (!sealed)
        return MUSTER_ETOOBIG;
    struct bound bound;
    struct bytes aad = bind(&bound, log, header);
    seal(sealed, codec->plain, plain, &aad, nonce, key);
    *len = writer_len(&w);
    header->payload_len = (uint32_t)*len;
    header->payload_hash = payload_hash_of(out, *len);
    return MUSTER_OK;
}

/* The body inside a plain text of that many bytes in codec->plain. */
static enum muster_error body_of_plain(struct payload_codec *codec, struct bytes *body, size_t plain)
{
    size_t content = get_le32(codec->plain + 2);
    enum muster_error error = MUSTER_OK;
    if (content > plain - PLAIN_HEAD || (codec->plain[0] & ~(PLAIN_COMPRESSED | PLAIN_OPERATOR)))
        return MUSTER_EBADVALUE;
    struct bytes inside = {codec->plain + PLAIN_HEAD, content};
    if (codec->plain[0] & PLAIN_COMPRESSED)
        error = inflate_body(codec, body, inside, codec->plain[1]);
    else
        *body = inside;
    if (!error && (codec->plain[0] & PLAIN_OPERATOR)) {
        if (body->len < OPERATOR_BYTES)
            return MUSTER_EBADVALUE;
        body->len -= OPERATOR_BYTES;
        memcpy(codec->by.key.b, body->at + body->len, sizeof(codec->by.key.b));
        memcpy(codec->by.signature.b, body->at + body->len + sizeof(codec->by.key.b), sizeof(codec->by.signature.b));
        codec->has_operator = true;
    }
    if (!error && body->len > BODY_BYTES_MAX)
        error = MUSTER_ETOOBIG;
    return error ? error : pack_check(body->at, body->len);
}

enum muster_error payload_open(struct payload_codec *codec, struct bytes *body, struct bytes payload,
                               const struct log_id *log, const struct record_header *header, const struct seal_key *key)
{
    codec->has_operator = false;
    if (header->flags & RECORD_CLEAR) {
        enum muster_error error = pack_check(payload.at, payload.len);
        if (!error)
            *body = payload;
        return error;
    }
    struct cursor c = cursor_over(payload.at, payload.len);
    struct seal_nonce nonce;
    cursor_copy(&c, nonce.b, sizeof(nonce.b));
    if (header->flags & RECORD_PERSONAL) {
        struct hash said, is = seal_commitment(key);
        cursor_copy(&c, said.b, sizeof(said.b));
        if (!c.failed && !crypto_same(said.b, is.b, sizeof(is.b)))
            return MUSTER_ECOMMITMENT;
    }
    size_t sealed = cursor_left(&c);
    if (c.failed || sealed < PLAIN_HEAD + SEAL_TAG_BYTES || sealed - SEAL_TAG_BYTES > sizeof(codec->plain))
        return MUSTER_ETRUNCATED;
    struct bound bound;
    struct bytes aad = bind(&bound, log, header);
    enum muster_error error = seal_open(codec->plain, c.at, sealed, &aad, &nonce, key);
    return error ? error : body_of_plain(codec, body, sealed - SEAL_TAG_BYTES);
}

enum muster_error payload_message_key(struct message_key *out, struct bytes payload, const struct seal_key *key)
{
    struct seal_nonce nonce;
    if (payload.len < sizeof(nonce.b))
        return MUSTER_ETRUNCATED;
    memcpy(nonce.b, payload.at, sizeof(nonce.b));
    message_key_of(out, key, &nonce);
    return MUSTER_OK;
}

enum muster_error payload_open_disclosed(struct payload_codec *codec, struct bytes *body, struct bytes payload,
                                         const struct log_id *log, const struct record_header *header,
                                         const struct message_key *key)
{
    codec->has_operator = false;
    if (header->flags & (RECORD_CLEAR | RECORD_PERSONAL))
        return MUSTER_EBADVALUE;
    struct cursor c = cursor_over(payload.at, payload.len);
    struct seal_nonce nonce;
    cursor_copy(&c, nonce.b, sizeof(nonce.b));
    size_t sealed = cursor_left(&c);
    if (c.failed || sealed < PLAIN_HEAD + SEAL_TAG_BYTES || sealed - SEAL_TAG_BYTES > sizeof(codec->plain))
        return MUSTER_ETRUNCATED;
    struct bound bound;
    struct bytes aad = bind(&bound, log, header);
    enum muster_error error = message_open(codec->plain, c.at, sealed, &aad, &nonce, key);
    size_t plain = sealed - SEAL_TAG_BYTES;
    if (error)
        return error;
    /* Writers pad with the fewest zeroes: whatever else it opens to was not written by a node. */
    size_t content = get_le32(codec->plain + 2);
    if (content > plain - PLAIN_HEAD || plain - PLAIN_HEAD - content >= PAYLOAD_PAD)
        return MUSTER_EBADVALUE;
    for (size_t i = PLAIN_HEAD + content; i < plain; i++)
        if (codec->plain[i])
            return MUSTER_EBADVALUE;
    return body_of_plain(codec, body, plain);
}

bool payload_operator_of(const struct payload_codec *codec, struct payload_operator *out)
{
    if (codec->has_operator)
        *out = codec->by;
    return codec->has_operator;
}

void payload_operator_sign(struct payload_operator *out, const struct sign_public *key, const struct sign_secret *secret,
                           const struct space_id *space, const struct log_id *log, const struct record_header *header,
                           struct bytes body)
{
    struct bound bound;
    uint8_t whole[RECORD_HEADER_MAX];
    size_t len = record_header_write(whole, header);
    struct bytes parts[] = {{space->b, HASH_BYTES}, bind(&bound, log, header),
                            {whole + RECORD_HEADER_MIN - 1, len - RECORD_HEADER_MIN + 1}, body};
    out->key = *key;
    crypto_sign_parts(&out->signature, secret, "muster/1/operator", parts, ARRAY_LEN(parts));
}

enum muster_error payload_operator_verify(const struct payload_operator *by, const struct space_id *space,
                                          const struct log_id *log, const struct record_header *header, struct bytes body)
{
    struct bound bound;
    uint8_t whole[RECORD_HEADER_MAX];
    size_t len = record_header_write(whole, header);
    struct bytes parts[] = {{space->b, HASH_BYTES}, bind(&bound, log, header),
                            {whole + RECORD_HEADER_MIN - 1, len - RECORD_HEADER_MIN + 1}, body};
    return crypto_verify_parts(&by->signature, &by->key, "muster/1/operator", parts, ARRAY_LEN(parts));
}

/* The wrap is bound to the record's place under a label of its own: one byte behind what the payload binds. */
static struct bytes bind_wrap(uint8_t out[HASH_BYTES + RECORD_BOUND_BYTES + 1], const struct log_id *log,
                              const struct record_header *header)
{
    struct bound bound;
    struct bytes aad = bind(&bound, log, header);
    memcpy(out, aad.at, aad.len);
    out[aad.len] = 'w';
    return (struct bytes){out, aad.len + 1};
}

void payload_wrap(uint8_t out[24 + 32 + 16], const struct log_id *log, const struct record_header *header,
                  const struct seal_key *record_key, const struct seal_nonce *nonce, const struct seal_key *epoch_key)
{
    uint8_t bound[HASH_BYTES + RECORD_BOUND_BYTES + 1];
    struct bytes aad = bind_wrap(bound, log, header);
    memcpy(out, nonce->b, sizeof(nonce->b));
    seal(out + sizeof(nonce->b), record_key->b, sizeof(record_key->b), &aad, nonce, epoch_key);
}

enum muster_error payload_unwrap(struct seal_key *record_key, struct bytes wrap, const struct log_id *log,
                                 const struct record_header *header, const struct seal_key *epoch_key)
{
    struct seal_nonce nonce;
    if (wrap.len != sizeof(nonce.b) + sizeof(record_key->b) + SEAL_TAG_BYTES)
        return MUSTER_ETRUNCATED;
    memcpy(nonce.b, wrap.at, sizeof(nonce.b));
    uint8_t bound[HASH_BYTES + RECORD_BOUND_BYTES + 1];
    struct bytes aad = bind_wrap(bound, log, header);
    return seal_open(record_key->b, wrap.at + sizeof(nonce.b), wrap.len - sizeof(nonce.b), &aad, &nonce, epoch_key);
}
