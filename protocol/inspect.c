/* inspect.c — looking at oneself: counters, and every stored hash, chain and signature again. */
#include "protocol/log/mend.h"
#include "protocol/core_inner.h"

void core_counters(const struct core *core, struct core_counters *out)
{
    *out = core->counters;
    out->jobs = core->jobs;
    out->taking_in = core->mono_ms >= core->stalled_until_mono;
}

/* One log from its first segment on: structure and root, the place and the link to the one before, the signature (runs
 * by their last one would do; here each is looked at, since this is the moment of doubt). */
static enum muster_error check_log(struct core *core, struct log *log, struct check_counts *out,
                                   void (*damaged)(void *user, const struct log_id *log, uint64_t position,
                                                   enum muster_error why),
                                   void *user)
{
    struct segment_id prev;
    uint64_t sequence = 1;
    bool linked = true;
    memcpy(prev.b, log->id.b, HASH_BYTES);
    for (uint64_t position = 1; position <= log_top(log); position++) {
        struct bytes item;
        struct segment_header header = {.count = 0};
        struct cursor records;
        if (!log_holds(log, position)) {
            linked = false;
            continue;
        }
        enum muster_error why = log_item_at(core, log, position, &item);
        if (!why)
            why = segment_item_open(&header, &records, item.at, item.len);
        if (!why)
            why = segment_item_check(item.at, item.len, NULL);
        if (!why && (header.position != position || !log_id_eq(&header.log, &log->id)))
            why = MUSTER_EDAMAGED;
        if (!why && linked && (!segment_id_eq(&header.prev, &prev) || header.first_sequence != sequence))
            why = MUSTER_ECHAIN;
        if (!why)
            why = segment_verify(item.at, core->spaces[log->space]->exercise, &log->genesis.incarnation);
        out->segments++;
        out->signatures++;
        out->records += header.count;
        linked = !why;
        if (why) {
            out->damaged++;
            mend_wish(core, log, position);
            if (damaged)
                damaged(user, &log->id, position, why);
            continue;
        }
        prev = segment_id_of(item.at);
        sequence = header.first_sequence + header.count;
    }
    return MUSTER_OK;
}

enum muster_error core_check(struct core *core, struct check_counts *out,
                             void (*damaged)(void *user, const struct log_id *log, uint64_t position, enum muster_error why),
                             void *user)
{
    *out = (struct check_counts){.segments = 0};
    for (size_t i = 0; i < core->log_count; i++) {
        enum muster_error error = check_log(core, core->logs[i], out, damaged, user);
        if (error)
            return error;
    }
    return MUSTER_OK;
}

size_t core_mends(const struct core *core)
{
    return core->mend_count;
}
