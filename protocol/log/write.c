/* write.c — own records: gathered until the loop is idle, then made into segments (group commit).
 *
 * Everything that waits when the loop turns idle becomes segments of up to 256 records and one commit; a
 * flash record makes a segment of its own, first.  Nothing waits for a clock. */
#include "protocol/core_inner.h"
#include "protocol/log/opened.h"
#include "protocol/object/apply.h"
#include "protocol/object/op.h"
#include "protocol/object/quantity_inner.h"
#include "protocol/object/state.h"

#include <stdlib.h>

/* --- own logs ------------------------------------------------------------------------------------- */

/* Was the right to write taken away and given again?  What is written from now on stands in a log that was opened under
 * the new grant: nothing that follows the cut counts (RULES D2, D3). */
static bool regranted(struct core *core, struct space *space, struct log *log)
{
    if (judge_log(core, space, log))
        core->refold = true;
    return log->status == CONTROL_LOG_NO_RIGHT || (log->status == CONTROL_LOG_LIMITED && log->limit <= log->prefix);
}

enum muster_error write_life(struct core *core, struct space *space, enum log_role role)
{
    const struct own_log *own = &space->own[role];
    enum muster_error may = own->log ? life_may_write(core, space, core->logs[own->log - 1]) : MUSTER_OK;
    return may == MUSTER_ECHAIN ? MUSTER_OK : may; /* ECHAIN: a new incarnation */
}

/* The own log of a role, opened now if there is none yet: genesis, incarnation key, both in this commit. */
static enum muster_error own_log(struct core *core, struct space *space, enum log_role role, struct log **out)
{
    struct own_log *own = &space->own[role];
    struct log *before = own->log ? core->logs[own->log - 1] : NULL;
    if (before) {
        enum muster_error may = life_may_write(core, space, before);
        if (may == MUSTER_OK && role == LOG_DATA && regranted(core, space, before))
            may = MUSTER_ECHAIN;
        if (may == MUSTER_OK)
            *out = before;
        if (may != MUSTER_ECHAIN) /* ECHAIN: a new incarnation */
            return may;
    }
    uint8_t seed[32], bytes[LOG_GENESIS_MAX];
    struct log_genesis g = {.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .role = (uint8_t)role,
                            .reason = LOG_FIRST, .space = space->id, .agency = core->self,
                            .node = core->config.keys.sign};
    if (before) {
        g.reason = before->fork_at  ? LOG_FORKED
                   : before->closed ? LOG_RESTORED
                   : role == LOG_DATA && before->status != CONTROL_LOG_OPEN ? LOG_REGRANTED : LOG_UNCONFIRMED;
        g.predecessor = before->id;
        g.predecessor_position = before->prefix;
        if (before->prefix)
            g.predecessor_head = before->prefix_id;
    }
    core_draw(core, seed, sizeof(seed));
    sign_keys_from_seed(&g.incarnation, &own->secret, seed);
    crypto_wipe(seed, sizeof(seed));
    g.ctl_count = (uint8_t)control_heads(space->control, g.ctl, CTL_HEADS_MAX);
    size_t len = log_genesis_make(bytes, &g, space->exercise, &core->config.sign_secret, &own->secret);
    struct log *log = log_open(core, space, bytes, len, 0, false);
    if (!log)
        return MUSTER_EFULL;
    enum muster_error error = stage_put(core, T_KEY, log->id.b, HASH_BYTES, own->secret.b, sizeof(own->secret.b));
    if (error)
        return error;
    own->log = log_index(core, log) + 1;
    log->confirmed = true; /* opened in this boot: nobody else has its key */
    if (before)
        core_event(core, "log.incarnation", &core->self, "a new log goes on (%s)",
                   g.reason == LOG_FORKED      ? "the old one is forked"
                   : g.reason == LOG_RESTORED  ? "the old one was restored"
                   : g.reason == LOG_REGRANTED ? "the right to write was given anew"
                                               : "not confirmed yet");
    *out = log;
    return MUSTER_OK;
}

/* --- building segments ------------------------------------------------------------------------------ */

struct builder {
    struct core *core;
    struct space *space;
    struct log *log;
    struct segment_header header;
    struct writer w;
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct write_result *results[SEGMENT_RECORDS_MAX];
    const struct pending_write *writes[SEGMENT_RECORDS_MAX]; /* none for control */
    struct object_id objects[SEGMENT_RECORDS_MAX];
    struct seal_key key;
    struct quantity_batch *batch; /* made with the first quantity */
    struct opened *opened;        /* the bodies of its data records, or NULL */
};

static void builder_start(struct builder *b, enum lane lane, const struct record_id *epoch)
{
    b->header = (struct segment_header){.version = FORMAT_VERSION, .algorithm = ALGORITHM_1, .flags = (uint16_t)lane,
                                        .space = b->space->id, .log = b->log->id, .position = b->log->prefix + 1,
                                        .first_sequence = b->log->next_sequence, .prev = b->log->prefix_id};
    if (epoch)
        memcpy(b->header.epoch.b, epoch->b, HASH_BYTES);
    opened_free(b->opened);
    b->opened = epoch && b->core->opened_bytes < OPENED_BYTES_MAX ? opened_new() : NULL;
    b->w = writer_over(b->core->scratch, SEGMENT_ITEM_MAX);
    writer_skip(&b->w, SEGMENT_HEADER_BYTES);
}

/* Zeroes when the writer has named no key. */
static struct hash once_key(const struct space *space, const struct hash *once)
{
    return hash_none(once) ? *once : crypto_hash2("muster/1/once", space->id.b, HASH_BYTES, once->b, HASH_BYTES);
}

/* What the caller is told of a record that was placed; and that its key has been used (never before that). */
static void done_one(struct core *core, const struct hash *once, struct write_result *result, const struct object_id *object,
                     const struct record_id *id)
{
    uint8_t value[OBJECT_ID_BYTES + HASH_BYTES];
    result->error = MUSTER_OK;
    result->object = *object;
    result->record = *id;
    if (!hash_none(once)) {
        memcpy(value, object->b, OBJECT_ID_BYTES);
        memcpy(value + OBJECT_ID_BYTES, id->b, HASH_BYTES);
        core->stage.pool.bound = 0; /* the record is in: its key must be too */
        result->error = stage_put(core, T_ONCE, once->b, HASH_BYTES, value, sizeof(value));
        core->stage.pool.bound = PENDING_BYTES_MAX;
    }
}

static enum muster_error builder_finish(struct builder *b)
{
    if (!b->header.count)
        return MUSTER_OK;
    struct core *core = b->core;
    struct own_log *own = &b->space->own[b->log->genesis.role];
    size_t len = writer_len(&b->w);
    segment_item_finish(core->scratch, &b->header, b->ids, b->space->exercise, &own->secret);
    struct segment_id id = segment_id_of(core->scratch);
    /* log_place copies the item before anything else can use the scratch. */
    enum muster_error error = log_place(core, b->log, &b->header, core->scratch, len, &id, b->ids, 0);
    if (!error && stage_opened(core, &id, b->opened))
        b->opened = NULL; /* it goes with the segment */
    for (uint32_t i = 0; i < b->header.count && b->writes[i]; i++) {
        if (error)
            b->results[i]->error = error;
        else
            done_one(core, &b->writes[i]->once, b->results[i], &b->objects[i], &b->ids[i]);
    }
    return error;
}

/* Adds one record; ETOOBIG: it does not fit into this segment any more. */
static enum muster_error builder_add(struct builder *b, struct record_header *header, struct bytes payload,
                                     struct record_id *id)
{
    if (b->header.count == SEGMENT_RECORDS_MAX)
        return MUSTER_ETOOBIG;
    size_t before = (size_t)(b->w.at - b->w.start);
    struct segment_record record = {.header = *header, .payload = payload};
    struct writer w = b->w;
    segment_record_write(&w, &record);
    size_t after = (size_t)(w.at - w.start);
    if (w.failed || (b->header.count && after > SEGMENT_BYTES_MAX))
        return MUSTER_ETOOBIG;
    (void)before;
    b->w = w;
    uint8_t bytes[RECORD_HEADER_MAX];
    *id = record_id_of(&b->log->id, bytes, record_header_write(bytes, header));
    b->ids[b->header.count++] = *id;
    b->log->last_hlc = header->hlc;
    return MUSTER_OK;
}

/* --- control ---------------------------------------------------------------------------------------- */

enum muster_error write_control(struct core *core, struct space *space, uint8_t operation, const void *body, size_t len,
                                struct record_id *id)
{
    if (core->rehearsing) {
        *id = (struct record_id){{0}};
        return write_life(core, space, LOG_CONTROL);
    }
    struct builder *b = calloc(1, sizeof(*b));
    if (!b)
        return MUSTER_EBUSY;
    *b = (struct builder){.core = core, .space = space};
    enum muster_error error = agency_leads(core, space);
    if (!error)
        error = own_log(core, space, LOG_CONTROL, &b->log);
    if (error)
        goto out;
    builder_start(b, LANE_CONTROL, NULL);
    core->hlc = hlc_next(core->hlc, core->wall_ms);
    struct record_header header = {.version = FORMAT_VERSION, .operation = operation, .schema = 1,
                                   .flags = RECORD_CLEAR | RECORD_STRUCTURAL, .sequence = b->header.first_sequence,
                                   .hlc = core->hlc, .payload_len = (uint32_t)len,
                                   .payload_hash = payload_hash_of(body, len)};
    struct record_id heads[REFS_MAX];
    size_t count = control_heads(space->control, heads, REFS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (b->log->prefix && record_id_eq(&heads[i], &space->own_control_head))
            continue; /* the record before it in its own log is in its past already */
        header.refs[header.ref_count].role = REF_DEP;
        memcpy(header.refs[header.ref_count++].hash.b, heads[i].b, HASH_BYTES);
    }
    error = builder_add(b, &header, (struct bytes){body, len}, id);
    if (!error)
        error = builder_finish(b);
    if (!error) {
        /* Control is folded from what is stored; several operations of one command need each other at once. */
        struct record_id prev = {{0}};
        if (b->header.first_sequence > 1)
            prev = space->own_control_head;
        error = operation_read(core->operation, &header, (struct bytes){body, len}, id, &core->self, &b->log->id, &prev);
        if (!error && operation == CTL_GENESIS) {
            space->root = *id;
            control_pin(space->control, id);
        }
        if (!error)
            error = control_add(space->control, &core->operation->op);
        space->own_control_head = *id;
        space->lead = core->config.keys.sign;
        space->lead_hlc = header.hlc;
        space->dirty = true;
    }
out:
    free(b);
    return error;
}

/* --- data ------------------------------------------------------------------------------------------- */

/* A key whose record is staged, or on its way to the disk. */
static bool staged_once(const struct core *core, const uint8_t key[HASH_BYTES], struct bytes *value)
{
    const struct stage *both[] = {&core->stage, &core->flying};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = both[s]->change_count; both[s]->segment_count && i > 0; i--) {
            const struct change *change = &both[s]->changes[i - 1];
            if (change->table != T_ONCE || memcmp(change->key.at, key, HASH_BYTES) != 0)
                continue;
            *value = change->value;
            return true;
        }
    return false;
}

/* Was this agency's right to write here taken for a while?  Then some of what it wrote counts nowhere. */
static bool own_limited(const struct core *core, const struct space *space)
{
    for (size_t i = 0; i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        if (core->spaces[log->space] == space && log->genesis.role == LOG_DATA && log->status != CONTROL_LOG_OPEN &&
            agency_id_eq(&log->genesis.agency, &core->self))
            return true;
    }
    return false;
}

static bool seen_once(struct core *core, const struct hash *once, struct write_result *result)
{
    struct bytes value;
    if (hash_none(once))
        return false;
    if ((staged_once(core, once->b, &value) ||
         core->storage.get(core->storage.self, T_ONCE, (struct bytes){once->b, HASH_BYTES}, &value) == MUSTER_OK) &&
        value.len == OBJECT_ID_BYTES + HASH_BYTES) {
        memcpy(result->object.b, value.at, OBJECT_ID_BYTES);
        memcpy(result->record.b, value.at + OBJECT_ID_BYTES, HASH_BYTES);
        result->existed = true;
        return true;
    }
    return false;
}

/* A key of what counts nowhere is as good as new: its records are set aside, and whoever writes them again means it. */
static void forget_set_aside(struct core *core, const struct space *space, struct write_result *results, size_t count)
{
    struct object_stored state;
    bool any = false;
    for (size_t i = 0; i < count && !any; i++)
        any = results[i].existed;
    if (!any || !own_limited(core, space))
        return;
    for (size_t i = 0; i < count; i++)
        if (results[i].existed && object_state(core, space, &results[i].object, &state) == MUSTER_ENOTFOUND)
            results[i] = (struct write_result){.error = MUSTER_OK};
}

bool write_seen_once(struct core *core, struct space *space, const struct write_item *item, struct write_result *result)
{
    struct hash once = once_key(space, &item->once);
    if (!seen_once(core, &once, result))
        return false;
    forget_set_aside(core, space, result, 1);
    return result->existed;
}

enum { ONCE_BITS = 1 << 16 };

/* The place of a key among ONCE_BITS: keys are hashes, so two bytes of one are as good as any. */
static size_t once_bit(const struct hash *once)
{
    return ((size_t)once->b[0] << 8 | once->b[1]) % ONCE_BITS;
}

/* The same key twice before the first is in a segment: the later one gets the first one's answer. */
static const struct write_result *gathered_once(const struct space *space, const struct write_item *item)
{
    size_t bit = once_bit(&item->once);
    if (hash_none(&item->once) || !space->write_keys || !(space->write_keys[bit / 8] >> bit % 8 & 1))
        return NULL;
    for (size_t i = space->write_count; i > 0; i--)
        if (hash_eq(&space->writes[i - 1].item.once, &item->once))
            return space->writes[i - 1].result;
    return NULL;
}

/* The place of an operator's key + 1, kept as long as the core lives; EBUSY when there are too many. */
static enum muster_error operator_place(struct core *core, const struct write_operator *by, size_t *place)
{
    *place = 0;
    if (!by)
        return MUSTER_OK;
    for (size_t i = 0; i < core->operator_count && !*place; i++)
        if (memcmp(core->operators[i].key.b, by->key.b, sizeof(by->key.b)) == 0)
            *place = i + 1;
    if (*place)
        return MUSTER_OK;
    if (core->operator_count == OPERATORS_MAX)
        return MUSTER_EBUSY;
    core->operators[core->operator_count++] = *by;
    *place = core->operator_count;
    return MUSTER_OK;
}

static enum muster_error gather(struct core *core, struct space *space, const struct write_item *item,
                                struct write_result *result, const struct write_result *same_as, size_t by,
                                const struct hash *once)
{
    if (space->write_count == space->write_size) {
        size_t size = space->write_size ? space->write_size * 2 : 64;
        struct pending_write *bigger = realloc(space->writes, size * sizeof(*bigger));
        if (!bigger)
            return MUSTER_EBUSY;
        space->writes = bigger;
        space->write_size = size;
    }
    if (!space->write_keys && !(space->write_keys = calloc(1, ONCE_BITS / 8)))
        return MUSTER_EBUSY;
    struct pending_write *pending = &space->writes[space->write_count];
    pending->item = *item;
    pending->result = result;
    pending->same_as = same_as;
    pending->by = by;
    pending->once = *once;
    pending->item.body.at = pool_copy(&core->stage.pool, item->body.at, item->body.len);
    pending->item.refs = pool_copy(&core->stage.pool, item->refs, item->ref_count * sizeof(*item->refs));
    pending->item.seen = pool_copy(&core->stage.pool, item->seen, item->seen_count * sizeof(*item->seen));
    if (!pending->item.body.at || !pending->item.refs || !pending->item.seen)
        return MUSTER_EFULL;
    space->write_count++;
    size_t bit = once_bit(&item->once);
    space->write_keys[bit / 8] |= (uint8_t)(1 << bit % 8);
    return MUSTER_OK;
}

static void reply_now(struct core *core, uint64_t request, enum muster_error error)
{
    struct action *action = core_act(core, ACTION_NOTIFY);
    if (action) {
        action->notify = NOTIFY_WRITTEN;
        action->request = request;
        action->error = error;
    }
}

enum muster_error write_may(struct core *core, const struct space *space)
{
    if (!space || !space->joined)
        return MUSTER_EUNKNOWN_SPACE;
    const struct control_member *me = control_member(space->control, &core->self);
    if (!me)
        return MUSTER_ENOTMEMBER;
    if (me->right < RIGHT_WRITE)
        return MUSTER_ENORIGHT;
    if (me->suspended)
        return MUSTER_ESUSPENDED;
    const struct certified_node *node = identity_node(&core->config.identity, &core->config.keys.sign);
    if (node && node->revoked)
        return MUSTER_EREVOKED;
    return MUSTER_OK;
}

/* A log that is not confirmed yet would be left for a new one, and its rights with it (RULES I6, I8): quantities wait. */
bool write_rights_wait(struct core *core, struct space *space)
{
    uint32_t own = space->own[LOG_DATA].log;
    struct log *log = own ? core->logs[own - 1] : NULL;
    return log && !log->closed && !log->fork_at && life_may_write(core, space, log) != MUSTER_OK;
}

static enum lane lane_of(const struct write_item *item);

bool write_rests(const struct core *core, const struct write_item *items, size_t count)
{
    bool urgent = count > 0;
    for (size_t i = 0; i < count; i++)
        urgent &= lane_of(&items[i]) <= LANE_FLASH;
    return core->mono_ms < (urgent ? core->urgent_stalled_until_mono : core->stalled_until_mono);
}

struct keyed {
    struct hash once;
    size_t item;
};

static int by_once(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return memcmp(x->once.b, y->once.b, HASH_BYTES);
}

/* The keys of the items, and what those are told that have been written before.  Asked in the order of the keys: they are
 * hashes, and the pages of the table lie one behind the other then.  NULL without memory. */
static struct hash *ask_once(struct core *core, const struct space *space, const struct event *event)
{
    size_t count = event->u.write.count;
    struct keyed *keys = malloc((count ? count : 1) * sizeof(*keys));
    struct hash *once = keys ? malloc((count ? count : 1) * sizeof(*once)) : NULL;
    for (size_t i = 0; once && i < count; i++) {
        once[i] = once_key(space, &event->u.write.items[i].once);
        keys[i] = (struct keyed){once[i], i};
        event->u.write.results[i] = (struct write_result){.error = MUSTER_OK};
    }
    if (once && count)
        qsort(keys, count, sizeof(*keys), by_once);
    for (size_t i = 0; once && i < count; i++)
        (void)seen_once(core, &keys[i].once, &event->u.write.results[keys[i].item]);
    if (once)
        forget_set_aside(core, space, event->u.write.results, count);
    free(keys);
    return once;
}

void write_gather(struct core *core, const struct event *event)
{
    struct space *space = space_find(core, &event->u.write.space);
    size_t by = 0;
    struct hash *once = NULL;
    enum muster_error error = write_may(core, space);
    if (!error && core->behind)
        error = MUSTER_EVIEWS; /* rights and promises are judged by the views */
    if (!error && write_rests(core, event->u.write.items, event->u.write.count))
        error = MUSTER_EFULL;
    if (!error)
        error = operator_place(core, event->u.write.by, &by);
    if (!error && !(once = ask_once(core, space, event)))
        error = MUSTER_EBUSY;
    if (error) {
        reply_now(core, event->u.write.request, error);
        return;
    }
    for (size_t i = 0; i < event->u.write.count; i++) {
        const struct write_item *item = &event->u.write.items[i];
        struct write_result *result = &event->u.write.results[i];
        if (item->ref_count > REFS_MAX - 4 || item->seen_count > OBJECT_HEADS_MAX)
            *result = (struct write_result){.error = MUSTER_ETOOBIG};
        else if (result->existed)
            continue;
        else if (object_op_is_quantity(item->operation) && write_rights_wait(core, space))
            result->error = MUSTER_EUNCONFIRMED;
        else
            result->error = gather(core, space, item, result, gathered_once(space, item), by, &once[i]);
    }
    free(once);
    /* The answer goes out with the commit that holds the records; with an empty one if there is nothing to store. */
    stage_reply(core, event->u.write.request, false, &space->id, NULL);
}

static bool is_erasure(const struct write_item *item)
{
    return item->operation == OP_ERASE || item->operation == OP_HOLD || item->operation == OP_UNHOLD;
}

static enum lane lane_of(const struct write_item *item)
{
    return is_erasure(item) ? LANE_CONTROL : item->flash ? LANE_FLASH : LANE_ROUTINE;
}

static enum muster_error seal_one(struct builder *b, const struct pending_write *pending, struct record_header *header,
                                  uint8_t *payload, size_t *len)
{
    struct core *core = b->core;
    const struct write_item *item = &pending->item;
    core->hlc = hlc_next(core->hlc, core->wall_ms);
    *header = (struct record_header){.version = FORMAT_VERSION, .operation = item->operation, .kind = item->kind,
                                     .schema = item->schema, .sequence = b->header.first_sequence + b->header.count,
                                     .hlc = core->hlc, .mask = item->mask, .object = item->object};
    struct bytes body = item->body;
    uint8_t made[QUANTITY_BODY_MAX];
    if (object_op_is_quantity(item->operation)) {
        header->mask = 0;
        body.at = made;
        if (!b->batch && !(b->batch = calloc(1, sizeof(*b->batch))))
            return MUSTER_EBUSY;
        enum muster_error error =
            quantity_prepare(core, b->space, b->log, item, b->batch, header, made, &body.len);
        if (error)
            return error;
    } else if (item->operation == OP_CREATE) {
        header->object = object_id_of(&b->log->id, header->sequence, header->hlc);
    } else {
        enum muster_error error = write_refer(core, b->space, b->log, item, header);
        if (error)
            return error;
    }
    if (item->joint && item->operation == OP_CREATE)
        header->flags |= RECORD_JOINT;
    if (!object_op_is_erasable(item->operation))
        header->flags |= RECORD_STRUCTURAL;
    struct seal_nonce nonce;
    core_draw(core, nonce.b, sizeof(nonce.b));
    struct payload_operator signed_by;
    const struct write_operator *by = pending->by ? &core->operators[pending->by - 1] : NULL;
    if (by)
        payload_operator_sign(&signed_by, &by->key, &by->secret, &b->space->id, &b->log->id, header, body);
    return payload_seal_by(core->codec, payload, len, body, &b->log->id, header, &nonce, &b->key, by ? &signed_by : NULL);
}

/* Writes those of the gathered items that go in that lane. */
static enum muster_error flush_lane(struct builder *b, enum lane lane, const struct record_id *epoch, uint8_t *payload)
{
    enum muster_error error = MUSTER_OK;
    builder_start(b, lane, epoch);
    for (size_t i = 0; i < b->space->write_count && !error; i++) {
        struct pending_write *pending = &b->space->writes[i];
        if (lane_of(&pending->item) != lane || pending->same_as)
            continue;
        for (int attempt = 0; attempt < 2; attempt++) {
            size_t prepared = b->batch ? b->batch->count : 0;
            struct record_header header;
            struct record_id id;
            size_t len;
            pending->result->error = seal_one(b, pending, &header, payload, &len);
            if (pending->result->error)
                break; /* this one is refused, the others go on */
            pending->result->error = builder_add(b, &header, (struct bytes){payload, len}, &id);
            if (!pending->result->error) {
                if (!object_op_is_quantity(pending->item.operation)) /* whose body is made, and gone */
                    opened_add(&b->opened, b->header.count - 1, &header, &id, pending->item.body);
                b->writes[b->header.count - 1] = pending;
                b->results[b->header.count - 1] = pending->result;
                b->objects[b->header.count - 1] = header.object;
                pending->result->error = MUSTER_EWAITS; /* until its segment is placed */
                break;
            }
            if (b->batch)
                b->batch->count = prepared; /* it is not in: what it would have spent is not spent */
            if (!b->header.count)
                break; /* too big for a segment of its own */
            error = builder_finish(b);
            if (error)
                break;
            builder_start(b, lane, epoch);
        }
        if (lane == LANE_FLASH && !error) {
            error = builder_finish(b);
            builder_start(b, LANE_FLASH, epoch);
        }
    }
    return error ? error : builder_finish(b);
}

static void flush_space(struct core *core, struct space *space)
{
    struct builder *b = calloc(1, sizeof(*b));
    uint8_t *payload = malloc(PAYLOAD_BYTES_MAX);
    struct record_id epoch;
    enum muster_error error = b && payload ? MUSTER_OK : MUSTER_EBUSY;
    for (size_t i = 0; i < space->write_count; i++)
        space->writes[i].result->error = MUSTER_EWAITS;
    if (!error) {
        *b = (struct builder){.core = core, .space = space};
        error = space_writable_epoch(core, space, &epoch, &b->key);
    }
    if (!error)
        error = own_log(core, space, LOG_DATA, &b->log);
    static const enum lane lanes[] = {LANE_CONTROL, LANE_FLASH, LANE_ROUTINE}; /* erases in segments of their own, first */
    for (size_t i = 0; i < ARRAY_LEN(lanes) && !error; i++)
        error = flush_lane(b, lanes[i], &epoch, payload);
    for (size_t i = 0; i < space->write_count; i++)
        if (space->writes[i].same_as) {
            *space->writes[i].result = *space->writes[i].same_as;
            space->writes[i].result->existed = true;
        }
    for (size_t i = 0; i < space->write_count && error; i++)
        if (space->writes[i].result->error == MUSTER_EWAITS) /* what was placed before stays placed */
            space->writes[i].result->error = error;
    space->write_count = 0;
    if (space->write_keys)
        memset(space->write_keys, 0, ONCE_BITS / 8);
    if (b) {
        crypto_wipe(&b->key, sizeof(b->key));
        opened_free(b->opened);
        free(b->batch);
    }
    free(payload);
    free(b);
}

void write_flush(struct core *core)
{
    if (core->in_flight)
        return; /* what comes meanwhile makes the next, fuller segment */
    for (size_t i = 0; i < core->space_count; i++)
        if (core->spaces[i]->write_count)
            flush_space(core, core->spaces[i]);
}
