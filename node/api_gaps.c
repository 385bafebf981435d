/* api_gaps.c — GET /v1/gaps: requests and what covers them, by incident and type; stock below its minimum. */
#include "node/api_handlers.h"
#include "lang/lang.h"
#include "node/fields_json.h"
#include "node/json.h"
#include "node/lookup.h"
#include "node/overview.h"

#include <stdio.h>
#include <stdlib.h>

enum { GAPS_MAX = 5000, AMOUNT_BYTES = 48 };

struct gaps {
    struct overview o;
    json_t *requests, *stock;
    bool filter;
    struct object_id incident;
};

/* Millionths as a decimal without needless zeros. */
static json_t *amount_json(int64_t millionths)
{
    char text[AMOUNT_BYTES];
    uint64_t size = millionths < 0 ? (uint64_t)-millionths : (uint64_t)millionths;
    int len = snprintf(text, sizeof(text), "%s%llu.%06llu", millionths < 0 ? "-" : "", (unsigned long long)(size / 1000000),
                       (unsigned long long)(size % 1000000));
    while (len > 1 && text[len - 1] == '0')
        text[--len] = '\0';
    if (len > 1 && text[len - 1] == '.')
        text[--len] = '\0';
    return json_string(text);
}

struct cover {
    char unit[48];
    int64_t offered, promised, arrived; /* millionths; promised: committed and under way; arrived: there or used there */
    size_t other_units;
};

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static bool take_cover(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct cover *c = user;
    char status[32], unit[48];
    int64_t quantity = 0, came;
    (void)id;
    if (!overview_decimal(state, "quantity", &quantity) || quantity < 0)
        return true;
    overview_text(state, "unit", unit, sizeof(unit));
    if (strcmp(unit, c->unit) != 0) { /* 3 {box} of 60 {piece} cannot be told */
        c->other_units++;
        return true;
    }
    overview_text(state, "status", status, sizeof(status));
    if (strcmp(status, "offered") == 0)
        c->offered = plus(c->offered, quantity);
    else if (strcmp(status, "committed") == 0 || strcmp(status, "dispatched") == 0)
        c->promised = plus(c->promised, quantity);
    else if (strcmp(status, "arrived") == 0 || strcmp(status, "consumed") == 0 || strcmp(status, "released") == 0)
        c->arrived = plus(c->arrived, overview_decimal(state, "quantity_arrived", &came) && came >= 0 ? came : quantity);
    return true;
}

/* The text of a field, or null. */
static json_t *text_json(const struct object_stored *state, const char *field)
{
    char text[264];
    overview_text(state, field, text, sizeof(text));
    return text[0] ? json_text(text, strlen(text)) : json_null();
}

static json_t *incident_json(struct overview *o, const struct object_stored *state)
{
    struct object_id id;
    struct object_stored incident;
    if (!overview_object(state, "incident", &id))
        return json_null();
    if (lookup_state(o->node, o->space.number, &id, &incident) != MUSTER_OK)
        return json_pack("{s:o, s:n, s:n}", "id", json_hex(id.b, OBJECT_ID_BYTES), "short", "title");
    return overview_json(o, &id, &incident);
}

json_t *overview_request_json(struct overview *o, const struct object_id *id, const struct object_stored *state, bool *covered)
{
    struct cover c = {.offered = 0};
    int64_t needed = 0;
    overview_text(state, "unit", c.unit, sizeof(c.unit));
    bool counted = overview_decimal(state, "quantity", &needed);
    overview_naming(o, id, KIND_DEPLOYMENT, take_cover, &c);
    int64_t missing = counted ? needed - plus(c.promised, c.arrived) : 0;
    *covered = counted && missing <= 0;
    json_t *item = overview_json(o, id, state);
    json_t *numbers = json_pack("{s:o, s:o, s:o, s:o, s:o, s:i}", "needed", counted ? amount_json(needed) : json_null(), "offered",
                                amount_json(c.offered), "promised", amount_json(c.promised), "arrived", amount_json(c.arrived),
                                "missing", counted ? amount_json(missing > 0 ? missing : 0) : json_null(), "other_units",
                                (int)c.other_units);
    json_object_update(item, numbers);
    json_decref(numbers);
    static const char *const fields[] = {"status", "priority", "resource_type", "unit", "needed_by", "deliver_to"};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        json_object_set_new(item, fields[i], text_json(state, fields[i]));
    uint64_t due = overview_time(state, "needed_by");
    json_object_set_new(item, "late", json_boolean(due && due < o->now_ms));
    json_object_set_new(item, "incident", incident_json(o, state));
    return item;
}

static bool take_request(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct gaps *g = user;
    struct object_id incident;
    bool covered;
    if (g->filter && (!overview_object(state, "incident", &incident) ||
                      memcmp(incident.b, g->incident.b, OBJECT_ID_BYTES) != 0))
        return true;
    json_t *item = overview_request_json(&g->o, id, state, &covered);
    if (covered)
        json_decref(item);
    else
        json_array_append_new(g->requests, item);
    return json_array_size(g->requests) < GAPS_MAX;
}

static bool take_stock(void *user, const struct object_id *id, const struct object_stored *state)
{
    struct gaps *g = user;
    int64_t have, minimum;
    if (!overview_decimal(state, "quantity", &have) || !overview_decimal(state, "minimum", &minimum) || have >= minimum)
        return true;
    json_t *item = overview_json(&g->o, id, state);
    json_object_set_new(item, "quantity", amount_json(have));
    json_object_set_new(item, "minimum", amount_json(minimum));
    json_object_set_new(item, "missing", amount_json(minimum - have));
    static const char *const fields[] = {"resource_type", "unit", "site"};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        json_object_set_new(item, fields[i], text_json(state, fields[i]));
    json_array_append_new(g->stock, item);
    return json_array_size(g->stock) < GAPS_MAX;
}

static int by_words(const void *a, const void *b)
{
    static const char *const members[] = {"incident", "resource_type", "title", "id"};
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *p = json_object_get(x, members[i]), *q = json_object_get(y, members[i]);
        if (json_is_object(p))
            p = json_object_get(p, "id");
        if (json_is_object(q))
            q = json_object_get(q, "id");
        int order = strcmp(json_string_value(p) ? json_string_value(p) : "", json_string_value(q) ? json_string_value(q) : "");
        if (order)
            return order;
    }
    return 0;
}

/* By incident, type, title: the same on every node that holds the same. */
json_t *overview_in_order(json_t *items)
{
    size_t count = json_array_size(items);
    json_t **all = calloc(count + 1, sizeof(json_t *)), *list = json_array();
    for (size_t i = 0; all && i < count; i++)
        all[i] = json_array_get(items, i);
    if (all && count)
        qsort(all, count, sizeof(json_t *), by_words);
    for (size_t i = 0; all && i < count; i++)
        json_array_append(list, all[i]);
    free(all);
    json_decref(items);
    return list;
}

void api_gaps(struct request *request)
{
    static const char *const open[] = {"submitted", "approved", "sourcing", "committed"};
    const char *incident = request_query(request, "incident");
    struct gaps g = {.o = {.node = request->node, .now_ms = node_wall_ms()}};
    if (!request_space(request, &g.o.space))
        return;
    g.filter = incident && incident[0];
    enum muster_error error = g.filter ? lookup_object(request->node, &g.o.space, incident, &g.incident) : MUSTER_OK;
    if (error) {
        request_refuse(request, error, "the incident \"%.60s\": %s", incident, _(error_what(error)));
        return;
    }
    g.requests = json_array();
    g.stock = json_array();
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        overview_where(&g.o, KIND_REQUEST, "status", open[i], false, take_request, &g);
    if (!g.filter)
        overview_each(&g.o, KIND_RESOURCE, NULL, 0, take_stock, &g);
    json_t *json = json_head(request->node, &g.o.space);
    json_object_set_new(json, "items", overview_in_order(g.requests));
    json_object_set_new(json, "stock", overview_in_order(g.stock));
    json_object_set_new(json, "partial", json_boolean(g.o.partial || json_array_size(json_object_get(json, "items")) >= GAPS_MAX));
    request_answer(request, json);
}
