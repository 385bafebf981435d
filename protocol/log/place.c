/* place.c — where a segment goes: behind the prefix, beyond a hole, or into a conflict (RULES L2-L6). */
#include "protocol/log/mend.h"
#include "protocol/object/erasure.h"

#include <stdlib.h>

static size_t slot_of(const struct core *core, const struct log_id *id)
{
    size_t at = get_le32(id->b) & (core->log_table_size - 1);
    while (core->log_table[at] && !log_id_eq(&core->logs[core->log_table[at] - 1]->id, id))
        at = (at + 1) & (core->log_table_size - 1);
    return at;
}

struct log *log_find(struct core *core, const struct log_id *id)
{
    if (!core->log_table_size)
        return NULL;
    uint32_t found = core->log_table[slot_of(core, id)];
    return found ? core->logs[found - 1] : NULL;
}

uint32_t log_index(const struct core *core, const struct log *log)
{
    (void)core;
    return log->number - 1; /* numbers are given in order from 1 */
}

static bool table_grow(struct core *core)
{
    if ((core->log_count + 1) * 2 <= core->log_table_size)
        return true;
    size_t size = core->log_table_size ? core->log_table_size * 2 : 256;
    uint32_t *table = calloc(size, sizeof(*table));
    if (!table)
        return false;
    free(core->log_table);
    core->log_table = table;
    core->log_table_size = size;
    for (size_t i = 0; i < core->log_count; i++)
        core->log_table[slot_of(core, &core->logs[i]->id)] = (uint32_t)i + 1;
    return true;
}

enum {
    LOGS_MAX = 65536,
    AGENCY_LOGS_MAX = 4096 /* of one agency in one space, so that nobody uses up the others' places */
};

static bool has_room(const struct core *core, const struct space *space, const struct agency_id *agency)
{
    size_t count = 0;
    for (size_t i = 0; i < core->log_count; i++)
        count += core->logs[i]->space == space->number && agency_id_eq(&core->logs[i]->genesis.agency, agency);
    return core->log_count < LOGS_MAX && count < AGENCY_LOGS_MAX;
}

struct log *log_open(struct core *core, struct space *space, const void *genesis, size_t len, uint32_t number, bool stored)
{
    struct log *log = calloc(1, sizeof(*log));
    if (!log || !table_grow(core))
        goto fail;
    if (core->log_count == core->log_size) {
        size_t size = core->log_size ? core->log_size * 2 : 64;
        struct log **bigger = realloc(core->logs, size * sizeof(*bigger));
        if (!bigger)
            goto fail;
        core->logs = bigger;
        core->log_size = size;
    }
    log->genesis_bytes = malloc(len);
    if (!log->genesis_bytes || log_genesis_read(&log->genesis, genesis, len) != MUSTER_OK)
        goto fail;
    if (!stored && !has_room(core, space, &log->genesis.agency))
        goto fail;
    memcpy(log->genesis_bytes, genesis, len);
    log->genesis_len = len;
    log->id = log_id_of(genesis, len);
    log->number = number ? number : (uint32_t)core->log_count + 1;
    log->space = space->number;
    log->own = agency_id_eq(&log->genesis.agency, &core->self) &&
               memcmp(log->genesis.node.b, core->config.keys.sign.b, sizeof(log->genesis.node.b)) == 0;
    log->next_sequence = 1;
    log->status = CONTROL_LOG_WAITING;
    memcpy(log->prefix_id.b, log->id.b, HASH_BYTES);
    log->durable_id = log->prefix_id;
    if (!stored) {
        uint8_t key[4], value[4 + LOG_GENESIS_MAX];
        put_be32(key, log->number);
        put_be32(value, space->number);
        memcpy(value + 4, genesis, len);
        if (stage_put(core, T_LOG, key, 4, value, 4 + len) != MUSTER_OK)
            goto fail;
    }
    core->logs[core->log_count] = log;
    core->log_table[slot_of(core, &log->id)] = (uint32_t)core->log_count + 1;
    core->log_count++;
    space->dirty = true;
    return log;
fail:
    if (log)
        free(log->genesis_bytes);
    free(log);
    return NULL;
}

void log_close_from(struct core *core, size_t count)
{
    while (core->log_count > count) {
        struct log *log = core->logs[--core->log_count];
        free(log->genesis_bytes);
        free(log->intervals);
        free(log->ops);
        free(log);
    }
    if (core->log_table_size)
        memset(core->log_table, 0, core->log_table_size * sizeof(*core->log_table));
    for (size_t i = 0; i < core->log_count; i++)
        core->log_table[slot_of(core, &core->logs[i]->id)] = (uint32_t)i + 1;
}

/* --- T_STATE: prefix 8, its id 32, next sequence 8, fork 8, records 8, hlc 8, intervals: first 8 last 8 next 8 id 32 --- */

enum { STATE_FIXED = 8 + 32 + 8 + 8 + 8 + 8, STATE_INTERVAL = 8 + 8 + 8 + 32 };

void log_save(struct core *core, struct log *log)
{
    uint8_t *value = core->scratch, key[4];
    struct writer w = writer_over(value, SEGMENT_ITEM_MAX);
    put_be32(key, log->number);
    writer_u64(&w, log->prefix);
    writer_put(&w, log->prefix_id.b, HASH_BYTES);
    writer_u64(&w, log->next_sequence);
    writer_u64(&w, log->fork_at);
    writer_u64(&w, log->records);
    writer_u64(&w, log->last_hlc);
    for (size_t i = 0; i < log->interval_count; i++) {
        writer_u64(&w, log->intervals[i].first);
        writer_u64(&w, log->intervals[i].last);
        writer_u64(&w, log->intervals[i].next_sequence);
        writer_put(&w, log->intervals[i].id.b, HASH_BYTES);
    }
    (void)stage_put(core, T_STATE, key, 4, value, writer_len(&w));
}

static struct log_interval *interval_room(struct log *log)
{
    if (log->interval_count == INTERVALS_MAX)
        return NULL;
    if (log->interval_count == log->interval_size) {
        size_t size = log->interval_size ? log->interval_size * 2 : 4;
        struct log_interval *bigger = realloc(log->intervals, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        log->intervals = bigger;
        log->interval_size = size;
    }
    return log->intervals;
}

enum muster_error log_load(struct core *core, struct log *log)
{
    uint8_t key[4];
    struct bytes value;
    put_be32(key, log->number);
    log->prefix = log->fork_at = log->records = log->last_hlc = 0;
    log->next_sequence = 1;
    log->interval_count = 0;
    memcpy(log->prefix_id.b, log->id.b, HASH_BYTES);
    enum muster_error error = core->storage.get(core->storage.self, T_STATE, (struct bytes){key, 4}, &value);
    if (error && error != MUSTER_ENOTFOUND)
        return error;
    if (!error) {
        struct cursor c = cursor_over(value.at, value.len);
        if (value.len < STATE_FIXED || (value.len - STATE_FIXED) % STATE_INTERVAL)
            return MUSTER_EDAMAGED;
        log->prefix = cursor_u64(&c);
        cursor_copy(&c, log->prefix_id.b, HASH_BYTES);
        log->next_sequence = cursor_u64(&c);
        log->fork_at = cursor_u64(&c);
        log->records = cursor_u64(&c);
        log->last_hlc = cursor_u64(&c);
        while (cursor_left(&c)) {
            if (!interval_room(log))
                return MUSTER_EDAMAGED;
            struct log_interval *i = &log->intervals[log->interval_count++];
            i->first = cursor_u64(&c);
            i->last = cursor_u64(&c);
            i->next_sequence = cursor_u64(&c);
            cursor_copy(&c, i->id.b, HASH_BYTES);
        }
    }
    log->durable_prefix = log->prefix;
    log->durable_id = log->prefix_id;
    if (log->highest < log_top(log))
        log->highest = log_top(log);
    core->spaces[log->space]->forked |= log->fork_at && log->genesis.role == LOG_DATA;
    return MUSTER_OK;
}

uint64_t log_top(const struct log *log)
{
    return log->interval_count ? log->intervals[log->interval_count - 1].last : log->prefix;
}

bool log_holds(const struct log *log, uint64_t position)
{
    if (position >= 1 && position <= log->prefix)
        return true;
    for (size_t i = 0; i < log->interval_count; i++)
        if (position >= log->intervals[i].first && position <= log->intervals[i].last)
            return true;
    return false;
}

uint64_t log_next_held(const struct log *log, uint64_t position)
{
    if (position >= 1 && position <= log->prefix)
        return position;
    for (size_t i = 0; i < log->interval_count; i++)
        if (position <= log->intervals[i].last)
            return position < log->intervals[i].first ? log->intervals[i].first : position;
    return 0;
}

static const struct staged_segment *staged_at(const struct core *core, const struct log *log, uint64_t position)
{
    const struct stage *both[] = {&core->stage, &core->flying};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = both[s]->segment_count; i > 0; i--) {
            const struct staged_segment *segment = &both[s]->segments[i - 1];
            if (segment->log == log_index(core, log) && segment->position == position)
                return segment;
        }
    return NULL;
}

enum muster_error log_item_at(struct core *core, const struct log *log, uint64_t position, struct bytes *item)
{
    const struct staged_segment *staged = position > log->durable_prefix ? staged_at(core, log, position) : NULL;
    if (staged) {
        *item = (struct bytes){staged->item, staged->len};
        return MUSTER_OK;
    }
    return log_stored_at(core, log, position, item);
}

enum muster_error log_place_stored(struct core *core, uint32_t number, uint64_t position, uint64_t *arrival,
                                   struct segment_id *id)
{
    uint8_t key[12];
    struct bytes value;
    put_be32(key, number);
    put_be64(key + 4, position);
    enum muster_error error = core->storage.get(core->storage.self, T_POSITION, (struct bytes){key, sizeof(key)}, &value);
    if (!error && value.len != 8 + HASH_BYTES)
        error = MUSTER_EDAMAGED;
    if (error)
        return error;
    *arrival = get_be64(value.at);
    memcpy(id->b, value.at + 8, HASH_BYTES);
    return MUSTER_OK;
}

enum muster_error log_stored_at(struct core *core, const struct log *log, uint64_t position, struct bytes *item)
{
    uint8_t key[8];
    uint64_t arrival;
    struct segment_id id;
    struct bytes value;
    enum muster_error error = log_place_stored(core, log->number, position, &arrival, &id);
    if (error)
        return error;
    put_be64(key, arrival);
    error = core->storage.get(core->storage.self, T_SEGMENT, (struct bytes){key, sizeof(key)}, &value);
    if (error)
        return error;
    if (value.len < 4 + SEGMENT_HEADER_BYTES)
        return MUSTER_EDAMAGED;
    *item = (struct bytes){value.at + 4, value.len - 4};
    return MUSTER_OK;
}

/* The header held at a position. */
static enum muster_error header_at(struct core *core, const struct log *log, uint64_t position,
                                   struct segment_header *header, struct segment_id *id)
{
    struct bytes item;
    enum muster_error error = log_item_at(core, log, position, &item);
    if (error)
        return error;
    *id = segment_id_of(item.at);
    return segment_header_read(header, item.at);
}

static void forks_at(struct core *core, struct log *log, uint64_t position)
{
    if (log->fork_at && position >= log->fork_at)
        return;
    log->fork_at = position;
    if (!log->withdraw || position < log->withdraw)
        log->withdraw = position;
    log->branches[0] = log->branches[1] = 0;
    log->staged = core->refold = true;
    log->offers_due = log->offers;
    core->spaces[log->space]->forked |= log->genesis.role == LOG_DATA;
    log->fork_news = 1;
    core_event(core, "log.fork", &log->genesis.agency, "two branches from position %llu on", (unsigned long long)position);
}

struct voucher {
    const struct segment_id *id;
    bool found;
};

static bool branch_vouches(void *user, struct bytes key, struct bytes value)
{
    struct voucher *v = user;
    struct segment_header header;
    (void)key;
    v->found = value.len >= SEGMENT_HEADER_BYTES && segment_header_read(&header, value.at) == MUSTER_OK &&
               segment_id_eq(&header.prev, v->id);
    return !v->found;
}

bool log_vouches(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id)
{
    struct segment_header above;
    struct segment_id above_id;
    struct voucher v = {id, false};
    uint8_t key[12];
    if (log_holds(log, position + 1) && header_at(core, log, position + 1, &above, &above_id) == MUSTER_OK &&
        segment_id_eq(&above.prev, id))
        return true;
    put_be32(key, log->number);
    put_be64(key + 4, position + 1);
    struct bytes place = {key, sizeof(key)};
    return log->fork_at && core->storage.scan(core->storage.self, T_BRANCH, place, place, false, branch_vouches, &v) == MUSTER_OK &&
           v.found;
}

static bool count_branch(void *user, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    return ++*(size_t *)user < CONTROL_BRANCHES_MAX;
}

/* Of a data log both branches are kept at the fork and just above it, a few segments each; more would be room for an
 * attacker.  Of a control log all are kept, to a bound: what an admin did on either branch is judged by everybody (C2). */
static void keep_branch(struct core *core, struct log *log, const struct segment_header *header, const uint8_t *item,
                        size_t len, const struct segment_id *id)
{
    uint8_t key[12 + HASH_BYTES];
    size_t held = 0;
    bool control = log->genesis.role == LOG_CONTROL;
    if (!control && header->position != log->fork_at && header->position != log->fork_at + 1)
        return;
    put_be32(key, log->number);
    put_be64(key + 4, header->position);
    memcpy(key + 12, id->b, HASH_BYTES);
    struct bytes known, place = {key, control ? 4 : 12};
    if (core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key, sizeof(key)}, &known) != MUSTER_ENOTFOUND ||
        core->storage.scan(core->storage.self, T_BRANCH, place, place, false, count_branch, &held) != MUSTER_OK)
        return;
    uint16_t *staged = &log->branches[control ? 0 : header->position - log->fork_at];
    if (held + *staged >= (control ? CONTROL_BRANCHES_MAX : BRANCHES_MAX) ||
        stage_put(core, T_BRANCH, key, sizeof(key), item, len) != MUSTER_OK)
        return;
    (*staged)++;
    erasure_fresh(core, log, header->position, id, (struct bytes){item, len});
    if (control) {
        if (log->fresh_count < ARRAY_LEN(log->fresh))
            log->fresh[log->fresh_count] = *id;
        log->fresh_count++;
        log->staged = true;
        log->fork_news = 1; /* goes on to everybody, and into the fold */
    }
}

/* L5: two hashes known at one position.  The lowest is the fork. */
static enum muster_error conflict(struct core *core, struct log *log, uint64_t position,
                                  const struct segment_header *header, const uint8_t *item, size_t len,
                                  const struct segment_id *id)
{
    forks_at(core, log, position);
    keep_branch(core, log, header, item, len, id);
    return MUSTER_EFORK;
}

static enum muster_error insert(struct log *log, const struct segment_header *header, const struct segment_id *id)
{
    uint64_t position = header->position;
    if (position == log->prefix + 1) {
        log->prefix = position;
        log->prefix_id = *id;
        log->next_sequence = header->first_sequence + header->count;
        if (log->interval_count && log->intervals[0].first == position + 1) {
            log->prefix = log->intervals[0].last;
            log->prefix_id = log->intervals[0].id;
            log->next_sequence = log->intervals[0].next_sequence;
            memmove(log->intervals, log->intervals + 1, (--log->interval_count) * sizeof(*log->intervals));
        }
        return MUSTER_OK;
    }
    size_t i = 0;
    while (i < log->interval_count && log->intervals[i].last + 1 < position)
        i++;
    struct log_interval *at = i < log->interval_count ? &log->intervals[i] : NULL;
    if (at && at->last + 1 == position) {
        at->last = position;
        at->id = *id;
        at->next_sequence = header->first_sequence + header->count;
        if (i + 1 < log->interval_count && at[1].first == position + 1) {
            at[1].first = at->first;
            memmove(at, at + 1, (--log->interval_count - i) * sizeof(*at));
        }
    } else if (at && at->first == position + 1) {
        at->first = position;
    } else {
        if (!interval_room(log))
            return MUSTER_ETOOBIG;
        memmove(log->intervals + i + 1, log->intervals + i, (log->interval_count++ - i) * sizeof(*at));
        log->intervals[i] = (struct log_interval){position, position, header->first_sequence + header->count, *id};
    }
    return MUSTER_OK;
}

enum muster_error log_place(struct core *core, struct log *log, const struct segment_header *header, const uint8_t *item,
                            size_t len, const struct segment_id *id, const struct record_id *ids, uint32_t from)
{
    struct segment_header near;
    struct segment_id near_id;
    uint64_t position = header->position;
    if (position > log->highest)
        log->highest = position;
    if (log_holds(log, position)) {
        enum muster_error error = header_at(core, log, position, &near, &near_id);
        if (error == MUSTER_EDAMAGED && mend_fits(core, log, position, id))
            error = MUSTER_OK, near_id = *id;
        if (error)
            return error;
        if (segment_id_eq(&near_id, id)) {
            mend_take(core, log, position, item, len);
            return MUSTER_EDUPLICATE;
        }
        if (position == 1 && memcmp(header->prev.b, log->id.b, HASH_BYTES) != 0)
            return MUSTER_ECHAIN;
        /* Their predecessors differ as well: two hashes are known at the position before (L5). */
        return conflict(core, log, position > 1 && !segment_id_eq(&near.prev, &header->prev) ? position - 1 : position,
                        header, item, len, id);
    }
    bool adopts = log->adopt_at && position >= log->fork_at && position <= log->adopt_at;
    if (adopts && adopt_allows(core, log, position, id) != MUSTER_OK) {
        keep_branch(core, log, header, item, len, id);
        return MUSTER_EFORK;
    }
    if (log->fork_at && position > log->fork_at + 1 && log->genesis.role == LOG_DATA && !adopts)
        return MUSTER_EFORK; /* disputed: not taken beyond what shows the fork (L6) */
    if (position == 1) {
        if (memcmp(header->prev.b, log->id.b, HASH_BYTES) != 0 || header->first_sequence != 1)
            return MUSTER_ECHAIN;
    } else if (position == log->prefix + 1) {
        if (!segment_id_eq(&header->prev, &log->prefix_id))
            return conflict(core, log, position - 1, header, item, len, id);
        if (header->first_sequence != log->next_sequence)
            return conflict(core, log, position, header, item, len, id);
    } else if (log_holds(log, position - 1)) {
        enum muster_error error = header_at(core, log, position - 1, &near, &near_id);
        if (error)
            return error;
        if (!segment_id_eq(&header->prev, &near_id))
            return conflict(core, log, position - 1, header, item, len, id);
        if (header->first_sequence != near.first_sequence + near.count)
            return conflict(core, log, position, header, item, len, id);
    }
    if (log_holds(log, position + 1)) {
        enum muster_error error = header_at(core, log, position + 1, &near, &near_id);
        if (error)
            return error;
        if (!segment_id_eq(&near.prev, id))
            return conflict(core, log, position, header, item, len, id);
        if (near.first_sequence != header->first_sequence + header->count)
            forks_at(core, log, position + 1); /* the one above breaks the numbering, whichever came first; this one is good */
    }
    if (log->fork_at && log->genesis.role == LOG_CONTROL && position > log->prefix + 1) {
        keep_branch(core, log, header, item, len, id); /* forked control has no holes (adopt.c) */
        return MUSTER_EFORK;
    }
    if (log->interval_count == INTERVALS_MAX && position != log->prefix + 1)
        return MUSTER_EBUSY; /* too many holes: what fills the first one comes first */
    if (!stage_segment(core, log, header, item, len, id, ids, from))
        return MUSTER_EFULL;
    enum muster_error error = insert(log, header, id);
    if (error)
        return error;
    log->records += header->count;
    log->staged = true;
    if (log->adopt_at)
        core->spaces[log->space]->dirty = true;
    return MUSTER_OK;
}
