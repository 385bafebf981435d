/* store_speed.c — figures of this machine; built with the tests, run by hand: store_speed [DIR] */
#include "crypto/crypto.h"
#include "scratch.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    VALUE_BYTES = 600,
    SINGLE = 2000,
    BATCH = 256,
    BATCHES = 200,
    DERIVED = 100000,
    SEGMENT_BYTES = 64000
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum muster_error error)
{
    if (error) {
        fprintf(stderr, "%s\n", error_what(error));
        exit(1);
    }
}

static void report(const char *what, double count, double seconds)
{
    printf("%-52s %10.0f /s  %8.2f us\n", what, count / seconds, seconds / count * 1e6);
}

static void commits(struct store *store, enum table table, size_t batch, size_t rounds, bool random,
                    const char *what)
{
    static uint8_t value[VALUE_BYTES], keys[BATCH][8];
    static uint64_t next = 1, seed = 1;
    struct change changes[BATCH];
    double start = now();
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < batch; i++) {
            put_be64(keys[i], random ? scratch_random(&seed) : next++);
            changes[i] = (struct change){
                table, {keys[i], 8           },
                 {value,   sizeof value}
            };
        }
        must(store_commit(store, changes, batch, false));
    }
    report(what, (double)(batch * rounds), now() - start);
}

static bool visit(void *user, struct bytes key, struct bytes value)
{
    (void)key;
    *(uint64_t *)user += value.len;
    return true;
}

static void reads(struct store *store)
{
    const struct storage *s = store_storage(store);
    struct bytes none = {NULL, 0}, value;
    uint64_t bytes = 0;
    uint8_t key[8];
    static uint8_t segment[SEGMENT_BYTES];
    double start = now();
    for (uint64_t i = 1; i <= SINGLE; i++) {
        put_be64(key, i);
        must(s->get(s->self, T_SEGMENT, (struct bytes){key, 8}, &value));
    }
    report("get of 600 bytes, hash checked", SINGLE, now() - start);
    start = now();
    must(s->scan(s->self, T_SEGMENT, none, none, false, visit, &bytes));
    report("scan of 600-byte values, hash checked", (double)bytes / VALUE_BYTES, now() - start);
    must(store_commit(store,
                      &(struct change){
                          T_LOG, {key,     8             },
                           {segment, sizeof segment}
    },
                      1, false));
    start = now();
    for (int i = 0; i < SINGLE; i++)
        must(s->get(s->self, T_LOG, (struct bytes){key, 8}, &value));
    report("get of 64 kB, hash checked", SINGLE, now() - start);
}

static void derived(struct store *store)
{
    const struct storage *s = store_storage(store);
    static uint8_t value[VALUE_BYTES];
    uint64_t seed = 1;
    uint8_t key[16];
    double start = now();
    for (size_t i = 0; i < DERIVED; i++) {
        put_be64(key, scratch_random(&seed));
        put_be64(key + 8, i);
        struct change change = {
            T_OBJECT, {key,   sizeof key  },
             {value, sizeof value}
        };
        must(s->derive(s->self, &change, 1));
        if (i % 4000 == 3999)
            must(store_derived_commit(store));
    }
    must(store_derived_commit(store));
    report("derived put of 600 bytes, random keys", DERIVED, now() - start);
}

int main(int argc, char **argv)
{
    char base[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX];
    struct store *store;
    struct store_problem problem;
    struct store_statistics figures;
    if (argc > 1)
        setenv("TMPDIR", argv[1], 1);
    scratch_make(base);
    must(crypto_start());
    if (store_open(scratch_join(dir, base, "data"), NULL, &store, &problem) != MUSTER_OK) {
        fprintf(stderr, "%s\n", problem.sentence);
        return 1;
    }
    commits(store, T_SEGMENT, 1, SINGLE, false, "durable commit of one 600-byte value, rising keys");
    commits(store, T_SEGMENT, BATCH, BATCHES, false, "durable value in batches of 256, rising keys");
    commits(store, T_ONCE, BATCH, BATCHES / 4, true, "durable value in batches of 256, random keys");
    reads(store);
    derived(store);
    store_statistics(store, &figures);
    printf("main %.1f MB, derived %.1f MB\n", (double)figures.main_bytes / 1e6,
           (double)figures.derived_bytes / 1e6);
    store_close(store);
    scratch_write(scratch_join(dir, base, "data/guard"), "", 0); /* so that every byte is looked at */
    double start = now();
    if (store_open(scratch_join(dir, base, "data"), NULL, &store, &problem) != MUSTER_OK)
        fprintf(stderr, "%s\n", problem.sentence);
    printf("open with the check of all bytes of main: %.1f ms\n", (now() - start) * 1e3);
    start = now();
    must(store_scrub(store, &problem));
    printf("scrub: %.1f ms\n", (now() - start) * 1e3);
    store_close(store);
    start = now();
    must(store_open(scratch_join(dir, base, "data"), NULL, &store, &problem));
    printf("open after a clean end: %.1f ms\n", (now() - start) * 1e3);
    store_close(store);
    scratch_remove(base);
    return 0;
}
