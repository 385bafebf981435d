#include "node/caller.h"

#include "node/invite.h"
#include "node/node.h"
#include "node/turn.h"

#include <stdlib.h>

static const uint8_t out_name[] = {'l', 'i', 'n', 'e', '-', 'o', 'u', 't'};

const char *caller_state_name(enum caller_state state)
{
    static const char *const names[] = {"none", "calling", "knocking", "waiting", "joining", "joined", "ended"};
    return names[state];
}

void caller_clear(struct caller *caller)
{
    crypto_wipe(caller, sizeof(*caller));
}

static enum muster_error keep(struct node *node, const char *line, size_t len)
{
    struct change change = {T_META, {out_name, sizeof(out_name)}, {(const uint8_t *)line, len}};
    return store_commit(node->store, &change, 1, true);
}

static void hang_up(struct node *node)
{
    struct caller *c = &node->caller;
    if (c->dial.n && link_undial(node->link, c->dial) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_FAILED, NULL, "a call that had ended was to be ended");
    c->dial.n = 0;
    c->conn.n = 0;
}

static void finish(struct node *node, enum caller_state state, enum muster_error error)
{
    struct caller *c = &node->caller;
    hang_up(node);
    c->state = state;
    c->error = error;
    crypto_wipe(&c->secret, sizeof(c->secret));
    crypto_wipe(c->line.token, sizeof(c->line.token));
    if (keep(node, NULL, 0) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, NULL, "a line that was used could not be forgotten");
    if (state == CALLER_ENDED)
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_LINE_ENDED, c->known ? &c->agency : NULL,
                  error ? error_what(error) : "ended here");
}

static enum muster_error start(struct node *node, const char *text, size_t len)
{
    struct caller *c = &node->caller;
    struct line line;
    enum muster_error error = line_read(&line, text, len);
    if (error)
        return error;
    hang_up(node);
    *c = (struct caller){.state = CALLER_CALLING, .line = line, .since_ms = node_wall_ms()};
    line_keys(&c->key, &c->secret, line.token);
    error = link_dial_as(node->link, line.endpoint, &line.node, &c->key, &c->secret, &c->dial);
    if (error) {
        c->dial.n = 0;
        c->state = CALLER_NONE;
    }
    return error;
}

enum muster_error caller_begin(struct node *node, const char *text, size_t len)
{
    struct line line;
    enum muster_error error = line_read(&line, text, len);
    if (!error && memcmp(line.node.b, node->own.keys.curve.b, sizeof(line.node.b)) == 0)
        error = MUSTER_EWRONGPEER;
    if (!error)
        error = keep(node, text, len);
    if (!error)
        error = start(node, text, len);
    if (!error)
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_LINE_CALLED, NULL, node->caller.line.endpoint);
    crypto_wipe(&line, sizeof(line));
    return error;
}

void caller_load(struct node *node)
{
    const struct storage *storage = store_storage(node->store);
    struct bytes value;
    char text[4 * LINE_TEXT_MAX];
    if (storage->get(storage->self, T_META, (struct bytes){out_name, sizeof(out_name)}, &value) != MUSTER_OK ||
        value.len > sizeof(text))
        return;
    memcpy(text, value.at, value.len);
    enum muster_error error = start(node, text, value.len);
    if (error)
        journal_format(&node->journal, EVENT_NAME_FAILED, NULL, "the line that was to be joined by: %s", error_what(error));
    crypto_wipe(text, sizeof(text));
}

void caller_end(struct node *node)
{
    if (node->caller.state != CALLER_NONE)
        finish(node, CALLER_ENDED, MUSTER_OK);
}

enum link_reason caller_reason(const struct node *node)
{
    struct link_dial_info info;
    return node->caller.dial.n && link_dial_look(node->link, node->caller.dial, &info) == MUSTER_OK ? info.reason : LINK_NONE;
}

static bool is_on(const struct caller *c)
{
    return c->state >= CALLER_CALLING && c->state <= CALLER_WAITING;
}

bool caller_admit(const struct caller *c, const struct curve_public *key)
{
    return is_on(c) && memcmp(c->line.node.b, key->b, sizeof(key->b)) == 0;
}

static bool is_its_call(struct node *node, struct link_conn conn)
{
    struct link_dial_info info;
    return node->caller.dial.n && link_dial_look(node->link, node->caller.dial, &info) == MUSTER_OK && info.conn.n == conn.n;
}

bool caller_up(struct node *node, struct link_conn conn, const struct curve_public *key, bool dialled)
{
    struct caller *c = &node->caller;
    if (!dialled || !caller_admit(c, key) || !is_its_call(node, conn))
        return false;
    c->conn = conn;
    c->state = CALLER_CALLING;
    if (link_send(node->link, conn, knock_hello, sizeof(knock_hello)) != MUSTER_OK)
        link_close(node->link, conn);
    return true;
}

bool caller_down(struct node *node, struct link_conn conn)
{
    struct caller *c = &node->caller;
    if (!conn.n || c->conn.n != conn.n)
        return false;
    c->conn.n = 0; /* the link calls again */
    return true;
}

static void show_card(struct node *node)
{
    struct caller *c = &node->caller;
    uint8_t *bytes = malloc(KNOCK_BYTES_MAX);
    struct bytes card = {node->own.card, node->own.card_len};
    size_t len = bytes ? knock_write(bytes, &c->line.node, &c->key, card, &node->own.sign) : 0;
    c->state = CALLER_KNOCKING;
    if (!len || link_send(node->link, c->conn, bytes, len) != MUSTER_OK)
        link_close(node->link, c->conn);
    free(bytes);
}

/* What a person would do with an invite file. */
static void take_invite(struct node *node, struct bytes invite)
{
    struct caller *c = &node->caller;
    struct joining *j = calloc(1, sizeof(*j));
    struct card *card = malloc(sizeof(*card));
    struct bytes inviter;
    enum muster_error error = j && card && invite.len <= sizeof(j->bytes) ? MUSTER_OK : MUSTER_EBUSY;
    if (!error) {
        memcpy(j->bytes, invite.at, invite.len);
        error = invite_read(&node->own, j, invite.len, card, &inviter);
    }
    if (!error && (!agency_id_eq(&card->agency, &c->agency) || memcmp(card->node.b, c->keys.sign.b, sizeof(card->node.b)) != 0))
        error = MUSTER_EWRONGPEER;
    if (error) {
        finish(node, CALLER_ENDED, error);
    } else {
        c->space = j->space;
        snprintf(c->space_name, sizeof(c->space_name), "%s", j->space_name);
        c->state = CALLER_JOINING;
        struct command command = {.kind = COMMAND_JOIN, .space_id = j->space, .card = inviter};
        struct event event = {.kind = EVENT_COMMAND, .u.command = {.request = CALLER_REQUEST, .command = &command}};
        turn_feed(node, &event);
    }
    free(card);
    free(j);
}

bool caller_message(struct node *node, struct link_conn conn, const uint8_t *bytes, size_t len)
{
    struct caller *c = &node->caller;
    struct knock_answer answer;
    if (!conn.n || c->conn.n != conn.n || !is_on(c))
        return false;
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? knock_answer_read(&answer, card, &c->line, bytes, len) : MUSTER_EBUSY;
    const struct certified_node *by = error ? NULL : identity_node(&card->identity, &card->node);
    if (by) {
        c->known = true;
        c->agency = card->agency;
        c->keys = by->keys;
        snprintf(c->agency_name, sizeof(c->agency_name), "%s", card->identity.name);
    }
    free(card);
    if (error)
        finish(node, CALLER_ENDED, error);
    else if (answer.state == KNOCK_OPEN)
        show_card(node);
    else if (answer.state == KNOCK_WAITS)
        c->state = CALLER_WAITING;
    else if (answer.state == KNOCK_REFUSED)
        finish(node, CALLER_ENDED, answer.error ? answer.error : MUSTER_EPERMISSION);
    else
        take_invite(node, answer.invite);
    return true;
}

void caller_joined(struct node *node, enum muster_error error)
{
    node->caller.decided = node->caller.state == CALLER_JOINING;
    node->caller.error = error;
}

void caller_settle(struct node *node)
{
    struct caller *c = &node->caller;
    if (!c->decided)
        return;
    c->decided = false;
    finish(node, c->error ? CALLER_ENDED : CALLER_JOINED, c->error);
    if (c->state == CALLER_JOINED)
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_SPACE_JOINED, &c->agency, c->space_name);
    node->members_changed = true;
}
