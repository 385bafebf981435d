/* notice.c — a removed agency is shown its removal, the approvals of it and their past, and nothing after (RULES F2).
 *
 * From the moment on in which its removal is in force here nothing else goes to it: heads, data, keys and later control ask
 * the same function (forward.h).  Then it is let go; if it shares no other space it may not connect any more. */
#include "protocol/core_inner.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>

enum { FAREWELL_MS = 5000 }; /* three round trips over a satellite, and the notice */

bool notice_due(struct space *space, const struct session *session)
{
    return control_is_removed(space->control, &session->agency) && !control_member(space->control, &session->agency);
}

/* The first of the operations, in order of their positions, that stands there or behind. */
static size_t first_at(const struct log *log, uint64_t position)
{
    size_t low = 0, high = log->op_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->ops[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool notice_shows(struct space *space, const struct session *session, const struct log *log, uint64_t position)
{
    size_t i = first_at(log, position), from = i;
    for (; i < log->op_count && log->ops[i].position == position; i++)
        if (!forward_decide(space->control, &session->agency, &log->ops[i].id).allowed)
            return false;
    return i > from; /* none that is known here: it is not shown */
}

static bool has(struct space *space, const struct record_id *heads, size_t count, const struct record_id *id)
{
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = record_id_eq(&heads[i], id) || control_saw(space->control, &heads[i], id);
    return found;
}

/* What an agency is shown of one log is its beginning, since the past of an operation holds all before it there. */
static void serve(struct core *core, struct session *session, struct space *space, const struct log *log,
                  const struct record_id *heads, size_t count)
{
    uint64_t first = 0, last = 0;
    for (size_t i = 0; i < log->op_count; i++) {
        if (!notice_shows(space, session, log, log->ops[i].position))
            break;
        last = log->ops[i].position;
        if (!first && !has(space, heads, count, &log->ops[i].id))
            first = last;
    }
    if (first)
        seg_serve(core, session, log_index(core, log), first, last, LANE_CONTROL);
}

void notice_begin(struct core *core, struct session *session, struct session_space *open, const struct record_id *heads,
                  size_t count)
{
    struct space *space = core->spaces[open->space];
    if (!open->farewell_mono) {
        open->farewell_mono = core->mono_ms ? core->mono_ms : 1;
        core_event(core, "member.removed", &session->agency, "%s: it is shown its removal, and nothing after",
                   space->genesis.name);
    }
    for (size_t i = 0; i < core->log_count; i++)
        if (core->logs[i]->space == space->number && core->logs[i]->genesis.role == LOG_CONTROL)
            serve(core, session, space, core->logs[i], heads, count);
}

static void let_go(struct core *core, struct session *session)
{
    struct agency *agency = agency_find(core, &session->agency);
    for (size_t s = 0; s < session->space_count; s++) {
        struct session_space *open = &session->spaces[s];
        if (open->farewell_mono && core->mono_ms - open->farewell_mono >= FAREWELL_MS) {
            open->opened = false;
            open->farewell_mono = 0;
        }
    }
    if (!agency || agency_id_eq(&agency->id, &core->self) || agency_shares(core, &agency->id))
        return;
    agency->told = true;
    core->members_changed = true;
    session_close(core, session, MUSTER_ENOTMEMBER, "removed from the space");
}

/* This node's agency was removed, or has left: it stays for a moment, so that its partners hear of it, and hangs up. */
static bool has_left(struct core *core, struct space *space)
{
    return space->joined && control_is_removed(space->control, &core->self) && !control_member(space->control, &core->self);
}

void notice_end(struct core *core)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        bool over = false;
        for (size_t s = 0; session && s < session->space_count; s++) {
            struct session_space *open = &session->spaces[s];
            struct space *space = core->spaces[open->space];
            bool leaves = has_left(core, space) && !agency_id_eq(&session->agency, &core->self);
            if (!open->opened || (!open->farewell_mono && !leaves))
                continue;
            if (!open->farewell_mono)
                open->farewell_mono = core->mono_ms ? core->mono_ms : 1;
            else if (!leaves && !notice_due(space, session)) {
                open->farewell_mono = 0; /* a member again: it asks for the control that it was not given */
                spaces_send(core, session);
            }
            over |= open->farewell_mono && core->mono_ms - open->farewell_mono >= FAREWELL_MS;
        }
        if (over)
            let_go(core, session);
    }
}

/* Whoever was removed and has understood it says so when it hangs up; who was removed itself need not ask again. */
void notice_over(struct core *core, struct session *session, enum muster_error why)
{
    struct agency *agency = agency_find(core, &session->agency);
    for (size_t s = 0; agency && s < session->space_count; s++) {
        struct space *space = core->spaces[session->spaces[s].space];
        bool heard = why == MUSTER_ENOTMEMBER && session->spaces[s].farewell_mono && notice_due(space, session);
        if (agency_shares(core, &agency->id) || !(has_left(core, space) || heard))
            continue;
        agency->told = true;
        core->members_changed = true;
    }
}

/* --- the audit --------------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

/* Until when it may have been sent data by this node: now, if a session stands; else when it was last met; 0: never. */
static uint64_t last_moment(struct core *core, const struct space *space, const struct agency_id *id)
{
    const struct agency *agency = agency_find(core, id);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (session && session->stage == SESSION_SYNCING && agency_id_eq(&session->agency, id) &&
            session_space_of(session, space->number))
            return core->wall_ms;
    }
    return agency ? agency->last_met_ms : 0;
}

void notice_audit(struct core *core, struct space *space, bool quiet)
{
    const struct control_state *state = space->joined ? control_state(space->control) : NULL;
    if (!state || (state->removed_count == space->gone_count &&
                   (!space->gone_count || !memcmp(state->removed, space->gone, space->gone_count * sizeof(*space->gone)))))
        return;
    for (size_t i = 0; i < state->removed_count && !quiet; i++) {
        const struct agency_id *id = &state->removed[i];
        char time[TIME_FORMAT_BYTES] = "";
        if ((space->gone_count && bsearch(id, space->gone, space->gone_count, sizeof(*id), by_id)) ||
            agency_id_eq(id, &core->self))
            continue;
        uint64_t until = last_moment(core, space, id);
        if (until)
            time3339_format(time, (int64_t)until);
        core_event(core, "member.gone", id, "%s: data may have gone to it from here until %s", space->genesis.name,
                   until ? time : "never: it was not met");
    }
    struct agency_id *copy = malloc((state->removed_count + 1) * sizeof(*copy));
    if (!copy)
        return; /* noted once more, with the next change */
    memcpy(copy, state->removed, state->removed_count * sizeof(*copy));
    free(space->gone);
    space->gone = copy;
    space->gone_count = state->removed_count;
}
