#include "unit/client/fake_node.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 8 * 1024 * 1024, HEAD_BYTES = 512 };

struct fake_node {
    const struct fake_route *routes;
    int listener, stop[2]; /* a byte in stop ends everything */
    pthread_t thread;
    pthread_mutex_t lock;
    char folder[64], path[96];
    char asked[FAKE_ASKED_MAX][FAKE_TARGET_BYTES];
    json_t *bodies[FAKE_ASKED_MAX];
    size_t count;
};

/* False when the node is told to stop first. */
static bool ready(struct fake_node *node, int fd)
{
    struct pollfd both[2] = {
        {.fd = fd,            .events = POLLIN},
        {.fd = node->stop[0], .events = POLLIN}
    };
    while (poll(both, 2, -1) < 0)
        ;
    return both[1].revents == 0;
}

static char *request_read(struct fake_node *node, int fd, size_t *head_len)
{
    char *text = malloc(REQUEST_BYTES_MAX + 1), *end = NULL;
    size_t len = 0, want = REQUEST_BYTES_MAX;
    while (len < want && ready(node, fd)) {
        ssize_t got = recv(fd, text + len, REQUEST_BYTES_MAX - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
        end = end ? end : strstr(text, "\r\n\r\n");
        if (end && want == REQUEST_BYTES_MAX) {
            const char *length = strstr(text, "Content-Length: ");
            want = (size_t)(end - text) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
    text[len] = '\0';
    *head_len = end ? (size_t)(end - text) + 4 : len;
    return text;
}

static void all_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void answer_send(int fd, int status, const char *body, size_t len, bool chunks)
{
    char head[HEAD_BYTES];
    int head_len =
        chunks ? snprintf(
                     head, sizeof head,
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                     status)
               : snprintf(head, sizeof head,
                          "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                          status, len);
    all_send(fd, head, (size_t)head_len);
    while (chunks && len > 0) {
        size_t part = len < 7 ? len : 7;
        head_len = snprintf(head, sizeof head, "%zx;x=y\r\n%.*s\r\n", part, (int)part, body);
        all_send(fd, head, (size_t)head_len);
        body += part;
        len -= part;
    }
    if (chunks)
        all_send(fd, "0\r\nTrailer: x\r\n\r\n", 17);
    else
        all_send(fd, body, len);
}

static void records_send(int fd, const json_t *body)
{
    json_t *items = json_array();
    size_t count = json_array_size(json_object_get(body, "items"));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s}", "object", "00112233445566778899aabbccddeeff",
                                        "short", "inc-7k2q9", "state", "stored"));
    json_t *answer =
        json_pack("{s:o, s:i, s:i, s:i}", "items", items, "stored", (int)count, "existing", 0, "refused", 0);
    if (json_is_true(json_object_get(body, "dry_run"))) {
        json_object_set_new(answer, "dry_run", json_true());
        json_object_set_new(answer, "recipients",
                            json_pack("[{s:{s:s}, s:s, s:b, s:b, s:b, s:s, s:s}]", "agency", "name", "Red Cross", "right", "write",
                                      "gets", 1, "reads", 1, "confirmed", 0, "hop", "direct", "say", "straight from here"));
    }
    char *text = json_dumps(answer, 0);
    answer_send(fd, 200, text, strlen(text), false);
    free(text);
    json_decref(answer);
}

static void request_answer(struct fake_node *node, int fd, const char *asked, const json_t *body)
{
    static const char missing[] = "{\"error\":{\"code\":\"ENOTFOUND\",\"exit\":3,\"message\":\"nothing is "
                                  "called that\",\"why\":\"it is not here\","
                                  "\"do\":[\"muster list\"],\"object\":null}}";
    size_t exact = strcspn(asked, "?");
    for (const struct fake_route *route = node->routes; route->request; route++) {
        if (strlen(route->request) != exact || strncmp(route->request, asked, exact) != 0)
            continue;
        size_t len = route->body_len ? route->body_len : strlen(route->body);
        if (route->way == FAKE_HOLD) {
            char byte;
            while (ready(node, fd) && recv(fd, &byte, 1, 0) > 0)
                ;
        } else if (route->way == FAKE_RAW) {
            all_send(fd, route->body, len);
        } else {
            answer_send(fd, route->status ? route->status : 200, route->body, len, route->way == FAKE_CHUNKS);
        }
        return;
    }
    if (strcmp(asked, "POST /v1/records") == 0)
        records_send(fd, body);
    else
        answer_send(fd, 404, missing, strlen(missing), false);
}

static void connection_serve(struct fake_node *node, int fd)
{
    size_t head_len;
    char *text = request_read(node, fd, &head_len), *version = strstr(text, " HTTP/1.1");
    json_t *body = text[head_len] ? json_loads(text + head_len, 0, NULL) : NULL;
    if (version) {
        *version = '\0';
        pthread_mutex_lock(&node->lock);
        if (node->count < FAKE_ASKED_MAX) {
            snprintf(node->asked[node->count], FAKE_TARGET_BYTES, "%s", text);
            node->bodies[node->count++] = json_incref(body);
        }
        pthread_mutex_unlock(&node->lock);
        request_answer(node, fd, text, body);
    }
    json_decref(body);
    free(text);
    close(fd);
}

static void *node_run(void *data)
{
    struct fake_node *node = data;
    while (ready(node, node->listener)) {
        int fd = accept4(node->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            connection_serve(node, fd);
    }
    return NULL;
}

struct fake_node *fake_node_start(const struct fake_route *routes)
{
    struct fake_node *node = calloc(1, sizeof *node);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    node->routes = routes;
    strcpy(node->folder, "/tmp/muster-fake-XXXXXX");
    if (!mkdtemp(node->folder) || pipe(node->stop) != 0)
        abort();
    snprintf(node->path, sizeof node->path, "%s/api.sock", node->folder);
    strcpy(address.sun_path, node->path);
    node->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(node->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(node->listener, 16) != 0)
        abort();
    pthread_mutex_init(&node->lock, NULL);
    if (pthread_create(&node->thread, NULL, node_run, node) != 0)
        abort();
    return node;
}

void fake_node_stop(struct fake_node *node)
{
    if (write(node->stop[1], "x", 1) != 1)
        abort();
    pthread_join(node->thread, NULL);
    close(node->listener);
    close(node->stop[0]);
    close(node->stop[1]);
    unlink(node->path);
    rmdir(node->folder);
    for (size_t i = 0; i < node->count; i++)
        json_decref(node->bodies[i]);
    pthread_mutex_destroy(&node->lock);
    free(node);
}

const char *fake_node_socket(const struct fake_node *node)
{
    return node->path;
}

const char *fake_node_folder(const struct fake_node *node)
{
    return node->folder;
}

const char *fake_node_asked(struct fake_node *node, size_t i)
{
    pthread_mutex_lock(&node->lock);
    const char *asked = i < node->count ? node->asked[i] : NULL;
    pthread_mutex_unlock(&node->lock);
    return asked;
}

const json_t *fake_node_body(struct fake_node *node, size_t i)
{
    pthread_mutex_lock(&node->lock);
    const json_t *body = i < node->count ? node->bodies[i] : NULL;
    pthread_mutex_unlock(&node->lock);
    return body;
}
