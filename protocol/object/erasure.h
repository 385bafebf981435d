/* erasure.h — what is erased, what a legal hold keeps, and the bytes that go because of it (RULES E, SPEC 7.3).
 *
 * Three questions about a record, three answers:
 *   erasure_hides    an erase of it counts: no view shows it, its payload is never sent and never taken
 *   erasure_keeps    a hold on it counts as well: its bytes stay where they are
 *   erasure_excuses  somebody who may erase it has signed an erase, whether that counts here or not: a copy without payload
 *                    is no lie of its carrier (SPEC 4.8)
 * They rest on an index in the derived tables, kept for every erase, hold and unhold that is stored, also behind holes, in
 * disputed stretches and in segments whose key is missing: all they say stands in record headers.
 *
 *   T_ERASURE: 't' || space 4 || object 16 || target 32 || operation 1 || agency 32 || record id 32
 *                                                         -> log 4 || position 8 || segment id 32
 *              'p' || space 4 || log 4 || position 8 || segment id 32 -> nothing: it holds such records
 *              'h' || space 4 || object 16 || arrival 8 || index 2 -> nothing: held, and in no view (waits, or set aside)
 *              'b' || space 4 || blob id 32 || object 16 -> nothing: a record of the object names the attachment
 *
 * Bytes go in the background: purge.c keeps the queue, a bounded piece of it leaves with each commit, and the mark that
 * freed pages are to be overwritten is made durable in the same commit. */
#ifndef MUSTER_PROTOCOL_OBJECT_ERASURE_H
#define MUSTER_PROTOCOL_OBJECT_ERASURE_H

#include "protocol/core_inner.h"

enum {
    ERASURE_SCAN_MAX = 64,           /* erases of one record by one agency that are looked at */
    ERASURE_ASIDE_MAX = 4096,        /* segments with erases that a log keeps beside it, for want of their place */
    ERASURE_TARGET_KEY = 1 + 4 + OBJECT_ID_BYTES + HASH_BYTES + 1 + HASH_BYTES + HASH_BYTES,
    ERASURE_PLACE_KEY = 1 + 4 + 4 + 8 + HASH_BYTES,
    ERASURE_HELD_KEY = 1 + 4 + OBJECT_ID_BYTES + 8 + 2,
    ERASURE_BLOB_KEY = 1 + 4 + HASH_BYTES + OBJECT_ID_BYTES
};

/* id: the record's; NULL: worked out when it is needed. */
bool erasure_hides(struct core *core, const struct log *log, const struct record_header *header, const struct record_id *id);
bool erasure_keeps(struct core *core, const struct log *log, const struct record_header *header, const struct record_id *id);
bool erasure_excuses(struct core *core, const struct log *log, const struct record_header *header,
                     const struct record_id *id);
/* May anything of that object be erased?  Cheap; says yes too often. */
bool erasure_touches(const struct core *core, const struct log *log, const struct record_header *header);

/* Has the controller ended that hold of his? */
bool erasure_lifted(struct core *core, const struct space *space, const struct object_id *object, const struct record_id *hold);
/* The item of a log at a position, in the log or beside it, with that id.  Borrowed; NULL: not here. (session/tell.c) */
struct log *erasure_place(struct core *core, const uint8_t key[ERASURE_PLACE_KEY], uint64_t *position, struct bytes *item);
/* From now on erasure_touches says yes. */
void erasure_mark(struct core *core, const struct object_id *object);

/* The item as it may be shown and taken: itself, or in core->scratch without the payloads that are hidden.  `scratch` is
 * overwritten only in the second case. */
struct bytes erasure_item(struct core *core, const struct log *log, struct bytes item);
/* Does the item lack a payload for which there is no excuse? */
bool erasure_lacks(struct core *core, const struct log *log, struct bytes item);
/* Does it hold erases, holds or ends of holds? */
bool erasure_inside(struct bytes item);

/* A stored segment: what it erases goes into the index, views and queue follow. */
void erasure_note(struct core *core, struct log *log, struct bytes item);
/* A segment with erases that has no place in its log now: kept with the branches.  OK, or the error it had. */
enum muster_error erasure_aside(struct core *core, struct log *log, const struct segment_header *header, struct bytes item,
                                const struct segment_id *id, enum muster_error error);
/* One that is staged among the branches, here or by a fork: noted when it is stored. */
void erasure_fresh(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id,
                   struct bytes item);
void erasure_committed(struct core *core);
/* A segment was stored whose payloads may be erased already: they go. */
void erasure_see(struct core *core, const struct log *log, struct bytes item);
/* A record that is stored but in no view; and in one again. */
void erasure_held(struct core *core, const struct space *space, const struct object_id *object, uint64_t arrival,
                  uint16_t index, bool held);
enum { ERASURE_BLOBS_MAX = 64 };
struct erasure_blobs {
    struct hash at[ERASURE_BLOBS_MAX];
    size_t count;
};
/* The attachments that a body names, as text in any of its fields or lists. */
void erasure_blobs_of(struct bytes body, struct erasure_blobs *out);
/* Attachments that a body names belong to the object too. */
void erasure_note_blobs(struct core *core, const struct space *space, struct bytes body, const struct object_id *object);

/* Majority and retention (trust/majority.c): operations are listed when they are read, and count while control says
 * so. */
void erasure_note_operation(struct core *core, struct space *space, const struct operation *operation, uint8_t number);
void erasure_judge(struct core *core, struct space *space); /* after control changed */
void erasure_views(struct core *core, struct space *space); /* what that changed is folded again */
bool erasure_by_majority(const struct space *space, const struct object_id *object, const struct record_id *id,
                         uint8_t number);

/* purge.c */
enum muster_error erasure_load(struct core *core);  /* at the start, when the views have caught up */
/* Before records are folded onto what stands in the tables: which objects have something erased. */
void erasure_marks_load(struct core *core);
void erasure_queue(struct core *core, const struct space *space, const struct object_id *object);
void erasure_queue_all(struct core *core);          /* limits have moved: every erase is looked at again */
void erasure_pump(struct core *core);               /* when idle: stages the next deletions */
void erasure_failed(struct core *core);             /* a commit failed: what was staged is due again */
void erasure_scrubbed(struct core *core);           /* the mark goes */
void erasure_free(struct core *core);

/* session/tell.c */
void tell_begin(struct core *core, struct session *session, struct session_space *open);
void tell_pump(struct core *core, struct session *session);
/* A segment beside its log that has just become known here: to everybody who is connected.  The log has forked: so is what of its
 * erases and offers has become disputed by that. */
void tell_all(struct core *core, struct log *log, uint64_t position, struct bytes item);
void tell_forked(struct core *core, struct log *log);
/* Frames of one segment each for a bundle: put(user, log, item) for every segment with erases of a space. */
void tell_each(struct core *core, const struct space *space,
               void (*put)(void *user, const struct log *log, uint64_t position, struct bytes item), void *user);

#endif
