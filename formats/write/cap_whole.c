#include "formats/write/cap_whole.h"

#include "formats/write/cap.h"
#include "formats/write/cap_value.h"

#include <string.h>

/* --- from an older version ------------------------------------------------------------------------------------------ */

static bool is(const json_t *object, const char *name, const char *text)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value && strcmp(value, text) == 0;
}

static void give(json_t *object, const char *name, json_t *value)
{
    if (json_object_get(object, name))
        json_decref(value);
    else
        json_object_set_new(object, name, value);
}

static void info_upgrade(json_t *info)
{
    json_t *resource;
    size_t i;
    give(info, "category", json_pack("[s]", "Other"));
    if (is(info, "certainty", "Very Likely"))
        json_object_set_new(info, "certainty", json_string("Likely"));
    json_array_foreach(json_object_get(info, "resource"), i, resource)
        give(resource, "mimeType", json_string("application/octet-stream"));
}

static void code_add(json_t *alert, const char *tlp)
{
    json_t *codes, *code;
    size_t i;
    give(alert, "code", json_array());
    codes = json_object_get(alert, "code");
    json_array_foreach(codes, i, code)
        if (json_is_string(code) && strcmp(json_string_value(code), tlp) == 0)
            return;
    json_array_append_new(codes, json_string(tlp));
}

static void upgrade(json_t *alert, bool exercise, const char *tlp)
{
    json_t *info;
    size_t i;
    if (!json_object_get(alert, "scope")) {
        json_object_set_new(alert, "scope", json_string("Restricted"));
        give(alert, "restriction", json_string(tlp ? tlp : CAP_WRITE_MEMBERS));
    }
    if (exercise && is(alert, "status", "Actual"))
        json_object_set_new(alert, "status", json_string("Exercise"));
    if (tlp)
        code_add(alert, tlp);
    json_array_foreach(json_object_get(alert, "info"), i, info)
        info_upgrade(info);
}

/* --- the elements, as the table orders them ----------------------------------------------------------------------------- */

enum { GROUPS_DEEP_MAX = 4 };

static bool group_write(struct out *out, const char *parent, const json_t *object, size_t deep);

static bool one_write(struct out *out, const struct cap_row *row, const json_t *value, size_t deep)
{
    char reason[CAP_REASON_MAX];
    if (json_is_string(value))
        return cap_value_write(out, row, json_string_value(value), reason);
    if (!json_is_object(value) || row->type != CAP_GROUP || deep == GROUPS_DEEP_MAX)
        return false;
    size_t start = out->len;
    out_format(out, "<%s>\n", row->name);
    bool ok = group_write(out, row->name, value, deep + 1);
    out_format(out, "</%s>\n", row->name);
    if (!ok && !out->failed)
        out->len = start;
    return ok;
}

static size_t row_write(struct out *out, const struct cap_row *row, const json_t *value, size_t deep)
{
    size_t wrote = 0;
    if (!json_is_array(value))
        return value && one_write(out, row, value, deep);
    for (size_t i = 0; i < json_array_size(value) && (row->max == CAP_MANY || wrote < row->max); i++)
        wrote += one_write(out, row, json_array_get(value, i), deep);
    return wrote;
}

static bool group_write(struct out *out, const char *parent, const json_t *object, size_t deep)
{
    size_t count;
    const struct cap_row *rows = cap_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].parent, parent) == 0 && rows[i].from <= CAP_1_2 && rows[i].to >= CAP_1_2 &&
            row_write(out, &rows[i], json_object_get(object, rows[i].name), deep) < rows[i].min)
            return false;
    return true;
}

bool cap_whole_write(struct out *out, json_t *alert, bool exercise, const char *tlp)
{
    size_t start = out->len;
    upgrade(alert, exercise, tlp);
    out_format(out, "<alert xmlns=\"%s\">\n", CAP_1_2_NAMESPACE);
    bool ok = group_write(out, "alert", alert, 0);
    out_text(out, "</alert>\n");
    if (!ok && !out->failed)
        out->len = start;
    return ok;
}
