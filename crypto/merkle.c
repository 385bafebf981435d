/* Level by level: neighbours are joined, an odd last node moves up as it is.  That gives the shape of
 * RFC 6962 (left part: the largest power of two) without recursion. */
#include "crypto/merkle.h"

#include "crypto/crypto.h"

#include <assert.h>

_Static_assert(1 << MERKLE_PATH_MAX == SEGMENT_RECORDS_MAX, "a path has a sibling for every level");

static struct hash join(const struct hash *left, const struct hash *right)
{
    return crypto_hash2("muster/1/node", left->b, sizeof(left->b), right->b, sizeof(right->b));
}

/* The root; on the way the siblings of leaf `index`, if path is not NULL. */
static struct hash climb(const struct hash *leaves, size_t count, size_t index, struct hash *path, size_t *path_len)
{
    struct hash level[SEGMENT_RECORDS_MAX / 2]; /* overwritten from the left as the next level grows */
    const struct hash *at = leaves;
    size_t taken = 0;
    assert(count >= 1 && count <= SEGMENT_RECORDS_MAX && index < count);
    for (; count > 1; count = (count + 1) / 2, index /= 2, at = level) {
        if (path && (index ^ 1) < count)
            path[taken++] = at[index ^ 1];
        for (size_t i = 0; i < count / 2; i++)
            level[i] = join(&at[2 * i], &at[2 * i + 1]);
        if (count & 1)
            level[count / 2] = at[count - 1];
    }
    if (path_len)
        *path_len = taken;
    return at[0];
}

struct hash merkle_root(const struct hash *leaves, size_t count)
{
    return climb(leaves, count, 0, NULL, NULL);
}

size_t merkle_path(struct hash path[MERKLE_PATH_MAX], const struct hash *leaves, size_t count, size_t index)
{
    size_t len;
    climb(leaves, count, index, path, &len);
    return len;
}

/* How many siblings a leaf has on its way up: one a level, but none where it is the odd last node. */
static size_t path_len_of(size_t count, size_t index)
{
    size_t len = 0;
    for (; count > 1; count = (count + 1) / 2, index /= 2)
        len += (index ^ 1) < count;
    return len;
}

enum muster_error merkle_verify(const struct hash *root, const struct hash *leaf, size_t count, size_t index,
                                const struct hash *path, size_t path_len)
{
    if (count < 1 || count > SEGMENT_RECORDS_MAX || index >= count || path_len != path_len_of(count, index))
        return MUSTER_EBADVALUE;
    struct hash node = *leaf;
    for (; count > 1; count = (count + 1) / 2, index /= 2) {
        if ((index ^ 1) >= count)
            continue;
        node = index & 1 ? join(path, &node) : join(&node, path);
        path++;
    }
    return hash_eq(&node, root) ? MUSTER_OK : MUSTER_EHASH;
}
