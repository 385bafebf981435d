/* api_history.c — every change of an object: by whom, when, over what, and what became of it. */
#include "base/hlc.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/record_json.h"
#include "node/story_json.h"
#include "protocol/trust/control.h"

#include <stdlib.h>

enum { WAITING_MAX = 1024 };

/* Where its time places it among what is there; behind what is of the same second. */
static void insert(json_t *items, json_t *one)
{
    const char *time = json_string_value(json_object_get(one, "time"));
    size_t at = json_array_size(items);
    while (time && at > 0) {
        const char *before = json_string_value(json_object_get(json_array_get(items, at - 1), "time"));
        if (!before || strcmp(before, time) <= 0)
            break;
        at--;
    }
    if (one)
        json_array_insert_new(items, at, one);
}

/* What a majority decided about its owner stands in control, not among the object's records. */
static void add_reassigns(struct node *node, const struct space_view *space, const struct object_id *object, json_t *items)
{
    struct control_reassign *moved = malloc(LOOK_ASSIGNED_MAX * sizeof(*moved));
    size_t count = moved ? control_reassigns(space->control, object, moved, LOOK_ASSIGNED_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct control_entry entry;
        json_t *by = control_entry_of(space->control, &moved[i].id, &entry) ? json_agency(node, &entry.by) : json_null();
        insert(items, json_pack("{s:o, s:s, s:o, s:o, s:s, s:n, s:i, s:[], s:{}, s:s, s:o, s:o}", "record",
                                json_hex(moved[i].id.b, HASH_BYTES), "op", "reassign", "time",
                                json_time(hlc_ms(core_operation_hlc(node->core, space->number, &moved[i].id))), "agency", by,
                                "node", "", "operator", "sequence", 0, "supersedes", "fields", "state", "counts", "to",
                                json_agency(node, &moved[i].to), "about", json_hex(moved[i].after.b, HASH_BYTES)));
    }
    free(moved);
}

static void add_waiting(struct node *node, const struct space_view *space, const struct object_id *object, json_t *items,
                        bool *cut)
{
    struct waiting_record *waiting = calloc(WAITING_MAX, sizeof(*waiting));
    size_t count = waiting ? core_object_waiting(node->core, space->number, object, waiting, WAITING_MAX, cut) : 0;
    for (size_t i = 0; i < count; i++) {
        insert(items, record_waiting_json(node, space, &waiting[i]));
    }
    free(waiting);
}

void api_history(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct object_id id;
    struct object_look look;
    bool cut = false;
    if (!request_object(request, &space, &id))
        return;
    enum muster_error error = core_object_look(node->core, space.number, &id, &look);
    if (error && error != MUSTER_ENOTFOUND) {
        request_refuse(request, error, "%.60s: %s", request->argument[0], _(error_what(error)));
        return;
    }
    json_t *items = json_array(), *json = json_head(node, &space);
    uint32_t *order = records_by_time(&look);
    struct story story = {.kind = NULL};
    if (order && core_object_story(node->core, space.number, &look, &story) != MUSTER_OK)
        story = (struct story){.kind = NULL}; /* without memory nothing is said of the steps */
    for (size_t i = 0; order && i < look.count; i++) {
        json_t *one = record_json(node, &space, &look, order[i]);
        step_wrong_add(one, &story, order[i]);
        if (one)
            json_array_append_new(items, one);
    }
    story_free(&story);
    json_t *quantities = quantity_records_json(node, &space, &id);
    for (size_t i = 0; i < json_array_size(quantities); i++)
        insert(items, json_incref(json_array_get(quantities, i)));
    json_decref(quantities);
    add_reassigns(node, &space, &id, items);
    add_waiting(node, &space, &id, items, &cut);
    free(order);
    uint16_t kind = look.count ? look.held[0].header.kind : 0;
    object_look_free(&look);
    json_t *names = json_object();
    for (size_t i = 0; i < json_array_size(items); i++)
        record_names_add(names, node, &space, kind_by_number(kind), json_object_get(json_array_get(items, i), "fields"));
    json_object_set_new(json, "names", names);
    json_object_set_new(json, "items", items);
    json_object_set_new(json, "cut", json_boolean(cut));
    request_answer(request, json);
}
