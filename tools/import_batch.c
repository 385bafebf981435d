#include "tools/import_batch.h"

#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

void batch_start(struct batch *batch, struct tool *tool, batch_refusal *refusal, void *user)
{
    *batch = (struct batch){.tool = tool, .refusal = refusal, .user = user, .preview = json_object()};
    batch->text = memory_get(BATCH_ROOM);
}

void batch_end(struct batch *batch)
{
    free(batch->text);
    json_decref(batch->preview);
    batch->text = NULL;
    batch->preview = NULL;
}

static void put(struct batch *batch, const char *text, size_t len)
{
    memcpy(batch->text + batch->len, text, len);
    batch->len += len;
}

/* All that stands before the items. */
static void begin(struct batch *batch)
{
    json_t *body = tool_body(batch->tool);
    json_object_set_new(body, "wait", json_true());
    json_object_set_new(body, "brief", json_true());
    json_object_set_new(body, "dry_run", json_boolean(batch->tool->set.dry_run)); /* counted over all files, then shown */
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return;
    put(batch, text, strlen(text) - 1); /* open */
    put(batch, ",\"items\":[", 10);
    free(text);
}

static void answer_take(struct batch *batch, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    batch->stored += value_int_at(answer, "stored");
    batch->existing += value_int_at(answer, "existing");
    batch->refused += value_int_at(answer, "refused");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *error = json_object_get(item, "error");
        long long at = value_int_at(item, "item");
        if (json_is_object(error) && at >= 0 && (size_t)at < batch->count)
            batch->refusal(batch->user, batch->origins[at].file, batch->origins[at].line, value_text_at(error, "code"),
                           value_text_at(error, "message"));
    }
    if (json_array_size(json_object_get(answer, "recipients")))
        json_object_set(batch->preview, "recipients", json_object_get(answer, "recipients"));
}

int batch_send(struct batch *batch)
{
    struct fault fault;
    struct url url;
    json_t *answer = NULL;
    if (batch->count == 0)
        return 0;
    put(batch, "]}", 2);
    url_start(&url, "/v1/records");
    if (batch->tool->set.verbose)
        tool_say(batch->tool, "muster: POST %s, %zu items", url.text, batch->count);
    enum muster_error error = client_post_text(&batch->tool->client, &url, batch->text, batch->len, &answer, &fault);
    if (!error)
        answer_take(batch, answer);
    json_decref(answer);
    batch->len = batch->count = 0;
    return error ? tool_fail(batch->tool, &fault) : 0;
}

int batch_add(struct batch *batch, const char *json, size_t len, const char *file, size_t line)
{
    int code = 0;
    if (batch->count == BATCH_ITEMS || (batch->count && batch->len + len > BATCH_BYTES))
        code = batch_send(batch);
    if (batch->count == 0)
        begin(batch);
    else
        put(batch, ",", 1);
    put(batch, json, len); /* an item is at most IMPORT_LINE_MAX: it fits beside a full batch */
    batch->origins[batch->count].file = file;
    batch->origins[batch->count++].line = line;
    return code;
}
