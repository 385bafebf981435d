/* statement.h — making statements of an agency's chain, with the secret of its root.
 *
 * Reading them is identity.h.  Each maker takes the chain so far and advances it; what it makes has been read back by
 * identity_take, so that a wrong root, a wrong next root or a list beyond a bound gives no statement but its error. */
#ifndef MUSTER_PROTOCOL_TRUST_STATEMENT_H
#define MUSTER_PROTOCOL_TRUST_STATEMENT_H

#include "protocol/trust/identity.h"

/* As many cuts as fit a statement; of more a second revocation of the same node lists the rest. */
enum { STATEMENT_CUTS_MAX = 10 };

/* out holds STATEMENT_BYTES_MAX; returns the length, 0 when it cannot be.  `identity` is the chain so far (zeroed for an
 * inception) and is advanced. */
size_t statement_inception(uint8_t *out, struct identity *identity, const struct sign_public *root,
                           const struct sign_secret *root_secret, const struct hash *next_root, const char *name,
                           const char *country, uint64_t now_ms);
size_t statement_node(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                      const struct node_keys *node, const char *name, uint64_t expires_ms, uint64_t now_ms);
size_t statement_rotation(uint8_t *out, struct identity *identity, const struct sign_public *root,
                          const struct sign_secret *root_secret, const struct hash *next_root, uint64_t now_ms);
/* At most STATEMENT_CUTS_MAX cuts. */
size_t statement_revoke(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                        const struct sign_public *node, const struct statement_cut *cuts, size_t cut_count, uint64_t now_ms);
size_t statement_operator(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                          const struct sign_public *key, const char *name, uint64_t roles, uint64_t expires_ms,
                          uint64_t now_ms);
size_t statement_revoke_operator(uint8_t *out, struct identity *identity, const struct sign_secret *root_secret,
                                 const struct sign_public *key, uint64_t now_ms);

#endif
