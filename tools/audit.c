/* muster audit: decisions about people and rights, and refused attempts; verified, exported. */
#include "protocol/kinds/time3339.h"
#include "tools/audit_file.h"
#include "tools/arguments.h"
#include "tools/files.h"
#include "tools/moment.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct column audit_columns[] = {
    {"time",        N_("TIME"),     COLUMN_TIME,                NULL},
    {"event",       N_("WHAT"),     0,                          NULL},
    {"agency.name", N_("ABOUT"),     COLUMN_CUT | COLUMN_SPARE,  NULL},
    {"detail",      N_("DETAIL"),     COLUMN_CUT | COLUMN_TITLE,  NULL},
    {"times",       N_("TIMES"),     COLUMN_RIGHT | COLUMN_LOOSE, NULL},
    {"by",          N_("BY"),   COLUMN_FILE,                NULL},
    {"refused",     N_("REFUSED"),   COLUMN_FILE,                NULL},
    {"number",      N_("NUMBER"),     COLUMN_FILE | COLUMN_RIGHT, NULL},
    {"agency.id",   N_("ID"), COLUMN_FILE,                NULL},
    {"key",         N_("KEY"),     COLUMN_FILE,                NULL},
    {"signed",      N_("SIGNED"),   COLUMN_FILE,                NULL},
};

static const struct view audit_view = {.columns = audit_columns,
                                       .count = ARRAY_LEN(audit_columns),
                                       .id_path = "number",
                                       .none = N_("the audit has nothing like that")};

static int verify_node(struct tool *tool)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/audit/verify");
    int code = tool_call(tool, "POST", &url, NULL, &answer);
    if (code)
        return code;
    const json_t *wrong = json_object_get(answer, "wrong");
    bool ok = value_true_at(answer, "ok");
    if (!view_rows(tool, answer, "wrong: number why")) {
        screen_head(tool, NULL);
        screen_line(tool, "%lld entries read", value_int_at(answer, "entries"));
        for (size_t i = 0; i < json_array_size(wrong); i++)
            screen_line(tool, "  entry %lld: %s",
                        value_int_at(json_array_get(wrong, i), "number"),
                        value_text_at(json_array_get(wrong, i), "why"));
        screen_line(tool, "%s",
                    ok ? _("the audit is whole: every signature fits, nothing is missing")
                       : _("THE AUDIT WAS CHANGED: keep a copy of the data, and find out by whom"));
    }
    json_decref(answer);
    return ok ? 0 : EXIT_PROOF;
}

static int export_file(struct tool *tool, const struct arguments *args, const char *path)
{
    struct url url;
    struct client_bytes bytes = {.at = NULL};
    struct fault fault;
    struct proof_problem problem;
    struct proof_anchor anchor = {.self = true};
    char steps[PROOF_SENTENCE_BYTES];
    static const char *const narrower[] = {"who", "what", "refused", "limit"};
    for (size_t i = 0; i < ARRAY_LEN(narrower); i++)
        if (option_get(args, narrower[i]))
            return tool_usage(tool, "muster audit --export FILE --since 2w",
                              "--export takes all entries of a time; --%s would leave gaps, and gaps prove nothing",
                              narrower[i]);
    url_start(&url, "/v1/audit/export");
    int code = moment_option(tool, args, "since", &url);
    if (!code)
        code = moment_option(tool, args, "until", &url);
    if (code)
        return code;
    if (client_get_bytes(&tool->client, &url, &bytes, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    struct audit_file *file = calloc(1, sizeof(*file));
    enum muster_error error = file ? audit_file_judge(file, bytes.at, bytes.len, &anchor, &problem, steps) : MUSTER_EBUSY;
    /* One that does not hold is written all the same: it is evidence. */
    if (file_save(path, bytes.at, bytes.len, tool->set.yes ? FILE_REPLACE : 0, &fault) != MUSTER_OK) {
        code = tool_fail(tool, &fault);
    } else if (error) {
        fault_set(&fault, error, "%s was written, and does not hold", path);
        fault.exit = EXIT_PROOF;
        fault_why(&fault, "%s", file ? problem.sentence : _(error_what(error)));
        fault_step(&fault, "muster audit --verify");
        (void)tool_fail(tool, &fault);
        code = EXIT_PROOF;
    } else {
        json_t *answer = json_pack("{s:i, s:s, s:I}", "muster", 1, "file", path, "entries", (json_int_t)file->count);
        if (!view_rows(tool, answer, "file entries"))
            screen_line(tool, "%s: %zu entries; whoever has your card checks it with: muster verify %s --card CARD", path,
                        file->count, path);
        json_decref(answer);
    }
    free(file);
    free(bytes.at);
    return code;
}

static int audit_run(struct tool *tool, const struct arguments *args)
{
    const char *path = option_get(args, "export");
    struct url url;
    json_t *answer;
    if (option_get(args, "verify"))
        return path ? tool_usage(tool, "muster audit --verify", "either --verify or --export") : verify_node(tool);
    if (path)
        return export_file(tool, args, path);
    url_start(&url, "/v1/audit");
    int code = moment_option(tool, args, "since", &url);
    if (!code)
        code = moment_option(tool, args, "until", &url);
    if (code)
        return code;
    url_query(&url, "who", option_get(args, "who"));
    url_query(&url, "what", option_get(args, "what"));
    url_query(&url, "limit", option_get(args, "limit"));
    url_query(&url, "refused", option_get(args, "refused") ? "1" : NULL);
    code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    code = view_list(tool, answer, &audit_view);
    json_decref(answer);
    return code;
}

static const struct option_row audit_options[] = {
    {"since",   0, "TIME", "from then on: 2h, 3d, a date, or 2026-05-12T14:00:00Z"},
    {"until",   0, "TIME", "until then"                                                      },
    {"who",     0, "WHO",  "about that agency, or asked for by \"user 1000\""                },
    {"what",    0, "WHAT", "an event's name, or its beginning: space, peer.refused"          },
    {"refused", 0, NULL,   "only what was refused"                                           },
    {"limit",   0, "N",    "at most so many, the newest; 100 if not given"                   },
    {"verify",  0, NULL,   "read all of it again: signatures, order, gaps"},
    {"export",  0, "FILE", "write the signed entries to a file that muster verify checks"    },
    {NULL,      0, NULL,   NULL                                                              },
};

const struct command command_audit = {
    .name = "audit",
    .args = "",
    .group = GROUP_RUN,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .options = audit_options,
    .run = audit_run,
    .help = "decisions about people and rights, and what was refused",
    .detail = "Each entry is signed by the node and names the one before, so that a later change or gap is found. What others "
              "cause is gathered: the first of its kind in an hour is an entry, the others are counted. --verify ends with 9 "
              "when an entry was changed or taken out.",
    .example = "muster audit --refused --since 2d\nmuster audit --who \"Red Cross\" -o csv\nmuster audit --verify\n"
               "muster audit --export may.muster-audit --since 2026-05-01 --until 2026-05-31",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_PROOF) |
             EXIT_BIT(EXIT_STORAGE),
    .keys = "muster items",
};
