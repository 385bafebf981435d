/* circle_inner.h — what index.c and apply.c tell circle.c and succession.c, and what its parts ask of each other; nobody else includes it. */
#ifndef MUSTER_PROTOCOL_OBJECT_CIRCLE_INNER_H
#define MUSTER_PROTOCOL_OBJECT_CIRCLE_INNER_H

#include "protocol/core_inner.h"
#include "protocol/kinds/kinds.h"
#include "protocol/object/circle.h"
#include "protocol/object/state.h"

/* As index_change. */
void circle_change(struct core *core, const struct space *space, const struct object_id *object,
                   const struct object_stored *before, const struct object_stored *after);
/* Walks from the next that wait; nothing when none does. */
void circle_catch_up(struct core *core);

/* --- succession.c: notes the way back from what takes the object's place: as the body of a supersede says, and as the object's
 * heads do, for bodies that could not be opened when they came. --- */
void succession_note_body(struct core *core, uint32_t space, const struct object_id *object, struct bytes body);
void succession_note(struct core *core, uint32_t space, const struct object_id *object);

/* A link of a chain; false from it ends the look. */
typedef bool circle_each_link(void *user, uint8_t chain, bool reversed, const struct object_id *other);
/* The links of a body that belong to chains.  False when `take` wants no more. */
bool circle_chained(uint16_t kind, struct bytes body, circle_each_link *take, void *user);

/* --- circle_beside.c; beside may be NULL: nothing is about to be written --- */
/* What the object is about to link to, the newest first.  True: what is stored of it counts no more. */
bool circle_beside_links(const struct circle_beside *beside, const struct object_id *object, circle_each_link *take, void *user,
                         bool *goes_on);
/* The next object that is about to say that it comes from the target (*cursor 0: the first); NULL behind the last.  One that has
 * changed its mind is among them. */
const struct object_id *circle_beside_naming(const struct circle_beside *beside, const struct object_id *target, uint32_t *cursor);

#endif
