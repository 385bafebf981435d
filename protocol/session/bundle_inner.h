/* bundle_inner.h — what bundle.c (what goes out), bundle_seal.c (the file), bundle_read.c (looking at
 * one), bundle_take.c (in) and bundle_ack.c (who holds what) share with the session. */
#ifndef MUSTER_PROTOCOL_SESSION_BUNDLE_INNER_H
#define MUSTER_PROTOCOL_SESSION_BUNDLE_INNER_H

#include "crypto/stream.h"
#include "protocol/core_inner.h"
#include "protocol/session/bundle.h"

/* Frames that stand in bundles only; in a session they are of an unknown type and are skipped. */
enum bundle_frame { BUNDLE_OPENING = 64, BUNDLE_MEMBER = 65, BUNDLE_CLOSING = 66 };
enum bundle_flags { BUNDLE_MORE = 1 << 0 };
enum {
    BUNDLE_MAGIC_BYTES = 8,
    BUNDLE_HEAD_FIXED = BUNDLE_MAGIC_BYTES + 4 + 32 + 32 + 8 + 8 + 1,
    BUNDLE_RECIPIENT_BYTES = 32 + 32 + BOX_SEAL_BYTES,
    BUNDLE_RECIPIENTS_MAX = AGENCY_NODES_MAX,
    BUNDLE_KEY_BYTES = HASH_BYTES + STREAM_HEADER_BYTES, /* commitment, header */
    BUNDLE_OPENING_FIXED = 32 + 16,                      /* nonce, boot id; then one boot id a recipient */
    BUNDLE_CLOSING_BYTES = 1 + 4 + 8 + 64,
    BUNDLE_CONN = UINT32_MAX /* no connection of the shell has this number */
};
#define BUNDLE_MAGIC "MUSTER1B"

struct bundle_sink {
    uint8_t *at;
    size_t len, size;
    uint32_t frames;
    bool full; /* beyond BUNDLE_BYTES_MAX, or no memory: nothing of it is used */
};

/* A file that has been looked at. */
struct bundle_file {
    struct agency_id agency;
    struct sign_public node;
    uint64_t made_ms;
    uint8_t *plain;
    size_t len, control_begin, control_end, end; /* of control SEGs; of all before CLOSING */
    uint8_t nonce[32], boot[16], answers[16];    /* answers: this node's boot id as the sender knows it */
    struct bytes card, spaces;                   /* spaces: SPACES entries */
    size_t space_count;
};

/* Who made it and whether all of it is as it was made; *out is filled, and plain is the caller's, on OK only.  Fills
 * the report.  EWRONGPEER: not for this node. */
enum muster_error bundle_look(struct core *core, struct bytes file, struct bundle_file *out, struct bundle_report *report);
/* The error, with its sentence. */
enum muster_error bundle_say(struct bundle_text *text, enum muster_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes the file of what the session's sink holds: CLOSING, then all of it sealed to those nodes. */
enum muster_error bundle_seal(struct core *core, struct session *session, const struct node_keys *nodes, size_t node_count,
                              struct bundle_made *made);
void bundle_export(struct core *core, const struct event *event);
void bundle_import(struct core *core, const struct event *event);
/* Goes on with the bundle that is being taken, as far as there is room.  After each step. */
void bundle_pump(struct core *core);
/* A commit has failed: what was taken is gone with it; the caller hears of it. */
void bundle_abort(struct core *core, enum muster_error error);
void bundle_import_free(struct bundle_import *import);
/* What a session of a bundle writes. */
void bundle_collect(struct session *session, const struct writer *w);
/* What became of a segment, or of a frame of them (MUSTER_OK: new). */
void bundle_tally(struct core *core, const struct session *session, const struct log_id *log, enum muster_error error);

/* --- bundle_ack.c: what an agency is known to hold (T_PEER) --- */
uint64_t bundle_ack(struct core *core, const struct agency_id *agency, const struct log *log);
/* All that the session has heard, and with it the peer's boot id. */
void bundle_acks_save(struct core *core, struct session *session);
void bundle_acks_sometimes(struct core *core); /* of all sessions, now and then */
/* Its digest of the space is ours: it holds what we hold. */
void bundle_acks_equal(struct core *core, struct session *session, const struct space *space, bool control);
/* The node's last process as a session or a bundle showed it; zeroes if none did.  made_ms: of its newest bundle. */
void bundle_node_seen(struct core *core, const struct sign_public *node, uint8_t boot[16], uint64_t *made_ms);
void bundle_node_note(struct core *core, const struct sign_public *node, const uint8_t boot[16], uint64_t made_ms);

#endif
