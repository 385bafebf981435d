/* view.h — walking a view once: asking it for one field after another costs fields times values. */
#ifndef MUSTER_PROTOCOL_OBJECT_VIEW_H
#define MUSTER_PROTOCOL_OBJECT_VIEW_H

#include "base/pack.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/state.h"

struct view_walk {
    const struct kind *kind;
    struct cursor c;
    uint32_t left;
};

/* kind without a table: it has no fields to walk. */
struct view_walk view_walk_of(uint16_t kind, struct bytes view);
/* The next field that has a row in the kind's table; NULL behind the last. */
const struct field *view_walk_next(struct view_walk *walk, struct pack_value *value);
/* Have both states the same values in the fields of which `asks` says yes? */
bool view_same(const struct object_stored *a, const struct object_stored *b, bool (*asks)(const struct field *field));

#endif
