#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "protocol/core_inner.h"
#include "unit/protocol/life/town.h"

#include <stdio.h>
#include <stdlib.h>

enum { REST_MS = 60000, AHEAD = 5 };

/* --- reading the node's state ----------------------------------------------------------------------------------- */

static struct core *core_of(const struct town *t, size_t machine)
{
    return world_core(t->w, t->machines[machine].node);
}

static struct space *space_of(const struct town *t, size_t machine)
{
    return space_find(core_of(t, machine), &t->space);
}

static struct log *newest(const struct town *t, size_t machine)
{
    const struct own_log *own = &space_of(t, machine)->own[LOG_DATA];
    assert_true(own->log > 0);
    return core_of(t, machine)->logs[own->log - 1];
}

static struct place place_of(const struct log *log)
{
    return (struct place){.log = log->id, .position = log->durable_prefix, .id = log->durable_id};
}

static bool disk_is_behind(const struct town *t, size_t machine, const struct place *guard)
{
    struct core *core = core_of(t, machine);
    const struct log *log = log_find(core, &guard->log);
    struct bytes item;
    if (!log || log->durable_prefix < guard->position)
        return true;
    if (!guard->position)
        return false;
    assert_int_equal(log_item_at(core, log, guard->position, &item), MUSTER_OK);
    struct segment_id id = segment_id_of(item.at);
    return !segment_id_eq(&id, &guard->id);
}

/* --- the town ------------------------------------------------------------------------------------------------------ */

static bool lies(const struct town *t, size_t partner)
{
    return t->lie != LIE_NONE && t->liar_is == partner;
}

void town_open(struct town *t, uint64_t seed, enum lie lie, size_t liar)
{
    static const char *const names[PARTNERS] = {"P", "Q", "R"};
    *t = (struct town){.w = world_new(seed), .lie = lie, .liar_is = liar};
    struct machine *m = &t->machines[0];
    m->node = world_node(t->w, "N");
    assert_int_equal(world_space(t->w, m->node, "town", false, &t->space), MUSTER_OK);
    for (size_t i = 0; i < PARTNERS; i++) {
        t->partners[i] = world_node(t->w, names[i]);
        world_connect(t->w, m->node, t->partners[i]);
        assert_true(world_settle(t->w, REST_MS));
        assert_int_equal(world_invite(t->w, m->node, &t->space, t->partners[i], RIGHT_WRITE), MUSTER_OK);
        assert_true(world_settle(t->w, REST_MS));
    }
    assert_int_equal(world_incident(t->w, m->node, &t->space, "before", NULL), MUSTER_OK);
    assert_true(world_settle(t->w, REST_MS));
    m->here = true;
    m->guard = place_of(newest(t, 0));
    t->published[t->published_count++] = m->guard;
    world_stop(t->w, m->node);
    if (lie != LIE_NONE)
        t->liar = evil_new(t->w, t->partners[liar], m->node, &t->space);
}

void town_close(struct town *t)
{
    memory_store_free(t->copy);
    if (t->liar)
        evil_free(t->liar);
    world_free(t->w);
}

/* --- the events ---------------------------------------------------------------------------------------------------- */

static struct machine *machine_here(struct town *t, size_t machine)
{
    return machine < MACHINES && t->machines[machine].here ? &t->machines[machine] : NULL;
}

const char *town_start(struct town *t, size_t machine)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    world_start(t->w, m->node, false);
    m->behind = disk_is_behind(t, machine, &m->guard);
    if (m->behind)
        world_start(t->w, m->node, true);
    else
        m->guard = place_of(newest(t, machine));
    m->running = true;
    m->left = m->behind;
    m->log = newest(t, machine)->id;
    return m->behind ? "new-incarnation" : "unconfirmed";
}

static void hear_liar(struct town *t, struct machine *m, const struct log *log)
{
    static uint8_t out[MESSAGE_BYTES_MAX];
    t->liar->victim = m->node;
    evil_connect(t->liar);
    bool high = t->lie == LIE_HIGH;
    struct segment_id made_up;
    evil_random(t->liar, &made_up, sizeof(made_up));
    evil_send(t->liar, out, evil_heads(t->liar, out, &log->id, log->durable_prefix + (high ? AHEAD : 0),
                                       high ? &made_up : &log->durable_id, 0));
    assert_true(world_settle(t->w, REST_MS));
    assert_true(t->liar->greeted);
}

const char *town_meet(struct town *t, size_t machine, size_t partner)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    if (!m->running)
        return "not-running";
    struct log *log = newest(t, machine);
    uint8_t echoes = log->echo_count;
    if (lies(t, partner)) {
        hear_liar(t, m, log);
        assert_true(t->lie == LIE_LOW || log->highest >= log->durable_prefix + AHEAD); /* it was heard */
    } else {
        world_connect(t->w, m->node, t->partners[partner]);
        assert_true(world_settle(t->w, REST_MS));
    }
    log = newest(t, machine);
    if (m->left)
        return "own";
    if (log->closed) {
        m->left = true;
        return "new-incarnation";
    }
    if (lies(t, partner) && t->lie == LIE_HIGH) {
        assert_int_equal(log->echo_count, echoes);
        return "echo-ignored";
    }
    return life_may_write(core_of(t, machine), space_of(t, machine), log) == MUSTER_OK ? "confirmed" : "unconfirmed";
}

/* To all partners: in sessions, as far as they keep one with this machine, else in a file. */
static void publish(struct town *t, struct machine *m)
{
    for (size_t i = 0; i < PARTNERS; i++) {
        if (lies(t, i))
            continue;
        world_connect(t->w, m->node, t->partners[i]);
        assert_true(world_settle(t->w, REST_MS));
        if (world_linked(t->w, m->node, t->partners[i]))
            continue;
        struct bundle_made made = {0};
        struct bundle_report report = {0};
        assert_int_equal(world_bundle_out(t->w, m->node, t->partners[i], NULL, &made), MUSTER_OK);
        assert_int_equal(world_bundle_in(t->w, t->partners[i], made.bytes, made.len, &report), MUSTER_OK);
        free(made.bytes);
    }
}

const char *town_write(struct town *t, size_t machine, struct place *at)
{
    struct machine *m = machine_here(t, machine);
    char name[32];
    if (!m)
        return "nothing";
    if (!m->running)
        return "not-running";
    snprintf(name, sizeof(name), "record %u", ++t->names);
    assert_int_equal(world_incident(t->w, m->node, &t->space, name, NULL), MUSTER_OK);
    struct log *log = newest(t, machine);
    *at = place_of(log);
    assert_true(t->published_count < PUBLISHED_MAX);
    t->published[t->published_count++] = *at;
    m->left = m->left || !log_id_eq(&log->id, &m->log);
    m->log = log->id;
    if (m->behind) /* as the node does: the guard is taken back once it goes on in new logs */
        m->guard = *at;
    m->behind = false;
    publish(t, m);
    return "wrote";
}

const char *town_guard(struct town *t, size_t machine)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    if (m->running && !m->behind)
        m->guard = place_of(newest(t, machine));
    return "done";
}

const char *town_snapshot(struct town *t, size_t machine)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    memory_store_free(t->copy);
    t->copy = memory_store_clone(world_store(t->w, m->node));
    t->copy_guard = m->guard;
    return "done";
}

const char *town_restore(struct town *t, size_t machine, bool database_only)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    if (!t->copy)
        return m->running ? "done" : "not-running";
    struct memory_store *fresh = memory_store_clone(t->copy);
    if (database_only) {
        memory_store_keys_from(fresh, world_store(t->w, m->node));
        memory_store_derived_reset(fresh); /* not in a backup */
    } else {
        m->guard = t->copy_guard;
    }
    world_put(t->w, m->node, fresh);
    m->running = m->behind = m->left = false;
    return "done";
}

const char *town_clone(struct town *t, size_t machine)
{
    struct machine *m = machine_here(t, machine);
    if (!m)
        return "nothing";
    if (t->machines[1].here)
        return m->running ? "done" : "not-running";
    t->machines[1] = (struct machine){.node = world_twin(t->w, m->node), .here = true, .guard = m->guard};
    return "done";
}

void town_is_not_forked(struct town *t)
{
    for (size_t i = 0; i < t->published_count; i++)
        for (size_t k = i + 1; k < t->published_count; k++) {
            const struct place *a = &t->published[i], *b = &t->published[k];
            assert_false(log_id_eq(&a->log, &b->log) && a->position == b->position && !segment_id_eq(&a->id, &b->id));
        }
    for (size_t n = 0; n < PARTNERS + MACHINES; n++) {
        bool partner = n < PARTNERS;
        if (partner ? lies(t, n) : !t->machines[n - PARTNERS].running)
            continue;
        struct core *core = world_core(t->w, partner ? t->partners[n] : t->machines[n - PARTNERS].node);
        for (size_t l = 0; l < core->log_count; l++)
            assert_int_equal(core->logs[l]->fork_at, 0);
    }
}
