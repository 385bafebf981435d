/* evil.h — a peer that has keys, a card, perhaps a place in a space, and no manners.
 *
 * It takes over a node of a world: the node's core ends, the test speaks raw frames in its stead.  What the victim
 * answers is counted.  One evil peer uses the world's filter. */
#ifndef MUSTER_TESTS_EVIL_H
#define MUSTER_TESTS_EVIL_H

#include "protocol/log/genesis.h"
#include "protocol/log/payload.h"
#include "protocol/wire/frame.h"
#include "support/world.h"

enum { EVIL_FRAMES = 64 };

struct evil {
    struct world *w;
    size_t node, victim;
    const struct core_config *config;
    uint8_t nonce[32], their_nonce[32], key[32];
    bool greeted, silent; /* silent: HELLO and AUTH are not answered */
    uint64_t got[EVIL_FRAMES]; /* by frame type */
    enum muster_error said; /* by the last ERR */
    struct space_id space;
    uint8_t tag[16];
    bool exercise;
    struct record_id ctl[CTL_HEADS_MAX];
    size_t ctl_count;
    struct record_id epoch;
    struct seal_key epoch_key;
    uint64_t dice;
    uint32_t names; /* logs named so far in this session */
    struct payload_codec *codec;
};

struct evil_log {
    struct log_id id;
    struct sign_secret secret;
    uint8_t genesis[LOG_GENESIS_MAX];
    size_t genesis_len;
    bool control;
};

struct evil_segment {
    uint8_t item[SEGMENT_ITEM_MAX];
    size_t len;
    struct segment_id id;
    struct segment_header header;
};

/* Takes over `node`, a member of the space by then or not.  Free with evil_free before the world. */
struct evil *evil_new(struct world *w, size_t node, size_t victim, const struct space_id *space);
void evil_free(struct evil *e);
/* A new connection; with it the counts and names begin again.  Unless silent it greets and proves itself. */
void evil_connect(struct evil *e);
bool evil_is_up(const struct evil *e);
/* Why the victim closed the connection; OK while it stands. */
enum muster_error evil_closed(const struct evil *e);
void evil_random(struct evil *e, void *out, size_t len);
uint64_t evil_number(struct evil *e, uint64_t below);

void evil_send(struct evil *e, const void *bytes, size_t len);
/* Frames as an honest node would write them. */
size_t evil_hello(struct evil *e, uint8_t *out);
size_t evil_auth(struct evil *e, uint8_t *out, struct bytes card, const struct sign_secret *secret);
size_t evil_spaces(struct evil *e, uint8_t *out);
size_t evil_heads(struct evil *e, uint8_t *out, const struct log_id *log, uint64_t prefix, const struct segment_id *head,
                  uint64_t fork_at);
size_t evil_want(struct evil *e, uint8_t *out, const struct log_id *log, uint64_t first, uint64_t last);
size_t evil_seg(struct evil *e, uint8_t *out, const struct evil_log *log, const struct evil_segment *const *segments,
                size_t count);
/* Sends one SEG of one segment. */
void evil_give(struct evil *e, const struct evil_log *log, const struct evil_segment *segment);

/* A log of its own, properly signed for its agency. */
void evil_log_open(struct evil *e, struct evil_log *log, bool control);
/* A segment of one create, behind `before` (NULL: at position 1); text makes it differ from others. */
void evil_segment_make(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                       const struct evil_segment *before, const char *text);
/* The same with one control operation, which builds on what the node knew when it was taken over. */
void evil_control_make(struct evil *e, struct evil_segment *out, const struct evil_log *log,
                       const struct evil_segment *before, uint8_t operation, struct bytes body);
/* A segment that erases one record. */
void evil_erase_make(struct evil *e, struct evil_segment *out, const struct evil_log *log, const struct evil_segment *before,
                     const struct object_id *object, const struct record_id *target);
/* A segment that offers an object of that term to an agency. */
void evil_offer_make(struct evil *e, struct evil_segment *out, const struct evil_log *log, const struct evil_segment *before,
                     const struct object_id *object, const struct record_id *term, const struct agency_id *to);
/* Signs again after the header in `segment->header` was changed. */
void evil_segment_seal(struct evil *e, struct evil_segment *segment, const struct sign_secret *secret);

/* Bytes that this process has allocated and not freed. */
size_t evil_heap(void);

#endif
