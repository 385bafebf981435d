/* words_english.h — the English word list of BIP-39 (origin and licence: README.md). */
#ifndef MUSTER_CRYPTO_WORDS_ENGLISH_H
#define MUSTER_CRYPTO_WORDS_ENGLISH_H

enum { WORDS_ENGLISH = 2048, WORD_BYTES = 9 };

extern const char words_english[WORDS_ENGLISH][WORD_BYTES];

#endif
