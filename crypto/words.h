/* words.h — 99 bits for the telephone: 9 English words of the BIP39 list, or 6 groups of 5 digits.
 *
 * Both spell the same pair code: the words carry 9 x 11 = 99 bits; the digits carry the first 99 bits
 * modulo 10^30 as 30 decimal digits (99.66 bits: every code fits). */
#ifndef MUSTER_CRYPTO_WORDS_H
#define MUSTER_CRYPTO_WORDS_H

#include "base/ids.h"

enum { PAIR_WORDS = 9, PAIR_GROUPS = 6, PAIR_TEXT_BYTES = 128 };

/* hash: its first 99 bits are the code.  Words separated by one space; groups by one space. */
void pair_words(char out[PAIR_TEXT_BYTES], const struct hash *hash);
void pair_digits(char out[PAIR_TEXT_BYTES], const struct hash *hash);
/* Does the text that a person typed (words or digits, any case, any white space or dashes) spell the groups
 * first..last (1-based, of PAIR_GROUPS) or the words first..last (of PAIR_WORDS)?  A whole code is 1..6 or 1..9.
 * OK, EPAIRCODE; EUSAGE if it is neither words nor digits or their number is wrong. */
MUST_USE enum muster_error pair_check(const struct hash *hash, const char *typed, unsigned first, unsigned last);
/* The list itself, for completion: 0..2047. */
const char *pair_word(unsigned index);

#endif
