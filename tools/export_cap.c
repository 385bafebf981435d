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

/* A release and a warning keep the three in one: "sender,identifier,sent". */
static bool version_told(struct version *v, const char *triple)
{
    char *const parts[] = {v->sender, v->identifier, v->sent};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t len = strcspn(triple, ", ");
        if (!len || len >= CAP_WRITE_ID_BYTES || triple[len] != (i + 1 < ARRAY_LEN(parts) ? ',' : '\0'))
            return false;
        memcpy(parts[i], triple, len);
        parts[i][len] = '\0';
        triple += len + 1;
    }
    v->came = false;
    return true;
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

/* All messages of an object, oldest first: one a version since it was first said.  The newest is left in *v, those before it
 * are references.  Returns how many there were. */
static long long versions_walk(struct cap_name *name, struct version *v, const char *kind, const char *id, const json_t *records,
                               const char *agency, const char *agency_id, size_t *count)
{
    const char *first = cap_spoken_first(kind), *triple = NULL;
    bool told = !first; /* drafts of what is said to the public were no messages */
    long long number = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i), *fields = json_object_get(record, "fields");
        if (strcmp(value_text_at(record, "state"), "counts") != 0)
            continue;
        told = told || strcmp(value_text_at(fields, "status"), first) == 0;
        const char *said = json_string_value(json_object_get(fields, "identifier"));
        triple = said ? said : triple;
        if (!told)
            continue;
        if (number)
            references_add(name, v, count);
        number++;
        if (first ? !triple || !version_told(v, triple) : !said || !version_came(v, fields))
            version_own(v, id, number, value_text_at(record, "time"), agency, agency_id);
        triple = NULL;
    }
    return number;
}

void cap_name_from(struct cap_name *name, const json_t *item, const json_t *history, const char *former,
                   const json_t *former_history, const char *agency, const char *agency_id)
{
    const char *kind = value_text_at(item, "kind"), *last = cap_spoken_last(kind), *id = value_text_at(item, "id");
    struct version v = {.came = false};
    size_t count = 0;
    memset(name, 0, sizeof *name);
    if (versions_walk(name, &v, kind, former ? former : "", json_object_get(former_history, "items"), agency, agency_id, &count))
        references_add(name, &v, &count);
    v.came = false;
    size_t before = count;
    long long number = versions_walk(name, &v, kind, id, json_object_get(history, "items"), agency, agency_id, &count);
    bool told = number || !last;
    if (!number && (last || !version_came(&v, json_object_get(item, "fields"))))
        version_own(&v, id, 1, value_text_at(item, "changed"), agency, agency_id);
    if (v.came) { /* its own fields say all of it, its references too */
        cap_name_clear(name);
        return;
    }
    bool over = value_true_at(item, "retracted") || value_true_at(item, "superseded") || (last && strcmp(value_text_at(item, "fields.status"), last) == 0);
    memcpy(name->identifier, v.identifier, sizeof name->identifier);
    memcpy(name->sender, v.sender, sizeof name->sender);
    memcpy(name->sent, v.sent, sizeof name->sent);
    name->message = (struct cap_message){.identifier = name->identifier,
                                         .sender = name->sender,
                                         .sent = name->sent,
                                         .msg_type = over && told               ? "Cancel"
                                                     : number > 1 || before > 0 ? "Update"
                                                                                : "Alert",
                                         .references = name->references ? name->references : ""};
}

static enum muster_error history_get(struct tool *tool, const char *id, json_t **history, struct fault *fault)
{
    struct url url;
    url_start(&url, "/v1/objects");
    url_segment(&url, id);
    url_segment(&url, "history");
    url_query(&url, "space", tool->set.space);
    return client_call(&tool->client, "GET", &url, NULL, history, fault);
}

int cap_name_find(struct cap_name *name, struct tool *tool, const json_t *item, const char *agency,
                  const char *agency_id)
{
    struct fault fault;
    const char *field = cap_spoken_former(value_text_at(item, "kind"));
    const char *former = field ? value_text_at(json_object_get(item, "fields"), field) : "";
    json_t *history = NULL, *former_history = NULL;
    if (value_int_at(item, "revision") > 1 && history_get(tool, value_text_at(item, "id"), &history, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    if (former[0] && history_get(tool, former, &former_history, &fault) != MUSTER_OK)
        former_history = NULL; /* it is not here, so nobody here has sent it */
    cap_name_from(name, item, history, former, former_history, agency, agency_id);
    json_decref(former_history);
    json_decref(history);
    return 0;
}
