/* api_blob.c — attachments: files beside records (protocol/log/blob.h).
 *
 * A file is kept first and then named in the field `attachments` of an object, with the key that opens it; what an object
 * does not name cannot be fetched.  One that is not here whole is asked of the peers, and whoever fetches asks again. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/lookup.h"
#include "node/turn.h"

#include "base/pack.h"
#include "protocol/kinds/kinds.h"

#include <stdio.h>
#include <stdlib.h>

static void put_done(struct request *request)
{
    const struct blob_ref *ref = request->state;
    char text[BLOB_TEXT_MAX], id[2 * HASH_BYTES + 1];
    if (request->error) {
        request_refuse(request, request->error, "the file is not kept: %s%s", _(error_what(request->error)),
                       request->error == MUSTER_EFULL ? _(", or attachments take 1 GiB already, which is their bound") : "");
        return;
    }
    blob_text(text, ref);
    request_answer(request, json_pack("{s:i, s:s, s:s, s:i}", "muster", 1, "id", hex_from(id, ref->id.b, HASH_BYTES),
                                      "attachment", text, "bytes", (int)ref->bytes));
    crypto_wipe(text, sizeof(text));
}

static void ref_free(void *state)
{
    if (state)
        crypto_wipe(state, sizeof(struct blob_ref));
    free(state);
}

/* A parameter that goes into the reference; false (refused) when it is too long. */
static bool take_text(struct request *request, const char *name, const char *otherwise, char *out, size_t max)
{
    const char *text = request_query(request, name);
    if (!text || !text[0])
        text = otherwise;
    if (strlen(text) > max) {
        request_refuse(request, MUSTER_EUSAGE, "\"%s\" is longer than %zu bytes", name, max);
        return false;
    }
    memcpy(out, text, strlen(text));
    return true;
}

void api_blob_put(struct request *request)
{
    struct space_view space;
    struct blob_ref *ref = calloc(1, sizeof(*ref));
    request->state = ref;
    request->state_free = ref_free;
    if (!ref || !request_space(request, &space) ||
        !take_text(request, "type", "application/octet-stream", ref->type, BLOB_TYPE_MAX) ||
        !take_text(request, "name", "file", ref->name, BLOB_NAME_MAX))
        return;
    if (!request->body_len || request->body_len > BLOB_BYTES_MAX) {
        request_refuse(request, request->body_len ? MUSTER_ETOOBIG : MUSTER_EUSAGE,
                       request->body_len ? "a file beside a record holds at most %d MiB" : "the file is empty",
                       BLOB_BYTES_MAX / (1024 * 1024));
        return;
    }
    api_begin_waiting(request, put_done);
    struct event event = {.kind = EVENT_BLOB_PUT,
                          .u.blob_put = {.request = request->number,
                                         .space = space.id,
                                         .bytes = {(const uint8_t *)request->body, request->body_len},
                                         .ref = ref}};
    turn_feed(request->node, &event);
}

/* The attachment of that id among those that the object names. */
static bool ref_find(const struct object_stored *state, const struct hash *id, struct blob_ref *out)
{
    const struct kind *kind = kind_by_number(state->kind);
    const struct field *field = kind ? field_by_name(kind, "attachments") : NULL;
    struct pack_value list, item;
    if (!field || !pack_get(state->view, field->number, &list) || list.type != PACK_ARRAY)
        return false;
    struct cursor c = cursor_over(list.whole.at, list.whole.len);
    if (!pack_next(&c, &list, true))
        return false;
    for (uint32_t i = 0; i < list.u.count && pack_next(&c, &item, false); i++)
        if (item.type == PACK_TEXT &&
            blob_text_read(out, (const char *)item.u.run.at, item.u.run.len) == MUSTER_OK &&
            memcmp(out->id.b, id->b, HASH_BYTES) == 0)
            return true;
    return false;
}

void api_attachment(struct request *request)
{
    struct node *node = request->node;
    struct space_view space;
    struct object_id object;
    struct object_stored state;
    struct blob_ref ref = {.bytes = 0};
    struct hash id;
    uint32_t held = 0, total = 0;
    if (!request_object(request, &space, &object))
        return;
    if (!hex_to(id.b, HASH_BYTES, request->argument[1])) {
        request_refuse(request, MUSTER_EUSAGE, "\"%.70s\" is no id of an attachment: 64 hex digits", request->argument[1]);
        return;
    }
    enum muster_error error = lookup_state(node, space.number, &object, &state);
    if (!error && !ref_find(&state, &id, &ref))
        error = MUSTER_ENOTFOUND;
    if (error) {
        request_refuse(request, error, "%.60s names no such attachment", request->argument[0]);
        return;
    }
    uint8_t *bytes = malloc(ref.bytes);
    error = bytes ? core_blob_open(node->core, space.number, &ref, bytes, &held, &total) : MUSTER_EBUSY;
    if (!error) {
        request_bytes(request, "application/octet-stream", bytes, ref.bytes);
    } else if (error == MUSTER_EWAITS) {
        struct event event = {.kind = EVENT_BLOB_WANT, .u.blob_want = {.space = space.id, .ref = &ref}};
        turn_feed(node, &event);
        request_refuse(request, error, "%u of %u parts of the attachment are here; the peers of the space are asked", held,
                       total);
        request->status = MHD_HTTP_SERVICE_UNAVAILABLE; /* ask again */
    } else {
        request_refuse(request, error, "the attachment cannot be opened: %s", _(error_what(error)));
    }
    free(bytes);
    crypto_wipe(&ref, sizeof(ref));
}
