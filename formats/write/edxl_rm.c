/* edxl_rm.c — requests, deployments and resources as messages of EDXL-RM 1.0.
 *
 * Which message an object is follows from its kind and where it stands; what a message may and must have is a row of
 * `rm_messages` (formats/edxl_rm.h), which holds back what the message forbids and refuses an object that lacks what it demands.
 *
 *   request                               RequestResource
 *   deployment  offered, no request       OfferUnsolicitedResource
 *               offered or refused        ResponseToRequestResource
 *               committed                 CommitResource, when it has a quantity and a time
 *               all other states          ReportResourceDeploymentStatus
 *   resource                              ReportResourceDeploymentStatus */
#include "formats/edxl_rm.h"
#include "formats/write/cap.h"
#include "formats/write/edxl.h"
#include "formats/write/rows.h"

#include <string.h>

static bool has(const json_t *item, const char *name)
{
    const char *text = item_field(item, name);
    return text && *text;
}

static bool state_is(const json_t *item, const char *state)
{
    const char *status = item_field(item, "status");
    return status && strcmp(status, state) == 0;
}

static bool has_time(const json_t *item, const struct rm_message *message)
{
    for (size_t i = 0; rm_schedule_at(i); i++)
        if (strcmp(rm_schedule_at(i)->kind, item_text(item, "kind")) == 0 && (rm_schedule_at(i)->bit & message->schedules) &&
            has(item, rm_schedule_at(i)->time))
            return true;
    return false;
}

static const struct rm_message *message_of(const json_t *item)
{
    const char *kind = item_text(item, "kind");
    if (strcmp(kind, "request") == 0)
        return &rm_messages[RM_AT_REQUEST];
    if (strcmp(kind, "deployment") != 0)
        return &rm_messages[RM_AT_REPORT];
    if (state_is(item, "offered") || state_is(item, "refused"))
        return has(item, "request") ? &rm_messages[RM_AT_RESPONSE] : state_is(item, "offered") ? &rm_messages[RM_AT_OFFER] : &rm_messages[RM_AT_REPORT];
    if (state_is(item, "committed") && has(item, "request") && has(item, "quantity") &&
        has_time(item, &rm_messages[RM_AT_COMMIT]))
        return &rm_messages[RM_AT_COMMIT];
    return &rm_messages[RM_AT_REPORT];
}

/* --- parts ---------------------------------------------------------------------------------------------------- */

static void value_list(struct out *out, const char *element, const char *urn, const char *value)
{
    if (!value || !*value)
        return;
    out_format(out, "<%s>", element);
    out_element(out, "rm:ValueListURN", urn);
    out_element(out, "rm:Value", value);
    out_format(out, "</%s>\n", element);
}

static const char *response_of(const json_t *item)
{
    const char *response = item_field(item, "response");
    if (response && *response)
        return response;
    return state_is(item, "refused") ? "Decline" : state_is(item, "offered") ? "Provisional" : "Accept";
}

static void schedule_write(struct out *out, const json_t *item, const struct rm_message *message)
{
    char time[CAP_WRITE_ID_BYTES];
    for (size_t i = 0; rm_schedule_at(i); i++) {
        const char *given = item_field(item, rm_schedule_at(i)->time);
        if (strcmp(rm_schedule_at(i)->kind, item_text(item, "kind")) != 0 || !(rm_schedule_at(i)->bit & message->schedules) ||
            !given || !cap_write_time(time, given))
            continue;
        out_text(out, "<ScheduleInformation>\n");
        out_element(out, "ScheduleType", rm_schedule_at(i)->type);
        out_element(out, "DateTime", time);
        const char *place = rm_schedule_at(i)->place ? item_field(item, rm_schedule_at(i)->place) : NULL;
        if (place && *place) {
            out_text(out, "<Location>");
            out_element(out, "rm:LocationDescription", place);
            out_text(out, "</Location>\n");
        }
        out_text(out, "</ScheduleInformation>\n");
    }
}

static void resource_write(struct out *out, const json_t *item)
{
    const char *type = item_field(item, "resource_type"), *comments = item_field(item, "comments");
    const char *why = item_field(item, "justification"), *status = item_field(item, "niem_status");
    out_text(out, "<Resource>\n");
    out_element(out, "Name", item_title(item));
    value_list(out, "TypeStructure", "urn:x-hazard:vocab:resourceTypes", type ? type : item_field(item, "nims_kind"));
    value_list(out, "Keyword", "urn:muster:priority", item_field(item, "priority"));
    value_list(out, "Keyword", "urn:muster:code", item_field(item, "code"));
    out_element(out, "Description", why ? why : comments);
    out_text(out, "<OwnershipInformation>");
    out_element(out, "rm:Owner", item_text(json_object_get(item, "owner"), "name"));
    out_text(out, "</OwnershipInformation>\n<ResourceStatus>\n");
    value_list(out, "DeploymentStatus", "urn:muster:status", status ? status : item_field(item, "status"));
    value_list(out, "Availability", "urn:muster:availability", item_field(item, "availability"));
    out_text(out, "</ResourceStatus>\n</Resource>\n");
}

static void assignment_write(struct out *out, const json_t *item)
{
    const char *quantity = item_field(item, "quantity"), *unit = item_field(item, "unit");
    const char *words = item_field(item, "unit_text"), *task = item_field(item, "assignment");
    if ((!quantity || !*quantity) && (!task || !*task))
        return;
    out_text(out, "<AssignmentInformation>\n");
    if (quantity && *quantity) {
        out_text(out, "<Quantity><rm:MeasuredQuantity>");
        out_element(out, "rm:Amount", quantity);
        if (unit && *unit)
            value_list(out, "rm:UnitOfMeasure", "http://unitsofmeasure.org", unit);
        else
            value_list(out, "rm:UnitOfMeasure", "urn:muster:unit", words);
        out_text(out, "</rm:MeasuredQuantity></Quantity>\n");
    }
    out_element(out, "AnticipatedFunction", task);
    out_text(out, "</AssignmentInformation>\n");
}

static void head_write(struct export *e, const json_t *item, const struct rm_message *message)
{
    struct out *out = &e->body;
    char time[CAP_WRITE_ID_BYTES];
    const char *request = item_field(item, "request"), *incident = item_field(item, "incident");
    out_format(out, "<%s xmlns=\"urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg\" "
                    "xmlns:rm=\"urn:oasis:names:tc:emergency:EDXL:RM:1.0\">\n", message->name);
    out_format(out, "<MessageID>urn:uuid:");
    item_uuid(out, item_text(item, "id"));
    out_format(out, ".%lld</MessageID>\n", (long long)json_integer_value(json_object_get(item, "revision")));
    out_element(out, "SentDateTime", cap_write_time(time, item_text(item, "changed")) ? time : item_text(item, "changed"));
    out_element(out, "MessageContentType", message->name);
    if (e->head.exercise)
        out_element(out, "MessageDescription", "EXERCISE");
    if (request && *request && message->preceding != NEVER) {
        edxl_id(out, "OriginatingMessageID", request);
        edxl_id(out, "PrecedingMessageID", request);
    } else {
        edxl_id(out, "OriginatingMessageID", item_text(item, "id"));
    }
    if (incident && *incident) {
        out_text(out, "<IncidentInformation>");
        edxl_id(out, "rm:IncidentID", incident);
        out_text(out, "</IncidentInformation>\n");
    }
    const char *fund = item_field(item, "funding");
    if (fund && *fund && message->funding != NEVER) {
        out_text(out, "<Funding>");
        out_element(out, "rm:FundCode", fund);
        out_text(out, "</Funding>\n");
    }
    out_text(out, "<ContactInformation>\n");
    out_element(out, "rm:ContactDescription",
                item_field(item, "contact") ? item_field(item, "contact") : item_text(json_object_get(item, "owner"), "name"));
    out_element(out, "rm:ContactRole", "Sender");
    out_text(out, "</ContactInformation>\n");
}

static enum muster_error rm_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    const struct rm_message *message = message_of(item);
    struct out *out = &e->body;
    (void)problem;
    edxl_content_begin(e, item, item_title(item));
    head_write(e, item, message);
    out_text(out, "<ResourceInformation>\n<ResourceInfoElementID>1</ResourceInfoElementID>\n");
    if (message->response == MUST) {
        out_text(out, "<ResponseInformation>");
        out_element(out, "rm:PrecedingResourceInfoElementID", "1");
        out_element(out, "rm:ResponseType", response_of(item));
        out_element(out, "rm:ReasonDescription", item_field(item, "reason"));
        out_text(out, "</ResponseInformation>\n");
    }
    resource_write(out, item);
    assignment_write(out, item);
    schedule_write(out, item, message);
    out_format(out, "</ResourceInformation>\n</%s>\n", message->name);
    edxl_content_end(e);
    return MUSTER_OK;
}

static void rm_end(struct export *e)
{
    edxl_end(e, e->kind && strcmp(e->kind->name, "request") == 0 ? "Request" : "Report");
}

const struct export_format export_edxl_rm = {
    .name = "edxl-rm",
    .media_type = "application/xml",
    .suffix = "xml",
    .help = "EDXL-RM 1.0 in an EDXL-DE envelope",
    .kinds = "request deployment resource",
    .item = rm_item,
    .end = rm_end,
};
