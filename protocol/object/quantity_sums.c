/* quantity_sums.c — what the quantities of an object come to, for people and for comparing nodes. */
#include "protocol/object/quantity_inner.h"

#include <stdlib.h>

static uint64_t units_of(const struct escrow_record *record)
{
    uint64_t units = 0;
    for (size_t i = 0; i < record->from_count; i++)
        units += record->from[i].units;
    return units;
}

static uint32_t right_find(const struct quantity_view *view, const struct record_id *id)
{
    for (uint32_t low = 0, high = view->state.rights_count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        int c = record_id_cmp(&view->records[view->state.rights[middle].record].id, id);
        if (c == 0)
            return middle;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return OBJECT_NONE;
}

/* Of each right: units that its giver uses already, and that its holder has not answered for (Q6). */
static void sum_asked(const struct quantity_view *view, uint64_t *asked)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        if (view->state.records[i].status != ESCROW_VALID || record->op != OP_RECLAIM)
            continue;
        uint32_t right = right_find(view, &record->from[0].right);
        if (right != OBJECT_NONE)
            asked[right] += record->from[0].units;
    }
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        if (view->state.records[i].status != ESCROW_VALID || record->op != OP_RETURN || record_id_none(&record->about))
            continue;
        uint32_t right = right_find(view, &record->from[0].right);
        if (right != OBJECT_NONE)
            asked[right] -= asked[right] < record->from[0].units ? asked[right] : record->from[0].units;
    }
}

/* Can the log's agency never write into it again, as far as is known here?  Of this node's own logs only the one that it
 * writes is ever written; one that is cut takes nothing more. */
static bool log_is_dead(const struct log *log, bool here)
{
    return log && ((log->own && !here) || log->strictest < UINT64_MAX);
}

static bool sum_rights(struct core *core, struct quantity_view *view)
{
    uint64_t *asked = calloc(view->state.rights_count + 1, sizeof(*asked));
    if (!asked)
        return false;
    sum_asked(view, asked);
    for (size_t i = 0; i < view->state.rights_count; i++) {
        const struct escrow_right *right = &view->state.rights[i];
        bool here = view->own_opened && log_id_eq(&right->holder, &view->own);
        uint64_t firm = right->rest.firm - (asked[i] < right->rest.firm ? asked[i] : right->rest.firm);
        view->sums.soft += right->rest.soft;
        if (log_is_dead(log_find(core, &right->holder), here))
            view->sums.stuck += firm;
        else if (here)
            view->sums.free_here += firm;
        else
            view->sums.free_elsewhere += firm;
    }
    free(asked);
    return true;
}

static void sum_promises(struct quantity_view *view)
{
    struct quantity_sums *s = &view->sums;
    for (size_t i = 0; i < view->count; i++) {
        const struct escrow_record *record = &view->records[i];
        const struct escrow_judgement *judged = &view->state.records[i];
        s->voids += judged->status == ESCROW_VOID;
        s->waiting += judged->status == ESCROW_WAITING;
        if (record->op != OP_COMMIT && record->op != OP_COVER)
            continue;
        uint64_t units = record->from_count ? units_of(record) : record->units;
        bool commit = record->op == OP_COMMIT;
        s->voids += commit && (judged->status == ESCROW_DISPUTED || judged->status == ESCROW_CUT_OFF);
        switch ((enum escrow_word)judged->word) {
        case WORD_SAFE:
            s->safe += units;
            break;
        case WORD_AT_RISK:
            s->at_risk += commit ? units : 0; /* of a cover: its promise is counted already */
            s->risky += commit;
            break;
        case WORD_LOST:
            s->lost += units;
            s->risky += commit;
            break;
        default: /* covered: its units are those of its cover */
            commit &= judged->word == WORD_COVERED;
            break;
        }
        s->promises += commit;
    }
}

enum muster_error quantity_sum(struct core *core, struct quantity_view *view)
{
    view->sums = (struct quantity_sums){.minted = view->state.objects && view->known ? view->state.objects[0].capacity : 0};
    sum_promises(view);
    return sum_rights(core, view) ? MUSTER_OK : MUSTER_EBUSY;
}

/* --- digest ---------------------------------------------------------------------------------------------- */

struct line {
    struct record_id id;
    const struct escrow_judgement *judged;
};

static int by_id(const void *a, const void *b)
{
    return record_id_cmp(&((const struct line *)a)->id, &((const struct line *)b)->id);
}

static struct hash digest_add(const struct hash *sum, const struct quantity_view *view, struct line *lines)
{
    struct hash inner = {{0}};
    for (size_t i = 0; i < view->count; i++)
        lines[i] = (struct line){view->records[i].id, &view->state.records[i]};
    qsort(lines, view->count, sizeof(*lines), by_id);
    for (size_t i = 0; i < view->count; i++) {
        uint8_t bytes[HASH_BYTES + 2 + 24];
        struct writer w = writer_over(bytes, sizeof(bytes));
        writer_put(&w, lines[i].id.b, HASH_BYTES);
        writer_u8(&w, lines[i].judged->status);
        writer_u8(&w, lines[i].judged->word);
        writer_u64(&w, lines[i].judged->drawn.firm);
        writer_u64(&w, lines[i].judged->drawn.soft);
        writer_u64(&w, lines[i].judged->drawn.lost);
        struct bytes parts[] = {{inner.b, HASH_BYTES}, {bytes, writer_len(&w)}};
        inner = crypto_hash_parts("muster/1/quantity", parts, ARRAY_LEN(parts));
    }
    struct bytes parts[] = {{sum->b, HASH_BYTES}, {view->object.b, OBJECT_ID_BYTES}, {inner.b, HASH_BYTES}};
    return crypto_hash_parts("muster/1/quantities", parts, ARRAY_LEN(parts));
}

enum muster_error core_quantity_digest_some(struct core *core, uint32_t space, struct digest_walk *walk, uint64_t max,
                                            bool *more)
{
    *more = true;
    for (; max; max--) {
        struct quantity_view view;
        if (!core_quantity_next(core, space, &walk->last)) {
            *more = false;
            return MUSTER_OK;
        }
        enum muster_error error = core_quantity(core, space, &walk->last, &view);
        if (error == MUSTER_ENOTFOUND)
            continue;
        if (error)
            return error;
        struct line *lines = malloc((view.count + 1) * sizeof(*lines));
        if (lines)
            walk->sum = digest_add(&walk->sum, &view, lines);
        free(lines);
        quantity_view_free(&view);
        if (!lines)
            return MUSTER_EBUSY;
        walk->objects++;
    }
    return MUSTER_OK;
}

enum muster_error core_quantity_digest(struct core *core, uint32_t space, struct hash *out, uint64_t *objects)
{
    struct digest_walk walk = {.objects = 0};
    bool more = true;
    enum muster_error error = MUSTER_OK;
    while (more && !error)
        error = core_quantity_digest_some(core, space, &walk, UINT64_MAX, &more);
    *out = walk.sum;
    *objects = walk.objects;
    return error;
}
