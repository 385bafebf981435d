/* stream.h — objects of one kind in order of their changes, from as many indexes as there are filters.
 *
 * Each index lists the same places (changed 8 || object 16) in the same order; the stream gives those that stand in all of
 * them.  (Of an index of find.h that leads the entries tell which tokens the object has: most of what they have wrong is passed
 * over without a look into the indexes of those tokens, and who takes a place looks at the object.)  An index that is ahead makes the others jump, so that a page costs about what the rarest filter has in it.  An index
 * may be the union of several runs (the cells of a place).  The same for words, whose places are object ids, in order of
 * creation. */
#ifndef MUSTER_NODE_STREAM_H
#define MUSTER_NODE_STREAM_H

#include "node/node.h"
#include "protocol/object/find.h"

enum {
    PLACE_BYTES = 8 + OBJECT_ID_BYTES,
    STREAM_PARTS_MAX = 8,
    STREAM_BATCH = 32,
    STREAM_JUMP = 4,          /* places that are read first, or after a jump; */
    STREAM_RUNS_FEW = 8,      /* with more runs one of each */
    STREAM_FILL_WORK = 16,    /* what starting to read costs, in entries */
    STREAM_PASS = 32,         /* for each place that is wanted so many are passed over, then one is given all the same */
    STREAM_VISITS_MAX = 256,  /* entries read at once, when all of them are of somewhere else */
    STREAM_WORK_MAX = 100000  /* entries a request */
};

struct stream_run {
    uint8_t prefix[INDEX_TOKEN_PREFIX];
    size_t prefix_len;
    uint8_t places[STREAM_BATCH][PLACE_BYTES];
    bool sure[STREAM_BATCH];   /* its tokens are known to fit */
    uint8_t seen[PLACE_BYTES]; /* up to where it was read */
    size_t count, next, want;  /* want: how many are read at once: few after a jump, more as they are used */
    size_t stops;              /* how often a jump ended inside what was read */
    bool ended;
};

struct stream_part {
    struct stream_run one, *runs; /* runs: of a union, owned; else NULL */
    size_t run_count;
    bool is_token, sure; /* sure: of its first place */
    struct find_query boxes; /* of a place */
};

struct stream {
    struct node *node;
    enum table table;
    uint32_t space;
    size_t place_len; /* PLACE_BYTES, or OBJECT_ID_BYTES of words */
    struct stream_part part[STREAM_PARTS_MAX];
    size_t parts;
    bool ascending;
    struct token_bits tokens; /* that entries of find.h must have */
    size_t *work; /* counts what was read, over several streams */
};

/* A stream of all objects of the kind; stream_narrow before the first stream_start. */
void stream_new(struct stream *stream, struct node *node, uint32_t space, uint16_t kind, bool ascending, size_t *work);
/* Only those with that term.  False when the stream has parts enough: the caller looks at the objects itself. */
bool stream_narrow(struct stream *stream, struct term term);
/* The same with a term of a token that index_has, or of an owner: entries of stream_find that are of another one are passed over
 * where they stand, so the latter comes first and leads. */
bool stream_token(struct stream *stream, struct term term);
/* Only those that the question may mean (find.h); stream_free afterwards.  False as above, or without memory. */
bool stream_find(struct stream *stream, const struct find_query *query);
/* A stream of the objects of any kind that say a word; stream_word for each of them before stream_start. */
void stream_new_words(struct stream *stream, struct node *node, uint32_t space, bool ascending, size_t *work);
bool stream_word(struct stream *stream, struct term term);
/* Goes to the first place at or behind `from` (NULL: the first of all). */
void stream_start(struct stream *stream, const uint8_t from[PLACE_BYTES]);
/* No more places. */
void stream_end(struct stream *stream);
/* The place it stands at, or NULL behind the last.  When more than STREAM_WORK_MAX places were read it is one that need not
 * stand in all indexes: the caller looks at the object anyway, and ends its page. */
const uint8_t *stream_head(struct stream *stream);
void stream_step(struct stream *stream);
/* Frees what stream_find took. */
void stream_free(struct stream *stream);

#endif
