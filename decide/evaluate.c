#include "decide/evaluate.h"

#include <stdlib.h>

enum { RATE = 10000 };

struct spans {
    int64_t *seconds;
    size_t count;
};

static void span_add(struct spans *spans, int64_t from_ms, int64_t to_ms)
{
    int64_t ms;
    if (from_ms == EVALUATE_NEVER || to_ms == EVALUATE_NEVER)
        return;
    if (__builtin_sub_overflow(to_ms, from_ms, &ms) || ms < 0)
        ms = 0;
    spans->seconds[spans->count++] = ms / 1000;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Empties the list. */
static int64_t median(struct spans *spans, size_t *count)
{
    int64_t middle = EVALUATE_NOTHING;
    *count = spans->count;
    if (spans->count) {
        qsort(spans->seconds, spans->count, sizeof(*spans->seconds), ascending);
        middle = spans->seconds[(spans->count - 1) / 2];
    }
    spans->count = 0;
    return middle;
}

static int64_t quantity_of(int64_t said)
{
    return said == EVALUATE_NEVER ? EVALUATE_UNIT : said;
}

static enum muster_error check(const struct evaluate_input *in)
{
    if (in->request_count > EVALUATE_ITEMS_MAX || in->delivery_count > EVALUATE_ITEMS_MAX ||
        in->report_count > EVALUATE_ITEMS_MAX || in->first_word_count > EVALUATE_ITEMS_MAX ||
        in->correction_count > EVALUATE_ITEMS_MAX)
        return MUSTER_ETOOBIG;
    for (size_t i = 0; i < in->request_count; i++)
        if (in->requests[i].quantity < 0 && in->requests[i].quantity != EVALUATE_NEVER)
            return MUSTER_EBADVALUE;
    for (size_t i = 0; i < in->delivery_count; i++) {
        const struct evaluate_delivery *d = &in->deliveries[i];
        if ((d->quantity < 0 && d->quantity != EVALUATE_NEVER) ||
            (d->quantity_arrived < 0 && d->quantity_arrived != EVALUATE_NEVER) ||
            (d->request != SIZE_MAX && d->request >= in->request_count))
            return MUSTER_EBADVALUE;
    }
    return MUSTER_OK;
}

static int64_t first_of(int64_t a, int64_t b)
{
    if (a == EVALUATE_NEVER || b == EVALUATE_NEVER)
        return a == EVALUATE_NEVER ? b : a;
    return a < b ? a : b;
}

/* What is known of one request, from all deliveries. */
struct tally {
    int64_t first_offer;
    __int128 arrived, in_time;
};

static void tally(struct tally *of, const struct evaluate_input *in)
{
    for (size_t i = 0; i < in->request_count; i++)
        of[i] = (struct tally){EVALUATE_NEVER, 0, 0};
    for (size_t i = 0; i < in->delivery_count; i++) {
        const struct evaluate_delivery *d = &in->deliveries[i];
        if (d->request == SIZE_MAX)
            continue;
        struct tally *t = &of[d->request];
        int64_t got = d->quantity_arrived != EVALUATE_NEVER ? d->quantity_arrived : quantity_of(d->quantity);
        if (!d->refused)
            t->first_offer = first_of(t->first_offer, first_of(d->offered_ms, d->committed_ms));
        if (d->arrived_ms == EVALUATE_NEVER)
            continue;
        t->arrived += got;
        if (d->arrived_ms <= in->requests[d->request].needed_ms)
            t->in_time += got;
    }
}

static int64_t rate(__int128 part, __int128 whole)
{
    __int128 rate = whole > 0 ? part * RATE / whole : EVALUATE_NOTHING;
    return rate > INT64_MAX ? INT64_MAX : (int64_t)rate;
}

static void fill(struct evaluate_result *out, const struct evaluate_input *in, const struct tally *of)
{
    __int128 asked = 0, filled = 0, beyond = 0, timed = 0, in_time = 0;
    for (size_t i = 0; i < in->request_count; i++) {
        __int128 want = quantity_of(in->requests[i].quantity);
        asked += want;
        filled += of[i].arrived < want ? of[i].arrived : want;
        beyond += of[i].arrived > want ? of[i].arrived - want : 0;
        if (in->requests[i].needed_ms == EVALUATE_NEVER)
            continue;
        timed += want;
        in_time += of[i].in_time < want ? of[i].in_time : want;
    }
    out->fill_rate = rate(filled, asked);
    out->over_supply = rate(beyond, asked);
    out->on_time = rate(in_time, timed);
}

static void spans_of(struct spans *spans, const struct evaluate_span *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        span_add(spans, all[i].from_ms, all[i].to_ms);
}

enum muster_error evaluate(struct evaluate_result *out, const struct evaluate_input *in)
{
    enum muster_error error = check(in);
    size_t most = error ? 0 : in->request_count + in->delivery_count + in->report_count + in->first_word_count + in->correction_count;
    struct spans spans = {error ? NULL : malloc((most + 1) * sizeof(int64_t)), 0};
    struct tally *of = error ? NULL : malloc((in->request_count + 1) * sizeof(*of));
    if (!error && (!spans.seconds || !of))
        error = MUSTER_EBUSY;
    if (error)
        goto out;
    *out = (struct evaluate_result){.requests = in->request_count};
    tally(of, in);
    for (size_t i = 0; i < in->request_count; i++)
        span_add(&spans, in->requests[i].asked_ms, of[i].first_offer);
    out->request_to_offer_s = median(&spans, &out->offers);
    for (size_t i = 0; i < in->delivery_count; i++) {
        const struct evaluate_delivery *d = &in->deliveries[i];
        span_add(&spans, d->offered_ms != EVALUATE_NEVER ? d->offered_ms : d->committed_ms, d->arrived_ms);
    }
    out->offer_to_arrival_s = median(&spans, &out->arrivals);
    spans_of(&spans, in->reports, in->report_count);
    out->report_s = median(&spans, &out->reports);
    spans_of(&spans, in->first_words, in->first_word_count);
    out->first_word_s = median(&spans, &out->first_words);
    spans_of(&spans, in->corrections, in->correction_count);
    out->correction_s = median(&spans, &out->corrections);
    fill(out, in, of);
out:
    free(of);
    free(spans.seconds);
    return error;
}
