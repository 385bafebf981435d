/* run.c — one run: spaces are made, hours of work and faults, everything is healed, and then it must come to rest equal. */
#include "sim/sim.h"

#include <stdlib.h>

enum { SETUP_MS = 30000, SETTLE_MS = 30 * 60000, LOOK_MS = 5000, OWN_TAPE_AT = 64 };

static void nodes_make(struct sim *sim)
{
    for (uint32_t n = 0; n < sim->options.nodes; n++) {
        char name[16];
        snprintf(name, sizeof(name), n < 26 ? "%c" : "N%u", n < 26 ? 'A' + n : n);
        node_make(sim, name);
    }
    for (uint32_t i = 0; i < sim->proc_count; i++)
        proc_start(sim, sim->procs[i]);
    for (uint32_t a = 0; a < sim->node_count; a++)
        for (uint32_t b = 0; b < a; b++) {
            edge_new(sim, a, b);
            if (tape_one_in(&sim->tape, 4)) /* both may call */
                edge_new(sim, b, a);
        }
}

static void step(struct sim *sim, struct due *due)
{
    if (sim->healed || sim->now >= sim->end)
        return;
    (void)due;
    load_step(sim);
    uint32_t burst = tape_below(&sim->tape, 8);
    uint64_t in = burst == 1 ? 1 + tape_below(&sim->tape, 40) : 1000ull * (1 + tape_below(&sim->tape, sim->pace_s));
    due_add(sim, sim->now + in, step, 0, 0, 0, NULL);
}

static void run_until(struct sim *sim, uint64_t until)
{
    while (due_run(sim, until))
        ;
    if (!sim->failed)
        sim->now = until;
}

static void settle(struct sim *sim)
{
    uint64_t limit = sim->now + SETTLE_MS;
    bool quiet = false;
    run_until(sim, sim->now + 60000);
    load_heal(sim);
    for (int again = 0; !sim->failed && sim->now < limit && !quiet; again++) {
        run_until(sim, sim->now + LOOK_MS);
        quiet = check_quiet(sim, false);
        if (again == 24)
            load_heal(sim);
    }
    if (!sim->failed && !quiet)
        (void)check_quiet(sim, true);
    if (!sim->failed)
        check_end(sim);
}

bool sim_run(const struct sim_options *options, struct tape tape, struct sim_result *result)
{
    struct sim sim = {.options = *options, .tape = tape, .result = result};
    memset(result, 0, sizeof(*result));
    sim.nodes = calloc(options->nodes, sizeof(*sim.nodes));
    sim.procs = calloc(PROCS_MAX, sizeof(*sim.procs));
    sim.edges = calloc(EDGES_MAX, sizeof(*sim.edges));
    sim.item = malloc(SEGMENT_ITEM_MAX);
    sim.ids = malloc(SEGMENT_RECORDS_MAX * sizeof(*sim.ids));
    sim.entry = malloc(sizeof(*sim.entry));
    sim.kept = calloc(EVIL_KEPT, sizeof(*sim.kept));
    if (!sim.nodes || !sim.procs || !sim.edges || !sim.item || !sim.ids || !sim.entry || !sim.kept)
        abort();
    sim.chance = 7;
    sim.faults_on = tape_below(&sim.tape, 1u << FAULTS_DRAWN);
    sim.own = tape;
    sim.own.pos = OWN_TAPE_AT;
    sim.own_on = tape_one_in(&sim.own, 2);
    static const uint32_t paces[] = {120, 60, 20, 6};
    sim.pace_s = paces[tape_below(&sim.tape, ARRAY_LEN(paces))];
    if (options->calm)
        sim.faults_on = sim.own_on = 0;
    nodes_make(&sim);
    load_start(&sim);
    evil_start(&sim);
    run_until(&sim, SETUP_MS);
    sim.end = SETUP_MS + options->hours * 3600000ull;
    due_add(&sim, sim.now, step, 0, 0, 0, NULL);
    run_until(&sim, sim.end);
    if (!sim.failed) {
        fault_heal(&sim);
        settle(&sim);
    }
    result->now_ms = sim.now;
    result->node_ms = sim.now * sim.node_count;
    world_free(&sim);
    return !sim.failed;
}
