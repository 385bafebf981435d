#include "tools/allocate_inputs.h"

#include "decide/allocate.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/geo.h"
#include "tools/memory.h"
#include "tools/pages.h"
#include "tools/quantity.h"
#include "tools/value.h"

#include <string.h>
#include <strings.h>

enum { TENTHS_MAX = GEO_RADIUS_KM_MAX * 10, TENTH_METRES = 100 };

static bool fits(const json_t *fields, const char *what)
{
    static const char *const names[] = {"resource_type", "name", "code"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(value_text_at(fields, names[i]), what) == 0)
            return true;
    return false;
}

static void leave_out(struct allocate_inputs *out, const json_t *item, const char *why)
{
    json_array_append_new(out->left_out, json_pack("{s:s, s:s, s:s}", "short", value_text_at(item, "short"), "name",
                                                   value_text_at(item, "fields.name"), "why", why));
}

/* Whole units of a decimal, up or down; -1 if it is none. */
static int64_t whole_units(const char *text, bool up)
{
    struct decimal d;
    const char *why;
    int64_t millionths;
    if (decimal_parse(&d, text, strlen(text), &why) || d.negative || !decimal_scaled(&d, 6, &millionths))
        return -1;
    return (millionths + (up ? 999999 : 0)) / 1000000;
}

static const char *point_text(const json_t *fields, char out[GEO_POINT_CHARS_MAX + 1])
{
    const char *point = value_text_at(fields, "deliver_point"), *lat = value_text_at(fields, "lat"), *lon = value_text_at(fields, "lon");
    if (point[0])
        snprintf(out, GEO_POINT_CHARS_MAX + 1, "%s", point);
    else if (lat[0] && lon[0])
        snprintf(out, GEO_POINT_CHARS_MAX + 1, "%.30s,%.30s", lat, lon);
    else
        return NULL;
    return out;
}

/* The object's one state; NULL for one with branches. */
static const char *record_of(const json_t *object)
{
    const json_t *heads = json_object_get(object, "heads");
    return json_array_size(heads) == 1 ? json_string_value(json_array_get(heads, 0)) : NULL;
}

/* --- what is asked for -------------------------------------------------------------------------------------------------- */

static int demand_take(struct allocate_inputs *out, struct tool *tool, const struct allocate_wish *wish, const char **unit, const json_t *gap)
{
    char point[GEO_POINT_CHARS_MAX + 1];
    json_t *object = NULL;
    int code = object_get(tool, value_text_at(gap, "id"), &object);
    if (code)
        return code;
    const json_t *fields = json_object_get(object, "fields");
    const char *own = value_text_at(fields, "unit"), *record = record_of(object);
    int64_t units = whole_units(value_text_at(gap, "missing"), true);
    if (fits(fields, wish->what)) {
        json_t *demands = json_object_get(out->inputs, "demands");
        if (!*unit)
            *unit = own;
        if (strcmp(own, *unit) != 0)
            leave_out(out, object, "another-unit");
        else if (units < 0)
            leave_out(out, object, "no-quantity");
        else if (!record || units == 0 || units > ALLOCATE_UNITS_MAX || json_array_size(demands) == ALLOCATE_SIDE_MAX)
            leave_out(out, object, !record ? "branches" : units == 0 ? "covered" : "too-many");
        else {
            const char *needed = value_text_at(fields, "needed_by"), *priority = value_text_at(fields, "priority");
            json_array_append_new(demands, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s?, s:s}", "id", value_text_at(object, "id"), "short",
                                                     value_text_at(object, "short"), "name", value_text_at(fields, "name"), "agency",
                                                     value_text_at(object, "owner.name"), "record", record, "units", (json_int_t)units, "priority",
                                                     priority, "point", point_text(fields, point), "needed_by", needed));
            json_array_append(out->requests, object);
        }
    }
    json_decref(object);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(value_text_at(*(json_t *const *)a, "id"), value_text_at(*(json_t *const *)b, "id"));
}

static int by_holder(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    int order = strcmp(value_text_at(*x, "agency"), value_text_at(*y, "agency"));
    return order ? order : strcmp(value_text_at(*x, "agency_id"), value_text_at(*y, "agency_id"));
}

/* A list in an order that is the same at every node; borrowed. */
static json_t **sorted(const json_t *list, int (*order)(const void *, const void *), size_t *count)
{
    *count = json_array_size(list);
    json_t **all = memory_get((*count + 1) * sizeof(*all));
    for (size_t i = 0; i < *count; i++)
        all[i] = json_array_get(list, i);
    qsort(all, *count, sizeof(*all), order);
    return all;
}

static int demands_get(struct allocate_inputs *out, struct tool *tool, const struct allocate_wish *wish)
{
    struct url url;
    json_t *answer = NULL;
    const char *unit = wish->unit;
    size_t count;
    url_start(&url, "/v1/gaps");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "incident", wish->incident);
    int code = tool_call(tool, "GET", &url, NULL, &answer);
    if (code)
        return code;
    json_t **gaps = sorted(json_object_get(answer, "items"), by_id, &count);
    out->space = json_incref(json_object_get(answer, "space"));
    out->complete = json_incref(json_object_get(answer, "complete"));
    for (size_t i = 0; i < count && !code; i++)
        code = demand_take(out, tool, wish, &unit, gaps[i]);
    json_object_set_new(out->inputs, "unit", json_string(unit ? unit : ""));
    free(gaps);
    json_decref(answer);
    return code;
}

/* --- what there is ------------------------------------------------------------------------------------------------------ */

/* One source for each agency that holds firm rights of the resource. */
static int source_take(struct allocate_inputs *out, struct tool *tool, const json_t *item)
{
    struct url url;
    char point[GEO_POINT_CHARS_MAX + 1];
    json_t *object = NULL, *answer = NULL;
    int code = object_get(tool, value_text_at(item, "id"), &object);
    url_start(&url, "/v1/objects");
    url_segment(&url, value_text_at(item, "id"));
    url_segment(&url, "quantities");
    url_query(&url, "space", tool->set.space);
    if (!code)
        code = tool_call(tool, "GET", &url, NULL, &answer);
    const json_t *rights = json_object_get(answer, "rights"), *fields = json_object_get(object, "fields");
    json_t *sources = json_object_get(out->inputs, "sources"), *mine = json_array();
    size_t count;
    for (size_t i = 0; i < json_array_size(rights); i++) {
        const json_t *right = json_array_get(rights, i);
        bool own = value_true_at(right, "holder.own");
        json_int_t firm = value_int_at(right, "firm");
        const char *agency = value_text_at(right, "holder.agency.name"), *agency_id = value_text_at(right, "holder.agency.id");
        json_t *source = NULL;
        if (firm <= 0 || value_true_at(right, "holder.closed") || (own && !value_true_at(right, "spendable")))
            continue; /* no longer anybody's to promise, or another node's of this agency */
        for (size_t k = 0; k < json_array_size(mine) && !source; k++)
            if (strcmp(value_text_at(json_array_get(mine, k), "agency_id"), agency_id) == 0)
                source = json_array_get(mine, k);
        if (!source) {
            const char *cost = value_text_at(fields, "unit_value");
            source = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:i, s:s?, s:s?}", "id", value_text_at(object, "id"), "short",
                               value_text_at(object, "short"), "name", value_text_at(fields, "name"), "agency", agency, "agency_id",
                               agency_id, "yours", own, "record", record_of(object), "units", 0, "cost", cost[0] ? cost : NULL, "point", point_text(fields, point));
            json_array_append_new(mine, source);
        }
        firm += value_int_at(source, "units");
        json_object_set_new(source, "units", json_integer(firm > ALLOCATE_UNITS_MAX ? ALLOCATE_UNITS_MAX : firm));
    }
    if (!code && !json_array_size(mine))
        leave_out(out, object, "nothing-free");
    json_t **holders = sorted(mine, by_holder, &count);
    for (size_t k = 0; k < count; k++) {
        if (json_array_size(sources) == ALLOCATE_SIDE_MAX) {
            leave_out(out, object, "too-many");
            continue;
        }
        json_array_append(sources, holders[k]);
        json_array_append(out->resources, object);
    }
    free(holders);
    json_decref(mine);
    json_decref(answer);
    json_decref(object);
    return code;
}

static int sources_get(struct allocate_inputs *out, struct tool *tool, const struct allocate_wish *wish)
{
    struct url url;
    json_t *answer = NULL;
    size_t count;
    url_start(&url, "/v1/objects");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "kind", "resource");
    int code = pages_get(tool, &url, PAGE_MAX, NULL, true, &answer);
    if (code)
        return code;
    json_t **all = sorted(json_object_get(answer, "items"), by_id, &count);
    for (size_t i = 0; i < count && !code; i++) {
        const json_t *fields = json_object_get(all[i], "fields");
        if (value_true_at(all[i], "retracted") || value_true_at(all[i], "erased") || !fits(fields, wish->what))
            continue;
        if (strcmp(value_text_at(fields, "unit"), value_text_at(out->inputs, "unit")) != 0)
            leave_out(out, all[i], "another-unit");
        else
            code = source_take(out, tool, all[i]);
    }
    free(all);
    json_decref(answer);
    return code;
}

/* Great circle in steps of 100 m; what has no place is as far as anything can be. */
static int64_t metres_between(const char *a, const char *b)
{
    struct geo_point from, to;
    const char *why;
    int64_t low = 0, high = TENTHS_MAX;
    if (geo_point_parse(&from, a, strlen(a), &why) || geo_point_parse(&to, b, strlen(b), &why))
        return ALLOCATE_METRES_MAX;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (geo_is_within(from, to, (double)middle / 10))
            high = middle;
        else
            low = middle + 1;
    }
    return low * TENTH_METRES > ALLOCATE_METRES_MAX ? ALLOCATE_METRES_MAX : low * TENTH_METRES;
}

static void ways_measure(struct allocate_inputs *out, const struct allocate_wish *wish)
{
    const json_t *sources = json_object_get(out->inputs, "sources"), *demands = json_object_get(out->inputs, "demands");
    json_t *metres = json_array();
    for (size_t i = 0; i < json_array_size(sources); i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < json_array_size(demands); j++) {
            int64_t way = metres_between(value_text_at(json_array_get(sources, i), "point"), value_text_at(json_array_get(demands, j), "point"));
            bool far = wish->within_km > 0 && (double)way > wish->within_km * 1000;
            json_array_append_new(row, far ? json_null() : json_integer(way));
        }
        json_array_append_new(metres, row);
    }
    json_object_set_new(out->inputs, "metres", metres);
}

int allocate_inputs_get(struct allocate_inputs *out, struct tool *tool, const struct allocate_wish *wish)
{
    struct fault fault;
    *out = (struct allocate_inputs){.left_out = json_array(), .requests = json_array(), .resources = json_array()};
    out->inputs = json_pack("{s:s, s:s, s:o, s:[], s:[]}", "what", wish->what, "order", wish->share_first ? "share" : "way", "within_km",
                            wish->within_km > 0 ? json_integer((json_int_t)wish->within_km) : json_null(), "sources", "demands");
    int code = demands_get(out, tool, wish);
    if (!code && !json_array_size(json_object_get(out->inputs, "demands"))) {
        fault_set(&fault, MUSTER_ENOTFOUND, "no open request asks for \"%.60s\" in whole units of one kind", wish->what);
        fault_step(&fault, "muster gaps lists what is missing, and of what type");
        return tool_fail(tool, &fault);
    }
    if (!code)
        code = sources_get(out, tool, wish);
    if (!code)
        ways_measure(out, wish);
    return code;
}

void allocate_inputs_free(struct allocate_inputs *inputs)
{
    json_decref(inputs->inputs);
    json_decref(inputs->left_out);
    json_decref(inputs->requests);
    json_decref(inputs->resources);
    json_decref(inputs->space);
    json_decref(inputs->complete);
    *inputs = (struct allocate_inputs){.inputs = NULL};
}
