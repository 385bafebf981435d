/* muster join: takes an invite; from a folder, a stick say, also the bundles that lie beside it. */
#include "tools/arguments.h"
#include "tools/bundle.h"
#include "tools/exchange.h"
#include "tools/line.h"
#include "tools/screen.h"
#include "tools/stick.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/way.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* The invite of a folder that is for this node; those for others are passed over.  0 and the answer to it. */
static int folder_join(struct tool *tool, const char *path, json_t **answer)
{
    struct fault fault;
    char **names;
    size_t count, left_out;
    if (stick_names(path, ".muster-invite", &names, &count, &left_out, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    bool joined = false, broken = false;
    for (size_t i = 0; i < count && !joined; i++) {
        char file[PATH_MAX], *invite = NULL;
        uint64_t len;
        struct url url;
        struct fault found;
        if ((size_t)snprintf(file, sizeof file, "%s/%s", path, names[i]) >= sizeof file ||
            stick_load(file, 0, &invite, &len) != STICK_WHOLE || len > EXCHANGE_BYTES_MAX) {
            free(invite);
            continue;
        }
        json_t *body = json_pack("{s:o?}", "invite", json_string(invite));
        free(invite);
        url_start(&url, "/v1/join");
        enum muster_error error = client_call(&tool->client, "POST", &url, body, answer, &found);
        json_decref(body);
        joined = !error;
        if (error && error != MUSTER_EWRONGPEER && !broken) {
            broken = true; /* it may be the one for this node: this is what is said, unless another one fits */
            fault = found;
        }
    }
    if (!joined && !broken) {
        fault_set(&fault, MUSTER_ENOTFOUND, "there is no invite for this node in %s", path);
        fault_why(&fault, count ? "the invites there are for other nodes, or are no files that can be read" : "there is no *.muster-invite in it");
        fault_step(&fault, "ask the sender for one: muster invite CARD");
    }
    stick_names_free(names, count);
    return joined ? 0 : tool_fail(tool, &fault);
}

/* On a screen, after joining: whether the inviter is reached and all is well behind that; if not, the first thing that is in
 * the way and what to do.  Waits a little for the first call; the node goes on calling by itself. */
static void way_explain(struct tool *tool, const char *agency_id)
{
    enum { PATIENCE_MS = 5000 };
    struct fault fault;
    json_t *answer = NULL;
    if (way_test(tool, agency_id, PATIENCE_MS, &answer, &fault) != MUSTER_OK)
        return;
    const json_t *failed = way_failed(answer);
    if (way_passed(answer, "curve"))
        screen_line(tool, "%s", _("connected with them"));
    if (failed) {
        if (way_passed(answer, "curve"))
            screen_line(tool, "but %s: %s", value_text_at(failed, "step"), value_text_at(failed, "message"));
        else
            screen_line(tool, "not connected yet, the way ends at \"%s\": %s", value_text_at(failed, "step"), value_text_at(failed, "message"));
        screen_line(tool, "  do: %s", value_text_at(failed, "do"));
    }
    json_decref(answer);
}

/* What lies beside the invite; an invite alone is enough. */
static int folder_take_bundles(struct tool *tool, const struct arguments *args, json_t *answer)
{
    json_t *taken = NULL;
    bool screen = tool->set.output == OUTPUT_TABLE;
    int code = bundle_take(tool, args->words, 1, NULL, false, screen ? NULL : &taken);
    if (!screen)
        json_object_set_new(answer, "bundles", taken ? taken : json_null());
    return code == EXIT_NOT_FOUND ? 0 : code;
}

static int join_run(struct tool *tool, const struct arguments *args)
{
    struct url url;
    char *invite = NULL;
    json_t *answer = NULL;
    bool about_line = option_get(args, "state") || option_get(args, "end");
    if (about_line == (args->count > 0))
        return tool_usage(tool, "muster join INVITEFILE, muster join MUSTER1:…, or muster join --state",
                          about_line ? "--state and --end take no invite" : "what do you join with?");
    if (about_line || line_is(args->words[0]))
        return line_join(tool, args, about_line ? NULL : args->words[0]);
    bool folder = is_folder(args->words[0]);
    int code = folder ? 0 : exchange_load(tool, args->words[0], &invite);
    if (code)
        return code;
    json_t *body = json_pack("{s:s?}", "invite", invite);
    free(invite);
    if (tool->set.dry_run) {
        json_decref(body);
        if (!tool_print_rehearsal(tool))
            screen_line(tool, "would join with the invite in %s; nothing was sent (--dry-run)", args->words[0]);
        return 0;
    }
    url_start(&url, "/v1/join");
    code = folder ? folder_join(tool, args->words[0], &answer) : tool_call(tool, "POST", &url, body, &answer);
    json_decref(body);
    if (code)
        return code;
    if (tool->set.output == OUTPUT_TABLE) {
        screen_head(tool, NULL);
        screen_line(tool, "joined the space %s of %s",
                    value_text_at(answer, "space.name"), value_text_at(answer, "agency.name"));
        pair_print(tool, json_object_get(answer, "pair"), value_text_at(answer, "agency.name"), false);
        if (!folder)
            way_explain(tool, value_text_at(answer, "agency.id"));
        tool_hint(tool, "next: muster status");
    }
    if (folder)
        code = folder_take_bundles(tool, args, answer);
    if (tool->set.output != OUTPUT_TABLE && !tool_print_data(tool, answer))
        screen_line(tool, "%s", value_text_at(answer, "space.id"));
    json_decref(answer);
    return code;
}

static const struct option_row join_options[] = {
    {"wait",  0, NULL, "with a line: until they have accepted, or --timeout is over"},
    {"state", 0, NULL, "how far joining by a line has come"            },
    {"end",   0, NULL, "give up joining by a line"                     },
    {NULL,    0, NULL, NULL                                           },
};

const struct command command_join = {
    .name = "join",
    .args = "INVITEFILE|FOLDER|LINE",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 1,
    .options = join_options,
    .run = join_run,
    .help = "join a space with an invite made for this node, or with a line",
    .detail = "From a folder, a stick say, it takes the invite that is for this node and then the bundles that lie beside "
              "it, and leaves the reply there, as muster bundle import does; repeat it when something was missing. With a line "
              "(MUSTER1:…) it knocks and waits for the other side to accept; the node goes on by itself.",
    .example = "muster join redcross.muster-invite\nmuster join /media/stick\nmuster join --state",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster space agency pair bundles?",
    .rows = "space.id space.name agency.id agency.name pair.digits pair.words",
};
