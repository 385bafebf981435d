/* main.c — muster-sim: campaigns over seeds, one tape again, shrinking. */
#include "sim/crypto_fake.h"
#include "sim/sim.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { TAPE_PER_HOUR = 8192, TAPE_FIRST = 1024, THREADS_MAX = 16, SLOW_S = 4 };

#ifdef MUSTER_MUTANTS
int muster_mutant;
static const char *const mutants[] = {
    "",
    "serves what is not durable yet",
    "announces what is not durable yet",
    "goes on in a log that partners know better",
    "does not ask again for what did not come",
    "does not ask again for control that it refused",
    "folds what is disputed",
    "serves and shows to anybody",
    "keeps fork proofs to itself",
    "keeps a new entry for each time a space is shown",
    "refuses and says nothing",
    "pushes what it should announce",
    "keeps logs of a commit that failed",
    "says that a write is durable when its commit failed",
    "notes more as folded than is",
    "stores other bytes than it got",
    "counts a promise beyond its right",
    "leaves the bytes of what is erased where they are",
    "goes on with views that went back as if they had not",
    "does not judge again what such views had judged",
};
#endif

struct campaign {
    struct sim_options options;
    uint64_t first, seeds;
    bool calm_eighth, keep_going, quiet;
    uint64_t found_seed;
    char found[sizeof(((struct sim_result *)0)->invariant)];
    const char *into;
    atomic_uint_fast64_t next, violations;
    pthread_mutex_t lock;
    uint64_t node_ms, records, messages, steps, faults[FAULT_COUNT];
};

static _Thread_local uint64_t running_seed;

/* A crash of the code under test: says where, async-signal-safe, and ends. */
static void crashed(int signal_number)
{
    char text[96];
    int len = snprintf(text, sizeof(text), "\nmuster-sim: signal %d in seed %llu\n", signal_number, (unsigned long long)running_seed);
    if (write(STDERR_FILENO, text, (size_t)len) < 0)
        _exit(3);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static size_t tape_len(const struct sim_options *options)
{
    return TAPE_FIRST + TAPE_PER_HOUR * (size_t)options->hours;
}

static void report(const struct sim_options *options, const struct sim_result *result, const char *name, const char *file)
{
    fprintf(stderr, "\n--- the last events of %s\n", name);
    for (size_t i = 0; i < SAID_KEPT; i++) {
        const char *said = result->said[(result->said_next + i) % SAID_KEPT];
        if (said[0])
            fprintf(stderr, "%s\n", said);
    }
    fprintf(stderr, "\nVIOLATED: %s\n  %s\n  %s, %u nodes, %u hours; again: muster-sim --nodes %u --hours %u --tape %s [--shrink]\n",
            result->invariant, result->text, name, options->nodes, options->hours, options->nodes, options->hours, file);
}

static void keep_tape(const char *file, const uint8_t *bytes, size_t len)
{
    FILE *out = fopen(file, "wb");
    if (!out || fwrite(bytes, 1, len, out) != len || fclose(out))
        fprintf(stderr, "muster-sim: the tape cannot be written to %s\n", file);
}

static void run_seed(struct campaign *c, uint64_t seed, struct sim_result *result)
{
    struct sim_options options = c->options;
    size_t len = tape_len(&options);
    uint8_t *tape = malloc(len);
    if (!tape)
        abort();
    tape_of_seed(tape, len, seed);
    options.calm = options.calm || (c->calm_eighth && seed % 8 == 0);
    running_seed = seed;
    struct timespec from, to;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    bool good = sim_run(&options, (struct tape){tape, len, 0}, result);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    if (to.tv_sec - from.tv_sec >= SLOW_S * (long)(1 + options.hours))
        fprintf(stderr, "muster-sim: seed %llu took %ld s\n", (unsigned long long)seed, (long)(to.tv_sec - from.tv_sec));
    pthread_mutex_lock(&c->lock);
    c->node_ms += result->node_ms;
    c->records += result->records;
    c->messages += result->messages;
    c->steps += result->steps;
    for (int f = 0; f < FAULT_COUNT; f++)
        c->faults[f] += result->faults[f];
    pthread_mutex_unlock(&c->lock);
    if (!good && c->quiet) {
        if (!atomic_fetch_add(&c->violations, 1)) {
            c->found_seed = seed;
            snprintf(c->found, sizeof(c->found), "%s", result->invariant);
        }
    } else if (!good) {
        char name[64], file[256];
        snprintf(name, sizeof(name), "seed %llu%s", (unsigned long long)seed, options.calm ? " (calm)" : "");
        snprintf(file, sizeof(file), "%s/sim-%llu%s.tape", c->into, (unsigned long long)seed, options.calm ? "-calm" : "");
        options.says = true; /* the same again, told in sentences */
        (void)sim_run(&options, (struct tape){tape, len, 0}, result);
        pthread_mutex_lock(&c->lock);
        keep_tape(file, tape, len);
        report(&options, result, name, file);
        pthread_mutex_unlock(&c->lock);
        atomic_fetch_add(&c->violations, 1);
    }
    free(tape);
}

static void *work(void *arg)
{
    struct campaign *c = arg;
    struct sim_result *result = malloc(sizeof(*result));
    for (;;) {
        uint64_t at = atomic_fetch_add(&c->next, 1);
        if (!result || at >= c->seeds || (!c->keep_going && atomic_load(&c->violations)))
            break;
        run_seed(c, c->first + at, result);
    }
    free(result);
    return NULL;
}

static void summary(struct campaign *c, double seconds)
{
    uint64_t ran = atomic_load(&c->next) < c->seeds ? atomic_load(&c->next) : c->seeds;
    printf("seeds %llu, node-hours %llu, faults", (unsigned long long)ran, (unsigned long long)(c->node_ms / 3600000));
    for (int f = 0; f < FAULT_COUNT; f++)
        if (c->faults[f])
            printf(" %s:%llu", fault_name((enum sim_fault)f), (unsigned long long)c->faults[f]);
    printf(", records %llu, messages %llu, steps %llu, %.1f s, violations %llu\n", (unsigned long long)c->records,
           (unsigned long long)c->messages, (unsigned long long)c->steps, seconds, (unsigned long long)atomic_load(&c->violations));
}

static int run_tape(struct sim_options *options, const char *file, bool shrink)
{
    FILE *in = fopen(file, "rb");
    uint8_t *tape = malloc(1 << 20);
    struct sim_result *result = malloc(sizeof(*result));
    if (!in || !tape || !result) {
        fprintf(stderr, "muster-sim: the tape %s cannot be read\n", file);
        return 2;
    }
    size_t len = fread(tape, 1, 1 << 20, in);
    fclose(in);
    options->calm = options->calm || strstr(file, "-calm") != NULL;
    options->says = true;
    bool good = sim_run(options, (struct tape){tape, len, 0}, result);
    if (!good && shrink) {
        char smaller[512], invariant[sizeof(result->invariant)];
        memcpy(invariant, result->invariant, sizeof(invariant));
        options->loud = false;
        len = sim_shrink(options, tape, len, invariant);
        snprintf(smaller, sizeof(smaller), "%s.small", file);
        keep_tape(smaller, tape, len);
        printf("%zu bytes are left, in %s\n", len, smaller);
        (void)sim_run(options, (struct tape){tape, len, 0}, result);
    }
    if (!good)
        report(options, result, file, file);
    printf("%s: %s\n", file, good ? "all invariants hold" : result->invariant);
    free(tape);
    free(result);
    return good ? 0 : 1;
}

static void run_campaign(struct campaign *c, unsigned threads)
{
    pthread_t workers[THREADS_MAX];
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&workers[i], NULL, work, c))
            abort();
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i], NULL);
}

#ifdef MUSTER_MUTANTS
/* Every mutant must be found: which invariant did it, and in which seed. */
static int run_mutants(struct campaign *c, unsigned threads, int only)
{
    int missed = 0;
    printf("%-54s %-56s %s\n", "mutant", "found by", "seed");
    c->quiet = true;
    for (int m = 1; m < (int)ARRAY_LEN(mutants); m++) {
        if (only && m != only)
            continue;
        muster_mutant = m;
        atomic_store(&c->next, 0);
        atomic_store(&c->violations, 0);
        run_campaign(c, threads);
        bool found = atomic_load(&c->violations) > 0;
        missed += !found;
        printf("%2d %-51s %-56s %llu\n", m, mutants[m], found ? c->found : "NOT FOUND", found ? (unsigned long long)c->found_seed : 0);
        fflush(stdout);
    }
    printf("%d of %zu mutants were not found\n", missed, only ? (size_t)1 : ARRAY_LEN(mutants) - 1);
    return missed ? 1 : 0;
}
#endif

static uint64_t number(const char *text, uint64_t most)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    if (*end || end == text || n > most) {
        fprintf(stderr, "muster-sim: %s is not a number from 0 to %llu\n", text, (unsigned long long)most);
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    enum { SEEDS = 1, NODES, HOURS, FIRST, WORKERS, CRYPTO, TAPE, SHRINK, FLASH, LOUD, KEEP, CALM, INTO, MUTANT_NUMBER };
    static const struct option longs[] = {
        {"seeds", 1, NULL, SEEDS}, {"nodes", 1, NULL, NODES}, {"hours", 1, NULL, HOURS}, {"first-seed", 1, NULL, FIRST},
        {"threads", 1, NULL, WORKERS}, {"crypto", 1, NULL, CRYPTO}, {"tape", 1, NULL, TAPE}, {"shrink", 0, NULL, SHRINK},
        {"flash", 0, NULL, FLASH}, {"loud", 0, NULL, LOUD}, {"keep-going", 0, NULL, KEEP}, {"calm", 0, NULL, CALM},
        {"into", 1, NULL, INTO}, {"mutant", 1, NULL, MUTANT_NUMBER}, {NULL, 0, NULL, 0}};
    struct campaign c = {.options = {.nodes = 5, .hours = 4, .spaces_max = SPACES}, .first = 1, .seeds = 100, .calm_eighth = true, .into = "."};
    const char *tape = NULL;
    bool shrink = false, fake = true;
    unsigned threads = 2;
    uint32_t flash = 0;
    int mutant = 0;
    for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (o) {
        case SEEDS: c.seeds = number(optarg, UINT32_MAX); break;
        case NODES: c.options.nodes = (uint32_t)number(optarg, 40); break;
        case HOURS: c.options.hours = (uint32_t)number(optarg, 10000); break;
        case FIRST: c.first = number(optarg, UINT64_MAX / 2); break;
        case WORKERS: threads = (unsigned)number(optarg, THREADS_MAX); break;
        case CRYPTO: fake = strcmp(optarg, "real") != 0; break;
        case TAPE: tape = optarg; break;
        case SHRINK: shrink = true; break;
        case LOUD: c.options.loud = c.options.says = true; break;
        case KEEP: c.keep_going = true; break;
        case CALM: c.options.calm = true; break;
        case INTO: c.into = optarg; break;
        case FLASH: flash = 1000; break;
        case MUTANT_NUMBER: mutant = (int)number(optarg, 99); break;
        default:
            fprintf(stderr, "usage: muster-sim [--seeds N] [--nodes N] [--hours N] [--first-seed N] [--threads N] [--crypto real|fake]\n"
                            "                  [--calm] [--keep-going] [--into DIR] [--tape FILE [--shrink] [--loud]] [--flash]\n");
            return 2;
        }
    }
    if (c.options.nodes < 2 || threads < 1 || crypto_start() != MUSTER_OK) {
        fprintf(stderr, "muster-sim: at least two nodes and one thread are needed\n");
        return 2;
    }
    crypto_fake_use(fake);
    (void)mutant;
    if (tape)
        return run_tape(&c.options, tape, shrink);
    signal(SIGSEGV, crashed);
    signal(SIGABRT, crashed);
    signal(SIGBUS, crashed);
    struct timespec from, to;
    pthread_mutex_init(&c.lock, NULL);
#ifdef MUSTER_MUTANTS
    return run_mutants(&c, threads, mutant);
#endif
    if (flash)
        return sim_flash(flash, c.first);
    clock_gettime(CLOCK_MONOTONIC, &from);
    run_campaign(&c, threads);
    clock_gettime(CLOCK_MONOTONIC, &to);
    summary(&c, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    return atomic_load(&c.violations) ? 1 : 0;
}
