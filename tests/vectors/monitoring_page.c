/* monitoring_page.c — prints docs/MONITORING.md, metrics and events for people who watch nodes, from the rows.
 *
 *   monitoring_page check|write docs/MONITORING.md
 */
#include "vectors/page.h"

#include "node/journal.h"
#include "node/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char intro[] =
    "# Looking inside a node\n\n"
    "Printed from node/metrics.h, node/journal.h and node/event_help.c (`build/dev/bin/monitoring_page write\n"
    "docs/MONITORING.md`); a test compares them.\n\n"
    "- `muster status` is one screen: how complete, who is there, what needs you. `muster doctor` looks for what is wrong\n"
    "  and says what to do; it ends with 5 when there is something.\n"
    "- `metrics = \"127.0.0.1:7118\"` in `/etc/muster/muster.conf` (or `--metrics`, `MUSTER_METRICS`; `none` for none)\n"
    "  serves three pages over HTTP, on an address of this machine only:\n"
    "  - `/metrics`: the numbers below, in the text format of Prometheus;\n"
    "  - `/healthz`: 200 while the daemon's loop runs;\n"
    "  - `/readyz`: 200 when the store is open, the disk above its limit and new records are taken in; else 503 and a\n"
    "    sentence. A store that is being made anew from an older version answers only once that is done.\n"
    "- No metric and no label says who a partner is or what a record contains. Counters begin at 0 when the node starts.\n"
    "- `packaging/prometheus/muster.rules.yml` are alert rules, `muster.scrape.yml` tells Prometheus where to look,\n"
    "  `packaging/grafana/muster.json` is a page for Grafana to import.\n"
    "- The journal has a line an event, `event=NAME agency=ID text=\"…\"`; texts are escaped. `journalctl -u musterd\n"
    "  --grep event=log.fork` finds one. Decisions and refusals are kept in the signed audit too (`muster audit`).\n";

static char *page(size_t *len)
{
    static const char *const kept[] = {"", "yes", "gathered: refused requests", "gathered: of a peer", "gathered: of strangers"};
    char *text = NULL;
    struct journal_row row;
    FILE *out = open_memstream(&text, len);
    if (!out)
        return NULL;
    fputs(intro, out);
    fputs("\n## Metrics\n\n| metric | type | labels | what it is |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *m = &metric_rows[i];
        fprintf(out, "| `%s` | %s | ", m->name, m->type == METRIC_COUNTER ? "counter" : "gauge");
        size_t label = strcspn(m->label, "\"");
        bool version = strncmp(m->label, "version=", 8) == 0; /* it changes with every release; the page does not */
        for (; version == false && m->label[0]; i++) {
            fprintf(out, "`%s`", metric_rows[i].label);
            if (i + 1 == METRIC_COUNT || strcmp(metric_rows[i + 1].name, m->name) != 0)
                break;
            fputs(" ", out);
        }
        if (version)
            fprintf(out, "`%.*s`", (int)label - 1, m->label);
        fprintf(out, " | %s |\n", m->help);
    }
    fputs("\n## Events\n\n| event | level | audit | what happened | what to do |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; journal_row_at(i, &row); i++)
        fprintf(out, "| `%s` | %s | %s | %s | %s |\n", row.name, row.level, kept[row.durable],
                row.meaning ? row.meaning : "", row.remedy);
    return fclose(out) == 0 ? text : NULL;
}

/* Every event has a meaning. */
static bool events_are_told(void)
{
    struct journal_row row;
    bool told = true;
    for (size_t i = 0; journal_row_at(i, &row); i++)
        if (!row.meaning) {
            fprintf(stderr, "the event %s means nothing yet: add a row to node/event_help.c\n", row.name);
            told = false;
        }
    return told;
}

int main(int argc, char **argv)
{
    size_t len = 0;
    char *text = page(&len);
    int status = page_main(argc, argv, "monitoring_page", "docs/MONITORING.md", text, len);
    if (argc == 3 && strcmp(argv[1], "write") != 0 && !events_are_told())
        status = 1;
    free(text);
    return status;
}
