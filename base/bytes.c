#include "base/bytes.h"

#include <string.h>

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
