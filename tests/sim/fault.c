/* fault.c — what goes wrong: one function and one row a fault; each run has its own subset (a swarm). */
#include "sim/sim.h"

#include <stdlib.h>

#define TAPE (&sim->tape)

enum { OWN_FAULT_ONE_IN = 6 };

static struct edge *edge_any(struct sim *sim)
{
    struct edge *e = sim->edge_count ? &sim->edges[tape_below(TAPE, sim->edge_count)] : NULL;
    return e && !e->gone ? e : NULL;
}

static const char *edge_name(struct sim *sim, const struct edge *e)
{
    static _Thread_local char out[64];
    snprintf(out, sizeof(out), "%s-%s", proc_name(sim, sim->procs[e->a]), proc_name(sim, sim->procs[e->b]));
    return out;
}

static double seconds(uint64_t ms)
{
    return (double)ms / 1000;
}

static bool do_reset(struct sim *sim)
{
    struct edge *e = edge_any(sim);
    if (!e)
        return false;
    say(sim, "the connection %s is reset", edge_name(sim, e));
    edge_reset(sim, e, false);
    return true;
}

static bool do_cut(struct sim *sim)
{
    struct edge *e = edge_any(sim);
    uint64_t ms = tape_while(TAPE);
    if (!e)
        return false;
    say(sim, "the link %s is cut for %.1f s", edge_name(sim, e), seconds(ms));
    edge_cut(sim, e, sim->now + ms);
    return true;
}

static void break_held(struct sim *sim, struct due *due)
{
    struct edge *e = &sim->edges[due->a];
    if (e->generation == due->generation)
        edge_reset(sim, e, false);
}

static bool do_oneway(struct sim *sim)
{
    struct edge *e = edge_any(sim);
    uint64_t ms = tape_while(TAPE);
    uint32_t to = tape_below(TAPE, 2);
    if (!e || !e->up[0] || !e->up[1])
        return false;
    if (ms > 30000)
        ms = 30000; /* the transport's own heartbeats end it then */
    say(sim, "nothing arrives at %s on the link %s for %.1f s", proc_name(sim, sim->procs[to ? e->b : e->a]), edge_name(sim, e), seconds(ms));
    e->held_until[to] = sim->now + ms;
    if (tape_one_in(TAPE, 2))
        due_add(sim, sim->now + ms, break_held, (uint32_t)(e - sim->edges), 0, e->generation, NULL);
    return true;
}

static bool do_slow_link(struct sim *sim)
{
    static const uint32_t latencies[] = {1, 20, 80, 300, 1000, 3000}, rates[] = {1000, 100, 20, 8, 4, 1};
    struct edge *e = edge_any(sim);
    uint32_t latency = latencies[tape_below(TAPE, ARRAY_LEN(latencies))], rate = rates[tape_below(TAPE, ARRAY_LEN(rates))];
    if (!e)
        return false;
    e->latency_ms = latency;
    e->bytes_per_ms = rate;
    say(sim, "the link %s has %u ms and %u kB/s", edge_name(sim, e), latency, rate);
    return true;
}

static bool do_partition(struct sim *sim)
{
    uint64_t ms = tape_while(TAPE);
    uint32_t halves = tape_below(TAPE, 256) << 8 | tape_below(TAPE, 256);
    say(sim, "the network falls apart for %.1f s (halves %04x)", seconds(ms), halves);
    for (uint32_t i = 0; i < sim->edge_count; i++) {
        struct edge *e = &sim->edges[i];
        if ((halves >> e->a % 16 & 1) != (halves >> e->b % 16 & 1))
            edge_cut(sim, e, sim->now + ms);
    }
    return true;
}

static bool kill_one(struct sim *sim, bool power)
{
    struct proc *p = proc_any(sim);
    uint64_t ms = tape_while(TAPE);
    bool applied = tape_one_in(TAPE, 2);
    if (!p)
        return false;
    say(sim, power ? "%s loses power for %.1f s" : "%s is killed and comes back in %.1f s", proc_name(sim, p), seconds(ms));
    if (p->committing && applied && p->full_until <= sim->now) /* durable, and nobody was told */
        (void)!memory_store_commit(p->store, p->committing, p->committing_count);
    proc_stop(sim, p);
    if (power)
        memory_store_derived_reset(p->store);
    proc_start_at(sim, p, sim->now + ms);
    return true;
}

static bool do_crash(struct sim *sim)
{
    return kill_one(sim, false);
}

static bool do_power_cut(struct sim *sim)
{
    return kill_one(sim, true);
}

static bool do_crash_in_commit(struct sim *sim)
{
    struct proc *p = proc_any(sim);
    uint8_t how = (uint8_t)(1 + tape_below(TAPE, 2));
    if (!p)
        return false;
    p->crash_next_commit = how;
    return true;
}

static bool do_backup(struct sim *sim)
{
    struct node *n = &sim->nodes[tape_below(TAPE, sim->node_count)];
    if (n->evil)
        return false;
    if (n->backup)
        memory_store_free(n->backup);
    n->backup = memory_store_clone(sim->procs[n->proc]->store);
    say(sim, "%s makes a backup", n->name);
    return true;
}

/* Keys and guard lie outside the backup.  `how` 1: the machine itself went back (a snapshot of everything);
 * 2: the keys were lost; 3: the guard was lost; otherwise both are still there. */
static void restore(struct sim *sim, struct node *n, uint32_t how, uint64_t ms)
{
    struct proc *p = sim->procs[n->proc];
    static const char *const ways[] = {"", ", as a snapshot of the machine", ", its incarnation keys are lost", ", its guard is lost"};
    say(sim, "%s restores its backup%s", n->name, ways[how]);
    proc_stop(sim, p);
    struct memory_store *fresh = memory_store_clone(n->backup);
    if (how != 1)
        memory_store_keys_from(fresh, how == 2 ? NULL : p->store);
    if (how != 1)
        memory_store_derived_reset(fresh); /* not in a backup */
    memory_store_free(p->store);
    p->store = fresh;
    p->guard_behind = how == 0;
    n->restored = true;
    n->life++;
    if (how == 1 || how == 3)
        n->guarded = false;
    if (how == 2)
        p->guard_behind = false;
    proc_start_at(sim, p, sim->now + ms);
}

static bool do_restore(struct sim *sim)
{
    struct node *n = &sim->nodes[tape_below(TAPE, sim->node_count)];
    uint32_t how = tape_below(TAPE, 4);
    uint64_t ms = tape_while(TAPE);
    if (!n->backup)
        return do_backup(sim);
    restore(sim, n, how, ms);
    return true;
}

static void clone_end(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    p->ended = true;
    if (p->running)
        proc_stop(sim, p);
    else
        edges_of_end(sim, p, true);
}

static bool do_clone(struct sim *sim)
{
    struct proc *from = proc_any(sim);
    uint64_t ms = tape_while(TAPE);
    if (!from || from->clone || sim->nodes[from->node].evil || sim->proc_count >= sim->node_count + 8)
        return false;
    say(sim, "a copy of %s runs for %.1f s", proc_name(sim, from), seconds(ms));
    sim->nodes[from->node].cloned = true;
    sim->nodes[from->node].guarded = false;
    struct proc *p = proc_new(sim, from->node, memory_store_clone(from->store));
    p->clone = true;
    p->offset_ms = from->offset_ms;
    for (uint32_t i = 0; i < sim->node_count; i++)
        if (i != from->node)
            edge_new(sim, p->index, sim->nodes[i].proc);
    proc_start(sim, p);
    due_add(sim, sim->now + ms, clone_end, p->index, 0, 0, NULL);
    return true;
}

static bool do_disk_full(struct sim *sim)
{
    struct proc *p = proc_any(sim);
    uint64_t ms = tape_while(TAPE);
    if (!p)
        return false;
    say(sim, "the disk of %s is full for %.1f s", proc_name(sim, p), seconds(ms));
    p->full_until = sim->now + ms;
    return true;
}

static bool do_slow_disk(struct sim *sim)
{
    static const uint32_t delays[] = {2, 20, 200, 1000, 4000};
    struct proc *p = proc_any(sim);
    uint32_t ms = delays[tape_below(TAPE, ARRAY_LEN(delays))];
    if (!p)
        return false;
    say(sim, "a commit at %s takes %u ms", proc_name(sim, p), ms);
    p->commit_ms = ms;
    return true;
}

static bool do_slow_verify(struct sim *sim)
{
    static const uint32_t delays[] = {1, 30, 500, 5000, 15000};
    struct proc *p = proc_any(sim);
    uint32_t ms = delays[tape_below(TAPE, ARRAY_LEN(delays))];
    if (!p)
        return false;
    say(sim, "verifying at %s takes up to %u ms", proc_name(sim, p), ms);
    p->verify_ms = ms;
    return true;
}

static bool do_stall(struct sim *sim)
{
    struct proc *p = proc_any(sim);
    uint64_t ms = tape_while(TAPE);
    if (!p)
        return false;
    if (ms > 120000)
        ms = 120000;
    say(sim, "%s stands still for %.1f s", proc_name(sim, p), seconds(ms));
    p->stalled_until = sim->now + ms;
    return true;
}

static bool do_clock_jump(struct sim *sim)
{
    static const int64_t jumps[] = {1000, 60000, 3600000, 86400000, 20 * 86400000ll};
    struct proc *p = proc_any(sim);
    int64_t by = jumps[tape_below(TAPE, ARRAY_LEN(jumps))] * (tape_one_in(TAPE, 2) ? -1 : 1);
    if (!p)
        return false;
    p->offset_ms += by;
    say(sim, "the clock of %s jumps by %lld s", proc_name(sim, p), (long long)(by / 1000));
    return true;
}

static bool do_clock_drift(struct sim *sim)
{
    struct proc *p = proc_any(sim);
    int64_t ppm = (int64_t)tape_below(TAPE, 2001) - 1000;
    if (!p)
        return false;
    p->drift_ppm = ppm;
    say(sim, "the clock of %s drifts by %lld ppm", proc_name(sim, p), (long long)ppm);
    return true;
}

static bool do_member(struct sim *sim)
{
    (void)sim;
    return false; /* the load's own step */
}

static bool do_evil(struct sim *sim)
{
    evil_step(sim);
    return false;
}

/* What was derived is kept as it is now; after some more changes, in the midst of a step, or by a failing commit later, it goes back
 * to that.  It may fail again while it is applied again. */
static void views_end(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    if (p->running && p->generation == due->generation && !p->views_lost)
        memory_store_derived_fail(p->store, 0);
    proc_views(sim, p);
}

static bool do_views(struct sim *sim)
{
    static const size_t changes[] = {0, 1, 7, 60, 500, 4000, 40000, SIZE_MAX};
    struct proc *p = sim->procs[tape_below(&sim->own, sim->proc_count)];
    size_t after = changes[tape_below(&sim->own, ARRAY_LEN(changes))];
    uint64_t ms = tape_while(&sim->own);
    if (!p->running || p->stalled_until > sim->now)
        return false;
    say(sim, "the derived tables of %s are kept; the next commit of them fails", proc_name(sim, p));
    if (!p->views_lost)
        memory_store_derived_keep(p->store);
    memory_store_derived_fail(p->store, after);
    proc_views(sim, p);
    if (!p->views_lost)
        due_add(sim, sim->now + ms, views_end, p->index, 0, p->generation, NULL);
    return false; /* counted when it happens */
}

#define X(name, says) {#name, says, do_##name},
static const struct {
    const char *name, *says;
    bool (*act)(struct sim *sim);
} rows[] = {SIM_FAULTS(X) SIM_OWN_FAULTS(X)};
#undef X

const char *fault_name(enum sim_fault fault)
{
    return rows[fault].name;
}

void fault_step(struct sim *sim)
{
    uint32_t which = tape_below(TAPE, FAULTS_DRAWN);
    if ((sim->faults_on >> which & 1) && rows[which].act(sim))
        sim->result->faults[which]++;
    if (sim->own_on && tape_one_in(&sim->own, OWN_FAULT_ONE_IN))
        (void)rows[FAULT_views].act(sim);
}

/* Everything works again: links, disks, clocks' speed; copies end; who was down starts. */
void fault_heal(struct sim *sim)
{
    say(sim, "everything is healed");
    sim->healed = true;
    for (uint32_t i = 0; i < sim->proc_count; i++) {
        struct proc *p = sim->procs[i];
        p->full_until = p->stalled_until = 0;
        p->commit_ms = 2;
        p->verify_ms = 1;
        p->crash_next_commit = 0;
        p->drift_ppm = 0;
        if (p->views_lost && !proc_views_again(sim, p))
            violation(sim, "views come back", "%s cannot apply its views again", proc_name(sim, p));
        memory_store_derived_mend(p->store);
        if (p->clone && !p->twin) {
            struct due due = {.a = i};
            clone_end(sim, &due);
        }
    }
    for (uint32_t i = 0; i < sim->edge_count; i++) {
        struct edge *e = &sim->edges[i];
        bool lively = e->held_until[0] > sim->now || e->held_until[1] > sim->now;
        e->cut_until = 0;
        e->latency_ms = 20;
        e->bytes_per_ms = 1000;
        e->backoff_ms = 1000;
        e->held_until[0] = e->held_until[1] = 0;
        if (lively)
            edge_reset(sim, e, false);
    }
    for (uint32_t i = 0; i < sim->proc_count; i++)
        if (!sim->procs[i]->running && !sim->procs[i]->ended)
            proc_start(sim, sim->procs[i]);
}
