/* relay.c — a counting line between two nodes, a process of its own.
 *
 * With a rate it is a slow line with a modem in front: what waits for the line is at most MODEM_SECONDS of it,
 * then the sender's own kernel holds back.  With a delay, bytes arrive that much later. */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS_MAX = 32, QUEUE_BYTES = 256 * 1024, CHUNKS_MAX = 1024, CHUNK_BYTES = 16 * 1024, SLOW_CHUNK = 256 };
static const double MODEM_SECONDS = 2.0;

struct way { /* one direction of a connection */
    int from, to;
    uint8_t bytes[QUEUE_BYTES];
    size_t head, used;
    struct {
        double due;
        size_t len;
    } chunks[CHUNKS_MAX];
    size_t chunk_head, chunk_count;
    double line_free; /* when the line has sent what it was given */
    bool ended;
};

struct pair {
    bool used;
    struct way way[2]; /* down, up */
};

struct state {
    int listener, target;
    double rate, delay;
    struct relay_view *view;
    struct pair *pairs;
};

static void pair_close(struct pair *pair)
{
    close(pair->way[0].from);
    close(pair->way[1].from);
    pair->used = false;
}

static void small_buffers(const struct state *s, int fd)
{
    int size = 4096, one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (s->rate > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
}

static void pair_open(struct state *s)
{
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)s->target)};
    int in = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    struct pair *pair = NULL;
    for (size_t i = 0; i < PAIRS_MAX && !pair; i++)
        if (!s->pairs[i].used)
            pair = &s->pairs[i];
    int out = in >= 0 && pair && s->view->open ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (out >= 0)
        small_buffers(s, out);
    if (out < 0 || connect(out, (struct sockaddr *)&name, sizeof(name)) != 0) {
        if (in >= 0)
            close(in);
        if (out >= 0)
            close(out);
        return;
    }
    small_buffers(s, in);
    fcntl(in, F_SETFL, O_NONBLOCK);
    fcntl(out, F_SETFL, O_NONBLOCK);
    pair->used = true;
    for (int up = 0; up < 2; up++) {
        struct way *w = &pair->way[up];
        w->from = up ? in : out;
        w->to = up ? out : in;
        w->head = w->used = w->chunk_head = w->chunk_count = 0;
        w->line_free = 0;
        w->ended = false;
    }
    s->view->accepted_at = bench_now();
    s->view->accepted++;
}

/* How many bytes the way takes now. */
static size_t way_room(const struct state *s, const struct way *w)
{
    size_t room = QUEUE_BYTES - w->used;
    if (w->chunk_count == CHUNKS_MAX || w->ended)
        return 0;
    if (s->rate > 0) {
        double waiting = w->line_free - bench_now();
        if (waiting > MODEM_SECONDS)
            return 0;
        return room < SLOW_CHUNK ? room : SLOW_CHUNK;
    }
    return room < CHUNK_BYTES ? room : CHUNK_BYTES;
}

static bool way_read(struct state *s, struct way *w, int up)
{
    uint8_t bytes[CHUNK_BYTES];
    size_t room = way_room(s, w);
    ssize_t n = room ? recv(w->from, bytes, room, 0) : -1;
    if (!room || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return true;
    if (n <= 0) {
        w->ended = true;
        return w->used > 0;
    }
    double now = bench_now(), due = now;
    if (s->rate > 0) {
        w->line_free = (w->line_free > now ? w->line_free : now) + (double)n / s->rate;
        due = w->line_free;
    }
    size_t at = (w->head + w->used) % QUEUE_BYTES, first = QUEUE_BYTES - at < (size_t)n ? QUEUE_BYTES - at : (size_t)n;
    memcpy(w->bytes + at, bytes, first);
    memcpy(w->bytes, bytes + first, (size_t)n - first);
    w->used += (size_t)n;
    size_t chunk = (w->chunk_head + w->chunk_count++) % CHUNKS_MAX;
    w->chunks[chunk].due = due + s->delay;
    w->chunks[chunk].len = (size_t)n;
    s->view->bytes[up] += (uint64_t)n;
    uint32_t event = s->view->event_count;
    if (event < RELAY_EVENTS)
        s->view->events[event] = (struct relay_event){now, (uint32_t)n, (uint32_t)up};
    s->view->event_count = event + 1;
    return true;
}

static bool way_write(struct way *w, double now, bool *blocked)
{
    *blocked = false;
    while (w->chunk_count && w->chunks[w->chunk_head].due <= now) {
        size_t len = w->chunks[w->chunk_head].len, till_end = QUEUE_BYTES - w->head;
        ssize_t n = send(w->to, w->bytes + w->head, len < till_end ? len : till_end, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            *blocked = true;
            return true;
        }
        if (n <= 0)
            return false;
        w->head = (w->head + (size_t)n) % QUEUE_BYTES;
        w->used -= (size_t)n;
        w->chunks[w->chunk_head].len -= (size_t)n;
        if (!w->chunks[w->chunk_head].len) {
            w->chunk_head = (w->chunk_head + 1) % CHUNKS_MAX;
            w->chunk_count--;
        }
    }
    return !(w->ended && !w->used);
}

static void serve(struct state *s)
{
    struct pollfd fds[1 + PAIRS_MAX * 2];
    for (;;) {
        double now = bench_now(), wake = now + 0.05;
        nfds_t count = 0;
        fds[count++] = (struct pollfd){.fd = s->listener, .events = POLLIN};
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            struct pair *pair = &s->pairs[i];
            bool blocked[2], alive = pair->used && s->view->open;
            if (!pair->used)
                continue;
            for (int up = 0; up < 2 && alive; up++)
                alive = way_read(s, &pair->way[up], up) && way_write(&pair->way[up], now, &blocked[up]);
            if (!alive) {
                pair_close(pair);
                continue;
            }
            for (int up = 0; up < 2; up++) {
                struct way *w = &pair->way[up];
                bool room = way_room(s, w) > 0;
                fds[count++] = (struct pollfd){.fd = w->from,
                                               .events = (short)((room ? POLLIN : 0) | (blocked[!up] ? POLLOUT : 0))};
                if (w->chunk_count && !blocked[up] && w->chunks[w->chunk_head].due < wake)
                    wake = w->chunks[w->chunk_head].due;
                if (!room && s->rate > 0 && w->line_free - MODEM_SECONDS < wake)
                    wake = w->line_free - MODEM_SECONDS;
            }
        }
        double wait = wake - bench_now();
        struct timespec ts = {.tv_nsec = wait > 0 ? (long)(wait * 1e9) : 0};
        ppoll(fds, count, &ts, NULL);
        if (fds[0].revents)
            pair_open(s);
    }
}

void relay_start(struct relay *relay, int target_port, double bytes_per_second, double delay)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(name);
    struct state s = {.target = target_port, .rate = bytes_per_second, .delay = delay};
    s.view = mmap(NULL, sizeof(*s.view), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_check(s.view != MAP_FAILED && s.listener >= 0, "the relay cannot start");
    small_buffers(&s, s.listener);
    bench_check(bind(s.listener, (struct sockaddr *)&name, len) == 0 && listen(s.listener, 16) == 0 &&
                    getsockname(s.listener, (struct sockaddr *)&name, &len) == 0,
                "the relay cannot listen");
    s.view->open = 1;
    *relay = (struct relay){.port = ntohs(name.sin_port), .view = s.view, .pid = fork()};
    bench_check(relay->pid >= 0, "fork failed");
    if (relay->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        s.pairs = calloc(PAIRS_MAX, sizeof(*s.pairs));
        bench_check(s.pairs, "no memory");
        serve(&s);
        _exit(0);
    }
    close(s.listener);
}

void relay_cut(struct relay *relay)
{
    relay->view->open = 0;
}

void relay_open(struct relay *relay)
{
    relay->view->accepted = 0;
    relay->view->bytes[0] = relay->view->bytes[1] = 0;
    relay->view->event_count = 0;
    relay->view->open = 1;
}

uint64_t relay_bytes(const struct relay *relay)
{
    return relay->view->bytes[0] + relay->view->bytes[1];
}

void relay_settle(struct relay *relay, double seconds)
{
    uint64_t before = relay_bytes(relay);
    for (double since = bench_now(), from = since; bench_now() - since < seconds && bench_now() - from < 60;) {
        bench_wait(0.005);
        if (relay_bytes(relay) != before) {
            before = relay_bytes(relay);
            since = bench_now();
        }
    }
}

void relay_stop(struct relay *relay)
{
    kill(relay->pid, SIGKILL);
    waitpid(relay->pid, NULL, 0);
    munmap(relay->view, sizeof(*relay->view));
}
