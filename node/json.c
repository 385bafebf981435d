#include "node/json.h"

#include "crypto/words.h"
#include "base/text.h"
#include "lang/lang.h"
#include "protocol/kinds/kinds.h"

#include <stdlib.h>
#include <time.h>

json_t *json_time(uint64_t ms)
{
    char text[TIME_TEXT_BYTES];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (!ms || ms / 1000 > 253402300799ull || !gmtime_r(&seconds, &tm) ||
        !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
        return json_null(); /* none, or beyond the year 9999 */
    return json_string(text);
}

json_t *json_hex(const void *bytes, size_t len)
{
    char *text = malloc(2 * len + 1);
    json_t *json = text ? json_string(hex_from(text, bytes, len)) : json_null();
    free(text);
    return json;
}

json_t *json_text(const void *text, size_t len)
{
    const char *start = text;
    if (text_is_utf8(text, len))
        return json_stringn(len ? start : "", len);
    char *safe = malloc(3 * len + 1); /* U+FFFD has three bytes */
    if (!safe)
        return json_null();
    text_for_terminal(safe, 3 * len + 1, text, len);
    json_t *json = json_string(safe);
    free(safe);
    return json ? json : json_null();
}

/* --- agencies ------------------------------------------------------------------------------------------------ */

const char *agency_name(const struct node *node, const struct agency_id *agency, char id[17])
{
    if (agency_id_eq(&node->own.identity.agency, agency))
        return node->own.identity.name;
    const struct peer *peer = peer_of_agency(&node->peers, agency);
    return peer && peer->agency_name[0] ? peer->agency_name : hex_from(id, agency->b, 8);
}

json_t *json_agency(const struct node *node, const struct agency_id *agency)
{
    char id[17];
    const char *name = agency_name(node, agency, id);
    return json_pack("{s:o, s:o}", "id", json_hex(agency->b, HASH_BYTES), "name", json_text(name, strlen(name)));
}

struct hash own_pair(const struct node *node, const struct agency_id *agency, const struct node_keys *keys)
{
    return pair_hash(&node->own.identity.agency, &node->own.keys, agency, keys);
}

json_t *json_pair(const struct hash *pair)
{
    char words[PAIR_TEXT_BYTES], digits[PAIR_TEXT_BYTES];
    pair_words(words, pair);
    pair_digits(digits, pair);
    return json_pack("{s:s, s:s}", "words", words, "digits", digits);
}

json_t *json_endpoints(const struct endpoint_list *list)
{
    json_t *json = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(json, json_string(list->at[i]));
    return json;
}

/* --- completeness -------------------------------------------------------------------------------------------- */

json_t *json_complete(const struct node *node, const struct space_view *space)
{
    json_t *silent = json_array();
    for (size_t i = 0; i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        if (peer->up || !space->joined || !control_member(space->control, &peer->agency))
            continue;
        bool another = false; /* of the same agency is up, or was named */
        for (size_t j = 0; j < node->peers.count; j++)
            if (j != i && agency_id_eq(&node->peers.at[j].agency, &peer->agency))
                another |= node->peers.at[j].up || j < i;
        if (!another)
            json_array_append_new(silent, json_pack("{s:o, s:o}", "agency", json_agency(node, &peer->agency), "since",
                                                    json_time(peer->since_ms)));
    }
    return json_pack("{s:o, s:i, s:i, s:o}", "as_of", json_time(space->as_of_ms), "logs", (int)space->logs_complete,
                     "of", (int)space->logs, "silent", silent);
}

json_t *json_spaces_complete(const struct node *node, const struct space_view *only)
{
    json_t *list = json_array();
    struct space_view space;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++)
        if (!only || space_id_eq(&only->id, &space.id))
            json_array_append_new(list, json_pack("{s:o, s:b, s:o}", "name", json_text(space.name, strlen(space.name)), "exercise",
                                                  (int)space.exercise, "complete", json_complete(node, &space)));
    return list;
}

json_t *json_unconfirmed(const struct node *node, const struct space_view *space)
{
    json_t *list = json_array();
    for (size_t i = 0; space->joined && i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= agency_id_eq(&node->peers.at[j].agency, &peer->agency);
        if (!peer->confirmed && !again && control_member(space->control, &peer->agency))
            json_array_append_new(list, json_agency(node, &peer->agency));
    }
    return list;
}

json_t *json_head(const struct node *node, const struct space_view *space)
{
    return json_pack("{s:o, s:i, s:{s:o, s:o, s:b}, s:{s:o, s:o}, s:o}", "unconfirmed", json_unconfirmed(node, space), "muster", 1, "space", "id",
                     json_hex(space->id.b, HASH_BYTES), "name", json_text(space->name, strlen(space->name)), "exercise",
                     (int)space->exercise, "node", "agency", json_agency(node, &node->own.identity.agency), "name",
                     json_text(node->own.node_name, strlen(node->own.node_name)), "complete",
                     json_complete(node, space));
}

/* --- peers ------------------------------------------------------------------------------------------------------ */

json_t *json_peer(const struct node *node, const struct peer *peer, const struct peer_view *view)
{
    bool refused;
    const char *reason = peer_reason(node, peer, &refused);
    const char *state = view->state == PEER_UP       ? "up"
                        : refused                    ? "refused"
                        : view->state == PEER_SILENT || peer->since_ms ? "silent"
                                                     : "never";
    json_t *agency = json_agency(node, &peer->agency);
    json_object_set_new(agency, "country", json_text(peer->country, strlen(peer->country)));
    json_t *json = json_pack(
        "{s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:s, s:I, s:I, s:o}", "agency", agency, "node",
        json_text(peer->node_name, strlen(peer->node_name)), "state", state, "confirmed", (int)peer->confirmed, "since",
        json_time(view->state == PEER_UP ? view->since_ms : peer->since_ms), "last_met",
        json_time(view->state == PEER_UP ? node_wall_ms()
                  : view->last_met_ms    ? view->last_met_ms
                                         : peer->since_ms), /* from before the start */
        "endpoints", json_endpoints(&peer->endpoints), "reason", reason, "behind", (json_int_t)view->behind, "skew_ms",
        (json_int_t)view->skew_ms, "software", json_text(view->software, strlen(view->software)));
    const struct partner *partner = partner_of(&node->partners, &peer->agency);
    json_object_set_new(json, "note", json_text(partner ? partner->note : "", partner ? strlen(partner->note) : 0));
    json_object_set_new(json, "own", json_boolean(peer->own));
    json_object_set_new(json, "past", json_boolean(peer_is_past(node, peer)));
    json_object_set_new(json, "expires", peer->expires_ms ? json_time(peer->expires_ms) : json_null());
    json_object_set_new(json, "certificate", json_string(peer->revoked ? "revoked"
                                                         : peer->expires_ms && peer->expires_ms <= node_wall_ms() ? "expired"
                                                                                                                  : "valid"));
    return json;
}

json_t *json_peers(const struct node *node, const struct space_view *only)
{
    json_t *list = json_array();
    struct peer_view view;
    for (size_t i = 0; core_peer_at(node->core, i, &view); i++) {
        const struct peer *peer = peer_by_curve(&node->peers, &view.curve);
        if (peer && (!only || (only->joined && control_member(only->control, &peer->agency))))
            json_array_append_new(list, json_peer(node, peer, &view));
    }
    return list;
}

json_t *json_pending(const struct node *node)
{
    json_t *list = json_array();
    for (size_t i = 0; i < node->knocks.count; i++) {
        const struct knock *knock = &node->knocks.at[i];
        json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:I, s:s, s:s}", "key", json_hex(knock->key.b, 32),
                                              "address", knock->address, "time", json_time(knock->time_ms), "count",
                                              (json_int_t)knock->count, "code", error_name(knock->why),
                                              "message", _(error_what(knock->why))));
    }
    return list;
}

/* --- short ids ---------------------------------------------------------------------------------------------------- */

void short_id(char out[SHORT_ID_BYTES], uint16_t kind, const struct object_id *object, uint64_t objects)
{
    char tail[20];
    const char *prefix = kind_prefix(kind);
    int len = SHORT_TAIL_MIN;
    for (uint64_t apart = 1024; apart < objects && len < 16; apart *= 6) /* 32^len over the square of their number */
        len++;
    base32_from(tail, object->b + 6, OBJECT_ID_BYTES - 6);
    snprintf(out, SHORT_ID_BYTES, "%s-%.*s", prefix ? prefix : "obj", len, tail);
}
