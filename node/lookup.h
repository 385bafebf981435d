/* lookup.h — finding an object by what a person writes: 32 hex digits, or a short id such as inc-7k2q9. */
#ifndef MUSTER_NODE_LOOKUP_H
#define MUSTER_NODE_LOOKUP_H

#include "node/node.h"
#include "protocol/object/state.h"

/* The object of that space.  ENOTFOUND, EAMBIGUOUS, EUSAGE (no id at all), ESTORE… */
MUST_USE enum muster_error lookup_object(struct node *node, const struct space_view *space, const char *text,
                                         struct object_id *out);
/* Its state; borrowed until the storage changes. */
MUST_USE enum muster_error lookup_state(struct node *node, uint32_t space, const struct object_id *object,
                                        struct object_stored *out);
/* The object that has that identifier of another system. */
MUST_USE enum muster_error lookup_alias(struct node *node, uint32_t space, const char *text, size_t len,
                                        struct object_id *out);

/* T_INDEX: space 4 || kind 2 || 'c' || changed 8 || object 16. */
enum { INDEX_KEY_BYTES = 4 + 2 + 1 + 8 + OBJECT_ID_BYTES, INDEX_KIND_BYTES = 7, INDEX_OBJECT_AT = 15 };
void index_prefix(uint8_t out[INDEX_KIND_BYTES], uint32_t space, uint16_t kind);
/* The kinds that the space has objects of, ascending; returns their number, at most max. */
size_t lookup_kinds(struct node *node, uint32_t space, uint16_t *out, size_t max);

/* Of the segments that stand in no view those that lack a key; one in dispute, or beyond a limit of its log, waits for none. */
size_t lookup_waiting_for_key(struct node *node, const struct space_view *space);

#endif
