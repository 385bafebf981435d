#include "node/filter.h"

#include "base/pack.h"
#include "node/fields_json.h"

#include <stdio.h>
#include <string.h>

/* Does a text contain the other, ASCII letters of either case? */
static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static bool value_is(const json_t *value, const char *wanted)
{
    char text[32];
    if (json_is_string(value))
        return strcmp(json_string_value(value), wanted) == 0;
    if (json_is_integer(value)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
        return strcmp(text, wanted) == 0;
    }
    if (json_is_boolean(value))
        return strcmp(json_is_true(value) ? "true" : "false", wanted) == 0;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (value_is(json_array_get(value, i), wanted))
            return true;
    return json_is_object(value) && value_is(json_object_get(value, "object"), wanted);
}

static bool value_contains(const json_t *value, const char *part)
{
    if (json_is_string(value))
        return contains(json_string_value(value), part);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (value_contains(json_array_get(value, i), part))
            return true;
    return false;
}

static json_t *one_field(const struct field *field, struct bytes view)
{
    struct pack_value value;
    bool there = field && pack_get(view, field->number, &value);
    return there ? field_to_json(field, &value, field_check(field, &value, NULL) == MUSTER_OK) : NULL;
}

static bool found_by_text(const struct kind *kind, struct bytes view, const char *q)
{
    bool found = false;
    for (size_t i = 0; kind && i < kind->count && !found; i++) {
        json_t *value = kind->fields[i].flags & (FIELD_SEARCH | FIELD_TITLE) ? one_field(&kind->fields[i], view) : NULL;
        found = value_contains(value, q);
        json_decref(value);
    }
    return found;
}

bool filters_pass(const struct filters *filters, const struct object_stored *state)
{
    const struct kind *kind = kind_by_number(state->kind);
    if (filters->has_owner && !agency_id_eq(&filters->owner, &state->owner))
        return false;
    if (state->changed < filters->since || (filters->until && state->changed >= filters->until) ||
        !where_passes(&filters->where, kind, state->view))
        return false;
    bool ok = !filters->q || found_by_text(kind, state->view, filters->q);
    for (size_t i = 0; i < filters->count && ok; i++) {
        json_t *value = kind ? one_field(field_by_name(kind, filters->at[i].name), state->view) : NULL;
        ok = value_is(value, filters->at[i].value);
        json_decref(value);
    }
    return ok;
}
