#include "formats/read/stock.h"

static const struct profile_column columns[] = {
    /* field, type, required, filled, headings, HXL tags */
    {"name", COLUMN_TEXT, true, true, {"Item Name", "Item", "Name", "Description", "物资名称", "名称"}, {"#item"}},
    {"quantity", COLUMN_DECIMAL, true, false, {"Quantity", "Qty", "数量"}, {"#item+quantity", "#capacity", "#output"}},
    {"unit", COLUMN_UNIT, false, false, {"Unit of Measure", "Unit", "UoM", "单位"}, {"#item+unit", "#meta+unit"}},
    {"site", COLUMN_TEXT, false, false, {"Warehouse", "Site", "Location", "仓库"}, {"#loc"}},
    {"category", COLUMN_TEXT, false, false, {"Category", "Item Category", "类别"}, {"#item+category", "#sector"}},
    {"catalog", COLUMN_TEXT, false, false, {"Catalog", "Catalogue"}, {NULL}},
    {"tracking", COLUMN_TEXT, false, false, {"Tracking Number", "Tracking"}, {"#item+tracking"}},
    {"unit_value", COLUMN_DECIMAL, false, false, {"Unit Value", "Unit Price", "单价"}, {"#value"}},
    {"currency", COLUMN_CODE3, false, false, {"Currency", "币种"}, {"#currency"}},
    {"supplier", COLUMN_TEXT, false, false, {"Supplier/Donor", "Supplier", "Donor", "供应商"}, {"#org+supplier", "#org+donor"}},
    {"owner_org", COLUMN_TEXT, false, false, {"Organisation", "Organization", "Owner"}, {"#org"}},
    {"minimum", COLUMN_DECIMAL, false, false, {"Minimum", "Minimum Quantity"}, {"#item+minimum"}},
    {"lot", COLUMN_SHORT, false, false, {"Lot", "Lot Number", "Batch", "批号"}, {"#item+lot"}},
    {"code", COLUMN_SHORT, false, false, {"Code", "Item Code", "编码"}, {"#item+code"}},
    {"country", COLUMN_CODE2OR3, false, false, {"Country"}, {"#country"}},
    {"adm1", COLUMN_TEXT, false, false, {"L1"}, {"#adm1"}},
    {"adm2", COLUMN_TEXT, false, false, {"L2"}, {"#adm2"}},
    {"adm3", COLUMN_TEXT, false, false, {"L3"}, {"#adm3"}},
    {"lat", COLUMN_LAT, false, false, {"Lat", "Latitude"}, {"#geo+lat"}},
    {"lon", COLUMN_LON, false, false, {"Lon", "Longitude"}, {"#geo+lon"}},
    {"comments", COLUMN_TEXT, false, false, {"Comments", "Comment", "Remarks", "备注"}, {"#description"}},
    {"comments", COLUMN_COMMENT, false, false, {"Expiry Date", "Expires"}, {"#date+expiry"}},
};

const struct profile profile_stock = {"stock", "stock", columns, ARRAY_LEN(columns), NULL};

enum muster_error stock_read(const void *bytes, size_t len, const char *name, enum text_encoding encoding,
                             json_t **items, struct format_problems *problems)
{
    return profile_read(&profile_stock, bytes, len, name, encoding, items, problems);
}
