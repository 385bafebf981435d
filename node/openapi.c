#include "node/openapi.h"

#include "node/api.h"
#include "node/api_handlers.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 64, TEMPLATE_BYTES = 256, ID_BYTES = 256 };

const struct api_shape *api_shape_of(const struct api_row *row)
{
    for (size_t i = 0; i < api_shapes_count; i++)
        if (strcmp(api_shapes[i].method, row->method) == 0 && strcmp(api_shapes[i].path, row->path) == 0)
            return &api_shapes[i];
    return NULL;
}

/* The next word of a list of them; false at its end. */
static bool next_word(const char **at, char word[NAME_MAX_BYTES])
{
    size_t len = strcspn(*at + strspn(*at, " "), " ");
    *at += strspn(*at, " ");
    if (!len || len >= NAME_MAX_BYTES)
        return false;
    memcpy(word, *at, len);
    word[len] = '\0';
    *at += len;
    return true;
}

/* --- members --------------------------------------------------------------------------------------------------- */

static json_t *type_json(const char *letters)
{
    static const struct {
        char letter;
        const char *name;
    } types[] = {{'s', "string"}, {'i', "integer"}, {'d', "number"}, {'b', "boolean"}, {'o', "object"}, {'a', "array"}, {'z', "null"}};
    json_t *list = json_array();
    for (; *letters && *letters != '?'; letters++)
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
            if (types[i].letter == *letters)
                json_array_append_new(list, json_string(types[i].name));
    if (json_array_size(list) != 1)
        return list;
    json_t *one = json_incref(json_array_get(list, 0));
    json_decref(list);
    return one;
}

/* {"type":"object","properties":{…},"required":[…]} */
static json_t *members_json(const char *members)
{
    char word[NAME_MAX_BYTES];
    json_t *properties = json_object(), *required = json_array();
    for (const char *at = members ? members : ""; next_word(&at, word);) {
        char *types = strchr(word, ':');
        if (types)
            *types++ = '\0';
        json_object_set_new(properties, word, json_pack("{s:o}", "type", type_json(types ? types : "s")));
        if (!types || !strchr(types, '?'))
            json_array_append_new(required, json_string(word));
    }
    json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

/* --- one request ------------------------------------------------------------------------------------------------ */

/* The path with names for its arguments: "/v1/peers/{agency}/pair"; and each as a parameter. */
static void path_write(char out[TEMPLATE_BYTES], const struct api_row *row, const struct api_shape *shape, json_t *parameters)
{
    const char *names = shape && shape->arguments ? shape->arguments : "";
    char word[NAME_MAX_BYTES];
    size_t len = 0;
    for (const char *at = row->path; *at && len + NAME_MAX_BYTES + 3 < TEMPLATE_BYTES; at++) {
        if (*at != '*') {
            out[len++] = *at;
            continue;
        }
        if (!next_word(&names, word))
            snprintf(word, sizeof(word), "argument");
        len += (size_t)snprintf(out + len, TEMPLATE_BYTES - len, "{%s}", word);
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", word, "in", "path", "required", 1,
                                                    "schema", "type", "string"));
    }
    out[len] = '\0';
}

static json_t *body_json(const struct api_row *row, const struct api_shape *shape)
{
    if (row->flags & API_FILE)
        return json_pack("{s:b, s:{s:{s:{s:s, s:s, s:i}}}}", "required", 1, "content", "application/octet-stream", "schema",
                         "type", "string", "format", "binary", "maxLength", API_FILE_MAX);
    json_t *schema = members_json(shape ? shape->body : NULL);
    json_object_set_new(schema, "additionalProperties", json_false()); /* api_body.c refuses them */
    return json_pack("{s:b, s:{s:{s:o}}}", "required", 0, "content", "application/json", "schema", schema);
}

static json_t *answer_json(const struct api_shape *shape)
{
    const char *answer = shape && shape->answer ? shape->answer : "";
    if (answer[0] == '=')
        return json_pack("{s:s, s:{s:{s:{s:s, s:s}}}}", "description", "done", "content", answer + 1, "schema", "type", "string",
                         "format", "binary");
    json_t *schema = members_json(answer), *properties = json_object_get(schema, "properties");
    if (shape && shape->items)
        json_object_set_new(properties, "items", json_pack("{s:s, s:o}", "type", "array", "items", members_json(shape->items)));
    return json_pack("{s:s, s:{s:{s:o}}}", "description", "done", "content", "application/json", "schema", schema);
}

static void id_write(char out[ID_BYTES], const struct api_row *row)
{
    size_t len = 0;
    for (const char *at = row->method; *at && len + 1 < ID_BYTES; at++)
        out[len++] = (char)(*at | 0x20);
    for (const char *at = row->path + 3; *at && len + 4 < ID_BYTES; at++)
        if (*at == '*')
            len += (size_t)snprintf(out + len, ID_BYTES - len, "one");
        else
            out[len++] = *at == '/' ? '_' : *at;
    out[len] = '\0';
}

static json_t *operation_json(const struct api_row *row, const struct api_shape *shape, json_t *parameters)
{
    char id[ID_BYTES], word[NAME_MAX_BYTES];
    id_write(id, row);
    bool fields = false; /* parameters of any name: fields of a kind */
    for (const char *at = shape && shape->query ? shape->query : ""; next_word(&at, word);)
        if (strcmp(word, "*") == 0)
            fields = true;
        else
            json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", word, "in", "query", "required", 0,
                                                    "schema", "type", "string"));
    json_t *operation = json_pack("{s:s, s:s, s:O, s:{s:o, s:{s:s}}, s:{s:s, s:b, s:b, s:b}}", "operationId", id, "summary", row->help,
                                  "parameters", parameters, "responses", "200", answer_json(shape), "default", "$ref",
                                  "#/components/responses/refused", "x-muster", "needs", row->flags & API_WRITE ? "write" : "read",
                                  "rehearses", (row->flags & API_DRY) != 0, "before-init", (row->flags & API_ALWAYS) != 0, "audited",
                                  (row->flags & API_AUDITED) != 0);
    if (fields)
        json_object_set_new(operation, "x-fields", json_true());
    if (strcmp(row->method, "POST") == 0)
        json_object_set_new(operation, "requestBody", body_json(row, shape));
    return operation;
}

json_t *openapi_json(void)
{
    json_t *paths = json_object();
    for (size_t i = 0; i < api_rows_count; i++) {
        const struct api_row *row = &api_rows[i];
        const struct api_shape *shape = api_shape_of(row);
        char path[TEMPLATE_BYTES], method[8];
        json_t *parameters = json_array();
        path_write(path, row, shape, parameters);
        snprintf(method, sizeof(method), "%s", strcmp(row->method, "POST") == 0 ? "post" : "get");
        json_t *item = json_object_get(paths, path);
        if (!item) {
            item = json_object();
            json_object_set_new(paths, path, item);
        }
        json_object_set_new(item, method, operation_json(row, shape, parameters));
        json_decref(parameters);
    }
    json_t *error = members_json("code:s exit:i message:s why:s do:a object:sz");
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s, s:s}], s:o, s:{s:{s:{s:s, s:{s:{s:{s:s, s:{s:o}, s:[s]}}}}}}}", "openapi",
                     "3.1.0", "info", "title", "muster: the local API of a node", "version", "1", "description",
                     "HTTP/1.1 and JSON on a unix socket, for programs on the node's own machine; docs/API.md says what each "
                     "member means. Who may do what is decided by the user at the other end of the socket.",
                     "servers", "url", "http://muster", "description", "over the socket /run/muster/api.sock; the host name counts for nothing",
                     "paths", paths, "components", "responses", "refused", "description",
                     "refused or failed, with why and what to do", "content", "application/json", "schema", "type", "object",
                     "properties", "error", error, "required", "error");
}

void api_openapi(struct request *request)
{
    request_answer(request, openapi_json());
}
