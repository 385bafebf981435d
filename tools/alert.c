/* muster alert: a warning for the public, from its draft until it is lifted.
 *
 * The same as muster new warning and muster update, with the steps as options in their order, the moments filled in, and the
 * messages that tell the public (issued, lifted) ahead of everything else on slow lines.  Who may issue is the node's to decide:
 * where an agency has operators, another one than wrote it. */
#include "protocol/kinds/time3339.h"
#include "tools/arguments.h"
#include "tools/fields.h"
#include "tools/quantity.h"
#include "tools/records.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>
#include <time.h>

/* Steps in the order in which they are taken when several are asked for. */
static const struct alert_step {
    const char *option, *status;
    const char *moment; /* a time that the step states: now, unless it is given or there */
    bool tells;         /* the public hears of it */
} steps[] = {
    {"verify",   "verified",  NULL,        false},
    {"reject",   "rejected",  NULL,        false},
    {"withdraw", "withdrawn", NULL,        false},
    {"issue",    "issued",    "issued_at", true },
    {"lift",     "lifted",    "lifted_at", true },
};

static void moment_now(char out[TIME_FORMAT_BYTES])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time3339_format(out, (int64_t)now.tv_sec * 1000);
}

static bool has(const json_t *fields, const json_t *alert, const char *name)
{
    return json_object_get(fields, name) || value_at(alert, name);
}

static void default_text(json_t *fields, const json_t *object, const char *name, const char *text)
{
    if (text[0] && !has(fields, json_object_get(object, "fields"), name))
        json_object_set_new(fields, name, json_string(text));
}

/* What an issued warning states, as far as nobody has said it: from now on, by this agency, for everybody. */
static void issue_defaults(struct tool *tool, json_t *fields, const json_t *object)
{
    char now[TIME_FORMAT_BYTES];
    moment_now(now);
    default_text(fields, object, "starts", now);
    default_text(fields, object, "issuer", value_text_at(tool_status(tool), "agency.name"));
    default_text(fields, object, "tlp", "TLP:CLEAR");
}

/* Takes the fields; *object becomes what the warning is then. */
static int step_take(struct tool *tool, const struct alert_step *step, const char *reason, json_t *fields, json_t **object)
{
    char now[TIME_FORMAT_BYTES], id[64];
    json_t *got = NULL;
    snprintf(id, sizeof id, "%s", value_text_at(*object, "id"));
    json_object_set_new(fields, "status", json_string(step->status));
    if (reason)
        json_object_set_new(fields, "reason", json_string(reason));
    moment_now(now);
    if (step->moment && !json_object_get(fields, step->moment))
        json_object_set_new(fields, step->moment, json_string(now));
    if (strcmp(step->option, "issue") == 0)
        issue_defaults(tool, fields, *object);
    int code = record_post(tool,
                           json_pack("{s:s, s:s, s:s, s:b, s:o}", "op", "update", "kind", "warning", "object", id, "flash",
                                     (int)step->tells, "fields", fields),
                           &got);
    json_decref(got);
    if (code)
        return code;
    json_decref(*object);
    *object = NULL;
    return object_get(tool, id, object);
}

static int create(struct tool *tool, json_t *fields, json_t **object)
{
    struct fault fault;
    const struct kind *kind = kind_by_number(KIND_WARNING);
    json_t *got = NULL;
    char id[64];
    json_object_set_new(fields, "status", json_string("draft"));
    if (fields_complete(kind, fields, &fault) != MUSTER_OK) {
        json_decref(fields);
        return tool_fail(tool, &fault);
    }
    int code = record_post(tool, json_pack("{s:s, s:s, s:o}", "op", "create", "kind", "warning", "fields", fields), &got);
    snprintf(id, sizeof id, "%s", value_text_at(got, "object"));
    json_decref(got);
    return code ? code : object_get(tool, id, object);
}

/* What is typed next; a status that is not here is the last one. */
static const struct {
    const char *status, *says, *options[2];
} nexts[] = {
    {"draft",    N_("when it has been checked:"),          {"--verify"}                          },
    {"verified", N_("another operator than wrote it:"),    {"--issue", "--reject --reason TEXT"} },
    {"issued",   N_("when it is over:"),                   {"--lift"}                            },
    {"adjusted", N_("when it is over:"),                   {"--lift"}                            },
};

static void next_say(struct tool *tool, const char *status, const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
        if (strcmp(nexts[i].status, status) != 0)
            continue;
        screen_line(tool, "%s", _(nexts[i].says));
        for (size_t o = 0; o < ARRAY_LEN(nexts[i].options) && nexts[i].options[o]; o++)
            screen_line(tool, "  muster alert %s %s", id, nexts[i].options[o]);
    }
    if (strcmp(status, "issued") == 0 || strcmp(status, "adjusted") == 0 || strcmp(status, "lifted") == 0) {
        screen_line(tool, "for other systems, as CAP:");
        screen_line(tool, "  muster export %s -o cap", id);
    }
}

static int said(struct tool *tool, json_t *object)
{
    const char *status = value_text_at(object, "fields.status"), *id = value_text_at(object, "short");
    json_t *answer = json_pack("{s:s, s:s, s:s, s:O}", "object", value_text_at(object, "id"), "short", id, "status", status, "fields",
                               json_object_get(object, "fields"));
    if (!tool_print_data(tool, answer)) {
        screen_head(tool, object);
        screen_line(tool, "%s: %s", id, status);
        next_say(tool, status, id);
    }
    json_decref(answer);
    json_decref(object);
    return 0;
}

static bool is_field(const char *word)
{
    return strchr(word, '=') != NULL;
}

/* The warning that the first word names. */
static int alert_get(struct tool *tool, const char *id, json_t **object)
{
    int code = object_get(tool, id, object);
    if (code || strcmp(value_text_at(*object, "kind"), "warning") == 0)
        return code;
    json_decref(*object);
    *object = NULL;
    return tool_usage(tool, "muster list warnings", "%s is no warning", id);
}

/* Fields alone, without a step. */
static int fields_take(struct tool *tool, json_t *fields, json_t **object)
{
    json_t *got = NULL;
    char id[64];
    snprintf(id, sizeof id, "%s", value_text_at(*object, "id"));
    int code = record_post(
        tool, json_pack("{s:s, s:s, s:s, s:o}", "op", "update", "kind", "warning", "object", id, "fields", fields), &got);
    json_decref(got);
    if (code)
        return code;
    json_decref(*object);
    *object = NULL;
    return object_get(tool, id, object);
}

static int alert_run(struct tool *tool, const struct arguments *args)
{
    struct fault fault;
    json_t *fields = NULL, *object = NULL;
    bool fresh = is_field(args->words[0]);
    size_t from = fresh ? 0 : 1;
    const char *reason = option_get(args, "reason");
    int code = fresh ? 0 : alert_get(tool, args->words[0], &object);
    if (code)
        return code;
    if (fields_read(&fields, kind_by_number(KIND_WARNING), args->words + from, args->count - from, !fresh, &fault) != MUSTER_OK) {
        json_decref(object);
        return tool_fail(tool, &fault);
    }
    if (fresh) {
        code = create(tool, fields, &object);
        fields = json_object();
    }
    for (size_t i = 0; i < ARRAY_LEN(steps) && !code; i++)
        if (option_get(args, steps[i].option)) {
            code = step_take(tool, &steps[i], reason, fields, &object);
            fields = json_object();
        }
    if (!code && json_object_size(fields)) {
        code = fields_take(tool, fields, &object);
        fields = NULL;
    }
    json_decref(fields);
    if (!code)
        return said(tool, object);
    json_decref(object);
    return code;
}

static const struct option_row alert_options[] = {
    {"verify",   0, NULL,   N_("say that it has been checked")                     },
    {"issue",    0, NULL,   N_("send it, as from now; an approver's step")         },
    {"lift",     0, NULL,   N_("say that it is over")                              },
    {"reject",   0, NULL,   N_("do not issue it; with --reason; an approver's step")},
    {"withdraw", 0, NULL,   N_("take it back before it is issued")                 },
    {"reason",   0, "TEXT", N_("why it is rejected or lifted")                     },
    {NULL,       0, NULL,   NULL                                                   },
};

const struct command command_alert = {
    .name = "alert",
    .args = "[ID] FIELD=VALUE…",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = WORDS_ANY,
    .options = alert_options,
    .run = alert_run,
    .help = N_("warn the public: draft, verify, issue, lift"),
    .detail = N_("Without ID it makes a draft; name and level are needed. Several steps can be asked for at once. To be issued it "
                 "states category, area_desc, matters (what to beware of) and measures (what to do); who issues, from when, and "
                 "TLP:CLEAR are filled in when nobody has said them. Issuing wants an operator with the role approver who has not "
                 "written it, where the agency has operators. Issued and lifted warnings overtake everything else on slow lines, and "
                 "go out as CAP with `muster export warnings -o cap`. `muster help warning` lists the fields."),
    .example = "muster alert name=\"Min River flood\" level=二级 category=Met area_desc=\"Nanxi lowlands\" \\\n"
               "  matters=\"water up to 2 m\" measures=\"leave the lowlands by 18:00\" --verify\n"
               "muster alert wrn-5n8vd --issue ends=2026-07-15T18:00:00+08:00\n"
               "muster alert wrn-5n8vd --lift --reason \"the water is falling\"",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |
             EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster object short status fields",
    .rows = "object short status",
};
