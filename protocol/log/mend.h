/* mend.h — contents of held segments that are missing are asked for again (SPEC 4.8.2). */
#ifndef MUSTER_PROTOCOL_LOG_MEND_H
#define MUSTER_PROTOCOL_LOG_MEND_H

#include "protocol/core_inner.h"

/* The contents of a held position are missing: they are asked for.  Bounded; more are forgotten. */
void mend_wish(struct core *core, const struct log *log, uint64_t position);
/* The wishes of the process before. */
void mend_load(struct core *core);
void mend_again(struct core *core); /* the derived tables went back: what they lost of the wishes is noted again */
/* A copy of what is held came again; it takes its place if it was wished for and holds more. */
void mend_take(struct core *core, const struct log *log, uint64_t position, const uint8_t *item, size_t len);
/* Is that what stood there, before its bytes were damaged? */
bool mend_fits(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id);
/* After a commit: what came is folded; and after one that failed: it is asked for again. */
void mend_committed(struct core *core);
void mend_failed(struct core *core);
/* With each tick: of one peer after the other, more and more rarely. */
void mend_ask(struct core *core);

#endif
