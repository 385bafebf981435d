#include "node/share_files.h"

#include "base/pack.h"
#include "node/turn.h"
#include "protocol/kinds/kinds.h"

#include <stdlib.h>

size_t share_files_of(uint16_t kind_number, struct bytes view, struct blob_ref out[FIELD_ITEMS])
{
    const struct kind *kind = kind_by_number(kind_number);
    const struct field *field = kind ? field_by_name(kind, "attachments") : NULL;
    struct pack_value list, item;
    size_t count = 0;
    if (!field || !pack_get(view, field->number, &list) || list.type != PACK_ARRAY)
        return 0;
    struct cursor c = cursor_over(list.whole.at, list.whole.len);
    if (!pack_next(&c, &list, true))
        return 0;
    for (uint32_t i = 0; i < list.u.count && count < FIELD_ITEMS && pack_next(&c, &item, false); i++)
        if (item.type == PACK_TEXT && blob_text_read(&out[count], (const char *)item.u.run.at, item.u.run.len) == MUSTER_OK)
            count++;
    return count;
}

/* An attachment of the copy that holds the same bytes: shared before, it is not sealed a second time. */
static const struct blob_ref *same_there(struct request *request, const struct share_files *files, const struct blob_ref *ref,
                                         const uint8_t *bytes, uint8_t *room)
{
    uint32_t held, total;
    for (size_t i = 0; i < files->have_count; i++) {
        const struct blob_ref *have = &files->have[i];
        if (have->bytes == ref->bytes && strcmp(have->name, ref->name) == 0 && strcmp(have->type, ref->type) == 0 &&
            core_blob_open(request->node->core, files->to.number, have, room, &held, &total) == MUSTER_OK &&
            memcmp(room, bytes, ref->bytes) == 0)
            return have;
    }
    return NULL;
}

/* One file.  True: it is done with; false: the request waits for it, or was refused. */
static bool bring(struct request *request, struct share_files *files, request_fn *after)
{
    const struct blob_ref *ref = &files->at[files->next++];
    uint32_t held, total;
    uint8_t *bytes = malloc(ref->bytes), *room = malloc(ref->bytes);
    enum muster_error error =
        bytes && room ? core_blob_open(request->node->core, files->from.number, ref, bytes, &held, &total) : MUSTER_EBUSY;
    const struct blob_ref *have = error ? NULL : same_there(request, files, ref, bytes, room);
    bool done = error || have;
    if (have)
        files->now[files->done++] = *have;
    if (error)
        files->missing++;
    if (error == MUSTER_EWAITS) {
        struct event event = {.kind = EVENT_BLOB_WANT, .u.blob_want = {.space = files->from.id, .ref = ref}};
        turn_feed(request->node, &event);
    }
    if (!done) {
        files->put = (struct blob_ref){.bytes = ref->bytes};
        memcpy(files->put.type, ref->type, sizeof(ref->type));
        memcpy(files->put.name, ref->name, sizeof(ref->name));
        api_begin_waiting(request, after);
        struct event event = {.kind = EVENT_BLOB_PUT, .u.blob_put = {.request = request->number, .space = files->to.id,
                                                                     .bytes = {bytes, ref->bytes}, .ref = &files->put}};
        turn_feed(request->node, &event);
    }
    free(bytes);
    free(room);
    return done;
}

void share_files_go(struct request *request, struct share_files *files, request_fn *after)
{
    while (files->next < files->count && !request_dry(request))
        if (!bring(request, files, after))
            return;
    files->then(request);
}

bool share_files_took(struct request *request, struct share_files *files)
{
    if (request->error) {
        request_refuse(request, request->error, "nothing was shared: its file %.100s is not kept in the other space: %s",
                       files->at[files->next - 1].name, error_what(request->error));
        return false;
    }
    files->now[files->done++] = files->put;
    return request->connection != NULL; /* whoever asked has gone: nothing more begins */
}
