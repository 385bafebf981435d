/* control_inner.h — what the files of the control fold share.  Nobody else includes it.
 *
 * Words: a *node* is an operation that is held or only named by another one.  Its *place* is its number in
 * the order in which nodes became complete; an ancestor's place is always lower.  Sets of operations are
 * bitsets over places.  An *agent* is an agency as the operations name it, by a small number. */
#ifndef MUSTER_PROTOCOL_TRUST_CONTROL_INNER_H
#define MUSTER_PROTOCOL_TRUST_CONTROL_INNER_H

#include "protocol/trust/control.h"
#include "protocol/trust/epochs.h"

#define NOWHERE UINT32_MAX /* no node, no place, no agent */

struct list { /* of nodes, places or agents, as its name says */
    uint32_t *at;
    uint32_t count, room;
};

struct bits {
    uint64_t *at;
    uint32_t words;
};

struct node {
    struct record_id id;
    struct record_id target_id;
    uint32_t place, by, who, target;
    uint32_t missing;    /* parents not complete yet */
    uint32_t past_count; /* operations in its past */
    uint32_t admins;     /* the set of admins as seen, a number of control.sets */
    uint32_t threshold;  /* agencies that must sign; 0: not allowed.  Of a genesis: see view.root */
    uint8_t verb, right;
    uint32_t witness;     /* the first place that may be a witness of it (C8 b); places below */
    uint32_t witness_end; /* witness_end have been looked at; NOWHERE: none of them */
    bool held;
    bool majority;  /* needs signatures of more than half of the admins as seen */
    bool firm;      /* once granted it stands for ever (C7) */
    bool by_admin;  /* its author was an admin as seen */
    bool forks;     /* an operation of the same agency is concurrent with it */
    bool trusted;   /* on the branch that was held first (C3) */
    bool built_on;  /* an operation that counts names it as parent */
    uint64_t *past; /* (place + 63) / 64 words */
    struct list parents;
    struct list children;  /* nodes that wait for it; emptied when it is complete */
    struct list approvals; /* counted ones, complete, sorted by agent */
    struct list answers;   /* all complete approve and lift operations that name it */
    struct extra *extra;
};

struct extra { /* arguments of the rarer verbs */
    struct control_policy *policy;
    uint32_t policy_count;
    struct list admins;
    enum control_history history;
    struct agency_id controller;
    struct bits to; /* agents */
    struct record_id *wraps;
    uint32_t wraps_count;
    struct control_cut *cuts;
    uint32_t cuts_count;
    struct hash cut_head;
    uint64_t cut_position;
    struct object_id object;
    struct agency_id to_agency;
    struct record_id after;
    struct record_id *seen;
    uint32_t seen_count;
};

struct agent {
    struct agency_id id;
    struct list line;     /* its complete operations, in order of places */
    struct list grants;   /* complete genesis, add and set-right operations that name it and are allowed */
    struct list outs;     /* the firm ones among remove and set-right */
    struct list suspends; /* allowed */
    struct list cuts;     /* allowed cuts of its line, or of the log of that id */
    bool forks;           /* its line does, in all that is held */
    bool candidate;       /* some operation makes it an admin */
};

struct admin_set {
    uint64_t mark;
    struct list agents; /* ascending */
};

struct table { /* open addressing; entries are index + 1 */
    uint32_t *slot;
    uint32_t size;
};

struct chunk {
    struct chunk *next;
};

struct control {
    bool broken; /* memory ran out in the middle of something */
    bool pinned;
    struct record_id pin;
    control_stricter *stricter;
    void *stricter_arg;

    struct node *nodes;
    uint32_t node_count, node_room, held_count;
    struct table by_id;
    struct agent *agents;
    uint32_t agent_count, agent_room;
    struct table by_agency;

    struct list places; /* node of each place */
    struct list sorted; /* nodes that are held, by their ids: every state lists them so */
    uint32_t judged;    /* places below it are judged: all, but for the one that is being judged */
    struct list geneses, epochs, cuts, reassigns, policies, candidates;
    struct admin_set *sets;
    uint32_t set_count, set_room;
    bool any_fork;

    struct bits all, trusted;  /* places: complete operations; those of them on a branch held first */
    struct list heads_scratch; /* room for the grants of one agent */
    struct list queue;
    struct chunk *arena;
    uint8_t *arena_at;
    size_t arena_left;

    bool fresh; /* state is that of all operations held */
    struct control_state state;
    bool epochs_fresh, draft_fresh;
    struct epochs epoch_list;
    struct epoch_draft draft;
};

/* A set of operations closed under past, and its genesis (a node, or NOWHERE). */
struct view {
    struct control *c;
    const uint64_t *set;
    uint32_t words, root;
};

static inline bool bit_get(const uint64_t *set, uint32_t words, uint32_t i)
{
    return i / 64 < words && (set[i / 64] >> (i % 64) & 1) != 0;
}

static inline void bit_set(uint64_t *set, uint32_t i)
{
    set[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline uint32_t words_for(uint32_t bits)
{
    return (bits + 63) / 64;
}

/* Is `ancestor` in the past of `node`?  Both complete. */
static inline bool in_past(const struct node *ancestor, const struct node *node)
{
    return bit_get(node->past, words_for(node->place), ancestor->place);
}

static inline bool view_has(const struct view *v, const struct node *n)
{
    return n->place != NOWHERE && bit_get(v->set, v->words, n->place);
}

/* control_memory.c.  All return false or NULL after setting broken when memory runs out. */
/* Room for `need` entries of `size` bytes, at least doubling; *room changes with *at. */
bool ctl_grow(struct control *c, void **at, uint32_t *room, uint32_t need, size_t size);
bool ctl_push(struct control *c, struct list *list, uint32_t value);
bool ctl_reserve(struct control *c, struct list *list, uint32_t room);
bool ctl_bits_reserve(struct control *c, struct bits *bits, uint32_t words);
void ctl_bits_free(struct bits *bits);
void *ctl_take(struct control *c, size_t size); /* zeroed; lives as long as c */
uint32_t ctl_node(const struct control *c, const struct record_id *id);
uint32_t ctl_agent(const struct control *c, const struct agency_id *id);
/* Enter the newest entry of the array that the table indexes, `index`. */
bool ctl_table_add(struct control *c, struct table *t, uint32_t index);

/* control_judge.c: the verdict on an operation's own past, when it has become complete. */
bool ctl_judge(struct control *c, uint32_t index);

/* control_fold.c: which operations count in a view. */
struct view view_of(struct control *c, const uint64_t *set, uint32_t words);
struct view view_past(struct control *c, const struct node *n);
struct view view_all(struct control *c);
bool view_effective(const struct view *v, const struct node *n);
bool view_majority(const struct view *v, const struct node *n);
uint32_t view_threshold(const struct view *v, const struct node *n);
uint32_t view_signatures(const struct view *v, const struct node *n, bool contested_too);
bool view_line_forks(const struct view *v, const struct agent *a);
bool view_line_cut(const struct view *v, const struct agent *a);

/* control_rights.c: what they add up to.  view_right is -1 for an agency that is no member. */
int view_right(const struct view *v, const struct agent *a);
bool view_removed(const struct view *v, const struct agent *a);
bool view_suspended(const struct view *v, const struct agent *a);
/* The number of the set of admins in c->sets, or NOWHERE without memory. */
uint32_t view_admins(const struct view *v);
bool admins_have(const struct control *c, uint32_t set, uint32_t agent);
bool admins_only(const struct control *c, uint32_t set, uint32_t agent);
/* Fills bits (agents; cleared first) with the readers (K1). */
bool view_readers(const struct view *v, struct bits *out);

/* epochs.c */
bool view_epoch_usable(const struct view *v, const struct node *epoch, const struct bits *readers);
/* Is there an effective epoch in the view that is usable (K2)?  1, 0, or -1 without memory. */
int view_covered(const struct view *v);
void ctl_epochs_forget(struct control *c);
void ctl_state_forget(struct control *c); /* control_state.c */

#endif
