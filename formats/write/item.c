#include "formats/write/export.h"

#include <string.h>

const json_t *item_fields(const json_t *item)
{
    return json_object_get(item, "fields");
}

const char *item_field(const json_t *item, const char *name)
{
    return json_string_value(json_object_get(item_fields(item), name));
}

const char *item_first(const json_t *item, const char *name)
{
    const json_t *value = json_object_get(item_fields(item), name);
    return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

const char *item_text(const json_t *item, const char *name)
{
    const char *text = json_string_value(json_object_get(item, name));
    return text ? text : "";
}

bool item_is(const json_t *item, const char *flag)
{
    return json_is_true(json_object_get(item, flag));
}

const char *item_title(const json_t *item)
{
    const struct kind *kind = kind_by_name(item_text(item, "kind"));
    const struct field *title = kind ? field_flagged(kind, FIELD_TITLE) : NULL;
    const char *text = title ? item_field(item, title->name) : NULL;
    return text && *text ? text : item_text(item, "short");
}

/* An item of a list, where ; and \ are escaped as in field_text. */
static void list_item(struct out *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == ';' || *at == '\\')
            out_text(out, "\\");
        out_bytes(out, at, 1);
    }
}

static void structured(struct out *out, const json_t *value)
{
    const char *role = json_string_value(json_object_get(value, "role"));
    const char *object = json_string_value(json_object_get(value, "object"));
    const char *type = json_string_value(json_object_get(value, "media_type"));
    if (role && object) {
        out_text(out, role);
        out_text(out, ":");
        out_text(out, object);
    } else if (type) {
        out_text(out, type);
        out_format(out, ", %lld bytes", (long long)json_integer_value(json_object_get(value, "bytes")));
    } else {
        out_json(out, value);
    }
}

void item_value(struct out *out, const json_t *value)
{
    if (json_is_string(value)) {
        out_bytes(out, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        out_format(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        out_text(out, json_is_true(value) ? "yes" : "no");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *part = json_array_get(value, i);
            out_text(out, i ? ";" : "");
            if (json_is_string(part))
                list_item(out, json_string_value(part));
            else
                item_value(out, part);
        }
    } else if (json_is_object(value)) {
        structured(out, value);
    }
}

void item_uuid(struct out *out, const char *hex)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    if (strlen(hex) < 32)
        return;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        out_text(out, i ? "-" : "");
        out_bytes(out, hex, groups[i]);
        hex += groups[i];
    }
}
