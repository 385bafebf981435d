/* upgrade.c — data of an older format become data of this one; what they were is kept until somebody says that all is well.
 *
 *   DIR/kept/format-1-20260301T140509Z/   the directory as it was: format, main/, keys/, secrets/ and what else lies in it
 *
 * The copy is made before LMDB opens a file, whole and durable under another name before it gets its own.  Without the guard
 * and derived/: a program of the older format that is given the copy sees that it is of an earlier moment, and goes on in new
 * logs.  Then the steps run, one transaction each, and after each the file `format` says its number.  A crash before that
 * runs the step again, so each must do no harm a second time. */
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT       "kept"
#define KEPT_NEW   ".new"
#define KEPT_GONE  ".gone"
#define ABOUT_FILE "kept.about"

enum { ABOUT_BYTES = 256, DEPTH_MAX = 8, CHUNK = 256 * 1024, MB = 1000000 };

static uint64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- folders -------------------------------------------------------------------------------------------------- */

/* For each entry but "." and "..": false ends the walk. */
typedef bool folder_visit(void *user, int folder, const char *name, const struct stat *st);

static bool folder_walk(int parent, const char *name, folder_visit *visit, void *user)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool ok = listing != NULL;
    if (!listing && fd >= 0)
        close(fd);
    while (ok && (entry = readdir(listing)) != NULL) {
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ok = fstatat(dirfd(listing), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && visit(user, dirfd(listing), entry->d_name, &st);
    }
    if (listing)
        closedir(listing);
    return ok;
}

static bool remove_one(void *user, int folder, const char *name, const struct stat *st)
{
    unsigned *depth = user;
    if (!S_ISDIR(st->st_mode))
        return unlinkat(folder, name, 0) == 0;
    if (++*depth > DEPTH_MAX)
        return false;
    bool ok = folder_walk(folder, name, remove_one, depth);
    --*depth;
    return ok && unlinkat(folder, name, AT_REMOVEDIR) == 0;
}

static bool tree_remove(int parent, const char *name)
{
    unsigned depth = 0;
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    return remove_one(&depth, parent, name, &st);
}

/* What belongs to this life of the directory alone, or is made again by itself. */
static bool stays_here(const char *name)
{
    static const char *const names[] = {"lock", "guard", "derived", KEPT, "lock.mdb", ABOUT_FILE};
    size_t len = strlen(name);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return len > 4 && strcmp(name + len - 4, ".new") == 0;
}

struct tree_copy {
    int into;       /* the folder that is written */
    unsigned depth;
    uint64_t bytes; /* counted, or copied */
    bool count;     /* only */
    uint8_t *chunk;
};

static bool file_copy(struct tree_copy *t, int folder, const char *name)
{
    int from = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int into = from < 0 ? -1 : openat(t->into, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n = into < 0 ? -1 : 1;
    while (n > 0 && (n = read(from, t->chunk, CHUNK)) > 0) {
        ssize_t put = write(into, t->chunk, (size_t)n);
        if (put >= 0 && put < n)
            errno = ENOSPC; /* the rest found no room */
        n = put < n ? -1 : put;
        t->bytes += put > 0 ? (uint64_t)put : 0;
    }
    if (n == 0 && fsync(into) != 0)
        n = -1;
    int saved = errno;
    if (from >= 0)
        close(from);
    if (into >= 0)
        close(into);
    errno = saved;
    return n == 0;
}

static bool copy_one(void *user, int folder, const char *name, const struct stat *st)
{
    struct tree_copy *t = user;
    int parent = t->into;
    if (stays_here(name))
        return true;
    if (S_ISREG(st->st_mode)) {
        if (!t->count)
            return file_copy(t, folder, name);
        t->bytes += (uint64_t)st->st_size;
        return true;
    }
    if (!S_ISDIR(st->st_mode) || t->depth == DEPTH_MAX)
        return true; /* a socket, a link: nothing of the store's */
    if (!t->count && (mkdirat(parent, name, 0700) != 0 ||
                      (t->into = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)) {
        t->into = parent;
        return false;
    }
    t->depth++;
    bool ok = folder_walk(folder, name, copy_one, t);
    t->depth--;
    if (!t->count) {
        ok = ok && fsync(t->into) == 0;
        int saved = errno;
        close(t->into);
        errno = saved;
    }
    t->into = parent;
    return ok;
}

/* --- kept ------------------------------------------------------------------------------------------------------- */

/* The number behind "NAME " at the beginning of the line; *line stands on the next one then. */
static bool number_of(const char **line, const char *name, uint64_t *out)
{
    size_t len = strlen(name);
    char *end;
    if (strncmp(*line, name, len) != 0 || (*line)[len] != ' ' || (*line)[len + 1] < '0' || (*line)[len + 1] > '9')
        return false;
    errno = 0;
    *out = strtoull(*line + len + 1, &end, 10);
    *line = end + 1;
    return errno == 0 && *end == '\n';
}

static bool about_read(int folder, const char *name, struct store_kept *out, uint64_t *commits)
{
    static const char head[] = "muster kept 1\n", version[] = "version ";
    char path[NAME_MAX + 32], text[ABOUT_BYTES];
    const char *line = text + sizeof head - 1;
    uint64_t format = 0;
    snprintf(path, sizeof path, "%s/" ABOUT_FILE, name);
    *out = (struct store_kept){.format = 0};
    snprintf(out->name, sizeof out->name, "%s", name);
    if (strlen(name) >= sizeof out->name || file_read(folder, path, text, sizeof text) < (ssize_t)sizeof head ||
        strncmp(text, head, sizeof head - 1) != 0 || !number_of(&line, "format", &format) || format == 0 || format > UINT_MAX ||
        !number_of(&line, "made", &out->made_ms) || !number_of(&line, "commits", commits) ||
        strncmp(line, version, sizeof version - 1) != 0)
        return false;
    out->format = (unsigned)format;
    line += sizeof version - 1;
    snprintf(out->version, sizeof out->version, "%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

struct listing {
    struct store_kept *out;
    size_t count;
    /* looked for */
    unsigned format;
    uint64_t commits;
    bool found;
};

static bool list_one(void *user, int folder, const char *name, const struct stat *st)
{
    struct listing *l = user;
    struct store_kept kept;
    struct tree_copy size = {.count = true};
    uint64_t commits = 0;
    if (name[0] == '.' || !S_ISDIR(st->st_mode) || !about_read(folder, name, &kept, &commits))
        return true;
    l->found |= kept.format == l->format && commits == l->commits;
    if (!l->out)
        return true;
    if (!folder_walk(folder, name, copy_one, &size))
        return true;
    kept.bytes = size.bytes;
    l->out[l->count++] = kept;
    return l->count < STORE_KEPT_MAX;
}

size_t store_kept_list(const struct store *store, struct store_kept out[STORE_KEPT_MAX])
{
    struct listing l = {.out = out};
    (void)folder_walk(store->dir_fd, KEPT, list_one, &l);
    return l.count;
}

/* Under another name first, so that nobody goes back to half of one. */
static bool gone_one(void *user, int folder, const char *name, const struct stat *st)
{
    bool *all = user;
    (void)st;
    if (*all && name[0] != '.' && renameat(folder, name, folder, KEPT_GONE) == 0)
        name = KEPT_GONE;
    return (!*all && name[0] != '.') || tree_remove(folder, name);
}

enum muster_error store_kept_remove(struct store *store, uint64_t *bytes, struct store_problem *problem)
{
    struct store_kept kept[STORE_KEPT_MAX];
    bool all = true;
    size_t count = store_kept_list(store, kept);
    *bytes = 0;
    for (size_t i = 0; i < count; i++)
        *bytes += kept[i].bytes;
    if (faccessat(store->dir_fd, KEPT, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return MUSTER_OK;
    if (folder_walk(store->dir_fd, KEPT, gone_one, &all) && unlinkat(store->dir_fd, KEPT, AT_REMOVEDIR) == 0 && fsync(store->dir_fd) == 0)
        return MUSTER_OK;
    problem_say(problem, "%s/" KEPT " cannot be removed: %s. Look at the disk, or remove it by hand.", store->dir, strerror(errno));
    return MUSTER_EIO;
}

static bool about_write(const struct store *store, int folder)
{
    char text[ABOUT_BYTES];
    int len = snprintf(text, sizeof text, "muster kept 1\nformat %u\nmade %" PRIu64 "\ncommits %" PRIu64 "\nversion %s\n", store->format,
                       wall_ms(), store->guard.commits, store->version);
    return file_replace(folder, ABOUT_FILE, ABOUT_FILE ".new", text, (size_t)len) == MUSTER_OK;
}

static void kept_name(const struct store *store, char out[64])
{
    time_t now = time(NULL);
    struct tm utc;
    char stamp[24] = "";
    if (gmtime_r(&now, &utc))
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(out, 64, "format-%u-%s", store->format, stamp);
}

void upgrade_leftover_remove(const struct store *store)
{
    bool all = false;
    if (faccessat(store->dir_fd, KEPT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        (void)folder_walk(store->dir_fd, KEPT, gone_one, &all);
}

/* The whole directory into kept/.new, then under its name. */
static bool keep_copy(struct store *store, int kept)
{
    struct tree_copy t = {.chunk = malloc(CHUNK)};
    char name[64];
    kept_name(store, name);
    bool ok = t.chunk && mkdirat(kept, KEPT_NEW, 0700) == 0 &&
              (t.into = openat(kept, KEPT_NEW, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) >= 0;
    if (ok) {
        ok = folder_walk(store->dir_fd, ".", copy_one, &t) && about_write(store, t.into) && fsync(t.into) == 0;
        int saved = errno;
        close(t.into);
        errno = saved;
    }
    ok = ok && renameat(kept, KEPT_NEW, kept, name) == 0 && fsync(kept) == 0;
    int saved = errno;
    free(t.chunk);
    errno = saved;
    return ok;
}

enum muster_error upgrade_keep(struct store *store, struct store_problem *problem)
{
    struct listing l = {.format = store->format, .commits = store->guard.commits};
    struct tree_copy size = {.count = true};
    bool none = false;
    if ((mkdirat(store->dir_fd, KEPT, 0700) != 0 && errno != EEXIST) || fsync(store->dir_fd) != 0) {
        problem_say(problem, "%s/" KEPT ", for a copy before the upgrade, cannot be made: %s. Check the disk.", store->dir, strerror(errno));
        return errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
    }
    (void)folder_walk(store->dir_fd, KEPT, gone_one, &none); /* what a crash left half made or half removed */
    (void)folder_walk(store->dir_fd, KEPT, list_one, &l);
    if (l.found && store->guard.found)
        return MUSTER_OK; /* a crash came behind the copy */
    (void)folder_walk(store->dir_fd, ".", copy_one, &size);
    uint64_t needed = size.bytes + STORE_RESERVE_MIN, there = disk_free_now(store);
    if (there < needed) {
        problem_say(problem,
                    "The data in %s are of format %u; before they become format %d a copy of them is kept, and the disk has no room "
                    "for it: %" PRIu64 " MB are needed, %" PRIu64 " MB are free. Free space and start again; nothing was changed.",
                    store->dir, store->format, STORE_FORMAT, needed / MB + 1, there / MB);
        return MUSTER_EFULL;
    }
    int kept = openat(store->dir_fd, KEPT, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = kept >= 0 && keep_copy(store, kept);
    int why = errno;
    if (kept >= 0) {
        (void)folder_walk(store->dir_fd, KEPT, gone_one, &none);
        close(kept);
    }
    if (ok)
        return MUSTER_OK;
    problem_say(problem, "A copy of %s before its upgrade from format %u cannot be made: %s. %s; nothing was changed.", store->dir,
                store->format, strerror(why), why == ENOSPC ? "Free space and start again" : "Check the disk and start again");
    return why == ENOSPC || why == EDQUOT || why == EFBIG ? MUSTER_EFULL : MUSTER_EIO;
}

/* --- history ------------------------------------------------------------------------------------------------------ */

/* format u32 BE -> since u64 BE, version */
static int history_put(struct store *store, MDB_txn *txn, unsigned format, uint64_t since_ms, const char *version)
{
    uint8_t key[4], value[8 + STORE_VERSION_MAX];
    size_t len = strlen(version) < STORE_VERSION_MAX ? strlen(version) : STORE_VERSION_MAX;
    put_be32(key, format);
    put_be64(value, since_ms);
    memcpy(value + 8, version, len);
    return stored_put(txn, store->history_dbi, TABLE_HISTORY, (struct bytes){key, sizeof key}, (struct bytes){value, 8 + len}, 0);
}

enum muster_error store_history(struct store *store, struct store_history out[STORE_HISTORY_MAX], size_t *count)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val k, v;
    *count = 0;
    int rc = environment_begin(store, TABLE_MAIN, MDB_RDONLY, &txn);
    if (rc)
        return store_error(rc);
    rc = mdb_cursor_open(txn, store->history_dbi, &cursor);
    enum muster_error error = store_error(rc);
    for (int at = rc ? MDB_NOTFOUND : mdb_cursor_get(cursor, &k, &v, MDB_FIRST); at == 0 && *count < STORE_HISTORY_MAX && !error;
         at = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        struct bytes key = bytes_of(&k), value;
        error = key.len == 4 ? stored_value(TABLE_HISTORY, key, &v, &value) : MUSTER_EDAMAGED;
        if (!error && (value.len < 8 || value.len > 8 + STORE_VERSION_MAX))
            error = MUSTER_EDAMAGED;
        if (error)
            break;
        struct store_history *row = &out[(*count)++];
        *row = (struct store_history){.format = get_be32(key.at), .since_ms = get_be64(value.at)};
        memcpy(row->version, value.at + 8, value.len - 8);
    }
    if (!rc)
        mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return error;
}

unsigned store_upgraded_from(const struct store *store)
{
    return store->upgraded_from;
}

/* --- steps --------------------------------------------------------------------------------------------------------- */

/* Format 2 keeps with the data which formats they have had; of format 1 only that they had it is known. */
static int to_format_2(struct store *store, MDB_txn *txn)
{
    int rc = history_put(store, txn, 1, 0, "");
    return rc ? rc : history_put(store, txn, 2, wall_ms(), store->version);
}

static int (*const steps[STORE_FORMAT])(struct store *store, MDB_txn *txn) = {
    [1] = to_format_2, /* from that format to the next */
};

static int step_run(struct store *store, int (*step)(struct store *store, MDB_txn *txn))
{
    MDB_txn *txn;
    int rc = environment_begin(store, TABLE_MAIN, 0, &txn);
    if (rc)
        return rc;
    rc = step(store, txn);
    if (rc) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int first_row(struct store *store, MDB_txn *txn)
{
    return history_put(store, txn, STORE_FORMAT, wall_ms(), store->version);
}

enum muster_error upgrade_run(struct store *store, struct store_problem *problem)
{
    unsigned from = store->format ? store->format : STORE_FORMAT;
    struct store_history rows[STORE_HISTORY_MAX];
    size_t count = 0;
    for (unsigned format = from; format < STORE_FORMAT; format++) {
        int rc = step_run(store, steps[format]);
        enum muster_error error = store_error_at(store, rc);
        if (error)
            problem_say(problem, "The data in %s cannot be made format %u: %s. %s; the copy of before is in %s/" KEPT ".", store->dir,
                        format + 1, mdb_strerror(rc),
                        error == MUSTER_EFULL ? "Free space and start again" : "Look at the disk and start again", store->dir);
        if (!error)
            error = format_write(store, format + 1, problem);
        if (error)
            return error;
        store->format = format + 1;
        store->upgraded_from = from;
    }
    /* A new directory has none yet; a full disk must not keep it from starting. */
    if (from == STORE_FORMAT && store_history(store, rows, &count) == MUSTER_OK && count == 0)
        (void)step_run(store, first_row);
    return MUSTER_OK;
}
