/* partner.h — what this node's people say of a partner beside its card: an address that only works from here, a note.
 *
 * Local: no other node hears of it, and nothing of the protocol depends on it. */
#ifndef MUSTER_NODE_PARTNER_H
#define MUSTER_NODE_PARTNER_H

#include "node/peers.h"

enum { PARTNER_NOTE_MAX = 256, PARTNERS_MAX = PEERS_MAX };

struct partner {
    struct agency_id agency;
    char endpoint[ENDPOINT_BYTES_MAX]; /* called before those of the card; "": none */
    char note[PARTNER_NOTE_MAX + 1];   /* UTF-8; "": none */
};

struct partners {
    struct partner *at;
    size_t count, size;
};

/* All rows of the store; after the store is open. */
void partners_load(struct node *node);
/* The rows in memory alone. */
void partners_free(struct partners *partners);
/* NULL: nothing was said of it. */
const struct partner *partner_of(const struct partners *partners, const struct agency_id *agency);
/* Keeps it, durably; with neither endpoint nor note it is forgotten.  ETOOBIG beyond PARTNERS_MAX, EBUSY, or as the store says. */
MUST_USE enum muster_error partner_set(struct node *node, const struct partner *partner);
/* The endpoint of its own goes before those of the card. */
void partner_apply(const struct partners *partners, struct peer *peer);

#endif
