/* listing.h — the objects of a list in their order, as filters narrow them (api_objects.c asks, listing.c walks).
 *
 * By time, the kinds' indexes are merged; a page costs what it shows, as long as the filters are of the index (stream.h):
 * tokens, the owner, places, codes, objects that are named.  For other filters each object is looked at.  A page ends early,
 * with a cursor that goes on, after LISTING_LOOKS_MAX objects, WHERE_WORK_MAX edges of areas, STREAM_WORK_MAX entries of the
 * index, LISTING_FOLDS_MAX objects folded again, or LISTING_MS_MAX of the processor.
 *
 * As it was (at): an object that has not changed since is as it is now, and found so; one that has is folded again from the
 * records before that moment.  The order is that of the last change, as in every list. */
#ifndef MUSTER_NODE_LISTING_H
#define MUSTER_NODE_LISTING_H

#include "node/filter.h"
#include "node/lookup.h"
#include "node/stream.h"

#include <jansson.h>

enum {
    LISTING_KINDS_MAX = 64,
    LISTING_LOOKS_MAX = 10000,
    LISTING_REST_LOOKS = 4096, /* after which mapped pages are given back */
    LISTING_FOLDS_MAX = 2000,
    LISTING_NAMES_MAX = 50000, /* objects that are sorted by name */
    LISTING_MS_MAX = 50,       /* of this thread's own time: a busy machine makes no page shorter */
    LISTING_CLOCK_LOOKS = 16,  /* between two looks at that */
    LISTING_CATCH_UP = 256 /* objects that are indexed before the first page, if they wait */
};

struct listing {
    struct node *node;
    struct space_view space;
    uint16_t kinds[LISTING_KINDS_MAX];
    size_t kind_count;
    enum { SORT_CHANGED, SORT_NAME, SORT_KIND } sort;
    bool ascending, has_cursor;
    unsigned long limit;
    uint64_t at; /* HLC; 0: as it is now */
    uint8_t cursor[INDEX_KEY_BYTES];
    struct filters filters;
    bool unindexed; /* the index is not complete, and the filters would have needed it */
    /* found */
    json_t *items;
    uint8_t last[INDEX_KEY_BYTES]; /* of the item looked at last */
    bool more;
    /* spent */
    size_t looks, folds, work;
    uint64_t began_ms;         /* of this thread's time */
};

/* Fills the page.  False: more than LISTING_NAMES_MAX objects would have to be sorted by name. */
bool listing_run(struct listing *listing);

#endif
