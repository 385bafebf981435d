/* turn.h — one turn of the loop: events into the core, what it answers carried out.
 *
 * Every input marks the turn as due; it is finished once, when all that was ready has been read, so that many
 * writes and messages share one commit. */
#ifndef MUSTER_NODE_TURN_H
#define MUSTER_NODE_TURN_H

#include "node/link.h"
#include "protocol/core.h"

struct node;

enum {
    DERIVED_EVERY_MS = 200,    /* how much of the derived tables a crash of this process may cost */
    DERIVED_EVERY_RECORDS = 2000,
    VIEWS_PAUSE_MS = 1000, /* until views that the disk did not keep are tried again, doubled with each failure */
    VIEWS_DOUBLINGS = 6,
    DERIVED_WAITS_MS = 1000, /* for room on the disk, until it is tried again */
    DERIVED_EVERY_INDEXED = 128, /* objects: their words lie in some 12 MB of pages, which are memory until then */
    PEERS_EVERY_MS = 5000,
    GATHER_US_MAX = 1000,
    REST_EVERY_MS = 50, /* for what the store's own reads have not mapped */
    TRIM_MS = 300, /* without anything derived */
    QUIET_MS = 1000 /* without a commit: then unused memory is given back */
};

/* Gives the core an event (time and chance are filled in here) and carries out everything that follows,
 * commits and their events included.  Never from within itself: callbacks only mark. */
void turn_feed(struct node *node, struct event *event);
/* Something changed: finish the turn soon. */
void turn_mark(struct node *node);
/* Readers of the loop: the mark, the workers' results, the tick. */
int turn_finish(zloop_t *loop, zmq_pollitem_t *item, void *node);
int turn_verified(zloop_t *loop, zmq_pollitem_t *item, void *node);
int turn_tick(zloop_t *loop, int timer, void *node);
/* What the link tells. */
struct link_callbacks turn_callbacks(struct node *node);

#endif
