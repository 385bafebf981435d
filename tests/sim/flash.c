/* flash.c — a thousand nodes, each calling six others, three in ten down: one flash alert reaches everybody else. */
#include "sim/sim.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { CALLS = 6, JOIN_MS = 600000, FLASH_LIMIT_MS = 60000 };

static void setup(struct sim *sim, uint32_t nodes, struct sim_result *result)
{
    *sim = (struct sim){.options = {.nodes = nodes, .spaces_max = 1}, .result = result, .chance = 7, .space_count = 1};
    sim->nodes = calloc(nodes, sizeof(*sim->nodes));
    sim->procs = calloc(PROCS_MAX, sizeof(*sim->procs));
    sim->edges = calloc(EDGES_MAX, sizeof(*sim->edges));
    sim->item = malloc(SEGMENT_ITEM_MAX);
    sim->ids = malloc(SEGMENT_RECORDS_MAX * sizeof(*sim->ids));
    sim->entry = malloc(sizeof(*sim->entry));
    sim->kept = calloc(EVIL_KEPT, sizeof(*sim->kept));
    if (!sim->nodes || !sim->procs || !sim->edges || !sim->item || !sim->ids || !sim->entry || !sim->kept)
        abort();
    for (uint32_t n = 0; n < nodes; n++) {
        char name[16];
        snprintf(name, sizeof(name), "N%u", n);
        node_make(sim, name);
    }
}

static uint64_t objects_of(struct sim *sim, uint32_t n)
{
    struct space_view view;
    struct core *core = sim->procs[n]->core;
    return core && core_space_by_id(core, &sim->spaces[0].id, &view) ? view.objects : 0;
}

static uint32_t count_with(struct sim *sim, uint64_t objects)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < sim->node_count; n++)
        count += sim->procs[n]->running && objects_of(sim, n) >= objects;
    return count;
}

static void run_until(struct sim *sim, uint64_t until)
{
    while (due_run(sim, until))
        ;
    sim->now = until;
}

/* Everybody calls six others; who is called by many takes it. */
static void call(struct sim *sim, uint64_t *chance)
{
    for (uint32_t n = 1; n < sim->node_count; n++)
        for (int i = 0; i < CALLS; i++) {
            uint32_t other = i ? (uint32_t)(sequence_next(chance) % sim->node_count) : (uint32_t)(sequence_next(chance) % n);
            if (other == n)
                continue;
            if (!i)
                sim->nodes[n].host = other + 1; /* an older one, whose card it joined with */
            edge_new(sim, n, other);
        }
}

int sim_flash(uint32_t nodes, uint64_t seed)
{
    struct sim_result *result = calloc(1, sizeof(*result));
    struct sim sim;
    uint64_t chance = seed;
    setup(&sim, nodes, result);
    for (uint32_t n = 0; n < nodes; n++)
        proc_start(&sim, sim.procs[n]);
    call(&sim, &chance);
    load_start(&sim); /* the space, and everybody's invitation, from the first node */
    for (uint32_t n = 0; n < nodes; n++)
        sim.nodes[n].wanted[0] = RIGHT_WRITE;
    uint64_t limit = sim.now + JOIN_MS;
    struct space_view view;
    uint32_t joined = 0;
    while (joined < nodes && sim.now < limit && !sim.failed) {
        run_until(&sim, sim.now + 5000);
        joined = 0;
        for (uint32_t n = 0; n < nodes; n++)
            joined += core_space_by_id(sim.procs[n]->core, &sim.spaces[0].id, &view) && view.right >= RIGHT_WRITE;
        fprintf(stderr, "%.0f s: %u of %u have joined\n", (double)sim.now / 1000, joined, nodes);
    }
    uint32_t down = 0;
    for (uint32_t n = 1; n < nodes; n++)
        if (sequence_next(&chance) % 10 < 3) {
            sim.procs[n]->ended = true;
            proc_stop(&sim, sim.procs[n]);
            down++;
        }
    run_until(&sim, sim.now + 5000);
    uint64_t from = sim.now, last = 0, messages = result->messages;
    load_flash(&sim, sim.procs[0]);
    uint32_t have = 0;
    while (have < nodes - down && sim.now < from + FLASH_LIMIT_MS && !sim.failed) {
        run_until(&sim, sim.now + 10);
        uint32_t now_have = count_with(&sim, 1);
        if (now_have != have)
            last = sim.now - from;
        have = now_have;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("flash: %u nodes, %u down, %u of %u others have it after %llu ms, %llu messages, %.1f copies each, %ld MB\n", nodes, down,
           have ? have - 1 : 0, nodes - down - 1, (unsigned long long)last, (unsigned long long)(result->messages - messages),
           (double)result->flash_copies / (nodes - down), usage.ru_maxrss / 1024);
    if (sim.failed)
        printf("VIOLATED: %s: %s\n", result->invariant, result->text);
    bool good = have == nodes - down && !sim.failed;
    world_free(&sim);
    free(result);
    return good ? 0 : 1;
}
