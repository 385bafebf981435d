/* api_share.c — an object's present content goes on into another space as an object of this agency, if the terms under which it
 * stands allow it; and the owner's consent to that. */
#include "base/pack.h"
#include "lang/lang.h"
#include "node/agreements.h"
#include "node/api_handlers.h"
#include "node/fields_json.h"
#include "node/lookup.h"
#include "node/onward.h"
#include "node/share_files.h"
#include "protocol/kinds/link.h"
#include "protocol/object/op.h"

#include <stdlib.h>

enum { NIL = 0xc0 }; /* of msgpack */

struct sharing {
    struct space_view from, to;
    struct object_id object;
    enum onward_rule rule;
    char cited[sizeof("muster:") + 2 * OBJECT_ID_BYTES], agreement[HELD_TITLE_BYTES];
    uint16_t kind;
    json_t *left_out;
    struct record_id head;
    struct record_ref refs[2];
    struct write_item item;
    struct write_result result;
    uint8_t *body;
    uint8_t empty[1];
    struct share_files files;
};

static void sharing_free(void *state)
{
    struct sharing *s = state;
    if (!s)
        return;
    json_decref(s->left_out);
    free(s->body);
    crypto_wipe(s, sizeof(*s)); /* the keys of files */
    free(s);
}

/* --- what goes on ---------------------------------------------------------------------------------------------------- */

/* What means something in its own space only: links and objects, bytes that a view names by their size. */
static bool stays_behind(const struct field *field)
{
    return !field || link_field(field) || field->type == FIELD_EVIDENCE;
}

static bool is_files(const struct field *field)
{
    return field && strcmp(field->name, "attachments") == 0;
}

/* The files as they were sealed for the other space; nil when there are none any more. */
static void write_files(struct writer *w, const struct share_files *files)
{
    char text[BLOB_TEXT_MAX];
    if (!files->done) {
        writer_u8(w, NIL);
        return;
    }
    pack_array(w, (uint32_t)files->done);
    for (size_t i = 0; i < files->done; i++) {
        blob_text(text, &files->now[i]);
        pack_text(w, text, strlen(text));
    }
    crypto_wipe(text, sizeof(text));
}

/* Does the body say something of files: those that came over, or that the copy has none any more. */
static bool says_files(const struct sharing *s)
{
    return s->files.done || (s->item.operation == OP_UPDATE && s->files.have_count);
}

/* The aliases of the object and, as the first of them, which object it is of. */
static void write_aliases(struct writer *w, const struct sharing *s, bool any, const struct pack_value *aliases)
{
    struct cursor c = any ? cursor_over(aliases->whole.at, aliases->whole.len) : cursor_over(NULL, 0);
    struct pack_value list = {.type = PACK_NIL}, item;
    uint32_t count = any && aliases->type == PACK_ARRAY && pack_next(&c, &list, true) ? list.u.count : 0;
    if (count > FIELD_ITEMS - 1)
        count = FIELD_ITEMS - 1;
    pack_array(w, count + 1);
    pack_text(w, s->cited, strlen(s->cited));
    for (uint32_t i = 0; i < count && pack_next(&c, &item, false); i++)
        writer_put(w, item.whole.at, item.whole.len);
}

/* What the object does not say any more its copy shall not say either. */
static bool clears(const struct sharing *s, const struct field *field, bool has)
{
    return s->item.operation == OP_UPDATE && field && !has && !stays_behind(field) && !(field->flags & FIELD_REQUIRED) &&
           strcmp(field->name, "alias") != 0;
}

/* The fields of the view that go on: {number: value}, with the alias among them. */
static enum muster_error write_body(struct sharing *s, const struct kind *kind, struct bytes view, struct kind_problem *problem)
{
    const struct field *alias = field_by_name(kind, "alias");
    struct pack_value value;
    uint32_t pairs = 1;
    s->body = malloc(BODY_BYTES_MAX);
    s->left_out = json_array();
    if (!s->body || !alias)
        return MUSTER_EBUSY;
    struct writer w = writer_over(s->body, BODY_BYTES_MAX);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            pack_map(&w, pairs);
        for (unsigned n = 0; n <= FIELD_NUMBER_MAX; n++) {
            const struct field *field = field_by_number(kind, n);
            bool has = pack_get(view, n, &value) && value.type != PACK_NIL;
            if (pass == 1 && n == alias->number) {
                pack_uint(&w, n);
                write_aliases(&w, s, has, &value);
            } else if (is_files(field)) {
                if (pass == 0 && s->files.missing)
                    json_array_append_new(s->left_out, json_string(field->name));
                pairs += pass == 0 && says_files(s);
                if (pass == 1 && says_files(s)) {
                    pack_uint(&w, n);
                    write_files(&w, &s->files);
                }
            } else if (has && n != alias->number && stays_behind(field)) {
                if (pass == 0 && field)
                    json_array_append_new(s->left_out, json_string(field->name));
            } else if (has && n != alias->number && pass == 0) {
                pairs++;
            } else if (has && n != alias->number) {
                pack_uint(&w, n);
                writer_put(&w, value.whole.at, value.whole.len);
            } else if (clears(s, field, has) && pass == 0) {
                pairs++;
            } else if (clears(s, field, has)) {
                pack_uint(&w, n);
                writer_u8(&w, NIL);
            }
        }
    }
    s->item.body = (struct bytes){s->body, writer_len(&w)};
    return w.failed ? MUSTER_ETOOBIG : kind_check(kind, s->item.body, s->item.operation == OP_CREATE, &s->item.mask, problem);
}

/* --- may it ------------------------------------------------------------------------------------------------------------- */

static bool may_share(struct request *request, struct sharing *s, const struct object_stored *state)
{
    s->rule = onward_of(request->node, &s->from, &s->to, &s->object, state, s->agreement);
    if (onward_allows(s->rule))
        return true;
    struct trouble trouble = {.error = MUSTER_EAGREEMENT};
    snprintf(trouble.what, sizeof(trouble.what), _("%.60s does not go on from %.80s to %.80s%s%.120s: %s"), request->argument[0],
             s->from.name, s->to.name, s->agreement[0] ? _(" under the agreement ") : "", s->agreement, _(onward_rule_says(s->rule)));
    snprintf(trouble.remedy, sizeof(trouble.remedy), "%s", _(onward_rule_remedy(s->rule)));
    request_refuse_trouble(request, &trouble);
    return false;
}

static void shared(struct request *request)
{
    struct sharing *s = request->state;
    enum muster_error error = request->error ? request->error : s->result.error;
    char name[SHORT_ID_BYTES];
    if (error) {
        request_refuse(request, error, "nothing was shared: %s", _(error_what(error)));
        return;
    }
    short_id(name, s->kind, &s->result.object, s->to.objects);
    request_answer(request, json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:O}", "object",
                                      json_hex(s->result.object.b, OBJECT_ID_BYTES), "record",
                                      json_hex(s->result.record.b, HASH_BYTES), "short", name, "state",
                                      s->item.operation == OP_UPDATE ? "updated" : "stored", "from",
                                      json_text(s->from.name, strlen(s->from.name)), "to",
                                      json_text(s->to.name, strlen(s->to.name)), "because", _(onward_rule_says(s->rule)), "agreement",
                                      s->agreement, "left_out", s->left_out));
}

/* Shared before: then its copy is brought up to date instead of making another. */
static void find_copy(struct node *node, struct sharing *s)
{
    struct object_id copy;
    struct object_stored state;
    s->item.operation = OP_CREATE;
    if (lookup_alias(node, s->to.number, s->cited, strlen(s->cited), &copy) != MUSTER_OK ||
        lookup_state(node, s->to.number, &copy, &state) != MUSTER_OK || state.kind != s->kind ||
        !agency_id_eq(&state.owner, &node->own.identity.agency))
        return;
    s->item.operation = OP_UPDATE;
    s->item.object = copy;
    s->files.have_count = share_files_of(state.kind, state.view, s->files.have);
}

/* What it is, what of it there is there, and its files; before these are brought over. */
static enum muster_error prepare(struct request *request, struct sharing *s, struct kind_problem *problem)
{
    struct object_stored state;
    char hex[2 * OBJECT_ID_BYTES + 1];
    enum muster_error error = lookup_state(request->node, s->from.number, &s->object, &state);
    const struct kind *kind = error ? NULL : kind_by_number(state.kind);
    if (error || !kind || state.kind == KIND_AGREEMENT)
        return error ? error : problem_set(problem, MUSTER_EKIND, NULL, NULL, _("objects of this kind are not shared onward"));
    if (state.flags & (OBJECT_RETRACTED | OBJECT_CONFLICT))
        return problem_set(problem, MUSTER_EAGREEMENT, NULL, NULL, _("the object %s"), state.flags & OBJECT_RETRACTED
                               ? _("is withdrawn") : _("has branches that its owner has not resolved"));
    snprintf(s->cited, sizeof(s->cited), "muster:%s", hex_from(hex, s->object.b, OBJECT_ID_BYTES));
    s->kind = kind->number;
    s->item.kind = kind->number;
    s->item.schema = kind->schema;
    s->files.from = s->from;
    s->files.to = s->to;
    s->files.count = share_files_of(state.kind, state.view, s->files.at);
    s->head = state.head_count ? state.heads[0] : s->head;
    find_copy(request->node, s);
    return MUSTER_OK;
}

static void refuse_sharing(struct request *request, enum muster_error error, const struct kind_problem *problem)
{
    request_refuse(request, error, "%.60s cannot be shared: %s", request->argument[0],
                   problem->sentence[0] ? problem->sentence : error_what(error));
}

/* Its files are there: the record follows, if the object is what it was when they were taken. */
static void write_copy(struct request *request)
{
    struct sharing *s = request->state;
    struct kind_problem problem = {.error = MUSTER_OK};
    struct object_stored state;
    enum muster_error error = lookup_state(request->node, s->from.number, &s->object, &state);
    if (!error && (state.head_count != 1 || !record_id_eq(&state.heads[0], &s->head)))
        error = MUSTER_ECHANGED;
    if (!error)
        error = write_body(s, kind_by_number(s->kind), state.view, &problem);
    if (error)
        refuse_sharing(request, error, &problem);
    else
        request_write(request, &s->to.id, &s->item, 1, &s->result, shared);
}

static void next_file(struct request *request)
{
    struct sharing *s = request->state;
    if (share_files_took(request, &s->files))
        share_files_go(request, &s->files, next_file);
}

static struct sharing *begin(struct request *request)
{
    struct sharing *s = calloc(1, sizeof(*s));
    request->state = s;
    request->state_free = sharing_free;
    return s && request_object(request, &s->from, &s->object) ? s : NULL;
}

void api_share(struct request *request)
{
    struct kind_problem problem = {.error = MUSTER_OK};
    struct object_stored state;
    bool bad = false;
    const char *to = request_text(request, "to", 2 * HASH_BYTES > NAME_BYTES_MAX ? 2 * HASH_BYTES : NAME_BYTES_MAX, &bad);
    struct sharing *s = bad ? NULL : begin(request);
    if (!s)
        return;
    if (!to || !to[0]) {
        request_refuse(request, MUSTER_EUSAGE, "\"to\" is missing: the space into which it goes");
        return;
    }
    if (!request_space_named(request, to, &s->to))
        return;
    if (s->to.number == s->from.number) {
        request_refuse(request, MUSTER_EUSAGE, "%.60s is in %.100s already", request->argument[0], s->to.name);
        return;
    }
    enum muster_error error = lookup_state(request->node, s->from.number, &s->object, &state);
    if (!error && !may_share(request, s, &state))
        return;
    if (!error)
        error = prepare(request, s, &problem);
    s->files.then = write_copy;
    if (error)
        refuse_sharing(request, error, &problem);
    else
        share_files_go(request, &s->files, next_file);
}

/* --- consent ---------------------------------------------------------------------------------------------------------------- */

static void consented(struct request *request)
{
    struct sharing *s = request->state;
    enum muster_error error = request->error ? request->error : s->result.error;
    if (error) {
        request_refuse(request, error, "the consent was not written: %s", _(error_what(error)));
        return;
    }
    struct agency_id to;
    memcpy(to.b, s->refs[1].hash.b, HASH_BYTES);
    audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_AGREEMENT_CONSENTED, &to, request->argument[0]);
    request_answer(request, json_pack("{s:o, s:o, s:o, s:o}", "object", json_hex(s->object.b, OBJECT_ID_BYTES), "record",
                                      json_hex(s->result.record.b, HASH_BYTES), "agency", json_agency(request->node, &to), "head",
                                      json_hex(s->refs[0].hash.b, HASH_BYTES)));
}

void api_consent(struct request *request)
{
    struct object_stored state;
    bool bad = false;
    const char *name = request_text(request, "agency", NAME_BYTES_MAX, &bad);
    struct sharing *s = bad ? NULL : begin(request);
    const struct peer *peer = s ? request_peer(request, name ? name : "") : NULL;
    if (!peer)
        return;
    enum muster_error error = lookup_state(request->node, s->from.number, &s->object, &state);
    if (!error && !agency_id_eq(&state.owner, &request->node->own.identity.agency))
        error = MUSTER_ENOTOWNER;
    if (!error && state.head_count != 1)
        error = MUSTER_EDUPLICATE;
    if (error) {
        request_refuse(request, error, "no consent to share %.60s: %s", request->argument[0],
                       error == MUSTER_EDUPLICATE ? _("it has branches; resolve them first") : _(error_what(error)));
        return;
    }
    struct writer w = writer_over(s->empty, sizeof(s->empty));
    pack_map(&w, 0);
    s->head = state.heads[0];
    s->refs[0].role = REF_DEP;
    memcpy(s->refs[0].hash.b, state.heads[0].b, HASH_BYTES);
    s->refs[1].role = REF_TO_AGENCY;
    memcpy(s->refs[1].hash.b, peer->agency.b, HASH_BYTES);
    s->item = (struct write_item){.operation = OP_SIGN, .kind = state.kind, .schema = 1, .object = s->object,
                                  .body = {s->empty, writer_len(&w)}, .refs = s->refs, .ref_count = 2,
                                  .seen = &s->head, .seen_count = 1};
    request_write(request, &s->from.id, &s->item, 1, &s->result, consented);
}
