/* epochs.h — which epoch a writer seals under, who may be given which key (RULES K).
 *
 * An epoch is named by its operation's id.  Keys themselves are held elsewhere: where it matters the caller
 * says which it holds.  All answers follow the state of the control given and live until its next
 * control_add. */
#ifndef MUSTER_PROTOCOL_TRUST_EPOCHS_H
#define MUSTER_PROTOCOL_TRUST_EPOCHS_H

#include "protocol/trust/control.h"

struct epoch {
    struct record_id id;
    uint32_t generation; /* 1 + the highest in its past */
    bool usable;         /* K2 */
    const struct agency_id *to;
    size_t to_count;
    const struct record_id *wraps;
    size_t wraps_count;
};

struct epochs { /* the effective ones, sorted by id; to and wraps are sorted too */
    const struct epoch *list;
    size_t count;
};

/* Does the caller hold this epoch's key? */
typedef bool epoch_held(void *arg, const struct record_id *epoch);

/* NULL without memory. */
const struct epochs *epochs_of(struct control *control);

/* K3: the usable epoch of highest generation (ties: the higher id) whose key is held, or NULL: then a writer
 * opens one if the space has members.  held NULL: all keys are. */
const struct epoch *epoch_current(struct control *control, epoch_held *held, void *arg);

/* Has an agency that is no reader any more had the epoch's key, although it was no recipient?  With history a reader is
 * given the keys of earlier epochs too (K5); when it is removed, suspended or lowered, no recipient is, and the epoch stays
 * usable (K2).  An admin then opens another one, which the rules allow at any time. */
bool epoch_exposed(struct control *control, const struct record_id *epoch);

/* Must an epoch be opened before anything can be written?  True if no epoch is current and there are members. */
bool epoch_wanted(struct control *control, epoch_held *held, void *arg);

/* K4: what a new epoch wraps: with history every newest epoch whose key is held, without none.  held NULL:
 * all keys are.  Sorted by id; at most max are written, their number is returned. */
size_t epoch_next_wraps(struct control *control, epoch_held *held, void *arg, struct record_id *out, size_t max);

/* K5: may a holder seal this epoch's key to an agency that asks?  False for what is no epoch held. */
bool epoch_may_deliver(struct control *control, const struct record_id *epoch, const struct agency_id *to);

/* K1: is this agency a reader now (read or more, not suspended)? */
bool epoch_reader(struct control *control, const struct agency_id *who);

/* What an epoch operation written now must name.  It is judged on its own past, which is that of
 * control_heads: with a fork in the space that is less than everything held, so take the recipients from
 * here, not from the members. */
struct epoch_draft {
    const struct agency_id *to; /* sorted */
    size_t to_count;
    bool allowed_to_writers; /* no usable epoch is seen: a writer who is no admin may open one (C4) */
};
/* NULL without memory. */
const struct epoch_draft *epoch_draft(struct control *control);

#endif
