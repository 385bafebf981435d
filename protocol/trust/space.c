/* space.c — the spaces of this node: their control, its logs' judgement, their epochs. */
#include "protocol/object/erasure.h"
#include "protocol/object/offers.h"
#include "protocol/trust/policy.h"

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
    control_order(space->control, policy_stricter, NULL);
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
    ownspaces_tell(core);
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
    if (control_judge(space->control, &operation->op.id).verdict == CONTROL_WAITING) {
        space->cards_wait = true; /* what it is not known to be allowed brings no card yet */
        return;
    }
    (void)agency_take_card(core, operation->card, 0, NULL);
}

/* As many as there are operations (CONTROL_OPS_MAX); one that was never allowed is forgotten when it is judged. */
static void note_reassigned(struct space *space, const struct operation *operation)
{
    if (space->reassigned_count == space->reassigned_size) {
        size_t size = space->reassigned_size ? space->reassigned_size * 2 : 16;
        struct reassigned *bigger = realloc(space->reassigned, size * sizeof(*bigger));
        if (!bigger)
            return;
        space->reassigned = bigger;
        space->reassigned_size = size;
    }
    space->reassigned[space->reassigned_count++] =
        (struct reassigned){.object = operation->op.object, .operation = operation->op.id};
}

/* Objects that a majority has given away, or does not any more, are folded again. */
static void judge_reassigned(struct core *core, struct space *space)
{
    size_t kept = 0;
    for (size_t i = 0; i < space->reassigned_count; i++) {
        struct reassigned *r = &space->reassigned[i];
        enum control_verdict verdict = control_judge(space->control, &r->operation).verdict;
        uint8_t judged = verdict == CONTROL_EFFECTIVE ? 2 : 1;
        if (judged != r->judged)
            apply_again(core, space, &r->object);
        r->judged = judged;
        if (verdict != CONTROL_NOT_ALLOWED) /* it never will be */
            space->reassigned[kept++] = *r;
    }
    space->reassigned_count = kept;
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
        note_reassigned(space, operation);
    erasure_note_operation(core, space, operation, header->operation);
    if (agency_id_eq(&log->genesis.agency, &core->self) && header->hlc >= space->lead_hlc) {
        space->lead = log->genesis.node;
        space->lead_hlc = header->hlc;
    }
    if (space->own[LOG_CONTROL].log == log_index(core, log) + 1) /* not those of a former life, or of a copy of this node */
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

struct branch_keys {
    struct { uint64_t position; struct segment_id id; } at[CONTROL_BRANCHES_MAX];
    size_t count;
};

static bool collect_branch(void *user, struct bytes key, struct bytes value)
{
    struct branch_keys *b = user;
    (void)value;
    if (key.len == 12 + HASH_BYTES) {
        b->at[b->count].position = get_be64(key.at + 4);
        memcpy(b->at[b->count++].id.b, key.at + 12, HASH_BYTES);
    }
    return b->count < CONTROL_BRANCHES_MAX;
}

static enum muster_error branch_item(struct core *core, const struct log *log, uint64_t position,
                                     const struct segment_id *id, struct bytes *item)
{
    uint8_t key[12 + HASH_BYTES];
    put_be32(key, log->number);
    put_be64(key + 4, position);
    memcpy(key + 12, id->b, HASH_BYTES);
    return core->storage.get(core->storage.self, T_BRANCH, (struct bytes){key, sizeof(key)}, item);
}

/* The last operation of the segment with that id, on whichever branch; false: not held, what follows it waits. */
static bool last_operation(struct core *core, const struct log *log, uint64_t position, const struct segment_id *id,
                           struct record_id *out)
{
    struct bytes item;
    struct segment_header header;
    struct segment_record record;
    uint8_t bytes[RECORD_HEADER_MAX];
    memset(out, 0, sizeof(*out));
    if (position == 0)
        return true;
    struct segment_id is;
    if (log_item_at(core, log, position, &item) == MUSTER_OK)
        is = segment_id_of(item.at);
    else
        memset(&is, 0, sizeof(is));
    if (!segment_id_eq(&is, id) && branch_item(core, log, position, id, &item) != MUSTER_OK)
        return false;
    if (item.len < SEGMENT_HEADER_BYTES || segment_header_read(&header, item.at) != MUSTER_OK ||
        segment_item_record(item.at, item.len, header.count - 1, &header, &record) != MUSTER_OK)
        return false;
    *out = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
    return true;
}

/* An agency's operations count on whichever branch they stand (C2): the fold sees the fork of its line.  Those taken before
 * are known by their ids. */
static void read_branches(struct core *core, struct space *space, struct log *log, uint8_t *copy)
{
    struct branch_keys *b = calloc(1, sizeof(*b));
    uint8_t prefix[4];
    struct record_id on_main = log->control_last;
    put_be32(prefix, log->number);
    bool listed = b && core->storage.scan(core->storage.self, T_BRANCH, (struct bytes){prefix, 4}, (struct bytes){prefix, 4},
                                          false, collect_branch, b) == MUSTER_OK;
    for (size_t n = 0; listed && n < b->count; n++) {
        struct bytes item;
        struct segment_header header;
        struct cursor records;
        if (branch_item(core, log, b->at[n].position, &b->at[n].id, &item) != MUSTER_OK || item.len > SEGMENT_ITEM_MAX)
            continue;
        memcpy(copy, item.at, item.len);
        if (segment_item_open(&header, &records, copy, item.len) != MUSTER_OK ||
            !last_operation(core, log, header.position - 1, &header.prev, &log->control_last))
            continue;
        for (uint32_t i = 0; i < header.count; i++) {
            struct segment_record record;
            uint8_t bytes[RECORD_HEADER_MAX];
            if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
                break;
            struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
            if (control_judge(space->control, &id).verdict == CONTROL_UNKNOWN)
                take_operation(core, space, log, &record, &id);
            log->control_last = id;
        }
        space->dirty = true;
    }
    log->control_last = on_main;
    free(b);
}

void space_read_control(struct core *core, struct log *log)
{
    struct space *space = core->spaces[log->space];
    uint8_t *copy = malloc(SEGMENT_ITEM_MAX);
    while (copy && log->control_read < log->durable_prefix) {
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
    if (copy && log->fork_at)
        read_branches(core, space, log, copy);
    log->pull_due = log->fork_at != 0;
    free(copy);
}

/* How far the held branch of a log counts under one limit (C11, D2): up to what is the limit's head or an ancestor of it.
 * Of a head that stands on another branch, what both have in common.  What is durable decides: what waits to be folded is
 * found there, and while two branches change places that is the one that stepped aside. */
static uint64_t reach(struct core *core, const struct log *log, const struct control_limit *limit)
{
    struct bytes item;
    uint64_t position = limit->position;
    if (!position)
        return 0;
    if (position <= log->durable_prefix && log_stored_at(core, log, position, &item) == MUSTER_OK) {
        struct segment_id id = segment_id_of(item.at);
        if (segment_id_eq(&id, &limit->head))
            return position;
        return log->fork_at && log->fork_at <= position ? log->fork_at - 1 : 0; /* 0: its branch has not come yet (G3) */
    }
    /* Not here yet: nothing speaks against what leads there, unless there are two ways. */
    return log->fork_at && log->fork_at <= position ? log->fork_at - 1 : position;
}

/* Is nothing of a branch held that does not lead to the head that the cut names? */
static bool on_the_way(struct core *core, const struct log *log)
{
    struct bytes item;
    if (log->prefix >= log->fork_at)
        return false;
    if (log_top(log) < log->fork_at)
        return true;
    if (log_top(log) != log->adopt_at || log_item_at(core, log, log->adopt_at, &item) != MUSTER_OK)
        return false;
    struct segment_id id = segment_id_of(item.at);
    return segment_id_eq(&id, &log->adopt_head);
}

/* Cards of operations that waited when they came: all control once more, only when there are such. */
static void take_waiting_cards(struct core *core, struct space *space)
{
    uint8_t *copy = malloc(SEGMENT_ITEM_MAX);
    space->cards_wait = false;
    for (size_t l = 0; copy && l < core->log_count; l++) {
        struct log *log = core->logs[l];
        if (log->space != space->number || log->genesis.role != LOG_CONTROL)
            continue;
        struct record_id prev = {{0}};
        for (uint64_t position = 1; position <= log->control_read; position++) {
            struct bytes item;
            struct segment_header header;
            struct cursor records;
            if (log_item_at(core, log, position, &item) != MUSTER_OK || item.len > SEGMENT_ITEM_MAX)
                break;
            memcpy(copy, item.at, item.len);
            if (segment_item_open(&header, &records, copy, item.len) != MUSTER_OK)
                break;
            for (uint32_t i = 0; i < header.count; i++) {
                struct segment_record record;
                uint8_t bytes[RECORD_HEADER_MAX];
                if (segment_record_read(&records, header.first_sequence + i, &record) != MUSTER_OK)
                    break;
                struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
                if (record.payload.at && pack_check(record.payload.at, record.payload.len) == MUSTER_OK &&
                    operation_read(core->operation, &record.header, record.payload, &id, &log->genesis.agency, &log->id,
                                   &prev) == MUSTER_OK)
                    take_card(core, space, record.header.operation, core->operation, &log->genesis.agency);
                prev = id;
            }
        }
    }
    free(copy);
}

/* Q10: the lowest of all limits that were ever in force, those that a later cut has superseded included. */
static uint64_t strictest(struct core *core, struct space *space, const struct log *log, struct control_limits *limits)
{
    uint64_t lowest = UINT64_MAX;
    if (control_log_limit_ever(space->control, &log->id, &log->genesis.agency, log->genesis.ctl, log->genesis.ctl_count,
                               limits) != MUSTER_OK)
        return 0;
    for (size_t i = 0; i < limits->count; i++) {
        uint64_t reached = reach(core, log, &limits->at[i]);
        lowest = reached < lowest ? reached : lowest;
    }
    return lowest;
}

/* D1-D3 for one log; true if what counts of it has shrunk. */
bool judge_log(struct core *core, struct space *space, struct log *log)
{
    struct control_limits *limits = malloc(sizeof(*limits));
    enum control_log_status status = CONTROL_LOG_WAITING;
    uint64_t limit = UINT64_MAX, settled = UINT64_MAX;
    const struct control_limit *lowest = NULL; /* of the cuts: all must agree */
    bool settles = false;
    if (limits && control_log_limit(space->control, &log->id, &log->genesis.agency, log->genesis.ctl, log->genesis.ctl_count,
                                    limits) == MUSTER_OK) {
        status = limits->status;
        for (size_t i = 0; status == CONTROL_LOG_LIMITED && i < limits->count; i++) { /* all hold */
            uint64_t reached = reach(core, log, &limits->at[i]);
            limit = reached < limit ? reached : limit;
            settles |= limits->at[i].settles;
            if (limits->at[i].settles && (!lowest || limits->at[i].position < lowest->position))
                lowest = &limits->at[i];
            if (limits->at[i].settles && reached < settled)
                settled = reached;
        }
        if (status == CONTROL_LOG_NO_RIGHT || status == CONTROL_LOG_WAITING)
            limit = 0;
    }
    uint64_t lowest_ever = status == CONTROL_LOG_LIMITED ? strictest(core, space, log, limits) : limit;
    struct control_limit revoked;
    if (agency_revokes(core, log, &revoked)) { /* D4 */
        uint64_t reached = reach(core, log, &revoked);
        lowest_ever = reached < lowest_ever ? reached : lowest_ever;
        if (!settles) { /* a cut of the space's admins supersedes it, as it does D2 */
            limit = reached < limit ? reached : limit;
            status = status == CONTROL_LOG_OPEN ? CONTROL_LOG_LIMITED : status;
        }
    }
    log->strictest = lowest_ever;
    settled = settles ? settled : 0;
    log->adopt_at = log->fork_at && lowest && lowest->position >= log->fork_at ? lowest->position : 0;
    if (log->adopt_at)
        log->adopt_head = lowest->head;
    log->adopt_due = log->adopt_at && settled < log->fork_at && !on_the_way(core, log);
    free(limits);
    bool was_open = log->status == CONTROL_LOG_OPEN || log->status == CONTROL_LOG_LIMITED;
    uint64_t from = UINT64_MAX; /* the first that counted and does not any more */
    if (limit < log->limit && log->limit && was_open)
        from = limit + 1;
    if (settled < log->settled && log->fork_at && (settled < log->fork_at ? log->fork_at : settled + 1) < from)
        from = settled < log->fork_at ? log->fork_at : settled + 1;
    if (from < UINT64_MAX && (!log->withdraw || from < log->withdraw))
        log->withdraw = from;
    if (log->erases && (limit != log->limit || settled != log->settled))
        erasure_queue_all(core); /* erases come to count, or no longer do (E2) */
    if (log->offers && log->fork_at && (limit != log->limit || settled != log->settled || status != log->status))
        log->offers_due = true; /* and so do offers in dispute (O6) */
    log->status = status;
    log->limit = limit;
    log->settled = settled;
    return from < UINT64_MAX;
}

static void withdraw_all(struct core *core)
{
    for (size_t l = 0; l < core->log_count && core->refold; l++)
        if (core->logs[l]->withdraw) {
            apply_withdraw(core, core->logs[l], core->logs[l]->withdraw);
            core->logs[l]->withdraw = 0;
            core->spaces[core->logs[l]->space]->dirty = true; /* what of it counts all the same is folded again */
        }
    core->refold = false;
}

static void refold_offers(struct core *core, struct space *space)
{
    for (size_t l = 0; l < core->log_count; l++)
        if (core->logs[l]->offers_due && core->logs[l]->space == space->number) {
            core->logs[l]->offers_due = false;
            offers_refold(core, core->logs[l]);
        }
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
        if (space->cards_wait)
            take_waiting_cards(core, space);
        space->dirty = false;
        erasure_judge(core, space);
        judge_reassigned(core, space);
        for (size_t l = 0; l < core->log_count; l++)
            if (core->logs[l]->space == space->number && core->logs[l]->genesis.role == LOG_DATA &&
                judge_log(core, space, core->logs[l]))
                core->refold = true;
        withdraw_all(core);
        refold_offers(core, space);
        erasure_views(core, space);
        core->members_changed = true;
        apply_waiting(core, space);
        space_tell(core, space);
    }
}

/* A space of this session that was shut again, or NULL. */
static struct session_space *session_space_shut(struct session *session, uint32_t space)
{
    for (size_t i = 0; i < session->space_count; i++)
        if (session->spaces[i].space == space && !session->spaces[i].opened)
            return &session->spaces[i];
    return NULL;
}

/* Members may have changed: sessions open and close the space accordingly, and newcomers hear of it. */
void space_tell(struct core *core, struct space *space)
{
    notice_audit(core, space, false);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING)
            continue;
        struct session_space *open = session_space_of(session, space->number);
        if (open && space->joined && notice_due(space, session)) {
            if (!open->farewell_mono)
                notice_begin(core, session, open, NULL, 0);
        } else if (open && space->joined && !forward_shows_tag(space->control, &session->agency)) {
            open->opened = false;
            core_event(core, "space.closed", &session->agency, "no longer a member of %s", space->genesis.name);
        }
        struct session_space *shut = open ? NULL : session_space_shut(session, space->number);
        if (shut && !shut->farewell_mono && space->joined && forward_shows_tag(space->control, &session->agency)) {
            /* The peer showed the tag before it was put out, and is a member again: the space opens where it was shut. */
            shut->opened = true;
            ctlheads_send(core, session, shut);
            heads_send(core, session, shut, true);
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
        for (size_t h = 0; h < log->interval_count; h++) { /* what is held beyond the prefix counts as well */
            uint8_t beyond[8 + HASH_BYTES];
            put_le64(beyond, log->intervals[h].first);
            memcpy(beyond + 8, log->intervals[h].id.b, HASH_BYTES);
            sum = crypto_hash2("muster/1/vector-interval", sum.b, HASH_BYTES, beyond, sizeof(beyond));
        }
    }
    free(logs);
    *kept = sum;
    *of = space->version + 1;
    return sum;
}
