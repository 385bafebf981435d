/* guard.c — DIR/guard: how far the database was, remembered outside of it (RULES I2).
 *
 * One damaged byte in a meta page makes LMDB open the previous commit without a word, and a restored
 * backup looks healthy too.  The guard holds the number of the last commit: at start, at a clean end,
 * and at most once a second while writing.  It is one short text, overwritten in place: it fits one
 * sector, so that neither a kill nor a power cut leaves half of it, and it carries a sum of its own.
 * A guard that cannot be read counts as one that is ahead. */
#include "store/inside.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUARD_FILE "guard"

enum { GUARD_BYTES = 256 };

static uint64_t guard_sum(const char *text, size_t len)
{
    struct hash hash = crypto_hash1("muster/1/guard", text, len);
    return get_le64(hash.b);
}

static size_t guard_print(char *out, const struct guard *guard)
{
    int len = snprintf(out, GUARD_BYTES,
                       "muster guard 1\n%s %" PRIu64 " %s\nmain %" PRId64 " %" PRId64 "\nkeys %" PRId64
                       " %" PRId64 "\n",
                       guard->clean ? "clean" : "open", guard->commits, guard->behind ? "behind" : "level",
                       guard->size[TABLE_MAIN], guard->mtime_ns[TABLE_MAIN], guard->size[TABLE_KEYS],
                       guard->mtime_ns[TABLE_KEYS]);
    len +=
        snprintf(out + len, GUARD_BYTES - (size_t)len, "sum %016" PRIx64 "\n", guard_sum(out, (size_t)len));
    memset(out + len, ' ', GUARD_BYTES - (size_t)len - 1);
    out[GUARD_BYTES - 1] = '\n';
    return GUARD_BYTES;
}

void guard_read(struct store *store)
{
    struct guard guard = {.found = true};
    char text[GUARD_BYTES + 1], again[GUARD_BYTES], state[8], level[8];
    memset(&store->guard, 0, sizeof store->guard);
    if (file_read(store->dir_fd, GUARD_FILE, text, sizeof text) != GUARD_BYTES)
        return;
    if (sscanf(text,
               "muster guard 1\n%7s %" SCNu64 " %7s\nmain %" SCNd64 " %" SCNd64 "\nkeys %" SCNd64 " %" SCNd64
               "\n",
               state, &guard.commits, level, &guard.size[TABLE_MAIN], &guard.mtime_ns[TABLE_MAIN],
               &guard.size[TABLE_KEYS], &guard.mtime_ns[TABLE_KEYS]) != 7)
        return;
    guard.clean = strcmp(state, "clean") == 0;
    guard.behind = strcmp(level, "behind") == 0;
    /* Printing what was read must give the very bytes back: that checks the sum and every word. */
    guard_print(again, &guard);
    if (memcmp(again, text, GUARD_BYTES) == 0)
        store->guard = guard;
}

enum muster_error guard_write(struct store *store, bool durable)
{
    char text[GUARD_BYTES];
    guard_print(text, &store->guard);
    /* In place whenever there is one: a full disk must not keep the node from starting. */
    if (store->guard_fd < 0)
        store->guard_fd = file_open_of_size(store->dir_fd, GUARD_FILE, sizeof text);
    if (store->guard_fd < 0) {
        enum muster_error error =
            file_replace(store->dir_fd, GUARD_FILE, GUARD_FILE ".new", text, sizeof text);
        if (error)
            return error;
        store->guard_fd = openat(store->dir_fd, GUARD_FILE, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        return store->guard_fd >= 0 ? MUSTER_OK : MUSTER_EIO;
    }
    if (pwrite(store->guard_fd, text, sizeof text, 0) != (ssize_t)sizeof text)
        return errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
    if (durable && fsync(store->guard_fd) != 0)
        return errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO; /* where blocks are given late */
    return MUSTER_OK;
}

static bool data_file_stat(const struct store *store, enum table_environment which, int64_t *size,
                           int64_t *mtime_ns)
{
    char name[32];
    struct stat st;
    snprintf(name, sizeof name, "%s/data.mdb", environment_name(which));
    if (fstatat(store->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    *size = (int64_t)st.st_size;
    *mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return true;
}

void guard_note_files(struct store *store)
{
    for (int i = 0; i < DURABLE_ENVIRONMENTS; i++)
        if (!data_file_stat(store, (enum table_environment)i, &store->guard.size[i],
                            &store->guard.mtime_ns[i]))
            store->guard.size[i] = store->guard.mtime_ns[i] = 0;
}

bool guard_files_unchanged(const struct store *store)
{
    for (int i = 0; i < DURABLE_ENVIRONMENTS; i++) {
        int64_t size, mtime_ns;
        if (!data_file_stat(store, (enum table_environment)i, &size, &mtime_ns) ||
            size != store->guard.size[i] || mtime_ns != store->guard.mtime_ns[i])
            return false;
    }
    return true;
}
