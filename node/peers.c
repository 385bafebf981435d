#include "node/peers.h"

#include "lang/lang.h"
#include "node/known.h"
#include "node/node.h"

#include <stdlib.h>
#include <strings.h>

struct peer *peer_by_curve(const struct peers *peers, const struct curve_public *key)
{
    for (size_t i = 0; i < peers->count; i++)
        if (memcmp(peers->at[i].curve.b, key->b, sizeof(key->b)) == 0)
            return &peers->at[i];
    return NULL;
}

struct peer *peer_by_node(const struct peers *peers, const struct sign_public *node)
{
    for (size_t i = 0; i < peers->count; i++)
        if (memcmp(peers->at[i].node.b, node->b, sizeof(node->b)) == 0)
            return &peers->at[i];
    return NULL;
}

struct peer *peer_of_agency(const struct peers *peers, const struct agency_id *agency)
{
    for (size_t i = 0; i < peers->count; i++)
        if (agency_id_eq(&peers->at[i].agency, agency))
            return &peers->at[i];
    return NULL;
}

struct peer *peer_named(const struct peers *peers, const char *name)
{
    struct peer *found = NULL;
    char id[2 * HASH_BYTES + 1];
    size_t len = strlen(name);
    for (int way = 0; way < 3 && !found; way++) /* as it is written, whatever the case, by the id */
        for (size_t i = 0; i < peers->count; i++) {
            struct peer *peer = &peers->at[i];
            hex_from(id, peer->agency.b, HASH_BYTES);
            bool fits = way == 0   ? strcmp(peer->agency_name, name) == 0
                        : way == 1 ? strcasecmp(peer->agency_name, name) == 0
                                   : len >= 4 && strncmp(id, name, len) == 0;
            if (!fits)
                continue;
            if (found && !agency_id_eq(&found->agency, &peer->agency))
                return NULL;
            if (!found)
                found = peer;
        }
    return found;
}

void peers_free(struct peers *peers)
{
    free(peers->at);
    *peers = (struct peers){.at = NULL};
}

/* --- who knocked ------------------------------------------------------------------------------------------ */

static void knocks_prune(struct node *node)
{
    for (size_t i = 0; i < node->knocks.count;)
        if (core_admits(node->core, &node->knocks.at[i].key))
            knocks_forget(&node->knocks, i);
        else
            i++;
}

/* --- rows --------------------------------------------------------------------------------------------------- */

static struct peer *row_for(struct peers *peers, const struct curve_public *key)
{
    struct peer *peer = peer_by_curve(peers, key);
    if (peer)
        return peer;
    if (peers->count == peers->size) {
        size_t size = peers->size ? peers->size * 2 : 8;
        struct peer *bigger = size <= PEERS_MAX ? realloc(peers->at, size * sizeof(*bigger)) : NULL;
        if (!bigger)
            return NULL;
        peers->at = bigger;
        peers->size = size;
    }
    peer = &peers->at[peers->count++];
    *peer = (struct peer){.curve = *key};
    return peer;
}

static void read_endpoints(struct peer *peer, struct bytes body)
{
    struct bytes endpoints[CARD_ENDPOINTS_MAX];
    size_t count = body.len ? card_body_endpoints(body, endpoints) : 0;
    peer->endpoints.count = 0;
    for (size_t i = 0; i < count; i++) {
        char text[ENDPOINT_BYTES_MAX];
        if (endpoints[i].len >= sizeof(text))
            continue;
        memcpy(text, endpoints[i].at, endpoints[i].len);
        text[endpoints[i].len] = '\0';
        if (endpoint_list_add(&peer->endpoints, CARD_ENDPOINTS_MAX, text, false, NULL) != MUSTER_OK)
            continue; /* a card may carry what this version cannot dial */
    }
}

static void hang_up(struct node *node, struct peer *peer)
{
    if (peer->dial.n && link_undial(node->link, peer->dial) != MUSTER_OK)
        journal_write(&node->journal, EVENT_NAME_FAILED, &peer->agency, "a call that had ended was to be ended");
    peer->dial.n = 0;
}

void peers_look(struct node *node)
{
    struct peers *peers = &node->peers;
    struct peer_view view;
    for (size_t i = 0; i < peers->count; i++)
        peers->at[i].seen = false;
    for (size_t i = 0; core_peer_at(node->core, i, &view); i++) {
        struct peer *peer = row_for(peers, &view.curve);
        if (!peer)
            break;
        bool fresh = !peer->agency_name[0] && agency_id_none(&peer->agency);
        struct endpoint_list before = peer->endpoints;
        peer->agency = view.agency;
        peer->node = view.node;
        peer->confirmed = view.confirmed;
        peer->shared_spaces = view.shared_spaces;
        peer->seen = true;
        memcpy(peer->agency_name, view.agency_name, sizeof(peer->agency_name));
        memcpy(peer->node_name, view.node_name, sizeof(peer->node_name));
        memcpy(peer->country, view.country, sizeof(peer->country));
        if (fresh) { /* it may have called before its row was here: a card of a space is enough to be let in */
            peer->up = conns_by_key(&node->conns, &view.curve, true) || conns_by_key(&node->conns, &view.curve, false);
            peer->since_ms = peer->up ? node_wall_ms() : view.last_met_ms ? view.last_met_ms : heard_last(node, &view.node);
            if (peers->looked) /* not for what was known before this start */
                known_look(node, peer);
        }
        read_endpoints(peer, view.reach);
        partner_apply(&node->partners, peer);
        peer->expires_ms = view.expires_ms;
        peer->revoked = view.revoked;
        peer->own = view.own;
        bool moved = before.count != peer->endpoints.count;
        for (size_t e = 0; e < before.count && !moved; e++)
            moved = strcmp(before.at[e], peer->endpoints.at[e]) != 0;
        if (moved && peer->dial.n) {
            hang_up(node, peer);
            peer->endpoint = 0;
        }
    }
    for (size_t i = 0; i < peers->count;) {
        if (peers->at[i].seen) {
            i++;
            continue;
        }
        hang_up(node, &peers->at[i]);
        peers->at[i] = peers->at[--peers->count];
    }
    peers->looked = true;
    knocks_prune(node);
    link_review(node->link);
    peers_dial(node);
}

/* --- calls -------------------------------------------------------------------------------------------------- */

static void dial_next(struct node *node, struct peer *peer)
{
    struct link_dial_info info;
    if (peer->dial.n && peer->endpoints.count > 1 && link_dial_look(node->link, peer->dial, &info) == MUSTER_OK &&
        info.state == LINK_DIAL_WAITING && info.failures >= PEER_TURN_FAILURES) {
        hang_up(node, peer);
        peer->endpoint++;
    }
    if (peer->dial.n || !peer->endpoints.count)
        return;
    const char *endpoint = peer->endpoints.at[peer->endpoint % peer->endpoints.count];
    enum muster_error error = link_dial(node->link, endpoint, &peer->curve, &peer->dial);
    if (error) {
        peer->dial.n = 0;
        peer->endpoint++;
    }
}

void peers_dial(struct node *node)
{
    for (size_t i = 0; node->core && i < node->peers.count; i++) {
        struct peer *peer = &node->peers.at[i];
        bool in = conns_by_key(&node->conns, &peer->curve, false) != NULL;
        bool out = conns_by_key(&node->conns, &peer->curve, true) != NULL;
        if (!core_admits(node->core, &peer->curve))
            hang_up(node, peer);
        else if (in && (!out || memcmp(node->own.keys.curve.b, peer->curve.b, sizeof(peer->curve.b)) > 0))
            hang_up(node, peer);
        else if (!in && !out)
            dial_next(node, peer);
    }
}

void peers_changed(struct node *node, const struct curve_public *key)
{
    struct peer *peer = peer_by_curve(&node->peers, key);
    bool now = conns_by_key(&node->conns, key, true) || conns_by_key(&node->conns, key, false);
    if (peer && peer->up != now) {
        peer->up = now;
        peer->since_ms = node_wall_ms();
    }
}

const char *peer_reason(const struct node *node, const struct peer *peer, bool *refused)
{
    struct link_dial_info info;
    *refused = false;
    if (peer->up)
        return "";
    if (!peer->dial.n)
        return peer->endpoints.count ? "" : _("its card names no endpoint: it must call this node");
    if (link_dial_look(node->link, peer->dial, &info) != MUSTER_OK || info.reason == LINK_NONE)
        return "";
    *refused = info.reason == LINK_NOT_KNOWN_THERE;
    return link_reason_text(info.reason);
}

bool peer_is_past(const struct node *node, const struct peer *peer)
{
    bool refused;
    (void)peer_reason(node, peer, &refused);
    return !peer->own && !peer->up && peer->shared_spaces == 0 && (refused || peer->since_ms);
}
