/* nodes.c — several nodes of one agency: which of them writes control (RULES C2), what a revocation ends (RULES D4), and how
 * each learns of the spaces of the others. */
#include "protocol/core_inner.h"

#include <stdlib.h>

enum { DUE_EVERY_MS = 1000 };

/* --- revoked (D4) --------------------------------------------------------------------------------------- */

bool agency_revokes(struct core *core, const struct log *log, struct control_limit *out)
{
    const struct agency *agency = agency_find(core, &log->genesis.agency);
    const struct agency_node *node = agency ? agency_node(agency, &log->genesis.node) : NULL;
    struct statement_cut cut;
    if (!node || !node->revoked)
        return false;
    *out = (struct control_limit){.position = 0};
    memcpy(out->head.b, log->id.b, HASH_BYTES);
    if (chain_limit(agency->cuts, agency->cut_count, &log->genesis.node, &log->id, &cut)) {
        out->position = cut.position;
        out->head = cut.head;
    }
    return true;
}

/* Who opens the next epoch: the agency itself, if it is an admin; else the admin with the smallest id, so that it is one. */
static bool opens_epoch(struct core *core, struct space *space, const struct agency_id *of)
{
    const struct control_state *state = control_state(space->control);
    const struct control_member *me = control_member(space->control, &core->self), *them = control_member(space->control, of);
    if (!state || !me || !me->admin || !them || them->right < RIGHT_READ)
        return false;
    if (them->admin)
        return agency_id_eq(of, &core->self);
    for (size_t i = 0; i < state->member_count; i++)
        if (state->members[i].admin && agency_id_cmp(&state->members[i].who, &core->self) < 0)
            return false;
    return true;
}

/* A card of this agency that others in the space have not seen in control. */
static enum muster_error write_identity(struct core *core, struct space *space)
{
    uint8_t *body = malloc(CARD_BYTES_MAX + 16);
    struct record_id id;
    if (!body)
        return MUSTER_EBUSY;
    size_t len = operation_card(body, CARD_BYTES_MAX + 16, core->config.card);
    enum muster_error error = len ? write_control(core, space, CTL_IDENTITY, body, len, &id) : MUSTER_ETOOBIG;
    free(body);
    return error;
}

/* What waits for a control log that may be written to; whoever must not write it at all lets it be. */
static void write_due(struct core *core, struct space *space)
{
    struct record_id epoch;
    enum muster_error error = MUSTER_OK;
    if (space->identity_due)
        error = control_member(space->control, &core->self) ? write_identity(core, space) : MUSTER_ENOTMEMBER;
    if (error != MUSTER_EUNCONFIRMED)
        space->identity_due = false;
    if (error != MUSTER_EUNCONFIRMED && space->epoch_due)
        error = space_open_epoch(core, space, &epoch);
    if (error != MUSTER_EUNCONFIRMED)
        space->epoch_due = false;
}

void agency_keys(struct core *core)
{
    for (size_t a = 0; a < core->agency_count; a++) {
        struct agency *agency = core->agencies[a];
        for (size_t s = 0; agency->keys_due && s < core->space_count; s++)
            core->spaces[s]->epoch_due |= core->spaces[s]->joined && opens_epoch(core, core->spaces[s], &agency->id);
        agency->keys_due = false;
    }
    for (size_t s = 0; s < core->space_count; s++) {
        struct space *space = core->spaces[s];
        if ((!space->identity_due && !space->epoch_due) || (space->due_mono && core->mono_ms - space->due_mono < DUE_EVERY_MS))
            continue;
        space->due_mono = core->mono_ms ? core->mono_ms : 1;
        write_due(core, space);
        if (!space->identity_due && !space->epoch_due)
            space->due_mono = 0;
    }
}

/* --- operators -------------------------------------------------------------------------------------------- */

bool core_record_operator(struct core *core, const struct segment_header *segment, const struct record_header *header,
                          struct bytes body, struct operator_view *out)
{
    struct payload_operator by;
    const struct log *log = log_find(core, &segment->log);
    const struct agency *agency = log ? agency_find(core, &log->genesis.agency) : NULL;
    if (!payload_operator_of(core->codec, &by))
        return false;
    *out = (struct operator_view){.state = OPERATOR_UNKNOWN, .key = by.key};
    if (payload_operator_verify(&by, &segment->space, &segment->log, header, body) != MUSTER_OK) {
        out->state = OPERATOR_FALSE;
        return true;
    }
    for (size_t i = 0; agency && i < agency->operator_count; i++) {
        const struct certified_operator *operator = &agency->operators[i];
        if (memcmp(operator->key.b, by.key.b, sizeof(by.key.b)) != 0)
            continue;
        memcpy(out->name, operator->name, sizeof(out->name));
        out->roles = operator->roles;
        out->state = operator->revoked ? OPERATOR_REVOKED
                     : operator->expires_ms && header->hlc >> 16 > operator->expires_ms ? OPERATOR_EXPIRED
                                                                                       : OPERATOR_VERIFIED;
    }
    return true;
}

/* --- one node writes control (C2) ------------------------------------------------------------------------ */

enum muster_error agency_leads(struct core *core, const struct space *space)
{
    const struct identity *own = &core->config.identity;
    const struct certified_node *first = NULL, *lead = space->lead_hlc ? identity_node(own, &space->lead) : NULL;
    for (size_t i = 0; i < own->node_count && !first; i++)
        if (!own->nodes[i].revoked)
            first = &own->nodes[i];
    if (!lead || lead->revoked)
        lead = first;
    bool mine = lead && memcmp(lead->keys.sign.b, core->config.keys.sign.b, sizeof(lead->keys.sign.b)) == 0;
    return mine ? MUSTER_OK : MUSTER_ENOTLEAD;
}

/* --- spaces of the own agency's nodes (OWNSPACES) --------------------------------------------------------- */

void ownspaces_send(struct core *core, struct session *session)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_OWNSPACES, 0);
    if (!agency_id_eq(&session->agency, &core->self))
        return;
    for (size_t i = 0; i < core->space_count; i++)
        if (core->spaces[i]->joined)
            writer_put(&w, core->spaces[i]->id.b, HASH_BYTES);
    frame_end(&w, begin);
    session_send(core, session, &w);
}

void ownspaces_tell(struct core *core)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (core->sessions[i] && core->sessions[i]->stage == SESSION_SYNCING)
            ownspaces_send(core, core->sessions[i]);
}

void on_ownspaces(struct core *core, struct session *session, struct bytes body)
{
    bool fresh = false;
    if (body.len % HASH_BYTES || body.len / HASH_BYTES > SPACES_MAX) {
        core->counters.frames_refused++;
        session_close(core, session, body.len % HASH_BYTES ? MUSTER_ETRUNCATED : MUSTER_ETOOBIG, "OWNSPACES is malformed");
        return;
    }
    if (!agency_id_eq(&session->agency, &core->self))
        return; /* nobody else's spaces are joined by being named */
    for (size_t i = 0; i < body.len / HASH_BYTES; i++) {
        struct space_id id;
        memcpy(id.b, body.at + i * HASH_BYTES, HASH_BYTES);
        struct space *space = space_find(core, &id) ? NULL : space_new(core, &id);
        if (!space)
            continue;
        space->inviter = core->self;
        fresh |= space_save(core, space) == MUSTER_OK;
    }
    for (size_t i = 0; fresh && i < SESSIONS_MAX; i++)
        if (core->sessions[i] && core->sessions[i]->stage == SESSION_SYNCING)
            spaces_send(core, core->sessions[i]);
}
