/* link_start.c — start and stop, the options of the sockets, the loop's handlers, the journal. */
#include "node/link_inner.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { IO_THREADS = 2, BACKLOG = 1024, CONNECTIONS_MIN = 8, EVENTS_TURN = 256, DRAIN_TURNS = 4,
       ZERO_COPY_OPTION = 10, /* ZMQ_ZERO_COPY_RECV: works, but the packaged header hides it */
       CURVE_BYTES = 33 /* name 8, nonce 8, tag 16, flags 1 */ };

uint64_t link_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Strangers must not fill the journal: a burst, then a line each JOURNAL_MS. */
void link_journal(struct link *link, const char *event, const char *form, ...)
{
    char text[JOURNAL_TEXT_MAX];
    uint64_t now = link_now_ms(), more = (now - link->journal_ms) / JOURNAL_MS;
    va_list args;
    if (!link->calls.journal)
        return;
    if (more > 0) {
        link->journal_left = more < JOURNAL_BURST - link->journal_left ? link->journal_left + (unsigned)more
                                                                        : JOURNAL_BURST;
        link->journal_ms = now;
    }
    if (link->journal_left == 0) {
        link->journal_missed++;
        link->counters.journal_left_out++;
        return;
    }
    link->journal_left--;
    va_start(args, form);
    int len = vsnprintf(text, sizeof text, form, args);
    va_end(args);
    if (link->journal_missed > 0 && len > 0 && (size_t)len < sizeof text) {
        snprintf(text + len, sizeof text - (size_t)len, " left_out=%llu", (unsigned long long)link->journal_missed);
        link->journal_missed = 0;
    }
    link->calls.journal(link->calls.user, event, text);
}

void link_wake(struct link *link)
{
    const uint64_t one = 1;
    if (write(link->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        abort();
}

static bool option(void *socket, int name, int value)
{
    return zmq_setsockopt(socket, name, &value, sizeof value) == 0;
}

enum muster_error socket_bound(const struct link *link, void *socket)
{
    const struct link_config *c = &link->config;
    const int64_t largest = MESSAGE_BYTES_MAX + CURVE_BYTES; /* libzmq measures what is encrypted */
    return option(socket, ZMQ_LINGER, 0) && option(socket, ZMQ_SNDHWM, LINK_SEND_MESSAGES) &&
                   option(socket, ZMQ_RCVHWM, GUARD_QUEUE_MESSAGES) &&
                   zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0 &&
                   option(socket, ZMQ_HANDSHAKE_IVL, (int)c->handshake_ms) &&
                   option(socket, ZMQ_HEARTBEAT_IVL, (int)c->heartbeat_ms) &&
                   option(socket, ZMQ_HEARTBEAT_TIMEOUT, (int)c->heartbeat_timeout_ms) &&
                   option(socket, ZMQ_HEARTBEAT_TTL, (int)c->heartbeat_timeout_ms)
               ? MUSTER_OK
               : MUSTER_EINTERNAL;
}

static bool on_decide(void *user, const struct curve_public *key, const char *address)
{
    return key_admitted(user, key, address);
}

static int on_router(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    (void)item;
    for (int i = 0; i < LINK_TURN && router_receive(arg); i++)
        ;
    return 0;
}

/* The end of an accepted connection.  What it sent before its end is read first, as far as it is here. */
static void accepted_gone(struct link *link, const struct guard_event *event)
{
    for (int i = 0; i < DRAIN_TURNS * LINK_TURN && router_receive(link); i++)
        ;
    for (size_t i = 0; i < link->conns_size; i++) {
        struct conn *conn = &link->conns[i];
        if (conn->used && !conn->ended && !conn->dial && conn->fd == event->fd &&
            peer_address_same(&conn->peer, &event->peer))
            conn_end(link, conn, event->cut ? LINK_HELD_TOO_MUCH : LINK_GONE);
    }
}

static int on_guard(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct link *link = arg;
    struct guard_event event;
    char text[PEER_ADDRESS_TEXT];
    (void)loop;
    (void)item;
    for (int i = 0; i < EVENTS_TURN && guard_take(link->guard, &event); i++) {
        if (event.kind == GUARD_WAS_CUT)
            link_journal(link, "peer-cut", "address=%s reason=\"%s\"", peer_address_text(text, &event.peer),
                         guard_cut_text(event.cut));
        else if (event.source == GUARD_LISTENER)
            accepted_gone(link, &event);
        else
            dial_event(link, &event);
    }
    return 0;
}

static void dials_tick(struct link *link)
{
    uint64_t now = link_now_ms();
    for (size_t i = 0; i < LINK_DIALS_MAX; i++)
        if (link->dials[i].used)
            dial_tick(&link->dials[i], now);
    if (link->orphans)
        reach_tidy(link, false);
}

static int on_wake(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct link *link = arg;
    uint64_t count;
    (void)loop;
    if (read(item->fd, &count, sizeof count) < 0 && errno != EAGAIN)
        abort();
    link_settle(link);
    dials_tick(link);
    return 0;
}

static int on_tick(zloop_t *loop, int timer, void *arg)
{
    (void)loop;
    (void)timer;
    dials_tick(arg);
    return 0;
}

void link_config_default(struct link_config *config)
{
    *config = (struct link_config){
        .connections = 1024,
        .per_address = 64,
        .per_loopback = 64,
        .handshake_ms = 6000,
        .silent_ms = 10000,
        .connect_ms = 10000,
        .heartbeat_ms = 10000,
        .heartbeat_timeout_ms = 30000,
        .redial_min_ms = 1000,
        .redial_max_ms = 60000,
    };
}

static bool between(unsigned value, unsigned least, unsigned most)
{
    return value >= least && value <= most;
}

static bool config_good(const struct link_config *c)
{
    const unsigned hour = 3600 * 1000;
    return c->listen_count <= LINK_LISTEN_MAX && between(c->connections, CONNECTIONS_MIN, LINK_CONNECTIONS_MAX) &&
           c->per_address > 0 && c->per_loopback > 0 && between(c->handshake_ms, 100, 60000) &&
           between(c->silent_ms, 100, hour) && between(c->connect_ms, 100, hour) &&
           between(c->heartbeat_ms, 100, hour) && between(c->heartbeat_timeout_ms, c->heartbeat_ms, hour) &&
           between(c->redial_min_ms, 10, c->redial_max_ms) && c->redial_max_ms <= hour;
}

/* libzmq turns in circles on accept when there are no descriptors: half of them stay free. */
static unsigned connections_possible(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur / 2 >= wanted)
        return wanted;
    return (unsigned)(limit.rlim_cur / 2);
}

static enum muster_error router_listen(struct link *link, size_t index)
{
    struct endpoint parsed;
    char text[ENDPOINT_BYTES_MAX];
    size_t len = sizeof link->endpoints[index];
    enum muster_error error = endpoint_parse_listen(&parsed, link->config.listen[index]);
    if (error)
        return error;
    if (!option(link->router, ZMQ_IPV6, parsed.kind == ENDPOINT_IPV6))
        return MUSTER_EINTERNAL;
    if (zmq_bind(link->router, endpoint_text(text, &parsed)) != 0)
        return zmq_errno() == EADDRINUSE ? MUSTER_EADDRINUSE : zmq_errno() == EMFILE ? MUSTER_EBUSY : MUSTER_EENDPOINT;
    zmq_getsockopt(link->router, ZMQ_LAST_ENDPOINT, link->endpoints[index], &len);
    return MUSTER_OK;
}

static enum muster_error router_start(struct link *link)
{
    unsigned seed;
    enum muster_error error;
    if (link->config.listen_count == 0)
        return MUSTER_OK;
    /* libzmq counts the names of connections up from rand(), seeded with the time.  A member that guesses
     * the next name and takes it first makes libzmq assert, so the seed must not be guessed. */
    crypto_random(&seed, sizeof seed);
    srand(seed);
    link->router = zmq_socket(link->context, ZMQ_ROUTER);
    if (!link->router)
        return MUSTER_EBUSY;
    if (!option(link->router, ZMQ_ROUTER_MANDATORY, 1) || !option(link->router, ZMQ_ROUTER_HANDOVER, 0) ||
        !option(link->router, ZMQ_BACKLOG, BACKLOG))
        return MUSTER_EINTERNAL;
    error = socket_bound(link, link->router);
    if (!error)
        error = zap_protect(link->router, &link->config.secret_key);
    if (!error)
        error = guard_watch(link->guard, link->context, link->router, GUARD_LISTENER);
    for (size_t i = 0; !error && i < link->config.listen_count; i++)
        error = router_listen(link, i);
    return error;
}

static enum muster_error loop_start(struct link *link)
{
    zmq_pollitem_t router = {.socket = link->router, .events = ZMQ_POLLIN};
    zmq_pollitem_t guard = {.fd = guard_fd(link->guard), .events = ZMQ_POLLIN};
    zmq_pollitem_t wake = {.fd = link->wake_fd, .events = ZMQ_POLLIN};
    if ((link->router && zloop_poller(link->loop, &router, on_router, link) != 0) ||
        zloop_poller(link->loop, &guard, on_guard, link) != 0 || zloop_poller(link->loop, &wake, on_wake, link) != 0)
        return MUSTER_EBUSY;
    link->tick_timer = zloop_timer(link->loop, LINK_TICK_MS, 0, on_tick, link);
    return link->tick_timer < 0 ? MUSTER_EBUSY : MUSTER_OK;
}

static enum muster_error context_start(struct link *link)
{
    link->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    link->conns_size = link->config.connections + LINK_DIALS_MAX;
    link->conns = calloc(link->conns_size, sizeof *link->conns);
    link->context = zmq_ctx_new();
    if (link->wake_fd < 0 || !link->conns || !link->context)
        return MUSTER_EBUSY;
    zmq_ctx_set(link->context, ZMQ_IO_THREADS, IO_THREADS);
    zmq_ctx_set(link->context, ZMQ_BLOCKY, 0);
    /* Else each small part of an endless message keeps the whole read buffer that it came in: two
     * hundred times its own size. */
    return zmq_ctx_set(link->context, ZERO_COPY_OPTION, 0) == 0 ? MUSTER_OK : MUSTER_EINTERNAL;
}

enum muster_error link_start(struct link **out, zloop_t *loop, const struct link_config *config)
{
    zsys_handler_set(NULL); /* signals belong to the loop's owner */
    if (!beforenm_ready())
        return MUSTER_EINTERNAL;
    if (!config_good(config))
        return MUSTER_ECONFIG;
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return MUSTER_EBUSY;
    *link = (struct link){.loop = loop, .config = *config, .calls = config->callbacks, .wake_fd = -1, .tick_timer = -1,
                          .flush_timer = -1, .jitter = config->seed, .journal_left = JOURNAL_BURST,
                          .journal_ms = link_now_ms()};
    link->config.connections = connections_possible(config->connections);
    enum muster_error error = link->config.connections < CONNECTIONS_MIN ? MUSTER_EBUSY : context_start(link);
    if (!error)
        error = zap_start(&link->zap, link->context, loop, on_decide, link); /* before every other socket */
    if (!error)
        error = guard_start(&link->guard, &(struct guard_limits){.connections = link->config.connections,
                                                                 .per_address = config->per_address,
                                                                 .per_loopback = config->per_loopback,
                                                                 .silent_ms = config->silent_ms});
    if (!error)
        error = router_start(link);
    if (!error)
        error = loop_start(link);
    if (error) {
        link_stop(link);
        return error;
    }
    if (link->config.connections < config->connections)
        link_journal(link, "connections-lowered", "connections=%u wanted=%u reason=\"too few descriptors: raise "
                     "LimitNOFILE\"", link->config.connections, config->connections);
    *out = link;
    return MUSTER_OK;
}

static void fd_unpoll(struct link *link, int fd)
{
    zmq_pollitem_t item = {.fd = fd, .events = ZMQ_POLLIN};
    zloop_poller_end(link->loop, &item);
}

static void sockets_stop(struct link *link)
{
    for (size_t i = 0; i < link->conns_size && link->conns; i++)
        if (link->conns[i].used)
            conn_forget_pending(link, &link->conns[i]);
    for (size_t i = 0; i < LINK_DIALS_MAX; i++)
        if (link->dials[i].used)
            dial_free(&link->dials[i]);
    reach_tidy(link, true);
    if (link->router) {
        zmq_pollitem_t item = {.socket = link->router, .events = ZMQ_POLLIN};
        zloop_poller_end(link->loop, &item);
        guard_unwatch(link->router);
        zmq_close(link->router);
    }
    if (link->guard) {
        fd_unpoll(link, guard_fd(link->guard));
        guard_stop(link->guard);
    }
}

void link_stop(struct link *link)
{
    if (!link)
        return;
    if (link->tick_timer >= 0)
        zloop_timer_end(link->loop, link->tick_timer);
    if (link->flush_timer >= 0)
        zloop_timer_end(link->loop, link->flush_timer);
    sockets_stop(link);
    zap_stop(&link->zap); /* the last one */
    if (link->context)
        while (zmq_ctx_term(link->context) != 0 && zmq_errno() == EINTR)
            ;
    if (link->wake_fd >= 0) {
        fd_unpoll(link, link->wake_fd);
        close(link->wake_fd);
    }
    free(link->conns);
    crypto_wipe(&link->config.secret_key, sizeof link->config.secret_key);
    free(link);
}

const char *link_endpoint(const struct link *link, size_t index)
{
    return index < link->config.listen_count ? link->endpoints[index] : NULL;
}

void link_count(const struct link *link, struct link_counters *out)
{
    struct guard_counters guard;
    guard_count(link->guard, &guard);
    *out = link->counters;
    out->strangers = guard.connections > out->connections ? guard.connections - out->connections : 0;
    out->accepted = guard.accepted;
    out->accept_failed = guard.accept_failed;
    out->handshakes_failed = guard.handshakes_failed;
    out->refused_caps = guard.cuts[GUARD_CUT_TOO_MANY] + guard.cuts[GUARD_CUT_TOO_MANY_OF_ADDRESS];
    out->cut_undelivered = guard.cuts[GUARD_CUT_UNDELIVERED] + guard.cuts[GUARD_CUT_FIRST_BYTES];
    out->cut_silent = guard.cuts[GUARD_CUT_SILENT];
}
