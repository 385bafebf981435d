/* session.c — a session's life: greeting, proving, syncing; what is not in the table is refused.
 *
 *   GREETING --hello--> PROVING --auth--> SYNCING --bye, down--> gone
 *
 * A message holds several frames; an unknown type is skipped by its length.  A malformed frame ends the session with a
 * reason; it never harms another one. */
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

struct session *session_of(struct core *core, conn_id conn, uint32_t *index)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i] && core->sessions[i]->conn == conn) {
            if (index)
                *index = i;
            return core->sessions[i];
        }
    return NULL;
}

uint32_t session_index(const struct core *core, const struct session *session)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i] == session)
            return i;
    return SESSIONS_MAX;
}

void session_send(struct core *core, struct session *session, struct writer *w)
{
    if (session->stage == SESSION_BUNDLE) {
        bundle_collect(session, w);
        return;
    }
    struct action *action = w->failed || !writer_len(w) ? NULL : core_act(core, ACTION_SEND);
    uint8_t *copy = action ? pool_copy(&core->action_pool, w->start, writer_len(w)) : NULL;
    if (!copy) {
        session->lost = true; /* a message left out would leave both sides with different ideas: sessions_watch */
        if (action)
            core->action_count--;
        return;
    }
    action->conn = session->conn;
    action->bytes = (struct bytes){copy, writer_len(w)};
    core->counters.bytes_out += writer_len(w);
}

enum {
    SESSIONS_OF_ONE_KEY = 4,
    GREETING_MS_MAX = 10000, /* HELLO and AUTH take no longer */
    SILENCE_MS_MAX = 120000, /* nothing at all, although it is pinged every ten seconds */
    WORDS_MAX = 64, WORD_EVERY_MS = 1000
};

bool session_words(struct core *core, struct session *session)
{
    uint64_t earned = (core->mono_ms - session->words_mono) / WORD_EVERY_MS;
    if (earned) {
        session->words = session->words + earned > WORDS_MAX ? WORDS_MAX : session->words + (uint32_t)earned;
        session->words_mono = core->mono_ms;
    }
    if (!session->words)
        return false;
    session->words--;
    return true;
}

static bool is_revoked(struct core *core, const struct session *session)
{
    const struct agency *agency = agency_find(core, &session->agency);
    const struct agency_node *node = agency ? agency_node(agency, &session->node) : NULL;
    return node && node->revoked;
}

void sessions_watch(struct core *core)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage == SESSION_BUNDLE)
            continue;
        if (session->lost)
            session_close(core, session, MUSTER_EBUSY, "there was no room for a message");
        else if (session->stage != SESSION_SYNCING && core->mono_ms - session->up_mono > GREETING_MS_MAX)
            session_close(core, session, MUSTER_ETIMEOUT, "no greeting");
        else if (session->stage == SESSION_SYNCING && is_revoked(core, session))
            session_close(core, session, MUSTER_EREVOKED, "the node's agency has revoked it");
        else if (core->mono_ms - session->heard_mono > SILENCE_MS_MAX)
            session_close(core, session, MUSTER_ETIMEOUT, "nothing was heard for two minutes");
    }
}

void session_free(struct session *session)
{
    if (!session)
        return;
    for (size_t i = 0; i < session->space_count; i++)
        free(session->spaces[i].ctl_heads);
    free(session->spaces);
    free(session->my_names);
    free(session->logs);
    free(session->theirs_named);
    free(session->serve);
    for (size_t i = 0; i < LANES; i++) {
        free(session->leaving[i].bytes);
        free(session->coming[i].bytes);
    }
    free(session);
}

void session_up(struct core *core, const struct event *event)
{
    struct session **slot = NULL;
    size_t same = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        same += core->sessions[i] && memcmp(core->sessions[i]->curve.b, event->u.up.key.b, 32) == 0;
    for (size_t i = 0; i < SESSIONS_MAX && !slot; i++)
        if (!core->sessions[i])
            slot = &core->sessions[i];
    struct session *session = slot && same < SESSIONS_OF_ONE_KEY ? calloc(1, sizeof(*session)) : NULL;
    if (!session) {
        struct action *action = core_act(core, ACTION_CLOSE);
        if (action) {
            action->conn = event->u.up.conn;
            action->error = MUSTER_EBUSY;
        }
        return;
    }
    session->conn = event->u.up.conn;
    session->curve = event->u.up.key;
    session->dialled = event->u.up.dialled;
    session->up_ms = core->wall_ms;
    session->heard_mono = session->ping_mono = session->up_mono = session->words_mono = core->mono_ms;
    session->words = WORDS_MAX;
    core_draw(core, session->nonce, sizeof(session->nonce));
    *slot = session;
    core->counters.sessions++;
    hello_send(core, session);
}

static void drop(struct core *core, uint32_t index)
{
    struct session *session = core->sessions[index];
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->asked_of == index + 1)
            core->logs[i]->asked_of = 0; /* another peer takes over: want_overdue */
    if (session->stage == SESSION_SYNCING)
        bundle_acks_save(core, session);
    notice_over(core, session, MUSTER_OK);
    if (session->stage == SESSION_SYNCING)
        core_event(core, "session.down", &session->agency, "after %llu s",
                   (unsigned long long)((core->wall_ms - session->up_ms) / 1000));
    struct stage *both[] = {&core->stage, &core->flying};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < both[s]->segment_count; i++)
            if (both[s]->segments[i].from == index + 1)
                both[s]->segments[i].from = UINT32_MAX;
    session_free(session);
    core->sessions[index] = NULL;
    core->counters.sessions--;
}

void session_down(struct core *core, conn_id conn, bool replaced)
{
    uint32_t index;
    struct session *session = session_of(core, conn, &index);
    if (session)
        life_remember_boot(core, session, !replaced);
    if (session && session->stage == SESSION_SYNCING)
        agency_met(core, &session->agency, true);
    if (session)
        drop(core, index);
}

void session_close(struct core *core, struct session *session, enum muster_error error, const char *text)
{
    uint32_t index = session_index(core, session);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_BYE, 0);
    err_write(&w, error, NULL, text);
    frame_end(&w, begin);
    session_send(core, session, &w);
    core_event(core, "session.closed", &session->agency, "%s (%s)", error_name(error), text);
    struct action *action = core_act(core, ACTION_CLOSE);
    if (action) {
        action->conn = session->conn;
        action->error = error;
    }
    life_remember_boot(core, session, false);
    drop(core, index);
}

struct session_space *session_space_by_tag(struct session *session, const uint8_t tag[16])
{
    for (size_t i = 0; i < session->space_count; i++)
        if (memcmp(session->spaces[i].tag, tag, 16) == 0)
            return &session->spaces[i];
    return NULL;
}

struct session_space *session_space_of(struct session *session, uint32_t space)
{
    for (size_t i = 0; i < session->space_count; i++)
        if (session->spaces[i].space == space && session->spaces[i].opened)
            return &session->spaces[i];
    return NULL;
}

struct session_log *session_log_of(struct session *session, uint32_t log)
{
    if (log >= session->log_size) {
        size_t size = session->log_size ? session->log_size : 64;
        while (size <= log)
            size *= 2;
        struct session_log *bigger = realloc(session->logs, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        memset(bigger + session->log_size, 0, (size - session->log_size) * sizeof(*bigger));
        session->logs = bigger;
        session->log_size = size;
    }
    return &session->logs[log];
}

void session_name_log(struct core *core, struct session *session, const struct log *log, struct log_name *name)
{
    uint32_t index = log_index(core, log);
    if (index >= session->my_name_size) {
        size_t size = session->my_name_size ? session->my_name_size : 64;
        while (size <= index)
            size *= 2;
        uint32_t *bigger = realloc(session->my_names, size * sizeof(*bigger));
        if (!bigger)
            abort(); /* 4 bytes a log: no memory at all is left */
        memset(bigger + session->my_name_size, 0, (size - session->my_name_size) * sizeof(*bigger));
        session->my_names = bigger;
        session->my_name_size = size;
    }
    *name = (struct log_name){.id = log->id};
    if (!session->my_names[index]) {
        session->my_names[index] = ++session->my_name_count;
        name->first = true;
    }
    name->index = session->my_names[index] - 1;
}

void sessions_restore(struct core *core)
{
    for (size_t s = 0; s < SESSIONS_MAX; s++) {
        struct session *session = core->sessions[s];
        size_t kept = 0;
        if (!session)
            continue;
        for (size_t i = 0; i < session->theirs_count; i++)
            if (session->theirs_named[i].log > core->log_count) {
                session->theirs_named[i].log = 0;
                session->theirs_named[i].announced = false;
            }
        for (size_t i = core->log_count; i < session->my_name_size; i++)
            session->my_names[i] = 0;
        if (session->log_size > core->log_count)
            memset(session->logs + core->log_count, 0, (session->log_size - core->log_count) * sizeof(*session->logs));
        for (size_t i = 0; i < session->serve_count; i++)
            if (session->serve[i].log < core->log_count)
                session->serve[kept++] = session->serve[i]; /* counts of the others went with their entries */
        session->serve_count = kept;
        kept = 0;
        for (size_t i = 0; i < session->space_count; i++)
            if (session->spaces[i].space < core->space_count) {
                session->spaces[kept] = session->spaces[i];
                session->spaces[kept++].refused_control = true; /* control that was in the commit is asked for again */
            } else {
                free(session->spaces[i].ctl_heads);
            }
        session->space_count = kept;
    }
}

enum { THEIR_LOGS_MAX = 65536 };

struct session_log *session_their_log(struct core *core, struct session *session, const struct log_name *name)
{
    if (name->first) {
        if (name->index != session->theirs_count || name->index >= THEIR_LOGS_MAX)
            return NULL;
        if (session->theirs_count == session->theirs_size) {
            size_t size = session->theirs_size ? session->theirs_size * 2 : 64;
            struct session_log *bigger = realloc(session->theirs_named, size * sizeof(*bigger));
            if (!bigger)
                return NULL;
            session->theirs_named = bigger;
            session->theirs_size = size;
        }
        session->theirs_named[session->theirs_count++] = (struct session_log){.id = name->id};
    }
    if (name->index >= session->theirs_count)
        return NULL;
    struct session_log *named = &session->theirs_named[name->index];
    if (!named->log) {
        struct log *log = log_find(core, &named->id);
        if (log)
            named->log = log_index(core, log) + 1;
    }
    return named;
}

/* --- dispatch ---------------------------------------------------------------------------------------- */

static void on_bye(struct core *core, struct session *session, struct bytes body)
{
    struct err_frame err;
    enum muster_error error = err_read(&err, body);
    core_event(core, "session.bye", &session->agency, "%s", error ? "malformed" : error_name(err.error));
    notice_over(core, session, error ? error : err.error);
    struct action *action = core_act(core, ACTION_CLOSE);
    if (action) {
        action->conn = session->conn;
        action->error = error ? error : err.error;
        action->theirs = true;
    }
    drop(core, session_index(core, session));
}

static void on_err(struct core *core, struct session *session, struct bytes body)
{
    struct err_frame err;
    if (err_read(&err, body) != MUSTER_OK)
        return;
    if (err.error == MUSTER_ECLONED && session->stage == SESSION_SYNCING)
        life_cloned(core, !hash_none(&err.item));
    if (err.error == MUSTER_ENOTFOUND && session->stage == SESSION_SYNCING && blob_refused(core, session, &err.item))
        return;
    /* It refused a log's segment: the genesis goes with the next one again. */
    struct log_id id;
    memcpy(id.b, err.item.b, HASH_BYTES);
    const struct log *log = session->stage == SESSION_SYNCING ? log_find(core, &id) : NULL;
    if (log && log_index(core, log) < session->log_size) {
        struct session_log *known = &session->logs[log_index(core, log)];
        known->genesis_sent = known->listed = false;
        known->given_to = 0;
    }
    if (session_words(core, session))
        core_event(core, "session.err", &session->agency, "the peer says %s", error_name(err.error));
}

static const struct {
    enum session_stage in;
    uint8_t frame;
    void (*act)(struct core *core, struct session *session, struct bytes body);
} rules[] = {
    {SESSION_GREETING, FRAME_HELLO,    on_hello    },
    {SESSION_PROVING,  FRAME_AUTH,     on_auth     },
    {SESSION_SYNCING,  FRAME_SPACES,   on_spaces   },
    {SESSION_SYNCING,  FRAME_CTLHEADS, on_ctlheads },
    {SESSION_SYNCING,  FRAME_HEADS,    on_heads    },
    {SESSION_SYNCING,  FRAME_WANT,     on_want     },
    {SESSION_SYNCING,  FRAME_SEG,      on_seg      },
    {SESSION_SYNCING,  FRAME_FRAG,     on_frag     },
    {SESSION_SYNCING,  FRAME_KEYREQ,   on_keyreq   },
    {SESSION_SYNCING,  FRAME_KEY,      on_key      },
    {SESSION_SYNCING,  FRAME_CREDIT,   on_credit   },
    {SESSION_SYNCING,  FRAME_PING,     on_ping     },
    {SESSION_SYNCING,  FRAME_PONG,     on_pong     },
    {SESSION_SYNCING,  FRAME_CARD,     on_card     },
    {SESSION_SYNCING,  FRAME_OWNSPACES, on_ownspaces},
    {SESSION_SYNCING,  FRAME_BLOBWANT, on_blobwant },
    {SESSION_SYNCING,  FRAME_BLOB,     on_blob     },
    {SESSION_GREETING, FRAME_ERR,      on_err      },
    {SESSION_PROVING,  FRAME_ERR,      on_err      },
    {SESSION_SYNCING,  FRAME_ERR,      on_err      },
    {SESSION_GREETING, FRAME_BYE,      on_bye      },
    {SESSION_PROVING,  FRAME_BYE,      on_bye      },
    {SESSION_SYNCING,  FRAME_BYE,      on_bye      },
};

static bool known_type(uint8_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].frame == type)
            return true;
    return false;
}

void session_message(struct core *core, conn_id conn, struct bytes bytes)
{
    struct session *session = session_of(core, conn, NULL);
    struct cursor message = cursor_over(bytes.at, bytes.len);
    core->counters.bytes_in += bytes.len;
    while (session) {
        struct frame frame;
        enum muster_error error = frame_next(&message, &frame);
        if (error) {
            core->counters.frames_refused++;
            session_close(core, session, error, "a frame is malformed");
            return;
        }
        if (!frame.type)
            return;
        session->heard_mono = core->mono_ms;
        size_t i = 0;
        while (i < ARRAY_LEN(rules) && (rules[i].in != session->stage || rules[i].frame != frame.type))
            i++;
        if (i < ARRAY_LEN(rules)) {
            session->frame_flags = frame.flags;
            rules[i].act(core, session, frame.body);
        } else if (known_type(frame.type)) {
            core->counters.frames_refused++;
            session_close(core, session, MUSTER_EUNEXPECTED, frame_name(frame.type));
        } /* else: of a later version, skipped by its length */
        session = session_of(core, conn, NULL);
    }
}
