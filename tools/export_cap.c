#include "tools/export_cap.h"

#include "formats/write/cap_spoken.h"
#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

void cap_name_clear(struct cap_name *name)
{
    free(name->references);
    name->references = NULL;
}

static char *references_of(const struct series *series)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = memory_stream(&text, &len);
    for (size_t i = 0; i + 1 < series->count; i++)
        fprintf(stream, "%s%s,%s,%s", i ? " " : "", series->said[i].sender, series->said[i].identifier, series->said[i].sent);
    memory_stream_end(stream);
    return text;
}

/* An object of which nothing was said yet: what it would be called, if it can be written at all. */
static void name_unsaid(struct cap_name *name, const struct series_source *source, const json_t *item)
{
    cap_write_sender(name->sender, source->agency, source->agency_id);
    cap_write_identifier(name->identifier, value_text_at(item, "id"), 1);
    if (!cap_write_time(name->sent, value_text_at(item, "changed")))
        name->sent[0] = '\0';
}

enum muster_error cap_name_from(struct cap_name *name, const struct series_source *source, const json_t *item)
{
    json_t *object;
    enum muster_error error;
    const char *last = cap_spoken_last(value_text_at(item, "kind"));
    memset(name, 0, sizeof *name);
    struct series *series = series_of(source, value_text_at(item, "id"), &object, &error);
    const struct series_said *now = series && series->count ? &series->said[series->count - 1] : NULL;
    if (series && !(now && now->came)) { /* else its own fields say all of it, its references too */
        bool over = value_true_at(item, "retracted") || value_true_at(item, "superseded") ||
                    (last && strcmp(value_text_at(item, "fields.status"), last) == 0);
        const char *successor = value_true_at(item, "superseded") ? value_text_at(object, "superseded_by.id") : "";
        name_unsaid(name, source, item);
        if (now) {
            memcpy(name->identifier, now->identifier, sizeof name->identifier);
            memcpy(name->sender, now->sender, sizeof name->sender);
            memcpy(name->sent, now->sent, sizeof name->sent);
            name->references = references_of(series);
        }
        if (successor[0])
            snprintf(name->note, sizeof name->note, "Superseded by muster.%.40s", successor);
        name->message = (struct cap_message){.identifier = name->identifier,
                                             .sender = name->sender,
                                             .sent = name->sent,
                                             .msg_type = over && now ? "Cancel" : now && !series->first ? "Update" : "Alert",
                                             .references = name->references ? name->references : "",
                                             .note = name->note[0] ? name->note : NULL};
    }
    free(series);
    json_decref(object);
    return error;
}

/* --- at the node ------------------------------------------------------------------------------------------------------ */

struct asking {
    struct tool *tool;
    struct fault fault;
};

static enum muster_error asked(struct asking *a, const char *id, const char *part, json_t **out)
{
    struct url url;
    url_start(&url, "/v1/objects");
    url_segment(&url, id);
    if (part)
        url_segment(&url, part);
    url_query(&url, "space", a->tool->set.space);
    return client_call(&a->tool->client, "GET", &url, NULL, out, &a->fault);
}

static enum muster_error object_get(void *user, const char *id, json_t **out)
{
    return asked(user, id, NULL, out);
}

static enum muster_error history_get(void *user, const char *id, json_t **out)
{
    return asked(user, id, "history", out);
}

int cap_name_find(struct cap_name *name, struct tool *tool, const json_t *item, const char *agency,
                  const char *agency_id)
{
    struct asking a = {.tool = tool};
    struct series_source source = {&a, object_get, history_get, agency, agency_id};
    return cap_name_from(name, &source, item) == MUSTER_OK ? 0 : tool_fail(tool, &a.fault);
}
