#include "base/bytes.h"

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

enum muster_error cursor_end(const struct cursor *c)
{
    if (c->failed)
        return MUSTER_ETRUNCATED;
    return c->at == c->end ? MUSTER_OK : MUSTER_ETRAILING;
}

void writer_varint(struct writer *w, uint64_t v)
{
    while (v >= 0x80) {
        writer_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    writer_u8(w, (uint8_t)v);
}
