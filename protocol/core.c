/* core.c — dispatches events; everything else is in the files that core_inner.h names. */
#include "protocol/log/mend.h"
#include "protocol/object/circle_inner.h"
#include "protocol/object/erasure.h"
#include "protocol/session/bundle_inner.h"
#include "protocol/object/index.h"
#include "protocol/object/indexed.h"
#include "protocol/object/sound.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void core_draw(struct core *core, void *out, size_t len)
{
    crypto_expand(out, len, core->chance, "muster/1/chance", core->chance_used++);
}

struct action *core_act(struct core *core, enum action_kind kind)
{
    /* The last places are kept for commits and for closing: a message without a place ends its session. */
    static const size_t kept[] = {
        [ACTION_SEND] = 768, [ACTION_NOTIFY] = 512, [ACTION_VERIFY] = 512, [ACTION_CLOSE] = 64, [ACTION_COMMIT] = 0};
    if (core->action_count >= ACTIONS_MAX - kept[kind])
        return NULL;
    struct action *action = &core->actions[core->action_count++];
    *action = (struct action){.kind = kind};
    return action;
}

size_t core_room(const struct core *core)
{
    size_t used = core->action_count + 768;
    return used < ACTIONS_MAX ? ACTIONS_MAX - used : 0;
}

void core_event(struct core *core, const char *event, const struct agency_id *agency, const char *format, ...)
{
    struct action *action = core->rehearsing ? NULL : core_act(core, ACTION_NOTIFY);
    if (!action)
        return;
    action->notify = NOTIFY_EVENT;
    action->event = event;
    if (agency)
        action->agency = *agency;
    va_list list;
    va_start(list, format);
    vsnprintf(action->text, sizeof(action->text), format, list);
    va_end(list);
}

static void sessions_pump(struct core *core)
{
    if (core->behind)
        return; /* what is erased is not known in full, and must not go out again */
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i]) {
            seg_pump(core, core->sessions[i]);
            blob_pump(core, core->sessions[i]);
        }
}

static void on_idle(struct core *core)
{
    write_flush(core);
    space_judge(core);
    agency_keys(core);
    adopt_all(core);
    views_pump(core);
    if (!core->behind) /* it deletes what nothing names any more */
        erasure_pump(core);
    stage_flush(core);
    sessions_pump(core);
    if (core->members_changed) {
        struct action *action = core_act(core, ACTION_NOTIFY);
        if (action) {
            action->notify = NOTIFY_MEMBERS;
            core->members_changed = false;
        }
    }
}

enum { PING_EVERY_MS = 10000, ANNOUNCE_EVERY_MS = TICK_MS };

enum { BULK_RECORDS_A_TICK = 128 };

/* Do records come or go in bulk at this moment?  What can wait then waits. */
static bool is_bulk(struct core *core)
{
    uint64_t fresh = core->counters.records_folded - core->folded_at_tick;
    bool serves = false;
    core->folded_at_tick = core->counters.records_folded;
    for (size_t i = 0; i < SESSIONS_MAX && !serves; i++)
        serves = core->sessions[i] && core->sessions[i]->serve_count;
    return serves || fresh >= BULK_RECORDS_A_TICK;
}

static void on_tick(struct core *core)
{
    want_overdue(core);
    mend_ask(core);
    key_ask(core);
    blob_ask(core);
    heads_announce(core);
    ctlheads_later(core);
    bundle_acks_sometimes(core);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (session)
            credit_flush(core, session);
        if (session && core->mono_ms - session->ping_mono >= PING_EVERY_MS)
            ping_send(core, session);
    }
    on_idle(core);
    (void)core_words_catch_up(core, is_bulk(core) ? INDEX_PUMP_BULK : INDEX_PUMP_TICK);
    find_build(core);
    sound_catch_up(core);
    circle_catch_up(core);
}

struct actions core_step(struct core *core, const struct event *event)
{
    core->action_count = 0;
    pool_reset(&core->action_pool);
    core->wall_ms = event->wall_ms;
    core->mono_ms = event->mono_ms;
    memcpy(core->chance, event->chance, sizeof(core->chance));
    core->chance_used = 0;
    switch (event->kind) {
    case EVENT_TICK:
        on_tick(core);
        break;
    case EVENT_IDLE:
        on_idle(core);
        break;
    case EVENT_UP:
        session_up(core, event);
        break;
    case EVENT_DOWN:
        session_down(core, event->u.down.conn, event->u.down.replaced);
        break;
    case EVENT_MESSAGE:
        session_message(core, event->u.message.conn, event->u.message.bytes);
        break;
    case EVENT_VERIFIED:
        seg_verified(core, event->u.verified.job);
        break;
    case EVENT_COMMITTED:
        stage_committed(core);
        sessions_pump(core); /* what has just become durable goes out now, not with the next turn */
        break;
    case EVENT_COMMIT_FAILED:
        bundle_abort(core, event->u.failed.error);
        stage_failed(core, event->u.failed.error);
        blob_failed(core);
        erasure_failed(core);
        break;
    case EVENT_WRITE:
        write_gather(core, event);
        break;
    case EVENT_COMMAND:
        core_command(core, event);
        break;
    case EVENT_BUNDLE_EXPORT:
        bundle_export(core, event);
        break;
    case EVENT_BUNDLE_IMPORT:
        bundle_import(core, event);
        break;
    case EVENT_BLOB_PUT:
        blob_put(core, event);
        break;
    case EVENT_BLOB_WANT:
        blob_wish(core, event);
        break;
    case EVENT_SCRUBBED:
        erasure_scrubbed(core);
        break;
    }
    bundle_pump(core);
    sessions_watch(core);
    return (struct actions){core->actions, core->action_count};
}

static enum muster_error load_arrival(struct core *core)
{
    struct bytes value;
    enum muster_error error =
        core->storage.get(core->storage.self, T_META, (struct bytes){(const uint8_t *)"arrival", 7}, &value);
    if (error == MUSTER_ENOTFOUND)
        return MUSTER_OK;
    if (error)
        return error;
    if (value.len != 16)
        return MUSTER_EDAMAGED;
    core->arrival = get_be64(value.at);
    core->hlc = get_be64(value.at + 8);
    return MUSTER_OK;
}

enum muster_error core_new(struct core **out, const struct core_config *config, const struct storage *storage)
{
    struct core *core = calloc(1, sizeof(*core));
    *out = NULL;
    if (!core)
        return MUSTER_EBUSY;
    core->config = *config;
    core->self = config->identity.agency;
    core->storage = *storage;
    core->stage.pool.bound = core->flying.pool.bound = PENDING_BYTES_MAX;
    core->action_pool.bound = 4 * PENDING_BYTES_MAX;
    core->card = malloc(config->card.len + 1);
    core->codec = payload_codec_new();
    core->operation = malloc(sizeof(*core->operation));
    core->scratch = malloc(SEGMENT_ITEM_MAX);
    core->message = malloc(MESSAGE_BYTES_MAX);
    core->state_scratch = malloc(2 * (size_t)OBJECT_SCRATCH + SOUND_VIEW_MAX);
    enum muster_error error = MUSTER_EBUSY;
    if (core->card && core->codec && core->operation && core->scratch && core->message && core->state_scratch) {
        memcpy(core->card, config->card.at, config->card.len);
        core->config.card = (struct bytes){core->card, config->card.len};
        index_start(core);
        error = load_arrival(core);
        if (!error)
            error = agency_own(core, core->config.card);
        if (!error)
            error = agency_load_all(core);
        if (!error)
            error = space_load_all(core);
        if (!error)
            error = apply_catch_up(core);
        if (!error)
            error = blob_load(core);
        if (!error)
            error = erasure_load(core);
        if (!error)
            mend_load(core);
    }
    core->action_count = 0;
    core->config.openers = NULL;
    if (error)
        core_free(core);
    else
        *out = core;
    return error;
}

static void log_free(struct log *log)
{
    free(log->genesis_bytes);
    free(log->intervals);
    free(log->ops);
    free(log);
}

void space_free(struct space *space)
{
    control_free(space->control);
    free(space->genesis_bytes);
    free(space->writes);
    free(space->write_keys);
    for (size_t i = 0; i < space->epoch_count; i++) {
        free(space->epochs[i].wraps);
        crypto_wipe(&space->epochs[i].key, sizeof(space->epochs[i].key));
    }
    free(space->epochs);
    free(space->reassigned);
    free(space->majority);
    free(space->retention);
    free(space->gone);
    free(space->quotas);
    crypto_wipe(space->own, sizeof(space->own));
    free(space);
}

void core_free(struct core *core)
{
    if (!core)
        return;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        session_free(core->sessions[i]);
    for (size_t i = 0; i < core->log_count; i++)
        log_free(core->logs[i]);
    for (size_t i = 0; i < core->space_count; i++)
        space_free(core->spaces[i]);
    for (size_t i = 0; i < core->agency_count; i++)
        agency_free(core->agencies[i]);
    crypto_wipe(core->operators, sizeof(core->operators));
    bundle_import_free(core->importing);
    erasure_free(core);
    stage_free(core, &core->stage);
    stage_free(core, &core->flying);
    pool_free(&core->action_pool);
    payload_codec_free(core->codec);
    free(core->logs);
    free(core->spaces);
    free(core->agencies);
    free(core->log_table);
    free(core->card);
    free(core->operation);
    free(core->scratch);
    free(core->message);
    free(core->indexing.term_rows);
    free(core->state_scratch);
    crypto_wipe(&core->config, sizeof(core->config));
    free(core);
}
