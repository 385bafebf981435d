/* care.h — when this node was last cared for: a backup made, a backup read back whole, a check that found all well.
 *
 * Kept in T_META "care" (three times u64 BE, ms since 1970, 0: never), so that it is known after a restart; for metrics and
 * doctor. */
#ifndef MUSTER_NODE_CARE_H
#define MUSTER_NODE_CARE_H

#include <stdint.h>

struct node;

enum care { CARE_BACKUP, CARE_VERIFIED, CARE_CHECK, CARE_COUNT };

/* What the store keeps of it, into node->care_ms; before init, or when nothing is kept, zeroes stay. */
void care_load(struct node *node);
/* It was done just now.  On a full disk it is known until the next restart only. */
void care_note(struct node *node, enum care what);

#endif
