#include "protocol/object/words.h"

#include <string.h>
#include <utf8proc.h>

enum script { SCRIPT_NONE, SCRIPT_SPACED, SCRIPT_DENSE };

/* Scripts that are written without spaces, by their blocks: first and last code point. */
static const struct {
    utf8proc_int32_t first, last;
} dense[] = {
    {0x0e00,  0x0eff }, /* Thai, Lao */
    {0x1000,  0x109f }, /* Burmese */
    {0x1780,  0x17ff }, /* Khmer */
    {0x3005,  0x3007 }, /* iteration mark, ideographic zero */
    {0x3040,  0x30ff }, /* Hiragana, Katakana */
    {0x3400,  0x4dbf }, /* Han, extension A */
    {0x4e00,  0x9fff }, /* Han */
    {0xac00,  0xd7af }, /* Hangul: spaced, but its words take endings */
    {0xf900,  0xfaff }, /* Han, compatibility */
    {0x20000, 0x3ffff}, /* Han, further extensions */
};

static enum script script_of(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    bool counts = (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
                  (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
                  (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
    if (!counts)
        return SCRIPT_NONE;
    for (size_t i = 0; i < ARRAY_LEN(dense); i++)
        if (point >= dense[i].first && point <= dense[i].last)
            return SCRIPT_DENSE;
    return SCRIPT_SPACED;
}

/* The code points of the one form; 0 for text that cannot be brought to it. */
static size_t points_of(utf8proc_int32_t *out, struct bytes text)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    size_t len = text.len < WORDS_TEXT_BYTES ? text.len : WORDS_TEXT_BYTES;
    for (;;) {
        while (len < text.len && len > 0 && (text.at[len] & 0xc0) == 0x80) /* not in the middle of a character */
            len--;
        utf8proc_ssize_t count = utf8proc_decompose(text.at, (utf8proc_ssize_t)len, out, WORDS_POINTS_MAX, options);
        if (count > WORDS_POINTS_MAX) { /* one character can stand for eighteen: then less of the text */
            len /= 2;
            continue;
        }
        count = count < 0 ? count : utf8proc_normalize_utf32(out, count, options);
        return count < 0 ? 0 : (size_t)count;
    }
}

/* So many points as UTF-8 into a word, and whether the walk goes on. */
static bool give(const utf8proc_int32_t *points, size_t count, words_take take, void *user)
{
    uint8_t word[WORD_BYTES_MAX + 4];
    size_t len = 0;
    for (size_t i = 0; i < count && len <= WORD_BYTES_MAX - 4; i++)
        len += (size_t)utf8proc_encode_char(points[i], word + len);
    return take(user, (struct bytes){word, len});
}

/* A run of a dense script: pairs, and characters where they are wanted. */
static bool give_dense(const utf8proc_int32_t *points, size_t count, bool query, words_take take, void *user)
{
    for (size_t i = 0; i < count; i++) {
        if ((!query || count == 1) && !give(points + i, 1, take, user))
            return false;
        if (i + 1 < count && !give(points + i, 2, take, user))
            return false;
    }
    return true;
}

void words_walk(struct bytes text, bool query, words_take take, void *user)
{
    utf8proc_int32_t points[WORDS_POINTS_MAX];
    size_t count = points_of(points, text);
    for (size_t i = 0; i < count;) {
        enum script script = script_of(points[i]);
        size_t end = i + 1;
        while (end < count && script_of(points[end]) == script)
            end++;
        if ((script == SCRIPT_SPACED && !give(points + i, end - i, take, user)) ||
            (script == SCRIPT_DENSE && !give_dense(points + i, end - i, query, take, user)))
            return;
        i = end;
    }
}

size_t words_flat(char *out, size_t size, struct bytes text)
{
    utf8proc_int32_t points[WORDS_POINTS_MAX];
    size_t count = points_of(points, text), len = 0;
    enum script before = SCRIPT_NONE;
    for (size_t i = 0; i < count && len + 6 <= size; i++) {
        enum script script = script_of(points[i]);
        if (script != before || len == 0)
            if (len == 0 || out[len - 1] != ' ')
                out[len++] = ' ';
        if (script != SCRIPT_NONE)
            len += (size_t)utf8proc_encode_char(points[i], (utf8proc_uint8_t *)out + len);
        before = script;
    }
    if (len && len < size && out[len - 1] != ' ')
        out[len++] = ' ';
    return len;
}

bool words_piece_in(struct bytes flat, struct bytes piece)
{
    utf8proc_int32_t first;
    if (utf8proc_iterate(piece.at, (utf8proc_ssize_t)piece.len, &first) <= 0)
        return false;
    if (script_of(first) == SCRIPT_DENSE)
        return memmem(flat.at, flat.len, piece.at, piece.len) != NULL;
    for (const uint8_t *at = flat.at, *end = flat.at + flat.len; at < end;) {
        const uint8_t *found = memmem(at, (size_t)(end - at), piece.at, piece.len);
        if (!found)
            return false;
        bool begins = found == flat.at || found[-1] == ' ', ends = found + piece.len == end || found[piece.len] == ' ';
        if (begins && ends)
            return true;
        at = found + 1;
    }
    return false;
}
