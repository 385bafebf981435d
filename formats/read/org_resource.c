#include "formats/read/org_resource.h"

/* "Cook, Salvation Army": what it is and whose. */
static bool name_finish(json_t *fields)
{
    const char *type = json_string_value(json_object_get(fields, "resource_type"));
    const char *org = json_string_value(json_object_get(fields, "owner_org"));
    enum { TYPE_BYTES = 120, ORG_BYTES = 120 };
    json_t *name = json_sprintf("%s, %s", type ? type : "", org ? org : "");
    if (name && json_string_length(name) > TYPE_BYTES + ORG_BYTES) {
        json_decref(name);
        name = json_string(type ? type : "");
    }
    return json_object_set_new(fields, "name", name) == 0;
}

static const struct profile_column columns[] = {
    /* field, type, required, filled, headings, HXL tags */
    {"resource_type", COLUMN_TEXT, true, true, {"Resource Type", "Type", "资源类型"}, {"#service", "#item+type"}},
    {"owner_org", COLUMN_TEXT, true, true, {"Organisation", "Organization", "Org", "单位名称"}, {"#org"}},
    {"branch", COLUMN_TEXT, false, false, {"Branch", "Office"}, {"#org+branch"}},
    {"country", COLUMN_CODE2OR3, false, false, {"Country"}, {"#country"}},
    {"adm1", COLUMN_TEXT, false, false, {"L1"}, {"#adm1"}},
    {"adm2", COLUMN_TEXT, false, false, {"L2"}, {"#adm2"}},
    {"adm3", COLUMN_TEXT, false, false, {"L3"}, {"#adm3"}},
    {"quantity", COLUMN_DECIMAL, false, false, {"Quantity", "Qty", "数量"}, {"#capacity", "#item+quantity"}},
    {"lat", COLUMN_LAT, false, false, {"Lat", "Latitude"}, {"#geo+lat"}},
    {"lon", COLUMN_LON, false, false, {"Lon", "Longitude"}, {"#geo+lon"}},
    {"comments", COLUMN_TEXT, false, false, {"Comments", "Comment", "Remarks", "备注"}, {"#description"}},
};

const struct profile profile_org_resource = {"org-resource", NULL, columns, ARRAY_LEN(columns), name_finish};

enum muster_error org_resource_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                                    json_t **items, struct format_problems *problems)
{
    return profile_read(&profile_org_resource, bytes, len, name, encoding, items, problems);
}
