/* hello.c — HELLO, AUTH, PING: who is there, and is it the node that its card says. */
#include "protocol/core_inner.h"

#include <stdlib.h>

void hello_send(struct core *core, struct session *session)
{
    struct hello hello = {.version_min = FORMAT_VERSION, .version_max = FORMAT_VERSION, .item_max = FRAME_BODY_MAX,
                          .credit = CREDIT_BYTES, .clock_ms = core->wall_ms};
    memcpy(hello.nonce, session->nonce, sizeof(hello.nonce));
    memcpy(hello.boot, core->config.boot, sizeof(hello.boot));
    hello.software = (struct bytes){(const uint8_t *)core->config.software, strlen(core->config.software)};
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    hello_write(&w, &hello);
    session_send(core, session, &w);
}

void on_hello(struct core *core, struct session *session, struct bytes body)
{
    enum muster_error error = hello_read(&session->theirs, body);
    if (error) {
        session_close(core, session, error, "HELLO is malformed");
        return;
    }
    if (session->theirs.version_min > FORMAT_VERSION || session->theirs.version_max < FORMAT_VERSION ||
        session->theirs.critical) {
        session_close(core, session, MUSTER_EVERSION, "no common version");
        return;
    }
    memcpy(session->software, session->theirs.software.at, session->theirs.software.len);
    session->theirs.software = (struct bytes){NULL, 0};
    session->skew_ms = (int64_t)(session->theirs.clock_ms - core->wall_ms);
    if (session->theirs.credit > 4 * CREDIT_BYTES) /* nobody makes this node queue gigabytes */
        session->theirs.credit = 4 * CREDIT_BYTES;
    session->credit = session->theirs.credit;
    session_key_of(session->key, session->nonce, session->theirs.nonce);
    session->stage = SESSION_PROVING;
    auth_send(core, session);
}

void auth_send(struct core *core, struct session *session)
{
    struct hash binding = auth_binding(session->nonce, session->theirs.nonce, &core->config.keys.curve, &session->curve);
    struct auth auth = {.card = core->config.card};
    struct bytes covered = {binding.b, sizeof(binding.b)};
    crypto_sign_parts(&auth.signature, &core->config.sign_secret, "muster/1/auth-signature", &covered, 1);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    auth_write(&w, &auth);
    session_send(core, session, &w);
}

/* The card's node must own the connection's transport key and sign this very connection. */
static enum muster_error prove(struct core *core, struct session *session, struct bytes body, struct card *card)
{
    struct auth auth;
    enum muster_error error = auth_read(&auth, body);
    if (!error)
        error = card_read(card, auth.card.at, auth.card.len);
    if (error)
        return error;
    const struct certified_node *node = identity_node_by_curve(&card->identity, &session->curve);
    if (!node)
        return MUSTER_EUNKNOWN_NODE;
    if (node->revoked)
        return MUSTER_EREVOKED;
    struct hash binding = auth_binding(session->theirs.nonce, session->nonce, &session->curve, &core->config.keys.curve);
    struct bytes covered = {binding.b, sizeof(binding.b)};
    error = crypto_verify_parts(&auth.signature, &node->keys.sign, "muster/1/auth-signature", &covered, 1);
    if (error)
        return error;
    session->agency = card->agency;
    session->node = node->keys.sign;
    if (agency_id_eq(&card->agency, &core->self) &&
        memcmp(node->keys.sign.b, core->config.keys.sign.b, sizeof(node->keys.sign.b)) == 0)
        return MUSTER_EDUPLICATE; /* a call to oneself */
    if (!agency_admitted(core, &card->agency) && core_admits(core, &session->curve))
        return MUSTER_EUNKNOWN_NODE; /* the key was let in for another agency's sake: this one is made up */
    struct agency *agency;
    error = agency_take_card(core, auth.card, AGENCY_STRANGER, &agency);
    if (error == MUSTER_EFORK) { /* two histories: whoever stood on both before they parted, and is not revoked, may come */
        agency = agency_find(core, &card->agency);
        error = MUSTER_OK;
    }
    /* What is known of the agency counts, not what an older card says: it may not tell of a revocation. */
    const struct agency_node *known = error ? NULL : agency_node(agency, &session->node);
    return error ? error : !known ? MUSTER_EUNKNOWN_NODE : known->revoked ? MUSTER_EREVOKED : MUSTER_OK;
}

/* Two connections between the same nodes: the one that the node with the smaller key dialled stays. */
static bool superfluous(struct core *core, const struct session *session)
{
    bool mine_smaller = memcmp(core->config.keys.sign.b, session->node.b, sizeof(session->node.b)) < 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *other = core->sessions[i];
        if (other && other != session && other->stage == SESSION_SYNCING &&
            memcmp(other->node.b, session->node.b, sizeof(session->node.b)) == 0)
            return session->dialled != mine_smaller || other->dialled == session->dialled;
    }
    return false;
}

void on_auth(struct core *core, struct session *session, struct bytes body)
{
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? prove(core, session, body, card) : MUSTER_EBUSY;
    free(card);
    if (error) {
        session_close(core, session, error, "AUTH does not prove the node");
        return;
    }
    life_boot(core, session);
    if (superfluous(core, session)) {
        session_close(core, session, MUSTER_EDUPLICATE, "another connection of this node stands");
        return;
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *other = core->sessions[i];
        if (other && other != session && other->stage == SESSION_SYNCING &&
            memcmp(other->node.b, session->node.b, sizeof(session->node.b)) == 0)
            session_close(core, other, MUSTER_EDUPLICATE, "a newer connection of this node stands");
    }
    session->stage = SESSION_SYNCING;
    struct agency *agency = agency_find(core, &session->agency);
    agency_met(core, &session->agency, false);
    if (agency && agency_shares(core, &agency->id))
        agency->told = false;
    core_event(core, "session.up", &session->agency, "%s, clock %+lld ms", session->dialled ? "dialled" : "accepted",
               (long long)session->skew_ms);
    spaces_send(core, session);
    ownspaces_send(core, session);
}

void on_card(struct core *core, struct session *session, struct bytes body)
{
    /* Only its own agency's, which is known by now, and not faster than people make cards. */
    enum { CARD_EVERY_MS = 1000 };
    if (session->card_mono && core->mono_ms - session->card_mono < CARD_EVERY_MS)
        return;
    session->card_mono = core->mono_ms;
    enum muster_error error = body.len < 8 + HASH_BYTES || memcmp(body.at + 8, session->agency.b, HASH_BYTES) != 0
                                  ? MUSTER_EUNKNOWN_AGENCY
                                  : agency_take_card(core, body, 0, NULL);
    if (error && session_words(core, session))
        core_event(core, "card.refused", &session->agency, "%s", error_what(error));
}

void ping_send(struct core *core, struct session *session)
{
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_PING, 0);
    writer_u64(&w, core->wall_ms);
    frame_end(&w, begin);
    session->ping_mono = core->mono_ms;
    session_send(core, session, &w);
}

void on_ping(struct core *core, struct session *session, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    uint64_t theirs = cursor_u64(&c);
    struct writer w = writer_over(core->message, MESSAGE_BYTES_MAX);
    uint8_t *begin = frame_begin(&w, FRAME_PONG, 0);
    writer_u64(&w, theirs);
    writer_u64(&w, core->wall_ms);
    frame_end(&w, begin);
    session_send(core, session, &w);
}

void on_pong(struct core *core, struct session *session, struct bytes body)
{
    struct cursor c = cursor_over(body.at, body.len);
    uint64_t mine = cursor_u64(&c), theirs = cursor_u64(&c);
    if (!c.failed && mine <= core->wall_ms)
        session->skew_ms = (int64_t)(theirs - (mine + (core->wall_ms - mine) / 2));
    agency_met(core, &session->agency, false);
}
