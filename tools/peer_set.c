/* muster peer set: a partner's newest card, and what is said of it on this node alone. */
#include "tools/exchange.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

/* What can be set, and what its value is. */
static const struct {
    const char *name;
    bool file;
} settable[] = {{"card", true}, {"endpoint", false}, {"note", false}};

static int word_take(struct tool *tool, const char *word, json_t *body)
{
    const char *equals = strchr(word, '=');
    char *text = NULL;
    for (size_t i = 0; equals && i < ARRAY_LEN(settable); i++) {
        if (strlen(settable[i].name) != (size_t)(equals - word) || strncmp(word, settable[i].name, (size_t)(equals - word)) != 0)
            continue;
        if (json_object_get(body, settable[i].name))
            return tool_usage(tool, "name each field once", "%s is given twice", settable[i].name);
        int code = settable[i].file ? exchange_load(tool, equals + 1, &text) : 0;
        if (!code && json_object_set_new(body, settable[i].name, json_string(text ? text : equals + 1)) != 0)
            code = tool_usage(tool, "write it as UTF-8", "the value of %s is no text", settable[i].name);
        free(text);
        return code;
    }
    return tool_usage(tool, "card=FILE, endpoint=tcp://HOST:PORT, note=TEXT; an empty value takes it back", "\"%s\" cannot be set of a partner",
                      word);
}

static int peer_set_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    json_t *answer = NULL, *body = json_object();
    int code = 0;
    for (size_t i = 1; i < args->count && !code; i++)
        code = word_take(tool, args->words[i], body);
    url_start(&url, "/v1/peers");
    url_segment(&url, args->words[0]);
    url_segment(&url, "set");
    if (!code)
        code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (!code && !tool_print_data(tool, answer)) {
        const char *endpoint = value_text_at(answer, "endpoint"), *note = value_text_at(answer, "note");
        screen_line(tool, "%s: it is set", value_text_at(answer, "agency.name"));
        screen_field(tool, _("called at"), 9, endpoint[0] ? endpoint : _("the addresses of its card"));
        if (note[0])
            screen_field(tool, _("note"), 9, note);
    }
    json_decref(answer);
    return code;
}

const struct command command_peer_set = {
    .name = "peer set",
    .args = "AGENCY FIELD=VALUE…",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 2,
    .words_max = 4,
    .run = peer_set_run,
    .help = "a partner's newest card, an address of its own, a note",
    .detail = "card=FILE takes the newest card of an agency that is a partner already: new addresses, new nodes, a node certified "
              "anew. endpoint=tcp://HOST:PORT is called before the addresses of its card, and note=TEXT, a telephone number "
              "for example, is shown by peer show; both stay on this node. An empty value takes it back.",
    .example = "muster peer set \"Red Cross\" card=redcross.muster-card\n"
               "muster peer set \"Red Cross\" endpoint=tcp://10.8.0.7:7117 note=\"duty officer: +86 831 555 0117\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster agency endpoint note",
    .rows = "agency.id agency.name endpoint note",
};
