/* api_log.c — GET /v1/objects/ID/log: what was done about an object and about those that name it, in order of time. */
#include "node/api_handlers.h"
#include "node/lookup.h"
#include "node/overview.h"
#include "node/record_json.h"
#include "protocol/kinds/time3339.h"

#include <stdlib.h>

enum { LOG_OBJECTS_MAX = 500, LOG_ENTRIES_MAX = 5000 };

struct entry {
    uint64_t hlc;
    json_t *json;
};

struct activity {
    struct overview o;
    uint64_t since, until; /* HLC */
    struct object_id at[LOG_OBJECTS_MAX];
    size_t count;
    struct entry entries[LOG_ENTRIES_MAX];
    size_t entry_count;
};

static bool take_named(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct activity *a = user;
    (void)state;
    for (size_t i = 0; i < a->count; i++)
        if (memcmp(a->at[i].b, id->b, OBJECT_ID_BYTES) == 0)
            return true;
    if (a->count == LOG_OBJECTS_MAX) {
        a->o.partial = true;
        return false;
    }
    a->at[a->count++] = *id;
    return true;
}

static void records_add(struct activity *a, const struct object_id *id)
{
    struct object_look look;
    struct object_stored state;
    struct node *node = a->o.node;
    if (core_object_look(node->core, a->o.space.number, id, &look) != MUSTER_OK)
        return;
    for (size_t i = 0; i < look.count; i++) {
        if (look.records[i].hlc < a->since || look.records[i].hlc >= a->until)
            continue;
        if (a->entry_count == LOG_ENTRIES_MAX) {
            a->o.partial = true;
            break;
        }
        json_t *one = record_json(node, &a->o.space, &look, i);
        if (!one)
            continue;
        if (lookup_state(node, a->o.space.number, id, &state) == MUSTER_OK)
            json_object_set_new(one, "object", overview_json(&a->o, id, &state));
        a->entries[a->entry_count++] = (struct entry){look.records[i].hlc, one};
    }
    object_look_free(&look);
}

static int by_time(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->hlc != y->hlc)
        return x->hlc < y->hlc ? -1 : 1;
    return strcmp(json_string_value(json_object_get(x->json, "record")), json_string_value(json_object_get(y->json, "record")));
}

static bool take_moment(struct request *request, const char *name, uint64_t *out)
{
    const char *text = request_query(request, name);
    struct time3339 time;
    if (!text || !text[0])
        return true;
    if (time3339_parse(&time, text, strlen(text), NULL) != MUSTER_OK || time.ms < 0) {
        request_refuse(request, MUSTER_EUSAGE, "%s is no time with its zone: \"%.40s\"", name, text);
        return false;
    }
    *out = (uint64_t)time.ms << 16;
    return true;
}

void api_log(struct request *request)
{
    struct activity *a = calloc(1, sizeof(*a));
    struct object_id id;
    struct object_stored state;
    if (!a)
        return;
    a->o.node = request->node;
    a->until = UINT64_MAX;
    if (!request_object(request, &a->o.space, &id) || !take_moment(request, "since", &a->since) ||
        !take_moment(request, "until", &a->until)) {
        free(a);
        return;
    }
    a->at[a->count++] = id;
    overview_naming(&a->o, &id, 0, take_named, a);
    for (size_t i = 0; i < a->count; i++)
        records_add(a, &a->at[i]);
    if (a->entry_count)
        qsort(a->entries, a->entry_count, sizeof(*a->entries), by_time);
    json_t *json = json_head(request->node, &a->o.space), *items = json_array();
    json_t *names = json_object();
    for (size_t i = 0; i < a->entry_count; i++) {
        const char *kind = json_string_value(json_object_get(json_object_get(a->entries[i].json, "object"), "kind"));
        record_names_add(names, request->node, &a->o.space, kind ? kind_by_name(kind) : NULL,
                         json_object_get(a->entries[i].json, "fields"));
        json_array_append_new(items, a->entries[i].json);
    }
    json_object_set_new(json, "names", names);
    if (lookup_state(request->node, a->o.space.number, &id, &state) == MUSTER_OK)
        json_object_set_new(json, "object", overview_json(&a->o, &id, &state));
    json_object_set_new(json, "items", items);
    json_object_set_new(json, "partial", json_boolean(a->o.partial));
    free(a);
    request_answer(request, json);
}
