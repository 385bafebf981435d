/* api_govern.c — governing a space: rights, removals, suspensions, policy, approvals, cuts; and what came of each. */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/json.h"
#include "node/lookup.h"
#include "protocol/trust/policy.h"

#include <stdlib.h>
#include <strings.h>

enum { NAMES_MAX = 16, NAMES_BYTES = 512, ID_DIGITS_MIN = 4, ENTRIES_MAX = 5000 };

/* --- names --------------------------------------------------------------------------------------------------- */

static bool called(const struct node *node, const struct agency_id *agency, const char *name, bool any_case)
{
    char id[2 * HASH_BYTES + 1], buffer[17];
    size_t len = strlen(name);
    hex_from(id, agency->b, HASH_BYTES);
    return (any_case ? strcasecmp : strcmp)(agency_name(node, agency, buffer), name) == 0 ||
           (len >= ID_DIGITS_MIN && len <= 2 * HASH_BYTES && strncmp(id, name, len) == 0);
}

bool request_member(struct request *request, const struct space_view *space, const char *what, const char *name,
                    struct agency_id *out)
{
    const struct control_state *state = control_state(space->control);
    size_t found = 0;
    if (!name || !name[0]) {
        request_refuse(request, MUSTER_EUSAGE, "\"%s\" is missing: the name or id of a member", what);
        return false;
    }
    for (int any_case = 0; any_case < 2 && !found; any_case++)
        for (size_t i = 0; state && i < state->member_count; i++)
            if (called(request->node, &state->members[i].who, name, any_case)) {
                *out = state->members[i].who;
                found++;
            }
    if (found > 1)
        request_refuse(request, MUSTER_EAMBIGUOUS, "%zu members of %s are called \"%.100s\"; give the id", found, space->name,
                       name);
    else if (!found)
        request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "\"%.100s\" is no member of %s", name, space->name);
    return found == 1;
}

/* The member that the body's "agency" names; refuses and gives false. */
static bool take_member(struct request *request, const struct space_view *space, struct agency_id *out)
{
    bool bad = false;
    const char *name = request_text(request, "agency", NAME_BYTES_MAX, &bad);
    return !bad && request_member(request, space, "agency", name, out);
}

static bool take_log(struct request *request, const struct space_view *space, const char *name, struct log_id *out)
{
    char id[2 * HASH_BYTES + 1];
    struct log_view log;
    size_t found = 0, len = strlen(name);
    for (size_t i = 0; len >= ID_DIGITS_MIN && core_log_at(request->node->core, space->number, i, &log); i++)
        if (log.role == 0 && strncmp(hex_from(id, log.id.b, HASH_BYTES), name, len) == 0) {
            *out = log.id;
            found++;
        }
    if (found != 1)
        request_refuse(request, found ? MUSTER_EAMBIGUOUS : MUSTER_EUNKNOWN_LOG, "%s has no one log \"%.70s\"", space->name, name);
    return found == 1;
}

static bool take_operation(struct request *request, const struct space_view *space, struct record_id *out)
{
    bool bad = false;
    const char *name = request_text(request, "operation", 2 * HASH_BYTES, &bad);
    char id[2 * HASH_BYTES + 1];
    struct control_entry entry;
    size_t found = 0;
    if (bad)
        return false;
    if (!name || strlen(name) < ID_DIGITS_MIN) {
        request_refuse(request, MUSTER_EUSAGE, "\"operation\" is missing: at least %d digits of what is to be approved",
                       ID_DIGITS_MIN);
        return false;
    }
    for (size_t i = 0; control_entry_at(space->control, i, &entry); i++)
        if (strncmp(hex_from(id, entry.id.b, HASH_BYTES), name, strlen(name)) == 0) {
            *out = entry.id;
            found++;
        }
    if (found != 1)
        request_refuse(request, found ? MUSTER_EAMBIGUOUS : MUSTER_ENOTFOUND, "%s has no one operation \"%.70s\"", space->name,
                       name);
    return found == 1;
}

/* --- what came of it ------------------------------------------------------------------------------------------- */

static json_t *agencies_json(const struct node *node, const struct agency_id *list, size_t count)
{
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(json, json_agency(node, &list[i]));
    return json;
}

/* "Boris or Chen" */
static const char *names_of(const struct node *node, const struct agency_id *list, size_t count, char out[NAMES_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < NAMES_BYTES; i++) {
        char buffer[17];
        int wrote = snprintf(out + used, NAMES_BYTES - used, "%s%s", !i ? "" : i + 1 == count ? _(" or ") : ", ",
                             agency_name(node, &list[i], buffer));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}

static void add_signatures(const struct node *node, const struct space_view *space, const struct record_id *id,
                           const struct control_judgement *judged, json_t *json)
{
    struct agency_id signers[NAMES_MAX], missing[NAMES_MAX];
    size_t signed_by = control_signers(space->control, id, signers, NAMES_MAX);
    size_t lacking = judged->verdict == CONTROL_WAITS_FOR_APPROVALS ? control_missing(space->control, id, missing, NAMES_MAX) : 0;
    json_object_set_new(json, "verdict", json_string(control_verdict_name(judged->verdict)));
    json_object_set_new(json, "needed", json_integer(judged->needed));
    json_object_set_new(json, "signed", agencies_json(node, signers, signed_by));
    json_object_set_new(json, "missing", agencies_json(node, missing, lacking));
    json_object_set_new(json, "still", json_integer(judged->verdict == CONTROL_WAITS_FOR_APPROVALS
                                                        ? (json_int_t)judged->needed - judged->signed_by
                                                        : 0));
}

static void refused(struct request *request, const struct space_view *space, const char *what)
{
    struct node *node = request->node;
    char names[NAMES_BYTES], id[2 * HASH_BYTES + 1];
    const struct command_outcome *outcome = &request->outcome;
    if (request->error == MUSTER_EPROPOSED) {
        struct agency_id missing[NAMES_MAX];
        struct trouble trouble = {.error = MUSTER_EPROPOSED};
        size_t count = control_missing(space->control, &outcome->operation, missing, NAMES_MAX);
        hex_from(id, outcome->operation.b, HASH_BYTES);
        snprintf(trouble.what, sizeof(trouble.what), _("%s: it is proposed already, and waits for %u more of %.200s"), what,
                 outcome->judged.needed - outcome->judged.signed_by, names_of(node, missing, count, names));
        snprintf(trouble.remedy, sizeof(trouble.remedy), "muster space approve %.12s", id);
        request_refuse_trouble(request, &trouble);
        return;
    }
    const char *why = request->error == MUSTER_EDUPLICATE    ? _("it is so already")
                      : request->error == MUSTER_ENOTMEMBER ? _("this agency, or the one it is about, is no member")
                                                            : _(error_what(request->error));
    request_refuse(request, request->error, "%s: %s", what, why);
}

struct govern {
    char what[256]; /* "remove Dora from flood" */
    uint8_t values[CONTROL_POLICY_MAX][16];
    struct control_policy policy[CONTROL_POLICY_MAX];
    struct command command;
};

static void governed(struct request *request)
{
    struct node *node = request->node;
    const struct govern *g = request->state;
    struct space_view space;
    char names[NAMES_BYTES], sentence[NAMES_BYTES + 320];
    if (!core_space_by_id(node->core, &request->space, &space)) {
        request_refuse(request, request->error ? request->error : MUSTER_EUNKNOWN_SPACE, "%s: the space is not known", g->what);
        return;
    }
    if (request->error) {
        refused(request, &space, g->what);
        return;
    }
    /* As it is by now, durable: an approval may have arrived meanwhile. */
    const struct record_id *id = &request->outcome.operation;
    struct control_judgement judged = control_judge(space.control, id);
    struct agency_id missing[NAMES_MAX];
    size_t lacking = control_missing(space.control, id, missing, NAMES_MAX);
    if (judged.verdict == CONTROL_WAITS_FOR_APPROVALS)
        snprintf(sentence, sizeof(sentence), _("%s: proposed, waits for %u more approval%s of %s"), g->what,
                 judged.needed - judged.signed_by, judged.needed - judged.signed_by == 1 ? "" : "s",
                 names_of(node, missing, lacking, names));
    else
        snprintf(sentence, sizeof(sentence), "%s: %s", g->what,
                 judged.verdict == CONTROL_EFFECTIVE ? _("in force") : control_verdict_name(judged.verdict));
    json_t *json = json_pack("{s:{s:o, s:o, s:b}, s:o, s:o}", "space", "id", json_hex(space.id.b, HASH_BYTES), "name",
                             json_text(space.name, strlen(space.name)), "exercise", (int)space.exercise, "operation",
                             json_hex(id->b, HASH_BYTES), "message", json_text(sentence, strlen(sentence)));
    add_signatures(node, &space, id, &judged, json);
    request_answer(request, json);
}

/* The space of the path and memory for a command about it; NULL when it was refused. */
static struct govern *begin(struct request *request, enum command_kind kind, struct space_view *space)
{
    if (!request_space_named(request, request->argument[0], space))
        return NULL;
    if (!space->joined) {
        request_refuse(request, MUSTER_ENOTREADY, "the contents of this space have not arrived yet");
        return NULL;
    }
    struct govern *g = calloc(1, sizeof(*g));
    request->state = g;
    request->state_free = free;
    if (g) {
        g->command.kind = kind;
        g->command.space_id = space->id;
    }
    return g;
}

static void about(struct request *request, struct govern *g, const struct space_view *space, const char *before,
                  const char *after)
{
    char buffer[17];
    snprintf(g->what, sizeof(g->what), "%.40s %.80s%.30s %.80s", before, agency_name(request->node, &g->command.agency, buffer), after,
             space->name);
    request_command(request, &g->command, governed);
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

void api_space_right(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_SET_RIGHT, &space);
    bool bad = false;
    const char *name = g ? request_text(request, "right", 16, &bad) : NULL;
    if (!g || bad)
        return;
    enum right right = RIGHT_NONE;
    while (name && right <= RIGHT_ADMIN && strcmp(right_name(right), name) != 0)
        right++;
    if (!name || right > RIGHT_ADMIN) {
        request_refuse(request, MUSTER_EUSAGE, "the right \"%.20s\" is not none, relay, read, write or admin", name ? name : "");
        return;
    }
    g->command.right = right;
    if (take_member(request, &space, &g->command.agency)) {
        char after[64];
        snprintf(after, sizeof(after), _(": right %s in"), right_name(right));
        about(request, g, &space, _("give"), after);
    }
}

static void simple(struct request *request, enum command_kind kind, const char *before, const char *after)
{
    struct space_view space;
    struct govern *g = begin(request, kind, &space);
    if (g && take_member(request, &space, &g->command.agency))
        about(request, g, &space, before, after);
}

void api_space_remove(struct request *request)
{
    simple(request, COMMAND_REMOVE, _("remove"), _(" from"));
}

void api_space_suspend(struct request *request)
{
    simple(request, COMMAND_SUSPEND, _("suspend"), _(" in"));
}

void api_space_lift(struct request *request)
{
    simple(request, COMMAND_LIFT, _("lift the suspension of"), _(" in"));
}

void api_space_leave(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_REMOVE, &space);
    if (!g)
        return;
    g->command.agency = request->node->own.identity.agency;
    snprintf(g->what, sizeof(g->what), _("leave %.100s"), space.name);
    request_command(request, &g->command, governed);
}

void api_space_rotate(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_ROTATE, &space);
    if (!g)
        return;
    snprintf(g->what, sizeof(g->what), _("open a new epoch in %.100s"), space.name);
    request_command(request, &g->command, governed);
}

void api_space_approve(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_APPROVE, &space);
    struct control_entry entry;
    if (!g || !take_operation(request, &space, &g->command.operation) ||
        !control_entry_of(space.control, &g->command.operation, &entry))
        return;
    char buffer[17];
    bool names = entry.about && entry.verb != CONTROL_CUT;
    snprintf(g->what, sizeof(g->what), _("approve %s%s%.100s in %.100s"), control_verb_name(entry.verb), names ? _(" of ") : "",
             names ? agency_name(request->node, &entry.who, buffer) : "", space.name);
    request_command(request, &g->command, governed);
}

void api_space_policy(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_POLICY, &space);
    json_t *fields = json_object_get(request->json, "fields"), *value;
    const char *name;
    if (!g)
        return;
    if (!json_is_object(fields) || !json_object_size(fields) || json_object_size(fields) > CONTROL_POLICY_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "\"fields\" is missing: {\"admins-min\":2}, say");
        return;
    }
    json_object_foreach(fields, name, value) {
        const struct policy_row *row = policy_by_name(name);
        size_t i = g->command.policy_count;
        if (!row) {
            request_refuse(request, MUSTER_EFIELD, "the policy has no field \"%.50s\"", name);
            return;
        }
        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            request_refuse(request, MUSTER_EUSAGE, "\"%s\" is a number from %llu to %llu", name, (unsigned long long)row->least,
                           (unsigned long long)row->most);
            return;
        }
        struct writer w = writer_over(g->values[i], sizeof(g->values[i]));
        pack_uint(&w, (uint64_t)json_integer_value(value));
        g->policy[i] = (struct control_policy){row->field, {g->values[i], writer_len(&w)}};
        g->command.policy_count++;
    }
    g->command.policy = g->policy;
    snprintf(g->what, sizeof(g->what), _("change the policy of %.100s"), space.name);
    request_command(request, &g->command, governed);
}

void api_space_cut(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_CUT, &space);
    bool bad = false;
    const char *log = g ? request_text(request, "log", 2 * HASH_BYTES, &bad) : NULL;
    const char *head = g && !bad ? request_text(request, "head", 2 * HASH_BYTES, &bad) : NULL;
    json_t *position = json_object_get(request->json, "position");
    if (!g || bad)
        return;
    if (log && (!json_is_integer(position) || json_integer_value(position) < 0)) {
        request_refuse(request, MUSTER_EUSAGE, "\"position\" is missing: the last segment that counts, 0 for none");
        return;
    }
    if (head && !hex_to(g->command.head.b, HASH_BYTES, head)) {
        request_refuse(request, MUSTER_EUSAGE, "\"head\" is not an id of 64 hex digits");
        return;
    }
    g->command.position = json_is_integer(position) ? (uint64_t)json_integer_value(position) : 0;
    if (log && take_log(request, &space, log, &g->command.log)) {
        snprintf(g->what, sizeof(g->what), _("cut the log %.12s at %llu in %.100s"), log, (unsigned long long)g->command.position,
                 space.name);
        request_command(request, &g->command, governed);
    } else if (!log && take_member(request, &space, &g->command.agency)) {
        about(request, g, &space, _("cut the control line of"), _(" in"));
    }
}

void api_space_reassign(struct request *request)
{
    struct space_view space;
    struct govern *g = begin(request, COMMAND_REASSIGN, &space);
    bool bad = false;
    const char *object = g ? request_text(request, "object", 64, &bad) : NULL;
    if (!g || bad || !take_member(request, &space, &g->command.agency))
        return;
    enum muster_error error = object ? lookup_object(request->node, &space, object, &g->command.object) : MUSTER_EUSAGE;
    if (error) {
        request_refuse(request, error, "the object \"%.60s\": %s", object ? object : "", _(error_what(error)));
        return;
    }
    char before[96];
    snprintf(before, sizeof(before), _("reassign %.60s to"), object);
    about(request, g, &space, before, _(" in"));
}

/* --- GET …/control -------------------------------------------------------------------------------------------------- */

static json_t *policy_json(const struct control_policy *policy, size_t count)
{
    json_t *json = json_object();
    for (size_t i = 0; i < count; i++) {
        const struct policy_row *row = policy_by_field(policy[i].field);
        char name[24];
        uint64_t number;
        snprintf(name, sizeof(name), "#%u", policy[i].field);
        json_object_set_new(json, row ? row->name : name,
                            policy_number(policy[i].value, &number) ? json_integer((json_int_t)number)
                                                                    : json_hex(policy[i].value.at, policy[i].value.len));
    }
    return json;
}

static json_t *fields_json(void)
{
    json_t *json = json_array();
    const struct policy_row *row;
    for (size_t i = 0; (row = policy_at(i)) != NULL; i++)
        json_array_append_new(json, json_pack("{s:s, s:s, s:I, s:I}", "name", row->name, "help", _(row->help), "least",
                                              (json_int_t)row->least, "most", (json_int_t)row->most));
    return json;
}

static json_t *entry_json(struct node *node, const struct space_view *space, const struct control_entry *e)
{
    uint64_t hlc = core_operation_hlc(node->core, space->number, &e->id);
    json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:b}", "operation", json_hex(e->id.b, HASH_BYTES), "verb",
                             control_verb_name(e->verb), "by", json_agency(node, &e->by), "time", json_time(hlc >> 16), "stale",
                             (int)e->admins_changed);
    if (e->about && e->verb != CONTROL_CUT)
        json_object_set_new(json, "who", json_agency(node, &e->who));
    if (e->verb == CONTROL_ADD || e->verb == CONTROL_SET_RIGHT)
        json_object_set_new(json, "right", json_string(right_name(e->right)));
    if (e->answers)
        json_object_set_new(json, "target", json_hex(e->target.b, HASH_BYTES));
    if (e->verb == CONTROL_CUT)
        json_object_set_new(json, "cut", json_pack("{s:o, s:I, s:o}", "of", json_hex(e->cut_of.b, HASH_BYTES), "position",
                                                   (json_int_t)e->cut_position, "head", json_hex(e->cut_head.b, HASH_BYTES)));
    if (e->verb == CONTROL_REASSIGN) {
        json_object_set_new(json, "object", json_hex(e->object.b, OBJECT_ID_BYTES));
        json_object_set_new(json, "who", json_agency(node, &e->to_agency));
    }
    if (e->verb == CONTROL_POLICY)
        json_object_set_new(json, "policy", policy_json(e->policy, e->policy_count));
    add_signatures(node, space, &e->id, &e->judged, json);
    return json;
}

/* Logs of which not all counts: what is beyond can be brought back by a cut (D3). */
static json_t *limits_json(struct node *node, const struct space_view *space)
{
    json_t *list = json_array();
    struct log_view log;
    for (size_t i = 0; core_log_at(node->core, space->number, i, &log); i++) {
        if (log.role != 0 || (log.status == CONTROL_LOG_OPEN && !log.fork_at))
            continue;
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:I, s:o, s:I, s:o, s:I}", "log", json_hex(log.id.b, HASH_BYTES), "agency",
                            json_agency(node, &log.agency), "prefix", (json_int_t)log.prefix, "limit",
                            log.limit == UINT64_MAX ? json_null() : json_integer((json_int_t)log.limit), "beyond",
                            (json_int_t)log.beyond, "fork_at",
                            log.fork_at ? json_integer((json_int_t)log.fork_at) : json_null(), "settled",
                            (json_int_t)log.settled));
    }
    return list;
}

void api_space_control(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct control_entry entry;
    if (!request_space_named(request, request->argument[0], &space))
        return;
    json_t *json = json_head(node, &space), *items = json_array();
    const struct control_state *state = space.joined ? control_state(space.control) : NULL;
    for (size_t i = 0; state && i < ENTRIES_MAX && control_entry_at(space.control, i, &entry); i++)
        json_array_append_new(items, entry_json(node, &space, &entry));
    json_object_set_new(json, "items", items);
    state = space.joined ? control_state(space.control) : NULL;
    json_object_set_new(json, "policy", state ? policy_json(state->policy, state->policy_count) : json_object());
    json_object_set_new(json, "fields", fields_json());
    json_object_set_new(json, "logs", limits_json(node, &space));
    json_object_set_new(json, "waiting", json_integer(state ? (json_int_t)state->waiting_count : 0));
    request_answer(request, json);
}
