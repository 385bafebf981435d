/* feed.h — change feeds that clients read: answers that go on (GET /v1/feed, docs/API.md).
 *
 * A stream holds one batch of lines and makes the next when its client has read the last, so a slow client costs
 * no memory; there are at most FEEDS_MAX.  It tells only what the derived tables have committed: a number that was
 * told means the same after a crash of this process. */
#ifndef MUSTER_NODE_FEED_H
#define MUSTER_NODE_FEED_H

#include "node/node.h"

enum {
    FEEDS_MAX = 16,
    FEED_BATCH_BYTES = 32 * 1024, /* lines are gathered until there are so many */
    FEED_SCAN_MAX = 4096,         /* entries looked at for one batch */
    FEED_BEAT_MS = 15000          /* an empty line so often, so that a client who has gone is noticed */
};

/* New changes are committed: who waits for them goes on. */
void feeds_wake(struct node *node);
/* From the tick. */
void feeds_beat(struct node *node, uint64_t now_mono_ms);
/* All end; before the API stops. */
void feeds_end(struct node *node);

#endif
