/* api_spaces.c — spaces: list, one, making one. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "protocol/trust/epochs.h"
#include "protocol/object/quantity.h"

#include <stdlib.h>

enum { RETENTION_DAYS_MAX = 36500 };

/* --- list and one -------------------------------------------------------------------------------------------------- */

static json_t *space_json(struct node *node, const struct space_view *space)
{
    const struct control_state *state = space->joined ? control_state(space->control) : NULL;
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:s, s:s, s:i, s:o, s:o}", "id", json_hex(space->id.b, HASH_BYTES),
                     "name", json_text(space->name, strlen(space->name)), "purpose",
                     json_text(space->purpose, strlen(space->purpose)), "exercise", (int)space->exercise, "joined",
                     (int)space->joined, "history", space->history == HISTORY_ALL ? "all" : "join", "right",
                     right_name(space->right), "members", state ? (int)state->member_count : 0, "created",
                     json_time(space->created_ms), "controller",
                     space->joined ? json_agency(node, &space->controller) : json_null());
}

void api_spaces(struct request *request)
{
    json_t *items = json_array();
    struct space_view space;
    for (size_t i = 0; core_space_at(request->node->core, i, &space); i++)
        json_array_append_new(items, space_json(request->node, &space));
    request_answer(request, json_pack("{s:o}", "items", items));
}

static json_t *members_json(struct node *node, const struct space_view *space)
{
    json_t *list = json_array();
    const struct control_state *state = space->joined ? control_state(space->control) : NULL;
    for (size_t i = 0; state && i < state->member_count; i++) {
        const struct control_member *member = &state->members[i];
        bool own = agency_id_eq(&member->who, &node->own.identity.agency), confirmed = own;
        json_t *nodes = json_array();
        if (own)
            json_array_append_new(nodes, json_text(node->own.node_name, strlen(node->own.node_name)));
        for (size_t p = 0; p < node->peers.count; p++)
            if (agency_id_eq(&node->peers.at[p].agency, &member->who)) {
                json_array_append_new(nodes,
                                      json_text(node->peers.at[p].node_name, strlen(node->peers.at[p].node_name)));
                confirmed = node->peers.at[p].confirmed;
            }
        json_array_append_new(list, json_pack("{s:o, s:s, s:b, s:o, s:b}", "agency", json_agency(node, &member->who),
                                              "right", right_name(member->right), "suspended", (int)member->suspended,
                                              "nodes", nodes, "confirmed", (int)confirmed));
    }
    return list;
}

static json_t *epochs_json(struct node *node, const struct space_view *space)
{
    json_t *list = json_array();
    const struct epochs *epochs = space->joined ? epochs_of(space->control) : NULL;
    for (size_t i = 0; epochs && i < epochs->count; i++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:b, s:b}", "id", json_hex(epochs->list[i].id.b, HASH_BYTES),
                                              "generation", (int)epochs->list[i].generation, "usable",
                                              (int)epochs->list[i].usable, "held",
                                              (int)core_epoch_held(node->core, &epochs->list[i].id)));
    return list;
}

static json_t *logs_json(struct node *node, const struct space_view *space)
{
    json_t *list = json_array();
    struct log_view log;
    for (size_t i = 0; core_log_at(node->core, space->number, i, &log); i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:s, s:I, s:I, s:i, s:o, s:I, s:b, s:b}", "id",
                                        json_hex(log.id.b, HASH_BYTES), "agency", json_agency(node, &log.agency),
                                        "role", log.role == 0 ? "data" : "control", "prefix", (json_int_t)log.prefix,
                                        "highest", (json_int_t)log.highest, "holes", (int)log.intervals, "fork_at",
                                        log.fork_at ? json_integer((json_int_t)log.fork_at) : json_null(), "records",
                                        (json_int_t)log.records, "own", (int)log.own, "counts", (int)log.counts));
    return list;
}

void api_space(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    if (!request_space_named(request, request->argument[0], &space))
        return;
    json_t *json = space_json(node, &space);
    json_object_set_new(json, "members", members_json(node, &space));
    json_object_set_new(json, "epochs", epochs_json(node, &space));
    json_object_set_new(json, "logs", logs_json(node, &space));
    json_object_set_new(json, "complete", json_complete(node, &space));
    json_object_set_new(json, "unconfirmed", json_unconfirmed(node, &space));
    json_object_set_new(json, "node",
                        json_pack("{s:o, s:o}", "agency", json_agency(node, &node->own.identity.agency), "name",
                                  json_text(node->own.node_name, strlen(node->own.node_name))));
    request_answer(request, json);
}

/* --- making one ------------------------------------------------------------------------------------------------------ */

static void created(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    if (request->error) {
        request_refuse(request, request->error, "the space was not made: %s", _(error_what(request->error)));
        return;
    }
    if (!core_space_by_id(node->core, &request->space, &space)) {
        request_refuse(request, MUSTER_EINTERNAL, "the space was made and cannot be found");
        return;
    }
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_SPACE_CREATED, &node->own.identity.agency, space.name);
    json_t *warnings = json_array();
    json_array_append_new(
        warnings, json_pack("{s:s, s:s, s:s}", "code", error_name(MUSTER_ENORIGHT), "message",
                            _("this agency is the only admin: if its keys are lost, nobody can change the members"), "do",
                            _("invite two more agencies with the right admin")));
    request_answer(request, json_pack("{s:{s:o, s:o, s:b}, s:o}", "space", "id", json_hex(space.id.b, HASH_BYTES), "name",
                                      json_text(space.name, strlen(space.name)), "exercise", (int)space.exercise, "warnings",
                                      warnings));
}

static bool name_taken(struct request *request, const char *name)
{
    struct space_view space;
    for (size_t i = 0; core_space_at(request->node->core, i, &space); i++)
        if (space.joined && strcmp(space.name, name) == 0)
            return true;
    return false;
}

static bool take_space(struct request *request, struct space_genesis *genesis)
{
    bool bad = false;
    const char *name = request_line(request, "name", NAME_BYTES_MAX, &bad);
    const char *purpose = bad ? NULL : request_line(request, "purpose", 2 * NAME_BYTES_MAX, &bad);
    const char *history = bad ? NULL : request_text(request, "history", 8, &bad);
    json_t *exercise = json_object_get(request->json, "exercise"),
           *days = json_object_get(request->json, "retention_days");
    if (bad)
        return false;
    if (!name || !name[0])
        request_refuse(request, MUSTER_EUSAGE, "\"name\" is missing: the name of the space");
    else if (name_taken(request, name))
        request_refuse(request, MUSTER_EDUPLICATE, "this node has a space \"%s\" already", name);
    else if (exercise && !json_is_boolean(exercise))
        request_refuse(request, MUSTER_EUSAGE, "\"exercise\" is neither true nor false");
    else if (history && strcmp(history, "all") != 0 && strcmp(history, "join") != 0)
        request_refuse(request, MUSTER_EUSAGE, "the history \"%s\" is neither all nor join", history);
    else if (days && !json_is_null(days) &&
             (!json_is_integer(days) || json_integer_value(days) < 0 || json_integer_value(days) > RETENTION_DAYS_MAX))
        request_refuse(request, MUSTER_EUSAGE, "\"retention_days\" is not a number of days up to %d",
                       RETENTION_DAYS_MAX);
    else {
        memcpy(genesis->name, name, strlen(name));
        if (purpose)
            memcpy(genesis->purpose, purpose, strlen(purpose));
        genesis->exercise = json_is_true(exercise);
        genesis->history = history && strcmp(history, "join") == 0 ? HISTORY_JOIN : HISTORY_ALL;
        genesis->retention_days = json_is_integer(days) ? (uint64_t)json_integer_value(days) : 0;
        return true;
    }
    return false;
}

void api_space_create(struct request *request)
{
    struct command *command = calloc(1, sizeof(*command));
    if (command) {
        command->kind = COMMAND_SPACE_CREATE;
        if (take_space(request, &command->space))
            request_command(request, command, created);
    }
    free(command);
}
