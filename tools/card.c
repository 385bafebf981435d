/* muster card: this agency's card; muster card show: what a card says. */
#include "tools/exchange.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <string.h>

static int card_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer;
    char place[PATH_MAX];
    int code = tool_get(tool, "/v1/card", &answer);
    if (code)
        return code;
    const char *path = exchange_path(place, option_get(args, "output-file"), value_text_at(answer, "agency.name"),
                                     value_text_at(answer, "agency.id"), ".muster-card");
    const char *card = value_text_at(answer, "card");
    if (path)
        code = exchange_save(tool, path, card, false);
    if (!code && !tool_print_data(tool, answer) && !path)
        code = exchange_save(tool, NULL, card, false);
    if (!code && path && tool->set.output == OUTPUT_TABLE) {
        tool_say(tool, "%s: the card of %s", path, value_text_at(answer, "agency.name"));
        tool_say(tool, "Send it to your partner: it is not secret.");
    }
    json_decref(answer);
    return code;
}

static const struct option_row card_options[] = {
    {"output-file", 'O', "FILE", "write it to this file or folder instead of stdout"},
    {NULL,          0,   NULL,   NULL                                     },
};

const struct command command_card = {
    .name = "card",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .options = card_options,
    .run = card_run,
    .help = "this agency's card: who we are, where we are reached",
    .example = "muster card -O yibin.muster-card",
    .exits = EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster card agency",
    .rows = "agency.id agency.name card",
};

static const char *known_word(struct tool *tool, const char *known)
{
    static const struct {
        const char *known, *en;
    } rows[] = {
        {"no",      N_("no; nothing was stored")      },
        {"same",    N_("yes, this very card")   },
        {"newer",   N_("yes; this card is newer")},
        {"older",   N_("yes; the one known here is newer")},
        {"forked",  N_("YES, BUT ITS KEYS CONTRADICT: call them before you do anything")},
        {"changed", N_("YES, BUT WITH ANOTHER KEY: call them before you do anything")                                                       }
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].known, known) == 0)
            return _(rows[i].en);
    return known;
}

static void card_print(struct tool *tool, const json_t *answer)
{
    static const struct {
        const char *path, *en;
    } rows[] = {
        {"agency.name",    N_("agency")   },
        {"agency.country", N_("country")   },
        {"agency.id",      N_("id")   },
        {"nodes",          N_("nodes")   },
        {"endpoints",      N_("endpoints")   },
        {"contact",        N_("contact")}
    };
    screen_head(tool, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = value_raw(value_at(answer, rows[i].path));
        screen_field(tool, _(rows[i].en), 9, text);
        free(text);
    }
    screen_field(tool, _("known"), 9,
                 known_word(tool, value_text_at(answer, "known")));
}

static int card_show_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    char *card;
    json_t *answer;
    int code = exchange_load(tool, args->words[0], &card);
    if (code)
        return code;
    json_t *body = json_pack("{s:s}", "card", card);
    free(card);
    url_start(&url, "/v1/card/read");
    code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE)
        card_print(tool, answer);
    else
        (void)tool_print_data(tool, answer);
    json_decref(answer);
    return 0;
}

const struct command command_card_show = {
    .name = "card show",
    .args = "FILE",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 1,
    .run = card_show_run,
    .help = "check a card and show what it says; stores nothing",
    .example = "muster card show redcross.muster-card",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_PROOF),
    .keys = "muster agency nodes endpoints known",
    .rows = "agency.id agency.name agency.country nodes endpoints contact known",
};
