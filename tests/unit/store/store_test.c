/* store_test.c — the directory, the guard, derived/, full disks, keys beside main, erased bytes. */
#include "crypto/crypto.h"
#include "scratch.h"
#include "store/store.h"

#include <errno.h>
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

struct world {
    char base[SCRATCH_PATH_MAX], dir[SCRATCH_PATH_MAX], other[SCRATCH_PATH_MAX];
    struct store_problem problem;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    scratch_make(w->base);
    scratch_join(w->dir, w->base, "data");
    scratch_join(w->other, w->base, "other");
    assert_int_equal(crypto_start(), MUSTER_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    scratch_remove(w->base);
    free(w);
    return 0;
}

static struct store *open_or_fail(struct world *w, const char *dir, const struct store_options *options)
{
    struct store *store;
    if (store_open(dir, options, &store, &w->problem) != MUSTER_OK)
        fail_msg("%s", w->problem.sentence);
    return store;
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static enum muster_error put_one(struct store *store, enum table table, const char *key, struct bytes value)
{
    struct change change = {table, text(key), value};
    const struct storage *s = store_storage(store);
    return (unsigned)table >= TABLE_DERIVED_FIRST ? s->derive(s->self, &change, 1)
                                                  : store_commit(store, &change, 1, false);
}

static bool holds(struct store *store, enum table table, const char *key, const char *want)
{
    const struct storage *s = store_storage(store);
    struct bytes value;
    enum muster_error error = s->get(s->self, table, text(key), &value);
    if (!want)
        return error == MUSTER_ENOTFOUND;
    return error == MUSTER_OK && value.len == strlen(want) && memcmp(value.at, want, value.len) == 0;
}

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
    {"takes its own format",                                                          0700, "format",     "muster data 1\n",          MUSTER_OK,       ""                    },
    {"refuses a newer format",                                                        0700, "format",     "muster data 2\n",          MUSTER_EFORMAT,  "of format 2"         },
    {"refuses a much newer format",                                                   0700, "format",     "muster data 4294967297\n", MUSTER_EFORMAT,
     "of format 4294967297"                                                                                                                                                  },
    {"refuses an empty format file",                                                  0700, "format",     "",                         MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses format 0",                                                              0700, "format",     "muster data 0\n",          MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses a cut format file",                                                     0700, "format",     "muster data 1",            MUSTER_EDAMAGED, "format is damaged"   },
    {"refuses a format file with more behind",                                        0700, "format",     "muster data 1\nx",         MUSTER_EDAMAGED,
     "format is damaged"                                                                                                                                                     },
    {"refuses somebody else's directory",                                             0700, "letter.txt", "x",                        MUSTER_EFORMAT,  "holds \"letter.txt\""},
    {"refuses a directory that the group can enter",                                  0710, NULL,         NULL,                       MUSTER_EMODE,    "chmod 0700"          },
    {"refuses a directory that others can read",                                      0704, NULL,         NULL,                       MUSTER_EMODE,    "mode 0704"           },
    {"refuses a wide directory even of its own format",                               0750, "format",     "muster data 1\n",          MUSTER_EMODE,
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

/* ---- derived/ ---- */

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
    {"discards what a stopped machine left",             "muster derived 1\n" OTHER_BOOT "open\n",  false},
    {"keeps what was closed before the machine stopped", "muster derived 1\n" OTHER_BOOT "clean\n", true },
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
    assert_int_equal(put_one(store, T_OBJECT, "more", text("1")), MUSTER_OK);
    store_close(store);
}

/* ---- full disks ---- */

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

/* ---- damage that only the hash or the guard sees ---- */

static size_t flip_all(const char *path, const char *needle)
{
    size_t len, found = 0;
    uint8_t *bytes = scratch_read(path, &len), *at = bytes;
    while ((at = memmem(at, len - (size_t)(at - bytes), needle, strlen(needle))) != NULL) {
        at[strlen(needle) / 2] ^= 0x10;
        found++;
    }
    scratch_write(path, bytes, len);
    free(bytes);
    return found;
}

struct damage {
    size_t count;
    enum table table;
    char key[16];
};

static void note_damage(void *user, enum table table, struct bytes key)
{
    struct damage *damage = user;
    damage->count++;
    damage->table = table;
    snprintf(damage->key, sizeof damage->key, "%.*s", (int)key.len, (const char *)key.at);
}

static bool count_visit(void *user, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)user;
    return true;
}

static const struct {
    const char *says, *file, *needle;
    enum table table;
    const char *key;
} flips[] = {
    {"in a short value of main", "main/data.mdb", "the canary of meta",     T_META,    "canary"},
    {"in a long value of main",  "main/data.mdb", "the canary of segments", T_SEGMENT, "canary"},
    {"in a key's bytes",         "keys/data.mdb", "the canary of keys",     T_KEY,     "canary"},
};

static void test_a_flipped_bit_is_damage_not_a_value(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(flips); i++) {
        uint8_t segment[5000] = {0};
        struct damage damage = {0};
        struct bytes value;
        size_t visits = 0;
        print_message("a flipped bit %s is found\n", flips[i].says);
        memcpy(segment + 3000, "the canary of segments", 22);
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "canary", text("the canary of meta")), MUSTER_OK);
        assert_int_equal(put_one(store, T_SEGMENT, "canary", (struct bytes){segment, sizeof segment}),
                         MUSTER_OK);
        assert_int_equal(put_one(store, T_KEY, "canary", text("the canary of keys")), MUSTER_OK);
        assert_int_equal(put_one(store, flips[i].table, "before", text("x")), MUSTER_OK);
        assert_int_equal(store_check(store, note_damage, &damage), 4);
        assert_int_equal(damage.count, 0);
        store_close(store);

        assert_true(flip_all(scratch_join(path, w->dir, flips[i].file), flips[i].needle) > 0);
        store = open_or_fail(w, w->dir, NULL);
        const struct storage *s = store_storage(store);
        assert_int_equal(s->get(s->self, flips[i].table, text(flips[i].key), &value), MUSTER_EDAMAGED);
        assert_int_equal(s->scan(s->self, flips[i].table, text(""), text(""), false, count_visit, &visits),
                         MUSTER_EDAMAGED);
        assert_int_equal(visits, 1); /* what lies before it is shown */
        assert_true(holds(store, flips[i].table, "before", "x"));
        assert_int_equal(store_check(store, note_damage, &damage), 4);
        assert_int_equal(damage.count, 1);
        assert_int_equal(damage.table, flips[i].table);
        assert_string_equal(damage.key, flips[i].key);
        assert_int_equal(put_one(store, flips[i].table, flips[i].key, text("healed")), MUSTER_OK);
        assert_true(holds(store, flips[i].table, flips[i].key, "healed"));
        store_close(store);
        scratch_remove(w->dir);
    }
}

/* What happens to the directory between a clean end and the next start. */
static void leave_alone(struct world *w)
{
    (void)w;
}

static void restore_backup(struct world *w)
{
    char from[SCRATCH_PATH_MAX], to[SCRATCH_PATH_MAX];
    size_t len;
    uint8_t *bytes = scratch_read(scratch_join(from, w->other, "main/data.mdb"), &len);
    scratch_write(scratch_join(to, w->dir, "main/data.mdb"), bytes, len);
    free(bytes);
}

static void lose_guard(struct world *w)
{
    char path[SCRATCH_PATH_MAX];
    assert_int_equal(unlink(scratch_join(path, w->dir, "guard")), 0);
}

static void damage_guard(struct world *w)
{
    char path[SCRATCH_PATH_MAX];
    size_t len;
    uint8_t *bytes = scratch_read(scratch_join(path, w->dir, "guard"), &len);
    char *digit = memchr(bytes, '\n', len);
    assert_non_null(digit);
    digit[7]++; /* the number of commits, one higher: the sum no longer fits */
    scratch_write(path, bytes, len);
    free(bytes);
}

/* The newest meta page gets a number that makes the other one the newest. */
static void damage_meta(struct world *w)
{
    enum { PAGE = 4096, NUMBER_AT = 16 + 24 + 96 + 8 };
    char path[SCRATCH_PATH_MAX];
    size_t len;
    uint64_t number[2];
    uint8_t *bytes = scratch_read(scratch_join(path, w->dir, "main/data.mdb"), &len);
    memcpy(&number[0], bytes + NUMBER_AT, 8);
    memcpy(&number[1], bytes + PAGE + NUMBER_AT, 8);
    int newest = number[1] > number[0];
    number[newest] -= 2;
    memcpy(bytes + newest * PAGE + NUMBER_AT, &number[newest], 8);
    scratch_write(path, bytes, len);
    free(bytes);
}

static const struct {
    const char *says;
    void (*act)(struct world *w);
    bool behind;
    const char *holds;
} returns[] = {
    {"is level after a clean end",                                        leave_alone,    false, "2"},
    {"is ahead of a restored backup",                                     restore_backup, true,  "1"},
    {"counts as ahead when it is gone",                                   lose_guard,     true,  "2"},
    {"counts as ahead when it is damaged",                                damage_guard,   true,  "2"},
    {"is ahead when a damaged meta page brings the previous commit back", damage_meta,    true,  "1"},
};

static void test_the_guard_sees_an_earlier_commit(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(returns); i++) {
        print_message("the guard %s\n", returns[i].says);
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
        store_close(store);
        scratch_copy(w->dir, w->other);
        store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("2")), MUSTER_OK);
        store_close(store);
        returns[i].act(w);
        for (int start = 0; start < 2; start++) { /* it stays so until it is accepted */
            store = open_or_fail(w, w->dir, NULL);
            assert_true(holds(store, T_META, "n", returns[i].holds));
            assert_int_equal(store_guard_behind(store), returns[i].behind);
            assert_int_equal(put_one(store, T_LOG, "new incarnation", text("1")), MUSTER_OK);
            if (start == 0)
                store_close(store);
        }
        assert_int_equal(store_guard_accept(store), MUSTER_OK);
        store_close(store);
        store = open_or_fail(w, w->dir, NULL);
        assert_false(store_guard_behind(store));
        store_close(store);
        scratch_remove(w->dir);
        scratch_remove(w->other);
    }
}

static const char *const lost_files[] = {"main/data.mdb", "keys/data.mdb"};

static void test_a_lost_file_is_not_made_anew(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(lost_files); i++) {
        char path[SCRATCH_PATH_MAX];
        struct store *store = open_or_fail(w, w->dir, NULL);
        assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
        store_close(store);
        assert_int_equal(truncate(scratch_join(path, w->dir, lost_files[i]), 0), 0);
        for (int gone = 0; gone < 2; gone++) { /* first empty, then gone */
            assert_int_equal(store_open(w->dir, NULL, &store, &w->problem), MUSTER_EDAMAGED);
            assert_non_null(strstr(w->problem.sentence, lost_files[i]));
            assert_non_null(strstr(w->problem.sentence, "is gone or empty"));
            if (!gone)
                assert_int_equal(unlink(path), 0);
        }
        scratch_remove(w->dir);
    }
}

/* Keys are in no backup: without guard and keys the node starts as after a restore. */
static void test_a_restore_without_keys_starts_behind_the_guard(void **state)
{
    struct world *w = *state;
    char path[SCRATCH_PATH_MAX];
    struct store *store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(put_one(store, T_META, "n", text("1")), MUSTER_OK);
    assert_int_equal(put_one(store, T_KEY, "k", text("1")), MUSTER_OK);
    store_close(store);
    assert_int_equal(unlink(scratch_join(path, w->dir, "keys/data.mdb")), 0);
    lose_guard(w);
    store = open_or_fail(w, w->dir, NULL);
    assert_true(store_guard_behind(store));
    assert_true(holds(store, T_META, "n", "1"));
    assert_true(holds(store, T_KEY, "k", NULL));
    store_close(store);
}

/* ---- erased bytes ---- */

static size_t canaries(struct world *w, const char *canary)
{
    char path[SCRATCH_PATH_MAX];
    return scratch_find(scratch_join(path, w->dir, "main/data.mdb"), canary, strlen(canary)) +
           scratch_find(scratch_join(path, w->dir, "keys/data.mdb"), canary, strlen(canary));
}

static void test_scrub_leaves_no_erased_byte(void **state)
{
    struct world *w = *state;
    enum { COMMITS = 300 };
    static uint8_t long_value[20000];
    struct store *store = open_or_fail(w, w->dir, NULL);
    uint64_t seed = 7;
    char key[16], value[700];
    for (int i = 0; i < COMMITS; i++) { /* erasable and other values side by side, long and short */
        bool erasable = i % 3 == 0;
        snprintf(key, sizeof key, "%04d", (int)(scratch_random(&seed) % 200));
        snprintf(value, sizeof value, "%s number %d %0*d", erasable ? "CANARY of a person" : "fact", i,
                 (int)(scratch_random(&seed) % 600), 0);
        memcpy(long_value + 9000, value, strlen(value) + 1);
        assert_int_equal(put_one(store, erasable ? T_POSITION : T_META, key, text(value)), MUSTER_OK);
        if (i % 20 == 0)
            assert_int_equal(put_one(store, T_KEY, key, text("CANARY key")), MUSTER_OK);
        if (i % 10 == 0)
            assert_int_equal(put_one(store, T_POSITION, "long",
                                     (struct bytes){long_value, 9000 + scratch_random(&seed) % 11000}),
                             MUSTER_OK);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%04d", i);
        struct change changes[] = {
            {T_POSITION, text(key), {NULL, 0}},
            {T_KEY,      text(key), {NULL, 0}}
        };
        assert_int_equal(store_commit(store, changes, 2, false), MUSTER_OK);
    }
    assert_int_equal(put_one(store, T_POSITION, "long", (struct bytes){NULL, 0}), MUSTER_OK);
    assert_true(canaries(w, "CANARY of a person") > 0); /* else this test shows nothing */
    assert_true(canaries(w, "CANARY key") > 0);
    if (store_scrub(store, &w->problem) != MUSTER_OK)
        fail_msg("%s", w->problem.sentence);
    assert_int_equal(canaries(w, "CANARY of a person"), 0);
    assert_int_equal(canaries(w, "CANARY key"), 0);

    struct damage damage = {0};
    uint64_t values = store_check(store, note_damage, &damage);
    assert_true(values > 50);
    assert_int_equal(damage.count, 0);
    assert_int_equal(put_one(store, T_META, "after", text("1")), MUSTER_OK);
    store_close(store);
    lose_guard(w); /* so that every byte is looked at */
    store = open_or_fail(w, w->dir, NULL);
    assert_int_equal(store_check(store, note_damage, &damage), values + 1);
    assert_int_equal(damage.count, 0);
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

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_open_judges_the_directory),
        T(test_files_are_private_whatever_the_umask),
        T(test_a_second_daemon_is_told_who_is_there),
        T(test_commits_and_derived_changes_outlive_a_close),
        T(test_reads_see_what_was_committed_last),
        T(test_derived_is_kept_or_discarded),
        T(test_damaged_derived_is_made_anew),
        T(test_derived_reset_leaves_no_byte),
        T(test_a_full_derived_falls_back_to_its_last_commit),
        T(test_a_full_map_changes_nothing),
        T(test_keys_go_back_when_main_is_full),
        T(test_a_full_disk_changes_nothing),
        T(test_a_flipped_bit_is_damage_not_a_value),
        T(test_the_guard_sees_an_earlier_commit),
        T(test_a_lost_file_is_not_made_anew),
        T(test_a_restore_without_keys_starts_behind_the_guard),
        T(test_scrub_leaves_no_erased_byte),
        T(test_the_file_does_not_grow_under_steady_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
