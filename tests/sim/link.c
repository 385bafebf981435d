/* link.c — connections: ordered, with latency and bandwidth, cut, held one way, replaced (the transport's promises). */
#include "sim/sim.h"

#include <stdlib.h>

enum { DIAL_MS = 1000, DIAL_MAX_MS = 60000, HELD_MAX = 4096 };

static void dial(struct sim *sim, struct due *due);
static void arrive(struct sim *sim, struct due *due);

conn_id edge_conn(const struct sim *sim, const struct edge *e, int side)
{
    return ((e->generation & 0x3ffff) << 14 | (uint32_t)(e - sim->edges) << 1 | (uint32_t)side) + 1;
}

struct edge *edge_of_conn(struct sim *sim, conn_id conn, int *side)
{
    uint32_t index = (conn - 1) >> 1 & 0x1fff;
    struct edge *e = index < sim->edge_count ? &sim->edges[index] : NULL;
    *side = (int)((conn - 1) & 1);
    return e && edge_conn(sim, e, *side) == conn ? e : NULL;
}

static void dial_later(struct sim *sim, struct edge *e, uint64_t in)
{
    e->dial_at = sim->now + in;
    due_add(sim, e->dial_at, dial, (uint32_t)(e - sim->edges), 0, 0, NULL);
}

struct edge *edge_new(struct sim *sim, uint32_t a, uint32_t b)
{
    if (sim->edge_count == EDGES_MAX)
        abort();
    struct edge *e = &sim->edges[sim->edge_count++];
    *e = (struct edge){.a = a, .b = b, .latency_ms = 20, .bytes_per_ms = 1000, .backoff_ms = DIAL_MS};
    e->last[0] = &e->first[0];
    e->last[1] = &e->first[1];
    dial_later(sim, e, 10 + (uint64_t)(e - sim->edges) % 97);
    return e;
}

static struct proc *end_of(struct sim *sim, const struct edge *e, int side)
{
    return sim->procs[side ? e->b : e->a];
}

static void tell_down(struct sim *sim, struct edge *e, int side, bool replaced)
{
    if (!e->up[side])
        return;
    e->up[side] = false;
    struct proc *p = end_of(sim, e, side);
    struct event event = {.kind = EVENT_DOWN};
    event.u.down.conn = edge_conn(sim, e, side);
    event.u.down.replaced = replaced;
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
    proc_wake(sim, p);
}

static void drop_packets(struct edge *e)
{
    for (int s = 0; s < 2; s++) {
        for (struct packet *k = e->first[s], *next; k; k = next) {
            next = k->next;
            free(k);
        }
        e->first[s] = NULL;
        e->last[s] = &e->first[s];
        e->free_at[s] = e->held_until[s] = 0;
    }
}

/* Both ends hear that it is gone; what was on the way is lost; the dialler tries again. */
static void over(struct sim *sim, struct edge *e, bool replaced)
{
    drop_packets(e);
    tell_down(sim, e, 0, false);
    tell_down(sim, e, 1, replaced);
    drop_packets(e);
    e->generation++;
    if (!e->gone && e->dial_at <= sim->now)
        dial_later(sim, e, e->backoff_ms);
    e->backoff_ms = e->backoff_ms * 2 > DIAL_MAX_MS ? DIAL_MAX_MS : e->backoff_ms * 2;
}

void edge_reset(struct sim *sim, struct edge *e, bool replaced)
{
    if (e->up[0] || e->up[1])
        over(sim, e, replaced);
}

void edge_cut(struct sim *sim, struct edge *e, uint64_t until)
{
    if (until > e->cut_until)
        e->cut_until = until;
    edge_reset(sim, e, false);
}

void edges_of_end(struct sim *sim, struct proc *p, bool for_good)
{
    for (uint32_t i = 0; i < sim->edge_count; i++) {
        struct edge *e = &sim->edges[i];
        if (e->a != p->index && e->b != p->index)
            continue;
        e->gone = e->gone || for_good;
        edge_reset(sim, e, false);
    }
}

bool edge_between(struct sim *sim, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < sim->edge_count; i++) {
        const struct edge *e = &sim->edges[i];
        if ((e->up[0] || e->up[1]) && ((e->a == a && e->b == b) || (e->a == b && e->b == a)))
            return true;
    }
    return false;
}

/* A node that dials while its partner's own call stands does not call again. */
static bool seen_up(struct sim *sim, const struct edge *mine)
{
    for (uint32_t i = 0; i < sim->edge_count; i++) {
        const struct edge *e = &sim->edges[i];
        if (e != mine && e->a == mine->b && e->b == mine->a && e->up[1])
            return true;
    }
    return false;
}

static void tell_up(struct sim *sim, struct edge *e, int side)
{
    struct proc *p = end_of(sim, e, side), *other = end_of(sim, e, !side);
    /* The transport keeps one accepted connection a key: the newest. */
    for (uint32_t i = 0; side == 1 && i < sim->edge_count; i++) {
        struct edge *old = &sim->edges[i];
        if (old != e && old->b == p->index && old->up[1] && sim->procs[old->a]->node == other->node)
            edge_reset(sim, old, true);
    }
    e->up[side] = true;
    struct event event = {.kind = EVENT_UP};
    event.u.up.conn = edge_conn(sim, e, side);
    event.u.up.key = sim->nodes[other->node].config.keys.curve;
    event.u.up.dialled = side == 0;
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
    proc_wake(sim, p);
}

static void accepted(struct sim *sim, struct due *due)
{
    struct edge *e = &sim->edges[due->a];
    if (e->generation == due->generation && e->up[0] && !e->up[1])
        tell_up(sim, e, 1);
}

static void dial(struct sim *sim, struct due *due)
{
    struct edge *e = &sim->edges[due->a];
    struct proc *a = sim->procs[e->a], *b = sim->procs[e->b];
    if (e->gone || e->up[0] || e->up[1] || e->dial_at != due->at)
        return;
    bool may = a->running && b->running && e->cut_until <= sim->now && a->stalled_until <= sim->now &&
               b->stalled_until <= sim->now && !seen_up(sim, e) && a->core && b->core &&
               core_admits(a->core, &sim->nodes[b->node].config.keys.curve) &&
               core_admits(b->core, &sim->nodes[a->node].config.keys.curve);
    if (!may) {
        if (sim->options.loud && a->running && b->running)
            say(sim, "%s does not call %s: admits %d, is admitted %d", proc_name(sim, a), proc_name(sim, b),
                core_admits(a->core, &sim->nodes[b->node].config.keys.curve), core_admits(b->core, &sim->nodes[a->node].config.keys.curve));
        uint64_t in = e->cut_until > sim->now ? e->cut_until - sim->now : 0;
        dial_later(sim, e, in > DIAL_MS && in < DIAL_MAX_MS ? in : DIAL_MS * 3);
        return;
    }
    due_add(sim, sim->now + e->latency_ms, accepted, due->a, 0, e->generation, NULL);
    e->up_at = sim->now;
    tell_up(sim, e, 0);
}

/* --- messages ------------------------------------------------------------------------------------------------ */

static bool only_ping(struct bytes bytes)
{
    return bytes.len && (bytes.at[0] == FRAME_PING || bytes.at[0] == FRAME_PONG);
}

void link_send(struct sim *sim, struct proc *p, conn_id conn, struct bytes bytes)
{
    int side;
    struct edge *e = edge_of_conn(sim, conn, &side);
    if (!e || !e->up[side] || end_of(sim, e, side) != p)
        return;
    struct packet *k = malloc(sizeof(*k) + bytes.len + EVIL_ROOM);
    if (!k)
        abort();
    k->next = NULL;
    k->len = bytes.len;
    memcpy(k->bytes, bytes.at, bytes.len);
    if (sim->nodes[p->node].evil) {
        if (!evil_filter(sim, p, conn, k->bytes, &k->len)) {
            free(k);
            return;
        }
    } else {
        check_send(sim, p, conn, bytes);
    }
    int to = !side;
    uint64_t from = e->free_at[to] > sim->now ? e->free_at[to] : sim->now;
    e->free_at[to] = from + k->len / (e->bytes_per_ms ? e->bytes_per_ms : 1);
    k->arrives = e->free_at[to] + e->latency_ms;
    *e->last[to] = k;
    e->last[to] = &k->next;
    sim->result->messages++;
    sim->result->bytes += k->len;
    if (!only_ping(bytes))
        sim->last_message = sim->now;
    due_add(sim, k->arrives, arrive, (uint32_t)(e - sim->edges), (uint32_t)to, e->generation, NULL);
}

/* The oldest packet of that direction; the queue of the link keeps the order, whatever is held for how long. */
static void arrive(struct sim *sim, struct due *due)
{
    struct edge *e = &sim->edges[due->a];
    int to = (int)due->b;
    struct packet *k = e->first[to];
    if (e->generation != due->generation || !k)
        return;
    struct proc *p = end_of(sim, e, to);
    uint64_t held = e->held_until[to] > p->stalled_until ? e->held_until[to] : p->stalled_until;
    if (!e->up[to] && held <= sim->now)
        held = sim->now + e->latency_ms + 1; /* the accepting side is not up yet */
    if (held > sim->now) {
        due_add(sim, held, arrive, due->a, due->b, due->generation, NULL);
        return;
    }
    e->first[to] = k->next;
    if (!e->first[to])
        e->last[to] = &e->first[to];
    if (sim->options.loud) {
        char frames[96] = "";
        struct cursor c = cursor_over(k->bytes, k->len);
        struct frame frame;
        while (frame_next(&c, &frame) == MUSTER_OK && frame.type && strlen(frames) < 80)
            snprintf(frames + strlen(frames), sizeof(frames) - strlen(frames), "%s ", frame_name(frame.type));
        if (!only_ping((struct bytes){k->bytes, k->len}))
            say(sim, "%s hears %sfrom %s (%zu bytes)", proc_name(sim, p), frames, proc_name(sim, end_of(sim, e, !to)), k->len);
    }
    uint8_t *exact = malloc(k->len ? k->len : 1); /* exactly sized, so that reading beyond the end is seen */
    memcpy(exact, k->bytes, k->len);
    struct event event = {.kind = EVENT_MESSAGE};
    event.u.message.conn = edge_conn(sim, e, to);
    event.u.message.bytes = (struct bytes){exact, k->len};
    if (!only_ping(event.u.message.bytes))
        proc_wake(sim, p);
    if (sim->now - e->up_at > DIAL_MAX_MS)
        e->backoff_ms = DIAL_MS; /* it lasts */
    proc_feed(sim, p, &event);
    free(exact);
    free(k);
    /* The shell drains what has come before it is idle. */
    if (!e->first[to] || e->first[to]->arrives > sim->now)
        proc_idle(sim, p);
}

static void closed(struct sim *sim, struct due *due)
{
    struct edge *e = &sim->edges[due->a];
    if (e->generation == due->generation)
        over(sim, e, false);
}

/* The core ends a connection: what it sent before still arrives, then the other side hears. */
void link_close(struct sim *sim, struct proc *p, conn_id conn)
{
    int side;
    struct edge *e = edge_of_conn(sim, conn, &side);
    if (!e || end_of(sim, e, side) != p)
        return;
    e->up[side] = false;
    uint64_t last = e->free_at[!side] > sim->now ? e->free_at[!side] : sim->now;
    due_add(sim, last + e->latency_ms + 1, closed, (uint32_t)(e - sim->edges), 0, e->generation, NULL);
}
