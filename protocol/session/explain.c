#include "protocol/session/explain.h"

#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"
#include "protocol/object/look.h"
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

static const struct {
    const char *name, *says, *change;
} rules[] = {
#define X(constant, name, says, change) [EXPLAIN_##constant] = {name, says, change},
    EXPLAIN_RULES(X)
#undef X
};

const char *explain_rule_name(enum explain_rule rule)
{
    return (size_t)rule < ARRAY_LEN(rules) ? rules[rule].name : "unknown";
}

const char *explain_rule_says(enum explain_rule rule)
{
    return (size_t)rule < ARRAY_LEN(rules) ? rules[rule].says : "unknown";
}

const char *explain_rule_change(enum explain_rule rule)
{
    return (size_t)rule < ARRAY_LEN(rules) ? rules[rule].change : "";
}

const char *explain_reading_name(enum explain_reading reading)
{
    static const char *const names[] = {[READING_YES] = "reads", [READING_RELAY] = "carries", [READING_BEFORE] = "sealed-before",
                                        [READING_NO_READER] = "no"};
    return (size_t)reading < ARRAY_LEN(names) ? names[reading] : "unknown";
}

/* --- the record -------------------------------------------------------------------------------------------------------------- */

struct where {
    struct log *log;
    struct segment_header segment;
    struct segment_record record; /* borrowed from the store */
    struct record_id id;
};

/* The record that is asked about, or the newest that sets the object's content. */
static enum muster_error find(struct core *core, struct space *space, const struct object_id *object,
                              const struct record_id *record, struct where *out)
{
    struct object_look look;
    struct bytes item;
    enum muster_error error = look_at(core, space, object, &look);
    if (error)
        return error;
    size_t best = look.count;
    for (size_t i = 0; i < look.count; i++) {
        bool fits = record_id_none(record) ? object_op_is_content(look.records[i].op) : record_id_eq(&look.records[i].id, record);
        if (fits && (best == look.count || look.records[i].hlc > look.records[best].hlc))
            best = i;
    }
    if (best == look.count)
        error = MUSTER_ENOTFOUND;
    if (!error)
        error = stored_item(core, look.held[best].arrival, &out->log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, look.held[best].index, &out->segment, &out->record);
    if (!error)
        out->id = look.records[best].id;
    object_look_free(&look);
    return error;
}

enum { WAITING_LOOKED_AT = 4096 }; /* segments that are in no view */

struct waiting {
    uint64_t arrivals[WAITING_LOOKED_AT];
    size_t count;
};

static bool collect(void *user, struct bytes key, struct bytes value)
{
    struct waiting *w = user;
    (void)value;
    if (key.len == 13)
        w->arrivals[w->count++] = get_be64(key.at + 5);
    return w->count < WAITING_LOOKED_AT;
}

static bool in_segment(const struct bytes *item, const struct object_id *object, const struct record_id *record, struct where *out)
{
    struct segment_header header;
    struct cursor records;
    uint8_t bytes[RECORD_HEADER_MAX];
    if (segment_item_open(&header, &records, item->at, item->len) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < header.count; i++) {
        struct segment_record r;
        if (segment_record_read(&records, header.first_sequence + i, &r) != MUSTER_OK)
            return false;
        struct record_id id = record_id_of(&out->log->id, bytes, record_header_write(bytes, &r.header));
        if (!object_id_eq(&r.header.object, object) || (!record_id_none(record) && !record_id_eq(&id, record)))
            continue;
        out->segment = header;
        out->record = r;
        out->id = id;
        return true;
    }
    return false;
}

/* What a limit or a fork has taken out of the views, or what waits for its key: in no view, and held all the same. */
static enum muster_error find_waiting(struct core *core, struct space *space, const struct object_id *object,
                                      const struct record_id *record, struct where *out)
{
    struct waiting *w = calloc(1, sizeof(*w));
    uint8_t prefix[5] = {'w'};
    struct bytes item, from = {prefix, sizeof(prefix)};
    put_be32(prefix + 1, space->number);
    enum muster_error error = w ? core->storage.scan(core->storage.self, T_APPLIED, from, from, false, collect, w) : MUSTER_EBUSY;
    bool found = false;
    for (size_t i = 0; !error && i < w->count && !found; i++)
        found = stored_item(core, w->arrivals[i], &out->log, &item) == MUSTER_OK && in_segment(&item, object, record, out);
    free(w);
    return error ? error : found ? MUSTER_OK : MUSTER_ENOTFOUND;
}

/* --- the peer ------------------------------------------------------------------------------------------------------------------ */

static bool serves(const struct session *session, uint32_t log, uint64_t position)
{
    for (size_t i = 0; i < session->serve_count; i++)
        if (session->serve[i].log == log && session->serve[i].next <= position && position <= session->serve[i].last)
            return true;
    return false;
}

/* What the sessions with nodes of that agency know; the best of them counts. */
static enum explain_rule connected(struct core *core, const struct agency_id *peer, const struct where *where, uint64_t *prefix)
{
    enum explain_rule best = EXPLAIN_DOWN;
    uint32_t log = log_index(core, where->log);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING || !agency_id_eq(&session->agency, peer))
            continue;
        struct session_space *open = session_space_of(session, where->log->space);
        const struct session_log *known = log < session->log_size ? &session->logs[log] : NULL;
        enum explain_rule rule = EXPLAIN_NOT_ASKED;
        if (known && known->their_prefix > *prefix)
            *prefix = known->their_prefix;
        if (!open || !open->opened)
            rule = EXPLAIN_NOT_OPEN;
        else if (serves(session, log, where->segment.position) || (known && known->given_to >= where->segment.position))
            rule = EXPLAIN_ON_ITS_WAY;
        if (rule < best)
            best = rule;
    }
    return *prefix >= where->segment.position ? EXPLAIN_HOLDS : best;
}

static enum explain_reading reading(struct space *space, const struct agency_id *peer, const struct where *where)
{
    const struct control_member *m = control_member(space->control, peer);
    struct record_id epoch;
    if (m && m->right == RIGHT_RELAY && !m->suspended)
        return READING_RELAY;
    if (!epoch_reader(space->control, peer))
        return READING_NO_READER;
    memcpy(epoch.b, where->segment.epoch.b, HASH_BYTES);
    if ((where->record.header.flags & RECORD_CLEAR) || epoch_may_deliver(space->control, &epoch, peer))
        return READING_YES;
    return READING_BEFORE;
}

/* --- the answer ---------------------------------------------------------------------------------------------------------------- */

static enum explain_rule decide(struct core *core, struct space *space, const struct agency_id *peer, const struct where *where,
                                struct explanation *out)
{
    uint64_t position = where->segment.position;
    out->forward = forward_decide(space->control, peer, NULL);
    if (!out->forward.allowed)
        return out->forward.rule == FORWARD_SUSPENDED ? EXPLAIN_SUSPENDED
               : out->forward.rule == FORWARD_REMOVED ? EXPLAIN_REMOVED
                                                      : EXPLAIN_NOT_A_MEMBER;
    if (where->log->status == CONTROL_LOG_NO_RIGHT)
        return EXPLAIN_NO_RIGHT;
    if (log_limits(where->log, position))
        return EXPLAIN_QUARANTINED;
    if (log_disputes(where->log, position))
        return EXPLAIN_DISPUTED;
    if (!where->record.payload.at || erasure_hides(core, where->log, &where->record.header, &where->id))
        return EXPLAIN_ERASED; /* a hold may keep the bytes here: they are not sent (E4, E5) */
    if (agency_id_eq(peer, &where->log->genesis.agency))
        return EXPLAIN_AUTHOR;
    out->prefix = bundle_ack(core, peer, where->log);
    enum explain_rule rule = connected(core, peer, where, &out->prefix);
    return rule == EXPLAIN_DOWN && !out->since_ms ? EXPLAIN_NEVER_MET : rule;
}

enum muster_error core_explain(struct core *core, uint32_t number, const struct agency_id *peer, const struct object_id *object,
                               const struct record_id *record, struct explanation *out)
{
    struct where where;
    *out = (struct explanation){.rule = EXPLAIN_NOT_A_MEMBER};
    if (number >= core->space_count || !core->spaces[number]->joined)
        return MUSTER_EUNKNOWN_SPACE;
    struct space *space = core->spaces[number];
    enum muster_error error = find(core, space, object, record, &where);
    if (error == MUSTER_ENOTFOUND)
        error = find_waiting(core, space, object, record, &where);
    if (error)
        return error;
    const struct agency *agency = agency_find(core, peer);
    out->record = where.id;
    out->log = where.log->id;
    out->author = where.log->genesis.agency;
    out->position = where.segment.position;
    out->since_ms = agency ? agency->last_met_ms : 0;
    out->reading = reading(space, peer, &where);
    out->rule = decide(core, space, peer, &where, out);
    return MUSTER_OK;
}
