/* offers.h — offers of command that stand in a disputed stretch of their log, or beside it: they count (RULES O6, SPEC S7.2.6).
 *
 * Whoever took over an object must not lose it because the one who gave it forked its log afterwards.  So the headers of offers
 * are kept in an index, whatever becomes of their segments, and a fold of the object adds those that are in dispute.
 *
 *   T_ERASURE: 'o' || space 4 || object 16 || record 32 -> log 4 || position 8 || segment id 32
 *              'q' || space 4 || log 4 || position 8 || segment id 32 -> nothing: it holds such records
 *
 * They travel as erases do (session/tell.c), but only where they are in dispute. */
#ifndef MUSTER_PROTOCOL_OBJECT_OFFERS_H
#define MUSTER_PROTOCOL_OBJECT_OFFERS_H

#include "protocol/core_inner.h"
#include "protocol/object/look.h"

enum { OFFERS_DISPUTED_MAX = OBJECT_INPUT_MAX - OBJECT_RECORDS_MAX }; /* of one object that its fold adds, the first by id */

/* Does the item hold offers? */
bool offers_inside(struct bytes item);
/* A stored segment, in its log or beside it: its offers go into the index; objects that they change are folded again. */
void offers_note(struct core *core, struct log *log, struct bytes item);
/* The log has forked lower, or control has said more of it: the objects whose offers it holds are folded again. */
void offers_refold(struct core *core, struct log *log);

/* At the start: which logs hold any; and what lies beside forked logs is noted, if it is not. */
MUST_USE enum muster_error offers_load(struct core *core);
/* Has the object an offer that is in dispute?  Then it is folded as a whole. */
bool offers_touch(struct core *core, const struct space *space, const struct object_id *object);

/* Offers of the object that are in dispute, with a label before `until`: at most OFFERS_DISPUTED_MAX, written one after the other.
 * Returns their number. */
size_t offers_disputed(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                       struct object_held held[OFFERS_DISPUTED_MAX], struct object_record out[OFFERS_DISPUTED_MAX]);

#endif
