/* api_object.c — one object: its state, what stands beside it, the bytes of its evidence. */
#include "base/hlc.h"
#include "base/pack.h"
#include "lang/lang.h"
#include "node/api_handlers.h"
#include "node/circles.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/quantity_json.h"
#include "node/record_json.h"
#include "node/story_json.h"
#include "protocol/kinds/areas.h"
#include "protocol/object/steps.h"

#include <stdlib.h>

enum { MEDIA_TYPE_MAX = 127, FLAWS_MAX = 16 };

json_t *object_json(const struct node *node, const struct space_view *space, const struct object_id *id,
                    const struct object_stored *state, bool full)
{
    char name[SHORT_ID_BYTES], number[16];
    const struct kind *kind = kind_by_number(state->kind);
    const char *word = kind_name(state->kind);
    snprintf(number, sizeof(number), "#%u", state->kind);
    short_id(name, state->kind, id, space->objects);
    json_t *json = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:o}", "id",
                     json_hex(id->b, OBJECT_ID_BYTES), "short", name, "kind", word ? word : number, "owner",
                     json_agency(node, &state->owner), "created", json_time(hlc_ms(state->created)), "changed",
                     json_time(hlc_ms(state->changed)), "revision", (int)state->revision, "conflict",
                     (state->flags & OBJECT_CONFLICT) != 0, "provisional", state->conflict_mask != 0, "erased",
                     state->erased_mask != 0, "retracted", (state->flags & OBJECT_RETRACTED) != 0, "disputed",
                     (state->flags & OBJECT_DISPUTED) != 0, "superseded", (state->flags & OBJECT_SUPERSEDED) != 0, "joint",
                     (state->flags & OBJECT_JOINT) != 0, "proposed", (state->flags & OBJECT_PROPOSALS) != 0, "has_late",
                     (state->flags & OBJECT_LATE) != 0, "fields", fields_to_json(kind, state->view, !full));
    unsound_add(state, json);
    json_t *sums = state->kind == KIND_RESOURCE ? quantity_sums_of(node, space, id) : NULL;
    if (sums)
        json_object_set_new(json, "quantities", sums);
    return json;
}

bool request_object(struct request *request, struct space_view *space, struct object_id *id)
{
    struct node *node = request->node;
    const char *text = request->argument[0], *named = request_query(request, "space");
    enum muster_error error = MUSTER_ENOTFOUND;
    if (named && named[0]) {
        if (!request_space(request, space))
            return false;
        error = lookup_object(node, space, text, id);
    } else {
        struct space_view view;
        struct object_id found;
        for (size_t i = 0; core_space_at(node->core, i, &view) && error == MUSTER_ENOTFOUND; i++) {
            error = lookup_object(node, &view, text, &found);
            *space = view;
            *id = found;
        }
    }
    if (!error)
        return true;
    if (error == MUSTER_EUSAGE)
        request_refuse(request, error,
                       "\"%.60s\" is no id of an object: 32 hex digits, or a short one such as inc-7k2q9", text);
    else
        request_refuse(request, error, "%.60s: %s", text, _(error_what(error)));
    return false;
}

/* --- branches ----------------------------------------------------------------------------------------------------------------- */

static json_t *value_json(struct node *node, const struct object_look *look, const struct object_setter *setter,
                          unsigned field)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct pack_value value;
    const struct object_held *held = &look->held[setter->record];
    const struct kind *kind = kind_by_number(held->header.kind);
    if (setter->erased ||
        core_record_open(node->core, held->arrival, held->index, &segment, &header, &id, &body) != MUSTER_OK ||
        !pack_get(body, field, &value))
        return json_null();
    const struct field *row = kind ? field_by_number(kind, field) : NULL;
    return field_to_json(row, &value, row && field_check(row, &value, NULL) == MUSTER_OK);
}

static void field_name_of(char out[32], const struct object_look *look, unsigned field)
{
    const struct kind *kind = look->count ? kind_by_number(look->held[0].header.kind) : NULL;
    const struct field *row = kind ? field_by_number(kind, field) : NULL;
    if (row)
        snprintf(out, 32, "%.31s", row->name);
    else
        snprintf(out, 32, "#%u", field);
}

/* The numbers, from 1, of the branches that hold this record. */
static json_t *branches_of(const struct object_look *look, uint32_t record)
{
    json_t *list = json_array();
    for (uint32_t h = 0; look->state.branches && h < look->state.heads.count && h < OBJECT_HEADS_MAX; h++)
        if (look->state.branches[record] >> h & 1)
            json_array_append_new(list, json_integer(h + 1));
    return list;
}

/* The fields that several records set at once: each value, side by side. */
static json_t *conflicts_json(struct node *node, const struct object_look *look)
{
    json_t *list = json_array();
    for (unsigned f = 0; f < OBJECT_FIELDS; f++) {
        const struct object_field *field = &look->state.fields[f];
        json_t *values = field->count > 1 ? json_array() : NULL;
        char name[32];
        for (uint32_t i = 0; values && i < field->count && i < OBJECT_HEADS_MAX; i++) {
            uint32_t at = field->setters[i].record;
            json_array_append_new(
                values, json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:o}", "record",
                                  json_hex(look->records[at].id.b, HASH_BYTES), "agency", json_agency(node, &look->records[at].by),
                                  "time", json_time(hlc_ms(look->records[at].hlc)), "branches", branches_of(look, at), "shown",
                                  at == field->provisional.record, "erased", field->setters[i].erased, "value",
                                  value_json(node, look, &field->setters[i], f)));
        }
        if (!values)
            continue;
        field_name_of(name, look, f);
        json_array_append_new(list, json_pack("{s:s, s:o}", "field", name, "values", values));
    }
    return list;
}

/* Of each head: who wrote it and when, and how its branch has the fields that are in conflict. */
static json_t *look_branches(struct node *node, const struct space_view *space, const struct object_look *look)
{
    json_t *list = json_array();
    for (uint32_t h = 0; look->state.conflict && h < look->state.heads.count && h < OBJECT_HEADS_MAX; h++) {
        json_t *one = record_json(node, space, look, look->state.heads.at[h]);
        json_t *fields = json_object_get(one, "fields");
        for (unsigned f = 0; one && f < OBJECT_FIELDS; f++) {
            const struct object_field *field = &look->state.fields[f];
            char name[32];
            field_name_of(name, look, f);
            for (uint32_t i = 0; field->count > 1 && i < field->count; i++)
                if (look->state.branches[field->setters[i].record] >> h & 1)
                    json_object_set_new(fields, name, value_json(node, look, &field->setters[i], f));
        }
        if (one)
            json_array_append_new(list, one);
    }
    return list;
}

json_t *branches_json(struct node *node, const struct space_view *space, const struct object_id *id,
                      const struct object_stored *state)
{
    struct object_look look;
    if (state->head_count < 2 || core_object_look(node->core, space->number, id, &look) != MUSTER_OK)
        return json_array();
    json_t *list = look_branches(node, space, &look);
    object_look_free(&look);
    return list;
}

/* By what a supersede put it aside: the successor of the newest head that names one. */
static json_t *superseded_by(struct node *node, const struct space_view *space, const struct object_look *look)
{
    json_t *found = NULL;
    uint64_t hlc = 0;
    for (uint32_t h = 0; h < look->state.heads.count; h++) {
        const struct object_record *head = &look->records[look->state.heads.at[h]];
        json_t *one = head->op == OP_SUPERSEDE && (!found || head->hlc > hlc)
                          ? record_json(node, space, look, look->state.heads.at[h])
                          : NULL;
        if (json_object_get(one, "by")) {
            json_decref(found);
            found = json_incref(json_object_get(one, "by"));
            hlc = head->hlc;
        }
        json_decref(one);
    }
    return found ? found : json_null();
}

/* The words of the steps that this agency may take now. */
static json_t *steps_json(struct node *node, const struct object_look *look)
{
    struct object_verdict verdict;
    json_t *list = json_array();
    object_step_judge(&verdict, look, &(struct object_step){.op = OP_PROPOSE, .by = node->own.identity.agency});
    for (uint8_t op = 0; op < 32; op++)
        if (verdict.legal >> op & 1)
            json_array_append_new(list, json_string(op_name(op)));
    return list;
}

static void add_look(struct node *node, const struct space_view *space, const struct object_id *id, json_t *json)
{
    struct object_look look;
    if (core_object_look(node->core, space->number, id, &look) != MUSTER_OK)
        return; /* without memory: what is stored is shown */
    json_object_set_new(json, "conflicts", conflicts_json(node, &look));
    json_object_set_new(json, "branches", look_branches(node, space, &look));
    json_object_set_new(json, "proposals", proposals_json(node, space, &look));
    json_object_set_new(json, "offers", offers_json(node, space, &look));
    json_object_set_new(json, "late", late_json(node, space, &look));
    json_object_set_new(json, "superseded_by", superseded_by(node, space, &look));
    json_object_set_new(json, "steps", steps_json(node, &look));
    if (look.state.joint)
        json_object_set_new(json, "wrong_steps", wrong_steps_json(node, space, &look));
    object_look_free(&look);
}

static json_t *evidence_json(const struct object_stored *state)
{
    json_t *list = json_array();
    const struct kind *kind = kind_by_number(state->kind);
    struct pack_value value;
    for (size_t i = 0; kind && i < kind->count; i++)
        if (kind->fields[i].type == FIELD_EVIDENCE && pack_get(state->view, kind->fields[i].number, &value) &&
            value.type == PACK_MAP) {
            json_t *one = field_to_json(&kind->fields[i], &value, true);
            json_object_set_new(one, "field", json_string(kind->fields[i].name));
            json_array_append_new(list, one);
        }
    return list;
}

/* The areas that are none, or whose outline crosses itself: what others wrote is kept and said. */
static bool take_flaw(void *user, const struct field *field, size_t item, const struct geo_flaw *flaw)
{
    struct kind_problem problem;
    enum muster_error error = area_refuse(&problem, field, item, flaw);
    json_array_append_new(user, json_pack("{s:s, s:i, s:s}", "field", field->name, "item", (int)item, "why",
                                          problem_text(&problem, error)));
    return json_array_size(user) < FLAWS_MAX;
}

static void flaws_add(const struct object_stored *state, json_t *json)
{
    json_t *list = json_array();
    areas_look(kind_by_number(state->kind), state->view, take_flaw, list);
    if (json_array_size(list))
        json_object_set_new(json, "flaws", list);
    else
        json_decref(list);
}

void api_object(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct object_id id;
    struct object_stored state;
    if (!request_object(request, &space, &id))
        return;
    enum muster_error error = lookup_state(node, space.number, &id, &state);
    if (error) {
        request_refuse(request, error, "%.60s: %s", request->argument[0], _(error_what(error)));
        return;
    }
    json_t *json = object_json(node, &space, &id, &state, true), *heads = json_array(), *top = json_head(node, &space);
    for (size_t i = 0; i < state.head_count; i++)
        json_array_append_new(heads, json_hex(state.heads[i].b, HASH_BYTES));
    json_object_set_new(json, "heads", heads);
    json_object_set_new(json, "links", links_json(node, &space, &id, &state));
    json_object_set_new(json, "evidence", evidence_json(&state));
    flaws_add(&state, json);
    circle_add(node, &space, &id, &state, json);
    json_object_set_new(json, "takes_place_of", succession_json(node, &space, &id));
    json_object_set_new(json, "branches", json_array());
    add_look(node, &space, &id, json);
    json_object_update_missing(json, top);
    json_decref(top);
    request_answer(request, json);
}

/* --- evidence ----------------------------------------------------------------------------------------------------------------------- */

/* "type/subtype" of letters, digits and .+-; anything else is shown as bytes: a browser may look at it. */
static bool is_media_type(struct bytes text)
{
    size_t slashes = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == '/')
            slashes++;
        else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '+' ||
                   c == '-'))
            return false;
    }
    return slashes == 1 && text.len >= 3 && text.len <= MEDIA_TYPE_MAX;
}

static bool give_evidence(struct request *request, const struct object_held *held, uint8_t number)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body, type = {NULL, 0}, bytes;
    struct pack_value value;
    char text[MEDIA_TYPE_MAX + 1] = "application/octet-stream";
    enum muster_error error =
        core_record_open(request->node->core, held->arrival, held->index, &segment, &header, &id, &body);
    if (error) {
        request_refuse(request, error, "the evidence cannot be opened: %s", _(error_what(error)));
        return true;
    }
    if (!pack_get(body, number, &value) || value.type != PACK_MAP || !pack_get_run(value.whole, 2, &bytes))
        return false;
    if (pack_get_run(value.whole, 1, &type) && is_media_type(type)) {
        memcpy(text, type.at, type.len);
        text[type.len] = '\0';
    }
    request_bytes(request, text, bytes.at, bytes.len);
    return true;
}

void api_evidence(struct request *request)
{
    struct space_view space;
    struct object_id id;
    struct object_stored state;
    struct kind_problem problem = {.error = MUSTER_OK};
    if (!request_object(request, &space, &id))
        return;
    enum muster_error error = lookup_state(request->node, space.number, &id, &state);
    const struct kind *kind = error ? NULL : kind_by_number(state.kind);
    const struct field *field =
        kind ? field_find(kind, request->argument[1], strlen(request->argument[1]), &problem) : NULL;
    if (!field || field->type != FIELD_EVIDENCE) {
        request_refuse(request, MUSTER_EFIELD, "%s",
                       field                 ? _("the field holds no evidence")
                       : problem.sentence[0] ? problem.sentence
                                             : "the kind is not known");
        return;
    }
    struct object_look look;
    bool given = false;
    error = core_object_look(request->node->core, space.number, &id, &look);
    if (!error) {
        const struct object_field *set = &look.state.fields[field->number];
        if (set->count && !set->provisional.erased)
            given = give_evidence(request, &look.held[set->provisional.record], field->number);
        else if (set->count) {
            request_refuse(request, MUSTER_EERASED, "the evidence was erased");
            given = true;
        }
        object_look_free(&look);
    }
    if (!given)
        request_refuse(request, MUSTER_ENOTFOUND, "%.60s holds no %s", request->argument[0], field->name);
}
