/* waiting.c — records of an object that are held and stand in no view: in dispute, beyond a limit, or without a key. */
#include "protocol/object/apply.h"

#include <stdlib.h>

struct arrivals {
    uint64_t at[LOOK_WAITING_SEGMENTS];
    size_t count;
    bool cut;
};

static bool collect(void *user, struct bytes key, struct bytes value)
{
    struct arrivals *a = user;
    (void)value;
    a->cut = a->count == LOOK_WAITING_SEGMENTS;
    if (key.len == 13 && !a->cut)
        a->at[a->count++] = get_be64(key.at + 5);
    return !a->cut;
}

static enum waiting_why why(const struct log *log, uint64_t position)
{
    if (log->status == CONTROL_LOG_NO_RIGHT || log_limits(log, position))
        return WAITING_LIMIT;
    return log_disputes(log, position) ? WAITING_DISPUTE : WAITING_KEY;
}

static size_t look_into(const struct log *log, struct bytes item, const struct object_id *object, uint64_t arrival,
                        struct waiting_record *out, size_t max)
{
    struct segment_header segment;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    struct cursor c;
    size_t count = 0;
    if (segment_item_open(&segment, &c, item.at, item.len) != MUSTER_OK)
        return 0;
    for (uint32_t i = 0; i < segment.count && count < max; i++) {
        if (segment_record_read(&c, segment.first_sequence + i, &record) != MUSTER_OK)
            break;
        if (!object_id_eq(&record.header.object, object))
            continue;
        out[count++] = (struct waiting_record){.arrival = arrival, .index = (uint16_t)i, .header = record.header, .log = log->id,
                                               .by = log->genesis.agency, .why = why(log, segment.position),
                                               .id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header))};
    }
    return count;
}

bool core_space_waiting(struct core *core, uint32_t space, size_t count[WAITING_KEY + 1])
{
    struct arrivals *a = space < core->space_count && core->spaces[space]->waiting ? calloc(1, sizeof(*a)) : NULL;
    uint8_t prefix[5] = {'w'};
    memset(count, 0, (WAITING_KEY + 1) * sizeof(*count));
    if (!a)
        return true;
    put_be32(prefix + 1, space);
    struct bytes key = {prefix, sizeof(prefix)};
    if (core->storage.scan(core->storage.self, T_APPLIED, key, key, false, collect, a) != MUSTER_OK)
        a->count = 0;
    for (size_t i = 0; i < a->count; i++) {
        struct log *log;
        struct bytes item;
        struct segment_header header;
        if (stored_item(core, a->at[i], &log, &item) == MUSTER_OK && segment_header_read(&header, item.at) == MUSTER_OK)
            count[why(log, header.position)]++;
    }
    bool all = !a->cut;
    free(a);
    return all;
}

size_t core_object_waiting(struct core *core, uint32_t space, const struct object_id *object, struct waiting_record *out,
                           size_t max, bool *cut)
{
    struct arrivals *a = space < core->space_count && core->spaces[space]->waiting ? calloc(1, sizeof(*a)) : NULL;
    uint8_t prefix[5] = {'w'};
    size_t count = 0;
    *cut = false;
    if (!a)
        return 0;
    put_be32(prefix + 1, space);
    struct bytes key = {prefix, sizeof(prefix)};
    if (core->storage.scan(core->storage.self, T_APPLIED, key, key, false, collect, a) != MUSTER_OK)
        a->count = 0;
    for (size_t i = 0; i < a->count && count < max; i++) {
        struct log *log;
        struct bytes item;
        if (stored_item(core, a->at[i], &log, &item) == MUSTER_OK)
            count += look_into(log, item, object, a->at[i], out + count, max - count);
    }
    *cut = a->cut || count == max;
    free(a);
    return count;
}
