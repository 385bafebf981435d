/* seg.c — SEG and FRAG going out: what was asked for, what is pushed, and in which order. */
#include "protocol/object/erasure.h"
#include "protocol/mutant.h"

#include <stdlib.h>

enum {
    SERVE_MAX = 8192,             /* ranges promised to one peer, */
    SERVE_OF_LOG_MAX = 64,        /* and of one log */
    PUMP_FRAMES_MAX = 32,         /* frames made for one peer in one step */
};

/* --- sending --------------------------------------------------------------------------------------- */

void seg_serve(struct core *core, struct session *session, uint32_t log, uint64_t first, uint64_t last, uint8_t lane)
{
    (void)core;
    struct session_log *known = session_log_of(session, log);
    if (session->stage == SESSION_BUNDLE)
        return; /* a file asks for nothing */
    if (!known || session->serve_count >= SERVE_MAX || known->serving >= SERVE_OF_LOG_MAX)
        return; /* it asks again for what does not come */
    for (size_t i = 0; i < session->serve_count && known->serving; i++) {
        struct serve_range *r = &session->serve[i];
        if (r->log == log && first >= r->next && last <= r->last && lane >= r->lane)
            return; /* on its way already */
    }
    if (session->serve_count == session->serve_size) {
        size_t size = session->serve_size ? session->serve_size * 2 : 16;
        struct serve_range *bigger = realloc(session->serve, size * sizeof(*bigger));
        if (!bigger)
            return;
        session->serve = bigger;
        session->serve_size = size;
    }
    known->serving++;
    session->serve[session->serve_count++] = (struct serve_range){log, first, last, lane};
}

static bool allowed(struct space *space, const struct session *session, const struct log *log)
{
    if (!space->joined || MUTANT(7, true, false))
        return MUTANT(7, true, false);
    if (log->genesis.role == LOG_CONTROL)
        return forward_shows_tag(space->control, &session->agency) || notice_due(space, session);
    return forward_decide(space->control, &session->agency, NULL).allowed;
}

/* Builds a SEG frame from a range; its length, 0 when there is nothing to send (the range is then done or moves on). */
static size_t build_frame(struct core *core, struct session *session, struct serve_range *r, struct writer *w)
{
    struct log *log = core->logs[r->log];
    struct space *space = core->spaces[log->space];
    struct session_space *open = session_space_of(session, log->space);
    struct session_log *known = session_log_of(session, r->log);
    size_t limit = pace_frame_bytes(session);
    if (!open || !known || !allowed(space, session, log)) {
        r->next = r->last + 1;
        return 0;
    }
    struct seg seg = {.lane = r->lane};
    memcpy(seg.tag, open->tag, 16);
    seg.log = log->id;
    if (!known->listed && !known->genesis_sent)
        seg.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
    uint8_t *begin = frame_begin(w, FRAME_SEG, 0);
    seg_begin(w, &seg);
    struct segment_chain chain = {.space = space->id, .log = log->id};
    size_t sent = 0;
    bool notice = log->genesis.role == LOG_CONTROL && !forward_shows_tag(space->control, &session->agency);
    while (r->next <= r->last && (size_t)(w->at - begin) < limit && sent < RUN_MAX) {
        struct bytes item;
        uint64_t held = log_next_held(log, r->next);
        if (held != r->next) { /* a hole here: the peer asks somebody else */
            r->next = held && held <= r->last ? held : r->last + 1;
            if (sent)
                break;
            continue;
        }
        if (notice && !notice_shows(space, session, log, r->next)) {
            r->next = r->last + 1;
            break;
        }
        if (MUTANT(1, log_item_at, log_stored_at)(core, log, r->next, &item) != MUSTER_OK) { /* or not durable yet (I1) */
            r->next++;
            break;
        }
        if (sent && (size_t)(w->at - begin) + item.len > limit + 4096)
            break;
        item = erasure_item(core, log, item);
        segment_wire_write(w, &chain, item.at, item.len);
        r->next++;
        sent++;
    }
    if (!sent)
        return 0;
    frame_end(w, begin);
    known->genesis_sent |= seg.genesis.len > 0;
    if (known->sent_to < r->next - 1)
        known->sent_to = r->next - 1;
    if (known->given_to < r->next - 1)
        known->given_to = r->next - 1;
    return writer_len(w);
}

/* The next piece of a SEG that is too long for this link in one. */
static void send_piece(struct core *core, struct session *session, uint8_t lane)
{
    struct partial *p = &session->leaving[lane];
    size_t len = pace_frame_bytes(session);
    if (len > p->total - p->done)
        len = p->total - p->done;
    struct frag frag = {.lane = lane, .total = p->total, .offset = p->done, .piece = {p->bytes + p->done, len}};
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    frag_write(&w, &frag);
    p->done += (uint32_t)len;
    if (lane > LANE_FLASH)
        pace_sent(core, session, writer_len(&w));
    session_send(core, session, &w);
    if (p->done == p->total) {
        free(p->bytes);
        *p = (struct partial){.bytes = NULL};
    }
}

static void send_range(struct core *core, struct session *session, struct serve_range *r)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t lane = r->lane;
    size_t len = build_frame(core, session, r, &w);
    if (!len)
        return;
    struct partial *p = &session->leaving[lane];
    if (len > 2 * pace_frame_bytes(session) && (p->bytes = malloc(len - FRAME_HEADER_BYTES))) {
        p->total = (uint32_t)(len - FRAME_HEADER_BYTES);
        p->done = 0;
        memcpy(p->bytes, core->message + FRAME_HEADER_BYTES, p->total);
        send_piece(core, session, lane);
        return;
    }
    if (lane > LANE_FLASH)
        pace_sent(core, session, len);
    session_send(core, session, &w);
}

/* Erases of the space are still on their way to this peer. */
static bool waits_for_erases(const struct core *core, struct session *session, const struct serve_range *r)
{
    const struct session_space *open = session_space_of(session, core->logs[r->log]->space);
    return r->lane > LANE_CONTROL && open && open->telling;
}

/* What goes next: the most urgent lane first, begun pieces before new ranges; lanes 0 and 1 always, others while
 * there is credit and the link is not full already (RULES S4). */
static bool send_next(struct core *core, struct session *session)
{
    bool room = pace_may_send(session);
    for (uint8_t lane = 0; lane < LANES; lane++) {
        if (lane > LANE_FLASH && !room)
            return false;
        if (session->leaving[lane].bytes) {
            send_piece(core, session, lane);
            return true;
        }
        for (size_t i = 0; i < session->serve_count; i++)
            if (session->serve[i].lane == lane && session->serve[i].next <= session->serve[i].last &&
                !waits_for_erases(core, session, &session->serve[i])) {
                send_range(core, session, &session->serve[i]);
                return true;
            }
    }
    return false;
}

void seg_pump(struct core *core, struct session *session)
{
    tell_pump(core, session);
    for (int frames = 0; frames < PUMP_FRAMES_MAX && core_room(core) && send_next(core, session); frames++)
        ;
    size_t kept = 0;
    for (size_t i = 0; i < session->serve_count; i++)
        if (session->serve[i].next <= session->serve[i].last)
            session->serve[kept++] = session->serve[i];
        else if (session->serve[i].log < session->log_size)
            session->logs[session->serve[i].log].serving--;
    session->serve_count = kept;
    if (kept && !pace_may_send(session))
        core->counters.credit_stalls++;
}

enum { BUCKET_MAX = 50, BUCKET_EVERY_MS = 200 };

/* Lanes 0 and 1 of one author: so many at once and so many a second are pushed; what exceeds it is announced like
 * routine records and goes as catch-up, never away. */
static bool bucket_takes(struct core *core, struct log *log)
{
    uint64_t earned = (core->mono_ms - log->bucket_mono) / BUCKET_EVERY_MS;
    if (earned) {
        log->bucket = log->bucket + earned > BUCKET_MAX ? BUCKET_MAX : log->bucket + (uint32_t)earned;
        log->bucket_mono = core->mono_ms;
    }
    if (!log->bucket)
        return false;
    log->bucket--;
    return true;
}

/* After the commit: own segments and lanes 0 and 1 go to every peer that is up to date; others are announced (S1). */
void seg_push(struct core *core, const struct staged_segment *segment)
{
    struct log *log = core->logs[segment->log];
    bool control = log->genesis.role == LOG_CONTROL;
    if (MUTANT(11, 0, segment->from) && segment->lane > LANE_FLASH && !control)
        return;
    if ((control || segment->lane <= LANE_FLASH) && segment->from && !bucket_takes(core, log))
        return;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING || segment->from == i + 1 ||
            !session_space_of(session, log->space))
            continue;
        struct session_log *known = session_log_of(session, segment->log);
        if (!known || known->their_prefix >= segment->position || known->sent_to >= segment->position)
            continue;
        /* Behind: it asks for what is missing in between; pushing would only make holes. */
        bool next = (known->sent_to > known->their_prefix ? known->sent_to : known->their_prefix) + 1 == segment->position;
        if (!next && segment->lane > LANE_FLASH && !control)
            continue;
        seg_serve(core, session, segment->log, segment->position, segment->position,
                  control ? LANE_CONTROL : segment->lane);
    }
}
