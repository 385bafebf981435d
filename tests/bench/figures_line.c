/* figures_line.c — what a line carries: after a cut, when nothing has changed, for one alert. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE "bench"
enum { MISSING = 100, SPACES = 10, RECONNECT_SECONDS = 120 };

struct line { /* two nodes with a relay between them; only b calls */
    struct bench_node a, b;
    struct relay relay;
};

static void line_open(struct bench *bench, struct line *line)
{
    int port = node_free_port();
    relay_start(&line->relay, port, 0, 0);
    node_new(bench, &line->a, port, line->relay.port);
    node_new(bench, &line->b, 0, NODE_PORT_NONE);
}

static void line_close(struct line *line)
{
    node_remove(&line->b);
    node_remove(&line->a);
    relay_stop(&line->relay);
}

static void wait_accepted(struct line *line)
{
    double from = bench_now();
    while (!line->relay.view->accepted) {
        if (bench_now() - from > RECONNECT_SECONDS)
            bench_fail("the nodes do not call again within %d s", RECONNECT_SECONDS);
        bench_wait(0.0005);
    }
}

/* 100 records, each a request of its own, are written at A while the line is cut. */
static void missing_at(struct bench *bench, size_t held)
{
    struct line line;
    struct sample sample = {bench->seed};
    double seconds[BENCH_RUNS_MAX], bytes[BENCH_RUNS_MAX];
    char value[32], name[64], goal[32];
    line_open(bench, &line);
    node_space(&line.a, SPACE);
    node_write(&line.a, SPACE, &sample, held, 500, NULL);
    node_join(&line.a, &line.b, SPACE);
    node_wait(&line.b, SPACE, held, 0.05, 3600);
    for (unsigned i = 0; i < bench->runs; i++) {
        relay_settle(&line.relay, 0.3);
        relay_cut(&line.relay);
        node_write(&line.a, SPACE, &sample, MISSING, 1, NULL);
        held += MISSING;
        relay_open(&line.relay);
        wait_accepted(&line);
        double seen = node_wait(&line.b, SPACE, held, 0.001, 60);
        seconds[i] = seen - line.relay.view->accepted_at;
        relay_settle(&line.relay, 0.3);
        bytes[i] = (double)relay_bytes(&line.relay) - RELAY_CURVE_BYTES;
        bench_check(line.relay.view->accepted == 1, "the line was opened twice");
    }
    node_equal(&line.a, &line.b, SPACE, held);
    held -= bench->runs * MISSING;
    bench_text(value, "%.0f ms", 1e3 * bench_quantile(seconds, bench->runs, 0.5));
    snprintf(name, sizeof(name), "%d missing of %zu after a cut, from link up", MISSING, held);
    bench_row(bench, name, value, NULL, 0, "<= 100 ms");
    bench_text(value, "%.0f B", bench_quantile(bytes, bench->runs, 0.5));
    snprintf(name, sizeof(name), "%d missing of %zu after a cut, bytes", MISSING, held);
    snprintf(goal, sizeof(goal), "<= 65 kB");
    bench_row(bench, name, value, NULL, 0, goal);
    line_close(&line);
}

void figure_missing(struct bench *bench)
{
    missing_at(bench, bench->records);
    if (bench->full)
        missing_at(bench, 1000000);
}

/* How often the line's direction changed behind the first `skip` bytes, halved: round trips. */
static double round_trips(const struct relay_view *view, size_t skip)
{
    size_t passed = 0, changes = 0;
    int before = -1;
    for (uint32_t i = 0; i < view->event_count && i < RELAY_EVENTS; i++) {
        passed += view->events[i].bytes;
        if (passed <= skip)
            continue;
        if (before >= 0 && (int)view->events[i].up != before)
            changes++;
        before = (int)view->events[i].up;
    }
    return (double)(changes + 1) / 2;
}

void figure_quiet(struct bench *bench)
{
    struct line line;
    struct sample sample = {bench->seed};
    double bytes[BENCH_RUNS_MAX], trips[BENCH_RUNS_MAX], alert[BENCH_RUNS_MAX], minute;
    char value[32], space[16], limit[64];
    line_open(bench, &line);
    for (int s = 0; s < SPACES; s++) {
        snprintf(space, sizeof(space), "bench-%d", s);
        node_space(&line.a, space);
        node_write(&line.a, space, &sample, 20, 5, NULL);
        node_join(&line.a, &line.b, space);
        node_wait(&line.b, space, 20, 0.01, 60);
        node_write(&line.b, space, &sample, 20, 5, NULL);
        node_wait(&line.b, space, 40, 0.01, 60);
        node_wait(&line.a, space, 40, 0.01, 60);
    }
    for (unsigned i = 0; i < bench->runs; i++) {
        relay_settle(&line.relay, 0.5);
        relay_cut(&line.relay);
        bench_wait(0.1);
        relay_open(&line.relay);
        wait_accepted(&line);
        relay_settle(&line.relay, 0.7);
        bytes[i] = (double)relay_bytes(&line.relay) - RELAY_CURVE_BYTES * (double)line.relay.view->accepted;
        trips[i] = round_trips(line.relay.view, RELAY_CURVE_BYTES);
    }
    bench_text(value, "%.0f B", bench_quantile(bytes, bench->runs, 0.5));
    snprintf(limit, sizeof(limit), "%d B: CURVE handshake, not counted", RELAY_CURVE_BYTES);
    bench_row(bench, "reconnect of 10 spaces, nothing changed, bytes", value, limit, 0, NULL);
    bench_text(value, "%.1f", bench_quantile(trips, bench->runs, 0.5));
    bench_row(bench, "reconnect of 10 spaces, nothing changed, round trips", value, NULL, 0, NULL);
    double quiet = bench->smoke ? 0.2 : 10;
    uint64_t before = relay_bytes(&line.relay);
    bench_wait(quiet);
    minute = (double)(relay_bytes(&line.relay) - before) * 60 / quiet;
    bench_text(value, "%.0f B/min", minute);
    bench_row(bench, "a live link when nothing happens", value, NULL, 0, NULL);
    for (unsigned i = 0; i < bench->runs; i++) {
        char body[SAMPLE_ITEM_MAX + 64];
        relay_settle(&line.relay, 0.3);
        before = relay_bytes(&line.relay);
        size_t len = (size_t)snprintf(body, sizeof(body), "{\"space\":\"bench-0\",\"items\":[");
        len += sample_item(&sample, body + len, true);
        memcpy(body + len, "]}", 2);
        bench_check(http_call(&line.a.http, "POST", "/v1/records", body, len + 2) == 200, "an alert was refused");
        node_wait(&line.b, "bench-0", 41 + i, 0.002, 60);
        relay_settle(&line.relay, 0.3);
        alert[i] = (double)(relay_bytes(&line.relay) - before);
    }
    bench_text(value, "%.0f B", bench_quantile(alert, bench->runs, 0.5));
    bench_row(bench, "one flash alert on a live link, both ways, bytes", value, NULL, 0, NULL);
    for (int s = 0; s < SPACES; s++) {
        snprintf(space, sizeof(space), "bench-%d", s);
        node_equal(&line.a, &line.b, space, s ? 40 : 40 + bench->runs);
    }
    line_close(&line);
}
