/* api_explain.c — GET /v1/explain: why a peer has an object, or does not (protocol/session/explain.h). */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/onward.h"
#include "node/preview.h"
#include "protocol/session/explain.h"

enum { MEMBERS_LOOKED_AT = 65536, ONWARD_SPACES_MAX = 8 };

/* The row of the rehearsal for that agency: on which way it would get it. */
static json_t *way_of(struct node *node, const struct space_view *space, const struct agency_id *agency)
{
    char id[2 * HASH_BYTES + 1];
    json_t *list = preview_recipients(node, space, NULL), *found = NULL;
    hex_from(id, agency->b, HASH_BYTES);
    for (size_t i = 0; i < json_array_size(list) && i < MEMBERS_LOOKED_AT; i++) {
        json_t *one = json_array_get(list, i);
        const char *is = json_string_value(json_object_get(json_object_get(one, "agency"), "id"));
        if (is && strcmp(is, id) == 0)
            found = json_incref(one);
    }
    json_decref(list);
    return found;
}

static const char *reading_says(enum explain_reading reading)
{
    switch (reading) {
    case READING_YES:
        return _("it can read it");
    case READING_RELAY:
        return _("it carries it and cannot read it: its right is relay");
    case READING_BEFORE:
        return _("it cannot read it: sealed before it joined, in a space without history for newcomers");
    case READING_NO_READER:
        return _("it cannot read it: no reader of the space");
    }
    return "";
}

static bool names_record(struct request *request, struct record_id *out)
{
    const char *record = request_query(request, "record");
    if (!record || !record[0] || hex_to(out->b, HASH_BYTES, record))
        return true;
    request_refuse(request, MUSTER_EUSAGE, "\"%.70s\" is no id of a record: 64 hex digits, as muster history shows them", record);
    return false;
}

/* [{space, allowed, says, do, agreement}]: spaces in which the peer is a reader and this agency writes, and whether the terms let
 * the object go on into them (muster share). */
static json_t *onward_json(struct node *node, const struct space_view *from, const struct agency_id *peer,
                           const struct object_id *object)
{
    struct space_view to;
    json_t *list = json_array();
    for (size_t i = 0; core_space_at(node->core, i, &to) && json_array_size(list) < ONWARD_SPACES_MAX; i++) {
        const struct control_member *member = to.joined ? control_member(to.control, peer) : NULL;
        const struct control_member *self = to.joined ? control_member(to.control, &node->own.identity.agency) : NULL;
        struct object_stored state;
        char title[HELD_TITLE_BYTES];
        if (to.number == from->number || !member || member->suspended || member->right < RIGHT_READ || !self ||
            self->right < RIGHT_WRITE || lookup_state(node, from->number, object, &state) != MUSTER_OK)
            continue;
        enum onward_rule rule = onward_of(node, from, &to, object, &state, title);
        json_array_append_new(list, json_pack("{s:o, s:b, s:s, s:s, s:o}", "space", json_text(to.name, strlen(to.name)), "allowed",
                                              (int)onward_allows(rule), "says", onward_rule_says(rule), "do",
                                              onward_allows(rule) ? "muster share" : onward_rule_remedy(rule), "agreement",
                                              json_text(title, strlen(title))));
    }
    return list;
}

static json_t *answer(struct node *node, const struct space_view *space, const struct agency_id *peer, const struct object_id *object,
                      const struct explanation *e)
{
    bool has = e->rule == EXPLAIN_HOLDS || e->rule == EXPLAIN_AUTHOR;
    json_t *json = json_head(node, space), *way = e->rule >= EXPLAIN_DOWN ? way_of(node, space, peer) : NULL;
    json_object_set_new(json, "peer", json_agency(node, peer));
    json_object_set_new(json, "object", json_hex(object->b, OBJECT_ID_BYTES));
    json_object_set_new(json, "record", json_hex(e->record.b, HASH_BYTES));
    json_object_set_new(json, "author", json_agency(node, &e->author));
    json_object_set_new(json, "log", json_hex(e->log.b, HASH_BYTES));
    json_object_set_new(json, "position", json_integer((json_int_t)e->position));
    json_object_set_new(json, "prefix", json_integer((json_int_t)e->prefix));
    json_object_set_new(json, "rule", json_string(explain_rule_name(e->rule)));
    json_object_set_new(json, "says", json_string(_(explain_rule_says(e->rule))));
    json_object_set_new(json, "change", json_string(_(explain_rule_change(e->rule))));
    json_object_set_new(json, "allowed", json_boolean(e->forward.allowed));
    json_object_set_new(json, "holds", json_boolean(has));
    json_object_set_new(json, "since", e->rule == EXPLAIN_DOWN ? json_time(e->since_ms) : json_null());
    json_object_set_new(json, "reading", json_string(explain_reading_name(e->reading)));
    json_object_set_new(json, "reading_says", json_string(reading_says(e->reading)));
    json_object_set_new(json, "way", way ? way : json_null());
    json_object_set_new(json, "onward", e->forward.allowed ? json_array() : onward_json(node, space, peer, object));
    return json;
}

/* An object that is given by its whole id may be in no view: set aside, disputed, or waiting for a key. */
static bool in_no_view(struct request *request, const char *text, const struct agency_id *peer, const struct record_id *record,
                       struct space_view *space, struct object_id *object, struct explanation *out)
{
    const char *named = request_query(request, "space");
    if (strlen(text) != 2 * OBJECT_ID_BYTES || !hex_to(object->b, OBJECT_ID_BYTES, text) || (named && named[0]))
        return false;
    for (size_t i = 0; core_space_at(request->node->core, i, space); i++)
        if (core_explain(request->node->core, space->number, peer, object, record, out) == MUSTER_OK)
            return true;
    return false;
}

void api_explain(struct request *request)
{
    struct node *node = request->node;
    const char *name = request_query(request, "peer"), *text = request_query(request, "object");
    struct record_id record = {{0}};
    struct explanation explained;
    struct space_view space;
    struct object_id object;
    if (!text || !text[0] || !name || !name[0]) {
        request_refuse(request, MUSTER_EUSAGE, "\"peer\" and \"object\" are needed: who, and what");
        return;
    }
    const struct peer *peer = request_peer(request, name);
    if (!peer || !names_record(request, &record))
        return;
    struct agency_id agency = peer->agency;
    enum muster_error error = MUSTER_ENOTFOUND;
    if (!in_no_view(request, text, &agency, &record, &space, &object, &explained)) {
        request->argument[0] = (char *)(uintptr_t)text;
        if (!request_object(request, &space, &object))
            return;
        error = core_explain(node->core, space.number, &agency, &object, &record, &explained);
    } else {
        error = MUSTER_OK;
    }
    if (error)
        request_refuse(request, error, "%.60s: %s", text,
                       error == MUSTER_ENOTFOUND ? _("this node holds no such record of it") : _(error_what(error)));
    else
        request_answer(request, answer(node, &space, &agency, &object, &explained));
}
