/* heard.h — when each partner's node was there last, over restarts.
 *
 * The core counts from its start; whoever asks since when somebody is silent wants to know it from before.  One value
 * (T_META "heard") of at most PEERS_MAX rows, written every HEARD_KEEP_MS while somebody is connected, and when the node
 * stops: a crash forgets that much. */
#ifndef MUSTER_NODE_HEARD_H
#define MUSTER_NODE_HEARD_H

#include "crypto/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEARD_KEEP_MS = 5 * 60 * 1000, HEARD_ROW_BYTES = 32 + 8 };

struct heard_row {
    struct sign_public node;
    uint64_t last_ms;
};
struct heard {
    struct heard_row *at; /* as it was at the start */
    size_t count;
    uint64_t kept_mono_ms;
};

struct node;
/* From the store; what cannot be read is forgotten.  Before the first look at the peers. */
void heard_load(struct node *node);
/* 0: never, as far as is known. */
uint64_t heard_last(const struct node *node, const struct sign_public *key);
/* Writes it when it is time, or now. */
void heard_keep(struct node *node, uint64_t mono_ms, bool now);
void heard_free(struct heard *heard);

#endif
