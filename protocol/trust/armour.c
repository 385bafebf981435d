#include "protocol/trust/armour.h"

#include "crypto/crypto.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 64, CHECK_BYTES = 6 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct text_out {
    char *at;
    size_t size, len;
};

static void put(struct text_out *o, char c)
{
    if (o->len + 1 < o->size)
        o->at[o->len] = c;
    o->len++;
}

static void put_text(struct text_out *o, const char *text)
{
    while (*text)
        put(o, *text++);
}

static void put_base64(struct text_out *o, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < len ? (uint32_t)b[i + 1] << 8 : 0) | (i + 2 < len ? b[i + 2] : 0);
        put(o, alphabet[v >> 18]);
        put(o, alphabet[v >> 12 & 63]);
        put(o, i + 1 < len ? alphabet[v >> 6 & 63] : '=');
        put(o, i + 2 < len ? alphabet[v & 63] : '=');
        if ((i / 3 + 1) % (LINE / 4) == 0 && i + 3 < len)
            put(o, '\n');
    }
}

size_t armour_write(char *out, size_t size, const char *what, const void *bytes, size_t len)
{
    struct text_out o = {out, size, 0};
    struct hash check = crypto_hash1("muster/1/armour", bytes, len);
    put_text(&o, "-----BEGIN MUSTER ");
    put_text(&o, what);
    put_text(&o, "-----\n");
    put_base64(&o, bytes, len);
    put_text(&o, "\n=");
    put_base64(&o, check.b, CHECK_BYTES);
    put_text(&o, "\n-----END MUSTER ");
    put_text(&o, what);
    put_text(&o, "-----\n");
    if (size)
        out[o.len < size ? o.len : size - 1] = '\0';
    return o.len;
}

static int value_of(char c)
{
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

struct base64 {
    uint8_t *at;
    size_t size, len;
    uint32_t bits;
    unsigned held, padding;
    enum muster_error error;
};

static void take(struct base64 *b, char c)
{
    int v = value_of(c);
    if (c == '=') {
        b->padding++;
        return;
    }
    if (v < 0 || b->padding) {
        b->error = MUSTER_EBADVALUE;
        return;
    }
    b->bits = b->bits << 6 | (uint32_t)v;
    b->held += 6;
    if (b->held >= 8) {
        b->held -= 8;
        if (b->len == b->size)
            b->error = MUSTER_ETOOBIG;
        else
            b->at[b->len++] = (uint8_t)(b->bits >> b->held);
    }
}

enum muster_error armour_read(uint8_t *out, size_t size, size_t *len, const char *what, const char *text, size_t text_len)
{
    char begin[64];
    int begin_len = snprintf(begin, sizeof(begin), "-----BEGIN MUSTER %s-----", what);
    const char *at = memmem(text, text_len, begin, (size_t)begin_len), *end = text + text_len;
    if (!at)
        return MUSTER_ENOTFOUND;
    at += begin_len;
    uint8_t check[CHECK_BYTES + 2];
    struct base64 body = {.at = out, .size = size}, sum = {.at = check, .size = sizeof(check)};
    bool line_start = true, in_sum = false, ended = false;
    for (; at < end && !body.error && !sum.error; at++) {
        if (*at == '\n') {
            line_start = true;
        } else if (*at == ' ' || *at == '\r' || *at == '\t' || (*at == '>' && line_start)) {
            continue;
        } else if (*at == '-') {
            ended = true;
            break;
        } else if (line_start && *at == '=') {
            in_sum = true;
            line_start = false;
        } else {
            take(in_sum ? &sum : &body, *at);
            line_start = false;
        }
    }
    if (body.error || sum.error)
        return body.error ? body.error : MUSTER_EBADVALUE;
    if (!ended || !in_sum || sum.len != CHECK_BYTES)
        return MUSTER_ETRUNCATED;
    struct hash is = crypto_hash1("muster/1/armour", out, body.len);
    if (memcmp(is.b, check, CHECK_BYTES) != 0)
        return MUSTER_EHASH;
    *len = body.len;
    return MUSTER_OK;
}
