#include "crypto/words.h"

#include "base/text.h"
#include "crypto/words_english.h"

#include <stdio.h>

enum {
    CODE_BITS = 99,
    WORD_BITS = 11,
    CODE_BYTES = (CODE_BITS + 7) / 8,
    CODE_DIGITS = PAIR_GROUPS * PAIR_GROUP_DIGITS
};
_Static_assert(PAIR_WORDS * WORD_BITS == CODE_BITS && WORDS_ENGLISH == 1 << WORD_BITS, "nine words are 99 bits");
_Static_assert(PAIR_WORDS * WORD_BYTES <= PAIR_TEXT_BYTES && CODE_DIGITS + PAIR_GROUPS <= PAIR_TEXT_BYTES, "texts fit");

const char *pair_word(unsigned index)
{
    return index < WORDS_ENGLISH ? words_english[index] : NULL;
}

/* Word `at` (from 0) of the code: its run of 11 bits, most significant bit first. */
static const char *word_at(const struct hash *hash, unsigned at)
{
    unsigned index = 0;
    for (unsigned bit = at * WORD_BITS; bit < (at + 1) * WORD_BITS; bit++)
        index = index << 1 | (hash->b[bit / 8] >> (7 - bit % 8) & 1);
    return words_english[index];
}

void pair_words(char out[PAIR_TEXT_BYTES], const struct hash *hash)
{
    size_t len = 0;
    for (unsigned i = 0; i < PAIR_WORDS; i++)
        len += (size_t)snprintf(out + len, PAIR_TEXT_BYTES - len, "%s%s", i ? " " : "", word_at(hash, i));
}

/* The 30 digits without spaces: long division of the 99-bit number by ten. */
static void digits_of(char digits[CODE_DIGITS], const struct hash *hash)
{
    uint8_t number[CODE_BYTES];
    const unsigned surplus = CODE_BYTES * 8 - CODE_BITS;
    for (unsigned i = 0; i < CODE_BYTES; i++)
        number[i] = (uint8_t)(hash->b[i] >> surplus | (i ? hash->b[i - 1] << (8 - surplus) : 0));
    for (unsigned place = CODE_DIGITS; place-- > 0;) {
        unsigned rest = 0;
        for (unsigned i = 0; i < CODE_BYTES; i++) {
            rest = rest << 8 | number[i];
            number[i] = (uint8_t)(rest / 10);
            rest %= 10;
        }
        digits[place] = (char)('0' + rest);
    }
}

void pair_digits(char out[PAIR_TEXT_BYTES], const struct hash *hash)
{
    char digits[CODE_DIGITS];
    digits_of(digits, hash);
    for (unsigned i = 0; i < CODE_DIGITS; i++) {
        if (i && i % PAIR_GROUP_DIGITS == 0)
            *out++ = ' ';
        *out++ = digits[i];
    }
    *out = '\0';
}

/* What a keyboard may have put in place of a letter, digit, space or dash: 'a'-'z', '0'-'9', ' ', or 0. */
static char plain(uint32_t c)
{
    if (c > 0xff00 && c < 0xff5f) /* full-width forms of ASCII */
        c -= 0xfee0;
    if (c >= 'A' && c <= 'Z')
        c |= 0x20;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return (char)c;
    bool space = c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
                 c == 0x3000;
    bool dash = c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
    return space || dash ? ' ' : 0;
}

struct typed {
    char text[PAIR_TYPED_MAX + 1]; /* words separated by one space each, or digits */
    unsigned words, digits;
};

/* False if it holds anything else, both kinds, or too much. */
static bool typed_read(struct typed *t, const char *from)
{
    size_t from_len = strnlen(from, PAIR_TYPED_MAX + 1), len = 0;
    if (from_len > PAIR_TYPED_MAX)
        return false;
    const uint8_t *at = (const uint8_t *)from, *end = at + from_len;
    bool inside = false;
    while (at < end) {
        char c = plain(text_next(&at, end));
        bool digit = c >= '0' && c <= '9', letter = c >= 'a';
        if (!c)
            return false;
        if (letter && !inside && t->words++)
            t->text[len++] = ' ';
        if (digit)
            t->digits++;
        if (letter || digit)
            t->text[len++] = c;
        inside = letter;
    }
    t->text[len] = '\0';
    return (t->words > 0) != (t->digits > 0);
}

enum muster_error pair_check(const struct hash *hash, const char *typed, unsigned first, unsigned last)
{
    struct typed t = {.words = 0};
    char want[PAIR_TEXT_BYTES] = "";
    if (!typed_read(&t, typed))
        return MUSTER_EUSAGE;
    if (first < 1 || first > last || last > (t.words ? PAIR_WORDS : PAIR_GROUPS))
        return MUSTER_EUSAGE;
    unsigned count = last - first + 1;
    if (t.words ? t.words != count : t.digits != count * PAIR_GROUP_DIGITS)
        return MUSTER_EUSAGE;
    if (t.words) {
        size_t len = 0;
        for (unsigned i = first - 1; i < last; i++)
            len += (size_t)snprintf(want + len, sizeof(want) - len, "%s%s", len ? " " : "", word_at(hash, i));
    } else {
        char digits[CODE_DIGITS];
        digits_of(digits, hash);
        memcpy(want, digits + (first - 1) * PAIR_GROUP_DIGITS, count * PAIR_GROUP_DIGITS);
    }
    return strcmp(t.text, want) == 0 ? MUSTER_OK : MUSTER_EPAIRCODE;
}
