/* audit_entry.h — one decision about people and rights, or one refused attempt, as a signed local record (SPEC 6.6).
 *
 *   entry = version 1 || algorithm 1 || reserved 2 (0) || number u64 || time u64 || node 32 || prev 32 ||
 *           body length u16 || body || signature 64 by that node over all before, domain "muster/1/audit"
 *
 * Entries are numbered from 1 and each names the hash of the one before: a change or a gap behind any of them is found by
 * whoever has those after it.  An export is a run of them under a closing signature, so that its end cannot be cut off. */
#ifndef MUSTER_PROTOCOL_TRUST_AUDIT_ENTRY_H
#define MUSTER_PROTOCOL_TRUST_AUDIT_ENTRY_H

#include "protocol/trust/identity.h"

enum {
    AUDIT_EVENT_MAX = 31,   /* bytes of an event's name */
    AUDIT_DETAIL_MAX = 255, /* bytes of its sentence */
    AUDIT_BY_MAX = 63,      /* bytes of who asked for it */
    AUDIT_BODY_MAX = 512,
    AUDIT_ENTRY_MAX = 2 + 2 + 8 + 8 + 32 + 32 + 2 + AUDIT_BODY_MAX + 64,
    AUDIT_EXPORT_MAX = 16 * 1024 * 1024
};

struct audit_entry {
    uint64_t number, time_ms;
    struct sign_public node;
    struct hash prev;        /* hash of the entry before; zeroes for number 1 */
    struct agency_id agency; /* whom it is about; zeroes for none */
    struct curve_public key; /* of a stranger; zeroes for none */
    uint64_t times;          /* how often, for what was gathered; else 1 */
    bool refused;
    char event[AUDIT_EVENT_MAX + 1], detail[AUDIT_DETAIL_MAX + 1], by[AUDIT_BY_MAX + 1];
};

/* Signs and writes; out holds AUDIT_ENTRY_MAX.  Texts are made UTF-8 without control characters and cut at a whole
 * character.  Returns the length. */
size_t audit_entry_write(uint8_t *out, const struct audit_entry *entry, const struct sign_secret *secret);
/* Reads and verifies one entry.  ETRUNCATED, ETRAILING, EVERSION, EALGORITHM, ETOOBIG, EBADVALUE, ESIGNATURE. */
MUST_USE enum muster_error audit_entry_read(struct audit_entry *out, const void *bytes, size_t len);
/* What the next entry names as prev. */
struct hash audit_entry_hash(const void *bytes, size_t len);

/* Where a walk over a run of entries is. */
struct audit_chain {
    uint64_t count, next; /* entries seen; the number that must follow, 0: any */
    struct hash prev;
};
/* Verifies the entry and that it follows; the chain then stands behind it, also behind one that does not follow, so that
 * each break is told once.  ECHAIN: a number is missing or the one before was changed; else as audit_entry_read. */
MUST_USE enum muster_error audit_chain_take(struct audit_chain *chain, const void *bytes, size_t len,
                                            struct audit_entry *out);

/* An export:
 *
 *   "MUSTER1L" || card length u16 || card || count u32 || (length u16 || entry)... || made u64 ||
 *   signature 64 by the card's node over H("muster/1/audit-file", all before), domain "muster/1/audit-export" */
struct audit_file {
    struct card card;    /* of the node that made it */
    size_t count;
    struct bytes entries; /* borrowed: count times length u16 || entry */
    uint64_t made_ms;
};

/* Writers over memory of the caller's: begin, each entry, end.  Returns the length; 0 when it did not fit. */
void audit_file_begin(struct writer *w, struct bytes card, uint32_t count);
void audit_file_entry(struct writer *w, struct bytes entry);
size_t audit_file_end(struct writer *w, uint64_t now_ms, const struct sign_secret *secret);
/* Verifies all of it: card, closing signature, each entry, that its node is one of the card's agency, the chain.
 * *number is that of the entry where it failed, 0: elsewhere.  out borrows from bytes; on an error it is not to be used.
 * ETRUNCATED, EVERSION, ETOOBIG, ESIGNATURE, ECHAIN, EUNKNOWN_NODE and those of card_read. */
MUST_USE enum muster_error audit_file_read(struct audit_file *out, const void *bytes, size_t len, uint64_t *number);
/* The next entry of a file that was read, at *at of its entries; false behind the last. */
bool audit_file_next(const struct audit_file *file, size_t *at, struct audit_entry *out);
bool audit_file_is(const void *bytes, size_t len);

#endif
