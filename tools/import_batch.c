#include "tools/import_batch.h"

#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

void batch_start(struct batch *batch, struct tool *tool, batch_refusal *refusal, void *user)
{
    *batch = (struct batch){.tool = tool, .refusal = refusal, .user = user, .preview = json_object(), .sent = {-1}};
    for (size_t i = 0; i < 2; i++)
        batch->half[i].text = memory_get(BATCH_ROOM);
}

void batch_end(struct batch *batch)
{
    client_post_drop(&batch->sent);
    for (size_t i = 0; i < 2; i++) {
        free(batch->half[i].text);
        batch->half[i].text = NULL;
    }
    json_decref(batch->preview);
    batch->preview = NULL;
}

static void put(struct batch_half *half, const char *text, size_t len)
{
    memcpy(half->text + half->len, text, len);
    half->len += len;
}

/* All that stands before the items. */
static void begin(struct batch *batch, struct batch_half *half)
{
    json_t *body = tool_body(batch->tool);
    json_object_set_new(body, "wait", json_true());
    json_object_set_new(body, "brief", json_true());
    json_object_set_new(body, "dry_run", json_boolean(batch->tool->set.dry_run)); /* counted over all files, then shown */
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return;
    put(half, text, strlen(text) - 1); /* open */
    put(half, ",\"items\":[", 10);
    free(text);
}

static void answer_take(struct batch *batch, const struct batch_half *half, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    batch->stored += value_int_at(answer, "stored");
    batch->existing += value_int_at(answer, "existing");
    batch->refused += value_int_at(answer, "refused");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *error = json_object_get(item, "error");
        long long at = value_int_at(item, "item");
        if (json_is_object(error) && at >= 0 && (size_t)at < half->count)
            batch->refusal(batch->user, half->origins[at].file, half->origins[at].line, value_text_at(error, "code"),
                           value_text_at(error, "message"));
    }
    if (json_array_size(json_object_get(answer, "recipients")))
        json_object_set(batch->preview, "recipients", json_object_get(answer, "recipients"));
}

/* The answer to what was sent. */
static int answer_wait(struct batch *batch)
{
    struct fault fault;
    json_t *answer = NULL;
    struct batch_half *half = &batch->half[1 - batch->filling];
    if (batch->sent.fd < 0)
        return 0;
    enum muster_error error = client_post_finish(&batch->tool->client, &batch->sent, &answer, &fault);
    if (!error)
        answer_take(batch, half, answer);
    json_decref(answer);
    half->len = half->count = 0;
    return error ? tool_fail(batch->tool, &fault) : 0;
}

/* Sends what was filled; the other half is filled next. */
static int send_on(struct batch *batch)
{
    struct fault fault;
    struct url url;
    struct batch_half *half = &batch->half[batch->filling];
    int code = answer_wait(batch);
    if (code || half->count == 0)
        return code;
    put(half, "]}", 2);
    url_start(&url, "/v1/records");
    if (batch->tool->set.verbose)
        tool_say(batch->tool, "muster: POST %s, %zu items", url.text, half->count);
    enum muster_error error = client_post_begin(&batch->tool->client, &url, half->text, half->len, &batch->sent, &fault);
    if (error) {
        half->len = half->count = 0;
        return tool_fail(batch->tool, &fault);
    }
    batch->filling = 1 - batch->filling;
    return 0;
}

int batch_settle(struct batch *batch)
{
    int code = answer_wait(batch);
    batch->half[0].count = batch->half[1].count = 0;
    return code;
}

size_t batch_waiting(const struct batch *batch)
{
    return batch->half[0].count + batch->half[1].count;
}

int batch_send(struct batch *batch)
{
    int code = send_on(batch);
    return code ? code : answer_wait(batch);
}

int batch_add(struct batch *batch, const char *json, size_t len, const char *file, size_t line)
{
    struct batch_half *half = &batch->half[batch->filling];
    if (half->count == BATCH_ITEMS || (half->count && half->len + len > BATCH_BYTES)) {
        int code = send_on(batch);
        if (code) /* this half may still be full: the item is not kept, as what is in it will not be sent */
            return code;
        half = &batch->half[batch->filling];
    }
    if (half->count == 0)
        begin(batch, half);
    else
        put(half, ",", 1);
    put(half, json, len); /* an item is at most IMPORT_LINE_MAX: it fits beside a full batch */
    half->origins[half->count].file = file;
    half->origins[half->count++].line = line;
    return 0;
}
