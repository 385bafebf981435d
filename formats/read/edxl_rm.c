#include "formats/edxl_rm.h"
#include "formats/read/edxl.h"

#include "lang/lang.h"

#include <string.h>

enum { FOR_REQUEST, FOR_DEPLOYMENT, FOR_RESOURCE, FOR_KINDS };
static const char *const kind_names[FOR_KINDS] = {"request", "deployment", "resource"};

/* Where a value stands and which field it is of each kind; NULL: none, then it is a comment. */
static const struct edxl_rm_row in_message[] = {
    {"Funding/FundCode",                      {"funding", "funding", NULL}},
    {"ContactInformation/ContactDescription", {"contact", "contact", "contact"}},
};
static const struct edxl_rm_row in_resource[] = {
    {"Resource/Name",                                            {"name", "name", "name"}},
    {"Resource/TypeStructure/Value",                             {"resource_type", NULL, "resource_type"}},
    {"Resource/Description",                                     {"justification", "comments", "comments"}},
    {"Resource/OwnershipInformation/Owner",                      {"requester", "supplier", "owner_org"}},
    {"Resource/ResourceStatus/Availability/Value",               {NULL, NULL, "availability"}},
    {"AssignmentInformation/Quantity/MeasuredQuantity/Amount",   {"quantity", "quantity", "quantity"}},
    {"AssignmentInformation/AnticipatedFunction",                {"assignment", "assignment", NULL}},
    {"ResponseInformation/ResponseType",                         {NULL, "response", NULL}},
    {"ResponseInformation/ReasonDescription",                    {"reason", "reason", NULL}},
};

_Static_assert(EDXL_RM_KINDS == (int)FOR_KINDS, "a row has a field of each kind");

const struct edxl_rm_row *edxl_rm_row_at(size_t i)
{
    if (i < ARRAY_LEN(in_resource))
        return &in_resource[i];
    i -= ARRAY_LEN(in_resource);
    return i < ARRAY_LEN(in_message) ? &in_message[i] : NULL;
}

/* Said by the kind and the keys of the object, or the same in every file. */
static const char *const known[] = {
    "MessageID", "SentDateTime", "MessageContentType", "OriginatingMessageID", "PrecedingMessageID",
    "IncidentInformation/IncidentID", "ContactInformation/ContactRole",
};
static const char *const known_in_resource[] = {
    "ResponseInformation/PrecedingResourceInfoElementID", "Resource/TypeStructure/ValueListURN",
    "Resource/ResourceStatus/Availability/ValueListURN",
};

static bool token_is(const struct field *field, const char *text)
{
    for (size_t i = 0; field && field->tokens && field->tokens[i]; i++)
        if (strcmp(field->tokens[i], text) == 0)
            return true;
    return false;
}

/* --- what kind of object --------------------------------------------------------------------------------------------- */

static const struct rm_message *rule_of(const struct xml_node *message)
{
    bool requisition = strcmp(message->name, "RequisitionResource") == 0; /* a request with money behind it */
    for (size_t i = 0; i < RM_MESSAGES; i++)
        if (strcmp(rm_messages[i].name, requisition ? "RequestResource" : message->name) == 0)
            return &rm_messages[i];
    return NULL;
}

static int kind_of(const struct rm_message *rule, const struct xml_node *message, const struct xml_node *info)
{
    if (rule == &rm_messages[RM_AT_REQUEST])
        return FOR_REQUEST;
    if (rule != &rm_messages[RM_AT_REPORT] || xml_child(message, "PrecedingMessageID"))
        return FOR_DEPLOYMENT;
    struct xml_node *status = xml_at(info, "Resource/ResourceStatus/DeploymentStatus/Value");
    const struct kind *deployment = kind_by_name("deployment");
    return status && (token_is(field_by_name(deployment, "status"), status->text) ||
                      token_is(field_by_name(deployment, "niem_status"), status->text))
               ? FOR_DEPLOYMENT
               : FOR_RESOURCE;
}

/* What the message must have and has not: a sentence, or NULL. */
static const char *missing(const struct rm_message *rule, const struct xml_node *message, const struct xml_node *info)
{
    struct xml_node *response = xml_at(info, "ResponseInformation/ResponseType");
    bool declined = response && strcmp(response->text, "Decline") == 0;
    if (rule->preceding == MUST && !xml_child(message, "PrecedingMessageID"))
        return _("the message answers another one, but <PrecedingMessageID>, which names it, is missing; ask the sender to "
                 "correct it");
    if (rule->response == MUST && !response)
        return _("the message is an answer, but <ResponseType>, which says Accept, Decline or Provisional, is missing; ask the "
                 "sender to correct it");
    if (rule->quantity == MUST && !declined && !xml_at(info, "AssignmentInformation/Quantity"))
        return _("the message promises a resource, but <Quantity>, which says how much, is missing; ask the sender to correct "
                 "it");
    if (rule->time == MUST && !declined && !xml_child(info, "ScheduleInformation"))
        return _("the message promises a resource, but <ScheduleInformation>, which says when, is missing; ask the sender to "
                 "correct it");
    return NULL;
}

/* --- parts ------------------------------------------------------------------------------------------------------------ */

static void take(struct made *made, const char *field, const char *heading, struct xml_node *node)
{
    const char *text = xml_text(node);
    if (*text && (!field || made_has(made, field) || !made_text_named(made, field, text)))
        made_comment(made, heading, text);
}

static void schedules_take(struct made *made, struct xml_node *info)
{
    for (struct xml_node *at = xml_child(info, "ScheduleInformation"); at; at = xml_next(at)) {
        struct xml_node *type = xml_child(at, "ScheduleType"), *time = xml_child(at, "DateTime");
        struct xml_node *place = xml_at(at, "Location/LocationDescription");
        const struct rm_schedule_row *row = NULL;
        char exact[FIELD_LINE_BYTES];
        for (size_t i = 0; type && rm_schedule_at(i) && !row; i++)
            if (strcmp(rm_schedule_at(i)->type, type->text) == 0 && strcmp(rm_schedule_at(i)->kind, made->kind->name) == 0)
                row = rm_schedule_at(i);
        if (row && time && !made_has(made, row->time)) {
            made_text_named(made, row->time, edxl_time(exact, xml_text(time)));
            xml_text(type);
            if (row->place && place && !made_has(made, row->place))
                made_text_named(made, row->place, xml_text(place));
        } else if (type && time) {
            made_comment(made, xml_text(type), xml_text(time));
        }
        if (type && place && !place->used)
            made_comment(made, xml_text(type), xml_text(place));
    }
}

static void keywords_take(struct made *made, struct xml_node *info)
{
    static const char prefix[] = "urn:muster:";
    for (struct xml_node *at = xml_at(info, "Resource/Keyword"); at; at = xml_next(at)) {
        struct xml_node *urn = xml_child(at, "ValueListURN"), *value = xml_child(at, "Value");
        bool ours = urn && strncmp(urn->text, prefix, sizeof prefix - 1) == 0;
        take(made, ours ? xml_text(urn) + sizeof prefix - 1 : NULL, "Keyword", value);
    }
}

static void unit_take(struct made *made, struct xml_node *info)
{
    struct xml_node *unit = xml_at(info, "AssignmentInformation/Quantity/MeasuredQuantity/UnitOfMeasure");
    const char *urn = xml_text(xml_child(unit, "ValueListURN"));
    take(made, strcmp(urn, "http://unitsofmeasure.org") == 0 ? "unit" : "unit_text", "UnitOfMeasure", xml_child(unit, "Value"));
}

static void status_take(struct made *made, const struct rm_message *rule, struct xml_node *info)
{
    struct xml_node *value = xml_at(info, "Resource/ResourceStatus/DeploymentStatus/Value");
    struct xml_node *response = xml_at(info, "ResponseInformation/ResponseType");
    const struct field *status = field_by_name(made->kind, "status");
    xml_text(xml_at(info, "Resource/ResourceStatus/DeploymentStatus/ValueListURN"));
    if (value && token_is(status, value->text))
        made_text(made, status, xml_text(value));
    else if (value && token_is(field_by_name(made->kind, "niem_status"), value->text))
        made_text_named(made, "niem_status", xml_text(value));
    else if (value)
        take(made, field_by_name(made->kind, "status_text") ? "status_text" : NULL, "DeploymentStatus", value);
    if (made_has(made, "status") || rule == &rm_messages[RM_AT_REPORT])
        return;
    bool declined = response && strcmp(response->text, "Decline") == 0;
    made_text(made, status,
              rule == &rm_messages[RM_AT_REQUEST]  ? "submitted"
              : declined                           ? "refused"
              : rule == &rm_messages[RM_AT_COMMIT] ? "committed"
                                                   : "offered");
}

/* A deployment begins somewhere even when the message does not say where. */
static void status_complete(struct made *made)
{
    if (made->kind->steps && !made_has(made, "status"))
        made_text_named(made, "status", "committed");
    const char *status = json_string_value(json_object_get(made->fields, "status"));
    if (status && strcmp(status, "refused") == 0 && !made_has(made, "reason"))
        made_text_named(made, "reason", "Decline"); /* a refusal has a reason, and that is all the message says */
}

static void id_take(struct made *made, const char *field, const char *heading, struct xml_node *node)
{
    char id[33];
    if (!node || (field && made_has(made, field)))
        return;
    if (field && edxl_own_id(id, node->text) && field_by_name(made->kind, field))
        made_text_named(made, field, id);
    else
        made_comment(made, heading, node->text);
    node->used = true;
}

/* The message's id and kind, where the kind has fields for them. */
static void message_note(struct made *made, struct xml_node *message)
{
    const struct field *type = field_by_name(made->kind, "rm_message");
    if (token_is(type, message->name))
        made_text(made, type, message->name);
    if (type)
        made_text_named(made, "rm_message_id", xml_text(xml_child(message, "MessageID")));
}

static void info_take(struct edxl *edxl, struct xml_node *message, struct xml_node *info, const struct rm_message *rule,
                      size_t number)
{
    struct made made;
    int which = kind_of(rule, message, info);
    const char *id = xml_text(xml_child(message, "MessageID")), *description = xml_text(xml_child(message, "MessageDescription"));
    char own[33];
    const char *lack = missing(rule, message, info);
    if (lack) {
        edxl_refuse(edxl, info->line, message->name, lack);
        return;
    }
    made_start(&made, kind_by_name(kind_names[which]), &edxl->tally);
    for (size_t i = 0; i < ARRAY_LEN(in_resource); i++)
        take(&made, in_resource[i].field[which], strrchr(in_resource[i].path, '/') + 1, xml_at(info, in_resource[i].path));
    for (size_t i = 0; i < ARRAY_LEN(in_message); i++)
        take(&made, in_message[i].field[which], strrchr(in_message[i].path, '/') + 1, xml_at(message, in_message[i].path));
    status_take(&made, rule, info);
    status_complete(&made);
    schedules_take(&made, info);
    keywords_take(&made, info);
    unit_take(&made, info);
    message_note(&made, message);
    id_take(&made, "incident", "IncidentID", xml_at(message, "IncidentInformation/IncidentID"));
    if (rule->preceding != NEVER)
        id_take(&made, "request", "PrecedingMessageID", xml_child(message, "PrecedingMessageID"));
    if (strcmp(description, "EXERCISE") != 0)
        made_comment(&made, NULL, description);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        xml_text(xml_at(message, known[i]));
    for (size_t i = 0; i < ARRAY_LEN(known_in_resource); i++)
        xml_text(xml_at(info, known_in_resource[i]));
    if (!made_has(&made, "name")) /* RM does not demand one */
        made_text_named(&made, "name", made_has(&made, "resource_type")
                                           ? json_string_value(json_object_get(made.fields, "resource_type"))
                                           : message->name);
    edxl_leftovers(&made, info);
    bool ours = number == 1 && edxl_own_id(own, id);
    json_t *key = ours        ? json_sprintf("muster:%s", own)
                  : number > 1 ? json_sprintf("edxl-rm:%.180s#%zu", id, number)
                               : json_sprintf("edxl-rm:%.180s", id);
    edxl_give(edxl, &made, key, ours ? own : NULL, info->line);
}

/* What stands in the message outside its resources belongs to the first of them. */
void edxl_rm_message(struct edxl *edxl, struct xml_node *message)
{
    const struct rm_message *rule = rule_of(message);
    size_t number = 0;
    if (!rule) {
        edxl->talk++;
        return;
    }
    if (!*xml_text(xml_child(message, "MessageID"))) {
        edxl_refuse(edxl, message->line, "MessageID",
                    _("the message has no <MessageID>, so it cannot be told from others; ask the sender to correct it"));
        return;
    }
    for (struct xml_node *info = xml_child(message, "ResourceInformation"); info && !edxl->ended; info = xml_next(info))
        info_take(edxl, message, info, rule, ++number);
    if (number == 0)
        edxl_refuse(edxl, message->line, "ResourceInformation",
                    _("the message names no resource (<ResourceInformation>), so there is nothing to take from it; ask the sender "
                      "to correct it"));
}
