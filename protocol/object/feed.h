/* feed.h — which objects changed in which order, as this node learned it: what a change feed is read from.
 *
 * T_FEED: space number 4 || feed number 8 -> object 16 || enum feed_what 1.  An object stands in it once with its
 * newest change, so that whoever reads on from a number gets every object that changed since, in its present state.
 * When contents of an object are erased, or the object leaves the views, that stays as an entry of its own at its
 * number: who holds an earlier state must drop it, whatever was written since.
 *
 * Numbers are this node's alone and only grow while the derived tables live; the generation says which life it is.
 * When the tables are made again (unclean end of the machine, another version, a rebuild) it is another one, and
 * numbers of the old one mean nothing. */
#ifndef MUSTER_PROTOCOL_OBJECT_FEED_H
#define MUSTER_PROTOCOL_OBJECT_FEED_H

#include "base/bytes.h"
#include "base/ids.h"

struct core;

enum { FEED_KEY_BYTES = 4 + 8, FEED_VALUE_BYTES = OBJECT_ID_BYTES + 1 };
enum feed_what { FEED_CHANGED = 1, FEED_ERASED = 2 };

/* The generation; made from `chance` when the tables have none yet.  With 0 as chance none is made, and 0 means none. */
uint64_t core_feed_generation(struct core *core, uint64_t chance);
/* The newest number of that space; 0: none. */
uint64_t core_feed_last(const struct core *core, uint32_t space);
/* How many numbers were given since the start, of all spaces: who waits for the feed looks whether it moved. */
uint64_t core_feed_moves(const struct core *core);

#endif
