/* figures_find.c — pages that filters narrow, searches, and screens that sum up, over many objects on one node. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPACE "bench"
#define PAGE  "/v1/objects?space=" SPACE "&limit=50&"
#define ALL   PAGE "kind=incident&"

enum { ASKS = 100, CODED = 2000, RARE = 40, BODY_MAX = 256 * 1024, INDEX_SECONDS = 1200 };

static const struct {
    const char *query, *says, *goal;
    size_t least; /* items that the page must have with 100,000 objects, so that nothing empty is measured */
} pages[] = {
    {PAGE "kind=resource", "newest 50 resources", "<= 2 ms", 50},
    {ALL "severity=Extreme", "severity", "<= 2 ms", 50},
    {ALL "phase=active&severity=Extreme&category=Geo", "phase, severity and category", "<= 2 ms", 50},
    {ALL "phase=closed", "a phase that 40 have", "<= 2 ms", RARE},
    {ALL "urgency=Immediate&certainty=Observed", "urgency and certainty", "<= 2 ms", 50},
    {PAGE "owner={owner}", "owner, all kinds", "<= 2 ms", 50},
    {PAGE "near=28.5,104.5,20", "near: 20 km", "<= 2 ms", 50},
    {PAGE "near=28.5,104.5,2", "near: 2 km", "<= 2 ms", 1},
    {PAGE "near=28.5,104.5,300", "near: 300 km", "<= 2 ms", 50},
    {PAGE "near=-45,-170,100", "near: where nothing is", "<= 2 ms", 0},
    {ALL "in=POLYGON%2028.1,104%2029,104.3%2028.8,105.6%2028.3,106%2027.4,105.1%2028.1,104", "in a polygon", "<= 2 ms", 50},
    {ALL "code=5115", "a city's code", "<= 2 ms", 50},
    {ALL "code=511503&severity=Severe", "a district's code and severity", "<= 2 ms", 1},
    {ALL "near=28.5,104.5,50&phase=active&severity=Extreme", "near, phase and severity", "<= 2 ms", 50},
    {ALL "near=28.5,104.5,400&phase=closed", "near, and a phase that 40 have", "<= 2 ms", RARE},
    {ALL "since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&severity=Minor", "time and severity", "<= 2 ms", 50},
    {ALL "sort=kind&order=asc&near=28.5,104.5,50", "near, by kind, ascending", "<= 2 ms", 50},
    {ALL "phase=closed&sort=name", "40 by name", "<= 2 ms", RARE},
    {ALL "at=2100-01-01T00:00:00Z&severity=Extreme&near=28.5,104.5,50", "as it was, near, severity", "<= 2 ms", 50},
    {ALL "q=seepage", "a piece of text", "", 50},
    {ALL "q=nowhere-at-all", "a piece of text that nobody wrote (ends early)", "", 0},
};

static const struct {
    const char *query, *says, *goal;
} screens[] = {
    {"/v1/search?space=" SPACE "&q=flood", "search: a word in half of all", "<= 20 ms"},
    {"/v1/search?space=" SPACE "&q=rare", "search: a word that 40 have", "<= 20 ms"},
    {"/v1/search?space=" SPACE "&q=night+guard+Hejiang", "search: three words", "<= 20 ms"},
    {"/v1/search?space=" SPACE "&q=rare+submersible", "search: two words never together", "<= 20 ms"},
    {"/v1/explain?space=" SPACE "&peer={partner}&object={object}", "explain", "<= 50 ms"},
    {"/v1/status", "status", "<= 50 ms"},
    {"/v1/todo", "todo", ""},
    {"/v1/gaps?space=" SPACE, "gaps", ""},
};

static const struct command {
    const char *says, *goal, *arguments[8];
} commands[] = {
    {"version", "<= 15 ms", {"version"}},
    {"status", "<= 50 ms", {"status"}},
    {"list incident", NULL, {"list", "incident", "--space", SPACE}},
};

/* The query with what stands in braces. */
static void path_of(char *out, size_t size, const char *query, const char *owner, const char *partner, const char *object)
{
    const struct {
        const char *mark, *text;
    } marks[] = {{"{owner}", owner}, {"{partner}", partner}, {"{object}", object}};
    size_t len = 0;
    while (*query) {
        const char *text = NULL;
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !text; i++)
            if (strncmp(query, marks[i].mark, strlen(marks[i].mark)) == 0) {
                text = marks[i].text;
                query += strlen(marks[i].mark);
            }
        if (!text)
            out[len++] = *query++;
        else
            for (; *text && len + 8 < size; text++)
                len += (size_t)snprintf(out + len, size - len, "%s%.1s", *text == ' ' ? "%20" : "", *text == ' ' ? "" : text);
        bench_check(len + 8 < size, "a query is too long");
    }
    out[len] = '\0';
}

static void ask(struct bench_node *node, const char *path)
{
    if (http_call(&node->http, "GET", path, NULL, 0) != 200)
        bench_fail("GET %s: %.300s", path, node->http.answer ? node->http.answer : "no answer");
}

static void measure(struct bench *bench, struct bench_node *node, const char *path, const char *says, const char *goal)
{
    double seconds[ASKS];
    char figure[64], value[32];
    size_t asks = bench->smoke ? 2 : ASKS;
    for (size_t i = 0; i < asks; i++) {
        double from = bench_now();
        ask(node, path);
        seconds[i] = bench_now() - from;
    }
    snprintf(figure, sizeof(figure), "%s, p50 (p95)", says);
    double high = bench_quantile(seconds, asks, 0.95), middle = bench_quantile(seconds, asks, 0.5);
    bench_text(value, "%.2f ms (%.2f)", 1e3 * middle, 1e3 * high);
    bench_row(bench, figure, value, NULL, 0, goal[0] ? goal : NULL);
}

static size_t items_of(const struct bench_node *node)
{
    size_t count = 0;
    for (const char *at = node->http.answer; (at = strstr(at, "\"revision\"")) != NULL; at++)
        count++;
    return count;
}

/* Incidents with codes of areas, and a few that nothing else is like. */
static void write_special(struct bench_node *node)
{
    char *body = malloc(BODY_MAX);
    bench_check(body, "no memory");
    for (size_t done = 0; done < CODED;) {
        size_t len = (size_t)sprintf(body, "{\"space\":\"" SPACE "\",\"items\":[");
        for (size_t i = 0; i < 200; i++, done++)
            len += (size_t)sprintf(body + len,
                                   "%s{\"op\":\"create\",\"kind\":\"incident\",\"fields\":{\"name\":\"%s sector %zu\",\"phase\":"
                                   "\"%s\",\"category\":[\"Geo\"],\"severity\":\"%s\",\"location\":\"28.%03zu,104.%03zu\","
                                   "\"geocode\":[\"GB2260=5115%02zu\"]}}",
                                   i ? "," : "", done % (CODED / RARE) ? "Slope" : "Rare", done,
                                   done % (CODED / RARE) ? "warned" : "closed", done % 2 ? "Severe" : "Minor", done % 1000,
                                   done * 7 % 1000, done % 20);
        memcpy(body + len, "]}", 2);
        if (http_call(&node->http, "POST", "/v1/records", body, len + 2) != 200 || strstr(node->http.answer, "\"refused\":1"))
            bench_fail("writing: %.600s", node->http.answer);
    }
    free(body);
}

/* Until everything that is written has its words and places. */
static double wait_index(struct bench_node *node)
{
    double from = bench_now();
    do {
        if (bench_now() - from > INDEX_SECONDS)
            bench_fail("the index was not complete after %d s", INDEX_SECONDS);
        bench_wait(0.05);
        ask(node, "/v1/search?space=" SPACE "&q=zzzz");
    } while (!strstr(node->http.answer, "\"index_complete\":true"));
    return bench_now() - from;
}

/* As a person types it: a process from its fork to its end. */
static void measure_command(struct bench *bench, const struct bench_node *node, const struct command *command)
{
    double seconds[ASKS];
    char figure[64], value[32];
    size_t asks = bench->smoke ? 2 : ASKS;
    for (size_t i = 0; i < asks; i++)
        seconds[i] = node_muster(bench, node, command->arguments);
    snprintf(figure, sizeof(figure), "the command muster %s, p50 (p95)", command->says);
    double high = bench_quantile(seconds, asks, 0.95), middle = bench_quantile(seconds, asks, 0.5);
    bench_text(value, "%.1f ms (%.1f)", 1e3 * middle, 1e3 * high);
    bench_row(bench, figure, value, NULL, 0, command->goal);
}

static void start_again(struct bench *bench, struct bench_node *node)
{
    double seconds[BENCH_RUNS_MAX];
    char value[32];
    for (unsigned i = 0; i < bench->runs; i++) {
        node_end(node);
        seconds[i] = node_run(bench, node);
    }
    bench_text(value, "%.0f ms", 1e3 * bench_quantile(seconds, bench->runs, 0.5));
    bench_row(bench, "start until it answers", value, NULL, 0, "<= 200 ms");
    bench_wait(bench->smoke ? 0 : 2);
    bench_text(value, "%.1f MB", (double)bench_private(node->pid) / 1e6);
    bench_row(bench, "private memory, idle, two seconds after a start", value, NULL, 0, "<= 8 MB");
}

void figure_find(struct bench *bench)
{
    struct bench_node node, partner;
    size_t n = bench->full ? 1000000 : bench->records;
    struct sample sample = {bench->seed};
    char object[64], owner[32], other[32], figure[64], value[32], path[512];
    node_new(bench, &node, 0, NODE_PORT_OWN);
    node_new(bench, &partner, 0, NODE_PORT_NONE);
    snprintf(owner, sizeof(owner), "Agency of %s", node.name);
    snprintf(other, sizeof(other), "Agency of %s", partner.name);
    node_space(&node, SPACE);
    free(node_invite(&node, &partner, SPACE));
    node_end(&partner);
    struct bench_watch watch;
    bench_watch_begin(&watch, node.pid);
    write_special(&node);
    node_write(&node, SPACE, &sample, n, 500, NULL);
    write_special(&node);
    bench_text(value, "%.1f s", wait_index(&node));
    snprintf(figure, sizeof(figure), "words and places of %zu objects, after the last write", n + 2 * CODED);
    bench_row(bench, figure, value, NULL, 0, NULL);
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        path_of(path, sizeof(path), pages[i].query, owner, "", "");
        ask(&node, path);
        size_t least = pages[i].least, got = items_of(&node);
        if (n >= 100000 && got < least)
            bench_fail("%s: %zu items of %zu", path, got, least);
        measure(bench, &node, path, pages[i].says, pages[i].goal);
    }
    ask(&node, PAGE "kind=incident&phase=closed");
    const char *items = strstr(node.http.answer, "\"items\"");
    bench_check(items && http_string(items, "id", object, sizeof(object)), "a page has no object");
    for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
        path_of(path, sizeof(path), screens[i].query, owner, other, object);
        measure(bench, &node, path, screens[i].says, screens[i].goal);
    }
    bench_text(value, "%.1f MB", (double)bench_private(node.pid) / 1e6);
    bench_row(bench, "private memory, after these questions", value, NULL, 0, "<= 48 MB");
    bench_wait(bench->smoke ? 0 : 6);
    bench_text(value, "%.1f MB", (double)bench_private(node.pid) / 1e6);
    bench_row(bench, "private memory, six seconds later", value, NULL, 0, "<= 48 MB");
    bench_text(value, "%.1f MB", (double)bench_watch_end(&watch) / 1e6);
    bench_row(bench, "private memory at its most: writing, indexing, questions", value, NULL, 0, "<= 48 MB");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        measure_command(bench, &node, &commands[i]);
    start_again(bench, &node);
    node_remove(&partner);
    node_remove(&node);
}

/* --- folding ------------------------------------------------------------------------------------------------------ */

void figure_fold(struct bench *bench)
{
    struct bench_node node;
    struct sample sample = {bench->seed};
    double rates[BENCH_RUNS_MAX], own[BENCH_RUNS_MAX];
    char path[BENCH_PATH_BYTES + 32], value[32];
    node_new(bench, &node, 0, NODE_PORT_OWN);
    node_space(&node, SPACE);
    node_write(&node, SPACE, &sample, bench->records, 500, NULL);
    for (unsigned i = 0; i < bench->runs; i++) {
        node_end(&node);
        snprintf(path, sizeof(path), "%s/data/derived/data.mdb", node.dir);
        bench_check(unlink(path) == 0, "the derived tables are somewhere else");
        rates[i] = (double)bench->records / node_run(bench, &node);
        own[i] = (double)bench->records / bench_processor(node.pid);
        if (node_objects(&node, SPACE) != bench->records)
            bench_fail("%zu of %zu objects after folding", node_objects(&node, SPACE), bench->records);
    }
    bench_text(value, "%.0f records/s", bench_quantile(rates, bench->runs, 0.5));
    bench_row(bench, "all views made anew: opened, inflated, folded, indexed", value, NULL, 0, ">= 200000/s");
    bench_text(value, "%.0f records/s", bench_quantile(own, bench->runs, 0.5));
    bench_row(bench, "the same by the processor time of the process", value, NULL, 0, NULL);
    node_remove(&node);
}
