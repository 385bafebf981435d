#include "formats/read/geojson_shape.h"
#include "formats/read/json_items.h"

#include "base/ids.h"
#include "formats/column.h"
#include "formats/read/made.h"
#include "lang/lang.h"

#include <string.h>
#include <strings.h>

struct features {
    const char *name;
    const struct kind *kind; /* of those that do not say it */
    bool own, exercise;      /* of muster's own; what the collection says */
    size_t number;           /* of the feature, from 1 */
    struct made_tally tally;
    json_t *seen;
    struct format_problem *problem; /* of this feature */
};

/* What muster writes beside the fields, and what the collection says. */
static bool is_beside(const char *name)
{
    static const char *const names[] = {"kind", "short", "owner", "created", "changed", "exercise"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A property of a map of others, as a text; NULL for lists and objects. */
static const char *property_text(char out[64], const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(out, 64, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, 64, "%.10g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(out, 64, "%s", json_is_true(value) ? "yes" : "no");
    else
        return NULL;
    return out;
}

static void property(struct features *f, struct made *made, const char *name, json_t *value)
{
    char out[64];
    const struct field *field = f->own ? column_field(made->kind, name) : field_by_name(made->kind, name);
    const char *text = property_text(out, value);
    if (field && (f->own || json_is_array(value) || json_is_object(value) || json_is_boolean(value)))
        made_json(made, field, value);
    else if (field && text)
        made_text(made, field, text);
    else if (text)
        made_comment(made, name, text);
    else if (!json_is_null(value))
        f->tally.unknown++;
}

/* People write Name and TITLE. */
static void name_find(struct made *made, const json_t *properties)
{
    static const char *const names[] = {"name", "title", "label"};
    const struct field *title = field_flagged(made->kind, FIELD_TITLE);
    const char *key;
    json_t *value;
    for (size_t i = 0; title && !made_has(made, title->name) && i < ARRAY_LEN(names); i++)
        json_object_foreach((json_t *)(uintptr_t)properties, key, value)
            if (strcasecmp(key, names[i]) == 0 && json_is_string(value) && !made_has(made, title->name))
                made_text(made, title, json_string_value(value));
}

static const struct kind *feature_kind(struct features *f, const json_t *properties)
{
    const char *name = json_string_value(json_object_get(properties, "kind"));
    const struct kind *kind = name ? kind_by_name(name) : NULL;
    if (kind || f->kind)
        return kind ? kind : f->kind;
    format_problem_set(f->problem, MUSTER_EKIND, f->name, 0, "kind",
                       "feature %zu does not say which kind of object it is (the property \"kind\"); name it with --kind "
                       "(muster help kinds lists them)",
                       f->number);
    return NULL;
}

static json_t *feature_key(struct features *f, const json_t *feature, const char **id)
{
    uint8_t bytes[OBJECT_ID_BYTES];
    const char *text = json_string_value(json_object_get(feature, "id"));
    *id = f->own && text && hex_to(bytes, sizeof bytes, text) ? text : NULL;
    return *id ? json_sprintf("muster:%s", *id) : made_key("geojson", feature, f->seen);
}

static json_t *feature_item(struct features *f, const json_t *feature)
{
    const char *type = json_string_value(json_object_get(feature, "type")), *name, *id;
    json_t *properties = json_object_get(feature, "properties"), *value;
    struct made made;
    if (!type || strcmp(type, "Feature") != 0) {
        format_problem_set(f->problem, MUSTER_ESCHEMA, f->name, 0, "type",
                           "member %zu of the features is no Feature; RFC 7946 allows nothing else there", f->number);
        return NULL;
    }
    const struct kind *kind = feature_kind(f, properties);
    if (!kind)
        return NULL;
    made_start(&made, kind, &f->tally);
    json_object_foreach(properties, name, value)
        if (!is_beside(name) || (!f->own && strcmp(name, "kind") != 0))
            property(f, &made, name, value);
    name_find(&made, properties);
    if (geojson_place(&made, json_object_get(feature, "geometry"), f->name, f->number, f->problem)) {
        made_drop(&made);
        return NULL;
    }
    json_t *item = made_item(&made, feature_key(f, feature, &id));
    if (item && id)
        json_object_set_new(item, "unless", json_string(id));
    if (item && (f->exercise || json_is_true(json_object_get(properties, "exercise"))))
        json_object_set_new(item, "exercise", json_true());
    if (!item)
        format_problem_set(f->problem, MUSTER_EBUSY, f->name, 0, NULL, "there is no memory left to read it; split the file");
    return item;
}

static void features_give(struct features *f, json_t *list, struct reader_output *output)
{
    if (output->total)
        output->total(output->user, json_array_size(list));
    bool more = true;
    for (size_t i = 0; i < json_array_size(list) && more; i++) {
        struct format_problem found = {.code = MUSTER_OK}, scratch;
        f->number = i + 1;
        f->problem = &found;
        json_t *item = feature_item(f, json_array_get(list, i));
        if (item)
            more = reader_give(output, item, 0);
        else
            *reader_refuse(output, &scratch) = found;
    }
    made_tally_say(&f->tally, f->name, output);
}

/* "crs" is of 2008; RFC 7946 has WGS 84 alone, longitude first. */
static bool is_other_crs(const json_t *root)
{
    const char *crs = json_string_value(json_object_get(json_object_get(json_object_get(root, "crs"), "properties"), "name"));
    return crs && !strstr(crs, "CRS84") && !strstr(crs, "4326");
}

static enum muster_error root_refuse(const json_t *root, const char *name, struct format_problem *problem)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    char quoted[PROBLEM_QUOTE_BYTES];
    if (is_other_crs(root)) {
        const char *crs =
            json_string_value(json_object_get(json_object_get(json_object_get(root, "crs"), "properties"), "name"));
        return format_problem_set(problem, MUSTER_ESCHEMA, name, 1, "crs",
                                  "the positions are in %s, but GeoJSON has longitude and latitude (WGS 84); convert it, for "
                                  "instance with ogr2ogr -t_srs EPSG:4326",
                                  format_problem_quote(quoted, crs, strlen(crs)));
    }
    if (type && (strcmp(type, "FeatureCollection") == 0 || strcmp(type, "Feature") == 0))
        return MUSTER_OK;
    return format_problem_set(problem, MUSTER_ESCHEMA, name, 1, "type",
                              "the file is JSON, but no FeatureCollection or Feature of GeoJSON (its type is %s)",
                              type ? format_problem_quote(quoted, type, strlen(type)) : _("not said"));
}

enum muster_error geojson_run(const struct reader_input *input, struct reader_output *output)
{
    struct format_problem *first = &output->problems->at[0];
    json_error_t why;
    char quoted[PROBLEM_QUOTE_BYTES];
    size_t mark = decode_mark(input->bytes, input->len);
    if (input->len > GEOJSON_BYTES_MAX)
        return format_problem_set(first, MUSTER_ETOOBIG, input->name, 0, NULL,
                                  "the map has %zu bytes and one import takes %d; split the file", input->len,
                                  GEOJSON_BYTES_MAX);
    enum muster_error error = decode_check(input->bytes, input->len, input->name, first);
    if (error)
        return error;
    json_t *root = json_loadb((const char *)input->bytes + mark, input->len - mark, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return format_problem_set(first, MUSTER_EMARKUP, input->name, why.line > 0 ? (size_t)why.line : 1, NULL,
                                  "the file is no JSON from there on: %s; was it cut off?",
                                  format_problem_quote(quoted, why.text, strlen(why.text)));
    error = root_refuse(root, input->name, first);
    struct features f = {.name = input->name, .kind = input->kind, .seen = json_object()};
    const char *generator = json_string_value(json_object_get(root, "generator"));
    f.own = generator && strcmp(generator, "muster") == 0;
    f.exercise = f.own && json_is_true(json_object_get(root, "exercise"));
    json_t *list = json_object_get(root, "features");
    json_t *one = list || error ? NULL : json_pack("[O]", root);
    if (!error && !json_is_array(list) && !one)
        error = format_problem_set(first, MUSTER_ESCHEMA, input->name, 1, "features", "the features are no list");
    if (!error)
        features_give(&f, one ? one : list, output);
    json_decref(one);
    json_decref(f.seen);
    json_decref(root);
    return error;
}
