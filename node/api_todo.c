/* api_todo.c — GET /v1/todo: what needs this agency, from every source of todo.c. */
#include "node/api_handlers.h"
#include "node/todo.h"

#include <stdlib.h>

static int rank(const json_t *item)
{
    const char *urgency = json_string_value(json_object_get(item, "urgency"));
    return strcmp(urgency, "now") == 0 ? 0 : strcmp(urgency, "soon") == 0 ? 1 : 2;
}

struct placed {
    json_t *item;
    size_t at;
};

static int by_urgency(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = rank(x->item) - rank(y->item);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The same items, those that cannot wait first; else in the order in which they were found. */
static json_t *sorted(json_t *items)
{
    size_t count = json_array_size(items);
    struct placed *all = calloc(count + 1, sizeof(*all));
    json_t *list = all ? json_array() : NULL;
    for (size_t i = 0; all && i < count; i++)
        all[i] = (struct placed){json_array_get(items, i), i};
    if (!all)
        return items;
    qsort(all, count, sizeof(*all), by_urgency);
    for (size_t i = 0; i < count; i++)
        json_array_append(list, all[i].item);
    free(all);
    json_decref(items);
    return list;
}

static void look(struct todo *todo, const char *only, bool once)
{
    for (size_t i = 0; i < todo_sources_count; i++) {
        todo->source = &todo_sources[i];
        if (todo->source->once == once && (!only || strcmp(only, todo->source->name) == 0))
            todo->source->run(todo);
    }
}

void api_todo(struct request *request)
{
    const char *only = request_query(request, "source"), *named = request_query(request, "space");
    struct node *node = request->node;
    struct todo todo = {.o = {.node = node, .now_ms = node_wall_ms()}, .items = json_array()};
    struct space_view space;
    bool known = !only;
    for (size_t i = 0; i < todo_sources_count; i++)
        known |= only && strcmp(only, todo_sources[i].name) == 0;
    if (!known) {
        json_decref(todo.items);
        request_refuse(request, MUSTER_EUSAGE, "there is no source \"%.40s\" of things to do", only);
        return;
    }
    if (named && named[0]) {
        if (!request_space(request, &space)) {
            json_decref(todo.items);
            return;
        }
        todo.o.space = space;
        look(&todo, only, false);
    } else {
        for (size_t i = 0; core_space_at(node->core, i, &space); i++) {
            todo.o.space = space;
            todo.o.looks = 0;
            look(&todo, only, false);
        }
    }
    look(&todo, only, true);
    request_answer(request, json_pack("{s:i, s:{s:o, s:o}, s:o, s:b, s:o}", "muster", 1, "node", "agency",
                                      json_agency(node, &node->own.identity.agency), "name",
                                      json_text(node->own.node_name, strlen(node->own.node_name)), "items", sorted(todo.items),
                                      "partial", (int)todo.o.partial, "spaces", json_spaces_complete(node, named && named[0] ? &space : NULL)));
}
