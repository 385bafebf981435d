/* node.h — everything of a running musterd, shared by the files of node/; and its life.
 *
 * One thread, one zloop.  Inputs (link, workers, local API, tick) become events of the core; turn.c carries
 * out what the core answers; peers.c keeps the calls to peers; api*.c is the local API. */
#ifndef MUSTER_NODE_NODE_H
#define MUSTER_NODE_NODE_H

#include "node/alarm_look.h"
#include "node/audit.h"
#include "node/caller.h"
#include "node/care.h"
#include "node/config.h"
#include "node/conns.h"
#include "node/heard.h"
#include "node/journal.h"
#include "node/knocks.h"
#include "node/lines.h"
#include "node/link.h"
#include "node/operators.h"
#include "node/own.h"
#include "node/partner.h"
#include "node/peers.h"
#include "node/taken.h"
#include "node/workers.h"
#include "protocol/core.h"
#include "store/store.h"

struct api;
struct feed_stream;
struct metrics;
struct backup;
struct work;

struct node {
    struct config config;
    struct journal journal;
    zloop_t *loop;
    struct store *store;
    struct api *api;
    struct metrics *metrics; /* NULL: not wanted, or its port was taken */
    struct workers *workers;
    struct audit audit;
    uint64_t started_mono_ms;
    /* from init on */
    struct own own;
    bool anew;                    /* there are data, and their node's keys are lost: it waits for another certificate */
    struct agency_id anew_agency; /* whose the data are */
    struct operators operators;
    struct core *core; /* NULL: not initialised */
    struct link *link;
    struct conns conns;
    struct peers peers;
    struct lines lines;   /* for newcomers who knock */
    struct heard heard;
    struct knocks knocks; /* who was refused */
    struct taken_list taken;   /* bundles */
    struct caller caller; /* this node knocks somewhere */
    struct alarm_look alarm_look;
    struct endpoint_list listening, advertised;
    /* the turn */
    int turn_fd; /* an eventfd: readable when a turn must be finished */
    bool turn_due, stepping, members_changed, guard_behind;
    unsigned derived_tries;         /* to bring the views back, since a commit of them succeeded */
    uint64_t derived_again_mono_ms; /* when the next is due */
    bool derived_waits; /* there was no room for the derived tables */
    unsigned verified_here; /* jobs of this turn that the loop ran itself */
    uint64_t commit_us; /* how long the last commit took */
    size_t writers;     /* requests that one commit could hold, as seen with the last one */
    uint64_t derived_folded, derived_indexed, derived_mono_ms; /* as of the last store_derived_commit */
    uint64_t commits_seen, quiet_since_mono_ms, rested_mono_ms;
    uint64_t scrub_since_mono_ms, scrub_quiet_mono_ms, scrub_next_mono_ms, scrub_commits; /* turn.c: overwriting erased bytes */
    uint64_t watchdog_ms, watchdog_mono_ms;
    int timer;
    struct feed_stream *feeds; /* change feeds that are being read (feed.h) */
    size_t feed_count;
    uint64_t feed_moves_seen, feed_beat_mono_ms;
    struct backup *backup; /* the one that is being made (backup.h) */
    struct work *works;    /* long requests that are being answered (work.h) */
    struct store_kept kept_copies[STORE_KEPT_MAX]; /* of before upgrades, until they are confirmed */
    size_t kept;
    struct partners partners; /* what is said of them here (partner.h) */
    uint64_t care_ms[CARE_COUNT]; /* when each was last done; 0: never (care.h) */
    int work_timer;        /* of their next slice; -1: none */
};

/* Milliseconds since 1970, and of a clock that only goes forward. */
uint64_t node_wall_ms(void);
uint64_t node_mono_ms(void);

/* Opens store, workers and API; begins as a node if it was initialised.  On an error everything is closed
 * again and trouble says why. */
MUST_USE enum muster_error node_start(struct node **out, const struct config *config, zloop_t *loop,
                                      struct trouble *trouble);
/* Ends everything in order; NULL is allowed. */
void node_stop(struct node *node);
/* Makes this a node of an agency: keys, statements, card.  EREADY; else the errors of own_* and link_start.  On
 * an error nothing is stored. */
MUST_USE enum muster_error node_init(struct node *node, const struct own_request *request, struct trouble *trouble);
/* Signs and stores what the audit has waiting; all: also what is still being gathered. */
void node_keep_audit(struct node *node, bool all);
/* The same with the agency's statements from outside, which certify this node's keys; of the request only node, contact and
 * endpoints count.  EREADY; the errors of own_enrol and own_adopt. */
/* The agency's statements as the data of a node that waits to be certified anew have them; borrowed from *held, which the
 * caller ends with own_clear.  ENOTFOUND when it does not wait; else as own_load says of the data. */
MUST_USE enum muster_error node_held_chain(const struct node *node, struct own *held);
MUST_USE enum muster_error node_adopt(struct node *node, const struct own_request *request, const struct bytes *statements,
                                      size_t count, struct trouble *trouble);
/* More statements of the own agency, durable, and a new card with them; the core is not told yet.  On an error nothing has
 * changed.  The errors of own_append and own_store. */
MUST_USE enum muster_error node_extend(struct node *node, const struct bytes *statements, size_t count,
                                       struct trouble *trouble);
/* Takes over the own agency's newer statements that another of its nodes has shown to the core. */
void node_follow(struct node *node);
/* After config.advertise changed: a new card, durable, and sent to all who are connected.  Nothing to do before init.  The
 * errors of own_append and own_store; then the card is as it was. */
MUST_USE enum muster_error node_readvertise(struct node *node, struct trouble *trouble);
/* After the data came back from an earlier moment: once own logs are new, the guard is right again. */
void node_settle_guard(struct node *node);
/* True if nothing but this machine can reach the node. */
bool node_is_local_only(const struct node *node);

#endif
