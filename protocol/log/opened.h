/* opened.h — the bodies of a segment, so that the core only folds: opened by another thread, the one that verified it, or, when
 * views are made anew, one that is ahead of the fold (object/ahead.h); or never sealed, of records that this node writes.
 *
 * A help and no authority: what is not opened ahead the core opens itself (object/refold.c), and whether a record counts
 * (rights, erasure, its epoch) is judged there all the same.  Only bodies that open are kept here; what fails is tried
 * again by the core, which says why.  Beside a body stands what hashes say of its record: they follow from its bytes. */
#ifndef MUSTER_PROTOCOL_LOG_OPENED_H
#define MUSTER_PROTOCOL_LOG_OPENED_H

#include "protocol/log/payload.h"

enum {
    OPENED_KEYS = 4,  /* epochs of a space whose keys go with a job: the newest */
    OPENED_BYTES_MAX = 16 * 1024 * 1024, /* of a core, in jobs and staged; beyond it none are */
    OPENED_SHARE = 4  /* bodies of a segment take so many times its bytes at most; the rest is opened later */
};

struct opened_key {
    struct record_id epoch;
    struct seal_key key;
};

struct opened;

/* Of one record whose body was opened. */
struct opened_facts {
    struct hash payload_hash;
    struct record_id id;
    bool root;  /* the object's id is made of this log and sequence (RULES O1) */
    bool plain; /* the body is, byte for byte, the view of an object that this record alone has made (object/state.h) */
    bool names; /* the body may name other objects, attachments, or the object in other systems (body_names) */
};

/* The bodies of the item's records that are sealed to one of the keys; NULL when there is none, or no memory. */
struct opened *opened_make(struct payload_codec *codec, const struct log_id *log, const uint8_t *item, size_t len,
                           const struct opened_key *keys, size_t count);
/* For a segment of at most SEGMENT_RECORDS_MAX records that is being written.  NULL without memory. */
struct opened *opened_new(void);
/* The body that is sealed in the segment's record at that index, of this node's making; id: of the record.  What would not open again (S4.3.2) is left
 * out, and so is what there is no memory for. */
void opened_add(struct opened **opened, uint32_t index, const struct record_header *header, const struct record_id *id,
                struct bytes body);
/* Wiped.  NULL is allowed. */
void opened_free(struct opened *opened);
/* Bytes it takes; 0 for NULL. */
size_t opened_bytes(const struct opened *opened);
/* The body of the record at that index of the segment, borrowed; false when it was not opened.  NULL is allowed. */
bool opened_get(const struct opened *opened, uint32_t index, struct bytes *body);
/* What is known of that record, borrowed; NULL where opened_get is false. */
const struct opened_facts *opened_facts_of(const struct opened *opened, uint32_t index);

#endif
