/* segment.h — 1..256 records under one signature, in three forms.
 *
 *   header   248 bytes: what is hashed into the segment id and, but for the signature, signed (SPEC 4.2)
 *   item     header followed by its records in compact form: what is stored (SPEC 4.5)
 *   wire     the item without what the receiver knows or recomputes: space, log, root, sequence numbers,
 *            payload hashes, and prev, epoch and position where they follow from the segment before (SPEC 5.6)
 *
 * A segment is verified alone, by its signature, or in a run of its log, by the hash chain up to a
 * verified later one (RULES L3).  Nothing here allocates. */
#ifndef MUSTER_PROTOCOL_LOG_SEGMENT_H
#define MUSTER_PROTOCOL_LOG_SEGMENT_H

#include "crypto/crypto.h"
#include "protocol/log/record.h"

enum lane { LANE_CONTROL = 0, LANE_FLASH = 1, LANE_ROUTINE = 2, LANE_CATCHUP = 3, LANE_ATTACHMENT = 4, LANES = 5 };

struct segment_header {
    uint8_t version, algorithm;
    uint16_t flags; /* bits 0..2: lane */
    uint32_t count;
    struct space_id space;
    struct log_id log;
    uint64_t position;       /* from 1 */
    uint64_t first_sequence; /* from 1 */
    struct hash epoch;       /* record id of the epoch operation; zeroes in control logs */
    struct hash root;
    struct segment_id prev; /* the log id for position 1 */
    struct signature signature;
};

static inline enum lane segment_lane(uint16_t flags)
{
    return (flags & 7) < LANES ? (enum lane)(flags & 7) : LANE_ROUTINE;
}

/* The header with its signature, as it is sent and stored. */
void segment_header_write(uint8_t out[SEGMENT_HEADER_BYTES], const struct segment_header *header);
/* EVERSION, EALGORITHM, ETOOBIG (count), EBADVALUE (count or position 0). */
MUST_USE enum muster_error segment_header_read(struct segment_header *out, const uint8_t bytes[SEGMENT_HEADER_BYTES]);
struct segment_id segment_id_of(const uint8_t header[SEGMENT_HEADER_BYTES]);
void segment_sign(uint8_t header[SEGMENT_HEADER_BYTES], bool exercise, const struct sign_secret *incarnation);
MUST_USE enum muster_error segment_verify(const uint8_t header[SEGMENT_HEADER_BYTES], bool exercise,
                                          const struct sign_public *incarnation);

/* One record inside an item. */
enum record_parts { RECORD_HAS_PAYLOAD = 1 << 0, RECORD_HAS_WRAP = 1 << 1 };
enum { RECORD_WRAP_BYTES = 24 + 32 + 16 };

struct segment_record {
    uint8_t parts;
    struct record_header header;
    struct bytes wrap;    /* sealed record key of a personal record */
    struct bytes payload; /* none when it was erased or not carried */
};

/* Reads the records of an item or wire form one after the other; after an error *out is of no use: the compact form holds no sequence, which
 * the caller gives, and no hash of a payload that is present, which is computed here. */
MUST_USE enum muster_error segment_record_read(struct cursor *c, uint64_t sequence, struct segment_record *out);
/* The record at `index` of an item, without hashing the ones before it.  ENOTFOUND beyond the last. */
MUST_USE enum muster_error segment_item_record(const void *item, size_t len, uint32_t index, struct segment_header *header,
                                               struct segment_record *out);
void segment_record_write(struct writer *w, const struct segment_record *record);
/* segment_record_read without hashing anything: payload_hash is filled in only where the payload is missing. */
MUST_USE enum muster_error segment_record_skim(struct cursor *c, uint64_t sequence, struct segment_record *out);
/* The same item without payload and wrap of the records for which gone[index] is set (SEGMENT_RECORDS_MAX of them): what
 * is signed and hashed does not change.  out holds SEGMENT_ITEM_MAX and is not the item; returns the length, 0 when the
 * item is malformed or does not fit. */
size_t segment_item_strip(uint8_t *out, const void *item, size_t len, const bool *gone);

/* Building an item: write the records behind SEGMENT_HEADER_BYTES of the buffer with segment_record_write while
 * collecting their ids, then seal it.  `ids` are the leaves.  Fills root and signature. */
void segment_item_finish(uint8_t *item, struct segment_header *header, const struct record_id *ids, bool exercise,
                         const struct sign_secret *incarnation);

/* Reading an item that was stored: cursor over its records. */
MUST_USE enum muster_error segment_item_open(struct segment_header *header, struct cursor *records, const void *item,
                                             size_t len);
/* Everything that hashes say about an item: record structure, leaves, root.  ids may be NULL. */
MUST_USE enum muster_error segment_item_check(const void *item, size_t len, struct record_id *ids);

/* --- wire ---------------------------------------------------------------------------------------- */

enum segment_wire_flags { WIRE_PREV = 1 << 0, WIRE_EPOCH = 1 << 1, WIRE_PLACE = 1 << 2 };

/* What a reader of consecutive segments of one log carries from one to the next. */
struct segment_chain {
    struct space_id space;
    struct log_id log;
    bool started; /* the fields below are of the segment before */
    uint64_t position, next_sequence;
    struct segment_id id;
    struct hash epoch;
};

/* Appends the wire form of an item; advances the chain.  The writer fails when there is no room. */
void segment_wire_write(struct writer *w, struct segment_chain *chain, const void *item, size_t len);
/* Which payloads come is the carrier's word, and no signature covers it: *without counts the records that came
 * without theirs, and whoever takes them decides whether that is right (SPEC 4.8). */
/* Rebuilds the next segment into item (SEGMENT_ITEM_MAX bytes) with its record ids (up to SEGMENT_RECORDS_MAX);
 * advances the chain.  The header's hash binds everything; its signature is for the caller to judge. */
MUST_USE enum muster_error segment_wire_read(struct cursor *c, struct segment_chain *chain, uint8_t *item, size_t size,
                                             size_t *len, struct segment_header *header, struct record_id *ids,
                                             uint32_t *without);

#endif
