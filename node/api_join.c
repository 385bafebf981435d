/* api_join.c — cards, invites, joining. */
#include "crypto/words.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/invite.h"
#include "node/json.h"
#include "node/known.h"
#include "protocol/trust/armour.h"

#include <stdlib.h>

/* --- reading a card -------------------------------------------------------------------------------------------- */

/* The card of the body's "card": bytes in `out` (CARD_BYTES_MAX), verified.  Refuses and gives false. */
static bool take_card(struct request *request, uint8_t *out, size_t *len, struct card *card)
{
    bool bad = false;
    const char *text = request_text(request, "card", ARMOUR_TEXT_MAX, &bad);
    if (bad)
        return false;
    if (!text) {
        request_refuse(request, MUSTER_EUSAGE, "\"card\" is missing: the text of the partner's card");
        return false;
    }
    enum muster_error error = armour_read(out, CARD_BYTES_MAX, len, "CARD", text, strlen(text));
    if (!error)
        error = card_read(card, out, *len);
    if (error) {
        struct trouble trouble;
        trouble_set(&trouble, error == MUSTER_ENOTFOUND ? MUSTER_EUSAGE : error, "the card cannot be used: %s",
                    error == MUSTER_ENOTFOUND ? _("there is no MUSTER CARD in the text") : _(error_what(error)));
        if (error != MUSTER_ENOTFOUND)
            trouble_do(&trouble, "ask them for the card once more, as the whole file");
        request_refuse_trouble(request, &trouble);
    }
    return !error;
}

static json_t *bytes_list(const struct bytes *list, size_t count)
{
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(json, json_text(list[i].at, list[i].len));
    return json;
}

void api_card_read(struct request *request)
{
    struct card *card = malloc(sizeof(*card));
    uint8_t bytes[CARD_BYTES_MAX];
    size_t len;
    if (card && take_card(request, bytes, &len, card)) {
        json_t *nodes = json_array();
        for (size_t i = 0; i < card->identity.node_count; i++)
            json_array_append_new(nodes, json_text(card->identity.nodes[i].name, strlen(card->identity.nodes[i].name)));
        request_answer(request, json_pack("{s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:s}", "agency", "id",
                                          json_hex(card->agency.b, HASH_BYTES), "name",
                                          json_text(card->identity.name, strlen(card->identity.name)), "country",
                                          json_text(card->identity.country, strlen(card->identity.country)), "nodes",
                                          nodes, "endpoints", bytes_list(card->endpoints, card->endpoint_count),
                                          "contact", json_text(card->contact.at, card->contact.len), "known",
                                          card_known_name(card_known(request->node, card, (struct bytes){bytes, len}))));
    }
    free(card);
}

/* --- invite ------------------------------------------------------------------------------------------------------ */

static void invited(struct request *request)
{
    struct node *node = request->node;
    const struct invite *invite = request->state;
    uint8_t bytes[INVITE_BYTES_MAX + 128];
    if (request->error) {
        request_refuse(request, request->error, "%s was not added to %s: %s", invite->agency_name, invite->space_name,
                       _(error_what(request->error)));
        return;
    }
    size_t len = invite_write(&node->own, invite, node_wall_ms(), bytes);
    char *text = malloc(ARMOUR_TEXT_MAX);
    if (!len || !text) {
        request_refuse(request, MUSTER_EBADVALUE, "the invite cannot be sealed to the keys on the card");
        free(text);
        return;
    }
    armour_write(text, ARMOUR_TEXT_MAX, "INVITE", bytes, len);
    struct hash pair = own_pair(node, &invite->agency, &invite->keys);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_SPACE_INVITED, &invite->agency, invite->space_name);
    /* An admin's place, or coming back, may need others' signatures first (`GET …/control` names them). */
    const struct control_judgement *judged = &request->outcome.judged;
    int still = judged->verdict == CONTROL_WAITS_FOR_APPROVALS ? (int)(judged->needed - judged->signed_by) : 0;
    request_answer(request, json_pack("{s:s, s:i, s:{s:o, s:s}, s:o, s:{s:o, s:s}, s:s}", "invite", text, "still", still, "agency", "id",
                                      json_hex(invite->agency.b, HASH_BYTES), "name", invite->agency_name, "pair",
                                      json_pair(&pair), "space", "id", json_hex(invite->space.b, HASH_BYTES), "name",
                                      invite->space_name, "right", right_name(invite->right)));
    free(text);
}

bool request_right(struct request *request, enum right *out)
{
    bool bad = false;
    const char *name = request_text(request, "right", 16, &bad);
    for (enum right right = RIGHT_RELAY; name && right <= RIGHT_ADMIN; right++)
        if (strcmp(right_name(right), name) == 0) {
            *out = right;
            return true;
        }
    if (!bad)
        request_refuse(request, MUSTER_EUSAGE, "the right \"%.20s\" is not relay, read, write or admin",
                       name ? name : "");
    return false;
}

void api_invite(struct request *request)
{
    struct invite *invite = calloc(1, sizeof(*invite));
    struct card *card = malloc(sizeof(*card));
    struct space_view space;
    size_t len;
    request->state = invite;
    request->state_free = free;
    if (invite && card && take_card(request, invite->card, &len, card) && request_right(request, &invite->right) &&
        request_space(request, &space)) {
        const struct certified_node *node = identity_node(&card->identity, &card->node);
        if (agency_id_eq(&card->agency, &request->node->own.identity.agency)) {
            request_refuse(request, MUSTER_EUSAGE, "the card is this agency's own; invite with the partner's");
        } else if (node && !request_refuses_card(request, card, (struct bytes){invite->card, len})) {
            invite->space = space.id;
            invite->agency = card->agency;
            invite->keys = node->keys;
            memcpy(invite->space_name, space.name, strnlen(space.name, NAME_BYTES_MAX));
            memcpy(invite->agency_name, card->identity.name, strnlen(card->identity.name, NAME_BYTES_MAX));
            struct command command = {
                .kind = COMMAND_ADD_MEMBER, .space_id = space.id, .card = {invite->card, len}, .right = invite->right};
            request_command(request, &command, invited);
        }
    }
    free(card);
}

/* --- join -------------------------------------------------------------------------------------------------------- */

static void joined(struct request *request)
{
    struct node *node = request->node;
    const struct joining *j = request->state;
    if (request->error) {
        request_refuse(request, request->error, "%s was not joined: %s", j->space_name, _(error_what(request->error)));
        return;
    }
    struct hash pair = own_pair(node, &j->agency, &j->keys);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_SPACE_JOINED, &j->agency, j->space_name);
    request_answer(request,
                   json_pack("{s:{s:o, s:o}, s:{s:o, s:o}, s:o}", "space", "id", json_hex(j->space.b, HASH_BYTES),
                             "name", json_text(j->space_name, strlen(j->space_name)), "agency", "id",
                             json_hex(j->agency.b, HASH_BYTES), "name",
                             json_text(j->agency_name, strlen(j->agency_name)), "pair", json_pair(&pair)));
}

void api_join(struct request *request)
{
    struct joining *j = calloc(1, sizeof(*j));
    struct card *card = malloc(sizeof(*card));
    struct bytes inviter;
    size_t len = 0;
    bool bad = false;
    request->state = j;
    request->state_free = free;
    const char *line = request_text(request, "line", 4 * LINE_TEXT_MAX, &bad);
    if (line || bad) {
        if (!bad)
            api_join_line(request, line);
        free(card);
        return;
    }
    const char *text = j && card ? request_text(request, "invite", ARMOUR_TEXT_MAX, &bad) : NULL;
    if (!bad && !text)
        request_refuse(request, MUSTER_EUSAGE, "\"invite\" is missing: the text of the invite");
    if (text) {
        enum muster_error error = armour_read(j->bytes, sizeof(j->bytes), &len, "INVITE", text, strlen(text));
        bool none = error == MUSTER_ENOTFOUND;
        if (!error)
            error = invite_read(&request->node->own, j, len, card, &inviter);
        const struct certified_node *node = error ? NULL : identity_node(&card->identity, &card->node);
        if (error == MUSTER_EWRONGPEER) {
            request_refuse(request, error, "the invite is for another node than this one");
        } else if (!node) {
            request_refuse(request,
                           none    ? MUSTER_EUSAGE
                           : error ? error
                                   : MUSTER_EREVOKED,
                           "the invite cannot be used: %s",
                           none ? _("there is no MUSTER INVITE in the text") : _(error_what(error)));
        } else if (!request_refuses_card(request, card, inviter)) {
            j->agency = card->agency;
            j->keys = node->keys;
            memcpy(j->agency_name, card->identity.name, strnlen(card->identity.name, NAME_BYTES_MAX));
            struct command command = {.kind = COMMAND_JOIN, .space_id = j->space, .card = inviter};
            request_command(request, &command, joined);
        }
    }
    free(card);
}
