/* space.c — the spaces of this node: their control, its logs' judgement, their epochs. */
#include "protocol/core_inner.h"

#include "base/pack.h"

#include <stdlib.h>

struct space *space_find(struct core *core, const struct space_id *id)
{
    for (size_t i = 0; i < core->space_count; i++)
        if (space_id_eq(&core->spaces[i]->id, id))
            return core->spaces[i];
    return NULL;
}

struct space *space_new(struct core *core, const struct space_id *id)
{
    if (core->space_count >= SPACES_MAX)
        return NULL;
    struct space **bigger = realloc(core->spaces, (core->space_count + 1) * sizeof(*bigger));
    if (!bigger)
        return NULL;
    core->spaces = bigger;
    struct space *space = calloc(1, sizeof(*space));
    if (!space)
        return NULL;
    space->control = control_new();
    if (!space->control) {
        free(space);
        return NULL;
    }
    space->id = *id;
    space->number = (uint32_t)core->space_count;
    core->spaces[core->space_count++] = space;
    core->members_changed = true;
    return space;
}

enum muster_error space_found(struct core *core, struct space *space, const void *genesis, size_t len)
{
    struct space_id id = space_id_of(genesis, len);
    if (!space_id_eq(&id, &space->id))
        return MUSTER_EHASH;
    uint8_t *copy = malloc(len);
    if (!copy)
        return MUSTER_EBUSY;
    memcpy(copy, genesis, len);
    enum muster_error error = space_genesis_read(&space->genesis, copy, len);
    if (error) {
        free(copy);
        return error;
    }
    free(space->genesis_bytes);
    space->genesis_bytes = copy;
    space->genesis_len = len;
    space->exercise = space->genesis.exercise;
    space->joined = true;
    want_anew(core);
    for (size_t i = 0; i < space->genesis.card_count; i++)
        (void)agency_take_card(core, space->genesis.cards[i], 0, NULL);
    core_event(core, "space.joined", &space->genesis.creator, "%s", space->genesis.name);
    return space_save(core, space);
}

/* T_SPACE: id 32 || inviter 32 || genesis (none before it arrived). */
enum muster_error space_save(struct core *core, struct space *space)
{
    uint8_t key[4], *value = malloc(2 * HASH_BYTES + space->genesis_len);
    if (!value)
        return MUSTER_EBUSY;
    put_be32(key, space->number);
    memcpy(value, space->id.b, HASH_BYTES);
    memcpy(value + HASH_BYTES, space->inviter.b, HASH_BYTES);
    if (space->genesis_len)
        memcpy(value + 2 * HASH_BYTES, space->genesis_bytes, space->genesis_len);
    enum muster_error error = stage_put(core, T_SPACE, key, 4, value, 2 * HASH_BYTES + space->genesis_len);
    free(value);
    return error;
}

/* --- epochs ------------------------------------------------------------------------------------------ */

struct known_epoch *space_epoch(struct space *space, const struct record_id *epoch)
{
    for (size_t i = space->epoch_count; i > 0; i--)
        if (record_id_eq(&space->epochs[i - 1].id, epoch))
            return &space->epochs[i - 1];
    return NULL;
}

bool space_key(struct space *space, const struct record_id *epoch, struct seal_key *key)
{
    struct known_epoch *known = space_epoch(space, epoch);
    if (!known || !known->held)
        return false;
    *key = known->key;
    return true;
}

static bool held(void *arg, const struct record_id *epoch)
{
    struct known_epoch *known = space_epoch(arg, epoch);
    return known && known->held;
}

bool core_epoch_held(struct core *core, const struct record_id *epoch)
{
    for (size_t i = 0; i < core->space_count; i++)
        if (held(core->spaces[i], epoch))
            return true;
    return false;
}

/* What a wrapped key is bound to: the space and the epoch that it opens. */
static struct bytes wrap_aad(uint8_t out[2 * HASH_BYTES], const struct space *space, const struct record_id *epoch)
{
    memcpy(out, space->id.b, HASH_BYTES);
    memcpy(out + HASH_BYTES, epoch->b, HASH_BYTES);
    return (struct bytes){out, 2 * HASH_BYTES};
}

static void unwrap_all(struct core *core, struct space *space, struct known_epoch *from)
{
    struct record_id epoch;
    struct bytes wrapped, wraps = {from->wraps, from->wraps_len};
    struct seal_key outer = from->key;
    for (size_t i = 0; wraps.len && operation_wrap_at(wraps, i, &epoch, &wrapped); i++) {
        struct seal_nonce nonce;
        struct seal_key key;
        uint8_t bound[2 * HASH_BYTES];
        struct bytes aad = wrap_aad(bound, space, &epoch);
        memcpy(nonce.b, wrapped.at, sizeof(nonce.b));
        if (seal_open(key.b, wrapped.at + sizeof(nonce.b), wrapped.len - sizeof(nonce.b), &aad, &nonce, &outer) == MUSTER_OK)
            (void)space_keep_key(core, space, &epoch, &key);
        crypto_wipe(&key, sizeof(key));
    }
    crypto_wipe(&outer, sizeof(outer));
}

enum muster_error space_keep_key(struct core *core, struct space *space, const struct record_id *epoch,
                                 const struct seal_key *key)
{
    struct known_epoch *known = space_epoch(space, epoch);
    if (!known)
        return MUSTER_EWAITS;
    if (known->held)
        return MUSTER_OK;
    struct hash is = seal_commitment(key);
    if (!crypto_same(is.b, known->commitment.b, HASH_BYTES))
        return MUSTER_ECOMMITMENT;
    enum muster_error error = stage_put(core, T_KEY, epoch->b, HASH_BYTES, key->b, sizeof(key->b));
    if (error)
        return error;
    known->key = *key;
    known->held = true;
    space->dirty = true;
    unwrap_all(core, space, known);
    return MUSTER_OK;
}

static struct known_epoch *epoch_room(struct space *space)
{
    if (space->epoch_count == space->epoch_size) {
        size_t size = space->epoch_size ? space->epoch_size * 2 : 8;
        struct known_epoch *bigger = realloc(space->epochs, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        space->epochs = bigger;
        space->epoch_size = size;
    }
    return &space->epochs[space->epoch_count];
}

enum { WRAPS_BYTES_MAX = 64 * 128 }; /* as many as a writer wraps */

/* An epoch operation: remember its commitment, open the copy that is ours. */
static void take_epoch(struct core *core, struct space *space, const struct operation *operation)
{
    if (space_epoch(space, &operation->op.id))
        return;
    struct known_epoch *known = epoch_room(space);
    if (!known)
        return;
    *known = (struct known_epoch){.id = operation->op.id, .commitment = operation->commitment};
    if (operation->wraps.len && operation->wraps.len <= WRAPS_BYTES_MAX && (known->wraps = malloc(operation->wraps.len))) {
        memcpy(known->wraps, operation->wraps.at, operation->wraps.len);
        known->wraps_len = operation->wraps.len;
    }
    space->epoch_count++;
    struct bytes stored, sealed;
    struct seal_key key;
    if (core->storage.get(core->storage.self, T_KEY, (struct bytes){operation->op.id.b, HASH_BYTES}, &stored) == MUSTER_OK &&
        stored.len == sizeof(key.b)) {
        memcpy(known->key.b, stored.at, sizeof(key.b));
        known->held = true;
    } else if (operation->copies.len && operation_copy_for(operation->copies, &core->config.keys.sign, &sealed) &&
               box_open(key.b, sealed.at, sealed.len, &core->config.keys.box, &core->config.box_secret) == MUSTER_OK) {
        if (space_keep_key(core, space, &known->id, &key) == MUSTER_ECOMMITMENT)
            core_event(core, "epoch.wrong_key", &operation->op.by, "the key does not fit its commitment; another is asked for");
    } else {
        /* A newer epoch that we hold may have wrapped this one. */
        for (size_t i = 0; i < space->epoch_count && !known->held; i++)
            if (space->epochs[i].held)
                unwrap_all(core, space, &space->epochs[i]);
    }
    crypto_wipe(&key, sizeof(key));
}

/* K3: opens an epoch for the readers as seen by what is written now. */
static enum muster_error open_epoch(struct core *core, struct space *space, struct record_id *epoch, struct seal_key *key)
{
    const struct control_member *me = control_member(space->control, &core->self);
    const struct epoch_draft *draft = epoch_draft(space->control);
    if (!draft)
        return MUSTER_EBUSY;
    if (!me || (!me->admin && !draft->allowed_to_writers))
        return MUSTER_ENORIGHT;
    size_t size = 64 * 1024 + draft->to_count * HASH_BYTES;
    struct epoch_copy *copies = calloc(EPOCH_COPIES_MAX, sizeof(*copies));
    struct record_id *wraps = calloc(64, sizeof(*wraps));
    uint8_t(*wrapped)[24 + 32 + 16] = calloc(64, sizeof(*wrapped)), *body = malloc(size);
    enum muster_error error = copies && wraps && wrapped && body ? MUSTER_OK : MUSTER_EBUSY;
    size_t copy_count = 0, wrap_count = 0;
    if (error)
        goto out;
    core_draw(core, key->b, sizeof(key->b));
    for (size_t i = 0; i < draft->to_count; i++) {
        const struct agency *agency = agency_find(core, &draft->to[i]);
        for (size_t n = 0; agency && n < agency->node_count && copy_count < EPOCH_COPIES_MAX; n++) {
            uint8_t seed[32];
            if (agency->nodes[n].revoked)
                continue;
            core_draw(core, seed, sizeof(seed));
            copies[copy_count].node = agency->nodes[n].keys.sign;
            if (box_seal_seeded(copies[copy_count].sealed, key->b, sizeof(key->b), &agency->nodes[n].keys.box, seed) == MUSTER_OK)
                copy_count++;
            crypto_wipe(seed, sizeof(seed));
        }
    }
    wrap_count = epoch_next_wraps(space->control, held, space, wraps, 64);
    for (size_t i = 0; i < wrap_count; i++) {
        struct seal_key inner;
        struct seal_nonce nonce;
        uint8_t bound[2 * HASH_BYTES];
        struct bytes aad = wrap_aad(bound, space, &wraps[i]);
        if (!space_key(space, &wraps[i], &inner))
            continue;
        core_draw(core, nonce.b, sizeof(nonce.b));
        memcpy(wrapped[i], nonce.b, sizeof(nonce.b));
        seal(wrapped[i] + sizeof(nonce.b), inner.b, sizeof(inner.b), &aad, &nonce, key);
        crypto_wipe(&inner, sizeof(inner));
    }
    struct hash commitment = seal_commitment(key);
    size_t len = operation_epoch(body, size, &commitment, draft->to, draft->to_count, copies, copy_count, wraps,
                                 (const uint8_t(*)[24 + 32 + 16]) wrapped, wrap_count);
    error = len ? write_control(core, space, CTL_EPOCH, body, len, epoch) : MUSTER_ETOOBIG;
    if (!error) {
        take_epoch(core, space, core->operation); /* as write_control decoded it */
        error = space_keep_key(core, space, epoch, key);
        core_event(core, "epoch.opened", &core->self, "for %zu agencies in %s", draft->to_count, space->genesis.name);
    }
out:
    free(copies);
    free(wraps);
    free(wrapped);
    free(body);
    return error;
}

enum muster_error space_writable_epoch(struct core *core, struct space *space, struct record_id *epoch, struct seal_key *key)
{
    const struct epoch *current = epoch_current(space->control, held, space);
    if (!current)
        return open_epoch(core, space, epoch, key);
    *epoch = current->id;
    return space_key(space, epoch, key) ? MUSTER_OK : MUSTER_ENOKEY;
}

/* --- control ------------------------------------------------------------------------------------------ */

/* The creator that a genesis names, in place; none: zeroes. */
static const struct agency_id *creator_of(struct bytes genesis)
{
    static const struct agency_id none;
    struct bytes run;
    if (!pack_get_run(genesis, GK_CREATOR, &run) || run.len != HASH_BYTES)
        return &none;
    return (const struct agency_id *)(const void *)run.at;
}

/* An identity travels with the operation that needs it (RULES G5): that of the agency it is about, or of its author; and
 * not with one that its author was never allowed. */
static void take_card(struct core *core, struct space *space, uint8_t verb, const struct operation *operation,
                      const struct agency_id *by)
{
    const struct agency_id *about = verb == CTL_ADD || verb == CTL_SET_RIGHT ? &operation->op.who : by;
    if (operation->card.len < 8 + HASH_BYTES || memcmp(operation->card.at + 8, about->b, HASH_BYTES) != 0 ||
        control_judge(space->control, &operation->op.id).verdict == CONTROL_NOT_ALLOWED)
        return;
    (void)agency_take_card(core, operation->card, 0, NULL);
}

/* Objects that a majority may have given away are folded again when control changes. */
static void note_reassigned(struct space *space, const struct object_id *object)
{
    for (size_t i = 0; i < space->reassigned_count; i++)
        if (memcmp(space->reassigned[i].b, object->b, OBJECT_ID_BYTES) == 0)
            return;
    if (space->reassigned_count == REASSIGNED_MAX)
        return; /* folded again at the next start only */
    struct object_id *bigger = realloc(space->reassigned, (space->reassigned_count + 1) * sizeof(*bigger));
    if (!bigger)
        return;
    space->reassigned = bigger;
    space->reassigned[space->reassigned_count++] = *object;
}

static void take_operation(struct core *core, struct space *space, struct log *log, const struct segment_record *record,
                           const struct record_id *id)
{
    struct operation *operation = core->operation;
    const struct record_header *header = &record->header;
    if (!(header->flags & RECORD_CLEAR) || !record->payload.at ||
        pack_check(record->payload.at, record->payload.len) != MUSTER_OK ||
        operation_read(operation, header, record->payload, id, &log->genesis.agency, &log->id, &log->control_last) != MUSTER_OK) {
        core_event(core, "control.void", &log->genesis.agency, "a control operation of an impossible form has no effect");
        return;
    }
    if (header->operation == CTL_GENESIS) {
        struct space_id is = space_id_of(record->payload.at, record->payload.len);
        if (!space_id_eq(&is, &space->id)) {
            core_event(core, "control.void", &log->genesis.agency, "a genesis of another space has no effect");
            return;
        }
        /* The root is the creator's very first control record; a copy of it in another log would be a root of a second
         * history, so it has no effect. */
        bool known = !record_id_none(&space->root);
        if (header->sequence != 1 || !log_id_none(&log->genesis.predecessor) ||
            !agency_id_eq(&log->genesis.agency, creator_of(record->payload)) ||
            (known && record_id_cmp(&space->root, id) < 0)) {
            core_event(core, "control.void", &log->genesis.agency, "a second genesis has no effect");
            return;
        }
        if (!space->joined && space_found(core, space, record->payload.at, record->payload.len) != MUSTER_OK)
            return;
        if (known && !record_id_eq(&space->root, id)) { /* a creator who founded twice: the smaller id, on every node */
            space->root = *id;
            space->reroot = true;
            return;
        }
        space->root = *id;
        control_pin(space->control, id);
    }
    if (control_add(space->control, &operation->op) != MUSTER_OK)
        core_event(core, "control.refused", &log->genesis.agency, "a control operation is beyond a limit and has no effect");
    take_card(core, space, header->operation, operation, &log->genesis.agency);
    if (header->operation == CTL_EPOCH)
        take_epoch(core, space, operation);
    if (header->operation == CTL_REASSIGN)
        note_reassigned(space, &operation->op.object);
    if (log->own)
        space->own_control_head = *id;
}

/* Where it stands, so that a peer's heads can be answered without reading all control again. */
static void note_op(struct log *log, const struct record_id *id)
{
    if (log->op_count == log->op_size) {
        size_t size = log->op_size ? log->op_size * 2 : 16;
        struct control_place *bigger = realloc(log->ops, size * sizeof(*bigger));
        if (!bigger)
            return; /* then it is shown too often */
        log->ops = bigger;
        log->op_size = size;
    }
    log->ops[log->op_count++] = (struct control_place){*id, log->control_read + 1};
}

void space_read_control(struct core *core, struct log *log)
{
    struct space *space = core->spaces[log->space];
    uint64_t end = log->fork_at && log->fork_at <= log->durable_prefix ? log->fork_at - 1 : log->durable_prefix;
    uint8_t *copy = malloc(SEGMENT_ITEM_MAX);
    while (copy && log->control_read < end) {
        struct bytes item;
        struct segment_header header;
        struct cursor records;
        if (log_item_at(core, log, log->control_read + 1, &item) != MUSTER_OK || item.len > SEGMENT_ITEM_MAX)
            break;
        memcpy(copy, item.at, item.len); /* taking it in may change the storage it is borrowed from */
        if (segment_item_open(&header, &records, copy, item.len) != MUSTER_OK)
            break;
        for (uint32_t i = 0; i < header.count; i++) {
            struct segment_record record;
            uint8_t bytes[RECORD_HEADER_MAX];
            if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
                break;
            struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
            take_operation(core, space, log, &record, &id);
            log->control_last = id;
            note_op(log, &id);
        }
        log->control_read++;
        space->dirty = true;
    }
    free(copy);
}

static void take_root(struct core *core, struct space *space);

/* D1-D3 for one log; true if what counts of it has shrunk. */
static bool judge_log(struct space *space, struct log *log)
{
    struct control_limits *limits = malloc(sizeof(*limits));
    enum control_log_status status = CONTROL_LOG_WAITING;
    uint64_t limit = UINT64_MAX;
    if (limits && control_log_limit(space->control, &log->id, &log->genesis.agency, log->genesis.ctl, log->genesis.ctl_count,
                                    limits) == MUSTER_OK) {
        status = limits->status;
        if (status == CONTROL_LOG_LIMITED && limits->count)
            limit = limits->at[0].position; /* the lowest; a limit on another branch is the fork's matter */
        if (status == CONTROL_LOG_NO_RIGHT || status == CONTROL_LOG_WAITING)
            limit = 0;
    }
    free(limits);
    bool was_open = log->status == CONTROL_LOG_OPEN || log->status == CONTROL_LOG_LIMITED;
    if (limit < log->limit && log->limit && was_open && (!log->withdraw || limit + 1 < log->withdraw))
        log->withdraw = limit + 1;
    bool shrinks = limit < log->limit && log->limit && was_open;
    log->status = status;
    log->limit = limit;
    return shrinks;
}

static void withdraw_all(struct core *core)
{
    for (size_t l = 0; l < core->log_count && core->refold; l++)
        if (core->logs[l]->withdraw) {
            apply_withdraw(core, core->logs[l], core->logs[l]->withdraw);
            core->logs[l]->withdraw = 0;
        }
    core->refold = false;
}

void space_judge(struct core *core)
{
    withdraw_all(core);
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        if (space->reroot)
            take_root(core, space);
        if (!space->dirty)
            continue;
        space->dirty = false;
        for (size_t o = 0; o < space->reassigned_count; o++)
            apply_again(core, space, &space->reassigned[o]);
        for (size_t l = 0; l < core->log_count; l++)
            if (core->logs[l]->space == space->number && core->logs[l]->genesis.role == LOG_DATA &&
                judge_log(space, core->logs[l]))
                core->refold = true;
        withdraw_all(core);
        core->members_changed = true;
        apply_waiting(core, space);
        space_tell(core, space);
    }
}

/* Members may have changed: sessions open and close the space accordingly, and newcomers hear of it. */
void space_tell(struct core *core, struct space *space)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING)
            continue;
        struct session_space *open = session_space_of(session, space->number);
        if (open && space->joined && !forward_shows_tag(space->control, &session->agency)) {
            open->opened = false;
            core_event(core, "space.closed", &session->agency, "no longer a member of %s", space->genesis.name);
        }
        if (!open || open->refused_control)
            spaces_send(core, session);
    }
}

static int by_log_id(const void *a, const void *b)
{
    const struct log *const *x = a, *const *y = b;
    return log_id_cmp(&(*x)->id, &(*y)->id);
}

struct hash space_digest(struct core *core, struct space *space, bool control)
{
    struct hash *kept = control ? &space->control_digest : &space->data_digest;
    uint64_t *of = control ? &space->control_digest_at : &space->data_digest_at;
    if (*of == space->version + 1)
        return *kept;
    /* In the order of their ids: the same whatever the logs' local numbers are. */
    const struct log **logs = malloc((core->log_count + 1) * sizeof(*logs));
    struct hash sum = {{0}};
    size_t count = 0;
    for (size_t i = 0; logs && i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        if (log->space == space->number && (log->genesis.role == LOG_CONTROL) == control &&
            (log->durable_prefix || log->interval_count))
            logs[count++] = log;
    }
    if (logs)
        qsort(logs, count, sizeof(*logs), by_log_id);
    for (size_t i = 0; i < count; i++) {
        const struct log *log = logs[i];
        uint8_t entry[HASH_BYTES + 8 + HASH_BYTES + 8 + 8];
        memcpy(entry, log->id.b, HASH_BYTES);
        put_le64(entry + HASH_BYTES, log->durable_prefix);
        memcpy(entry + HASH_BYTES + 8, log->durable_id.b, HASH_BYTES);
        put_le64(entry + 2 * HASH_BYTES + 8, log->fork_at);
        put_le64(entry + 2 * HASH_BYTES + 16, log_top(log));
        sum = crypto_hash2("muster/1/vector", sum.b, HASH_BYTES, entry, sizeof(entry));
    }
    free(logs);
    *kept = sum;
    *of = space->version + 1;
    return sum;
}

/* --- at start ------------------------------------------------------------------------------------------- */

struct load {
    struct core *core;
    enum muster_error error;
};

static bool load_space(void *user, struct bytes key, struct bytes value)
{
    struct load *load = user;
    struct space_id id;
    load->error = MUSTER_EDAMAGED;
    if (key.len != 4 || value.len < 2 * HASH_BYTES || get_be32(key.at) != load->core->space_count)
        return false;
    memcpy(id.b, value.at, HASH_BYTES);
    struct space *space = space_new(load->core, &id);
    if (!space)
        return false;
    memcpy(space->inviter.b, value.at + HASH_BYTES, HASH_BYTES);
    load->error = MUSTER_OK;
    if (value.len > 2 * HASH_BYTES) {
        size_t len = value.len - 2 * HASH_BYTES;
        space->genesis_bytes = malloc(len);
        if (!space->genesis_bytes)
            return false;
        memcpy(space->genesis_bytes, value.at + 2 * HASH_BYTES, len);
        space->genesis_len = len;
        load->error = space_genesis_read(&space->genesis, space->genesis_bytes, len);
        space->exercise = space->genesis.exercise;
        space->joined = load->error == MUSTER_OK;
    }
    return load->error == MUSTER_OK;
}

static bool load_log(void *user, struct bytes key, struct bytes value)
{
    struct load *load = user;
    struct core *core = load->core;
    load->error = MUSTER_EDAMAGED;
    if (key.len != 4 || value.len <= 4 || get_be32(key.at) != core->log_count + 1 ||
        get_be32(value.at) >= core->space_count)
        return false;
    struct space *space = core->spaces[get_be32(value.at)];
    if (!log_open(core, space, value.at + 4, value.len - 4, get_be32(key.at), true))
        return false;
    load->error = MUSTER_OK;
    return true;
}

/* The own logs go on under the incarnation keys that are kept apart; without its key a log is closed for good. */
static void own_logs(struct core *core)
{
    for (size_t i = 0; i < core->log_count; i++) {
        struct log *log = core->logs[i];
        struct bytes secret;
        if (!log->own || core->storage.get(core->storage.self, T_KEY, (struct bytes){log->id.b, HASH_BYTES}, &secret) ||
            secret.len != sizeof(struct sign_secret))
            continue;
        struct own_log *own = &core->spaces[log->space]->own[log->genesis.role];
        log->closed = core->config.guard_behind;
        own->log = (uint32_t)i + 1; /* the newest one counts */
        memcpy(own->secret.b, secret.at, sizeof(own->secret.b));
    }
}

static void forget_epochs(struct space *space)
{
    for (size_t i = 0; i < space->epoch_count; i++) {
        free(space->epochs[i].wraps);
        crypto_wipe(&space->epochs[i].key, sizeof(space->epochs[i].key));
    }
    space->epoch_count = 0;
}

static void own_log_restore(struct core *core, struct space *space, enum log_role role)
{
    struct own_log *own = &space->own[role];
    struct bytes secret;
    if (own->log <= core->log_count)
        return;
    own->log = 0;
    for (size_t i = core->log_count; i > 0 && !own->log; i--) {
        struct log *log = core->logs[i - 1];
        if (!log->own || log->space != space->number || log->genesis.role != role ||
            core->storage.get(core->storage.self, T_KEY, (struct bytes){log->id.b, HASH_BYTES}, &secret) != MUSTER_OK ||
            secret.len != sizeof(own->secret.b))
            continue;
        own->log = (uint32_t)i;
        memcpy(own->secret.b, secret.at, sizeof(own->secret.b));
    }
}

/* Everything that control says, from the stored logs, into an empty fold. */
static void read_all_again(struct core *core, struct space *space)
{
    forget_epochs(space);
    memset(&space->own_control_head, 0, sizeof(space->own_control_head));
    space->reassigned_count = 0;
    space->dirty = true;
    space->reroot = false;
    for (size_t l = 0; l < core->log_count; l++) {
        struct log *log = core->logs[l];
        if (log->space != space->number || log->genesis.role != LOG_CONTROL)
            continue;
        log->control_read = log->op_count = 0;
        memset(&log->control_last, 0, sizeof(log->control_last));
        space_read_control(core, log);
    }
}

static void take_root(struct core *core, struct space *space)
{
    struct control *control = control_new();
    if (!control)
        return; /* tried again with the next judgement */
    control_free(space->control);
    space->control = control;
    control_pin(control, &space->root);
    read_all_again(core, space);
}

void space_restore(struct core *core)
{
    while (core->space_count > core->spaces_stored) {
        struct space *space = core->spaces[--core->space_count];
        space_free(space);
    }
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        struct control *control = control_new();
        if (!control) {
            core_event(core, "store.damaged", NULL, "no memory to read control back");
            continue;
        }
        control_free(space->control);
        space->control = control;
        memset(&space->root, 0, sizeof(space->root));
        space->control_digest_at = space->data_digest_at = 0;
        for (size_t role = 0; role < ARRAY_LEN(space->own); role++)
            own_log_restore(core, space, (enum log_role)role);
        read_all_again(core, space);
        uint8_t key[4];
        struct bytes stored;
        put_be32(key, space->number);
        if (space->joined && core->storage.get(core->storage.self, T_SPACE, (struct bytes){key, 4}, &stored) == MUSTER_OK &&
            stored.len <= 2 * HASH_BYTES)
            (void)space_save(core, space);
    }
}

enum muster_error space_load_all(struct core *core)
{
    struct load load = {core, MUSTER_OK};
    struct bytes none = {NULL, 0};
    enum muster_error error = core->storage.scan(core->storage.self, T_SPACE, none, none, false, load_space, &load);
    if (!error && !load.error)
        error = core->storage.scan(core->storage.self, T_LOG, none, none, false, load_log, &load);
    for (size_t i = 0; i < core->log_count && !error && !load.error; i++)
        error = log_load(core, core->logs[i]);
    if (error || load.error)
        return error ? error : load.error;
    own_logs(core);
    core->logs_stored = core->log_count;
    core->spaces_stored = core->space_count;
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->genesis.role == LOG_CONTROL)
            space_read_control(core, core->logs[i]);
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        space->dirty = false;
        for (size_t l = 0; l < core->log_count; l++)
            if (core->logs[l]->space == space->number && core->logs[l]->genesis.role == LOG_DATA)
                (void)judge_log(space, core->logs[l]);
    }
    return MUSTER_OK;
}

/* --- for the local API ------------------------------------------------------------------------------------- */

size_t core_spaces(const struct core *core)
{
    return core->space_count;
}

bool core_space_at(struct core *core, size_t i, struct space_view *out)
{
    if (i >= core->space_count)
        return false;
    struct space *space = core->spaces[i];
    const struct control_member *me = space->joined ? control_member(space->control, &core->self) : NULL;
    *out = (struct space_view){.number = space->number, .id = space->id, .name = space->genesis.name,
                               .purpose = space->genesis.purpose, .exercise = space->exercise, .joined = space->joined,
                               .history = space->genesis.history, .right = me ? me->right : RIGHT_NONE,
                               .created_ms = space->genesis.created_ms, .controller = space->genesis.controller,
                               .objects = space->objects, .records = space->records,
                               .waiting_segments = (uint32_t)space->waiting,
                               .quarantined = (uint32_t)space->quarantined, .control = space->control,
                               .as_of_ms = core->wall_ms};
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        if (log->space != space->number)
            continue;
        out->logs++;
        if (log->fork_at)
            out->forks++;
        if (log->durable_prefix >= log->highest)
            out->logs_complete++;
        if (!log->own && log->heard_ms && log->heard_ms < out->as_of_ms)
            out->as_of_ms = log->heard_ms;
    }
    return true;
}

bool core_space_by_id(struct core *core, const struct space_id *id, struct space_view *out)
{
    struct space *space = space_find(core, id);
    return space && core_space_at(core, space->number, out);
}

bool core_log_at(struct core *core, uint32_t space, size_t i, struct log_view *out)
{
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        if (log->space != space || i-- > 0)
            continue;
        *out = (struct log_view){.id = log->id, .agency = log->genesis.agency, .role = log->genesis.role,
                                 .prefix = log->durable_prefix, .highest = log->highest, .fork_at = log->fork_at,
                                 .records = log->records, .last_hlc = log->last_hlc, .intervals = log->interval_count,
                                 .own = log->own, .confirmed = log->confirmed, .closed = log->closed, .heard_ms = log->heard_ms, .node = log->genesis.node,
                                 .counts = log->genesis.role == LOG_CONTROL || log->status == CONTROL_LOG_OPEN ||
                                           log->status == CONTROL_LOG_LIMITED};
        return true;
    }
    return false;
}
