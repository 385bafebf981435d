/* sim.h — what the files of the simulator share.
 *
 * A world of nodes that run the real core over virtual clocks, disks and links.  Everything that will happen is a
 * `due` in one queue ordered by time; chance comes from the tape alone; a run is a function of its options and tape.
 *
 *   world.c  nodes, processes, disks, the queue      link.c   connections between them
 *   load.c   what people do: spaces, members, writes fault.c  what goes wrong, one row a fault
 *   evil.c   members that lie                        check.c  the invariants, one function each
 *   run.c    one run from its tape to its result */
#ifndef MUSTER_TESTS_SIM_H
#define MUSTER_TESTS_SIM_H

#include "protocol/core_inner.h"
#include "sim/tape.h"
#include "support/memory_store.h"

#include <stdio.h>

enum {
    SPACES = 3,
    NODES_MAX = 1024,
    PROCS_MAX = NODES_MAX + 64,
    EDGES_MAX = 8191,
    ACTIVE_TICK_MS = TICK_MS,
    IDLE_TICK_MS = 5000,
    ACTIVE_FOR_MS = 1500,
    SAID_KEPT = 100,
    SAID_BYTES = 200
};

/* What can go wrong, in the order of the swarm's mask; `calm` runs have none. */
#define SIM_FAULTS(X)                                                                                                  \
    X(reset, "a connection is reset")                                                                                  \
    X(cut, "a link is cut for a while")                                                                                \
    X(oneway, "a link carries one way only, then breaks")                                                              \
    X(slow_link, "a link becomes slow")                                                                                \
    X(partition, "the network falls apart in two")                                                                     \
    X(crash, "a process is killed")                                                                                    \
    X(crash_in_commit, "a process is killed just before or after its commit is durable")                               \
    X(power_cut, "a machine loses power: derived tables are gone")                                                     \
    X(backup, "a backup is taken")                                                                                     \
    X(restore, "a backup is restored")                                                                                 \
    X(clone, "a second process runs with the same keys")                                                               \
    X(disk_full, "a disk is full for a while")                                                                         \
    X(slow_disk, "a disk becomes slow")                                                                                \
    X(slow_verify, "verify jobs come back late and out of order")                                                      \
    X(stall, "a process stands still")                                                                                 \
    X(clock_jump, "a clock jumps")                                                                                     \
    X(clock_drift, "a clock drifts")                                                                                   \
    X(member, "membership changes")                                                                                    \
    X(evil, "a member lies")
/* Faults that came later: a reading of the tape of their own (sim.own), so that old tapes and seeds keep their meaning. */
#define SIM_OWN_FAULTS(X) X(views, "a commit of the derived tables fails: they go back, and are applied again while the node runs")
#define X(name, says) FAULT_##name,
enum sim_fault { SIM_FAULTS(X) SIM_OWN_FAULTS(X) FAULT_COUNT };
#undef X
#define X(name, says) +1
enum { FAULTS_DRAWN = 0 SIM_FAULTS(X) };
#undef X

struct sim_options {
    uint32_t nodes, hours;
    bool calm;      /* no faults: copies are counted */
    bool says;      /* keeps the last sentences */
    bool loud;      /* prints them as they come */
    uint32_t spaces_max;
};

struct sim_result {
    char invariant[48]; /* empty: all hold */
    char text[400];
    uint64_t faults[FAULT_COUNT], records, messages, bytes, node_ms, now_ms, steps;
    uint64_t voids; /* records of quantities that correct nodes called void at the end */
    uint64_t copies, flash_copies; /* of routine and of flash segments, sent */
    char said[SAID_KEPT][SAID_BYTES];
    size_t said_next;
};

struct sim;
struct proc;

struct due {
    uint64_t at, serial;
    void (*happen)(struct sim *sim, struct due *due);
    uint32_t a, b;
    uint64_t generation;
    void *what;
};

struct packet {
    struct packet *next;
    uint64_t arrives;
    size_t len;
    uint8_t bytes[];
};

/* A possible connection; a dials. */
struct edge {
    uint32_t a, b; /* processes */
    bool up[2];    /* as side 0 (a) and side 1 (b) see it */
    bool gone;     /* one of both has ended for good */
    uint32_t generation;
    uint64_t cut_until, dial_at, up_at;
    uint64_t held_until[2]; /* towards side 0, side 1 */
    uint32_t latency_ms, bytes_per_ms, backoff_ms;
    struct packet *first[2], **last[2]; /* towards side */
    uint64_t free_at[2];
};

struct object_known {
    struct object_id id;
    uint32_t space;
};

/* A write that was asked for; results live here until it is answered. */
struct pending {
    struct pending *next;
    uint64_t request;
    uint32_t proc, space;
    size_t count;
    struct write_item *items;
    struct write_result *results;
};

/* A record whose writer was told that it is durable. */
struct acked {
    uint32_t node, space;
    uint64_t life; /* of the node's store: a restore ends it */
    struct object_id object;
    struct record_id record;
    uint8_t operation;
    bool by_clone;
};

struct node {
    char name[16];
    struct core_config config;
    uint8_t card[CARD_BYTES_MAX];
    uint32_t proc; /* its own process */
    uint32_t host; /* whose card it joins with, + 1; 0: the creator's */
    bool evil, restored, cloned, lowered, guarded; /* guarded: only ever restored with its guard */
    uint64_t life;
    enum right wanted[SPACES];
    bool member_asked[SPACES];
    struct memory_store *backup;
    uint32_t evil_ways;
    uint64_t evil_mute;
};

struct proc {
    uint32_t index, node;
    bool running, clone, twin, ended;
    struct core *core;
    struct memory_store *store;
    uint64_t generation, chance;
    int64_t offset_ms, drift_ppm;
    uint64_t mono_base, tick_at, active_until, stalled_until, full_until;
    uint32_t commit_ms, verify_ms;
    bool guard_behind, views_lost;
    uint8_t crash_next_commit; /* 1: before it is durable, 2: after */
    struct change *committing;
    size_t committing_count;
    uint8_t *committing_bytes;
    struct pending *writes;
    struct object_known *objects;
    size_t object_count, object_size;
    uint64_t refused_before, frames_refused_before;
};

struct seen_segment {
    struct log_id log;
    uint64_t position;
    struct segment_id id;
};

/* What liars sent, to be sent again. */
enum { EVIL_KEPT = 16, EVIL_KEPT_BYTES = 4096, EVIL_ROOM = 512 };
struct evil_kept {
    conn_id conn;
    size_t len;
    uint8_t bytes[EVIL_KEPT_BYTES];
};

struct sim_space {
    bool asked, founded;
    struct space_id id;
    uint32_t creator;
};

struct sim {
    struct sim_options options;
    struct tape tape;
    struct tape own; /* the same bytes, read by the faults that came later */
    bool own_on;
    struct sim_result *result;
    uint64_t now, serial, requests, chance, end;
    uint32_t faults_on;
    bool healed, failed;
    struct payload_codec *codec; /* of the verifying threads */
    uint64_t jobs;
    struct due *queue;
    size_t queue_count, queue_size;
    struct node *nodes;
    uint32_t node_count;
    struct proc **procs;
    uint32_t proc_count;
    struct edge *edges;
    uint32_t edge_count;
    struct sim_space spaces[SPACES];
    uint32_t space_count;
    struct acked *acked;
    size_t acked_count, acked_size;
    struct seen_segment *seen; /* open addressing by log and position */
    size_t seen_count, seen_size;
    uint8_t *item; /* SEGMENT_ITEM_MAX scratch */
    struct record_id *ids;
    struct heads_entry *entry;
    uint64_t last_message;
    uint32_t pace_s; /* mean seconds between two steps of people and faults, doubled */
    bool raw;        /* what a liar made by hand is not bent again */
    struct evil_kept *kept;
    size_t kept_next;
};

/* --- world.c --- */
void due_add(struct sim *sim, uint64_t at, void (*happen)(struct sim *, struct due *), uint32_t a, uint32_t b,
             uint64_t generation, void *what);
bool due_run(struct sim *sim, uint64_t until); /* the next one; false when there is none before `until` */
void node_make(struct sim *sim, const char *name);
struct proc *proc_new(struct sim *sim, uint32_t node, struct memory_store *store); /* takes the store over */
void proc_start(struct sim *sim, struct proc *p);
void proc_stop(struct sim *sim, struct proc *p); /* as kill -9 does */
void proc_start_at(struct sim *sim, struct proc *p, uint64_t at);
void proc_feed(struct sim *sim, struct proc *p, struct event *event);
void proc_idle(struct sim *sim, struct proc *p);
void proc_views(struct sim *sim, struct proc *p); /* as the shell does after a step: were the derived tables lost? */
bool proc_views_again(struct sim *sim, struct proc *p); /* tries to bring them back; false: they are lost still */
void proc_wake(struct sim *sim, struct proc *p);
uint64_t proc_wall(const struct sim *sim, const struct proc *p);
void world_free(struct sim *sim);
const char *proc_name(const struct sim *sim, const struct proc *p);
void say(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void violation(struct sim *sim, const char *invariant, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- link.c --- */
struct edge *edge_new(struct sim *sim, uint32_t a, uint32_t b);
void edge_reset(struct sim *sim, struct edge *e, bool replaced);
void edge_cut(struct sim *sim, struct edge *e, uint64_t until);
void edges_of_end(struct sim *sim, struct proc *p, bool for_good);
void link_send(struct sim *sim, struct proc *p, conn_id conn, struct bytes bytes);
void link_close(struct sim *sim, struct proc *p, conn_id conn);
struct edge *edge_of_conn(struct sim *sim, conn_id conn, int *side);
conn_id edge_conn(const struct sim *sim, const struct edge *e, int side);
bool edge_between(struct sim *sim, uint32_t a, uint32_t b);

/* --- load.c --- */
void load_start(struct sim *sim);
void load_step(struct sim *sim);
void load_heal(struct sim *sim); /* what operators do at the end: join again where a restore made a node forget */
void load_answered(struct sim *sim, struct proc *p, const struct action *action);
struct proc *proc_any(struct sim *sim);
void load_flash(struct sim *sim, struct proc *p); /* one flash alert in space 0 */

/* Writes `count` times the same. */
void load_write(struct sim *sim, struct proc *p, uint32_t space, const struct write_item *item, const void *body, size_t len,
                size_t count);

/* --- rights.c --- */
void rights_step(struct sim *sim, struct proc *p, uint32_t space);
/* No more safe than minted, every overspend void, at this node. */
bool rights_hold(struct sim *sim, struct proc *p, struct space *space, bool report);
bool rights_are_equal(struct sim *sim, struct proc *a, struct proc *b, struct space *x, struct space *y, bool report);

/* --- fault.c --- */
void fault_step(struct sim *sim);
void fault_heal(struct sim *sim);
const char *fault_name(enum sim_fault fault);

/* --- evil.c --- */
void evil_start(struct sim *sim);
void evil_step(struct sim *sim);
void evil_after(struct sim *sim, struct proc *p);
/* What an evil member does to what its core sends: false: nothing leaves. */
bool evil_filter(struct sim *sim, struct proc *p, conn_id conn, uint8_t *bytes, size_t *len);

/* --- check.c --- */
void check_step(struct sim *sim, struct proc *p, const struct event *event, struct actions actions);
void check_send(struct sim *sim, struct proc *p, conn_id conn, struct bytes bytes);
bool check_quiet(struct sim *sim, bool report); /* all that must hold once everything has arrived */
void check_end(struct sim *sim);
void check_views(struct sim *sim, struct proc *p); /* its derived tables mean what its durable ones do */

/* --- run.c --- */
/* One run.  True when every invariant held. */
bool sim_run(const struct sim_options *options, struct tape tape, struct sim_result *result);
/* One flash alert among that many nodes, six calls each, a third of them down; 0 when everybody else has it. */
int sim_flash(uint32_t nodes, uint64_t seed);
/* Makes a failing tape shorter and calmer; returns its new length. */
size_t sim_shrink(const struct sim_options *options, uint8_t *tape, size_t len, const char *invariant);

#endif
