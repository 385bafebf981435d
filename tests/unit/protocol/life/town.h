/* town.h — the world of the traces of lives: one agency's node, perhaps its copy, and three partners that are not linked
 * with each other.  Each event of a trace is one function here; what the node decided comes back as a word. */
#ifndef MUSTER_TESTS_TOWN_H
#define MUSTER_TESTS_TOWN_H

#include "support/evil.h"

enum { MACHINES = 2, PARTNERS = 3, PUBLISHED_MAX = 64 };

/* Where an own data log stood: what a guard file holds, and where a record went. */
struct place {
    struct log_id log;
    uint64_t position;
    struct segment_id id;
};

struct machine {
    size_t node;      /* in the world */
    bool here, running;
    bool behind;      /* this process was told that its disk is of an earlier moment, and has not gone on yet (I2) */
    bool left;        /* in this process it left the log that it found, or it goes on in one opened by this process */
    struct log_id log; /* the newest data log when that was last asked */
    struct place guard;
};

enum lie { LIE_NONE, LIE_LOW, LIE_HIGH };

struct town {
    struct world *w;
    struct space_id space;
    struct machine machines[MACHINES];
    size_t partners[PARTNERS];
    struct memory_store *copy; /* the snapshot; NULL: none */
    struct place copy_guard;
    struct evil *liar;
    size_t liar_is; /* which partner */
    enum lie lie;
    struct place published[PUBLISHED_MAX];
    size_t published_count;
    unsigned names;
};

/* The node has one record in its data log (incarnation 0), all partners hold it, and the node is stopped.
 * liar: which partner lies, with LIE_NONE none. */
void town_open(struct town *t, uint64_t seed, enum lie lie, size_t liar);
void town_close(struct town *t);

const char *town_start(struct town *t, size_t machine);
const char *town_meet(struct town *t, size_t machine, size_t partner);
/* *at: where the record went. */
const char *town_write(struct town *t, size_t machine, struct place *at);
const char *town_guard(struct town *t, size_t machine);
const char *town_snapshot(struct town *t, size_t machine);
const char *town_restore(struct town *t, size_t machine, bool database_only);
const char *town_clone(struct town *t, size_t machine);
/* Fails the test if two segments of the node stand at one place, or anybody sees a fork. */
void town_is_not_forked(struct town *t);

#endif
