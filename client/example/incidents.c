/* incidents.c — a program that asks its node: writes an incident when it is given a name, then lists what there is.
 *
 *   cc incidents.c $(pkg-config --cflags --libs muster-client) -o incidents
 *   ./incidents /run/muster/api.sock "Dam at Xuzhou"
 *
 * docs/API.md has the requests and answers, docs/openapi.json the same for programs. */
#include <client/client.h>

#include <jansson.h>
#include <stdio.h>

/* The node says what, why and what to do; a real program shows all of it to its user, and escapes it before a terminal. */
static int fail(const struct fault *fault)
{
    fprintf(stderr, "%s\n  why:  %s\n", fault->message, fault->why);
    for (size_t i = 0; i < fault->steps_count; i++)
        fprintf(stderr, "  do:   %s\n", fault->steps[i]);
    fprintf(stderr, "  code: %s\n", fault->code);
    return fault->exit;
}

static int write_incident(const struct client *client, const char *name)
{
    struct url url;
    struct fault fault;
    json_t *answer = NULL, *body = json_pack("{s:[{s:s, s:s, s:{s:s, s:s, s:[s]}}]}", "items", "op", "create", "kind", "incident",
                                             "fields", "name", name, "phase", "active", "category", "Met");
    url_start(&url, "/v1/records");
    enum muster_error error = client_call(client, "POST", &url, body, &answer, &fault);
    json_decref(body);
    if (error != MUSTER_OK)
        return fail(&fault);
    const json_t *item = json_array_get(json_object_get(answer, "items"), 0), *refused = json_object_get(item, "error");
    int code = 0;
    if (refused && fault_from_json(&fault, refused)) /* one bad item is refused, the others of a batch go in */
        code = fail(&fault);
    else
        printf("stored %s\n", json_string_value(json_object_get(item, "short")));
    json_decref(answer);
    return code;
}

static int list_incidents(const struct client *client)
{
    struct url url;
    struct fault fault;
    json_t *answer = NULL;
    url_start(&url, "/v1/objects");
    url_query(&url, "kind", "incident");
    if (client_call(client, "GET", &url, NULL, &answer, &fault) != MUSTER_OK)
        return fail(&fault);
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        printf("%s %s\n", json_string_value(json_object_get(item, "short")),
               json_string_value(json_object_get(json_object_get(item, "fields"), "name")));
    }
    json_decref(answer);
    return 0;
}

int main(int argc, char **argv)
{
    struct client client = {.socket = argc > 1 ? argv[1] : CLIENT_SOCKET_DEFAULT, .timeout_ms = CLIENT_TIMEOUT_MS_DEFAULT};
    int code = argc > 2 ? write_incident(&client, argv[2]) : 0;
    return code ? code : list_incidents(&client);
}
