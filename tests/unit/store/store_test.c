/* store_test.c — the directory, its lock and its format; what outlives a close. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Files in dir before store_open, and what comes of them. */
static const struct {
    const char *says;
    mode_t mode; /* 0: no directory */
    const char *file, *contents;
    enum muster_error want;
    const char *sentence; /* a part of it */
} directories[] = {
    {"makes a directory that is not there",                                           0,    NULL,         NULL,                       MUSTER_OK,       ""                    },
    {"fills an empty directory",                                                      0700, NULL,         NULL,                       MUSTER_OK,       ""                    },
    {"takes a directory with nothing but a lock, left by a start that was cut short", 0700, "lock",       "",
     MUSTER_OK,                                                                                                                                        ""                    },
    {"takes its own format",                                                          0700, "format",     "muster data 2\n",          MUSTER_OK,       ""                    },
    {"refuses a newer format",                                                        0700, "format",     "muster data 3\n",          MUSTER_EFORMAT,  "of format 3"         },
    {"refuses a much newer format",                                                   0700, "format",     "muster data 4294967297\n", MUSTER_EFORMAT,
     "of format 4294967297"                                                                                                                                                  },
    {"refuses an empty format file",                                                  0700, "format",     "",                         MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses format 0",                                                              0700, "format",     "muster data 0\n",          MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses a cut format file",                                                     0700, "format",     "muster data 2",            MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses a format file with more behind",                                        0700, "format",     "muster data 2\nx",         MUSTER_EDAMAGED,
     "format is damaged"                                                                                                                                                     },
    {"refuses somebody else's directory",                                             0700, "letter.txt", "x",                        MUSTER_EFORMAT,  "holds \"letter.txt\""},
    {"refuses a directory that the group can enter",                                  0710, NULL,         NULL,                       MUSTER_EMODE,    "chmod 0700"          },
    {"refuses a directory that others can read",                                      0704, NULL,         NULL,                       MUSTER_EMODE,    "mode 0704"           },
    {"refuses a wide directory even of its own format",                               0750, "format",     "muster data 2\n",          MUSTER_EMODE,
     "mode 0750"                                                                                                                                                             },
};

static void test_open_judges_the_directory(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(directories); i++) {
        char path[SCRATCH_PATH_MAX];
        struct store *store;
        print_message("store_open %s\n", directories[i].says);
        if (directories[i].mode) {
            assert_int_equal(mkdir(w->dir, 0700), 0);
            assert_int_equal(chmod(w->dir, directories[i].mode), 0);
        }
        if (directories[i].file)
            scratch_write(scratch_join(path, w->dir, directories[i].file), directories[i].contents,
                          strlen(directories[i].contents));
        assert_int_equal(store_open(w->dir, NULL, &store, &w->problem), directories[i].want);
        assert_non_null(strstr(w->problem.sentence, directories[i].sentence));
        assert_int_equal(store == NULL, directories[i].want != MUSTER_OK);
        if (directories[i].want == MUSTER_EFORMAT || directories[i].want == MUSTER_EMODE)
            assert_int_equal(access(scratch_join(path, w->dir, "lock"), F_OK),
                             -1); /* not even a lock is left */
        store_close(store);
        scratch_remove(w->dir);
    }
}

static void test_files_are_private_whatever_the_umask(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"",
                                        "/format",
                                        "/lock",
                                        "/guard",
                                        "/main",
                                        "/keys",
                                        "/derived",
                                        "/main/data.mdb",
                                        "/keys/data.mdb",
                                        "/derived/data.mdb",
                                        "/derived/boot"};
    mode_t before = umask(0);
    struct store *store = open_or_fail(w, w->dir, NULL);
    umask(before);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[2 * SCRATCH_PATH_MAX];
        struct stat st;
        snprintf(path, sizeof path, "%s%s", w->dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
    }
    store_close(store);
}

/* Opens in another process; its error, and its sentence in `problem`. */
static enum muster_error open_elsewhere(struct world *w, const char *dir)
{
    int pipes[2], status;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *store;
        enum muster_error error = store_open(dir, NULL, &store, &w->problem);
        ssize_t written = write(pipes[1], w->problem.sentence, sizeof w->problem.sentence);
        _exit(written == (ssize_t)sizeof w->problem.sentence ? (int)error : 99);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], w->problem.sentence, sizeof w->problem.sentence),
                     sizeof w->problem.sentence);
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (enum muster_error)WEXITSTATUS(status);
}

static void test_a_second_daemon_is_told_who_is_there(void **state)
{
    struct world *w = *state;
    char pid[32];
    struct store *store = open_or_fail(w, w->dir, NULL), *second;
    snprintf(pid, sizeof pid, "process %ld)", (long)getpid());
    assert_int_equal(open_elsewhere(w, w->dir), MUSTER_ELOCKED);
    assert_non_null(strstr(w->problem.sentence, pid));
    assert_int_equal(store_open(w->dir, NULL, &second, &w->problem), MUSTER_ELOCKED); /* in one process too */
    assert_null(second);
    assert_int_equal(put_one(store, T_META, "a", text("1")), MUSTER_OK); /* the first is not disturbed */
    store_close(store);
    assert_int_equal(open_elsewhere(w, w->dir), MUSTER_OK);
}

static void test_commits_and_derived_changes_outlive_a_close(void **state)
{
    struct world *w = *state;
    struct store_statistics figures;
    struct store *store = open_or_fail(w, w->dir, NULL);
    assert_true(store_derived_is_new(store));
    assert_false(store_guard_behind(store));
    assert_int_equal(put_one(store, T_META, "a", text("1")), MUSTER_OK);
    assert_int_equal(put_one(store, T_META, "a", text("2")), MUSTER_OK);
    assert_int_equal(put_one(store, T_KEY, "k", text("secret")), MUSTER_OK);
    assert_int_equal(put_one(store, T_OBJECT, "o", text("3")), MUSTER_OK);
    assert_true(holds(store, T_OBJECT, "o", "3")); /* before any commit of derived/ */
    store_close(store);

    store = open_or_fail(w, w->dir, NULL);
    assert_false(store_derived_is_new(store));
    assert_false(store_guard_behind(store));
    assert_true(holds(store, T_META, "a", "2"));
    assert_true(holds(store, T_KEY, "k", "secret"));
    assert_true(holds(store, T_OBJECT, "o", "3"));
    store_statistics(store, &figures);
    assert_int_equal(figures.commits, 2);
    assert_int_equal(figures.changes, 0);
    assert_true(figures.main_bytes > 4096 && figures.keys_bytes > 4096 && figures.derived_bytes > 4096);
    assert_true(figures.disk_free_bytes > 0);
    store_close(store);
}

/* Kilobytes of main's data file that are mapped at this moment. */
static unsigned long mapped_kb(void)
{
    char line[4352];
    bool inside = false;
    unsigned long sum = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[strcspn(line, " -")] == '-') /* "START-END ...": the next map */
            inside = strstr(line, "/main/data.mdb") != NULL;
        if (inside && strncmp(line, "Rss:", 4) == 0)
            sum += strtoul(line + 4, NULL, 10);
    }
    fclose(file);
    return sum;
}

static void test_a_resting_store_maps_nothing_and_holds_everything(void **state)
{
    struct world *w = *state;
    static uint8_t value[64 * 1024];
    struct store *store = open_or_fail(w, w->dir, NULL);
    for (uint8_t i = 0; i < 16; i++) {
        uint8_t key[2] = {'n', i};
        struct change change = {T_META, {key, sizeof key}, {value, sizeof value}};
        memset(value, i, sizeof value);
        assert_int_equal(store_commit(store, &change, 1, false), MUSTER_OK);
    }
    for (int round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 16; i++) {
            uint8_t key[2] = {'n', i};
            struct bytes held;
            const struct storage *storage = store_storage(store);
            assert_int_equal(storage->get(storage->self, T_META, (struct bytes){key, sizeof key}, &held), MUSTER_OK);
            memset(value, i, sizeof value);
            assert_int_equal(held.len, sizeof value);
            assert_memory_equal(held.at, value, sizeof value);
        }
        store_read_end(store);
        assert_true(mapped_kb() >= 1024);
        store_rest(store);
        assert_true(mapped_kb() < 64);
    }
    store_close(store);
}

/* The lent value lives until the next change, and a later commit shows. */
static void test_reads_see_what_was_committed_last(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    char value[8];
    for (int i = 0; i < 50; i++) {
        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(put_one(store, T_META, "n", text(value)), MUSTER_OK);
        assert_true(holds(store, T_META, "n", value));
        if (i % 3 == 0)
            store_read_end(store);
        assert_true(holds(store, T_META, "n", value));
    }
    store_close(store);
}

/* Keeps reads short: a file that a reader holds open grows with every commit. */
static void test_the_file_does_not_grow_under_steady_use(void **state)
{
    struct world *w = *state;
    struct store *store = open_or_fail(w, w->dir, NULL);
    struct store_statistics before, after;
    uint8_t value[600] = {0};
    char key[16];
    for (int i = 0; i < 1200; i++) {
        snprintf(key, sizeof key, "%d", i % 100);
        assert_int_equal(put_one(store, T_STATE, key, (struct bytes){value, sizeof value}), MUSTER_OK);
        struct bytes got; /* a read in each step, never ended by the caller */
        const struct storage *s = store_storage(store);
        assert_int_equal(s->get(s->self, T_STATE, text(key), &got), MUSTER_OK);
        if (i == 300)
            store_statistics(store, &before);
    }
    store_statistics(store, &after);
    assert_true(after.main_bytes <= before.main_bytes + before.main_bytes / 2);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_open_judges_the_directory),
        WORLD_TEST(test_files_are_private_whatever_the_umask),
        WORLD_TEST(test_a_second_daemon_is_told_who_is_there),
        WORLD_TEST(test_commits_and_derived_changes_outlive_a_close),
        WORLD_TEST(test_a_resting_store_maps_nothing_and_holds_everything),
        WORLD_TEST(test_reads_see_what_was_committed_last),
        WORLD_TEST(test_the_file_does_not_grow_under_steady_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
