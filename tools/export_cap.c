#include "tools/export_cap.h"

#include "tools/memory.h"
#include "tools/value.h"

#include <string.h>

void cap_name_clear(struct cap_name *name)
{
    free(name->references);
    name->references = NULL;
}

/* One message of the series. */
struct version {
    char sender[CAP_WRITE_ID_BYTES], identifier[CAP_WRITE_ID_BYTES], sent[CAP_WRITE_ID_BYTES];
    bool came; /* from another system, under that name */
};

static bool fits(char out[CAP_WRITE_ID_BYTES], const char *text)
{
    return text && (size_t)snprintf(out, CAP_WRITE_ID_BYTES, "%s", text) < CAP_WRITE_ID_BYTES;
}

/* The name that the fields give; false if they do not name a message. */
static bool version_came(struct version *v, const json_t *fields)
{
    const char *sent = json_string_value(json_object_get(fields, "sent"));
    char exact[CAP_WRITE_ID_BYTES];
    v->came = fits(v->sender, json_string_value(json_object_get(fields, "sender"))) &&
              fits(v->identifier, json_string_value(json_object_get(fields, "identifier"))) && sent &&
              cap_write_time(exact, sent) && fits(v->sent, exact);
    return v->came;
}

static void version_own(struct version *v, const char *object, long long number, const char *time, const char *agency,
                        const char *agency_id)
{
    v->came = false;
    cap_write_sender(v->sender, agency, agency_id);
    cap_write_identifier(v->identifier, object, number);
    if (!cap_write_time(v->sent, time))
        v->sent[0] = '\0';
}

static void references_add(struct cap_name *name, const struct version *v, size_t *count)
{
    char *longer = NULL;
    size_t len = 0;
    if ((*count)++ == CAP_NAME_REFERENCES_MAX) { /* the oldest is forgotten first */
        char *behind = strchr(name->references, ' ');
        memmove(name->references, behind + 1, strlen(behind + 1) + 1);
        (*count)--;
    }
    FILE *stream = memory_stream(&longer, &len);
    fprintf(stream, "%s%s%s,%s,%s", name->references ? name->references : "", name->references ? " " : "", v->sender,
            v->identifier, v->sent);
    memory_stream_end(stream);
    free(name->references);
    name->references = longer;
}

void cap_name_from(struct cap_name *name, const json_t *item, const json_t *history, const char *agency,
                   const char *agency_id)
{
    const json_t *records = json_object_get(history, "items");
    bool warning = strcmp(value_text_at(item, "kind"), "warning") == 0, told = !warning; /* its drafts were no messages */
    struct version v = {.came = false};
    long long number = 0;
    size_t count = 0;
    memset(name, 0, sizeof *name);
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i), *fields = json_object_get(record, "fields");
        if (strcmp(value_text_at(record, "state"), "counts") != 0)
            continue;
        told = told || strcmp(value_text_at(fields, "status"), "issued") == 0;
        if (!told)
            continue;
        if (number)
            references_add(name, &v, &count);
        number++;
        if (!json_is_string(json_object_get(fields, "identifier")) || !version_came(&v, fields))
            version_own(&v, value_text_at(item, "id"), number, value_text_at(record, "time"), agency, agency_id);
    }
    if (!number && !version_came(&v, json_object_get(item, "fields"))) {
        number = 1;
        version_own(&v, value_text_at(item, "id"), 1, value_text_at(item, "changed"), agency, agency_id);
    }
    if (v.came) { /* its own fields say all of it, its references too */
        cap_name_clear(name);
        return;
    }
    bool lifted = value_true_at(item, "retracted") || (warning && strcmp(value_text_at(item, "fields.status"), "lifted") == 0);
    memcpy(name->identifier, v.identifier, sizeof name->identifier);
    memcpy(name->sender, v.sender, sizeof name->sender);
    memcpy(name->sent, v.sent, sizeof name->sent);
    name->message = (struct cap_message){.identifier = name->identifier,
                                         .sender = name->sender,
                                         .sent = name->sent,
                                         .msg_type = lifted ? "Cancel"
                                                     : number > 1                     ? "Update"
                                                                                      : "Alert",
                                         .references = name->references ? name->references : ""};
}

int cap_name_find(struct cap_name *name, struct tool *tool, const json_t *item, const char *agency,
                  const char *agency_id)
{
    struct url url;
    json_t *history = NULL;
    if (value_int_at(item, "revision") > 1) {
        url_start(&url, "/v1/objects");
        url_segment(&url, value_text_at(item, "id"));
        url_segment(&url, "history");
        url_query(&url, "space", tool->set.space);
        int code = tool_call(tool, "GET", &url, NULL, &history);
        if (code)
            return code;
    }
    cap_name_from(name, item, history, agency, agency_id);
    json_decref(history);
    return 0;
}
