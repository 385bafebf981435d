/* blob.c — sealing and opening the chunks of an attachment, and its reference as text. */
#include "protocol/log/blob.h"

#include <stdio.h>

static bool plain(char c)
{
    return (unsigned char)c >= ' ' && c != ':' && c != '/' && c != '\\' && c != 0x7f;
}

/* Appends text, at most `max` bytes of it, whole characters only. */
static char *add(char *at, const char *text, size_t max, bool type)
{
    size_t len = strlen(text);
    if (len > max)
        for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
            ;
    for (size_t i = 0; i < len; i++)
        *at++ = (char)(plain(text[i]) || (type && text[i] == '/') ? text[i] : '_');
    return at;
}

void blob_text(char *out, const struct blob_ref *ref)
{
    char id[2 * HASH_BYTES + 1], key[2 * 32 + 1];
    char *at = out + snprintf(out, BLOB_TEXT_MAX, "blob:%s:%u:%s:", hex_from(id, ref->id.b, HASH_BYTES), ref->bytes,
                              hex_from(key, ref->key.b, sizeof(ref->key.b)));
    at = add(at, ref->type, BLOB_TYPE_MAX, true);
    *at++ = ':';
    *add(at, ref->name, BLOB_NAME_MAX, false) = '\0';
    crypto_wipe(key, sizeof(key));
}

enum { HEX_LEN = 2 * HASH_BYTES, ID_AT = 5, BYTES_AT = ID_AT + HEX_LEN + 1 };

enum muster_error blob_text_read(struct blob_ref *out, const char *text, size_t len)
{
    char copy[BLOB_TEXT_MAX];
    struct blob_ref ref = {.bytes = 0};
    if (len >= sizeof(copy) || len < BYTES_AT || memcmp(text, "blob:", 5) != 0 || memchr(text, '\0', len))
        return MUSTER_EBADVALUE;
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *number = copy + BYTES_AT, *key = strchr(number, ':'), *type = key ? strchr(key + 1, ':') : NULL,
         *name = type ? strchr(type + 1, ':') : NULL;
    if (copy[BYTES_AT - 1] != ':' || !name)
        return MUSTER_EBADVALUE;
    copy[BYTES_AT - 1] = *key++ = *type++ = *name++ = '\0';
    size_t digits = 0;
    while (number[digits] >= '0' && number[digits] <= '9')
        digits++;
    if (!digits || digits > 7 || number[digits] || number[0] == '0' || !hex_to(ref.id.b, HASH_BYTES, copy + ID_AT) ||
        !hex_to(ref.key.b, sizeof(ref.key.b), key) || strlen(type) > BLOB_TYPE_MAX || strlen(name) > BLOB_NAME_MAX)
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < digits; i++)
        ref.bytes = ref.bytes * 10 + (uint32_t)(number[i] - '0');
    for (const char *c = type; *c; c++)
        if (!plain(*c) && *c != '/')
            return MUSTER_EBADVALUE;
    for (const char *c = name; *c; c++)
        if (!plain(*c))
            return MUSTER_EBADVALUE;
    if (!blob_chunks(ref.bytes))
        return MUSTER_EBADVALUE;
    memcpy(ref.type, type, strlen(type));
    memcpy(ref.name, name, strlen(name));
    *out = ref;
    return MUSTER_OK;
}

uint32_t blob_chunks(uint32_t bytes)
{
    return bytes > BLOB_BYTES_MAX ? 0 : (bytes + BLOB_CHUNK_BYTES - 1) / BLOB_CHUNK_BYTES;
}

/* number 4, chunks in all 4, whether it is the last 1 */
enum { AAD_BYTES = 9 };

static void bind(uint8_t aad[AAD_BYTES], struct seal_nonce *nonce, const uint8_t *prefix, uint32_t number, uint32_t total)
{
    put_le32(aad, number);
    put_le32(aad + 4, total);
    aad[8] = number + 1 == total;
    memcpy(nonce->b, prefix, BLOB_PREFIX_BYTES);
    put_le64(nonce->b + BLOB_PREFIX_BYTES, number);
}

size_t blob_chunk_seal(uint8_t *out, const void *bytes, size_t len, uint32_t number, uint32_t total,
                       const uint8_t prefix[BLOB_PREFIX_BYTES], const struct seal_key *key)
{
    uint8_t aad[AAD_BYTES];
    struct seal_nonce nonce;
    bind(aad, &nonce, prefix, number, total);
    memcpy(out, prefix, BLOB_PREFIX_BYTES);
    seal(out + BLOB_PREFIX_BYTES, bytes, len, &(struct bytes){aad, AAD_BYTES}, &nonce, key);
    return len + BLOB_CHUNK_EXTRA;
}

enum muster_error blob_chunk_open(uint8_t *out, struct bytes sealed, uint32_t number, uint32_t total,
                                  const struct seal_key *key)
{
    uint8_t aad[AAD_BYTES];
    struct seal_nonce nonce;
    if (sealed.len <= BLOB_CHUNK_EXTRA)
        return MUSTER_ETRUNCATED;
    bind(aad, &nonce, sealed.at, number, total);
    return seal_open(out, sealed.at + BLOB_PREFIX_BYTES, sealed.len - BLOB_PREFIX_BYTES,
                     &(struct bytes){aad, AAD_BYTES}, &nonce, key);
}

struct hash blob_leaf(struct bytes sealed)
{
    return crypto_hash1("muster/1/chunk", sealed.at, sealed.len);
}
