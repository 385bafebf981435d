/* derived_test.c — when the cache is kept, discarded, emptied. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void edit_boot(struct world *w, const char *contents)
{
    char path[SCRATCH_PATH_MAX];
    char padded[128];
    size_t len = strlen(contents);
    memset(padded, '\n', sizeof padded);
    memcpy(padded, contents, len);
    scratch_write(scratch_join(path, w->dir, "derived/boot"), padded, len ? sizeof padded : 0);
}

#define OTHER_BOOT "01234567-89ab-cdef-0123-456789abcdef\n"
static const struct {
    const char *says, *marker; /* NULL: as a killed process of this boot leaves it */
    bool kept;
} markers[] = {
    {"keeps what a killed process had committed",        NULL,                                      true },
    {"discards what a stopped machine left",             "muster derived 4\n" OTHER_BOOT "open\n",  false},
    {"keeps what was closed before the machine stopped", "muster derived 4\n" OTHER_BOOT "clean\n", true },
    {"discards another format",                          "muster derived 0\n" OTHER_BOOT "clean\n", false},
    {"discards it under an empty marker",                "",                                        false},
    {"discards it under a marker of other words",        "hello\nthere\nfriend\n",                  false},
};

static void test_derived_is_kept_or_discarded(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        int status;
        print_message("store_open %s\n", markers[i].says);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) { /* dies without closing */
            struct store *store;
            if (store_open(w->dir, NULL, &store, &w->problem) != MUSTER_OK ||
                put_one(store, T_OBJECT, "kept", text("1")) != MUSTER_OK ||
                store_derived_commit(store) != MUSTER_OK ||
                put_one(store, T_OBJECT, "kept too", text("1")) != MUSTER_OK ||
                store_storage(store)->keep(store_storage(store)->self) != MUSTER_OK ||
                put_one(store, T_OBJECT, "lost", text("1")) != MUSTER_OK ||
                put_one(store, T_META, "durable", text("1")) != MUSTER_OK)
                _exit(1);
            kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        if (markers[i].marker)
            edit_boot(w, markers[i].marker);
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(store_derived_is_new(store), !markers[i].kept);
        assert_true(holds(store, T_OBJECT, "kept", markers[i].kept ? "1" : NULL));
        assert_true(holds(store, T_OBJECT, "kept too", markers[i].kept ? "1" : NULL));
        assert_true(holds(store, T_OBJECT, "lost", NULL));
        assert_true(holds(store, T_META, "durable", "1"));
        store_close(store);
        scratch_remove(w->dir);
    }
}

static void test_damaged_derived_is_made_anew(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    struct store *store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(put_one(store, T_OBJECT, "o", text("1")), MUSTER_OK);
    store_close(store);
    assert_int_equal(truncate(scratch_join(path, w->dir, "derived/data.mdb"), 5000), 0);
    store = open_or_fail(w, w->dir, NULL);
    assert_true(store_derived_is_new(store));
    assert_true(holds(store, T_OBJECT, "o", NULL));
    store_close(store);
}

static void test_derived_reset_leaves_no_byte(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    struct store *store = open_or_fail(w, w->dir, NULL);
    scratch_join(path, w->dir, "derived/data.mdb");
    assert_int_equal(put_one(store, T_OBJECT, "o", text("plain text of a canary")), MUSTER_OK);
    assert_int_equal(store_derived_commit(store), MUSTER_OK);
    assert_true(scratch_find(path, "plain text of a canary", 22) > 0);
    assert_int_equal(store_derived_reset(store), MUSTER_OK);
    assert_true(store_derived_is_new(store));
    assert_int_equal(scratch_find(path, "plain text of a canary", 22), 0);
    assert_true(holds(store, T_OBJECT, "o", NULL));
    assert_int_equal(put_one(store, T_OBJECT, "o", text("2")), MUSTER_OK);
    assert_true(holds(store, T_OBJECT, "o", "2"));
    store_close(store);
}

static void test_a_full_derived_falls_back_to_its_last_commit(void **state)
{
    struct world *w = *state;
    struct store_options options = {.map_bytes = 1 << 20};
    struct store *store = open_or_fail(w, w->dir, &options);
    static uint8_t value[60000];
    char key[16];
    enum muster_error error = MUSTER_OK;
    assert_int_equal(put_one(store, T_OBJECT, "kept", text("1")), MUSTER_OK);
    assert_int_equal(store_derived_commit(store), MUSTER_OK);
    for (int i = 0; i < 40 && !error; i++) {
        snprintf(key, sizeof key, "big%d", i);
        error = put_one(store, T_RECORD, key, (struct bytes){value, sizeof value});
    }
    assert_int_equal(error, MUSTER_EFULL);
    assert_true(holds(store, T_OBJECT, "kept", "1"));
    assert_true(holds(store, T_RECORD, "big0", NULL));
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_ESTORE); /* there would be a gap before it */
    assert_int_equal(store_derived_lost(store), MUSTER_EFULL);
    assert_int_equal(store_derived_again(store), MUSTER_OK);
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_OK);
    store_close(store);
}

/* No file of this process grows beyond so many bytes: writes behind them fail, as on a broken disk. */
static void files_end_at(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_what_a_failed_commit_lost_leaves_no_gap(void **state)
{
    struct world *w = *state;
    static uint8_t value[1 << 20];
    char path[SCRATCH_PATH_MAX];
    struct stat st;
    struct store *store = open_or_fail(w, w->dir, NULL);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(put_one(store, T_OBJECT, "kept", text("1")), MUSTER_OK);
    assert_int_equal(store_derived_commit(store), MUSTER_OK);
    assert_int_equal(store_derived_lost(store), MUSTER_OK);
    assert_int_equal(stat(scratch_join(path, w->dir, "derived/data.mdb"), &st), 0);
    assert_int_equal(put_one(store, T_RECORD, "lost", (struct bytes){value, sizeof value}), MUSTER_OK);
    files_end_at((rlim_t)st.st_size);
    assert_int_not_equal(store_derived_commit(store), MUSTER_OK);
    assert_int_not_equal(store_derived_lost(store), MUSTER_OK);
    assert_true(holds(store, T_OBJECT, "kept", "1"));
    assert_true(holds(store, T_RECORD, "lost", NULL));
    assert_int_equal(put_one(store, T_OBJECT, "after", text("1")), MUSTER_ESTORE);
    assert_int_equal(store_derived_commit(store), MUSTER_ESTORE);
    assert_true(holds(store, T_OBJECT, "after", NULL));

    files_end_at(RLIM_INFINITY);
    assert_int_equal(store_derived_again(store), MUSTER_OK);
    assert_int_equal(store_derived_lost(store), MUSTER_OK);
    assert_true(holds(store, T_OBJECT, "kept", "1"));
    assert_int_equal(put_one(store, T_OBJECT, "after", text("2")), MUSTER_OK);
    assert_int_equal(store_derived_commit(store), MUSTER_OK);
    store_close(store);
    store = open_or_fail(w, w->dir, NULL);
    assert_false(store_derived_is_new(store));
    assert_true(holds(store, T_OBJECT, "kept", "1") && holds(store, T_OBJECT, "after", "2"));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_derived_is_kept_or_discarded),
        WORLD_TEST(test_damaged_derived_is_made_anew),
        WORLD_TEST(test_derived_reset_leaves_no_byte),
        WORLD_TEST(test_a_full_derived_falls_back_to_its_last_commit),
        WORLD_TEST(test_what_a_failed_commit_lost_leaves_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
