/* bulk.h — many records at once, and one that is erased again, in the world of world.h. */
#ifndef MUSTER_TESTS_SUPPORT_BULK_H
#define MUSTER_TESTS_SUPPORT_BULK_H

#include "support/world.h"

enum { WORLD_BULK_ITEMS = 250 };

/* `times` writes of WORLD_BULK_ITEMS incidents each, all with one name. */
void world_bulk(struct world *w, size_t node, const struct space_id *space, size_t times);
/* Erases what the object's newest record said, as its author. */
void world_erase(struct world *w, size_t node, const struct space_id *space, const struct object_id *object);

#endif
