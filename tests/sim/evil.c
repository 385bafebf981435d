/* evil.c — members that lie.  An evil node runs the real core and holds its real keys; what leaves it is bent here, and
 * what no core would ever make is made here: other branches of its own log, segments in the wrong place, old messages. */
#include "sim/sim.h"

#include <stdlib.h>

enum {
    EVIL_WITHHOLD = 1 << 0,  /* never passes on some logs */
    EVIL_HEADS = 1 << 1,     /* says that it holds more, less, or something else */
    EVIL_MUTATE = 1 << 2,    /* changes bytes: giant counts, cut frames, bad signatures */
    EVIL_MUTE = 1 << 3,      /* stops reading and answering for a while */
    EVIL_TWIN = 1 << 4,      /* two processes write to one log and hide it */
    EVIL_FORGE = 1 << 5,     /* signs a second branch of its log, at any depth */
    EVIL_REPLAY = 1 << 6,    /* sends old messages again, also to others */
    EVIL_TRANSPLANT = 1 << 7,/* sends segments of one log under the name of another */
    EVIL_BACKDATE = 1 << 8,  /* its clock tells what it likes */
    EVIL_FOR_EVER = 1 << 9,  /* goes on after everything else is healed */
    EVIL_OVERSPEND = 1 << 10 /* promises units that it does not have, and others' */
};

static struct proc *evil_proc(struct sim *sim, uint32_t ways)
{
    uint32_t from = tape_below(&sim->tape, sim->proc_count);
    for (uint32_t i = 0; i < sim->proc_count; i++) {
        struct proc *p = sim->procs[(from + i) % sim->proc_count];
        if (sim->nodes[p->node].evil && p->running && (sim->nodes[p->node].evil_ways & ways))
            return p;
    }
    return NULL;
}

void evil_start(struct sim *sim)
{
    uint32_t evils = tape_below(&sim->tape, (sim->node_count - 1) / 3 + 1);
    if (!(sim->faults_on >> FAULT_evil & 1))
        return;
    for (uint32_t i = 0; i < evils && sim->space_count + i < sim->node_count; i++) {
        struct node *n = &sim->nodes[sim->node_count - 1 - i]; /* never the creator of a space */
        n->evil = true;
        n->evil_ways = tape_below(&sim->tape, 2048);
        say(sim, "%s is evil in the ways %03x", n->name, n->evil_ways);
    }
}

/* --- another branch of its own log --------------------------------------------------------------------------- */

static struct session *any_session(struct sim *sim, struct proc *p, uint32_t space, struct session_space **open)
{
    uint32_t from = tape_below(&sim->tape, 256);
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = p->core->sessions[(from + i) % SESSIONS_MAX];
        if (s && s->stage == SESSION_SYNCING && (*open = session_space_of(s, space)))
            return s;
    }
    return NULL;
}

static struct log *own_log(struct sim *sim, struct proc *p)
{
    uint32_t from = tape_below(&sim->tape, 256);
    for (size_t i = 0; i < p->core->log_count; i++) {
        struct log *log = p->core->logs[(from + i) % p->core->log_count];
        if (log->own && log->durable_prefix && (log->genesis.role == LOG_DATA || from % 8 == 7))
            return log;
    }
    return NULL;
}

static void send_raw(struct sim *sim, struct proc *p, conn_id conn, const uint8_t *bytes, size_t len)
{
    sim->raw = true;
    link_send(sim, p, conn, (struct bytes){bytes, len});
    sim->raw = false;
}

static bool do_forge(struct sim *sim, struct proc *p)
{
    struct log *log = own_log(sim, p);
    uint32_t back = tape_below(&sim->tape, 16), many = 1 + tape_below(&sim->tape, 4), bit = tape_below(&sim->tape, 8);
    struct session_space *open;
    struct session *s = log ? any_session(sim, p, log->space, &open) : NULL;
    struct bytes secret, stored;
    if (!s || memory_store_storage(p->store)->get(p->store, T_KEY, (struct bytes){log->id.b, HASH_BYTES}, &secret) != MUSTER_OK)
        return false;
    struct sign_secret key;
    memcpy(key.b, secret.at, sizeof(key.b));
    uint64_t first = log->durable_prefix > back ? log->durable_prefix - back : 1;
    struct seg seg = {.lane = (uint8_t)(bit % 2 ? LANE_CONTROL : LANE_CATCHUP), .log = log->id,
                      .genesis = {log->genesis_bytes, log->genesis_len}};
    memcpy(seg.tag, open->tag, 16);
    uint8_t *bytes = malloc(MESSAGE_BYTES_MAX), *item = malloc(SEGMENT_ITEM_MAX);
    struct writer w = writer_over(bytes, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    struct segment_chain chain = {.space = p->core->spaces[log->space]->id, .log = log->id};
    struct segment_id prev = {{0}};
    for (uint64_t at = first; at < first + many && at <= log->durable_prefix; at++) {
        struct segment_header header;
        if (log_item_at(p->core, log, at, &stored) != MUSTER_OK || segment_header_read(&header, stored.at) != MUSTER_OK)
            break;
        memcpy(item, stored.at, stored.len);
        header.flags = (uint16_t)(header.flags ^ 8u << bit); /* the same records, another header */
        if (at > first)
            header.prev = prev;
        segment_header_write(item, &header);
        segment_sign(item, p->core->spaces[log->space]->exercise, &key);
        prev = segment_id_of(item);
        segment_wire_write(&w, &chain, item, stored.len);
    }
    frame_end(&w, begin);
    say(sim, "%s forges a branch of its %s log from position %llu on", proc_name(sim, p),
        log->genesis.role == LOG_CONTROL ? "control" : "data", (unsigned long long)first);
    if (!w.failed)
        send_raw(sim, p, s->conn, bytes, writer_len(&w));
    free(bytes);
    free(item);
    return true;
}

static bool do_transplant(struct sim *sim, struct proc *p)
{
    struct log *own = own_log(sim, p);
    struct session_space *open;
    struct session *s = own ? any_session(sim, p, own->space, &open) : NULL;
    if (!s)
        return false;
    const struct log *other = p->core->logs[tape_below(&sim->tape, (uint32_t)p->core->log_count)];
    struct bytes item;
    if (log_item_at(p->core, other, other->durable_prefix, &item) != MUSTER_OK)
        return false;
    struct seg seg = {.lane = LANE_CONTROL, .log = tape_one_in(&sim->tape, 2) ? other->id : own->id};
    memcpy(seg.tag, open->tag, 16);
    uint8_t *bytes = malloc(MESSAGE_BYTES_MAX);
    struct writer w = writer_over(bytes, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    struct segment_chain chain = {.space = p->core->spaces[own->space]->id, .log = own->id};
    segment_wire_write(&w, &chain, item.at, item.len);
    frame_end(&w, begin);
    say(sim, "%s sends a segment of one log under the name of another", proc_name(sim, p));
    if (!w.failed)
        send_raw(sim, p, s->conn, bytes, writer_len(&w));
    free(bytes);
    return true;
}

/* --- a twin ------------------------------------------------------------------------------------------------------ */

static void twin_end(struct sim *sim, struct due *due)
{
    struct proc *p = sim->procs[due->a];
    p->ended = true;
    if (p->running)
        proc_stop(sim, p);
    else
        edges_of_end(sim, p, true);
}

static bool do_twin(struct sim *sim, struct proc *from)
{
    uint64_t ms = tape_while(&sim->tape);
    uint32_t whom = tape_below(&sim->tape, 65536);
    if (from->twin || sim->proc_count >= sim->node_count + 8)
        return false;
    struct proc *p = proc_new(sim, from->node, memory_store_clone(from->store));
    p->clone = p->twin = true;
    for (uint32_t i = 0; i < sim->node_count; i++) {
        if (i == from->node || !(whom >> i % 16 & 1))
            continue;
        for (uint32_t k = 0; k < sim->edge_count; k++) { /* these see the twin only */
            struct edge *e = &sim->edges[k];
            if ((e->a == from->index && e->b == sim->nodes[i].proc) || (e->b == from->index && e->a == sim->nodes[i].proc))
                edge_cut(sim, e, sim->now + ms);
        }
        edge_new(sim, p->index, sim->nodes[i].proc);
    }
    say(sim, "%s runs twice for %.1f s", proc_name(sim, from), (double)ms / 1000);
    proc_start(sim, p);
    due_add(sim, sim->now + ms, twin_end, p->index, 0, 0, NULL);
    return true;
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

static bool do_replay(struct sim *sim, struct proc *p)
{
    uint32_t which = tape_below(&sim->tape, EVIL_KEPT);
    const struct evil_kept *k = &sim->kept[which];
    struct session_space *open;
    struct session *s = any_session(sim, p, 0, &open);
    if (!k->len || !s)
        return false;
    say(sim, "%s sends an old message again", proc_name(sim, p));
    send_raw(sim, p, tape_one_in(&sim->tape, 2) ? k->conn : s->conn, k->bytes, k->len);
    return true;
}

static size_t lie_in_heads(struct sim *sim, uint8_t *bytes, size_t len)
{
    struct frame frame;
    struct cursor message = cursor_over(bytes, len), entries;
    uint8_t tag[16], *out = malloc(MESSAGE_BYTES_MAX);
    uint32_t how = tape_below(&sim->tape, 6);
    enum muster_error error = frame_next(&message, &frame);
    if (!error)
        error = heads_open(tag, &entries, frame.body);
    struct writer w = writer_over(out, len + EVIL_ROOM);
    uint8_t *begin = frame_begin(&w, FRAME_HEADS, frame.flags);
    heads_begin(&w, tag);
    while (!error && heads_next(&entries, sim->entry, &error)) {
        struct heads_entry *e = sim->entry;
        if (how == 1)
            e->prefix += 1 + tape_below(&sim->tape, 256);
        if (how == 2)
            e->prefix += 1ull << 60;
        if (how == 3)
            e->prefix /= 2;
        if (how == 4)
            e->hash[0] ^= 1;
        if (how == 5)
            e->fork_at = 1 + tape_below(&sim->tape, 4);
        heads_entry_write(&w, e);
    }
    frame_end(&w, begin);
    if (!error && how && !w.failed && !cursor_left(&message)) {
        len = writer_len(&w);
        memcpy(bytes, out, len);
    }
    free(out);
    return len;
}

bool evil_filter(struct sim *sim, struct proc *p, conn_id conn, uint8_t *bytes, size_t *len)
{
    uint32_t ways = sim->nodes[p->node].evil_ways;
    if (sim->raw || (sim->healed && !(ways & EVIL_FOR_EVER)) || !*len)
        return true;
    struct evil_kept *k = &sim->kept[sim->kept_next % EVIL_KEPT];
    if (bytes[0] != FRAME_PING && bytes[0] != FRAME_PONG && *len <= sizeof(k->bytes)) {
        sim->kept_next++;
        k->conn = conn;
        k->len = *len;
        memcpy(k->bytes, bytes, *len);
    }
    struct seg seg;
    if ((ways & EVIL_WITHHOLD) && bytes[0] == FRAME_SEG && *len > FRAME_HEADER_BYTES &&
        seg_read(&seg, (struct bytes){bytes + FRAME_HEADER_BYTES, *len - FRAME_HEADER_BYTES}) == MUSTER_OK &&
        ((seg.log.b[0] ^ conn) & 3) == 1)
        return false;
    if ((ways & EVIL_HEADS) && bytes[0] == FRAME_HEADS)
        *len = lie_in_heads(sim, bytes, *len);
    if ((ways & EVIL_MUTATE) && tape_one_in(&sim->tape, 40)) {
        uint32_t at = tape_below(&sim->tape, (uint32_t)*len);
        bytes[at] = (uint8_t)(bytes[at] ^ (1 + tape_below(&sim->tape, 255)));
        if (tape_one_in(&sim->tape, 4))
            *len = at + 1;
    }
    return true;
}

/* A liar's own core would stop a log that it learns to be ahead of it, or unconfirmed; a liar goes on. */
void evil_after(struct sim *sim, struct proc *p)
{
    p->core->overspends = (sim->nodes[p->node].evil_ways & EVIL_OVERSPEND) && !sim->healed;
    if (!(sim->nodes[p->node].evil_ways & EVIL_TWIN) || sim->healed)
        return;
    for (size_t i = 0; i < p->core->log_count; i++)
        if (p->core->logs[i]->own) {
            p->core->logs[i]->confirmed = true;
            p->core->logs[i]->closed = false;
        }
}

void evil_step(struct sim *sim)
{
    static const uint32_t ways[] = {EVIL_FORGE, EVIL_TRANSPLANT, EVIL_TWIN, EVIL_REPLAY, EVIL_MUTE, EVIL_BACKDATE};
    uint32_t way = ways[tape_below(&sim->tape, ARRAY_LEN(ways))];
    struct proc *p = evil_proc(sim, way);
    bool done = false;
    if (!p || !(sim->faults_on >> FAULT_evil & 1))
        return;
    switch (way) {
    case EVIL_FORGE:
        done = do_forge(sim, p);
        break;
    case EVIL_TRANSPLANT:
        done = do_transplant(sim, p);
        break;
    case EVIL_TWIN:
        done = do_twin(sim, p);
        break;
    case EVIL_REPLAY:
        done = do_replay(sim, p);
        break;
    case EVIL_MUTE:
        p->stalled_until = sim->now + tape_while(&sim->tape);
        say(sim, "%s neither reads nor answers", proc_name(sim, p));
        done = true;
        break;
    default:
        p->offset_ms = -(int64_t)tape_below(&sim->tape, 60) * 86400000;
        done = true;
    }
    sim->result->faults[FAULT_evil] += done;
}
