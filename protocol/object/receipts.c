/* receipts.c — what is erased of an object, by whom, and which member is known to hold that erase. */
#include "protocol/object/erasure.h"

#include "base/pack.h"
#include "protocol/object/apply.h"
#include "protocol/session/bundle_inner.h"

#include <stdlib.h>

size_t core_erasure_records(struct core *core, uint32_t space, const struct object_id *object, struct erasure_record *out,
                            size_t max)
{
    struct object_look look;
    size_t count = 0;
    if (core_object_look(core, space, object, &look) != MUSTER_OK)
        return 0;
    for (size_t i = 0; i < look.count && count < max; i++) {
        struct log *log;
        struct bytes item;
        struct segment_header segment;
        struct segment_record record;
        if (stored_item(core, look.held[i].arrival, &log, &item) != MUSTER_OK ||
            segment_item_record(item.at, item.len, look.held[i].index, &segment, &record) != MUSTER_OK)
            continue;
        bool lies = record.payload.at != NULL;
        out[count++] = (struct erasure_record){.id = look.records[i].id, .by = look.records[i].by, .log = log->id,
                                               .operation = look.records[i].op, .sequence = look.records[i].seq,
                                               .hlc = look.records[i].hlc,
                                               .erasable = object_op_is_erasable(look.records[i].op),
                                               .erased = erasure_hides(core, log, &look.held[i].header, &look.records[i].id),
                                               .held = erasure_keeps(core, log, &look.held[i].header, &look.records[i].id),
                                               .bytes = lies};
    }
    object_look_free(&look);
    return count;
}

/* --- who said so ----------------------------------------------------------------------------------------------------- */

struct receipt_said {
    struct core *core;
    struct erasure_said *out;
    size_t count, max;
};

enum { SAID_TARGET = 1 + 4 + OBJECT_ID_BYTES, SAID_OPERATION = SAID_TARGET + HASH_BYTES, SAID_RECORD = SAID_OPERATION + 1 + HASH_BYTES };

static bool add_said(void *user, struct bytes key, struct bytes value)
{
    struct receipt_said *s = user;
    if (key.len != ERASURE_TARGET_KEY || value.len < 12 || !get_be32(value.at) || get_be32(value.at) > s->core->log_count)
        return true;
    for (size_t i = 0; i < s->count; i++) /* one record with several targets: once */
        if (memcmp(s->out[i].id.b, key.at + SAID_RECORD, HASH_BYTES) == 0)
            return true;
    struct erasure_said *said = &s->out[s->count++];
    *said = (struct erasure_said){.operation = key.at[SAID_OPERATION], .log = get_be32(value.at),
                                  .position = get_be64(value.at + 4), .counts = true};
    memcpy(said->id.b, key.at + SAID_RECORD, HASH_BYTES);
    memcpy(said->by.b, key.at + SAID_OPERATION + 1, HASH_BYTES);
    memcpy(said->segment, value.at + 12, value.len >= 12 + HASH_BYTES ? HASH_BYTES : 0);
    return s->count < s->max;
}

/* Why, as the record says it: a word, if this node can read it. */
static void read_ground(struct core *core, struct erasure_said *said, struct bytes item)
{
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    struct log *log = core->logs[said->log - 1];
    for (uint32_t i = 0; segment_item_record(item.at, item.len, i, &header, &record) == MUSTER_OK; i++) {
        struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
        struct bytes body, word;
        if (!record_id_eq(&id, &said->id) || open_body(core, log, &header, &record, &body) != MUSTER_OK ||
            pack_check(body.at, body.len) != MUSTER_OK ||
            !pack_get_run(body, log->genesis.role == LOG_DATA ? 1 : OK_GROUND, &word) || word.len >= sizeof(said->ground))
            continue;
        memcpy(said->ground, word.at, word.len);
        for (size_t c = 0; c < word.len; c++) /* others write too: nothing but a word is shown */
            if (!((word.at[c] >= 'a' && word.at[c] <= 'z') || word.at[c] == '-'))
                memset(said->ground, 0, sizeof(said->ground));
        return;
    }
}

/* A control operation: where it stands. */
static void add_operation(struct receipt_said *s, const struct space *space, const struct record_id *id, uint8_t number, bool counts)
{
    struct core *core = s->core;
    struct control_entry e;
    for (size_t i = 0; i < s->count; i++)
        if (record_id_eq(&s->out[i].id, id))
            return;
    if (s->count == s->max || !control_entry_of(space->control, id, &e))
        return;
    struct erasure_said *said = &s->out[s->count++];
    *said = (struct erasure_said){.id = *id, .by = e.by, .operation = number, .counts = counts};
    for (size_t l = 0; l < core->log_count; l++)
        for (size_t o = 0; core->logs[l]->space == space->number && o < core->logs[l]->op_count; o++)
            if (record_id_eq(&core->logs[l]->ops[o].id, id)) {
                said->log = core->logs[l]->number;
                said->position = core->logs[l]->ops[o].position;
            }
}

size_t core_erasures(struct core *core, uint32_t number, const struct object_id *object, struct erasure_said *out, size_t max)
{
    struct receipt_said s = {core, out, 0, max};
    uint8_t key[SAID_TARGET] = {'t'};
    if (number >= core->space_count || !max)
        return 0;
    struct space *space = core->spaces[number];
    object_key(key + 1, space, object);
    struct bytes prefix = {key, sizeof(key)};
    if (core->storage.scan(core->storage.self, T_ERASURE, prefix, prefix, false, add_said, &s) != MUSTER_OK)
        return 0;
    for (size_t i = 0; i < s.count; i++) {
        struct erasure_said *said = &out[i];
        uint8_t place[ERASURE_PLACE_KEY] = {'p'};
        struct bytes item;
        uint64_t position;
        put_be32(place + 1, space->number);
        put_be32(place + 5, said->log);
        put_be64(place + 9, said->position);
        memcpy(place + 17, said->segment, HASH_BYTES);
        if (erasure_place(core, place, &position, &item))
            read_ground(core, said, item);
        said->lifted = said->operation == OP_HOLD && erasure_lifted(core, space, object, &said->id);
    }
    size_t records = s.count;
    for (size_t i = 0; i < space->majority_count; i++)
        if (object_id_eq(&space->majority[i].object, object))
            add_operation(&s, space, &space->majority[i].operation, space->majority[i].number, space->majority[i].counts);
    struct object_look look;
    if (space->retention_count && look_at(core, space, object, &look) == MUSTER_OK) {
        for (size_t r = 0; r < space->retention_count; r++)
            for (size_t i = 0; i < look.count; i++)
                if (log_id_eq(&look.records[i].log, &space->retention[r].log) &&
                    look.records[i].seq <= space->retention[r].sequence)
                    add_operation(&s, space, &space->retention[r].operation, CTL_RETAIN,
                                  control_judge(space->control, &space->retention[r].operation).verdict == CONTROL_EFFECTIVE);
        object_look_free(&look);
    }
    for (size_t i = records; i < s.count; i++) {
        struct bytes item;
        out[i].lifted = out[i].operation == CTL_HOLD && control_lifted(space->control, &out[i].id);
        if (out[i].log && log_stored_at(core, core->logs[out[i].log - 1], out[i].position, &item) == MUSTER_OK)
            read_ground(core, &out[i], item);
    }
    return s.count;
}

/* --- who holds it ---------------------------------------------------------------------------------------------------- */

enum erasure_receipt core_erasure_receipt(struct core *core, const struct erasure_said *said, const struct agency_id *agency)
{
    if (!said->log || said->log > core->log_count)
        return RECEIPT_NONE;
    const struct log *log = core->logs[said->log - 1];
    bool told = false;
    if (agency_id_eq(agency, &core->self))
        return RECEIPT_HOLDS;
    if (bundle_ack(core, agency, log) >= said->position)
        return RECEIPT_HOLDS;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING || !agency_id_eq(&session->agency, agency) ||
            log_index(core, log) >= session->log_size)
            continue;
        const struct session_log *known = &session->logs[log_index(core, log)];
        const struct session_space *open = session_space_of(session, log->space);
        if (known->their_prefix >= said->position)
            return RECEIPT_HOLDS;
        told |= known->given_to >= said->position || (open && open->told_to[0] && !open->telling);
    }
    return told ? RECEIPT_TOLD : RECEIPT_NONE;
}

/* --- what retention would take ---------------------------------------------------------------------------------------- */

struct ages {
    struct core *core;
    uint64_t before_hlc;
    struct retention_due *due;
    bool past;
};

static bool see_position(void *user, struct bytes key, struct bytes value)
{
    struct ages *a = user;
    struct segment_header header;
    struct segment_record record;
    struct log *log;
    struct bytes item;
    struct cursor c;
    (void)key;
    if (value.len < 8 || stored_item(a->core, get_be64(value.at), &log, &item) != MUSTER_OK ||
        segment_item_open(&header, &c, item.at, item.len) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < header.count && !a->past; i++) {
        if (segment_record_skim(&c, header.first_sequence + i, &record) != MUSTER_OK)
            return false;
        a->past = record.header.hlc >= a->before_hlc;
        if (a->past)
            break;
        a->due->sequence = record.header.sequence;
        a->due->records += object_op_is_erasable(record.header.operation) && record.payload.at != NULL &&
                           record.header.sequence > log->retained;
    }
    return !a->past;
}

size_t core_retention_due(struct core *core, uint32_t number, uint64_t before_ms, struct retention_due *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < core->log_count && count < max; i++) {
        const struct log *log = core->logs[i];
        if (log->space != number || log->genesis.role != LOG_DATA || log->status == CONTROL_LOG_NO_RIGHT)
            continue;
        struct retention_due due = {.log = log->id, .by = log->genesis.agency};
        struct ages ages = {core, before_ms << 16, &due, false};
        uint8_t prefix[4];
        put_be32(prefix, log->number);
        if (core->storage.scan(core->storage.self, T_POSITION, (struct bytes){prefix, 4}, (struct bytes){prefix, 4}, false,
                               see_position, &ages) == MUSTER_OK &&
            due.records)
            out[count++] = due;
    }
    return count;
}
