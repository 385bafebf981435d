/* chain.h — one agency's chain of statements as it is held here, forked or not, and what its revocations leave of a log.
 *
 * Of two histories of one chain nothing that adds counts behind the place where they part, and everything that revokes
 * (RULES D4): whoever stole a root key can take away, but not bring in a node of his own. */
#ifndef MUSTER_PROTOCOL_TRUST_CHAIN_H
#define MUSTER_PROTOCOL_TRUST_CHAIN_H

#include "protocol/trust/identity.h"

enum { CHAIN_BRANCHES_MAX = 4 }; /* histories kept beside the first one */

enum chain_relation { CHAIN_SAME, CHAIN_OLDER, CHAIN_LONGER, CHAIN_FORKS };
/* How the card's chain stands to the one that is held: both cards were read and are of one agency. */
enum chain_relation chain_compare(const struct card *held, const struct card *card);

/* What counts of 1 or more branches, the first in branches[0].  EBUSY; else identity_take's errors, which cannot be for cards
 * that were read. */
MUST_USE enum muster_error chain_identity(struct identity *out, const struct card *const *branches, size_t count);

struct agency_cut {
    struct sign_public node;
    struct statement_cut cut;
};
/* All cuts of all revocations; *out is the caller's.  EBUSY. */
MUST_USE enum muster_error chain_cuts(struct agency_cut **out, size_t *count, const struct card *const *branches,
                                      size_t branch_count);
/* The strictest cut of that node's log; false if none lists it: then nothing of it counts. */
bool chain_limit(const struct agency_cut *cuts, size_t count, const struct sign_public *node, const struct log_id *log,
                 struct statement_cut *out);

#endif
