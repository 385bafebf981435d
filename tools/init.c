/* muster init: gives this node its agency. */
#include "tools/init_parts.h"
#include "tools/screen.h"
#include "tools/tool.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

enum { ADVERTISE_MAX = 8 };

static void member_set(json_t *body, const char *member, const char *text)
{
    if (text)
        json_object_set_new(body, member, json_string(text));
}

static json_t *init_body(const struct arguments *args)
{
    json_t *body = json_object(), *advertise = json_array();
    const char *endpoint;
    for (size_t i = 0; i < ADVERTISE_MAX && (endpoint = option_nth(args, "advertise", i)); i++)
        json_array_append_new(advertise, json_string(endpoint));
    member_set(body, "agency", args->count ? args->words[0] : NULL);
    member_set(body, "country", option_get(args, "country"));
    member_set(body, "node", option_get(args, "node"));
    member_set(body, "listen", option_get(args, "listen"));
    member_set(body, "contact", option_get(args, "contact"));
    if (json_array_size(advertise))
        json_object_set(body, "advertise", advertise);
    json_decref(advertise);
    return body;
}

/* The space that was asked for with it.  The node is there by now: who has to repeat this uses space create. */
static int first_space(struct tool *tool, const char *name, json_t *answer)
{
    struct url url;
    json_t *made = NULL, *body = json_pack("{s:s}", "name", name);
    url_start(&url, "/v1/spaces");
    int code = tool_call(tool, "POST", &url, body, &made);
    json_decref(body);
    if (code) {
        tool_say(tool, "the node was initialised; the space was not made: muster space create NAME");
        return code;
    }
    json_object_set(answer, "space", json_object_get(made, "space"));
    json_decref(made);
    return 0;
}

static int init_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer = NULL, *body;
    if (option_nth(args, "advertise", ADVERTISE_MAX))
        return tool_usage(tool, "give at most 8 --advertise", "a card has room for %d endpoints",
                          ADVERTISE_MAX);
    int wrong = init_check(tool, args);
    if (wrong)
        return wrong;
    if (!args->count && !option_get(args, "certificate") && !option_get(args, "root"))
        return init_request(tool, args);
    body = init_body(args);
    if (tool->set.dry_run) {
        if (!tool_print_data(tool, body))
            screen_line(tool, "would make this node one of the agency \"%s\"; nothing was written",
                        args->count ? args->words[0] : _("of the card"));
        json_decref(body);
        return 0;
    }
    int code = init_prepare(tool, args, body);
    url_start(&url, "/v1/init");
    if (!code)
        code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (!code && option_get(args, "first-space"))
        code = first_space(tool, option_get(args, "first-space"), answer);
    if (code) {
        json_decref(answer);
        return code;
    }
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        screen_field(tool, _("agency"), 8, value_text_at(answer, "agency.name"));
        screen_field(tool, _("id"), 8, value_text_at(answer, "agency.id"));
        screen_field(tool, _("node"), 8, value_text_at(answer, "node.id"));
        screen_field(tool, _("space"), 8, value_text_at(answer, "space.name"));
        if (args->count && !option_get(args, "root"))
            tool_hint(tool, "the agency's root key lies on this node: muster key export-root FILE moves it to a safe place");
        tool_hint(tool, "%s", json_object_get(answer, "space")
                                  ? "next: muster invite --once --right write, and read the line to a partner"
                                  : _("next: muster space create NAME, or muster card -O FILE and send the file to a partner"));
    } else {
        (void)tool_print_data(tool, answer);
    }
    json_decref(answer);
    return 0;
}

static const struct option_row init_options[] = {
    {"country",   0, "CC",       "the agency's country, two letters"                },
    {"node",      0, "NAME",     "the node's name; the host's unless said"          },
    {"listen",    0, "ENDPOINT", "where partners connect, tcp://0.0.0.0:7117"       },
    {"advertise", 0, "ENDPOINT", "an address for the card, tcp://HOST:PORT; up to 8"},
    {"contact",   0, "TEXT",     "whom to call, on the card"                        },
    {"first-space", 0, "NAME",   "make this space too, as muster space create does"   },
    {"root",      0, "FILE",     "keep the root key in this file; without NAME: it is there"},
    {"next",      0, "FILE",     "where the key after it goes; FILE.next unless said"  },
    {"passphrase-file", 0, "FILE", "its passphrase is the first line of this file"     },
    {"certificate", 0, "CARD",   "the card by which another node has certified this"   },
    {"output-file", 'O', "FILE", "without NAME: where the request to be certified goes"},
    {NULL,        0, NULL,       NULL                                               },
};

const struct command command_init = {
    .name = "init",
    .args = "[NAME]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 1,
    .options = init_options,
    .run = init_run,
    .help = "give this node its agency; once, before anything else",
    .detail = "With --root the agency's root key goes into a file sealed by a passphrase and never lies on the node.\n"
              "A second node of an agency makes its request without NAME: muster init --node depot -O depot.request; "
              "the first certifies it (muster key certify), and the card goes in with --certificate.\n"
              "Where the keys of an agency's only node are lost, its root key makes new ones count, over the data that are there: "
              "muster init --node NAME --root FILE.",
    .example = "muster init \"Yibin Emergency Bureau\" --country CN --advertise tcp://yibin.example:7117",
    .exits =
        EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster agency node",
    .rows = "agency.id agency.name node.id space.id space.name",
};
