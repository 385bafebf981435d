/* operation.h — control operations as record bodies, and the genesis of a space (SPEC 6.3, 6.4).
 *
 * A control operation is a clear record of kind 0 in a control log: the record header's operation byte says
 * which, the body is a msgpack map with the integer keys below, `deps` are references of role dep. */
#ifndef MUSTER_PROTOCOL_TRUST_OPERATION_H
#define MUSTER_PROTOCOL_TRUST_OPERATION_H

#include "crypto/crypto.h"
#include "protocol/log/record.h"
#include "protocol/trust/control.h"

/* Operation bytes of control records: append, never renumber. */
enum control_operation {
    CTL_GENESIS = 64, CTL_ADD = 65, CTL_SET_RIGHT = 66, CTL_REMOVE = 67, CTL_SUSPEND = 68, CTL_LIFT = 69,
    CTL_POLICY = 70, CTL_APPROVE = 71, CTL_ACK = 72, CTL_EPOCH = 73, CTL_CUT = 74, CTL_REASSIGN = 75,
    CTL_ERASE = 77, CTL_HOLD = 78, CTL_UNHOLD = 79, CTL_RETAIN = 80,
    CTL_IDENTITY = 76 /* carries a newer card of its author's agency, or a statement; decides nothing (RULES G5) */
};

enum operation_key {
    OK_WHO = 1, OK_RIGHT = 2, OK_CARD = 3, OK_CUTS = 4, OK_TARGET = 5, OK_COMMITMENT = 6, OK_TO = 7, OK_WRAPS = 8,
    OK_COPIES = 9, OK_POLICY = 10, OK_POSITION = 11, OK_HEAD = 12, OK_OBJECT = 13, OK_AFTER = 14, OK_OF = 15,
    OK_RECORDS = 16, OK_RANGES = 17, OK_GROUND = 18
};

enum genesis_key {
    GK_RULES = 1, GK_NAME = 2, GK_PURPOSE = 3, GK_CREATOR = 4, GK_ADMINS = 5, GK_CONTROLLER = 6, GK_RETENTION_DAYS = 7,
    GK_HISTORY = 8, GK_EXERCISE = 9, GK_SALT = 10, GK_CARDS = 11, GK_CREATED = 12
};

enum { REASSIGN_SEEN_MAX = 64, ERASE_RECORDS_MAX = 256, RETAIN_RANGES_MAX = 256, GROUND_BYTES_MAX = 32 };
enum { RULES_VERSION = 1, GENESIS_BYTES_MAX = 128 * 1024, EPOCH_COPIES_MAX = 256, EPOCH_COPY_BYTES = 32 + BOX_SEAL_BYTES };

struct space_genesis {
    uint64_t rules;
    char name[NAME_BYTES_MAX + 1];
    char purpose[2 * NAME_BYTES_MAX + 1];
    struct agency_id creator, controller;
    struct agency_id admins[16];
    size_t admin_count;
    uint64_t retention_days; /* 0: no limit */
    enum control_history history;
    bool exercise;
    uint8_t salt[16];
    struct bytes cards[16]; /* of the admins; borrowed */
    size_t card_count;
    uint64_t created_ms;
};

/* out holds GENESIS_BYTES_MAX; returns the length, 0 when it does not fit. */
size_t space_genesis_write(uint8_t *out, const struct space_genesis *genesis);
/* EVERSION for unknown rules (the space is then carried, not interpreted), EBADVALUE… */
MUST_USE enum muster_error space_genesis_read(struct space_genesis *out, const void *bytes, size_t len);
/* H("muster/1/space", genesis bytes): the body of the genesis operation. */
struct space_id space_id_of(const void *genesis, size_t len);

/* Bodies.  Each returns the length written to out (of `size` bytes), 0 when it does not fit. */
size_t operation_add(uint8_t *out, size_t size, const struct agency_id *who, enum right right, struct bytes card);
size_t operation_card(uint8_t *out, size_t size, struct bytes card);

/* Who it is about; right NULL: the operation has none; cuts: what of its logs stays (D2), none: nothing listed. */
size_t operation_member(uint8_t *out, size_t size, const struct agency_id *who, const enum right *right,
                        const struct control_cut *cuts, size_t cut_count);
size_t operation_target(uint8_t *out, size_t size, const struct record_id *target);
size_t operation_policy(uint8_t *out, size_t size, const struct control_policy *policy, size_t count);
size_t operation_cut(uint8_t *out, size_t size, const struct hash *of, uint64_t position, const struct hash *head);
/* seen: the newest records of the object that its author has, one of a log, at most REASSIGN_SEEN_MAX; none: it had seen nothing. */
size_t operation_reassign(uint8_t *out, size_t size, const struct agency_id *to, const struct object_id *object,
                          const struct record_id *after, const struct record_id *seen, size_t seen_count);

/* Records of one object that a majority erases (with a ground) or holds (ground NULL), at most ERASE_RECORDS_MAX. */
size_t operation_erase(uint8_t *out, size_t size, const struct object_id *object, const struct record_id *records,
                       size_t count, const char *ground);
/* Ranges that retention takes: every record of a log up to a sequence; at most RETAIN_RANGES_MAX. */
struct retain_range {
    struct log_id log;
    uint64_t sequence;
};
/* The words that say why: the small vocabulary of erase records and operations; NULL behind the last.  Nothing else is
 * written there, so that no personal data gets into what cannot be erased. */
const char *erase_ground(size_t i);
size_t operation_retain(uint8_t *out, size_t size, const struct retain_range *ranges, size_t count, const char *ground);
/* The i-th record that an erase or hold names, the i-th range of a retain; false at the end. */
bool operation_record_at(struct bytes records, size_t i, struct record_id *out);
bool operation_range_at(struct bytes ranges, size_t i, struct retain_range *out);

struct epoch_copy {
    struct sign_public node; /* whose box key it is sealed to */
    uint8_t sealed[EPOCH_COPY_BYTES];
};
size_t operation_epoch(uint8_t *out, size_t size, const struct hash *commitment, const struct agency_id *to,
                       size_t to_count, const struct epoch_copy *copies, size_t copy_count, const struct record_id *wraps,
                       const uint8_t (*wrapped)[24 + 32 + 16], size_t wrap_count);

/* A decoded operation with the arrays that struct control_op borrows. */
struct operation {
    struct control_op op;
    struct record_id deps[REFS_MAX];
    struct agency_id *to; /* points into the caller's scratch */
    struct bytes card;
    struct hash commitment;
    struct bytes copies; /* msgpack array of [node, sealed] */
    struct bytes wraps;  /* msgpack array of [epoch, wrapped] */
    struct bytes records; /* msgpack array of record ids: erase, hold */
    struct bytes ranges;  /* msgpack array of [log, sequence]: retain */
    struct agency_id to_inline[CONTROL_LIST_MAX];
    struct record_id wraps_inline[64];
    struct control_cut cuts_inline[256];
    struct control_policy policy_inline[CONTROL_POLICY_MAX];
};

/* Decodes a control record.  The author, log and previous operation are the caller's to know.  EBADVALUE when the body does not fit
 * its operation: the operation is then of no effect, its segment stands (RULES L9). */
MUST_USE enum muster_error operation_read(struct operation *out, const struct record_header *header, struct bytes body,
                                          const struct record_id *id, const struct agency_id *by, const struct log_id *log,
                                          const struct record_id *prev);

/* The sealed copy of an epoch's key for a node; false if there is none. */
bool operation_copy_for(struct bytes copies, const struct sign_public *node, struct bytes *sealed);
/* The i-th wrapped epoch; false at the end. */
bool operation_wrap_at(struct bytes wraps, size_t i, struct record_id *epoch, struct bytes *wrapped);

#endif
