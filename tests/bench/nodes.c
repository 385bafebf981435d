/* nodes.c — real nodes, asked through their API only. */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

enum { START_SECONDS = 60, MUSTER_ARGUMENTS_MAX = 15 };

int node_free_port(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_check(fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0 &&
                    getsockname(fd, (struct sockaddr *)&name, &len) == 0,
                "no port of loopback is free");
    close(fd);
    return ntohs(name.sin_port);
}

static void launch(struct bench *bench, struct bench_node *node)
{
    char data[BENCH_PATH_BYTES + 8], journal[BENCH_PATH_BYTES + 16];
    snprintf(data, sizeof(data), "%s/data", node->dir);
    snprintf(journal, sizeof(journal), "%s/journal", node->dir);
    node->pid = fork();
    bench_check(node->pid >= 0, "fork failed");
    if (node->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 50000); /* as it is for everybody; the bench's own is shorter */
    int fd = open(journal, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    execl(bench->musterd, "musterd", "--config", "/dev/null", "--data", data, "--socket", node->socket, (char *)NULL);
    _exit(127);
}

double node_run(struct bench *bench, struct bench_node *node)
{
    double from = bench_now();
    launch(bench, node);
    while (http_call(&node->http, "GET", "/v1/status", NULL, 0) != 200) {
        int status;
        if (waitpid(node->pid, &status, WNOHANG) == node->pid)
            bench_fail("musterd of %s ended at once; see its journal with --keep", node->name);
        if (bench_now() - from > START_SECONDS)
            bench_fail("musterd of %s does not answer", node->name);
        bench_wait(0.001);
    }
    return bench_now() - from;
}

static void post(struct bench_node *node, const char *path, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    bench_check(text, "no memory");
    int status = http_call(&node->http, "POST", path, text, strlen(text));
    if (status < 200 || status > 299)
        bench_fail("%s: POST %s: %d %.400s", node->name, path, status, status ? node->http.answer : "");
    free(text);
    json_decref(body);
}

static void get(struct bench_node *node, const char *path)
{
    int status = http_call(&node->http, "GET", path, NULL, 0);
    if (status != 200)
        bench_fail("%s: GET %s: %d %.400s", node->name, path, status, status ? node->http.answer : "");
}

static char *answer_text(struct bench_node *node, const char *name)
{
    json_t *answer = json_loads(node->http.answer, 0, NULL);
    const char *text = json_string_value(json_object_get(answer, name));
    if (!text)
        bench_fail("%s: the answer has no %s: %.200s", node->name, name, node->http.answer);
    char *copy = strdup(text);
    json_decref(answer);
    bench_check(copy, "no memory");
    return copy;
}

void node_new(struct bench *bench, struct bench_node *node, int port, int advertised)
{
    char endpoint[64], outside[64], agency[64];
    *node = (struct bench_node){.port = port ? port : node_free_port(), .keep = bench->keep};
    node->advertised = advertised ? advertised : node->port;
    snprintf(node->name, sizeof(node->name), "n%u", bench->next_node++);
    snprintf(node->dir, sizeof(node->dir), "%s/%s", bench->root, node->name);
    snprintf(node->socket, sizeof(node->socket), "%s/%s/s", bench->root, node->name);
    bench_check(mkdir(node->dir, 0700) == 0, "a directory cannot be made");
    http_open(&node->http, node->socket);
    node_run(bench, node);
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%d", node->port);
    snprintf(outside, sizeof(outside), "tcp://127.0.0.1:%d", node->advertised);
    snprintf(agency, sizeof(agency), "Agency of %s", node->name);
    post(node, "/v1/init",
         json_pack("{s:s,s:s,s:[s],s:[s]}", "agency", agency, "node", node->name, "listen", endpoint, "advertise",
                   outside));
}

static void finish(struct bench_node *node, int sig)
{
    int status;
    if (node->pid <= 0)
        return;
    kill(node->pid, sig);
    waitpid(node->pid, &status, 0);
    node->pid = 0;
    if (node->http.fd >= 0)
        close(node->http.fd);
    node->http.fd = -1;
    if (sig == SIGTERM && status)
        bench_fail("musterd of %s did not end cleanly (status %x)", node->name, (unsigned)status);
}

void node_end(struct bench_node *node)
{
    finish(node, SIGTERM);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void node_remove(struct bench_node *node)
{
    finish(node, SIGTERM);
    http_close(&node->http);
    if (!node->keep)
        nftw(node->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

double node_muster(const struct bench *bench, const struct bench_node *node, const char *const *arguments)
{
    char muster[512], words[3 + MUSTER_ARGUMENTS_MAX][BENCH_PATH_BYTES] = {"muster", "--socket"}, *argv[3 + MUSTER_ARGUMENTS_MAX + 1];
    const char *slash = strrchr(bench->musterd, '/');
    size_t count = 3;
    memcpy(words[2], node->socket, sizeof(words[2]));
    snprintf(muster, sizeof(muster), "%.*smuster", slash ? (int)(slash - bench->musterd + 1) : 0, bench->musterd);
    for (; *arguments && count < 3 + MUSTER_ARGUMENTS_MAX; arguments++)
        snprintf(words[count++], sizeof(words[0]), "%s", *arguments);
    for (size_t i = 0; i < count; i++)
        argv[i] = words[i];
    argv[count] = NULL;
    double from = bench_now();
    int status = 0;
    pid_t pid = fork();
    bench_check(pid >= 0, "fork failed");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(fd, 1);
        dup2(fd, 2); /* "there is more" */
        execv(muster, argv);
        _exit(127);
    }
    bench_check(waitpid(pid, &status, 0) == pid, "wait failed");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("%s %s ended with %d", muster, argv[3], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return bench_now() - from;
}

void node_space(struct bench_node *node, const char *name)
{
    post(node, "/v1/spaces", json_pack("{s:s,s:s}", "name", name, "purpose", "measuring"));
}

char *node_invite(struct bench_node *from, struct bench_node *to, const char *space)
{
    get(to, "/v1/card");
    char *card = answer_text(to, "card");
    post(from, "/v1/invite", json_pack("{s:s,s:s,s:s}", "card", card, "space", space, "right", "write"));
    free(card);
    return answer_text(from, "invite");
}

double node_join(struct bench_node *from, struct bench_node *to, const char *space)
{
    char *invite = node_invite(from, to, space);
    double moment = bench_now();
    post(to, "/v1/join", json_pack("{s:s}", "invite", invite));
    free(invite);
    return moment;
}

/* The space by its name: 0 while the node does not know it. */
size_t node_objects(struct bench_node *node, const char *space)
{
    get(node, "/v1/status");
    json_t *status = json_loads(node->http.answer, 0, NULL), *each;
    size_t i, objects = 0;
    json_array_foreach(json_object_get(status, "spaces"), i, each)
    {
        const char *name = json_string_value(json_object_get(each, "name"));
        if (name && strcmp(name, space) == 0)
            objects = (size_t)json_integer_value(json_object_get(each, "objects"));
    }
    json_decref(status);
    return objects;
}

void node_digest(struct bench_node *node, const char *space, struct node_state *out)
{
    char path[128];
    snprintf(path, sizeof(path), "/v1/digest?space=%s", space);
    get(node, path);
    json_t *answer = json_loads(node->http.answer, 0, NULL);
    const char *digest = json_string_value(json_object_get(answer, "digest"));
    bench_check(digest, "an answer has no digest");
    snprintf(out->digest, sizeof(out->digest), "%s", digest);
    out->objects = (size_t)json_integer_value(json_object_get(answer, "objects"));
    out->records = (size_t)json_integer_value(json_object_get(answer, "records"));
    json_decref(answer);
}

double node_wait(struct bench_node *node, const char *space, size_t objects, double gap, double deadline)
{
    double from = bench_now(), now = from;
    size_t held = 0;
    for (; now - from < deadline; now = bench_now()) {
        held = node_objects(node, space);
        if (held >= objects)
            return bench_now();
        bench_wait(gap);
    }
    bench_fail("%s holds %zu of %zu objects after %.0f s", node->name, held, objects, deadline);
}

/* Takes the ids out of an answer of POST /v1/records; fails if an item was refused. */
static size_t take_ids(struct bench_node *node, char (*ids)[33], size_t count)
{
    const char *at = node->http.answer;
    size_t taken = 0;
    char id[64];
    while (taken < count && http_string(at, "object", id, sizeof(id))) {
        if (strlen(id) != 32)
            break;
        if (ids)
            memcpy(ids[taken], id, 33);
        at = strstr(at, "\"object\":") + 9;
        taken++;
    }
    return taken;
}

void node_write(struct bench_node *node, const char *space, struct sample *sample, size_t count, size_t batch,
                char (*ids)[33])
{
    char *body = malloc(batch * SAMPLE_ITEM_MAX + 256);
    bench_check(body, "no memory");
    for (size_t done = 0; done < count;) {
        size_t n = count - done < batch ? count - done : batch;
        size_t len = (size_t)sprintf(body, "{\"space\":\"%s\",\"items\":[", space);
        for (size_t i = 0; i < n; i++) {
            if (i)
                body[len++] = ',';
            len += sample_item(sample, body + len, false);
        }
        memcpy(body + len, "]}", 2);
        int status = http_call(&node->http, "POST", "/v1/records", body, len + 2);
        if (status != 200)
            bench_fail("%s: writing: %d %.600s", node->name, status, status ? node->http.answer : "");
        if (take_ids(node, ids ? ids + done : NULL, n) != n)
            bench_fail("%s: an item was refused: %.600s", node->name, node->http.answer);
        done += n;
    }
    free(body);
}

void node_equal(struct bench_node *a, struct bench_node *b, const char *space, size_t objects)
{
    struct node_state first, second;
    node_digest(a, space, &first);
    node_digest(b, space, &second);
    if (first.objects != objects || second.objects != objects || strcmp(first.digest, second.digest) != 0)
        bench_fail("%s holds %zu and %s %zu of %zu objects, digests %.12s and %.12s", a->name, first.objects, b->name,
                   second.objects, objects, first.digest, second.digest);
}
