#include "tools/evaluate_inputs.h"

#include "crypto/crypto.h"
#include "protocol/kinds/decimal.h"
#include "protocol/kinds/time3339.h"
#include "tools/memory.h"
#include "tools/pages.h"
#include "tools/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 6 }; /* quantities are in millionths */

static int64_t time_at(const json_t *item, const char *path)
{
    const char *text = value_text_at(item, path);
    struct time3339 time;
    const char *why;
    return text[0] && time3339_parse(&time, text, strlen(text), &why) == MUSTER_OK ? time.ms : EVALUATE_NEVER;
}

static int64_t quantity_at(const json_t *item, const char *path)
{
    const char *text = value_text_at(item, path);
    struct decimal d;
    const char *why;
    int64_t millionths;
    if (!text[0] || decimal_parse(&d, text, strlen(text), &why) != MUSTER_OK || d.negative ||
        !decimal_scaled(&d, PLACES, &millionths))
        return EVALUATE_NEVER;
    return millionths;
}

static bool within(int64_t ms, int64_t from_ms, int64_t to_ms)
{
    return (from_ms == EVALUATE_NEVER || ms >= from_ms) && (to_ms == EVALUATE_NEVER || ms <= to_ms);
}

static int by_id(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    return strcmp(value_text_at(*x, "id"), value_text_at(*y, "id"));
}

/* All objects of a kind, by their ids: the same order on every node.  *items (borrowed pointers) is the caller's. */
static int objects_get(struct tool *tool, struct evaluate_inputs *out, const char *kind, const json_t ***items, size_t *count)
{
    struct url url;
    json_t *answer;
    url_start(&url, "/v1/objects");
    url_query(&url, "space", tool->set.space);
    url_query(&url, "kind", kind);
    int code = pages_get(tool, &url, PAGE_MAX, NULL, true, &answer);
    *items = NULL;
    *count = 0;
    if (code)
        return code;
    json_array_append_new(out->answers, answer);
    const json_t *list = json_object_get(answer, "items");
    *items = memory_get((json_array_size(list) + 1) * sizeof(**items));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!value_true_at(item, "retracted") && !value_true_at(item, "erased"))
            (*items)[(*count)++] = item;
    }
    qsort(*items, *count, sizeof(**items), by_id);
    return 0;
}

static bool is_about(const json_t *item, const char *incident)
{
    return strcmp(value_text_at(item, "fields.incident"), incident) == 0;
}

struct gathering {
    struct evaluate_inputs *out;
    struct tool *tool;
    const char *incident;
    int64_t from_ms, to_ms;
    const json_t **requests; /* those that count, in their order */
    size_t request_count;
    FILE *lines; /* what is hashed */
};

static int requests_get(struct gathering *g)
{
    const json_t **all;
    size_t count;
    int code = objects_get(g->tool, g->out, "request", &all, &count);
    struct evaluate_request *requests = memory_get((count + 1) * sizeof(*requests));
    g->requests = all;
    for (size_t i = 0; i < count; i++) {
        const char *status = value_text_at(all[i], "fields.status");
        struct evaluate_request r = {time_at(all[i], "created"), time_at(all[i], "fields.needed_by"),
                                     quantity_at(all[i], "fields.quantity")};
        if (!is_about(all[i], g->incident) || !within(r.asked_ms, g->from_ms, g->to_ms) || strcmp(status, "draft") == 0 ||
            strcmp(status, "rejected") == 0 || strcmp(status, "cancelled") == 0)
            continue;
        fprintf(g->lines, "request %s %" PRId64 " %" PRId64 " %" PRId64 "\n", value_text_at(all[i], "id"), r.asked_ms,
                r.needed_ms, r.quantity);
        g->requests[g->request_count] = all[i];
        requests[g->request_count++] = r;
    }
    g->out->in.requests = requests;
    g->out->in.request_count = g->request_count;
    return code;
}

static size_t request_of(const struct gathering *g, const json_t *delivery)
{
    const char *id = value_text_at(delivery, "fields.request");
    size_t low = 0, high = id[0] ? g->request_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(value_text_at(g->requests[middle], "id"), id);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static int deliveries_get(struct gathering *g)
{
    const json_t **all;
    size_t count, kept = 0;
    int code = objects_get(g->tool, g->out, "deployment", &all, &count);
    struct evaluate_delivery *deliveries = memory_get((count + 1) * sizeof(*deliveries));
    for (size_t i = 0; i < count; i++) {
        const char *status = value_text_at(all[i], "fields.status");
        struct evaluate_delivery d = {.request = request_of(g, all[i]),
                                      .offered_ms = time_at(all[i], "fields.offered_at"),
                                      .committed_ms = time_at(all[i], "fields.committed_at"),
                                      .arrived_ms = time_at(all[i], "fields.arrived_at"),
                                      .quantity = quantity_at(all[i], "fields.quantity"),
                                      .quantity_arrived = quantity_at(all[i], "fields.quantity_arrived")};
        d.refused = strcmp(status, "refused") == 0 || strcmp(status, "withdrawn") == 0;
        if (d.offered_ms == EVALUATE_NEVER && d.committed_ms == EVALUATE_NEVER)
            d.offered_ms = time_at(all[i], "created");
        if (d.request == SIZE_MAX && (!is_about(all[i], g->incident) || value_text_at(all[i], "fields.request")[0] ||
                                      !within(d.offered_ms, g->from_ms, g->to_ms)))
            continue;
        fprintf(g->lines,
                "delivery %s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d\n",
                value_text_at(all[i], "id"), d.request == SIZE_MAX ? "-" : value_text_at(g->requests[d.request], "id"),
                d.offered_ms, d.committed_ms, d.arrived_ms, d.quantity, d.quantity_arrived, d.refused);
        deliveries[kept++] = d;
    }
    g->out->in.deliveries = deliveries;
    g->out->in.delivery_count = kept;
    free(all);
    return code;
}

static void span_keep(struct gathering *g, const char *what, const json_t *item, struct evaluate_span *spans, size_t *count,
                      int64_t from_ms, int64_t to_ms)
{
    if (from_ms == EVALUATE_NEVER || to_ms == EVALUATE_NEVER || !within(to_ms, g->from_ms, g->to_ms))
        return;
    fprintf(g->lines, "%s %s %" PRId64 " %" PRId64 "\n", what, value_text_at(item, "id"), from_ms, to_ms);
    spans[(*count)++] = (struct evaluate_span){from_ms, to_ms};
}

static int reports_get(struct gathering *g)
{
    const json_t **all;
    size_t count;
    int code = objects_get(g->tool, g->out, "sitrep", &all, &count);
    struct evaluate_span *spans = memory_get((count + 1) * sizeof(*spans));
    for (size_t i = 0; i < count; i++)
        if (is_about(all[i], g->incident))
            span_keep(g, "report", all[i], spans, &g->out->in.report_count, time_at(all[i], "fields.period_to"),
                      time_at(all[i], "created"));
    g->out->in.reports = spans;
    free(all);
    return code;
}

static const json_t *with_id(const json_t **all, size_t count, const char *id)
{
    for (size_t i = 0; id[0] && i < count; i++)
        if (strcmp(value_text_at(all[i], "id"), id) == 0)
            return all[i];
    return NULL;
}

static int releases_get(struct gathering *g)
{
    const json_t **all;
    size_t count;
    int code = objects_get(g->tool, g->out, "release", &all, &count);
    struct evaluate_span *words = memory_get((count + 1) * sizeof(*words)), *corrections = memory_get((count + 1) * sizeof(*corrections));
    for (size_t i = 0; i < count; i++) {
        int64_t published = time_at(all[i], "fields.published_at");
        const json_t *wrong = with_id(all, count, value_text_at(all[i], "fields.corrects"));
        if (!is_about(all[i], g->incident))
            continue;
        if (wrong)
            span_keep(g, "correction", all[i], corrections, &g->out->in.correction_count,
                      time_at(wrong, "fields.published_at"), published);
        else
            span_keep(g, "first-word", all[i], words, &g->out->in.first_word_count, time_at(all[i], "fields.known_at"), published);
    }
    g->out->in.first_words = words;
    g->out->in.corrections = corrections;
    free(all);
    return code;
}

int evaluate_inputs_get(struct evaluate_inputs *out, struct tool *tool, const char *incident, int64_t from_ms, int64_t to_ms)
{
    char *text = NULL;
    size_t len = 0;
    *out = (struct evaluate_inputs){.answers = json_array()};
    struct gathering g = {.out = out, .tool = tool, .incident = incident, .from_ms = from_ms, .to_ms = to_ms,
                          .lines = memory_stream(&text, &len)};
    fprintf(g.lines, "evaluation 1 %s %" PRId64 " %" PRId64 "\n", incident, from_ms, to_ms);
    int code = requests_get(&g);
    if (!code)
        code = deliveries_get(&g);
    if (!code)
        code = reports_get(&g);
    if (!code)
        code = releases_get(&g);
    memory_stream_end(g.lines);
    struct hash hash = crypto_hash1("muster/1/evaluation", text, len);
    hex_from(out->hash, hash.b, HASH_BYTES);
    const json_t *first = json_array_get(out->answers, 0);
    out->space = json_object_get(first, "space");
    out->node = json_object_get(first, "node");
    out->complete = json_object_get(first, "complete");
    free(text);
    free(g.requests);
    return code;
}

/* The arrays are ours: evaluate_inputs_get made them. */
static void *writable(const void *at)
{
    return (void *)(uintptr_t)at;
}

void evaluate_inputs_free(struct evaluate_inputs *inputs)
{
    free(writable(inputs->in.requests));
    free(writable(inputs->in.deliveries));
    free(writable(inputs->in.reports));
    free(writable(inputs->in.first_words));
    free(writable(inputs->in.corrections));
    json_decref(inputs->answers);
    *inputs = (struct evaluate_inputs){.answers = NULL};
}
