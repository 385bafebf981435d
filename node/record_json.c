#include "node/record_json.h"

#include "base/hlc.h"
#include "base/pack.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/quantity_json.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct {
    uint8_t operation;
    const char *name;
} names[] = {
    {OP_CREATE, "create"},   {OP_UPDATE, "update"},       {OP_RETRACT, "retract"}, {OP_OFFER, "offer"},
    {OP_TAKE, "take"},       {OP_REFUSE, "refuse"},       {OP_PROPOSE, "propose"}, {OP_ACCEPT, "accept"},
    {OP_DECLINE, "decline"}, {OP_ERASE, "erase"},         {OP_HOLD, "hold"},       {OP_UNHOLD, "unhold"},
    {OP_RESOLVE, "resolve"}, {OP_SUPERSEDE, "supersede"}, {OP_MINT, "mint"},       {OP_GRANT, "grant"},
    {OP_COMMIT, "commit"},   {OP_COVER, "cover"},         {OP_RETURN, "return"},   {OP_RELEASE, "release"},
    {OP_RECLAIM, "reclaim"}, {OP_SIGN, "sign"},
};

const char *op_name(uint8_t operation)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].operation == operation)
            return names[i].name;
    return "unknown";
}

static bool log_of(struct node *node, uint32_t space, const struct log_id *id, struct log_view *out)
{
    for (size_t i = 0; core_log_at(node->core, space, i, out); i++)
        if (log_id_eq(&out->id, id))
            return true;
    return false;
}

json_t *object_named_json(struct node *node, const struct space_view *space, const struct object_id *object)
{
    struct object_stored state;
    char name[SHORT_ID_BYTES] = "";
    if (lookup_state(node, space->number, object, &state) == MUSTER_OK && !(state.flags & OBJECT_ORPHAN))
        short_id(name, state.kind, object, space->objects);
    return json_pack("{s:o, s:s}", "id", json_hex(object->b, OBJECT_ID_BYTES), "short", name);
}

static void name_add(json_t *into, struct node *node, const struct space_view *space, const json_t *id)
{
    struct object_id object;
    const char *text = json_string_value(id);
    if (!text || json_object_get(into, text) || !hex_to(object.b, OBJECT_ID_BYTES, text))
        return;
    json_t *named = object_named_json(node, space, &object), *name = json_object_get(named, "short");
    if (json_string_length(name))
        json_object_set(into, text, name);
    json_decref(named);
}

void record_names_add(json_t *into, struct node *node, const struct space_view *space, const struct kind *kind, const json_t *fields)
{
    for (size_t i = 0; kind && i < kind->count; i++) {
        const json_t *value = json_object_get(fields, kind->fields[i].name);
        if (kind->fields[i].type == FIELD_OBJECT)
            name_add(into, node, space, value);
        for (size_t k = 0; kind->fields[i].type == FIELD_LINKS && k < json_array_size(value); k++)
            name_add(into, node, space, json_object_get(json_array_get(value, k), "object"));
    }
}

/* --- what became of it ------------------------------------------------------------------------------------------------------ */

static bool listed(const struct object_list *list, uint32_t at)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->at[i] == at)
            return true;
    return false;
}

static const char *offer_answer(const struct object_state *state, uint32_t at)
{
    static const char *const answers[] = {
        [OFFER_OPEN] = "open", [OFFER_TAKEN] = "taken", [OFFER_REFUSED] = "refused", [OFFER_LAPSED] = "lapsed", [OFFER_VOID] = NULL};
    for (uint32_t i = 0; i < state->offers_count; i++)
        if (state->offers[i].record == at)
            return answers[state->offers[i].answer];
    return NULL;
}

static const char *proposal_answer(const struct object_state *state, uint32_t at)
{
    static const char *const answers[] = {
        [ANSWER_OPEN] = "open", [ANSWER_ACCEPTED] = "accepted", [ANSWER_DECLINED] = "declined"};
    for (uint32_t i = 0; i < state->proposals_count; i++)
        if (state->proposals[i].record == at)
            return answers[state->proposals[i].answer];
    return NULL;
}

/* A late record that an accept which counts has cited. */
static bool adopted(const struct object_look *look, uint32_t at)
{
    for (size_t i = 0; i < look->count; i++) {
        const struct hash *cites = look->records[i].op == OP_ACCEPT && look->state.counts[i]
                                       ? object_ref(&look->records[i], REF_PROPOSAL)
                                       : NULL;
        if (cites && memcmp(cites->b, look->records[at].id.b, HASH_BYTES) == 0)
            return true;
    }
    return false;
}

/* *state: "counts", "late", "erased", "void"; the answer to a proposal, an offer, a late record, or NULL. */
static const char *standing(const struct object_look *look, uint32_t at, const char **state)
{
    const struct object_state *folded = &look->state;
    uint8_t op = look->records[at].op;
    const char *answer = NULL;
    bool judged = object_op_is_content(op) || op == OP_TAKE || op == OP_DECLINE;
    *state = "counts";
    if (listed(&folded->erased, at)) {
        *state = "erased";
    } else if (!folded->exists) {
        *state = "void";
    } else if (listed(&folded->late, at)) {
        *state = "late";
        answer = adopted(look, at) ? "accepted" : "open";
    } else if (op == OP_OFFER) {
        answer = offer_answer(folded, at);
        if (!answer)
            *state = "void";
    } else if (op == OP_PROPOSE) {
        answer = proposal_answer(folded, at);
    } else if (judged && !folded->counts[at]) {
        *state = "void";
    }
    return answer;
}

/* --- one record ---------------------------------------------------------------------------------------------------------------- */

/* What the author had seen and this record stands over: its deps, or the change before it in its own log. */
static json_t *supersedes_json(const struct object_look *look, size_t at)
{
    const struct object_record *record = &look->records[at];
    json_t *list = json_array();
    size_t before = look->count;
    if (!object_op_is_content(record->op))
        return list;
    for (size_t i = 0; i < record->refs_count; i++)
        if (record->refs[i].role == REF_DEP)
            json_array_append_new(list, json_hex(record->refs[i].hash.b, HASH_BYTES));
    if (json_array_size(list))
        return list;
    for (size_t i = 0; i < look->count; i++)
        if (log_id_eq(&look->records[i].log, &record->log) && look->records[i].seq < record->seq &&
            object_op_is_content(look->records[i].op) && (before == look->count || look->records[i].seq > look->records[before].seq))
            before = i;
    if (before < look->count)
        json_array_append_new(list, json_hex(look->records[before].id.b, HASH_BYTES));
    return list;
}

static void add_refs(struct node *node, json_t *json, const struct record_header *header)
{
    for (size_t i = 0; i < header->ref_count; i++) {
        struct agency_id to;
        memcpy(to.b, header->refs[i].hash.b, HASH_BYTES);
        switch (header->refs[i].role) {
        case REF_TO_AGENCY:
            json_object_set_new(json, "to", json_agency(node, &to));
            break;
        case REF_OFFER:
        case REF_PROPOSAL:
        case REF_TARGET:
        case REF_HOLD:
            json_object_set_new(json, "about", json_hex(header->refs[i].hash.b, HASH_BYTES));
            break;
        default:
            break;
        }
    }
}

/* Reason and successor leave the fields: they are none. */
static void add_beside(struct node *node, const struct space_view *space, json_t *json, json_t *fields, struct bytes body)
{
    struct pack_value reason;
    struct object_id successor;
    if (pack_get(body, BODY_REASON, &reason) && reason.type == PACK_TEXT)
        json_object_set_new(json, "reason", json_text(reason.u.run.at, reason.u.run.len));
    if (pack_get_fixed(body, BODY_SUCCESSOR, successor.b, OBJECT_ID_BYTES))
        json_object_set_new(json, "by", object_named_json(node, space, &successor));
    json_object_del(fields, "#64");
    json_object_del(fields, "#65");
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

struct opened {
    uint64_t arrival;
    uint16_t index;
    const struct record_header *header;
    const struct record_id *id;
    const struct log_id *log;
    const char *state;
};

static json_t *one_json(struct node *node, const struct space_view *space, const struct opened *o, json_t *supersedes)
{
    struct segment_header segment;
    struct record_header header;
    struct record_id id;
    struct bytes body;
    struct log_view log;
    char hlc[17];
    enum muster_error error = core_record_open(node->core, o->arrival, o->index, &segment, &header, &id, &body);
    if (error && (error != MUSTER_EERASED && error != MUSTER_ENOKEY && error != MUSTER_EDECRYPT)) {
        json_decref(supersedes);
        return NULL;
    }
    bool hidden = error || strcmp(o->state, "erased") == 0;
    json_t *fields = hidden                                    ? json_object()
                     : object_op_is_quantity(header.operation) ? quantity_body_json(body)
                                                               : fields_to_json(kind_by_number(header.kind), body, false);
    json_t *operator = error ? json_null() : operator_json(node, &segment, &header, body);
    const char *state = error == MUSTER_EERASED ? "erased" : error == MUSTER_ENOKEY ? "waits" : error ? "quarantined" : o->state;
    if (!log_of(node, space->number, o->log, &log))
        memset(&log, 0, sizeof(log));
    const struct peer *peer = peer_by_node(&node->peers, &log.node);
    const char *name = log.own ? node->own.node_name : peer ? peer->node_name : "";
    json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:s}", "record", json_hex(o->id->b, HASH_BYTES), "op",
                             op_name(header.operation), "time", json_time(hlc_ms(header.hlc)), "agency",
                             json_agency(node, &log.agency), "node", json_text(name, strlen(name)), "operator", operator, "sequence",
                             (json_int_t)header.sequence, "supersedes", supersedes, "state", state);
    snprintf(hlc, sizeof(hlc), "%016" PRIx64, header.hlc);
    json_object_set_new(json, "hlc", json_string(hlc));
    if (!hidden)
        add_beside(node, space, json, fields, body);
    json_object_set_new(json, "fields", fields);
    add_refs(node, json, o->header);
    return json;
}

json_t *record_json(struct node *node, const struct space_view *space, const struct object_look *look, size_t at)
{
    struct opened o = {look->held[at].arrival, look->held[at].index, &look->held[at].header, &look->records[at].id,
                       &look->records[at].log, NULL};
    const char *answer = standing(look, (uint32_t)at, &o.state);
    json_t *json = one_json(node, space, &o, supersedes_json(look, at));
    if (json && answer)
        json_object_set_new(json, "answer", json_string(answer));
    return json;
}

json_t *record_waiting_json(struct node *node, const struct space_view *space, const struct waiting_record *record)
{
    static const char *const states[] = {
        [WAITING_DISPUTE] = "disputed", [WAITING_LIMIT] = "quarantined", [WAITING_KEY] = "waits"};
    struct opened o = {record->arrival, record->index, &record->header, &record->id, &record->log, states[record->why]};
    return one_json(node, space, &o, json_array());
}

/* --- quantities --------------------------------------------------------------------------------------------------------------- */

enum { RECORD_KEY_BYTES = 4 + OBJECT_ID_BYTES + 8 + 2, QUANTITY_RECORDS_MAX = 10000 };

struct found_quantity {
    uint64_t arrival;
    uint16_t index;
};

struct found_quantities {
    struct found_quantity *at;
    size_t count;
};

static bool take_quantity(void *user, struct bytes key, struct bytes value)
{
    struct found_quantities *f = user;
    if (key.len != RECORD_KEY_BYTES || !value.len || !object_op_is_quantity(value.at[0]))
        return true;
    f->at[f->count++] = (struct found_quantity){get_be64(key.at + 4 + OBJECT_ID_BYTES),
                                                (uint16_t)(key.at[RECORD_KEY_BYTES - 2] << 8 | key.at[RECORD_KEY_BYTES - 1])};
    return f->count < QUANTITY_RECORDS_MAX;
}

/* *state as history says it; the word of a promise, or NULL. */
static const char *quantity_standing(const struct quantity_view *view, const struct record_id *id, const char **state)
{
    static const struct {
        const char *word, *state;
    } plain[] = {{"valid", "counts"}, {"void", "void"}, {"waiting", "waits"}, {"disputed", "disputed"}, {"cut-off", "quarantined"}};
    *state = "waits";
    for (size_t i = 0; i < view->count; i++) {
        if (!record_id_eq(&view->records[i].id, id))
            continue;
        const char *word = quantity_word(&view->records[i], &view->state.records[i]);
        for (size_t k = 0; k < ARRAY_LEN(plain); k++)
            if (strcmp(plain[k].word, word) == 0) {
                *state = plain[k].state;
                return NULL;
            }
        *state = "counts";
        return word;
    }
    return NULL;
}

json_t *quantity_records_json(struct node *node, const struct space_view *space, const struct object_id *object)
{
    const struct storage *storage = store_storage(node->store);
    struct found_quantities f = {malloc(QUANTITY_RECORDS_MAX * sizeof(*f.at)), 0};
    struct quantity_view view;
    uint8_t prefix[4 + OBJECT_ID_BYTES];
    json_t *list = json_array();
    put_be32(prefix, space->number);
    memcpy(prefix + 4, object->b, OBJECT_ID_BYTES);
    if (f.at && storage->scan(storage->self, T_RECORD, (struct bytes){prefix, sizeof(prefix)}, (struct bytes){NULL, 0}, false,
                              take_quantity, &f) != MUSTER_OK)
        f.count = 0;
    if (f.count && core_quantity(node->core, space->number, object, &view) != MUSTER_OK)
        memset(&view, 0, sizeof(view)); /* too many to be judged: they are shown as waiting */
    for (size_t i = 0; i < f.count; i++) {
        struct segment_header segment = {.position = 0};
        struct record_header header;
        struct record_id id;
        struct bytes body;
        enum muster_error error = core_record_open(node->core, f.at[i].arrival, f.at[i].index, &segment, &header, &id, &body);
        if (error && error != MUSTER_EERASED && error != MUSTER_ENOKEY && error != MUSTER_EDECRYPT)
            continue;
        struct opened o = {f.at[i].arrival, f.at[i].index, &header, &id, &segment.log, NULL};
        const char *answer = quantity_standing(&view, &id, &o.state);
        json_t *one = one_json(node, space, &o, json_array());
        if (one && answer)
            json_object_set_new(one, "answer", json_string(answer));
        if (one)
            json_array_append_new(list, one);
    }
    if (f.count)
        quantity_view_free(&view);
    free(f.at);
    return list;
}

/* --- lists ------------------------------------------------------------------------------------------------------------------------- */

struct placed {
    uint64_t hlc;
    struct record_id id;
    uint32_t at;
};

static int by_time(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->hlc != y->hlc)
        return x->hlc < y->hlc ? -1 : 1;
    return record_id_cmp(&x->id, &y->id);
}

uint32_t *records_by_time(const struct object_look *look)
{
    struct placed *placed = calloc(look->count + 1, sizeof(*placed));
    uint32_t *out = calloc(look->count + 1, sizeof(*out));
    for (size_t i = 0; placed && i < look->count; i++)
        placed[i] = (struct placed){look->records[i].hlc, look->records[i].id, (uint32_t)i};
    if (placed && out) {
        qsort(placed, look->count, sizeof(*placed), by_time);
        for (size_t i = 0; i < look->count; i++)
            out[i] = placed[i].at;
        free(placed);
        return out;
    }
    free(placed);
    free(out);
    return NULL;
}

enum { LIST_RECORDS_MAX = 256 }; /* of proposals, offers and late records beside one object; history has them all */

static void append(json_t *list, json_t *one)
{
    if (one)
        json_array_append_new(list, one);
}

json_t *proposals_json(struct node *node, const struct space_view *space, const struct object_look *look)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < look->state.proposals_count && json_array_size(list) < LIST_RECORDS_MAX; i++)
        if (look->state.proposals[i].answer == ANSWER_OPEN)
            append(list, record_json(node, space, look, look->state.proposals[i].record));
    return list;
}

json_t *offers_json(struct node *node, const struct space_view *space, const struct object_look *look)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < look->state.offers_count && json_array_size(list) < LIST_RECORDS_MAX; i++)
        if (look->state.offers[i].answer == OFFER_OPEN)
            append(list, record_json(node, space, look, look->state.offers[i].record));
    return list;
}

json_t *late_json(struct node *node, const struct space_view *space, const struct object_look *look)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < look->state.late.count && json_array_size(list) < LIST_RECORDS_MAX; i++)
        append(list, record_json(node, space, look, look->state.late.at[i]));
    return list;
}
