/* take.c — SEG and FRAG coming in: verified off the loop, placed on it. */
#include "protocol/object/erasure.h"
#include "protocol/object/offers.h"
#include "protocol/session/bundle_inner.h"
#include "protocol/log/opened.h"
#include "protocol/mutant.h"

#include <stdlib.h>

enum {
    JOBS_MAX = 256,
    JOBS_OF_ONE_MAX = 96 /* of one peer, so that a flood leaves room for others */
};

struct verified_segment {
    size_t offset, len;     /* in the job's items */
    struct segment_header header;
    struct segment_id id;
    struct record_id *ids;
    uint32_t without; /* records that came without their payload */
    bool authentic;
    struct opened *opened;
};

struct verify_job {
    conn_id conn;
    uint32_t log;
    bool exercise;
    uint8_t lane;
    struct sign_public incarnation;
    struct segment_chain chain;
    size_t frame_bytes, wire_len;
    struct opened_key keys[OPENED_KEYS]; /* of the space's newest epochs; none: nothing is opened ahead */
    size_t key_count, opened_room;       /* room: reserved for it (core->opened_bytes) */
    enum muster_error error; /* of the frame: what stands before it is good */
    struct verified_segment *segments;
    size_t count;
    uint8_t *items;
    uint8_t wire[];
};

void verify_job_free(struct verify_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; job->segments && i < job->count; i++) {
        opened_free(job->segments[i].opened);
        free(job->segments[i].ids);
    }
    crypto_wipe(job->keys, sizeof(job->keys));
    free(job->segments);
    free(job->items);
    free(job);
}

size_t verify_job_bytes(const struct verify_job *job)
{
    return job->wire_len;
}

/* RULES L3: a run is verified by its last signature and the prev links; if that fails, one by one from the front. */
static void judge(struct verify_job *job)
{
    size_t end = job->count;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && end - start < RUN_MAX && segment_id_eq(&job->segments[start].header.prev, &job->segments[start - 1].id) &&
               job->segments[start].header.position == job->segments[start - 1].header.position + 1)
            start--;
        struct verified_segment *last = &job->segments[end - 1];
        bool whole = segment_verify(job->items + last->offset, job->exercise, &job->incarnation) == MUSTER_OK;
        for (size_t i = start; i < end; i++)
            job->segments[i].authentic = whole || segment_verify(job->items + job->segments[i].offset, job->exercise,
                                                                  &job->incarnation) == MUSTER_OK;
        if (!whole) /* what a good later signature covers is good as well */
            for (size_t i = end; i > start + 1; i--)
                if (job->segments[i - 1].authentic)
                    job->segments[i - 2].authentic = true;
        end = start;
    }
}

void verify_job_run(struct verify_job *job)
{
    enum { SMALLEST = 70 };
    size_t most = job->wire_len / SMALLEST + 1;
    if (most > RUN_MAX)
        most = RUN_MAX;
    size_t size = job->wire_len + most * SEGMENT_HEADER_BYTES;
    struct record_id *ids = malloc(SEGMENT_RECORDS_MAX * sizeof(*ids));
    job->segments = calloc(most, sizeof(*job->segments));
    job->items = malloc(size);
    struct cursor c = cursor_over(job->wire, job->wire_len);
    size_t used = 0;
    if (!ids || !job->segments || !job->items)
        job->error = MUSTER_EBUSY;
    while (!job->error && cursor_left(&c) > 0) {
        if (job->count == most) {
            job->error = MUSTER_ETOOBIG;
            break;
        }
        struct verified_segment *s = &job->segments[job->count];
        job->error = segment_wire_read(&c, &job->chain, job->items + used, size - used, &s->len, &s->header, ids, &s->without);
        if (job->error)
            break;
        s->offset = used;
        s->id = job->chain.id;
        s->ids = malloc(s->header.count * sizeof(*ids));
        if (!s->ids) {
            job->error = MUSTER_EBUSY;
            break;
        }
        memcpy(s->ids, ids, s->header.count * sizeof(*ids));
        used += s->len;
        job->count++;
    }
    free(ids);
    judge(job);
}

void verify_job_open(struct verify_job *job, struct payload_codec *codec)
{
    for (size_t i = 0; i < job->count && job->key_count; i++) {
        struct verified_segment *s = &job->segments[i];
        if (s->authentic)
            s->opened = opened_make(codec, &job->chain.log, job->items + s->offset, s->len, job->keys, job->key_count);
    }
}

/* What the job needs to open bodies, if there is room for them. */
static void give_keys(struct core *core, struct verify_job *job, const struct log *log)
{
    const struct space *space = core->spaces[log->space];
    size_t room = OPENED_SHARE * job->wire_len;
    if (log->genesis.role != LOG_DATA || core->opened_bytes + room > OPENED_BYTES_MAX)
        return;
    for (size_t i = space->epoch_count; i > 0 && job->key_count < OPENED_KEYS; i--)
        if (space->epochs[i - 1].held)
            job->keys[job->key_count++] = (struct opened_key){space->epochs[i - 1].id, space->epochs[i - 1].key};
    job->opened_room = job->key_count ? room : 0;
    core->opened_bytes += job->opened_room;
}

static void refuse(struct core *core, struct session *session, enum muster_error error, const struct log_id *log,
                   const char *text)
{
    struct hash item = {{0}};
    if (log)
        memcpy(item.b, log->b, HASH_BYTES);
    core->counters.segments_refused++;
    session->refused++;
    if (!session_words(core, session) || MUTANT(10, true, false))
        return;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_ERR, 0);
    err_write(&w, error, &item, text);
    frame_end(&w, begin);
    session_send(core, session, &w);
    core_event(core, "segment.refused", &session->agency, "%s: %s", error_name(error), text);
}

/* The first log of a space that is known by its id only must begin with the space's genesis: its hash is the space's
 * id, so it tells, before any signature is judged, whether the space is an exercise, and brings its admins' cards. */
static enum muster_error meet_space(struct core *core, struct space *space, const struct log_id *log, struct bytes segments)
{
    struct segment_chain chain = {.space = space->id, .log = *log};
    struct cursor c = cursor_over(segments.at, segments.len);
    struct segment_header header;
    struct segment_record first;
    struct record_id *ids = malloc(SEGMENT_RECORDS_MAX * sizeof(*ids));
    struct space_genesis *genesis = malloc(sizeof(*genesis));
    uint32_t without;
    size_t len;
    enum muster_error error = ids && genesis ? MUSTER_OK : MUSTER_EBUSY;
    if (!error)
        error = segment_wire_read(&c, &chain, core->scratch, SEGMENT_ITEM_MAX, &len, &header, ids, &without);
    if (!error)
        error = segment_item_record(core->scratch, len, 0, &header, &first);
    if (!error && (header.position != 1 || first.header.operation != CTL_GENESIS || !first.payload.at))
        error = MUSTER_EWAITS;
    if (!error) {
        struct space_id id = space_id_of(first.payload.at, first.payload.len);
        error = space_id_eq(&id, &space->id) ? space_genesis_read(genesis, first.payload.at, first.payload.len) : MUSTER_EHASH;
    }
    if (!error) {
        space->exercise = genesis->exercise;
        for (size_t i = 0; i < genesis->card_count; i++)
            (void)agency_take_card(core, genesis->cards[i], 0, NULL);
    }
    free(genesis);
    free(ids);
    return error;
}

/* A log that is new here: its genesis must fit the space, and its node must be on a card of its agency. */
static enum muster_error meet_log(struct core *core, struct session *session, struct session_space *open,
                                  const struct seg *seg, struct log **out)
{
    struct bytes genesis = seg->genesis;
    const struct log_id *claimed = &seg->log;
    struct space *space = core->spaces[open->space];
    struct log_genesis g;
    if (!genesis.len)
        return MUSTER_EUNKNOWN_LOG;
    enum muster_error error = log_genesis_read(&g, genesis.at, genesis.len);
    if (error)
        return error;
    struct log_id id = log_id_of(genesis.at, genesis.len);
    if (!log_id_eq(&id, claimed) || !space_id_eq(&g.space, &space->id))
        return MUSTER_EHASH;
    if (g.role == LOG_DATA && !space->joined)
        return MUSTER_EWAITS;
    if (!space->joined) {
        error = meet_space(core, space, claimed, seg->segments);
        if (error)
            return error;
    }
    const struct agency *agency = agency_find(core, &g.agency);
    bool self = agency_id_eq(&g.agency, &core->self);
    if (!agency && !self)
        return MUSTER_EUNKNOWN_AGENCY;
    if (self ? !identity_node(&core->config.identity, &g.node) : !agency_node(agency, &g.node))
        return MUSTER_EUNKNOWN_NODE;
    error = log_genesis_verify(genesis.at, genesis.len, space->exercise);
    if (error)
        return error;
    *out = log_open(core, space, genesis.at, genesis.len, 0, false);
    if (!*out)
        return MUSTER_EFULL;
    struct session_log *mine = session_log_of(session, log_index(core, *out));
    for (size_t i = 0; mine && i < session->theirs_count; i++) {
        struct session_log *named = &session->theirs_named[i];
        if (!log_id_eq(&named->id, &id))
            continue;
        mine->listed = named->listed;
        mine->their_prefix = named->their_prefix;
        mine->highest = named->highest;
        if (named->announced) { /* asked for before it was known here: the rest is on its way already */
            (*out)->asked_of = session_index(core, session) + 1;
            (*out)->asked_to = named->highest;
            want_extend(core, *out, mine);
        }
    }
    return MUSTER_OK;
}

void on_seg(struct core *core, struct session *session, struct bytes body)
{
    seg_take(core, session, body, body.len + FRAME_HEADER_BYTES);
}

/* A segment that comes in pieces over a slow line is on its way as long as it comes at 500 bytes a second; one who lets it
 * trickle is not waited for (S5.5.5). */
enum { FRAG_PATIENCE_MS = 10000, FRAG_MS_A_BYTE = 2 };

void on_frag(struct core *core, struct session *session, struct bytes body)
{
    struct frag frag;
    enum muster_error error = frag_read(&frag, body);
    struct partial *p = error ? NULL : &session->coming[frag.lane];
    if (!error && (frag.offset != p->done || (p->done && frag.total != p->total)))
        error = MUSTER_EBADVALUE;
    uint8_t *bigger = error ? NULL : realloc(p->bytes, frag.offset + frag.piece.len);
    if (!bigger) {
        core->counters.frames_refused++;
        session_close(core, session, error ? error : MUSTER_EBUSY, "FRAG is malformed");
        return;
    }
    p->bytes = bigger;
    p->total = frag.total;
    memcpy(p->bytes + frag.offset, frag.piece.at, frag.piece.len);
    p->done += (uint32_t)frag.piece.len;
    if (frag.lane > LANE_FLASH)
        credit_return(core, session, body.len + FRAME_HEADER_BYTES);
    if (p->done == frag.piece.len)
        p->began_mono = core->mono_ms;
    if (p->done < p->total) {
        want_waits(core, session, p->began_mono + FRAG_PATIENCE_MS + p->done * FRAG_MS_A_BYTE);
        return;
    }
    uint8_t *whole = p->bytes;
    size_t len = p->total;
    *p = (struct partial){.bytes = NULL};
    (frag.lane == LANE_ATTACHMENT ? blob_take : seg_take)(core, session, (struct bytes){whole, len}, 0);
    free(whole);
}

/* owed: bytes whose credit goes back when the segments have been looked at. */
void seg_take(struct core *core, struct session *session, struct bytes body, size_t owed)
{
    struct seg seg;
    enum muster_error error = seg_read(&seg, body);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "SEG is malformed");
        return;
    }
    struct session_space *open = session_space_by_tag(session, seg.tag);
    struct log *log = log_find(core, &seg.log);
    if (!open)
        error = MUSTER_EUNKNOWN_SPACE;
    else if (log && log->space != open->space)
        error = MUSTER_EUNKNOWN_LOG;
    else if (!log)
        error = meet_log(core, session, open, &seg, &log);
    else if (!core->spaces[open->space]->joined) /* the log is known, from before a restart; the space is not */
        error = meet_space(core, core->spaces[open->space], &seg.log, seg.segments);
    if (!error && core->spaces[open->space]->joined &&
        !forward_takes(core->spaces[open->space]->control, &session->agency, log->genesis.role == LOG_DATA))
        error = MUSTER_ENOTMEMBER;
    /* Control of an agency that nobody added takes no room; the operation that adds it may be on its way (G3). */
    if (!error && core->spaces[open->space]->joined && log->genesis.role == LOG_CONTROL &&
        !control_was_named(core->spaces[open->space]->control, &log->genesis.agency))
        error = MUSTER_EWAITS;
    if (!error && (core->jobs >= JOBS_MAX || session->jobs >= JOBS_OF_ONE_MAX ||
                   core->mono_ms < (seg.lane <= LANE_FLASH ? core->urgent_stalled_until_mono : core->stalled_until_mono)))
        error = MUSTER_EBUSY;
    struct verify_job *job = error ? NULL : malloc(sizeof(*job) + seg.segments.len);
    struct action *action = job ? core_act(core, ACTION_VERIFY) : NULL;
    if (!action) {
        free(job);
        if (open && (!log || log->genesis.role == LOG_CONTROL))
            open->refused_control = true;
        refuse(core, session, error ? error : MUSTER_EBUSY, &seg.log, "a segment was not taken");
        bundle_tally(core, session, &seg.log, error ? error : MUSTER_EBUSY);
        if (seg.lane > LANE_FLASH)
            credit_return(core, session, owed);
        return;
    }
    *job = (struct verify_job){.conn = session->conn, .log = log_index(core, log), .lane = seg.lane,
                               .exercise = core->spaces[open->space]->exercise, .incarnation = log->genesis.incarnation,
                               .chain = {.space = core->spaces[open->space]->id, .log = log->id},
                               .frame_bytes = owed, .wire_len = seg.segments.len};
    memcpy(job->wire, seg.segments.at, seg.segments.len);
    give_keys(core, job, log);
    action->job = job;
    action->bulk = seg.lane > LANE_FLASH;
    core->jobs++;
    session->jobs++;
}

void seg_verified(struct core *core, struct verify_job *job)
{
    uint32_t index = UINT32_MAX - 1;
    struct session *session = session_of(core, job->conn, &index);
    if (session && session->jobs)
        session->jobs--;
    core->opened_bytes -= job->opened_room;
    struct log *log = job->log < core->log_count ? core->logs[job->log] : NULL;
    if (!log || !log_id_eq(&log->id, &job->chain.log)) { /* forgotten with a failed commit */
        core->jobs--;
        if (session && job->lane > LANE_FLASH)
            credit_return(core, session, job->frame_bytes);
        verify_job_free(job);
        return;
    }
    enum muster_error worst = job->error;
    bool took = false;
    core->jobs--;
    for (size_t i = job->count; i > 0; i--) { /* from the end: what is vouched for vouches for what is below it (L3) */
        struct verified_segment *s = &job->segments[i - 1], *above = i < job->count ? s + 1 : NULL;
        s->authentic = s->authentic ||
                       (above && above->authentic && above->header.position == s->header.position + 1 &&
                        segment_id_eq(&above->header.prev, &s->id)) ||
                       log_vouches(core, log, s->header.position, &s->id);
    }
    for (size_t n = 0; n < job->count; n++) {
        struct verified_segment *s = &job->segments[log->adopt_at ? job->count - 1 - n : n];
        enum muster_error error = MUSTER_ESIGNATURE;
        if (s->authentic && log->own && !log_holds(log, s->header.position))
            life_seen_ahead(core, log);
        /* A carrier may leave payloads out only where an erase is known; else this copy is not remembered.  What is known
         * to be erased is not stored, whoever still carries it (SPEC 4.8, RULES E5). */
        struct bytes item = {job->items + s->offset, s->len};
        if (s->authentic && s->without && erasure_lacks(core, log, item)) {
            error = MUSTER_EWAITS;
            log->lacked = true;
        } else if (s->authentic) {
            item = erasure_item(core, log, item);
            error = log_place(core, log, &s->header, item.at, item.len, &s->id, s->ids, index + 1);
            if (!error && stage_opened(core, &s->id, s->opened))
                s->opened = NULL; /* it is the stage's now */
            if (((error == MUSTER_EBUSY || error == MUSTER_EFORK) && erasure_inside(item)) ||
                (error == MUSTER_EFORK && offers_inside(item)))
                error = erasure_aside(core, log, &s->header, item, &s->id, error);
        }
        if (error == MUSTER_EDUPLICATE)
            core->counters.segments_duplicate++;
        else if (error && error != MUSTER_EFORK)
            worst = error;
        if (session)
            bundle_tally(core, session, &log->id, error);
        took |= !error;
        if (!error)
            quota_add(core, log, s->len);
        if (session && !error) {
            struct session_log *known = session_log_of(session, job->log);
            if (known && known->their_prefix < s->header.position && known->sent_to < s->header.position)
                known->sent_to = s->header.position; /* it has what it sent */
        }
    }
    if (log->asked_of == index + 1) {
        if (took && session && job->log < session->log_size)
            want_extend(core, log, &session->logs[job->log]);
        if (log->prefix >= log->asked_to)
            log->asked_of = 0;
    }
    if (session && job->error)
        bundle_tally(core, session, &log->id, job->error);
    if (session) {
        if (job->lane > LANE_FLASH)
            credit_return(core, session, job->frame_bytes);
        if (worst)
            refuse(core, session, worst, &log->id, "a segment was refused");
        struct session_space *open = log->genesis.role == LOG_CONTROL ? session_space_of(session, log->space) : NULL;
        if (open && (worst || log->interval_count)) /* control is not asked for by position: show what is held */
            open->refused_control = true;
        if (!log->asked_of && job->log < session->log_size)
            want_refill(core, session, log, &session->logs[job->log]);
    }
    verify_job_free(job);
}
