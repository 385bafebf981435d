/* index.h — what finds an object: its tokens and its words, in the derived tables.
 *
 *   T_INDEX  space 4 || kind 2 || 't' || term 6 || changed 8 || object 16   one a token that lists are filtered by, and its owner
 *   T_WORD   space 4 || term 6 || object 16                                one a word of its title and of fields that are searched
 *            ffffffff || space 4 || object 16                              its words, and what find.h adds, are still to be noted
 *
 * A term is the beginning of a hash under a key of this node alone: the files hold no plain word, and what an erased record
 * said cannot be guessed from them.  An object is found by what it says now: a change, a retraction of a value or an erase takes
 * the old terms away at once; new words are noted a little later, together (index_pump), since that is many times cheaper. */
#ifndef MUSTER_PROTOCOL_OBJECT_INDEX_H
#define MUSTER_PROTOCOL_OBJECT_INDEX_H

#include "protocol/core.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/state.h"

enum {
    TERM_BYTES = 6,
    INDEX_TOKEN = 't',
    INDEX_TOKEN_PREFIX = 4 + 2 + 1 + TERM_BYTES,
    INDEX_TOKEN_KEY = INDEX_TOKEN_PREFIX + 8 + OBJECT_ID_BYTES,
    WORD_PREFIX = 4 + TERM_BYTES,
    WORD_KEY = WORD_PREFIX + OBJECT_ID_BYTES,
    WORD_DUE_KEY = 4 + 4 + OBJECT_ID_BYTES,
    INDEX_OWNER = 0xff, /* instead of a field's number: the agency that owns it */
    INDEX_FLAG = 0xfd,  /* or one of INDEX_FLAGS that it has */
    INDEX_FLAGS = OBJECT_CONFLICT | OBJECT_PROPOSALS | OBJECT_OFFERED,
    INDEX_PUMP_TICK = 128,
    INDEX_PUMP_BULK = 4 /* a tick, while records come or go in bulk: words take a third of a processor otherwise */
};

struct term {
    uint8_t b[TERM_BYTES];
};

/* Are lists filtered by the field through the index?  Tokens that are columns of lists or say where it stands. */
bool index_has(const struct field *field);
/* Tokens and owners by their terms, each as three of 128 bits: who lacks one of a token's bits does not have it, who has all
 * of them most likely does. */
struct token_bits {
    uint64_t half[2];
};

static inline void token_bits_add(struct token_bits *bits, struct term term)
{
    for (int i = 0; i < 3; i++)
        bits->half[term.b[i] / 64 % 2] |= UINT64_C(1) << term.b[i] % 64;
}
/* The term of one of INDEX_FLAGS. */
struct term core_term_flag(const struct core *core, uint16_t flag);
/* The term of a value (a token's text, an agency id) of a field or INDEX_OWNER; of a word. */
struct term core_term_value(const struct core *core, uint8_t field, struct bytes value);
struct term core_term_word(const struct core *core, struct bytes word);

/* The texts of an object that are searched: its title and the fields for it, each item of a list by itself. */
typedef void index_text(void *user, const struct field *field, struct bytes text);
void index_texts(uint16_t kind, struct bytes view, index_text *take, void *user);

/* Notes the words, and what find.h adds, of at most `most` objects that wait for it; true when none waits any more. */
bool core_words_catch_up(struct core *core, size_t most);

#endif
