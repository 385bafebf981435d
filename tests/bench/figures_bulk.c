/* figures_bulk.c — the bare pipe, catching up with many records, durable writes, one write's way, memory. */
#include "bench/bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE "bench"
enum { CATCH_UP_SECONDS = 600 };

void figure_pipe(struct bench *bench)
{
    double rates[BENCH_RUNS_MAX];
    char value[32];
    for (unsigned i = 0; i < bench->runs; i++)
        rates[i] = pipe_bulk(bench, bench->records);
    bench_text(value, "%.0f records/s", bench_quantile(rates, bench->runs, 0.5));
    bench_row(bench, "bare pipe: CURVE, signature per 256, hash index, durable", value, NULL, 0, NULL);
}

/* A node with `count` objects in SPACE. */
static double fill(struct bench *bench, struct bench_node *node, int advertised, size_t count, char (*ids)[33])
{
    struct sample sample = {bench->seed};
    node_new(bench, node, 0, advertised);
    node_space(node, SPACE);
    double from = bench_now();
    node_write(node, SPACE, &sample, count, 500, ids);
    return (double)count / (bench_now() - from);
}

static void wire_bytes(struct bench *bench, size_t records)
{
    struct bench_node a, b;
    struct relay relay;
    char value[32], limit[64];
    int port = node_free_port();
    struct sample sample = {bench->seed};
    char item[SAMPLE_ITEM_MAX];
    size_t json = 0;
    for (size_t i = 0; i < 1000; i++) { /* the fields alone */
        size_t len = sample_item(&sample, item, false);
        item[len - 1] = 0;
        json += strlen(strstr(item, "\"fields\":") + 9);
    }
    relay_start(&relay, port, 0, 0);
    sample = (struct sample){bench->seed};
    node_new(bench, &a, port, relay.port);
    node_space(&a, SPACE);
    node_write(&a, SPACE, &sample, records, 500, NULL);
    node_new(bench, &b, 0, NODE_PORT_NONE);
    node_join(&a, &b, SPACE);
    node_wait(&b, SPACE, records, 0.02, CATCH_UP_SECONDS);
    node_equal(&a, &b, SPACE, records);
    relay_settle(&relay, 0.3);
    bench_text(value, "%.0f B", (double)relay_bytes(&relay) / (double)records);
    snprintf(limit, sizeof(limit), "%.0f B: the fields as JSON", (double)json / 1000);
    bench_row(bench, "bytes on the wire per record, all included", value, limit,
              (double)relay_bytes(&relay) / (double)records / ((double)json / 1000), "<= 400 B");
    node_remove(&b);
    node_remove(&a);
    relay_stop(&relay);
}

void figure_catch_up(struct bench *bench)
{
    double bare[BENCH_RUNS_MAX], product[BENCH_RUNS_MAX];
    struct bench_node a, b;
    struct bench_watch watch;
    size_t most = 0;
    char value[32], limit[64], name[64];
    double load = fill(bench, &a, NODE_PORT_OWN, bench->records, NULL);
    bench_text(value, "%.0f records/s", load);
    bench_row(bench, "writing through the API, 500 records a request", value, NULL, 0, NULL);
    for (unsigned i = 0; i < bench->runs; i++) {
        bare[i] = pipe_bulk(bench, bench->records);
        node_new(bench, &b, 0, NODE_PORT_OWN);
        bench_watch_begin(&watch, b.pid);
        double from = node_join(&a, &b, SPACE);
        double till = node_wait(&b, SPACE, bench->records, 0.02, CATCH_UP_SECONDS);
        node_equal(&a, &b, SPACE, bench->records);
        size_t now = bench_watch_end(&watch);
        most = now > most ? now : most;
        product[i] = (double)bench->records / (till - from);
        bench_say("  run %u: bare %.0f/s, catch-up %.0f/s", i + 1, bare[i], product[i]);
        node_remove(&b);
    }
    node_remove(&a);
    double x = bench_quantile(product, bench->runs, 0.5), y = bench_quantile(bare, bench->runs, 0.5);
    bench_text(value, "%.0f records/s", x);
    snprintf(limit, sizeof(limit), "%.0f/s: bare pipe", y);
    snprintf(name, sizeof(name), "bulk catch-up of %zu, from join to queryable", bench->records);
    bench_row(bench, name, value, limit, x / y, ">= 0.7");
    bench_text(value, "%.1f MB", (double)most / 1e6);
    bench_row(bench, "private memory at its most while it catches up", value, NULL, 0, "<= 48 MB");
    wire_bytes(bench, bench->records / 5 + 1);
}

/* --- durable writes ------------------------------------------------------------------------------------------ */

struct writer_thread {
    pthread_t thread;
    const char *socket;
    uint64_t seed;
    double till;
    size_t done;
};

static void *write_singles(void *argument)
{
    struct writer_thread *w = argument;
    struct http http;
    struct sample sample = {w->seed};
    char body[SAMPLE_ITEM_MAX + 64];
    http_open(&http, w->socket);
    while (bench_now() < w->till) {
        size_t len = (size_t)snprintf(body, sizeof(body), "{\"space\":\"" SPACE "\",\"items\":[");
        len += sample_item(&sample, body + len, false);
        memcpy(body + len, "]}", 2);
        int status = http_call(&http, "POST", "/v1/records", body, len + 2);
        if (status != 200 || !strstr(http.answer, "stored"))
            bench_fail("a single write: %d %.300s", status, status ? http.answer : "");
        w->done++;
    }
    http_close(&http);
    return NULL;
}

static double writes_by(struct bench *bench, struct bench_node *node, unsigned clients, double seconds, size_t *total)
{
    struct writer_thread threads[64];
    double from = bench_now();
    size_t done = 0;
    for (unsigned i = 0; i < clients; i++) {
        threads[i] = (struct writer_thread){
            .socket = node->socket, .seed = bench->seed + *total + i * 7919, .till = from + seconds};
        bench_check(pthread_create(&threads[i].thread, NULL, write_singles, &threads[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < clients; i++) {
        pthread_join(threads[i].thread, NULL);
        done += threads[i].done;
    }
    *total += done;
    return (double)done / (bench_now() - from);
}

void figure_writes(struct bench *bench)
{
    static const struct {
        unsigned clients;
        const char *goal;
    } rows[] = {{1, ">= 0.9"}, {16, NULL}, {64, ">= 20"}};
    double rates[3][BENCH_RUNS_MAX], puts[BENCH_RUNS_MAX], seconds = bench->smoke ? 0.05 : bench->quick ? 1 : 2;
    struct bench_node node;
    struct node_state state;
    size_t total = 0;
    node_new(bench, &node, 0, NODE_PORT_OWN);
    node_space(&node, SPACE);
    for (unsigned i = 0; i < bench->runs; i++) {
        puts[i] = pipe_puts(bench, seconds / 2);
        for (size_t r = 0; r < 3; r++)
            rates[r][i] = writes_by(bench, &node, rows[r].clients, seconds, &total);
    }
    node_digest(&node, SPACE, &state);
    if (state.objects != total)
        bench_fail("%zu writes were answered, %zu objects are there", total, state.objects);
    double put = bench_quantile(puts, bench->runs, 0.5);
    for (size_t r = 0; r < 3; r++) {
        char value[32], limit[64], name[64];
        double rate = bench_quantile(rates[r], bench->runs, 0.5);
        bench_text(value, "%.0f/s", rate);
        snprintf(limit, sizeof(limit), "%.0f/s: LMDB single durable put", put);
        snprintf(name, sizeof(name), "durable writes, a record a request, %u client%s", rows[r].clients, r ? "s" : "");
        bench_row(bench, name, value, limit, rate / put, rows[r].goal);
    }
    node_remove(&node);
}

/* --- write here, query there ----------------------------------------------------------------------------------- */

static double write_and_see(struct bench_node *a, struct bench_node *b, struct sample *sample, bool flash, double gap)
{
    char body[SAMPLE_ITEM_MAX + 64], id[64], path[128];
    size_t len = (size_t)snprintf(body, sizeof(body), "{\"space\":\"" SPACE "\",\"items\":[");
    len += sample_item(sample, body + len, flash);
    memcpy(body + len, "]}", 2);
    double from = bench_now();
    int status = http_call(&a->http, "POST", "/v1/records", body, len + 2);
    if (status != 200 || !http_string(a->http.answer, "object", id, sizeof(id)))
        bench_fail("a write: %d %.300s", status, status ? a->http.answer : "");
    snprintf(path, sizeof(path), "/v1/objects/%s?space=" SPACE, id);
    while (http_call(&b->http, "GET", path, NULL, 0) != 200) {
        if (bench_now() - from > 60)
            bench_fail("a record written at %s is not at %s after 60 s", a->name, b->name);
        bench_wait(gap);
    }
    return bench_now() - from;
}

void figure_latency(struct bench *bench)
{
    size_t rounds = bench->runs, each = bench->smoke ? 5 : bench->quick ? 50 : 150, count = 0;
    double *product = calloc(rounds * each, sizeof(double)), *bare = calloc(rounds * each, sizeof(double));
    struct bench_node a, b;
    struct sample sample = {bench->seed + 1};
    char value[32], limit[64];
    bench_check(product && bare, "no memory");
    fill(bench, &a, NODE_PORT_OWN, 10, NULL);
    node_new(bench, &b, 0, NODE_PORT_OWN);
    node_join(&a, &b, SPACE);
    node_wait(&b, SPACE, 10, 0.01, 60);
    for (size_t r = 0; r < rounds; r++, count += each) {
        pipe_single(bench, bare + count, each);
        for (size_t i = 0; i < each; i++)
            product[count + i] = write_and_see(&a, &b, &sample, false, 0.00005);
    }
    node_equal(&a, &b, SPACE, 10 + count);
    static const struct {
        double q;
        const char *name, *goal;
    } rows[] = {{0.5, "p50", "<= 1.5"}, {0.99, "p99", NULL}};
    for (size_t i = 0; i < 2; i++) {
        char name[64];
        double x = bench_quantile(product, count, rows[i].q), y = bench_quantile(bare, count, rows[i].q);
        bench_text(value, "%.2f ms", x * 1e3);
        snprintf(limit, sizeof(limit), "%.2f ms: bare path, two fsyncs", y * 1e3);
        snprintf(name, sizeof(name), "write at A until queryable at B, durable on both, %s", rows[i].name);
        bench_row(bench, name, value, limit, x / y, rows[i].goal);
    }
    free(product);
    free(bare);
    node_remove(&b);
    node_remove(&a);
}

/* --- a flash alert while the line is full --------------------------------------------------------------------- */

static void flash_over(struct bench *bench, const char *where, double rate, double delay, size_t records, size_t count,
                       double pause, const char *goal)
{
    struct bench_node a, b;
    struct relay relay;
    struct sample sample = {bench->seed + 2};
    double *seconds = calloc(count, sizeof(double));
    size_t got = 0, base;
    char value[32], name[64], limit[64];
    int port = node_free_port();
    bench_check(seconds, "no memory");
    relay_start(&relay, port, rate, delay);
    sample.state = bench->seed;
    node_new(bench, &a, port, relay.port);
    node_space(&a, SPACE);
    node_write(&a, SPACE, &sample, records, 500, NULL);
    node_new(bench, &b, 0, NODE_PORT_NONE);
    node_join(&a, &b, SPACE);
    node_wait(&b, SPACE, 1, 0.002, 120); /* the bulk has begun */
    base = node_objects(&b, SPACE);
    while (got < count && node_objects(&b, SPACE) < records * 95 / 100) {
        seconds[got++] = write_and_see(&a, &b, &sample, true, 0.001);
        bench_wait(pause);
    }
    size_t end = node_objects(&b, SPACE);
    bench_say("  %s: %zu alerts while B went from %zu to %zu of %zu objects", where, got, base, end, records);
    if (!got && !bench->smoke)
        bench_fail("the bulk was over before the first alert; take more --records");
    snprintf(limit, sizeof(limit), rate > 0 ? "%.0f ms round trip, %.0f kbit/s" : "loopback", 2e3 * delay,
             rate * 8 / 1e3);
    for (int i = 0; i < 2 && got; i++) {
        snprintf(name, sizeof(name), "flash alert during bulk, %s, %s of %zu", where, i ? "p99" : "p50", got);
        bench_text(value, "%.1f ms", 1e3 * bench_quantile(seconds, got, i ? 0.99 : 0.5));
        bench_row(bench, name, value, limit, 0, i ? goal : NULL);
    }
    if (rate <= 0) {
        node_wait(&b, SPACE, records + got, 0.02, CATCH_UP_SECONDS);
        node_equal(&a, &b, SPACE, records + got);
    }
    free(seconds);
    node_remove(&b);
    node_remove(&a);
    relay_stop(&relay);
}

void figure_flash(struct bench *bench)
{
    flash_over(bench, "loopback", 0, 0, bench->records, 400, 0.01, "<= 300 ms");
    if (!bench->smoke)
        flash_over(bench, "slow line", 8000, 0.15, 20000, bench->quick ? 10 : 40, 1.0, "<= 600 ms");
}

/* --- memory, start, queries --------------------------------------------------------------------------------------- */

static double ask(struct bench_node *node, const char *path)
{
    double from = bench_now();
    if (http_call(&node->http, "GET", path, NULL, 0) != 200)
        bench_fail("GET %s: %.300s", path, node->http.answer ? node->http.answer : "no answer");
    return bench_now() - from;
}

static double start_seconds(struct bench *bench, struct bench_node *node)
{
    double from = bench_now();
    node_run(bench, node);
    while (!strstr(node->http.answer, "\"ready\":true") && !strstr(node->http.answer, "\"ready\": true"))
        ask(node, "/v1/status");
    return bench_now() - from;
}

static void memory_row(struct bench *bench, const struct bench_node *node, const char *figure, const char *goal)
{
    char value[32];
    bench_text(value, "%.1f MB", (double)bench_private(node->pid) / 1e6);
    bench_row(bench, figure, value, NULL, 0, goal);
}

void figure_memory(struct bench *bench)
{
    struct bench_node node;
    size_t n = bench->full ? 1000000 : bench->records, asks = bench->smoke ? 10 : 1000;
    char(*ids)[33] = calloc(n, sizeof(*ids)), name[64], value[32], path[128];
    double seconds[1000], starts[BENCH_RUNS_MAX];
    struct sample sample = {bench->seed + 3}, words = {bench->seed};
    bench_check(ids, "no memory");
    node_new(bench, &node, 0, NODE_PORT_OWN);
    node_space(&node, SPACE);
    node_end(&node);
    node_run(bench, &node);
    bench_wait(bench->smoke ? 0 : 1);
    memory_row(bench, &node, "private memory, idle after start", "<= 8 MB");
    node_write(&node, SPACE, &words, n, 500, ids);
    snprintf(name, sizeof(name), "private memory, after writing %zu objects", n);
    memory_row(bench, &node, name, NULL);
    bench_wait(bench->smoke ? 0 : 4); /* it gives back what it can when nothing is written any more */
    snprintf(name, sizeof(name), "private memory, four seconds later");
    memory_row(bench, &node, name, "<= 32 MB at 1 M");
    for (unsigned i = 0; i < bench->runs; i++) {
        node_end(&node);
        starts[i] = start_seconds(bench, &node);
    }
    snprintf(name, sizeof(name), "start with %zu objects, until it answers as ready", n);
    bench_text(value, "%.0f ms", 1e3 * bench_quantile(starts, bench->runs, 0.5));
    bench_row(bench, name, value, NULL, 0, "<= 200 ms");
    snprintf(name, sizeof(name), "private memory, started with %zu objects", n);
    memory_row(bench, &node, name, "<= 32 MB at 1 M");
    for (size_t i = 0; i < asks; i++) {
        snprintf(path, sizeof(path), "/v1/objects/%s?space=" SPACE, ids[sample_number(&sample, n)]);
        seconds[i] = ask(&node, path);
    }
    bench_text(value, "%.2f ms", 1e3 * bench_quantile(seconds, asks, 0.5));
    snprintf(name, sizeof(name), "one object of %zu by id, at the client, p50", n);
    bench_row(bench, name, value, NULL, 0, "<= 1 ms");
    static const struct {
        const char *query, *says;
    } lists[] = {
        {"/v1/objects?space=" SPACE "&kind=resource&limit=50", "newest 50 resources, p50"},
        {"/v1/objects?space=" SPACE "&kind=incident&severity=Extreme&limit=50", "50 incidents of one severity, p50"}};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < asks / 10; i++)
            seconds[i] = ask(&node, lists[l].query);
        bench_text(value, "%.2f ms", 1e3 * bench_quantile(seconds, asks / 10, 0.5));
        bench_row(bench, lists[l].says, value, NULL, 0, "<= 1 ms");
    }
    bench_wait(bench->smoke ? 0 : 6);
    memory_row(bench, &node, "private memory, seconds after these questions", "<= 32 MB at 1 M");
    free(ids);
    node_remove(&node);
}
