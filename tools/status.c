/* muster status: one screen that answers: how complete, who is there, what needs me. */
#include "tools/memory.h"
#include "tools/peers.h"
#include "tools/screen.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <string.h>

static const struct column space_columns[] = {
    {"name",           N_("SPACE"),       COLUMN_CUT,    NULL},
    {"mode",           "",             COLUMN_SCREEN, NULL},
    {"right",          N_("RIGHT"),       0,             NULL},
    {"objects",        N_("OBJECTS"),       COLUMN_RIGHT,  NULL},
    {"records",        N_("RECORDS"),       COLUMN_RIGHT,  NULL},
    {"complete.as_of", N_("COMPLETE AS OF"), COLUMN_TIME,   NULL},
    {"logs",           N_("LOGS"),       COLUMN_SCREEN, NULL},
};
static const struct view spaces_view = {.columns = space_columns,
                                        .count = ARRAY_LEN(space_columns),
                                        .id_path = "id",
                                        .items = "spaces",
                                        .none = N_("none yet: muster space create NAME, or muster join FILE")};

static void spaces_prepare(struct tool *tool, json_t *spaces)
{
    for (size_t i = 0; i < json_array_size(spaces); i++) {
        json_t *space = json_array_get(spaces, i);
        char logs[64];
        snprintf(logs, sizeof logs, _("%lld of %lld"),
                 value_int_at(space, "complete.logs"), value_int_at(space, "complete.of"));
        json_object_set_new(space, "logs", json_string(logs));
        json_object_set_new(space, "mode",
                            json_string(!value_text_at(space, "name")[0]          ? "?"
                                        : value_true_at(space, "exercise") ? "EXERCISE 演练"
                                                                           : "ACTUAL"));
    }
}

/* "complete as of" of every space, when there is more than its row says. */
static void silences_print(struct tool *tool, const json_t *spaces)
{
    for (size_t i = 0; i < json_array_size(spaces); i++) {
        const json_t *space = json_array_get(spaces, i), *complete = json_object_get(space, "complete");
        if (json_array_size(spaces) > 1 && !screen_incomplete(complete))
            continue;
        if (json_array_size(spaces) > 1)
            screen_line(tool, "%s:", value_text_at(space, "name"));
        screen_complete(tool, complete);
    }
}

enum { STEP_INDENT = 3 }; /* what to do stands under what it is */

/* One thing to do: what it is, and a command or sentence (several in an array). */
static size_t need_steps(struct tool *tool, size_t number, const char *what, const json_t *steps)
{
    if (number == 0)
        screen_title(tool, "needs you");
    screen_field(tool, "", 0, what);
    for (size_t i = 0; i < json_array_size(steps); i++)
        screen_field(tool, "", STEP_INDENT, json_string_value(json_array_get(steps, i)) ? json_string_value(json_array_get(steps, i)) : "");
    if (json_is_string(steps))
        screen_field(tool, "", STEP_INDENT, json_string_value(steps));
    return number + 1;
}

static size_t need(struct tool *tool, size_t number, const char *what, const char *command)
{
    json_t *step = json_string(command);
    number = need_steps(tool, number, what, step);
    json_decref(step);
    return number;
}

static size_t peers_need(struct tool *tool, const json_t *peers, size_t count)
{
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *peer = json_array_get(peers, i);
        char what[FAULT_TEXT_BYTES], command[FAULT_TEXT_BYTES];
        const char *name = value_text_at(peer, "agency.name"), *reason = value_text_at(peer, "reason");
        bool again = i > 0 && strcmp(name, value_text_at(json_array_get(peers, i - 1), "agency.name")) == 0;
        if (!value_true_at(peer, "confirmed") && !again) {
            snprintf(what, sizeof what, _("%s is not confirmed by voice"),
                     name);
            snprintf(command, sizeof command, "muster confirm \"%s\"", name);
            count = need(tool, count, what, command);
        }
        if (strcmp(value_text_at(peer, "state"), "refused") == 0) {
            snprintf(what, sizeof what, _("%s refuses this node: %s"),
                     name, reason);
            snprintf(command, sizeof command, "muster peer test \"%s\"", name);
            count = need(tool, count, what, command);
        }
    }
    return count;
}

static size_t spaces_need(struct tool *tool, const json_t *spaces, size_t count)
{
    static const struct {
        const char *member, *en, *command;
    } rows[] = {
        {"forks",           N_("logs with two branches"),    "muster check"},
        {"quarantined",     N_("records set aside"),    "muster check"},
        {"promises_at_risk", N_("promises at risk or lost"), "muster quantities"},
        {"promises_void",   N_("promises that are void"),      "muster quantities"},
        {"waiting_for_key", N_("records that wait for a key"),
         "muster peer list   (a member that holds it must be up)"                                 },
    };
    for (size_t i = 0; i < json_array_size(spaces); i++)
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            const json_t *space = json_array_get(spaces, i), *value = json_object_get(space, rows[r].member);
            long long number =
                json_is_array(value) ? (long long)json_array_size(value) : json_integer_value(value);
            char what[FAULT_TEXT_BYTES];
            if (number == 0)
                continue;
            snprintf(what, sizeof what, "%s: %s: %lld", value_text_at(space, "name"),
                     _(rows[r].en), number);
            count = need(tool, count, what, rows[r].command);
        }
    return count;
}

/* The worst alarms that nobody has acknowledged, and how many more there are. */
static size_t alarms_need(struct tool *tool, const json_t *alarms, size_t count)
{
    const json_t *items = json_object_get(alarms, "items");
    char what[FAULT_TEXT_BYTES];
    long long all = value_int_at(alarms, "counts.critical") + value_int_at(alarms, "counts.warning") + value_int_at(alarms, "counts.notice"),
              more = all - (long long)json_array_size(items);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *each = json_array_get(items, i);
        snprintf(what, sizeof what, "%s%s", value_true_at(each, "exercise") ? "EXERCISE 演练: " : "", value_text_at(each, "text"));
        count = need_steps(tool, count, what, json_object_get(each, "do"));
    }
    if (more > 0) {
        snprintf(what, sizeof what, _("alarms beside these: %lld"), more);
        count = need(tool, count, what, "muster alarms");
    }
    return count;
}

static void needs_print(struct tool *tool, const json_t *status)
{
    const json_t *pending = json_object_get(status, "pending"),
                 *warnings = json_object_get(status, "warnings");
    char what[FAULT_TEXT_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *warning = json_array_get(warnings, i);
        count = need_steps(tool, count, value_text_at(warning, "message"), json_object_get(warning, "do"));
    }
    count = alarms_need(tool, json_object_get(status, "alarms"), count);
    count = spaces_need(tool, json_object_get(status, "spaces"), count);
    count = peers_need(tool, json_object_get(status, "peers"), count);
    if (json_array_size(pending)) {
        snprintf(what, sizeof what, _("knocked and refused: %zu"),
                 json_array_size(pending));
        count = need(tool, count, what, "muster pending");
    }
    if (count == 0) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("nothing needs you"));
    }
}

static void status_print(struct tool *tool, json_t *status)
{
    json_t *spaces = json_object_get(status, "spaces");
    screen_head(tool, NULL);
    if (json_is_false(json_object_get(status, "ready"))) {
        const char *agency = value_text_at(status, "agency.name");
        fputc('\n', tool->out);
        screen_line(tool, "%s",
                    agency[0] ? _("the node is starting: what it shows is not complete yet")
                              : _("this node has no agency yet: muster init NAME"));
    }
    spaces_prepare(tool, spaces);
    screen_title(tool, "spaces");
    view_table(tool, spaces, &spaces_view);
    silences_print(tool, spaces);
    screen_title(tool, "partners");
    view_table(tool, json_object_get(status, "peers"), &peer_view);
    needs_print(tool, status);
}

static int status_run(struct tool *tool, const struct arguments *args)
{
    (void)args;
    bool missing = false;
    int code = tool_get(tool, "/v1/status", &tool->status);
    if (code)
        return code;
    const json_t *spaces = json_object_get(tool->status, "spaces");
    for (size_t i = 0; i < json_array_size(spaces); i++)
        missing |= screen_incomplete(json_object_get(json_array_get(spaces, i), "complete"));
    if (tool->set.output == OUTPUT_TABLE)
        status_print(tool, tool->status);
    else if (!tool_print_json(tool, tool->status))
        view_list(tool, tool->status, &spaces_view);
    return tool->set.strict && missing ? EXIT_INCOMPLETE : 0;
}

const struct command command_status = {
    .name = "status",
    .args = "",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE,
    .words_min = 0,
    .words_max = 0,
    .run = status_run,
    .help = "one screen: how complete, who is up or silent, what needs you",
    .detail = "With --strict it ends with 5 when a space is not complete.",
    .example = "muster status",
    .exits = EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster version agency node spaces peers pending warnings",
};
