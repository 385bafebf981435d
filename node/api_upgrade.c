/* api_upgrade.c — which formats the data have had; copies from before upgrades, until somebody says that all is well. */
#include "node/api_handlers.h"
#include "node/json.h"

#include <string.h>

static json_t *kept_json(const struct node *node, const struct store_kept *kept)
{
    char path[CONFIG_PATH_MAX + 80];
    snprintf(path, sizeof(path), "%s/kept/%s", node->config.data, kept->name);
    return json_pack("{s:s, s:o, s:I, s:o, s:o, s:I}", "name", kept->name, "path", json_text(path, strlen(path)), "format",
                     (json_int_t)kept->format, "made", json_time(kept->made_ms), "version",
                     json_text(kept->version, strlen(kept->version)), "bytes", (json_int_t)kept->bytes);
}

void api_upgrade(struct request *request)
{
    struct node *node = request->node;
    struct store_history rows[STORE_HISTORY_MAX];
    size_t count;
    enum muster_error error = store_history(node->store, rows, &count);
    if (error) {
        request_refuse(request, error, "the history of the data cannot be read: %s", error_what(error));
        return;
    }
    json_t *history = json_array(), *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(history, json_pack("{s:I, s:o, s:o}", "format", (json_int_t)rows[i].format, "since",
                                                 rows[i].since_ms ? json_time(rows[i].since_ms) : json_null(), "version",
                                                 json_text(rows[i].version, strlen(rows[i].version))));
    for (size_t i = 0; i < node->kept; i++)
        json_array_append_new(items, kept_json(node, &node->kept_copies[i]));
    request_answer(request, json_pack("{s:i, s:o, s:o}", "format", STORE_FORMAT, "history", history, "items", items));
}

void api_upgrade_confirm(struct request *request)
{
    struct node *node = request->node;
    struct store_problem problem = {""};
    char text[AUDIT_TEXT_BYTES];
    uint64_t bytes;
    size_t removed = node->kept;
    enum muster_error error = store_kept_remove(node->store, &bytes, &problem);
    node->kept = store_kept_list(node->store, node->kept_copies);
    if (error) {
        request_refuse(request, error, "%s", problem.sentence);
        return;
    }
    if (removed) {
        snprintf(text, sizeof(text), "%zu copies, %llu bytes", removed, (unsigned long long)bytes);
        journal_write(&node->journal, EVENT_NAME_UPGRADE_CONFIRMED, NULL, text);
        audit_add(&node->audit, node_wall_ms(), EVENT_NAME_UPGRADE_CONFIRMED, NULL, text);
    }
    request_answer(request, json_pack("{s:I, s:I}", "removed", (json_int_t)removed, "bytes", (json_int_t)bytes));
}
