/* config_json.c — the settings as JSON, for `muster config`: those of the files, and those that are in force. */
#include "node/api_handlers.h"
#include "node/config.h"
#include "node/json.h"

#include <stdlib.h>
#include <string.h>

static json_t *setting_json(const struct config *config, const struct config_row *row, size_t index)
{
    char text[CONFIG_TEXT_MAX];
    row->show(config, text);
    return json_pack("{s:s, s:o, s:o, s:s, s:b, s:s?, s:s, s:s}", "name", row->name, "value", json_text(text, strlen(text)), "from",
                     json_text(config->origin[index], strlen(config->origin[index])), "change",
                     row->change == CONFIG_AT_ONCE ? "reload" : "restart", "list", (int)row->list, "standard", row->standard, "help",
                     row->help, "example", row->example);
}

static json_t *settings_json(const struct config *config)
{
    json_t *items = json_array();
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        json_array_append_new(items, setting_json(config, row, i));
    return json_pack("{s:i, s:o, s:i, s:o}", "muster", 1, "file", json_text(config->file, strlen(config->file)), "files",
                     (int)config->file_count, "items", items);
}

static void line_print(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text)
        puts(text);
    free(text);
    json_decref(json);
}

void config_show_json(const struct config *config)
{
    line_print(settings_json(config));
}

int config_trouble_json(const struct trouble *trouble)
{
    line_print(json_pack("{s:o}", "error", error_json(trouble->error, trouble->what, trouble->why, trouble->remedy)));
    return error_exit(trouble->error);
}

void api_settings(struct request *request)
{
    request_answer(request, settings_json(&request->node->config));
}
