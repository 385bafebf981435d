/* tell.c — erases, and offers that are in dispute, go to a peer before anything else of a space (RULES E, L7): each segment that holds one and that the peer is
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

enum { OF_ERASES = 'p', OF_OFFERS = 'q' };

/* The place behind `last` (NULL: the first) of a space: those with erases, then those with offers (offers.h). */
static bool place_next(struct core *core, uint32_t space, const uint8_t *last, struct next *out)
{
    uint8_t prefix[5] = {last ? last[0] : OF_ERASES};
    *out = (struct next){.last = last};
    put_be32(prefix + 1, space);
    struct bytes of = {prefix, sizeof(prefix)}, from = last ? (struct bytes){last, ERASURE_PLACE_KEY} : of;
    if (core->storage.scan(core->storage.self, T_ERASURE, of, from, false, take_next, out) != MUSTER_OK)
        return false;
    if (out->found || prefix[0] == OF_OFFERS)
        return out->found;
    prefix[0] = OF_OFFERS;
    return core->storage.scan(core->storage.self, T_ERASURE, of, of, false, take_next, out) == MUSTER_OK && out->found;
}

/* Does it go out ahead of its turn?  Erases do; offers where their log is in dispute, since nobody asks for those. */
static bool goes_ahead(const struct core *core, const uint8_t key[ERASURE_PLACE_KEY])
{
    uint32_t number = get_be32(key + 5);
    return key[0] == OF_ERASES ||
           (number && number <= core->log_count && log_disputes(core->logs[number - 1], get_be64(key + 9)));
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
            struct log *log = goes_ahead(core, next.key) ? erasure_place(core, next.key, &position, &item) : NULL;
            if (log)
                tell_one(core, session, open, log, position, item);
        }
    }
}

/* To every session in which the space is open; where there is no room for it now, all of the space is told once more. */
static void tell_sessions(struct core *core, struct log *log, uint64_t position, struct bytes item)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        struct session_space *open = session && session->stage == SESSION_SYNCING ? session_space_of(session, log->space) : NULL;
        struct space *space = core->spaces[log->space];
        if (!open || !open->opened || !space->joined || !forward_decide(space->control, &session->agency, NULL).allowed)
            continue;
        if (core_room(core) > TELL_ROOM) {
            tell_one(core, session, open, log, position, item);
        } else {
            open->telling = true;
            memset(open->told_to, 0, sizeof(open->told_to));
        }
    }
}

void tell_all(struct core *core, struct log *log, uint64_t position, struct bytes item)
{
    if (log_disputes(log, position) || erasure_inside(item))
        tell_sessions(core, log, position, item);
}

void tell_forked(struct core *core, struct log *log)
{
    static const uint8_t kinds[] = {OF_ERASES, OF_OFFERS};
    uint64_t until = log->fork_told ? log->fork_told : UINT64_MAX;
    log->fork_told = log->fork_at;
    for (size_t k = 0; k < sizeof(kinds) && (log->erases || log->offers); k++) {
        uint8_t from[ERASURE_PLACE_KEY] = {kinds[k]}, last[ERASURE_PLACE_KEY];
        struct next next = {.last = NULL};
        put_be32(from + 1, log->space);
        put_be32(from + 5, log->number);
        put_be64(from + 9, log->fork_at);
        struct bytes of = {from, 9}, at = {from, 17};
        while (core->storage.scan(core->storage.self, T_ERASURE, of, at, false, take_next, &next) == MUSTER_OK && next.found &&
               get_be64(next.key + 9) < until) {
            uint64_t position;
            struct bytes item;
            memcpy(last, next.key, sizeof(last));
            if (erasure_place(core, last, &position, &item))
                tell_sessions(core, log, position, item);
            next = (struct next){.last = last};
            at = (struct bytes){last, sizeof(last)};
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
        const struct log *log = goes_ahead(core, last) ? erasure_place(core, last, &position, &item) : NULL;
        if (log)
            put(user, log, position, item);
    }
}
