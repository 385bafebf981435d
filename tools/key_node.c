/* muster key certify, renew, revoke: the agency's nodes. */
#include "protocol/trust/armour.h"
#include "protocol/trust/enrol.h"
#include "tools/ask.h"
#include "tools/exchange.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

enum { NODE_DAYS = 5 * 365, CUTS_MAX = (CHAIN_NEW_MAX - 1) * STATEMENT_CUTS_MAX };

static struct chain *chain_new(struct tool *tool, const struct arguments *args, bool unlock, int *code)
{
    struct chain *chain = calloc(1, sizeof *chain);
    *code = chain ? chain_load(tool, chain) : 1;
    if (!*code && unlock)
        *code = chain_unlock(tool, args, chain);
    return chain;
}

static void chain_end(struct chain *chain)
{
    if (chain)
        chain_clear(chain);
    free(chain);
}

/* This node's card, which carries the chain, into the file. */
static int card_save(struct tool *tool, const char *path)
{
    json_t *answer;
    int code = tool_get(tool, "/v1/card", &answer);
    if (code)
        return code;
    code = exchange_save(tool, path, value_text_at(answer, "card"), false);
    json_decref(answer);
    return code;
}

/* --- certify ------------------------------------------------------------------------------------------------------ */

static int request_load(struct tool *tool, const char *path, struct enrolment *out)
{
    uint8_t bytes[ENROL_BYTES_MAX];
    struct fault fault;
    char *text;
    size_t len;
    int code = exchange_load(tool, path, &text);
    if (code)
        return code;
    enum muster_error error = armour_read(bytes, sizeof bytes, &len, "REQUEST", text, strlen(text));
    if (!error)
        error = enrol_read(out, bytes, len);
    free(text);
    if (!error)
        return 0;
    fault_set(&fault, error == MUSTER_ENOTFOUND ? MUSTER_EBADVALUE : error, "%s is no request of a node: %s", path,
              error == MUSTER_ENOTFOUND ? _("there is no MUSTER REQUEST in it") : _(error_what(error)));
    fault_step(&fault, "on the new node: muster init --node NAME -O REQUEST");
    return tool_fail(tool, &fault);
}

static int key_certify_run(struct tool *tool, const struct arguments *args)
{
    struct enrolment enrolment;
    uint64_t expires;
    char id[65];
    int code = request_load(tool, args->words[0], &enrolment);
    if (!code)
        code = until_get(tool, args, NODE_DAYS, &expires);
    if (code)
        return code;
    hex_from(id, enrolment.keys.sign.b, 32);
    struct chain *chain = chain_new(tool, args, true, &code);
    const struct certified_node *known = code ? NULL : identity_node(&chain->identity, &enrolment.keys.sign);
    if (known && known->revoked) {
        struct fault fault;
        fault_set(&fault, MUSTER_EREVOKED, "this node was revoked, and stays so");
        fault_step(&fault, "make new keys: move the directory secrets of its data away, then muster init --node NAME -O REQUEST");
        code = tool_fail(tool, &fault);
    }
    if (!code)
        code = chain_add(tool, chain,
                         statement_node(chain_room(chain), &chain->identity, &chain->root, &enrolment.keys, enrolment.name,
                                        expires, wall_ms()),
                         _("this node"));
    if (!code)
        code = chain_send(tool, chain);
    if (!code)
        code = card_save(tool, option_get(args, "output-file"));
    if (!code && option_get(args, "output-file") &&
        !print_data_of(tool, json_pack("{s:i, s:s, s:{s:s, s:s}}", "muster", 1, "card", option_get(args, "output-file"), "node",
                                       "id", id, "name", enrolment.name))) {
        screen_line(tool, "%s is certified; its id is %.16s", enrolment.name, id);
        tool_hint(tool, "compare the id with the one on its screen, then there: muster init --certificate %s",
                  option_get(args, "output-file"));
    }
    chain_end(chain);
    return code;
}

static const struct option_row certify_options[] = {
    ROOT_OPTIONS,
    {"until",       0,   "TIME", "when it ends, or never; 5 years unless said"},
    {"output-file", 'O', "FILE", "where the card for the new node goes"},
    {NULL,          0,   NULL,   NULL},
};

const struct command command_key_certify = {
    .name = "key certify",
    .args = "REQUEST",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .options = certify_options,
    .run = key_certify_run,
    .help = "make another machine a node of this agency",
    .detail = "The new machine makes the request: muster init --node NAME -O REQUEST. It takes the card with "
              "muster init --certificate CARD. When a certificate ends the node goes on and warns.",
    .example = "muster key certify depot.request --root /media/safe/agency.key -O depot.muster-card",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster card node",
    .rows = "card node.id node.name",
};

/* --- renew --------------------------------------------------------------------------------------------------------- */

static const struct certified_node *node_named(struct tool *tool, const struct chain *chain, const char *name, int *code)
{
    struct sign_public sign;
    const json_t *found = chain_find(tool, chain, "nodes", name, code);
    if (!found || !hex_to(sign.b, sizeof sign.b, value_text_at(found, "id")))
        return NULL;
    return identity_node(&chain->identity, &sign);
}

static int key_renew_run(struct tool *tool, const struct arguments *args)
{
    uint64_t expires;
    int code = until_get(tool, args, NODE_DAYS, &expires);
    if (code)
        return code;
    struct chain *chain = chain_new(tool, args, true, &code);
    const struct certified_node *node = code ? NULL : node_named(tool, chain, args->words[0], &code);
    if (node) {
        struct certified_node copy = *node;
        code = chain_add(tool, chain, statement_node(chain_room(chain), &chain->identity, &chain->root, &copy.keys, copy.name,
                                                     expires, wall_ms()), _("this node"));
        if (!code)
            code = chain_send(tool, chain);
        if (!code && !print_data_of(tool, json_pack("{s:i, s:s}", "muster", 1, "node", copy.name)))
            screen_line(tool, "the certificate of %s is new; partners get it by themselves", copy.name);
    }
    chain_end(chain);
    return code;
}

static const struct option_row renew_options[] = {
    ROOT_OPTIONS,
    {"until", 0, "TIME", "when it ends, or never; 5 years unless said"},
    {NULL,    0, NULL,   NULL},
};

const struct command command_key_renew = {
    .name = "key renew",
    .args = "NODE",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .options = renew_options,
    .run = key_renew_run,
    .help = "a new certificate for a node whose old one ends",
    .example = "muster key renew depot --root /media/safe/agency.key",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster node",
    .rows = "node",
};

/* --- revoke --------------------------------------------------------------------------------------------------------- */

/* What this node holds of the other's logs goes on to count. */
static int cuts_get(struct tool *tool, const struct sign_public *sign, struct statement_cut *cuts, size_t *count)
{
    struct url url;
    struct fault fault;
    json_t *answer;
    char id[65];
    url_start(&url, "/v1/identity/cuts");
    url_query(&url, "node", hex_from(id, sign->b, 32));
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    const json_t *items = json_object_get(answer, "items");
    *count = json_array_size(items);
    if (*count > CUTS_MAX) {
        fault_set(&fault, MUSTER_ETOOBIG, "the node has %zu logs; a revocation can list %d", *count, CUTS_MAX);
        fault_step(&fault, "revoke it, then adopt what is missing: muster space cut LOG");
        code = tool_fail(tool, &fault);
    }
    for (size_t i = 0; i < *count && !code; i++) {
        const json_t *item = json_array_get(items, i);
        cuts[i].position = (uint64_t)value_int_at(item, "position");
        if (!hex_to(cuts[i].log.b, HASH_BYTES, value_text_at(item, "log")) ||
            !hex_to(cuts[i].head.b, HASH_BYTES, value_text_at(item, "head")))
            code = 1;
    }
    json_decref(answer);
    return code;
}

static int revoke_one(struct tool *tool, struct chain *chain, const struct certified_node *node)
{
    struct statement_cut *cuts = calloc(CUTS_MAX, sizeof *cuts);
    struct certified_node copy = *node;
    size_t count = 0, done = 0;
    int code = cuts ? cuts_get(tool, &copy.keys.sign, cuts, &count) : 1;
    while (!code && (done < count || chain->count == 0)) {
        size_t some = count - done < STATEMENT_CUTS_MAX ? count - done : STATEMENT_CUTS_MAX;
        code = chain_add(tool, chain, statement_revoke(chain_room(chain), &chain->identity, &chain->root, &copy.keys.sign,
                                                       cuts + done, some, wall_ms()), _("the revocation"));
        done += some;
    }
    if (!code)
        code = chain_send(tool, chain);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:I}", "muster", 1, "node", copy.name, "logs", (json_int_t)count)))
        screen_line(tool, "%s is revoked; %zu of its logs count as far as this node holds them", copy.name, count);
    free(cuts);
    return code;
}

static int key_revoke_run(struct tool *tool, const struct arguments *args)
{
    int code;
    struct chain *chain = chain_new(tool, args, false, &code);
    const struct certified_node *node = code ? NULL : node_named(tool, chain, args->words[0], &code);
    const json_t *found = node ? chain_find(tool, chain, "nodes", args->words[0], &code) : NULL;
    if (node && node->revoked) {
        struct fault fault;
        fault_set(&fault, MUSTER_EDUPLICATE, "%s is revoked already", node->name);
        code = tool_fail(tool, &fault);
    } else if (node && value_true_at(found, "this")) {
        code = tool_usage(tool, "give the command at another node of the agency", "%s is this node itself", node->name);
    } else if (node && ask_name(tool, &code, node->name,
                                _("The node is put out for good: nobody lets it in, what it writes from now on counts nowhere."))) {
        code = chain_unlock(tool, args, chain);
        if (!code)
            code = revoke_one(tool, chain, node);
    }
    chain_end(chain);
    return code;
}

static const struct option_row revoke_options[] = {
    ROOT_OPTIONS,
    {NULL, 0, NULL, NULL},
};

const struct command command_key_revoke = {
    .name = "key revoke",
    .args = "NODE",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .options = revoke_options,
    .run = key_revoke_run,
    .help = "put a node of this agency out for good: stolen, lost, worn out",
    .detail = "What this node holds of its logs goes on to count; later records are set aside by everybody, until the "
              "admins of a space adopt them (muster space cut). A new epoch of keys is opened where it could read.",
    .example = "muster key revoke depot --root /media/safe/agency.key --yes=depot",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster node logs",
    .rows = "node logs",
};
