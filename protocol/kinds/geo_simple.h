/* geo_simple.h — is an area a polygon that encloses one thing, or does its outline cross itself?
 *
 * Exact: points are whole numbers of 10^-9 degrees.  A crossing is where the outline goes from one side of itself to the other,
 * at a point between two edges or at a corner.  That it touches itself, or runs along an edge twice (a hole that is reached by
 * a cut), is none.  Circles are simple. */
#ifndef MUSTER_PROTOCOL_KINDS_GEO_SIMPLE_H
#define MUSTER_PROTOCOL_KINDS_GEO_SIMPLE_H

#include "protocol/kinds/geo.h"

enum { GEO_SIMPLE_PAIRS_MAX = 4 * 1024 * 1024 }; /* pairs of edges that lie side by side */

enum geo_fault {
    GEO_SIMPLE,
    GEO_MALFORMED, /* geo_area_check says why */
    GEO_CROSSES,
    GEO_NO_AREA,   /* all of it lies on a line, or it runs back along itself */
    GEO_INTRICATE  /* more pairs than are looked at */
};

struct geo_edge {
    size_t number;         /* from 1, in the order of the text */
    const char *from, *to; /* its ends as they are written, in the text */
    size_t from_len, to_len;
};

struct geo_flaw {
    enum geo_fault fault;
    struct geo_edge one, two; /* of GEO_CROSSES */
    const char *why;          /* of GEO_MALFORMED: a phrase */
};

/* OK when it is simple; EBADVALUE with *flaw (borrows from the text); EBUSY without memory (40 bytes a point). */
MUST_USE enum muster_error geo_simple_check(const char *text, size_t len, struct geo_flaw *flaw);

#endif
