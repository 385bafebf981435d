/* proof.h — one record proved to somebody who has no node: who said it, in which place of which log (SPEC 4.7).
 *
 *   file = "MUSTER1P" || version 1 || statement 1 || flags 2 || length 4 (of the whole file) || part ||
 *          witness count 1 || part... || [key 32, unless the record is clear || payload  if flags has 2] ||
 *          H("muster/1/proof", all before) 32
 *   part = length 2 || record header || path count 1 || 32 each || segment header 248 || count of following
 *          headers 1 || 248 each || length 2 || log genesis || statement count 1 || (length 2 || statement)...
 *
 * A part ties one record to an agency id and needs nothing else: Merkle path, segment, the headers behind it up
 * to one whose own signature verifies, log genesis, the agency's statements from the inception to the one that
 * certifies the node.  A witness is a record of another agency that names the record, or that it names: it
 * bounds its time by another clock.  The hash at the end finds accidents; lies are found by what it covers.
 *
 * Without the content nothing of it can be read.  With it the file holds the key of this one message
 * (crypto/disclose.h) or of this one personal record, never an epoch's.
 *
 * Pure; nothing allocates but what crypto.h says of long signatures. */
#ifndef MUSTER_PROTOCOL_LOG_PROOF_H
#define MUSTER_PROTOCOL_LOG_PROOF_H

#include "base/said.h"
#include "crypto/merkle.h"
#include "protocol/log/genesis.h"
#include "protocol/log/payload.h"
#include "protocol/log/segment.h"
#include "protocol/trust/identity.h"

enum proof_flags { PROOF_EXERCISE = 1 << 0, PROOF_CONTENT = 1 << 1 };

enum {
    PROOF_RECORD = 1, /* kind of statement; others are of later versions */
    PROOF_WITNESSES_MAX = 4,
    PROOF_FOLLOWING_MAX = RUN_MAX - 1,
    PROOF_HEAD_BYTES = 16,
    PROOF_KEY_BYTES = 32,
    PROOF_PART_MAX = 2 + RECORD_HEADER_MAX + 1 + MERKLE_PATH_MAX * HASH_BYTES + SEGMENT_HEADER_BYTES + 1 +
                     PROOF_FOLLOWING_MAX * SEGMENT_HEADER_BYTES + 2 + LOG_GENESIS_MAX + 1 +
                     CARD_STATEMENTS_MAX * (2 + STATEMENT_BYTES_MAX),
    PROOF_BYTES_MAX = 1024 * 1024,
    PROOF_SENTENCE_BYTES = 256
};

_Static_assert(PROOF_HEAD_BYTES + (1 + PROOF_WITNESSES_MAX) * PROOF_PART_MAX + 1 + PROOF_KEY_BYTES + PAYLOAD_BYTES_MAX +
                       HASH_BYTES <=
                   PROOF_BYTES_MAX,
               "every proof fits its bound");
_Static_assert(RECORD_HEADER_MAX <= UINT16_MAX && LOG_GENESIS_MAX <= UINT16_MAX, "lengths of two bytes");

/* --- making ----------------------------------------------------------------------------------------- */

/* What a part is made of; all borrowed.  Whoever gives it has it from its own store. */
struct proof_source {
    struct bytes header;               /* record header, stored form */
    struct hash path[MERKLE_PATH_MAX]; /* siblings from the leaf upwards */
    size_t path_count;
    const uint8_t *segment; /* SEGMENT_HEADER_BYTES */
    const uint8_t
        *following[PROOF_FOLLOWING_MAX]; /* headers of the next positions; none if the segment's own signature fits */
    size_t following_count;
    struct bytes genesis;
    struct bytes statements[CARD_STATEMENTS_MAX];
    size_t statement_count;
};

/* Opens the record's content to whoever has the file. */
struct proof_opening {
    struct bytes payload;
    bool clear;                   /* no key */
    uint8_t key[PROOF_KEY_BYTES]; /* the message's (payload_message_key), or a personal record's own */
};

/* Writes a proof into out (of `size` bytes; PROOF_BYTES_MAX always do).  witness_count at most PROOF_WITNESSES_MAX;
 * opening may be NULL.  ETOOBIG when it does not fit.  It says nothing of whether it will hold: proof_read does. */
MUST_USE enum muster_error proof_make(uint8_t *out, size_t size, size_t *len, bool exercise,
                                      const struct proof_source *record, const struct proof_source *witnesses,
                                      size_t witness_count, const struct proof_opening *opening);
/* Of a card's chain: as many statements as it takes to certify the node, into source->statements (borrowed from the
 * card).  EUNKNOWN_NODE when none does. */
MUST_USE enum muster_error proof_certify(struct proof_source *source, const struct card *card,
                                         const struct sign_public *node);

/* --- reading ---------------------------------------------------------------------------------------- */

/* How a witness bounds the record's time. */
enum proof_relation {
    PROOF_NAMES_IT = 1, /* the witness was written when the record was there */
    PROOF_NAMED = 2     /* the record was written when the witness was there */
};

/* One record with everything that ties it to its agency: all of it has been verified. */
struct proof_part {
    struct record_header header;
    struct record_id id;
    struct segment_header segment;
    struct segment_id segment_id;
    struct log_genesis genesis;
    struct log_id log;
    uint32_t index;     /* in the segment */
    uint32_t following; /* headers until a signature that fits; 0: its own does */
    char agency_name[NAME_BYTES_MAX + 1], country[3], node_name[NAME_BYTES_MAX + 1]; /* as the statements say */
    uint64_t node_expires_ms;                                                        /* of the certificate; 0: never */
    uint32_t statement_count;
    struct bytes statements; /* (length 2 || statement)..., borrowed from the file */
};

struct proof {
    bool exercise;
    bool disclosed; /* content is in the file, and its hash is the one that the header names */
    struct proof_part record;
    size_t witness_count;
    struct {
        struct proof_part part;
        enum proof_relation relation;
    } witnesses[PROOF_WITNESSES_MAX];
    struct bytes payload; /* if disclosed; borrowed from the file */
    const uint8_t *key;   /* PROOF_KEY_BYTES, borrowed; NULL for a clear record */
    size_t len;           /* of this proof: another may follow in the same bytes */
};

/* Why a proof was refused. */
struct proof_problem {
    enum muster_error error;
    char sentence[PROOF_SENTENCE_BYTES]; /* one sentence without a full stop, ASCII */
    struct said said;                    /* the same, for who says it in another language; its format is NULL for none */
};

/* The proof at the beginning of the bytes, every hash and signature of it verified against the agency id that it leads
 * to.  Whether that agency is to be trusted is another question: proof_trust_id, proof_trust_card.  On an error *out says
 * nothing and problem tells the first reason: ETRUNCATED, ETOOBIG, EBADVALUE, EVERSION, EALGORITHM, EHASH, ECHAIN, ESIGNATURE,
 * EUNKNOWN_NODE… */
MUST_USE enum muster_error proof_read(struct proof *out, const void *bytes, size_t len, struct proof_problem *problem);

/* Is the record of that agency?  EKEYCHANGED. */
MUST_USE enum muster_error proof_trust_id(const struct proof *proof, const struct agency_id *agency,
                                          struct proof_problem *problem);
/* Is it of the card's agency, on the same chain of statements, and not cut off by a revocation that the card tells of?
 * EKEYCHANGED, ECHAIN, EREVOKED.  A record within what a revocation lets stand is fine: *revoked says so. */
MUST_USE enum muster_error proof_trust_card(const struct proof *proof, const struct card *card, bool *revoked,
                                            struct proof_problem *problem);

/* Opens the content of a disclosed proof; the body is borrowed from the codec.  ENOTFOUND when there is none; the
 * errors of payload_open. */
MUST_USE enum muster_error proof_open(const struct proof *proof, struct payload_codec *codec, struct bytes *body,
                                      struct proof_problem *problem);

#endif
