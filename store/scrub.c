/* scrub.c — overwriting what LMDB leaves behind of deleted values.
 *
 * Deleting a value frees its place; the bytes stay in free pages, and copying a page carries whatever was in
 * the copy's memory into the gap between its bounds.  Overwriting a value before deleting it changes nothing,
 * since LMDB writes to another page.  And the memory of pages that were written is used again for the next ones, so that
 * later commits bring erased bytes back into their gaps, unless the environment is closed and opened in between.  So: that,
 * then two empty commits, after which neither the newest commit nor the
 * one before (which LMDB opens when the newest meta page is damaged) refers to the pages that were freed;
 * then the byte check walks the file and names every run of bytes that nobody reads, and those are zeroed in
 * place. A crash in between leaves a healthy file: only bytes that no commit refers to are touched. */
#include "store/inside.h"

#include "store/bytecheck.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRUB_CHUNK = 4096 };

struct scrub {
    int fd, error;
};

static bool all_zero(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static bool scrub_run(void *user, uint64_t offset, uint64_t len)
{
    static const uint8_t zeroes[SCRUB_CHUNK];
    struct scrub *scrub = user;
    uint8_t bytes[SCRUB_CHUNK];
    while (len) {
        size_t n = len < sizeof bytes ? (size_t)len : sizeof bytes;
        ssize_t got = pread(scrub->fd, bytes, n, (off_t)offset);
        if (got <= 0) {
            scrub->error = got < 0 ? errno : 0;
            return got == 0; /* behind the end of the file nothing is left of anything */
        }
        if (!all_zero(bytes, (size_t)got) && pwrite(scrub->fd, zeroes, (size_t)got, (off_t)offset) != got) {
            scrub->error = errno;
            return false;
        }
        offset += (uint64_t)got;
        len -= (uint64_t)got;
    }
    return true;
}

/* mdb_reader_list prints a line a slot, ending in "-" when the slot reads nothing. */
static int reader_line(const char *line, void *user)
{
    bool *busy = user;
    size_t len = strlen(line);
    if (strchr("(p", line[strspn(line, " ")]) == NULL && (len < 2 || line[len - 2] != '-'))
        *busy = true;
    return 0;
}

static enum muster_error scrub_environment(struct store *store, enum table_environment which,
                                           struct store_problem *problem)
{
    char path[PATH_MAX + 32], name[32];
    struct scrub scrub = {.fd = -1};
    MDB_txn *lock;
    bool busy = false;
    snprintf(name, sizeof name, "%s/data.mdb", environment_name(which));
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    /* While it is open nobody else writes; it changes nothing and is aborted. */
    int rc = environment_begin(store, which, 0, &lock);
    if (rc) {
        problem_say(problem, "%s cannot be locked: %s. Try again.", path, mdb_strerror(rc));
        return store_error(rc);
    }
    enum muster_error error = MUSTER_OK;
    mdb_reader_list(store->env[which], reader_line, &busy);
    if (busy) {
        problem_say(problem,
                    "Another process reads %s, perhaps a backup. Erased bytes are overwritten when it ends.",
                    path);
        error = MUSTER_EBUSY;
    } else if ((scrub.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) < 0) {
        problem_say(problem, "%s cannot be opened: %s. Check its owner.", path, strerror(errno));
        error = MUSTER_EIO;
    } else {
        error = bytecheck_file(path, name, BYTECHECK_NEWEST, scrub_run, &scrub, problem);
        /* Pages that only the commit before uses still have gaps of their own. */
        if (!error)
            error = bytecheck_file(path, name, BYTECHECK_PREVIOUS, scrub_run, &scrub, problem);
    }
    if (!error && fdatasync(scrub.fd) != 0)
        scrub.error = errno;
    if (scrub.error) {
        problem_say(problem, "Erased bytes in %s cannot be overwritten: %s. Look at the disk.", path,
                    strerror(scrub.error));
        error = store_error_at(store, scrub.error);
    }
    if (scrub.fd >= 0)
        close(scrub.fd);
    mdb_txn_abort(lock);
    return error;
}

/* A commit that changes nothing but the count, in each environment. */
static enum muster_error empty_commit(struct store *store)
{
    MDB_txn *txn;
    static const struct bytes key = {(const uint8_t *)"scrub", 5};
    enum muster_error error = main_commit(store, NULL, 0, store->commits + 1);
    if (error)
        return error;
    int rc = environment_begin(store, TABLE_KEYS, 0, &txn);
    if (!rc && (rc = stored_put(txn, store->pending_dbi, TABLE_PENDING, key, key, 0)) != 0)
        mdb_txn_abort(txn);
    else if (!rc)
        rc = mdb_txn_commit(txn);
    return store_error_at(store, rc);
}

/* derived/ holds plain text.  Its open transaction ends here, and two more that change next to nothing: what is left then
 * is overwritten in place, as in the others, without building all of it anew. */
static enum muster_error scrub_derived(struct store *store, struct store_problem *problem)
{
    static const struct bytes key = {(const uint8_t *)"scrub", 5};
    enum muster_error error = store_derived_commit(store);
    if (!error)
        error = environment_again(store, TABLE_DERIVED, problem);
    for (uint8_t i = 0; i < 2 && !error; i++) {
        struct change change = {T_APPLIED, key, {&i, 1}};
        error = derived_change(store, &change, 1);
        if (!error)
            error = store_derived_commit(store);
    }
    if (error)
        problem_say(problem, "Erased text in derived/ cannot be overwritten yet: %s. %s.", error_what(error),
                    error_remedy(error));
    return error ? error : scrub_environment(store, TABLE_DERIVED, problem);
}

enum muster_error store_scrub(struct store *store, struct store_problem *problem)
{
    struct store_problem unread;
    problem = problem ? problem : &unread;
    problem->sentence[0] = '\0';
    if (store->scans)
        return MUSTER_EINTERNAL;
    if (store->copying) { /* the environment cannot be closed, and free pages are being read */
        problem_say(problem, "Erased bytes are overwritten when the backup that is being made has ended.");
        return MUSTER_EBUSY;
    }
    store_read_end(store);
    enum muster_error error = keys_settle(store);
    for (int i = 0; i < DURABLE_ENVIRONMENTS && !error; i++) /* before the last commits, or their gaps bring it back */
        error = environment_again(store, (enum table_environment)i, problem);
    for (int i = 0; i < 2 && !error; i++)
        error = empty_commit(store);
    if (error)
        problem_say(problem, "Erased bytes cannot be overwritten yet: %s. %s.", error_what(error),
                    error_remedy(error));
    for (int i = 0; i < DURABLE_ENVIRONMENTS && !error; i++)
        error = scrub_environment(store, (enum table_environment)i, problem);
    return error ? error : scrub_derived(store, problem);
}
