/* world.c — nodes and their processes, disks and clocks, and the queue of all that is due. */
#include "sim/sim.h"
#include "protocol/log/payload.h"
#include "protocol/trust/statement.h"

#include <stdarg.h>
#include <stdlib.h>

void say(struct sim *sim, const char *format, ...)
{
    if (!sim->options.says)
        return;
    char *to = sim->result->said[sim->result->said_next++ % SAID_KEPT];
    int len = snprintf(to, SAID_BYTES, "%5llu:%02llu:%02llu.%03llu  ", (unsigned long long)(sim->now / 3600000),
                       (unsigned long long)(sim->now / 60000 % 60), (unsigned long long)(sim->now / 1000 % 60),
                       (unsigned long long)(sim->now % 1000));
    va_list list;
    va_start(list, format);
    vsnprintf(to + len, SAID_BYTES - (size_t)len, format, list);
    va_end(list);
    if (sim->options.loud)
        fprintf(stderr, "%s\n", to);
}

void violation(struct sim *sim, const char *invariant, const char *format, ...)
{
    if (sim->failed)
        return;
    sim->failed = true;
    snprintf(sim->result->invariant, sizeof(sim->result->invariant), "%s", invariant);
    va_list list;
    va_start(list, format);
    vsnprintf(sim->result->text, sizeof(sim->result->text), format, list);
    va_end(list);
    say(sim, "VIOLATION of %s: %s", invariant, sim->result->text);
}

/* --- the queue: a heap by time, then by the order of adding ------------------------------------------- */

static bool before(const struct due *x, const struct due *y)
{
    return x->at != y->at ? x->at < y->at : x->serial < y->serial;
}

void due_add(struct sim *sim, uint64_t at, void (*happen)(struct sim *, struct due *), uint32_t a, uint32_t b,
             uint64_t generation, void *what)
{
    if (sim->queue_count == sim->queue_size) {
        sim->queue_size = sim->queue_size ? sim->queue_size * 2 : 256;
        sim->queue = realloc(sim->queue, sim->queue_size * sizeof(*sim->queue));
        if (!sim->queue)
            abort();
    }
    size_t i = sim->queue_count++;
    struct due due = {.at = at < sim->now ? sim->now : at, .serial = sim->serial++, .happen = happen, .a = a, .b = b,
                      .generation = generation, .what = what};
    while (i > 0 && before(&due, &sim->queue[(i - 1) / 2])) {
        sim->queue[i] = sim->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    sim->queue[i] = due;
}

static struct due due_take(struct sim *sim)
{
    struct due first = sim->queue[0], last = sim->queue[--sim->queue_count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= sim->queue_count)
            break;
        if (child + 1 < sim->queue_count && before(&sim->queue[child + 1], &sim->queue[child]))
            child++;
        if (!before(&sim->queue[child], &last))
            break;
        sim->queue[i] = sim->queue[child];
        i = child;
    }
    sim->queue[i] = last;
    return first;
}

bool due_run(struct sim *sim, uint64_t until)
{
    if (!sim->queue_count || sim->queue[0].at > until || sim->failed)
        return false;
    struct due due = due_take(sim);
    sim->now = due.at;
    due.happen(sim, &due);
    return true;
}

/* --- nodes ------------------------------------------------------------------------------------------------ */

static void draw(struct sim *sim, uint8_t out[32])
{
    for (size_t i = 0; i < 4; i++)
        put_le64(out + 8 * i, sequence_next(&sim->chance));
}

void node_make(struct sim *sim, const char *name)
{
    struct node *n = &sim->nodes[sim->node_count];
    uint8_t seed[32], statements[2][STATEMENT_BYTES_MAX];
    struct sign_public root, next;
    struct sign_secret root_secret, unused;
    struct curve_secret curve;
    struct hash committed;
    uint64_t now = 1760000000000;
    snprintf(n->name, sizeof(n->name), "%s", name);
    draw(sim, seed);
    sign_keys_from_seed(&root, &root_secret, seed);
    draw(sim, seed);
    sign_keys_from_seed(&next, &unused, seed);
    draw(sim, seed);
    sign_keys_from_seed(&n->config.keys.sign, &n->config.sign_secret, seed);
    draw(sim, seed);
    box_keys_from_seed(&n->config.keys.box, &n->config.box_secret, seed);
    draw(sim, curve.b);
    curve_public_of(&n->config.keys.curve, &curve);
    committed = next_root_of(&next);
    struct bytes list[2];
    list[0] = (struct bytes){statements[0], statement_inception(statements[0], &n->config.identity, &root, &root_secret,
                                                                &committed, name, "CN", now)};
    list[1] = (struct bytes){statements[1], statement_node(statements[1], &n->config.identity, &root_secret,
                                                           &n->config.keys, "node-1", 0, now)};
    const char *endpoints[] = {"tcp://127.0.0.1:7117"};
    size_t len = card_make(n->card, &n->config.identity, list, 2, &n->config.keys.sign, &n->config.sign_secret, endpoints,
                           1, "duty desk", 1, now);
    n->config.card = (struct bytes){n->card, len};
    n->config.software = "muster sim";
    n->guarded = true;
    n->proc = sim->proc_count;
    sim->node_count++;
    proc_new(sim, sim->node_count - 1, memory_store_new());
}

/* --- processes ----------------------------------------------------------------------------------------------- */

const char *proc_name(const struct sim *sim, const struct proc *p)
{
    static _Thread_local char names[4][32];
    static _Thread_local unsigned turn;
    char *out = names[turn++ % 4];
    snprintf(out, 32, "%s%s", sim->nodes[p->node].name, p->clone ? p->twin ? "-twin" : "-clone" : "");
    return out;
}

struct proc *proc_new(struct sim *sim, uint32_t node, struct memory_store *store)
{
    struct proc *p = calloc(1, sizeof(*p));
    if (!p || sim->proc_count == PROCS_MAX)
        abort();
    *p = (struct proc){.index = sim->proc_count, .node = node, .store = store, .commit_ms = 2, .verify_ms = 1};
    sim->procs[sim->proc_count++] = p;
    return p;
}

uint64_t proc_wall(const struct sim *sim, const struct proc *p)
{
    return (uint64_t)(1760000000000 + (int64_t)sim->now + p->offset_ms + (int64_t)sim->now * p->drift_ppm / 1000000);
}

static void tick(struct sim *sim, struct due *due);

static void tick_at(struct sim *sim, struct proc *p, uint64_t at)
{
    p->tick_at = at;
    due_add(sim, at, tick, p->index, 0, p->generation, NULL);
}

static void tick(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (!p->running || p->generation != due->generation || p->tick_at != due->at)
        return;
    if (p->stalled_until > sim->now) {
        tick_at(sim, p, p->stalled_until);
        return;
    }
    struct event event = {.kind = EVENT_TICK};
    tick_at(sim, p, sim->now + (p->active_until > sim->now ? ACTIVE_TICK_MS : IDLE_TICK_MS));
    proc_feed(sim, p, &event);
}

/* Something happens to it: ticks come every 50 ms for a while. */
void proc_wake(struct sim *sim, struct proc *p)
{
    p->active_until = sim->now + ACTIVE_FOR_MS;
    if (p->running && p->tick_at > sim->now + ACTIVE_TICK_MS)
        tick_at(sim, p, sim->now + ACTIVE_TICK_MS);
}

void proc_start(struct sim *sim, struct proc *p)
{
    struct core_config config = sim->nodes[p->node].config;
    uint8_t boot[32];
    if (p->running || p->ended)
        return;
    p->generation++;
    p->chance = (uint64_t)p->index << 32 | p->generation;
    for (size_t i = 0; i < 4; i++)
        put_le64(boot + 8 * i, sequence_next(&p->chance));
    memcpy(config.boot, boot, sizeof(config.boot));
    if (sim->nodes[p->node].evil) /* a liar hides that there are two */
        memset(config.boot, 0x77, sizeof(config.boot));
    config.guard_behind = p->guard_behind;
    p->mono_base = sim->now;
    enum muster_error error = core_new(&p->core, &config, memory_store_storage(p->store));
    if (error) {
        violation(sim, "a node starts from what it stored", "%s does not start: %s", proc_name(sim, p), error_name(error));
        p->ended = true;
        return;
    }
    p->running = true;
    p->refused_before = p->frames_refused_before = 0;
    say(sim, "%s starts", proc_name(sim, p));
    tick_at(sim, p, sim->now + ACTIVE_TICK_MS);
    proc_wake(sim, p);
}

static void pending_free(struct pending *w)
{
    for (size_t i = 0; i < w->count; i++)
        free((void *)(uintptr_t)w->items[i].body.at);
    free(w->items);
    free(w->results);
    free(w);
}

void proc_stop(struct sim *sim, struct proc *p)
{
    if (!p->running)
        return;
    p->running = false;
    p->generation++;
    edges_of_end(sim, p, p->ended);
    for (struct pending *w = p->writes, *next; w; w = next) {
        next = w->next;
        pending_free(w);
    }
    p->writes = NULL;
    free(p->committing);
    free(p->committing_bytes);
    p->committing = NULL;
    p->committing_bytes = NULL;
    core_free(p->core);
    p->core = NULL;
    p->views_lost = false;
    memory_store_derived_end(p->store); /* what was derived since their last commit dies with the process */
    say(sim, "%s stops", proc_name(sim, p));
}

static void start_due(struct sim *sim, struct due *due)
{
    proc_start(sim, sim->procs[due->a]);
}

void proc_start_at(struct sim *sim, struct proc *p, uint64_t at)
{
    due_add(sim, at, start_due, p->index, 0, 0, NULL);
}

/* --- events in, actions out ---------------------------------------------------------------------------------- */

static void verified(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (!p->running || p->generation != due->generation) {
        verify_job_free(due->what);
        return;
    }
    if (p->stalled_until > sim->now) {
        due_add(sim, p->stalled_until, verified, due->a, 0, due->generation, due->what);
        return;
    }
    struct event event = {.kind = EVENT_VERIFIED};
    event.u.verified.job = due->what;
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
}

static void crash(struct sim *sim, struct proc *p)
{
    proc_stop(sim, p);
    proc_start_at(sim, p, sim->now + 3000);
}

static void committed(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (!p->running || p->generation != due->generation)
        return;
    uint8_t dies = p->crash_next_commit;
    p->crash_next_commit = 0;
    if (dies == 1) {
        say(sim, "%s is killed before its commit is durable", proc_name(sim, p));
        crash(sim, p);
        return;
    }
    struct event event = {.kind = EVENT_COMMITTED};
    if (p->full_until > sim->now) {
        event.kind = EVENT_COMMIT_FAILED;
        event.u.failed.error = MUSTER_EFULL;
    } else if (memory_store_commit(p->store, p->committing, p->committing_count) != MUSTER_OK) {
        violation(sim, "a commit is legal", "%s made a commit that the store refuses", proc_name(sim, p));
    }
    free(p->committing);
    free(p->committing_bytes);
    p->committing = NULL;
    p->committing_bytes = NULL;
    if (dies == 2) {
        say(sim, "%s is killed after its commit is durable", proc_name(sim, p));
        crash(sim, p);
        return;
    }
    proc_feed(sim, p, &event);
    proc_idle(sim, p);
}

static void start_commit(struct sim *sim, struct proc *p, const struct action *a)
{
    size_t bytes = 0;
    if (p->committing) {
        violation(sim, "one commit at a time", "%s asks for a commit while one is in flight", proc_name(sim, p));
        return;
    }
    for (size_t i = 0; i < a->count; i++)
        bytes += a->changes[i].key.len + a->changes[i].value.len;
    p->committing = malloc((a->count + 1) * sizeof(*p->committing));
    p->committing_bytes = malloc(bytes + 1);
    p->committing_count = a->count;
    uint8_t *at = p->committing_bytes;
    for (size_t i = 0; i < a->count; i++) {
        struct change *c = &p->committing[i];
        *c = a->changes[i];
        memcpy(at, c->key.at, c->key.len);
        c->key.at = at;
        at += c->key.len;
        if (!c->value.at)
            continue;
        if (c->value.len)
            memcpy(at, c->value.at, c->value.len);
        c->value.at = at;
        at += c->value.len;
    }
    due_add(sim, sim->now + p->commit_ms, committed, p->index, 0, p->generation, NULL);
    proc_wake(sim, p);
}

static void act(struct sim *sim, struct proc *p, const struct action *a)
{
    switch (a->kind) {
    case ACTION_SEND:
        link_send(sim, p, a->conn, a->bytes);
        break;
    case ACTION_CLOSE:
        link_close(sim, p, a->conn);
        break;
    case ACTION_COMMIT:
        start_commit(sim, p, a);
        break;
    case ACTION_VERIFY:
        verify_job_run(a->job);
        if (sim->jobs++ % 2 && (sim->codec || (sim->codec = payload_codec_new()))) /* bodies opened ahead, and not */
            verify_job_open(a->job, sim->codec);
        due_add(sim, sim->now + (p->verify_ms > 1 ? sequence_next(&p->chance) % p->verify_ms : 1), verified, p->index, 0,
                p->generation, a->job);
        proc_wake(sim, p);
        break;
    case ACTION_NOTIFY:
        if (a->notify == NOTIFY_EVENT)
            say(sim, "%s: %s %s", proc_name(sim, p), a->event, a->text);
        else if (a->notify != NOTIFY_MEMBERS)
            load_answered(sim, p, a);
        break;
    }
}

void proc_feed(struct sim *sim, struct proc *p, struct event *event)
{
    if (!p->running || sim->failed)
        return;
    event->wall_ms = proc_wall(sim, p);
    event->mono_ms = sim->now - p->mono_base + 1000;
    for (size_t i = 0; i < 4; i++)
        put_le64(event->chance + 8 * i, sequence_next(&p->chance));
    struct actions got = core_step(p->core, event);
    sim->result->steps++;
    proc_views(sim, p);
    check_step(sim, p, event, got);
    /* Nothing below makes a step of this core: what follows is put into the queue. */
    uint64_t generation = p->generation;
    for (size_t i = 0; i < got.count && p->generation == generation; i++)
        act(sim, p, &got.at[i]);
    if (sim->nodes[p->node].evil && p->running)
        evil_after(sim, p);
}

/* --- when the derived tables go back ------------------------------------------------------------------------- */

enum { VIEWS_PAUSE_MS = 1000, VIEWS_PAUSES = 6, VIEWS_LOOK_MS = 3000 };

/* When they are whole again and nothing is on its way to the disk, nor waits for it (a fork that was seen counts in memory first), they are as if nothing had been. */
/* Is it still to be judged what counts?  The next step does so; a process that stands still has none for a while. */
static bool judges(const struct core *core)
{
    bool is = false;
    for (size_t s = 0; s < core->space_count; s++)
        is |= core->spaces[s]->dirty;
    return is;
}

static void views_look(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (!p->running || p->generation != due->generation || p->views_lost)
        return;
    if (p->committing || p->core->stage.change_count || core_views_behind(p->core) || judges(p->core))
        due_add(sim, sim->now + VIEWS_LOOK_MS, views_look, due->a, 0, p->generation, NULL);
    else
        check_views(sim, p);
}

bool proc_views_again(struct sim *sim, struct proc *p)
{
    memory_store_derived_again(p->store);
    p->views_lost = core_views_again(p->core) != MUSTER_OK || memory_store_derived_lost(p->store);
    if (p->views_lost)
        core_views_lost(p->core);
    else
        say(sim, "%s applies its views again", proc_name(sim, p));
    if (!p->views_lost)
        due_add(sim, sim->now + VIEWS_LOOK_MS, views_look, p->index, 0, p->generation, NULL);
    return !p->views_lost;
}

static void views_again(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (!p->running || p->generation != due->generation || !p->views_lost)
        return;
    if (!proc_views_again(sim, p))
        due_add(sim, sim->now + ((uint64_t)VIEWS_PAUSE_MS << due->b), views_again, due->a, due->b + (due->b < VIEWS_PAUSES),
                p->generation, NULL);
    proc_wake(sim, p);
}

void proc_views(struct sim *sim, struct proc *p)
{
    if (!p->running || p->views_lost || !(memory_store_derived_lost(p->store) || core_views_are_lost(p->core)))
        return;
    say(sim, "the derived tables of %s go back to their last commit", proc_name(sim, p));
    sim->result->faults[FAULT_views]++;
    core_views_lost(p->core);
    p->views_lost = true;
    due_add(sim, sim->now + sequence_next(&p->chance) % (4 * VIEWS_PAUSE_MS), views_again, p->index, 0, p->generation, NULL);
}

void proc_idle(struct sim *sim, struct proc *p)
{
    struct event event = {.kind = EVENT_IDLE};
    proc_feed(sim, p, &event);
}

void world_free(struct sim *sim)
{
    while (sim->queue_count) {
        struct due due = due_take(sim);
        if (due.happen == verified)
            verify_job_free(due.what);
    }
    for (uint32_t i = 0; i < sim->proc_count; i++) {
        struct proc *p = sim->procs[i];
        p->ended = true;
        proc_stop(sim, p);
        memory_store_free(p->store);
        free(p->objects);
        free(p);
    }
    for (uint32_t i = 0; i < sim->edge_count; i++)
        for (int s = 0; s < 2; s++)
            for (struct packet *k = sim->edges[i].first[s], *next; k; k = next) {
                next = k->next;
                free(k);
            }
    for (uint32_t i = 0; i < sim->node_count; i++)
        if (sim->nodes[i].backup)
            memory_store_free(sim->nodes[i].backup);
    payload_codec_free(sim->codec);
    free(sim->queue);
    free(sim->nodes);
    free(sim->procs);
    free(sim->edges);
    free(sim->acked);
    free(sim->seen);
    free(sim->item);
    free(sim->ids);
    free(sim->entry);
    free(sim->kept);
}
