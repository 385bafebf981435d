#include "tools/export_whole.h"

#include "formats/read/cap.h"
#include "formats/read/cap_parse.h"
#include "tools/import_child.h"
#include "tools/value.h"

#include <stdlib.h>
#include <string.h>

/* --- in the child --------------------------------------------------------------------------------------------------- */

static json_t *alert_parse(struct import_pipe *pipe, const char *path, const void *bytes, size_t len,
                           const struct import_wish *wish)
{
    struct format_problem problem;
    json_t *alert = NULL, *items = NULL;
    (void)wish;
    if (cap_parse(bytes, len, path, &alert, &problem) == MUSTER_OK &&
        cap_read(bytes, len, path, &items, &problem) == MUSTER_OK && json_array_size(items) == 1) {
        json_t *fields = json_object_get(json_array_get(items, 0), "fields");
        json_object_del(fields, "original");
        import_pipe_item(pipe, json_pack("{s:O, s:O}", "alert", alert, "fields", fields), 0);
    }
    json_decref(alert);
    json_decref(items);
    return json_pack("{s:s, s:[], s:i}", "format", "cap", "problems", "refused", 0);
}

/* --- here -------------------------------------------------------------------------------------------------------------- */

static bool one_take(void *user, const char *json, size_t len, size_t line)
{
    json_t **one = user;
    (void)line;
    json_decref(*one);
    *one = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    return true;
}

/* Does the object say what the file says, and nothing beside it? */
static bool says_the_same(const json_t *item, const json_t *read)
{
    const char *name;
    json_t *value, *fields = json_object_get(item, "fields");
    json_object_foreach((json_t *)(uintptr_t)read, name, value)
        if (!json_equal(value, json_object_get(fields, name)))
            return false;
    json_object_foreach(fields, name, value)
        if (strcmp(name, "original") != 0 && strcmp(name, "alias") != 0 && !json_object_get(read, name))
            return false;
    return json_object_size(read) > 0;
}

json_t *export_whole(struct tool *tool, const json_t *item)
{
    struct fault fault;
    struct url url;
    struct client_bytes bytes = {.at = NULL};
    struct import_wish wish = {.format = FORMAT_UNKNOWN};
    json_t *one = NULL, *alert = NULL;
    struct import_take take = {.user = &one, .item = one_take};
    if (!json_is_object(value_at(item, "fields.original")))
        return NULL;
    url_start(&url, "/v1/objects");
    url_segment(&url, value_text_at(item, "id"));
    url_segment(&url, "evidence");
    url_segment(&url, "original");
    url_query(&url, "space", tool->set.space);
    if (client_get_bytes(&tool->client, &url, &bytes, &fault) != MUSTER_OK)
        return NULL;
    json_decref(import_confined("original", bytes.at, bytes.len, &wish, alert_parse, &take));
    if (says_the_same(item, json_object_get(one, "fields")))
        alert = json_incref(json_object_get(one, "alert"));
    json_decref(one);
    free(bytes.at);
    return alert;
}
