/* figures_import.c — a table of somebody else becomes objects: muster import, as a person starts it. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPACE "bench"
enum { ROWS_MAX = 100000 };

/* A stock list: ~85 bytes a row, seven columns. */
static void table_write(const char *path, size_t rows)
{
    FILE *file = fopen(path, "w");
    bench_check(file, "the table cannot be written");
    fputs("Warehouse,Item Name,Quantity,Unit,Lot,Lat,Lon,Comments\n", file);
    for (size_t i = 0; i < rows; i++)
        fprintf(file, "Depot %zu,Tent type %zu,%zu,pcs,L-%06zu,28.%03zu,104.%03zu,row %zu of the autumn count\n", i % 40, i % 977,
                1 + i % 500, i, i % 1000, i % 700, i);
    bench_check(fclose(file) == 0, "the table cannot be written");
}

static double import_run(const struct bench *bench, const struct bench_node *node, const char *table)
{
    const char *const arguments[] = {"--space", SPACE, "--timeout", "600", "import", table, NULL};
    return node_muster(bench, node, arguments);
}

void figure_import(struct bench *bench)
{
    size_t rows = bench->records < ROWS_MAX ? bench->records : ROWS_MAX;
    double seconds[BENCH_RUNS_MAX], again[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX];
    char table[BENCH_PATH_BYTES], value[32], name[64];
    snprintf(table, sizeof(table), "%s/stock.csv", bench->root);
    table_write(table, rows);
    for (unsigned i = 0; i < bench->runs; i++) {
        struct bench_node node;
        node_new(bench, &node, 0, NODE_PORT_NONE);
        node_space(&node, SPACE);
        double before = bench_processor(node.pid);
        seconds[i] = import_run(bench, &node, table);
        cpu[i] = bench_processor(node.pid) - before;
        bench_check(node_objects(&node, SPACE) == rows, "rows are missing");
        again[i] = import_run(bench, &node, table);
        bench_check(node_objects(&node, SPACE) == rows, "the second import doubled rows");
        node_remove(&node);
    }
    unlink(table);
    bench_text(value, "%.0f rows/s", (double)rows / bench_quantile(seconds, bench->runs, 0.5));
    snprintf(name, sizeof(name), "import of %zu rows of CSV", rows);
    bench_row(bench, name, value, NULL, 0, ">= 30000/s");
    bench_text(value, "%.1f us", 1e6 * bench_quantile(cpu, bench->runs, 0.5) / (double)rows);
    bench_row(bench, "import: processor time of the node, a row", value, NULL, 0, "");
    bench_text(value, "%.0f rows/s", (double)rows / bench_quantile(again, bench->runs, 0.5));
    bench_row(bench, "import of the same again", value, NULL, 0, "");
}
