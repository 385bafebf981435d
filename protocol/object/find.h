/* find.h — what else lists are filtered by: where an object lies, the codes of its areas, what it names, its other tokens.
 *
 *   T_INDEX  space 4 || kind 2 || 'f' || term 6 || changed 8 || object 16 -> tokens 16; of terms of places before them the box
 *            around it all, south west north east, each 4 bytes, in 10^-7 degrees
 *   T_WORD   fffffffe || space 4 || object 16 -> nothing, or the 8 bytes of `changed` under which it stands there still
 *   T_APPLIED  "find" -> version 1 || how far an index made for objects of before has come (space 4 || object 16), or nothing
 *
 * Terms are as in index.h.  Entries are noted a little later, together with words (core_words_catch_up), so that a write pays
 * for one mark only; until then an object may stand at a place where it was: whoever reads looks at the object itself.
 *
 * tokens: the bits (index.h) of the object's tokens and owner, so that who asks for a place and a token passes over
 * entries whose object has another one, without a look into the index of tokens for each.
 *
 * A point or small area stands in its cells of an eighth of a degree and of four degrees; a larger one in those of four degrees,
 * twice, once among the larger ones; the largest under one term of their own.  So does what has too many values.  A question
 * asks for its own cells, and for the larger ones and the largest beside. */
#ifndef MUSTER_PROTOCOL_OBJECT_FIND_H
#define MUSTER_PROTOCOL_OBJECT_FIND_H

#include "protocol/kinds/geo_outline.h"
#include "protocol/object/index.h"

enum {
    INDEX_FIND = 'f',
    FIND_TERMS_MAX = 96, /* of one question */
    FIND_BOX_BYTES = 16,
    FIND_TOKENS_BYTES = 16,
    FIND_VALUE_MAX = FIND_BOX_BYTES + FIND_TOKENS_BYTES,
    FIND_SLICE = 256 /* objects of before that one round notes */
};

/* A question: whoever has any of these terms may be meant.  count 0: all may. */
struct find_query {
    struct term at[FIND_TERMS_MAX];
    size_t count;
    struct geo_box boxes[GEO_BOXES_MAX]; /* entries with a box that touches none of these are not meant */
    size_t box_count;
};

/* Does the index answer for the field: a token that index_has does not, an object or links? */
bool find_has(const struct field *field);
/* Does the kind say where its objects lie, or in which areas by their codes? */
bool find_kind_has_place(const struct kind *kind);
bool find_kind_has_code(const struct kind *kind);
/* What has the token, or names the object (its 16 bytes). */
void core_find_value(const struct core *core, struct find_query *out, const struct field *field, struct bytes value);
/* What may lie in, or have one of its areas meet, that area; and what may have that code or one inside it. */
void core_find_place(const struct core *core, struct find_query *out, const char *area, size_t len);
void core_find_code(const struct core *core, struct find_query *out, struct bytes code);
/* May an entry with that value be meant?  By its box; by its tokens, when all of these are wanted. */
bool find_box_touches(const struct find_query *query, struct bytes value);
bool find_tokens_fit(const struct token_bits *wanted, struct bytes value);

/* Does the index hold all objects?  False while it is made for a store of before, or what was written last waits. */
bool core_finds_ready(const struct core *core);

#endif
