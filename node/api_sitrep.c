/* api_sitrep.c — GET /v1/objects/ID/sitrep: an incident and what belongs to it, in an order that is equal on equal nodes.
 *
 * What belongs to it: the objects that name it, and the deliveries that answer its requests. */
#include "node/api_handlers.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/overview.h"
#include "protocol/object/look.h"

#include <stdlib.h>

enum { SECTION_MAX = 2000, FIELDS_MAX = 12 };

/* A section: objects of a kind, with the fields that a report shows of them. */
static const struct section {
    const char *name;
    uint16_t kind;
    const char *fields[FIELDS_MAX];
} sections[] = {
    {"parts",        KIND_INCIDENT,    {"phase", "severity", "category", NULL}},
    {"sitreps",      KIND_SITREP,      {"version", "number", "period_to", "affected", "dead", "missing", "injured", "evacuated", "summary", NULL}},
    {"requests",     KIND_REQUEST,     {NULL}},
    {"deployments",  KIND_DEPLOYMENT,  {"status", "quantity", "unit", "eta", "destination", "supplier", NULL}},
    {"resources",    KIND_RESOURCE,    {"status", "quantity", "unit", "resource_type", "site", NULL}},
    {"tasks",        KIND_TASK,        {"status", "priority", "assignee", "deadline", NULL}},
    {"observations", KIND_OBSERVATION, {"status", "property", "value", "unit", "observed_at", "place", NULL}},
    {"warnings",     KIND_WARNING,     {"status", "level", "category", "starts", "ends", NULL}},
    {"losses",       KIND_LOSS,        {"status", "loss_type", "damage", "killed", "injured", "missing", NULL}},
};

struct sitrep {
    struct overview o;
    const struct section *section;
    json_t *list;
    struct object_id seen[SECTION_MAX]; /* of the section */
    size_t seen_count;
};

static bool seen_before(struct sitrep *s, const struct object_id *id)
{
    for (size_t i = 0; i < s->seen_count; i++)
        if (memcmp(s->seen[i].b, id->b, OBJECT_ID_BYTES) == 0)
            return true;
    if (s->seen_count < SECTION_MAX)
        s->seen[s->seen_count++] = *id;
    return false;
}

static json_t *item_json(struct sitrep *s, const struct object_id *id, const struct object_stored *state)
{
    bool covered;
    if (state->kind == KIND_REQUEST)
        return overview_request_json(&s->o, id, state, &covered);
    json_t *item = overview_json(&s->o, id, state), *full = object_json(s->o.node, &s->o.space, id, state, true);
    const json_t *fields = json_object_get(full, "fields");
    for (size_t i = 0; i < FIELDS_MAX && s->section->fields[i]; i++) {
        json_t *value = json_object_get(fields, s->section->fields[i]);
        json_object_set(item, s->section->fields[i], value ? value : json_null());
    }
    static const char *const marks[] = {"conflict", "erased", "quantities"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (json_object_get(full, marks[i]))
            json_object_set(item, marks[i], json_object_get(full, marks[i]));
    json_object_set(item, "changed", json_object_get(full, "changed"));
    json_decref(full);
    return item;
}

static bool take_item(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct sitrep *s = user;
    if (seen_before(s, id))
        return true;
    if (json_array_size(s->list) >= SECTION_MAX) {
        s->o.partial = true;
        return false;
    }
    json_array_append_new(s->list, item_json(s, id, state));
    return true;
}

/* The deliveries that answer a request; the resource that a delivery takes. */
static bool take_answers(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct sitrep *s = user;
    (void)state;
    overview_naming(&s->o, id, KIND_DEPLOYMENT, take_item, s);
    return true;
}

static bool take_source(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct sitrep *s = user;
    struct object_id resource;
    struct object_stored named;
    (void)id;
    if (overview_object(state, "resource", &resource) &&
        lookup_state(s->o.node, s->o.space.number, &resource, &named) == MUSTER_OK)
        (void)take_item(s, &resource, &named);
    return true;
}

static bool take_sources_of(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct sitrep *s = user;
    (void)state;
    overview_naming(&s->o, id, KIND_DEPLOYMENT, take_source, s);
    return true;
}

static json_t *section_json(struct sitrep *s, const struct section *section, const struct object_id *incident)
{
    s->section = section;
    s->seen_count = 0;
    s->list = json_array();
    overview_naming(&s->o, incident, section->kind, take_item, s);
    if (section->kind == KIND_DEPLOYMENT)
        overview_naming(&s->o, incident, KIND_REQUEST, take_answers, s);
    if (section->kind == KIND_RESOURCE) {
        overview_naming(&s->o, incident, KIND_DEPLOYMENT, take_source, s);
        overview_naming(&s->o, incident, KIND_REQUEST, take_sources_of, s);
    }
    return overview_in_order(s->list);
}

/* What nobody has said of the incident, and what this node cannot tell. */
static json_t *unknown_json(const struct overview *o, const struct object_stored *state)
{
    static const char *const wanted[] = {"phase", "severity", "urgency", "certainty", "area", "geocode", "onset", "affected",
                                        "command", "grade"};
    json_t *fields = json_array();
    const struct kind *kind = kind_by_number(state->kind);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        char text[64];
        if (field_by_name(kind, wanted[i]) && !overview_text(state, wanted[i], text, sizeof(text))[0])
            json_array_append_new(fields, json_string(wanted[i]));
    }
    size_t waits[WAITING_KEY + 1];
    (void)core_space_waiting(o->node->core, o->space.number, waits);
    return json_pack("{s:o, s:i, s:i, s:i}", "fields", fields, "waiting_for_key", (int)waits[WAITING_KEY], "quarantined",
                     (int)o->space.quarantined, "forks", (int)o->space.forks);
}

void api_sitrep(struct request *request)
{
    struct sitrep *s = calloc(1, sizeof(*s));
    struct object_id id;
    struct object_stored state;
    if (!s)
        return;
    s->o.node = request->node;
    s->o.now_ms = node_wall_ms();
    if (!request_object(request, &s->o.space, &id)) {
        free(s);
        return;
    }
    enum muster_error error = lookup_state(request->node, s->o.space.number, &id, &state);
    if (error || state.kind != KIND_INCIDENT) {
        request_refuse(request, error ? error : MUSTER_EKIND, "%.60s is no incident: a situation report is about one",
                       request->argument[0]);
        free(s);
        return;
    }
    json_t *json = json_head(request->node, &s->o.space), *incident = object_json(request->node, &s->o.space, &id, &state, true);
    json_object_set_new(json, "time", json_time(s->o.now_ms));
    json_object_set_new(json, "incident", incident);
    json_object_set_new(json, "unknown", unknown_json(&s->o, &state));
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        json_object_set_new(json, sections[i].name, section_json(s, &sections[i], &id));
    json_object_set_new(json, "partial", json_boolean(s->o.partial));
    free(s);
    request_answer(request, json);
}
