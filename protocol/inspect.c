/* inspect.c — looking at oneself: counters, and every stored hash, chain and signature again. */
#include "protocol/log/mend.h"
#include "protocol/core_inner.h"

void core_counters(const struct core *core, struct core_counters *out)
{
    *out = core->counters;
    out->jobs = core->jobs;
    out->taking_in = core->mono_ms >= core->stalled_until_mono;
}

/* One position: structure and root, the place and the link to the one before, the signature (runs by their last one
 * would do; here each is looked at, since this is the moment of doubt). */
static enum muster_error check_position(struct core *core, const struct check_walk *walk, struct log *log,
                                        struct segment_header *header, struct bytes *item)
{
    struct cursor records;
    enum muster_error why = log_item_at(core, log, walk->position, item);
    if (!why)
        why = segment_item_open(header, &records, item->at, item->len);
    if (!why)
        why = segment_item_check(item->at, item->len, NULL);
    if (!why && (header->position != walk->position || !log_id_eq(&header->log, &log->id)))
        why = MUSTER_EDAMAGED;
    if (!why && walk->linked && (!segment_id_eq(&header->prev, &walk->prev) || header->first_sequence != walk->sequence))
        why = MUSTER_ECHAIN;
    return why ? why : segment_verify(item->at, core->spaces[log->space]->exercise, &log->genesis.incarnation);
}

static void walk_enter(const struct core *core, struct check_walk *walk)
{
    walk->position = walk->sequence = 1;
    walk->linked = true;
    if (walk->log < core->log_count)
        memcpy(walk->prev.b, core->logs[walk->log]->id.b, HASH_BYTES);
}

void core_check_start(const struct core *core, struct check_walk *walk)
{
    *walk = (struct check_walk){.log = 0};
    for (size_t i = 0; i < core->log_count; i++)
        walk->of += log_top(core->logs[i]);
    walk_enter(core, walk);
}

bool core_check_some(struct core *core, struct check_walk *walk, uint64_t max,
                     void (*damaged)(void *user, const struct log_id *log, uint64_t position, enum muster_error why),
                     void *user)
{
    while (max && walk->log < core->log_count) {
        struct log *log = core->logs[walk->log];
        struct segment_header header = {.count = 0};
        struct bytes item;
        if (walk->position > log_top(log)) {
            walk->log++;
            walk_enter(core, walk);
            continue;
        }
        max--;
        if (!log_holds(log, walk->position)) {
            walk->linked = false;
            walk->position++;
            continue;
        }
        enum muster_error why = check_position(core, walk, log, &header, &item);
        walk->counts.segments++;
        walk->counts.signatures++;
        walk->counts.records += header.count;
        walk->linked = !why;
        if (why) {
            walk->counts.damaged++;
            mend_wish(core, log, walk->position);
            if (damaged)
                damaged(user, &log->id, walk->position, why);
        } else {
            walk->prev = segment_id_of(item.at);
            walk->sequence = header.first_sequence + header.count;
        }
        walk->position++;
    }
    return walk->log < core->log_count;
}

enum muster_error core_check(struct core *core, struct check_counts *out,
                             void (*damaged)(void *user, const struct log_id *log, uint64_t position, enum muster_error why),
                             void *user)
{
    struct check_walk walk;
    core_check_start(core, &walk);
    while (core_check_some(core, &walk, UINT64_MAX, damaged, user)) {
    }
    *out = walk.counts;
    return MUSTER_OK;
}

size_t core_mends(const struct core *core)
{
    return core->mend_count;
}
