/* muster-bench: figures of this machine, each beside a limit measured in the same run. */
#include "bench/bench.h"

#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name, *help;
    void (*run)(struct bench *bench);
} figures[] = {
    {"pipe", "the bare pipe alone", figure_pipe},
    {"catch-up", "a new node catches up with all records; bytes per record", figure_catch_up},
    {"writes", "durable writes of 1, 16 and 64 clients", figure_writes},
    {"latency", "written at A until queryable at B", figure_latency},
    {"missing", "100 records missing after a cut", figure_missing},
    {"quiet", "reconnecting when nothing changed; one alert's bytes", figure_quiet},
    {"flash", "a flash alert while a catch-up fills the line", figure_flash},
    {"memory", "memory, start and queries", figure_memory},
    {"fold", "all views made anew from the stored records", figure_fold},
    {"import", "a table of somebody else becomes objects", figure_import},
    {"backup", "a sealed copy of a node's data, read back", figure_backup},
    {"find", "filtered pages, search and screens over many objects", figure_find},
};
enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static int usage(FILE *out)
{
    fprintf(out, "usage: muster-bench [OPTIONS]\n\n"
                 "  --musterd FILE   the daemon to measure; default: beside this program\n"
                 "  --records N      records of the big figures; default 100000\n"
                 "  --quick          20,000 records, one run of each\n"
                 "  --full           1,000,000 records where it matters as well\n"
                 "  --runs N         turns of product and limit, 1..9; default 3\n"
                 "  --only NAME      one figure\n"
                 "  --keep           keeps the directories and journals\n"
                 "  --smoke          tiny: only looks whether results are complete\n\nfigures:\n");
    for (size_t i = 0; i < FIGURES; i++)
        fprintf(out, "  %-10s %s\n", figures[i].name, figures[i].help);
    return out == stderr ? 2 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int run(struct bench *bench)
{
    struct utsname name;
    uname(&name);
    for (size_t i = 0; i < FIGURES; i++) {
        if (bench->only && strcmp(bench->only, figures[i].name) != 0)
            continue;
        if (!bench->only && figures[i].run == figure_pipe)
            continue; /* catch-up measures it in turn */
        bench_say("%s: %s", figures[i].name, figures[i].help);
        figures[i].run(bench);
    }
    printf("muster-bench: %ld processors, %s %s, %zu records, medians of %u\n\n", sysconf(_SC_NPROCESSORS_ONLN),
           name.sysname, name.release, bench->records, bench->runs);
    bench_print(bench);
    return 0;
}

/* Everything runs in a child: whatever ends it, the directories go, and its own children die with it. */
static int guarded(struct bench *bench)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        int code = run(bench);
        fflush(stdout);
        _exit(code);
    }
    signal(SIGINT, SIG_IGN);
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (bench->keep)
        fprintf(stderr, "kept: %s\n", bench->root);
    else
        nftw(bench->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static const char *beside(const char *own, char *out, size_t size)
{
    ssize_t len = readlink(own, out, size - 16);
    if (len <= 0)
        return "musterd";
    out[len] = 0;
    char *slash = strrchr(out, '/');
    snprintf(slash + 1, size - (size_t)(slash + 1 - out), "musterd");
    return out;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"musterd", required_argument, NULL, 'm'}, {"records", required_argument, NULL, 'n'},
        {"quick", no_argument, NULL, 'q'},         {"full", no_argument, NULL, 'f'},
        {"runs", required_argument, NULL, 'r'},    {"only", required_argument, NULL, 'o'},
        {"keep", no_argument, NULL, 'k'},          {"smoke", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    static char path[4096];
    struct bench bench = {.records = 100000, .runs = 3, .seed = 20260301};
    prctl(PR_SET_TIMERSLACK, 1000); /* what waits 50 us between two looks must not wait 100 */
    bool known = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'm':
            bench.musterd = optarg;
            break;
        case 'n':
            bench.records = strtoul(optarg, NULL, 10);
            break;
        case 'q':
            bench.quick = true;
            bench.records = 20000;
            bench.runs = 1;
            break;
        case 'f':
            bench.full = true;
            break;
        case 'r':
            bench.runs = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'o':
            bench.only = optarg;
            break;
        case 'k':
            bench.keep = true;
            break;
        case 's':
            bench.smoke = bench.quick = true;
            bench.records = 300;
            bench.runs = 1;
            break;
        case 'h':
            return usage(stdout);
        default:
            return usage(stderr);
        }
    }
    for (size_t i = 0; i < FIGURES; i++)
        known |= bench.only && strcmp(bench.only, figures[i].name) == 0;
    if (optind != argc || (bench.only && !known) || !bench.runs || bench.runs > BENCH_RUNS_MAX || !bench.records)
        return usage(stderr);
    if (!bench.musterd)
        bench.musterd = beside("/proc/self/exe", path, sizeof(path));
    if (access(bench.musterd, X_OK) != 0 && !(bench.only && strcmp(bench.only, "pipe") == 0)) {
        fprintf(stderr, "muster-bench: %s is no program; build musterd first or give --musterd\n", bench.musterd);
        return 2;
    }
    snprintf(bench.root, sizeof(bench.root), "%s/muster-bench.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(bench.root)) {
        perror("muster-bench: a directory for the nodes");
        return 1;
    }
    return guarded(&bench);
}
