#include "base/text.h"

#include <string.h>

/* Borrowed text may be NULL when it is empty; adding to NULL is undefined even then. */
static const uint8_t *end_of(const uint8_t *at, size_t len)
{
    return at ? at + len : NULL;
}

/* One code point, or -1 for an invalid sequence; *used says how many bytes it took (at least 1). */
static long decode(const uint8_t *at, const uint8_t *end, size_t *used)
{
    uint8_t b = at[0];
    *used = 1;
    if (b < 0x80)
        return b;
    size_t more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
    if (b < 0xc2 || b > 0xf4)
        return -1;
    long value = b & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        if (at + i >= end || (at[i] & 0xc0) != 0x80)
            return -1;
        value = value << 6 | (at[i] & 0x3f);
    }
    static const long least[] = {0, 0x80, 0x800, 0x10000};
    if (value < least[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return -1;
    *used = more + 1;
    return value;
}

/* So many bytes, a multiple of eight, are ASCII without NUL. */
static size_t plain_run(const uint8_t *at, const uint8_t *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    size_t run = 0;
    for (uint64_t eight; (size_t)(end - at) - run >= sizeof(eight); run += sizeof(eight)) {
        memcpy(&eight, at + run, sizeof(eight));
        if ((eight | (eight - ones)) & high) /* with no high bit set, one that borrows is NUL */
            break;
    }
    return run;
}

bool text_is_utf8(const void *bytes, size_t len)
{
    const uint8_t *at = bytes, *end = end_of(at, len);
    while (at < end) {
        size_t used;
        at += plain_run(at, end);
        if (at == end)
            return true;
        if (decode(at, end, &used) <= 0)
            return false;
        at += used;
    }
    return true;
}

uint32_t text_next(const uint8_t **at, const uint8_t *end)
{
    size_t used;
    long value = decode(*at, end, &used);
    *at += used;
    return value < 0 ? 0xfffd : (uint32_t)value;
}

struct out {
    char *at;
    size_t size, len, kept; /* kept: where a cut text ends */
    bool cut;
};

static void emit(struct out *o, const char *piece, size_t len)
{
    if (!o->cut && o->len + len < o->size)
        memcpy(o->at + o->len, piece, len);
    else if (!o->cut) {
        o->cut = true; /* end at the last whole piece */
        o->kept = o->len;
        if (o->size)
            o->at[o->kept] = '\0';
    }
    o->len += len;
}

static size_t finish(struct out *o)
{
    if (!o->cut && o->size)
        o->at[o->len] = '\0';
    return o->len;
}

static void emit_code_point(struct out *o, uint32_t c)
{
    char piece[4];
    size_t n;
    if (c < 0x80) {
        piece[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        piece[0] = (char)(0xc0 | c >> 6);
        piece[1] = (char)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c < 0x10000) {
        piece[0] = (char)(0xe0 | c >> 12);
        piece[1] = (char)(0x80 | (c >> 6 & 0x3f));
        piece[2] = (char)(0x80 | (c & 0x3f));
        n = 3;
    } else {
        piece[0] = (char)(0xf0 | c >> 18);
        piece[1] = (char)(0x80 | (c >> 12 & 0x3f));
        piece[2] = (char)(0x80 | (c >> 6 & 0x3f));
        piece[3] = (char)(0x80 | (c & 0x3f));
        n = 4;
    }
    emit(o, piece, n);
}

static bool deceives(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || c == 0x115f || c == 0x1160 ||
           c == 0x3164 || c == 0x180e || c == 0x34f || c == 0x17b4 || c == 0x17b5 || c == 0xffa0 ||
           (c >= 0x1bca0 && c <= 0x1bca3) || (c >= 0x1d173 && c <= 0x1d17a);
}

size_t text_for_terminal(char *out, size_t size, const void *text, size_t len)
{
    struct out o = {.at = out, .size = size};
    const uint8_t *at = text, *end = end_of(at, len);
    while (at < end) {
        uint32_t c = text_next(&at, end);
        if (c == '\n' || c == '\t' || c == '\r') {
            emit(&o, " ", 1);
        } else if (deceives(c)) {
            static const char hex[] = "0123456789ABCDEF";
            char piece[10] = "<U+";
            size_t n = 3;
            for (int shift = c > 0xffff ? 16 : 12; shift >= 0; shift -= 4)
                piece[n++] = hex[c >> shift & 15];
            piece[n++] = '>';
            emit(&o, piece, n);
        } else {
            emit_code_point(&o, c);
        }
    }
    return finish(&o);
}

size_t text_for_markup(char *out, size_t size, const void *text, size_t len)
{
    struct out o = {.at = out, .size = size};
    const uint8_t *at = text, *end = end_of(at, len);
    while (at < end) {
        uint32_t c = text_next(&at, end);
        if (c == '&')
            emit(&o, "&amp;", 5);
        else if (c == '<')
            emit(&o, "&lt;", 4);
        else if (c == '>')
            emit(&o, "&gt;", 4);
        else if (c == '"')
            emit(&o, "&quot;", 6);
        else if (c == '\'')
            emit(&o, "&#39;", 5);
        else if (c == '\r')
            emit(&o, "&#13;", 5); /* a bare one is read back as a line feed (XML 1.0, 2.11) */
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe || c == 0xffff)
            emit_code_point(&o, 0xfffd);
        else
            emit_code_point(&o, c);
    }
    return finish(&o);
}

/* Full-width signs are signs too for spreadsheets in Chinese and Japanese. */
static bool starts_formula(const uint8_t *at, const uint8_t *end)
{
    uint32_t c = text_next(&at, end);
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r' || c == '\n' || c == 0xff1d ||
           c == 0xff0b || c == 0xff0d || c == 0xff20;
}

static bool is_number(const uint8_t *at, size_t len)
{
    size_t i = len && (at[0] == '-' || at[0] == '+') ? 1 : 0, digits = 0, dots = 0;
    for (; i < len; i++) {
        if (at[i] >= '0' && at[i] <= '9')
            digits++;
        else if (at[i] == '.' && !dots)
            dots++;
        else
            return false;
    }
    return digits > 0;
}

/* Would a spreadsheet take it for a formula?  Apostrophes in front count as none: who takes one away gets the text. */
static bool is_formula(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at == '\'')
        at++;
    return at < end && starts_formula(at, end) && !is_number(at, (size_t)(end - at));
}

bool text_is_formula(const void *text, size_t len)
{
    const uint8_t *at = text;
    return is_formula(at, at + len);
}

size_t text_csv_guard(const void *text, size_t len)
{
    const uint8_t *at = text;
    return len && *at == '\'' && is_formula(at, at + len) ? 1 : 0;
}

size_t text_for_csv(char *out, size_t size, const void *text, size_t len)
{
    struct out o = {.at = out, .size = size};
    const uint8_t *at = text, *end = end_of(at, len);
    bool formula = is_formula(at, end);
    bool quote = formula || (len && (at[0] == ' ' || end[-1] == ' '));
    for (const uint8_t *b = at; b < end && !quote; b++)
        quote = *b == '"' || *b == ',' || *b == ';' || *b == '\n' || *b == '\r';
    if (quote)
        emit(&o, "\"", 1);
    if (formula)
        emit(&o, "'", 1);
    while (at < end) {
        uint32_t c = text_next(&at, end);
        if (c == '"')
            emit(&o, "\"\"", 2);
        else if (c == 0)
            emit_code_point(&o, 0xfffd);
        else
            emit_code_point(&o, c);
    }
    if (quote)
        emit(&o, "\"", 1);
    return finish(&o);
}

size_t text_for_log(char *out, size_t size, const void *text, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    struct out o = {.at = out, .size = size ? size - 1 : 0}; /* the closing quote has its place in any case */
    const uint8_t *at = text, *end = end_of(at, len);
    emit(&o, "\"", 1);
    while (at < end) {
        uint32_t c = text_next(&at, end);
        if (c == '"' || c == '\\') {
            char piece[2] = {'\\', (char)c};
            emit(&o, piece, 2);
        } else if (deceives(c)) {
            char piece[10] = {'\\', c > 0xffff ? 'U' : 'u'};
            size_t n = 2;
            for (int shift = c > 0xffff ? 28 : 12; shift >= 0; shift -= 4)
                piece[n++] = hex[c >> shift & 15];
            emit(&o, piece, n);
        } else {
            emit_code_point(&o, c);
        }
    }
    finish(&o);
    size_t kept = o.cut ? o.kept : o.len;
    if (kept > 0 && kept + 1 < size)
        memcpy(out + kept, "\"", 2);
    else if (size)
        out[0] = '\0'; /* no room for two quotes */
    return o.len + 1;
}

bool text_is_blank(const void *bytes, size_t len)
{
    static const struct {
        uint32_t from, to;
    } unseen[] = {{0x09, 0x0d}, {0x20, 0x20}, {0x85, 0x85}, {0xa0, 0xa0}, {0xad, 0xad}, {0x1680, 0x1680}, {0x180e, 0x180e},
                  {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xfeff, 0xfeff}};
    const uint8_t *at = bytes, *end = end_of(at, len);
    while (at < end) {
        uint32_t c = text_next(&at, end);
        bool blank = false;
        for (size_t i = 0; i < ARRAY_LEN(unseen); i++)
            blank |= c >= unseen[i].from && c <= unseen[i].to;
        if (!blank)
            return false;
    }
    return len > 0;
}

uint32_t text_control(const void *text, size_t len)
{
    const uint8_t *at = text, *end = end_of(at, len);
    while (at < end) {
        if (*at >= 0x20 && *at < 0x7f) { /* nearly all of it */
            at++;
            continue;
        }
        uint32_t c = text_next(&at, end);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return c;
    }
    return 0;
}
