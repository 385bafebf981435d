/* quantity_write.c — a record of a quantity before it is written: which rights it spends, and whether it will count.
 *
 * Nothing is in flight when own records are written (log/write.c), so what is folded and what this flush has
 * already prepared are all that the own log has spent. */
#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/object/quantity_inner.h"

#include <stdlib.h>

enum { OTHER_REFS = 2 }; /* beside the rights: whom it is for or what it answers */

struct choice {
    const struct quantity_view *view;
    size_t stored; /* records before it have names; the others are of this flush */
    size_t count;
    const struct escrow_right *rights[];
};

static int by_age(const void *a, const void *b, const struct quantity_view *view)
{
    const struct escrow_right *x = *(const struct escrow_right *const *)a, *y = *(const struct escrow_right *const *)b;
    uint64_t at = view->rows[x->record].hlc, to = view->rows[y->record].hlc;
    if (at != to)
        return at < to ? -1 : 1;
    return record_id_cmp(&view->records[x->record].id, &view->records[y->record].id);
}

static void sort_by_age(struct choice *c)
{
    for (size_t i = 1; i < c->count; i++) /* rights of one log for one object: few */
        for (size_t j = i; j > 0 && by_age(&c->rights[j], &c->rights[j - 1], c->view) < 0; j--) {
            const struct escrow_right *swap = c->rights[j];
            c->rights[j] = c->rights[j - 1];
            c->rights[j - 1] = swap;
        }
}

/* A liar of the simulator: any right, whoever holds it and whatever is left of it. */
static enum muster_error choose_any(struct escrow_record *out, struct escrow_units *from, const struct quantity_view *view,
                                    size_t stored, uint64_t units)
{
    uint32_t count = view->state.rights_count;
    const struct escrow_right *right = count ? &view->state.rights[units % count] : NULL;
    if (!right || right->record >= stored)
        return MUSTER_ESHORT;
    from[out->from_count++] = (struct escrow_units){view->records[right->record].id, right->units / 2 + units};
    return MUSTER_OK;
}

/* From the oldest rights of the log, firm units before those at risk.  ESHORT if they do not bear it, ETOOBIG if more
 * rights would be needed than a record can name. */
static enum muster_error choose(struct escrow_record *out, struct escrow_units *from, const struct quantity_view *view,
                                size_t stored, uint64_t units, bool soft)
{
    struct choice *c = malloc(sizeof(*c) + view->state.rights_count * sizeof(c->rights[0]));
    enum muster_error error = MUSTER_OK;
    if (!c)
        return MUSTER_EBUSY;
    c->view = view;
    c->stored = stored;
    c->count = 0;
    for (size_t i = 0; i < view->state.rights_count; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        if (log_id_eq(&right->holder, &out->log) && right->record < stored && right->left)
            c->rights[c->count++] = right;
    }
    sort_by_age(c);
    uint64_t firm = 0, all = 0;
    for (size_t i = 0; i < c->count; i++) {
        firm += c->rights[i]->rest.firm;
        all += c->rights[i]->rest.firm + c->rights[i]->rest.soft;
    }
    soft = soft && firm < units;
    if ((soft ? all : firm) < units)
        error = MUSTER_ESHORT;
    for (size_t i = 0; i < c->count && units && !error; i++) {
        uint64_t there = c->rights[i]->rest.firm + (soft ? c->rights[i]->rest.soft : 0);
        uint64_t take = there < units ? there : units;
        if (!take)
            continue;
        if (out->from_count == REFS_MAX - OTHER_REFS)
            error = MUSTER_ETOOBIG;
        else
            from[out->from_count++] = (struct escrow_units){view->records[c->rights[i]->record].id, take};
        units -= take;
    }
    free(c);
    return error;
}

static void add_ref(struct record_header *header, enum ref_role role, const void *hash)
{
    header->refs[header->ref_count].role = (uint8_t)role;
    memcpy(header->refs[header->ref_count++].hash.b, hash, HASH_BYTES);
}

static size_t body_write(uint8_t *out, const struct escrow_record *record, const struct quantity_wish *wish)
{
    struct writer w = writer_over(out, QUANTITY_BODY_MAX);
    bool names = !object_id_none(&wish->for_what);
    pack_map(&w, (uint32_t)(record->op != OP_RELEASE) + names);
    if (record->from_count) {
        pack_uint(&w, QUANTITY_PARTS);
        pack_array(&w, (uint32_t)record->from_count);
        for (size_t i = 0; i < record->from_count; i++)
            pack_uint(&w, record->from[i].units);
    } else if (record->op != OP_RELEASE) {
        pack_uint(&w, QUANTITY_UNITS);
        pack_uint(&w, record->units);
    }
    if (names) {
        pack_uint(&w, QUANTITY_FOR);
        pack_bytes(&w, wish->for_what.b, OBJECT_ID_BYTES);
    }
    return writer_len(&w);
}

/* The units of the promise that a cover backs. */
static uint64_t promised(const struct quantity_view *view, const struct hash *promise)
{
    for (size_t i = 0; i < view->count; i++)
        if (memcmp(view->records[i].id.b, promise->b, HASH_BYTES) == 0)
            return view->state.records[i].status == ESCROW_UNBACKED ? view->records[i].units : 0;
    return 0;
}

/* Fills the record; what it spends is chosen from the view. */
static enum muster_error draft(struct escrow_record *record, struct escrow_units *from, const struct write_item *item,
                               const struct quantity_view *view, size_t stored, bool overspends)
{
    const struct quantity_wish *wish = &item->quantity;
    uint64_t units = item->operation == OP_COVER ? promised(view, &wish->about) : wish->units;
    if (item->operation != OP_RELEASE && (units == 0 || units > ESCROW_UNITS_MAX))
        return item->operation == OP_COVER ? MUSTER_EVOID : MUSTER_EBADVALUE;
    memcpy(record->about.b, wish->about.b, HASH_BYTES);
    enum muster_error error = MUSTER_OK;
    switch (item->operation) {
    case OP_MINT:
        record->mint = MINT_BY_OWNER;
        record->units = units;
        break;
    case OP_RELEASE:
        break;
    case OP_RETURN:
    case OP_RECLAIM:
        memcpy(from[0].right.b, wish->right.b, HASH_BYTES);
        from[0].units = units;
        record->from_count = 1;
        break;
    case OP_COMMIT:
        error = overspends ? choose_any(record, from, view, stored, units)
                           : choose(record, from, view, stored, units, wish->at_risk);
        if (error == MUSTER_ESHORT && wish->at_risk) { /* knowingly */
            record->from_count = 0;
            record->units = units;
            error = MUSTER_OK;
        }
        break;
    default:
        memcpy(record->to.b, wish->about.b, HASH_BYTES);
        error = overspends ? choose_any(record, from, view, stored, units) : choose(record, from, view, stored, units, wish->at_risk);
    }
    return error;
}

static void refer(struct record_header *header, const struct escrow_record *record, const struct object_stored *state)
{
    for (size_t i = 0; i < record->from_count; i++)
        add_ref(header, REF_RIGHT, record->from[i].right.b);
    if (record->op == OP_MINT)
        add_ref(header, REF_TERM, state->term.b);
    if (record->op == OP_GRANT)
        add_ref(header, REF_TO_LOG, record->to.b);
    if (record->op == OP_COVER)
        add_ref(header, REF_COVER, record->about.b);
    if (record->op == OP_RELEASE)
        add_ref(header, REF_PROMISE, record->about.b);
    if (record->op == OP_RETURN && !record_id_none(&record->about))
        add_ref(header, REF_RECLAIM, record->about.b);
}

enum muster_error quantity_prepare(struct core *core, const struct space *space, const struct log *log,
                                   const struct write_item *item, struct quantity_batch *batch,
                                   struct record_header *header, uint8_t *body, size_t *body_len)
{
    struct object_stored state;
    enum muster_error known = object_state(core, space, &item->object, &state);
    if (known)
        return known;
    if (batch->count == SEGMENT_RECORDS_MAX)
        return MUSTER_EFULL;
    if (item->operation == OP_MINT && !(state.flags & OBJECT_JOINT) && !agency_id_eq(&state.owner, &core->self))
        return MUSTER_ENOTOWNER;
    if (item->operation == OP_GRANT && memcmp(item->quantity.about.b, log->id.b, HASH_BYTES) == 0)
        return MUSTER_EUSAGE;
    struct quantity_view view = {.count = 0};
    enum muster_error error = quantity_fold(core, space, &item->object, log, batch, &view);
    if (error && error != MUSTER_ENOTFOUND)
        return error;
    size_t same = 0; /* of the batch, those of this object stand at the end of the view */
    for (size_t i = 0; i < batch->count; i++)
        same += object_id_eq(&batch->at[i].object, &item->object);
    struct escrow_record *record = &batch->at[batch->count];
    *record = (struct escrow_record){.log = log->id, .seq = (UINT64_C(1) << 60) + batch->count, .op = item->operation,
                                     .object = item->object, .from = batch->from[batch->count]};
    memset(record->id.b, 0xff, HASH_BYTES); /* it has no name before it is sealed, and nothing refers to it */
    put_be32(record->id.b + HASH_BYTES - 4, (uint32_t)batch->count);
    error = draft(record, batch->from[batch->count], item, &view, view.count - same, core->overspends);
    quantity_view_free(&view);
    if (error)
        return error;
    batch->count++;
    error = quantity_fold(core, space, &item->object, log, batch, &view);
    if (!error) {
        uint8_t status = view.state.records[view.count - 1].status;
        if (status != ESCROW_VALID && status != ESCROW_UNBACKED && !core->overspends)
            error = MUSTER_EVOID;
        quantity_view_free(&view);
    }
    if (error) {
        batch->count--;
        return error;
    }
    refer(header, record, &state);
    header->flags |= RECORD_STRUCTURAL;
    *body_len = body_write(body, record, &item->quantity);
    return *body_len ? MUSTER_OK : MUSTER_EINTERNAL;
}
