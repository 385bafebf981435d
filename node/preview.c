#include "node/preview.h"

#include "lang/lang.h"
#include "node/json.h"
#include "protocol/trust/epochs.h"
#include "protocol/trust/forward.h"

enum { CARRIERS_MAX = 64, SAY_BYTES = 320 };

/* --- on which way --------------------------------------------------------------------------------------------------------- */

static bool is_up(const struct node *node, const struct agency_id *agency)
{
    for (size_t i = 0; i < node->peers.count; i++)
        if (node->peers.at[i].up && agency_id_eq(&node->peers.at[i].agency, agency))
            return true;
    return false;
}

/* Members that are here now, get it themselves, and hand it on when they meet the recipient (any member carries). */
static json_t *carriers(struct node *node, const struct space_view *space, const struct agency_id *to,
                        const struct record_id *operation)
{
    const struct control_state *state = control_state(space->control);
    struct agency_id who[CARRIERS_MAX];
    size_t count = 0;
    json_t *list = json_array();
    for (size_t i = 0; state && i < state->member_count && count < CARRIERS_MAX; i++)
        if (!agency_id_eq(&state->members[i].who, to) && is_up(node, &state->members[i].who))
            who[count++] = state->members[i].who; /* copied: deciding may fold control again */
    for (size_t i = 0; i < count; i++)
        if (forward_decide(space->control, &who[i], operation).allowed)
            json_array_append_new(list, json_agency(node, &who[i]));
    return list;
}

static const char *rule_says(enum forward_rule rule)
{
    switch (rule) {
    case FORWARD_MEMBER:
        return _("a member");
    case FORWARD_REMOVAL_NOTICE:
        return _("removed: it is shown its removal and nothing else");
    case FORWARD_SUSPENDED:
        return _("suspended: it gets no data until the suspension is lifted");
    case FORWARD_REMOVED:
        return _("removed: it gets nothing");
    case FORWARD_NOT_A_MEMBER:
        return _("no member: it gets nothing");
    }
    return _("no member: it gets nothing");
}

static void say_way(char say[SAY_BYTES], const struct peer *peer, const char *hop, const json_t *via)
{
    const json_t *first = json_object_get(json_array_get(via, 0), "name");
    if (strcmp(hop, "direct") == 0)
        snprintf(say, SAY_BYTES, _("straight from here: it is connected"));
    else if (strcmp(hop, "via") == 0)
        snprintf(say, SAY_BYTES, _("through %.128s%s, which carr%s it there when they meet"),
                 first ? json_string_value(first) : "", json_array_size(via) > 1 ? _(" and others") : "",
                 json_array_size(via) > 1 ? "y" : "ies");
    else if (peer)
        snprintf(say, SAY_BYTES, _("it waits here until they meet, or goes on a stick: muster bundle export --for \"%.128s\""),
                 peer->agency_name);
    else
        snprintf(say, SAY_BYTES, _("it waits here: no card of it is known, so another member has to carry it"));
}

static json_t *recipient(struct node *node, const struct space_view *space, const struct agency_id *who, enum right right,
                         const struct record_id *operation)
{
    struct forward_decision decided = forward_decide(space->control, who, operation);
    const struct peer *peer = peer_of_agency(&node->peers, who);
    char say[SAY_BYTES];
    json_t *via = json_array();
    const char *hop = "none";
    snprintf(say, sizeof(say), "%s", rule_says(decided.rule));
    if (decided.allowed && is_up(node, who)) {
        hop = "direct";
    } else if (decided.allowed) {
        json_decref(via);
        via = carriers(node, space, who, operation);
        hop = json_array_size(via) ? "via" : "waits";
    }
    if (decided.allowed)
        say_way(say, peer, hop, via);
    return json_pack("{s:o, s:s, s:b, s:s, s:b, s:b, s:s, s:o, s:o, s:o}", "agency", json_agency(node, who), "right",
                     right_name(right), "gets", (int)decided.allowed, "rule", forward_rule_name(decided.rule), "reads",
                     decided.allowed && (operation || epoch_reader(space->control, who)), "confirmed",
                     peer && peer->confirmed, "hop", hop, "via", via, "since",
                     peer && !is_up(node, who) ? json_time(peer->since_ms) : json_null(), "say", json_text(say, strlen(say)));
}

json_t *preview_recipients(struct node *node, const struct space_view *space, const struct record_id *operation)
{
    const struct control_state *state = space->joined ? control_state(space->control) : NULL;
    size_t count = state ? state->member_count : 0;
    struct control_member *members = calloc(count + 1, sizeof(*members));
    json_t *list = json_array();
    if (members && count)
        memcpy(members, state->members, count * sizeof(*members));
    for (size_t i = 0; members && i < count; i++)
        if (!agency_id_eq(&members[i].who, &node->own.identity.agency))
            json_array_append_new(list, recipient(node, space, &members[i].who, members[i].right, operation));
    free(members);
    return list;
}

/* --- records ---------------------------------------------------------------------------------------------------------------- */

void preview_refusal(struct request *request, size_t item, json_t *error)
{
    if (!request_dry(request))
        return;
    if (!request->refusals)
        request->refusals = json_array();
    json_array_append_new(request->refusals, json_pack("{s:I, s:s, s:O}", "item", (json_int_t)item, "state", "refused", "error",
                                                       error));
}

static bool refused_before(const struct request *request, size_t item, json_t *items)
{
    const json_t *one;
    size_t i;
    json_array_foreach(request->refusals, i, one)
        if ((size_t)json_integer_value(json_object_get(one, "item")) == item) {
            json_array_append(items, json_array_get(request->refusals, i));
            return true;
        }
    return false;
}

void preview_write(struct request *request, const struct space_id *space_id, const struct write_item *items, size_t count,
                   struct write_result *results)
{
    struct node *node = request->node;
    struct space_view space;
    size_t counts[3] = {0, 0, 0}, refused = json_array_size(request->refusals), place = 0;
    enum muster_error whole = core_write_check(node->core, space_id, items, count, results);
    if (!core_space_by_id(node->core, space_id, &space) || (whole && count)) {
        request_refuse(request, whole ? whole : MUSTER_EUNKNOWN_SPACE, "nothing would be stored: %s",
                       _(error_what(whole ? whole : MUSTER_EUNKNOWN_SPACE)));
        return;
    }
    json_t *json = json_head(node, &space), *list = json_array();
    for (size_t i = 0; i < count + refused; i++) {
        if (refused_before(request, i, list)) {
            counts[2]++;
            continue;
        }
        const struct write_result *result = &results[place++];
        static const char *const states[] = {"stored", "existing", "refused"};
        size_t state = result->error ? 2 : result->existed ? 1 : 0;
        counts[state]++;
        json_t *one = json_pack("{s:I, s:s}", "item", (json_int_t)i, "state", states[state]);
        if (result->error)
            json_object_set_new(one, "error", error_json(result->error, _(error_what(result->error)), NULL, NULL));
        json_array_append_new(list, one);
    }
    json_object_set_new(json, "dry_run", json_true());
    json_object_set_new(json, "stored", json_integer((json_int_t)counts[0]));
    json_object_set_new(json, "existing", json_integer((json_int_t)counts[1]));
    json_object_set_new(json, "refused", json_integer((json_int_t)counts[2]));
    json_object_set_new(json, "items", list);
    json_object_set(json, "agreement", request->agreement ? request->agreement : json_null());
    json_object_set_new(json, "recipients", counts[0] ? preview_recipients(node, &space, NULL) : json_array());
    request_answer(request, json);
}

/* --- operations of a space ---------------------------------------------------------------------------------------------------- */

static const char *command_says(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_ADD_MEMBER:
        return _("add a member");
    case COMMAND_SET_RIGHT:
        return _("change a member's right");
    case COMMAND_REMOVE:
        return _("remove a member");
    case COMMAND_SUSPEND:
        return _("suspend a member");
    case COMMAND_LIFT:
        return _("lift a suspension");
    case COMMAND_POLICY:
        return _("change the policy");
    case COMMAND_APPROVE:
        return _("approve an operation");
    case COMMAND_ROTATE:
        return _("open a new epoch of keys");
    case COMMAND_CUT:
        return _("cut a log");
    case COMMAND_REASSIGN:
        return _("reassign an object");
    case COMMAND_ERASE:
        return _("erase records");
    case COMMAND_HOLD:
        return _("hold records");
    case COMMAND_UNHOLD:
        return _("end a hold");
    case COMMAND_RETAIN:
        return _("erase what is older than the space keeps");
    default:
        return _("carry the command out");
    }
}

static void preview_space(struct request *request, const struct command *command)
{
    char sentence[256];
    snprintf(sentence, sizeof(sentence), _("would make the space %.120s; nobody else is in it"), command->space.name);
    request_answer(request, json_pack("{s:i, s:b, s:o, s:i, s:[]}", "muster", 1, "dry_run", 1, "message",
                                      json_text(sentence, strlen(sentence)), "still", 0, "recipients"));
}

void preview_command(struct request *request, const struct command *command)
{
    struct node *node = request->node;
    struct space_view space;
    struct command_outcome outcome;
    struct record_id unwritten = {{0}};
    char sentence[256];
    if (command->kind == COMMAND_SPACE_CREATE) {
        preview_space(request, command);
        return;
    }
    enum muster_error error = core_command_check(node->core, command, &outcome);
    const char *what = command_says(command->kind);
    if (error || !core_space_by_id(node->core, &command->space_id, &space)) {
        error = error ? error : MUSTER_EUNKNOWN_SPACE;
        request_refuse(request, error, "would not %s: %s", what,
                       error == MUSTER_EDUPLICATE ? _("it is so already") : _(error_what(error)));
        return;
    }
    bool waits = outcome.judged.needed > outcome.judged.signed_by;
    uint32_t still = waits ? outcome.judged.needed - outcome.judged.signed_by : 0;
    if (still)
        snprintf(sentence, sizeof(sentence), _("would propose to %s in %.100s: %u more approval%s needed"), what, space.name, still,
                 still == 1 ? _(" is") : _("s are"));
    else
        snprintf(sentence, sizeof(sentence), _("would %s in %.100s: in force at once"), what, space.name);
    json_t *json = json_head(node, &space);
    json_object_set_new(json, "dry_run", json_true());
    json_object_set_new(json, "message", json_text(sentence, strlen(sentence)));
    json_object_set_new(json, "still", json_integer(still));
    json_object_set_new(json, "recipients", preview_recipients(node, &space, &unwritten));
    request_answer(request, json);
}
