/* stage.c — what waits to become durable, and what happens when it has (RULES I1).
 *
 * One commit is in flight at most; meanwhile the next one fills.  In the step of EVENT_COMMITTED, and not
 * before, segments are folded, pushed to peers and acknowledged, and callers get their answers. */
#include "protocol/log/mend.h"
#include "protocol/log/opened.h"
#include "protocol/object/erasure.h"
#include "protocol/mutant.h"

#include <stdlib.h>

enum {
    STALL_MS = 5000,
    GATHER_SEGMENTS = 3, /* of a commit, from which on their changes are gathered */
    FILL_MS = 20,             /* how long a bulk commit waits for what is being verified, */
    FILL_BYTES = 1024 * 1024  /* and how full it gets by that */
};

/* Room for one more element of an array that doubles; NULL without memory. */
static void *grow(void *array, size_t count, size_t *size, size_t element)
{
    if (count < *size)
        return array;
    size_t wanted = *size ? *size * 2 : 64;
    void *bigger = realloc(array, wanted * element);
    if (bigger)
        *size = wanted;
    return bigger;
}

static enum muster_error put(struct core *core, enum table table, struct bytes key, struct bytes value)
{
    struct stage *stage = &core->stage;
    void *bigger = grow(stage->changes, stage->change_count, &stage->change_size, sizeof(*stage->changes));
    if (!bigger)
        return MUSTER_EFULL;
    stage->changes = bigger;
    void *key_copy = pool_copy(&stage->pool, key.at, key.len);
    if (!key_copy)
        return MUSTER_EFULL;
    stage->changes[stage->change_count++] = (struct change){table, {key_copy, key.len}, value};
    return MUSTER_OK;
}

enum muster_error stage_put(struct core *core, enum table table, const void *key, size_t key_len, const void *value,
                            size_t len)
{
    void *copy = pool_copy(&core->stage.pool, value, len);
    if (!copy)
        return MUSTER_EFULL;
    return put(core, table, (struct bytes){key, key_len}, (struct bytes){copy, len});
}

enum muster_error stage_delete(struct core *core, enum table table, const void *key, size_t key_len)
{
    return put(core, table, (struct bytes){key, key_len}, (struct bytes){NULL, 0});
}

struct staged_segment *stage_segment(struct core *core, struct log *log, const struct segment_header *header,
                                     const uint8_t *item, size_t len, const struct segment_id *id,
                                     const struct record_id *ids, uint32_t from)
{
    struct stage *stage = &core->stage;
    void *bigger = grow(stage->segments, stage->segment_count, &stage->segment_size, sizeof(*stage->segments));
    if (!bigger)
        return NULL;
    stage->segments = bigger;
    size_t before = stage->change_count;
    uint8_t *value = pool_take(&stage->pool, 4 + len);
    struct record_id *id_copies = pool_copy(&stage->pool, ids, header->count * sizeof(*ids));
    if (!value || !id_copies)
        return NULL;
    put_be32(value, log->number);
    memcpy(value + 4, item, len);
    value[4 + len - 1] ^= (uint8_t)MUTANT(15, log->genesis.role == LOG_DATA && header->position % 7 == 6 && from, 0);
    uint64_t arrival = core->arrival + 1;
    uint8_t arrival_key[8], position_key[12], position_value[8 + HASH_BYTES];
    put_be64(arrival_key, arrival);
    put_be32(position_key, log->number);
    put_be64(position_key + 4, header->position);
    put_be64(position_value, arrival);
    memcpy(position_value + 8, id->b, HASH_BYTES);
    if (put(core, T_SEGMENT, (struct bytes){arrival_key, 8}, (struct bytes){value, 4 + len}) ||
        stage_put(core, T_POSITION, position_key, 12, position_value, sizeof(position_value))) {
        stage->change_count = before; /* not half of it */
        return NULL;
    }
    core->arrival = arrival;
    if (!stage->segment_count)
        stage->began_mono = core->mono_ms;
    struct staged_segment *segment = &stage->segments[stage->segment_count++];
    *segment = (struct staged_segment){.log = log_index(core, log), .position = header->position, .arrival = arrival,
                                       .item = value + 4, .len = len, .id = *id, .ids = id_copies,
                                       .count = header->count, .from = from, .lane = (uint8_t)segment_lane(header->flags)};
    if (log->genesis.role == LOG_CONTROL || segment->lane <= LANE_FLASH)
        stage->urgent = true;
    return segment;
}

bool stage_opened(struct core *core, const struct segment_id *id, struct opened *opened)
{
    struct stage *stage = &core->stage;
    struct staged_segment *last = stage->segment_count ? &stage->segments[stage->segment_count - 1] : NULL;
    if (!opened || !last || last->opened || !segment_id_eq(&last->id, id))
        return false;
    last->opened = opened;
    core->opened_bytes += opened_bytes(opened);
    return true;
}

static void drop_opened(struct core *core, struct stage *stage)
{
    for (size_t i = 0; i < stage->segment_count; i++) {
        core->opened_bytes -= opened_bytes(stage->segments[i].opened);
        opened_free(stage->segments[i].opened);
    }
}

struct staged_reply *stage_reply(struct core *core, uint64_t request, bool command, const struct space_id *space,
                                 const struct agency_id *agency)
{
    struct stage *stage = &core->stage;
    void *bigger = grow(stage->replies, stage->reply_count, &stage->reply_size, sizeof(*stage->replies));
    if (!bigger)
        return NULL;
    stage->replies = bigger;
    struct staged_reply *reply = &stage->replies[stage->reply_count++];
    *reply = (struct staged_reply){.request = request, .command = command};
    if (space)
        reply->space = *space;
    if (agency)
        reply->agency = *agency;
    return reply;
}

static void save_logs(struct core *core)
{
    /* What was taken in must be described, however full the stage is: the bound is for what comes from outside. */
    core->stage.pool.bound = 0;
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->staged)
            log_save(core, core->logs[i]);
    uint8_t value[16];
    put_be64(value, core->arrival);
    put_be64(value + 8, core->hlc);
    if (core->stage.segment_count)
        (void)stage_put(core, T_META, "arrival", 7, value, sizeof(value));
    core->stage.pool.bound = PENDING_BYTES_MAX;
}

static void stage_clear(struct core *core, struct stage *stage)
{
    drop_opened(core, stage);
    pool_reset(&stage->pool);
    stage->change_count = stage->segment_count = stage->reply_count = 0;
    stage->urgent = false;
}

/* In bulk a commit costs more than the records in it: segments that are being verified go into the same one.  Nobody
 * waits for it: no flash or control, no writer. */
static bool fills(const struct core *core)
{
    const struct stage *stage = &core->stage;
    return core->jobs && stage->segment_count && !stage->urgent && !stage->reply_count && stage->pool.used < FILL_BYTES &&
           core->mono_ms - stage->began_mono < FILL_MS;
}

void stage_flush(struct core *core)
{
    if (core->in_flight || fills(core) || (!core->stage.change_count && !core->stage.reply_count) ||
        core->mono_ms < (core->stage.urgent ? core->urgent_stalled_until_mono : core->stalled_until_mono))
        return;
    struct action *action = core_act(core, ACTION_COMMIT);
    if (!action)
        return; /* with the next step */
    save_logs(core);
    core->logs_flying = core->log_count;
    core->spaces_flying = core->space_count;
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        if (log->staged) {
            log->flying_prefix = log->prefix;
            log->flying_id = log->prefix_id;
        }
        log->staged = false;
        if (log->fork_news)
            log->fork_news = 2;
    }
    struct stage filled = core->stage;
    core->stage = core->flying;
    core->flying = filled;
    action->changes = core->flying.changes;
    action->count = core->flying.change_count;
    action->bulk = !core->flying.urgent;
    core->in_flight = true;
}

static void answer(struct core *core, const struct staged_reply *reply, enum muster_error error)
{
    struct action *action = core_act(core, ACTION_NOTIFY);
    if (!action)
        return;
    action->notify = reply->command ? NOTIFY_COMMAND : NOTIFY_WRITTEN;
    action->request = reply->request;
    action->space = reply->space;
    action->agency = reply->agency;
    action->outcome = reply->outcome;
    action->error = error;
}

void stage_committed(struct core *core)
{
    struct stage *done = &core->flying;
    core->in_flight = false;
    core->logs_stored = core->logs_flying;
    core->spaces_stored = core->spaces_flying;
    core->counters.commits++;
    core->version++;
    for (size_t i = 0; i < done->segment_count; i++) {
        struct staged_segment *segment = &done->segments[i];
        struct log *log = core->logs[segment->log];
        struct space *space = core->spaces[log->space];
        log->version = space->version = core->version;
        log->durable_prefix = log->flying_prefix;
        log->durable_id = log->flying_id;
        if (log->genesis.role == LOG_CONTROL)
            space_read_control(core, log);
        space->dirty |= log->adopt_at || log->status == CONTROL_LOG_LIMITED; /* how far it counts: by what is durable now */
        if (segment->from)
            core->counters.segments_in++;
        else
            core->counters.segments_own++;
    }
    fork_read(core);
    mend_committed(core);
    space_judge(core);
    /* Of many, what changes in the tables is put in the order of its keys.  An error takes it back, and the store says so. */
    bool gathers = core->storage.gather && done->segment_count >= GATHER_SEGMENTS &&
                   core->storage.gather(core->storage.self, true) == MUSTER_OK;
    for (size_t i = 0; i < done->segment_count; i++) {
        struct staged_segment *segment = &done->segments[i];
        struct log *log = core->logs[segment->log];
        if (!core->behind) /* in its turn (views_pump) */
            apply_segment(core, log, segment->arrival, (struct bytes){segment->item, segment->len}, segment->opened);
        seg_push(core, segment);
    }
    if (gathers)
        (void)core->storage.gather(core->storage.self, false);
    erasure_committed(core);
    if (done->segment_count && !core->behind) {
        core->applied = done->segments[done->segment_count - 1].arrival;
        apply_note(core);
    }
    if (MUTANT(8, false, true))
        fork_flood(core);
    for (size_t i = 0; i < done->reply_count; i++)
        answer(core, &done->replies[i], MUSTER_OK);
    stage_clear(core, done);
    write_flush(core);
    stage_flush(core);
}

/* Nothing of the commit is stored: memory goes back to what is, intake rests for a while.  Logs and spaces that were new
 * are forgotten, control is folded again from what is stored (an own operation that was never durable must not be named
 * by a later one), cards are staged again. */
void stage_failed(struct core *core, enum muster_error error)
{
    bool urgent = core->flying.urgent;
    core->in_flight = false;
    struct stage *both[] = {&core->flying, &core->stage};
    for (size_t i = 0; i < core->space_count; i++)
        core->spaces[i]->write_count = 0; /* their callers hear of it below */
    log_close_from(core, MUTANT(12, core->log_count, core->logs_stored));
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        if (log_load(core, log) != MUSTER_OK)
            core_event(core, "store.damaged", NULL, "a log's state cannot be read back");
        log->staged = false;
        log->fork_news = 0;
        log->fresh_count = 0;
        log->asked_of = 0;
        log->branches[0] = log->branches[1] = 0;
        log->withdraw = 0;
    }
    struct bytes value;
    if (core->storage.get(core->storage.self, T_META, (struct bytes){(const uint8_t *)"arrival", 7}, &value) == MUSTER_OK &&
        value.len == 16)
        core->arrival = get_be64(value.at);
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < both[s]->reply_count; i++)
            answer(core, &both[s]->replies[i], MUTANT(13, MUSTER_OK, error));
        stage_clear(core, both[s]);
    }
    mend_failed(core);
    space_restore(core);
    agency_restore(core);
    sessions_restore(core);
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        for (size_t s = 0; core->sessions[i] && s < core->sessions[i]->space_count; s++)
            core->sessions[i]->spaces[s].ask_again = true;
    core->stalled_until_mono = core->mono_ms + STALL_MS;
    if (urgent)
        core->urgent_stalled_until_mono = core->stalled_until_mono;
    core_event(core, "store.commit_failed", NULL, "%s; nothing was lost, intake rests for %d s", error_what(error),
               STALL_MS / 1000);
}

void stage_free(struct core *core, struct stage *stage)
{
    drop_opened(core, stage);
    pool_free(&stage->pool);
    free(stage->changes);
    free(stage->segments);
    free(stage->replies);
}
