/* circle_inner.h — what index.c tells circle.c; nobody else includes it. */
#ifndef MUSTER_PROTOCOL_OBJECT_CIRCLE_INNER_H
#define MUSTER_PROTOCOL_OBJECT_CIRCLE_INNER_H

#include "protocol/core_inner.h"
#include "protocol/object/state.h"

/* As index_change. */
void circle_change(struct core *core, const struct space *space, const struct object_id *object,
                   const struct object_stored *before, const struct object_stored *after);
/* Walks from the next that wait; nothing when none does. */
void circle_catch_up(struct core *core);

#endif
