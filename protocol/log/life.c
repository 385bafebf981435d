/* life.c — when an own log may be written to (RULES I): after a start it is unconfirmed until two agencies have
 * echoed a head that is mine or older; whoever must write before opens a new incarnation and never goes back. */
#include "protocol/core_inner.h"
#include "protocol/mutant.h"

static size_t others(struct core *core, struct space *space)
{
    const struct control_state *state = control_state(space->control);
    size_t count = 0;
    for (size_t i = 0; state && i < state->member_count; i++)
        count += !agency_id_eq(&state->members[i].who, &core->self);
    return count;
}

/* OK: go on in it.  ECHAIN: open a new incarnation.  EUNCONFIRMED: control waits (I9). */
enum muster_error life_may_write(struct core *core, struct space *space, struct log *log)
{
    if (MUTANT(3, false, log->closed || log->fork_at))
        return MUSTER_ECHAIN;
    size_t needed = others(core, space);
    if (MUTANT(3, true, log->confirmed) || log->echo_count >= (needed < 2 ? needed : 2)) {
        log->confirmed = true;
        return MUSTER_OK;
    }
    return log->genesis.role == LOG_CONTROL ? MUSTER_EUNCONFIRMED : MUSTER_ECHAIN;
}

static void count_echo(struct log *log, const struct agency_id *agency)
{
    for (size_t i = 0; i < log->echo_count; i++)
        if (agency_id_eq(&log->echoes[i], agency))
            return;
    if (log->echo_count < ARRAY_LEN(log->echoes))
        log->echoes[log->echo_count++] = *agency;
}

/* What a peer says of an own log.  Mine or older counts; ahead or different counts only with the header that my
 * incarnation signed (I5): it is asked for (want_refill) or shown by the peer, and comes as a segment. */
void life_echo(struct core *core, struct session *session, struct log *log, uint64_t prefix, const uint8_t hash[8])
{
    /* What a file says counts only if its sender had seen a file of this very process: else it may be older than the
     * backup that this node was restored from. */
    if (agency_id_eq(&session->agency, &core->self) || prefix > log->durable_prefix || session->stale)
        return;
    if (prefix) {
        struct bytes item;
        uint8_t mine[8];
        if (log_item_at(core, log, prefix, &item) != MUSTER_OK)
            return;
        struct segment_id id = segment_id_of(item.at);
        head_short(mine, session->key, &id);
        if (memcmp(mine, hash, 8) != 0)
            return;
    }
    count_echo(log, &session->agency);
}

void life_echo_all(struct core *core, struct session *session, uint32_t space)
{
    if (agency_id_eq(&session->agency, &core->self))
        return;
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->own && core->logs[i]->space == space)
            count_echo(core->logs[i], &session->agency);
}

void life_seen_ahead(struct core *core, struct log *log)
{
    if (log->closed)
        return;
    log->closed = true;
    core_event(core, "log.restored", &core->self, "a partner holds records of this node that it lost; it goes on in a new log");
}

/* --- boot ids (I3, I7) --------------------------------------------------------------------------------- */

enum { BOOT_MEMORY_MS = 30000, CLONED_EVERY_MS = 10 * 60 * 1000 };

void life_remember_boot(struct core *core, const struct session *session)
{
    if (session->stage != SESSION_SYNCING)
        return;
    size_t at = core->boot_next++ % ARRAY_LEN(core->boots);
    core->boots[at].node = session->node;
    core->boots[at].mono_ms = core->mono_ms;
    memcpy(core->boots[at].boot, session->theirs.boot, sizeof(core->boots[at].boot));
}

/* Another process with the same keys is, or was a moment ago, in a session: one of the two is a copy. */
void life_boot(struct core *core, struct session *session)
{
    bool cloned = false;
    for (size_t i = 0; i < ARRAY_LEN(core->boots); i++)
        if (core->boots[i].mono_ms && core->mono_ms - core->boots[i].mono_ms < BOOT_MEMORY_MS &&
            memcmp(core->boots[i].node.b, session->node.b, sizeof(session->node.b)) == 0 &&
            memcmp(core->boots[i].boot, session->theirs.boot, sizeof(core->boots[i].boot)) != 0)
            cloned = true;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *other = core->sessions[i];
        if (!other || other == session || other->stage != SESSION_SYNCING ||
            memcmp(other->node.b, session->node.b, sizeof(session->node.b)) != 0 ||
            memcmp(other->theirs.boot, session->theirs.boot, sizeof(other->theirs.boot)) == 0)
            continue;
        cloned = true;
        life_remember_boot(core, other);
    }
    if (!cloned)
        return;
    core_event(core, "node.cloned", &session->agency, "two running nodes use the same keys");
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
    err_write(&w, MUSTER_ECLONED, NULL, "another process uses this node's keys");
    frame_end(&w, begin);
    session_send(core, session, &w);
}

/* A peer reports another live process with these keys: every own log is left behind.  A lie costs a new log
 * in ten minutes, no more. */
void life_cloned(struct core *core)
{
    /* Whoever says it again and again must not make this node open log after log. */
    if (core->cloned_mono && core->mono_ms - core->cloned_mono < CLONED_EVERY_MS)
        return;
    core->cloned_mono = core->mono_ms;
    core_event(core, "node.cloned", &core->self, "a partner sees another running node with these keys; new logs are opened");
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->own && core->logs[i]->genesis.role == LOG_DATA)
            core->logs[i]->closed = true;
}
