#include "node/todo.h"

#include "lang/lang.h"
#include "node/agreements.h"
#include "node/circles.h"
#include "node/lookup.h"
#include "protocol/object/look.h"
#include "protocol/object/quantity.h"

#include <stdarg.h>
#include <stdio.h>

enum { ENTRIES_MAX = 100000, MISSING_MAX = 64, SHELL_BYTES = 300, AGENCIES_NAMED = 3, AGENCIES_BYTES = 200 };

static const char *urgency_name(enum todo_urgency urgency)
{
    return urgency == TODO_NOW ? "now" : urgency == TODO_SOON ? "soon" : "later";
}

void todo_add(struct todo *todo, enum todo_urgency urgency, const struct object_id *object, const struct object_stored *state,
              uint64_t due_ms, const char *command, const char *format, ...)
{
    char text[TODO_TEXT_BYTES], line[TODO_TEXT_BYTES], name[SHORT_ID_BYTES] = "";
    json_t *item, *commands = json_array();
    va_list list;
    if (json_array_size(todo->items) >= TODO_ITEMS_MAX) {
        todo->o.partial = true;
        json_decref(commands);
        return;
    }
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (object)
        short_id(name, state->kind, object, todo->o.space.objects);
    const char *hole = command ? strstr(command, "%s") : NULL;
    snprintf(line, sizeof(line), "%.*s%s%s", hole ? (int)(hole - command) : command ? (int)strlen(command) : 0,
             command ? command : "", hole ? name : "", hole ? hole + 2 : "");
    if (command)
        json_array_append_new(commands, json_text(line, strlen(line)));
    item = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "source", todo->source->name, "urgency", urgency_name(urgency), "message",
                     json_text(text, strlen(text)), "do", commands, "object",
                     object ? overview_json(&todo->o, object, state) : json_null(), "due", json_time(due_ms));
    json_object_set_new(item, "space", todo->source->once ? json_null()
                                                          : json_text(todo->o.space.name, strlen(todo->o.space.name)));
    json_object_set_new(item, "exercise", json_boolean(!todo->source->once && todo->o.space.exercise));
    json_array_append_new(todo->items, item);
}

/* A name as one word of the shell: commands are pasted, and names are written by others. */
static const char *shell_word(char out[SHELL_BYTES], const char *text)
{
    size_t len = 0;
    out[len++] = '\'';
    for (const char *at = text; *at && len + 6 < SHELL_BYTES; at++) {
        if (*at == '\'') {
            memcpy(out + len, "'\\''", 4);
            len += 4;
        } else if ((unsigned char)*at >= 0x20 && *at != 0x7f) {
            out[len++] = *at;
        }
    }
    out[len++] = '\'';
    out[len] = '\0';
    return out;
}

/* --- objects ----------------------------------------------------------------------------------------------------------- */

/* How many proposals of the object wait for an answer, and whose: the first few names, then how many more. */
static size_t proposed_by(char names[AGENCIES_BYTES], struct todo *todo, const struct object_id *id)
{
    struct object_look look;
    struct agency_id by[AGENCIES_NAMED];
    size_t count = 0, agencies = 0, more = 0, len = 0;
    names[0] = '\0';
    if (core_object_look(todo->o.node->core, todo->o.space.number, id, &look) != MUSTER_OK)
        return 0;
    for (uint32_t i = 0; i < look.state.proposals_count; i++) {
        const struct agency_id *who = &look.records[look.state.proposals[i].record].by;
        bool named = false;
        if (look.state.proposals[i].answer != ANSWER_OPEN)
            continue;
        count++;
        for (size_t k = 0; k < agencies; k++)
            named |= agency_id_eq(&by[k], who);
        if (!named && agencies < AGENCIES_NAMED)
            by[agencies++] = *who;
        else
            more += !named; /* changes of those that are not named */
    }
    object_look_free(&look);
    for (size_t k = 0; k < agencies; k++) {
        char buffer[17];
        len += (size_t)snprintf(names + len, AGENCIES_BYTES - len, "%s%.40s", k ? ", " : "", agency_name(todo->o.node, &by[k], buffer));
    }
    if (more)
        snprintf(names + len, AGENCIES_BYTES - len, _(" and others (%zu)"), more);
    return count;
}

static bool take_proposal(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], names[AGENCIES_BYTES];
    if (!overview_own(&todo->o, state))
        return true;
    overview_title(state, title);
    size_t count = proposed_by(names, todo, id);
    if (count < 2)
        todo_add(todo, TODO_SOON, id, state, 0, "muster show %s", _("%.100s proposes a change of \"%.100s\": accept or decline it"),
                 count ? names : _("a partner"), title);
    else
        todo_add(todo, TODO_SOON, id, state, 0, "muster show %s", _("%zu changes of \"%.100s\" are proposed, by %.200s: accept or decline them"),
                 count, title, names);
    return true;
}

static bool take_branches(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES];
    if (overview_own(&todo->o, state) || state->flags & OBJECT_JOINT)
        todo_add(todo, TODO_NOW, id, state, 0, "muster show %s", _("\"%.100s\" was changed on two sides at once: resolve it"),
                 overview_title(state, title));
    return true;
}

/* Is command of it offered to this agency? */
static bool offered_here(struct todo *todo, const struct object_id *id)
{
    struct object_look look;
    bool here = false;
    if (core_object_look(todo->o.node->core, todo->o.space.number, id, &look) != MUSTER_OK)
        return false;
    for (uint32_t i = 0; i < look.state.offers_count; i++) {
        const struct hash *to = object_ref(&look.records[look.state.offers[i].record], REF_TO_AGENCY);
        here |= look.state.offers[i].answer == OFFER_OPEN && to &&
                memcmp(to->b, todo->o.node->own.identity.agency.b, HASH_BYTES) == 0;
    }
    object_look_free(&look);
    return here;
}

static bool take_offered(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct todo *todo = user;
    char title[OVERVIEW_TITLE_BYTES], buffer[17];
    if (offered_here(todo, id))
        todo_add(todo, TODO_NOW, id, state, 0, "muster take %s", _("%.60s offers command of \"%.100s\": take or refuse it"),
                 agency_name(todo->o.node, &state->owner, buffer), overview_title(state, title));
    return true;
}

static void flagged(struct todo *todo, uint16_t flag, overview_take *take)
{
    struct term term = core_term_flag(todo->o.node->core, flag);
    uint16_t kinds[64];
    size_t count = lookup_kinds(todo->o.node, todo->o.space.number, kinds, ARRAY_LEN(kinds));
    for (size_t k = 0; k < count; k++)
        overview_each(&todo->o, kinds[k], &term, 1, take, todo);
}

static void proposals(struct todo *todo)
{
    flagged(todo, OBJECT_PROPOSALS, take_proposal);
}

static void branches(struct todo *todo)
{
    flagged(todo, OBJECT_CONFLICT, take_branches);
}

static void transfers(struct todo *todo)
{
    flagged(todo, OBJECT_OFFERED, take_offered);
}

/* --- quantities -------------------------------------------------------------------------------------------------------- */

static void promises(struct todo *todo)
{
    struct node *node = todo->o.node;
    struct object_id object = {{0}};
    while (core_quantity_next(node->core, todo->o.space.number, &object)) {
        struct quantity_view view;
        struct object_stored state;
        char title[OVERVIEW_TITLE_BYTES];
        if (todo->o.looks++ >= OVERVIEW_LOOKS_MAX) {
            todo->o.partial = true;
            return;
        }
        if (core_quantity(node->core, todo->o.space.number, &object, &view) != MUSTER_OK)
            continue;
        uint64_t risky = view.sums.risky, voids = view.sums.voids;
        quantity_view_free(&view);
        if ((risky || voids) && lookup_state(node, todo->o.space.number, &object, &state) == MUSTER_OK)
            todo_add(todo, TODO_NOW, &object, &state, 0, "muster quantities %s",
                     _("promises of \"%.100s\" do not hold: %llu at risk or lost, %llu void"), overview_title(&state, title),
                     (unsigned long long)risky, (unsigned long long)voids);
    }
}

/* --- people and rights --------------------------------------------------------------------------------------------------- */

static void approvals(struct todo *todo)
{
    struct control_entry entry;
    struct node *node = todo->o.node;
    for (size_t i = 0; todo->o.space.joined && i < ENTRIES_MAX && control_entry_at(todo->o.space.control, i, &entry); i++) {
        struct agency_id missing[MISSING_MAX];
        char id[2 * HASH_BYTES + 1], command[64], buffer[17];
        if (entry.judged.verdict != CONTROL_WAITS_FOR_APPROVALS || entry.admins_changed)
            continue;
        size_t count = control_missing(todo->o.space.control, &entry.id, missing, MISSING_MAX);
        bool mine = false;
        for (size_t k = 0; k < count; k++)
            mine |= agency_id_eq(&missing[k], &node->own.identity.agency);
        if (!mine)
            continue;
        snprintf(command, sizeof(command), "muster space approve %.12s", hex_from(id, entry.id.b, HASH_BYTES));
        todo_add(todo, TODO_SOON, NULL, NULL, 0, command, _("%.60s proposes \"%.40s\" in %.60s: it waits for approvals"),
                 agency_name(node, &entry.by, buffer), control_verb_name(entry.verb), todo->o.space.name);
    }
}

static void agreements(struct todo *todo)
{
    struct agreements held;
    struct node *node = todo->o.node;
    agreements_load(&held, node, false);
    for (size_t i = 0; i < held.count; i++) {
        const struct held_agreement *one = &held.at[i];
        bool party = false, has_signed = false;
        char title[HELD_TITLE_BYTES], command[64];
        for (size_t k = 0; k < one->agreement.party_count; k++)
            party |= agency_id_eq(&one->agreement.parties[k], &node->own.identity.agency);
        for (size_t k = 0; k < one->signed_count; k++)
            has_signed |= agency_id_eq(&one->signed_by[k], &node->own.identity.agency);
        if (one->status != HELD_WAITS || !party || has_signed)
            continue;
        snprintf(command, sizeof(command), "muster agreement sign %.20s", one->short_id);
        todo_add(todo, TODO_SOON, NULL, NULL, 0, command, _("the agreement %.120s waits for this agency's signature"),
                 held_title(one, title));
    }
    agreements_free(&held);
}

static void partners(struct todo *todo)
{
    const struct peers *peers = &todo->o.node->peers;
    for (size_t i = 0; i < peers->count; i++) {
        const struct peer *peer = &peers->at[i];
        char word[SHELL_BYTES], command[SHELL_BYTES + 20];
        bool again = peer->own;
        for (size_t k = 0; k < i; k++)
            again |= agency_id_eq(&peers->at[k].agency, &peer->agency);
        if (again || peer->confirmed || peer_is_past(todo->o.node, peer))
            continue;
        snprintf(command, sizeof(command), "muster confirm %s", shell_word(word, peer->agency_name));
        todo_add(todo, TODO_SOON, NULL, NULL, 0, command, _("%.100s is not confirmed by voice: call them"), peer->agency_name);
    }
}

static void knocks(struct todo *todo)
{
    json_t *pending = json_pending(todo->o.node);
    if (json_array_size(pending))
        todo_add(todo, TODO_SOON, NULL, NULL, 0, "muster pending", _("%zu knocked at this node and were refused"),
                 json_array_size(pending));
    json_decref(pending);
}

static void logs(struct todo *todo)
{
    const struct space_view *space = &todo->o.space;
    if (space->forks)
        todo_add(todo, TODO_NOW, NULL, NULL, 0, "muster check", _("%u logs in %.60s have two branches: their author signed both"),
                 space->forks, space->name);
    if (space->quarantined)
        todo_add(todo, TODO_LATER, NULL, NULL, 0, "muster check", _("%u records in %.60s are set aside: their contents are void"),
                 space->quarantined, space->name);
    size_t waits[WAITING_KEY + 1];
    (void)core_space_waiting(todo->o.node->core, space->number, waits);
    if (waits[WAITING_LIMIT])
        todo_add(todo, TODO_LATER, NULL, NULL, 0, "muster space log",
                 _("%zu segments in %.60s lie beyond a limit of their log and count for nobody"), waits[WAITING_LIMIT], space->name);
    if (waits[WAITING_KEY])
        todo_add(todo, TODO_LATER, NULL, NULL, 0, "muster peer list",
                 _("%zu segments in %.60s wait for a key: a member that holds it must be up"), waits[WAITING_KEY], space->name);
}

/* What no other source says, of the alarms of the space that nobody has acknowledged. */
static void alarms(struct todo *todo)
{
    static const struct {
        enum alarm_rule rule;
        bool theirs; /* of other agencies' objects too */
        enum todo_urgency urgency;
        const char *command;
    } rules[] = {
        {ALARM_TASK_ESCALATED, true, TODO_NOW, "muster task ack %s"},
        {ALARM_MANDATE_EXPIRED, false, TODO_NOW, "muster show %s"},
        {ALARM_AGREEMENT_EXPIRED, false, TODO_SOON, "muster agreement show %s"},
        {ALARM_SOURCE_CHANGED, false, TODO_SOON, "muster show %s"},
        {ALARM_MEMBER_SILENT, true, TODO_SOON, "muster alarms"},
    };
    struct node *node = todo->o.node;
    for (size_t i = 0; i < node->alarm_look.alarms.count; i++) {
        const struct alarm *alarm = &node->alarm_look.alarms.at[i];
        struct object_stored state;
        char text[ALARM_TEXT_BYTES];
        if (!alarm->round || alarm->acked_ms || !alarm->in_space || !space_id_eq(&alarm->space, &todo->o.space.id) ||
            (alarm->has_object && lookup_state(node, todo->o.space.number, &alarm->object, &state) != MUSTER_OK))
            continue;
        alarm_sentence(alarm, false, text, sizeof(text));
        for (size_t r = 0; r < ARRAY_LEN(rules); r++)
            if (rules[r].rule == alarm->rule && (rules[r].theirs || !alarm->theirs))
                todo_add(todo, rules[r].urgency, alarm->has_object ? &alarm->object : NULL, alarm->has_object ? &state : NULL, 0,
                         rules[r].command, "%.300s", text);
    }
}

const struct todo_source todo_sources[] = {
    {"branches",   N_("objects that were changed on two sides at once"),               branches,                   false},
    {"circles",    N_("links, or successors, that lead back to where they began"),        todo_circles,               false},
    {"transfers",  N_("command that is offered to this agency"),                       transfers,                  false},
    {"proposals",  N_("changes of own objects that partners propose"),                 proposals,                  false},
    {"promises",   N_("promises that do not hold"),                                    promises,                   false},
    {"tasks",      N_("tasks for this agency that nobody has acknowledged"),           todo_tasks,                 false},
    {"own-tasks",  N_("tasks given out that are late or unacknowledged"),              todo_own_tasks,             false},
    {"approve",    N_("own requests that wait for approval"),                          todo_approvals_of_requests, false},
    {"requests",   N_("requests of partners that nobody here has answered"),           todo_requests_of_others,    false},
    {"offers",     N_("offers to own requests that wait for an answer"),               todo_offers,                false},
    {"deliveries", N_("deliveries to own requests that should have come"),             todo_deliveries,            false},
    {"sent",       N_("own deliveries that are promised and not sent, or refused and still promised"),                todo_sent,                  false},
    {"stock",      N_("own stock that expires or is below its minimum"),               todo_stock,                 false},
    {"approvals",  N_("operations of a space that wait for this agency's approval"),   approvals,                  false},
    {"logs",       N_("logs with two branches, records set aside, keys that lack"),    logs,                       false},
    {"alarms",     N_("what was passed on, has ended, fallen silent, or rests on what was taken back"), alarms,     false},
    {"agreements", N_("agreements that wait for this agency's signature"),             agreements,                 true },
    {"partners",   N_("partners that are not confirmed by voice"),                     partners,                   true },
    {"knocks",     N_("who knocked and was refused"),                                  knocks,                     true },
};
const size_t todo_sources_count = ARRAY_LEN(todo_sources);
