#include "formats/edxl_have.h"
#include "formats/read/edxl.h"

#include "base/ids.h"

#include <string.h>

enum { PATH_BYTES = 160 };

/* Of several types of beds the sums; each type is in the comments. */
static void beds_take(struct made *made, struct xml_node *hospital)
{
    struct xml_node *status = xml_child(hospital, "HospitalBedCapacityStatus");
    static const struct {
        const char *element, *field;
    } counts[] = {{"AvailableCount", "beds_available"}, {"BaselineCount", "beds_total"}};
    bool several = xml_child(status, "BedCapacity") && xml_next(xml_child(status, "BedCapacity"));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        json_int_t sum = 0;
        bool any = false;
        for (struct xml_node *bed = xml_child(status, "BedCapacity"); bed; bed = xml_next(bed)) {
            struct xml_node *count = xml_at(bed, "Capacity");
            struct xml_node *value = xml_child(count, counts[i].element);
            int64_t number;
            if (!value || !whole_parse(value->text, strlen(value->text), &number) || number > 1000000)
                continue; /* it stays unused: a comment */
            any = true;
            sum += number;
            value->used = true;
            if (several) {
                struct out line = {0};
                out_text(&line, xml_text(xml_child(bed, "BedType")));
                out_format(&line, " %s", counts[i].element);
                out_bytes(&line, "", 1);
                if (!line.failed)
                    made_comment(made, line.at, value->text);
                out_clear(&line);
            }
        }
        if (any) {
            char text[32];
            snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, sum);
            made_text_named(made, counts[i].field, text);
        }
    }
    for (struct xml_node *bed = xml_child(status, "BedCapacity"); bed; bed = xml_next(bed)) {
        struct xml_node *type = xml_child(bed, "BedType"), *state = xml_at(bed, "Capacity/CapacityStatus");
        if (type && (several || strcmp(type->text, "MedicalSurgical") == 0))
            type->used = true; /* what muster writes for beds of no type */
        if (state && strlen(xml_text(state)) > 0 && strcmp(state->text, "VacantAvailable") != 0 &&
            strcmp(state->text, "NotAvailable") != 0)
            made_comment(made, "CapacityStatus", state->text);
    }
}

/* <gml:pos>latitude longitude</gml:pos>, or <gml:coordinates> with a comma. */
static void place_take(struct made *made, struct xml_node *hospital)
{
    struct xml_node *pos = xml_at(hospital, "Organization/OrganizationGeoLocation/Point/pos");
    if (!pos)
        pos = xml_at(hospital, "Organization/OrganizationGeoLocation/Point/coordinates");
    struct xml_node *system = xml_at(hospital, "Organization/OrganizationGeoLocation/Point/@srsName");
    if (!pos || (system && !strstr(system->text, "4326")))
        return; /* in another system it is a comment, with its name */
    xml_text(system);
    char pair[FIELD_LINE_BYTES];
    snprintf(pair, sizeof pair, "%.200s", pos->text);
    size_t first = strcspn(pair, " ,\t\n"), gap = strspn(pair + first, " ,\t\n");
    if (!pair[first + gap])
        return; /* a comment */
    pair[first] = '\0';
    made_text_named(made, "lat", pair);
    made_text_named(made, "lon", pair + first + gap);
    pos->used = true;
}

static void hospital_take(struct edxl *edxl, struct xml_node *hospital)
{
    struct made made;
    char exact[FIELD_LINE_BYTES];
    uint8_t bytes[16];
    struct xml_node *name = xml_at(hospital, "Organization/OrganizationInformation/OrganisationName");
    const char *id = xml_text(xml_child(name, "@ID"));
    made_start(&made, kind_by_name("resource"), &edxl->tally);
    for (size_t i = 0; have_row_at(i); i++) {
        const struct have_row *row = have_row_at(i);
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s%s%s/%s", row->group, row->inner ? "/" : "", row->inner ? row->inner : "", row->element);
        made_text_named(&made, row->field, xml_text(xml_at(hospital, path)));
    }
    beds_take(&made, hospital);
    place_take(&made, hospital);
    struct xml_node *time = xml_child(hospital, "LastUpdateTime");
    if (time)
        made_text_named(&made, "counted", edxl_time(exact, xml_text(time)));
    edxl_leftovers(&made, hospital);
    bool ours = strlen(id) == 32 && hex_to(bytes, sizeof bytes, id);
    json_t *key = ours  ? json_sprintf("muster:%s", id)
                  : *id ? json_sprintf("edxl-have:%.180s", id)
                        : made_key("edxl-have", made.fields, edxl->seen);
    edxl_give(edxl, &made, key, ours ? id : NULL, hospital->line);
}

void edxl_have_message(struct edxl *edxl, struct xml_node *message)
{
    for (struct xml_node *at = xml_child(message, "Hospital"); at && !edxl->ended; at = xml_next(at))
        hospital_take(edxl, at);
    if (!xml_child(message, "Hospital"))
        edxl->talk++;
}
