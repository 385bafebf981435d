/* api_records.c — creating and updating objects, many in one request: a bad item is refused, the others go in. */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/agreements.h"
#include "node/api_handlers.h"
#include "node/circles.h"
#include "node/delivery.h"
#include "node/duty.h"
#include "node/fields_json.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/preview.h"
#include "node/side.h"
#include "protocol/kinds/areas.h"
#include "protocol/kinds/nearest.h"
#include "protocol/object/op.h"

#include <stdlib.h>

enum { ITEMS_MAX = 16384, KEY_BYTES_MAX = 1024, SUPERSEDES_MAX = 64, BODY_SCRATCH = BODY_BYTES_MAX + 64 * 1024 };

enum { NOTE_BYTES = 300 };

struct place {      /* of one item of the request */
    size_t written; /* its place among those that are written + 1; 0: refused */
    const char *state;
    struct object_id here; /* "existing" though nothing was written: the object that was named as such */
    uint16_t kind;
    json_t *error;
    char note[NOTE_BYTES]; /* what its author should know of it, though it is stored */
};

struct batch {
    struct space_view space;
    uint64_t objects;
    struct place *places;
    size_t count;
    struct write_item *items;
    struct write_result *results;
    size_t written;
    uint8_t **bodies;
    struct record_id **seen; /* of each written item, or NULL */
    uint8_t *scratch;
    struct agreements agreements; /* that bind this agency */
    struct circle_beside *beside; /* the items so far, for the links of those behind them */
};

static void batch_free(void *state)
{
    struct batch *batch = state;
    if (!batch)
        return;
    for (size_t i = 0; batch->places && i < batch->count; i++)
        json_decref(batch->places[i].error);
    for (size_t i = 0; i < batch->written; i++)
        free(batch->bodies[i]);
    for (size_t i = 0; batch->seen && i < batch->count; i++)
        free(batch->seen[i]);
    free(batch->seen);
    free(batch->places);
    free(batch->items);
    free(batch->results);
    free(batch->bodies);
    free(batch->scratch);
    agreements_free(&batch->agreements);
    circle_beside_free(batch->beside);
    free(batch);
}

static struct batch *batch_new(const struct space_view *space, size_t count)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return NULL;
    batch->space = *space;
    batch->count = count;
    batch->places = calloc(count + 1, sizeof(*batch->places));
    batch->items = calloc(count + 1, sizeof(*batch->items));
    batch->results = calloc(count + 1, sizeof(*batch->results));
    batch->bodies = calloc(count + 1, sizeof(*batch->bodies));
    batch->seen = calloc(count + 1, sizeof(*batch->seen));
    batch->scratch = malloc(BODY_SCRATCH);
    batch->beside = circle_beside_new();
    if (batch->beside && batch->seen && batch->places && batch->items && batch->results && batch->bodies && batch->scratch)
        return batch;
    batch_free(batch);
    return NULL;
}

/* --- one item ------------------------------------------------------------------------------------------------------------ */

struct making { /* one item on its way in */
    struct node *node;
    struct batch *batch;
    const json_t *json;
    const struct kind *kind;
    struct write_item item;
    struct kind_problem problem;
    const struct node_operator *operator; /* who asks; may be NULL */
    const char *state;
    struct place *place;
    const struct held_agreement *by;
    struct record_id *seen; /* the batch's */
};

static enum muster_error fail(struct making *m, enum muster_error error, const char *sentence)
{
    return problem_set(&m->problem, error, NULL, NULL, "%s", sentence);
}

static bool find_object(void *user, const char *text, struct object_id *out)
{
    struct making *m = user;
    return lookup_object(m->node, &m->batch->space, text, out) == MUSTER_OK;
}

/* The members of an item (docs/API.md). */
static const char *const item_members[] = {"op", "kind", "fields", "key", "object", "flash", "joint", "seen", "exercise", "supersedes",
                                           "invented", "unless", "as_given"};

/* What nobody would look at is refused: a field beside `fields`, a name that was mistyped. */
static enum muster_error take_members(struct making *m)
{
    union {
        const json_t *in;
        json_t *out;
    } item = {m->json}; /* looked at, not changed */
    const char *name;
    json_t *value;
    json_object_foreach(item.out, name, value) {
        size_t i = 0;
        while (i < ARRAY_LEN(item_members) && (item_members[i][0] != name[0] || strcmp(item_members[i], name) != 0))
            i++;
        if (i < ARRAY_LEN(item_members))
            continue;
        struct nearest nearest = nearest_to(name, strlen(name));
        for (i = 0; i < ARRAY_LEN(item_members); i++)
            nearest_try(&nearest, item_members[i], item_members[i]);
        if (nearest.answer)
            return problem_set(&m->problem, MUSTER_EUSAGE, NULL, NULL, _("\"%.60s\" is no member of an item; did you mean \"%s\"?"), name,
                               nearest.answer);
        return problem_set(&m->problem, MUSTER_EUSAGE, NULL, NULL, _("\"%.60s\" is no member of an item"), name);
    }
    return MUSTER_OK;
}

/* op, kind, object, flash, exercise, key. */
static enum muster_error take_head(struct making *m)
{
    const char *op = json_string_value(json_object_get(m->json, "op")),
               *kind = json_string_value(json_object_get(m->json, "kind"));
    const json_t *flash = json_object_get(m->json, "flash"), *exercise = json_object_get(m->json, "exercise");
    const json_t *key = json_object_get(m->json, "key"), *object = json_object_get(m->json, "object");
    const json_t *joint = json_object_get(m->json, "joint");
    bool update = op && strcmp(op, "update") == 0;
    if (!json_is_object(m->json) || !op || (!update && strcmp(op, "create") != 0))
        return fail(m, MUSTER_EUSAGE, _("\"op\" must be create or update"));
    if (flash && !json_is_null(flash) && !json_is_boolean(flash))
        return fail(m, MUSTER_EUSAGE, _("\"flash\" must be true or false"));
    if (joint && !json_is_null(joint) && (!json_is_boolean(joint) || (update && json_is_true(joint))))
        return fail(m, MUSTER_EUSAGE, _("\"joint\" must be true or false, and is said when the object is created"));
    if (json_is_true(exercise) && !m->batch->space.exercise)
        return fail(m, MUSTER_EPERMISSION,
                    _("the item is of an exercise and the space is an actual one: put it into an exercise space"));
    if (key && !json_is_null(key) &&
        (!json_is_string(key) || !json_string_length(key) || json_string_length(key) > KEY_BYTES_MAX))
        return fail(m, MUSTER_EUSAGE, _("\"key\" must be a text of 1 to 1024 bytes"));
    m->item.operation = update ? OP_UPDATE : OP_CREATE;
    m->item.flash = json_is_true(flash);
    m->item.joint = json_is_true(joint);
    if (json_is_string(key))
        m->item.once = crypto_hash1("muster/1/key", json_string_value(key), json_string_length(key));
    if (update) {
        struct object_stored state;
        const char *id = json_string_value(object);
        enum muster_error error = id ? lookup_object(m->node, &m->batch->space, id, &m->item.object) : MUSTER_EUSAGE;
        if (!error)
            error = lookup_state(m->node, m->batch->space.number, &m->item.object, &state);
        if (error)
            return problem_set(&m->problem, error, NULL, NULL, _("the object \"%.60s\" cannot be updated: %s"),
                               id ? id : "", id ? _(error_what(error)) : _("the item names none"));
        m->kind = kind_by_number(state.kind);
        if (kind && m->kind && kind_by_name(kind) != m->kind)
            return fail(m, MUSTER_EKIND, _("the object is of another kind"));
        return m->kind ? MUSTER_OK : fail(m, MUSTER_EKIND, _("this node has no table of the object's kind"));
    }
    m->kind = kind_find(kind ? kind : "", &m->problem);
    return m->kind ? MUSTER_OK : MUSTER_EKIND;
}

static const struct field *alias_field(const struct kind *kind)
{
    for (size_t i = 0; i < kind->count; i++)
        if ((kind->fields[i].flags & FIELD_ALIAS) && kind->fields[i].type == FIELD_TEXTS)
            return &kind->fields[i];
    return NULL;
}

static void add_alias(json_t *list, const struct field *field, const char *text, size_t len)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        if (json_is_string(each) && json_string_length(each) == len && memcmp(json_string_value(each), text, len) == 0)
            return;
    }
    if (json_array_size(list) < field->max_items && len <= field->max_bytes)
        json_array_append_new(list, json_stringn(text, len));
}

/* The aliases that the object has already stay when it is updated. */
static void keep_aliases(json_t *list, const struct field *field, struct bytes view)
{
    struct pack_value value, each;
    if (!pack_get(view, field->number, &value) || value.type != PACK_ARRAY)
        return;
    struct cursor c = cursor_over(value.whole.at, value.whole.len);
    if (pack_next(&c, &each, true))
        while (pack_next(&c, &each, false))
            if (each.type == PACK_TEXT)
                add_alias(list, field, (const char *)each.u.run.at, each.u.run.len);
}

/* `supersedes`: the newer message of a series updates the object of the older one, if this agency owns it. */
static bool take_superseded(struct making *m, struct object_stored *state)
{
    const json_t *keys = json_object_get(m->json, "supersedes");
    for (size_t i = 0; i < json_array_size(keys) && i < SUPERSEDES_MAX; i++) {
        const json_t *key = json_array_get(keys, i);
        struct object_id object;
        if (!json_is_string(key) ||
            lookup_alias(m->node, m->batch->space.number, json_string_value(key), json_string_length(key), &object) ||
            lookup_state(m->node, m->batch->space.number, &object, state) || state->kind != m->kind->number ||
            !agency_id_eq(&state->owner, &m->node->own.identity.agency))
            continue;
        m->item.operation = OP_UPDATE;
        m->item.object = object;
        m->state = "superseded";
        return true;
    }
    return false;
}

/* The fields as they are written: with the key among the aliases; without what was made up for a new object. */
static json_t *final_fields(struct making *m)
{
    const json_t *given = json_object_get(m->json, "fields"), *key = json_object_get(m->json, "key");
    const struct field *alias = alias_field(m->kind);
    struct object_stored state;
    bool create = m->item.operation == OP_CREATE, superseded = create && take_superseded(m, &state);
    union {
        const json_t *in;
        json_t *out;
    } source = {given}; /* copied, not changed */
    json_t *fields = json_copy(source.out);
    if (!fields || !create)
        return fields;
    if (alias && (json_is_string(key) || superseded)) {
        const json_t *old = json_object_get(fields, alias->name);
        json_t *list = json_array();
        if (superseded)
            keep_aliases(list, alias, state.view);
        for (size_t i = 0; i < json_array_size(old); i++)
            json_array_append(list, json_array_get(old, i));
        if (json_is_string(old))
            add_alias(list, alias, json_string_value(old), json_string_length(old));
        if (json_is_string(key))
            add_alias(list, alias, json_string_value(key), json_string_length(key));
        json_object_set_new(fields, alias->name, list);
    }
    const json_t *invented = json_object_get(m->json, "invented");
    for (size_t i = 0; superseded && i < json_array_size(invented); i++) {
        const char *name = json_string_value(json_array_get(invented, i));
        if (name)
            json_object_del(fields, name);
    }
    return fields;
}

/* `seen`: the heads of the object as its author saw it; an update of something else is refused (ECHANGED). */
static enum muster_error take_seen(struct making *m)
{
    const json_t *seen = json_object_get(m->json, "seen");
    size_t count = json_array_size(seen);
    if (!seen || json_is_null(seen))
        return MUSTER_OK;
    if (!json_is_array(seen) || !count || count > OBJECT_HEADS_MAX || m->item.operation != OP_UPDATE)
        return fail(m, MUSTER_EUSAGE, _("\"seen\" must be the list \"heads\" of the object that is updated, as you saw it"));
    m->seen = calloc(count, sizeof(*m->seen));
    m->batch->seen[m->batch->written] = m->seen;
    for (size_t i = 0; m->seen && i < count; i++) {
        const char *text = json_string_value(json_array_get(seen, i));
        if (!text || !hex_to(m->seen[i].b, HASH_BYTES, text)) {
            free(m->seen);
            m->batch->seen[m->batch->written] = NULL;
            return fail(m, MUSTER_EUSAGE, _("\"seen\" must hold records of 64 hex digits"));
        }
    }
    m->item.seen = m->seen;
    m->item.seen_count = m->seen ? count : 0;
    return m->seen ? MUSTER_OK : fail(m, MUSTER_EBUSY, _("there is no memory for the item"));
}

/* The workflow of the kind, against the state that this node holds. */
static enum muster_error take_step(struct making *m, struct bytes body)
{
    struct object_stored state = {.view = {NULL, 0}};
    if (m->item.operation == OP_UPDATE &&
        lookup_state(m->node, m->batch->space.number, &m->item.object, &state))
        return MUSTER_OK; /* erased or gone since: the core says so */
    const struct kind_step *step = NULL;
    enum muster_error error = m->item.operation == OP_UPDATE && (state.flags & OBJECT_JOINT)
                                  ? side_check(m->node, m->batch->space.number, &m->item.object, m->kind, body, &step, &m->problem)
                                  : kind_step_check(m->kind, state.view, body, &step, &m->problem);
    if (!error)
        error = duty_check(m->node, m->operator, m->kind, step, m->batch->space.number,
                           m->item.operation == OP_UPDATE ? &m->item.object : NULL, &m->problem);
    return error;
}

/* `unless`: the object of that id is here, so nothing is made (an export that comes back to where it is from). */
static bool take_unless(struct making *m)
{
    const char *text = json_string_value(json_object_get(m->json, "unless"));
    struct object_id object;
    struct object_stored state;
    if (!text || m->item.operation != OP_CREATE || !hex_to(object.b, OBJECT_ID_BYTES, text) ||
        lookup_state(m->node, m->batch->space.number, &object, &state))
        return false;
    m->place->here = object;
    m->place->kind = state.kind;
    m->state = "existing";
    return true;
}

/* A task may be given to somebody in whose house no agency is called so: it is taken, and said, for it may be a slip. */
static void assignee_note(struct making *m, struct bytes body)
{
    char name[NAME_BYTES_MAX + 1];
    if (m->kind->number == KIND_TASK && !task_assignee_known(m->node, body, name))
        snprintf(m->place->note, sizeof(m->place->note),
                 _("assignee: no agency and no operator here is called \"%.100s\"; any agency but the task's owner can answer for it"), name);
}

/* What the items behind it must not close a circle with.  A change of somebody else's object is refused by the core, and so leads
 * nowhere; one that says what it saw, or that a key may have been stored under before, may be. */
static bool add_beside(struct making *m)
{
    struct object_stored state;
    bool create = m->item.operation == OP_CREATE;
    if (!create && (lookup_state(m->node, m->batch->space.number, &m->item.object, &state) ||
                    (!(state.flags & OBJECT_JOINT) && !agency_id_eq(&state.owner, &m->node->own.identity.agency))))
        return true;
    return circle_beside_add(m->batch->beside, &m->item, !m->item.seen_count && !json_is_string(json_object_get(m->json, "key")));
}

static enum muster_error take_item(struct making *m)
{
    struct batch *batch = m->batch;
    enum muster_error error = take_members(m);
    if (!error)
        error = take_head(m);
    if (!error && take_unless(m))
        return MUSTER_OK;
    if (!error && !json_is_object(json_object_get(m->json, "fields")))
        error = fail(m, MUSTER_EUSAGE, _("\"fields\" must be an object"));
    if (error)
        return error;
    json_t *fields = final_fields(m);
    if (!fields)
        return fail(m, MUSTER_EBUSY, _("there is no memory for the item"));
    struct writer w = writer_over(batch->scratch, BODY_SCRATCH);
    error = fields_from_json(m->kind, fields, find_object, m, &w, &m->problem);
    json_decref(fields);
    struct bytes body = {batch->scratch, writer_len(&w)};
    if (!error)
        error = kind_check(m->kind, body, m->item.operation == OP_CREATE, &m->item.mask, &m->problem);
    if (!error && !json_is_true(json_object_get(m->json, "as_given"))) /* a message of somebody else is kept as it came */
        error = areas_check(m->kind, body, &m->problem);
    if (!error)
        error = circle_refuse(m->node, &batch->space, m->item.operation == OP_UPDATE ? &m->item.object : NULL, m->kind, body,
                              batch->beside, &m->problem);
    if (!error)
        error = take_step(m, body);
    if (!error && m->item.operation == OP_CREATE)
        error = delivery_check(m->node, batch->space.number, m->kind, body, &m->problem);
    if (!error && m->item.operation == OP_UPDATE && !m->item.mask)
        error = fail(m, MUSTER_EUSAGE, _("the update changes no field"));
    m->item.kind = m->kind->number;
    m->item.body = body;
    if (!error)
        error = agreements_judge_item(&batch->agreements, m->node, &batch->space, &m->item, &m->by, &m->problem);
    if (error)
        return error;
    uint8_t *copy = malloc(body.len);
    if (!copy)
        return fail(m, MUSTER_EBUSY, _("there is no memory for the item"));
    error = take_seen(m);
    if (error) {
        free(copy);
        return error;
    }
    memcpy(copy, body.at, body.len);
    assignee_note(m, body);
    m->item.schema = m->kind->schema;
    m->item.body = (struct bytes){copy, body.len};
    if (!add_beside(m)) {
        free(copy);
        free(batch->seen[batch->written]);
        batch->seen[batch->written] = NULL;
        return fail(m, MUSTER_EBUSY, _("there is no memory for the item"));
    }
    batch->bodies[batch->written] = copy;
    batch->items[batch->written++] = m->item;
    return MUSTER_OK;
}

/* --- the answer ------------------------------------------------------------------------------------------------------------ */

static const char *state_of(const struct batch *batch, size_t i, enum muster_error whole)
{
    const struct place *place = &batch->places[i];
    if (place->written == 0)
        return place->error ? "refused" : place->state;
    if (whole || batch->results[place->written - 1].error)
        return "refused";
    return batch->results[place->written - 1].existed ? "existing" : place->state;
}

static json_t *answer_one(const struct batch *batch, size_t i, enum muster_error whole, const char *state)
{
    const struct place *place = &batch->places[i];
    char name[SHORT_ID_BYTES];
    if (!place->written && !place->error) {
        short_id(name, place->kind, &place->here, batch->objects);
        return json_pack("{s:o, s:n, s:s, s:s}", "object", json_hex(place->here.b, OBJECT_ID_BYTES), "record", "short", name,
                         "state", state);
    }
    if (!place->written)
        return json_pack("{s:n, s:n, s:n, s:s, s:O}", "object", "record", "short", "state", state, "error",
                         place->error);
    const struct write_item *item = &batch->items[place->written - 1];
    const struct write_result *result = &batch->results[place->written - 1];
    enum muster_error error = whole ? whole : result->error;
    if (error)
        return json_pack("{s:n, s:n, s:n, s:s, s:o}", "object", "record", "short", "state", state, "error",
                         error_json(error, _(error_what(error)), NULL, NULL));
    short_id(name, item->kind, &result->object, batch->objects);
    json_t *json = json_pack("{s:o, s:o, s:s, s:s}", "object", json_hex(result->object.b, OBJECT_ID_BYTES), "record",
                             json_hex(result->record.b, HASH_BYTES), "short", name, "state", state);
    if (place->note[0])
        json_object_set_new(json, "note", json_text(place->note, strlen(place->note)));
    return json;
}

static void written(struct request *request)
{
    struct batch *batch = request->state;
    bool brief = json_is_true(json_object_get(request->json, "brief"));
    struct space_view space;
    json_t *items = json_array();
    json_int_t stored = 0, existing = 0, refused = 0;
    if (request->error && batch->written == batch->count) { /* all of it, for one reason: say it once */
        json_decref(items);
        request_refuse(request, request->error, "nothing was stored: %s", _(error_what(request->error)));
        return;
    }
    batch->objects = core_space_by_id(request->node->core, &batch->space.id, &space) ? space.objects : 0;
    for (size_t i = 0; i < batch->count; i++) {
        const char *state = state_of(batch, i, request->error);
        bool bad = strcmp(state, "refused") == 0;
        if (!brief || bad) { /* brief: only what was refused, by its place in the request */
            json_t *answer = answer_one(batch, i, request->error, state);
            if (brief)
                json_object_set_new(answer, "item", json_integer((json_int_t)i));
            json_array_append_new(items, answer);
        }
        if (bad)
            refused++;
        else if (strcmp(state, "existing") == 0)
            existing++;
        else
            stored++;
    }
    request_answer(request, json_pack("{s:o, s:I, s:I, s:I, s:{s:o, s:o, s:b}, s:O?}", "items", items, "stored", stored,
                                      "existing", existing, "refused", refused, "space", "id",
                                      json_hex(batch->space.id.b, HASH_BYTES), "name",
                                      json_text(batch->space.name, strlen(batch->space.name)), "exercise",
                                      (int)batch->space.exercise, "agreement",
                                      request->agreement));
}

/* --- which space ---------------------------------------------------------------------------------------------------------- */

static bool find_anywhere(void *user, const char *text, struct object_id *out)
{
    struct node *node = user;
    struct space_view space;
    for (size_t i = 0; core_space_at(node->core, i, &space); i++)
        if (lookup_object(node, &space, text, out) == MUSTER_OK)
            return true;
    return false;
}

/* Nobody said which of several spaces: an update goes where its object is, a new object where an agreement lets it. */
static bool route(struct request *request, const json_t *item, struct space_view *out)
{
    struct node *node = request->node;
    struct kind_problem problem = {.error = MUSTER_OK};
    struct object_id object;
    struct agreements agreements;
    const struct held_agreement *by;
    const char *op = json_string_value(json_object_get(item, "op")), *id = json_string_value(json_object_get(item, "object"));
    if (op && strcmp(op, "update") == 0) {
        for (size_t i = 0; id && core_space_at(node->core, i, out); i++)
            if (lookup_object(node, out, id, &object) == MUSTER_OK)
                return true;
        request_refuse(request, MUSTER_ENOTFOUND, "none of this node's spaces has an object \"%.60s\"", id ? id : "");
        return false;
    }
    const char *name = json_string_value(json_object_get(item, "kind"));
    const struct kind *kind = kind_find(name ? name : "", &problem);
    uint8_t *body = malloc(BODY_SCRATCH);
    struct writer w = writer_over(body, body ? BODY_SCRATCH : 0);
    enum muster_error error = !kind ? MUSTER_EKIND
                              : body ? fields_from_json(kind, json_object_get(item, "fields"), find_anywhere, node, &w, &problem)
                                     : MUSTER_EBUSY;
    agreements_load(&agreements, node, true);
    if (!error) {
        struct agreement_subject subject = {kind->number, {body, writer_len(&w)}, (int64_t)node_wall_ms()};
        error = agreements_route(&agreements, node, &subject, out, &by, &problem);
    }
    agreements_free(&agreements);
    free(body);
    if (error)
        request_refuse(request, error, "%s", problem_text(&problem, error));
    return !error;
}

static bool take_space(struct request *request, const json_t *items, struct space_view *out)
{
    const char *query = request_query(request, "space"), *body = json_string_value(json_object_get(request->json, "space"));
    bool named = (query && query[0]) || (body && body[0]);
    if (named || core_spaces(request->node->core) < 2 || !json_array_size(items))
        return request_space(request, out);
    return route(request, json_array_get(items, 0), out);
}

void api_records(struct request *request)
{
    const json_t *items = json_object_get(request->json, "items");
    struct space_view space;
    if (!json_is_array(items) || json_array_size(items) > ITEMS_MAX) {
        request_refuse(request, MUSTER_EUSAGE, "\"items\" must be a list of at most %d items", ITEMS_MAX);
        return;
    }
    if (!take_space(request, items, &space))
        return;
    if (!space.joined) {
        request_refuse(request, MUSTER_EUNKNOWN_SPACE, "the space has not arrived from its members yet");
        return;
    }
    struct batch *batch = batch_new(&space, json_array_size(items));
    request->state = batch;
    request->state_free = batch_free;
    request->agreed = true;
    if (batch)
        agreements_load(&batch->agreements, request->node, true);
    for (size_t i = 0; batch && i < batch->count; i++) {
        struct making m = {.node = request->node, .batch = batch, .operator = request->operator, .json = json_array_get(items, i), .state = "stored", .place = &batch->places[i]};
        enum muster_error error = take_item(&m);
        batch->places[i].state = m.state;
        if (error) {
            batch->places[i].error =
                error_json_of(error, problem_text(&m.problem, error), m.kind ? m.kind->name : NULL);
            preview_refusal(request, i, batch->places[i].error);
        } else if (!m.place->kind) {
            request_agreement(request, m.by);
            batch->places[i].written = batch->written;
        }
    }
    if (!batch)
        request_refuse(request, MUSTER_EBUSY, "there is no memory for %zu items", json_array_size(items));
    else if (batch->written || request_dry(request))
        request_write(request, &space.id, batch->items, batch->written, batch->results, written);
    else
        written(request);
}
