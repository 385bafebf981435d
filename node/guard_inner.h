/* guard_inner.h — what the two files of the guard share.  Everything but `limits` and the descriptors
 * is under the lock. */
#ifndef MUSTER_NODE_GUARD_INNER_H
#define MUSTER_NODE_GUARD_INNER_H

#include "node/guard.h"

#include <pthread.h>

struct guarded {
    int fd;
    uint32_t source;
    size_t place; /* in guard.guarded */
    struct peer_address peer;
    uint64_t since_ms, messages, delivered, received;
    bool ready; /* dialled: the handshake proved the other side */
    enum guard_cut cut;
    bool mark_set, mark_ready;
    uint64_t drains, mark, mark_drains, mark_messages;
};

struct guard_monitor {
    void *pair;
    uint32_t source;
    int fd; /* of the dialled connection, -1 without */
};

/* What a connection delivered before its first event was read. */
struct guard_early {
    int fd;
    struct peer_address peer;
    uint64_t messages, delivered;
};

struct guard {
    struct guard_limits limits;
    pthread_t thread;
    pthread_mutex_t lock;
    int event_fd;   /* to the loop: there are events */
    int command_fd; /* to the thread: there are new monitors, or it shall end */
    bool stopping;

    struct guard_monitor arriving[GUARD_WATCHED_MAX]; /* handed over, not yet read */
    size_t arriving_count, watched;

    struct guarded **guarded, **by_fd;
    size_t guarded_count, guarded_size, by_fd_size;
    unsigned accepted, unproven;
    uint64_t drains;
    struct guard_early early[GUARD_EARLY_MAX];
    size_t early_count, early_next; /* when full, the oldest gives way */
    struct guard_counters counters;

    struct guard_event *events; /* a ring */
    size_t events_first, events_count, events_size;
};

void guard_event_put(struct guard *guard, const struct guard_event *event);
struct guarded *guard_find(struct guard *guard, int fd);
void guard_add(struct guard *guard, int fd, uint32_t source, uint64_t now_ms);
void guard_remove(struct guard *guard, struct guarded *connection);
/* The end of a connection that was over before its beginning was read: told all the same when it was
 * dialled or has delivered. */
void guard_remove_unknown(struct guard *guard, int fd, uint32_t source);
/* Cuts what is beyond its bounds; true when the connection is busy. */
bool guard_check(struct guard *guard, struct guarded *connection);
void guard_check_silence(struct guard *guard, uint64_t now_ms);
/* The thread. */
void *guard_run(void *guard);

#endif
