/* people.c — the cards this node has accepted: agencies, their nodes, and who may connect. */
#include "protocol/core_inner.h"

#include <stdlib.h>

/* T_CARD value: flags 1 || last met 8 || card. */
enum { CARD_VALUE_FIXED = 9 };

struct agency *agency_find(struct core *core, const struct agency_id *id)
{
    for (size_t i = 0; i < core->agency_count; i++)
        if (agency_id_eq(&core->agencies[i]->id, id))
            return core->agencies[i];
    return NULL;
}

const struct agency_node *agency_node(const struct agency *agency, const struct sign_public *sign)
{
    for (size_t i = 0; i < agency->node_count; i++)
        if (memcmp(agency->nodes[i].keys.sign.b, sign->b, sizeof(sign->b)) == 0)
            return &agency->nodes[i];
    return NULL;
}

static struct agency *agency_new(struct core *core, const struct agency_id *id)
{
    if (core->agency_count == core->agency_size) {
        size_t size = core->agency_size ? core->agency_size * 2 : 16;
        struct agency **bigger = realloc(core->agencies, size * sizeof(*bigger));
        if (!bigger)
            return NULL;
        core->agencies = bigger;
        core->agency_size = size;
    }
    struct agency *agency = calloc(1, sizeof(*agency));
    if (!agency)
        return NULL;
    agency->id = *id;
    core->agencies[core->agency_count++] = agency;
    return agency;
}

static enum muster_error save(struct core *core, const struct agency *agency)
{
    uint8_t value[CARD_VALUE_FIXED + CARD_BYTES_MAX];
    value[0] = agency->flags;
    put_be64(value + 1, agency->last_met_ms);
    memcpy(value + CARD_VALUE_FIXED, agency->card, agency->card_len);
    return stage_put(core, T_CARD, agency->id.b, HASH_BYTES, value, CARD_VALUE_FIXED + agency->card_len);
}

static enum muster_error hold_card(struct agency *agency, const struct card *card, struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.len);
    struct agency_node *nodes = calloc(card->identity.node_count + 1, sizeof(*nodes));
    if (!copy || !nodes) {
        free(copy);
        free(nodes);
        return MUSTER_EBUSY;
    }
    memcpy(copy, bytes.at, bytes.len);
    free(agency->card);
    free(agency->nodes);
    agency->nodes = nodes;
    agency->card = copy;
    agency->card_len = bytes.len;
    agency->card_number = card->number;
    agency->statement_count = card->statement_count;
    agency->node_count = 0;
    for (size_t i = 0; i < card->identity.node_count; i++)
        agency->nodes[agency->node_count++] =
            (struct agency_node){card->identity.nodes[i].keys, card->identity.nodes[i].revoked};
    return MUSTER_OK;
}

/* A chain can only grow: the newer card's statements begin with the older one's (RULES D4 judges a fork). */
static bool extends(const struct agency *agency, const struct card *card)
{
    struct card *old = malloc(sizeof(*old));
    bool ok = old && card_read(old, agency->card, agency->card_len) == MUSTER_OK;
    for (size_t i = 0; ok && i < old->statement_count && i < card->statement_count; i++)
        ok = old->statements[i].len == card->statements[i].len &&
             memcmp(old->statements[i].at, card->statements[i].at, old->statements[i].len) == 0;
    free(old);
    return ok;
}

static bool shares_space(struct core *core, const struct agency_id *id, uint32_t *count);

enum { STRANGERS_MAX = 256 }; /* agencies that showed a card and that neither a person nor a space knows */

static size_t strangers(struct core *core)
{
    size_t count = 0;
    for (size_t i = 0; i < core->agency_count; i++)
        count += !core->agencies[i]->flags && !shares_space(core, &core->agencies[i]->id, NULL);
    return count;
}

/* The agency whose newest card that is, byte for byte: it was verified when it came, and at a start all of them come again. */
static struct agency *known_by(struct core *core, struct bytes bytes)
{
    struct agency_id id;
    if (bytes.len < 8 + HASH_BYTES)
        return NULL;
    memcpy(id.b, bytes.at + 8, HASH_BYTES);
    struct agency *agency = agency_find(core, &id);
    return agency && agency->card_len == bytes.len && memcmp(agency->card, bytes.at, bytes.len) == 0 ? agency : NULL;
}

enum muster_error agency_take_card(struct core *core, struct bytes bytes, uint8_t flags, struct agency **out)
{
    struct agency *known = known_by(core, bytes);
    if (known && (known->flags | (flags & (uint8_t)~AGENCY_STRANGER)) == known->flags) {
        if (out)
            *out = known;
        return MUSTER_OK;
    }
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? card_read(card, bytes.at, bytes.len) : MUSTER_EBUSY;
    struct agency *agency = error ? NULL : agency_find(core, &card->agency);
    bool changed = false, stranger = flags & AGENCY_STRANGER;
    flags &= (uint8_t)~AGENCY_STRANGER;
    if (error)
        goto out;
    if (agency_id_eq(&card->agency, &core->self)) {
        error = MUSTER_EDUPLICATE;
        goto out;
    }
    if (!agency && stranger && strangers(core) >= STRANGERS_MAX) {
        error = MUSTER_EBUSY;
        goto out;
    }
    if (!agency) {
        agency = agency_new(core, &card->agency);
        error = agency ? hold_card(agency, card, bytes) : MUSTER_EBUSY;
        changed = true;
    } else if (!extends(agency, card)) {
        error = MUSTER_EFORK;
        core_event(core, "identity.fork", &card->agency, "two cards of one agency contradict each other");
    } else if (card->statement_count > agency->statement_count ||
               (card->statement_count == agency->statement_count && card->number > agency->card_number)) {
        /* A longer chain always wins: a node that it revokes cannot bring itself back with an older one. */
        error = hold_card(agency, card, bytes);
        changed = true;
    }
    if (!error && (agency->flags | flags) != agency->flags) {
        agency->flags |= flags;
        changed = true;
    }
    if (!error && changed) {
        core->members_changed = true;
        error = save(core, agency);
    }
    if (!error && out)
        *out = agency;
out:
    free(card);
    return error;
}

void agency_restore(struct core *core)
{
    for (size_t i = 0; i < core->agency_count; i++) {
        const struct agency *agency = core->agencies[i];
        struct bytes stored;
        if (core->storage.get(core->storage.self, T_CARD, (struct bytes){agency->id.b, HASH_BYTES}, &stored) == MUSTER_OK &&
            stored.len == CARD_VALUE_FIXED + agency->card_len && stored.at[0] == agency->flags &&
            memcmp(stored.at + CARD_VALUE_FIXED, agency->card, agency->card_len) == 0)
            continue;
        (void)save(core, agency);
    }
}

struct load {
    struct core *core;
    enum muster_error error;
};

static bool load_card(void *user, struct bytes key, struct bytes value)
{
    struct load *load = user;
    struct card *card = malloc(sizeof(*card));
    load->error = MUSTER_EDAMAGED;
    if (card && key.len == HASH_BYTES && value.len > CARD_VALUE_FIXED) {
        struct bytes bytes = {value.at + CARD_VALUE_FIXED, value.len - CARD_VALUE_FIXED};
        load->error = card_read(card, bytes.at, bytes.len);
        struct agency *agency = load->error ? NULL : agency_new(load->core, &card->agency);
        if (agency) {
            agency->flags = value.at[0];
            agency->last_met_ms = get_be64(value.at + 1);
            load->error = hold_card(agency, card, bytes);
        }
    }
    free(card);
    return load->error == MUSTER_OK;
}

enum muster_error agency_load_all(struct core *core)
{
    struct load load = {core, MUSTER_OK};
    struct bytes none = {NULL, 0};
    enum muster_error error = core->storage.scan(core->storage.self, T_CARD, none, none, false, load_card, &load);
    return error ? error : load.error;
}

/* This agency was removed from it, and is no member any more. */
static bool was_removed(struct core *core, struct space *space)
{
    return control_is_removed(space->control, &core->self) && !control_member(space->control, &core->self);
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
    if (shares_space(core, &agency->id, NULL))
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
    return save(core, agency);
}

static enum muster_error forget(struct core *core, const struct agency_id *id)
{
    for (size_t i = 0; i < core->agency_count; i++) {
        struct agency *agency = core->agencies[i];
        if (!agency_id_eq(&agency->id, id))
            continue;
        if (shares_space(core, id, NULL))
            return MUSTER_EPERMISSION; /* it is a member somewhere: remove it there first */
        enum muster_error error = stage_delete(core, T_CARD, id->b, HASH_BYTES);
        if (error)
            return error;
        for (size_t s = 0; s < SESSIONS_MAX; s++)
            if (core->sessions[s] && agency_id_eq(&core->sessions[s]->agency, id))
                session_close(core, core->sessions[s], MUSTER_EUNKNOWN_NODE, "forgotten");
        for (size_t s = 0; s < SESSIONS_MAX; s++)
            if (core->sessions[s] && core->sessions[s]->agency_index > i + 1)
                core->sessions[s]->agency_index--;
        free(agency->card);
        free(agency->nodes);
        free(agency);
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
    bool rests = core->mono_ms < core->stalled_until_mono; /* the disk refused the last commit */
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

bool core_peer_at(struct core *core, size_t i, struct peer_view *out)
{
    for (size_t a = 0; a < core->agency_count; a++) {
        struct agency *agency = core->agencies[a];
        if (i >= agency->node_count) {
            i -= agency->node_count;
            continue;
        }
        struct card *card = malloc(sizeof(*card));
        *out = (struct peer_view){.agency = agency->id, .node = agency->nodes[i].keys.sign,
                                  .curve = agency->nodes[i].keys.curve,
                                  .confirmed = agency->flags & AGENCY_CONFIRMED, .last_met_ms = agency->last_met_ms,
                                  .card = {agency->card, agency->card_len}};
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
        return true;
    }
    return false;
}
