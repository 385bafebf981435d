/* quantity_inner.h — what the files of quantities and the writing of records share; nobody outside protocol/. */
#ifndef MUSTER_PROTOCOL_OBJECT_QUANTITY_INNER_H
#define MUSTER_PROTOCOL_OBJECT_QUANTITY_INNER_H

#include "protocol/core_inner.h"
#include "protocol/object/quantity.h"
#include "protocol/object/state.h"

/* quantity.c: notes one record of a stored segment, if it is of a quantity; body NULL: it cannot be read yet. */
void quantity_note(struct core *core, const struct space *space, const struct log *log, uint64_t position, uint16_t index,
                   uint64_t arrival, const struct record_header *header, const struct record_id *id,
                   const struct bytes *body);

/* Records of this flush that are not folded yet: the next one must not spend what they spend. */
struct quantity_batch {
    struct escrow_record at[SEGMENT_RECORDS_MAX];
    struct escrow_units from[SEGMENT_RECORDS_MAX][REFS_MAX];
    size_t count;
};
/* quantity_fold.c: as core_quantity, with these behind what is stored, all in the log `own`. */
MUST_USE enum muster_error quantity_fold(struct core *core, const struct space *space, const struct object_id *object,
                                         const struct log *own, const struct quantity_batch *more,
                                         struct quantity_view *out);

/* quantity_sums.c: fills in view->sums from its state.  EBUSY. */
MUST_USE enum muster_error quantity_sum(struct core *core, struct quantity_view *view);

/* log/write.c: would an unconfirmed log be left, and its rights with it (RULES I6, I8)? */
bool write_rights_wait(struct core *core, struct space *space);

/* quantity_write.c: picks the rights for a record that is about to be written into `log`, the oldest first, and sees
 * whether it will count.  Adds its references to the header, writes its body, remembers it in the batch.
 * body   room for QUANTITY_BODY_MAX bytes
 * ENOTFOUND (the object), ENOTOWNER, ESHORT, EVOID, EFULL (more in one go than the batch holds), those of core_quantity. */
enum { QUANTITY_BODY_MAX = 512 };
MUST_USE enum muster_error quantity_prepare(struct core *core, const struct space *space, const struct log *log,
                                            const struct write_item *item, struct quantity_batch *batch,
                                            struct record_header *header, uint8_t *body, size_t *body_len);

#endif
