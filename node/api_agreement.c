/* api_agreement.c — sharing terms: the list, one, signing it, and trying a record against all of them. */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/agreements.h"
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/preview.h"
#include "protocol/object/op.h"

#include <stdlib.h>

enum { SUBJECT_BYTES = BODY_BYTES_MAX + 64 * 1024 };

/* --- list and one ---------------------------------------------------------------------------------------------- */

void api_agreements(struct request *request)
{
    struct agreements agreements;
    struct space_view space;
    const char *named = request_query(request, "space");
    if (named && named[0] && !request_space(request, &space))
        return;
    agreements_load(&agreements, request->node, false);
    json_t *items = json_array();
    for (size_t i = 0; i < agreements.count; i++)
        if (!named || !named[0] || agreements.at[i].kept == space.number ||
            memcmp(agreements.at[i].agreement.space.b, space.id.b, HASH_BYTES) == 0)
            json_array_append_new(items, held_json(request->node, &agreements.at[i]));
    agreements_free(&agreements);
    request_answer(request, json_pack("{s:i, s:o}", "muster", 1, "items", items));
}

/* The agreement of the path.  Refuses and gives false. */
static bool take(struct request *request, struct space_view *kept, struct held_agreement *out)
{
    struct object_id object;
    if (!request_object(request, kept, &object))
        return false;
    enum muster_error error = held_read(request->node, kept, &object, out);
    if (!error)
        return true;
    request_refuse(request, error, "%.60s is no agreement that can be shown: %s", request->argument[0], _(error_what(error)));
    held_clear(out);
    return false;
}

void api_agreement(struct request *request)
{
    struct held_agreement held;
    struct space_view kept;
    if (!take(request, &kept, &held))
        return;
    json_t *json = json_head(request->node, &kept), *one = held_json(request->node, &held);
    json_object_del(json, "space"); /* the one that the terms are about, not the one in which they are kept */
    json_object_update_missing(one, json);
    json_decref(json);
    held_clear(&held);
    request_answer(request, one);
}

/* --- signing ------------------------------------------------------------------------------------------------------ */

struct signing {
    struct space_view kept;
    struct object_id object;
    struct record_id head;
    struct record_ref refs[1];
    struct write_item item;
    struct write_result result;
    uint8_t body[1];
};

static void signed_now(struct request *request)
{
    struct signing *s = request->state;
    struct held_agreement held;
    enum muster_error error = request->error ? request->error : s->result.error;
    if (!error)
        error = held_read(request->node, &s->kept, &s->object, &held);
    if (error) {
        request_refuse(request, error, "the agreement was not signed: %s", _(error_what(error)));
        return;
    }
    audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_AGREEMENT_SIGNED, &held.owner, held.name);
    request_answer(request, held_json(request->node, &held));
    held_clear(&held);
}

/* Why this agency cannot sign it now; OK if it can. */
static enum muster_error may_sign(struct request *request, const struct held_agreement *held, const char *head)
{
    const struct agency_id *self = &request->node->own.identity.agency;
    char hex[2 * HASH_BYTES + 1], title[HELD_TITLE_BYTES];
    enum muster_error error = MUSTER_OK;
    const char *why = NULL;
    held_title(held, title);
    if (held->status == HELD_UNREADABLE)
        error = MUSTER_EBADVALUE, why = _("its terms cannot be read");
    else if (!agreement_is_party(&held->agreement, self))
        error = MUSTER_EAGREEMENT, why = _("this agency is no party of it");
    else if (held->status == HELD_ENDED)
        error = MUSTER_EAGREEMENT, why = _("it has ended");
    else if (held->status == HELD_BRANCHES)
        error = MUSTER_EDUPLICATE, why = _("it has branches: its owner resolves them first");
    else if (head && strcmp(head, hex_from(hex, held->head.b, HASH_BYTES)) != 0)
        error = MUSTER_ECHANGED, why = _("its terms have changed since they were shown: look at them again");
    for (size_t i = 0; i < held->signed_count && !error; i++)
        if (agency_id_eq(&held->signed_by[i], self))
            error = MUSTER_EDUPLICATE, why = _("this agency has signed these terms already");
    if (error)
        request_refuse(request, error, "%s cannot be signed: %s", title, why);
    return error;
}

void api_agreement_sign(struct request *request)
{
    struct held_agreement held;
    struct space_view kept;
    bool bad = false;
    const char *head = request_text(request, "head", 2 * HASH_BYTES, &bad);
    if (bad || !take(request, &kept, &held))
        return;
    struct signing *s = may_sign(request, &held, head) == MUSTER_OK ? calloc(1, sizeof(*s)) : NULL;
    request->state = s;
    request->state_free = free;
    if (s) {
        struct writer w = writer_over(s->body, sizeof(s->body));
        pack_map(&w, 0);
        s->kept = kept;
        s->object = held.object;
        s->head = held.head;
        s->refs[0].role = REF_DEP;
        memcpy(s->refs[0].hash.b, held.head.b, HASH_BYTES);
        s->item = (struct write_item){.operation = OP_SIGN, .kind = KIND_AGREEMENT, .schema = 1, .object = held.object,
                                      .body = {s->body, writer_len(&w)}, .refs = s->refs, .ref_count = 1,
                                      .seen = &s->head, .seen_count = 1};
        request_write(request, &kept.id, &s->item, 1, &s->result, signed_now);
    }
    held_clear(&held);
}

/* --- trying --------------------------------------------------------------------------------------------------------- */

/* What every agreement that binds this agency says of the subject. */
static json_t *said_by_all(struct node *node, const struct agreements *agreements, const struct agreement_subject *subject)
{
    json_t *list = json_array();
    for (size_t i = 0; i < agreements->count; i++) {
        const struct held_agreement *held = &agreements->at[i];
        enum agreement_rule rule = agreement_judge(&held->agreement, subject);
        struct space_view space;
        bool known = core_space_by_id(node->core, &held->agreement.space, &space);
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:o, s:b, s:s, s:s, s:s}", "id", json_hex(held->object.b, OBJECT_ID_BYTES), "short",
                            held->short_id, "name", json_text(held->name, strlen(held->name)), "space",
                            known ? json_text(space.name, strlen(space.name)) : json_null(), "allows",
                            rule == AGREEMENT_ALLOWS, "says", _(agreement_rule_says(rule)), "do", _(agreement_rule_remedy(rule)),
                            "onward", agreement_onward_tokens[held->agreement.onward]));
    }
    return list;
}

static void simulate(struct request *request, const struct agreement_subject *subject)
{
    struct node *node = request->node;
    struct agreements agreements;
    struct kind_problem problem = {.error = MUSTER_OK};
    const struct held_agreement *by = NULL;
    struct space_view space;
    const char *named = json_string_value(json_object_get(request->json, "space"));
    bool chosen = named && named[0];
    if (chosen && !request_space(request, &space))
        return;
    agreements_load(&agreements, node, true);
    enum muster_error error;
    if (chosen || (core_spaces(node->core) == 1 && core_space_at(node->core, 0, &space)))
        error = agreements_judge(&agreements, &space, subject, &by, &problem);
    else
        error = agreements_route(&agreements, node, subject, &space, &by, &problem);
    json_t *json = json_pack("{s:i, s:b, s:s, s:o, s:o}", "muster", 1, "allowed", !error, "message",
                             error ? problem_text(&problem, error) : by ? _("an agreement lets it in") : _("no agreement binds this agency there"),
                             "agreements", said_by_all(node, &agreements, subject), "tlp",
                             json_string(agreement_tlp_name(agreement_tlp(subject->view))));
    json_object_set_new(json, "space", error ? json_null()
                                             : json_pack("{s:o, s:o, s:b}", "id", json_hex(space.id.b, HASH_BYTES), "name",
                                                         json_text(space.name, strlen(space.name)), "exercise",
                                                         (int)space.exercise));
    request_agreement(request, error ? NULL : by);
    json_object_set(json, "agreement", request->agreement ? request->agreement : json_null());
    json_object_set_new(json, "onward", by && !error ? json_string(agreement_onward_tokens[by->agreement.onward]) : json_null());
    json_object_set_new(json, "recipients", error ? json_array() : preview_recipients(node, &space, NULL));
    agreements_free(&agreements);
    request_answer(request, json);
}

static bool find_none(void *user, const char *text, struct object_id *out)
{
    (void)user;
    (void)text;
    memset(out, 0, sizeof(*out)); /* what a link leads to decides nothing here */
    return true;
}

void api_agreement_simulate(struct request *request)
{
    struct kind_problem problem = {.error = MUSTER_OK};
    bool bad = false;
    const char *name = request_text(request, "kind", KIND_NAME_BYTES, &bad);
    const json_t *fields = json_object_get(request->json, "fields");
    const struct kind *kind = bad ? NULL : kind_find(name ? name : "", &problem);
    if (bad)
        return;
    uint8_t *body = malloc(SUBJECT_BYTES);
    struct writer w = writer_over(body, body ? SUBJECT_BYTES : 0);
    enum muster_error error = !kind ? MUSTER_EKIND : !body ? MUSTER_EBUSY : MUSTER_OK;
    if (!error && json_is_object(fields))
        error = fields_from_json(kind, fields, find_none, NULL, &w, &problem);
    else if (!error)
        pack_map(&w, 0);
    uint64_t mask;
    if (!error)
        error = kind_check(kind, (struct bytes){body, writer_len(&w)}, false, &mask, &problem);
    if (error)
        request_refuse(request, error, "%s", problem_text(&problem, error));
    else
        simulate(request, &(struct agreement_subject){kind->number, {body, writer_len(&w)}, (int64_t)node_wall_ms()});
    free(body);
}
