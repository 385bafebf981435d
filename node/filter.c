#include "node/filter.h"

#include "base/pack.h"
#include "node/fields_json.h"
#include "protocol/object/index.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* As JSON shows it (fields_json.h): what is not plain goes that way. */
static bool json_is(const json_t *value, const char *wanted)
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
        if (json_is(json_array_get(value, i), wanted))
            return true;
    return json_is_object(value) && json_is(json_object_get(value, "object"), wanted);
}

static bool value_is(const struct field *field, struct bytes view, const char *wanted)
{
    struct pack_value value;
    if (!field || !pack_get(view, field->number, &value))
        return false;
    bool plain = value.type == PACK_TEXT && !field_is_list(field) && field->type != FIELD_OBJECT;
    if (plain)
        return value.u.run.len == strlen(wanted) && memcmp(value.u.run.at, wanted, value.u.run.len) == 0;
    json_t *json = field_to_json(field, &value, field_check(field, &value, NULL) == MUSTER_OK);
    bool is = json_is(json, wanted);
    json_decref(json);
    return is;
}

struct looking {
    const char *part;
    bool found;
};

static void look_in(void *user, const struct field *field, struct bytes text)
{
    struct looking *l = user;
    size_t len = strlen(l->part);
    (void)field;
    int first = tolower((unsigned char)l->part[0]);
    for (size_t at = 0; !l->found && at + len <= text.len; at++)
        l->found = tolower(text.at[at]) == first && strncasecmp((const char *)text.at + at, l->part, len) == 0;
}

bool filters_pass(struct filters *filters, const struct object_stored *state)
{
    const struct kind *kind = kind_by_number(state->kind);
    if (filters->has_owner && !agency_id_eq(&filters->owner, &state->owner))
        return false;
    if (state->changed < filters->since || (filters->until && state->changed >= filters->until))
        return false;
    for (size_t i = 0; i < filters->count; i++)
        if (!kind || !value_is(field_by_name(kind, filters->at[i].name), state->view, filters->at[i].value))
            return false;
    struct looking looking = {filters->q, !filters->q};
    if (filters->q)
        index_texts(state->kind, state->view, look_in, &looking);
    return looking.found && where_passes(&filters->where, kind, state->view);
}
