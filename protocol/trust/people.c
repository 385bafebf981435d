/* people.c — who may connect, and the commands about people and spaces. */
#include "protocol/core_inner.h"

#include <stdlib.h>

/* This agency was removed from it, and is no member any more. */
static bool was_removed(struct core *core, struct space *space)
{
    return control_is_removed(space->control, &core->self) && !control_member(space->control, &core->self);
}

/* Own segments that an agency which is not here lacks, as far as it has ever said what it holds, over a line or with a bundle. */
static uint64_t behind_away(struct core *core, const struct agency_id *agency)
{
    uint64_t behind = 0;
    for (size_t l = 0; l < core->log_count; l++) {
        const struct log *log = core->logs[l];
        struct space *space = core->spaces[log->space];
        if (!log->own || log->genesis.role != LOG_DATA || !space->joined || was_removed(core, space) ||
            !control_member(space->control, agency))
            continue;
        uint64_t theirs = core_held_by(core, agency, &log->id);
        behind += log->durable_prefix > theirs ? log->durable_prefix - theirs : 0;
    }
    return behind;
}

static bool shares_space(struct core *core, const struct agency_id *id, uint32_t *count)
{
    uint32_t shared = 0;
    for (size_t i = 0; i < core->space_count; i++)
        if (core->spaces[i]->joined && control_member(core->spaces[i]->control, id) && !was_removed(core, core->spaces[i]))
            shared++;
    if (count)
        *count = shared;
    return shared > 0;
}

bool agency_shares(struct core *core, const struct agency_id *id)
{
    return shares_space(core, id, NULL);
}

/* Whom a person trusts may come; not who was removed from a space and shares no other, but for hearing of it once (F2). */
static bool admits(struct core *core, const struct agency *agency)
{
    bool removed = false;
    if (agency_id_eq(&agency->id, &core->self) || shares_space(core, &agency->id, NULL))
        return true;
    for (size_t i = 0; i < core->space_count; i++) {
        struct space *space = core->spaces[i];
        if (!space->joined && agency_id_eq(&space->inviter, &agency->id))
            return true;
        removed |= space->joined && (was_removed(core, space) ? control_member(space->control, &agency->id) != NULL
                                                              : control_is_removed(space->control, &agency->id));
    }
    return removed ? !agency->told : agency->flags & AGENCY_TRUSTED;
}

bool agency_admitted(struct core *core, const struct agency_id *id)
{
    const struct agency *agency = agency_find(core, id);
    return agency && admits(core, agency);
}

bool core_admits(struct core *core, const struct curve_public *key)
{
    for (size_t i = 0; i < core->agency_count; i++) {
        const struct agency *agency = core->agencies[i];
        for (size_t n = 0; n < agency->node_count; n++)
            if (!agency->nodes[n].revoked && memcmp(agency->nodes[n].keys.curve.b, key->b, sizeof(key->b)) == 0 &&
                admits(core, agency))
                return true; /* anybody may name a key; whoever connects with it proves whose it is in AUTH */
    }
    return false;
}

static enum muster_error set_flags(struct core *core, const struct agency_id *id, uint8_t flags)
{
    struct agency *agency = agency_find(core, id);
    if (!agency)
        return MUSTER_EUNKNOWN_AGENCY;
    agency->flags |= flags;
    return agency_save(core, agency);
}

static enum muster_error forget(struct core *core, const struct agency_id *id)
{
    for (size_t i = 0; i < core->agency_count; i++) {
        struct agency *agency = core->agencies[i];
        if (!agency_id_eq(&agency->id, id))
            continue;
        if (agency_id_eq(&agency->id, &core->self) || shares_space(core, id, NULL))
            return MUSTER_EPERMISSION; /* it is a member somewhere: remove it there first */
        enum muster_error error = agency_delete(core, agency);
        if (error)
            return error;
        for (size_t s = 0; s < SESSIONS_MAX; s++)
            if (core->sessions[s] && agency_id_eq(&core->sessions[s]->agency, id))
                session_close(core, core->sessions[s], MUSTER_EUNKNOWN_NODE, "forgotten");
        for (size_t s = 0; s < SESSIONS_MAX; s++)
            if (core->sessions[s] && core->sessions[s]->agency_index > i + 1)
                core->sessions[s]->agency_index--;
        agency_free(agency);
        memmove(core->agencies + i, core->agencies + i + 1, (--core->agency_count - i) * sizeof(*core->agencies));
        core->members_changed = true;
        return MUSTER_OK;
    }
    return MUSTER_EUNKNOWN_AGENCY;
}

static enum muster_error create_space(struct core *core, const struct command *command, struct space_id *id);
static enum muster_error join_space(struct core *core, const struct command *command, struct agency_id *agency);

static enum muster_error own_card(struct core *core, struct bytes card)
{
    uint8_t *copy = malloc(card.len + 1);
    if (!copy)
        return MUSTER_EBUSY;
    memcpy(copy, card.at, card.len);
    free(core->card);
    core->card = copy;
    core->config.card = (struct bytes){copy, card.len};
    uint32_t before = core->config.identity.statements;
    enum muster_error error = agency_own(core, core->config.card);
    if (error)
        return error;
    for (size_t i = 0; i < core->space_count && core->config.identity.statements > before; i++)
        core->spaces[i]->identity_due = core->spaces[i]->joined;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = core->sessions[i];
        if (!session || session->stage != SESSION_SYNCING)
            continue;
        struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
        uint8_t *begin = frame_begin(&w, FRAME_CARD, 0);
        writer_put(&w, card.at, card.len);
        frame_end(&w, begin);
        session_send(core, session, &w);
    }
    return MUSTER_OK;
}

void core_command(struct core *core, const struct event *event)
{
    const struct command *command = event->u.command.command;
    struct space_id space = command->space_id;
    struct agency_id agency = command->agency;
    struct command_outcome outcome = {.judged.verdict = CONTROL_UNKNOWN};
    enum muster_error error = MUSTER_EUSAGE;
    bool rests = core->mono_ms < core->urgent_stalled_until_mono; /* the disk refused even control */
    if (rests)
        error = MUSTER_EFULL;
    switch (rests ? COMMANDS : command->kind) {
    case COMMANDS:
        break;
    case COMMAND_SPACE_CREATE:
        error = create_space(core, command, &space);
        break;
    case COMMAND_ADD_MEMBER:
        error = add_member(core, command, &agency, &outcome);
        break;
    case COMMAND_JOIN:
        error = join_space(core, command, &agency);
        break;
    case COMMAND_CONFIRM:
        error = set_flags(core, &command->agency, AGENCY_CONFIRMED);
        break;
    case COMMAND_FORGET:
        error = forget(core, &command->agency);
        break;
    case COMMAND_OWN_CARD:
        error = own_card(core, command->card);
        break;
    case COMMAND_TAKE_CARD:
        error = agency_take_card(core, command->card, 0, NULL);
        break;
    default:
        error = govern_command(core, command, &outcome);
        break;
    }
    if (!error) {
        struct staged_reply *reply = stage_reply(core, event->u.command.request, true, &space, &agency);
        if (reply)
            reply->outcome = outcome;
        return;
    }
    struct action *action = core_act(core, ACTION_NOTIFY);
    if (action) {
        action->notify = NOTIFY_COMMAND;
        action->request = event->u.command.request;
        action->error = error;
        action->space = space;
        action->agency = agency;
        action->outcome = outcome;
    }
}

/* --- commands about spaces ----------------------------------------------------------------------------- */

static enum muster_error create_space(struct core *core, const struct command *command, struct space_id *id)
{
    struct space_genesis g = command->space;
    uint8_t *bytes = malloc(GENESIS_BYTES_MAX);
    if (!bytes)
        return MUSTER_EBUSY;
    g.rules = RULES_VERSION;
    g.creator = g.controller = g.admins[0] = core->self;
    g.admin_count = 1;
    core_draw(core, g.salt, sizeof(g.salt));
    g.cards[0] = core->config.card;
    g.card_count = 1;
    g.created_ms = core->wall_ms;
    size_t len = space_genesis_write(bytes, &g);
    enum muster_error error = len ? MUSTER_OK : MUSTER_ETOOBIG;
    struct space *space = NULL;
    if (!error) {
        *id = space_id_of(bytes, len);
        space = space_new(core, id);
        error = space ? space_found(core, space, bytes, len) : MUSTER_EBUSY;
    }
    struct record_id record;
    if (!error)
        error = write_control(core, space, CTL_GENESIS, bytes, len, &record);
    free(bytes);
    return error;
}

/* Whom the card is of; unless it is a rehearsal, it is taken. */
static enum muster_error add_whom(struct core *core, struct bytes bytes, struct agency_id *who, struct bytes *card)
{
    struct agency *agency;
    if (core->rehearsing) {
        struct card *read = malloc(sizeof(*read));
        enum muster_error error = read ? card_read(read, bytes.at, bytes.len) : MUSTER_EBUSY;
        if (!error)
            *who = read->agency;
        *card = bytes;
        free(read);
        return error;
    }
    enum muster_error error = agency_take_card(core, bytes, AGENCY_TRUSTED, &agency);
    if (error)
        return error;
    agency->told = false;
    *who = agency->id;
    *card = (struct bytes){agency->card, agency->card_len};
    return MUSTER_OK;
}

enum muster_error add_member(struct core *core, const struct command *command, struct agency_id *agency_id,
                             struct command_outcome *outcome)
{
    struct space *space = space_find(core, &command->space_id);
    struct bytes card;
    if (!space || !space->joined)
        return MUSTER_EUNKNOWN_SPACE;
    const struct control_member *me = control_member(space->control, &core->self);
    if (!me || !me->admin)
        return MUSTER_ENORIGHT;
    enum muster_error error = add_whom(core, command->card, agency_id, &card);
    if (error)
        return error;
    const struct control_member *member = control_member(space->control, agency_id);
    if (member && member->right == command->right)
        return MUSTER_OK; /* an invite made again: nothing changes in the space */
    if (member) { /* as set-right would: a lower right lists what stays */
        struct command change = *command;
        change.kind = COMMAND_SET_RIGHT;
        change.agency = *agency_id;
        return govern_command(core, &change, outcome);
    }
    uint8_t *body = malloc(CARD_BYTES_MAX + 256);
    if (!body)
        return MUSTER_EBUSY;
    struct control_op like = {.verb = CONTROL_ADD, .who = *agency_id, .right = command->right};
    size_t len = operation_add(body, CARD_BYTES_MAX + 256, agency_id, command->right, card);
    error = govern_write(core, space, CTL_ADD, &like, body, len, outcome);
    free(body);
    if (error == MUSTER_EPROPOSED) /* an invite made again; it waits as before */
        error = MUSTER_OK;
    if (!error && outcome->judged.verdict == CONTROL_EFFECTIVE)
        core_event(core, "member.added", agency_id, "right %s", right_name(command->right));
    return error;
}

static enum muster_error join_space(struct core *core, const struct command *command, struct agency_id *agency_id)
{
    struct agency *agency;
    enum muster_error error = agency_take_card(core, command->card, AGENCY_TRUSTED, &agency);
    if (error)
        return error;
    *agency_id = agency->id;
    agency->told = false; /* invited anew */
    if (space_find(core, &command->space_id))
        return MUSTER_OK; /* joined before; the inviter's card may be newer */
    struct space *space = space_new(core, &command->space_id);
    if (!space)
        return MUSTER_EBUSY;
    space->inviter = agency->id;
    error = space_save(core, space);
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i] && core->sessions[i]->stage == SESSION_SYNCING)
            spaces_send(core, core->sessions[i]);
    return error;
}

/* --- for the local API ----------------------------------------------------------------------------------- */

bool core_own_chain(struct core *core, struct bytes *card)
{
    const struct agency *agency = agency_find(core, &core->self);
    if (!agency)
        return false;
    *card = (struct bytes){agency->card, agency->card_len};
    return true;
}

bool core_peer_at(struct core *core, size_t i, struct peer_view *out)
{
    for (size_t a = 0; a < core->agency_count; a++) {
        struct agency *agency = core->agencies[a];
        bool own = agency_id_eq(&agency->id, &core->self);
        for (size_t n = 0; own && n < agency->node_count && n <= i; n++)
            if (memcmp(agency->nodes[n].keys.sign.b, core->config.keys.sign.b, sizeof(agency->nodes[n].keys.sign.b)) == 0) {
                i++; /* not this node itself */
                break;
            }
        if (i >= agency->node_count) {
            i -= agency->node_count;
            continue;
        }
        struct card *card = malloc(sizeof(*card));
        *out = (struct peer_view){.agency = agency->id, .node = agency->nodes[i].keys.sign,
                                  .curve = agency->nodes[i].keys.curve,
                                  .confirmed = agency->flags & AGENCY_CONFIRMED, .last_met_ms = agency->last_met_ms,
                                  .card = {agency->card, agency->card_len},
                                  .reach = {agency->nodes[i].reach, agency->nodes[i].reach_len},
                                  .expires_ms = agency->nodes[i].expires_ms, .revoked = agency->nodes[i].revoked,
                                  .own = own};
        if (card && card_read(card, agency->card, agency->card_len) == MUSTER_OK) {
            const struct certified_node *node = identity_node(&card->identity, &out->node);
            memcpy(out->agency_name, card->identity.name, sizeof(out->agency_name));
            memcpy(out->country, card->identity.country, sizeof(out->country));
            if (node)
                memcpy(out->node_name, node->name, sizeof(out->node_name));
        }
        free(card);
        out->state = agency->last_met_ms ? PEER_SILENT : PEER_NEVER;
        out->since_ms = agency->last_met_ms;
        shares_space(core, &agency->id, &out->shared_spaces);
        for (size_t s = 0; s < SESSIONS_MAX; s++) {
            struct session *session = core->sessions[s];
            if (!session || session->stage != SESSION_SYNCING ||
                memcmp(session->node.b, out->node.b, sizeof(out->node.b)) != 0)
                continue;
            out->state = PEER_UP;
            out->since_ms = session->up_ms;
            out->skew_ms = session->skew_ms;
            memcpy(out->software, session->software, sizeof(out->software));
            for (size_t l = 0; l < core->log_count; l++) {
                struct log *log = core->logs[l];
                if (!log->own || log->genesis.role != LOG_DATA || !session_space_of(session, log->space))
                    continue;
                uint64_t theirs = l < session->log_size ? session->logs[l].their_prefix : 0;
                out->behind += log->durable_prefix > theirs ? log->durable_prefix - theirs : 0;
            }
        }
        if (out->state != PEER_UP && !own)
            out->behind = behind_away(core, &agency->id);
        return true;
    }
    return false;
}
