/* spaces.c — SPACES and CTLHEADS: which spaces both share, and control before all else (RULES F, C). */
#include "protocol/session/bundle_inner.h"
#include "protocol/mutant.h"

#include <stdlib.h>

/* May the tag be shown?  To members; and by a newcomer, who knows the space by its invite only, to its inviter. */
static bool shows(struct core *core, const struct space *space, const struct session *session)
{
    (void)core;
    if (!space->joined)
        return true; /* tags are keyed: only who knows the space recognises it */
    return forward_shows_tag(space->control, &session->agency);
}

void spaces_send(struct core *core, struct session *session)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SPACES, 0);
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        const struct session_space *open = session_space_of(session, space->number);
        bool farewell = open && open->farewell_mono && notice_due(space, session);
        if (!shows(core, space, session) && !farewell)
            continue;
        struct space_entry e = {.tag = {0}};
        struct hash control = space_digest(core, space, true), data = space_digest(core, space, false);
        space_tag_of(e.tag, session->key, &space->id);
        if (!farewell) { /* whoever was removed is told that, not whether anything has changed since */
            digest_keyed(e.control, session->key, &control);
            digest_keyed(e.data, session->key, &data);
        }
        writer_put(&w, e.tag, 16);
        writer_put(&w, e.control, 16);
        writer_put(&w, e.data, 16);
    }
    frame_end(&w, begin);
    if (!session->spaces_sent)
        session->spaces_version = core->version;
    session->spaces_sent = true;
    session_send(core, session, &w);
}

struct tags {
    uint8_t of[SPACES_MAX][16];
    bool seen[SPACES_MAX];
};

/* The space with that tag, once a frame. */
static struct space *space_by_tag(struct core *core, struct tags *tags, const uint8_t tag[16])
{
    for (size_t i = 0; i < core->space_count; i++)
        if (!tags->seen[i] && memcmp(tags->of[i], tag, 16) == 0) {
            tags->seen[i] = true;
            return core->spaces[i];
        }
    return NULL;
}

/* Is there a space among the entries that the peer may see and that is not open yet? */
static bool has_news(struct core *core, const struct session *session, const struct tags *tags, struct bytes entries,
                     size_t count)
{
    for (size_t i = 0; i < core->space_count; i++) {
        const struct session_space *open = NULL;
        for (size_t s = 0; s < session->space_count; s++)
            if (session->spaces[s].space == core->spaces[i]->number && session->spaces[s].opened)
                open = &session->spaces[s];
        for (size_t n = 0; !open && shows(core, core->spaces[i], session) && n < count; n++)
            if (memcmp(tags->of[i], space_entry_at(entries, n).tag, 16) == 0)
                return true;
    }
    return false;
}

static struct session_space *open_space(struct session *session, struct space *space, const uint8_t tag[16])
{
    struct session_space *known = MUTANT(9, NULL, session_space_by_tag(session, tag));
    if (!known) {
        struct session_space *bigger = realloc(session->spaces, (session->space_count + 1) * sizeof(*bigger));
        if (!bigger)
            return NULL;
        session->spaces = bigger;
        known = &session->spaces[session->space_count++];
        *known = (struct session_space){.space = space->number};
        memcpy(known->tag, tag, 16);
    }
    return known;
}

/* Equal digests: the peer holds durably what is durable here, as if it had listed each log (S5.4.1).  So the next segment is
 * pushed to it, and without the genesis.  Logs with a fork or holes are left to HEADS. */
static void note_equal(struct core *core, struct session *session, const struct space *space, bool control)
{
    for (size_t i = 0; i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        struct session_log *known = NULL;
        if (log->space == space->number && (log->genesis.role == LOG_CONTROL) == control && log->durable_prefix &&
            !log->fork_at && !log->interval_count)
            known = session_log_of(session, (uint32_t)i);
        if (!known)
            continue;
        known->listed = true;
        if (known->their_prefix < log->durable_prefix)
            known->their_prefix = log->durable_prefix;
        if (known->highest < known->their_prefix)
            known->highest = known->their_prefix;
        if (known->sent_to < known->their_prefix)
            known->sent_to = known->their_prefix;
    }
    bundle_acks_equal(core, session, space, control);
}

void on_spaces(struct core *core, struct session *session, struct bytes body)
{
    struct bytes entries;
    size_t count;
    enum muster_error error = spaces_read(&entries, &count, body);
    if (error) {
        session_close(core, session, error, "SPACES is malformed");
        return;
    }
    struct tags *tags = calloc(1, sizeof(*tags));
    for (size_t i = 0; tags && i < core->space_count; i++)
        space_tag_of(tags->of[i], session->key, &core->spaces[i]->id);
    /* It joined meanwhile and did not know the tag when it was shown: once more, before what it will refer to. */
    if (tags && session->spaces_read && has_news(core, session, tags, entries, count))
        spaces_send(core, session);
    for (size_t i = 0; tags && i < count; i++) {
        struct space_entry e = space_entry_at(entries, i);
        struct space *space = space_by_tag(core, tags, e.tag);
        if (!space)
            continue;
        struct session_space *open = open_space(session, space, e.tag);
        if (!open)
            continue;
        struct hash control = space_digest(core, space, true), data = space_digest(core, space, false);
        uint8_t mine[16];
        digest_keyed(mine, session->key, &control);
        open->control_equal = memcmp(mine, e.control, 16) == 0;
        bool first = !open->opened;
        if (first && open->control_equal) {
            life_echo_all(core, session, space->number, true); /* HEADS lists data alone: this is what control is echoed by */
            note_equal(core, session, space, true);
        }
        /* Whoever shows the tag may show control; whether it gets any is forward_decide's matter (F3). */
        open->opened = true;
        if (space->joined && !open->farewell_mono && notice_due(space, session)) {
            notice_begin(core, session, open, NULL, 0);
            spaces_send(core, session);
            continue;
        }
        if (!open->control_equal || open->refused_control) {
            open->refused_control = false;
            ctlheads_send(core, session, open);
        }
        digest_keyed(mine, session->key, &data);
        if (first && memcmp(mine, e.data, 16) != 0)
            heads_send(core, session, open, true);
        else if (first) {
            /* Equal: both know both.  But what has changed since one's own SPACES went out the peer cannot have seen equal. */
            open->announced_version = session->spaces_version;
            life_echo_all(core, session, space->number, false);
            note_equal(core, session, space, false);
        }
    }
    free(tags);
    session->spaces_read = true;
}

void ctlheads_send(struct core *core, struct session *session, struct session_space *open)
{
    struct space *space = core->spaces[open->space];
    struct record_id heads[64];
    size_t count = control_heads(space->control, heads, 64);
    /* To whom the space may not be shown nothing is said but that control is wanted (F3). */
    if (space->joined && !forward_shows_tag(space->control, &session->agency))
        count = 0;
    open->ctl_asked_mono = core->mono_ms;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    ctlheads_write(&w, open->tag, heads, count);
    session_send(core, session, &w);
}

/* Has the peer, who showed these heads, the operation? */
static bool has(struct space *space, const struct record_id *heads, size_t count, const struct record_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (record_id_eq(&heads[i], id) || control_saw(space->control, &heads[i], id))
            return true;
    return false;
}

/* The first position of a control log that holds an operation which the peer lacks; 0: none. */
static uint64_t first_lacking(struct space *space, const struct log *log, const struct record_id *heads, size_t count)
{
    for (size_t i = 0; i < log->op_count; i++)
        if (!has(space, heads, count, &log->ops[i].id))
            return log->ops[i].position;
    return log->durable_prefix > log->control_read ? log->control_read + 1 : 0;
}

static void answer(struct core *core, struct session *session, struct session_space *open, const struct record_id *heads,
                   size_t count)
{
    struct space *space = core->spaces[open->space];
    open->ctl_answered_mono = core->mono_ms;
    open->ctl_pending = false;
    if (space->joined && notice_due(space, session))
        notice_begin(core, session, open, heads, count);
    if (!space->joined || !forward_shows_tag(space->control, &session->agency))
        return;
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        if (log->space != space->number || log->genesis.role != LOG_CONTROL)
            continue;
        uint64_t first = first_lacking(space, log, heads, count);
        if (first)
            seg_serve(core, session, (uint32_t)i, first, log->durable_prefix, LANE_CONTROL);
        struct session_log *known = MUTANT(8, 0, log->fork_at) ? session_log_of(session, (uint32_t)i) : NULL;
        if (known && (!known->their_fork || known->their_fork > log->fork_at))
            fork_show(core, session, log);
    }
    seg_pump(core, session);
}

enum { CTL_ANSWER_EVERY_MS = 200, CTL_ASK_EVERY_MS = 500 };

void ctlheads_later(struct core *core)
{
    notice_end(core);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        for (size_t s = 0; session && session->stage == SESSION_SYNCING && s < session->space_count; s++) {
            struct session_space *open = &session->spaces[s];
            if (open->ctl_pending && core->mono_ms - open->ctl_answered_mono >= CTL_ANSWER_EVERY_MS)
                answer(core, session, open, open->ctl_heads, open->ctl_count);
            /* Something of it was refused, for lack of room or of a card: it is asked for again.  Also where this node's own
             * removal has shut the space: what was refused may be what makes it a member again. */
            bool asks = open->opened || forward_shows_tag(core->spaces[open->space]->control, &session->agency);
            if (MUTANT(5, false, asks) && open->refused_control && core->mono_ms - open->ctl_asked_mono >= CTL_ASK_EVERY_MS) {
                open->refused_control = false;
                ctlheads_send(core, session, open);
            }
        }
    }
}

void on_ctlheads(struct core *core, struct session *session, struct bytes body)
{
    uint8_t tag[16];
    struct record_id heads[64];
    size_t count;
    enum muster_error error = ctlheads_read(tag, heads, &count, body);
    struct session_space *open = session_space_by_tag(session, tag);
    if (error) {
        session_close(core, session, error, "CTLHEADS is malformed");
        return;
    }
    if (!open)
        return;
    if (!open->ctl_answered_mono || core->mono_ms - open->ctl_answered_mono >= CTL_ANSWER_EVERY_MS) {
        answer(core, session, open, heads, count);
        return;
    }
    if (!open->ctl_heads && !(open->ctl_heads = malloc(sizeof(heads))))
        return;
    memcpy(open->ctl_heads, heads, sizeof(heads));
    open->ctl_count = count;
    open->ctl_pending = true;
}
