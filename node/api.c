#include "node/api.h"

#include "lang/lang.h"
#include "node/api_crowd.h"
#include "node/backup.h"
#include "node/feed.h"
#include "node/openapi.h"
#include "node/request.h"
#include "node/turn.h"
#include "node/work.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct api {
    struct node *node;
    struct MHD_Daemon *daemon;
    struct api_groups groups;
    struct api_crowd crowd;
    struct request *waiting;
    uint64_t last_number, answered;
    size_t waiting_count;
    size_t bodies; /* bytes of all bodies held */
    int fd;
    bool stopping;
};

/* --- waiting for the core ------------------------------------------------------------------------------------ */

void api_begin_waiting(struct request *request, request_fn *then)
{
    struct api *api = request->api;
    request->waiting = true;
    request->then = then;
    request->number = ++api->last_number;
    request->next = api->waiting;
    api->waiting = request;
    api->waiting_count++;
}

void api_wait_long(struct request *request, request_fn *then)
{
    request->waiting = true;
    request->then = then;
}

static void request_free(struct request *request)
{
    request->api->bodies -= request->body_size;
    if (request->response)
        MHD_destroy_response(request->response);
    if (request->state_free)
        request->state_free(request->state);
    json_decref(request->json);
    json_decref(request->refusals);
    json_decref(request->agreement);
    free(request->body);
    free(request);
}

void api_notify(struct api *api, uint64_t number, enum muster_error error, const struct space_id *space,
                const struct agency_id *agency, const struct command_outcome *outcome)
{
    if (!api)
        return;
    for (struct request **at = &api->waiting; *at; at = &(*at)->next) {
        struct request *request = *at;
        if (request->number != number)
            continue;
        *at = request->next;
        api->waiting_count--;
        api->answered++;
        request->waiting = false;
        request->error = error;
        request->space = *space;
        request->agency = *agency;
        request->outcome = *outcome;
        if (!request->connection) {
            if (request->then) { /* nobody is there to hear it, but the audit is */
                request_speaks(api->node, request);
                request->then(request);
                request_speaks(api->node, NULL);
            }
            request_free(request);
        } else if (request->suspended) {
            request->suspended = false;
            MHD_resume_connection(request->connection);
        }
        return;
    }
}

void api_wake(struct request *request)
{
    request->waiting = false;
    if (!request->connection) {
        request_free(request);
    } else if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection(request->connection);
    }
}

/* --- finding the row ------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes %XX in place; false for a malformed one or a NUL. */
static bool percent_decode(char *text)
{
    char *out = text;
    for (const char *at = text; *at; at++) {
        if (*at != '%') {
            *out++ = *at;
            continue;
        }
        int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);
        if (low < 0 || high * 16 + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        at += 2;
    }
    *out = '\0';
    return true;
}

static bool row_fits(const char *pattern, const char *path, struct request *request, const char **starts)
{
    size_t n = 0;
    for (;;) {
        size_t a = strcspn(pattern, "/"), b = strcspn(path, "/");
        if (a == 1 && *pattern == '*') {
            if (b == 0 || n == REQUEST_ARGUMENTS_MAX)
                return false;
            starts[n++] = path;
        } else if (a != b || strncmp(pattern, path, a) != 0) {
            return false;
        }
        pattern += a;
        path += b;
        if (*pattern != *path)
            return false;
        if (!*pattern)
            break;
        pattern++;
        path++;
    }
    request->argument_count = n;
    return true;
}

static enum muster_error find_row(struct request *request, const char *method)
{
    const char *starts[REQUEST_ARGUMENTS_MAX];
    bool path_known = false;
    for (size_t i = 0; i < api_rows_count && !request->row; i++) {
        struct request probe = {.argument_count = 0};
        if (!row_fits(api_rows[i].path, request->path, &probe, starts))
            continue;
        path_known = true;
        if (strcmp(api_rows[i].method, method) == 0) {
            request->row = &api_rows[i];
            request->argument_count = probe.argument_count;
        }
    }
    if (!request->row)
        return path_known ? MUSTER_EUSAGE : MUSTER_ENOTFOUND;
    (void)row_fits(request->row->path, request->path, request, starts);
    for (size_t i = 0; i < request->argument_count; i++) {
        request->argument[i] = request->path + (starts[i] - request->path);
        request->argument[i][strcspn(request->argument[i], "/")] = '\0';
        if (!percent_decode(request->argument[i]))
            return MUSTER_EUSAGE;
    }
    return MUSTER_OK;
}

/* --- one request ------------------------------------------------------------------------------------------------ */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct api *api = cls;
    struct request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    size_t len = strcspn(uri, "?");
    request->api = api;
    request->node = api->node;
    request->connection = connection;
    request->path_too_long = len >= sizeof(request->path);
    if (!request->path_too_long)
        memcpy(request->path, uri, len);
    return request;
}

/* Who calls, and may that one do this?  Who owns the node's files says who is whom, so that nobody can be locked out. */
static void find_operator(struct request *request, unsigned uid)
{
    const struct node *node = request->node;
    const struct node_operator *operator = operator_of(&node->operators, uid);
    const struct certified_operator *certified =
        operator ? identity_operator(&node->own.identity, &operator->keys.key) : NULL;
    uint64_t needed = role_needed(request->row->method, request->row->path);
    bool owner = uid == 0 || uid == geteuid();
    char roles[64], has[64];
    if (!operator || (owner && strncmp(request->row->path, "/v1/operators", 13) == 0))
        return;
    request->operator = operator;
    uint64_t held = certified && !certified->revoked ? certified->roles : 0;
    if (!needed || (held & needed))
        return;
    role_names(roles, needed);
    role_names(has, held);
    journal_format(&node->journal, EVENT_NAME_API_DENIED, NULL, "operator %s (%s): %s %s",
                   certified ? certified->name : "of no statement", has, request->row->method, request->row->path);
    request_refuse(request, MUSTER_EROLE, "the operator \"%s\" may not do this: it needs one of: %s; the operator has: %s",
                   certified ? certified->name : "", roles, has);
}

/* The path is one of the API's, asked in another way or with characters that do not decode: 405 says which ways there are. */
static void refuse_method(struct request *request, enum muster_error error, const char *method)
{
    const char *starts[REQUEST_ARGUMENTS_MAX];
    char ways[64] = "";
    struct trouble trouble;
    size_t len = 0;
    for (size_t i = 0; !request->row && i < api_rows_count && len < sizeof(ways); i++) {
        struct request probe = {.argument_count = 0};
        if (row_fits(api_rows[i].path, request->path, &probe, starts) && !strstr(ways, api_rows[i].method))
            len += (size_t)snprintf(ways + len, sizeof(ways) - len, "%s%s", len ? ", " : "", api_rows[i].method);
    }
    if (!ways[0]) {
        request_refuse(request, error, "%s is not how %.200s is asked", method, request->path);
        return;
    }
    trouble_set(&trouble, error, "%s is not how %.200s is asked", method, request->path);
    trouble_do(&trouble, "ask by %s; GET /v1/openapi lists what there is", ways);
    request_refuse_trouble(request, &trouble);
    request->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    if (request->response)
        (void)MHD_add_response_header(request->response, MHD_HTTP_HEADER_ALLOW, ways);
}

static void begin(struct request *request, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    unsigned uid = (unsigned)-1;
    enum api_access access = info ? api_access_of(info->connect_fd, &request->api->groups, &uid) : API_NOTHING;
    request->begun = true;
    request->uid = uid;
    if (request->path_too_long) {
        request_refuse(request, MUSTER_ETOOBIG, "the path is longer than %d bytes", REQUEST_PATH_MAX - 1);
        return;
    }
    enum muster_error error = find_row(request, method);
    bool write = !request->row || (request->row->flags & API_WRITE);
    bool govern = request->row && write && !(request->row->flags & API_LOOKS) &&
                  role_needed(method, request->row->path) == ROLE_ADMIN;
    if (access == API_NOTHING || (write && access < API_WRITES) || (govern && access < API_GOVERNS)) {
        journal_format(&request->node->journal, EVENT_NAME_API_DENIED, NULL, "user %u: %s", uid, method);
        request_speaks(request->node, request);
        audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_API_DENIED, NULL,
                  access == API_NOTHING  ? "a user of no group asked"
                  : access == API_READS  ? "a user who may only read wanted to write"
                                         : "a user who may write wanted to govern");
        request_speaks(request->node, NULL);
        request_refuse(request, MUSTER_EPERMISSION,
                       access == API_WRITES ? "user %u may not %s here: that is for the group muster-admin" : "user %u may not %s here", uid,
                       access == API_NOTHING ? "read" : access == API_READS ? "write" : "govern");
    } else if (error == MUSTER_ENOTFOUND) {
        struct trouble trouble;
        trouble_set(&trouble, error, "the API has no %s %.200s", method, request->path);
        trouble_do(&trouble, "GET /v1/openapi lists what there is");
        request_refuse_trouble(request, &trouble);
    } else if (error) {
        refuse_method(request, error, method);
    } else if (!request->node->core && !(request->row->flags & API_ALWAYS)) {
        request_refuse(request, MUSTER_ENOTREADY, "this node has not been initialised");
    } else {
        find_operator(request, uid);
    }
}

/* How long the body of this request may be. */
static size_t body_max(const struct request *request)
{
    return request->row && (request->row->flags & API_FILE) ? API_FILE_MAX : API_BODY_MAX;
}

static void take_body(struct request *request, const char *bytes, size_t len)
{
    struct api *api = request->api;
    size_t max = body_max(request);
    if (request->body_len + len > max || (request->too_big)) {
        request->too_big = true;
        request->discarded += len;
        return;
    }
    if (request->response)
        return; /* refused already: read on, so that the client gets to read its answer */
    if (request->body_len + len > request->body_size) {
        size_t size = request->body_size ? request->body_size * 2 : 4096;
        while (size < request->body_len + len)
            size *= 2;
        if (size > max)
            size = max;
        char *bigger = api->bodies + size - request->body_size > API_BODIES_MAX ? NULL : realloc(request->body, size);
        if (!bigger) {
            request_refuse(request, MUSTER_EBUSY, "there is no room for the request's body at this moment");
            return;
        }
        api->bodies += size - request->body_size;
        request->body = bigger;
        request->body_size = size;
    }
    memcpy(request->body + request->body_len, bytes, len);
    request->body_len += len;
}

static void read_json(struct request *request)
{
    json_error_t where;
    if (!request->body_len || (request->row->flags & API_FILE)) {
        request->json = json_object();
        return;
    }
    request->json = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &where);
    if (!request->json)
        request_refuse(request, MUSTER_EUSAGE, "the body is not JSON: line %d, column %d: %s", where.line, where.column,
                       where.text);
    else if (!json_is_object(request->json))
        request_refuse(request, MUSTER_EUSAGE, "the body is not a JSON object");
}

static void run(struct request *request)
{
    request->ran = true;
    if (request->too_big) {
        struct trouble trouble;
        trouble_set(&trouble, MUSTER_ETOOBIG, "the body is longer than %zu bytes", body_max(request));
        trouble_do(&trouble, "send it in several requests, or less in one");
        request_refuse_trouble(request, &trouble);
    }
    if (!request->response)
        read_json(request);
    if (!request->response)
        api_body_check(request);
    if (!request->response && (request->row->flags & API_WRITE) && !(request->row->flags & API_DRY) && request_dry(request))
        request_refuse(request, MUSTER_EUSAGE, "there is no dry run of this: nothing was done");
    request_speaks(request->node, request);
    if (!request->response)
        request->row->run(request);
    request_speaks(request->node, NULL);
}

/* The handler runs once all of the body is here; it answers, or waits for the core and answers later. */
static enum MHD_Result request_go_on(struct request *request, struct MHD_Connection *connection, const char *method,
                                     const char *upload, size_t *upload_size)
{
    if (!request->begun) {
        begin(request, method);
        return MHD_YES;
    }
    if (*upload_size) {
        take_body(request, upload, *upload_size);
        *upload_size = 0;
        return request->discarded > API_DISCARD_MAX ? MHD_NO : MHD_YES;
    }
    if (!request->ran)
        run(request);
    while (!request->waiting && !request->response && request->then) {
        request_fn *then = request->then;
        request->then = NULL;
        request_speaks(request->node, request);
        then(request);
        request_speaks(request->node, NULL);
    }
    if (request->waiting) {
        request->suspended = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    if (!request->response) {
        request_refuse(request, MUSTER_EINTERNAL, "there was no answer to %s %.100s", method, request->path);
        if (!request->response)
            return MHD_NO;
    }
    return MHD_queue_response(connection, request->status, request->response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **req)
{
    struct request *request = *req;
    (void)cls;
    (void)url;
    (void)version;
    if (!request)
        return MHD_NO;
    if (!request->begun) {
        const char *wanted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
        request->language = wanted && strncasecmp(wanted, "zh", 2) == 0 ? "zh" : NULL;
    }
    lang_use(request->language);
    enum MHD_Result result = request_go_on(request, connection, method, upload, upload_size);
    lang_use(NULL); /* all else that this thread says, to journal and audit, is English */
    return result;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **req, enum MHD_RequestTerminationCode why)
{
    struct request *request = *req;
    (void)cls;
    (void)connection;
    (void)why;
    if (!request)
        return;
    *req = NULL;
    request->connection = NULL;
    if (!request->waiting)
        request_free(request); /* else the core still writes into its results */
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static int on_readable(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    struct api *api = argument;
    (void)loop;
    (void)item;
    api_run(api);
    turn_mark(api->node); /* what was read from the store is given back at the turn's end */
    return 0;
}

void api_run(struct api *api)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    if (!api || api->stopping)
        return;
    (void)MHD_run(api->daemon);
    if (MHD_get_timeout(api->daemon, &timeout) == MHD_YES && timeout == 0)
        turn_mark(api->node); /* more is ready; longer timeouts are met by the tick */
}

void api_writers(const struct api *api, size_t *waiting, uint64_t *answered)
{
    *waiting = api ? api->waiting_count : 0;
    *answered = api ? api->answered : 0;
}

void api_wait(struct api *api, uint64_t microseconds)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd readable = {.fd = info->epoll_fd, .events = POLLIN};
    struct timespec ts = {.tv_nsec = (long)microseconds * 1000};
    if (MHD_get_timeout(api->daemon, &timeout) != MHD_YES || timeout != 0)
        (void)ppoll(&readable, 1, &ts, NULL);
    api_run(api);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **guest,
                          enum MHD_ConnectionNotificationCode what)
{
    struct api *api = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        api_crowd_leave(*guest);
    else
        *guest = info ? api_crowd_enter(&api->crowd, info->connect_fd) : NULL;
}

enum muster_error api_start(struct api **out, struct node *node, struct trouble *trouble)
{
    struct api *api = calloc(1, sizeof(*api));
    *out = NULL;
    if (!api)
        return trouble_set(trouble, MUSTER_EBUSY, "there is no memory for the local API");
    api->node = node;
    api_groups_find(&api->groups);
    api->fd = api_socket_open(node->config.socket, trouble);
    if (api->fd < 0) {
        free(api);
        return trouble->error;
    }
    api->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, api, MHD_OPTION_LISTEN_SOCKET, api->fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)API_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)API_MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)API_TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, api, MHD_OPTION_NOTIFY_CONNECTION, on_connection, api, MHD_OPTION_URI_LOG_CALLBACK, on_uri, api,
        MHD_OPTION_END);
    const union MHD_DaemonInfo *info = api->daemon ? MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    zmq_pollitem_t item = {.fd = info ? info->epoll_fd : -1, .events = ZMQ_POLLIN};
    if (!info || zloop_poller(node->loop, &item, on_readable, api) != 0) {
        api_stop(api);
        return trouble_set(trouble, MUSTER_EBUSY, "the local API cannot start: no descriptors or memory left");
    }
    zloop_poller_set_tolerant(node->loop, &item);
    *out = api;
    return MUSTER_OK;
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    api->stopping = true;
    if (api->daemon) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        zmq_pollitem_t item = {.fd = info->epoll_fd, .events = ZMQ_POLLIN};
        zloop_poller_end(api->node->loop, &item);
        /* The suspended ones go on, so that the daemon can end them; what they wait for is told to nobody. */
        for (struct request *request = api->waiting; request; request = request->next)
            if (request->suspended) {
                request->suspended = false;
                MHD_resume_connection(request->connection);
            }
        feeds_end(api->node);
        backup_end(api->node);
        works_end(api->node);
        MHD_stop_daemon(api->daemon); /* closes the listening socket too */
    } else {
        close(api->fd);
    }
    while (api->waiting) {
        struct request *request = api->waiting;
        api->waiting = request->next;
        request_free(request);
    }
    unlink(api->node->config.socket);
    api->node->api = NULL;
    free(api);
}
