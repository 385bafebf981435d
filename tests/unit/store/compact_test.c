/* compact_test.c — the new file has all that was acknowledged, whatever was committed while it was made, and wherever the
 * process is killed. */
#include "world.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEGMENTS = 400, KEPT_EVERY = 10, VALUE_BYTES = 20000, CHUNK = 64 * 1024 };

static enum muster_error segment_put(struct store *store, uint64_t n, bool there)
{
    static uint8_t value[VALUE_BYTES];
    uint8_t key[8];
    put_be64(key, n);
    memset(value, (int)(n & 0xff), sizeof value);
    struct change change = {T_SEGMENT, {key, sizeof key}, {there ? value : NULL, there ? sizeof value : 0}};
    return store_commit(store, &change, 1, false);
}

/* Of KEPT_EVERY segments those from `first` on, in one commit. */
static void segments_commit(struct store *store, uint64_t n, size_t first, bool there)
{
    static uint8_t value[KEPT_EVERY][VALUE_BYTES];
    uint8_t keys[KEPT_EVERY][8];
    struct change changes[KEPT_EVERY];
    for (size_t i = 0; i < KEPT_EVERY; i++) {
        put_be64(keys[i], n + i);
        memset(value[i], (int)((n + i) & 0xff), VALUE_BYTES);
        changes[i] = (struct change){T_SEGMENT, {keys[i], 8}, {there ? value[i] : NULL, there ? VALUE_BYTES : 0}};
    }
    assert_int_equal(store_commit(store, changes + first, KEPT_EVERY - first, false), MUSTER_OK);
}

/* Many segments, nine of ten of them deleted again; one key. */
static struct store *store_with_holes(struct world *w)
{
    struct store *store = open_or_fail(w, w->dir, NULL);
    for (uint64_t n = 0; n < SEGMENTS; n += KEPT_EVERY)
        segments_commit(store, n, 0, true);
    for (uint64_t n = 0; n < SEGMENTS; n += KEPT_EVERY)
        segments_commit(store, n, 1, false);
    assert_int_equal(put_one(store, T_KEY, "secret", text("of a log")), MUSTER_OK);
    assert_int_equal(put_one(store, T_META, "changed", text("before")), MUSTER_OK);
    return store;
}

static bool count_one(void *user, struct bytes key, struct bytes value)
{
    uint64_t n = get_be64(key.at);
    assert_true(n >= SEGMENTS || n % KEPT_EVERY == 0);
    assert_int_equal(value.len, VALUE_BYTES);
    assert_int_equal(value.at[0], n & 0xff);
    ++*(uint64_t *)user;
    return true;
}

static uint64_t segments(struct store *store)
{
    const struct storage *s = store_storage(store);
    uint64_t count = 0;
    assert_int_equal(s->scan(s->self, T_SEGMENT, text(""), text(""), false, count_one, &count), MUSTER_OK);
    return count;
}

static void whole(struct store *store, uint64_t more, const char *changed)
{
    struct damage damage = {.count = 0};
    assert_int_equal(segments(store), SEGMENTS / KEPT_EVERY + more);
    assert_true(holds(store, T_META, "changed", changed));
    assert_true(holds(store, T_KEY, "secret", "of a log"));
    assert_false(store_guard_behind(store));
    store_check(store, note_damage, &damage);
    assert_int_equal(damage.count, 0);
}

static uint64_t file_bytes(struct world *w, const char *name)
{
    char path[SCRATCH_PATH_MAX];
    struct stat st;
    return stat(scratch_join(path, w->dir, name), &st) == 0 ? (uint64_t)st.st_size : 0;
}

struct copying {
    struct store *store;
    int pipe[2], fd;
    pthread_t thread;
    enum muster_error error;
};

static void *copy_run(void *user)
{
    struct copying *c = user;
    c->error = store_copy_run(c->store, c->pipe[1]);
    close(c->pipe[1]);
    return NULL;
}

static void copy_begin(struct copying *c, struct store *store)
{
    struct store_problem problem;
    *c = (struct copying){.store = store};
    assert_int_equal(store_compact_begin(store, &c->fd, &problem), MUSTER_OK);
    assert_int_equal(pipe(c->pipe), 0);
    assert_int_equal(pthread_create(&c->thread, NULL, copy_run, c), 0);
}

/* At most `max` bytes go on into the new file; false at the end. */
static bool copy_some(struct copying *c, size_t max)
{
    static uint8_t bytes[CHUNK];
    while (max) {
        ssize_t n = read(c->pipe[0], bytes, max < sizeof bytes ? max : sizeof bytes);
        if (n <= 0)
            return false;
        assert_int_equal(write(c->fd, bytes, (size_t)n), n);
        max -= (size_t)n;
    }
    return true;
}

static void copy_all(struct copying *c)
{
    while (copy_some(c, CHUNK)) {
    }
    assert_int_equal(pthread_join(c->thread, NULL), 0);
    close(c->pipe[0]);
    assert_int_equal(c->error, MUSTER_OK);
}

/* Commits between its steps: new, changed, deleted. */
static void test_what_is_committed_meanwhile_is_in_the_new_file(void **state)
{
    struct world *w = *state;
    struct store *store = store_with_holes(w);
    struct copying copying;
    struct store_space before, after;
    assert_int_equal(store_space(store, &before), MUSTER_OK);
    assert_true(before.free_bytes > (uint64_t)(SEGMENTS - SEGMENTS / KEPT_EVERY - 4) * VALUE_BYTES);
    copy_begin(&copying, store);
    assert_int_equal(segment_put(store, SEGMENTS, true), MUSTER_OK);
    assert_int_equal(store_copy_begin(store), MUSTER_EBUSY);
    assert_int_equal(store_scrub(store, &w->problem), MUSTER_EBUSY);
    assert_true(copy_some(&copying, CHUNK));
    assert_int_equal(segment_put(store, SEGMENTS + 1, true), MUSTER_OK);
    assert_int_equal(segment_put(store, SEGMENTS, false), MUSTER_OK);
    assert_int_equal(put_one(store, T_META, "changed", text("meanwhile")), MUSTER_OK);
    assert_int_equal(put_one(store, T_META, "empty", text("")), MUSTER_OK);
    assert_int_equal(put_one(store, T_KEY, "new", text("key")), MUSTER_OK);
    copy_all(&copying);
    assert_int_equal(segment_put(store, SEGMENTS + 2, true), MUSTER_OK);
    assert_int_equal(store_compact_finish(store, &w->problem), MUSTER_OK);
    whole(store, 2, "meanwhile");
    assert_int_equal(store_space(store, &after), MUSTER_OK);
    assert_true(after.bytes < before.bytes / 4);
    assert_true(after.free_bytes < after.bytes / 4);
    assert_int_equal(file_bytes(w, "main/data.mdb.compact"), 0);
    assert_true(file_bytes(w, "main/data.mdb") < before.bytes / 4);

    assert_int_equal(segment_put(store, SEGMENTS + 3, true), MUSTER_OK); /* and life goes on in it */
    assert_int_equal(store_scrub(store, &w->problem), MUSTER_OK);
    store_close(store);
    store = open_or_fail(w, w->dir, NULL);
    whole(store, 3, "meanwhile");
    assert_true(holds(store, T_META, "empty", ""));
    assert_true(holds(store, T_KEY, "new", "key"));
    store_close(store);
}

static void test_what_is_dropped_leaves_the_old_file(void **state)
{
    struct world *w = *state;
    struct store *store = store_with_holes(w);
    struct copying copying;
    uint64_t bytes = file_bytes(w, "main/data.mdb");
    copy_begin(&copying, store);
    assert_true(copy_some(&copying, CHUNK));
    close(copying.pipe[0]); /* nobody wants it any more */
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pthread_join(copying.thread, NULL), 0);
    assert_int_equal(copying.error, MUSTER_EIO);
    store_compact_drop(store);
    assert_int_equal(file_bytes(w, "main/data.mdb.compact"), 0);
    assert_int_equal(file_bytes(w, "main/data.mdb"), bytes);
    whole(store, 0, "before");
    assert_int_equal(store_compact_begin(store, &copying.fd, &w->problem), MUSTER_OK); /* and it can begin again */
    store_close(store);
    store = open_or_fail(w, w->dir, NULL);
    whole(store, 0, "before");
    store_close(store);
}

/* More than 64 MiB of commits while it is made. */
static void test_too_much_meanwhile_leaves_the_old_file(void **state)
{
    struct world *w = *state;
    struct store *store = store_with_holes(w);
    struct copying copying;
    copy_begin(&copying, store);
    copy_all(&copying);
    static uint8_t large[8 * 1024 * 1024];
    for (int n = 0; n < 8; n++)
        assert_int_equal(put_one(store, T_BRANCH, "large", (struct bytes){large, sizeof large}), MUSTER_OK);
    assert_int_equal(store_compact_finish(store, &w->problem), MUSTER_EBUSY);
    assert_non_null(strstr(w->problem.sentence, "quieter moment"));
    assert_int_equal(file_bytes(w, "main/data.mdb.compact"), 0);
    whole(store, 0, "before");
    store_close(store);
}

static void test_without_room_nothing_begins(void **state)
{
    struct world *w = *state;
    struct store *store = store_with_holes(w);
    int fd;
    store_close(store);
    store = open_or_fail(w, w->dir, &(struct store_options){.disk_reserve_bytes = UINT64_C(1) << 60});
    assert_int_equal(store_compact_begin(store, &fd, &w->problem), MUSTER_EFULL);
    assert_non_null(strstr(w->problem.sentence, "are free"));
    assert_int_equal(file_bytes(w, "main/data.mdb.compact"), 0);
    whole(store, 0, "before");
    store_close(store);
}

/* --- killed ------------------------------------------------------------------------------------------------ */

enum stage { AFTER_BEGIN, HALF_COPIED, COPIED, FULL_AT_THE_END, FINISHED, FINISHED_AND_GOING_ON, STAGES };

static void child(struct world *w, enum stage stage)
{
    struct store *store = open_or_fail(w, w->dir, NULL);
    struct copying copying;
    copy_begin(&copying, store);
    assert_int_equal(segment_put(store, SEGMENTS, true), MUSTER_OK);
    if (stage == AFTER_BEGIN)
        kill(getpid(), SIGKILL);
    copy_some(&copying, CHUNK);
    assert_int_equal(put_one(store, T_META, "changed", text("meanwhile")), MUSTER_OK);
    if (stage == HALF_COPIED)
        kill(getpid(), SIGKILL);
    copy_all(&copying);
    if (stage == COPIED)
        kill(getpid(), SIGKILL);
    if (stage == FULL_AT_THE_END) { /* the spool finds no room in the new file */
        struct rlimit limit = {.rlim_cur = (rlim_t)file_bytes(w, "main/data.mdb.compact"), .rlim_max = RLIM_INFINITY};
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(store_compact_finish(store, &w->problem), MUSTER_EFULL);
        whole(store, 1, "meanwhile"); /* the old file */
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(store_compact_finish(store, &w->problem), MUSTER_OK);
    if (stage == FINISHED)
        kill(getpid(), SIGKILL);
    assert_int_equal(segment_put(store, SEGMENTS + 1, true), MUSTER_OK);
    kill(getpid(), SIGKILL);
}

static void test_a_crash_leaves_the_old_or_the_new_file(void **state)
{
    static const struct {
        const char *says, *changed;
        uint64_t more;
        bool new_file;
    } cases[STAGES] = {
        [AFTER_BEGIN] = {"killed when it had begun", "before", 1, false},
        [HALF_COPIED] = {"killed while it was copied", "meanwhile", 1, false},
        [COPIED] = {"killed before the spool", "meanwhile", 1, false},
        [FULL_AT_THE_END] = {"killed after the disk was full", "meanwhile", 1, false},
        [FINISHED] = {"killed after the rename", "meanwhile", 1, true},
        [FINISHED_AND_GOING_ON] = {"killed after one more commit", "meanwhile", 2, true},
    };
    struct world *w = *state;
    for (int i = 0; i < STAGES; i++) {
        int status;
        print_message("%s\n", cases[i].says);
        struct store *store = store_with_holes(w);
        store_close(store);
        uint64_t before = file_bytes(w, "main/data.mdb");
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            child(w, (enum stage)i);
            _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        store = open_or_fail(w, w->dir, NULL);
        whole(store, cases[i].more, cases[i].changed);
        assert_int_equal(file_bytes(w, "main/data.mdb") < before / 4, cases[i].new_file);
        assert_int_equal(file_bytes(w, "main/data.mdb.compact"), 0);
        store_close(store);
        scratch_remove(w->dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_what_is_committed_meanwhile_is_in_the_new_file),
        WORLD_TEST(test_what_is_dropped_leaves_the_old_file),
        WORLD_TEST(test_too_much_meanwhile_leaves_the_old_file),
        WORLD_TEST(test_without_room_nothing_begins),
        WORLD_TEST(test_a_crash_leaves_the_old_or_the_new_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
