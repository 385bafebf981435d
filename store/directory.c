/* directory.c — DIR itself: its mode, its lock, its format, and small files in it.
 *
 * The order matters: nothing is written into a directory that is not known to be ours or empty, and
 * nothing but the lock is touched before the lock is held. */
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_FILE      "format"
#define FORMAT_TEMPORARY "format.new"
#define LOCK_FILE        "lock"
#define FORMAT_WORDS     "muster data "

void problem_say(struct store_problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->sentence, sizeof problem->sentence, format, arguments);
    va_end(arguments);
}

const char *environment_name(enum table_environment which)
{
    static const char *const names[ENVIRONMENTS] = {"main", "keys", "derived"};
    return names[which];
}

int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ssize_t file_read(int dir_fd, const char *name, char *out, size_t size)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    ssize_t len = read(fd, out, size - 1);
    int saved = errno;
    close(fd);
    errno = saved;
    if (len >= 0)
        out[len] = '\0';
    return len;
}

int file_open_of_size(int dir_fd, const char *name, size_t size)
{
    struct stat st;
    int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != (off_t)size)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum muster_error file_replace(int dir_fd, const char *name, const char *temporary, const void *bytes,
                               size_t len)
{
    int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
    ssize_t written = write(fd, bytes, len);
    bool good = written == (ssize_t)len && fsync(fd) == 0;
    bool full = !good && (errno == ENOSPC || (written >= 0 && written < (ssize_t)len));
    good = close(fd) == 0 && good;
    if (good && (renameat(dir_fd, temporary, dir_fd, name) != 0 || fsync(dir_fd) != 0))
        good = false;
    if (!good)
        unlinkat(dir_fd, temporary, 0);
    return good ? MUSTER_OK : full ? MUSTER_EFULL : MUSTER_EIO;
}

/* A new directory lasts only when its parent is synced. */
static void parent_sync(const char *dir)
{
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s/..", dir);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static enum muster_error directory_enter(struct store *store, const char *dir, struct store_problem *problem)
{
    if (mkdir(dir, 0700) == 0)
        parent_sync(dir);
    else if (errno != EEXIST) {
        enum muster_error error = errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
        problem_say(problem,
                    "The data directory %s cannot be made: %s. Make its parent directory, or choose another.",
                    dir, strerror(errno));
        return error;
    }
    store->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->dir_fd < 0 || !realpath(dir, store->dir) ||
        strlen(store->dir) + sizeof "/derived/data.mdb" > PATH_MAX) {
        problem_say(problem, "The data directory %s cannot be opened: %s. Check its path and its owner.", dir,
                    strerror(errno));
        return MUSTER_EIO;
    }
    struct stat st;
    if (fstat(store->dir_fd, &st) != 0 || (st.st_mode & 077) != 0) {
        problem_say(problem,
                    "Other users can enter the data directory %s (mode %04o). Make it private: chmod 0700 %s",
                    store->dir, (unsigned)(st.st_mode & 07777), store->dir);
        return MUSTER_EMODE;
    }
    return MUSTER_OK;
}

/* The first entry that a just begun data directory would not have, or "" if there is none. */
static enum muster_error directory_stranger(struct store *store, char *name, size_t size)
{
    name[0] = '\0';
    int fd = openat(store->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    if (!listing) {
        if (fd >= 0)
            close(fd);
        return MUSTER_EIO;
    }
    static const char *const known[] = {".", "..", LOCK_FILE, FORMAT_TEMPORARY, "lost+found"};
    const struct dirent *entry;
    while (!name[0] && (entry = readdir(listing))) {
        bool expected = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            expected = expected || strcmp(entry->d_name, known[i]) == 0;
        if (!expected)
            snprintf(name, size, "%s", entry->d_name);
    }
    closedir(listing);
    return MUSTER_OK;
}

static enum muster_error lock_take(struct store *store, struct store_problem *problem)
{
    store->lock_fd = openat(store->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_fd < 0) {
        enum muster_error error = errno == ENOSPC ? MUSTER_EFULL : MUSTER_EIO;
        problem_say(problem,
                    "The lock file %s/" LOCK_FILE " cannot be opened: %s. Check the owner of the directory.",
                    store->dir, strerror(errno));
        return error;
    }
    char text[32] = "";
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t len = pread(store->lock_fd, text, sizeof text - 1, 0);
        long pid = len > 0 ? strtol(text, NULL, 10) : 0;
        problem_say(problem,
                    "The data directory %s is used by another musterd (process %ld). Stop that one first, or "
                    "give this "
                    "one a directory of its own.",
                    store->dir, pid);
        return MUSTER_ELOCKED;
    }
    /* The number only serves the sentence above; the lock itself is the kernel's. */
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(store->lock_fd, 0) != 0 || pwrite(store->lock_fd, text, (size_t)len, 0) != len) {
        /* A full disk must not keep the node from starting: reading goes on. */
    }
    return MUSTER_OK;
}

enum muster_error format_write(struct store *store, unsigned format, struct store_problem *problem)
{
    char text[32];
    int len = snprintf(text, sizeof text, FORMAT_WORDS "%u\n", format);
    enum muster_error error = file_replace(store->dir_fd, FORMAT_FILE, FORMAT_TEMPORARY, text, (size_t)len);
    if (error)
        problem_say(problem, "The data directory %s cannot be written: %s. %s", store->dir, strerror(errno),
                    error == MUSTER_EFULL ? "Free space on the disk." : "Check its owner.");
    return error;
}

static enum muster_error format_create(struct store *store, struct store_problem *problem)
{
    char stranger[256];
    if (directory_stranger(store, stranger, sizeof stranger) != MUSTER_OK) {
        problem_say(problem, "The data directory %s cannot be listed: %s. Check its owner.", store->dir,
                    strerror(errno));
        return MUSTER_EIO;
    }
    if (stranger[0]) {
        problem_say(problem,
                    "%s holds \"%.200s\" but no file \"" FORMAT_FILE
                    "\": it is not a data directory of muster. Name "
                    "the right directory, or an empty one for a new node.",
                    store->dir, stranger);
        return MUSTER_EFORMAT;
    }
    return format_write(store, STORE_FORMAT, problem);
}

/* Reads DIR/format; *missing if there is none. */
static enum muster_error format_check(struct store *store, bool *missing, struct store_problem *problem)
{
    char text[64];
    ssize_t len = file_read(store->dir_fd, FORMAT_FILE, text, sizeof text);
    *missing = len < 0 && errno == ENOENT;
    if (*missing)
        return MUSTER_OK;
    if (len < 0) {
        problem_say(problem, "%s/" FORMAT_FILE " cannot be read: %s. Check its owner.", store->dir,
                    strerror(errno));
        return MUSTER_EIO;
    }
    char *end = text;
    unsigned long number = 0;
    size_t words = strlen(FORMAT_WORDS);
    if (strncmp(text, FORMAT_WORDS, words) == 0 && text[words] >= '1' && text[words] <= '9')
        number = strtoul(text + words, &end, 10);
    if (number == 0 || strcmp(end, "\n") != 0) {
        problem_say(problem,
                    "%s/" FORMAT_FILE " is damaged: it must read \"" FORMAT_WORDS
                    "%d\". If the directory is this "
                    "node's, write that line into it; else restore a backup.",
                    store->dir, STORE_FORMAT);
        return MUSTER_EDAMAGED;
    }
    if (number > STORE_FORMAT) {
        problem_say(
            problem,
            "The data directory %s is of format %lu and this musterd knows formats up to %d. Install the "
            "version that wrote it, or a newer one; or go back to the copy that the upgrade kept, if there is one in "
            "%s/kept.",
            store->dir, number, STORE_FORMAT, store->dir);
        return MUSTER_EFORMAT;
    }
    store->format = (unsigned)number;
    return MUSTER_OK;
}

enum muster_error directory_open(struct store *store, const char *dir, struct store_problem *problem)
{
    bool missing;
    char stranger[256];
    enum muster_error error = directory_enter(store, dir, problem);
    if (!error)
        error = format_check(store, &missing, problem);
    /* Somebody else's directory does not even get a lock file. */
    if (!error && missing && directory_stranger(store, stranger, sizeof stranger) == MUSTER_OK && stranger[0])
        error = format_create(store, problem);
    if (!error)
        error = lock_take(store, problem);
    if (!error)
        error = format_check(store, &missing, problem);
    if (!error && missing)
        error = format_create(store, problem);
    return error;
}
