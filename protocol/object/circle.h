/* circle.h — links that lead back to where they began: part of what is part of it (SPEC S7.6.7).
 *
 * A node writes no link that closes a circle which it can see.  What two agencies wrote apart may close one all the same; it is
 * kept and shown.  An object whose links have changed, or its place been taken by another (succession.h), is walked from a little
 * later, and noted if it lies on a circle:
 *
 *   T_WORD     fffffffc || space 4 || object 16 -> nothing: it is still to be walked from
 *   T_APPLIED  'c' || space 4 || object 16 -> nothing; the circle may be gone since: whoever reads walks it once more */
#ifndef MUSTER_PROTOCOL_OBJECT_CIRCLE_H
#define MUSTER_PROTOCOL_OBJECT_CIRCLE_H

#include "protocol/core.h"
#include "protocol/object/state.h"

enum {
    CIRCLE_OBJECTS_MAX = 64,  /* of a circle that is found */
    CIRCLE_WALK_MAX = 1024,   /* objects that one walk comes by */
    CIRCLE_LOOKS_MAX = 4096,  /* and that it looks at */
    CIRCLE_ROUND = 64,        /* objects that one step walks from, or CIRCLE_LOOKS_MAX looks of them together */
    CIRCLES_MAX = 64,         /* of a space, in one look */
    CIRCLE_NOTES_MAX = 1024   /* notes that one look reads */
};

struct circle {
    uint8_t chain;      /* enum link_chain; LINK_NO_CHAIN: of successors, each of which takes the place of the one before */
    size_t count;       /* 1: it names itself */
    struct object_id at[CIRCLE_OBJECTS_MAX]; /* each links to the next, the last to the first, which is the one asked about */
};

/* What is about to be written together, item after item, and is in no view yet: two of them may close a circle. */
struct circle_beside;
/* NULL without memory. */
struct circle_beside *circle_beside_new(void);
/* Adds an item that was found legal; its body is borrowed until the free.
 * sure      nothing can refuse it any more: what the object links to now counts no more; else both count
 * returns   false without memory */
MUST_USE bool circle_beside_add(struct circle_beside *beside, const struct write_item *item, bool sure);
/* NULL is allowed. */
void circle_beside_free(struct circle_beside *beside);
/* Does a circle name one of them that is not made yet, and so has no id? */
bool circle_object_is_new(const struct object_id *object);

/* Is there a way from the object along links of one chain back to itself, if its own links are those of `body`, and those that are
 * written beside it (NULL: none) are written?  object NULL: one that is not made yet.  Objects that are retracted lead nowhere.
 * False too beyond the limits. */
bool core_circle_find(struct core *core, uint32_t space, const struct object_id *object, uint16_t kind, struct bytes body,
                      const struct circle_beside *beside, struct circle *out);

/* A circle of the space; false from it ends the look. */
typedef bool circle_take(void *user, const struct circle *circle);
/* The circles that are there, of links and of successors, each once. */
void core_circles(struct core *core, uint32_t space, circle_take *take, void *user);

#endif
