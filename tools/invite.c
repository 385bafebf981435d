/* muster invite: adds an agency to a space and makes the file with which it joins. */
#include "tools/exchange.h"
#include "tools/line.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"

#include <string.h>

static int right_check(struct tool *tool, const char *right)
{
    static const char *const rights[] = {"relay", "read", "write", "admin", NULL};
    struct fault fault;
    if (right && token_index(rights, right, strlen(right)) >= 0)
        return 0;
    if (right)
        fault_set(&fault, MUSTER_EUSAGE, "there is no right \"%s\"", right);
    else
        fault_set(&fault, MUSTER_EUSAGE, "which right shall the agency have?");
    fault_why(&fault, "relay carries without reading; read; write; admin also changes who is a member");
    fault_step(&fault, "add --right write");
    return tool_fail(tool, &fault);
}

static int invite_said(struct tool *tool, const struct arguments *args, json_t *answer)
{
    char place[PATH_MAX];
    const char *agency = value_text_at(answer, "agency.name");
    const char *path = exchange_path(place, option_get(args, "output-file"), agency, value_text_at(answer, "agency.id"), ".muster-invite");
    const char *invite = value_text_at(answer, "invite");
    int code = path ? exchange_save(tool, path, invite, true) : 0;
    if (code || tool_print_data(tool, answer))
        return code;
    if (!path)
        code = exchange_save(tool, NULL, invite, true);
    else if (tool->set.output == OUTPUT_TABLE)
        screen_head(tool, NULL);
    if (path)
        screen_line(tool, "%s: the invite for %s; only their node can open it",
                    path, agency);
    pair_print(tool, json_object_get(answer, "pair"), agency, !path);
    if (value_int_at(answer, "still") > 0)
        tool_say(tool, "%s is no member before %lld more of the admins approve: muster space log", agency,
                 value_int_at(answer, "still"));
    return code;
}

static int invite_run(struct tool *tool, const struct arguments *args)
{
    const char *right = option_get(args, "right"), *space;
    struct url url;
    char *card;
    json_t *answer;
    bool once = option_get(args, "once");
    if (once == (args->count > 0))
        return tool_usage(tool, "muster invite CARDFILE --right write, or muster invite --once --right write",
                          once ? "a line is for whoever gets it: no card goes with --once" : "whom do you invite?");
    int code = right_check(tool, right);
    if (!code)
        code = tool_space(tool, &space);
    if (!code && once)
        return line_invite(tool, args, space, right);
    if (!code)
        code = exchange_load(tool, args->words[0], &card);
    if (code)
        return code;
    json_t *body = json_pack("{s:s, s:s, s:s, s:b}", "card", card, "space", space, "right", right, "another_agency",
                             (int)(option_get(args, "another-agency") != NULL));
    free(card);
    url_start(&url, "/v1/invite");
    code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    code = invite_said(tool, args, answer);
    json_decref(answer);
    return code;
}

static const struct option_row invite_options[] = {
    {"right",       0,   "RIGHT", "relay, read, write or admin"                    },
    {"output-file", 'O', "FILE",  "write the invite to this file or folder instead of stdout"},
    {"once",        0,   NULL,    "make one line, or QR code, instead of a file"   },
    {"valid",       0,   "TIME",  "how long the line is good: 24h, 30m, 7d"        },
    {"svg",         0,   "FILE",  "draw the line as a QR code"                     },
    {"another-agency", 0, NULL,   "it is another agency of a name that is known"   },
    {NULL,          0,   NULL,    NULL                                             },
};

const struct command command_invite = {
    .name = "invite",
    .args = "CARDFILE|--once",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 1,
    .options = invite_options,
    .run = invite_run,
    .help = "add a partner to a space, and make its invite",
    .detail =
        "Shows the pair code for the telephone call. Until the call screens say \"not confirmed by voice\".",
    .example =
        "muster invite redcross.muster-card --space flood-2026 --right write -O redcross.muster-invite\n"
        "muster invite --space flood-2026 --right write --once --valid 24h",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster invite agency pair space",
    .rows = "agency.id agency.name space.id space.name right still pair.digits pair.words invite",
};
