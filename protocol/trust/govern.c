/* govern.c — commands of those who govern a space: each is looked at before it is written, so that whoever asks hears the
 * reason of a refusal, or what is still missing, and no operation is written that is void from its beginning.
 *
 * What an operation is worth is control's matter alone (RULES C4-C9); here is only what a person should be told. */
#include "protocol/core_inner.h"
#include "protocol/object/apply.h"
#include "protocol/object/look.h"
#include "protocol/object/state.h"
#include "protocol/trust/policy.h"

#include <stdlib.h>

enum {
    CUTS_MAX = 256,                       /* of one operation: of more logs the newest ones */
    GOVERN_BODY_MAX = CUTS_MAX * 80 + 256,
    LIFTS_MAX = 32                        /* suspensions of one agency that one command lifts */
};

/* What an agency's data log held here is cut to, when its right to write ends (D2): everything that is seen and in no
 * dispute.  An own log also with what is written and on its way to the disk before the operation. */
static bool cut_of(struct core *core, const struct log *log, struct control_cut *out)
{
    uint64_t position = log->own ? log->prefix : log->durable_prefix;
    *out = (struct control_cut){.log = log->id, .position = position, .head = log->own ? log->prefix_id : log->durable_id};
    if (log->limit < position)
        position = log->limit;
    if (log->fork_at && position >= log->fork_at && position > log->settled)
        position = log->settled >= log->fork_at ? log->settled : log->fork_at - 1;
    if (!position)
        return false;
    if (position != out->position) {
        struct bytes item;
        if (log_item_at(core, log, position, &item) != MUSTER_OK)
            return false;
        out->position = position;
        out->head = segment_id_of(item.at);
    }
    return true;
}

static size_t cuts_of(struct core *core, const struct space *space, const struct agency_id *agency, struct control_cut *out)
{
    size_t count = 0;
    for (size_t i = core->log_count; i > 0 && count < CUTS_MAX; i--) {
        const struct log *log = core->logs[i - 1];
        if (log->space == space->number && log->genesis.role == LOG_DATA && agency_id_eq(&log->genesis.agency, agency) &&
            cut_of(core, log, &out[count]))
            count++;
    }
    return count;
}

size_t core_node_cuts(struct core *core, const struct sign_public *node, struct statement_cut *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < core->log_count; i++) {
        const struct log *log = core->logs[i];
        struct control_cut cut;
        if (log->genesis.role != LOG_DATA || !agency_id_eq(&log->genesis.agency, &core->self) ||
            memcmp(log->genesis.node.b, node->b, sizeof(node->b)) != 0 || !cut_of(core, log, &cut))
            continue;
        if (count < max)
            out[count] = (struct statement_cut){.log = cut.log, .position = cut.position, .head = cut.head};
        count++;
    }
    return count;
}

/* Is the same proposed and waiting, and can still be granted? */
static bool proposed(struct space *space, const struct control_op *like, struct record_id *id)
{
    struct control_entry e;
    if (like->verb == CONTROL_APPROVE || like->verb == CONTROL_POLICY)
        return false;
    for (size_t i = 0; control_entry_at(space->control, i, &e); i++) {
        if (e.judged.verdict != CONTROL_WAITS_FOR_APPROVALS || e.admins_changed || e.verb != like->verb)
            continue;
        bool same = e.right == like->right;
        if (e.verb == CONTROL_CUT)
            same = hash_eq(&e.cut_of, &like->cut_of) && e.cut_position == like->cut_position &&
                   hash_eq(&e.cut_head, &like->cut_head);
        else if (e.verb == CONTROL_REASSIGN)
            same = object_id_eq(&e.object, &like->object) && agency_id_eq(&e.to_agency, &like->to_agency);
        else if (e.verb == CONTROL_ERASE || e.verb == CONTROL_HOLD)
            same = object_id_eq(&e.object, &like->object);
        else if (e.verb == CONTROL_RETAIN)
            same = false;
        else if (e.verb == CONTROL_LIFT || e.verb == CONTROL_UNHOLD)
            same = record_id_eq(&e.target, &like->target);
        else
            same = same && agency_id_eq(&e.who, &like->who);
        if (same) {
            *id = e.id;
            return true;
        }
    }
    return false;
}

/* Why control would not let this be: the sentence that fits. */
static enum muster_error reason(struct core *core, struct space *space, const struct control_op *like)
{
    const struct control_member *me = control_member(space->control, &core->self);
    bool about = like->verb == CONTROL_REMOVE || like->verb == CONTROL_SET_RIGHT || like->verb == CONTROL_SUSPEND;
    const struct control_member *who = about ? control_member(space->control, &like->who) : NULL;
    const struct control_state *state = control_state(space->control);
    if (!me)
        return MUSTER_ENOTMEMBER;
    if (about && !who)
        return MUSTER_ENOTMEMBER;
    if (who && who->admin && state && state->admin_count == 1 && like->verb != CONTROL_SUSPEND)
        return MUSTER_ELASTADMIN;
    return MUSTER_ENORIGHT;
}

/* Would the space keep as many admins as its policy asks for? */
static bool keeps_admins(struct space *space, const struct control_op *like)
{
    const struct control_member *who = control_member(space->control, &like->who);
    const struct control_state *state = control_state(space->control);
    bool ends = like->verb == CONTROL_REMOVE || (like->verb == CONTROL_SET_RIGHT && like->right < RIGHT_ADMIN);
    return !ends || !who || !who->admin || !state ||
           state->admin_count > policy_in_force(space->control, POLICY_ADMINS_MIN, 0);
}

/* Whoever loses the right to read may hold the key in use without having been its recipient; writers who are no admins could
 * not open another epoch then, so an admin does when the operation comes into force. */
static void close_epoch(struct core *core, struct space *space, const struct record_id *operation)
{
    struct control_entry e;
    struct record_id opened;
    const struct epoch *current = epoch_current(space->control, NULL, NULL);
    if (!current || !control_entry_of(space->control, operation, &e) || e.judged.verdict != CONTROL_EFFECTIVE)
        return;
    bool ends = e.verb == CONTROL_REMOVE || e.verb == CONTROL_SUSPEND ||
                (e.verb == CONTROL_SET_RIGHT && e.right < RIGHT_READ);
    const struct control_member *me = control_member(space->control, &core->self);
    if (ends && me && me->admin && epoch_exposed(space->control, &current->id))
        (void)space_open_epoch(core, space, &opened);
}

/* The highest right that this node helps an agency to before a person here has typed its pair code (policy confirm-first).
 * A decision of whoever signs, not of the fold: what others have signed holds. */
static bool voiced(struct core *core, struct space *space, const struct control_op *like)
{
    struct agency_id who = like->who;
    enum right right = like->right;
    bool gives = like->verb == CONTROL_ADD || like->verb == CONTROL_SET_RIGHT;
    struct control_entry e;
    if (like->verb == CONTROL_APPROVE && control_entry_of(space->control, &like->target, &e)) {
        gives = e.verb == CONTROL_ADD || e.verb == CONTROL_SET_RIGHT;
        who = e.who;
        right = e.right;
    }
    const struct control_member *member = control_member(space->control, &who);
    const struct agency *agency = agency_find(core, &who);
    return !gives || agency_id_eq(&who, &core->self) || (member && member->right >= right) ||
           right <= policy_in_force(space->control, POLICY_CONFIRM_FIRST, RIGHT_ADMIN) ||
           (agency && agency->flags & AGENCY_CONFIRMED);
}

enum muster_error govern_write(struct core *core, struct space *space, uint8_t operation, const struct control_op *asked,
                               const void *body, size_t len, struct command_outcome *outcome)
{
    struct control_op like = *asked;
    like.by = core->self;
    struct control_judgement judged = control_preview(space->control, &like);
    enum muster_error error = len ? MUSTER_OK : MUSTER_ETOOBIG;
    if (!error && judged.verdict == CONTROL_NOT_ALLOWED)
        error = reason(core, space, &like);
    if (!error && !keeps_admins(space, &like))
        error = MUSTER_EPOLICY;
    if (!error && !voiced(core, space, &like))
        error = MUSTER_EVOICE;
    if (!error && judged.needed > 1 && proposed(space, &like, &outcome->operation)) {
        outcome->judged = control_judge(space->control, &outcome->operation);
        error = MUSTER_EPROPOSED;
    }
    if (!error)
        error = write_control(core, space, operation, body, len, &outcome->operation);
    if (core->rehearsing) {
        if (error != MUSTER_EPROPOSED)
            outcome->judged = judged;
        return error;
    }
    if (!error)
        outcome->judged = control_judge(space->control, &outcome->operation);
    if (!error)
        close_epoch(core, space, like.verb == CONTROL_APPROVE ? &like.target : &outcome->operation);
    const struct agency_id *about = like.verb == CONTROL_APPROVE ? &core->self : &like.who;
    if (error)
        core_event(core, "control.denied", about, "%s in %s: %s", control_verb_name(like.verb), space->genesis.name,
                   error_what(error));
    else
        core_event(core, "control.written", about, "%s in %s: %s (%u of %u)", control_verb_name(like.verb),
                   space->genesis.name, control_verdict_name(outcome->judged.verdict), outcome->judged.signed_by,
                   outcome->judged.needed);
    return error;
}

/* --- one command each ------------------------------------------------------------------------------------ */

struct govern {
    struct core *core;
    struct space *space;
    const struct command *command;
    struct command_outcome *outcome;
    uint8_t body[GOVERN_BODY_MAX];
    struct control_cut cuts[CUTS_MAX];
};

static enum muster_error set_right(struct govern *g)
{
    const struct command *command = g->command;
    const struct control_member *who = control_member(g->space->control, &command->agency);
    struct control_op like = {.verb = CONTROL_SET_RIGHT, .who = command->agency, .right = command->right};
    size_t cuts = 0;
    if (who && who->right == command->right)
        return MUSTER_EDUPLICATE;
    if (who && who->right >= RIGHT_WRITE && command->right < RIGHT_WRITE)
        cuts = cuts_of(g->core, g->space, &command->agency, g->cuts);
    size_t len = operation_member(g->body, sizeof(g->body), &command->agency, &command->right, g->cuts, cuts);
    return govern_write(g->core, g->space, CTL_SET_RIGHT, &like, g->body, len, g->outcome);
}

static enum muster_error remove_member(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_REMOVE, .who = g->command->agency};
    size_t cuts = cuts_of(g->core, g->space, &g->command->agency, g->cuts);
    size_t len = operation_member(g->body, sizeof(g->body), &g->command->agency, NULL, g->cuts, cuts);
    return govern_write(g->core, g->space, CTL_REMOVE, &like, g->body, len, g->outcome);
}

static enum muster_error suspend(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_SUSPEND, .who = g->command->agency};
    const struct control_member *who = control_member(g->space->control, &g->command->agency);
    if (who && who->suspended)
        return MUSTER_EDUPLICATE;
    size_t len = operation_member(g->body, sizeof(g->body), &g->command->agency, NULL, NULL, 0);
    return govern_write(g->core, g->space, CTL_SUSPEND, &like, g->body, len, g->outcome);
}

/* Every suspension of the agency that is in force; the outcome is that of the one that is furthest from it. */
static enum muster_error lift(struct govern *g)
{
    struct record_id found[LIFTS_MAX];
    size_t count = 1;
    found[0] = g->command->operation;
    if (record_id_none(&found[0]))
        count = control_suspensions(g->space->control, &g->command->agency, found, LIFTS_MAX);
    if (!count)
        return control_member(g->space->control, &g->command->agency) ? MUSTER_EDUPLICATE : MUSTER_ENOTMEMBER;
    struct command_outcome worst = {.judged.verdict = CONTROL_EFFECTIVE};
    enum muster_error error = MUSTER_OK;
    for (size_t i = 0; i < count && !error; i++) {
        struct control_op like = {.verb = CONTROL_LIFT, .who = g->command->agency, .target = found[i]};
        size_t len = operation_target(g->body, sizeof(g->body), &found[i]);
        error = govern_write(g->core, g->space, CTL_LIFT, &like, g->body, len, g->outcome);
        if (!i || g->outcome->judged.verdict != CONTROL_EFFECTIVE)
            worst = *g->outcome;
    }
    *g->outcome = worst;
    return error;
}

/* A value out of its field's bounds, or more admins than there are: nobody could meet it. */
static enum muster_error policy(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_POLICY};
    const struct control_state *state = control_state(g->space->control);
    enum muster_error error = g->command->policy_count && g->command->policy_count <= CONTROL_POLICY_MAX ? MUSTER_OK
                                                                                                          : MUSTER_EUSAGE;
    for (size_t i = 0; i < g->command->policy_count && !error; i++) {
        const struct policy_row *row = policy_by_field(g->command->policy[i].field);
        uint64_t number;
        if (!row || !policy_number(g->command->policy[i].value, &number))
            error = MUSTER_EFIELD;
        else if (number < row->least || number > row->most ||
                 (row->field == POLICY_ADMINS_MIN && state && number > state->admin_count))
            error = MUSTER_EPOLICY;
    }
    if (error) {
        core_event(g->core, "control.denied", &g->core->self, "policy in %s: %s", g->space->genesis.name, error_what(error));
        return error;
    }
    size_t len = operation_policy(g->body, sizeof(g->body), g->command->policy, g->command->policy_count);
    return govern_write(g->core, g->space, CTL_POLICY, &like, g->body, len, g->outcome);
}

static enum muster_error approve(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_APPROVE, .target = g->command->operation};
    struct agency_id signers[64];
    struct control_entry e;
    if (!control_entry_of(g->space->control, &g->command->operation, &e))
        return MUSTER_ENOTFOUND;
    g->outcome->operation = e.id;
    g->outcome->judged = e.judged;
    size_t count = control_signers(g->space->control, &e.id, signers, ARRAY_LEN(signers));
    for (size_t i = 0; i < count; i++)
        if (agency_id_eq(&signers[i], &g->core->self))
            return MUSTER_EDUPLICATE;
    if (e.judged.verdict != CONTROL_WAITS_FOR_APPROVALS)
        return e.judged.verdict == CONTROL_EFFECTIVE ? MUSTER_EDUPLICATE : MUSTER_ENORIGHT;
    if (e.admins_changed)
        return MUSTER_ESTALE;
    size_t len = operation_target(g->body, sizeof(g->body), &e.id);
    enum muster_error error = govern_write(g->core, g->space, CTL_APPROVE, &like, g->body, len, g->outcome);
    g->outcome->operation = e.id; /* what the caller asks after is what was approved */
    g->outcome->judged = control_judge(g->space->control, &e.id);
    if (g->core->rehearsing)
        g->outcome->judged.signed_by++;
    return error;
}

static enum muster_error rotate(struct govern *g)
{
    enum muster_error error = space_open_epoch(g->core, g->space, &g->outcome->operation);
    if (!error && g->core->rehearsing)
        g->outcome->judged = (struct control_judgement){.verdict = CONTROL_EFFECTIVE, .needed = 1, .signed_by = 1};
    else if (!error)
        g->outcome->judged = control_judge(g->space->control, &g->outcome->operation);
    return error;
}

/* What is cut, and to what: a log, or an agency's line to what stands there. */
static enum muster_error cut_target(struct govern *g, struct control_op *like)
{
    const struct command *command = g->command;
    struct bytes item;
    like->cut_position = command->position;
    like->cut_head = command->head;
    if (log_id_none(&command->log)) {
        struct record_id head;
        memcpy(like->cut_of.b, command->agency.b, HASH_BYTES);
        if (!hash_none(&command->head))
            return MUSTER_OK;
        if (!control_line_head(g->space->control, &command->agency, &head))
            return MUSTER_ENOTFOUND;
        memcpy(like->cut_head.b, head.b, HASH_BYTES);
        like->cut_position = like->cut_position ? like->cut_position : 1;
        return MUSTER_OK;
    }
    const struct log *log = log_find(g->core, &command->log);
    if (!log || log->space != g->space->number || log->genesis.role != LOG_DATA)
        return MUSTER_EUNKNOWN_LOG;
    memcpy(like->cut_of.b, command->log.b, HASH_BYTES);
    if (!hash_none(&command->head))
        return MUSTER_OK;
    if (!command->position) {
        memcpy(like->cut_head.b, command->log.b, HASH_BYTES);
        return MUSTER_OK;
    }
    if (log_stored_at(g->core, log, command->position, &item) != MUSTER_OK)
        return MUSTER_ENOTFOUND;
    struct segment_id id = segment_id_of(item.at);
    memcpy(like->cut_head.b, id.b, HASH_BYTES);
    return MUSTER_OK;
}

static enum muster_error cut(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_CUT};
    enum muster_error error = cut_target(g, &like);
    if (error)
        return error;
    size_t len = operation_cut(g->body, sizeof(g->body), &like.cut_of, like.cut_position, &like.cut_head);
    return govern_write(g->core, g->space, CTL_CUT, &like, g->body, len, g->outcome);
}

/* Of each log the newest record of the object that counts: with their past, all that is seen of it here.  Of more logs than
 * there is room for, those that wrote last.  *count: how many; 0 also where the object cannot be looked at. */
static void seen_of(struct govern *g, struct record_id out[REASSIGN_SEEN_MAX], size_t *count)
{
    struct object_look look;
    uint32_t newest[REASSIGN_SEEN_MAX];
    *count = 0;
    if (core_object_look(g->core, g->space->number, &g->command->object, &look) != MUSTER_OK)
        return;
    for (uint32_t i = 0; i < look.count; i++) {
        const struct object_record *record = &look.records[i];
        size_t at = 0, oldest = 0;
        if (record->place != PLACE_LIVE)
            continue;
        for (; at < *count && !log_id_eq(&look.records[newest[at]].log, &record->log); at++)
            if (look.records[newest[at]].hlc < look.records[newest[oldest]].hlc)
                oldest = at;
        if (at == REASSIGN_SEEN_MAX) {
            if (record->hlc > look.records[newest[oldest]].hlc)
                newest[oldest] = i;
        } else if (at == *count || record->seq > look.records[newest[at]].seq) {
            newest[at] = i;
            *count += at == *count;
        }
    }
    for (size_t i = 0; i < *count; i++)
        out[i] = look.records[newest[i]].id;
    object_look_free(&look);
}

static enum muster_error reassign(struct govern *g)
{
    const struct command *command = g->command;
    struct control_op like = {.verb = CONTROL_REASSIGN, .to_agency = command->agency, .object = command->object,
                              .after = command->operation};
    const struct control_member *to = control_member(g->space->control, &command->agency);
    if (!to)
        return MUSTER_ENOTMEMBER;
    if (to->right < RIGHT_WRITE)
        return MUSTER_ENORIGHT;
    if (record_id_none(&like.after)) {
        struct object_stored state;
        enum muster_error error = object_state(g->core, g->space, &command->object, &state);
        if (error)
            return error;
        if (agency_id_eq(&state.owner, &command->agency))
            return MUSTER_EDUPLICATE;
        memcpy(like.after.b, state.term.b, HASH_BYTES);
    }
    struct record_id seen[REASSIGN_SEEN_MAX];
    seen_of(g, seen, &like.seen_count);
    like.seen = seen;
    size_t len = operation_reassign(g->body, sizeof(g->body), &command->agency, &command->object, &like.after, seen,
                                    like.seen_count);
    return govern_write(g->core, g->space, CTL_REASSIGN, &like, g->body, len, g->outcome);
}

/* Records that are erased or held by a majority: named, so that what is written to the object later is not meant. */
static enum muster_error erase_or_hold(struct govern *g)
{
    const struct command *command = g->command;
    bool erase = command->kind == COMMAND_ERASE;
    struct control_op like = {.verb = erase ? CONTROL_ERASE : CONTROL_HOLD, .object = command->object};
    if (!command->record_count || command->record_count > ERASE_RECORDS_MAX || (erase && !command->ground))
        return MUSTER_EUSAGE;
    size_t len = operation_erase(g->body, sizeof(g->body), &command->object, command->records, command->record_count,
                                 erase ? command->ground : NULL);
    return govern_write(g->core, g->space, erase ? CTL_ERASE : CTL_HOLD, &like, g->body, len, g->outcome);
}

static enum muster_error unhold(struct govern *g)
{
    struct control_op like = {.verb = CONTROL_UNHOLD, .target = g->command->operation};
    struct control_entry e;
    if (!control_entry_of(g->space->control, &like.target, &e) || e.verb != CONTROL_HOLD)
        return MUSTER_ENOTFOUND;
    if (control_lifted(g->space->control, &like.target))
        return MUSTER_EDUPLICATE;
    size_t len = operation_target(g->body, sizeof(g->body), &like.target);
    return govern_write(g->core, g->space, CTL_UNHOLD, &like, g->body, len, g->outcome);
}

static enum muster_error retain(struct govern *g)
{
    const struct command *command = g->command;
    struct control_op like = {.verb = CONTROL_RETAIN};
    if (!command->range_count || command->range_count > RETAIN_RANGES_MAX || !command->ground)
        return MUSTER_EUSAGE;
    size_t len = operation_retain(g->body, sizeof(g->body), command->ranges, command->range_count, command->ground);
    return govern_write(g->core, g->space, CTL_RETAIN, &like, g->body, len, g->outcome);
}

enum muster_error govern_command(struct core *core, const struct command *command, struct command_outcome *outcome)
{
    static enum muster_error (*const acts[COMMANDS])(struct govern *) = {
        [COMMAND_SET_RIGHT] = set_right, [COMMAND_REMOVE] = remove_member, [COMMAND_SUSPEND] = suspend,
        [COMMAND_LIFT] = lift,           [COMMAND_POLICY] = policy,        [COMMAND_APPROVE] = approve,
        [COMMAND_ROTATE] = rotate,       [COMMAND_CUT] = cut,              [COMMAND_REASSIGN] = reassign,
        [COMMAND_ERASE] = erase_or_hold, [COMMAND_HOLD] = erase_or_hold,   [COMMAND_UNHOLD] = unhold,
        [COMMAND_RETAIN] = retain,
    };
    struct space *space = space_find(core, &command->space_id);
    if (!acts[command->kind])
        return MUSTER_EUSAGE;
    if (!space || !space->joined)
        return MUSTER_EUNKNOWN_SPACE;
    struct govern *g = calloc(1, sizeof(*g));
    if (!g)
        return MUSTER_EBUSY;
    *g = (struct govern){.core = core, .space = space, .command = command, .outcome = outcome};
    enum muster_error error = acts[command->kind](g);
    free(g);
    return error;
}
