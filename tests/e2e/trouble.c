/* trouble.c — a disk that is full, or a process that is killed, at a moment that a test chooses: loaded before the C library.
 *
 *   MUSTER_TEST_KILL_AT=N    the process is killed before the Nth call that makes something last: fsync, fdatasync, rename,
 *                            mkdir, unlink
 *   MUSTER_TEST_FULL_FROM=N  from the Nth call on that needs room on a disk, these find none: writes to regular files, their
 *                            fsync, mkdir, new files
 *
 * Counted from 1, over all threads.  Nothing else changes. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long lasting, filling;

static long asked(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static void make_last(void)
{
    if (atomic_fetch_add(&lasting, 1) + 1 == asked("MUSTER_TEST_KILL_AT"))
        kill(getpid(), SIGKILL);
}

static bool full(void)
{
    long from = asked("MUSTER_TEST_FULL_FROM");
    if (!from || atomic_fetch_add(&filling, 1) + 1 < from)
        return false;
    errno = ENOSPC;
    return true;
}

static bool on_disk(int fd)
{
    struct stat st;
    int saved = errno;
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    errno = saved;
    return regular;
}

/* The function of that name behind this one. */
#define NEXT(name) union { void *at; __typeof__(&name) call; } next = {dlsym(RTLD_NEXT, #name)}

int fsync(int fd)
{
    NEXT(fsync);
    make_last();
    return on_disk(fd) && full() ? -1 : next.call(fd);
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    make_last();
    return on_disk(fd) && full() ? -1 : next.call(fd);
}

int renameat(int from, const char *old, int into, const char *fresh)
{
    NEXT(renameat);
    make_last();
    return next.call(from, old, into, fresh);
}

int rename(const char *old, const char *fresh)
{
    NEXT(rename);
    make_last();
    return next.call(old, fresh);
}

int unlinkat(int fd, const char *name, int flags)
{
    NEXT(unlinkat);
    make_last();
    return next.call(fd, name, flags);
}

int mkdirat(int fd, const char *name, mode_t mode)
{
    NEXT(mkdirat);
    make_last();
    return full() ? -1 : next.call(fd, name, mode);
}

#define WRITES(name, parameters, arguments)                                                                            \
    ssize_t name parameters                                                                                            \
    {                                                                                                                  \
        NEXT(name);                                                                                                        \
        return on_disk(fd) && full() ? -1 : next.call arguments;                                                       \
    }
WRITES(write, (int fd, const void *bytes, size_t len), (fd, bytes, len))
WRITES(pwrite, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
WRITES(pwrite64, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
WRITES(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
WRITES(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
WRITES(pwritev64, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
