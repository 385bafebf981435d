/* muster key operator: people who act for the agency on its nodes. */
#include "tools/ask.h"
#include "tools/rootkey.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

enum { OPERATOR_DAYS = 2 * 365 };

static int roles_get(struct tool *tool, const struct arguments *args, uint64_t *roles)
{
    static const struct {
        const char *name;
        uint64_t role;
    } rows[] = {
        {"viewer",   ROLE_VIEWER  }, {"coordinator", ROLE_COORDINATOR},
        {"approver", ROLE_APPROVER}, {"admin",       ROLE_ADMIN      },
    };
    const char *name;
    *roles = 0;
    for (size_t i = 0; (name = option_nth(args, "role", i)); i++) {
        uint64_t role = 0;
        for (size_t r = 0; r < ARRAY_LEN(rows); r++)
            if (strcmp(rows[r].name, name) == 0)
                role = rows[r].role;
        if (!role)
            return tool_usage(tool, "roles are viewer, coordinator, approver, admin", "\"%s\" is no role", name);
        *roles |= role;
    }
    return *roles ? 0 : tool_usage(tool, "repeat with --role viewer, coordinator, approver or admin", "--role is missing");
}

static int user_set(struct tool *tool, const char *id, const char *user)
{
    struct url url;
    json_t *answer = NULL, *body = json_pack("{s:s}", "user", user);
    url_start(&url, "/v1/operators");
    url_segment(&url, id);
    url_segment(&url, "user");
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    json_decref(answer);
    return code;
}

static int key_make(struct tool *tool, struct sign_public *key)
{
    struct url url;
    json_t *answer = NULL, *body = json_object();
    url_start(&url, "/v1/operators");
    int code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (!code && !hex_to(key->b, sizeof key->b, value_text_at(answer, "id")))
        code = 1;
    json_decref(answer);
    return code;
}

static int operator_add(struct tool *tool, const struct arguments *args, struct chain *chain)
{
    const char *name = args->words[1], *user = option_get(args, "user");
    struct sign_public key;
    uint64_t roles = 0, expires = 0;
    char id[65];
    int code = roles_get(tool, args, &roles);
    if (!code)
        code = until_get(tool, args, OPERATOR_DAYS, &expires);
    if (!code)
        code = chain_unlock(tool, args, chain);
    if (!code)
        code = key_make(tool, &key);
    if (!code)
        code = chain_add(tool, chain, statement_operator(chain_room(chain), &chain->identity, &chain->root, &key, name, roles,
                                                         expires, wall_ms()), _("this operator"));
    if (!code)
        code = chain_send(tool, chain);
    if (!code && user)
        code = user_set(tool, hex_from(id, key.b, sizeof key.b), user);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:s}", "muster", 1, "operator", name, "id",
                                                hex_from(id, key.b, sizeof key.b)))) {
        screen_line(tool, "%s is an operator of this agency", name);
        if (!user)
            tool_hint(tool, "say whose key it is: muster key operator user \"%s\" --user USER", name);
    }
    return code;
}

static int operator_revoke(struct tool *tool, const struct arguments *args, struct chain *chain)
{
    struct sign_public key;
    int code = 0;
    const json_t *found = chain_find(tool, chain, "operators", args->words[1], &code);
    if (!found || !hex_to(key.b, sizeof key.b, value_text_at(found, "id")) ||
        !ask_name(tool, &code, value_text_at(found, "name"), _("The operator's key is put out for good.")))
        return code;
    code = chain_unlock(tool, args, chain);
    if (!code)
        code = chain_add(tool, chain, statement_revoke_operator(chain_room(chain), &chain->identity, &chain->root, &key, wall_ms()),
                         _("the revocation"));
    if (!code)
        code = chain_send(tool, chain);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s}", "muster", 1, "operator", args->words[1])))
        screen_line(tool, "%s is revoked; records that it signed before are shown as such", args->words[1]);
    return code;
}

static int operator_user(struct tool *tool, const struct arguments *args, struct chain *chain)
{
    const char *user = option_get(args, "user");
    int code = 0;
    if (!user)
        return tool_usage(tool, "repeat with --user USER", "--user is missing: a user of this machine, by name or number");
    const json_t *found = strcmp(args->words[1], "none") == 0 ? NULL : chain_find(tool, chain, "operators", args->words[1], &code);
    if (!code)
        code = user_set(tool, found ? value_text_at(found, "id") : "none", user);
    if (!code && !print_data_of(tool, json_pack("{s:i, s:s, s:s}", "muster", 1, "user", user, "operator", args->words[1])))
        screen_line(tool, found ? "%s acts as %s from now on" : "%s acts as no operator from now on (%s)", user, args->words[1]);
    return code;
}

static int key_operator_run(struct tool *tool, const struct arguments *args)
{
    static const struct {
        const char *word;
        int (*run)(struct tool *tool, const struct arguments *args, struct chain *chain);
    } rows[] = {
        {"add", operator_add}, {"revoke", operator_revoke}, {"user", operator_user},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].word, args->words[0]) != 0)
            continue;
        struct chain *chain = calloc(1, sizeof *chain);
        int code = chain ? chain_load(tool, chain) : 1;
        if (!code)
            code = rows[i].run(tool, args, chain);
        if (chain)
            chain_clear(chain);
        free(chain);
        return code;
    }
    return tool_usage(tool, "muster key operator add NAME, revoke NAME, or user NAME", "\"%s\" is nothing that is done with an operator",
                      args->words[0]);
}

static const struct option_row operator_options[] = {
    ROOT_OPTIONS,
    {"role",  0, "ROLE", "viewer, coordinator, approver, admin; can be many"},
    {"user",  0, "USER", "the user of this machine, by name or number"},
    {"until", 0, "TIME", "when it ends, or never; 2 years unless said"},
    {NULL,    0, NULL,   NULL},
};

const struct command command_key_operator = {
    .name = "key operator",
    .args = "add|revoke|user NAME",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE,
    .words_min = 2,
    .words_max = 2,
    .options = operator_options,
    .run = key_operator_run,
    .help = "people who act for the agency: roles, users of this machine",
    .detail = "NAME is a function, not a person: \"duty officer\". viewer reads; coordinator writes records; approver "
              "approves what others wrote; admin governs spaces, partners and keys. The key lies on this node and signs "
              "inside every record that its user writes. `user none` takes a user's operator away. `muster key list` "
              "shows them.",
    .example = "muster key operator add \"duty officer\" --role coordinator --user anna\n"
               "muster key operator revoke \"duty officer\" --root /media/safe/agency.key",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster operator? id? user?",
    .rows = "id operator user",
};
