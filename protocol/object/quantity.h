/* quantity.h — the quantities of one object as this node holds them (RULES Q): who may promise how much of
 * it, and which promises are safe.
 *
 * Records of quantities are noted as they are stored (T_QUANTITY), wherever they stand.  A view folds those
 * of one object when it is asked for, from where the logs stand now: so no fork, cut, removal, key or hole
 * that is filled can leave an old answer behind.  The cost is that of one scan of the object's records. */
#ifndef MUSTER_PROTOCOL_OBJECT_QUANTITY_H
#define MUSTER_PROTOCOL_OBJECT_QUANTITY_H

#include "protocol/core.h"
#include "protocol/object/escrow.h"
#include "protocol/object/op.h"

/* Fields of the body of a quantity record (SPEC 7.4). */
enum quantity_key { QUANTITY_UNITS = 1, QUANTITY_PARTS = 2, QUANTITY_FOR = 3 };

struct quantity_row { /* beside record i of the view */
    uint64_t hlc, position;
    struct object_id for_what;
    uint32_t log;    /* number of its log */
    bool unreadable; /* its body is not a quantity's: void */
};

struct quantity_sums {
    uint64_t minted;            /* by the owner, a member now */
    uint64_t free_here;         /* firm, for this node's own log to spend; without what was reclaimed, as the next two */
    uint64_t free_elsewhere;    /* firm, for other logs to spend */
    uint64_t stuck;             /* in logs that nobody writes any more: this node's former ones (RULES I8), and cut ones */
    uint64_t soft;              /* unspent, but at risk */
    uint64_t safe, at_risk, lost; /* promised */
    uint32_t promises, risky, voids, waiting; /* records: commits that stand; of those at risk or lost; void, and
                                                * promises cut off or in dispute; waiting */
};

struct quantity_view {
    struct object_id object;
    size_t count;
    const struct escrow_record *records; /* in no order that says anything */
    const struct quantity_row *rows;     /* beside them */
    struct escrow_state state;
    struct quantity_sums sums;
    struct log_id own;                   /* the log in which this node would write now, zeroes: none yet */
    bool own_opened, known;              /* known: the object's create is here */
    void *memory[4];
};

/* ENOTFOUND without any record; ETOOBIG when more agencies than four fill their room (S7.4.13); EBUSY.  To be freed. */
MUST_USE enum muster_error core_quantity(struct core *core, uint32_t space, const struct object_id *object,
                                         struct quantity_view *out);
void quantity_view_free(struct quantity_view *view);
/* The next object of the space behind *object (zeroes: the first) that has records of quantities; false at the end. */
bool core_quantity_next(struct core *core, uint32_t space, struct object_id *object);
/* H over the judgements of all of them, by object and record: equal on nodes that hold the same (SPEC 7.4). */
MUST_USE enum muster_error core_quantity_digest(struct core *core, uint32_t space, struct hash *out, uint64_t *objects);
/* The same in pieces, as core_digest_some. */
struct digest_walk;
MUST_USE enum muster_error core_quantity_digest_some(struct core *core, uint32_t space, struct digest_walk *walk,
                                                     uint64_t max, bool *more);

/* What the record is worth now: the word of a promise, else "valid", "void", "waiting", "disputed", "cut-off". */
const char *quantity_word(const struct escrow_record *record, const struct escrow_judgement *judged);

#endif
