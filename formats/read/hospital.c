#include "formats/read/hospital.h"

static const struct profile_column columns[] = {
    /* field, type, required, filled, headings, HXL tags */
    {"name", COLUMN_TEXT, true, true, {"Name", "Hospital", "Facility", "名称"}, {"#loc+name", "#loc+facility", "#loc"}},
    {"code", COLUMN_SHORT, false, false, {"Code", "Facility Code", "编码"}, {"#loc+code", "#meta+id"}},
    {"category", COLUMN_TEXT, false, false, {"Type", "Facility Type", "类型"}, {"#loc+type"}},
    {"status", COLUMN_FACILITY, false, false, {"Status", "Facility Status", "状态"}, {"#status"}},
    {"beds_total", COLUMN_COUNT, true, false, {"Beds Total", "Total Beds", "Beds", "床位数"}, {"#capacity+beds", "#capacity"}},
    {"owner_org", COLUMN_TEXT, false, false, {"Organisation", "Organization"}, {"#org"}},
    {"country", COLUMN_CODE2OR3, false, false, {"Country"}, {"#country"}},
    {"adm1", COLUMN_TEXT, false, false, {"L1"}, {"#adm1"}},
    {"adm2", COLUMN_TEXT, false, false, {"L2"}, {"#adm2"}},
    {"adm3", COLUMN_TEXT, false, false, {"L3"}, {"#adm3"}},
    {"comments", COLUMN_COMMENT, false, false, {"L4"}, {"#adm4"}},
    {"comments", COLUMN_COMMENT, false, false, {"L5"}, {"#adm5"}},
    {"site", COLUMN_TEXT, false, false, {"Building"}, {NULL}},
    {"site", COLUMN_TEXT, false, false, {"#loc", "Location"}, {NULL}},
    {"lat", COLUMN_LAT, false, false, {"Lat", "Latitude"}, {"#geo+lat"}},
    {"lon", COLUMN_LON, false, false, {"Lon", "Longitude"}, {"#geo+lon"}},
    {"comments", COLUMN_TEXT, false, false, {"Comments", "Comment", "Remarks", "备注"}, {"#description"}},
};

const struct profile profile_hospital = {"hospital", "hospital", columns, ARRAY_LEN(columns), NULL};

enum muster_error hospital_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                                json_t **items, struct format_problems *problems)
{
    return profile_read(&profile_hospital, bytes, len, name, encoding, items, problems);
}
