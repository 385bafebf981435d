/* prove.c — gathers what a proof of a stored record needs, for core_proof.
 *
 * What storage lends ends with the next look at it, so every piece is copied.  The proof is read again before it is given
 * away: a node hands out nothing that it would refuse itself. */
#include "protocol/log/proof.h"
#include "protocol/object/apply.h"
#include "protocol/object/erasure.h"
#include "protocol/object/fold.h"

#include <stdlib.h>

enum { LABEL_AT = 13, WITNESSES_EACH = PROOF_WITNESSES_MAX / 2 };

/* A record of the object, as T_RECORD lists it. */
struct listed {
    uint64_t arrival, hlc;
    uint16_t index;
    uint8_t operation;
};

struct listing {
    struct listed *at;
    size_t count, size;
    bool failed;
};

/* One record with copies of all that a part is made of. */
struct gathered {
    struct proof_source source;
    struct segment_header segment;
    struct segment_record record;
    struct record_id id;
    struct log *log;
    struct card card;
    uint8_t header[RECORD_HEADER_MAX], segment_bytes[SEGMENT_HEADER_BYTES];
    uint8_t following[PROOF_FOLLOWING_MAX][SEGMENT_HEADER_BYTES];
    uint8_t wrap[RECORD_WRAP_BYTES];
};

static bool list_one(void *user, struct bytes key, struct bytes value)
{
    struct listing *l = user;
    if (key.len != RECORD_KEY || value.len != RECORD_VALUE)
        return true;
    if (l->count == l->size) {
        size_t size = l->size ? l->size * 2 : 16;
        struct listed *bigger = size <= OBJECT_RECORDS_MAX * 2 ? realloc(l->at, size * sizeof(*bigger)) : NULL;
        l->failed = !bigger;
        if (!bigger)
            return false;
        l->at = bigger;
        l->size = size;
    }
    l->at[l->count++] = (struct listed){.arrival = get_be64(key.at + OBJECT_KEY),
                                        .hlc = get_le64(value.at + LABEL_AT),
                                        .index = (uint16_t)(key.at[OBJECT_KEY + 8] << 8 | key.at[OBJECT_KEY + 9]),
                                        .operation = value.at[0]};
    return true;
}

static int by_label(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    if (x->hlc != y->hlc)
        return x->hlc < y->hlc ? -1 : 1;
    return x->arrival != y->arrival ? (x->arrival < y->arrival ? -1 : 1) : (int)x->index - (int)y->index;
}

/* at is the caller's to free. */
static enum muster_error list_records(struct core *core, uint32_t space, const struct object_id *object,
                                      struct listing *out)
{
    uint8_t key[OBJECT_KEY];
    *out = (struct listing){NULL, 0, 0, false};
    if (space >= core->space_count)
        return MUSTER_EUNKNOWN_SPACE;
    object_key(key, core->spaces[space], object);
    struct bytes prefix = {key, sizeof(key)};
    enum muster_error error = core->storage.scan(core->storage.self, T_RECORD, prefix, prefix, false, list_one, out);
    if (!error && out->failed)
        error = MUSTER_EBUSY;
    if (!error && !out->count)
        error = MUSTER_ENOTFOUND;
    if (!error)
        qsort(out->at, out->count, sizeof(*out->at), by_label);
    return error;
}

/* The headers behind a segment whose own signature does not fit (it came in a run). */
static enum muster_error gather_following(struct core *core, struct gathered *g, bool exercise)
{
    const uint8_t *last = g->segment_bytes;
    struct bytes item;
    while (segment_verify(last, exercise, &g->log->genesis.incarnation) != MUSTER_OK) {
        size_t n = g->source.following_count;
        if (n == PROOF_FOLLOWING_MAX || !log_holds(g->log, g->segment.position + n + 1))
            return MUSTER_ESIGNATURE;
        enum muster_error error = log_item_at(core, g->log, g->segment.position + n + 1, &item);
        if (error)
            return error;
        memcpy(g->following[n], item.at, SEGMENT_HEADER_BYTES);
        g->source.following[n] = last = g->following[n];
        g->source.following_count++;
    }
    return MUSTER_OK;
}

static enum muster_error gather_agency(struct core *core, struct gathered *g)
{
    const struct agency_id *id = &g->log->genesis.agency;
    const struct agency *agency = agency_find(core, id);
    struct bytes bytes = core->config.card;
    if (!agency_id_eq(id, &core->self)) {
        if (!agency)
            return MUSTER_EUNKNOWN_AGENCY;
        bytes = (struct bytes){agency->card, agency->card_len};
    }
    enum muster_error error = card_read(&g->card, bytes.at, bytes.len);
    return error ? error : proof_certify(&g->source, &g->card, &g->log->genesis.node);
}

/* All but what needs another look at storage. */
static enum muster_error gather_item(struct gathered *g, struct log *log, struct bytes item, uint16_t index)
{
    struct record_id ids[SEGMENT_RECORDS_MAX];
    struct hash leaves[SEGMENT_RECORDS_MAX];
    enum muster_error error = segment_item_check(item.at, item.len, ids);
    if (!error)
        error = segment_item_record(item.at, item.len, index, &g->segment, &g->record);
    if (error)
        return error;
    memcpy(leaves, ids, g->segment.count * sizeof(*leaves));
    g->log = log;
    g->id = ids[index];
    g->source.header = (struct bytes){g->header, record_header_write(g->header, &g->record.header)};
    g->source.path_count = merkle_path(g->source.path, leaves, g->segment.count, index);
    memcpy(g->segment_bytes, item.at, SEGMENT_HEADER_BYTES);
    g->source.segment = g->segment_bytes;
    g->source.genesis = (struct bytes){log->genesis_bytes, log->genesis_len};
    if (g->record.wrap.at) {
        memcpy(g->wrap, g->record.wrap.at, sizeof(g->wrap));
        g->record.wrap.at = g->wrap;
    }
    return MUSTER_OK;
}

static enum muster_error gather(struct core *core, struct gathered *g, const struct listed *at)
{
    struct bytes item;
    struct log *log;
    memset(g, 0, sizeof(*g));
    enum muster_error error = stored_item(core, at->arrival, &log, &item);
    return error ? error : gather_item(g, log, item, at->index);
}

static enum muster_error gather_rest(struct core *core, struct gathered *g)
{
    enum muster_error error = gather_following(core, g, core->spaces[g->log->space]->exercise);
    return error ? error : gather_agency(core, g);
}

/* The key of this record alone.  The epoch's key does not leave this function. */
static enum muster_error opening_key(struct core *core, const struct gathered *g, struct proof_opening *opening)
{
    struct seal_key epoch_key, own = {{0}};
    struct message_key message;
    struct record_id epoch;
    memcpy(epoch.b, g->segment.epoch.b, HASH_BYTES);
    if (!space_key(core->spaces[g->log->space], &epoch, &epoch_key))
        return MUSTER_ENOKEY;
    enum muster_error error;
    if (g->record.header.flags & RECORD_PERSONAL) {
        error = g->record.wrap.at ? payload_unwrap(&own, g->record.wrap, &g->log->id, &g->record.header, &epoch_key)
                                  : MUSTER_ENOKEY;
        memcpy(opening->key, own.b, sizeof(opening->key));
    } else {
        error = payload_message_key(&message, opening->payload, &epoch_key);
        if (!error)
            memcpy(opening->key, message.b, sizeof(opening->key));
        crypto_wipe(&message, sizeof(message));
    }
    crypto_wipe(&own, sizeof(own));
    crypto_wipe(&epoch_key, sizeof(epoch_key));
    return error;
}

/* payload holds PAYLOAD_BYTES_MAX.  Looks at storage again: the record was copied, its payload was not. */
static enum muster_error open_to_all(struct core *core, const struct gathered *g, const struct listed *at,
                                     uint8_t *payload, struct proof_opening *opening)
{
    struct bytes item;
    struct log *log;
    struct segment_header header;
    struct segment_record record;
    enum muster_error error = stored_item(core, at->arrival, &log, &item);
    if (!error)
        error = segment_item_record(item.at, item.len, at->index, &header, &record);
    if (error)
        return error;
    if (!record.payload.at || erasure_hides(core, log, &record.header, NULL))
        return MUSTER_EERASED;
    memcpy(payload, record.payload.at, record.payload.len);
    *opening =
        (struct proof_opening){.payload = {payload, record.payload.len}, .clear = record.header.flags & RECORD_CLEAR};
    return opening->clear ? MUSTER_OK : opening_key(core, g, opening);
}

static bool record_names(const struct record_header *header, const struct record_id *id)
{
    for (size_t i = 0; i < header->ref_count; i++)
        if (memcmp(header->refs[i].hash.b, id->b, HASH_BYTES) == 0)
            return true;
    return false;
}

/* The operation that opened the record's epoch, if another agency wrote it: it was there before. */
static bool gather_epoch(struct core *core, struct gathered *witness, const struct gathered *record)
{
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        struct record_id ids[SEGMENT_RECORDS_MAX];
        struct bytes item;
        if (log->genesis.role != LOG_CONTROL || log->space != record->log->space ||
            agency_id_eq(&log->genesis.agency, &record->log->genesis.agency))
            continue;
        for (size_t k = 0; k < log->op_count; k++) {
            if (memcmp(log->ops[k].id.b, record->segment.epoch.b, HASH_BYTES) != 0 ||
                log_item_at(core, log, log->ops[k].position, &item) != MUSTER_OK ||
                segment_item_check(item.at, item.len, ids) != MUSTER_OK)
                continue;
            for (uint16_t at = 0; at < SEGMENT_RECORDS_MAX; at++)
                if (record_id_eq(&ids[at], &log->ops[k].id)) {
                    memset(witness, 0, sizeof(*witness));
                    return gather_item(witness, log, item, at) == MUSTER_OK && gather_rest(core, witness) == MUSTER_OK;
                }
        }
    }
    return false;
}

/* Records of the object by other agencies that name the record (the earliest ones) or that it names (the latest), and
 * the epoch it was written in. */
static size_t gather_witnesses(struct core *core, const struct listing *list, const struct gathered *record,
                               struct gathered *witnesses)
{
    size_t count = 0, each = 0;
    for (size_t i = 0; i < list->count && each < WITNESSES_EACH; i++) {
        struct gathered *w = &witnesses[count];
        if (gather(core, w, &list->at[i]) == MUSTER_OK && record_names(&w->record.header, &record->id) &&
            !agency_id_eq(&w->log->genesis.agency, &record->log->genesis.agency) && gather_rest(core, w) == MUSTER_OK) {
            count++;
            each++;
        }
    }
    each = 0;
    for (size_t i = list->count; i > 0 && each < WITNESSES_EACH && count < PROOF_WITNESSES_MAX; i--) {
        struct gathered *w = &witnesses[count];
        if (gather(core, w, &list->at[i - 1]) == MUSTER_OK && record_names(&record->record.header, &w->id) &&
            !agency_id_eq(&w->log->genesis.agency, &record->log->genesis.agency) && gather_rest(core, w) == MUSTER_OK) {
            count++;
            each++;
        }
    }
    if (count < PROOF_WITNESSES_MAX && !each && gather_epoch(core, &witnesses[count], record))
        count++;
    return count;
}

/* The one that was asked for: into g, and its place. */
static enum muster_error find_record(struct core *core, const struct listing *list, const struct record_id *wanted,
                                     struct gathered *g, struct listed *at)
{
    bool newest = record_id_none(wanted);
    for (int pass = 0; pass < 2; pass++) /* of what changed the object, else of anything */
        for (size_t i = list->count; i > 0; i--) {
            *at = list->at[i - 1];
            if (newest && !pass && !object_op_is_content(at->operation))
                continue;
            enum muster_error error = gather(core, g, at);
            if (newest || (!error && record_id_eq(&g->id, wanted)))
                return error;
        }
    return MUSTER_ENOTFOUND;
}

enum muster_error core_proof(struct core *core, const struct proof_wish *wish, uint8_t *out, size_t size, size_t *len,
                             struct record_id *record)
{
    struct listing list;
    struct listed at;
    struct proof_opening opening = {.clear = false};
    struct proof_source sources[PROOF_WITNESSES_MAX];
    size_t count = 0;
    struct gathered *all = calloc(1 + PROOF_WITNESSES_MAX, sizeof(*all));
    uint8_t *payload = wish->disclose ? malloc(PAYLOAD_BYTES_MAX) : NULL;
    struct proof *proof = malloc(sizeof(*proof));
    enum muster_error error = list_records(core, wish->space, &wish->object, &list);
    if (!all || !proof || (wish->disclose && !payload))
        error = MUSTER_EBUSY;
    if (!error)
        error = find_record(core, &list, &wish->record, all, &at);
    if (!error)
        error = gather_rest(core, all);
    if (!error && wish->disclose)
        error = open_to_all(core, all, &at, payload, &opening);
    if (!error && wish->witnesses)
        count = gather_witnesses(core, &list, all, all + 1);
    for (size_t i = 0; i < count; i++)
        sources[i] = all[1 + i].source;
    if (!error)
        error = proof_make(out, size, len, core->spaces[wish->space]->exercise, &all->source, sources, count,
                           wish->disclose ? &opening : NULL);
    if (!error) {
        struct proof_problem problem;
        error = proof_read(proof, out, *len, &problem);
        *record = all->id;
    }
    crypto_wipe(&opening, sizeof(opening));
    free(list.at);
    free(payload);
    free(proof);
    free(all);
    return error;
}

size_t core_object_records(struct core *core, uint32_t space, const struct object_id *object, struct record_id *out,
                           size_t max)
{
    struct listing list;
    size_t count = 0;
    struct gathered *g = malloc(sizeof(*g));
    if (g && list_records(core, space, object, &list) == MUSTER_OK)
        for (size_t i = 0; i < list.count; i++)
            if (gather(core, g, &list.at[i]) == MUSTER_OK && count++ < max)
                out[count - 1] = g->id;
    if (g)
        free(list.at);
    free(g);
    return count;
}
