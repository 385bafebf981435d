#include "tools/revision.h"

#include "tools/value.h"

#include <string.h>

const char *revision_of(struct tool *tool, const json_t *object, int *code)
{
    const json_t *heads = json_object_get(object, "heads");
    const char *record = json_string_value(json_array_get(heads, 0)), *id = value_text_at(object, "short");
    struct fault fault;
    if (json_array_size(heads) == 1 && record)
        return record;
    fault_set(&fault, MUSTER_ECHANGED, "%s was changed in several places at once: it has no one state to compute with", id);
    fault_step(&fault, "muster show %s", id);
    fault_step(&fault, "muster resolve %s FIELD=VALUE", id);
    *code = tool_fail(tool, &fault);
    return NULL;
}

static const json_t *item_of(const json_t *items, const char *record)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(value_text_at(json_array_get(items, i), "record"), record) == 0)
            return json_array_get(items, i);
    return NULL;
}

/* The record and all that it supersedes, directly or not, as members of `found`. */
static void ancestors(const json_t *items, const char *record, json_t *found)
{
    json_t *waiting = json_pack("[s]", record);
    while (json_array_size(waiting)) {
        size_t last = json_array_size(waiting) - 1;
        json_t *name = json_incref(json_array_get(waiting, last));
        const json_t *item = item_of(items, json_string_value(name)), *older = json_object_get(item, "supersedes");
        json_array_remove(waiting, last);
        if (item && !json_object_get(found, json_string_value(name))) {
            json_object_set_new(found, json_string_value(name), json_true());
            for (size_t i = 0; i < json_array_size(older); i++)
                json_array_append(waiting, json_array_get(older, i));
        }
        json_decref(name);
    }
    json_decref(waiting);
}

int revision_fields(struct tool *tool, const char *object, const char *record, json_t **fields)
{
    struct url url;
    struct fault fault;
    json_t *answer = NULL;
    url_start(&url, "/v1/objects");
    url_segment(&url, object);
    url_segment(&url, "history");
    url_query(&url, "space", tool->set.space);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    const json_t *items = json_object_get(answer, "items");
    if (!item_of(items, record)) {
        fault_set(&fault, MUSTER_ENOTFOUND, "the state of %.40s that was computed with, record %.12s, is not held here", object, record);
        fault_step(&fault, "muster status shows what is missing here");
        code = tool_fail(tool, &fault);
        json_decref(answer);
        return code;
    }
    json_t *counted = json_object();
    *fields = json_object();
    ancestors(items, record, counted);
    for (size_t i = 0; i < json_array_size(items); i++) { /* oldest first */
        json_t *item = json_array_get(items, i), *value;
        const char *name;
        if (!json_object_get(counted, value_text_at(item, "record")))
            continue;
        json_object_foreach(json_object_get(item, "fields"), name, value)
        {
            json_object_set(*fields, name, value);
        }
    }
    json_decref(counted);
    json_decref(answer);
    return 0;
}
