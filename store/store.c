/* store.c — opening and closing, in the order that keeps a damaged or foreign directory from harm:
 * directory, lock, format, guard, bytes, guard says "open", LMDB. */
#include "store/inside.h"

#include "store/bytecheck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store *store_new(const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->dir_fd = store->lock_fd = store->guard_fd = store->compact_fd = -1;
    store->mapped.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    store->map_bytes = options ? options->map_bytes : 0;
    if (options && options->version)
        snprintf(store->version, sizeof store->version, "%s", options->version);
    store->reserve_bytes =
        options && options->disk_reserve_bytes ? options->disk_reserve_bytes : STORE_RESERVE_DEFAULT;
    if (store->reserve_bytes < STORE_RESERVE_MIN)
        store->reserve_bytes = STORE_RESERVE_MIN;
    store->storage = (struct storage){store, read_get, read_scan, derived_change, derived_keep, derived_gather};
    return store;
}

static void store_free(struct store *store)
{
    free(store->gather);
    if (store->deriving)
        mdb_txn_abort(store->deriving);
    for (int i = 0; i < DURABLE_ENVIRONMENTS; i++)
        if (store->reading[i])
            mdb_txn_abort(store->reading[i]);
    for (int i = 0; i < ENVIRONMENTS; i++)
        if (store->env[i])
            mdb_env_close(store->env[i]);
    if (store->mapped.statm_fd >= 0)
        close(store->mapped.statm_fd);
    if (store->guard_fd >= 0)
        close(store->guard_fd);
    if (store->dir_fd >= 0)
        close(store->dir_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd); /* last: it lets the next one in */
    free(store);
}

/* The guard is written once both files are there: a missing one has been lost.  LMDB would make it anew. */
static enum muster_error file_lost(struct store *store, enum table_environment which,
                                   struct store_problem *problem)
{
    if (which == TABLE_MAIN)
        problem_say(problem,
                    "%s/main/data.mdb is gone or empty, although this node has made %" PRIu64
                    " commits. Put it back "
                    "or restore a backup; for a new node use an empty directory.",
                    store->dir, store->guard.commits);
    else
        problem_say(
            problem,
            "%s/keys/data.mdb is gone or empty. Put it back; if it is lost, remove %s/guard: the node then "
            "starts as after a restore and asks its partners for the keys.",
            store->dir, store->dir);
    return MUSTER_EDAMAGED;
}

/* Judges the durable files before LMDB sees them: whole after an unclean end or if they are not as the last
 * clean end left them, else their meta pages only. */
static enum muster_error files_check(struct store *store, struct store_problem *problem)
{
    bool whole = !store->guard.found || !store->guard.clean || !guard_files_unchanged(store);
    enum muster_error error = MUSTER_OK;
    for (int i = 0; i < DURABLE_ENVIRONMENTS && !error; i++) {
        char path[PATH_MAX + 32], name[32];
        bool present = false;
        snprintf(name, sizeof name, "%s/data.mdb", environment_name((enum table_environment)i));
        snprintf(path, sizeof path, "%s/%s", store->dir, name);
        error = bytecheck_metas(path, name, &present, problem);
        if (!error && present && whole)
            error = bytecheck_file(path, name, BYTECHECK_NEWEST, NULL, NULL, problem);
        if (!error && !present && store->guard.found)
            error = file_lost(store, (enum table_environment)i, problem);
    }
    return error;
}

/* From here on a crash leaves "open" behind, so that the next start looks at every byte. */
static enum muster_error guard_open(struct store *store, struct store_problem *problem)
{
    store->guard.clean = false;
    enum muster_error error = guard_write(store, true);
    if (error)
        problem_say(problem,
                    "%s/guard cannot be written: %s. Free space, or check the owner of the directory.",
                    store->dir, strerror(errno));
    return error;
}

/* Compares the database with the guard and keeps the higher number: later commits go on from there. */
static enum muster_error guard_compare(struct store *store, bool guard_found, struct store_problem *problem)
{
    uint64_t database;
    enum muster_error error = counter_read(store, &database);
    if (error) {
        problem_say(
            problem,
            "The counter of commits in %s/main is damaged. Restore the directory from a backup, or move it "
            "away and let the node join its spaces anew.",
            store->dir);
        return error;
    }
    if (database < store->guard.commits || (!guard_found && database > 0))
        store->guard.behind = true;
    store->commits = database;
    error = keys_settle(store); /* with the number that the database has, not the guard */
    if (error) {
        problem_say(problem, "The keys in %s/keys cannot be brought in order: %s. %s.", store->dir,
                    error_what(error), error_remedy(error));
        return error;
    }
    if (store->commits < store->guard.commits)
        store->commits = store->guard.commits;
    store->guard.commits = store->commits;
    store->guard_written_ms = store->readers_checked_ms = monotonic_ms();
    return guard_open(store, problem);
}

enum muster_error store_open(const char *dir, const struct store_options *options, struct store **out,
                             struct store_problem *problem)
{
    struct store_problem unread;
    struct store *store = store_new(options);
    problem = problem ? problem : &unread;
    problem->sentence[0] = '\0';
    *out = NULL;
    if (!store) {
        problem_say(problem, "There is not enough memory to open %s. Free memory and start again.", dir);
        return MUSTER_ESTORE;
    }
    enum muster_error error = directory_open(store, dir, problem);
    bool guard_found = false;
    if (!error) {
        compact_leftover_remove(store);
        upgrade_leftover_remove(store);
        guard_read(store);
        guard_found = store->guard.found;
        error = files_check(store, problem);
    }
    if (!error && store->format && store->format < STORE_FORMAT)
        error = upgrade_keep(store, problem);
    if (!error) {
        disk_free_now(store);
        error = guard_found ? guard_open(store, problem) : MUSTER_OK;
    }
    if (!error)
        error = environment_open(store, TABLE_MAIN, problem);
    if (!error)
        error = environment_open(store, TABLE_KEYS, problem);
    if (!error)
        error = derived_open(store, problem);
    if (!error)
        error = guard_compare(store, guard_found, problem);
    if (!error)
        error = upgrade_run(store, problem);
    if (error)
        store_free(store);
    else
        *out = store;
    return error;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->compact_fd >= 0)
        store_compact_drop(store);
    store_read_end(store);
    derived_close(store);
    for (int i = 0; i < DURABLE_ENVIRONMENTS; i++) {
        if (store->reading[i])
            mdb_txn_abort(store->reading[i]);
        store->reading[i] = NULL;
        mdb_env_close(store->env[i]);
        store->env[i] = NULL;
    }
    store->guard.commits = store->commits;
    store->guard.clean = true;
    guard_note_files(store);
    if (guard_write(store, true) != MUSTER_OK) {
        /* The guard still says "open": the next start looks at every byte. */
    }
    store_free(store);
}

const struct storage *store_storage(struct store *store)
{
    return &store->storage;
}

bool store_guard_behind(const struct store *store)
{
    return store->guard.behind;
}

enum muster_error store_guard_accept(struct store *store)
{
    bool before = store->guard.behind;
    store->guard.behind = false;
    store->guard.commits = store->commits;
    enum muster_error error = guard_write(store, true);
    if (error)
        store->guard.behind = before;
    return error;
}
