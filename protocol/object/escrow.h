/* escrow.h — who may promise how much, and which promises are safe (RULES Q).
 *
 * Rights are bound to a log and spent in its order, so that no two nodes need to agree on who was
 * first.  Pass 1 counts: a spend beyond what a right has left is void.  Pass 2 says of every unit
 * whether it is firm, soft (at risk) or lost; a firm unit of a mint ends in exactly one place.
 *
 *   mint     new units for the log of the object's owner
 *   grant    moves units from named rights to a log; the record's id names the new right
 *   commit   promises units from named rights; without rights: knowingly at risk
 *   cover    backs such a promise with rights
 *   return   gives units back to the log that granted them; may answer a reclaim
 *   release  takes back a promise of the same log; its units may be spent again
 *   reclaim  by the granting log: uses units that the holder may still spend
 *
 * A fold takes the records of one object or of many; together with a right it needs the records
 * that made it.  States are equal on nodes that hold the same set (RULES G1), and safe and void
 * never change while no fork, removal or cut touches the logs that the units passed (RULES Q8). */
#ifndef MUSTER_PROTOCOL_OBJECT_ESCROW_H
#define MUSTER_PROTOCOL_OBJECT_ESCROW_H

#include "base/limits.h"
#include "protocol/object/arena.h"
#include "protocol/object/record.h"

enum { ESCROW_RECORDS_MAX = 65536, ESCROW_LOGS_MAX = 65536, ESCROW_OBJECTS_MAX = 65536 };

/* More units in a record are void.  Sums over all records stay far from the end of 64 bits. */
#define ESCROW_UNITS_MAX UINT64_C(1000000000000)
_Static_assert(ESCROW_UNITS_MAX < UINT64_MAX / ESCROW_RECORDS_MAX / REFS_MAX, "sums of units fit");

#define ESCROW_NEVER UINT64_MAX /* no fork, no cut */

struct escrow_log {
    struct log_id id;
    uint64_t prefix;  /* last sequence of the contiguous, readable run from the first on; 0: none */
    uint64_t fork_at; /* first disputed sequence, or ESCROW_NEVER */
    uint64_t cut;     /* last sequence under the strictest limit ever effective (Q10), or ESCROW_NEVER */
};

struct escrow_object {
    struct object_id id;
    bool owner_is_member; /* now; else what it minted is at risk (Q5) */
};

/* Whether the author of a mint owned the object: as for a change of it (RULES O2, O4). */
enum escrow_mint { MINT_WAITS, MINT_BY_OWNER, MINT_BY_STRANGER };

struct escrow_units {
    struct record_id right;
    uint64_t units;
};

struct escrow_record {
    struct record_id id;
    struct log_id log;
    uint64_t seq;
    uint8_t op;                      /* OP_MINT to OP_RECLAIM; others are passed over */
    uint8_t mint;                    /* enum escrow_mint, of a mint */
    struct object_id object;         /* a spend of another object's right is void */
    uint64_t units;                  /* of a mint, and of a commit without rights */
    const struct escrow_units *from; /* grant, commit, cover: any; return, reclaim: one */
    size_t from_count;               /* at most REFS_MAX */
    struct log_id to;                /* of a grant: who gets the right */
    struct record_id about;          /* cover, release: the commit; return: the reclaim, or zeroes */
};

struct escrow_input {
    const struct escrow_record *records; /* none twice, any order */
    size_t count;
    const struct escrow_log *logs; /* by id, rising, none twice; of an absent log nothing counts yet */
    size_t logs_count;
    const struct escrow_object *objects; /* likewise; mints of an absent object wait */
    size_t objects_count;
};

enum escrow_status {
    ESCROW_WAITING,  /* behind a hole, or a right it names is not known yet */
    ESCROW_VALID,    /* it counts */
    ESCROW_VOID,     /* it never counts, and changes nothing else */
    ESCROW_UNBACKED, /* a promise without rights */
    ESCROW_RELEASED, /* a promise taken back */
    ESCROW_DISPUTED, /* in a forked stretch: what it grants exists, at risk */
    ESCROW_CUT_OFF   /* beyond a limit, likewise */
};

/* What a screen says of a promise (Q7). */
enum escrow_word {
    WORD_NONE, /* it is no commit and no cover */
    WORD_SAFE,
    WORD_AT_RISK,
    WORD_COVERED, /* given without rights, and a safe cover backs it */
    WORD_LOST,
    WORD_VOID,
    WORD_WAITING,
    WORD_RELEASED,
    WORD_CUT_OFF
};

struct escrow_parts {
    uint64_t firm, soft, lost;
};

struct escrow_judgement {
    uint8_t status, word;      /* enum escrow_status, escrow_word */
    struct escrow_parts drawn; /* what the units of a valid spend are */
};

struct escrow_right {
    uint32_t record; /* that made it */
    struct log_id holder, giver;
    struct object_id object;
    uint64_t units, left;
    struct escrow_parts rest; /* of what: the units not spent */
};

struct escrow_total {
    uint64_t capacity; /* minted by the owner, a member now */
    uint64_t safe;     /* promised safely; never more than was minted */
};

struct escrow_state {
    const struct escrow_judgement *records; /* one for each of input->records */
    const struct escrow_right *rights;      /* by id of their records */
    uint32_t rights_count;
    const struct escrow_total *objects; /* one for each of input->objects */
};

/* Folds.  *out lives in the arena.
 * returns MUSTER_OK; MUSTER_ETOOBIG if the arena is full or a count is beyond its limit;
 *         MUSTER_EDUPLICATE if two records have one id.  On error *out is untouched. */
MUST_USE enum muster_error escrow_fold(struct escrow_state *out, const struct escrow_input *input,
                                       struct object_arena *arena);

/* An arena of so many bytes is enough for this input, if it is within its limits. */
size_t escrow_fold_bytes(const struct escrow_input *input);

/* "safe", "at-risk", "covered", ...; "" for WORD_NONE. */
const char *escrow_word_text(enum escrow_word word);

#endif
