#include "client/client.h"

#include "client/http.h"
#include "client/socket.h"
#include "lang/lang.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 64 * 1024, REQUEST_HEAD_BYTES = URL_BYTES_MAX + 256 };

static enum muster_error unreachable(struct fault *fault, const struct client *client,
                                     enum muster_error error, int reason)
{
    switch (error) {
    case MUSTER_EUSAGE:
        fault_set(fault, error, "the socket path \"%s\" cannot be used", client->socket);
        fault_why(fault, "a socket path has 1 to %d bytes", CLIENT_SOCKET_BYTES - 1);
        return error;
    case MUSTER_EPERMISSION:
        fault_set(fault, error, "this user may not speak to the node at %s", client->socket);
        fault_why(fault, "the socket belongs to the group muster");
        fault_step(fault, "sudo usermod -aG muster \"$USER\"   (then log in again)");
        return error;
    case MUSTER_ETIMEOUT:
        fault_set(fault, MUSTER_EBUSY, "the node at %s takes no more connections at this moment",
                  client->socket);
        fault_step(fault, "try again, or give it longer with --timeout");
        return MUSTER_EBUSY;
    default:
        fault_set(fault, MUSTER_EUNREACHABLE, "the node at %s does not answer", client->socket);
        fault_why(fault, "%s",
                  reason == ENOENT         ? _("there is no such socket: musterd is not running here")
                  : reason == ECONNREFUSED ? _("the socket is there, but musterd has stopped")
                                           : lang_errno(reason));
        fault_step(fault, "systemctl start musterd");
        fault_step(fault, "muster --socket PATH %s", _("status   (if it listens elsewhere)"));
        return MUSTER_EUNREACHABLE;
    }
}

static enum muster_error broken_off(struct fault *fault, const struct client *client, enum muster_error error)
{
    switch (error) {
    case MUSTER_ETIMEOUT:
        fault_set(fault, error, "the node did not answer within %d.%d s", client->timeout_ms / 1000,
                  client->timeout_ms % 1000 / 100);
        fault_why(fault, "it is busy, or the answer is long; what it has begun goes on");
        fault_step(fault, "muster status");
        fault_step(fault, "repeat with a longer --timeout");
        return error;
    case MUSTER_ETOOBIG:
        fault_set(fault, error, "the node's answer is larger than %d MB", HTTP_BODY_MAX / (1024 * 1024));
        fault_step(fault, "ask for less: --limit, or a filter FIELD=VALUE");
        return error;
    case MUSTER_ESTORE:
        fault_set(fault, MUSTER_EINTERNAL, "there is no memory for the node's answer");
        fault_step(fault, "ask for less: --limit, or a filter FIELD=VALUE");
        return MUSTER_EINTERNAL;
    case MUSTER_ETRUNCATED:
        fault_set(fault, MUSTER_EUNREACHABLE, "the node broke off its answer");
        fault_why(fault, "musterd stopped or was restarted meanwhile");
        fault_step(fault, "muster status");
        return MUSTER_EUNREACHABLE;
    default:
        fault_set(fault, MUSTER_EINTERNAL, "what answers at %s is no muster node", client->socket);
        fault_why(fault, "its answer is not HTTP with JSON: %s", _(error_what(error)));
        fault_step(fault, "check --socket and MUSTER_SOCKET");
        return MUSTER_EINTERNAL;
    }
}

struct content { /* of a request */
    const char *media_type;
    const void *at; /* NULL: none */
    size_t len;
};

static struct content content_of(const char *json)
{
    return (struct content){"application/json", json, json ? strlen(json) : 0};
}

static enum muster_error request_send(int fd, const char *language, const char *method, const struct url *url,
                                      const struct content *body, int64_t deadline)
{
    char head[REQUEST_HEAD_BYTES];
    int head_len =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: muster\r\nConnection: close\r\nAccept: application/json\r\n"
                 "User-Agent: muster/" MUSTER_VERSION "\r\n%s%s%s%s%s%sContent-Length: %zu\r\n\r\n",
                 method, url->text, language ? "Accept-Language: " : "", language ? language : "", language ? "\r\n" : "", body->at ? "Content-Type: " : "", body->at ? body->media_type : "",
                 body->at ? "\r\n" : "", body->len);
    if (head_len < 0 || (size_t)head_len >= sizeof head)
        return MUSTER_EUSAGE;
    enum muster_error error = socket_send(fd, head, (size_t)head_len, deadline);
    return error || body->len == 0 ? error : socket_send(fd, body->at, body->len, deadline);
}

static enum muster_error answer_read(int fd, struct http_reader *reader, int64_t deadline)
{
    enum muster_error error = MUSTER_OK;
    uint8_t *buffer = malloc(RECEIVE_BYTES);
    if (!buffer)
        return MUSTER_ESTORE;
    while (!error && reader->state != HTTP_COMPLETE) {
        size_t len = 0;
        error = socket_receive(fd, buffer, RECEIVE_BYTES, &len, deadline);
        if (!error && len == 0) {
            error = http_reader_close(reader);
            break;
        }
        if (!error)
            error = http_reader_feed(reader, buffer, len);
    }
    free(buffer);
    return error;
}

/* Connects and sends; *out is a descriptor to read the answer from. */
static enum muster_error exchange_begin(const struct client *client, const char *method, const struct url *url,
                                        const struct content *body, int64_t deadline, int *out, struct fault *fault)
{
    int fd;
    if (url->overflow) {
        fault_set(fault, MUSTER_EUSAGE, "the question is longer than %d bytes", URL_BYTES_MAX);
        fault_step(fault, "use fewer or shorter filters");
        return MUSTER_EUSAGE;
    }
    enum muster_error error = socket_open(&fd, client->socket, deadline);
    if (error)
        return unreachable(fault, client, error, errno);
    error = request_send(fd, client->language, method, url, body, deadline);
    /* A node that refuses a request early closes before reading all of it; its answer is there to read. */
    if (!error || error == MUSTER_ETRUNCATED) {
        *out = fd;
        return MUSTER_OK;
    }
    close(fd);
    return broken_off(fault, client, error);
}

/* Reads, and closes the descriptor: reader is filled on OK; on anything else fault is. */
static enum muster_error exchange_finish(const struct client *client, int fd, int64_t deadline, struct http_reader *reader,
                                         struct fault *fault)
{
    enum muster_error error = answer_read(fd, reader, deadline);
    close(fd);
    return error ? broken_off(fault, client, error) : MUSTER_OK;
}

static enum muster_error exchange(const struct client *client, const char *method, const struct url *url,
                                  const struct content *body, struct http_reader *reader, struct fault *fault)
{
    int64_t deadline = deadline_in(client->timeout_ms);
    int fd = -1;
    enum muster_error error = exchange_begin(client, method, url, body, deadline, &fd, fault);
    return error ? error : exchange_finish(client, fd, deadline, reader, fault);
}

static json_t *body_parse(const struct http_reader *reader)
{
    return json_loadb((const char *)reader->body, reader->body_len, JSON_REJECT_DUPLICATES, NULL);
}

/* For an answer of status 4xx or 5xx. */
static enum muster_error refused(const struct http_reader *reader, const struct client *client,
                                 struct fault *fault)
{
    json_t *json = reader->body ? body_parse(reader) : NULL;
    bool understood = fault_from_json(fault, json_object_get(json, "error"));
    json_decref(json);
    if (understood)
        return error_by_name(fault->code);
    fault_set(fault, MUSTER_EINTERNAL, "the node at %s answered with status %d and no reason", client->socket,
              reader->status);
    fault_step(fault, "journalctl -u musterd -n 50");
    return MUSTER_EINTERNAL;
}

static struct http_reader *reader_new(struct fault *fault)
{
    struct http_reader *reader = malloc(sizeof *reader);
    if (reader)
        http_reader_start(reader);
    else
        fault_set(fault, MUSTER_EINTERNAL, "there is no memory for the node's answer");
    return reader;
}

static void reader_free(struct http_reader *reader)
{
    if (reader)
        http_reader_clear(reader);
    free(reader);
}

/* An answer that must be a JSON object. */
static enum muster_error json_answer(const struct client *client, const struct http_reader *reader, json_t **answer,
                                     struct fault *fault)
{
    if (reader->status >= 400)
        return refused(reader, client, fault);
    *answer = reader->status < 300 && reader->body ? body_parse(reader) : NULL;
    if (json_is_object(*answer))
        return MUSTER_OK;
    json_decref(*answer);
    *answer = NULL;
    return broken_off(fault, client, MUSTER_EBADVALUE);
}

static enum muster_error json_exchange(const struct client *client, const char *method, const struct url *url,
                                       const struct content *body, struct http_reader *reader, json_t **answer,
                                       struct fault *fault)
{
    enum muster_error error = exchange(client, method, url, body, reader, fault);
    return error ? error : json_answer(client, reader, answer, fault);
}

static enum muster_error too_large(struct fault *fault)
{
    fault_set(fault, MUSTER_ETOOBIG, "the request is larger than %d MB", CLIENT_REQUEST_MAX / (1024 * 1024));
    fault_step(fault, "send less at once; a record holds at most 192 kB");
    return MUSTER_ETOOBIG;
}

static enum muster_error text_exchange(const struct client *client, const char *method, const struct url *url,
                                       const struct content *content, json_t **answer, struct fault *fault)
{
    if (content->len > CLIENT_REQUEST_MAX)
        return too_large(fault);
    struct http_reader *reader = reader_new(fault);
    enum muster_error error =
        reader ? json_exchange(client, method, url, content, reader, answer, fault) : MUSTER_EINTERNAL;
    reader_free(reader);
    return error;
}

enum muster_error client_post_begin(const struct client *client, const struct url *url, const char *text, size_t len,
                                    struct client_post *out, struct fault *fault)
{
    struct content content = {"application/json", text, len};
    *out = (struct client_post){.fd = -1};
    return len > CLIENT_REQUEST_MAX
               ? too_large(fault)
               : exchange_begin(client, "POST", url, &content, deadline_in(client->timeout_ms), &out->fd, fault);
}

enum muster_error client_post_finish(const struct client *client, struct client_post *post, json_t **answer, struct fault *fault)
{
    struct http_reader *reader = reader_new(fault);
    enum muster_error error = reader ? exchange_finish(client, post->fd, deadline_in(client->timeout_ms), reader, fault)
                                     : MUSTER_EINTERNAL;
    if (reader)
        post->fd = -1;
    if (!error)
        error = json_answer(client, reader, answer, fault);
    client_post_drop(post);
    reader_free(reader);
    return error;
}

void client_post_drop(struct client_post *post)
{
    if (post->fd >= 0)
        close(post->fd);
    post->fd = -1;
}

enum muster_error client_call(const struct client *client, const char *method, const struct url *url,
                              const json_t *body, json_t **answer, struct fault *fault)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct content content = content_of(text);
    if (body && !text)
        content.len = CLIENT_REQUEST_MAX + 1; /* no memory: too big for here */
    enum muster_error error = text_exchange(client, method, url, &content, answer, fault);
    free(text);
    return error;
}

static enum muster_error bytes_exchange(const struct client *client, const char *method, const struct url *url,
                                        const struct content *body, struct client_bytes *out, struct fault *fault)
{
    enum muster_error error = MUSTER_EINTERNAL;
    struct http_reader *reader = reader_new(fault);
    if (!reader)
        return error;
    error = exchange(client, method, url, body, reader, fault);
    if (!error && reader->status >= 300)
        error = refused(reader, client, fault);
    if (!error) {
        snprintf(out->media_type, sizeof out->media_type, "%s", reader->media_type);
        snprintf(out->parameters, sizeof out->parameters, "%s", reader->parameters);
        out->at = reader->body;
        out->len = reader->body_len;
        reader->body = NULL;
    }
    reader_free(reader);
    return error;
}

enum muster_error client_get_bytes(const struct client *client, const struct url *url,
                                   struct client_bytes *out, struct fault *fault)
{
    struct content none = content_of(NULL);
    return bytes_exchange(client, "GET", url, &none, out, fault);
}

enum muster_error client_post_for_bytes(const struct client *client, const struct url *url, const json_t *body,
                                        struct client_bytes *out, struct fault *fault)
{
    char *text = json_dumps(body, JSON_COMPACT);
    if (!text) {
        fault_set(fault, MUSTER_EINTERNAL, "there is no memory for the question");
        return MUSTER_EINTERNAL;
    }
    struct content content = content_of(text);
    enum muster_error error = bytes_exchange(client, "POST", url, &content, out, fault);
    free(text);
    return error;
}

enum muster_error client_send_file(const struct client *client, const struct url *url, const void *bytes,
                                   size_t len, json_t **answer, struct fault *fault)
{
    struct content content = {"application/octet-stream", bytes, len};
    if (len > CLIENT_FILE_MAX) {
        fault_set(fault, MUSTER_ETOOBIG, "the file is larger than %d MB", CLIENT_FILE_MAX / (1024 * 1024));
        return MUSTER_ETOOBIG;
    }
    struct http_reader *reader = reader_new(fault);
    if (!reader)
        return MUSTER_EINTERNAL;
    enum muster_error error = json_exchange(client, "POST", url, &content, reader, answer, fault);
    reader_free(reader);
    return error;
}

/* --- answers that go on -------------------------------------------------------------------------------------- */

static enum muster_error stream_read(int fd, int timeout_ms, struct http_reader *reader, client_take take, void *user)
{
    enum muster_error error = MUSTER_OK;
    uint8_t *buffer = malloc(RECEIVE_BYTES);
    bool more = true;
    if (!buffer)
        return MUSTER_ESTORE;
    while (!error && more && reader->state != HTTP_COMPLETE) {
        size_t len = 0;
        error = socket_receive(fd, buffer, RECEIVE_BYTES, &len, deadline_in(timeout_ms));
        if (!error && len == 0) {
            error = http_reader_close(reader);
            break;
        }
        if (!error)
            error = http_reader_feed(reader, buffer, len);
        if (!error && reader->status >= 200 && reader->status < 300 && reader->body_len) {
            more = take(user, (const char *)reader->body, reader->body_len);
            reader->body_len = 0;
        }
    }
    free(buffer);
    return error;
}

static enum muster_error stream_exchange(const struct client *client, const char *method, const struct url *url,
                                         const struct content *content, client_take take, void *user, struct fault *fault)
{
    int fd;
    if (url->overflow) {
        fault_set(fault, MUSTER_EUSAGE, "the question is longer than %d bytes", URL_BYTES_MAX);
        return MUSTER_EUSAGE;
    }
    struct http_reader *reader = reader_new(fault);
    if (!reader)
        return MUSTER_EINTERNAL;
    int64_t deadline = deadline_in(client->timeout_ms);
    enum muster_error error = socket_open(&fd, client->socket, deadline);
    if (error) {
        error = unreachable(fault, client, error, errno);
    } else {
        error = request_send(fd, client->language, method, url, content, deadline);
        if (!error)
            error = stream_read(fd, client->timeout_ms, reader, take, user);
        close(fd);
        if (error)
            error = broken_off(fault, client, error);
        else if (reader->status >= 300)
            error = refused(reader, client, fault);
    }
    reader_free(reader);
    return error;
}

enum muster_error client_stream(const struct client *client, const struct url *url, client_take take, void *user,
                                struct fault *fault)
{
    struct content none = content_of(NULL);
    return stream_exchange(client, "GET", url, &none, take, user, fault);
}

enum muster_error client_post_stream(const struct client *client, const struct url *url, const json_t *body,
                                     client_take take, void *user, struct fault *fault)
{
    char *text = json_dumps(body, JSON_COMPACT);
    if (!text) {
        fault_set(fault, MUSTER_EINTERNAL, "there is no memory for the question");
        return MUSTER_EINTERNAL;
    }
    struct content content = content_of(text);
    enum muster_error error = stream_exchange(client, "POST", url, &content, take, user, fault);
    free(text);
    return error;
}
