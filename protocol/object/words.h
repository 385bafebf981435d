/* words.h — the words of a text, as they are searched.
 *
 * A text is brought to one form first (Unicode NFKC and case folding: "Ｆｌｏｏｄ" and "flood" are one word).  A run of letters,
 * digits and marks is a word; in scripts that put no space between words (Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer)
 * each two neighbouring characters are one, and each character alone, so that 水 and 水位 are both found in 水位上涨.
 * Pure: no locale, nothing allocates. */
#ifndef MUSTER_PROTOCOL_OBJECT_WORDS_H
#define MUSTER_PROTOCOL_OBJECT_WORDS_H

#include "base/bytes.h"

enum {
    WORDS_TEXT_BYTES = 4096, /* of a longer text only the beginning is searched */
    WORDS_POINTS_MAX = 3 * WORDS_TEXT_BYTES, /* of its one form: compatibility may make three and more of one */
    WORD_BYTES_MAX = 256     /* of a longer word only the beginning counts */
};

/* One word as UTF-8 in its one form; borrowed for the call.  Return false to stop. */
typedef bool (*words_take)(void *user, struct bytes word);

/* Walks the words of a text (UTF-8; what is not ends it); the same word may come several times.
 * query   true: of a run without spaces the pairs only, or the character if it is alone: what must all be there */
void words_walk(struct bytes text, bool query, words_take take, void *user);

/* The one form of a text into out of `size` bytes, for looking whether one occurs in another: words with single spaces between
 * them, spaces at both ends.  Returns its length; what does not fit is left out. */
size_t words_flat(char *out, size_t size, struct bytes text);

/* Does a flat text have that piece of a flat query (what stands between two spaces)?  A piece of a script without spaces may
 * stand inside another run, a word only as a whole. */
bool words_piece_in(struct bytes flat, struct bytes piece);

#endif
