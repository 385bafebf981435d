/* operators.h — people of this node: whose key signs for which user of this machine, and what the user may do.
 *
 *   DATA/secrets/operator-XXXXXXXX.key   secret of an operator, X: first digits of the public key
 *   T_META own.operators                 msgpack array of [uid, public key]
 *
 * The agency's root certifies the key and gives it roles (SPEC 6.1); the user id of the local socket's other end names
 * the caller.  A user that is nobody's gets no operator part and what the groups of the socket allow, as without operators.
 * Who owns the node's files (its user, root) says who is whom. */
#ifndef MUSTER_NODE_OPERATORS_H
#define MUSTER_NODE_OPERATORS_H

#include "node/own.h"
#include "protocol/core.h"

struct node_operator {
    unsigned uid;
    struct write_operator keys;
};
struct operators {
    struct node_operator at[AGENCY_OPERATORS_MAX];
    size_t count;
};

/* From the store and the key files.  A key file that is missing or damaged leaves its user without operator, and is
 * told by the return value: the sentence of the first one. */
MUST_USE enum muster_error operators_load(struct operators *operators, struct store *store, const char *data,
                                          struct trouble *trouble);
void operators_clear(struct operators *operators);
/* A new key in a file; its secret goes nowhere else. */
MUST_USE enum muster_error operator_make(const char *data, struct sign_public *key, struct trouble *trouble);
/* The user acts with that key from now on, with none if it is NULL; durable.  EKEYFILE when its file is not here. */
MUST_USE enum muster_error operator_map(struct operators *operators, struct store *store, const char *data, unsigned uid,
                                        const struct sign_public *key, struct trouble *trouble);
/* The operator of that user, or NULL. */
const struct node_operator *operator_of(const struct operators *operators, unsigned uid);

/* Roles of which one is needed for a request with that method and path; 0: any.  Reading is everybody's; records a
 * coordinator's; approving an approver's or an admin's; spaces, partners, keys and audit an admin's. */
uint64_t role_needed(const char *method, const char *path);
/* "viewer, coordinator"; "none". */
void role_names(char out[64], uint64_t roles);
/* The bit of "viewer", "coordinator", "approver", "admin"; 0 for another word. */
uint64_t role_named(const char *name);

#endif
