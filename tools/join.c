/* muster join: takes an invite. */
#include "tools/exchange.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

static int join_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    char *invite;
    json_t *answer;
    int code = exchange_load(tool, args->words[0], &invite);
    if (code)
        return code;
    json_t *body = json_pack("{s:s}", "invite", invite);
    free(invite);
    if (tool->set.dry_run) {
        json_decref(body);
        screen_line(tool, "would join with the invite in %s; nothing was sent (--dry-run)", args->words[0]);
        return 0;
    }
    url_start(&url, "/v1/join");
    code = tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        screen_line(tool, screen_word(tool, "joined the space %s of %s", "已加入空间 %s(%s)"),
                    value_text_at(answer, "space.name"), value_text_at(answer, "agency.name"));
        pair_print(tool, json_object_get(answer, "pair"), value_text_at(answer, "agency.name"), false);
        tool_hint(tool, "next: muster status");
    } else if (!tool_print_json(tool, answer)) {
        screen_line(tool, "%s", value_text_at(answer, "space.id"));
    }
    json_decref(answer);
    return 0;
}

const struct command command_join = {
    .name = "join",
    .args = "INVITEFILE",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = join_run,
    .help = "join a space with an invite made for this node",
    .example = "muster join redcross.muster-invite",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster space agency pair",
};
