/* indexing.h — what the core keeps of its indexes in memory (index.c, find.c). */
#ifndef MUSTER_PROTOCOL_OBJECT_INDEXING_H
#define MUSTER_PROTOCOL_OBJECT_INDEXING_H

#include "base/ids.h"

struct term_row;

struct indexing {
    uint8_t term_key[HASH_BYTES]; /* of all terms (index.h) */
    struct term_row *term_rows;   /* terms made lately; NULL without memory */
    bool words_due;               /* objects wait for their words to be noted */
    bool steps_due;               /* deliveries wait to be judged again (sound.h) */
    bool circles_due;             /* objects wait to be walked from (circle.h) */
    bool find_building;           /* objects of before wait for find.h: those behind this key */
    uint8_t find_at[4 + OBJECT_ID_BYTES];
};

#endif
