/* metrics_http.c — /metrics, /healthz and /readyz on a loopback address, inside the loop.
 *
 * Whoever can open a port of this machine may read them: there is nothing in them that says who or what.  A name in the
 * Host header that is not this machine is refused, so that no web page can read them through a browser. */
#include "node/endpoint.h"
#include "lang/lang.h"
#include "node/metrics.h"
#include "node/node.h"
#include "node/turn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

struct metrics {
    struct node *node;
    struct MHD_Daemon *daemon;
    int fd;
    bool stopping;
    char address[METRICS_ADDRESS_BYTES];
};

#define PLAIN "text/plain; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"

/* --- the address ----------------------------------------------------------------------------------------------- */

static enum muster_error address_read(struct endpoint *out, const char *address)
{
    char text[METRICS_ADDRESS_BYTES + 8];
    if (strlen(address) >= METRICS_ADDRESS_BYTES)
        return MUSTER_EENDPOINT;
    snprintf(text, sizeof(text), "tcp://%s", address);
    enum muster_error error = endpoint_parse_listen(out, text);
    if (error)
        return error;
    bool here = (out->kind == ENDPOINT_IPV4 && strncmp(out->host, "127.", 4) == 0) ||
                (out->kind == ENDPOINT_IPV6 && strcmp(out->host, "::1") == 0);
    return here ? MUSTER_OK : MUSTER_EENDPOINT;
}

enum muster_error metrics_address_check(const char *address)
{
    struct endpoint endpoint;
    return address_read(&endpoint, address);
}

/* A listening socket, and where it listens; -1 with errno. */
static int socket_open(const struct endpoint *endpoint, char address[METRICS_ADDRESS_BYTES])
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
    bool is_v6 = endpoint->kind == ENDPOINT_IPV6;
    struct sockaddr *at = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t len = is_v6 ? sizeof(v6) : sizeof(v4);
    int one = 1;
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, endpoint->host, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1)
        return -1;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, at, len) != 0 || listen(fd, METRICS_CONNECTIONS_MAX) != 0 || getsockname(fd, at, &len) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    snprintf(address, METRICS_ADDRESS_BYTES, is_v6 ? "[%s]:%u" : "%s:%u", endpoint->host,
             (unsigned)ntohs(is_v6 ? v6.sin6_port : v4.sin_port));
    return fd;
}

/* --- answers --------------------------------------------------------------------------------------------------- */

static bool host_is_this_machine(struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (!host)
        return true; /* HTTP/1.0: no browser */
    size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return (len == 9 && strncasecmp(host, "localhost", 9) == 0) || (len == 5 && strncmp(host, "[::1]", 5) == 0) ||
           (len >= 9 && len <= 15 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, const char *text)
{
    union {
        const char *in;
        void *out;
    } copy = {text}; /* MUST_COPY: it is only read */
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), copy.out, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_metrics(struct metrics *metrics, struct MHD_Connection *connection)
{
    double values[METRIC_COUNT];
    char *text = malloc(METRICS_TEXT_MAX);
    metrics_look(metrics->node, values);
    enum MHD_Result queued =
        text && metrics_write(text, METRICS_TEXT_MAX, values)
            ? answer(connection, MHD_HTTP_OK, EXPOSITION, text)
            : answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN, "there is no memory for an answer\n");
    free(text);
    return queued;
}

static enum MHD_Result answer_ready(struct metrics *metrics, struct MHD_Connection *connection)
{
    char text[160];
    const char *why = metrics_unready(metrics->node);
    snprintf(text, sizeof(text), "%s\n", why ? why : "ready");
    return answer(connection, why ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, PLAIN, text);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    static int seen; /* its address marks a request whose headers were read */
    struct metrics *metrics = cls;
    (void)version;
    (void)upload;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return *upload_size ? MHD_NO : answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN, "only GET and HEAD\n");
    if (!*state) {
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size)
        return MHD_NO; /* nothing here takes a body */
    if (!host_is_this_machine(connection))
        return answer(connection, MHD_HTTP_FORBIDDEN, PLAIN, "ask under an address of this machine: 127.0.0.1, ::1, localhost\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(metrics, connection);
    if (strcmp(url, "/healthz") == 0)
        return answer(connection, MHD_HTTP_OK, PLAIN, "alive\n");
    if (strcmp(url, "/readyz") == 0)
        return answer_ready(metrics, connection);
    return answer(connection, MHD_HTTP_NOT_FOUND, PLAIN, "there are /metrics, /healthz and /readyz\n");
}

/* --- life ------------------------------------------------------------------------------------------------------ */

void metrics_run(struct metrics *metrics)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    if (!metrics || metrics->stopping)
        return;
    (void)MHD_run(metrics->daemon);
    if (MHD_get_timeout(metrics->daemon, &timeout) == MHD_YES && timeout == 0)
        turn_mark(metrics->node); /* more is ready; longer timeouts are met by the tick */
}

static int on_readable(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct metrics *metrics = argument;
    (void)loop;
    (void)item;
    metrics_run(metrics);
    turn_mark(metrics->node); /* what was read from the store is given back at the turn's end */
    return 0;
}

static enum muster_error open_trouble(struct trouble *trouble, const char *address)
{
    int why = errno;
    trouble_set(trouble, why == EADDRINUSE ? MUSTER_EADDRINUSE : MUSTER_EIO, "metrics cannot be served on %s", address);
    trouble_why(trouble, "%s", lang_errno(why));
    trouble_do(trouble, "set metrics to a free port of this machine, then restart musterd");
    return trouble->error;
}

enum muster_error metrics_start(struct metrics **out, struct node *node, const char *address, struct trouble *trouble)
{
    struct endpoint endpoint;
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    *out = NULL;
    if (!metrics)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for metrics");
    metrics->node = node;
    metrics->fd = -1;
    enum muster_error error = address_read(&endpoint, address);
    if (error)
        trouble_set(trouble, error, "\"%.60s\" is no address of this machine with a port", address);
    else if ((metrics->fd = socket_open(&endpoint, metrics->address)) < 0)
        error = open_trouble(trouble, address);
    if (error) {
        free(metrics);
        return error;
    }
    metrics->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, metrics, MHD_OPTION_LISTEN_SOCKET, metrics->fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)METRICS_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)METRICS_MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_TIMEOUT_S, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        metrics->daemon ? MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    zmq_pollitem_t item = {.fd = info ? info->epoll_fd : -1, .events = ZMQ_POLLIN};
    if (!info || zloop_poller(node->loop, &item, on_readable, metrics) != 0) {
        metrics_stop(metrics);
        return trouble_set(trouble, MUSTER_EBUSY, "metrics cannot start: no descriptors or memory left");
    }
    zloop_poller_set_tolerant(node->loop, &item);
    *out = metrics;
    return MUSTER_OK;
}

void metrics_stop(struct metrics *metrics)
{
    if (!metrics)
        return;
    metrics->stopping = true;
    if (metrics->daemon) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        zmq_pollitem_t item = {.fd = info->epoll_fd, .events = ZMQ_POLLIN};
        zloop_poller_end(metrics->node->loop, &item);
        MHD_stop_daemon(metrics->daemon); /* closes the listening socket too */
    } else {
        close(metrics->fd);
    }
    free(metrics);
}

const char *metrics_address(const struct metrics *metrics)
{
    return metrics->address;
}
