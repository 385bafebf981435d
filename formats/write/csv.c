/* csv.c — a table of one kind: a row an object, a column a field; with HXL tags under the names when wanted.
 *
 * Columns: id, the kind's fields in their order, owner, times, marks, and the space with its exercise mark.  The
 * tag row (hxlstandard.org, core tags 1.1) comes from the table below; a field without a tag of its own is
 * #meta+FIELD, so that no column is without. */
#include "formats/write/rows.h"

#include <string.h>

static const struct {
    const char *kind, *field, *tag; /* kind NULL: of any kind that has such a field and no row of its own */
} tags[] = {
    {"incident", "name", "#event+name"},
    {"incident", "phase", "#status+phase"},
    {"incident", "category", "#event+category"},
    {"incident", "event", "#event+type"},
    {"incident", "event_class", "#event+class"},
    {"incident", "grade", "#severity+grade"},
    {"incident", "severity", "#severity"},
    {"incident", "urgency", "#severity+urgency"},
    {"incident", "certainty", "#severity+certainty"},
    {"incident", "affected", "#affected"},
    {"incident", "location", "#geo+latlon"},
    {"incident", "area", "#geo+bounds"},
    {"incident", "area_desc", "#loc+name"},
    {"incident", "geocode", "#loc+code"},
    {"incident", "started", "#date+start"},
    {"incident", "effective", "#date+effective"},
    {"incident", "onset", "#date+onset"},
    {"incident", "expires", "#date+end"},
    {"incident", "glide", "#crisis+code+v_glide"},
    {"incident", "headline", "#description+headline"},
    {"incident", "instruction", "#description+instruction"},
    {"incident", "response_type", "#activity+type"},
    {"incident", "command", "#org+command"},
    {"incident", "sender_name", "#org+sender"},
    {"incident", "language", "#meta+lang"},
    {"resource", "name", "#item+name"},
    {"resource", "resource_type", "#item+type"},
    {"resource", "category", "#item+category"},
    {"resource", "quantity", "#capacity+quantity"},
    {"resource", "unit", "#item+unit"},
    {"resource", "minimum", "#need+minimum"},
    {"resource", "lot", "#item+lot"},
    {"resource", "expires", "#date+expires"},
    {"resource", "counted", "#date+counted"},
    {"resource", "code", "#item+code"},
    {"resource", "owner_org", "#org"},
    {"resource", "branch", "#org+branch"},
    {"resource", "supplier", "#org+supplier"},
    {"resource", "unit_value", "#value+unit"},
    {"resource", "site", "#loc+name"},
    {"resource", "place_code", "#loc+code"},
    {"resource", "facility_status", "#status+facility"},
    {"resource", "beds_total", "#capacity+beds+total"},
    {"resource", "beds_available", "#capacity+beds+available"},
    {"evaluation", "name", "#activity+name"},
    {"evaluation", "rating", "#indicator+rating"},
    {"evaluation", "score", "#indicator+score"},
    {"evaluation", "fill_rate", "#indicator+fill_rate"},
    {"evaluation", "timeliness", "#indicator+timeliness"},
    {"evaluation", "period_from", "#date+start"},
    {"evaluation", "period_to", "#date+end"},
    {"request", "name", "#need+name"},
    {"request", "quantity", "#need+quantity"},
    {"request", "priority", "#need+priority"},
    {"deployment", "name", "#activity+name"},
    {NULL, "status", "#status"},
    {NULL, "quantity", "#item+quantity"},
    {NULL, "unit", "#item+unit"},
    {NULL, "resource_type", "#item+type"},
    {NULL, "description", "#description"},
    {NULL, "comments", "#description+comments"},
    {NULL, "contact", "#contact"},
    {NULL, "web", "#contact+url"},
    {NULL, "currency", "#currency"},
    {NULL, "country", "#country+code+v_iso2"},
    {NULL, "adm1", "#adm1+name"},
    {NULL, "adm2", "#adm2+name"},
    {NULL, "adm3", "#adm3+name"},
    {NULL, "site", "#loc+name"},
    {NULL, "location", "#geo+latlon"},
    {NULL, "lat", "#geo+lat"},
    {NULL, "lon", "#geo+lon"},
};

static const struct {
    const char *name, *member, *tag; /* member of the item, or of its owner */
} behind[] = {
    {"owner", "name", "#org+owner+name"},
    {"owner_id", "id", "#org+owner+code"},
    {"created", "created", "#date+created"},
    {"changed", "changed", "#date+changed"},
    {"conflict", "conflict", "#meta+conflict"},
    {"provisional", "provisional", "#meta+provisional"},
};

static void cell(struct export *e, bool first, const char *text)
{
    out_text(&e->out, first ? "" : ",");
    out_cell(&e->out, text);
}

static void tag_of(struct export *e, const char *field)
{
    const char *any = NULL;
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (strcmp(tags[i].field, field) != 0)
            continue;
        if (tags[i].kind && strcmp(tags[i].kind, e->kind->name) == 0) {
            cell(e, false, tags[i].tag);
            return;
        }
        any = tags[i].kind ? any : tags[i].tag;
    }
    if (any)
        cell(e, false, any);
    else
        out_format(&e->out, ",#meta+%s", field);
}

static bool is_column(const struct field *field)
{
    return field->type != FIELD_EVIDENCE && strcmp(field->name, "attachments") != 0;
}

static void csv_begin(struct export *e)
{
    if (e->mark)
        out_text(&e->out, "\xef\xbb\xbf");
    cell(e, true, "id");
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            cell(e, false, e->kind->fields[i].name);
    for (size_t i = 0; i < ARRAY_LEN(behind); i++)
        cell(e, false, behind[i].name);
    out_text(&e->out, ",space,exercise\r\n");
}

static void hxl_begin(struct export *e)
{
    csv_begin(e);
    cell(e, true, "#meta+id");
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            tag_of(e, e->kind->fields[i].name);
    for (size_t i = 0; i < ARRAY_LEN(behind); i++)
        cell(e, false, behind[i].tag);
    out_text(&e->out, ",#meta+space,#meta+exercise\r\n");
}

static void value_cell(struct export *e, const json_t *value)
{
    struct out text = {0};
    item_value(&text, value);
    out_bytes(&text, "", 1); /* its end */
    cell(e, false, text.failed ? "" : text.at);
    e->out.failed |= text.failed;
    out_clear(&text);
}

static enum muster_error csv_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    const json_t *fields = item_fields(item), *owner = json_object_get(item, "owner");
    (void)problem;
    cell(e, true, item_text(item, "id"));
    for (size_t i = 0; i < e->kind->count; i++)
        if (is_column(&e->kind->fields[i]))
            value_cell(e, json_object_get(fields, e->kind->fields[i].name));
    for (size_t i = 0; i < ARRAY_LEN(behind); i++)
        value_cell(e, json_object_get(strncmp(behind[i].name, "owner", 5) == 0 ? owner : item, behind[i].member));
    cell(e, false, e->head.space);
    out_text(&e->out, e->head.exercise ? ",EXERCISE\r\n" : ",no\r\n");
    return MUSTER_OK;
}

const struct export_format export_csv = {
    .name = "csv",
    .media_type = "text/csv",
    .suffix = "csv",
    .help = "a table of one kind",
    .flags = EXPORT_ONE_KIND,
    .begin = csv_begin,
    .item = csv_item,
};

const struct export_format export_hxl = {
    .name = "hxl",
    .media_type = "text/csv",
    .suffix = "csv",
    .help = "the same with a row of HXL tags",
    .flags = EXPORT_ONE_KIND,
    .begin = hxl_begin,
    .item = csv_item,
};
