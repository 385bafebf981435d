/* link_reach.c — host names, and why an address cannot be connected to.
 *
 * libzmq resolves names in its I/O thread and everybody's heartbeats wait for the name server, so it
 * gets addresses only.  It also does not tell why a connect failed; a connect of our own does. */
#include "node/link_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIDY_WAIT_S = 2 };

struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char host[ENDPOINT_HOST_MAX + 1], service[8];
    struct lookup *next;
};

static void lookup_free(struct lookup *l)
{
    if (l->request.ar_result)
        freeaddrinfo(l->request.ar_result);
    free(l);
}

static void address_take(struct dial *d, const struct sockaddr *address, socklen_t len)
{
    char host[INET6_ADDRSTRLEN] = "";
    memcpy(&d->address, address, len);
    d->address_len = len;
    if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&d->address)->sin6_addr, host, sizeof host);
        snprintf(d->numeric, sizeof d->numeric, "tcp://[%s]:%u", host, (unsigned)d->endpoint.port);
    } else {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&d->address)->sin_addr, host, sizeof host);
        snprintf(d->numeric, sizeof d->numeric, "tcp://%s:%u", host, (unsigned)d->endpoint.port);
    }
}

enum muster_error reach_begin(struct dial *d)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(d->endpoint.port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(d->endpoint.port)};
    if (d->endpoint.kind == ENDPOINT_IPV4 && inet_pton(AF_INET, d->endpoint.host, &v4.sin_addr) == 1) {
        address_take(d, (const struct sockaddr *)&v4, sizeof v4);
        return MUSTER_OK;
    }
    if (d->endpoint.kind == ENDPOINT_IPV6 && inet_pton(AF_INET6, d->endpoint.host, &v6.sin6_addr) == 1) {
        address_take(d, (const struct sockaddr *)&v6, sizeof v6);
        return MUSTER_OK;
    }
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return MUSTER_ENOTFOUND;
    snprintf(l->host, sizeof l->host, "%s", d->endpoint.host);
    snprintf(l->service, sizeof l->service, "%u", (unsigned)d->endpoint.port);
    l->hints.ai_socktype = SOCK_STREAM;
    l->hints.ai_flags = AI_NUMERICSERV;
    l->request = (struct gaicb){.ar_name = l->host, .ar_service = l->service, .ar_request = &l->hints};
    struct gaicb *list[1] = {&l->request};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0) {
        free(l);
        return MUSTER_ENOTFOUND;
    }
    d->lookup = l;
    return MUSTER_EWAITS;
}

enum muster_error reach_look(struct dial *d)
{
    int error = gai_error(&d->lookup->request);
    size_t count = 0;
    if (error == EAI_INPROGRESS)
        return MUSTER_EWAITS;
    if (error)
        return MUSTER_ENOTFOUND;
    for (struct addrinfo *a = d->lookup->request.ar_result; a; a = a->ai_next)
        count += a->ai_family == AF_INET || a->ai_family == AF_INET6;
    if (count == 0)
        return MUSTER_ENOTFOUND;
    size_t turn = d->calls % count; /* a machine with several addresses is tried at each in turn */
    for (struct addrinfo *a = d->lookup->request.ar_result; a; a = a->ai_next) {
        if ((a->ai_family == AF_INET || a->ai_family == AF_INET6) && turn-- == 0) {
            address_take(d, a->ai_addr, a->ai_addrlen);
            break;
        }
    }
    return MUSTER_OK;
}

/* A lookup at work cannot be stopped, and the resolver writes into it at its end: it waits with the
 * orphans until then. */
void reach_end(struct dial *d)
{
    struct lookup *l = d->lookup;
    d->lookup = NULL;
    if (!l)
        return;
    if (gai_error(&l->request) == EAI_INPROGRESS && gai_cancel(&l->request) != EAI_CANCELED) {
        l->next = d->link->orphans;
        d->link->orphans = l;
        return;
    }
    lookup_free(l);
}

void reach_tidy(struct link *link, bool wait)
{
    const struct timespec moment = {.tv_sec = TIDY_WAIT_S};
    for (struct lookup **at = &link->orphans; *at;) {
        struct lookup *l = *at;
        const struct gaicb *list[1] = {&l->request};
        if (wait && gai_error(&l->request) == EAI_INPROGRESS)
            (void)gai_suspend(list, 1, &moment);
        if (gai_error(&l->request) == EAI_INPROGRESS) {
            at = &l->next; /* at the stop of the process it stays: the resolver still owns it */
            continue;
        }
        *at = l->next;
        lookup_free(l);
    }
}

static enum link_reason reason_of(int error, enum link_reason otherwise)
{
    switch (error) {
    case ECONNREFUSED:
        return LINK_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
        return LINK_NO_ROUTE;
    case ETIMEDOUT:
        return LINK_TIMEOUT;
    default:
        return otherwise;
    }
}

void probe_end(struct dial *d)
{
    if (d->probe_fd < 0)
        return;
    zmq_pollitem_t item = {.fd = d->probe_fd, .events = ZMQ_POLLOUT};
    zloop_poller_end(d->link->loop, &item);
    close(d->probe_fd);
    d->probe_fd = -1;
}

/* Why the call that it asked about was not connected. */
static void probe_found(struct dial *d, enum link_reason reason)
{
    probe_end(d);
    d->reason = reason;
    dial_tell(d);
}

static int probe_on_result(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct dial *d = arg;
    int error = 0;
    socklen_t len = sizeof error;
    (void)loop;
    bool asked = getsockopt(item->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0;
    probe_found(d, asked ? reason_of(error, LINK_TIMEOUT) : LINK_TIMEOUT);
    return 0;
}

void probe_begin(struct dial *d, uint64_t now)
{
    probe_end(d);
    int fd = socket(d->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        probe_found(d, errno == EMFILE || errno == ENFILE ? LINK_NO_DESCRIPTORS : LINK_TIMEOUT);
        return;
    }
    int failed = connect(fd, (const struct sockaddr *)&d->address, d->address_len) == 0 ? 0 : errno;
    if (failed != EINPROGRESS) {
        close(fd);
        probe_found(d, reason_of(failed, LINK_TIMEOUT));
        return;
    }
    zmq_pollitem_t item = {.fd = fd, .events = ZMQ_POLLOUT};
    d->probe_fd = fd;
    d->probe_deadline_ms = now + LINK_PROBE_MS;
    if (zloop_poller(d->link->loop, &item, probe_on_result, d) != 0)
        probe_found(d, LINK_TIMEOUT);
    else
        zloop_poller_set_tolerant(d->link->loop, &item); /* POLLERR is the answer we came for */
}

void probe_tick(struct dial *d, uint64_t now)
{
    if (d->probe_fd < 0 || now < d->probe_deadline_ms)
        return;
    probe_found(d, LINK_TIMEOUT);
}
