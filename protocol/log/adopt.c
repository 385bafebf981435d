/* adopt.c — segments change places between a log and its other branches.
 *
 * A cut has settled a fork for a branch that is not the one held here (RULES C11): the held one steps aside, kept with the
 * other branches, and the one that leads to the cut's head is taken in from its end, so that nothing but ancestors of the
 * head comes in.
 *
 * A control log that is forked has no holes: whatever is not behind its prefix lies with the branches, where it counts as
 * soon as its own predecessor is held on whichever branch (C2), and comes in when the prefix reaches it. */
#include "protocol/core_inner.h"

#include <stdlib.h>

enum { ASIDE_MAX = 65536 }; /* segments that step aside at once */

/* May this stand at its position, now that a cut has named the head?  OK, or EFORK. */
enum muster_error adopt_allows(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id)
{
    struct bytes item;
    struct segment_header above;
    if (position == log->adopt_at)
        return segment_id_eq(id, &log->adopt_head) ? MUSTER_OK : MUSTER_EFORK;
    if (!log_holds(log, position + 1) || log_item_at(core, log, position + 1, &item) != MUSTER_OK ||
        segment_header_read(&above, item.at) != MUSTER_OK)
        return MUSTER_EFORK; /* the ones above it come first */
    return segment_id_eq(&above.prev, id) ? MUSTER_OK : MUSTER_EFORK;
}

struct aside {
    struct core *core;
    struct log *log;
    size_t count;
    uint64_t records;
    struct segment_id last; /* at the position before the fork */
    uint64_t next_sequence;
    struct { uint64_t position, arrival; struct segment_id id; } at[];
};

static bool collect(void *user, struct bytes key, struct bytes value)
{
    struct aside *a = user;
    if (key.len == 12 && value.len == 8 + HASH_BYTES) {
        a->at[a->count].position = get_be64(key.at + 4);
        a->at[a->count].arrival = get_be64(value.at);
        memcpy(a->at[a->count++].id.b, value.at + 8, HASH_BYTES);
    }
    return a->count < ASIDE_MAX;
}

/* One segment from the log to the other branches; its bytes stay, if they are kept. */
static enum muster_error step_aside(struct aside *a, size_t i, bool keeps)
{
    struct core *core = a->core;
    struct segment_header header;
    uint8_t arrival[8], position[12], branch[12 + HASH_BYTES];
    struct bytes value;
    put_be64(arrival, a->at[i].arrival);
    put_be32(position, a->log->number);
    put_be64(position + 4, a->at[i].position);
    memcpy(branch, position, 12);
    memcpy(branch + 12, a->at[i].id.b, HASH_BYTES);
    enum muster_error error = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){arrival, 8}, &value);
    if (!error && (value.len < 4 + SEGMENT_HEADER_BYTES || segment_header_read(&header, value.at + 4) != MUSTER_OK))
        error = MUSTER_EDAMAGED;
    if (error)
        return error;
    a->records += header.count;
    if (keeps)
        error = stage_put(core, T_BRANCH, branch, sizeof(branch), value.at + 4, value.len - 4);
    if (!error)
        error = stage_delete(core, T_SEGMENT, arrival, 8);
    if (!error)
        error = stage_delete(core, T_POSITION, position, 12);
    return error;
}

/* A segment of another branch into the log itself; *header says what it is.  EDAMAGED, or what log_place says. */
static enum muster_error place_branch(struct core *core, struct log *log, const struct segment_id *id, struct bytes item,
                                      struct segment_header *header)
{
    uint8_t *copy = item.len <= SEGMENT_ITEM_MAX ? malloc(item.len) : NULL, bytes[RECORD_HEADER_MAX];
    struct record_id *ids = malloc(SEGMENT_RECORDS_MAX * sizeof(*ids));
    struct cursor records;
    enum muster_error error = copy && ids ? MUSTER_OK : MUSTER_EBUSY;
    if (!error) {
        memcpy(copy, item.at, item.len); /* placing it may change the storage that it is borrowed from */
        error = segment_item_open(header, &records, copy, item.len);
    }
    for (uint32_t r = 0; !error && r < header->count; r++) {
        struct segment_record record;
        error = segment_record_read(&records, header->first_sequence + r, &record);
        if (!error)
            ids[r] = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
    }
    if (!error)
        error = log_place(core, log, header, copy, item.len, id, ids, UINT32_MAX);
    free(ids);
    free(copy);
    return error;
}

/* What of the adopted branch lies here already, from its head down. */
static void bring_in(struct core *core, struct log *log)
{
    struct segment_id id = log->adopt_head;
    for (uint64_t position = log->adopt_at; position >= log->fork_at; position--) {
        uint8_t key[12 + HASH_BYTES];
        struct segment_header header;
        struct bytes item;
        put_be32(key, log->number);
        put_be64(key + 4, position);
        memcpy(key + 12, id.b, HASH_BYTES);
        if (core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key, sizeof(key)}, &item) != MUSTER_OK ||
            place_branch(core, log, &id, item, &header) != MUSTER_OK)
            break;
        id = header.prev;
    }
}

static void adopt(struct core *core, struct log *log)
{
    struct aside *a = calloc(1, sizeof(*a) + ASIDE_MAX * sizeof(a->at[0]));
    uint8_t from[12];
    struct bytes item;
    struct segment_header below;
    log->adopt_due = false; /* what prevents it now is looked at again with the next judgement */
    if (!a)
        goto out;
    a->core = core;
    a->log = log;
    memcpy(a->last.b, log->id.b, HASH_BYTES);
    a->next_sequence = 1;
    if (log->fork_at > 1) {
        if (log_stored_at(core, log, log->fork_at - 1, &item) != MUSTER_OK || segment_header_read(&below, item.at) != MUSTER_OK)
            goto out; /* its beginning is missing: when that has come */
        a->last = segment_id_of(item.at);
        a->next_sequence = below.first_sequence + below.count;
    }
    put_be32(from, log->number);
    put_be64(from + 4, log->fork_at);
    if (core->storage.scan(core->storage.self, T_POSITION, (struct bytes){from, 4}, (struct bytes){from, 12}, false, collect,
                           a) != MUSTER_OK)
        goto out;
    if (a->count == ASIDE_MAX) { /* half of it would mix two branches: it stays in dispute */
        core_event(core, "log.not_adopted", &log->genesis.agency, "more than %d segments would step aside", ASIDE_MAX);
        goto out;
    }
    core->stage.pool.bound = 0; /* all of it or nothing */
    size_t before = core->stage.change_count;
    for (size_t i = 0; i < a->count; i++)
        if (step_aside(a, i, true) != MUSTER_OK) {
            core->stage.change_count = before;
            core->stage.pool.bound = PENDING_BYTES_MAX;
            goto out;
        }
    core->stage.pool.bound = PENDING_BYTES_MAX;
    log->prefix = log->fork_at - 1;
    log->prefix_id = a->last;
    log->next_sequence = a->next_sequence;
    log->interval_count = 0;
    log->records -= a->records;
    if (log->durable_prefix >= log->fork_at) {
        log->durable_prefix = log->prefix;
        log->durable_id = log->prefix_id;
    }
    log->asked_of = 0;
    log->staged = true;
    core_event(core, "log.adopted", &log->genesis.agency, "another branch counts up to position %llu",
               (unsigned long long)log->adopt_at);
    bring_in(core, log);
    core->spaces[log->space]->dirty = true;
out:
    free(a);
}

/* What lies beyond holes may stand on another branch than the prefix: all of it goes to the branches, up to their number;
 * beyond that it is given up, and comes again when the prefix grows. */
static void holes_aside(struct core *core, struct log *log)
{
    struct aside *a = calloc(1, sizeof(*a) + ASIDE_MAX * sizeof(a->at[0]));
    uint8_t from[12];
    size_t before = core->stage.change_count;
    put_be32(from, log->number);
    put_be64(from + 4, log->intervals[0].first);
    if (!a)
        return;
    a->core = core;
    a->log = log;
    enum muster_error error = core->storage.scan(core->storage.self, T_POSITION, (struct bytes){from, 4},
                                                 (struct bytes){from, 12}, false, collect, a);
    for (size_t i = 0; i < a->count && !error; i++)
        error = step_aside(a, i, i < CONTROL_BRANCHES_MAX);
    if (error) {
        core->stage.change_count = before;
    } else {
        log->interval_count = 0;
        log->records -= a->records;
        log->staged = true;
        log->fork_news = 1;                            /* after the commit the fold looks at them */
        log->fresh_count = ARRAY_LEN(log->fresh) + 1; /* and all are shown */
    }
    free(a);
}

struct child {
    const struct log *log;
    struct bytes item;
    struct segment_id id;
};

static bool find_child(void *user, struct bytes key, struct bytes value)
{
    struct child *c = user;
    struct segment_header header;
    if (key.len != 12 + HASH_BYTES || value.len < SEGMENT_HEADER_BYTES || value.len > SEGMENT_ITEM_MAX ||
        segment_header_read(&header, value.at) != MUSTER_OK || header.first_sequence != c->log->next_sequence ||
        !segment_id_eq(&header.prev, &c->log->prefix_id))
        return true;
    c->item = value;
    memcpy(c->id.b, key.at + 12, HASH_BYTES);
    return false;
}

/* The next segment of the prefix, if it lies with the branches: it comes in. */
static void pull(struct core *core, struct log *log)
{
    uint8_t key[12 + HASH_BYTES];
    struct child child = {.log = log};
    struct segment_header header;
    put_be32(key, log->number);
    put_be64(key + 4, log->prefix + 1);
    log->pull_due = false; /* the one after it is looked for when this one is durable */
    if (core->storage.scan(core->storage.self, T_BRANCH, (struct bytes){key, 12}, (struct bytes){key, 12}, false, find_child,
                           &child) != MUSTER_OK || !child.item.len)
        return;
    memcpy(key + 12, child.id.b, HASH_BYTES);
    if (place_branch(core, log, &child.id, child.item, &header) == MUSTER_OK)
        (void)stage_delete(core, T_BRANCH, key, sizeof(key));
}

void adopt_all(struct core *core)
{
    if (core->in_flight || core->stage.segment_count)
        return; /* what is on its way to the disk comes first */
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        if (log->adopt_due && (!log->own || log->closed)) /* its author takes the cut like anybody, once it writes elsewhere */
            adopt(core, log);
        if (!log->fork_at || log->genesis.role != LOG_CONTROL)
            continue;
        if (log->interval_count)
            holes_aside(core, log);
        else if (log->pull_due)
            pull(core, log);
    }
}
