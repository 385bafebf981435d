/* bundle.c — a bundle going out: what an agency lacks, sealed to its nodes. */
#include "protocol/object/erasure.h"
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

enum { SEG_FRAME_BYTES = 60 * 1024, HEADS_FRAME_BYTES = 48 * 1024, KEYS_EACH_MAX = 64 };

/* --- what goes ----------------------------------------------------------------------------------------------------- */

struct out {
    struct core *core;
    struct session *session;
    struct bundle_sink sink;
    const struct bundle_order *order;
    struct bundle_made *made;
    struct node_keys nodes[BUNDLE_RECIPIENTS_MAX];
    size_t node_count, part_bytes;
};

/* The nodes that shall be able to open it. */
static enum muster_error find_nodes(struct out *out)
{
    struct core *core = out->core;
    const struct agency *agency = agency_find(core, &out->order->agency);
    const struct identity *own = &core->config.identity;
    bool self = agency_id_eq(&out->order->agency, &core->self);
    for (size_t i = 0; agency && !self && i < agency->node_count && out->node_count < BUNDLE_RECIPIENTS_MAX; i++)
        if (!agency->nodes[i].revoked)
            out->nodes[out->node_count++] = agency->nodes[i].keys;
    for (size_t i = 0; self && i < own->node_count && out->node_count < BUNDLE_RECIPIENTS_MAX; i++)
        if (!own->nodes[i].revoked && memcmp(own->nodes[i].keys.sign.b, core->config.keys.sign.b, 32) != 0)
            out->nodes[out->node_count++] = own->nodes[i].keys;
    if (out->node_count)
        return MUSTER_OK;
    if (!agency && !self)
        return bundle_say(&out->made->text, MUSTER_EUNKNOWN_AGENCY, "this agency's card is not known here: nothing can be sealed to it");
    return bundle_say(&out->made->text, MUSTER_EUNKNOWN_NODE, "the agency's card names no node that could open a bundle");
}

/* Spaces to be shown to the agency by the newest state that is known here (RULES F1). */
static enum muster_error open_spaces(struct out *out)
{
    struct core *core = out->core;
    bool one = !space_id_none(&out->order->space), found = false;
    out->session->spaces = calloc(core->space_count + 1, sizeof(*out->session->spaces));
    for (size_t i = 0; out->session->spaces && i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        if (!space->joined || (one && !space_id_eq(&space->id, &out->order->space)))
            continue;
        found = true;
        if (!forward_shows_tag(space->control, &out->session->agency))
            continue;
        struct session_space *open = &out->session->spaces[out->session->space_count++];
        *open = (struct session_space){.space = space->number, .opened = true};
        space_tag_of(open->tag, out->session->key, &space->id);
    }
    out->made->spaces = (uint32_t)out->session->space_count;
    if (!out->session->spaces)
        return bundle_say(&out->made->text, MUSTER_EBUSY, "there is no memory for the bundle");
    if (one && !found)
        return bundle_say(&out->made->text, MUSTER_EUNKNOWN_SPACE, "the space is not known here");
    if (!out->made->spaces)
        return bundle_say(&out->made->text, MUSTER_ENOTMEMBER, "the agency is no member of %s: it gets nothing of it",
                          one ? "the space" : "any space of this node");
    return MUSTER_OK;
}

static void put_opening(struct out *out)
{
    struct writer w = writer_over(out->core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, (enum frame_type)BUNDLE_OPENING, 0);
    writer_put(&w, out->session->nonce, 32);
    writer_put(&w, out->core->config.boot, 16);
    for (size_t i = 0; i < out->node_count; i++) {
        uint8_t boot[16];
        uint64_t made_ms;
        bundle_node_seen(out->core, &out->nodes[i].sign, boot, &made_ms);
        writer_put(&w, boot, sizeof(boot));
    }
    frame_end(&w, begin);
    bundle_collect(out->session, &w);
}

static void put_bytes(struct out *out, uint8_t type, const uint8_t *bytes, size_t len)
{
    struct writer w = writer_over(out->core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, (enum frame_type)type, 0);
    writer_put(&w, bytes, len);
    frame_end(&w, begin);
    bundle_collect(out->session, &w);
}

static void put_spaces(struct out *out)
{
    struct core *core = out->core;
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SPACES, 0);
    for (size_t i = 0; i < out->session->space_count; i++) {
        struct space_entry e;
        struct space *space = core->spaces[out->session->spaces[i].space];
        struct hash control = space_digest(core, space, true), data = space_digest(core, space, false);
        memcpy(e.tag, out->session->spaces[i].tag, 16);
        digest_keyed(e.control, out->session->key, &control);
        digest_keyed(e.data, out->session->key, &data);
        writer_put(&w, e.tag, 16);
        writer_put(&w, e.control, 16);
        writer_put(&w, e.data, 16);
    }
    frame_end(&w, begin);
    bundle_collect(out->session, &w);
}

/* One SEG of a log, from *next on to `last`; false when nothing of that is held.  Only what is durable (I1). */
static bool put_seg(struct out *out, struct session_space *open, const struct log *log, uint64_t *next, uint64_t last,
                    uint8_t lane)
{
    struct core *core = out->core;
    struct session_log *known = session_log_of(out->session, log_index(core, log));
    if (!known)
        return false;
    struct seg seg = {.lane = lane, .log = log->id};
    memcpy(seg.tag, open->tag, 16);
    if (!known->listed && !known->genesis_sent)
        seg.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    seg_begin(&w, &seg);
    struct segment_chain chain = {.space = core->spaces[log->space]->id, .log = log->id};
    size_t count = 0;
    while (*next <= last && count < RUN_MAX) {
        struct bytes item;
        uint64_t held = log_next_held(log, *next);
        if (!held || held > last) {
            *next = last + 1;
            break;
        }
        if (held != *next && count)
            break; /* a hole: what follows it goes into a frame of its own */
        *next = held;
        if (log_stored_at(core, log, held, &item) != MUSTER_OK) {
            (*next)++;
            continue;
        }
        if (count && (size_t)(w.at - begin) + item.len > SEG_FRAME_BYTES)
            break;
        item = erasure_item(core, log, item);
        segment_wire_write(&w, &chain, item.at, item.len);
        (*next)++;
        count++;
    }
    if (!count)
        return *next <= last;
    known->genesis_sent = true;
    frame_end(&w, begin);
    bundle_collect(out->session, &w);
    out->made->segments += count;
    return *next <= last;
}

/* From where on a log is sent: behind what the agency said it holds. */
static uint64_t first_of(struct out *out, const struct log *log)
{
    uint64_t held = out->order->all ? 0 : bundle_ack(out->core, &out->session->agency, log);
    struct session_log *known = session_log_of(out->session, log_index(out->core, log));
    if (known && held)
        known->listed = true; /* it has the genesis */
    return held + 1;
}

/* Control before all else, and of a forked line all its branches (C2). */
static void put_control(struct out *out, struct session_space *open)
{
    struct core *core = out->core;
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        if (log->space != open->space || log->genesis.role != LOG_CONTROL)
            continue;
        uint64_t next = first_of(out, log), before = out->made->segments;
        while (next <= log->durable_prefix && put_seg(out, open, log, &next, log->durable_prefix, LANE_CONTROL))
            ;
        if (log->fork_at)
            fork_show(core, out->session, log);
        out->made->logs += out->made->segments > before;
    }
}

/* Keys of the epochs that it may read, for each of its nodes (K5): the newest open the older ones that they wrap. */
static void put_keys(struct out *out, struct session_space *open)
{
    struct core *core = out->core;
    struct space *space = core->spaces[open->space];
    size_t given = 0;
    for (size_t i = space->epoch_count; i > 0 && given < KEYS_EACH_MAX; i--) {
        struct record_id epoch = space->epochs[i - 1].id;
        struct seal_key key;
        if (!space_key(space, &epoch, &key) || !epoch_may_deliver(space->control, &epoch, &out->session->agency))
            continue;
        given++;
        for (size_t n = 0; n < out->node_count; n++) {
            struct key_frame frame = {.epoch = epoch};
            uint8_t seed[32];
            memcpy(frame.tag, open->tag, 16);
            core_draw(core, seed, sizeof(seed));
            if (box_seal_seeded(frame.sealed, key.b, sizeof(key.b), &out->nodes[n].box, seed) == MUSTER_OK) {
                struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
                key_write(&w, &frame);
                bundle_collect(out->session, &w);
                out->made->keys++;
            }
            crypto_wipe(seed, sizeof(seed));
        }
        crypto_wipe(&key, sizeof(key));
    }
}

/* The receipt: every log of the space, control too. */
static void put_heads(struct out *out, struct session_space *open)
{
    struct core *core = out->core;
    struct heads_entry *e = calloc(1, sizeof(*e));
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_HEADS, HEADS_FULL);
    heads_begin(&w, open->tag);
    for (size_t i = 0; e && i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        if (log->space != open->space || (!log->durable_prefix && (!log->interval_count || log->staged)))
            continue;
        if ((size_t)(w.at - begin) > HEADS_FRAME_BYTES) {
            frame_end(&w, begin);
            bundle_collect(out->session, &w);
            w = writer_over(core->message, MESSAGE_BYTES_MAX);
            begin = frame_begin(&w, FRAME_HEADS, HEADS_FULL);
            heads_begin(&w, open->tag);
        }
        e->interval_count = 0;
        session_name_log(core, out->session, log, &e->log);
        e->prefix = log->durable_prefix;
        if (e->prefix)
            head_short(e->hash, out->session->key, &log->durable_id);
        e->fork_at = log->fork_at;
        for (size_t n = 0; n < log->interval_count && !log->staged && log->intervals[n].first > log->durable_prefix; n++) {
            struct heads_interval *to = &e->intervals[e->interval_count++];
            to->first = log->intervals[n].first;
            to->last = log->intervals[n].last;
            head_short(to->hash, out->session->key, &log->intervals[n].id);
        }
        heads_entry_write(&w, e);
    }
    free(e);
    if (!begin)
        return;
    begin[1] |= HEADS_LAST;
    frame_end(&w, begin);
    bundle_collect(out->session, &w);
}

static bool sends_data_of(struct out *out, struct session_space *open, const struct log *log)
{
    return log->space == open->space && log->genesis.role == LOG_DATA &&
           forward_decide(out->core->spaces[open->space]->control, &out->session->agency, NULL).allowed;
}

static uint64_t last_of(const struct log *log)
{
    uint64_t top = log_top(log);
    return log->fork_at && top > log->fork_at + 1 ? log->fork_at + 1 : top;
}

struct erases {
    struct out *out;
    struct session_space *open;
};

static void put_erase(void *user, const struct log *log, uint64_t position, struct bytes item)
{
    const struct erases *e = user;
    struct core *core = e->out->core;
    if (position < first_of(e->out, log))
        return;
    struct session_log *known = session_log_of(e->out->session, log_index(core, log));
    struct seg seg = {.lane = LANE_CONTROL, .log = log->id};
    memcpy(seg.tag, e->open->tag, sizeof(seg.tag));
    if (!known)
        return;
    if (!known->listed && !known->genesis_sent)
        seg.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
    known->genesis_sent = true;
    item = erasure_item(core, log, item);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    struct segment_chain chain = {.space = core->spaces[log->space]->id, .log = log->id};
    seg_begin(&w, &seg);
    segment_wire_write(&w, &chain, item.at, item.len);
    frame_end(&w, begin);
    bundle_collect(e->out->session, &w);
    e->out->made->segments++;
}

/* Erases right behind control, in the part that is durable and folded before the rest is looked at: what comes without its
 * payload then has its reason. */
static void put_erases(struct out *out, struct session_space *open)
{
    struct erases e = {out, open};
    struct space *space = out->core->spaces[open->space];
    if (forward_decide(space->control, &out->session->agency, NULL).allowed)
        tell_each(out->core, space, put_erase, &e);
}

/* Cards of those whose records go: their control may name an older one, without the node that wrote. */
static void put_cards(struct out *out)
{
    struct core *core = out->core;
    for (size_t a = 0; a < core->agency_count; a++) {
        const struct agency *agency = core->agencies[a];
        bool writes = false;
        for (size_t s = 0; s < out->session->space_count && !writes; s++)
            for (size_t i = 0; i < core->log_count && !writes; i++)
                writes = agency_id_eq(&core->logs[i]->genesis.agency, &agency->id) &&
                         sends_data_of(out, &out->session->spaces[s], core->logs[i]) &&
                         first_of(out, core->logs[i]) <= last_of(core->logs[i]);
        if (writes && !agency_id_eq(&agency->id, &out->session->agency) && !agency_id_eq(&agency->id, &core->self))
            put_bytes(out, BUNDLE_MEMBER, agency->card, agency->card_len);
    }
}

/* Logs in the order of their numbers, which do not change, so that the next part can go on where this one ends. */
static void put_data(struct out *out)
{
    struct core *core = out->core;
    for (uint32_t i = out->order->from_log; i < core->log_count && !out->made->more; i++) {
        struct log *log = core->logs[i];
        struct session_space *open = session_space_of(out->session, log->space);
        if (!open || !sends_data_of(out, open, log))
            continue;
        uint64_t next = first_of(out, log), last = last_of(log), before = out->made->segments;
        if (i == out->order->from_log && next < out->order->from_position)
            next = out->order->from_position;
        while (next <= last) {
            if (out->made->segments > before && out->sink.len >= out->part_bytes)
                break;
            if (!put_seg(out, open, log, &next, last, LANE_CATCHUP))
                break;
        }
        if (log->fork_at && next > last)
            fork_show(core, out->session, log);
        out->made->logs += out->made->segments > before;
        if (out->sink.len < out->part_bytes)
            continue;
        out->made->more = next <= last || i + 1 < core->log_count;
        out->made->next_log = next <= last ? i : i + 1;
        out->made->next_position = next <= last ? next : 0;
    }
}

/* How many segments of [first, last] are held. */
static uint64_t held_between(const struct log *log, uint64_t first, uint64_t last)
{
    uint64_t prefix = log->durable_prefix < last ? log->durable_prefix : last, count = first <= prefix ? prefix - first + 1 : 0;
    for (size_t n = 0; n < log->interval_count; n++) {
        uint64_t from = log->intervals[n].first, to = log->intervals[n].last < last ? log->intervals[n].last : last;
        if (from <= log->durable_prefix)
            from = log->durable_prefix + 1;
        if (from < first)
            from = first;
        count += from <= to ? to - from + 1 : 0;
    }
    return count;
}

/* What this part has no room for.  When that is nothing, no further part is named. */
static void count_left(struct out *out)
{
    struct core *core = out->core;
    struct bundle_made *made = out->made;
    bool forks = false;
    for (uint32_t i = made->next_log; made->more && i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        struct session_space *open = session_space_of(out->session, log->space);
        if (!open || !sends_data_of(out, open, log))
            continue;
        uint64_t next = first_of(out, log);
        if (i == made->next_log && next < made->next_position)
            next = made->next_position;
        made->left += held_between(log, next, last_of(log));
        forks |= log->fork_at != 0;
    }
    if (made->left || forks)
        return;
    made->more = false;
    made->next_log = 0;
    made->next_position = 0;
}

static void fold_number(uint8_t state[HASH_BYTES], uint64_t number)
{
    uint8_t bytes[8];
    put_le64(bytes, number);
    struct hash folded = crypto_hash2("muster/1/bundle-state", state, HASH_BYTES, bytes, sizeof(bytes));
    memcpy(state, folded.b, HASH_BYTES);
}

/* For whom, by which card, and of every log what is held and what goes (S5.7.9). */
static void note_state(struct out *out)
{
    struct core *core = out->core;
    uint8_t *state = out->made->state.b;
    struct hash begin =
        crypto_hash2("muster/1/bundle-state", out->order->agency.b, HASH_BYTES, core->config.card.at, core->config.card.len);
    memcpy(state, begin.b, HASH_BYTES);
    for (size_t n = 0; n < out->node_count; n++) {
        struct hash folded = crypto_hash2("muster/1/bundle-state", state, HASH_BYTES, out->nodes[n].sign.b, 32);
        memcpy(state, folded.b, HASH_BYTES);
    }
    for (size_t i = 0; i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        if (!session_space_of(out->session, log->space))
            continue;
        fold_number(state, i);
        fold_number(state, first_of(out, log));
        fold_number(state, log->durable_prefix);
        fold_number(state, log->fork_at);
        fold_number(state, held_between(log, log->durable_prefix + 1, UINT64_MAX));
        if (log->durable_prefix) {
            struct hash folded = crypto_hash2("muster/1/bundle-state", state, HASH_BYTES, log->durable_id.b, HASH_BYTES);
            memcpy(state, folded.b, HASH_BYTES);
        }
    }
}

static enum muster_error export(struct out *out)
{
    struct core *core = out->core;
    struct session *session = out->session;
    session->stage = SESSION_BUNDLE;
    session->agency = out->order->agency;
    session->sink = &out->sink;
    core_draw(core, session->nonce, sizeof(session->nonce));
    session_key_of(session->key, session->nonce, session->nonce);
    out->part_bytes = out->order->part_bytes ? out->order->part_bytes : BUNDLE_PART_BYTES_DEFAULT;
    if (out->part_bytes < BUNDLE_PART_BYTES_MIN)
        out->part_bytes = BUNDLE_PART_BYTES_MIN;
    enum muster_error error = find_nodes(out);
    if (!error)
        error = open_spaces(out);
    if (error)
        return error;
    out->made->nodes = (uint32_t)out->node_count;
    note_state(out);
    put_opening(out);
    put_bytes(out, FRAME_CARD, core->config.card.at, core->config.card.len);
    put_spaces(out);
    for (size_t i = 0; i < session->space_count; i++)
        put_control(out, &session->spaces[i]);
    for (size_t i = 0; i < session->space_count; i++)
        put_erases(out, &session->spaces[i]);
    for (size_t i = 0; i < session->space_count; i++)
        put_keys(out, &session->spaces[i]);
    put_cards(out);
    for (size_t i = 0; i < session->space_count; i++)
        put_heads(out, &session->spaces[i]);
    put_data(out);
    count_left(out);
    return bundle_seal(core, session, out->nodes, out->node_count, out->made);
}

void bundle_export(struct core *core, const struct event *event)
{
    struct out *out = calloc(1, sizeof(*out));
    struct session *session = calloc(1, sizeof(*session));
    struct bundle_made *made = event->u.bundle_export.made;
    *made = (struct bundle_made){.bytes = NULL};
    enum muster_error error = core->behind ? MUSTER_EVIEWS : MUSTER_EBUSY;
    if (out && session && !core->behind) {
        *out = (struct out){.core = core, .session = session, .order = event->u.bundle_export.order, .made = made};
        error = export(out);
    }
    if (!error)
        core_event(core, "bundle.exported", &out->order->agency, "%u spaces, %llu segments, %zu bytes", made->spaces,
                   (unsigned long long)made->segments, made->len);
    if (out) {
        if (out->sink.at)
            crypto_wipe(out->sink.at, out->sink.size);
        free(out->sink.at);
    }
    session_free(session);
    free(out);
    struct action *action = core_act(core, ACTION_NOTIFY);
    if (action) {
        action->notify = NOTIFY_COMMAND;
        action->request = event->u.bundle_export.request;
        action->error = error;
        action->agency = event->u.bundle_export.order->agency;
    }
}
