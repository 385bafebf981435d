/* ndjson.c — everything that the node says about each object, one JSON object a line. */
#include "formats/write/rows.h"

#include <string.h>

static enum muster_error ndjson_item(struct export *e, const json_t *item, struct format_problem *problem)
{
    (void)problem;
    json_t *object = (json_t *)(uintptr_t)item;
    out_text(&e->out, "{\"muster\":1,\"space\":");
    out_json_string(&e->out, e->head.space, strlen(e->head.space));
    out_format(&e->out, ",\"exercise\":%s", e->head.exercise ? "true" : "false");
    for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
        const char *name = json_object_iter_key(i);
        out_text(&e->out, ",");
        out_json_string(&e->out, name, strlen(name));
        out_text(&e->out, ":");
        out_json(&e->out, json_object_iter_value(i));
    }
    out_text(&e->out, "}\n");
    return MUSTER_OK;
}

const struct export_format export_ndjson = {
    .name = "ndjson",
    .media_type = "application/x-ndjson",
    .suffix = "ndjson",
    .help = "everything, one JSON object a line",
    .flags = EXPORT_STATE,
    .item = ndjson_item,
};
