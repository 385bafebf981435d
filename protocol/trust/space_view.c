/* space_view.c — a space as the local API shows it. */
#include "protocol/core_inner.h"

size_t core_spaces(const struct core *core)
{
    return core->space_count;
}

/* When a member last said what it holds: as far as that, what is held here is all that was known to those who were met.  An
 * agency that is connected pings; without another member it is now.  0: logs of others are here, and nobody was met yet. */
static uint64_t as_of(const struct core *core, const struct space *space, bool others)
{
    uint64_t met = 0;
    for (size_t i = 0; space->joined && i < core->agency_count; i++)
        if (!agency_id_eq(&core->agencies[i]->id, &core->self) && core->agencies[i]->last_met_ms > met &&
            control_member(space->control, &core->agencies[i]->id))
            met = core->agencies[i]->last_met_ms;
    return met || others ? met : core->wall_ms;
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
                               .created_ms = space->genesis.created_ms, .retention_days = space->genesis.retention_days,
                               .controller = space->genesis.controller,
                               .objects = space->objects, .records = space->records,
                               .waiting_segments = (uint32_t)space->waiting,
                               .quarantined = (uint32_t)space->quarantined, .control = space->control};
    bool others = false;
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        if (log->space != space->number)
            continue;
        out->logs++;
        if (log->fork_at)
            out->forks++;
        if (log->durable_prefix >= log->highest)
            out->logs_complete++;
        others |= !log->own && !agency_id_eq(&log->genesis.agency, &core->self);
    }
    out->as_of_ms = as_of(core, space, others);
    return true;
}

bool core_space_by_id(struct core *core, const struct space_id *id, struct space_view *out)
{
    struct space *space = space_find(core, id);
    return space && core_space_at(core, space->number, out);
}

static void view_log(const struct log *log, struct log_view *out)
{
    *out = (struct log_view){.id = log->id, .agency = log->genesis.agency, .role = log->genesis.role,
                             .prefix = log->durable_prefix, .highest = log->highest, .fork_at = log->fork_at,
                             .records = log->records, .last_hlc = log->last_hlc, .intervals = log->interval_count,
                             .own = log->own, .confirmed = log->confirmed, .closed = log->closed, .heard_ms = log->heard_ms, .node = log->genesis.node,
                             .counts = log->genesis.role == LOG_CONTROL || log->status == CONTROL_LOG_OPEN ||
                                       log->status == CONTROL_LOG_LIMITED,
                             .status = log->status, .limit = log->genesis.role == LOG_CONTROL ? UINT64_MAX : log->limit,
                             .settled = log->settled};
    if (log->genesis.role == LOG_DATA && log->durable_prefix > log->limit)
        out->beyond = log->durable_prefix - log->limit;
}

bool core_log_at(struct core *core, uint32_t space, size_t i, struct log_view *out)
{
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        if (log->space != space || i-- > 0)
            continue;
        view_log(log, out);
        return true;
    }
    return false;
}

bool core_log_any(struct core *core, size_t l, uint32_t *space, struct log_view *out)
{
    if (l >= core->log_count)
        return false;
    *space = core->logs[l]->space;
    view_log(core->logs[l], out);
    return true;
}

uint64_t core_operation_hlc(struct core *core, uint32_t space, const struct record_id *operation)
{
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        for (size_t i = 0; log->space == space && i < log->op_count; i++) {
            struct bytes item;
            struct segment_header header;
            struct segment_record record;
            uint8_t bytes[RECORD_HEADER_MAX];
            if (!record_id_eq(&log->ops[i].id, operation) || log_item_at(core, log, log->ops[i].position, &item) != MUSTER_OK)
                continue;
            for (uint16_t r = 0; segment_item_record(item.at, item.len, r, &header, &record) == MUSTER_OK; r++) {
                struct record_id id = record_id_of(&log->id, bytes, record_header_write(bytes, &record.header));
                if (record_id_eq(&id, operation))
                    return record.header.hlc;
                if (r + 1u >= header.count)
                    break;
            }
        }
    }
    return 0;
}
