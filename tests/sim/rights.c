/* rights.c — quantities in the simulator: what people and liars do with rights, and what must hold of it (RULES Q).
 *
 * The invariants count for themselves: from the records and from what the fold says of each, never from its totals. */
#include "sim/sim.h"

#include "protocol/kinds/kinds.h"
#include "protocol/object/quantity.h"

#include <stdlib.h>

/* --- what is done ---------------------------------------------------------------------------------------------- */

static bool newest_log_of_other(struct sim *sim, struct proc *p, const struct space *space, struct hash *out)
{
    uint32_t from = tape_below(&sim->tape, 256);
    for (size_t i = 0; i < p->core->log_count; i++) {
        const struct log *log = p->core->logs[(from + i) % p->core->log_count];
        if (log->space == space->number && log->genesis.role == LOG_DATA && !log->own) {
            memcpy(out->b, log->id.b, HASH_BYTES);
            return true;
        }
    }
    return false;
}

static const struct escrow_record *record_any(struct sim *sim, const struct quantity_view *view)
{
    return view->count ? &view->records[tape_below(&sim->tape, (uint32_t)view->count)] : NULL;
}

void rights_step(struct sim *sim, struct proc *p, uint32_t s)
{
    static const uint8_t ops[] = {OP_MINT, OP_MINT, OP_COMMIT, OP_COMMIT, OP_COMMIT, OP_GRANT, OP_GRANT, OP_RELEASE, OP_RETURN,
                                  OP_RECLAIM, OP_COVER};
    static const uint8_t empty[] = {0x80};
    struct space *space = space_find(p->core, &sim->spaces[s].id);
    uint32_t which = tape_below(&sim->tape, 65536), units = 1 + tape_below(&sim->tape, 30);
    struct write_item item = {.operation = ops[tape_below(&sim->tape, ARRAY_LEN(ops))], .kind = KIND_RESOURCE, .schema = 1,
                              .quantity = {.units = units, .at_risk = tape_one_in(&sim->tape, 6)}};
    struct quantity_view view = {.count = 0};
    if (!space || !sim->acked_count)
        return;
    /* Few objects, so that rights meet: one of the first eight of the space. */
    size_t seen = 0, at = sim->acked_count;
    for (size_t i = 0; i < sim->acked_count && seen <= which % 8; i++)
        if (sim->acked[i].space == s && sim->acked[i].operation == OP_CREATE) {
            seen++;
            at = i;
        }
    if (at == sim->acked_count)
        return;
    item.object = sim->acked[at].object;
    bool known = core_quantity(p->core, space->number, &item.object, &view) == MUSTER_OK;
    const struct escrow_record *about = known ? record_any(sim, &view) : NULL;
    if (item.operation == OP_GRANT && !newest_log_of_other(sim, p, space, &item.quantity.about))
        item.operation = OP_COMMIT;
    if ((item.operation == OP_RELEASE || item.operation == OP_COVER) && about)
        memcpy(item.quantity.about.b, about->id.b, HASH_BYTES);
    if ((item.operation == OP_RETURN || item.operation == OP_RECLAIM) && known && view.state.rights_count)
        memcpy(item.quantity.right.b, view.records[view.state.rights[which % view.state.rights_count].record].id.b, HASH_BYTES);
    if (item.operation == OP_RETURN && about && about->op == OP_RECLAIM)
        memcpy(item.quantity.about.b, about->id.b, HASH_BYTES);
    quantity_view_free(&view);
    load_write(sim, p, s, &item, empty, sizeof(empty), 1);
}

/* --- what must hold -------------------------------------------------------------------------------------------- */

static uint64_t units_of(const struct escrow_record *record)
{
    uint64_t units = 0;
    for (size_t i = 0; i < record->from_count; i++)
        units += record->from[i].units;
    return units;
}

/* Of a right: what its counting spends take together.  More than it has: an overspend that nobody flagged. */
static uint64_t spent(const struct quantity_view *view, const struct escrow_right *right)
{
    uint64_t units = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        if (record->op == OP_RECLAIM || view->state.records[i].status != ESCROW_VALID)
            continue;
        for (size_t k = 0; k < record->from_count; k++)
            if (record_id_eq(&record->from[k].right, &view->records[right->record].id))
                units += record->from[k].units;
    }
    return units;
}

static bool object_holds(struct sim *sim, struct proc *p, const struct quantity_view *view, bool report)
{
    uint64_t minted = 0, safe = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        const struct escrow_judgement *judged = &view->state.records[i];
        minted += record->op == OP_MINT && judged->status == ESCROW_VALID ? record->units : 0;
        safe += (record->op == OP_COMMIT || record->op == OP_COVER) && judged->word == WORD_SAFE ? units_of(record) : 0;
    }
    if (safe > minted && report)
        violation(sim, "no more is promised safely than was minted", "%s: %llu safe of %llu", proc_name(sim, p),
                  (unsigned long long)safe, (unsigned long long)minted);
    if (safe > minted)
        return false;
    for (size_t i = 0; i < view->state.rights_count; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        if (spent(view, right) <= right->units)
            continue;
        if (report)
            violation(sim, "every overspend is void", "%s: %llu of %llu units are spent and count", proc_name(sim, p),
                      (unsigned long long)spent(view, right), (unsigned long long)right->units);
        return false;
    }
    return true;
}

bool rights_hold(struct sim *sim, struct proc *p, struct space *space, bool report)
{
    struct object_id object = {{0}};
    bool holds = true;
    while (holds && core_quantity_next(p->core, space->number, &object)) {
        struct quantity_view view;
        if (core_quantity(p->core, space->number, &object, &view) != MUSTER_OK)
            continue;
        for (size_t i = 0; i < view.count; i++)
            sim->result->voids += report && view.state.records[i].status == ESCROW_VOID;
        holds = object_holds(sim, p, &view, report);
        quantity_view_free(&view);
    }
    return holds;
}

/* Of a fork each holds the branch that came first: then they may differ about what is disputed. */
static bool has_fork(const struct core *core, const struct space *space)
{
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->space == space->number && core->logs[i]->genesis.role == LOG_DATA && core->logs[i]->fork_at)
            return true;
    return false;
}

bool rights_are_equal(struct sim *sim, struct proc *a, struct proc *b, struct space *x, struct space *y, bool report)
{
    struct hash d, e;
    uint64_t n = 0, m = 0;
    if (has_fork(a->core, x) || has_fork(b->core, y))
        return true;
    bool equal = core_quantity_digest(a->core, x->number, &d, &n) == MUSTER_OK &&
                 core_quantity_digest(b->core, y->number, &e, &m) == MUSTER_OK && hash_eq(&d, &e) && n == m;
    if (!equal && report)
        violation(sim, "at quiescence quantities are equal", "%s has those of %llu objects, %s of %llu", proc_name(sim, a),
                  (unsigned long long)n, proc_name(sim, b), (unsigned long long)m);
    return equal;
}
