/* full_test.c — a full map and a full disk change nothing, keys beside main included. */
#include "world.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BATCH = 4, BATCH_VALUE_BYTES = 30000 };

/* Batch n: BATCH segments and the number itself. */
static enum muster_error batch_commit(struct store *store, uint64_t n, bool bulk)
{
    static uint8_t value[BATCH_VALUE_BYTES];
    uint8_t keys[BATCH][8], number[8];
    struct change changes[BATCH + 1];
    memset(value, (int)(n & 0xff), sizeof value);
    for (uint64_t i = 0; i < BATCH; i++) {
        put_be64(keys[i], n * BATCH + i);
        changes[i] = (struct change){
            T_SEGMENT, {keys[i], 8           },
             {value,   sizeof value}
        };
    }
    put_be64(number, n);
    changes[BATCH] = (struct change){
        T_META, text("last"), {number, 8}
    };
    return store_commit(store, changes, BATCH + 1, bulk);
}

static bool segment_count(void *user, struct bytes key, struct bytes value)
{
    uint64_t *count = user;
    assert_int_equal(get_be64(key.at), *count);
    assert_int_equal(value.len, BATCH_VALUE_BYTES);
    assert_int_equal(value.at[0], *count / BATCH & 0xff);
    (*count)++;
    return true;
}

/* Batches 0..count-1 are whole and nothing else is there. */
static void batches_check(struct store *store, uint64_t count)
{
    const struct storage *s = store_storage(store);
    struct bytes value;
    uint64_t segments = 0;
    assert_int_equal(s->scan(s->self, T_SEGMENT, text(""), text(""), false, segment_count, &segments),
                     MUSTER_OK);
    assert_int_equal(segments, count * BATCH);
    assert_int_equal(s->get(s->self, T_META, text("last"), &value), MUSTER_OK);
    assert_int_equal(get_be64(value.at), count - 1);
    store_read_end(store);
}

static uint64_t batches_until_full(struct store *store, uint64_t from, uint64_t limit)
{
    for (uint64_t n = from; n < limit; n++) {
        enum muster_error error = batch_commit(store, n, false);
        if (error == MUSTER_EFULL)
            return n;
        assert_int_equal(error, MUSTER_OK);
    }
    fail_msg("%s", "the store was never full");
    return 0;
}

static void test_a_full_map_changes_nothing(void **state)
{
    struct world *w = *state;
    struct store_options small = {.map_bytes = 2 << 20}, large = {.map_bytes = 8 << 20};
    struct store *store = open_or_fail(w, w->dir, &small);
    uint64_t count = batches_until_full(store, 0, 200);
    assert_true(count > 5);
    batches_check(store, count);
    assert_int_equal(batch_commit(store, count, false), MUSTER_EFULL);
    batches_check(store, count);
    store_close(store);

    store = open_or_fail(w, w->dir, &large); /* room comes back */
    assert_false(store_guard_behind(store));
    batches_check(store, count);
    assert_int_equal(batch_commit(store, count, false), MUSTER_OK);
    batches_check(store, count + 1);
    store_close(store);
}

/* keys is committed before main: when main has no room, keys goes back. */
static void test_keys_go_back_when_main_is_full(void **state)
{
    struct world *w = *state;
    struct store_options small = {.map_bytes = 2 << 20};
    struct store *store = open_or_fail(w, w->dir, &small);
    static uint8_t value[BATCH_VALUE_BYTES * BATCH];
    assert_int_equal(put_one(store, T_KEY, "replaced", text("old")), MUSTER_OK);
    assert_int_equal(put_one(store, T_KEY, "deleted", text("still here")), MUSTER_OK);
    uint64_t count = batches_until_full(store, 0, 200);
    struct change changes[] = {
        {T_KEY,    text("new"),      text("1")            },
        {T_KEY,    text("replaced"), text("new value")    },
        {T_KEY,    text("deleted"),  {NULL, 0}            },
        {T_BRANCH, text("big"),      {value, sizeof value}},
    };
    assert_int_equal(store_commit(store, changes, ARRAY_LEN(changes), false), MUSTER_EFULL);
    for (int reopened = 0; reopened < 2; reopened++) {
        assert_true(holds(store, T_KEY, "new", NULL));
        assert_true(holds(store, T_KEY, "replaced", "old"));
        assert_true(holds(store, T_KEY, "deleted", "still here"));
        assert_true(holds(store, T_BRANCH, "big", NULL));
        batches_check(store, count);
        store_close(store);
        store = open_or_fail(w, w->dir, &(struct store_options){.map_bytes = 8 << 20});
    }
    assert_int_equal(store_commit(store, changes, ARRAY_LEN(changes), false), MUSTER_OK);
    for (int reopened = 0; reopened < 2; reopened++) {
        assert_true(holds(store, T_KEY, "new", "1"));
        assert_true(holds(store, T_KEY, "replaced", "new value"));
        assert_true(holds(store, T_KEY, "deleted", NULL));
        store_close(store);
        store = open_or_fail(w, w->dir, NULL);
    }
    store_close(store);
}

/* Runs in a child, in a mount namespace of its own with a tmpfs of 24 MB; skipped if this user may not mount.
 */
static void full_disk_child(void **state)
{
    struct world *w = *state;
    char filler[SCRATCH_PATH_MAX];
    assert_int_equal(mkdir(w->other, 0700), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", w->other, "tmpfs", 0, "size=24m,mode=0700") != 0) {
        print_message("skipped: this user may not mount a small tmpfs\n");
        skip();
    }
    scratch_join(w->dir, w->other, "data");
    scratch_join(filler, w->other, "filler");
    struct store *store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(batch_commit(store, 0, false), MUSTER_OK);
    assert_int_equal(batch_commit(store, 1, true), MUSTER_EFULL); /* less than 64 MiB are free */
    store_close(store);

    store = open_or_fail(w, w->dir, &(struct store_options){.disk_reserve_bytes = 1}); /* 16 MiB at least */
    assert_int_equal(batch_commit(store, 1, true), MUSTER_OK);
    int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && posix_fallocate(fd, 0, 20 << 20) == 0);
    close(fd);
    uint64_t count = batches_until_full(store, 2, 400);
    batches_check(store, count);
    struct change deletion = {
        T_META, text("nothing"), {NULL, 0}
    };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(batch_commit(store, count, false), MUSTER_EFULL);
        batches_check(store, count);
        enum muster_error error = store_commit(store, &deletion, 1, false);
        assert_true(error == MUSTER_OK || error == MUSTER_EFULL);
    }
    store_close(store);
    store = open_or_fail(w, w->dir, NULL); /* starts on a full disk, bytes checked, and reads */
    batches_check(store, count);
    assert_int_equal(unlink(filler), 0);
    assert_int_equal(batch_commit(store, count, false), MUSTER_OK); /* space came back */
    batches_check(store, count + 1);
    store_close(store);
}

static void test_a_full_disk_changes_nothing(void **state)
{
    struct world *w = *state;
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* a run of its own, so that a failure there ends there */
        const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(full_disk_child, w)};
        _exit(cmocka_run_group_tests(tests, NULL, NULL));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_full_map_changes_nothing),
        WORLD_TEST(test_keys_go_back_when_main_is_full),
        WORLD_TEST(test_a_full_disk_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
