/* follow.h — reading a backup back while it is still being written.
 *
 * A second thread goes behind the writer, window by window: it waits until a window is on the disk, drops it from memory,
 * and reads it from there.  So reading back costs hardly more time than writing, and still sees what the disk holds.
 *
 * The writer calls follow_start, follow_written as often as it likes, then follow_end or follow_abandon: one of them always,
 * after which the thread is gone. */
#ifndef MUSTER_TOOLS_FOLLOW_H
#define MUSTER_TOOLS_FOLLOW_H

#include "crypto/backup.h"

#include <pthread.h>

enum { FOLLOW_WINDOW_BYTES = 4 * 1024 * 1024 };

struct follow {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    uint64_t written; /* bytes that the file has, under the lock */
    bool ended, abandoned, running;
    int fd;
    uint64_t at, settled; /* of the thread: read so far; up to there it is on the disk and not in memory */
    const struct box_secret *secret;
    enum muster_error error;
    uint8_t *about;
    size_t about_len;
};

/* path: the file that is being written, which must exist.  secret: with it every part is opened, else the end's hash decides
 * (NULL); it must live until the end.  EIO: the file cannot be opened; EBUSY: no thread or memory. */
MUST_USE enum muster_error follow_start(struct follow *follow, const char *path, const struct box_secret *secret);
/* The file has that many bytes by now, handed to the system. */
void follow_written(struct follow *follow, uint64_t bytes);
/* The file is whole and durable: waits until it has been read to its end.  What the reader of backups says.  The part
 * "about" stays in follow->about (owned by it, until follow_free), NULL without a secret. */
MUST_USE enum muster_error follow_end(struct follow *follow);
/* Nothing more will come; safe to call on one that was never started, or has ended. */
void follow_abandon(struct follow *follow);
void follow_free(struct follow *follow);

#endif
