/* fork.c — proofs of equivocation: two branches of a log, shown to whoever does not know (RULES L7). */
#include "protocol/core_inner.h"

enum { PROOF_BYTES_MAX = 200 * 1024 };

struct proof {
    struct writer *w;
    struct segment_chain *chain;
    uint64_t fork_at;
};

/* Branch items lie beside the log: log 4 || position 8 || id 32 -> item. */
static bool add_branch(void *user, struct bytes key, struct bytes value)
{
    struct proof *p = user;
    if (key.len != 12 + HASH_BYTES || get_be64(key.at + 4) > p->fork_at + 1)
        return true;
    segment_wire_write(p->w, p->chain, value.at, value.len);
    return !p->w->failed;
}

void fork_show(struct core *core, struct session *session, struct log *log)
{
    struct session_space *open = session_space_of(session, log->space);
    struct session_log *known = session_log_of(session, log_index(core, log));
    if (!open || !known || !core->spaces[log->space]->joined ||
        !forward_shows_tag(core->spaces[log->space]->control, &session->agency))
        return;
    struct seg seg = {.lane = LANE_CONTROL};
    memcpy(seg.tag, open->tag, 16);
    seg.log = log->id;
    if (!known->listed && !known->genesis_sent) {
        seg.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
        known->genesis_sent = true;
    }
    struct writer w = writer_over(core->message, PROOF_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    struct segment_chain chain = {.space = core->spaces[log->space]->id, .log = log->id};
    struct bytes item;
    if (log_item_at(core, log, log->fork_at, &item) == MUSTER_OK)
        segment_wire_write(&w, &chain, item.at, item.len);
    uint8_t from[12];
    put_be32(from, log->number);
    put_be64(from + 4, log->fork_at);
    struct proof proof = {&w, &chain, log->fork_at};
    (void)core->storage.scan(core->storage.self, T_BRANCH, (struct bytes){from, 4}, (struct bytes){from, 12}, false,
                             add_branch, &proof);
    frame_end(&w, begin);
    session_send(core, session, &w);
    known->their_fork = log->fork_at; /* shown */
}

void fork_flood(struct core *core)
{
    for (size_t l = 0; l < core->log_count; l++) {
        struct log *log = core->logs[l];
        if (!log->fork_news)
            continue;
        log->fork_news = false;
        for (size_t i = 0; i < SESSIONS_MAX; i++) {
            struct session *session = core->sessions[i];
            if (!session || session->stage != SESSION_SYNCING)
                continue;
            struct session_log *known = session_log_of(session, (uint32_t)l);
            if (known && (!known->their_fork || known->their_fork > log->fork_at))
                fork_show(core, session, log);
        }
    }
}
