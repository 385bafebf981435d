/* cast.h — the agencies, logs and epochs of the golden vectors: everything follows from one seed. */
#ifndef MUSTER_TESTS_VECTORS_CAST_H
#define MUSTER_TESTS_VECTORS_CAST_H

#include "json.h"
#include "protocol/log/genesis.h"
#include "protocol/log/payload.h"
#include "protocol/log/segment.h"
#include "protocol/trust/identity.h"
#include "protocol/trust/operation.h"

enum { CAST_STATEMENTS = 8, CAST_NOW_MS = 1765000000 /* s */ };

struct player {
    struct sign_public root, next_root;
    struct sign_secret root_secret, next_secret;
    struct node_keys keys;
    struct sign_secret sign_secret;
    struct box_secret box_secret;
    struct curve_secret curve_secret;
    struct identity identity;
    uint8_t statement_bytes[CAST_STATEMENTS][STATEMENT_BYTES_MAX];
    struct bytes statements[CAST_STATEMENTS];
    size_t statement_count;
    uint8_t card[CARD_BYTES_MAX];
    size_t card_len;
};

struct cast_log {
    uint8_t bytes[LOG_GENESIS_MAX];
    size_t len;
    struct log_genesis genesis;
    struct log_id id;
    struct sign_secret secret;
};

struct cast {
    struct player a, b;
    uint8_t space_bytes[GENESIS_BYTES_MAX];
    size_t space_len;
    struct space_genesis space_genesis;
    struct space_id space;
    struct cast_log control, data, exercise, late; /* late: names a predecessor and two control heads */
    struct record_id epoch[2];
    struct seal_key epoch_key[2];
    struct payload_codec *codec;
};

uint64_t cast_ms(void);
/* Bytes that depend on label and number alone. */
void cast_draw(void *out, size_t len, const char *label, uint64_t number);
struct hash cast_hash(const char *label, uint64_t number);
/* NULL when something that cannot fail did. */
struct cast *cast_new(void);
void cast_free(struct cast *cast);

/* The files: each writes one JSON document. */
void make_crypto(struct json *j, struct cast *cast);
void make_log(struct json *j, struct cast *cast);
void make_payload(struct json *j, struct cast *cast);
void make_compressed(struct json *j, struct cast *cast);
void make_segment(struct json *j, struct cast *cast);
void make_trust(struct json *j, struct cast *cast);
void make_control(struct json *j, struct cast *cast);
void make_space(struct json *j, struct cast *cast);
void make_frame(struct json *j, struct cast *cast);
void make_object(struct json *j, struct cast *cast);
void make_negative(struct json *j, struct cast *cast);

/* Shared by the makers. */
struct record_header cast_header(const struct cast *cast, uint64_t sequence);
size_t cast_body(uint8_t out[512]); /* an incident, long enough to be compressed */
/* A segment of `count` records behind `chain`, sealed under epoch e; returns the item's length. */
size_t cast_segment(struct cast *cast, uint8_t *item, size_t size, struct segment_chain *chain, uint32_t count, unsigned e,
                    uint16_t flags, struct record_id *ids);
void json_header(struct json *j, const struct record_header *header);

#endif
