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

void life_echo_all(struct core *core, struct session *session, uint32_t space, bool control_alone)
{
    if (agency_id_eq(&session->agency, &core->self))
        return;
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->own && core->logs[i]->space == space &&
            (!control_alone || core->logs[i]->genesis.role == LOG_CONTROL))
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

enum { BOOT_MEMORY_MS = 30000, BOOT_OVERLAP_MS = 1000, CLONED_EVERY_MS = 10 * 60 * 1000 };

/* From when to when this process of the node was heard; in the place of the one not heard for longest. */
static struct boot *boot_note(struct core *core, const struct session *session)
{
    struct boot *boot = NULL, *oldest = &core->boots[0];
    for (size_t i = 0; i < ARRAY_LEN(core->boots) && !boot; i++) {
        struct boot *each = &core->boots[i];
        if (memcmp(each->node.b, session->node.b, sizeof(session->node.b)) == 0 &&
            memcmp(each->id, session->theirs.boot, sizeof(each->id)) == 0)
            boot = each;
        if (each->heard_mono < oldest->heard_mono)
            oldest = each;
    }
    if (!boot) {
        boot = oldest;
        *boot = (struct boot){.node = session->node, .met_mono = session->up_mono};
        memcpy(boot->id, session->theirs.boot, sizeof(boot->id));
    }
    boot->heard_mono = session->heard_mono;
    boot->ended = false;
    return boot;
}

/* ended: the connection came to an end by itself, as it does with its process; not replaced, not closed here. */
void life_remember_boot(struct core *core, const struct session *session, bool ended)
{
    if (session->stage == SESSION_SYNCING)
        boot_note(core, session)->ended = ended;
}

static void cloned_tell(struct core *core, struct session *session, const struct boot *proof)
{
    struct hash item = {{0}};
    if (proof)
        memcpy(item.b, proof->id, sizeof(proof->id));
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
    err_write(&w, MUSTER_ECLONED, &item, "another process uses this node's keys");
    frame_end(&w, begin);
    session_send(core, session, &w);
}

static void cloned_alarm(struct core *core, struct session *session, struct boot *mine, const struct boot *twin)
{
    if (!mine->told_mono || core->mono_ms - mine->told_mono >= CLONED_EVERY_MS) {
        mine->told_mono = core->mono_ms;
        core_event(core, "node.cloned", &session->agency, "two running nodes use the same keys");
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *other = core->sessions[i];
        if (other && other != session && other->stage == SESSION_SYNCING &&
            memcmp(other->node.b, session->node.b, sizeof(session->node.b)) == 0 &&
            memcmp(other->theirs.boot, session->theirs.boot, sizeof(other->theirs.boot)) != 0)
            cloned_tell(core, other, mine);
    }
    cloned_tell(core, session, twin);
}

/* Another process with the same keys is, or was a moment ago, in a session and has not ended.  The newer one is told
 * at once, before it hears anything of its logs: if it is a copy it must not go on in them.  But it may be the same
 * machine after a loss of power: it is proven a copy, and an alarm, when each of the two was heard after the other
 * was met. */
void life_boot(struct core *core, struct session *session)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *other = core->sessions[i];
        if (other && other != session && memcmp(other->node.b, session->node.b, sizeof(session->node.b)) == 0)
            life_remember_boot(core, other, false);
    }
    struct boot *mine = boot_note(core, session);
    const struct boot *suspect = NULL, *twin = NULL;
    for (size_t i = 0; i < ARRAY_LEN(core->boots); i++) {
        const struct boot *each = &core->boots[i];
        if (each == mine || each->ended || !each->heard_mono || core->mono_ms - each->heard_mono >= BOOT_MEMORY_MS ||
            memcmp(each->node.b, mine->node.b, sizeof(mine->node.b)) != 0)
            continue;
        suspect = each;
        if (each->heard_mono >= mine->met_mono + BOOT_OVERLAP_MS && mine->heard_mono >= each->met_mono + BOOT_OVERLAP_MS)
            twin = each;
    }
    if (twin)
        cloned_alarm(core, session, mine, twin);
    else if (suspect)
        cloned_tell(core, session, NULL);
}

/* A peer met another process with these keys: every own log is left behind.  A lie costs a new log in ten minutes,
 * no more.  proven: it heard both at the same time; else this node may only have come back very soon. */
void life_cloned(struct core *core, bool proven)
{
    if (proven && (!core->alarm_mono || core->mono_ms - core->alarm_mono >= CLONED_EVERY_MS)) {
        core->alarm_mono = core->mono_ms;
        core_event(core, "node.cloned", &core->self, "a partner hears another running node with these keys; stop one of the two");
    }
    /* Whoever says it again and again must not make this node open log after log. */
    if (core->cloned_mono && core->mono_ms - core->cloned_mono < CLONED_EVERY_MS)
        return;
    core->cloned_mono = core->mono_ms;
    core_event(core, "log.fenced", &core->self, "a partner met another process with these keys a moment ago; new logs are opened");
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->own && core->logs[i]->genesis.role == LOG_DATA)
            core->logs[i]->closed = true;
}
