/* http.c — one kept HTTP/1.1 connection to a node's API: as little as a fast client needs. */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void http_open(struct http *http, const char *socket_name)
{
    *http = (struct http){.fd = -1, .size = 256 * 1024};
    snprintf(http->socket, sizeof(http->socket), "%s", socket_name);
    http->buffer = malloc(http->size);
    bench_check(http->buffer, "no memory");
}

void http_close(struct http *http)
{
    if (http->fd >= 0)
        close(http->fd);
    free(http->buffer);
    *http = (struct http){.fd = -1};
}

static bool dial(struct http *http)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (http->fd >= 0)
        return true;
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", http->socket);
    http->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (http->fd >= 0 && connect(http->fd, (struct sockaddr *)&name, sizeof(name)) == 0)
        return true;
    if (http->fd >= 0)
        close(http->fd);
    http->fd = -1;
    return false;
}

static bool put(struct http *http, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(http->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads until `want` bytes are in the buffer, or, with want 0, any. */
static bool get(struct http *http, size_t *have, size_t want)
{
    do {
        if (*have + 4096 > http->size) {
            char *bigger = realloc(http->buffer, http->size * 2);
            bench_check(bigger, "no memory");
            http->buffer = bigger;
            http->size *= 2;
        }
        ssize_t n = recv(http->fd, http->buffer + *have, http->size - *have - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        *have += (size_t)n;
    } while (*have < want);
    return true;
}

static bool exchange(struct http *http, const char *head, size_t head_len, const char *body, size_t len, int *status)
{
    size_t have = 0;
    char *end = NULL;
    if (len && head_len + len < 8192) { /* one packet, as any client would send it */
        char one[8192];
        memcpy(one, head, head_len);
        memcpy(one + head_len, body, len);
        if (!put(http, one, head_len + len))
            return false;
    } else if (!put(http, head, head_len) || (len && !put(http, body, len))) {
        return false;
    }
    while (!end) {
        if (!get(http, &have, 0))
            return false;
        http->buffer[have] = 0;
        end = strstr(http->buffer, "\r\n\r\n");
    }
    size_t from = (size_t)(end - http->buffer) + 4;
    *end = 0;
    const char *length = strcasestr(http->buffer, "\r\ncontent-length:");
    bool closes = strcasestr(http->buffer, "\r\nconnection: close") != NULL;
    *status = (int)strtol(http->buffer + 9, NULL, 10);
    bench_check(length, "an answer of the API has no Content-Length");
    http->answer_len = strtoul(length + 17, NULL, 10);
    if (have < from + http->answer_len && !get(http, &have, from + http->answer_len))
        return false;
    http->answer = http->buffer + from;
    http->answer[http->answer_len] = 0;
    if (closes) {
        close(http->fd);
        http->fd = -1;
    }
    return true;
}

int http_call(struct http *http, const char *method, const char *path, const char *body, size_t len)
{
    char head[1024];
    int status = 0;
    int head_len = strcmp(method, "POST") == 0
                       ? snprintf(head, sizeof(head),
                                  "POST %s HTTP/1.1\r\nHost: muster\r\n"
                                  "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                                  path, len)
                       : snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: muster\r\n\r\n", method, path);
    for (int attempt = 0; attempt < 2; attempt++) { /* a kept connection may have been closed for being idle */
        if (!dial(http))
            return 0;
        if (exchange(http, head, (size_t)head_len, body, len, &status))
            return status;
        close(http->fd);
        http->fd = -1;
    }
    return 0;
}

static const char *behind(const char *at, const char *name)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\"%s\":", name);
    const char *found = strstr(at, wanted);
    if (!found)
        return NULL;
    found += strlen(wanted);
    return found + strspn(found, " ");
}

bool http_number(const char *at, const char *name, double *out)
{
    const char *found = behind(at, name);
    char *end;
    if (!found)
        return false;
    *out = strtod(found, &end);
    return end != found;
}

bool http_string(const char *at, const char *name, char *out, size_t size)
{
    const char *found = behind(at, name);
    if (!found || *found++ != '"')
        return false;
    size_t len = strcspn(found, "\"");
    if (len >= size)
        return false;
    memcpy(out, found, len);
    out[len] = 0;
    return true;
}
