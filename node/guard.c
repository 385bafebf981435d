#include "node/guard_inner.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* guard.c — the table of connections, its rules, and what the loop's thread calls.  The thread itself
 * is in guard_thread.c. */

const char *guard_cut_text(enum guard_cut cut)
{
#define X(name, text) text,
    static const char *const texts[] = {GUARD_CUTS(X)};
#undef X
    return (unsigned)cut < GUARD_CUT_COUNT ? texts[cut] : "unknown";
}

void guard_event_put(struct guard *g, const struct guard_event *event)
{
    const uint64_t one = 1;
    if (event->kind == GUARD_WAS_CUT && g->events_count >= GUARD_EVENTS_SOFT_MAX)
        return;
    if (g->events_count == g->events_size) {
        size_t size = g->events_size * 2;
        struct guard_event *bigger = calloc(size, sizeof *bigger);
        if (!bigger)
            abort(); /* a lost GONE would leave a connection that nobody ends */
        for (size_t i = 0; i < g->events_count; i++)
            bigger[i] = g->events[(g->events_first + i) % g->events_size];
        free(g->events);
        g->events = bigger;
        g->events_first = 0;
        g->events_size = size;
    }
    g->events[(g->events_first + g->events_count++) % g->events_size] = *event;
    if (g->events_count == 1 && write(g->event_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        abort();
}

bool guard_take(struct guard *g, struct guard_event *out)
{
    uint64_t count;
    bool found = false;
    pthread_mutex_lock(&g->lock);
    if (g->events_count > 0) {
        *out = g->events[g->events_first];
        g->events_first = (g->events_first + 1) % g->events_size;
        g->events_count--;
        found = true;
    }
    if (g->events_count == 0 && read(g->event_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        abort();
    pthread_mutex_unlock(&g->lock);
    return found;
}

int guard_fd(const struct guard *g)
{
    return g->event_fd;
}

struct guarded *guard_find(struct guard *g, int fd)
{
    return fd >= 0 && (size_t)fd < g->by_fd_size ? g->by_fd[fd] : NULL;
}

static bool by_fd_reach(struct guard *g, int fd)
{
    if ((size_t)fd < g->by_fd_size)
        return true;
    size_t size = ((size_t)fd + 256) & ~(size_t)255;
    struct guarded **bigger = realloc(g->by_fd, size * sizeof *bigger);
    if (!bigger)
        return false;
    memset(bigger + g->by_fd_size, 0, (size - g->by_fd_size) * sizeof *bigger);
    g->by_fd = bigger;
    g->by_fd_size = size;
    return true;
}

static bool same_neighbour(const struct peer_address *a, const struct peer_address *b)
{
    return a->v6 == b->v6 && memcmp(a->b, b->b, a->v6 ? 8 : 4) == 0;
}

/* Which cap, if any, forbids one more accepted connection of this peer? */
static enum guard_cut cap_of(const struct guard *g, const struct peer_address *peer)
{
    unsigned cap = peer_address_loopback(peer) ? g->limits.per_loopback : g->limits.per_address, neighbours = 0;
    if (g->accepted >= g->limits.connections)
        return GUARD_CUT_TOO_MANY;
    for (size_t i = 0; i < g->guarded_count; i++)
        if (!g->guarded[i]->source && same_neighbour(&g->guarded[i]->peer, peer))
            neighbours++;
    return neighbours >= cap ? GUARD_CUT_TOO_MANY_OF_ADDRESS : GUARD_CUT_NONE;
}

void guard_remove(struct guard *g, struct guarded *c)
{
    g->by_fd[c->fd] = NULL;
    g->guarded[c->place] = g->guarded[--g->guarded_count];
    g->guarded[c->place]->place = c->place;
    if (c->source == GUARD_LISTENER) {
        g->accepted--;
        g->unproven -= c->messages == 0;
    }
    if (c->source != GUARD_LISTENER || c->messages > 0)
        guard_event_put(g, &(struct guard_event){
                               .kind = GUARD_GONE, .source = c->source, .fd = c->fd, .peer = c->peer, .cut = c->cut});
    free(c);
}

/* The early record of a descriptor, and of that peer unless NULL. */
static struct guard_early *early_find(struct guard *g, int fd, const struct peer_address *peer)
{
    for (size_t i = 0; i < g->early_count; i++)
        if (g->early[i].fd == fd && (!peer || peer_address_same(&g->early[i].peer, peer)))
            return &g->early[i];
    return NULL;
}

static void early_remove(struct guard *g, struct guard_early *early)
{
    *early = g->early[--g->early_count];
}

static void early_put(struct guard *g, int fd, const struct peer_address *peer, size_t bytes)
{
    struct guard_early *early = early_find(g, fd, peer);
    if (!early) {
        early = &g->early[g->early_count < GUARD_EARLY_MAX ? g->early_count++ : g->early_next++ % GUARD_EARLY_MAX];
        *early = (struct guard_early){.fd = fd, .peer = *peer};
    }
    early->messages++;
    early->delivered += bytes;
}

void guard_remove_unknown(struct guard *g, int fd, uint32_t source)
{
    struct guard_event event = {.kind = GUARD_GONE, .source = source, .fd = fd};
    struct guard_early *early = source == GUARD_LISTENER ? early_find(g, fd, NULL) : NULL;
    if (early) {
        event.peer = early->peer;
        early_remove(g, early);
    }
    if (early || source != GUARD_LISTENER)
        guard_event_put(g, &event);
}

static void refuse(struct guard *g, int fd, const struct peer_address *peer, enum guard_cut cut)
{
    if (peer_reset(fd, peer)) {
        g->counters.cuts[cut]++;
        guard_event_put(g, &(struct guard_event){.kind = GUARD_WAS_CUT, .fd = fd, .peer = *peer, .cut = cut});
    }
}

/* A connection was made.  The descriptor may be closed again already, or even be another's: then the
 * event that says so is in the same queue behind this one. */
void guard_add(struct guard *g, int fd, uint32_t source, uint64_t now_ms)
{
    struct peer_address peer;
    if (guard_find(g, fd))
        guard_remove(g, guard_find(g, fd));
    g->counters.accepted += source == GUARD_LISTENER;
    if (!peer_address_of(&peer, fd))
        return; /* what it may have delivered is told of at its end: guard_remove_unknown */
    if (source == GUARD_LISTENER) {
        enum guard_cut cut = cap_of(g, &peer);
        if (cut) {
            refuse(g, fd, &peer, cut);
            return;
        }
    }
    struct guarded *c = g->guarded_count < g->guarded_size && by_fd_reach(g, fd) ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        refuse(g, fd, &peer, GUARD_CUT_TOO_MANY); /* what cannot be watched cannot stay */
        return;
    }
    *c = (struct guarded){.fd = fd, .source = source, .peer = peer, .since_ms = now_ms, .place = g->guarded_count};
    g->guarded[g->guarded_count++] = c;
    g->by_fd[fd] = c;
    if (source == GUARD_LISTENER) {
        struct guard_early *early = early_find(g, fd, &peer);
        g->accepted++;
        g->unproven += early == NULL;
        if (early) {
            c->messages = early->messages;
            c->delivered = early->delivered;
            early_remove(g, early);
        }
    } else {
        guard_event_put(g, &(struct guard_event){.kind = GUARD_CONNECTED, .source = source, .fd = fd, .peer = peer});
    }
}

static void cut(struct guard *g, struct guarded *c, enum guard_cut why)
{
    if (c->cut)
        return;
    c->cut = why;
    g->counters.cuts[why]++;
    peer_reset(c->fd, &c->peer);
    guard_event_put(g, &(struct guard_event){
                           .kind = GUARD_WAS_CUT, .source = c->source, .fd = c->fd, .peer = c->peer, .cut = why});
}

/* Heartbeats and other commands are received but never delivered; over days they would add up to the
 * limit.  A message that was not complete when everything deliverable had been delivered (drained
 * twice since the mark) ends after the mark; parts of messages cannot interleave, so all bytes up to
 * the mark are accounted for.  An endless message delivers nothing and never gets here. */
static void forgive(const struct guard *g, struct guarded *c, uint64_t consumed)
{
    uint64_t drains = c->source == GUARD_LISTENER ? g->drains : c->drains;
    if (c->mark_ready && c->messages > c->mark_messages) {
        if (c->delivered < c->mark)
            c->delivered = c->mark;
        c->mark_set = c->mark_ready = false;
    }
    if (!c->mark_set) {
        c->mark_set = true;
        c->mark = consumed;
        c->mark_drains = drains;
    } else if (!c->mark_ready && drains >= c->mark_drains + 2) {
        c->mark_ready = true;
        c->mark_messages = c->messages;
    }
}

bool guard_check(struct guard *g, struct guarded *c)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    int unread = 0;
    memset(&info, 0, sizeof info);
    /* First received, then unread: what arrives in between counts for the peer, not against it. */
    if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || ioctl(c->fd, SIOCINQ, &unread) != 0)
        return false;
    uint64_t received = info.tcpi_bytes_received;
    uint64_t consumed = received > (uint64_t)unread ? received - (uint64_t)unread : 0;
    bool proven = c->messages > 0 || c->ready;
    forgive(g, c, consumed);
    if (!proven && received > GUARD_FIRST_BYTES_MAX)
        cut(g, c, GUARD_CUT_FIRST_BYTES);
    else if (proven && consumed > c->delivered + GUARD_UNDELIVERED_MAX)
        cut(g, c, GUARD_CUT_UNDELIVERED);
    bool busy = received > c->received + GUARD_BUSY_BYTES || unread > GUARD_BUSY_BYTES;
    c->received = received;
    return busy;
}

void guard_check_silence(struct guard *g, uint64_t now_ms)
{
    for (size_t i = 0; i < g->guarded_count; i++) {
        struct guarded *c = g->guarded[i];
        if (c->source == GUARD_LISTENER && c->messages == 0 && now_ms - c->since_ms > g->limits.silent_ms)
            cut(g, c, GUARD_CUT_SILENT);
    }
}

void guard_delivered(struct guard *g, int fd, const struct peer_address *peer, size_t bytes)
{
    bytes += GUARD_FRAME_OVERHEAD;
    pthread_mutex_lock(&g->lock);
    struct guarded *c = guard_find(g, fd);
    if (c && peer_address_same(&c->peer, peer)) {
        if (c->messages++ == 0 && c->source == GUARD_LISTENER)
            g->unproven--;
        c->delivered += bytes;
    } else {
        early_put(g, fd, peer, bytes);
    }
    pthread_mutex_unlock(&g->lock);
}

void guard_drained(struct guard *g, uint32_t source)
{
    pthread_mutex_lock(&g->lock);
    if (source == GUARD_LISTENER) {
        g->drains++;
    } else {
        for (size_t i = 0; i < g->guarded_count; i++)
            if (g->guarded[i]->source == source)
                g->guarded[i]->drains++;
    }
    pthread_mutex_unlock(&g->lock);
}

void guard_count(struct guard *g, struct guard_counters *out)
{
    pthread_mutex_lock(&g->lock);
    *out = g->counters;
    out->connections = g->accepted;
    pthread_mutex_unlock(&g->lock);
}
