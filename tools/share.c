/* muster share, muster agreement consent: an object goes on into another space, if its terms allow it. */
#include "tools/arguments.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <stdlib.h>

#define SHARE_EXITS                                                                                                    \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) |           \
     EXIT_BIT(EXIT_STORAGE))

/* Posts {member: value of --to} to what the object has under that name; the answer is the caller's. */
static int post(struct tool *tool, const struct arguments *args, const char *what, const char *member, json_t **answer)
{
    struct url url;
    const char *to = option_get(args, "to");
    if (!to)
        return tool_usage(tool, "add --to NAME", "to where? --to is missing");
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, what);
    url_query(&url, "space", tool->set.space);
    json_t *body = json_pack("{s:s}", member, to);
    int code = tool_call(tool, "POST", &url, body, answer);
    json_decref(body);
    return code;
}

static int share_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer = NULL;
    int code = post(tool, args, "share", "to", &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        char *left = value_raw(json_object_get(answer, "left_out"));
        screen_head(tool, NULL);
        screen_line(tool, "%s %s %s: %s (%s)", args->words[0], _("is now in"), value_text_at(answer, "to"),
                    value_text_at(answer, "short"), value_text_at(answer, "because"));
        if (left[0])
            screen_line(tool, "%s: %s", _("stayed behind"), left);
        free(left);
    } else {
        (void)tool_print_data(tool, answer);
    }
    json_decref(answer);
    return 0;
}

static const struct option_row share_options[] = {
    {"to", 0, "SPACE", "the space into which it goes"},
    {NULL, 0, NULL,    NULL                          },
};

const struct command command_share = {
    .name = "share",
    .args = "ID",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = share_options,
    .run = share_run,
    .help = "copy an object's present content into another space",
    .detail = "Allowed by the terms under which it stands in its own space, by its TLP class, and by the agreements of the other "
              "space; a refusal names which. The copy is an object of this agency that cites the one it is of; sharing it again "
              "brings the copy up to date. Its files go with it, as far as they are here; links and evidence stay behind.",
    .example = "muster share inc-7k2q9 --to regional --dry-run",
    .exits = SHARE_EXITS,
    .keys = "muster object record short from to because",
    .rows = "object record short from to because",
};

static int consent_run(struct tool *tool, const struct arguments *args)
{
    json_t *answer = NULL;
    int code = post(tool, args, "consent", "agency", &answer);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        screen_line(tool, "%s may share %s onward, as it is now",
                    value_text_at(answer, "agency.name"), args->words[0]);
    } else {
        (void)tool_print_data(tool, answer);
    }
    json_decref(answer);
    return 0;
}

static const struct option_row consent_options[] = {
    {"to", 0, "AGENCY", "who may share it"},
    {NULL, 0, NULL,     NULL              },
};

const struct command command_agreement_consent = {
    .name = "agreement consent",
    .args = "ID",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = consent_options,
    .run = consent_run,
    .help = "let an agency share an object of yours onward, as it is now",
    .detail = "For agreements that say onward=with-consent. It holds for the present content only: after a change it is asked for "
              "again.",
    .example = "muster agreement consent inc-7k2q9 --to \"Red Cross\"",
    .exits = SHARE_EXITS,
    .keys = "muster object record agency head",
    .rows = "record object agency.id agency.name head",
};
