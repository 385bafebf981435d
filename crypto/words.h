/* words.h — 99 bits for the telephone: 9 English words of the BIP39 list, or 6 groups of 5 digits.
 *
 * Both spell the same pair code, the first 99 bits of a hash: the words are its 9 runs of 11 bits, the
 * digits the same bits as one decimal number of 30 digits with leading zeroes (2^99 < 10^30: every code
 * fits). */
#ifndef MUSTER_CRYPTO_WORDS_H
#define MUSTER_CRYPTO_WORDS_H

#include "base/ids.h"

enum { PAIR_WORDS = 9, PAIR_GROUPS = 6, PAIR_GROUP_DIGITS = 5, PAIR_TEXT_BYTES = 128, PAIR_TYPED_MAX = 512 };

/* hash: its first 99 bits are the code.  Words separated by one space; groups by one space. */
void pair_words(char out[PAIR_TEXT_BYTES], const struct hash *hash);
void pair_digits(char out[PAIR_TEXT_BYTES], const struct hash *hash);
/* Does the text that a person typed (words or digits, any case, any white space or dashes) spell the groups
 * first..last (1-based, of PAIR_GROUPS) or the words first..last (of PAIR_WORDS)?  A whole code is 1..6 or 1..9.
 * Full-width letters, digits and spaces of Chinese and Japanese keyboards count as their plain ones.
 * OK, EPAIRCODE; EUSAGE if it is neither words nor digits, if their number is wrong, if the range does not
 * exist, or beyond PAIR_TYPED_MAX bytes. */
MUST_USE enum muster_error pair_check(const struct hash *hash, const char *typed, unsigned first, unsigned last);
/* The list itself, sorted, for completion: 0..2047; NULL beyond. */
const char *pair_word(unsigned index);

#endif
