/* merkle.h — trees of the RFC 6962 shape (the left part is the largest power of two below n).
 *
 * Leaves are hashes that the caller made under a domain of their own; an inner node is
 * H("muster/1/node", left || right).  A tree of one leaf has that leaf as its root. */
#ifndef MUSTER_CRYPTO_MERKLE_H
#define MUSTER_CRYPTO_MERKLE_H

#include "base/ids.h"
#include "base/limits.h"

enum { MERKLE_PATH_MAX = 8 }; /* log2 of SEGMENT_RECORDS_MAX */

/* count 1..SEGMENT_RECORDS_MAX; anything else is a mistake of the caller (asserted). */
struct hash merkle_root(const struct hash *leaves, size_t count);
/* The siblings from leaf `index` up to the root; returns their number (at most MERKLE_PATH_MAX). */
size_t merkle_path(struct hash path[MERKLE_PATH_MAX], const struct hash *leaves, size_t count, size_t index);
/* Does the path lead from the leaf at `index` of `count` to the root?  OK or EHASH; EBADVALUE for an
 * impossible index, count or path length. */
MUST_USE enum muster_error merkle_verify(const struct hash *root, const struct hash *leaf, size_t count, size_t index,
                                         const struct hash *path, size_t path_len);

#endif
