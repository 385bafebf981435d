#include "formats/read/decode.h"

#include "base/text.h"
#include "lang/lang.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *line_end(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *feed = memchr(at, '\n', (size_t)(end - at));
    return feed ? feed + 1 : end;
}

static bool is_ascii(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] >= 0x80)
            return false;
    return true;
}

/* The first byte of the line that begins no character. */
static const uint8_t *first_bad(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        size_t n = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
        if (n > (size_t)(end - at) || !text_is_utf8(at, n))
            return at;
        at += n;
    }
    return at;
}

/* Where the first line that is not UTF-8 and the first that needs UTF-8 stand; 0 for none. */
struct survey {
    size_t bad_line, wide_line;
    const uint8_t *bad;
};

static struct survey survey_lines(const uint8_t *at, size_t len)
{
    struct survey s = {0};
    const uint8_t *end = at + len;
    for (size_t line = 1; at < end; line++) {
        const uint8_t *stop = line_end(at, end);
        size_t n = (size_t)(stop - at);
        if (!text_is_utf8(at, n)) {
            if (!s.bad_line) {
                s.bad_line = line;
                s.bad = first_bad(at, stop);
            }
        } else if (!s.wide_line && !is_ascii(at, n)) {
            s.wide_line = line;
        }
        at = stop;
    }
    return s;
}

size_t decode_mark(const void *bytes, size_t len)
{
    return len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_utf16(const uint8_t *at, size_t len)
{
    return len >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff));
}

enum muster_error decode_check(const void *bytes, size_t len, const char *name, struct format_problem *problem)
{
    const uint8_t *at = bytes;
    if (len == 0 || text_is_utf8(bytes, len))
        return MUSTER_OK;
    if (is_utf16(at, len))
        return format_problem_set(problem, MUSTER_EENCODING, name, 1, NULL,
                           "the file is UTF-16, which muster does not read; save it as UTF-8 and try again");
    struct survey s = survey_lines(at, len);
    unsigned bad = s.bad ? *s.bad : 0; /* there is one: no line end stands inside a character */
    if (bad == 0)
        return format_problem_set(problem, MUSTER_EENCODING, name, s.bad_line, NULL,
                           "a byte 0x00 stands in the text, so this is no text file or it is damaged; "
                           "save it as UTF-8 text and try again");
    if (s.wide_line)
        return format_problem_set(problem, MUSTER_EENCODING, name, s.bad_line, NULL,
                           "byte 0x%02x is not UTF-8 while line %zu is, so the file mixes encodings and some of its "
                           "text would be spoilt; save all of it as UTF-8 and try again",
                           bad, s.wide_line);
    return format_problem_set(problem, MUSTER_EUTF8, name, s.bad_line, NULL,
                       "byte 0x%02x is not UTF-8, so its character is not known; save the file as UTF-8, or if it is "
                       "a Latin-1 table, give --encoding latin1",
                       bad);
}

static enum muster_error decode_latin1(const uint8_t *at, size_t len, const char *name, char **out, size_t *out_len,
                                       struct format_problem *problem)
{
    size_t n = 0, line = 1;
    char *text = malloc(2 * len + 1);
    if (!text)
        return format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                           "there is no memory left to read the file; close other programs and try again");
    for (size_t i = 0; i < len; i++) {
        uint8_t c = at[i];
        if (c == 0 || (c >= 0x80 && c < 0xa0)) {
            free(text);
            return format_problem_set(problem, MUSTER_EENCODING, name, line, NULL,
                               "byte 0x%02x is no character of Latin-1, so the file is in another encoding; "
                               "save it as UTF-8 and leave --encoding out",
                               c);
        }
        line += c == '\n';
        if (c < 0x80) {
            text[n++] = (char)c;
        } else {
            text[n++] = (char)(0xc0 | c >> 6);
            text[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    text[n] = '\0';
    *out = text;
    *out_len = n;
    return MUSTER_OK;
}

enum muster_error decode_text(const void *bytes, size_t len, enum text_encoding encoding, const char *name, char **out,
                              size_t *out_len, struct format_problem *problem)
{
    const uint8_t *at = bytes;
    size_t mark = decode_mark(bytes, len);
    *out = NULL;
    *out_len = 0;
    if (encoding == TEXT_LATIN1) {
        struct survey s = survey_lines(at, len);
        if (s.wide_line)
            return format_problem_set(problem, MUSTER_EENCODING, name, s.wide_line, NULL,
                               "--encoding latin1 was given, but this line is UTF-8%s; %s",
                               s.bad_line ? _(" while others are not") : "",
                               s.bad_line ? _("the file mixes encodings: save all of it as UTF-8 and try again")
                                          : _("leave --encoding out"));
        return decode_latin1(at, len, name, out, out_len, problem);
    }
    enum muster_error error = decode_check(bytes, len, name, problem);
    if (error)
        return error;
    char *text = malloc(len - mark + 1);
    if (!text)
        return format_problem_set(problem, MUSTER_EBUSY, name, 0, NULL,
                           "there is no memory left to read the file; close other programs and try again");
    if (len > mark)
        memcpy(text, at + mark, len - mark);
    text[len - mark] = '\0';
    *out = text;
    *out_len = len - mark;
    return MUSTER_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool nano_parse(const char *text, size_t len, int64_t *nano)
{
    enum { COUNTED = 9 };
    size_t i = 0, digits = 0, behind = 0;
    int64_t value = 0;
    bool negative = len > 0 && text[0] == '-';
    if (len > NANO_CHARS_MAX)
        return false;
    if (negative || (len > 0 && text[0] == '+'))
        i = 1;
    for (; i < len && is_digit(text[i]); i++) {
        if (++digits > NANO_DIGITS_MAX)
            return false;
        value = value * 10 + (text[i] - '0');
    }
    if (digits == 0)
        return false;
    if (i < len) {
        if (text[i++] != '.' || i == len)
            return false;
        for (; i < len; i++, behind++) {
            if (!is_digit(text[i]) || behind == NANO_FRACTION_MAX)
                return false;
            if (behind < COUNTED)
                value = value * 10 + (text[i] - '0');
        }
    }
    for (; behind < COUNTED; behind++)
        value *= 10;
    *nano = negative ? -value : value;
    return true;
}

bool whole_parse(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    if (len == 0 || len > 18)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}
