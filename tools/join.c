/* muster join: takes an invite; from a folder, a stick say, also the bundles that lie beside it. */
#include "tools/arguments.h"
#include "tools/bundle.h"
#include "tools/exchange.h"
#include "tools/line.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static int is_invite(const struct dirent *entry)
{
    static const char suffix[] = ".muster-invite";
    size_t len = strlen(entry->d_name), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(entry->d_name + len - suffix_len, suffix) == 0;
}

/* The invite of a folder that is for this node; those for others are passed over.  0 and the answer to it. */
static int folder_join(struct tool *tool, const char *path, json_t **answer)
{
    struct dirent **entries;
    struct fault fault;
    int count = scandir(path, &entries, is_invite, alphasort), code = -1;
    fault_set(&fault, MUSTER_ENOTFOUND, "there is no invite for this node in %s", path);
    fault_step(&fault, "ask the sender for one: muster invite CARD");
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX], *invite;
        struct url url;
        bool fits = (size_t)snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name) < sizeof file;
        free(entries[i]);
        if (!fits || code >= 0 || exchange_load(tool, file, &invite) != 0)
            continue;
        json_t *body = json_pack("{s:s}", "invite", invite);
        free(invite);
        url_start(&url, "/v1/join");
        enum muster_error error = client_call(&tool->client, "POST", &url, body, answer, &fault);
        json_decref(body);
        if (error != MUSTER_EWRONGPEER)
            code = error ? tool_fail(tool, &fault) : 0;
    }
    if (count >= 0)
        free(entries);
    return code < 0 ? tool_fail(tool, &fault) : code;
}

static void step_print(struct tool *tool, const json_t *step)
{
    screen_line(tool, "not connected yet, the way ends at \"%s\": %s",
                value_text_at(step, "step"), value_text_at(step, "message"));
    screen_line(tool, "  do: %s", value_text_at(step, "do"));
}

/* On a screen, after joining: whether the inviter is reached, and if not, where the way ends and what to do.  Waits a little for
 * the first call; the node goes on calling by itself. */
static void way_explain(struct tool *tool, const char *agency_id)
{
    static const char *const of_the_way[] = {"name", "tcp", "curve"};
    enum { LOOKS = 25, LOOK_MS = 200 };
    for (int look = 1; look <= LOOKS; look++) {
        struct url url;
        struct fault fault;
        json_t *answer = NULL, *body = json_pack("{s:s}", "agency", agency_id);
        const json_t *failed = NULL;
        url_start(&url, "/v1/peers/test");
        enum muster_error error = client_call(&tool->client, "POST", &url, body, &answer, &fault);
        json_decref(body);
        if (error)
            return;
        const json_t *steps = json_object_get(answer, "steps");
        bool reached = false;
        for (size_t i = 0; i < json_array_size(steps) && !failed; i++)
            for (size_t w = 0; w < sizeof of_the_way / sizeof of_the_way[0]; w++) {
                const json_t *step = json_array_get(steps, i);
                if (strcmp(value_text_at(step, "step"), of_the_way[w]) == 0 && !value_true_at(step, "ok"))
                    failed = step;
                reached |= w == 2 && strcmp(value_text_at(step, "step"), "curve") == 0 && value_true_at(step, "ok");
            }
        bool unknown = failed && strcmp(value_text_at(failed, "message"), "there was no answer yet") == 0;
        if (reached || look == LOOKS || (failed && !unknown)) {
            if (reached)
                screen_line(tool, "%s", _("connected with them"));
            else if (failed)
                step_print(tool, failed);
            look = LOOKS;
        } else {
            (void)poll(NULL, 0, LOOK_MS);
        }
        json_decref(answer);
    }
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
    } else if (!tool_print_json(tool, answer)) {
        screen_line(tool, "%s", value_text_at(answer, "space.id"));
    }
    json_decref(answer);
    if (!folder || tool->set.output != OUTPUT_TABLE)
        return 0;
    code = bundle_take(tool, args->words, 1, NULL, false);
    return code == EXIT_NOT_FOUND ? 0 : code; /* an invite alone is enough */
}

static const struct option_row join_options[] = {
    {"wait",  0, NULL, "with a line: until the other side has accepted"},
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
              "it, and leaves the reply there, as muster bundle import does; with -o json it takes the invite only. With a line "
              "(MUSTER1:…) it knocks and waits for the other side to accept; the node goes on by itself.",
    .example = "muster join redcross.muster-invite\nmuster join /media/stick\nmuster join --state",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster space agency pair",
};
