/* record.h — one immutable statement: header (a Merkle leaf, public to the space) and sealed payload.
 *
 * The header is what signatures and proofs cover; it never holds personal data.  The payload can be
 * deleted (erased) and everything stays provable, since the header holds its hash (SPEC 4.1). */
#ifndef MUSTER_PROTOCOL_LOG_RECORD_H
#define MUSTER_PROTOCOL_LOG_RECORD_H

#include "base/bytes.h"
#include "base/ids.h"
#include "base/limits.h"

enum record_flags {
    RECORD_STRUCTURAL = 1 << 0, /* a fold needs it: cannot be erased (RULES Q9) */
    RECORD_PERSONAL = 1 << 1,   /* sealed under a key of its own */
    RECORD_CLEAR = 1 << 2,      /* payload not sealed: control operations */
    RECORD_JOINT = 1 << 3       /* of a create: every writer owns the object (RULES O1) */
};

struct record_ref {
    uint8_t role; /* enum ref_role, or an unknown number, which is kept */
    struct hash hash;
};

struct record_header {
    uint8_t version;
    uint8_t operation;
    uint16_t flags;
    uint16_t kind;
    uint16_t schema;
    struct object_id object;
    uint64_t sequence;
    uint64_t hlc;
    uint64_t mask; /* fields it sets */
    uint32_t payload_len;
    struct hash payload_hash;
    uint8_t ref_count;
    struct record_ref refs[REFS_MAX];
};

/* Bytes 0..RECORD_BOUND_BYTES of a header, with the log id, are bound into the sealing (SPEC 4.3). */
enum { RECORD_BOUND_BYTES = 48 };

/* Stored and hashed form; out holds RECORD_HEADER_MAX.  Returns its length (RECORD_HEADER_MIN + 33 a reference). */
size_t record_header_write(uint8_t *out, const struct record_header *header);
/* EVERSION, ETOOBIG (references), ETRUNCATED, ETRAILING. */
MUST_USE enum muster_error record_header_read(struct record_header *out, const void *bytes, size_t len);

/* Merkle leaf and name of the record: H("muster/1/record", log id || header). */
struct record_id record_id_of(const struct log_id *log, const uint8_t *header, size_t len);
/* H("muster/1/payload", sealed payload). */
struct hash payload_hash_of(const void *payload, size_t len);

/* H("muster/1/wrap", wrapped key): the reference of role wrap that a personal record carries. */
struct hash wrap_hash_of(const void *wrap, size_t len);

/* RULES O1: 6 bytes of milliseconds, 10 of H("muster/1/object", log id || sequence). */
struct object_id object_id_of(const struct log_id *log, uint64_t sequence, uint64_t hlc);
/* Does the id belong to a create record at that log and sequence?  The time part is free. */
bool object_id_fits(const struct object_id *object, const struct log_id *log, uint64_t sequence);

#endif
