#include "tools/init_parts.h"

#include "tools/exchange.h"
#include "tools/proof_say.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"

#include <string.h>

enum { NODE_DAYS = 5 * 365 };

int init_check(struct tool *tool, const struct arguments *args)
{
    bool certificate = option_get(args, "certificate"), root = option_get(args, "root");
    if (args->count && certificate)
        return tool_usage(tool, "leave out NAME", "the card of --certificate says which agency it is");
    if (!args->count && root && !option_get(args, "node"))
        return tool_usage(tool, "muster init NAME --root FILE; muster init --node NAME --root FILE certifies a node whose keys are lost",
                          "a root key is made with its agency, and NAME is missing");
    if (!args->count && !certificate && !option_get(args, "node"))
        return tool_usage(tool, "muster init NAME, or for a second node of an agency: muster init --node NAME -O REQUEST",
                          "neither the agency's NAME nor --node NAME was given");
    return 0;
}

static int enrol(struct tool *tool, const char *node, json_t **answer)
{
    struct url url;
    json_t *body = json_object();
    if (node)
        json_object_set_new(body, "node", json_string(node));
    url_start(&url, "/v1/init/request");
    int code = tool_call(tool, "POST", &url, body, answer);
    json_decref(body);
    return code;
}

int init_request(struct tool *tool, const struct arguments *args)
{
    const char *path = option_get(args, "output-file");
    json_t *answer;
    int code = enrol(tool, option_get(args, "node"), &answer);
    if (code)
        return code;
    if (path)
        code = exchange_save(tool, path, value_text_at(answer, "request"), false);
    if (!code && !tool_print_data(tool, answer) && !path)
        code = exchange_save(tool, NULL, value_text_at(answer, "request"), false);
    if (!code && path && tool->set.output == OUTPUT_TABLE) {
        screen_line(tool, "%s: the request of %s; its id is %.16s", path, value_text_at(answer, "node.name"),
                    value_text_at(answer, "node.id"));
        tool_hint(tool, "on another node of the agency: muster key certify %s -O CARD", path);
    }
    json_decref(answer);
    return code;
}

static bool take_keys(const json_t *answer, struct node_keys *keys)
{
    return hex_to(keys->sign.b, 32, value_text_at(answer, "node.id")) && hex_to(keys->box.b, 32, value_text_at(answer, "node.box")) &&
           hex_to(keys->curve.b, 32, value_text_at(answer, "node.curve"));
}

struct roots {
    struct sign_public root, next;
    struct sign_secret root_secret, next_secret;
};

static int roots_make(struct tool *tool, const struct arguments *args, struct roots *roots)
{
    const char *path = option_get(args, "root"), *given = option_get(args, "next");
    char passphrase[PASSPHRASE_BYTES] = "", next[KEYPATH_BYTES];
    snprintf(next, sizeof next, given ? "%s" : "%s.next", given ? given : path);
    int code = passphrase_get(tool, args, true, path, passphrase);
    sign_keys(&roots->root, &roots->root_secret);
    sign_keys(&roots->next, &roots->next_secret);
    if (!code)
        code = keyfile_seal(tool, path, "agency-root", &roots->root_secret, passphrase);
    if (!code)
        code = keyfile_seal(tool, next, "agency-next", &roots->next_secret, passphrase);
    crypto_wipe(passphrase, sizeof passphrase);
    return code;
}

/* The agency is made here: its root key is in files before the node hears of it. */
static int found_agency(struct tool *tool, const struct arguments *args, json_t *body)
{
    const char *country = option_get(args, "country");
    struct chain *chain = calloc(1, sizeof *chain);
    struct roots roots = {.root = {{0}}};
    struct node_keys keys;
    json_t *answer = NULL;
    int code = chain ? enrol(tool, option_get(args, "node"), &answer) : 1;
    if (!code && json_object_get(answer, "statements")) {
        struct fault fault;
        fault_set(&fault, MUSTER_EREADY, "the data here belong to an agency already, and wait for a new certificate of it");
        fault_step(&fault, "with the agency's root key: muster init --node NAME --root FILE");
        fault_step(&fault, "for a new agency move the data directory away first");
        code = tool_fail(tool, &fault);
    }
    if (!code && !take_keys(answer, &keys))
        code = 1;
    if (!code)
        code = roots_make(tool, args, &roots);
    struct hash after = next_root_of(&roots.next);
    if (!code)
        code = chain_add(tool, chain, statement_inception(chain_room(chain), &chain->identity, &roots.root, &roots.root_secret, &after,
                                                          args->words[0], country ? country : "", wall_ms()), _("this agency"));
    if (!code)
        code = chain_add(tool, chain, statement_node(chain_room(chain), &chain->identity, &roots.root_secret, &keys,
                                                     value_text_at(answer, "node.name"),
                                                     wall_ms() + (uint64_t)NODE_DAYS * 24 * 3600 * 1000, wall_ms()), _("this node"));
    if (!code) {
        json_t *statements = statements_body(chain);
        json_object_update(body, statements);
        json_decref(statements);
    }
    crypto_wipe(&roots, sizeof roots);
    json_decref(answer);
    if (chain)
        chain_clear(chain);
    free(chain);
    return code;
}

/* The agency's statements so far: those of the card, else those of the data of a node whose keys are lost. */
static int chain_so_far(struct tool *tool, const char *card_path, json_t *body, struct chain *chain)
{
    const json_t *list = json_object_get(chain->answer, "statements");
    struct card *card = calloc(1, sizeof *card);
    uint8_t bytes[STATEMENT_BYTES_MAX], *card_bytes = NULL;
    struct fault fault;
    char *text = NULL;
    int code = !card ? 1 : card_path ? exchange_load(tool, card_path, &text) : 0;
    enum muster_error error = !code && text ? proof_card_read(card, &card_bytes, text, strlen(text)) : MUSTER_OK;
    for (size_t i = 0; !code && !error && text && i < card->statement_count; i++)
        error = identity_take(&chain->identity, card->statements[i].at, card->statements[i].len);
    for (size_t i = 0; !code && !error && !text && i < json_array_size(list); i++) {
        const char *hex = json_string_value(json_array_get(list, i));
        size_t len = hex ? strlen(hex) / 2 : 0;
        error = len && len <= sizeof bytes && hex_to(bytes, len, hex) ? identity_take(&chain->identity, bytes, len) : MUSTER_EBADVALUE;
    }
    if (error) {
        fault_set(&fault, error == MUSTER_ENOTFOUND ? MUSTER_EUSAGE : error, "the agency's statements cannot be used: %s",
                  error == MUSTER_ENOTFOUND ? _("there is no MUSTER CARD in the text") : _(error_what(error)));
        code = tool_fail(tool, &fault);
    } else if (!code && !text && !json_array_size(list)) {
        fault_set(&fault, MUSTER_ENOTFOUND, "this node has no data of an agency that the root key could certify it for");
        fault_step(&fault, "with the agency's newest card in a file: muster init --node NAME --root FILE --certificate CARD");
        fault_step(&fault, "for a new agency: muster init NAME --root FILE");
        code = tool_fail(tool, &fault);
    }
    if (!code && text)
        json_object_set_new(body, "card", json_string(text));
    free(card_bytes);
    free(card);
    free(text);
    return code;
}

/* The agency's root key, here, certifies the node: what its only node needs whose keys are lost. */
static int certify_here(struct tool *tool, const struct arguments *args, json_t *body)
{
    struct chain *chain = calloc(1, sizeof *chain);
    struct node_keys keys;
    int code = chain ? enrol(tool, option_get(args, "node"), &chain->answer) : 1;
    if (!code && !take_keys(chain->answer, &keys))
        code = 1;
    if (!code)
        code = chain_so_far(tool, option_get(args, "certificate"), body, chain);
    if (!code)
        code = chain_unlock(tool, args, chain);
    if (!code)
        code = chain_add(tool, chain, statement_node(chain_room(chain), &chain->identity, &chain->root, &keys,
                                                     value_text_at(chain->answer, "node.name"),
                                                     wall_ms() + (uint64_t)NODE_DAYS * 24 * 3600 * 1000, wall_ms()), _("this node"));
    if (!code) {
        json_t *statements = statements_body(chain);
        json_object_update(body, statements);
        json_decref(statements);
    }
    if (chain)
        chain_clear(chain);
    free(chain);
    return code;
}

int init_prepare(struct tool *tool, const struct arguments *args, json_t *body)
{
    const char *certificate = option_get(args, "certificate");
    char *card;
    if (option_get(args, "root"))
        return args->count ? found_agency(tool, args, body) : certify_here(tool, args, body);
    if (!certificate)
        return 0;
    int code = exchange_load(tool, certificate, &card);
    if (code)
        return code;
    json_object_set_new(body, "card", json_string(card));
    free(card);
    return 0;
}
