/* fold.h — the state of one object: a function of the set of its records (RULES G1, O, E).
 *
 * No clock, no payload, no order of arrival.  The caller says of every record where it stands
 * (live, disputed, beyond a limit); when a fork, cut, removal or re-assignment changes that, it
 * folds again.  Records are named by their place in the caller's array; lists are sorted by id. */
#ifndef MUSTER_PROTOCOL_OBJECT_FOLD_H
#define MUSTER_PROTOCOL_OBJECT_FOLD_H

#include "protocol/object/terms.h"

enum { OBJECT_INPUT_MAX = OBJECT_RECORDS_MAX + 256 }; /* and the offers that are in dispute (offers.h) */
enum { OBJECT_ASSIGNED_MAX = 1024, OBJECT_CONTROLLERS_MAX = 64 };

struct object_input {
    const struct object_record *records;    /* all held records of the object, none twice, any order */
    size_t count;                           /* at most OBJECT_INPUT_MAX */
    const struct object_assigned *assigned; /* what majorities decided of this object, any order */
    size_t assigned_count;                  /* at most OBJECT_ASSIGNED_MAX */
    const struct agency_id *controllers;    /* who may erase and hold for the space, any order */
    size_t controllers_count;               /* at most OBJECT_CONTROLLERS_MAX */
    /* The kind's order of severity: above zero, how much the value that `record` sets in `field`
     * weighs.  NULL: no field has one.  Not asked for erased records: they weigh nothing. */
    int (*rank)(void *context, unsigned field, uint32_t record);
    void *rank_context;
};

struct object_setter {
    uint32_t record;
    bool erased; /* its value is not shown, whether bytes are held or not (RULES E1, E4) */
};

struct object_field {
    const struct object_setter *setters; /* the newest records that set it; several if concurrent */
    uint32_t count;                      /* 0: never set */
    struct object_setter provisional;    /* the one to show if only one can be (RULES O5) */
};

enum object_answer { ANSWER_OPEN, ANSWER_ACCEPTED, ANSWER_DECLINED };

struct object_proposal {
    uint32_t record;
    enum object_answer answer;
};

enum object_offer_answer {
    OFFER_OPEN,    /* may be taken */
    OFFER_TAKEN,   /* its take started a term */
    OFFER_REFUSED,
    OFFER_LAPSED,  /* its term ended in another way */
    OFFER_VOID     /* not by the owner, or behind another one of the same term */
};

struct object_offer {
    uint32_t record;
    enum object_offer_answer answer;
};

struct object_list {
    const uint32_t *at;
    uint32_t count;
};

struct object_state {
    bool exists;                     /* its create is here and counts; else only erased and held are filled */
    bool joint, conflict, retracted; /* all writers own it; more than one head; a head retracts it */
    struct agency_id owner;          /* of the newest term */
    struct hash term;                /* the newest */
    const struct object_term *terms; /* from the create on; the last is `term` */
    uint32_t terms_count;
    uint64_t set; /* bit f: fields[f].count is not 0 */
    struct object_field fields[OBJECT_FIELDS];
    struct object_list heads;
    struct object_list late;     /* of a former owner, unseen by the take: adoptable (RULES O4) */
    struct object_list disputed; /* an owner's, in a forked stretch: shown, not folded (RULES O8) */
    struct object_list erased;   /* records whose values are erased */
    struct object_list held;     /* records whose bytes a legal hold keeps */
    const struct object_proposal *proposals;
    uint32_t proposals_count;
    const struct object_offer *offers; /* by id; none that is beyond a limit */
    uint32_t offers_count;
    const bool *counts;       /* of each record: a content, take or decline that counts */
    const uint64_t *branches; /* of each record: bit h says that it is heads[h] or in its past (h below 64); NULL with one head */
};

/* Folds.  *out and its lists live in the arena and in the caller's records.
 * returns MUSTER_OK; MUSTER_ETOOBIG if the arena is full or a count is beyond its limit;
 *         MUSTER_EDUPLICATE if two records have one id.  On error *out is untouched. */
MUST_USE enum muster_error object_fold(struct object_state *out, const struct object_input *input,
                                       struct object_arena *arena);

/* An arena of so many bytes is enough for this input, if it is within its limits. */
size_t object_fold_bytes(const struct object_input *input);

#endif
