/* indexed.h — what the files that change objects tell the index (index.c); nobody else includes it. */
#ifndef MUSTER_PROTOCOL_OBJECT_INDEXED_H
#define MUSTER_PROTOCOL_OBJECT_INDEXED_H

#include "protocol/core_inner.h"
#include "protocol/object/state.h"

/* Makes the key of all terms. */
void index_start(struct core *core);
/* The state of an object that people see has become `after`; NULL: there was, or is, none. */
void index_change(struct core *core, const struct space *space, const struct object_id *object,
                  const struct object_stored *before, const struct object_stored *after);

#endif
