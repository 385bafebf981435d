/* muster attach, muster attach get: files beside records. */
#include "protocol/log/blob.h"
#include "tools/arguments.h"
#include "tools/files.h"
#include "tools/records.h"
#include "tools/value.h"
#include "tools/verbs.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* Asks for the object; its space is then the tool's, so that both halves go to the same one. */
static int object_get(struct tool *tool, const char *id, json_t **object)
{
    struct url url;
    url_start(&url, "/v1/objects");
    url_segment(&url, id);
    url_query(&url, "space", tool->set.space);
    return tool_call(tool, "GET", &url, NULL, object);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static int upload(struct tool *tool, const struct arguments *args, json_t **answer)
{
    struct fault fault;
    struct url url;
    char *bytes = NULL;
    size_t len = 0;
    const char *path = args->words[1];
    if (file_load_text(path, BLOB_BYTES_MAX, &bytes, &len, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    url_start(&url, "/v1/blobs");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "type", option_get(args, "type"));
    url_query(&url, "name", base_name(path));
    enum muster_error error = client_send_file(&tool->client, &url, bytes, len, answer, &fault);
    free(bytes);
    return error ? tool_fail(tool, &fault) : 0;
}

static int attach_run(struct tool *tool, const struct arguments *args)
{
    json_t *object = NULL, *answer = NULL;
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    const struct kind *kind = record_kind(tool, value_text_at(object, "kind"), &code);
    if (kind && !tool->set.dry_run)
        code = upload(tool, args, &answer);
    if (kind && !code) {
        const json_t *before = value_at(object, "fields.attachments");
        json_t *list = json_is_array(before) ? json_deep_copy(before) : json_array();
        if (answer)
            json_array_append_new(list, json_string(value_text_at(answer, "attachment")));
        else /* --dry-run: the file is sealed when it is stored, so its name is not known; it goes to those who ask for it */
            tool_say(tool, "%s itself would go to members that get the record and ask for it", base_name(args->words[1]));
        const char *id = value_text_at(object, "id");
        json_t *item = json_pack("{s:s, s:s, s:s, s:{s:o}}", "op", "update", "kind", kind->name, "object",
                                 id[0] ? id : args->words[0], "fields", "attachments", list);
        code = record_send(tool, item, kind);
    }
    json_decref(answer);
    json_decref(object);
    return code;
}

/* The newest attachment of that name, or the newest of all; its id in hex. */
static bool choose(const json_t *object, const char *name, struct blob_ref *out)
{
    const json_t *list = value_at(object, "fields.attachments");
    for (size_t i = json_array_size(list); i > 0; i--) {
        const json_t *item = json_array_get(list, i - 1);
        if (json_is_string(item) &&
            blob_text_read(out, json_string_value(item), json_string_length(item)) == MUSTER_OK &&
            (!name || strcmp(out->name, name) == 0))
            return true;
    }
    return false;
}

enum { ASK_AGAIN_MS = 250 };

/* Asks until the node has it whole or the time that a person gave is over. */
static enum muster_error fetch(struct tool *tool, const struct url *url, struct client_bytes *bytes, struct fault *fault)
{
    int left = tool->client.timeout_ms;
    enum muster_error error = client_get_bytes(&tool->client, url, bytes, fault);
    for (; error == MUSTER_EWAITS && left > 0; left -= ASK_AGAIN_MS) {
        (void)poll(NULL, 0, ASK_AGAIN_MS);
        error = client_get_bytes(&tool->client, url, bytes, fault);
    }
    return error;
}

static int attach_get_run(struct tool *tool, const struct arguments *args)
{
    const char *path = option_get(args, "output-file"), *name = args->count > 1 ? args->words[1] : NULL;
    struct client_bytes bytes = {.at = NULL};
    struct blob_ref ref;
    struct fault fault;
    struct url url;
    json_t *object = NULL;
    char id[2 * HASH_BYTES + 1];
    if (!path)
        return tool_usage(tool, "add -O FILE", "say into which file the attachment goes");
    int code = object_get(tool, args->words[0], &object);
    if (code)
        return code;
    bool found = choose(object, name, &ref);
    json_decref(object);
    if (!found) {
        fault_set(&fault, MUSTER_ENOTFOUND, name ? "%s has no attachment \"%s\"" : "%s has no attachment", args->words[0],
                  name);
        fault_step(&fault, "muster show %s", args->words[0]);
        return tool_fail(tool, &fault);
    }
    url_start(&url, "/v1/objects");
    url_segment(&url, args->words[0]);
    url_segment(&url, "attachments");
    url_segment(&url, hex_from(id, ref.id.b, HASH_BYTES));
    url_query(&url, "space", tool->set.space);
    if (fetch(tool, &url, &bytes, &fault) != MUSTER_OK)
        return tool_fail(tool, &fault);
    if (file_save(path, bytes.at ? (const char *)bytes.at : "", bytes.len, tool->set.yes ? FILE_REPLACE : 0, &fault))
        code = tool_fail(tool, &fault);
    else if (!tool_print_file(tool, path, bytes.len))
        tool_say(tool, "%s: %zu bytes", path, bytes.len);
    free(bytes.at);
    return code;
}

static const struct option_row attach_options[] = {
    {"type", 0, "TYPE", "media type of the file, such as image/jpeg"},
    {NULL, 0, NULL, NULL},
};

const struct command command_attach = {
    .name = "attach",
    .args = "OBJECT FILE",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE | PUBLISHES,
    .words_min = 2,
    .words_max = 2,
    .options = attach_options,
    .run = attach_run,
    .help = "put a file of up to 8 MiB beside an object of your agency",
    .detail = "The file stays on this node until somebody in the space fetches it; records never wait behind it.",
    .example = "muster attach inc-7k2q9 breach.jpg --type image/jpeg",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH) | EXIT_BIT(EXIT_STORAGE),
    .keys = "muster items stored",
    .rows = "items: object short record state",
};

static const struct option_row attach_get_options[] = {
    {"output-file", 'O', "FILE", "write it to this file"},
    {NULL, 0, NULL, NULL},
};

const struct command command_attach_get = {
    .name = "attach get",
    .args = "OBJECT [NAME]",
    .group = GROUP_EVERY_DAY,
    .flags = NEEDS_NODE,
    .words_min = 1,
    .words_max = 2,
    .options = attach_get_options,
    .run = attach_get_run,
    .help = "fetch a file that lies beside an object",
    .detail = "The newest, or the newest of that name. A file that is not on this node yet is asked of the members of the space, until --timeout.",
    .example = "muster attach get inc-7k2q9 breach.jpg -O breach.jpg",
    .exits = EXIT_BIT(EXIT_NOT_FOUND) | EXIT_BIT(EXIT_REFUSED) | EXIT_BIT(EXIT_UNREACHABLE) |
             EXIT_BIT(EXIT_UNCONFIRMED) | EXIT_BIT(EXIT_CLASH),
    .keys = "muster file bytes",
    .rows = TOOL_FILE_ROWS,
};
