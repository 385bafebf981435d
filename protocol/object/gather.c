/* gather.c — the records of an object that are folded: all of them, or of too many each agency's share. */
#include "protocol/object/apply.h"
#include "protocol/object/share.h"

#include <stdlib.h>

enum { GATHER_MAX = 2 * OBJECT_RECORDS_MAX, RECORD_VALUE_LOG = RECORD_VALUE_HLC + 8, RECORD_VALUE_SEQUENCE = RECORD_VALUE_LOG + 4 };

struct gathered {
    const struct core *core;
    const struct object_id *object;
    uint64_t until; /* only records with a label before it */
    const struct agency_id *creator;
    struct share_entry *at;
    size_t count, size;
    bool full;     /* there are more than GATHER_MAX: only the creator is looked for */
    bool selects;  /* and now the shares are taken as they come */
    bool failed;   /* no memory */
};

static bool has_room(struct gathered *g)
{
    if (g->count < g->size)
        return true;
    size_t size = g->size ? g->size * 2 : 16;
    struct share_entry *bigger = size <= GATHER_MAX ? realloc(g->at, size * sizeof(*bigger)) : NULL;
    if (bigger) {
        g->at = bigger;
        g->size = size;
        return true;
    }
    g->failed = size <= GATHER_MAX;
    return false;
}

static bool gather_key(void *user, struct bytes key, struct bytes value)
{
    struct gathered *g = user;
    if (key.len != RECORD_KEY || value.len != RECORD_VALUE || object_op_is_quantity(value.at[0]) || /* S7.4.9 */
        get_le64(value.at + RECORD_VALUE_HLC) >= g->until)
        return true;
    uint32_t number = get_le32(value.at + RECORD_VALUE_LOG);
    if (!number || number > g->core->log_count)
        return true;
    const struct log *log = g->core->logs[number - 1];
    struct share_entry entry = {.by = &log->genesis.agency, .log = &log->id, .sequence = get_le64(value.at + RECORD_VALUE_SEQUENCE),
                                .arrival = get_be64(key.at + OBJECT_KEY),
                                .index = (uint16_t)(key.at[OBJECT_KEY + 8] << 8 | key.at[OBJECT_KEY + 9])};
    entry.root = value.at[0] == OP_CREATE && object_id_fits(g->object, &log->id, entry.sequence);
    if (entry.root)
        g->creator = entry.by;
    if (g->full && !g->selects)
        return true;
    if (!has_room(g)) {
        g->full = !g->failed;
        if (!g->selects)
            return g->full;
        g->count = share_select(g->at, g->count, g->creator);
    }
    g->at[g->count++] = entry;
    return true;
}

static int by_arrival(const void *a, const void *b)
{
    const struct share_entry *x = a, *y = b;
    if (x->arrival != y->arrival)
        return x->arrival < y->arrival ? -1 : 1;
    return (int)x->index - (int)y->index;
}

enum muster_error object_gather(struct core *core, struct space *space, const struct object_id *object, uint64_t until,
                                struct object_held **held, size_t *count)
{
    uint8_t key[OBJECT_KEY];
    struct gathered g = {.core = core, .object = object, .until = until};
    struct bytes prefix = {key, sizeof(key)};
    object_key(key, space, object);
    enum muster_error error = core->storage.scan(core->storage.self, T_RECORD, prefix, prefix, false, gather_key, &g);
    if (!error && g.full) {
        g.selects = true;
        g.count = 0;
        error = core->storage.scan(core->storage.self, T_RECORD, prefix, prefix, false, gather_key, &g);
    }
    if (!error && g.failed)
        error = MUSTER_EBUSY;
    size_t all = g.count;
    if (!error)
        g.count = share_select(g.at, g.count, g.creator);
    if (!error && g.count < all)
        qsort(g.at, g.count, sizeof(*g.at), by_arrival);
    *held = error || !g.count ? NULL : calloc(g.count, sizeof(**held));
    if (!error && g.count && !*held)
        error = MUSTER_EBUSY;
    for (size_t i = 0; *held && i < g.count; i++) {
        (*held)[i].arrival = g.at[i].arrival;
        (*held)[i].index = g.at[i].index;
    }
    *count = error ? 0 : g.count;
    free(g.at);
    return error;
}
