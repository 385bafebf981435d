/* api_bundle.c — bundles: the files that carry a session on a stick (protocol/session/bundle.h).
 *
 * A file is the body of an answer or of a request, as it is.  One that is too large for that goes in parts: the media type
 * of the answer names where the next one begins. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/json.h"
#include "node/turn.h"
#include "protocol/session/bundle.h"

#include <stdio.h>
#include <stdlib.h>

#define BUNDLE_MEDIA_TYPE "application/vnd.muster.bundle"
enum { NEXT_TEXT_BYTES = 40, MEDIA_TYPE_BYTES = 160 };

static json_t *count_json(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* --- out ----------------------------------------------------------------------------------------------------------- */

struct exporting {
    struct bundle_order order;
    struct bundle_made made;
    bool dry_run;
};

static void exporting_free(void *state)
{
    struct exporting *e = state;
    if (e)
        free(e->made.bytes);
    free(e);
}

/* A number of 1 to 18 digits; *text behind it.  False if there is none. */
static bool number_read(const char **text, uint64_t *out)
{
    size_t digits = strspn(*text, "0123456789");
    *out = 0;
    for (size_t i = 0; i < digits && digits <= 18; i++)
        *out = *out * 10 + (uint64_t)((*text)[i] - '0');
    *text += digits;
    return digits >= 1 && digits <= 18;
}

/* "12-3400": the log and the position at which the next part begins. */
static bool next_read(struct bundle_order *order, const char *text)
{
    uint64_t log;
    if (!number_read(&text, &log) || log > UINT32_MAX || *text++ != '-' || !number_read(&text, &order->from_position))
        return false;
    order->from_log = (uint32_t)log;
    return !*text;
}

/* The core's sentence in the language of who asks. */
static void bundle_refuse(struct request *request, enum muster_error error, const struct bundle_text *text)
{
    char sentence[BUNDLE_TEXT_BYTES];
    snprintf(sentence, sizeof(sentence), "%s", text->sentence[0] ? text->sentence : error_what(error));
    lang_said(sentence, sizeof(sentence), &text->said, NULL);
    struct trouble trouble;
    trouble_set(&trouble, error, "%s", _(sentence));
    if (error == MUSTER_ETRUNCATED)
        trouble_do(&trouble, "copy it from the stick once more, or ask its sender for another one");
    request_refuse_trouble(request, &trouble);
}

static void exported(struct request *request)
{
    const struct exporting *e = request->state;
    const struct bundle_made *made = &e->made;
    char next[NEXT_TEXT_BYTES] = "", type[MEDIA_TYPE_BYTES];
    if (request->error) {
        bundle_refuse(request, request->error, &made->text);
        return;
    }
    if (made->more)
        snprintf(next, sizeof(next), "%u-%llu", made->next_log, (unsigned long long)made->next_position);
    if (!e->dry_run) {
        size_t n = (size_t)snprintf(type, sizeof(type), "%s", BUNDLE_MEDIA_TYPE);
        if (made->more)
            snprintf(type + n, sizeof(type) - n, "; next=%s; left=%llu", next, (unsigned long long)made->left);
        request_bytes(request, type, made->bytes, made->len);
        return;
    }
    json_t *answer = json_pack("{s:i, s:o, s:o, s:i, s:i, s:o, s:i, s:i, s:b}", "muster", 1, "agency",
                               json_agency(request->node, &e->order.agency), "bytes", count_json(made->len), "spaces",
                               (int)made->spaces, "logs", (int)made->logs, "segments", count_json(made->segments), "keys",
                               (int)made->keys, "nodes", (int)made->nodes, "more", made->more);
    json_object_set_new(answer, "next", made->more ? json_string(next) : json_null());
    json_object_set_new(answer, "left", count_json(made->left));
    json_object_set_new(answer, "state", json_hex(made->state.b, HASH_BYTES));
    request_answer(request, answer);
}

static bool order_read(struct request *request, struct exporting *e)
{
    bool bad = false;
    struct space_view space;
    const char *agency = request_text(request, "agency", NAME_BYTES_MAX, &bad);
    const char *name = bad ? NULL : request_text(request, "space", NAME_BYTES_MAX, &bad);
    const char *next = bad ? NULL : request_text(request, "next", NEXT_TEXT_BYTES, &bad);
    const json_t *part = json_object_get(request->json, "part_bytes");
    if (bad)
        return false;
    if (!agency) {
        request_refuse(request, MUSTER_EUSAGE, "\"agency\" is missing: for whom the bundle is");
        return false;
    }
    const struct peer *peer = request_peer(request, agency);
    if (!peer || (name && !request_space_named(request, name, &space)))
        return false;
    if (part && !json_is_null(part) &&
        (json_integer_value(part) < BUNDLE_PART_BYTES_MIN || json_integer_value(part) > BUNDLE_BYTES_MAX / 2)) {
        request_refuse(request, MUSTER_EUSAGE, "\"part_bytes\" is not a number from %d to %d", BUNDLE_PART_BYTES_MIN,
                       BUNDLE_BYTES_MAX / 2);
        return false;
    }
    if (next && !next_read(&e->order, next)) {
        request_refuse(request, MUSTER_EUSAGE, "\"next\" is not what an answer named");
        return false;
    }
    e->order.agency = peer->agency;
    if (name)
        e->order.space = space.id;
    e->order.all = json_is_true(json_object_get(request->json, "all"));
    e->order.part_bytes = (size_t)json_integer_value(part);
    e->dry_run = json_is_true(json_object_get(request->json, "dry_run"));
    return true;
}

void api_bundle_export(struct request *request)
{
    struct exporting *e = calloc(1, sizeof(*e));
    request->state = e;
    request->state_free = exporting_free;
    if (!e || !order_read(request, e))
        return;
    api_begin_waiting(request, exported);
    struct event event = {.kind = EVENT_BUNDLE_EXPORT,
                          .u.bundle_export = {.request = request->number, .order = &e->order, .made = &e->made}};
    turn_feed(request->node, &event);
}

/* --- in ------------------------------------------------------------------------------------------------------------ */

static json_t *space_json(struct node *node, const struct space_id *id)
{
    struct space_view view;
    if (space_id_none(id) || !core_space_by_id(node->core, id, &view))
        return json_null();
    return json_pack("{s:o, s:o}", "id", json_hex(id->b, HASH_BYTES), "name", json_text(view.name, strlen(view.name)));
}

static json_t *agency_or_null(struct node *node, const struct agency_id *id)
{
    return agency_id_none(id) ? json_null() : json_agency(node, id);
}

static json_t *items_json(struct node *node, const struct bundle_report *r)
{
    json_t *items = json_array();
    for (size_t i = 0; i < r->item_count; i++) {
        const struct bundle_item *item = &r->items[i];
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "space", space_json(node, &item->space), "log",
                             log_id_none(&item->log) ? json_null() : json_hex(item->log.b, HASH_BYTES), "agency",
                             agency_or_null(node, &item->agency), "role", item->role ? "control" : "data", "new",
                             count_json(item->fresh), "known", count_json(item->known), "disputed", count_json(item->disputed), "refused",
                             count_json(item->refused),
                             "missing", count_json(item->missing), "error",
                             item->refused ? error_json(item->why, _(error_what(item->why)), NULL, NULL) : json_null()));
    }
    return items;
}

static json_t *report_json(struct node *node, const struct bundle_report *r)
{
    json_t *json = json_pack("{s:i, s:o, s:o, s:o, s:o, s:b, s:i, s:o}", "muster", 1, "agency", agency_or_null(node, &r->agency),
                             "node", json_hex(r->node.b, sizeof(r->node.b)), "for", agency_or_null(node, &r->agency_for), "made",
                             json_time(r->made_ms), "mine", r->mine, "recipients", (int)r->recipients, "bytes",
                             count_json(r->bytes));
    if (r->mine)
        json_object_update_new(json, json_pack("{s:o, s:o, s:i, s:i, s:b, s:b}", "frames", count_json(r->frames), "segments",
                                               count_json(r->segments), "spaces", (int)r->spaces, "spaces_known",
                                               (int)r->spaces_known, "more", r->more, "answers_this_node", r->echo));
    return json;
}

void api_bundle_show(struct request *request)
{
    struct bundle_report *r = calloc(1, sizeof(*r));
    request->state = r;
    request->state_free = free;
    if (!r)
        return;
    enum muster_error error =
        core_bundle_show(request->node->core, (struct bytes){(const uint8_t *)request->body, request->body_len}, r);
    if (error)
        bundle_refuse(request, error, &r->text);
    else
        request_answer(request, report_json(request->node, r));
}

/* Everything that was in it is here: nothing was refused or set apart, and no space of it is unknown. */
static bool is_whole_here(const struct bundle_report *r)
{
    return r->mine && !r->refused && !r->disputed && r->spaces_known == r->spaces;
}

static void imported(struct request *request)
{
    const struct bundle_report *r = request->state;
    if (request->error) {
        bundle_refuse(request, request->error, &r->text);
        return;
    }
    if (is_whole_here(r)) {
        struct hash id = taken_id((struct bytes){(const uint8_t *)request->body, request->body_len});
        taken_add(&request->node->taken, &id, &r->agency);
    }
    json_t *json = report_json(request->node, r);
    json_object_update_new(json, json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "new", count_json(r->fresh), "known",
                                           count_json(r->known), "disputed", count_json(r->disputed), "refused", count_json(r->refused), "missing",
                                           count_json(r->missing), "keys", (int)r->keys, "items",
                                           items_json(request->node, r)));
    request_answer(request, json);
}

void api_bundle_import(struct request *request)
{
    struct bundle_report *r = calloc(1, sizeof(*r));
    request->state = r;
    request->state_free = free;
    if (!r)
        return;
    api_begin_waiting(request, imported);
    struct event event = {
        .kind = EVENT_BUNDLE_IMPORT,
        .u.bundle_import = {.request = request->number,
                            .file = {(const uint8_t *)request->body, request->body_len},
                            .report = r}};
    turn_feed(request->node, &event);
}

void api_bundle_taken(struct request *request)
{
    struct hash id;
    const char *text = request_query(request, "id");
    if (!text || !hex_to(id.b, HASH_BYTES, text)) {
        request_refuse(request, MUSTER_EUSAGE, "?id= is missing: %d hexadecimal digits", 2 * HASH_BYTES);
        return;
    }
    const struct taken_row *row = taken_find(&request->node->taken, &id);
    request_answer(request, json_pack("{s:i, s:b, s:o}", "muster", 1, "taken", row != NULL, "agency",
                                      row ? json_agency(request->node, &row->agency) : json_null()));
}
