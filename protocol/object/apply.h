/* apply.h — what the files that fill the derived tables share; nobody else includes it. */
#ifndef MUSTER_PROTOCOL_OBJECT_APPLY_H
#define MUSTER_PROTOCOL_OBJECT_APPLY_H

#include "protocol/core_inner.h"
#include "protocol/object/look.h"
#include "protocol/object/op.h"
#include "protocol/object/state.h"

enum { OBJECT_KEY = 4 + OBJECT_ID_BYTES, RECORD_KEY = OBJECT_KEY + 8 + 2, RECORD_VALUE = 1 + 2 + 2 + 8 + 8 + 4 + 8, RECORD_VALUE_HLC = 1 + 2 + 2 + 8 };
enum { INDEX_CHANGED = 'c' };

/* apply.c: one change of a derived table; the key of an object; storing its state with its index; its aliases. */
enum muster_error derive(struct core *core, enum table table, const void *key, size_t key_len, const void *value,
                         size_t len);
enum muster_error underive(struct core *core, enum table table, const void *key, size_t key_len);
enum { INDEX_KEY = 4 + 2 + 1 + 8 + OBJECT_ID_BYTES };
void index_key(uint8_t out[INDEX_KEY], const struct space *space, uint16_t kind, uint64_t changed,
               const struct object_id *object);
void object_key(uint8_t out[OBJECT_KEY], const struct space *space, const struct object_id *object);
/* What is stored of the object, an orphan too; ENOTFOUND.  Its view and heads are borrowed until the storage is asked again. */
MUST_USE enum muster_error object_state(const struct core *core, const struct space *space, const struct object_id *object,
                                        struct object_stored *out);
enum muster_error store_state(struct core *core, struct space *space, const struct object_id *object,
                              struct object_stored *state, const struct object_stored *before);
void note_aliases(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                  const struct object_id *object);
/* The other way: what was noted of a body that is erased. */
void forget_aliases(struct core *core, const struct space *space, uint16_t kind_number, struct bytes body,
                    const struct object_id *object);

/* gather.c: the records of an object that are folded, by arrival; *held is the caller's to free, NULL without any. */
enum muster_error object_gather(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                                struct object_held **held, size_t *count);

/* look.c: the records of an object and their fold (ENOTFOUND without any); the fold's record of a header, live. */
enum muster_error look_at(struct core *core, struct space *space, const struct object_id *object, struct object_look *out);
/* The same of the records with a label before `until` (HLC) alone: how it was. */
enum muster_error look_before(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                              struct object_look *out);
void object_record_of(struct object_record *out, const struct log *log, const struct record_header *header);
/* The same where its id, and whether the object's id is of its place (RULES O1), are known already. */
void object_record_known(struct object_record *out, const struct log *log, const struct record_header *header,
                         const struct record_id *id, bool root);

/* A body that has just been opened, and of which record. */
struct opened_body {
    uint64_t arrival;
    uint32_t index;
    struct bytes body;
};

/* feed.c: the state that is stored next has changed (its feed numbers are filled in); the object is no more; what the
 * tables say when the node starts. */
void feed_note(struct core *core, struct space *space, const struct object_id *object, struct object_stored *state,
               const struct object_stored *before);
void feed_gone(struct core *core, struct space *space, const struct object_id *object, const struct object_stored *before);
enum muster_error feed_load(struct core *core);

/* refold.c: a stored segment by its arrival (borrowed), the body of a record, the whole fold of one object. */
enum muster_error stored_item(struct core *core, uint64_t arrival, struct log **log, struct bytes *item);
enum muster_error open_body(struct core *core, struct log *log, const struct segment_header *segment,
                            const struct segment_record *record, struct bytes *body);
enum muster_error fold_again(struct core *core, struct space *space, const struct object_id *object,
                             const struct opened_body *opened); /* may be NULL */

#endif
