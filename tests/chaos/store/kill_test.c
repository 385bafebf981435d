/* kill_test.c — a writer that is killed at random moments: every acknowledged batch is whole, none is half.
 *
 * The writer commits numbered batches over main and keys, changes derived/ along with them, and reports each
 * number through a pipe once its commit has returned.  MUSTER_KILLS: how often it is killed (30). */
#include "crypto/crypto.h"
#include "store/store.h"
#include "unit/store/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { KILLS = 30, SEGMENTS = 3, KEPT_BATCHES = 40, KEY_EVERY = 5, ACKS_MAX = 40, SPIN_US_MAX = 3000 };

struct world {
    char base[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX];
    uint64_t seed;
};

static size_t segment_make(uint64_t batch, uint64_t i, uint8_t *value, size_t size)
{
    uint64_t seed = batch * SEGMENTS + i;
    size_t len = (size_t)(scratch_random(&seed) % (batch % 4 == 0 ? size : 900));
    for (size_t at = 0; at < len; at++)
        value[at] = (uint8_t)(batch + at * (i + 1));
    return len;
}

static struct bytes number(uint8_t buffer[8], uint64_t n)
{
    put_be64(buffer, n);
    return (struct bytes){buffer, 8};
}

/* ---- the writer ---- */

static enum muster_error batch_commit(struct store *store, uint64_t n)
{
    static uint8_t values[SEGMENTS][60000];
    static const uint8_t last_key[] = "last";
    uint8_t keys[SEGMENTS][8], old[SEGMENTS][8], name[8], secret[8], old_secret[8];
    struct change changes[2 * SEGMENTS + 3];
    size_t count = 0;
    for (uint64_t i = 0; i < SEGMENTS; i++) {
        size_t len = segment_make(n, i, values[i], sizeof values[i]);
        changes[count++] = (struct change){
            T_SEGMENT, number(keys[i], n * SEGMENTS + i), {values[i], len}
        };
        if (n > KEPT_BATCHES)
            changes[count++] = (struct change){
                T_SEGMENT, number(old[i], (n - KEPT_BATCHES) * SEGMENTS + i), {NULL, 0}
            };
    }
    changes[count++] = (struct change){
        T_META, {last_key, sizeof last_key},
         number(name, n)
    };
    if (n % KEY_EVERY == 0) {
        changes[count++] = (struct change){T_KEY, number(secret, n), number(name, n)};
        if (n > KEY_EVERY)
            changes[count++] = (struct change){
                T_KEY, number(old_secret, n - KEY_EVERY), {NULL, 0}
            };
    }
    return store_commit(store, changes, count, false);
}

static enum muster_error batch_derive(struct store *store, uint64_t n)
{
    static const uint8_t applied[] = "applied";
    uint8_t key[8], value[8];
    struct change changes[] = {
        {T_OBJECT, number(key, n),                      number(value,          n)},
        {T_APPLIED,        {applied, sizeof applied},          number(value, n)},
    };
    const struct storage *s = store_storage(store);
    enum muster_error error = s->derive(s->self, changes, ARRAY_LEN(changes));
    return error || n % 3 ? error : store_derived_commit(store);
}

static void writer(const char *dir, int pipe_fd)
{
    struct store *store;
    struct store_problem problem;
    struct bytes value;
    if (store_open(dir, NULL, &store, &problem) != MUSTER_OK)
        _exit(1);
    const struct storage *s = store_storage(store);
    uint64_t applied = 0, last = 0;
    if (s->get(s->self, T_APPLIED, (struct bytes){(const uint8_t *)"applied", 8}, &value) == MUSTER_OK)
        applied = get_be64(value.at);
    if (s->get(s->self, T_META, (struct bytes){(const uint8_t *)"last", 5}, &value) == MUSTER_OK)
        last = get_be64(value.at);
    while (applied < last) /* what the core does: fold again what derived/ has lost */
        if (batch_derive(store, ++applied) != MUSTER_OK)
            _exit(2);
    for (uint64_t n = last + 1;; n++)
        if (batch_commit(store, n) != MUSTER_OK || write(pipe_fd, &n, sizeof n) != sizeof n ||
            batch_derive(store, n) != MUSTER_OK)
            _exit(3);
}

/* ---- the judge ---- */

struct walk {
    uint64_t first, end; /* numbers of segments that must be there, one behind */
    uint64_t next;
};

static bool segment_judge(void *user, struct bytes key, struct bytes value)
{
    static uint8_t want[60000];
    struct walk *walk = user;
    assert_int_equal(get_be64(key.at), walk->next);
    assert_int_equal(value.len,
                     segment_make(walk->next / SEGMENTS, walk->next % SEGMENTS, want, sizeof want));
    assert_memory_equal(value.at, want, value.len);
    walk->next++;
    return true;
}

static bool object_judge(void *user, struct bytes key, struct bytes value)
{
    struct walk *walk = user;
    assert_int_equal(get_be64(key.at), walk->next);
    assert_int_equal(get_be64(value.at), walk->next);
    walk->next++;
    return true;
}

static bool key_judge(void *user, struct bytes key, struct bytes value)
{
    struct walk *walk = user;
    assert_int_equal(get_be64(key.at), walk->first); /* the newest and no other: the one before was deleted */
    assert_int_equal(get_be64(value.at), walk->first);
    walk->next++;
    return true;
}

/* Returns the last batch that is there. */
static uint64_t directory_judge(const char *dir, uint64_t acknowledged)
{
    struct store *store;
    struct store_problem problem;
    struct bytes value, none = {NULL, 0};
    if (store_open(dir, NULL, &store, &problem) != MUSTER_OK)
        fail_msg("%s", problem.sentence);
    const struct storage *s = store_storage(store);
    uint64_t last = 0, applied = 0;
    if (s->get(s->self, T_META, (struct bytes){(const uint8_t *)"last", 5}, &value) == MUSTER_OK)
        last = get_be64(value.at);
    if (s->get(s->self, T_APPLIED, (struct bytes){(const uint8_t *)"applied", 8}, &value) == MUSTER_OK)
        applied = get_be64(value.at);
    assert_true(last >= acknowledged);
    assert_true(last <= acknowledged + 1); /* at most one was durable and not yet told */
    assert_true(applied <= last);
    assert_false(store_guard_behind(store));
    assert_int_equal(store_derived_is_new(store), false);

    uint64_t first = last > KEPT_BATCHES ? last - KEPT_BATCHES + 1 : 1;
    struct walk segments = {first * SEGMENTS, (last + 1) * SEGMENTS, first * SEGMENTS};
    assert_int_equal(s->scan(s->self, T_SEGMENT, none, none, false, segment_judge, &segments), MUSTER_OK);
    assert_int_equal(segments.next, last ? segments.end : segments.first);
    struct walk objects = {1, applied + 1, 1};
    assert_int_equal(s->scan(s->self, T_OBJECT, none, none, false, object_judge, &objects), MUSTER_OK);
    assert_int_equal(objects.next, objects.end);
    struct walk keys = {last / KEY_EVERY * KEY_EVERY, 0, 0};
    assert_int_equal(s->scan(s->self, T_KEY, none, none, false, key_judge, &keys), MUSTER_OK);
    assert_int_equal(keys.next, last >= KEY_EVERY ? 1 : 0);
    store_close(store);
    return last;
}

/* Lets the writer report `acks` batches and a random moment more, then kills it.  Returns the last one that
 * it reported, those still in the pipe included. */
static uint64_t run_and_kill(struct world *w, uint64_t last, uint64_t acks)
{
    int pipes[2], status;
    uint64_t told;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(pipes[0]);
        writer(w->dir, pipes[1]);
    }
    close(pipes[1]);
    for (uint64_t i = 0; i < acks; i++) {
        assert_int_equal(read(pipes[0], &told, sizeof told), sizeof told);
        assert_true(told > last);
        last = told;
    }
    /* Not to wait for anything: to hit another moment of the commit each time. */
    struct timespec moment = {0, (long)(scratch_random(&w->seed) % SPIN_US_MAX) * 1000};
    nanosleep(&moment, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it had not failed by itself */
    while (read(pipes[0], &told, sizeof told) == sizeof told)
        last = told;
    close(pipes[0]);
    return last;
}

static void test_acknowledged_batches_survive_kills(void **state)
{
    struct world w = {.seed = (uint64_t)getpid()};
    const char *asked = getenv("MUSTER_KILLS");
    unsigned long kills = asked ? strtoul(asked, NULL, 10) : KILLS;
    uint64_t last = 0, untold = 0;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)w.seed);
    scratch_make(w.base);
    scratch_join(w.dir, w.base, "data");
    assert_int_equal(crypto_start(), MUSTER_OK);
    for (unsigned long i = 0; i < kills; i++) {
        uint64_t told = run_and_kill(&w, last, 1 + scratch_random(&w.seed) % ACKS_MAX);
        /* A second kill at once, often while the first end is still being put in order. */
        if (i % 3 == 0) {
            uint64_t durable = directory_judge(w.dir, told);
            untold += durable - told;
            told = run_and_kill(&w, durable, 0);
        }
        last = directory_judge(w.dir, told);
        untold += last - told;
    }
    print_message("%lu kills, %llu batches, %llu of them durable and not yet told\n", kills,
                  (unsigned long long)last, (unsigned long long)untold);
    assert_true(last >= kills);
    scratch_remove(w.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_acknowledged_batches_survive_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
