/* stale.h — trust data grows old: who is a member, which keys are revoked, which policy is in force is known as of the last word
 * of those who decide about it. */
#ifndef MUSTER_NODE_STALE_H
#define MUSTER_NODE_STALE_H

#include "node/json.h"

enum { STALE_DAYS = 7 /* beyond so many days a person is told */ };

/* Adds a warning {code, message, do} for each space of whose admins none was heard for STALE_DAYS, and for each other agency of a
 * space that was not: its card, certificates and revocations may be others by now. */
void stale_warnings(struct node *node, json_t *list);

#endif
