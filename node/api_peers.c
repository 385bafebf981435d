/* api_peers.c — partners: who they are, whether they are there, what is in the way. */
#include "crypto/words.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/turn.h"

#include <stdlib.h>

void api_peers(struct request *request)
{
    request_answer(request, json_pack("{s:o}", "items", json_peers(request->node, NULL)));
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
        request_refuse(request, request->error, "the confirmation was not stored: %s", _(error_what(request->error)));
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
        request_refuse(request, request->error, "the agency was not forgotten: %s", _(error_what(request->error)));
        return;
    }
    const struct partner nothing = {.agency = request->agency};
    if (partner_of(&node->partners, &request->agency) && partner_set(node, &nothing) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_STORE_FAILED, &request->agency, "what was said of it could not be removed");
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
