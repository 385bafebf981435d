/* control.h — the control operations of one space, folded into members, rights and policy (RULES C, D).
 *
 * The state is a function of the set of operations held (G1): order, route and grouping of arrival change
 * nothing, with one exception that is named there (control_heads).  An operation with a missing ancestor
 * waits and is in the way of nothing else (G3).
 *
 * How it works.  What an operation may do is judged once, when its last ancestor arrives, on its own past
 * alone (C4-C6): that verdict never changes, so it is kept with the operation.  Everything else is a question
 * to a *view*, a set of operations closed under "past": is this one effective in it, which right has this
 * agency.  Questions look only at the operations that name the agency, so that ten thousand operations are
 * folded in a fraction of a second although each one is judged against the state that its author had seen.
 *
 * Pure: no clock, no randomness, no disk.  Memory is malloc'd, bounded by the names below; the pasts are
 * bitsets, n * n / 16 bytes for n operations (6 MB for 10,000).  When memory runs out a call returns
 * MUSTER_EBUSY (or NULL) and so does every later one: free the control and build it again. */
#ifndef MUSTER_PROTOCOL_TRUST_CONTROL_H
#define MUSTER_PROTOCOL_TRUST_CONTROL_H

#include "base/bytes.h"
#include "base/ids.h"

enum {
    CONTROL_OPS_MAX = 65536,         /* operations of a space */
    CONTROL_AGENCIES_MAX = 65536,    /* agencies (and cut logs) that they name */
    CONTROL_DEPS_MAX = 64,           /* of one operation; the record format allows fewer */
    CONTROL_LIST_MAX = 4096,         /* recipients, wraps, cuts, founding admins of one operation */
    CONTROL_POLICY_MAX = 64,         /* fields of one policy operation */
    CONTROL_POLICY_BYTES_MAX = 1024, /* of one field's value */
    CONTROL_LIMITS_MAX = 256         /* upper limits of one data log */
};

enum control_verb {
    CONTROL_GENESIS,
    CONTROL_ADD,
    CONTROL_SET_RIGHT,
    CONTROL_REMOVE,
    CONTROL_SUSPEND,
    CONTROL_LIFT,
    CONTROL_POLICY,
    CONTROL_APPROVE,
    CONTROL_ACK,
    CONTROL_EPOCH,
    CONTROL_CUT,
    CONTROL_REASSIGN,
    CONTROL_ERASE,  /* of records of one object, by a majority: stands for ever, the bytes are gone */
    CONTROL_HOLD,   /* keeps their bytes */
    CONTROL_UNHOLD, /* ends a hold */
    CONTROL_RETAIN, /* erases ranges of logs: by the controller alone, or a majority; stands for ever */
    CONTROL_OTHER /* of a newer version: keeps its place among the others and does nothing */
};

/* Ordered: each right includes those before it. */
enum right { RIGHT_NONE, RIGHT_RELAY, RIGHT_READ, RIGHT_WRITE, RIGHT_ADMIN };

enum control_history {
    HISTORY_ALL, /* newcomers may read what was written before they joined */
    HISTORY_JOIN /* they may not */
};

/* How far a log counts: a segment counts if it is `head` or an ancestor of it. */
struct control_cut {
    struct log_id log;
    uint64_t position;
    struct segment_id head;
};

struct control_policy {
    uint32_t field;
    struct bytes value;
};

/* One operation, decoded from a record's body.  All arrays are borrowed for the call only; fields that the
 * verb does not use are ignored. */
struct control_op {
    struct record_id id;
    struct agency_id by;
    struct log_id log;            /* log and number name where the record stands; no rule judges them: */
    uint64_t number;              /* an agency's line is one, whatever its logs (C2) */
    struct record_id prev;        /* the author's previous operation in its log, or none */
    const struct record_id *deps; /* the newest operations that the author built on */
    size_t deps_count;
    enum control_verb verb;

    struct agency_id who;                /* add, set-right, remove, suspend */
    enum right right;                    /* add, set-right */
    struct record_id target;             /* approve, lift, unhold */
    const struct control_policy *policy; /* genesis, policy; each field once */
    size_t policy_count;
    const struct agency_id *admins; /* genesis */
    size_t admins_count;
    enum control_history history; /* genesis */
    struct agency_id controller;  /* genesis */
    const struct agency_id *to;   /* epoch: recipients */
    size_t to_count;
    const struct record_id *wraps; /* epoch: earlier epochs whose keys it wraps */
    size_t wraps_count;
    const struct control_cut *cuts; /* remove, set-right below write: what of the agency's logs stays */
    size_t cuts_count;
    struct hash cut_of;         /* cut: the id of a data log, or of an agency for its control line */
    uint64_t cut_position;      /* cut: position of cut_head; 0 for "nothing" */
    struct hash cut_head;       /* cut: segment id, or record id for a control line */
    struct object_id object;    /* reassign, erase, hold */
    struct agency_id to_agency; /* reassign: the owner of the next term */
    struct record_id after;     /* reassign: the term that ends, named by its create or take */
    const struct record_id *seen; /* reassign: newest records of the object that its author had; their past counts as seen */
    size_t seen_count;
};

/* What has become of an operation. */
enum control_verdict {
    CONTROL_UNKNOWN, /* not held */
    CONTROL_WAITING, /* an ancestor is not held */
    CONTROL_EFFECTIVE,
    CONTROL_NOT_ALLOWED,         /* its author could not do this, as seen by the operation (C4) */
    CONTROL_WAITS_FOR_APPROVALS, /* C5 */
    CONTROL_CONTESTED,           /* too many of its signatures are contested (C8) */
    CONTROL_NOT_UNDERSTOOD       /* CONTROL_OTHER */
};

/* "effective", "not-allowed", ...: the words of the command line and of the traces. */
const char *control_verdict_name(enum control_verdict verdict);
/* "none", "relay", "read", "write", "admin". */
const char *right_name(enum right right);

struct control_member {
    struct agency_id who;
    enum right right; /* RIGHT_NONE: lowered to nothing, not removed */
    bool admin;       /* right admin and not deprived of its vote by a fork (C10) */
    bool suspended;
};

struct control_void {
    struct record_id id;
    enum control_verdict why;
};

/* Every list is sorted by id (policy by field).  removed: agencies with an effective removal, also if added
 * again since.  forked: agencies whose line has two branches, settled or not. */
struct control_state {
    bool founded; /* a genesis is held; false: no members */
    struct record_id genesis;
    enum control_history history;
    const struct control_member *members;
    size_t member_count;
    const struct agency_id *admins, *suspended, *removed, *forked;
    size_t admin_count, suspended_count, removed_count, forked_count;
    const struct record_id *effective, *waiting;
    size_t effective_count, waiting_count;
    const struct control_void *voids;
    size_t void_count;
    const struct control_policy *policy; /* per field the strictest of the newest values (C13) */
    size_t policy_count;
};

struct control;

/* An empty control, or NULL without memory.  Free it with control_free (NULL is fine). */
struct control *control_new(void);
void control_free(struct control *control);

/* Pin the genesis: the space's id names one genesis, and no other is ever the root.  Without a pin the
 * genesis of the smallest id is.  Call before the first control_add. */
void control_pin(struct control *control, const struct record_id *genesis);

/* Which of two values of a field is the stricter: negative for a, positive for b, 0 only if they mean the
 * same.  Without an order the bytewise smaller is (a prefix before what extends it). */
typedef int control_stricter(void *arg, uint32_t field, const struct bytes *a, const struct bytes *b);
void control_order(struct control *control, control_stricter *stricter, void *arg);

/* Take an operation in; any order; the same id again is ignored.
 * returns  MUSTER_OK; MUSTER_ETOOBIG beyond a bound above and MUSTER_EBADVALUE for a verb, right or history
 *          that does not exist (the operation is not taken, nothing else changes); MUSTER_EBUSY. */
MUST_USE enum muster_error control_add(struct control *control, const struct control_op *op);

/* The state of everything held that is complete; computed when asked for after an add, valid until the next
 * control_add.  NULL without memory. */
const struct control_state *control_state(struct control *control);

/* The member of that agency in the state, or NULL if it is none. */
const struct control_member *control_member(struct control *control, const struct agency_id *who);
bool control_is_removed(struct control *control, const struct agency_id *who);
/* The field's value in force, or NULL. */
const struct control_policy *control_policy(struct control *control, uint32_t field);

struct control_judgement {
    enum control_verdict verdict;
    bool majority;      /* needs one, C5 */
    uint32_t needed;    /* agencies that must have signed; 0 if it is not allowed */
    uint32_t signed_by; /* agencies that have, contested or not */
};
struct control_judgement control_judge(struct control *control, const struct record_id *id);

/* What control_judge would say of an operation of `op->by` written now, on top of what control_heads names (C3):
 * effective, waits-for-approvals, or not-allowed.  Nothing is taken in.  Not for epochs (epoch_draft). */
struct control_judgement control_preview(struct control *control, const struct control_op *op);

/* One complete operation, as people see it. */
struct control_entry {
    struct record_id id;
    struct agency_id by;
    enum control_verb verb;
    bool about, answers;         /* `who` or `cut_of` is set; `target` is set */
    struct agency_id who;        /* add, set-right, remove, suspend */
    struct hash cut_of;          /* cut */
    enum right right;            /* add, set-right */
    struct record_id target;     /* approve, lift */
    uint64_t cut_position;
    struct hash cut_head;
    struct object_id object;     /* reassign */
    struct agency_id to_agency;
    const struct control_policy *policy; /* genesis, policy; borrowed */
    size_t policy_count;
    struct control_judgement judged;
    bool admins_changed; /* it waits for approvals, and never gets them: others are admins now (C5) */
};
/* "add", "set-right", ... */
const char *control_verb_name(enum control_verb verb);
/* By index, in the order in which they became complete here; false at the end. */
bool control_entry_at(struct control *control, size_t i, struct control_entry *out);
bool control_entry_of(struct control *control, const struct record_id *id, struct control_entry *out);
/* Agencies that have signed it, contested or not, its author first; and the admins whose approval would count and who have
 * not.  At most max are written, their number is returned. */
size_t control_signers(struct control *control, const struct record_id *id, struct agency_id *out, size_t max);
size_t control_missing(struct control *control, const struct record_id *id, struct agency_id *out, size_t max);
/* Effective suspensions of the agency that nobody has lifted (C12). */
size_t control_suspensions(struct control *control, const struct agency_id *who, struct record_id *out, size_t max);
/* The newest operation of the agency's line on the branch that was held first (C3); false without one. */
bool control_line_head(const struct control *control, const struct agency_id *who, struct record_id *out);

/* Is `ancestor` in the past of `id` (G4)?  False unless both are held and complete. */
bool control_saw(const struct control *control, const struct record_id *id, const struct record_id *ancestor);

/* What the next own operation names as deps (C3): the newest complete operations, of each agency's line
 * only the branch that became complete here first; the one answer that depends on the order of control_add,
 * so feed stored operations back in their order of arrival.  At most max, the newest first; returns their
 * number. */
size_t control_heads(const struct control *control, struct record_id *out, size_t max);

/* Has an allowed genesis, add or set-right ever named that agency?  Stays true for ever: what allows an operation is its own
 * past.  Operations of other agencies decide nothing and take no room. */
bool control_was_named(const struct control *control, const struct agency_id *who);

/* -- data logs (D1-D3) ---------------------------------------------------------------------------- */
enum control_log_status {
    CONTROL_LOG_OPEN,    /* all of it counts */
    CONTROL_LOG_LIMITED, /* what every limit allows counts */
    CONTROL_LOG_WAITING, /* a control head of its genesis is not held */
    CONTROL_LOG_NO_RIGHT /* opened without a grant to write that is in force: nothing counts */
};
struct control_limit {
    uint64_t position;      /* 0: nothing counts; head is then the log's id */
    struct segment_id head; /* a segment counts if it is this one or an ancestor of it */
    bool settles;           /* of a cut (C11): its ancestors count even if they are disputed */
};
struct control_limits {
    enum control_log_status status;
    size_t count; /* sorted by position, then head */
    struct control_limit at[CONTROL_LIMITS_MAX];
};

/* How far a data log counts.  ctl: the control heads that its genesis names.  MUSTER_OK; MUSTER_ETOOBIG if
 * there are more limits than CONTROL_LIMITS_MAX (then *out limits the log to nothing); MUSTER_EBUSY. */
MUST_USE enum muster_error control_log_limit(struct control *control, const struct log_id *log,
                                             const struct agency_id *by, const struct record_id *ctl, size_t ctl_count,
                                             struct control_limits *out);
/* The same with the limits that a later cut has superseded: for quantities they hold for ever (RULES Q10). */
MUST_USE enum muster_error control_log_limit_ever(struct control *control, const struct log_id *log,
                                                  const struct agency_id *by, const struct record_id *ctl,
                                                  size_t ctl_count, struct control_limits *out);

/* Is an unhold of it in force? */
bool control_lifted(struct control *control, const struct record_id *hold);

/* -- objects (O3) ----------------------------------------------------------------------------------- */
struct control_reassign {
    struct record_id id;
    struct agency_id to;
    struct record_id after;
    const struct record_id *seen; /* borrowed from the control until it changes */
    size_t seen_count;
};
/* Effective reassignments of an object, sorted by id; the first max are written, their number is returned. */
size_t control_reassigns(struct control *control, const struct object_id *object, struct control_reassign *out,
                         size_t max);

#endif
