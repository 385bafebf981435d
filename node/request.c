#include "node/request.h"

#include "base/text.h"

#include "lang/lang.h"
#include "node/agreements.h"
#include "node/preview.h"
#include "node/trouble.h"
#include "node/turn.h"

#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

enum { REQUEST_STREAM_BYTES = 16 * 1024, MESSAGE_BYTES = 640, REMEDY_BYTES = 320 };

bool request_answered(const struct request *request)
{
    return request->response != NULL;
}

/* --- answers ----------------------------------------------------------------------------------------------- */

static unsigned status_of(enum muster_error error)
{
    switch (error) {
    case MUSTER_OK:
        return MHD_HTTP_OK;
    case MUSTER_EPERMISSION:
        return MHD_HTTP_FORBIDDEN;
    case MUSTER_ETOOBIG:
        return MHD_HTTP_CONTENT_TOO_LARGE;
    case MUSTER_EBUSY:
    case MUSTER_ENOTREADY:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    case MUSTER_EFULL:
        return MHD_HTTP_INSUFFICIENT_STORAGE;
    case MUSTER_EINTERNAL:
    case MUSTER_ESTORE:
    case MUSTER_EDAMAGED:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    case MUSTER_EADDRINUSE:
        return MHD_HTTP_CONFLICT;
    default:
        break;
    }
    return error_exit(error) == 3   ? MHD_HTTP_NOT_FOUND
           : error_exit(error) == 8 ? MHD_HTTP_CONFLICT
           : error_exit(error) == 4 ? MHD_HTTP_FORBIDDEN
                                    : MHD_HTTP_BAD_REQUEST;
}

static void respond(struct request *request, unsigned status, struct MHD_Response *response, const char *type)
{
    if (!response)
        return; /* without memory the connection is closed */
    if (request->response)
        MHD_destroy_response(request->response);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    request->status = status;
    request->response = response;
}

static void respond_json(struct request *request, unsigned status, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text)
        respond(request, status, MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE),
                "application/json");
    json_decref(json);
}

void request_answer(struct request *request, json_t *json)
{
    respond_json(request, MHD_HTTP_OK, json);
}

void request_bytes(struct request *request, const char *media_type, const void *bytes, size_t len)
{
    union {
        const void *in;
        void *out;
    } copy = {bytes}; /* MUST_COPY: it is only read */
    respond(request, MHD_HTTP_OK, MHD_create_response_from_buffer(len, copy.out, MHD_RESPMEM_MUST_COPY), media_type);
}

void request_stream(struct request *request, const char *media_type, MHD_ContentReaderCallback read,
                    MHD_ContentReaderFreeCallback done, void *user)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, REQUEST_STREAM_BYTES, read, user, done);
    if (!response)
        done(user);
    respond(request, MHD_HTTP_OK, response, media_type);
}

/* What to do, with the kind's name where the row says KIND. */
static const char *remedy_of(char out[REMEDY_BYTES], enum muster_error error, const char *kind)
{
    const char *remedy = _(error_remedy(error)), *hole = kind ? strstr(remedy, "help KIND") : NULL;
    if (!hole)
        return remedy;
    snprintf(out, REMEDY_BYTES, "%.*shelp %s%s", (int)(hole - remedy), remedy, kind, hole + sizeof("help KIND") - 1);
    return out;
}

json_t *error_json_of(enum muster_error error, const char *message, const char *kind)
{
    char remedy[REMEDY_BYTES];
    return error_json(error, message, NULL, remedy_of(remedy, error, kind));
}

json_t *error_json(enum muster_error error, const char *message, const char *why, const char *remedy)
{
    json_t *text = json_string(message);
    if (!text) /* a name that is cut inside a character, say */
        text = json_string(_(error_what(error)));
    return json_pack("{s:s, s:i, s:o, s:s, s:[s], s:n}", "code", error_name(error), "exit", error_exit(error),
                     "message", text, "why", why && why[0] ? why : _(error_what(error)), "do",
                     remedy && remedy[0] ? remedy : _(error_remedy(error)), "object");
}

void request_speaks(struct node *node, const struct request *request)
{
    node->audit.by[0] = '\0';
    if (request)
        snprintf(node->audit.by, sizeof(node->audit.by), "user %u", request->uid);
}

/* A refusal that is about people or rights, and no slip of the pen. */
static bool is_audited(const struct request *request, enum muster_error error)
{
    return request->row && (request->row->flags & API_AUDITED) && !request_dry(request) && request->node->core && error != MUSTER_EUSAGE &&
           error != MUSTER_EBUSY && error != MUSTER_ENOTREADY;
}

/* english: for the audit, which has one language whoever asks. */
static void refuse(struct request *request, enum muster_error error, const char *english, const char *message, const char *why,
                   const char *remedy)
{
    if (is_audited(request, error))
        audit_add(&request->node->audit, node_wall_ms(), EVENT_NAME_REQUEST_REFUSED, &request->agency, english);
    char own[REMEDY_BYTES];
    respond_json(request, status_of(error), json_pack("{s:o}", "error", error_json(error, message, why, remedy && remedy[0] ? remedy : remedy_of(own, error, request->kind))));
}

void request_refuse(struct request *request, enum muster_error error, const char *format, ...)
{
    char english[MESSAGE_BYTES], message[MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(english, sizeof(english), format, list);
    va_end(list);
    va_start(list, format);
    vsnprintf(message, sizeof(message), lang_text(format), list);
    va_end(list);
    refuse(request, error, english, message, NULL, NULL);
}

void request_refuse_trouble(struct request *request, const struct trouble *trouble)
{
    refuse(request, trouble->error, lang_name() ? _(error_what(trouble->error)) : trouble->what, trouble->what, trouble->why,
           trouble->remedy);
}

/* --- the core ---------------------------------------------------------------------------------------------- */

bool request_dry(const struct request *request)
{
    const char *asked = request_query(request, "dry_run");
    return json_is_true(json_object_get(request->json, "dry_run")) || (asked && strcmp(asked, "1") == 0);
}

void request_command(struct request *request, const struct command *command, request_fn *then)
{
    if (request_dry(request)) {
        preview_command(request, command);
        return;
    }
    api_begin_waiting(request, then);
    struct event event = {.kind = EVENT_COMMAND, .u.command = {.request = request->number, .command = command}};
    turn_feed(request->node, &event);
}

void request_write(struct request *request, const struct space_id *space, const struct write_item *items, size_t count,
                   struct write_result *results, request_fn *then)
{
    if (!request->agreed && !request_agreed(request, space, items, count))
        return;
    if (request_dry(request)) {
        preview_write(request, space, items, count, results);
        return;
    }
    api_begin_waiting(request, then);
    struct event event = {
        .kind = EVENT_WRITE,
        .u.write = {.request = request->number, .space = *space, .items = items, .count = count, .results = results,
                    .by = request->operator ? &request->operator->keys : NULL}};
    turn_feed(request->node, &event);
}

/* --- what was asked ------------------------------------------------------------------------------------------ */

const char *request_query(const struct request *request, const char *name)
{
    return request->connection ? MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name) : NULL;
}

const char *request_text(struct request *request, const char *name, size_t max, bool *bad)
{
    json_t *value = json_object_get(request->json, name);
    if (!value || json_is_null(value))
        return NULL;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)) {
        request_refuse(request, MUSTER_EUSAGE, "\"%s\" is not a text", name);
        *bad = true;
        return NULL;
    }
    if (json_string_length(value) > max) {
        request_refuse(request, MUSTER_ETOOBIG, "\"%s\" is longer than %zu bytes", name, max);
        *bad = true;
        return NULL;
    }
    return json_string_value(value);
}

const char *request_line(struct request *request, const char *name, size_t max, bool *bad)
{
    const char *text = request_text(request, name, max, bad);
    uint32_t control = text ? text_control(text, strlen(text)) : 0;
    if (!control)
        return text;
    request_refuse(request, MUSTER_EUSAGE,
                   "\"%s\" is a text of one line, and there is a line end or control character in it (U+%04X); put a space in "
                   "its place",
                   name, (unsigned)control);
    *bad = true;
    return NULL;
}

bool request_space_named(struct request *request, const char *name, struct space_view *out)
{
    struct space_view view, found;
    char id[2 * HASH_BYTES + 1];
    size_t count = 0, len = strlen(name);
    for (int by_id = 0; by_id < 2 && !count; by_id++)
        for (size_t i = 0; core_space_at(request->node->core, i, &view); i++) {
            hex_from(id, view.id.b, HASH_BYTES);
            if (by_id ? len < 4 || strncmp(id, name, len) != 0 : !view.joined || strcmp(view.name, name) != 0)
                continue;
            found = view;
            count++;
        }
    if (count == 1)
        *out = found;
    else if (count)
        request_refuse(request, MUSTER_EAMBIGUOUS, "%zu spaces are called \"%.100s\"; give the id", count, name);
    else
        request_refuse(request, MUSTER_EUNKNOWN_SPACE, "this node has no space \"%.100s\"", name);
    return count == 1;
}

bool request_space(struct request *request, struct space_view *out)
{
    bool bad = false;
    const char *name = request_query(request, "space");
    if (!name)
        name = request_text(request, "space", 2 * HASH_BYTES > NAME_BYTES_MAX ? 2 * HASH_BYTES : NAME_BYTES_MAX, &bad);
    if (bad)
        return false;
    if (name && name[0])
        return request_space_named(request, name, out);
    size_t count = core_spaces(request->node->core);
    if (count == 1)
        return core_space_at(request->node->core, 0, out);
    struct trouble trouble;
    if (count) {
        trouble_set(&trouble, MUSTER_EUSAGE, "this node has %zu spaces; say which one", count);
        trouble_do(&trouble, "muster -s SPACE …, or once for all: muster space use SPACE");
        request_refuse_trouble(request, &trouble);
    } else {
        trouble_set(&trouble, MUSTER_EUNKNOWN_SPACE, "this node has no space yet");
        trouble_do(&trouble, "muster join FILE, with a partner's invite, or muster space create NAME");
        request_refuse_trouble(request, &trouble);
    }
    return false;
}

struct peer *request_peer(struct request *request, const char *name)
{
    struct peer *peer = peer_named(&request->node->peers, name);
    if (!peer && strcasecmp(name, request->node->own.identity.name) == 0)
        request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "%.100s is this agency itself; a partner is asked for", name);
    else if (!peer)
        request_refuse(request, MUSTER_EUNKNOWN_AGENCY, "no agency, or more than one, is called \"%.100s\" here", name);
    return peer;
}
