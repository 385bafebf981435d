/* taken.h — which bundles this process has taken in whole, so that a stick is not read again for what is here.
 *
 * Only a convenience: it is forgotten when musterd ends, and taking a bundle again does no harm (SPEC S5.7.10). */
#ifndef MUSTER_NODE_TAKEN_H
#define MUSTER_NODE_TAKEN_H

#include "base/bytes.h"
#include "base/ids.h"

#include <stdbool.h>

enum { TAKEN_MAX = 1024, TAKEN_HEAD_BYTES = 8192 };

struct taken_row {
    struct hash id;
    struct agency_id agency; /* who made it */
};

struct taken_list {
    struct taken_row *rows; /* NULL: nothing yet; the oldest is overwritten */
    uint64_t count;
};

/* What a file is told by: its length and its first TAKEN_HEAD_BYTES, in which are its random key and stream header. */
struct hash taken_id(struct bytes file);
/* Without memory it is not kept. */
void taken_add(struct taken_list *taken, const struct hash *id, const struct agency_id *agency);
/* NULL: not known. */
const struct taken_row *taken_find(const struct taken_list *taken, const struct hash *id);
void taken_free(struct taken_list *taken);

#endif
