/* frame.h — the messages of a session (SPEC 5).
 *
 * A ZeroMQ message holds one or more frames: type 1, flags 1, body length 4, body.  Unknown types are
 * skipped by length.  Every frame is parsed here, in one place, into a struct that borrows the message's
 * bytes; everything is bounded before it is believed.
 *
 * Logs are named by the sender's index: the first mention in a session gives the next free index and the
 * 32-byte id.  Each side has its own numbering. */
#ifndef MUSTER_PROTOCOL_WIRE_FRAME_H
#define MUSTER_PROTOCOL_WIRE_FRAME_H

#include "base/bytes.h"
#include "base/ids.h"
#include "base/limits.h"
#include "crypto/crypto.h"
#include "crypto/merkle.h"

/*      name      number  flags it may carry */
#define MUSTER_FRAMES(X)                                                                                               \
    X(HELLO, 1, "versions, features, limits, clock, nonce, boot id")                                                   \
    X(AUTH, 2, "the node's card and a signature that binds it to this connection")                                     \
    X(SPACES, 3, "keyed tags of the spaces shared, with digests of control and data")                                  \
    X(CTLHEADS, 4, "newest control operations held")                                                                   \
    X(HEADS, 5, "logs: prefix, short hash, intervals, fork point; announcement and acknowledgement")                   \
    X(WANT, 6, "ranges of segments asked for")                                                                         \
    X(SEG, 7, "segments of one log, with its genesis on first mention")                                                \
    X(KEYREQ, 8, "epochs whose key is asked for")                                                                      \
    X(KEY, 9, "an epoch's key sealed to the receiving node")                                                           \
    X(CREDIT, 10, "bytes of segments that the receiver can take")                                                      \
    X(PING, 11, "clock of the sender; answered by PONG")                                                               \
    X(PONG, 12, "the PING's clock and the answerer's")                                                                 \
    X(ERR, 13, "an error number and the item it is about; the session goes on")                                        \
    X(BYE, 14, "an error number; the session ends")                                                                    \
    X(BLOBWANT, 15, "chunks of an attachment asked for")                                                               \
    X(BLOB, 16, "a chunk of an attachment")                                                                            \
    X(CARD, 17, "a newer card of the sender's agency")                                                                 \
    X(FRAG, 18, "a part of a SEG or BLOB too long for this link to carry in one piece") \
    X(OWNSPACES, 19, "ids of the sender's spaces; to other nodes of its own agency only")

#define X(name, number, what) FRAME_##name = (number),
enum frame_type { MUSTER_FRAMES(X) FRAME_TYPES };
#undef X
const char *frame_name(uint8_t type); /* "HELLO", or "unknown" */

struct frame {
    uint8_t type, flags;
    struct bytes body;
};

/* The next frame of a message; OK with type 0 at the end. */
MUST_USE enum muster_error frame_next(struct cursor *message, struct frame *out);
/* Starts a frame; frame_end fills in its length.  A writer without room fails. */
uint8_t *frame_begin(struct writer *w, enum frame_type type, uint8_t flags);
void frame_end(struct writer *w, uint8_t *begin);

enum hello_feature { FEATURE_SECOND_SOCKET = 1 << 0 }; /* reserved */
struct hello {
    uint8_t version_min, version_max;
    uint64_t features, critical; /* an unknown critical bit ends the session with EVERSION */
    uint32_t item_max;           /* bytes of a frame's body that the sender can take */
    uint32_t credit;             /* bytes of segments the sender can take at once */
    uint64_t clock_ms;
    uint8_t nonce[32];
    uint8_t boot[16];
    struct bytes software; /* text, at most 64 bytes */
};
void hello_write(struct writer *w, const struct hello *hello);
MUST_USE enum muster_error hello_read(struct hello *out, struct bytes body);

struct auth {
    struct bytes card;
    struct signature signature; /* by the node's key over both nonces and both curve keys, sender first */
};
void auth_write(struct writer *w, const struct auth *auth);
MUST_USE enum muster_error auth_read(struct auth *out, struct bytes body);
/* What the signature covers. */
struct hash auth_binding(const uint8_t own_nonce[32], const uint8_t peer_nonce[32], const struct curve_public *own,
                         const struct curve_public *peer);

struct space_entry {
    uint8_t tag[16], control[16], data[16];
};
enum { SPACE_ENTRY_BYTES = 48 };
/* The body of SPACES: `count` entries, one behind the other. */
void spaces_write(struct writer *w, const struct space_entry *entries, size_t count);
/* Entries are read one by one: *count of them, at `entries + 48 * i`. */
MUST_USE enum muster_error spaces_read(struct bytes *entries, size_t *count, struct bytes body);
struct space_entry space_entry_at(struct bytes entries, size_t i);

/* CTLHEADS: tag 16, count 1, ids. */
void ctlheads_write(struct writer *w, const uint8_t tag[16], const struct record_id *heads, size_t count);
MUST_USE enum muster_error ctlheads_read(uint8_t tag[16], struct record_id heads[64], size_t *count, struct bytes body);

/* How a log is named: index, and the id when this is its first mention. */
struct log_name {
    uint32_t index;
    bool first;
    struct log_id id;
};
void log_name_write(struct writer *w, const struct log_name *name);

/* HEADS: tag 16, then entries up to the end: log name, prefix varint, [short 8 if prefix > 0], fork_at varint (0: none),
 * interval count varint, each: gap varint, length varint, short 8. */
enum heads_flags { HEADS_FULL = 1 << 0, HEADS_LAST = 1 << 1, HEADS_AGAIN = 1 << 2 };
/* of a full listing: its frames; the last of them; the sender lost what it was told and asks for a full listing back */
struct heads_interval {
    uint64_t first, last;
    uint8_t hash[8];
};
struct heads_entry {
    struct log_name log;
    uint64_t prefix;
    uint8_t hash[8];
    uint64_t fork_at;
    size_t interval_count;
    struct heads_interval intervals[INTERVALS_MAX];
};
void heads_begin(struct writer *w, const uint8_t tag[16]);
void heads_entry_write(struct writer *w, const struct heads_entry *entry);
MUST_USE enum muster_error heads_open(uint8_t tag[16], struct cursor *entries, struct bytes body);
/* The next entry; false at the end or on an error, which *error tells. */
bool heads_next(struct cursor *entries, struct heads_entry *out, enum muster_error *error);
/* 8 bytes of BLAKE2b keyed with both nonces over a segment id (RULES L8). */
void head_short(uint8_t out[8], const uint8_t session_key[32], const struct segment_id *id);

/* WANT: entries up to the end: log name, range count varint, each: first varint, length varint. */
struct want_range {
    uint64_t first, last;
};
void want_write(struct writer *w, const struct log_name *log, const struct want_range *ranges, size_t count);
bool want_next(struct cursor *entries, struct log_name *log, struct want_range *ranges, size_t *count,
               enum muster_error *error);

/* SEG: tag 16, lane 1, log id 32 (not its index: pieces of a SEG arrive after later frames), genesis length 2, genesis (length 0 where the receiver holds it), segments in wire
 * form up to the end. */
struct seg {
    uint8_t tag[16];
    uint8_t lane;
    struct log_id log;
    struct bytes genesis;
    struct bytes segments;
};
void seg_begin(struct writer *w, const struct seg *seg);
MUST_USE enum muster_error seg_read(struct seg *out, struct bytes body);

/* FRAG: lane 1, total 4, offset 4, bytes: the body of a SEG, in lane 4 of a BLOB, in pieces, in order, one a lane at a
 * time. */
struct frag {
    uint8_t lane;
    uint32_t total, offset;
    struct bytes piece;
};
void frag_write(struct writer *w, const struct frag *frag);
MUST_USE enum muster_error frag_read(struct frag *out, struct bytes body);

/* KEYREQ: tag 16, count 1, epoch ids.  KEY: tag 16, epoch 32, sealed key 80. */
void keyreq_write(struct writer *w, const uint8_t tag[16], const struct record_id *epochs, size_t count);
MUST_USE enum muster_error keyreq_read(uint8_t tag[16], struct record_id epochs[64], size_t *count, struct bytes body);
struct key_frame {
    uint8_t tag[16];
    struct record_id epoch;
    uint8_t sealed[80];
};
void key_write(struct writer *w, const struct key_frame *key);
MUST_USE enum muster_error key_read(struct key_frame *out, struct bytes body);

/* ERR and BYE: error 2, item 32, text up to 200 bytes. */
struct err_frame {
    enum muster_error error;
    struct hash item;
    struct bytes text;
};
void err_write(struct writer *w, enum muster_error error, const struct hash *item, const char *text);
MUST_USE enum muster_error err_read(struct err_frame *out, struct bytes body);

/* BLOBWANT: tag 16, blob id 32, hops 1, chunks in all varint, first varint, count varint.  BLOB: tag 16, blob id 32, chunks
 * in all varint, chunk number varint, path length 1, path 32 each, sealed chunk up to the end (SPEC 5.5). */
enum {
    BLOB_CHUNK_BYTES = 32 * 1024,               /* of plain bytes; only the last chunk is shorter */
    BLOB_CHUNK_EXTRA = 32,                      /* nonce prefix 16, tag 16 */
    BLOB_CHUNKS_MAX = SEGMENT_RECORDS_MAX,      /* leaves of one tree */
    BLOB_BYTES_MAX = BLOB_CHUNKS_MAX * BLOB_CHUNK_BYTES,
    BLOB_HOPS_MAX = 4
};
struct blobwant {
    uint8_t tag[16];
    struct hash blob;
    uint8_t hops; /* how many more nodes may ask on for it */
    uint32_t total, first, count;
};
void blobwant_write(struct writer *w, const struct blobwant *want);
/* ETRUNCATED, ETRAILING; EBADVALUE for a range that is empty or not inside 1..BLOB_CHUNKS_MAX, or more hops than may be. */
MUST_USE enum muster_error blobwant_read(struct blobwant *out, struct bytes body);
struct blob_frame {
    uint8_t tag[16];
    struct hash blob;
    uint32_t total, number;
    size_t path_len;
    struct hash path[MERKLE_PATH_MAX];
    struct bytes sealed; /* borrowed */
};
void blob_frame_write(struct writer *w, const struct blob_frame *blob);
/* ETRUNCATED; EBADVALUE for numbers out of bounds; ETOOBIG for a chunk that is too long.  The path is not checked. */
MUST_USE enum muster_error blob_frame_read(struct blob_frame *out, struct bytes body);

/* Both nonces in one key, the same on both sides: for tags, short hashes and digests. */
void session_key_of(uint8_t out[32], const uint8_t a_nonce[32], const uint8_t b_nonce[32]);
void space_tag_of(uint8_t out[16], const uint8_t session_key[32], const struct space_id *space);
void digest_keyed(uint8_t out[16], const uint8_t session_key[32], const struct hash *stored);

#endif
