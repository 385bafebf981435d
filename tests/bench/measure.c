/* measure.c — clocks, medians, the table. */
#include "bench/bench.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double bench_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void bench_wait(double seconds)
{
    struct timespec ts = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    (void)ppoll(NULL, 0, &ts, NULL);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_quantile(double *values, size_t count, double q)
{
    if (!count)
        return 0;
    qsort(values, count, sizeof(*values), compare);
    size_t at = (size_t)(q * (double)(count - 1) + 0.5);
    return values[at < count ? at : count - 1];
}

void bench_say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

void bench_fail(const char *format, ...)
{
    va_list list;
    fputs("muster-bench: no figures: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    _exit(1);
}

void bench_check(bool is_true, const char *what)
{
    if (!is_true)
        bench_fail("%s", what);
}

void bench_text(char out[32], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(out, 32, format, list);
    va_end(list);
}

void bench_row(struct bench *bench, const char *figure, const char *value, const char *limit, double ratio,
               const char *goal)
{
    bench_check(bench->row_count < BENCH_ROWS_MAX, "there are more rows than the table holds");
    struct bench_row *row = &bench->rows[bench->row_count++];
    snprintf(row->figure, sizeof(row->figure), "%s", figure);
    snprintf(row->value, sizeof(row->value), "%s", value);
    snprintf(row->limit, sizeof(row->limit), "%s", limit ? limit : "");
    snprintf(row->goal, sizeof(row->goal), "%s", goal ? goal : "");
    if (ratio > 0)
        snprintf(row->ratio, sizeof(row->ratio), "%.2f", ratio);
    else
        row->ratio[0] = 0;
    bench_say("  %-60s %s%s%s", row->figure, row->value, row->ratio[0] ? ", ratio " : "", row->ratio);
}

void bench_print(const struct bench *bench)
{
    printf("| %-58s | %-16s | %-34s | %-6s | %-16s |\n", "figure", "measured", "limit of the same run", "ratio",
           "goal");
    printf("|%.60s|%.18s|%.36s|%.8s|%.18s|\n", "------------------------------------------------------------",
           "------------------", "------------------------------------", "--------", "------------------");
    for (size_t i = 0; i < bench->row_count; i++) {
        const struct bench_row *row = &bench->rows[i];
        printf("| %-58s | %-16s | %-34s | %-6s | %-16s |\n", row->figure, row->value, row->limit, row->ratio,
               row->goal);
    }
    fflush(stdout);
}

size_t bench_private(pid_t pid)
{
    char path[64], line[256];
    size_t sum = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "Private_Dirty:", 14) == 0 || strncmp(line, "Private_Clean:", 14) == 0)
            sum += strtoul(line + 14, NULL, 10) * 1024;
    if (file)
        fclose(file);
    return sum;
}

static void *watch_run(void *argument)
{
    struct bench_watch *watch = argument;
    while (!atomic_load(&watch->over)) {
        size_t now = bench_private(watch->pid);
        if (now > atomic_load(&watch->most))
            atomic_store(&watch->most, now);
        bench_wait(0.1);
    }
    return NULL;
}

void bench_watch_begin(struct bench_watch *watch, pid_t pid)
{
    watch->pid = pid;
    atomic_init(&watch->most, 0);
    atomic_init(&watch->over, false);
    bench_check(pthread_create(&watch->thread, NULL, watch_run, watch) == 0, "a thread cannot be made");
}

size_t bench_watch_end(struct bench_watch *watch)
{
    atomic_store(&watch->over, true);
    pthread_join(watch->thread, NULL);
    return atomic_load(&watch->most);
}

double bench_processor(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    bool read = file && fgets(line, sizeof(line), file);
    if (file)
        fclose(file);
    const char *behind = read ? strrchr(line, ')') : NULL;
    bench_check(behind && sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2,
                "/proc has no times");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
