/* muster space right, remove, suspend, lift, policy, approve, rotate, leave, cut, reassign: governing a space. */
#include "tools/ask.h"
#include "tools/memory.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/arguments.h"
#include "tools/verbs.h"
#include "tools/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOVERN_EXITS                                                                                                   \
    (EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) | EXIT_BIT(EXIT_UNCONFIRMED) |     \
     EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE))
#define GOVERN_KEYS "muster space operation message verdict needed signed missing still"

/* What the node says came of it, and how the others sign. */
static void govern_print(struct tool *tool, const json_t *answer)
{
    screen_head(tool, answer);
    screen_line(tool, "%s", value_text_at(answer, "message"));
    if (value_int_at(answer, "still") > 0)
        tool_hint(tool, "they sign it with: muster space approve %.12s --space \"%s\"", value_text_at(answer, "operation"),
                  value_text_at(answer, "space.name"));
}

/* Asks the node for one governing operation; takes the body over. */
static int govern(struct tool *tool, const char *what, json_t *body)
{
    struct url url;
    const char *space = NULL;
    json_t *answer = NULL;
    int code = tool_space(tool, &space);
    if (!code) {
        url_start(&url, "/v1/spaces");
        url_segment(&url, space);
        url_segment(&url, what);
        code = tool_call(tool, "POST", &url, body, &answer);
        if (!code && tool->set.output == OUTPUT_TABLE)
            govern_print(tool, answer);
        else if (!code)
            (void)tool_print_data(tool, answer);
    }
    json_decref(body);
    json_decref(answer);
    return code;
}

static json_t *about(const char *agency)
{
    return json_pack("{s:s}", "agency", agency);
}

static int right_run(struct tool *tool, const struct arguments *args)
{
    return govern(tool, "right", json_pack("{s:s, s:s}", "agency", args->words[0], "right", args->words[1]));
}

const struct command command_space_right = {
    .name = "space right",
    .args = "AGENCY RIGHT",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 2,
    .words_max = 2,
    .run = right_run,
    .help = "give a member another right",
    .detail = "RIGHT is none, relay, read, write or admin. To or from admin needs a majority of the admins. Below write, "
              "what was seen of the member stays.",
    .example = "muster space right \"Red Cross\" admin",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int remove_run(struct tool *tool, const struct arguments *args)
{
    char question[256];
    int code = 0;
    snprintf(question, sizeof question, _("Remove %.150s? It stands for ever, whatever comes later."), args->words[0]);
    if (!tool->set.dry_run && !ask_name(tool, &code, args->words[0], question))
        return code;
    return govern(tool, "remove", about(args->words[0]));
}

const struct command command_space_remove = {
    .name = "space remove",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = remove_run,
    .help = "remove a member; needs a majority of the admins",
    .detail = "Wants the agency's name typed, or --yes=NAME. What this node has seen of it goes on to count; what "
              "arrives later is set aside until `muster space cut` adopts it. From then on it gets nothing but the notice.",
    .example = "muster space remove \"Red Cross\" --yes=\"Red Cross\"",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int suspend_run(struct tool *tool, const struct arguments *args)
{
    return govern(tool, "suspend", about(args->words[0]));
}

const struct command command_space_suspend = {
    .name = "space suspend",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = suspend_run,
    .help = "keep data from a member until it is lifted",
    .detail = "It keeps its vote, and gets control.",
    .example = "muster space suspend \"Red Cross\"",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int lift_run(struct tool *tool, const struct arguments *args)
{
    return govern(tool, "lift", about(args->words[0]));
}

const struct command command_space_lift = {
    .name = "space lift",
    .args = "AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = lift_run,
    .help = "end a suspension",
    .detail = "Alone by the agency that suspended, else by a majority.",
    .example = "muster space lift \"Red Cross\"",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static void policy_print(struct tool *tool, const json_t *answer)
{
    const json_t *fields = json_object_get(answer, "fields"), *policy = json_object_get(answer, "policy");
    screen_head(tool, answer);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *row = json_array_get(fields, i), *value = json_object_get(policy, value_text_at(row, "name"));
        char *number = value ? value_raw(value) : memory_copy("-");
        char text[256];
        snprintf(text, sizeof text, "%s (%s, %lld to %lld)", number, value_text_at(row, "help"), value_int_at(row, "least"),
                 value_int_at(row, "most"));
        screen_field(tool, value_text_at(row, "name"), 16, text);
        free(number);
    }
}

/* Each field a row, with the value in force. */
static json_t *policy_rows(const json_t *answer)
{
    const json_t *fields = json_object_get(answer, "fields");
    json_t *rows = json_pack("{s:O?, s:[]}", "space", json_object_get(answer, "space"), "items");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        json_t *row = json_copy(json_array_get(fields, i));
        const json_t *value = value_at(json_object_get(answer, "policy"), value_text_at(row, "name"));
        json_object_set_new(row, "value", value ? json_deep_copy(value) : json_null());
        json_array_append_new(json_object_get(rows, "items"), row);
    }
    return rows;
}

static int policy_show(struct tool *tool)
{
    struct url url;
    const char *space = NULL;
    json_t *answer;
    int code = tool_space(tool, &space);
    if (code)
        return code;
    url_start(&url, "/v1/spaces");
    url_segment(&url, space);
    url_segment(&url, "control");
    code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t *policy = json_pack("{s:O?, s:O?, s:O?}", "space", json_object_get(answer, "space"), "policy",
                               json_object_get(answer, "policy"), "fields", json_object_get(answer, "fields"));
    json_t *rows = policy_rows(policy);
    if (!tool_print_json(tool, policy) && !view_rows(tool, rows, "items: name value help least most"))
        policy_print(tool, policy);
    json_decref(rows);
    json_decref(policy);
    json_decref(answer);
    return 0;
}

static int policy_run(struct tool *tool, const struct arguments *args)
{
    json_t *fields = json_object();
    if (!args->count) {
        json_decref(fields);
        return policy_show(tool);
    }
    for (size_t i = 0; i < args->count; i++) {
        char name[64], *end = NULL;
        size_t len = strcspn(args->words[i], "=");
        long long number = args->words[i][len] == '=' ? strtoll(args->words[i] + len + 1, &end, 10) : 0;
        if (!end || *end || !args->words[i][len + 1] || len >= sizeof name) {
            json_decref(fields);
            return tool_usage(tool, "muster space policy admins-min=2", "\"%s\" is not FIELD=NUMBER", args->words[i]);
        }
        snprintf(name, sizeof name, "%.*s", (int)len, args->words[i]);
        json_object_set_new(fields, name, json_integer(number));
    }
    return govern(tool, "policy", json_pack("{s:o}", "fields", fields));
}

const struct command command_space_policy = {
    .name = "space policy",
    .args = "[FIELD=NUMBER…]",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 16,
    .run = policy_run,
    .help = "the policy in force, or a change of it",
    .detail = "A change needs a majority. Of two values set at one time the stricter is in force.",
    .example = "muster space policy admins-min=2",
    .exits = GOVERN_EXITS,
    .keys = "muster space",
    .rows = "operation verdict needed still message",
};

static int approve_run(struct tool *tool, const struct arguments *args)
{
    return govern(tool, "approve", json_pack("{s:s}", "operation", args->words[0]));
}

const struct command command_space_approve = {
    .name = "space approve",
    .args = "OPERATION",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .run = approve_run,
    .help = "sign what another admin has proposed",
    .detail = "muster space log shows what waits.",
    .example = "muster space approve 3fa2b1c4",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int rotate_run(struct tool *tool, const struct arguments *args)
{
    (void)args;
    return govern(tool, "rotate", json_object());
}

const struct command command_space_rotate = {
    .name = "space rotate",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 0,
    .run = rotate_run,
    .help = "open a new epoch of keys now",
    .detail = "After a removal that happens by itself.",
    .example = "muster space rotate --space flood-2026",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int leave_run(struct tool *tool, const struct arguments *args)
{
    const char *space = NULL;
    int code = tool_space(tool, &space);
    (void)args;
    if (code)
        return code;
    if (!tool->set.dry_run && !ask_name(tool, &code, space, _("Leave the space? Only a majority of its admins brings you back.")))
        return code;
    return govern(tool, "leave", json_object());
}

const struct command command_space_leave = {
    .name = "space leave",
    .args = "",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 0,
    .words_max = 0,
    .run = leave_run,
    .help = "leave a space",
    .detail = "What this agency wrote stays with the others. Wants the space's name typed, or --yes=SPACE. The last admin cannot leave.",
    .example = "muster space leave --space flood-2026 --yes=flood-2026",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static const struct option_row cut_options[] = {
    {"position", 0, "NUMBER", "the last segment of the log that counts; 0 for none"},
    {"head",     0, "ID",     "what stands there, if this node holds something else"},
    {"agency",   0, NULL,     "LOG is an agency: its control line is cut"          },
    {NULL,       0, NULL,     NULL                                                 },
};

static int cut_run(struct tool *tool, const struct arguments *args)
{
    const char *position = option_get(args, "position"), *head = option_get(args, "head");
    bool line = option_get(args, "agency") != NULL;
    char *end = NULL;
    long long number = position ? strtoll(position, &end, 10) : 0;
    if ((position && (*end || !position[0] || number < 0)) || (!position && !line))
        return tool_usage(tool, "muster space cut LOG --position 17", "--position is the number of the last segment that counts");
    json_t *body = json_pack("{s:s}", line ? "agency" : "log", args->words[0]);
    if (position)
        json_object_set_new(body, "position", json_integer(number));
    if (head)
        json_object_set_new(body, "head", json_string(head));
    return govern(tool, "cut", body);
}

const struct command command_space_cut = {
    .name = "space cut",
    .args = "LOG",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 1,
    .words_max = 1,
    .options = cut_options,
    .run = cut_run,
    .help = "say how far a log counts",
    .detail = "Adopts what was set aside, closes a log, or settles a fork. Needs a majority of the admins. `muster space log` "
              "lists the logs of which not all counts.",
    .example = "muster space cut 7c1f02ab --position 17",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};

static int reassign_run(struct tool *tool, const struct arguments *args)
{
    return govern(tool, "reassign", json_pack("{s:s, s:s}", "object", args->words[0], "agency", args->words[1]));
}

const struct command command_space_reassign = {
    .name = "space reassign",
    .args = "OBJECT AGENCY",
    .group = GROUP_JOINING,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 2,
    .words_max = 2,
    .run = reassign_run,
    .help = "give an object to another agency when its owner cannot",
    .detail = "Needs a majority of the admins.",
    .example = "muster space reassign inc-7k2q9 \"Yibin\"",
    .exits = GOVERN_EXITS,
    .keys = GOVERN_KEYS,
    .rows = "operation verdict needed still message",
};
