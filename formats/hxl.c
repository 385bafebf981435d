#include "formats/hxl.h"

#include "formats/column.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct hxl_row tags[] = {
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

static const struct hxl_behind behind[] = {
    {"owner", "name", "#org+owner+name"},
    {"owner_id", "id", "#org+owner+code"},
    {"created", "created", "#date+created"},
    {"changed", "changed", "#date+changed"},
    {"conflict", "conflict", "#meta+conflict"},
    {"provisional", "provisional", "#meta+provisional"},
};

const struct hxl_behind *hxl_behind_at(size_t i)
{
    return i < ARRAY_LEN(behind) ? &behind[i] : NULL;
}

const struct hxl_row *hxl_row_at(size_t i)
{
    return i < ARRAY_LEN(tags) ? &tags[i] : NULL;
}

const char *hxl_tag(char out[HXL_TAG_BYTES], const char *kind, const char *field)
{
    const char *any = NULL;
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (strcmp(tags[i].field, field) != 0)
            continue;
        if (tags[i].kind && strcmp(tags[i].kind, kind) == 0)
            return tags[i].tag;
        any = tags[i].kind ? any : tags[i].tag;
    }
    if (any)
        return any;
    char name[COLUMN_NAME_BYTES];
    snprintf(out, HXL_TAG_BYTES, "#meta+%.48s", column_name(name, field));
    return out;
}

bool hxl_tag_fits(const char *cell, const char *wanted)
{
    size_t base = strcspn(wanted, "+"), cell_base = strcspn(cell, "+ ");
    if (base != cell_base || strncasecmp(cell, wanted, base) != 0)
        return false;
    for (const char *need = wanted + base; *need == '+';) {
        size_t n = 1 + strcspn(need + 1, "+");
        bool found = false;
        for (const char *at = strchr(cell, '+'); at && !found; at = strchr(at + 1, '+'))
            found = 1 + strcspn(at + 1, "+ ") == n && strncasecmp(at, need, n) == 0;
        if (!found)
            return false;
        need += n;
    }
    return true;
}

size_t hxl_tag_weight(const char *tag)
{
    size_t n = 1;
    for (; *tag; tag++)
        n += *tag == '+';
    return n;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool hxl_is_tag(const char *cell)
{
    if (cell[0] != '#' || !is_letter(cell[1]))
        return false;
    for (const char *at = cell + 1; *at; at++)
        if (!is_letter(*at) && !(*at >= '0' && *at <= '9') && !strchr("_+ ", *at))
            return false;
    return true;
}
