#include "base/bytes.h"

#include <string.h>

struct cursor cursor_over(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    return (struct cursor){.at = at, .end = at ? at + len : at, .failed = !at && len};
}

size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

const uint8_t *cursor_take(struct cursor *c, size_t len)
{
    if (c->failed || (size_t)(c->end - c->at) < len) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *taken = c->at;
    if (len) /* an empty cursor may stand at NULL */
        c->at += len;
    return taken;
}

uint8_t cursor_u8(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 1);
    return b ? *b : 0;
}

uint16_t cursor_u16(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 2);
    return b ? get_le16(b) : 0;
}

uint32_t cursor_u32(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 4);
    return b ? get_le32(b) : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
    const uint8_t *b = cursor_take(c, 8);
    return b ? get_le64(b) : 0;
}

uint64_t cursor_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = cursor_u8(c);
        if (c->failed)
            return 0;
        if (shift == 63 && b > 1)
            break;
        value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            if (b == 0 && shift > 0)
                break; /* a longer form of a smaller number */
            return value;
        }
    }
    c->failed = true;
    return 0;
}

void cursor_copy(struct cursor *c, void *out, size_t len)
{
    const uint8_t *b = cursor_take(c, len);
    if (b)
        memcpy(out, b, len);
    else
        memset(out, 0, len);
}

enum muster_error cursor_end(const struct cursor *c)
{
    if (c->failed)
        return MUSTER_ETRUNCATED;
    return c->at == c->end ? MUSTER_OK : MUSTER_ETRAILING;
}

struct writer writer_over(void *buffer, size_t size)
{
    uint8_t *start = buffer;
    return (struct writer){.start = start, .at = start, .end = start ? start + size : NULL};
}

size_t writer_len(const struct writer *w)
{
    return w->failed ? 0 : (size_t)(w->at - w->start);
}

uint8_t *writer_skip(struct writer *w, size_t len)
{
    if (w->failed || (size_t)(w->end - w->at) < len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *skipped = w->at;
    if (len)
        w->at += len;
    return skipped;
}

void writer_put(struct writer *w, const void *bytes, size_t len)
{
    uint8_t *to = writer_skip(w, len);
    if (to && len)
        memcpy(to, bytes, len);
}

void writer_u8(struct writer *w, uint8_t v)
{
    writer_put(w, &v, 1);
}

void writer_u16(struct writer *w, uint16_t v)
{
    uint8_t *to = writer_skip(w, 2);
    if (to)
        put_le16(to, v);
}

void writer_u32(struct writer *w, uint32_t v)
{
    uint8_t *to = writer_skip(w, 4);
    if (to)
        put_le32(to, v);
}

void writer_u64(struct writer *w, uint64_t v)
{
    uint8_t *to = writer_skip(w, 8);
    if (to)
        put_le64(to, v);
}

void writer_varint(struct writer *w, uint64_t v)
{
    while (v >= 0x80) {
        writer_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    writer_u8(w, (uint8_t)v);
}

void put_be32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void put_be64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint32_t get_be32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

uint64_t get_be64(const uint8_t *in)
{
    return (uint64_t)get_be32(in) << 32 | get_be32(in + 4);
}

void put_le16(uint8_t *out, uint16_t v)
{
    out[0] = (uint8_t)v;
    out[1] = (uint8_t)(v >> 8);
}

void put_le32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

void put_le64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

uint16_t get_le16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

uint32_t get_le32(const uint8_t *in)
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

uint64_t get_le64(const uint8_t *in)
{
    return get_le32(in) | (uint64_t)get_le32(in + 4) << 32;
}
