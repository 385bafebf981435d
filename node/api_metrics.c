/* api_metrics.c — the node's metrics over the local API, without a port; and that a backup was read back. */
#include "node/api_handlers.h"
#include "node/care.h"
#include "node/metrics.h"

#include <stdlib.h>

void api_metrics(struct request *request)
{
    double values[METRIC_COUNT];
    char *text = malloc(METRICS_TEXT_MAX);
    metrics_look(request->node, values);
    size_t len = text ? metrics_write(text, METRICS_TEXT_MAX, values) : 0;
    if (len)
        request_bytes(request, "text/plain; version=0.0.4; charset=utf-8", text, len);
    else
        request_refuse(request, MUSTER_EBUSY, "there is no memory for the metrics");
    free(text);
}

void api_backup_verified(struct request *request)
{
    struct node *node = request->node;
    bool opened = json_is_true(json_object_get(request->json, "opened"));
    char text[AUDIT_TEXT_BYTES];
    snprintf(text, sizeof(text), "%lld bytes, %s", (long long)json_integer_value(json_object_get(request->json, "bytes")),
             opened ? "opened with its key" : "without its key");
    journal_write(&node->journal, EVENT_NAME_BACKUP_VERIFIED, NULL, text);
    audit_add(&node->audit, node_wall_ms(), EVENT_NAME_BACKUP_VERIFIED, NULL, text);
    care_note(node, CARE_VERIFIED);
    request_answer(request, json_pack("{s:b}", "noted", 1));
}
