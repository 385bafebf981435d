/* space_load.c — spaces and logs from the store: at start, and after a commit that failed. */
#include "protocol/core_inner.h"
#include "protocol/trust/policy.h"

#include <stdlib.h>

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
    space->reassigned_count = space->majority_count = space->retention_count = 0;
    space->dirty = space->views_due = true;
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

void take_root(struct core *core, struct space *space)
{
    struct control *control = control_new();
    if (!control)
        return; /* tried again with the next judgement */
    control_order(control, policy_stricter, NULL);
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
        control_order(control, policy_stricter, NULL);
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

/* The process may have ended between the commit that limited a log and the step that took what is beyond the limit out of the
 * views: whether it stands there still is looked up with the first step, and what waits is tried (space_judge). */
void views_doubt(struct core *core, struct log *log)
{
    uint64_t from = log->limit < UINT64_MAX ? log->limit + 1 : UINT64_MAX;
    if (log->fork_at) {
        uint64_t disputed = log->settled < log->fork_at ? log->fork_at : log->settled + 1;
        from = disputed < from ? disputed : from;
    }
    log->withdraw = from <= log->prefix ? from : 0;
    core->refold |= log->withdraw != 0;
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
        space->dirty = true;
        notice_audit(core, space, true);
        for (size_t l = 0; l < core->log_count; l++)
            if (core->logs[l]->space == space->number && core->logs[l]->genesis.role == LOG_DATA) {
                (void)judge_log(core, space, core->logs[l]);
                views_doubt(core, core->logs[l]);
            }
    }
    return MUSTER_OK;
}
