/* limits.h — every bound of format version 1 and of a node (SPEC 2).  A bound has one name. */
#ifndef MUSTER_BASE_LIMITS_H
#define MUSTER_BASE_LIMITS_H

enum {
    FORMAT_VERSION = 1,
    ALGORITHM_1 = 1, /* Ed25519, X25519, XChaCha20-Poly1305, BLAKE2b-256 */

    REFS_MAX = 16,               /* references of a record */
    RECORD_HEADER_MIN = 85,      /* without references */
    RECORD_HEADER_MAX = RECORD_HEADER_MIN + 33 * REFS_MAX,
    BODY_BYTES_MAX = 192 * 1024, /* msgpack body of a record before compression */
    PAYLOAD_BYTES_MAX = BODY_BYTES_MAX + 512,
    SEGMENT_RECORDS_MAX = 256,
    SEGMENT_BYTES_MAX = 64 * 1024,           /* stored form of a segment of more than one record */
    SEGMENT_ITEM_MAX = PAYLOAD_BYTES_MAX + 2048, /* stored form of any segment */
    SEGMENT_HEADER_BYTES = 248,
#define SEGMENT_POSITION_MAX (UINT64_C(1) << 48) /* positions and sequences: HEADS can say all of them */
    RUN_MAX = 64, /* L3: a header is authentic by a signature at most 63 positions later */

    CTL_HEADS_MAX = 32,
    LOG_GENESIS_MIN = 205 + 128,
    LOG_GENESIS_MAX = LOG_GENESIS_MIN + 32 * CTL_HEADS_MAX,

    FRAME_HEADER_BYTES = 6,
    FRAME_BODY_MAX = SEGMENT_ITEM_MAX + LOG_GENESIS_MAX + 8192,
    MESSAGE_BYTES_MAX = 256 * 1024, /* one ZeroMQ message: ZMQ_MAXMSGSIZE */

    PACK_DEPTH_MAX = 8,    /* nesting of a msgpack item */
    PACK_ITEMS_MAX = 4096, /* parts of a msgpack item */

    STATEMENT_BYTES_MAX = 1024,
    CARD_STATEMENTS_MAX = 128,
    CARD_ENDPOINTS_MAX = 8,
    CARD_BYTES_MAX = 48 * 1024,
    ENDPOINT_BYTES_MAX = 280,
    NAME_BYTES_MAX = 128,
    INTERVALS_MAX = 1024, /* intervals held beyond the prefix of one log */
    HEADS_ENTRIES_MAX = 4096,
    WANT_RANGES_MAX = 1024,
    SPACES_MAX = 1024,
    DATA_FORMAT = 2 /* of a data directory (SPEC 8.1) */
};

_Static_assert(FRAME_BODY_MAX + FRAME_HEADER_BYTES <= MESSAGE_BYTES_MAX, "a frame fits one message");

#endif
