/* fork.c — proofs of equivocation: two branches of a log, shown to whoever does not know (RULES L7). */
#include "protocol/object/erasure.h"

struct proof {
    struct core *core;
    struct session *session;
    struct log *log;
    struct session_space *open;
    struct session_log *known;
    bool fresh; /* only what is new */
};

/* One frame a segment: each is verified by its own signature, and two of the largest do not fit one message. */
static void show_item(struct proof *p, struct bytes item)
{
    struct seg seg = {.lane = LANE_CONTROL, .log = p->log->id};
    memcpy(seg.tag, p->open->tag, 16);
    if (!p->known->listed && !p->known->genesis_sent) {
        seg.genesis = (struct bytes){p->log->genesis_bytes, p->log->genesis_len};
        p->known->genesis_sent = true;
    }
    item = erasure_item(p->core, p->log, item);
    struct writer w = writer_over(p->core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    struct segment_chain chain = {.space = p->core->spaces[p->log->space]->id, .log = p->log->id};
    seg_begin(&w, &seg);
    segment_wire_write(&w, &chain, item.at, item.len);
    frame_end(&w, begin);
    session_send(p->core, p->session, &w);
}

/* Branch items lie beside the log: log 4 || position 8 || id 32 -> item. */
static bool show_branch(void *user, struct bytes key, struct bytes value)
{
    struct proof *p = user;
    if (key.len != 12 + HASH_BYTES || (p->log->genesis.role == LOG_DATA && get_be64(key.at + 4) > p->log->fork_at + 1))
        return false;
    bool shows = !p->fresh;
    for (size_t i = 0; i < p->log->fresh_count && !shows; i++)
        shows = memcmp(p->log->fresh[i].b, key.at + 12, HASH_BYTES) == 0;
    if (shows)
        show_item(p, value);
    return core_room(p->core) > 16;
}

void fork_show(struct core *core, struct session *session, struct log *log)
{
    struct proof p = {core, session, log, session_space_of(session, log->space),
                      session_log_of(session, log_index(core, log)), false};
    struct control *control = core->spaces[log->space]->control;
    if (!p.open || !p.known || !core->spaces[log->space]->joined || core_room(core) < 16 ||
        !forward_shows_tag(control, &session->agency))
        return;
    /* A proof of a data log carries its records: not for whoever is suspended (F1, C12). */
    if (log->genesis.role == LOG_DATA && !forward_decide(control, &session->agency, NULL).allowed)
        return;
    struct bytes item;
    p.fresh = p.known->their_fork == log->fork_at && log->fresh_count && log->fresh_count <= ARRAY_LEN(log->fresh);
    for (uint64_t position = log->fork_at; !p.fresh && position <= log->fork_at + 1; position++)
        if (log_stored_at(core, log, position, &item) == MUSTER_OK)
            show_item(&p, item);
    uint8_t from[12];
    put_be32(from, log->number);
    put_be64(from + 4, log->fork_at);
    (void)core->storage.scan(core->storage.self, T_BRANCH, (struct bytes){from, 4}, (struct bytes){from, 12}, false,
                             show_branch, &p);
    p.known->their_fork = log->fork_at; /* shown */
}

void fork_read(struct core *core)
{
    for (size_t l = 0; l < core->log_count; l++)
        if (core->logs[l]->fork_news == 2 && core->logs[l]->genesis.role == LOG_CONTROL)
            space_read_control(core, core->logs[l]);
}

void fork_flood(struct core *core)
{
    for (size_t l = 0; l < core->log_count; l++) {
        struct log *log = core->logs[l];
        if (log->fork_news != 2)
            continue;
        log->fork_news = 0;
        if (log->genesis.role == LOG_DATA && (!log->fork_told || log->fork_at < log->fork_told))
            tell_forked(core, log);
        log->version = core->spaces[log->space]->version = core->version; /* the new place of the fork is announced */
        for (size_t i = 0; i < SESSIONS_MAX; i++) {
            struct session *session = core->sessions[i];
            if (!session || session->stage != SESSION_SYNCING)
                continue;
            struct session_log *known = session_log_of(session, (uint32_t)l);
            if (known && (log->genesis.role == LOG_CONTROL || !known->their_fork || known->their_fork > log->fork_at))
                fork_show(core, session, log);
        }
        log->fresh_count = 0;
    }
}
