/* link_dial.c — calling peers.
 *
 *   WAITING --pause over--> RESOLVING --address--> CONNECTING --handshake--> UP
 *      ^------------ any failure, or the end of the connection ---------------'
 *
 * One call is one socket that never reconnects: libzmq would give up for ever after a refusal, call
 * 6.6 times a second when the other side accepts and closes, and send what was meant for the last
 * connection on the next.  The pause and its reason are ours. */
#include "node/link_inner.h"

#include <errno.h>
#include <string.h>

enum { CALL_SLACK_MS = 1000, PAUSE_DOUBLINGS_MAX = 16 };

static struct dial *dial_find(struct link *link, struct link_dial id)
{
    struct dial *d = &link->dials[id.n % LINK_DIALS_MAX];
    return id.n != 0 && d->used && !d->dropped && d->id.n == id.n ? d : NULL;
}

/* Between half of the doubled pause and the whole of it, so that many nodes do not call in step. */
static uint64_t pause_ms(struct link *link, unsigned failures)
{
    uint64_t pause = (uint64_t)link->config.redial_min_ms
                     << (failures < PAUSE_DOUBLINGS_MAX ? failures : PAUSE_DOUBLINGS_MAX);
    uint64_t z = link->jitter += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    if (pause > link->config.redial_max_ms)
        pause = link->config.redial_max_ms;
    return pause / 2 + z % (pause / 2 + 1);
}

static void socket_end(struct dial *d)
{
    if (!d->socket)
        return;
    zmq_pollitem_t item = {.socket = d->socket, .events = ZMQ_POLLIN};
    zloop_poller_end(d->link->loop, &item);
    guard_unwatch(d->socket);
    zmq_close(d->socket);
    d->socket = NULL;
    d->source = 0; /* what its monitor still says is of no interest */
    d->fd = -1;
}

void dial_tell(struct dial *d)
{
    char text[ENDPOINT_BYTES_MAX];
    if (d->reason == d->told)
        return;
    d->told = d->reason;
    link_journal(d->link, "call-ended", "endpoint=%s reason=\"%s\"", endpoint_text(text, &d->endpoint), link_reason_text(d->reason));
}

/* LINK_NONE: why is still being found out. */
static void dial_failed(struct dial *d, enum link_reason reason)
{
    struct link *link = d->link;
    uint64_t now = link_now_ms();
    socket_end(d);
    reach_end(d);
    if (d->state == LINK_DIAL_UP && now - d->up_ms >= LINK_LASTED_MS)
        d->failures = 0;
    if (d->state != LINK_DIAL_UP)
        link->counters.calls_failed++;
    d->next_ms = now + pause_ms(link, d->failures);
    d->failures++;
    d->state = LINK_DIAL_WAITING;
    d->reason = reason;
    if (reason != LINK_NONE)
        dial_tell(d);
}

static bool dealer_options(struct dial *d)
{
    const struct link_config *c = &d->link->config;
    const int never = -1, connect_ms = (int)c->connect_ms, v6 = d->address.ss_family == AF_INET6;
    return socket_bound(d->link, d->socket) == MUSTER_OK &&
           zmq_setsockopt(d->socket, ZMQ_CURVE_SERVERKEY, d->key.b, sizeof d->key.b) == 0 &&
           zmq_setsockopt(d->socket, ZMQ_CURVE_PUBLICKEY, d->as ? d->as_public.b : c->public_key.b, 32) == 0 &&
           zmq_setsockopt(d->socket, ZMQ_CURVE_SECRETKEY, d->as ? d->as_secret.b : c->secret_key.b, 32) == 0 &&
           zmq_setsockopt(d->socket, ZMQ_RECONNECT_IVL, &never, sizeof never) == 0 &&
           zmq_setsockopt(d->socket, ZMQ_CONNECT_TIMEOUT, &connect_ms, sizeof connect_ms) == 0 &&
           zmq_setsockopt(d->socket, ZMQ_IPV6, &v6, sizeof v6) == 0;
}

static void dial_connect(struct dial *d)
{
    struct link *link = d->link;
    reach_end(d);
    d->socket = zmq_socket(link->context, ZMQ_DEALER);
    d->source = ++link->sources ? link->sources : ++link->sources; /* never GUARD_LISTENER */
    if (!d->socket || !dealer_options(d) ||
        guard_watch(link->guard, link->context, d->socket, d->source) != MUSTER_OK) {
        if (d->socket)
            zmq_close(d->socket);
        d->socket = NULL;
        dial_failed(d, LINK_NO_DESCRIPTORS);
        return;
    }
    d->state = LINK_DIAL_CONNECTING;
    d->deadline_ms = link_now_ms() + link->config.connect_ms + link->config.handshake_ms + CALL_SLACK_MS;
    if (zmq_connect(d->socket, d->numeric) != 0)
        dial_failed(d, LINK_NO_ROUTE);
}

static void dial_call(struct dial *d, uint64_t now)
{
    d->calls++;
    d->link->counters.calls++;
    probe_end(d);
    switch (reach_begin(d)) {
    case MUSTER_OK:
        dial_connect(d);
        break;
    case MUSTER_EWAITS:
        d->state = LINK_DIAL_RESOLVING;
        d->deadline_ms = now + LINK_RESOLVE_MS;
        break;
    default:
        dial_failed(d, LINK_NO_NAME);
    }
}

static void dial_resolve(struct dial *d, uint64_t now)
{
    enum muster_error found = reach_look(d);
    if (found == MUSTER_OK)
        dial_connect(d);
    else if (found != MUSTER_EWAITS || now >= d->deadline_ms)
        dial_failed(d, LINK_NO_NAME);
}

void dial_tick(struct dial *d, uint64_t now)
{
    probe_tick(d, now);
    if (d->dropped)
        return;
    if (d->state == LINK_DIAL_WAITING && now >= d->next_ms)
        dial_call(d, now);
    else if (d->state == LINK_DIAL_RESOLVING)
        dial_resolve(d, now);
    else if (d->state == LINK_DIAL_CONNECTING && now >= d->deadline_ms)
        dial_failed(d, LINK_TIMEOUT);
}

static int dealer_on_message(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    (void)item;
    for (int i = 0; i < LINK_TURN && dealer_receive(arg); i++)
        ;
    return 0;
}

static void dial_up(struct dial *d)
{
    struct link *link = d->link;
    char text[ENDPOINT_BYTES_MAX];
    enum link_reason why;
    struct conn *conn = conn_begin(link, d, &d->key, endpoint_text(text, &d->endpoint), d->fd, &d->peer, &why);
    if (!conn) {
        dial_failed(d, why);
        return;
    }
    zmq_pollitem_t item = {.socket = d->socket, .events = ZMQ_POLLIN};
    d->conn = conn;
    d->state = LINK_DIAL_UP;
    d->up_ms = link_now_ms();
    if (zloop_poller(link->loop, &item, dealer_on_message, d) != 0)
        conn_end(link, conn, LINK_NO_DESCRIPTORS);
    else
        conn_up(link, conn, NULL);
}

static void dial_gone(struct dial *d, const struct guard_event *event)
{
    if (d->state == LINK_DIAL_CONNECTING) {
        dial_failed(d, event->cut ? LINK_HELD_TOO_MUCH : LINK_HANDSHAKE_CLOSED);
    } else if (d->conn) {
        while (dealer_receive(d)) /* at most what libzmq's queue holds */
            ;
        if (d->conn)
            conn_end(d->link, d->conn, event->cut ? LINK_HELD_TOO_MUCH : LINK_GONE);
    }
}

static enum link_reason reason_of_status(int status)
{
    return status == 300 ? LINK_LATER : status == 400 ? LINK_NOT_KNOWN_THERE : LINK_OTHER_FAILED;
}

static enum link_reason reason_of_errno(const struct guard_event *event)
{
    if (event->cut)
        return LINK_HELD_TOO_MUCH;
    return event->value == EPIPE || event->value == ECONNRESET ? LINK_HANDSHAKE_CLOSED : LINK_HANDSHAKE;
}

/* libzmq gives up a connect without saying why: by its timer, or because of an error that a connect of
 * our own finds out. */
static void dial_not_connected(struct dial *d)
{
    uint64_t now = link_now_ms();
    bool early = now + d->link->config.handshake_ms + CALL_SLACK_MS < d->deadline_ms;
    dial_failed(d, early ? LINK_NONE : LINK_TIMEOUT);
    if (early)
        probe_begin(d, now);
}

void dial_event(struct link *link, const struct guard_event *event)
{
    struct dial *d = NULL;
    for (size_t i = 0; i < LINK_DIALS_MAX && !d; i++)
        if (link->dials[i].used && !link->dials[i].dropped && link->dials[i].source == event->source)
            d = &link->dials[i];
    if (!d || !d->socket)
        return;
    bool calling = d->state == LINK_DIAL_CONNECTING;
    switch (event->kind) {
    case GUARD_CONNECTED:
        d->fd = event->fd;
        d->peer = event->peer;
        break;
    case GUARD_READY:
        if (calling)
            dial_up(d);
        break;
    case GUARD_HANDSHAKE_STATUS:
        if (calling)
            dial_failed(d, reason_of_status(event->value));
        break;
    case GUARD_HANDSHAKE_PROTOCOL:
        if (calling)
            dial_failed(d, LINK_HANDSHAKE);
        break;
    case GUARD_HANDSHAKE_ERRNO:
        if (calling)
            dial_failed(d, reason_of_errno(event));
        break;
    case GUARD_NOT_CONNECTED:
        if (calling)
            dial_not_connected(d);
        break;
    case GUARD_GONE:
        dial_gone(d, event);
        break;
    case GUARD_WAS_CUT:
        break;
    }
}

void dial_conn_ended(struct dial *d, enum link_reason reason)
{
    d->conn = NULL;
    if (!d->dropped)
        dial_failed(d, reason);
}

void dial_free(struct dial *d)
{
    socket_end(d);
    probe_end(d);
    reach_end(d);
    crypto_wipe(&d->as_secret, sizeof d->as_secret);
    memset(d, 0, sizeof *d);
}

enum muster_error link_dial(struct link *link, const char *endpoint, const struct curve_public *key,
                            struct link_dial *out)
{
    struct endpoint parsed;
    uint8_t shared[32];
    enum muster_error error = endpoint_parse(&parsed, endpoint);
    if (error)
        return error;
    int weak = crypto_curve_beforenm(shared, key->b, link->config.secret_key.b);
    crypto_wipe(shared, sizeof shared);
    if (weak)
        return MUSTER_EBADVALUE;
    for (size_t i = 0; i < LINK_DIALS_MAX; i++) {
        struct dial *d = &link->dials[i];
        if (d->used)
            continue;
        *d = (struct dial){.link = link, .used = true, .endpoint = parsed, .key = *key, .fd = -1, .probe_fd = -1};
        d->id.n = ++link->serial * LINK_DIALS_MAX + i;
        d->next_ms = link_now_ms();
        *out = d->id;
        link_wake(link);
        return MUSTER_OK;
    }
    return MUSTER_EBUSY;
}

enum muster_error link_dial_as(struct link *link, const char *endpoint, const struct curve_public *key,
                               const struct curve_public *as, const struct curve_secret *secret, struct link_dial *out)
{
    enum muster_error error = link_dial(link, endpoint, key, out);
    struct dial *d = error ? NULL : dial_find(link, *out); /* it calls from the loop, not before this returns */
    if (d) {
        d->as = true;
        d->as_public = *as;
        d->as_secret = *secret;
    }
    return error;
}

enum muster_error link_undial(struct link *link, struct link_dial id)
{
    struct dial *d = dial_find(link, id);
    if (!d)
        return MUSTER_ENOTFOUND;
    d->dropped = true;
    link->dropped_count++;
    if (d->conn)
        conn_end(link, d->conn, LINK_UNDIALLED);
    link_wake(link);
    return MUSTER_OK;
}

void link_dial_now(struct link *link, struct link_dial id)
{
    struct dial *d = dial_find(link, id);
    if (d && d->state == LINK_DIAL_WAITING) {
        d->next_ms = link_now_ms();
        link_wake(link);
    }
}

enum muster_error link_dial_look(struct link *link, struct link_dial id, struct link_dial_info *out)
{
    const struct dial *d = dial_find(link, id);
    uint64_t now = link_now_ms();
    if (!d)
        return MUSTER_ENOTFOUND;
    *out = (struct link_dial_info){.state = d->state, .reason = d->reason, .failures = d->failures, .calls = d->calls};
    if (d->state == LINK_DIAL_WAITING && d->next_ms > now)
        out->next_ms = (uint32_t)(d->next_ms - now);
    if (d->conn)
        out->conn = d->conn->id;
    endpoint_text(out->endpoint, &d->endpoint);
    return MUSTER_OK;
}
