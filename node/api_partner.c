/* api_partner.c — what is set of a partner on this node: its newest card, an address, a note. */
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/known.h"
#include "node/turn.h"
#include "protocol/trust/armour.h"

#include <stdlib.h>

static void set_done(struct request *request)
{
    struct node *node = request->node;
    struct peer *peer = peer_of_agency(&node->peers, &request->agency);
    if (request->error) {
        request_refuse(request, request->error, "the card was not taken: %s", _(error_what(request->error)));
        return;
    }
    const struct partner *partner = partner_of(&node->partners, &request->agency);
    node->members_changed = true; /* the rows are made again, and whoever is called at another address */
    turn_mark(node);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_PEER_SET, &request->agency, request->state ? request->state : "");
    journal_write(&node->journal, EVENT_NAME_PEER_SET, &request->agency, request->state ? request->state : "");
    request_answer(request, json_pack("{s:o, s:s, s:o, s:s}", "agency", json_agency(node, &request->agency), "endpoint",
                                      partner ? partner->endpoint : "", "note",
                                      json_text(partner ? partner->note : "", partner ? strlen(partner->note) : 0), "node",
                                      peer ? peer->node_name : ""));
}

/* A card that is the agency's, and no older than the one that is known; refuses and gives false. */
static bool card_fits(struct request *request, const struct peer *peer, const char *text, uint8_t *bytes, size_t *len)
{
    struct card *card = malloc(sizeof(*card));
    enum muster_error error = card ? armour_read(bytes, CARD_BYTES_MAX, len, "CARD", text, strlen(text)) : MUSTER_EBUSY;
    if (!error)
        error = card_read(card, bytes, *len);
    if (error)
        request_refuse(request, error == MUSTER_ENOTFOUND ? MUSTER_EUSAGE : error, "the card cannot be used: %s",
                       error == MUSTER_ENOTFOUND ? _("there is no MUSTER CARD in the text") : _(error_what(error)));
    else if (!agency_id_eq(&card->agency, &peer->agency))
        request_refuse(request, MUSTER_EKEYCHANGED, "the card is of %s with another key, and not of %s as this node knows it",
                       card->identity.name, peer->agency_name);
    else if (!request_refuses_card(request, card, (struct bytes){bytes, *len}) &&
             card_known(request->node, card, (struct bytes){bytes, *len}) == CARD_OLDER)
        request_refuse(request, MUSTER_ECHANGED, "a newer card of %s is known here already", peer->agency_name);
    free(card);
    return !request_answered(request);
}

/* endpoint and note of the body over what was there; refuses and gives false. */
static bool partner_take(struct request *request, struct partner *partner)
{
    struct endpoint_list list = {.count = 0};
    struct trouble trouble;
    bool bad = false;
    const char *endpoint = request_text(request, "endpoint", ENDPOINT_BYTES_MAX - 1, &bad);
    const char *note = bad ? NULL : request_line(request, "note", PARTNER_NOTE_MAX, &bad);
    if (bad)
        return false;
    if (endpoint && endpoint[0] && endpoint_list_add(&list, 1, endpoint, false, &trouble) != MUSTER_OK) {
        request_refuse_trouble(request, &trouble);
        return false;
    }
    if (endpoint)
        snprintf(partner->endpoint, sizeof(partner->endpoint), "%s", endpoint);
    if (note)
        snprintf(partner->note, sizeof(partner->note), "%s", note);
    return true;
}

void api_peer_set(struct request *request)
{
    static const char *const words[] = {"card", "endpoint", "note"};
    struct node *node = request->node;
    struct peer *peer = request_peer(request, request->argument[0]);
    uint8_t *bytes = NULL;
    size_t len = 0;
    bool bad = false;
    char said[64] = "";
    if (!peer)
        return;
    const struct partner *before = partner_of(&node->partners, &peer->agency);
    struct partner partner = before ? *before : (struct partner){.agency = peer->agency};
    const char *card = request_text(request, "card", 64 * 1024, &bad);
    if (bad || !partner_take(request, &partner))
        return;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (json_object_get(request->json, words[i]))
            snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s", said[0] ? ", " : "", words[i]);
    if (!said[0]) {
        request_refuse(request, MUSTER_EUSAGE, "nothing is to be set: card, endpoint or note");
        return;
    }
    request->agency = peer->agency;
    bytes = card ? malloc(CARD_BYTES_MAX) : NULL;
    if (card && (!bytes || !card_fits(request, peer, card, bytes, &len))) {
        free(bytes);
        return;
    }
    enum muster_error error = json_object_get(request->json, "endpoint") || json_object_get(request->json, "note")
                                  ? partner_set(node, &partner)
                                  : MUSTER_OK;
    request->state = strdup(said);
    request->state_free = free;
    struct command command = {.kind = COMMAND_TAKE_CARD, .agency = request->agency, .card = {bytes, len}};
    if (error)
        request_refuse(request, error, "it cannot be kept: %s", _(error_what(error)));
    else if (card)
        request_command(request, &command, set_done);
    else
        set_done(request);
    free(bytes);
}
