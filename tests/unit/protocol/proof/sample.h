/* sample.h — an agency, its node, one log and what it wrote, made from seeds: the same bytes in every run. */
#ifndef MUSTER_TESTS_PROOF_SAMPLE_H
#define MUSTER_TESTS_PROOF_SAMPLE_H

#include "protocol/log/proof.h"

enum { SAMPLE_STATEMENTS = 8, SAMPLE_FOLLOWING = 64 };

struct sample {
    struct identity identity;
    struct sign_public root;
    struct sign_secret root_secret, node_secret, incarnation_secret;
    struct node_keys node;
    uint8_t statements[SAMPLE_STATEMENTS][STATEMENT_BYTES_MAX];
    size_t statement_len[SAMPLE_STATEMENTS], statement_count;
    bool exercise;
    struct space_id space;
    uint8_t genesis[LOG_GENESIS_MAX];
    size_t genesis_len;
    struct log_id log;
    struct seal_key epoch_key;
    uint64_t next_sequence, next_position;
    struct segment_id prev;
};

/* What one record is to be like; the rest of its segment are plain updates. */
struct sample_wish {
    uint32_t count, index;   /* records in the segment, which one */
    uint16_t flags;          /* RECORD_PERSONAL, RECORD_CLEAR */
    size_t text;             /* bytes of its name */
    const struct hash *refs; /* REF_DEP each */
    uint8_t ref_count;
};

/* One record in one segment, and what was signed behind it. */
struct sample_record {
    struct proof_source source;
    struct record_header header;
    struct record_id id;
    uint8_t header_bytes[RECORD_HEADER_MAX], segment[SEGMENT_HEADER_BYTES], payload[4096];
    size_t payload_len;
    struct seal_key own_key; /* of a personal record */
    uint8_t following[SAMPLE_FOLLOWING][SEGMENT_HEADER_BYTES];
};

/* An agency of that name; equal numbers give equal keys.  ctl: heads that its log begins with. */
void sample_agency(struct sample *s, uint8_t number, const char *name, uint8_t space, bool exercise,
                   const struct record_id *ctl, uint8_t ctl_count);
/* Another statement in the chain: revokes the node, up to a place of its log (position 0: no cut for it). */
void sample_revoke(struct sample *s, uint64_t position, const struct segment_id *head);
/* The agency's card, by a second node when the first is revoked.  Returns its length. */
size_t sample_card(struct sample *s, uint8_t out[CARD_BYTES_MAX], bool second_node);

struct sample_wish sample_plain(void); /* record 7 of 256, 20 bytes */
void sample_write(struct sample *s, struct sample_record *out, struct payload_codec *codec, struct sample_wish wish);
/* Spoils the segment's own signature and signs one of so many following headers: the last. */
void sample_run(struct sample *s, struct sample_record *record, size_t following);
struct proof_opening sample_opening(const struct sample *s, const struct sample_record *record);
/* Writes the hash at the end anew, as a liar would. */
void sample_rehash(uint8_t *proof, size_t len);

#endif
