#include "node/fields_json.h"

#include "lang/lang.h"
#include "node/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MEDIA_TYPE = 1, KEY_BYTES = 2, KEY_SIZE = 3, RAW_TEXT_BYTES = 4096 };

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read(uint8_t *out, size_t size, size_t *len, const char *text, size_t text_len)
{
    *len = 0;
    if (text_len % 4)
        return false;
    for (size_t i = 0; i < text_len; i += 4) {
        uint32_t v = 0;
        bool last = i + 4 == text_len;
        int pad = last ? (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=') : 0;
        for (int k = 0; k < 4; k++) {
            int digit = k >= 4 - pad ? 0 : base64_digit(text[i + (size_t)k]);
            if (digit < 0)
                return false;
            v = v << 6 | (uint32_t)digit;
        }
        for (int k = 0; k < 3 - pad; k++) {
            if (*len == size)
                return false;
            out[(*len)++] = (uint8_t)(v >> (16 - 8 * k));
        }
    }
    return true;
}

/* --- from JSON ------------------------------------------------------------------------------------------------------- */

static enum muster_error wrong(struct kind_problem *problem, const struct field *field, const char *wants)
{
    return problem_set(problem, MUSTER_EBADVALUE, field, NULL, _("%s must be %s"), field->name, wants);
}

static void put_nil(struct writer *out)
{
    writer_u8(out, 0xc0);
}

static enum muster_error put_texts(const struct field *field, const json_t *value, struct writer *out,
                                   struct kind_problem *problem)
{
    if (json_is_string(value))
        return field_pack(field, json_string_value(value), json_string_length(value), out, problem);
    if (!json_is_array(value))
        return wrong(problem, field, _("a list of texts"));
    pack_array(out, (uint32_t)json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *each = json_array_get(value, i);
        if (!json_is_string(each))
            return wrong(problem, field, _("a list of texts"));
        enum muster_error error = field_line_check(field, json_string_value(each), json_string_length(each), problem);
        if (error)
            return error;
        pack_text(out, json_string_value(each), json_string_length(each));
    }
    return MUSTER_OK;
}

static enum muster_error put_object(const struct field *field, const json_t *value, fields_find *find, void *user,
                                    struct writer *out, struct kind_problem *problem)
{
    struct object_id id;
    const char *text = json_string_value(value);
    if (!text)
        return wrong(problem, field, _("the id of an object"));
    if (!hex_to(id.b, sizeof(id.b), text) && !find(user, text, &id))
        return problem_set(problem, MUSTER_ENOTFOUND, field, NULL,
                           _("%s: no object, or more than one, is called \"%.60s\""), field->name, text);
    pack_bytes(out, id.b, sizeof(id.b));
    return MUSTER_OK;
}

static enum muster_error put_links(const struct field *field, const json_t *value, fields_find *find, void *user,
                                   struct writer *out, struct kind_problem *problem)
{
    if (!json_is_array(value))
        return wrong(problem, field, _("a list of {\"role\", \"object\"}"));
    pack_array(out, (uint32_t)json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *each = json_array_get(value, i), *role = json_object_get(each, "role");
        if (!json_is_string(role))
            return wrong(problem, field, _("a list of {\"role\", \"object\"}"));
        pack_array(out, 2);
        pack_text(out, json_string_value(role), json_string_length(role));
        enum muster_error error = put_object(field, json_object_get(each, "object"), find, user, out, problem);
        if (error)
            return error;
    }
    return MUSTER_OK;
}

static enum muster_error put_evidence(const struct field *field, const json_t *value, struct writer *out,
                                      struct kind_problem *problem)
{
    const json_t *type = json_object_get(value, "media_type"), *base64 = json_object_get(value, "base64");
    uint8_t *bytes = malloc(FIELD_EVIDENCE_BYTES);
    size_t len = 0;
    enum muster_error error = MUSTER_OK;
    if (!json_is_string(type) || !json_is_string(base64) || !bytes)
        error = wrong(problem, field, _("{\"media_type\", \"base64\"}"));
    else if (!base64_read(bytes, FIELD_EVIDENCE_BYTES, &len, json_string_value(base64), json_string_length(base64)))
        error = problem_set(problem, MUSTER_EBADVALUE, field, NULL, _("%s is not base64, or more than %d bytes"),
                            field->name, FIELD_EVIDENCE_BYTES);
    if (!error) {
        pack_map(out, 2);
        pack_uint(out, KEY_MEDIA_TYPE);
        pack_text(out, json_string_value(type), json_string_length(type));
        pack_uint(out, KEY_BYTES);
        pack_bytes(out, bytes, len);
    }
    free(bytes);
    return error;
}

static enum muster_error put_value(const struct field *field, const json_t *value, fields_find *find, void *user,
                                   struct writer *out, struct kind_problem *problem)
{
    if (json_is_null(value)) {
        put_nil(out);
        return MUSTER_OK;
    }
    switch (field->type) {
    case FIELD_TOKENS:
    case FIELD_TEXTS:
    case FIELD_AREA:
        return put_texts(field, value, out, problem);
    case FIELD_OBJECT:
        return put_object(field, value, find, user, out, problem);
    case FIELD_LINKS:
        return put_links(field, value, find, user, out, problem);
    case FIELD_EVIDENCE:
        return put_evidence(field, value, out, problem);
    case FIELD_FLAG:
        if (json_is_boolean(value)) {
            pack_bool(out, json_is_true(value));
            return MUSTER_OK;
        }
        return wrong(problem, field, _("true or false"));
    case FIELD_INT:
        if (json_is_integer(value)) {
            pack_int(out, json_integer_value(value));
            return MUSTER_OK;
        }
        return wrong(problem, field, _("a whole number"));
    case FIELD_DECIMAL:
        if (json_is_integer(value)) {
            char text[32];
            snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
            return field_pack(field, text, strlen(text), out, problem);
        }
        break;
    default:
        break;
    }
    if (!json_is_string(value))
        return wrong(problem, field, _("a text"));
    return field_pack(field, json_string_value(value), json_string_length(value), out, problem);
}

/* The values in the order of their fields' numbers, as views are: at most one each. */
struct given {
    const struct field *field[FIELD_NUMBER_MAX + 1];
    const json_t *value[FIELD_NUMBER_MAX + 1];
};

static enum muster_error gather(struct given *given, const struct kind *kind, const json_t *fields,
                                struct kind_problem *problem)
{
    const char *name;
    json_t *value;
    union {
        const json_t *in;
        json_t *out;
    } object = {fields}; /* iterated, not changed */
    memset(given, 0, sizeof(*given));
    json_object_foreach(object.out, name, value) {
        const struct field *field = field_find(kind, name, strlen(name), problem);
        if (!field)
            return MUSTER_EFIELD;
        given->field[field->number] = field;
        given->value[field->number] = value;
    }
    return MUSTER_OK;
}

enum muster_error fields_from_json(const struct kind *kind, const json_t *fields, fields_find *find, void *user,
                                   struct writer *out, struct kind_problem *problem)
{
    struct given given;
    enum muster_error error = gather(&given, kind, fields, problem);
    pack_map(out, (uint32_t)json_object_size(fields));
    for (uint64_t number = 0; number <= FIELD_NUMBER_MAX && !error; number++) {
        if (!given.field[number])
            continue;
        pack_uint(out, number);
        error = put_value(given.field[number], given.value[number], find, user, out, problem);
    }
    if (!error && out->failed)
        return problem_set(problem, MUSTER_ETOOBIG, NULL, NULL, _("the fields are more than %d bytes together"),
                           BODY_BYTES_MAX);
    return error;
}

/* --- to JSON ----------------------------------------------------------------------------------------------------------- */

static json_t *raw_json(const struct pack_value *value)
{
    char text[RAW_TEXT_BYTES];
    if (value->type == PACK_BOOL)
        return json_boolean(value->u.boolean);
    if (value->type == PACK_INT)
        return json_integer((json_int_t)value->u.sint);
    if (value->type == PACK_UINT && value->u.uint <= INT64_MAX)
        return json_integer((json_int_t)value->u.uint);
    if (value->type == PACK_TEXT)
        return json_text(value->u.run.at, value->u.run.len);
    field_text(NULL, value, text, sizeof(text));
    return json_text(text, strlen(text));
}

static json_t *evidence_json(const struct pack_value *value)
{
    struct bytes type = {NULL, 0}, bytes;
    uint64_t size = 0;
    (void)pack_get_run(value->whole, KEY_MEDIA_TYPE, &type);
    if (pack_get_run(value->whole, KEY_BYTES, &bytes))
        size = bytes.len;
    else
        (void)pack_get_uint(value->whole, KEY_SIZE, &size);
    return json_pack("{s:o, s:I}", "media_type", json_text(type.at, type.len), "bytes", (json_int_t)size);
}

static json_t *list_json(const struct field *field, const struct pack_value *value)
{
    json_t *list = json_array();
    struct pack_value each;
    struct cursor c = cursor_over(value->whole.at, value->whole.len);
    if (!pack_next(&c, &each, true))
        return list;
    while (pack_next(&c, &each, field->type == FIELD_LINKS)) {
        struct pack_value role, object;
        if (field->type != FIELD_LINKS)
            json_array_append_new(list, raw_json(&each));
        else if (pack_next(&c, &role, false) && pack_next(&c, &object, false) && role.type == PACK_TEXT &&
                 object.type == PACK_BYTES)
            json_array_append_new(list, json_pack("{s:o, s:o}", "role", json_text(role.u.run.at, role.u.run.len),
                                                  "object", json_hex(object.u.run.at, object.u.run.len)));
    }
    return list;
}

json_t *field_to_json(const struct field *field, const struct pack_value *value, bool understood)
{
    if (value->type == PACK_NIL)
        return json_null();
    if (field && field->type == FIELD_EVIDENCE && value->type == PACK_MAP)
        return evidence_json(value); /* a view names its size instead of its bytes */
    if (!field || !understood)
        return raw_json(value);
    if (field_is_list(field))
        return list_json(field, value);
    if (field->type == FIELD_OBJECT)
        return json_hex(value->u.run.at, value->u.run.len);
    return raw_json(value);
}

json_t *fields_to_json(const struct kind *kind, struct bytes body, bool only_listed)
{
    json_t *json = json_object();
    struct kind_view view;
    struct field_view field;
    if (kind_view(&view, kind, body) != MUSTER_OK)
        return json;
    while (kind_view_next(&view, &field)) {
        char name[32];
        if (only_listed && field.field && !(field.field->flags & (FIELD_LIST | FIELD_TITLE | FIELD_STATE)))
            continue;
        if (!field.field)
            field_text(NULL, &field.key, name + 1, sizeof(name) - 1);
        name[0] = '#';
        json_object_set_new(json, field.field ? field.field->name : name,
                            field_to_json(field.field, &field.value, field.understood));
    }
    return json;
}

const char *problem_text(struct kind_problem *problem, enum muster_error error)
{
    if (!problem->sentence[0])
        return _(error_what(error));
    lang_said(problem->sentence, sizeof(problem->sentence), &problem->said, problem->suggestion);
    return problem->sentence;
}
