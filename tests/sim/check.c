/* check.c — the invariants.  Cheap ones after every step and on every message sent; the rest once everything is quiet. */
#include "protocol/object/erasure.h"
#include "protocol/object/op.h"
#include "sim/sim.h"

#include "protocol/object/op.h"
#include "protocol/object/state.h"

#include <stdlib.h>

#define HOLDS(condition, name, ...)                                                                                    \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            violation(sim, name, __VA_ARGS__);                                                                         \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/* --- after every step ---------------------------------------------------------------------------------------- */

enum { SERVE_BOUND = 8192, JOBS_BOUND = 256 };

static void memory_is_bounded(struct sim *sim, struct proc *p, struct actions got)
{
    const struct core *core = p->core;
    HOLDS(got.count <= ACTIONS_MAX, "memory and queues are bounded", "%s makes %zu actions", proc_name(sim, p), got.count);
    HOLDS(core->stage.pool.used <= PENDING_BYTES_MAX && core->flying.pool.used <= PENDING_BYTES_MAX,
          "memory and queues are bounded", "%s has %zu bytes staged", proc_name(sim, p), core->stage.pool.used);
    HOLDS(core->jobs <= JOBS_BOUND, "memory and queues are bounded", "%s has %u verify jobs out", proc_name(sim, p), core->jobs);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *s = core->sessions[i];
        HOLDS(!s || s->serve_count <= SERVE_BOUND, "memory and queues are bounded", "%s promises %zu ranges to one peer",
              proc_name(sim, p), s->serve_count);
        HOLDS(!s || s->space_count <= 2 * SPACES + 4, "memory and queues are bounded", "%s keeps %zu spaces for one peer",
              proc_name(sim, p), s->space_count);
    }
}

/* Reasons too come at a bounded rate: what exceeds it is counted only. */
static bool has_said_enough(const struct proc *p)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (p->core->sessions[i] && !p->core->sessions[i]->words)
            return true;
    return false;
}

/* Whoever refuses says why: to the peer, or to its own people. */
static void refusals_have_a_reason(struct sim *sim, struct proc *p, struct actions got)
{
    struct core_counters now;
    bool reason = false;
    core_counters(p->core, &now);
    for (size_t i = 0; i < got.count; i++) {
        const struct action *a = &got.at[i];
        if (a->kind == ACTION_CLOSE)
            HOLDS(a->error != MUSTER_OK, "every rejection has a reason", "%s closes a connection without one", proc_name(sim, p));
        reason = reason || (a->kind == ACTION_NOTIFY && a->notify == NOTIFY_EVENT) || a->kind == ACTION_CLOSE;
    }
    if (now.segments_refused > p->refused_before || now.frames_refused > p->frames_refused_before)
        HOLDS(reason || has_said_enough(p), "every rejection has a reason", "%s refuses and says nothing", proc_name(sim, p));
    p->refused_before = now.segments_refused;
    p->frames_refused_before = now.frames_refused;
}

void check_step(struct sim *sim, struct proc *p, const struct event *event, struct actions got)
{
    (void)event;
    if (sim->nodes[p->node].evil)
        return;
    memory_is_bounded(sim, p, got);
    refusals_have_a_reason(sim, p, got);
}

/* --- on every message of a correct node ------------------------------------------------------------------------ */

static struct log *log_named(struct core *core, const struct session *session, uint32_t index)
{
    for (size_t i = 0; i < session->my_name_size && i < core->log_count; i++)
        if (session->my_names[i] == index + 1)
            return core->logs[i];
    return NULL;
}

static bool is_durable(struct proc *p, const struct log *log, uint64_t position, const struct segment_id *id)
{
    const struct storage *storage = memory_store_storage(p->store);
    uint8_t key[12 + HASH_BYTES];
    struct bytes value;
    put_be32(key, log->number);
    put_be64(key + 4, position);
    if (storage->get(storage->self, T_POSITION, (struct bytes){key, 12}, &value) == MUSTER_OK &&
        value.len == 8 + HASH_BYTES && memcmp(value.at + 8, id->b, HASH_BYTES) == 0)
        return true;
    memcpy(key + 12, id->b, HASH_BYTES);
    return storage->get(storage->self, T_BRANCH, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK;
}

static const struct node *node_of_agency(const struct sim *sim, const struct agency_id *id)
{
    for (uint32_t n = 0; n < sim->node_count; n++)
        if (agency_id_eq(&sim->nodes[n].config.identity.agency, id))
            return &sim->nodes[n];
    return NULL;
}

static size_t seen_slot(const struct sim *sim, const struct log_id *log, uint64_t position)
{
    size_t at = (get_le64(log->b) ^ position * 0x9e3779b97f4a7c15u) & (sim->seen_size - 1);
    while (sim->seen[at].position && (sim->seen[at].position != position || !log_id_eq(&sim->seen[at].log, log)))
        at = (at + 1) & (sim->seen_size - 1);
    return at;
}

static void one_header_a_position(struct sim *sim, struct proc *p, const struct log *log, uint64_t position,
                                  const struct segment_id *id)
{
    const struct node *author = node_of_agency(sim, &log->genesis.agency);
    if (!author || author->evil || author->cloned || !author->guarded)
        return;
    if (2 * (sim->seen_count + 1) > sim->seen_size) {
        struct seen_segment *old = sim->seen;
        size_t size = sim->seen_size;
        sim->seen_size = size ? 2 * size : 1024;
        sim->seen = calloc(sim->seen_size, sizeof(*sim->seen));
        for (size_t i = 0; i < size; i++)
            if (old[i].position)
                sim->seen[seen_slot(sim, &old[i].log, old[i].position)] = old[i];
        free(old);
    }
    struct seen_segment *seen = &sim->seen[seen_slot(sim, &log->id, position)];
    if (!seen->position) {
        *seen = (struct seen_segment){log->id, position, *id};
        sim->seen_count++;
    }
    HOLDS(segment_id_eq(&seen->id, id), "no two own headers for one position", "%s sends position %llu of a log of %s, another was seen before",
          proc_name(sim, p), (unsigned long long)position, author->name);
}

/* Control: to members and to whoever may get a notice of removal; data: to members that are not suspended. */
static void only_to_members(struct sim *sim, struct proc *p, const struct session *session, const struct log *log)
{
    struct space *space = p->core->spaces[log->space];
    const struct control_member *m = control_member(space->control, &session->agency);
    bool removed = control_is_removed(space->control, &session->agency);
    HOLDS(log->genesis.role == LOG_CONTROL ? (m && m->right > RIGHT_NONE) || removed : m && m->right > RIGHT_NONE && !m->suspended,
          "no frame of a space to a peer known not to be a member", "%s sends %s to a peer that is none", proc_name(sim, p),
          log->genesis.role == LOG_CONTROL ? "control" : "data");
}

static void check_seg(struct sim *sim, struct proc *p, const struct session *session, struct bytes body)
{
    struct seg seg;
    if (seg_read(&seg, body) != MUSTER_OK)
        return;
    struct log *log = log_find(p->core, &seg.log);
    HOLDS(log, "a node names what it sends", "%s sends a log that it has not named", proc_name(sim, p));
    only_to_members(sim, p, session, log);
    struct segment_chain chain = {.space = p->core->spaces[log->space]->id, .log = log->id};
    struct cursor c = cursor_over(seg.segments.at, seg.segments.len);
    while (cursor_left(&c) > 0 && !sim->failed) {
        struct segment_header header;
        size_t len;
        uint32_t without;
        HOLDS(segment_wire_read(&c, &chain, sim->item, SEGMENT_ITEM_MAX, &len, &header, sim->ids, &without) == MUSTER_OK,
              "a node sends what can be read", "%s sends a SEG that nobody can rebuild", proc_name(sim, p));
        HOLDS(is_durable(p, log, header.position, &chain.id), "nothing is published before it is durable",
              "%s sends position %llu of a log before it is durable (prefix %llu, durable %llu)", proc_name(sim, p),
              (unsigned long long)header.position, (unsigned long long)log->prefix, (unsigned long long)log->durable_prefix);
        one_header_a_position(sim, p, log, header.position, &chain.id);
        sim->result->copies += log->genesis.role == LOG_DATA && segment_lane(header.flags) > LANE_FLASH;
        sim->result->flash_copies += log->genesis.role == LOG_DATA && segment_lane(header.flags) == LANE_FLASH;
    }
}

static void check_heads(struct sim *sim, struct proc *p, const struct session *session, struct bytes body)
{
    uint8_t tag[16];
    struct cursor entries;
    enum muster_error error = heads_open(tag, &entries, body);
    struct heads_entry *e = sim->entry;
    while (!error && heads_next(&entries, e, &error)) {
        struct log *log = log_named(p->core, session, e->log.index);
        uint8_t key[4];
        struct bytes value;
        HOLDS(log, "a node names what it sends", "%s announces a log that it has not named", proc_name(sim, p));
        only_to_members(sim, p, session, log);
        const struct storage *storage = memory_store_storage(p->store);
        put_be32(key, log->number);
        uint64_t durable = storage->get(storage->self, T_STATE, (struct bytes){key, 4}, &value) == MUSTER_OK ? get_le64(value.at) : 0;
        HOLDS(e->prefix <= durable, "nothing is acknowledged before it is durable",
              "%s says that it holds %llu of a log, %llu are durable", proc_name(sim, p), (unsigned long long)e->prefix,
              (unsigned long long)durable);
    }
    HOLDS(!error, "a node sends what can be read", "%s sends HEADS that nobody can read: %s", proc_name(sim, p), error_name(error));
}

void check_send(struct sim *sim, struct proc *p, conn_id conn, struct bytes bytes)
{
    struct session *session = session_of(p->core, conn, NULL);
    struct cursor message = cursor_over(bytes.at, bytes.len);
    struct frame frame;
    while (session && !sim->failed && frame_next(&message, &frame) == MUSTER_OK && frame.type) {
        if (frame.type == FRAME_SEG)
            check_seg(sim, p, session, frame.body);
        else if (frame.type == FRAME_HEADS)
            check_heads(sim, p, session, frame.body);
    }
}

/* --- when everything is quiet ------------------------------------------------------------------------------------ */

#define SAME(condition, name, ...)                                                                                     \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            if (report)                                                                                                \
                violation(sim, name, __VA_ARGS__);                                                                     \
            return false;                                                                                              \
        }                                                                                                              \
    } while (0)

static struct proc *correct(struct sim *sim, uint32_t n)
{
    struct proc *p = sim->procs[sim->nodes[n].proc];
    return sim->nodes[n].evil || !p->running ? NULL : p;
}

static void tell_log(struct sim *sim, struct proc *p, const struct log *l)
{
    say(sim, "%s: log %02x%02x space %u own %d closed %d prefix %llu durable %llu fork %llu highest %llu intervals %zu asked of %u until %llu (now %llu)",
        proc_name(sim, p), l->id.b[0], l->id.b[1], l->space, l->own, l->closed, (unsigned long long)l->prefix,
        (unsigned long long)l->durable_prefix, (unsigned long long)l->fork_at, (unsigned long long)l->highest, l->interval_count,
        l->asked_of, (unsigned long long)l->asked_deadline, (unsigned long long)p->core->mono_ms);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *s = p->core->sessions[i];
        if (!s || log_index(p->core, l) >= s->log_size)
            continue;
        const struct session_log *k = &s->logs[log_index(p->core, l)];
        const struct node *n = node_of_agency(sim, &s->agency);
        say(sim, "%s: session %zu with %s: their prefix %llu fork %llu, sent to %llu, highest %llu, listed %d, announced %llu of %llu",
            proc_name(sim, p), i, n ? n->name : "?", (unsigned long long)k->their_prefix, (unsigned long long)k->their_fork,
            (unsigned long long)k->sent_to, (unsigned long long)k->highest, k->listed,
            (unsigned long long)(s->space_count ? s->spaces[0].announced_version : 0), (unsigned long long)l->version);
    }
}

static bool vectors_are_equal(struct sim *sim, struct proc *a, struct proc *b, struct space *x, struct space *y, bool report)
{
    for (size_t i = 0; i < a->core->log_count; i++) {
        const struct log *l = a->core->logs[i];
        if (l->space != x->number || (!l->durable_prefix && !l->interval_count && !l->fork_at))
            continue;
        const struct log *m = log_find(b->core, &l->id);
        const struct node *author = node_of_agency(sim, &l->genesis.agency);
        const char *what = l->genesis.role == LOG_CONTROL ? "control" : "data", *whose = author ? author->name : "?";
        SAME(m && m->space == y->number, "at quiescence nothing is missing", "%s lacks a %s log of %s that %s has (prefix %llu)",
             proc_name(sim, b), what, whose, proc_name(sim, a), (unsigned long long)l->durable_prefix);
        if (l->fork_at != m->fork_at && report) {
            tell_log(sim, a, l);
            tell_log(sim, b, m);
        }
        SAME(l->fork_at == m->fork_at, "fork proofs reach everybody", "%s log of %s: %s has a fork at %llu, %s at %llu", what, whose,
             proc_name(sim, a), (unsigned long long)l->fork_at, proc_name(sim, b), (unsigned long long)m->fork_at);
        uint64_t end = l->fork_at ? l->fork_at - 1 : UINT64_MAX;
        uint64_t has = l->durable_prefix < end ? l->durable_prefix : end, had = m->durable_prefix < end ? m->durable_prefix : end;
        SAME(has != had || l->fork_at || segment_id_eq(&l->durable_id, &m->durable_id), "fork proofs reach everybody",
             "%s log of %s: %s and %s hold different segments at %llu, and nobody says so", what, whose, proc_name(sim, a),
             proc_name(sim, b), (unsigned long long)has);
        if (has != had && report) {
            tell_log(sim, a, l);
            tell_log(sim, b, m);
        }
        SAME(has == had, "at quiescence nothing is missing", "%s log of %s: %s holds %llu, %s holds %llu (fork %llu)", what, whose,
             proc_name(sim, a), (unsigned long long)has, proc_name(sim, b), (unsigned long long)had, (unsigned long long)l->fork_at);
    }
    return true;
}

static void tell_control(struct sim *sim, struct proc *p, struct space *space)
{
    const struct control_state *s = control_state(space->control);
    for (size_t i = 0; i < s->void_count; i++)
        say(sim, "%s: %02x%02x is void, %s", proc_name(sim, p), s->voids[i].id.b[0], s->voids[i].id.b[1], control_verdict_name(s->voids[i].why));
    for (size_t i = 0; i < s->effective_count; i++)
        say(sim, "%s: %02x%02x is effective", proc_name(sim, p), s->effective[i].b[0], s->effective[i].b[1]);
    for (size_t i = 0; i < p->core->log_count; i++)
        if (p->core->logs[i]->space == space->number && p->core->logs[i]->genesis.role == LOG_CONTROL)
            say(sim, "%s: control log %02x of %s to %llu", proc_name(sim, p), p->core->logs[i]->id.b[0], node_of_agency(sim, &p->core->logs[i]->genesis.agency)->name, (unsigned long long)p->core->logs[i]->durable_prefix);
}

static bool control_is_equal(struct sim *sim, struct proc *a, struct proc *b, struct space *x, struct space *y, bool report)
{
    if (report) {
        tell_control(sim, a, x);
        tell_control(sim, b, y);
    }
    const struct control_state *s = control_state(x->control), *t = control_state(y->control);
    SAME(s && t && s->member_count == t->member_count && s->effective_count == t->effective_count && s->void_count == t->void_count &&
             s->waiting_count == t->waiting_count,
         "at quiescence control is equal", "%s has %zu members, %zu effective, %zu void, %zu waiting; %s has %zu, %zu, %zu, %zu",
         proc_name(sim, a), s->member_count, s->effective_count, s->void_count, s->waiting_count, proc_name(sim, b), t->member_count,
         t->effective_count, t->void_count, t->waiting_count);
    for (size_t i = 0; i < s->void_count; i++)
        SAME(record_id_eq(&s->voids[i].id, &t->voids[i].id) && s->voids[i].why == t->voids[i].why, "at quiescence control is equal",
             "%s and %s disagree about what is void", proc_name(sim, a), proc_name(sim, b));
    for (size_t i = 0; i < s->member_count; i++)
        SAME(agency_id_eq(&s->members[i].who, &t->members[i].who) && s->members[i].right == t->members[i].right &&
                 s->members[i].suspended == t->members[i].suspended && s->members[i].admin == t->members[i].admin,
             "at quiescence control is equal", "%s and %s disagree about a member", proc_name(sim, a), proc_name(sim, b));
    for (size_t i = 0; i < s->effective_count; i++)
        SAME(record_id_eq(&s->effective[i], &t->effective[i]), "at quiescence control is equal",
             "%s and %s disagree about what is effective", proc_name(sim, a), proc_name(sim, b));
    return true;
}

struct waits {
    uint32_t log;
    unsigned count;
};

static bool count_waits(void *user, struct bytes key, struct bytes value)
{
    struct waits *w = user;
    w->count += key.len == 13 && value.len == 4 && get_be32(value.at) == w->log;
    return true;
}

static void tell_waiting(struct sim *sim, struct proc *p, struct space *space)
{
    for (size_t e = 0; e < space->epoch_count; e++)
        for (uint32_t n = 0; n < sim->node_count && !space->epochs[e].held; n++) {
            struct proc *q = sim->procs[sim->nodes[n].proc];
            struct space *theirs = q->core ? space_find(q->core, &space->id) : NULL;
            struct known_epoch *known = theirs ? space_epoch(theirs, &space->epochs[e].id) : NULL;
            if (known && known->held)
                say(sim, "%s lacks the key of epoch %02x%02x (%s), %s has it and %s deliver it", proc_name(sim, p), known->id.b[0], known->id.b[1],
                    control_verdict_name(control_judge(space->control, &known->id).verdict), proc_name(sim, q), epoch_may_deliver(theirs->control, &known->id, &p->core->self) ? "may" : "may not");
        }
    for (size_t i = 0; i < p->core->log_count; i++) {
        const struct log *l = p->core->logs[i];
        if (l->space != space->number || l->genesis.role != LOG_DATA)
            continue;
        size_t keys = 0;
        for (size_t e = 0; e < space->epoch_count; e++)
            keys += space->epochs[e].held;
        struct waits w = {l->number, 0};
        const struct storage *storage = memory_store_storage(p->store);
        (void)!storage->scan(storage->self, T_APPLIED, (struct bytes){(const uint8_t *)"w", 1}, (struct bytes){(const uint8_t *)"w", 1}, false,
                             count_waits, &w);
        say(sim, "%s: data log %02x%02x of %s: %u wait, prefix %llu, fork %llu, limit %lld, status %d; %zu of %zu keys", proc_name(sim, p), l->id.b[0],
            l->id.b[1], node_of_agency(sim, &l->genesis.agency)->name, w.count, (unsigned long long)l->durable_prefix,
            (unsigned long long)l->fork_at, (long long)l->limit, (int)l->status, keys, space->epoch_count);
    }
}

static bool objects_are_equal(struct sim *sim, struct proc *a, struct proc *b, struct space *x, struct space *y, bool report)
{
    struct hash d, e;
    uint64_t n, m;
    SAME(core_digest(a->core, x->number, &d, &n) == MUSTER_OK && core_digest(b->core, y->number, &e, &m) == MUSTER_OK,
         "at quiescence objects are equal", "%s or %s cannot tell its digest", proc_name(sim, a), proc_name(sim, b));
    if ((!hash_eq(&d, &e) || n != m) && report) {
        tell_waiting(sim, a, x);
        tell_waiting(sim, b, y);
    }
    SAME(hash_eq(&d, &e) && n == m, "at quiescence objects are equal", "%s has %llu objects (%llu records, %llu segments wait), %s has %llu (%llu, %llu); the digests %s",
         proc_name(sim, a), (unsigned long long)n, (unsigned long long)x->records, (unsigned long long)x->waiting, proc_name(sim, b),
         (unsigned long long)m, (unsigned long long)y->records, (unsigned long long)y->waiting, hash_eq(&d, &e) ? "agree" : "differ");
    return true;
}

/* What its writer was told is durable is there, unless its node went back in time, was copied or lost its right. */
static bool acknowledged_is_there(struct sim *sim, bool report)
{
    for (size_t i = 0; i < sim->acked_count; i++) {
        const struct acked *a = &sim->acked[i];
        const struct node *n = &sim->nodes[a->node];
        struct proc *p = correct(sim, a->node);
        if (!p || a->by_clone || n->lowered || n->cloned || n->restored || a->life != n->life || a->operation != OP_CREATE)
            continue;
        struct space *space = space_find(p->core, &sim->spaces[a->space].id);
        uint8_t key[4 + OBJECT_ID_BYTES];
        struct bytes value;
        struct object_stored state;
        const struct storage *storage = memory_store_storage(p->store);
        SAME(space, "acknowledged writes are never lost", "%s forgot a space", n->name);
        put_be32(key, space->number);
        memcpy(key + 4, a->object.b, OBJECT_ID_BYTES);
        SAME(storage->get(storage->self, T_OBJECT, (struct bytes){key, sizeof(key)}, &value) == MUSTER_OK &&
                 object_stored_read(&state, value) == MUSTER_OK && !(state.flags & OBJECT_ORPHAN),
             "acknowledged writes are never lost", "%s was told that a record is durable, and has no such object", n->name);
    }
    return true;
}

static bool writes_are_answered(struct sim *sim, bool report)
{
    for (uint32_t i = 0; i < sim->proc_count; i++)
        SAME(!sim->procs[i]->running || !sim->procs[i]->writes, "every write is answered", "%s never answered a write",
             proc_name(sim, sim->procs[i]));
    return true;
}

bool check_quiet(struct sim *sim, bool report)
{
    if (!writes_are_answered(sim, report))
        return false;
    for (uint32_t s = 0; s < sim->space_count; s++) {
        struct proc *first = NULL, *reader = NULL;
        struct space *x = NULL, *rx = NULL;
        if (!sim->spaces[s].founded)
            continue;
        for (uint32_t k = 0; k < sim->node_count; k++) { /* the creator first: its word on who is a member counts */
            uint32_t n = (sim->spaces[s].creator + k) % sim->node_count;
            struct proc *p = correct(sim, n);
            struct space *space = p ? space_find(p->core, &sim->spaces[s].id) : NULL;
            const struct control_member *me = space && space->joined ? control_member(space->control, &p->core->self) : NULL;
            const struct control_member *seen = first && p ? control_member(x->control, &p->core->self) : me;
            SAME(!seen || seen->right == RIGHT_NONE || sim->nodes[n].wanted[s] == RIGHT_NONE || (me && me->right == seen->right), "at quiescence control is equal",
                 "%s does not know that it is a member of space %u", sim->nodes[n].name, s);
            if (!me || me->right == RIGHT_NONE || !seen || seen->right == RIGHT_NONE)
                continue;
            if (seen->suspended) { /* gets control, no data */
                if (first && !control_is_equal(sim, first, p, x, space, report))
                    return false;
                continue;
            }
            if (first && !(vectors_are_equal(sim, first, p, x, space, report) && vectors_are_equal(sim, p, first, space, x, report) &&
                           control_is_equal(sim, first, p, x, space, report)))
                return false;
            if (!first) {
                first = p;
                x = space;
            }
            if (me->right < RIGHT_READ)
                continue;
            if (reader && x && x->genesis.history == HISTORY_ALL &&
                !objects_are_equal(sim, reader, p, rx, space, report))
                return false;
            if (!rights_hold(sim, p, space, report) ||
                (reader && x->genesis.history == HISTORY_ALL && !rights_are_equal(sim, reader, p, rx, space, report)))
                return false;
            if (!reader) {
                reader = p;
                rx = space;
            }
        }
    }
    return acknowledged_is_there(sim, report);
}

/* --- at the end ------------------------------------------------------------------------------------------------------ */

/* A node's disk alone tells the same story: started again from a copy with empty derived tables, it sees the same. */
void check_views(struct sim *sim, struct proc *p)
{
    struct memory_store *copy = memory_store_clone(p->store);
    struct core_config config = sim->nodes[p->node].config;
    struct core *again = NULL;
    memory_store_derived_reset(copy);
    enum muster_error error = core_new(&again, &config, memory_store_storage(copy));
    if (error)
        violation(sim, "a node starts from what it stored", "%s would not start again: %s", proc_name(sim, p), error_name(error));
    for (size_t s = 0; again && s < p->core->space_count && !sim->failed; s++) {
        struct hash d, e;
        uint64_t n = 0, m = 0;
        if (core_digest(p->core, (uint32_t)s, &d, &n) != MUSTER_OK || core_digest(again, (uint32_t)s, &e, &m) != MUSTER_OK ||
            !hash_eq(&d, &e) || n != m)
            violation(sim, "derived tables mean what the durable ones mean", "%s sees %llu objects in space %zu, folded again %llu",
                      proc_name(sim, p), (unsigned long long)n, s, (unsigned long long)m);
    }
    core_free(again);
    memory_store_free(copy);
}

static bool same_header(struct bytes x, struct bytes y)
{
    return x.len > SEGMENT_HEADER_BYTES && y.len > SEGMENT_HEADER_BYTES && memcmp(x.at, y.at, SEGMENT_HEADER_BYTES) == 0;
}

/* Bytes alike; or all that is signed is, and the payloads that one of them lacks are erased. */
static bool same_segment(struct core *a, struct core *b, const struct log *in_a, const struct log *in_b, struct bytes x,
                         struct bytes y)
{
    if (x.len == y.len && memcmp(x.at, y.at, x.len) == 0)
        return true;
    return same_header(x, y) && segment_item_check(x.at, x.len, NULL) == MUSTER_OK && segment_item_check(y.at, y.len, NULL) == MUSTER_OK &&
           !erasure_lacks(a, in_a, x) && !erasure_lacks(b, in_b, y);
}

/* What a disk says is erased: collected from the erase records themselves, not from what the node makes of them. */
struct erased {
    struct proc *p;
    struct { struct record_id target; struct agency_id by; } at[512];
    size_t count;
    bool branch;
    char left[120];
};

static bool collect_erases(void *user, struct bytes key, struct bytes value)
{
    struct erased *e = user;
    struct core *core = e->p->core;
    struct segment_header header;
    struct segment_record record;
    (void)key;
    const struct log *log = core->logs[get_be32(value.at) - 1];
    for (uint32_t i = 0; segment_item_record(value.at + 4, value.len - 4, i, &header, &record) == MUSTER_OK; i++)
        for (size_t r = 0; record.header.operation == OP_ERASE && header.position <= log->limit && r < record.header.ref_count; r++)
            if (record.header.refs[r].role == REF_TARGET && e->count < ARRAY_LEN(e->at)) {
                memcpy(e->at[e->count].target.b, record.header.refs[r].hash.b, HASH_BYTES);
                e->at[e->count++].by = log->genesis.agency;
            }
    return true;
}

static bool find_erased(void *user, struct bytes key, struct bytes value)
{
    struct erased *e = user;
    size_t head = e->branch ? 0 : 4;
    uint32_t number = get_be32(e->branch ? key.at : value.at);
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    const struct log *log = e->p->core->logs[number - 1];
    for (uint32_t i = 0; segment_item_record(value.at + head, value.len - head, i, &header, &record) == MUSTER_OK; i++) {
        if (!record.payload.at || !object_op_is_erasable(record.header.operation))
            continue;
        struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        for (size_t t = 0; t < e->count; t++)
            if (record_id_eq(&e->at[t].target, &id) && agency_id_eq(&e->at[t].by, &log->genesis.agency))
                snprintf(e->left, sizeof(e->left), "sequence %llu of a log", (unsigned long long)record.header.sequence);
    }
    return !e->left[0];
}

static void erased_is_gone(struct sim *sim, struct proc *p)
{
    const struct storage *storage = memory_store_storage(p->store);
    struct erased *e = calloc(1, sizeof(*e));
    struct bytes none = {NULL, 0};
    e->p = p;
    (void)storage->scan(storage->self, T_SEGMENT, none, none, false, collect_erases, e);
    (void)storage->scan(storage->self, T_SEGMENT, none, none, false, find_erased, e);
    e->branch = true;
    if (!e->left[0])
        (void)storage->scan(storage->self, T_BRANCH, none, none, false, find_erased, e);
    if (e->left[0])
        violation(sim, "what is erased is in no byte of a disk", "%s still stores the payload of %s", proc_name(sim, p), e->left);
    free(e);
}

/* Is the node shown the data of the log's space, as it knows itself? */
static bool is_shown(struct core *core, const struct log *log)
{
    const struct space *space = core->spaces[log->space];
    const struct control_member *me = space->joined ? control_member(space->control, &core->self) : NULL;
    return me && me->right != RIGHT_NONE && !me->suspended;
}

/* The same segment is the same bytes on every disk: nothing of an unknown kind or operation is lost or touched. */
static void bytes_survive(struct sim *sim, struct proc *p, struct proc *q)
{
    for (size_t l = 0; l < p->core->log_count && !sim->failed; l++) {
        const struct log *log = p->core->logs[l], *same = log_find(q->core, &log->id);
        for (uint64_t at = 1; same && at <= log->durable_prefix && at <= same->durable_prefix && !(log->fork_at && at >= log->fork_at); at++) {
            struct bytes x, y;
            if (same->fork_at && at >= same->fork_at)
                break; /* one of them was removed before the fork was shown to it */
            if (log_item_at(p->core, log, at, &x) != MUSTER_OK || log_item_at(q->core, same, at, &y) != MUSTER_OK)
                continue;
            if (!same_header(x, y) && !(is_shown(p->core, log) && is_shown(q->core, same)))
                break; /* two branches, and one node was suspended before it was shown the other one */
            HOLDS(same_segment(p->core, q->core, log, same, x, y), "records survive byte-identically",
                      "%s and %s hold different bytes at position %llu", proc_name(sim, p), proc_name(sim, q), (unsigned long long)at);
        }
    }
}

/* Segments of others' data logs, outside lanes 0 and 1, that the nodes hold. */
static uint64_t routine_taken(struct sim *sim)
{
    uint64_t count = 0;
    for (uint32_t n = 0; n < sim->node_count; n++) {
        struct core *core = sim->procs[sim->nodes[n].proc]->core;
        for (size_t l = 0; core && l < core->log_count; l++) {
            const struct log *log = core->logs[l];
            struct segment_header header;
            struct bytes item;
            for (uint64_t at = 1; log->genesis.role == LOG_DATA && !log->own && at <= log->durable_prefix; at++)
                count += log_item_at(core, log, at, &item) == MUSTER_OK && segment_header_read(&header, item.at) == MUSTER_OK &&
                         segment_lane(header.flags) > LANE_FLASH;
        }
    }
    return count;
}

void check_end(struct sim *sim)
{
    struct proc *first = NULL;
    for (uint32_t n = 0; n < sim->node_count && !sim->failed; n++) {
        struct proc *p = correct(sim, n);
        if (!p)
            continue;
        check_views(sim, p);
        if (!sim->failed)
            erased_is_gone(sim, p);
        for (size_t i = 0; i < p->core->space_count && !sim->failed; i++)
            (void)rights_hold(sim, p, p->core->spaces[i], true);
        if (first && !sim->failed)
            bytes_survive(sim, first, p);
        first = first ? first : p;
    }
    /* Calm runs have no reason to carry a record twice. */
    uint64_t taken = sim->options.calm && !sim->failed ? routine_taken(sim) : 0;
    if (taken > 50)
        HOLDS(sim->result->copies * 5 <= taken * 6, "copies received per record are at most 1.2",
              "%llu copies of %llu segments were sent", (unsigned long long)sim->result->copies, (unsigned long long)taken);
}
