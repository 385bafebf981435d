/* blob.h — an attachment: bytes too many for a record, sealed once by their author (SPEC 5.5).
 *
 * Chunks of BLOB_CHUNK_BYTES are sealed one by one under a key of the blob's own; the id is the Merkle root over the sealed
 * chunks, so that whoever carries one can check it and nobody who lacks the key can read it.  The key lies in the record
 * that names the blob, inside its sealed payload: erasing that record's content makes the blob unreadable everywhere. */
#ifndef MUSTER_PROTOCOL_LOG_BLOB_H
#define MUSTER_PROTOCOL_LOG_BLOB_H

#include "protocol/wire/frame.h"

enum {
    BLOB_SEALED_MAX = BLOB_CHUNK_BYTES + BLOB_CHUNK_EXTRA,
    BLOB_PREFIX_BYTES = 16, /* of the nonce; the chunk's number follows */
    BLOB_TYPE_MAX = 64,
    BLOB_NAME_MAX = 128,
    BLOB_TEXT_MAX = 512     /* of a reference as text, with its end */
};

/* What a record says of an attachment. */
struct blob_ref {
    struct hash id;
    uint32_t bytes; /* 1..BLOB_BYTES_MAX */
    struct seal_key key;
    char type[BLOB_TYPE_MAX + 1];
    char name[BLOB_NAME_MAX + 1];
};

/* "blob:ID:BYTES:KEY:TYPE:NAME"; characters that could break it out of its form are written as '_'.  out holds
 * BLOB_TEXT_MAX. */
void blob_text(char *out, const struct blob_ref *ref);
/* EBADVALUE for anything that is not written so; on an error *out is untouched. */
MUST_USE enum muster_error blob_text_read(struct blob_ref *out, const char *text, size_t len);

/* How many chunks so many bytes make; 0 for none or too many. */
uint32_t blob_chunks(uint32_t bytes);
/* Seals chunk `number` of `total`; returns the sealed length.  out holds len + BLOB_CHUNK_EXTRA; prefix is random, one a
 * blob. */
size_t blob_chunk_seal(uint8_t *out, const void *bytes, size_t len, uint32_t number, uint32_t total,
                       const uint8_t prefix[BLOB_PREFIX_BYTES], const struct seal_key *key);
/* out holds sealed.len - BLOB_CHUNK_EXTRA.  ETRUNCATED, EDECRYPT. */
MUST_USE enum muster_error blob_chunk_open(uint8_t *out, struct bytes sealed, uint32_t number, uint32_t total,
                                           const struct seal_key *key);
/* The Merkle leaf of a sealed chunk. */
struct hash blob_leaf(struct bytes sealed);

#endif
