/* where.h — is an object there?  By a circle or polygon, and by codes of areas. */
#ifndef MUSTER_NODE_WHERE_H
#define MUSTER_NODE_WHERE_H

#include "protocol/kinds/geo_outline.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/state.h"

enum { WHERE_BYTES = 8 * 1024, WHERE_CODE_BYTES = 64, WHERE_WORK_MAX = 4 * 1024 * 1024 };

/* Zeroes: anywhere.  where_free in any case. */
struct where {
    char area[WHERE_BYTES];      /* "POLYGON …" or "CIRCLE …"; empty: anywhere */
    struct geo_outline outline;  /* of it */
    struct kind_problem flaw;    /* why it was refused */
    char code[WHERE_CODE_BYTES]; /* 511500, or GB2260=511500; empty: any */
    size_t work;                 /* edges compared so far: a page ends at WHERE_WORK_MAX */
};

/* "LAT,LON,KM" as the circle that it means.  False when it is none. */
bool where_near(struct where *where, const char *text);
/* An area as text.  False, with a phrase, when it is none, crosses itself or is too long. */
bool where_in(struct where *where, const char *text, const char **why);
void where_free(struct where *where);
/* Does one of the object's points or areas meet the area, and one of its codes fit?  A code of an area of China fits those
 * of what lies in it: 5115 and 511500 fit 511502. */
bool where_passes(struct where *where, const struct kind *kind, struct bytes view);

#endif
