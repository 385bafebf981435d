#include "base/ids.h"

static const char hex_digits[] = "0123456789abcdef";
static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

char *hex_from(char *out, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = hex_digits[b[i] >> 4];
        out[2 * i + 1] = hex_digits[b[i] & 15];
    }
    out[2 * len] = '\0';
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_to(void *out, size_t len, const char *text)
{
    for (size_t i = 0; i < 2 * len; i++)
        if (hex_value(text[i]) < 0)
            return false;
    if (text[2 * len])
        return false;
    uint8_t *b = out;
    for (size_t i = 0; i < len; i++)
        b[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return true;
}

char *base32_from(char *out, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    uint32_t bits = 0;
    unsigned held = 0;
    char *to = out;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | b[i];
        held += 8;
        while (held >= 5) {
            held -= 5;
            *to++ = crockford[bits >> held & 31];
        }
    }
    if (held)
        *to++ = crockford[bits << (5 - held) & 31];
    *to = '\0';
    return out;
}

static int base32_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        c |= 0x20;
    if (c == 'o')
        return 0;
    if (c == 'i' || c == 'l')
        return 1;
    for (int i = 0; crockford[i]; i++)
        if (crockford[i] == c)
            return i;
    return -1;
}

long base32_to(void *out, size_t size, const char *text)
{
    uint8_t *b = out;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t len = 0;
    for (; *text; text++) {
        if (*text == '-' || *text == ' ' || *text == '\n' || *text == '\r' || *text == '\t')
            continue;
        int value = base32_value(*text);
        if (value < 0)
            return -1;
        bits = bits << 5 | (uint32_t)value;
        held += 5;
        if (held >= 8) {
            held -= 8;
            if (len == size)
                return -1;
            b[len++] = (uint8_t)(bits >> held);
        }
    }
    return (long)len;
}
