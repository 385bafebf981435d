/* sound.h — the state that counts, kept beside the one that was written (SPEC S7.1.7); for the files that fold alone.
 *
 * A step of a joint delivery that is not its author's to take sets no state.  Whoever lists, filters and sums up reads the view
 * of the stored state, so that is the one that counts; what was written is kept beside it, for the digest (S7.5.3).
 *
 * Who may take a step depends on the request too.  When one comes, goes or changes hands, the deliveries that name it are judged
 * again, a few at a time:
 *
 *   T_WORD   fffffffd || space 4 || request 16 -> nothing, or the delivery 16 up to which it is done */
#ifndef MUSTER_PROTOCOL_OBJECT_SOUND_H
#define MUSTER_PROTOCOL_OBJECT_SOUND_H

#include "protocol/core_inner.h"
#include "protocol/object/look.h"
#include "protocol/object/state.h"

enum {
    SOUND_VIEW_MAX = 96 * 1024, /* the second view: beyond it long values are named by their size, which always fits */
    SOUND_ROUND = 64,           /* deliveries judged again in one step */
    SOUND_RECORDS = 4096        /* their records, if the first of them alone has not more */
};

/* Puts the state that counts into the view, in `room` of SOUND_VIEW_MAX bytes, if another was written. */
void sound_view(struct core *core, const struct space *space, const struct object_look *look, struct object_stored *state,
                uint8_t *room);
/* Can a create be stored as it is, without judging it?  True but for a joint one that begins where its kind does not. */
bool sound_begins(uint16_t kind, bool joint, struct bytes body);
/* An object has changed, as index_change is told of it: of a request the deliveries that name it may wait for that. */
void sound_change(struct core *core, const struct space *space, const struct object_id *object,
                  const struct object_stored *before, const struct object_stored *after);
/* Judges the next SOUND_ROUND deliveries that wait; nothing when none does. */
void sound_catch_up(struct core *core);

#endif
