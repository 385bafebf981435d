/* own_inner.h — what own.c and own_chain.c share. */
#ifndef MUSTER_NODE_OWN_INNER_H
#define MUSTER_NODE_OWN_INNER_H

#include "node/own.h"

#define ROOT_FILE "agency-root.key"
#define NEXT_FILE "agency-next.key"
#define NODE_FILE "node.key"
#define NODE_LIFE_MS (5ull * 365 * 24 * 3600 * 1000)
enum { NODE_SECRET_BYTES = 64 + 32 + 32 };

enum muster_error own_name_check(const char *what, const char *name, struct trouble *trouble);
/* DATA/secrets as a descriptor, made if `make`; -1 with a sentence. */
int own_secrets_open(const char *data, bool make, struct trouble *trouble);
/* The sentence for what a key file said; returns the error that it becomes. */
enum muster_error own_key_trouble(enum muster_error error, const char *data, const char *name, struct trouble *trouble);
enum muster_error own_read_node_key(struct own *own, const char *data, struct trouble *trouble);
void own_node_secret(const struct own *own, uint8_t out[NODE_SECRET_BYTES]);

#endif
