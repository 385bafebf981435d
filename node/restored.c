/* restored.c — epoch keys that `muster restore` took out of a backup: from a file into the table of keys.
 *
 *   DATA/keys.restored   parts of u16 length, then key length u8, key, value; behind them H("muster/1/restored", all before)
 *
 * The command has no database, so it leaves the file; here it is read before anything else is, and is gone once its keys
 * are durable.  A stop in between reads it again. */
#include "node/backup.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTORED_FILE "keys.restored"
enum { RESTORED_BYTES_MAX = 16 * 1024 * 1024, RESTORED_BATCH = 256 };

static enum muster_error restored_read(int fd, uint8_t **bytes, size_t *len)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)HASH_BYTES || st.st_size > (off_t)RESTORED_BYTES_MAX)
        return MUSTER_EDAMAGED;
    *len = (size_t)st.st_size;
    *bytes = malloc(*len);
    if (!*bytes)
        return MUSTER_EBUSY;
    if (read(fd, *bytes, *len) != (ssize_t)*len)
        return MUSTER_EIO;
    struct hash want = crypto_hash1("muster/1/restored", *bytes, *len - HASH_BYTES);
    return memcmp(want.b, *bytes + *len - HASH_BYTES, HASH_BYTES) == 0 ? MUSTER_OK : MUSTER_EDAMAGED;
}

static bool change_read(struct cursor *c, struct change *out)
{
    size_t len = cursor_u16(c);
    struct cursor part = cursor_over(cursor_take(c, len), c->failed ? 0 : len);
    size_t key_len = cursor_u8(&part);
    const uint8_t *key = cursor_take(&part, key_len);
    size_t value_len = cursor_left(&part);
    *out = (struct change){T_KEY, {key, key_len}, {cursor_take(&part, value_len), value_len}};
    return !c->failed && !part.failed && key_len > 0 && value_len > 0;
}

static enum muster_error restored_commit(struct store *store, const uint8_t *bytes, size_t len, size_t *count)
{
    struct cursor c = cursor_over(bytes, len);
    struct change changes[RESTORED_BATCH];
    enum muster_error error = MUSTER_OK;
    while (cursor_left(&c) && !error) {
        size_t n = 0;
        while (n < RESTORED_BATCH && cursor_left(&c) && !error)
            if (!change_read(&c, &changes[n++]))
                error = MUSTER_EDAMAGED;
        if (!error)
            error = store_commit(store, changes, n, false);
        *count += n;
    }
    return error;
}

/* Overwritten before it is removed: the keys lie in keys/ now, and nowhere else. */
static void restored_remove(int fd, const char *path, size_t len)
{
    static const uint8_t zeroes[4096];
    for (size_t at = 0; at < len; at += sizeof(zeroes))
        if (pwrite(fd, zeroes, len - at < sizeof(zeroes) ? len - at : sizeof(zeroes), (off_t)at) < 0)
            break;
    (void)fsync(fd);
    (void)unlink(path);
}

enum muster_error backup_take_keys(struct store *store, const char *data, size_t *count, struct trouble *trouble)
{
    char path[CONFIG_PATH_MAX + 32];
    uint8_t *bytes = NULL;
    size_t len = 0;
    *count = 0;
    snprintf(path, sizeof(path), "%s/" RESTORED_FILE, data);
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return MUSTER_OK;
    enum muster_error error = fd < 0 ? MUSTER_EIO : restored_read(fd, &bytes, &len);
    if (!error)
        error = restored_commit(store, bytes, len - HASH_BYTES, count);
    if (!error)
        restored_remove(fd, path, len);
    if (bytes)
        crypto_wipe(bytes, len);
    free(bytes);
    if (fd >= 0)
        close(fd);
    if (error) {
        trouble_set(trouble, error, "the epoch keys of the backup in %s cannot be taken over", path);
        trouble_do(trouble, error == MUSTER_EFULL ? "free space on the disk and start again"
                                                  : "restore the backup again, into another directory");
    }
    return error;
}
