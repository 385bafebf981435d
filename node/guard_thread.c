/* guard_thread.c — the thread that reads the monitors and sweeps the descriptors. */
#include "node/guard_inner.h"

#include <czmq.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MONITOR_TURN = 256, /* events read from one monitor before the others have theirs */
    SWEEP_BATCH = 64,   /* connections looked at under one hold of the lock */
    EVENTS_START = 64,
    MONITOR_EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED |
                     ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_MONITOR_STOPPED
};

struct watch { /* what the thread alone knows */
    struct guard *guard;
    struct guard_monitor monitors[GUARD_WATCHED_MAX];
    size_t count;
    uint64_t sweep_at_ms;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* One monitor event is two frames: number and value, and the endpoint, which nobody needs. */
static bool monitor_read(void *pair, uint16_t *number, uint32_t *value)
{
    uint8_t head[6];
    int len = zmq_recv(pair, head, sizeof head, ZMQ_DONTWAIT), more = 0;
    size_t more_len = sizeof more;
    if (len < 0)
        return false;
    while (zmq_getsockopt(pair, ZMQ_RCVMORE, &more, &more_len) == 0 && more)
        if (zmq_recv(pair, NULL, 0, 0) < 0 && zmq_errno() != EINTR)
            break;
    *number = 0;
    if (len == sizeof head) {
        memcpy(number, head, sizeof *number);
        memcpy(value, head + sizeof *number, sizeof *value);
    }
    return true;
}

static void dial_event(struct guard *g, struct guard_monitor *m, uint16_t number, uint32_t value)
{
    struct guard_event event = {.source = m->source, .fd = m->fd, .value = (int)value};
    struct guarded *c = guard_find(g, m->fd);
    if (c)
        event.cut = c->cut;
    if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        event.kind = GUARD_READY;
        if (c)
            c->ready = true;
    } else if (number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        event.kind = GUARD_HANDSHAKE_ERRNO;
    } else if (number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        event.kind = GUARD_HANDSHAKE_PROTOCOL;
    } else if (number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        event.kind = GUARD_HANDSHAKE_STATUS;
    } else if (number == ZMQ_EVENT_CLOSED && m->fd < 0) {
        event.kind = GUARD_NOT_CONNECTED;
    } else {
        return;
    }
    guard_event_put(g, &event);
}

/* Returns false when the monitor has ended. */
static bool monitor_event(struct guard *g, struct guard_monitor *m, uint16_t number, uint32_t value)
{
    if (number == ZMQ_EVENT_MONITOR_STOPPED)
        return false;
    if (number == ZMQ_EVENT_ACCEPTED || number == ZMQ_EVENT_CONNECTED) {
        if (m->source != GUARD_LISTENER)
            m->fd = (int)value;
        guard_add(g, (int)value, m->source, now_ms());
    } else if (number == ZMQ_EVENT_DISCONNECTED) {
        struct guarded *c = guard_find(g, (int)value);
        if (c && c->source == m->source)
            guard_remove(g, c);
        else
            guard_remove_unknown(g, (int)value, m->source);
    } else if (m->source != GUARD_LISTENER) {
        dial_event(g, m, number, value);
    } else if (number == ZMQ_EVENT_ACCEPT_FAILED) {
        g->counters.accept_failed++;
    } else if (number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL || number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
               number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        g->counters.handshakes_failed++;
    }
    return true;
}

/* The socket is closing; its connections' last events may never come. */
static void monitor_forget(struct guard *g, const struct guard_monitor *m)
{
    for (size_t i = g->guarded_count; i-- > 0;)
        if (g->guarded[i]->source == m->source)
            guard_remove(g, g->guarded[i]);
}

static void monitors_read(struct watch *w)
{
    struct guard *g = w->guard;
    for (size_t i = 0; i < w->count;) {
        struct guard_monitor *m = &w->monitors[i];
        bool alive = true;
        uint16_t number;
        uint32_t value = 0;
        for (int n = 0; alive && n < MONITOR_TURN && monitor_read(m->pair, &number, &value); n++) {
            pthread_mutex_lock(&g->lock);
            alive = monitor_event(g, m, number, value);
            if (!alive) {
                monitor_forget(g, m);
                g->watched--;
            }
            pthread_mutex_unlock(&g->lock);
        }
        if (alive) {
            i++;
            continue;
        }
        zmq_close(m->pair);
        *m = w->monitors[--w->count];
    }
}

static void commands_read(struct watch *w)
{
    struct guard *g = w->guard;
    uint64_t count;
    if (read(g->command_fd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
        abort();
    pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->arriving_count; i++)
        w->monitors[w->count++] = g->arriving[i];
    g->arriving_count = 0;
    pthread_mutex_unlock(&g->lock);
}

/* Looks at every connection; the time until the next look. */
static uint64_t sweep(struct guard *g, uint64_t now)
{
    bool more = true, busy = false;
    for (size_t i = 0; more;) {
        pthread_mutex_lock(&g->lock);
        for (size_t n = 0; n < SWEEP_BATCH && i < g->guarded_count; n++, i++)
            busy = guard_check(g, g->guarded[i]) || busy;
        more = i < g->guarded_count;
        if (!more) {
            guard_check_silence(g, now);
            busy = busy || g->unproven > 0;
        }
        pthread_mutex_unlock(&g->lock);
    }
    return busy ? GUARD_SWEEP_MS : GUARD_IDLE_MS;
}

static long wait_ms(struct watch *w, uint64_t now)
{
    struct guard *g = w->guard;
    pthread_mutex_lock(&g->lock);
    size_t connections = g->guarded_count;
    pthread_mutex_unlock(&g->lock);
    if (connections == 0)
        return -1;
    return now < w->sweep_at_ms ? (long)(w->sweep_at_ms - now) : 0;
}

static void turn(struct watch *w)
{
    zmq_pollitem_t items[GUARD_WATCHED_MAX + 1];
    int count = 0;
    items[count++] = (zmq_pollitem_t){.fd = w->guard->command_fd, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < w->count; i++)
        items[count++] = (zmq_pollitem_t){.socket = w->monitors[i].pair, .events = ZMQ_POLLIN};
    if (zmq_poll(items, count, wait_ms(w, now_ms())) < 0 && zmq_errno() != EINTR)
        abort();
    monitors_read(w);
    commands_read(w);
    uint64_t now = now_ms();
    bool idle = w->sweep_at_ms > now + GUARD_SWEEP_MS; /* then an event is the end of idleness */
    if (now >= w->sweep_at_ms || idle)
        w->sweep_at_ms = now + sweep(w->guard, now);
}

void *guard_run(void *arg)
{
    struct watch *w = calloc(1, sizeof *w);
    bool ended = false;
    if (!w)
        abort();
    w->guard = arg;
    while (!ended) {
        turn(w);
        pthread_mutex_lock(&w->guard->lock);
        ended = w->guard->stopping && w->count == 0 && w->guard->arriving_count == 0;
        pthread_mutex_unlock(&w->guard->lock);
    }
    free(w);
    return NULL;
}

static void guard_free(struct guard *g)
{
    for (size_t i = 0; i < g->guarded_count; i++)
        free(g->guarded[i]);
    if (g->event_fd >= 0)
        close(g->event_fd);
    if (g->command_fd >= 0)
        close(g->command_fd);
    pthread_mutex_destroy(&g->lock);
    free(g->guarded);
    free(g->by_fd);
    free(g->events);
    free(g);
}

enum muster_error guard_start(struct guard **out, const struct guard_limits *limits)
{
    struct guard *g = calloc(1, sizeof *g);
    sigset_t all, before;
    if (!g)
        return MUSTER_EBUSY;
    g->limits = *limits;
    pthread_mutex_init(&g->lock, NULL);
    g->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g->command_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g->guarded_size = (size_t)limits->connections + GUARD_WATCHED_MAX;
    g->guarded = calloc(g->guarded_size, sizeof *g->guarded);
    g->events_size = EVENTS_START;
    g->events = calloc(g->events_size, sizeof *g->events);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's, by signalfd */
    bool running = g->event_fd >= 0 && g->command_fd >= 0 && g->guarded && g->events &&
                   pthread_create(&g->thread, NULL, guard_run, g) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!running) {
        guard_free(g);
        return MUSTER_EBUSY;
    }
    *out = g;
    return MUSTER_OK;
}

static void wake(struct guard *g)
{
    const uint64_t one = 1;
    if (write(g->command_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        abort();
}

void guard_stop(struct guard *g)
{
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_mutex_unlock(&g->lock);
    wake(g);
    pthread_join(g->thread, NULL);
    guard_free(g);
}

enum muster_error guard_watch(struct guard *g, void *context, void *socket, uint32_t source)
{
    char name[64];
    const int none = 0;
    struct guard_monitor monitor = {.source = source, .fd = -1};
    snprintf(name, sizeof name, "inproc://guard-%u", (unsigned)source);
    pthread_mutex_lock(&g->lock);
    bool room = g->watched < GUARD_WATCHED_MAX;
    g->watched += room;
    pthread_mutex_unlock(&g->lock);
    if (!room)
        return MUSTER_EBUSY;
    /* The reader is connected before there is a monitor: a monitor without a reader blocks the I/O
     * thread, and even the call that stops it.  It is made here and handed over whole. */
    monitor.pair = zmq_socket(context, ZMQ_PAIR);
    if (monitor.pair) {
        zmq_setsockopt(monitor.pair, ZMQ_LINGER, &none, sizeof none);
        zmq_setsockopt(monitor.pair, ZMQ_RCVHWM, &none, sizeof none); /* unbounded: it must not block */
        if (zmq_connect(monitor.pair, name) != 0 || zmq_socket_monitor(socket, name, MONITOR_EVENTS) != 0) {
            zmq_close(monitor.pair);
            monitor.pair = NULL;
        }
    }
    pthread_mutex_lock(&g->lock);
    if (monitor.pair)
        g->arriving[g->arriving_count++] = monitor;
    else
        g->watched--;
    pthread_mutex_unlock(&g->lock);
    if (!monitor.pair)
        return MUSTER_EBUSY;
    wake(g);
    return MUSTER_OK;
}

void guard_unwatch(void *socket)
{
    zmq_socket_monitor(socket, NULL, 0);
}
