/* api_peers.c — partners: who they are, whether they are there, what is in the way. */
#include "crypto/words.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/turn.h"

#include <stdlib.h>

void api_peers(struct request *request)
{
    request_answer(request, json_pack("{s:o}", "items", json_peers(request->node)));
}

void api_pending(struct request *request)
{
    request_answer(request, json_pack("{s:o, s:o}", "items", json_pending(request->node), "lines", json_lines(request->node)));
}

/* --- pair code ------------------------------------------------------------------------------------------------ */

/* The keys of the peer's node; false (and refused) if its card cannot be read any more. */
static bool peer_keys(struct request *request, const struct peer *peer, struct node_keys *keys)
{
    struct peer_view view;
    struct card *card = malloc(sizeof(*card));
    const struct certified_node *found = NULL;
    for (size_t i = 0; card && !found && core_peer_at(request->node->core, i, &view); i++)
        if (memcmp(view.node.b, peer->node.b, sizeof(peer->node.b)) == 0 &&
            card_read(card, view.card.at, view.card.len) == MUSTER_OK)
            found = identity_node(&card->identity, &peer->node);
    if (found)
        *keys = found->keys;
    else
        request_refuse(request, MUSTER_ENOTFOUND, "the card of %s cannot be read", peer->agency_name);
    free(card);
    return found != NULL;
}

static void pair_answer(struct request *request, const struct peer *peer, bool confirmed)
{
    struct node_keys keys;
    if (!peer_keys(request, peer, &keys))
        return;
    struct hash pair = own_pair(request->node, &peer->agency, &keys);
    json_t *json = json_pair(&pair);
    json_object_set_new(json, "agency", json_agency(request->node, &peer->agency));
    json_object_set_new(json, "confirmed", json_boolean(confirmed));
    request_answer(request, json);
}

void api_peer_pair(struct request *request)
{
    struct peer *peer = request_peer(request, request->argument[0]);
    if (peer)
        pair_answer(request, peer, peer->confirmed);
}

static void confirmed(struct request *request)
{
    struct node *node = request->node;
    if (request->error) {
        request_refuse(request, request->error, "the confirmation was not stored: %s", error_what(request->error));
        return;
    }
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_PEER_CONFIRMED, &request->agency, "the pair code was typed");
    journal_write(&node->journal, EVENT_NAME_PEER_CONFIRMED, &request->agency, "the pair code was typed");
    node->members_changed = true;
    turn_mark(node);
    request_answer(request, json_pack("{s:o, s:b}", "agency", json_agency(node, &request->agency), "confirmed", 1));
}

void api_peer_confirm(struct request *request)
{
    bool bad = false;
    const char *typed = request_text(request, "typed", PAIR_TYPED_MAX, &bad);
    json_t *first = json_object_get(request->json, "first"), *last = json_object_get(request->json, "last");
    struct peer *peer = bad ? NULL : request_peer(request, request->argument[0]);
    struct node_keys keys;
    if (!peer || !peer_keys(request, peer, &keys))
        return;
    if (!typed || !json_is_integer(first) || !json_is_integer(last) || json_integer_value(first) < 1 ||
        json_integer_value(last) < json_integer_value(first) || json_integer_value(last) > PAIR_WORDS) {
        request_refuse(
            request, MUSTER_EUSAGE,
            "\"typed\" must be a text, \"first\" and \"last\" the numbers of its first and last group or word");
        return;
    }
    struct hash pair = own_pair(request->node, &peer->agency, &keys);
    enum muster_error error =
        pair_check(&pair, typed, (unsigned)json_integer_value(first), (unsigned)json_integer_value(last));
    if (error) {
        request_refuse(request, error,
                       error == MUSTER_EPAIRCODE ? "what was typed is not the pair code with %s"
                                                 : "what was typed is not a part of a pair code with %s",
                       peer->agency_name);
        return;
    }
    struct command command = {.kind = COMMAND_CONFIRM, .agency = peer->agency};
    request_command(request, &command, confirmed);
}

/* --- forgetting --------------------------------------------------------------------------------------------------- */

static void forgotten(struct request *request)
{
    struct node *node = request->node;
    if (request->error == MUSTER_EPERMISSION) {
        request_refuse(request, MUSTER_EPERMISSION, "it is a member of a space of this node: remove it there first");
        return;
    }
    if (request->error) {
        request_refuse(request, request->error, "the agency was not forgotten: %s", error_what(request->error));
        return;
    }
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_PEER_FORGOTTEN, &request->agency, "its card was removed");
    request_answer(request, json_pack("{s:o, s:b}", "agency", json_hex(request->agency.b, HASH_BYTES), "removed", 1));
}

void api_peer_remove(struct request *request)
{
    struct peer *peer = request_peer(request, request->argument[0]);
    if (!peer)
        return;
    struct command command = {.kind = COMMAND_FORGET, .agency = peer->agency};
    request_command(request, &command, forgotten);
}

/* --- what is in the way --------------------------------------------------------------------------------------------- */

enum { SKEW_MS_MAX = 60 * 1000 };

static bool step(json_t *steps, const char *name, bool ok, const char *message, const char *remedy)
{
    json_array_append_new(steps, json_pack("{s:s, s:b, s:s, s:s}", "step", name, "ok", (int)ok, "message", message,
                                           "do", ok ? "" : remedy));
    return ok;
}

/* What is in the way of a call, and who mends it. */
static const struct {
    enum link_reason reason;
    const char *step, *remedy;
} ways[] = {
    {LINK_NO_NAME, "name", "ask the partner for a card with a name that can be found, or an address: muster peer show names the endpoints"},
    {LINK_NONE, "tcp", "it has not been called yet: repeat this in a few seconds"},
    {LINK_NO_ROUTE, "tcp", "look at this machine's own network first: no way leads to that address"},
    {LINK_TIMEOUT, "tcp", "ask the partner whether the machine runs and its firewall lets the port through"},
    {LINK_REFUSED, "tcp", "ask the partner whether musterd runs and listens on that port"},
    {LINK_NOT_KNOWN_THERE, "curve", "give the partner this node's card (muster card), and have it added there: muster invite"},
};

/* How far the last call came: name, tcp, curve. */
static bool steps_of_call(json_t *steps, enum link_reason reason, bool up, const char *endpoint)
{
    const char *at = "curve", *remedy = "exchange cards again: muster card, muster invite, muster join";
    char text[ENDPOINT_BYTES_MAX + 160];
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (ways[i].reason == reason) {
            at = ways[i].step;
            remedy = ways[i].remedy;
        }
    snprintf(text, sizeof(text), "%s: %s", endpoint, reason == LINK_NONE ? "there was no answer yet" : link_reason_text(reason));
    bool name = up || strcmp(at, "name") != 0, tcp = up || (name && strcmp(at, "tcp") != 0);
    return step(steps, "name", name, name ? "the name of its endpoint is known" : text, remedy) &&
           step(steps, "tcp", tcp, tcp ? "its port answers" : text, remedy) &&
           step(steps, "curve", up, up ? "both sides know each other's key" : text, remedy);
}

static bool can_write_anywhere(struct node *node, const struct agency_id *agency)
{
    struct space_view space;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
        const struct control_member *member = space.joined ? control_member(space.control, agency) : NULL;
        if (member && member->right >= RIGHT_READ && !member->suspended)
            return true;
    }
    return false;
}

static void test_steps(struct node *node, const struct peer *peer, const struct peer_view *view, json_t *steps)
{
    struct link_dial_info info = {.reason = LINK_NONE};
    char text[160];
    if (!peer->up && !peer->endpoints.count) {
        step(steps, "name", false, "its card names no endpoint: it must call this node",
             "ask the partner for a card with an endpoint");
        return;
    }
    if (peer->dial.n) {
        if (link_dial_look(node->link, peer->dial, &info) != MUSTER_OK)
            info.reason = LINK_NONE;
        link_dial_now(node->link, peer->dial);
    }
    if (!steps_of_call(steps, info.reason, peer->up, info.endpoint))
        return;
    snprintf(text, sizeof(text), "its clock differs by %lld ms", (long long)view->skew_ms);
    step(steps, "clock", llabs((long long)view->skew_ms) <= SKEW_MS_MAX, text,
         "set the clocks; records are kept all the same");
    if (step(steps, "membership", view->shared_spaces > 0,
             view->shared_spaces ? "it shares a space with this node" : "it shares no space with this node",
             "muster invite"))
        step(steps, "right", can_write_anywhere(node, &peer->agency), "its right in the space",
             "ask an admin of the space");
    struct store_statistics disk;
    store_statistics(node->store, &disk);
    step(steps, "disk", disk.disk_free_bytes > STORE_RESERVE_DEFAULT, "room on this node's disk",
         "free space on the disk");
}

void api_peer_test(struct request *request)
{
    bool bad = false;
    struct peer_view view;
    const char *name = request_text(request, "agency", 2 * NAME_BYTES_MAX, &bad);
    if (!bad && !name)
        request_refuse(request, MUSTER_EUSAGE, "\"agency\" is missing");
    struct peer *peer = name ? request_peer(request, name) : NULL;
    if (!peer)
        return;
    json_t *steps = json_array();
    for (size_t i = 0; core_peer_at(request->node->core, i, &view); i++)
        if (memcmp(view.curve.b, peer->curve.b, sizeof(peer->curve.b)) == 0) {
            test_steps(request->node, peer, &view, steps);
            break;
        }
    request_answer(request, json_pack("{s:o}", "steps", steps));
}
