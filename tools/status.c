/* muster status: one screen that answers: how complete, who is there, what needs me. */
#include "tools/completeness.h"
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
    {"id",             "",             COLUMN_FILE,   NULL},
    {"exercise",       "",             COLUMN_FILE,   NULL},
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

/* Are all connections to the agency of this row down?  Rows of an agency follow each other. */
static bool silent(const json_t *peers, size_t at)
{
    const char *name = value_text_at(json_array_get(peers, at), "agency.name");
    for (size_t i = at; i < json_array_size(peers); i++) {
        const json_t *peer = json_array_get(peers, i);
        const char *state = value_text_at(peer, "state");
        if (strcmp(value_text_at(peer, "agency.name"), name) != 0)
            break;
        if (strcmp(state, "silent") != 0 && strcmp(state, "never") != 0)
            return false;
    }
    return true;
}

/* Partners of whom the same is to be said stand in one sentence, with the command for the first. */
struct together {
    char names[FAULT_TEXT_BYTES / 2];
    const char *first;
    size_t count;
};

static void together_add(struct together *group, const char *name)
{
    size_t len = strlen(group->names);
    if (group->count++ == 0)
        group->first = name;
    if (len + strlen(name) + 4 < sizeof group->names)
        snprintf(group->names + len, sizeof group->names - len, "%s%s", len ? ", " : "", name);
}

static size_t together_need(struct tool *tool, const struct together *group, const char *says, const char *verb, size_t count)
{
    char what[FAULT_TEXT_BYTES], command[FAULT_TEXT_BYTES];
    if (!group->count)
        return count;
    snprintf(what, sizeof what, "%s: %s", says, group->names);
    snprintf(command, sizeof command, "muster %s \"%s\"", verb, group->first);
    return need(tool, count, what, command);
}

static size_t peers_need(struct tool *tool, const json_t *peers, size_t count)
{
    struct together unconfirmed = {.count = 0}, gone = {.count = 0};
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *peer = json_array_get(peers, i);
        const char *name = value_text_at(peer, "agency.name");
        char what[FAULT_TEXT_BYTES], command[FAULT_TEXT_BYTES];
        bool again = i > 0 && strcmp(name, value_text_at(json_array_get(peers, i - 1), "agency.name")) == 0;
        if (value_true_at(peer, "past")) {
            if (again)
                continue;
            snprintf(what, sizeof what, _("%s shares no space with this node any more"), name);
            snprintf(command, sizeof command, "muster peer remove \"%s\"", name);
            count = need(tool, count, what, command);
            continue;
        }
        if (!again && !value_true_at(peer, "confirmed"))
            together_add(&unconfirmed, name);
        if (!again && silent(peers, i))
            together_add(&gone, name);
        if (strcmp(value_text_at(peer, "state"), "refused") == 0) {
            snprintf(what, sizeof what, _("%s refuses this node: %s"),
                     name, value_text_at(peer, "reason"));
            snprintf(command, sizeof command, "muster peer test \"%s\"", name);
            count = need(tool, count, what, command);
        }
    }
    count = together_need(tool, &gone, _("not connected"), "peer test", count);
    return together_need(tool, &unconfirmed, _("to be confirmed by voice"), "confirm", count);
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
         N_("muster peer list   (a member that holds it must be up)")                                 },
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

/* Advice for a quiet hour, as against what stands in the way of work. */
static bool can_wait(const json_t *warning)
{
    return strcmp(value_text_at(warning, "code"), "EROOTKEY") == 0;
}

static size_t warnings_need(struct tool *tool, const json_t *warnings, bool later, size_t count)
{
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *warning = json_array_get(warnings, i);
        if (can_wait(warning) == later)
            count = need_steps(tool, count, value_text_at(warning, "message"), json_object_get(warning, "do"));
    }
    return count;
}

static void needs_print(struct tool *tool, const json_t *status)
{
    const json_t *pending = json_object_get(status, "pending"),
                 *warnings = json_object_get(status, "warnings");
    char what[FAULT_TEXT_BYTES];
    size_t count = 0;
    if (json_is_false(json_object_get(status, "ready")) && !value_text_at(status, "agency.name")[0])
        count = need(tool, count, _("this node has no agency yet"), "muster init NAME");
    count = warnings_need(tool, warnings, false, count);
    count = alarms_need(tool, json_object_get(status, "alarms"), count);
    count = spaces_need(tool, json_object_get(status, "spaces"), count);
    count = peers_need(tool, json_object_get(status, "peers"), count);
    if (json_array_size(pending)) {
        snprintf(what, sizeof what, _("knocked and refused: %zu"),
                 json_array_size(pending));
        count = need(tool, count, what, "muster pending");
    }
    count = warnings_need(tool, warnings, true, count);
    if (count == 0) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("nothing needs you"));
    }
}

static void status_print(struct tool *tool, json_t *status)
{
    json_t *spaces = json_object_get(status, "spaces");
    screen_top(tool, status);
    if (json_is_false(json_object_get(status, "ready")) && value_text_at(status, "agency.name")[0]) {
        fputc('\n', tool->out);
        screen_line(tool, "%s", _("the node is starting: what it shows is not complete yet"));
    }
    spaces_prepare(tool, spaces);
    screen_title(tool, "spaces");
    view_table(tool, spaces, &spaces_view);
    screen_title(tool, "partners");
    view_table(tool, json_object_get(status, "peers"), &peer_view);
    needs_print(tool, status);
    screen_foot(tool, status);
}

static int status_run(struct tool *tool, const struct arguments *args)
{
    (void)args;
    bool missing = false;
    struct url url;
    url_start(&url, "/v1/status");
    url_query(&url, "space", tool->set.space_here ? tool->set.space : NULL); /* a habit hides no other space's needs */
    int code = tool_call(tool, "GET", &url, NULL, &tool->status);
    if (code)
        return code;
    const json_t *spaces = json_object_get(tool->status, "spaces");
    for (size_t i = 0; i < json_array_size(spaces); i++)
        missing |= complete_lacks(json_object_get(json_array_get(spaces, i), "complete"));
    if (tool->set.output == OUTPUT_TABLE)
        status_print(tool, tool->status);
    else if (!tool_print_data(tool, tool->status))
        view_list(tool, tool->status, &spaces_view);
    return tool->set.strict && missing ? EXIT_INCOMPLETE : 0;
}

const struct command command_status = {
    .name = "status",
    .args = "",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | OWN_ROWS,
    .words_min = 0,
    .words_max = 0,
    .run = status_run,
    .help = "one screen: how complete, who is up or silent, what needs you",
    .detail = "Of all spaces, or with --space of one: it, its members and its alarms. With --strict it ends with 5 when a space is not complete.",
    .example = "muster status",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_INCOMPLETE) | EXIT_BIT(EXIT_UNREACHABLE),
    .keys = "muster version agency node spaces peers pending warnings",
};
