#include "formats/base64.h"

#include <stdint.h>

size_t base64_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

char *base64_from(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = bytes;
    char *o = out;
    for (size_t left = len; left > 0;) {
        size_t n = left < 3 ? left : 3;
        uint32_t v = (uint32_t)at[0] << 16 | (n > 1 ? (uint32_t)at[1] << 8 : 0) | (n > 2 ? at[2] : 0);
        *o++ = digits[v >> 18];
        *o++ = digits[v >> 12 & 63];
        *o++ = n > 1 ? digits[v >> 6 & 63] : '=';
        *o++ = n > 2 ? digits[v & 63] : '=';
        at += n;
        left -= n;
    }
    *o = '\0';
    return out;
}
