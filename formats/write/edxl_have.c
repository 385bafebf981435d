/* edxl_have.c — hospitals and other facilities as EDXL-HAVE 1.0, in an EDXL-DE envelope.
 *
 * A resource that says anything of a facility (status, clinical services, ambulances, security, beds, staffing) is
 * one <Hospital> of one HospitalStatus; other resources have no place in this format. */
#include "formats/edxl_have.h"
#include "formats/write/cap.h"
#include "formats/write/edxl.h"
#include "formats/write/rows.h"

#include <stdio.h>
#include <string.h>

enum { ELEMENT_BYTES = 64 };

static const char *const facility_fields[] = {"facility_status", "clinical_status", "ems_traffic", "security_status",
                                              "beds_total",      "beds_available",  "staffing",    "supplies"};

static bool is_facility(const json_t *item)
{
    for (size_t i = 0; i < ARRAY_LEN(facility_fields); i++) {
        const json_t *value = json_object_get(item_fields(item), facility_fields[i]);
        if (value && !json_is_null(value))
            return true;
    }
    return false;
}

static void number(struct out *out, const json_t *item, const char *field, const char *element)
{
    const json_t *value = json_object_get(item_fields(item), field);
    if (json_is_integer(value))
        out_format(out, "<%s>%lld</%s>\n", element, (long long)json_integer_value(value), element);
}

static void organisation(struct out *out, const json_t *item)
{
    const char *lat = item_field(item, "lat"), *lon = item_field(item, "lon");
    out_text(out, "<have:Organization>\n<have:OrganizationInformation>\n<xnl:OrganisationName xnl:ID=\"");
    out_xml(out, item_text(item, "id"));
    out_text(out, "\">");
    out_element(out, "xnl:NameElement", item_title(item));
    out_text(out, "</xnl:OrganisationName>\n</have:OrganizationInformation>\n");
    if (lat && *lat && lon && *lon) {
        out_text(out, "<have:OrganizationGeoLocation><gml:Point srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>");
        out_xml(out, lat);
        out_text(out, " ");
        out_xml(out, lon);
        out_text(out, "</gml:pos></gml:Point></have:OrganizationGeoLocation>\n");
    }
    out_text(out, "</have:Organization>\n");
}

static void beds(struct out *out, const json_t *item)
{
    const json_t *free_beds = json_object_get(item_fields(item), "beds_available");
    if (!json_is_integer(free_beds) && !json_is_integer(json_object_get(item_fields(item), "beds_total")))
        return;
    out_text(out, "<have:HospitalBedCapacityStatus><have:BedCapacity>\n<have:BedType>MedicalSurgical</have:BedType>\n"
                  "<have:Capacity>\n");
    if (json_is_integer(free_beds))
        out_element(out, "have:CapacityStatus", json_integer_value(free_beds) > 0 ? "VacantAvailable" : "NotAvailable");
    number(out, item, "beds_available", "have:AvailableCount");
    number(out, item, "beds_total", "have:BaselineCount");
    out_text(out, "</have:Capacity>\n</have:BedCapacity></have:HospitalBedCapacityStatus>\n");
}

/* The elements of a group that the resource says. */
static void group(struct out *out, const json_t *item, const char *name)
{
    const char *inner = NULL;
    bool any = false;
    for (size_t i = 0; have_row_at(i); i++) {
        const struct have_row *row = have_row_at(i);
        const char *value = strcmp(row->group, name) == 0 ? item_field(item, row->field) : NULL;
        char element[ELEMENT_BYTES];
        if (!value || !*value)
            continue;
        inner = row->inner;
        if (!any)
            out_format(out, "<have:%s>%s%s%s\n", name, inner ? "<have:" : "", inner ? inner : "", inner ? ">" : "");
        any = true;
        snprintf(element, sizeof element, "have:%s", row->element);
        out_element(out, element, value);
    }
    if (any)
        out_format(out, "%s%s%s</have:%s>\n", inner ? "</have:" : "", inner ? inner : "", inner ? ">" : "", name);
}

static enum muster_error have_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    struct out *out = &e->body;
    char time[CAP_WRITE_ID_BYTES];
    if (!is_facility(item))
        return format_problem_set(problem, MUSTER_ESCHEMA, NULL, 0, NULL,
                                  "%.40s is no facility: EDXL-HAVE has no place for it; give it a facility_status or beds",
                                  item_text(item, "short"));
    edxl_content_begin(e, item, item_title(item));
    out_text(out, "<have:HospitalStatus xmlns:have=\"urn:oasis:names:tc:emergency:EDXL:HAVE:1.0\" "
                  "xmlns:xnl=\"urn:oasis:names:tc:ciq:xnl:3\" xmlns:gml=\"http://www.opengis.net/gml\">\n"
                  "<have:Hospital>\n");
    organisation(out, item);
    group(out, item, "EmergencyDepartmentStatus");
    beds(out, item);
    group(out, item, "HospitalFacilityStatus");
    group(out, item, "HospitalResourceStatus");
    out_element(out, "have:LastUpdateTime",
                cap_write_time(time, item_text(item, "changed")) ? time : item_text(item, "changed"));
    out_text(out, "</have:Hospital>\n</have:HospitalStatus>\n");
    edxl_content_end(e);
    return MUSTER_OK;
}

static void have_end(struct export *e)
{
    edxl_end(e, "Report");
}

const struct export_format export_edxl_have = {
    .name = "edxl-have",
    .media_type = "application/xml",
    .suffix = "xml",
    .help = "EDXL-HAVE 1.0 of hospitals and facilities, in an EDXL-DE envelope",
    .kinds = "resource",
    .item = have_item,
    .end = have_end,
};
