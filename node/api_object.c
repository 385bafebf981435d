/* api_object.c — one object: its state, its history, the bytes of its evidence. */
#include "base/hlc.h"
#include "base/pack.h"
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/object_json.h"
#include "node/quantity_json.h"
#include "protocol/object/op.h"

#include <stdlib.h>

enum {
    RECORD_KEY_BYTES = 4 + OBJECT_ID_BYTES + 8 + 2,
    RECORD_VALUE_MASK_AT = 5,
    RECORD_VALUE_BYTES = 33,
    HISTORY_MAX = 10000,
    MEDIA_TYPE_MAX = 127
};

json_t *object_json(const struct node *node, const struct space_view *space, const struct object_id *id,
                    const struct object_stored *state, bool full)
{
    char name[SHORT_ID_BYTES], number[16];
    const struct kind *kind = kind_by_number(state->kind);
    const char *word = kind_name(state->kind);
    snprintf(number, sizeof(number), "#%u", state->kind);
    short_id(name, state->kind, id, space->objects);
    json_t *json = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:b, s:b, s:b, s:b, s:o}", "id",
                     json_hex(id->b, OBJECT_ID_BYTES), "short", name, "kind", word ? word : number, "owner",
                     json_agency(node, &state->owner), "created", json_time(hlc_ms(state->created)), "changed",
                     json_time(hlc_ms(state->changed)), "revision", (int)state->revision, "conflict",
                     (state->flags & OBJECT_CONFLICT) != 0, "provisional", state->conflict_mask != 0, "erased",
                     state->erased_mask != 0, "retracted", (state->flags & OBJECT_RETRACTED) != 0, "disputed",
                     (state->flags & OBJECT_DISPUTED) != 0, "fields", fields_to_json(kind, state->view, !full));
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
        request_refuse(request, error, "%.60s: %s", text, error_what(error));
    return false;
}

/* --- records ------------------------------------------------------------------------------------------------------------------ */

struct found_record {
    uint64_t arrival, mask, hlc;
    uint16_t index;
    uint8_t operation;
};

struct found_records {
    struct found_record *at;
    size_t count, size;
};

static bool take_record(void *user, struct bytes key, struct bytes value)
{
    struct found_records *f = user;
    if (key.len != RECORD_KEY_BYTES || value.len != RECORD_VALUE_BYTES)
        return true;
    if (f->count == f->size) {
        size_t size = f->size ? f->size * 2 : 16;
        struct found_record *bigger = size <= HISTORY_MAX * 2 ? realloc(f->at, size * sizeof(*bigger)) : NULL;
        if (!bigger)
            return false;
        f->at = bigger;
        f->size = size;
    }
    f->at[f->count++] =
        (struct found_record){.arrival = get_be64(key.at + 4 + OBJECT_ID_BYTES),
                              .index = (uint16_t)(key.at[RECORD_KEY_BYTES - 2] << 8 | key.at[RECORD_KEY_BYTES - 1]),
                              .operation = value.at[0],
                              .mask = get_le64(value.at + RECORD_VALUE_MASK_AT),
                              .hlc = get_le64(value.at + RECORD_VALUE_MASK_AT + 8)};
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct found_record *x = a, *y = b;
    if (x->hlc != y->hlc)
        return x->hlc < y->hlc ? -1 : 1;
    return x->arrival != y->arrival ? (x->arrival < y->arrival ? -1 : 1) : (int)x->index - (int)y->index;
}

static struct found_records records_of(struct node *node, uint32_t space, const struct object_id *id)
{
    const struct storage *storage = store_storage(node->store);
    struct found_records f = {NULL, 0, 0};
    uint8_t prefix[4 + OBJECT_ID_BYTES];
    put_be32(prefix, space);
    memcpy(prefix + 4, id->b, OBJECT_ID_BYTES);
    if (storage->scan(storage->self, T_RECORD, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0}, false,
                      take_record, &f) != MUSTER_OK)
        f.count = 0;
    if (f.count)
        qsort(f.at, f.count, sizeof(*f.at), by_time);
    return f;
}

static bool log_of(struct node *node, uint32_t space, const struct log_id *id, struct log_view *out)
{
    for (size_t i = 0; core_log_at(node->core, space, i, out); i++)
        if (log_id_eq(&out->id, id))
            return true;
    return false;
}

static const char *op_name(uint8_t operation)
{
    static const struct {
        uint8_t operation;
        const char *name;
    } names[] = {
        {OP_CREATE, "create"},   {OP_UPDATE, "update"},       {OP_RETRACT, "retract"}, {OP_OFFER, "offer"},
        {OP_TAKE, "take"},       {OP_REFUSE, "refuse"},       {OP_PROPOSE, "propose"}, {OP_ACCEPT, "accept"},
        {OP_DECLINE, "decline"}, {OP_ERASE, "erase"},         {OP_HOLD, "hold"},       {OP_UNHOLD, "unhold"},
        {OP_RESOLVE, "resolve"}, {OP_SUPERSEDE, "supersede"}, {OP_SIGN, "sign"}, {OP_MINT, "mint"},       {OP_GRANT, "grant"},
        {OP_COMMIT, "commit"},   {OP_COVER, "cover"},         {OP_RETURN, "return"},   {OP_RELEASE, "release"},
        {OP_RECLAIM, "reclaim"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].operation == operation)
            return names[i].name;
    return "unknown";
}

static json_t *supersedes_json(const struct record_header *header)
{
    json_t *list = json_array();
    for (size_t i = 0; i < header->ref_count; i++)
        if (header->refs[i].role == REF_DEP || (header->refs[i].role == REF_TERM && header->ref_count == 1))
            json_array_append_new(list, json_hex(header->refs[i].hash.b, HASH_BYTES));
    return list;
}

static const char *record_state(enum muster_error opened, const struct log_view *log,
                                const struct segment_header *segment)
{
    if (opened == MUSTER_EERASED)
        return "erased";
    if (opened == MUSTER_ENOKEY)
        return "waits";
    if (!log->counts || opened)
        return "quarantined";
    return log->fork_at && segment->position >= log->fork_at ? "disputed" : "counts";
}

/* Who pressed the button: {id, name, roles, state}; null when nobody is named. */
static json_t *operator_json(struct node *node, const struct segment_header *segment, const struct record_header *header,
                             struct bytes body)
{
    static const char *const states[] = {"verified", "expired", "revoked", "unknown", "false"};
    struct operator_view view;
    char roles[64];
    if (!core_record_operator(node->core, segment, header, body, &view))
        return json_null();
    role_names(roles, view.roles);
    return json_pack("{s:o, s:o, s:s, s:s}", "id", json_hex(view.key.b, sizeof(view.key.b)), "name",
                     json_text(view.name, strlen(view.name)), "roles", roles, "state", states[view.state]);
}

static json_t *record_json(struct node *node, const struct space_view *space, const struct found_record *found)
{
    struct segment_header segment = {.position = 0};
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct log_view log = {.counts = false};
    enum muster_error error = core_record_open(node->core, found->arrival, found->index, &segment, &header, &id, &body);
    if (error && (error != MUSTER_EERASED && error != MUSTER_ENOKEY && error != MUSTER_EDECRYPT))
        return NULL; /* the record itself cannot be read: muster check says so */
    json_t *fields = error                                          ? json_object()
                     : object_op_is_quantity(header.operation) ? quantity_body_json(body)
                                                               : fields_to_json(kind_by_number(header.kind), body, false);
    if (!log_of(node, space->number, &segment.log, &log))
        memset(&log, 0, sizeof(log));
    json_t *operator = error ? json_null() : operator_json(node, &segment, &header, body);
    const struct peer *peer = peer_by_node(&node->peers, &log.node);
    const char *name = log.own ? node->own.node_name : peer ? peer->node_name : "";
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:s}", "record", json_hex(id.b, HASH_BYTES), "op",
                     op_name(header.operation), "time", json_time(hlc_ms(header.hlc)), "agency",
                     json_agency(node, &log.agency), "node", json_text(name, strlen(name)), "operator", operator,
                     "sequence",
                     (json_int_t)header.sequence, "supersedes", supersedes_json(&header), "fields", fields, "state",
                     record_state(error, &log, &segment));
}

void api_history(struct request *request)
{
    struct space_view space;
    struct object_id id;
    if (!request_object(request, &space, &id))
        return;
    struct found_records f = records_of(request->node, space.number, &id);
    json_t *items = json_array(), *json = json_head(request->node, &space);
    for (size_t i = 0; i < f.count; i++) {
        json_t *one = record_json(request->node, &space, &f.at[i]);
        if (one)
            json_array_append_new(items, one);
    }
    free(f.at);
    json_object_set_new(json, "items", items);
    request_answer(request, json);
}

/* --- one object ----------------------------------------------------------------------------------------------------------------- */

json_t *branches_json(struct node *node, const struct space_view *space, const struct object_id *id,
                      const struct object_stored *state)
{
    json_t *list = json_array();
    if (state->head_count < 2)
        return list;
    struct record_id heads[OBJECT_HEADS_MAX];
    size_t count = state->head_count;
    memcpy(heads, state->heads, count * sizeof(*heads)); /* the state is borrowed from the store */
    struct found_records f = records_of(node, space->number, id);
    for (size_t i = 0; i < f.count; i++) {
        char hex[2 * HASH_BYTES + 1];
        json_t *one = record_json(node, space, &f.at[i]);
        const char *record = json_string_value(json_object_get(one, "record"));
        for (size_t h = 0; record && h < count; h++)
            if (strcmp(record, hex_from(hex, heads[h].b, HASH_BYTES)) == 0)
                json_array_append_new(
                    list, json_pack("{s:s, s:O, s:O, s:O}", "record", record, "agency", json_object_get(one, "agency"),
                                    "time", json_object_get(one, "time"), "fields", json_object_get(one, "fields")));
        json_decref(one);
    }
    free(f.at);
    return list;
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
        request_refuse(request, error, "%.60s: %s", request->argument[0], error_what(error));
        return;
    }
    json_t *json = object_json(node, &space, &id, &state, true), *heads = json_array(), *top = json_head(node, &space);
    for (size_t i = 0; i < state.head_count; i++)
        json_array_append_new(heads, json_hex(state.heads[i].b, HASH_BYTES));
    json_object_set_new(json, "heads", heads);
    json_object_set_new(json, "links", links_json(node, &space, &id, &state));
    json_object_set_new(json, "evidence", evidence_json(&state));
    json_object_set_new(json, "branches", branches_json(node, &space, &id, &state));
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

static bool give_evidence(struct request *request, const struct found_record *found, uint8_t number)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body, type = {NULL, 0}, bytes;
    struct pack_value value;
    char text[MEDIA_TYPE_MAX + 1] = "application/octet-stream";
    enum muster_error error =
        core_record_open(request->node->core, found->arrival, found->index, &segment, &header, &id, &body);
    if (error) {
        request_refuse(request, error, "the evidence cannot be opened: %s", error_what(error));
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
                       field                 ? "the field holds no evidence"
                       : problem.sentence[0] ? problem.sentence
                                             : "the kind is not known");
        return;
    }
    struct found_records f = records_of(request->node, space.number, &id);
    bool given = false;
    for (size_t i = f.count; i > 0 && !given; i--)
        if (f.at[i - 1].mask >> field->number & 1)
            given = give_evidence(request, &f.at[i - 1], field->number);
    free(f.at);
    if (!given)
        request_refuse(request, MUSTER_ENOTFOUND, "%.60s holds no %s", request->argument[0], field->name);
}
