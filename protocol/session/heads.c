/* heads.c — HEADS and WANT: what each holds, and asking for what is missing (RULES L8, S1, S5). */
#include "protocol/object/erasure.h"
#include "protocol/mutant.h"

#include <stdlib.h>

enum { PUT_OFF_MS = 1000 };
enum { ASK_DEADLINE_MS = 10000, ASK_HOLE_MS = 1000, HEADS_FRAME_BYTES = 48 * 1024 };

static void write_entry(struct core *core, struct session *session, const struct log *log, struct writer *w)
{
    struct heads_entry *e = calloc(1, sizeof(*e));
    if (!e)
        return;
    session_name_log(core, session, log, &e->log);
    e->prefix = MUTANT(2, log->prefix, log->durable_prefix);
    if (e->prefix)
        head_short(e->hash, session->key, &log->durable_id);
    e->fork_at = log->fork_at;
    for (size_t i = 0; i < log->interval_count && !log->staged && log->intervals[i].first > log->durable_prefix; i++) {
        struct heads_interval *to = &e->intervals[e->interval_count++];
        to->first = log->intervals[i].first;
        to->last = log->intervals[i].last;
        head_short(to->hash, session->key, &log->intervals[i].id);
    }
    heads_entry_write(w, e);
    free(e);
}

/* Is the log announced now?  What the peer was just given is put off: it will say itself that it holds it, and if it does
 * not, it is told. */
static bool announces(struct core *core, struct session_space *open, const struct log *log, struct session_log *known)
{
    bool news = log->version > open->announced_version, waits = known && known->put_off_mono;
    if (!news && !waits)
        return false;
    if (!known || known->given_to < log_top(log) || log->fork_at || log->interval_count)
        goto tell;
    if (known->their_prefix >= log->durable_prefix) {
        known->put_off_mono = 0;
        return false;
    }
    if (!waits)
        known->put_off_mono = core->mono_ms;
    else if (core->mono_ms - known->put_off_mono >= PUT_OFF_MS)
        goto tell;
    open->put_off = true;
    return false;
tell:
    if (known)
        known->put_off_mono = 0;
    return true;
}

void heads_send(struct core *core, struct session *session, struct session_space *open, bool full)
{
    struct space *space = core->spaces[open->space];
    uint8_t flags = full ? HEADS_FULL | (open->ask_again ? HEADS_AGAIN : 0) : 0;
    if (space->joined && !forward_decide(space->control, &session->agency, NULL).allowed)
        return;
    open->put_off = false;
    if (full)
        open->ask_again = false;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_HEADS, flags);
    heads_begin(&w, open->tag);
    size_t entries = 0;
    for (size_t i = 0; i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        if (log->space != open->space || log->genesis.role != LOG_DATA || (!log->durable_prefix && !log->interval_count))
            continue;
        struct session_log *known = i < session->log_size ? &session->logs[i] : NULL;
        if (!full && !announces(core, open, log, known))
            continue;
        write_entry(core, session, log, &w);
        entries++;
        if ((size_t)(w.at - begin) > HEADS_FRAME_BYTES) {
            frame_end(&w, begin);
            session_send(core, session, &w);
            w = writer_over(core->message, MESSAGE_BYTES_MAX);
            begin = frame_begin(&w, FRAME_HEADS, flags);
            heads_begin(&w, open->tag);
            entries = 0;
        }
    }
    open->announced_version = core->version;
    if (!entries && !full)
        return; /* nothing but what the peer was given a moment ago */
    if (full && begin)
        begin[1] |= HEADS_LAST;
    frame_end(&w, begin);
    session_send(core, session, &w);
}

void heads_announce(struct core *core)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING)
            continue;
        for (size_t s = 0; s < session->space_count && core_room(core) > 64; s++) { /* else: with the next tick */
            struct session_space *open = &session->spaces[s];
            if (open->opened && open->ask_again && core->mono_ms >= core->stalled_until_mono)
                heads_send(core, session, open, true);
            else if (open->opened && (open->put_off || core->spaces[open->space]->version > open->announced_version))
                heads_send(core, session, open, false);
        }
    }
}

static void show_back(struct core *core, struct session *session, const struct log *log, uint64_t position)
{
    seg_serve(core, session, log_index(core, log), position > RUN_MAX - 1 ? position - (RUN_MAX - 1) : 1, position,
              LANE_CONTROL);
}

/* The log differs although both say the same position: show what stands there and a run before it; one side or both will
 * see where the branches part.  If that lies further back, the same goes on from the fork as it is then known, until no
 * lower conflict appears (L6). */
static void compare(struct core *core, struct session *session, const struct log *log, struct session_log *known,
                    const struct heads_entry *e)
{
    struct bytes item;
    uint8_t mine[8];
    if (log->fork_at && e->fork_at == log->fork_at) {
        if (known->walked != log->fork_at)
            show_back(core, session, log, log->fork_at);
        known->walked = log->fork_at;
        return;
    }
    for (size_t i = 0; i < e->interval_count; i++) { /* two branches behind a hole: equal vectors but for the hash (L4, L8) */
        struct segment_id held;
        if (!log_holds(log, e->intervals[i].last) || log_stored_at(core, log, e->intervals[i].last, &item) != MUSTER_OK)
            continue;
        held = segment_id_of(item.at);
        head_short(mine, session->key, &held);
        if (memcmp(mine, e->intervals[i].hash, 8) != 0)
            show_back(core, session, log, e->intervals[i].last);
    }
    if (!e->prefix || e->prefix > log->durable_prefix)
        return;
    if (log_item_at(core, log, e->prefix, &item) != MUSTER_OK)
        return;
    struct segment_id id = segment_id_of(item.at);
    head_short(mine, session->key, &id);
    if (memcmp(mine, e->hash, 8) == 0)
        return;
    if (session->stage == SESSION_BUNDLE)
        known->their_prefix = 0; /* the next bundle for them brings all of it */
    show_back(core, session, log, e->prefix);
}

void on_heads(struct core *core, struct session *session, struct bytes body)
{
    uint8_t flags = session->frame_flags;
    uint8_t tag[16];
    struct cursor entries;
    enum muster_error error = heads_open(tag, &entries, body);
    struct heads_entry *e = malloc(sizeof(*e));
    struct session_space *open = error ? NULL : session_space_by_tag(session, tag);
    if (open && core->spaces[open->space]->joined && notice_due(core->spaces[open->space], session))
        open = NULL; /* nothing is asked of an agency that was removed, and nothing it says of others is heard */
    while (e && !error && heads_next(&entries, e, &error)) {
        struct session_log *named = session_their_log(core, session, &e->log);
        if (!named) {
            error = MUSTER_EBADVALUE;
            break;
        }
        named->their_prefix = e->prefix;
        named->their_fork = e->fork_at;
        named->listed = true;
        named->highest = e->interval_count ? e->intervals[e->interval_count - 1].last : e->prefix;
        if (!open)
            continue;
        struct log *log = named->log ? core->logs[named->log - 1] : NULL;
        if (log && log->space == open->space) {
            struct session_log *mine = session_log_of(session, log_index(core, log));
            if (!mine)
                continue;
            mine->their_prefix = e->prefix;
            mine->their_fork = e->fork_at;
            mine->listed = true;
            mine->highest = named->highest;
            if (mine->sent_to < e->prefix)
                mine->sent_to = e->prefix;
            log->heard_ms = core->wall_ms;
            if (named->highest > log->highest)
                log->highest = named->highest;
            compare(core, session, log, mine, e);
            if (MUTANT(8, 0, log->fork_at) && (!e->fork_at || e->fork_at > log->fork_at))
                fork_show(core, session, log);
            if (log->own)
                life_echo(core, session, log, e->prefix, e->hash);
            want_refill(core, session, log, mine);
        } else if (!log && named->highest && core->spaces[open->space]->joined) { /* else: once its control is here */
            want_refill(core, session, NULL, named);
        }
        if (session->lost)
            break; /* more answers than one step holds */
    }
    bool again = (flags & HEADS_AGAIN) && (flags & HEADS_LAST);
    for (size_t i = 0; again && !error && open && i < core->log_count && i < session->log_size; i++)
        if (core->logs[i]->space == open->space)
            session->logs[i].given_to = session->logs[i].sent_to = 0; /* it may have lost what it was given */
    if (e && !error && open && (flags & HEADS_LAST))
        for (size_t i = 0; i < core->log_count; i++)
            if (core->logs[i]->own && core->logs[i]->space == open->space &&
                (i >= session->log_size || !session->logs[i].listed))
                life_echo(core, session, core->logs[i], 0, NULL); /* not listed: nothing of it is held */
    if (e && !error && session->stage == SESSION_SYNCING)
        agency_met(core, &session->agency, false); /* a space is complete as of then */
    if (e && !error && open && (flags & HEADS_LAST) && session->stage == SESSION_SYNCING)
        tell_begin(core, session, open); /* it has said what it holds: what it must not keep goes first */
    if (e && !error && open && again)
        heads_send(core, session, open, true);
    if (e && !error)
        seg_pump(core, session);
    free(e);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "HEADS is malformed");
    }
}

static void send_want(struct core *core, struct session *session, struct session_space *open, const struct log_name *name,
                      const struct want_range *ranges, size_t count)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_WANT, 0);
    writer_put(&w, open->tag, 16);
    want_write(&w, name, ranges, count);
    frame_end(&w, begin);
    session_send(core, session, &w);
}

enum { UNKNOWN_EVERY_MS = 5000, UNKNOWN_TRIES = 6 };

static struct session_space *space_for_unknown(struct session *session)
{
    for (size_t i = 0; i < session->space_count; i++)
        if (session->spaces[i].opened)
            return &session->spaces[i];
    return NULL;
}

/* What a peer said it has it must deliver; what lies between its intervals it may get soon. */
void want_extend(struct core *core, struct log *log, const struct session_log *known)
{
    log->asked_deadline = core->mono_ms + (known->their_prefix > log->prefix ? ASK_DEADLINE_MS : ASK_HOLE_MS);
}

void want_waits(struct core *core, const struct session *session, uint64_t until_mono)
{
    uint32_t asked = session_index(core, session) + 1;
    for (size_t l = 0; l < core->log_count; l++)
        if (core->logs[l]->asked_of == asked && core->logs[l]->asked_deadline < until_mono)
            core->logs[l]->asked_deadline = until_mono;
}

/* Is another peer being asked, in time, that kept its promises no worse than this one? */
static bool is_asked(const struct core *core, const struct log *log, const struct session_log *known)
{
    const struct session *asked = log->asked_of ? core->sessions[log->asked_of - 1] : NULL;
    uint32_t index = log_index(core, log);
    if (!asked || core->mono_ms >= log->asked_deadline)
        return false;
    return index >= asked->log_size || asked->logs[index].strikes <= known->strikes;
}

/* Asks this peer for what it has and we lack, unless somebody is being asked already.  log NULL: not known here yet; the
 * answer brings its genesis. */
void want_refill(struct core *core, struct session *session, struct log *log, struct session_log *known)
{
    struct want_range ranges[16];
    size_t count = 0;
    if (core->mono_ms < core->stalled_until_mono || session->stage == SESSION_BUNDLE)
        return;
    if (!log) {
        struct session_space *open = space_for_unknown(session);
        if (!open ||
            (known->announced && core->mono_ms - known->wanted_mono < (uint64_t)UNKNOWN_EVERY_MS << known->tries))
            return;
        struct log_name name = {.index = known->wanted_name - 1, .id = known->id};
        if (!known->wanted_name) {
            name.index = session->my_name_count++;
            name.first = true;
            known->wanted_name = session->my_name_count;
        }
        ranges[0] = (struct want_range){1, known->highest};
        send_want(core, session, open, &name, ranges, 1);
        known->announced = true;
        if (known->tries < UNKNOWN_TRIES) /* rarer and rarer, never given up: its card or a full disk may be what is missing */
            known->tries++;
        known->wanted_mono = core->mono_ms;
        return;
    }
    struct session_space *open = session_space_of(session, log->space);
    if (!open || (log->own && !log->closed && known->highest <= log->prefix) || is_asked(core, log, known) ||
        (core->spaces[log->space]->joined && notice_due(core->spaces[log->space], session)))
        return;
    uint64_t end = known->highest, from = log->prefix + 1;
    uint64_t most = log->adopt_at > log->fork_at + 1 ? log->adopt_at : log->fork_at + 1;
    if (log->fork_at && end > most)
        end = most;
    uint64_t left = from <= end ? quota_allows(core, log) : 0;
    for (size_t i = 0; i <= log->interval_count && count < ARRAY_LEN(ranges) && from <= end && left; i++) {
        uint64_t stop = i < log->interval_count && log->intervals[i].first <= end ? log->intervals[i].first - 1 : end;
        if (from <= stop && stop - from >= left)
            stop = from + left - 1;
        if (from <= stop) {
            ranges[count++] = (struct want_range){from, stop};
            left -= stop - from + 1;
        }
        if (i < log->interval_count)
            from = log->intervals[i].last + 1;
    }
    if (!count)
        return;
    struct log_name name;
    session_name_log(core, session, log, &name);
    log->asked_of = session_index(core, session) + 1;
    log->asked_to = ranges[count - 1].last;
    want_extend(core, log, known);
    send_want(core, session, open, &name, ranges, count);
}

void want_one(struct core *core, struct session *session, struct log *log, uint64_t position)
{
    struct session_space *open = session_space_of(session, log->space);
    struct want_range range = {position, position};
    struct log_name name;
    if (!open)
        return;
    session_name_log(core, session, log, &name);
    send_want(core, session, open, &name, &range, 1);
}

/* Logs that this peer has and that could not be taken when they came, for lack of room or of their agency's card. */
static void want_unknown(struct core *core, struct session *session)
{
    if (session->unknown_mono && core->mono_ms - session->unknown_mono < UNKNOWN_EVERY_MS)
        return;
    session->unknown_mono = core->mono_ms;
    for (size_t i = 0; i < session->theirs_count && core_room(core) > 64; i++) {
        struct session_log *named = &session->theirs_named[i];
        if (named->log || !named->highest)
            continue;
        struct log *log = log_find(core, &named->id);
        if (!log) {
            want_refill(core, session, NULL, named);
            continue;
        }
        named->log = log_index(core, log) + 1;
        struct session_log *mine = session_log_of(session, named->log - 1);
        if (mine && mine->highest < named->highest)
            mine->highest = named->highest;
        if (log->highest < named->highest)
            log->highest = named->highest;
        if (mine)
            want_refill(core, session, log, mine);
    }
}

void want_anew(struct core *core)
{
    for (size_t s = 0; s < SESSIONS_MAX; s++) {
        struct session *session = core->sessions[s];
        for (size_t i = 0; session && i < session->theirs_count; i++)
            if (!session->theirs_named[i].log) {
                session->theirs_named[i].announced = false;
                session->theirs_named[i].tries = 0;
            }
        if (session)
            session->unknown_mono = 0;
    }
}

/* The sessions that there are, in the order of their places: looked for once a tick and not once a log. */
struct live {
    struct session *at[SESSIONS_MAX];
    size_t count;
};

/* Logs whose peer did not deliver in time, or went away: anybody else who has more. */
enum { FORK_ASK_EVERY_MS = 10000 };

/* A peer says that the log forks lower than is known here: its proof was lost on the way (a full disk, a crash).  Saying
 * again what is known here makes it show the proof again. */
static void fork_overdue(struct core *core, struct log *log, size_t index, const struct live *live)
{
    if (log->fork_asked_mono && core->mono_ms - log->fork_asked_mono < FORK_ASK_EVERY_MS)
        return;
    for (size_t i = 0; i < live->count; i++) {
        struct session *session = live->at[i];
        const struct session_log *known = index < session->log_size ? &session->logs[index] : NULL;
        struct session_space *open = known && known->their_fork ? session_space_of(session, log->space) : NULL;
        if (!open || (log->fork_at && known->their_fork >= log->fork_at))
            continue;
        log->version = core->spaces[log->space]->version = ++core->version;
        log->fork_asked_mono = core->mono_ms;
        return;
    }
}

void want_overdue(struct core *core)
{
    struct live live = {.count = 0};
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i])
            live.at[live.count++] = core->sessions[i];
    for (size_t l = 0; l < core->log_count && live.count; l++) {
        struct log *log = core->logs[l];
        fork_overdue(core, log, l, &live);
        if (MUTANT(4, true, log->highest <= log->prefix) || (log->asked_of && core->mono_ms < log->asked_deadline))
            continue;
        uint32_t late = log->asked_of;
        log->asked_of = 0;
        struct session *broke = late ? core->sessions[late - 1] : NULL, *best = NULL;
        if (broke && l < broke->log_size && broke->logs[l].their_prefix > log->prefix && broke->logs[l].strikes < UINT8_MAX)
            broke->logs[l].strikes++;
        /* Who kept its promises first; among equals the next one in turn. */
        size_t first = 0;
        while (first < live.count && session_index(core, live.at[first]) < late)
            first++;
        for (size_t i = 0; i < live.count; i++) {
            struct session *session = live.at[(i + first) % live.count];
            if (session->stage == SESSION_SYNCING && l < session->log_size &&
                session_space_of(session, log->space) && session->logs[l].highest > log->prefix &&
                (!best || session->logs[l].strikes < best->logs[l].strikes))
                best = session;
        }
        if (best && core_room(core))
            want_refill(core, best, log, &best->logs[l]);
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i] && core->sessions[i]->stage == SESSION_SYNCING)
            want_unknown(core, core->sessions[i]);
}

void on_want(struct core *core, struct session *session, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    uint8_t tag[16];
    struct log_name name;
    struct want_range *ranges = malloc(WANT_RANGES_MAX * sizeof(*ranges));
    size_t count;
    enum muster_error error = MUSTER_OK;
    cursor_copy(&c, tag, 16);
    struct session_space *open = session_space_by_tag(session, tag);
    while (ranges && want_next(&c, &name, ranges, &count, &error)) {
        struct session_log *named = session_their_log(core, session, &name);
        if (!named) {
            error = MUSTER_EBADVALUE;
            break;
        }
        struct log *log = named->log ? core->logs[named->log - 1] : NULL;
        if (!log || !open || !session_space_of(session, log->space))
            continue;
        if (count && ranges[0].first == 1 && named->log - 1 < session->log_size) /* it has nothing of it: with the genesis */
            session->logs[named->log - 1].listed = session->logs[named->log - 1].genesis_sent = false;
        for (size_t i = 0; i < count; i++)
            if (ranges[i].first <= log_top(log))
                seg_serve(core, session, named->log - 1, ranges[i].first,
                          ranges[i].last > log_top(log) ? log_top(log) : ranges[i].last, LANE_CATCHUP);
    }
    free(ranges);
    if (error) {
        core->counters.frames_refused++;
        session_close(core, session, error, "WANT is malformed");
        return;
    }
    seg_pump(core, session);
}
