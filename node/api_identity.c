/* api_identity.c — the agency's chain, certificates of nodes, operators.
 *
 * No secret of the agency passes here: statements come signed, from where the root key is. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "node/turn.h"
#include "protocol/trust/armour.h"
#include "protocol/trust/enrol.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_AT_ONCE = 32, CUTS_SHOWN_MAX = 4096, SOON_MS_DAYS = 30, USER_BYTES = 64 };
static const uint64_t SOON_MS = (uint64_t)SOON_MS_DAYS * 24 * 3600 * 1000;

const char *expiry_word(uint64_t expires_ms, bool revoked, uint64_t now_ms)
{
    return revoked                          ? "revoked"
           : !expires_ms                    ? "valid"
           : expires_ms <= now_ms           ? "expired"
           : expires_ms - now_ms <= SOON_MS ? "expires-soon"
                                            : "valid";
}

/* --- what needs somebody ------------------------------------------------------------------------------------------ */

static void warn_of(json_t *list, enum muster_error error, const char *message, const char *remedy)
{
    json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "code", error_name(error), "message",
                                          json_text(message, strlen(message)), "do", remedy));
}

/* "expired 3 days ago", "ends in 12 days", "ended a moment ago". */
static void days_text(char out[48], uint64_t expires_ms, uint64_t now_ms)
{
    const uint64_t day = 24ull * 3600 * 1000;
    bool past = expires_ms <= now_ms;
    unsigned long long days = (past ? now_ms - expires_ms : expires_ms - now_ms) / day;
    if (!days)
        snprintf(out, 48, past ? _("expired less than a day ago") : _("ends in less than a day"));
    else
        snprintf(out, 48, past ? _("expired %llu day%s ago") : _("ends in %llu day%s"), days, days == 1 ? "" : "s");
}

static void warn_of_certificate(json_t *list, const char *whose, const char *name, uint64_t expires_ms, bool revoked, bool own)
{
    char when[48], text[400], remedy[256];
    uint64_t now = node_wall_ms();
    if (revoked || !expires_ms || (expires_ms > now && expires_ms - now > SOON_MS))
        return;
    days_text(when, expires_ms, now);
    snprintf(text, sizeof(text), _("the certificate of %s%s %s; the node goes on working"), whose, name, when);
    if (own)
        snprintf(remedy, sizeof(remedy), "muster key renew \"%.100s\" --root FILE", name);
    else
        snprintf(remedy, sizeof(remedy), _("call the agency: it renews it with muster key renew"));
    warn_of(list, MUSTER_EEXPIRED, text, remedy);
}

void identity_warnings(struct node *node, json_t *list)
{
    const struct identity *identity = &node->own.identity;
    char path[CONFIG_PATH_MAX + 40];
    own_root_path(path, node->config.data, OWN_ROOT);
    if (path[0])
        warn_of(list, MUSTER_EROOTKEY, _("the agency's root key lies on this node: whoever gets into it can become the agency"),
                _("muster key export-root FILE, onto a medium that is kept elsewhere"));
    for (size_t i = 0; i < identity->node_count; i++) {
        const struct certified_node *each = &identity->nodes[i];
        bool self = memcmp(each->keys.sign.b, node->own.keys.sign.b, 32) == 0;
        warn_of_certificate(list, self ? _("this node, ") : _("this agency's node "), each->name, each->expires_ms, each->revoked, true);
        if (self && each->revoked)
            warn_of(list, MUSTER_EREVOKED, _("this node was revoked by its agency: partners do not let it in, and it writes nothing"),
                    _("ask the agency; a new node is made with muster init --node NAME -O REQUEST in another data directory"));
    }
    for (size_t i = 0; i < node->peers.count; i++) {
        const struct peer *peer = &node->peers.at[i];
        char whose[NAME_BYTES_MAX + 16];
        snprintf(whose, sizeof(whose), _("%.100s's node "), peer->agency_name);
        if (!peer->own)
            warn_of_certificate(list, whose, peer->node_name, peer->expires_ms, peer->revoked, false);
    }
}

/* --- what there is ---------------------------------------------------------------------------------------------- */

static json_t *nodes_json(const struct node *node)
{
    const struct identity *identity = &node->own.identity;
    json_t *list = json_array();
    for (size_t i = 0; i < identity->node_count; i++) {
        const struct certified_node *each = &identity->nodes[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:s, s:b}", "id", json_hex(each->keys.sign.b, 32), "name",
                            json_text(each->name, strlen(each->name)), "expires",
                            each->expires_ms ? json_time(each->expires_ms) : json_null(), "state",
                            expiry_word(each->expires_ms, each->revoked, node_wall_ms()), "this",
                            memcmp(each->keys.sign.b, node->own.keys.sign.b, 32) == 0));
    }
    return list;
}

static json_t *user_json(const struct node *node, const struct sign_public *key)
{
    for (size_t i = 0; i < node->operators.count; i++) {
        if (memcmp(node->operators.at[i].keys.key.b, key->b, sizeof(key->b)) != 0)
            continue;
        const struct passwd *user = getpwuid(node->operators.at[i].uid);
        char number[24];
        snprintf(number, sizeof(number), "%u", node->operators.at[i].uid);
        return json_string(user ? user->pw_name : number);
    }
    return json_null();
}

static json_t *operators_json(const struct node *node)
{
    const struct identity *identity = &node->own.identity;
    json_t *list = json_array();
    for (size_t i = 0; i < identity->operator_count; i++) {
        const struct certified_operator *each = &identity->operators[i];
        char roles[64];
        role_names(roles, each->roles);
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s, s:o, s:s, s:o}", "id", json_hex(each->key.b, sizeof(each->key.b)), "name",
                            json_text(each->name, strlen(each->name)), "roles", roles, "expires",
                            each->expires_ms ? json_time(each->expires_ms) : json_null(), "state",
                            expiry_word(each->expires_ms, each->revoked, node_wall_ms()), "user", user_json(node, &each->key)));
    }
    return list;
}

static json_t *root_json(const struct node *node, enum own_root which)
{
    char path[CONFIG_PATH_MAX + 40];
    own_root_path(path, node->config.data, which);
    return path[0] ? json_text(path, strlen(path)) : json_null();
}

/* The statements as a list of hex texts. */
static json_t *chain_json(const struct own *own)
{
    json_t *list = json_array();
    for (size_t i = 0; i < own->statement_count; i++)
        json_array_append_new(list, json_hex(own->statements[i], own->statement_lens[i]));
    return list;
}

static json_t *identity_json(const struct node *node)
{
    const struct own *own = &node->own;
    json_t *agency = json_agency(node, &own->identity.agency);
    json_object_set_new(agency, "country", json_text(own->identity.country, strlen(own->identity.country)));
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "muster", 1, "agency", agency, "root",
                     json_hex(own->identity.root.b, 32), "next_root", json_hex(own->identity.next_root.b, HASH_BYTES),
                     "nodes", nodes_json(node), "operators", operators_json(node), "root_file", root_json(node, OWN_ROOT),
                     "next_file", root_json(node, OWN_NEXT_ROOT), "statements", chain_json(own));
}

void api_identity(struct request *request)
{
    request_answer(request, identity_json(request->node));
}

void api_identity_cuts(struct request *request)
{
    const char *text = request_query(request, "node");
    struct sign_public node;
    struct statement_cut *cuts = calloc(CUTS_SHOWN_MAX, sizeof(*cuts));
    if (!text || strlen(text) != 64 || !hex_to(node.b, sizeof(node.b), text)) {
        request_refuse(request, MUSTER_EUSAGE, "\"node\" must be the node's id, 64 hex digits");
    } else if (cuts) {
        size_t count = core_node_cuts(request->node->core, &node, cuts, CUTS_SHOWN_MAX);
        json_t *items = json_array();
        for (size_t i = 0; i < count && i < CUTS_SHOWN_MAX; i++)
            json_array_append_new(items, json_pack("{s:o, s:I, s:o}", "log", json_hex(cuts[i].log.b, HASH_BYTES), "position",
                                                   (json_int_t)cuts[i].position, "head", json_hex(cuts[i].head.b, HASH_BYTES)));
        request_answer(request, json_pack("{s:o}", "items", items));
    }
    free(cuts);
}

/* --- statements from outside ------------------------------------------------------------------------------------ */

struct taken {
    uint8_t bytes[STATEMENTS_AT_ONCE][STATEMENT_BYTES_MAX];
    struct bytes statements[STATEMENTS_AT_ONCE];
    size_t count;
};

/* The body's "statements": hex texts.  Refuses and gives NULL. */
static struct taken *take_statements(struct request *request)
{
    const json_t *list = json_object_get(request->json, "statements");
    struct taken *taken = calloc(1, sizeof(*taken));
    if (!taken || !json_is_array(list) || !json_array_size(list) || json_array_size(list) > STATEMENTS_AT_ONCE) {
        request_refuse(request, MUSTER_EUSAGE, "\"statements\" must be a list of 1 to %d statements in hex", STATEMENTS_AT_ONCE);
        free(taken);
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        size_t len = text ? strlen(text) / 2 : 0;
        if (!len || len > STATEMENT_BYTES_MAX || !hex_to(taken->bytes[i], len, text)) {
            request_refuse(request, MUSTER_EUSAGE, "statement %zu is not hex of 1 to %d bytes", i, STATEMENT_BYTES_MAX);
            free(taken);
            return NULL;
        }
        taken->statements[taken->count++] = (struct bytes){taken->bytes[i], len};
    }
    return taken;
}

static const char *statement_word(struct bytes statement)
{
    static const char *const words[] = {"", N_("an inception"), N_("the root key was rotated"), N_("a node was certified"),
                                        N_("a node was revoked"), N_("an operator was certified"), N_("an operator was revoked"),
                                        N_("the agency was renamed")};
    return statement.at[2] < ARRAY_LEN(words) ? _(words[statement.at[2]]) : _("a statement of a later version");
}

static void extended(struct request *request)
{
    if (request->error)
        request_refuse(request, request->error, "the new card was not taken: %s", _(error_what(request->error)));
    else
        request_answer(request, identity_json(request->node));
}

void api_identity_extend(struct request *request)
{
    struct node *node = request->node;
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    struct taken *taken = take_statements(request);
    if (!taken)
        return;
    if (node_extend(node, taken->statements, taken->count, &trouble) != MUSTER_OK) {
        request_refuse_trouble(request, &trouble);
    } else {
        for (size_t i = 0; i < taken->count; i++) {
            audit_add(&node->audit, node_wall_ms(), EVENT_NAME_IDENTITY_STATED, &node->own.identity.agency,
                      statement_word(taken->statements[i]));
            journal_write(&node->journal, EVENT_NAME_IDENTITY_STATED, &node->own.identity.agency,
                          statement_word(taken->statements[i]));
        }
        struct command command = {.kind = COMMAND_OWN_CARD, .card = {node->own.card, node->own.card_len}};
        request_command(request, &command, extended);
    }
    free(taken);
}

/* --- a node that waits for its agency --------------------------------------------------------------------------- */

void api_enrol(struct request *request)
{
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    bool bad = false;
    const char *name = request_text(request, "node", NAME_BYTES_MAX, &bad);
    if (bad)
        return;
    if (request->node->core) {
        request_refuse(request, MUSTER_EREADY, "this node belongs to %s already", request->node->own.identity.name);
        return;
    }
    struct own *own = calloc(1, sizeof(*own));
    if (!own || own_enrol(own, request->node->config.data, name ? name : "node", &trouble) != MUSTER_OK) {
        request_refuse_trouble(request, &trouble);
    } else {
        struct enrolment enrolment = {.keys = own->keys};
        uint8_t bytes[ENROL_BYTES_MAX];
        char text[1024];
        snprintf(enrolment.name, sizeof(enrolment.name), "%s", own->node_name);
        size_t len = enrol_write(bytes, &enrolment, &own->sign);
        armour_write(text, sizeof(text), "REQUEST", bytes, len);
        json_t *answer = json_pack("{s:s, s:{s:o, s:o, s:o, s:o}}", "request", text, "node", "id", json_hex(own->keys.sign.b, 32), "name",
                                   json_text(own->node_name, strlen(own->node_name)), "box", json_hex(own->keys.box.b, 32), "curve",
                                   json_hex(own->keys.curve.b, 32));
        own_clear(own);
        if (node_held_chain(request->node, own) == MUSTER_OK)
            json_object_set_new(answer, "statements", chain_json(own));
        request_answer(request, answer);
    }
    if (own)
        own_clear(own);
    free(own);
}

/* What certifies this node: the chain of the body's card, or the one of the data that it has, and the body's statements behind. */
struct certifying {
    struct card card;
    uint8_t card_bytes[CARD_BYTES_MAX];
    size_t card_len;
    struct own held;
    struct taken *taken;
    struct bytes all[CARD_STATEMENTS_MAX + STATEMENTS_AT_ONCE];
    size_t count;
};

/* Refuses and gives false. */
static bool certifying_take(struct request *request, const char *text, struct certifying *c)
{
    enum muster_error error = text ? armour_read(c->card_bytes, sizeof(c->card_bytes), &c->card_len, "CARD", text, strlen(text)) : MUSTER_OK;
    if (text && !error)
        error = card_read(&c->card, c->card_bytes, c->card_len);
    if (error) {
        request_refuse(request, error == MUSTER_ENOTFOUND ? MUSTER_EUSAGE : error, "the card cannot be used: %s",
                       error == MUSTER_ENOTFOUND ? _("there is no MUSTER CARD in the text") : _(error_what(error)));
        return false;
    }
    for (size_t i = 0; text && i < c->card.statement_count; i++)
        c->all[c->count++] = c->card.statements[i];
    if (!text && node_held_chain(request->node, &c->held) == MUSTER_OK)
        for (size_t i = 0; i < c->held.statement_count; i++)
            c->all[c->count++] = (struct bytes){c->held.statements[i], c->held.statement_lens[i]};
    if (!text || json_object_get(request->json, "statements")) {
        c->taken = take_statements(request);
        for (size_t i = 0; c->taken && i < c->taken->count; i++)
            c->all[c->count++] = c->taken->statements[i];
    }
    return !request_answered(request);
}

bool api_init_from_chain(struct request *request, const struct own_request *own)
{
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    bool bad = false;
    const char *text = request_text(request, "card", 64 * 1024, &bad);
    if (bad)
        return true;
    if (!text && !json_object_get(request->json, "statements"))
        return false;
    struct certifying *c = calloc(1, sizeof(*c));
    if (!c)
        request_refuse(request, MUSTER_EBUSY, "%s", _(error_what(MUSTER_EBUSY)));
    else if (certifying_take(request, text, c) && node_adopt(request->node, own, c->all, c->count, &trouble) != MUSTER_OK)
        request_refuse_trouble(request, &trouble);
    if (!request_answered(request)) {
        struct node *node = request->node;
        struct command command = {.kind = COMMAND_TAKE_CARD, .card = {c->card_bytes, c->card_len}};
        struct event event = {.kind = EVENT_COMMAND, .u.command = {.request = 0, .command = &command}};
        if (text && c->card_len) /* where the agency's other node is called */
            turn_feed(node, &event);
        peers_look(node);
        request_answer(request, json_pack("{s:o, s:{s:o, s:o}}", "agency", json_agency(node, &node->own.identity.agency),
                                          "node", "id", json_hex(node->own.keys.sign.b, 32), "name",
                                          json_text(node->own.node_name, strlen(node->own.node_name))));
    }
    if (c) {
        free(c->taken);
        own_clear(&c->held);
    }
    free(c);
    return true;
}

/* --- operators ---------------------------------------------------------------------------------------------------- */

void api_operator_make(struct request *request)
{
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    struct sign_public key;
    if (operator_make(request->node->config.data, &key, &trouble) != MUSTER_OK)
        request_refuse_trouble(request, &trouble);
    else
        request_answer(request, json_pack("{s:o}", "id", json_hex(key.b, sizeof(key.b))));
}

void api_operator_user(struct request *request)
{
    struct node *node = request->node;
    struct trouble trouble = {.error = MUSTER_EINTERNAL};
    struct sign_public key;
    bool bad = false, none = strcmp(request->argument[0], "none") == 0;
    const char *name = request_text(request, "user", USER_BYTES, &bad);
    const struct passwd *user = name ? getpwnam(name) : NULL;
    char *end = NULL;
    unsigned long number = name && !user ? strtoul(name, &end, 10) : 0;
    if (bad)
        return;
    if (!name || (!user && (!*name || *end || number >= UINT32_MAX))) {
        request_refuse(request, name ? MUSTER_ENOTFOUND : MUSTER_EUSAGE, "there is no user \"%.60s\" on this machine",
                       name ? name : "");
        return;
    }
    if (!none && (strlen(request->argument[0]) != 64 || !hex_to(key.b, sizeof(key.b), request->argument[0]))) {
        request_refuse(request, MUSTER_EUSAGE, "an operator is named by its id, 64 hex digits");
        return;
    }
    unsigned uid = user ? (unsigned)user->pw_uid : (unsigned)number;
    if (operator_map(&node->operators, node->store, node->config.data, uid, none ? NULL : &key, &trouble) != MUSTER_OK) {
        request_refuse_trouble(request, &trouble);
        return;
    }
    char line[160];
    snprintf(line, sizeof(line), "user %u acts as %s", uid, none ? "nobody" : "an operator");
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_IDENTITY_STATED, &node->own.identity.agency, line);
    request_answer(request, json_pack("{s:s, s:i}", "user", name, "uid", (int)uid));
}
