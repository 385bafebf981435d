/* tell.c — erases go to a peer before anything else of a space (RULES E, L7): each segment that holds one and that the peer is
 * not known to have, by itself, in lane 0.  What it asks for meanwhile waits. */
#include "protocol/object/erasure.h"

enum { TELL_A_STEP = 32, TELL_ROOM = 64 };

struct next {
    uint8_t key[ERASURE_PLACE_KEY];
    bool found;
    const uint8_t *last; /* is not it */
};

static bool take_next(void *user, struct bytes key, struct bytes value)
{
    struct next *n = user;
    (void)value;
    if (key.len != ERASURE_PLACE_KEY || (n->last && memcmp(key.at, n->last, ERASURE_PLACE_KEY) == 0))
        return true;
    memcpy(n->key, key.at, ERASURE_PLACE_KEY);
    n->found = true;
    return false;
}

/* The place behind `last` (NULL: the first) of a space. */
static bool place_next(struct core *core, uint32_t space, const uint8_t *last, struct next *out)
{
    uint8_t prefix[5] = {'p'};
    *out = (struct next){.last = last};
    put_be32(prefix + 1, space);
    struct bytes from = last ? (struct bytes){last, ERASURE_PLACE_KEY} : (struct bytes){prefix, sizeof(prefix)};
    return core->storage.scan(core->storage.self, T_ERASURE, (struct bytes){prefix, sizeof(prefix)}, from, false, take_next,
                              out) == MUSTER_OK && out->found;
}

/* The segment that such a place names: in its log, or beside it.  Borrowed. */
struct log *erasure_place(struct core *core, const uint8_t key[ERASURE_PLACE_KEY], uint64_t *position, struct bytes *item)
{
    uint32_t number = get_be32(key + 5);
    if (!number || number > core->log_count)
        return NULL;
    struct log *log = core->logs[number - 1];
    struct segment_id wanted;
    memcpy(wanted.b, key + 17, HASH_BYTES);
    *position = get_be64(key + 9);
    if (log_stored_at(core, log, *position, item) == MUSTER_OK) {
        struct segment_id is = segment_id_of(item->at);
        if (segment_id_eq(&is, &wanted))
            return log;
    }
    return core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key + 5, 12 + HASH_BYTES}, item) == MUSTER_OK ? log
                                                                                                                     : NULL;
}

static void tell_one(struct core *core, struct session *session, struct session_space *open, struct log *log,
                     uint64_t position, struct bytes item)
{
    struct session_log *known = session_log_of(session, log_index(core, log));
    bool disputed = log->fork_at && position >= log->fork_at; /* their prefix may stand on another branch */
    if (!known || (known->their_prefix >= position && !disputed))
        return;
    struct seg seg = {.lane = LANE_CONTROL, .log = log->id};
    memcpy(seg.tag, open->tag, sizeof(seg.tag));
    if (!known->listed && !known->genesis_sent) {
        seg.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
        known->genesis_sent = true;
    }
    item = erasure_item(core, log, item);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_SEG, 0);
    struct segment_chain chain = {.space = core->spaces[log->space]->id, .log = log->id};
    seg_begin(&w, &seg);
    segment_wire_write(&w, &chain, item.at, item.len);
    frame_end(&w, begin);
    session_send(core, session, &w);
}

void tell_begin(struct core *core, struct session *session, struct session_space *open)
{
    open->telling = true;
    memset(open->told_to, 0, sizeof(open->told_to));
    tell_pump(core, session);
}

void tell_pump(struct core *core, struct session *session)
{
    _Static_assert(sizeof(((struct session_space *)0)->told_to) == ERASURE_PLACE_KEY, "it holds such a key");
    if (session->stage != SESSION_SYNCING)
        return;
    for (size_t s = 0; s < session->space_count; s++) {
        struct session_space *open = &session->spaces[s];
        struct space *space = open->telling ? core->spaces[open->space] : NULL;
        if (!space)
            continue;
        if (!open->opened || !space->joined || !forward_decide(space->control, &session->agency, NULL).allowed) {
            open->telling = false;
            continue;
        }
        for (size_t n = 0; n < TELL_A_STEP && open->telling && core_room(core) > TELL_ROOM; n++) {
            struct next next;
            uint64_t position;
            struct bytes item;
            open->telling = place_next(core, open->space, open->told_to[0] ? open->told_to : NULL, &next);
            if (!open->telling)
                break;
            memcpy(open->told_to, next.key, sizeof(open->told_to));
            struct log *log = erasure_place(core, next.key, &position, &item);
            if (log)
                tell_one(core, session, open, log, position, item);
        }
    }
}

void tell_each(struct core *core, const struct space *space,
               void (*put)(void *user, const struct log *log, uint64_t position, struct bytes item), void *user)
{
    uint8_t last[ERASURE_PLACE_KEY];
    struct next next;
    for (bool more = place_next(core, space->number, NULL, &next); more;
         more = place_next(core, space->number, last, &next)) {
        uint64_t position;
        struct bytes item;
        memcpy(last, next.key, sizeof(last));
        const struct log *log = erasure_place(core, last, &position, &item);
        if (log)
            put(user, log, position, item);
    }
}
