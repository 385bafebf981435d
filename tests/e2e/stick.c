/* stick.c — a stick that fails when a test says so: loaded before the C library, it stands between a program and one folder.
 *
 *   MUSTER_TEST_STICK=FOLDER          what is written below it counts
 *   MUSTER_TEST_STICK_AFTER=BYTES     after so many it is pulled out: everything that wants to change it is EIO from then on
 *   MUSTER_TEST_STICK_FORGETS=1       it says that it has written, and keeps zeroes
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ssize_t write_fn(int, const void *, size_t);
typedef int fd_fn(int);
typedef int two_paths_fn(const char *, const char *);
typedef int path_fn(const char *);

ssize_t write(int fd, const void *bytes, size_t len);
int fsync(int fd);
int fdatasync(int fd);
int rename(const char *from, const char *to);
int unlink(const char *path);

static long long written;

static bool is_below(const char *path)
{
    const char *folder = getenv("MUSTER_TEST_STICK");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static bool on_stick(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0)
        return false;
    path[len] = '\0';
    return is_below(path);
}

static bool is_gone(void)
{
    const char *after = getenv("MUSTER_TEST_STICK_AFTER");
    return after && written >= atoll(after);
}

static int lost(void)
{
    errno = EIO;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    union { void *data; write_fn *call; } real = {dlsym(RTLD_NEXT, "write")};
    const char *after = getenv("MUSTER_TEST_STICK_AFTER");
    if (!getenv("MUSTER_TEST_STICK") || !on_stick(fd))
        return real.call(fd, bytes, len);
    if (is_gone())
        return lost();
    if (after && written + (long long)len > atoll(after))
        len = (size_t)(atoll(after) - written); /* the last of it still arrives */
    written += (long long)len;
    if (!getenv("MUSTER_TEST_STICK_FORGETS"))
        return real.call(fd, bytes, len);
    void *zeroes = calloc(1, len + 1);
    ssize_t wrote = real.call(fd, zeroes, len);
    free(zeroes);
    return wrote;
}

int fsync(int fd)
{
    union { void *data; fd_fn *call; } real = {dlsym(RTLD_NEXT, "fsync")};
    return is_gone() && on_stick(fd) ? lost() : real.call(fd);
}

int fdatasync(int fd)
{
    union { void *data; fd_fn *call; } real = {dlsym(RTLD_NEXT, "fdatasync")};
    return is_gone() && on_stick(fd) ? lost() : real.call(fd);
}

int rename(const char *from, const char *to)
{
    union { void *data; two_paths_fn *call; } real = {dlsym(RTLD_NEXT, "rename")};
    return is_gone() && is_below(to) ? lost() : real.call(from, to);
}

int unlink(const char *path)
{
    union { void *data; path_fn *call; } real = {dlsym(RTLD_NEXT, "unlink")};
    return is_gone() && is_below(path) ? lost() : real.call(path);
}
