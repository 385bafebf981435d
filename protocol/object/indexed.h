/* indexed.h — what the files that change objects tell the indexes (index.c, find.c, sound.c, circle.c); nobody else includes it. */
#ifndef MUSTER_PROTOCOL_OBJECT_INDEXED_H
#define MUSTER_PROTOCOL_OBJECT_INDEXED_H

#include "protocol/core_inner.h"
#include "protocol/object/find.h"

/* Makes the key of all terms. */
void index_start(struct core *core);
/* The state of an object that people see has become `after`; NULL: there was, or is, none. */
void index_change(struct core *core, const struct space *space, const struct object_id *object,
                  const struct object_stored *before, const struct object_stored *after);

/* All tokens that index_has, and the owner. */
struct token_bits index_tokens(struct core *core, const struct object_stored *state);
/* Do both states have the same tokens and owner? */
bool index_tokens_same(const struct object_stored *a, const struct object_stored *b);

/* --- between index.c, find.c, sound.c and circle.c ----------------------------------------------------------------- */

/* What waits for an object, instead of a space's number in T_WORD.  A round of the index takes FIND_DUE and what stands
 * behind it. */
#define CIRCLE_DUE 0xfffffffcu /* circle.c: a walk along its links */
#define STEPS_DUE  0xfffffffdu /* sound.c: judging again the steps of what names it */
#define FIND_DUE   0xfffffffeu /* find.c: its places and terms */
#define WORDS_DUE  0xffffffffu /* index.c: its words */

/* The key of what waits; space is the number of its space. */
void index_due_key(uint8_t out[WORD_DUE_KEY], uint32_t what, uint32_t space, const struct object_id *object);

struct find_entry {
    uint8_t key[INDEX_TOKEN_KEY], value[FIND_VALUE_MAX];
    uint8_t len;
    bool gone;
};

/* Entries of many objects, to be written in the order of their keys.  Zeroes at first. */
struct find_batch {
    struct find_entry *at;
    size_t count, size;
    bool failed; /* no memory */
};

/* As index_change, of what find.h adds. */
void find_change(struct core *core, const struct space *space, const struct object_id *object, const struct object_stored *before,
                 const struct object_stored *after);
/* The object's entries into the batch; stands: under which `changed` older ones are, 0: none. */
void find_batch_note(struct find_batch *batch, struct core *core, uint32_t space, const struct object_id *object,
                     const struct object_stored *state, uint64_t stands);
/* Writes and empties it. */
void find_batch_write(struct find_batch *batch, struct core *core);

/* How far the index is, when the node starts; anew: there are no objects yet. */
void find_load(struct core *core, bool anew);
/* Notes the next FIND_SLICE objects of before, if the index is still being made. */
void find_build(struct core *core);

#endif
