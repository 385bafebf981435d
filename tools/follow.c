#include "tools/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Waits until bytes behind `at` are there to be read; how far the file goes, or 0 when nothing more will come. */
static uint64_t room_wait(struct follow *follow)
{
    pthread_mutex_lock(&follow->lock);
    while (!follow->ended && !follow->abandoned && follow->written < follow->settled + FOLLOW_WINDOW_BYTES)
        pthread_cond_wait(&follow->more, &follow->lock);
    uint64_t written = follow->abandoned ? 0 : follow->written;
    pthread_mutex_unlock(&follow->lock);
    return written;
}

/* The next window: to the disk, and out of memory.  File systems without a disk refuse, and are read from memory. */
static bool window_settle(struct follow *follow)
{
    uint64_t written = room_wait(follow), from = follow->settled;
    uint64_t len = written > from ? written - from : 0;
    if (len > FOLLOW_WINDOW_BYTES)
        len = FOLLOW_WINDOW_BYTES;
    if (!len)
        return false;
    (void)sync_file_range(follow->fd, (off_t)from, (off_t)len,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    (void)posix_fadvise(follow->fd, (off_t)from, (off_t)len, POSIX_FADV_DONTNEED);
    (void)posix_fadvise(follow->fd, (off_t)from, (off_t)len, POSIX_FADV_WILLNEED);
    follow->settled += len;
    return true;
}

/* A backup_get: 0 behind the end, -1 when the writer gave up or the disk cannot be read. */
static long settled_get(void *user, void *out, size_t size)
{
    struct follow *follow = user;
    if (follow->at == follow->settled && !window_settle(follow))
        return follow->abandoned ? -1 : 0;
    uint64_t left = follow->settled - follow->at;
    ssize_t n;
    do
        n = pread(follow->fd, out, size < left ? size : (size_t)left, (off_t)follow->at);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        follow->at += (uint64_t)n;
    return n;
}

/* Every part, the first of which is kept. */
static enum muster_error parts_read(struct follow *follow, struct backup_reader *reader)
{
    enum backup_part type = BACKUP_ABOUT;
    enum muster_error error = backup_reader_open(reader, follow->secret);
    struct bytes part;
    while (!error && type) {
        error = backup_read(reader, &type, &part);
        if (error || type != BACKUP_ABOUT || follow->about)
            continue;
        follow->about = malloc(part.len + 1);
        if (!follow->about)
            return MUSTER_EBUSY;
        memcpy(follow->about, part.at, part.len);
        follow->about_len = part.len;
    }
    return error;
}

static void *follow_run(void *argument)
{
    struct follow *follow = argument;
    struct backup_reader *reader = NULL;
    enum muster_error error = backup_reader_new(&reader, settled_get, follow);
    if (!error)
        error = follow->secret ? parts_read(follow, reader) : backup_reader_check(reader);
    backup_reader_free(reader);
    follow->error = error;
    return NULL;
}

enum muster_error follow_start(struct follow *follow, const char *path, const struct box_secret *secret)
{
    *follow = (struct follow){.secret = secret, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (follow->fd < 0)
        return MUSTER_EIO;
    pthread_mutex_init(&follow->lock, NULL);
    pthread_cond_init(&follow->more, NULL);
    follow->running = pthread_create(&follow->thread, NULL, follow_run, follow) == 0;
    return follow->running ? MUSTER_OK : MUSTER_EBUSY;
}

void follow_written(struct follow *follow, uint64_t bytes)
{
    pthread_mutex_lock(&follow->lock);
    follow->written = bytes;
    pthread_cond_signal(&follow->more);
    pthread_mutex_unlock(&follow->lock);
}

static void thread_end(struct follow *follow, bool *why)
{
    if (!follow->running)
        return;
    pthread_mutex_lock(&follow->lock);
    *why = true;
    pthread_cond_signal(&follow->more);
    pthread_mutex_unlock(&follow->lock);
    pthread_join(follow->thread, NULL);
    follow->running = false;
}

enum muster_error follow_end(struct follow *follow)
{
    thread_end(follow, &follow->ended);
    return follow->error;
}

void follow_abandon(struct follow *follow)
{
    thread_end(follow, &follow->abandoned);
}

void follow_free(struct follow *follow)
{
    follow_abandon(follow);
    free(follow->about);
    follow->about = NULL;
    if (follow->fd > 0)
        close(follow->fd);
    follow->fd = -1;
}
